#include "tracker/core/drift.h"

#include "tracker/core/rungs.h"

#define D06 STR("D06")
#define D07 STR("D07")
#define D12 STR("D12")
#define D18 STR("D18")
#define DAYS_A_WEEK 7

enum status
drift_opened(const struct moment *m, const struct case_row *c,
             const struct watched *w, struct err *err)
{
    int weeks = m->limits.profile->drift.open_weeks;

    if (weeks < 1)
        return ST_OK;
    return rungs_watch(
        m, w, D06,
        limits_days_after(&m->limits, c->opened_at, weeks * DAYS_A_WEEK), err);
}

bool
drift_was_short(const struct zone *zone, const struct case_row *past,
                int short_days, int months, time_ms at)
{
    date_d closed_on;

    if (past->state != CASE_CLOSED || past->closed_at == TIME_NONE ||
        past->close_outcome == CLOSE_IN_ERROR || past->closed_at >= at ||
        past->state_before < CASE_UNALLOCATED ||
        past->state_before > CASE_HANDOVER_PENDING)
        return false;
    closed_on = zone_date(zone, past->closed_at);
    return closed_on - zone_date(zone, past->opened_at) < short_days &&
           zone_date(zone, at) <= date_add_months(closed_on, months);
}

/* The one that was closed last, of those too soon; NULL where none was. */
static const struct case_row *
short_case(const struct moment *m, const struct case_row *c, time_ms at)
{
    const struct zone *zone = &m->limits.setting.cal->zone;
    const struct profile_drift *d = &m->limits.profile->drift;
    const struct case_row *found = NULL;
    const struct case_row *past;
    size_t i = 0;

    while ((past = cases_next(m, c->child_id, &i)) != NULL)
        if (!id_eq(past->case_id, c->case_id) &&
            drift_was_short(zone, past, d->short_open_days,
                            d->re_referral_months, at) &&
            (found == NULL || past->closed_at > found->closed_at))
            found = past;
    return found;
}

enum status
drift_returned(const struct moment *m, const struct case_row *c, time_ms at,
               bool re_referral, struct err *err)
{
    const struct case_row *past = short_case(m, c, at);
    struct watched w = cases_watched(c, NULL);
    enum status rc = ST_OK;

    if (re_referral)
        rc = rungs_raise(m, &w, D12, at, err);
    if (rc != ST_OK || past == NULL)
        return rc;
    w.case_id = past->case_id;
    w.unit = past->unit;
    w.worker = past->worker;
    return rungs_raise(m, &w, D07, at, err);
}

enum status
drift_paused(const struct moment *m, const struct watched *w, struct err *err)
{
    int days = m->limits.profile->drift.pause_days;
    time_ms since = watch_paused_since(m, w->id);
    time_ms stands = rungs_due(m, w->id, D18);
    time_ms due_at = TIME_NONE;

    if (since != TIME_NONE && days > 0)
        due_at = limits_days_after(&m->limits, since, days);
    if (due_at == stands)
        return ST_OK;
    return rungs_watch(m, w, D18, due_at == TIME_NONE ? TIME_NEVER : due_at,
                       err);
}
