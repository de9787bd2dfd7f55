/* A clock has one deadline at a time, and yet all of its warnings are said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/day.h"

/* The deadline of a rule; the test fails where there is more than one. */
static const struct deadline_row *
deadline_of(struct day *d, const char *rule)
{
    const struct deadline_row *found = NULL;
    const struct deadline_row *l;
    size_t at = 0;

    while ((l = mem_next(d->m, TABLE_DEADLINE, &at)) != NULL)
        if (str_is(l->rule, rule)) {
            assert_null(found);
            found = l;
        }
    return found;
}

/* An intent is chased three times before it is late: L4, D09. */
static void
an_intent(struct day *d)
{
    decide(d, &(struct decision){ .at = "2015-06-26T11:05:00",
                                  .child = "A",
                                  .ref = "intent",
                                  .entry = ENTRY_CSC,
                                  .action = "open_intent",
                                  .outcome = OUTCOME_CAF_TAF });
    mem_clear(d->m);
}

static void
the_next_warning_alone_stands(void **s)
{
    static const struct {
        const char *at;
        int32_t stage;
        const char *next;
    } rows[] = {
        { "2015-06-26T12:00:00", STAGE_WARN, "2015-07-03T23:59:59.999" },
        { "2015-07-04T00:00:00", STAGE_WARN + 1, "2015-07-10T23:59:59.999" },
        { "2015-07-11T00:00:00", STAGE_WARN + 2, "2015-07-17T23:59:59.999" },
        { "2015-07-18T00:00:00", STAGE_DUE, "2015-07-25T00:00:00" },
    };
    struct day *d = *s;

    an_intent(d);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tick(d, rows[i].at);
        assert_non_null(deadline_of(d, "L4"));
        assert_int_equal(deadline_of(d, "L4")->stage, rows[i].stage);
        assert_int_equal(deadline_of(d, "L4")->due_at, local(d, rows[i].next));
    }
}

static void
one_step_of_time_says_what_many_steps_say(void **s)
{
    static const char *const steps[] = {
        "2015-07-03T23:59:59.998", "2015-07-03T23:59:59.999",
        "2015-07-10T23:59:59.999", "2015-07-11T00:00:00",
        "2015-07-17T23:59:59.999", "2015-07-24T23:59:59.999",
        "2015-07-25T00:00:00",     "2015-08-31T00:00:00",
    };
    struct day *d = *s;
    void *other = NULL;
    struct day *slow;
    char *at_once;

    assert_int_equal(open_day(&other), 0);
    slow = other;
    an_intent(d);
    an_intent(slow);
    tick(d, "2015-08-31T00:00:00");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        tick(slow, steps[i]);
    at_once = strdup(lines_with(d, "Alert"));
    assert_non_null(at_once);
    assert_non_null(strstr(at_once, "AlertEscalated rule=D09 "
                                    "told=head_of_service stage=6\n"));
    assert_string_equal(lines_with(slow, "Alert"), at_once);
    free(at_once);
    assert_int_equal(close_day(&other), 0);
}

/* As many warnings as a clock may have, one of them at the same instant as
 * another: T13 runs for 48 hours from 11:05. */
static void
each_of_four_warnings_is_said(void **s)
{
    static const int hours[CLOCK_WARNS] = { 24, 12, 12, 6 };
    struct day *d = *s;
    struct profile *p = &d->given.profile;
    struct profile_clock clocks[64];

    assert_true(p->n_clocks <= sizeof clocks / sizeof *clocks);
    memcpy(clocks, p->clocks, p->n_clocks * sizeof *clocks);
    p->clocks = clocks;
    for (size_t i = 0; i < p->n_clocks; i++) {
        struct clock_spec *spec = &clocks[i].spec;

        if (strcmp(spec->id, "T13") != 0)
            continue;
        spec->n_warns = CLOCK_WARNS;
        for (size_t w = 0; w < CLOCK_WARNS; w++)
            spec->warns[w] = (struct clock_warn){ CLOCK_WARN_HOURS, hours[w] };
    }
    a_case(d, "C", OUTCOME_CAF_TAF);
    mem_clear(d->m);
    tick(d, "2015-06-28T11:05:00.001");
    assert_string_equal(
        mem_text(d->m),
        "due deadline 2015-06-27T11:05:00+01:00\n"
        "out alerts AlertRaised rule=T13 told=worker\n"
        "due deadline 2015-06-27T23:05:00+01:00\n"
        "out alerts AlertEscalated rule=T13 told=worker stage=2\n"
        "due deadline 2015-06-27T23:05:00+01:00\n"
        "out alerts AlertEscalated rule=T13 told=worker stage=3\n"
        "due deadline 2015-06-28T05:05:00+01:00\n"
        "out alerts AlertEscalated rule=T13 told=worker stage=4\n"
        "due deadline 2015-06-28T11:05:00.001+01:00\n"
        "out alerts AlertEscalated rule=T13 told=unit_leader stage=5\n");
}

static void
a_clock_that_stops_between_its_warnings_says_no_more(void **s)
{
    struct day *d = *s;

    a_case(d, "C", OUTCOME_CAF_TAF); /* T12: warned of on 7 July, due 10 July */
    tick(d, "2015-07-07T09:00:00");
    assert_int_equal(deadline_of(d, "T12")->stage, STAGE_DUE);
    act(d, &(struct deed){ .at = "2015-07-08T12:00:00",
                           .activity = ACTIVITY_CLOSED,
                           .child = "C",
                           .outcome = CLOSE_DISENGAGED,
                           .authorised_by = "leader-1" });
    assert_null(deadline_of(d, "T12"));
    mem_clear(d->m);
    tick(d, "2015-08-31T00:00:00");
    assert_string_equal(lines_with(d, "rule=D03"), "");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_day, close_day)

int
main(void)
{
    const struct CMUnitTest stories[] = {
        STORY(the_next_warning_alone_stands),
        STORY(one_step_of_time_says_what_many_steps_say),
        STORY(each_of_four_warnings_is_said),
        STORY(a_clock_that_stops_between_its_warnings_says_no_more),
    };

    return cmocka_run_group_tests_name("one deadline", stories, NULL, NULL);
}
