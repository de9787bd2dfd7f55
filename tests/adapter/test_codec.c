/*
 * Persons on their way out of a batch of records: whose keys are fetched, and
 * what is said where one is not there.
 *
 * Wants a server that PGHOST, PGUSER and so on point to and that lets a schema
 * be made; without PGHOST all is skipped.
 */
#include "common/adapters/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/adapters/key_tree.h"
#include "common/adapters/person_keys.h"
#include "common/adapters/sql.h"
#include "common/engine/memory.h"

#define SHARD 7
#define MASTER                                                                 \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

static char schema[32];  /* of this run; set once by main */
static char masters[64]; /* file of the master key; likewise */

struct bed {
    struct arena *arena;
    struct avro_codec *avro;
    struct seal *seal;
    struct pg *pg;
    struct codec_options options;
    struct avro_port *behind;
    struct codec codec;
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

static void
open_seal(struct bed *bed)
{
    FILE *f;
    struct err err;

    (void)unlink(masters);
    f = fopen(masters, "w");
    assert_non_null(f);
    assert_true(fputs(MASTER, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(masters, 0400), 0);
    ok(seal_open(masters, &bed->seal, &err), &err);
    (void)unlink(masters);
}

/* A codec with these options, and no other. */
static void
use(struct bed *bed)
{
    struct err err;

    codec_close(bed->behind);
    ok(codec_open(&bed->options, &bed->behind, &bed->codec, &err), &err);
}

static int
set_up(void **state)
{
    struct pg_options o = { .application_name = "test_codec",
                            .wait_ms = 20000 };
    struct bed *bed = calloc(1, sizeof *bed);
    struct err err;
    int tree;

    assert_non_null(bed);
    bed->arena = memory_open((size_t)16 << 20);
    bed->avro = avro_open(&err);
    assert_non_null(bed->avro);
    open_seal(bed);
    ok(pg_open(&o, &bed->pg, &err), &err);
    run(bed, arena_printf(bed->arena, "CREATE SCHEMA %s; SET search_path TO %s",
                          schema, schema)
                 .p);
    for (size_t i = 0; i < sql_embedded_n; i++)
        if (strcmp(sql_embedded[i].service, "intake") == 0)
            run(bed, sql_embedded[i].text);
    ok(person_keys_begin(bed->pg, bed->seal, SHARD, &tree, bed->arena, &err),
       &err);
    bed->options = (struct codec_options){
        .avro = bed->avro, .seal = bed->seal, .schema = schema, .shard = SHARD
    };
    use(bed);
    *state = bed;
    return 0;
}

static int
tear_down(void **state)
{
    struct bed *bed = *state;

    run(bed,
        arena_printf(bed->arena, "DROP SCHEMA IF EXISTS %s CASCADE", schema).p);
    codec_close(bed->behind);
    pg_close(bed->pg);
    seal_close(bed->seal);
    avro_close(bed->avro);
    memory_close(bed->arena);
    free(bed);
    return 0;
}

static struct id
id_of(int no)
{
    return (struct id){ .b = { (uint8_t)no } };
}

/* A notification that says a name, plain or sealed as intake does it. */
static struct notification_received
notification(struct bed *bed, int no, bool sealed)
{
    struct seal_name name = { .record_id = id_of(no) };
    static const uint8_t nonce[SEAL_NONCE_BYTES] = { 1 };
    struct notification_received n;
    struct person_keys keys;
    struct seal_key key;
    struct person p;
    struct err err;

    fields_clear(&fields_person, &p);
    p.surname = arena_printf(bed->arena, "Alpha%d", no);
    fields_clear(&fields_notification_received, &n);
    n.notification_id = id_of(no);
    ok(avro_encode(bed->avro, REC_PERSON, &p, bed->arena, &n.person, &err),
       &err);
    if (!sealed)
        return n;
    n.key_id = name.key_id = key_tree_id(1, id_of(no));
    ok(person_keys_load(bed->pg, schema, SHARD, &n.key_id, 1, bed->arena, &keys,
                        &err),
       &err);
    ok(person_keys_open(&keys, bed->seal, n.key_id, &key, &err), &err);
    n.person = seal_write(&key, &name, nonce, n.person, bed->arena);
    return n;
}

static void
erase(struct bed *bed, int no)
{
    struct person_erasure e = { .key_id = key_tree_id(1, id_of(no)),
                                .at = 1000,
                                .by = STR("officer a"),
                                .second_by = STR("officer b") };
    struct err err;

    ok(person_keys_erase(bed->pg, bed->seal, SHARD, &e, bed->arena, &err),
       &err);
}

static void
fetches(struct bed *bed, const struct id *ids, size_t n, enum status want,
        const char *code)
{
    struct err err = { .code = "" };

    assert_int_equal(
        bed->codec.fetch_keys(bed->codec.self, ids, n, bed->arena, &err), want);
    assert_string_equal(err.code, code);
}

static void
opens(struct bed *bed, const struct notification_received *n, enum status want,
      const char *code)
{
    const struct person *p = NULL;
    struct err err = { .code = "" };

    assert_int_equal(
        bed->codec.open_person(bed->codec.self, REC_NOTIFICATION_RECEIVED, n,
                               bed->arena, &p, &err),
        want);
    assert_string_equal(err.code, code);
    assert_int_equal(p != NULL, want == ST_OK);
    if (p != NULL)
        assert_memory_equal(p->surname.p, "Alpha", 5);
}

static void
persons_of_a_batch_are_opened_by_their_keys(void **state)
{
    struct bed *bed = *state;
    struct notification_received one = notification(bed, 1, true),
                                 two = notification(bed, 2, true);
    const struct id ids[] = { two.key_id, ID_NONE, one.key_id, two.key_id };

    fetches(bed, ids, 4, ST_OK, "");
    opens(bed, &one, ST_OK, "");
    opens(bed, &two, ST_OK, "");
}

static void
an_erased_key_is_fetched_and_says_so_when_it_is_used(void **state)
{
    struct bed *bed = *state;
    struct notification_received one = notification(bed, 1, true),
                                 two = notification(bed, 2, true);
    const struct id ids[] = { one.key_id, two.key_id };

    erase(bed, 1);
    fetches(bed, ids, 2, ST_OK, "");
    opens(bed, &one, ST_REJECT, "erased");
    opens(bed, &two, ST_OK, "");
}

static void
a_lost_key_is_waited_for(void **state)
{
    struct bed *bed = *state;
    struct notification_received one = notification(bed, 1, true);

    run(bed, "DELETE FROM person_key");
    fetches(bed, &one.key_id, 1, ST_RETRY, "no_key");
}

static void
a_checker_goes_on_without_a_lost_key(void **state)
{
    struct bed *bed = *state;
    struct notification_received one = notification(bed, 1, true);

    run(bed, "DELETE FROM person_key");
    bed->options.go_on_without = true;
    use(bed);
    fetches(bed, &one.key_id, 1, ST_OK, "");
    opens(bed, &one, ST_REJECT, "lost");
}

static void
a_table_that_is_not_there_yet_is_waited_for(void **state)
{
    struct bed *bed = *state;
    struct notification_received one = notification(bed, 1, true);

    run(bed, "DROP VIEW person_key_read");
    fetches(bed, &one.key_id, 1, ST_RETRY, "no_key");
    run(bed, arena_printf(bed->arena, "DROP SCHEMA %s CASCADE", schema).p);
    fetches(bed, &one.key_id, 1, ST_RETRY, "no_key");
}

static void
a_batch_without_sealed_persons_needs_no_database(void **state)
{
    struct bed *bed = *state;
    struct notification_received plain = notification(bed, 1, false);
    const struct id none[] = { ID_NONE, ID_NONE };

    bed->options.conninfo = "host=/nowhere";
    bed->options.seal = NULL;
    use(bed);
    fetches(bed, none, 2, ST_OK, "");
    fetches(bed, none, 0, ST_OK, "");
    opens(bed, &plain, ST_OK, "");
}

static void
who_has_no_master_key_stops_at_the_first_sealed_person(void **state)
{
    struct bed *bed = *state;
    struct notification_received one = notification(bed, 1, true);

    bed->options.seal = NULL;
    use(bed);
    fetches(bed, &one.key_id, 1, ST_FATAL, "config");
}

static void
keys_of_the_batch_before_are_forgotten(void **state)
{
    struct bed *bed = *state;
    struct notification_received one = notification(bed, 1, true);

    fetches(bed, &one.key_id, 1, ST_OK, "");
    opens(bed, &one, ST_OK, "");
    fetches(bed, NULL, 0, ST_OK, "");
    opens(bed, &one, ST_RETRY, "no_key");
}

static void
a_person_under_anothers_key_can_not_be_read(void **state)
{
    struct bed *bed = *state;
    struct notification_received one = notification(bed, 1, true);

    fetches(bed, &one.key_id, 1, ST_OK, "");
    one.notification_id = id_of(2);
    opens(bed, &one, ST_REJECT, "person");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(persons_of_a_batch_are_opened_by_their_keys),
        T(an_erased_key_is_fetched_and_says_so_when_it_is_used),
        T(a_lost_key_is_waited_for),
        T(a_checker_goes_on_without_a_lost_key),
        T(a_table_that_is_not_there_yet_is_waited_for),
        T(a_batch_without_sealed_persons_needs_no_database),
        T(who_has_no_master_key_stops_at_the_first_sealed_person),
        T(keys_of_the_batch_before_are_forgotten),
        T(a_person_under_anothers_key_can_not_be_read),
    };

    if (getenv("PGHOST") == NULL) {
        fputs("test_codec: skipped, PGHOST names no PostgreSQL\n", stderr);
        return 0;
    }
    (void)snprintf(schema, sizeof schema, "test_codec_%ld", (long)getpid());
    (void)snprintf(masters, sizeof masters, "/tmp/test_codec_%ld",
                   (long)getpid());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
