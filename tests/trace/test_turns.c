/*
 * Turns of a small made-up service: an alarm clock that keeps alarms, rings
 * them when they are due, and does what a record's text tells it. Records are
 * plain text, times are milliseconds, so that a story is short:
 *
 *     T 5              TimeAdvanced to 5
 *     C 5 v1           ConfigActivated, version v1; "bad" does not check
 *     D 5 set 7 9 2    a record of 5: alarm 7 rings at 9 and once more at 10
 *     D 5 give 3       gives out three records
 *     U 5 give 3       the same, decided elsewhere under version u1
 *     R 5 17           an empty record of type 17
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/settings.h"
#include "common/engine/batch.h"
#include "tests/lib/world.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum {
    ALARMS_MAX = 4100,
    BIG = 1000000,
    STORY_MAX = 65536,
    TESTS_MAX = 64,
};

/* ---- what records say --------------------------------------------------- */

/* How records look as bytes. */
struct talk {
    bool in_full; /* records given out tell all of their meta */
};

static struct str
copy(struct arena *arena, const char *text)
{
    return arena_str(arena, str_of(text));
}

static enum status
decode(void *self, struct str bytes, struct arena *arena,
       enum record_type *type, const void **body, struct err *err)
{
    char text[256], rest[128] = "";
    long long at = 0;
    char kind = 0;

    (void)self;
    snprintf(text, sizeof text, "%.*s", STR_ARG(bytes));
    (void)sscanf(text, "%c %lld %127[^\n]", &kind, &at, rest);
    if (kind == 'T') {
        struct time_advanced *rec = arena_alloc(arena, sizeof *rec);

        rec->meta.recorded_at = rec->at = at;
        *type = REC_TIME_ADVANCED;
        *body = rec;
    } else if (kind == 'C') {
        struct config_activated *rec = arena_alloc(arena, sizeof *rec);

        rec->meta.recorded_at = at;
        rec->version = rec->name = rec->hash = rec->text = copy(arena, rest);
        *type = REC_CONFIG_ACTIVATED;
        *body = rec;
    } else if (kind == 'R') {
        struct meta *rec = arena_alloc(arena, 4096); /* as large as any */

        rec->recorded_at = at;
        *type = (enum record_type)atoi(rest);
        *body = rec;
    } else if (kind == 'D' || kind == 'U' || kind == 'W') {
        struct match_resolved *rec = arena_alloc(arena, sizeof *rec);

        rec->meta.recorded_at = at;
        if (kind == 'U')
            rec->meta.profile_version = STR("u1");
        rec->meta.trace_parent = STR("trace");
        rec->detail = copy(arena, rest);
        /* W: a type that has no place where this one comes from. */
        *type = kind == 'W' ? REC_ALERT_RAISED : REC_MATCH_RESOLVED;
        *body = rec;
    } else {
        return err_set(err, kind == 'N' ? ST_FATAL : ST_REJECT,
                       kind == 'N' ? "schema" : "decode", "no such record");
    }
    return ST_OK;
}

static struct str
say_seen(struct arena *arena, const struct items *seen)
{
    struct str text = STR("");

    for (size_t i = 0; i < seen->n; i++) {
        const struct cause *c = (const struct cause *)seen->at + i;

        text = arena_printf(arena, "%.*s%s%s.%s.%lld", STR_ARG(text),
                            i > 0 ? "," : "", topic_name((enum topic)c->topic),
                            service_name((enum service)c->service),
                            (long long)c->sequence);
    }
    return text;
}

static enum status
encode(void *self, enum record_type type, const void *body, struct arena *arena,
       struct str *out, struct err *err)
{
    const struct talk *talk = self;
    const struct meta *m = body;

    (void)err;
    if (type == REC_TIME_ADVANCED)
        *out =
            arena_printf(arena, "time %lld",
                         (long long)((const struct time_advanced *)body)->at);
    else
        *out = m->subject;
    if (talk->in_full)
        *out = arena_printf(
            arena,
            "%.*s from %.*s at %lld/%lld by %s.%s.%lld seen %.*s%s%.*s%s%.*s",
            STR_ARG(*out), STR_ARG(m->source), (long long)m->occurred_at,
            (long long)m->recorded_at, topic_name((enum topic)m->cause.topic),
            service_name((enum service)m->cause.service),
            (long long)m->cause.sequence, STR_ARG(say_seen(arena, &m->seen)),
            m->trace_parent.n > 0 ? " in " : "", STR_ARG(m->trace_parent),
            m->profile_version.n > 0 ? " under " : "",
            STR_ARG(m->profile_version));
    return ST_OK;
}

static enum status
open_person(void *self, enum record_type type, const void *body,
            struct arena *arena, const struct person **out, struct err *err)
{
    (void)self;
    (void)type;
    (void)body;
    (void)arena;
    (void)err;
    *out = NULL;
    return ST_OK;
}

/* ---- the service -------------------------------------------------------- */

struct alarm {
    int64_t number;
    time_ms due;
    int32_t left; /* how often it rings; below 0: for ever at the same time */
};

static const struct field alarm_fields[] = {
    FIELD_I64(struct alarm, number, 0),
    FIELD_TIME(struct alarm, due, 0),
    FIELD_I32(struct alarm, left, 0),
};

static const struct table alarm_tables[] = {
    { .fields = { .name = "alarm",
                  .size = sizeof(struct alarm),
                  .at = alarm_fields,
                  .n = 3 },
      .n_key = 1,
      .due = 1 },
};

static bool
alarm_touch(const struct step *step, const struct event *evs, size_t n,
            int round)
{
    bool chases = false; /* wants more than it is allowed to */

    for (size_t i = 0; i < n; i++) {
        const struct match_resolved *rec = evs[i].body;
        struct alarm like = { .number = 0 };
        long long number;

        if (evs[i].type == REC_MATCH_RESOLVED && str_is(rec->detail, "chase"))
            chases = true;
        if (round > 0 || evs[i].type != REC_MATCH_RESOLVED ||
            sscanf(rec->detail.p, "set %lld", &number) != 1)
            continue;
        like.number = number;
        rows_want(step->rows, 0, &like);
    }
    return chases && round < 9;
}

static enum status
give(const struct step *step, struct str subject, struct err *err)
{
    struct child_erased rec;

    fields_clear(&fields_child_erased, &rec);
    rec.meta.subject = subject;
    return out_add(step->out, TOPIC_CASEWORK, ID_NONE, REC_CHILD_ERASED, &rec,
                   err);
}

static enum status
give_many(const struct step *step, long long n, size_t bytes, struct err *err)
{
    enum status rc = ST_OK;

    for (long long i = 0; rc == ST_OK && i < n; i++) {
        struct str subject = STR("given");

        if (bytes > 0)
            subject = (struct str){ .p = arena_alloc(step->arena, bytes),
                                    .n = bytes };
        rc = give(step, subject, err);
    }
    return rc;
}

/* At a row that nobody wanted; what it did before must not count twice. */
static enum status
look(const struct step *step, int64_t number, struct err *err)
{
    const struct alarm like = { .number = number };
    const struct alarm *seen;
    struct alarm count = { .number = 7, .due = 1000, .left = 0 };
    const struct alarm *counted = rows_get(step->rows, 0, &count);
    enum status rc;

    if (counted != NULL)
        count = *counted;
    count.left++;
    rows_put(step->rows, 0, &count);
    rc = give(step, STR("looks"), err);
    seen = rows_get(step->rows, 0, &like);
    return rc != ST_OK
               ? rc
               : give(step, seen != NULL ? STR("sees") : STR("nothing"), err);
}

/* Where nobody has heard of `number`, as long as its row has not come, it takes
 * `other` for new. */
