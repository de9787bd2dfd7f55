/**
 * What the rules see: the message, and what triage knows of the child
 * (domain.md section 5, "Rule inputs").
 *
 * `csc_status`, `eh_status`, the counts and `re_referral` come from triage's
 * own rows and are always known; what a message or screener leaves out is
 * unknown, never false. A csc_threshold that nobody gave is `not_assessed`:
 * that is known, because an assessment would have said so.
 */
#ifndef WAYMARK_TRIAGE_CORE_FACTS_H
#define WAYMARK_TRIAGE_CORE_FACTS_H

#include "common/core/arena.h"
#include "common/core/profile.h"
#include "common/core/rows.h"
#include "common/core/rule.h"
#include "common/core/time.h"

#include "triage/core/tables.h"

/* What triage's rows say of the child, seen from one notification. */
struct known {
    int csc_status;      /* CSC_NONE where no case is open */
    int eh_status;       /* outcome of the open case, 0: none */
    uint32_t case_needs; /* of all open cases of the child */
    struct id csc_case_id;
    struct id eh_case_id;
    struct str csc_unit;
    struct str eh_unit;
    int32_t missing_30d;
    int32_t missing_90d;
    bool re_referral;
    enum tri disabled;
    int risk_grade; /* of the missing episode as it stands; else the message's
                     */
};

/**
 * The needs that a kind brings by itself: c_missing, f_domestic_abuse; else 0.
 * A cancellation brings none: it says that the child was not missing.
 */
uint32_t triage_needs_of_kind(int kind);

/** Is it one of the four police_missing_* kinds? */
bool triage_is_missing_kind(int kind);

/**
 * Work out an episode anew from its messages, of which lower amendments don't
 * count: a function of the set, never of the order (domain.md section 3).
 * Rows: the decisions of the episode (DECISION_BY_EPISODE). Sets
 * `ep->counted_on`, `cancelled` and `risk_grade`.
 */
void triage_episode_of_set(struct rows *rows, const struct zone *zone,
                           struct triage_episode *ep);

/**
 * What the rules see of a message about a missing child: all that the messages
 * of its episode say, so that each is decided alike whichever came first. Of
 * several words the gravest counts; an amendment alone takes one back. Of any
 * other message, and of one that a person has screened, `d` itself. Rows: the
 * decisions of the episode (DECISION_BY_EPISODE).
 */
struct triage_decision triage_seen(struct rows *rows,
                                   const struct triage_decision *d);

/**
 * The early help unit that a message of the episode was given before, null
 * where none was. Rows: as above.
 */
struct str triage_unit_of_episode(struct rows *rows,
                                  const struct triage_decision *d);

/**
 * Look at the child's cases, episodes and earlier decisions, and at those of
 * all who are one with it (one_child.h). Cases opened for
 * `d` itself (any amendment) don't make it an existing case, nor do those that
 * other messages of its episode opened and that no worker has; their needs
 * count only once they are past screening. Rows: everything by child_id, the
 * decisions with the key of `d` and those of its episode.
 */
void triage_know(struct rows *rows, const struct profile *p,
                 const struct zone *zone, const struct triage_decision *d,
                 const struct triage_child *child, struct known *out);

/** Needs of the open cases and of this message, each once. */
int32_t triage_need_count(const struct triage_decision *d,
                          const struct known *known);

/** All rule inputs, in the order of profile_inputs. */
struct facts triage_facts(struct arena *a, const struct triage_decision *d,
                          const struct known *known);

#endif
