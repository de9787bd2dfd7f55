#include "triage/core/facts.h"

#include "triage/core/kept.h"
#include "triage/core/one_child.h"

#include <string.h>

/* domain.md section 3: that date and the 29 (89) before. */
#define SHORT_DAYS 30
#define LONG_DAYS 90

bool
triage_is_missing_kind(int kind)
{
    return kind >= KIND_POLICE_MISSING_REPORTED &&
           kind <= KIND_POLICE_MISSING_CANCELLED;
}

uint32_t
triage_needs_of_kind(int kind)
{
    if (triage_is_missing_kind(kind) && kind != KIND_POLICE_MISSING_CANCELLED)
        return SET_BIT(NEED_C_MISSING);
    if (kind == KIND_POLICE_ENCOMPASS)
        return SET_BIT(NEED_F_DOMESTIC_ABUSE);
    return 0;
}

/* ---- missing episodes ---- */

struct latest {
    time_ms graded_at;
    time_ms cancelled_at;
    bool withdrawn;
    time_ms reported_at; /* the earliest, in case two messages say it */
    time_ms found_at;
};

static time_ms
earlier(time_ms a, time_ms b)
{
    if (a == TIME_NONE || b == TIME_NONE)
        return a == TIME_NONE ? b : a;
    return a < b ? a : b;
}

/* The latest grade, at a tie the higher (the first is the report's). */
static void
add_grade(const struct triage_decision *d, struct latest *l,
          struct triage_episode *ep)
{
    time_ms at = d->graded_at != TIME_NONE ? d->graded_at : d->reported_at;

    if (d->risk_grade == 0)
        return;
    if (at > l->graded_at ||
        (at == l->graded_at && d->risk_grade > ep->risk_grade)) {
        l->graded_at = at;
        ep->risk_grade = d->risk_grade;
    }
}

/* The latest word on cancelling counts; at a tie what undoes it. */
static void
add_cancelling(const struct triage_decision *d, struct latest *l,
               struct triage_episode *ep)
{
    bool withdrawn = d->cancel_reason == CANCEL_WITHDRAWN;

    if (d->kind != KIND_POLICE_MISSING_CANCELLED)
        return;
    if (d->cancelled_at > l->cancelled_at ||
        (d->cancelled_at == l->cancelled_at && withdrawn) ||
        l->cancelled_at == TIME_NONE) {
        l->cancelled_at = d->cancelled_at;
        ep->cancelled = !withdrawn;
    }
}

void
triage_episode_of_set(struct rows *rows, const struct zone *zone,
                      struct triage_episode *ep)
{
    struct triage_decision like = { .episode_id = ep->episode_id };
    struct latest l = { .graded_at = TIME_NONE,
                        .cancelled_at = TIME_NONE,
                        .reported_at = TIME_NONE,
                        .found_at = TIME_NONE };
    const struct triage_decision *d;
    time_ms counted;
    size_t at = 0;

    ep->risk_grade = 0;
    ep->cancelled = false;
    while ((d = rows_next(rows, TRIAGE_DECISION, DECISION_BY_EPISODE, &like,
                          &at)) != NULL) {
        if (d->superseded)
            continue;
        l.reported_at = earlier(l.reported_at, d->reported_at);
        l.found_at = earlier(l.found_at, d->found_at);
        add_grade(d, &l, ep);
        add_cancelling(d, &l, ep);
    }
    counted = l.reported_at != TIME_NONE ? l.reported_at : l.found_at;
    ep->counted_on =
        counted == TIME_NONE ? DATE_NONE : zone_date(zone, counted);
}

/* Episodes on `on` and the `days` - 1 before it. */
static int32_t
count_episodes(struct rows *rows, const struct members *m, date_d on,
               date_d days)
{
    const struct triage_episode *ep;
    int32_t n = 0;

    for (size_t i = 0; i < m->n; i++) {
        struct triage_episode like = { .child_id = m->at[i] };
        size_t at = 0;

        while ((ep = rows_next(rows, TRIAGE_EPISODE, BY_CHILD_ID, &like,
                               &at)) != NULL)
            n += !ep->cancelled && ep->counted_on != DATE_NONE &&
                 ep->counted_on <= on && ep->counted_on > on - days;
    }
    return n;
}

