/* Who hears, and when: of a notification that waits beside an open case, and of
 * what becomes known when its time has come or gone (domain.md sections 7, 8).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/day.h"

static size_t
count_lines(struct day *d, const char *word)
{
    const char *text = lines_with(d, word);
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

/* The open alert of a rule; the test fails where there isn't one alone. */
static const struct alert_row *
open_alert(struct day *d, const char *rule)
{
    const struct alert_row *found = NULL;
    const struct alert_row *a;
    size_t at = 0, n = 0;

    while ((a = mem_next(d->m, TABLE_ALERT, &at)) != NULL)
        if (str_is(a->rule, rule) && a->cleared_at == TIME_NONE) {
            found = a;
            n++;
        }
    assert_int_equal(n, 1);
    return found;
}

static void
acknowledge(struct day *d, const char *rule, const char *at)
{
    act(d, &(struct deed){ .at = at,
                           .activity = ACTIVITY_ALERT_ACKNOWLEDGED,
                           .alert_id = open_alert(d, rule)->alert_id });
}

/* ---- beside an open case ---------------------------------------------------
 */

/* Friday noon: somebody writes about a child whom a worker has. */
static struct decision
a_proposal(const char *ref)
{
    return (struct decision){ .at = "2015-06-26T14:00:00",
                              .child = "A",
                              .ref = ref,
                              .status = DECISION_PROVISIONAL,
                              .outcome = OUTCOME_SINGLE_AGENCY };
}

static struct id
proposed_beside(struct day *d)
{
    struct id c = a_case(d, "A", OUTCOME_EH_INTENSIVE);
    const struct decision beside = a_proposal("B");

    allocate(d, "A", "2015-06-26T12:00:00");
    mem_clear(d->m);
    decide(d, &beside);
    return c;
}

static void
a_proposal_beside_an_open_case_is_waited_for(void **s)
{
    struct day *d = *s;
    struct id c = proposed_beside(d);
    const struct alert_row *a;

    assert_int_equal(state_of(d, c), CASE_ALLOCATED);
    assert_string_equal(lines_with(d, "ClockChanged"),
                        "out case-journal ClockChanged clock=T1 change=started "
                        "due_at=2015-06-29T23:59:59.999+01:00 late=-\n"
                        "out case-journal ClockChanged clock=L5 change=started "
                        "due_at=2015-06-27T14:00:00+01:00 late=-\n");
    tick(d, "2015-06-27T14:00:00");
    assert_int_equal(count_lines(d, "rule=L5 told=worker"), 1);
    assert_int_equal(count_lines(d, "rule=L5 told=unit_leader"), 0);
    tick(d, "2015-06-27T14:00:00.001");
    assert_int_equal(count_lines(d, "rule=L5 told=unit_leader"), 1);
    a = open_alert(d, "L5");
    assert_int_equal(a->subject_kind, CLOCK_SUBJECT_NOTIFICATION);
    assert_true(id_eq(a->case_id, c));
    assert_true(str_is(a->worker, "worker-1"));
    assert_true(str_is(a->unit, "swale-1"));
    tick(d, "2015-06-29T23:59:59.999");
    assert_int_equal(count_lines(d, "rule=D14 told=mash_manager"), 0);
    tick(d, "2015-06-30T00:00:00");
    assert_int_equal(count_lines(d, "rule=D14 told=mash_manager"), 1);
}

static void
its_decision_ends_the_waiting_and_is_counted_once(void **s)
{
    struct day *d = *s;
    struct decision final = a_proposal("B");

    (void)proposed_beside(d);
    tick(d, "2015-06-27T15:00:00");
    mem_clear(d->m);
    final.at = "2015-06-29T10:00:00";
    final.received = "2015-06-26T14:00:00";
    final.status = DECISION_FINAL;
    final.screened_by = "screener-1";
    decide(d, &final);
    assert_string_equal(lines_with(d, "ClockChanged"),
                        "out case-journal ClockChanged clock=T1 change=stopped "
                        "due_at=2015-06-29T23:59:59.999+01:00 late=no\n"
                        "out case-journal ClockChanged clock=L5 change=stopped "
                        "due_at=2015-06-27T14:00:00+01:00 late=yes\n");
    assert_int_equal(count_lines(d, "AlertCleared rule=L5"), 1);
    assert_int_equal(count_lines(d, "ReferrerAnswered"), 1);
    mem_clear(d->m);
    tick(d, "2015-07-03T00:00:00");
    assert_int_equal(count_lines(d, "rule=D14"), 0);
}

