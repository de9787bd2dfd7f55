/*
 * Triage as a story: what comes in, what goes out. The sample day of Kent
 * (domain.md section 12) and what happens around it. All children are made up.
 */
#include "triage/core/triage.h"

#include "tests/lib/memory.h"
#include "tests/lib/one_profile.h"
#include "common/core/records.h"
#include "triage/core/tables.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct story {
    struct mem *m;
    struct one_profile given;
};

/* ---- setting up ---- */

static void
begin_with(struct story *s, const char *profile)
{
    s->m = mem_open(&(struct mem_options){ .def = &triage_service,
                                           .settings = &s->given.settings,
                                           .authority = 1,
                                           .authority_name = "kent-2015" });
    one_profile_read(&s->given, mem_arena(s->m), profile);
    mem_show(s->m, REC_REFERRAL_DECIDED,
             "child_id match_status rule_id outcome status");
    mem_show(s->m, REC_ACTIVITY_RECORDED, "child_id case_id activity refusal");
    mem_show(s->m, REC_SCHOOL_RELAY, "school_urn incident_at");
}

static int
begin(void **state)
{
    struct story *s = calloc(1, sizeof *s);

    assert_non_null(s);
    begin_with(s, "kent-2015");
    *state = s;
    return 0;
}

static int
begin_rutland(void **state)
{
    struct story *s = calloc(1, sizeof *s);

    assert_non_null(s);
    begin_with(s, "rutland-2014");
    *state = s;
    return 0;
}

static int
end(void **state)
{
    struct story *s = *state;

    mem_close(s->m);
    free(s);
    return 0;
}

/* Local time of the sample day: "2015-06-26T07:12:05". */
static time_ms
at(const struct story *s, const char *local)
{
    return one_profile_local(&s->given, local);
}

static date_d
day(const char *text)
{
    date_d d;

    assert_true(date_parse(str_of(text), &d));
    return d;
}

static struct id
notification_id(const char *agency, const char *ref, int amendment)
{
    char number[12];
    struct str parts[3] = { str_of(agency), str_of(ref), STR_NULL };

    (void)snprintf(number, sizeof number, "%d", amendment);
    parts[2] = str_of(number);
    return id_derive("notification", parts, 3);
}

static struct id
child_of(const char *agency, const char *ref)
{
    struct id n = notification_id(agency, ref, 0);
    const struct str parts[] = { id_part(&n), STR("0") };

    return id_derive("child", parts, 2);
}

static struct id
some_id(const char *name)
{
    const struct str parts[] = { str_of(name) };

    return id_derive("test", parts, 1);
}

static struct notification_received
notification(const struct story *s, int kind, const char *agency,
             const char *ref, const char *local)
{
    struct notification_received n;

    fields_clear(&fields_notification_received, &n);
    n.meta.recorded_at = at(s, local);
    n.meta.occurred_at = n.meta.recorded_at;
    n.sent_at = n.meta.recorded_at;
    n.kind = kind;
    n.agency_id = str_of(agency);
    n.agency_ref = str_of(ref);
    n.amendment = 0;
    n.agency_type = AGENCY_POLICE;
    n.notification_id = notification_id(agency, ref, 0);
    return n;
}

static struct person
person(const char *forename, const char *surname, const char *dob, int sex,
       const char *postcode)
{
    struct person p;

    fields_clear(&fields_person, &p);
    p.forename = str_of(forename);
    p.surname = str_of(surname);
    p.dob = day(dob);
    p.sex = sex;
    p.postcode = str_of(postcode);
    return p;
}

static void
send_note(struct story *s, const struct notification_received *n,
          const struct person *p)
{
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_NOTIFICATION_RECEIVED, n, p),
        ST_OK);
}

static struct screening_recorded
screening(const struct story *s, const char *agency, const char *ref,
          const char *local)
{
    struct screening_recorded r;

    fields_clear(&fields_screening_recorded, &r);
    r.meta.recorded_at = at(s, local);
    r.meta.occurred_at = r.meta.recorded_at;
    r.notification_agency_id = str_of(agency);
    r.notification_agency_ref = str_of(ref);
    r.by = STR("screener-1");
    r.rationale_chars = 0;
    return r;
}

static void
screen(struct story *s, const struct screening_recorded *r)
{
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_SCREENING_RECORDED, r, NULL),
        ST_OK);
}

/* What tracker would say of a case. */
static struct case_changed
case_of(const struct story *s, const char *name, struct id child_id, int side,
        int state, const char *local)
{
    struct case_changed c;

    fields_clear(&fields_case_changed, &c);
    c.meta.recorded_at = at(s, local);
    c.meta.occurred_at = c.meta.recorded_at;
    c.case_id = some_id(name);
    c.child_id = child_id;
    c.side = side;
    c.state = state;
    c.opened_at = c.meta.recorded_at;
    return c;
}

static void
hear(struct story *s, const struct case_changed *c)
{
    assert_int_equal(
        mem_send(s->m, TOPIC_CASE_JOURNAL, REC_CASE_CHANGED, c, NULL), ST_OK);
}

static void
told(struct story *s, const char *want)
{
    assert_string_equal(mem_text(s->m), want);
    mem_clear(s->m);
}

static const struct triage_decision *
decision(const struct story *s, const char *agency, const char *ref)
{
    struct triage_decision like = {
        .agency_id = str_of(agency),
        .agency_ref = str_of(ref),
    };

    return mem_row(s->m, TRIAGE_DECISION, &like);
}

static const struct triage_decision *
standing(const struct story *s, const char *agency, const char *ref)
{
    struct triage_decision like = {
        .notification_id = notification_id(agency, ref, 0),
    };

    return mem_row(s->m, TRIAGE_STANDING, &like);
}

/* Row 1: a girl of 14, Maidstone, medium, unknown to social care. */
static struct notification_received
girl_missing(const struct story *s)
{
    struct notification_received n =
        notification(s, KIND_POLICE_MISSING_REPORTED, "kent-police", "M-1",
                     "2015-06-26T07:12:05");

    n.entry = ENTRY_CSC;
    n.episode_ref = STR("E-1");
    n.reported_at = at(s, "2015-06-26T07:00:00");
    n.risk_grade = RISK_MEDIUM;
    n.harm = HARM_NONE;
    return n;
}

static struct person
girl(void)
{
    return person("Testchild", "Alpha", "2001-02-03", SEX_F, "ME14 1AA");
}

/* ---- the sample day ---- */

static void
a_missing_girl_unknown_to_social_care_is_decided_at_once(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct person p = girl();

    mem_name(s->m, child_of("kent-police", "M-1"), "A");
    mem_show(s->m, REC_REFERRAL_DECIDED,
             "child_id match_status rule_id outcome status actions unit "
             "locality age_band missing_30d needs warnings");
    send_note(s, &n, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=A match_status=new "
            "rule_id=KE03 outcome=single_agency status=final "
            "actions=pass_to_early_help unit=maidstone-1 "
            "locality=maidstone age_band=11-15 missing_30d=1 "
            "needs=c_missing warnings=-\n");
}

static void
a_missing_boy_with_a_social_care_case_goes_to_his_social_worker(void **state)
{
    struct story *s = *state;
    struct notification_received n =
        notification(s, KIND_POLICE_MISSING_REPORTED, "kent-police", "M-2",
                     "2015-06-26T09:05:00");
    struct notification_received before =
        notification(s, KIND_SCHOOL_REFERRAL, "school-millbrook", "S-0",
                     "2015-06-01T09:00:00");
    struct person p =
        person("Testchild", "Bravo", "2000-01-05", SEX_M, "ME14 1AB");
    struct case_changed c;

    mem_name(s->m, child_of("school-millbrook", "S-0"), "B");
    mem_name(s->m, some_id("case-b"), "case-b");
    send_note(s, &before, &p);
    c = case_of(s, "case-b", child_of("school-millbrook", "S-0"), SIDE_CSC,
                CASE_ALLOCATED, "2015-06-02T09:00:00");
    c.csc_status = CSC_CIN;
    c.outcome = OUTCOME_SOCIAL_CARE_REFERRAL;
    c.unit = STR("social-work-3");
    hear(s, &c);
    mem_clear(s->m);
    mem_show(s->m, REC_REFERRAL_DECIDED,
             "child_id match_status match_step rule_id outcome status side "
             "existing_case_id unit csc_status");
    n.entry = ENTRY_CSC;
    n.harm = HARM_NONE;
    n.risk_grade = RISK_LOW;
    n.episode_ref = STR("E-2");
    n.reported_at = at(s, "2015-06-26T09:00:00");
    send_note(s, &n, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=B match_status=matched "
            "match_step=5 rule_id=C05 outcome=existing_case status=final "
            "side=csc existing_case_id=case-b unit=social-work-3 "
            "csc_status=cin\n");
}

