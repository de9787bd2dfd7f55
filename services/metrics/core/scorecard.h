/**
 * The monthly scorecard (KEN 6.1): from cells to a table of lines by
 * indicator, side and district or part, with age bands across, percentages and,
 * for scrutiny and the public, suppression. Pure: whoever prints it reads the
 * cells (view scorecard_cells, or frozen_cells for the month as it was fixed).
 */
#ifndef WAYMARK_METRICS_CORE_SCORECARD_H
#define WAYMARK_METRICS_CORE_SCORECARD_H

#include "common/core/arena.h"
#include "metrics/core/tables.h"

/* Columns: one an age band (position: enum age_band - 1), then their sum. */
#define SCORECARD_BANDS 6
#define SCORECARD_ALL SCORECARD_BANDS
#define SCORECARD_COLUMNS (SCORECARD_BANDS + 1)

/* No percentage: nothing to divide by, or nothing to compare with. */
#define PERCENT_NONE (-1)

struct scorecard_value {
    int64_t numerator;   /* I64_NONE where hidden */
    int64_t denominator; /* of a ratio, else 0; I64_NONE where hidden */
    /* Tenths of a per cent: of a ratio its value; of a count the band's share
     * of the line, of a part's the part's share of all parts. PERCENT_NONE
     * where there is none. */
    int64_t percent_tenths;
    bool hidden;
};

struct scorecard_line {
    int kpi;
    int side;
    struct str district; /* null: the whole authority */
    struct str part;     /* of an indicator with parts; null: all of them */
    struct scorecard_value values[SCORECARD_COLUMNS];
};

struct scorecard {
    struct scorecard_line *lines; /* by kpi as asked, side, whole, districts
                                     or parts */
    size_t n;
};

struct scorecard_options {
    date_d month;           /* first day; cells of others are passed over */
    struct texts kpis;      /* "K01"...; what isn't counted here is left out */
    struct texts districts; /* each has a line, though it be of zeros; others
                               that have cells follow in order of bytes */
    struct str district;    /* only its lines; null: all, and the whole */
    /* For scrutiny and the public; 0: nothing is hidden. Counts from 1 to
     * below - 1 are. */
    int suppress_below;
    bool suppress_secondary; /* and what would let them be worked out */
};

/**
 * Make the table of a month, whose cells may stand among those of others.
 * Borrows texts of cells and options for as long as the
 * result is used; the rest of the result is the arena's.
 *
 * What is hidden is decided over the whole card before `district` picks its
 * lines (suppress.h), so that the cards of all districts together give nothing
 * away, nor do two indicators that show the same counts. Where something is to
 * be hidden, an indicator with parts has no lines of a single district. A
 * hidden sum takes the shares of its line with it.
 */
struct scorecard scorecard_make(struct arena *arena, const struct kpi_cell *all,
                                size_t n_all,
                                const struct scorecard_options *options);

/**
 * numerator / denominator in units of 10^-decimals per cent (decimals 0..3),
 * rounded half-up: 490, 665, 1 gives 737 (73.7 %). PERCENT_NONE where the
 * denominator is 0. Neither may be negative.
 */
int64_t scorecard_percent(int64_t numerator, int64_t denominator, int decimals);

#endif
