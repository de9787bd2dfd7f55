/**
 * One file of the drop folder, NDJSON or CSV, from where it was left to done/.
 *
 * After each chunk of rows that has become true, its results are appended to
 * what there is beside the file (hidden, in done/) and then the place behind
 * it is noted. Whoever comes after a crash goes on there, if file and results
 * are byte for byte what they were, else from the start: receipts make a row
 * that is read twice a repeat.
 */
#ifndef WAYMARK_INTAKE_DROPPED_H
#define WAYMARK_INTAKE_DROPPED_H

#include <stdatomic.h>

#include "intake/door.h"

struct dropped_file {
    const char *folder; /* of the agency */
    const char *agency;
    const char *name; /* in the folder, with its ending */
    const struct door *door;
    const _Atomic int *stop; /* not 0: leave it as it is */
};

/** True for the ending of a file that can be taken, in any case. */
bool dropped_can_be(const char *name);

/**
 * Take it. True when it stands in done/ with its result; false: it waits where
 * it was, because of a stop or of something that was logged.
 */
bool dropped_take(const struct dropped_file *file);

#endif
