/*
 * Each drift rule of domain.md section 8 that is the tracker's: raised on its
 * limit and not before, cleared when cured, one rung up when nobody has seen
 * it, once a due time. A table; what is particular stands below it.
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

/* ---- stories ------------------------------------------------------------- */

/* Nobody has it: since Friday 26 June 2015, 11:05. */
static void
unallocated(struct day *d)
{
    (void)a_case(d, "A", OUTCOME_EH_INTENSIVE);
}

static void
allocated(struct day *d)
{
    unallocated(d);
    allocate(d, "A", "2015-06-26T12:00:00");
}

/* By a person of the case, with what most activities want. */
static void
does(struct day *d, const char *at, int activity)
{
    act(d, &(struct deed){ .at = at,
                           .activity = activity,
                           .child = "A",
                           .worker = "worker-1",
                           .authorised_by = "leader-1",
                           .reason_chars = 30 });
}

static void
planned(struct day *d)
{
    allocated(d);
    does(d, "2015-06-26T13:00:00", ACTIVITY_ASSESSMENT_STARTED);
    does(d, "2015-06-26T14:00:00", ACTIVITY_ASSESSMENT_COMPLETED);
    does(d, "2015-06-26T15:00:00", ACTIVITY_PLAN_AGREED);
}

static void
offered(struct day *d)
{
    allocated(d);
    act(d, &(struct deed){ .at = "2015-06-26T13:00:00",
                           .activity = ACTIVITY_HANDOVER_OFFERED,
                           .child = "A",
                           .to_unit = "duty-team",
                           .reason_chars = 30 });
}

static void
down_offered(struct day *d)
{
    decide(d, &(struct decision){ .at = "2015-06-25T09:00:00",
                                  .child = "A",
                                  .ref = "A",
                                  .entry = ENTRY_CSC,
                                  .outcome = OUTCOME_SOCIAL_CARE_REFERRAL,
                                  .csc_status = CSC_CIN,
                                  .unit = "duty-team" });
    act(d, &(struct deed){ .at = "2015-06-25T10:00:00",
                           .activity = ACTIVITY_ALLOCATED,
                           .child = "A",
                           .unit = "duty-team",
                           .worker = "worker-1" });
    act(d, &(struct deed){ .at = "2015-06-26T13:00:00",
                           .activity = ACTIVITY_HANDOVER_OFFERED,
                           .child = "A",
                           .unit = "duty-team",
                           .to_unit = "swale-1",
                           .reason_chars = 30 });
}

static void
intended(struct day *d)
{
    decide(d, &(struct decision){ .at = "2015-06-26T11:05:00",
                                  .child = "A",
                                  .ref = "A",
                                  .outcome = OUTCOME_CAF_TAF,
                                  .action = "open_intent" });
}

static void
waiting(struct day *d)
{
    decide(d, &(struct decision){ .at = "2015-06-26T11:05:00",
                                  .child = "A",
                                  .ref = "A",
                                  .status = DECISION_PROVISIONAL,
                                  .outcome = OUTCOME_EH_INTENSIVE });
}

static struct decision
missing(const char *at, int kind)
{
    return (struct decision){ .at = at,
                              .child = "A",
                              .ref = kind == KIND_POLICE_MISSING_FOUND ? "m2"
                                                                       : "m1",
                              .kind = kind,
                              .agency_type = AGENCY_POLICE,
                              .outcome = OUTCOME_SINGLE_AGENCY,
                              .rule = "KE03",
                              .episode = "E1" };
}

static void
reported(struct day *d, int in_30_days, int in_90_days)
{
    struct decision in =
        missing("2015-06-26T11:05:00", KIND_POLICE_MISSING_REPORTED);

    in.reported = "2015-06-26T11:00:00";
    in.missing_30d = in_30_days;
    in.missing_90d = in_90_days;
    decide(d, &in);
}

static void
found(struct day *d)
{
    struct decision in =
        missing("2015-06-26T14:55:00", KIND_POLICE_MISSING_FOUND);

    reported(d, 1, 1);
    in.found = "2015-06-26T14:55:00";
    decide(d, &in);
}

static void
twice_missing(struct day *d)
{
    reported(d, 2, 2);
}

static void
thrice_missing(struct day *d)
{
    reported(d, 3, 3);
}

static void
thrice_in_90_days(struct day *d)
{
    reported(d, 2, 3);
}

/* The last 14 or 15 of these make the caseload. */
static void
cases_of_one_worker(struct day *d, int n)
{
    static const char *const names[] = { "B", "C", "D", "E", "F", "G", "H",
                                         "I", "J", "K", "L", "M", "N", "O" };

    for (int i = 0; i < n - 1; i++) {
        (void)a_case(d, names[i], OUTCOME_SINGLE_AGENCY);
        allocate(d, names[i], "2015-06-26T11:30:00");
    }
    allocated(d);
}

