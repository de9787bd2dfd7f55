/* A missing episode is a function of its messages, never of their order. */
#include "common/core/records.h"
#include "tracker/core/desk.h"
#include "tests/lib/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define N_MESSAGES 5
#define T0 ((time_ms)1435298400000) /* 2015-06-26T06:00:00Z */

/* ---- a step without an engine -------------------------------------------- */

static enum status
swallow(void *self, enum topic topic, struct id key, enum record_type type,
        void *body, struct err *err)
{
    size_t *n = self;

    (void)topic;
    (void)key;
    (void)body;
    (void)err;
    if (type == REC_MISSING_EPISODE_CHANGED)
        (*n)++;
    return ST_OK;
}

static enum status
refuse(void *self, const struct err *why, struct err *err)
{
    (void)self;
    (void)why;
    (void)err;
    return ST_OK;
}

static const struct profile_clock clocks[] = {
    { .spec = { .id = "T10",
                .unit = CLOCK_HOURS,
                .length = 72,
                .warns = { { CLOCK_WARN_HOURS, 24 }, { CLOCK_WARN_HOURS, 6 } },
                .n_warns = 2 } },
};
static const struct profile profile = {
    .clocks = clocks,
    .n_clocks = N_OF(clocks),
    .office = { .from_min = 540,
                .to_min = 1020,
                .weekdays = OFFICE_MONDAY_TO_FRIDAY },
    .drift = { .missing_count = 3 },
};
/* 2015-01-01 to 2016-12-31, in UTC */
static const struct calendar calendar = { .first = 16436, .last = 17166 };
static const struct settings_version version = { .profile = &profile };
static const struct settings settings = { .versions = &version,
                                          .n = 1,
                                          .calendar = &calendar };

struct world {
    struct arena arena;
    struct out out;
    struct step step;
    struct moment m;
    size_t n_said;
    struct id episode_id;
};

static void
world_open(struct world *w)
{
    const struct rows_want *wants;
    struct err err;

    memset(w, 0, sizeof *w);
    heap_arena(&w->arena);
    w->out =
        (struct out){ .add = swallow, .reject = refuse, .self = &w->n_said };
    w->step =
        (struct step){ .arena = &w->arena,
                       .rows = rows_open(&w->arena, tracker_tables, TABLE_N),
                       .out = &w->out,
                       .settings = &settings,
                       .now = T0 };
    w->episode_id = id_derive("episode", NULL, 0);
    assert_int_equal(moment_of(&w->m, &w->step, T0, ID_NONE, STR_NULL, &err),
                     ST_OK);
    desk_want(w->step.rows, w->episode_id);
    (void)rows_take_wants(w->step.rows, &wants); /* the store holds nothing */
}

static void
world_close(struct world *w)
{
    struct err err = { .text = "" };

    if (rows_miss(w->step.rows, &err) != ST_OK)
        fail_msg("%s", err.text);
    heap_release(&w->arena);
}

/* ---- messages ------------------------------------------------------------ */

struct message {
    const char *ref;
    int32_t amendment;
    int kind;
    time_ms at; /* reported, graded, found or cancelled */
    int risk_grade;
    int cancel_reason;
};

static void
send(struct world *w, const struct message *msg)
{
    struct referral_decided d;
    struct err err;

    fields_clear(&fields_referral_decided, &d);
    d.agency_id = STR("police");
    d.agency_ref = str_of(msg->ref);
    d.amendment = msg->amendment;
    d.kind = msg->kind;
    d.child_id = id_derive("child", NULL, 0);
    d.episode_id = w->episode_id;
    d.episode_ref = STR("M-1");
    d.risk_grade = msg->risk_grade;
    d.unit = STR("maidstone-1");
    d.locality = str_of(msg->ref); /* shows which message is the last */
    switch (msg->kind) {
    case KIND_POLICE_MISSING_REPORTED:
        d.reported_at = msg->at;
        break;
    case KIND_POLICE_MISSING_RISK_CHANGED:
        d.graded_at = msg->at;
        break;
    case KIND_POLICE_MISSING_FOUND:
        d.found_at = msg->at;
        break;
    default:
        d.cancelled_at = msg->at;
        d.cancel_reason = msg->cancel_reason;
        break;
    }
    assert_int_equal(desk_message(&w->m, &d, NULL, &err), ST_OK);
}

