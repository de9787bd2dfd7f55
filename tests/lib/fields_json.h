/**
 * A struct as a line of JSON, by its table of fields: for tests that hand what
 * the core saw and made to somebody else. Ids, words of codes, instants (UTC,
 * with milliseconds) and dates are texts; sets and lists are arrays of texts;
 * what is null is left out. Lists of records are left out too.
 */
#ifndef WAYMARK_TESTS_LIB_FIELDS_JSON_H
#define WAYMARK_TESTS_LIB_FIELDS_JSON_H

#include <stdio.h>

#include "common/core/field.h"

/** Write `record`, without a line's end. */
void fields_json(FILE *out, const struct fields *f, const void *record);

#endif
