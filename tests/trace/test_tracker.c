/* The tracker tells the sample day of domain.md section 12, and more. */
#include "common/adapters/profile_json.h"
#include "common/core/records.h"
#include "tests/lib/memory.h"
#include "tracker/core/tables.h"
#include "tracker/core/tracker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a day of kent-2015 -------------------------------------------------- */

struct day {
    struct mem *m;
    struct profile profile;
    struct calendar calendar;
    struct settings_version version;
    struct settings settings;
    int64_t n; /* records so far: makes their ids */
};

static struct str
project_file(struct mem *m, const char *path)
{
    const char *root = getenv("WAYMARK_ROOT");
    char full[4096];
    char *text = arena_alloc(mem_arena(m), 1 << 17);
    size_t n;
    FILE *f;

    (void)snprintf(full, sizeof full, "%s/%s", root == NULL ? "." : root, path);
    f = fopen(full, "r");
    if (f == NULL)
        fail_msg("cannot read %s; set WAYMARK_ROOT", full);
    n = fread(text, 1, 1 << 17, f);
    (void)fclose(f);
    return (struct str){ .p = text, .n = n };
}

static const struct {
    enum record_type type;
    const char *members;
} shown[] = {
    { REC_CASE_CHANGED, "case_id state effect" },
    { REC_HANDOVER_CHANGED, "state direction due_at new_case_id" },
    { REC_CLOCK_CHANGED, "clock change due_at late" },
    { REC_MISSING_EPISODE_CHANGED, "state rhi_state rhi_due_at" },
    { REC_ALERT_RAISED, "rule told" },
    { REC_ALERT_ESCALATED, "rule told stage" },
    { REC_ALERT_CLEARED, "rule reason" },
    { REC_ALERT_ACKNOWLEDGED, "rule" },
    { REC_REFERRER_ANSWERED, "answer outcome refusal" },
};

static int
open_day(void **s)
{
    struct day *d = calloc(1, sizeof *d);
    struct err err;

    assert_non_null(d);
    d->m = mem_open(&(struct mem_options){ .def = &tracker_service,
                                           .settings = &d->settings,
                                           .authority = 2,
                                           .authority_name = "kent-2015" });
    assert_int_equal(
        profile_json_read(mem_arena(d->m),
                          project_file(d->m, "profiles/kent-2015.json"),
                          &d->profile, &err),
        ST_OK);
    assert_int_equal(calendar_json_read(
                         mem_arena(d->m),
                         project_file(d->m, "calendars/england-and-wales.json"),
                         &d->calendar, &err),
                     ST_OK);
    d->version = (struct settings_version){ .version = d->profile.version_id,
                                            .profile = &d->profile };
    d->settings = (struct settings){ .versions = &d->version,
                                     .n = 1,
                                     .calendar = &d->calendar };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        mem_show(d->m, shown[i].type, shown[i].members);
    *s = d;
    return 0;
}

static int
close_day(void **s)
{
    struct day *d = *s;

    mem_close(d->m);
    free(d);
    return 0;
}

/* "2015-06-26T07:12:05" local */
static time_ms
local(struct day *d, const char *text)
{
    time_ms at;
    struct err err = { .text = "" };

    if (time_parse(&d->calendar.zone, str_of(text), &at, &err) != ST_OK)
        fail_msg("%s: %s", text, err.text);
    return at;
}

static struct id
some_id(const char *tag, const char *name)
{
    struct str part = str_of(name);

    return id_derive(tag, &part, 1);
}

static void
fill_meta(struct day *d, struct meta *meta, time_ms at)
{
    struct id id;

    d->n++;
    memset(&id, 0, sizeof id);
    memcpy(id.b, &d->n, sizeof d->n);
    meta->id = id;
    meta->source = STR("/kent-2015/triage");
    meta->occurred_at = at;
    meta->recorded_at = at;
    meta->profile_version = d->profile.version_id;
}

/* A decision of triage; what stays 0 has a plain value. */
struct decision {
    const char *at;
    const char *received; /* NULL: the same */
    const char *child;
    const char *ref; /* of the notification */
    int kind;        /* KIND_SCHOOL_REFERRAL */
    int agency_type; /* AGENCY_SCHOOL */
    int entry;       /* ENTRY_EH */
    int side;
    int status; /* DECISION_FINAL */
    int outcome;
    int csc_status;
    const char *rule;
    const char *unit;
    const char *episode;
    const char *found;
    const char *reported;
};

static void
decision_of(struct day *d, const struct decision *in,
            struct referral_decided *r)
{
    const char *received = in->received == NULL ? in->at : in->received;

    fields_clear(&fields_referral_decided, r);
    fill_meta(d, &r->meta, local(d, in->at));
    r->decision_id = r->meta.id;
    r->notification_id = some_id("notification", in->ref);
    r->agency_id = STR("a-school");
    r->agency_ref = str_of(in->ref);
    r->amendment = 0;
    r->agency_type = in->agency_type == 0 ? AGENCY_SCHOOL : in->agency_type;
    r->kind = in->kind == 0 ? KIND_SCHOOL_REFERRAL : in->kind;
    r->child_id = some_id("child", in->child);
    r->entry = in->entry == 0 ? ENTRY_EH : in->entry;
    r->side = in->side;
    r->outcome = in->outcome;
    r->status = in->status == 0 ? DECISION_FINAL : in->status;
    r->csc_status = in->csc_status;
    r->rule_id = in->rule == NULL ? STR("KE05") : str_of(in->rule);
    r->received_at = local(d, received);
    r->unit = in->unit == NULL ? STR("swale-1") : str_of(in->unit);
    r->consent = CONSENT_GIVEN;
    r->missing_30d = 1;
    r->missing_90d = 1;
    if (in->episode != NULL) {
        r->episode_id = some_id("episode", in->episode);
        r->episode_ref = str_of(in->episode);
    }
    if (in->found != NULL)
        r->found_at = local(d, in->found);
    if (in->reported != NULL)
        r->reported_at = local(d, in->reported);
}

