/**
 * The setting CRASH_AT of fault tests: the process ends, as by kill -9, when it
 * comes to a place for the n-th time; or stands still there, as by kill -STOP.
 */
#ifndef WAYMARK_COMMON_HOST_CRASH_H
#define WAYMARK_COMMON_HOST_CRASH_H

#include <stdatomic.h>

#include "common/core/err.h"

/** Zeroed: nowhere. Shared by the threads of a process. */
struct crash {
    char place[32]; /* "" for nowhere */
    int signal;     /* SIGKILL or SIGSTOP */
    _Atomic long left;
};

/** Read PLACE:N or PLACE:N:stop, or "" for nowhere. ST_REJECT, code "config".
 */
MUST_CHECK enum status crash_read(struct crash *c, const char *text,
                                  struct err *err);

/** The process is at `place`; does not return where it is to end there, and
 * where it is to stop, when somebody lets it go on. */
void crash_here(struct crash *c, const char *place);

#endif
