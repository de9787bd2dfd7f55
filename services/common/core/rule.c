#include "common/core/rule.h"

#include <string.h>

static enum tri
tri_of(bool b)
{
    return b ? TRI_YES : TRI_NO;
}

static enum tri
tri_not(enum tri t)
{
    if (t == TRI_UNKNOWN)
        return TRI_UNKNOWN;
    return t == TRI_YES ? TRI_NO : TRI_YES;
}

struct str
value_text(struct arena *a, struct value v)
{
    switch (v.kind) {
    case VALUE_BOOL:
        return v.b ? STR("true") : STR("false");
    case VALUE_INT:
        return arena_printf(a, "%lld", (long long)v.i);
    case VALUE_TEXT:
        return v.text;
    case VALUE_UNKNOWN:
    case VALUE_LIST:
        break;
    }
    return STR("-");
}

bool
value_eq(struct value a, struct value b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case VALUE_BOOL:
        return a.b == b.b;
    case VALUE_INT:
        return a.i == b.i;
    case VALUE_TEXT:
        return str_eq(a.text, b.text);
    case VALUE_UNKNOWN:
        return true;
    case VALUE_LIST:
        break;
    }
    return false;
}

struct value
facts_get(const struct facts *facts, struct str name)
{
    for (size_t i = 0; i < facts->n; i++)
        if (str_eq(facts->at[i].name, name))
            return facts->at[i].value;
    return VALUE_NONE;
}

/* What an operand is worth: a constant, a fact, or the truth of a condition. */
static struct value
operand(const struct rule_node *node, const struct facts *facts)
{
    enum tri t;

    if (node->op == RULE_CONST)
        return node->value;
    if (node->op == RULE_VAR)
        return facts_get(facts, node->var);
    t = rule_eval(node, facts);
    return t == TRI_UNKNOWN ? VALUE_NONE : VALUE_OF_BOOL(t == TRI_YES);
}

static enum tri
compare(enum rule_op op, struct value a, struct value b)
{
    if (a.kind == VALUE_UNKNOWN || b.kind == VALUE_UNKNOWN)
        return TRI_UNKNOWN;
    if (op == RULE_EQ || op == RULE_NE)
        return tri_of(value_eq(a, b) == (op == RULE_EQ));
    if (a.kind != VALUE_INT || b.kind != VALUE_INT)
        return TRI_NO;
    switch (op) {
    case RULE_LT:
        return tri_of(a.i < b.i);
    case RULE_LE:
        return tri_of(a.i <= b.i);
    case RULE_GT:
        return tri_of(a.i > b.i);
    default:
        return tri_of(a.i >= b.i);
    }
}

/* Found is yes whatever else is unknown; not found among unknowns is unknown.
 */
static enum tri
is_in(struct value v, struct value list)
{
    bool unknown = false;

    if (v.kind == VALUE_UNKNOWN || list.kind != VALUE_LIST)
        return TRI_UNKNOWN;
    for (size_t i = 0; i < list.n_list; i++) {
        if (value_eq(v, list.list[i]))
            return TRI_YES;
        unknown |= list.list[i].kind == VALUE_UNKNOWN;
    }
    return unknown ? TRI_UNKNOWN : TRI_NO;
}

/* `and` ends at the first no, `or` at the first yes; else unknown if any is. */
static enum tri
junction(const struct rule_node *node, const struct facts *facts,
         enum tri ends_at)
{
    enum tri all = tri_not(ends_at);

    for (size_t i = 0; i < node->n_args; i++) {
        enum tri t = rule_eval(&node->args[i], facts);

        if (t == ends_at)
            return ends_at;
        if (t == TRI_UNKNOWN)
            all = TRI_UNKNOWN;
    }
    return all;
}

enum tri
rule_eval(const struct rule_node *node, const struct facts *facts)
{
    struct value v;

    switch (node->op) {
    case RULE_CONST:
    case RULE_VAR:
        v = operand(node, facts);
        return v.kind == VALUE_BOOL ? tri_of(v.b) : TRI_UNKNOWN;
    case RULE_EQ:
    case RULE_NE:
    case RULE_LT:
    case RULE_LE:
    case RULE_GT:
    case RULE_GE:
        return compare(node->op, operand(&node->args[0], facts),
                       operand(&node->args[1], facts));
    case RULE_IN:
        return is_in(operand(&node->args[0], facts),
                     operand(&node->args[1], facts));
    case RULE_NOT:
        return tri_not(rule_eval(&node->args[0], facts));
    case RULE_AND:
        return junction(node, facts, TRI_NO);
    case RULE_OR:
        return junction(node, facts, TRI_YES);
    }
    return TRI_UNKNOWN;
}