static enum status
doubt(const struct step *step, int64_t number, int64_t other, struct err *err)
{
    const struct alarm like = { .number = number };

    (void)rows_get(step->rows, 0, &like);
    if (!rows_short(step->rows))
        return give(step, STR("known"), err);
    rows_new_group(step->rows, 0, ROWS_KEY, &(struct alarm){ .number = other });
    return ST_OK;
}

static enum status
do_as_told(struct step *step, const char *text, struct err *err)
{
    long long a = 0, b = 0, c = 1;
    struct alarm alarm;

    if (sscanf(text, "set %lld %lld %lld", &a, &b, &c) >= 2) {
        alarm = (struct alarm){ .number = a, .due = b, .left = (int32_t)c };
        rows_put(step->rows, 0, &alarm);
        return ST_OK;
    }
    if (sscanf(text, "give %lld", &a) == 1)
        return give_many(step, a, 0, err);
    if (sscanf(text, "big %lld", &a) == 1)
        return give_many(step, 1, (size_t)a, err);
    if (sscanf(text, "deny %lld", &a) == 1) {
        enum status rc = do_as_told(step, strchr(text, ',') + 1, err);

        if (rc == ST_OK)
            rc = out_reject(step->out,
                            &(struct err){ .code = "R20", .text = "why" }, err);
        return rc != ST_OK || a == 0
                   ? rc
                   : err_set(err, ST_REJECT, "R22", "told to");
    }
    if (strcmp(text, "heard") == 0)
        return give(step,
                    step->heard == TIME_NONE
                        ? STR("heard nothing")
                        : arena_printf(step->arena, "heard %lld",
                                       (long long)step->heard),
                    err);
    if (sscanf(text, "look %lld", &a) == 1)
        return look(step, a, err);
    if (sscanf(text, "doubt %lld %lld", &a, &b) == 2)
        return doubt(step, a, b, err);
    if (sscanf(text, "claim %lld", &a) == 1)
        rows_new_group(step->rows, 0, ROWS_KEY, &(struct alarm){ .number = a });
    if (strcmp(text, "astray") == 0) {
        struct child_erased rec;

        fields_clear(&fields_child_erased, &rec);
        return out_add(step->out, TOPIC_ALERTS, ID_NONE, REC_CHILD_ERASED, &rec,
                       err);
    }
    return ST_OK;
}

static enum status
alarm_step(struct step *step, const struct event *ev, struct err *err)
{
    if (ev->type == REC_MATCH_RESOLVED)
        return do_as_told(
            step, ((const struct match_resolved *)ev->body)->detail.p, err);
    if (ev->type == REC_CONFIG_ACTIVATED &&
        str_is(((const struct config_activated *)ev->body)->name, "unwanted"))
        return err_set(err, ST_REJECT, "R22", "told to");
    return ST_OK;
}

/* Numbers from 1000 on ring loud, those from 5000 on too loud. */
static enum status
alarm_fire(struct step *step, const void *due_row, struct err *err)
{
    struct alarm a = *(const struct alarm *)due_row;
    enum status rc;

    if (a.number >= 1000)
        rc = give_many(step, 1, a.number >= 5000 ? RECORD_SIZE_MAX : BIG, err);
    else
        rc = give(step,
                  arena_printf(step->arena, "ring %lld at %lld/%lld",
                               (long long)a.number, (long long)a.due,
                               (long long)step->now),
                  err);
    if (rc != ST_OK || a.left < 0)
        return rc;
    if (a.number == 99)
        (void)rows_get(step->rows, 0, &(struct alarm){ .number = 98 });
    a.due++;
    if (--a.left > 0)
        rows_put(step->rows, 0, &a);
    else
        rows_delete(step->rows, 0, &a);
    return ST_OK;
}

static const struct service_def alarm_clock = {
    .service = SERVICE_TRIAGE,
    .tables = alarm_tables,
    .n_tables = 1,
    .inputs = { TOPIC_NOTIFICATIONS, TOPIC_CASE_JOURNAL, TOPIC_FEEDBACK },
    .n_inputs = 3,
    .outputs = { TOPIC_CASEWORK },
    .n_outputs = 1,
    .barrier_inputs = 2,
    .touch = alarm_touch,
    .due_table = 0,
    .step = alarm_step,
    .fire = alarm_fire,
};
enum { NOTES, JOURNAL, FEEDBACK }; /* its inputs */

/* ---- what it keeps ------------------------------------------------------ */

struct stage {
    struct world *w;
    struct talk talk;
    struct alarm alarms[ALARMS_MAX]; /* in order of due and number */
    size_t n;
    struct settings settings;
    struct settings_version versions[WORLD_CONFIGS_MAX];
    char story[STORY_MAX];
    char places[STORY_MAX];
    size_t loads;
};

static bool
is_before(const struct alarm *a, const struct alarm *b)
{
    return a->due != b->due ? a->due < b->due : a->number < b->number;
}

static void
drop_alarm(struct stage *s, int64_t number)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->alarms[i].number == number) {
            memmove(&s->alarms[i], &s->alarms[i + 1],
                    (s->n - i - 1) * sizeof s->alarms[0]);
            s->n--;
            return;
        }
}

static void
keep_alarm(struct stage *s, struct alarm a)
{
    size_t i = s->n;

    assert_true(s->n < ALARMS_MAX);
    for (; i > 0 && is_before(&a, &s->alarms[i - 1]); i--)
        s->alarms[i] = s->alarms[i - 1];
    s->alarms[i] = a;
    s->n++;
}

static void
load(void *self, struct rows *rows, struct arena *arena)
{
    struct stage *s = self;
    const struct rows_want *wants;
    size_t n = rows_take_wants(rows, &wants);

    (void)arena;
    s->loads++;
    for (size_t i = 0; i < n; i++) {
        const struct alarm *like = wants[i].like;
        size_t due = 0;

        for (size_t k = 0; k < s->n; k++) {
            if (like == NULL ? s->alarms[k].due <= wants[i].due_until &&
                                   due < wants[i].limit
                             : s->alarms[k].number == like->number) {
                rows_loaded(rows, 0, &s->alarms[k]);
                due++;
            }
        }
        if (like == NULL)
            rows_due_loaded(rows, 0, due);
    }
}

static void
keep(void *self, struct rows *rows)
{
    struct stage *s = self;
    enum rows_change change;
    const void *row;
    size_t at = 0;

    while (rows_next_change(rows, 0, &at, &change, &row)) {
        const struct alarm *a = row;

        drop_alarm(s, a->number);
        if (change != ROWS_DELETE)
            keep_alarm(s, *a);
    }
}

static enum status
activate(void *self, const struct config_text *text, struct err *err)
{
    struct stage *s = self;

    if (str_is(text->version, "bad"))
        return err_set(err, ST_REJECT, "profile", "does not check");
    assert_true(s->settings.n < WORLD_CONFIGS_MAX);
    s->versions[s->settings.n++].version =
        arena_str(s->w->arena, text->version);
    return ST_OK;
}

static void
forget(void *self, size_t n)
{
    struct stage *s = self;

    s->settings.n = n;
}

static void
note_place(void *self, const char *place)
{
    struct stage *s = self;
    size_t n = strlen(s->places);

    snprintf(s->places + n, sizeof s->places - n, "%s ", place);
}

static struct stage *
open_stage(size_t batch_max)
{
    struct stage *s = calloc(1, sizeof *s);
    struct world *w = world_open(&alarm_clock, batch_max);

    assert_non_null(s);
    s->w = w;
    s->settings.versions = s->versions;
    w->codec = (struct codec){ .self = &s->talk,
                               .decode = decode,
                               .encode = encode,
                               .open_person = open_person };
    w->configurer = (struct configurer){ .self = s,
                                         .activate = activate,
                                         .forget = forget,
                                         .settings = &s->settings };
    w->options.at = note_place;
    w->options.at_self = s;
    world_rows(w, s, load, keep);
    return s;
}

