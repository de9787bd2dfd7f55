#include "common/core/profile_check.h"

#include <string.h>

#include "common/core/rule_search.h"

#define DAYS_A_WEEK 7
#define DAYS_A_MONTH 28 /* the shortest: a warning must fit into any */

/* Who was missing within 30 days was missing within 90. */
static const struct rule_node missing_counts[] = {
    { .op = RULE_VAR, .var = { "missing_30d", 11 } },
    { .op = RULE_VAR, .var = { "missing_90d", 11 } },
};
static const struct rule_node law = { .op = RULE_LE,
                                      .args = missing_counts,
                                      .n_args = 2 };

struct check {
    struct arena *a;
    const struct profile *p;
    struct rule_space space;
    struct profile_fault *at;
    size_t n;
    size_t room;
};

static void
add(struct check *c, const char *code, struct str place, struct str rule,
    struct str why)
{
    if (c->n == c->room) {
        size_t room = c->room == 0 ? 8 : c->room * 2;
        struct profile_fault *at = arena_array(c->a, room, sizeof *at);

        if (c->n > 0)
            memcpy(at, c->at, c->n * sizeof *at);
        c->at = at;
        c->room = room;
    }
    c->at[c->n++] = (struct profile_fault){
        .code = code, .place = place, .rule = rule, .why = why
    };
}

/* ---- reaching ---- */

static struct str
place_of(struct check *c, const char *table, size_t i)
{
    return arena_printf(c->a, "/%s/rules/%zu", table, i);
}

static enum rule_found
both(struct check *c, const struct rule *x, enum tri want_x,
     const struct rule *y, enum tri want_y, struct facts *witness)
{
    const struct rule_goal goals[] = { { &x->when, want_x },
                                       { &y->when, want_y } };

    return rule_search(c->a, &c->space, goals, 2, witness);
}

static void
add_wide(struct check *c, const char *table, size_t i, const struct rule *rule)
{
    add(c, "profile-wide", place_of(c, table, i), rule->id,
        STR("so many inputs are asked for that it can't be said whether the "
            "rule is sound"));
}

/* One rule above `k` that holds whenever `k` does; NULL if it takes several. */
static const struct rule *
covering_rule(struct check *c, const struct rules *rules, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (both(c, &rules->at[k], TRI_YES, &rules->at[i], TRI_NO, NULL) ==
            RULE_NOT_FOUND)
            return &rules->at[i];
    return NULL;
}

static void
add_dead(struct check *c, const struct rules *rules, size_t k)
{
    const struct rule *by = covering_rule(c, rules, k);
    struct str why = STR("the rules above it together leave it nothing to "
                         "decide");

    if (by != NULL)
        why = arena_printf(c->a, "whenever it holds, %.*s above it decides",
                           STR_ARG(by->id));
    add(c, "profile-dead", place_of(c, "decision_rules", k), rules->at[k].id,
        why);
}

static bool
can_hold(struct check *c, const char *table, const struct rules *rules,
         size_t k)
{
    const struct rule_goal goal = { &rules->at[k].when, TRI_YES };
    enum rule_found found = rule_search(c->a, &c->space, &goal, 1, NULL);

    if (found == RULE_TOO_WIDE)
        add_wide(c, table, k, &rules->at[k]);
    else if (found == RULE_NOT_FOUND)
        add(c, "profile-dead", place_of(c, table, k), rules->at[k].id,
            STR("no facts make it hold"));
    return found == RULE_FOUND;
}

static void
check_reach(struct check *c, const struct rules *rules)
{
    struct rule_goal *goals = arena_array(c->a, rules->n, sizeof *goals);

    for (size_t k = 0; k < rules->n; k++) {
        enum rule_found found;

        if (!can_hold(c, "decision_rules", rules, k))
            continue;
        goals[0] = (struct rule_goal){ &rules->at[k].when, TRI_YES };
        for (size_t i = 0; i < k; i++)
            goals[i + 1] = (struct rule_goal){ &rules->at[i].when, TRI_NO };
        found = rule_search(c->a, &c->space, goals, k + 1, NULL);
        if (found == RULE_NOT_FOUND)
            add_dead(c, rules, k);
        else if (found == RULE_TOO_WIDE)
            add_wide(c, "decision_rules", k, &rules->at[k]);
    }
}

/* ---- overlapping ---- */

