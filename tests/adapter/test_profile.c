/* Profiles and calendars as they stand in the repository, and broken ones. */
#include "common/adapters/calendar_json.h"
#include "common/adapters/profile_json.h"
#include "tests/lib/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct arena arena;
    char *text;
    size_t n;
};

static char *
read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *text;
    long size;

    if (f == NULL)
        fail_msg("%s can't be opened (run from the repository's root)", path);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    size = ftell(f);
    rewind(f);
    text = malloc((size_t)size + 1);
    assert_non_null(text);
    *n = fread(text, 1, (size_t)size, f);
    assert_int_equal(*n, size);
    text[*n] = '\0';
    (void)fclose(f);
    return text;
}

static int
begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    heap_arena(&f->arena);
    *state = f;
    return 0;
}

static int
end(void **state)
{
    struct fixture *f = *state;

    heap_release(&f->arena);
    free(f->text);
    free(f);
    return 0;
}

static struct profile
read_ok(struct fixture *f, const char *path)
{
    struct profile p;
    struct err err = { .code = "" };
    enum status st;

    free(f->text);
    f->text = read_file(path, &f->n);
    st = profile_json_read(&f->arena, (struct str){ .p = f->text, .n = f->n },
                           &p, &err);
    if (st != ST_OK)
        fail_msg("%s: %s", path, err.text);
    return p;
}

static const char *const paths[] = {
    "profiles/eis-2012.json",
    "profiles/kent-2015.json",
    "profiles/rutland-2014.json",
    "profiles/wolverhampton-2018.json",
};
#define N_PATHS (sizeof paths / sizeof paths[0])

static void
assert_same_ids(struct texts want, struct texts got, const char *what)
{
    for (size_t i = 0; i < want.n && i < got.n; i++)
        if (!str_eq(want.at[i], got.at[i]))
            fail_msg("%s %zu: want %.*s, got %.*s", what, i,
                     STR_ARG(want.at[i]), STR_ARG(got.at[i]));
    assert_int_equal(want.n, got.n);
}

static void
try_example(struct fixture *f, const struct profile *p,
            const struct profile_example *ex)
{
    struct rule_result decided;
    struct rule_result actions;

    rule_decide(&f->arena, &p->decisions, &ex->facts, &decided);
    rule_apply_all(&f->arena, &p->actions, &ex->facts, &actions);
    assert_non_null(decided.first);
    if (!str_eq(decided.first->id, ex->rule))
        fail_msg("want rule %.*s, got %.*s", STR_ARG(ex->rule),
                 STR_ARG(decided.first->id));
    assert_int_equal(decided.first->outcome, ex->outcome);
    assert_same_ids(ex->hits, decided.hits, "hit");
    assert_same_ids(ex->action_rules, actions.hits, "action rule");
}

static void
every_profile_decides_its_own_examples_as_it_says(void **state)
{
    struct fixture *f = *state;
    size_t n = 0;

    for (size_t i = 0; i < N_PATHS; i++) {
        struct profile p = read_ok(f, paths[i]);

        for (size_t k = 0; k < p.n_examples; k++, n++)
            try_example(f, &p, &p.examples[k]);
    }
    assert_int_equal(n, 18);
}

static void
every_profile_ends_in_a_rule_that_always_holds(void **state)
{
    struct fixture *f = *state;
    const struct facts nothing = { .n = 0 };

    for (size_t i = 0; i < N_PATHS; i++) {
        struct profile p = read_ok(f, paths[i]);
        struct rule_result decided;

        rule_decide(&f->arena, &p.decisions, &nothing, &decided);
        assert_ptr_equal(decided.first, &p.decisions.at[p.decisions.n - 1]);
        assert_true(decided.ask.n > 0);
    }
}

static void
every_rule_of_every_profile_names_its_source(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < N_PATHS; i++) {
        struct profile p = read_ok(f, paths[i]);

        for (size_t k = 0; k < p.decisions.n; k++)
            assert_true(p.decisions.at[k].source.n > 0);
        for (size_t k = 0; k < p.n_clocks; k++)
            assert_true(p.clocks[k].source.n > 0);
    }
}

