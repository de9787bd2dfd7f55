/*
 * PostgreSQL for real: values, failures, lost connections, and working sets
 * that go into tables and come back the same.
 *
 * Wants a server that PGHOST, PGUSER and so on point to and that lets a
 * schema be made and other backends be ended; without PGHOST all is skipped.
 */
#include "common/adapters/pg_rows.h"
#include "tests/lib/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define SHARD 7

enum table_no {
    SAMPLE, /* every type of field */
    PLOT,   /* groups and deadlines */
    LINK,   /* nothing but a key */
};

struct sample {
    struct id id;
    struct str text;
    struct str bytes;
    int32_t i32;
    int64_t i64;
    bool boolean;
    enum tri tri;
    time_ms at;
    date_d day;
    int colour;
    uint32_t colours;
    struct texts lines;
};

struct plot {
    struct str kind;
    int colour;
    struct id owner;
    int32_t number;
    time_ms due_at;
};

struct link {
    struct id from;
    int64_t order;
};

static const char *const colour_words[] = { "red", "green", "blue" };
static const struct codes codes_colour = { "colour", colour_words, 3 };

#define FIELD(s, m, t, f)                                                     \
    { .name = #m, .type = t, .flags = f, .offset = offsetof(struct s, m) }
#define CODES(s, m, t, f)                                                     \
    {                                                                         \
        .name = #m, .type = t, .flags = f, .offset = offsetof(struct s, m),   \
        .codes = &codes_colour                                                \
    }

static const struct field sample_fields[] = {
    FIELD(sample, id, F_ID, 0),
    FIELD(sample, text, F_TEXT, F_NULLABLE),
    FIELD(sample, bytes, F_BYTES, F_NULLABLE),
    FIELD(sample, i32, F_I32, F_NULLABLE),
    FIELD(sample, i64, F_I64, F_NULLABLE),
    FIELD(sample, boolean, F_BOOL, 0),
    FIELD(sample, tri, F_TRI, 0),
    FIELD(sample, at, F_TIME, F_NULLABLE),
    FIELD(sample, day, F_DATE, F_NULLABLE),
    CODES(sample, colour, F_CODE, F_NULLABLE),
    CODES(sample, colours, F_SET, 0),
    FIELD(sample, lines, F_TEXTS, 0),
};

static const struct field plot_fields[] = {
    FIELD(plot, kind, F_TEXT, 0),
    CODES(plot, colour, F_CODE, 0),
    FIELD(plot, owner, F_ID, F_NULLABLE),
    FIELD(plot, number, F_I32, 0),
    FIELD(plot, due_at, F_TIME, F_NULLABLE),
};

static const struct field link_fields[] = {
    FIELD(link, from, F_ID, 0),
    FIELD(link, order, F_I64, 0),
};

#define BY_OWNER 0
#define BY_OWNER_NUMBER 1

static const struct table tables[] = {
    [SAMPLE] = { .fields = { .name = "sample",
                             .size = sizeof(struct sample),
                             .at = sample_fields,
                             .n = N(sample_fields) },
                 .n_key = 1,
                 .due = -1 },
    [PLOT] = { .fields = { .name = "plot",
                           .size = sizeof(struct plot),
                           .at = plot_fields,
                           .n = N(plot_fields) },
               .n_key = 2,
               .index = { { .name = "plot_owner", .fields = { 2 }, .n = 1 },
                          { .name = "plot_owner_number",
                            .fields = { 2, 3 },
                            .n = 2 } },
               .n_index = 2,
               .due = 4 },
    [LINK] = { .fields = { .name = "link",
                           .size = sizeof(struct link),
                           .at = link_fields,
                           .n = N(link_fields) },
               .n_key = 2,
               .due = -1 },
};

static char schema[32]; /* of this run; set once by main */

struct bed {
    struct arena arena;
    struct pg *pg;
    struct pg_rows *pr;
};

static void
ok(enum status rc, const struct err *err)
{
    if (rc != ST_OK)
        fail_msg("%s %s: %s", status_name(rc), err->code, err->text);
}

static struct pg *
connect_here(void)
{
    struct pg_options o = { .application_name = "test_pg",
                            .wait_ms = 20000,
                            .plan_by_key = true };
    struct pg *pg;
    struct err err;

    ok(pg_open(&o, &pg, &err), &err);
    return pg;
}

static void
run(struct pg *pg, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
run(struct pg *pg, const char *fmt, ...)
{
    char script[4000];
    struct err err;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(script, sizeof script, fmt, ap);
    va_end(ap);
    assert_in_range(n, 1, sizeof script - 1);
    ok(pg_exec(pg, script, &err), &err);
}

static int
set_up(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);
    struct err err;

    assert_non_null(bed);
    heap_arena(&bed->arena);
    bed->pg = connect_here();
    bed->pr = pg_rows_open(schema, tables, N(tables));
    run(bed->pg, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", schema,
        schema);
    for (size_t i = 0; i < N(tables); i++)
        run(bed->pg, "%s", pg_rows_ddl(bed->pr, i, &bed->arena).p);
    ok(pg_rows_learn(bed->pr, bed->pg, &bed->arena, &err), &err);
    *state = bed;
    return 0;
}

static int
tear_down(void **state)
{
    struct bed *bed = *state;

    pg_close(bed->pg);
    bed->pg = connect_here();
    run(bed->pg, "DROP SCHEMA %s CASCADE", schema);
    pg_close(bed->pg);
    pg_rows_close(bed->pr);
    heap_release(&bed->arena);
    free(bed);
    return 0;
}

static struct id
id_no(unsigned n)
{
    struct id id = ID_NONE;

    id.b[0] = (uint8_t)(n >> 16);
    id.b[1] = (uint8_t)(n >> 8);
    id.b[2] = (uint8_t)n;
    id.b[15] = 1;
    return id;
}

/* One text out of the database. */
static const char *
value(struct bed *bed, const char *sql)
{
    struct pg_result *res;
    struct err err;
    struct str text;

    ok(pg_query(bed->pg, NULL, sql, NULL, &res, &err), &err);
    assert_int_equal(pg_n_rows(res), 1);
    text = arena_str(&bed->arena, pg_text(res, 0, 0));
    pg_result_close(res);
    return text.p;
}

static const char *
value_of(struct bed *bed, const char *what)
{
    return value(bed, arena_printf(&bed->arena, "SELECT (%s)::text FROM %s.%s",
                                   what, schema, "sample")
                          .p);
}

/* ---- values -------------------------------------------------------------- */

static void
every_type_comes_back_as_it_was_sent(void **state)
{
    struct bed *bed = *state;
    struct pg_params p;
    struct pg_result *res;
    struct err err;

    pg_params_init(&p, &bed->arena);
    pg_add_bool(&p, true);
    pg_add_i16(&p, -2);
    pg_add_i32(&p, INT32_MAX);
    pg_add_i64(&p, INT64_MIN + 1);
    pg_add_id(&p, id_no(5));
    pg_add_text(&p, STR("g\xc3\xa4rten"));
    pg_add_bytes(&p, STR("\0\xff"));
    pg_add_time(&p, -1);
    pg_add_time(&p, TIME_NEVER);
    pg_add_date(&p, -719162); /* 0001-01-01 */
    pg_add_text(&p, STR(""));
    ok(pg_query(bed->pg, NULL,
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
                "$8::text = ($8 AT TIME ZONE 'UTC')::timestamptz::text, "
                "$9::text, $10::text, "
                "extract(epoch FROM $8)::text",
                &p, &res, &err),
       &err);
    assert_true(pg_bool(res, 0, 0));
    assert_int_equal(pg_i32(res, 0, 1), -2);
    assert_int_equal(pg_i64(res, 0, 1), -2);
    assert_int_equal(pg_i32(res, 0, 2), INT32_MAX);
    assert_true(pg_i64(res, 0, 3) == INT64_MIN + 1);
    assert_true(id_eq(pg_id(res, 0, 4), id_no(5)));
    assert_true(str_is(pg_text(res, 0, 5), "g\xc3\xa4rten"));
    assert_true(str_eq(pg_text(res, 0, 6), STR("\0\xff")));
    assert_int_equal(pg_time(res, 0, 7), -1);
    assert_true(pg_time(res, 0, 8) == TIME_NEVER);
    assert_int_equal(pg_date(res, 0, 9), -719162);
    assert_true(str_eq(pg_text(res, 0, 10), STR("")));
    assert_true(str_is(pg_text(res, 0, 12), "infinity"));
    assert_true(str_is(pg_text(res, 0, 13), "0001-01-01"));
    assert_true(str_is(pg_text(res, 0, 14), "-0.001000"));
    pg_result_close(res);
}

static void
null_values_are_null_there_and_back(void **state)
{
    struct bed *bed = *state;
    struct pg_params p;
    struct pg_result *res;
    struct err err;

    pg_params_init(&p, &bed->arena);
    pg_add_null(&p, PG_BOOL);
    pg_add_i32(&p, I32_NONE);
    pg_add_i64(&p, I64_NONE);
    pg_add_id(&p, ID_NONE);
    pg_add_text(&p, STR_NULL);
    pg_add_bytes(&p, STR_NULL);
    pg_add_time(&p, TIME_NONE);
    pg_add_date(&p, DATE_NONE);
    ok(pg_query(bed->pg, NULL, "SELECT $1, $2, $3, $4, $5, $6, $7, $8", &p,
                &res, &err),
       &err);
    for (size_t i = 0; i < 8; i++)
        assert_true(pg_is_null(res, 0, i));
    assert_false(pg_bool(res, 0, 0));
    assert_int_equal(pg_i32(res, 0, 1), I32_NONE);
    assert_true(pg_i64(res, 0, 2) == I64_NONE);
    assert_true(id_is_none(pg_id(res, 0, 3)));
    assert_null(pg_text(res, 0, 4).p);
    assert_null(pg_text(res, 0, 5).p);
    assert_true(pg_time(res, 0, 6) == TIME_NONE);
    assert_int_equal(pg_date(res, 0, 7), DATE_NONE);
    pg_result_close(res);
}

static void
arrays_arrive_with_their_nulls(void **state)
{
    struct bed *bed = *state;
    struct pg_params p;
    struct pg_result *res;
    struct err err;

    pg_params_init(&p, &bed->arena);
    pg_array_begin(&p, PG_TEXT, 0);
    pg_add_text(&p, STR("a"));
    pg_add_text(&p, STR_NULL);
    pg_add_text(&p, STR(""));
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, 2);
    pg_add_i64(&p, 1);
    pg_add_i64(&p, -1);
    pg_array_end(&p);
    pg_array_begin(&p, PG_DATE, 5);
    pg_array_end(&p);
    ok(pg_query(bed->pg, NULL, "SELECT $1::text, $2::text, $3::text", &p, &res,
                &err),
       &err);
    assert_true(str_is(pg_text(res, 0, 0), "{a,NULL,\"\"}"));
    assert_true(str_is(pg_text(res, 0, 1), "{1,-1}"));
    assert_true(str_is(pg_text(res, 0, 2), "{}"));
    pg_result_close(res);
}

