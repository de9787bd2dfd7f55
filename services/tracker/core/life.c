#include "tracker/core/life.h"

#include <stddef.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#define REOPEN_DAYS 14 /* domain.md section 6, row 21 */

#define ON(state) (1u << (state))
#define NOWHERE ON(LIFE_NONE)
#define SCREENING ON(CASE_SCREENING)
#define UNALLOCATED ON(CASE_UNALLOCATED)
#define WORKED                                                                 \
    (ON(CASE_ALLOCATED) | ON(CASE_ASSESSMENT) | ON(CASE_PLAN) | ON(CASE_REVIEW))
#define PENDING ON(CASE_HANDOVER_PENDING)
#define OPEN_NOT_PENDING (SCREENING | ON(CASE_INTENT) | UNALLOCATED | WORKED)
#define OPEN (OPEN_NOT_PENDING | PENDING)

/* Next states that depend on where the case was. */
enum {
    SAME = -1,
    RETURN = -2, /* where the pending hand-over began */
    BEFORE = -3, /* what it was before it closed */
    UNDER = -4,  /* row 17: the row of the state it would return to */
};

enum guard {
    ALWAYS = 0,
    BY_MASH,
    NOT_BY_MASH,
    NEEDS_ASSESSMENT,
    FACTS_TAKEN,
    REASON_GIVEN,
    LONG_REASON,
    WORKER_NAMED,
    CONSENT_OR_CSC,
    AUTHORISED,
    IS_EH,
    IS_CSC,
    SINGLE_AGENCY,
    MAY_STEP_DOWN,
    BY_OTHER_SIDE,
    BY_SENDER,
    MORE_HELP_OWNED,
    MORE_HELP,
    OTHER_OUTCOME,
    CLOSING,
    MAY_REOPEN,
    OLDER_OPEN,
    WITH_CP_PLAN,
    UNBORN_WITH_CP_PLAN,
    FIRST_LAC_REVIEW,
    GUARD_N,
};

struct transition {
    int row;
    uint32_t from; /* ON bits */
    enum life_event event;
    enum guard guard;
    int next;
    uint32_t stop;
    uint32_t start;
    unsigned effects;
};

#define DOOR (CK(CK_T1) | CK(CK_L5) | CK(CK_L1))
#define ASSESS (CK(CK_T12) | CK(CK_T12B))
#define OPENING (CK(CK_T1) | CK(CK_T17))

/*
 * Rows that share an event stand in the order in which they are tried; the
 * first whose guard holds applies. A case that opens without having been
 * screened starts T17 with the rest (section 7: "case opened").
 */
