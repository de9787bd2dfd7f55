/**
 * Notices of domestic abuse (Encompass): the child's school is to hear of the
 * incident before its next day begins (T11, D17; domain.md sections 7, 8). The
 * clock is the notice's own and outlives every case. It is met when triage has
 * sent the school its relay, or staff say that they told it.
 */
#ifndef WAYMARK_TRACKER_CORE_SCHOOL_H
#define WAYMARK_TRACKER_CORE_SCHOOL_H

#include "tracker/core/watch.h"

/** True for a decision about such a notice. */
bool school_is_notice(const struct referral_decided *d);

/** True for the clock of a notice. */
bool school_is_clock(struct str clock);

/** Want the notice of a decision. */
void school_want(struct rows *rows, const struct referral_decided *d);
/** In a later round, its clock with what hangs on it. */
void school_want_more(struct rows *rows, const struct referral_decided *d);
/** Want the notices about a child. */
void school_want_child(struct rows *rows, struct id child_id);
/** In a later round, their clocks with what hangs on them. */
void school_want_child_more(struct rows *rows, struct id child_id);

/**
 * Take in what a decision says of its notice: the incident, and whether the
 * school was told. `unit` has the child now. A lower amendment after a higher
 * one changes nothing. ST_REJECT R16 past the calendar.
 */
MUST_CHECK enum status school_message(const struct moment *m,
                                      const struct referral_decided *d,
                                      struct str unit, struct err *err);

/**
 * encompass_relayed: the school was told at m->at of the notice that the
 * activity names, else of all that wait about `child_id`. *told says whether
 * one did.
 */
MUST_CHECK enum status school_told(const struct moment *m,
                                   const struct activity_recorded *a,
                                   struct id child_id, bool *told,
                                   struct err *err);

#endif
