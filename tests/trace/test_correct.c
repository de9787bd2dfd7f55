/*
 * `corrected`: what an activity did is taken back, state, clocks, alerts and
 * caseload, as long as nothing rests on it.
 */
#include "tests/lib/day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* An activity of child A under a reference of its own. */
static void
does(struct day *d, const char *ref, const char *at, int activity)
{
    struct activity_recorded a;

    deed_of(
        d,
        &(struct deed){ .at = at,
                        .activity = activity,
                        .child = "A",
                        .worker = activity == ACTIVITY_REALLOCATED ? "worker-2"
                                                                   : "worker-1",
                        .to_unit = "duty-team",
                        .authorised_by = "leader-1",
                        .outcome = CLOSE_NEEDS_MET,
                        .reason_chars = 30 },
        &a);
    a.agency_ref = str_of(ref);
    if (activity == ACTIVITY_REOPENED) /* the child has no open case */
        a.case_id = last_case(d)->case_id;
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, &a, NULL), ST_OK);
}

static void
corrects(struct day *d, const char *ref, const char *at)
{
    struct activity_recorded a;

    deed_of(d,
            &(struct deed){
                .at = at, .activity = ACTIVITY_CORRECTED, .child = "A" },
            &a);
    a.agency_ref = STR("correction");
    a.corrects_agency_id = STR("kent");
    a.corrects_agency_ref = str_of(ref);
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, &a, NULL), ST_OK);
}

/* ---- as it was ----------------------------------------------------------- */

/* What a correction must leave as it found it before the activity. */
struct shape {
    char text[32768];
};

static void
add(struct shape *s, const char *text)
{
    size_t n = strlen(s->text);
    size_t more = strlen(text);

    assert_true(n + more + 2 < sizeof s->text);
    memcpy(s->text + n, text, more);
    memcpy(s->text + n + more, " ", 2);
}

static void
add_time(struct shape *s, time_ms t)
{
    char text[TIME_TEXT_SIZE];

    add(s, t == TIME_NONE ? "-" : time_text(t, text));
}

static void
add_word(struct shape *s, struct str word)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(word));
    add(s, text);
}

static void
add_case(struct shape *s, const struct case_row *c)
{
    add(s, codes_word(&codes_case_state, c->state));
    add(s, codes_word(&codes_case_state, c->state_before));
    add_word(s, c->unit);
    add_word(s, c->worker);
    add(s, codes_word(&codes_close_outcome, c->close_outcome));
    add_time(s, c->closed_at);
    add_time(s, c->contact_at);
    add(s, codes_word(&codes_consent, c->consent));
}

