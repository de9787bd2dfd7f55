/**
 * Metrics anew from offset 0, in a schema of its own: every topic that metrics
 * reads, through the same core, up to an instant or up to where the live
 * service stands. Topics are read one after the other, since the tables don't
 * depend on how they were interleaved (docs/decisions.md).
 */
#ifndef WAYMARK_CLI_PROJECTION_H
#define WAYMARK_CLI_PROJECTION_H

#include "common/adapters/kafka.h"
#include "common/adapters/pg.h"
#include "common/core/chain.h"

#define PROJECTION_MARKS_MAX 32

/* Last record of an origin on a topic that was read. */
struct projection_mark {
    enum topic topic;
    struct origin origin;
    int64_t sequence;
    time_ms heard; /* its last TimeAdvanced */
};

struct projection_marks {
    struct projection_mark at[PROJECTION_MARKS_MAX];
    size_t n;
};

struct projection_options {
    struct kafka_conn conn;
    const char *conninfo;
    const char *schema; /* made by the caller's projection_make */
    uint16_t authority;
    const char *authority_name;
    time_ms until; /* what was recorded later is left out; TIME_NEVER: none */
    bool progress; /* on stderr */
};

/** An empty schema with metrics' tables; one that is there is dropped. */
MUST_CHECK enum status projection_make(const char *conninfo, const char *schema,
                                       struct err *err);

/** Take the schema away again. */
MUST_CHECK enum status projection_drop(const char *conninfo, const char *schema,
                                       struct err *err);

/**
 * Read on from `marks` (n = 0: from the beginning) and move them, to the
 * log's end as it is now, or to those of `to` (NULL: none). *records counts up.
 * Statuses as in kafka.h and pg.h; ST_REJECT, code "stopped", by a signal.
 */
MUST_CHECK enum status projection_run(const struct projection_options *options,
                                      const struct projection_marks *to,
                                      struct projection_marks *marks,
                                      size_t *records, struct err *err);

/** The mark of an origin on a topic, NULL for none. */
struct projection_mark *projection_find(struct projection_marks *marks,
                                        enum topic topic, struct origin origin);

#endif
