#include "tracker/core/carry.h"

#include "tracker/core/caseload.h"
#include "tracker/core/desk.h"
#include "tracker/core/drift.h"
#include "tracker/core/rungs.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define D02 STR("D02")
#define D08 STR("D08")

/* ---- clocks -------------------------------------------------------------- */

/*
 * When a decision on the case counts from. The messages of a missing episode
 * overtake each other: whichever makes the decision final, the child has waited
 * since the first of them.
 */
static time_ms
decided_at(const struct moment *m, const struct case_row *c)
{
    return id_is_none(c->episode_id) ? m->at : c->opened_at;
}

/* From when a clock that this row starts runs; most from the event. */
static time_ms
start_of(const struct moment *m, const struct case_row *c, enum life_clock k,
         unsigned effects)
{
    bool offer = (effects & LIFE_DO_OFFER) != 0;
    bool from_receipt = k == CK_T1 || k == CK_T2 || k == CK_L1 || k == CK_L5;

    return from_receipt && !offer && c->received_at != TIME_NONE
               ? c->received_at
               : decided_at(m, c);
}

static enum status
move_clocks(const struct moment *m, const struct case_row *c,
            const struct watched *w, const struct life_result *result,
            struct err *err)
{
    static const struct watch_end met = { .change = CLOCK_STOPPED,
                                          .reason = { "ended", 5 } };
    static const struct watch_end gone = { .change = CLOCK_VOID,
                                           .reason = { "ended", 5 } };
    enum status rc = ST_OK;

    for (int k = 0; rc == ST_OK && k < CK_N; k++)
        if ((result->stop & CK(k)) != 0)
            rc = watch_stop(m, w, str_of(life_clock_id(k)), &met, err);
    for (int k = 0; rc == ST_OK && k < CK_N; k++)
        if ((result->undo & CK(k)) != 0)
            rc = watch_stop(m, w, str_of(life_clock_id(k)), &gone, err);
    for (int k = 0; rc == ST_OK && k < CK_N; k++)
        if ((result->start & CK(k)) != 0)
            rc = watch_start(m, w, str_of(life_clock_id(k)),
                             start_of(m, c, k, result->effects), err);
    return rc;
}

/* D02 counts from the last contact; the case's first day counts as one. */
static enum status
watch_contact(const struct moment *m, const struct case_row *c,
              const struct watched *w, struct err *err)
{
    int days = m->limits.profile->drift.no_activity_days;

    if (days < 1 || c->contact_at == TIME_NONE)
        return ST_OK;
    return rungs_watch(m, w, D02,
                       limits_days_after(&m->limits, c->contact_at, days), err);
}

/* Who counts the case among theirs; null where nobody does. */
static struct str
counted_by(const struct case_row *c)
{
    return life_is_open(c->state) ? c->worker : STR_NULL;
}

static bool
is_worked(int state)
{
    return life_is_open(state) && state != CASE_SCREENING &&
           state != CASE_INTENT;
}

/* True where the contact is a newer one. */
static bool
note_contact(const struct moment *m, struct case_row *c, unsigned effects)
{
    bool first = c->contact_at == TIME_NONE;
    time_ms at = decided_at(m, c);

    if ((effects & LIFE_DO_CONTACT) == 0 && !(first && is_worked(c->state)))
        return (effects & LIFE_DO_REOPEN) != 0;
    if (!first && at <= c->contact_at)
        return false;
    c->contact_at = at;
    return is_worked(c->state);
}

/* What an episode's next message takes back: help has not begun after all. */
static enum status
forget_contact(const struct moment *m, struct case_row *c,
               const struct watched *w, struct err *err)
{
    if (id_is_none(c->episode_id) || c->contact_at == TIME_NONE ||
        is_worked(c->state))
        return ST_OK;
    c->contact_at = TIME_NONE;
    return rungs_watch(m, w, D02, TIME_NEVER, err);
}

/* ---- hand-over ----------------------------------------------------------- */

static enum status
make_offer(const struct moment *m, struct case_row *c,
           const struct case_input *input, struct handover_row *h,
           struct err *err)
{
    struct str parts[] = { id_part(&m->record), id_part(&c->case_id) };

