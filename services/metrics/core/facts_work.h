/**
 * What staff did, limits that stopped, missing episodes: how records fill
 * these facts. Pure; `heard_at` and what facts_derive_* do as in facts.h. Those
 * that fill a clock or an episode clear the fact before.
 */
#ifndef WAYMARK_METRICS_CORE_FACTS_WORK_H
#define WAYMARK_METRICS_CORE_FACTS_WORK_H

#include "metrics/core/facts.h"

/** Is this enum activity of a kind that some figure counts? */
bool facts_counts_activity(int activity);

/**
 * Keep the record if its amendment is not lower than the fact's; true then. A
 * fact that is new has amendment I32_NONE. What was heard of its correction
 * or refusal stays.
 */
bool facts_fill_activity(struct activity_fact *f,
                         const struct activity_recorded *rec, time_ms heard_at);

/** The limit as it stopped. An unknown start becomes 0 (1970), a key's value.
 */
void facts_fill_clock(struct clock_fact *f, const struct clock_changed *rec,
                      time_ms heard_at);

/** The episode as it stands. */
void facts_fill_episode(struct episode_fact *f,
                        const struct missing_episode_changed *rec,
                        time_ms heard_at);

/** Fill `month` and `waits_for`. */
void facts_derive_activity(struct activity_fact *f, const struct terms *t);
/** The month in which the limit stopped. */
void facts_derive_clock(struct clock_fact *f, const struct terms *t);
void facts_derive_episode(struct episode_fact *f, const struct terms *t);

#endif
