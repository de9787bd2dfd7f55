/*
 * Every row of every decision table, by its rule id: with these facts this
 * rule decides. A row says what differs from a message of which nothing is
 * known to be grave; beside it stands the other side of each limit. The last
 * tests hold the table against the profiles: no rule without a row, no limit
 * without both its sides.
 */
#include "common/adapters/profile_json.h"
#include "triage/core/ruling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/adapters/authorities.h"
#include "common/core/codes.h"
#include "common/engine/memory.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define NAME_MAX_CHARS 200

/* A school's word about a child of whom nothing is known: no need, no danger.
 */
#define BASE                                                                   \
    "entry=eh kind=school_referral need_count=0 csc_threshold=not_assessed "   \
    "immediate_danger=false harm=none disabled=false impaired=false "          \
    "csc_status=none eh_status=none missing_30d=0 missing_90d=0 "              \
    "consent=given info_only=false da=false single_agency_able=true "          \
    "risk_of_csc=minimal re_referral=false level=- risk_grade=-"

static const char *const profiles[] = { "kent-2015", "rutland-2014",
                                        "wolverhampton-2018", "eis-2012" };
enum { KENT, RUTLAND, WOLVERHAMPTON, EIS, PROFILES, ALL = PROFILES };

struct row {
    const char *rule; /* that decides; of an action rule, that holds */
    int of;           /* a profile, or ALL */
    int outcome;      /* 0: of an action rule */
    const char *facts;
    const char *not_rule; /* in place of `rule`: this one doesn't hold */
};

#define MISSING "kind=police_missing_reported "
#define IS(id, profile, out, text)                                             \
    {                                                                          \
        id, profile, OUTCOME_##out, text, NULL                                 \
    }
#define ACTS(id, profile, text)                                                \
    {                                                                          \
        id, profile, 0, text, NULL                                             \
    }
#define NOT(id, profile, text)                                                 \
    {                                                                          \
        NULL, profile, 0, text, id                                             \
    }

