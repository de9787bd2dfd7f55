/**
 * The arbiter: what a decision of triage does to the cases that are really
 * open (design.md section 2, domain.md section 5 "Early help already open",
 * section 6 rows 1-6, 14, 19, 22).
 *
 * The case of a missing episode that nobody but its messages had a hand in is
 * what the newest of its decisions would have opened: the messages overtake
 * each other, and triage decides each by all that it has of the episode. It
 * may change its side, and goes back to screening where the rules leave
 * something open; its clocks run from the first decision, those that no longer
 * apply are void and their alerts cleared. Staff's first act, a screening or
 * another referral that makes more of it end that.
 *
 * A provisional decision beside an open case leaves that as it is. Until it is
 * decided, T1 and L5 (L1 by way of the MASH) run for the notification itself.
 *
 * Never opens a second case on a side, never refuses a ReferralDecided (but a
 * step-down under a protection plan: R21, as a dead letter beside the
 * answer), and gives exactly one CaseChanged that names the decision.
 */
#ifndef WAYMARK_TRACKER_CORE_ARBITER_H
#define WAYMARK_TRACKER_CORE_ARBITER_H

#include "tracker/core/cases.h"

/** Want what became of the notification before. */
void
arbiter_want(struct rows *rows, const struct referral_decided *d);
/** Want, in a later round, the clocks that it has of its own. */
void
arbiter_want_waiting(struct rows *rows, const struct referral_decided *d);
/** What became of it, once wanted; NULL where it is the first. */
const struct referral_row *
arbiter_referral(struct rows *rows, const struct referral_decided *d);
/** Want, in a later round, the case that it went to. */
void
arbiter_want_case(struct rows *rows, const struct referral_decided *d);
/**
 * Would the decision, as the child's cases stand, leave every one of them where
 * it is? Then nothing that hangs on them need be loaded. A forecast for
 * touching: an earlier record of the batch may prove it wrong.
 */
bool arbiter_leaves(const struct moment *m, const struct referral_decided *d);

/** Apply a decision; m->at is when it was recorded. ST_REJECT R16 only. */
MUST_CHECK enum status
arbiter_decided(const struct moment *m, const struct referral_decided *d,
                struct err *err);

#endif
