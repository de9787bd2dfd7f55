/*
 * What a fact adds to the scorecard: each trap of domain.md section 9, and
 * that no order of arrival changes a figure.
 */
#include "metrics/core/contribution.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metrics/core/facts.h"
#include "metrics_bench.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct zone utc = { .n = 0 };

static time_ms
at(const char *text)
{
    time_ms t;

    if (time_parse(&utc, str_of(text), &t, NULL) != ST_OK)
        fail_msg("no instant: %s", text);
    return t;
}

static date_d
month(const char *text)
{
    date_d d;

    if (!date_parse(str_of(text), &d))
        fail_msg("no date: %s", text);
    return d;
}

static struct id
id_of(const char *name)
{
    struct str part = str_of(name);

    return id_derive("test", &part, 1);
}

/* "K01 2015-06-01 eh swale 5-10 1/0" a line. */
static const char *
list_text(const struct contributions *list, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < list->n; i++) {
        const struct kpi_cell *c = &list->at[i];
        char day[DATE_TEXT_SIZE];

        n += (size_t)snprintf(
            out + n, size - n, "%s %s %s %.*s %s %" PRId64 "/%" PRId64 "\n",
            codes_word(&codes_kpi, c->kpi), date_text(c->month, day),
            codes_word(&codes_side, c->side), STR_ARG(c->district),
            codes_word(&codes_age_band, c->age_band), c->numerator,
            c->denominator);
    }
    return out;
}

/* ---- K01 ---------------------------------------------------------------- */

struct k01_row {
    const char *name;
    int entry;
    int kind;
    const char *rule;
    const char *action; /* NULL: none */
    bool superseded, repeat, undecided;
    int waits_for;
    const char *locality; /* NULL: none */
    int age_band;
    const char *want;
};

#define JUNE_SWALE "K01 2015-06-01 eh swale 5-10 1/0\n"

static const struct k01_row k01_rows[] = {
    { "entry eh counts for K01", ENTRY_EH, KIND_SCHOOL_REFERRAL, "KE05",
      .locality = "swale", .age_band = AGE_5_10, .want = JUNE_SWALE },
    { "entry eh counts though social care takes it", ENTRY_EH,
      KIND_HEALTH_REFERRAL, "KE01", .locality = "swale",
      .age_band = AGE_5_10, .want = JUNE_SWALE },
    { "entry csc does not count for K01", ENTRY_CSC, KIND_SCHOOL_REFERRAL,
      "KE02", .locality = "swale", .age_band = AGE_5_10, .want = "" },
    { "entry mash does not count for K01", ENTRY_MASH, KIND_MASH_FEED, "KE06",
      .locality = "swale", .age_band = AGE_5_10, .want = "" },
    { "KE03 passes a missing child on to early help", ENTRY_CSC,
      KIND_POLICE_MISSING_REPORTED, "KE03", .locality = "swale",
      .age_band = AGE_5_10, .want = JUNE_SWALE },
    { "C05 keeps a missing child with social care", ENTRY_CSC,
      KIND_POLICE_MISSING_REPORTED, "C05", .locality = "swale",
      .age_band = AGE_5_10, .want = "" },
    { "A10 makes duty's referral an early help notification", ENTRY_CSC,
      KIND_HOUSING_REFERRAL, "KE06", .action = "A10", .locality = "swale",
      .age_band = AGE_5_10, .want = JUNE_SWALE },
    { "another action does not make one", ENTRY_CSC, KIND_HOUSING_REFERRAL,
      "KE06", .action = "A04", .locality = "swale", .age_band = AGE_5_10,
      .want = "" },
    { "an offer to step down is a hand-over and no notification", ENTRY_EH,
      KIND_CSC_STEP_DOWN, "C06", .locality = "swale", .age_band = AGE_5_10,
      .want = "" },
    { "an offer to step up is a hand-over and no notification", ENTRY_EH,
      KIND_EH_STEP_UP, "C07", .locality = "swale", .age_band = AGE_5_10,
      .want = "" },
    { "a lower amendment does not count", ENTRY_EH, KIND_SCHOOL_REFERRAL,
      "KE05", .superseded = true, .locality = "swale", .age_band = AGE_5_10,
      .want = "" },
    { "a second message about an episode does not count", ENTRY_CSC,
      KIND_POLICE_MISSING_FOUND, "KE03", .repeat = true, .locality = "swale",
      .age_band = AGE_5_10, .want = "" },
    { "what is accepted and not decided does not count yet", ENTRY_EH,
      KIND_SCHOOL_REFERRAL, "KE05", .undecided = true, .locality = "swale",
      .age_band = AGE_5_10, .want = "" },
    { "what waits for the calendar does not count yet", ENTRY_EH,
      KIND_SCHOOL_REFERRAL, "KE05", .waits_for = WAIT_CALENDAR,
      .locality = "swale", .age_band = AGE_5_10, .want = "" },
    { "without locality it counts for district unknown", ENTRY_EH,
      KIND_SCHOOL_REFERRAL, "KE05", .age_band = AGE_5_10,
      .want = "K01 2015-06-01 eh unknown 5-10 1/0\n" },
    { "without age it counts in band unknown", ENTRY_EH, KIND_SCHOOL_REFERRAL,
      "KE05", .locality = "swale",
      .want = "K01 2015-06-01 eh swale unknown 1/0\n" },
    { "an unborn child counts in a band apart", ENTRY_EH,
      KIND_HEALTH_REFERRAL, "KE05", .locality = "swale",
      .age_band = AGE_UNBORN,
      .want = "K01 2015-06-01 eh swale unborn 1/0\n" },
};

static void
test_k01(void **state)
{
    const struct k01_row *row = *state;
    struct str action = str_of(row->action);
    struct notification_fact f;
    struct contributions list;
    char text[512];

    fields_clear(&metrics_tables[TABLE_NOTIFICATION].fields, &f);
    f.decision_id = row->undecided ? ID_NONE : id_of("decision");
    f.entry = row->entry;
    f.kind = row->kind;
    f.rule_id = str_of(row->rule);
    f.action_rules =
        (struct texts){ .at = &action, .n = row->action == NULL ? 0 : 1 };
    f.locality = str_of(row->locality);
    f.age_band = row->age_band;
    f.month = month("2015-06-01");
    f.superseded = row->superseded;
    f.repeat = row->repeat;
    f.waits_for = row->waits_for;
    contribution_of_notification(&f, &list);
    assert_string_equal(list_text(&list, text, sizeof text), row->want);
}

