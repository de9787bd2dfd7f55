#include "notifier/core/notifier.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/core/records.h"
#include "common/core/settings.h"
#include "notifier/core/ladder.h"
#include "notifier/core/tables.h"

/* domain.md section 8, D16, where no profile says otherwise. */
enum { D16_DUTY_S = 60, D16_MANAGER_S = 300 };

static void
like_of(enum notifier_table table, void *like)
{
    fields_clear(&notifier_tables[table].fields, like);
}

static const struct profile *
profile_of(const struct step *step)
{
    const struct settings_version *v =
        step->settings == NULL ? NULL : settings_current(step->settings);

    return v == NULL ? NULL : v->profile;
}

static bool
is_acknowledgement(const struct activity_recorded *rec)
{
    return rec->activity == ACTIVITY_ALERT_ACKNOWLEDGED && rec->refusal.n == 0;
}

/* ---- deliveries ---------------------------------------------------------- */

/* Whatever is told twice of the same thing is told once. */
static struct id
delivery_id_of(const char *tag, struct id of, int32_t number)
{
    char text[16];
    struct str parts[] = { id_part(&of), STR_NULL };

    (void)snprintf(text, sizeof text, "%" PRId32, number);
    parts[1] = str_of(text);
    return id_derive(tag, parts, 2);
}

static void
deliver(const struct step *step, struct delivery_row *d)
{
    const struct calendar *cal =
        step->settings == NULL ? NULL : step->settings->calendar;

    d->send_at = d->told == 0 ? d->made_at
                              : ladder_send_at(profile_of(step), cal, d->told,
                                               d->urgent, d->made_at);
    d->state = DELIVERY_WANTED;
    rows_put(step->rows, TABLE_DELIVERY, d);
}

static struct alert_row
alert_get(const struct step *step, struct id alert_id)
{
    struct alert_row like;
    const struct alert_row *found;

    like_of(TABLE_ALERT, &like);
    like.alert_id = alert_id;
    found = rows_get(step->rows, TABLE_ALERT, &like);
    return found == NULL ? like : *found;
}

/* AlertRaised and AlertEscalated have the same members (records.h). */
_Static_assert(sizeof(struct alert_raised) == sizeof(struct alert_escalated),
               "a stage is read through alert_raised");

static void
apply_stage(const struct step *step, const struct alert_raised *rec)
{
    struct alert_row a = alert_get(step, rec->alert_id);
    struct delivery_row d;

    if (a.stage == I32_NONE)
        a.raised_at = rec->meta.occurred_at;
    if (a.stage == I32_NONE || rec->stage > a.stage)
        a.stage = rec->stage;
    a.rule = rec->rule;
    a.subject_kind = rec->subject_kind;
    a.subject_id = rec->subject_id;
    a.child_id = rec->child_id;
    a.case_id = rec->case_id;
    a.acknowledged_at = TIME_NONE; /* whoever is told now hasn't seen it */
    rows_put(step->rows, TABLE_ALERT, &a);
    if (a.cleared_at != TIME_NONE)
        return;
    like_of(TABLE_DELIVERY, &d);
    d.delivery_id = delivery_id_of("delivery", rec->alert_id, rec->stage);
    d.purpose = PURPOSE_ALERT;
    d.alert_id = rec->alert_id;
    d.stage = rec->stage;
    d.told = rec->told;
    d.unit = rec->unit;
    d.worker = rec->worker;
    d.rule = rec->rule;
    d.subject_kind = rec->subject_kind;
    d.subject_id = rec->subject_id;
    d.due_at = rec->due_at;
    d.urgent = ladder_is_urgent(rec->rule, rec->subject_kind);
    d.made_at = rec->meta.occurred_at;
    deliver(step, &d);
}

/* Nobody needs to be told any more what is wanted of this alert. */
static void
settle(const struct step *step, struct id alert_id, int state)
{
    const struct delivery_row *d;
    struct delivery_row like, list[16];
    size_t at = 0, n = 0;

    like_of(TABLE_DELIVERY, &like);
    like.alert_id = alert_id;
    while ((d = rows_next(step->rows, TABLE_DELIVERY, DELIVERY_BY_ALERT, &like,
                          &at)))
        if (d->state == DELIVERY_WANTED && n < sizeof list / sizeof list[0])
            list[n++] = *d;
    for (size_t i = 0; i < n; i++) {
        list[i].state = state;
        rows_put(step->rows, TABLE_DELIVERY, &list[i]);
    }
}

