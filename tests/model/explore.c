/*
 * The life cycle of domain.md section 6, explored: every state that a child's
 * two cases can be in, reached by every event in every order, through the
 * tracker's own step. What may happen where stands here once more, as letters,
 * so that the core's table is held against something. Prints how many states
 * and transitions there are; ends with 1 where one breaks a promise:
 *
 *   - each open case has an owner, and something that will happen by itself or
 *     an alert that somebody has;
 *   - from every state there is a way to where all cases have ended;
 *   - what may not happen is refused with R20 to R22: one dead letter, one
 *     answer to its sender, and no row is another than before;
 *   - a decision is never refused and answered by exactly one CaseChanged; a
 *     side never has two open cases; what has ended waits for nothing.
 *
 * A state forgets times (but for the 14 days in which a case may reopen), ids
 * and units, and which clocks run. Time passes by events of its own. Guards
 * hold here: tests/unit/test_life.c shows each of them failing.
 *
 * explore [DEPTH]: events from the beginning, 0 (the default) for all.
 */
#include "tests/lib/day.h"
#include "tracker/core/life.h"
#include "tracker/core/tracker.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define STATES_MAX 200000
#define FAULTS_SHOWN 20
#define REOPEN_DAYS 14

/* ---- a state ------------------------------------------------------------- */

/* Of one side: its open case, else the one that ended last. */
struct view {
    uint8_t state;  /* 0: there never was one */
    uint8_t before; /* where an offer returns to, what a closed case was */
    uint8_t worker;
    uint8_t single; /* single agency help */
    uint8_t third_need;
    uint8_t recent; /* closed, and may still reopen */
    uint8_t paused;
    uint8_t expiries; /* of the offer */
    uint8_t status;   /* cp or looked after: no step-down */
};

struct key {
    struct view side[3]; /* by enum side */
};

struct node {
    struct key key;
    struct mem *m; /* NULL once it has been left in every direction */
    time_ms now;
    size_t parent;
    const char *event; /* by which it was reached first */
    size_t depth;
    bool ended; /* no case is open */
    bool ends;  /* there is a way to where none is */
};

struct edge {
    uint32_t from;
    uint32_t to;
};

struct model {
    struct day *day;
    struct id child;
    struct node *nodes;
    size_t n_nodes;
    struct edge *edges;
    size_t n_edges;
    size_t room_edges;
    size_t transitions;
    size_t refused[4]; /* R20, R21, R22, R23 */
    size_t pairs;      /* of a state and an event that must be refused */
    size_t ownerless;
    size_t unwatched;
    size_t stuck;
    size_t wrong; /* accepted against the rules, or refused */
    size_t faults;
    uint32_t *slots; /* hash table of node numbers + 1 */
    size_t n_slots;
};

static void
fault(struct model *x, size_t *count, size_t node, const char *event,
      const char *what)
{
    (*count)++;
    if (x->faults++ >= FAULTS_SHOWN)
        return;
    (void)printf("%s: %s after", what, event);
    for (size_t i = node; i != 0; i = x->nodes[i].parent)
        (void)printf(" %s <-", x->nodes[i].event);
    (void)printf(" nothing\n");
}

static const struct case_row *
case_of(const struct mem *m, struct id child, int side)
{
    const struct case_row *found = NULL;
    const struct case_row *c;
    size_t at = 0;

    while ((c = mem_next(m, TABLE_CASE, &at)) != NULL)
        if (c->side == side && id_eq(c->child_id, child) &&
            (found == NULL || !life_is_open(found->state)))
            found = c;
    return found;
}

static const struct handover_row *
offer_of(const struct mem *m, const struct case_row *c)
{
    const struct handover_row *h;
    size_t at = 0;

    while ((h = mem_next(m, TABLE_HANDOVER, &at)) != NULL)
        if (id_eq(h->handover_id, c->handover_id))
            return h;
    return NULL;
}

static bool
has_clock(const struct mem *m, const struct case_row *c, int state)
{
    const struct clock_row *k;
    size_t at = 0;

    while ((k = mem_next(m, TABLE_CLOCK, &at)) != NULL)
        if (id_eq(k->subject_id, c->case_id) && k->state == state)
            return true;
    return false;
}

