#include "tracker/core/arbiter.h"

#include "tracker/core/carry.h"
#include "tracker/core/desk.h"
#include "tracker/core/drift.h"
#include "tracker/core/go_live.h"
#include "tracker/core/opening.h"
#include "tracker/core/waiting.h"

#define RU03 "RU03" /* the third need: once a case */
#define OPEN_INTENT "open_intent"

/* A decision with the cases that it meets. */
struct matter {
    const struct referral_decided *d;
    const struct referral_row *known; /* what became of it before, or NULL */
    bool history;                /* a higher amendment was applied before it */
    const struct case_row *last; /* case that took it before, or NULL */
    const struct case_row *own;  /* the same while it is in screening */
    const struct case_row *eh;   /* the other open ones */
    const struct case_row *csc;
    bool waits; /* its sender, for the screening of `own` */
    bool anew;  /* `own` is its episode's alone: it is ruled as if it opened */
};

/* What the arbiter makes of it. */
struct ruling {
    const struct case_row *target; /* NULL: a case opens */
    enum life_event event;         /* 0: the case stays as it is */
    int side;                      /* where the target stands afterwards */
    int effect;                    /* enum outcome that takes effect */
};

static const struct case_input no_input = { .close_outcome = 0 };

static void
like_referral(const struct referral_decided *d, struct referral_row *like)
{
    fields_clear(&tracker_tables[TABLE_REFERRAL].fields, like);
    like->agency_id = d->agency_id;
    like->agency_ref = d->agency_ref;
}

void
arbiter_want(struct rows *rows, const struct referral_decided *d)
{
    struct referral_row like;

    like_referral(d, &like);
    rows_want(rows, TABLE_REFERRAL, &like);
}

const struct referral_row *
arbiter_referral(struct rows *rows, const struct referral_decided *d)
{
    struct referral_row like;

    like_referral(d, &like);
    return rows_get(rows, TABLE_REFERRAL, &like);
}

void
arbiter_want_waiting(struct rows *rows, const struct referral_decided *d)
{
    const struct referral_row *known = arbiter_referral(rows, d);

    waiting_want(rows, d, known);
}

void
arbiter_want_case(struct rows *rows, const struct referral_decided *d)
{
    const struct referral_row *known = arbiter_referral(rows, d);

    if (known != NULL)
        cases_want(rows, known->case_id);
}

/*
 * The case that earlier messages of the same episode brought about and that
 * nobody else has had a hand in.
 */
static const struct case_row *
case_of_episode(const struct moment *m, const struct referral_decided *d)
{
    const struct case_row *found = NULL;
    const struct case_row *c;
    size_t at = 0;

    if (!opening_of_episode_alone(d))
        return NULL;
    while ((c = cases_next(m, d->child_id, &at)) != NULL)
        if (id_eq(c->episode_id, d->episode_id) && c->state != CASE_MERGED)
            found = c;
    return found;
}

/* Did another notification open the case that an episode was added to? */
static bool
is_guest_of(const struct case_row *c, const struct referral_decided *d)
{
    return opening_of_episode_alone(d) &&
           !id_eq(c->episode_id, d->episode_id) &&
           !(str_eq(c->agency_id, d->agency_id) &&
             str_eq(c->agency_ref, d->agency_ref));
}

static void
look_at_others(const struct moment *m, struct matter *t)
{
    struct id own = t->own == NULL ? ID_NONE : t->own->case_id;

    t->eh = cases_open(m, t->d->child_id, SIDE_EH, own);
    t->csc = cases_open(m, t->d->child_id, SIDE_CSC, own);
}

static struct matter
look_up(const struct moment *m, const struct referral_decided *d)
{
    struct matter t = { .d = d };

    t.known = arbiter_referral(m->step->rows, d);
    if (t.known != NULL) {
        t.last = cases_get(m, t.known->case_id);
        t.history = t.known->amendment > d->amendment && t.last != NULL;
    }
    if (t.last != NULL && t.last->state == CASE_SCREENING && !t.history &&
        !is_guest_of(t.last, d))
        t.own = t.last;
    t.waits = t.own != NULL;
    look_at_others(m, &t);
    return t;
}

/* ---- ruling -------------------------------------------------------------- */