static void
kent_has_its_44_units_and_its_numbers(void **state)
{
    struct profile p = read_ok(*state, "profiles/kent-2015.json");
    size_t units = 0;

    for (size_t i = 0; i < p.n_localities; i++)
        units += p.localities[i].n_units;
    assert_int_equal(units, 44);
    assert_int_equal(p.n_localities, 12);
    assert_true(str_is(p.la_code, "886"));
    assert_true(str_starts(p.version_id, STR("kent-2015@0.1-draft#")));
    assert_int_equal(p.version_id.n, strlen("kent-2015@0.1-draft#") + 8);
    assert_int_equal(p.count, CALENDAR_WD0);
    assert_int_equal(p.office.from_min, 9 * 60);
    assert_int_equal(p.office.to_min, 17 * 60);
    assert_int_equal(p.office.weekdays, OFFICE_MONDAY_TO_FRIDAY);
    assert_true(p.ages.from_pre_birth);
    assert_int_equal(p.ages.to_years, 25);
    assert_int_equal(p.caseload_high, 14);
    assert_int_equal(p.match_ppm, 990000);
    assert_int_equal(p.review_ppm, 500000);
    assert_int_equal(p.rationale_min_chars, 20);
    assert_true(str_is(p.routing.csc_team, "central-duty-team"));
    assert_int_equal(p.n_age_bands, 4);
    assert_int_equal(p.age_bands[2].from_years, 11);
    assert_int_equal(p.age_bands[3].to_years, -1);
    assert_int_equal(p.suppression.below, 5);
    assert_int_equal(
        p.positive_outcomes,
        SET_BIT(CLOSE_NEEDS_MET) | SET_BIT(CLOSE_STEPPED_DOWN_TO_UNIVERSAL));
    assert_true(profile_is_auto_final(&p, STR("KE03")));
    assert_false(profile_is_auto_final(&p, STR("KE05")));
}

static void
kent_has_its_clocks_and_drift(void **state)
{
    struct profile p = read_ok(*state, "profiles/kent-2015.json");
    const struct clock_spec *t2 = profile_clock(&p, "T2");
    const struct clock_spec *l6 = profile_clock(&p, "L6");

    assert_int_equal(p.n_clocks, 30);
    assert_int_equal(t2->length, 45);
    assert_int_equal(t2->unit, CLOCK_WORKING_DAYS);
    assert_int_equal(t2->n_warns, 2);
    assert_false(t2->local);
    assert_true(profile_clock(&p, "T13")->pausable);
    assert_true(profile_clock(&p, "T16")->planning);
    assert_int_equal(profile_clock(&p, "T7")->unborn_months, 3);
    assert_int_equal(profile_clock(&p, "T11")->school_start_min, 510);
    assert_int_equal(profile_clock(&p, "L1")->length, 24);
    assert_int_equal(l6->length, 24);
    assert_true(l6->local);
    assert_null(profile_clock(&p, "T99"));
    assert_int_equal(p.rag_hours.red, 4);
    assert_int_equal(p.rag_hours.green, 72);
    assert_int_equal(p.drift.intent_late_working_days, 20);
    assert_int_equal(p.drift.open_weeks_escalate, 26);
    assert_int_equal(p.drift.missing_days_alert, 90);
    assert_int_equal(p.drift.untriaged_escalate_s[1], 300);
}

static void
a_postcode_finds_its_locality_by_the_longest_prefix(void **state)
{
    static const struct {
        const char *postcode;
        const char *locality; /* NULL: the duty tray */
    } rows[] = {
        { "CT1 1AA", "canterbury" },
        { "CT11 1AA", "thanet" },
        { "CT10 1AA", "thanet" },
        { "ME14 2AB", "maidstone" },
        { "ME1 4AB", NULL },
        { "TN2 3AB", "tunbridge-wells" },
        { "TN23 1AB", "ashford" },
        { "SW1A 1AA", NULL },
        { "CT", NULL },
        { "", NULL },
    };
    struct profile p = read_ok(*state, "profiles/kent-2015.json");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct profile_locality *l =
            profile_locality_of_postcode(&p, str_of(rows[i].postcode));

        if (rows[i].locality == NULL)
            assert_null(l);
        else if (l == NULL || !str_is(l->id, rows[i].locality))
            fail_msg("%s is not in %s", rows[i].postcode, rows[i].locality);
    }
    assert_null(profile_locality_of_postcode(&p, STR_NULL));
}

