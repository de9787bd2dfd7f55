/**
 * Messages for unit tests of intake: JSON with single quotes as a raw tree,
 * and a patch over a base message, so that a row of a table says only what
 * differs. Null takes a member away.
 */
#ifndef WAYMARK_TESTS_UNIT_RAW_TEXT_H
#define WAYMARK_TESTS_UNIT_RAW_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "common/core/arena.h"
#include "intake/core/raw.h"
#include "tests/lib/heap.h"

#define RAW_TEXT_MEMBERS 64

static void
raw_text_skip(const char **at)
{
    while (**at == ' ' || **at == ',' || **at == ':' || **at == '\n')
        (*at)++;
}

static struct raw_value
raw_text_value(struct arena *a, const char **at);

static struct str
raw_text_string(const char **at)
{
    const char *from = ++*at;
    struct str s;

    while (**at != '\'' && **at != '\0')
        (*at)++;
    s = (struct str){ .p = from, .n = (size_t)(*at - from) };
    (*at)++;
    return s;
}

static struct raw_value
raw_text_many(struct arena *a, const char **at, enum raw_type type)
{
    char end = type == RAW_OBJECT ? '}' : ']';
    struct raw_value *items = arena_array(a, RAW_TEXT_MEMBERS, sizeof *items);
    size_t n = 0;

    (*at)++;
    for (raw_text_skip(at); **at != end && **at != '\0'; raw_text_skip(at)) {
        struct str name = STR_NULL;

        if (n == RAW_TEXT_MEMBERS)
            abort();
        if (type == RAW_OBJECT) {
            name = raw_text_string(at);
            raw_text_skip(at);
        }
        items[n] = raw_text_value(a, at);
        items[n++].name = name;
    }
    (*at)++;
    return (struct raw_value){ .type = type, .at = items, .n = n };
}

static struct raw_value
raw_text_value(struct arena *a, const char **at)
{
    const char *from;
    struct str word;

    raw_text_skip(at);
    if (**at == '{' || **at == '[')
        return raw_text_many(a, at, **at == '{' ? RAW_OBJECT : RAW_ARRAY);
    if (**at == '\'')
        return (struct raw_value){ .type = RAW_STRING,
                                   .text = raw_text_string(at) };
    from = *at;
    while (strchr(" ,]}\n", **at) == NULL)
        (*at)++;
    word = (struct str){ .p = from, .n = (size_t)(*at - from) };
    if (str_is(word, "null"))
        return (struct raw_value){ .type = RAW_NULL };
    return (struct raw_value){
        .type = str_is(word, "true") || str_is(word, "false") ? RAW_BOOL
                                                              : RAW_NUMBER,
        .text = word
    };
}

__attribute__((unused)) static struct raw_value
raw_text(struct arena *a, const char *text)
{
    return raw_text_value(a, &text);
}

/* `base` with the members of `patch` in place of its own. */
__attribute__((unused)) static struct raw_value
raw_text_merge(struct arena *a, const struct raw_value *base,
               const struct raw_value *patch)
{
    struct raw_value *items;
    size_t n = 0;

    if (base == NULL || base->type != RAW_OBJECT || patch->type != RAW_OBJECT)
        return *patch;
    items = arena_array(a, base->n + patch->n, sizeof *items);
    for (size_t i = 0; i < base->n; i++) {
        const struct raw_value *other = NULL;

        for (size_t k = 0; k < patch->n; k++)
            if (str_eq(patch->at[k].name, base->at[i].name))
                other = &patch->at[k];
        if (other != NULL && other->type == RAW_NULL)
            continue;
        items[n] = other == NULL ? base->at[i]
                                 : raw_text_merge(a, &base->at[i], other);
        items[n++].name = base->at[i].name;
    }
    for (size_t k = 0; k < patch->n; k++) {
        bool known = false;

        for (size_t i = 0; i < base->n; i++)
            known |= str_eq(patch->at[k].name, base->at[i].name);
        if (!known)
            items[n++] = patch->at[k];
    }
    return (struct raw_value){ .type = RAW_OBJECT, .at = items, .n = n };
}

#endif
