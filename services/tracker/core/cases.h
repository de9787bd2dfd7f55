/**
 * Cases and hand-overs as rows: finding them, and carrying out what the life
 * cycle's table says (life.h).
 *
 * All that return a status store what they change and give it out, with the
 * statuses of say.h; ST_REJECT, code R16, where a limit lies past the calendar.
 */
#ifndef WAYMARK_TRACKER_CORE_CASES_H
#define WAYMARK_TRACKER_CORE_CASES_H

#include "tracker/core/life.h"
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

/* What a record brings beside the event itself; null where it doesn't. */
struct case_input {
    struct str worker;
    struct str unit;    /* of whoever did it */
    struct str to_unit; /* that an offer is made to */
    struct str by;
    int close_outcome;
    struct str clock; /* to pause or resume; null: all */
};

/**
 * Carry out a row of the table on `c`, a copy that already holds what the
 * record says of it; `is_new` where it isn't stored yet. Gives out CaseChanged
 * first, then clocks, hand-over and alerts. Answers to referrers are the
 * caller's.
 */
MUST_CHECK enum status
cases_apply(const struct moment *m, struct case_row *c, bool is_new,
            enum life_event ev, const struct life_result *result,
            const struct case_input *input, const struct case_said *said,
            struct err *err);

/** The child was seen to (a return home interview): D02 of its cases anew. */
MUST_CHECK enum status
cases_contact(const struct moment *m, struct id child_id, struct err *err);

/**
 * A correction has made `c` of the case that stood as in `now`, its clocks
 * included: stores it, counts it for its worker, and sets the rules that have
 * no clock anew.
 */
MUST_CHECK enum status
cases_restored(const struct moment *m, const struct case_row *now,
               struct case_row *c, struct err *err);

/**
 * L3 has passed for the first time: the offer says so, and L3 counts once more
 * from its due instant. Nothing where no offer of `c` waits.
 */
MUST_CHECK enum status
cases_offer_late(const struct moment *m, const struct case_row *c,
                 struct err *err);
/** For the second time: the offer is over, the case goes back. */
MUST_CHECK enum status
cases_offer_expired(const struct moment *m, const struct case_row *c,
                    struct err *err);

/**
 * Two children are one: of two open cases on a side the younger is merged.
 * *gained is the early help case that has needs by it which it had not, the
 * null id where there is none.
 */
MUST_CHECK enum status
cases_merge(const struct moment *m, const struct child_merged *merged,
            struct id *gained, struct err *err);
/** And apart again: cases go back to whose they were, merged ones go on. */
MUST_CHECK enum status
cases_unmerge(const struct moment *m, const struct child_unmerged *unmerged,
              struct err *err);

#endif
