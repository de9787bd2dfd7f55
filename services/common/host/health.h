/**
 * /livez, /readyz and /metrics of a service, from counters that its shards
 * keep. On loopback or a Unix socket only.
 */
#ifndef WAYMARK_COMMON_HOST_HEALTH_H
#define WAYMARK_COMMON_HOST_HEALTH_H

#include <pthread.h>

#include "common/core/err.h"
#include "common/engine/runner.h"

/* What is known of one shard; written by its thread, read by ours. */
struct health_shard {
    pthread_mutex_t lock;
    const char *authority;
    const struct runner_stats *stats; /* NULL while there is no runner */
    char stopped[16];                 /* code, "" while it runs */
};

void health_init(struct health_shard *s, const char *authority);
/** The runner's counters, borrowed until this is called with NULL. */
void health_watch(struct health_shard *s, const struct runner_stats *stats);
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
void health_close(struct health *h);

#endif
