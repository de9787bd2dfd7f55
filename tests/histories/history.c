#include "tests/histories/history.h"

#include <assert.h>
#include <inttypes.h>

#include "common/core/records.h"
#include "tests/lib/any_record.h"

enum {
    CHILDREN = 9,
    NOTIFICATIONS = 24,
    CASES = 16,
    HANDOVERS = 8,
    ACTIVITIES = 24,
    CLOCKS = 16,
    EPISODES = 5,
    STEPS = 170,
    LATE_DAYS = 70,
};

/* 0 and words are what an id, a place or a band may be drawn from. */
static const char *const places[] = { "maidstone", "dover", "swale", NULL };
static const int bands[] = { AGE_0_4,    AGE_5_10,    AGE_11_15, AGE_16_UP,
                             AGE_UNBORN, AGE_UNKNOWN, 0 };

struct notification {
    bool known;
    int32_t highest;
    int kind;
    int entry;
    size_t child;
    time_ms received_at;
};

struct one_case {
    bool known;
    int side;
    int state;
    int before_closing;
    bool intent;
    size_t child;
    time_ms opened_at;
    time_ms closed_at;
    int close_outcome;
};

struct teller {
    struct history *h;
    struct arena *a;
    uint64_t seed;
    uint64_t number; /* the seed at first */
    struct str profile_version;
    time_ms now;
    struct notification notifications[NOTIFICATIONS];
    struct one_case cases[CASES];
    int activities[ACTIVITIES]; /* enum activity; 0: not yet told */
    int handovers[HANDOVERS];   /* enum direction */
    time_ms episodes[EPISODES]; /* found at; 0: not yet */
    bool merged[CHILDREN];
};

#define DRAW(t, list)                                                          \
    ((list)[any_below(&(t)->seed, sizeof(list) / sizeof((list)[0]))])

static bool
one_in(struct teller *t, size_t n)
{
    return any_below(&t->seed, n) == 0;
}

/* Of this history alone. */
static struct id
an_id(const struct teller *t, const char *tag, size_t n)
{
    struct str parts[] = { { .p = (const char *)&t->number,
                             .n = sizeof t->number },
                           { .p = (const char *)&n, .n = sizeof n } };

    return id_derive(tag, parts, 2);
}

/* Now, or as long ago as something may be told late. */
static time_ms
a_while_ago(struct teller *t)
{
    time_ms days = one_in(t, 3) ? LATE_DAYS : 2;

    return t->now - (time_ms)any_below(&t->seed, (size_t)(days * DAY_MS));
}

static struct str
a_place(struct teller *t)
{
    return str_of(DRAW(t, places));
}

static enum tri
a_tri(struct teller *t)
{
    static const enum tri tris[] = { TRI_UNKNOWN, TRI_NO, TRI_YES };

    return DRAW(t, tris);
}

static void *
begin(struct teller *t, enum record_type type)
{
    const struct fields *f = record_def(type)->fields;
    void *body = arena_alloc(t->a, f->size);
    struct meta *meta = body;

    fields_clear(f, body);
    meta->recorded_at = t->now;
    meta->occurred_at = t->now;
    if (!one_in(t, 4))
        meta->profile_version = t->profile_version;
    return body;
}

static void
tell(struct teller *t, enum topic topic, enum record_type type,
     const void *body)
{
    struct history_topic *to = &t->h->topics[topic];

    assert(to->n < HISTORY_RECORDS_MAX);
    to->told[to->n] = t->h->n++;
    to->events[to->n++] =
        (struct event){ .topic = topic, .type = type, .body = body };
}

/* ---- notifications ------------------------------------------------------- */

static bool
is_of_episode(int kind)
{
    return kind <= KIND_POLICE_MISSING_CANCELLED;
}

static size_t
a_notification(struct teller *t)
{
    static const int entries[] = { ENTRY_EH, ENTRY_CSC, ENTRY_MASH };
    size_t i = any_below(&t->seed, NOTIFICATIONS);
    struct notification *n = &t->notifications[i];

    if (!n->known)
        *n = (struct notification){
            .known = true,
            .kind = 1 + (int)any_below(&t->seed, (size_t)codes_kind.n),
            .entry = DRAW(t, entries),
            .child = any_below(&t->seed, CHILDREN),
            .received_at = a_while_ago(t),
        };
    return i;
}

static struct str
notification_ref(struct teller *t, size_t i)
{
    return arena_printf(t->a, "N-%" PRIu64 "-%zu", t->number, i);
}

