#include "common/adapters/profile_examples.h"

#include "common/adapters/rule_json.h"
#include "common/adapters/rules_json.h"

static bool
texts_hold(struct texts t, struct str s)
{
    for (size_t i = 0; i < t.n; i++)
        if (str_eq(t.at[i], s))
            return true;
    return false;
}

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
            at[i].value = rule_json_value(r, v);
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
            reader_fail_as(r, "profile-field", "\"%.*s\" is no rule input",
                           STR_ARG(name));
    }
}

static struct profile_example
read_example(struct reader *r, const struct json *dflt, const struct json *v,
             const struct profile *p)
{
    const struct json *facts = reader_member(r, v, "facts", false);
    struct profile_example ex = {
        .facts = read_facts(r, dflt, facts),
        .rule = reader_text(r, v, "rule"),
        .outcome = reader_code(r, &codes_outcome, reader_text(r, v, "outcome")),
        .hits = reader_texts_or_none(r, v, "all_hits"),
        .action_rules = reader_texts_or_none(r, v, "action_rules"),
    };

    check_fact_names(r, facts);
    rules_json_check_ids(r, &p->decisions, ex.hits);
    rules_json_check_ids(r, &p->actions, ex.action_rules);
    if (r->st == ST_OK && !texts_hold(ex.hits, ex.rule))
        reader_fail_as(r, "profile-example", "the rule is not among all hits");
    return ex;
}

void
profile_examples_read(struct reader *r, const struct json *top,
                      struct profile *p)
{
    const struct json *dflt =
        reader_member(r, top, "example_facts_default", false);
    size_t before;
    const struct json *list =
        reader_enter(r, top, "examples", JSON_T_ARRAY, &before);
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
