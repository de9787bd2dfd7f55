#include "tracker/core/acts.h"

#include "tracker/core/carry.h"
#include "tracker/core/caseload.h"
#include "tracker/core/correct.h"
#include "tracker/core/desk.h"
#include "tracker/core/rungs.h"
#include "tracker/core/school.h"
#include "tracker/core/subject.h"
#include "tracker/core/third_need.h"

#define REASON_CHARS 20 /* domain.md section 6, row 16 */

static void
like_named(const struct activity_recorded *a, struct case_row *c,
           struct alert_row *alert)
{
    fields_clear(&tracker_tables[TABLE_CASE].fields, c);
    c->case_id = a->case_id;
    fields_clear(&tracker_tables[TABLE_ALERT].fields, alert);
    alert->alert_id = a->alert_id;
}

void
acts_want(struct rows *rows, const struct activity_recorded *a)
{
    struct case_row c;
    struct alert_row alert;

    like_named(a, &c, &alert);
    cases_want(rows, a->case_id);
    cases_want_child(rows, a->child_id);
    caseload_want(rows, a->worker);
    correct_want(rows, a);
    if (a->activity == ACTIVITY_ENCOMPASS_RELAYED && !id_is_none(a->child_id))
        school_want_child(rows, a->child_id);
    if (!id_is_none(a->alert_id))
        rows_want(rows, TABLE_ALERT, &alert);
}

static bool
is_interview(int activity)
{
    return activity == ACTIVITY_RHI_OFFERED ||
           activity == ACTIVITY_RHI_ACCEPTED ||
           activity == ACTIVITY_RHI_DECLINED || activity == ACTIVITY_RHI_HELD;
}

bool
acts_look_back(int activity)
{
    return activity == ACTIVITY_REOPENED || is_interview(activity);
}

void
acts_want_more(struct rows *rows, const struct activity_recorded *a)
{
    struct case_row c_like;
    struct alert_row a_like;
    const struct case_row *c = NULL;
    const struct alert_row *alert = NULL;

    like_named(a, &c_like, &a_like);
    if (!id_is_none(a->case_id))
        c = rows_get(rows, TABLE_CASE, &c_like);
    if (c != NULL) {
        cases_want_child(rows, c->child_id);
        caseload_want(rows, c->worker);
    }
    if (a->activity == ACTIVITY_ENCOMPASS_RELAYED && !id_is_none(a->child_id))
        school_want_child_more(rows, a->child_id);
    correct_want_more(rows, a);
    if (!id_is_none(a->alert_id))
        alert = rows_get(rows, TABLE_ALERT, &a_like);
    if (alert == NULL)
        return;
    if (alert->subject_kind == CLOCK_SUBJECT_EPISODE)
        desk_want(rows, alert->subject_id);
    else if (alert->subject_kind == CLOCK_SUBJECT_CASE)
        cases_want(rows, alert->subject_id);
    else
        subject_want(rows, alert->subject_id);
}

/* ---- which case ---------------------------------------------------------- */

static bool
fits_better(const struct activity_recorded *a, const struct case_row *c,
            const struct case_row *best)
{
    if (best == NULL)
        return true;
    if (a->unit.n > 0 && str_eq(c->unit, a->unit))
        return !str_eq(best->unit, a->unit);
    return !str_eq(best->unit, a->unit) && c->side == SIDE_EH &&
           best->side != SIDE_EH;
}

/* Who answers an offer speaks for the other side than the case's. */
static bool
answers_offer(int activity)
{
    return activity == ACTIVITY_HANDOVER_ACCEPTED ||
           activity == ACTIVITY_HANDOVER_DECLINED;
}

static bool
is_on_its_side(const struct activity_recorded *a, const struct case_row *c)
{
    return a->side == 0 || (answers_offer(a->activity) ? c->side != a->side
                                                       : c->side == a->side);
}

/*
 * An activity that names only the child goes to the open case of its side;
 * with no side, to the one of its unit, else to early help's.
 */
static const struct case_row *
open_case(const struct moment *m, const struct activity_recorded *a)
{
    const struct case_row *best = NULL;
    const struct case_row *c;
    size_t at = 0;

    while ((c = cases_next(m, a->child_id, &at)) != NULL)
        if (life_is_open(c->state) && is_on_its_side(a, c) &&
            fits_better(a, c, best))
            best = c;
    return best;
}

/* The one of its side that was closed last. */
static const struct case_row *
closed_case(const struct moment *m, const struct activity_recorded *a)
{
    const struct case_row *last = NULL;
    const struct case_row *c;
    size_t at = 0;

    while ((c = cases_next(m, a->child_id, &at)) != NULL)
        if (c->state == CASE_CLOSED && (a->side == 0 || c->side == a->side) &&
            (last == NULL || c->closed_at > last->closed_at))
            last = c;
    return last;
}

