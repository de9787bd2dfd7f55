/**
 * One connection to PostgreSQL: scripts, statements with binary parameters
 * and results, and pipelines of statements that cost one round trip.
 *
 * Every failure says what to do with the message:
 *
 *   SQLSTATE                             status     err.code
 *   22, 23, 54 (this value is refused)   ST_REJECT  "value"
 *   WM001 (our own: another owner)       ST_RETRY   "fence"
 *   08, 40, 53, 57, 58, 25006, 25P03,    ST_RETRY   "database"
 *     55P03; connection lost, time-out
 *   all others                           ST_FATAL   "sql"
 *
 * A text about a refused value names table, column and constraint, never the
 * value. After a failure no transaction is open, and after a lost connection
 * it is unknown whether a commit under way became true.
 *
 * No call waits without end: each has `wait_ms` for all that it does. When
 * that is over the connection counts as lost; every later call says ST_RETRY,
 * and all that is left is pg_close.
 *
 * Names of statements are for the server: what has a name is prepared once a
 * connection, the first time it is used, and must have the same text and
 * types of parameters ever after. NULL for a name: parsed each time.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PG_H
#define WAYMARK_COMMON_ADAPTERS_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/id.h"
#include "common/core/str.h"
#include "common/core/time.h"

struct pg;        /* a connection */
struct pg_result; /* what one statement answered */

#define PG_WAIT_MS 30000

struct pg_options {
    const char *conninfo; /* "host=... dbname=..." or a URI; NULL or "": PG* */
    const char *application_name;
    int64_t wait_ms;          /* 0: PG_WAIT_MS */
    int statement_timeout_ms; /* the server's; 0: as it is set there */
    int lock_timeout_ms;      /* likewise */
    int idle_timeout_ms;      /* in a transaction, between two statements */
    /* Plan for lookups by key: through indexes, whatever the statistics say,
     * and once for each prepared statement. For connections of pg_rows. */
    bool plan_by_key;
};

/**
 * Connect. On ST_OK the caller owns *out. ST_RETRY, code "database": not
 * reachable or not let in. ST_FATAL, code "config": conninfo can't be read.
 */
MUST_CHECK enum status pg_open(const struct pg_options *options,
                               struct pg **out, struct err *err);
/** NULL does nothing. An open transaction is rolled back by the server. */
void pg_close(struct pg *pg);

/** True when the connection is of no more use. */
bool pg_is_lost(const struct pg *pg);
/** Process id of the server's side, for pg_terminate_backend. */
int pg_backend(const struct pg *pg);
/** Longest time for all that one later call does; 0: PG_WAIT_MS. */
void pg_set_wait(struct pg *pg, int64_t wait_ms);
/** SQLSTATE of the last failure, "" where the server gave none. */
const char *pg_sqlstate(const struct pg *pg);
/** For poll(2), beside other descriptors; -1 when lost. */
int pg_socket(const struct pg *pg);

/** Run a script of any number of statements; their rows are dropped. */
MUST_CHECK enum status pg_exec(struct pg *pg, const char *script,
                               struct err *err);

/**
 * Wait up to `timeout_ms` for a notification of a channel that was LISTENed
 * to, or until `also_fd` can be read (-1: only the former). *got says whether
 * there was a notification (several count as one).
 */
MUST_CHECK enum status pg_await(struct pg *pg, int also_fd, int timeout_ms,
                                bool *got, struct err *err);

/* ---- parameters ---------------------------------------------------------- */

enum pg_type {
    PG_BOOL = 1,
    PG_INT2,
    PG_INT4,
    PG_INT8,
    PG_UUID,
    PG_TEXT,
    PG_BYTEA,
    PG_TIMESTAMPTZ,
    PG_DATE,
};

#define PG_PARAMS_MAX 100

/*
 * $1, $2, ... of one statement, in the order in which they are added. Between
 * pg_array_begin and pg_array_end what is added are elements of one array.
 * Null values (ID_NONE, STR_NULL, I32_NONE, TIME_NONE, ...) become NULL;
 * TIME_NEVER is 'infinity'. A value that PostgreSQL can't hold (a date beyond
 * its calendar) makes the statement fail with ST_REJECT, code "value".
 */
