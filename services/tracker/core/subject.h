/**
 * The rows that hang on one subject (a case, a missing episode, a
 * notification, a worker): its clocks and their pauses, deadlines, alerts.
 */
#ifndef WAYMARK_TRACKER_CORE_SUBJECT_H
#define WAYMARK_TRACKER_CORE_SUBJECT_H

#include "tracker/core/say.h"

/** Want all of them. */
void subject_want(struct rows *rows, struct id subject);
/** Say that the subject is new in this batch: it has none yet. */
void subject_new(struct rows *rows, struct id subject);

/**
 * The subject's next row of TABLE_CLOCK, TABLE_PAUSE, TABLE_DEADLINE or
 * TABLE_ALERT: start with *at = 0, NULL at the end. Rows may be put and
 * deleted on the way.
 */
const void *subject_next(const struct moment *m, size_t table,
                         struct id subject, size_t *at);

#endif
