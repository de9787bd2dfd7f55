/**
 * Where the log and the database stand towards each other when an owner
 * starts (design.md section 2, "After a restore or fail-over"). The log may be
 * behind by what is unconfirmed, never ahead: what is published was committed.
 */
#ifndef WAYMARK_COMMON_ENGINE_STANDING_H
#define WAYMARK_COMMON_ENGINE_STANDING_H

#include "common/core/outbox.h"
#include "common/core/service.h"

#define STANDING_MAX (SERVICE_OUTPUTS_MAX + 1)

struct standing {
    enum topic topics[STANDING_MAX]; /* those that we write, dead-letters too */
    size_t n;
    struct link log[STANDING_MAX];  /* our last record there; sequence 0: none */
    int64_t again[STANDING_MAX];    /* first number that is published again; 0: none */
};

/** All topics of `outputs`, and dead-letters. */
void standing_init(struct standing *s, const enum topic *outputs, size_t n);

/**
 * ST_FATAL, code "restore": the log holds more than the database gave out,
 * which was restored or failed over to an older state; `waymark recover` takes
 * the log's records back in. ST_FATAL, code "fork": same number, other chain.
 */
MUST_CHECK enum status standing_check(const struct standing *s,
                                      const struct tails *tails,
                                      struct err *err);

/** A block that is published again; notes its first number on each topic. */
void standing_again(struct standing *s, struct str block);

/**
 * After all that is unconfirmed went out: ST_FATAL, code "gap", where the log
 * ends before it and misses records that were confirmed once: the broker lost
 * them; `waymark republish` sends them again.
 */
MUST_CHECK enum status standing_whole(const struct standing *s,
                                      const struct tails *tails,
                                      struct err *err);

#endif