static void
rutland_routes_name_the_units_that_take_an_outcome(void **state)
{
    struct profile p = read_ok(*state, "profiles/rutland-2014.json");

    assert_int_equal(p.routing.n_routes, 3);
    assert_int_equal(p.routing.routes[0].outcome, OUTCOME_SINGLE_AGENCY);
    assert_int_equal(p.routing.routes[0].units.n, 2);
    assert_int_equal(p.routing.routes[1].outcome, OUTCOME_CAF_TAF);
    assert_true(str_is(p.routing.routes[1].units.at[0], "caf"));
    assert_true(str_is(p.routing.csc_team, "csc"));
    assert_int_equal(p.n_age_bands, 0);
}

static void
the_authority_that_is_not_named_has_no_code(void **state)
{
    struct profile p = read_ok(*state, "profiles/eis-2012.json");

    assert_null(p.la_code.p);
    assert_int_equal(p.n_postcodes, 0);
    assert_true(str_is(p.routing.duty_tray, "hub-1-duty-tray"));
}

/* One text of the Kent profile replaced: what must be refused, and why. */
struct broken {
    const char *name;
    const char *from;
    const char *to;
    const char *why;
    const char *code;
};

static const struct broken broken[] = {
    { "a condition over an unknown input is refused", "{\"var\": \"harm\"}",
      "{\"var\": \"harmful\"}",
      "/decision_rules/rules/1: rule C02: \"harmful\" is no rule input",
      "profile-rule" },
    { "a condition with a word that an input never has is refused",
      "{\"var\": \"harm\"}, \"likely\"", "{\"var\": \"harm\"}, \"probable\"",
      "/decision_rules/rules/1: rule C02: \"probable\" is never a value of "
      "harm",
      "profile-rule" },
    { "a comparison of a number with a word is refused",
      "{\"var\": \"level\"}, 3", "{\"var\": \"level\"}, \"3\"",
      "/decision_rules/rules/11: rule KE05: a whole number can't be compared "
      "with a word here",
      "profile-rule" },
    { "an operator that doesn't exist is refused",
      "{\">=\": [{\"var\": \"need_count\"}, 3]}",
      "{\"=>\": [{\"var\": \"need_count\"}, 3]}",
      "/decision_rules/rules/13: rule KE07: \"=>\" is no operator",
      "profile-rule" },
    { "an outcome that doesn't exist is refused",
      "\"outcome\": \"strategy_discussion\"", "\"outcome\": \"strategy\"",
      "/decision_rules/rules/0: rule C01: \"strategy\" is no outcome",
      "profile-value" },
    { "a rule without a source is refused",
      "\"when\": true, \"outcome\": \"universal\", \"source\": "
      "\"kent-2015-cabinet-committee.txt 3.3\"",
      "\"when\": true, \"outcome\": \"universal\"",
      "/decision_rules/rules/16: rule KE99: \"source\" is missing",
      "profile-source" },
    { "two rules with one id are refused", "\"id\": \"KE05\"",
      "\"id\": \"KE02\"",
      "/decision_rules/rules/11: rule KE02: the id is there twice",
      "profile-twin" },
    { "a list that can end without a hit is refused", "\"when\": true",
      "\"when\": false",
      "/: the last decision rule must always hold (\"when\": true)",
      "profile-rule" },
    { "an auto-final rule that doesn't exist is refused", "\"C07\", \"KE03\"]",
      "\"C07\", \"KE33\"]", "/: there is no rule \"KE33\"", "profile-ref" },
    { "a clock without a length is refused", "{\"length\": 45, \"unit\"",
      "{\"unit\"", "/clocks/T2: \"length\" is missing", "profile-missing" },
    { "a clock that counts in nothing is refused",
      "{\"length\": 72, \"unit\": \"hours\"",
      "{\"length\": 72, \"unit\": \"fortnights\"",
      "/clocks/T10: \"fortnights\" is no unit", "profile-value" },
    { "a postcode that leads nowhere is refused", "\"CT1\": \"canterbury\"",
      "\"CT1\": \"cantabury\"", "/postcode_map: CT1 leads to no locality",
      "profile-ref" },
    { "a unit that is there twice is refused", "\"id\": \"ashford-2\"",
      "\"id\": \"ashford-1\"",
      "/organisation/localities/0/units: unit \"ashford-1\" is there "
      "twice",
      "profile-twin" },
    { "a setting without its source is refused",
      "\"suppression\": {\"value\": {\"below\": 5, \"secondary\": true, "
      "\"zero_shown\": true, \"audiences\": [\"scrutiny\", \"public\"]}, "
      "\"source\": \"configurable default\"}",
      "\"suppression\": {\"value\": {\"below\": 5}}",
      "/suppression: \"source\" is missing", "profile-source" },
    { "an example over a misspelt fact is refused",
      "{\"facts\": {\"csc_threshold\": \"met\"}",
      "{\"facts\": {\"threshold\": \"met\"}",
      "/examples/0: \"threshold\" is no rule input", "profile-field" },
    { "a text that ends early is refused", "\"examples\": [",
      "\"examples\": ", NULL, "profile-text" },
    /* What reading alone doesn't show. */
    { "a rule that nothing can make hold is refused",
      "{\"==\": [{\"var\": \"level\"}, 3]}",
      "{\"and\": [{\"==\": [{\"var\": \"level\"}, 3]}, "
      "{\"==\": [{\"var\": \"level\"}, 2]}]}",
      "/decision_rules/rules/11: rule KE05: no facts make it hold",
      "profile-dead" },
    { "a rule below one that holds whenever it does is refused",
      "{\">=\": [{\"var\": \"need_count\"}, 3]}",
      "{\">=\": [{\"var\": \"need_count\"}, 1]}",
      "/decision_rules/rules/14: rule KE08: whenever it holds, KE07 above it "
      "decides",
      "profile-dead" },
    { "a rule that several above it leave nothing is refused",
      "{\"==\": [{\"var\": \"level\"}, 2]}",
      "{\"<=\": [{\"var\": \"level\"}, 2]}",
      "/decision_rules/rules/13: rule KE07: the rules above it together leave "
      "it nothing to decide",
      "profile-dead" },
    { "bands that share their border are refused",
      "{\">=\": [{\"var\": \"need_count\"}, 1]}",
      "{\"and\": [{\">=\": [{\"var\": \"need_count\"}, 1]}, "
      "{\"<=\": [{\"var\": \"need_count\"}, 3]}]}",
      "/decision_rules/rules/14: rule KE08: overlaps KE07, neither being a "
      "special case of the other: both hold with need_count 3",
      "profile-overlap" },
    { "a rule that asks for more and still crosses another is refused",
      "{\"==\": [{\"var\": \"level\"}, 2]}",
      "{\"and\": [{\">=\": [{\"var\": \"level\"}, 2]}, "
      "{\"<=\": [{\"var\": \"need_count\"}, 2]}]}",
      "/decision_rules/rules/12: rule KE06: overlaps KE04, neither being a "
      "special case of the other: both hold with level 4, need_count 1",
      "profile-overlap" },
    { "an action rule that holds exactly when another does is refused",
      "{\"and\": [{\"==\": [{\"var\": \"kind\"}, \"police_missing_found\"]}]}",
      "{\"==\": [{\"var\": \"kind\"}, \"police_encompass\"]}",
      "/action_rules/rules/1: rule A02: holds exactly when A01 does",
      "profile-overlap" },
    { "a limit above what an input can be is refused",
      "{\">=\": [{\"var\": \"need_count\"}, 3]}",
      "{\">=\": [{\"var\": \"need_count\"}, 25]}",
      "/decision_rules/rules/13: rule KE07: need_count is 0 to 24: the limit "
      "25 divides nothing",
      "profile-limit" },
    { "a limit that everything reaches is refused",
      "{\">=\": [{\"var\": \"need_count\"}, 1]}",
      "{\">=\": [{\"var\": \"need_count\"}, 0]}",
      "/decision_rules/rules/14: rule KE08: need_count is 0 to 24: the limit "
      "0 divides nothing",
      "profile-limit" },
    { "a level of need that there isn't is refused", "{\"var\": \"level\"}, 4",
      "{\"var\": \"level\"}, 5",
      "/decision_rules/rules/10: rule KE04: level is 1 to 4: the limit 5 "
      "divides nothing",
      "profile-limit" },
    { "two inputs compared with each other are refused",
      "{\"var\": \"missing_30d\"}, 3",
      "{\"var\": \"missing_30d\"}, {\"var\": \"missing_90d\"}",
      "/decision_rules/rules/3: rule C04: two inputs are compared with each "
      "other",
      "profile-rule" },
    { "a misspelt member of a rule is refused",
      "\"service_type\": \"missing_follow_up\"",
      "\"servicetype\": \"missing_follow_up\"",
      "/decision_rules/rules/9: rule KE03: nothing reads \"servicetype\"",
      "profile-field" },
    { "a member that no profile has is refused",
      "\"seed\":", "\"sead\":", "/: nothing reads \"sead\"", "profile-field" },
    { "a misspelt threshold is refused", "{\"below\": 5, \"secondary\"",
      "{\"below\": 5, \"secundary\"",
      "/suppression/value: nothing reads \"secundary\"", "profile-field" },
    { "a clock that nothing starts is refused", "\"T18\": {", "\"T19\": {",
      "/clocks: there is no clock T18", "profile-missing" },
    { "a warning longer than its clock is refused",
      "\"warn\": [\"10wd\", \"3wd\"]", "\"warn\": [\"45wd\", \"3wd\"]",
      "/clocks/T2: a warning of 45 comes before a clock of 45 has started",
      "profile-limit" },
    { "a review threshold above the match is refused",
      "\"review_probability\": 0.5", "\"review_probability\": 0.995",
      "/matching: the review probability is above the match probability",
      "profile-limit" },
    { "a red no shorter than amber is refused", "\"red\": 4", "\"red\": 24",
      "/clocks/L1: red is no shorter than amber: 24 and 24", "profile-limit" },
    { "an alert after its escalation is refused", "{\"alert\": 20",
      "{\"alert\": 26",
      "/drift/D06_open_weeks: escalated before it is raised: 26 and 26",
      "profile-limit" },
    { "a threshold of nothing is refused",
      "\"D02_no_activity_days\": {\"value\": 28",
      "\"D02_no_activity_days\": {\"value\": 0",
      "/drift/D02_no_activity_days/value: want 1..100000", "profile-limit" },
    { "a limit that its clock doesn't have is refused",
      "\"D01_unallocated_working_days\": {\"value\": 2",
      "\"D01_unallocated_working_days\": {\"value\": 3",
      "/drift/D01_unallocated_working_days: the rule watches clock L2, which "
      "runs 2 working_days: 3",
      "profile-limit" },
    { "a window that nobody counts is refused", "\"days_strategy\": 30",
      "\"days_strategy\": 31",
      "/drift/D11_missing_episodes: episodes are counted in 30 and in 90 days: "
      "31 and 90",
      "profile-limit" },
    { "a clock that the rule doesn't watch is refused",
      "\"D17_encompass\": {\"value\": \"T11\"",
      "\"D17_encompass\": {\"value\": \"T12\"",
      "/drift/D17_encompass: the rule watches \"T11\"", "profile-limit" },
    { "an example that another rule decides is refused",
      "{\"facts\": {\"csc_threshold\": \"met\"}, \"rule\": \"KE01\"",
      "{\"facts\": {\"csc_threshold\": \"met\"}, \"rule\": \"KE02\"",
      "/examples/0: rule KE02: the example is decided by KE01",
      "profile-example" },
};
#define N_BROKEN (sizeof broken / sizeof broken[0])

