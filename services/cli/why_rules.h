/**
 * A stored decision held against the profile that made it: the rules in their
 * order with the values that each saw, and whether they say the same again.
 */
#ifndef WAYMARK_CLI_WHY_RULES_H
#define WAYMARK_CLI_WHY_RULES_H

#include "common/adapters/json.h"
#include "common/core/profile.h"

/* As triage's table decision has it. */
struct why_decision {
    struct str rule_id;
    int rule_outcome; /* the rule's own, whatever a person made of it */
    struct texts hits;
    struct texts ask;
    struct texts action_rules;
    struct texts inputs; /* "name=value" */
};

/* As tracker's table third_need has it. */
struct why_third_need {
    struct str rule_id;
    int outcome;
    struct texts inputs; /* "name=value" */
};

/** Version and tables for people, on standard output. */
void why_rules_print(struct arena *a, const struct profile *p,
                     const struct why_decision *d);

/** The same as members of an open object. */
void why_rules_json(struct json_out *out, struct arena *a,
                    const struct profile *p, const struct why_decision *d);

/** Decide again: null where it comes out the same, else what differs. */
struct str why_replay(struct arena *a, const struct profile *p,
                      const struct why_decision *d);

/** The rule that triggered it, with the values that it saw. */
void why_third_need_print(struct arena *a, const struct profile *p,
                          const struct why_third_need *t);

/** The same as members of an open object. */
void why_third_need_json(struct json_out *out, struct arena *a,
                         const struct profile *p,
                         const struct why_third_need *t);

/** Ask the rules again: null where it comes out the same, else what differs. */
struct str why_third_need_replay(struct arena *a, const struct profile *p,
                                 const struct why_third_need *t);

#endif