/* "csc_status cin, need_count 3": with these facts both hold. */
static struct str
witness_words(struct arena *a, const struct facts *facts)
{
    struct str s = STR_NULL;

    for (size_t i = 0; i < facts->n; i++) {
        struct str v = value_text(a, facts->at[i].value);

        if (facts->at[i].value.kind != VALUE_UNKNOWN)
            s = arena_printf(a, "%.*s%s%.*s %.*s", STR_ARG(s),
                             s.n == 0 ? "" : ", ", STR_ARG(facts->at[i].name),
                             STR_ARG(v));
    }
    return s;
}

static void
check_pair(struct check *c, const struct rules *rules, size_t i, size_t k)
{
    const struct rule *x = &rules->at[i];
    const struct rule *y = &rules->at[k];
    struct facts facts = { .n = 0 };
    struct str words;

    if (x->outcome == y->outcome || (!rule_asks_within(&x->when, &y->when) &&
                                     !rule_asks_within(&y->when, &x->when)))
        return;
    if (both(c, x, TRI_YES, y, TRI_YES, &facts) != RULE_FOUND ||
        both(c, x, TRI_YES, y, TRI_NO, NULL) == RULE_NOT_FOUND ||
        both(c, y, TRI_YES, x, TRI_NO, NULL) == RULE_NOT_FOUND)
        return;
    words = witness_words(c->a, &facts);
    add(c, "profile-overlap", place_of(c, "decision_rules", k), y->id,
        arena_printf(c->a,
                     "overlaps %.*s, neither being a special case of the "
                     "other: both hold with %.*s",
                     STR_ARG(x->id), STR_ARG(words)));
}

static void
check_overlaps(struct check *c, const struct rules *rules)
{
    for (size_t k = 0; k < rules->n; k++)
        for (size_t i = 0; i < k; i++)
            check_pair(c, rules, i, k);
}

/* All action rules that hold apply: only the same condition twice is wrong. */
static void
check_actions(struct check *c, const struct rules *rules)
{
    for (size_t k = 0; k < rules->n; k++) {
        if (!can_hold(c, "action_rules", rules, k))
            continue;
        for (size_t i = 0; i < k; i++) {
            const struct rule *x = &rules->at[i];
            const struct rule *y = &rules->at[k];

            if (both(c, x, TRI_YES, y, TRI_NO, NULL) == RULE_NOT_FOUND &&
                both(c, y, TRI_YES, x, TRI_NO, NULL) == RULE_NOT_FOUND)
                add(c, "profile-overlap", place_of(c, "action_rules", k), y->id,
                    arena_printf(c->a, "holds exactly when %.*s does",
                                 STR_ARG(x->id)));
        }
    }
}

size_t
profile_ordered_pairs(struct arena *a, const struct profile *p)
{
    struct check c = {
        .a = a,
        .p = p,
        .space = { profile_inputs, profile_n_inputs, &law },
    };
    const struct rules *rules = &p->decisions;
    size_t n = 0;

    for (size_t k = 0; k < rules->n; k++)
        for (size_t i = 0; i < k; i++)
            n += rules->at[i].outcome != rules->at[k].outcome &&
                 both(&c, &rules->at[i], TRI_YES, &rules->at[k], TRI_YES,
                      NULL) == RULE_FOUND;
    return n;
}

/* ---- thresholds ---- */

static void
check_order(struct check *c, const char *place, int low, int high, bool equal,
            const char *why)
{
    if (low < high || (equal && low == high))
        return;
    add(c, "profile-limit", str_of(place), STR_NULL,
        arena_printf(c->a, "%s: %d and %d", why, low, high));
}

/*
 * Rules that watch a clock have no limit of their own: the number beside them
 * says the clock's again, and one that differs would change nothing.
 */