struct edge_row {
    const char *name;
    bool date;
    int64_t value;
    enum status rc;
    const char *text; /* where it is fine */
};

static const struct edge_row edge_rows[] = {
    { "last instant", false, 9224318015999999, ST_OK,
      "294276-12-31 23:59:59.999+00" },
    { "past the last instant", false, 9224318016000000, ST_REJECT, NULL },
    { "first instant", false, -210866803200000, ST_OK,
      "4714-11-24 00:00:00+00 BC" },
    { "before the first instant", false, -210866803200001, ST_REJECT, NULL },
    { "the least there is", false, INT64_MIN + 1, ST_REJECT, NULL },
    { "last date", true, 2145042905, ST_OK, "5874897-12-31" },
    { "past the last date", true, 2145042906, ST_REJECT, NULL },
    { "first date", true, -2440588, ST_OK, "4714-11-24 BC" },
    { "before the first date", true, -2440589, ST_REJECT, NULL },
};

static void
times_are_good_up_to_the_calendars_end(void **state)
{
    struct bed *bed = *state;

    run(bed->pg, "SET TimeZone = 'UTC'");
    for (size_t i = 0; i < N(edge_rows); i++) {
        const struct edge_row *e = &edge_rows[i];
        struct pg_params p;
        struct pg_result *res;
        struct err err = { .code = "" };
        enum status rc;

        pg_params_init(&p, &bed->arena);
        if (e->date)
            pg_add_date(&p, (date_d)e->value);
        else
            pg_add_time(&p, e->value);
        rc = pg_query(bed->pg, NULL, "SELECT $1, $1::text", &p, &res, &err);
        if (rc != e->rc)
            fail_msg("%s: %s %s", e->name, status_name(rc), err.text);
        if (rc == ST_OK) {
            assert_true((e->date ? pg_date(res, 0, 0) : pg_time(res, 0, 0)) ==
                        e->value);
            assert_string_equal(
                arena_str(&bed->arena, pg_text(res, 0, 1)).p, e->text);
        } else {
            assert_string_equal(err.code, "value");
        }
        pg_result_close(res);
    }
}

static void
microseconds_are_cut_towards_the_past(void **state)
{
    struct bed *bed = *state;
    struct pg_result *res;
    struct err err;

    ok(pg_query(bed->pg, NULL,
                "SELECT '1999-12-31 23:59:59.999999+00'::timestamptz,"
                " '2000-01-01 00:00:00.000999+00'::timestamptz",
                NULL, &res, &err),
       &err);
    assert_true(pg_time(res, 0, 0) == INT64_C(946684799999));
    assert_true(pg_time(res, 0, 1) == INT64_C(946684800000));
    pg_result_close(res);
}

