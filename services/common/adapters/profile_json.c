#include "common/adapters/profile_json.h"

#include "common/adapters/json.h"
#include "common/adapters/profile_fields.h"

#include <sodium/crypto_generichash.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_BYTES 32
#define HASH_SHOWN 8 /* hex digits in a version's name */
#define PPM 1000000
#define MINUTES_AN_HOUR 60
#define UNSTATED (-1)
/* T7 counts from the birth or three months after the conference (domain.md
 * section 7); the profiles leave that number out. */
#define UNBORN_MONTHS 3

/*
 * A document being read. The first error stays and later ones are ignored, so
 * that a reader can read on with empty values and check once at its end.
 */
struct reader {
    struct arena *a;
    struct json_path path;
    const char *code; /* of its errors: NULL for the fault's own, "calendar" */
    struct str rule;  /* id of the rule that is being read, or null */
    enum status st;
    struct profile_fault fault; /* the first; its code is NULL without one */
};

static void fail_as(struct reader *r, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
fail_as(struct reader *r, const char *code, const char *fmt, ...)
{
    char why[256];
    va_list ap;

    if (r->st != ST_OK)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    r->st = ST_REJECT;
    r->fault = (struct profile_fault){
        .code = r->code != NULL ? r->code : code,
        .place = arena_printf(r->a, "%s", r->path.n == 0 ? "/" : r->path.text),
        .rule = r->rule,
        .why = arena_printf(r->a, "%s", why),
    };
}

#define fail(r, ...) fail_as(r, "profile-value", __VA_ARGS__)

/* Take over an error that another module wrote: its code, if it is ours. */
static void
fail_with(struct reader *r, const struct err *why)
{
    struct str code = arena_printf(r->a, "%s", why->code);

    fail_as(r, str_starts(code, STR("profile-")) ? code.p : "profile-value",
            "%s", why->text);
}

static enum status
say_fault(const struct profile_fault *fault, struct err *err)
{
    if (fault->rule.p == NULL)
        return err_set(err, ST_REJECT, fault->code, "%.*s: %.*s",
                       STR_ARG(fault->place), STR_ARG(fault->why));
    return err_set(err, ST_REJECT, fault->code, "%.*s: rule %.*s: %.*s",
                   STR_ARG(fault->place), STR_ARG(fault->rule),
                   STR_ARG(fault->why));
}

/* ---- values at a key ---- */

static const char *
missing_code(const char *key)
{
    return strcmp(key, "source") == 0 ? "profile-source" : "profile-missing";
}

/* The member `key`; absent is an error unless `optional`. */
static const struct json *
member(struct reader *r, const struct json *v, const char *key, bool optional)
{
    const struct json *m = json_get(v, key);

    if (m == NULL && !optional)
        fail_as(r, missing_code(key), "\"%s\" is missing", key);
    return m;
}

static const char *
text_code(const char *key)
{
    return strcmp(key, "source") == 0 ? "profile-source" : "profile-value";
}

static struct str
copy_text(struct reader *r, const struct json *v, const char *key,
          bool optional)
{
    const struct json *m = member(r, v, key, optional);
    size_t before = json_path_key(&r->path, key);
    struct str s = STR_NULL;

    if (json_str(m, &s))
        s = arena_str(r->a, s);
    else if (m != NULL && !(optional && json_type_of(m) == JSON_T_NULL))
        fail_as(r, text_code(key), "want a text");
    if (s.p != NULL && s.n == 0)
        fail_as(r, text_code(key), "the text is empty");
    json_path_back(&r->path, before);
    return s;
}

static struct str
text_at(struct reader *r, const struct json *v, const char *key)
{
    return copy_text(r, v, key, false);
}

static struct str
text_or_null(struct reader *r, const struct json *v, const char *key)
{
    return copy_text(r, v, key, true);
}

/* A whole number in min..max; `dflt` where it is absent or null. */
struct span {
    int min;
    int max;
    int dflt;
};

static int
int_or(struct reader *r, const struct json *v, const char *key,
       struct span span)
{
    const struct json *m = json_get(v, key);
    size_t before = json_path_key(&r->path, key);
    int64_t n = span.dflt;

    if (m != NULL && json_type_of(m) != JSON_T_NULL) {
        if (!json_int(m, &n))
            fail(r, "want a whole number");
        else if (n < span.min || n > span.max)
            fail_as(r, "profile-limit", "want %d..%d", span.min, span.max);
        if (r->st != ST_OK)
            n = span.dflt;
    }
    json_path_back(&r->path, before);
    return (int)n;
}

static int
int_at(struct reader *r, const struct json *v, const char *key, int min,
       int max)
{
    if (member(r, v, key, false) == NULL)
        return 0;
    return int_or(r, v, key,
                  (struct span){ .min = min, .max = max, .dflt = min });
}

static bool
bool_or(struct reader *r, const struct json *v, const char *key, bool dflt)
{
    const struct json *m = json_get(v, key);
    bool b = dflt;

    if (m != NULL && !json_bool(m, &b))
        fail(r, "\"%s\" is neither true nor false", key);
    return b;
}

/* Enter `key`, which must hold a `type`; NULL with an error otherwise. */
static const struct json *
enter(struct reader *r, const struct json *v, const char *key,
      enum json_type type, size_t *before)
{
    const struct json *m = member(r, v, key, false);

    *before = json_path_key(&r->path, key);
    if (m != NULL && json_type_of(m) != type) {
        fail(r, "want %s, found %s", json_type_name(type),
             json_type_name(json_type_of(m)));
        return NULL;
    }
    return m;
}

/* Most settings are {"value": ..., "source": ...}: a value without its source
 * is refused. */
static const struct json *
enter_value(struct reader *r, const struct json *v, const char *key,
            size_t *before)
{
    const struct json *m = enter(r, v, key, JSON_T_OBJECT, before);

    if (m != NULL)
        (void)text_at(r, m, "source");
    return m == NULL ? NULL : member(r, m, "value", false);
}

static struct str
text_value(struct reader *r, const struct json *v, const char *key)
{
    size_t before;
    struct str s;

    (void)enter_value(r, v, key, &before);
    s = text_at(r, json_get(v, key), "value");
    json_path_back(&r->path, before);
    return s;
}

static struct texts
texts_of(struct reader *r, const struct json *list)
{
    size_t n = json_size(list);
    struct str *at = arena_array(r->a, n, sizeof *at);

    if (list != NULL && json_type_of(list) != JSON_T_ARRAY)
        fail(r, "want a list");
    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        if (!json_str(json_at(list, i), &at[i]))
            fail(r, "item %zu is no text", i);
        else
            at[i] = arena_str(r->a, at[i]);
    }
    return (struct texts){ .at = at, .n = r->st == ST_OK ? n : 0 };
}