/* ---- cases -------------------------------------------------------------- */

struct case_row {
    const char *name;
    int side;
    int state;
    const char *closed; /* month, NULL: open */
    int outcome;        /* closing */
    int class_;
    bool screened_out;
    const char *want;
};

#define ENTERED(side) "K10_net 2015-05-01 " side " swale 5-10 1/0\n"
#define OPENED(side) "K35 2015-05-01 " side " swale 5-10 0/1\n" ENTERED(side)
#define ENDED(side) "K10_net 2015-06-01 " side " swale 11-15 -1/0\n"
/* K10 leaves the band that it entered. */
#define LEFT(side) "K10_net 2015-06-01 " side " swale 5-10 -1/0\n"
#define CLOSED(side) "K11 2015-06-01 " side " swale 11-15 1/0\n"

static const struct case_row case_rows[] = {
    { "an open case is in K10 from the month it opened", SIDE_EH,
      CASE_ALLOCATED, .want = OPENED("eh") },
    { "a case in screening is open and has not started", SIDE_EH,
      CASE_SCREENING, .want = ENTERED("eh") },
    { "a case with a hand-over pending is open on its own side", SIDE_CSC,
      CASE_HANDOVER_PENDING, .want = OPENED("csc") },
    { "a positive closing leaves K10 and counts in K11 and both of K20",
      SIDE_EH, CASE_CLOSED, "2015-06-01", CLOSE_NEEDS_MET,
      CLOSE_CLASS_POSITIVE,
      .want = OPENED("eh") LEFT("eh") CLOSED("eh")
          "K20 2015-06-01 eh swale 11-15 1/1\n" },
    { "a closing that is neither is in the denominator of K20", SIDE_EH,
      CASE_CLOSED, "2015-06-01", CLOSE_DISENGAGED, CLOSE_CLASS_OTHER,
      .want = OPENED("eh") LEFT("eh") CLOSED("eh")
          "K20 2015-06-01 eh swale 11-15 0/1\n" },
    { "a neutral closing is in K11 and not in K20", SIDE_EH, CASE_CLOSED,
      "2015-06-01", CLOSE_MOVED_AWAY, CLOSE_CLASS_NEUTRAL,
      .want = OPENED("eh") LEFT("eh") CLOSED("eh") },
    { "a stepped up case is closed and not positive", SIDE_EH, CASE_CLOSED,
      "2015-06-01", CLOSE_STEPPED_UP, CLOSE_CLASS_OTHER,
      .want = OPENED("eh") LEFT("eh") CLOSED("eh")
          "K20 2015-06-01 eh swale 11-15 0/1\n" },
    { "social care's closing is in K21 and not in K20", SIDE_CSC, CASE_CLOSED,
      "2015-06-01", CLOSE_NEEDS_MET, 0,
      .want = OPENED("csc") LEFT("csc") CLOSED("csc")
          "K21 2015-06-01 csc swale 11-15 0/1\n" },
    { "a case opened in error was never a case", SIDE_EH, CASE_CLOSED,
      "2015-06-01", CLOSE_IN_ERROR, CLOSE_CLASS_OTHER, .want = "" },
    { "nfa straight from screening is no case of K10 and K11", SIDE_EH,
      CASE_CLOSED, "2015-06-01", .class_ = CLOSE_CLASS_OTHER,
      .screened_out = true, .want = "" },
    { "a merged case is a copy and counts nowhere", SIDE_EH, CASE_MERGED,
      .want = "" },
    { "a transferred case ends and is not closed", SIDE_EH, CASE_TRANSFERRED,
      "2015-06-01", .want = OPENED("eh") LEFT("eh") },
};

static void
test_case(void **state)
{
    const struct case_row *row = *state;
    struct case_fact f;
    struct contributions list;
    char text[512];

    fields_clear(&metrics_tables[TABLE_CASE_WAITING].fields, &f);
    f.side = row->side;
    f.state = row->state;
    f.locality = STR("swale");
    f.age_band = AGE_16_UP;
    f.opened_band = AGE_5_10;
    f.closed_band = AGE_11_15;
    f.opened_month = month("2015-05-01");
    f.closed_month = row->closed == NULL ? DATE_NONE : month(row->closed);
    f.close_outcome = row->outcome;
    f.close_class = row->class_;
    f.screened_out = row->screened_out;
    contribution_of_case(&f, &list);
    assert_string_equal(list_text(&list, text, sizeof text), row->want);
}

/* ---- hand-overs --------------------------------------------------------- */

struct handover_row {
    const char *name;
    int direction;
    int state;
    const char *want;
};

static const struct handover_row handover_rows[] = {
    { "an accepted step-down counts in K12, and for K21", DIRECTION_STEP_DOWN,
      HANDOVER_ACCEPTED,
      "K12 2015-06-01 eh swale 5-10 1/0\n"
      "K21 2015-06-01 csc swale 5-10 1/0\n" },
    { "an accepted step-up counts in K13", DIRECTION_STEP_UP,
      HANDOVER_ACCEPTED, "K13 2015-06-01 csc swale 5-10 1/0\n" },
    { "an offered step-down does not count", DIRECTION_STEP_DOWN,
      HANDOVER_OFFERED, "" },
    { "a declined step-down does not count", DIRECTION_STEP_DOWN,
      HANDOVER_DECLINED, "" },
    { "a withdrawn step-down does not count", DIRECTION_STEP_DOWN,
      HANDOVER_WITHDRAWN, "" },
    { "an expired step-down does not count: silence never accepts",
      DIRECTION_STEP_DOWN, HANDOVER_EXPIRED, "" },
};

static void
test_handover(void **state)
{
    const struct handover_row *row = *state;
    struct handover_fact f;
    struct contributions list;
    char text[512];

    fields_clear(&metrics_tables[TABLE_HANDOVER].fields, &f);
    f.direction = row->direction;
    f.state = row->state;
    f.locality = STR("swale");
    f.age_band = AGE_5_10;
    f.month = month("2015-06-01");
    contribution_of_handover(&f, &list);
    assert_string_equal(list_text(&list, text, sizeof text), row->want);
}

