#include "common/adapters/kafka.h"

#include <librdkafka/rdkafka.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WHY_SIZE 300
#define WAITING_MAX 2000 /* taken from librdkafka's queue at once */
#define DEFAULT_QUEUE_KB 65536
#define DEFAULT_QUEUE_RECORDS 100000
#define PLACES_MS 500 /* waited for at most; see find_places */

_Static_assert(sizeof(void *) >= sizeof(uint64_t),
               "a tag travels as librdkafka's message opaque");

/* What reader and writer share; its address is librdkafka's opaque. */
struct client {
    void (*log)(void *self, int level, const char *text);
    void *log_self;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fds[2];         /* a pipe: the queue writes, poll(2) looks at fds[0] */
    bool down;          /* all brokers were gone when last heard of */
    bool dead;          /* the client can't go on */
    char why[WHY_SIZE]; /* last trouble with a broker */
};

/* Name and value for librdkafka. */
struct pair {
    const char *name;
    const char *value;
};

static const struct pair common_settings[] = {
    { "socket.nagle.disable", "true" },
    { "socket.keepalive.enable", "true" },
    { "socket.timeout.ms", "10000" },
    { "socket.connection.setup.timeout.ms", "5000" },
    { "reconnect.backoff.ms", "50" },
    { "reconnect.backoff.max.ms", "1000" },
    { "log.connection.close", "false" },
    { "allow.auto.create.topics", "false" },
};

/* Why each is as it is: testbed notes on librdkafka 2.0.2, and design.md. */
static const struct pair reader_settings[] = {
    { "auto.offset.reset", "error" },
    { "enable.auto.commit", "false" },
    { "enable.auto.offset.store", "false" },
    { "enable.partition.eof", "true" },
    { "check.crcs", "true" },
    /* A stranger's open transaction must not hold the log back. */
    { "isolation.level", "read_uncommitted" },
    { "partition.assignment.strategy", "range" },
    { "fetch.wait.max.ms", "100" },
    { "fetch.error.backoff.ms", "50" },
    { "message.max.bytes", "2621440" },
    { "max.partition.fetch.bytes", "1048576" },
    { "fetch.max.bytes", "4194304" },
    { "queued.min.messages", "200000" },
};

static const struct pair writer_settings[] = {
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

/* Settings of a topic that we create. One batch of the largest record fits. */
static const struct pair topic_settings[] = {
    { "retention.ms", "-1" },
    { "retention.bytes", "-1" },
    { "cleanup.policy", "delete" },
    { "unclean.leader.election.enable", "false" },
    { "max.message.bytes", "2621440" },
};

#define N_OF(a) (sizeof(a) / sizeof(a)[0])

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * The one question for an error of librdkafka or a broker. What is not named
 * here may pass: the sequence numbers show it if a record was skipped.
 */
static enum status
status_of(rd_kafka_resp_err_t e, const char **code)
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

static enum status
fail(struct err *err, rd_kafka_resp_err_t e, const char *where)
{
    const char *code;
    enum status rc = status_of(e, &code);

    return err_set(err, rc, code, "%s: %s", where, rd_kafka_err2str(e));
}

static void
on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    const struct client *c = rd_kafka_opaque(rk);

    (void)facility;
    if (c->log != NULL)
        c->log(c->log_self, level, text);
}

/* Keep what a broker's trouble means for us. */
static void
note_trouble(struct client *c, rd_kafka_resp_err_t e, const char *why)
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
    note_trouble(self, (rd_kafka_resp_err_t)e, why);
}

static enum status
set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err)
{
    char why[WHY_SIZE];

    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) !=
        RD_KAFKA_CONF_OK)
        return err_set(err, ST_FATAL, "config", "kafka: %s", why);
    return ST_OK;
}

static enum status
set_all(rd_kafka_conf_t *conf, const struct pair *pairs, size_t n,
        struct err *err)
{
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < n; i++)
        rc = set(conf, pairs[i].name, pairs[i].value, err);
    return rc;
}

static enum status
set_int(rd_kafka_conf_t *conf, const char *name, int value, struct err *err)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%d", value);
    return set(conf, name, text, err);
}

