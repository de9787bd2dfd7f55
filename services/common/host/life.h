/**
 * What must outlive a process: why it stopped, and how often it died without
 * a word behind one and the same turn. Kept in the service's own schema
 * (table life), each call through a connection of its own, 2 s at most.
 *
 * A record whose step ends the process itself (a wild pointer, all memory)
 * would do so for ever: dead-letters are written by a turn, and there is none.
 * After LIFE_CARE deaths behind one turn the runner takes one record at a time
 * and the host says, with life_doing, when it takes one; after LIFE_DEATHS, the
 * last ones while it was at it, the shard stops with code "kills" and harms
 * the process's other authorities no longer. The next start tries again.
 */
#ifndef WAYMARK_COMMON_HOST_LIFE_H
#define WAYMARK_COMMON_HOST_LIFE_H

#include <stdint.h>

#include "common/core/err.h"
#include "common/core/status.h"

enum { LIFE_CARE = 3, LIFE_DEATHS = 6 };

/* Whose life. Texts are borrowed during a call. */
struct life {
    const char *conninfo; /* NULL or "": PG* */
    const char *schema;
    const char *instance;
    uint16_t shard; /* partition of the authority */
};

struct life_before {
    int64_t turn;    /* the shard's last one */
    int deaths;      /* behind it, one after another */
    char doing[200]; /* where the last of them was at, "" if that is unknown */
};

/**
 * A life begins: count the one before if it ended without a word. ST_FATAL,
 * code "kills": LIFE_DEATHS of them. Any other failure is ST_RETRY: nothing is
 * known, and nothing was written.
 */
MUST_CHECK enum status life_begin(const struct life *life,
                                  struct life_before *out, struct err *err);
/** It takes a record that may be its last; `doing` says where that stands. */
MUST_CHECK enum status life_doing(const struct life *life, const char *doing,
                                  struct err *err);
/** It stopped for good and says why. */
MUST_CHECK enum status life_stopped(const struct life *life,
                                    const struct err *why, struct err *err);
/** It ended as it was asked to, or what stopped it is over. */
MUST_CHECK enum status life_ended(const struct life *life, struct err *err);

#endif
