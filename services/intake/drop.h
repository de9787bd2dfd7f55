/**
 * The drop folder: FOLDER/AGENCY/NAME.ndjson or NAME.csv is read row by row as
 * if it had been posted, then stands in FOLDER/AGENCY/done/ beside
 * NAME.result.ndjson, which has a line a record and at the end the totals, and
 * NAME.rejected.ndjson or .csv with the rows that were refused, if any were.
 *
 * A file is put there under another name and renamed when it is whole. Files
 * whose name begins with "activities", "screenings" or "matches" hold those;
 * all others hold notifications. Of a CSV file whose name begins with a kind,
 * that is the kind of its rows. After a crash a file is resumed where it was
 * (dropped.h).
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
