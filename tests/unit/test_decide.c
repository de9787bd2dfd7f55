/* Rules over facts, and where the case goes (domain.md section 5). */
#include "triage/core/decide.h"
#include "tests/lib/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>

/*
 * A made-up framework: H1 likely harm -> strategy (auto-final); C1 open to
 * social care -> existing case; L1 level 2 -> single agency; D1 universal.
 */
#define WORD(w)                                                                \
    {                                                                          \
        .op = RULE_CONST, .value = {                                           \
            .kind = VALUE_TEXT,                                                \
            .text = { w, sizeof(w) - 1 }                                       \
        }                                                                      \
    }
#define VAR(w)                                                                 \
    {                                                                          \
        .op = RULE_VAR, .var = { w, sizeof(w) - 1 }                            \
    }

static const struct rule_node harm_likely[] = { VAR("harm"), WORD("likely") };
static const struct rule_node csc_open[] = { VAR("csc_status"), WORD("none") };
static const struct rule_node level_2[] = {
    VAR("level"),
    { .op = RULE_CONST, .value = { .kind = VALUE_INT, .i = 2 } },
};
static const struct str escalate[] = { { "escalate", 8 } };

static const struct rule rules[] = {
    { .id = { "H1", 2 },
      .when = { .op = RULE_EQ, .args = harm_likely, .n_args = 2 },
      .outcome = OUTCOME_STRATEGY_DISCUSSION,
      .actions = { escalate, 1 } },
    { .id = { "C1", 2 },
      .when = { .op = RULE_NE, .args = csc_open, .n_args = 2 },
      .outcome = OUTCOME_EXISTING_CASE },
    { .id = { "L1", 2 },
      .when = { .op = RULE_EQ, .args = level_2, .n_args = 2 },
      .outcome = OUTCOME_SINGLE_AGENCY },
    { .id = { "D1", 2 },
      .when = { .op = RULE_CONST, .value = { .kind = VALUE_BOOL, .b = true } },
      .outcome = OUTCOME_UNIVERSAL },
};
static const struct str finals[] = { { "H1", 2 }, { "C1", 2 } };
static const struct profile_unit units[] = {
    { { "unit-1", 6 }, { "One", 3 } },
    { { "unit-2", 6 }, { "Two", 3 } },
    { { "unit-3", 6 }, { "Three", 5 } },
};
static const struct profile_locality places[] = {
    { .id = { "place", 5 }, .units = units, .n_units = 3 },
};
static const struct profile_postcode postcodes[] = {
    { { "CT1", 3 }, { "place", 5 } },
};
static const struct str some_units[] = { { "unit-2", 6 }, { "unit-3", 6 } };
static const struct profile_route routes[] = {
    { .outcome = OUTCOME_SINGLE_AGENCY, .units = { some_units, 2 } },
};

struct desk {
    struct arena a;
    struct rows *rows;
    struct profile profile;
    struct settings_version version;
    struct zone zone;
    struct frame f;
    struct triage_child child;
    struct known known;
    struct triage_decision d;
};

static int
begin(void **state)
{
    struct desk *k = calloc(1, sizeof *k);
    struct triage_unit u = { .side = SIDE_EH };
    const struct rows_want *wants;

    assert_non_null(k);
    heap_arena(&k->a);
    k->rows = rows_open(&k->a, triage_tables, TRIAGE_TABLE_N);
    rows_want_group(k->rows, TRIAGE_UNIT, UNIT_BY_SIDE, &u);
    (void)rows_take_wants(k->rows, &wants);
    k->profile = (struct profile){
        .decisions = { rules, 4 },
        .auto_final = { finals, 2 },
        .localities = places,
        .n_localities = 1,
        .postcodes = postcodes,
        .n_postcodes = 1,
        .routing = { .csc_team = STR("duty-team"), .duty_tray = STR("tray") },
    };
    k->version = (struct settings_version){ .version = STR("test@1#0"),
                                            .profile = &k->profile };
    k->f = (struct frame){ .version = &k->version,
                           .profile = &k->profile,
                           .zone = &k->zone };
    fields_clear(&triage_tables[TRIAGE_CHILD].fields, &k->child);
    k->child.postcode = STR("CT1 1AA");
    fields_clear(&triage_tables[TRIAGE_DECISION].fields, &k->d);
    k->d.notification_id = (struct id){ .b = { 7 } };
    k->d.decisions = 0;
    k->d.recorded_at = 0;
    k->d.harm = HARM_NONE;
    k->known.csc_status = CSC_NONE;
    *state = k;
    return 0;
}