    fields_clear(&tracker_tables[TABLE_HANDOVER].fields, h);
    h->handover_id = id_derive("handover", parts, N_OF(parts));
    h->case_id = c->case_id;
    h->child_id = c->child_id;
    h->direction = c->side == SIDE_EH ? DIRECTION_STEP_UP : DIRECTION_STEP_DOWN;
    h->state = HANDOVER_OFFERED;
    h->from_unit = c->unit;
    h->to_unit = input->to_unit;
    h->offered_at = m->at;
    h->expiries = 0;
    h->by = input->by;
    c->handover_id = h->handover_id;
    return limits_due(&m->limits, "L3", m->at, &h->due_at, err);
}

static int
end_state(enum life_event ev)
{
    switch (ev) {
    case LIFE_ACCEPTED:
        return HANDOVER_ACCEPTED;
    case LIFE_DECLINED:
        return HANDOVER_DECLINED;
    case LIFE_EXPIRED:
        return HANDOVER_EXPIRED;
    default:
        return HANDOVER_WITHDRAWN; /* or the case ended under it */
    }
}

static enum status
end_offer(const struct moment *m, struct case_row *c, enum life_event ev,
          struct id new_case_id, struct err *err)
{
    const struct handover_row *offer = cases_offer(m, c);
    struct handover_row h;

    c->handover_id = ID_NONE;
    if (offer == NULL)
        return ST_OK;
    h = *offer;
    h.state = end_state(ev);
    h.answered_at = m->at;
    h.new_case_id = new_case_id;
    if (ev == LIFE_EXPIRED)
        h.expiries++;
    rows_put(m->step->rows, TABLE_HANDOVER, &h);
    return say_handover(m, &h, c, err);
}

/* A refused or expired offer is told to both leaders (row 16), once. */
static enum status
tell_leaders(const struct moment *m, const struct case_row *c,
             const struct handover_row *h, struct err *err)
{
    struct watched w = cases_watched(c, h);
    enum status rc =
        alerts_tell(m, &w, D08, m->at, ROLE_UNIT_LEADER, h->from_unit, err);

    if (rc == ST_OK)
        rc = alerts_tell(m, &w, D08, m->at, ROLE_UNIT_LEADER, h->to_unit, err);
    if (rc == ST_OK)
        rc = alerts_clear(m, c->case_id, D08, m->at, STR("ended"), err);
    return rc;
}

static bool
has_route(const struct profile *p, int outcome)
{
    for (size_t i = 0; i < p->routing.n_routes; i++)
        if (p->routing.routes[i].outcome == outcome)
            return true;
    return false;
}

/* What the other side takes on, in the words of this profile. */
static int
outcome_there(const struct moment *m, int side)
{
    if (side == SIDE_CSC)
        return OUTCOME_SOCIAL_CARE_REFERRAL;
    return has_route(m->limits.profile, OUTCOME_EH_INTENSIVE)
               ? OUTCOME_EH_INTENSIVE
               : OUTCOME_CAF_TAF;
}

static struct case_row
case_there(const struct moment *m, const struct case_row *from,
           const struct handover_row *h, const struct case_input *input)
{
    struct case_row c = *from;

    c.side = from->side == SIDE_EH ? SIDE_CSC : SIDE_EH;
    c.case_id = cases_id(m, c.side);
    c.state = input->worker.n > 0 ? CASE_ALLOCATED : CASE_UNALLOCATED;
    c.state_before = 0;
    c.outcome = outcome_there(m, c.side);
    c.unit = input->unit.n > 0 ? input->unit : h->to_unit;
    c.worker = input->worker;
    c.handover_id = ID_NONE;
    c.predecessor_id = from->case_id;
    c.merged_into = ID_NONE;
    c.episode_id = ID_NONE;
    c.received_at = m->at;
    c.opened_at = m->at;
    c.closed_at = TIME_NONE;
    c.close_outcome = 0;
    c.contact_at = TIME_NONE;
    c.csc_status = c.side == SIDE_CSC ? CSC_OPEN : CSC_NONE;
    c.third_need = false;
    c.intent = false;
    c.changes = 0;
    return c;
}

