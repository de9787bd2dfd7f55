/**
 * Who is it: the child that a notification is about (domain.md section 4).
 *
 * Numbers first (steps 1 to 4). Then every child who has something in common
 * with the message (candidates.h) is compared: guards tell siblings and twins
 * apart (6 and 7), what they leave is weighed (5, linkage.h) against the two
 * limits of the profile. What contradicts a guard or another valid number, lies
 * between the limits, or is nearly as likely to be somebody else, goes to a
 * person: the notification carries on under a child of its own until
 * MatchResolved. An amendment and a message about a case never come here: their
 * child is known; triage_doubts says whether it still can be.
 */
#ifndef WAYMARK_TRIAGE_CORE_MATCH_H
#define WAYMARK_TRIAGE_CORE_MATCH_H

#include "common/core/arena.h"
#include "common/core/linkage_model.h"
#include "common/core/records.h"
#include "common/core/rows.h"

#include "triage/core/tables.h"

struct match {
    int status;         /* enum match_status */
    struct str step;    /* of domain.md section 4: "1".."8" */
    struct id child_id; /* of MATCH_MATCHED; else ID_NONE: make a new one */
    struct texts candidates; /* of MATCH_REVIEW: ids as text, likeliest first;
                                at most MATCH_CANDIDATES_MAX */
    struct id linked_id;     /* sibling or twin of a new child, or ID_NONE */
    struct str link;         /* "sibling" or "twin" */
    /*
     * What was weighed: of the child matched, else of the likeliest other one;
     * null and none where nobody was in sight. Lines: "candidate=ID" of one who
     * was not matched, "FIELD=LEVEL +MILLIBITS" of each field that both told,
     * "prior=MILLIBITS", "guard=NAME" where one spoke.
     */
    int32_t weight; /* the sum: log2 odds that it is this child, millibits */
    struct texts evidence;
};

#define MATCH_CANDIDATES_MAX 8

/** A UPN that ends in a letter is temporary and says nothing (step 2). */
bool triage_is_temporary_upn(struct str upn);

/** Address and postcode as they are compared; null without both. */
struct str triage_address_norm(struct arena *a, const struct person *p);
/** The normalised name of the mother in the household, or null. */
struct str triage_mother_norm(struct arena *a, const struct person *p);

/** What blocks are made of, of a message. */
struct description;
struct description triage_described(struct arena *a, const struct person *p);

/**
 * Ask for the rows that a match of `p` looks at. Round 0 for what the message
 * finds, round 1 for the children whom that leads to.
 */
void triage_match_want(struct rows *rows, struct arena *a,
                       const struct person *p, int round);

/**
 * Whom a match will probably find, by the rows of both rounds: for wanting what
 * hangs on that child. Cheaper than the match where one child has the very
 * names and birth. False where it will be nobody.
 */
bool triage_match_foresee(struct rows *rows, struct arena *a,
                          const struct linkage_model *model,
                          const struct person *p, struct id *child_id);

/** Decide. Needs the rows of triage_match_want. */
struct match triage_match(struct rows *rows, struct arena *a,
                          const struct linkage_model *model,
                          const struct person *p);

/**
 * A message that is about `child_id` by its reference, case or episode: do its
 * numbers contradict that? True where one belongs to another child, or the
 * child has another valid one of its kind: then *out is the review to open.
 * Rows as for triage_match.
 */
bool triage_doubts(struct rows *rows, struct arena *a,
                   const struct linkage_model *model, const struct person *p,
                   struct id child_id, struct match *out);

#endif
