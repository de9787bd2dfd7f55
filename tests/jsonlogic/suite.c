/*
 * The published JsonLogic tests through our own evaluator.
 *
 * Usage: suite FILE. Each test is [rule, data, result]. A test is left out
 * where a profile with that rule would be refused: by the reader, or by
 * rule_check. What is not refused must come out as published. Prints both by
 * operator, with the reason, and ends with 1 where one came out otherwise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/authorities.h"
#include "common/adapters/json.h"
#include "common/adapters/rule_json.h"
#include "common/core/rule.h"
#include "common/engine/memory.h"

enum { SUITE_BYTES_MAX = 1 << 20, FACTS_MAX = 64, ROWS_MAX = 64 };

/* Operators without which conditions of thresholds do, and why. */
static const struct {
    const char *op;
    const char *why;
} left_out[] = {
    { "?:", "chooses a value; a rule's outcome stands beside its condition" },
    { "if", "chooses a value; a rule's outcome stands beside its condition" },
    { "!!", "makes a truth of any value; only true and false are conditions" },
    { "cat", "builds texts; nothing in a threshold is built from texts" },
    { "substr", "takes texts apart; words are compared whole" },
    { "%", "arithmetic; counts are facts, made by triage" },
    { "+", "arithmetic; counts are facts, made by triage" },
    { "-", "arithmetic; counts are facts, made by triage" },
    { "*", "arithmetic; counts are facts, made by triage" },
    { "/", "arithmetic; counts are facts, made by triage" },
    { "max", "arithmetic; counts are facts, made by triage" },
    { "min", "arithmetic; counts are facts, made by triage" },
    { "merge", "builds lists; facts are single values" },
    { "map", "walks lists; facts are single values" },
    { "filter", "walks lists; facts are single values" },
    { "reduce", "walks lists; facts are single values" },
    { "all", "walks lists; facts are single values" },
    { "none", "walks lists; facts are single values" },
    { "some", "walks lists; facts are single values" },
    { "missing", "what is unknown makes a condition undecided by itself" },
    { "missing_some", "what is unknown makes a condition undecided by itself" },
};
#define N_LEFT_OUT (sizeof left_out / sizeof left_out[0])

struct row {
    char op[16];
    char why[160];
    int n;
};

struct suite {
    struct arena *a;
    struct row passed[ROWS_MAX];
    struct row skipped[ROWS_MAX];
    size_t n_passed_rows;
    size_t n_skipped_rows;
    int n_passed;
    int n_skipped;
    int n_failed;
    struct fact facts[FACTS_MAX];
    struct rule_input inputs[FACTS_MAX];
    size_t n_facts;
};

static void
count(struct row *rows, size_t *n, const char *op, const char *why)
{
    size_t i = 0;

    while (i < *n &&
           (strcmp(rows[i].op, op) != 0 || strcmp(rows[i].why, why) != 0))
        i++;
    if (i == ROWS_MAX)
        abort();
    if (i == *n) {
        (void)snprintf(rows[i].op, sizeof rows[i].op, "%s", op);
        (void)snprintf(rows[i].why, sizeof rows[i].why, "%s", why);
        (*n)++;
    }
    rows[i].n++;
}

/* ---- operators ---- */

static int
find_left_out(const struct json *rule)
{
    struct json_each each = json_each_of(rule);
    const struct json *v;
    struct str key;

    while (json_each_next(&each, &key, &v)) {
        int inner;

        for (size_t i = 0; i < N_LEFT_OUT; i++)
            if (str_is(key, left_out[i].op))
                return (int)i;
        inner = find_left_out(v);
        if (inner >= 0)
            return inner;
    }
    for (size_t i = 0;
         json_type_of(rule) == JSON_T_ARRAY && i < json_size(rule); i++) {
        int inner = find_left_out(json_at(rule, i));

        if (inner >= 0)
            return inner;
    }
    return -1;
}

static const char *
top_operator(struct suite *s, const struct json *rule)
{
    struct json_each each = json_each_of(rule);
    const struct json *v;
    struct str key;

    if (!json_each_next(&each, &key, &v))
        return "(constant)";
    return arena_copy(s->a, key.p, key.n);
}

/* ---- data ---- */

static struct value
value_of(struct suite *s, const struct json *v)
{
    struct value out = VALUE_NONE;
    struct value *list;

    if (json_bool(v, &out.b))
        out.kind = VALUE_BOOL;
    else if (json_int(v, &out.i))
        out.kind = VALUE_INT;
    else if (json_str(v, &out.text))
        out.kind = VALUE_TEXT;
    if (json_type_of(v) != JSON_T_ARRAY)
        return out;
    list = arena_array(s->a, json_size(v), sizeof *list);
    for (size_t i = 0; i < json_size(v); i++)
        list[i] = value_of(s, json_at(v, i));
    return (struct value){ .kind = VALUE_LIST,
                           .list = list,
                           .n_list = json_size(v) };
}

static void
add_fact(struct suite *s, struct str name, struct value v)
{
    if (s->n_facts == FACTS_MAX)
        abort();
    s->inputs[s->n_facts] =
        (struct rule_input){ .name = arena_copy(s->a, name.p, name.n),
                             .kind = v.kind };
    s->facts[s->n_facts++] = (struct fact){ .name = name, .value = v };
}

