/*
 * Every row of every decision table: what hits it, and what just doesn't.
 *
 * A row names its rule. The last tests see that no rule and no side of a
 * numeric limit is without one, so that a new rule asks for its rows.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/authorities.h"
#include "common/adapters/profile_json.h"
#include "tests/lib/heap.h"

enum { TEXT_MAX = 64 };

static const char *const names[] = { "eis-2012", "rutland-2014", "kent-2015",
                                     "wolverhampton-2018" };
#define N_PROFILES (sizeof names / sizeof names[0])

static struct arena arena;
static struct profile profiles[N_PROFILES];

/* A school writes to early help and nothing else is the matter. */
static const char calm[] =
    "entry=eh kind=school_referral need_count=0 level=1 "
    "csc_threshold=not_assessed immediate_danger=false harm=none "
    "disabled=false impaired=false csc_status=none eh_status=none "
    "risk_grade=none missing_30d=0 missing_90d=0 consent=given "
    "info_only=false da=false single_agency_able=true risk_of_csc=minimal "
    "re_referral=false";

struct row {
    const char *profile; /* NULL: all four */
    const char *rule;
    const char *facts; /* beside the calm ones; `?` is unknown */
    bool misses;       /* it doesn't hold; else it decides, or applies */
};

#define MISSING "kind=police_missing_reported "