static struct notification_received
school_note(const struct story *s)
{
    struct notification_received n =
        notification(s, KIND_SCHOOL_REFERRAL, "school-oakfield", "S-1",
                     "2015-06-26T10:20:00");

    n.entry = ENTRY_EH;
    n.harm = HARM_NONE;
    n.needs = SET_BIT(NEED_C_ATTENDANCE) | SET_BIT(NEED_P_MENTAL_HEALTH) |
              SET_BIT(NEED_F_DOMESTIC_ABUSE);
    return n;
}

static struct person
boy_of_nine(void)
{
    return person("Testchild", "Charlie", "2005-09-01", SEX_M, "ME10 2AA");
}

static void
a_school_referral_is_a_proposal_until_it_is_screened(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-26T11:05:00");
    struct person p = boy_of_nine();

    mem_name(s->m, child_of("school-oakfield", "S-1"), "C");
    mem_show(s->m, REC_REFERRAL_DECIDED,
             "child_id rule_id hits outcome status ask unit level "
             "screened_by age_band");
    send_note(s, &n, &p);
    r.level = 3;
    screen(s, &r);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=C rule_id=KE07 "
            "hits=KE07,KE08,KE99 outcome=eh_intensive status=provisional "
            "ask=level unit=swale-1 level=- screened_by=- age_band=5-10\n"
            "in  ScreeningRecorded\n"
            "out casework ReferralDecided child_id=C rule_id=KE05 "
            "hits=KE05,KE07,KE08,KE99 outcome=eh_intensive status=final "
            "ask=- unit=swale-1 level=3 screened_by=screener-1 "
            "age_band=5-10\n");
}

static void
a_threshold_that_is_met_goes_to_social_care(void **state)
{
    struct story *s = *state;
    struct notification_received n = notification(
        s, KIND_HEALTH_REFERRAL, "health-trust", "H-1", "2015-06-26T11:30:00");
    struct screening_recorded r =
        screening(s, "health-trust", "H-1", "2015-06-26T12:10:00");
    struct person p = person("Baby", "Delta", "2015-01-20", SEX_F, "CT1 1AA");

    mem_show(s->m, REC_REFERRAL_DECIDED,
             "rule_id outcome status side unit actions age_band received_at");
    n.entry = ENTRY_EH;
    n.harm = HARM_POSSIBLE;
    n.needs = SET_BIT(NEED_C_HEALTH);
    send_note(s, &n, &p);
    r.csc_threshold = THRESHOLD_MET;
    screen(s, &r);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=KE08 "
            "outcome=single_agency status=provisional side=eh "
            "unit=canterbury-1 actions=- age_band=0-4 "
            "received_at=2015-06-26T11:30:00+01:00\n"
            "in  ScreeningRecorded\n"
            "out casework ReferralDecided rule_id=KE01 "
            "outcome=social_care_referral status=final side=csc "
            "unit=central-duty-team actions=consult_other_side,escalate "
            "age_band=0-4 received_at=2015-06-26T11:30:00+01:00\n");
}

static void
duty_passes_what_is_below_its_threshold_to_early_help(void **state)
{
    struct story *s = *state;
    struct notification_received n =
        notification(s, KIND_HOUSING_REFERRAL, "housing-east", "HO-1",
                     "2015-06-26T13:00:00");
    struct screening_recorded r =
        screening(s, "housing-east", "HO-1", "2015-06-26T13:20:00");
    struct person p =
        person("Testchild", "Echo", "2003-03-03", SEX_F, "ME14 5AA");

    mem_show(s->m, REC_REFERRAL_DECIDED,
             "rule_id outcome status action_rules actions");
    n.entry = ENTRY_CSC;
    n.harm = HARM_NONE;
    n.needs = SET_BIT(NEED_F_HOUSING);
    send_note(s, &n, &p);
    r.csc_threshold = THRESHOLD_NOT_MET;
    r.level = 2;
    screen(s, &r);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=KE08 "
            "outcome=single_agency status=provisional action_rules=- "
            "actions=-\n"
            "in  ScreeningRecorded\n"
            "out casework ReferralDecided rule_id=KE06 "
            "outcome=single_agency status=final action_rules=A10 "
            "actions=eh_notification,screen_by_eh_staff_in_duty\n");
}

/* ---- unknown facts ---- */

static void
a_rule_that_nobody_can_decide_keeps_a_missing_child_provisional(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct person p = girl();

    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id status ask");
    n.harm = 0;
    send_note(s, &n, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=KE03 status=provisional "
            "ask=harm\n");
}

static void
the_decision_keeps_every_input_that_the_rules_saw(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct person p = boy_of_nine();
    const struct triage_decision *d;
    const struct referral_decided *rec;

    send_note(s, &n, &p);
    d = decision(s, "school-oakfield", "S-1");
    rec = mem_last(s->m, REC_REFERRAL_DECIDED);
    assert_non_null(d);
    assert_int_equal(d->inputs.n, profile_n_inputs);
    assert_true(str_is(d->inputs.at[0], "entry=eh"));
    assert_true(str_is(d->inputs.at[2], "need_count=3"));
    assert_true(str_is(d->inputs.at[3], "level=-"));
    assert_true(str_is(d->inputs.at[4], "csc_threshold=not_assessed"));
    assert_true(str_is(d->inputs.at[16], "da=true"));
    assert_true(str_eq(d->profile_version, s->given.profile.version_id));
    assert_int_equal(rec->inputs.n, profile_n_inputs);
    assert_true(str_is(((const struct decision_input *)rec->inputs.at)[3].name,
                       "level"));
    assert_null(((const struct decision_input *)rec->inputs.at)[3].value.p);
    assert_true(str_eq(rec->meta.profile_version, s->given.profile.version_id));
}

/* ---- amendments ---- */

static struct notification_received
amended(const struct notification_received *n, int amendment)
{
    struct notification_received next = *n;

    next.amendment = amendment;
    next.notification_id =
        notification_id(n->agency_id.p, n->agency_ref.p, amendment);
    next.meta.recorded_at += HOUR_MS;
    return next;
}

static void
a_higher_amendment_revises_what_was_final(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct notification_received higher = amended(&n, 1);
    struct person p = girl();

    mem_name(s->m, child_of("kent-police", "M-1"), "A");
    higher.risk_grade = RISK_HIGH;
    send_note(s, &n, &p);
    send_note(s, &higher, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=A match_status=new "
            "rule_id=KE03 outcome=single_agency status=final\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=A match_status=new "
            "rule_id=C03 outcome=social_care_referral status=revised\n");
    assert_int_equal(mem_count(s->m, TRIAGE_CHILD), 1);
    assert_int_equal(mem_count(s->m, TRIAGE_EPISODE), 1);
    assert_true(decision(s, "kent-police", "M-1")->superseded);
}

static void
a_lower_amendment_that_comes_later_is_history(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct notification_received higher = amended(&n, 1);
    struct person p = girl();

    mem_show(s->m, REC_REFERRAL_DECIDED,
             "amendment rule_id outcome status warnings");
    higher.meta.recorded_at -= 2 * HOUR_MS;
    higher.risk_grade = RISK_HIGH;
    send_note(s, &higher, &p);
    send_note(s, &n, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided amendment=1 rule_id=C03 "
            "outcome=social_care_referral status=final warnings=-\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided amendment=0 rule_id=W12 "
            "outcome=existing_case status=final warnings=W12\n");
}

static void
an_amendment_is_not_put_off_by_the_case_that_it_opened_itself(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct notification_received higher;
    struct person p = girl();
    struct case_changed c;

    n.risk_grade = RISK_HIGH;
    higher = amended(&n, 1);
    send_note(s, &n, &p);
    c = case_of(s, "case-a", child_of("kent-police", "M-1"), SIDE_CSC,
                CASE_UNALLOCATED, "2015-06-26T07:12:06");
    c.outcome = OUTCOME_SOCIAL_CARE_REFERRAL;
    c.notification_id = n.notification_id;
    hear(s, &c);
    mem_clear(s->m);
    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id csc_status status");
    send_note(s, &higher, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=C03 csc_status=none "
            "status=revised\n");
}

/* ---- missing episodes ---- */