static void
close_stage(struct stage *s)
{
    world_close(s->w);
    free(s);
}

/* ---- telling ------------------------------------------------------------ */

static void
put(struct stage *s, size_t input, const char *text)
{
    world_put(s->w, input, world_make(s->w, input, str_of(text)));
}

static void
put_by(struct stage *s, size_t input, enum service service, const char *text)
{
    world_put(s->w, input, world_make_by(s->w, input, service, str_of(text)));
}

static void
play_until(struct stage *s, enum status want, const char *code)
{
    struct err err = { .code = "" };

    assert_int_equal(world_play(s->w, &err), want);
    assert_string_equal(err.code, code);
}

static void
play(struct stage *s)
{
    struct err err;

    assert_int_equal(world_play(s->w, &err), ST_OK);
}

/* What the service gave out since turn `after`, a line a record. */
static const char *
story_since(struct stage *s, int64_t after)
{
    size_t n = 0;

    s->story[0] = '\0';
    for (size_t i = 0; i < s->w->n_blocks; i++) {
        const struct committed *c = &s->w->blocks[i];
        struct outbox_entry e;
        size_t at = 0;
        bool ok;

        while (c->turn > after && outbox_next(c->block, &at, &e, &ok)) {
            const char *mark = e.topic == TOPIC_DEAD_LETTERS ? "dead: " : "";

            if (e.value.n > 1000)
                e.value = STR("(big)");
            n += (size_t)snprintf(s->story + n, sizeof s->story - n, "%s%.*s\n",
                                  mark, STR_ARG(e.value));
            assert_true(n < sizeof s->story);
        }
    }
    return s->story;
}

static void
expect_story(struct stage *s, const char *text)
{
    assert_string_equal(story_since(s, 0), text);
}

/* ---- deadlines ---------------------------------------------------------- */

static void
a_deadline_fires_before_a_record_of_its_time(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "D 1 set 1 5");
    put(s, NOTES, "D 1 set 2 6");
    put(s, NOTES, "T 4");
    put(s, NOTES, "D 5 give 1");
    play(s);
    expect_story(s, "time 4\nring 1 at 5/5\ngiven\n");
    put(s, NOTES, "T 6");
    play(s);
    expect_story(s, "time 4\nring 1 at 5/5\ngiven\nring 2 at 6/6\ntime 6\n");
    close_stage(s);
}

static void
a_record_that_comes_late_fires_nothing(void **state)
{
    struct stage *s = open_stage(1);

    (void)state;
    put(s, NOTES, "T 9");
    put(s, NOTES, "D 4 set 1 5"); /* due since long, event time is 9 */
    put(s, NOTES, "D 9 give 1");
    put(s, NOTES, "D 10 give 1");
    play(s);
    expect_story(s, "time 9\ngiven\nring 1 at 5/9\ngiven\n");
    close_stage(s);
}

static void
deadlines_fire_in_order_of_due_time_and_key(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "D 1 set 3 5");
    put(s, NOTES, "D 1 set 1 7 2");
    put(s, NOTES, "D 1 set 2 5 4");
    put(s, NOTES, "T 8");
    play(s);
    expect_story(s, "ring 2 at 5/5\nring 3 at 5/5\nring 2 at 6/6\n"
                    "ring 1 at 7/7\nring 2 at 7/7\nring 1 at 8/8\n"
                    "ring 2 at 8/8\ntime 8\n");
    assert_int_equal(s->n, 0);
    assert_int_equal(runner_stats(s->w->runner)->fired, 7);
    close_stage(s);
}

static void
fill_alarms(struct stage *s, int64_t first, size_t n, time_ms due)
{
    for (size_t i = 0; i < n; i++)
        keep_alarm(s, (struct alarm){ .number = first + (int64_t)i,
                                      .due = due,
                                      .left = 1 });
}

static void
more_deadlines_than_a_turn_holds_go_on_in_the_next(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    fill_alarms(s, -4050, 4050, 5);
    s->w->brief = true;
    put(s, NOTES, "T 1");
    put(s, NOTES, "T 7");
    put(s, NOTES, "T 8");
    play(s);
    world_expect(s->w,
                 "own 0\n"
                 "commit 1 notifications:intake.1:1-1"
                 " ~notifications:intake.1:2\npublish 1: 2001 records\n"
                 "commit 2 ~notifications:intake.1:2\npublish 2: 2000 records\n"
                 "commit 3 notifications:intake.1:2-3\n"
                 "publish 3: 52 records\n");
    assert_int_equal(s->n, 0);
    assert_int_equal(runner_stats(s->w->runner)->fired, 4050);
    close_stage(s);
}

static void
a_deadline_that_does_not_move_stops_the_shard(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "T 1");
    put(s, NOTES, "D 2 set 7 5 -1");
    put(s, NOTES, "T 5");
    play_until(s, ST_FATAL, "stuck");
    world_expect(s->w, "own 0\n");
    close_stage(s);
}

static void
a_deadline_that_is_refused_stops_the_shard(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "D 2 set 5000 5");
    put(s, NOTES, "T 5");
    play_until(s, ST_FATAL, "size");
    world_expect(s->w, "own 0\n");
    close_stage(s);
}

static void
a_step_that_asks_for_more_rows_is_done_again_with_them(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    keep_alarm(s, (struct alarm){ .number = 42, .due = 2000, .left = 1 });
    put(s, NOTES, "D 1 give 1");
    put(s, NOTES, "D 5 look 42");
    put(s, NOTES, "D 6 look 43");
    put(s, NOTES, "D 6 give 1");
    play(s);
    expect_story(s, "given\nlooks\nsees\nlooks\nnothing\ngiven\n");
    assert_int_equal(s->n, 2);
    assert_int_equal(s->alarms[0].number, 7);
    assert_int_equal(s->alarms[0].left, 2);
    /* For 7 and 42 together, and for 43; one turn all the same. */
    assert_int_equal(runner_stats(s->w->runner)->late_loads, 2);
    assert_int_equal(runner_stats(s->w->runner)->turn, 1);
    close_stage(s);
}

static void
a_deadline_that_asks_for_more_rows_fires_once_and_hides_none(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    fill_alarms(s, 97, 1, 5);
    fill_alarms(s, 99, 2, 5);
    keep_alarm(s, (struct alarm){ .number = 98, .due = 2000, .left = 1 });
    put(s, NOTES, "T 1");
    put(s, NOTES, "T 5");
    play(s);
    expect_story(s, "time 1\nring 97 at 5/5\nring 99 at 5/5\n"
                    "ring 100 at 5/5\ntime 5\n");
    assert_int_equal(runner_stats(s->w->runner)->fired, 3);
    assert_int_equal(runner_stats(s->w->runner)->late_loads, 1);
    close_stage(s);
}

/* Another instance took the lease of the owner that was at it too long. */
static void
a_turn_that_outlasts_its_lease_is_tried_with_fewer_records(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    s->w->options.beat_ms = 1000;
    s->w->slow_ms = 2000;
    s->w->lease_ms = 7000;
    s->w->brief = true;
    for (int i = 1; i <= 6; i++)
        put(s, NOTES, "D 1 give 1");
    play(s);
    world_expect(s->w, "own 0\ncommit of 6 fails\nown 0\n"
                       "commit 1 notifications:intake.1:1-3\n"
                       "publish 1: 3 records\n"
                       "commit 2 notifications:intake.1:4-6\n"
                       "publish 2: 3 records\n");
    close_stage(s);
}

/* It took a row that had not come yet for one that is not there. */
static void
what_is_declared_new_while_rows_are_missing_counts_for_nothing(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    keep_alarm(s, (struct alarm){ .number = 42, .due = 2000, .left = 1 });
    put(s, NOTES, "D 1 set 42 2000");
    put(s, NOTES, "D 2 doubt 43 42");
    play(s);
    expect_story(s, "known\n");
    close_stage(s);
}

