#include "metrics/core/want.h"

#include "common/core/calendar.h"
#include "metrics/core/apply.h"
#include "metrics/core/facts_work.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static void
want_activity(struct rows *rows, struct str agency_id, struct str agency_ref)
{
    struct activity_fact like;

    run_like(TABLE_ACTIVITY, &like);
    like.agency_id = agency_id;
    like.agency_ref = agency_ref;
    rows_want(rows, TABLE_ACTIVITY, &like);
}

static void
want_recorded(struct rows *rows, const struct activity_recorded *rec)
{
    if (rec->refusal.n > 0)
        return;
    if (facts_counts_activity(rec->activity))
        want_activity(rows, rec->agency_id, rec->agency_ref);
    if (rec->activity == ACTIVITY_CORRECTED && rec->corrects_agency_id.n > 0 &&
        rec->corrects_agency_ref.n > 0)
        want_activity(rows, rec->corrects_agency_id, rec->corrects_agency_ref);
}

static void
want_clock(struct rows *rows, const struct clock_changed *rec)
{
    struct clock_fact like;

    if (rec->change != CLOCK_STOPPED)
        return;
    facts_fill_clock(&like, rec, TIME_NONE);
    rows_want(rows, TABLE_CLOCK, &like);
}

static void
want_missing(struct rows *rows, const struct missing_episode_changed *rec)
{
    struct episode_fact like;

    run_like(TABLE_EPISODE, &like);
    like.episode_id = rec->episode_id;
    rows_want(rows, TABLE_EPISODE, &like);
}

static void
want_answer(struct rows *rows, const struct referrer_answered *rec)
{
    struct notification_fact like;

    if (id_is_none(rec->notification_id)) {
        if (rec->refusal.n > 0)
            want_activity(rows, rec->agency_id, rec->agency_ref);
        return;
    }
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

/* Tables and their index of what waits. */
static const struct {
    enum metrics_table table;
    int index;
} waiting[] = {
    { TABLE_NOTIFICATION, NOTIFICATION_BY_WAIT },
    { TABLE_CASE_WAITING, CASE_WAITING_BY_WAIT },
    { TABLE_HANDOVER, HANDOVER_BY_WAIT },
    { TABLE_ACTIVITY, ACTIVITY_BY_WAIT },
    { TABLE_CLOCK, CLOCK_BY_WAIT },
    { TABLE_EPISODE, EPISODE_BY_WAIT },
};

static void
want_waiting(struct rows *rows)
{
    union {
        struct notification_fact notification;
        struct case_fact one_case;
        struct handover_fact handover;
        struct activity_fact activity;
        struct clock_fact clock;
        struct episode_fact episode;
    } like;

    for (int wait = WAIT_CALENDAR; wait <= WAIT_PROFILE; wait++)
        for (size_t i = 0; i < N_OF(waiting); i++) {
            const struct table *t = &metrics_tables[waiting[i].table];
            size_t at = t->index[waiting[i].index].fields[0];

            run_like(waiting[i].table, &like);
            *(int *)(void *)((char *)&like + t->fields.at[at].offset) = wait;
            rows_want_group(rows, waiting[i].table, waiting[i].index, &like);
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
    case REC_ACTIVITY_RECORDED:
        want_recorded(rows, ev->body);
        break;
    case REC_CLOCK_CHANGED:
        want_clock(rows, ev->body);
        break;
    case REC_MISSING_EPISODE_CHANGED:
        want_missing(rows, ev->body);
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
want_cells(const struct step *step, const struct zone *zone, bool guess,
           const struct event *evs, size_t n)
{
    struct run r = run_of(step);
    size_t mark = rows_mark(step->rows);

    r.dry = true;
    r.guess = guess;
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
        want_cells(step, known, false, evs, n);
    for (size_t i = 0; activates && i < N_OF(guesses); i++)
        want_cells(step, &guesses[i], true, evs, n);
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