static const struct transition rows[] = {
    { 1, NOWHERE, LIFE_PROVISIONAL, BY_MASH, CASE_SCREENING,
      .start = OPENING | CK(CK_L1), .effects = LIFE_DO_OPEN },
    { 1, NOWHERE, LIFE_PROVISIONAL, NOT_BY_MASH, CASE_SCREENING,
      .start = OPENING | CK(CK_L5), .effects = LIFE_DO_OPEN },
    { 1, SCREENING, LIFE_PROVISIONAL, ALWAYS, SAME,
      .effects = LIFE_DO_OUTCOME },

    { 2, NOWHERE, LIFE_FINAL_LOW, ALWAYS, CASE_CLOSED,
      .effects = LIFE_DO_ANSWER | LIFE_DO_OPEN },
    { 2, SCREENING, LIFE_FINAL_LOW, ALWAYS, CASE_CLOSED, .stop = DOOR,
      .effects = LIFE_DO_ANSWER | LIFE_DO_OUTCOME | LIFE_DO_STOP_ALL },

    { 3, NOWHERE, LIFE_FINAL_HELP, NEEDS_ASSESSMENT, CASE_UNALLOCATED,
      .start = CK(CK_L2) | CK(CK_T13) | ASSESS | CK(CK_T17),
      .effects = LIFE_DO_ANSWER | LIFE_DO_OPEN },
    { 3, NOWHERE, LIFE_FINAL_HELP, ALWAYS, CASE_UNALLOCATED,
      .start = CK(CK_L2) | CK(CK_T13) | CK(CK_T17),
      .effects = LIFE_DO_ANSWER | LIFE_DO_OPEN },
    { 3, SCREENING, LIFE_FINAL_HELP, NEEDS_ASSESSMENT, CASE_UNALLOCATED,
      .stop = DOOR, .start = CK(CK_L2) | CK(CK_T13) | ASSESS,
      .effects = LIFE_DO_ANSWER | LIFE_DO_OUTCOME },
    { 3, SCREENING, LIFE_FINAL_HELP, ALWAYS, CASE_UNALLOCATED, .stop = DOOR,
      .start = CK(CK_L2) | CK(CK_T13),
      .effects = LIFE_DO_ANSWER | LIFE_DO_OUTCOME },

    { 4, NOWHERE, LIFE_FINAL_INTENT, ALWAYS, CASE_INTENT,
      .start = CK(CK_L4) | CK(CK_T17),
      .effects = LIFE_DO_ANSWER | LIFE_DO_OPEN },
    { 4, SCREENING, LIFE_FINAL_INTENT, ALWAYS, CASE_INTENT, .stop = DOOR,
      .start = CK(CK_L4), .effects = LIFE_DO_ANSWER | LIFE_DO_OUTCOME },

    { 5, NOWHERE, LIFE_FINAL_CSC, ALWAYS, CASE_UNALLOCATED,
      .start = CK(CK_L2) | CK(CK_T2) | CK(CK_T17),
      .effects = LIFE_DO_ANSWER | LIFE_DO_OPEN },
    { 5, SCREENING, LIFE_FINAL_CSC, ALWAYS, CASE_UNALLOCATED, .stop = DOOR,
      .start = CK(CK_L2) | CK(CK_T2),
      .effects = LIFE_DO_ANSWER | LIFE_DO_OUTCOME },

    /* An existing_case that has gone opens one, or stays, in screening. */
    { 6, NOWHERE, LIFE_FINAL_EXISTING, FACTS_TAKEN, LIFE_NONE,
      .effects = LIFE_DO_ANSWER },
    { 6, NOWHERE, LIFE_FINAL_EXISTING, BY_MASH, CASE_SCREENING,
      .start = OPENING | CK(CK_L1), .effects = LIFE_DO_OPEN },
    { 6, NOWHERE, LIFE_FINAL_EXISTING, NOT_BY_MASH, CASE_SCREENING,
      .start = OPENING | CK(CK_L5), .effects = LIFE_DO_OPEN },
    { 6, SCREENING, LIFE_FINAL_EXISTING, FACTS_TAKEN, CASE_MERGED, .stop = DOOR,
      .effects = LIFE_DO_ANSWER | LIFE_DO_STOP_ALL },
    { 6, SCREENING, LIFE_FINAL_EXISTING, ALWAYS, SAME, .effects = 0 },

    { 7, ON(CASE_INTENT), LIFE_CAF_RECEIVED, ALWAYS, CASE_UNALLOCATED,
      .stop = CK(CK_L4), .start = CK(CK_L2) | ASSESS },
    { 7, ON(CASE_INTENT), LIFE_INTENT_DECLINED, REASON_GIVEN, CASE_CLOSED,
      .stop = CK(CK_L4), .effects = LIFE_DO_STOP_ALL },

    { 8, UNALLOCATED, LIFE_ALLOCATED, WORKER_NAMED, CASE_ALLOCATED,
      .stop = CK(CK_L2), .effects = LIFE_DO_WORKER },
    { 9, WORKED, LIFE_REALLOCATED, WORKER_NAMED, SAME,
      .effects = LIFE_DO_WORKER },

    { 10, ON(CASE_ALLOCATED) | ON(CASE_REVIEW), LIFE_ASSESSMENT_STARTED,
      CONSENT_OR_CSC, CASE_ASSESSMENT, .stop = CK(CK_T15),
      .effects = LIFE_DO_CONTACT },
    { 11, ON(CASE_ASSESSMENT), LIFE_ASSESSMENT_COMPLETED, AUTHORISED, CASE_PLAN,
      .stop = CK(CK_T12) | CK(CK_T2), .effects = LIFE_DO_CONTACT },

    { 12, ON(CASE_PLAN), LIFE_PLAN_AGREED, IS_EH, CASE_REVIEW,
      .stop = CK(CK_T12B), .start = CK(CK_T14A) | CK(CK_T15) | CK(CK_T16),
      .effects = LIFE_DO_CONTACT },
    { 12, ON(CASE_PLAN), LIFE_PLAN_AGREED, IS_CSC, CASE_REVIEW,
      .stop = CK(CK_T12B), .start = CK(CK_T9A) | CK(CK_T15) | CK(CK_T16),
      .effects = LIFE_DO_CONTACT },
    { 12, ON(CASE_ALLOCATED), LIFE_PLAN_AGREED, SINGLE_AGENCY, CASE_REVIEW,
      .stop = CK(CK_T12B), .start = CK(CK_T14A) | CK(CK_T15) | CK(CK_T16),
      .effects = LIFE_DO_CONTACT },

    { 13, ON(CASE_REVIEW), LIFE_REVIEW_HELD, IS_EH, SAME,
      .stop = CK(CK_T14A) | CK(CK_T14B), .start = CK(CK_T14B),
      .effects = LIFE_DO_CONTACT },
    { 13, ON(CASE_REVIEW), LIFE_REVIEW_HELD, IS_CSC, SAME,
      .stop = CK(CK_T9A) | CK(CK_T9B), .start = CK(CK_T9B),
      .effects = LIFE_DO_CONTACT },

    { 14, UNALLOCATED | WORKED, LIFE_OFFERED, IS_EH, CASE_HANDOVER_PENDING,
      .start = CK(CK_L3) | CK(CK_T1), .effects = LIFE_DO_OFFER },
    { 14, UNALLOCATED | WORKED, LIFE_OFFERED, MAY_STEP_DOWN,
      CASE_HANDOVER_PENDING, .start = CK(CK_L3) | CK(CK_T18),
      .effects = LIFE_DO_OFFER },

    { 15, PENDING, LIFE_ACCEPTED, BY_OTHER_SIDE, CASE_CLOSED,
      .effects = LIFE_DO_STOP_ALL | LIFE_DO_OTHER_SIDE },

    { 16, PENDING, LIFE_DECLINED, LONG_REASON, RETURN,
      .stop = CK(CK_L3) | CK(CK_T18) | CK(CK_T1),
      .effects = LIFE_DO_END_OFFER },
    { 16, PENDING, LIFE_WITHDRAWN, BY_SENDER, RETURN,
      .stop = CK(CK_L3) | CK(CK_T18) | CK(CK_T1),
      .effects = LIFE_DO_END_OFFER },
    { 16, PENDING, LIFE_EXPIRED, ALWAYS, RETURN,
      .stop = CK(CK_L3) | CK(CK_T18) | CK(CK_T1),
      .effects = LIFE_DO_END_OFFER },

    { 17, PENDING, LIFE_ALLOCATED, ALWAYS, UNDER, .effects = 0 },
    { 17, PENDING, LIFE_REALLOCATED, ALWAYS, UNDER, .effects = 0 },
    { 17, PENDING, LIFE_ASSESSMENT_STARTED, ALWAYS, UNDER, .effects = 0 },
    { 17, PENDING, LIFE_ASSESSMENT_COMPLETED, ALWAYS, UNDER, .effects = 0 },
    { 17, PENDING, LIFE_PLAN_AGREED, ALWAYS, UNDER, .effects = 0 },
    { 17, PENDING, LIFE_REVIEW_HELD, ALWAYS, UNDER, .effects = 0 },

    { 18, OPEN, LIFE_CONTACT, ALWAYS, SAME, .stop = CK(CK_T13),
      .effects = LIFE_DO_CONTACT },
    { 18, OPEN, LIFE_SEEN, ALWAYS, SAME, .effects = LIFE_DO_CONTACT },
    { 18, OPEN, LIFE_NOTE, ALWAYS, SAME, .effects = 0 },
    { 18, OPEN, LIFE_TRACKER_REVIEWED, ALWAYS, SAME, .stop = CK(CK_T17),
      .start = CK(CK_T17) },
    { 18, OPEN, LIFE_PANEL_CONSIDERED, ALWAYS, SAME, .stop = CK(CK_T18) },
    { 18, OPEN, LIFE_CONSULTED, ALWAYS, SAME, .start = CK(CK_L6) },
    { 18, OPEN, LIFE_CONSULTATION_ANSWERED, ALWAYS, SAME, .stop = CK(CK_L6) },
    { 18, OPEN, LIFE_PAUSED, REASON_GIVEN, SAME, .effects = LIFE_DO_PAUSE },
    { 18, OPEN, LIFE_RESUMED, ALWAYS, SAME, .effects = LIFE_DO_RESUME },
    { 18, OPEN, LIFE_CSC_STATUS_CHANGED, ALWAYS, SAME, .effects = 0 },
    { 18, OPEN, LIFE_BIRTH, ALWAYS, SAME, .effects = LIFE_DO_BIRTH },

    /* Social care's own clocks: the text under the table. */
    { 18, OPEN, LIFE_STRATEGY_STARTED, IS_CSC, SAME, .start = CK(CK_T3) },
    { 18, OPEN, LIFE_ICPC_HELD, UNBORN_WITH_CP_PLAN, SAME, .stop = CK(CK_T3),
      .start = CK(CK_T4) | CK(CK_T5) | CK(CK_T7) },
    { 18, OPEN, LIFE_ICPC_HELD, WITH_CP_PLAN, SAME, .stop = CK(CK_T3),
      .start = CK(CK_T4) | CK(CK_T5) },
    { 18, OPEN, LIFE_ICPC_HELD, IS_CSC, SAME, .stop = CK(CK_T3) },
    { 18, OPEN, LIFE_CORE_GROUP_HELD, IS_CSC, SAME, .stop = CK(CK_T4) },
    { 18, OPEN, LIFE_CP_REVIEW_HELD, IS_CSC, SAME,
      .stop = CK(CK_T5) | CK(CK_T6) | CK(CK_T7), .start = CK(CK_T6),
      .effects = LIFE_DO_CONTACT },
    { 18, OPEN, LIFE_CIN_PLAN_STARTED, IS_CSC, SAME, .stop = CK(CK_T9A),
      .start = CK(CK_T9A), .effects = LIFE_DO_CONTACT },
    { 18, OPEN, LIFE_CIN_REVIEW_HELD, IS_CSC, SAME,
      .stop = CK(CK_T9A) | CK(CK_T9B), .start = CK(CK_T9B),
      .effects = LIFE_DO_CONTACT },
    { 18, OPEN, LIFE_LAC_STARTED, IS_CSC, SAME, .start = CK(CK_T8A) },
    { 18, OPEN, LIFE_LAC_REVIEW_HELD, FIRST_LAC_REVIEW, SAME,
      .stop = CK(CK_T8A), .start = CK(CK_T8B), .effects = LIFE_DO_CONTACT },
    { 18, OPEN, LIFE_LAC_REVIEW_HELD, IS_CSC, SAME,
      .stop = CK(CK_T8B) | CK(CK_T8C), .start = CK(CK_T8C),
      .effects = LIFE_DO_CONTACT },

    { 19, UNALLOCATED | WORKED, LIFE_FINAL_HELP, MORE_HELP_OWNED,
      CASE_ALLOCATED, .start = ASSESS,
      .effects = LIFE_DO_ANSWER | LIFE_DO_OUTCOME },
    { 19, UNALLOCATED | WORKED, LIFE_FINAL_HELP, MORE_HELP, SAME,
      .start = ASSESS, .effects = LIFE_DO_ANSWER | LIFE_DO_OUTCOME },
    { 19, UNALLOCATED | WORKED, LIFE_FINAL_HELP, OTHER_OUTCOME, SAME,
      .effects = LIFE_DO_ANSWER | LIFE_DO_OUTCOME },

    { 20, OPEN_NOT_PENDING, LIFE_CLOSED, CLOSING, CASE_CLOSED,
      .effects = LIFE_DO_STOP_ALL | LIFE_DO_ANSWER },
    { 21, ON(CASE_CLOSED), LIFE_REOPENED, MAY_REOPEN, BEFORE,
      .effects = LIFE_DO_REOPEN },
    { 23, OPEN, LIFE_MERGED, OLDER_OPEN, CASE_MERGED,
      .effects = LIFE_DO_STOP_ALL },
    { 24, OPEN, LIFE_TRANSFERRED, ALWAYS, CASE_TRANSFERRED,
      .effects = LIFE_DO_STOP_ALL },
};