static void
affected_rows_are_counted(void **state)
{
    struct bed *bed = *state;
    struct pg_result *res;
    struct err err;

    run(bed->pg, "CREATE TABLE %s.t (n int); "
                 "INSERT INTO %s.t VALUES (1), (2), (3)",
        schema, schema);
    ok(pg_query(bed->pg, NULL,
                arena_printf(&bed->arena, "DELETE FROM %s.t WHERE n > 1",
                             schema)
                    .p,
                NULL, &res, &err),
       &err);
    assert_int_equal(pg_n_affected(res), 2);
    assert_int_equal(pg_n_rows(res), 0);
    pg_result_close(res);
}

/* ---- failures ------------------------------------------------------------ */

struct error_row {
    const char *name;
    const char *sql;
    enum status rc;
    const char *code;
    const char *sqlstate;
};

#define RAISE(state)                                                          \
    "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '" state "'; END $$"

static const struct error_row error_rows[] = {
    { "a value out of range", "SELECT 300000::int2", ST_REJECT, "value",
      "22003" },
    { "a broken constraint", RAISE("23505"), ST_REJECT, "value", "23505" },
    { "a value too long for an index", RAISE("54000"), ST_REJECT, "value",
      "54000" },
    { "another owner", RAISE("WM001"), ST_RETRY, "fence", "WM001" },
    { "serialization", RAISE("40001"), ST_RETRY, "database", "40001" },
    { "deadlock", RAISE("40P01"), ST_RETRY, "database", "40P01" },
    { "disk full", RAISE("53100"), ST_RETRY, "database", "53100" },
    { "too many connections", RAISE("53300"), ST_RETRY, "database",
      "53300" },
    { "a lock that another holds", RAISE("55P03"), ST_RETRY, "database",
      "55P03" },
    { "a table in use is not one", RAISE("55006"), ST_FATAL, "sql", "55006" },
    { "shutting down", RAISE("57P01"), ST_RETRY, "database", "57P01" },
    { "cancelled", RAISE("57014"), ST_RETRY, "database", "57014" },
    { "an error of its disk", RAISE("58030"), ST_RETRY, "database", "58030" },
    { "a standby", RAISE("25006"), ST_RETRY, "database", "25006" },
    { "no active transaction", RAISE("25P01"), ST_FATAL, "sql", "25P01" },
    { "a spelling mistake", "SELEC 1", ST_FATAL, "sql", "42601" },
    { "no such table", "SELECT * FROM nowhere.at_all", ST_FATAL, "sql",
      "42P01" },
    { "an exception of our own", RAISE("P0001"), ST_FATAL, "sql", "P0001" },
    { "an error inside the server", RAISE("XX000"), ST_FATAL, "sql",
      "XX000" },
};

static void
failures_say_what_to_do(void **state)
{
    struct bed *bed = *state;

    for (size_t i = 0; i < N(error_rows); i++)
        for (int script = 0; script < 2; script++) {
            const struct error_row *e = &error_rows[i];
            struct err err = { .code = "" };
            enum status rc =
                script ? pg_exec(bed->pg, e->sql, &err)
                       : pg_query(bed->pg, NULL, e->sql, NULL, NULL, &err);

            if (rc != e->rc || strcmp(err.code, e->code) != 0 ||
                strcmp(pg_sqlstate(bed->pg), e->sqlstate) != 0)
                fail_msg("%s: %s %s %s: %s", e->name, status_name(rc),
                         err.code, pg_sqlstate(bed->pg), err.text);
            assert_false(pg_is_lost(bed->pg));
        }
    assert_string_equal(value(bed, "SELECT 'alive'"), "alive");
}

static void
a_refused_value_is_not_in_the_text(void **state)
{
    struct bed *bed = *state;
    struct err err;

    run(bed->pg, "CREATE TABLE %s.t (name text PRIMARY KEY)", schema);
    run(bed->pg, "INSERT INTO %s.t VALUES ('Testchild Alpha')", schema);
    assert_int_equal(
        pg_exec(bed->pg,
                arena_printf(&bed->arena,
                             "INSERT INTO %s.t VALUES ('Testchild Alpha')",
                             schema)
                    .p,
                &err),
        ST_REJECT);
    assert_null(strstr(err.text, "Alpha"));
    assert_non_null(strstr(err.text, "t_pkey"));
    assert_int_equal(
        pg_exec(bed->pg, "SELECT 'Testchild Alpha'::integer", &err),
        ST_REJECT);
    assert_null(strstr(err.text, "Alpha"));
    assert_non_null(strstr(err.text, "22P02"));
}

static void
a_script_stops_at_its_first_failure(void **state)
{
    struct bed *bed = *state;
    struct err err;

    assert_int_equal(pg_exec(bed->pg,
                             "BEGIN; CREATE TEMP TABLE left_over (n int);"
                             "SELECT 1 / 0; CREATE TEMP TABLE never (n int)",
                             &err),
                     ST_REJECT);
    assert_string_equal(
        value(bed, "SELECT count(*)::text FROM pg_class"
                   " WHERE relname IN ('left_over', 'never')"),
        "0");
    assert_int_equal(pg_exec(bed->pg, "COPY pg_class TO STDOUT", &err),
                     ST_FATAL);
}

static void
a_fence_in_the_pipeline_undoes_all_of_it(void **state)
{
    struct bed *bed = *state;
    struct err err;
    char insert[100];

    run(bed->pg, "CREATE TABLE %s.t (n int)", schema);
    (void)snprintf(insert, sizeof insert, "INSERT INTO %s.t VALUES (1)",
                   schema);
    for (int i = 0; i < 2; i++) {
        pg_pipeline_begin(bed->pg);
        (void)pg_send(bed->pg, "begin", "BEGIN", NULL);
        (void)pg_send(bed->pg, "insert", insert, NULL);
        if (i == 0)
            (void)pg_send(bed->pg, NULL, RAISE("WM001"), NULL);
        /* Prepared anew, for the first pipeline never came to it. */
        (void)pg_send(bed->pg, "again", insert, NULL);
        (void)pg_send(bed->pg, "commit", "COMMIT", NULL);
        if (i == 0) {
            assert_int_equal(pg_sync(bed->pg, &err), ST_RETRY);
            assert_string_equal(err.code, "fence");
        } else {
            ok(pg_sync(bed->pg, &err), &err);
            assert_int_equal(pg_n_affected(pg_answer(bed->pg, 1)), 1);
        }
    }
    assert_string_equal(
        value(bed,
              arena_printf(&bed->arena, "SELECT count(*)::text FROM %s.t",
                           schema)
                  .p),
        "2");
}