static int
side_of(const struct referral_decided *d)
{
    int rank = outcome_rank(d->outcome);

    if (d->status != DECISION_PROVISIONAL && rank >= 2)
        return rank >= 5 ? SIDE_CSC : SIDE_EH;
    if (d->side != 0)
        return d->side;
    return d->entry == ENTRY_EH ? SIDE_EH : SIDE_CSC;
}

static struct ruling
stays_with(const struct case_row *target)
{
    return (struct ruling){ .target = target,
                            .side = target->side,
                            .effect = OUTCOME_EXISTING_CASE };
}

/* No case is in the way: the notification's own, or a new one. */
static struct ruling
acts_on_own(const struct matter *t, enum life_event event)
{
    return (struct ruling){ .target = t->own,
                            .event = event,
                            .side = side_of(t->d),
                            .effect = t->d->outcome };
}

/* The case that existing_case means: triage's, if it is still open; else any.
 */
static const struct case_row *
existing(const struct matter *t)
{
    struct id wanted = t->d->existing_case_id;

    if (t->eh != NULL && id_eq(t->eh->case_id, wanted))
        return t->eh;
    return t->csc != NULL ? t->csc : t->eh;
}

static struct ruling
rule_existing(const struct matter *t)
{
    const struct case_row *target = existing(t);
    struct ruling r;

    if (target != NULL)
        return stays_with(target);
    r = acts_on_own(t, LIFE_FINAL_EXISTING);
    r.effect = OUTCOME_EXISTING_CASE;
    return r;
}

/* An amendment may bring a screening to the other side: where a case is open
 * there, it takes the facts, as it would have taken the message. */
static struct ruling
rule_provisional(const struct matter *t)
{
    int side = side_of(t->d);
    const struct case_row *there = side == SIDE_EH ? t->eh : t->csc;

    if (t->own != NULL && !t->anew && there == NULL)
        return acts_on_own(t, LIFE_PROVISIONAL);
    if (side == SIDE_EH && t->csc != NULL)
        return stays_with(t->csc);
    if (side == SIDE_EH && t->eh != NULL)
        return stays_with(t->eh);
    if (side == SIDE_CSC && t->csc != NULL)
        return stays_with(t->csc);
    return acts_on_own(t, LIFE_PROVISIONAL);
}

static struct ruling
rule_low(const struct matter *t)
{
    if (t->own != NULL || existing(t) == NULL)
        return acts_on_own(t, LIFE_FINAL_LOW);
    return stays_with(existing(t));
}

static bool
asks_for(const struct referral_decided *d, const char *action)
{
    for (size_t i = 0; i < d->actions.n; i++)
        if (str_is(d->actions.at[i], action))
            return true;
    return false;
}

/* A decision that was taken back gives the case its new outcome, lower too. */
static bool
revises(const struct matter *t)
{
    return t->d->status == DECISION_REVISED && t->known != NULL &&
           id_eq(t->known->case_id, t->eh->case_id) &&
           t->d->outcome != t->eh->outcome;
}

static bool
third_need_again(const struct matter *t)
{
    return str_is(t->d->rule_id, RU03) && t->eh->third_need;
}

static struct ruling
rule_help(const struct matter *t)
{
    bool intent =
        t->d->outcome == OUTCOME_CAF_TAF && asks_for(t->d, OPEN_INTENT);

    if (t->csc != NULL)
        return stays_with(t->csc); /* C05: open to social care */
    if (t->eh == NULL)
        return acts_on_own(t, intent ? LIFE_FINAL_INTENT : LIFE_FINAL_HELP);
    if (!revises(t) &&
        (outcome_rank(t->d->outcome) <= outcome_rank(t->eh->outcome) ||
         third_need_again(t)))
        return stays_with(t->eh);
    return (struct ruling){ .target = t->eh,
                            .event = LIFE_FINAL_HELP,
                            .side = SIDE_EH,
                            .effect = t->d->outcome };
}

static struct ruling
offer(const struct case_row *target, int effect)
{
    return (struct ruling){ .target = target,
                            .event = LIFE_OFFERED,
                            .side = target->side,
                            .effect = effect };
}

/*
 * Screening and intent can't be handed over: help has not begun there, and a
 * child whom social care must see doesn't wait for it.
 */
static bool
may_offer(const struct case_row *c)
{
    return c != NULL && c->state != CASE_SCREENING && c->state != CASE_INTENT;
}