static void
three_episodes_in_thirty_days_ask_for_a_strategy_discussion(void **state)
{
    static const struct {
        const char *ref;
        const char *reported; /* the third lies 29 days after the first */
        const char *received;
    } rows[] = {
        { "M-1", "2015-06-01T20:00:00", "2015-06-01T20:05:00" },
        { "M-2", "2015-06-10T20:00:00", "2015-06-10T20:05:00" },
        { "M-3", "2015-06-30T20:00:00", "2015-06-30T20:05:00" },
    };
    struct story *s = *state;
    struct person p = girl();

    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id missing_30d actions");
    for (size_t i = 0; i < 3; i++) {
        struct notification_received n =
            notification(s, KIND_POLICE_MISSING_REPORTED, "kent-police",
                         rows[i].ref, rows[i].received);

        n.harm = HARM_NONE;
        n.entry = ENTRY_CSC;
        n.risk_grade = RISK_LOW;
        n.episode_ref = str_of(rows[i].ref);
        n.reported_at = at(s, rows[i].reported);
        send_note(s, &n, &p);
    }
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=KE03 missing_30d=1 "
            "actions=pass_to_early_help\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=KE03 missing_30d=2 "
            "actions=pass_to_early_help\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=C04 missing_30d=3 "
            "actions=alert_D11,consult_other_side\n");
}

static void
messages_of_an_episode_stay_with_its_child_without_a_name(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct notification_received found =
        notification(s, KIND_POLICE_MISSING_FOUND, "kent-police", "M-1F",
                     "2015-06-26T15:40:00");
    struct person p = girl();

    mem_name(s->m, child_of("kent-police", "M-1"), "A");
    mem_show(s->m, REC_REFERRAL_DECIDED,
             "child_id match_step rule_id actions found_at missing_30d");
    found.harm = HARM_NONE;
    found.episode_ref = STR("E-1");
    found.found_at = at(s, "2015-06-26T14:55:00");
    send_note(s, &n, &p);
    send_note(s, &found, NULL);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=A match_step=5 "
            "rule_id=KE03 actions=pass_to_early_help found_at=- "
            "missing_30d=1\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=A match_step=episode "
            "rule_id=KE03 actions=pass_to_early_help,start_return_interview "
            "found_at=2015-06-26T14:55:00+01:00 missing_30d=1\n");
}

/* A message of the missing girl's episode that says nothing beside its kind. */
static struct notification_received
more_of_her(const struct story *s, int kind, const char *ref, const char *local)
{
    struct notification_received n =
        notification(s, kind, "kent-police", ref, local);

    n.entry = ENTRY_CSC;
    n.episode_ref = STR("E-1");
    if (kind == KIND_POLICE_MISSING_FOUND)
        n.found_at = n.meta.recorded_at;
    if (kind == KIND_POLICE_MISSING_RISK_CHANGED) {
        n.graded_at = n.meta.recorded_at;
        n.risk_grade = RISK_HIGH;
    }
    if (kind == KIND_POLICE_MISSING_CANCELLED) {
        n.cancelled_at = n.meta.recorded_at;
        n.cancel_reason = CANCEL_NOT_MISSING;
    }
    return n;
}

static void
a_message_of_an_episode_is_decided_by_what_all_of_them_say(void **state)
{
    struct story *s = *state;
    struct notification_received early = more_of_her(
        s, KIND_POLICE_MISSING_FOUND, "M-1F", "2015-06-26T07:00:00");
    struct notification_received n = girl_missing(s);
    struct notification_received cancelled = more_of_her(
        s, KIND_POLICE_MISSING_CANCELLED, "M-1C", "2015-06-26T08:00:00");
    struct notification_received harm = more_of_her(
        s, KIND_POLICE_MISSING_RISK_CHANGED, "M-1R", "2015-06-26T09:00:00");
    struct notification_received last = more_of_her(
        s, KIND_POLICE_MISSING_FOUND, "M-1G", "2015-06-26T10:00:00");
    struct person p = girl();

    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id outcome status ask");
    harm.harm = HARM_LIKELY;
    send_note(s, &early, &p);
    send_note(s, &n, NULL);
    send_note(s, &cancelled, NULL);
    send_note(s, &harm, NULL);
    send_note(s, &last, NULL);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=KE03 outcome=single_agency "
            "status=provisional ask=harm,risk_grade\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=KE03 outcome=single_agency "
            "status=final ask=-\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=KE03 outcome=single_agency "
            "status=final ask=-\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=C02 "
            "outcome=strategy_discussion status=final ask=-\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=C02 "
            "outcome=strategy_discussion status=final ask=-\n");
}

static void
an_episodes_own_case_is_no_existing_one_until_a_worker_has_it(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct notification_received high = more_of_her(
        s, KIND_POLICE_MISSING_RISK_CHANGED, "M-1R", "2015-06-26T09:00:00");
    struct notification_received found = more_of_her(
        s, KIND_POLICE_MISSING_FOUND, "M-1F", "2015-06-26T10:00:00");
    struct person p = girl();
    struct case_changed c;

    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id unit csc_status re_referral");
    n.risk_grade = RISK_HIGH;
    send_note(s, &n, &p);
    c = case_of(s, "case-1", child_of("kent-police", "M-1"), SIDE_CSC,
                CASE_UNALLOCATED, "2015-06-26T07:12:05");
    c.notification_id = n.notification_id;
    c.decision_id = decision(s, "kent-police", "M-1")->decision_id;
    c.effect = OUTCOME_SOCIAL_CARE_REFERRAL;
    c.outcome = OUTCOME_SOCIAL_CARE_REFERRAL;
    c.unit = STR("central-duty-team");
    hear(s, &c);
    mem_clear(s->m);
    send_note(s, &high, NULL);
    c.state = CASE_ALLOCATED;
    hear(s, &c);
    send_note(s, &found, NULL);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=C03 unit=central-duty-team "
            "csc_status=none re_referral=no\n"
            "in  CaseChanged\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=C05 unit=central-duty-team "
            "csc_status=open re_referral=no\n");
}

static void
an_episode_stays_with_its_unit(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct notification_received found = more_of_her(
        s, KIND_POLICE_MISSING_FOUND, "M-1F", "2015-06-26T10:00:00");
    struct person p = girl();
    struct case_changed c;

    mem_show(s->m, REC_REFERRAL_DECIDED, "unit");
    send_note(s, &n, &p);
    c = case_of(s, "case-1", child_of("kent-police", "M-1"), SIDE_EH,
                CASE_UNALLOCATED, "2015-06-26T07:12:05");
    c.notification_id = n.notification_id;
    c.outcome = OUTCOME_SINGLE_AGENCY;
    c.unit = STR("maidstone-1"); /* which has one more than the others now */
    hear(s, &c);
    mem_clear(s->m);
    send_note(s, &found, NULL);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided unit=maidstone-1\n");
}

static void
a_cancelled_episode_does_not_count_until_it_is_withdrawn(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct notification_received cancelled =
        notification(s, KIND_POLICE_MISSING_CANCELLED, "kent-police", "M-1C",
                     "2015-06-26T08:00:00");
    struct notification_received back =
        notification(s, KIND_POLICE_MISSING_CANCELLED, "kent-police", "M-1W",
                     "2015-06-26T09:00:00");
    struct person p = girl();

    mem_show(s->m, REC_REFERRAL_DECIDED, "missing_30d");
    cancelled.episode_ref = STR("E-1");
    cancelled.cancelled_at = cancelled.meta.recorded_at;
    cancelled.cancel_reason = CANCEL_IN_ERROR;
    back.episode_ref = STR("E-1");
    back.cancelled_at = back.meta.recorded_at;
    back.cancel_reason = CANCEL_WITHDRAWN;
    send_note(s, &n, &p);
    send_note(s, &cancelled, NULL);
    send_note(s, &back, NULL);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided missing_30d=1\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided missing_30d=0\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided missing_30d=1\n");
}

/* ---- screening ---- */

static void
a_screening_is_refused_where_it_breaks_a_rule(void **state)
{
    static const struct {
        const char *why;
        const char *ref;
        int outcome;
        int rationale_chars;
        const char *second_by;
    } rows[] = {
        { "R22: there is no such notification to screen", "S-9", 0, 0, NULL },
        { "R19: the rationale has 19 characters: want 20 or more", "S-1",
          OUTCOME_SOCIAL_CARE_REFERRAL, 19, NULL },
        { "R18: a downgrade needs a second person", "S-1", OUTCOME_UNIVERSAL,
          20, NULL },
        { "R18: a downgrade needs a second person", "S-1", OUTCOME_UNIVERSAL,
          20, "screener-1" },
    };
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct person p = boy_of_nine();

    send_note(s, &n, &p);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct screening_recorded r =
            screening(s, "school-oakfield", rows[i].ref, "2015-06-26T11:05:00");
        char want[160];

        mem_clear(s->m);
        r.outcome = rows[i].outcome;
        r.rationale_chars = rows[i].rationale_chars;
        r.second_by = str_of(rows[i].second_by);
        screen(s, &r);
        (void)snprintf(want, sizeof want, "in  ScreeningRecorded\nreject %s\n",
                       rows[i].why);
        told(s, want);
    }
    assert_int_equal(decision(s, "school-oakfield", "S-1")->status,
                     DECISION_PROVISIONAL);
}