static void
decide(struct day *d, const struct decision *in)
{
    struct referral_decided r;

    decision_of(d, in, &r);
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &r, NULL), ST_OK);
}

/* Something that staff did; recorded when it occurred unless said otherwise. */
struct deed {
    const char *at;
    const char *recorded;
    int activity;
    const char *child;
    const char *unit;
    const char *worker;
    const char *to_unit;
    const char *authorised_by;
    const char *clock;
    int side;
    int outcome;
    int csc_status;
    int32_t reason_chars;
    struct id case_id;
    struct id alert_id;
};

static struct str
str_or_null(const char *text)
{
    return text == NULL ? STR_NULL : str_of(text);
}

static void
deed_of(struct day *d, const struct deed *in, struct activity_recorded *a)
{
    const char *at = in->recorded == NULL ? in->at : in->recorded;

    fields_clear(&fields_activity_recorded, a);
    fill_meta(d, &a->meta, local(d, at));
    a->meta.occurred_at = local(d, in->at);
    a->activity_id = a->meta.id;
    a->agency_id = STR("kent");
    a->agency_ref = STR("act-1");
    a->amendment = 0;
    a->child_id = in->child == NULL ? ID_NONE : some_id("child", in->child);
    a->case_id = in->case_id;
    a->alert_id = in->alert_id;
    a->activity = in->activity;
    a->by = STR("worker-1");
    a->unit = in->unit == NULL ? STR("swale-1") : str_of(in->unit);
    a->worker = str_or_null(in->worker);
    a->to_unit = str_or_null(in->to_unit);
    a->authorised_by = str_or_null(in->authorised_by);
    a->clock = str_or_null(in->clock);
    a->side = in->side;
    a->outcome = in->outcome;
    a->csc_status = in->csc_status;
    if (in->reason_chars > 0)
        a->reason_chars = in->reason_chars;
}

static void
act(struct day *d, const struct deed *in)
{
    struct activity_recorded a;

    deed_of(d, in, &a);
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, &a, NULL), ST_OK);
}

static void
tick(struct day *d, const char *at)
{
    assert_int_equal(mem_time(d->m, local(d, at)), ST_OK);
}

/* Only the lines that hold `word`, so that a story needn't tell everything. */
static const char *
lines_with(struct day *d, const char *word)
{
    const char *text = mem_text(d->m);
    char *out = arena_alloc(mem_arena(d->m), strlen(text) + 1);
    size_t n = 0;

    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        size_t len = (size_t)(end - text) + 1;
        const char *hit = strstr(text, word);

        if (hit != NULL && hit < end) {
            memcpy(out + n, text, len);
            n += len;
        }
        text = end + 1;
    }
    out[n] = '\0';
    return out;
}

static const struct case_changed *
last_case(struct day *d)
{
    return mem_last(d->m, REC_CASE_CHANGED);
}

/* A case of early help, unallocated since Friday 26 June 2015, 11:05. */
static struct id
a_case(struct day *d, const char *child, int outcome)
{
    decide(d, &(struct decision){ .at = "2015-06-26T11:05:00",
                                  .child = child,
                                  .ref = child,
                                  .outcome = outcome });
    mem_name(d->m, last_case(d)->case_id, child);
    return last_case(d)->case_id;
}

static void
allocate(struct day *d, const char *child, const char *at)
{
    act(d, &(struct deed){ .at = at,
                           .activity = ACTIVITY_ALLOCATED,
                           .child = child,
                           .worker = "worker-1" });
}

static int
state_of(struct day *d, struct id case_id)
{
    struct case_row like = { .case_id = case_id };
    const struct case_row *c = mem_row(d->m, TABLE_CASE, &like);

    return c == NULL ? 0 : c->state;
}

/* ---- the sample day ------------------------------------------------------ */

