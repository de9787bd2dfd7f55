#include "tracker/core/third_need.h"

#include "common/core/profile.h"
#include "tracker/core/carry.h"
#include "tracker/core/life.h"

#define TRIGGER "third_need_trigger"

enum { N_KNOWN = 3 }; /* rule inputs that a case knows */

static bool
triggers(const struct rule *rule)
{
    for (size_t i = 0; i < rule->actions.n; i++)
        if (str_is(rule->actions.at[i], TRIGGER))
            return true;
    return false;
}

const struct rule *
third_need_rule(const struct profile *p, const struct facts *facts)
{
    for (size_t i = 0; i < p->decisions.n; i++)
        if (triggers(&p->decisions.at[i]) &&
            rule_eval(&p->decisions.at[i].when, facts) == TRI_YES)
            return &p->decisions.at[i];
    return NULL;
}

/* Of all that a rule may ask for, what a case knows. */
static void
facts_of(const struct case_row *c, struct fact known[N_KNOWN])
{
    known[0] =
        (struct fact){ STR("eh_status"), VALUE_OF_TEXT(str_of(codes_word(
                                             &codes_outcome, c->outcome))) };
    known[1] = (struct fact){ STR("need_count"),
                              VALUE_OF_INT(__builtin_popcount(c->needs)) };
    known[2] =
        (struct fact){ STR("csc_status"), VALUE_OF_TEXT(str_of(codes_word(
                                              &codes_csc_status, CSC_NONE))) };
}

/* In somebody's hands, and nobody else is being asked to take it. */
static bool
is_worked(const struct case_row *c)
{
    return c->state >= CASE_UNALLOCATED && c->state <= CASE_REVIEW;
}

/* The rule that has hit now: NULL where none does, or it is no case for it. */
static const struct rule *
find_trigger(const struct moment *m, const struct case_row *c)
{
    struct fact known[N_KNOWN];
    const struct facts facts = { .at = known, .n = N_KNOWN };

    if (c == NULL || c->side != SIDE_EH || c->third_need || !is_worked(c))
        return NULL;
    facts_of(c, known);
    return third_need_rule(m->limits.profile, &facts);
}

/* Rule, inputs and version; who brought it the caller has filled in. */
static void
keep(const struct moment *m, const struct case_row *c, const struct rule *rule,
     struct third_need_row *row)
{
    struct arena *a = m->step->arena;
    struct str *lines = arena_array(a, N_KNOWN, sizeof *lines);
    struct fact known[N_KNOWN];

    facts_of(c, known);
    for (size_t i = 0; i < N_KNOWN; i++) {
        struct str value = value_text(a, known[i].value);

        lines[i] = arena_printf(a, "%.*s=%.*s", STR_ARG(known[i].name),
                                STR_ARG(value));
    }
    row->case_id = c->case_id;
    row->record_id = m->record;
    row->at = m->at;
    row->rule_id = rule->id;
    row->outcome = rule->outcome;
    row->inputs = (struct texts){ .at = lines, .n = N_KNOWN };
    row->profile_version = m->limits.profile->version_id;
    rows_put(m->step->rows, TABLE_THIRD_NEED, row);
}

static enum status
take_outcome(const struct moment *m, const struct case_row *known, int outcome,
             const struct case_input *input, struct case_said *said,
             struct err *err)
{
    struct life_result result;
    struct life_facts facts;
    struct case_row c = *known;
    enum status rc;

    c.outcome = outcome;
    c.third_need = true;
    c.changes++; /* the need itself is corrected no more (correct.h) */
    facts = (struct life_facts){ .side = c.side,
                                 .outcome = c.outcome,
                                 .was_outcome = known->outcome,
                                 .csc_status = c.csc_status,
                                 .has_worker = c.worker.n > 0 };
    said->state_before = known->state;
    rc = life_step(c.state, c.state_before, LIFE_FINAL_HELP, &facts, &result,
                   err);
    if (rc != ST_OK)
        return rc;
    return carry_out(m, &c, false, LIFE_FINAL_HELP, &result, input, said, err);
}

enum status
third_need_added(const struct moment *m, const struct activity_recorded *a,
                 struct id case_id, struct err *err)
{
    const struct case_row *known = cases_get(m, case_id);
    const struct case_input input = { .by = a->by };
    struct case_said said = { .activity_id = a->activity_id };
    const struct rule *rule = find_trigger(m, known);
    struct third_need_row row;

    if (rule == NULL)
        return ST_OK;
    fields_clear(&tracker_tables[TABLE_THIRD_NEED].fields, &row);
    row.activity_id = a->activity_id;
    row.by = a->by;
    keep(m, known, rule, &row);
    return take_outcome(m, known, rule->outcome, &input, &said, err);
}

enum status
third_need_merged(const struct moment *m, const struct child_merged *merged,
                  struct id case_id, struct err *err)
{
    const struct case_row *known = cases_get(m, case_id);
    const struct case_input input = { .by = merged->by };
    struct case_said said = { .activity_id = ID_NONE };
    const struct rule *rule = find_trigger(m, known);
    struct third_need_row row;

    if (rule == NULL ||
        cases_open(m, known->child_id, SIDE_CSC, ID_NONE) != NULL)
        return ST_OK;
    fields_clear(&tracker_tables[TABLE_THIRD_NEED].fields, &row);
    row.merged_id = merged->merged_id;
    row.by = merged->by;
    keep(m, known, rule, &row);
    return take_outcome(m, known, rule->outcome, &input, &said, err);
}
