/**
 * Profiles from their JSON texts into plain structs.
 *
 * The shape is that of profiles/. A text is refused whole: the
 * reason names the place as a JSON pointer. Reading also checks what makes a
 * threshold framework sound: every rule has an id of its own, an outcome that
 * exists, a source and a condition over known inputs and words; every clock
 * counts; postcodes and routes name localities and units that exist; examples
 * speak of rules that exist; no member has a name that nothing reads
 * (profile_fields.h); and the rules, thresholds and examples are sound
 * (profile_check.h, where the codes stand).
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PROFILE_JSON_H
#define WAYMARK_COMMON_ADAPTERS_PROFILE_JSON_H

#include "common/adapters/reader.h"
#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/profile.h"
#include "common/core/profile_check.h"
#include "common/core/status.h"
#include "common/core/str.h"

/* The limit of a record, in which a profile must travel. */
#define PROFILE_BYTES_MAX READER_BYTES_MAX

/**
 * Read a profile and name all its faults. What is read stops at the first
 * fault of reading, and then `*out` is void; those of soundness are told one
 * and all. Everything is in `a`; `text` is borrowed for the call. ST_OK
 * whether there are faults or not; ST_RETRY without memory.
 */
MUST_CHECK enum status profile_json_check(struct arena *a, struct str text,
                                          struct profile *out,
                                          struct profile_faults *faults,
                                          struct err *err);

/**
 * Read a profile. All of `*out` is in `a`; `text` is borrowed for the call.
 * ST_REJECT with the code of the first fault and "/pointer: rule ID: reason";
 * ST_RETRY without memory.
 */
MUST_CHECK enum status profile_json_read(struct arena *a, struct str text,
                                         struct profile *out, struct err *err);

#endif
