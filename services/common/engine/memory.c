#include "common/engine/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct memory {
    struct arena arena; /* first: the arena is the memory */
    size_t limit;
    size_t taken;
};

static void *
more(void *self, size_t size)
{
    struct memory *m = self;
    void *room = NULL;

    if (size <= m->limit && m->taken <= m->limit - size)
        room = malloc(size);
    if (room == NULL) {
        fprintf(stderr,
                "{\"event\":\"memory_out\",\"asked\":%zu,\"taken\":%zu,"
                "\"limit\":%zu}\n",
                size, m->taken, m->limit);
        abort();
    }
    m->taken += size;
    return room;
}

static void
give_back(void *self, void *room)
{
    (void)self;
    free(room);
}

struct arena *
memory_open(size_t limit)
{
    struct memory *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->limit = limit;
    arena_init(&m->arena, more, m);
    return &m->arena;
}

void
memory_close(struct arena *arena)
{
    if (arena == NULL)
        return;
    arena_release(arena, give_back);
    free(arena);
}