static void
an_override_with_reason_and_second_name_stands(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-26T11:05:00");
    struct person p = boy_of_nine();

    mem_show(s->m, REC_REFERRAL_DECIDED,
             "rule_id outcome status overridden second_by");
    send_note(s, &n, &p);
    mem_clear(s->m);
    r.outcome = OUTCOME_SINGLE_AGENCY;
    r.rationale_chars = 20;
    r.second_by = STR("leader-1");
    screen(s, &r);
    told(s, "in  ScreeningRecorded\n"
            "out casework ReferralDecided rule_id=KE07 "
            "outcome=single_agency status=final overridden=yes "
            "second_by=leader-1\n");
}

static void
danger_is_never_brought_below_social_care(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-26T11:05:00");
    struct person p = boy_of_nine();

    mem_name(s->m, child_of("school-oakfield", "S-1"), "C");
    n.immediate_danger = true;
    send_note(s, &n, &p);
    mem_clear(s->m);
    r.outcome = OUTCOME_EH_INTENSIVE;
    r.rationale_chars = 40;
    r.second_by = STR("leader-1");
    screen(s, &r);
    r.outcome = OUTCOME_SOCIAL_CARE_REFERRAL;
    screen(s, &r);
    told(s, "in  ScreeningRecorded\n"
            "reject R23: C01 can't be brought below social care\n"
            "in  ScreeningRecorded\n"
            "out casework ReferralDecided child_id=C match_status=new "
            "rule_id=C01 outcome=social_care_referral "
            "status=revised\n");
}

static void
an_unsure_threshold_stays_provisional(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-26T11:05:00");
    struct person p = boy_of_nine();

    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id status");
    send_note(s, &n, &p);
    mem_clear(s->m);
    r.csc_threshold = THRESHOLD_UNSURE;
    r.level = 3;
    screen(s, &r);
    told(s, "in  ScreeningRecorded\n"
            "out casework ReferralDecided rule_id=KE05 "
            "status=provisional\n");
}

static void
the_case_of_a_proposal_does_not_count_against_its_screening(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-26T11:05:00");
    struct person p = boy_of_nine();
    struct case_changed c;

    send_note(s, &n, &p);
    c = case_of(s, "case-c", child_of("school-oakfield", "S-1"), SIDE_EH,
                CASE_SCREENING, "2015-06-26T10:20:01");
    c.outcome = OUTCOME_EH_INTENSIVE;
    c.notification_id = n.notification_id;
    c.needs = n.needs;
    hear(s, &c);
    mem_clear(s->m);
    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id eh_status need_count");
    r.needs = SET_BIT(NEED_C_ATTENDANCE);
    screen(s, &r);
    told(s, "in  ScreeningRecorded\n"
            "out casework ReferralDecided rule_id=KE08 eh_status=- "
            "need_count=1\n");
}

/* ---- the journal ---- */

static void
the_answer_of_tracker_clears_the_pending_mark(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct person p = girl();
    struct case_changed c;

    send_note(s, &n, &p);
    assert_true(standing(s, "kent-police", "M-1")->pending);
    mem_clear(s->m);
    c = case_of(s, "case-a", child_of("kent-police", "M-1"), SIDE_EH,
                CASE_UNALLOCATED, "2015-06-26T07:12:06");
    c.notification_id = n.notification_id;
    c.decision_id = some_id("another");
    c.effect = OUTCOME_SINGLE_AGENCY;
    hear(s, &c);
    assert_true(standing(s, "kent-police", "M-1")->pending);
    c.decision_id = decision(s, "kent-police", "M-1")->decision_id;
    hear(s, &c);
    assert_false(standing(s, "kent-police", "M-1")->pending);
    assert_int_equal(standing(s, "kent-police", "M-1")->effect,
                     OUTCOME_SINGLE_AGENCY);
    told(s, "in  CaseChanged\nin  CaseChanged\n");
}

static void
a_new_case_goes_to_the_unit_with_the_fewest_open_ones(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct person p = boy_of_nine();
    struct case_changed one = case_of(s, "case-1", some_id("x"), SIDE_EH,
                                      CASE_ALLOCATED, "2015-06-01T09:00:00");
    struct case_changed two = case_of(s, "case-2", some_id("y"), SIDE_EH,
                                      CASE_UNALLOCATED, "2015-06-01T09:00:00");

    one.unit = STR("swale-1");
    two.unit = STR("swale-2");
    hear(s, &one);
    hear(s, &two);
    mem_clear(s->m);
    mem_show(s->m, REC_REFERRAL_DECIDED, "unit");
    send_note(s, &n, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided unit=swale-3\n");
}

static void
a_case_that_changes_sides_counts_where_it_goes(void **state)
{
    struct story *s = *state;
    struct case_changed c = case_of(s, "case-1", some_id("x"), SIDE_EH,
                                    CASE_UNALLOCATED, "2015-06-01T09:00:00");
    struct triage_unit eh = { .side = SIDE_EH, .unit = STR("unit-1") };
    struct triage_unit csc = { .side = SIDE_CSC, .unit = STR("unit-1") };
    const struct triage_unit *u;

    c.unit = STR("unit-1");
    hear(s, &c);
    c.side = SIDE_CSC;
    hear(s, &c);
    u = mem_row(s->m, TRIAGE_UNIT, &eh);
    assert_int_equal(u->open_cases, 0);
    u = mem_row(s->m, TRIAGE_UNIT, &csc);
    assert_int_equal(u->open_cases, 1);
}

static void
a_closed_case_is_open_no_longer(void **state)
{
    struct story *s = *state;
    struct case_changed c = case_of(s, "case-1", some_id("x"), SIDE_EH,
                                    CASE_ALLOCATED, "2015-06-01T09:00:00");
    struct triage_unit like = { .side = SIDE_EH, .unit = STR("swale-1") };
    const struct triage_unit *u;

    c.unit = STR("swale-1");
    hear(s, &c);
    u = mem_row(s->m, TRIAGE_UNIT, &like);
    assert_int_equal(u->open_cases, 1);
    c.unit = STR("swale-2");
    hear(s, &c);
    u = mem_row(s->m, TRIAGE_UNIT, &like);
    assert_int_equal(u->open_cases, 0);
    c.state = CASE_CLOSED;
    hear(s, &c);
    like.unit = STR("swale-2");
    u = mem_row(s->m, TRIAGE_UNIT, &like);
    assert_int_equal(u->open_cases, 0);
}

/* ---- activities ---- */

static struct activity_reported
visit(const struct story *s)
{
    struct activity_reported r;

    fields_clear(&fields_activity_reported, &r);
    r.meta.recorded_at = at(s, "2015-06-29T10:00:00");
    r.meta.occurred_at = r.meta.recorded_at;
    r.activity_id = some_id("visit");
    r.agency_id = STR("early-help");
    r.agency_ref = STR("V-1");
    r.amendment = 0;
    r.activity = ACTIVITY_VISIT;
    r.by = STR("worker-1");
    r.unit = STR("maidstone-1");
    r.reason_chars = 0;
    return r;
}

static void
report(struct story *s, const struct activity_reported *r)
{
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_ACTIVITY_REPORTED, r, NULL),
        ST_OK);
}

static void
an_activity_finds_its_child_by_any_of_its_names(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct person p = girl();
    struct case_changed c;
    struct activity_reported r;

    p.la_child_id = STR("LC0012345");
    p.la_code = STR("886");
    mem_name(s->m, child_of("kent-police", "M-1"), "A");
    mem_name(s->m, some_id("case-a"), "case-a");
    send_note(s, &n, &p);
    c = case_of(s, "case-a", child_of("kent-police", "M-1"), SIDE_EH,
                CASE_ALLOCATED, "2015-06-26T07:12:06");
    hear(s, &c);
    mem_clear(s->m);
    r = visit(s);
    r.subject_case_id = some_id("case-a");
    report(s, &r);
    r = visit(s);
    r.subject_child_id = child_of("kent-police", "M-1");
    report(s, &r);
    r = visit(s);
    r.subject_la_child_id = STR("LC0012345");
    report(s, &r);
    r = visit(s);
    r.subject_agency_id = STR("kent-police");
    r.subject_agency_ref = STR("M-1");
    report(s, &r);
    told(s, "in  ActivityReported\n"
            "out casework ActivityRecorded child_id=A case_id=case-a "
            "activity=visit refusal=-\n"
            "in  ActivityReported\n"
            "out casework ActivityRecorded child_id=A case_id=- "
            "activity=visit refusal=-\n"
            "in  ActivityReported\n"
            "out casework ActivityRecorded child_id=A case_id=- "
            "activity=visit refusal=-\n"
            "in  ActivityReported\n"
            "out casework ActivityRecorded child_id=A case_id=- "
            "activity=visit refusal=-\n");
}