/* Which of its versions is told of: the next, the same anew, an earlier. */
static int32_t
an_amendment(struct teller *t, struct notification *n)
{
    if (one_in(t, 3))
        n->highest++;
    return n->highest - (one_in(t, 4) && n->highest > 0);
}

static struct texts
some_actions(struct teller *t)
{
    static const char *const words[] = { "A01", "A10", "A03" };
    struct str *at = arena_array(t->a, 2, sizeof *at);

    at[0] = str_of(DRAW(t, words));
    at[1] = STR("A08");
    return (struct texts){ .at = at, .n = any_below(&t->seed, 3) };
}

static void
tell_decision(struct teller *t)
{
    static const char *const rules[] = { "KE01", "KE03", "KE05", "C05", NULL };
    struct referral_decided *rec = begin(t, REC_REFERRAL_DECIDED);
    size_t i = a_notification(t);
    struct notification *n = &t->notifications[i];

    rec->amendment = an_amendment(t, n);
    rec->decision_id = an_id(t, "decision", t->h->n);
    rec->notification_id =
        an_id(t, "notification", i * 100 + (size_t)rec->amendment);
    rec->agency_id = STR("made-up-agency");
    rec->agency_ref = notification_ref(t, i);
    rec->agency_type =
        1 + (int)any_below(&t->seed, (size_t)codes_agency_type.n);
    rec->kind = n->kind;
    rec->child_id = an_id(t, "child", n->child);
    rec->entry = n->entry;
    rec->outcome = 1 + (int)any_below(&t->seed, (size_t)codes_outcome.n);
    rec->status = 1 + (int)any_below(&t->seed, 3);
    rec->rule_id = str_of(DRAW(t, rules));
    rec->action_rules = some_actions(t);
    rec->received_at = n->received_at;
    rec->needs = (uint32_t)any_next(&t->seed) & (uint32_t)any_next(&t->seed) &
                 (uint32_t)any_next(&t->seed) & (SET_BIT(25) - 1);
    rec->locality = a_place(t);
    rec->age_band = DRAW(t, bands);
    rec->sex = (int)any_below(&t->seed, 4);
    rec->ethnicity = (int)any_below(&t->seed, 21);
    rec->sen = a_tri(t);
    rec->re_referral = a_tri(t);
    if (is_of_episode(n->kind) && !one_in(t, 5))
        rec->episode_id = an_id(t, "episode", i % EPISODES);
    tell(t, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, rec);
}

static void
tell_receipt(struct teller *t)
{
    struct notification_accepted *rec = begin(t, REC_NOTIFICATION_ACCEPTED);
    size_t i = a_notification(t);

    rec->notification_id = an_id(t, "notification", i * 100);
    rec->agency_id = STR("made-up-agency");
    rec->agency_ref = notification_ref(t, i);
    rec->amendment = 0;
    rec->sent_at = rec->meta.recorded_at;
    tell(t, TOPIC_RECEIPTS, REC_NOTIFICATION_ACCEPTED, rec);
}

static void
tell_answer(struct teller *t)
{
    struct referrer_answered *rec = begin(t, REC_REFERRER_ANSWERED);

    rec->notification_id = an_id(t, "notification", a_notification(t) * 100);
    rec->answer = ANSWER_OUTCOME;
    tell(t, TOPIC_FEEDBACK, REC_REFERRER_ANSWERED, rec);
}

/* ---- cases --------------------------------------------------------------- */

static bool
has_ended(int state)
{
    return state == CASE_CLOSED || state == CASE_TRANSFERRED;
}

static void
open_case(struct teller *t, struct one_case *c)
{
    static const int states[] = { CASE_SCREENING, CASE_INTENT, CASE_UNALLOCATED,
                                  CASE_ALLOCATED };

    *c = (struct one_case){ .known = true,
                            .side = 1 + (int)any_below(&t->seed, 2),
                            .state = DRAW(t, states),
                            .child = any_below(&t->seed, CHILDREN),
                            .opened_at = a_while_ago(t),
                            .closed_at = TIME_NONE };
    c->intent = c->state == CASE_INTENT;
}

static void
end_case(struct teller *t, struct one_case *c)
{
    static const int ends[] = { CASE_CLOSED, CASE_CLOSED, CASE_CLOSED,
                                CASE_TRANSFERRED, CASE_MERGED };

    c->before_closing = c->state;
    c->state = DRAW(t, ends);
    c->closed_at = a_while_ago(t);
    if (c->closed_at < c->opened_at)
        c->closed_at = t->now;
    c->close_outcome = 1 + (int)any_below(&t->seed, CLOSE_RC1);
}