static void
what_is_declared_new_and_is_not_stops_the_shard(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    keep_alarm(s, (struct alarm){ .number = 42, .due = 2000, .left = 1 });
    put(s, NOTES, "D 1 set 42 5");
    put(s, NOTES, "D 2 claim 42");
    play_until(s, ST_FATAL, "miss");
    world_expect(s->w, "own 0\n");
    close_stage(s);
}

static void
deadlines_that_give_much_out_end_the_turn(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    fill_alarms(s, 1000, 36, 5);
    s->w->brief = true;
    put(s, NOTES, "T 5");
    play(s);
    world_expect(s->w, "own 0\n"
                       "commit 1 ~notifications:intake.1:1\n"
                       "publish 1: 34 records\n"
                       "commit 2 notifications:intake.1:1-1\n"
                       "publish 2: 3 records\n");
    close_stage(s);
}

/* ---- limits ------------------------------------------------------------- */

static void
a_batch_ends_where_its_outputs_are_many(void **state)
{
    struct stage *s = open_stage(64);

    (void)state;
    for (int i = 0; i < 40; i++)
        put(s, NOTES, "D 5 big 1000000");
    s->w->brief = true;
    play(s);
    world_expect(s->w, "own 0\n"
                       "commit 1 notifications:intake.1:1-33\n"
                       "publish 1: 33 records\n"
                       "commit 2 notifications:intake.1:34-40\n"
                       "publish 2: 7 records\n");
    close_stage(s);
}

static void
an_output_over_the_limit_undoes_its_record(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "D 1 set 1 9");
    put(s, NOTES, "D 5 big 1048560"); /* with its key exactly 1 MiB */
    put(s, NOTES, "D 5 big 1048561");
    put(s, NOTES, "D 5 deny 0,big 1048561");
    put(s, NOTES, "D 5 give 1");
    play(s);
    world_expect(s->w, "own 0\n"
                       "commit 1 notifications:intake.1:1-5\n"
                       "publish 1 casework-1 dead-letters-1=size"
                       " dead-letters-2=size casework-2\n");
    close_stage(s);
}

static void
what_a_refused_record_did_is_undone_but_its_dead_letter(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "D 5 deny 1,give 2");
    put(s, NOTES, "D 5 deny 1,set 4 6");
    put(s, NOTES, "D 5 deny 0,set 5 9"); /* this one stands beside its letter */
    put(s, NOTES, "T 8");
    play(s);
    world_expect(s->w, "own 0\n"
                       "commit 1 notifications:intake.1:1-4\n"
                       "publish 1 dead-letters-1=R22 dead-letters-2=R22"
                       " dead-letters-3=R20 casework-1\n");
    expect_story(s, "dead: D 5 deny 1,give 2\ndead: D 5 deny 1,set 4 6\n"
                    "dead: D 5 deny 0,set 5 9\ntime 8\n");
    assert_int_equal(s->n, 1);
    assert_int_equal(s->alarms[0].number, 5);
    assert_int_equal(runner_stats(s->w->runner)->dead_letters, 3);
    close_stage(s);
}

static void
a_dead_letter_is_cut_to_what_the_topic_takes(void **state)
{
    struct stage *s = open_stage(8);
    size_t n = DEAD_LETTER_SIZE_MAX + 1;
    char *bytes = arena_alloc(s->w->arena, n);
    struct world_record r = { .key = { .p = bytes, .n = 5000 },
                              .value = { .p = bytes, .n = n } };

    (void)state;
    world_put(s->w, NOTES, r);
    r.key.n = n;
    world_put(s->w, NOTES, r);
    put(s, NOTES, "T 5");
    play(s);
    world_expect(s->w, "own 0\n"
                       "commit 1 notifications:stranger.0:1-2"
                       " notifications:intake.1:1-1\n"
                       "publish 1 dead-letters-1=stranger"
                       " dead-letters-2=stranger casework-1\n");
    close_stage(s);
}

static void
a_topic_that_is_not_the_services_stops_the_shard(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "D 5 astray");
    play_until(s, ST_FATAL, "topic");
    close_stage(s);
}

static void
what_has_no_place_on_a_topic_is_poison(void **state)
{
    struct stage *s = open_stage(8);
    struct world_record forged = world_make(s->w, NOTES, STR("T 1"));

    (void)state;
    world_put(s->w, NOTES, forged);
    put(s, NOTES, "W 2 x");
    put(s, JOURNAL, "D 3 give 1");
    put_by(s, FEEDBACK, SERVICE_TRACKER, "C 3 v1");
    world_put(s->w, JOURNAL, forged); /* intake does not write there */
    play(s);
    world_expect(s->w, "own 0\n"
                       "commit 1 notifications:intake.1:1-2"
                       " case-journal:tracker.1:1-1 case-journal:stranger.0:1-1"
                       " feedback:tracker.1:1-1\n"
                       "publish 1 casework-1 dead-letters-1=type"
                       " dead-letters-2=type dead-letters-3=stranger"
                       " dead-letters-4=type\n");
    close_stage(s);
}

/* ---- topics ------------------------------------------------------------ */

/* Design.md section 1: which service writes a topic, and what is on it. */
struct topic_row {
    const char *name;
    enum topic topic;
    const char *writers;
    const char *records; /* beside TimeAdvanced, which is on all of them */
};

static const struct topic_row topic_rows[] = {
    { "notifications carry what comes in", TOPIC_NOTIFICATIONS, "intake ",
      "NotificationReceived ActivityReported ScreeningRecorded "
      "MatchResolved ErasureRecorded ConfigActivated " },
    { "receipts carry what was accepted", TOPIC_RECEIPTS, "intake ",
      "NotificationAccepted " },
    { "casework carries decisions", TOPIC_CASEWORK, "triage ",
      "ConfigActivated ReferralDecided ActivityRecorded ChildMerged "
      "ChildUnmerged ChildErased " },
    { "the journal carries states of cases", TOPIC_CASE_JOURNAL, "tracker ",
      "CaseChanged HandoverChanged ClockChanged MissingEpisodeChanged " },
    { "alerts carry alerts", TOPIC_ALERTS, "tracker notifier ",
      "AlertRaised AlertEscalated AlertAcknowledged AlertCleared " },
    { "feedback carries answers", TOPIC_FEEDBACK, "triage tracker ",
      "ReferrerAnswered SchoolRelay " },
    { "indicators carry indicators", TOPIC_INDICATORS, "intake ",
      "IndicatorObserved " },
};

/* Did the record of this number become a dead letter? */
static bool
is_buried(const struct world *w, int64_t sequence)
{
    char place[32];

    snprintf(place, sizeof place, ".1:%lld", (long long)sequence);
    for (size_t i = 0; i < w->n_blocks; i++) {
        struct outbox_entry e;
        size_t at = 0;
        bool ok;

        while (outbox_next(w->blocks[i].block, &at, &e, &ok)) {
            struct outbox_header h;
            size_t from = 0;

            while (outbox_next_header(e.headers, &from, &h)) {
                struct str end = { .p = memchr(h.value.p, '.', h.value.n) };

                if (!str_is(h.name, "wm-place") || end.p == NULL)
                    continue;
                end.n = h.value.n - (size_t)(end.p - h.value.p);
                if (str_is(end, place))
                    return true;
            }
        }
    }
    return false;
}

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
do_nothing(struct step *step, const struct event *ev, struct err *err)
{
    (void)step;
    (void)ev;
    (void)err;
    return ST_OK;
}

