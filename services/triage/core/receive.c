#include "triage/core/receive.h"

#include "triage/core/candidates.h"
#include "triage/core/decide.h"
#include "triage/core/facts.h"
#include "triage/core/go_live.h"
#include "triage/core/kept.h"
#include "triage/core/match.h"
#include "triage/core/one_child.h"
#include "triage/core/said.h"
#include "triage/core/told.h"

/* One notification on its way through. */
struct receiving {
    struct step *step;
    struct arena *a;
    struct rows *rows;
    const struct notification_received *n;
    const struct person *p; /* never NULL: empty where it is gone */
    struct frame frame;
    const struct linkage_model *model;
    const struct triage_decision *top;   /* of the key so far, or NULL */
    const struct referral_decided *said; /* of the log, or NULL */
    struct triage_child child;
    bool child_is_new;
    struct match match;
};

/* ---- ids ---- */

struct id
triage_new_child_id(struct id notification_id)
{
    const struct str parts[] = { id_part(&notification_id), STR("0") };

    return id_derive("child", parts, 2);
}

/* All messages of one agency with one reference (domain.md section 3). */
static struct id
episode_id(const struct notification_received *n)
{
    const struct str parts[] = { n->agency_id, n->episode_ref };

    if (!triage_is_missing_kind(n->kind) || n->episode_ref.p == NULL)
        return ID_NONE;
    return id_derive("episode", parts, 2);
}

static bool
offers_a_case(int kind)
{
    return kind == KIND_CSC_STEP_DOWN || kind == KIND_EH_STEP_UP;
}

/* ---- wanting ---- */

static void
want_first(const struct step *step, const struct notification_received *n)
{
    struct triage_decision d = { .agency_id = n->agency_id,
                                 .agency_ref = n->agency_ref,
                                 .episode_id = episode_id(n) };
    struct triage_child child = { .child_id =
                                      triage_new_child_id(n->notification_id) };
    struct triage_episode ep = { .episode_id = episode_id(n) };
    struct triage_case c = { .case_id = n->case_id };
    struct triage_unit u = { .side = SIDE_EH };

    rows_want_group(step->rows, TRIAGE_DECISION, DECISION_BY_KEY, &d);
    rows_want(step->rows, TRIAGE_CHILD, &child);
    rows_want_group(step->rows, TRIAGE_UNIT, UNIT_BY_SIDE, &u);
    if (!id_is_none(ep.episode_id)) {
        rows_want_group(step->rows, TRIAGE_DECISION, DECISION_BY_EPISODE, &d);
        rows_want(step->rows, TRIAGE_EPISODE, &ep);
    }
    if (!id_is_none(c.case_id))
        rows_want(step->rows, TRIAGE_CASE, &c);
}

static const struct triage_case *
offered_case(struct rows *rows, const struct notification_received *n)
{
    struct triage_case like = { .case_id = n->case_id };

    if (!offers_a_case(n->kind) || id_is_none(n->case_id))
        return NULL;
    return rows_get(rows, TRIAGE_CASE, &like);
}

static const struct triage_episode *
its_episode(struct rows *rows, const struct notification_received *n)
{
    struct triage_episode like = { .episode_id = episode_id(n) };

    if (id_is_none(like.episode_id))
        return NULL;
    return rows_get(rows, TRIAGE_EPISODE, &like);
}

/* A message on its way to rows that are not there yet. */
struct wanting {
    const struct step *step;
    const struct notification_received *n;
    const struct person *p; /* or NULL */
    const struct triage_decision *top;
};

static struct str
or_other(struct str one, struct str other)
{
    return one.p != NULL ? one : other;
}

/* Names and birth of `one`, or else of `other`; where it lives as last told. */
static struct description
filled(const struct description *one, const struct description *other,
       const struct description *is, const struct description *told)
{
    return (struct description){
        .forename = or_other(one->forename, other->forename),
        .surname = or_other(one->surname, other->surname),
        .dob = one->dob != DATE_NONE ? one->dob : other->dob,
        .postcode = or_other(told->postcode, is->postcode),
        .address = or_other(told->address, is->address),
    };
}