static void
fourteen_cases(struct day *d)
{
    cases_of_one_worker(d, 14);
}

static void
fifteen_cases(struct day *d)
{
    cases_of_one_worker(d, 15);
}

static void
paused(struct day *d)
{
    allocated(d);
    does(d, "2015-06-29T10:00:00", ACTIVITY_CLOCK_PAUSED);
}

static void
notice(struct day *d, bool relayed, const char *incident_at)
{
    struct referral_decided r;

    decision_of(d,
                &(struct decision){ .at = "2015-06-26T11:05:00",
                                    .child = "A",
                                    .ref = "A",
                                    .kind = KIND_POLICE_ENCOMPASS,
                                    .agency_type = AGENCY_POLICE,
                                    .outcome = OUTCOME_NFA },
                &r);
    r.incident_at = local(d, incident_at);
    r.relayed = relayed;
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &r, NULL), ST_OK);
}

/* Of Friday evening: the school opens on Monday at 08:30. */
static void
school_unaware(struct day *d)
{
    notice(d, false, "2015-06-26T10:00:00");
}

static void
school_told(struct day *d)
{
    notice(d, true, "2015-06-26T10:00:00");
}

/* Opened on Monday 5 January 2015, closed `closed`, back on 26 June. */
static void
came_back(struct day *d, const char *closed, const char *back,
          enum tri re_referral)
{
    struct referral_decided r;

    decide(d, &(struct decision){ .at = "2015-01-05T10:00:00",
                                  .child = "A",
                                  .ref = "first",
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .unit = "ashford-1" });
    mem_name(d->m, last_case(d)->case_id, "first");
    act(d, &(struct deed){ .at = closed,
                           .activity = ACTIVITY_CLOSED,
                           .child = "A",
                           .outcome = CLOSE_NEEDS_MET,
                           .authorised_by = "leader-1" });
    mem_clear(d->m);
    decision_of(d,
                &(struct decision){ .at = back,
                                    .child = "A",
                                    .ref = "A",
                                    .outcome = OUTCOME_EH_INTENSIVE },
                &r);
    r.re_referral = re_referral;
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &r, NULL), ST_OK);
}

static void
back_after_42_days(struct day *d)
{
    came_back(d, "2015-02-16T10:00:00", "2015-06-26T11:05:00", TRI_YES);
}

static void
back_after_41_days(struct day *d)
{
    came_back(d, "2015-02-15T10:00:00", "2015-06-26T11:05:00", TRI_YES);
}

static void
back_for_the_first_time(struct day *d)
{
    came_back(d, "2015-02-16T10:00:00", "2015-06-26T11:05:00", TRI_NO);
}

/* ---- cures --------------------------------------------------------------- */

static void
is_allocated(struct day *d)
{
    allocate(d, "A", "2015-07-08T10:00:00");
}

static void
is_visited(struct day *d)
{
    does(d, "2015-08-03T10:00:00", ACTIVITY_VISIT);
}

static void
is_assessed(struct day *d)
{
    does(d, "2015-07-13T10:00:00", ACTIVITY_ASSESSMENT_STARTED);
    does(d, "2015-07-13T11:00:00", ACTIVITY_ASSESSMENT_COMPLETED);
}

static void
gets_a_plan(struct day *d)
{
    is_assessed(d);
    does(d, "2015-07-20T11:00:00", ACTIVITY_PLAN_AGREED);
}

static void
is_reviewed(struct day *d)
{
    does(d, "2015-08-10T11:00:00", ACTIVITY_REVIEW_HELD);
}

static void
is_closed(struct day *d)
{
    act(d, &(struct deed){ .at = "2016-01-04T11:00:00",
                           .activity = ACTIVITY_CLOSED,
                           .child = "A",
                           .outcome = CLOSE_NEEDS_MET,
                           .authorised_by = "leader-1" });
}

static void
is_accepted(struct day *d)
{
    act(d, &(struct deed){ .at = "2015-07-04T11:00:00",
                           .activity = ACTIVITY_HANDOVER_ACCEPTED,
                           .child = "A",
                           .unit = "duty-team" });
}

static void
has_its_caf(struct day *d)
{
    does(d, "2015-07-27T10:00:00", ACTIVITY_CAF_RECEIVED);
}

static void
is_interviewed(struct day *d)
{
    does(d, "2015-06-30T15:00:00", ACTIVITY_RHI_HELD);
}

static void
report_is_cancelled(struct day *d)
{
    struct decision in =
        missing("2015-07-06T12:00:00", KIND_POLICE_MISSING_CANCELLED);

    in.ref = "m3";
    in.cancelled = "2015-06-26T12:00:00";
    decide(d, &in);
}

static void
goes_to_another(struct day *d)
{
    act(d, &(struct deed){ .at = "2015-07-10T11:00:00",
                           .activity = ACTIVITY_REALLOCATED,
                           .child = "A",
                           .worker = "worker-2" });
}