/* Row 15: what a case starts with that the other side takes on. */
static enum status
open_there(const struct moment *m, struct case_row *c,
           const struct case_said *said, struct err *err)
{
    struct life_result start = { .next = c->state,
                                 .effects = LIFE_DO_OPEN,
                                 .start = CK(CK_T17) };
    const struct case_input none = { .close_outcome = 0 };
    struct case_said there = { .activity_id = said->activity_id };

    start.start |=
        c->side == SIDE_CSC ? CK(CK_T2) : CK(CK_T12) | CK(CK_T12B) | CK(CK_T13);
    if (c->state == CASE_UNALLOCATED)
        start.start |= CK(CK_L2);
    return carry_out(m, c, true, LIFE_ACCEPTED, &start, &none, &there, err);
}

/* A case that was open before takes the needs of the one that is handed to it;
 * worker, clocks and outcome stay its own. */
static enum status
pass_needs_on(const struct moment *m, const struct case_row *from,
              const struct case_row *there, const struct case_said *said,
              struct err *err)
{
    const struct case_said taken = { .state_before = there->state,
                                     .activity_id = said->activity_id };
    struct case_row c = *there;

    if ((from->needs & ~there->needs) == 0)
        return ST_OK;
    c.needs |= from->needs;
    c.changes++;
    cases_put(m, &c);
    return say_case(m, &c, &taken, err);
}

static enum status
accept_offer(const struct moment *m, struct case_row *c,
             const struct case_input *input, const struct case_said *said,
             struct err *err)
{
    const struct handover_row *h = cases_offer(m, c);
    int side = c->side == SIDE_EH ? SIDE_CSC : SIDE_EH;
    const struct case_row *there = cases_open(m, c->child_id, side, ID_NONE);
    struct case_row opened;
    enum status rc = ST_OK;

    if (h == NULL)
        return err_set(err, ST_FATAL, "offer", "a pending case has no offer");
    if (there == NULL) { /* never a second case on a side */
        opened = case_there(m, c, h, input);
        rc = open_there(m, &opened, said, err);
        there = &opened;
    } else {
        rc = pass_needs_on(m, c, there, said, err);
    }
    if (rc == ST_OK)
        rc = end_offer(m, c, LIFE_ACCEPTED, there->case_id, err);
    if (rc == ST_OK && c->side == SIDE_EH)
        rc = drift_returned(m, there, m->at, false, err);
    return rc;
}

enum status
carry_offer_late(const struct moment *m, const struct case_row *c,
                 struct err *err)
{
    const struct handover_row *offer = cases_offer(m, c);
    struct handover_row h;
    enum status rc;

    if (offer == NULL)
        return ST_OK;
    h = *offer;
    h.expiries++;
    rc = limits_due(&m->limits, "L3", offer->due_at, &h.due_at, err);
    rows_put(m->step->rows, TABLE_HANDOVER, &h);
    return rc == ST_OK ? say_handover(m, &h, c, err) : rc;
}

enum status
carry_offer_expired(const struct moment *m, const struct case_row *before,
                    struct err *err)
{
    const struct life_facts facts = { .side = before->side };
    const struct case_said said = { .state_before = before->state };
    const struct case_input none = { .close_outcome = 0 };
    struct case_row c = *before;
    struct life_result result;
    enum status rc =
        life_step(c.state, c.state_before, LIFE_EXPIRED, &facts, &result, err);

    if (rc != ST_OK)
        return rc;
    c.changes++;
    return carry_out(m, &c, false, LIFE_EXPIRED, &result, &none, &said, err);
}

/* ---- carrying out -------------------------------------------------------- */

static void
move_state(const struct moment *m, struct case_row *c,
           const struct life_result *result)
{
    int from = c->state == CASE_HANDOVER_PENDING ? c->state_before : c->state;

    c->state = result->next;
    c->state_before = 0;
    if (result->next == CASE_HANDOVER_PENDING)
        c->state_before = result->return_to;
    if (life_is_open(result->next)) {
        c->closed_at = TIME_NONE;
        c->close_outcome = 0;
    } else {
        c->state_before = from;
        c->closed_at = m->at;
    }
}

