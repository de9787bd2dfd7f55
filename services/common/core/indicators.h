/**
 * The figures that others count and send us: attendance, exclusions, NEET, and
 * so on (domain.md section 9, K36). One list for the door, which refuses what
 * is not in it, and for whoever prints them.
 *
 * How a figure is counted is the sender's: it travels as `definition` beside
 * each value, and two definitions are two series.
 */
#ifndef WAYMARK_COMMON_CORE_INDICATORS_H
#define WAYMARK_COMMON_CORE_INDICATORS_H

#include "common/core/codes.h"

/* What one figure says. */
enum measure {
    MEASURE_LEVEL = 1, /* how much there is; the only one without a sign */
    MEASURE_CHANGE,    /* more or less than in the period before */
    MEASURE_TARGET,    /* what is aimed at */
};
extern const struct codes codes_measure;

/* Why a figure has no value. A gap is never 0. */
enum gap {
    GAP_NOT_AVAILABLE = 1, /* printed "na", "n/a" */
    GAP_AWAITING,          /* "Awaiting data" */
    GAP_UNKNOWN,           /* "unknown" */
};
extern const struct codes codes_gap;

enum indicator_unit {
    UNIT_COUNT = 1,  /* whole things */
    UNIT_FRACTIONAL, /* things that come in parts, such as staff */
    UNIT_PERCENT,
    UNIT_PER_100000, /* a rate, of the people of that age */
};
extern const struct codes codes_indicator_unit;

struct indicator {
    const char *word; /* as it is sent: "neet" */
    enum indicator_unit unit;
    const char *what; /* for people */
};

/** How many there are; indicator_at takes 0 .. that - 1, in printing order. */
size_t indicator_count(void);
const struct indicator *indicator_at(size_t i);
/* Their words, NULL behind the last. */
extern const char *const indicator_words[];
/** By its word, exactly; NULL for none. */
const struct indicator *indicator_find(struct str word);

#endif
