/**
 * Cases and hand-overs, as case-journal has them.
 */
#ifndef WAYMARK_METRICS_CORE_COUNT_CASES_H
#define WAYMARK_METRICS_CORE_COUNT_CASES_H

#include "metrics/core/run.h"

/** CaseChanged: the case as it stands, and its cells. */
void count_case(const struct run *r, const struct case_changed *rec);

/** HandoverChanged: the offer as it stands, and its cells. */
void count_handover(const struct run *r, const struct handover_changed *rec);

/**
 * Count the facts that waited for what has just been activated: `wait` is an
 * enum wait. They were wanted by their group of that wait (want.h).
 */
void release_cases(const struct run *r, int wait);
void release_handovers(const struct run *r, int wait);

#endif
