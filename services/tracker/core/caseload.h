/**
 * How many open cases a worker has, and whether that is over the norm (D13,
 * domain.md section 8: one alert a worker and month).
 */
#ifndef WAYMARK_TRACKER_CORE_CASELOAD_H
#define WAYMARK_TRACKER_CORE_CASELOAD_H

#include "tracker/core/watch.h"

/** Want a worker's count and alerts; nothing for a null name. */
void
caseload_want(struct rows *rows, struct str worker);

/**
 * The case counted among those of `before` and counts among those of `now`;
 * each is null where it counts for nobody (no worker, or not open). `c` is the
 * case as it stands; its unit's leader is told. Both workers' counts move
 * by one; equal names: nothing. A count that rises above the norm raises D13,
 * once a worker and month; one at the norm or below clears it. Both were
 * wanted with caseload_want. ST_REJECT and ST_FATAL as say_alert's.
 */
MUST_CHECK enum status
caseload_moved(const struct moment *m, const struct case_row *c,
               struct str before, struct str now, struct err *err);

#endif