static void
take_input(struct case_row *c, unsigned effects, const struct case_input *in)
{
    if ((effects & LIFE_DO_WORKER) != 0) {
        c->worker = in->worker;
        if (in->unit.n > 0)
            c->unit = in->unit;
    }
    if (c->state == CASE_CLOSED) {
        c->close_outcome = in->close_outcome;
        if ((effects & LIFE_DO_OTHER_SIDE) != 0)
            c->close_outcome =
                c->side == SIDE_EH ? CLOSE_STEPPED_UP : CLOSE_STEPPED_DOWN;
    }
}

static enum status
stop_everything(const struct moment *m, const struct case_row *c,
                const struct watched *w, struct err *err)
{
    const struct watch_end end = {
        .change = CLOCK_STOPPED,
        .by_closing = true,
        .reason = c->state == CASE_MERGED ? STR("merged") : STR("closed"),
    };

    return watch_stop_all(m, w, &end, err);
}

/* What the row asks for beside the state, in the order in which it is told. */
static enum status
do_effects(const struct moment *m, const struct case_row *c,
           const struct watched *w, const struct life_result *result,
           const struct case_input *input, struct err *err)
{
    enum status rc = move_clocks(m, c, w, result, err);

    if (rc == ST_OK && (result->effects & LIFE_DO_STOP_ALL) != 0)
        rc = stop_everything(m, c, w, err);
    if (rc == ST_OK && (result->effects & LIFE_DO_PAUSE) != 0)
        rc = watch_pause(m, w, input->clock, err);
    if (rc == ST_OK && (result->effects & LIFE_DO_RESUME) != 0)
        rc = watch_resume(m, w, input->clock, err);
    if (rc == ST_OK && (result->effects & LIFE_DO_REOPEN) != 0)
        rc = watch_reopen(m, w, err);
    if (rc == ST_OK && (result->effects & LIFE_DO_BIRTH) != 0)
        rc = watch_birth(m, w, err);
    if (rc == ST_OK && life_is_open(c->state))
        rc = drift_paused(m, w, err);
    return rc;
}

enum status
carry_out(const struct moment *m, struct case_row *c, bool is_new,
          enum life_event ev, const struct life_result *result,
          const struct case_input *input, const struct case_said *said,
          struct err *err)
{
    const struct handover_row *offer;
    struct handover_row made;
    struct watched w;
    bool pending = !is_new && c->state == CASE_HANDOVER_PENDING;
    bool was_open = !is_new && life_is_open(c->state);
    bool offers = (result->effects & LIFE_DO_OFFER) != 0;
    struct str worker = is_new ? STR_NULL : counted_by(c);
    bool contact;
    enum status rc = ST_OK;

    if (is_new)
        cases_declare_new(m, c->case_id);
    offer = cases_offer(m, c);
    move_state(m, c, result);
    take_input(c, result->effects, input);
    if (offers)
        rc = make_offer(m, c, input, &made, err);
    if (rc != ST_OK)
        return rc;
    contact = note_contact(m, c, result->effects);
    w = cases_watched(c, offers ? &made : offer);
    rc = say_case(m, c, said, err);
    if (rc == ST_OK)
        rc = do_effects(m, c, &w, result, input, err);
    if (rc == ST_OK && contact)
        rc = watch_contact(m, c, &w, err);
    if (rc == ST_OK)
        rc = forget_contact(m, c, &w, err);
    if (rc == ST_OK && life_is_open(c->state) && !was_open)
        rc = drift_opened(m, c, &w, err);
    if (rc == ST_OK)
        rc = caseload_moved(m, c, worker, counted_by(c), err);
    if (rc == ST_OK && offers) {
        rows_put(m->step->rows, TABLE_HANDOVER, &made);
        rc = say_handover(m, &made, c, err);
    }
    if (rc == ST_OK && (result->effects & LIFE_DO_OTHER_SIDE) != 0) {
        cases_put(m, c); /* closed before the other side is looked at */
        rc = accept_offer(m, c, input, said, err);
    } else if (rc == ST_OK && pending && c->state != CASE_HANDOVER_PENDING) {
        rc = end_offer(m, c, ev, ID_NONE, err);
        if (rc == ST_OK && offer != NULL &&
            (ev == LIFE_DECLINED || ev == LIFE_EXPIRED || ev == LIFE_WITHDRAWN))
            rc = tell_leaders(m, c, offer, err);
    }
    if (rc == ST_OK)
        cases_put(m, c);
    return rc;
}

