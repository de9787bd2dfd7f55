/**
 * Metrics as the engine sees it: six topics in, facts and KPI cells kept,
 * nothing given out.
 *
 * The tables at the end don't depend on how the inputs were interleaved.
 * Each fact has columns of its own for each input; what a figure counts
 * follows one topic alone (casework for K01, case-journal for the others);
 * and what case-journal says before casework has activated the profile or
 * calendar that it needs waits until then. Time, too, is taken from the topic
 * of a change: what stands on it behind the TimeAdvanced that ended a month no
 * longer changes that month's frozen figures.
 *
 * casework is the clock, because it alone of the inputs carries
 * ConfigActivated. No input waits for a barrier.
 */
#ifndef WAYMARK_METRICS_CORE_METRICS_H
#define WAYMARK_METRICS_CORE_METRICS_H

#include "common/core/service.h"

extern const struct service_def metrics_service;

#endif