static struct view
view_of(const struct model *x, const struct mem *m, time_ms now, int side)
{
    const struct case_row *c = case_of(m, x->child, side);
    const struct zone *zone = &x->day->given.calendar.zone;
    const struct handover_row *h;
    struct view v = { .state = 0 };

    if (c == NULL)
        return v;
    v.state = (uint8_t)c->state;
    v.before = (uint8_t)c->state_before;
    v.single = c->outcome == OUTCOME_SINGLE_AGENCY;
    v.third_need = c->third_need;
    if (c->state == CASE_CLOSED)
        v.recent =
            zone_date(zone, now) - zone_date(zone, c->closed_at) <= REOPEN_DAYS;
    if (c->state == CASE_MERGED || c->state == CASE_TRANSFERRED)
        return (struct view){ .state = v.state };
    v.worker = c->worker.n > 0;
    v.paused = has_clock(m, c, CLOCK_PAUSED);
    v.status = side == SIDE_CSC &&
               (c->csc_status == CSC_CP || c->csc_status == CSC_LAC);
    h = offer_of(m, c);
    v.expiries = h == NULL ? 0 : (uint8_t)h->expiries;
    return v;
}

static struct key
key_of(const struct model *x, const struct mem *m, time_ms now)
{
    struct key key;

    memset(&key, 0, sizeof key);
    for (int side = SIDE_EH; side <= SIDE_CSC; side++)
        key.side[side] = view_of(x, m, now, side);
    return key;
}

static bool
is_open(const struct view *v)
{
    return life_is_open(v->state);
}

/* ---- promises ------------------------------------------------------------ */

/* Whose is a case that stands in `state`? */
static bool
has_owner(const struct case_row *c, int state)
{
    switch (state) {
    case CASE_SCREENING: /* the queue of its door */
        return c->entry != 0;
    case CASE_INTENT: /* the CAF officer of its unit */
    case CASE_UNALLOCATED:
        return c->unit.n > 0;
    default:
        return c->worker.n > 0;
    }
}

static bool
is_watched(const struct mem *m, const struct case_row *c)
{
    const struct deadline_row *d;
    const struct alert_row *a;
    size_t at = 0;

    while ((d = mem_next(m, TABLE_DEADLINE, &at)) != NULL)
        if (id_eq(d->subject_id, c->case_id))
            return true;
    at = 0;
    while ((a = mem_next(m, TABLE_ALERT, &at)) != NULL)
        if (id_eq(a->subject_id, c->case_id) && a->cleared_at == TIME_NONE)
            return true;
    return false;
}

static void
look_at_case(struct model *x, const struct mem *m, size_t node,
             const char *event, const struct case_row *c)
{
    bool pending = c->state == CASE_HANDOVER_PENDING;

    if (!life_is_open(c->state)) {
        if (is_watched(m, c) || has_clock(m, c, CLOCK_STARTED))
            fault(x, &x->wrong, node, event, "ended and still waited for");
        return;
    }
    if (!has_owner(c, pending ? c->state_before : c->state))
        fault(x, &x->ownerless, node, event, "nobody owns it");
    if (!is_watched(m, c))
        fault(x, &x->unwatched, node, event, "nothing will happen to it");
    if (pending &&
        (offer_of(m, c) == NULL || offer_of(m, c)->state != HANDOVER_OFFERED))
        fault(x, &x->wrong, node, event, "it waits for no offer");
}

static void
look_at(struct model *x, const struct mem *m, size_t node, const char *event)
{
    const struct case_row *c;
    size_t open[3] = { 0, 0, 0 };
    size_t at = 0;

    while ((c = mem_next(m, TABLE_CASE, &at)) != NULL) {
        look_at_case(x, m, node, event, c);
        if (id_eq(c->child_id, x->child) && life_is_open(c->state))
            open[c->side]++;
    }
    if (open[SIDE_EH] > 1 || open[SIDE_CSC] > 1)
        fault(x, &x->wrong, node, event, "two open cases on a side");
}

/* ---- events -------------------------------------------------------------- */

/* Where an event may happen: states by letters, "H" an open offer. A small h
 * says that it goes by the state that the offer returns to (row 17). */
struct event_row {
    const char *name;
    int activity;
    const char *legal;
    int side; /* 0: on both */
    int csc_status;
    int outcome;
    bool by_other; /* whoever an offer is made to does it */
    bool names_worker;
};

#define ANY "SIUAEPRH"

