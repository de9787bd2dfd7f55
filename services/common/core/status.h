/**
 * What happens to the message: the one question that every failure answers.
 *
 * ST_OK      done: positions move together with the effects.
 * ST_REJECT  wrong now and for ever: dead letter, 422, or a row of the result
 *            file. Nothing else of the batch is touched by it.
 * ST_RETRY   the world is not ready: wait, then the same batch again.
 * ST_FATAL   our own fault: roll back, exit, the position stays.
 */
#ifndef WAYMARK_COMMON_CORE_STATUS_H
#define WAYMARK_COMMON_CORE_STATUS_H

enum status {
    ST_OK = 0,
    ST_REJECT,
    ST_RETRY,
    ST_FATAL,
};

/** "ok", "reject", "retry" or "fatal"; for logs and traces. */
const char *status_name(enum status st);

/* Every function that returns a status is marked with this. */
#define MUST_CHECK __attribute__((warn_unused_result))

#endif
