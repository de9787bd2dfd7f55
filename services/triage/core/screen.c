#include "triage/core/screen.h"

#include "triage/core/decide.h"
#include "triage/core/kept.h"
#include "triage/core/said.h"

static void
want_key(struct rows *rows, struct str agency_id, struct str agency_ref)
{
    struct triage_decision like = { .agency_id = agency_id,
                                    .agency_ref = agency_ref };

    rows_want_group(rows, TRIAGE_DECISION, DECISION_BY_KEY, &like);
}

void
triage_screen_want(const struct step *step, const struct screening_recorded *s,
                   int round)
{
    struct triage_unit u = { .side = SIDE_EH };
    const struct triage_decision *d;

    if (round == 0) {
        want_key(step->rows, s->notification_agency_id,
                 s->notification_agency_ref);
        rows_want_group(step->rows, TRIAGE_UNIT, UNIT_BY_SIDE, &u);
        return;
    }
    d = triage_top(step->rows, s->notification_agency_id,
                   s->notification_agency_ref);
    if (d == NULL)
        return;
    triage_want_child(step->rows, d->child_id);
    if (!id_is_none(d->episode_id)) {
        struct triage_episode ep = { .episode_id = d->episode_id };

        rows_want_group(step->rows, TRIAGE_DECISION, DECISION_BY_EPISODE, d);
        rows_want(step->rows, TRIAGE_EPISODE, &ep);
    }
}

/* The screener's values; what was left out stays as the message has it. */
static void
fill(const struct screening_recorded *s, struct triage_decision *d)
{
    if (s->level != I32_NONE)
        d->level = s->level;
    if (s->csc_threshold != 0)
        d->csc_threshold = s->csc_threshold;
    if (s->needs != 0)
        d->needs = s->needs | triage_needs_of_kind(d->kind);
    if (s->consent != 0)
        d->consent = s->consent;
    if (s->entry != 0)
        d->entry = s->entry;
    if (s->harm != 0)
        d->harm = s->harm;
    if (s->impaired != TRI_UNKNOWN)
        d->impaired = s->impaired;
    if (s->single_agency_able != TRI_UNKNOWN)
        d->single_agency_able = s->single_agency_able;
    if (s->risk_of_csc != 0)
        d->risk_of_csc = s->risk_of_csc;
    if (s->primary_need.p != NULL)
        d->primary_need = s->primary_need;
    d->screened_by = s->by;
    d->second_by = s->second_by;
}

/* domain.md section 5, "Override". */
static enum status
check_override(const struct screening_recorded *s, const struct profile *p,
               const struct triage_decision *d, struct err *err)
{
    int rank = outcome_rank(s->outcome);
    bool lower = rank >= 0 && rank < outcome_rank(d->outcome);
    bool danger = str_is(d->rule_id, "C01") || str_is(d->rule_id, "C02");

    if (s->rationale_chars < p->rationale_min_chars)
        return err_set(err, ST_REJECT, "R19",
                       "the rationale has %d characters: want %d or more",
                       (int)s->rationale_chars, p->rationale_min_chars);
    if (danger && rank < outcome_rank(OUTCOME_SOCIAL_CARE_REFERRAL))
        return err_set(err, ST_REJECT, "R23",
                       "%.*s can't be brought below social care",
                       STR_ARG(d->rule_id));
    if (lower && p->second_name_for_downgrade &&
        (s->second_by.p == NULL || str_eq(s->second_by, s->by)))
        return err_set(err, ST_REJECT, "R18",
                       "a downgrade needs a second person");
    return ST_OK;
}

static int
status_after(const struct screening_recorded *s, int before)
{
    if (s->csc_threshold == THRESHOLD_UNSURE)
        return DECISION_PROVISIONAL;
    return before == DECISION_PROVISIONAL ? DECISION_FINAL : DECISION_REVISED;
}

static const struct triage_decision *
find(struct rows *rows, const struct screening_recorded *s)
{
    const struct triage_decision *top =
        triage_top(rows, s->notification_agency_id, s->notification_agency_ref);
    struct triage_decision like = { .agency_id = s->notification_agency_id,
                                    .agency_ref = s->notification_agency_ref };
    const struct triage_decision *d;
    size_t at = 0;

    if (top == NULL || id_is_none(s->notification_id))
        return top;
    while ((d = rows_next(rows, TRIAGE_DECISION, DECISION_BY_KEY, &like,
                          &at)) != NULL)
        if (id_eq(d->notification_id, s->notification_id))
            return top;
    return NULL;
}

enum status
triage_screen(struct step *step, const struct screening_recorded *s,
              struct err *err)
{
    const struct triage_decision *was = find(step->rows, s);
    const struct referral_decided *said;
    const struct triage_child *child;
    struct triage_decision d;
    struct known known;
    struct frame f;
    enum status st = triage_frame(step->settings, &f, err);

    if (st != ST_OK)
        return st;
    if (was == NULL)
        return err_set(err, ST_REJECT, "R22",
                       "there is no such notification to screen");
    d = *was;
    said = triage_said(step, d.notification_id);
    fill(s, &d);
    child = triage_child_of(step->rows, d.child_id);
    triage_know(step->rows, f.profile, f.zone, &d, child, &known);
    triage_decide(step->arena, step->rows, &f, child, &known, &d);
    if (said != NULL) {
        triage_take_said(step->arena, said, &d);
    } else if (s->outcome != 0 && s->outcome != d.outcome) {
        st = check_override(s, f.profile, &d, err);
        if (st != ST_OK)
            return st;
        triage_override(step->arena, step->rows, &f, child, &known, s->outcome,
                        &d);
    }
    if (said == NULL)
        d.status = status_after(s, was->status);
    st = triage_say(step, child, &d, s->meta.occurred_at, err);
    triage_keep(step->rows, &d);
    return st;
}
