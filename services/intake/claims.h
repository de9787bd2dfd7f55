/**
 * Claims: who is at an item of a work queue, so that two people never do the
 * same one. Kept beside the log (docs/decisions.md, "A claim is no record"):
 * nothing is decided by one, and a screening by somebody else is taken all the
 * same.
 */
#ifndef WAYMARK_INTAKE_CLAIMS_H
#define WAYMARK_INTAKE_CLAIMS_H

#include "intake/group.h"

/**
 * Carry out append_claim: one statement, so that of several who ask at once
 * one wins, whichever instance they ask. ST_REJECT "id", "claimed" as there.
 */
MUST_CHECK enum status claims_take(struct writer *w, struct append_claim *c,
                                   struct arena *arena, struct err *err);

/**
 * Within a group's pipeline: whoever had claimed what the group's screenings
 * and resolutions are about has it no more.
 */
void claims_send_done(const struct group *g);

#endif
