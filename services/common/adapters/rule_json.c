#include "common/adapters/rule_json.h"

static const struct {
    const char *word;
    enum rule_op op;
} operators[] = {
    { "==", RULE_EQ },
    { "!=", RULE_NE },
    { "<", RULE_LT },
    { "<=", RULE_LE },
    { ">", RULE_GT },
    { ">=", RULE_GE },
    { "in", RULE_IN },
    { "!", RULE_NOT },
    { "and", RULE_AND },
    { "or", RULE_OR },
    { "var", RULE_VAR },
    /* Types are never converted here: the strict operators are the same. */
    { "===", RULE_EQ },
    { "!==", RULE_NE },
};

static bool
find_operator(struct str word, enum rule_op *op)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (str_is(word, operators[i].word)) {
            *op = operators[i].op;
            return true;
        }
    }
    return false;
}

static struct value
read_list(struct reader *r, const struct json *v)
{
    size_t n = json_size(v);
    struct value *list = arena_array(r->a, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i] = rule_json_value(r, json_at(v, i));
        if (list[i].kind == VALUE_LIST)
            reader_fail_as(r, "profile-rule", "a list inside a list");
    }
    return (struct value){ .kind = VALUE_LIST, .list = list, .n_list = n };
}

struct value
rule_json_value(struct reader *r, const struct json *v)
{
    struct value out = VALUE_NONE;

    switch (json_type_of(v)) {
    case JSON_T_NULL:
        return out;
    case JSON_T_BOOL:
        out.kind = VALUE_BOOL;
        (void)json_bool(v, &out.b);
        return out;
    case JSON_T_INT:
        out.kind = VALUE_INT;
        (void)json_int(v, &out.i);
        return out;
    case JSON_T_STRING:
        out.kind = VALUE_TEXT;
        (void)json_str(v, &out.text);
        out.text = arena_str(r->a, out.text);
        return out;
    case JSON_T_ARRAY:
        return read_list(r, v);
    default:
        reader_fail_as(r, "profile-rule", "%s can't be a value here",
                       json_type_name(json_type_of(v)));
        return out;
    }
}

/* {"var": "name"} or {"var": ["name"]}. */
static struct rule_node
read_var(struct reader *r, const struct json *v)
{
    struct rule_node node = { .op = RULE_VAR };

    if (json_type_of(v) == JSON_T_ARRAY && json_size(v) == 1)
        v = json_at(v, 0);
    if (json_str(v, &node.var) && node.var.n > 0)
        node.var = arena_str(r->a, node.var);
    else
        reader_fail_as(r, "profile-rule", "\"var\" wants one name");
    return node;
}

/* a < b < c: a < b and b < c. */
static struct rule_node
read_between(struct reader *r, enum rule_op op, const struct rule_node *args)
{
    struct rule_node *halves = arena_array(r->a, 2, sizeof *halves);

    for (size_t i = 0; i < 2; i++)
        halves[i] =
            (struct rule_node){ .op = op, .args = args + i, .n_args = 2 };
    return (struct rule_node){ .op = RULE_AND, .args = halves, .n_args = 2 };
}

/* Operands are a list; a single one may stand without its list. */
static struct rule_node
read_operation(struct reader *r, enum rule_op op, const struct json *v)
{
    bool is_list = json_type_of(v) == JSON_T_ARRAY;
    size_t n = is_list ? json_size(v) : 1;
    struct rule_node *args = arena_array(r->a, n, sizeof *args);

    for (size_t i = 0; r->st == ST_OK && i < n; i++)
        args[i] = rule_json_node(r, is_list ? json_at(v, i) : v);
    if (r->st == ST_OK && n == 3 && (op == RULE_LT || op == RULE_LE))
        return read_between(r, op, args);
    return (struct rule_node){
        .op = op,
        .args = args,
        .n_args = r->st == ST_OK ? n : 0,
    };
}

struct rule_node
rule_json_node(struct reader *r, const struct json *v)
{
    struct json_each each = json_each_of(v);
    const struct json *operands;
    struct str word;
    enum rule_op op;

    if (json_type_of(v) != JSON_T_OBJECT)
        return (struct rule_node){ .op = RULE_CONST,
                                   .value = rule_json_value(r, v) };
    if (json_size(v) != 1 || !json_each_next(&each, &word, &operands)) {
        reader_fail_as(r, "profile-rule",
                       "a condition has exactly one operator");
        return (struct rule_node){ .op = RULE_CONST };
    }
    if (!find_operator(word, &op)) {
        reader_fail_as(r, "profile-rule", "\"%.*s\" is no operator",
                       STR_ARG(word));
        return (struct rule_node){ .op = RULE_CONST };
    }
    return op == RULE_VAR ? read_var(r, operands)
                          : read_operation(r, op, operands);
}

/* The condition as text again, for people who ask for the rule. */
static void
write_json(struct json_out *o, const struct json *v)
{
    struct json_each each = json_each_of(v);
    char number[JSON_NUMBER_SIZE];
    const struct json *m;
    struct str key;
    bool b = false;

    switch (json_type_of(v)) {
    case JSON_T_OBJECT:
        json_out_object(o);
        while (json_each_next(&each, &key, &m)) {
            json_out_key(o, key.p);
            write_json(o, m);
        }
        json_out_object_end(o);
        return;
    case JSON_T_ARRAY:
        json_out_array(o);
        for (size_t i = 0; i < json_size(v); i++)
            write_json(o, json_at(v, i));
        json_out_array_end(o);
        return;
    case JSON_T_STRING:
        (void)json_str(v, &key);
        json_out_str(o, key);
        return;
    case JSON_T_BOOL:
        (void)json_bool(v, &b);
        json_out_bool(o, b);
        return;
    default:
        if (json_number_text(v, number))
            json_out_number(o, number);
        else
            json_out_null(o);
    }
}

struct str
rule_json_text(struct reader *r, const struct json *v)
{
    struct json_out o;

    json_out_init(&o, r->a);
    write_json(&o, v);
    return json_out_text(&o);
}

enum status
rule_json_read(struct arena *a, struct str text, struct rule_node *out,
               struct err *err)
{
    struct reader r = { .a = a };
    struct json *document = NULL;

    json_path_root(&r.path);
    *out = (struct rule_node){ .op = RULE_CONST };
    if (reader_parse(&r, text, &document, err) == ST_OK)
        *out = rule_json_node(&r, document);
    json_free(document);
    return r.st == ST_REJECT ? reader_say_fault(&r.fault, err) : r.st;
}
