/**
 * What the log says that triage decided, in a recovery whose records name
 * persons that were erased since (struct recalled, common/core/service.h).
 * Nobody can decide that again, so it is taken whole; in a live service there
 * is none of it.
 */
#ifndef WAYMARK_TRIAGE_CORE_SAID_H
#define WAYMARK_TRIAGE_CORE_SAID_H

#include "common/core/records.h"
#include "common/core/service.h"

#include "triage/core/tables.h"

/** What was decided about a notification; NULL where nothing was said of it. */
const struct referral_decided *triage_said(const struct step *step,
                                           struct id notification_id);
/** Which school was told of it; NULL for none. */
const struct school_relay *triage_said_relay(const struct step *step,
                                             struct id notification_id);
/** What an activity turned out to be about; NULL where nothing was said. */
const struct activity_recorded *triage_said_activity(const struct step *step,
                                                     struct id activity_id);

/** The child whom it was about then, itself and not who stands for it. */
struct id triage_said_child(const struct referral_decided *said);

/** Set all of `d` that is the decision's to what was said. */
void triage_take_said(struct arena *a, const struct referral_decided *said,
                      struct triage_decision *d);

#endif