/* The blocks in which the child will be kept, once it has heard this. */
static void
want_blocks(const struct wanting *w, const struct triage_child *child)
{
    struct description told, is, now;

    if (w->p == NULL || child == NULL)
        return;
    told = triage_described(w->step->arena, w->p);
    is = triage_description(w->step->arena, child);
    now = filled(&is, &told, &is, &told);
    triage_blocks_want_of(w->step->rows, &now);
    if (w->top != NULL) { /* its own child may get another name */
        now = filled(&told, &is, &is, &told);
        triage_blocks_want_of(w->step->rows, &now);
    }
}

static void
want_child(const struct wanting *w, struct id child_id, int round)
{
    struct rows *rows = w->step->rows;

    if (id_is_none(child_id))
        return;
    if (round == 1) {
        triage_want_child(rows, child_id);
        return;
    }
    triage_members_want(rows, child_id);
    want_blocks(w, triage_child_of(rows, child_id));
}

/* The children whom its reference, case or episode is about. */
static void
want_named(const struct wanting *w, int round)
{
    struct rows *rows = w->step->rows;
    const struct triage_case *c = offered_case(rows, w->n);
    const struct triage_episode *ep = its_episode(rows, w->n);
    const struct triage_decision *d;
    size_t at = 0;

    while (w->top != NULL &&
           (d = rows_next(rows, TRIAGE_DECISION, DECISION_BY_KEY, w->top,
                          &at)) != NULL)
        rows_want(rows, TRIAGE_STANDING, d);
    if (w->top != NULL)
        want_child(w, w->top->child_id, round);
    if (c != NULL)
        want_child(w, c->child_id, round);
    if (ep != NULL)
        want_child(w, ep->child_id, round);
}

/*
 * The child that it will be matched with, as far as the rows tell now: of all
 * candidates the one whose cases and episodes are looked at.
 */
static void
want_matched(const struct wanting *w)
{
    struct id child_id;

    if (w->p == NULL || w->top != NULL ||
        !triage_match_foresee(w->step->rows, w->step->arena,
                              triage_model(w->step->settings), w->p, &child_id))
        return;
    want_child(w, child_id, 1);
    want_child(w, child_id, 2);
}

void
triage_receive_want(const struct step *step,
                    const struct notification_received *n,
                    const struct person *p, int round)
{
    struct wanting w = { .step = step, .n = n, .p = p };

    if (round == 0)
        want_first(step, n);
    if (p != NULL)
        triage_match_want(step->rows, step->arena, p, round);
    if (round == 0)
        return;
    w.top = triage_top(step->rows, n->agency_id, n->agency_ref);
    want_named(&w, round);
    if (round == 2)
        want_matched(&w);
}

/* ---- who ---- */

static struct match
matched(struct id child_id, struct str step)
{
    return (struct match){ .status = MATCH_MATCHED,
                           .step = step,
                           .weight = I32_NONE,
                           .child_id = child_id };
}

/*
 * An amendment stays with its child. A number that it brings and that belongs
 * to somebody else says that one of the two decisions was wrong, or that both
 * are one child: a person looks.
 */
static struct match
match_as_before(struct receiving *r)
{
    struct match m = { .status = r->top->match_status,
                       .step = r->top->match_step,
                       .weight = r->top->match_weight,
                       .evidence = r->top->evidence,
                       .child_id = r->top->child_id };
    struct match doubt;

    if (r->n->amendment > r->top->amendment && m.status != MATCH_REVIEW &&
        triage_doubts(r->rows, r->a, r->model, r->p, m.child_id, &doubt))
        return doubt;
    return m;
}

/*
 * The messages of an episode are about one child. Where the person named in
 * them is known as somebody else, a person looks; the episode stays together.
 */
