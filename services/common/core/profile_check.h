/**
 * Is a threshold framework sound? What its text alone can't show: rules that
 * never decide, rules whose order alone decides, thresholds that contradict
 * each other, examples that don't come out as written.
 *
 * A rule of the decision table is dead when no facts, all of them known, leave
 * it as the first that holds: it could never be a final answer. Two rules
 * overlap when one asks nothing that the other does not, their outcomes
 * differ, both can hold at once, and neither is a special case of the other:
 * then nothing but their order decides between them. A special case above its
 * general rule is how such tables are written, and fine; rules that ask for
 * different things are ordered by weight, which is what a table is for.
 * Both are decided by rule_search.h, for all inputs.
 */
#ifndef WAYMARK_COMMON_CORE_PROFILE_CHECK_H
#define WAYMARK_COMMON_CORE_PROFILE_CHECK_H

#include <stddef.h>

#include "common/core/arena.h"
#include "common/core/profile.h"
#include "common/core/str.h"

/*
 * Codes are stable: profile-text (no JSON), -field (unknown), -missing,
 * -source, -value (of the wrong kind or word), -twin (an id twice), -ref
 * (names what isn't there), -rule (an unsound condition), -limit (a bad
 * threshold), -dead, -overlap, -wide (too many inputs to say), -example.
 */
struct profile_fault {
    const char *code;
    struct str place; /* JSON pointer */
    struct str rule;  /* id of the rule, or null */
    struct str why;   /* one sentence, no full stop */
};

struct profile_faults {
    const struct profile_fault *at;
    size_t n;
};

/** All that is unsound in a profile that was read; `*out` is in `a`. */
void profile_check(struct arena *a, const struct profile *p,
                   struct profile_faults *out);

/**
 * Pairs of decision rules that can hold at once with different outcomes, so
 * that their order matters: a number for people.
 */
size_t profile_ordered_pairs(struct arena *a, const struct profile *p);

#endif