static void
test_topic(void **state)
{
    const struct topic_row *row = *state;
    const struct service_def reader = { .service = SERVICE_METRICS,
                                        .inputs = { row->topic },
                                        .n_inputs = 1,
                                        .due_table = -1,
                                        .touch = touch_nothing,
                                        .step = do_nothing };
    struct world *w = world_open(&reader, 64);
    struct talk talk = { .in_full = false };
    char text[512] = "";
    struct err err;

    for (uint8_t service = 0; service <= SERVICE_N; service++)
        if (batch_is_writer(service, row->topic))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s ",
                     service_name((enum service)service));
    assert_string_equal(text, row->writers);
    text[0] = '\0';

    w->codec = (struct codec){ .self = &talk,
                               .decode = decode,
                               .encode = encode,
                               .open_person = open_person };
    for (int type = 0; type < REC_N; type++) {
        struct str value = arena_printf(w->arena, "R 1 %d", type);

        world_put(w, 0, world_make(w, 0, value));
    }
    assert_int_equal(world_play(w, &err), ST_OK);
    assert_true(is_buried(w, 1)); /* of no type */
    assert_false(is_buried(w, REC_TIME_ADVANCED + 1));
    for (int type = 1; type < REC_N; type++)
        if (type != REC_TIME_ADVANCED && !is_buried(w, type + 1))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s ",
                     record_def((enum record_type)type)->fields->name);
    assert_string_equal(text, row->records);
    world_close(w);
}

/* ---- settings ----------------------------------------------------------- */

static void
a_text_counts_from_the_record_that_activates_it(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    s->talk.in_full = true;
    put(s, NOTES, "D 1 give 1");
    put(s, NOTES, "C 2 v1");
    put(s, NOTES, "D 3 give 1");
    play(s);
    expect_story(s, "given from /test/triage at 1/1 by notifications.intake.1"
                    " seen notifications.intake.1 in trace\n"
                    "given from /test/triage at 3/3 by notifications.intake.3"
                    " seen notifications.intake.3 in trace under v1\n");
    /* Another process learns it from the store, not from the log. */
    world_die(s->w);
    s->settings.n = 0;
    put(s, NOTES, "D 4 give 1");
    play(s);
    assert_string_equal(
        story_since(s, 1),
        "given from /test/triage at 4/4 by notifications.intake.4"
        " seen notifications.intake.4 in trace under v1\n");
    assert_int_equal(s->settings.n, 1);
    assert_int_equal(s->w->shard.n_configs, 1);
    close_stage(s);
}

static void
without_a_text_the_version_of_the_cause_is_passed_on(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    s->talk.in_full = true;
    put(s, NOTES, "U 1 give 1");
    put(s, NOTES, "C 2 v1");
    put(s, NOTES, "U 3 give 1");
    play(s);
    expect_story(s, "given from /test/triage at 1/1 by notifications.intake.1"
                    " seen notifications.intake.1 in trace under u1\n"
                    "given from /test/triage at 3/3 by notifications.intake.3"
                    " seen notifications.intake.3 in trace under v1\n");
    close_stage(s);
}

static void
a_text_that_does_not_check_or_is_refused_changes_nothing(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "C 1 v1");
    put(s, NOTES, "C 2 bad");
    put(s, NOTES, "C 3 unwanted");
    put(s, NOTES, "C 4 v2");
    play(s);
    world_expect(s->w, "own 0\n"
                       "commit 1 notifications:intake.1:1-4\n"
                       "publish 1 dead-letters-1=profile"
                       " dead-letters-2=R22\n");
    assert_int_equal(s->settings.n, 2);
    assert_true(str_is(s->versions[1].version, "v2"));
    assert_int_equal(s->w->shard.n_configs, 2);
    assert_true(str_is(s->w->configs[0].text, "v1"));
    assert_true(str_is(s->w->configs[1].text, "v2"));
    close_stage(s);
}

static void
a_text_of_a_turn_that_fails_is_forgotten(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "C 1 v1");
    put(s, NOTES, "D 3 give 1");
    s->w->fail_commit = "database";
    play(s);
    world_expect(s->w, "own 0\ncommit fails\nown 0\n"
                       "commit 1 notifications:intake.1:1-2\n"
                       "publish 1 casework-1\n");
    assert_int_equal(s->settings.n, 1);
    assert_int_equal(s->w->shard.n_configs, 1);
    close_stage(s);
}

/* ---- several inputs and origins ----------------------------------------- */

static void
the_time_heard_is_the_lowest_over_inputs_and_origins(void **state)
{
    struct stage *s = open_stage(1);

    (void)state;
    s->w->by_turns = true;
    put(s, NOTES, "T 5");
    put(s, NOTES, "D 5 heard"); /* nothing yet from the others */
    put(s, JOURNAL, "T 4");
    put(s, JOURNAL, "T 6");
    play(s);
    expect_story(s, "time 5\nheard nothing\n");
    /* One of two writers of feedback has not told its time, whichever was
     * read first. */
    put_by(s, FEEDBACK, SERVICE_TRIAGE, "X");
    put_by(s, FEEDBACK, SERVICE_TRACKER, "T 3");
    play(s);
    put(s, NOTES, "D 6 heard");
    put_by(s, FEEDBACK, SERVICE_TRIAGE, "T 2");
    play(s);
    put(s, NOTES, "D 6 heard");
    put_by(s, FEEDBACK, SERVICE_TRIAGE, "T 9");
    put_by(s, FEEDBACK, SERVICE_TRACKER, "T 9");
    play(s);
    put(s, NOTES, "D 6 heard");
    play(s);
    assert_string_equal(story_since(s, 4),
                        "dead: X\nheard nothing\nheard 2\nheard 5\n");
    close_stage(s);
}

static void
one_origins_gap_does_not_hold_the_other_origin(void **state)
{
    struct stage *s = open_stage(8);
    struct world_record two, three;

    (void)state;
    put_by(s, FEEDBACK, SERVICE_TRIAGE, "T 1");
    two = world_make_by(s->w, FEEDBACK, SERVICE_TRIAGE, STR("T 2"));
    three = world_make_by(s->w, FEEDBACK, SERVICE_TRIAGE, STR("T 3"));
    world_put(s->w, FEEDBACK, three);
    put_by(s, FEEDBACK, SERVICE_TRACKER, "T 1");
    s->w->take_max = 3;
    put_by(s, FEEDBACK, SERVICE_TRACKER, "T 2");
    world_put(s->w, FEEDBACK, two);
    world_put(s->w, FEEDBACK, three);
    play(s);
    world_expect(s->w, "own 0\n"
                       "commit 1 feedback:triage.1:1-1"
                       " feedback:tracker.1:1-1\npublish 1\n"
                       "commit 2 feedback:tracker.1:2-2"
                       " feedback:triage.1:2-3\npublish 2\n");
    assert_int_equal(s->w->shard.offsets[FEEDBACK], 6);
    close_stage(s);
}

static void
the_position_waits_before_a_gap(void **state)
{
    struct stage *s = open_stage(8);
    struct world_record two, three;

    (void)state;
    put_by(s, FEEDBACK, SERVICE_TRIAGE, "T 1");
    two = world_make_by(s->w, FEEDBACK, SERVICE_TRIAGE, STR("T 2"));
    three = world_make_by(s->w, FEEDBACK, SERVICE_TRIAGE, STR("T 3"));
    world_put(s->w, FEEDBACK, three);
    put_by(s, FEEDBACK, SERVICE_TRACKER, "T 1");
    play_until(s, ST_FATAL, "gap");
    world_expect(s->w, "own 0\n"
                       "commit 1 feedback:triage.1:1-1"
                       " feedback:tracker.1:1-1\npublish 1\n");
    assert_true(s->w->shard.offsets[FEEDBACK] <= 1);
    /* Republished, then started again. */
    world_die(s->w);
    world_put(s->w, FEEDBACK, two);
    world_put(s->w, FEEDBACK, three);
    play(s);
    world_expect(s->w, "own 1\npublish 1\n"
                       "commit 2 feedback:triage.1:2-3\npublish 2\n");
    assert_int_equal(s->w->shard.offsets[FEEDBACK], 5);
    close_stage(s);
}

