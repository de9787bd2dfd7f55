/*
 * The turn loop over a made-up world: a log in memory, a store that keeps what
 * was committed, a sink that keeps what was published, each of which can be
 * told to fail. The world's text is the trace that the tests compare.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/codec.h"
#include "common/engine/memory.h"
#include "common/engine/runner.h"

enum { LOG_MAX = 64, BLOCKS_MAX = 64, TEXT_MAX = 8192, HOUR = 3600000 };

struct logged {
    struct str key, value, header;
};

struct world {
    struct arena *arena; /* for all that outlives a batch */
    struct avro_codec *avro;
    struct codec codec;
    /* The log, one an input. */
    struct logged log[2][LOG_MAX];
    size_t log_n[2];
    int64_t log_first[2]; /* offsets below are gone */
    int64_t at[2];        /* where the source reads */
    struct raw raws[SOURCE_GROUPS][LOG_MAX];
    bool apart;           /* input 1 is a group of its own */
    struct tails tails[2]; /* of the writer of each input */
    /* The store. */
    struct shard shard;
    struct committed blocks[BLOCKS_MAX];
    size_t n_blocks;
    const char *fail_commit; /* code of the next commit's failure, or NULL */
    int64_t refuse_sequence; /* the database refuses turns with this record */
    /* The sink. */
    bool fail_publish;
    int64_t published; /* last turn */
    int64_t ms;
    char text[TEXT_MAX];
};

static void
say(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct world *w, const char *fmt, ...)
{
    size_t n = strlen(w->text);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(w->text + n, sizeof w->text - n, fmt, ap);
    va_end(ap);
}

/* ---- the ports --------------------------------------------------------- */

static enum status
source_start(void *self, const int64_t *offsets, size_t n, struct err *err)
{
    struct world *w = self;

    (void)err;
    for (size_t i = 0; i < n; i++)
        w->at[i] = offsets[i] < 0 ? w->log_first[i] : offsets[i];
    return ST_OK;
}

static enum status
source_take(void *self, int group, int wait_ms, size_t max,
            struct taken *out, struct err *err)
{
    struct world *w = self;
    struct raw *raws = w->raws[group];

    (void)wait_ms;
    *out = (struct taken){ .at = raws };
    for (size_t i = 0; i < 2; i++) {
        if (w->apart && (int)i != group)
            continue;
        if (w->at[i] < w->log_first[i]) {
            raws[0].input = i;
            say(w, "range %zu\n", i);
            return err_set(err, ST_REJECT, "range", "gone");
        }
        while (out->n < max && (size_t)w->at[i] < w->log_n[i]) {
            const struct logged *l = &w->log[i][w->at[i]];

            raws[out->n++] = (struct raw){ .input = i,
                                           .offset = w->at[i]++,
                                           .key = l->key,
                                           .value = l->value,
                                           .header = l->header };
        }
        if ((size_t)w->at[i] == w->log_n[i])
            out->eof |= 1u << i;
    }
    return ST_OK;
}

static enum status
store_own(void *self, struct shard *out, struct err *err)
{
    struct world *w = self;

    (void)err;
    w->shard.epoch++;
    *out = w->shard;
    say(w, "own %lld\n", (long long)w->shard.turn);
    return ST_OK;
}

static enum status
store_load(void *self, struct rows *rows, struct arena *arena,
           struct err *err)
{
    const struct rows_want *wants;

    (void)self;
    (void)arena;
    (void)err;
    (void)rows_take_wants(rows, &wants);
    return ST_OK;
}

static bool
has_record(struct str ranges, int64_t sequence)
{
    char text[TEXT_MAX];
    long long from, to;
    const char *p = text;

    snprintf(text, sizeof text, "%.*s", STR_ARG(ranges));
    while ((p = strstr(p, "notifications:intake.1:")) != NULL) {
        p += strlen("notifications:intake.1:");
        if (sscanf(p, "%lld-%lld", &from, &to) == 2 && sequence >= from &&
            sequence <= to)
            return true;
    }
    return false;
}

static bool
holds_dead_letter(struct str block)
{
    struct outbox_entry e;
    size_t at = 0;
    bool ok;

    while (outbox_next(block, &at, &e, &ok))
        if (e.topic == TOPIC_DEAD_LETTERS)
            return true;
    return false;
}

static enum status
store_commit(void *self, const struct turn *turn, struct committed *out,
             struct err *err)
{
    struct world *w = self;
    struct committed *c = &w->blocks[w->n_blocks];

