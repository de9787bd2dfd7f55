/**
 * NotificationReceived: whose it is, what is decided.
 *
 * Every accepted notification gets its ReferralDecided, one by one, amendments
 * too. The highest amendment is the truth in any order of arrival: a higher
 * one is decided anew (`revised` once something was final), a lower one that
 * comes later is history (W12) and joins what is there.
 */
#ifndef WAYMARK_TRIAGE_CORE_RECEIVE_H
#define WAYMARK_TRIAGE_CORE_RECEIVE_H

#include "common/core/err.h"
#include "common/core/records.h"
#include "common/core/service.h"

#include "triage/core/tables.h"

/** Ask for what the notification touches, rounds 0 and 1. */
void triage_receive_want(const struct step *step,
                         const struct notification_received *n,
                         const struct person *p, int round);

/**
 * Apply it. `p` is NULL where the key of the person is gone. ST_REJECT: R22,
 * a step up or down of a case and child that nobody knows; "twice" where the
 * notification was decided already (intake lets none through twice).
 */
MUST_CHECK enum status triage_receive(struct step *step,
                                      const struct notification_received *n,
                                      const struct person *p, struct err *err);

/** The child that a notification makes (design.md section 1). */
struct id triage_new_child_id(struct id notification_id);

#endif
