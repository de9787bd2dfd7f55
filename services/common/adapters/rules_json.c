#include "common/adapters/rules_json.h"

#include "common/adapters/rule_json.h"

static void
check_condition(struct reader *r, const struct rule *rule)
{
    struct err why;

    if (r->st == ST_OK && rule_check(&rule->when, profile_inputs,
                                     profile_n_inputs, &why) != ST_OK)
        reader_fail_with(r, &why);
}

static struct rule
read_rule(struct reader *r, const struct json *v, bool has_outcome)
{
    struct rule rule = { .id = reader_text(r, v, "id") };
    const struct json *when;

    r->rule = rule.id;
    when = reader_member(r, v, "when", false);
    rule.source = reader_text(r, v, "source");
    rule.service_type = reader_text_or_null(r, v, "service_type");
    rule.to = reader_text_or_null(r, v, "to");
    rule.note = reader_text_or_null(r, v, "note");
    rule.actions = reader_texts_or_none(r, v, "actions");
    if (has_outcome)
        rule.outcome =
            reader_code(r, &codes_outcome, reader_text(r, v, "outcome"));
    else if (rule.actions.n == 0)
        reader_fail(r, "an action rule without actions");
    if (r->st != ST_OK)
        return rule;
    rule.when = rule_json_node(r, when);
    rule.text = rule_json_text(r, when);
    check_condition(r, &rule);
    return rule;
}

static void
refuse_twin(struct reader *r, const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(rules[i].id, rules[n].id))
            reader_fail_as(r, "profile-twin", "the id is there twice");
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

    list = reader_enter(r, reader_enter(r, top, key, JSON_T_OBJECT, &outer),
                        "rules", JSON_T_ARRAY, &inner);
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
        reader_fail_as(r, "profile-missing", "there is no rule");
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

void
rules_json_check_ids(struct reader *r, const struct rules *rules,
                     struct texts ids)
{
    for (size_t i = 0; r->st == ST_OK && i < ids.n; i++)
        if (!rules_hold(rules, ids.at[i]))
            reader_fail_as(r, "profile-ref", "there is no rule \"%.*s\"",
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
        reader_fail_as(
            r, "profile-rule",
            "the last decision rule must always hold (\"when\": true)");
}

void
rules_json_read(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *override;

    p->decisions = read_rules(r, top, "decision_rules", true);
    check_last_rule(r, &p->decisions);
    p->actions = read_rules(r, top, "action_rules", false);
    p->auto_final = reader_texts_value(r, top, "auto_final");
    rules_json_check_ids(r, &p->decisions, p->auto_final);
    override = reader_enter_value(r, top, "override", &before);
    p->rationale_min_chars =
        reader_int(r, override, "rationale_min_chars", 1, 1000);
    p->second_name_for_downgrade =
        reader_bool_or(r, override, "second_name_for_downgrade", true);
    json_path_back(&r->path, before);
}
