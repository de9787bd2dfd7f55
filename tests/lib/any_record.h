/** Records with any content, the same for the same seed everywhere. */
#ifndef WAYMARK_TESTS_LIB_ANY_RECORD_H
#define WAYMARK_TESTS_LIB_ANY_RECORD_H

#include "common/core/arena.h"
#include "common/core/record.h"

/**
 * The struct of a record of that type, in `a`, which can be written: what must
 * be there is, of the rest every second field is null.
 */
void *any_record_of(struct arena *a, enum record_type type, uint64_t seed);

/** The same for any struct of fields, a row of a table say, at `out`. */
void any_fields(struct arena *a, const struct fields *fields, uint64_t seed,
                void *out);

/** The next number from a seed that isn't 0 (xorshift64*). */
uint64_t any_next(uint64_t *seed);
/** A number below `n`, which isn't 0. */
size_t any_below(uint64_t *seed, size_t n);

#endif