static void
a_missing_child_is_followed_until_the_interview(void **s)
{
    struct day *d = *s;

    decide(d, &(struct decision){ .at = "2015-06-26T07:12:05",
                                  .child = "A",
                                  .ref = "m1",
                                  .kind = KIND_POLICE_MISSING_REPORTED,
                                  .agency_type = AGENCY_POLICE,
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .rule = "KE03",
                                  .unit = "maidstone-1",
                                  .episode = "E1",
                                  .reported = "2015-06-26T07:12:05" });
    mem_name(d->m, last_case(d)->case_id, "A");
    assert_int_equal(last_case(d)->state, CASE_UNALLOCATED);
    assert_string_equal(
        lines_with(d, "ClockChanged"),
        "out case-journal ClockChanged clock=T13 change=started "
        "due_at=2015-06-28T07:12:05+01:00 late=-\n"
        "out case-journal ClockChanged clock=T17 change=started "
        "due_at=2015-07-26T23:59:59.999+01:00 late=-\n"
        "out case-journal ClockChanged clock=L2 change=started "
        "due_at=2015-06-30T23:59:59.999+01:00 late=-\n"
        "out case-journal ClockChanged clock=T1 change=stopped "
        "due_at=2015-06-29T23:59:59.999+01:00 late=no\n");
    assert_string_equal(lines_with(d, "ReferrerAnswered"),
                        "out feedback ReferrerAnswered answer=outcome "
                        "outcome=single_agency refusal=-\n");

    mem_clear(d->m);
    decide(d, &(struct decision){ .at = "2015-06-26T15:40:00",
                                  .child = "A",
                                  .ref = "m2",
                                  .kind = KIND_POLICE_MISSING_FOUND,
                                  .agency_type = AGENCY_POLICE,
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .rule = "KE03",
                                  .episode = "E1",
                                  .found = "2015-06-26T14:55:00" });
    assert_string_equal(
        mem_text(d->m),
        "in  ReferralDecided\n"
        "out case-journal CaseChanged case_id=A state=unallocated "
        "effect=existing_case\n"
        "out case-journal ClockChanged clock=T1 change=stopped "
        "due_at=2015-06-29T23:59:59.999+01:00 late=no\n"
        "out feedback ReferrerAnswered answer=outcome outcome=existing_case "
        "refusal=-\n"
        "out case-journal ClockChanged clock=T10 change=started "
        "due_at=2015-06-29T14:55:00+01:00 late=-\n"
        "out case-journal MissingEpisodeChanged state=found rhi_state=due "
        "rhi_due_at=2015-06-29T14:55:00+01:00\n");

    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-26T16:30:00",
                           .activity = ACTIVITY_ALLOCATED,
                           .child = "A",
                           .unit = "maidstone-1",
                           .worker = "worker-1" });
    act(d, &(struct deed){ .at = "2015-06-26T17:00:00",
                           .activity = ACTIVITY_CONTACT_FAMILY,
                           .child = "A" });
    assert_string_equal(
        mem_text(d->m),
        "in  ActivityRecorded\n"
        "out case-journal CaseChanged case_id=A state=allocated effect=-\n"
        "out case-journal ClockChanged clock=L2 change=stopped "
        "due_at=2015-06-30T23:59:59.999+01:00 late=no\n"
        "in  ActivityRecorded\n"
        "out case-journal CaseChanged case_id=A state=allocated effect=-\n"
        "out case-journal ClockChanged clock=T13 change=stopped "
        "due_at=2015-06-28T07:12:05+01:00 late=no\n");

    mem_clear(d->m);
    tick(d, "2015-06-28T14:55:00");
    tick(d, "2015-06-29T08:55:00");
    tick(d, "2015-06-29T14:55:00");
    assert_string_equal(
        mem_text(d->m),
        "due deadline 2015-06-28T14:55:00+01:00\n"
        "out alerts AlertRaised rule=D10 told=worker\n"
        "due deadline 2015-06-29T08:55:00+01:00\n"
        "out alerts AlertEscalated rule=D10 told=worker stage=2\n");

    mem_clear(d->m);
    tick(d, "2015-06-29T14:55:00.001");
    act(d, &(struct deed){ .at = "2015-06-29T16:10:00",
                           .activity = ACTIVITY_RHI_HELD,
                           .child = "A" });
    assert_string_equal(
        mem_text(d->m),
        "due deadline 2015-06-29T14:55:00.001+01:00\n"
        "out alerts AlertEscalated rule=D10 told=unit_leader stage=3\n"
        "due deadline 2015-06-29T14:55:00.001+01:00\n"
        "out alerts AlertEscalated rule=D10 told=district_manager stage=4\n"
        "in  ActivityRecorded\n"
        "out alerts AlertCleared rule=D10 reason=ended\n"
        "out case-journal ClockChanged clock=T10 change=stopped "
        "due_at=2015-06-29T14:55:00+01:00 late=yes\n"
        "out case-journal MissingEpisodeChanged state=done rhi_state=held "
        "rhi_due_at=2015-06-29T14:55:00+01:00\n");
}

static void
a_screened_decision_acts_on_the_case_in_screening(void **s)
{
    struct day *d = *s;
    struct id opened;

    decide(d, &(struct decision){ .at = "2015-06-26T10:20:00",
                                  .child = "B",
                                  .ref = "s1",
                                  .status = DECISION_PROVISIONAL,
                                  .outcome = OUTCOME_EH_INTENSIVE,
                                  .rule = "KE07" });
    opened = last_case(d)->case_id;
    mem_name(d->m, opened, "B");
    decide(d, &(struct decision){ .at = "2015-06-26T11:05:00",
                                  .received = "2015-06-26T10:20:00",
                                  .child = "B",
                                  .ref = "s1",
                                  .outcome = OUTCOME_EH_INTENSIVE });
    assert_string_equal(
        lines_with(d, " CaseChanged") + strlen(lines_with(d, "screening")),
        "out case-journal CaseChanged case_id=B state=unallocated "
        "effect=eh_intensive\n");
    assert_string_equal(lines_with(d, "clock=T13"),
                        "out case-journal ClockChanged clock=T13 "
                        "change=started due_at=2015-06-28T11:05:00+01:00 "
                        "late=-\n");
    assert_string_equal(lines_with(d, "clock=T12 "),
                        "out case-journal ClockChanged clock=T12 "
                        "change=started due_at=2015-07-10T23:59:59.999+01:00 "
                        "late=-\n");
    assert_string_equal(lines_with(d, "change=stopped"),
                        "out case-journal ClockChanged clock=T1 "
                        "change=stopped due_at=2015-06-29T23:59:59.999+01:00 "
                        "late=no\n"
                        "out case-journal ClockChanged clock=L5 "
                        "change=stopped due_at=2015-06-27T10:20:00+01:00 "
                        "late=no\n");
    assert_int_equal(mem_count(d->m, TABLE_CASE), 1);
}

/* A case of social care, allocated, so that it can be offered. */
static struct id
a_csc_case(struct day *d, const char *child)
{
    decide(d, &(struct decision){ .at = "2015-06-25T09:00:00",
                                  .child = child,
                                  .ref = child,
                                  .entry = ENTRY_CSC,
                                  .outcome = OUTCOME_SOCIAL_CARE_REFERRAL,
                                  .csc_status = CSC_CIN,
                                  .unit = "duty-team" });
    mem_name(d->m, last_case(d)->case_id, child);
    act(d, &(struct deed){ .at = "2015-06-25T10:00:00",
                           .activity = ACTIVITY_ALLOCATED,
                           .child = child,
                           .unit = "duty-team",
                           .worker = "social-worker-1" });
    return last_case(d)->case_id;
}