static struct match
match_in_episode(struct receiving *r, struct id child_id)
{
    struct match m = triage_match(r->rows, r->a, r->model, r->p);
    char text[ID_TEXT_SIZE];
    struct str *other;

    if (m.status != MATCH_MATCHED || id_eq(triage_survivor(r->rows, m.child_id),
                                           triage_survivor(r->rows, child_id)))
        return matched(child_id, STR("episode"));
    other = arena_alloc(r->a, sizeof *other);
    *other = arena_str(r->a, str_of(id_text(m.child_id, text)));
    m.status = MATCH_REVIEW;
    m.child_id = child_id;
    m.candidates = (struct texts){ .at = other, .n = 1 };
    return m;
}

/* Weight and evidence speak of the person: they are gone with it. */
static struct match
match_as_said(const struct referral_decided *said)
{
    return (struct match){ .status = said->match_status,
                           .step = said->match_step,
                           .weight = I32_NONE,
                           .child_id = triage_said_child(said) };
}

static enum status
find_child(struct receiving *r, struct err *err)
{
    const struct triage_case *c = offered_case(r->rows, r->n);
    const struct triage_episode *ep = its_episode(r->rows, r->n);

    if (r->said != NULL)
        r->match = match_as_said(r->said);
    else if (r->top != NULL)
        r->match = match_as_before(r);
    else if (c != NULL)
        r->match = matched(c->child_id, STR("case"));
    else if (ep != NULL)
        r->match = match_in_episode(r, ep->child_id);
    else
        r->match = triage_match(r->rows, r->a, r->model, r->p);
    if (offers_a_case(r->n->kind) && id_is_none(r->match.child_id))
        return err_set(err, ST_REJECT, "R22",
                       "neither the case nor the child is known");
    return ST_OK;
}

/* ---- keeping the child ---- */

/* In a review a number may be another child's: it stays where it is. */
static bool
belongs_to_another(struct receiving *r, const struct triage_identifier *id)
{
    const struct triage_identifier *row;
    size_t at = 0;

    while ((row = rows_next(r->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_VALUE, id,
                            &at)) != NULL)
        if (!id_eq(row->child_id, id->child_id) &&
            str_eq(row->la_code, id->la_code))
            return true;
    return false;
}

static void
keep_number(struct receiving *r, int kind, struct str value, struct str la_code)
{
    struct triage_identifier id = { .kind = kind,
                                    .value = value,
                                    .la_code = la_code,
                                    .child_id = r->child.child_id };

    if (value.p == NULL || la_code.p == NULL ||
        (r->match.status == MATCH_REVIEW && belongs_to_another(r, &id)))
        return;
    rows_put(r->rows, TRIAGE_IDENTIFIER, &id);
}

static void
keep_child(struct receiving *r)
{
    const struct telling telling = {
        .child_id = r->child.child_id,
        .notification_id = r->n->notification_id,
        .person = r->p,
        .over = r->child_is_new ||
                (r->top != NULL && r->top->match_status != MATCH_MATCHED),
    };
    struct triage_told told = triage_told_row(r->a, &r->child, &telling);
    struct description was = triage_description(r->a, &r->child);
    struct description now;

    rows_new_group(r->rows, TRIAGE_TOLD, ROWS_KEY, &told);
    rows_put(r->rows, TRIAGE_TOLD, &told);
    triage_told_add(r->a, &r->child, &told);
    rows_put(r->rows, TRIAGE_CHILD, &r->child);
    now = triage_description(r->a, &r->child);
    triage_blocks_keep(r->rows, r->child.child_id,
                       r->child_is_new ? NULL : &was, &now);
    keep_number(r, IDENTIFIER_NHS, r->p->nhs_number, STR(""));
    keep_number(r, IDENTIFIER_UPN, r->p->upn, STR(""));
    keep_number(r, IDENTIFIER_LA, r->p->la_child_id, r->p->la_code);
}