static void
an_activity_about_nobody_is_refused_and_its_sender_hears(void **state)
{
    struct story *s = *state;
    struct activity_reported r = visit(s);

    r.subject_case_id = some_id("nothing");
    mem_name(s->m, some_id("nothing"), "nothing");
    report(s, &r);
    told(s, "in  ActivityReported\n"
            "out casework ActivityRecorded child_id=- case_id=nothing "
            "activity=visit refusal=R22\n"
            "reject R22: visit: case or child unknown\n");
}

/* ---- matches ---- */

static void
a_number_of_another_child_goes_to_a_person_and_delays_nothing(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct notification_received second = school_note(s);
    struct person p = girl();
    struct person other = boy_of_nine();
    struct match_resolved m;

    p.nhs_number = STR("9990000123");
    other.nhs_number = STR("9990000123");
    mem_show(s->m, REC_REFERRAL_DECIDED,
             "child_id match_status match_step status");
    mem_name(s->m, child_of("kent-police", "M-1"), "A");
    mem_name(s->m, child_of("school-oakfield", "S-1"), "C");
    send_note(s, &n, &p);
    send_note(s, &second, &other);
    fields_clear(&fields_match_resolved, &m);
    m.meta.recorded_at = at(s, "2015-06-26T12:00:00");
    m.notification_id = second.notification_id;
    m.by = STR("screener-1");
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_MATCH_RESOLVED, &m, NULL),
        ST_OK);
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_MATCH_RESOLVED, &m, NULL),
        ST_OK);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=A match_status=new "
            "match_step=5 status=final\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=C match_status=review "
            "match_step=4 status=provisional\n"
            "in  MatchResolved\n"
            "out casework ReferralDecided child_id=C match_status=new "
            "match_step=4 status=provisional\n"
            "in  MatchResolved\n"
            "reject R20: no match review waits for it\n");
    assert_int_equal(mem_count(s->m, TRIAGE_IDENTIFIER), 1);
}

/* ---- the rest ---- */

static void
an_encompass_notice_is_relayed_to_the_school_once(void **state)
{
    struct story *s = *state;
    struct notification_received n = notification(
        s, KIND_POLICE_ENCOMPASS, "kent-police", "X-1", "2015-06-26T06:10:00");
    struct notification_received higher;
    struct person p = boy_of_nine();

    n.entry = ENTRY_MASH;
    n.incident_at = at(s, "2015-06-25T23:10:00");
    p.school_urn = STR("900001");
    higher = amended(&n, 1);
    mem_show(s->m, REC_REFERRAL_DECIDED, "needs actions relayed");
    send_note(s, &n, &p);
    send_note(s, &higher, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided needs=f_domestic_abuse "
            "actions=relay_to_school relayed=yes\n"
            "out feedback SchoolRelay school_urn=900001 "
            "incident_at=2015-06-25T23:10:00+01:00\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided needs=f_domestic_abuse "
            "actions=relay_to_school relayed=yes\n");
}

/* Who was born on 29 February is 18 on 1 March; a guessed birthday closes
 * nothing. */
static void
a_missing_child_s_18th_birthday_is_said_where_it_is_known(void **state)
{
    const struct {
        const char *ref;
        const char *dob;
        bool estimated;
        const char *told;
    } rows[] = {
        { "M-1", "2001-02-03", false, "adult_on=2019-02-03\n" },
        { "M-2", "2000-02-29", false, "adult_on=2018-03-01\n" },
        { "M-3", "2001-02-01", true, "adult_on=-\n" },
    };
    struct story *s = *state;

    mem_show(s->m, REC_REFERRAL_DECIDED, "adult_on");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct notification_received n = girl_missing(s);
        struct person p = girl();

        n.agency_ref = str_of(rows[i].ref);
        n.episode_ref = n.agency_ref;
        n.notification_id = notification_id("kent-police", rows[i].ref, 0);
        p.surname = str_of(rows[i].ref);
        p.dob = day(rows[i].dob);
        p.dob_estimated = rows[i].estimated;
        send_note(s, &n, &p);
        if (strstr(mem_text(s->m), rows[i].told) == NULL)
            fail_msg("%s: %s", rows[i].dob, mem_text(s->m));
        mem_clear(s->m);
    }
}

static void
no_other_child_s_birthday_leaves_triage(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct person p = boy_of_nine();

    mem_show(s->m, REC_REFERRAL_DECIDED, "adult_on");
    send_note(s, &n, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided adult_on=-\n");
}

static void
a_third_need_turns_a_single_agency_case_into_a_caf(void **state)
{
    struct story *s = *state;
    struct notification_received first =
        notification(s, KIND_SCHOOL_REFERRAL, "school-oakfield", "S-1",
                     "2014-02-03T10:00:00");
    struct notification_received second = notification(
        s, KIND_HEALTH_REFERRAL, "health-trust", "H-1", "2014-02-17T10:00:00");
    struct person p =
        person("Testchild", "Foxtrot", "2006-06-06", SEX_F, "LE15 6AA");
    struct case_changed c;

    p.disability = SET_BIT(DISABILITY_NONE);
    first.harm = HARM_NONE;
    first.needs = SET_BIT(NEED_C_ATTENDANCE) | SET_BIT(NEED_F_HOUSING);
    first.single_agency_able = TRI_YES;
    second.harm = HARM_NONE;
    second.entry = ENTRY_EH;
    second.needs = SET_BIT(NEED_C_HEALTH) | SET_BIT(NEED_F_HOUSING);
    mem_show(s->m, REC_REFERRAL_DECIDED,
             "rule_id outcome status unit need_count eh_status "
             "existing_case_id");
    mem_name(s->m, some_id("case-f"), "case-f");
    send_note(s, &first, &p);
    c = case_of(s, "case-f", child_of("school-oakfield", "S-1"), SIDE_EH,
                CASE_ALLOCATED, "2014-02-04T10:00:00");
    c.outcome = OUTCOME_SINGLE_AGENCY;
    c.needs = first.needs;
    c.unit = STR("team-1");
    hear(s, &c);
    mem_clear(s->m);
    send_note(s, &second, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=RU03 outcome=caf_taf "
            "status=final unit=caf need_count=3 eh_status=single_agency "
            "existing_case_id=case-f\n");
}

static void
a_batch_gives_what_its_records_give_one_by_one(void **state)
{
    struct story *s = *state;
    struct story other = { .m = NULL };
    struct notification_received n = girl_missing(s);
    struct notification_received higher = amended(&n, 1);
    struct notification_received again =
        notification(s, KIND_SCHOOL_REFERRAL, "school-oakfield", "S-1",
                     "2015-06-27T10:20:00");
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-27T11:05:00");
    struct person p = girl();
    const struct event evs[] = {
        { .type = REC_NOTIFICATION_RECEIVED,
          .topic = TOPIC_NOTIFICATIONS,
          .body = &n,
          .person = &p },
        { .type = REC_NOTIFICATION_RECEIVED,
          .topic = TOPIC_NOTIFICATIONS,
          .body = &higher,
          .person = &p },
        { .type = REC_NOTIFICATION_RECEIVED,
          .topic = TOPIC_NOTIFICATIONS,
          .body = &again,
          .person = &p },
        { .type = REC_SCREENING_RECORDED,
          .topic = TOPIC_NOTIFICATIONS,
          .body = &r },
    };
    const size_t n_evs = sizeof evs / sizeof evs[0];

    r.level = 2;
    begin_with(&other, "kent-2015");
    for (size_t i = 0; i < n_evs; i++)
        assert_int_equal(mem_run(s->m, &evs[i], 1), ST_OK);
    assert_int_equal(mem_run(other.m, evs, n_evs), ST_OK);
    assert_string_equal(mem_text(other.m), mem_text(s->m));
    assert_int_equal(mem_n_outputs(other.m), 4);
    assert_int_equal(mem_count(other.m, TRIAGE_CHILD), 1);
    mem_close(other.m);
}

static void
without_a_profile_nothing_is_decided(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct person p = girl();

    s->given.settings.n = 0;
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_NOTIFICATION_RECEIVED, &n, &p),
        ST_FATAL);
    assert_int_equal(mem_count(s->m, TRIAGE_DECISION), 0);
    s->given.settings.n = 1;
}