static void
without_begin_a_pipeline_is_one_transaction(void **state)
{
    struct bed *bed = *state;
    struct err err;
    char insert[100];

    run(bed->pg, "CREATE TABLE %s.t (n int)", schema);
    (void)snprintf(insert, sizeof insert, "INSERT INTO %s.t VALUES (1)",
                   schema);
    pg_pipeline_begin(bed->pg);
    (void)pg_send(bed->pg, NULL, insert, NULL);
    (void)pg_send(bed->pg, NULL, "SELECT 1 / 0", NULL);
    assert_int_equal(pg_sync(bed->pg, &err), ST_REJECT);
    assert_string_equal(
        value(bed,
              arena_printf(&bed->arena, "SELECT count(*)::text FROM %s.t",
                           schema)
                  .p),
        "0");
}

static void
an_empty_pipeline_is_fine(void **state)
{
    struct bed *bed = *state;
    struct err err;

    pg_pipeline_begin(bed->pg);
    ok(pg_sync(bed->pg, &err), &err);
    assert_string_equal(value(bed, "SELECT 'alive'"), "alive");
}

static void
large_traffic_both_ways_does_not_block(void **state)
{
    struct bed *bed = *state;
    const size_t size = (size_t)1 << 20;
    struct pg_params p;
    struct err err;
    char *big = arena_alloc(&bed->arena, size);

    memset(big, 'x', size);
    pg_params_init(&p, &bed->arena);
    pg_add_text(&p, (struct str){ .p = big, .n = size });
    pg_pipeline_begin(bed->pg);
    for (int i = 0; i < 40; i++)
        (void)pg_send(bed->pg, "echo", "SELECT $1", &p);
    ok(pg_sync(bed->pg, &err), &err);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(pg_text(pg_answer(bed->pg, i), 0, 0).n, size);
}

static void
kill_backend(struct pg *pg)
{
    struct pg *other = connect_here();

    run(other, "SELECT pg_terminate_backend(%d, 5000)", pg_backend(pg));
    pg_close(other);
}

static void
a_killed_connection_is_to_be_tried_again(void **state)
{
    struct bed *bed = *state;
    struct err err = { .code = "" };

    kill_backend(bed->pg);
    assert_int_equal(pg_query(bed->pg, NULL, "SELECT 1", NULL, NULL, &err),
                     ST_RETRY);
    assert_string_equal(err.code, "database");
    assert_true(pg_is_lost(bed->pg));
    assert_int_equal(pg_exec(bed->pg, "SELECT 1", &err), ST_RETRY);
    pg_pipeline_begin(bed->pg);
    (void)pg_send(bed->pg, "one", "SELECT 1", NULL);
    assert_int_equal(pg_sync(bed->pg, &err), ST_RETRY);
    assert_string_equal(err.code, "database");
}

static void
a_connection_killed_in_a_pipeline_is_to_be_tried_again(void **state)
{
    struct bed *bed = *state;
    struct err err = { .code = "" };

    pg_pipeline_begin(bed->pg);
    (void)pg_send(bed->pg, "begin", "BEGIN", NULL);
    (void)pg_send(bed->pg, NULL,
                  "SELECT pg_terminate_backend(pg_backend_pid())", NULL);
    (void)pg_send(bed->pg, NULL, "SELECT pg_sleep(10)", NULL);
    (void)pg_send(bed->pg, "commit", "COMMIT", NULL);
    assert_int_equal(pg_sync(bed->pg, &err), ST_RETRY);
    assert_string_equal(err.code, "database");
    assert_true(pg_is_lost(bed->pg));
}

static void
a_script_on_a_killed_connection_is_to_be_tried_again(void **state)
{
    struct bed *bed = *state;
    struct err err = { .code = "" };
    bool got;

    kill_backend(bed->pg);
    assert_int_equal(pg_exec(bed->pg, "SELECT 1; SELECT 2", &err), ST_RETRY);
    assert_string_equal(err.code, "database");
    assert_int_equal(pg_await(bed->pg, -1, 0, &got, &err), ST_RETRY);
}

static void
an_answer_that_takes_too_long_loses_the_connection(void **state)
{
    struct bed *bed = *state;
    struct err err = { .code = "" };

    pg_set_wait(bed->pg, 50);
    assert_int_equal(
        pg_query(bed->pg, NULL, "SELECT pg_sleep(5)", NULL, NULL, &err),
        ST_RETRY);
    assert_string_equal(err.code, "database");
    assert_true(pg_is_lost(bed->pg));
}

static void
the_servers_own_time_out_keeps_the_connection(void **state)
{
    struct bed *bed = *state;
    struct pg_options o = { .statement_timeout_ms = 50,
                            .lock_timeout_ms = 60 };
    struct err err = { .code = "" };

    pg_close(bed->pg);
    ok(pg_open(&o, &bed->pg, &err), &err);
    assert_int_equal(
        pg_query(bed->pg, NULL, "SELECT pg_sleep(5)", NULL, NULL, &err),
        ST_RETRY);
    assert_string_equal(pg_sqlstate(bed->pg), "57014");
    assert_false(pg_is_lost(bed->pg));
    assert_string_equal(value(bed, "SHOW lock_timeout"), "60ms");
}

static void
a_place_without_a_server_is_to_be_tried_again(void **state)
{
    struct pg_options o = { .conninfo = "host=/nowhere/at/all port=1" };
    struct pg *pg;
    struct err err = { .code = "" };

    (void)state;
    assert_int_equal(pg_open(&o, &pg, &err), ST_RETRY);
    assert_string_equal(err.code, "database");
    assert_null(pg);
    o.conninfo = "password=hush nonsense";
    assert_int_equal(pg_open(&o, &pg, &err), ST_FATAL);
    assert_string_equal(err.code, "config");
    assert_null(strstr(err.text, "hush"));
    pg_close(NULL);
}

static void
a_notification_wakes(void **state)
{
    struct bed *bed = *state;
    struct pg *other = connect_here();
    struct err err;
    bool got = true;

    run(bed->pg, "LISTEN waymark_test");
    ok(pg_await(bed->pg, -1, 0, &got, &err), &err);
    assert_false(got);
    run(other, "NOTIFY waymark_test; NOTIFY waymark_test, 'b'");
    ok(pg_await(bed->pg, -1, 5000, &got, &err), &err);
    assert_true(got);
    ok(pg_await(bed->pg, -1, 0, &got, &err), &err);
    assert_false(got);
    pg_close(other);
}

/* ---- working sets -------------------------------------------------------- */

static struct rows *
rows_new(struct bed *bed)
{
    return rows_open(&bed->arena, tables, N(tables));
}

static void
load(struct bed *bed, struct rows *rows)
{
    struct err err;

    ok(pg_rows_load(bed->pr, bed->pg, SHARD, rows, &bed->arena, &err), &err);
}

