#include "cli/why_rules.h"

#include <stdio.h>

#include "common/core/codes.h"
#include "tracker/core/third_need.h"
#include "triage/core/go_live.h"
#include "triage/core/ruling.h"

#define NAMES_MAX 32 /* inputs that one condition names */

/* What was superseded, or taken over as it stood: no rule saw it. */
static bool
is_ruled(const struct why_decision *d)
{
    return !str_is(d->rule_id, "W12") && !str_is(d->rule_id, GO_LIVE_RULE);
}

/* Every input that a condition names, once. */
static size_t
names_of(const struct rule_node *node, struct str *names, size_t n)
{
    if (node->op == RULE_VAR) {
        for (size_t i = 0; i < n; i++)
            if (str_eq(names[i], node->var))
                return n;
        if (n < NAMES_MAX)
            names[n++] = node->var;
        return n;
    }
    for (size_t i = 0; i < node->n_args; i++)
        n = names_of(&node->args[i], names, n);
    return n;
}

/* "level=3, harm=-" */
static struct str
values_of(struct arena *a, const struct rule *rule, const struct facts *facts)
{
    struct str names[NAMES_MAX];
    size_t n = names_of(&rule->when, names, 0);
    struct str text = STR("");

    for (size_t i = 0; i < n; i++) {
        struct str value = value_text(a, facts_get(facts, names[i]));

        text =
            arena_printf(a, "%.*s%s%.*s=%.*s", STR_ARG(text),
                         i == 0 ? "" : ", ", STR_ARG(names[i]), STR_ARG(value));
    }
    return text;
}

static const char *
verdict(enum tri truth)
{
    return truth == TRI_YES ? "holds" : truth == TRI_NO ? "no" : "unknown";
}

static void
print_table(struct arena *a, const struct rules *rules,
            const struct facts *facts, struct str decides)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct rule *rule = &rules->at[i];
        struct str when = rule_words(a, &rule->when);
        struct str values = values_of(a, rule, facts);

        printf("  %-5.*s %-7s if %.*s%s%.*s%s%s\n", STR_ARG(rule->id),
               verdict(rule_eval(&rule->when, facts)), STR_ARG(when),
               values.n == 0 ? "" : "  [", STR_ARG(values),
               values.n == 0 ? "" : "]",
               str_eq(rule->id, decides) ? "  <- decides" : "");
    }
}

void
why_rules_print(struct arena *a, const struct profile *p,
                const struct why_decision *d)
{
    struct facts facts;

    printf("%-19s %.*s\n%-19s %.*s\n", "profile_version",
           STR_ARG(p->version_id), "profile_hash", STR_ARG(p->hash));
    if (!is_ruled(d) || !triage_facts_read(a, d->inputs, &facts)) {
        printf("no rule was tried: %.*s\n", STR_ARG(d->rule_id));
        return;
    }
    printf("\nrules, in the order in which they are tried\n");
    print_table(a, &p->decisions, &facts, d->rule_id);
    printf("\naction rules, all that hold apply\n");
    print_table(a, &p->actions, &facts, d->rule_id);
    for (size_t i = 0; i < d->ask.n; i++)
        printf("%s%.*s", i == 0 ? "\nto be asked for: " : ", ",
               STR_ARG(d->ask.at[i]));
    if (d->ask.n > 0)
        printf("\n");
}