/* ---- what the screener says ---- */

static void
what_a_screener_leaves_out_stays_as_the_message_has_it(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-26T11:05:00");
    struct person p = boy_of_nine();
    const struct triage_decision *d;

    n.level = 2;
    n.csc_threshold = THRESHOLD_NOT_MET;
    n.consent = CONSENT_GIVEN;
    n.impaired = TRI_YES;
    n.single_agency_able = TRI_YES;
    n.risk_of_csc = CSC_RISK_MEDIUM;
    send_note(s, &n, &p);
    screen(s, &r);
    d = decision(s, "school-oakfield", "S-1");
    assert_int_equal(d->level, 2);
    assert_int_equal(d->csc_threshold, THRESHOLD_NOT_MET);
    assert_int_equal(d->consent, CONSENT_GIVEN);
    assert_int_equal(d->entry, ENTRY_EH);
    assert_int_equal(d->harm, HARM_NONE);
    assert_int_equal(d->impaired, TRI_YES);
    assert_int_equal(d->single_agency_able, TRI_YES);
    assert_int_equal(d->risk_of_csc, CSC_RISK_MEDIUM);
    assert_int_equal(d->needs, n.needs);
    r.level = 3;
    r.csc_threshold = THRESHOLD_UNSURE;
    r.consent = CONSENT_REFUSED;
    r.entry = ENTRY_CSC;
    r.harm = HARM_POSSIBLE;
    r.impaired = TRI_NO;
    r.single_agency_able = TRI_NO;
    r.risk_of_csc = CSC_RISK_HIGH;
    r.needs = SET_BIT(NEED_F_HOUSING);
    screen(s, &r);
    d = decision(s, "school-oakfield", "S-1");
    assert_int_equal(d->level, 3);
    assert_int_equal(d->csc_threshold, THRESHOLD_UNSURE);
    assert_int_equal(d->consent, CONSENT_REFUSED);
    assert_int_equal(d->entry, ENTRY_CSC);
    assert_int_equal(d->harm, HARM_POSSIBLE);
    assert_int_equal(d->impaired, TRI_NO);
    assert_int_equal(d->single_agency_able, TRI_NO);
    assert_int_equal(d->risk_of_csc, CSC_RISK_HIGH);
    assert_int_equal(d->needs, SET_BIT(NEED_F_HOUSING));
    assert_true(str_is(d->screened_by, "screener-1"));
}

static const struct triage_decision *
standing_of(const struct story *s, struct id notification_id)
{
    struct triage_decision like = { .notification_id = notification_id };

    return mem_row(s->m, TRIAGE_STANDING, &like);
}

static void
an_amendment_keeps_what_the_screener_said_unless_it_says_otherwise(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct notification_received next = amended(&n, 1);
    struct notification_received last = amended(&n, 2);
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-26T11:05:00");
    struct person p = boy_of_nine();
    const struct triage_decision *d;

    n.harm = 0;
    next.harm = 0;
    send_note(s, &n, &p);
    r.level = 3;
    r.csc_threshold = THRESHOLD_NOT_MET;
    r.consent = CONSENT_GIVEN;
    r.harm = HARM_POSSIBLE;
    r.impaired = TRI_NO;
    r.single_agency_able = TRI_NO;
    r.risk_of_csc = CSC_RISK_HIGH;
    r.second_by = STR("leader-1");
    r.primary_need = STR("N4");
    screen(s, &r);
    next.needs = SET_BIT(NEED_F_HOUSING);
    send_note(s, &next, &p);
    d = standing_of(s, next.notification_id);
    assert_int_equal(d->level, 3);
    assert_int_equal(d->csc_threshold, THRESHOLD_NOT_MET);
    assert_int_equal(d->consent, CONSENT_GIVEN);
    assert_int_equal(d->harm, HARM_POSSIBLE);
    assert_int_equal(d->impaired, TRI_NO);
    assert_int_equal(d->single_agency_able, TRI_NO);
    assert_int_equal(d->risk_of_csc, CSC_RISK_HIGH);
    assert_int_equal(d->needs, n.needs | SET_BIT(NEED_F_HOUSING));
    assert_int_equal(d->status, DECISION_REVISED);
    assert_true(str_is(d->second_by, "leader-1"));
    assert_true(str_is(d->primary_need, "N4"));
    last.level = 2;
    last.csc_threshold = THRESHOLD_MET;
    last.consent = CONSENT_REFUSED;
    last.harm = HARM_LIKELY;
    last.impaired = TRI_YES;
    last.single_agency_able = TRI_YES;
    last.risk_of_csc = CSC_RISK_MINIMAL;
    send_note(s, &last, &p);
    d = standing_of(s, last.notification_id);
    assert_int_equal(d->level, 2);
    assert_int_equal(d->csc_threshold, THRESHOLD_MET);
    assert_int_equal(d->consent, CONSENT_REFUSED);
    assert_int_equal(d->harm, HARM_LIKELY);
    assert_int_equal(d->impaired, TRI_YES);
    assert_int_equal(d->single_agency_able, TRI_YES);
    assert_int_equal(d->risk_of_csc, CSC_RISK_MINIMAL);
}

static void
an_override_outlives_an_amendment_that_asks_for_no_more(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct notification_received same = amended(&n, 1);
    struct notification_received worse = amended(&n, 2);
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-26T11:05:00");
    struct person p = boy_of_nine();

    send_note(s, &n, &p);
    r.outcome = OUTCOME_SINGLE_AGENCY;
    r.rationale_chars = 20;
    r.second_by = STR("leader-1");
    screen(s, &r);
    mem_clear(s->m);
    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id outcome status overridden");
    send_note(s, &same, &p);
    worse.harm = HARM_LIKELY;
    send_note(s, &worse, &p);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=KE07 "
            "outcome=single_agency status=revised overridden=yes\n"
            "in  NotificationReceived\n"
            "out casework ReferralDecided rule_id=C02 "
            "outcome=strategy_discussion status=revised overridden=no\n");
}

static void
a_screening_of_one_amendment_names_it_rightly(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct screening_recorded r =
        screening(s, "school-oakfield", "S-1", "2015-06-26T11:05:00");
    struct person p = boy_of_nine();

    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id status");
    send_note(s, &n, &p);
    mem_clear(s->m);
    r.level = 3;
    r.notification_id = some_id("another");
    screen(s, &r);
    r.notification_id = n.notification_id;
    screen(s, &r);
    told(s, "in  ScreeningRecorded\n"
            "reject R22: there is no such notification to screen\n"
            "in  ScreeningRecorded\n"
            "out casework ReferralDecided rule_id=KE05 status=final\n");
}

static void
a_missing_child_is_screened_with_its_episode(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct screening_recorded r =
        screening(s, "kent-police", "M-1", "2015-06-26T11:05:00");
    struct person p = girl();

    mem_show(s->m, REC_REFERRAL_DECIDED, "rule_id missing_30d needs status");
    n.harm = 0;
    send_note(s, &n, &p);
    mem_clear(s->m);
    r.harm = HARM_NONE;
    r.needs = SET_BIT(NEED_F_HOUSING);
    screen(s, &r);
    told(s, "in  ScreeningRecorded\n"
            "out casework ReferralDecided rule_id=KE03 missing_30d=1 "
            "needs=c_missing,f_housing status=final\n");
}

/* ---- whose it is ---- */

static void
a_notification_is_decided_once(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct person p = boy_of_nine();

    send_note(s, &n, &p);
    mem_clear(s->m);
    send_note(s, &n, &p);
    told(s, "in  NotificationReceived\n"
            "reject twice: this notification was decided already\n");
    assert_int_equal(mem_count(s->m, TRIAGE_DECISION), 1);
}

static void
an_offer_is_about_the_child_of_its_case(void **state)
{
    struct story *s = *state;
    struct notification_received first = school_note(s);
    struct notification_received offer = notification(
        s, KIND_CSC_STEP_DOWN, "kent-duty", "D-1", "2015-06-26T13:45:00");
    struct person p = boy_of_nine();
    struct case_changed c;

    mem_name(s->m, child_of("school-oakfield", "S-1"), "C");
    send_note(s, &first, &p);
    c = case_of(s, "case-c", child_of("school-oakfield", "S-1"), SIDE_CSC,
                CASE_ALLOCATED, "2015-06-02T09:00:00");
    c.csc_status = CSC_CIN;
    hear(s, &c);
    mem_clear(s->m);
    mem_show(s->m, REC_REFERRAL_DECIDED,
             "child_id match_status match_step rule_id outcome status side "
             "unit");
    offer.harm = HARM_NONE;
    offer.case_id = some_id("case-c");
    offer.unit = STR("swale-2");
    send_note(s, &offer, NULL);
    offer.agency_ref = STR("D-2");
    offer.notification_id = notification_id("kent-duty", "D-2", 0);
    offer.case_id = some_id("nothing");
    send_note(s, &offer, NULL);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=C match_status=matched "
            "match_step=case rule_id=C06 outcome=step_down_offer "
            "status=final side=csc unit=swale-2\n"
            "in  NotificationReceived\n"
            "reject R22: neither the case nor the child is known\n");
}

