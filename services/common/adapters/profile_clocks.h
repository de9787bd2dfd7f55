/**
 * What in a profile counts time: clocks and drift rules (domain.md sections 7
 * and 8).
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PROFILE_CLOCKS_H
#define WAYMARK_COMMON_ADAPTERS_PROFILE_CLOCKS_H

#include "common/adapters/reader.h"
#include "common/core/profile.h"

/**
 * Read "clocks" into `p`, whose convention for working days and office hours
 * have been read before.
 */
void profile_clocks_read(struct reader *r, const struct json *top,
                         struct profile *p);

/** Read "drift"; what a number is for stands in profile.h. */
void profile_drift_read(struct reader *r, const struct json *top,
                        struct profile_drift *d);

#endif