static int
end(void **state)
{
    struct desk *k = *state;

    heap_release(&k->a);
    free(k);
    return 0;
}

static void
decide(struct desk *k)
{
    triage_decide(&k->a, k->rows, &k->f, &k->child, &k->known, &k->d);
}

static void
an_auto_final_rule_needs_no_person(void **state)
{
    struct desk *k = *state;

    k->d.harm = HARM_LIKELY;
    decide(k);
    assert_true(str_is(k->d.rule_id, "H1"));
    assert_int_equal(k->d.status, DECISION_FINAL);
    assert_int_equal(k->d.side, SIDE_CSC);
    assert_true(str_is(k->d.unit, "duty-team"));
    assert_int_equal(k->d.actions.n, 1);
    assert_true(str_is(k->d.profile_version, "test@1#0"));
}

static void
an_undecided_rule_above_keeps_even_an_auto_final_one_provisional(void **state)
{
    struct desk *k = *state;

    k->d.harm = 0;
    k->known.csc_status = CSC_CIN;
    decide(k);
    assert_true(str_is(k->d.rule_id, "C1"));
    assert_int_equal(k->d.status, DECISION_PROVISIONAL);
    assert_int_equal(k->d.ask.n, 1);
    assert_true(str_is(k->d.ask.at[0], "harm"));
}

static void
any_other_rule_is_a_proposal(void **state)
{
    struct desk *k = *state;

    k->d.level = 2;
    decide(k);
    assert_true(str_is(k->d.rule_id, "L1"));
    assert_int_equal(k->d.status, DECISION_PROVISIONAL);
    assert_int_equal(k->d.ask.n, 0);
}

static void
every_decision_has_an_id_of_its_own(void **state)
{
    struct desk *k = *state;
    struct id first;

    decide(k);
    first = k->d.decision_id;
    assert_int_equal(k->d.decisions, 1);
    assert_true(k->d.pending);
    decide(k);
    assert_int_equal(k->d.decisions, 2);
    assert_false(id_eq(first, k->d.decision_id));
}

static void
load(struct desk *k, const char *unit, int32_t open_cases)
{
    struct triage_unit u = { .side = SIDE_EH,
                             .unit = str_of(unit),
                             .open_cases = open_cases };

    rows_put(k->rows, TRIAGE_UNIT, &u);
}

static void
the_unit_with_the_fewest_open_cases_takes_it_the_first_at_a_tie(void **state)
{
    struct desk *k = *state;

    k->d.level = 2;
    decide(k);
    assert_true(str_is(k->d.unit, "unit-1"));
    k->d.unit = STR_NULL;
    load(k, "unit-1", 2);
    load(k, "unit-2", 1);
    load(k, "unit-3", 1);
    decide(k);
    assert_true(str_is(k->d.unit, "unit-2"));
    load(k, "unit-2", 9);
    decide(k);
    assert_true(str_is(k->d.unit, "unit-2")); /* it has it already */
}

static void
only_the_units_that_a_route_names_take_its_outcome(void **state)
{
    struct desk *k = *state;

    k->profile.routing.routes = routes;
    k->profile.routing.n_routes = 1;
    k->d.level = 2;
    decide(k);
    assert_true(str_is(k->d.unit, "unit-2"));
}

static void
an_unmapped_postcode_goes_to_the_duty_tray_with_a_warning(void **state)
{
    struct desk *k = *state;

    k->child.postcode = STR("CT2 1AA");
    k->d.level = 2;
    decide(k);
    decide(k);
    assert_null(k->d.locality.p);
    assert_true(str_is(k->d.unit, "tray"));
    assert_int_equal(k->d.warnings.n, 1);
    assert_true(str_is(k->d.warnings.at[0], "W05"));
}