static void
make_child(struct receiving *r)
{
    struct id child_id = triage_new_child_id(r->n->notification_id);
    struct triage_case c = { .child_id = child_id };
    struct triage_episode ep = { .child_id = child_id };
    struct triage_decision d = { .referral_of = child_id };

    fields_clear(&triage_tables[TRIAGE_CHILD].fields, &r->child);
    r->child.child_id = child_id;
    r->child.told_by = 0;
    r->child.joined = 0;
    r->child.tellings = 0;
    r->child.first_seen_at = r->n->meta.recorded_at;
    r->child_is_new = true;
    rows_new_group(r->rows, TRIAGE_CASE, BY_CHILD_ID, &c);
    rows_new_group(r->rows, TRIAGE_EPISODE, BY_CHILD_ID, &ep);
    rows_new_group(r->rows, TRIAGE_STANDING, STANDING_BY_REFERRAL, &d);
}

static void
take_child(struct receiving *r)
{
    const struct triage_child *row = NULL;

    if (!id_is_none(r->match.child_id))
        row = triage_child_of(r->rows, r->match.child_id);
    if (row != NULL)
        r->child = *row;
    else
        make_child(r);
}

static void
link_children(struct receiving *r)
{
    struct triage_link link = { .child_id = r->child.child_id,
                                .other_id = r->match.linked_id,
                                .reason = r->match.link,
                                .notification_id = r->n->notification_id };

    if (id_is_none(r->match.linked_id))
        return;
    rows_put(r->rows, TRIAGE_LINK, &link);
    link.child_id = r->match.linked_id;
    link.other_id = r->child.child_id;
    rows_put(r->rows, TRIAGE_LINK, &link);
}

/* The log tells that a person had to look, and not at whom. */
static bool
is_review_said(const struct receiving *r)
{
    return r->said != NULL && r->match.status == MATCH_REVIEW &&
           (r->top == NULL || r->top->match_status != MATCH_REVIEW);
}

static void
open_review(struct receiving *r)
{
    struct triage_review review;

    if (r->match.candidates.n == 0 && !is_review_said(r))
        return;
    fields_clear(&triage_tables[TRIAGE_REVIEW].fields, &review);
    review.notification_id = r->n->notification_id;
    review.child_id = r->child.child_id;
    review.candidates = r->match.candidates;
    review.step = r->match.step;
    review.opened_at = r->n->meta.recorded_at;
    rows_put(r->rows, TRIAGE_REVIEW, &review);
}

/* ---- the decision ---- */

/* The amendment's own word, or where it has none the screener's. */
static void
keep_screening(const struct triage_decision *top, struct triage_decision *d)
{
    if (top == NULL || top->screened_by.p == NULL)
        return;
    if (d->level == I32_NONE)
        d->level = top->level;
    if (d->csc_threshold == 0)
        d->csc_threshold = top->csc_threshold;
    if (d->consent == 0)
        d->consent = top->consent;
    if (d->harm == 0)
        d->harm = top->harm;
    if (d->impaired == TRI_UNKNOWN)
        d->impaired = top->impaired;
    if (d->single_agency_able == TRI_UNKNOWN)
        d->single_agency_able = top->single_agency_able;
    if (d->risk_of_csc == 0)
        d->risk_of_csc = top->risk_of_csc;
    d->needs |= top->needs;
    d->screened_by = top->screened_by;
    d->second_by = top->second_by;
    d->primary_need = top->primary_need;
}

static void
fill_episode(const struct notification_received *n, struct triage_decision *d)
{
    d->episode_id = episode_id(n);
    d->episode_ref = n->episode_ref;
    d->reported_at = n->reported_at;
    d->graded_at = n->graded_at;
    d->found_at = n->found_at;
    d->cancelled_at = n->cancelled_at;
    d->cancel_reason = n->cancel_reason;
    d->missing_category = n->missing_category;
    d->last_seen_at = n->last_seen_at;
    d->risk_grade = n->risk_grade;
}