/* ---- what the record says becomes the fact ------------------------------ */

struct month_row {
    const char *name;
    const char *received;
    const char *want;
};

static const struct month_row month_rows[] = {
    { "the last moment of June in London is June's",
      "2015-06-30T22:59:59.999Z", "2015-06-01" },
    { "midnight in London begins July an hour before UTC's",
      "2015-06-30T23:00:00Z", "2015-07-01" },
    { "in winter midnight is UTC's: still December",
      "2015-12-31T23:59:59.999Z", "2015-12-01" },
    { "in winter midnight is UTC's: January", "2016-01-01T00:00:00Z",
      "2016-01-01" },
};

static void
test_month(void **state)
{
    const struct month_row *row = *state;
    static struct calendar_file file;

    calendar_file_read(&file);
    assert_int_equal(facts_month(&file.cal.zone, at(row->received)),
                     month(row->want));
}

struct screen_row {
    const char *name;
    int before;
    int outcome;
    bool want;
};

static const struct screen_row screen_rows[] = {
    { "closed at once with nfa is screened out", 0, OUTCOME_NFA, true },
    { "closed from screening with universal is screened out", CASE_SCREENING,
      OUTCOME_UNIVERSAL, true },
    { "closed from screening with rank 2 is not", CASE_SCREENING,
      OUTCOME_SINGLE_AGENCY, false },
    { "closed from allocated is not, whatever its outcome", CASE_ALLOCATED,
      OUTCOME_UNIVERSAL, false },
    { "an intent that ends is not", CASE_INTENT, OUTCOME_CAF_TAF, false },
};

static void
test_screened_out(void **state)
{
    const struct screen_row *row = *state;
    struct case_changed rec;
    struct case_fact first, again;

    fields_clear(&fields_case_changed, &rec);
    rec.state = CASE_CLOSED;
    rec.state_before = row->before;
    rec.outcome = row->outcome;
    rec.opened_at = rec.closed_at = at("2015-06-26T08:00:00Z");
    facts_fill_case(&first, NULL, &rec, TIME_NONE);
    assert_int_equal(first.screened_out, row->want);
    rec.state_before = CASE_CLOSED; /* another word about the closed case */
    facts_fill_case(&again, &first, &rec, TIME_NONE);
    assert_int_equal(again.screened_out, row->want);
}

static void
test_bands_stay(void **state)
{
    struct case_changed rec;
    struct case_fact opened, older, closed, later;

    (void)state;
    fields_clear(&fields_case_changed, &rec);
    rec.state = CASE_ALLOCATED;
    rec.opened_at = at("2015-06-01T08:00:00Z");
    rec.age_band = AGE_5_10;
    facts_fill_case(&opened, NULL, &rec, TIME_NONE);
    rec.age_band = AGE_11_15;
    facts_fill_case(&older, &opened, &rec, TIME_NONE);
    assert_int_equal(older.opened_band, AGE_5_10);
    rec.state = CASE_CLOSED;
    rec.closed_at = at("2015-07-01T08:00:00Z");
    facts_fill_case(&closed, &older, &rec, TIME_NONE);
    assert_int_equal(closed.closed_band, AGE_11_15);
    rec.age_band = AGE_16_UP;
    facts_fill_case(&later, &closed, &rec, TIME_NONE);
    assert_int_equal(later.opened_band, AGE_5_10);
    assert_int_equal(later.closed_band, AGE_11_15);
}

static void
test_unknown_band_learns(void **state)
{
    struct case_changed rec;
    struct case_fact first, second;

    (void)state;
    fields_clear(&fields_case_changed, &rec);
    rec.state = CASE_SCREENING;
    rec.opened_at = at("2015-06-01T08:00:00Z");
    rec.age_band = AGE_UNKNOWN;
    facts_fill_case(&first, NULL, &rec, TIME_NONE);
    rec.age_band = AGE_0_4;
    facts_fill_case(&second, &first, &rec, TIME_NONE);
    assert_int_equal(second.opened_band, AGE_0_4);
}

/* ---- a story through the service ---------------------------------------- */

/* Streams of the topics: the order within each is the log's. */
#define STREAM_MAX 64

struct story {
    struct event evs[SERVICE_INPUTS_MAX][STREAM_MAX];
    size_t n[SERVICE_INPUTS_MAX];
    struct arena arena;
    struct profile old_profile, new_profile;
};

static void
story_add(struct story *s, enum topic topic, enum record_type type,
          const void *body)
{
    size_t i = bench_input(topic);

    assert_true(s->n[i] < STREAM_MAX);
    s->evs[i][s->n[i]++] =
        (struct event){ .type = type, .topic = topic, .body = body };
}

static void *
story_body(struct story *s, const struct fields *f)
{
    void *body = arena_alloc(&s->arena, f->size);

    fields_clear(f, body);
    return body;
}

static void
add_time(struct story *s, const char *when)
{
    for (size_t i = 0; i < metrics_service.n_inputs; i++) {
        struct time_advanced *rec =
            story_body(s, &fields_time_advanced);

        rec->at = at(when);
        story_add(s, metrics_service.inputs[i], REC_TIME_ADVANCED, rec);
    }
}

static void
add_config(struct story *s, const char *version,
           const struct profile *profile)
{
    struct bench_config *c = arena_alloc(&s->arena, sizeof *c);

    fields_clear(&fields_config_activated, &c->rec);
    c->rec.version = str_of(version);
    c->profile = profile;
    story_add(s, TOPIC_CASEWORK, REC_CONFIG_ACTIVATED, c);
}

struct decided {
    const char *ref;
    int amendment;
    const char *received;
    int entry;
    const char *rule;
    const char *episode;
    const char *locality;
    int age_band;
    bool not_accepted; /* no receipt in this story */
};

static struct id
notification_of(const char *ref, int amendment)
{
    char name[80];

    (void)snprintf(name, sizeof name, "%s/%d", ref, amendment);
    return id_of(name);
}