static struct ruling
rule_csc(const struct matter *t)
{
    if (t->csc != NULL && t->csc->state == CASE_SCREENING)
        return (struct ruling){ .target = t->csc,
                                .event = LIFE_FINAL_CSC,
                                .side = SIDE_CSC,
                                .effect = t->d->outcome };
    if (t->csc != NULL)
        return stays_with(t->csc);
    if (outcome_rank(t->d->outcome) == 5 && may_offer(t->eh))
        return offer(t->eh, OUTCOME_STEP_UP_OFFER);
    return acts_on_own(t, LIFE_FINAL_CSC);
}

static struct ruling
rule_offer(const struct matter *t)
{
    const struct case_row *side =
        t->d->outcome == OUTCOME_STEP_UP_OFFER ? t->eh : t->csc;

    if (side == NULL)
        return rule_existing(t);
    return offer(side, t->d->outcome);
}

static struct ruling
rule_on(const struct matter *t)
{
    if (t->history)
        return stays_with(t->last);
    if (t->d->status == DECISION_PROVISIONAL)
        return rule_provisional(t);
    switch (t->d->outcome) {
    case OUTCOME_EXISTING_CASE:
        return rule_existing(t);
    case OUTCOME_STEP_DOWN_OFFER:
    case OUTCOME_STEP_UP_OFFER:
        return rule_offer(t);
    default:
        break;
    }
    if (outcome_rank(t->d->outcome) >= 5)
        return rule_csc(t);
    return outcome_rank(t->d->outcome) >= 2 ? rule_help(t) : rule_low(t);
}

bool
arbiter_leaves(const struct moment *m, const struct referral_decided *d)
{
    struct matter t = look_up(m, d);

    return d->kind != KIND_GO_LIVE && t.own == NULL && rule_on(&t).event == 0;
}

/* ---- carrying out -------------------------------------------------------- */

/* What the decision makes of the case that is its own. */
static void
take_decision(struct case_row *c, const struct referral_decided *d,
              const struct ruling *r)
{
    c->side = r->side;
    c->outcome = d->outcome;
    if (c->state <= CASE_SCREENING) { /* afterwards the unit is the case's */
        c->child_id = d->child_id;
        c->unit = d->unit;
        c->locality = d->locality;
        c->rag = d->rag;
        if (str_eq(c->agency_ref, d->agency_ref))
            c->amendment = d->amendment;
        if (d->entry != 0)
            c->entry = d->entry;
    }
    if (r->event == LIFE_FINAL_INTENT)
        c->intent = true;
    if (str_is(d->rule_id, RU03))
        c->third_need = true;
    if (d->re_referral != TRI_UNKNOWN)
        c->re_referral = d->re_referral;
}

static struct case_said
said_of(const struct matter *t, const struct ruling *r, int state_before)
{
    return (struct case_said){ .state_before = state_before,
                               .decision_id = t->d->decision_id,
                               .notification_id = t->d->notification_id,
                               .effect = r->effect };
}

/* Nothing moves; the case takes the facts and the decision its answer. */
static enum status
leave(const struct moment *m, const struct matter *t, const struct ruling *r,
      struct err *err)
{
    struct case_said said = said_of(t, r, r->target->state);
    struct case_row c = *r->target;

    if (t->history)
        return say_case(m, &c, &said, err);
    opening_take_facts(&c, t->d);
    c.changes++;
    if (t->d->screened_by.n > 0)
        c.episode_id = ID_NONE; /* a person has left it so */
    c.profile_version = m->profile_version;
    rows_put(m->step->rows, TABLE_CASE, &c);
    return say_case(m, &c, &said, err);
}

/* The notification's screening ends in a case that is open already (row 6). */
static enum status
merge_own(const struct moment *m, const struct matter *t, struct id into,
          struct err *err)
{
    const struct life_facts facts = { .side = t->own->side,
                                      .open_elsewhere = true };
    const struct case_said said = { .state_before = t->own->state };
    struct case_row c = *t->own;
    struct life_result result;
    enum status rc =
        life_step(CASE_SCREENING, 0, LIFE_FINAL_EXISTING, &facts, &result, err);

    if (rc != ST_OK)
        return rc;
    c.merged_into = into;
    c.changes++;
    return carry_out(m, &c, false, LIFE_FINAL_EXISTING, &result, &no_input,
                     &said, err);
}