static struct texts
texts_value(struct reader *r, const struct json *v, const char *key)
{
    size_t before;
    struct texts t = texts_of(r, enter_value(r, v, key, &before));

    json_path_back(&r->path, before);
    return t;
}

static struct texts
texts_or_none(struct reader *r, const struct json *v, const char *key)
{
    size_t before = json_path_key(&r->path, key);
    struct texts t = texts_of(r, json_get(v, key));

    json_path_back(&r->path, before);
    return t;
}

static bool
texts_hold(struct texts t, struct str s)
{
    for (size_t i = 0; i < t.n; i++)
        if (str_eq(t.at[i], s))
            return true;
    return false;
}

static int
code_of(struct reader *r, const struct codes *codes, struct str word)
{
    int code = codes_find(codes, word);

    if (code == 0 && r->st == ST_OK)
        fail(r, "\"%.*s\" is no %s", STR_ARG(word), codes->name);
    return code;
}

static date_d
date_of_text(struct reader *r, struct str text)
{
    date_d d = DATE_NONE;

    if (r->st == ST_OK && !date_parse(text, &d))
        fail(r, "\"%.*s\" is no date", STR_ARG(text));
    return d;
}

/* "HH:MM" as minutes after midnight. */
static int
minutes_at(struct reader *r, const struct json *v, const char *key)
{
    struct str s = text_at(r, v, key);
    char copy[6] = "";
    int hour = 0;
    int minute = 0;

    if (r->st != ST_OK)
        return 0;
    if (s.n == sizeof copy - 1)
        memcpy(copy, s.p, s.n);
    if (copy[2] != ':' || strspn(copy, "0123456789:") != sizeof copy - 1) {
        fail(r, "\"%s\" is no time HH:MM", key);
        return 0;
    }
    hour = (copy[0] - '0') * 10 + copy[1] - '0';
    minute = (copy[3] - '0') * 10 + copy[4] - '0';
    if (hour > 24 || minute >= MINUTES_AN_HOUR)
        fail(r, "\"%s\" is no time of day", key);
    return hour * MINUTES_AN_HOUR + minute;
}

/* Lower case with hyphens: "Central Duty Team" is "central-duty-team". */
static struct str
slug(struct reader *r, struct str name)
{
    char *p = arena_copy(r->a, name.p == NULL ? "" : name.p, name.n);
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            p[n++] = c;
        else if (n > 0 && p[n - 1] != '-')
            p[n++] = '-';
    }
    while (n > 0 && p[n - 1] == '-')
        n--;
    return (struct str){ .p = p, .n = n };
}

/* ---- conditions ---- */

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

static struct value read_value(struct reader *r, const struct json *v);

static struct value
read_list(struct reader *r, const struct json *v)
{
    size_t n = json_size(v);
    struct value *list = arena_array(r->a, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i] = read_value(r, json_at(v, i));
        if (list[i].kind == VALUE_LIST)
            fail_as(r, "profile-rule", "a list inside a list");
    }
    return (struct value){ .kind = VALUE_LIST, .list = list, .n_list = n };
}

static struct value
read_value(struct reader *r, const struct json *v)
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
        fail_as(r, "profile-rule", "%s can't be a value here",
                json_type_name(json_type_of(v)));
        return out;
    }
}

static struct rule_node read_node(struct reader *r, const struct json *v);

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
        fail_as(r, "profile-rule", "\"var\" wants one name");
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
        args[i] = read_node(r, is_list ? json_at(v, i) : v);
    if (r->st == ST_OK && n == 3 && (op == RULE_LT || op == RULE_LE))
        return read_between(r, op, args);
    return (struct rule_node){
        .op = op,
        .args = args,
        .n_args = r->st == ST_OK ? n : 0,
    };
}