static void
fill_inputs(const struct notification_received *n, struct triage_decision *d)
{
    d->entry = n->entry;
    d->needs = n->needs | triage_needs_of_kind(n->kind);
    d->level = n->level;
    d->csc_threshold = n->csc_threshold;
    d->immediate_danger = n->immediate_danger;
    d->info_only = n->info_only;
    d->harm = n->harm;
    d->impaired = n->impaired;
    d->single_agency_able = n->single_agency_able;
    d->consent = n->consent;
    d->risk_of_csc = n->risk_of_csc;
    d->rag = n->rag;
    d->incident_at = n->incident_at;
    d->offered_case_id = offers_a_case(n->kind) ? n->case_id : ID_NONE;
    d->wanted_unit = n->unit;
    d->warnings = n->warnings;
}

static struct triage_decision
begin_decision(const struct receiving *r)
{
    const struct notification_received *n = r->n;
    struct triage_decision d;

    fields_clear(&triage_tables[TRIAGE_DECISION].fields, &d);
    d.notification_id = n->notification_id;
    d.agency_id = n->agency_id;
    d.agency_ref = n->agency_ref;
    d.amendment = n->amendment;
    d.agency_type = n->agency_type;
    d.cin_source = n->cin_source;
    d.kind = n->kind;
    d.recorded_at = n->meta.recorded_at;
    d.occurred_at = n->meta.occurred_at;
    d.received_at = r->top != NULL && r->top->received_at < d.recorded_at
                        ? r->top->received_at
                        : d.recorded_at;
    d.child_id = r->child.child_id;
    d.match_status = r->match.status;
    d.match_step = r->match.step;
    d.match_weight = r->match.weight;
    d.evidence = r->match.evidence;
    d.decisions = 0;
    fill_inputs(n, &d);
    fill_episode(n, &d);
    d.unit = triage_unit_of_episode(r->rows, &d);
    return d;
}

/* The set of messages has changed: count the episode anew. */
static void
keep_episode(struct receiving *r, const struct triage_decision *d)
{
    const struct triage_episode *had = its_episode(r->rows, r->n);
    struct triage_episode ep;

    if (id_is_none(d->episode_id))
        return;
    fields_clear(&triage_tables[TRIAGE_EPISODE].fields, &ep);
    ep.episode_id = d->episode_id;
    ep.child_id = had != NULL ? had->child_id : d->child_id;
    ep.agency_id = d->agency_id;
    ep.episode_ref = d->episode_ref;
    triage_episode_of_set(r->rows, r->frame.zone, &ep);
    rows_put(r->rows, TRIAGE_EPISODE, &ep);
}

static bool
was_final(const struct triage_decision *d)
{
    return d != NULL &&
           (d->status == DECISION_FINAL || d->status == DECISION_REVISED);
}

/*
 * What an episode's messages leave open stays open, though an amendment before
 * had closed it: in another order it would never have been final.
 */
static bool
waits_again(const struct triage_decision *d)
{
    return !id_is_none(d->episode_id) && d->screened_by.p == NULL &&
           d->status == DECISION_PROVISIONAL;
}

/* A person's outcome outlives an amendment, unless that asks for more. */
static bool
override_stands(const struct triage_decision *top,
                const struct triage_decision *d)
{
    return top != NULL && top->overridden &&
           (outcome_rank(d->outcome) <= outcome_rank(top->outcome) ||
            d->outcome == top->rule_outcome);
}

static void
supersede(struct receiving *r)
{
    const struct triage_decision *standing;
    struct triage_decision old;

    if (r->top == NULL)
        return;
    standing = triage_standing(r->rows, r->top->notification_id);
    old = *r->top;
    old.superseded = true;
    if (standing != NULL) {
        old.pending = standing->pending;
        old.effect = standing->effect;
    }
    triage_keep(r->rows, &old);
}

