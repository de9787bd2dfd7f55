/**
 * The weights of record linkage that a profile names:
 *
 *   {"prior": -18300,
 *    "weights": {"given": {"equal": [-300, -7300], ...}, ...},
 *    "given_names": {"oliver": 14000, ...}, "surnames": {...}}
 *
 * `weights` has by field and level log2 of m and of u in millibits
 * (common/core/linkage_model.h); a level that isn't named keeps that of
 * linkage_default. The lists of names have how many of a million people are
 * called so.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PROFILE_LINKAGE_H
#define WAYMARK_COMMON_ADAPTERS_PROFILE_LINKAGE_H

#include "common/adapters/json.h"
#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/linkage_model.h"

/**
 * Read `value` (NULL: all is linkage_default's) over what *out has. Its lists
 * lie in `arena`. ST_REJECT, code "profile-value" or "profile-limit": an
 * unknown field or level, or a number out of its range; the text says where.
 */
MUST_CHECK enum status profile_linkage_read(const struct json *value,
                                            struct arena *arena,
                                            struct linkage_model *out,
                                            struct err *err);

#endif