/* Settings of every client. The caller destroys `*out` whatever is returned. */
static enum status
make_conf(const struct kafka_conn *conn, struct client *c,
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
        rc = set(conf, conn->settings[i].name, conn->settings[i].value, err);
    if (rc == ST_OK)
        rc = set_all(conf, common_settings, N_OF(common_settings), err);
    if (rc == ST_OK)
        rc = set(conf, "bootstrap.servers", conn->brokers, err);
    if (rc == ST_OK && conn->client_id != NULL)
        rc = set(conf, "client.id", conn->client_id, err);
    return rc;
}

/* Takes `*conf` when it succeeds. */
static enum status
start(struct client *c, rd_kafka_type_t type, rd_kafka_conf_t **conf,
      struct err *err)
{
    char why[WHY_SIZE];

    c->rk = rd_kafka_new(type, *conf, why, sizeof why);
    if (c->rk == NULL)
        return err_set(err, ST_FATAL, "config", "kafka: %s", why);
    *conf = NULL; /* owned by rk from here */
    return ST_OK;
}

static void
drop_conf(rd_kafka_conf_t *conf)
{
    if (conf != NULL)
        rd_kafka_conf_destroy(conf);
}

static enum status
make_pipe(struct client *c, struct err *err)
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
static void
pipe_drain(const struct client *c)
{
    char bytes[64];

    while (read(c->fds[0], bytes, sizeof bytes) > 0)
        continue;
}

static void
pipe_arm(const struct client *c)
{
    ssize_t n = write(c->fds[1], "1", 1);

    (void)n; /* a full pipe is readable already */
}

static void
client_close(struct client *c)
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
static bool
still_down(struct client *c, int timeout_ms)
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

/* ------------------------------------------------------------- topics */

/* What metadata says of one topic. */
struct topic_seen {
    int partitions; /* 0: there is no such topic */
    bool led;       /* every partition has a leader */
};

static struct topic_seen
look_up(const struct rd_kafka_metadata *meta, const char *name)
{
    struct topic_seen seen = { .led = true };

    for (int i = 0; i < meta->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *t = &meta->topics[i];

        if (strcmp(t->topic, name) != 0)
            continue;
        seen.partitions = t->partition_cnt;
        for (int p = 0; p < t->partition_cnt; p++)
            if (t->partitions[p].leader < 0)
                seen.led = false;
    }
    return seen;
}

static enum status
admin_status(struct err *err, rd_kafka_resp_err_t e, const char *topic,
             const char *why)
{
    switch (e) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    /* Somebody else was quicker; the next look at the metadata decides. */
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
        return ST_OK;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
        return err_set(err, ST_RETRY, "kafka", "topic %s: %s", topic,
                       why == NULL ? rd_kafka_err2str(e) : why);
    default:
        return err_set(err, ST_FATAL, "topic", "topic %s: %s", topic,
                       why == NULL ? rd_kafka_err2str(e) : why);
    }
}

static enum status
results_status(const rd_kafka_topic_result_t **results, size_t n,
               struct err *err)
{
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < n; i++)
        rc = admin_status(err, rd_kafka_topic_result_error(results[i]),
                          rd_kafka_topic_result_name(results[i]),
                          rd_kafka_topic_result_error_string(results[i]));
    return rc;
}

/* Wait for the answer to one request about `topic`. */
static enum status
admin_answer(rd_kafka_queue_t *queue, const char *topic, int timeout_ms,
             struct err *err)
{
    rd_kafka_event_t *ev = rd_kafka_queue_poll(queue, timeout_ms + 1000);
    const rd_kafka_topic_result_t **results = NULL;
    size_t n = 0;
    enum status rc;

    if (ev == NULL)
        return admin_status(err, RD_KAFKA_RESP_ERR__TIMED_OUT, topic, NULL);
    rc = admin_status(err, rd_kafka_event_error(ev), topic,
                      rd_kafka_event_error_string(ev));
    if (rc == ST_OK &&
        rd_kafka_event_type(ev) == RD_KAFKA_EVENT_CREATETOPICS_RESULT)
        results = rd_kafka_CreateTopics_result_topics(
            rd_kafka_event_CreateTopics_result(ev), &n);
    else if (rc == ST_OK)
        results = rd_kafka_CreatePartitions_result_topics(
            rd_kafka_event_CreatePartitions_result(ev), &n);
    if (rc == ST_OK)
        rc = results_status(results, n, err);
    rd_kafka_event_destroy(ev);
    return rc;
}