/* What a refusal says where the guard doesn't hold. */
struct refusal {
    const char *code;
    const char *text;
};

static const struct refusal refusals[GUARD_N] = {
    [REASON_GIVEN] = { "R20", "a reason is missing" },
    [LONG_REASON] = { "R20", "the reason has under 20 characters" },
    [WORKER_NAMED] = { "R20", "no worker is named" },
    [CONSENT_OR_CSC] = { "R20", "consent isn't given" },
    [AUTHORISED] = { "R20", "nobody is named who authorised it" },
    [IS_EH] = { "R20", "it is early help's" },
    [IS_CSC] = { "R20", "it is social care's" },
    [SINGLE_AGENCY] = { "R20", "only single agency help needs no assessment" },
    [MAY_STEP_DOWN] = { "R21",
                        "child protection or looked after: no step-down" },
    [BY_OTHER_SIDE] = { "R20", "only the other side accepts, naming its unit" },
    [BY_SENDER] = { "R20", "only the sender withdraws" },
    [OTHER_OUTCOME] = { "R20", "the case isn't early help's" },
    [CLOSING] = { "R20",
                  "closing names an outcome, the worker and the leader" },
    [MAY_REOPEN] = { "R20", "reopening takes a leader, within 14 days, while "
                            "the side is free" },
    [OLDER_OPEN] = { "R20", "no older case is open on that side" },
};