struct pg_params {
    struct arena *arena;
    size_t n;
    uint32_t types[PG_PARAMS_MAX]; /* OIDs */
    const char *values[PG_PARAMS_MAX];
    int lengths[PG_PARAMS_MAX];
    struct {
        enum pg_type type; /* 0: no array is open */
        char *at;
        size_t n; /* bytes */
        size_t room;
        int32_t count;
        bool nulls;
        /* An array of records; then `type` is 0. */
        uint32_t record; /* OID of their row type, 0: no such array is open */
        size_t record_at; /* where the open record begins */
        int32_t columns;  /* of it so far */
    } array;
    struct err refused; /* code "" while nothing was */
};

/** No parameters yet. The values are kept in `arena`. */
void pg_params_init(struct pg_params *p, struct arena *arena);

void pg_add_null(struct pg_params *p, enum pg_type type);
void pg_add_bool(struct pg_params *p, bool value);
void pg_add_i16(struct pg_params *p, int16_t value); /* never NULL */
void pg_add_i32(struct pg_params *p, int32_t value);
void pg_add_i64(struct pg_params *p, int64_t value);
void pg_add_id(struct pg_params *p, struct id value);
void pg_add_text(struct pg_params *p, struct str value);
void pg_add_bytes(struct pg_params *p, struct str value);
void pg_add_time(struct pg_params *p, time_ms value);
void pg_add_date(struct pg_params *p, date_d value);

/** An array of `type`; `n` is a guess of how many, for its memory. */
void pg_array_begin(struct pg_params *p, enum pg_type type, size_t n);
void pg_array_end(struct pg_params *p);

/**
 * An array of records of the row type `oid` (pg_class.reltype); `bytes` is a
 * guess of its size. What is added between pg_record_begin and pg_record_end
 * are the columns of one record: all that the row type has, in its order. The
 * server takes one such array in a third of the time of an array a column.
 */
void pg_records_begin(struct pg_params *p, uint32_t oid, size_t bytes);
void pg_record_begin(struct pg_params *p);
/** A column of any type, by its OID, that is null. */
void pg_record_null(struct pg_params *p, uint32_t oid);
void pg_record_end(struct pg_params *p);
void pg_records_end(struct pg_params *p);

/** Make the statement fail with ST_REJECT, code "value" and this text. */
void pg_params_refuse(struct pg_params *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- statements ---------------------------------------------------------- */

/**
 * Run one statement. `params` may be NULL. On ST_OK the caller owns *out
 * (`out` may be NULL). Not inside a pipeline.
 */
MUST_CHECK enum status pg_query(struct pg *pg, const char *name,
                                const char *sql,
                                const struct pg_params *params,
                                struct pg_result **out, struct err *err);
/** NULL does nothing. Never for what pg_answer gave: that is the pipeline's. */
void pg_result_close(struct pg_result *res);

/**
 * A pipeline: statements are sent without waiting, pg_sync brings all answers.
 * Outside a transaction the statements up to pg_sync are one; with BEGIN and
 * COMMIT among them these count. After the first failure no later statement
 * runs.
 */
void pg_pipeline_begin(struct pg *pg);
/**
 * Send a statement (params are copied out before this returns). Returns its
 * number in the pipeline, from 0. A failure shows in pg_sync.
 */
size_t pg_send(struct pg *pg, const char *name, const char *sql,
               const struct pg_params *params);
/** End the pipeline and wait for its answers; the first failure. */
MUST_CHECK enum status pg_sync(struct pg *pg, struct err *err);
/** Answer of statement `n`, after ST_OK and until the next statement. */
const struct pg_result *pg_answer(const struct pg *pg, size_t n);

/* ---- results ------------------------------------------------------------- */

/*
 * `row` and `column` from 0. The column must have the type that is read, in
 * binary (all results are). NULL reads as the null value.
 */
size_t pg_n_rows(const struct pg_result *res);
/** Rows that an INSERT, UPDATE or DELETE touched. */
size_t pg_n_affected(const struct pg_result *res);
bool pg_is_null(const struct pg_result *res, size_t row, size_t column);
/** NULL reads as false. */
bool pg_bool(const struct pg_result *res, size_t row, size_t column);
/** smallint or integer. */
int32_t pg_i32(const struct pg_result *res, size_t row, size_t column);
/** smallint, integer or bigint. */
int64_t pg_i64(const struct pg_result *res, size_t row, size_t column);
struct id pg_id(const struct pg_result *res, size_t row, size_t column);
/** text or bytea; borrowed from the result. */
struct str pg_text(const struct pg_result *res, size_t row, size_t column);
/** timestamptz, cut to milliseconds; 'infinity' is TIME_NEVER. */
time_ms pg_time(const struct pg_result *res, size_t row, size_t column);
date_d pg_date(const struct pg_result *res, size_t row, size_t column);

#endif
