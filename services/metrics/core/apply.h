/**
 * One record of any input, applied to facts and cells.
 */
#ifndef WAYMARK_METRICS_CORE_APPLY_H
#define WAYMARK_METRICS_CORE_APPLY_H

#include "metrics/core/run.h"

/** Types that count in no figure of ours change nothing. */
void metrics_apply(const struct run *r, const struct event *ev);

#endif
