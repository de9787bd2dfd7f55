#include "triage/core/kept.h"

void
triage_want_child(struct rows *rows, struct id child_id)
{
    struct triage_child child = { .child_id = child_id };
    struct triage_case c = { .child_id = child_id };
    struct triage_episode ep = { .child_id = child_id };
    struct triage_decision d = { .referral_of = child_id };

    rows_want(rows, TRIAGE_CHILD, &child);
    rows_want_group(rows, TRIAGE_CASE, BY_CHILD_ID, &c);
    rows_want_group(rows, TRIAGE_EPISODE, BY_CHILD_ID, &ep);
    rows_want_group(rows, TRIAGE_STANDING, STANDING_BY_REFERRAL, &d);
}

void
triage_keep(struct rows *rows, const struct triage_decision *d)
{
    rows_put(rows, TRIAGE_DECISION, d);
    triage_keep_standing(rows, d);
}

void
triage_keep_standing(struct rows *rows, const struct triage_decision *d)
{
    struct triage_decision standing = *d;

    standing.referral_of = triage_is_referral(d) ? d->child_id : ID_NONE;
    rows_put(rows, TRIAGE_STANDING, &standing);
}

const struct triage_decision *
triage_standing(struct rows *rows, struct id notification_id)
{
    struct triage_decision like = { .notification_id = notification_id };

    return rows_get(rows, TRIAGE_STANDING, &like);
}

bool
triage_is_history(const struct triage_decision *d)
{
    return str_is(d->rule_id, TRIAGE_SUPERSEDED);
}

const struct triage_child *
triage_child_of(struct rows *rows, struct id child_id)
{
    struct triage_child like = { .child_id = child_id };

    return rows_get(rows, TRIAGE_CHILD, &like);
}

const struct triage_decision *
triage_top(struct rows *rows, struct str agency_id, struct str agency_ref)
{
    struct triage_decision like = { .agency_id = agency_id,
                                    .agency_ref = agency_ref };
    const struct triage_decision *d;
    const struct triage_decision *top = NULL;
    size_t at = 0;

    while ((d = rows_next(rows, TRIAGE_DECISION, DECISION_BY_KEY, &like,
                          &at)) != NULL)
        if (top == NULL || d->amendment > top->amendment)
            top = d;
    return top;
}

bool
triage_is_referral(const struct triage_decision *d)
{
    int outcome = d->effect != 0 ? d->effect : d->outcome;

    if (d->superseded || d->pending || d->status == DECISION_PROVISIONAL)
        return false;
    return outcome_rank(outcome) >= outcome_rank(OUTCOME_SINGLE_AGENCY) ||
           (outcome == OUTCOME_NFA && d->entry == ENTRY_CSC);
}