static struct rule_node
read_node(struct reader *r, const struct json *v)
{
    struct json_each each = json_each_of(v);
    const struct json *operands;
    struct str word;
    enum rule_op op;

    if (json_type_of(v) != JSON_T_OBJECT)
        return (struct rule_node){ .op = RULE_CONST,
                                   .value = read_value(r, v) };
    if (json_size(v) != 1 || !json_each_next(&each, &word, &operands)) {
        fail_as(r, "profile-rule", "a condition has exactly one operator");
        return (struct rule_node){ .op = RULE_CONST };
    }
    if (!find_operator(word, &op)) {
        fail_as(r, "profile-rule", "\"%.*s\" is no operator", STR_ARG(word));
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

static struct str
json_text(struct reader *r, const struct json *v)
{
    struct json_out o;

    json_out_init(&o, r->a);
    write_json(&o, v);
    return json_out_text(&o);
}

/* ---- rules ---- */

static void
check_condition(struct reader *r, const struct rule *rule)
{
    struct err why;

    if (r->st == ST_OK && rule_check(&rule->when, profile_inputs,
                                     profile_n_inputs, &why) != ST_OK)
        fail_with(r, &why);
}

static struct rule
read_rule(struct reader *r, const struct json *v, bool has_outcome)
{
    struct rule rule = { .id = text_at(r, v, "id") };
    const struct json *when;

    r->rule = rule.id;
    when = member(r, v, "when", false);
    rule.source = text_at(r, v, "source");
    rule.service_type = text_or_null(r, v, "service_type");
    rule.to = text_or_null(r, v, "to");
    rule.note = text_or_null(r, v, "note");
    rule.actions = texts_or_none(r, v, "actions");
    if (has_outcome)
        rule.outcome = code_of(r, &codes_outcome, text_at(r, v, "outcome"));
    else if (rule.actions.n == 0)
        fail(r, "an action rule without actions");
    if (r->st != ST_OK)
        return rule;
    rule.when = read_node(r, when);
    rule.text = json_text(r, when);
    check_condition(r, &rule);
    return rule;
}

static void
refuse_twin(struct reader *r, const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(rules[i].id, rules[n].id))
            fail_as(r, "profile-twin", "the id is there twice");
}

static struct rules
read_rules(struct reader *r, const struct json *top, const char *key,
           bool has_outcome)
{
    size_t outer;
    size_t inner;
    const struct json *list;
    struct rule *at;
    size_t n;

    list = enter(r, enter(r, top, key, JSON_T_OBJECT, &outer), "rules",
                 JSON_T_ARRAY, &inner);
    n = json_size(list);
    at = arena_array(r->a, n, sizeof *at);
    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        size_t before = json_path_index(&r->path, i);

        at[i] = read_rule(r, json_at(list, i), has_outcome);
        if (r->st == ST_OK)
            refuse_twin(r, at, i);
        r->rule = STR_NULL;
        json_path_back(&r->path, before);
    }
    if (n == 0)
        fail_as(r, "profile-missing", "there is no rule");
    json_path_back(&r->path, inner);
    json_path_back(&r->path, outer);
    return (struct rules){ .at = at, .n = r->st == ST_OK ? n : 0 };
}

static bool
rules_hold(const struct rules *rules, struct str id)
{
    for (size_t i = 0; i < rules->n; i++)
        if (str_eq(rules->at[i].id, id))
            return true;
    return false;
}

static void
check_ids(struct reader *r, const struct rules *rules, struct texts ids)
{
    for (size_t i = 0; r->st == ST_OK && i < ids.n; i++)
        if (!rules_hold(rules, ids.at[i]))
            fail_as(r, "profile-ref", "there is no rule \"%.*s\"",
                    STR_ARG(ids.at[i]));
}

/* A list that can end without a hit leaves a child without a decision. */
static void
check_last_rule(struct reader *r, const struct rules *rules)
{
    const struct rule_node *last;

    if (rules->n == 0)
        return;
    last = &rules->at[rules->n - 1].when;
    if (last->op != RULE_CONST || last->value.kind != VALUE_BOOL ||
        !last->value.b)
        fail_as(r, "profile-rule",
                "the last decision rule must always hold (\"when\": true)");
}

static void
read_all_rules(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *override;

    p->decisions = read_rules(r, top, "decision_rules", true);
    check_last_rule(r, &p->decisions);
    p->actions = read_rules(r, top, "action_rules", false);
    p->auto_final = texts_value(r, top, "auto_final");
    check_ids(r, &p->decisions, p->auto_final);
    override = enter_value(r, top, "override", &before);
    p->rationale_min_chars =
        int_at(r, override, "rationale_min_chars", 1, 1000);
    p->second_name_for_downgrade =
        bool_or(r, override, "second_name_for_downgrade", true);
    json_path_back(&r->path, before);
}

/* ---- clocks ---- */

static void
read_warns(struct reader *r, const struct json *v, struct clock_spec *spec)
{
    struct texts words = texts_or_none(r, v, "warn");

    if (words.n > CLOCK_WARNS)
        fail(r, "more than %d warnings", CLOCK_WARNS);
    for (size_t i = 0; r->st == ST_OK && i < words.n; i++) {
        if (!clock_warn_parse(words.at[i], &spec->warns[i]))
            fail(r, "\"%.*s\" is no warning", STR_ARG(words.at[i]));
        spec->n_warns = i + 1;
    }
}

static enum calendar_count
read_count(struct reader *r, const struct json *v, const struct profile *p)
{
    struct str word = text_or_null(r, v, "convention");
    enum calendar_count count = p->count;

    if (word.p != NULL && !str_is(word, "profile") &&
        !clock_count_parse(word, &count))
        fail(r, "\"%.*s\" is no convention", STR_ARG(word));
    return count;
}

/* Colours of the MASH: the length is amber's, the colour when none is given. */
static void
read_rag(struct reader *r, const struct json *v, struct profile *p,
         struct clock_spec *spec)
{
    p->rag_hours.red = int_at(r, v, "red", 1, 10000);
    p->rag_hours.amber = int_at(r, v, "amber", 1, 10000);
    p->rag_hours.green = int_at(r, v, "green", 1, 10000);
    spec->length = p->rag_hours.amber;
}

static void
read_unit(struct reader *r, const struct json *v, struct profile *p,
          struct clock_spec *spec)
{
    struct str unit = text_at(r, v, "unit");
    const struct clock_spec *l1 = profile_clock(p, "L1");

    if (str_is(unit, "same_as_L1") && l1 != NULL) {
        spec->unit = l1->unit;
        spec->length = l1->length;
        return;
    }
    if (r->st == ST_OK && !clock_unit_parse(unit, &spec->unit))
        fail(r, "\"%.*s\" is no unit", STR_ARG(unit));
    if (json_get(v, "red") != NULL)
        read_rag(r, v, p, spec);
    else
        spec->length = int_at(r, v, "length", 0, 100000);
}

static void
read_clock_value(struct reader *r, const struct json *v, struct profile *p,
                 struct clock_spec *spec)
{
    bool unborn = strcmp(spec->id, "T7") == 0;

    read_unit(r, v, p, spec);
    spec->count = read_count(r, v, p);
    spec->pausable = bool_or(r, v, "pausable", false);
    spec->local = spec->id[0] == 'L';
    spec->planning = !bool_or(r, v, "breach", true);
    spec->unborn_months =
        int_or(r, v, "unborn_months",
               (struct span){
                   .min = 0, .max = 120, .dflt = unborn ? UNBORN_MONTHS : 0 });
    if (spec->unit == CLOCK_SCHOOL_START)
        spec->school_start_min = minutes_at(r, v, "at");
    read_warns(r, v, spec);
}

