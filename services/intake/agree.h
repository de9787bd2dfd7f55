/**
 * The log must hold no more of intake's records than its database has given
 * out (design.md section 2, "After a restore or fail-over"). A number that the
 * log has already is never given out again.
 *
 * Asked through every new connection to PostgreSQL, because the server behind
 * it may have been restored, or be a standby that was behind; a connection
 * that lasts can't go back.
 */
#ifndef WAYMARK_INTAKE_AGREE_H
#define WAYMARK_INTAKE_AGREE_H

#include "common/adapters/kafka.h"
#include "common/adapters/pg.h"
#include "common/engine/standing.h"

#define AGREE_WAIT_MS 5000 /* longest silence of the log that is waited out */

struct agree_options {
    struct kafka_conn kafka;
    const char *conninfo; /* NULL or "": PG* */
    const char *schema;
    uint16_t partition;
};

/** Topics that intake writes, of which nothing is known yet. */
void agree_init(struct standing *s);

/**
 * Where the log ends. To be asked before the database: what others commit
 * meanwhile can only bring it further. ST_RETRY: Kafka doesn't answer.
 */
MUST_CHECK enum status agree_ask(const struct agree_options *options,
                                 struct standing *out, struct err *err);

/**
 * What this connection's database has given out, by "schema".out_seq, held
 * against the log. ST_FATAL, code "restore": the log is ahead, `waymark
 * recover` takes its records back in; code "fork": same number, other chain.
 */
MUST_CHECK enum status agree_check(struct pg *pg,
                                   const struct agree_options *options,
                                   const struct standing *log,
                                   struct err *err);

/** Both, through a connection of its own. ST_RETRY while one is away. */
MUST_CHECK enum status agree_with_log(const struct agree_options *options,
                                      struct err *err);

#endif