static void
an_accepted_step_down_closes_and_opens_in_one_step(void **s)
{
    struct day *d = *s;
    struct id csc = a_csc_case(d, "boy");
    const struct case_changed *opened;

    mem_clear(d->m);
    decide(d, &(struct decision){ .at = "2015-06-26T13:45:00",
                                  .child = "boy",
                                  .ref = "sd1",
                                  .kind = KIND_CSC_STEP_DOWN,
                                  .agency_type = AGENCY_SOCIAL_CARE,
                                  .outcome = OUTCOME_STEP_DOWN_OFFER,
                                  .rule = "C06" });
    assert_string_equal(
        mem_text(d->m),
        "in  ReferralDecided\n"
        "out case-journal CaseChanged case_id=boy state=handover_pending "
        "effect=step_down_offer\n"
        "out case-journal ClockChanged clock=T18 change=started "
        "due_at=2015-07-03T23:59:59.999+01:00 late=-\n"
        "out case-journal ClockChanged clock=L3 change=started "
        "due_at=2015-07-03T23:59:59.999+01:00 late=-\n"
        "out case-journal HandoverChanged state=offered direction=step_down "
        "due_at=2015-07-03T23:59:59.999+01:00 new_case_id=-\n"
        "out case-journal ClockChanged clock=T1 change=stopped "
        "due_at=2015-06-29T23:59:59.999+01:00 late=no\n"
        "out feedback ReferrerAnswered answer=outcome "
        "outcome=step_down_offer refusal=-\n");

    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-29T10:15:00",
                           .activity = ACTIVITY_HANDOVER_ACCEPTED,
                           .case_id = csc,
                           .side = SIDE_EH,
                           .unit = "swale-1" });
    opened = last_case(d);
    assert_int_equal(opened->side, SIDE_EH);
    assert_int_equal(opened->state, CASE_UNALLOCATED);
    assert_true(id_eq(opened->predecessor_id, csc));
    assert_string_equal(lines_with(d, "state=closed"),
                        "out case-journal CaseChanged case_id=boy "
                        "state=closed effect=-\n");
    assert_int_equal(state_of(d, csc), CASE_CLOSED);
    assert_int_equal(state_of(d, opened->case_id), CASE_UNALLOCATED);
    assert_non_null(strstr(lines_with(d, "HandoverChanged"), "accepted"));
}

static void
a_child_under_protection_is_not_stepped_down(void **s)
{
    struct day *d = *s;
    struct id csc = a_csc_case(d, "girl");

    mem_clear(d->m);
    decide(d, &(struct decision){ .at = "2015-06-26T13:50:00",
                                  .child = "girl",
                                  .ref = "sd2",
                                  .kind = KIND_CSC_STEP_DOWN,
                                  .agency_type = AGENCY_SOCIAL_CARE,
                                  .outcome = OUTCOME_STEP_DOWN_OFFER,
                                  .csc_status = CSC_CP });
    assert_string_equal(
        mem_text(d->m),
        "in  ReferralDecided\n"
        "out case-journal CaseChanged case_id=girl state=allocated "
        "effect=existing_case\n"
        "reject R21: handover_offered: child protection or looked after: no "
        "step-down\n"
        "out feedback ReferrerAnswered answer=refused outcome=- "
        "refusal=R21\n");
    assert_int_equal(state_of(d, csc), CASE_ALLOCATED);
}

/* ---- deadlines ----------------------------------------------------------- */

static void
what_is_due_fires_before_a_later_record(void **s)
{
    struct day *d = *s;

    a_case(d, "C", OUTCOME_SINGLE_AGENCY);
    act(d, &(struct deed){ .at = "2015-06-26T12:00:00",
                           .activity = ACTIVITY_VISIT,
                           .child = "C" });
    mem_clear(d->m);
    allocate(d, "C", "2015-07-01T00:00:00");
    assert_string_equal(
        mem_text(d->m),
        "due deadline 2015-07-01T00:00:00+01:00\n"
        "out alerts AlertRaised rule=D01 told=unit_leader\n"
        "in  ActivityRecorded\n"
        "out case-journal CaseChanged case_id=C state=allocated effect=-\n"
        "out alerts AlertCleared rule=D01 reason=ended\n"
        "out case-journal ClockChanged clock=L2 change=stopped "
        "due_at=2015-06-30T23:59:59.999+01:00 late=yes\n");
}

static void
a_record_on_the_due_instant_is_in_time(void **s)
{
    struct day *d = *s;

    a_case(d, "C", OUTCOME_SINGLE_AGENCY);
    act(d, &(struct deed){ .at = "2015-06-26T12:00:00",
                           .activity = ACTIVITY_VISIT,
                           .child = "C" });
    mem_clear(d->m);
    allocate(d, "C", "2015-06-30T23:59:59.999");
    tick(d, "2015-07-01T12:00:00");
    assert_string_equal(
        mem_text(d->m),
        "in  ActivityRecorded\n"
        "out case-journal CaseChanged case_id=C state=allocated effect=-\n"
        "out case-journal ClockChanged clock=L2 change=stopped "
        "due_at=2015-06-30T23:59:59.999+01:00 late=no\n");
}

static void
a_late_record_clears_an_alert_but_never_unsays_it(void **s)
{
    struct day *d = *s;
    const struct clock_changed *stopped;

    a_case(d, "C", OUTCOME_SINGLE_AGENCY);
    act(d, &(struct deed){ .at = "2015-06-26T12:00:00",
                           .activity = ACTIVITY_VISIT,
                           .child = "C" });
    tick(d, "2015-07-01T09:00:00");
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-29T09:00:00",
                           .recorded = "2015-07-01T10:00:00",
                           .activity = ACTIVITY_ALLOCATED,
                           .child = "C",
                           .worker = "worker-1" });
    assert_string_equal(
        mem_text(d->m),
        "in  ActivityRecorded\n"
        "out case-journal CaseChanged case_id=C state=allocated effect=-\n"
        "out alerts AlertCleared rule=D01 reason=ended\n"
        "out case-journal ClockChanged clock=L2 change=stopped "
        "due_at=2015-06-30T23:59:59.999+01:00 late=no\n");
    assert_int_equal(mem_count(d->m, TABLE_ALERT), 1);
    stopped = mem_last(d->m, REC_CLOCK_CHANGED);
    assert_int_equal(stopped->stopped_at, local(d, "2015-06-29T09:00:00"));
}