static enum status
create_topic(rd_kafka_t *rk, const struct kafka_topics *want, const char *name,
             int timeout_ms, struct err *err)
{
    char why[WHY_SIZE];
    rd_kafka_NewTopic_t *topic = NULL;
    rd_kafka_AdminOptions_t *options = NULL;
    rd_kafka_queue_t *queue = NULL;
    enum status rc = ST_OK;

    topic = rd_kafka_NewTopic_new(name, want->partitions, want->replication,
                                  why, sizeof why);
    if (topic == NULL)
        return err_set(err, ST_FATAL, "topic", "topic %s: %s", name, why);
    for (size_t i = 0; i < N_OF(topic_settings); i++)
        (void)rd_kafka_NewTopic_set_config(topic, topic_settings[i].name,
                                           topic_settings[i].value);
    options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    queue = rd_kafka_queue_new(rk);
    if (rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, why,
                                                  sizeof why) != 0)
        rc = err_set(err, ST_FATAL, "topic", "topic %s: %s", name, why);
    if (rc == ST_OK) {
        rd_kafka_CreateTopics(rk, &topic, 1, options, queue);
        rc = admin_answer(queue, name, timeout_ms, err);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(topic);
    return rc;
}

static enum status
add_partitions(rd_kafka_t *rk, const struct kafka_topics *want,
               const char *name, int timeout_ms, struct err *err)
{
    char why[WHY_SIZE];
    rd_kafka_NewPartitions_t *more = NULL;
    rd_kafka_AdminOptions_t *options = NULL;
    rd_kafka_queue_t *queue = NULL;
    enum status rc = ST_OK;

    more = rd_kafka_NewPartitions_new(name, (size_t)want->partitions, why,
                                      sizeof why);
    if (more == NULL)
        return err_set(err, ST_FATAL, "topic", "topic %s: %s", name, why);
    options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
    queue = rd_kafka_queue_new(rk);
    if (rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, why,
                                                  sizeof why) != 0)
        rc = err_set(err, ST_FATAL, "topic", "topic %s: %s", name, why);
    if (rc == ST_OK) {
        rd_kafka_CreatePartitions(rk, &more, 1, options, queue);
        rc = admin_answer(queue, name, timeout_ms, err);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewPartitions_destroy(more);
    return rc;
}

/*
 * One look at all topics, and a request for each that falls short.
 * `*ready` when nothing was missing.
 */
static enum status
ensure_once(rd_kafka_t *rk, const struct kafka_topics *want, int timeout_ms,
            bool *ready, struct err *err)
{
    const struct rd_kafka_metadata *meta = NULL;
    rd_kafka_resp_err_t e;
    enum status rc = ST_OK;

    *ready = true;
    e = rd_kafka_metadata(rk, 1, NULL, &meta, timeout_ms);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(err, e, "topics");
    for (size_t i = 0; rc == ST_OK && i < want->n; i++) {
        const char *name = want->names[i];
        struct topic_seen seen = look_up(meta, name);

        if (seen.partitions < want->partitions || !seen.led) {
            *ready = false;
            (void)err_set(err, ST_RETRY, "topic",
                          "topic %s has %d of %d partitions ready", name,
                          seen.led ? seen.partitions : 0, want->partitions);
        }
        if (seen.partitions == 0)
            rc = create_topic(rk, want, name, timeout_ms, err);
        else if (seen.partitions < want->partitions)
            rc = add_partitions(rk, want, name, timeout_ms, err);
    }
    rd_kafka_metadata_destroy(meta);
    return rc;
}

/* A client for a few questions. Close with client_close. */
static enum status
client_open(const struct kafka_conn *conn, struct client *c, struct err *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum status rc;

    *c = (struct client){ .fds = { -1, -1 } };
    rc = make_conf(conn, c, &conf, err);
    if (rc == ST_OK)
        rc = start(c, RD_KAFKA_PRODUCER, &conf, err);
    drop_conf(conf);
    return rc;
}

