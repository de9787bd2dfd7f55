#include "tracker/core/say.h"

#include "common/core/feedback.h"

enum status
moment_of(struct moment *m, struct step *step, time_ms at, struct id record,
          struct str version, struct err *err)
{
    *m = (struct moment){
        .step = step, .at = at, .record = record, .profile_version = version
    };
    return limits_of(step->settings, version, &m->limits, err);
}

static struct str
id_str(const struct moment *m, struct id id)
{
    char text[ID_TEXT_SIZE];

    return arena_str(m->step->arena, str_of(id_text(id, text)));
}

static void
fill_meta(const struct moment *m, struct id subject, struct meta *meta)
{
    meta->subject = id_str(m, subject);
    meta->occurred_at = m->at;
    meta->profile_version = m->profile_version;
}

/* Every record of the tracker goes out here. */
static enum status
tell(const struct moment *m, enum topic topic, struct id key,
     enum record_type type, void *rec, struct err *err)
{
    return m->quiet ? ST_OK : out_add(m->step->out, topic, key, type, rec, err);
}

enum status
say_case(const struct moment *m, const struct case_row *c,
         const struct case_said *said, struct err *err)
{
    struct case_changed rec;

    fields_clear(&fields_case_changed, &rec);
    fill_meta(m, c->case_id, &rec.meta);
    rec.case_id = c->case_id;
    rec.child_id = c->child_id;
    rec.side = c->side;
    rec.state = c->state;
    rec.state_before = said->state_before;
    rec.return_to = c->state == CASE_HANDOVER_PENDING ? c->state_before : 0;
    rec.outcome = c->outcome;
    rec.unit = c->unit;
    rec.worker = c->worker;
    rec.opened_at = c->opened_at;
    rec.closed_at = c->closed_at;
    rec.close_outcome = c->close_outcome;
    rec.decision_id = said->decision_id;
    rec.notification_id = id_is_none(said->notification_id)
                              ? c->notification_id
                              : said->notification_id;
    rec.effect = said->effect;
    rec.activity_id = said->activity_id;
    rec.merged_into = c->merged_into;
    rec.entry = c->entry;
    rec.csc_status = c->csc_status;
    rec.needs = c->needs;
    rec.agency_type = c->agency_type;
    rec.cin_source = c->cin_source;
    rec.re_referral = c->re_referral;
    rec.third_need = c->third_need;
    rec.predecessor_id = c->predecessor_id;
    rec.intent = c->intent;
    rec.locality = c->locality;
    rec.age_band = c->age_band;
    rec.sex = c->sex;
    rec.ethnicity = c->ethnicity;
    return tell(m, TOPIC_CASE_JOURNAL, c->child_id, REC_CASE_CHANGED, &rec,
                err);
}

enum status
say_handover(const struct moment *m, const struct handover_row *h,
             const struct case_row *c, struct err *err)
{
    struct handover_changed rec;

    fields_clear(&fields_handover_changed, &rec);
    fill_meta(m, h->handover_id, &rec.meta);
    rec.handover_id = h->handover_id;
    rec.case_id = h->case_id;
    rec.child_id = h->child_id;
    rec.direction = h->direction;
    rec.state = h->state;
    rec.from_unit = h->from_unit;
    rec.to_unit = h->to_unit;
    rec.offered_at = h->offered_at;
    rec.answered_at = h->answered_at;
    rec.due_at = h->due_at;
    rec.expiries = h->expiries;
    rec.new_case_id = h->new_case_id;
    rec.by = h->by;
    rec.locality = c->locality;
    rec.age_band = c->age_band;
    return tell(m, TOPIC_CASE_JOURNAL, h->child_id, REC_HANDOVER_CHANGED, &rec,
                err);
}

enum status
say_clock(const struct moment *m, const struct clock_row *k, int change,
          struct str unit, struct err *err)
{
    struct clock_changed rec;

    fields_clear(&fields_clock_changed, &rec);
    fill_meta(m, k->subject_id, &rec.meta);
    rec.subject_kind = k->subject_kind;
    rec.subject_id = k->subject_id;
    rec.child_id = k->child_id;
    rec.clock = k->clock;
    rec.change = change;
    rec.started_at = k->started_at;
    rec.due_at = k->due_at;
    rec.stopped_at = k->stopped_at;
    rec.late = k->late;
    rec.unit = unit;
    return tell(m, TOPIC_CASE_JOURNAL,
                id_is_none(k->child_id) ? k->subject_id : k->child_id,
                REC_CLOCK_CHANGED, &rec, err);
}

enum status
say_episode(const struct moment *m, const struct episode_row *e,
            struct str worker, struct err *err)
{
    struct missing_episode_changed rec;

