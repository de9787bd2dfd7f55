/**
 * How a record fills its columns of a fact, and what is derived from them.
 * Pure functions over structs; metrics.c moves the rows.
 *
 * The facts given in must have been cleared or filled before; texts of the
 * record are borrowed by the fact. `heard_at` is the last TimeAdvanced that
 * the record's own topic gave before it, TIME_NONE before the first: by it a
 * change counts as before or after a month's end. Months are local ones.
 *
 * The facts_derive_* set `waits_for` to an enum wait, and no month, where
 * calendar or profile that they need isn't known yet; 0 where nothing is
 * missing.
 */
#ifndef WAYMARK_METRICS_CORE_FACTS_H
#define WAYMARK_METRICS_CORE_FACTS_H

#include "common/core/records.h"
#include "common/core/settings.h"
#include "common/core/time.h"
#include "metrics/core/tables.h"

/** First day of the local month of `t`; DATE_NONE for TIME_NONE. */
date_d facts_month(const struct zone *zone, time_ms t);

/* What the counting must know besides the facts. */
struct terms {
    const struct zone *zone; /* NULL: not yet known */
    const struct settings *settings;
    /* True where only the cells are asked for and not the figures: then no
     * profile is waited for. */
    bool any_profile;
};

/** From NotificationAccepted: who sent it, and when it was accepted. */
void facts_accept(struct notification_fact *f,
                  const struct notification_accepted *rec);

/** From ReferralDecided; `heard_at` as in the fact. */
void facts_decide(struct notification_fact *f,
                  const struct referral_decided *rec, time_ms heard_at);

/** From a CaseChanged that answers a decision. */
void facts_effect(struct notification_fact *f, const struct case_changed *rec);

/** From ReferrerAnswered; the earliest answer stays, in whatever order. */
void facts_answer(struct notification_fact *f,
                  const struct referrer_answered *rec);

/** Fill `month` and `waits_for` of a decided notification. */
void facts_derive_notification(struct notification_fact *f,
                               const struct terms *t);

/**
 * The case as `rec` has it; `old` is the fact before it, or NULL. The age
 * bands at opening and closing stay what they were when that happened.
 */
void facts_fill_case(struct case_fact *f, const struct case_fact *old,
                     const struct case_changed *rec, time_ms heard_at);

/**
 * Fill the months, close_class and waits_for. The profile is the one that
 * the record named, the newest where it named none (it is needed only where
 * early help has closed the case).
 */
void facts_derive_case(struct case_fact *f, const struct terms *t);

/** The offer as `rec` has it; one that was accepted without saying when, was
 * so when that happened. Whatever stood in the fact is gone. */
void facts_fill_handover(struct handover_fact *f,
                         const struct handover_changed *rec, time_ms heard_at);
/** Fill `month`, that of the answer, of an accepted offer; none for others. */
void facts_derive_handover(struct handover_fact *f, const struct terms *t);

/**
 * Keep the record if its amendment is not lower than the fact's; true then.
 * A fact that is new has amendment I32_NONE.
 */
bool facts_fill_indicator(struct indicator_fact *f,
                          const struct indicator_observed *rec);

#endif
