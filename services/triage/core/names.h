/** Names as they are compared, and how far a typing error reaches. */
#ifndef WAYMARK_TRIAGE_CORE_NAMES_H
#define WAYMARK_TRIAGE_CORE_NAMES_H

#include <stdbool.h>

#include "common/core/arena.h"

/** A name as it is compared (name_key); null for null and for what leaves
 * nothing. */
struct str triage_norm(struct arena *a, struct str name);

/** The same of a forename; null, too, where "Baby" says that there is none. */
struct str triage_forename_norm(struct arena *a, struct str name);

/**
 * Equal, or one typing error apart: a byte more, less, other, or two neighbours
 * swapped. Names of less than four bytes only where they are equal: in those
 * an error makes another name. False for a null one. Both normalised.
 */
bool triage_is_typo(struct str a, struct str b);

#endif
