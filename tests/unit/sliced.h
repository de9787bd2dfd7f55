/**
 * Texts here have a length and no end: whoever reads one byte further finds
 * what happens to lie there. A text that is cut out of a longer one must read
 * the same whatever stands behind it.
 */
#ifndef WAYMARK_TESTS_UNIT_SLICED_H
#define WAYMARK_TESTS_UNIT_SLICED_H

#include <string.h>

#include "common/core/str.h"

struct sliced {
    char room[256];
};

/** `text`, cut to that size, in `room`, with `behind` next to it. */
static inline struct str
sliced(struct sliced *s, const char *text, const char *behind)
{
    size_t n =
        strlen(text) < sizeof s->room / 2 ? strlen(text) : sizeof s->room / 2;
    size_t more = strlen(behind) < sizeof s->room - n ? strlen(behind)
                                                      : sizeof s->room - n;

    memcpy(s->room, text, n);
    memcpy(s->room + n, behind, more);
    return (struct str){ .p = s->room, .n = n };
}

#endif
