/**
 * Carrying out, on cases and hand-overs, what the life cycle's table says
 * (life.h); and what else moves a case: an offer that nobody answers, a child
 * that was seen, two children who are one.
 *
 * All store what they change and give it out, with the statuses of say.h;
 * ST_REJECT, code R16, where a limit lies past the calendar.
 */
#ifndef WAYMARK_TRACKER_CORE_CARRY_H
#define WAYMARK_TRACKER_CORE_CARRY_H

#include "tracker/core/cases.h"
#include "tracker/core/life.h"

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
MUST_CHECK enum status carry_out(const struct moment *m, struct case_row *c,
                                 bool is_new, enum life_event ev,
                                 const struct life_result *result,
                                 const struct case_input *input,
                                 const struct case_said *said, struct err *err);

/** The child was seen to (a return home interview): D02 of its cases anew. */
MUST_CHECK enum status carry_contact(const struct moment *m, struct id child_id,
                                     struct err *err);

/**
 * A correction has made `c` of the case that stood as in `now`, its clocks
 * included: stores it, counts it for its worker, and sets the rules that have
 * no clock anew.
 */
MUST_CHECK enum status carry_restored(const struct moment *m,
                                      const struct case_row *now,
                                      struct case_row *c, struct err *err);

/**
 * L3 has passed for the first time: the offer says so, and L3 counts once more
 * from its due instant. Nothing where no offer of `c` waits.
 */
MUST_CHECK enum status carry_offer_late(const struct moment *m,
                                        const struct case_row *c,
                                        struct err *err);
/** For the second time: the offer is over, the case goes back. */
MUST_CHECK enum status carry_offer_expired(const struct moment *m,
                                           const struct case_row *c,
                                           struct err *err);

/**
 * Two children are one: of two open cases on a side the younger is merged.
 * *gained is the early help case that has needs by it which it had not, the
 * null id where there is none.
 */
MUST_CHECK enum status carry_merge(const struct moment *m,
                                   const struct child_merged *merged,
                                   struct id *gained, struct err *err);
/** And apart again: cases go back to whose they were, merged ones go on. */
MUST_CHECK enum status carry_unmerge(const struct moment *m,
                                     const struct child_unmerged *unmerged,
                                     struct err *err);

#endif
