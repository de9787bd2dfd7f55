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

#include "common/core/service.h"

/** Run a service until SIGTERM or until all its shards have stopped. Returns the exit code. */
int host_main(const struct service_def *def, int argc, char **argv);

#endif