enum status
kafka_ensure_topics(const struct kafka_conn *conn,
                    const struct kafka_topics *topics, struct err *err)
{
    const struct timespec pause = { .tv_nsec = 20 * 1000000 };
    int64_t until = now_ms() + topics->timeout_ms;
    struct client c;
    bool ready = false;
    enum status rc = client_open(conn, &c, err);

    while (rc == ST_OK && !ready) {
        int64_t left = until - now_ms();

        if (left <= 0) {
            rc = ST_RETRY; /* the reason stands in err */
            break;
        }
        rc = ensure_once(c.rk, topics, (int)left, &ready, err);
        if (rc == ST_OK && !ready)
            (void)nanosleep(&pause, NULL);
    }
    client_close(&c);
    return rc;
}

enum status
kafka_cluster_id(const struct kafka_conn *conn, int timeout_ms,
                 char out[KAFKA_CLUSTER_ID_SIZE], struct err *err)
{
    struct client c;
    char *id = NULL;
    enum status rc = client_open(conn, &c, err);

    if (rc == ST_OK) {
        id = rd_kafka_clusterid(c.rk, timeout_ms);
        if (id == NULL)
            rc =
                err_set(err, ST_RETRY, "kafka",
                        "no broker named the cluster within %d ms", timeout_ms);
        else
            (void)snprintf(out, KAFKA_CLUSTER_ID_SIZE, "%s", id);
    }
    if (id != NULL)
        rd_kafka_mem_free(c.rk, id);
    client_close(&c);
    return rc;
}

/* ------------------------------------------------------------- reader */

struct part {
    char *topic;
    int32_t partition;
    bool at_end;
    const rd_kafka_topic_t *rkt; /* the topic as messages name it, once seen */
};

struct kafka_reader {
    struct client client;
    struct part *parts;
    size_t n_parts;
    size_t range_part;
    /* Out of librdkafka's queue, not handed out yet: [at, n_waiting). */
    rd_kafka_message_t *waiting[WAITING_MAX];
    size_t at;
    size_t n_waiting;
    /* Handed out; alive until the next take or release. */
    rd_kafka_message_t **given;
    size_t n_given;
    size_t cap_given;
};

static enum status
reader_conf(const struct kafka_reader_options *options, struct client *c,
            rd_kafka_conf_t **conf, struct err *err)
{
    const char *group = options->group;
    enum status rc = make_conf(&options->conn, c, conf, err);

    if (group == NULL)
        group = options->conn.client_id;
    if (rc == ST_OK)
        rc = set_all(*conf, reader_settings, N_OF(reader_settings), err);
    if (rc == ST_OK)
        rc = set_int(
            *conf, "queued.max.messages.kbytes",
            options->queue_kb > 0 ? options->queue_kb : DEFAULT_QUEUE_KB, err);
    if (rc == ST_OK)
        rc = set(*conf, "group.id", group == NULL ? "waymark" : group, err);
    return rc;
}

enum status
kafka_reader_open(const struct kafka_reader_options *options,
                  struct kafka_reader **out, struct err *err)
{
    struct kafka_reader *r = calloc(1, sizeof *r);
    rd_kafka_conf_t *conf = NULL;
    enum status rc;

    *out = NULL;
    if (r == NULL)
        return err_set(err, ST_FATAL, "kafka", "no memory for a reader");
    r->client.fds[0] = r->client.fds[1] = -1;
    rc = make_pipe(&r->client, err);
    if (rc == ST_OK)
        rc = reader_conf(options, &r->client, &conf, err);
    if (rc == ST_OK)
        rc = start(&r->client, RD_KAFKA_CONSUMER, &conf, err);
    if (rc == ST_OK) {
        (void)rd_kafka_poll_set_consumer(r->client.rk);
        r->client.queue = rd_kafka_queue_get_consumer(r->client.rk);
        rd_kafka_queue_io_event_enable(r->client.queue, r->client.fds[1], "1",
                                       1);
        *out = r;
        r = NULL; /* the caller's from here */
    }
    drop_conf(conf);
    kafka_reader_close(r);
    return rc;
}

static rd_kafka_topic_partition_list_t *
list_of(const struct kafka_part *parts, size_t n)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)n);

    for (size_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, parts[i].topic,
                                          parts[i].partition)
            ->offset = parts[i].next_offset == KAFKA_BEGINNING
                           ? RD_KAFKA_OFFSET_BEGINNING
                           : parts[i].next_offset;
    return list;
}

/*
 * Ask where the log begins and ends before reading it. Left to librdkafka
 * 2.0.2, a start from the beginning takes 0.6 s more: it asks a leader that it
 * does not know yet, and again half a second later; and that there is nothing
 * to read it tells only when a whole fetch has come back empty. Without an
 * answer that is how long it takes.
 */
