#include "common/core/field.h"

#include <string.h>

int
codes_find(const struct codes *codes, struct str word)
{
    for (int i = 0; i < codes->n; i++) {
        if (str_is(word, codes->words[i]))
            return i + 1;
    }
    return 0;
}

const char *
codes_word(const struct codes *codes, int value)
{
    if (value < 1 || value > codes->n)
        return "";
    return codes->words[value - 1];
}

const struct field *
fields_find(const struct fields *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->at[i].name, name) == 0)
            return &f->at[i];
    }
    return NULL;
}

static void
clear_field(const struct field *f, void *member)
{
    switch (f->type) {
    case F_I32:
        *(int32_t *)member = I32_NONE;
        break;
    case F_I64:
        *(int64_t *)member = I64_NONE;
        break;
    case F_TIME:
        *(time_ms *)member = TIME_NONE;
        break;
    case F_DATE:
        *(date_d *)member = DATE_NONE;
        break;
    case F_RECORD:
        fields_clear(f->sub, member);
        break;
    case F_ID:
    case F_TEXT:
    case F_BYTES:
    case F_BOOL:
    case F_TRI:
    case F_CODE:
    case F_SET:
    case F_TEXTS:
    case F_RECORDS:
        break; /* all bits zero */
    }
}

void
fields_clear(const struct fields *f, void *out)
{
    memset(out, 0, f->size);
    for (size_t i = 0; i < f->n; i++)
        clear_field(&f->at[i], (char *)out + f->at[i].offset);
}

bool
field_is_null(const struct field *f, const void *at)
{
    switch (f->type) {
    case F_ID:
        return id_is_none(*(const struct id *)at);
    case F_TEXT:
    case F_BYTES:
        return ((const struct str *)at)->p == NULL;
    case F_I32:
        return *(const int32_t *)at == I32_NONE;
    case F_I64:
        return *(const int64_t *)at == I64_NONE;
    case F_TRI:
        return *(const enum tri *)at == TRI_UNKNOWN;
    case F_TIME:
        return *(const time_ms *)at == TIME_NONE;
    case F_DATE:
        return *(const date_d *)at == DATE_NONE;
    case F_CODE:
        return *(const int *)at == 0;
    case F_BOOL:
    case F_SET:
    case F_TEXTS:
    case F_RECORD:
    case F_RECORDS:
        return false;
    }
    return false;
}

static bool
texts_eq(const struct texts *a, const struct texts *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (!str_eq(a->at[i], b->at[i]))
            return false;
    }
    return true;
}

static bool
items_eq(const struct fields *sub, const struct items *a, const struct items *b)
{
    const char *x = a->at;
    const char *y = b->at;

    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (!fields_eq(sub, x + i * sub->size, y + i * sub->size))
            return false;
    }
    return true;
}

static bool
field_eq(const struct field *f, const void *a, const void *b)
{
    switch (f->type) {
    case F_ID:
        return id_eq(*(const struct id *)a, *(const struct id *)b);
    case F_TEXT:
    case F_BYTES:
        return str_eq(*(const struct str *)a, *(const struct str *)b);
    case F_I32:
        return *(const int32_t *)a == *(const int32_t *)b;
    case F_I64:
        return *(const int64_t *)a == *(const int64_t *)b;
    case F_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case F_TRI:
        return *(const enum tri *)a == *(const enum tri *)b;
    case F_TIME:
        return *(const time_ms *)a == *(const time_ms *)b;
    case F_DATE:
        return *(const date_d *)a == *(const date_d *)b;
    case F_CODE:
        return *(const int *)a == *(const int *)b;
    case F_SET:
        return *(const uint32_t *)a == *(const uint32_t *)b;
    case F_TEXTS:
        return texts_eq(a, b);
    case F_RECORD:
        return fields_eq(f->sub, a, b);
    case F_RECORDS:
        return items_eq(f->sub, a, b);
    }
    return false;
}

bool
fields_eq(const struct fields *f, const void *a, const void *b)
{
    for (size_t i = 0; i < f->n; i++) {
        size_t offset = f->at[i].offset;

        if (!field_eq(&f->at[i], (const char *)a + offset,
                      (const char *)b + offset))
            return false;
    }
    return true;
}
