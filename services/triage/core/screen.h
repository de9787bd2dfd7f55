/**
 * What people say about a notification: the screening of a provisional
 * decision, and whose it is where the rules could not tell.
 */
#ifndef WAYMARK_TRIAGE_CORE_SCREEN_H
#define WAYMARK_TRIAGE_CORE_SCREEN_H

#include "common/core/err.h"
#include "common/core/records.h"
#include "common/core/service.h"

/** Ask for what a screening touches, rounds 0 and 1. */
void triage_screen_want(const struct step *step,
                        const struct screening_recorded *s, int round);

/**
 * Run the rules again with the screener's values over the message's; an
 * outcome of the screener's own goes over the rule's. The decision is final
 * (revised where it was), unless the threshold is `unsure`: then a
 * consultation must come first and it stays provisional. ST_REJECT: R22
 * unknown notification; R19 rationale too short; R18 a downgrade without a
 * second person; R23 C01 or C02 brought below social care.
 */
MUST_CHECK enum status triage_screen(struct step *step,
                                     const struct screening_recorded *s,
                                     struct err *err);

/** Ask for what a resolution touches, rounds 0 and 1. */
void triage_resolve_want(const struct step *step,
                         const struct match_resolved *m, int round);

/**
 * A person says that the provisional child is a child of its own: the review
 * ends and the decision is said again with its match. ST_REJECT: R22 unknown
 * notification or child; R20 no review waits; "merge" for another child, which
 * this version can't join.
 */
MUST_CHECK enum status triage_resolve(struct step *step,
                                      const struct match_resolved *m,
                                      struct err *err);

#endif
