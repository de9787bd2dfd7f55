/**
 * The turn loop: take a batch, load what it touches, a pure step decides, one
 * transaction makes it true, then publish it. This file is the only one that
 * knows the order of effects.
 */
#ifndef WAYMARK_COMMON_ENGINE_RUNNER_H
#define WAYMARK_COMMON_ENGINE_RUNNER_H

#include <stdatomic.h>

#include "common/core/service.h"
#include "common/engine/port.h"

#define RUNNER_BATCH_MAX 2000 /* records a batch */

struct runner_options {
    const struct service_def *def;
    uint16_t authority; /* partition number */
    struct str authority_name;
    uint32_t incarnation;
    bool log_clock; /* true: `barrier_inputs` wait for barriers */
    int wait_ms;    /* longest wait for a first record, 1..10000 */
    int beat_ms;    /* how often an idle owner renews its lease */
    size_t batch_max; /* 1..RUNNER_BATCH_MAX records */
    size_t memory_max; /* bytes that one batch may take */
    /* The checker's: a batch is all that one take gave, whatever its size, as
     * the turn that it repeats; what the batch leaves is dropped. */
    bool whole;
    const struct witness *witness; /* of a replay, or NULL */
    /* Where a test lets the process die: called between any two effects with
     * the name of the place. NULL in production. */
    void (*at)(void *self, const char *place);
    void *at_self;
};

/* Read by other threads for /metrics. */
struct runner_stats {
    _Atomic int64_t turn;
    _Atomic int64_t epoch;
    _Atomic int64_t applied;      /* records */
    _Atomic int64_t dropped;      /* repeats */
    _Atomic int64_t dead_letters;
    _Atomic int64_t given_out;    /* records */
    _Atomic int64_t fired;        /* deadlines */
    _Atomic int64_t unconfirmed;  /* turns */
    _Atomic int64_t commit_us;    /* last commit */
    _Atomic int64_t load_us;
    _Atomic int64_t step_us;
    _Atomic int64_t late_loads; /* for what a step asked beyond its wants */
    _Atomic int64_t retries;
    _Atomic int64_t event_time;   /* ms */
    _Atomic int64_t behind;       /* records known to wait */
    _Atomic int owner;            /* 1 while this instance owns the shard */
    _Atomic int caught_up;        /* 1 after an input end was seen */
};

struct runner;

/**
 * A runner that owns no shard yet; the caller closes it. `options` is copied;
 * what it points to (`def`, `authority_name`, `at_self`) and all ports are
 * borrowed until runner_close, so it closes before they do. NULL only if
 * memory is out at start.
 */
struct runner *runner_open(const struct runner_options *options,
                           const struct source *source,
                           const struct store *store, const struct sink *sink,
                           const struct codec *codec,
                           const struct configurer *configurer,
                           const struct ticker *ticker);
/** Free it; commits, publishes and gives back nothing. NULL does nothing. */
void runner_close(struct runner *r);

/**
 * Become owner: load the shard's state, publish what is unconfirmed, in
 * order, then read from the stored positions. ST_RETRY while it can't.
 */
MUST_CHECK enum status runner_own(struct runner *r, struct err *err);

/**
 * One turn, or an idle wait. After anything but ST_OK nothing of the turn is
 * in memory any more and runner_own comes next (ST_RETRY), or the shard stops
 * (ST_FATAL: "gap", "fork", "schema", ...).
 */
MUST_CHECK enum status runner_turn(struct runner *r, struct err *err);

/**
 * Wait until everything committed is confirmed, at most `wait_ms`, then store
 * how far it is. ST_OK also when the time ran out: what isn't confirmed then
 * (`unconfirmed` of runner_stats) stands in the outbox, and the next owner
 * publishes it. ST_RETRY where Kafka or the store failed: nothing is lost
 * then either, only not stored as confirmed.
 */
MUST_CHECK enum status runner_settle(struct runner *r, int wait_ms,
                                     struct err *err);

/**
 * The first record that the turn under way takes, at place "taken"; NULL where
 * none waits. Valid until the next runner_turn.
 */
const struct raw *runner_next(const struct runner *r);

const struct runner_stats *runner_stats(const struct runner *r);
const struct shard *runner_shard(const struct runner *r);

#endif