static void
add_decided(struct story *s, struct decided d)
{
    struct referral_decided *rec = story_body(s, &fields_referral_decided);
    struct notification_accepted *receipt =
        story_body(s, &fields_notification_accepted);

    rec->notification_id = notification_of(d.ref, d.amendment);
    rec->decision_id = id_derive(
        "decision",
        (struct str[]){ id_part(&rec->notification_id), str_of(d.rule) }, 2);
    rec->agency_id = STR("agency");
    rec->agency_ref = str_of(d.ref);
    rec->amendment = d.amendment;
    rec->agency_type = AGENCY_SCHOOL;
    rec->kind = d.entry == ENTRY_CSC ? KIND_POLICE_MISSING_REPORTED
                                     : KIND_SCHOOL_REFERRAL;
    rec->child_id = id_of("child");
    rec->entry = d.entry;
    rec->rule_id = str_of(d.rule);
    rec->outcome = OUTCOME_SINGLE_AGENCY;
    rec->status = DECISION_FINAL;
    rec->received_at = at(d.received);
    rec->locality = str_of(d.locality);
    rec->age_band = d.age_band;
    rec->episode_id = d.episode == NULL ? ID_NONE : id_of(d.episode);
    rec->meta.recorded_at = rec->received_at;
    story_add(s, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, rec);
    if (d.not_accepted)
        return;
    receipt->meta.recorded_at = rec->received_at;
    receipt->notification_id = rec->notification_id;
    receipt->agency_id = rec->agency_id;
    receipt->agency_ref = rec->agency_ref;
    receipt->amendment = rec->amendment;
    receipt->agency_type = rec->agency_type;
    receipt->kind = rec->kind;
    receipt->sent_at = rec->received_at;
    story_add(s, TOPIC_RECEIPTS, REC_NOTIFICATION_ACCEPTED, receipt);
}

struct changed {
    const char *name;
    int side;
    int before;
    int state;
    int outcome;
    const char *opened;
    const char *closed;
    int close_outcome;
    const char *locality;
    int age_band;
    const char *version; /* of the profile; NULL: the first */
    const char *answers; /* reference of the notification, NULL: none */
};

#define FIRST_VERSION "made-up@1#00000001"
#define SECOND_VERSION "made-up@2#00000002"

static void
add_changed(struct story *s, struct changed c)
{
    struct case_changed *rec = story_body(s, &fields_case_changed);

    rec->case_id = id_of(c.name);
    rec->child_id = id_of("child");
    rec->side = c.side;
    rec->state_before = c.before;
    rec->state = c.state;
    rec->outcome = c.outcome;
    rec->opened_at = at(c.opened);
    rec->closed_at = c.closed == NULL ? TIME_NONE : at(c.closed);
    rec->close_outcome = c.close_outcome;
    rec->locality = str_of(c.locality == NULL ? "swale" : c.locality);
    rec->age_band = c.age_band == 0 ? AGE_5_10 : c.age_band;
    rec->meta.profile_version =
        str_of(c.version == NULL ? FIRST_VERSION : c.version);
    rec->meta.occurred_at =
        c.closed == NULL ? rec->opened_at : rec->closed_at;
    if (c.answers != NULL) {
        rec->notification_id = notification_of(c.answers, 0);
        rec->decision_id = id_of(c.answers);
        rec->effect = OUTCOME_EXISTING_CASE;
    }
    story_add(s, TOPIC_CASE_JOURNAL, REC_CASE_CHANGED, rec);
}

static void
add_handover(struct story *s, const char *name, int direction, int state,
             const char *answered)
{
    struct handover_changed *rec = story_body(s, &fields_handover_changed);

    rec->handover_id = id_of(name);
    rec->case_id = id_of("stepped");
    rec->child_id = id_of("child");
    rec->direction = direction;
    rec->state = state;
    rec->offered_at = at("2015-06-26T12:45:00Z");
    rec->answered_at = answered == NULL ? TIME_NONE : at(answered);
    rec->locality = STR("maidstone");
    rec->age_band = AGE_5_10;
    rec->expiries = 0;
    story_add(s, TOPIC_CASE_JOURNAL, REC_HANDOVER_CHANGED, rec);
}

static void
add_answer(struct story *s, const char *ref, const char *when)
{
    struct referrer_answered *rec = story_body(s, &fields_referrer_answered);

    rec->notification_id = notification_of(ref, 0);
    rec->answer = ANSWER_OUTCOME;
    rec->meta.recorded_at = at(when);
    story_add(s, TOPIC_FEEDBACK, REC_REFERRER_ANSWERED, rec);
}

static void
add_alert(struct story *s, const char *when)
{
    struct alert_raised *raised = story_body(s, &fields_alert_raised);
    struct alert_escalated *up = story_body(s, &fields_alert_escalated);
    struct alert_acknowledged *seen =
        story_body(s, &fields_alert_acknowledged);
    struct alert_cleared *over = story_body(s, &fields_alert_cleared);

    raised->alert_id = up->alert_id = seen->alert_id = over->alert_id =
        id_of("alert");
    raised->rule = STR("D01");
    raised->stage = 1;
    up->stage = 2;
    raised->meta.occurred_at = at(when);
    up->meta.occurred_at = at(when) + HOUR_MS;
    seen->meta.occurred_at = at(when) + 2 * HOUR_MS;
    over->meta.occurred_at = at(when) + 3 * HOUR_MS;
    story_add(s, TOPIC_ALERTS, REC_ALERT_RAISED, raised);
    story_add(s, TOPIC_ALERTS, REC_ALERT_ESCALATED, up);
    story_add(s, TOPIC_ALERTS, REC_ALERT_ACKNOWLEDGED, seen);
    story_add(s, TOPIC_ALERTS, REC_ALERT_CLEARED, over);
}

static void
add_indicator(struct story *s, int amendment, const char *value)
{
    struct indicator_observed *rec =
        story_body(s, &fields_indicator_observed);

    rec->indicator_id = notification_of("indicator", amendment);
    rec->agency_id = STR("analysts");
    rec->agency_ref = STR("neet-2015-06");
    rec->amendment = amendment;
    rec->indicator = STR("NEET");
    rec->value = str_of(value);
    story_add(s, TOPIC_INDICATORS, REC_INDICATOR_OBSERVED, rec);
}