static void
is_decided(struct day *d)
{
    decide(d, &(struct decision){ .at = "2015-06-30T11:05:00",
                                  .child = "A",
                                  .ref = "A",
                                  .outcome = OUTCOME_EH_INTENSIVE });
}

static void
tracker_looks(struct day *d)
{
    does(d, "2015-07-27T10:00:00", ACTIVITY_TRACKER_REVIEWED);
}

static void
school_is_told(struct day *d)
{
    does(d, "2015-06-29T09:00:00", ACTIVITY_ENCOMPASS_RELAYED);
}

static void
goes_on(struct day *d)
{
    does(d, "2015-07-28T10:00:00", ACTIVITY_CLOCK_RESUMED);
}

static void
panel_looks(struct day *d)
{
    does(d, "2015-07-04T10:00:00", ACTIVITY_PANEL_CONSIDERED);
}

/* Nobody is sure who the child is; whatever else it is about is decided. */
static void
unsure(struct day *d)
{
    decide(d, &(struct decision){ .at = "2015-06-26T11:05:00",
                                  .child = "A",
                                  .ref = "A",
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .match_status = MATCH_REVIEW });
}

static void
unsure_who_is_missing(struct day *d)
{
    struct decision in =
        missing("2015-06-26T11:05:00", KIND_POLICE_MISSING_REPORTED);

    in.reported = "2015-06-26T11:00:00";
    in.match_status = MATCH_REVIEW;
    decide(d, &in);
}

static void
is_known(struct day *d)
{
    decide(d, &(struct decision){ .at = "2015-06-30T11:05:00",
                                  .child = "A",
                                  .ref = "A",
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .match_status = MATCH_NEW });
}

static void
missing_is_known(struct day *d)
{
    struct decision in =
        missing("2015-06-30T11:05:00", KIND_POLICE_MISSING_REPORTED);

    in.reported = "2015-06-26T11:00:00";
    in.match_status = MATCH_NEW;
    decide(d, &in);
}

/* ---- the table ----------------------------------------------------------- */

struct drift_row {
    const char *name;
    const char *rule;
    const char *told; /* whom it tells first when it has come true */
    void (*below)(struct day *d); /* a story that isn't on the limit */
    const char *before;           /* and an instant up to which it isn't */
    void (*over)(struct day *d);
    const char *at; /* when it comes true; NULL: as the story ends */
    /* One rung up, a millisecond before, the next; NULL where none is. */
    const char *not_yet;
    const char *district;
    const char *head;
    bool by_time; /* the rung above comes whether it was seen or not */
    void (*cure)(struct day *d);
};

