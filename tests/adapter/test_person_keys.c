/*
 * Keys of sealed records in PostgreSQL: in, out, erased, and who may look.
 *
 * Wants a server that PGHOST, PGUSER and so on point to and that lets a
 * schema and a role be made; without PGHOST all is skipped.
 */
#include "common/adapters/person_keys.h"

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

#include "common/adapters/seal.h"
#include "common/adapters/sql.h"
#include "common/engine/memory.h"

#define SHARD 7
#define MANY 1000

static char schema[32]; /* of this run; set once by main */

struct bed {
    struct arena *arena;
    struct pg *pg;
};

static void
ok(enum status rc, const struct err *err)
{
    if (rc != ST_OK)
        fail_msg("%s %s: %s", status_name(rc), err->code, err->text);
}

static void
run(struct bed *bed, const char *script)
{
    struct err err;

    ok(pg_exec(bed->pg, script, &err), &err);
}

static enum status
tried(struct bed *bed, const char *script)
{
    struct err err;

    return pg_exec(bed->pg, script, &err);
}

static int64_t
number(struct bed *bed, const char *sql)
{
    struct pg_result *res;
    struct err err;
    int64_t n;

    ok(pg_query(bed->pg, NULL, sql, NULL, &res, &err), &err);
    n = pg_i64(res, 0, 0);
    pg_result_close(res);
    return n;
}

static const char *
tables_sql(void)
{
    for (size_t i = 0; i < sql_embedded_n; i++)
        if (strcmp(sql_embedded[i].service, "intake") == 0 &&
            strstr(sql_embedded[i].file, "person_key") != NULL)
            return sql_embedded[i].text;
    fail_msg("intake has no SQL of person keys");
    return NULL;
}

static int
set_up(void **state)
{
    struct pg_options o = { .application_name = "test_person_keys",
                            .wait_ms = 20000,
                            .plan_by_key = true };
    struct bed *bed = calloc(1, sizeof *bed);
    struct err err;

    assert_non_null(bed);
    bed->arena = memory_open((size_t)64 << 20);
    ok(pg_open(&o, &bed->pg, &err), &err);
    run(bed, arena_printf(bed->arena, "CREATE SCHEMA %s; SET search_path TO %s",
                          schema, schema)
                 .p);
    run(bed, tables_sql());
    *state = bed;
    return 0;
}

static int
tear_down(void **state)
{
    struct bed *bed = *state;

    run(bed, arena_printf(bed->arena, "DROP SCHEMA %s CASCADE", schema).p);
    pg_close(bed->pg);
    memory_close(bed->arena);
    free(bed);
    return 0;
}

static struct id
id_no(unsigned n)
{
    struct id id = ID_NONE;

    id.b[0] = (uint8_t)(n >> 8); /* not the order in which they are made */
    id.b[1] = (uint8_t)n;
    id.b[15] = 1;
    return id;
}

static enum status
put(struct bed *bed, const struct person_key *keys, size_t n)
{
    struct err err;

    pg_pipeline_begin(bed->pg);
    person_keys_send(bed->pg, SHARD, keys, n, bed->arena);
    return pg_sync(bed->pg, &err);
}

static struct person_keys
get(struct bed *bed, int32_t shard, const struct id *ids, size_t n)
{
    struct person_keys keys;
    struct err err;

    ok(person_keys_load(bed->pg, schema, shard, ids, n, bed->arena, &keys,
                        &err),
       &err);
    return keys;
}

static void
finds(const struct person_keys *keys, struct id id, struct str want)
{
    struct str wrapped = STR("?");
    struct err err;

    ok(person_keys_find(keys, id, &wrapped, &err), &err);
    assert_true(str_eq(wrapped, want));
}

static void
lacks(const struct person_keys *keys, struct id id)
{
    struct err err = { .code = "" };
    struct str wrapped;

    assert_int_equal(person_keys_find(keys, id, &wrapped, &err), ST_RETRY);
    assert_string_equal(err.code, "no_key");
}

/* Three keys: 1, 2 and 3. */
static void
put_three(struct bed *bed)
{
    const struct person_key keys[] = {
        { .key_id = id_no(3), .wrapped = STR("three") },
        { .key_id = id_no(1), .wrapped = STR("one\0with NUL") },
        { .key_id = id_no(2), .wrapped = STR("two") },
    };

    assert_int_equal(put(bed, keys, 3), ST_OK);
}

#define ERASE(who, second)                                                     \
    "SELECT person_key_erase(7, ARRAY['00010000-0000-0000-0000-000000000001'," \
    "'00090000-0000-0000-0000-000000000001']::uuid[], " who ", " second        \
    ", now())"

static void
keys_come_back_by_their_ids(void **state)
{
    const struct id ids[] = { id_no(2), id_no(1), ID_NONE, id_no(2) };
    struct bed *bed = *state;
    struct person_keys keys;

    put_three(bed);
    keys = get(bed, SHARD, ids, 4);
    assert_int_equal(keys.n, 2);
    finds(&keys, id_no(1), STR("one\0with NUL"));
    finds(&keys, id_no(2), STR("two"));
}

