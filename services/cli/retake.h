/**
 * After a restore: a service's records are in the log that its database knows
 * nothing of. Their causes are stepped again, through the same runner, store
 * and core as in the live service, and what comes of it is held against the
 * log byte for byte before it becomes true.
 */
#ifndef WAYMARK_CLI_RETAKE_H
#define WAYMARK_CLI_RETAKE_H

#include "common/adapters/kafka.h"
#include "common/adapters/seal.h"
#include "common/core/service.h"

struct retake_options {
    const struct service_def *def;
    struct kafka_conn conn;
    const char *cluster_id; /* the database must be of this cluster */
    const char *conninfo;
    const char *schema; /* the live one */
    const struct seal *seal; /* opens persons; NULL where none are read */
    uint16_t authority;
    const char *authority_name;
    uint32_t incarnation;
    bool log_clock;
    int64_t lease_ms; /* silence after which a former owner is gone */
};

struct retaken {
    int64_t turns;   /* committed by this */
    int64_t inputs;  /* applied in them */
    int64_t records; /* given out, as the log has them */
    int64_t open;    /* given out, not in the log: the service publishes them */
    int64_t keys_lost; /* of persons in what was taken in; intake only */
};

/**
 * Step on until the database has given out all that the log holds; nothing if
 * it has already. ST_FATAL: stop, all before it stands: "differs": what a
 * record's causes give isn't what the log has, "fork", "gap", "order" as in
 * order.h. ST_RETRY: the world isn't ready, or an owner is alive ("lease");
 * called again it goes on.
 */
MUST_CHECK enum status retake(const struct retake_options *options,
                              struct retaken *out, struct err *err);

#endif
