/*
 * The Kafka adapter against librdkafka's own mock cluster, and against a real
 * broker where WAYMARK_KAFKA names one ("127.0.0.1:49092").
 */
#include "common/adapters/kafka.h"
#include "common/adapters/kafka_port.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define API_PRODUCE 0 /* Kafka protocol, ApiKeys */
#define BROKERS 3
#define WAIT_MS 10000 /* longest wait for what must come */
#define SHORT_MS 300  /* wait for what must not come */
#define TAKE_MAX 3000

/* What a test runs against. One topic of its own, two partitions. */
struct world {
    const char *brokers;
    char topic[64];
    rd_kafka_t *owner; /* of the mock cluster; NULL for the real one */
    rd_kafka_mock_cluster_t *mock;
    struct kafka_record records[TAKE_MAX];
};

static struct kafka_conn
conn_to(const char *brokers)
{
    return (struct kafka_conn){ .brokers = brokers, .client_id = "test" };
}

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
mock_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    char why[200];

    if (w == NULL)
        return -1;
    w->owner =
        rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    w->mock = rd_kafka_mock_cluster_new(w->owner, BROKERS);
    w->brokers = rd_kafka_mock_cluster_bootstraps(w->mock);
    (void)snprintf(w->topic, sizeof w->topic, "casework");
    if (rd_kafka_mock_topic_create(w->mock, w->topic, 2, BROKERS) != 0)
        return -1;
    *state = w;
    return 0;
}

static int
mock_teardown(void **state)
{
    struct world *w = *state;

    rd_kafka_mock_cluster_destroy(w->mock);
    rd_kafka_destroy(w->owner);
    free(w);
    return 0;
}

static int
real_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    static int serial;
    const char *names[1];
    struct kafka_conn conn;
    struct err err = { .code = "" };

    if (w == NULL)
        return -1;
    w->brokers = getenv("WAYMARK_KAFKA");
    (void)snprintf(w->topic, sizeof w->topic, "test-%ld-%ld-%d",
                   (long)time(NULL), (long)getpid(), serial++);
    names[0] = w->topic;
    conn = conn_to(w->brokers);
    if (kafka_ensure_topics(&conn,
                            &(struct kafka_topics){ .names = names,
                                                    .n = 1,
                                                    .partitions = 2,
                                                    .replication = 1,
                                                    .timeout_ms = WAIT_MS },
                            &err) != ST_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    *state = w;
    return 0;
}

static int
real_teardown(void **state)
{
    free(*state);
    return 0;
}

static struct kafka_writer *
open_writer(const struct world *w)
{
    struct kafka_writer_options options = { .conn = conn_to(w->brokers) };
    struct kafka_writer *writer = NULL;
    struct err err;

    assert_int_equal(kafka_writer_open(&options, &writer, &err), ST_OK);
    return writer;
}

static struct kafka_reader *
open_reader(const struct world *w, int32_t partition, int64_t next_offset)
{
    struct kafka_reader_options options = { .conn = conn_to(w->brokers) };
    struct kafka_part part = { .topic = w->topic,
                               .partition = partition,
                               .next_offset = next_offset };
    struct kafka_reader *reader = NULL;
    struct err err;

    assert_int_equal(kafka_reader_open(&options, &reader, &err), ST_OK);
    assert_int_equal(kafka_reader_assign(reader, &part, 1, &err), ST_OK);
    return reader;
}

/* Wait until `want` records are confirmed, with tags from `*next` on. */
static void
await_confirmed(struct kafka_writer *writer, size_t want, uint64_t *next)
{
    int64_t until = now_ms() + WAIT_MS;
    struct err err;

    while (want > 0) {
        uint64_t tags[100];
        size_t n = 0;

        assert_true(now_ms() < until);
        assert_int_not_equal(
            kafka_writer_poll(writer, 100, tags, 100, &n, &err), ST_FATAL);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(tags[i], (*next)++);
        assert_true(n <= want);
        want -= n;
    }
}

/* Records "1".."n" into partition 0, confirmed. */
static void
send_numbers(const struct world *w, size_t n)
{
    struct kafka_writer *writer = open_writer(w);
    uint64_t next = 1;
    struct err err;

    for (size_t i = 1; i <= n; i++) {
        char text[24];

        (void)snprintf(text, sizeof text, "%zu", i);
        assert_int_equal(
            kafka_writer_send(writer,
                              &(struct kafka_send){ .topic = w->topic,
                                                    .value = str_of(text),
                                                    .wm = STR("w"),
                                                    .tag = i },
                              &err),
            ST_OK);
    }
    assert_int_equal(kafka_writer_in_flight(writer), n);
    await_confirmed(writer, n, &next);
    assert_int_equal(kafka_writer_in_flight(writer), 0);
    kafka_writer_close(writer);
}

