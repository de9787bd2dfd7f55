/**
 * A shard again: the turns of the live schema, one by one, through the same
 * runner and the same core, into an empty schema, from what the log holds.
 * What is given out is held against what stands on the topics.
 */
#ifndef WAYMARK_CLI_REPLAY_H
#define WAYMARK_CLI_REPLAY_H

#include "cli/differ.h"
#include "cli/witness.h"
#include "common/adapters/kafka.h"
#include "common/adapters/pg.h"
#include "common/adapters/seal.h"
#include "common/core/service.h"

struct replay_options {
    const struct service_def *def;
    struct kafka_conn conn;
    struct pg *live; /* inside its snapshot; search_path is the service's */
    const char *conninfo; /* for the empty schema, and for keys */
    const struct seal *seal; /* opens persons; NULL where none are read */
    const char *schema;   /* that is empty but for its tables */
    uint16_t authority;
    const char *authority_name;
    uint32_t incarnation;
    bool log_clock;
    int64_t turns;     /* last one of the snapshot */
    int64_t confirmed; /* up to this one all is on the topics */
};

/**
 * Replay all turns. Differences go to `differ`; where a turn can't be repeated
 * that is one, and the rest is left out. *witnessed, the caller's to close,
 * knows of whom something was erased; NULL after a failure. ST_RETRY where the world isn't ready.
 */
MUST_CHECK enum status replay_run(const struct replay_options *options,
                                  struct differ *differ,
                                  struct witnessed **witnessed,
                                  struct err *err);

#endif