static const struct triage_episode *
episode_of(struct rows *rows, const struct triage_decision *d)
{
    struct triage_episode like = { .episode_id = d->episode_id };

    if (id_is_none(d->episode_id))
        return NULL;
    return rows_get(rows, TRIAGE_EPISODE, &like);
}

/* The counts look back from the episode's own date, else from the receipt. */
static void
know_episodes(struct rows *rows, const struct zone *zone,
              const struct triage_decision *d, const struct members *m,
              struct known *out)
{
    const struct triage_episode *ep = episode_of(rows, d);
    date_d on = zone_date(zone, d->recorded_at);

    if (ep != NULL && ep->counted_on != DATE_NONE)
        on = ep->counted_on;
    out->risk_grade = ep == NULL ? d->risk_grade : ep->risk_grade;
    out->missing_30d = count_episodes(rows, m, on, SHORT_DAYS);
    out->missing_90d = count_episodes(rows, m, on, LONG_DAYS);
}

/* ---- what an episode says ---- */

/* The next message of the episode of `d`, superseded ones too. */
static const struct triage_decision *
next_of_episode(struct rows *rows, const struct triage_decision *d, size_t *at)
{
    if (id_is_none(d->episode_id))
        return NULL;
    return rows_next(rows, TRIAGE_DECISION, DECISION_BY_EPISODE, d, at);
}

/* met, unsure, not_met, not_assessed, nothing */
static int
threshold_rank(int csc_threshold)
{
    static const int ranks[] = { [THRESHOLD_MET] = 4,
                                 [THRESHOLD_UNSURE] = 3,
                                 [THRESHOLD_NOT_MET] = 2,
                                 [THRESHOLD_NOT_ASSESSED] = 1 };

    return ranks[csc_threshold];
}

static void
see_message(const struct triage_decision *d, struct triage_decision *seen)
{
    /* Whose cancellation is withdrawn or too early was missing all the same. */
    if (seen->kind == KIND_POLICE_MISSING_CANCELLED)
        seen->kind = d->kind;
    seen->needs |= d->needs;
    seen->immediate_danger |= d->immediate_danger;
    seen->info_only &= d->info_only;
    if (d->harm > seen->harm)
        seen->harm = d->harm;
    if (d->level != I32_NONE && d->level > seen->level)
        seen->level = d->level;
    if (threshold_rank(d->csc_threshold) > threshold_rank(seen->csc_threshold))
        seen->csc_threshold = d->csc_threshold;
    if (d->impaired == TRI_YES || seen->impaired == TRI_UNKNOWN)
        seen->impaired = d->impaired;
}

struct triage_decision
triage_seen(struct rows *rows, const struct triage_decision *d)
{
    struct triage_decision seen = *d;
    const struct triage_decision *other;
    size_t at = 0;

    if (d->screened_by.p != NULL)
        return seen;
    while ((other = next_of_episode(rows, d, &at)) != NULL)
        if (!other->superseded)
            see_message(other, &seen);
    return seen;
}

struct str
triage_unit_of_episode(struct rows *rows, const struct triage_decision *d)
{
    const struct triage_decision *other;
    struct str unit = STR_NULL;
    size_t at = 0;

    while ((other = next_of_episode(rows, d, &at)) != NULL)
        if (other->side == SIDE_EH && other->unit.p != NULL)
            unit = other->unit;
    return unit;
}

/* ---- cases ---- */

/* Opened by a message of the same episode, and not in a worker's hands. */
static bool
is_episodes_case(struct rows *rows, const struct triage_decision *d,
                 const struct triage_case *c)
{
    const struct triage_decision *other;
    size_t at = 0;

    if (c->state != CASE_SCREENING && c->state != CASE_INTENT &&
        c->state != CASE_UNALLOCATED)
        return false;
    while ((other = next_of_episode(rows, d, &at)) != NULL)
        if (id_eq(other->notification_id, c->opened_by))
            return true;
    return false;
}