static const struct row rows[] = {
    IS("C01", ALL, STRATEGY_DISCUSSION, "immediate_danger=true harm=likely"),
    NOT("C01", ALL, "immediate_danger=false"),
    IS("C02", ALL, STRATEGY_DISCUSSION, "harm=likely"),
    NOT("C02", ALL, "harm=possible"),
    IS("C03", ALL, SOCIAL_CARE_REFERRAL, MISSING "risk_grade=high"),
    IS("C03", ALL, SOCIAL_CARE_REFERRAL,
       "kind=police_missing_risk_changed risk_grade=high"),
    IS("C03", ALL, SOCIAL_CARE_REFERRAL,
       "kind=police_missing_found risk_grade=high"),
    NOT("C03", ALL, MISSING "risk_grade=medium"),
    NOT("C03", ALL, "kind=police_missing_cancelled risk_grade=high"),
    NOT("C03", ALL, "kind=police_ppn risk_grade=high"),
    NOT("C03", ALL, MISSING "csc_status=open risk_grade=high"),
    IS("C04", ALL, STRATEGY_DISCUSSION, MISSING "risk_grade=low missing_30d=3"),
    NOT("C04", ALL, MISSING "risk_grade=low missing_30d=2"),
    NOT("C04", ALL, "kind=police_missing_cancelled missing_30d=3"),
    IS("C06", ALL, STEP_DOWN_OFFER, "kind=csc_step_down csc_status=cin"),
    NOT("C06", ALL, "kind=mash_feed csc_status=cin"),
    IS("C07", ALL, STEP_UP_OFFER, "kind=eh_step_up eh_status=caf_taf"),
    NOT("C07", ALL, "kind=other_la eh_status=caf_taf"),
    IS("C05", ALL, EXISTING_CASE, "csc_status=open"),
    IS("C05", ALL, EXISTING_CASE, "csc_status=lac csc_threshold=met"),
    NOT("C05", ALL, "csc_status=none"),

    IS("KE01", KENT, SOCIAL_CARE_REFERRAL, "entry=eh csc_threshold=met"),
    NOT("KE01", KENT, "entry=eh csc_threshold=unsure"),
    NOT("KE01", KENT, "entry=csc csc_threshold=met"),
    IS("KE02", KENT, SOCIAL_CARE_REFERRAL, "entry=csc csc_threshold=met"),
    IS("KE02", KENT, SOCIAL_CARE_REFERRAL, "entry=mash csc_threshold=met"),
    NOT("KE02", KENT, "entry=csc csc_threshold=not_met"),
    IS("KE03", KENT, SINGLE_AGENCY, MISSING "risk_grade=medium"),
    NOT("KE03", KENT, "kind=police_missing_cancelled"),
    IS("KE04", KENT, SOCIAL_CARE_REFERRAL, "level=4 need_count=1"),
    IS("KE05", KENT, EH_INTENSIVE, "level=3 need_count=1"),
    IS("KE06", KENT, SINGLE_AGENCY, "level=2 need_count=3"),
    NOT("KE04", KENT, "level=3"),
    NOT("KE05", KENT, "level=4"),
    NOT("KE05", KENT, "level=2"),
    NOT("KE06", KENT, "level=3"),
    NOT("KE06", KENT, "level=1"),
    IS("KE07", KENT, EH_INTENSIVE, "need_count=3"),
    NOT("KE07", KENT, "need_count=2"),
    IS("KE08", KENT, SINGLE_AGENCY, "need_count=2"),
    IS("KE08", KENT, SINGLE_AGENCY, "need_count=1"),
    NOT("KE08", KENT, "need_count=0"),
    IS("KE09", KENT, NFA, "info_only=true"),
    IS("KE08", KENT, SINGLE_AGENCY, "info_only=true need_count=1"),
    NOT("KE09", KENT, "info_only=false"),
    IS("KE99", KENT, UNIVERSAL, ""),

    IS("RU01", RUTLAND, SOCIAL_CARE_REFERRAL, "csc_threshold=met"),
    IS("RU01", RUTLAND, SOCIAL_CARE_REFERRAL, "disabled=true impaired=true"),
    NOT("RU01", RUTLAND, "disabled=true impaired=false"),
    NOT("RU01", RUTLAND, "disabled=false impaired=true"),
    NOT("RU01", RUTLAND, "csc_threshold=unsure"),
    IS("RU02", RUTLAND, CAF_TAF, "entry=csc csc_threshold=not_met"),
    NOT("RU02", RUTLAND, "entry=eh csc_threshold=not_met"),
    NOT("RU02", RUTLAND, "entry=csc csc_threshold=not_assessed"),
    IS("RU03", RUTLAND, CAF_TAF, "eh_status=single_agency need_count=3"),
    NOT("RU03", RUTLAND, "eh_status=single_agency need_count=2"),
    NOT("RU03", RUTLAND, "eh_status=caf_taf need_count=3"),
    IS("RU04", RUTLAND, CAF_TAF, "need_count=3"),
    NOT("RU04", RUTLAND, "need_count=2"),
    IS("RU05", RUTLAND, SINGLE_AGENCY, "need_count=1 single_agency_able=true"),
    IS("RU05", RUTLAND, SINGLE_AGENCY, "need_count=2 single_agency_able=true"),
    NOT("RU05", RUTLAND, "need_count=0 single_agency_able=true"),
    NOT("RU05", RUTLAND, "need_count=3 single_agency_able=true"),
    NOT("RU05", RUTLAND, "need_count=2 single_agency_able=false"),
    IS("RU06", RUTLAND, CAF_TAF, "need_count=2 single_agency_able=false"),
    IS("RU06", RUTLAND, CAF_TAF, "need_count=1 single_agency_able=false"),
    NOT("RU06", RUTLAND, "need_count=0 single_agency_able=false"),
    IS("RU07", RUTLAND, NFA, "info_only=true"),
    NOT("RU07", RUTLAND, "info_only=false"),
    IS("RU99", RUTLAND, UNIVERSAL, ""),

    IS("WO01", WOLVERHAMPTON, SOCIAL_CARE_REFERRAL, "csc_threshold=met"),
    NOT("WO01", WOLVERHAMPTON, "csc_threshold=unsure"),
    IS("WO02", WOLVERHAMPTON, SINGLE_AGENCY,
       "da=true csc_threshold=not_met need_count=2"),
    NOT("WO02", WOLVERHAMPTON, "da=true csc_threshold=not_met need_count=3"),
    NOT("WO02", WOLVERHAMPTON, "da=false csc_threshold=not_met need_count=2"),
    NOT("WO02", WOLVERHAMPTON, "da=true need_count=2"),
    IS("WO03", WOLVERHAMPTON, CAF_TAF,
       "entry=mash csc_threshold=not_met need_count=1"),
    NOT("WO03", WOLVERHAMPTON, "entry=mash csc_threshold=not_met need_count=0"),
    NOT("WO03", WOLVERHAMPTON, "entry=eh csc_threshold=not_met need_count=1"),
    NOT("WO03", WOLVERHAMPTON, "entry=mash need_count=1"),
    IS("WO04", WOLVERHAMPTON, CAF_TAF, "need_count=3"),
    NOT("WO04", WOLVERHAMPTON, "need_count=2"),
    IS("WO05", WOLVERHAMPTON, SINGLE_AGENCY, "need_count=2"),
    IS("WO05", WOLVERHAMPTON, SINGLE_AGENCY, "need_count=1"),
    NOT("WO05", WOLVERHAMPTON, "need_count=0"),
    IS("WO06", WOLVERHAMPTON, NFA, "info_only=true"),
    NOT("WO06", WOLVERHAMPTON, "info_only=false"),
    IS("WO99", WOLVERHAMPTON, UNIVERSAL, ""),

    IS("EI01", EIS, SOCIAL_CARE_REFERRAL, "csc_threshold=met"),
    NOT("EI01", EIS, "csc_threshold=unsure"),
    IS("EI02", EIS, CAF_TAF, "risk_of_csc=high"),
    NOT("EI02", EIS, "risk_of_csc=medium"),
    IS("EI03", EIS, CAF_TAF, "need_count=3"),
    NOT("EI03", EIS, "need_count=2"),
    IS("EI04", EIS, SINGLE_AGENCY, "need_count=2"),
    IS("EI04", EIS, SINGLE_AGENCY, "need_count=1"),
    NOT("EI04", EIS, "need_count=0"),
    IS("EI05", EIS, NFA, "info_only=true"),
    NOT("EI05", EIS, "info_only=false"),
    IS("EI99", EIS, UNIVERSAL, ""),

    ACTS("A01", ALL, "kind=police_encompass"),
    NOT("A01", ALL, "kind=police_ppn"),
    ACTS("A02", ALL, "kind=police_missing_found"),
    NOT("A02", ALL, "kind=police_missing_reported"),
    ACTS("A03", ALL, MISSING "missing_90d=3"),
    NOT("A03", ALL, MISSING "missing_90d=2"),
    NOT("A03", ALL, "kind=police_missing_cancelled missing_90d=3"),
    ACTS("A04", ALL, "re_referral=true"),
    NOT("A04", ALL, "re_referral=false"),
    ACTS("A05", ALL, "consent=refused csc_threshold=not_met"),
    NOT("A05", ALL, "consent=refused csc_threshold=met"),
    NOT("A05", ALL, "consent=given csc_threshold=not_met"),
    ACTS("A06", ALL, "eh_status=single_agency"),
    NOT("A06", ALL, "eh_status=none"),
    ACTS("A10", KENT, "entry=csc csc_threshold=not_met"),
    NOT("A10", KENT, "entry=csc csc_threshold=unsure"),
    NOT("A10", KENT, "entry=eh csc_threshold=not_met"),
    ACTS("A20", WOLVERHAMPTON, "da=true"),
    NOT("A20", WOLVERHAMPTON, "da=false"),
};