static const struct event_row deeds[] = {
    { "allocated", ACTIVITY_ALLOCATED, "Uh", .names_worker = true },
    { "reallocated", ACTIVITY_REALLOCATED, "AEPRh", .names_worker = true },
    { "assessment_started", ACTIVITY_ASSESSMENT_STARTED, "ARh" },
    { "assessment_completed", ACTIVITY_ASSESSMENT_COMPLETED, "Eh" },
    { "plan_agreed", ACTIVITY_PLAN_AGREED, "P1h" }, /* 1: single agency */
    { "review_held", ACTIVITY_REVIEW_HELD, "Rh" },
    { "handover_offered", ACTIVITY_HANDOVER_OFFERED, "UAEPR" },
    { "handover_accepted", ACTIVITY_HANDOVER_ACCEPTED, "H", .by_other = true },
    { "handover_accepted with a worker", ACTIVITY_HANDOVER_ACCEPTED, "H",
      .by_other = true, .names_worker = true },
    { "handover_declined", ACTIVITY_HANDOVER_DECLINED, "H", .by_other = true },
    { "handover_withdrawn", ACTIVITY_HANDOVER_WITHDRAWN, "H" },
    { "caf_received", ACTIVITY_CAF_RECEIVED, "I" },
    { "intent_declined", ACTIVITY_INTENT_DECLINED, "I" },
    { "visit", ACTIVITY_VISIT, ANY },
    { "child_seen", ACTIVITY_CHILD_SEEN, ANY },
    { "contact_family", ACTIVITY_CONTACT_FAMILY, ANY },
    { "contact_agency", ACTIVITY_CONTACT_AGENCY, ANY },
    { "note", ACTIVITY_NOTE, ANY },
    { "need_added", ACTIVITY_NEED_ADDED, ANY },
    { "need_met", ACTIVITY_NEED_MET, ANY },
    { "level_changed", ACTIVITY_LEVEL_CHANGED, ANY },
    { "consent_changed", ACTIVITY_CONSENT_CHANGED, ANY },
    { "tracker_reviewed", ACTIVITY_TRACKER_REVIEWED, ANY },
    { "panel_considered", ACTIVITY_PANEL_CONSIDERED, ANY },
    { "consulted", ACTIVITY_CONSULTED, ANY },
    { "consultation_answered", ACTIVITY_CONSULTATION_ANSWERED, ANY },
    { "strategy_started", ACTIVITY_STRATEGY_STARTED, ANY, SIDE_CSC },
    { "icpc_held", ACTIVITY_ICPC_HELD, ANY, SIDE_CSC },
    { "icpc_held with a plan", ACTIVITY_ICPC_HELD, ANY, SIDE_CSC, CSC_CP },
    { "core_group_held", ACTIVITY_CORE_GROUP_HELD, ANY, SIDE_CSC },
    { "cp_review_held", ACTIVITY_CP_REVIEW_HELD, ANY, SIDE_CSC },
    { "cin_plan_started", ACTIVITY_CIN_PLAN_STARTED, ANY, SIDE_CSC },
    { "cin_review_held", ACTIVITY_CIN_REVIEW_HELD, ANY, SIDE_CSC },
    { "lac_started", ACTIVITY_LAC_STARTED, ANY, SIDE_CSC },
    { "lac_review_held", ACTIVITY_LAC_REVIEW_HELD, ANY, SIDE_CSC },
    { "csc_status_changed to lac", ACTIVITY_CSC_STATUS_CHANGED, ANY, 0,
      CSC_LAC },
    { "csc_status_changed to cin", ACTIVITY_CSC_STATUS_CHANGED, ANY, 0,
      CSC_CIN },
    { "birth_recorded", ACTIVITY_BIRTH_RECORDED, ANY },
    { "rhi_offered", ACTIVITY_RHI_OFFERED, "" }, /* no episode here */
    { "rhi_held", ACTIVITY_RHI_HELD, "" },
    { "encompass_relayed", ACTIVITY_ENCOMPASS_RELAYED, ANY },
    { "safety_plan", ACTIVITY_SAFETY_PLAN, ANY },
    { "session_attended", ACTIVITY_SESSION_ATTENDED, ANY },
    { "service_changed", ACTIVITY_SERVICE_CHANGED, ANY },
    { "programme_changed", ACTIVITY_PROGRAMME_CHANGED, ANY },
    { "audit_recorded", ACTIVITY_AUDIT_RECORDED, ANY },
    { "clock_paused", ACTIVITY_CLOCK_PAUSED, ANY },
    { "clock_resumed", ACTIVITY_CLOCK_RESUMED, ANY },
    { "closed", ACTIVITY_CLOSED, "SIUAEPR", .outcome = CLOSE_NEEDS_MET },
    { "reopened", ACTIVITY_REOPENED, "c" }, /* recent, its side free */
    { "transferred", ACTIVITY_TRANSFERRED, ANY },
};