static void
deadlines_of_an_outage_fire_in_order(void **s)
{
    struct day *d = *s;

    a_case(d, "C", OUTCOME_CAF_TAF);
    mem_clear(d->m);
    tick(d, "2015-07-14T00:00:00");
    assert_string_equal(
        mem_text(d->m),
        "due deadline 2015-06-27T23:05:00+01:00\n"
        "out alerts AlertRaised rule=T13 told=worker\n"
        "due deadline 2015-06-28T11:05:00.001+01:00\n"
        "out alerts AlertEscalated rule=T13 told=unit_leader stage=2\n"
        "due deadline 2015-07-01T00:00:00+01:00\n"
        "out alerts AlertRaised rule=D01 told=unit_leader\n"
        "due deadline 2015-07-01T00:00:00+01:00\n"
        "out alerts AlertEscalated rule=T13 told=district_manager stage=3\n"
        "due deadline 2015-07-03T00:00:00+01:00\n"
        "out alerts AlertEscalated rule=D01 told=district_manager stage=2\n"
        "due deadline 2015-07-04T00:00:00+01:00\n"
        "out alerts AlertEscalated rule=T13 told=head_of_service stage=4\n"
        "due deadline 2015-07-07T09:00:00+01:00\n"
        "out alerts AlertRaised rule=D03 told=worker\n"
        "due deadline 2015-07-08T00:00:00+01:00\n"
        "out alerts AlertEscalated rule=D01 told=head_of_service stage=3\n"
        "due deadline 2015-07-11T00:00:00+01:00\n"
        "out alerts AlertEscalated rule=D03 told=unit_leader stage=2\n");
}

static void
the_fifteenth_case_of_a_worker_is_over_the_norm(void **s)
{
    struct day *d = *s;
    char child[8];

    for (int i = 1; i <= 14; i++) {
        (void)snprintf(child, sizeof child, "C%d", i);
        a_case(d, child, OUTCOME_SINGLE_AGENCY);
        allocate(d, child, "2015-06-26T16:30:00");
    }
    assert_string_equal(lines_with(d, "D13"), "");
    a_case(d, "A", OUTCOME_SINGLE_AGENCY);
    allocate(d, "A", "2015-06-26T16:30:00");
    assert_string_equal(lines_with(d, "D13"),
                        "out alerts AlertRaised rule=D13 told=unit_leader\n");
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-26T17:00:00",
                           .activity = ACTIVITY_REALLOCATED,
                           .child = "A",
                           .worker = "worker-2" });
    assert_string_equal(lines_with(d, "D13"),
                        "out alerts AlertCleared rule=D13 reason=ended\n");
}

static void
an_acknowledged_alert_climbs_no_further(void **s)
{
    struct day *d = *s;
    const struct alert_raised *raised;

    a_case(d, "C", OUTCOME_SINGLE_AGENCY);
    act(d, &(struct deed){ .at = "2015-06-26T12:00:00",
                           .activity = ACTIVITY_VISIT,
                           .child = "C" });
    tick(d, "2015-07-01T09:00:00");
    raised = mem_last(d->m, REC_ALERT_RAISED);
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-07-01T10:00:00",
                           .activity = ACTIVITY_ALERT_ACKNOWLEDGED,
                           .child = "C",
                           .alert_id = raised->alert_id });
    tick(d, "2015-07-20T00:00:00");
    assert_string_equal(mem_text(d->m),
                        "in  ActivityRecorded\n"
                        "out alerts AlertAcknowledged rule=D01\n");
}

static void
a_case_without_contact_drifts(void **s)
{
    struct day *d = *s;

    a_case(d, "C", OUTCOME_SINGLE_AGENCY);
    allocate(d, "C", "2015-06-26T12:00:00");
    act(d, &(struct deed){ .at = "2015-06-27T12:00:00",
                           .activity = ACTIVITY_VISIT,
                           .child = "C" });
    act(d, &(struct deed){ .at = "2015-07-20T12:00:00",
                           .activity = ACTIVITY_NOTE,
                           .child = "C" });
    act(d, &(struct deed){ .at = "2015-07-20T12:00:00",
                           .activity = ACTIVITY_TRACKER_REVIEWED,
                           .child = "C" });
    mem_clear(d->m);
    tick(d, "2015-07-25T23:59:59.999");
    assert_string_equal(mem_text(d->m), "");
    tick(d, "2015-07-26T00:00:00");
    tick(d, "2015-08-02T00:00:00");
    act(d, &(struct deed){ .at = "2015-08-02T10:00:00",
                           .activity = ACTIVITY_CHILD_SEEN,
                           .child = "C" });
    assert_string_equal(
        mem_text(d->m),
        "due deadline 2015-07-26T00:00:00+01:00\n"
        "out alerts AlertRaised rule=D02 told=worker\n"
        "due deadline 2015-08-02T00:00:00+01:00\n"
        "out alerts AlertEscalated rule=D02 told=unit_leader stage=2\n"
        "in  ActivityRecorded\n"
        "out case-journal CaseChanged case_id=C state=allocated effect=-\n"
        "out alerts AlertCleared rule=D02 reason=ended\n");
}

static void
a_paused_clock_is_due_as_much_later(void **s)
{
    struct day *d = *s;

    decide(d, &(struct decision){ .at = "2015-06-01T09:00:00",
                                  .child = "P",
                                  .ref = "p1",
                                  .outcome = OUTCOME_CAF_TAF });
    act(d, &(struct deed){ .at = "2015-06-04T09:00:00",
                           .activity = ACTIVITY_CLOCK_PAUSED,
                           .child = "P",
                           .clock = "T12",
                           .reason_chars = 30 });
    act(d, &(struct deed){ .at = "2015-06-09T09:00:00",
                           .activity = ACTIVITY_CLOCK_RESUMED,
                           .child = "P" });
    assert_string_equal(
        lines_with(d, "clock=T12 "),
        "out case-journal ClockChanged clock=T12 change=started "
        "due_at=2015-06-15T23:59:59.999+01:00 late=-\n"
        "out case-journal ClockChanged clock=T12 change=paused due_at=- "
        "late=-\n"
        "out case-journal ClockChanged clock=T12 change=resumed "
        "due_at=2015-06-18T23:59:59.999+01:00 late=-\n");
}

