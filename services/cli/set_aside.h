/**
 * The way past a record that ends the process each time it is taken: one turn
 * of its service, through the live runner, store and sink, that puts it into
 * dead-letters without reading it (design.md section 2, "Poison").
 */
#ifndef WAYMARK_CLI_SET_ASIDE_H
#define WAYMARK_CLI_SET_ASIDE_H

#include "common/adapters/kafka.h"
#include "common/core/place.h"
#include "common/core/service.h"

struct set_aside_options {
    const struct service_def *def;
    struct kafka_conn conn;
    const char *cluster_id; /* the database must be of this cluster */
    const char *conninfo;
    uint16_t authority;
    const char *authority_name;
    bool log_clock;
    int64_t lease_ms;        /* silence after which a former owner is gone */
    const char *by, *second; /* who decided it; both stand in the reason */
};

struct set_aside {
    char place[PLACE_SIZE]; /* of the record */
    int64_t letter;         /* its number among the service's dead letters */
    bool confirmed;         /* else the service publishes it when it starts */
};

/**
 * Put aside the record that the lives before say (common/host/life.h).
 * ST_REJECT: "alive": the service did not stop for such a record, or has gone
 * on since; "kind": it brings time or a configuration, without which nothing
 * behind it is right. ST_RETRY: the world isn't ready, or an owner is alive
 * ("lease"). Nothing has changed then.
 */
MUST_CHECK enum status set_aside(const struct set_aside_options *options,
                                 struct set_aside *out, struct err *err);

#endif