static const struct case_row *
find_case(const struct moment *m, const struct activity_recorded *a)
{
    if (!id_is_none(a->case_id))
        return cases_get(m, a->case_id);
    return a->activity == ACTIVITY_REOPENED ? closed_case(m, a)
                                            : open_case(m, a);
}

/* ---- what it is ---------------------------------------------------------- */

static enum life_event
event_of(int activity)
{
    static const enum life_event events[] = {
        [ACTIVITY_ALLOCATED] = LIFE_ALLOCATED,
        [ACTIVITY_REALLOCATED] = LIFE_REALLOCATED,
        [ACTIVITY_VISIT] = LIFE_CONTACT,
        [ACTIVITY_CHILD_SEEN] = LIFE_SEEN,
        [ACTIVITY_CONTACT_FAMILY] = LIFE_CONTACT,
        [ACTIVITY_CONTACT_AGENCY] = LIFE_SEEN,
        [ACTIVITY_ASSESSMENT_STARTED] = LIFE_ASSESSMENT_STARTED,
        [ACTIVITY_ASSESSMENT_COMPLETED] = LIFE_ASSESSMENT_COMPLETED,
        [ACTIVITY_PLAN_AGREED] = LIFE_PLAN_AGREED,
        [ACTIVITY_REVIEW_HELD] = LIFE_REVIEW_HELD,
        [ACTIVITY_TRACKER_REVIEWED] = LIFE_TRACKER_REVIEWED,
        [ACTIVITY_PANEL_CONSIDERED] = LIFE_PANEL_CONSIDERED,
        [ACTIVITY_HANDOVER_OFFERED] = LIFE_OFFERED,
        [ACTIVITY_HANDOVER_ACCEPTED] = LIFE_ACCEPTED,
        [ACTIVITY_HANDOVER_DECLINED] = LIFE_DECLINED,
        [ACTIVITY_HANDOVER_WITHDRAWN] = LIFE_WITHDRAWN,
        [ACTIVITY_CAF_RECEIVED] = LIFE_CAF_RECEIVED,
        [ACTIVITY_INTENT_DECLINED] = LIFE_INTENT_DECLINED,
        [ACTIVITY_CONSULTED] = LIFE_CONSULTED,
        [ACTIVITY_CONSULTATION_ANSWERED] = LIFE_CONSULTATION_ANSWERED,
        [ACTIVITY_STRATEGY_STARTED] = LIFE_STRATEGY_STARTED,
        [ACTIVITY_ICPC_HELD] = LIFE_ICPC_HELD,
        [ACTIVITY_CORE_GROUP_HELD] = LIFE_CORE_GROUP_HELD,
        [ACTIVITY_CP_REVIEW_HELD] = LIFE_CP_REVIEW_HELD,
        [ACTIVITY_CIN_PLAN_STARTED] = LIFE_CIN_PLAN_STARTED,
        [ACTIVITY_CIN_REVIEW_HELD] = LIFE_CIN_REVIEW_HELD,
        [ACTIVITY_LAC_STARTED] = LIFE_LAC_STARTED,
        [ACTIVITY_LAC_REVIEW_HELD] = LIFE_LAC_REVIEW_HELD,
        [ACTIVITY_CSC_STATUS_CHANGED] = LIFE_CSC_STATUS_CHANGED,
        [ACTIVITY_SESSION_ATTENDED] = LIFE_SEEN,
        [ACTIVITY_CLOCK_PAUSED] = LIFE_PAUSED,
        [ACTIVITY_CLOCK_RESUMED] = LIFE_RESUMED,
        [ACTIVITY_CLOSED] = LIFE_CLOSED,
        [ACTIVITY_REOPENED] = LIFE_REOPENED,
        [ACTIVITY_TRANSFERRED] = LIFE_TRANSFERRED,
        [ACTIVITY_ALERT_ACKNOWLEDGED] = 0,
        [ACTIVITY_BIRTH_RECORDED] = LIFE_BIRTH,
    };
    enum life_event ev =
        activity > 0 && activity <= ACTIVITY_LAST ? events[activity] : 0;

    return ev == 0 ? LIFE_NOTE : ev;
}

static bool
consents(int consent)
{
    return consent == CONSENT_GIVEN || consent == CONSENT_NOT_NEEDED;
}

/* Is it the side that an offer was made to? Its unit tells where no side does.
 */