static const struct row rows[] = {
    /* All authorities. */
    { NULL, "C01", "immediate_danger=true" },
    { NULL, "C01", "immediate_danger=true csc_status=lac harm=likely" },
    { NULL, "C01", "immediate_danger=false harm=possible", true },
    { NULL, "C02", "harm=likely" },
    { NULL, "C02", "harm=likely csc_status=cp kind=csc_step_down" },
    { NULL, "C02", "harm=possible", true },
    { NULL, "C02", "harm=none", true },
    { NULL, "C03", MISSING "risk_grade=high" },
    { NULL, "C03", "kind=police_missing_risk_changed risk_grade=high" },
    { NULL, "C03", "kind=police_missing_found risk_grade=high" },
    { NULL, "C03", "kind=police_missing_cancelled risk_grade=high", true },
    { NULL, "C03", MISSING "risk_grade=medium", true },
    { NULL, "C03", MISSING "risk_grade=high csc_status=open", true },
    { NULL, "C04", MISSING "missing_30d=3 missing_90d=3" },
    { NULL, "C04", MISSING "missing_30d=3 missing_90d=3 csc_status=lac" },
    { NULL, "C04", MISSING "missing_30d=2 missing_90d=9", true },
    { NULL, "C04", "missing_30d=3 missing_90d=3", true },
    { NULL, "C05", "csc_status=open" },
    { NULL, "C05", "csc_status=cin need_count=3" },
    { NULL, "C05", "csc_status=cp csc_threshold=met" },
    { NULL, "C05", "csc_status=lac" },
    { NULL, "C05", "csc_status=none", true },
    { NULL, "C06", "kind=csc_step_down csc_status=cin" },
    { NULL, "C06", "kind=eh_step_up", true },
    { NULL, "C07", "kind=eh_step_up eh_status=caf_taf" },
    { NULL, "C07", "kind=csc_step_down", true },
    { NULL, "A01", "kind=police_encompass" },
    { NULL, "A01", "kind=police_ppn", true },
    { NULL, "A02", "kind=police_missing_found" },
    { NULL, "A02", MISSING, true },
    { NULL, "A03", MISSING "missing_90d=3" },
    { NULL, "A03", MISSING "missing_90d=2 missing_30d=2", true },
    { NULL, "A03", "missing_90d=3", true },
    { NULL, "A04", "re_referral=true" },
    { NULL, "A04", "re_referral=false", true },
    { NULL, "A05", "consent=refused csc_threshold=not_met" },
    { NULL, "A05", "consent=refused csc_threshold=met", true },
    { NULL, "A05", "consent=not_asked csc_threshold=not_met", true },
    { NULL, "A06", "eh_status=single_agency" },
    { NULL, "A06", "eh_status=none", true },

    { "eis-2012", "EI01", "csc_threshold=met" },
    { "eis-2012", "EI01", "csc_threshold=not_met", true },
    { "eis-2012", "EI02", "risk_of_csc=high" },
    { "eis-2012", "EI02", "risk_of_csc=medium", true },
    { "eis-2012", "EI03", "need_count=3" },
    { "eis-2012", "EI03", "need_count=24" },
    { "eis-2012", "EI03", "need_count=2", true },
    { "eis-2012", "EI04", "need_count=1" },
    { "eis-2012", "EI04", "need_count=2" },
    { "eis-2012", "EI04", "need_count=0", true },
    { "eis-2012", "EI05", "info_only=true" },
    { "eis-2012", "EI05", "info_only=false", true },
    { "eis-2012", "EI99", "" },

    { "rutland-2014", "RU01", "csc_threshold=met" },
    { "rutland-2014", "RU01", "disabled=true impaired=true" },
    { "rutland-2014", "RU01", "disabled=true impaired=false", true },
    { "rutland-2014", "RU01", "disabled=false impaired=true", true },
    { "rutland-2014", "RU02", "entry=csc csc_threshold=not_met" },
    { "rutland-2014", "RU02", "entry=eh csc_threshold=not_met", true },
    { "rutland-2014", "RU02", "entry=csc csc_threshold=unsure", true },
    { "rutland-2014", "RU03", "eh_status=single_agency need_count=3" },
    { "rutland-2014", "RU03", "eh_status=single_agency need_count=2", true },
    { "rutland-2014", "RU03", "eh_status=caf_taf need_count=3", true },
    { "rutland-2014", "RU04", "need_count=3" },
    { "rutland-2014", "RU04", "need_count=3 eh_status=caf_taf" },
    { "rutland-2014", "RU04", "need_count=2", true },
    { "rutland-2014", "RU05", "need_count=1" },
    { "rutland-2014", "RU05", "need_count=2" },
    { "rutland-2014", "RU05", "need_count=0", true },
    { "rutland-2014", "RU05", "need_count=3", true },
    { "rutland-2014", "RU05", "need_count=2 single_agency_able=false", true },
    { "rutland-2014", "RU06", "need_count=1 single_agency_able=false" },
    { "rutland-2014", "RU06", "need_count=2 single_agency_able=false" },
    { "rutland-2014", "RU06", "need_count=0 single_agency_able=false", true },
    { "rutland-2014", "RU07", "info_only=true" },
    { "rutland-2014", "RU07", "info_only=false", true },
    { "rutland-2014", "RU99", "" },

    { "kent-2015", "KE01", "entry=eh csc_threshold=met" },
    { "kent-2015", "KE01", "entry=csc csc_threshold=met", true },
    { "kent-2015", "KE01", "entry=eh csc_threshold=unsure", true },
    { "kent-2015", "KE02", "entry=csc csc_threshold=met" },
    { "kent-2015", "KE02", "entry=csc csc_threshold=not_met", true },
    { "kent-2015", "KE03", MISSING "risk_grade=medium" },
    { "kent-2015", "KE03", "kind=police_missing_found risk_grade=low" },
    { "kent-2015", "KE03", "kind=police_ppn", true },
    { "kent-2015", "KE04", "level=4" },
    { "kent-2015", "KE04", "level=3", true },
    { "kent-2015", "KE05", "level=3" },
    { "kent-2015", "KE05", "level=3 need_count=1" },
    { "kent-2015", "KE05", "level=2", true },
    { "kent-2015", "KE05", "level=4", true },
    { "kent-2015", "KE06", "level=2" },
    { "kent-2015", "KE06", "level=2 need_count=3" },
    { "kent-2015", "KE06", "level=1", true },
    { "kent-2015", "KE06", "level=3", true },
    { "kent-2015", "KE07", "need_count=3" },
    { "kent-2015", "KE07", "need_count=3 level=?" },
    { "kent-2015", "KE07", "need_count=2", true },
    { "kent-2015", "KE08", "need_count=1" },
    { "kent-2015", "KE08", "need_count=2 level=?" },
    { "kent-2015", "KE08", "need_count=0", true },
    { "kent-2015", "KE09", "info_only=true" },
    { "kent-2015", "KE09", "info_only=false", true },
    { "kent-2015", "KE99", "" },
    { "kent-2015", "A10", "entry=csc csc_threshold=not_met" },
    { "kent-2015", "A10", "entry=eh csc_threshold=not_met", true },
    { "kent-2015", "A10", "entry=csc csc_threshold=met", true },

    { "wolverhampton-2018", "WO01", "csc_threshold=met" },
    { "wolverhampton-2018", "WO01", "csc_threshold=not_met", true },
    { "wolverhampton-2018", "WO02",
      "da=true csc_threshold=not_met need_count=0" },
    { "wolverhampton-2018", "WO02",
      "da=true csc_threshold=not_met need_count=2 entry=mash" },
    { "wolverhampton-2018", "WO02",
      "da=true csc_threshold=not_met need_count=3", true },
    { "wolverhampton-2018", "WO02",
      "da=false csc_threshold=not_met need_count=2", true },
    { "wolverhampton-2018", "WO02",
      "da=true csc_threshold=not_assessed need_count=2", true },
    { "wolverhampton-2018", "WO03",
      "entry=mash csc_threshold=not_met need_count=1" },
    { "wolverhampton-2018", "WO03",
      "entry=mash csc_threshold=not_met need_count=0", true },
    { "wolverhampton-2018", "WO03",
      "entry=eh csc_threshold=not_met need_count=1", true },
    { "wolverhampton-2018", "WO04", "need_count=3" },
    { "wolverhampton-2018", "WO04", "need_count=2", true },
    { "wolverhampton-2018", "WO05", "need_count=1" },
    { "wolverhampton-2018", "WO05", "need_count=2" },
    { "wolverhampton-2018", "WO05", "need_count=0", true },
    { "wolverhampton-2018", "WO06", "info_only=true" },
    { "wolverhampton-2018", "WO06", "info_only=false", true },
    { "wolverhampton-2018", "WO99", "" },
    { "wolverhampton-2018", "A20", "da=true" },
    { "wolverhampton-2018", "A20", "da=false", true },
};
#define N_ROWS (sizeof rows / sizeof rows[0])

