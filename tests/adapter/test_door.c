/*
 * What one request may cost: how many records it has, how many values one of
 * them, and what rows of a sheet are that say nothing. There is no database
 * behind the door here: what is sound is told to come again.
 */
#include "intake/door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/engine/memory.h"
#include "intake/table.h"

enum { MEMORY_MAX = 64 << 20 };

#define TEXT_MAX ((size_t)1 << 20)

static struct {
    struct arena *arena;
    char *text; /* TEXT_MAX */
    struct agencies agencies;
    struct door door;
} bed; /* set by setup */

static int
setup(void **state)
{
    const struct terms_files files = { .profiles = "profiles",
                                       .profile = "kent-2015.json",
                                       .calendars = "calendars",
                                       .agencies = &bed.agencies };
    struct append_options append = { .schema = "intake",
                                     .authority = STR("kent-2015") };
    struct err err;

    (void)state;
    bed.arena = memory_open(MEMORY_MAX);
    bed.text = malloc(TEXT_MAX);
    assert_non_null(bed.text);
    assert_int_equal(terms_of_files(&files, &append.terms, &err), ST_OK);
    bed.door = (struct door){ .authority = append.authority,
                              .hash_key = STR("only-for-tests-0123456789") };
    return append_open(&append, &bed.door.append, &err) == ST_OK ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    append_close(bed.door.append);
    free(bed.text);
    memory_close(bed.arena);
    return 0;
}

/* `n` times `unit` between two texts. */
static struct str
repeated(const char *before, const char *unit, size_t n, const char *after)
{
    size_t size = strlen(unit), at = strlen(before);

    assert_true(at + n * size + strlen(after) < TEXT_MAX);
    memcpy(bed.text, before, at);
    for (size_t i = 0; i < n; i++, at += size)
        memcpy(bed.text + at, unit, size);
    memcpy(bed.text + at, after, strlen(after));
    return (struct str){ .p = bed.text, .n = at + strlen(after) };
}

/* ---- records of a request ------------------------------------------------ */

struct split {
    const char *name;
    const char *before, *unit, *after;
    size_t n;
    bool lines;
    size_t want; /* rows; 0: too many */
};

static const struct split splits[] = {
    { "a list of 100,000 is taken apart", "[1", ",1", "]", DOOR_ROWS_MAX - 1,
      false, DOOR_ROWS_MAX },
    { "one of 100,001 is too long", "[1", ",1", "]", DOOR_ROWS_MAX, false, 0 },
    { "so are 100,000 lines", "", "1\n", "", DOOR_ROWS_MAX, true,
      DOOR_ROWS_MAX },
    { "and 100,001", "", "1\n", "", DOOR_ROWS_MAX + 1, true, 0 },
    { "blank lines don't count", "1\n", "\n", "1\n", DOOR_ROWS_MAX + 1, true,
      2 },
};

static void
test_split(void **state)
{
    const struct split *s = *state;
    struct str body = repeated(s->before, s->unit, s->n, s->after);
    struct err err = { .code = "" };
    struct str *rows;
    struct json_out out;
    size_t n = 0;

    arena_reset(bed.arena);
    if (s->want > 0) {
        assert_int_equal(door_split(bed.arena, body, s->lines, &rows, &n, &err),
                         ST_OK);
        assert_int_equal(n, s->want);
        return;
    }
    assert_int_equal(door_split(bed.arena, body, s->lines, &rows, &n, &err),
                     ST_REJECT);
    assert_string_equal(err.code, "R04");
    json_out_init(&out, NULL);
    assert_int_equal(door_unreadable(&out, &err), 413);
    json_out_free(&out);
}

/* ---- values of a record -------------------------------------------------- */

static int
status_of_list(size_t n)
{
    struct str body = repeated("{\"x\":[0", ",0", n - 1, "]}");
    struct door_batch one = { .item = ITEM_NOTIFICATION,
                              .rows = &body,
                              .n = 1 };
    struct json_out out;
    int status;

    json_out_init(&out, NULL);
    status = door_one(&bed.door, &one, &out);
    json_out_free(&out);
    return status;
}

static void
a_record_has_so_many_values_and_no_more(void **state)
{
    (void)state;
    /* The record and its list are two of them. */
    assert_int_equal(status_of_list(DOOR_VALUES_MAX - 2), 422);
    assert_int_equal(status_of_list(DOOR_VALUES_MAX - 1), 413);
}

static void
commas_of_a_text_are_no_values(void **state)
{
    struct str body = repeated("{\"concern\":\"\\\"", ",[{", 5000, "\"}");

    (void)state;
    assert_int_equal(json_count(body), 2);
}

/* ---- sheets -------------------------------------------------------------- */

static struct table *
open_sheet(struct str text, FILE **in)
{
    const struct sheet_options options = { .item = ITEM_NOTIFICATION };
    struct problems problems;
    struct table *t = NULL;
    struct err err;

    *in = fmemopen((void *)(uintptr_t)text.p, text.n, "r");
    assert_non_null(*in);
    arena_reset(bed.arena);
    assert_int_equal(table_open(*in, &options, &t, bed.arena, &problems, &err),
                     ST_OK);
    return t;
}

static void
rows_are_counted_without_being_taken(void **state)
{
    struct str text =
        repeated("agency_id,agency_ref,kind,sent_at\n", "a,b\n", 1000, ",\n");
    struct table_chunk chunk;
    struct err err;
    FILE *in;
    struct table *t = open_sheet(text, &in);
    bool is = false;

    (void)state;
    assert_int_equal(table_is_within(t, bed.arena, 1000, &is, &err), ST_OK);
    assert_true(is);
    assert_int_equal(table_is_within(t, bed.arena, 999, &is, &err), ST_OK);
    assert_false(is);
    assert_int_equal(table_next(t, bed.arena, 10, &chunk, &err), ST_OK);
    assert_int_equal(chunk.n, 10);
    assert_int_equal(chunk.rows[0].number, 2);
    table_close(t);
    (void)fclose(in);
}

/* Rows in which nothing stands make no chunk full, and cost memory. */
static void
blank_rows_cost_no_more_than_a_chunk(void **state)
{
    struct str text = repeated("agency_id,agency_ref,kind,sent_at\n",
                               ",,,,,,,,\n", 100000, "");
    struct table_chunk chunk = { .end = false };
    struct err err;
    FILE *in;
    struct table *t = open_sheet(text, &in);

    (void)state;
    while (!chunk.end) {
        arena_reset(bed.arena);
        assert_int_equal(table_next(t, bed.arena, 500, &chunk, &err), ST_OK);
        assert_int_equal(chunk.n, 0);
        assert_true(bed.arena->used < (size_t)8 << 20);
    }
    table_close(t);
    (void)fclose(in);
}

int
main(void)
{
    enum { N = sizeof splits / sizeof splits[0] };
    struct CMUnitTest tests[N + 4] = { { .name = NULL } };
    size_t n = 0;

    for (; n < N; n++)
        tests[n] = (struct CMUnitTest){ .name = splits[n].name,
                                        .test_func = test_split,
                                        .initial_state = (void *)&splits[n] };
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        a_record_has_so_many_values_and_no_more);
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test(commas_of_a_text_are_no_values);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        rows_are_counted_without_being_taken);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        blank_rows_cost_no_more_than_a_chunk);
    return cmocka_run_group_tests_name("door", tests, setup, teardown);
}