/* ---- hand-over ----------------------------------------------------------- */

static void
an_offer_that_nobody_answers_expires_after_the_second_l3(void **s)
{
    struct day *d = *s;
    struct id c = a_case(d, "C", OUTCOME_CAF_TAF);

    allocate(d, "C", "2015-06-26T12:00:00");
    act(d, &(struct deed){ .at = "2015-06-26T13:00:00",
                           .activity = ACTIVITY_HANDOVER_OFFERED,
                           .child = "C",
                           .to_unit = "duty-team" });
    mem_clear(d->m);
    tick(d, "2015-07-04T00:00:00");
    assert_string_equal(
        lines_with(d, "D08"),
        "out alerts AlertRaised rule=D08 told=unit_leader\n"
        "out alerts AlertEscalated rule=D08 told=unit_leader stage=2\n"
        "out alerts AlertEscalated rule=D08 told=unit_leader stage=3\n");
    assert_int_equal(state_of(d, c), CASE_HANDOVER_PENDING);
    mem_clear(d->m);
    tick(d, "2015-07-10T23:59:59.999");
    assert_int_equal(state_of(d, c), CASE_HANDOVER_PENDING);
    tick(d, "2015-07-11T00:00:00");
    assert_int_equal(state_of(d, c), CASE_ALLOCATED);
    assert_non_null(strstr(lines_with(d, "HandoverChanged"), "expired"));
    assert_non_null(strstr(lines_with(d, "D08"), "AlertCleared"));
}

static void
a_declined_offer_takes_a_reason_and_goes_back(void **s)
{
    struct day *d = *s;
    struct id c = a_case(d, "C", OUTCOME_CAF_TAF);

    act(d, &(struct deed){ .at = "2015-06-26T13:00:00",
                           .activity = ACTIVITY_HANDOVER_OFFERED,
                           .child = "C",
                           .to_unit = "duty-team" });
    act(d, &(struct deed){ .at = "2015-06-26T14:00:00",
                           .activity = ACTIVITY_HANDOVER_DECLINED,
                           .case_id = c,
                           .side = SIDE_CSC,
                           .unit = "duty-team",
                           .reason_chars = 19 });
    assert_int_equal(state_of(d, c), CASE_HANDOVER_PENDING);
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-26T14:00:00",
                           .activity = ACTIVITY_HANDOVER_DECLINED,
                           .case_id = c,
                           .side = SIDE_CSC,
                           .unit = "duty-team",
                           .reason_chars = 20 });
    assert_int_equal(state_of(d, c), CASE_UNALLOCATED);
    assert_string_equal(
        lines_with(d, "D08"),
        "out alerts AlertRaised rule=D08 told=unit_leader\n"
        "out alerts AlertEscalated rule=D08 told=unit_leader stage=2\n"
        "out alerts AlertCleared rule=D08 reason=ended\n");
}

/* ---- the arbiter --------------------------------------------------------- */

struct ruling_row {
    const char *name;
    int first;        /* outcome of the open case */
    int outcome;      /* of the decision that meets it */
    const char *want; /* the CaseChanged that answers it */
    size_t cases;
};

static const struct ruling_row ruling_rows[] = {
    { "the same outcome joins the open case", OUTCOME_CAF_TAF, OUTCOME_CAF_TAF,
      "out case-journal CaseChanged case_id=C state=allocated "
      "effect=existing_case\n",
      1 },
    { "nothing to do joins the open case", OUTCOME_CAF_TAF, OUTCOME_NFA,
      "out case-journal CaseChanged case_id=C state=allocated "
      "effect=existing_case\n",
      1 },
    { "a higher outcome is the open case's new one", OUTCOME_CAF_TAF,
      OUTCOME_EH_INTENSIVE,
      "out case-journal CaseChanged case_id=C state=allocated "
      "effect=eh_intensive\n",
      1 },
    { "social care is offered the open case", OUTCOME_CAF_TAF,
      OUTCOME_SOCIAL_CARE_REFERRAL,
      "out case-journal CaseChanged case_id=C state=handover_pending "
      "effect=step_up_offer\n",
      1 },
    { "a strategy discussion opens a case at once", OUTCOME_CAF_TAF,
      OUTCOME_STRATEGY_DISCUSSION,
      "out case-journal CaseChanged case_id=D state=unallocated "
      "effect=strategy_discussion\n",
      2 },
    { "an existing case is the open one", OUTCOME_CAF_TAF,
      OUTCOME_EXISTING_CASE,
      "out case-journal CaseChanged case_id=C state=allocated "
      "effect=existing_case\n",
      1 },
    { "an offer that doesn't fit the side joins the open case", OUTCOME_CAF_TAF,
      OUTCOME_STEP_DOWN_OFFER,
      "out case-journal CaseChanged case_id=C state=allocated "
      "effect=existing_case\n",
      1 },
};

static struct id
next_case_id(struct day *d, int side)
{
    int64_t n = d->n + 1;
    struct id id;
    struct str parts[2];

    memset(&id, 0, sizeof id);
    memcpy(id.b, &n, sizeof n);
    parts[0] = id_part(&id);
    parts[1] = str_of(codes_word(&codes_side, side));
    return id_derive("case", parts, 2);
}

static void
test_ruling(void **s)
{
    const struct ruling_row *row = *s;
    void *state;
    struct day *d;

    (void)open_day(&state);
    d = state;
    a_case(d, "C", row->first);
    allocate(d, "C", "2015-06-26T12:00:00");
    mem_clear(d->m);
    mem_name(d->m, next_case_id(d, SIDE_CSC), "D");
    decide(d, &(struct decision){ .at = "2015-06-26T13:00:00",
                                  .child = "C",
                                  .ref = "second",
                                  .outcome = row->outcome });
    assert_string_equal(lines_with(d, " CaseChanged"), row->want);
    assert_int_equal(mem_count(d->m, TABLE_CASE), row->cases);
    (void)close_day(&state);
}

