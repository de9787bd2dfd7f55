/* What the rules see of a child (domain.md sections 3 and 5). */
#include "triage/core/facts.h"
#include "triage/core/kept.h"

#include "triage/core/ruling.h"
#include "tests/lib/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct desk {
    struct arena a;
    struct rows *rows;
    struct profile profile;
    struct zone zone;
    struct triage_decision d; /* the one that is looked at */
};

static struct id
id_of(int no)
{
    return (struct id){ .b = { (uint8_t)no } };
}

#define CHILD id_of(1)
#define OWN id_of(10) /* notification of desk.d */

/* Midday UTC, so that no date depends on the zone. */
static time_ms
noon(const char *date)
{
    date_d d;

    assert_true(date_parse(str_of(date), &d));
    return d * DAY_MS + 12 * HOUR_MS;
}

static struct triage_decision
decision(int notification, const char *ref, const char *received)
{
    struct triage_decision d;

    fields_clear(&triage_tables[TRIAGE_DECISION].fields, &d);
    d.notification_id = id_of(notification);
    d.agency_id = STR("agency");
    d.agency_ref = str_of(ref);
    d.child_id = CHILD;
    d.kind = KIND_SCHOOL_REFERRAL;
    d.received_at = noon(received);
    d.recorded_at = d.received_at;
    d.status = DECISION_FINAL;
    d.outcome = OUTCOME_SINGLE_AGENCY;
    return d;
}

static int
begin(void **state)
{
    struct desk *k = calloc(1, sizeof *k);
    struct triage_case c = { .child_id = CHILD };
    struct triage_episode ep = { .child_id = CHILD };
    const struct rows_want *wants;
    const struct triage_child child = { .child_id = CHILD };

    assert_non_null(k);
    heap_arena(&k->a);
    k->rows = rows_open(&k->a, triage_tables, TRIAGE_TABLE_N);
    k->profile.drift.re_referral_months = 12;
    k->d = decision(10, "own", "2015-06-26");
    k->d.episode_id = id_of(90);
    rows_want(k->rows, TRIAGE_CHILD, &child);
    rows_want_group(k->rows, TRIAGE_CASE, BY_CHILD_ID, &c);
    rows_want_group(k->rows, TRIAGE_EPISODE, BY_CHILD_ID, &ep);
    k->d.referral_of = CHILD;
    rows_want_group(k->rows, TRIAGE_STANDING, STANDING_BY_REFERRAL, &k->d);
    k->d.referral_of = ID_NONE;
    rows_want_group(k->rows, TRIAGE_DECISION, DECISION_BY_KEY, &k->d);
    rows_want_group(k->rows, TRIAGE_DECISION, DECISION_BY_EPISODE, &k->d);
    (void)rows_take_wants(k->rows, &wants);
    k->d.episode_id = ID_NONE;
    triage_keep(k->rows, &k->d);
    *state = k;
    return 0;
}

static int
end(void **state)
{
    struct desk *k = *state;
    struct err err = { .code = "" };

    assert_int_equal(rows_miss(k->rows, &err), ST_OK);
    heap_release(&k->a);
    free(k);
    return 0;
}

static struct known
know(struct desk *k)
{
    struct known known;

    triage_know(k->rows, &k->profile, &k->zone, &k->d, NULL, &known);
    return known;
}

static struct triage_case
case_of(int no, int side, int state, int outcome)
{
    return (struct triage_case){ .case_id = id_of(no),
                                 .child_id = CHILD,
                                 .side = side,
                                 .state = state,
                                 .outcome = outcome };
}

/* ---- cases ---- */

static void
no_case_is_known_to_be_none(void **state)
{
    struct known known = know(*state);

    assert_int_equal(known.csc_status, CSC_NONE);
    assert_int_equal(known.eh_status, 0);
    assert_int_equal(known.disabled, TRI_UNKNOWN);
}

static void
open_cases_give_both_statuses_and_their_needs(void **state)
{
    struct desk *k = *state;
    struct triage_case eh =
        case_of(20, SIDE_EH, CASE_REVIEW, OUTCOME_SINGLE_AGENCY);
    struct triage_case csc =
        case_of(21, SIDE_CSC, CASE_UNALLOCATED, OUTCOME_SOCIAL_CARE_REFERRAL);
    struct known known;

    eh.needs = SET_BIT(NEED_C_HEALTH);
    eh.unit = STR("unit-1");
    csc.csc_status = CSC_CP;
    rows_put(k->rows, TRIAGE_CASE, &eh);
    rows_put(k->rows, TRIAGE_CASE, &csc);
    known = know(k);
    assert_int_equal(known.eh_status, OUTCOME_SINGLE_AGENCY);
    assert_int_equal(known.csc_status, CSC_CP);
    assert_true(id_eq(known.eh_case_id, id_of(20)));
    assert_true(id_eq(known.csc_case_id, id_of(21)));
    k->d.needs = SET_BIT(NEED_C_HEALTH) | SET_BIT(NEED_F_HOUSING);
    assert_int_equal(triage_need_count(&k->d, &known), 2);
}

