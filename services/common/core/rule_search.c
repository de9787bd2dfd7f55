#include "common/core/rule_search.h"

#include <string.h>

/* An input that the goals name, and one value of each class. */
struct variable {
    const struct rule_input *input;
    struct value *values;
    size_t n;
    size_t room;
};

struct search {
    struct arena *a;
    const struct rule_space *space;
    const struct rule_goal *goals;
    size_t n_goals;
    struct variable *vars; /* in the order in which goals name them */
    size_t n_vars;
    struct fact *facts; /* one a variable; unknown where not tried yet */
    long steps;
};

/* ---- classes ---- */

static struct variable *
variable_of(struct search *s, struct str name)
{
    for (size_t i = 0; i < s->n_vars; i++)
        if (str_is(name, s->vars[i].input->name))
            return &s->vars[i];
    for (size_t i = 0; i < s->space->n_inputs; i++) {
        if (!str_is(name, s->space->inputs[i].name))
            continue;
        s->vars[s->n_vars] = (struct variable){ .input = &s->space->inputs[i] };
        return &s->vars[s->n_vars++];
    }
    return NULL;
}

static void
add_value(struct arena *a, struct variable *v, struct value value)
{
    for (size_t i = 0; i < v->n; i++)
        if (value_eq(v->values[i], value))
            return;
    if (v->n == v->room) {
        size_t room = v->room == 0 ? 8 : v->room * 2;
        struct value *values = arena_array(a, room, sizeof *values);

        if (v->n > 0)
            memcpy(values, v->values, v->n * sizeof *values);
        v->values = values;
        v->room = room;
    }
    v->values[v->n++] = value;
}

static void
add_number(struct arena *a, struct variable *v, int64_t i)
{
    const struct rule_input *in = v->input;

    if (in->min == in->max || (i >= in->min && i <= in->max))
        add_value(a, v, VALUE_OF_INT(i));
}

static void
add_constant(struct arena *a, struct variable *v, struct value c)
{
    if (c.kind == VALUE_LIST) {
        for (size_t i = 0; i < c.n_list; i++)
            add_constant(a, v, c.list[i]);
    } else if (c.kind == VALUE_INT) {
        add_number(a, v, c.i - 1);
        add_number(a, v, c.i);
        add_number(a, v, c.i + 1);
    } else if (c.kind != VALUE_UNKNOWN) {
        add_value(a, v, c);
    }
}

/* Two inputs that a law compares have the same classes. */
static void
share_values(struct arena *a, struct variable *x, struct variable *y)
{
    for (size_t i = 0; i < x->n; i++)
        add_value(a, y, x->values[i]);
    for (size_t i = 0; i < y->n; i++)
        add_value(a, x, y->values[i]);
}

static void
collect(struct search *s, const struct rule_node *node)
{
    if (node->op == RULE_VAR)
        (void)variable_of(s, node->var);
    for (size_t i = 0; i < node->n_args; i++)
        collect(s, &node->args[i]);
    for (size_t i = 0; node->n_args == 2 && i < 2; i++) {
        const struct rule_node *var = &node->args[i];
        const struct rule_node *other = &node->args[1 - i];
        struct variable *v;

        if (var->op != RULE_VAR)
            continue;
        v = variable_of(s, var->var);
        if (v != NULL && other->op == RULE_CONST)
            add_constant(s->a, v, other->value);
    }
}

/* The class of all that no condition names. */
static void
add_other(struct arena *a, struct variable *v)
{
    const struct codes *words = v->input->words;
    size_t n = v->n;

    if (v->input->kind == VALUE_BOOL) {
        add_value(a, v, VALUE_OF_BOOL(false));
        add_value(a, v, VALUE_OF_BOOL(true));
    } else if (v->input->kind == VALUE_INT) {
        add_number(a, v, v->input->min);
        add_number(a, v, v->input->max);
    } else if (words == NULL) {
        add_value(a, v, VALUE_OF_TEXT(STR("(any other)")));
    } else {
        for (int code = 1; code <= words->n && v->n == n; code++)
            add_value(a, v, VALUE_OF_TEXT(str_of(codes_word(words, code))));
    }
}

static void
apply_law(struct search *s)
{
    const struct rule_node *law = s->space->law;

    if (law == NULL)
        return;
    collect(s, law);
    if (law->n_args == 2 && law->args[0].op == RULE_VAR &&
        law->args[1].op == RULE_VAR)
        share_values(s->a, variable_of(s, law->args[0].var),
                     variable_of(s, law->args[1].var));
}

static void
open_search(struct search *s)
{
    s->vars = arena_array(s->a, s->space->n_inputs, sizeof *s->vars);
    s->facts = arena_array(s->a, s->space->n_inputs, sizeof *s->facts);
    for (size_t i = 0; i < s->n_goals; i++)
        collect(s, s->goals[i].when);
    apply_law(s);
    for (size_t i = 0; i < s->n_vars; i++) {
        add_other(s->a, &s->vars[i]);
        s->facts[i] = (struct fact){ .name = str_of(s->vars[i].input->name) };
    }
}

/* ---- searching ---- */

/* TRI_YES: all goals met; TRI_NO: one can't be any more. */
static enum tri
met(struct search *s)
{
    const struct facts facts = { .at = s->facts, .n = s->n_vars };
    enum tri all = TRI_YES;

    for (size_t i = 0; i < s->n_goals; i++) {
        enum tri t = rule_eval(s->goals[i].when, &facts);

        s->steps++;
        if (t == TRI_UNKNOWN)
            all = TRI_UNKNOWN;
        else if (t != s->goals[i].want)
            return TRI_NO;
    }
    if (s->space->law != NULL && rule_eval(s->space->law, &facts) == TRI_NO)
        return TRI_NO;
    return all;
}

static enum rule_found
descend(struct search *s, size_t depth)
{
    enum tri t = met(s);
    enum rule_found found = RULE_NOT_FOUND;

    if (t != TRI_UNKNOWN)
        return t == TRI_YES ? RULE_FOUND : RULE_NOT_FOUND;
    if (s->steps > RULE_SEARCH_STEPS)
        return RULE_TOO_WIDE;
    if (depth == s->n_vars)
        return RULE_NOT_FOUND;
    for (size_t i = 0; found == RULE_NOT_FOUND && i < s->vars[depth].n; i++) {
        s->facts[depth].value = s->vars[depth].values[i];
        found = descend(s, depth + 1);
    }
    if (found == RULE_NOT_FOUND)
        s->facts[depth].value = VALUE_NONE;
    return found;
}

enum rule_found
rule_search(struct arena *a, const struct rule_space *space,
            const struct rule_goal *goals, size_t n, struct facts *witness)
{
    struct search s = { .a = a, .space = space, .goals = goals, .n_goals = n };
    enum rule_found found;

    open_search(&s);
    found = descend(&s, 0);
    if (witness != NULL)
        *witness = (struct facts){ .at = s.facts, .n = s.n_vars };
    return found;
}

/* ---- what conditions ask ---- */

static bool
names(const struct rule_node *node, struct str var)
{
    if (node->op == RULE_VAR)
        return str_eq(node->var, var);
    for (size_t i = 0; i < node->n_args; i++)
        if (names(&node->args[i], var))
            return true;
    return false;
}

bool
rule_asks_within(const struct rule_node *inner, const struct rule_node *outer)
{
    if (inner->op == RULE_VAR)
        return names(outer, inner->var);
    for (size_t i = 0; i < inner->n_args; i++)
        if (!rule_asks_within(&inner->args[i], outer))
            return false;
    return true;
}