static void
tell_may(struct story *s)
{
    add_time(s, "2015-05-01T00:00:00Z");
    add_config(s, "calendar", NULL);
    add_config(s, FIRST_VERSION, &s->old_profile);
    add_changed(s, (struct changed){
        .name = "old", .side = SIDE_EH, .state = CASE_SCREENING,
        .outcome = OUTCOME_EH_INTENSIVE, .opened = "2015-05-04T08:00:00Z" });
    add_changed(s, (struct changed){
        .name = "old", .side = SIDE_EH, .before = CASE_SCREENING,
        .state = CASE_UNALLOCATED, .outcome = OUTCOME_EH_INTENSIVE,
        .opened = "2015-05-04T08:00:00Z" });
    add_changed(s, (struct changed){
        .name = "csc", .side = SIDE_CSC, .state = CASE_UNALLOCATED,
        .outcome = OUTCOME_SOCIAL_CARE_REFERRAL,
        .opened = "2015-05-05T08:00:00Z" });
    add_decided(s, (struct decided){
        .ref = "amended", .received = "2015-05-30T08:00:00Z", .entry = ENTRY_EH,
        .rule = "KE05", .locality = "swale", .age_band = AGE_5_10 });
    add_time(s, "2015-05-31T22:59:59Z");
}

static void
tell_june(struct story *s)
{
    add_time(s, "2015-05-31T23:00:00Z"); /* June in London */
    /* Amendment 2 before 1: the 1 is history; district and band change. */
    add_decided(s, (struct decided){
        .ref = "amended", .amendment = 2, .received = "2015-05-30T08:00:00Z",
        .entry = ENTRY_EH, .rule = "KE05", .locality = "thanet",
        .age_band = AGE_11_15 });
    add_decided(s, (struct decided){
        .ref = "amended", .amendment = 1, .received = "2015-05-30T08:00:00Z",
        .entry = ENTRY_EH, .rule = "KE06", .locality = "swale",
        .age_band = AGE_5_10 });
    /* An episode: the found message came first; one message is C05's. */
    add_decided(s, (struct decided){
        .ref = "found", .received = "2015-06-10T09:00:00Z", .entry = ENTRY_CSC,
        .rule = "KE03", .episode = "episode", .locality = "swale",
        .age_band = AGE_11_15 });
    add_decided(s, (struct decided){
        .ref = "reported", .received = "2015-06-10T08:00:00Z",
        .entry = ENTRY_CSC, .rule = "KE03", .episode = "episode",
        .locality = "swale", .age_band = AGE_11_15 });
    add_decided(s, (struct decided){
        .ref = "graded", .received = "2015-06-10T07:00:00Z", .entry = ENTRY_CSC,
        .rule = "C05", .episode = "episode", .locality = "swale",
        .age_band = AGE_11_15 });
    /* Amended into an episode of its own, then taken over by social care. */
    add_decided(s, (struct decided){
        .ref = "reported", .amendment = 1, .received = "2015-06-10T08:00:00Z",
        .entry = ENTRY_CSC, .rule = "KE03", .episode = "other",
        .locality = "swale", .age_band = AGE_11_15 });
    /* Revised out of an episode: both count then. */
    add_decided(s, (struct decided){
        .ref = "left", .received = "2015-06-11T08:00:00Z",
        .entry = ENTRY_CSC, .rule = "KE03", .episode = "third",
        .locality = "swale", .age_band = AGE_11_15 });
    add_decided(s, (struct decided){
        .ref = "stayed", .received = "2015-06-11T09:00:00Z",
        .entry = ENTRY_CSC, .rule = "KE03", .episode = "third",
        .locality = "swale", .age_band = AGE_11_15 });
    add_decided(s, (struct decided){
        .ref = "left", .received = "2015-06-11T08:00:00Z",
        .entry = ENTRY_CSC, .rule = "KE03", .locality = "swale",
        .age_band = AGE_11_15, .not_accepted = true });
    add_decided(s, (struct decided){
        .ref = "plain", .received = "2015-06-26T10:20:00Z", .entry = ENTRY_EH,
        .rule = "KE07", .locality = "swale", .age_band = AGE_5_10 });
    add_decided(s, (struct decided){
        .ref = "plain", .received = "2015-06-26T10:20:00Z", .entry = ENTRY_EH,
        .rule = "KE05", .locality = "swale", .age_band = AGE_5_10,
        .not_accepted = true });
    add_answer(s, "plain", "2015-06-27T10:00:00Z");
    add_answer(s, "plain", "2015-06-26T10:00:00Z");
    add_answer(s, "plain", "2015-06-28T10:00:00Z");
    add_alert(s, "2015-06-27T10:00:00Z");
    add_indicator(s, 1, "6");
    add_indicator(s, 0, "5");
    add_changed(s, (struct changed){
        .name = "old", .side = SIDE_EH, .before = CASE_REVIEW,
        .state = CASE_CLOSED, .outcome = OUTCOME_EH_INTENSIVE,
        .opened = "2015-05-04T08:00:00Z", .closed = "2015-06-20T08:00:00Z",
        .close_outcome = CLOSE_NEEDS_MET });
    add_changed(s, (struct changed){
        .name = "nfa", .side = SIDE_EH, .state = CASE_SCREENING,
        .outcome = OUTCOME_NFA, .opened = "2015-06-26T08:00:00Z" });
    add_changed(s, (struct changed){
        .name = "nfa", .side = SIDE_EH, .before = CASE_SCREENING,
        .state = CASE_CLOSED, .outcome = OUTCOME_NFA,
        .opened = "2015-06-26T08:00:00Z", .closed = "2015-06-26T09:00:00Z" });
    add_changed(s, (struct changed){
        .name = "moved", .side = SIDE_EH, .before = CASE_REVIEW,
        .state = CASE_CLOSED, .outcome = OUTCOME_CAF_TAF,
        .opened = "2015-06-01T08:00:00Z", .closed = "2015-06-21T08:00:00Z",
        .close_outcome = CLOSE_DISENGAGED, .locality = "dover",
        .age_band = AGE_0_4, .version = SECOND_VERSION });
    add_changed(s, (struct changed){
        .name = "twin", .side = SIDE_EH, .state = CASE_UNALLOCATED,
        .outcome = OUTCOME_CAF_TAF, .opened = "2015-06-02T08:00:00Z",
        .answers = "plain" });
    /* Closed by a profile that casework has yet to bring, and reopened. */
    add_changed(s, (struct changed){
        .name = "back", .side = SIDE_EH, .before = CASE_REVIEW,
        .state = CASE_CLOSED, .outcome = OUTCOME_CAF_TAF,
        .opened = "2015-06-03T08:00:00Z", .closed = "2015-06-22T08:00:00Z",
        .close_outcome = CLOSE_DISENGAGED, .version = SECOND_VERSION });
    add_changed(s, (struct changed){
        .name = "back", .side = SIDE_EH, .before = CASE_CLOSED,
        .state = CASE_REVIEW, .outcome = OUTCOME_CAF_TAF,
        .opened = "2015-06-03T08:00:00Z" });
    add_handover(s, "down", DIRECTION_STEP_DOWN, HANDOVER_OFFERED, NULL);
    add_handover(s, "down", DIRECTION_STEP_DOWN, HANDOVER_ACCEPTED,
                 "2015-06-29T09:15:00Z");
    add_handover(s, "up", DIRECTION_STEP_UP, HANDOVER_DECLINED,
                 "2015-06-29T09:15:00Z");
    add_changed(s, (struct changed){
        .name = "csc", .side = SIDE_CSC, .before = CASE_HANDOVER_PENDING,
        .state = CASE_CLOSED, .outcome = OUTCOME_SOCIAL_CARE_REFERRAL,
        .opened = "2015-05-05T08:00:00Z", .closed = "2015-06-29T09:15:00Z",
        .close_outcome = CLOSE_STEPPED_DOWN });
}