    if (w->fail_commit != NULL) {
        const char *code = w->fail_commit;

        w->fail_commit = NULL;
        say(w, "commit fails\n");
        return err_set(err, ST_RETRY, code, "told to");
    }
    if (w->refuse_sequence != 0 && !holds_dead_letter(turn->block) &&
        has_record(turn->ranges, w->refuse_sequence)) {
        say(w, "refuse %.*s\n", STR_ARG(turn->ranges));
        return err_set(err, ST_REJECT, "value", "told to");
    }
    w->shard = *turn->after;
    *c = (struct committed){ .turn = turn->after->turn,
                             .block = arena_str(w->arena, turn->block) };
    w->n_blocks++;
    *out = *c;
    say(w, "commit %lld %.*s\n", (long long)c->turn, STR_ARG(turn->ranges));
    return ST_OK;
}

static enum status
store_beat(void *self, int64_t confirmed, struct err *err)
{
    struct world *w = self;

    (void)err;
    w->shard.confirmed_turn = confirmed;
    return ST_OK;
}

static enum status
store_unconfirmed(void *self, int64_t after, struct arena *arena,
                  struct committed *out, bool *found, struct err *err)
{
    struct world *w = self;

    (void)arena;
    (void)err;
    *found = false;
    for (size_t i = 0; i < w->n_blocks && !*found; i++)
        if (w->blocks[i].turn > after) {
            *out = w->blocks[i];
            *found = true;
        }
    return ST_OK;
}

static enum status
store_config(void *self, size_t i, struct arena *arena,
             struct config_text *out, struct err *err)
{
    (void)self;
    (void)i;
    (void)arena;
    (void)out;
    return err_set(err, ST_FATAL, "config", "none");
}

static enum status
sink_restart(void *self, struct err *err)
{
    (void)self;
    (void)err;
    return ST_OK;
}

static enum status
sink_publish(void *self, const struct committed *c, struct err *err)
{
    struct world *w = self;
    struct outbox_entry e;
    size_t at = 0;
    bool ok;

    if (w->fail_publish) {
        w->fail_publish = false;
        say(w, "publish fails\n");
        return err_set(err, ST_RETRY, "kafka", "told to");
    }
    say(w, "publish %lld", (long long)c->turn);
    while (outbox_next(c->block, &at, &e, &ok)) {
        struct outbox_header h = { .value = STR("") };
        size_t from = 0;

        (void)outbox_next_header(e.headers, &from, &h);
        say(w, " %s-%lld%s%.*s", topic_name(e.topic), (long long)e.sequence,
            h.value.n > 0 ? "=" : "", STR_ARG(h.value));
    }
    say(w, "\n");
    assert_true(ok);
    w->published = c->turn;
    return ST_OK;
}

static enum status
sink_confirmed(void *self, int wait_ms, int64_t *turn, struct err *err)
{
    struct world *w = self;

    (void)wait_ms;
    (void)err;
    *turn = w->published;
    return ST_OK;
}

static enum status
config_activate(void *self, const struct config_text *text, struct err *err)
{
    (void)self;
    (void)text;
    (void)err;
    return ST_OK;
}

static void
config_forget(void *self, size_t n)
{
    (void)self;
    (void)n;
}

static int64_t
tick(void *self)
{
    return ((struct world *)self)->ms++;
}

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

/* ---- telling the story ---------------------------------------------------- */

static const struct settings no_settings;

struct stage {
    struct world *w;
    struct source source;
    struct store store;
    struct sink sink;
    struct configurer configurer;
    struct ticker ticker;
    struct runner *runner;
};

static struct stage
open_stage(bool log_clock)
{
    struct world *w = calloc(1, sizeof *w);
    struct stage s = { .w = w };
    struct err err;

    w->arena = memory_open((size_t)256 << 20);
    w->avro = avro_open(&err);
    assert_non_null(w->avro);
    codec_over(w->avro, &w->codec);
    w->apart = log_clock;
    w->shard = (struct shard){ .now = TIME_NONE, .barrier = TIME_NONE };
    s.source = (struct source){ w, source_start, source_take };
    s.store = (struct store){ .self = w,
                              .own = store_own,
                              .load = store_load,
                              .commit = store_commit,
                              .beat = store_beat,
                              .unconfirmed = store_unconfirmed,
                              .config = store_config };
    s.sink = (struct sink){ .self = w,
                            .restart = sink_restart,
                            .publish = sink_publish,
                            .confirmed = sink_confirmed };
    s.configurer = (struct configurer){ .self = w,
                                        .activate = config_activate,
                                        .forget = config_forget,
                                        .settings = &no_settings };
    s.ticker = (struct ticker){ .self = w, .now_ms = tick };
    return s;
}

