/**
 * Committed blocks that wait for their turn to go to the log, in order.
 *
 * A sink with enough under way keeps the next ones here and hands them over
 * together: under load a few large requests, not many small ones.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_HELD_H
#define WAYMARK_COMMON_ADAPTERS_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/engine/port.h"

#define HELD_BYTES_MAX (16u << 20)

/* Zeroed: empty. */
struct held {
    char *bytes; /* the blocks, one behind the other */
    size_t n_bytes;
    size_t room_bytes;
    struct held_block {
        int64_t turn;
        size_t n;
    } * at;
    size_t n;
    size_t room;
};

/** Copy a block behind the others. False, and nothing changed: no memory, or
 * more than HELD_BYTES_MAX. */
bool held_add(struct held *held, const struct committed *c);

/** Block `i`, borrowed until the next change; `*at` (0 at first) is where its
 * bytes begin, and moves behind them. */
struct committed held_block(const struct held *held, size_t i, size_t *at);

/** Forget all blocks; the memory stays for the next. */
void held_clear(struct held *held);

void held_free(struct held *held);

#endif
