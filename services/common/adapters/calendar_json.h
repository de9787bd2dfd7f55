/**
 * Calendars from their JSON texts into plain structs; the shape is that of
 * calendars/.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_CALENDAR_JSON_H
#define WAYMARK_COMMON_ADAPTERS_CALENDAR_JSON_H

#include "common/core/arena.h"
#include "common/core/calendar.h"
#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/str.h"

/**
 * Read a calendar: span, bank holidays, clock changes (an hour ahead of UTC
 * between spring and autumn). All of `*out` is in `a`. ST_REJECT with code
 * "calendar"; ST_RETRY without memory.
 */
MUST_CHECK enum status calendar_json_read(struct arena *a, struct str text,
                                          struct calendar *out,
                                          struct err *err);

#endif
