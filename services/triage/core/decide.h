/**
 * How serious, and where to: the rules of the profile over the facts, and the
 * unit that works it (domain.md section 5).
 *
 * The first rule that holds decides. It is final without a person only where
 * the profile says so and no undecided rule stands above it; every other
 * decision is a proposal until it is screened.
 */
#ifndef WAYMARK_TRIAGE_CORE_DECIDE_H
#define WAYMARK_TRIAGE_CORE_DECIDE_H

#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/records.h"
#include "common/core/rows.h"
#include "common/core/service.h"
#include "common/core/settings.h"

#include "triage/core/facts.h"
#include "triage/core/tables.h"

/* What a decision is made with; of the settings that hold now. */
struct frame {
    const struct settings_version *version;
    const struct profile *profile;
    const struct zone *zone;
};

/** ST_FATAL with code "profile" before a profile and a calendar are active. */
MUST_CHECK enum status triage_frame(const struct settings *settings,
                                    struct frame *out, struct err *err);

/** Weights of the profile that is active; linkage_default before one is. */
const struct linkage_model *triage_model(const struct settings *settings);

/**
 * An enum age_band: Kent's bands by the age on a local date; AGE_UNBORN before
 * the birth, AGE_UNKNOWN for a NULL child and where neither the date of birth
 * nor the expected one is known.
 */
int triage_age_band(const struct triage_child *child, date_d on);

/** Locality of the child's postcode, null where it is unmapped. */
struct str triage_locality(const struct profile *p,
                           const struct triage_child *child);

/**
 * Run the rules over what `d` says and `known` knows: sets all of `d` that is
 * the decision's (outcome to re_referral, warnings W05), status provisional or
 * final, and counts it: `decisions` and `decision_id`. Rows: the units of the
 * eh side, the decisions of its episode.
 */
void triage_decide(struct arena *a, struct rows *rows, const struct frame *f,
                   const struct triage_child *child, const struct known *known,
                   struct triage_decision *d);

/**
 * A person's outcome over the rule's; the unit follows. Only for an outcome
 * that the caller has checked.
 */
void triage_override(struct arena *a, struct rows *rows, const struct frame *f,
                     const struct triage_child *child,
                     const struct known *known, int outcome,
                     struct triage_decision *d);

/** Give a decision its next id and mark that tracker has not answered it. */
void triage_count_decision(struct arena *a, struct triage_decision *d);

/** Add a warning such as "W12" once. */
void triage_warn(struct arena *a, struct triage_decision *d, struct str code);

/**
 * Give out ReferralDecided for `d`, and SchoolRelay, once for all amendments,
 * where an action asks for it and the school is known: then `d->relayed` is
 * set, so the row is to be put after this. `occurred_at` is when what caused
 * it happened.
 */
MUST_CHECK enum status triage_say(struct step *step,
                                  const struct triage_child *child,
                                  struct triage_decision *d,
                                  time_ms occurred_at, struct err *err);

/**
 * The same of a go_live row, with what it says of the case: worker, opening
 * and milestones. They are said once; a decision that is said again, since a
 * person knows better who the child is, leaves the case as it stands.
 */
MUST_CHECK enum status triage_say_go_live(struct step *step,
                                          const struct triage_child *child,
                                          struct triage_decision *d,
                                          const struct notification_received *n,
                                          struct err *err);

#endif
