#include "intake/core/raw.h"

#include <string.h>

const struct raw_value *
raw_get(const struct raw_value *v, const char *name)
{
    if (v == NULL || v->type != RAW_OBJECT)
        return NULL;
    for (size_t i = 0; i < v->n; i++)
        if (str_is(v->at[i].name, name))
            return &v->at[i];
    return NULL;
}

bool
raw_is_blank(const struct raw_value *v)
{
    if (v == NULL || v->type == RAW_NULL)
        return true;
    if (v->type != RAW_STRING)
        return false;
    for (size_t i = 0; i < v->text.n; i++)
        if (strchr(" \t\r\n", v->text.p[i]) == NULL || v->text.p[i] == '\0')
            return false;
    return true;
}
