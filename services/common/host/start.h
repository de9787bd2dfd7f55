/**
 * What must be there before a service can work: its PostgreSQL schema and the
 * topics. Waits for both worlds as long as it takes.
 */
#ifndef WAYMARK_COMMON_HOST_START_H
#define WAYMARK_COMMON_HOST_START_H

#include <signal.h>

#include "common/adapters/kafka.h"

struct start_options {
    const char *service;
    const char *conninfo;
    const char *schema;
    struct kafka_conn conn;
    int partitions;
    int replication;
    int stop_fd; /* readable: give up */
};

/**
 * Make the schema and the topics and learn the cluster's id. Tries again while
 * the world is not ready; a signal of `set` that is pending ends the wait with
 * ST_RETRY. ST_FATAL where it never can.
 */
MUST_CHECK enum status start_world(const struct start_options *options,
                                   const sigset_t *set,
                                   char cluster_id[KAFKA_CLUSTER_ID_SIZE],
                                   struct err *err);

#endif
