/**
 * A return's file: written whole beside its place and put there at the end, so
 * that a half one is never found; for its owner alone (mode 0600), since it
 * holds persons.
 */
#ifndef WAYMARK_CLI_RETURN_FILE_H
#define WAYMARK_CLI_RETURN_FILE_H

#include <stdio.h>

#include "common/core/arena.h"
#include "common/core/err.h"

struct return_file {
    FILE *to;
    const char *path;      /* NULL: stdout */
    const char *temporary; /* where it is until it is whole */
};

/** Begin. `path` NULL: on stdout. ST_RETRY, code "file", with the reason. */
MUST_CHECK enum status return_file_open(struct arena *arena, const char *path,
                                        struct return_file *out,
                                        struct err *err);

/** Put it in its place. ST_RETRY, code "file": it isn't there. */
MUST_CHECK enum status return_file_close(struct return_file *f,
                                         struct err *err);

/** Take it away instead. */
void return_file_drop(struct return_file *f);

#endif