static void
an_episode_under_another_childs_name_goes_to_a_person(void **state)
{
    struct story *s = *state;
    struct notification_received other = school_note(s);
    struct notification_received n = girl_missing(s);
    struct notification_received found =
        notification(s, KIND_POLICE_MISSING_FOUND, "kent-police", "M-1F",
                     "2015-06-26T15:40:00");
    struct person p = girl();
    struct person boy = boy_of_nine();
    struct triage_review like = { .notification_id = found.notification_id };
    const struct triage_review *review;

    mem_name(s->m, child_of("kent-police", "M-1"), "A");
    send_note(s, &other, &boy);
    send_note(s, &n, &p);
    mem_clear(s->m);
    mem_show(s->m, REC_REFERRAL_DECIDED, "child_id match_status");
    found.harm = HARM_NONE;
    found.episode_ref = STR("E-1");
    found.found_at = at(s, "2015-06-26T14:55:00");
    send_note(s, &found, &boy);
    told(s, "in  NotificationReceived\n"
            "out casework ReferralDecided child_id=A match_status=review\n");
    review = mem_row(s->m, TRIAGE_REVIEW, &like);
    assert_non_null(review);
    assert_int_equal(review->candidates.n, 1);
    assert_true(id_eq(review->child_id, child_of("kent-police", "M-1")));
}

static void
a_review_is_resolved_only_in_ways_that_exist(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct notification_received second = school_note(s);
    struct person p = girl();
    struct person other = boy_of_nine();
    struct match_resolved m;

    p.nhs_number = STR("9990000123");
    other.nhs_number = STR("9990000123");
    mem_name(s->m, child_of("school-oakfield", "S-1"), "C");
    send_note(s, &n, &p);
    send_note(s, &second, &other);
    mem_clear(s->m);
    mem_show(s->m, REC_REFERRAL_DECIDED, "child_id match_status");
    fields_clear(&fields_match_resolved, &m);
    m.meta.recorded_at = at(s, "2015-06-26T12:00:00");
    m.by = STR("screener-1");
    m.notification_id = some_id("nothing");
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_MATCH_RESOLVED, &m, NULL),
        ST_OK);
    m.notification_id = n.notification_id;
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_MATCH_RESOLVED, &m, NULL),
        ST_OK);
    m.notification_id = second.notification_id;
    m.child_id = some_id("nobody");
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_MATCH_RESOLVED, &m, NULL),
        ST_OK);
    m.child_id = child_of("school-oakfield", "S-1");
    assert_int_equal(
        mem_send(s->m, TOPIC_NOTIFICATIONS, REC_MATCH_RESOLVED, &m, NULL),
        ST_OK);
    told(s, "in  MatchResolved\n"
            "reject R22: there is no such notification to resolve\n"
            "in  MatchResolved\n"
            "reject R20: no match review waits for it\n"
            "in  MatchResolved\n"
            "reject R22: there is no such child\n"
            "in  MatchResolved\n"
            "out casework ReferralDecided child_id=C match_status=new\n");
}

static const struct triage_child *
known_child(const struct story *s, struct id child_id)
{
    struct triage_child like = { .child_id = child_id };

    return mem_row(s->m, TRIAGE_CHILD, &like);
}

static void
a_child_keeps_its_name_and_lives_where_it_was_last_told(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct notification_received second = notification(
        s, KIND_HEALTH_REFERRAL, "health-trust", "H-1", "2015-06-27T11:30:00");
    struct person p = boy_of_nine();
    const struct str other_name[] = { STR("Chas"), STR("Testchild") };
    const struct triage_child *c;

    p.nhs_number = STR("9434765919");
    p.sex = SEX_U;
    p.ethnicity = ETHNICITY_NOBT;
    send_note(s, &n, &p);
    p.forename = STR("Testchilt");
    p.aliases = (struct texts){ .at = other_name, .n = 2 };
    p.sex = SEX_M;
    p.ethnicity = ETHNICITY_NOBT - 1;
    p.disability = SET_BIT(DISABILITY_NONE);
    p.sen = TRI_YES;
    p.postcode = STR("CT1 1AA");
    p.school_urn = STR("900001");
    p.looked_after_by = STR("301");
    second.entry = ENTRY_EH;
    send_note(s, &second, &p);
    assert_int_equal(mem_count(s->m, TRIAGE_CHILD), 1);
    c = known_child(s, child_of("school-oakfield", "S-1"));
    assert_true(str_is(c->forename, "Testchild"));
    assert_int_equal(c->aliases.n, 2);
    assert_true(str_is(c->aliases.at[0], "Testchilt"));
    assert_true(str_is(c->aliases.at[1], "Chas"));
    assert_int_equal(c->sex, SEX_M);
    assert_int_equal(c->ethnicity, ETHNICITY_NOBT - 1);
    assert_int_equal(c->disability, SET_BIT(DISABILITY_NONE));
    assert_int_equal(c->sen, TRI_YES);
    assert_true(str_is(c->postcode, "CT1 1AA"));
    assert_true(str_is(c->school_urn, "900001"));
    assert_true(str_is(c->looked_after_by, "301"));
    second.agency_ref = STR("H-2");
    second.notification_id = notification_id("health-trust", "H-2", 0);
    p.sex = SEX_F;
    p.ethnicity = ETHNICITY_NOBT;
    send_note(s, &second, &p);
    c = known_child(s, child_of("school-oakfield", "S-1"));
    assert_int_equal(c->aliases.n, 2);
    assert_int_equal(c->sex, SEX_M);
    assert_int_equal(c->ethnicity, ETHNICITY_NOBT - 1);
}

static void
an_estimated_birth_gives_way_to_a_known_one(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct notification_received next = notification(
        s, KIND_HEALTH_REFERRAL, "health-trust", "H-1", "2015-06-27T11:30:00");
    struct person p = boy_of_nine();
    const struct triage_child *c;

    p.nhs_number = STR("9434765919");
    p.dob_estimated = true;
    send_note(s, &n, &p);
    p.dob = day("2005-09-13");
    p.dob_estimated = false;
    next.entry = ENTRY_EH;
    send_note(s, &next, &p);
    c = known_child(s, child_of("school-oakfield", "S-1"));
    assert_int_equal(c->dob, day("2005-09-13"));
    assert_false(c->dob_estimated);
    next.agency_ref = STR("H-2");
    next.notification_id = notification_id("health-trust", "H-2", 0);
    p.dob = day("2005-09-01");
    p.dob_estimated = true;
    send_note(s, &next, &p);
    c = known_child(s, child_of("school-oakfield", "S-1"));
    assert_int_equal(c->dob, day("2005-09-13"));
    assert_int_equal(mem_count(s->m, TRIAGE_CHILD), 1);
}

static void
a_twin_is_a_child_of_its_own_linked_both_ways(void **state)
{
    struct story *s = *state;
    struct notification_received n = school_note(s);
    struct notification_received second = notification(
        s, KIND_HEALTH_REFERRAL, "health-trust", "H-1", "2015-06-27T11:30:00");
    struct person p = boy_of_nine();
    struct triage_link like;
    const struct triage_link *link;

    send_note(s, &n, &p);
    p.forename = STR("Zebediah");
    second.entry = ENTRY_EH;
    send_note(s, &second, &p);
    assert_int_equal(mem_count(s->m, TRIAGE_CHILD), 2);
    assert_int_equal(mem_count(s->m, TRIAGE_LINK), 2);
    fields_clear(&triage_tables[TRIAGE_LINK].fields, &like);
    like.child_id = child_of("school-oakfield", "S-1");
    like.other_id = child_of("health-trust", "H-1");
    link = mem_row(s->m, TRIAGE_LINK, &like);
    assert_non_null(link);
    assert_true(str_is(link->reason, "twin"));
}