static enum status
try_save(struct bed *bed, struct rows *rows, int32_t shard, struct err *err)
{
    pg_pipeline_begin(bed->pg);
    (void)pg_send(bed->pg, "begin", "BEGIN", NULL);
    pg_rows_save(bed->pr, bed->pg, shard, rows, &bed->arena);
    (void)pg_send(bed->pg, "commit", "COMMIT", NULL);
    return pg_sync(bed->pg, err);
}

static void
save(struct bed *bed, struct rows *rows)
{
    struct err err;

    ok(try_save(bed, rows, SHARD, &err), &err);
}

static struct sample
full_sample(void)
{
    static const struct str lines[] = { { "one", 3 }, { "", 0 }, { "two", 3 },
                                        { "", 0 } };

    return (struct sample){ .id = id_no(1),
                            .text = STR("g\xc3\xa4rten"),
                            .bytes = STR("\0\xff"),
                            .i32 = -5,
                            .i64 = INT64_MAX,
                            .boolean = true,
                            .tri = TRI_NO,
                            .at = 1435302725123,
                            .day = 16612, /* 2015-06-26 */
                            .colour = 2,
                            .colours = SET_BIT(1) | SET_BIT(3),
                            .lines = { .at = lines, .n = N(lines) } };
}

static struct sample
null_sample(void)
{
    struct sample s;

    fields_clear(&tables[SAMPLE].fields, &s);
    s.id = id_no(2);
    return s;
}

static void
assert_stored(struct bed *bed, const struct sample *s)
{
    struct rows *rows = rows_new(bed);
    const struct sample *got;

    rows_want(rows, SAMPLE, s);
    load(bed, rows);
    got = rows_get(rows, SAMPLE, s);
    assert_non_null(got);
    assert_true(fields_eq(&tables[SAMPLE].fields, got, s));
}

static void
a_row_of_every_type_comes_back(void **state)
{
    struct bed *bed = *state;
    struct rows *rows = rows_new(bed);
    struct sample full = full_sample();
    struct sample null = null_sample();

    rows_put(rows, SAMPLE, &full);
    rows_put(rows, SAMPLE, &null);
    save(bed, rows);
    assert_stored(bed, &full);
    assert_stored(bed, &null);
    /* An update replaces every column. */
    rows = rows_new(bed);
    null.id = full.id;
    full.id = id_no(2);
    rows_put(rows, SAMPLE, &full);
    rows_put(rows, SAMPLE, &null);
    save(bed, rows);
    assert_stored(bed, &full);
    assert_stored(bed, &null);
}

static void
a_row_reads_well_in_sql(void **state)
{
    struct bed *bed = *state;
    struct rows *rows = rows_new(bed);
    struct sample full = full_sample();

    run(bed->pg, "SET TimeZone = 'UTC'");
    rows_put(rows, SAMPLE, &full);
    save(bed, rows);
    assert_string_equal(value_of(bed, "shard"), "7");
    assert_string_equal(value_of(bed, "id"),
                        "00000100-0000-0000-0000-000000000001");
    assert_string_equal(value_of(bed, "text"), "g\xc3\xa4rten");
    assert_string_equal(value_of(bed, "tri"), "false");
    assert_string_equal(value_of(bed, "at"), "2015-06-26 07:12:05.123+00");
    assert_string_equal(value_of(bed, "day"), "2015-06-26");
    assert_string_equal(value_of(bed, "colour"), "green");
    assert_string_equal(value_of(bed, "colours"), "red blue");
    assert_string_equal(value_of(bed, "lines"), "one\n\ntwo\n\n");
}

struct lines_row {
    const char *name;
    struct str at[3];
    size_t n;
    const char *text;
};

static const struct lines_row lines_rows[] = {
    { "no text", { { NULL, 0 } }, 0, "" },
    { "one empty text", { { "", 0 } }, 1, "\n" },
    { "two empty texts", { { "", 0 }, { "", 0 } }, 2, "\n\n" },
    { "one text", { { "a", 1 } }, 1, "a" },
    { "an empty one first", { { "", 0 }, { "a", 1 } }, 2, "\na" },
    { "an empty one last", { { "a", 1 }, { "", 0 } }, 2, "a\n\n" },
};

static void
lists_of_texts_keep_their_empty_ones(void **state)
{
    struct bed *bed = *state;

    for (size_t i = 0; i < N(lines_rows); i++) {
        struct rows *rows = rows_new(bed);
        struct sample s = null_sample();

        s.lines = (struct texts){ lines_rows[i].at, lines_rows[i].n };
        rows_put(rows, SAMPLE, &s);
        save(bed, rows);
        assert_string_equal(value_of(bed, "lines"), lines_rows[i].text);
        assert_stored(bed, &s);
    }
}

static void
assert_refused(struct bed *bed, size_t table, const void *row,
               const char *what)
{
    struct rows *rows = rows_new(bed);
    struct sample fine = full_sample();
    struct err err = { .code = "" };

    rows_put(rows, SAMPLE, &fine);
    rows_put(rows, table, row);
    assert_int_equal(try_save(bed, rows, SHARD, &err), ST_REJECT);
    assert_string_equal(err.code, "value");
    if (strstr(err.text, what) == NULL)
        fail_msg("%s", err.text);
    assert_string_equal(value_of(bed, "count(*)"), "0");
}

static void
what_no_column_can_hold_is_refused_and_nothing_written(void **state)
{
    static const struct str two_lines[] = { { "a\nb", 3 } };
    struct bed *bed = *state;
    struct plot p = { .kind = STR("oak"), .number = 1, .due_at = TIME_NONE };
    struct sample s = null_sample();

    assert_refused(bed, PLOT, &p, "plot.colour is null");
    s.lines = (struct texts){ .at = two_lines, .n = 1 };
    assert_refused(bed, SAMPLE, &s, "lines");
    s = null_sample();
    s.colours = SET_BIT(4);
    assert_refused(bed, SAMPLE, &s, "colours");
    s = null_sample();
    s.text = STR("nul \0 inside");
    assert_refused(bed, SAMPLE, &s, "22021");
    s = null_sample();
    s.at = INT64_MAX - 1;
    assert_refused(bed, SAMPLE, &s, "out of range");
}

static void
a_word_that_is_unknown_stops(void **state)
{
    struct bed *bed = *state;
    struct rows *rows = rows_new(bed);
    struct sample s = full_sample();
    struct err err = { .code = "" };

    rows_put(rows, SAMPLE, &s);
    save(bed, rows);
    run(bed->pg, "UPDATE %s.sample SET colours = 'red mauve'", schema);
    rows = rows_new(bed);
    rows_want(rows, SAMPLE, &s);
    assert_int_equal(pg_rows_load(bed->pr, bed->pg, SHARD, rows, &bed->arena,
                                  &err),
                     ST_FATAL);
    assert_string_equal(err.code, "schema");
}

static struct plot
plot(const char *kind, int colour, unsigned owner, int32_t number,
     time_ms due_at)
{
    return (struct plot){ .kind = str_of(kind),
                          .colour = colour,
                          .owner = owner == 0 ? ID_NONE : id_no(owner),
                          .number = number,
                          .due_at = due_at };
}

