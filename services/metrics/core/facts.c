#include "metrics/core/facts.h"

#include "common/core/profile.h"

date_d
facts_month(const struct zone *zone, time_ms t)
{
    date_d day;

    if (t == TIME_NONE)
        return DATE_NONE;
    day = zone_date(zone, t);
    return day - (date_ymd(day).day - 1);
}

void
facts_accept(struct notification_fact *f,
             const struct notification_accepted *rec)
{
    f->notification_id = rec->notification_id;
    f->agency_id = rec->agency_id;
    f->agency_ref = rec->agency_ref;
    f->amendment = rec->amendment;
    f->agency_type = rec->agency_type;
    f->kind = rec->kind;
    f->sent_at = rec->sent_at;
    f->accepted_at = rec->meta.recorded_at;
}

void
facts_decide(struct notification_fact *f, const struct referral_decided *rec,
             time_ms heard_at)
{
    f->notification_id = rec->notification_id;
    f->agency_id = rec->agency_id;
    f->agency_ref = rec->agency_ref;
    f->amendment = rec->amendment;
    f->agency_type = rec->agency_type;
    f->kind = rec->kind;
    f->decision_id = rec->decision_id;
    f->child_id = rec->child_id;
    f->entry = rec->entry;
    f->side = rec->side;
    f->outcome = rec->outcome;
    f->status = rec->status;
    f->rule_id = rec->rule_id;
    f->action_rules = rec->action_rules;
    f->received_at = rec->received_at;
    f->decided_at = rec->meta.recorded_at;
    f->cin_source = rec->cin_source;
    f->unit = rec->unit;
    f->locality = rec->locality;
    f->age_band = rec->age_band;
    f->sex = rec->sex;
    f->ethnicity = rec->ethnicity;
    f->sen = rec->sen;
    f->re_referral = rec->re_referral;
    f->needs = rec->needs;
    f->episode_id = rec->episode_id;
    f->heard_at = heard_at;
}

void
facts_effect(struct notification_fact *f, const struct case_changed *rec)
{
    f->notification_id = rec->notification_id;
    f->effect_decision_id = rec->decision_id;
    f->effect = rec->effect;
    f->case_id = rec->case_id;
}

void
facts_answer(struct notification_fact *f, const struct referrer_answered *rec)
{
    f->notification_id = rec->notification_id;
    if (f->answered_at != TIME_NONE && f->answered_at <= rec->meta.recorded_at)
        return;
    f->answered_at = rec->meta.recorded_at;
    f->answer = rec->answer;
}

void
facts_derive_notification(struct notification_fact *f, const struct terms *t)
{
    f->month = DATE_NONE;
    f->waits_for = 0;
    if (id_is_none(f->decision_id))
        return;
    if (t->zone == NULL) {
        f->waits_for = WAIT_CALENDAR;
        return;
    }
    f->month = facts_month(t->zone, f->received_at);
}

static bool
is_known_band(int age_band)
{
    return age_band != 0 && age_band != AGE_UNKNOWN;
}

static bool
has_ended(int state)
{
    return state == CASE_CLOSED || state == CASE_TRANSFERRED;
}

/* Row 2 of section 6: never a case of K10 and K11. */
static bool
is_screened_out(const struct case_fact *old, const struct case_changed *rec)
{
    int outcome = rec->outcome != 0 ? rec->outcome : rec->effect;

    if (rec->state != CASE_CLOSED)
        return false;
    if (rec->state_before == CASE_CLOSED)
        return old != NULL && old->screened_out;
    return (rec->state_before == 0 || rec->state_before == CASE_SCREENING) &&
           outcome_rank(outcome) >= 0 && outcome_rank(outcome) <= 1;
}

/* Section 6, row 7: past the intent with help under way, once and for all. */
static bool
is_converted(const struct case_fact *old, const struct case_changed *rec)
{
    if (!rec->intent)
        return false;
    return (old != NULL && old->converted) ||
           (rec->state >= CASE_UNALLOCATED &&
            rec->state <= CASE_HANDOVER_PENDING);
}

static void
fill_times(struct case_fact *f, const struct case_fact *old,
           const struct case_changed *rec)
{
    time_ms at = rec->meta.occurred_at;

    f->opened_at = rec->opened_at;
    if (f->opened_at == TIME_NONE)
        f->opened_at = old != NULL ? old->opened_at : at;
    f->opened_band = rec->age_band;
    if (old != NULL && old->opened_at == f->opened_at &&
        is_known_band(old->opened_band))
        f->opened_band = old->opened_band;
    if (!has_ended(rec->state))
        return;
    f->closed_at = rec->closed_at;
    if (f->closed_at == TIME_NONE)
        f->closed_at =
            old != NULL && has_ended(old->state) ? old->closed_at : at;
    f->closed_band = rec->age_band;
    if (old != NULL && old->closed_at == f->closed_at &&
        is_known_band(old->closed_band))
        f->closed_band = old->closed_band;
}