static const struct drift_row rows[] = {
    { "D01 no worker", "D01", "unit_leader", unallocated,
      "2015-06-30T23:59:59.999", unallocated, "2015-07-01T00:00:00",
      "2015-07-02T23:59:59.999", "2015-07-03T00:00:00", "2015-07-08T00:00:00",
      false, is_allocated },
    { "D02 nobody saw the child", "D02", "worker", allocated,
      "2015-07-24T23:59:59.999", allocated, "2015-07-25T00:00:00",
      "2015-07-31T23:59:59.999", "2015-08-01T00:00:00", NULL, true,
      is_visited },
    { "D03 assessment late", "D03", "unit_leader", allocated,
      "2015-07-10T23:59:59.999", allocated, "2015-07-11T00:00:00",
      "2015-07-14T23:59:59.999", "2015-07-15T00:00:00", "2015-07-18T00:00:00",
      false, is_assessed },
    { "D04 plan late", "D04", "unit_leader", allocated,
      "2015-07-17T23:59:59.999", allocated, "2015-07-18T00:00:00",
      "2015-07-21T23:59:59.999", "2015-07-22T00:00:00", "2015-07-25T00:00:00",
      false, gets_a_plan },
    { "D05 review late", "D05", "unit_leader", planned,
      "2015-08-07T23:59:59.999", planned, "2015-08-08T00:00:00",
      "2015-08-11T23:59:59.999", "2015-08-12T00:00:00", "2015-08-15T00:00:00",
      false, is_reviewed },
    { "D06 open too long", "D06", "unit_leader", unallocated,
      "2015-11-13T23:59:59.999", unallocated, "2015-11-14T00:00:00",
      "2015-12-25T23:59:59.999", "2015-12-26T00:00:00", NULL, true, is_closed },
    { "D07 closed too soon", "D07", "unit_leader", back_after_42_days, NULL,
      back_after_41_days, NULL, "2015-07-03T23:59:59.999", NULL,
      "2015-07-04T00:00:00", false, is_closed },
    { "D08 hand-over unanswered", "D08", "unit_leader stage=2", offered,
      "2015-07-03T23:59:59.999", offered, "2015-07-04T00:00:00",
      "2015-07-07T23:59:59.999", "2015-07-08T00:00:00", NULL, false,
      is_accepted },
    { "D09 intent not converted", "D09", "unit_leader", intended,
      "2015-07-24T23:59:59.999", intended, "2015-07-25T00:00:00",
      "2015-07-28T23:59:59.999", "2015-07-29T00:00:00", "2015-08-01T00:00:00",
      false, has_its_caf },
    { "D10 interview late", "D10", "unit_leader", found, "2015-06-29T14:55:00",
      found, "2015-06-29T14:55:00.001", NULL, NULL, "2015-06-30T14:55:00.001",
      false, is_interviewed },
    { "D11 missing three times in 30 days", "D11", "duty", twice_missing, NULL,
      thrice_missing, NULL, "2015-07-03T23:59:59.999", NULL,
      "2015-07-04T00:00:00", false, report_is_cancelled },
    { "D11 missing three times in 90 days", "D11", "unit_leader", twice_missing,
      NULL, thrice_in_90_days, NULL, "2015-06-30T23:59:59.999",
      "2015-07-01T00:00:00", "2015-07-04T00:00:00", false,
      report_is_cancelled },
    { "D12 referred again", "D12", "unit_leader", back_for_the_first_time, NULL,
      back_after_42_days, NULL, "2015-06-30T23:59:59.999",
      "2015-07-01T00:00:00", "2015-07-04T00:00:00", false, is_closed },
    { "D13 too many cases", "D13", "unit_leader", fourteen_cases, NULL,
      fifteen_cases, NULL, "2015-06-30T23:59:59.999", "2015-07-01T00:00:00",
      "2015-07-04T00:00:00", false, goes_to_another },
    { "D14 referrer not answered", "D14", "mash_manager", waiting,
      "2015-06-29T23:59:59.999", waiting, "2015-06-30T00:00:00",
      "2015-07-01T23:59:59.999", "2015-07-02T00:00:00", "2015-07-07T00:00:00",
      false, is_decided },
    { "D15 tracker review missed", "D15", "unit_leader", allocated,
      "2015-07-26T23:59:59.999", allocated, "2015-07-27T00:00:00",
      "2015-07-28T23:59:59.999", "2015-07-29T00:00:00", "2015-08-01T00:00:00",
      false, tracker_looks },
    { "D17 school not told", "D17", "duty", school_unaware,
      "2015-06-29T08:30:00", school_unaware, "2015-06-29T08:30:00.001",
      "2015-07-01T23:59:59.999", "2015-07-02T00:00:00", "2015-07-07T00:00:00",
      false, school_is_told },
    { "D18 paused too long", "D18", "unit_leader", paused,
      "2015-07-27T23:59:59.999", paused, "2015-07-28T00:00:00",
      "2015-07-29T23:59:59.999", "2015-07-30T00:00:00", "2015-08-04T00:00:00",
      false, goes_on },
    { "D19 match review open", "D19", "screener", unsure, "2015-06-27T11:05:00",
      unsure, "2015-06-27T11:05:00.001", "2015-06-30T23:59:59.999",
      "2015-07-01T00:00:00", "2015-07-04T00:00:00", false, is_known },
    { "D19 match review of a missing child", "D19", "screener",
      unsure_who_is_missing, "2015-06-26T12:05:00", unsure_who_is_missing,
      "2015-06-26T12:05:00.001", "2015-06-30T23:59:59.999",
      "2015-07-01T00:00:00", "2015-07-04T00:00:00", false, missing_is_known },
    { "D20 step-down without panel", "D20", "district_manager", down_offered,
      "2015-07-03T23:59:59.999", down_offered, "2015-07-04T00:00:00",
      "2015-07-10T23:59:59.999", NULL, "2015-07-11T00:00:00", false,
      panel_looks },
};

/* "rule=D03 told=unit_leader" */
static const char *
told(struct day *d, const struct drift_row *row, const char *role)
{
    char *out = arena_alloc(mem_arena(d->m), 64);

    (void)snprintf(out, 64, "rule=%s told=%s", row->rule, role);
    return out;
}