static void
check_same(struct check *c)
{
    const struct profile_drift *d = &c->p->drift;
    const struct {
        const char *place;
        const char *clock;
        enum clock_unit unit;
        int number;
    } rows[] = {
        { "/drift/D01_unallocated_working_days", "L2", CLOCK_WORKING_DAYS,
          d->unallocated_working_days },
        { "/drift/D08_handover_working_days", "L3", CLOCK_WORKING_DAYS,
          d->handover_working_days },
        { "/drift/D09_intent_working_days", "L4", CLOCK_WORKING_DAYS,
          d->intent_late_working_days },
        { "/drift/D10_return_interview_hours", "T10", CLOCK_HOURS,
          d->rhi_hours },
        { "/drift/D14_referrer_answer_working_days", "T1", CLOCK_WORKING_DAYS,
          d->answer_working_days },
        { "/drift/D15_tracker_review_months", "T17", CLOCK_MONTHS,
          d->tracker_review_months },
        { "/drift/D16_missing_untriaged_seconds", "L7", CLOCK_SECONDS,
          d->missing_untriaged_s },
        { "/drift/D20_panel_days", "T18", CLOCK_DAYS, d->panel_days },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct clock_spec *spec = profile_clock(c->p, rows[i].clock);

        if (spec == NULL ||
            (spec->unit == rows[i].unit && spec->length == rows[i].number))
            continue;
        add(c, "profile-limit", str_of(rows[i].place), STR_NULL,
            arena_printf(c->a,
                         "the rule watches clock %s, which runs %d %s: %d",
                         rows[i].clock, spec->length,
                         clock_unit_name(spec->unit), rows[i].number));
    }
}

/* What the rule inputs missing_30d and missing_90d count, by their names. */
#define MISSING_DAYS 30
#define MISSING_MORE_DAYS 90

static void
check_windows(struct check *c, const struct profile_drift *d)
{
    if (d->missing_days_strategy == MISSING_DAYS &&
        d->missing_days_alert == MISSING_MORE_DAYS)
        return;
    add(c, "profile-limit", str_of("/drift/D11_missing_episodes"), STR_NULL,
        arena_printf(c->a,
                     "episodes are counted in 30 and in 90 days: %d and %d",
                     d->missing_days_strategy, d->missing_days_alert));
}

static void
check_drift(struct check *c, const struct profile_drift *d)
{
    check_same(c);
    check_windows(c, d);
    check_order(c, "/drift/D06_open_weeks", d->open_weeks,
                d->open_weeks_escalate, false, "escalated before it is raised");
    check_order(c, "/drift/D09_intent_working_days",
                d->intent_chase_working_days, d->intent_late_working_days, true,
                "chased after it is overdue");
    check_order(c, "/drift/D11_missing_episodes", d->missing_days_strategy,
                d->missing_days_alert, true,
                "the alert looks back less far than the strategy discussion");
    check_order(c, "/drift/D19_match_review", d->match_review_missing_hours,
                d->match_review_hours, true,
                "a missing child's review may take longer than another");
    check_order(c, "/drift/escalate_after", d->escalate_district_working_days,
                d->escalate_head_working_days, true,
                "the head of service hears before the district manager");
    check_order(c, "/drift/escalate_after/D10_hours", d->rhi_escalate_hours[0],
                d->rhi_escalate_hours[1], true,
                "the second step comes before the first");
    check_order(c, "/drift/escalate_after/D16_seconds",
                d->untriaged_escalate_s[0], d->untriaged_escalate_s[1], true,
                "the second step comes before the first");
}

/* Length in the warning's unit; 0 where the two can't be compared. */
static int
length_for(const struct clock_spec *spec, enum clock_warn_unit unit)
{
    switch (spec->unit) {
    case CLOCK_WORKING_DAYS:
        return unit == CLOCK_WARN_WORKING_DAYS ? spec->length : 0;
    case CLOCK_HOURS:
    case CLOCK_OFFICE_HOURS:
        return unit == CLOCK_WARN_HOURS ? spec->length : 0;
    case CLOCK_DAYS:
        return unit == CLOCK_WARN_DAYS ? spec->length : 0;
    case CLOCK_WEEKS:
        return unit == CLOCK_WARN_DAYS ? spec->length * DAYS_A_WEEK : 0;
    case CLOCK_MONTHS:
        return unit == CLOCK_WARN_DAYS ? spec->length * DAYS_A_MONTH : 0;
    default:
        return 0;
    }
}

static void
check_warnings(struct check *c, const struct clock_spec *spec)
{
    for (size_t i = 0; i < spec->n_warns; i++) {
        int length = length_for(spec, spec->warns[i].unit);

        if (length > 0 && spec->warns[i].amount >= length)
            add(c, "profile-limit", arena_printf(c->a, "/clocks/%s", spec->id),
                STR_NULL,
                arena_printf(c->a,
                             "a warning of %d comes before a clock of %d has "
                             "started",
                             spec->warns[i].amount, length));
    }
}

