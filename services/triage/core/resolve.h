/**
 * Whose a notification is, where the rules could not tell: what a person said.
 *
 * A child of its own: the review ends. Another child: the two are one, and
 * ChildMerged says so. A child of its own after all: two people take them apart
 * again (ChildUnmerged), and both are as if they never had been joined.
 */
#ifndef WAYMARK_TRIAGE_CORE_RESOLVE_H
#define WAYMARK_TRIAGE_CORE_RESOLVE_H

#include "common/core/err.h"
#include "common/core/records.h"
#include "common/core/service.h"

/** Ask for what a resolution touches, rounds 0 to 2. */
void triage_resolve_want(const struct step *step,
                         const struct match_resolved *m, int round);

/**
 * Apply it: the decision is said again with its match, a merge after it, an
 * unmerge before. ST_REJECT: R22 unknown notification or child; R20 no review
 * waits for it, or it is resolved like that, or merged and not to be taken
 * apart; R18 an unmerge without a second person; "merge" too many rows of one
 * child.
 */
MUST_CHECK enum status triage_resolve(struct step *step,
                                      const struct match_resolved *m,
                                      struct err *err);

#endif