struct tables {
    struct arena *arena;
    struct profile at[PROFILES];
};

/* One row against one profile; what cmocka hands to the test. */
struct
try {
    const struct row *row;
    const struct tables *tables;
    int profile;
    char name[NAME_MAX_CHARS];
};

/* ---- facts of a row ---- */

/* Words of `base` but for those that `over` has. */
static struct texts
words_of(struct arena *a, const char *base, const char *over)
{
    struct str *at = arena_array(a, 64, sizeof *at);
    size_t n = 0;
    const char *const both[] = { over, base };

    for (size_t k = 0; k < N_OF(both); k++) {
        const char *p = both[k];

        while (*p != '\0') {
            size_t len = strcspn(p, " ");
            size_t name = strcspn(p, "=") + 1;
            bool there = len == 0;

            for (size_t i = 0; i < n; i++)
                there |= strncmp(at[i].p, p, name) == 0;
            if (!there)
                at[n++] = (struct str){ .p = p, .n = len };
            p += len + (p[len] == ' ');
        }
    }
    return (struct texts){ .at = at, .n = n };
}

static struct facts
facts_of(struct arena *a, const char *text)
{
    struct facts facts;

    assert_true(triage_facts_read(a, words_of(a, BASE, text), &facts));
    return facts;
}

static bool
holds(struct texts ids, const char *id)
{
    for (size_t i = 0; i < ids.n; i++)
        if (str_is(ids.at[i], id))
            return true;
    return false;
}