static void
a_social_care_case_without_a_status_is_open(void **state)
{
    struct desk *k = *state;
    struct triage_case csc =
        case_of(21, SIDE_CSC, CASE_UNALLOCATED, OUTCOME_SOCIAL_CARE_REFERRAL);

    csc.csc_status = CSC_NONE;
    rows_put(k->rows, TRIAGE_CASE, &csc);
    assert_int_equal(know(k).csc_status, CSC_OPEN);
}

static void
closed_and_screened_cases_give_no_status(void **state)
{
    static const int states[] = { CASE_SCREENING, CASE_CLOSED, CASE_MERGED,
                                  CASE_TRANSFERRED };
    struct desk *k = *state;

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct triage_case c = case_of(20, SIDE_EH, states[i], OUTCOME_CAF_TAF);

        rows_put(k->rows, TRIAGE_CASE, &c);
        assert_int_equal(know(k).eh_status, 0);
    }
}

static void
a_case_that_this_notification_opened_is_not_an_existing_one(void **state)
{
    struct desk *k = *state;
    struct triage_case c =
        case_of(20, SIDE_EH, CASE_SCREENING, OUTCOME_CAF_TAF);

    c.opened_by = OWN;
    c.needs = SET_BIT(NEED_C_HEALTH);
    rows_put(k->rows, TRIAGE_CASE, &c);
    assert_int_equal(know(k).case_needs, 0);
    c.state = CASE_ALLOCATED;
    rows_put(k->rows, TRIAGE_CASE, &c);
    assert_int_equal(know(k).eh_status, 0);
    assert_int_equal(know(k).case_needs, SET_BIT(NEED_C_HEALTH));
}

/* ---- re-referral ---- */

static void
a_referral_within_twelve_months_comes_again(void **state)
{
    static const struct {
        const char *earlier; /* today is 2015-06-26 */
        bool again;
    } rows[] = {
        { "2014-06-26", true },
        { "2014-06-25", false },
        { "2015-06-25", true },
        { "2015-06-27", false },
    };
    struct desk *k = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct triage_decision d = decision(11, "other", rows[i].earlier);

        triage_keep(k->rows, &d);
        if (know(k).re_referral != rows[i].again)
            fail_msg("%s", rows[i].earlier);
    }
}

static void
only_an_accepted_referral_can_come_again(void **state)
{
    static const struct {
        const char *why;
        int outcome;
        int status;
        int entry;
        bool pending;
        bool superseded;
        int effect;
        bool again;
    } rows[] = {
        { "accepted", OUTCOME_CAF_TAF, DECISION_FINAL, 0, false, false, 0,
          true },
        { "revised", OUTCOME_CAF_TAF, DECISION_REVISED, 0, false, false, 0,
          true },
        { "a proposal", OUTCOME_CAF_TAF, DECISION_PROVISIONAL, 0, false, false,
          0, false },
        { "not answered yet", OUTCOME_CAF_TAF, DECISION_FINAL, 0, true, false,
          0, false },
        { "history", OUTCOME_CAF_TAF, DECISION_FINAL, 0, false, true, 0,
          false },
        { "joined an open case", OUTCOME_CAF_TAF, DECISION_FINAL, 0, false,
          false, OUTCOME_EXISTING_CASE, false },
        { "universal", OUTCOME_UNIVERSAL, DECISION_FINAL, 0, false, false, 0,
          false },
        { "no further action at duty", OUTCOME_NFA, DECISION_FINAL, ENTRY_CSC,
          false, false, 0, true },
        { "no further action elsewhere", OUTCOME_NFA, DECISION_FINAL, ENTRY_EH,
          false, false, 0, false },
    };
    struct desk *k = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct triage_decision d = decision(11, "other", "2015-03-01");

        d.outcome = rows[i].outcome;
        d.status = rows[i].status;
        d.entry = rows[i].entry;
        d.pending = rows[i].pending;
        d.superseded = rows[i].superseded;
        d.effect = rows[i].effect;
        triage_keep(k->rows, &d);
        if (know(k).re_referral != rows[i].again)
            fail_msg("%s", rows[i].why);
    }
}

static void
nothing_comes_again_while_a_case_is_open(void **state)
{
    struct desk *k = *state;
    struct triage_decision d = decision(11, "other", "2015-03-01");
    struct triage_case c =
        case_of(20, SIDE_EH, CASE_REVIEW, OUTCOME_SINGLE_AGENCY);

    triage_keep(k->rows, &d);
    rows_put(k->rows, TRIAGE_CASE, &c);
    assert_false(know(k).re_referral);
}