static size_t
take(struct world *w, struct kafka_reader *reader, size_t max, int timeout_ms)
{
    struct kafka_take ask = { .max = max,
                              .max_bytes = SIZE_MAX,
                              .timeout_ms = timeout_ms };
    struct err err = { .code = "" };
    size_t n = 0;
    enum status rc = kafka_reader_take(reader, &ask, w->records, &n, &err);

    if (rc != ST_OK)
        print_error("%s\n", err.text);
    assert_int_equal(rc, ST_OK);
    return n;
}

/* Take until something comes. */
static size_t
await_records(struct world *w, struct kafka_reader *reader, size_t max)
{
    int64_t until = now_ms() + WAIT_MS;
    size_t n = 0;

    while (n == 0) {
        assert_true(now_ms() < until);
        n = take(w, reader, max, 100);
    }
    return n;
}

/* Read numbers first..last, whatever the sizes of the takes. */
static void
expect_numbers(struct world *w, struct kafka_reader *reader, size_t first,
               size_t last, size_t max)
{
    while (first <= last) {
        size_t n = await_records(w, reader, max);

        assert_true(n <= max);
        for (size_t i = 0; i < n; i++) {
            char text[24];

            (void)snprintf(text, sizeof text, "%zu", first++);
            assert_true(str_is(w->records[i].value, text));
        }
    }
}

/* Take until nothing comes any more and the end is known. */
static void
await_end(struct world *w, struct kafka_reader *reader)
{
    int64_t until = now_ms() + WAIT_MS;

    while (!kafka_reader_at_end(reader, 0)) {
        assert_true(now_ms() < until);
        assert_int_equal(take(w, reader, TAKE_MAX, 100), 0);
    }
}

static void
test_round_trip(void **state)
{
    static const struct kafka_header headers[] = {
        { "reason", STR("R17") },
        { "empty", STR("") },
    };
    static const struct kafka_send sends[] = {
        { .key = STR("k1"),
          .value = STR("a\0b"),
          .wm = STR("\x01\0\x02"),
          .tag = 1 },
        { .key = STR("k2"), .value = STR_NULL, .tag = 2 },
        { .key = STR_NULL,
          .value = STR(""),
          .headers = headers,
          .n_headers = 2,
          .tag = 3 },
        { .key = STR(""),
          .value = STR("z"),
          .wm = STR("w"),
          .headers = headers,
          .n_headers = 1,
          .tag = 4 },
    };
    const size_t n_sends = sizeof sends / sizeof sends[0];
    struct world *w = *state;
    struct kafka_writer *writer = open_writer(w);
    struct kafka_reader *reader = open_reader(w, 1, KAFKA_BEGINNING);
    uint64_t next = 1;
    size_t seen = 0;
    struct err err;

    assert_int_equal(kafka_writer_warm(writer, w->topic, WAIT_MS, &err), ST_OK);
    for (size_t i = 0; i < n_sends; i++) {
        struct kafka_send s = sends[i];

        s.topic = w->topic;
        s.partition = 1;
        assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    }
    await_confirmed(writer, n_sends, &next);
    while (seen < n_sends) {
        size_t n = await_records(w, reader, TAKE_MAX);

        for (size_t i = 0; i < n; i++, seen++) {
            const struct kafka_record *r = &w->records[i];
            const struct kafka_send *s = &sends[seen];

            assert_int_equal(r->part, 0);
            assert_int_equal(r->offset, seen);
            assert_true(str_eq(r->value, s->value));
            assert_true(str_eq(r->key, s->key));
            assert_true(str_eq(r->wm, s->wm));
            assert_true(r->timestamp_ms > 0);
            assert_true(str_eq(kafka_record_header(r, "reason"),
                               s->n_headers > 0 ? STR("R17") : STR_NULL));
            assert_true(str_eq(kafka_record_header(r, "empty"),
                               s->n_headers > 1 ? STR("") : STR_NULL));
        }
    }
    await_end(w, reader);
    assert_int_equal(kafka_reader_known_end(reader, 0), n_sends);
    kafka_reader_close(reader);
    kafka_writer_close(writer);
}

