#include "common/adapters/kafka_client.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/engine/monotonic.h"

#define DEFAULT_QUEUE_KB 65536
#define DEFAULT_QUEUE_RECORDS 100000

_Static_assert(sizeof(void *) >= sizeof(uint64_t),
               "a tag travels as librdkafka's message opaque");

static const struct kafka_setting writer_settings[] = {
    { "enable.idempotence", "true" },
    { "acks", "all" },
    { "enable.gapless.guarantee", "true" },
    { "message.timeout.ms", "0" },
    { "request.timeout.ms", "10000" },
    { "delivery.report.only.error", "false" },
    { "message.max.bytes", "2500000" },
};

_Static_assert(KAFKA_RECORD_BYTES_MAX == 2500000,
               "message.max.bytes of the writer says the same");

struct kafka_writer {
    struct kafka_client client;
    rd_kafka_topic_t **topics; /* those sent to so far */
    size_t n_topics;
    rd_kafka_event_t *reports; /* being read; NULL between events */
    size_t in_flight;
};

static enum status
writer_conf(const struct kafka_writer_options *options, struct kafka_client *c,
            rd_kafka_conf_t **conf, struct err *err)
{
    char linger[24];
    enum status rc = kafka_client_conf(&options->conn, c, conf, err);

    if (rc == ST_OK)
        rc = kafka_conf_set_all(*conf, writer_settings, N_OF(writer_settings),
                                err);
    if (rc == ST_OK)
        rc = kafka_conf_set_int(*conf, "queue.buffering.max.messages",
                                options->queue_records > 0
                                    ? options->queue_records
                                    : DEFAULT_QUEUE_RECORDS,
                                err);
    if (rc == ST_OK)
        rc = kafka_conf_set_int(
            *conf, "queue.buffering.max.kbytes",
            options->queue_kb > 0 ? options->queue_kb : DEFAULT_QUEUE_KB, err);
    (void)snprintf(linger, sizeof linger, "%d.%03d", options->linger_us / 1000,
                   options->linger_us % 1000);
    if (rc == ST_OK)
        rc = kafka_conf_set(*conf, "linger.ms", linger, err);
    rd_kafka_conf_set_events(*conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    return rc;
}

enum status
kafka_writer_open(const struct kafka_writer_options *options,
                  struct kafka_writer **out, struct err *err)
{
    struct kafka_writer *w = calloc(1, sizeof *w);
    rd_kafka_conf_t *conf = NULL;
    enum status rc;

    *out = NULL;
    if (w == NULL)
        return err_set(err, ST_FATAL, "kafka", "no memory for a writer");
    w->client.fds[0] = w->client.fds[1] = -1;
    rc = kafka_client_pipe(&w->client, err);
    if (rc == ST_OK)
        rc = writer_conf(options, &w->client, &conf, err);
    if (rc == ST_OK)
        rc = kafka_client_start(&w->client, RD_KAFKA_PRODUCER, &conf, err);
    if (rc == ST_OK) {
        w->client.queue = rd_kafka_queue_get_main(w->client.rk);
        rd_kafka_queue_io_event_enable(w->client.queue, w->client.fds[1], "1",
                                       1);
        *out = w;
        w = NULL; /* the caller's from here */
    }
    kafka_conf_drop(conf);
    kafka_writer_close(w);
    return rc;
}

/* librdkafka's handle of a topic, kept; NULL without memory. */
static rd_kafka_topic_t *
topic_of(struct kafka_writer *w, const char *name)
{
    rd_kafka_topic_t **more;
    rd_kafka_topic_t *t;

    for (size_t i = 0; i < w->n_topics; i++)
        if (strcmp(rd_kafka_topic_name(w->topics[i]), name) == 0)
            return w->topics[i];
    more = realloc(w->topics, (w->n_topics + 1) * sizeof(rd_kafka_topic_t *));
    if (more == NULL)
        return NULL;
    w->topics = more;
    t = rd_kafka_topic_new(w->client.rk, name, NULL);
    if (t != NULL)
        w->topics[w->n_topics++] = t;
    return t;
}

enum status
kafka_writer_warm(struct kafka_writer *w, const char *topic, int timeout_ms,
                  struct err *err)
{
    const struct rd_kafka_metadata *meta = NULL;
    rd_kafka_topic_t *t = topic_of(w, topic);
    rd_kafka_resp_err_t e;

    if (t == NULL)
        return err_set(err, ST_FATAL, "kafka", "topic %s: no handle", topic);
    e = rd_kafka_metadata(w->client.rk, 0, t, &meta, timeout_ms);
    if (e == RD_KAFKA_RESP_ERR_NO_ERROR && meta->topic_cnt == 1)
        e = meta->topics[0].err;
    if (meta != NULL)
        rd_kafka_metadata_destroy(meta);
    return e == RD_KAFKA_RESP_ERR_NO_ERROR ? ST_OK : kafka_fail(err, e, topic);
}

static enum status
producer_dead(struct kafka_writer *w, struct err *err)
{
    return err_set(err, ST_FATAL, "producer", "producer: %s", w->client.why);
}

static void
declare_dead(struct kafka_writer *w, const char *why)
{
    if (!w->client.dead)
        (void)snprintf(w->client.why, sizeof w->client.why, "%s", why);
    w->client.dead = true;
}

/* NULL if there is no header to send. */
static rd_kafka_headers_t *
headers_of(const struct kafka_send *send)
{
    rd_kafka_headers_t *headers;

    if (send->wm.p == NULL && send->n_headers == 0)
        return NULL;
    headers = rd_kafka_headers_new(send->n_headers + 1);
    if (send->wm.p != NULL)
        (void)rd_kafka_header_add(headers, "wm", 2, send->wm.p,
                                  (ssize_t)send->wm.n);
    for (size_t i = 0; i < send->n_headers; i++)
        (void)rd_kafka_header_add(headers, send->headers[i].name, -1,
                                  send->headers[i].value.p,
                                  (ssize_t)send->headers[i].value.n);
    return headers;
}

static enum status
send_failed(struct kafka_writer *w, const struct kafka_send *send,
            rd_kafka_resp_err_t e, struct err *err)
{
    char why[KAFKA_WHY_SIZE];

    switch (e) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return err_set(err, ST_RETRY, "full",
                       "%zu records wait for the brokers", w->in_flight);
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return err_set(err, ST_RETRY, "topic",
                       "the cluster has no %s[%" PRId32 "]", send->topic,
                       send->partition);
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return err_set(err, ST_FATAL, "size",
                       "record of %zu bytes for %s, at most %d allowed",
                       send->key.n + send->value.n, send->topic,
                       KAFKA_RECORD_BYTES_MAX);
    case RD_KAFKA_RESP_ERR__FATAL:
        (void)rd_kafka_fatal_error(w->client.rk, why, sizeof why);
        declare_dead(w, why);
        return producer_dead(w, err);
    default:
        declare_dead(w, rd_kafka_err2str(e));
        return producer_dead(w, err);
    }
}