static void
an_amendment_goes_on_waiting_from_the_first_receipt(void **s)
{
    struct day *d = *s;
    struct decision again = a_proposal("B");

    (void)proposed_beside(d);
    mem_clear(d->m);
    again.at = "2015-06-26T18:00:00";
    again.amendment = 1;
    decide(d, &again);
    assert_string_equal(lines_with(d, "ClockChanged"), "");
    tick(d, "2015-06-27T14:00:00.001");
    assert_int_equal(count_lines(d, "rule=L5 told=unit_leader"), 1);
}

static void
two_that_wait_beside_one_case_are_waited_for_apart(void **s)
{
    struct day *d = *s;
    struct decision other = a_proposal("C");
    struct decision final = a_proposal("B");

    (void)proposed_beside(d);
    other.at = "2015-06-26T16:00:00";
    decide(d, &other);
    final.at = "2015-06-26T17:00:00";
    final.status = DECISION_FINAL;
    decide(d, &final);
    mem_clear(d->m);
    tick(d, "2015-06-27T15:59:59.999");
    assert_int_equal(count_lines(d, "rule=L5 told=unit_leader"), 0);
    tick(d, "2015-06-27T16:00:00.001");
    assert_int_equal(count_lines(d, "rule=L5 told=unit_leader"), 1);
}

static void
by_way_of_the_mash_its_colour_says_how_long(void **s)
{
    struct day *d = *s;
    struct decision beside = a_proposal("B");

    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    mem_clear(d->m);
    beside.entry = ENTRY_MASH;
    beside.rag = RAG_RED;
    decide(d, &beside);
    assert_int_equal(count_lines(d, "clock=L5"), 0);
    assert_string_equal(lines_with(d, "clock=L1"),
                        "out case-journal ClockChanged clock=L1 change=started "
                        "due_at=2015-06-26T18:00:00+01:00 late=-\n");
}

static struct decision
of_episode(const char *ref, int kind, const char *at)
{
    return (struct decision){ .at = at,
                              .child = "A",
                              .ref = ref,
                              .kind = kind,
                              .agency_type = AGENCY_POLICE,
                              .status = DECISION_PROVISIONAL,
                              .outcome = OUTCOME_SINGLE_AGENCY,
                              .episode = "E1",
                              .reported = "2015-06-26T13:00:00",
                              .risk_grade = RISK_MEDIUM };
}

static void
the_messages_of_an_episode_wait_once_beside_a_case(void **s)
{
    struct day *d = *s;
    struct decision report =
        of_episode("m1", KIND_POLICE_MISSING_REPORTED, "2015-06-26T14:00:00");
    struct decision graded = of_episode("m2", KIND_POLICE_MISSING_RISK_CHANGED,
                                        "2015-06-26T15:00:00");

    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    allocate(d, "A", "2015-06-26T12:00:00");
    mem_clear(d->m);
    decide(d, &report);
    graded.graded = "2015-06-26T14:30:00";
    decide(d, &graded);
    assert_int_equal(count_lines(d, "clock=L5 change=started"), 1);
    assert_int_equal(count_lines(d, "clock=T1 change=started"), 1);
    mem_clear(d->m);
    graded.at = "2015-06-26T16:00:00";
    graded.status = DECISION_FINAL;
    decide(d, &graded);
    assert_int_equal(count_lines(d, "clock=L5 change=stopped"), 1);
    assert_int_equal(count_lines(d, "clock=T1 change=stopped"), 1);
}

static void
one_that_opens_a_case_after_all_waits_with_that(void **s)
{
    struct day *d = *s;
    struct decision again = a_proposal("B");

    (void)proposed_beside(d);
    act(d, &(struct deed){ .at = "2015-06-26T15:00:00",
                           .activity = ACTIVITY_CLOSED,
                           .child = "A",
                           .outcome = CLOSE_NEEDS_MET,
                           .authorised_by = "leader-1" });
    mem_clear(d->m);
    again.at = "2015-06-26T16:00:00";
    again.amendment = 1;
    decide(d, &again);
    assert_int_equal(last_case(d)->state, CASE_SCREENING);
    assert_int_equal(count_lines(d, "clock=T1 change=void"), 1);
    assert_int_equal(count_lines(d, "clock=T1 change=started"), 1);
    tick(d, "2015-06-30T00:00:00");
    assert_int_equal(count_lines(d, "rule=D14 told=mash_manager"), 1);
}

/* ---- known when its time has come or gone ---------------------------------
 */