/* ---- missing episodes ---- */

static void
put_episode(struct desk *k, int no, const char *on, bool cancelled)
{
    struct triage_episode ep = { .episode_id = id_of(no),
                                 .child_id = CHILD,
                                 .cancelled = cancelled };

    assert_true(date_parse(str_of(on), &ep.counted_on));
    rows_put(k->rows, TRIAGE_EPISODE, &ep);
}

static void
episodes_count_on_the_day_and_29_or_89_days_before(void **state)
{
    struct desk *k = *state;

    put_episode(k, 30, "2015-06-26", false);
    put_episode(k, 31, "2015-05-28", false); /* 29 days before */
    put_episode(k, 32, "2015-05-27", false); /* 30 */
    put_episode(k, 33, "2015-03-29", false); /* 89 */
    put_episode(k, 34, "2015-03-28", false); /* 90 */
    put_episode(k, 35, "2015-06-20", true);
    put_episode(k, 36, "2015-06-27", false); /* later */
    assert_int_equal(know(k).missing_30d, 2);
    assert_int_equal(know(k).missing_90d, 4);
}

static struct triage_decision
message(int no, int kind, const char *at)
{
    static const char *const refs[] = { "first", "second", "third" };
    struct triage_decision d = decision(no, refs[no - 40], at);

    d.kind = kind;
    d.episode_id = id_of(90);
    return d;
}

static struct triage_episode
episode_of(struct desk *k)
{
    struct triage_episode ep = { .episode_id = id_of(90) };

    triage_episode_of_set(k->rows, &k->zone, &ep);
    return ep;
}

static void
an_episode_is_a_function_of_its_messages_in_any_order(void **state)
{
    struct desk *k = *state;
    struct triage_decision found =
        message(40, KIND_POLICE_MISSING_FOUND, "2015-06-26");
    struct triage_decision reported =
        message(41, KIND_POLICE_MISSING_REPORTED, "2015-06-25");
    struct triage_decision graded =
        message(42, KIND_POLICE_MISSING_RISK_CHANGED, "2015-06-25");
    date_d d25;
    date_d d26;

    assert_true(date_parse(STR("2015-06-25"), &d25));
    assert_true(date_parse(STR("2015-06-26"), &d26));
    found.found_at = noon("2015-06-26");
    triage_keep(k->rows, &found);
    assert_int_equal(episode_of(k).counted_on, d26);
    graded.graded_at = noon("2015-06-25") + HOUR_MS;
    graded.risk_grade = RISK_LOW;
    triage_keep(k->rows, &graded);
    reported.reported_at = noon("2015-06-25");
    reported.risk_grade = RISK_HIGH;
    triage_keep(k->rows, &reported);
    assert_int_equal(episode_of(k).counted_on, d25);
    assert_int_equal(episode_of(k).risk_grade, RISK_LOW);
    graded.graded_at = noon("2015-06-25"); /* a tie: the higher */
    triage_keep(k->rows, &graded);
    assert_int_equal(episode_of(k).risk_grade, RISK_HIGH);
}

static void
a_cancellation_holds_until_it_is_withdrawn(void **state)
{
    struct desk *k = *state;
    struct triage_decision cancelled =
        message(40, KIND_POLICE_MISSING_CANCELLED, "2015-06-25");
    struct triage_decision withdrawn =
        message(41, KIND_POLICE_MISSING_CANCELLED, "2015-06-25");

    cancelled.cancelled_at = noon("2015-06-25");
    cancelled.cancel_reason = CANCEL_IN_ERROR;
    withdrawn.cancelled_at = cancelled.cancelled_at - 1;
    withdrawn.cancel_reason = CANCEL_WITHDRAWN;
    triage_keep(k->rows, &cancelled);
    assert_true(episode_of(k).cancelled);
    triage_keep(k->rows, &withdrawn);
    assert_true(episode_of(k).cancelled);
    withdrawn.cancelled_at = cancelled.cancelled_at;
    triage_keep(k->rows, &withdrawn);
    assert_false(episode_of(k).cancelled);
    cancelled.superseded = true;
    withdrawn.superseded = true;
    triage_keep(k->rows, &cancelled);
    triage_keep(k->rows, &withdrawn);
    assert_false(episode_of(k).cancelled);
}

/* ---- the list of facts ---- */

static struct value
fact(struct desk *k, const struct known *known, const char *name)
{
    struct facts facts = triage_facts(&k->a, &k->d, known);

    assert_int_equal(facts.n, profile_n_inputs);
    return facts_get(&facts, str_of(name));
}