/* What triage may decide, whatever it knows. */
struct ruling_row {
    const char *name;
    int status;
    int outcome;
    int entry;
    const char *rule;
    const char *action;
};

static const struct ruling_row rulings[] = {
    { "provisional", DECISION_PROVISIONAL, OUTCOME_CAF_TAF, ENTRY_EH },
    { "provisional at duty", DECISION_PROVISIONAL, OUTCOME_CAF_TAF, ENTRY_CSC },
    { "provisional at the MASH", DECISION_PROVISIONAL, OUTCOME_CAF_TAF,
      ENTRY_MASH },
    { "nfa", DECISION_FINAL, OUTCOME_NFA, ENTRY_EH },
    { "universal", DECISION_FINAL, OUTCOME_UNIVERSAL, ENTRY_CSC },
    { "single_agency", DECISION_FINAL, OUTCOME_SINGLE_AGENCY, ENTRY_EH },
    { "single_agency, revised", DECISION_REVISED, OUTCOME_SINGLE_AGENCY,
      ENTRY_EH },
    { "caf_taf", DECISION_FINAL, OUTCOME_CAF_TAF, ENTRY_EH },
    { "caf_taf by RU03", DECISION_FINAL, OUTCOME_CAF_TAF, ENTRY_EH, "RU03" },
    { "intent", DECISION_FINAL, OUTCOME_CAF_TAF, ENTRY_CSC, NULL,
      "open_intent" },
    { "eh_intensive", DECISION_FINAL, OUTCOME_EH_INTENSIVE, ENTRY_EH },
    { "social_care_referral", DECISION_FINAL, OUTCOME_SOCIAL_CARE_REFERRAL,
      ENTRY_EH },
    { "strategy_discussion", DECISION_FINAL, OUTCOME_STRATEGY_DISCUSSION,
      ENTRY_CSC },
    { "existing_case", DECISION_FINAL, OUTCOME_EXISTING_CASE, ENTRY_EH },
    { "step_up_offer", DECISION_FINAL, OUTCOME_STEP_UP_OFFER, ENTRY_EH },
    { "step_down_offer", DECISION_FINAL, OUTCOME_STEP_DOWN_OFFER, ENTRY_CSC },
};

static char
letter_of(int state)
{
    return "-SIUAEPRHCMT"[state];
}

static bool
may(const struct node *n, const struct event_row *e, int side)
{
    const struct view *v = &n->key.side[side];
    const struct view *csc = &n->key.side[SIDE_CSC];
    bool pending = v->state == CASE_HANDOVER_PENDING;
    int state = v->state;

    if (e->side != 0 && e->side != side)
        return false;
    if (e->activity == ACTIVITY_HANDOVER_OFFERED && side == SIDE_CSC &&
        csc->status)
        return false;
    if (state == CASE_CLOSED)
        return strchr(e->legal, 'c') != NULL && v->recent &&
               life_is_open(v->before);
    if (pending && strchr(e->legal, 'h') != NULL)
        state = v->before;
    if (!life_is_open(state))
        return false;
    if (state == CASE_ALLOCATED && strchr(e->legal, '1') != NULL)
        return v->single && side == SIDE_EH;
    return strchr(e->legal, letter_of(state)) != NULL;
}

/* ---- rows as they were --------------------------------------------------- */

static bool
same_rows(const struct mem *a, const struct mem *b)
{
    for (size_t t = 0; t < TABLE_N; t++) {
        const void *row;
        size_t at = 0;

        if (mem_count(a, t) != mem_count(b, t))
            return false;
        while ((row = mem_next(a, t, &at)) != NULL) {
            const void *other = mem_row(b, t, row);

            if (other == NULL ||
                !fields_eq(&tracker_tables[t].fields, row, other))
                return false;
        }
    }
    return true;
}

static size_t
count_outputs(const struct mem *m, enum record_type type)
{
    size_t n = 0;

    for (size_t i = 0; i < mem_n_outputs(m); i++)
        n += mem_output(m, i)->type == type;
    return n;
}

