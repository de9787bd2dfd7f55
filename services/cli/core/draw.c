#include "cli/core/draw.h"

#include <assert.h>

struct draw
draw_of(uint64_t seed)
{
    return (struct draw){ .state = seed };
}

/* SplitMix64: one addition and three mixing steps (Steele, Lea, Flood 2014). */
static uint64_t
next(struct draw *d)
{
    uint64_t z = d->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint32_t
draw_below(struct draw *d, uint32_t below)
{
    assert(below > 0);
    return (uint32_t)((next(d) >> 32) * below >> 32);
}

int
draw_between(struct draw *d, int first, int last)
{
    assert(first <= last);
    return first + (int)draw_below(d, (uint32_t)(last - first) + 1);
}

bool
draw_percent(struct draw *d, int percent)
{
    return (int)draw_below(d, 100) < percent;
}

int
draw_span(struct draw *d, const struct draw_span *spans, size_t n)
{
    int all = 0, at;
    size_t i = 0;

    assert(n > 0);
    for (size_t k = 0; k < n; k++)
        all += spans[k].weight;
    for (at = draw_between(d, 1, all); at > spans[i].weight; i++)
        at -= spans[i].weight;
    return draw_between(d, spans[i].first, spans[i].last);
}