static void
test_order(void **state)
{
    struct world *w = *state;
    struct kafka_reader *reader;

    send_numbers(w, 5000);
    reader = open_reader(w, 0, KAFKA_BEGINNING);
    expect_numbers(w, reader, 1, 5000, 700);
    await_end(w, reader);
    kafka_reader_close(reader);
}

static void
test_goes_on_at_offset(void **state)
{
    struct world *w = *state;
    struct kafka_reader *reader;

    send_numbers(w, 20);
    reader = open_reader(w, 0, 12);
    expect_numbers(w, reader, 13, 20, 3);
    kafka_reader_close(reader);
}

static void
test_end_comes_and_goes(void **state)
{
    struct world *w = *state;
    struct kafka_reader *reader = open_reader(w, 0, KAFKA_BEGINNING);

    await_end(w, reader);
    send_numbers(w, 3);
    expect_numbers(w, reader, 1, 1, 1);
    assert_false(kafka_reader_at_end(reader, 0));
    expect_numbers(w, reader, 2, 3, 1);
    await_end(w, reader);
    kafka_reader_close(reader);
}

/* Ready at once: nothing has to be fetched to know that nothing is there. */
static void
test_end_is_known_at_the_start(void **state)
{
    struct world *w = *state;
    struct kafka_reader *reader = open_reader(w, 0, KAFKA_BEGINNING);

    assert_true(kafka_reader_at_end(reader, 0));
    kafka_reader_close(reader);
    send_numbers(w, 3);
    reader = open_reader(w, 0, KAFKA_BEGINNING);
    assert_false(kafka_reader_at_end(reader, 0));
    kafka_reader_close(reader);
    reader = open_reader(w, 0, 3);
    assert_true(kafka_reader_at_end(reader, 0));
    kafka_reader_close(reader);
}

static void
test_bytes_are_limited(void **state)
{
    struct world *w = *state;
    struct kafka_reader *reader;
    struct kafka_take ask = { .max = TAKE_MAX, .timeout_ms = 100 };
    struct err err;
    size_t n = 0;

    send_numbers(w, 9); /* 2 bytes each: one digit and the wm */
    reader = open_reader(w, 0, KAFKA_BEGINNING);
    expect_numbers(w, reader, 1, 1, 1);
    ask.max_bytes = 7;
    for (int left = 8; left > 0; left -= (int)n) {
        assert_int_equal(kafka_reader_take(reader, &ask, w->records, &n, &err),
                         ST_OK);
        assert_true(n <= 3);
    }
    kafka_reader_close(reader);
}

static void
test_one_record_always_fits(void **state)
{
    struct world *w = *state;
    struct kafka_reader *reader;
    struct kafka_take ask = { .max = TAKE_MAX, .max_bytes = 1 };
    struct err err;

    send_numbers(w, 3);
    reader = open_reader(w, 0, KAFKA_BEGINNING);
    expect_numbers(w, reader, 1, 1, 1);
    ask.timeout_ms = WAIT_MS;
    for (int i = 0; i < 2; i++) {
        size_t n = 0;

        assert_int_equal(kafka_reader_take(reader, &ask, w->records, &n, &err),
                         ST_OK);
        assert_int_equal(n, 1);
    }
    kafka_reader_close(reader);
}

static void
test_range(void **state)
{
    struct world *w = *state;
    struct kafka_reader_options options = { .conn = conn_to(w->brokers) };
    struct kafka_part parts[] = {
        { .topic = w->topic, .partition = 0, .next_offset = KAFKA_BEGINNING },
        { .topic = w->topic, .partition = 1, .next_offset = 777 },
    };
    struct kafka_take ask = { .max = TAKE_MAX,
                              .max_bytes = SIZE_MAX,
                              .timeout_ms = 100 };
    struct kafka_reader *reader = NULL;
    int64_t until = now_ms() + WAIT_MS;
    struct err err = { .code = "" };
    enum status rc = ST_OK;
    size_t n = 0;

    send_numbers(w, 2);
    assert_int_equal(kafka_reader_open(&options, &reader, &err), ST_OK);
    assert_int_equal(kafka_reader_assign(reader, parts, 2, &err), ST_OK);
    while (rc == ST_OK) {
        assert_true(now_ms() < until);
        rc = kafka_reader_take(reader, &ask, w->records, &n, &err);
    }
    assert_int_equal(rc, ST_REJECT);
    assert_int_equal(n, 0);
    assert_string_equal(err.code, "range");
    assert_int_equal(kafka_reader_range_part(reader), 1);
    kafka_reader_close(reader);
}