    fields_clear(&fields_missing_episode_changed, &rec);
    fill_meta(m, e->episode_id, &rec.meta);
    rec.episode_id = e->episode_id;
    rec.child_id = e->child_id;
    rec.agency_id = e->agency_id;
    rec.episode_ref = e->episode_ref;
    rec.state = e->state;
    rec.incomplete = e->incomplete;
    rec.category = e->category;
    rec.risk_grade = e->risk_grade;
    rec.reported_at = e->reported_at;
    rec.found_at = e->found_at;
    rec.cancel_reason = e->cancel_reason;
    rec.rhi_state = e->rhi_state;
    rec.rhi_at = e->rhi_at;
    rec.rhi_due_at = e->rhi_due_at;
    rec.unit = e->unit;
    rec.worker = worker;
    rec.locality = e->locality;
    rec.age_band = e->age_band;
    rec.csc_status = e->csc_status;
    return tell(m, TOPIC_CASE_JOURNAL, e->child_id, REC_MISSING_EPISODE_CHANGED,
                &rec, err);
}

static struct id
alert_key(const struct alert_row *a)
{
    return id_is_none(a->child_id) ? a->subject_id : a->child_id;
}

static enum status
say_raised(const struct moment *m, const struct alert_row *a, struct err *err)
{
    struct alert_raised rec;

    fields_clear(&fields_alert_raised, &rec);
    fill_meta(m, a->alert_id, &rec.meta);
    rec.alert_id = a->alert_id;
    rec.rule = a->rule;
    rec.subject_kind = a->subject_kind;
    rec.subject_id = a->subject_id;
    rec.child_id = a->child_id;
    rec.case_id = a->case_id;
    rec.due_at = a->due_at;
    rec.raise_number = a->raise_number;
    rec.stage = a->stage;
    rec.told = a->told;
    rec.unit = a->unit;
    rec.worker = a->worker;
    return tell(m, TOPIC_ALERTS, alert_key(a), REC_ALERT_RAISED, &rec, err);
}

static enum status
say_escalated(const struct moment *m, const struct alert_row *a,
              struct err *err)
{
    struct alert_escalated rec;

    fields_clear(&fields_alert_escalated, &rec);
    fill_meta(m, a->alert_id, &rec.meta);
    rec.alert_id = a->alert_id;
    rec.rule = a->rule;
    rec.subject_kind = a->subject_kind;
    rec.subject_id = a->subject_id;
    rec.child_id = a->child_id;
    rec.case_id = a->case_id;
    rec.due_at = a->due_at;
    rec.raise_number = a->raise_number;
    rec.stage = a->stage;
    rec.told = a->told;
    rec.unit = a->unit;
    rec.worker = a->worker;
    return tell(m, TOPIC_ALERTS, alert_key(a), REC_ALERT_ESCALATED, &rec, err);
}

enum status
say_alert(const struct moment *m, const struct alert_row *a, struct err *err)
{
    return a->stage == 1 ? say_raised(m, a, err) : say_escalated(m, a, err);
}

enum status
say_acknowledged(const struct moment *m, const struct alert_row *a,
                 struct err *err)
{
    struct alert_acknowledged rec;

    fields_clear(&fields_alert_acknowledged, &rec);
    fill_meta(m, a->alert_id, &rec.meta);
    rec.alert_id = a->alert_id;
    rec.rule = a->rule;
    rec.by = a->acknowledged_by;
    return tell(m, TOPIC_ALERTS, alert_key(a), REC_ALERT_ACKNOWLEDGED, &rec,
                err);
}

enum status
say_cleared(const struct moment *m, const struct alert_row *a,
            struct str reason, struct err *err)
{
    struct alert_cleared rec;

    fields_clear(&fields_alert_cleared, &rec);
    fill_meta(m, a->alert_id, &rec.meta);
    rec.alert_id = a->alert_id;
    rec.rule = a->rule;
    rec.subject_kind = a->subject_kind;
    rec.subject_id = a->subject_id;
    rec.case_id = a->case_id;
    rec.child_id = a->child_id;
    rec.reason = reason;
    return tell(m, TOPIC_ALERTS, alert_key(a), REC_ALERT_CLEARED, &rec, err);
}

int
say_how_much(const struct answer_said *said)
{
    const struct feedback_about about = { .agency_type = said->agency_type,
                                          .rule_id = said->rule_id,
                                          .outcome = said->outcome,
                                          .refusal = said->refusal };

    return feedback_for(&about);
}

enum status
say_answer(const struct moment *m, const struct answer_said *said,
           struct err *err)
{
    struct referrer_answered rec;

    fields_clear(&fields_referrer_answered, &rec);
    fill_meta(
        m,
        id_is_none(said->notification_id) ? m->record : said->notification_id,
        &rec.meta);
    rec.notification_id = said->notification_id;
    rec.agency_id = said->agency_id;
    rec.agency_ref = said->agency_ref;
    rec.amendment = said->amendment;
    rec.answer = say_how_much(said);
    rec.refusal = said->refusal;
    rec.phone = m->limits.profile->duty_phone;
    rec.child_id = said->child_id;
    rec.case_id = said->case_id;
    if (rec.answer == ANSWER_OUTCOME) {
        rec.outcome = said->outcome;
        rec.unit = said->unit;
    }
    return tell(m, TOPIC_FEEDBACK,
                id_is_none(said->child_id) ? m->record : said->child_id,
                REC_REFERRER_ANSWERED, &rec, err);
}