static void
find_places(struct kafka_reader *r, rd_kafka_topic_partition_list_t *list)
{
    int64_t until = now_ms() + PLACES_MS;

    for (size_t i = 0; i < r->n_parts; i++) {
        rd_kafka_topic_partition_t *p = &list->elems[i];
        int64_t left = until - now_ms();
        int64_t low;
        int64_t high;

        if (left <= 0 || rd_kafka_query_watermark_offsets(
                             r->client.rk, p->topic, p->partition, &low, &high,
                             (int)left) != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        if (p->offset == RD_KAFKA_OFFSET_BEGINNING)
            p->offset = low;
        r->parts[i].at_end = p->offset == high;
    }
}

enum status
kafka_reader_assign(struct kafka_reader *r, const struct kafka_part *parts,
                    size_t n, struct err *err)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t e;

    assert(r->parts == NULL && n > 0);
    r->parts = calloc(n, sizeof *r->parts);
    if (r->parts == NULL)
        return err_set(err, ST_FATAL, "kafka", "no memory for partitions");
    for (; r->n_parts < n; r->n_parts++) {
        struct part *p = &r->parts[r->n_parts];

        p->partition = parts[r->n_parts].partition;
        p->topic = strdup(parts[r->n_parts].topic);
        if (p->topic == NULL)
            return err_set(err, ST_FATAL, "kafka", "no memory for partitions");
    }
    list = list_of(parts, n);
    find_places(r, list);
    e = rd_kafka_assign(r->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ST_FATAL, "kafka", "assign: %s",
                       rd_kafka_err2str(e));
    return ST_OK;
}

/* Index of the part that a message belongs to; n_parts if to none. */
static size_t
part_of(struct kafka_reader *r, const rd_kafka_message_t *m)
{
    size_t i;

    if (m->rkt == NULL)
        return r->n_parts;
    for (i = 0; i < r->n_parts; i++)
        if (r->parts[i].rkt == m->rkt && r->parts[i].partition == m->partition)
            return i;
    for (i = 0; i < r->n_parts; i++)
        if (r->parts[i].partition == m->partition &&
            strcmp(r->parts[i].topic, rd_kafka_topic_name(m->rkt)) == 0)
            break;
    if (i < r->n_parts)
        r->parts[i].rkt = m->rkt;
    return i;
}

/* The message as a record; it still belongs to `waiting`. */
static struct kafka_record
record_of(struct kafka_reader *r, const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;
    struct kafka_record out = {
        .part = part_of(r, m),
        .offset = m->offset,
        .key = { .p = m->key, .n = m->key_len },
        .value = { .p = m->payload, .n = m->len },
        .timestamp_ms = rd_kafka_message_timestamp(m, &type),
        .message = m,
    };

    out.wm = kafka_record_header(&out, "wm");
    return out;
}

/*
 * Something that is no record: an end, or trouble. ST_OK when it needs no
 * answer. Anything about the group alone is of no interest: it is for lag
 * tools only.
 */
static enum status
not_a_record(struct kafka_reader *r, const rd_kafka_message_t *m,
             struct err *err)
{
    size_t part = part_of(r, m);
    const char *code;
    enum status rc;

    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (part < r->n_parts)
            r->parts[part].at_end = true;
        r->client.down = false;
        return ST_OK;
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
        return ST_OK;
    default:
        break;
    }
    rc = status_of(m->err, &code);
    if (part == r->n_parts)
        return err_set(err, rc == ST_REJECT ? ST_FATAL : rc, code, "kafka: %s",
                       rd_kafka_message_errstr(m));
    if (rc == ST_REJECT)
        r->range_part = part;
    return err_set(err, rc, code, "%s[%" PRId32 "] at %" PRId64 ": %s",
                   r->parts[part].topic, m->partition, m->offset,
                   rd_kafka_message_errstr(m));
}

/* Move what is there out of librdkafka's queue. False if nothing came. */
static bool
refill(struct kafka_reader *r, int timeout_ms)
{
    ssize_t got;

    r->at = 0;
    r->n_waiting = 0;
    if (timeout_ms > 0) {
        rd_kafka_message_t *first =
            rd_kafka_consumer_poll(r->client.rk, timeout_ms);

        if (first == NULL)
            return false;
        r->waiting[r->n_waiting++] = first;
    }
    got = rd_kafka_consume_batch_queue(r->client.queue, 0,
                                       r->waiting + r->n_waiting,
                                       WAITING_MAX - r->n_waiting);
    if (got > 0)
        r->n_waiting += (size_t)got;
    return r->n_waiting > 0;
}