static void
test_ends(void **state)
{
    struct world *w = *state;
    struct kafka_reader_options options = { .conn = conn_to(w->brokers) };
    struct kafka_part part = { .topic = w->topic, .partition = 0 };
    struct kafka_reader *reader = NULL;
    struct kafka_ends ends;
    struct err err;

    send_numbers(w, 4);
    assert_int_equal(kafka_reader_open(&options, &reader, &err), ST_OK);
    assert_int_equal(kafka_reader_end(reader, &part, WAIT_MS, &ends, &err),
                     ST_OK);
    assert_int_equal(ends.low, 0);
    assert_int_equal(ends.high, 4);
    kafka_reader_close(reader);
}

static bool
readable(int fd, int timeout_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, timeout_ms) == 1;
}

/* Empty what there is to take, until the descriptor says that nothing is. */
static void
calm(struct world *w, struct kafka_reader *reader)
{
    await_end(w, reader);
    while (readable(kafka_reader_fd(reader), SHORT_MS))
        assert_int_equal(take(w, reader, TAKE_MAX, 0), 0);
}

static void
test_reader_descriptor(void **state)
{
    struct world *w = *state;
    struct kafka_reader *reader = open_reader(w, 0, KAFKA_BEGINNING);
    size_t seen = 0;

    calm(w, reader);
    send_numbers(w, 5);
    while (seen < 5) {
        /* One by one: readable again each time although nothing new came. */
        assert_true(readable(kafka_reader_fd(reader), WAIT_MS));
        seen += take(w, reader, 1, 0);
    }
    calm(w, reader);
    kafka_reader_close(reader);
}

static void
test_writer_descriptor(void **state)
{
    struct world *w = *state;
    struct kafka_writer *writer = open_writer(w);
    struct kafka_send s = { .topic = w->topic, .value = STR("x") };
    struct err err;
    size_t seen = 0;

    for (s.tag = 0; s.tag < 5; s.tag++)
        assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    while (seen < 5) {
        uint64_t tag = 99;
        size_t n = 0;

        assert_true(readable(kafka_writer_fd(writer), WAIT_MS));
        assert_int_equal(kafka_writer_poll(writer, 0, &tag, 1, &n, &err),
                         ST_OK);
        if (n == 1)
            assert_int_equal(tag, seen++);
    }
    kafka_writer_close(writer);
}

static void
test_positions_are_noted(void **state)
{
    struct world *w = *state;
    struct kafka_reader *reader;
    struct kafka_part part = { .topic = w->topic, .next_offset = 3 };

    send_numbers(w, 5);
    reader = open_reader(w, 0, KAFKA_BEGINNING);
    expect_numbers(w, reader, 1, 3, 1);
    kafka_reader_note(reader, &part, 1);
    expect_numbers(w, reader, 4, 5, 1);
    await_end(w, reader);
    kafka_reader_close(reader);
}

static void
test_partition_is_missing(void **state)
{
    struct world *w = *state;
    struct kafka_writer *writer = open_writer(w);
    struct kafka_send s = { .topic = w->topic,
                            .partition = 7,
                            .value = STR("x") };
    int64_t until = now_ms() + WAIT_MS;
    struct err err = { .code = "" };
    enum status rc = ST_OK;
    uint64_t tag;
    size_t n = 0;

    /* Nothing is known of the topic yet: accepted, then never confirmed. */
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    while (rc == ST_OK) {
        assert_true(now_ms() < until);
        rc = kafka_writer_poll(writer, 100, &tag, 1, &n, &err);
        assert_int_equal(n, 0);
    }
    assert_int_equal(rc, ST_FATAL);
    assert_string_equal(err.code, "producer");
    kafka_writer_close(writer);
    writer = open_writer(w);
    s.partition = 0;
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    tag = 0;
    await_confirmed(writer, 1, &tag);
    s.partition = 7;
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_RETRY);
    assert_string_equal(err.code, "topic");
    kafka_writer_close(writer);
}

/* Mock only from here: brokers that go and come back. */

static void
all_brokers(struct world *w, bool up)
{
    for (int32_t id = 1; id <= BROKERS; id++)
        assert_int_equal(up ? rd_kafka_mock_broker_set_up(w->mock, id)
                            : rd_kafka_mock_broker_set_down(w->mock, id),
                         0);
}