static bool
is_csc(const struct life_facts *f)
{
    return f->side == SIDE_CSC;
}

static bool
needs_assessment(int outcome)
{
    return outcome == OUTCOME_CAF_TAF || outcome == OUTCOME_EH_INTENSIVE;
}

static bool
more_help(const struct life_facts *f)
{
    return f->side == SIDE_EH && f->was_outcome == OUTCOME_SINGLE_AGENCY &&
           needs_assessment(f->outcome);
}

static bool
guard_holds(enum guard g, const struct life_facts *f)
{
    switch (g) {
    case ALWAYS:
        return true;
    case BY_MASH:
        return f->mash;
    case NOT_BY_MASH:
        return !f->mash;
    case NEEDS_ASSESSMENT:
        return needs_assessment(f->outcome);
    case FACTS_TAKEN:
        return f->open_elsewhere;
    case REASON_GIVEN:
        return f->reason;
    case LONG_REASON:
        return f->long_reason;
    case WORKER_NAMED:
        return f->worker_named;
    case CONSENT_OR_CSC:
        return f->consent || is_csc(f);
    case AUTHORISED:
        return f->second_named;
    case IS_EH:
        return !is_csc(f);
    case IS_CSC:
        return is_csc(f);
    case SINGLE_AGENCY:
        return !is_csc(f) && f->was_outcome == OUTCOME_SINGLE_AGENCY;
    case MAY_STEP_DOWN:
        return is_csc(f) && f->csc_status != CSC_CP && f->csc_status != CSC_LAC;
    case BY_OTHER_SIDE:
        return f->by_other_side && f->unit_named;
    case BY_SENDER:
        return !f->by_other_side;
    case MORE_HELP_OWNED:
        return more_help(f) && f->has_worker;
    case MORE_HELP:
        return more_help(f);
    case OTHER_OUTCOME:
        return !is_csc(f);
    case CLOSING:
        return f->outcome_named && f->by_named && f->second_named;
    case MAY_REOPEN:
        return f->second_named && f->closed_days <= REOPEN_DAYS &&
               !f->side_taken;
    case OLDER_OPEN:
        return f->older_open;
    case WITH_CP_PLAN:
        return is_csc(f) && f->cp_plan;
    case UNBORN_WITH_CP_PLAN:
        return is_csc(f) && f->cp_plan && f->unborn;
    case FIRST_LAC_REVIEW:
        return is_csc(f) && f->first_lac_review;
    case GUARD_N:
        break;
    }
    return false;
}

