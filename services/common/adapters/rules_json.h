/**
 * A profile's decision table and action rules from JSON: ids, conditions,
 * outcomes, actions, sources, which of them decide without a person.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_RULES_JSON_H
#define WAYMARK_COMMON_ADAPTERS_RULES_JSON_H

#include "common/adapters/reader.h"
#include "common/core/profile.h"

/** Read "decision_rules", "action_rules", "auto_final" and "override". */
void rules_json_read(struct reader *r, const struct json *top,
                     struct profile *p);

/** Each of `ids` must be the id of a rule: else "profile-ref". */
void rules_json_check_ids(struct reader *r, const struct rules *rules,
                          struct texts ids);

#endif