/* ---- checking ---- */

struct checker {
    const struct rule_input *inputs;
    size_t n_inputs;
    struct err *err;
};

static const char *
kind_name(enum value_kind kind)
{
    switch (kind) {
    case VALUE_BOOL:
        return "true or false";
    case VALUE_INT:
        return "a whole number";
    case VALUE_TEXT:
        return "a word";
    case VALUE_LIST:
        return "a list";
    case VALUE_UNKNOWN:
        break;
    }
    return "null";
}

static const struct rule_input *
find_input(const struct checker *c, struct str name)
{
    for (size_t i = 0; i < c->n_inputs; i++)
        if (str_is(name, c->inputs[i].name))
            return &c->inputs[i];
    return NULL;
}

/* The input that an operand stands for, NULL where it is none. */
static const struct rule_input *
input_of(const struct checker *c, const struct rule_node *node)
{
    return node->op == RULE_VAR ? find_input(c, node->var) : NULL;
}

static enum status check_node(const struct checker *c,
                              const struct rule_node *node,
                              enum value_kind *kind);

static enum status
check_word(const struct checker *c, const struct rule_input *input,
           struct value v)
{
    if (input == NULL || input->words == NULL || v.kind != VALUE_TEXT)
        return ST_OK;
    if (codes_find(input->words, v.text) != 0)
        return ST_OK;
    return err_set(c->err, ST_REJECT, "profile-rule",
                   "\"%.*s\" is never a value of %s", STR_ARG(v.text),
                   input->name);
}

/* Does `>= limit` hold for some of min..max and not for others? */
static bool
divides(const struct rule_input *input, int64_t limit)
{
    return limit > input->min && limit <= input->max;
}

/* `node` compares `input`, on its left or right, with the number `limit`. */
static enum status
check_limit(const struct checker *c, enum rule_op op,
            const struct rule_input *input, bool on_left, struct value limit)
{
    bool good;

    if (input == NULL || input->kind != VALUE_INT || input->min == input->max ||
        limit.kind != VALUE_INT)
        return ST_OK;
    if (op == RULE_EQ || op == RULE_NE)
        good = limit.i >= input->min && limit.i <= input->max;
    else if (op == (on_left ? RULE_GE : RULE_LE) ||
             op == (on_left ? RULE_LT : RULE_GT))
        good = divides(input, limit.i);
    else
        good = limit.i < input->max && divides(input, limit.i + 1);
    if (good)
        return ST_OK;
    return err_set(c->err, ST_REJECT, "profile-limit",
                   "%s is %lld to %lld: the limit %lld divides nothing",
                   input->name, (long long)input->min, (long long)input->max,
                   (long long)limit.i);
}

static enum status
check_pair(const struct checker *c, const struct rule_node *node)
{
    const struct rule_node *a = &node->args[0];
    const struct rule_node *b = &node->args[1];
    bool ordered = node->op != RULE_EQ && node->op != RULE_NE;
    enum value_kind ka = VALUE_UNKNOWN;
    enum value_kind kb = VALUE_UNKNOWN;
    enum status st = check_node(c, a, &ka);

    if (st == ST_OK)
        st = check_node(c, b, &kb);
    if (st != ST_OK)
        return st;
    if (ka == VALUE_UNKNOWN || kb == VALUE_UNKNOWN)
        return err_set(c->err, ST_REJECT, "profile-rule",
                       "a comparison with null is never decided");
    if (ka != kb || ka == VALUE_LIST || (ordered && ka != VALUE_INT))
        return err_set(c->err, ST_REJECT, "profile-rule",
                       "%s can't be compared with %s here", kind_name(ka),
                       kind_name(kb));
    if (a->op == RULE_VAR && b->op == RULE_VAR)
        return err_set(c->err, ST_REJECT, "profile-rule",
                       "two inputs are compared with each other");
    st = check_word(c, input_of(c, a), b->value);
    if (st == ST_OK)
        st = check_word(c, input_of(c, b), a->value);
    if (st == ST_OK)
        st = check_limit(c, node->op, input_of(c, a), true, b->value);
    return st != ST_OK
               ? st
               : check_limit(c, node->op, input_of(c, b), false, a->value);
}