static void
what_nobody_works_has_no_unit(void **state)
{
    struct desk *k = *state;

    k->d.level = 1;
    decide(k);
    assert_int_equal(k->d.outcome, OUTCOME_UNIVERSAL);
    assert_null(k->d.unit.p);
}

static void
an_existing_case_keeps_its_unit_and_side(void **state)
{
    struct desk *k = *state;

    k->known.csc_status = CSC_CP;
    k->known.csc_case_id = (struct id){ .b = { 9 } };
    k->known.csc_unit = STR("social-work-1");
    decide(k);
    assert_int_equal(k->d.status, DECISION_FINAL);
    assert_int_equal(k->d.side, SIDE_CSC);
    assert_true(id_eq(k->d.existing_case_id, k->known.csc_case_id));
    assert_true(str_is(k->d.unit, "social-work-1"));
}

static void
an_override_moves_the_case_and_keeps_the_rule(void **state)
{
    struct desk *k = *state;

    k->d.level = 2;
    decide(k);
    triage_override(&k->a, k->rows, &k->f, &k->child, &k->known,
                    OUTCOME_SOCIAL_CARE_REFERRAL, &k->d);
    assert_true(k->d.overridden);
    assert_true(str_is(k->d.rule_id, "L1"));
    assert_int_equal(k->d.rule_outcome, OUTCOME_SINGLE_AGENCY);
    assert_int_equal(k->d.side, SIDE_CSC);
    assert_true(str_is(k->d.unit, "duty-team"));
}

static void
danger_and_high_risk_are_red_and_silence_is_amber(void **state)
{
    struct desk *k = *state;

    decide(k);
    assert_int_equal(k->d.rag, RAG_AMBER);
    k->d.rag = RAG_GREEN;
    decide(k);
    assert_int_equal(k->d.rag, RAG_GREEN);
    k->d.kind = KIND_POLICE_MISSING_REPORTED;
    k->known.risk_grade = RISK_HIGH;
    decide(k);
    assert_int_equal(k->d.rag, RAG_RED);
}

static void
ages_fall_into_kents_bands_on_the_birthday(void **state)
{
    static const struct {
        const char *dob;
        int band;
    } rows[] = {
        { "2015-06-27", AGE_UNBORN }, { "2015-06-26", AGE_0_4 },
        { "2010-06-27", AGE_0_4 },    { "2010-06-26", AGE_5_10 },
        { "2004-06-27", AGE_5_10 },   { "2004-06-26", AGE_11_15 },
        { "1999-06-27", AGE_11_15 },  { "1999-06-26", AGE_16_UP },
    };
    struct desk *k = *state;
    date_d on;

    assert_true(date_parse(STR("2015-06-26"), &on));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(date_parse(str_of(rows[i].dob), &k->child.dob));
        if (triage_age_band(&k->child, on) != rows[i].band)
            fail_msg("born %s", rows[i].dob);
    }
    k->child.dob = DATE_NONE;
    assert_int_equal(triage_age_band(&k->child, on), AGE_UNKNOWN);
    assert_int_equal(triage_age_band(NULL, on), AGE_UNKNOWN);
    k->child.expected_dob = on;
    assert_int_equal(triage_age_band(&k->child, on), AGE_UNBORN);
}

#define DESK(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DESK(an_auto_final_rule_needs_no_person),
        DESK(an_undecided_rule_above_keeps_even_an_auto_final_one_provisional),
        DESK(any_other_rule_is_a_proposal),
        DESK(every_decision_has_an_id_of_its_own),
        DESK(the_unit_with_the_fewest_open_cases_takes_it_the_first_at_a_tie),
        DESK(only_the_units_that_a_route_names_take_its_outcome),
        DESK(an_unmapped_postcode_goes_to_the_duty_tray_with_a_warning),
        DESK(what_nobody_works_has_no_unit),
        DESK(an_existing_case_keeps_its_unit_and_side),
        DESK(an_override_moves_the_case_and_keeps_the_rule),
        DESK(danger_and_high_risk_are_red_and_silence_is_amber),
        DESK(ages_fall_into_kents_bands_on_the_birthday),
    };

    return cmocka_run_group_tests_name("decisions", tests, NULL, NULL);
}
