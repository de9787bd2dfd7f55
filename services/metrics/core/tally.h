/**
 * From a change of a fact to changes of cells: the new contributions less
 * the old ones, in kpi_cell and, as far as the month had ended on the topic
 * that the change came from, in late_change.
 */
#ifndef WAYMARK_METRICS_CORE_TALLY_H
#define WAYMARK_METRICS_CORE_TALLY_H

#include "common/core/rows.h"
#include "metrics/core/contribution.h"

struct tally {
    struct rows *rows;
    /* Local month of the last TimeAdvanced on the topic of the change;
     * DATE_NONE before the first. */
    date_d heard_month;
    /* True: only say which cells would change (rows_want). */
    bool dry;
    /* Dry, and months may be wrong by one: ask for whatever may be late. */
    bool guess;
};

/** Apply the difference. Cells must have been wanted by a dry run before. */
void tally_change(const struct tally *t, const struct contributions *old,
                  const struct contributions *now);

#endif
