/**
 * ActivityReported: whom it is about, and on to casework.
 */
#ifndef WAYMARK_TRIAGE_CORE_RELAY_H
#define WAYMARK_TRIAGE_CORE_RELAY_H

#include "common/core/err.h"
#include "common/core/records.h"
#include "common/core/service.h"

/** Ask for what an activity touches, rounds 0 and 1. */
void triage_relay_want(const struct step *step,
                       const struct activity_reported *r, int round);

/**
 * Give out ActivityRecorded with child, case and notification as far as the
 * subject names them. A subject that nobody knows is refused with R22: the
 * record still goes out, saying so (tracker answers the sender), and the
 * report goes to dead-letters. An acknowledgement of an alert needs no
 * subject.
 */
MUST_CHECK enum status triage_relay(struct step *step,
                                    const struct activity_reported *r,
                                    struct err *err);

#endif
