/* Hand-overs where two things meet: another case on the side that takes the
 * child on, or two limits that end at one instant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/day.h"

static void
tell_social_care(struct day *d, const char *at, const char *ref, int outcome)
{
    decide(d, &(struct decision){ .at = at,
                                  .child = "A",
                                  .ref = ref,
                                  .entry = ENTRY_CSC,
                                  .outcome = outcome,
                                  .csc_status = CSC_CIN,
                                  .unit = "duty-team" });
}

/*
 * Domain.md section 5: for rank 6 a case opens at social care at once, "the
 * early help case stays until handed over or closed". A child has one case a
 * side (section 1), so the hand-over ends in the one that is open.
 */
static void
a_step_up_to_a_side_with_a_case_opens_no_second(void **s)
{
    struct day *d = *s;
    struct id eh = a_case(d, "A", OUTCOME_EH_INTENSIVE);
    struct id csc;

    act(d, &(struct deed){ .at = "2015-06-26T12:00:00",
                           .activity = ACTIVITY_HANDOVER_OFFERED,
                           .case_id = eh,
                           .to_unit = "duty-team" });
    tell_social_care(d, "2015-06-26T13:00:00", "B",
                     OUTCOME_STRATEGY_DISCUSSION);
    csc = last_case(d)->case_id;
    act(d, &(struct deed){ .at = "2015-06-26T14:00:00",
                           .activity = ACTIVITY_HANDOVER_ACCEPTED,
                           .case_id = eh,
                           .side = SIDE_CSC,
                           .unit = "duty-team" });
    assert_int_equal(state_of(d, eh), CASE_CLOSED);
    assert_int_equal(state_of(d, csc), CASE_UNALLOCATED);
    assert_int_equal(mem_count(d->m, TABLE_CASE), 2);
    assert_non_null(strstr(lines_with(d, "HandoverChanged"), "accepted"));
}

static uint32_t
needs_of(struct day *d, struct id case_id)
{
    struct case_row like = { .case_id = case_id };
    const struct case_row *c = mem_row(d->m, TABLE_CASE, &like);

    assert_non_null(c);
    return c->needs;
}

/* What a child needs isn't forgotten where nobody opens a case for it. */
static void
a_step_up_to_an_open_case_brings_its_needs(void **s)
{
    struct day *d = *s;
    const struct decision known = { .at = "2015-06-26T11:05:00",
                                    .child = "A",
                                    .ref = "A",
                                    .outcome = OUTCOME_EH_INTENSIVE,
                                    .unit = "swale-1",
                                    .needs = SET_BIT(NEED_C_ATTENDANCE) |
                                             SET_BIT(NEED_F_HOUSING) };
    struct id eh, csc;

    decide(d, &known);
    eh = last_case(d)->case_id;
    act(d, &(struct deed){ .at = "2015-06-26T12:00:00",
                           .activity = ACTIVITY_HANDOVER_OFFERED,
                           .case_id = eh,
                           .to_unit = "duty-team" });
    tell_social_care(d, "2015-06-26T13:00:00", "B",
                     OUTCOME_STRATEGY_DISCUSSION);
    csc = last_case(d)->case_id;
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-26T14:00:00",
                           .activity = ACTIVITY_HANDOVER_ACCEPTED,
                           .case_id = eh,
                           .side = SIDE_CSC,
                           .unit = "duty-team" });
    assert_int_equal(needs_of(d, csc), known.needs);
    assert_non_null(strstr(lines_with(d, "CaseChanged"), "state=unallocated"));
}

/* T18 (7 days) and L3 (5 working days) of an offer end together; so do the
 * ladder's 5 working days and the second L3. */
static void
the_head_of_service_hears_of_an_offer_as_it_expires(void **s)
{
    struct day *d = *s;
    struct id csc;

    tell_social_care(d, "2015-06-25T09:00:00", "A",
                     OUTCOME_SOCIAL_CARE_REFERRAL);
    csc = last_case(d)->case_id;
    act(d, &(struct deed){ .at = "2015-06-26T13:00:00",
                           .activity = ACTIVITY_HANDOVER_OFFERED,
                           .case_id = csc,
                           .unit = "duty-team",
                           .to_unit = "swale-1" });
    tick(d, "2015-07-10T23:59:59.999");
    assert_int_equal(state_of(d, csc), CASE_HANDOVER_PENDING);
    mem_clear(d->m);
    tick(d, "2015-07-11T00:00:00");
    assert_int_equal(state_of(d, csc), CASE_UNALLOCATED);
    assert_string_equal(
        lines_with(d, "rule=D20"),
        "out alerts AlertEscalated rule=D20 told=head_of_service stage=3\n"
        "out alerts AlertCleared rule=D20 reason=ended\n");
    assert_non_null(strstr(lines_with(d, "rule=D08"), "told=head_of_service"));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_day, close_day)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_step_up_to_a_side_with_a_case_opens_no_second),
        STORY(a_step_up_to_an_open_case_brings_its_needs),
        STORY(the_head_of_service_hears_of_an_offer_as_it_expires),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