static void
check_limits(struct check *c)
{
    const struct profile *p = c->p;

    check_order(c, "/clocks/L1", p->rag_hours.red, p->rag_hours.amber, false,
                "red is no shorter than amber");
    check_order(c, "/clocks/L1", p->rag_hours.amber, p->rag_hours.green, false,
                "amber is no shorter than green");
    check_order(c, "/caseload/norm", p->caseload_low, p->caseload_high, true,
                "the norm's lower end is above its upper end");
    check_order(c, "/drift/D13_caseload_over", p->caseload_high,
                p->drift.caseload_over, true,
                "caseloads within the norm are alerted");
    check_order(c, "/ages", p->ages.to_years, p->ages.to_years_send, true,
                "the longer age is below the other");
    check_order(c, "/matching", 0, p->review_ppm, false,
                "everybody is in review");
    check_drift(c, &p->drift);
    for (size_t i = 0; i < p->n_clocks; i++)
        check_warnings(c, &p->clocks[i].spec);
}

/* ---- clocks and examples ---- */

/* domain.md section 7. */
static const char *const clock_ids[] = {
    "T1",  "T2",  "T3",  "T4",  "T5",  "T6",   "T7",  "T8a",  "T8b",  "T8c",
    "T9a", "T9b", "T10", "T11", "T12", "T12b", "T13", "T14a", "T14b", "T15",
    "T16", "T17", "T18", "L1",  "L2",  "L3",   "L4",  "L5",   "L6",   "L7",
};
#define N_CLOCKS (sizeof clock_ids / sizeof clock_ids[0])

static void
check_clock_ids(struct check *c)
{
    for (size_t i = 0; i < N_CLOCKS; i++)
        if (profile_clock(c->p, clock_ids[i]) == NULL)
            add(c, "profile-missing", STR("/clocks"), STR_NULL,
                arena_printf(c->a, "there is no clock %s", clock_ids[i]));
    for (size_t i = 0; i < c->p->n_clocks; i++) {
        const char *id = c->p->clocks[i].spec.id;
        size_t k = 0;

        while (k < N_CLOCKS && strcmp(id, clock_ids[k]) != 0)
            k++;
        if (k == N_CLOCKS)
            add(c, "profile-field", arena_printf(c->a, "/clocks/%s", id),
                STR_NULL, STR("nothing starts such a clock"));
    }
}

static bool
same_texts(struct texts x, struct texts y)
{
    for (size_t i = 0; i < x.n && i < y.n; i++)
        if (!str_eq(x.at[i], y.at[i]))
            return false;
    return x.n == y.n;
}

static void
check_example(struct check *c, size_t i)
{
    const struct profile_example *ex = &c->p->examples[i];
    struct str place = arena_printf(c->a, "/examples/%zu", i);
    struct rule_result got;
    struct rule_result acts;

    rule_decide(c->a, &c->p->decisions, &ex->facts, &got);
    rule_apply_all(c->a, &c->p->actions, &ex->facts, &acts);
    if (got.first == NULL)
        return;
    if (!str_eq(got.first->id, ex->rule))
        add(c, "profile-example", place, ex->rule,
            arena_printf(c->a, "the example is decided by %.*s",
                         STR_ARG(got.first->id)));
    else if (got.first->outcome != ex->outcome)
        add(c, "profile-example", place, ex->rule,
            STR("the example expects another outcome than the rule's"));
    else if (!same_texts(ex->hits, got.hits))
        add(c, "profile-example", place, ex->rule,
            STR("the example's list of hits is another"));
    else if (!same_texts(ex->action_rules, acts.hits))
        add(c, "profile-example", place, ex->rule,
            STR("the example's list of action rules is another"));
}

void
profile_check(struct arena *a, const struct profile *p,
              struct profile_faults *out)
{
    struct check c = {
        .a = a,
        .p = p,
        .space = { profile_inputs, profile_n_inputs, &law },
    };

    check_reach(&c, &p->decisions);
    check_overlaps(&c, &p->decisions);
    check_actions(&c, &p->actions);
    check_limits(&c);
    check_clock_ids(&c);
    for (size_t i = 0; i < p->n_examples; i++)
        check_example(&c, i);
    *out = (struct profile_faults){ .at = c.at, .n = c.n };
}