static void
test_reader_waits_for_brokers(void **state)
{
    struct world *w = *state;
    struct kafka_reader *reader;
    struct kafka_take ask = { .max = TAKE_MAX,
                              .max_bytes = SIZE_MAX,
                              .timeout_ms = 200 };
    int64_t until = now_ms() + WAIT_MS;
    struct err err = { .code = "" };
    enum status rc = ST_OK;
    size_t n = 0;

    send_numbers(w, 3);
    reader = open_reader(w, 0, KAFKA_BEGINNING);
    expect_numbers(w, reader, 1, 3, 10);
    await_end(w, reader);
    all_brokers(w, false);
    while (rc == ST_OK) {
        int64_t began = now_ms();

        assert_true(now_ms() < until);
        rc = kafka_reader_take(reader, &ask, w->records, &n, &err);
        assert_int_equal(n, 0);
        assert_true(now_ms() - began < 2 * ask.timeout_ms + 500);
    }
    assert_int_equal(rc, ST_RETRY);
    assert_string_equal(err.code, "kafka");
    assert_int_equal(kafka_reader_take(reader, &ask, w->records, &n, &err),
                     ST_RETRY);
    all_brokers(w, true);
    until = now_ms() + WAIT_MS;
    while (rc == ST_RETRY) {
        assert_true(now_ms() < until);
        rc = kafka_reader_take(reader, &ask, w->records, &n, &err);
    }
    assert_int_equal(rc, ST_OK);
    send_numbers(w, 2);
    expect_numbers(w, reader, 1, 2, 10);
    kafka_reader_close(reader);
}

static void
test_writer_waits_for_brokers(void **state)
{
    struct world *w = *state;
    struct kafka_writer *writer = open_writer(w);
    struct kafka_reader *reader = NULL;
    struct kafka_send s = { .topic = w->topic };
    int64_t until = now_ms() + WAIT_MS;
    struct err err = { .code = "" };
    uint64_t tags[10];
    uint64_t next = 1;
    enum status rc = ST_OK;
    size_t n = 0;

    s.value = STR("1");
    s.tag = 1;
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    await_confirmed(writer, 1, &next);
    all_brokers(w, false);
    s.value = STR("2");
    s.tag = 2;
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    s.value = STR("3");
    s.tag = 3;
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    while (rc == ST_OK) {
        int64_t began = now_ms();

        assert_true(now_ms() < until);
        rc = kafka_writer_poll(writer, 200, tags, 10, &n, &err);
        assert_int_equal(n, 0);
        assert_true(now_ms() - began < 2 * 200 + 500);
    }
    assert_int_equal(rc, ST_RETRY);
    assert_int_equal(kafka_writer_in_flight(writer), 2);
    all_brokers(w, true);
    await_confirmed(writer, 2, &next);
    kafka_writer_close(writer);
    reader = open_reader(w, 0, KAFKA_BEGINNING);
    expect_numbers(w, reader, 1, 3, 10);
    await_end(w, reader);
    kafka_reader_close(reader);
}

static void
test_full_queue(void **state)
{
    struct world *w = *state;
    struct kafka_writer_options options = { .conn = conn_to(w->brokers),
                                            .queue_records = 3 };
    struct kafka_send s = { .topic = w->topic, .value = STR("x") };
    struct kafka_writer *writer = NULL;
    uint64_t next = 0;
    struct err err = { .code = "" };

    all_brokers(w, false);
    assert_int_equal(kafka_writer_open(&options, &writer, &err), ST_OK);
    for (s.tag = 0; s.tag < 3; s.tag++)
        assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_RETRY);
    assert_string_equal(err.code, "full");
    all_brokers(w, true);
    await_confirmed(writer, 3, &next);
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    await_confirmed(writer, 1, &next);
    kafka_writer_close(writer);
}

static void
test_dead_producer(void **state)
{
    struct world *w = *state;
    struct kafka_writer *writer = open_writer(w);
    struct kafka_send s = { .topic = w->topic, .value = STR("1"), .tag = 1 };
    int64_t until = now_ms() + WAIT_MS;
    struct err err = { .code = "" };
    enum status rc = ST_OK;
    uint64_t next = 1;
    uint64_t tag;
    size_t n = 0;

    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    await_confirmed(writer, 1, &next);
    rd_kafka_mock_push_request_errors(
        w->mock, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    s.tag = 2;
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    while (rc == ST_OK) {
        assert_true(now_ms() < until);
        rc = kafka_writer_poll(writer, 100, &tag, 1, &n, &err);
        assert_int_equal(n, 0);
    }
    assert_int_equal(rc, ST_FATAL);
    assert_string_equal(err.code, "producer");
    assert_int_equal(kafka_writer_in_flight(writer), 1);
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_FATAL);
    assert_string_equal(err.code, "producer");
    kafka_writer_close(writer);
    writer = open_writer(w);
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    await_confirmed(writer, 1, &next);
    kafka_writer_close(writer);
}

