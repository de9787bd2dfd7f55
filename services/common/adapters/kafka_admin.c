#include "common/adapters/kafka_client.h"

#include <stdio.h>
#include <string.h>

#include "common/engine/monotonic.h"

#define PAUSE_MS 20 /* between two looks at the topics */

/* Settings of a topic that we create. One batch of the largest record fits. */
static const struct kafka_setting topic_settings[] = {
    { "retention.ms", "-1" },
    { "retention.bytes", "-1" },
    { "cleanup.policy", "delete" },
    { "unclean.leader.election.enable", "false" },
    { "max.message.bytes", "2621440" },
};

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
    char why[KAFKA_WHY_SIZE];
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
    char why[KAFKA_WHY_SIZE];
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
        return kafka_fail(err, e, "topics");
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

/* A client for a few questions. Close with kafka_client_close. */
static enum status
client_open(const struct kafka_conn *conn, struct kafka_client *c,
            struct err *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum status rc;

    *c = (struct kafka_client){ .fds = { -1, -1 } };
    rc = kafka_client_conf(conn, c, &conf, err);
    if (rc == ST_OK)
        rc = kafka_client_start(c, RD_KAFKA_PRODUCER, &conf, err);
    kafka_conf_drop(conf);
    return rc;
}

enum status
kafka_ensure_topics(const struct kafka_conn *conn,
                    const struct kafka_topics *topics, struct err *err)
{
    int64_t until = monotonic_ms() + topics->timeout_ms;
    struct kafka_client c;
    bool ready = false;
    enum status rc = client_open(conn, &c, err);

    while (rc == ST_OK && !ready) {
        int64_t left = until - monotonic_ms();

        if (left <= 0) {
            rc = ST_RETRY; /* the reason stands in err */
            break;
        }
        rc = ensure_once(c.rk, topics, (int)left, &ready, err);
        if (rc == ST_OK && !ready)
            monotonic_pause(PAUSE_MS);
    }
    kafka_client_close(&c);
    return rc;
}

enum status
kafka_cluster_id(const struct kafka_conn *conn, int timeout_ms,
                 char out[KAFKA_CLUSTER_ID_SIZE], struct err *err)
{
    struct kafka_client c;
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
    kafka_client_close(&c);
    return rc;
}