/* A child that was found on Monday at 14:55, which is told at `at`. What that
 * sets off is carried out as time goes on. */
static void
found_told_at(struct day *d, const char *at, const char *then)
{
    decide(d, &(struct decision){ .at = at,
                                  .child = "A",
                                  .ref = "m1",
                                  .kind = KIND_POLICE_MISSING_FOUND,
                                  .agency_type = AGENCY_POLICE,
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .episode = "E1",
                                  .found = "2015-06-22T14:55:00" });
    tick(d, then);
}

static void
a_warning_that_is_past_is_given_at_once_while_there_is_time(void **s)
{
    static const struct {
        const char *told_at, *then;
        size_t at_once, until_due;
    } rows[] = {
        /* on the first warning, behind it, behind both (then one is enough),
         * as it is due; and when there is nothing left to warn of */
        { "2015-06-24T14:55:00", "2015-06-24T14:55:00.001", 1, 2 },
        { "2015-06-24T15:30:00", "2015-06-24T15:30:00.001", 1, 2 },
        { "2015-06-25T10:00:00", "2015-06-25T10:00:00.001", 1, 1 },
        { "2015-06-25T14:55:00", "2015-06-25T14:55:00.001", 1, 1 },
        { "2015-06-25T14:55:00.001", "2015-06-25T14:55:00.002", 0, 0 },
    };

    (void)s;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *day;

        assert_int_equal(open_day(&day), 0);
        found_told_at(day, rows[i].told_at, rows[i].then);
        assert_int_equal(count_lines(day, "rule=D10 told=worker"),
                         rows[i].at_once);
        tick(day, "2015-06-25T15:00:00");
        assert_int_equal(count_lines(day, "rule=D10 told=worker"),
                         rows[i].until_due);
        assert_int_equal(count_lines(day, "rule=D10 told=unit_leader"), 1);
        assert_int_equal(close_day(&day), 0);
    }
}

static void
a_clock_that_goes_on_behind_its_warning_warns_at_once(void **s)
{
    struct day *d = *s;

    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
    allocate(d, "A", "2015-06-26T12:00:00");
    act(d, &(struct deed){ .at = "2015-06-29T10:00:00",
                           .activity = ACTIVITY_CLOCK_PAUSED,
                           .child = "A",
                           .clock = "T12",
                           .reason_chars = 30 });
    mem_clear(d->m);
    /* Due on Tuesday 14 July: warned of on Thursday 9 July at nine. */
    act(d, &(struct deed){ .at = "2015-07-01T10:00:00",
                           .recorded = "2015-07-09T10:00:00",
                           .activity = ACTIVITY_CLOCK_RESUMED,
                           .child = "A",
                           .clock = "T12" });
    tick(d, "2015-07-09T10:00:00.001");
    assert_int_equal(count_lines(d, "rule=D03 told=worker"), 1);
}

static void
what_is_late_when_it_becomes_known_is_told_then(void **s)
{
    struct day *d = *s;
    const struct alert_raised *raised;
    const struct deadline_row *late;
    size_t at = 0, n = 0;

    found_told_at(d, "2015-06-29T10:00:00", "2015-06-29T10:00:00");
    while ((late = mem_next(d->m, TABLE_DEADLINE, &at)) != NULL) {
        assert_true(late->due_at >= local(d, "2015-06-29T10:00:00"));
        n++;
    }
    assert_true(n > 0);
    tick(d, "2015-06-29T10:00:10");
    raised = mem_last(d->m, REC_ALERT_RAISED);
    assert_int_equal(raised->due_at, local(d, "2015-06-25T14:55:00"));
    assert_int_equal(open_alert(d, "D10")->raised_at,
                     local(d, "2015-06-29T10:00:00"));
    assert_int_equal(count_lines(d, "rule=D10 told=district_manager"), 1);
}

static void
nobody_above_hears_before_those_below_could_answer(void **s)
{
    struct day *d = *s;

    /* Received in May: T1 was due long before it was decided about. */
    decide(d, &(struct decision){ .at = "2015-06-26T11:05:00",
                                  .received = "2015-05-11T11:05:00",
                                  .child = "A",
                                  .ref = "A",
                                  .status = DECISION_PROVISIONAL,
                                  .outcome = OUTCOME_EH_INTENSIVE });
    tick(d, "2015-06-30T23:59:59.999");
    assert_int_equal(count_lines(d, "rule=D14 told=mash_manager"), 1);
    assert_int_equal(count_lines(d, "rule=D14 told=district_manager"), 0);
    tick(d, "2015-07-01T00:00:00");
    assert_int_equal(count_lines(d, "rule=D14 told=district_manager"), 1);
    tick(d, "2015-07-03T23:59:59.999");
    assert_int_equal(count_lines(d, "rule=D14 told=head_of_service"), 0);
    tick(d, "2015-07-04T00:00:00");
    assert_int_equal(count_lines(d, "rule=D14 told=head_of_service"), 1);
}

