/**
 * Which texts an authority works by: profile, calendar, staff list. They hold
 * from their ConfigActivated on, at one point of the log's order; the writer
 * holds each message against what is in force under the shard's lock.
 */
#ifndef WAYMARK_INTAKE_VERSIONS_H
#define WAYMARK_INTAKE_VERSIONS_H

#include "intake/group.h"

/**
 * Append ConfigActivated in an empty group of its own. What `act` says of the
 * outcome is in `arena`. ST_REJECT: the text does not check, does not fit what
 * is in force, or its version went by another text before; then all stays as
 * it was.
 */
MUST_CHECK enum status versions_activate(struct group *g,
                                         struct append_activation *act,
                                         struct arena *arena, struct err *err);

#endif