enum status
carry_contact(const struct moment *m, struct id child_id, struct err *err)
{
    const struct case_row *known;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK && (known = cases_next(m, child_id, &at)) != NULL) {
        struct case_row c = *known;
        struct watched w = cases_watched(&c, NULL);

        c.episode_id = ID_NONE; /* it is in somebody's hands now */
        if (!life_is_open(c.state) || !note_contact(m, &c, LIFE_DO_CONTACT))
            continue;
        rc = watch_contact(m, &c, &w, err);
        rows_put(m->step->rows, TABLE_CASE, &c);
    }
    return rc;
}

enum status
carry_restored(const struct moment *m, const struct case_row *now,
               struct case_row *c, struct err *err)
{
    static const char *const rules[] = { "D02", "D06", "D18" };
    struct str counted = counted_by(now);
    bool was_open = life_is_open(now->state);
    bool moved = now->contact_at != c->contact_at;
    struct watched w = cases_watched(c, cases_offer(m, c));
    enum status rc = ST_OK;

    cases_put(m, c);
    for (size_t i = 0;
         rc == ST_OK && !life_is_open(c->state) && i < N_OF(rules); i++)
        rc = rungs_watch(m, &w, str_of(rules[i]), TIME_NEVER, err);
    if (rc == ST_OK && life_is_open(c->state) && !was_open)
        rc = drift_opened(m, c, &w, err);
    if (rc == ST_OK && life_is_open(c->state) && (moved || !was_open))
        rc = watch_contact(m, c, &w, err);
    if (rc == ST_OK && life_is_open(c->state))
        rc = drift_paused(m, &w, err);
    return rc == ST_OK ? caseload_moved(m, c, counted, counted_by(c), err) : rc;
}

/* ---- merging children ---------------------------------------------------- */

static bool
is_older(const struct case_row *a, const struct case_row *b)
{
    if (a->opened_at != b->opened_at)
        return a->opened_at < b->opened_at;
    return id_cmp(a->case_id, b->case_id) < 0;
}

/* The younger goes into the older, with what it still had to wait for. */
static enum status
merge_into(const struct moment *m, const struct case_row *younger,
           const struct case_row *older, struct id *gained, struct err *err)
{
    const struct life_facts facts = { .side = younger->side,
                                      .older_open = true };
    const struct case_said said = { .state_before = younger->state };
    const struct case_said taken = { .state_before = older->state };
    const bool gains = (younger->needs & ~older->needs) != 0;
    const struct case_input none = { .close_outcome = 0 };
    struct watched w = cases_watched(older, cases_offer(m, older));
    struct case_row c = *younger;
    struct case_row taker = *older;
    struct life_result result;
    enum status rc =
        life_step(c.state, c.state_before, LIFE_MERGED, &facts, &result, err);

    if (rc == ST_OK)
        rc = watch_take_over(m, &w, c.case_id, err);
    if (rc != ST_OK)
        return rc;
    taker.needs_by_merge |= c.needs & ~taker.needs;
    taker.needs |= c.needs;
    taker.changes++;
    if (c.contact_at > taker.contact_at) /* TIME_NONE is before all */
        taker.contact_at = c.contact_at;
    cases_put(m, &taker);
    rc = watch_contact(m, &taker, &w, err);
    c.merged_into = older->case_id;
    if (rc == ST_OK)
        rc = carry_out(m, &c, false, LIFE_MERGED, &result, &none, &said, err);
    *gained = gains ? taker.case_id : ID_NONE;
    return rc == ST_OK && gains ? say_case(m, &taker, &taken, err) : rc;
}

static enum status
merge_side(const struct moment *m, const struct child_merged *merged, int side,
           struct id *gained, struct err *err)
{
    const struct case_row *a =
        cases_open(m, merged->survivor_id, side, ID_NONE);
    const struct case_row *b = cases_open(m, merged->merged_id, side, ID_NONE);

