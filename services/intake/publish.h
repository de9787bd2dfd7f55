/**
 * What is true goes out: one thread per authority publishes the committed
 * blocks of all instances in order, and is the authority's clock.
 *
 * Only the holder of the lease publishes; the others stand by. The writer
 * beside it wakes it, another instance's by a NOTIFY, and a poll covers one
 * that was lost. A block may be
 * published twice, never zero times: a new holder begins behind the last
 * turn that is confirmed for certain. It begins, with every new connection to
 * PostgreSQL, by holding the log's last records against what was given out:
 * while the log is ahead (code "restore") it publishes nothing and waits for
 * `waymark recover`.
 */
#ifndef WAYMARK_INTAKE_PUBLISH_H
#define WAYMARK_INTAKE_PUBLISH_H

#include <stdatomic.h>

#include "common/adapters/kafka.h"
#include "intake/append.h"

struct publish_options {
    const char *conninfo; /* NULL or "": PG* */
    const char *schema;
    const char *instance;
    const char *authority; /* name */
    uint16_t partition;
    struct kafka_conn kafka;
    const char *cluster_id;
    int64_t lease_ms;
    int64_t beat_ms;
    bool log_clock;        /* then it makes no ticks */
    int64_t tick_ms;       /* how often TimeAdvanced goes out */
    struct append *append; /* borrowed: where ticks are appended */
    struct agree_options agree;
    void (*at)(void *self, const char *place); /* as in append.h */
    void *at_self;
};

/* Read by other threads for /metrics. */
struct publish_stats {
    _Atomic int owner;          /* 1 while this instance holds the lease */
    _Atomic int64_t epoch;
    _Atomic int64_t published;  /* turns handed to Kafka by this process */
    _Atomic int64_t confirmed_turn;
    _Atomic int64_t retries;
    _Atomic int stopped;        /* 1: for good; the log says why */
    _Atomic int ahead;          /* 1: the log is, `waymark recover` is needed */
};

struct publish;

/** Start the thread. Borrows all of `options` until publish_close. */
MUST_CHECK enum status publish_open(const struct publish_options *options,
                                    struct publish **out, struct err *err);
/** Publishes what is committed (for 3 s at most), gives the lease back. */
void publish_close(struct publish *p);

const struct publish_stats *publish_stats(const struct publish *p);

/** Code for which it stopped for good ("restore", ...), or "". */
const char *publish_stopped(const struct publish *p);

#endif