/* ---- a row ---- */

static void
a_row_is_as_it_says(void **state)
{
    const struct try *t = *state;
    const struct row *row = t->row;
    struct arena *a = t->tables->arena;
    struct facts facts = facts_of(a, row->facts);
    struct ruling ruling;

    triage_rule(a, &t->tables->at[t->profile], &facts, &ruling);
    if (row->not_rule != NULL) {
        assert_false(holds(ruling.hits, row->not_rule));
        assert_false(holds(ruling.action_rules, row->not_rule));
    } else if (row->outcome == 0) {
        assert_true(holds(ruling.action_rules, row->rule));
    } else {
        assert_string_equal(arena_str(a, ruling.rule_id).p, row->rule);
        assert_int_equal(ruling.outcome, row->outcome);
    }
}

/* ---- the table ---- */

static bool
is_rows(const struct row *row, int profile)
{
    return row->of == ALL || row->of == profile;
}

static bool
has_row(int profile, struct str rule, bool action)
{
    for (size_t i = 0; i < N_OF(rows); i++)
        if (is_rows(&rows[i], profile) && rows[i].rule != NULL &&
            (rows[i].outcome == 0) == action && str_is(rule, rows[i].rule))
            return true;
    return false;
}

static void
no_rule_is_without_a_row(void **state)
{
    const struct tables *t = *state;

    for (int p = 0; p < PROFILES; p++) {
        const struct rules *tables[] = { &t->at[p].decisions,
                                         &t->at[p].actions };

        for (size_t k = 0; k < N_OF(tables); k++)
            for (size_t i = 0; i < tables[k]->n; i++)
                if (!has_row(p, tables[k]->at[i].id, k == 1))
                    fail_msg("%s: no row for %.*s", profiles[p],
                             STR_ARG(tables[k]->at[i].id));
    }
}

/* Does a row of this rule see that value, and does the rule hold there? */
static bool
is_tried(const struct tables *t, int p, const struct rule *rule, struct str var,
         int64_t value, enum tri truth)
{
    for (size_t i = 0; i < N_OF(rows); i++) {
        const char *id = rows[i].rule != NULL ? rows[i].rule : rows[i].not_rule;
        struct facts facts = facts_of(t->arena, rows[i].facts);
        struct value saw = facts_get(&facts, var);

        if (is_rows(&rows[i], p) && str_is(rule->id, id) &&
            saw.kind == VALUE_INT && saw.i == value &&
            rule_eval(&rule->when, &facts) == truth)
            return true;
    }
    return false;
}

/* The last value on the near side of a comparison, and the first beyond. */
static void
sides_of(enum rule_op op, int64_t limit, int64_t *holds_at, int64_t *not_at)
{
    *holds_at = op == RULE_GT ? limit + 1 : op == RULE_LT ? limit - 1 : limit;
    *not_at = op == RULE_GE || op == RULE_EQ ? limit - 1
              : op == RULE_LE                ? limit + 1
                                             : limit;
}

static void
check_limits(const struct tables *t, int p, const struct rule *rule,
             const struct rule_node *node)
{
    for (size_t i = 0; i < node->n_args; i++)
        check_limits(t, p, rule, &node->args[i]);
    if (node->n_args == 2 && node->args[0].op == RULE_VAR &&
        node->args[1].op == RULE_CONST &&
        node->args[1].value.kind == VALUE_INT) {
        struct str var = node->args[0].var;
        int64_t on, beyond;

        sides_of(node->op, node->args[1].value.i, &on, &beyond);
        if (!is_tried(t, p, rule, var, on, TRI_YES))
            fail_msg("%s: %.*s is not tried with %.*s=%d", profiles[p],
                     STR_ARG(rule->id), STR_ARG(var), (int)on);
        if (!is_tried(t, p, rule, var, beyond, TRI_NO))
            fail_msg("%s: %.*s is not tried with %.*s=%d", profiles[p],
                     STR_ARG(rule->id), STR_ARG(var), (int)beyond);
    }
}