static enum status
check_in(const struct checker *c, const struct rule_node *node)
{
    const struct value *list = &node->args[1].value;
    enum value_kind kind = VALUE_UNKNOWN;
    enum status st = check_node(c, &node->args[0], &kind);

    if (st != ST_OK)
        return st;
    if (node->args[1].op != RULE_CONST || list->kind != VALUE_LIST)
        return err_set(c->err, ST_REJECT, "profile-rule",
                       "the right side of \"in\" is no list");
    for (size_t i = 0; st == ST_OK && i < list->n_list; i++) {
        if (list->list[i].kind != kind)
            return err_set(c->err, ST_REJECT, "profile-rule",
                           "%s is never in a list that holds %s",
                           kind_name(kind), kind_name(list->list[i].kind));
        st = check_word(c, input_of(c, &node->args[0]), list->list[i]);
    }
    return st;
}

static enum status
check_truths(const struct checker *c, const struct rule_node *node)
{
    for (size_t i = 0; i < node->n_args; i++) {
        enum value_kind kind = VALUE_UNKNOWN;
        enum status st = check_node(c, &node->args[i], &kind);

        if (st != ST_OK)
            return st;
        if (kind != VALUE_BOOL)
            return err_set(c->err, ST_REJECT, "profile-rule",
                           "%s stands where a condition should",
                           kind_name(kind));
    }
    return ST_OK;
}

static bool
count_fits(const struct rule_node *node)
{
    switch (node->op) {
    case RULE_CONST:
    case RULE_VAR:
        return node->n_args == 0;
    case RULE_NOT:
        return node->n_args == 1;
    case RULE_AND:
    case RULE_OR:
        return node->n_args >= 1;
    default:
        return node->n_args == 2;
    }
}

static enum status
check_var(const struct checker *c, struct str name, enum value_kind *kind)
{
    const struct rule_input *input = find_input(c, name);

    if (input == NULL)
        return err_set(c->err, ST_REJECT, "profile-rule",
                       "\"%.*s\" is no rule input", STR_ARG(name));
    *kind = input->kind;
    return ST_OK;
}

static enum status
check_node(const struct checker *c, const struct rule_node *node,
           enum value_kind *kind)
{
    *kind = VALUE_BOOL;
    if (!count_fits(node))
        return err_set(c->err, ST_REJECT, "profile-rule",
                       "an operator has %zu operands", node->n_args);
    switch (node->op) {
    case RULE_CONST:
        *kind = node->value.kind;
        return ST_OK;
    case RULE_VAR:
        return check_var(c, node->var, kind);
    case RULE_IN:
        return check_in(c, node);
    case RULE_NOT:
    case RULE_AND:
    case RULE_OR:
        return check_truths(c, node);
    default:
        return check_pair(c, node);
    }
}

enum status
rule_check(const struct rule_node *node, const struct rule_input *inputs,
           size_t n_inputs, struct err *err)
{
    struct checker c = { .inputs = inputs, .n_inputs = n_inputs, .err = err };
    enum value_kind kind = VALUE_UNKNOWN;
    enum status st = check_node(&c, node, &kind);

    if (st == ST_OK && kind != VALUE_BOOL)
        return err_set(err, ST_REJECT, "profile-rule",
                       "%s stands where a condition should", kind_name(kind));
    return st;
}

/* ---- for people ---- */

static const char *
op_words(enum rule_op op)
{
    switch (op) {
    case RULE_EQ:
        return "is";
    case RULE_NE:
        return "is not";
    case RULE_LT:
        return "is below";
    case RULE_LE:
        return "is at most";
    case RULE_GT:
        return "is above";
    case RULE_GE:
        return "is at least";
    case RULE_IN:
        return "is one of";
    case RULE_AND:
        return "and";
    default:
        return "or";
    }
}

static struct str
const_words(struct arena *a, struct value v)
{
    struct str s = STR_NULL;

    if (v.kind == VALUE_BOOL)
        return v.b ? STR("always") : STR("never");
    if (v.kind != VALUE_LIST)
        return value_text(a, v);
    for (size_t i = 0; i < v.n_list; i++) {
        struct str item = value_text(a, v.list[i]);

        s = arena_printf(a, "%.*s%s%.*s", STR_ARG(s), i == 0 ? "" : ", ",
                         STR_ARG(item));
    }
    return s;
}

static bool
is_junction(enum rule_op op)
{
    return op == RULE_AND || op == RULE_OR;
}

/* An `or` inside an `and`, or the other way round, is set in brackets. */
static struct str
junction_words(struct arena *a, const struct rule_node *node)
{
    struct str s = STR_NULL;

    for (size_t i = 0; i < node->n_args; i++) {
        const struct rule_node *arg = &node->args[i];
        bool bracket = is_junction(arg->op) && arg->op != node->op &&
                       arg->n_args > 1 && node->n_args > 1;
        struct str part = rule_words(a, arg);

        s = arena_printf(a, "%.*s%s%s%s%s%.*s%s", STR_ARG(s), i == 0 ? "" : " ",
                         i == 0 ? "" : op_words(node->op), i == 0 ? "" : " ",
                         bracket ? "(" : "", STR_ARG(part), bracket ? ")" : "");
    }
    return s;
}

