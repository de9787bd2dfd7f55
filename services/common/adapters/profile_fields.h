/**
 * Which members a profile may have. A misspelt name would silently leave a
 * threshold at its default, so what nothing reads is refused.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PROFILE_FIELDS_H
#define WAYMARK_COMMON_ADAPTERS_PROFILE_FIELDS_H

#include "common/adapters/json.h"
#include "common/core/arena.h"
#include "common/core/profile_check.h"

/**
 * Every member of the document that no profile has, code "profile-field"; the
 * id of the rule around it goes with it. `*out` is in `a`.
 */
void profile_fields_check(struct arena *a, const struct json *document,
                          struct profile_faults *out);

#endif