    *gained = ID_NONE;
    if (a == NULL || b == NULL)
        return ST_OK;
    return is_older(a, b) ? merge_into(m, b, a, gained, err)
                          : merge_into(m, a, b, gained, err);
}

/* The rows of `from` that `whose` was first (none: all) are `to`'s now. */
static enum status
move_cases(const struct moment *m, struct id from, struct id to,
           struct id whose, struct err *err)
{
    const struct case_row *known;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK && (known = cases_next(m, from, &at)) != NULL) {
        const struct case_said said = { .state_before = known->state };
        struct case_row c = *known;

        if (!id_is_none(whose) && !id_eq(c.first_child_id, whose))
            continue;
        c.child_id = to;
        cases_put(m, &c);
        rc = say_case(m, &c, &said, err);
    }
    return rc;
}

enum status
carry_merge(const struct moment *m, const struct child_merged *merged,
            struct id *gained, struct err *err)
{
    struct id gained_csc;
    enum status rc = merge_side(m, merged, SIDE_EH, gained, err);

    if (rc == ST_OK)
        rc = merge_side(m, merged, SIDE_CSC, &gained_csc, err);
    if (rc == ST_OK)
        rc =
            move_cases(m, merged->merged_id, merged->survivor_id, ID_NONE, err);
    if (rc == ST_OK)
        rc = desk_move(m, merged->merged_id, merged->survivor_id, ID_NONE, err);
    return rc;
}

/* The case that it went into has its needs no longer, but for those that
 * somebody has named for it. */
static enum status
give_needs_back(const struct moment *m, const struct case_row *merged,
                const struct case_row *into, struct err *err)
{
    const struct case_said said = { .state_before = into->state };
    const uint32_t lent = into->needs_by_merge & merged->needs;
    struct case_row c = *into;

    if (lent == 0)
        return ST_OK;
    c.needs &= ~lent;
    c.needs_by_merge &= ~lent;
    c.changes++;
    cases_put(m, &c);
    return say_case(m, &c, &said, err);
}

/* A case that the merge ended goes on where it stood. */
static enum status
revive(const struct moment *m, const struct case_row *merged, struct err *err)
{
    const struct case_said said = { .state_before = merged->state };
    struct case_row c = *merged;
    struct watched w;
    enum status rc;

    c.state = c.state_before;
    c.state_before = 0;
    c.merged_into = ID_NONE;
    c.closed_at = TIME_NONE;
    c.changes++;
    w = cases_watched(&c, NULL);
    cases_put(m, &c);
    rc = say_case(m, &c, &said, err);
    if (rc == ST_OK)
        rc = watch_reopen(m, &w, err);
    if (rc == ST_OK)
        rc = caseload_moved(m, &c, STR_NULL, counted_by(&c), err);
    if (rc == ST_OK)
        rc = drift_opened(m, &c, &w, err);
    return rc == ST_OK ? watch_contact(m, &c, &w, err) : rc;
}

static enum status
revive_merged(const struct moment *m, struct id child_id, struct id other_id,
              struct err *err)
{
    const struct case_row *c;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK && (c = cases_next(m, child_id, &at)) != NULL) {
        const struct case_row *into = cases_get(m, c->merged_into);

        if (c->state != CASE_MERGED || into == NULL ||
            !id_eq(into->child_id, other_id))
            continue;
        rc = give_needs_back(m, c, into, err);
        if (rc == ST_OK && cases_open(m, child_id, c->side, ID_NONE) == NULL)
            rc = revive(m, c, err);
    }
    return rc;
}

enum status
carry_unmerge(const struct moment *m, const struct child_unmerged *unmerged,
              struct err *err)
{
    enum status rc = move_cases(m, unmerged->survivor_id, unmerged->merged_id,
                                unmerged->merged_id, err);

    if (rc == ST_OK)
        rc = desk_move(m, unmerged->survivor_id, unmerged->merged_id,
                       unmerged->merged_id, err);
    if (rc == ST_OK)
        rc = revive_merged(m, unmerged->merged_id, unmerged->survivor_id, err);
    if (rc == ST_OK)
        rc = revive_merged(m, unmerged->survivor_id, unmerged->merged_id, err);
    return rc;
}
