/**
 * The process around runners: reads the configuration, sets up the schema and
 * the topics, runs one thread an authority, answers /livez, /readyz and
 * /metrics, and ends on SIGTERM after the batch under way.
 *
 * A service with a turn loop is a struct service_def, its SQL and
 *
 *     int main(int argc, char **argv)
 *     {
 *         return host_main(&triage_service, argc, argv);
 *     }
 *
 * A shard that must stop (gap, fork, newer schema) stops alone: the others go
 * on, /readyz says no, /metrics and the log name the reason, and the process
 * ends with its exit code (exit_code.h) when no shard is left or at SIGTERM.
 */
#ifndef WAYMARK_COMMON_HOST_HOST_H
#define WAYMARK_COMMON_HOST_HOST_H

#include <stdio.h>

#include "common/adapters/authorities.h"
#include "common/adapters/kafka.h"
#include "common/core/service.h"
#include "common/engine/config.h"

/* What a part of a service works with; all borrowed while it runs. */
struct host_world {
    const char *pgconn;
    const char *schema;
    const char *instance;
    const char *profiles; /* folder */
    bool any_address;     /* ANY_ADDRESS: more than loopback may be served */
    struct kafka_conn kafka;
    const struct authority *const *authorities; /* served by this process */
    size_t n;
    void (*at)(void *self, const char *place); /* CRASH_AT */
    void *at_self;
};

#define HOST_PART_CONFIG_MAX 1024

/*
 * What a service does beside its turns, in threads of its own and by the wall
 * clock: notifier sends. Nothing of it is a function of the log.
 */
struct host_part {
    const struct config_entry *entries; /* offsets into its own struct */
    size_t n_entries;
    /** Look at settings and files; with --check too. ST_REJECT ends it. */
    enum status (*check)(void *self, const void *config,
                         const struct host_world *world, struct err *err);
    /** Begin, once schema and topics are there. Must not wait for servers. */
    enum status (*start)(void *self, struct err *err);
    /** End before the process does; also after a failed check or start. */
    void (*stop)(void *self);
    /** Prometheus text, from any thread. */
    void (*metrics)(void *self, FILE *to);
    void *self;
};

/** Run a service until SIGTERM or until all its shards have stopped. Returns the exit code. */
int host_main(const struct service_def *def, int argc, char **argv);

/** The same with a part beside the turns (borrowed). */
int host_main_with(const struct service_def *def,
                   const struct host_part *part, int argc, char **argv);

#endif
