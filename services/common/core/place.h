/**
 * Where a record stands, as text: "topic:service.incarnation:number". So dead
 * letters and lives name one; the authority is the reader's. A stranger's
 * record is counted by its reader, incarnation 0.
 */
#ifndef WAYMARK_COMMON_CORE_PLACE_H
#define WAYMARK_COMMON_CORE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/record.h"
#include "common/core/str.h"

#define PLACE_SIZE 96 /* with the final zero */

struct place {
    enum topic topic;
    struct origin origin; /* its authority is not written */
    int64_t sequence;     /* from 1 */
};

void place_write(const struct place *place, char out[PLACE_SIZE]);

/**
 * False for anything else: no such topic or service, no number of at least 1,
 * words behind it. out->origin.authority is `authority`.
 */
bool place_read(struct str text, uint16_t authority, struct place *out);

#endif