static void
an_existing_case_that_has_gone_opens_a_screening(void **s)
{
    struct day *d = *s;

    mem_name(d->m, next_case_id(d, SIDE_EH), "N");
    decide(d, &(struct decision){ .at = "2015-06-26T13:00:00",
                                  .child = "C",
                                  .ref = "first",
                                  .side = SIDE_EH,
                                  .outcome = OUTCOME_EXISTING_CASE });
    assert_string_equal(lines_with(d, " CaseChanged"),
                        "out case-journal CaseChanged case_id=N "
                        "state=screening effect=existing_case\n");
    assert_string_equal(lines_with(d, "feedback"), "");
}

static void
a_second_screening_never_opens_on_a_side(void **s)
{
    struct day *d = *s;

    for (int i = 0; i < 2; i++)
        decide(d, &(struct decision){ .at = "2015-06-26T13:00:00",
                                      .child = "C",
                                      .ref = i == 0 ? "first" : "second",
                                      .side = SIDE_EH,
                                      .status = DECISION_PROVISIONAL,
                                      .outcome = OUTCOME_CAF_TAF });
    assert_int_equal(mem_count(d->m, TABLE_CASE), 1);
    assert_int_equal(last_case(d)->effect, OUTCOME_EXISTING_CASE);
    assert_int_equal(last_case(d)->state, CASE_SCREENING);
}

static void
a_closed_case_makes_room_for_a_new_one(void **s)
{
    struct day *d = *s;
    struct id c = a_case(d, "C", OUTCOME_CAF_TAF);

    act(d, &(struct deed){ .at = "2015-06-27T12:00:00",
                           .activity = ACTIVITY_CLOSED,
                           .child = "C",
                           .outcome = CLOSE_NEEDS_MET,
                           .authorised_by = "leader-1" });
    assert_int_equal(state_of(d, c), CASE_CLOSED);
    decide(d, &(struct decision){ .at = "2015-06-28T13:00:00",
                                  .child = "C",
                                  .ref = "second",
                                  .outcome = OUTCOME_CAF_TAF });
    assert_int_equal(mem_count(d->m, TABLE_CASE), 2);
    assert_int_equal(last_case(d)->state, CASE_UNALLOCATED);
}

/* ---- refusals, closing, merging ------------------------------------------ */

static void
what_does_not_fit_changes_nothing_and_tells_the_sender(void **s)
{
    struct day *d = *s;
    size_t deadlines;

    a_case(d, "C", OUTCOME_CAF_TAF);
    deadlines = mem_count(d->m, TABLE_DEADLINE);
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-06-26T12:00:00",
                           .activity = ACTIVITY_REVIEW_HELD,
                           .child = "C" });
    act(d, &(struct deed){ .at = "2015-06-26T12:00:00",
                           .activity = ACTIVITY_VISIT,
                           .child = "nobody" });
    assert_string_equal(
        mem_text(d->m),
        "in  ActivityRecorded\n"
        "reject R20: review_held doesn't fit a case that is unallocated\n"
        "out feedback ReferrerAnswered answer=refused outcome=- refusal=R20\n"
        "in  ActivityRecorded\n"
        "reject R22: the child has no open case\n"
        "out feedback ReferrerAnswered answer=refused outcome=- "
        "refusal=R22\n");
    assert_int_equal(mem_count(d->m, TABLE_DEADLINE), deadlines);
}

static void
a_reopened_case_keeps_its_old_due_instants(void **s)
{
    struct day *d = *s;
    struct id c = a_case(d, "C", OUTCOME_CAF_TAF);

    act(d, &(struct deed){ .at = "2015-06-27T12:00:00",
                           .activity = ACTIVITY_CLOSED,
                           .child = "C",
                           .outcome = CLOSE_DISENGAGED,
                           .authorised_by = "leader-1" });
    assert_int_equal(mem_count(d->m, TABLE_DEADLINE), 0);
    mem_clear(d->m);
    act(d, &(struct deed){ .at = "2015-07-03T12:00:00",
                           .activity = ACTIVITY_REOPENED,
                           .case_id = c,
                           .authorised_by = "leader-1" });
    assert_int_equal(state_of(d, c), CASE_UNALLOCATED);
    assert_string_equal(lines_with(d, "clock=T12 "),
                        "out case-journal ClockChanged clock=T12 "
                        "change=started due_at=2015-07-10T23:59:59.999+01:00 "
                        "late=-\n");
    assert_int_not_equal(mem_count(d->m, TABLE_DEADLINE), 0);
}

static void
of_two_open_cases_the_younger_is_merged_and_comes_back(void **s)
{
    struct day *d = *s;
    struct id old = a_case(d, "old", OUTCOME_CAF_TAF);
    struct child_merged merged;
    struct child_unmerged unmerged;
    struct id young;

    decide(d, &(struct decision){ .at = "2015-06-29T11:05:00",
                                  .child = "young",
                                  .ref = "young",
                                  .outcome = OUTCOME_CAF_TAF });
    young = last_case(d)->case_id;
    mem_name(d->m, young, "young");
    fields_clear(&fields_child_merged, &merged);
    fill_meta(d, &merged.meta, local(d, "2015-06-30T09:00:00"));
    merged.survivor_id = some_id("child", "old");
    merged.merged_id = some_id("child", "young");
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_CHILD_MERGED, &merged, NULL), ST_OK);
    assert_int_equal(state_of(d, old), CASE_UNALLOCATED);
    assert_int_equal(state_of(d, young), CASE_MERGED);

    fields_clear(&fields_child_unmerged, &unmerged);
    fill_meta(d, &unmerged.meta, local(d, "2015-06-30T10:00:00"));
    unmerged.survivor_id = merged.survivor_id;
    unmerged.merged_id = merged.merged_id;
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_CHILD_UNMERGED, &unmerged, NULL),
        ST_OK);
    assert_int_equal(state_of(d, young), CASE_UNALLOCATED);
    assert_true(id_eq(last_case(d)->child_id, merged.merged_id));
}