static size_t
count_lines(struct day *d, const char *word)
{
    const char *text = lines_with(d, word);
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void
comes_true(struct day *d, const struct drift_row *row)
{
    row->over(d);
    if (row->at == NULL)
        return;
    tick(d, row->before);
    mem_clear(d->m);
    tick(d, row->at);
}

static void
it_is_raised_on_its_limit_and_not_before(struct day *d,
                                         const struct drift_row *row)
{
    row->below(d);
    if (row->before != NULL)
        tick(d, row->before);
    if (count_lines(d, told(d, row, row->told)) != 0)
        fail_msg("%s: told too soon:\n%s", row->name, mem_text(d->m));
}

static void
it_is_raised_once(struct day *d, const struct drift_row *row)
{
    comes_true(d, row);
    if (count_lines(d, told(d, row, row->told)) != 1)
        fail_msg("%s: not told once:\n%s", row->name, mem_text(d->m));
}

static const char *
next_on(const char *told_first)
{
    if (strcmp(told_first, "worker") == 0)
        return "unit_leader";
    return strcmp(told_first, "screener") == 0 ? "mash_manager"
                                               : "district_manager";
}

static void
it_goes_up_where_nobody_has_seen_it(struct day *d, const struct drift_row *row)
{
    const char *role = next_on(row->told);

    comes_true(d, row);
    mem_clear(d->m);
    if (row->not_yet != NULL)
        tick(d, row->not_yet);
    if (count_lines(d, told(d, row, role)) != 0 ||
        count_lines(d, told(d, row, "head_of_service")) != 0)
        fail_msg("%s: escalated too soon:\n%s", row->name, mem_text(d->m));
    if (row->district != NULL) {
        tick(d, row->district);
        if (count_lines(d, told(d, row, role)) != 1)
            fail_msg("%s: not escalated:\n%s", row->name, mem_text(d->m));
    }
    if (row->head != NULL) {
        tick(d, row->head);
        if (count_lines(d, told(d, row, "head_of_service")) != 1)
            fail_msg("%s: the head of service wasn't told:\n%s", row->name,
                     mem_text(d->m));
    }
}

static struct id
open_alert(struct day *d, const char *rule)
{
    const struct alert_row *a;
    size_t at = 0;

    while ((a = mem_next(d->m, TABLE_ALERT, &at)) != NULL)
        if (str_is(a->rule, rule) && a->cleared_at == TIME_NONE)
            return a->alert_id;
    return ID_NONE;
}

static void
what_was_seen_stays_where_it_is(struct day *d, const struct drift_row *row)
{
    const char *last = row->head != NULL ? row->head : row->district;
    size_t n;

    if (last == NULL)
        return;
    comes_true(d, row);
    act(d,
        &(struct deed){ .at = row->at == NULL ? "2015-06-26T16:00:00" : row->at,
                        .activity = ACTIVITY_ALERT_ACKNOWLEDGED,
                        .alert_id = open_alert(d, row->rule) });
    mem_clear(d->m);
    tick(d, last);
    n = count_lines(d, told(d, row, "unit_leader")) +
        count_lines(d, told(d, row, "district_manager")) +
        count_lines(d, told(d, row, "mash_manager")) +
        count_lines(d, told(d, row, "head_of_service"));
    if (n != (row->by_time ? 1 : 0))
        fail_msg("%s: %zu rungs after it was seen:\n%s", row->name, n,
                 mem_text(d->m));
}

static void
it_is_cleared_when_cured(struct day *d, const struct drift_row *row)
{
    char line[64];

    (void)snprintf(line, sizeof line, "AlertCleared rule=%s", row->rule);
    comes_true(d, row);
    mem_clear(d->m);
    row->cure(d);
    if (count_lines(d, line) != 1)
        fail_msg("%s: not cleared once:\n%s", row->name, mem_text(d->m));
    assert_true(id_is_none(open_alert(d, row->rule)));
    mem_clear(d->m);
    tick(d, "2016-01-05T00:00:00");
    (void)snprintf(line, sizeof line, "AlertRaised rule=%s", row->rule);
    if (row->at == NULL && count_lines(d, line) != 0)
        fail_msg("%s: raised again:\n%s", row->name, mem_text(d->m));
}

static void (*const checks[])(struct day *, const struct drift_row *) = {
    it_is_raised_on_its_limit_and_not_before,
    it_is_raised_once,
    it_goes_up_where_nobody_has_seen_it,
    what_was_seen_stays_where_it_is,
    it_is_cleared_when_cured,
};

static void
test_row(void **s)
{
    const struct drift_row *row = *s;

    for (size_t i = 0; i < N_OF(checks); i++) {
        void *day;

        assert_int_equal(open_day(&day), 0);
        checks[i](day, row);
        assert_int_equal(close_day(&day), 0);
    }
}

/* ---- what is particular -------------------------------------------------- */

static void
an_alert_that_is_closed_too_soon_names_the_short_case_and_its_unit(void **s)
{
    struct day *d = *s;
    const struct alert_raised *a;

    mem_show(d->m, REC_ALERT_RAISED, "rule told unit case_id");
    back_after_41_days(d);
    assert_string_equal(lines_with(d, "AlertRaised rule=D07"),
                        "out alerts AlertRaised rule=D07 told=unit_leader "
                        "unit=ashford-1 case_id=first\n");
    assert_int_equal(count_lines(d, "AlertEscalated rule=D07 "
                                    "told=district_manager stage=2"),
                     1);
    a = mem_last(d->m, REC_ALERT_RAISED);
    assert_true(id_eq(a->subject_id, last_case(d)->case_id));
    assert_int_equal(a->due_at, local(d, "2015-06-26T11:05:00"));
}

static void
a_year_after_closing_is_the_last_day_on_which_it_was_too_soon(void **s)
{
    const struct {
        const char *back;
        size_t raised;
    } days[] = { { "2016-02-15T23:00:00", 1 }, { "2016-02-16T01:00:00", 0 } };

    (void)s;
    for (size_t i = 0; i < N_OF(days); i++) {
        void *day;

        assert_int_equal(open_day(&day), 0);
        came_back(day, "2015-02-15T10:00:00", days[i].back, TRI_YES);
        assert_int_equal(count_lines(day, "AlertRaised rule=D07"),
                         days[i].raised);
        assert_int_equal(close_day(&day), 0);
    }
}

static void
a_case_opened_in_error_was_not_closed_too_soon(void **s)
{
    struct day *d = *s;
    struct referral_decided r;

    (void)a_case(d, "A", OUTCOME_SINGLE_AGENCY);
    act(d, &(struct deed){ .at = "2015-06-29T10:00:00",
                           .activity = ACTIVITY_CLOSED,
                           .child = "A",
                           .outcome = CLOSE_IN_ERROR,
                           .authorised_by = "leader-1" });
    decision_of(d,
                &(struct decision){ .at = "2015-07-06T10:00:00",
                                    .child = "A",
                                    .ref = "again",
                                    .outcome = OUTCOME_CAF_TAF },
                &r);
    r.re_referral = TRI_YES;
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &r, NULL), ST_OK);
    assert_int_equal(count_lines(d, "rule=D12"), 1);
    assert_int_equal(count_lines(d, "rule=D07"), 0);
}

