/**
 * Chance with a seed: the same seed draws the same numbers on every machine.
 * Integers only. For made-up data, never for keys.
 */
#ifndef WAYMARK_CLI_CORE_DRAW_H
#define WAYMARK_CLI_CORE_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct draw {
    uint64_t state;
};

struct draw draw_of(uint64_t seed);

/** 0 .. below - 1; below must not be 0. */
uint32_t draw_below(struct draw *d, uint32_t below);

/** first .. last, both included; first <= last. */
int draw_between(struct draw *d, int first, int last);

/** True so many times of a hundred. */
bool draw_percent(struct draw *d, int percent);

/* One of several spans, by weight. */
struct draw_span {
    int weight;
    int first, last; /* both included */
};

/** A number of the span that the weights choose; spans must not be empty. */
int draw_span(struct draw *d, const struct draw_span *spans, size_t n);

#endif
