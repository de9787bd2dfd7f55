/* The engine's sink over Kafka: what waits, what goes, in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <string.h>

#include "common/adapters/held.h"
#include "common/adapters/kafka_port.h"
#include "common/core/chain.h"
#include "common/core/outbox.h"
#include "common/engine/memory.h"

enum { MEMORY_MAX = 8 << 20, WAIT_MS = 10000, TURNS = 40 };

struct world {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *mock;
    struct arena *arena;
    struct kafka_sink *kafka;
    struct sink sink;
    struct outbox box;
    struct err err;
};

static int
set_up(void **state)
{
    static struct world w;
    struct tails none;
    char why[200];

    w = (struct world){ .arena = memory_open(MEMORY_MAX) };
    w.rk =
        rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    assert_non_null(w.rk);
    w.mock = rd_kafka_mock_cluster_new(w.rk, 1);
    assert_non_null(w.mock);
    (void)rd_kafka_mock_topic_create(w.mock, "casework", 1, 1);
    memset(&none, 0, sizeof none);
    outbox_init(&w.box, w.arena, &none);
    assert_int_equal(
        kafka_sink_open(
            &(struct kafka_sink_options){
                .conn = { .brokers = rd_kafka_mock_cluster_bootstraps(w.mock) },
                .origin = { .service = SERVICE_TRIAGE, .incarnation = 1 },
                .full_wait_ms = 1000 },
            &w.kafka, &w.sink, &w.err),
        ST_OK);
    assert_int_equal(w.sink.restart(w.sink.self, &w.err), ST_OK);
    *state = &w;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *w = *state;

    kafka_sink_close(w->kafka);
    rd_kafka_mock_cluster_destroy(w->mock);
    rd_kafka_destroy(w->rk);
    memory_close(w->arena);
    return 0;
}

/* The block of turn `turn`, with `n` records behind those of earlier ones. */
static struct committed
block_of(struct world *w, int64_t turn, size_t n)
{
    struct tails tails = w->box.tails;

    outbox_init(&w->box, w->arena, &tails);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(outbox_append(&w->box, TOPIC_CASEWORK, STR("k"),
                                       STR("v"), NULL, 0, &w->err),
                         ST_OK);
    return (struct committed){ .turn = turn, .block = outbox_bytes(&w->box) };
}

static void
publish(struct world *w, int64_t turn, size_t n)
{
    struct committed c = block_of(w, turn, n);

    assert_int_equal(w->sink.publish(w->sink.self, &c, &w->err), ST_OK);
}

/* Until `turn` is confirmed. */
static void
await_confirmed(struct world *w, int64_t turn)
{
    int64_t confirmed = -1;

    for (int i = 0; confirmed < turn && i < WAIT_MS / 10; i++)
        assert_int_equal(
            w->sink.confirmed(w->sink.self, 10, &confirmed, &w->err), ST_OK);
    assert_int_equal(confirmed, turn);
}

/* The log holds 1..n of casework in order, each once. */
static void
log_holds(struct world *w, int64_t n)
{
    struct kafka_conn conn = { .brokers =
                                   rd_kafka_mock_cluster_bootstraps(w->mock) };
    struct kafka_part part = { .topic = "casework",
                               .next_offset = KAFKA_BEGINNING };
    struct kafka_take ask = { .max = 50,
                              .max_bytes = 1 << 20,
                              .timeout_ms = 100 };
    struct kafka_record records[50];
    struct kafka_reader *reader;
    int64_t seen = 0;
    size_t got = 0;

    assert_int_equal(
        kafka_reader_open(&(struct kafka_reader_options){ .conn = conn },
                          &reader, &w->err),
        ST_OK);
    assert_int_equal(kafka_reader_assign(reader, &part, 1, &w->err), ST_OK);
    for (int i = 0; (seen < n || got > 0) && i < WAIT_MS / 100; i++) {
        assert_int_equal(
            kafka_reader_take(reader, &ask, records, &got, &w->err), ST_OK);
        for (size_t r = 0; r < got; r++) {
            struct link link;

            assert_true(chain_read(records[r].wm, &link));
            assert_int_equal(link.sequence, ++seen);
        }
    }
    assert_int_equal(seen, n);
    kafka_reader_close(reader);
}

static void
what_is_committed_meanwhile_waits_and_goes_together(void **state)
{
    struct world *w = *state;

    publish(w, 1, 1);
    assert_false(w->sink.holds(w->sink.self));
    publish(w, 2, 3);
    publish(w, 3, 9);
    assert_true(w->sink.holds(w->sink.self));
    await_confirmed(w, 3);
    assert_false(w->sink.holds(w->sink.self));
    log_holds(w, 13);
}

/* Small and large ones go by two writers, never at the same time. */
static void
order_holds_from_writer_to_writer(void **state)
{
    struct world *w = *state;
    int64_t n = 0, confirmed = -1;

    for (int64_t turn = 1; turn <= TURNS; turn++) {
        size_t records = turn % 3 == 0 ? 60 : 1;

        publish(w, turn, records);
        n += (int64_t)records;
        if (turn % 4 == 0)
            assert_int_equal(
                w->sink.confirmed(w->sink.self, 0, &confirmed, &w->err), ST_OK);
    }
    await_confirmed(w, TURNS);
    log_holds(w, n);
}

static void
a_turn_without_records_is_confirmed_in_its_place(void **state)
{
    struct world *w = *state;

    publish(w, 1, 2);
    publish(w, 2, 0);
    await_confirmed(w, 2);
    publish(w, 3, 0);
    await_confirmed(w, 3);
    log_holds(w, 2);
}

static void
a_restart_forgets_what_was_held(void **state)
{
    struct world *w = *state;

    publish(w, 1, 1);
    publish(w, 2, 1);
    await_confirmed(w, 2);
    publish(w, 3, 1);
    publish(w, 4, 1);
    assert_true(w->sink.holds(w->sink.self));
    assert_int_equal(w->sink.restart(w->sink.self, &w->err), ST_OK);
    assert_false(w->sink.holds(w->sink.self));
}

static void
blocks_are_held_up_to_the_limit(void **state)
{
    static char big[HELD_BYTES_MAX];
    struct held held = { .n = 0 };
    struct committed c = { .turn = 1, .block = { .p = big, .n = sizeof big } };
    size_t at = 0;

    (void)state;
    assert_true(held_add(&held, &c));
    c = (struct committed){ .turn = 2, .block = STR("x") };
    assert_false(held_add(&held, &c));
    assert_int_equal(held.n, 1);
    held_clear(&held);
    assert_true(held_add(&held, &c));
    c = (struct committed){ .turn = 3, .block = STR("") };
    assert_true(held_add(&held, &c));
    c = (struct committed){ .turn = 4, .block = STR("yz") };
    assert_true(held_add(&held, &c));
    assert_int_equal(held.n, 3);
    assert_memory_equal(held_block(&held, 0, &at).block.p, "x", 1);
    assert_int_equal(held_block(&held, 1, &at).block.n, 0);
    c = held_block(&held, 2, &at);
    assert_int_equal(c.turn, 4);
    assert_memory_equal(c.block.p, "yz", 2);
    held_free(&held);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(what_is_committed_meanwhile_waits_and_goes_together),
        IN_WORLD(order_holds_from_writer_to_writer),
        IN_WORLD(a_turn_without_records_is_confirmed_in_its_place),
        IN_WORLD(a_restart_forgets_what_was_held),
        cmocka_unit_test(blocks_are_held_up_to_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
