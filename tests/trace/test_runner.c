/*
 * The turn loop over a made-up world: what it commits and publishes, in which
 * order, and what happens to a record that is lost, doubled, forged, newer
 * than its reader or refused by the database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/adapters/codec.h"
#include "tests/lib/world.h"

enum { HOUR = WORLD_HOUR };

/* ---- the service: passes time on and dislikes one kind of record -------- */

static bool
touch_nothing(const struct step *step, const struct event *evs, size_t n,
              int round)
{
    (void)step;
    (void)evs;
    (void)n;
    (void)round;
    return false;
}

static enum status
step(struct step *step, const struct event *ev, struct err *err)
{
    if (ev->type == REC_CHILD_ERASED)
        return ST_OK;
    if (ev->type == REC_MATCH_RESOLVED) {
        struct child_erased rec;

        fields_clear(&fields_child_erased, &rec);
        rec.child_id = ((const struct match_resolved *)ev->body)->resolution_id;
        rec.meta.subject = STR("x");
        if (out_add(step->out, TOPIC_CASEWORK, rec.child_id, REC_CHILD_ERASED,
                    &rec, err) != ST_OK)
            return ST_FATAL;
        return err_set(err, ST_REJECT, "R22", "told to");
    }
    return ST_OK;
}

static const struct service_def relay = {
    .service = SERVICE_TRIAGE,
    .inputs = { TOPIC_NOTIFICATIONS, TOPIC_CASE_JOURNAL },
    .n_inputs = 2,
    .outputs = { TOPIC_CASEWORK },
    .n_outputs = 1,
    .barrier_inputs = 2,
    .due_table = -1,
    .touch = touch_nothing,
    .step = step,
};

struct stage {
    struct world *w;
    struct avro_codec *avro;
    struct avro_port *port;
};

static struct stage
open_stage(bool log_clock)
{
    struct stage s = { .w = world_open(&relay, 8) };
    struct codec_options codec = { .avro = NULL };
    struct err err;

    codec.avro = s.avro = avro_open(&err);
    assert_non_null(s.avro);
    assert_int_equal(codec_open(&codec, &s.port, &s.w->codec, &err), ST_OK);
    s.w->apart = s.w->options.log_clock = log_clock;
    return s;
}

static void
close_stage(struct stage *s)
{
    struct avro_codec *avro = s->avro;
    struct avro_port *port = s->port;

    world_close(s->w);
    codec_close(port);
    avro_close(avro);
}

/* ---- putting records into the log ------------------------------------------
 */

static struct str
time_record(struct stage *s, time_ms at)
{
    struct time_advanced rec;
    struct str bytes;
    struct err err;

    fields_clear(&fields_time_advanced, &rec);
    rec.meta.id.b[0] = 1;
    rec.meta.source = rec.meta.subject = STR("t");
    rec.meta.occurred_at = rec.meta.recorded_at = rec.at = at;
    rec.meta.cause = (struct cause){ .topic = TOPIC_NOTIFICATIONS,
                                     .service = SERVICE_INTAKE,
                                     .sequence = 1 };
    assert_int_equal(avro_encode(s->avro, REC_TIME_ADVANCED, &rec, s->w->arena,
                                 &bytes, &err),
                     ST_OK);
    return bytes;
}

static struct str
disliked_record(struct stage *s)
{
    struct match_resolved rec;
    struct str bytes;
    struct err err;

    fields_clear(&fields_match_resolved, &rec);
    rec.meta.id.b[0] = 1;
    rec.meta.source = rec.meta.subject = STR("t");
    rec.meta.occurred_at = rec.meta.recorded_at = 5;
    rec.meta.cause = (struct cause){ .topic = TOPIC_NOTIFICATIONS,
                                     .service = SERVICE_INTAKE,
                                     .sequence = 1 };
    rec.resolution_id.b[0] = rec.notification_id.b[0] = rec.key_id.b[0] = 7;
    rec.agency_id = rec.agency_ref = rec.by = rec.content_hash = rec.detail =
        STR("x");
    rec.amendment = rec.reason_chars = 0;
    assert_int_equal(avro_encode(s->avro, REC_MATCH_RESOLVED, &rec, s->w->arena,
                                 &bytes, &err),
                     ST_OK);
    return bytes;
}

