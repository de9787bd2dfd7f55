#include "metrics/core/metrics.h"

#include "metrics/core/apply.h"
#include "metrics/core/count_cases.h"
#include "metrics/core/count_notifications.h"
#include "metrics/core/count_work.h"
#include "metrics/core/want.h"

/* ---- time ---------------------------------------------------------------- */

static void
freeze(const struct run *r, struct reckoning *now)
{
    date_d month;

    if (r->dry || r->terms.zone == NULL || r->heard == TIME_NONE)
        return;
    month = date_add_months(facts_month(r->terms.zone, r->heard), -1);
    if (now->frozen_through == DATE_NONE || month > now->frozen_through)
        now->frozen_through = month;
}

static void
apply_time(const struct run *r, const struct event *ev)
{
    const struct time_advanced *rec = ev->body;
    struct reckoning now = run_reckoning(r);

    if (ev->topic == TOPIC_CASEWORK)
        now.casework_at = rec->at;
    if (ev->topic == TOPIC_CASE_JOURNAL)
        now.journal_at = rec->at;
    freeze(r, &now);
    rows_put(r->rows, TABLE_RECKONING, &now);
}

/* Facts that waited for settings. */
static void
release(const struct run *r)
{
    for (int wait = WAIT_CALENDAR; wait <= WAIT_PROFILE; wait++) {
        release_notifications(r, wait);
        release_cases(r, wait);
        release_handovers(r, wait);
        release_work(r, wait);
    }
}

/* ---- alerts and what others counted -------------------------------------- */

static struct alert_fact
alert_get(const struct run *r, struct id alert_id)
{
    struct alert_fact like;
    const struct alert_fact *found;

    run_like(TABLE_ALERT, &like);
    like.alert_id = alert_id;
    found = rows_get(r->rows, TABLE_ALERT, &like);
    return found == NULL ? like : *found;
}

static void
apply_raised(const struct run *r, const struct alert_raised *rec)
{
    struct alert_fact now = alert_get(r, rec->alert_id);

    now.rule = rec->rule;
    now.subject_kind = rec->subject_kind;
    now.subject_id = rec->subject_id;
    now.child_id = rec->child_id;
    now.case_id = rec->case_id;
    now.due_at = rec->due_at;
    now.raise_number = rec->raise_number;
    now.unit = rec->unit;
    now.raised_at = rec->meta.occurred_at;
    if (rec->stage > now.stage)
        now.stage = rec->stage;
    rows_put(r->rows, TABLE_ALERT, &now);
}

static void
apply_escalated(const struct run *r, const struct alert_escalated *rec)
{
    struct alert_fact now = alert_get(r, rec->alert_id);

    if (rec->stage > now.stage) {
        now.stage = rec->stage;
        now.escalated_at = rec->meta.occurred_at;
    }
    rows_put(r->rows, TABLE_ALERT, &now);
}

static void
apply_acknowledged(const struct run *r, const struct alert_acknowledged *rec)
{
    struct alert_fact now = alert_get(r, rec->alert_id);

    if (now.acknowledged_at == TIME_NONE ||
        rec->meta.occurred_at < now.acknowledged_at)
        now.acknowledged_at = rec->meta.occurred_at;
    rows_put(r->rows, TABLE_ALERT, &now);
}

static void
apply_cleared(const struct run *r, const struct alert_cleared *rec)
{
    struct alert_fact now = alert_get(r, rec->alert_id);

    now.cleared_at = rec->meta.occurred_at;
    rows_put(r->rows, TABLE_ALERT, &now);
}

static void
apply_indicator(const struct run *r, const struct indicator_observed *rec)
{
    struct indicator_fact like, now;
    const struct indicator_fact *found;

    run_like(TABLE_INDICATOR, &like);
    like.agency_id = rec->agency_id;
    like.agency_ref = rec->agency_ref;
    found = rows_get(r->rows, TABLE_INDICATOR, &like);
    now = found == NULL ? like : *found;
    if (facts_fill_indicator(&now, rec))
        rows_put(r->rows, TABLE_INDICATOR, &now);
}

/* ---- the step ------------------------------------------------------------ */

/* Types that aren't here count in no figure of ours. */
void
metrics_apply(const struct run *r, const struct event *ev)
{
    switch (ev->type) {
    case REC_TIME_ADVANCED:
        apply_time(r, ev);
        break;
    case REC_CONFIG_ACTIVATED:
        release(r);
        break;
    case REC_NOTIFICATION_ACCEPTED:
        count_accepted(r, ev->body);
        break;
    case REC_REFERRAL_DECIDED:
        count_decision(r, ev->body);
        break;
    case REC_CASE_CHANGED:
        count_case(r, ev->body);
        count_effect(r, ev->body);
        break;
    case REC_HANDOVER_CHANGED:
        count_handover(r, ev->body);
        break;
    case REC_REFERRER_ANSWERED:
        count_answer(r, ev->body);
        count_refusal(r, ev->body);
        break;
    case REC_ACTIVITY_RECORDED:
        count_activity(r, ev->body);
        break;
    case REC_CLOCK_CHANGED:
        count_clock(r, ev->body);
        break;
    case REC_MISSING_EPISODE_CHANGED:
        count_episode(r, ev->body);
        break;
    case REC_CHILD_MERGED:
        count_joined(r, ev->body);
        break;
    case REC_CHILD_UNMERGED:
        count_parted(r, ev->body);
        break;
    case REC_ALERT_RAISED:
        apply_raised(r, ev->body);
        break;
    case REC_ALERT_ESCALATED:
        apply_escalated(r, ev->body);
        break;
    case REC_ALERT_ACKNOWLEDGED:
        apply_acknowledged(r, ev->body);
        break;
    case REC_ALERT_CLEARED:
        apply_cleared(r, ev->body);
        break;
    case REC_INDICATOR_OBSERVED:
        apply_indicator(r, ev->body);
        break;
    default:
        break;
    }
}

static enum status
metrics_step(struct step *step, const struct event *ev, struct err *err)
{
    struct run r = run_of(step);

    (void)err;
    metrics_apply(&r, ev);
    return ST_OK;
}

const struct service_def metrics_service = {
    .service = SERVICE_METRICS,
    .tables = metrics_tables,
    .n_tables = METRICS_TABLE_N,
    .inputs = { TOPIC_CASEWORK, TOPIC_RECEIPTS, TOPIC_CASE_JOURNAL,
                TOPIC_ALERTS, TOPIC_FEEDBACK, TOPIC_INDICATORS },
    .n_inputs = 6,
    .due_table = -1,
    .touch = want_touched,
    .step = metrics_step,
};
