/*
 * The outbox: entries as they went in, numbered and chained, limits of both
 * kinds of topic, going back to a mark, and blocks that are damaged.
 */
#include "common/core/outbox.h"
#include "tests/lib/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum {
    ENTRY = 30, /* bytes of an entry beside key, value and headers */
    HEADER = 8, /* and of a header beside its texts */
};

static int
open_arena(void **state)
{
    struct arena *arena = malloc(sizeof *arena);

    if (arena == NULL)
        return -1;
    heap_arena(arena);
    *state = arena;
    return 0;
}

static int
close_arena(void **state)
{
    heap_release(*state);
    free(*state);
    return 0;
}

static void
add(struct outbox *box, enum topic topic, struct str key, struct str value)
{
    struct err err;

    assert_int_equal(outbox_append(box, topic, key, value, NULL, 0, &err),
                     ST_OK);
}

static struct str
zeroes(struct arena *arena, size_t n)
{
    return (struct str){ .p = arena_alloc(arena, n), .n = n };
}

static void
an_empty_block_has_no_entry(void **state)
{
    struct outbox box;
    struct tails tails = { .at = { { 0 } } };
    struct outbox_entry e;
    size_t at = 0;
    bool ok = false;

    outbox_init(&box, *state, &tails);
    assert_int_equal(outbox_bytes(&box).n, 0);
    assert_non_null(outbox_bytes(&box).p);
    assert_false(outbox_next(outbox_bytes(&box), &at, &e, &ok));
    assert_true(ok);
}

static void
entries_come_back_as_they_went_in(void **state)
{
    static const struct outbox_header headers[] = {
        { .name = STR("wm-code"), .value = STR("R20") },
        { .name = STR(""), .value = STR("") },
    };
    struct outbox box;
    struct tails tails = { .at = { { 0 } } };
    struct outbox_entry e;
    struct outbox_header h;
    struct err err;
    size_t at = 0, from = 0;
    bool ok;

    outbox_init(&box, *state, &tails);
    add(&box, TOPIC_ALERTS, STR("k"), STR("value"));
    assert_int_equal(outbox_append(&box, TOPIC_DEAD_LETTERS, STR_NULL, STR_NULL,
                                   headers, 2, &err),
                     ST_OK);
    add(&box, TOPIC_CASEWORK, STR("key"), STR(""));
    assert_int_equal(box.entries, 3);
    assert_int_equal(outbox_bytes(&box).n, 3 * ENTRY + 6 + 2 * HEADER + 10 + 3);

    assert_true(outbox_next(outbox_bytes(&box), &at, &e, &ok));
    assert_true(ok);
    assert_int_equal(e.topic, TOPIC_ALERTS);
    assert_true(str_is(e.key, "k"));
    assert_true(str_is(e.value, "value"));
    assert_int_equal(e.headers.n, 0);

    assert_true(outbox_next(outbox_bytes(&box), &at, &e, &ok));
    assert_int_equal(e.topic, TOPIC_DEAD_LETTERS);
    assert_int_equal(e.key.n, 0);
    assert_null(e.value.p);
    assert_true(outbox_next_header(e.headers, &from, &h));
    assert_true(str_is(h.name, "wm-code"));
    assert_true(str_is(h.value, "R20"));
    assert_true(outbox_next_header(e.headers, &from, &h));
    assert_int_equal(h.name.n + h.value.n, 0);
    assert_false(outbox_next_header(e.headers, &from, &h));

    assert_true(outbox_next(outbox_bytes(&box), &at, &e, &ok));
    assert_int_equal(e.topic, TOPIC_CASEWORK);
    assert_true(str_is(e.key, "key"));
    assert_true(str_is(e.value, "")); /* empty, not null */

    assert_false(outbox_next(outbox_bytes(&box), &at, &e, &ok));
    assert_true(ok);
}

