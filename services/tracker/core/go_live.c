#include "tracker/core/go_live.h"

#include <string.h>

#include "tracker/core/acts.h"
#include "tracker/core/carry.h"
#include "tracker/core/opening.h"

bool
go_live_has_case(const struct referral_decided *d)
{
    return d->kind == KIND_GO_LIVE && d->opened_at != TIME_NONE;
}

/* The case as it was opened. */
static enum status
begin(const struct moment *past, const struct referral_decided *d,
      struct case_row *c, struct err *err)
{
    static const struct case_input none = { .close_outcome = 0 };
    static const struct case_said nothing = { .state_before = 0 };
    enum life_event ev = d->side == SIDE_CSC ? LIFE_FINAL_CSC : LIFE_FINAL_HELP;
    const struct life_facts facts = { .side = d->side, .outcome = d->outcome };
    struct life_result result;
    enum status rc = life_step(LIFE_NONE, 0, ev, &facts, &result, err);

    if (rc != ST_OK)
        return rc;
    opening_begin(past, d, d->side, c);
    c->outcome = d->outcome;
    opening_take_facts(c, d);
    return carry_out(past, c, true, ev, &result, &none, &nothing, err);
}

static enum status
go_through(const struct moment *past, const struct referral_decided *d,
           struct id case_id, int activity, struct err *err)
{
    struct activity_recorded a;
    enum status rc;

    fields_clear(&fields_activity_recorded, &a);
    a.activity = activity;
    a.case_id = case_id;
    a.child_id = d->child_id;
    a.side = d->side;
    a.unit = d->unit;
    a.worker = d->worker;
    a.by = d->worker;
    a.consent = d->consent;
    a.age_band = d->age_band;
    a.authorised_by = d->second_by;
    if (activity == ACTIVITY_ICPC_HELD)
        a.csc_status = d->csc_status;
    rc = acts_before(past, &a, err);
    return rc == ST_REJECT && strcmp(err->code, "R20") == 0 ? ST_OK : rc;
}

/* What everybody hears of it. */
static enum status
tell(const struct moment *m, const struct referral_decided *d,
     const struct case_row *c, struct err *err)
{
    const struct case_said said = { .decision_id = d->decision_id,
                                    .notification_id = d->notification_id,
                                    .effect = d->outcome };
    const struct clock_row *k;
    enum status rc = say_case(m, c, &said, err);
    size_t at = 0;

    while (rc == ST_OK && (k = watch_next_clock(m, c->case_id, &at)) != NULL)
        if (k->state == CLOCK_STARTED)
            rc = say_clock(m, k, CLOCK_STARTED, c->unit, err);
    return rc;
}

enum status
go_live_open(const struct moment *m, const struct referral_decided *d,
             const struct case_row **out, struct err *err)
{
    const struct milestone *done = d->milestones.at;
    struct moment past = *m;
    struct case_row c;
    enum status rc;

    past.quiet = true;
    past.at = d->opened_at;
    rc = begin(&past, d, &c, err);
    for (size_t i = 0; rc == ST_OK && i < d->milestones.n; i++) {
        past.at = done[i].at;
        rc = go_through(&past, d, c.case_id, done[i].activity, err);
    }
    if (rc != ST_OK)
        return rc;
    *out = cases_get(m, c.case_id);
    return tell(m, d, *out, err);
}
