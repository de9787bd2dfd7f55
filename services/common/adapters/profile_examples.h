/**
 * A profile's worked examples: with these facts this rule decides.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PROFILE_EXAMPLES_H
#define WAYMARK_COMMON_ADAPTERS_PROFILE_EXAMPLES_H

#include "common/adapters/reader.h"
#include "common/core/profile.h"

/** Read "examples" into `p`, whose rules have been read before. */
void profile_examples_read(struct reader *r, const struct json *top,
                           struct profile *p);

#endif