static void
apply_acknowledged(const struct step *step,
                   const struct alert_acknowledged *rec)
{
    struct alert_row a = alert_get(step, rec->alert_id);

    a.acknowledged_at = rec->meta.occurred_at;
    rows_put(step->rows, TABLE_ALERT, &a);
    settle(step, rec->alert_id, DELIVERY_SEEN);
}

static void
apply_cleared(const struct step *step, const struct alert_cleared *rec)
{
    struct alert_row a = alert_get(step, rec->alert_id);

    a.cleared_at = rec->meta.occurred_at;
    rows_put(step->rows, TABLE_ALERT, &a);
    settle(step, rec->alert_id, DELIVERY_OVER);
}

static void
apply_answer(const struct step *step, const struct referrer_answered *rec)
{
    struct delivery_row d;

    like_of(TABLE_DELIVERY, &d);
    d.delivery_id = delivery_id_of("answer", rec->meta.id, 0);
    d.purpose = PURPOSE_ANSWER;
    d.agency_id = rec->agency_id;
    d.agency_ref = rec->agency_ref;
    d.amendment = rec->amendment;
    d.unit = rec->unit;
    d.rule = str_of(codes_word(&codes_answer, rec->answer));
    d.subject_kind = CLOCK_SUBJECT_NOTIFICATION;
    d.subject_id = rec->notification_id;
    d.made_at = rec->meta.occurred_at;
    deliver(step, &d);
}

static void
apply_relay(const struct step *step, const struct school_relay *rec)
{
    struct delivery_row d;

    like_of(TABLE_DELIVERY, &d);
    d.delivery_id = delivery_id_of("relay", rec->notification_id, 0);
    d.purpose = PURPOSE_RELAY;
    d.school_urn = rec->school_urn;
    d.rule = STR("A01");
    d.subject_kind = CLOCK_SUBJECT_NOTIFICATION;
    d.subject_id = rec->notification_id;
    d.urgent = true;
    d.made_at = rec->meta.occurred_at;
    deliver(step, &d);
}

/* ---- missing children ---------------------------------------------------- */

/* Found and cancelled end a worry; they don't begin one. */
static bool
is_missing(int kind)
{
    return kind == KIND_POLICE_MISSING_REPORTED ||
           kind == KIND_POLICE_MISSING_RISK_CHANGED;
}

static struct missing_row
missing_get(const struct step *step, struct id notification_id)
{
    struct missing_row like;
    const struct missing_row *found;

    like_of(TABLE_MISSING, &like);
    like.notification_id = notification_id;
    found = rows_get(step->rows, TABLE_MISSING, &like);
    return found == NULL ? like : *found;
}

static void
apply_accepted(const struct step *step, const struct notification_accepted *rec)
{
    const struct profile *p = profile_of(step);
    struct missing_row m;
    int duty_s = D16_DUTY_S, manager_s = D16_MANAGER_S;

    if (!is_missing(rec->kind))
        return;
    if (p != NULL && p->drift.missing_untriaged_s >= 0)
        duty_s = p->drift.missing_untriaged_s;
    if (p != NULL && p->drift.untriaged_escalate_s[1] > duty_s)
        manager_s = p->drift.untriaged_escalate_s[1];
    m = missing_get(step, rec->notification_id);
    m.accepted_at = rec->meta.recorded_at;
    m.due_at = m.accepted_at + duty_s * SECOND_MS;
    m.manager_at = m.accepted_at + manager_s * SECOND_MS;
    rows_put(step->rows, TABLE_MISSING, &m);
}

static void
apply_decided(const struct step *step, const struct referral_decided *rec)
{
    struct missing_row m;

    if (!is_missing(rec->kind))
        return;
    m = missing_get(step, rec->notification_id);
    if (m.decided_at != TIME_NONE)
        return;
    m.decided_at = rec->meta.occurred_at;
    rows_put(step->rows, TABLE_MISSING, &m);
}

/* ---- incidents ------------------------------------------------------------
 */

/* What tracker raised it answers itself; anything else is an incident. */
static void
apply_seen(const struct step *step, const struct activity_recorded *rec)
{
    struct incident_seen_row seen;

    if (!is_acknowledgement(rec) ||
        alert_get(step, rec->alert_id).stage != I32_NONE)
        return;
    like_of(TABLE_INCIDENT_SEEN, &seen);
    seen.incident_id = rec->alert_id;
    if (rows_get(step->rows, TABLE_INCIDENT_SEEN, &seen) != NULL)
        return;
    seen.seen_at = rec->meta.occurred_at;
    seen.seen_by = rec->by;
    rows_put(step->rows, TABLE_INCIDENT_SEEN, &seen);
}

