#include "common/core/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN _Alignof(max_align_t)
#define CHUNK_BYTES ((size_t)64 * 1024) /* least size asked of `more` */
#define LARGE_BYTES (CHUNK_BYTES / 4)   /* larger pieces stand alone */

/* The chunks are a list; those behind `current` are free for the batch. */
struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* bytes of room */
    size_t used;
    _Alignas(max_align_t) unsigned char room[];
};

void
arena_init(struct arena *a, void *(*more)(void *self, size_t size), void *self)
{
    *a = (struct arena){ .more = more, .self = self };
}

/* More than memory can have: `more` ends the process. */
static void
too_large(struct arena *a)
{
    (void)a->more(a->self, SIZE_MAX);
    abort();
}

/*
 * Sizes go up in steps of a quarter to a half, so that the next batch's large
 * piece, a little larger than this one's, fits into the same chunk. Room that
 * nobody writes to costs no memory.
 */
static size_t
chunk_size(size_t size)
{
    size_t step = CHUNK_BYTES / 2;

    if (size <= CHUNK_BYTES)
        return CHUNK_BYTES;
    while (step < size / 4)
        step *= 2;
    return size > SIZE_MAX - step ? size : (size + step - 1) / step * step;
}

static struct arena_chunk *
chunk_new(struct arena *a, size_t size)
{
    struct arena_chunk *c;
    size_t total = chunk_size(sizeof *c + size);

    c = a->more(a->self, total);
    *c = (struct arena_chunk){ .size = total - sizeof *c };
    a->held += total;
    return c;
}

/*
 * Take the smallest kept chunk with `size` bytes out of the free ones, so
 * that small pieces leave the large ones alone; a new chunk if none will do.
 */
static struct arena_chunk *
take_chunk(struct arena *a, size_t size)
{
    struct arena_chunk **link =
        a->current == NULL ? &a->first : &a->current->next;
    struct arena_chunk **best = NULL;
    struct arena_chunk *c;

    for (; *link != NULL; link = &(*link)->next) {
        if ((*link)->size >= size &&
            (best == NULL || (*link)->size < (*best)->size))
            best = link;
    }
    if (best == NULL)
        return chunk_new(a, size);
    c = *best;
    *best = c->next;
    c->used = 0;
    return c;
}

static void *
give(struct arena *a, struct arena_chunk *c, size_t size)
{
    void *p = c->room + c->used;

    c->used += size;
    a->used += size;
    return memset(p, 0, size);
}

/* A large piece has a chunk of its own, in front: the rest of the current
 * one stays in use. */
static void *
give_chunk(struct arena *a, size_t size)
{
    struct arena_chunk *c = take_chunk(a, size);
    bool in_front = a->current == NULL || size > LARGE_BYTES;
    struct arena_chunk **place = in_front ? &a->first : &a->current->next;

    c->next = *place;
    *place = c;
    if (a->current == NULL || !in_front)
        a->current = c;
    return give(a, c, size);
}

void *
arena_alloc(struct arena *a, size_t size)
{
    size_t rounded;

    if (size > SIZE_MAX - sizeof(struct arena_chunk) - ALIGN)
        too_large(a);
    rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (rounded == 0)
        rounded = ALIGN;
    if (a->current == NULL || a->current->size - a->current->used < rounded)
        return give_chunk(a, rounded);
    return give(a, a->current, rounded);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size)
        too_large(a);
    return arena_alloc(a, n * size);
}

char *
arena_copy(struct arena *a, const void *p, size_t n)
{
    char *copy;

    if (n == SIZE_MAX)
        too_large(a);
    copy = arena_alloc(a, n + 1);
    if (n > 0)
        memcpy(copy, p, n);
    return copy;
}

struct str
arena_str(struct arena *a, struct str s)
{
    if (s.p == NULL)
        return STR_NULL;
    return (struct str){ .p = arena_copy(a, s.p, s.n), .n = s.n };
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
    char brief[256];
    char *text;
    va_list ap;
    va_list again;
    size_t n;
    int want;

    va_start(ap, fmt);
    va_copy(again, ap);
    want = vsnprintf(brief, sizeof brief, fmt, ap);
    n = want < 0 ? 0 : (size_t)want;
    if (n < sizeof brief) {
        text = arena_copy(a, brief, n);
    } else {
        text = arena_alloc(a, n + 1);
        (void)vsnprintf(text, n + 1, fmt, again);
    }
    va_end(again);
    va_end(ap);
    return (struct str){ .p = text, .n = n };
}

/* Where a sanitizer looks on, what is void looks it to whoever kept a pointer. */
static void
spoil(struct arena *a)
{
#ifdef __SANITIZE_ADDRESS__
    for (struct arena_chunk *c = a->first; c != NULL; c = c->next)
        memset(c->room, 0xa5, c->used);
#else
    (void)a;
#endif
}

void
arena_reset(struct arena *a)
{
    spoil(a);
    a->current = NULL;
    a->used = 0;
}

void
arena_release(struct arena *a, void (*release)(void *self, void *room))
{
    struct arena_chunk *c = a->first;

    while (c != NULL) {
        struct arena_chunk *next = c->next;

        release(a->self, c);
        c = next;
    }
    a->first = NULL;
    a->current = NULL;
    a->used = 0;
    a->held = 0;
}