static void
a_step_up_soon_after_a_short_help_is_told_when_it_is_accepted(void **s)
{
    struct day *d = *s;

    came_back(d, "2015-02-15T10:00:00", "2015-06-26T11:05:00", TRI_NO);
    act(d, &(struct deed){ .at = "2015-06-29T10:00:00",
                           .activity = ACTIVITY_HANDOVER_OFFERED,
                           .child = "A",
                           .to_unit = "duty-team",
                           .reason_chars = 30 });
    assert_int_equal(count_lines(d, "rule=D07"), 0);
    act(d, &(struct deed){ .at = "2015-06-30T10:00:00",
                           .activity = ACTIVITY_HANDOVER_ACCEPTED,
                           .child = "A",
                           .unit = "duty-team" });
    assert_int_equal(count_lines(d, "AlertRaised rule=D07 told=unit_leader"),
                     1);
    assert_int_equal(count_lines(d, "rule=D12"), 0);
}

static void
a_step_up_itself_was_not_closed_too_soon(void **s)
{
    struct day *d = *s;

    offered(d);
    act(d, &(struct deed){ .at = "2015-06-30T10:00:00",
                           .activity = ACTIVITY_HANDOVER_ACCEPTED,
                           .child = "A",
                           .unit = "duty-team" });
    assert_int_equal(last_case(d)->side, SIDE_CSC);
    assert_int_equal(count_lines(d, "rule=D07"), 0);
}

static void
the_clock_that_stands_still_longest_is_watched(void **s)
{
    struct day *d = *s;

    allocated(d);
    act(d, &(struct deed){ .at = "2015-06-26T13:00:00",
                           .activity = ACTIVITY_CLOCK_PAUSED,
                           .child = "A",
                           .clock = "T12",
                           .reason_chars = 30 });
    act(d, &(struct deed){ .at = "2015-06-29T13:00:00",
                           .activity = ACTIVITY_CLOCK_PAUSED,
                           .child = "A",
                           .clock = "T12b",
                           .reason_chars = 30 });
    tick(d, "2015-07-24T23:59:59.999");
    assert_int_equal(count_lines(d, "rule=D18"), 0);
    tick(d, "2015-07-25T00:00:00");
    assert_int_equal(count_lines(d, "AlertRaised rule=D18"), 1);
    act(d, &(struct deed){ .at = "2015-07-25T13:00:00",
                           .activity = ACTIVITY_CLOCK_RESUMED,
                           .child = "A",
                           .clock = "T12" });
    assert_int_equal(count_lines(d, "AlertCleared rule=D18"), 1);
    tick(d, "2015-07-27T23:59:59.999");
    assert_int_equal(count_lines(d, "AlertRaised rule=D18"), 1);
    tick(d, "2015-07-28T00:00:00");
    assert_int_equal(count_lines(d, "AlertRaised rule=D18"), 2);
}

static void
a_relay_to_the_school_meets_its_clock(void **s)
{
    struct day *d = *s;

    school_told(d);
    assert_string_equal(lines_with(d, "clock=T11"),
                        "out case-journal ClockChanged clock=T11 "
                        "change=started due_at=2015-06-29T08:30:00+01:00 "
                        "late=-\n"
                        "out case-journal ClockChanged clock=T11 "
                        "change=stopped due_at=2015-06-29T08:30:00+01:00 "
                        "late=no\n");
    tick(d, "2015-07-30T00:00:00");
    assert_int_equal(count_lines(d, "rule=D17"), 0);
}