enum status
kafka_writer_send(struct kafka_writer *w, const struct kafka_send *send,
                  struct err *err)
{
    rd_kafka_topic_t *topic = topic_of(w, send->topic);
    rd_kafka_headers_t *headers;
    rd_kafka_resp_err_t e;
    /* librdkafka copies (F_COPY) but wants non-const pointers. */
    void *key = (void *)(uintptr_t)send->key.p;
    void *value = (void *)(uintptr_t)send->value.p;

    if (w->client.dead)
        return producer_dead(w, err);
    if (topic == NULL)
        return err_set(err, ST_FATAL, "kafka", "topic %s: no handle",
                       send->topic);
    headers = headers_of(send);
    e = rd_kafka_producev(
        w->client.rk, RD_KAFKA_V_RKT(topic),
        RD_KAFKA_V_PARTITION(send->partition), RD_KAFKA_V_KEY(key, send->key.n),
        RD_KAFKA_V_VALUE(value, send->value.n), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE((void *)(uintptr_t)send->tag),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (e == RD_KAFKA_RESP_ERR_NO_ERROR) {
        headers = NULL; /* the message's from here */
        w->in_flight++;
        return ST_OK;
    }
    if (headers != NULL)
        rd_kafka_headers_destroy(headers);
    return send_failed(w, send, e, err);
}

/* Read on in the current event's reports until `max` tags or its end. */
static void
read_reports(struct kafka_writer *w, uint64_t *tags, size_t max, size_t *n)
{
    while (*n < max && !w->client.dead) {
        const rd_kafka_message_t *m = rd_kafka_event_message_next(w->reports);
        char why[KAFKA_WHY_SIZE];

        if (m == NULL) {
            rd_kafka_event_destroy(w->reports);
            w->reports = NULL;
            return;
        }
        if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            (void)snprintf(why, sizeof why, "%s[%" PRId32 "]: %s",
                           rd_kafka_topic_name(m->rkt), m->partition,
                           rd_kafka_err2str(m->err));
            declare_dead(w, why);
            return;
        }
        w->client.down = false;
        w->in_flight--;
        tags[(*n)++] = (uint64_t)(uintptr_t)m->_private;
    }
}