static char *
replace(const char *text, const char *from, const char *to, size_t *n)
{
    const char *at = strstr(text, from);
    size_t before;
    char *out;

    if (at == NULL)
        fail_msg("the profile doesn't hold %s", from);
    before = (size_t)(at - text);
    *n = strlen(text) - strlen(from) + strlen(to);
    out = malloc(*n + 1);
    assert_non_null(out);
    (void)snprintf(out, *n + 1, "%.*s%s%s", (int)before, text, to,
                   at + strlen(from));
    return out;
}

static void
a_broken_profile_is_refused_with_its_place(void **state)
{
    const struct broken *row = *state;
    struct fixture f = { .text = NULL };
    struct err err = { .code = "" };
    struct profile p;
    size_t n;
    char *kent = read_file("profiles/kent-2015.json", &n);
    char *text = replace(kent, row->from, row->to, &n);
    enum status st;

    heap_arena(&f.arena);
    st = profile_json_read(&f.arena, (struct str){ .p = text, .n = n }, &p,
                           &err);
    heap_release(&f.arena);
    free(text);
    free(kent);
    assert_int_equal(st, ST_REJECT);
    if (row->why != NULL)
        assert_string_equal(err.text, row->why);
    assert_string_equal(err.code, row->code);
}

static void
the_calendar_knows_its_holidays_and_clock_changes(void **state)
{
    struct fixture *f = *state;
    struct calendar cal;
    struct err err = { .code = "" };
    date_d good_friday;
    date_d summer;
    time_ms t;

    f->text = read_file("calendars/england-and-wales.json", &f->n);
    assert_int_equal(calendar_json_read(
                         &f->arena, (struct str){ f->text, f->n }, &cal, &err),
                     ST_OK);
    assert_int_equal(cal.n, 141);
    assert_true(date_parse(STR("2015-04-03"), &good_friday));
    assert_true(date_parse(STR("2015-06-26"), &summer));
    assert_true(calendar_is_holiday(&cal, good_friday));
    assert_false(calendar_is_holiday(&cal, summer));
    assert_int_equal(
        time_parse(&cal.zone, STR("2015-06-26T07:12:05"), &t, &err), ST_OK);
    assert_int_equal(t, (time_ms)1435299125 * 1000);
    assert_int_equal(
        time_parse(&cal.zone, STR("2015-12-26T07:12:05"), &t, &err), ST_OK);
    assert_int_equal(zone_offset_s(&cal.zone, t), 0);
}