static struct episode_row
after(struct world *w, const struct message *messages, const size_t *order,
      size_t n)
{
    const struct episode_row *e;

    for (size_t i = 0; i < n; i++)
        send(w, &messages[order[i]]);
    e = desk_get(&w->m, w->episode_id);
    assert_non_null(e);
    return *e;
}

/* The next order in the alphabet of orders; false behind the last. */
static bool
next_order(size_t *order, size_t n)
{
    size_t i = n - 1;
    size_t j = n - 1;
    size_t swap;

    while (i > 0 && order[i - 1] >= order[i])
        i--;
    if (i == 0)
        return false;
    while (order[j] <= order[i - 1])
        j--;
    swap = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swap;
    for (j = n - 1; i < j; i++, j--) {
        swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    return true;
}

#define REPORTED(r, a, at_, grade)                                             \
    {                                                                          \
        .ref = (r), .amendment = (a), .kind = KIND_POLICE_MISSING_REPORTED,    \
        .at = T0 + (at_), .risk_grade = (grade)                                \
    }
#define GRADED(r, a, at_, grade)                                               \
    {                                                                          \
        .ref = (r), .amendment = (a),                                          \
        .kind = KIND_POLICE_MISSING_RISK_CHANGED, .at = T0 + (at_),            \
        .risk_grade = (grade)                                                  \
    }
#define FOUND(r, a, at_)                                                       \
    {                                                                          \
        .ref = (r), .amendment = (a), .kind = KIND_POLICE_MISSING_FOUND,       \
        .at = T0 + (at_)                                                       \
    }
#define CANCELLED(r, a, at_, why)                                              \
    {                                                                          \
        .ref = (r), .amendment = (a), .kind = KIND_POLICE_MISSING_CANCELLED,   \
        .at = T0 + (at_), .cancel_reason = (why)                               \
    }

struct set_row {
    const char *name;
    struct message messages[N_MESSAGES];
    int state;
    int risk_grade;
    time_ms found_at;
    time_ms rhi_due_at;
    const char *last; /* reference of the message told of last */
};

static const struct set_row set_rows[] = {
    { .name = "a found child in all 120 orders",
      .messages = { REPORTED("a", 0, 0, RISK_MEDIUM),
                    GRADED("b", 0, HOUR_MS, RISK_HIGH),
                    GRADED("c", 0, HOUR_MS, RISK_LOW),
                    FOUND("d", 0, 2 * HOUR_MS), FOUND("d", 1, 3 * HOUR_MS) },
      .state = EPISODE_FOUND,
      .risk_grade = RISK_HIGH, /* a tie: the higher */
      .found_at = T0 + 3 * HOUR_MS,
      .rhi_due_at = T0 + 75 * HOUR_MS,
      .last = "d" },
    { .name = "a cancelled report in all 120 orders",
      .messages = { REPORTED("a", 0, 0, RISK_MEDIUM),
                    REPORTED("a", 1, MINUTE_MS, RISK_HIGH),
                    GRADED("b", 0, HOUR_MS, RISK_LOW),
                    FOUND("c", 0, 2 * HOUR_MS),
                    CANCELLED("d", 0, 3 * HOUR_MS, CANCEL_IN_ERROR) },
      .state = EPISODE_CANCELLED,
      .found_at = T0 + 2 * HOUR_MS,
      .rhi_due_at = TIME_NONE,
      .last = "d" },
    { .name = "a cancellation that is withdrawn in all 120 orders",
      .messages = { REPORTED("a", 0, 0, RISK_MEDIUM),
                    CANCELLED("b", 0, HOUR_MS, CANCEL_NOT_MISSING),
                    CANCELLED("b", 1, 2 * HOUR_MS, CANCEL_WITHDRAWN),
                    GRADED("c", 0, 3 * HOUR_MS, RISK_LOW),
                    FOUND("d", 0, 4 * HOUR_MS) },
      .state = EPISODE_FOUND,
      .risk_grade = RISK_LOW,
      .found_at = T0 + 4 * HOUR_MS,
      .rhi_due_at = T0 + 76 * HOUR_MS,
      .last = "d" },
};

static void
test_set(void **s)
{
    const struct set_row *row = *s;
    size_t order[N_MESSAGES] = { 0, 1, 2, 3, 4 };
    size_t n = 0;

    do {
        struct world w;
        const struct clock_row *k;
        struct episode_row e;

        world_open(&w);
        e = after(&w, row->messages, order, N_MESSAGES);
        if (e.state != row->state || e.risk_grade != row->risk_grade ||
            e.found_at != row->found_at || e.rhi_due_at != row->rhi_due_at ||
            e.incomplete || !str_is(e.locality, row->last) ||
            !str_is(e.unit, "maidstone-1"))
            fail_msg("order %zu%zu%zu%zu%zu gives another episode", order[0],
                     order[1], order[2], order[3], order[4]);
        k = watch_clock(&w.m, w.episode_id, STR("T10"));
        assert_int_equal(watch_runs(&w.m, w.episode_id, STR("T10")),
                         row->state == EPISODE_FOUND);
        if (row->state == EPISODE_FOUND)
            assert_int_equal(k->due_at, row->rhi_due_at);
        world_close(&w);
        n++;
    } while (next_order(order, N_MESSAGES));
    assert_int_equal(n, 120);
}

static void
all_columns_are_the_same_in_every_order(void **s)
{
    const struct set_row *row = &set_rows[0];
    size_t order[N_MESSAGES] = { 0, 1, 2, 3, 4 };
    size_t other[N_MESSAGES] = { 0, 1, 2, 3, 4 };
    struct world first;
    struct episode_row e;

    (void)s;
    world_open(&first);
    e = after(&first, row->messages, order, N_MESSAGES);
    while (next_order(other, N_MESSAGES)) {
        struct world w;
        struct episode_row same;

        world_open(&w);
        same = after(&w, row->messages, other, N_MESSAGES);
        assert_true(
            fields_eq(&tracker_tables[TABLE_EPISODE].fields, &e, &same));
        world_close(&w);
    }
    world_close(&first);
}

static void
found_before_reported_is_incomplete_until_it_is(void **s)
{
    static const struct message messages[] = {
        FOUND("b", 0, HOUR_MS),
        REPORTED("a", 0, 0, RISK_LOW),
    };
    static const size_t order[] = { 0, 1 };
    struct episode_row e;
    struct world w;

    (void)s;
    world_open(&w);
    e = after(&w, messages, order, 1);
    assert_int_equal(e.state, EPISODE_FOUND);
    assert_true(e.incomplete);
    e = after(&w, messages, order + 1, 1);
    assert_false(e.incomplete);
    assert_int_equal(e.risk_grade, RISK_LOW);
    world_close(&w);
}

static void
a_repeated_message_says_nothing_new(void **s)
{
    static const struct message messages[] = { REPORTED("a", 0, 0, RISK_LOW) };
    static const size_t order[] = { 0, 0 };
    struct world w;

    (void)s;
    world_open(&w);
    (void)after(&w, messages, order, 2);
    assert_int_equal(w.n_said, 1);
    world_close(&w);
}

static void
a_lower_amendment_that_comes_later_is_history(void **s)
{
    static const struct message messages[] = {
        REPORTED("a", 2, HOUR_MS, RISK_LOW),
        REPORTED("a", 1, 0, RISK_HIGH),
    };
    static const size_t order[] = { 0, 1 };
    struct episode_row e;
    struct world w;

    (void)s;
    world_open(&w);
    e = after(&w, messages, order, 2);
    assert_int_equal(e.reported_at, T0 + HOUR_MS);
    assert_int_equal(e.risk_grade, RISK_LOW);
    assert_int_equal(w.n_said, 1);
    world_close(&w);
}

#define MORE 4

int
main(void)
{
    static struct CMUnitTest tests[N_OF(set_rows) + MORE];
    size_t n = 0;

    for (size_t i = 0; i < N_OF(set_rows); i++)
        tests[n++] = (struct CMUnitTest){
            .name = set_rows[i].name,
            .test_func = test_set,
            .initial_state = (void *)(uintptr_t)&set_rows[i],
        };
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        all_columns_are_the_same_in_every_order);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        found_before_reported_is_incomplete_until_it_is);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        a_repeated_message_says_nothing_new);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        a_lower_amendment_that_comes_later_is_history);
    return cmocka_run_group_tests_name("episode", tests, NULL, NULL);
}
