/**
 * An authority's past: all that intake has accepted, from the log, as records
 * that can be stepped again. Read once, then shared by any number of threads.
 */
#ifndef WAYMARK_CLI_PAST_H
#define WAYMARK_CLI_PAST_H

#include "common/adapters/authorities.h"
#include "common/adapters/kafka.h"
#include "common/adapters/seal.h"
#include "common/core/record.h"

struct past_options {
    struct kafka_conn conn;
    const char *conninfo;    /* of intake's keys */
    const struct seal *seal; /* opens persons */
    const struct authority *authority;
};

struct past {
    const struct event *at;
    size_t n;
};

/**
 * Read the topic notifications from its beginning to the end that it has now;
 * all of *out is in `arena`. A person whose key was erased or is not there is
 * left out. Statuses as in kafka.h and codec.h.
 */
MUST_CHECK enum status past_read(const struct past_options *options,
                                 struct arena *arena, struct past *out,
                                 struct err *err);

#endif
