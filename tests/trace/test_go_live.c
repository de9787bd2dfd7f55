/*
 * An authority begins: cases that were open before (kind go_live) are where
 * they were, with their true days, and nobody hears of what had passed.
 */
#include "tests/lib/day.h"
#include "tracker/core/life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define BEGINS "2015-06-26T11:05:00"

struct done {
    int activity;
    const char *on;
};

/* A row of the file. */
struct row {
    const char *ref;
    int side;    /* SIDE_EH */
    int outcome; /* OUTCOME_EH_INTENSIVE */
    int csc_status;
    const char *opened_on; /* NULL: no case */
    const char *worker;
    struct done done[8];
};

static time_ms
morning(struct day *d, const char *on)
{
    date_d day;

    assert_true(date_parse(str_of(on), &day));
    return zone_start_of_day(&d->given.calendar.zone, day);
}

static void
take_on(struct day *d, const struct row *row)
{
    struct milestone done[N_OF(row->done)];
    struct referral_decided r;
    size_t n = 0;

    decision_of(
        d,
        &(struct decision){ .at = BEGINS,
                            .child = "A",
                            .ref = row->ref,
                            .kind = KIND_GO_LIVE,
                            .agency_type = AGENCY_EARLY_HELP,
                            .rule = "GO_LIVE",
                            .csc_status = row->csc_status,
                            .outcome = row->outcome == 0 ? OUTCOME_EH_INTENSIVE
                                                         : row->outcome },
        &r);
    r.side = row->side == 0 ? SIDE_EH : row->side;
    if (row->opened_on != NULL) {
        r.opened_at = morning(d, row->opened_on);
        r.received_at = r.opened_at;
    }
    if (row->worker != NULL)
        r.worker = str_of(row->worker);
    r.second_by = STR("dpo-1");
    for (; n < N_OF(done) && row->done[n].on != NULL; n++)
        done[n] = (struct milestone){ row->done[n].activity,
                                      morning(d, row->done[n].on) };
    r.milestones = (struct items){ .at = done, .n = n };
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &r, NULL), ST_OK);
}

/* Help since January, whose second review has been due for a month. */
static const struct row helped = {
    .ref = "g1",
    .opened_on = "2015-01-12",
    .worker = "worker-1",
    .done = { { ACTIVITY_ALLOCATED, "2015-01-13" },
              { ACTIVITY_ASSESSMENT_STARTED, "2015-01-15" },
              { ACTIVITY_ASSESSMENT_COMPLETED, "2015-01-29" },
              { ACTIVITY_PLAN_AGREED, "2015-02-02" },
              { ACTIVITY_REVIEW_HELD, "2015-02-23" },
              { ACTIVITY_VISIT, "2015-06-08" },
              { ACTIVITY_TRACKER_REVIEWED, "2015-06-15" } },
};

static const struct case_row *
the_case(struct day *d)
{
    const struct case_row *c;
    size_t at = 0;

    c = mem_next(d->m, TABLE_CASE, &at);
    assert_non_null(c);
    assert_null(mem_next(d->m, TABLE_CASE, &at));
    return c;
}

static const char *
day_of(struct day *d, time_ms at)
{
    static char text[DATE_TEXT_SIZE];

    return date_text(zone_date(&d->given.calendar.zone, at), text);
}

/* "T14b 2015-02-23 2015-05-23\n": the clocks that run, with start and due. */
static const char *
clocks(struct day *d)
{
    struct arena *a = mem_arena(d->m);
    const struct clock_row *k;
    struct str all = STR("");
    size_t at = 0;

    while ((k = mem_next(d->m, TABLE_CLOCK, &at)) != NULL)
        if (k->state == CLOCK_STARTED) {
            all = arena_printf(a, "%.*s%.*s %s", STR_ARG(all),
                               STR_ARG(k->clock), day_of(d, k->started_at));
            all = arena_printf(a, "%.*s %s\n", STR_ARG(all),
                               day_of(d, k->due_at));
        }
    return all.p;
}

