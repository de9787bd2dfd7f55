/**
 * D19, a match review left open (domain.md section 8): triage was not sure
 * which child a notification is about, and nobody has said so yet. The hours
 * are the profile's, fewer for a missing child.
 *
 * A review is triage's; tracker knows it by `match_status` of ReferralDecided,
 * which triage says again once a person has resolved it. It is one a
 * notification key, whatever its amendments, and outlives every case. The
 * alert hangs on the notification under which triage keeps the review, so that
 * MatchResolved and `waymark why` go by the same id.
 */
#ifndef WAYMARK_TRACKER_CORE_IDENTITY_H
#define WAYMARK_TRACKER_CORE_IDENTITY_H

#include "tracker/core/say.h"

/** Want what hangs on the decision's review; its referral row is loaded. */
void identity_want(struct rows *rows, const struct referral_decided *d);

/**
 * Watch the review that this decision leaves open, or stop watching the one
 * that it ends. Comes after arbiter_decided, which keeps the referral's row.
 * ST_OK, or what rungs_watch gives.
 */
MUST_CHECK enum status identity_message(const struct moment *m,
                                        const struct referral_decided *d,
                                        struct err *err);

#endif