static void
what_a_stranger_puts_behind_a_gap_moves_no_position(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "T 1");
    (void)world_make(s->w, NOTES, STR("T 2")); /* the broker loses it */
    put(s, NOTES, "T 3");
    world_put(s->w, NOTES, (struct world_record){ .key = STR("k") });
    s->w->take_max = 2;
    play_until(s, ST_FATAL, "gap");
    world_expect(s->w, "own 0\n"
                       "commit 1 notifications:intake.1:1-1\n"
                       "publish 1 casework-1\n"
                       "commit 2 notifications:stranger.0:1-1\n"
                       "publish 2 dead-letters-1=stranger\n");
    assert_true(s->w->shard.offsets[NOTES] <= 1);
    close_stage(s);
}

static void
gaps_of_two_origins_are_both_waited_for(void **state)
{
    struct stage *s = open_stage(8);
    struct world_record a =
        world_make_by(s->w, FEEDBACK, SERVICE_TRIAGE, STR("T 1"));
    struct world_record b =
        world_make_by(s->w, FEEDBACK, SERVICE_TRACKER, STR("T 1"));

    (void)state;
    put_by(s, FEEDBACK, SERVICE_TRIAGE, "T 2");
    put_by(s, FEEDBACK, SERVICE_TRACKER, "T 2");
    world_put(s->w, FEEDBACK, a);
    world_put(s->w, FEEDBACK, s->w->log[FEEDBACK][0]);
    play_until(s, ST_FATAL, "gap");
    world_expect(s->w, "own 0\ncommit 1 feedback:triage.1:1-2\npublish 1\n");
    world_die(s->w);
    world_put(s->w, FEEDBACK, b);
    world_put(s->w, FEEDBACK, s->w->log[FEEDBACK][1]);
    play(s);
    world_expect(s->w, "own 1\npublish 1\n"
                       "commit 2 feedback:tracker.1:1-2\npublish 2\n");
    close_stage(s);
}

static void
a_batch_that_ends_early_skips_no_record_of_another_input(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    s->w->by_turns = true;
    s->w->brief = true;
    fill_alarms(s, 1000, 36, 5);
    put(s, NOTES, "D 1 give 1");
    put(s, NOTES, "D 1 give 1");
    put(s, NOTES, "T 5"); /* more is due than a turn holds */
    put(s, NOTES, "T 6");
    put(s, JOURNAL, "T 1");
    put(s, JOURNAL, "T 2");
    put(s, JOURNAL, "T 3");
    play(s);
    world_expect(s->w, "own 0\n"
                       "commit 1 notifications:intake.1:1-2"
                       " ~notifications:intake.1:3\n"
                       "publish 1: 36 records\n"
                       "commit 2 notifications:intake.1:3-4"
                       " case-journal:tracker.1:1-3\n"
                       "publish 2: 4 records\n");
    close_stage(s);
}

static void
what_was_seen_is_told_by_topic_and_service(void **state)
{
    struct stage *s = open_stage(1);

    (void)state;
    s->talk.in_full = true;
    put_by(s, FEEDBACK, SERVICE_TRACKER, "T 1");
    put_by(s, FEEDBACK, SERVICE_TRIAGE, "T 1");
    play(s);
    world_put(s->w, NOTES, (struct world_record){ .key = STR("k") });
    put(s, JOURNAL, "T 1");
    put(s, NOTES, "D 5 set 1 8");
    put(s, NOTES, "T 7");
    play(s);
    put(s, NOTES, "D 9 give 1");
    play(s);
    expect_story(
        s, "dead: \n"
           "time 7 from /test/triage at 7/7 by notifications.intake.2"
           " seen notifications.intake.2,feedback.triage.1,feedback.tracker.1\n"
           "ring 1 at 8/8 from /test/triage at 8/8 by notifications.intake.3"
           " seen notifications.intake.2,case-journal.tracker.1,"
           "feedback.triage.1,feedback.tracker.1\n"
           "given from /test/triage at 9/9 by notifications.intake.3"
           " seen notifications.intake.3,case-journal.tracker.1,"
           "feedback.triage.1,feedback.tracker.1 in trace\n");
    close_stage(s);
}

static void
a_fork_in_the_middle_lets_what_came_before_it_be_true(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    put(s, NOTES, "T 1");
    put(s, NOTES, "T 2");
    s->w->log[NOTES][1].key = STR("other");
    put(s, NOTES, "T 3");
    play_until(s, ST_FATAL, "fork");
    world_expect(s->w, "own 0\ncommit 1 notifications:intake.1:1-1\n"
                       "publish 1 casework-1\n");
    close_stage(s);
}

static void
more_origins_than_a_shard_can_mark_stop_it(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    for (; s->w->shard.n_marks < SHARD_MARKS_MAX; s->w->shard.n_marks++)
        s->w->shard.marks[s->w->shard.n_marks] = (struct mark){
            .topic = TOPIC_FEEDBACK,
            .origin = { .service = SERVICE_TRIAGE,
                        .authority = 1,
                        .incarnation = 2 + (uint32_t)s->w->shard.n_marks },
        };
    s->w->log[NOTES][0] = (struct world_record){ .key = STR("k") };
    s->w->log_n[NOTES] = 1;
    play_until(s, ST_FATAL, "marks");
    world_die(s->w);
    s->w->log_n[NOTES] = 0;
    put(s, NOTES, "T 1");
    play_until(s, ST_FATAL, "marks");
    s->w->shard.n_marks--;
    world_die(s->w);
    play(s);
    assert_int_equal(s->w->shard.turn, 1);
    close_stage(s);
}

/* ---- trouble ------------------------------------------------------------ */

static void
an_owner_that_died_thrice_takes_one_record_at_a_time(void **state)
{
    static const struct {
        int starts;
        const char *text;
    } rows[] = {
        { 1, "own 0\ncommit 1 notifications:intake.1:1-3\n"
             "publish 1 casework-1 casework-2 casework-3\n" },
        { 2, "own 0\ncommit 1 notifications:intake.1:1-1\n"
             "publish 1 casework-1\n"
             "commit 2 notifications:intake.1:2-2\npublish 2 casework-2\n"
             "commit 3 notifications:intake.1:3-3\npublish 3 casework-3\n" },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct stage *s = open_stage(8);

        s->w->shard.starts = rows[i].starts;
        put(s, NOTES, "T 1");
        put(s, NOTES, "T 2");
        put(s, NOTES, "T 3");
        play(s);
        world_expect(s->w, rows[i].text);
        assert_int_equal(s->w->shard.starts, 0);
        close_stage(s);
    }
}

static void
a_refused_record_is_alone_in_its_turn_with_what_is_due_before_it(void **state)
{
    struct stage *s = open_stage(4);

    (void)state;
    put(s, NOTES, "D 1 set 1 5");
    play(s);
    s->w->refuse_sequence = 3;
    put(s, NOTES, "D 2 give 1");
    put(s, NOTES, "D 6 give 1");
    put(s, NOTES, "T 7");
    s->w->text[0] = '\0';
    play(s);
    world_expect(s->w, "own 1\npublish 1\n"
                       "refuse notifications:intake.1:2-4\n"
                       "own 1\npublish 1\n"
                       "commit 2 notifications:intake.1:2-2\n"
                       "publish 2 casework-1\n"
                       "refuse notifications:intake.1:3-4\n"
                       "own 2\npublish 2 casework-1\n"
                       "refuse notifications:intake.1:3-3\n"
                       "own 2\npublish 2 casework-1\n"
                       "commit 3 notifications:intake.1:3-3\n"
                       "publish 3 casework-2 dead-letters-1=value\n"
                       "commit 4 notifications:intake.1:4-4\n"
                       "publish 4 casework-3\n");
    assert_string_equal(story_since(s, 2),
                        "ring 1 at 5/5\ndead: D 6 give 1\ntime 7\n");
    close_stage(s);
}

