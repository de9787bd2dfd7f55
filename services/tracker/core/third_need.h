/**
 * The third unmet need of a single-agency case (RUT 3.16; rule RU03): it asks
 * for a CAF and a team, once a case, whether a notification, a worker or a
 * merge brings it. A notification's is triage's decision; here are the others:
 * a worker adds a need to a case that is open, or two children who each had a
 * case turn out to be one.
 */
#ifndef WAYMARK_TRACKER_CORE_THIRD_NEED_H
#define WAYMARK_TRACKER_CORE_THIRD_NEED_H

#include "common/core/profile.h"
#include "common/core/records.h"
#include "tracker/core/cases.h"

/**
 * The first rule with the action "third_need_trigger" that holds; NULL where
 * none does. The stored version and inputs give the same again at any time
 * (`waymark why --replay`).
 */
const struct rule *third_need_rule(const struct profile *p,
                                   const struct facts *facts);

/**
 * After `a` has added a need to the case as it is stored: where the profile has
 * a rule with the action "third_need_trigger" and it holds, the case takes that
 * rule's outcome as by a decision (row 19), and rule, inputs and version are
 * kept (TABLE_THIRD_NEED). Nothing for a case that had its
 * third need, is not early help's, or is not being worked. Statuses as
 * carry_out.
 */
MUST_CHECK enum status third_need_added(const struct moment *m,
                                        const struct activity_recorded *a,
                                        struct id case_id, struct err *err);

/**
 * The same after the case as it is stored got the needs of the one that
 * `merged` ended. Nothing either where the child is open to social care, which
 * comes first (C05). A null id does nothing.
 */
MUST_CHECK enum status third_need_merged(const struct moment *m,
                                         const struct child_merged *merged,
                                         struct id case_id, struct err *err);

#endif