/* How often R20 to R23 stands in the trace; which in *code. */
static size_t
count_refusals(const struct mem *m, int *code)
{
    const char *at = mem_text(m);
    size_t n = 0;

    *code = -1;
    while ((at = strstr(at, "reject R2")) != NULL) {
        *code = at[strlen("reject R2")] - '0';
        at++;
        n++;
    }
    return n;
}

/* ---- the walk ------------------------------------------------------------ */

static uint64_t
hash_of(const struct key *key)
{
    const unsigned char *p = (const unsigned char *)key;
    uint64_t h = 14695981039346656037u;

    for (size_t i = 0; i < sizeof *key; i++)
        h = (h ^ p[i]) * 1099511628211u;
    return h;
}

/* The node of that key; a new one takes `m`. */
static size_t
enter(struct model *x, struct mem *m, time_ms now, size_t parent,
      const char *event)
{
    struct key key = key_of(x, m, now);
    size_t at = hash_of(&key) % x->n_slots;
    struct node *n;

    for (; x->slots[at] != 0; at = (at + 1) % x->n_slots)
        if (memcmp(&x->nodes[x->slots[at] - 1].key, &key, sizeof key) == 0) {
            mem_close(m);
            return x->slots[at] - 1;
        }
    if (x->n_nodes == STATES_MAX)
        fail_msg("more than %d states: is one counted without end?",
                 STATES_MAX);
    n = &x->nodes[x->n_nodes];
    *n = (struct node){
        .key = key,
        .m = m,
        .now = now,
        .parent = parent,
        .event = event,
        .depth = parent == x->n_nodes ? 0 : x->nodes[parent].depth + 1,
        .ended = !is_open(&key.side[SIDE_EH]) && !is_open(&key.side[SIDE_CSC])
    };
    x->slots[at] = (uint32_t)++x->n_nodes;
    return x->n_nodes - 1;
}

static void
join(struct model *x, size_t from, size_t to)
{
    x->transitions++;
    if (x->n_edges == x->room_edges) {
        x->room_edges = x->room_edges == 0 ? 1024 : 2 * x->room_edges;
        x->edges = realloc(x->edges, x->room_edges * sizeof *x->edges);
        assert_non_null(x->edges);
    }
    x->edges[x->n_edges++] =
        (struct edge){ .from = (uint32_t)from, .to = (uint32_t)to };
}

/* The event happened: its state is looked at, and joined. */
static void
arrive(struct model *x, size_t node, struct mem *m, time_ms now,
       const char *event)
{
    look_at(x, m, node, event);
    join(x, node, enter(x, m, now, node, event));
}

/* How often CaseChanged answers a decision; what it says of a case that the
 * decision closes on the way has no decision in it. */
static size_t
count_answers(const struct mem *m, const struct referral_decided *d)
{
    size_t n = 0;

    for (size_t i = 0; i < mem_n_outputs(m); i++) {
        const struct mem_output *o = mem_output(m, i);
        const struct case_changed *c = o->body;

        n += o->type == REC_CASE_CHANGED &&
             id_eq(c->decision_id, d->decision_id);
    }
    return n;
}

static void
decide_one(struct model *x, size_t node, const struct ruling_row *r,
           const struct case_row *own)
{
    const struct node *n = &x->nodes[node];
    const struct view *csc = &n->key.side[SIDE_CSC];
    struct mem *m = mem_copy(n->m);
    struct referral_decided rec;
    time_ms now = n->now;
    char at[TIME_TEXT_SIZE];
    char ref[32];
    int code;

    (void)snprintf(ref, sizeof ref, "ref-%zu", node);
    decision_of(x->day,
                &(struct decision){ .at = time_text(now, at),
                                    .child = "A",
                                    .ref = ref,
                                    .status = r->status,
                                    .outcome = r->outcome,
                                    .entry = r->entry,
                                    .rule = r->rule,
                                    .action = r->action },
                &rec);
    if (own != NULL) {
        rec.agency_id = own->agency_id;
        rec.agency_ref = own->agency_ref;
        rec.amendment = own->amendment;
    }
    if (is_open(csc))
        rec.csc_status = csc->status ? CSC_CP : CSC_CIN;
    assert_int_equal(
        mem_send(m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &rec, NULL), ST_OK);
    /* A step-down under a protection plan is refused and still answered. */
    if (count_refusals(m, &code) > 0 &&
        !(code == 1 && r->outcome == OUTCOME_STEP_DOWN_OFFER))
        fault(x, &x->wrong, node, r->name, "a decision was refused");
    else if (code == 1)
        x->refused[1]++;
    if (count_answers(m, &rec) != 1)
        fault(x, &x->wrong, node, r->name, "a decision has not one answer");
    arrive(x, node, m, now, r->name);
}