static void
each_topic_has_its_own_numbers_and_chain(void **state)
{
    struct outbox box;
    struct tails tails = { .at = { { 0 } } };
    struct outbox_entry e;
    size_t at = 0;
    uint64_t first, second;
    bool ok;

    tails.at[TOPIC_ALERTS].sequence = 41;
    tails.at[TOPIC_ALERTS].chain = 99;
    outbox_init(&box, *state, &tails);
    add(&box, TOPIC_ALERTS, STR("k"), STR("a"));
    add(&box, TOPIC_CASEWORK, STR("k"), STR("b"));
    add(&box, TOPIC_ALERTS, STR("k"), STR("c"));

    first = chain_next(99, STR("k"), STR("a"));
    second = chain_next(first, STR("k"), STR("c"));
    assert_true(outbox_next(outbox_bytes(&box), &at, &e, &ok));
    assert_int_equal(e.sequence, 42);
    assert_int_equal(e.chain, first);
    assert_true(outbox_next(outbox_bytes(&box), &at, &e, &ok));
    assert_int_equal(e.sequence, 1);
    assert_int_equal(e.chain, chain_next(0, STR("k"), STR("b")));
    assert_true(outbox_next(outbox_bytes(&box), &at, &e, &ok));
    assert_int_equal(e.sequence, 43);
    assert_int_equal(e.chain, second);
    assert_int_equal(box.tails.at[TOPIC_ALERTS].sequence, 43);
    assert_int_equal(box.tails.at[TOPIC_ALERTS].chain, second);
    assert_int_equal(box.tails.at[TOPIC_FEEDBACK].sequence, 0);
    assert_int_equal(tails.at[TOPIC_ALERTS].sequence, 41);
}

struct size_row {
    const char *name;
    enum topic topic;
    size_t key, value, header; /* of its value; SIZE_MAX: there is none */
    enum status want;
};

static const struct size_row size_rows[] = {
    { "a record of 1 MiB goes out", TOPIC_CASEWORK, 1, RECORD_SIZE_MAX - 1,
      SIZE_MAX, ST_OK },
    { "a record of 1 MiB and a byte is refused", TOPIC_CASEWORK, 1,
      RECORD_SIZE_MAX, SIZE_MAX, ST_REJECT },
    { "a key counts like a value", TOPIC_CASEWORK, RECORD_SIZE_MAX + 1, 0,
      SIZE_MAX, ST_REJECT },
    { "a dead letter of 2 MiB goes out", TOPIC_DEAD_LETTERS, 0,
      DEAD_LETTER_SIZE_MAX, SIZE_MAX, ST_OK },
    { "a dead letter of 2 MiB and a byte is refused", TOPIC_DEAD_LETTERS, 0,
      DEAD_LETTER_SIZE_MAX + 1, SIZE_MAX, ST_REJECT },
    { "headers that fill a dead letter go out", TOPIC_DEAD_LETTERS, 0,
      DEAD_LETTER_SIZE_MAX - 20, 20 - HEADER - 1, ST_OK },
    { "headers count for the limit", TOPIC_DEAD_LETTERS, 0,
      DEAD_LETTER_SIZE_MAX - 20, 20 - HEADER, ST_REJECT },
};

static void
test_size(void **state)
{
    const struct size_row *row = *state;
    struct arena arena;
    struct outbox box;
    struct tails tails = { .at = { { 0 } } };
    struct outbox_header h = { .name = STR("n") };
    struct err err = { .code = "" };

    heap_arena(&arena);
    outbox_init(&box, &arena, &tails);
    add(&box, row->topic, STR("k"), STR("v"));
    if (row->header != SIZE_MAX)
        h.value = zeroes(&arena, row->header);
    assert_int_equal(outbox_append(&box, row->topic, zeroes(&arena, row->key),
                                   zeroes(&arena, row->value), &h,
                                   row->header != SIZE_MAX, &err),
                     row->want);
    if (row->want == ST_REJECT) {
        assert_string_equal(err.code, "size");
        assert_int_equal(box.entries, 1);
        assert_int_equal(outbox_bytes(&box).n, ENTRY + 2);
        assert_int_equal(box.tails.at[row->topic].sequence, 1);
    } else {
        assert_int_equal(box.entries, 2);
        assert_int_equal(box.tails.at[row->topic].sequence, 2);
    }
    heap_release(&arena);
}

static void
a_block_grows_and_keeps_what_it_holds(void **state)
{
    struct outbox box;
    struct tails tails = { .at = { { 0 } } };
    struct outbox_entry e;
    size_t at = 0;
    bool ok;

    outbox_init(&box, *state, &tails);
    for (int i = 0; i < 500; i++) {
        char key[2] = { (char)('a' + i % 26), 0 };
        struct str value = zeroes(*state, (size_t)i * 10);

        add(&box, TOPIC_ALERTS, str_of(key), value);
    }
    for (int i = 0; i < 500; i++) {
        assert_true(outbox_next(outbox_bytes(&box), &at, &e, &ok));
        assert_int_equal(e.sequence, i + 1);
        assert_int_equal(e.key.n, 1);
        assert_int_equal(e.key.p[0], 'a' + i % 26);
        assert_int_equal(e.value.n, i * 10);
    }
    assert_int_equal(at, outbox_bytes(&box).n);
}

