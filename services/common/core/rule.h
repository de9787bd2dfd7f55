/**
 * Conditions of a threshold framework: JsonLogic trees over what is known of
 * a notification, in three-valued logic (Kleene).
 *
 * A fact that is unknown makes a comparison undecided, never false
 * (domain.md section 5): `and` is still false where one side is false, `or`
 * still true where one side is true. The first rule that holds decides;
 * undecided rules above it keep the decision provisional and name the facts
 * to ask for.
 *
 * Trees are plain data: an adapter reads them from JSON, nothing here parses
 * text. Operators: == != ! and or < <= > >= in var.
 */
#ifndef WAYMARK_COMMON_CORE_RULE_H
#define WAYMARK_COMMON_CORE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/field.h"
#include "common/core/str.h"

enum value_kind {
    VALUE_UNKNOWN = 0, /* JSON null: not known, or not recorded */
    VALUE_BOOL,
    VALUE_INT,
    VALUE_TEXT,
    VALUE_LIST, /* a constant only: the right side of `in` */
};

struct value {
    enum value_kind kind;
    bool b;
    int64_t i;
    struct str text;
    const struct value *list; /* of VALUE_LIST */
    size_t n_list;
};

#define VALUE_NONE ((struct value){ .kind = VALUE_UNKNOWN })
#define VALUE_OF_BOOL(x) ((struct value){ .kind = VALUE_BOOL, .b = (x) })
#define VALUE_OF_INT(x) ((struct value){ .kind = VALUE_INT, .i = (x) })
#define VALUE_OF_TEXT(x) ((struct value){ .kind = VALUE_TEXT, .text = (x) })

struct fact {
    struct str name;
    struct value value;
};

/* What a decision sees. A name that isn't listed is unknown. */
struct facts {
    const struct fact *at;
    size_t n;
};

enum rule_op {
    RULE_CONST = 1,
    RULE_VAR,
    RULE_EQ,
    RULE_NE,
    RULE_LT,
    RULE_LE,
    RULE_GT,
    RULE_GE,
    RULE_IN,
    RULE_NOT,
    RULE_AND,
    RULE_OR,
};

struct rule_node {
    enum rule_op op;
    struct value value; /* of RULE_CONST */
    struct str var;     /* of RULE_VAR */
    const struct rule_node
        *args; /* of the others: 1 for RULE_NOT, 2 for comparisons and RULE_IN,
                  1 or more for RULE_AND and RULE_OR */
    size_t n_args;
};

/* One line of a profile's decision_rules or action_rules. */
struct rule {
    struct str id;
    struct rule_node when;
    int outcome;             /* enum of codes_outcome; 0 in an action rule */
    struct texts actions;    /* words such as "relay_to_school" */
    struct str service_type; /* null where the profile gives none */
    struct str to;           /* whom the profile names as receiver, or null */
    struct str note;         /* or null */
    struct str source;       /* the document that the rule comes from */
    struct str text;         /* the condition as the profile writes it (JSON) */
};

struct rules {
    const struct rule *at; /* in the order in which they are tried */
    size_t n;
};

/* An input that conditions may name, and what it can hold. */
struct rule_input {
    const char *name;
    enum value_kind kind;      /* VALUE_BOOL, VALUE_INT or VALUE_TEXT */
    const struct codes *words; /* of VALUE_TEXT; NULL where any word will do */
    int64_t min;               /* of VALUE_INT, both included; */
    int64_t max;               /* equal where any number will do */
};

/** A value as text: `true`, `3`, `word`, and `-` for unknown. In `a`. */
struct str value_text(struct arena *a, struct value v);

/** True where kind and content are the same; unknown equals unknown here. */
bool value_eq(struct value a, struct value b);

/** The fact's value, unknown if it isn't listed. */
struct value facts_get(const struct facts *facts, struct str name);

/**
 * Truth of a condition. A comparison of an unknown with anything is unknown;
 * of two different kinds it is false (== <= ...) or true (!=): rule_check
 * keeps such conditions out of a profile.
 */
enum tri rule_eval(const struct rule_node *node, const struct facts *facts);

/**
 * Is the condition sound: only listed inputs, operands of kinds that fit,
 * words that the input can hold, right number of operands. ST_REJECT with code
 * "profile-rule" and the reason; "profile-limit" where a number is compared
 * with one that its range never reaches, or never leaves.
 */
MUST_CHECK enum status rule_check(const struct rule_node *node,
                                  const struct rule_input *inputs,
                                  size_t n_inputs, struct err *err);

struct rule_result {
    const struct rule *first; /* that holds, NULL if none does */
    struct texts hits;        /* ids of all rules that hold, in order */
    struct texts undecided;   /* ids of those above `first` that are unknown */
    struct texts ask;         /* facts that made them so, each once, in order */
    struct texts actions;     /* words of the rules that apply, each once */
};

/**
 * The condition as a person reads it: "csc_threshold is met and need_count is
 * at least 3". In `a`.
 */
struct str rule_words(struct arena *a, const struct rule_node *node);

/** Try a list where the first hit decides; `actions` are those of `first`. */
void rule_decide(struct arena *a, const struct rules *rules,
                 const struct facts *facts, struct rule_result *out);

/**
 * Try a list where every hit applies; `actions` are those of all hits. `first`
 * is the first hit; `undecided` and `ask` speak of the whole list.
 */
void rule_apply_all(struct arena *a, const struct rules *rules,
                    const struct facts *facts, struct rule_result *out);

#endif
