/* What an activity is about, where it names a notification and no case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/day.h"

static void
a_found_child(struct day *d, const char *episode, const char *ref,
              const char *at, const char *found)
{
    decide(d, &(struct decision){ .at = at,
                                  .child = "C",
                                  .ref = ref,
                                  .kind = KIND_POLICE_MISSING_FOUND,
                                  .agency_type = AGENCY_POLICE,
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .rule = "KE03",
                                  .episode = episode,
                                  .found = found });
}

static void
an_interview_ends_the_episode_whose_notification_it_names(void **s)
{
    struct day *d = *s;

    a_found_child(d, "E1", "m1", "2015-06-22T15:40:00", "2015-06-22T14:55:00");
    a_found_child(d, "E2", "m2", "2015-06-24T15:40:00", "2015-06-24T14:55:00");
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-24T18:00:00",
                           .activity = ACTIVITY_RHI_HELD,
                           .child = "C",
                           .about = "m2" });
    assert_string_equal(
        lines_with(d, "ClockChanged"),
        "out case-journal ClockChanged clock=T10 change=stopped "
        "due_at=2015-06-27T14:55:00+01:00 late=no\n");
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-24T19:00:00",
                           .activity = ACTIVITY_RHI_HELD,
                           .child = "C",
                           .about = "m2" });
    assert_string_equal(
        lines_with(d, "reject"),
        "reject R20: no return home interview is due for this child\n");
}

static void
an_interview_that_names_no_notification_ends_the_longest_wait(void **s)
{
    struct day *d = *s;

    a_found_child(d, "E1", "m1", "2015-06-22T15:40:00", "2015-06-22T14:55:00");
    a_found_child(d, "E2", "m2", "2015-06-24T15:40:00", "2015-06-24T14:55:00");
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-24T18:00:00",
                           .activity = ACTIVITY_RHI_DECLINED,
                           .child = "C" });
    assert_string_equal(
        lines_with(d, "ClockChanged"),
        "out case-journal ClockChanged clock=T10 change=stopped "
        "due_at=2015-06-25T14:55:00+01:00 late=no\n");
}

static void
close_case(struct day *d, const char *at)
{
    act(d, &(struct deed){ .at = at,
                           .activity = ACTIVITY_CLOSED,
                           .child = "A",
                           .outcome = CLOSE_NEEDS_MET,
                           .authorised_by = "leader-1" });
}

static void
reopening_needs_no_case_id(void **s)
{
    struct day *d = *s;
    struct id id = a_case(d, "A", OUTCOME_CAF_TAF);

    allocate(d, "A", "2015-06-26T12:00:00");
    close_case(d, "2015-06-29T12:00:00");
    assert_int_equal(state_of(d, id), CASE_CLOSED);
    act(d, &(struct deed){ .at = "2015-07-01T12:00:00",
                           .activity = ACTIVITY_REOPENED,
                           .child = "A",
                           .side = SIDE_EH,
                           .authorised_by = "leader-1" });
    assert_int_equal(state_of(d, id), CASE_ALLOCATED);
}

static void
nothing_of_the_other_side_is_reopened(void **s)
{
    struct day *d = *s;
    struct id id = a_case(d, "A", OUTCOME_CAF_TAF);

    allocate(d, "A", "2015-06-26T12:00:00");
    close_case(d, "2015-06-29T12:00:00");
    act(d, &(struct deed){ .at = "2015-07-01T12:00:00",
                           .activity = ACTIVITY_REOPENED,
                           .child = "A",
                           .side = SIDE_CSC,
                           .authorised_by = "leader-1" });
    assert_int_equal(state_of(d, id), CASE_CLOSED);
}

static void
who_answers_an_offer_names_its_own_side(void **s)
{
    static const struct {
        int side;
        int state;
    } rows[] = {
        { SIDE_EH, CASE_HANDOVER_PENDING },
        { SIDE_CSC, CASE_CLOSED },
    };
    struct day *d = *s;
    struct id id = a_case(d, "A", OUTCOME_CAF_TAF);

    act(d, &(struct deed){ .at = "2015-06-29T12:00:00",
                           .activity = ACTIVITY_HANDOVER_OFFERED,
                           .child = "A",
                           .side = SIDE_EH });
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        act(d, &(struct deed){ .at = "2015-06-30T12:00:00",
                               .activity = ACTIVITY_HANDOVER_ACCEPTED,
                               .child = "A",
                               .side = rows[i].side,
                               .unit = "central-duty-team" });
        assert_int_equal(state_of(d, id), rows[i].state);
    }
}

/* The key of D11 is the episode (domain.md section 8). */
static void
an_episode_that_was_found_first_is_counted_once(void **s)
{
    struct day *d = *s;
    struct decision m = { .at = "2015-06-22T15:40:00",
                          .child = "C",
                          .ref = "m2",
                          .kind = KIND_POLICE_MISSING_FOUND,
                          .agency_type = AGENCY_POLICE,
                          .outcome = OUTCOME_SINGLE_AGENCY,
                          .rule = "KE03",
                          .episode = "E1",
                          .found = "2015-06-22T14:55:00",
                          .missing_30d = 1,
                          .missing_90d = 3 };

    decide(d, &m);
    assert_string_not_equal(lines_with(d, "rule=D11"), "");
    mem_clear(d->m);
    m.at = "2015-06-23T09:00:00";
    m.ref = "m1";
    m.kind = KIND_POLICE_MISSING_REPORTED;
    m.found = NULL;
    m.reported = "2015-06-22T08:00:00";
    m.risk_grade = RISK_MEDIUM;
    decide(d, &m);
    assert_string_equal(lines_with(d, "rule=D11"), "");
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_day, close_day)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(an_interview_ends_the_episode_whose_notification_it_names),
        STORY(an_interview_that_names_no_notification_ends_the_longest_wait),
        STORY(reopening_needs_no_case_id),
        STORY(nothing_of_the_other_side_is_reopened),
        STORY(who_answers_an_offer_names_its_own_side),
        STORY(an_episode_that_was_found_first_is_counted_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
