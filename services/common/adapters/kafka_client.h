/**
 * What reader, writer and administration share of librdkafka: settings, errors,
 * the pipe that a poll(2) looks at. For kafka_*.c alone; everybody else
 * includes kafka.h.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_KAFKA_CLIENT_H
#define WAYMARK_COMMON_ADAPTERS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "common/adapters/kafka.h"

#define KAFKA_WHY_SIZE 300
#define N_OF(a) (sizeof(a) / sizeof(a)[0])

/* Its address is librdkafka's opaque, so it must not move once started. */
struct kafka_client {
    void (*log)(void *self, int level, const char *text);
    void *log_self;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fds[2]; /* a pipe: the queue writes, poll(2) looks at fds[0] */
    bool down;  /* all brokers were gone when last heard of */
    bool dead;  /* the client can't go on */
    char why[KAFKA_WHY_SIZE]; /* last trouble with a broker */
};

/**
 * The one question for an error of librdkafka or a broker: may it pass
 * (ST_RETRY), has the log no such place (ST_REJECT), or is it our end
 * (ST_FATAL)? `*code` becomes a stable code.
 */
enum status kafka_status_of(rd_kafka_resp_err_t e, const char **code);
/** The same as an error of ours; `where` says who asked. */
enum status kafka_fail(struct err *err, rd_kafka_resp_err_t e,
                       const char *where);

/* ST_FATAL, code "config", with librdkafka's own words. */
MUST_CHECK enum status kafka_conf_set(rd_kafka_conf_t *conf, const char *name,
                                      const char *value, struct err *err);
MUST_CHECK enum status kafka_conf_set_all(rd_kafka_conf_t *conf,
                                          const struct kafka_setting *settings,
                                          size_t n, struct err *err);
MUST_CHECK enum status kafka_conf_set_int(rd_kafka_conf_t *conf,
                                          const char *name, int value,
                                          struct err *err);
/** NULL does nothing. */
void kafka_conf_drop(rd_kafka_conf_t *conf);

/** Settings of every client. The caller drops `*out` whatever is returned. */
MUST_CHECK enum status kafka_client_conf(const struct kafka_conn *conn,
                                         struct kafka_client *c,
                                         rd_kafka_conf_t **out,
                                         struct err *err);
/** Takes `*conf` when it succeeds, and leaves NULL there. */
MUST_CHECK enum status kafka_client_start(struct kafka_client *c,
                                          rd_kafka_type_t type,
                                          rd_kafka_conf_t **conf,
                                          struct err *err);
/** After a failure fds are -1 or open; kafka_client_close takes both. */
MUST_CHECK enum status kafka_client_pipe(struct kafka_client *c,
                                         struct err *err);
/** Empty the pipe before looking at the queue; fill it where something stays.
 */
void kafka_client_drain(const struct kafka_client *c);
void kafka_client_arm(const struct kafka_client *c);

/** Note what a broker's trouble means: all gone, or the end of this client. */
void kafka_client_trouble(struct kafka_client *c, rd_kafka_resp_err_t e,
                          const char *why);
/** All brokers were gone: are they still? Waits up to `timeout_ms`. */
bool kafka_client_still_down(struct kafka_client *c, int timeout_ms);

/** Fine at any stage of opening. */
void kafka_client_close(struct kafka_client *c);

#endif
