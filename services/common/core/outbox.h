/**
 * The outbox: what a turn gives out, numbered and chained, as one block of
 * bytes that is stored with the turn and published afterwards.
 *
 * A block is a run of entries: topic, sequence, chain, key, value, and for
 * dead letters the text headers that name reason and place. Publishing reads
 * blocks only, never a step's memory, so what is published is what was
 * committed.
 */
#ifndef WAYMARK_COMMON_CORE_OUTBOX_H
#define WAYMARK_COMMON_CORE_OUTBOX_H

#include "common/core/arena.h"
#include "common/core/chain.h"
#include "common/core/err.h"
#include "common/core/record.h"

#define RECORD_SIZE_MAX ((size_t)1 << 20)      /* 1 MiB a record */
#define DEAD_LETTER_SIZE_MAX ((size_t)2 << 20) /* 2 MiB a dead letter */
#define OUTBOX_SIZE_MAX ((size_t)32 << 20)     /* 32 MiB a batch gives out */

/* Last number and chain that an owner has given out on each topic. */
struct tails {
    struct {
        int64_t sequence; /* 0: none yet */
        uint64_t chain;
    } at[TOPIC_N];
};

/* A text header of a dead letter; borrowed. */
struct outbox_header {
    struct str name;
    struct str value;
};

struct outbox_entry {
    enum topic topic;
    int64_t sequence;
    uint64_t chain;
    struct str key;
    struct str value;      /* STR_NULL for a null value */
    struct str headers;    /* encoded; see outbox_next_header */
};

/* A block under construction; in the arena. */
struct outbox {
    struct arena *arena;
    uint8_t *at;
    size_t n;
    size_t room;
    size_t entries;
    struct tails tails; /* after the last entry */
};

/** An empty block that continues `tails`. */
void outbox_init(struct outbox *box, struct arena *arena,
                 const struct tails *tails);

/**
 * Append one entry: takes the topic's next number and chain. ST_REJECT, code
 * "size", where it is over the limit of its topic; then nothing changed.
 */
MUST_CHECK enum status outbox_append(struct outbox *box, enum topic topic,
                                     struct str key, struct str value,
                                     const struct outbox_header *headers,
                                     size_t n_headers, struct err *err);

/* A place to go back to, when a record turns out to be poison. */
struct outbox_mark {
    size_t n;
    size_t entries;
    struct tails tails;
};
struct outbox_mark outbox_mark(const struct outbox *box);
void outbox_undo(struct outbox *box, struct outbox_mark mark);

/** The block's bytes; borrowed from the arena. */
struct str outbox_bytes(const struct outbox *box);

/**
 * Read a block: start with *at = 0. True with the next entry (borrowed from
 * the block), false at the end; *ok is false if the block is damaged.
 */
bool outbox_next(struct str block, size_t *at, struct outbox_entry *out,
                 bool *ok);
/** Walk over an entry's text headers: start with *at = 0. */
bool outbox_next_header(struct str headers, size_t *at,
                        struct outbox_header *out);

#endif