static void
store_plots(struct bed *bed)
{
    const struct plot plots[] = {
        plot("ash", 1, 1, 10, 500),       plot("ash", 2, 1, 20, 100),
        plot("ash", 3, 2, 10, 100),       plot("box", 1, 2, 10, TIME_NONE),
        plot("box", 2, 0, 10, TIME_NEVER), plot("box", 3, 3, 30, 100),
    };
    struct rows *rows = rows_new(bed);

    for (size_t i = 0; i < N(plots); i++)
        rows_put(rows, PLOT, &plots[i]);
    save(bed, rows);
}

/* A group as "ash red, box green". */
static const char *
group(struct bed *bed, struct rows *rows, int index, struct plot like)
{
    struct str out = STR("");
    const struct plot *p;
    size_t at = 0;

    while ((p = rows_next(rows, PLOT, index, &like, &at)) != NULL)
        out = arena_printf(&bed->arena, "%.*s%s%.*s %s", STR_ARG(out),
                           out.n == 0 ? "" : ", ", STR_ARG(p->kind),
                           codes_word(&codes_colour, p->colour));
    return out.p;
}

static void
groups_come_back_whole(void **state)
{
    struct bed *bed = *state;
    struct rows *rows;
    struct plot one = plot("", 0, 1, 0, 0);
    struct plot two = plot("", 0, 2, 10, 0);
    struct plot four = plot("", 0, 4, 0, 0);
    struct plot key = plot("box", 3, 0, 0, 0);
    struct plot none = plot("box", 4, 0, 0, 0);
    struct err err;

    store_plots(bed);
    rows = rows_new(bed);
    none.kind = STR("yew");
    none.colour = 1;
    rows_want_group(rows, PLOT, BY_OWNER, &one);
    rows_want_group(rows, PLOT, BY_OWNER, &four);
    rows_want_group(rows, PLOT, BY_OWNER_NUMBER, &two);
    rows_want(rows, PLOT, &key);
    rows_want(rows, PLOT, &none);
    load(bed, rows);
    assert_string_equal(group(bed, rows, BY_OWNER, one),
                        "ash green, ash red");
    assert_string_equal(group(bed, rows, BY_OWNER, four), "");
    assert_string_equal(group(bed, rows, BY_OWNER_NUMBER, two),
                        "ash blue, box red");
    assert_int_equal(
        ((const struct plot *)rows_get(rows, PLOT, &key))->number, 30);
    assert_null(rows_get(rows, PLOT, &none));
    ok(rows_miss(rows, &err), &err);
    load(bed, rows); /* no wants: nothing to do */
}

static void
a_deleted_row_is_gone_and_a_moved_one_elsewhere(void **state)
{
    struct bed *bed = *state;
    struct rows *rows;
    struct plot one = plot("", 0, 1, 0, 0);
    struct plot two = plot("", 0, 2, 0, 0);
    struct plot gone = plot("ash", 1, 0, 0, 0);
    struct plot never = plot("yew", 1, 0, 0, 0);
    struct plot moved = plot("ash", 2, 2, 20, 100);

    store_plots(bed);
    rows = rows_new(bed);
    rows_want_group(rows, PLOT, BY_OWNER, &one);
    load(bed, rows);
    rows_delete(rows, PLOT, &gone);
    rows_delete(rows, PLOT, &never);
    rows_put(rows, PLOT, &moved);
    save(bed, rows);
    rows = rows_new(bed);
    rows_want_group(rows, PLOT, BY_OWNER, &one);
    rows_want_group(rows, PLOT, BY_OWNER, &two);
    load(bed, rows);
    assert_string_equal(group(bed, rows, BY_OWNER, one), "");
    assert_string_equal(group(bed, rows, BY_OWNER, two),
                        "ash blue, ash green, box red");
}

struct due_case {
    const char *name;
    time_ms until;
    size_t limit;
    const char *fired;
};

/* Codes and texts are ordered by word here and in SQL. */
static const struct due_case due_cases[] = {
    { "before the first", 99, 10, "" },
    { "on the first", 100, 10, "ash blue, ash green, box blue" },
    { "up to all", TIME_NEVER, 10,
      "ash blue, ash green, box blue, ash red" },
    { "as many as the limit", 500, 2, "ash blue, ash green, more" },
    { "the limit is all", 500, 4,
      "ash blue, ash green, box blue, ash red, more" },
    { "one below the limit", 500, 5,
      "ash blue, ash green, box blue, ash red" },
};

static void
deadlines_are_loaded_first_to_last(void **state)
{
    struct bed *bed = *state;

    store_plots(bed);
    for (size_t i = 0; i < N(due_cases); i++) {
        const struct due_case *d = &due_cases[i];
        struct rows *rows = rows_new(bed);
        struct str out = STR("");
        const struct plot *p;
        bool more;

        rows_want_due(rows, PLOT, d->until, d->limit);
        load(bed, rows);
        while ((p = rows_first_due(rows, PLOT, d->until, &more)) != NULL &&
               !more) {
            out = arena_printf(&bed->arena, "%.*s%s%.*s %s", STR_ARG(out),
                               out.n == 0 ? "" : ", ", STR_ARG(p->kind),
                               codes_word(&codes_colour, p->colour));
            rows_delete(rows, PLOT, p);
        }
        if (more)
            out = arena_printf(&bed->arena, "%.*s, more", STR_ARG(out));
        if (!str_is(out, d->fired))
            fail_msg("%s: %.*s", d->name, STR_ARG(out));
    }
}

static void
deadlines_are_in_the_same_order_whatever_the_collation(void **state)
{
    struct bed *bed = *state;
    struct rows *rows = rows_new(bed);
    struct plot small = plot("ash", 1, 1, 1, 100);
    struct plot large = plot("BOX", 1, 1, 1, 100);
    const struct plot *p;
    bool more;

    run(bed->pg, "ALTER TABLE %s.plot ALTER kind TYPE text"
                 " COLLATE \"und-x-icu\"",
        schema);
    rows_put(rows, PLOT, &small);
    rows_put(rows, PLOT, &large);
    save(bed, rows);
    rows = rows_new(bed);
    rows_want_due(rows, PLOT, 100, 1);
    load(bed, rows);
    p = rows_first_due(rows, PLOT, 100, &more);
    assert_true(str_is(p->kind, "BOX"));
    assert_false(more);
}

static void
shards_do_not_see_each_other(void **state)
{
    struct bed *bed = *state;
    struct rows *rows = rows_new(bed);
    struct sample s = full_sample();
    struct err err;

    rows_put(rows, SAMPLE, &s);
    ok(try_save(bed, rows, SHARD + 1, &err), &err);
    rows = rows_new(bed);
    rows_want(rows, SAMPLE, &s);
    load(bed, rows);
    assert_null(rows_get(rows, SAMPLE, &s));
    rows_delete(rows, SAMPLE, &s);
    save(bed, rows);
    rows = rows_new(bed);
    rows_delete(rows, SAMPLE, &s);
    save(bed, rows);
    assert_string_equal(value_of(bed, "count(*)"), "1");
}