static void
test_broker_changes_lose_nothing(void **state)
{
    struct world *w = *state;
    struct kafka_writer *writer = open_writer(w);
    struct kafka_reader *reader = open_reader(w, 0, KAFKA_BEGINNING);
    uint64_t next = 1;
    struct err err;

    for (int round = 0; round < 3; round++) {
        for (size_t i = 1; i <= 50; i++) {
            char text[24];
            size_t number = (size_t)round * 50 + i;

            (void)snprintf(text, sizeof text, "%zu", number);
            if (i == 25)
                assert_int_equal(rd_kafka_mock_partition_set_leader(
                                     w->mock, w->topic, 0, round % BROKERS + 1),
                                 0);
            assert_int_equal(
                kafka_writer_send(writer,
                                  &(struct kafka_send){ .topic = w->topic,
                                                        .value = str_of(text),
                                                        .tag = number },
                                  &err),
                ST_OK);
        }
    }
    await_confirmed(writer, 150, &next);
    expect_numbers(w, reader, 1, 150, 40);
    await_end(w, reader);
    kafka_reader_close(reader);
    kafka_writer_close(writer);
}

/* Nobody there at all. */

static void
test_nobody_listens(void **state)
{
    struct world w = { .brokers = "127.0.0.1:1", .topic = "casework" };
    struct kafka_conn conn = conn_to(w.brokers);
    struct kafka_part part = { .topic = w.topic };
    struct kafka_take ask = { .max = 1, .max_bytes = 1, .timeout_ms = 200 };
    const char *names[] = { "casework" };
    struct kafka_topics topics = { .names = names,
                                   .n = 1,
                                   .partitions = 1,
                                   .replication = 1,
                                   .timeout_ms = 300 };
    struct kafka_reader *reader = open_reader(&w, 0, 5);
    struct kafka_writer *writer = open_writer(&w);
    char id[KAFKA_CLUSTER_ID_SIZE];
    struct kafka_ends ends;
    int64_t began = now_ms();
    struct err err = { .code = "" };
    enum status rc = ST_OK;
    size_t n = 0;

    (void)state;
    while (rc == ST_OK && now_ms() - began < WAIT_MS)
        rc = kafka_reader_take(reader, &ask, w.records, &n, &err);
    assert_int_equal(rc, ST_RETRY);
    began = now_ms();
    assert_int_equal(kafka_reader_end(reader, &part, 300, &ends, &err),
                     ST_RETRY);
    assert_int_equal(kafka_cluster_id(&conn, 300, id, &err), ST_RETRY);
    assert_int_equal(kafka_ensure_topics(&conn, &topics, &err), ST_RETRY);
    assert_int_equal(kafka_writer_warm(writer, "casework", 300, &err),
                     ST_RETRY);
    kafka_writer_close(writer);
    kafka_reader_close(reader);
    assert_true(now_ms() - began < 5000);
}

static void
test_wrong_setting(void **state)
{
    static const struct kafka_setting wrong[] = {
        { "security.protocol", "carrier-pigeon" },
    };
    struct kafka_writer_options options = { .conn = conn_to("127.0.0.1:1") };
    struct kafka_reader_options reader_options = { .conn = options.conn };
    struct kafka_writer *writer = NULL;
    struct kafka_reader *reader = NULL;
    struct err err = { .code = "" };

    (void)state;
    options.conn.settings = reader_options.conn.settings = wrong;
    options.conn.n_settings = reader_options.conn.n_settings = 1;
    assert_int_equal(kafka_writer_open(&options, &writer, &err), ST_FATAL);
    assert_string_equal(err.code, "config");
    assert_null(writer);
    assert_int_equal(kafka_reader_open(&reader_options, &reader, &err),
                     ST_FATAL);
    assert_null(reader);
    kafka_writer_close(writer);
    kafka_reader_close(reader);
}

/* Real broker only. */