static void
a_merged_childs_interview_is_still_waited_for(void **s)
{
    struct day *d = *s;
    struct child_merged merged;

    decide(d, &(struct decision){ .at = "2015-06-26T15:40:00",
                                  .child = "young",
                                  .ref = "m2",
                                  .kind = KIND_POLICE_MISSING_FOUND,
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .episode = "E1",
                                  .found = "2015-06-26T14:55:00" });
    fields_clear(&fields_child_merged, &merged);
    fill_meta(d, &merged.meta, local(d, "2015-06-27T09:00:00"));
    merged.survivor_id = some_id("child", "old");
    merged.merged_id = some_id("child", "young");
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_CHILD_MERGED, &merged, NULL), ST_OK);
    mem_clear(d->m);
    tick(d, "2015-06-28T14:55:00");
    assert_string_equal(lines_with(d, "D10"),
                        "out alerts AlertRaised rule=D10 told=worker\n");
}

static void
an_episode_outlives_its_case(void **s)
{
    struct day *d = *s;

    a_case(d, "C", OUTCOME_SINGLE_AGENCY);
    decide(d, &(struct decision){ .at = "2015-06-26T15:40:00",
                                  .child = "C",
                                  .ref = "m2",
                                  .kind = KIND_POLICE_MISSING_FOUND,
                                  .outcome = OUTCOME_SINGLE_AGENCY,
                                  .episode = "E1",
                                  .found = "2015-06-26T14:55:00" });
    act(d, &(struct deed){ .at = "2015-06-26T16:00:00",
                           .activity = ACTIVITY_CLOSED,
                           .child = "C",
                           .outcome = CLOSE_NEEDS_MET,
                           .authorised_by = "leader-1" });
    mem_clear(d->m);
    tick(d, "2015-06-29T14:55:00.001");
    assert_int_equal(strlen(lines_with(d, "D10")) > 0, 1);
    assert_non_null(strstr(lines_with(d, "D10"), "district_manager"));
}

static void
one_batch_gives_what_its_records_give_one_by_one(void **s)
{
    struct day *d = *s;
    struct referral_decided r;
    struct activity_recorded a[2];
    struct event evs[3];
    void *other;
    struct day *alone;

    decision_of(d,
                &(struct decision){ .at = "2015-06-26T11:05:00",
                                    .child = "C",
                                    .ref = "C",
                                    .outcome = OUTCOME_CAF_TAF },
                &r);
    deed_of(d,
            &(struct deed){ .at = "2015-07-01T09:00:00",
                            .activity = ACTIVITY_ALLOCATED,
                            .child = "C",
                            .worker = "worker-1" },
            &a[0]);
    deed_of(d,
            &(struct deed){ .at = "2015-07-01T10:00:00",
                            .activity = ACTIVITY_VISIT,
                            .child = "C" },
            &a[1]);
    for (size_t i = 0; i < 3; i++)
        evs[i] =
            (struct event){ .type = i == 0 ? REC_REFERRAL_DECIDED
                                           : REC_ACTIVITY_RECORDED,
                            .topic = TOPIC_CASEWORK,
                            .origin = { SERVICE_TRIAGE, 2, 1 },
                            .sequence = (int64_t)i + 1,
                            .body = i == 0 ? (void *)&r : (void *)&a[i - 1] };
    assert_int_equal(mem_run(d->m, evs, 3), ST_OK);
    (void)open_day(&other);
    alone = other;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(mem_run(alone->m, &evs[i], 1), ST_OK);
    assert_string_equal(mem_text(d->m), mem_text(alone->m));
    (void)close_day(&other);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_day, close_day)

int
main(void)
{
    static const struct CMUnitTest stories[] = {
        STORY(a_missing_child_is_followed_until_the_interview),
        STORY(a_screened_decision_acts_on_the_case_in_screening),
        STORY(an_accepted_step_down_closes_and_opens_in_one_step),
        STORY(a_child_under_protection_is_not_stepped_down),
        STORY(what_is_due_fires_before_a_later_record),
        STORY(a_record_on_the_due_instant_is_in_time),
        STORY(a_late_record_clears_an_alert_but_never_unsays_it),
        STORY(deadlines_of_an_outage_fire_in_order),
        STORY(the_fifteenth_case_of_a_worker_is_over_the_norm),
        STORY(an_acknowledged_alert_climbs_no_further),
        STORY(a_case_without_contact_drifts),
        STORY(a_paused_clock_is_due_as_much_later),
        STORY(an_offer_that_nobody_answers_expires_after_the_second_l3),
        STORY(a_declined_offer_takes_a_reason_and_goes_back),
        STORY(an_existing_case_that_has_gone_opens_a_screening),
        STORY(a_second_screening_never_opens_on_a_side),
        STORY(a_closed_case_makes_room_for_a_new_one),
        STORY(what_does_not_fit_changes_nothing_and_tells_the_sender),
        STORY(a_reopened_case_keeps_its_old_due_instants),
        STORY(of_two_open_cases_the_younger_is_merged_and_comes_back),
        STORY(a_merged_childs_interview_is_still_waited_for),
        STORY(an_episode_outlives_its_case),
        STORY(one_batch_gives_what_its_records_give_one_by_one),
    };
    static struct CMUnitTest rulings[sizeof ruling_rows / sizeof *ruling_rows];
    int failed;

    for (size_t i = 0; i < sizeof rulings / sizeof *rulings; i++)
        rulings[i] = (struct CMUnitTest){
            .name = ruling_rows[i].name,
            .test_func = test_ruling,
            .initial_state = (void *)(uintptr_t)&ruling_rows[i],
        };
    failed = cmocka_run_group_tests_name("tracker", stories, NULL, NULL);
    return failed + cmocka_run_group_tests_name("arbiter", rulings, NULL, NULL);
}