static void
put_time(struct stage *s, size_t input, time_ms at)
{
    world_put(s->w, input, world_make(s->w, input, time_record(s, at)));
}

/* ---- the tests -------------------------------------------------------------
 */

static void
what_is_committed_is_published_after_it(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    put_time(&s, 0, 2 * HOUR);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w, "own 0\ncommit 1 notifications:intake.1:1-2\n"
                      "publish 1 casework-1 casework-2\n");
    close_stage(&s);
}

static void
a_repeat_is_dropped_by_its_number(void **state)
{
    struct stage s = open_stage(false);
    struct err err;
    struct world_record l;

    (void)state;
    l = world_make(s.w, 0, time_record(&s, HOUR));
    world_put(s.w, 0, l);
    world_put(s.w, 0, l);
    put_time(&s, 0, 2 * HOUR);
    world_put(s.w, 0, l);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w, "own 0\ncommit 1 notifications:intake.1:1-2\n"
                      "publish 1 casework-1 casework-2\n");
    assert_int_equal(runner_stats(s.w->runner)->dropped, 2);
    close_stage(&s);
}

static void
a_number_missing_at_the_end_of_the_log_stops_the_shard(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    /* The broker loses the second. */
    (void)world_make(s.w, 0, time_record(&s, 2 * HOUR));
    put_time(&s, 0, 3 * HOUR);
    assert_int_equal(world_play(s.w, &err), ST_FATAL);
    assert_string_equal(err.code, "gap");
    assert_non_null(strstr(err.text, "lost from 2 to 2"));
    world_expect(s.w, "own 0\ncommit 1 notifications:intake.1:1-1\n"
                      "publish 1 casework-1\n");
    /* The position stands before what was left unapplied. */
    assert_int_equal(s.w->shard.offsets[0] <= 1, true);
    close_stage(&s);
}

static void
a_missing_number_that_comes_later_is_applied_in_its_place(void **state)
{
    struct stage s = open_stage(false);
    struct err err;
    struct world_record two, three;

    (void)state;
    put_time(&s, 0, HOUR);
    two = world_make(s.w, 0, time_record(&s, 2 * HOUR));
    three = world_make(s.w, 0, time_record(&s, 3 * HOUR));
    world_put(s.w, 0, three);
    world_put(s.w, 0, two);
    world_put(s.w, 0, three);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w, "own 0\ncommit 1 notifications:intake.1:1-3\n"
                      "publish 1 casework-1 casework-2 casework-3\n");
    close_stage(&s);
}

static void
a_chain_that_does_not_continue_stops_the_shard(void **state)
{
    struct stage s = open_stage(false);
    struct err err;
    struct world_record two;

    (void)state;
    put_time(&s, 0, HOUR);
    two = world_make(s.w, 0, time_record(&s, 2 * HOUR));
    two.value = time_record(&s, 9 * HOUR); /* same number, other bytes */
    world_put(s.w, 0, two);
    assert_int_equal(world_play(s.w, &err), ST_FATAL);
    assert_string_equal(err.code, "fork");
    world_expect(s.w, "own 0\ncommit 1 notifications:intake.1:1-1\n"
                      "publish 1 casework-1\n");
    close_stage(&s);
}

static void
a_known_number_with_another_chain_stops_the_shard(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    s.w->writers[0][0].sequence = 0;
    s.w->writers[0][0].chain = 0;
    put_time(&s, 0, 2 * HOUR); /* number 1 again, not the same */
    assert_int_equal(world_play(s.w, &err), ST_FATAL);
    assert_string_equal(err.code, "fork");
    close_stage(&s);
}

static void
what_cannot_be_read_goes_to_dead_letters_and_the_rest_goes_on(void **state)
{
    struct stage s = open_stage(false);
    struct err err;
    struct world_record bare = { .key = STR("k"), .value = STR("hello") };

    (void)state;
    world_put(s.w, 0, world_make(s.w, 0, STR("not avro")));
    world_put(s.w, 0, world_make(s.w, 0, STR_NULL));
    world_put(s.w, 0, bare);
    world_put(s.w, 0, world_make(s.w, 0, disliked_record(&s)));
    put_time(&s, 0, HOUR);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(
        s.w, "own 0\n"
             "commit 1 notifications:intake.1:1-2 notifications:stranger.0:1-1"
             " notifications:intake.1:3-4\n"
             "publish 1 dead-letters-1=decode dead-letters-2=null"
             " dead-letters-3=stranger dead-letters-4=R22 casework-1\n");
    close_stage(&s);
}