static bool
by_other_side(const struct activity_recorded *a, const struct case_row *c,
              const struct handover_row *h)
{
    if (a->side != 0)
        return a->side != c->side;
    return h != NULL && a->unit.n > 0 && !str_eq(a->unit, h->from_unit);
}

static int64_t
days_since(const struct moment *m, time_ms then)
{
    const struct zone *zone = &m->limits.setting.cal->zone;

    if (then == TIME_NONE)
        return INT64_MAX;
    return (int64_t)zone_date(zone, m->at) - zone_date(zone, then);
}

static struct life_facts
facts_of(const struct moment *m, const struct activity_recorded *a,
         const struct case_row *c)
{
    const struct handover_row *h = cases_offer(m, c);

    return (struct life_facts){
        .side = c->side,
        .outcome = c->outcome,
        .was_outcome = c->outcome,
        .csc_status = c->csc_status,
        .side_taken = cases_open(m, c->child_id, c->side, c->case_id) != NULL,
        .has_worker = c->worker.n > 0,
        .worker_named = a->worker.n > 0,
        .unit_named = a->unit.n > 0 || (h != NULL && h->to_unit.n > 0),
        .consent = consents(a->consent != 0 ? a->consent : c->consent),
        .by_named = a->by.n > 0,
        .second_named = a->authorised_by.n > 0,
        .reason = a->reason_chars > 0,
        .long_reason = a->reason_chars >= REASON_CHARS,
        .outcome_named = a->outcome != 0,
        .by_other_side = by_other_side(a, c, h),
        .cp_plan = a->csc_status == CSC_CP,
        .unborn = a->age_band == AGE_UNBORN ||
                  (a->age_band == 0 && c->age_band == AGE_UNBORN),
        .first_lac_review = watch_runs(m, c->case_id, STR("T8a")),
        .closed_days = days_since(m, c->closed_at),
    };
}

/* What the case itself learns. */
static void
take_facts(struct case_row *c, const struct activity_recorded *a)
{
    if (a->activity == ACTIVITY_NEED_ADDED)
        c->needs |= a->need;
    if (a->activity == ACTIVITY_NEED_MET)
        c->needs &= ~a->need;
    if (a->activity == ACTIVITY_NEED_ADDED || a->activity == ACTIVITY_NEED_MET)
        c->needs_by_merge &= ~a->need;
    if (a->activity == ACTIVITY_LEVEL_CHANGED && a->level != I32_NONE)
        c->level = a->level;
    if (a->consent != 0)
        c->consent = a->consent;
    if (a->csc_status != 0)
        c->csc_status = a->csc_status;
    if (a->activity == ACTIVITY_BIRTH_RECORDED && c->age_band == AGE_UNBORN)
        c->age_band = AGE_0_4;
}

/* ---- carrying out -------------------------------------------------------- */

static bool
is_refusal(const struct err *why)
{
    return why->code[0] == 'R' && why->code[1] == '2' && why->code[2] >= '0' &&
           why->code[2] <= '3';
}

static enum status
refuse(const struct moment *m, const struct activity_recorded *a,
       struct str code, struct err *err)
{
    const struct answer_said said = { .agency_id = a->agency_id,
                                      .agency_ref = a->agency_ref,
                                      .amendment = a->amendment,
                                      .refusal = code,
                                      .child_id = a->child_id,
                                      .case_id = a->case_id };

    return say_answer(m, &said, err);
}

/* Row 20: whoever sent the referral hears how it ended. */
static enum status
answer_closed(const struct moment *m, const struct case_row *c, struct err *err)
{
    const struct answer_said said = { .notification_id = c->notification_id,
                                      .agency_id = c->agency_id,
                                      .agency_ref = c->agency_ref,
                                      .amendment = c->amendment,
                                      .agency_type = c->agency_type,
                                      .outcome = c->outcome,
                                      .unit = c->unit,
                                      .child_id = c->child_id,
                                      .case_id = c->case_id };

    return say_answer(m, &said, err);
}

/*
 * What a child was given and what an audit found needs no open case: it is on
 * casework for whoever counts it, and changes nothing here.
 */
static bool
is_of_the_child(int activity)
{
    return activity == ACTIVITY_SESSION_ATTENDED ||
           activity == ACTIVITY_SERVICE_CHANGED ||
           activity == ACTIVITY_PROGRAMME_CHANGED ||
           activity == ACTIVITY_AUDIT_RECORDED ||
           activity == ACTIVITY_ENCOMPASS_RELAYED ||
           activity == ACTIVITY_SAFETY_PLAN;
}

