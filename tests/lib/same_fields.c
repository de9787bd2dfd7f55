#include "tests/lib/same_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool
is_named(const char *names, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = names; (p = strstr(p, name)) != NULL; p += n)
        if (p > names && p[-1] == ' ' && p[n] == ' ')
            return true;
    return false;
}

static size_t
size_of(enum field_type type)
{
    switch (type) {
    case F_ID:
        return sizeof(struct id);
    case F_TEXT:
    case F_BYTES:
        return sizeof(struct str);
    case F_I64:
    case F_TIME:
        return sizeof(int64_t);
    case F_BOOL:
        return sizeof(bool);
    case F_TEXTS:
        return sizeof(struct texts);
    case F_RECORDS:
        return sizeof(struct items);
    default:
        return sizeof(int32_t);
    }
}

/* Both as the only field of a struct of their own. */
static bool
is_same(const struct field *f, const void *a, const void *b)
{
    union {
        max_align_t align;
        char room[sizeof(struct id) + sizeof(struct items)];
    } one = { .room = { 0 } }, other = { .room = { 0 } };
    struct field alone = *f;
    const struct fields fields = {
        .name = f->name, .size = sizeof one, .at = &alone, .n = 1
    };

    alone.offset = 0;
    memcpy(one.room, a, size_of(f->type));
    memcpy(other.room, b, size_of(f->type));
    return fields_eq(&fields, &one, &other);
}

void
same_fields(const struct fields *a, const void *at_a, const struct fields *b,
            const void *at_b, const char *otherwise)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++) {
        const struct field *fa = &a->at[i];
        const struct field *fb = fields_find(b, fa->name);

        if (fb == NULL || fb->type != fa->type || fa->type == F_RECORD ||
            is_named(otherwise, fa->name))
            continue;
        n++;
        if (!is_same(fa, (const char *)at_a + fa->offset,
                     (const char *)at_b + fb->offset))
            fail_msg("%s of %s and %s differ", fa->name, a->name, b->name);
    }
    assert_true(n > 0);
}