/* ---- facts ---- */

static struct fact *
find_fact(struct fact *at, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(at[i].name, name))
            return &at[i];
    fail_msg("%.*s is no rule input", STR_ARG(name));
    return NULL;
}

static struct value
read_value(const char *word, size_t n)
{
    char text[TEXT_MAX];
    char *end;
    long i;

    (void)snprintf(text, sizeof text, "%.*s", (int)n, word);
    if (strcmp(text, "?") == 0)
        return VALUE_NONE;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return VALUE_OF_BOOL(text[0] == 't');
    i = strtol(text, &end, 10);
    if (*end == '\0')
        return VALUE_OF_INT(i);
    return VALUE_OF_TEXT(
        ((struct str){ .p = arena_copy(&arena, word, n), .n = n }));
}

/* "name=value name=value" over what is there. */
static void
set_facts(struct fact *at, const char *text)
{
    while (*text != '\0') {
        size_t name = strcspn(text, "=");
        size_t all = strcspn(text, " ");

        find_fact(at, profile_n_inputs, (struct str){ text, name })->value =
            read_value(text + name + 1, all - name - 1);
        text += all + (text[all] == ' ');
    }
}

static struct facts
facts_of(const char *text)
{
    struct fact *at = arena_array(&arena, profile_n_inputs, sizeof *at);

    for (size_t i = 0; i < profile_n_inputs; i++)
        at[i].name = str_of(profile_inputs[i].name);
    set_facts(at, calm);
    set_facts(at, text);
    return (struct facts){ .at = at, .n = profile_n_inputs };
}

/* ---- rows ---- */

static bool
is_for(const struct row *row, const char *profile)
{
    return row->profile == NULL || strcmp(row->profile, profile) == 0;
}

static bool
holds(struct texts hits, const char *rule)
{
    for (size_t i = 0; i < hits.n; i++)
        if (str_is(hits.at[i], rule))
            return true;
    return false;
}

static void
try_row(const struct profile *p, const char *profile, const struct row *row)
{
    struct facts facts = facts_of(row->facts);
    struct rule_result got;
    struct rule_result acts;

    rule_decide(&arena, &p->decisions, &facts, &got);
    rule_apply_all(&arena, &p->actions, &facts, &acts);
    assert_non_null(got.first);
    if (row->misses) {
        if (holds(got.hits, row->rule) || holds(acts.hits, row->rule))
            fail_msg("%s: %s holds for %s", profile, row->rule, row->facts);
        return;
    }
    if (!str_is(got.first->id, row->rule) && !holds(acts.hits, row->rule))
        fail_msg("%s: %s decides for %s, not %s", profile,
                 arena_copy(&arena, got.first->id.p, got.first->id.n),
                 row->facts, row->rule);
}

static void
each_row_hits_or_misses_its_rule(void **state)
{
    size_t n = 0;

    (void)state;
    for (size_t p = 0; p < N_PROFILES; p++) {
        for (size_t i = 0; i < N_ROWS; i++) {
            if (!is_for(&rows[i], names[p]))
                continue;
            try_row(&profiles[p], names[p], &rows[i]);
            n++;
        }
    }
    print_message("rows: %zu cases, of %zu rows\n", n, N_ROWS);
}

