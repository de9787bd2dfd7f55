/**
 * What triage keeps of a child and of a notification, as its steps ask for it,
 * look at it and put it back.
 */
#ifndef WAYMARK_TRIAGE_CORE_KEPT_H
#define WAYMARK_TRIAGE_CORE_KEPT_H

#include "common/core/rows.h"

#include "triage/core/tables.h"

/* A warning, and the rule id of what is history. */
#define TRIAGE_SUPERSEDED "W12"

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

/**
 * Did this decision, as it stands (TRIAGE_STANDING), make a referral (Annex A
 * list 3; domain.md section 1)? Not while tracker has not answered it.
 */
bool triage_is_referral(const struct triage_decision *d);

#endif