static void
tell_july(struct story *s)
{
    add_time(s, "2015-06-30T23:00:00Z"); /* July in London */
    /* In the new profile, disengaged is positive and needs_met neutral. */
    add_config(s, SECOND_VERSION, &s->new_profile);
    /* Late and corrected: June and May have been frozen. */
    add_changed(s, (struct changed){
        .name = "late", .side = SIDE_EH, .state = CASE_UNALLOCATED,
        .outcome = OUTCOME_CAF_TAF, .opened = "2015-06-15T08:00:00Z" });
    add_changed(s, (struct changed){
        .name = "old", .side = SIDE_EH, .before = CASE_CLOSED,
        .state = CASE_REVIEW, .outcome = OUTCOME_EH_INTENSIVE,
        .opened = "2015-05-04T08:00:00Z" });
    add_changed(s, (struct changed){
        .name = "twin", .side = SIDE_EH, .before = CASE_UNALLOCATED,
        .state = CASE_MERGED, .outcome = OUTCOME_CAF_TAF,
        .opened = "2015-06-02T08:00:00Z" });
    add_decided(s, (struct decided){
        .ref = "plain", .amendment = 1, .received = "2015-06-26T10:20:00Z",
        .entry = ENTRY_CSC, .rule = "KE02", .locality = "swale",
        .age_band = AGE_5_10 });
    add_decided(s, (struct decided){
        .ref = "overdue", .received = "2015-06-30T22:59:59Z", .entry = ENTRY_EH,
        .rule = "KE05", .locality = "dover", .age_band = AGE_16_UP });
    add_changed(s, (struct changed){
        .name = "mistake", .side = SIDE_EH, .state = CASE_UNALLOCATED,
        .outcome = OUTCOME_CAF_TAF, .opened = "2015-07-02T08:00:00Z" });
    add_changed(s, (struct changed){
        .name = "mistake", .side = SIDE_EH, .before = CASE_UNALLOCATED,
        .state = CASE_CLOSED, .outcome = OUTCOME_CAF_TAF,
        .opened = "2015-07-02T08:00:00Z", .closed = "2015-07-03T08:00:00Z",
        .close_outcome = CLOSE_IN_ERROR });
    add_changed(s, (struct changed){
        .name = "old", .side = SIDE_EH, .before = CASE_REVIEW,
        .state = CASE_CLOSED, .outcome = OUTCOME_EH_INTENSIVE,
        .opened = "2015-05-04T08:00:00Z", .closed = "2015-07-05T08:00:00Z",
        .close_outcome = CLOSE_NEEDS_MET, .locality = "swale",
        .age_band = AGE_11_15, .version = SECOND_VERSION });
    add_time(s, "2015-08-02T00:00:00Z");
}

static struct story *
story_open(void)
{
    struct story *s = calloc(1, sizeof *s);

    assert_non_null(s);
    heap_arena(&s->arena);
    s->old_profile.positive_outcomes = SET_BIT(CLOSE_NEEDS_MET);
    s->old_profile.neutral_outcomes = SET_BIT(CLOSE_DISENGAGED);
    s->new_profile.positive_outcomes = SET_BIT(CLOSE_DISENGAGED);
    s->new_profile.neutral_outcomes = SET_BIT(CLOSE_NEEDS_MET);
    tell_may(s);
    tell_june(s);
    tell_july(s);
    return s;
}

static void
story_close(struct story *s)
{
    heap_release(&s->arena);
    free(s);
}

/* A fixed generator, so that a seed names an order for ever. */
static uint32_t
next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33);
}

/*
 * Tell the story with its topics interleaved at random and in batches of
 * random size. Seed 0 reads topic after topic; odd seeds hold one topic back.
 */
static struct bench *
tell(const struct story *s, uint64_t seed)
{
    struct bench *b = bench_open();
    struct event evs[SERVICE_INPUTS_MAX * STREAM_MAX];
    size_t done[SERVICE_INPUTS_MAX] = { 0 };
    size_t inputs = metrics_service.n_inputs;
    uint64_t random = seed;
    size_t slow = seed % 2 == 1 ? next_random(&random) % inputs : inputs;
    size_t n = 0, total = 0;

    for (size_t i = 0; i < inputs; i++)
        total += s->n[i];
    while (n < total) {
        size_t i = seed == 0 ? 0 : next_random(&random) % inputs;

        if (i == slow && next_random(&random) % 32 != 0)
            continue;
        while (done[i] == s->n[i])
            i = (i + 1) % inputs;
        evs[n++] = s->evs[i][done[i]++];
    }
    for (size_t from = 0; from < total;) {
        size_t size = 1 + next_random(&random) % (seed % 3 == 0 ? 60 : 6);

        if (size > total - from)
            size = total - from;
        if (!bench_run(b, &evs[from], size))
            fail_msg("seed %" PRIu64 ": %s", seed, b->err.text);
        from += size;
    }
    return b;
}