/* The row that applies; else NULL and *refused the last guard that did not. */
static const struct transition *
find_row(int state, enum life_event ev, const struct life_facts *facts,
         const struct transition **refused)
{
    *refused = NULL;
    for (size_t i = 0; i < N_OF(rows); i++) {
        const struct transition *t = &rows[i];

        if (t->event != ev || (t->from & ON(state)) == 0)
            continue;
        if (guard_holds(t->guard, facts))
            return t;
        *refused = t;
    }
    return NULL;
}

static enum status
refuse(int state, enum life_event ev, const struct transition *refused,
       struct err *err)
{
    const struct refusal *why;

    if (refused == NULL)
        return err_set(err, ST_REJECT, "R20",
                       "%s doesn't fit a case that is %s", life_event_name(ev),
                       state == LIFE_NONE
                           ? "not there"
                           : codes_word(&codes_case_state, state));
    why = &refusals[refused->guard];
    return err_set(err, ST_REJECT, why->code == NULL ? "R20" : why->code,
                   "%s: %s", life_event_name(ev),
                   why->text == NULL ? "its condition isn't met" : why->text);
}

enum status
life_step(int state, int before, enum life_event ev,
          const struct life_facts *facts, struct life_result *out,
          struct err *err)
{
    const struct transition *refused;
    const struct transition *t = find_row(state, ev, facts, &refused);
    int place = state;
    int row;

