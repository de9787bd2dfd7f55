/**
 * Rows and records that name a thing alike must say the same of it. Held by
 * the tables of fields, so that no test lists what has to be copied, and a
 * field that is added later and copied nowhere is found.
 */
#ifndef WAYMARK_TESTS_LIB_SAME_FIELDS_H
#define WAYMARK_TESTS_LIB_SAME_FIELDS_H

#include "common/core/field.h"

/**
 * Fails the test unless every field of `a` that `b` has too, with that name
 * and type, holds the same value in both structs. Fields that are named in
 * `otherwise` (between blanks, " state unit ") are left out. At least one must
 * be compared.
 */
void same_fields(const struct fields *a, const void *at_a,
                 const struct fields *b, const void *at_b,
                 const char *otherwise);

#endif
