/*
 * Keys out of one node: every id has one, and erasing one leaves all others
 * and nothing of it.
 */
#include "common/adapters/key_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SHARD 7
#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct seal_key root = {
    .b = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
           0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
           0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11 }
};

static struct id
record(uint8_t n)
{
    return (struct id){ .b = { n } };
}

static struct seal_key
key_of(const struct seal_key *node, const struct seal_range *range,
       struct id key_id)
{
    struct seal_key key;

    key_tree_derive(node, range, key_id, &key);
    return key;
}

/* The only part that holds the id; NULL: none does. */
static const struct key_tree_part *
part_of(const struct key_tree_part *parts, size_t n, struct id key_id)
{
    const struct key_tree_part *found = NULL;

    for (size_t i = 0; i < n; i++)
        if (key_tree_holds(&parts[i].range, key_id)) {
            assert_null(found);
            found = &parts[i];
        }
    return found;
}

static void
the_key_of_an_id_is_what_the_log_was_sealed_with(void **state)
{
    /* By a second HChaCha20, written for this from the draft of XChaCha. */
    static const uint8_t want[SEAL_KEY_BYTES] = {
        0x9e, 0x13, 0x82, 0x27, 0x8a, 0xd2, 0xb9, 0xe3, 0xbf, 0x86, 0x52,
        0x83, 0xe3, 0xcc, 0xaa, 0xf9, 0x0f, 0x4d, 0x00, 0x74, 0x6e, 0xd1,
        0xf7, 0x8f, 0xda, 0xfa, 0xa9, 0x67, 0x7e, 0xab, 0x19, 0xdd
    };
    const struct id key_id = { .b = { 0x00, 0x01, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4,
                                      0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab,
                                      0xac, 0xad } };
    const struct seal_range all = key_tree_whole(SHARD, 1);
    struct seal_key key = key_of(&root, &all, key_id);

    (void)state;
    assert_memory_equal(key.b, want, sizeof want);
}

struct whole_row {
    const char *name;
    int tree;
    uint8_t first[2];
};

static const struct whole_row whole_rows[] = {
    { "the first tree has the ids that begin with 0001", 1, { 0, 1 } },
    { "a tree's number takes both bytes", 0x1234, { 0x12, 0x34 } },
    { "the last tree has the ids that begin with ffff",
      KEY_TREE_MAX,
      { 0xff, 0xff } },
};

static void
test_whole_row(void **state)
{
    const struct whole_row *row = *state;
    const struct seal_range all = key_tree_whole(SHARD, row->tree);
    struct id first = ID_NONE, last = key_tree_last(&all), before, key_id;

    memcpy(first.b, row->first, 2);
    assert_int_equal(all.shard, SHARD);
    assert_int_equal(all.digits, KEY_TREE_NUMBER_DIGITS);
    assert_true(id_eq(all.first, first));
    assert_memory_equal(last.b, row->first, 2);
    for (size_t i = 2; i < sizeof last.b; i++)
        assert_int_equal(last.b[i], 0xff);
    key_id = key_tree_id(row->tree, record(9));
    assert_int_equal(key_tree_number(key_id), row->tree);
    assert_true(key_tree_holds(&all, key_id));
    assert_true(key_tree_holds(&all, first));
    assert_true(key_tree_holds(&all, last));
    before = first;
    before.b[1]--;
    assert_false(key_tree_holds(&all, before));
}

static void
two_records_have_two_keys(void **state)
{
    const struct seal_range all = key_tree_whole(SHARD, 1);
    struct seal_key one = key_of(&root, &all, key_tree_id(1, record(1)));
    struct seal_key two = key_of(&root, &all, key_tree_id(1, record(2)));

    (void)state;
    assert_memory_not_equal(&one, &two, sizeof one);
    assert_memory_not_equal(&one, &root, sizeof one);
}

static void
without_one_every_other_key_is_what_it_was(void **state)
{
    const struct seal_range all = key_tree_whole(SHARD, 1);
    struct key_tree_part parts[KEY_TREE_PARTS_MAX];
    const struct id gone = key_tree_id(1, record(1));
    size_t n = key_tree_split(&root, &all, gone, parts);

    (void)state;
    assert_int_equal(n, KEY_TREE_PARTS_MAX);
    assert_null(part_of(parts, n, gone));
    for (int i = 2; i < 200; i++) {
        struct id id = key_tree_id(1, record((uint8_t)i));
        const struct key_tree_part *part = part_of(parts, n, id);
        struct seal_key was = key_of(&root, &all, id), is;

        assert_non_null(part);
        is = key_of(&part->node, &part->range, id);
        assert_memory_equal(&is, &was, sizeof is);
    }
}