static void
going_back_to_a_mark_forgets_what_came_after(void **state)
{
    struct outbox a, b;
    struct tails tails = { .at = { { 0 } } };
    struct outbox_mark mark;

    outbox_init(&a, *state, &tails);
    outbox_init(&b, *state, &tails);
    add(&a, TOPIC_ALERTS, STR("k"), STR("a"));
    mark = outbox_mark(&a);
    add(&a, TOPIC_ALERTS, STR("k"), STR("not true"));
    add(&a, TOPIC_CASEWORK, STR("k"), STR("nor this"));
    outbox_undo(&a, mark);
    add(&a, TOPIC_ALERTS, STR("k"), STR("b"));

    add(&b, TOPIC_ALERTS, STR("k"), STR("a"));
    add(&b, TOPIC_ALERTS, STR("k"), STR("b"));
    assert_int_equal(a.entries, 2);
    assert_true(str_eq(outbox_bytes(&a), outbox_bytes(&b)));
    assert_memory_equal(&a.tails, &b.tails, sizeof a.tails);
}

static void
a_block_that_was_cut_is_damaged(void **state)
{
    static const struct outbox_header h = { .name = STR("n"),
                                            .value = STR("v") };
    struct outbox box;
    struct tails tails = { .at = { { 0 } } };
    struct str block;
    struct err err;

    outbox_init(&box, *state, &tails);
    assert_int_equal(outbox_append(&box, TOPIC_DEAD_LETTERS, STR("key"),
                                   STR("value"), &h, 1, &err),
                     ST_OK);
    block = outbox_bytes(&box);
    for (size_t n = 1; n <= block.n; n++) {
        struct outbox_entry e;
        size_t at = 0;
        bool ok;
        bool more_of_it =
            outbox_next((struct str){ .p = block.p, .n = n }, &at, &e, &ok);

        assert_int_equal(more_of_it, n == block.n);
        assert_int_equal(ok, n == block.n);
    }
}

struct damage {
    const char *name;
    size_t at;
    uint8_t byte;
    bool fine;
};

static const struct damage damage_rows[] = {
    { "an entry of no topic is damaged", 0, TOPIC_NONE, false },
    { "an entry of the last topic is fine", 0, TOPIC_N - 1, true },
    { "an entry of an unknown topic is damaged", 0, TOPIC_N, false },
    { "a key beyond the block is damaged", 5, 0xff, false },
    { "a value beyond the block is damaged", 9, 0xff, false },
    { "headers beyond the block are damaged", 13, 0xff, false },
    { "a key by a byte too long is damaged", 2, 10, false },
    { "a value by a byte too long is damaged", 6, 8, false },
    { "headers by a byte too long are damaged", 10, 2, false },
};

static void
test_damage(void **state)
{
    const struct damage *row = *state;
    struct arena arena;
    struct outbox box;
    struct tails tails = { .at = { { 0 } } };
    struct outbox_entry e;
    size_t at = 0;
    bool ok;

    heap_arena(&arena);
    outbox_init(&box, &arena, &tails);
    /* Nine bytes behind the lengths: two, seven and none. */
    add(&box, TOPIC_ALERTS, STR("ke"), STR("value.."));
    box.at[row->at] = row->byte;
    assert_int_equal(outbox_next(outbox_bytes(&box), &at, &e, &ok), row->fine);
    assert_int_equal(ok, row->fine);
    heap_release(&arena);
}

static void
headers_that_were_cut_end_early(void **state)
{
    static const char bytes[] = "\1\0\0\0\2\0\0\0nvv";
    struct outbox_header h;

    (void)state;
    for (size_t n = 0; n <= 11; n++) {
        size_t at = 0;

        assert_int_equal(
            outbox_next_header((struct str){ .p = bytes, .n = n }, &at, &h),
            n == 11);
        assert_int_equal(at, n == 11 ? 11 : 0);
    }
    assert_true(str_is(h.name, "n"));
    assert_true(str_is(h.value, "vv"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)

int
main(void)
{
    struct CMUnitTest tests[7 + N_OF(size_rows) + N_OF(damage_rows)] = {
        T(an_empty_block_has_no_entry),
        T(entries_come_back_as_they_went_in),
        T(each_topic_has_its_own_numbers_and_chain),
        T(a_block_grows_and_keeps_what_it_holds),
        T(going_back_to_a_mark_forgets_what_came_after),
        T(a_block_that_was_cut_is_damaged),
        T(headers_that_were_cut_end_early),
    };
    size_t n = 7;

    for (size_t i = 0; i < N_OF(size_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = size_rows[i].name,
                                 .test_func = test_size,
                                 .initial_state = (void *)&size_rows[i] };
    for (size_t i = 0; i < N_OF(damage_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = damage_rows[i].name,
                                 .test_func = test_damage,
                                 .initial_state = (void *)&damage_rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