static void
decide_all(struct model *x, size_t node)
{
    for (size_t i = 0; i < N_OF(rulings); i++) {
        decide_one(x, node, &rulings[i], NULL);
        for (int side = SIDE_EH; side <= SIDE_CSC; side++)
            if (x->nodes[node].key.side[side].state == CASE_SCREENING)
                decide_one(x, node, &rulings[i],
                           case_of(x->nodes[node].m, x->child, side));
    }
}

/* What a child was given needs no open case (domain.md section 9, K09, K15,
 * K18, K19, K33): it is counted and moves nothing. */
static bool
is_of_the_child(enum activity activity)
{
    switch (activity) {
    case ACTIVITY_SESSION_ATTENDED:
    case ACTIVITY_SERVICE_CHANGED:
    case ACTIVITY_PROGRAMME_CHANGED:
    case ACTIVITY_AUDIT_RECORDED:
    case ACTIVITY_ENCOMPASS_RELAYED:
    case ACTIVITY_SAFETY_PLAN:
        return true;
    default:
        return false;
    }
}

static void
do_one(struct model *x, size_t node, const struct event_row *e, int side)
{
    const struct node *n = &x->nodes[node];
    const struct case_row *c = case_of(n->m, x->child, side);
    bool legal = may(n, e, side);
    struct mem *m = mem_copy(n->m);
    struct activity_recorded a;
    time_ms now = n->now;
    char at[TIME_TEXT_SIZE];
    size_t refusals;
    int code;

    deed_of(x->day,
            &(struct deed){ .at = time_text(now, at),
                            .activity = e->activity,
                            .child = "A",
                            .worker = e->names_worker ? "worker-2" : NULL,
                            .to_unit = "unit-2",
                            .authorised_by = "leader-1",
                            .outcome = e->outcome,
                            .csc_status = e->csc_status,
                            .reason_chars = 40 },
            &a);
    a.consent = CONSENT_GIVEN;
    a.unit = c == NULL ? STR("unit-1") : c->unit;
    if (e->by_other)
        a.unit = str_is(a.unit, "unit-2") ? STR("unit-3") : STR("unit-2");
    a.case_id = c == NULL ? some_id("case", "nobody's") : c->case_id;
    assert_int_equal(
        mem_send(m, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, &a, NULL), ST_OK);
    refusals = count_refusals(m, &code);
    if (legal) {
        if (refusals != 0)
            fault(x, &x->wrong, node, e->name, "it was refused");
        arrive(x, node, m, now, e->name);
        return;
    }
    if (c != NULL && is_of_the_child(e->activity)) {
        if (refusals != 0)
            fault(x, &x->wrong, node, e->name, "it was refused");
        if (!same_rows(m, n->m))
            fault(x, &x->wrong, node, e->name, "something changed");
        mem_close(m);
        return;
    }
    x->pairs++;
    if (refusals != 1 || code < 0 || code > 3)
        fault(x, &x->wrong, node, e->name, "it was not refused once");
    else
        x->refused[code]++;
    if (count_outputs(m, REC_REFERRER_ANSWERED) != 1 || mem_n_outputs(m) != 1)
        fault(x, &x->wrong, node, e->name, "refused, and not just told so");
    if (!same_rows(m, n->m))
        fault(x, &x->wrong, node, e->name, "refused, and something changed");
    mem_close(m);
}

static void
pass_time(struct model *x, size_t node, int days, const char *event)
{
    const struct node *n = &x->nodes[node];
    struct mem *m = mem_copy(n->m);
    time_ms now = n->now + days * DAY_MS;
    int code;

    assert_int_equal(mem_time(m, now), ST_OK);
    if (count_refusals(m, &code) != 0)
        fault(x, &x->wrong, node, event, "time was refused");
    arrive(x, node, m, now, event);
}

/* Another child turns out to be this one: its case, the younger, is merged or
 * comes over. */