static void
open_runner(struct stage *s)
{
    struct runner_options options = {
        .def = &relay,
        .authority = 1,
        .authority_name = STR("test"),
        .incarnation = 1,
        .log_clock = s->w->apart,
        .wait_ms = 1,
        .beat_ms = 1000000,
        .batch_max = 8,
        .memory_max = (size_t)256 << 20,
    };

    s->runner = runner_open(&options, &s->source, &s->store, &s->sink,
                            &s->w->codec, &s->configurer, &s->ticker);
    assert_non_null(s->runner);
}

static void
close_stage(struct stage *s)
{
    runner_close(s->runner);
    avro_close(s->w->avro);
    memory_close(s->w->arena);
    free(s->w);
}

/* Turns until the log is read, owning again after a failure, at most 40. */
static enum status
play(struct stage *s, struct err *err)
{
    enum status rc = ST_RETRY;
    int idle = 0;

    if (s->runner == NULL)
        open_runner(s);
    for (int i = 0; i < 40 && idle < 3; i++) {
        int64_t turn = s->w->shard.turn;

        rc = rc == ST_OK ? runner_turn(s->runner, err)
                         : runner_own(s->runner, err);
        if (rc == ST_FATAL)
            return rc;
        idle = rc == ST_OK && s->w->shard.turn == turn ? idle + 1 : 0;
    }
    return rc;
}

/* ---- putting records into the log ------------------------------------------ */

static struct logged
make(struct stage *s, size_t input, struct str value)
{
    struct world *w = s->w;
    enum topic topic = relay.inputs[input];
    struct link link = { .origin = { .service = input == 0 ? SERVICE_INTAKE
                                                           : SERVICE_TRACKER,
                                     .authority = 1,
                                     .incarnation = 1 } };
    uint8_t header[CHAIN_HEADER_SIZE];
    struct logged l = { .key = STR("k"), .value = value };

    (void)topic;
    link.sequence = ++w->tails[input].at[topic].sequence;
    link.chain = chain_next(w->tails[input].at[topic].chain, l.key, value);
    w->tails[input].at[topic].chain = link.chain;
    chain_header(&link, header);
    l.header = (struct str){ .p = arena_copy(w->arena, header, sizeof header),
                             .n = sizeof header };
    return l;
}

static void
put(struct stage *s, size_t input, struct logged l)
{
    s->w->log[input][s->w->log_n[input]++] = l;
}

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
    assert_int_equal(avro_encode(s->w->avro, REC_TIME_ADVANCED, &rec,
                                 s->w->arena, &bytes, &err),
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
    assert_int_equal(avro_encode(s->w->avro, REC_MATCH_RESOLVED, &rec,
                                 s->w->arena, &bytes, &err),
                     ST_OK);
    return bytes;
}

static void
put_time(struct stage *s, size_t input, time_ms at)
{
    put(s, input, make(s, input, time_record(s, at)));
}

/* ---- the tests ------------------------------------------------------------- */

static void
expect(struct stage *s, const char *text)
{
    assert_string_equal(s->w->text, text);
}

static void
what_is_committed_is_published_after_it(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    put_time(&s, 0, 2 * HOUR);
    assert_int_equal(play(&s, &err), ST_OK);
    expect(&s, "own 0\ncommit 1 notifications:intake.1:1-2\n"
               "publish 1 casework-1 casework-2\n");
    close_stage(&s);
}

static void
a_repeat_is_dropped_by_its_number(void **state)
{
    struct stage s = open_stage(false);
    struct err err;
    struct logged l;

    (void)state;
    l = make(&s, 0, time_record(&s, HOUR));
    put(&s, 0, l);
    put(&s, 0, l);
    put_time(&s, 0, 2 * HOUR);
    put(&s, 0, l);
    assert_int_equal(play(&s, &err), ST_OK);
    expect(&s, "own 0\ncommit 1 notifications:intake.1:1-2\n"
               "publish 1 casework-1 casework-2\n");
    assert_int_equal(runner_stats(s.runner)->dropped, 2);
    close_stage(&s);
}