static void
table_json(struct json_out *out, struct arena *a, const char *key,
           const struct rules *rules, const struct facts *facts)
{
    json_out_key(out, key);
    json_out_array(out);
    for (size_t i = 0; i < rules->n; i++) {
        const struct rule *rule = &rules->at[i];

        json_out_object(out);
        json_out_kstr(out, "rule", rule->id);
        json_out_kcstr(out, "is", verdict(rule_eval(&rule->when, facts)));
        json_out_kstr(out, "if", rule_words(a, &rule->when));
        json_out_kstr(out, "saw", values_of(a, rule, facts));
        json_out_kstr(out, "source", rule->source);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

void
why_rules_json(struct json_out *out, struct arena *a, const struct profile *p,
               const struct why_decision *d)
{
    struct facts facts;

    json_out_kstr(out, "profile_version", p->version_id);
    json_out_kstr(out, "profile_hash", p->hash);
    json_out_kstr(out, "rule", d->rule_id);
    if (!is_ruled(d) || !triage_facts_read(a, d->inputs, &facts))
        return;
    table_json(out, a, "rules", &p->decisions, &facts);
    table_json(out, a, "action_rules", &p->actions, &facts);
    json_out_key(out, "ask");
    json_out_array(out);
    for (size_t i = 0; i < d->ask.n; i++)
        json_out_str(out, d->ask.at[i]);
    json_out_array_end(out);
}

/* ---- once more ---- */

static struct str
joined(struct arena *a, struct texts t)
{
    struct str s = STR("");

    for (size_t i = 0; i < t.n; i++)
        s = arena_printf(a, "%.*s%s%.*s", STR_ARG(s), i == 0 ? "" : ",",
                         STR_ARG(t.at[i]));
    return s;
}

/* Adds "what: then A, now B" where they differ. */
static void
hold(struct arena *a, struct str *all, const char *what, struct str then,
     struct str now)
{
    if (!str_eq(then, now))
        *all = arena_printf(a, "%.*s%s%s: then %.*s, now %.*s", STR_ARG(*all),
                            all->n == 0 ? "differs: " : "; ", what,
                            STR_ARG(then), STR_ARG(now));
}

struct str
why_replay(struct arena *a, const struct profile *p,
           const struct why_decision *d)
{
    struct str all = STR("");
    struct ruling now;
    struct facts facts;

    if (!is_ruled(d))
        return STR_NULL;
    if (!triage_facts_read(a, d->inputs, &facts))
        return STR("differs: the stored inputs can't be read");
    triage_rule(a, p, &facts, &now);
    hold(a, &all, "rule", d->rule_id, now.rule_id);
    hold(a, &all, "outcome",
         str_of(codes_word(&codes_outcome, d->rule_outcome)),
         str_of(codes_word(&codes_outcome, now.outcome)));
    hold(a, &all, "hits", joined(a, d->hits), joined(a, now.hits));
    hold(a, &all, "asked for", joined(a, d->ask), joined(a, now.ask));
    hold(a, &all, "action rules", joined(a, d->action_rules),
         joined(a, now.action_rules));
    return all.n == 0 ? STR_NULL : all;
}

/* ---- the third need, where tracker triggered it ---- */

/* The rule that was found, as a table of one; none where it is no more. */
static struct rules
only(const struct profile *p, struct str id)
{
    for (size_t i = 0; i < p->decisions.n; i++)
        if (str_eq(p->decisions.at[i].id, id))
            return (struct rules){ .at = &p->decisions.at[i], .n = 1 };
    return (struct rules){ .at = NULL, .n = 0 };
}

void
why_third_need_print(struct arena *a, const struct profile *p,
                     const struct why_third_need *t)
{
    const struct rules rules = only(p, t->rule_id);
    struct facts facts;

    if (triage_facts_read(a, t->inputs, &facts))
        print_table(a, &rules, &facts, t->rule_id);
}

void
why_third_need_json(struct json_out *out, struct arena *a,
                    const struct profile *p, const struct why_third_need *t)
{
    const struct rules rules = only(p, t->rule_id);
    struct facts facts;

    json_out_kstr(out, "profile_hash", p->hash);
    if (triage_facts_read(a, t->inputs, &facts))
        table_json(out, a, "rules", &rules, &facts);
}

struct str
why_third_need_replay(struct arena *a, const struct profile *p,
                      const struct why_third_need *t)
{
    struct str all = STR("");
    const struct rule *now;
    struct facts facts;

    if (!triage_facts_read(a, t->inputs, &facts))
        return STR("differs: the stored inputs can't be read");
    now = third_need_rule(p, &facts);
    hold(a, &all, "rule", t->rule_id, now == NULL ? STR("none") : now->id);
    hold(a, &all, "outcome", str_of(codes_word(&codes_outcome, t->outcome)),
         now == NULL ? STR("none")
                     : str_of(codes_word(&codes_outcome, now->outcome)));
    return all.n == 0 ? STR_NULL : all;
}