static void
read_clock(struct reader *r, const struct json *v, struct str id,
           struct profile *p, struct profile_clock *clock)
{
    struct clock_setting setting = profile_clock_setting(p, NULL);
    struct err why;

    if (id.n == 0 || id.n >= sizeof clock->spec.id) {
        fail(r, "\"%.*s\" is no clock id", STR_ARG(id));
        return;
    }
    memcpy(clock->spec.id, id.p, id.n);
    clock->source = text_at(r, v, "source");
    read_clock_value(r, member(r, v, "value", false), p, &clock->spec);
    if (r->st == ST_OK &&
        clock_spec_check(&clock->spec, &setting, &why) != ST_OK)
        fail_as(r, "profile-limit", "%s", why.text);
}

static void
read_clocks(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v = enter(r, top, "clocks", JSON_T_OBJECT, &before);
    struct json_each each = json_each_of(v);
    struct profile_clock *clocks =
        arena_array(r->a, json_size(v), sizeof *clocks);
    const struct json *m;
    struct str id;

    p->clocks = clocks;
    while (r->st == ST_OK && json_each_next(&each, &id, &m)) {
        size_t inner = json_path_key(&r->path, id.p);

        read_clock(r, m, id, p, &clocks[p->n_clocks]);
        p->n_clocks++;
        json_path_back(&r->path, inner);
    }
    json_path_back(&r->path, before);
}

/* ---- drift ---- */

#define DRIFT_MAX 100000 /* far above any number of days, hours or seconds */

/* `value` is a number, or an object whose `inner` is one. */
static int
drift_number(struct reader *r, const struct json *drift, const char *key,
             const char *inner)
{
    const struct span span = { .min = 1, .max = DRIFT_MAX, .dflt = UNSTATED };
    size_t before;
    const struct json *v = enter_value(r, drift, key, &before);
    int n = inner == NULL ? int_or(r, json_get(drift, key), "value", span)
                          : int_or(r, v, inner, span);

    if (n == UNSTATED)
        fail_as(r, "profile-missing", "a number is missing");
    json_path_back(&r->path, before);
    return n;
}

static void
drift_pair(struct reader *r, const struct json *escalate, const char *key,
           int out[2])
{
    const struct json *list = json_get(escalate, key);

    for (size_t i = 0; i < 2; i++) {
        int64_t n = UNSTATED;

        if (!json_int(json_at(list, i), &n) || n < 0 || n > DRIFT_MAX)
            fail(r, "\"%s\" wants two numbers", key);
        out[i] = (int)n;
    }
}

static void
read_ladder(struct reader *r, const struct json *drift, struct profile_drift *d)
{
    size_t before;
    const struct json *v = enter_value(r, drift, "escalate_after", &before);

    d->escalate_district_working_days =
        int_at(r, v, "district_manager_working_days", 0, DRIFT_MAX);
    d->escalate_head_working_days =
        int_at(r, v, "head_of_service_working_days", 0, DRIFT_MAX);
    drift_pair(r, v, "D10_hours", d->rhi_escalate_hours);
    drift_pair(r, v, "D16_seconds", d->untriaged_escalate_s);
    json_path_back(&r->path, before);
}

static void
read_drift(struct reader *r, const struct json *top, struct profile_drift *d)
{
    const struct {
        const char *key;
        const char *inner;
        int *out;
    } rows[] = {
        { "D01_unallocated_working_days", NULL, &d->unallocated_working_days },
        { "D02_no_activity_days", NULL, &d->no_activity_days },
        { "D06_open_weeks", "alert", &d->open_weeks },
        { "D06_open_weeks", "escalate", &d->open_weeks_escalate },
        { "D07_short_open_days", NULL, &d->short_open_days },
        { "D08_handover_working_days", NULL, &d->handover_working_days },
        { "D09_intent_working_days", "chase_every",
          &d->intent_chase_working_days },
        { "D09_intent_working_days", "overdue", &d->intent_late_working_days },
        { "D10_return_interview_hours", NULL, &d->rhi_hours },
        { "D11_missing_episodes", "count", &d->missing_count },
        { "D11_missing_episodes", "days_strategy", &d->missing_days_strategy },
        { "D11_missing_episodes", "days_alert", &d->missing_days_alert },
        { "D12_re_referral_months", NULL, &d->re_referral_months },
        { "D13_caseload_over", NULL, &d->caseload_over },
        { "D14_referrer_answer_working_days", NULL, &d->answer_working_days },
        { "D15_tracker_review_months", NULL, &d->tracker_review_months },
        { "D16_missing_untriaged_seconds", NULL, &d->missing_untriaged_s },
        { "D18_pause_days", NULL, &d->pause_days },
        { "D19_match_review", "missing_hours", &d->match_review_missing_hours },
        { "D19_match_review", "other_hours", &d->match_review_hours },
        { "D20_panel_days", NULL, &d->panel_days },
    };
    size_t before;
    const struct json *v = enter(r, top, "drift", JSON_T_OBJECT, &before);

    for (size_t i = 0; r->st == ST_OK && i < sizeof rows / sizeof rows[0]; i++)
        *rows[i].out = drift_number(r, v, rows[i].key, rows[i].inner);
    read_ladder(r, v, d);
    json_path_back(&r->path, before);
}

/* ---- places ---- */

static bool
has_unit(const struct profile_locality *l, struct str id)
{
    for (size_t i = 0; i < l->n_units; i++)
        if (str_eq(l->units[i].id, id))
            return true;
    return false;
}

static void
read_units(struct reader *r, const struct json *v, struct profile_locality *l)
{
    size_t before;
    const struct json *list = enter(r, v, "units", JSON_T_ARRAY, &before);
    size_t n = json_size(list);
    struct profile_unit *units = arena_array(r->a, n, sizeof *units);

    if (n == 0)
        fail(r, "a locality has at least one unit");
    l->units = units;
    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        units[i].id = text_at(r, json_at(list, i), "id");
        units[i].name = text_at(r, json_at(list, i), "name");
        if (has_unit(l, units[i].id))
            fail_as(r, "profile-twin", "unit \"%.*s\" is there twice",
                    STR_ARG(units[i].id));
        l->n_units = i + 1;
    }
    json_path_back(&r->path, before);
}

