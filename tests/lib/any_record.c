#include "tests/lib/any_record.h"

#include "common/core/records.h"

uint64_t
any_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

size_t
any_below(uint64_t *seed, size_t n)
{
    return (size_t)(any_next(seed) >> 33) % n;
}

static struct str
any_text(struct arena *a, uint64_t *seed)
{
    size_t n = any_below(seed, 40);
    char *p = arena_alloc(a, n + 1);

    for (size_t i = 0; i < n; i++)
        p[i] = (char)any_below(seed, 256);
    return (struct str){ .p = p, .n = n };
}

static void fill(struct arena *a, uint64_t *seed, const struct fields *fields,
                 void *out);

static void
fill_lists(struct arena *a, uint64_t *seed, const struct field *f, void *at)
{
    size_t n = any_below(seed, 12);

    if (f->type == F_TEXTS) {
        struct str *texts = arena_array(a, n, sizeof *texts);

        for (size_t i = 0; i < n; i++)
            texts[i] = any_text(a, seed);
        *(struct texts *)at = (struct texts){ .at = texts, .n = n };
    } else {
        char *items = arena_array(a, n, f->sub->size);

        for (size_t i = 0; i < n; i++)
            fill(a, seed, f->sub, items + i * f->sub->size);
        *(struct items *)at = (struct items){ .at = items, .n = n };
    }
}

static void
fill_field(struct arena *a, uint64_t *seed, const struct field *f, void *at)
{
    switch (f->type) {
    case F_ID:
        for (size_t i = 0; i < sizeof(struct id); i++)
            ((struct id *)at)->b[i] = (uint8_t)(1 + any_below(seed, 255));
        break;
    case F_TEXT:
    case F_BYTES:
        *(struct str *)at = any_text(a, seed);
        break;
    case F_I32:
    case F_DATE:
        *(int32_t *)at =
            (int32_t)(any_next(seed) >> (32 + any_below(seed, 32))) | 1;
        break;
    case F_I64:
    case F_TIME:
        *(int64_t *)at = (int64_t)(any_next(seed) >> any_below(seed, 64)) | 1;
        break;
    case F_BOOL:
        *(bool *)at = any_below(seed, 2) == 1;
        break;
    case F_TRI:
        *(enum tri *)at = any_below(seed, 2) == 1 ? TRI_YES : TRI_NO;
        break;
    case F_CODE:
        *(int *)at = 1 + (int)any_below(seed, (size_t)f->codes->n);
        break;
    case F_SET:
        *(uint32_t *)at = (uint32_t)any_next(seed) &
                          (SET_BIT(f->codes->n) | (SET_BIT(f->codes->n) - 1));
        break;
    case F_RECORD:
        fill(a, seed, f->sub, at);
        break;
    case F_TEXTS:
    case F_RECORDS:
        fill_lists(a, seed, f, at);
        break;
    }
}

/* Every second optional field is null. */
static void
fill(struct arena *a, uint64_t *seed, const struct fields *fields, void *out)
{
    fields_clear(fields, out);
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->at[i];

        if ((f->flags & F_NULLABLE) == 0 || any_below(seed, 2) == 0)
            fill_field(a, seed, f, (char *)out + f->offset);
    }
}

void
any_fields(struct arena *a, const struct fields *fields, uint64_t seed,
           void *out)
{
    seed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    fill(a, &seed, fields, out);
}

void *
any_record_of(struct arena *a, enum record_type type, uint64_t seed)
{
    const struct fields *fields = record_def(type)->fields;
    void *body = arena_alloc(a, fields->size);

    seed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)type;
    fill(a, &seed, fields, body);
    return body;
}
