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
 * A case's worker was `before` and is `c`'s now (null where the case isn't
 * open): count, raise the alert above the norm, clear it at the norm.
 */
MUST_CHECK enum status
caseload_moved(const struct moment *m, const struct case_row *c,
               struct str before, struct str now, struct err *err);

#endif