void
facts_fill_case(struct case_fact *f, const struct case_fact *old,
                const struct case_changed *rec, time_ms heard_at)
{
    fields_clear(&metrics_tables[TABLE_CASE_WAITING].fields, f);
    f->case_id = rec->case_id;
    f->child_id = rec->child_id;
    f->side = rec->side;
    f->state = rec->state;
    f->outcome = rec->outcome;
    f->unit = rec->unit;
    f->worker = rec->worker;
    f->csc_status = rec->csc_status;
    f->locality = rec->locality;
    f->age_band = rec->age_band;
    f->sex = rec->sex;
    f->ethnicity = rec->ethnicity;
    f->entry = rec->entry;
    f->agency_type = rec->agency_type;
    f->intent = rec->intent;
    f->converted = is_converted(old, rec);
    f->re_referral = rec->re_referral;
    f->predecessor_id = rec->predecessor_id;
    f->merged_into = rec->merged_into;
    f->profile_version = rec->meta.profile_version;
    f->heard_at = heard_at;
    fill_times(f, old, rec);
    if (has_ended(rec->state))
        f->close_outcome = rec->close_outcome;
    f->screened_out = is_screened_out(old, rec);
}

static const struct profile *
profile_of(const struct settings *s, struct str version)
{
    const struct settings_version *v;

    if (s == NULL)
        return NULL;
    if (version.p != NULL)
        return settings_profile(s, version);
    v = settings_current(s);
    return v == NULL ? NULL : v->profile;
}

static int
class_of(const struct profile *p, int close_outcome)
{
    uint32_t bit = close_outcome == 0 ? 0 : SET_BIT(close_outcome);

    if (p != NULL && (p->positive_outcomes & bit) != 0)
        return CLOSE_CLASS_POSITIVE;
    if (p != NULL && (p->neutral_outcomes & bit) != 0)
        return CLOSE_CLASS_NEUTRAL;
    return CLOSE_CLASS_OTHER;
}

static void
derive_class(struct case_fact *f, const struct terms *t)
{
    const struct profile *p;

    if (f->state != CASE_CLOSED || f->side != SIDE_EH)
        return;
    p = profile_of(t->settings, f->profile_version);
    if (p == NULL && !t->any_profile) {
        f->waits_for = WAIT_PROFILE;
        return;
    }
    f->close_class = class_of(p, f->close_outcome);
    if (t->any_profile)
        f->close_class = CLOSE_CLASS_OTHER;
}

void
facts_derive_case(struct case_fact *f, const struct terms *t)
{
    f->opened_month = DATE_NONE;
    f->closed_month = DATE_NONE;
    f->close_class = 0;
    f->waits_for = 0;
    if (t->zone == NULL) {
        f->waits_for = WAIT_CALENDAR;
        return;
    }
    f->opened_month = facts_month(t->zone, f->opened_at);
    f->closed_month = facts_month(t->zone, f->closed_at);
    derive_class(f, t);
}

void
facts_fill_handover(struct handover_fact *f, const struct handover_changed *rec,
                    time_ms heard_at)
{
    fields_clear(&metrics_tables[TABLE_HANDOVER].fields, f);
    f->handover_id = rec->handover_id;
    f->case_id = rec->case_id;
    f->child_id = rec->child_id;
    f->new_case_id = rec->new_case_id;
    f->direction = rec->direction;
    f->state = rec->state;
    f->from_unit = rec->from_unit;
    f->to_unit = rec->to_unit;
    f->offered_at = rec->offered_at;
    f->answered_at = rec->answered_at;
    if (f->answered_at == TIME_NONE && rec->state == HANDOVER_ACCEPTED)
        f->answered_at = rec->meta.occurred_at;
    f->locality = rec->locality;
    f->age_band = rec->age_band;
    f->heard_at = heard_at;
}

void
facts_derive_handover(struct handover_fact *f, const struct terms *t)
{
    f->month = DATE_NONE;
    f->waits_for = 0;
    if (f->state != HANDOVER_ACCEPTED)
        return;
    if (t->zone == NULL) {
        f->waits_for = WAIT_CALENDAR;
        return;
    }
    f->month = facts_month(t->zone, f->answered_at);
}

bool
facts_fill_indicator(struct indicator_fact *f,
                     const struct indicator_observed *rec)
{
    if (f->amendment != I32_NONE && rec->amendment < f->amendment)
        return false;
    f->agency_id = rec->agency_id;
    f->agency_ref = rec->agency_ref;
    f->amendment = rec->amendment;
    f->indicator_id = rec->indicator_id;
    f->indicator = rec->indicator;
    f->period_from = rec->period_from;
    f->period_to = rec->period_to;
    f->value = rec->value;
    f->unit = rec->unit;
    f->definition = rec->definition;
    f->status = rec->status;
    f->area = rec->area;
    f->breakdown = rec->breakdown;
    f->measure = rec->measure;
    f->gap = rec->gap;
    f->amount = rec->amount;
    f->decimals = rec->decimals;
    f->typed_total = rec->typed_total;
    return true;
}
