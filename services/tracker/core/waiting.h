/**
 * A notification that waits for its decision beside a case that was open
 * before. T1 counts from the referral to its decision, L5 from the contact (L1
 * by way of the MASH), whether or not a case is open (domain.md section 7): a
 * person has to look at it, and its sender is owed an answer. Where a
 * screening stands for it, the clocks are that case's; here they are the
 * notification's own, or its missing episode's, which waits once.
 */
#ifndef WAYMARK_TRACKER_CORE_WAITING_H
#define WAYMARK_TRACKER_CORE_WAITING_H

#include "tracker/core/watch.h"

/**
 * Subject of these clocks. `known` is what became of the notification before,
 * or NULL: an amendment has another id than it, and goes on waiting under that.
 */
struct id waiting_as(const struct referral_decided *d,
                     const struct referral_row *known);

/** Does it wait so, by what became of it before? */
bool waiting_is(const struct referral_row *known);

/** Want what waiting_settle reads of a notification that was known before. */
void waiting_want(struct rows *rows, const struct referral_decided *d,
                  const struct referral_row *known);

/**
 * Let the clocks run from the first receipt where it `waits` beside the case
 * `beside`, whose unit and worker hear; else end them, if they run. ST_REJECT
 * R16 past the calendar.
 */
MUST_CHECK enum status waiting_settle(const struct moment *m,
                                      const struct referral_decided *d,
                                      const struct referral_row *known,
                                      const struct case_row *beside, bool waits,
                                      struct err *err);

#endif
