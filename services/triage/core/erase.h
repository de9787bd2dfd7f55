/**
 * Erasing a person: the key of a notification is gone, and what triage knew
 * from it alone goes, too. What others told of the child stays, also where this
 * one had told it anew since. A child that nobody else has told of keeps its id
 * and no more, and casework hears ChildErased. Decisions hold codes only and
 * stay, so that nothing that was counted changes.
 */
#ifndef WAYMARK_TRIAGE_CORE_ERASE_H
#define WAYMARK_TRIAGE_CORE_ERASE_H

#include "common/core/records.h"
#include "common/core/service.h"

/** Rows that an erasure may touch, in rounds as service_def.touch has them. */
void triage_erase_want(const struct step *step,
                       const struct erasure_recorded *e, int round);

/** Apply it. What is no notification, or was refused, has nothing here. */
MUST_CHECK enum status triage_erase(struct step *step,
                                    const struct erasure_recorded *e,
                                    struct err *err);

#endif