static enum status
take_waiting(struct kafka_reader *r, const struct kafka_take *take,
             struct kafka_record *out, size_t *n, struct err *err)
{
    int timeout_ms = take->timeout_ms;
    size_t bytes = 0;
    enum status rc = ST_OK;

    while (*n < take->max) {
        rd_kafka_message_t *m;

        if (r->at == r->n_waiting && !refill(r, timeout_ms))
            break;
        timeout_ms = 0; /* the rest must be there */
        m = r->waiting[r->at];
        if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (*n > 0 && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
                break;
            r->at++;
            rc = not_a_record(r, m, err);
            rd_kafka_message_destroy(m);
            if (rc != ST_OK)
                break;
            continue;
        }
        out[*n] = record_of(r, m);
        bytes += out[*n].key.n + out[*n].value.n + out[*n].wm.n;
        if (*n > 0 && bytes > take->max_bytes)
            break;
        r->at++;
        r->given[r->n_given++] = m;
        r->parts[out[*n].part].at_end = false;
        (*n)++;
    }
    return rc;
}

static enum status
room_to_give(struct kafka_reader *r, size_t max, struct err *err)
{
    rd_kafka_message_t **given;

    if (max <= r->cap_given)
        return ST_OK;
    given = realloc(r->given, max * sizeof(rd_kafka_message_t *));
    if (given == NULL)
        return err_set(err, ST_FATAL, "kafka", "no memory for %zu records",
                       max);
    r->given = given;
    r->cap_given = max;
    return ST_OK;
}

enum status
kafka_reader_take(struct kafka_reader *r, const struct kafka_take *take,
                  struct kafka_record *out, size_t *n, struct err *err)
{
    struct client *c = &r->client;
    enum status rc;

    assert(take->max > 0 && r->n_parts > 0);
    *n = 0;
    kafka_reader_release(r);
    rc = room_to_give(r, take->max, err);
    if (rc != ST_OK)
        return rc;
    pipe_drain(c);
    rc = take_waiting(r, take, out, n, err);
    if (r->at < r->n_waiting || rd_kafka_queue_length(c->queue) > 0)
        pipe_arm(c);
    if (*n > 0)
        c->down = false;
    else if (rc == ST_OK && c->dead)
        rc = err_set(err, ST_FATAL, "kafka", "reader: %s", c->why);
    else if (rc == ST_OK && c->down && still_down(c, take->timeout_ms))
        rc = err_set(err, ST_RETRY, "kafka", "no broker answers: %s", c->why);
    return rc;
}

void
kafka_reader_release(struct kafka_reader *r)
{
    for (size_t i = 0; i < r->n_given; i++)
        rd_kafka_message_destroy(r->given[i]);
    r->n_given = 0;
}

size_t
kafka_reader_range_part(const struct kafka_reader *r)
{
    return r->range_part;
}

bool
kafka_reader_at_end(const struct kafka_reader *r, size_t part)
{
    assert(part < r->n_parts);
    return r->parts[part].at_end;
}

