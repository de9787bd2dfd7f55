/**
 * Activities: what staff report as done, on a case or on a missing episode.
 * What doesn't fit is refused with R20 to R23: a dead letter, the sender is
 * told, state and clocks stay as they are (domain.md section 6).
 */
#ifndef WAYMARK_TRACKER_CORE_ACTS_H
#define WAYMARK_TRACKER_CORE_ACTS_H

#include "tracker/core/cases.h"

/** Can it be about a closed case, or an episode that waits for no interview? */
bool
acts_look_back(int activity);

/** Want what an activity names: its case, its child, its alert. */
void
acts_want(struct rows *rows, const struct activity_recorded *a);
/** Want, in a later round, the child of its case and the subject of its alert.
 */
void
acts_want_more(struct rows *rows, const struct activity_recorded *a);

/**
 * Move the case that `a` names as it was moved before it came here: by the same
 * table, but nobody reported it, so nobody can take it back. ST_REJECT R20
 * where it doesn't fit, R16 past the calendar: then nothing has changed.
 */
MUST_CHECK enum status
acts_before(const struct moment *m, const struct activity_recorded *a,
            struct err *err);

/** Apply an activity; m->at is when it occurred. ST_REJECT R16 only. */
MUST_CHECK enum status
acts_recorded(const struct moment *m, const struct activity_recorded *a,
              struct err *err);

#endif
