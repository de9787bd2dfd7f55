/*
 * Numbers and chains: what a header looks like, what it may not look like,
 * and which record a reader applies, drops, waits for or stops at.
 */
#include "common/core/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct link sample = {
    .origin = { .service = SERVICE_TRACKER,
                .authority = 0x0102,
                .incarnation = 0x03040506 },
    .sequence = 0x0708090a0b0c0d0e,
    .chain = 0xf0f1f2f3f4f5f6f7,
};

static const uint8_t sample_bytes[CHAIN_HEADER_SIZE] = {
    1,    SERVICE_TRACKER,
    1,    2,
    3,    4,
    5,    6,
    7,    8,
    9,    10,
    11,   12,
    13,   14,
    0xf0, 0xf1,
    0xf2, 0xf3,
    0xf4, 0xf5,
    0xf6, 0xf7,
};

static struct str
bytes_of(const uint8_t *p, size_t n)
{
    return (struct str){ .p = (const char *)p, .n = n };
}

/* Logs of years hold these values: they may never change. */
static void
a_chain_has_the_value_it_always_had(void **state)
{
    uint64_t first = chain_next(0, STR("key"), STR("value"));

    (void)state;
    assert_int_equal(first, 0x35dfba3f81b2fc5d);
    assert_int_equal(chain_next(first, STR("key"), STR("value")),
                     0xf7b591ec1d27ac6c);
}

static void
a_chain_depends_on_all_that_it_covers(void **state)
{
    uint64_t chain = chain_next(7, STR("ab"), STR("cd"));

    (void)state;
    assert_int_equal(chain, chain_next(7, STR("ab"), STR("cd")));
    assert_int_not_equal(chain, chain_next(8, STR("ab"), STR("cd")));
    assert_int_not_equal(chain, chain_next(7, STR("aB"), STR("cd")));
    assert_int_not_equal(chain, chain_next(7, STR("ab"), STR("cD")));
    assert_int_not_equal(chain, chain_next(7, STR("a"), STR("bcd")));
    assert_int_not_equal(chain, chain_next(7, STR("cd"), STR("ab")));
    assert_int_not_equal(chain, chain_next(7, STR(""), STR("abcd")));
}

static void
a_null_text_counts_as_an_empty_one(void **state)
{
    (void)state;
    assert_int_equal(chain_next(7, STR_NULL, STR_NULL),
                     chain_next(7, STR(""), STR("")));
}

static void
a_header_is_24_bytes_big_endian(void **state)
{
    uint8_t out[CHAIN_HEADER_SIZE];

    (void)state;
    chain_header(&sample, out);
    assert_memory_equal(out, sample_bytes, sizeof out);
}

static void
a_header_is_read_as_it_was_written(void **state)
{
    static const struct link rows[] = {
        { .origin = { .service = SERVICE_TRACKER,
                      .authority = 0x0102,
                      .incarnation = 0x03040506 },
          .sequence = 0x0708090a0b0c0d0e,
          .chain = 0xf0f1f2f3f4f5f6f7 },
        { .origin = { .service = SERVICE_INTAKE }, .sequence = 1 },
        { .origin = { .service = SERVICE_N - 1,
                      .authority = UINT16_MAX,
                      .incarnation = UINT32_MAX },
          .sequence = INT64_MAX,
          .chain = UINT64_MAX },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(rows); i++) {
        uint8_t bytes[CHAIN_HEADER_SIZE];
        struct link link = { .sequence = -1 };

        chain_header(&rows[i], bytes);
        assert_true(chain_read(bytes_of(bytes, sizeof bytes), &link));
        assert_true(origin_eq(link.origin, rows[i].origin));
        assert_int_equal(link.sequence, rows[i].sequence);
        assert_int_equal(link.chain, rows[i].chain);
    }
}

static void
a_header_of_another_length_is_refused(void **state)
{
    uint8_t longer[CHAIN_HEADER_SIZE + 1] = { 0 };
    struct link link;

    (void)state;
    memcpy(longer, sample_bytes, sizeof sample_bytes);
    for (size_t n = 0; n <= sizeof longer; n++)
        assert_int_equal(chain_read(bytes_of(longer, n), &link),
                         n == CHAIN_HEADER_SIZE);
    assert_false(chain_read(STR_NULL, &link));
}

struct spoilt {
    const char *name;
    size_t at;
    uint8_t byte;
    bool fine;
};

