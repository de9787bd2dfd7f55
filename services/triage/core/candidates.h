/**
 * Which children a message may be about: those who have something in common
 * with it, found by blocking keys (domain.md section 4, step 5).
 *
 * A child is kept under a hash of
 *
 *   sound of the surname, and birth      sound of the forename, and birth
 *   postcode and year of birth           surname and forename
 *   surname and address
 *
 * and a message looks under the same, under the birth with day and month
 * swapped, and under its forename as a surname. Who differs in all of these is
 * another child.
 *
 * A block holds at most BLOCK_CHILDREN_MAX children. One that is full finds
 * nobody, so it decides nothing: what so many have in common says little, and
 * of two who are alike there never is only one in sight. That a block is full
 * does not depend on how records were batched.
 */
#ifndef WAYMARK_TRIAGE_CORE_CANDIDATES_H
#define WAYMARK_TRIAGE_CORE_CANDIDATES_H

#include "common/core/arena.h"
#include "common/core/rows.h"

#include "triage/core/tables.h"

#define BLOCK_CHILDREN_MAX 32

/* What blocks are made of; texts as triage_norm gives them, null: not told. */
struct description {
    struct str forename;
    struct str surname;
    date_d dob; /* DATE_NONE where it is estimated */
    struct str postcode;
    struct str address; /* with the postcode: triage_address_norm */
};

/** Of a child's row; `a` for what is normalised. */
struct description triage_description(struct arena *a,
                                      const struct triage_child *child);

/** Ask for the blocks that a message looks into. */
void triage_blocks_want(struct rows *rows, const struct description *d);

/** Ask for the blocks that a child of this description is kept in. */
void triage_blocks_want_of(struct rows *rows, const struct description *d);

struct ids {
    const struct id *at;
    size_t n;
};

/**
 * The children in these blocks, each once, at most BLOCK_CHILDREN_MAX of a
 * block. Rows: triage_blocks_want.
 */
struct ids triage_blocks_find(struct rows *rows, struct arena *a,
                              const struct description *d);

/**
 * A child is described by `now` and was by `was` (NULL: not at all): move it
 * to its new blocks. Rows: triage_blocks_want_of `now`.
 */
void triage_blocks_keep(struct rows *rows, struct id child_id,
                        const struct description *was,
                        const struct description *now);

#endif