static void
an_amended_incident_moves_the_school_s_clock(void **s)
{
    struct day *d = *s;
    struct referral_decided r;

    school_unaware(d);
    mem_clear(d->m);
    decision_of(d,
                &(struct decision){ .at = "2015-06-26T12:00:00",
                                    .child = "A",
                                    .ref = "A",
                                    .amendment = 1,
                                    .kind = KIND_POLICE_ENCOMPASS,
                                    .agency_type = AGENCY_POLICE,
                                    .outcome = OUTCOME_NFA },
                &r);
    r.incident_at = local(d, "2015-06-25T23:00:00");
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &r, NULL), ST_OK);
    assert_string_equal(lines_with(d, "clock=T11"),
                        "out case-journal ClockChanged clock=T11 change=void "
                        "due_at=2015-06-29T08:30:00+01:00 late=-\n"
                        "out case-journal ClockChanged clock=T11 "
                        "change=started due_at=2015-06-26T08:30:00+01:00 "
                        "late=-\n");
    mem_clear(d->m);
    tick(d, "2015-06-26T12:00:00.001");
    assert_int_equal(count_lines(d, "AlertRaised rule=D17 told=duty"), 1);
}

static void
a_school_that_is_told_of_no_notice_is_a_note_on_a_case(void **s)
{
    struct day *d = *s;

    does(d, "2015-06-29T09:00:00", ACTIVITY_ENCOMPASS_RELAYED);
    assert_int_equal(count_lines(d, "reject"), 0);
    assert_int_equal(count_lines(d, "CaseChanged"), 0);
    allocated(d);
    mem_clear(d->m);
    does(d, "2015-06-29T09:00:00", ACTIVITY_ENCOMPASS_RELAYED);
    assert_int_equal(count_lines(d, "CaseChanged"), 1);
}

/* ---- D19 ----------------------------------------------------------------- */

static void
a_later_doubt_about_the_same_child_is_watched_again(void **s)
{
    struct day *d = *s;

    unsure(d);
    is_known(d);
    decide(d, &(struct decision){ .at = "2015-07-01T11:05:00",
                                  .child = "A",
                                  .ref = "A",
                                  .amendment = 1,
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .match_status = MATCH_REVIEW });
    mem_clear(d->m);
    tick(d, "2015-07-02T11:05:00");
    assert_int_equal(count_lines(d, "AlertRaised rule=D19"), 0);
    tick(d, "2015-07-02T11:05:00.001");
    assert_int_equal(count_lines(d, "AlertRaised rule=D19"), 1);
}

/* ---- T7 ------------------------------------------------------------------ */

static void
conference_on_an_unborn_child(struct day *d)
{
    struct activity_recorded a;

    decide(d, &(struct decision){ .at = "2015-01-26T09:00:00",
                                  .child = "A",
                                  .ref = "A",
                                  .entry = ENTRY_CSC,
                                  .outcome = OUTCOME_SOCIAL_CARE_REFERRAL,
                                  .csc_status = CSC_CIN,
                                  .unit = "duty-team" });
    deed_of(d,
            &(struct deed){ .at = "2015-01-30T09:00:00",
                            .activity = ACTIVITY_ICPC_HELD,
                            .child = "A",
                            .unit = "duty-team",
                            .csc_status = CSC_CP },
            &a);
    a.age_band = AGE_UNBORN;
    mem_clear(d->m);
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, &a, NULL), ST_OK);
}

/* Golden vector of domain.md section 7: born 24 March, due 9 April. */
static void
a_birth_moves_the_unborn_child_s_first_review(void **s)
{
    struct day *d = *s;

    conference_on_an_unborn_child(d);
    assert_string_equal(lines_with(d, "clock=T7"),
                        "out case-journal ClockChanged clock=T7 "
                        "change=started due_at=2015-05-15T23:59:59.999+01:00 "
                        "late=-\n");
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-03-24T04:00:00",
                           .activity = ACTIVITY_BIRTH_RECORDED,
                           .child = "A",
                           .unit = "duty-team" });
    assert_string_equal(lines_with(d, "clock=T7"),
                        "out case-journal ClockChanged clock=T7 change=moved "
                        "due_at=2015-04-09T23:59:59.999+01:00 late=-\n");
    mem_clear(d->m);
    tick(d, "2015-04-09T23:59:59.999");
    assert_int_equal(count_lines(d, "rule=T7 told=unit_leader"), 0);
    tick(d, "2015-04-10T00:00:00");
    assert_int_equal(count_lines(d, "rule=T7 told=unit_leader"), 1);
    act(d, &(struct deed){ .at = "2015-04-10T10:00:00",
                           .activity = ACTIVITY_CP_REVIEW_HELD,
                           .child = "A",
                           .unit = "duty-team" });
    assert_int_equal(count_lines(d, "AlertCleared rule=T7"), 1);
}