static bool
has_row(const struct bench *b, size_t table, const void *row)
{
    for (size_t i = 0; i < b->n_rows[table]; i++)
        if (fields_eq(&metrics_tables[table].fields, b->rows[table][i], row))
            return true;
    return false;
}

static void
assert_same_tables(const struct bench *a, const struct bench *b, uint64_t seed)
{
    for (size_t t = 0; t < METRICS_TABLE_N; t++) {
        if (a->n_rows[t] != b->n_rows[t])
            fail_msg("seed %" PRIu64 ": %s has %zu rows, not %zu", seed,
                     metrics_tables[t].fields.name, b->n_rows[t],
                     a->n_rows[t]);
        for (size_t i = 0; i < a->n_rows[t]; i++)
            if (!has_row(b, t, a->rows[t][i]))
                fail_msg("seed %" PRIu64 ": %s differs in row %zu", seed,
                         metrics_tables[t].fields.name, i);
    }
}

static void
test_any_order(void **state)
{
    struct story *s = story_open();
    struct bench *first = tell(s, 0);

    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct bench *b = tell(s, seed);

        assert_same_tables(first, b, seed);
        bench_close(b);
    }
    bench_close(first);
    story_close(s);
}

static void
test_story_figures(void **state)
{
    struct story *s = story_open();
    struct bench *b = tell(s, 7);
    date_d may = month("2015-05-01");
    date_d june = month("2015-06-01");
    date_d july = month("2015-07-01");
    const bool now = false, then = true; /* as it was frozen */

    (void)state;
    /* May: amended. June: one message of the episode, the other episode, left
     * and stayed; plain until July, overdue since then */
    assert_int_equal(bench_sum(b, now, KPI_K01, SIDE_EH, may, false), 1);
    assert_int_equal(bench_sum(b, now, KPI_K01, SIDE_EH, june, false), 5);
    assert_int_equal(bench_sum(b, then, KPI_K01, SIDE_EH, may, false), 1);
    assert_int_equal(bench_sum(b, then, KPI_K01, SIDE_EH, june, false), 5);
    /* open: old and csc in May, back and late in June; twin never was */
    assert_int_equal(bench_open_cases(b, now, SIDE_EH, may), 1);
    assert_int_equal(bench_open_cases(b, now, SIDE_EH, june), 3);
    assert_int_equal(bench_open_cases(b, now, SIDE_EH, july), 2);
    assert_int_equal(bench_open_cases(b, now, SIDE_CSC, may), 1);
    assert_int_equal(bench_open_cases(b, now, SIDE_CSC, june), 0);
    /* as June was fixed: twin and back, old closed, late not heard of */
    assert_int_equal(bench_open_cases(b, then, SIDE_EH, may), 1);
    assert_int_equal(bench_open_cases(b, then, SIDE_EH, june), 2);
    assert_int_equal(bench_open_cases(b, then, SIDE_EH, july), 2);
    /* closed in June: old, reopened since, and moved */
    assert_int_equal(bench_sum(b, then, KPI_K11, SIDE_EH, june, false), 2);
    assert_int_equal(bench_sum(b, now, KPI_K11, SIDE_EH, june, false), 1);
    assert_int_equal(bench_sum(b, now, KPI_K11, SIDE_EH, july, false), 1);
    /* each by the profile that its record names */
    assert_int_equal(bench_sum(b, now, KPI_K20, SIDE_EH, june, false), 1);
    assert_int_equal(bench_sum(b, now, KPI_K20, SIDE_EH, june, true), 1);
    assert_int_equal(bench_sum(b, then, KPI_K20, SIDE_EH, june, false), 2);
    assert_int_equal(bench_sum(b, then, KPI_K20, SIDE_EH, june, true), 2);
    assert_int_equal(bench_sum(b, now, KPI_K20, SIDE_EH, july, true), 0);
    assert_int_equal(bench_sum(b, now, KPI_K12, SIDE_EH, june, false), 1);
    assert_int_equal(bench_sum(b, now, KPI_K13, SIDE_CSC, june, false), 0);
    assert_int_equal(bench_sum(b, now, KPI_K21, SIDE_CSC, june, false), 1);
    assert_int_equal(bench_sum(b, now, KPI_K21, SIDE_CSC, june, true), 1);
    assert_int_equal(
        ((const struct reckoning *)b->rows[TABLE_RECKONING][0])
            ->frozen_through,
        july);
    assert_int_equal(b->n_rows[TABLE_CASE_WAITING], 0);
    bench_close(b);
    story_close(s);
}

static const struct notification_fact *
find_in(const struct bench *b, enum metrics_table table, const char *ref,
        int amendment)
{
    for (size_t i = 0; i < b->n_rows[table]; i++) {
        const struct notification_fact *f = b->rows[table][i];

        if (id_eq(f->notification_id, notification_of(ref, amendment)))
            return f;
    }
    fail_msg("no fact of %s", ref);
    return NULL;
}

static const struct notification_fact *
find_notification(const struct bench *b, const char *ref, int amendment)
{
    return find_in(b, TABLE_NOTIFICATION, ref, amendment);
}

static void
test_story_facts(void **state)
{
    struct story *s = story_open();
    struct bench *b = tell(s, 11);
    const struct notification_fact *plain = find_notification(b, "plain", 0);
    const struct alert_fact *alert = b->rows[TABLE_ALERT][0];
    const struct indicator_fact *seen = b->rows[TABLE_INDICATOR][0];

    (void)state;
    assert_int_equal(find_in(b, TABLE_ACCEPTED, "plain", 0)->accepted_at,
                     at("2015-06-26T10:20:00Z"));
    assert_true(str_is(plain->rule_id, "KE05"));
    assert_int_equal(find_in(b, TABLE_EFFECT, "plain", 0)->effect,
                     OUTCOME_EXISTING_CASE);
    assert_int_equal(find_in(b, TABLE_ANSWER, "plain", 0)->answered_at,
                     at("2015-06-26T10:00:00Z"));
    assert_true(plain->superseded);
    assert_false(find_notification(b, "plain", 1)->superseded);
    assert_int_equal(b->n_rows[TABLE_ALERT], 1);
    assert_int_equal(alert->stage, 2);
    assert_int_equal(alert->cleared_at - alert->raised_at, 3 * HOUR_MS);
    assert_int_equal(alert->acknowledged_at - alert->escalated_at, HOUR_MS);
    assert_int_equal(b->n_rows[TABLE_INDICATOR], 1);
    assert_true(str_is(seen->value, "6"));
    bench_close(b);
    story_close(s);
}

