/**
 * What must be there before a service can work: its PostgreSQL schema and the
 * topics. Waits for both worlds until it is asked to stop.
 */
#ifndef WAYMARK_COMMON_HOST_START_H
#define WAYMARK_COMMON_HOST_START_H

#include "common/adapters/kafka.h"

struct start_options {
    const char *service;
    const char *conninfo;
    const char *schema;
    struct kafka_conn conn;
    int partitions;
    int replication;
};

/**
 * Make the schema and the topics and learn the cluster's id. Tries again while
 * the world is not ready, without end. The caller has SIGTERM and SIGINT
 * blocked: one that is pending after a try ends the wait with ST_RETRY and
 * stays pending. ST_FATAL where it never can, as for want of rights.
 */
MUST_CHECK enum status start_world(const struct start_options *options,
                                   char cluster_id[KAFKA_CLUSTER_ID_SIZE],
                                   struct err *err);

#endif