static void
a_dead_letter_that_the_database_refuses_stops_the_shard(void **state)
{
    struct stage *s = open_stage(4);

    (void)state;
    put(s, NOTES, "T 1");
    s->w->refuse_all = true;
    play_until(s, ST_FATAL, "value");
    world_expect(s->w, "own 0\nrefuse notifications:intake.1:1-1\n"
                       "own 0\nrefuse notifications:intake.1:1-1\n");
    close_stage(s);
}

static void
a_deadline_that_the_database_refuses_stops_the_shard(void **state)
{
    struct stage *s = open_stage(4);

    (void)state;
    fill_alarms(s, 1000, 36, 5);
    put(s, NOTES, "T 5");
    s->w->refuse_all = true;
    play_until(s, ST_FATAL, "value");
    world_expect(s->w, "own 0\nrefuse ~notifications:intake.1:1\n");
    close_stage(s);
}

static void
a_turn_that_is_repeated_is_all_of_one_take(void **state)
{
    struct stage *s = open_stage(2);

    (void)state;
    s->w->options.whole = true;
    s->w->shard.starts = 5; /* makes no difference here */
    put(s, NOTES, "D 5 give 1");
    put(s, NOTES, "T 6");
    put(s, NOTES, "T 7");
    s->w->take_max = 2;
    play(s);
    world_expect(s->w, "own 0\ncommit 1 notifications:intake.1:1-2\n"
                       "publish 1 casework-1 casework-2\n"
                       "commit 2 notifications:intake.1:3-3\n"
                       "publish 2 casework-3\n");
    world_die(s->w);
    put(s, NOTES, "T 8");
    put(s, NOTES, "T 9");
    s->w->refuse_all = true;
    play_until(s, ST_FATAL, "value");
    close_stage(s);
}

static void
effects_happen_in_one_order(void **state)
{
    struct stage *s = open_stage(4);
    struct err err;

    (void)state;
    put(s, NOTES, "T 1");
    play(s);
    assert_memory_equal(s->places,
                        "owned republished taken loaded stepped committed "
                        "published confirmed taken confirmed ",
                        strlen("owned republished taken loaded stepped "
                               "committed published confirmed taken "
                               "confirmed "));
    s->places[0] = '\0';
    s->w->fail_publish = true;
    put(s, NOTES, "T 2");
    assert_int_equal(runner_turn(s->w->runner, &err), ST_RETRY);
    assert_string_equal(s->places, "taken loaded stepped committed published "
                                   "confirmed ");
    assert_int_equal(runner_stats(s->w->runner)->owner, 0);
    assert_int_equal(runner_stats(s->w->runner)->retries, 1);
    close_stage(s);
}

static void
a_touch_is_asked_four_times_at_most(void **state)
{
    struct stage *s = open_stage(4);

    (void)state;
    put(s, NOTES, "D 5 give 1");
    play(s);
    assert_int_equal(s->loads, 1);
    put(s, NOTES, "D 5 chase");
    play(s);
    assert_int_equal(s->loads, 1 + SERVICE_TOUCH_ROUNDS);
    close_stage(s);
}

/* ---- log against database ----------------------------------------------- */

/* Two turns that went out, the second one not confirmed. */
static struct stage *
open_two_turns(void)
{
    struct stage *s = open_stage(1);

    put(s, NOTES, "D 5 give 1");
    play(s);
    world_die(s->w);
    s->w->shard.confirmed_turn = 1;
    s->w->hold_confirmations = true;
    put(s, NOTES, "D 5 give 2");
    play(s);
    world_die(s->w);
    s->w->text[0] = '\0';
    return s;
}

struct standing_row {
    const char *name;
    int64_t sequence; /* what the log holds last of ours on casework */
    uint64_t spoil;   /* added to its chain */
    int64_t confirmed;
    const char *code; /* "" where the service starts */
    const char *text; /* part of the reason */
};

static const struct standing_row standing_rows[] = {
    { "a log that holds all of it is fine", 3, 0, 2, "", "" },
    { "a log that lacks what is unconfirmed is filled", 1, 0, 1, "", "" },
    { "a log that lacks a part of it is filled", 2, 0, 1, "", "" },
    { "an empty log is filled from the first turn", 0, 0, 0, "", "" },
    { "a log that lacks what was confirmed has a gap", 2, 0, 2, "gap",
      "casework: our 3 to 3 are lost, republish from 3" },
    { "a log that lost more than what is sent again has a gap", 0, 0, 1, "gap",
      "casework: our 1 to 1 are lost, republish from 1" },
    { "a log with more than was given out means a restore", 4, 0, 2, "restore",
      "casework holds our 4, the database has given out 3" },
    { "a last record with another chain is a fork", 3, 1, 2, "fork",
      "casework: 3 is not what was committed" },
};

static void
test_standing(void **state)
{
    const struct standing_row *row = *state;
    struct stage *s = open_two_turns();
    struct err err = { .code = "" };

    s->w->in_log.at[TOPIC_CASEWORK].sequence = row->sequence;
    s->w->in_log.at[TOPIC_CASEWORK].chain += row->spoil;
    s->w->shard.confirmed_turn = row->confirmed;
    assert_int_equal(world_play(s->w, &err),
                     row->code[0] == '\0' ? ST_OK : ST_FATAL);
    assert_string_equal(err.code, row->code);
    if (row->code[0] != '\0')
        assert_non_null(strstr(err.text, row->text));
    close_stage(s);
}

static void
an_empty_log_and_database_fit(void **state)
{
    struct stage *s = open_stage(1);

    (void)state;
    s->w->in_log.at[TOPIC_DEAD_LETTERS].chain = 5; /* of no record */
    play(s);
    s->w->in_log.at[TOPIC_DEAD_LETTERS].sequence = 1;
    play_until(s, ST_FATAL, "restore");
    close_stage(s);
}

static void
what_is_going_on_is_counted(void **state)
{
    struct stage *s = open_stage(2);
    const struct runner_stats *stats;
    struct err err;

    (void)state;
    put(s, NOTES, "T 1");
    play(s);
    world_die(s->w);
    put(s, NOTES, "D 2 give 2");
    put(s, NOTES, "X");
    put(s, NOTES, "D 3 give 1");
    put(s, NOTES, "T 4");
    s->w->runner =
        runner_open(&s->w->options, &s->w->source, &s->w->store, &s->w->sink,
                    &s->w->codec, &s->w->configurer, &s->w->ticker);
    stats = runner_stats(s->w->runner);
    assert_int_equal(runner_own(s->w->runner, &err), ST_OK);
    assert_int_equal(stats->epoch, 2);
    assert_int_equal(stats->turn, 1);
    assert_int_equal(stats->owner, 1);
    assert_int_equal(stats->caught_up, 0);
    assert_int_equal(runner_turn(s->w->runner, &err), ST_OK);
    assert_int_equal(stats->turn, 2);
    assert_int_equal(stats->applied, 2);
    assert_int_equal(stats->dead_letters, 1);
    assert_int_equal(stats->given_out, 3);
    assert_int_equal(stats->event_time, 2);
    assert_int_equal(stats->behind, 4); /* as of the take */
    assert_int_equal(runner_turn(s->w->runner, &err), ST_OK);
    assert_int_equal(stats->given_out, 5);
    assert_int_equal(stats->event_time, 4);
    assert_int_equal(stats->behind, 2);
    assert_int_equal(stats->caught_up, 1);
    assert_int_equal(runner_turn(s->w->runner, &err), ST_OK);
    assert_int_equal(stats->behind, 0);
    assert_int_equal(runner_own(s->w->runner, &err), ST_OK);
    assert_int_equal(stats->epoch, 3);
    assert_int_equal(stats->caught_up, 0);
    runner_close(NULL);
    close_stage(s);
}

