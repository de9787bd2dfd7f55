#include "common/adapters/profile_fields.h"

#include <string.h>

/*
 * Objects by their place, `*` for any key or index, and what they may hold.
 * The first row that fits counts. "*" holds anything: words of the authority
 * for people, maps, and conditions and facts, whose names are checked where
 * they are read.
 */
static const struct {
    const char *place;
    const char *members;
} places[] = {
    { "",
      "profile version name seed la_code calendar timezone "
      "working_day_convention office_hours closure_days school_closed "
      "duty_phone terms ages organisation caseload levels_of_need matching "
      "linkage "
      "decision_rules action_rules auto_final override clocks drift "
      "positive_outcomes neutral_outcomes postcode_map suppression scorecard "
      "assessment_scale age_bands engagement_counts_when initiating_agencies "
      "example_facts_default examples" },
    { "/office_hours/value", "days from to" },
    { "/closure_days/value/*", "from to" },
    { "/school_closed/value/*", "from to" },
    { "/terms/value", "*" },
    { "/ages/value",
      "from to_years to_years_disability to_years_sen_or_care_leaver" },
    { "/organisation",
      "levels counts localities routing allocation doors panels" },
    { "/organisation/counts/value", "*" },
    { "/organisation/doors/value", "*" },
    { "/organisation/panels/value", "*" },
    { "/organisation/allocation/value", "*" },
    { "/organisation/localities/*", "id name aliases units source" },
    { "/organisation/localities/*/units/*", "id name" },
    { "/organisation/routing/value",
      "by fallback early_years_universal nfa universal single_agency caf_taf "
      "eh_intensive social_care_referral strategy_discussion existing_case "
      "step_down_offer step_up_offer" },
    { "/caseload", "norm staff_per_unit average_weeks" },
    { "/caseload/norm/value", "low high" },
    { "/levels_of_need/value/*", "level name" },
    { "/matching/value", "match_probability review_probability" },
    { "/linkage/value", "prior weights given_names surnames" },
    { "/linkage/value/weights", "*" },
    { "/linkage/value/weights/*", "*" },
    { "/linkage/value/given_names", "*" },
    { "/linkage/value/surnames", "*" },
    { "/decision_rules", "policy rules" },
    { "/decision_rules/rules/*",
      "id when outcome actions service_type to note source" },
    { "/decision_rules/rules/*/when", "*" },
    { "/action_rules", "policy rules" },
    { "/action_rules/rules/*", "id when actions note source" },
    { "/action_rules/rules/*/when", "*" },
    { "/override/value", "rationale_min_chars second_name_for_downgrade" },
    { "/clocks", "*" },
    { "/clocks/*/value",
      "length unit convention pausable warn at breach unborn_months red amber "
      "green chase_every_working_days" },
    { "/drift",
      "D01_unallocated_working_days D02_no_activity_days D03_assessment "
      "D04_plan D05_review D06_open_weeks D07_short_open_days "
      "D08_handover_working_days D09_intent_working_days "
      "D10_return_interview_hours D11_missing_episodes D12_re_referral_months "
      "D13_caseload_over D14_referrer_answer_working_days "
      "D15_tracker_review_months D16_missing_untriaged_seconds D17_encompass "
      "D18_pause_days D19_match_review D20_panel_days escalate_after" },
    { "/drift/D06_open_weeks/value", "alert escalate" },
    { "/drift/D09_intent_working_days/value", "chase_every overdue" },
    { "/drift/D11_missing_episodes/value", "count days_strategy days_alert" },
    { "/drift/D19_match_review/value", "missing_hours other_hours" },
    { "/drift/escalate_after/value",
      "district_manager_working_days head_of_service_working_days D10_hours "
      "D16_seconds" },
    { "/postcode_map/value", "*" },
    { "/suppression/value", "below secondary zero_shown audiences" },
    { "/engagement_counts_when/value", "*" },
    { "/initiating_agencies/value", "*" },
    { "/example_facts_default", "*" },
    { "/examples/*", "facts rule outcome all_hits action_rules" },
    { "/examples/*/facts", "*" },
    /* Every other object is a setting. */
    { NULL, "value source" },
};

struct walk {
    struct arena *a;
    struct json_path path;
    struct str rule;
    struct profile_fault *at;
    size_t n;
    size_t room;
};

/* Does `place` stand for the pointer `path`? A key holds no "/". */
static bool
fits(const char *place, const char *path)
{
    while (*place != '\0' && *path != '\0') {
        if (*place == '*') {
            path += strcspn(path, "/");
            place++;
        } else if (*place++ != *path++) {
            return false;
        }
    }
    return *place == '\0' && *path == '\0';
}

static const char *
members_of(const char *path)
{
    size_t i = 0;

    while (places[i].place != NULL && !fits(places[i].place, path))
        i++;
    return places[i].members;
}

static bool
has_word(const char *words, struct str word)
{
    size_t n;

    for (const char *p = words; *p != '\0'; p += n + (p[n] == ' ')) {
        n = strcspn(p, " ");
        if (n == word.n && memcmp(p, word.p, n) == 0)
            return true;
    }
    return false;
}

static void
add(struct walk *w, struct str key)
{
    if (w->n == w->room) {
        size_t room = w->room == 0 ? 8 : w->room * 2;
        struct profile_fault *at = arena_array(w->a, room, sizeof *at);

        if (w->n > 0)
            memcpy(at, w->at, w->n * sizeof *at);
        w->at = at;
        w->room = room;
    }
    w->at[w->n++] = (struct profile_fault){
        .code = "profile-field",
        .place = arena_printf(w->a, "%s", w->path.n == 0 ? "/" : w->path.text),
        .rule = arena_str(w->a, w->rule),
        .why = arena_printf(w->a, "nothing reads \"%.*s\"", STR_ARG(key)),
    };
}

static void walk(struct walk *w, const struct json *v);

static void
walk_object(struct walk *w, const struct json *v)
{
    const char *members = members_of(w->path.text);
    struct json_each each = json_each_of(v);
    struct str outer = w->rule;
    const struct json *m;
    struct str key;

    (void)json_str(json_get(v, "id"), &w->rule);
    while (json_each_next(&each, &key, &m)) {
        size_t before;

        if (strcmp(members, "*") != 0 && !has_word(members, key)) {
            add(w, key);
            continue;
        }
        before = json_path_key(&w->path, key.p);
        walk(w, m);
        json_path_back(&w->path, before);
    }
    w->rule = outer;
}

static void
walk(struct walk *w, const struct json *v)
{
    if (json_type_of(v) == JSON_T_OBJECT &&
        strstr(w->path.text, "/when") == NULL) {
        walk_object(w, v);
        return;
    }
    for (size_t i = 0; json_type_of(v) == JSON_T_ARRAY && i < json_size(v);
         i++) {
        size_t before = json_path_index(&w->path, i);

        walk(w, json_at(v, i));
        json_path_back(&w->path, before);
    }
}

void
profile_fields_check(struct arena *a, const struct json *document,
                     struct profile_faults *out)
{
    struct walk w = { .a = a, .rule = STR_NULL };

    json_path_root(&w.path);
    walk(&w, document);
    *out = (struct profile_faults){ .at = w.at, .n = w.n };
}