static void
test_topics_are_made(void **state)
{
    struct world *w = *state;
    struct kafka_conn conn = conn_to(w->brokers);
    char fresh[80];
    const char *names[2];
    struct kafka_topics topics = { .names = names,
                                   .n = 2,
                                   .partitions = 3,
                                   .replication = 1,
                                   .timeout_ms = WAIT_MS };
    struct kafka_reader *reader;
    struct kafka_part part = { .partition = 2 };
    struct kafka_ends ends;
    struct err err;

    (void)snprintf(fresh, sizeof fresh, "%s-fresh", w->topic);
    names[0] = w->topic; /* has 2 partitions */
    names[1] = fresh;
    for (int i = 0; i < 2; i++)
        assert_int_equal(kafka_ensure_topics(&conn, &topics, &err), ST_OK);
    reader = open_reader(w, 2, KAFKA_BEGINNING);
    part.topic = fresh;
    assert_int_equal(kafka_reader_end(reader, &part, WAIT_MS, &ends, &err),
                     ST_OK);
    await_end(w, reader);
    kafka_reader_close(reader);
}

static void
test_topic_comes_later(void **state)
{
    struct world *w = *state;
    struct kafka_conn conn = conn_to(w->brokers);
    char later[sizeof w->topic];
    const char *names[] = { later };
    struct kafka_topics topics = { .names = names,
                                   .n = 1,
                                   .partitions = 1,
                                   .replication = 1,
                                   .timeout_ms = WAIT_MS };
    struct kafka_part part = { .topic = later };
    struct kafka_reader *reader;
    struct kafka_ends ends;
    struct err err;

    (void)snprintf(later, sizeof later, "%.50s-later", w->topic);
    memcpy(w->topic, later, sizeof later);
    reader = open_reader(w, 0, KAFKA_BEGINNING);
    assert_int_equal(take(w, reader, 10, SHORT_MS), 0);
    assert_false(kafka_reader_at_end(reader, 0));
    assert_int_equal(kafka_reader_end(reader, &part, SHORT_MS, &ends, &err),
                     ST_RETRY);
    assert_int_equal(kafka_ensure_topics(&conn, &topics, &err), ST_OK);
    send_numbers(w, 3);
    expect_numbers(w, reader, 1, 3, 10);
    kafka_reader_close(reader);
}

static void
test_too_few_brokers(void **state)
{
    struct world *w = *state;
    struct kafka_conn conn = conn_to(w->brokers);
    char fresh[80];
    const char *names[1] = { fresh };
    struct kafka_topics topics = { .names = names,
                                   .n = 1,
                                   .partitions = 1,
                                   .replication = 9,
                                   .timeout_ms = 2000 };
    struct err err;

    (void)snprintf(fresh, sizeof fresh, "%s-nine", w->topic);
    assert_int_equal(kafka_ensure_topics(&conn, &topics, &err), ST_RETRY);
}

static void
test_cluster_has_a_name(void **state)
{
    struct world *w = *state;
    struct kafka_conn conn = conn_to(w->brokers);
    char first[KAFKA_CLUSTER_ID_SIZE] = "";
    char again[KAFKA_CLUSTER_ID_SIZE] = "";
    struct err err;

    assert_int_equal(kafka_cluster_id(&conn, WAIT_MS, first, &err), ST_OK);
    assert_int_equal(kafka_cluster_id(&conn, WAIT_MS, again, &err), ST_OK);
    assert_true(strlen(first) > 0);
    assert_string_equal(first, again);
}

static void
test_largest_record(void **state)
{
    struct world *w = *state;
    struct kafka_writer *writer = open_writer(w);
    struct kafka_reader *reader;
    char *text = calloc(1, KAFKA_RECORD_BYTES_MAX + 1);
    /* librdkafka reckons what surrounds a record with less than 1 kB. */
    struct kafka_send s = { .topic = w->topic,
                            .value = { text, KAFKA_RECORD_BYTES_MAX - 1000 },
                            .tag = 1 };
    uint64_t next = 1;
    struct err err = { .code = "" };

    assert_non_null(text);
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_OK);
    await_confirmed(writer, 1, &next);
    reader = open_reader(w, 0, KAFKA_BEGINNING);
    assert_int_equal(await_records(w, reader, 5), 1);
    assert_int_equal(w->records[0].value.n, KAFKA_RECORD_BYTES_MAX - 1000);
    s.value.n = KAFKA_RECORD_BYTES_MAX + 1;
    assert_int_equal(kafka_writer_send(writer, &s, &err), ST_FATAL);
    assert_string_equal(err.code, "size");
    kafka_reader_close(reader);
    kafka_writer_close(writer);
    free(text);
}