static void
no_clock_of_the_unborn_runs_for_a_child_who_is_born(void **s)
{
    struct day *d = *s;

    down_offered(d);
    act(d, &(struct deed){ .at = "2015-06-26T14:00:00",
                           .activity = ACTIVITY_ICPC_HELD,
                           .child = "A",
                           .unit = "duty-team",
                           .csc_status = CSC_CP });
    assert_int_equal(count_lines(d, "clock=T5 change=started"), 1);
    assert_int_equal(count_lines(d, "clock=T7"), 0);
}

/* ---- the 18th birthday --------------------------------------------------- */

static void
found_before_the_birthday(struct day *d, date_d adult_on)
{
    struct referral_decided r;
    struct decision in =
        missing("2015-06-26T14:55:00", KIND_POLICE_MISSING_FOUND);

    in.found = "2015-06-26T14:55:00";
    decision_of(d, &in, &r);
    r.adult_on = adult_on;
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &r, NULL), ST_OK);
}

static void
the_birthday_closes_an_episode_as_its_day_begins(void **s)
{
    struct day *d = *s;
    date_d adult_on;

    assert_true(date_parse(STR("2015-06-28"), &adult_on));
    found_before_the_birthday(d, adult_on);
    mem_clear(d->m);
    tick(d, "2015-06-27T23:59:59.999");
    assert_string_equal(lines_with(d, "MissingEpisodeChanged"), "");
    tick(d, "2015-06-28T00:00:00");
    assert_string_equal(lines_with(d, "MissingEpisodeChanged"),
                        "out case-journal MissingEpisodeChanged state=closed "
                        "rhi_state=void "
                        "rhi_due_at=2015-06-29T14:55:00+01:00\n");
    assert_string_equal(lines_with(d, "clock=T10"),
                        "out case-journal ClockChanged clock=T10 change=void "
                        "due_at=2015-06-29T14:55:00+01:00 late=-\n");
    mem_clear(d->m);
    tick(d, "2015-07-29T00:00:00");
    assert_int_equal(count_lines(d, "rule=D10"), 0);
    does(d, "2015-07-29T09:00:00", ACTIVITY_RHI_HELD);
    assert_int_equal(count_lines(d, "reject R20"), 1);
}

static void
a_message_after_the_birthday_opens_nothing_again(void **s)
{
    struct day *d = *s;
    date_d adult_on;

    assert_true(date_parse(STR("2015-06-26"), &adult_on));
    found_before_the_birthday(d, adult_on);
    assert_int_equal(count_lines(d, "state=closed rhi_state=void"), 1);
    assert_int_equal(count_lines(d, "clock=T10"), 0);
}

/* What the rows have shown, once none has failed. */
static void
print_table(void)
{
    static const char head[] = "%-37s %-20s %-23s %-23s %-23s %s\n";

    printf(head, "rule", "first told", "not yet at", "raised at",
           "next rung at", "head of service at");
    for (size_t i = 0; i < N_OF(rows); i++) {
        const struct drift_row *r = &rows[i];

        printf(head, r->name, r->told, r->before == NULL ? "-" : r->before,
               r->at == NULL ? "the record's instant" : r->at,
               r->district == NULL ? "-" : r->district,
               r->head == NULL ? "-" : r->head);
    }
    printf("%zu rows: each raised once, and cleared once when cured\n",
           N_OF(rows));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_day, close_day)

/* With any argument: the table, too. */
int
main(int argc, char **argv)
{
    static const struct CMUnitTest stories[] = {
        STORY(
            an_alert_that_is_closed_too_soon_names_the_short_case_and_its_unit),
        STORY(a_year_after_closing_is_the_last_day_on_which_it_was_too_soon),
        STORY(a_case_opened_in_error_was_not_closed_too_soon),
        STORY(a_step_up_soon_after_a_short_help_is_told_when_it_is_accepted),
        STORY(a_step_up_itself_was_not_closed_too_soon),
        STORY(the_clock_that_stands_still_longest_is_watched),
        STORY(a_relay_to_the_school_meets_its_clock),
        STORY(an_amended_incident_moves_the_school_s_clock),
        STORY(a_school_that_is_told_of_no_notice_is_a_note_on_a_case),
        STORY(a_later_doubt_about_the_same_child_is_watched_again),
        STORY(a_birth_moves_the_unborn_child_s_first_review),
        STORY(no_clock_of_the_unborn_runs_for_a_child_who_is_born),
        STORY(the_birthday_closes_an_episode_as_its_day_begins),
        STORY(a_message_after_the_birthday_opens_nothing_again),
    };
    struct CMUnitTest tests[N_OF(rows) + N_OF(stories)];
    int failed;

    for (size_t i = 0; i < N_OF(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    memcpy(tests + N_OF(rows), stories, sizeof stories);
    failed = cmocka_run_group_tests_name("drift", tests, NULL, NULL);
    (void)argv;
    if (failed == 0 && argc > 1)
        print_table();
    return failed;
}