static size_t
count(struct day *d, const char *word)
{
    const char *text = lines_with(d, word);
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

/* ---- stories ------------------------------------------------------------- */

static void
a_case_stands_where_its_days_put_it(void **s)
{
    struct day *d = *s;
    const struct case_row *c;

    take_on(d, &helped);
    c = the_case(d);
    assert_int_equal(c->state, CASE_REVIEW);
    assert_true(str_is(c->worker, "worker-1"));
    assert_string_equal(day_of(d, c->opened_at), "2015-01-12");
    assert_string_equal(day_of(d, c->contact_at), "2015-06-08");
    assert_string_equal(clocks(d), "T14b 2015-02-23 2015-05-23\n"
                                   "T15 2015-02-02 2016-02-02\n"
                                   "T16 2015-02-02 2015-06-22\n"
                                   "T17 2015-06-15 2015-07-15\n");
}

static void
it_is_told_once_and_nobody_is_called_up(void **s)
{
    struct day *d = *s;

    take_on(d, &helped);
    assert_int_equal(count(d, "CaseChanged"), 1);
    assert_int_equal(count(d, "ClockChanged"), 4);
    assert_int_equal(last_case(d)->effect, OUTCOME_EH_INTENSIVE);
    assert_int_equal(last_case(d)->state_before, 0);
    mem_clear(d->m);
    tick(d, "2015-06-28T00:00:00");
    assert_string_equal(lines_with(d, "Alert"), "");
    assert_string_equal(lines_with(d, "ReferrerAnswered"), "");
}

static void
what_is_still_to_fall_due_does(void **s)
{
    struct day *d = *s;

    take_on(d, &helped);
    tick(d, "2015-07-06T23:59:59.999");
    assert_int_equal(count(d, "AlertRaised rule=D02"), 0);
    tick(d, "2015-07-07T00:00:00");
    assert_int_equal(count(d, "AlertRaised rule=D02"), 1);
    /* 26 weeks, though the alert at 20 was never said. */
    tick(d, "2015-07-13T23:59:59.999");
    assert_int_equal(count(d, "rule=D06"), 0);
    tick(d, "2015-07-14T00:00:00");
    assert_int_equal(count(d, "rule=D06 told=district_manager"), 1);
    tick(d, "2015-07-15T23:59:59.999");
    assert_int_equal(count(d, "rule=D15 told=unit_leader"), 0);
    tick(d, "2015-07-16T00:00:00");
    assert_int_equal(count(d, "rule=D15 told=unit_leader"), 1);
}

static void
what_was_late_is_done_and_the_next_is_watched(void **s)
{
    struct day *d = *s;

    take_on(d, &helped);
    act(d, &(struct deed){ .at = "2015-06-29T10:00:00",
                           .activity = ACTIVITY_REVIEW_HELD,
                           .child = "A",
                           .worker = "worker-1" });
    tick(d, "2015-09-29T23:59:59.999");
    assert_int_equal(count(d, "rule=D05 told=unit_leader"), 0);
    tick(d, "2015-09-30T00:00:00");
    assert_int_equal(count(d, "rule=D05 told=unit_leader"), 1);
}

static void
a_row_that_comes_again_changes_nothing(void **s)
{
    struct day *d = *s;
    struct row other = helped;

    take_on(d, &helped);
    mem_clear(d->m);
    take_on(d, &helped);
    assert_int_equal(last_case(d)->effect, OUTCOME_EXISTING_CASE);
    assert_int_equal(the_case(d)->state, CASE_REVIEW);
    assert_int_equal(count(d, "ClockChanged"), 0);
    other.ref = "g2"; /* another row for the side that is open */
    other.done[3].on = NULL;
    take_on(d, &other);
    assert_int_equal(the_case(d)->state, CASE_REVIEW);
}

static void
a_case_that_was_closed_since_is_not_taken_on_again(void **s)
{
    struct day *d = *s;

    take_on(d, &helped);
    act(d, &(struct deed){ .at = "2015-06-29T10:00:00",
                           .activity = ACTIVITY_CLOSED,
                           .child = "A",
                           .outcome = CLOSE_NEEDS_MET,
                           .worker = "worker-1",
                           .authorised_by = "leader-1" });
    assert_int_equal(the_case(d)->state, CASE_CLOSED);
    take_on(d, &helped);
    assert_int_equal(the_case(d)->state, CASE_CLOSED);
}

static void
a_child_without_a_case_has_none(void **s)
{
    struct day *d = *s;

    take_on(d, &(struct row){ .ref = "g1", .outcome = OUTCOME_NFA });
    assert_int_equal(the_case(d)->state, CASE_CLOSED);
    assert_int_equal(count(d, "CaseChanged"), 1);
    assert_string_equal(lines_with(d, "ReferrerAnswered"), "");
    take_on(d, &(struct row){ .ref = "g1", .outcome = OUTCOME_NFA });
    assert_int_equal(the_case(d)->state, CASE_CLOSED);
}

static void
social_care_has_its_own_clocks(void **s)
{
    static const struct row row = {
        .ref = "g1",
        .side = SIDE_CSC,
        .outcome = OUTCOME_SOCIAL_CARE_REFERRAL,
        .csc_status = CSC_CP,
        .opened_on = "2015-01-12",
        .worker = "worker-1",
        .done = { { ACTIVITY_ALLOCATED, "2015-01-13" },
                  { ACTIVITY_LAC_STARTED, "2015-02-02" },
                  { ACTIVITY_ICPC_HELD, "2015-02-03" },
                  { ACTIVITY_CORE_GROUP_HELD, "2015-02-13" },
                  { ACTIVITY_LAC_REVIEW_HELD, "2015-02-23" },
                  { ACTIVITY_CP_REVIEW_HELD, "2015-05-01" },
                  { ACTIVITY_LAC_REVIEW_HELD, "2015-05-20" } },
    };
    struct day *d = *s;

    take_on(d, &row);
    assert_int_equal(the_case(d)->state, CASE_ALLOCATED);
    assert_int_equal(the_case(d)->csc_status, CSC_CP);
    assert_string_equal(clocks(d), "T17 2015-01-12 2015-02-12\n"
                                   "T2 2015-01-12 2015-03-16\n"
                                   "T6 2015-05-01 2015-11-01\n"
                                   "T8c 2015-05-20 2015-11-20\n");
    tick(d, "2015-06-28T00:00:00");
    assert_string_equal(lines_with(d, "Alert"), "");
}

static void
a_caseload_over_the_norm_is_not_told_as_cases_come_in(void **s)
{
    struct day *d = *s;
    const struct worker_row *w;
    size_t at = 0;

    for (int i = 0; i < 20; i++) {
        struct referral_decided r;
        struct milestone done = { ACTIVITY_ALLOCATED,
                                  morning(d, "2015-06-22") };
        char name[8];

        (void)snprintf(name, sizeof name, "c%d", i);
        decision_of(d,
                    &(struct decision){ .at = BEGINS,
                                        .child = name,
                                        .ref = name,
                                        .kind = KIND_GO_LIVE,
                                        .outcome = OUTCOME_SINGLE_AGENCY },
                    &r);
        r.side = SIDE_EH;
        r.worker = STR("worker-1");
        r.opened_at = morning(d, "2015-06-22");
        r.milestones = (struct items){ .at = &done, .n = 1 };
        assert_int_equal(
            mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &r, NULL),
            ST_OK);
    }
    w = mem_next(d->m, TABLE_WORKER, &at);
    assert_int_equal(w->open_cases, 20);
    tick(d, "2015-07-01T00:00:00");
    assert_string_equal(lines_with(d, "rule=D13"), "");
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_day, close_day)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        STORY(a_case_stands_where_its_days_put_it),
        STORY(it_is_told_once_and_nobody_is_called_up),
        STORY(what_is_still_to_fall_due_does),
        STORY(what_was_late_is_done_and_the_next_is_watched),
        STORY(a_row_that_comes_again_changes_nothing),
        STORY(a_case_that_was_closed_since_is_not_taken_on_again),
        STORY(a_child_without_a_case_has_none),
        STORY(social_care_has_its_own_clocks),
        STORY(a_caseload_over_the_norm_is_not_told_as_cases_come_in),
    };

    return cmocka_run_group_tests_name("go_live", tests, NULL, NULL);
}
