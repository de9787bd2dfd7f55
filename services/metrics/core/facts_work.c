#include "metrics/core/facts_work.h"

bool
facts_counts_activity(int activity)
{
    switch (activity) {
    case ACTIVITY_ALLOCATED:
    case ACTIVITY_ASSESSMENT_STARTED:
    case ACTIVITY_ASSESSMENT_COMPLETED:
    case ACTIVITY_LAC_STARTED:
    case ACTIVITY_CSC_STATUS_CHANGED:
    case ACTIVITY_ENCOMPASS_RELAYED:
    case ACTIVITY_SAFETY_PLAN:
    case ACTIVITY_SESSION_ATTENDED:
    case ACTIVITY_SERVICE_CHANGED:
    case ACTIVITY_PROGRAMME_CHANGED:
    case ACTIVITY_AUDIT_RECORDED:
        return true;
    default:
        return false;
    }
}

bool
facts_fill_activity(struct activity_fact *f,
                    const struct activity_recorded *rec, time_ms heard_at)
{
    if (f->amendment != I32_NONE && rec->amendment < f->amendment)
        return false;
    *f = (struct activity_fact){
        .agency_id = rec->agency_id,
        .agency_ref = rec->agency_ref,
        .amendment = rec->amendment,
        .activity_id = rec->activity_id,
        .activity = rec->activity,
        .child_id = rec->child_id,
        .case_id = rec->case_id,
        .notification_id = rec->notification_id,
        .occurred_at = rec->meta.occurred_at,
        .side = rec->side,
        .unit = rec->unit,
        .worker = rec->worker,
        .locality = rec->locality,
        .age_band = rec->age_band,
        .sex = rec->sex,
        .organisation = rec->organisation,
        .service = rec->service,
        .provider = rec->provider,
        .service_on = rec->service_on,
        .hours_tenths = rec->hours_tenths,
        .open_access = rec->open_access,
        .core_offer = rec->core_offer,
        .linked_kpi = rec->linked_kpi,
        .risk_of_csc = rec->risk_of_csc,
        .programme = rec->programme,
        .programme_stage = rec->programme_stage,
        .grades = rec->grades,
        .csc_status = rec->csc_status,
        .corrected = f->corrected,
        .refused = f->refused,
        .heard_at = heard_at,
        .month = DATE_NONE,
    };
    return true;
}

void
facts_fill_clock(struct clock_fact *f, const struct clock_changed *rec,
                 time_ms heard_at)
{
    fields_clear(&metrics_tables[TABLE_CLOCK].fields, f);
    f->subject_id = rec->subject_id;
    f->clock = rec->clock;
    f->started_at = rec->started_at == TIME_NONE ? 0 : rec->started_at;
    f->subject_kind = rec->subject_kind;
    f->child_id = rec->child_id;
    f->due_at = rec->due_at;
    f->stopped_at = rec->stopped_at;
    f->late = rec->late;
    f->unit = rec->unit;
    f->heard_at = heard_at;
}

void
facts_fill_episode(struct episode_fact *f,
                   const struct missing_episode_changed *rec, time_ms heard_at)
{
    fields_clear(&metrics_tables[TABLE_EPISODE].fields, f);
    f->episode_id = rec->episode_id;
    f->child_id = rec->child_id;
    f->state = rec->state;
    f->reported_at = rec->reported_at;
    f->found_at = rec->found_at;
    f->rhi_state = rec->rhi_state;
    f->rhi_at = rec->rhi_at;
    f->rhi_due_at = rec->rhi_due_at;
    f->unit = rec->unit;
    f->locality = rec->locality;
    f->age_band = rec->age_band;
    f->heard_at = heard_at;
}

/* The month of `at` and what it waits for. */
static date_d
derive(const struct terms *t, time_ms at, int *waits_for)
{
    *waits_for = 0;
    if (at == TIME_NONE)
        return DATE_NONE;
    if (t->zone == NULL) {
        *waits_for = WAIT_CALENDAR;
        return DATE_NONE;
    }
    return facts_month(t->zone, at);
}

void
facts_derive_activity(struct activity_fact *f, const struct terms *t)
{
    f->month = derive(t, f->occurred_at, &f->waits_for);
}

void
facts_derive_clock(struct clock_fact *f, const struct terms *t)
{
    f->month = derive(t, f->stopped_at, &f->waits_for);
}

void
facts_derive_episode(struct episode_fact *f, const struct terms *t)
{
    f->month = derive(t, f->found_at, &f->waits_for);
}
