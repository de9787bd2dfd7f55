/**
 * Memory that lives as long as one batch: given out piece by piece, taken
 * back all at once. A core takes memory from here only.
 *
 * The arena owns no system call: whoever opens it passes a function that
 * finds more room. That function never returns NULL (the engine's logs and
 * ends the process when its explicit limit is passed), so neither does
 * arena_alloc.
 */
#ifndef WAYMARK_COMMON_CORE_ARENA_H
#define WAYMARK_COMMON_CORE_ARENA_H

#include <stddef.h>

#include "common/core/str.h"

struct arena_chunk; /* one piece of room; kept by the arena */

struct arena {
    struct arena_chunk *first;
    struct arena_chunk *current;
    size_t used; /* bytes given out since the last reset */
    size_t held; /* bytes of room that the arena keeps */
    /* Finds `size` bytes of room, aligned for any type. Never returns NULL. */
    void *(*more)(void *self, size_t size);
    void *self; /* borrowed, handed to `more` */
};

/**
 * An empty arena in `*a`, which the caller owns. `self` is borrowed until
 * arena_release; room that `more` found is the arena's until then.
 */
void arena_init(struct arena *a, void *(*more)(void *self, size_t size),
                void *self);

/** `size` zeroed bytes aligned for any type; size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);

/** As arena_alloc for `n` items; an overflow of n * size ends in `more` being asked for SIZE_MAX. */
void *arena_array(struct arena *a, size_t n, size_t size);

/** A copy of `n` bytes, followed by one NUL byte that is not counted. */
char *arena_copy(struct arena *a, const void *p, size_t n);

/** A copy of `s`, NUL-terminated beyond its length. */
struct str arena_str(struct arena *a, struct str s);

/** Formatted text in the arena, NUL-terminated beyond its length. */
struct str arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Forget all that was given out; the room stays for the next batch. */
void arena_reset(struct arena *a);

/**
 * Give all room back: `release` is called with the arena's `self` once for
 * each piece that `more` found and frees it. What the arena gave out is void
 * then; it is empty and may be used again.
 */
void arena_release(struct arena *a, void (*release)(void *self, void *room));

#endif
