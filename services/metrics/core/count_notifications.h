/**
 * Notifications: which message of an amendment and of a missing episode is
 * the one that counts, and what is said of each by the other topics.
 */
#ifndef WAYMARK_METRICS_CORE_COUNT_NOTIFICATIONS_H
#define WAYMARK_METRICS_CORE_COUNT_NOTIFICATIONS_H

#include "metrics/core/run.h"

/** ReferralDecided: the fact, its amendments and its episode, recounted. */
void count_decision(const struct run *r, const struct referral_decided *rec);

/** NotificationAccepted: said once. */
void count_accepted(const struct run *r,
                    const struct notification_accepted *rec);

/** ReferrerAnswered about a notification; the first answer stays. */
void count_answer(const struct run *r, const struct referrer_answered *rec);

/** What a CaseChanged says took effect. */
void count_effect(const struct run *r, const struct case_changed *rec);

/**
 * Count the facts that waited for what has just been activated: `wait` is an
 * enum wait. They were wanted by their group of that wait (want.h).
 */
void release_notifications(const struct run *r, int wait);

#endif
