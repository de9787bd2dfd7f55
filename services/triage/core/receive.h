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

/* ---- shared with screenings and resolutions ---- */

/** The child that a notification makes (design.md section 1). */
struct id triage_new_child_id(struct id notification_id);

/** Ask for all that hangs on a child: its row, cases, episodes, decisions. */
void triage_want_child(struct rows *rows, struct id child_id);

/** Keep a decision: the whole of it, and what later ones look at. */
void triage_keep(struct rows *rows, const struct triage_decision *d);

/** Keep the latter alone, after tracker's answer. */
void triage_keep_standing(struct rows *rows, const struct triage_decision *d);

/** What stands of a notification (TRIAGE_STANDING), or NULL. */
const struct triage_decision *triage_standing(struct rows *rows,
                                              struct id notification_id);

/** Was it kept as history only (W12)? Then it told nothing of the child. */
bool triage_is_history(const struct triage_decision *d);

/** The child's row, or NULL. */
const struct triage_child *triage_child_of(struct rows *rows,
                                           struct id child_id);

/**
 * The amendment of a key that is the truth, NULL for an unknown key. Rows:
 * DECISION_BY_KEY.
 */
const struct triage_decision *
triage_top(struct rows *rows, struct str agency_id, struct str agency_ref);

#endif