static void
refuse_twin_places(struct reader *r, const struct profile_locality *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(l[i].id, l[n].id))
            fail_as(r, "profile-twin", "locality \"%.*s\" is there twice",
                    STR_ARG(l[n].id));
        for (size_t k = 0; k < l[n].n_units; k++)
            if (has_unit(&l[i], l[n].units[k].id))
                fail_as(r, "profile-twin", "unit \"%.*s\" is there twice",
                        STR_ARG(l[n].units[k].id));
    }
}

static void
read_localities(struct reader *r, const struct json *organisation,
                struct profile *p)
{
    size_t before;
    const struct json *list =
        enter(r, organisation, "localities", JSON_T_ARRAY, &before);
    size_t n = json_size(list);
    struct profile_locality *l = arena_array(r->a, n, sizeof *l);

    if (n == 0)
        fail(r, "there is no locality");
    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        const struct json *v = json_at(list, i);
        size_t inner = json_path_index(&r->path, i);

        l[i].id = text_at(r, v, "id");
        l[i].name = text_at(r, v, "name");
        l[i].source = text_at(r, v, "source");
        l[i].aliases = texts_or_none(r, v, "aliases");
        read_units(r, v, &l[i]);
        refuse_twin_places(r, l, i);
        json_path_back(&r->path, inner);
    }
    p->localities = l;
    p->n_localities = r->st == ST_OK ? n : 0;
    json_path_back(&r->path, before);
}

static bool
is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Does `id` stand in `text` as a word of its own? */
static bool
names_unit(struct str text, struct str id)
{
    for (size_t i = 0; i + id.n <= text.n; i++) {
        bool begins = i == 0 || !is_word_char(text.p[i - 1]);
        bool ends = i + id.n == text.n || !is_word_char(text.p[i + id.n]);

        if (begins && ends && memcmp(text.p + i, id.p, id.n) == 0)
            return true;
    }
    return false;
}

/*
 * Routes are sentences ("team-1 or team-2 by service"): the units they name
 * take the outcome, and where they name none, every unit of the locality does.
 */
static struct texts
units_named(struct reader *r, const struct profile *p, struct str sentence)
{
    size_t max = 0;
    struct str *at;
    size_t n = 0;

    for (size_t i = 0; i < p->n_localities; i++)
        max += p->localities[i].n_units;
    at = arena_array(r->a, max, sizeof *at);
    for (size_t i = 0; i < p->n_localities; i++)
        for (size_t k = 0; k < p->localities[i].n_units; k++)
            if (names_unit(sentence, p->localities[i].units[k].id))
                at[n++] = p->localities[i].units[k].id;
    return (struct texts){ .at = at, .n = n };
}

static void
read_routes(struct reader *r, const struct json *routing, struct profile *p)
{
    struct profile_route *routes =
        arena_array(r->a, (size_t)codes_outcome.n, sizeof *routes);
    size_t n = 0;

    for (int outcome = 1; outcome <= codes_outcome.n; outcome++) {
        struct str sentence =
            text_or_null(r, routing, codes_word(&codes_outcome, outcome));
        struct texts units;

        if (sentence.p == NULL)
            continue;
        units = units_named(r, p, sentence);
        if (units.n > 0)
            routes[n++] =
                (struct profile_route){ .outcome = outcome, .units = units };
    }
    p->routing.routes = routes;
    p->routing.n_routes = n;
}

static void
read_routing(struct reader *r, const struct json *organisation,
             struct profile *p)
{
    size_t before;
    const struct json *v = enter_value(r, organisation, "routing", &before);
    struct str team = text_or_null(r, v, "social_care_referral");
    struct str tray = text_or_null(r, v, "fallback");

    read_routes(r, v, p);
    p->routing.csc_team = slug(r, team.p == NULL ? STR("Duty team") : team);
    p->routing.duty_tray = slug(r, tray.p == NULL ? STR("Duty tray") : tray);
    p->routing.source = text_at(r, json_get(organisation, "routing"), "source");
    json_path_back(&r->path, before);
}

static int
compare_postcodes(const void *a, const void *b)
{
    const struct profile_postcode *x = a;
    const struct profile_postcode *y = b;

    return str_cmp(x->prefix, y->prefix);
}

static void
read_postcodes(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v = enter_value(r, top, "postcode_map", &before);
    struct json_each each = json_each_of(v);
    struct profile_postcode *at = arena_array(r->a, json_size(v), sizeof *at);
    const struct json *m;
    struct str prefix;
    struct str locality;

    while (r->st == ST_OK && json_each_next(&each, &prefix, &m)) {
        if (!json_str(m, &locality) || profile_locality(p, locality) == NULL)
            fail_as(r, "profile-ref", "%.*s leads to no locality",
                    STR_ARG(prefix));
        else
            at[p->n_postcodes++] = (struct profile_postcode){
                .prefix = arena_str(r->a, prefix),
                .locality = arena_str(r->a, locality),
            };
    }
    if (p->n_postcodes > 0)
        qsort(at, p->n_postcodes, sizeof *at, compare_postcodes);
    p->postcodes = at;
    json_path_back(&r->path, before);
}

static void
read_places(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v =
        enter(r, top, "organisation", JSON_T_OBJECT, &before);

    read_localities(r, v, p);
    read_routing(r, v, p);
    json_path_back(&r->path, before);
    read_postcodes(r, top, p);
}

/* ---- the rest ---- */

static const char *const weekday_names[] = { "Mon", "Tue", "Wed", "Thu",
                                             "Fri", "Sat", "Sun" };