static void
read_error(struct kafka_writer *w, rd_kafka_event_t *ev)
{
    char why[KAFKA_WHY_SIZE];

    if (rd_kafka_event_error_is_fatal(ev)) {
        (void)rd_kafka_fatal_error(w->client.rk, why, sizeof why);
        declare_dead(w, why);
    } else {
        kafka_client_trouble(&w->client, rd_kafka_event_error(ev),
                             rd_kafka_event_error_string(ev));
    }
}

static void
read_events(struct kafka_writer *w, int timeout_ms, uint64_t *tags, size_t max,
            size_t *n)
{
    int64_t until = monotonic_ms() + timeout_ms;

    while (*n < max && !w->client.dead) {
        int64_t left = *n > 0 ? 0 : until - monotonic_ms();
        rd_kafka_event_t *ev;

        if (w->reports != NULL) {
            read_reports(w, tags, max, n);
            continue;
        }
        ev = rd_kafka_queue_poll(w->client.queue, left > 0 ? (int)left : 0);
        if (ev == NULL)
            return;
        if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_DR) {
            w->reports = ev;
            continue;
        }
        if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_ERROR)
            read_error(w, ev);
        rd_kafka_event_destroy(ev);
    }
}

enum status
kafka_writer_poll(struct kafka_writer *w, int timeout_ms, uint64_t *tags,
                  size_t max, size_t *n, struct err *err)
{
    struct kafka_client *c = &w->client;

    assert(max > 0);
    *n = 0;
    kafka_client_drain(c);
    read_events(w, timeout_ms, tags, max, n);
    if (w->reports != NULL || rd_kafka_queue_length(c->queue) > 0 || c->dead)
        kafka_client_arm(c);
    if (*n > 0)
        return ST_OK; /* what was confirmed first, then the trouble */
    if (c->dead)
        return producer_dead(w, err);
    if (c->down && w->in_flight > 0 && kafka_client_still_down(c, timeout_ms))
        return err_set(err, ST_RETRY, "kafka", "no broker answers: %s", c->why);
    return ST_OK;
}

size_t
kafka_writer_in_flight(const struct kafka_writer *w)
{
    return w->in_flight;
}

int
kafka_writer_fd(const struct kafka_writer *w)
{
    return w->client.fds[0];
}

void
kafka_writer_close(struct kafka_writer *w)
{
    if (w == NULL)
        return;
    if (w->reports != NULL)
        rd_kafka_event_destroy(w->reports);
    for (size_t i = 0; i < w->n_topics; i++)
        rd_kafka_topic_destroy(w->topics[i]);
    free(w->topics);
    if (w->client.rk != NULL)
        (void)rd_kafka_purge(w->client.rk, RD_KAFKA_PURGE_F_QUEUE |
                                               RD_KAFKA_PURGE_F_INFLIGHT |
                                               RD_KAFKA_PURGE_F_NON_BLOCKING);
    kafka_client_close(&w->client);
    free(w);
}