static void
a_calendar_without_its_span_is_refused(void **state)
{
    struct fixture *f = *state;
    struct calendar cal;
    struct err err = { .code = "" };

    assert_int_equal(calendar_json_read(&f->arena, STR("{}"), &cal, &err),
                     ST_REJECT);
    assert_string_equal(err.code, "calendar");
    assert_string_equal(err.text, "/: \"covers\" is missing");
}

#define OWN(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OWN(every_profile_decides_its_own_examples_as_it_says),
        OWN(every_profile_ends_in_a_rule_that_always_holds),
        OWN(every_rule_of_every_profile_names_its_source),
        OWN(kent_has_its_44_units_and_its_numbers),
        OWN(kent_has_its_clocks_and_drift),
        OWN(a_postcode_finds_its_locality_by_the_longest_prefix),
        OWN(rutland_routes_name_the_units_that_take_an_outcome),
        OWN(the_authority_that_is_not_named_has_no_code),
        OWN(the_calendar_knows_its_holidays_and_clock_changes),
        OWN(a_calendar_without_its_span_is_refused),
    };
    struct CMUnitTest refused[N_BROKEN];
    int failed = cmocka_run_group_tests_name("profiles", tests, NULL, NULL);

    for (size_t i = 0; i < N_BROKEN; i++)
        refused[i] = (struct CMUnitTest){
            .name = broken[i].name,
            .test_func = a_broken_profile_is_refused_with_its_place,
            .initial_state = (void *)(uintptr_t)&broken[i],
        };
    failed +=
        cmocka_run_group_tests_name("broken profiles", refused, NULL, NULL);
    return failed;
}
