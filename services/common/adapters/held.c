#include "common/adapters/held.h"

#include <stdlib.h>
#include <string.h>

/* Room for `n` elements of `size` bytes at `*p`. */
static bool
make_room(void **p, size_t *room, size_t n, size_t size)
{
    size_t wanted = *room == 0 ? 64 : *room;
    void *more;

    if (n <= *room)
        return true;
    while (wanted < n)
        wanted *= 2;
    more = realloc(*p, wanted * size);
    if (more == NULL)
        return false;
    *p = more;
    *room = wanted;
    return true;
}

bool
held_add(struct held *held, const struct committed *c)
{
    void *at = held->at, *bytes = held->bytes;
    bool ok = c->block.n <= HELD_BYTES_MAX - held->n_bytes;

    if (ok)
        ok = make_room(&at, &held->room, held->n + 1, sizeof *held->at);
    held->at = at;
    if (ok)
        ok =
            make_room(&bytes, &held->room_bytes, held->n_bytes + c->block.n, 1);
    held->bytes = bytes;
    if (!ok)
        return false;
    held->at[held->n++] =
        (struct held_block){ .turn = c->turn, .n = c->block.n };
    if (c->block.n > 0)
        memcpy(held->bytes + held->n_bytes, c->block.p, c->block.n);
    held->n_bytes += c->block.n;
    return true;
}

struct committed
held_block(const struct held *held, size_t i, size_t *at)
{
    struct committed c = { .turn = held->at[i].turn,
                           .block = { .p = held->bytes + *at,
                                      .n = held->at[i].n } };

    *at += held->at[i].n;
    return c;
}

void
held_clear(struct held *held)
{
    held->n = 0;
    held->n_bytes = 0;
}

void
held_free(struct held *held)
{
    free(held->bytes);
    free(held->at);
    *held = (struct held){ .n = 0 };
}
