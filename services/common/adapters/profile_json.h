/**
 * Profiles and calendars from their JSON texts into plain structs.
 *
 * The shape is that of profiles/ and calendars/. A text is refused whole: the
 * reason names the place as a JSON pointer. Reading also checks what makes a
 * threshold framework sound: every rule has an id of its own, an outcome that
 * exists, a source and a condition over known inputs and words; every clock
 * counts; postcodes and routes name localities and units that exist; examples
 * speak of rules that exist. What the examples expect is not tried here (see
 * `profile check` and tests/adapter/test_profile.c).
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PROFILE_JSON_H
#define WAYMARK_COMMON_ADAPTERS_PROFILE_JSON_H

#include "common/core/arena.h"
#include "common/core/calendar.h"
#include "common/core/err.h"
#include "common/core/profile.h"
#include "common/core/status.h"
#include "common/core/str.h"

/* 1 MiB: the limit of a record, in which a profile must travel. */
#define PROFILE_BYTES_MAX ((size_t)1 << 20)

/**
 * Read a profile. All of `*out` is in `a`; `text` is borrowed for the call.
 * ST_REJECT with code "profile" and "/pointer: reason"; ST_RETRY without
 * memory.
 */
MUST_CHECK enum status profile_json_read(struct arena *a, struct str text,
                                         struct profile *out, struct err *err);

/**
 * Read a calendar: span, bank holidays, clock changes (an hour ahead of UTC
 * between spring and autumn). All of `*out` is in `a`. ST_REJECT with code
 * "calendar"; ST_RETRY without memory.
 */
MUST_CHECK enum status calendar_json_read(struct arena *a, struct str text,
                                          struct calendar *out,
                                          struct err *err);

#endif