static void
a_number_missing_at_the_end_of_the_log_stops_the_shard(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    (void)make(&s, 0, time_record(&s, 2 * HOUR)); /* lost by the broker */
    put_time(&s, 0, 3 * HOUR);
    assert_int_equal(play(&s, &err), ST_FATAL);
    assert_string_equal(err.code, "gap");
    assert_non_null(strstr(err.text, "lost from 2 to 2"));
    expect(&s, "own 0\ncommit 1 notifications:intake.1:1-1\n"
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
    struct logged two, three;

    (void)state;
    put_time(&s, 0, HOUR);
    two = make(&s, 0, time_record(&s, 2 * HOUR));
    three = make(&s, 0, time_record(&s, 3 * HOUR));
    put(&s, 0, three);
    put(&s, 0, two);
    put(&s, 0, three);
    assert_int_equal(play(&s, &err), ST_OK);
    expect(&s, "own 0\ncommit 1 notifications:intake.1:1-3\n"
               "publish 1 casework-1 casework-2 casework-3\n");
    close_stage(&s);
}

static void
a_chain_that_does_not_continue_stops_the_shard(void **state)
{
    struct stage s = open_stage(false);
    struct err err;
    struct logged two;

    (void)state;
    put_time(&s, 0, HOUR);
    two = make(&s, 0, time_record(&s, 2 * HOUR));
    two.value = time_record(&s, 9 * HOUR); /* same number, other bytes */
    put(&s, 0, two);
    assert_int_equal(play(&s, &err), ST_FATAL);
    assert_string_equal(err.code, "fork");
    expect(&s, "own 0\ncommit 1 notifications:intake.1:1-1\n"
               "publish 1 casework-1\n");
    close_stage(&s);
}

static void
a_known_number_with_another_chain_stops_the_shard(void **state)
{
    struct stage s = open_stage(false);
    struct err err;
    struct tails before;

    (void)state;
    before = s.w->tails[0];
    put_time(&s, 0, HOUR);
    s.w->tails[0] = before;
    put_time(&s, 0, 2 * HOUR); /* number 1 again, not the same */
    assert_int_equal(play(&s, &err), ST_FATAL);
    assert_string_equal(err.code, "fork");
    close_stage(&s);
}

static void
what_cannot_be_read_goes_to_dead_letters_and_the_rest_goes_on(void **state)
{
    struct stage s = open_stage(false);
    struct err err;
    struct logged bare = { .key = STR("k"), .value = STR("hello") };

    (void)state;
    put(&s, 0, make(&s, 0, STR("not avro")));
    put(&s, 0, make(&s, 0, STR_NULL));
    put(&s, 0, bare);
    put(&s, 0, make(&s, 0, disliked_record(&s)));
    put_time(&s, 0, HOUR);
    assert_int_equal(play(&s, &err), ST_OK);
    expect(&s,
           "own 0\n"
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
    put(&s, 0, make(&s, 0, (struct str){ .p = "\0\0\1\0\0x", .n = 6 }));
    assert_int_equal(play(&s, &err), ST_FATAL);
    assert_string_equal(err.code, "schema");
    expect(&s, "own 0\ncommit 1 notifications:intake.1:1-1\n"
               "publish 1 casework-1\n");
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
    assert_int_equal(play(&s, &err), ST_OK);
    expect(&s, "own 0\ncommit fails\nown 0\n"
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
    assert_int_equal(play(&s, &err), ST_OK);
    expect(&s, "own 0\ncommit 1 notifications:intake.1:1-1\npublish fails\n"
               "own 1\npublish 1 casework-1\n");
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
    assert_int_equal(play(&s, &err), ST_OK);
    expect(&s,
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

static void
a_position_that_is_gone_is_read_from_the_earliest_by_number(void **state)
{
    struct stage s = open_stage(false);
    struct err err;

    (void)state;
    put_time(&s, 0, HOUR);
    put_time(&s, 0, 2 * HOUR);
    assert_int_equal(play(&s, &err), ST_OK);
    s.w->text[0] = '\0';
    runner_close(s.runner);
    s.runner = NULL;
    /* What no later commit or beat has noted as confirmed goes out again.
     * The topic was made anew: record 1 is gone, 2 and 3 stand from 5 on. */
    put_time(&s, 0, 3 * HOUR);
    s.w->log_first[0] = 5;
    s.w->log[0][5] = s.w->log[0][1];
    s.w->log[0][6] = s.w->log[0][2];
    s.w->log_n[0] = 7;
    assert_int_equal(play(&s, &err), ST_OK);
    expect(&s, "own 1\npublish 1 casework-1 casework-2\n"
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
    assert_int_equal(play(&s, &err), ST_OK);
    /* Its echo hasn't come: what stands behind the barrier waits. */
    expect(&s, "own 0\ncommit 1 notifications:intake.1:1-1\n"
               "publish 1 casework-1\n");
    put_time(&s, 1, HOUR);
    assert_int_equal(play(&s, &err), ST_OK);
    expect(&s, "own 0\ncommit 1 notifications:intake.1:1-1\n"
               "publish 1 casework-1\nown 1\npublish 1 casework-1\n"
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
        cmocka_unit_test(
            a_commit_that_fails_publishes_nothing_and_is_done_again),
        cmocka_unit_test(a_publish_that_fails_is_made_good_from_the_outbox),
        cmocka_unit_test(
            a_value_that_the_database_refuses_is_found_by_halving),
        cmocka_unit_test(
            a_position_that_is_gone_is_read_from_the_earliest_by_number),
        cmocka_unit_test(
            under_the_log_clock_the_journal_is_read_only_at_a_barrier),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