static void
a_key_that_is_not_there_is_not_called_erased(void **state)
{
    const struct id ids[] = { id_no(1), id_no(9) };
    struct bed *bed = *state;
    struct person_keys keys;

    put_three(bed);
    keys = get(bed, SHARD, ids, 2);
    lacks(&keys, id_no(9));
    keys = get(bed, SHARD + 1, ids, 2); /* another authority's */
    lacks(&keys, id_no(1));
    keys = get(bed, SHARD, ids, 0);
    lacks(&keys, id_no(1));
}

static void
an_erased_key_is_null_and_its_row_stays(void **state)
{
    const struct id ids[] = { id_no(1), id_no(2) };
    struct bed *bed = *state;
    struct person_keys keys;

    put_three(bed);
    assert_int_equal(number(bed, ERASE("'officer a'", "'officer b'")), 1);
    assert_int_equal(number(bed, ERASE("'officer c'", "'officer d'")), 0);
    keys = get(bed, SHARD, ids, 2);
    finds(&keys, id_no(1), STR_NULL);
    finds(&keys, id_no(2), STR("two"));
    assert_int_equal(number(bed, "SELECT count(*) FROM person_key "
                                 "WHERE erased_by = 'officer a' "
                                 "AND erased_second = 'officer b' "
                                 "AND erased_at IS NOT NULL"),
                     1);
}

static void
one_person_alone_erases_nothing(void **state)
{
    struct bed *bed = *state;

    put_three(bed);
    assert_int_equal(tried(bed, ERASE("'officer a'", "'officer a'")),
                     ST_REJECT);
    assert_int_equal(tried(bed, ERASE("'officer a'", "NULL")), ST_REJECT);
    assert_int_equal(tried(bed, ERASE("NULL", "'officer a'")), ST_REJECT);
    assert_int_equal(number(bed, "SELECT count(wrapped) FROM person_key"), 3);
}

static void
a_key_is_not_written_over(void **state)
{
    const struct person_key again = { .key_id = id_no(2),
                                      .wrapped = STR("other") };
    struct bed *bed = *state;
    struct id id = id_no(2);
    struct person_keys keys;

    put_three(bed);
    assert_int_equal(put(bed, &again, 1), ST_REJECT);
    keys = get(bed, SHARD, &id, 1);
    finds(&keys, id, STR("two"));
    assert_int_equal(put(bed, NULL, 0), ST_OK);
}

static void
triage_sees_the_view_and_not_the_table(void **state)
{
    struct bed *bed = *state;
    const char *view = "SELECT count(*) FROM person_key_read";

    put_three(bed);
    if (number(bed, "SELECT count(*) FROM pg_roles "
                    "WHERE rolname = 'waymark_triage'") == 0)
        run(bed, "BEGIN; CREATE ROLE waymark_triage");
    else
        run(bed, "BEGIN");
    run(bed, "DROP TABLE person_key CASCADE; "
             "DROP FUNCTION person_key_erase");
    run(bed, tables_sql());
    run(bed, "SET LOCAL ROLE waymark_triage");
    assert_int_equal(number(bed, view), 0);
    assert_int_equal(tried(bed, "SELECT count(*) FROM person_key"), ST_FATAL);
    assert_int_equal(number(bed, view), 3); /* all of that is undone */
}

static double
now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void
a_thousand_keys_are_fetched_by_one_query(void **state)
{
    static struct person_key keys[MANY];
    static struct id ids[MANY];
    struct bed *bed = *state;
    struct person_keys got;
    double put_us, best_us = 1e9;

    for (unsigned i = 0; i < MANY; i++) {
        ids[i] = id_no((i * 7919 + 1) % 65536);
        keys[i] = (struct person_key){
            .key_id = ids[i],
            .wrapped = { arena_alloc(bed->arena, SEAL_WRAPPED_BYTES),
                         SEAL_WRAPPED_BYTES }
        };
    }
    put_us = now_us();
    assert_int_equal(put(bed, keys, MANY), ST_OK);
    put_us = now_us() - put_us;
    for (int t = 0; t < 10; t++) {
        double begun = now_us();

        got = get(bed, SHARD, ids, MANY);
        if (now_us() - begun < best_us)
            best_us = now_us() - begun;
        assert_int_equal(got.n, MANY);
    }
    for (size_t i = 0; i < MANY; i++)
        finds(&got, ids[i], keys[i].wrapped);
    print_message("kept in %.1f us each, fetched in %.1f us\n", put_us / MANY,
                  best_us / MANY);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(keys_come_back_by_their_ids),
        T(a_key_that_is_not_there_is_not_called_erased),
        T(an_erased_key_is_null_and_its_row_stays),
        T(one_person_alone_erases_nothing),
        T(a_key_is_not_written_over),
        T(triage_sees_the_view_and_not_the_table),
        T(a_thousand_keys_are_fetched_by_one_query),
    };

    if (getenv("PGHOST") == NULL) {
        fputs("test_person_keys: skipped, PGHOST names no PostgreSQL\n",
              stderr);
        return 0;
    }
    (void)snprintf(schema, sizeof schema, "test_keys_%ld", (long)getpid());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