static void
merge(struct model *x, size_t node, const struct ruling_row *twin_s,
      const char *event)
{
    const struct node *n = &x->nodes[node];
    struct mem *m = mem_copy(n->m);
    time_ms now = n->now;
    struct referral_decided rec;
    struct child_merged merged;
    char at[TIME_TEXT_SIZE];

    decision_of(x->day,
                &(struct decision){ .at = time_text(now, at),
                                    .child = "twin",
                                    .ref = "twin",
                                    .outcome = twin_s->outcome,
                                    .entry = twin_s->entry },
                &rec);
    assert_int_equal(
        mem_send(m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &rec, NULL), ST_OK);
    fields_clear(&fields_child_merged, &merged);
    fill_meta(x->day, &merged.meta, now);
    merged.survivor_id = x->child;
    merged.merged_id = rec.child_id;
    assert_int_equal(
        mem_send(m, TOPIC_CASEWORK, REC_CHILD_MERGED, &merged, NULL), ST_OK);
    arrive(x, node, m, now, event);
}

static void
leave(struct model *x, size_t node)
{
    decide_all(x, node);
    for (size_t i = 0; i < N_OF(deeds); i++)
        for (int side = SIDE_EH; side <= SIDE_CSC; side++)
            do_one(x, node, &deeds[i], side);
    pass_time(x, node, 8, "eight days");
    pass_time(x, node, 16, "sixteen days");
    merge(x, node, &rulings[7], "a twin's early help case");
    merge(x, node, &rulings[11], "a twin's social care case");
    mem_close(x->nodes[node].m);
    x->nodes[node].m = NULL;
}

/* Back from where all has ended; what isn't reached has no way out. */
static void
find_ends(struct model *x, bool whole)
{
    bool more = true;

    for (size_t i = 0; i < x->n_nodes; i++)
        x->nodes[i].ends = x->nodes[i].ended || x->nodes[i].m != NULL;
    while (more) {
        more = false;
        for (size_t i = 0; i < x->n_edges; i++)
            if (x->nodes[x->edges[i].to].ends &&
                !x->nodes[x->edges[i].from].ends) {
                x->nodes[x->edges[i].from].ends = true;
                more = true;
            }
    }
    for (size_t i = 0; whole && i < x->n_nodes; i++)
        if (!x->nodes[i].ends)
            fault(x, &x->stuck, i, "always", "there is no way to an end");
}

static void
explore(struct model *x, size_t depth)
{
    struct mem *m =
        mem_open(&(struct mem_options){ .def = &tracker_service,
                                        .settings = &x->day->given.settings,
                                        .authority = 2,
                                        .authority_name = "kent-2015" });
    size_t i = 0;

    (void)enter(x, m, local(x->day, "2024-01-08T09:00:00"), 0, "");
    for (; i < x->n_nodes; i++) {
        if (depth > 0 && x->nodes[i].depth >= depth)
            break;
        leave(x, i);
    }
    find_ends(x, i == x->n_nodes);
    (void)printf("%s %zu states, %zu transitions, %zu pairs refused "
                 "(R20 %zu, R21 %zu, R22 %zu): %zu ownerless, %zu unwatched, "
                 "%zu stuck, %zu against the rules\n",
                 i == x->n_nodes ? "all" : "a part", x->n_nodes, x->transitions,
                 x->pairs, x->refused[0], x->refused[1], x->refused[2],
                 x->ownerless, x->unwatched, x->stuck, x->wrong);
}

int
main(int argc, char **argv)
{
    struct model x = { .child = some_id("child", "A") };
    void *day;

    if (open_day(&day) != 0)
        return 2;
    x.day = day;
    x.nodes = calloc(STATES_MAX, sizeof *x.nodes);
    x.n_slots = 4 * STATES_MAX + 1;
    x.slots = calloc(x.n_slots, sizeof *x.slots);
    if (x.nodes == NULL || x.slots == NULL)
        return 2;
    explore(&x, argc > 1 ? strtoul(argv[1], NULL, 10) : 0);
    (void)printf("model: %d passed, %d failed\n", x.faults == 0, x.faults != 0);
    for (size_t i = 0; i < x.n_nodes; i++)
        mem_close(x.nodes[i].m);
    free(x.nodes);
    free(x.edges);
    free(x.slots);
    (void)close_day(&day);
    return x.faults == 0 ? 0 : 1;
}
