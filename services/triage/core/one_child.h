/**
 * Several rows, one child: merged and taken apart again (domain.md section 4).
 *
 * A merge moves nothing: of two children the one first seen stands for both,
 * the other's row names it in `merged_into`, and each keeps what its own
 * notifications told. So the rows of one child are a tree, and taking a child
 * out of it restores both to the byte, in whatever order merges are undone. Its
 * root, the survivor, is the child_id that other services hear.
 */
#ifndef WAYMARK_TRIAGE_CORE_ONE_CHILD_H
#define WAYMARK_TRIAGE_CORE_ONE_CHILD_H

#include "common/core/err.h"
#include "common/core/service.h"

#include "triage/core/tables.h"

/* So many rows may be one child; a merge beyond that is refused. */
#define ONE_CHILD_MAX 32

struct members {
    struct id at[ONE_CHILD_MAX];
    size_t n;
};

/** The child that stands for `child_id`: itself, where it was never merged. */
struct id triage_survivor(struct rows *rows, struct id child_id);

/**
 * All rows that are the same child as `child_id`, the survivor first, the
 * others in the order of their ids below it. Of a child without a row, itself.
 */
struct members triage_members(struct rows *rows, struct id child_id);

/** Ask for what leads to these, as far as it is loaded. */
void triage_members_want(struct rows *rows, struct id child_id);

/**
 * Two children are one person, as `by` says (NULL text: nobody named): gives
 * out ChildMerged. *merged is the one that lives on in the other, ID_NONE where
 * they were one already. ST_REJECT, "merge": more than ONE_CHILD_MAX rows.
 */
MUST_CHECK enum status triage_join(struct step *step, struct id a, struct id b,
                                   struct str by, struct id *merged,
                                   struct err *err);

/**
 * Undo one merge: `merged`, with all that were merged into it, is a child of
 * its own again. Gives out ChildUnmerged, and for each of these what takes it
 * along. ST_REJECT, R20: it is in no other child.
 */
MUST_CHECK enum status triage_part(struct step *step, struct id merged,
                                   struct str by, struct err *err);

#endif