static struct life_facts
facts_of(const struct matter *t, const struct case_row *c, int was_outcome)
{
    return (struct life_facts){
        .side = c->side,
        .mash = t->d->entry == ENTRY_MASH,
        .outcome = t->d->outcome,
        .was_outcome = was_outcome,
        .csc_status =
            t->d->csc_status > CSC_NONE ? t->d->csc_status : c->csc_status,
        .has_worker = c->worker.n > 0,
    };
}

/* Back to where it was before anything was decided. */
static void
open_anew(struct case_row *c)
{
    c->state = LIFE_NONE;
    c->csc_status = 0;
    c->third_need = false;
    c->intent = false;
}

/* What runs and isn't wanted from the opening on: the door's clocks are met,
 * the others never should have run. */
static void
end_others(struct life_result *result)
{
    const uint32_t door = CK(CK_T1) | CK(CK_L5) | CK(CK_L1);
    const uint32_t all = CK(CK_N) - 1;

    result->stop |= door & ~result->start;
    result->undo = all & ~(result->stop | result->start);
    if (!life_is_open(result->next))
        result->effects |= LIFE_DO_STOP_ALL;
}

/* Does a unit take on a child whom nobody on this side was helping? */
static bool
begins_help(enum life_event event, int state)
{
    return (event == LIFE_FINAL_HELP || event == LIFE_FINAL_INTENT ||
            event == LIFE_FINAL_CSC) &&
           (state == LIFE_NONE || state == CASE_SCREENING);
}

static enum status
apply(const struct moment *m, const struct matter *t, struct ruling *r,
      struct err *err)
{
    bool is_new = r->target == NULL;
    struct case_input input = { .by = t->d->screened_by,
                                .to_unit = t->d->unit };
    struct life_result result;
    struct life_facts facts;
    struct case_said said;
    struct case_row c;
    int before = is_new ? LIFE_NONE : r->target->state;
    int state = t->anew ? LIFE_NONE : before;
    int was_outcome;
    enum status rc;

    if (is_new)
        opening_begin(m, t->d, r->side, &c);
    else
        c = *r->target;
    was_outcome = c.outcome;
    if (t->anew)
        open_anew(&c);
    if (!opening_of_episode_alone(t->d) ||
        !id_eq(c.episode_id, t->d->episode_id))
        c.episode_id = ID_NONE; /* more than its messages have a say now */
    if (r->event != LIFE_OFFERED)
        take_decision(&c, t->d, r);
    facts = facts_of(t, &c, was_outcome);
    rc = life_step(state, c.state_before, r->event, &facts, &result, err);
    if (rc != ST_OK)
        return rc;
    if (t->anew)
        end_others(&result);
    opening_take_facts(&c, t->d);
    c.changes++;
    said = said_of(t, r, before);
    rc = carry_out(m, &c, is_new, r->event, &result, &input, &said, err);
    if (rc != ST_OK)
        return rc;
    r->target = cases_get(m, c.case_id); /* what became true, for the answer */
    return begins_help(r->event, state) && t->d->re_referral == TRI_YES
               ? drift_returned(m, r->target, t->d->received_at, true, err)
               : ST_OK;
}

/* A clock of the notification that ends as it is decided: nobody waited. */
static enum status
say_met(const struct moment *m, const struct matter *t, struct str clock,
        const struct case_row *c, struct err *err)
{
    struct clock_row k;
    enum status rc;

    fields_clear(&tracker_tables[TABLE_CLOCK].fields, &k);
    k.subject_id = t->d->notification_id;
    k.subject_kind = CLOCK_SUBJECT_NOTIFICATION;
    k.child_id = t->d->child_id;
    k.clock = clock;
    k.started_at = t->d->received_at;
    k.stopped_at = m->at;
    rc = limits_due(&m->limits, clock.p, k.started_at, &k.due_at, err);
    if (rc != ST_OK || k.due_at == TIME_NONE)
        return rc;
    k.late = m->at > k.due_at ? TRI_YES : TRI_NO;
    return say_clock(m, &k, CLOCK_STOPPED, c->unit, err);
}

/* ---- waiting beside an open case -------------------------------------------
 */

/*
 * Must a person still decide, though no screening stands for it? The case was
 * open before, and goes on as it is. The messages of an episode that has a
 * case of its own wait with that.
 */