static enum status
decide(struct receiving *r, struct err *err)
{
    struct triage_decision d = begin_decision(r);
    struct known known;
    enum status st;

    keep_child(r);
    link_children(r);
    open_review(r);
    keep_screening(r->top, &d);
    supersede(r);
    rows_put(r->rows, TRIAGE_DECISION, &d);
    keep_episode(r, &d);
    triage_know(r->rows, r->frame.profile, r->frame.zone, &d, &r->child,
                &known);
    triage_decide(r->a, r->rows, &r->frame, &r->child, &known, &d);
    if (override_stands(r->top, &d))
        triage_override(r->a, r->rows, &r->frame, &r->child, &known,
                        r->top->outcome, &d);
    if (was_final(r->top) && !waits_again(&d))
        d.status = DECISION_REVISED;
    d.relayed = r->top != NULL && r->top->relayed;
    if (r->said != NULL)
        triage_take_said(r->a, r->said, &d);
    st = triage_say(r->step, &r->child, &d, d.occurred_at, err);
    triage_keep(r->rows, &d);
    return st;
}

/* The case as it was handed in; what became of it since is tracker's. */
static enum status
take_over(struct receiving *r, struct err *err)
{
    struct triage_decision d = begin_decision(r);
    enum status st;

    keep_child(r);
    link_children(r);
    open_review(r);
    supersede(r);
    triage_go_live_decide(r->a, &r->frame, &r->child, r->n, &d);
    if (r->said != NULL)
        triage_take_said(r->a, r->said, &d);
    st = triage_say_go_live(r->step, &r->child, &d, r->n, err);
    triage_keep(r->rows, &d);
    return st;
}

/* A lower amendment after a higher one: said, kept, and without effect. */
static enum status
note_history(struct receiving *r, struct err *err)
{
    struct triage_decision d = begin_decision(r);

    d.superseded = true;
    d.outcome = OUTCOME_EXISTING_CASE;
    d.status = DECISION_FINAL;
    d.rule_id = STR(TRIAGE_SUPERSEDED);
    d.side = r->top->side;
    d.unit = r->top->unit;
    d.locality = r->top->locality;
    d.age_band = r->top->age_band;
    d.existing_case_id = r->top->existing_case_id;
    d.need_count = __builtin_popcount(d.needs);
    d.profile_version = r->frame.version->version;
    triage_warn(r->a, &d, STR(TRIAGE_SUPERSEDED));
    triage_count_decision(r->a, &d);
    triage_keep(r->rows, &d);
    return triage_say(r->step, &r->child, &d, d.occurred_at, err);
}

enum status
triage_receive(struct step *step, const struct notification_received *n,
               const struct person *p, struct err *err)
{
    struct receiving r = {
        .step = step, .a = step->arena, .rows = step->rows, .n = n, .p = p
    };
    struct triage_decision like = { .agency_id = n->agency_id,
                                    .agency_ref = n->agency_ref,
                                    .amendment = n->amendment,
                                    .notification_id = n->notification_id };
    struct person nobody;
    enum status st = triage_frame(step->settings, &r.frame, err);

    fields_clear(&fields_person, &nobody);
    if (p == NULL)
        r.p = &nobody;
    if (st == ST_OK && rows_get(r.rows, TRIAGE_DECISION, &like) != NULL)
        st = err_set(err, ST_REJECT, "twice",
                     "this notification was decided already");
    if (st != ST_OK)
        return st;
    /* Its id is made of the decision's key: one is new where the other is. */
    rows_new_group(r.rows, TRIAGE_STANDING, ROWS_KEY, &like);
    r.top = triage_top(r.rows, n->agency_id, n->agency_ref);
    r.model = triage_model(step->settings);
    r.said = triage_said(step, n->notification_id);
    st = find_child(&r, err);
    if (st != ST_OK)
        return st;
    take_child(&r);
    if (r.top != NULL && n->amendment < r.top->amendment)
        return note_history(&r, err);
    return triage_is_go_live(n) ? take_over(&r, err) : decide(&r, err);
}
