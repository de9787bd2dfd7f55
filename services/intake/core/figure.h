/**
 * A figure as others print it: "5,326", "5.70%", "-156", "na", "Awaiting data"
 * (domain.md section 9, K36). What is not clearly a number or a gap is refused
 * rather than guessed at: "1500K" is no 1500 (R14), and a gap is never 0.
 */
#ifndef WAYMARK_INTAKE_CORE_FIGURE_H
#define WAYMARK_INTAKE_CORE_FIGURE_H

#include "common/core/indicators.h"

#define FIGURE_DIGITS_MAX 15
#define FIGURE_DECIMALS_MAX 4

enum figure_is {
    FIGURE_VALUE = 1,
    FIGURE_GAP,
    FIGURE_SUFFIX, /* a number with something behind it: R14 */
    FIGURE_OTHER,  /* no number: R03 */
    FIGURE_RANGE,  /* a number that this indicator can't have: R03 */
};

struct figure {
    int gap;          /* enum gap; 0 with a value */
    int64_t amount;   /* without its point: 5.70 is 570; I64_NONE with a gap */
    int32_t decimals; /* digits behind the point; I32_NONE with a gap */
};

/**
 * Read a text, without blanks around it, as a figure of that indicator.
 *
 * A number has digits, thousands in groups of three with commas or none, a
 * point and 1 to FIGURE_DECIMALS_MAX digits; a sign only where `measure` is
 * MEASURE_CHANGE; "%" behind it only where percent is the unit. Counts are
 * whole; a level or target of percent is 0 to 100. Gaps are "na", "n/a", "not
 * available"; "awaiting", "awaiting data"; "unknown"; capitals don't matter.
 */
enum figure_is figure_read(struct str text, enum indicator_unit unit,
                           int measure, struct figure *out);

/** Does it name a sum of the rows beside it: "Total", "TOTALS", "All"? */
bool figure_is_total(struct str breakdown);

#endif