static void
move_case(struct teller *t, struct one_case *c)
{
    if (c->state == CASE_MERGED)
        return;
    if (c->state == CASE_CLOSED && one_in(t, 3)) {
        c->state = c->before_closing; /* reopened */
        c->closed_at = TIME_NONE;
        c->close_outcome = 0;
    } else if (!has_ended(c->state) && one_in(t, 3)) {
        end_case(t, c);
    } else if (!has_ended(c->state)) {
        c->state = CASE_UNALLOCATED + (int)any_below(&t->seed, 6);
    } else if (one_in(t, 4)) {
        c->closed_at = t->now; /* the day was wrong */
    }
    if (one_in(t, 12))
        c->opened_at -= (time_ms)any_below(&t->seed, 40 * DAY_MS);
}

static void
tell_case(struct teller *t)
{
    static const char *const workers[] = { "worker-1", "worker-2", NULL };
    struct case_changed *rec = begin(t, REC_CASE_CHANGED);
    size_t i = any_below(&t->seed, CASES);
    struct one_case *c = &t->cases[i];
    int before = c->known ? c->state : 0;

    if (c->known)
        move_case(t, c);
    else
        open_case(t, c);
    rec->case_id = an_id(t, "case", i);
    rec->child_id = an_id(t, "child", c->child);
    rec->side = c->side;
    rec->state = c->state;
    rec->state_before = before;
    rec->outcome = 1 + (int)any_below(&t->seed, 5);
    rec->opened_at = c->opened_at;
    rec->closed_at = c->closed_at;
    rec->close_outcome = c->close_outcome;
    rec->intent = c->intent;
    rec->re_referral = a_tri(t);
    rec->locality = a_place(t);
    rec->age_band = DRAW(t, bands);
    rec->unit = STR("unit-1");
    rec->worker = str_of(DRAW(t, workers));
    if (one_in(t, 3)) {
        rec->notification_id =
            an_id(t, "notification", a_notification(t) * 100);
        rec->decision_id = an_id(t, "decision", t->h->n);
        rec->effect = rec->outcome;
    }
    tell(t, TOPIC_CASE_JOURNAL, REC_CASE_CHANGED, rec);
}

static void
tell_handover(struct teller *t)
{
    struct handover_changed *rec = begin(t, REC_HANDOVER_CHANGED);
    size_t i = any_below(&t->seed, HANDOVERS);

    if (t->handovers[i] == 0)
        t->handovers[i] = 1 + (int)any_below(&t->seed, 2);
    rec->handover_id = an_id(t, "handover", i);
    rec->case_id = an_id(t, "case", i);
    rec->child_id = an_id(t, "child", t->cases[i].child);
    rec->direction = t->handovers[i];
    rec->state = 1 + (int)any_below(&t->seed, 3);
    rec->offered_at = t->now - 3 * DAY_MS;
    if (rec->state != HANDOVER_OFFERED && !one_in(t, 5))
        rec->answered_at = a_while_ago(t);
    rec->locality = a_place(t);
    rec->age_band = DRAW(t, bands);
    tell(t, TOPIC_CASE_JOURNAL, REC_HANDOVER_CHANGED, rec);
}

/* ---- what staff did ------------------------------------------------------ */

static struct texts
some_grades(struct teller *t)
{
    static const char *const grades[] = { "1", "2", "3", "4", "" };
    struct str *at = arena_array(t->a, 5, sizeof *at);

    for (size_t i = 0; i < 5; i++)
        at[i] = str_of(DRAW(t, grades));
    return (struct texts){ .at = at, .n = 5 };
}

/* The words that an activity of this kind brings. */
static void
fill_activity(struct teller *t, struct activity_recorded *rec)
{
    static const char *const offers[] = { "parenting", "youth", NULL };
    static const char *const organisations[] = { "school-1", "health-1", "" };
    static const char *const programmes[] = { "families", NULL };
    static const char *const services[] = { "childrens_centre", "youth_hub",
                                            "single_agency", "commissioned" };

    rec->core_offer = str_of(DRAW(t, offers));
    rec->linked_kpi = str_of(DRAW(t, offers));
    rec->risk_of_csc = (int)any_below(&t->seed, 4);
    rec->organisation = str_of(DRAW(t, organisations));
    rec->programme = str_of(DRAW(t, programmes));
    rec->programme_stage = (int)any_below(&t->seed, 4);
    if (rec->activity == ACTIVITY_AUDIT_RECORDED)
        rec->grades = some_grades(t);
    rec->service = str_of(DRAW(t, services));
    rec->service_on = one_in(t, 3) ? TRI_NO : TRI_YES;
    rec->hours_tenths = (int32_t)any_below(&t->seed, 60);
    rec->open_access = one_in(t, 2);
    rec->csc_status = 1 + (int)any_below(&t->seed, 5);
}

