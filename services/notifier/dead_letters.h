/**
 * What new dead letters say of themselves, for who is told of them: how many,
 * by their codes and the services that gave up on them. Headers only: the
 * bytes may be about a child.
 */
#ifndef WAYMARK_NOTIFIER_DEAD_LETTERS_H
#define WAYMARK_NOTIFIER_DEAD_LETTERS_H

#include "common/adapters/kafka.h"
#include "common/core/arena.h"

/* A stretch of an authority's dead letters: offsets, the last one excluded. */
struct dead_letters {
    const struct kafka_conn *conn;
    int32_t partition;
    int64_t from, to;
};

/**
 * "3 new: 2 R22 of triage, 1 decode of tracker", in `arena`; the count alone
 * where they can't be read. A failure is told by the count, too: it costs the
 * reasons, not the message.
 */
struct str dead_letters_told(const struct dead_letters *which,
                             struct arena *arena);

#endif
