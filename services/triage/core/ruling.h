/**
 * What a profile's rules make of known facts, and nothing else: the part of a
 * decision that its stored version and inputs give again at any time.
 *
 * triage decides with it, `waymark why --replay` decides an old decision
 * again, `waymark backtest` what another profile would have said.
 */
#ifndef WAYMARK_TRIAGE_CORE_RULING_H
#define WAYMARK_TRIAGE_CORE_RULING_H

#include "common/core/arena.h"
#include "common/core/field.h"
#include "common/core/profile.h"
#include "common/core/rule.h"

struct ruling {
    struct str rule_id; /* the first that holds */
    int outcome;        /* of codes_outcome */
    int status;         /* DECISION_FINAL or DECISION_PROVISIONAL */
    struct texts hits;
    struct texts ask; /* facts that undecided rules above wait for */
    struct texts action_rules;
    struct texts actions; /* of the rule, then of the action rules; each once */
};

/**
 * Try both tables of the profile. Final only where the profile lets the rule
 * decide without a person and no undecided rule stands above it. Lists are in
 * `a`, texts are the profile's.
 */
void triage_rule(struct arena *a, const struct profile *p,
                 const struct facts *facts, struct ruling *out);

/** The inputs as "name=value" lines, "-" for unknown; for the decision. */
struct texts triage_facts_text(struct arena *a, const struct facts *facts);

/**
 * The other way round: all rule inputs, those that no line names unknown. False
 * where a line names none, or its value is none of that input.
 */
bool triage_facts_read(struct arena *a, struct texts lines, struct facts *out);

#endif
