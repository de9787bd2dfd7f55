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

/** Count the facts that waited for this; `wait` is an enum wait. */
void release_cases(const struct run *r, int wait);
void release_handovers(const struct run *r, int wait);

#endif