static void
a_newer_senders_schema_stops_the_shard_behind_what_came_before(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    world_put(s.w, 0,
              world_make(s.w, 0, (struct str){ .p = "\0\0\1\0\0x", .n = 6 }));
    assert_int_equal(world_play(s.w, &err), ST_FATAL);
    assert_string_equal(err.code, "schema");
    world_expect(s.w, "own 0\ncommit 1 notifications:intake.1:1-1\n"
                      "publish 1 casework-1\n");
    close_stage(&s);
}

/* A reader of it would stop here, as in the test above. */
static void
what_people_put_aside_is_not_read_and_moves_no_time(void **state)
{
    struct stage s = open_stage(false);
    struct world_record killer;
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    killer = world_make(s.w, 0, (struct str){ .p = "\0\0\1\0\0x", .n = 6 });
    killer.aside = STR("it kills");
    world_put(s.w, 0, killer);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w, "own 0\ncommit 1 notifications:intake.1:1-2\n"
                      "publish 1 casework-1 dead-letters-1=kills\n");
    assert_int_equal(s.w->shard.now, HOUR);
    put_time(&s, 0, 2 * HOUR);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w, "own 1\npublish 1 casework-1 dead-letters-1=kills\n"
                      "commit 2 notifications:intake.1:3-3\n"
                      "publish 2 casework-2\n");
    close_stage(&s);
}

static void
a_commit_that_fails_publishes_nothing_and_is_done_again(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    s.w->fail_commit = "database";
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w,
                 "own 0\ncommit fails\nown 0\n"
                 "commit 1 notifications:intake.1:1-1\npublish 1 casework-1\n");
    close_stage(&s);
}

static void
a_publish_that_fails_is_made_good_from_the_outbox(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    s.w->fail_publish = true;
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w, "own 0\ncommit 1 notifications:intake.1:1-1\n"
                      "publish fails\nown 1\npublish 1 casework-1\n");
    close_stage(&s);
}

static void
a_value_that_the_database_refuses_is_found_by_halving(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    for (int i = 1; i <= 4; i++)
        put_time(&s, 0, i * HOUR);
    s.w->refuse_sequence = 3;
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w,
                 "own 0\nrefuse notifications:intake.1:1-4\n"
                 "own 0\ncommit 1 notifications:intake.1:1-2\n"
                 "publish 1 casework-1 casework-2\n"
                 "refuse notifications:intake.1:3-4\n"
                 "own 1\npublish 1 casework-1 casework-2\n"
                 "refuse notifications:intake.1:3-3\n"
                 "own 1\npublish 1 casework-1 casework-2\n"
                 "commit 2 notifications:intake.1:3-3\n"
                 "publish 2 dead-letters-1=value\n"
                 "commit 3 notifications:intake.1:4-4\npublish 3 casework-3\n");
    close_stage(&s);
}

/* A world whose database refuses to look for what one record names. */
struct picky {
    struct world *w;
    int64_t sequence;
    const struct event *evs; /* of the batch */
    size_t n;
};

static struct picky *picky_world;

static bool
touch_and_tell(const struct step *step, const struct event *evs, size_t n,
               int round)
{
    (void)step;
    (void)round;
    picky_world->evs = evs;
    picky_world->n = n;
    return false;
}

static enum status
load_or_refuse(void *self, struct rows *rows, struct arena *arena,
               struct err *err)
{
    const struct rows_want *wants;

    (void)self;
    (void)arena;
    (void)rows_take_wants(rows, &wants);
    for (size_t i = 0; i < picky_world->n; i++)
        if (picky_world->evs[i].sequence == picky_world->sequence) {
            world_say(picky_world->w, "refuse to load %zu\n", picky_world->n);
            return err_set(err, ST_REJECT, "value", "told to");
        }
    return ST_OK;
}