static void
read_office(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v = enter_value(r, top, "office_hours", &before);
    struct texts days = texts_or_none(r, v, "days");

    p->office.from_min = minutes_at(r, v, "from");
    p->office.to_min = minutes_at(r, v, "to");
    for (size_t i = 0; i < days.n; i++) {
        size_t k = 0;

        while (k < 7 && !str_is(days.at[i], weekday_names[k]))
            k++;
        if (k == 7)
            fail(r, "\"%.*s\" is no weekday", STR_ARG(days.at[i]));
        else
            p->office.weekdays |= (uint8_t)(1u << k);
    }
    json_path_back(&r->path, before);
}

/* A date, or {"from": date, "to": date}. */
static struct date_range
read_range(struct reader *r, const struct json *v)
{
    struct str day;
    struct date_range range;

    if (json_str(v, &day)) {
        range.first = date_of_text(r, day);
        range.last = range.first;
        return range;
    }
    range.first = date_of_text(r, text_at(r, v, "from"));
    range.last = date_of_text(r, text_at(r, v, "to"));
    if (r->st == ST_OK && range.last < range.first)
        fail(r, "the range ends before it begins");
    return range;
}

static struct date_ranges
read_ranges(struct reader *r, const struct json *top, const char *key)
{
    size_t before;
    const struct json *v = enter_value(r, top, key, &before);
    size_t n = json_size(v);
    struct date_range *at = arena_array(r->a, n, sizeof *at);

    if (v != NULL && json_type_of(v) != JSON_T_ARRAY)
        fail(r, "want a list");
    for (size_t i = 0; r->st == ST_OK && i < n; i++)
        at[i] = read_range(r, json_at(v, i));
    json_path_back(&r->path, before);
    return (struct date_ranges){ .items = at, .n = r->st == ST_OK ? n : 0 };
}

static void
read_ages(struct reader *r, const struct json *top, struct profile *p)
{
    const struct span span = { .min = 0, .max = 30, .dflt = UNSTATED };
    size_t before;
    const struct json *v = enter_value(r, top, "ages", &before);
    int send = int_or(r, v, "to_years_disability", span);

    if (send == UNSTATED)
        send = int_or(r, v, "to_years_sen_or_care_leaver", span);
    p->ages.from_pre_birth = str_is(text_at(r, v, "from"), "pre-birth");
    p->ages.to_years = int_at(r, v, "to_years", 0, 30);
    p->ages.to_years_send = send == UNSTATED ? p->ages.to_years : send;
    p->ages.source = text_at(r, json_get(top, "ages"), "source");
    json_path_back(&r->path, before);
}

/* A probability of 0..1 with up to six decimals, as parts per million. */
static int
read_ppm(struct reader *r, const struct json *v, const char *key)
{
    char text[JSON_NUMBER_SIZE];
    const char *p = text;
    int ppm = 0;
    int unit = PPM / 10;

    if (!json_number_text(member(r, v, key, false), text)) {
        fail(r, "\"%s\" is no number", key);
        return 0;
    }
    if (strcmp(text, "1") == 0 || strcmp(text, "1.0") == 0)
        return PPM;
    if (strncmp(p, "0.", 2) != 0 ||
        strspn(p + 2, "0123456789") != strlen(p + 2))
        fail_as(r, "profile-limit", "\"%s\" is not between 0 and 1", key);
    for (p += 2; r->st == ST_OK && *p != '\0'; p++, unit /= 10)
        ppm += (*p - '0') * unit;
    return ppm;
}

static void
read_matching(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v = enter_value(r, top, "matching", &before);

    p->match_ppm = read_ppm(r, v, "match_probability");
    p->review_ppm = read_ppm(r, v, "review_probability");
    if (p->review_ppm > p->match_ppm)
        fail_as(r, "profile-limit",
                "the review probability is above the match probability");
    json_path_back(&r->path, before);
}

static void
read_caseload(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    size_t inner;
    const struct json *v = enter(r, top, "caseload", JSON_T_OBJECT, &before);
    const struct json *norm = enter_value(r, v, "norm", &inner);

    p->caseload_low = int_at(r, norm, "low", 1, 1000);
    p->caseload_high = int_at(r, norm, "high", 1, 1000);
    json_path_back(&r->path, inner);
    p->average_weeks = int_or(r, json_get(v, "average_weeks"), "value",
                              (struct span){ 1, 520, UNSTATED });
    json_path_back(&r->path, before);
}

static uint32_t
read_outcomes(struct reader *r, const struct json *top, const char *key)
{
    struct texts words = texts_value(r, top, key);
    uint32_t set = 0;

    for (size_t i = 0; i < words.n; i++) {
        int code = code_of(r, &codes_close_outcome, words.at[i]);

        if (code != 0)
            set |= SET_BIT(code);
    }
    return set;
}

/* "5-10", "16+"; a band in other words has no bounds here. */
static struct profile_age_band
read_band(struct str name)
{
    struct profile_age_band band = { .name = name,
                                     .from_years = UNSTATED,
                                     .to_years = UNSTATED };
    int from = 0;
    int to = 0;
    int used = 0;

    if (sscanf(name.p, "%2d-%2d%n", &from, &to, &used) == 2 &&
        (size_t)used == name.n) {
        band.from_years = from;
        band.to_years = to;
    } else if (sscanf(name.p, "%2d+%n", &from, &used) == 1 &&
               (size_t)used == name.n) {
        band.from_years = from;
    }
    return band;
}

static void
read_bands(struct reader *r, const struct json *top, struct profile *p)
{
    struct texts names = { .n = 0 };
    struct profile_age_band *bands;

    if (json_get(top, "age_bands") != NULL)
        names = texts_value(r, top, "age_bands");
    bands = arena_array(r->a, names.n, sizeof *bands);
    for (size_t i = 0; i < names.n; i++)
        bands[i] = read_band(names.at[i]);
    p->age_bands = bands;
    p->n_age_bands = names.n;
}

static void
read_suppression(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v = enter_value(r, top, "suppression", &before);

    p->suppression = (struct profile_suppression){
        .below = int_at(r, v, "below", 1, 100),
        .secondary = bool_or(r, v, "secondary", true),
        .zero_shown = bool_or(r, v, "zero_shown", true),
        .audiences = texts_or_none(r, v, "audiences"),
    };
    json_path_back(&r->path, before);
}

