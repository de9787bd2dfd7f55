#include "triage/core/ruling.h"

#include <string.h>

static bool
texts_hold(struct texts t, struct str s)
{
    for (size_t i = 0; i < t.n; i++)
        if (str_eq(t.at[i], s))
            return true;
    return false;
}

static struct texts
join(struct arena *a, struct texts one, struct texts two)
{
    struct str *at = arena_array(a, one.n + two.n, sizeof *at);
    struct texts all = { .at = at, .n = one.n };

    for (size_t i = 0; i < one.n; i++)
        at[i] = one.at[i];
    for (size_t i = 0; i < two.n; i++)
        if (!texts_hold(all, two.at[i]))
            at[all.n++] = two.at[i];
    return all;
}

void
triage_rule(struct arena *a, const struct profile *p, const struct facts *facts,
            struct ruling *out)
{
    struct rule_result rules;
    struct rule_result actions;

    rule_decide(a, &p->decisions, facts, &rules);
    rule_apply_all(a, &p->actions, facts, &actions);
    /* The last rule of a profile always holds: checked when it was read. */
    *out = (struct ruling){
        .rule_id = rules.first->id,
        .outcome = rules.first->outcome,
        .status =
            profile_is_auto_final(p, rules.first->id) && rules.undecided.n == 0
                ? DECISION_FINAL
                : DECISION_PROVISIONAL,
        .hits = rules.hits,
        .ask = rules.ask,
        .action_rules = actions.hits,
        .actions = join(a, rules.actions, actions.actions),
    };
}

/* ---- inputs as text ---- */

struct texts
triage_facts_text(struct arena *a, const struct facts *facts)
{
    struct str *at = arena_array(a, facts->n, sizeof *at);

    for (size_t i = 0; i < facts->n; i++) {
        struct str value = value_text(a, facts->at[i].value);

        at[i] = arena_printf(a, "%.*s=%.*s", STR_ARG(facts->at[i].name),
                             STR_ARG(value));
    }
    return (struct texts){ .at = at, .n = facts->n };
}

static bool
read_int(struct str text, int64_t *out)
{
    bool minus = text.n > 0 && text.p[0] == '-';
    size_t i = minus ? 1 : 0;
    int64_t n = 0;

    if (text.n == i || text.n - i > 9)
        return false;
    for (; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        n = n * 10 + (text.p[i] - '0');
    }
    *out = minus ? -n : n;
    return true;
}

static bool
read_value(const struct rule_input *input, struct str text, struct value *out)
{
    int64_t n = 0;

    *out = VALUE_NONE;
    if (str_is(text, "-"))
        return true;
    switch (input->kind) {
    case VALUE_BOOL:
        *out = VALUE_OF_BOOL(str_is(text, "true"));
        return out->b || str_is(text, "false");
    case VALUE_INT:
        if (!read_int(text, &n))
            return false;
        *out = VALUE_OF_INT(n);
        return true;
    default:
        *out = VALUE_OF_TEXT(text);
        return input->words == NULL || codes_find(input->words, text) != 0;
    }
}

static bool
read_line(struct str line, struct fact *at)
{
    const char *eq = memchr(line.p, '=', line.n);
    size_t n = eq == NULL ? line.n : (size_t)(eq - line.p);
    struct str name = { .p = line.p, .n = n };

    for (size_t i = 0; eq != NULL && i < profile_n_inputs; i++)
        if (str_is(name, profile_inputs[i].name))
            return read_value(&profile_inputs[i],
                              (struct str){ .p = eq + 1, .n = line.n - n - 1 },
                              &at[i].value);
    return false;
}

bool
triage_facts_read(struct arena *a, struct texts lines, struct facts *out)
{
    struct fact *at = arena_array(a, profile_n_inputs, sizeof *at);

    for (size_t i = 0; i < profile_n_inputs; i++)
        at[i] = (struct fact){ .name = str_of(profile_inputs[i].name) };
    *out = (struct facts){ .at = at, .n = profile_n_inputs };
    for (size_t i = 0; i < lines.n; i++)
        if (!read_line(lines.at[i], at))
            return false;
    return true;
}
