/*
 * Keys of sealed records in PostgreSQL: begun, found, erased, and who
 * may look.
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
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/adapters/key_tree.h"
#include "common/adapters/sql.h"
#include "common/engine/memory.h"

#define SHARD 7
#define MANY 1000
#define MASTER_B                                                               \
    "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0\n"
#define MASTER_A                                                               \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

static char schema[32];  /* of this run; set once by main */
static char masters[64]; /* file of master keys; likewise */

struct bed {
    struct arena *arena;
    struct pg *pg;
    struct seal *seal;
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

static struct seal *
open_masters(const char *text)
{
    struct seal *seal = NULL;
    struct err err;
    FILE *f;

    (void)unlink(masters);
    f = fopen(masters, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(masters, 0400), 0);
    ok(seal_open(masters, &seal, &err), &err);
    (void)unlink(masters);
    return seal;
}

/* Intake's own: receipts and keys. */
static void
make_tables(struct bed *bed)
{
    size_t n = 0;

    for (size_t i = 0; i < sql_embedded_n; i++)
        if (strcmp(sql_embedded[i].service, "intake") == 0) {
            run(bed, sql_embedded[i].text);
            n++;
        }
    assert_true(n >= 2);
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
    make_tables(bed);
    bed->seal = open_masters(MASTER_A);
    *state = bed;
    return 0;
}

static int
tear_down(void **state)
{
    struct bed *bed = *state;

    run(bed, arena_printf(bed->arena, "DROP SCHEMA %s CASCADE", schema).p);
    seal_close(bed->seal);
    pg_close(bed->pg);
    memory_close(bed->arena);
    free(bed);
    return 0;
}

/* The n-th record that was sealed in the first tree. */
static struct id
id_no(unsigned n)
{
    struct id record = ID_NONE;

    record.b[0] = (uint8_t)(n >> 8);
    record.b[1] = (uint8_t)n;
    return key_tree_id(1, record);
}

static int
begin(struct bed *bed, int32_t shard)
{
    struct err err;
    int tree = 0;

    ok(person_keys_begin(bed->pg, bed->seal, shard, &tree, bed->arena, &err),
       &err);
    return tree;
}

static enum status
try_erase(struct bed *bed, struct id key_id, const char *by, const char *second)
{
    struct person_erasure e = { .key_id = key_id,
                                .at = 1000,
                                .by = str_of(by),
                                .second_by = str_of(second) };
    struct err err;

    return person_keys_erase(bed->pg, bed->seal, SHARD, &e, bed->arena, &err);
}

static void
erase(struct bed *bed, struct id key_id)
{
    assert_int_equal(try_erase(bed, key_id, "officer a", "officer b"), ST_OK);
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

static struct seal_key
key_by(struct bed *bed, const struct seal *seal, struct id id)
{
    struct person_keys keys = get(bed, SHARD, &id, 1);
    struct seal_key key;
    struct err err;

    ok(person_keys_open(&keys, seal, id, &key, &err), &err);
    return key;
}

static struct seal_key
key_of(struct bed *bed, struct id id)
{
    return key_by(bed, bed->seal, id);
}

static void
lacks(const struct bed *bed, const struct person_keys *keys, struct id id,
      enum status want, const char *code)
{
    struct err err = { .code = "" };
    struct seal_key key;

    assert_int_equal(person_keys_open(keys, bed->seal, id, &key, &err), want);
    assert_string_equal(err.code, code);
}

/* Rows of the first tree leave no id out and have none twice. */
static void
is_whole(struct bed *bed)
{
    struct pg_result *res;
    struct err err;
    struct seal_range all = key_tree_whole(SHARD, 1), r = all;
    struct id next = all.first;
    bool over = false;

    ok(pg_query(bed->pg, NULL,
                "SELECT first, digits FROM person_key WHERE shard = 7 "
                "ORDER BY first",
                NULL, &res, &err),
       &err);
    for (size_t i = 0; i < pg_n_rows(res); i++) {
        r.first = pg_id(res, i, 0);
        r.digits = pg_i32(res, i, 1);
        assert_false(over);
        assert_true(id_eq(r.first, next));
        next = key_tree_last(&r);
        over = id_eq(next, key_tree_last(&all));
        for (int b = 15; b >= 0 && ++next.b[b] == 0;)
            b--;
    }
    assert_true(over);
    pg_result_close(res);
}

static void
a_tree_is_begun_once_and_has_every_key(void **state)
{
    struct bed *bed = *state;
    struct err err;
    struct seal_key one, two;
    int tree = -1;

    ok(person_keys_tree(bed->pg, SHARD, &tree, bed->arena, &err), &err);
    assert_int_equal(tree, 0);
    assert_int_equal(begin(bed, SHARD), 1);
    ok(person_keys_tree(bed->pg, SHARD, &tree, bed->arena, &err), &err);
    assert_int_equal(tree, 1);
    assert_int_equal(number(bed, "SELECT count(*) FROM person_key"), 1);
    one = key_of(bed, id_no(1));
    two = key_of(bed, id_no(2));
    assert_memory_not_equal(&one, &two, sizeof one);
    two = key_of(bed, id_no(1));
    assert_memory_equal(&one, &two, sizeof one);
    is_whole(bed);
}

static void
keys_come_back_by_their_ids_from_what_holds_them(void **state)
{
    const struct id ids[] = { id_no(2), id_no(1), ID_NONE, id_no(2) };
    struct bed *bed = *state;
    struct person_keys keys;

    begin(bed, SHARD);
    keys = get(bed, SHARD, ids, 4);
    assert_int_equal(keys.n, 1);
    erase(bed, id_no(3));
    keys = get(bed, SHARD, ids, 4);
    assert_in_range(keys.n, 1, 2);
    for (int i = 1; i <= 2; i++) {
        struct seal_key key = key_of(bed, id_no((unsigned)i)), again;
        struct err err;

        ok(person_keys_open(&keys, bed->seal, id_no((unsigned)i), &again, &err),
           &err);
        assert_memory_equal(&key, &again, sizeof key);
    }
}

static void
a_key_that_is_not_there_is_not_called_erased(void **state)
{
    const struct id ids[] = { id_no(1), key_tree_id(2, ID_NONE) };
    struct bed *bed = *state;
    struct person_keys keys = get(bed, SHARD, ids, 2);

    lacks(bed, &keys, id_no(1), ST_RETRY, "no_key"); /* no tree at all */
    begin(bed, SHARD);
    keys = get(bed, SHARD, ids, 2);
    lacks(bed, &keys, ids[1], ST_RETRY, "no_key"); /* of a later tree */
    keys = get(bed, SHARD + 1, ids, 2);            /* another authority's */
    lacks(bed, &keys, id_no(1), ST_RETRY, "no_key");
    keys = get(bed, SHARD, ids, 0);
    lacks(bed, &keys, id_no(1), ST_RETRY, "no_key");
}

static void
an_erased_key_is_gone_and_its_row_stays(void **state)
{
    const struct id ids[] = { id_no(1), id_no(2) };
    struct bed *bed = *state;
    struct person_keys keys;
    struct seal_key was, is;

    begin(bed, SHARD);
    was = key_of(bed, id_no(2));
    erase(bed, id_no(1));
    assert_int_equal(try_erase(bed, id_no(1), "officer c", "officer d"), ST_OK);
    keys = get(bed, SHARD, ids, 2);
    lacks(bed, &keys, id_no(1), ST_REJECT, "erased");
    is = key_of(bed, id_no(2));
    assert_memory_equal(&is, &was, sizeof is);
    assert_int_equal(number(bed, "SELECT count(*) FROM person_key_erased "
                                 "WHERE erased_by = 'officer a' "
                                 "AND erased_second = 'officer b' "
                                 "AND erased_at IS NOT NULL"),
                     1);
    assert_int_equal(number(bed, "SELECT count(*) FROM person_key_erased"), 1);
    is_whole(bed);
}

/* What was wrapped before, and so opened the key, stands in no row. */
static void
no_row_is_left_from_which_it_follows(void **state)
{
    struct bed *bed = *state;

    begin(bed, SHARD);
    run(bed, "CREATE TABLE before AS SELECT wrapped FROM person_key");
    erase(bed, id_no(1));
    run(bed, "INSERT INTO before SELECT k.wrapped FROM person_key k, "
             "person_key_erased e WHERE k.wrapped IS NOT NULL");
    assert_int_equal(number(bed, "SELECT count(*) FROM person_key k, before b "
                                 "WHERE k.wrapped = b.wrapped"),
                     420);
    assert_int_equal(number(bed, "SELECT count(*) FROM before"), 421);
    erase(bed, id_no(2));
    assert_int_equal(number(bed, "SELECT count(*) FROM before b WHERE NOT "
                                 "EXISTS (SELECT FROM person_key k WHERE "
                                 "k.wrapped = b.wrapped)"),
                     2);
}

static void
many_are_erased_and_all_others_stay(void **state)
{
    static struct seal_key was[100];
    struct bed *bed = *state;

    begin(bed, SHARD);
    for (unsigned i = 0; i < 100; i++)
        was[i] = key_of(bed, id_no(i));
    for (unsigned i = 0; i < 100; i += 3)
        erase(bed, id_no(i));
    for (unsigned i = 0; i < 100; i++) {
        struct id id = id_no(i);
        struct person_keys keys = get(bed, SHARD, &id, 1);

        if (i % 3 == 0) {
            lacks(bed, &keys, id, ST_REJECT, "erased");
        } else {
            struct seal_key is = key_of(bed, id);

            assert_memory_equal(&is, &was[i], sizeof is);
        }
    }
    is_whole(bed);
}

static void
a_lost_key_can_be_erased(void **state)
{
    struct bed *bed = *state;
    struct id id = id_no(1);
    struct person_keys keys;

    erase(bed, id);
    keys = get(bed, SHARD, &id, 1);
    lacks(bed, &keys, id, ST_REJECT, "erased");
    keys = get(bed, SHARD, &id, 1);
    lacks(bed, &keys, id_no(2), ST_RETRY, "no_key");
}

static void
one_person_alone_erases_nothing(void **state)
{
    struct bed *bed = *state;

    begin(bed, SHARD);
    run(bed, "BEGIN");
    assert_int_equal(try_erase(bed, id_no(1), "officer a", "officer a"),
                     ST_REJECT);
    run(bed, "ROLLBACK; BEGIN");
    assert_int_equal(try_erase(bed, id_no(1), "officer a", NULL), ST_REJECT);
    run(bed, "ROLLBACK; BEGIN");
    assert_int_equal(try_erase(bed, id_no(1), NULL, "officer a"), ST_REJECT);
    run(bed, "ROLLBACK");
    (void)key_of(bed, id_no(1));
}

static void
another_tree_is_begun_behind_all_that_is_known(void **state)
{
    struct bed *bed = *state;
    struct seal_key old, was;

    begin(bed, SHARD);
    was = key_of(bed, id_no(1));
    assert_int_equal(begin(bed, SHARD), 2);
    old = key_of(bed, id_no(1));
    assert_memory_equal(&old, &was, sizeof was);
    old = key_of(bed, key_tree_id(2, ID_NONE));
    was = key_of(bed, key_tree_id(1, ID_NONE));
    assert_memory_not_equal(&old, &was, sizeof was);
    assert_int_equal(begin(bed, SHARD + 1), 1);
    /* All rows are lost, but a receipt names a key of the fifth. */
    run(bed, "DELETE FROM person_key; INSERT INTO receipt VALUES (7, "
             "'notification', 'a', 'b', 0, gen_random_uuid(), '', now(), '', "
             "1, 0, '0005aaaa-0000-0000-0000-000000000000')");
    assert_int_equal(begin(bed, SHARD), 6);
}

static void
there_are_no_more_trees_than_numbers(void **state)
{
    struct bed *bed = *state;
    struct err err = { .code = "" };
    int tree = -1;

    begin(bed, SHARD);
    run(bed, "UPDATE person_key SET first = "
             "'fffe0000-0000-0000-0000-000000000000'");
    assert_int_equal(begin(bed, SHARD), KEY_TREE_MAX);
    assert_int_equal(
        person_keys_begin(bed->pg, bed->seal, SHARD, &tree, bed->arena, &err),
        ST_FATAL);
    assert_string_equal(err.code, "trees");
}

static struct person_rewrap
rewrap(struct bed *bed, const struct seal *seal, size_t max, int times)
{
    struct person_rewrap at = { .rows = 0 };
    struct err err;

    for (int i = 0; i < times && !at.over; i++)
        ok(person_keys_rewrap(bed->pg, seal, SHARD, max, &at, bed->arena, &err),
           &err);
    return at;
}

static void
all_is_wrapped_anew_and_the_old_master_key_may_go(void **state)
{
    struct bed *bed = *state;
    struct seal *both = open_masters(MASTER_B MASTER_A);
    struct seal *later = open_masters(MASTER_B);
    struct seal_key was, is;
    struct person_rewrap at;

    begin(bed, SHARD);
    begin(bed, SHARD + 1);
    erase(bed, id_no(1)); /* 420 rows and one that was erased */
    was = key_of(bed, id_no(2));
    at = rewrap(bed, both, 100, 2); /* and is killed */
    assert_false(at.over);
    assert_int_equal(at.rows, 200);
    is = key_by(bed, both, id_no(2));
    assert_memory_equal(&is, &was, sizeof is);
    at = rewrap(bed, both, 100, 100);
    assert_true(at.over);
    assert_int_equal(at.rows, 421);
    assert_in_range(at.wrapped, 220, 221);
    at = rewrap(bed, both, 421, 100);
    assert_int_equal(at.wrapped, 0);
    is = key_by(bed, later, id_no(2));
    assert_memory_equal(&is, &was, sizeof is);
    assert_int_equal(number(bed, "SELECT count(DISTINCT substring(wrapped "
                                 "FROM 2 FOR 8)) FROM person_key"),
                     2); /* another authority's stays as it was */
    is_whole(bed);
    seal_close(later);
    seal_close(both);
}

static void
without_the_old_master_key_nothing_is_wrapped_anew(void **state)
{
    struct bed *bed = *state;
    struct seal *later = open_masters(MASTER_B);
    struct person_rewrap at = { .rows = 0 };
    struct err err = { .code = "" };

    begin(bed, SHARD);
    assert_int_equal(
        person_keys_rewrap(bed->pg, later, SHARD, 10, &at, bed->arena, &err),
        ST_FATAL);
    assert_string_equal(err.code, "sealed");
    (void)key_of(bed, id_no(1));
    seal_close(later);
}

static void
triage_sees_the_view_and_not_the_table(void **state)
{
    struct bed *bed = *state;
    const char *view = "SELECT count(*) FROM person_key_read";

    begin(bed, SHARD);
    if (number(bed, "SELECT count(*) FROM pg_roles "
                    "WHERE rolname = 'waymark_triage'") == 0)
        run(bed, "BEGIN; CREATE ROLE waymark_triage");
    else
        run(bed, "BEGIN");
    run(bed, "DROP TABLE person_key, receipt, token_seen, claim CASCADE");
    make_tables(bed);
    run(bed, "SET LOCAL ROLE waymark_triage");
    assert_int_equal(number(bed, view), 0);
    assert_int_equal(tried(bed, "SELECT count(*) FROM person_key"), ST_FATAL);
    assert_int_equal(number(bed, view), 1); /* all of that is undone */
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
    static struct id ids[MANY];
    struct bed *bed = *state;
    double best_us = 1e9, erase_us;

    begin(bed, SHARD);
    for (unsigned i = 0; i < MANY; i++)
        ids[i] = id_no(i);
    erase_us = now_us();
    for (unsigned i = 0; i < 50; i++)
        erase(bed, id_no(MANY + i));
    erase_us = (now_us() - erase_us) / 50;
    for (int t = 0; t < 10; t++) {
        double begun = now_us();
        struct person_keys got = get(bed, SHARD, ids, MANY);

        for (size_t i = 0; i < MANY; i++) {
            struct seal_key key;
            struct err err;

            ok(person_keys_open(&got, bed->seal, ids[i], &key, &err), &err);
        }
        if (now_us() - begun < best_us)
            best_us = now_us() - begun;
    }
    print_message("fetched and derived in %.1f us each, erased in %.0f us\n",
                  best_us / MANY, erase_us);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_tree_is_begun_once_and_has_every_key),
        T(keys_come_back_by_their_ids_from_what_holds_them),
        T(a_key_that_is_not_there_is_not_called_erased),
        T(an_erased_key_is_gone_and_its_row_stays),
        T(no_row_is_left_from_which_it_follows),
        T(many_are_erased_and_all_others_stay),
        T(a_lost_key_can_be_erased),
        T(one_person_alone_erases_nothing),
        T(another_tree_is_begun_behind_all_that_is_known),
        T(there_are_no_more_trees_than_numbers),
        T(all_is_wrapped_anew_and_the_old_master_key_may_go),
        T(without_the_old_master_key_nothing_is_wrapped_anew),
        T(triage_sees_the_view_and_not_the_table),
        T(a_thousand_keys_are_fetched_by_one_query),
    };

    if (getenv("PGHOST") == NULL) {
        fputs("test_person_keys: skipped, PGHOST names no PostgreSQL\n",
              stderr);
        return 0;
    }
    (void)snprintf(schema, sizeof schema, "test_keys_%ld", (long)getpid());
    (void)snprintf(masters, sizeof masters, "/tmp/test_keys_%ld",
                   (long)getpid());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