    if (t == NULL)
        return refuse(state, ev, refused, err);
    row = t->row;
    if (t->next == UNDER) {
        place = before;
        t = find_row(before, ev, facts, &refused);
        if (t == NULL)
            return refuse(before, ev, refused, err);
    }
    if (t->next == BEFORE && !life_is_open(before))
        return err_set(err, ST_REJECT, "R20", "the case was never open");
    *out = (struct life_result){
        .row = row, .stop = t->stop, .start = t->start, .effects = t->effects
    };
    if (t->next == RETURN || t->next == BEFORE)
        out->next = before;
    else
        out->next = t->next == SAME ? place : t->next;
    if (state != CASE_HANDOVER_PENDING) {
        out->return_to = out->next == CASE_HANDOVER_PENDING ? state : 0;
    } else if (place != state) {
        out->return_to = out->next;
        out->next = state;
    } else {
        out->return_to = out->next == state ? before : 0;
    }
    return ST_OK;
}

bool
life_is_open(int state)
{
    return state >= CASE_SCREENING && state <= CASE_HANDOVER_PENDING;
}

const char *
life_event_name(enum life_event ev)
{
    static const char *const names[LIFE_EVENT_N] = {
        [LIFE_PROVISIONAL] = "provisional",
        [LIFE_FINAL_LOW] = "final_low",
        [LIFE_FINAL_HELP] = "final_help",
        [LIFE_FINAL_INTENT] = "final_intent",
        [LIFE_FINAL_CSC] = "final_csc",
        [LIFE_FINAL_EXISTING] = "final_existing",
        [LIFE_CAF_RECEIVED] = "caf_received",
        [LIFE_INTENT_DECLINED] = "intent_declined",
        [LIFE_ALLOCATED] = "allocated",
        [LIFE_REALLOCATED] = "reallocated",
        [LIFE_ASSESSMENT_STARTED] = "assessment_started",
        [LIFE_ASSESSMENT_COMPLETED] = "assessment_completed",
        [LIFE_PLAN_AGREED] = "plan_agreed",
        [LIFE_REVIEW_HELD] = "review_held",
        [LIFE_OFFERED] = "handover_offered",
        [LIFE_ACCEPTED] = "handover_accepted",
        [LIFE_DECLINED] = "handover_declined",
        [LIFE_WITHDRAWN] = "handover_withdrawn",
        [LIFE_EXPIRED] = "handover_expired",
        [LIFE_CONTACT] = "contact",
        [LIFE_SEEN] = "seen",
        [LIFE_NOTE] = "note",
        [LIFE_TRACKER_REVIEWED] = "tracker_reviewed",
        [LIFE_PANEL_CONSIDERED] = "panel_considered",
        [LIFE_CONSULTED] = "consulted",
        [LIFE_CONSULTATION_ANSWERED] = "consultation_answered",
        [LIFE_PAUSED] = "clock_paused",
        [LIFE_RESUMED] = "clock_resumed",
        [LIFE_STRATEGY_STARTED] = "strategy_started",
        [LIFE_ICPC_HELD] = "icpc_held",
        [LIFE_CORE_GROUP_HELD] = "core_group_held",
        [LIFE_CP_REVIEW_HELD] = "cp_review_held",
        [LIFE_CIN_PLAN_STARTED] = "cin_plan_started",
        [LIFE_CIN_REVIEW_HELD] = "cin_review_held",
        [LIFE_LAC_STARTED] = "lac_started",
        [LIFE_LAC_REVIEW_HELD] = "lac_review_held",
        [LIFE_CSC_STATUS_CHANGED] = "csc_status_changed",
        [LIFE_BIRTH] = "birth_recorded",
        [LIFE_CLOSED] = "closed",
        [LIFE_REOPENED] = "reopened",
        [LIFE_MERGED] = "merged",
        [LIFE_TRANSFERRED] = "transferred",
    };

    if (ev < LIFE_PROVISIONAL || ev >= LIFE_EVENT_N)
        return "";
    return names[ev];
}

const char *
life_clock_id(enum life_clock c)
{
    static const char *const ids[CK_N] = {
        "T1",  "T2",  "T3",  "T4",  "T5",   "T6",  "T7",   "T8a",  "T8b", "T8c",
        "T9a", "T9b", "T10", "T12", "T12b", "T13", "T14a", "T14b", "T15", "T16",
        "T17", "T18", "L1",  "L2",  "L3",   "L4",  "L5",   "L6",
    };

    return c < CK_N ? ids[c] : "";
}
