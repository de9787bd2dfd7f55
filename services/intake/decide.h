/**
 * What becomes of one item behind the lock: accepted, a repeat of one that
 * was, or refused.
 */
#ifndef WAYMARK_INTAKE_DECIDE_H
#define WAYMARK_INTAKE_DECIDE_H

#include "intake/group.h"

/**
 * Decide an item of a begun group and give out its records. Looked at again
 * where versions, day or log time have changed since the door looked. The same
 * key with the same content is APPEND_REPEATED, with other content R08
 * (domain.md section 3). Sets `result` and what goes with it. `arena` is the
 * caller's: problems are kept there.
 */
void decide_item(struct group *g, struct append_item *it, struct arena *arena);

/** Refuse it for this one reason; `pointer` and `detail` are borrowed. */
void decide_refuse(struct append_item *it, struct arena *arena,
                   const char *code, const char *pointer, const char *detail);

#endif