static const struct spoilt spoilt_rows[] = {
    { "a header of version 0 is refused", 0, 0, false },
    { "a header of version 2 is refused", 0, 2, false },
    { "a header of no service is refused", 1, SERVICE_NONE, false },
    { "a header of the first service is read", 1, SERVICE_NONE + 1, true },
    { "a header of the last service is read", 1, SERVICE_N - 1, true },
    { "a header of an unknown service is refused", 1, SERVICE_N, false },
    { "a header of a number below zero is refused", 8, 0x80, false },
    { "a header of the largest numbers is read", 8, 0x7f, true },
};

static void
test_spoilt(void **state)
{
    const struct spoilt *row = *state;
    uint8_t bytes[CHAIN_HEADER_SIZE];
    struct link link;

    memcpy(bytes, sample_bytes, sizeof bytes);
    bytes[row->at] = row->byte;
    assert_int_equal(chain_read(bytes_of(bytes, sizeof bytes), &link),
                     row->fine);
}

static void
numbers_begin_with_one(void **state)
{
    struct link link = sample;
    uint8_t bytes[CHAIN_HEADER_SIZE];

    (void)state;
    link.sequence = 0;
    chain_header(&link, bytes);
    assert_false(chain_read(bytes_of(bytes, sizeof bytes), &link));
    bytes[15] = 1;
    assert_true(chain_read(bytes_of(bytes, sizeof bytes), &link));
    assert_int_equal(link.sequence, 1);
}

static void
origins_are_equal_in_all_three(void **state)
{
    struct origin a = sample.origin, b = a;

    (void)state;
    assert_true(origin_eq(a, b));
    b.service++;
    assert_false(origin_eq(a, b));
    b = a;
    b.authority++;
    assert_false(origin_eq(a, b));
    b = a;
    b.incarnation++;
    assert_false(origin_eq(a, b));
}

struct admitted {
    const char *name;
    int64_t mark, sequence;
    uint64_t spoil; /* added to the right chain */
    enum admit want;
};

static const struct admitted admitted_rows[] = {
    { "the first record of all is applied", 0, 1, 0, ADMIT_NEXT },
    { "the next record is applied", 7, 8, 0, ADMIT_NEXT },
    { "the next record with another chain is a fork", 7, 8, 1, ADMIT_FORK },
    { "the last record again is dropped", 7, 7, 0, ADMIT_DROP },
    { "the last number with another chain is a fork", 7, 7, 1, ADMIT_FORK },
    { "an older record is dropped unseen", 7, 6, 1, ADMIT_DROP },
    { "the record behind the next one is a gap", 7, 9, 0, ADMIT_GAP },
    { "a second record without a first is a gap", 0, 2, 0, ADMIT_GAP },
};

static void
test_admitted(void **state)
{
    const struct admitted *row = *state;
    struct mark mark = { .sequence = row->mark, .chain = 55 };
    struct link link = { .sequence = row->sequence, .chain = 55 };

    if (row->sequence == row->mark + 1)
        link.chain = chain_next(55, STR("k"), STR("v"));
    link.chain += row->spoil;
    assert_int_equal(chain_admit(&mark, &link, STR("k"), STR("v")), row->want);
}

int
main(void)
{
    struct CMUnitTest tests[8 + N_OF(spoilt_rows) + N_OF(admitted_rows)] = {
        cmocka_unit_test(a_chain_has_the_value_it_always_had),
        cmocka_unit_test(a_chain_depends_on_all_that_it_covers),
        cmocka_unit_test(a_null_text_counts_as_an_empty_one),
        cmocka_unit_test(a_header_is_24_bytes_big_endian),
        cmocka_unit_test(a_header_is_read_as_it_was_written),
        cmocka_unit_test(a_header_of_another_length_is_refused),
        cmocka_unit_test(numbers_begin_with_one),
        cmocka_unit_test(origins_are_equal_in_all_three),
    };
    size_t n = 8;

    for (size_t i = 0; i < N_OF(spoilt_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = spoilt_rows[i].name,
                                 .test_func = test_spoilt,
                                 .initial_state = (void *)&spoilt_rows[i] };
    for (size_t i = 0; i < N_OF(admitted_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = admitted_rows[i].name,
                                 .test_func = test_admitted,
                                 .initial_state = (void *)&admitted_rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
