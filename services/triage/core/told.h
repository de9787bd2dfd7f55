/**
 * What each notification told of a child, so that one of them can be taken
 * back: a child's row is what its tellings make of an empty one, in the order
 * in which they came. Receiving adds the last, erasing leaves one out and adds
 * the others again.
 */
#ifndef WAYMARK_TRIAGE_CORE_TOLD_H
#define WAYMARK_TRIAGE_CORE_TOLD_H

#include "common/core/records.h"
#include "common/core/rows.h"

#include "triage/core/tables.h"

/* A telling, as the one who receives it knows it. */
struct telling {
    struct id child_id;
    struct id notification_id;
    const struct person *person;
    bool over; /* its names and birth replace those told before */
};

/** The row to keep of it, behind those that `child` had; texts borrowed. */
struct triage_told triage_told_row(struct arena *a,
                                   const struct triage_child *child,
                                   const struct telling *telling);

/** Add to `child` what was told, as the next; not to its blocks and numbers. */
void triage_told_add(struct arena *a, struct triage_child *child,
                     const struct triage_told *told);

/** Ask for all that was told of a child. */
void triage_told_want(struct rows *rows, struct id child_id);

/**
 * The telling of a notification, NULL where it told nothing of this child.
 * Rows: triage_told_want.
 */
const struct triage_told *triage_told_by(struct rows *rows, struct id child_id,
                                         struct id notification_id);

/**
 * The child's row without what `notification_id` told; of nothing that anybody
 * else told id, first_seen_at, merges and counters are left. Rows: as above.
 */
struct triage_child triage_told_without(struct rows *rows, struct arena *a,
                                        const struct triage_child *child,
                                        struct id notification_id);

/** Did another notification than this one tell the number? Rows: as above. */
bool triage_told_number(struct rows *rows,
                        const struct triage_identifier *number,
                        struct id notification_id);

#endif