static bool
is_own_case(struct rows *rows, const struct triage_decision *d,
            const struct triage_case *c)
{
    const struct triage_decision *other;
    size_t at = 0;

    if (id_is_none(c->opened_by))
        return false;
    while ((other = rows_next(rows, TRIAGE_DECISION, DECISION_BY_KEY, d,
                              &at)) != NULL)
        if (id_eq(other->notification_id, c->opened_by))
            return true;
    return is_episodes_case(rows, d, c);
}

static void
know_csc(const struct triage_case *c, struct known *out)
{
    int status = c->csc_status > CSC_NONE ? c->csc_status : CSC_OPEN;

    if (status > out->csc_status)
        out->csc_status = status;
    if (id_is_none(out->csc_case_id)) {
        out->csc_case_id = c->case_id;
        out->csc_unit = c->unit;
    }
}

static void
know_eh(const struct triage_case *c, struct known *out)
{
    if (!id_is_none(out->eh_case_id) &&
        outcome_rank(c->outcome) <= outcome_rank(out->eh_status))
        return;
    out->eh_status = c->outcome;
    out->eh_case_id = c->case_id;
    out->eh_unit = c->unit;
}

/* A case in screening has not been accepted by its side yet. */
static void
know_cases(struct rows *rows, const struct triage_decision *d,
           struct id child_id, struct known *out)
{
    struct triage_case like = { .child_id = child_id };
    const struct triage_case *c;
    size_t at = 0;

    while ((c = rows_next(rows, TRIAGE_CASE, BY_CHILD_ID, &like, &at)) !=
           NULL) {
        bool own = is_own_case(rows, d, c);
        bool screening = c->state == CASE_SCREENING;

        if (!triage_state_is_open(c->state) || (own && screening))
            continue;
        out->case_needs |= c->needs;
        if (own || screening)
            continue;
        if (c->side == SIDE_CSC)
            know_csc(c, out);
        else
            know_eh(c, out);
    }
}

/* ---- referrals ---- */

static bool
is_of_same_episode(struct rows *rows, const struct triage_decision *d,
                   struct id notification_id)
{
    const struct triage_decision *other;
    size_t at = 0;

    while ((other = next_of_episode(rows, d, &at)) != NULL)
        if (id_eq(other->notification_id, notification_id))
            return true;
    return false;
}

/*
 * On or after the same day `months` before (CIN census). While a case is open
 * no referral is recorded, so there is none to come again.
 */
static bool
has_referral_since(struct rows *rows, const struct zone *zone,
                   const struct triage_decision *d, struct id child_id,
                   date_d from)
{
    const struct triage_decision like = { .referral_of = child_id };
    const struct triage_decision *other;
    size_t at = 0;

    while ((other = rows_next(rows, TRIAGE_STANDING, STANDING_BY_REFERRAL,
                              &like, &at)) != NULL) {
        if (str_eq(other->agency_id, d->agency_id) &&
            str_eq(other->agency_ref, d->agency_ref))
            continue;
        if (is_of_same_episode(rows, d, other->notification_id))
            continue;
        if (other->received_at <= d->received_at &&
            zone_date(zone, other->received_at) >= from)
            return true;
    }
    return false;
}

static bool
is_re_referral(struct rows *rows, const struct profile *p,
               const struct zone *zone, const struct triage_decision *d,
               const struct members *m, const struct known *known)
{
    date_d from = date_add_months(zone_date(zone, d->received_at),
                                  -p->drift.re_referral_months);
    bool is = false;

    if (known->csc_status != CSC_NONE || known->eh_status != 0)
        return false;
    for (size_t i = 0; i < m->n; i++)
        is |= has_referral_since(rows, zone, d, m->at[i], from);
    return is;
}

/* ---- all together ---- */

