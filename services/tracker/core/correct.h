/**
 * Taking back what an activity did: `corrected` names it by its key (domain.md
 * section 3). Each activity on a case leaves how case and clocks stood before
 * it; as long as nothing rests on it, that is how they stand again. An alert
 * that it had cleared may come back, under its next number.
 *
 * Whatever moved the case since (state, worker, clocks, facts) rests on it: R20,
 * and that is to be corrected first. A contact that moved nothing else may go
 * at any time. Hand-overs are declined or withdrawn, not corrected; what was
 * told to schools and seen of alerts stays told and seen.
 */
#ifndef WAYMARK_TRACKER_CORE_CORRECT_H
#define WAYMARK_TRACKER_CORE_CORRECT_H

#include "tracker/core/cases.h"

/* How a case stood before an activity. */
struct correct_before {
    struct case_row c;
    const struct clock_row *clocks; /* in the batch's memory */
    size_t n;
};

/**
 * How it stands, to be taken before the activity is applied; `c` is stored and
 * its clocks were wanted (cases_want).
 */
struct correct_before
correct_look(const struct moment *m, const struct case_row *c);

/**
 * The activity was applied to the case of `before`, which the caller has
 * stored: keep what it changed. Counts it among the stored case's changes, unless it
 * was a contact that moved nothing else.
 */
void
correct_note(const struct moment *m, const struct activity_recorded *a,
             const struct correct_before *before);

/** An interview was reported of an episode that stood as in `before`. */
void
correct_note_interview(const struct moment *m,
                       const struct activity_recorded *a,
                       const struct episode_row *before);

/** Want the activity that `a` corrects; nothing where `a` is no correction. */
void
correct_want(struct rows *rows, const struct activity_recorded *a);
/**
 * Want, in a later round, the case or episode that it was on with all that
 * hangs on it, and in the round behind that the case's worker.
 */
void
correct_want_more(struct rows *rows, const struct activity_recorded *a);

/**
 * Take back the activity that `a` names. ST_REJECT R22: nobody knows it; R20:
 * it can't be taken back, or no longer: then nothing has changed. ST_REJECT
 * "size" and ST_FATAL as say.h has them.
 */
MUST_CHECK enum status
correct_apply(const struct moment *m, const struct activity_recorded *a,
              struct err *err);

#endif