int64_t
kafka_reader_known_end(const struct kafka_reader *r, size_t part)
{
    int64_t low;
    int64_t high;

    assert(part < r->n_parts);
    if (rd_kafka_get_watermark_offsets(r->client.rk, r->parts[part].topic,
                                       r->parts[part].partition, &low,
                                       &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
    return high < 0 ? -1 : high;
}

struct str
kafka_record_header(const struct kafka_record *record, const char *name)
{
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t n = 0;

    if (rd_kafka_message_headers(record->message, &headers) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &n) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
        return STR_NULL;
    return (struct str){ .p = value, .n = value == NULL ? 0 : n };
}

enum status
kafka_reader_end(struct kafka_reader *r, const struct kafka_part *part,
                 int timeout_ms, struct kafka_ends *out, struct err *err)
{
    rd_kafka_resp_err_t e;

    e = rd_kafka_query_watermark_offsets(r->client.rk, part->topic,
                                         part->partition, &out->low, &out->high,
                                         timeout_ms);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        enum status rc = fail(err, e, "ends");

        err_where(err, "%s[%" PRId32 "]", part->topic, part->partition);
        return rc;
    }
    return ST_OK;
}

void
kafka_reader_note(struct kafka_reader *r, const struct kafka_part *parts,
                  size_t n)
{
    rd_kafka_topic_partition_list_t *list = list_of(parts, n);

    (void)rd_kafka_commit(r->client.rk, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

int
kafka_reader_fd(const struct kafka_reader *r)
{
    return r->client.fds[0];
}

void
kafka_reader_close(struct kafka_reader *r)
{
    if (r == NULL)
        return;
    kafka_reader_release(r);
    for (; r->at < r->n_waiting; r->at++)
        rd_kafka_message_destroy(r->waiting[r->at]);
    client_close(&r->client);
    for (size_t i = 0; i < r->n_parts; i++)
        free(r->parts[i].topic);
    free(r->parts);
    free(r->given);
    free(r);
}

/* ------------------------------------------------------------- writer */

struct kafka_writer {
    struct client client;
    rd_kafka_topic_t **topics; /* those sent to so far */
    size_t n_topics;
    rd_kafka_event_t *reports; /* being read; NULL between events */
    size_t in_flight;
};

static enum status
writer_conf(const struct kafka_writer_options *options, struct client *c,
            rd_kafka_conf_t **conf, struct err *err)
{
    char linger[24];
    enum status rc = make_conf(&options->conn, c, conf, err);

    if (rc == ST_OK)
        rc = set_all(*conf, writer_settings, N_OF(writer_settings), err);
    if (rc == ST_OK)
        rc = set_int(*conf, "queue.buffering.max.messages",
                     options->queue_records > 0 ? options->queue_records
                                                : DEFAULT_QUEUE_RECORDS,
                     err);
    if (rc == ST_OK)
        rc = set_int(
            *conf, "queue.buffering.max.kbytes",
            options->queue_kb > 0 ? options->queue_kb : DEFAULT_QUEUE_KB, err);
    (void)snprintf(linger, sizeof linger, "%d.%03d", options->linger_us / 1000,
                   options->linger_us % 1000);
    if (rc == ST_OK)
        rc = set(*conf, "linger.ms", linger, err);
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
    rc = make_pipe(&w->client, err);
    if (rc == ST_OK)
        rc = writer_conf(options, &w->client, &conf, err);
    if (rc == ST_OK)
        rc = start(&w->client, RD_KAFKA_PRODUCER, &conf, err);
    if (rc == ST_OK) {
        w->client.queue = rd_kafka_queue_get_main(w->client.rk);
        rd_kafka_queue_io_event_enable(w->client.queue, w->client.fds[1], "1",
                                       1);
        *out = w;
        w = NULL; /* the caller's from here */
    }
    drop_conf(conf);
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
    return e == RD_KAFKA_RESP_ERR_NO_ERROR ? ST_OK : fail(err, e, topic);
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
    char why[WHY_SIZE];

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
        char why[WHY_SIZE];

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
    char why[WHY_SIZE];

    if (rd_kafka_event_error_is_fatal(ev)) {
        (void)rd_kafka_fatal_error(w->client.rk, why, sizeof why);
        declare_dead(w, why);
    } else {
        note_trouble(&w->client, rd_kafka_event_error(ev),
                     rd_kafka_event_error_string(ev));
    }
}

static void
read_events(struct kafka_writer *w, int timeout_ms, uint64_t *tags, size_t max,
            size_t *n)
{
    int64_t until = now_ms() + timeout_ms;

    while (*n < max && !w->client.dead) {
        int64_t left = *n > 0 ? 0 : until - now_ms();
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
    struct client *c = &w->client;

    assert(max > 0);
    *n = 0;
    pipe_drain(c);
    read_events(w, timeout_ms, tags, max, n);
    if (w->reports != NULL || rd_kafka_queue_length(c->queue) > 0 || c->dead)
        pipe_arm(c);
    if (*n > 0)
        return ST_OK; /* what was confirmed first, then the trouble */
    if (c->dead)
        return producer_dead(w, err);
    if (c->down && w->in_flight > 0 && still_down(c, timeout_ms))
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
    client_close(&w->client);
    free(w);
}
