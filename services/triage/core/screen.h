/**
 * What people say about a notification: the screening of a provisional
 * decision. Whose it is, they say in resolve.h.
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

#endif
