/**
 * Arenas of tests take their room from the heap; a test without memory fails.
 */
#ifndef WAYMARK_TESTS_LIB_HEAP_H
#define WAYMARK_TESTS_LIB_HEAP_H

#include <stdio.h>
#include <stdlib.h>

#include "common/core/arena.h"

static inline void *
heap_more(void *self, size_t size)
{
    void *room = malloc(size);

    (void)self;
    if (room == NULL) {
        (void)fprintf(stderr, "no %zu bytes for a test\n", size);
        abort();
    }
    return room;
}

static inline void
heap_free(void *self, void *room)
{
    (void)self;
    free(room);
}

/** An empty arena, to be given back by heap_release. */
static inline void
heap_arena(struct arena *a)
{
    arena_init(a, heap_more, NULL);
}

static inline void
heap_release(struct arena *a)
{
    arena_release(a, heap_free);
}

#endif
