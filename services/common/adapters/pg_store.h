/**
 * The engine's store over PostgreSQL: one authority's shard of one service's
 * schema, with the lease on it.
 *
 * Ownership is a lease in the table shard, not a consumer group. Each commit
 * or beat moves a counter; an owner whose counter stood still for `lease_ms`
 * of the taker's own monotonic clock has lost it. The taker ends the former
 * owner's server process, then takes the row with one UPDATE that raises the
 * epoch, then loads. A former owner that wakes fails at the fence.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PG_STORE_H
#define WAYMARK_COMMON_ADAPTERS_PG_STORE_H

#include "common/adapters/pg.h"
#include "common/core/service.h"
#include "common/engine/port.h"

struct pg_store_options {
    const char *conninfo; /* NULL or "": PG* of the environment */
    const char *schema;   /* of the service: "triage" */
    const char *service;  /* folder of its SQL, and name towards the server */
    const char *instance; /* holder of the lease; the same after a restart */
    uint16_t authority;   /* partition number */
    const char *authority_name;
    const char *cluster_id; /* of the Kafka cluster; NULL: not compared */
    int64_t lease_ms;
    const enum topic *inputs;
    size_t n_inputs;
    const struct table *tables; /* the service's */
    size_t n_tables;
    const struct ticker *ticker;
};

struct pg_store;

/**
 * Set up a service's schema: make it if it isn't there (and may be made) and
 * run the SQL files that it hasn't seen, common ones first, in one
 * transaction. Several instances may call it at once. ST_RETRY while the
 * database is away, ST_FATAL, code "sql", where a file fails.
 */
MUST_CHECK enum status pg_store_migrate(const char *conninfo,
                                        const char *schema,
                                        const char *service, struct err *err);

/** All texts of `options` are borrowed until pg_store_close. Connects with `own`. */
MUST_CHECK enum status pg_store_open(const struct pg_store_options *options,
                                     struct pg_store **out,
                                     struct store *port, struct err *err);
/** Closes the connection; the lease runs out by itself. NULL does nothing. */
void pg_store_close(struct pg_store *s);

/** Give the lease back, so that another instance need not wait it out. */
MUST_CHECK enum status pg_store_release(struct pg_store *s, struct err *err);

/** The store's connection, NULL while it has none; for what a service does beside turns. */
struct pg *pg_store_pg(struct pg_store *s);

#endif
