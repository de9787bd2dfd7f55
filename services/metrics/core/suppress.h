/**
 * Small counts and what would reveal them (domain.md section 9): hidden in a
 * table of lines and age bands whose sums stand in it, so that no hidden value
 * can be worked out from those that are shown, in this table or in another
 * that shares its counts.
 */
#ifndef WAYMARK_METRICS_CORE_SUPPRESS_H
#define WAYMARK_METRICS_CORE_SUPPRESS_H

#include "metrics/core/scorecard.h"

/*
 * Lines of one indicator and side. The first is the sum of the others, where
 * there are others; in each line the bands add up to its last value.
 */
struct suppress_block {
    struct scorecard_line *lines;
    size_t n;
    bool is_ratio;
    int below; /* counts of 1 to below - 1 are small */
};

/**
 * Hide what is small: a count of 1 to below - 1; a ratio where that holds for
 * its numerator, its denominator or the difference of the two.
 */
void suppress_small(const struct suppress_block *b);

/**
 * Hide what else must be, and say whether that was anything: in each line and
 * column the next smallest that isn't zero where the sum would give a hidden
 * value away, then whatever still could be worked out from all sums together.
 * Two hidden counts of which the sum alone says that they are small count as
 * given away. Zero is shown unless nothing else is left.
 */
bool suppress_telling(const struct suppress_block *b, struct arena *arena);

/**
 * Can this hidden value be worked out from what the block shows? True for one
 * that is shown. Uses that no count is negative.
 */
bool suppress_is_known(const struct suppress_block *b, size_t line,
                       size_t column, struct arena *arena);

/**
 * Hide in each of two blocks what the other hides: they show the same counts,
 * of the same districts. True if anything was hidden. `totals`: only their
 * first lines are of the same.
 */
bool suppress_alike(const struct suppress_block *a,
                    const struct suppress_block *b, bool totals);

#endif