/* ---- examples ---- */

static struct facts
read_facts(struct reader *r, const struct json *dflt, const struct json *own)
{
    struct fact *at = arena_array(r->a, profile_n_inputs, sizeof *at);

    for (size_t i = 0; i < profile_n_inputs; i++) {
        const char *name = profile_inputs[i].name;
        const struct json *v = json_get(own, name);

        if (v == NULL)
            v = json_get(dflt, name);
        at[i].name = str_of(name);
        if (v != NULL)
            at[i].value = read_value(r, v);
    }
    return (struct facts){ .at = at, .n = profile_n_inputs };
}

/* A misspelt fact would silently test nothing. */
static void
check_fact_names(struct reader *r, const struct json *facts)
{
    struct json_each each = json_each_of(facts);
    const struct json *v;
    struct str name;

    while (json_each_next(&each, &name, &v)) {
        size_t i = 0;

        while (i < profile_n_inputs && !str_is(name, profile_inputs[i].name))
            i++;
        if (i == profile_n_inputs)
            fail_as(r, "profile-field", "\"%.*s\" is no rule input",
                    STR_ARG(name));
    }
}

static struct profile_example
read_example(struct reader *r, const struct json *dflt, const struct json *v,
             const struct profile *p)
{
    const struct json *facts = member(r, v, "facts", false);
    struct profile_example ex = {
        .facts = read_facts(r, dflt, facts),
        .rule = text_at(r, v, "rule"),
        .outcome = code_of(r, &codes_outcome, text_at(r, v, "outcome")),
        .hits = texts_or_none(r, v, "all_hits"),
        .action_rules = texts_or_none(r, v, "action_rules"),
    };

    check_fact_names(r, facts);
    check_ids(r, &p->decisions, ex.hits);
    check_ids(r, &p->actions, ex.action_rules);
    if (r->st == ST_OK && !texts_hold(ex.hits, ex.rule))
        fail_as(r, "profile-example", "the rule is not among all hits");
    return ex;
}

static void
read_examples(struct reader *r, const struct json *top, struct profile *p)
{
    const struct json *dflt = member(r, top, "example_facts_default", false);
    size_t before;
    const struct json *list = enter(r, top, "examples", JSON_T_ARRAY, &before);
    size_t n = json_size(list);
    struct profile_example *at = arena_array(r->a, n, sizeof *at);

    check_fact_names(r, dflt);
    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        size_t inner = json_path_index(&r->path, i);

        at[i] = read_example(r, dflt, json_at(list, i), p);
        json_path_back(&r->path, inner);
    }
    p->examples = at;
    p->n_examples = r->st == ST_OK ? n : 0;
    json_path_back(&r->path, before);
}

/* ---- top ---- */

static struct str
la_code(struct reader *r, const struct json *top)
{
    size_t before;
    struct str code;

    (void)enter(r, top, "la_code", JSON_T_OBJECT, &before);
    code = text_or_null(r, json_get(top, "la_code"), "value");
    if (code.p != NULL && (code.n != 3 || strspn(code.p, "0123456789") != 3))
        fail(r, "want three digits");
    json_path_back(&r->path, before);
    return code;
}

static void
read_identity(struct reader *r, const struct json *top, struct profile *p)
{
    p->id = text_at(r, top, "profile");
    p->version = text_at(r, top, "version");
    p->name = text_at(r, top, "name");
    p->version_id = arena_printf(r->a, "%.*s@%.*s#%.*s", STR_ARG(p->id),
                                 STR_ARG(p->version), HASH_SHOWN, p->hash.p);
    p->la_code = la_code(r, top);
    p->calendar = text_value(r, top, "calendar");
    p->timezone = text_value(r, top, "timezone");
    p->duty_phone = text_value(r, top, "duty_phone");
    if (r->st == ST_OK &&
        !clock_count_parse(text_value(r, top, "working_day_convention"),
                           &p->count))
        fail(r, "working_day_convention is neither wd0 nor wd1");
}

static struct str
hash_of(struct arena *a, struct str text)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char h[HASH_BYTES];
    char *hex = arena_alloc(a, 2 * HASH_BYTES + 1);

    (void)crypto_generichash(h, sizeof h, (const unsigned char *)text.p, text.n,
                             NULL, 0);
    for (size_t i = 0; i < sizeof h; i++) {
        hex[2 * i] = digits[h[i] >> 4];
        hex[2 * i + 1] = digits[h[i] & 0x0f];
    }
    return (struct str){ .p = hex, .n = 2 * HASH_BYTES };
}

static void
read_profile(struct reader *r, const struct json *top, struct profile *p)
{
    if (json_type_of(top) != JSON_T_OBJECT) {
        fail(r, "a profile is an object");
        return;
    }
    read_identity(r, top, p);
    read_office(r, top, p);
    p->closures = read_ranges(r, top, "closure_days");
    p->school_closed = read_ranges(r, top, "school_closed");
    read_ages(r, top, p);
    read_places(r, top, p);
    read_caseload(r, top, p);
    read_matching(r, top, p);
    read_all_rules(r, top, p);
    read_clocks(r, top, p);
    read_drift(r, top, &p->drift);
    p->positive_outcomes = read_outcomes(r, top, "positive_outcomes");
    p->neutral_outcomes = read_outcomes(r, top, "neutral_outcomes");
    read_bands(r, top, p);
    p->scorecard = texts_value(r, top, "scorecard");
    read_suppression(r, top, p);
    read_examples(r, top, p);
}

static enum status
parse(struct reader *r, struct str text, struct json **document,
      struct err *err)
{
    struct err why = { .code = "" };

    r->st = json_parse(text, PROFILE_BYTES_MAX, document, &why);
    if (r->st == ST_REJECT) {
        r->st = ST_OK;
        fail_as(r, "profile-text", "%s", why.text);
    } else if (r->st != ST_OK && err != NULL) {
        *err = why;
    }
    return r->st;
}

