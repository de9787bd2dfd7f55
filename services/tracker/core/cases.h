/**
 * Cases and hand-overs as rows: wanting, finding and putting them. What becomes
 * of a case is carry.h's.
 */
#ifndef WAYMARK_TRACKER_CORE_CASES_H
#define WAYMARK_TRACKER_CORE_CASES_H

#include "tracker/core/watch.h"

/** Want the case, its hand-overs, clocks, deadlines and alerts. */
void
cases_want(struct rows *rows, struct id case_id);
/** Want the rows of all cases and episodes of a child (not what hangs on them).
 */
void
cases_want_child(struct rows *rows, struct id child_id);

/** The case, wanted before; NULL if there is none or the id is null. */
const struct case_row *
cases_get(const struct moment *m, struct id case_id);
/** The child's next case: start with *at = 0, NULL at the end. */
const struct case_row *
cases_next(const struct moment *m, struct id child_id, size_t *at);
/** The open case of a child on a side, other than `except`; NULL if none is. */
const struct case_row *
cases_open(const struct moment *m, struct id child_id, int side,
           struct id except);
/** The open case whose worker hears of the child: early help's, else social
 * care's; NULL if neither is open.
 */
const struct case_row *
cases_of_worker(const struct moment *m, struct id child_id);
/** The offer of `c` that waits for an answer; NULL if none does. */
const struct handover_row *
cases_offer(const struct moment *m, const struct case_row *c);

/** `h` is the offer that waits, or NULL. */
struct watched
cases_watched(const struct case_row *c, const struct handover_row *h);

/** id of the case that this record opens on a side (design.md section 1). */
struct id
cases_id(const struct moment *m, int side);

/** The case that this record opens has no rows yet: none need be looked for. */
void cases_declare_new(const struct moment *m, struct id case_id);
/** Store it, with the version that the record was decided by. */
void cases_put(const struct moment *m, struct case_row *c);

#endif
