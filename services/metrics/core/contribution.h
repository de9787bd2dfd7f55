/**
 * What a fact adds to the scorecard: a pure function from the fact alone to
 * a short list of figures. A change of a fact changes the KPI cells by the
 * new list less the old one, so that every correction undoes itself.
 *
 * The definitions are those of domain.md section 9.
 */
#ifndef WAYMARK_METRICS_CORE_CONTRIBUTION_H
#define WAYMARK_METRICS_CORE_CONTRIBUTION_H

#include <stddef.h>

#include "metrics/core/tables.h"

#define CONTRIBUTIONS_MAX 6

/*
 * The members mean what they mean in struct kpi_cell. Each contribution_of_*
 * clears `out` first: what stood there is gone, nothing is added up.
 */
struct contributions {
    struct kpi_cell at[CONTRIBUTIONS_MAX];
    size_t n;
};

/**
 * Is this, by what was decided about it, a notification to early help (K01):
 * entry eh, or passed on by KE03 or A10 (KEN 5.3, 5.2)? Offers between the
 * sides are hand-overs and counted as such (domain.md section 12, row 7).
 * Says nothing of amendments and episodes.
 */
bool contribution_is_k01(const struct notification_fact *f);

/** K01, once a notification and a missing episode. Texts are the fact's. */
void contribution_of_notification(const struct notification_fact *f,
                                  struct contributions *out);

/**
 * K10 (as K10_net: +1 in the month it opened, -1 in the month it ended, so
 * that the cost of a change doesn't grow with history), K11, K20 and the
 * denominator of K21. A case that was closed with rank 0-1 straight from
 * screening (section 6, row 2), merged into another or closed as in_error
 * adds nothing. A transferred case ends, but isn't closed.
 */
void contribution_of_case(const struct case_fact *f,
                          struct contributions *out);

/** K12 and the numerator of K21, or K13, once accepted. */
void contribution_of_handover(const struct handover_fact *f,
                              struct contributions *out);

#endif