/* Move the case by the table, and tell whoever it concerns. */
static enum status
move_case(const struct moment *m, const struct activity_recorded *a,
          const struct case_row *known, struct err *err)
{
    const struct case_input input = { .worker = a->worker,
                                      .unit = a->unit,
                                      .to_unit = a->to_unit,
                                      .by = a->by,
                                      .close_outcome = a->outcome,
                                      .clock = a->clock };
    const struct case_said said = { .activity_id = a->activity_id,
                                    .state_before = known->state };
    struct life_result result;
    struct life_facts facts;
    struct case_row c = *known;
    enum status rc;

    facts = facts_of(m, a, &c);
    rc = life_step(c.state, c.state_before, event_of(a->activity), &facts,
                   &result, err);
    if (rc != ST_OK)
        return rc;
    take_facts(&c, a);
    c.episode_id = ID_NONE; /* it is in somebody's hands now */
    rc = carry_out(m, &c, false, event_of(a->activity), &result, &input, &said,
                   err);
    if (rc == ST_OK && (result.effects & LIFE_DO_ANSWER) != 0)
        rc = answer_closed(m, &c, err);
    return rc;
}

enum status
acts_before(const struct moment *m, const struct activity_recorded *a,
            struct err *err)
{
    const struct case_row *known = cases_get(m, a->case_id);

    if (known == NULL)
        return err_set(err, ST_FATAL, "case",
                       "a case with a past is not there");
    return move_case(m, a, known, err);
}

static enum status
on_case(const struct moment *m, const struct activity_recorded *a,
        struct err *err)
{
    const struct case_row *known = find_case(m, a);
    struct correct_before before;
    struct id case_id;
    enum status rc;

    if (is_of_the_child(a->activity) &&
        (known == NULL ? id_is_none(a->case_id) : !life_is_open(known->state)))
        return ST_OK;
    if (known == NULL)
        return err_set(err, ST_REJECT, "R22",
                       id_is_none(a->case_id) ? "the child has no open case"
                                              : "no such case");
    case_id = known->case_id;
    before = correct_look(m, known);
    rc = move_case(m, a, known, err);
    if (rc == ST_OK)
        correct_note(m, a, &before);
    if (rc == ST_OK && a->activity == ACTIVITY_NEED_ADDED)
        rc = third_need_added(m, a, case_id, err);
    return rc;
}

static struct id
child_of(const struct moment *m, const struct activity_recorded *a)
{
    const struct case_row *c = NULL;

    if (id_is_none(a->child_id))
        c = cases_get(m, a->case_id);
    return c == NULL ? a->child_id : c->child_id;
}

static enum status
on_episode(const struct moment *m, const struct activity_recorded *a,
           struct err *err)
{
    struct id child_id = child_of(m, a);
    const struct episode_row *waiting = desk_waiting(m, a, child_id);
    struct episode_row before;
    enum status rc;

    if (waiting != NULL)
        before = *waiting;
    rc = desk_interview(m, a, child_id, cases_of_worker(m, child_id), err);
    if (rc == ST_OK && waiting != NULL)
        correct_note_interview(m, a, &before);

    if (rc == ST_OK && a->activity == ACTIVITY_RHI_HELD)
        rc = carry_contact(m, child_id, err);
    return rc;
}

/* Where a notice waited, no case is needed: the child may have none. */
static enum status
on_notice(const struct moment *m, const struct activity_recorded *a,
          struct err *err)
{
    bool told;
    enum status rc = school_told(m, a, child_of(m, a), &told, err);

    if (rc != ST_OK || (told && find_case(m, a) == NULL))
        return rc;
    return on_case(m, a, err);
}

enum status
acts_recorded(const struct moment *m, const struct activity_recorded *a,
              struct err *err)
{
    struct err why = { .code = "" };
    enum status rc;

    if (a->refusal.n > 0) /* by triage, which keeps the dead letter */
        return refuse(m, a, a->refusal, err);
    if (a->activity == ACTIVITY_ALERT_ACKNOWLEDGED)
        rc = rungs_acknowledge(m, a->alert_id, a->by, &why);
    else if (is_interview(a->activity))
        rc = on_episode(m, a, &why);
    else if (a->activity == ACTIVITY_CORRECTED)
        rc = correct_apply(m, a, &why);
    else if (a->activity == ACTIVITY_ENCOMPASS_RELAYED)
        rc = on_notice(m, a, &why);
    else
        rc = on_case(m, a, &why);
    if (rc == ST_REJECT && is_refusal(&why)) {
        rc = out_reject(m->step->out, &why, err);
        return rc == ST_OK ? refuse(m, a, str_of(why.code), err) : rc;
    }
    if (rc != ST_OK)
        *err = why;
    return rc;
}