static void
a_value_that_the_database_refuses_to_look_for_is_found_by_halving(void **state)
{
    struct service_def def = relay;
    struct stage s = open_stage(false);
    struct picky picky = { .w = s.w, .sequence = 2 };
    struct err err;

    (void)state;
    def.touch = touch_and_tell;
    s.w->options.def = &def;
    s.w->store.load = load_or_refuse;
    picky_world = &picky;
    for (int i = 1; i <= 4; i++)
        put_time(&s, 0, i * HOUR);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w, "own 0\nrefuse to load 4\n"
                      "own 0\nrefuse to load 2\n"
                      "own 0\ncommit 1 notifications:intake.1:1-1\n"
                      "publish 1 casework-1\nrefuse to load 1\n"
                      "own 1\npublish 1 casework-1\n"
                      "commit 2 notifications:intake.1:2-2\n"
                      "publish 2 dead-letters-1=value\n"
                      "commit 3 notifications:intake.1:3-3\n"
                      "publish 3 casework-2\n"
                      "commit 4 notifications:intake.1:4-4\n"
                      "publish 4 casework-3\n");
    picky_world = NULL;
    close_stage(&s);
}

static void
a_position_that_is_gone_is_read_from_the_earliest_by_number(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    put_time(&s, 0, 2 * HOUR);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    s.w->text[0] = '\0';
    world_die(s.w);
    /* What no later commit or beat has noted as confirmed goes out again.
     * The topic was made anew: record 1 is gone, 2 and 3 stand from 5 on. */
    put_time(&s, 0, 3 * HOUR);
    s.w->log_first[0] = 5;
    s.w->log[0][5] = s.w->log[0][1];
    s.w->log[0][6] = s.w->log[0][2];
    s.w->log_n[0] = 7;
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w, "own 1\npublish 1 casework-1 casework-2\n"
                      "range 0\ncommit 2 notifications:intake.1:3-3\n"
                      "publish 2 casework-3\n");
    close_stage(&s);
}

static void
under_the_log_clock_the_journal_is_read_only_at_a_barrier(void **state)
{
    struct stage s = open_stage(true);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    put_time(&s, 0, 2 * HOUR);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    /* Its echo hasn't come: what stands behind the barrier waits. */
    world_expect(s.w, "own 0\ncommit 1 notifications:intake.1:1-1\n"
                      "publish 1 casework-1\n");
    put_time(&s, 1, HOUR);
    assert_int_equal(world_play(s.w, &err), ST_OK);
    world_expect(s.w, "own 1\npublish 1 casework-1\n"
                      "commit 2 case-journal:tracker.1:1-1\npublish 2\n"
                      "commit 3 notifications:intake.1:2-2\n"
                      "publish 3 casework-2\n");
    close_stage(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_is_published_after_it),
        cmocka_unit_test(a_repeat_is_dropped_by_its_number),
        cmocka_unit_test(
            a_number_missing_at_the_end_of_the_log_stops_the_shard),
        cmocka_unit_test(
            a_missing_number_that_comes_later_is_applied_in_its_place),
        cmocka_unit_test(a_chain_that_does_not_continue_stops_the_shard),
        cmocka_unit_test(a_known_number_with_another_chain_stops_the_shard),
        cmocka_unit_test(
            what_cannot_be_read_goes_to_dead_letters_and_the_rest_goes_on),
        cmocka_unit_test(
            a_newer_senders_schema_stops_the_shard_behind_what_came_before),
        cmocka_unit_test(what_people_put_aside_is_not_read_and_moves_no_time),
        cmocka_unit_test(
            a_commit_that_fails_publishes_nothing_and_is_done_again),
        cmocka_unit_test(a_publish_that_fails_is_made_good_from_the_outbox),
        cmocka_unit_test(a_value_that_the_database_refuses_is_found_by_halving),
        cmocka_unit_test(
            a_value_that_the_database_refuses_to_look_for_is_found_by_halving),
        cmocka_unit_test(
            a_position_that_is_gone_is_read_from_the_earliest_by_number),
        cmocka_unit_test(
            under_the_log_clock_the_journal_is_read_only_at_a_barrier),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
