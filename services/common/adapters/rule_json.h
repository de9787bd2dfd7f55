/**
 * Conditions (JsonLogic) from JSON into trees, and back into text.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_RULE_JSON_H
#define WAYMARK_COMMON_ADAPTERS_RULE_JSON_H

#include "common/adapters/reader.h"
#include "common/core/rule.h"

/**
 * Read one condition: how rules are written, without looking whether it is
 * sound (rule_check). `<` and `<=` of three operands are two comparisons.
 * Everything is in `a`. ST_REJECT with "profile-rule" or "profile-text";
 * ST_RETRY without memory.
 */
MUST_CHECK enum status rule_json_read(struct arena *a, struct str text,
                                      struct rule_node *out, struct err *err);

/** A condition inside a document that is being read. */
struct rule_node rule_json_node(struct reader *r, const struct json *v);

/** A constant: null, true, a whole number, a text, a list of these. */
struct value rule_json_value(struct reader *r, const struct json *v);

/** The condition as text again, for people who ask for the rule. */
struct str rule_json_text(struct reader *r, const struct json *v);

#endif