static void
an_activity_that_names_nobody_for_certain_is_refused(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct person p = girl();
    struct activity_reported r;

    p.la_child_id = STR("LC0012345");
    p.la_code = STR("301"); /* another authority's number */
    send_note(s, &n, &p);
    mem_clear(s->m);
    mem_show(s->m, REC_ACTIVITY_RECORDED, "child_id refusal");
    r = visit(s);
    r.subject_la_child_id = STR("LC0012345");
    report(s, &r);
    r = visit(s);
    r.subject_child_id = some_id("nobody");
    report(s, &r);
    r = visit(s);
    r.subject_agency_id = STR("kent-police");
    r.subject_agency_ref = STR("M-9");
    report(s, &r);
    r = visit(s);
    report(s, &r);
    assert_null(strstr(mem_text(s->m), "refusal=-"));
    mem_clear(s->m);
    r = visit(s);
    r.activity = ACTIVITY_ALERT_ACKNOWLEDGED;
    r.alert_id = some_id("alert");
    report(s, &r);
    told(s, "in  ActivityReported\n"
            "out casework ActivityRecorded child_id=- refusal=-\n");
}

static void
an_activity_is_passed_on_whole(void **state)
{
    struct story *s = *state;
    struct notification_received n = girl_missing(s);
    struct person p = girl();
    struct activity_reported r = visit(s);
    const struct activity_recorded *rec;

    send_note(s, &n, &p);
    r.subject_agency_id = STR("kent-police");
    r.subject_agency_ref = STR("M-1");
    r.worker = STR("worker-2");
    r.side = SIDE_EH;
    r.to_unit = STR("duty-team");
    r.outcome = CLOSE_NEEDS_MET;
    r.need = NEED_F_HOUSING;
    r.level = 3;
    r.csc_status = CSC_CIN;
    r.consent = CONSENT_GIVEN;
    r.service = STR("youth_hub");
    r.provider = STR("provider-1");
    r.service_on = TRI_YES;
    r.hours_tenths = 15;
    r.open_access = true;
    r.programme_stage = 2;
    r.clock = STR("T12");
    r.reason_chars = 21;
    r.authorised_by = STR("leader-1");
    r.corrects_agency_id = STR("early-help");
    r.corrects_agency_ref = STR("V-0");
    report(s, &r);
    rec = mem_last(s->m, REC_ACTIVITY_RECORDED);
    assert_true(id_eq(rec->activity_id, r.activity_id));
    assert_true(id_eq(rec->notification_id, n.notification_id));
    assert_true(str_eq(rec->agency_ref, r.agency_ref));
    assert_true(str_eq(rec->by, r.by));
    assert_true(str_eq(rec->unit, r.unit));
    assert_true(str_eq(rec->worker, r.worker));
    assert_int_equal(rec->side, r.side);
    assert_true(str_eq(rec->to_unit, r.to_unit));
    assert_int_equal(rec->outcome, r.outcome);
    assert_int_equal(rec->need, r.need);
    assert_int_equal(rec->level, 3);
    assert_int_equal(rec->csc_status, CSC_CIN);
    assert_int_equal(rec->consent, CONSENT_GIVEN);
    assert_true(str_eq(rec->service, r.service));
    assert_true(str_eq(rec->provider, r.provider));
    assert_int_equal(rec->service_on, TRI_YES);
    assert_int_equal(rec->hours_tenths, 15);
    assert_true(rec->open_access);
    assert_int_equal(rec->programme_stage, 2);
    assert_true(str_eq(rec->clock, r.clock));
    assert_int_equal(rec->reason_chars, 21);
    assert_true(str_eq(rec->authorised_by, r.authorised_by));
    assert_true(str_eq(rec->corrects_agency_id, r.corrects_agency_id));
    assert_true(str_eq(rec->corrects_agency_ref, r.corrects_agency_ref));
    assert_true(str_is(rec->locality, "maidstone"));
    assert_int_equal(rec->age_band, AGE_11_15);
    assert_int_equal(rec->sex, SEX_F);
}

/* ---- other records ---- */

static void
a_configuration_is_passed_on_and_a_stranger_refused(void **state)
{
    struct story *s = *state;
    struct config_activated config;
    struct alert_raised alert;

    mem_show(s->m, REC_CONFIG_ACTIVATED, "name version");
    fields_clear(&fields_config_activated, &config);
    config.meta.recorded_at = at(s, "2015-06-26T10:00:00");
    config.meta.occurred_at = config.meta.recorded_at;
    config.name = STR("profile");
    config.version = STR("kent-2015@2");
    assert_int_equal(mem_send(s->m, TOPIC_NOTIFICATIONS, REC_CONFIG_ACTIVATED,
                              &config, NULL),
                     ST_OK);
    fields_clear(&fields_alert_raised, &alert);
    alert.meta.recorded_at = config.meta.recorded_at;
    alert.meta.occurred_at = config.meta.recorded_at;
    assert_int_equal(
        mem_send(s->m, TOPIC_CASE_JOURNAL, REC_ALERT_RAISED, &alert, NULL),
        ST_OK);
    told(s, "in  ConfigActivated\n"
            "out casework ConfigActivated name=profile version=kent-2015@2\n"
            "in  AlertRaised\n"
            "reject stranger: triage does not take AlertRaised\n");
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_missing_girl_unknown_to_social_care_is_decided_at_once),
        STORY(a_missing_boy_with_a_social_care_case_goes_to_his_social_worker),
        STORY(a_school_referral_is_a_proposal_until_it_is_screened),
        STORY(a_threshold_that_is_met_goes_to_social_care),
        STORY(duty_passes_what_is_below_its_threshold_to_early_help),
        STORY(a_rule_that_nobody_can_decide_keeps_a_missing_child_provisional),
        STORY(the_decision_keeps_every_input_that_the_rules_saw),
        STORY(a_higher_amendment_revises_what_was_final),
        STORY(a_lower_amendment_that_comes_later_is_history),
        STORY(an_amendment_is_not_put_off_by_the_case_that_it_opened_itself),
        STORY(three_episodes_in_thirty_days_ask_for_a_strategy_discussion),
        STORY(messages_of_an_episode_stay_with_its_child_without_a_name),
        STORY(a_message_of_an_episode_is_decided_by_what_all_of_them_say),
        STORY(an_episodes_own_case_is_no_existing_one_until_a_worker_has_it),
        STORY(an_episode_stays_with_its_unit),
        STORY(a_cancelled_episode_does_not_count_until_it_is_withdrawn),
        STORY(a_screening_is_refused_where_it_breaks_a_rule),
        STORY(an_override_with_reason_and_second_name_stands),
        STORY(danger_is_never_brought_below_social_care),
        STORY(an_unsure_threshold_stays_provisional),
        STORY(the_case_of_a_proposal_does_not_count_against_its_screening),
        STORY(the_answer_of_tracker_clears_the_pending_mark),
        STORY(a_new_case_goes_to_the_unit_with_the_fewest_open_ones),
        STORY(a_case_that_changes_sides_counts_where_it_goes),
        STORY(a_closed_case_is_open_no_longer),
        STORY(an_activity_finds_its_child_by_any_of_its_names),
        STORY(an_activity_about_nobody_is_refused_and_its_sender_hears),
        STORY(a_number_of_another_child_goes_to_a_person_and_delays_nothing),
        STORY(an_encompass_notice_is_relayed_to_the_school_once),
        STORY(a_missing_child_s_18th_birthday_is_said_where_it_is_known),
        STORY(no_other_child_s_birthday_leaves_triage),
        cmocka_unit_test_setup_teardown(
            a_third_need_turns_a_single_agency_case_into_a_caf, begin_rutland,
            end),
        STORY(a_batch_gives_what_its_records_give_one_by_one),
        STORY(what_a_screener_leaves_out_stays_as_the_message_has_it),
        STORY(
            an_amendment_keeps_what_the_screener_said_unless_it_says_otherwise),
        STORY(an_override_outlives_an_amendment_that_asks_for_no_more),
        STORY(a_screening_of_one_amendment_names_it_rightly),
        STORY(a_missing_child_is_screened_with_its_episode),
        STORY(a_notification_is_decided_once),
        STORY(an_offer_is_about_the_child_of_its_case),
        STORY(an_episode_under_another_childs_name_goes_to_a_person),
        STORY(a_review_is_resolved_only_in_ways_that_exist),
        STORY(a_child_keeps_its_name_and_lives_where_it_was_last_told),
        STORY(an_estimated_birth_gives_way_to_a_known_one),
        STORY(a_twin_is_a_child_of_its_own_linked_both_ways),
        STORY(an_activity_that_names_nobody_for_certain_is_refused),
        STORY(an_activity_is_passed_on_whole),
        STORY(a_configuration_is_passed_on_and_a_stranger_refused),
        STORY(without_a_profile_nothing_is_decided),
    };

    return cmocka_run_group_tests_name("triage", tests, NULL, NULL);
}
