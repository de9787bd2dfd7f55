/**
 * What a sender sent, as a plain tree: whatever it came as (JSON, a row of
 * CSV), the rules look at this only. Made outside the core; all of it is
 * borrowed.
 */
#ifndef WAYMARK_INTAKE_CORE_RAW_H
#define WAYMARK_INTAKE_CORE_RAW_H

#include <stdbool.h>
#include <stddef.h>

#include "common/core/str.h"

enum raw_type {
    RAW_NULL = 0,
    RAW_BOOL,
    RAW_NUMBER,
    RAW_STRING,
    RAW_ARRAY,
    RAW_OBJECT,
};

struct raw_value {
    enum raw_type type;
    struct str name; /* of a member of an object; else null */
    struct str text; /* number or string as text; "true" or "false" */
    const struct raw_value *at; /* items of an array, members of an object */
    size_t n;
};

/** Member of an object; NULL if `v` is NULL, no object, or lacks it. */
const struct raw_value *raw_get(const struct raw_value *v, const char *name);

/** Nothing was said: NULL, null, or text of white space only. */
bool raw_is_blank(const struct raw_value *v);

#endif