static struct str
pair_words(struct arena *a, const struct rule_node *node)
{
    const struct rule_node *left = &node->args[0];
    const struct rule_node *right = &node->args[1];
    bool is_truth = right->op == RULE_CONST && right->value.kind == VALUE_BOOL;
    struct str l = rule_words(a, left);
    struct str r = rule_words(a, right);

    if (is_truth && (node->op == RULE_EQ || node->op == RULE_NE))
        return right->value.b == (node->op == RULE_EQ)
                   ? l
                   : arena_printf(a, "not %.*s", STR_ARG(l));
    return arena_printf(a, "%.*s %s %.*s", STR_ARG(l), op_words(node->op),
                        STR_ARG(r));
}

struct str
rule_words(struct arena *a, const struct rule_node *node)
{
    const struct rule_node *arg = node->args;
    struct str s;

    switch (node->op) {
    case RULE_CONST:
        return const_words(a, node->value);
    case RULE_VAR:
        return node->var;
    case RULE_AND:
    case RULE_OR:
        return junction_words(a, node);
    case RULE_NOT:
        if (arg->op == RULE_EQ) {
            struct rule_node other = *arg;

            other.op = RULE_NE;
            return rule_words(a, &other);
        }
        s = rule_words(a, arg);
        return arena_printf(a, "not (%.*s)", STR_ARG(s));
    default:
        return pair_words(a, node);
    }
}

/* ---- lists of rules ---- */

/* A list of words that grows: of all that could be hit, a few are. */
struct words {
    struct arena *arena;
    struct str *at;
    size_t n;
    size_t room;
};

static void
words_add_once(struct words *w, struct str word)
{
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(w->at[i], word))
            return;
    if (w->n == w->room) {
        size_t room = w->room == 0 ? 4 : w->room * 2;
        struct str *at = arena_array(w->arena, room, sizeof *at);

        if (w->n > 0)
            memcpy(at, w->at, w->n * sizeof *at);
        w->at = at;
        w->room = room;
    }
    w->at[w->n++] = word;
}

static struct texts
words_texts(const struct words *w)
{
    return (struct texts){ .at = w->at, .n = w->n };
}

/* The unknown facts that leave `node` undecided; decided branches ask nothing.
 */
static void
collect_unknown(const struct rule_node *node, const struct facts *facts,
                struct words *ask)
{
    if (node->op == RULE_VAR) {
        if (facts_get(facts, node->var).kind == VALUE_UNKNOWN)
            words_add_once(ask, node->var);
        return;
    }
    if (node->op == RULE_CONST || rule_eval(node, facts) != TRI_UNKNOWN)
        return;
    for (size_t i = 0; i < node->n_args; i++)
        collect_unknown(&node->args[i], facts, ask);
}

static void
add_actions(struct words *w, const struct rule *rule)
{
    for (size_t i = 0; i < rule->actions.n; i++)
        words_add_once(w, rule->actions.at[i]);
}

static void
try_all(struct arena *a, const struct rules *rules, const struct facts *facts,
        bool first_decides, struct rule_result *out)
{
    struct words hits = { .arena = a };
    struct words undecided = { .arena = a };
    struct words ask = { .arena = a };
    struct words actions = { .arena = a };

    *out = (struct rule_result){ .first = NULL };
    for (size_t i = 0; i < rules->n; i++) {
        const struct rule *rule = &rules->at[i];
        enum tri t = rule_eval(&rule->when, facts);
        bool matters = out->first == NULL || !first_decides;

        if (t == TRI_UNKNOWN && matters) {
            words_add_once(&undecided, rule->id);
            collect_unknown(&rule->when, facts, &ask);
        }
        if (t != TRI_YES)
            continue;
        words_add_once(&hits, rule->id);
        if (matters)
            add_actions(&actions, rule);
        if (out->first == NULL)
            out->first = rule;
    }
    out->hits = words_texts(&hits);
    out->undecided = words_texts(&undecided);
    out->ask = words_texts(&ask);
    out->actions = words_texts(&actions);
}

void
rule_decide(struct arena *a, const struct rules *rules,
            const struct facts *facts, struct rule_result *out)
{
    try_all(a, rules, facts, true, out);
}

void
rule_apply_all(struct arena *a, const struct rules *rules,
               const struct facts *facts, struct rule_result *out)
{
    try_all(a, rules, facts, false, out);
}