static void
a_table_of_keys_only_can_be_put_twice(void **state)
{
    struct bed *bed = *state;
    struct link l = { .from = id_no(1), .order = 3 };

    for (int i = 0; i < 2; i++) {
        struct rows *rows = rows_new(bed);

        rows_put(rows, LINK, &l);
        save(bed, rows);
    }
}

static void
a_row_put_as_it_was_is_not_written(void **state)
{
    struct bed *bed = *state;
    struct rows *rows = rows_new(bed);
    struct sample s = full_sample();
    struct err err;

    rows_put(rows, SAMPLE, &s);
    save(bed, rows);
    rows = rows_new(bed);
    rows_want(rows, SAMPLE, &s);
    load(bed, rows);
    rows_put(rows, SAMPLE, &s);
    pg_pipeline_begin(bed->pg);
    pg_rows_save(bed->pr, bed->pg, SHARD, rows, &bed->arena);
    assert_int_equal(pg_send(bed->pg, NULL, "SELECT 1", NULL), 0);
    ok(pg_sync(bed->pg, &err), &err);
}

/* What else a newer version keeps in the table, before and behind ours. */
static void
a_column_that_is_not_ours_keeps_its_default(void **state)
{
    struct bed *bed = *state;
    struct rows *rows = rows_new(bed);
    struct link l = { .from = id_no(1), .order = 3 };
    struct err err;

    run(bed->pg, "ALTER TABLE %s.link ADD COLUMN more integer NOT NULL"
                 " DEFAULT 7", schema);
    rows_put(rows, LINK, &l);
    assert_int_equal(try_save(bed, rows, SHARD, &err), ST_FATAL);
    assert_string_equal(pg_sqlstate(bed->pg), "42804");
    ok(pg_rows_learn(bed->pr, bed->pg, &bed->arena, &err), &err);
    save(bed, rows);
    run(bed->pg, "DO $$ BEGIN ASSERT (SELECT more = 7 AND \"order\" = 3"
                 " FROM %s.link); END $$", schema);
}

static void
a_table_that_lacks_a_column_is_not_learnt(void **state)
{
    struct bed *bed = *state;
    struct err err;

    run(bed->pg, "ALTER TABLE %s.plot DROP COLUMN due_at", schema);
    assert_int_equal(pg_rows_learn(bed->pr, bed->pg, &bed->arena, &err),
                     ST_FATAL);
    assert_string_equal(err.code, "schema");
}

/* 500 rows from nothing, as many again, and then twice as many. */
static void
plans_are_made_anew_when_a_table_has_doubled(void **state)
{
    static const struct {
        int n;
        bool anew;
    } saves[] = { { 499, false }, { 1, true },   { 499, false },
                  { 1, true },    { 999, false }, { 1, true } };
    struct bed *bed = *state;
    int64_t order = 0;
    struct err err;

    for (size_t i = 0; i < N(saves); i++) {
        struct rows *rows = rows_new(bed);

        for (int k = 0; k < saves[i].n; k++) {
            struct link l = { .from = id_no(1), .order = ++order };

            rows_put(rows, LINK, &l);
        }
        pg_pipeline_begin(bed->pg);
        pg_rows_save(bed->pr, bed->pg, SHARD, rows, &bed->arena);
        assert_int_equal(pg_send(bed->pg, NULL, "SELECT 1", NULL),
                         saves[i].anew ? 2 : 1);
        ok(pg_sync(bed->pg, &err), &err);
    }
}

struct plan_row {
    const char *statement; /* table and what for */
    const char *arguments;
    const char *lookup; /* part of the plan */
};

static const struct plan_row plan_rows[] = {
    { "plot:key", "ARRAY['ash'], ARRAY['red']",
      "Index Cond: ((shard = $1) AND (kind = w.kind) AND"
      " (colour = w.colour))" },
    { "plot:group0", "ARRAY[NULL::uuid]",
      "Index Cond: ((shard = $1) AND (owner = w.owner))" },
    { "plot:group1", "ARRAY[NULL::uuid], ARRAY[1]",
      "Index Cond: ((shard = $1) AND (owner = w.owner) AND"
      " (number = w.number))" },
    { "plot:due", "now(), 10", "Index Cond: ((shard = $1) AND (due_at <= $2)" },
    { "plot:delete", "ARRAY['ash'], ARRAY['red']",
      "Index Cond: ((shard = $1) AND (kind = w.kind) AND"
      " (colour = w.colour))" },
};

/* The generic plan of a statement that was prepared before. */
static const char *
plan(struct bed *bed, const struct plan_row *p)
{
    struct pg_result *res;
    struct err err;
    struct str out = STR("");

    ok(pg_query(bed->pg, NULL,
                arena_printf(&bed->arena, "EXPLAIN EXECUTE \"%s\" (7, %s)",
                             p->statement, p->arguments)
                    .p,
                NULL, &res, &err),
       &err);
    for (size_t i = 0; i < pg_n_rows(res); i++)
        out = arena_printf(&bed->arena, "%.*s%.*s\n", STR_ARG(out),
                           STR_ARG(pg_text(res, i, 0)));
    pg_result_close(res);
    return out.p;
}

static void
lookups_by_key_go_on_when_a_table_was_empty(void **state)
{
    struct bed *bed = *state;
    struct rows *rows = rows_new(bed);
    struct plot one = plot("ash", 1, 1, 0, 0);

    rows_want(rows, PLOT, &one);
    rows_want_group(rows, PLOT, BY_OWNER, &one);
    rows_want_group(rows, PLOT, BY_OWNER_NUMBER, &one);
    rows_want_due(rows, PLOT, 1, 1);
    load(bed, rows);
    one = plot("box", 1, 1, 0, 0);
    rows_delete(rows, PLOT, &one);
    save(bed, rows);
    for (size_t i = 0; i < N(plan_rows); i++) {
        const char *text = plan(bed, &plan_rows[i]);

        if (strstr(text, plan_rows[i].lookup) == NULL ||
            strstr(text, "Seq Scan") != NULL)
            fail_msg("%s:\n%s", plan_rows[i].statement, text);
    }
}

/* ---- tables as they are -------------------------------------------------- */

static void
tables_made_by_the_description_pass(void **state)
{
    struct bed *bed = *state;
    struct str differences;
    struct err err;

    ok(pg_rows_check(bed->pr, bed->pg, &bed->arena, &differences, &err), &err);
    assert_true(str_is(differences, ""));
    run(bed->pg, "ALTER TABLE %s.sample ADD made_at timestamptz NOT NULL"
                 " DEFAULT now(), ADD remark text",
        schema);
    ok(pg_rows_check(bed->pr, bed->pg, &bed->arena, &differences, &err), &err);
}

