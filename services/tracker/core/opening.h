/**
 * What a case takes from a decision: how it begins, and what it learns. Whether
 * it begins is the arbiter's to say, or the import's (go_live.h).
 */
#ifndef WAYMARK_TRACKER_CORE_OPENING_H
#define WAYMARK_TRACKER_CORE_OPENING_H

#include "tracker/core/cases.h"

/** Does an episode decide, with no person's word in it? */
bool opening_of_episode_alone(const struct referral_decided *d);

/**
 * Begin the case of a decision, with what the decision says of it, before any
 * row of the life cycle is applied: id, child, notification, times. Not stored.
 */
void opening_begin(const struct moment *m, const struct referral_decided *d,
                   int side, struct case_row *c);

/** What a case learns from any message about its child. */
void opening_take_facts(struct case_row *c, const struct referral_decided *d);

#endif
