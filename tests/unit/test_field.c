#include "common/core/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct codes *const lists[] = {
    &codes_topic,
    &codes_service,
    &codes_kind,
    &codes_activity,
    &codes_need,
    &codes_outcome,
    &codes_side,
    &codes_entry,
    &codes_decision_status,
    &codes_csc_threshold,
    &codes_harm,
    &codes_risk_grade,
    &codes_consent,
    &codes_csc_status,
    &codes_risk_of_csc,
    &codes_agency_type,
    &codes_sex,
    &codes_ethnicity,
    &codes_disability,
    &codes_missing_category,
    &codes_cancel_reason,
    &codes_match_status,
    &codes_case_state,
    &codes_close_outcome,
    &codes_handover_state,
    &codes_direction,
    &codes_clock_change,
    &codes_clock_subject,
    &codes_episode_state,
    &codes_rhi_state,
    &codes_alert_role,
    &codes_age_band,
    &codes_rag,
    &codes_config_kind,
    &codes_discipline,
    &codes_who,
    &codes_programme_stage,
    &codes_answer,
};

static void
every_word_is_found_by_its_value_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(lists); i++) {
        assert_true(lists[i]->n > 0);
        for (int v = 1; v <= lists[i]->n; v++) {
            const char *word = codes_word(lists[i], v);

            assert_true(strlen(word) > 0);
            assert_int_equal(codes_find(lists[i], str_of(word)), v);
        }
    }
}

static void
what_is_no_word_is_null(void **state)
{
    (void)state;
    assert_int_equal(codes_find(&codes_side, STR("")), 0);
    assert_int_equal(codes_find(&codes_side, STR_NULL), 0);
    assert_int_equal(codes_find(&codes_side, STR("EH")), 0);
    assert_int_equal(codes_find(&codes_side, STR("ehx")), 0);
    assert_string_equal(codes_word(&codes_side, -1), "");
    assert_string_equal(codes_word(&codes_side, 0), "");
    assert_string_equal(codes_word(&codes_side, SIDE_CSC), "csc");
    assert_string_equal(codes_word(&codes_side, SIDE_CSC + 1), "");
}

/* domain.md section 5: seven outcomes have a rank, three have none. */
static void
outcomes_rank_from_nfa_to_strategy_discussion(void **state)
{
    static const struct {
        int outcome;
        int rank;
    } rows[] = {
        { 0, -1 },
        { OUTCOME_NFA, 0 },
        { OUTCOME_UNIVERSAL, 1 },
        { OUTCOME_SINGLE_AGENCY, 2 },
        { OUTCOME_CAF_TAF, 3 },
        { OUTCOME_EH_INTENSIVE, 4 },
        { OUTCOME_SOCIAL_CARE_REFERRAL, 5 },
        { OUTCOME_STRATEGY_DISCUSSION, 6 },
        { OUTCOME_EXISTING_CASE, -1 },
        { OUTCOME_STEP_DOWN_OFFER, -1 },
        { OUTCOME_STEP_UP_OFFER, -1 },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(rows); i++)
        assert_int_equal(outcome_rank(rows[i].outcome), rows[i].rank);
}

static void
the_lists_have_the_length_that_their_sources_give(void **state)
{
    (void)state;
    /* The 15 of section 3, and go_live. */
    assert_int_equal(codes_kind.n, 16);
    assert_int_equal(codes_need.n, 24);
    assert_int_equal(codes_ethnicity.n, 20);
    assert_int_equal(codes_disability.n, 13);
    assert_int_equal(codes_case_state.n, 11);
}

