#include "metrics/core/want.h"

#include "common/core/calendar.h"
#include "metrics/core/apply.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static void
want_answer(struct rows *rows, const struct referrer_answered *rec)
{
    struct notification_fact like;

    if (id_is_none(rec->notification_id))
        return;
    run_like(TABLE_ANSWER, &like);
    like.notification_id = rec->notification_id;
    rows_want(rows, TABLE_ANSWER, &like);
}

static void
want_episode(struct rows *rows, struct id episode_id)
{
    struct notification_fact like;

    run_like(TABLE_NOTIFICATION, &like);
    like.episode_id = episode_id;
    rows_want_group(rows, TABLE_NOTIFICATION, NOTIFICATION_BY_EPISODE, &like);
}

static void
want_decided(struct rows *rows, const struct referral_decided *rec)
{
    struct notification_fact like;

    want_episode(rows, rec->episode_id);
    run_like(TABLE_NOTIFICATION, &like);
    like.agency_id = rec->agency_id;
    like.agency_ref = rec->agency_ref;
    rows_want_group(rows, TABLE_NOTIFICATION, NOTIFICATION_BY_REF, &like);
}

static void
want_state(struct rows *rows, struct id case_id)
{
    struct case_fact like;

    run_like(TABLE_CASE_WAITING, &like);
    like.case_id = case_id;
    rows_want(rows, TABLE_CASE, &like);
    rows_want_group(rows, TABLE_CASE_WAITING, CASE_WAITING_BY_CASE, &like);
}

static void
want_handover(struct rows *rows, const struct handover_changed *rec)
{
    struct handover_fact like;

    run_like(TABLE_HANDOVER, &like);
    like.handover_id = rec->handover_id;
    rows_want(rows, TABLE_HANDOVER, &like);
}

static void
want_alert(struct rows *rows, struct id alert_id)
{
    struct alert_fact like;

    run_like(TABLE_ALERT, &like);
    like.alert_id = alert_id;
    rows_want(rows, TABLE_ALERT, &like);
}

static void
want_indicator(struct rows *rows, const struct indicator_observed *rec)
{
    struct indicator_fact like;

    run_like(TABLE_INDICATOR, &like);
    like.agency_id = rec->agency_id;
    like.agency_ref = rec->agency_ref;
    rows_want(rows, TABLE_INDICATOR, &like);
}

static void
want_waiting(struct rows *rows)
{
    struct notification_fact notification;
    struct case_fact one_case;
    struct handover_fact handover;

    run_like(TABLE_NOTIFICATION, &notification);
    run_like(TABLE_CASE_WAITING, &one_case);
    run_like(TABLE_HANDOVER, &handover);
    for (int wait = WAIT_CALENDAR; wait <= WAIT_PROFILE; wait++) {
        notification.waits_for = wait;
        one_case.waits_for = wait;
        handover.waits_for = wait;
        rows_want_group(rows, TABLE_NOTIFICATION, NOTIFICATION_BY_WAIT,
                        &notification);
        rows_want_group(rows, TABLE_CASE_WAITING, CASE_WAITING_BY_WAIT,
                        &one_case);
        rows_want_group(rows, TABLE_HANDOVER, HANDOVER_BY_WAIT, &handover);
    }
}

static void
want_event(struct rows *rows, const struct event *ev)
{
    switch (ev->type) {
    case REC_CONFIG_ACTIVATED:
        want_waiting(rows);
        break;
    case REC_REFERRAL_DECIDED:
        want_decided(rows, ev->body);
        break;
    case REC_CASE_CHANGED:
        want_state(rows, ((const struct case_changed *)ev->body)->case_id);
        break;
    case REC_HANDOVER_CHANGED:
        want_handover(rows, ev->body);
        break;
    case REC_REFERRER_ANSWERED:
        want_answer(rows, ev->body);
        break;
    case REC_ALERT_RAISED:
        want_alert(rows, ((const struct alert_raised *)ev->body)->alert_id);
        break;
    case REC_ALERT_ESCALATED:
        want_alert(rows, ((const struct alert_escalated *)ev->body)->alert_id);
        break;
    case REC_ALERT_ACKNOWLEDGED:
        want_alert(rows,
                   ((const struct alert_acknowledged *)ev->body)->alert_id);
        break;
    case REC_ALERT_CLEARED:
        want_alert(rows, ((const struct alert_cleared *)ev->body)->alert_id);
        break;
    case REC_INDICATOR_OBSERVED:
        want_indicator(rows, ev->body);
        break;
    default:
        break;
    }
}

