/* waymark profile: is a threshold framework sound; the same as a table; from
 * now on. */
#include <stdio.h>
#include <string.h>

#include "cli/activate.h"
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/json.h"
#include "common/adapters/profile_json.h"
#include "common/core/codes.h"

struct sheet {
    struct cli *cli;
    const char *path;
    struct profile profile;
    struct profile_faults faults;
};

static enum status
read_sheet(struct sheet *s, struct err *err)
{
    struct str text;
    enum status st =
        file_read(s->path, PROFILE_BYTES_MAX, s->cli->arena, &text, err);

    if (st == ST_OK)
        st = profile_json_check(s->cli->arena, text, &s->profile, &s->faults,
                                err);
    return st;
}

/* ---- the table --------------------------------------------------------- */

static void
print_list(const char *title, struct texts words)
{
    if (words.n == 0)
        return;
    printf("%-11s %-22s %s ", "", "", title);
    for (size_t i = 0; i < words.n; i++)
        printf("%s%.*s", i == 0 ? "" : ", ", STR_ARG(words.at[i]));
    printf("\n");
}

static void
print_line(const char *title, struct str text)
{
    if (text.p != NULL)
        printf("%-11s %-22s %s %.*s\n", "", "", title, STR_ARG(text));
}

static void
print_rule(const struct sheet *s, size_t i, const struct rule *rule)
{
    struct str when = rule_words(s->cli->arena, &rule->when);
    const char *outcome =
        rule->outcome == 0 ? "" : codes_word(&codes_outcome, rule->outcome);

    printf("%3zu  %-6.*s %-22s if %.*s\n", i + 1, STR_ARG(rule->id), outcome,
           STR_ARG(when));
    print_list("do", rule->actions);
    print_line("service", rule->service_type);
    print_line("to", rule->to);
    if (rule->outcome != 0 && profile_is_auto_final(&s->profile, rule->id))
        print_line("final without a person", STR(""));
    print_line("note", rule->note);
    print_line("source", rule->source);
}

static void
print_rules(const struct sheet *s, const char *title, const struct rules *rules)
{
    printf("\n%s\n", title);
    for (size_t i = 0; i < rules->n; i++)
        print_rule(s, i, &rules->at[i]);
}

static struct str
warn_words(struct arena *a, const struct clock_spec *spec)
{
    static const char *const units[] = {
        [CLOCK_WARN_WORKING_DAYS] = "wd",
        [CLOCK_WARN_DAYS] = "d",
        [CLOCK_WARN_HOURS] = "h",
        [CLOCK_WARN_PERCENT] = "%",
    };
    struct str s = STR("-");

    for (size_t i = 0; i < spec->n_warns; i++)
        s = arena_printf(a, "%.*s%s%d%s", i == 0 ? 0 : (int)s.n, s.p,
                         i == 0 ? "" : " ", spec->warns[i].amount,
                         units[spec->warns[i].unit]);
    return s;
}

static struct str
length_words(struct arena *a, const struct clock_spec *spec)
{
    if (spec->unit == CLOCK_SCHOOL_START)
        return arena_printf(a, "next school day %02d:%02d",
                            spec->school_start_min / 60,
                            spec->school_start_min % 60);
    if (spec->unit == CLOCK_WORKING_DAYS)
        return arena_printf(a, "%d working days (%s)", spec->length,
                            spec->count == CALENDAR_WD0 ? "wd0" : "wd1");
    return arena_printf(a, "%d %s", spec->length, clock_unit_name(spec->unit));
}

static void
print_clocks(const struct sheet *s)
{
    struct arena *a = s->cli->arena;
    const struct profile *p = &s->profile;

    printf("\nClocks\n");
    for (size_t i = 0; i < p->n_clocks; i++) {
        const struct clock_spec *spec = &p->clocks[i].spec;
        struct str length = length_words(a, spec);

        printf("     %-6s %-22.*s %-6s warn %-9.*s %.*s\n", spec->id,
               STR_ARG(length),
               spec->pausable   ? "pauses"
               : spec->planning ? "plan"
                                : "",
               STR_ARG(warn_words(a, spec)), STR_ARG(p->clocks[i].source));
    }
    printf("     L1 and L6 by colour: red %d, amber %d, green %d\n",
           p->rag_hours.red, p->rag_hours.amber, p->rag_hours.green);
}

static void
print_sheet(const struct sheet *s)
{
    const struct profile *p = &s->profile;

    printf("%.*s, %.*s\n", STR_ARG(p->name), STR_ARG(p->version_id));
    print_rules(s, "Decision rules: the first that holds decides",
                &p->decisions);
    print_rules(s, "Action rules: all that hold apply", &p->actions);
    print_clocks(s);
    printf("\nSame child from %d.%04d %%, review from %d.%04d %%\n",
           p->match_ppm / 10000, p->match_ppm % 10000, p->review_ppm / 10000,
           p->review_ppm % 10000);
}

