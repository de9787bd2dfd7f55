/**
 * /livez, /readyz and /metrics of a service, from counters that its shards
 * keep. On loopback or a Unix socket only.
 *
 * How many records wait, and how old they are, is told only by an owner that
 * hears its log: a number that nobody could look up is left out, and
 * waymark_lag_known says 0.
 */
#ifndef WAYMARK_COMMON_HOST_HEALTH_H
#define WAYMARK_COMMON_HOST_HEALTH_H

#include <pthread.h>
#include <stdio.h>

#include "common/core/err.h"
#include "common/engine/runner.h"

/* What is known of one shard; written by its thread, read by ours. */
struct health_shard {
    pthread_mutex_t lock;
    const char *authority;
    const struct runner_stats *stats; /* NULL while there is no runner */
    char waits[16];                   /* code of what it waits for, "" */
    char stopped[16];                 /* code, "" while it runs */
};

/** A shard that waits (code "start") until health_waits says otherwise. */
void health_init(struct health_shard *s, const char *authority);
/** The runner's counters, borrowed until this is called with NULL. */
void health_watch(struct health_shard *s, const struct runner_stats *stats);
/**
 * The last try failed with this code, and will come again: it is not ready,
 * and how far it is behind is not known. "" when one went well, and for a
 * standby, which waits for nothing but its turn.
 */
void health_waits(struct health_shard *s, const char *code);
void health_stopped(struct health_shard *s, const char *code);

struct health;

/**
 * Answer on `listen` ("127.0.0.1:0": any free port); other than loopback only
 * with `any_address`. `shards` are borrowed until health_close.
 */
MUST_CHECK enum status health_serve(const char *service, const char *listen,
                                    struct health_shard *const *shards,
                                    size_t n, bool any_address,
                                    struct health **out, struct err *err);
/** Where it answers: "127.0.0.1:41234". */
const char *health_address(const struct health *h);
/** Let `print` add to /metrics, from any thread, until health_close. */
void health_add(struct health *h, void (*print)(void *self, FILE *to),
                void *self);
void health_close(struct health *h);

#endif