static int
compare_words(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Cases, running clocks, deadlines still ahead of `now`, caseloads. */
static struct shape
shape_of(struct day *d, time_ms now)
{
    struct shape s = { .text = "" };
    char lines[128][160];
    size_t n = 0;
    size_t at = 0;
    const struct case_row *c;
    const struct clock_row *k;
    const struct deadline_row *l;
    const struct worker_row *w;

    while ((c = mem_next(d->m, TABLE_CASE, &at)) != NULL)
        add_case(&s, c);
    at = 0;
    while ((k = mem_next(d->m, TABLE_CLOCK, &at)) != NULL)
        if (k->state == CLOCK_STARTED || k->state == CLOCK_PAUSED)
            (void)snprintf(lines[n++], sizeof lines[0], "%.*s %s %lld %lld",
                           STR_ARG(k->clock),
                           codes_word(&codes_clock_change, k->state),
                           (long long)k->started_at, (long long)k->due_at);
    at = 0;
    while ((l = mem_next(d->m, TABLE_DEADLINE, &at)) != NULL)
        if (l->due_at > now)
            (void)snprintf(
                lines[n++], sizeof lines[0],
                "%.*s/%d %lld then %lld %lld %lld %d", STR_ARG(l->rule),
                (int)l->stage, (long long)l->due_at, (long long)l->warn_2_at,
                (long long)l->warn_3_at, (long long)l->warn_4_at, l->then_due);
    at = 0;
    while ((w = mem_next(d->m, TABLE_WORKER, &at)) != NULL)
        if (w->open_cases > 0)
            (void)snprintf(lines[n++], sizeof lines[0], "%.*s has %d",
                           STR_ARG(w->worker), (int)w->open_cases);
    qsort(lines, n, sizeof lines[0], compare_words);
    for (size_t i = 0; i < n; i++)
        add(&s, lines[i]);
    return s;
}

struct row {
    const char *name;
    int activity;
    int before[5]; /* activities that lead to where it fits */
};

static const struct row rows[] = {
    { "an allocation", ACTIVITY_ALLOCATED, { 0 } },
    { "a reallocation", ACTIVITY_REALLOCATED, { ACTIVITY_ALLOCATED } },
    { "an assessment's start",
      ACTIVITY_ASSESSMENT_STARTED,
      { ACTIVITY_ALLOCATED } },
    { "an assessment's end",
      ACTIVITY_ASSESSMENT_COMPLETED,
      { ACTIVITY_ALLOCATED, ACTIVITY_ASSESSMENT_STARTED } },
    { "a plan",
      ACTIVITY_PLAN_AGREED,
      { ACTIVITY_ALLOCATED, ACTIVITY_ASSESSMENT_STARTED,
        ACTIVITY_ASSESSMENT_COMPLETED } },
    { "a review",
      ACTIVITY_REVIEW_HELD,
      { ACTIVITY_ALLOCATED, ACTIVITY_ASSESSMENT_STARTED,
        ACTIVITY_ASSESSMENT_COMPLETED, ACTIVITY_PLAN_AGREED } },
    { "a first visit", ACTIVITY_VISIT, { ACTIVITY_ALLOCATED } },
    { "a later visit", ACTIVITY_VISIT, { ACTIVITY_ALLOCATED, ACTIVITY_VISIT } },
    { "a tracker review", ACTIVITY_TRACKER_REVIEWED, { ACTIVITY_ALLOCATED } },
    { "a consultation", ACTIVITY_CONSULTED, { ACTIVITY_ALLOCATED } },
    { "a pause", ACTIVITY_CLOCK_PAUSED, { ACTIVITY_ALLOCATED } },
    { "a resumption",
      ACTIVITY_CLOCK_RESUMED,
      { ACTIVITY_ALLOCATED, ACTIVITY_CLOCK_PAUSED } },
    { "a closing", ACTIVITY_CLOSED, { ACTIVITY_ALLOCATED } },
    { "a reopening",
      ACTIVITY_REOPENED,
      { ACTIVITY_ALLOCATED, ACTIVITY_CLOSED } },
};

static void
everything_is_as_before(void **state)
{
    const struct row *row = *state;
    char at[32];
    struct shape was;
    struct shape is;
    struct day *d;
    void *day;

    assert_int_equal(open_day(&day), 0);
    d = day;
    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    for (size_t i = 0; i < N_OF(row->before) && row->before[i] != 0; i++) {
        char ref[16];

        (void)snprintf(ref, sizeof ref, "a-%zu", i);
        (void)snprintf(at, sizeof at, "2015-06-26T1%zu:00:00", i + 2);
        does(d, ref, at, row->before[i]);
    }
    was = shape_of(d, local(d, "2015-06-26T20:00:00"));
    does(d, "wrong", "2015-06-26T18:00:00", row->activity);
    is = shape_of(d, local(d, "2015-06-26T20:00:00"));
    if (strcmp(was.text, is.text) == 0)
        fail_msg("%s changed nothing", row->name);
    mem_clear(d->m);
    corrects(d, "wrong", "2015-06-26T19:00:00");
    is = shape_of(d, local(d, "2015-06-26T20:00:00"));
    if (strcmp(was.text, is.text) != 0)
        fail_msg("%s\nwas %s\nis  %s\n%s", row->name, was.text, is.text,
                 mem_text(d->m));
    assert_null(strstr(mem_text(d->m), "reject"));
    assert_int_equal(close_day(&day), 0);
}

/* ---- what is particular -------------------------------------------------- */

static bool
was_refused(struct day *d, const char *code)
{
    char line[32];

    (void)snprintf(line, sizeof line, "reject %s", code);
    return strstr(mem_text(d->m), line) != NULL;
}

static void
an_alert_that_was_cleared_by_mistake_comes_back(void **s)
{
    struct day *d = *s;

    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    tick(d, "2015-07-01T00:00:00");
    does(d, "wrong", "2015-07-01T10:00:00", ACTIVITY_ALLOCATED);
    assert_non_null(strstr(mem_text(d->m), "AlertCleared rule=D01"));
    corrects(d, "wrong", "2015-07-01T11:00:00");
    mem_clear(d->m);
    tick(d, "2015-07-01T11:00:01");
    assert_non_null(strstr(mem_text(d->m), "AlertRaised rule=D01"));
}

static void
an_alert_that_was_a_mistake_is_cleared_as_corrected(void **s)
{
    struct day *d = *s;

    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    allocate(d, "A", "2015-06-26T12:00:00");
    does(d, "wrong", "2015-06-26T13:00:00", ACTIVITY_CONSULTED);
    tick(d, "2015-06-28T13:00:00");
    assert_non_null(strstr(mem_text(d->m), "AlertRaised rule=L6"));
    corrects(d, "wrong", "2015-06-29T11:00:00");
    assert_non_null(
        strstr(mem_text(d->m), "AlertCleared rule=L6 reason=corrected"));
}

static void
what_something_rests_on_is_corrected_after_it(void **s)
{
    struct day *d = *s;

    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    does(d, "first", "2015-06-26T12:00:00", ACTIVITY_ALLOCATED);
    does(d, "second", "2015-06-26T13:00:00", ACTIVITY_ASSESSMENT_STARTED);
    corrects(d, "first", "2015-06-26T14:00:00");
    assert_true(was_refused(d, "R20"));
    mem_clear(d->m);
    corrects(d, "second", "2015-06-26T15:00:00");
    corrects(d, "first", "2015-06-26T16:00:00");
    assert_false(was_refused(d, "R20"));
    assert_int_equal(last_case(d)->state, CASE_UNALLOCATED);
    mem_clear(d->m);
    corrects(d, "first", "2015-06-26T17:00:00");
    assert_true(was_refused(d, "R20"));
}

static void
a_decision_rests_on_what_came_before_it(void **s)
{
    struct day *d = *s;

    (void)a_case(d, "A", OUTCOME_SINGLE_AGENCY);
    does(d, "first", "2015-06-26T12:00:00", ACTIVITY_ALLOCATED);
    decide(d, &(struct decision){ .at = "2015-06-26T13:00:00",
                                  .child = "A",
                                  .ref = "more",
                                  .outcome = OUTCOME_EH_INTENSIVE });
    corrects(d, "first", "2015-06-26T14:00:00");
    assert_true(was_refused(d, "R20"));
}

static void
a_contact_goes_at_any_time(void **s)
{
    struct day *d = *s;
    const struct case_row *c;
    size_t at = 0;

    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    does(d, "a", "2015-06-26T12:00:00", ACTIVITY_ALLOCATED);
    does(d, "b", "2015-06-26T13:00:00", ACTIVITY_VISIT);
    does(d, "wrong", "2015-06-29T13:00:00", ACTIVITY_CHILD_SEEN);
    does(d, "c", "2015-06-29T14:00:00", ACTIVITY_ASSESSMENT_STARTED);
    corrects(d, "wrong", "2015-06-29T15:00:00");
    assert_false(was_refused(d, "R20"));
    c = mem_next(d->m, TABLE_CASE, &at);
    assert_int_equal(c->contact_at, local(d, "2015-06-29T14:00:00"));
    assert_int_equal(c->state, CASE_ASSESSMENT);
}

static void
a_hand_over_is_withdrawn_not_corrected(void **s)
{
    struct day *d = *s;

    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    does(d, "a", "2015-06-26T12:00:00", ACTIVITY_ALLOCATED);
    does(d, "b", "2015-06-26T13:00:00", ACTIVITY_HANDOVER_OFFERED);
    corrects(d, "b", "2015-06-26T14:00:00");
    assert_true(was_refused(d, "R20"));
    assert_int_equal(last_case(d)->state, CASE_HANDOVER_PENDING);
}

static void
what_nobody_did_is_not_corrected(void **s)
{
    struct day *d = *s;

    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    corrects(d, "never", "2015-06-26T14:00:00");
    assert_true(was_refused(d, "R22"));
    mem_clear(d->m);
    does(d, "refused", "2015-06-26T15:00:00", ACTIVITY_REVIEW_HELD);
    mem_clear(d->m);
    corrects(d, "refused", "2015-06-26T16:00:00");
    assert_true(was_refused(d, "R22"));
}

static void
an_interview_that_was_not_held_is_due_again(void **s)
{
    struct day *d = *s;

    decide(d, &(struct decision){ .at = "2015-06-26T14:55:00",
                                  .child = "A",
                                  .ref = "m2",
                                  .kind = KIND_POLICE_MISSING_FOUND,
                                  .agency_type = AGENCY_POLICE,
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .rule = "KE03",
                                  .episode = "E1",
                                  .found = "2015-06-26T14:55:00" });
    does(d, "wrong", "2015-06-27T10:00:00", ACTIVITY_RHI_HELD);
    mem_clear(d->m);
    corrects(d, "wrong", "2015-06-27T11:00:00");
    assert_non_null(strstr(mem_text(d->m), "clock=T10 change=started "
                                           "due_at=2015-06-29T14:55:00"));
    assert_non_null(strstr(mem_text(d->m), "MissingEpisodeChanged state=found "
                                           "rhi_state=due"));
    tick(d, "2015-06-28T14:55:00");
    assert_non_null(strstr(mem_text(d->m), "AlertRaised rule=D10"));
}

static void
an_offer_of_an_interview_stays_where_it_was_held(void **s)
{
    struct day *d = *s;

    decide(d, &(struct decision){ .at = "2015-06-26T14:55:00",
                                  .child = "A",
                                  .ref = "m2",
                                  .kind = KIND_POLICE_MISSING_FOUND,
                                  .agency_type = AGENCY_POLICE,
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .rule = "KE03",
                                  .episode = "E1",
                                  .found = "2015-06-26T14:55:00" });
    does(d, "offer", "2015-06-27T09:00:00", ACTIVITY_RHI_OFFERED);
    does(d, "held", "2015-06-27T10:00:00", ACTIVITY_RHI_HELD);
    corrects(d, "offer", "2015-06-27T11:00:00");
    assert_true(was_refused(d, "R20"));
    mem_clear(d->m);
    corrects(d, "held", "2015-06-27T12:00:00");
    corrects(d, "offer", "2015-06-27T13:00:00");
    assert_false(was_refused(d, "R20"));
    assert_non_null(strstr(mem_text(d->m), "state=found rhi_state=offered"));
    assert_non_null(strstr(mem_text(d->m), "state=found rhi_state=due"));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_day, close_day)

int
main(void)
{
    static const struct CMUnitTest stories[] = {
        STORY(an_alert_that_was_cleared_by_mistake_comes_back),
        STORY(an_alert_that_was_a_mistake_is_cleared_as_corrected),
        STORY(what_something_rests_on_is_corrected_after_it),
        STORY(a_decision_rests_on_what_came_before_it),
        STORY(a_contact_goes_at_any_time),
        STORY(a_hand_over_is_withdrawn_not_corrected),
        STORY(what_nobody_did_is_not_corrected),
        STORY(an_interview_that_was_not_held_is_due_again),
        STORY(an_offer_of_an_interview_stays_where_it_was_held),
    };
    struct CMUnitTest tests[N_OF(rows) + N_OF(stories)];

    for (size_t i = 0; i < N_OF(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = everything_is_as_before,
                                        .initial_state = (void *)&rows[i] };
    memcpy(tests + N_OF(rows), stories, sizeof stories);
    return cmocka_run_group_tests_name("correct", tests, NULL, NULL);
}