/* ---- is every row there? ---- */

static void
need_row(const char *profile, struct str rule)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (!rows[i].misses && is_for(&rows[i], profile) &&
            str_is(rule, rows[i].rule))
            return;
    fail_msg("%s: no row hits %.*s", profile, STR_ARG(rule));
}

static void
every_rule_of_every_profile_has_a_row_that_hits_it(void **state)
{
    (void)state;
    for (size_t p = 0; p < N_PROFILES; p++) {
        for (size_t i = 0; i < profiles[p].decisions.n; i++)
            need_row(names[p], profiles[p].decisions.at[i].id);
        for (size_t i = 0; i < profiles[p].actions.n; i++)
            need_row(names[p], profiles[p].actions.at[i].id);
    }
}

/* A row of this rule in which the input has this value. */
static void
need_value(const char *profile, struct str rule, struct str var, int64_t want,
           bool misses)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        struct facts facts;
        struct value v;

        if (rows[i].misses != misses || !is_for(&rows[i], profile) ||
            !str_is(rule, rows[i].rule))
            continue;
        facts = facts_of(rows[i].facts);
        v = facts_get(&facts, var);
        if (v.kind == VALUE_INT && v.i == want)
            return;
    }
    fail_msg("%s: no row %s %.*s with %.*s of %lld", profile,
             misses ? "misses" : "hits", STR_ARG(rule), STR_ARG(var),
             (long long)want);
}

static size_t
need_sides(const char *profile, const struct rule *rule,
           const struct rule_node *node)
{
    const struct rule_node *var = node->args;
    int64_t limit;

    if (node->n_args != 2 || var->op != RULE_VAR ||
        node->args[1].value.kind != VALUE_INT)
        return 0;
    limit = node->args[1].value.i;
    if (node->op == RULE_GE || node->op == RULE_LE || node->op == RULE_EQ)
        need_value(profile, rule->id, var->var, limit, false);
    else
        fail_msg("this test knows no limits of that kind: write it");
    if (node->op != RULE_LE)
        need_value(profile, rule->id, var->var, limit - 1, true);
    if (node->op == RULE_LE ||
        (node->op == RULE_EQ && limit < 4 /* the highest level */))
        need_value(profile, rule->id, var->var, limit + 1, true);
    return 1;
}

static size_t
walk_limits(const char *profile, const struct rule *rule,
            const struct rule_node *node)
{
    size_t n = need_sides(profile, rule, node);

    for (size_t i = 0; i < node->n_args; i++)
        n += walk_limits(profile, rule, &node->args[i]);
    return n;
}

static void
every_numeric_limit_has_rows_on_both_sides(void **state)
{
    size_t n = 0;

    (void)state;
    for (size_t p = 0; p < N_PROFILES; p++) {
        const struct profile *own = &profiles[p];

        for (size_t i = 0; i < own->decisions.n; i++)
            n += walk_limits(names[p], &own->decisions.at[i],
                             &own->decisions.at[i].when);
        for (size_t i = 0; i < own->actions.n; i++)
            n += walk_limits(names[p], &own->actions.at[i],
                             &own->actions.at[i].when);
    }
    print_message("limits: %zu cases, each with both sides\n", n);
    assert_int_equal(n, 24);
}

/* ---- setting up ---- */

static int
read_profiles(void **state)
{
    (void)state;
    heap_arena(&arena);
    for (size_t p = 0; p < N_PROFILES; p++) {
        struct err err = { .code = "" };
        char path[TEXT_MAX];
        struct str text;

        (void)snprintf(path, sizeof path, "profiles/%s.json", names[p]);
        if (file_read(path, PROFILE_BYTES_MAX, &arena, &text, &err) != ST_OK ||
            profile_json_read(&arena, text, &profiles[p], &err) != ST_OK) {
            print_error("%s: %s\n", path, err.text);
            return -1;
        }
    }
    return 0;
}

static int
forget_profiles(void **state)
{
    (void)state;
    heap_release(&arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_hits_or_misses_its_rule),
        cmocka_unit_test(every_rule_of_every_profile_has_a_row_that_hits_it),
        cmocka_unit_test(every_numeric_limit_has_rows_on_both_sides),
    };

    return cmocka_run_group_tests(tests, read_profiles, forget_profiles);
}
