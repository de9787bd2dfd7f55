/**
 * Before intake's records are taken back in: log and database must be one
 * history. Every number that both have is held against the other side, not
 * the last one alone: numbers that were given out a second time lie in the
 * middle, and the last one may agree again.
 */
#ifndef WAYMARK_CLI_RECOVER_WALK_H
#define WAYMARK_CLI_RECOVER_WALK_H

#include "cli/stream.h"
#include "common/adapters/avro.h"
#include "common/adapters/pg.h"
#include "common/core/outbox.h"

struct recover_walk {
    struct kafka_conn conn; /* borrowed, as all here */
    struct pg *pg;          /* a transaction is open, its schema is intake's */
    struct avro_codec *avro;
    struct arena *arena; /* reset by the call */
    struct origin origin;
    const enum topic *topics;
    size_t n_topics;
    const struct tails *tails; /* what the database gave out */
};

struct recover_walked {
    int64_t last[TOPIC_N]; /* in the log, without a gap below */
    /* Read up to what both have; the caller closes, whatever comes. */
    struct stream *streams[TOPIC_N];
};

/**
 * ST_FATAL, code "fork", with the numbers: the log has two records for one
 * number, or out_seq, outbox or receipts and the log don't hold the same; code
 * "gap". ST_RETRY: the world isn't ready.
 */
MUST_CHECK enum status recover_walk(const struct recover_walk *walk,
                                    struct recover_walked *out,
                                    struct err *err);

/**
 * Is a writer's log whole as far as it goes beyond `given`, the last number
 * that the database gave out? The stream was read to its end. ST_FATAL, code
 * "gap": numbers are missing below those it holds; says which, and what to do.
 */
MUST_CHECK enum status recover_hole(const struct stream *s, enum topic topic,
                                    struct origin origin, int64_t given,
                                    struct err *err);

#endif