static void
a_turn_notes_what_was_confirmed_before_it(void **state)
{
    struct stage *s = open_stage(1);

    (void)state;
    put(s, NOTES, "T 1");
    put(s, NOTES, "T 2");
    put(s, NOTES, "T 3");
    play(s);
    assert_int_equal(s->w->shard.turn, 3);
    assert_int_equal(s->w->shard.confirmed_turn, 2);
    close_stage(s);
}

static void
a_stored_text_that_no_longer_checks_stops_the_shard(void **state)
{
    struct stage *s = open_stage(1);

    (void)state;
    s->w->shard.n_configs = 1;
    s->w->configs[0].version = STR("bad");
    play_until(s, ST_FATAL, "profile");
    close_stage(s);
}

static void
an_idle_owner_beats_and_notes_what_is_confirmed(void **state)
{
    struct stage *s = open_stage(4);
    struct err err;

    (void)state;
    s->w->hold_confirmations = true;
    put(s, NOTES, "T 1");
    play(s);
    assert_int_equal(s->w->beats, 0);
    assert_int_equal(runner_stats(s->w->runner)->unconfirmed, 1);
    assert_int_equal(runner_settle(s->w->runner, 5, &err), ST_OK);
    assert_int_equal(s->w->shard.confirmed_turn, 0);
    assert_int_equal(s->w->beats, 1);
    s->w->hold_confirmations = false;
    assert_int_equal(runner_settle(s->w->runner, 5, &err), ST_OK);
    assert_int_equal(s->w->shard.confirmed_turn, 1);
    assert_int_equal(runner_stats(s->w->runner)->unconfirmed, 0);
    s->w->ms += s->w->options.beat_ms;
    assert_int_equal(runner_turn(s->w->runner, &err), ST_OK);
    assert_int_equal(s->w->beats, 3);
    assert_int_equal(runner_turn(s->w->runner, &err), ST_OK);
    assert_int_equal(s->w->beats, 3);
    close_stage(s);
}

static void
only_the_echo_of_its_own_time_lifts_a_barrier(void **state)
{
    struct stage *s = open_stage(8);

    (void)state;
    s->w->apart = s->w->options.log_clock = true;
    put(s, NOTES, "T 5");
    put(s, NOTES, "T 6");
    put(s, JOURNAL, "T 4"); /* the echo of an earlier one */
    play(s);
    world_expect(s->w, "own 0\ncommit 1 notifications:intake.1:1-1\n"
                       "publish 1 casework-1\n"
                       "commit 2 case-journal:tracker.1:1-1\npublish 2\n");
    assert_int_equal(s->w->shard.barrier, 5);
    put(s, JOURNAL, "T 5");
    put(s, JOURNAL, "T 6"); /* read at its own barrier */
    world_die(s->w);
    s->w->text[0] = '\0';
    play(s);
    world_expect(s->w, "own 2\npublish 2\n"
                       "commit 3 case-journal:tracker.1:2-2\npublish 3\n"
                       "commit 4 notifications:intake.1:2-2\n"
                       "publish 4 casework-2\n"
                       "commit 5 case-journal:tracker.1:3-3\npublish 5\n");
    assert_int_equal(s->w->shard.barrier, TIME_NONE);
    close_stage(s);
}

int
main(void)
{
    struct CMUnitTest tests[TESTS_MAX] = {
        cmocka_unit_test(a_deadline_fires_before_a_record_of_its_time),
        cmocka_unit_test(a_record_that_comes_late_fires_nothing),
        cmocka_unit_test(deadlines_fire_in_order_of_due_time_and_key),
        cmocka_unit_test(more_deadlines_than_a_turn_holds_go_on_in_the_next),
        cmocka_unit_test(a_deadline_that_does_not_move_stops_the_shard),
        cmocka_unit_test(a_deadline_that_is_refused_stops_the_shard),
        cmocka_unit_test(
            a_step_that_asks_for_more_rows_is_done_again_with_them),
        cmocka_unit_test(
            a_deadline_that_asks_for_more_rows_fires_once_and_hides_none),
        cmocka_unit_test(
            a_turn_that_outlasts_its_lease_is_tried_with_fewer_records),
        cmocka_unit_test(
            what_is_declared_new_while_rows_are_missing_counts_for_nothing),
        cmocka_unit_test(what_is_declared_new_and_is_not_stops_the_shard),
        cmocka_unit_test(deadlines_that_give_much_out_end_the_turn),
        cmocka_unit_test(a_batch_ends_where_its_outputs_are_many),
        cmocka_unit_test(an_output_over_the_limit_undoes_its_record),
        cmocka_unit_test(
            what_a_refused_record_did_is_undone_but_its_dead_letter),
        cmocka_unit_test(a_dead_letter_is_cut_to_what_the_topic_takes),
        cmocka_unit_test(a_topic_that_is_not_the_services_stops_the_shard),
        cmocka_unit_test(what_has_no_place_on_a_topic_is_poison),
        cmocka_unit_test(a_text_counts_from_the_record_that_activates_it),
        cmocka_unit_test(
            a_text_that_does_not_check_or_is_refused_changes_nothing),
        cmocka_unit_test(a_text_of_a_turn_that_fails_is_forgotten),
        cmocka_unit_test(the_time_heard_is_the_lowest_over_inputs_and_origins),
        cmocka_unit_test(one_origins_gap_does_not_hold_the_other_origin),
        cmocka_unit_test(the_position_waits_before_a_gap),
        cmocka_unit_test(what_a_stranger_puts_behind_a_gap_moves_no_position),
        cmocka_unit_test(gaps_of_two_origins_are_both_waited_for),
        cmocka_unit_test(
            a_batch_that_ends_early_skips_no_record_of_another_input),
        cmocka_unit_test(what_was_seen_is_told_by_topic_and_service),
        cmocka_unit_test(a_fork_in_the_middle_lets_what_came_before_it_be_true),
        cmocka_unit_test(more_origins_than_a_shard_can_mark_stop_it),
        cmocka_unit_test(an_owner_that_died_thrice_takes_one_record_at_a_time),
        cmocka_unit_test(
            a_refused_record_is_alone_in_its_turn_with_what_is_due_before_it),
        cmocka_unit_test(
            a_dead_letter_that_the_database_refuses_stops_the_shard),
        cmocka_unit_test(a_deadline_that_the_database_refuses_stops_the_shard),
        cmocka_unit_test(a_turn_that_is_repeated_is_all_of_one_take),
        cmocka_unit_test(effects_happen_in_one_order),
        cmocka_unit_test(an_idle_owner_beats_and_notes_what_is_confirmed),
        cmocka_unit_test(only_the_echo_of_its_own_time_lifts_a_barrier),
        cmocka_unit_test(without_a_text_the_version_of_the_cause_is_passed_on),
        cmocka_unit_test(what_is_going_on_is_counted),
        cmocka_unit_test(a_turn_notes_what_was_confirmed_before_it),
        cmocka_unit_test(a_stored_text_that_no_longer_checks_stops_the_shard),
        cmocka_unit_test(a_touch_is_asked_four_times_at_most),
        cmocka_unit_test(an_empty_log_and_database_fit),
    };
    size_t n = 0;

    while (tests[n].test_func != NULL)
        n++;
    assert_true(n + N_OF(standing_rows) + N_OF(topic_rows) <= TESTS_MAX);
    for (size_t i = 0; i < N_OF(topic_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = topic_rows[i].name,
                                 .test_func = test_topic,
                                 .initial_state = (void *)&topic_rows[i] };
    for (size_t i = 0; i < N_OF(standing_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = standing_rows[i].name,
                                 .test_func = test_standing,
                                 .initial_state = (void *)&standing_rows[i] };
    return _cmocka_run_group_tests("turns", tests, n, NULL, NULL);
}
