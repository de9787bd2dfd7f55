/**
 * go_live: a child whom the authority knows as it begins, and the case that is
 * open. Nothing is decided about it here: the outcome is the one that was
 * decided then, by the people who signed the row. So no rule is asked, and
 * nobody is answered; who the child is, triage says as of any other message.
 */
#ifndef WAYMARK_TRIAGE_CORE_GO_LIVE_H
#define WAYMARK_TRIAGE_CORE_GO_LIVE_H

#include "triage/core/decide.h"

/* The rule id of its decision: no rule of a profile has it. */
#define GO_LIVE_RULE "GO_LIVE"

/** Is it such a message, by its kind? */
bool triage_is_go_live(const struct notification_received *n);

/**
 * Fill of `d` what the row says of the case (nfa where it has none): final,
 * received when the case was opened, so that a referral within 12 months of
 * that is a re-referral. Counts it as triage_decide does.
 */
void triage_go_live_decide(struct arena *a, const struct frame *f,
                           const struct triage_child *child,
                           const struct notification_received *n,
                           struct triage_decision *d);

#endif