/* Two messages about one episode; which one is named and read first? */
static void
count_episode(const char *early, const char *late, bool late_first)
{
    struct story *s = calloc(1, sizeof *s);
    struct bench *b = bench_open();
    size_t casework = bench_input(TOPIC_CASEWORK);
    struct decided messages[] = {
        { .ref = early, .received = "2015-06-10T08:00:00Z",
          .entry = ENTRY_CSC, .rule = "KE03", .episode = "episode",
          .age_band = AGE_11_15 },
        { .ref = late, .received = "2015-07-10T08:00:00Z",
          .entry = ENTRY_CSC, .rule = "KE03", .episode = "episode",
          .age_band = AGE_16_UP },
    };

    heap_arena(&s->arena);
    add_config(s, "calendar", NULL);
    add_decided(s, messages[late_first]);
    add_decided(s, messages[!late_first]);
    assert_true(bench_run(b, s->evs[casework], s->n[casework]));
    for (size_t i = 0; i < b->n_rows[TABLE_KPI_CELL]; i++) {
        const struct kpi_cell *c = b->rows[TABLE_KPI_CELL][i];

        if (c->kpi == KPI_K01)
            assert_int_equal(c->age_band, AGE_11_15);
    }
    assert_int_equal(bench_sum(b, false, KPI_K01, SIDE_EH,
                               month("2015-06-01"), false), 1);
    assert_int_equal(bench_sum(b, false, KPI_K01, SIDE_EH,
                               month("2015-07-01"), false), 0);
    bench_close(b);
    story_close(s);
}

static void
test_earliest_of_episode(void **state)
{
    (void)state;
    count_episode("one", "two", false);
    count_episode("one", "two", true);
    count_episode("two", "one", false);
    count_episode("two", "one", true);
}

static const struct event *
one(struct story *s, enum topic topic)
{
    size_t i = bench_input(topic);

    return &s->evs[i][s->n[i] - 1];
}

static void
test_freezing_limit(void **state)
{
    struct story *s = calloc(1, sizeof *s);
    struct bench *b = bench_open();
    const struct reckoning *r;

    (void)state;
    heap_arena(&s->arena);
    add_config(s, "calendar", NULL);
    assert_true(bench_run(b, one(s, TOPIC_CASEWORK), 1));
    add_time(s, "2015-06-30T22:59:59.999Z");
    for (size_t i = 0; i < metrics_service.n_inputs; i++)
        assert_true(bench_run(b, one(s, metrics_service.inputs[i]), 1));
    r = b->rows[TABLE_RECKONING][0];
    assert_int_equal(r->frozen_through, month("2015-05-01"));
    add_time(s, "2015-06-30T23:00:00Z");
    for (size_t i = 0; i + 1 < metrics_service.n_inputs; i++)
        assert_true(bench_run(b, one(s, metrics_service.inputs[i]), 1));
    r = b->rows[TABLE_RECKONING][0];
    assert_int_equal(r->frozen_through, month("2015-05-01"));
    assert_true(bench_run(
        b, one(s, metrics_service.inputs[metrics_service.n_inputs - 1]), 1));
    r = b->rows[TABLE_RECKONING][0];
    assert_int_equal(r->frozen_through, month("2015-06-01"));
    bench_close(b);
    story_close(s);
}

static void
test_one_record_is_one_batch(void **state)
{
    struct story *s = story_open();
    struct bench *first = tell(s, 0);
    struct bench *b = bench_open();

    (void)state;
    for (size_t i = 0; i < metrics_service.n_inputs; i++)
        for (size_t k = 0; k < s->n[i]; k++)
            assert_true(bench_run(b, &s->evs[i][k], 1));
    assert_same_tables(first, b, 0);
    bench_close(first);
    bench_close(b);
    story_close(s);
}

#define TABLE(rows, test)                                              \
    for (size_t i = 0; i < N(rows); i++)                               \
    tests[n++] = (struct CMUnitTest){ .name = (rows)[i].name,          \
                                      .test_func = (test),             \
                                      .initial_state = row_of(&(rows)[i]) }

/* cmocka's state is not const; the tests only read it. */
static void *
row_of(const void *row)
{
    union {
        const void *in;
        void *out;
    } u = { .in = row };

    return u.out;
}

static const struct CMUnitTest others[] = {
    { .name = "age bands stay those of opening and closing",
      .test_func = test_bands_stay },
    { .name = "an unknown age band takes the first that is known",
      .test_func = test_unknown_band_learns },
    { .name = "a story in May, June and July gives these figures",
      .test_func = test_story_figures },
    { .name = "each topic fills its own columns of the facts",
      .test_func = test_story_facts },
    { .name = "the earliest message of an episode is the one counted",
      .test_func = test_earliest_of_episode },
    { .name = "topics in any order and any batches give the same tables",
      .test_func = test_any_order },
    { .name = "record by record gives what batches give",
      .test_func = test_one_record_is_one_batch },
    { .name = "a month is frozen when the last input has told its end",
      .test_func = test_freezing_limit },
};

int
main(void)
{
    struct CMUnitTest tests[N(k01_rows) + N(case_rows) + N(handover_rows) +
                            N(month_rows) + N(screen_rows) + N(others)];
    size_t n = 0;

    TABLE(k01_rows, test_k01);
    TABLE(case_rows, test_case);
    TABLE(handover_rows, test_handover);
    TABLE(month_rows, test_month);
    TABLE(screen_rows, test_screened_out);
    for (size_t i = 0; i < N(others); i++)
        tests[n++] = others[i];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