static enum tri
is_disabled(const struct triage_child *child)
{
    if (child == NULL || child->disability == 0)
        return TRI_UNKNOWN;
    return child->disability == SET_BIT(DISABILITY_NONE) ? TRI_NO : TRI_YES;
}

void
triage_know(struct rows *rows, const struct profile *p, const struct zone *zone,
            const struct triage_decision *d, const struct triage_child *child,
            struct known *out)
{
    struct members m = triage_members(rows, d->child_id);

    *out = (struct known){ .csc_status = CSC_NONE,
                           .disabled = is_disabled(child) };
    for (size_t i = 0; i < m.n; i++) {
        enum tri disabled = is_disabled(triage_child_of(rows, m.at[i]));

        if (disabled > out->disabled) /* unknown, no, yes */
            out->disabled = disabled;
        know_cases(rows, d, m.at[i], out);
    }
    know_episodes(rows, zone, d, &m, out);
    out->re_referral = is_re_referral(rows, p, zone, d, &m, out);
}

int32_t
triage_need_count(const struct triage_decision *d, const struct known *known)
{
    return (int32_t)__builtin_popcount(d->needs | known->case_needs);
}

static struct value
word(const struct codes *codes, int code)
{
    return code == 0 ? VALUE_NONE
                     : VALUE_OF_TEXT(str_of(codes_word(codes, code)));
}

static struct value
truth(enum tri t)
{
    return t == TRI_UNKNOWN ? VALUE_NONE : VALUE_OF_BOOL(t == TRI_YES);
}

struct facts
triage_facts(struct arena *a, const struct triage_decision *d,
             const struct known *k)
{
    const uint32_t abuse = SET_BIT(NEED_F_DOMESTIC_ABUSE);
    const int threshold =
        d->csc_threshold == 0 ? THRESHOLD_NOT_ASSESSED : d->csc_threshold;
    const struct fact all[] = {
        { STR("entry"), word(&codes_entry, d->entry) },
        { STR("kind"), word(&codes_kind, d->kind) },
        { STR("need_count"), VALUE_OF_INT(triage_need_count(d, k)) },
        { STR("level"),
          d->level == I32_NONE ? VALUE_NONE : VALUE_OF_INT(d->level) },
        { STR("csc_threshold"), word(&codes_csc_threshold, threshold) },
        { STR("immediate_danger"), VALUE_OF_BOOL(d->immediate_danger) },
        { STR("harm"), word(&codes_harm, d->harm) },
        { STR("disabled"), truth(k->disabled) },
        { STR("impaired"), truth(d->impaired) },
        { STR("csc_status"), word(&codes_csc_status, k->csc_status) },
        { STR("eh_status"), k->eh_status == 0
                                ? VALUE_OF_TEXT(STR("none"))
                                : word(&codes_outcome, k->eh_status) },
        { STR("risk_grade"), word(&codes_risk_grade, k->risk_grade) },
        { STR("missing_30d"), VALUE_OF_INT(k->missing_30d) },
        { STR("missing_90d"), VALUE_OF_INT(k->missing_90d) },
        { STR("consent"), word(&codes_consent, d->consent) },
        { STR("info_only"), VALUE_OF_BOOL(d->info_only) },
        { STR("da"), VALUE_OF_BOOL((d->needs & abuse) != 0) },
        { STR("single_agency_able"), truth(d->single_agency_able) },
        { STR("risk_of_csc"), word(&codes_risk_of_csc, d->risk_of_csc) },
        { STR("re_referral"), VALUE_OF_BOOL(k->re_referral) },
    };
    const struct facts list = { .at = all, .n = sizeof all / sizeof all[0] };
    struct fact *at = arena_array(a, profile_n_inputs, sizeof *at);

    for (size_t i = 0; i < profile_n_inputs; i++) {
        at[i].name = str_of(profile_inputs[i].name);
        at[i].value = facts_get(&list, at[i].name);
    }
    return (struct facts){ .at = at, .n = profile_n_inputs };
}
