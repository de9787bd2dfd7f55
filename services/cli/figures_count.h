/**
 * From rows of kpi_members, added up by part, district and age band, to the
 * text of a figure with as many decimals as were printed.
 */
#ifndef WAYMARK_CLI_FIGURES_COUNT_H
#define WAYMARK_CLI_FIGURES_COUNT_H

#include "cli/figures_list.h"
#include "common/core/arena.h"

/* What metrics says of one part, side, district and band. */
struct counted {
    struct str part, side, district, age_band;
    int64_t numerator, denominator;
};

struct counted_list {
    const struct counted *at;
    size_t n;
};

/* Days that cases were open; sorted by district, then days. */
struct days_open {
    struct str district;
    int64_t days;
};

struct figure_input {
    struct counted_list rows; /* of the measure's indicator and days */
    struct counted_list base; /* FIGURE_TOP of needs: K01; else empty */
    const struct counted_list *months; /* FIGURE_LEVELS: a list a month */
    size_t n_months;
    const struct days_open *days; /* FIGURE_ABOVE, FIGURE_TABLE */
    size_t n_days;
};

/**
 * The figure as text, rounded half-up to `decimals`; lists have ", " between.
 * "-" where nothing can be divided. The text is the arena's.
 */
struct str figure_count(struct arena *arena, const struct measure *m,
                        const struct figure_input *in, int decimals);

/** numerator / denominator with that many decimals, half-up: "13.5". */
struct str figure_quotient(struct arena *arena, int64_t numerator,
                           int64_t denominator, int decimals);

#endif
