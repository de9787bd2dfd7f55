/**
 * Who is it: the child that a notification is about (domain.md section 4).
 *
 * Deterministic: numbers first (steps 1 to 4), then the guards against
 * siblings and twins, then name with date of birth exactly (step 5). A match
 * that contradicts a guard, or more than one possible child, goes to a person:
 * the notification carries on under a child of its own until MatchResolved.
 * An amendment and a message about a case never come here: their child is
 * known.
 */
#ifndef WAYMARK_TRIAGE_CORE_MATCH_H
#define WAYMARK_TRIAGE_CORE_MATCH_H

#include "common/core/arena.h"
#include "common/core/records.h"
#include "common/core/rows.h"

#include "triage/core/tables.h"

struct match {
    int status;         /* enum match_status */
    struct str step;    /* of domain.md section 4: "1".."8" */
    struct id child_id; /* of MATCH_MATCHED; else ID_NONE: make a new one */
    struct texts candidates; /* of MATCH_REVIEW: ids as text */
    struct id linked_id;     /* sibling or twin of a new child, or ID_NONE */
    struct str link;         /* "sibling" or "twin" */
};

/**
 * A name as it is compared: lower case, without accents of Latin letters,
 * blanks, hyphens and apostrophes. Null for null and for what has no letter.
 */
struct str triage_norm(struct arena *a, struct str name);

/** Equal, or one typing error apart: a letter more, less, other, or two
 * swapped. */
bool triage_is_typo(struct str a, struct str b);

/** Address and postcode as they are compared; null without both. */
struct str triage_address_norm(struct arena *a, const struct person *p);
/** The normalised name of the mother in the household, or null. */
struct str triage_mother_norm(struct arena *a, const struct person *p);

/**
 * Ask for the rows that a match of `p` looks at. Round 0 for what the message
 * finds, round 1 for the children whom its numbers belong to.
 */
void triage_match_want(struct rows *rows, struct arena *a,
                       const struct person *p, int round);

/**
 * The children whose rows a match of `p` may give, once round 0 is loaded:
 * call with *at = 0 until it returns false.
 */
bool triage_match_candidate(struct rows *rows, struct arena *a,
                            const struct person *p, size_t *at,
                            struct id *child_id);

/** Decide. Needs the rows of triage_match_want. */
struct match triage_match(struct rows *rows, struct arena *a,
                          const struct person *p);

#endif