static void
a_cleared_record_is_null_throughout(void **state)
{
    struct case_changed c;

    (void)state;
    memset(&c, 0x5a, sizeof c);
    fields_clear(&fields_case_changed, &c);
    assert_true(id_is_none(c.case_id));
    assert_null(c.unit.p);
    assert_true(c.opened_at == TIME_NONE);
    assert_int_equal(c.outcome, 0);
    assert_int_equal(c.needs, 0);
    assert_int_equal(c.re_referral, TRI_UNKNOWN);
    assert_false(c.third_need);
    assert_true(c.meta.occurred_at == TIME_NONE);
    assert_true(c.meta.cause.sequence == I64_NONE);
    assert_int_equal(c.meta.seen.n, 0);
}

static void
records_are_equal_by_what_they_hold(void **state)
{
    static const struct str hits[] = { { .p = "KE01", .n = 4 } };
    struct decision_input in[2];
    struct referral_decided a;
    struct referral_decided b;
    char copy[] = "KE01";
    struct str copies[] = { { .p = copy, .n = 4 } };

    (void)state;
    for (size_t i = 0; i < N_OF(in); i++)
        in[i] = (struct decision_input){ STR("level"), STR("3") };
    fields_clear(&fields_referral_decided, &a);
    fields_clear(&fields_referral_decided, &b);
    assert_true(fields_eq(&fields_referral_decided, &a, &b));
    a.hits = (struct texts){ .at = hits, .n = 1 };
    assert_false(fields_eq(&fields_referral_decided, &a, &b));
    b.hits = (struct texts){ .at = copies, .n = 1 };
    assert_true(fields_eq(&fields_referral_decided, &a, &b));
    copy[3] = '2';
    assert_false(fields_eq(&fields_referral_decided, &a, &b));
    copy[3] = '1';
    a.inputs = (struct items){ .at = &in[0], .n = 1 };
    b.inputs = (struct items){ .at = &in[1], .n = 1 };
    assert_true(fields_eq(&fields_referral_decided, &a, &b));
    in[1].value = STR_NULL;
    assert_false(fields_eq(&fields_referral_decided, &a, &b));
    in[1].value = STR("");
    assert_false(fields_eq(&fields_referral_decided, &a, &b));
    in[1].value = STR("3");
    b.meta.cause.sequence = 1;
    assert_false(fields_eq(&fields_referral_decided, &a, &b));
}

static void
topics_and_services_have_names(void **state)
{
    (void)state;
    assert_string_equal(topic_name(TOPIC_NONE), "");
    assert_string_equal(topic_name(TOPIC_CASE_JOURNAL), "case-journal");
    assert_string_equal(topic_name(TOPIC_N), "");
    assert_int_equal(topic_find(STR("dead-letters")), TOPIC_DEAD_LETTERS);
    assert_int_equal(topic_find(STR("case_journal")), TOPIC_NONE);
    assert_string_equal(service_name(SERVICE_NONE), "stranger");
    assert_string_equal(service_name(SERVICE_NOTIFIER), "notifier");
    assert_string_equal(service_name(SERVICE_N), "stranger");
}

static void
records_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(record_find(STR("CaseChanged")), REC_CASE_CHANGED);
    assert_int_equal(record_find(STR("Person")), REC_PERSON);
    assert_int_equal(record_find(STR("casechanged")), REC_NONE);
    assert_null(record_def(REC_NONE));
    assert_null(record_def(REC_N));
    assert_ptr_equal(record_def(REC_PERSON)->fields, &fields_person);
    assert_non_null(fields_find(&fields_person, "nhs_number"));
    assert_null(fields_find(&fields_person, "nhs"));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_found_by_its_value_and_back),
        cmocka_unit_test(what_is_no_word_is_null),
        cmocka_unit_test(outcomes_rank_from_nfa_to_strategy_discussion),
        cmocka_unit_test(the_lists_have_the_length_that_their_sources_give),
        cmocka_unit_test(a_cleared_record_is_null_throughout),
        cmocka_unit_test(records_are_equal_by_what_they_hold),
        cmocka_unit_test(topics_and_services_have_names),
        cmocka_unit_test(records_are_found_by_name),
    };

    return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