/* {"a": {"b": 1}} is the fact "a.b", ["x"] the fact "0". */
static void
add_facts(struct suite *s, struct str prefix, const struct json *data)
{
    struct json_each each = json_each_of(data);
    const char *dot = prefix.n == 0 ? "" : ".";
    const struct json *v;
    struct str key;

    while (json_each_next(&each, &key, &v))
        add_facts(s,
                  arena_printf(s->a, "%.*s%s%.*s", STR_ARG(prefix), dot,
                               STR_ARG(key)),
                  v);
    for (size_t i = 0;
         json_type_of(data) == JSON_T_ARRAY && i < json_size(data); i++)
        add_facts(s, arena_printf(s->a, "%.*s%s%zu", STR_ARG(prefix), dot, i),
                  json_at(data, i));
    if (json_type_of(data) != JSON_T_OBJECT &&
        json_type_of(data) != JSON_T_ARRAY && prefix.n > 0)
        add_fact(s, prefix, value_of(s, data));
}

/* ---- one test ---- */

static bool
same_value(struct value x, struct value y)
{
    if (x.kind != VALUE_LIST || y.kind != VALUE_LIST)
        return value_eq(x, y);
    for (size_t i = 0; i < x.n_list && i < y.n_list; i++)
        if (!same_value(x.list[i], y.list[i]))
            return false;
    return x.n_list == y.n_list;
}

static struct value
evaluate(const struct rule_node *node, const struct facts *facts)
{
    enum tri t;

    if (node->op == RULE_CONST)
        return node->value;
    if (node->op == RULE_VAR)
        return facts_get(facts, node->var);
    t = rule_eval(node, facts);
    return t == TRI_UNKNOWN ? VALUE_NONE : VALUE_OF_BOOL(t == TRI_YES);
}

static void
write_json(struct json_out *o, const struct json *v)
{
    struct json_each each = json_each_of(v);
    char number[JSON_NUMBER_SIZE];
    const struct json *m;
    struct str key;
    bool b;

    if (json_type_of(v) == JSON_T_OBJECT) {
        json_out_object(o);
        while (json_each_next(&each, &key, &m)) {
            json_out_key(o, key.p);
            write_json(o, m);
        }
        json_out_object_end(o);
    } else if (json_type_of(v) == JSON_T_ARRAY) {
        json_out_array(o);
        for (size_t i = 0; i < json_size(v); i++)
            write_json(o, json_at(v, i));
        json_out_array_end(o);
    } else if (json_str(v, &key)) {
        json_out_str(o, key);
    } else if (json_bool(v, &b)) {
        json_out_bool(o, b);
    } else if (json_number_text(v, number)) {
        json_out_number(o, number);
    } else {
        json_out_null(o);
    }
}

static struct str
rule_text(struct suite *s, const struct json *rule)
{
    struct json_out o;

    json_out_init(&o, s->a);
    write_json(&o, rule);
    return json_out_text(&o);
}

/* "/: a reason": the reason. */
static const char *
reason(const struct err *err)
{
    return strncmp(err->text, "/: ", 3) == 0 ? err->text + 3 : err->text;
}

static void
try_test(struct suite *s, const struct json *test)
{
    const struct json *rule = json_at(test, 0);
    const char *op = top_operator(s, rule);
    int lacks = find_left_out(rule);
    struct err err = { .code = "" };
    struct facts facts;
    struct rule_node node;

    if (lacks >= 0) {
        s->n_skipped++;
        count(s->skipped, &s->n_skipped_rows, left_out[lacks].op,
              left_out[lacks].why);
        return;
    }
    s->n_facts = 0;
    add_facts(s, STR(""), json_at(test, 1));
    facts = (struct facts){ .at = s->facts, .n = s->n_facts };
    if (rule_json_read(s->a, rule_text(s, rule), &node, &err) != ST_OK ||
        (node.op != RULE_CONST && node.op != RULE_VAR &&
         rule_check(&node, s->inputs, s->n_facts, &err) != ST_OK)) {
        s->n_skipped++;
        count(s->skipped, &s->n_skipped_rows, op, reason(&err));
        return;
    }
    if (same_value(evaluate(&node, &facts), value_of(s, json_at(test, 2)))) {
        s->n_passed++;
        count(s->passed, &s->n_passed_rows, op, "");
        return;
    }
    s->n_failed++;
    printf("differs: %s\n", rule_text(s, test).p);
}

/* ---- all ---- */

static void
print_rows(const char *title, const struct row *rows, size_t n)
{
    printf("%s\n", title);
    for (size_t i = 0; i < n; i++)
        printf("  %4d  %-13s %s\n", rows[i].n, rows[i].op, rows[i].why);
}

static int
run(struct suite *s, const char *path)
{
    struct err err = { .code = "" };
    struct json *doc = NULL;
    struct str text;

    if (file_read(path, SUITE_BYTES_MAX, s->a, &text, &err) != ST_OK ||
        json_parse(text, SUITE_BYTES_MAX, &doc, &err) != ST_OK) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        return 1;
    }
    for (size_t i = 0; i < json_size(doc); i++)
        if (json_type_of(json_at(doc, i)) == JSON_T_ARRAY)
            try_test(s, json_at(doc, i));
    json_free(doc);
    print_rows("passed, by operator", s->passed, s->n_passed_rows);
    print_rows("left out: a profile that has it is refused", s->skipped,
               s->n_skipped_rows);
    printf("jsonlogic: %d passed, %d failed, %d left out of %d\n", s->n_passed,
           s->n_failed, s->n_skipped, s->n_passed + s->n_failed + s->n_skipped);
    return s->n_failed == 0 && s->n_passed > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    static struct suite s;
    int rc;

    if (argc != 2) {
        fprintf(stderr, "usage: suite FILE\n");
        return 2;
    }
    s.a = memory_open(1 << 26);
    if (s.a == NULL)
        return 3;
    rc = run(&s, argv[1]);
    memory_close(s.a);
    return rc;
}
