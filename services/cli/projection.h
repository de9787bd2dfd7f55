/**
 * Metrics anew from offset 0: every topic that metrics reads, through the same
 * core, up to an instant or up to where the live service stands. Topics are
 * read one after the other, since the tables don't depend on how they were
 * interleaved (docs/decisions.md). The rows of one authority stay in memory,
 * about 1 KB for each notification, case, activity, limit, until they are
 * written, all at once.
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
    const char *conninfo; /* for intake's keys */
    uint16_t authority;
    const char *authority_name;
    time_ms until; /* what was recorded later is left out; TIME_NEVER: none */
    bool progress; /* on stderr */
};

struct projection;

/**
 * One that has read nothing yet. Texts of `options` are borrowed until
 * projection_close. Statuses as in kafka.h and pg.h.
 */
MUST_CHECK enum status projection_open(const struct projection_options *options,
                                       struct projection **out,
                                       struct err *err);
/** NULL does nothing. */
void projection_close(struct projection *p);

/**
 * Read on, to the log's end as it is now, or to the marks of `to` (NULL:
 * none). Statuses as in kafka.h and pg.h; ST_REJECT, code "stopped", by a
 * signal.
 */
MUST_CHECK enum status projection_read(struct projection *p,
                                       const struct projection_marks *to,
                                       struct err *err);

/** How far it has read, and how many records that were. */
const struct projection_marks *projection_marks(const struct projection *p);
size_t projection_records(const struct projection *p);

/**
 * Insert all rows into the tables of `schema`, which have none of this
 * authority, over the caller's connection and in its transaction. Statuses as
 * in pg.h and of projection_read.
 */
MUST_CHECK enum status projection_write(struct projection *p, struct pg *pg,
                                        const char *schema, struct err *err);

/** An empty schema with metrics' tables; one that is there is dropped. */
MUST_CHECK enum status projection_make(const char *conninfo, const char *schema,
                                       struct err *err);

/** Take the schema away again. */
MUST_CHECK enum status projection_drop(const char *conninfo, const char *schema,
                                       struct err *err);

/** The mark of an origin on a topic, NULL for none. */
const struct projection_mark *
projection_find(const struct projection_marks *marks, enum topic topic,
                struct origin origin);

#endif