static struct str
activity_ref(struct teller *t, size_t i)
{
    return arena_printf(t->a, "W-%" PRIu64 "-%zu", t->number, i);
}

static void
tell_activity(struct teller *t)
{
    static const int kinds[] = {
        ACTIVITY_ALLOCATED,
        ACTIVITY_ASSESSMENT_STARTED,
        ACTIVITY_PROGRAMME_CHANGED,
        ACTIVITY_AUDIT_RECORDED,
        ACTIVITY_SESSION_ATTENDED,
        ACTIVITY_SERVICE_CHANGED,
        ACTIVITY_LAC_STARTED,
        ACTIVITY_CSC_STATUS_CHANGED,
        ACTIVITY_SAFETY_PLAN,
        ACTIVITY_ENCOMPASS_RELAYED,
        ACTIVITY_NOTE,
    };
    struct activity_recorded *rec = begin(t, REC_ACTIVITY_RECORDED);
    size_t i = any_below(&t->seed, ACTIVITIES);

    if (t->activities[i] == 0)
        t->activities[i] = DRAW(t, kinds);
    rec->activity = t->activities[i];
    rec->activity_id = an_id(t, "activity", i);
    rec->agency_id = STR("early-help");
    rec->agency_ref = activity_ref(t, i);
    rec->amendment = (int32_t)any_below(&t->seed, 3);
    rec->child_id = an_id(t, "child", any_below(&t->seed, CHILDREN));
    rec->notification_id = an_id(t, "notification", a_notification(t) * 100);
    rec->meta.occurred_at = a_while_ago(t);
    rec->locality = a_place(t);
    rec->age_band = DRAW(t, bands);
    if (one_in(t, 10))
        rec->refusal = STR("R20");
    fill_activity(t, rec);
    tell(t, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, rec);
}

static void
tell_correction(struct teller *t)
{
    struct activity_recorded *rec = begin(t, REC_ACTIVITY_RECORDED);

    rec->activity = ACTIVITY_CORRECTED;
    rec->activity_id = an_id(t, "correction", t->h->n);
    rec->agency_id = STR("early-help");
    rec->agency_ref =
        arena_printf(t->a, "C-%" PRIu64 "-%zu", t->number, t->h->n);
    rec->amendment = 0;
    rec->corrects_agency_id = STR("early-help");
    rec->corrects_agency_ref = activity_ref(t, any_below(&t->seed, ACTIVITIES));
    if (one_in(t, 4))
        rec->refusal = STR("R20");
    tell(t, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, rec);
}

/* Tracker refuses what triage let pass. */
static void
tell_refusal(struct teller *t)
{
    struct referrer_answered *rec = begin(t, REC_REFERRER_ANSWERED);

    rec->agency_id = STR("early-help");
    rec->agency_ref = activity_ref(t, any_below(&t->seed, ACTIVITIES));
    rec->amendment = 0;
    rec->answer = ANSWER_REFUSED;
    rec->refusal = STR("R21");
    tell(t, TOPIC_FEEDBACK, REC_REFERRER_ANSWERED, rec);
}

/* ---- limits and missing episodes ----------------------------------------- */

static void
tell_clock(struct teller *t)
{
    static const char *const ids[] = { "T1", "T12", "L1", "T16", "L3" };
    static const int subjects[] = { CLOCK_SUBJECT_CASE, CLOCK_SUBJECT_CASE,
                                    CLOCK_SUBJECT_NOTIFICATION,
                                    CLOCK_SUBJECT_CHILD,
                                    CLOCK_SUBJECT_HANDOVER };
    static const char *const tags[] = { "case", "case", "notification", "child",
                                        "handover" };
    struct clock_changed *rec = begin(t, REC_CLOCK_CHANGED);
    size_t i = any_below(&t->seed, CLOCKS);
    size_t about = i % (sizeof subjects / sizeof *subjects);

    rec->subject_kind = subjects[about];
    rec->subject_id =
        an_id(t, tags[about], about == 2 ? i * 100 : i % HANDOVERS);
    rec->child_id = an_id(t, "child", i % CHILDREN);
    rec->clock = str_of(ids[i % (sizeof ids / sizeof *ids)]);
    rec->change =
        one_in(t, 4) ? 1 + (int)any_below(&t->seed, 6) : CLOCK_STOPPED;
    if (i > 4)
        rec->started_at = (time_ms)1420070400000 + (time_ms)i * DAY_MS;
    rec->due_at = t->now;
    if (rec->change == CLOCK_STOPPED) {
        rec->stopped_at = a_while_ago(t);
        rec->late = i % 5 == 3 ? TRI_UNKNOWN : a_tri(t);
    }
    tell(t, TOPIC_CASE_JOURNAL, REC_CLOCK_CHANGED, rec);
}