/* Each of the 112 ids that differ from it in one bit alone. */
static void
its_nearest_neighbours_stay_too(void **state)
{
    const struct seal_range all = key_tree_whole(SHARD, 1);
    struct key_tree_part parts[KEY_TREE_PARTS_MAX];
    const struct id gone = key_tree_id(1, record(1));
    size_t n = key_tree_split(&root, &all, gone, parts);

    (void)state;
    for (int bit = 16; bit < 128; bit++) {
        struct id id = gone;
        const struct key_tree_part *part;
        struct seal_key was, is;

        id.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        part = part_of(parts, n, id);
        assert_non_null(part);
        assert_int_equal(part->range.digits, bit / 4 + 1);
        assert_int_equal(part->range.shard, SHARD);
        was = key_of(&root, &all, id);
        is = key_of(&part->node, &part->range, id);
        assert_memory_equal(&is, &was, sizeof is);
    }
}

/* A node of its path is what is left beside a neighbour's path. */
static void
nothing_that_is_left_is_on_its_path(void **state)
{
    const struct seal_range all = key_tree_whole(SHARD, 1);
    struct key_tree_part parts[KEY_TREE_PARTS_MAX], others[KEY_TREE_PARTS_MAX];
    const struct id gone = key_tree_id(1, record(1));
    size_t n = key_tree_split(&root, &all, gone, parts);

    (void)state;
    for (int bit = 16; bit < 128; bit++) {
        const struct key_tree_part *on_path;
        struct id neighbour = gone;
        size_t n_others;

        neighbour.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        n_others = key_tree_split(&root, &all, neighbour, others);
        on_path = part_of(others, n_others, gone);
        assert_non_null(on_path);
        for (size_t i = 0; i < n; i++)
            assert_memory_not_equal(&parts[i].node, &on_path->node,
                                    sizeof on_path->node);
    }
}

static void
a_second_is_erased_out_of_what_the_first_has_left(void **state)
{
    const struct seal_range all = key_tree_whole(SHARD, 1);
    struct key_tree_part first[KEY_TREE_PARTS_MAX], second[KEY_TREE_PARTS_MAX];
    const struct id one = key_tree_id(1, record(1)),
                    two = key_tree_id(1, record(2));
    size_t n = key_tree_split(&root, &all, one, first);
    const struct key_tree_part *held = part_of(first, n, two);
    size_t n_second = key_tree_split(&held->node, &held->range, two, second);

    (void)state;
    assert_int_equal(n_second, 15 * (KEY_TREE_DIGITS - held->range.digits));
    assert_null(part_of(second, n_second, two));
    for (size_t i = 0; i < n_second; i++)
        assert_true(key_tree_holds(&held->range, second[i].range.first));
}

static void
a_range_of_one_id_leaves_nothing(void **state)
{
    const struct id only = key_tree_id(1, record(1));
    const struct seal_range one = { .shard = SHARD,
                                    .first = only,
                                    .digits = KEY_TREE_DIGITS };
    struct key_tree_part parts[KEY_TREE_PARTS_MAX];
    struct seal_key key = key_of(&root, &one, only);

    (void)state;
    assert_int_equal(key_tree_split(&root, &one, only, parts), 0);
    assert_memory_equal(&key, &root, sizeof key);
    assert_true(id_eq(key_tree_last(&one), only));
}

static double
now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void
a_key_takes_less_than_10_us(void **state)
{
    const struct seal_range all = key_tree_whole(SHARD, 1);
    double best_us = 1e9;

    (void)state;
    for (int t = 0; t < 20; t++) {
        double begun = now_us();

        for (int i = 0; i < 200; i++)
            (void)key_of(&root, &all, key_tree_id(1, record((uint8_t)i)));
        if (now_us() - begun < best_us * 200)
            best_us = (now_us() - begun) / 200;
    }
    print_message("derived in %.2f us each\n", best_us);
#if !defined(__SANITIZE_ADDRESS__) && defined(__OPTIMIZE__)
    assert_true(best_us < 10);
#endif
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(the_key_of_an_id_is_what_the_log_was_sealed_with),
        cmocka_unit_test(two_records_have_two_keys),
        cmocka_unit_test(without_one_every_other_key_is_what_it_was),
        cmocka_unit_test(its_nearest_neighbours_stay_too),
        cmocka_unit_test(nothing_that_is_left_is_on_its_path),
        cmocka_unit_test(a_second_is_erased_out_of_what_the_first_has_left),
        cmocka_unit_test(a_range_of_one_id_leaves_nothing),
        cmocka_unit_test(a_key_takes_less_than_10_us),
    };
    struct CMUnitTest tests[N(others) + N(whole_rows)];

    memcpy(tests, others, sizeof others);
    for (size_t i = 0; i < N(whole_rows); i++)
        tests[N(others) + i] =
            (struct CMUnitTest){ .name = whole_rows[i].name,
                                 .test_func = test_whole_row,
                                 .initial_state = (void *)&whole_rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
