/**
 * The drop folder: FOLDER/AGENCY/NAME.ndjson is read row by row as if it had
 * been posted, then stands in FOLDER/AGENCY/done/ beside
 * NAME.result.ndjson, a row a record.
 *
 * A file is put there under another name and renamed when it is whole. Files
 * whose name begins with "activities" or "screenings" hold those; all others
 * hold notifications. After a crash a file is read again from its start: the
 * receipts make that harmless, and the result says the same but `repeated`.
 */
#ifndef WAYMARK_INTAKE_DROP_H
#define WAYMARK_INTAKE_DROP_H

#include "intake/door.h"

struct drop_options {
    const char *folder;
    int64_t poll_ms;
    const struct door *door; /* borrowed, as all here */
};

struct drop;

/** Start the thread. ST_REJECT, code "config": no such folder. */
MUST_CHECK enum status drop_open(const struct drop_options *options,
                                 struct drop **out, struct err *err);
/** Ends after the chunk under way; its file is read again next time. */
void drop_close(struct drop *d);

#endif