static void
rules_json(const struct sheet *s, struct json_out *o, const char *key,
           const struct rules *rules)
{
    json_out_key(o, key);
    json_out_array(o);
    for (size_t i = 0; i < rules->n; i++) {
        const struct rule *rule = &rules->at[i];

        json_out_object(o);
        json_out_kstr(o, "rule", rule->id);
        json_out_kstr(o, "if", rule_words(s->cli->arena, &rule->when));
        json_out_key(o, "when");
        json_out_raw(o, rule->text);
        if (rule->outcome != 0)
            json_out_kcstr(o, "outcome",
                           codes_word(&codes_outcome, rule->outcome));
        json_out_key(o, "actions");
        json_out_array(o);
        for (size_t k = 0; k < rule->actions.n; k++)
            json_out_str(o, rule->actions.at[k]);
        json_out_array_end(o);
        json_out_kbool(o, "auto_final",
                       profile_is_auto_final(&s->profile, rule->id));
        json_out_kstr(o, "source", rule->source);
        json_out_object_end(o);
    }
    json_out_array_end(o);
}

static void
sheet_json(const struct sheet *s, struct json_out *o)
{
    json_out_kstr(o, "version", s->profile.version_id);
    rules_json(s, o, "decision_rules", &s->profile.decisions);
    rules_json(s, o, "action_rules", &s->profile.actions);
}

/* ---- faults ------------------------------------------------------------ */

static void
print_faults(const struct sheet *s)
{
    for (size_t i = 0; i < s->faults.n; i++) {
        const struct profile_fault *f = &s->faults.at[i];

        printf("%s: %s: ", s->path, f->code);
        if (f->rule.p != NULL)
            printf("rule %.*s: ", STR_ARG(f->rule));
        printf("%.*s (%.*s)\n", STR_ARG(f->why), STR_ARG(f->place));
    }
}

static void
faults_json(const struct sheet *s, struct json_out *o)
{
    json_out_key(o, "faults");
    json_out_array(o);
    for (size_t i = 0; i < s->faults.n; i++) {
        const struct profile_fault *f = &s->faults.at[i];

        json_out_object(o);
        json_out_kcstr(o, "code", f->code);
        json_out_kstr(o, "rule", f->rule);
        json_out_kstr(o, "place", f->place);
        json_out_kstr(o, "why", f->why);
        json_out_object_end(o);
    }
    json_out_array_end(o);
}

static void
print_checked(const struct sheet *s)
{
    const struct profile *p = &s->profile;

    if (s->faults.n > 0) {
        print_faults(s);
        printf("%s: refused: %zu faults\n", s->path, s->faults.n);
        return;
    }
    print_sheet(s);
    printf("\n%s: sound: %zu decision rules, %zu action rules, %zu clocks, "
           "%zu examples; every rule can decide, none overlap; order decides "
           "in %zu pairs\n",
           s->path, p->decisions.n, p->actions.n, p->n_clocks, p->n_examples,
           profile_ordered_pairs(s->cli->arena, p));
}

/* ---- the verb ---------------------------------------------------------- */

static void
print_json(const struct sheet *s)
{
    struct json_out o;
    struct str text;

    json_out_init(&o, s->cli->arena);
    json_out_object(&o);
    json_out_kcstr(&o, "file", s->path);
    faults_json(s, &o);
    if (s->faults.n == 0)
        sheet_json(s, &o);
    json_out_object_end(&o);
    text = json_out_text(&o);
    printf("%.*s\n", STR_ARG(text));
}

static enum cli_exit
look_at(struct cli *cli, const char *path, bool show)
{
    struct sheet s = { .cli = cli, .path = path };
    struct err err = { .code = "" };
    enum status st = read_sheet(&s, &err);

    if (st != ST_OK)
        return cli_fail(cli, st, &err);
    if (cli_flag(cli, "json"))
        print_json(&s);
    else if (show && s.faults.n == 0)
        print_sheet(&s);
    else
        print_checked(&s);
    return s.faults.n == 0 ? CLI_DONE : CLI_DIFFERENT;
}

static enum cli_exit
run(struct cli *cli)
{
    bool show = strcmp(cli->words[0], "show") == 0;
    enum cli_exit worst = CLI_DONE;

    if (strcmp(cli->words[0], "activate") == 0)
        return activate_run(cli);
    if (!show && strcmp(cli->words[0], "check") != 0)
        return cli_usage(cli, "\"%s\": want check, show or activate",
                         cli->words[0]);
    for (size_t i = 1; i < cli->n_words; i++) {
        enum cli_exit code = look_at(cli, cli->words[i], show);

        if (code > worst)
            worst = code;
    }
    return worst;
}

const struct verb verb_profile = {
    .name = "profile",
    .words = "check|show FILE... | activate FILE --by NAME --second NAME",
    .help = "is a threshold framework sound; the same as a table; from now on",
    .min_words = 2,
    .max_words = 64,
    .options = {
        { .name = "by", .value = "NAME", .help = "who activates" },
        { .name = "second", .value = "NAME", .help = "who agrees: another" },
        ASK_OPTIONS,
    },
    .prints_data = true,
    .run = run,
};