static void
tell_episode(struct teller *t)
{
    struct missing_episode_changed *rec = begin(t, REC_MISSING_EPISODE_CHANGED);
    size_t i = any_below(&t->seed, EPISODES);

    rec->episode_id = an_id(t, "episode", i);
    rec->child_id = an_id(t, "child", i);
    rec->state = 1 + (int)any_below(&t->seed, (size_t)codes_episode_state.n);
    rec->reported_at = t->now - 4 * DAY_MS;
    if (rec->state != EPISODE_MISSING) {
        if (t->episodes[i] == 0 || one_in(t, 4))
            t->episodes[i] = a_while_ago(t);
        rec->found_at = one_in(t, 8) ? TIME_NONE : t->episodes[i];
        rec->rhi_due_at = t->episodes[i] + 72 * HOUR_MS;
        rec->rhi_state = (int)any_below(&t->seed, 7);
        if (!one_in(t, 4)) /* at times to the millisecond */
            rec->rhi_at = rec->rhi_due_at - 2 * DAY_MS +
                          (time_ms)any_below(&t->seed, 5) * DAY_MS;
    }
    rec->locality = a_place(t);
    rec->age_band = DRAW(t, bands);
    tell(t, TOPIC_CASE_JOURNAL, REC_MISSING_EPISODE_CHANGED, rec);
}

/* ---- children that are one, and time ------------------------------------- */

/* A child is merged into one with a lower number, so that none goes round. */
static void
tell_merge(struct teller *t)
{
    size_t i = 1 + any_below(&t->seed, CHILDREN - 1);

    if (!t->merged[i]) {
        struct child_merged *rec = begin(t, REC_CHILD_MERGED);

        rec->survivor_id = an_id(t, "child", any_below(&t->seed, i));
        rec->merged_id = an_id(t, "child", i);
        tell(t, TOPIC_CASEWORK, REC_CHILD_MERGED, rec);
    } else {
        struct child_unmerged *rec = begin(t, REC_CHILD_UNMERGED);

        rec->merged_id = an_id(t, "child", i);
        tell(t, TOPIC_CASEWORK, REC_CHILD_UNMERGED, rec);
    }
    t->merged[i] = !t->merged[i];
}

static void
tell_time(struct teller *t)
{
    static const enum topic all[] = { TOPIC_CASEWORK,     TOPIC_RECEIPTS,
                                      TOPIC_CASE_JOURNAL, TOPIC_ALERTS,
                                      TOPIC_FEEDBACK,     TOPIC_INDICATORS };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct time_advanced *rec = begin(t, REC_TIME_ADVANCED);

        rec->at = t->now;
        tell(t, all[i], REC_TIME_ADVANCED, rec);
    }
}

static void
tell_beginning(struct teller *t)
{
    struct config_activated *rec = begin(t, REC_CONFIG_ACTIVATED);

    rec->config_kind = CONFIG_PROFILE;
    rec->version = t->profile_version;
    tell(t, TOPIC_CASEWORK, REC_CONFIG_ACTIVATED, rec);
}

static void
tell_something(struct teller *t)
{
    static void (*const things[])(struct teller *) = {
        tell_decision, tell_decision, tell_decision, tell_receipt,
        tell_answer,   tell_case,     tell_case,     tell_case,
        tell_handover, tell_activity, tell_activity, tell_correction,
        tell_refusal,  tell_clock,    tell_clock,    tell_episode,
        tell_merge,
    };

    DRAW(t, things)(t);
}

void
history_make(struct history *out, struct arena *a, uint64_t seed,
             struct str profile_version)
{
    struct teller t = { .h = out,
                        .a = a,
                        .seed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15),
                        .number = seed,
                        .profile_version = profile_version };

    out->n = 0;
    for (size_t i = 0; i < TOPIC_N; i++)
        out->topics[i].n = 0;
    t.now = (time_ms)1420070400000 + /* 2015, and on */
            (time_ms)any_below(&t.seed, 700) * DAY_MS;
    tell_beginning(&t);
    for (size_t i = 0; i < STEPS; i++) {
        t.now += (time_ms)any_below(&t.seed, 36 * HOUR_MS);
        if (one_in(&t, 6))
            tell_time(&t);
        else
            tell_something(&t);
    }
    tell_time(&t);
}