struct differ_row {
    const char *alter; /* behind ALTER TABLE schema. */
    const char *differences;
};

static const struct differ_row differ_rows[] = {
    { "sample DROP text", "sample: column text is missing" },
    { "sample ALTER i32 TYPE bigint",
      "sample: column i32 is bigint, not integer" },
    { "sample ALTER text TYPE varchar(9)",
      "sample: column text is character varying(9), not text" },
    { "sample ALTER text SET NOT NULL",
      "sample: column text must be able to be null" },
    { "sample ALTER boolean DROP NOT NULL",
      "sample: column boolean may be null" },
    { "sample ADD more integer NOT NULL",
      "sample: column more is unknown and has no default" },
    { "sample RENAME TO other", "sample: the table is missing" },
    { "plot DROP CONSTRAINT plot_pkey, ADD PRIMARY KEY (shard, kind)",
      "plot: column colour has place 0 in the key, not 3" },
    { "plot DROP CONSTRAINT plot_pkey, ADD PRIMARY KEY (shard, colour, kind)",
      "plot: column kind has place 3 in the key, not 2\n"
      "plot: column colour has place 2 in the key, not 3" },
    { "plot DROP CONSTRAINT plot_pkey,"
      " ADD PRIMARY KEY (shard, kind, colour, number)",
      "plot: column number has place 4 in the key, not 0" },
};

static void
differences_are_named(void **state)
{
    struct bed *bed = *state;

    for (size_t i = 0; i < N(differ_rows); i++) {
        struct str differences;
        struct err err = { .code = "" };

        run(bed->pg, "BEGIN; ALTER TABLE %s.%s", schema,
            differ_rows[i].alter);
        assert_int_equal(pg_rows_check(bed->pr, bed->pg, &bed->arena,
                                       &differences, &err),
                         ST_FATAL);
        assert_string_equal(err.code, "schema");
        assert_string_equal(differences.p, differ_rows[i].differences);
        run(bed->pg, "ROLLBACK");
    }
}

static void
a_missing_index_is_named(void **state)
{
    struct bed *bed = *state;
    struct str differences;
    struct err err = { .code = "" };

    run(bed->pg, "DROP INDEX %s.plot_owner_number; DROP INDEX %s.plot_due;"
                 "CREATE INDEX ON %s.plot (shard, owner, due_at, number);"
                 "CREATE INDEX ON %s.plot (shard, due_at) WHERE number > 1",
        schema, schema, schema, schema);
    assert_int_equal(pg_rows_check(bed->pr, bed->pg, &bed->arena, &differences,
                                   &err),
                     ST_FATAL);
    assert_string_equal(
        differences.p,
        "plot: no index serves plot_owner_number: shard, owner, number\n"
        "plot: no index serves what is due: shard, due_at");
    run(bed->pg, "CREATE INDEX ON %s.plot (shard, number, owner);"
                 "CREATE INDEX ON %s.plot (shard, due_at, kind)",
        schema, schema);
    ok(pg_rows_check(bed->pr, bed->pg, &bed->arena, &differences, &err), &err);
}

/* ---- speed --------------------------------------------------------------- */

static double
now_s(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

#define BATCH 2000

static void
a_batch_of_2000_rows_is_loaded_and_saved(void **state)
{
    struct bed *bed = *state;

    for (unsigned round = 0; round < 10; round++) {
        struct rows *rows = rows_new(bed);
        double begun = now_s();
        double loaded;
        double done;

        for (unsigned i = 0; i < BATCH; i++) {
            struct sample s = full_sample();

            s.id = id_no(round / 2 * BATCH + i);
            rows_want(rows, SAMPLE, &s);
        }
        load(bed, rows);
        loaded = now_s();
        for (unsigned i = 0; i < BATCH; i++) {
            struct sample s = full_sample();

            s.id = id_no(round / 2 * BATCH + i);
            assert_int_equal(rows_get(rows, SAMPLE, &s) != NULL, round % 2);
            s.i32 = (int32_t)round;
            rows_put(rows, SAMPLE, &s);
        }
        save(bed, rows);
        done = now_s();
        if (round >= 8)
            print_message("%s: load %.0f rows/s, save %.0f rows/s\n",
                          round % 2 ? "existing" : "new",
                          BATCH / (loaded - begun), BATCH / (done - loaded));
        arena_reset(&bed->arena);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_type_comes_back_as_it_was_sent),
        T(null_values_are_null_there_and_back),
        T(arrays_arrive_with_their_nulls),
        T(times_are_good_up_to_the_calendars_end),
        T(microseconds_are_cut_towards_the_past),
        T(affected_rows_are_counted),
        T(failures_say_what_to_do),
        T(a_refused_value_is_not_in_the_text),
        T(a_script_stops_at_its_first_failure),
        T(a_fence_in_the_pipeline_undoes_all_of_it),
        T(without_begin_a_pipeline_is_one_transaction),
        T(an_empty_pipeline_is_fine),
        T(large_traffic_both_ways_does_not_block),
        T(a_killed_connection_is_to_be_tried_again),
        T(a_connection_killed_in_a_pipeline_is_to_be_tried_again),
        T(a_script_on_a_killed_connection_is_to_be_tried_again),
        T(an_answer_that_takes_too_long_loses_the_connection),
        T(the_servers_own_time_out_keeps_the_connection),
        T(a_place_without_a_server_is_to_be_tried_again),
        T(a_notification_wakes),
        T(a_row_of_every_type_comes_back),
        T(a_row_reads_well_in_sql),
        T(lists_of_texts_keep_their_empty_ones),
        T(what_no_column_can_hold_is_refused_and_nothing_written),
        T(a_word_that_is_unknown_stops),
        T(groups_come_back_whole),
        T(a_deleted_row_is_gone_and_a_moved_one_elsewhere),
        T(deadlines_are_loaded_first_to_last),
        T(deadlines_are_in_the_same_order_whatever_the_collation),
        T(shards_do_not_see_each_other),
        T(a_table_of_keys_only_can_be_put_twice),
        T(a_row_put_as_it_was_is_not_written),
        T(a_column_that_is_not_ours_keeps_its_default),
        T(a_table_that_lacks_a_column_is_not_learnt),
        T(plans_are_made_anew_when_a_table_has_doubled),
        T(lookups_by_key_go_on_when_a_table_was_empty),
        T(tables_made_by_the_description_pass),
        T(differences_are_named),
        T(a_missing_index_is_named),
        T(a_batch_of_2000_rows_is_loaded_and_saved),
    };

    if (getenv("PGHOST") == NULL) {
        fputs("test_pg: skipped, PGHOST names no PostgreSQL\n", stderr);
        return 0;
    }
    (void)snprintf(schema, sizeof schema, "test_pg_%ld", (long)getpid());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
