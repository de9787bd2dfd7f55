/* How much each kind of sender is told (domain.md section 11, "Feedback"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/core/feedback.h"

struct row {
    const char *name;
    int agency_type;
    const char *rule_id;
    int outcome;
    const char *refusal;
    int answer;
    bool receipt_only;
};

static const struct row rows[] = {
    { "the police hear the outcome", AGENCY_POLICE, "KE03",
      OUTCOME_SINGLE_AGENCY, NULL, ANSWER_OUTCOME, false },
    { "a school hears the outcome", AGENCY_SCHOOL, "KE05",
      OUTCOME_EH_INTENSIVE, NULL, ANSWER_OUTCOME, false },
    { "the police hear of an immediate danger too", AGENCY_POLICE, "C01",
      OUTCOME_STRATEGY_DISCUSSION, NULL, ANSWER_OUTCOME, false },
    { "so does health of likely harm", AGENCY_HEALTH, "C02",
      OUTCOME_STRATEGY_DISCUSSION, NULL, ANSWER_OUTCOME, false },
    { "and social care", AGENCY_SOCIAL_CARE, "C02",
      OUTCOME_STRATEGY_DISCUSSION, NULL, ANSWER_OUTCOME, false },
    { "from a school an immediate danger is withheld", AGENCY_SCHOOL, "C01",
      OUTCOME_STRATEGY_DISCUSSION, NULL, ANSWER_WITHHELD, false },
    { "from housing likely harm is withheld", AGENCY_HOUSING, "C02",
      OUTCOME_STRATEGY_DISCUSSION, NULL, ANSWER_WITHHELD, false },
    { "the next rule is withheld from nobody", AGENCY_SCHOOL, "C03",
      OUTCOME_SOCIAL_CARE_REFERRAL, NULL, ANSWER_OUTCOME, false },
    { "housing hears that somebody helps", AGENCY_HOUSING, "KE06",
      OUTCOME_SINGLE_AGENCY, NULL, ANSWER_BEING_HELPED, false },
    { "a charity hears that nobody does", AGENCY_VOLUNTARY, "each",
      OUTCOME_NFA, NULL, ANSWER_NO_FURTHER_ACTION, false },
    { "universal help is no further action to it", AGENCY_VOLUNTARY, "each",
      OUTCOME_UNIVERSAL, NULL, ANSWER_NO_FURTHER_ACTION, false },
    { "a family hears the next steps", AGENCY_INDIVIDUAL, "KE05",
      OUTCOME_EH_INTENSIVE, NULL, ANSWER_NEXT_STEPS, false },
    { "who gave no name hears that it was received", AGENCY_ANONYMOUS, "KE05",
      OUTCOME_EH_INTENSIVE, NULL, ANSWER_RECEIVED, true },
    { "likewise who is of no known kind", AGENCY_UNKNOWN, "KE05",
      OUTCOME_EH_INTENSIVE, NULL, ANSWER_RECEIVED, true },
    { "or of none", 0, "KE05", OUTCOME_EH_INTENSIVE, NULL, ANSWER_RECEIVED,
      true },
    { "a refusal is told to whoever sent it", AGENCY_SOCIAL_CARE, "C06",
      OUTCOME_EXISTING_CASE, "R21", ANSWER_REFUSED, false },
};

static void
test_row(void **state)
{
    const struct row *row = *state;
    const struct feedback_about about = {
        .agency_type = row->agency_type,
        .rule_id = str_of(row->rule_id),
        .outcome = row->outcome,
        .refusal = row->refusal == NULL ? STR_NULL : str_of(row->refusal),
    };

    assert_int_equal(feedback_for(&about), row->answer);
    assert_int_equal(feedback_is_receipt_only(row->agency_type),
                     row->receipt_only);
}

int
main(void)
{
    enum { N = sizeof rows / sizeof rows[0] };
    struct CMUnitTest tests[N];

    for (size_t i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