static void
no_limit_is_without_both_its_sides(void **state)
{
    const struct tables *t = *state;

    for (int p = 0; p < PROFILES; p++) {
        for (size_t i = 0; i < t->at[p].decisions.n; i++)
            check_limits(t, p, &t->at[p].decisions.at[i],
                         &t->at[p].decisions.at[i].when);
        for (size_t i = 0; i < t->at[p].actions.n; i++)
            check_limits(t, p, &t->at[p].actions.at[i],
                         &t->at[p].actions.at[i].when);
    }
}

static void
inputs_read_back_are_the_inputs(void **state)
{
    const struct tables *t = *state;
    struct facts facts = facts_of(t->arena, "level=4 harm=- need_count=24");
    struct texts text = triage_facts_text(t->arena, &facts);
    struct facts again;

    assert_true(triage_facts_read(t->arena, text, &again));
    for (size_t i = 0; i < facts.n; i++)
        assert_true(value_eq(facts.at[i].value, again.at[i].value));
    assert_false(triage_facts_read(t->arena, words_of(t->arena, "", "levels=4"),
                                   &again));
    assert_false(triage_facts_read(
        t->arena, words_of(t->arena, "", "level=four"), &again));
    assert_false(triage_facts_read(
        t->arena, words_of(t->arena, "", "harm=much"), &again));
    assert_false(triage_facts_read(
        t->arena, words_of(t->arena, "", "da=perhaps"), &again));
}

/* ---- all of it ---- */

static void
read_tables(struct tables *t)
{
    t->arena = memory_open((size_t)256 << 20);
    for (int p = 0; p < PROFILES; p++) {
        struct str path =
            arena_printf(t->arena, "profiles/%s.json", profiles[p]);
        struct err err = { .code = "" };
        struct str text;

        if (file_read(path.p, PROFILE_BYTES_MAX, t->arena, &text, &err) !=
                ST_OK ||
            profile_json_read(t->arena, text, &t->at[p], &err) != ST_OK) {
            fprintf(stderr, "%s: %s\n", path.p, err.text);
            exit(1);
        }
    }
}

static void
name_try(struct try *t)
{
    const struct row *row = t->row;

    if (row->not_rule != NULL)
        snprintf(t->name, sizeof t->name, "%s: %s does not hold with %s",
                 profiles[t->profile], row->not_rule, row->facts);
    else
        snprintf(t->name, sizeof t->name, "%s: %s %s with %s",
                 profiles[t->profile], row->rule,
                 row->outcome == 0 ? "applies" : "decides",
                 row->facts[0] == '\0' ? "nothing said" : row->facts);
}

int
main(void)
{
    static struct try tries[N_OF(rows) * PROFILES];
    static struct CMUnitTest tests[N_OF(rows) * PROFILES + 3];
    struct tables tables;
    size_t n = 0;
    int failed;

    read_tables(&tables);
    for (size_t i = 0; i < N_OF(rows); i++)
        for (int p = 0; p < PROFILES; p++) {
            if (!is_rows(&rows[i], p))
                continue;
            tries[n] = (struct try){ .row = &rows[i],
                                     .tables = &tables,
                                     .profile = p };
            name_try(&tries[n]);
            tests[n] = (struct CMUnitTest){ .name = tries[n].name,
                                            .test_func = a_row_is_as_it_says,
                                            .initial_state = &tries[n] };
            n++;
        }
    tests[n++] = (struct CMUnitTest){ .name = "no rule is without a row",
                                      .test_func = no_rule_is_without_a_row,
                                      .initial_state = &tables };
    tests[n++] =
        (struct CMUnitTest){ .name = "no limit is without both its sides",
                             .test_func = no_limit_is_without_both_its_sides,
                             .initial_state = &tables };
    tests[n++] =
        (struct CMUnitTest){ .name = "inputs read back are the inputs",
                             .test_func = inputs_read_back_are_the_inputs,
                             .initial_state = &tables };
    failed = _cmocka_run_group_tests("rule table", tests, n, NULL, NULL);
    memory_close(tables.arena);
    return failed;
}