/* ---- the step ------------------------------------------------------------ */

static enum status
notifier_step(struct step *step, const struct event *ev, struct err *err)
{
    (void)err;
    switch (ev->type) {
    case REC_ALERT_RAISED:
    case REC_ALERT_ESCALATED:
        apply_stage(step, ev->body);
        break;
    case REC_ALERT_ACKNOWLEDGED:
        apply_acknowledged(step, ev->body);
        break;
    case REC_ALERT_CLEARED:
        apply_cleared(step, ev->body);
        break;
    case REC_REFERRER_ANSWERED:
        apply_answer(step, ev->body);
        break;
    case REC_SCHOOL_RELAY:
        apply_relay(step, ev->body);
        break;
    case REC_NOTIFICATION_ACCEPTED:
        apply_accepted(step, ev->body);
        break;
    case REC_REFERRAL_DECIDED:
        apply_decided(step, ev->body);
        break;
    case REC_ACTIVITY_RECORDED:
        apply_seen(step, ev->body);
        break;
    default:
        break;
    }
    return ST_OK;
}

/* ---- what a batch touches ------------------------------------------------ */

static void
want_alert(struct rows *rows, struct id alert_id)
{
    struct alert_row alert;
    struct delivery_row delivery;

    like_of(TABLE_ALERT, &alert);
    alert.alert_id = alert_id;
    rows_want(rows, TABLE_ALERT, &alert);
    like_of(TABLE_DELIVERY, &delivery);
    delivery.alert_id = alert_id;
    rows_want_group(rows, TABLE_DELIVERY, DELIVERY_BY_ALERT, &delivery);
}

static void
want_missing(struct rows *rows, int kind, struct id notification_id)
{
    struct missing_row like;

    if (!is_missing(kind))
        return;
    like_of(TABLE_MISSING, &like);
    like.notification_id = notification_id;
    rows_want(rows, TABLE_MISSING, &like);
}

static void
want_seen(struct rows *rows, const struct activity_recorded *rec)
{
    struct incident_seen_row seen;
    struct alert_row alert;

    if (!is_acknowledgement(rec))
        return;
    like_of(TABLE_ALERT, &alert);
    alert.alert_id = rec->alert_id;
    rows_want(rows, TABLE_ALERT, &alert);
    like_of(TABLE_INCIDENT_SEEN, &seen);
    seen.incident_id = rec->alert_id;
    rows_want(rows, TABLE_INCIDENT_SEEN, &seen);
}

static void
want_event(struct rows *rows, const struct event *ev)
{
    const struct notification_accepted *accepted = ev->body;
    const struct referral_decided *decided = ev->body;

    switch (ev->type) {
    case REC_ALERT_RAISED:
    case REC_ALERT_ESCALATED:
        want_alert(rows, ((const struct alert_raised *)ev->body)->alert_id);
        break;
    case REC_ALERT_ACKNOWLEDGED:
        want_alert(rows,
                   ((const struct alert_acknowledged *)ev->body)->alert_id);
        break;
    case REC_ALERT_CLEARED:
        want_alert(rows, ((const struct alert_cleared *)ev->body)->alert_id);
        break;
    case REC_NOTIFICATION_ACCEPTED:
        want_missing(rows, accepted->kind, accepted->notification_id);
        break;
    case REC_REFERRAL_DECIDED:
        want_missing(rows, decided->kind, decided->notification_id);
        break;
    case REC_ACTIVITY_RECORDED:
        want_seen(rows, ev->body);
        break;
    default:
        break;
    }
}

static bool
notifier_touch(const struct step *step, const struct event *evs, size_t n,
               int round)
{
    for (size_t i = 0; round == 0 && i < n; i++)
        want_event(step->rows, &evs[i]);
    return round == 0;
}

const struct service_def notifier_service = {
    .service = SERVICE_NOTIFIER,
    .tables = notifier_tables,
    .n_tables = NOTIFIER_TABLE_N,
    .inputs = { TOPIC_CASEWORK, TOPIC_RECEIPTS, TOPIC_ALERTS, TOPIC_FEEDBACK },
    .n_inputs = 4,
    .due_table = -1,
    .touch = notifier_touch,
    .step = notifier_step,
};