static bool
waits_beside(const struct matter *t, const struct ruling *r)
{
    bool of_case = opening_of_episode_alone(t->d) &&
                   id_eq(r->target->episode_id, t->d->episode_id);

    return t->d->status == DECISION_PROVISIONAL && !t->history &&
           r->event == 0 && !of_case;
}

/* ---- an episode anew ----------------------------------------------------- */

/* existing_case and offers say nothing of what the episode's own case should
 * be, nor does a lower amendment that comes later. */
static bool
rules_anew(const struct matter *t)
{
    return !t->history && (t->d->status == DECISION_PROVISIONAL ||
                           outcome_rank(t->d->outcome) >= 0);
}

static bool
stays_as_it_is(const struct matter *t, const struct ruling *r, int next)
{
    const struct case_row *c = t->own;

    return c->state == next && c->side == r->side &&
           c->outcome == t->d->outcome;
}

/*
 * The messages of an episode overtake each other, so its case is what the
 * newest decision would have opened, wherever an earlier one had put it; until
 * somebody else has a hand in it. False where it is ruled like any other.
 */
static bool
rule_anew(const struct moment *m, struct matter *t, struct ruling *r)
{
    const struct case_row *own = case_of_episode(m, t->d);
    struct matter anew = *t;
    struct life_result result;
    struct life_facts facts;
    struct err why;

    if (own == NULL || !rules_anew(t))
        return false;
    anew.own = own;
    anew.waits = own->state == CASE_SCREENING;
    anew.anew = true;
    look_at_others(m, &anew);
    *r = rule_on(&anew);
    if (r->target != own) { /* which is merged into the target */
        anew.anew = false;
        *t = life_is_open(own->state) ? anew : *t;
        return life_is_open(own->state);
    }
    facts = facts_of(&anew, own, own->outcome);
    facts.side = r->side;
    if (life_step(LIFE_NONE, 0, r->event, &facts, &result, &why) != ST_OK)
        return false;
    if (!stays_as_it_is(&anew, r, result.next))
        *t = anew;
    else if (t->own == NULL)
        *r = stays_with(own);
    else
        return false;
    return true;
}

static struct answer_said
answer_to(const struct matter *t, const struct ruling *r, struct str refusal)
{
    return (struct answer_said){
        .notification_id = t->d->notification_id,
        .agency_id = t->d->agency_id,
        .agency_ref = t->d->agency_ref,
        .amendment = t->d->amendment,
        .agency_type = t->d->agency_type,
        .rule_id = t->d->rule_id,
        .outcome = r->effect,
        .unit = r->target->unit,
        .refusal = refusal,
        .child_id = t->d->child_id,
        .case_id = r->target->case_id,
    };
}

/* A final decision ends the sender's waiting, unless a person must still look.
 */
static enum status
answer_final(const struct moment *m, const struct matter *t,
             const struct ruling *r, bool *answered, struct err *err)
{
    bool waited = t->known != NULL && !id_is_none(t->known->case_id) &&
                  t->known->status != DECISION_PROVISIONAL;
    const struct answer_said said = answer_to(t, r, STR_NULL);
    enum status rc = ST_OK;

    *answered = false;
    if (t->history || t->d->status == DECISION_PROVISIONAL ||
        t->d->kind == KIND_GO_LIVE || r->target->state == CASE_SCREENING)
        return ST_OK;
    if (!t->waits && !waited && !waiting_is(t->known))
        rc = say_met(m, t, STR("T1"), r->target, err);
    *answered = true;
    return rc == ST_OK ? say_answer(m, &said, err) : rc;
}

/*
 * L7: a missing child's first decision, whatever it says. What has none in
 * time is notifier's to see (D16), who hears of receipts.
 */
static enum status
say_first(const struct moment *m, const struct matter *t,
          const struct ruling *r, struct err *err)
{
    if (t->known != NULL || (t->d->kind != KIND_POLICE_MISSING_REPORTED &&
                             t->d->kind != KIND_POLICE_MISSING_RISK_CHANGED))
        return ST_OK;
    return say_met(m, t, STR("L7"), r->target, err);
}

/* The referral as it stands, or a first row of it. */
static struct referral_row
known_or_new(const struct matter *t)
{
    struct referral_row row;

    if (t->known != NULL)
        return *t->known;
    like_referral(t->d, &row);
    row.amendment = t->d->amendment;
    row.decision_id = t->d->decision_id;
    row.status = t->d->status;
    return row;
}