/* Where records never stop coming no fetch finds nothing: a source that waited
 * for one would never know that a number is missing. */
static void
test_end_under_a_stream(void **state)
{
    struct world *w = *state;
    struct kafka_source_options options = { .conn = conn_to(w->brokers),
                                            .topics = { TOPIC_CASEWORK },
                                            .n_topics = 1 };
    const int64_t from = OFFSET_EARLIEST;
    int64_t until = now_ms() + WAIT_MS;
    struct kafka_source *s = NULL;
    struct taken taken = { .n = 0 };
    struct source port;
    struct err err = { .code = "" };
    size_t left = 5;

    send_numbers(w, left);
    assert_int_equal(kafka_source_open(&options, &s, &port, &err), ST_OK);
    assert_int_equal(port.start(port.self, &from, 1, &err), ST_OK);
    while (left > 0) {
        assert_int_equal(taken.eof, 0);
        assert_true(now_ms() < until);
        assert_int_equal(
            port.take(port.self, 0, 100, left > 2 ? 2 : left, &taken, &err),
            ST_OK);
        left -= taken.n;
    }
    assert_int_equal(taken.eof, 1);
    kafka_source_close(s);
}

#define ON_MOCK(name, f)                                                       \
    {                                                                          \
        "mock: " name, f, mock_setup, mock_teardown, NULL                      \
    }
#define ON_REAL(name, f)                                                       \
    {                                                                          \
        "real: " name, f, real_setup, real_teardown, NULL                      \
    }
#define ALONE(name, f)                                                         \
    {                                                                          \
        name, f, NULL, NULL, NULL                                              \
    }

/* These hold on any cluster. */
#define ON_BOTH(ON)                                                            \
    ON("key, value, null, empty and headers come as sent", test_round_trip),   \
        ON("order holds over thousands of records", test_order),               \
        ON("reading goes on at a given offset", test_goes_on_at_offset),       \
        ON("the end is known until a record follows",                          \
           test_end_comes_and_goes),                                           \
        ON("a reader knows at its start if nothing is to be read",             \
           test_end_is_known_at_the_start),                                    \
        ON("a take is limited in bytes", test_bytes_are_limited),              \
        ON("one record always fits", test_one_record_always_fits),             \
        ON("an offset outside the log names its partition", test_range),       \
        ON("a partition tells its ends", test_ends),                           \
        ON("a reader's descriptor says when to take", test_reader_descriptor), \
        ON("a writer's descriptor says when to poll", test_writer_descriptor), \
        ON("noting a position disturbs nothing", test_positions_are_noted),    \
        ON("a missing partition confirms nothing", test_partition_is_missing)

int
main(void)
{
    static const struct CMUnitTest mock[] = {
        ON_BOTH(ON_MOCK),
        ON_MOCK("a reader says retry while all brokers are gone",
                test_reader_waits_for_brokers),
        ON_MOCK("a writer keeps its records while all brokers are gone",
                test_writer_waits_for_brokers),
        ON_MOCK("a full queue says retry", test_full_queue),
        ON_MOCK("the last of what was fetched is the end, under a stream too",
                test_end_under_a_stream),
        ON_MOCK("a dead producer says so, the next one goes on",
                test_dead_producer),
        ON_MOCK("nothing is lost or doubled when the leader moves",
                test_broker_changes_lose_nothing),
        ALONE("nobody listening is answered within bounds",
              test_nobody_listens),
        ALONE("a wrong setting stops the open", test_wrong_setting),
    };
    static const struct CMUnitTest real[] = {
        ON_BOTH(ON_REAL),
        ON_REAL("topics are made and grow", test_topics_are_made),
        ON_REAL("a topic that is made later is read", test_topic_comes_later),
        ON_REAL("too few brokers for the replication is waited for",
                test_too_few_brokers),
        ON_REAL("a cluster has one name", test_cluster_has_a_name),
        ON_REAL("the largest record passes, a larger one is refused",
                test_largest_record),
    };
    int failed = cmocka_run_group_tests_name("kafka mock", mock, NULL, NULL);

    if (getenv("WAYMARK_KAFKA") != NULL)
        failed += cmocka_run_group_tests_name("kafka real", real, NULL, NULL);
    return failed;
}