/* Unknown members are told beside whatever else stops the reading. */
static void
gather(struct reader *r, const struct json *document, struct profile *p,
       struct profile_faults *faults)
{
    struct profile_faults fields = { .n = 0 };
    struct profile_faults sound = { .n = 0 };
    struct profile_fault *at;
    size_t n;

    profile_fields_check(r->a, document, &fields);
    read_profile(r, document, p);
    if (r->st == ST_OK)
        profile_check(r->a, p, &sound);
    n = fields.n + (r->st == ST_OK ? sound.n : 1);
    at = arena_array(r->a, n, sizeof *at);
    for (size_t i = 0; i < fields.n; i++)
        at[i] = fields.at[i];
    for (size_t i = 0; i < sound.n; i++)
        at[fields.n + i] = sound.at[i];
    if (r->st != ST_OK)
        at[fields.n] = r->fault;
    *faults = (struct profile_faults){ .at = at, .n = n };
}

enum status
profile_json_check(struct arena *a, struct str text, struct profile *out,
                   struct profile_faults *faults, struct err *err)
{
    struct reader r = { .a = a };
    struct json *document = NULL;
    struct profile_fault *only;
    enum status st;

    json_path_root(&r.path);
    *out = (struct profile){ .hash = hash_of(a, text) };
    *faults = (struct profile_faults){ .n = 0 };
    st = parse(&r, text, &document, err);
    if (st == ST_REJECT) {
        only = arena_array(a, 1, sizeof *only);
        *only = r.fault;
        *faults = (struct profile_faults){ .at = only, .n = 1 };
        return ST_OK;
    }
    if (st != ST_OK)
        return st;
    gather(&r, document, out, faults);
    json_free(document);
    return ST_OK;
}

enum status
profile_json_read(struct arena *a, struct str text, struct profile *out,
                  struct err *err)
{
    struct profile_faults faults;
    enum status st = profile_json_check(a, text, out, &faults, err);

    if (st != ST_OK || faults.n == 0)
        return st;
    return say_fault(&faults.at[0], err);
}

enum status
rule_json_read(struct arena *a, struct str text, struct rule_node *out,
               struct err *err)
{
    struct reader r = { .a = a };
    struct json *document = NULL;

    json_path_root(&r.path);
    *out = (struct rule_node){ .op = RULE_CONST };
    if (parse(&r, text, &document, err) == ST_OK)
        *out = read_node(&r, document);
    json_free(document);
    return r.st == ST_REJECT ? say_fault(&r.fault, err) : r.st;
}

/* ---- calendar ---- */

static int
compare_dates(const void *a, const void *b)
{
    const date_d *x = a;
    const date_d *y = b;

    return (*x > *y) - (*x < *y);
}

static void
read_holidays(struct reader *r, const struct json *top, struct calendar *cal)
{
    size_t before;
    const struct json *list = enter(r, top, "holidays", JSON_T_ARRAY, &before);
    size_t n = json_size(list);
    date_d *at = arena_array(r->a, n, sizeof *at);

    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        size_t inner = json_path_index(&r->path, i);

        at[i] = date_of_text(r, text_at(r, json_at(list, i), "date"));
        if (r->st == ST_OK && (at[i] < cal->first || at[i] > cal->last))
            fail(r, "the day lies outside \"covers\"");
        json_path_back(&r->path, inner);
    }
    if (n > 0)
        qsort(at, n, sizeof *at, compare_dates);
    cal->holidays = at;
    cal->n = n;
    json_path_back(&r->path, before);
}

static time_ms
instant_at(struct reader *r, const struct json *v, const char *key)
{
    const struct zone utc = { .n = 0 };
    struct str text = text_at(r, v, key);
    time_ms t = TIME_NONE;
    struct err why;

    if (r->st == ST_OK && time_parse(&utc, text, &t, &why) != ST_OK)
        fail_with(r, &why);
    return t;
}

static void
read_changes(struct reader *r, const struct json *top, struct calendar *cal)
{
    size_t before;
    const struct json *list =
        enter(r, top, "clock_changes", JSON_T_ARRAY, &before);
    size_t n = json_size(list);
    struct zone_change *at = arena_array(r->a, 2 * n, sizeof *at);

    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        const struct json *v = json_at(list, i);
        size_t inner = json_path_index(&r->path, i);

        at[2 * i] = (struct zone_change){
            .at = instant_at(r, v, "spring_forward_utc"),
            .offset_s = (int32_t)(HOUR_MS / SECOND_MS),
        };
        at[2 * i + 1] = (struct zone_change){
            .at = instant_at(r, v, "autumn_back_utc"),
        };
        if (at[2 * i + 1].at <= at[2 * i].at ||
            (i > 0 && at[2 * i].at <= at[2 * i - 1].at))
            fail(r, "clock changes are not in order");
        json_path_back(&r->path, inner);
    }
    cal->zone = (struct zone){ .changes = at, .n = 2 * n };
    json_path_back(&r->path, before);
}

static void
read_calendar(struct reader *r, const struct json *top, struct calendar *cal)
{
    size_t before;
    const struct json *v = enter(r, top, "covers", JSON_T_OBJECT, &before);

    cal->first = date_of_text(r, text_at(r, v, "first"));
    cal->last = date_of_text(r, text_at(r, v, "last"));
    if (r->st == ST_OK && cal->last < cal->first)
        fail(r, "the span ends before it begins");
    json_path_back(&r->path, before);
    read_holidays(r, top, cal);
    read_changes(r, top, cal);
}

enum status
calendar_json_read(struct arena *a, struct str text, struct calendar *out,
                   struct err *err)
{
    struct reader r = { .a = a, .code = "calendar" };
    struct json *document = NULL;

    json_path_root(&r.path);
    *out = (struct calendar){ .n = 0 };
    if (parse(&r, text, &document, err) == ST_OK)
        read_calendar(&r, document, out);
    json_free(document);
    return r.st == ST_REJECT ? say_fault(&r.fault, err) : r.st;
}