static void
remember(const struct moment *m, const struct matter *t, const struct ruling *r,
         bool answered)
{
    struct referral_row row = known_or_new(t);

    if (t->history)
        return;
    row.amendment = t->d->amendment;
    row.decision_id = t->d->decision_id;
    row.status = t->d->status;
    row.case_id = r->target->case_id;
    row.effect = r->effect;
    row.waits_as = waits_beside(t, r) ? waiting_as(t->d, t->known) : ID_NONE;
    if (answered) {
        const struct answer_said said = answer_to(t, r, STR_NULL);

        row.answered_at = m->at;
        row.answer = say_how_much(&said);
        row.refusal = STR_NULL;
    }
    rows_put(m->step->rows, TABLE_REFERRAL, &row);
}

/* It acts on nothing; only what its sender was told stays. */
static void
remember_refusal(const struct moment *m, const struct matter *t,
                 struct str refusal)
{
    struct referral_row row = known_or_new(t);

    row.answered_at = m->at;
    row.answer = ANSWER_REFUSED;
    row.refusal = refusal;
    rows_put(m->step->rows, TABLE_REFERRAL, &row);
}

/* A step-down that may not be (R21): refused to its sender, nothing else. */
static enum status
refuse_offer(const struct moment *m, const struct matter *t,
             const struct ruling *r, const struct err *why, struct err *err)
{
    const struct answer_said said = answer_to(t, r, str_of(why->code));
    enum status rc = leave(m, t, r, err);

    if (rc == ST_OK)
        rc = out_reject(m->step->out, why, err);
    if (rc == ST_OK)
        rc = say_answer(m, &said, err);
    if (rc == ST_OK)
        remember_refusal(m, t, said.refusal);
    return rc;
}

/*
 * A case that was open before it came here. It is taken on once: who hands it
 * in again, or another row for a side that is open, finds it as it stands.
 */
static enum status
take_over(const struct moment *m, const struct matter *t, struct err *err)
{
    const struct case_row *there = t->known != NULL        ? t->last
                                   : t->d->side == SIDE_EH ? t->eh
                                                           : t->csc;
    struct ruling r = { .target = there,
                        .side = t->d->side,
                        .effect = there != NULL ? OUTCOME_EXISTING_CASE
                                                : t->d->outcome };
    enum status rc = there != NULL ? leave(m, t, &r, err)
                                   : go_live_open(m, t->d, &r.target, err);

    if (rc == ST_OK)
        remember(m, t, &r, false);
    return rc;
}

enum status
arbiter_decided(const struct moment *m, const struct referral_decided *d,
                struct err *err)
{
    struct matter t = look_up(m, d);
    struct err why = { .code = "" };
    struct ruling r;
    bool refused = false, answered = false;
    enum status rc = ST_OK;

    if (go_live_has_case(d) || (d->kind == KIND_GO_LIVE && t.known != NULL))
        return take_over(m, &t, err);
    if (!rule_anew(m, &t, &r))
        r = rule_on(&t);
    if (t.own != NULL && r.target != t.own)
        rc = merge_own(m, &t, r.target == NULL ? ID_NONE : r.target->case_id,
                       err);
    if (rc == ST_OK && r.event != 0) {
        rc = apply(m, &t, &r, &why);
        refused = rc == ST_REJECT && r.target != NULL && why.code[0] == 'R' &&
                  why.code[1] == '2';
        if (rc != ST_OK && !refused)
            *err = why;
    } else if (rc == ST_OK) {
        rc = leave(m, &t, &r, err);
    }
    if (refused)
        r = stays_with(r.target);
    if (refused && str_is(STR("R21"), why.code))
        return refuse_offer(m, &t, &r, &why, err);
    if (refused)
        rc = leave(m, &t, &r, err);
    if (rc == ST_OK)
        rc = say_first(m, &t, &r, err);
    if (rc == ST_OK && !t.history)
        rc = waiting_settle(m, d, t.known, r.target, waits_beside(&t, &r), err);
    if (rc == ST_OK)
        rc = answer_final(m, &t, &r, &answered, err);
    if (rc == ST_OK)
        remember(m, &t, &r, answered);
    return rc;
}