static void
what_nobody_said_is_unknown_and_never_false(void **state)
{
    static const char *const unknown[] = {
        "entry",       "level",      "harm",    "disabled",
        "impaired",    "risk_grade", "consent", "single_agency_able",
        "risk_of_csc",
    };
    struct desk *k = *state;
    struct known known = know(k);

    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        if (fact(k, &known, unknown[i]).kind != VALUE_UNKNOWN)
            fail_msg("%s", unknown[i]);
}

static void
what_triage_knows_itself_is_never_unknown(void **state)
{
    struct desk *k = *state;
    struct known known = know(k);
    struct texts text = triage_facts_text(
        &k->a,
        &(struct facts){ .at = &(struct fact){ .name = STR("x") }, .n = 1 });

    assert_true(str_is(fact(k, &known, "csc_status").text, "none"));
    assert_true(str_is(fact(k, &known, "eh_status").text, "none"));
    assert_true(str_is(fact(k, &known, "csc_threshold").text, "not_assessed"));
    assert_int_equal(fact(k, &known, "need_count").i, 0);
    assert_int_equal(fact(k, &known, "missing_30d").kind, VALUE_INT);
    assert_int_equal(fact(k, &known, "re_referral").kind, VALUE_BOOL);
    assert_int_equal(fact(k, &known, "da").kind, VALUE_BOOL);
    assert_true(str_is(text.at[0], "x=-"));
}

/* Numbers are written into a decision and read again when it is replayed. */
static void
a_number_is_read_back_as_it_was_written(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t n;
    } rows[] = {
        { "level=0", true, 0 },
        { "level=3", true, 3 },
        { "level=-1", true, -1 },
        { "level=-20", true, -20 },
        { "level=999999999", true, 999999999 },
        { "level=1000000000", false, 0 },
        { "level=-999999999", true, -999999999 },
        { "level=-1000000000", false, 0 },
        { "level=", false, 0 },
        { "level=--1", false, 0 },
        { "level=1x", false, 0 },
        { "level=/", false, 0 },
        { "level=:", false, 0 },
    };
    struct desk *k = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str line = str_of(rows[i].text);
        struct facts facts;
        struct value level;

        if (triage_facts_read(&k->a, (struct texts){ .at = &line, .n = 1 },
                              &facts) != rows[i].ok)
            fail_msg("%s", rows[i].text);
        level = facts_get(&facts, STR("level"));
        if (rows[i].ok)
            assert_true(level.kind == VALUE_INT && level.i == rows[i].n);
    }
}

static void
a_disability_is_known_once_it_is_said(void **state)
{
    struct desk *k = *state;
    struct triage_child c = { .disability = SET_BIT(DISABILITY_NONE) };
    struct known known;

    triage_know(k->rows, &k->profile, &k->zone, &k->d, &c, &known);
    assert_int_equal(known.disabled, TRI_NO);
    c.disability = SET_BIT(DISABILITY_AUT);
    triage_know(k->rows, &k->profile, &k->zone, &k->d, &c, &known);
    assert_int_equal(known.disabled, TRI_YES);
}

static void
kinds_bring_their_own_need(void **state)
{
    (void)state;
    assert_int_equal(triage_needs_of_kind(KIND_POLICE_MISSING_FOUND),
                     SET_BIT(NEED_C_MISSING));
    assert_int_equal(triage_needs_of_kind(KIND_POLICE_MISSING_CANCELLED), 0);
    assert_int_equal(triage_needs_of_kind(KIND_POLICE_ENCOMPASS),
                     SET_BIT(NEED_F_DOMESTIC_ABUSE));
    assert_int_equal(triage_needs_of_kind(KIND_POLICE_PPN), 0);
}

#define DESK(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DESK(no_case_is_known_to_be_none),
        DESK(open_cases_give_both_statuses_and_their_needs),
        DESK(a_social_care_case_without_a_status_is_open),
        DESK(closed_and_screened_cases_give_no_status),
        DESK(a_case_that_this_notification_opened_is_not_an_existing_one),
        DESK(a_referral_within_twelve_months_comes_again),
        DESK(only_an_accepted_referral_can_come_again),
        DESK(nothing_comes_again_while_a_case_is_open),
        DESK(episodes_count_on_the_day_and_29_or_89_days_before),
        DESK(an_episode_is_a_function_of_its_messages_in_any_order),
        DESK(a_cancellation_holds_until_it_is_withdrawn),
        DESK(what_nobody_said_is_unknown_and_never_false),
        DESK(what_triage_knows_itself_is_never_unknown),
        DESK(a_number_is_read_back_as_it_was_written),
        DESK(a_disability_is_known_once_it_is_said),
        DESK(kinds_bring_their_own_need),
    };

    return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
