#include "triage/core/said.h"

#include <stddef.h>

static const void *
find(const struct step *step, enum record_type type, size_t id_offset,
     struct id id)
{
    for (size_t i = 0; step->said != NULL && i < step->said->n; i++) {
        const char *body = step->said->at[i].body;

        if (step->said->at[i].type == type &&
            id_eq(*(const struct id *)(const void *)(body + id_offset), id))
            return body;
    }
    return NULL;
}

const struct referral_decided *
triage_said(const struct step *step, struct id notification_id)
{
    return find(step, REC_REFERRAL_DECIDED,
                offsetof(struct referral_decided, notification_id),
                notification_id);
}

const struct school_relay *
triage_said_relay(const struct step *step, struct id notification_id)
{
    return find(step, REC_SCHOOL_RELAY,
                offsetof(struct school_relay, notification_id),
                notification_id);
}

const struct activity_recorded *
triage_said_activity(const struct step *step, struct id activity_id)
{
    return find(step, REC_ACTIVITY_RECORDED,
                offsetof(struct activity_recorded, activity_id), activity_id);
}

struct id
triage_said_child(const struct referral_decided *said)
{
    return id_is_none(said->first_child_id) ? said->child_id
                                            : said->first_child_id;
}

/* Records as "name=value" lines; "-" is null. */
static struct texts
lines_of(struct arena *a, struct items inputs)
{
    const struct decision_input *in = inputs.at;
    struct str *at = arena_array(a, inputs.n, sizeof *at);

    for (size_t i = 0; i < inputs.n; i++)
        at[i] = arena_printf(
            a, "%.*s=%.*s", STR_ARG(in[i].name),
            STR_ARG(in[i].value.p == NULL ? STR("-") : in[i].value));
    return (struct texts){ .at = at, .n = inputs.n };
}

void
triage_take_said(struct arena *a, const struct referral_decided *said,
                 struct triage_decision *d)
{
    d->match_status = said->match_status;
    d->match_step = said->match_step;
    d->side = said->side;
    d->outcome = said->outcome;
    d->overridden = said->overridden;
    if (!said->overridden)
        d->rule_outcome = said->outcome;
    d->status = said->status;
    d->rule_id = said->rule_id;
    d->hits = said->hits;
    d->action_rules = said->action_rules;
    d->actions = said->actions;
    d->inputs = lines_of(a, said->inputs);
    d->ask = said->ask;
    d->warnings = said->warnings;
    d->need_count = said->need_count;
    d->csc_status = said->csc_status;
    d->eh_status = said->eh_status;
    d->missing_30d = said->missing_30d;
    d->missing_90d = said->missing_90d;
    d->re_referral = said->re_referral;
    d->rag = said->rag;
    d->unit = said->unit;
    d->locality = said->locality;
    d->age_band = said->age_band;
    d->existing_case_id = said->existing_case_id;
    d->relayed = said->relayed;
}