/* All versions of the cases that wait. */
static void
want_versions(struct rows *rows)
{
    struct case_fact like;

    run_like(TABLE_CASE_WAITING, &like);
    for (int wait = WAIT_CALENDAR; wait <= WAIT_PROFILE; wait++) {
        const struct case_fact *f;
        size_t at = 0;

        like.waits_for = wait;
        while ((f = rows_next(rows, TABLE_CASE_WAITING, CASE_WAITING_BY_WAIT,
                              &like, &at)))
            want_state(rows, f->case_id);
    }
}

/* Episodes of the amendments of what was decided. */
static void
want_episodes(struct rows *rows, const struct referral_decided *rec)
{
    const struct notification_fact *f;
    struct notification_fact like;
    size_t at = 0;

    run_like(TABLE_NOTIFICATION, &like);
    like.agency_id = rec->agency_id;
    like.agency_ref = rec->agency_ref;
    while ((f = rows_next(rows, TABLE_NOTIFICATION, NOTIFICATION_BY_REF, &like,
                          &at)))
        want_episode(rows, f->episode_id);
}

static void
want_related(struct rows *rows, const struct event *ev)
{
    if (ev->type == REC_REFERRAL_DECIDED)
        want_episodes(rows, ev->body);
    if (ev->type == REC_CONFIG_ACTIVATED)
        want_versions(rows);
}

static void
want_cells(const struct step *step, const struct zone *zone,
           const struct event *evs, size_t n)
{
    struct run r = run_of(step);
    size_t mark = rows_mark(step->rows);

    r.dry = true;
    r.terms.any_profile = true;
    r.terms.zone = zone;
    for (size_t i = 0; i < n; i++)
        metrics_apply(&r, &evs[i]);
    rows_undo(step->rows, mark);
}

/*
 * A batch that activates a calendar may bring other months than those known
 * now. No zone is further from UTC than a day, so each month is one of three.
 */
static void
want_all_cells(const struct step *step, const struct event *evs, size_t n)
{
    static const struct zone guesses[] = { { .base_offset_s = -86400 },
                                           { .base_offset_s = 0 },
                                           { .base_offset_s = 86400 } };
    const struct zone *known = run_of(step).terms.zone;
    bool activates = false;

    for (size_t i = 0; i < n; i++)
        activates |= evs[i].type == REC_CONFIG_ACTIVATED;
    if (known != NULL)
        want_cells(step, known, evs, n);
    for (size_t i = 0; activates && i < N_OF(guesses); i++)
        want_cells(step, &guesses[i], evs, n);
}

enum { TOUCH_FACTS, TOUCH_RELATED, TOUCH_CELLS };

bool
want_touched(const struct step *step, const struct event *evs, size_t n,
              int round)
{
    struct reckoning like;

    switch (round) {
    case TOUCH_FACTS:
        run_like(TABLE_RECKONING, &like);
        like.no = RECKONING_NO;
        rows_want(step->rows, TABLE_RECKONING, &like);
        for (size_t i = 0; i < n; i++)
            want_event(step->rows, &evs[i]);
        return true;
    case TOUCH_RELATED:
        for (size_t i = 0; i < n; i++)
            want_related(step->rows, &evs[i]);
        return true;
    case TOUCH_CELLS:
        want_all_cells(step, evs, n);
        return true;
    default:
        return false;
    }
}