/* ---- up the ladder ---------------------------------------------------------
 */

static void
unseen(struct day *d)
{
    (void)a_case(d, "A", OUTCOME_SINGLE_AGENCY);
    allocate(d, "A", "2015-06-26T12:00:00");
}

static void
a_child_unseen_goes_up_the_line_behind_the_leaders_week(void **s)
{
    struct day *d = *s;

    unseen(d);
    tick(d, "2015-07-25T00:00:00");
    acknowledge(d, "D02", "2015-07-25T10:00:00"); /* the worker has seen it */
    tick(d, "2015-07-31T23:59:59.999");
    assert_int_equal(count_lines(d, "rule=D02 told=unit_leader"), 0);
    tick(d, "2015-08-04T23:59:59.999");
    assert_int_equal(count_lines(d, "rule=D02 told=unit_leader"), 1);
    assert_int_equal(count_lines(d, "rule=D02 told=district_manager"), 0);
    tick(d, "2015-08-05T00:00:00");
    assert_int_equal(count_lines(d, "rule=D02 told=district_manager"), 1);
    tick(d, "2015-08-07T23:59:59.999");
    assert_int_equal(count_lines(d, "rule=D02 told=head_of_service"), 0);
    tick(d, "2015-08-08T00:00:00");
    assert_int_equal(count_lines(d, "rule=D02 told=head_of_service"), 1);
}

static void
a_leader_who_has_seen_it_keeps_it(void **s)
{
    struct day *d = *s;

    unseen(d);
    tick(d, "2015-08-01T00:00:00");
    acknowledge(d, "D02", "2015-08-03T10:00:00");
    tick(d, "2015-09-01T00:00:00");
    assert_int_equal(count_lines(d, "rule=D02 told=district_manager"), 0);
}

/* worker-1 gets a case more on that day. */
static void
one_more(struct day *d, const char *child, const char *at)
{
    (void)a_case(d, child, OUTCOME_SINGLE_AGENCY);
    allocate(d, child, at);
}

static void
two_months_over_the_norm_are_two_alerts_each_with_its_rungs(void **s)
{
    static const char children[] = "ABCDEFGHIJKLMN";
    struct day *d = *s;

    for (size_t i = 0; i < sizeof children - 1; i++) {
        char child[] = { children[i], '\0' };

        one_more(d, child, "2015-06-26T12:00:00");
    }
    one_more(d, "O", "2015-06-30T12:00:00");
    mem_clear(d->m);
    one_more(d, "P", "2015-07-01T12:00:00"); /* before anybody above hears */
    tick(d, "2015-07-14T00:00:00");
    assert_int_equal(count_lines(d, "rule=D13 told=district_manager"), 2);
    assert_int_equal(count_lines(d, "rule=D13 told=head_of_service"), 2);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_day, close_day)

int
main(void)
{
    static const struct CMUnitTest stories[] = {
        STORY(a_proposal_beside_an_open_case_is_waited_for),
        STORY(its_decision_ends_the_waiting_and_is_counted_once),
        STORY(an_amendment_goes_on_waiting_from_the_first_receipt),
        STORY(two_that_wait_beside_one_case_are_waited_for_apart),
        STORY(by_way_of_the_mash_its_colour_says_how_long),
        STORY(the_messages_of_an_episode_wait_once_beside_a_case),
        STORY(one_that_opens_a_case_after_all_waits_with_that),
        cmocka_unit_test(
            a_warning_that_is_past_is_given_at_once_while_there_is_time),
        STORY(a_clock_that_goes_on_behind_its_warning_warns_at_once),
        STORY(what_is_late_when_it_becomes_known_is_told_then),
        STORY(nobody_above_hears_before_those_below_could_answer),
        STORY(a_child_unseen_goes_up_the_line_behind_the_leaders_week),
        STORY(a_leader_who_has_seen_it_keeps_it),
        STORY(two_months_over_the_norm_are_two_alerts_each_with_its_rungs),
    };

    return cmocka_run_group_tests_name("known_late", stories, NULL, NULL);
}
