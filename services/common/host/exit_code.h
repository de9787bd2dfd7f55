/**
 * How a service ends: one exit code a cause, the same in all services and in
 * the manual pages, so that who is woken at night knows before reading a log.
 */
#ifndef WAYMARK_COMMON_HOST_EXIT_CODE_H
#define WAYMARK_COMMON_HOST_EXIT_CODE_H

enum exit_code {
    EXIT_DONE = 0,    /* SIGTERM, everything settled */
    EXIT_CONFIG = 2,  /* a setting is wrong; nothing was started */
    EXIT_WORLD = 3,   /* Kafka or PostgreSQL can't be set up at start */
    EXIT_GAP = 10,    /* records were lost by the broker: `waymark republish` */
    EXIT_FORK = 11,   /* a record that never became true was published */
    EXIT_SCHEMA = 12, /* a newer sender's schema: upgrade this service */
    EXIT_RESTORE = 13, /* log and database don't fit: `waymark recover` */
    EXIT_BUG = 14,    /* our own fault; the log line says where */
    EXIT_KILLS = 15,  /* a record ends the process each time it is taken */
};

/** Exit code for the code of an error that stopped a shard. */
int exit_code_of(const char *err_code);

#endif
