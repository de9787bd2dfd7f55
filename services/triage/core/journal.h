/**
 * What tracker says of cases: triage's own copy of what is open. Updates rows
 * and gives out nothing (design.md, "Tracker is the arbiter").
 */
#ifndef WAYMARK_TRIAGE_CORE_JOURNAL_H
#define WAYMARK_TRIAGE_CORE_JOURNAL_H

#include "common/core/err.h"
#include "common/core/records.h"
#include "common/core/service.h"

/** Ask for what a CaseChanged touches; round 0 is enough. */
void triage_journal_want(const struct step *step, const struct case_changed *c);

/**
 * Keep the case as it stands, count the open cases of its unit, and clear the
 * pending mark of the decision that it answers, noting the outcome that took
 * effect. An answer to an older decision than the last clears nothing.
 */
MUST_CHECK enum status triage_journal(struct step *step,
                                      const struct case_changed *c,
                                      struct err *err);

#endif
