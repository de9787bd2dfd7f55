/**
 * Is there anything known of a child for which these conditions come out so?
 *
 * Conditions compare inputs with constants, so that inputs fall into finitely
 * many classes that no condition tells apart: the words that some condition
 * names and one that none does, and of numbers the constants and their
 * neighbours within the input's range. One value of each class is tried, with
 * every value of all others: the answer is for all inputs, not for examples.
 *
 * Nothing is missed on the way: inputs that aren't tried yet are unknown, and
 * in three-valued logic a condition that is decided with some inputs unknown
 * stays decided whatever they become. So a branch is left as soon as one
 * condition has come out wrong.
 */
#ifndef WAYMARK_COMMON_CORE_RULE_SEARCH_H
#define WAYMARK_COMMON_CORE_RULE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/core/arena.h"
#include "common/core/rule.h"

/* That `when` comes out as `want`: TRI_YES or TRI_NO. */
struct rule_goal {
    const struct rule_node *when;
    enum tri want;
};

enum rule_found {
    RULE_FOUND,
    RULE_NOT_FOUND,
    RULE_TOO_WIDE, /* given up after RULE_SEARCH_STEPS */
};

/* Conditions looked at in one search: some seconds. */
#define RULE_SEARCH_STEPS 20000000L

struct rule_space {
    const struct rule_input *inputs; /* what conditions may name */
    size_t n_inputs;
    /* Holds for all that can be known, or NULL; it may compare two numbers by
     * `<=`. */
    const struct rule_node *law;
};

/**
 * Look for known values of all inputs with which every goal comes out as
 * wanted. The conditions have passed rule_check. RULE_FOUND: `*witness` (may
 * be NULL) has the values of the inputs that decide it, in `a`.
 */
enum rule_found rule_search(struct arena *a, const struct rule_space *space,
                            const struct rule_goal *goals, size_t n,
                            struct facts *witness);

/** Does `inner` ask for no input that `outer` doesn't ask for? */
bool rule_asks_within(const struct rule_node *inner,
                      const struct rule_node *outer);

#endif
