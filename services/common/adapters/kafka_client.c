#include "common/adapters/kafka_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct kafka_setting common_settings[] = {
    { "socket.nagle.disable", "true" },
    { "socket.keepalive.enable", "true" },
    { "socket.timeout.ms", "10000" },
    { "socket.connection.setup.timeout.ms", "5000" },
    { "reconnect.backoff.ms", "50" },
    { "reconnect.backoff.max.ms", "1000" },
    { "log.connection.close", "false" },
    { "allow.auto.create.topics", "false" },
};

/*
 * The one question for an error of librdkafka or a broker. What is not named
 * here may pass: the sequence numbers show it if a record was skipped.
 */
enum status
kafka_status_of(rd_kafka_resp_err_t e, const char **code)
{
    *code = "kafka";
    switch (e) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        *code = "range";
        return ST_REJECT;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        *code = "corrupt";
        return ST_FATAL;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__STATE:
        return ST_FATAL;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        *code = "topic";
        return ST_RETRY;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        *code = "denied";
        return ST_RETRY;
    default:
        return ST_RETRY;
    }
}

enum status
kafka_fail(struct err *err, rd_kafka_resp_err_t e, const char *where)
{
    const char *code;
    enum status rc = kafka_status_of(e, &code);

    return err_set(err, rc, code, "%s: %s", where, rd_kafka_err2str(e));
}

static void
on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    const struct kafka_client *c = rd_kafka_opaque(rk);

    (void)facility;
    if (c->log != NULL)
        c->log(c->log_self, level, text);
}

/* Keep what a broker's trouble means for us. */
void
kafka_client_trouble(struct kafka_client *c, rd_kafka_resp_err_t e,
                     const char *why)
{
    if (e == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        c->down = true;
    if (e == RD_KAFKA_RESP_ERR__FATAL)
        c->dead = true;
    /* The count of brokers says less than the reason before it. */
    if (e != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || c->why[0] == '\0')
        (void)snprintf(c->why, sizeof c->why, "%s", why);
}

/* Called inside our own calls, by the thread that uses the handle. */
static void
on_error(rd_kafka_t *rk, int e, const char *why, void *self)
{
    (void)rk;
    kafka_client_trouble(self, (rd_kafka_resp_err_t)e, why);
}

enum status
kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
               struct err *err)
{
    char why[KAFKA_WHY_SIZE];

    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) !=
        RD_KAFKA_CONF_OK)
        return err_set(err, ST_FATAL, "config", "kafka: %s", why);
    return ST_OK;
}

enum status
kafka_conf_set_all(rd_kafka_conf_t *conf, const struct kafka_setting *pairs,
                   size_t n, struct err *err)
{
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < n; i++)
        rc = kafka_conf_set(conf, pairs[i].name, pairs[i].value, err);
    return rc;
}

enum status
kafka_conf_set_int(rd_kafka_conf_t *conf, const char *name, int value,
                   struct err *err)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%d", value);
    return kafka_conf_set(conf, name, text, err);
}

/* Settings of every client. The caller destroys `*out` whatever is returned. */
enum status
kafka_client_conf(const struct kafka_conn *conn, struct kafka_client *c,
                  rd_kafka_conf_t **out, struct err *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status rc = ST_OK;

    *out = conf;
    c->log = conn->log;
    c->log_self = conn->log_self;
    rd_kafka_conf_set_opaque(conf, c);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    for (size_t i = 0; rc == ST_OK && i < conn->n_settings; i++)
        rc = kafka_conf_set(conf, conn->settings[i].name,
                            conn->settings[i].value, err);
    if (rc == ST_OK)
        rc = kafka_conf_set_all(conf, common_settings, N_OF(common_settings),
                                err);
    if (rc == ST_OK)
        rc = kafka_conf_set(conf, "bootstrap.servers", conn->brokers, err);
    if (rc == ST_OK && conn->client_id != NULL)
        rc = kafka_conf_set(conf, "client.id", conn->client_id, err);
    return rc;
}

/* Takes `*conf` when it succeeds. */
enum status
kafka_client_start(struct kafka_client *c, rd_kafka_type_t type,
                   rd_kafka_conf_t **conf, struct err *err)
{
    char why[KAFKA_WHY_SIZE];

    c->rk = rd_kafka_new(type, *conf, why, sizeof why);
    if (c->rk == NULL)
        return err_set(err, ST_FATAL, "config", "kafka: %s", why);
    *conf = NULL; /* owned by rk from here */
    return ST_OK;
}

void
kafka_conf_drop(rd_kafka_conf_t *conf)
{
    if (conf != NULL)
        rd_kafka_conf_destroy(conf);
}

enum status
kafka_client_pipe(struct kafka_client *c, struct err *err)
{
    if (pipe(c->fds) != 0) {
        c->fds[0] = c->fds[1] = -1;
        return err_set(err, ST_FATAL, "kafka", "pipe: %s", strerror(errno));
    }
    for (int i = 0; i < 2; i++) {
        (void)fcntl(c->fds[i], F_SETFL, O_NONBLOCK);
        (void)fcntl(c->fds[i], F_SETFD, FD_CLOEXEC);
    }
    return ST_OK;
}

/* The queue writes one byte when it stops being empty. */
void
kafka_client_drain(const struct kafka_client *c)
{
    char bytes[64];

    while (read(c->fds[0], bytes, sizeof bytes) > 0)
        continue;
}

void
kafka_client_arm(const struct kafka_client *c)
{
    ssize_t n = write(c->fds[1], "1", 1);

    (void)n; /* a full pipe is readable already */
}

void
kafka_client_close(struct kafka_client *c)
{
    if (c->queue != NULL) {
        rd_kafka_queue_io_event_enable(c->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(c->queue);
    }
    if (c->rk != NULL)
        rd_kafka_destroy_flags(c->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    for (int i = 0; i < 2; i++)
        if (c->fds[i] >= 0)
            (void)close(c->fds[i]);
}

/*
 * All brokers were gone: are they still? librdkafka tells when the last one
 * goes, not when one comes back. Waits up to `timeout_ms`.
 */
bool
kafka_client_still_down(struct kafka_client *c, int timeout_ms)
{
    const struct rd_kafka_metadata *meta = NULL;
    rd_kafka_resp_err_t e =
        rd_kafka_metadata(c->rk, 0, NULL, &meta, timeout_ms);

    if (meta != NULL)
        rd_kafka_metadata_destroy(meta);
    /* __TRANSPORT: none could be asked. A late answer comes from a living one.
     */
    if (e != RD_KAFKA_RESP_ERR__TRANSPORT) {
        c->down = false;
        c->why[0] = '\0';
    }
    return c->down;
}
