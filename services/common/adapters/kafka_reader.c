#include "common/adapters/kafka_client.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/engine/monotonic.h"

#define WAITING_MAX 2000 /* taken from librdkafka's queue at once */
#define DEFAULT_QUEUE_KB 65536
#define PLACES_MS 500 /* waited for at most; see find_places */

/* Why each is as it is: testbed notes on librdkafka 2.0.2, and design.md. */
static const struct kafka_setting reader_settings[] = {
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

struct part {
    char *topic;
    int32_t partition;
    bool at_end;
    const rd_kafka_topic_t *rkt; /* the topic as messages name it, once seen */
};

struct kafka_reader {
    struct kafka_client client;
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
reader_conf(const struct kafka_reader_options *options, struct kafka_client *c,
            rd_kafka_conf_t **conf, struct err *err)
{
    const char *group = options->group;
    enum status rc = kafka_client_conf(&options->conn, c, conf, err);

    if (group == NULL)
        group = options->conn.client_id;
    if (rc == ST_OK)
        rc = kafka_conf_set_all(*conf, reader_settings, N_OF(reader_settings),
                                err);
    if (rc == ST_OK)
        rc = kafka_conf_set_int(
            *conf, "queued.max.messages.kbytes",
            options->queue_kb > 0 ? options->queue_kb : DEFAULT_QUEUE_KB, err);
    if (rc == ST_OK)
        rc = kafka_conf_set(*conf, "group.id",
                            group == NULL ? "waymark" : group, err);
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
    rc = kafka_client_pipe(&r->client, err);
    if (rc == ST_OK)
        rc = reader_conf(options, &r->client, &conf, err);
    if (rc == ST_OK)
        rc = kafka_client_start(&r->client, RD_KAFKA_CONSUMER, &conf, err);
    if (rc == ST_OK) {
        (void)rd_kafka_poll_set_consumer(r->client.rk);
        r->client.queue = rd_kafka_queue_get_consumer(r->client.rk);
        rd_kafka_queue_io_event_enable(r->client.queue, r->client.fds[1], "1",
                                       1);
        *out = r;
        r = NULL; /* the caller's from here */
    }
    kafka_conf_drop(conf);
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
    int64_t until = monotonic_ms() + PLACES_MS;

    for (size_t i = 0; i < r->n_parts; i++) {
        rd_kafka_topic_partition_t *p = &list->elems[i];
        int64_t left = until - monotonic_ms();
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
    rc = kafka_status_of(m->err, &code);
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
    struct kafka_client *c = &r->client;
    enum status rc;

    assert(take->max > 0 && r->n_parts > 0);
    *n = 0;
    kafka_reader_release(r);
    rc = room_to_give(r, take->max, err);
    if (rc != ST_OK)
        return rc;
    kafka_client_drain(c);
    rc = take_waiting(r, take, out, n, err);
    if (r->at < r->n_waiting || rd_kafka_queue_length(c->queue) > 0)
        kafka_client_arm(c);
    if (*n > 0)
        c->down = false;
    else if (rc == ST_OK && c->dead)
        rc = err_set(err, ST_FATAL, "kafka", "reader: %s", c->why);
    else if (rc == ST_OK && c->down &&
             kafka_client_still_down(c, take->timeout_ms))
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
        enum status rc = kafka_fail(err, e, "ends");

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
    kafka_client_close(&r->client);
    for (size_t i = 0; i < r->n_parts; i++)
        free(r->parts[i].topic);
    free(r->parts);
    free(r->given);
    free(r);
}
