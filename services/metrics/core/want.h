/**
 * Which rows a batch touches. Cells are found by a dry run, so that no second
 * place says what counts where.
 */
#ifndef WAYMARK_METRICS_CORE_WANT_H
#define WAYMARK_METRICS_CORE_WANT_H

#include "metrics/core/run.h"

/** service_def's touch. */
bool want_touched(const struct step *step, const struct event *evs, size_t n,
                  int round);

#endif
