#include "common/adapters/pg.h"

#include <libpq-fe.h>

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/engine/monotonic.h"

#define NONE ((size_t)-1)
/* PostgreSQL counts from 2000-01-01. */
#define EPOCH_MS INT64_C(946684800000)
#define EPOCH_DAYS 10957
/* Beyond these its calendar ends: 4713 BC and 294276 AD (timestamptz), and
 * 5874897 AD (date); documentation, table 8.9. */
#define TIME_MIN_MS INT64_C(-210866803200000)
#define TIME_MAX_MS INT64_C(9224318015999999)
#define DATE_MIN_DAYS INT64_C(-2440588)
#define DATE_MAX_DAYS INT64_C(2145042905)

struct prepared {
    char *name;
    char *sql;
    enum { NOT_SENT, SENT, READY } state;
};

/* What the server will answer next. */
struct expected {
    size_t prepared;  /* its statement is being prepared, NONE if it is not */
    size_t statement; /* its answer belongs to, NONE for a preparation */
};

struct statement {
    PGresult *res;
    char label[64]; /* its name, for messages */
};

struct pg {
    PGconn *conn;
    bool lost;
    int64_t wait_ms;
    char sqlstate[6];
    struct prepared *prepared;
    size_t n_prepared;
    struct expected *expected;
    size_t n_expected;
    size_t room_expected;
    struct statement *statements;
    size_t n_statements;
    size_t room_statements;
    bool piping;
    struct err refused; /* a value that the client refused; code "" if none */
    int binary[PG_PARAMS_MAX]; /* the format of every parameter */
};

/* Little memory that is needed to go on at all. */
static void *
must(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

static void *
grown(void *at, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return at;
    *room = *room == 0 ? 16 : *room * 2;
    return must(realloc(at, *room * size));
}

/* ---- failures ------------------------------------------------------------ */

static bool
in_class(const char *sqlstate, const char *const *classes)
{
    for (; *classes != NULL; classes++)
        if (strncmp(sqlstate, *classes, strlen(*classes)) == 0)
            return true;
    return false;
}

/* The table on top of pg.h. SQLSTATEs: PostgreSQL documentation, appendix A. */
static enum status
status_of(const char *sqlstate, const char **code)
{
    static const char *const value[] = { "22", "23", "54", NULL };
    static const char *const retry[] = { "08", "40",    "53",    "57",   "58",
                                         "25006", "25P03", "55P03", NULL };

    if (strcmp(sqlstate, "WM001") == 0) {
        *code = "fence";
        return ST_RETRY;
    }
    if (strcmp(sqlstate, "42501") == 0) {
        *code = "rights";
        return ST_FATAL;
    }
    if (in_class(sqlstate, value)) {
        *code = "value";
        return ST_REJECT;
    }
    if (in_class(sqlstate, retry)) {
        *code = "database";
        return ST_RETRY;
    }
    *code = "sql";
    return ST_FATAL;
}

/* libpq's messages have several lines; ours are one. */
static void
one_line(char *text, size_t size, const char *message)
{
    size_t n = 0;

    for (; *message != '\0' && n + 1 < size; message++) {
        if ((unsigned char)*message >= ' ')
            text[n++] = *message;
        else if (n > 0 && text[n - 1] != ' ')
            text[n++] = ' ';
    }
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '.'))
        n--;
    text[n] = '\0';
}

static enum status
lose(struct pg *pg, struct err *err, const char *why)
{
    char text[300];

    one_line(text, sizeof text, why);
    pg->lost = true;
    pg->sqlstate[0] = '\0';
    return err_set(err, ST_RETRY, "database", "%s", text);
}

static const char *
diag(const PGresult *res, int what)
{
    const char *text = PQresultErrorField(res, what);

    return text == NULL ? "" : text;
}

/* What the server said about a statement. */
static enum status
fail(struct pg *pg, const PGresult *res, const char *label, struct err *err)
{
    const char *sqlstate = diag(res, PG_DIAG_SQLSTATE);
    const char *code;
    char text[300];
    enum status rc;

    if (sqlstate[0] == '\0')
        return lose(pg, err, PQresultErrorMessage(res));
    (void)snprintf(pg->sqlstate, sizeof pg->sqlstate, "%s", sqlstate);
    rc = status_of(sqlstate, &code);
    if (rc == ST_REJECT)
        return err_set(err, rc, code,
                       "%s: SQLSTATE %s, table \"%s\", column \"%s\", "
                       "constraint \"%s\"",
                       label, sqlstate, diag(res, PG_DIAG_TABLE_NAME),
                       diag(res, PG_DIAG_COLUMN_NAME),
                       diag(res, PG_DIAG_CONSTRAINT_NAME));
    one_line(text, sizeof text, diag(res, PG_DIAG_MESSAGE_PRIMARY));
    return err_set(err, rc, code, "%s: SQLSTATE %s, %s", label, sqlstate,
                   text);
}

static enum status
usable(struct pg *pg, struct err *err)
{
    assert(!pg->piping);
    if (pg->lost)
        return err_set(err, ST_RETRY, "database", "the connection is lost");
    return ST_OK;
}

/* ---- waiting ------------------------------------------------------------- */

/* False when the deadline came first. */
static bool
ready(struct pollfd *fds, nfds_t n_fds, int64_t deadline_ms)
{
    for (;;) {
        int64_t left = deadline_ms - monotonic_ms();
        int n;

        if (left < 0)
            left = 0;
        n = poll(fds, n_fds, left > 60000 ? 60000 : (int)left);
        if (n > 0 || (n < 0 && errno != EINTR))
            return true; /* libpq finds out what is wrong */
        if (n <= 0 && monotonic_ms() >= deadline_ms)
            return false;
    }
}

static bool
socket_ready(const struct pg *pg, short events, int64_t deadline_ms)
{
    struct pollfd fd = { .fd = PQsocket(pg->conn), .events = events };

    return ready(&fd, 1, deadline_ms);
}

static int64_t
deadline_of(const struct pg *pg)
{
    return monotonic_ms() + pg->wait_ms;
}

/* The next answer, NULL between the answers of two statements. */
static enum status
next_answer(struct pg *pg, int64_t deadline_ms, PGresult **out,
            struct err *err)
{
    for (;;) {
        int unsent = PQflush(pg->conn);

        if (unsent >= 0 && !PQisBusy(pg->conn)) {
            *out = PQgetResult(pg->conn);
            return ST_OK;
        }
        if (unsent < 0)
            return lose(pg, err, PQerrorMessage(pg->conn));
        if (!socket_ready(pg, unsent > 0 ? POLLIN | POLLOUT : POLLIN,
                          deadline_ms))
            return lose(pg, err, "no answer in time");
        if (!PQconsumeInput(pg->conn))
            return lose(pg, err, PQerrorMessage(pg->conn));
    }
}

/* ---- connecting ---------------------------------------------------------- */

static void
no_notice(void *self, const PGresult *res)
{
    (void)self;
    (void)res;
}

static enum status
connect_wait(struct pg *pg, struct err *err)
{
    int64_t deadline_ms = deadline_of(pg);
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    if (PQstatus(pg->conn) == CONNECTION_BAD)
        return lose(pg, err, PQerrorMessage(pg->conn));
    while (state != PGRES_POLLING_OK) {
        short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        if (!socket_ready(pg, events, deadline_ms))
            return lose(pg, err, "no connection in time");
        state = PQconnectPoll(pg->conn);
        if (state == PGRES_POLLING_FAILED)
            return lose(pg, err, PQerrorMessage(pg->conn));
    }
    return ST_OK;
}

static enum status
check_conninfo(const char *conninfo, struct err *err)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);

    /* libpq's own message would quote the text, and a password with it. */
    if (options == NULL)
        return err_set(err, ST_FATAL, "config",
                       "the database's connection text can't be read");
    PQconninfoFree(options);
    return ST_OK;
}

/* Settings of the session, outside any transaction. */
static enum status
set_up(struct pg *pg, const struct pg_options *o, struct err *err)
{
    char script[600];
    int n = snprintf(script, sizeof script,
                     "SET client_min_messages = warning;");

    if (o->statement_timeout_ms > 0)
        n += snprintf(script + n, sizeof script - (size_t)n,
                      "SET statement_timeout = %d;", o->statement_timeout_ms);
    if (o->lock_timeout_ms > 0)
        n += snprintf(script + n, sizeof script - (size_t)n,
                      "SET lock_timeout = %d;", o->lock_timeout_ms);
    if (o->idle_timeout_ms > 0)
        n += snprintf(script + n, sizeof script - (size_t)n,
                      "SET idle_in_transaction_session_timeout = %d;",
                      o->idle_timeout_ms);
    if (o->plan_by_key)
        (void)snprintf(script + n, sizeof script - (size_t)n,
                       "SET plan_cache_mode = force_generic_plan;"
                       "SET enable_seqscan = off;"
                       "SET jit = off;");
    return pg_exec(pg, script, err);
}

enum status
pg_open(const struct pg_options *o, struct pg **out, struct err *err)
{
    const char *conninfo = o->conninfo == NULL ? "" : o->conninfo;
    /* What stands behind dbname can't be changed by the connection text. */
    const char *const keys[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count",
        "tcp_user_timeout", "dbname", "application_name", "client_encoding",
        NULL,
    };
    const char *const values[] = {
        "10", "5", "3", "30000", conninfo[0] == '\0' ? NULL : conninfo,
        o->application_name, "UTF8", NULL,
    };
    struct pg *pg;
    enum status rc = check_conninfo(conninfo, err);

    *out = NULL;
    if (rc != ST_OK)
        return rc;
    pg = must(calloc(1, sizeof *pg));
    pg_set_wait(pg, o->wait_ms);
    for (size_t i = 0; i < PG_PARAMS_MAX; i++)
        pg->binary[i] = 1;
    pg->conn = must(PQconnectStartParams(keys, values, 1));
    rc = connect_wait(pg, err);
    if (rc == ST_OK && PQsetnonblocking(pg->conn, 1) != 0)
        rc = lose(pg, err, PQerrorMessage(pg->conn));
    if (rc == ST_OK) {
        (void)PQsetNoticeReceiver(pg->conn, no_notice, NULL);
        rc = set_up(pg, o, err);
    }
    if (rc != ST_OK) {
        pg_close(pg);
        return rc;
    }
    *out = pg;
    return ST_OK;
}

static void
forget_answers(struct pg *pg)
{
    for (size_t i = 0; i < pg->n_statements; i++)
        PQclear(pg->statements[i].res);
    pg->n_statements = 0;
    pg->n_expected = 0;
}

void
pg_close(struct pg *pg)
{
    if (pg == NULL)
        return;
    forget_answers(pg);
    for (size_t i = 0; i < pg->n_prepared; i++) {
        free(pg->prepared[i].name);
        free(pg->prepared[i].sql);
    }
    free(pg->prepared);
    free(pg->expected);
    free(pg->statements);
    PQfinish(pg->conn);
    free(pg);
}

bool
pg_is_lost(const struct pg *pg)
{
    return pg->lost;
}

int
pg_backend(const struct pg *pg)
{
    return PQbackendPID(pg->conn);
}

void
pg_set_wait(struct pg *pg, int64_t wait_ms)
{
    pg->wait_ms = wait_ms > 0 ? wait_ms : PG_WAIT_MS;
}

const char *
pg_sqlstate(const struct pg *pg)
{
    return pg->sqlstate;
}

int
pg_socket(const struct pg *pg)
{
    return pg->lost ? -1 : PQsocket(pg->conn);
}

/* ---- scripts ------------------------------------------------------------- */

static bool
is_copy(const PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);

    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
           status == PGRES_COPY_BOTH;
}

static bool
is_failure(const PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);

    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

/* Send a script and wait; the first failure. */
static enum status
run_script(struct pg *pg, const char *script, struct err *err)
{
    int64_t deadline_ms = deadline_of(pg);
    enum status first = ST_OK;

    if (!PQsendQuery(pg->conn, script))
        return lose(pg, err, PQerrorMessage(pg->conn));
    for (;;) {
        PGresult *res = NULL;
        enum status rc = next_answer(pg, deadline_ms, &res, err);

        if (rc != ST_OK)
            return rc;
        if (res == NULL)
            return first;
        if (is_copy(res)) {
            PQclear(res);
            (void)lose(pg, err, "COPY");
            return err_set(err, ST_FATAL, "sql",
                           "COPY has no place in a script");
        }
        if (is_failure(res) && first == ST_OK)
            first = fail(pg, res, "script", err);
        PQclear(res);
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            pg->lost = true;
        if (pg->lost)
            return first;
    }
}

/* After a failure: no transaction stays open. The failure is what counts. */
static void
roll_back(struct pg *pg)
{
    if (!pg->lost && PQtransactionStatus(pg->conn) != PQTRANS_IDLE) {
        char sqlstate[sizeof pg->sqlstate];

        memcpy(sqlstate, pg->sqlstate, sizeof sqlstate);
        if (run_script(pg, "ROLLBACK", NULL) != ST_OK)
            pg->lost = true;
        memcpy(pg->sqlstate, sqlstate, sizeof sqlstate);
    }
}

enum status
pg_exec(struct pg *pg, const char *script, struct err *err)
{
    enum status rc = usable(pg, err);

    if (rc == ST_OK) {
        forget_answers(pg);
        rc = run_script(pg, script, err);
        if (rc != ST_OK)
            roll_back(pg);
    }
    return rc;
}

static bool
notified(struct pg *pg)
{
    bool got = false;
    PGnotify *note;

    while ((note = PQnotifies(pg->conn)) != NULL) {
        got = true;
        PQfreemem(note);
    }
    return got;
}

enum status
pg_await(struct pg *pg, int also_fd, int timeout_ms, bool *got, struct err *err)
{
    int64_t deadline_ms = monotonic_ms() + timeout_ms;
    enum status rc = usable(pg, err);

    *got = false;
    if (rc != ST_OK)
        return rc;
    while (!(*got = notified(pg))) {
        struct pollfd fds[2] = {
            { .fd = PQsocket(pg->conn), .events = POLLIN },
            { .fd = also_fd, .events = POLLIN } /* poll passes over -1 */
        };

        if (!ready(fds, 2, deadline_ms) || fds[1].revents != 0)
            break;
        if (!PQconsumeInput(pg->conn))
            return lose(pg, err, PQerrorMessage(pg->conn));
    }
    return ST_OK;
}

/* ---- parameters ---------------------------------------------------------- */

struct type_row {
    uint32_t oid; /* catalog pg_type; these never change */
    uint32_t array_oid;
    size_t size; /* of a value, a guess for texts */
};

static const struct type_row types[] = {
    [PG_BOOL] = { 16, 1000, 1 },
    [PG_INT2] = { 21, 1005, 2 },
    [PG_INT4] = { 23, 1007, 4 },
    [PG_INT8] = { 20, 1016, 8 },
    [PG_UUID] = { 2950, 2951, 16 },
    [PG_TEXT] = { 25, 1009, 20 },
    [PG_BYTEA] = { 17, 1001, 20 },
    [PG_TIMESTAMPTZ] = { 1184, 1185, 8 },
    [PG_DATE] = { 1082, 1182, 4 },
};

#define ARRAY_HEADER ((size_t)20)

static void
put_be(char *to, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(unsigned char)(value >> (8 * (n - 1 - i)));
}

static uint64_t
get_be(const char *from, size_t n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)from[i];
    return value;
}

void
pg_params_init(struct pg_params *p, struct arena *arena)
{
    p->arena = arena;
    p->n = 0;
    memset(&p->array, 0, sizeof p->array);
    p->refused.code[0] = '\0';
}

void
pg_params_refuse(struct pg_params *p, const char *fmt, ...)
{
    char text[300];
    va_list ap;

    if (p->refused.code[0] != '\0')
        return;
    va_start(ap, fmt);
    if (vsnprintf(text, sizeof text, fmt, ap) < 0)
        text[0] = '\0';
    va_end(ap);
    (void)err_set(&p->refused, ST_REJECT, "value", "%s", text);
}

/* `n` bytes at the end of the open array. */
static char *
array_room(struct pg_params *p, size_t n)
{
    if (p->array.room - p->array.n < n) {
        size_t room = p->array.room * 2 + n;
        char *more = arena_alloc(p->arena, room);

        memcpy(more, p->array.at, p->array.n);
        p->array.at = more;
        p->array.room = room;
    }
    p->array.n += n;
    return p->array.at + p->array.n - n;
}

static void
param_add(struct pg_params *p, uint32_t oid, const char *value, size_t n)
{
    assert(p->n < PG_PARAMS_MAX);
    if (n > INT32_MAX / 2) {
        pg_params_refuse(p, "a value of %zu bytes is too large", n);
        n = 0;
    }
    p->types[p->n] = oid;
    p->values[p->n] = value;
    p->lengths[p->n] = (int)n;
    p->n++;
}

/* Room for a value of `n` bytes: in the open array, or a parameter's own. */
static char *
value_room(struct pg_params *p, enum pg_type type, size_t n)
{
    char *to;

    if (p->array.type == 0 && p->array.record == 0) {
        to = arena_alloc(p->arena, n);
        param_add(p, types[type].oid, to, n);
        return to;
    }
    if (n > INT32_MAX / 2) {
        pg_params_refuse(p, "a value of %zu bytes is too large", n);
        return arena_alloc(p->arena, n);
    }
    if (p->array.record != 0) {
        to = array_room(p, n + 8);
        put_be(to, types[type].oid, 4);
        put_be(to + 4, n, 4);
        p->array.columns++;
        return to + 8;
    }
    assert(p->array.type == type);
    to = array_room(p, n + 4);
    put_be(to, n, 4);
    p->array.count++;
    return to + 4;
}

void
pg_record_null(struct pg_params *p, uint32_t oid)
{
    char *to = array_room(p, 8);

    assert(p->array.record != 0);
    put_be(to, oid, 4);
    put_be(to + 4, UINT32_MAX, 4);
    p->array.columns++;
    p->array.nulls = true;
}

void
pg_add_null(struct pg_params *p, enum pg_type type)
{
    if (p->array.record != 0) {
        pg_record_null(p, types[type].oid);
        return;
    }
    if (p->array.type == 0) {
        param_add(p, types[type].oid, NULL, 0);
        return;
    }
    assert(p->array.type == type);
    put_be(array_room(p, 4), UINT32_MAX, 4);
    p->array.count++;
    p->array.nulls = true;
}

void
pg_add_bool(struct pg_params *p, bool value)
{
    *value_room(p, PG_BOOL, 1) = value ? 1 : 0;
}

void
pg_add_i16(struct pg_params *p, int16_t value)
{
    put_be(value_room(p, PG_INT2, 2), (uint64_t)value, 2);
}

void
pg_add_i32(struct pg_params *p, int32_t value)
{
    if (value == INT32_MIN)
        pg_add_null(p, PG_INT4);
    else
        put_be(value_room(p, PG_INT4, 4), (uint64_t)value, 4);
}

void
pg_add_i64(struct pg_params *p, int64_t value)
{
    if (value == INT64_MIN)
        pg_add_null(p, PG_INT8);
    else
        put_be(value_room(p, PG_INT8, 8), (uint64_t)value, 8);
}

void
pg_add_id(struct pg_params *p, struct id value)
{
    if (id_is_none(value))
        pg_add_null(p, PG_UUID);
    else
        memcpy(value_room(p, PG_UUID, sizeof value.b), value.b,
               sizeof value.b);
}

static void
add_bytes(struct pg_params *p, enum pg_type type, struct str value)
{
    if (value.p == NULL)
        pg_add_null(p, type);
    else if (p->array.type == 0 && p->array.record == 0 && value.n > 0)
        param_add(p, types[type].oid,
                  arena_copy(p->arena, value.p, value.n), value.n);
    else if (value.n > 0)
        memcpy(value_room(p, type, value.n), value.p, value.n);
    else
        (void)value_room(p, type, 0);
}

void
pg_add_text(struct pg_params *p, struct str value)
{
    add_bytes(p, PG_TEXT, value);
}

void
pg_add_bytes(struct pg_params *p, struct str value)
{
    add_bytes(p, PG_BYTEA, value);
}

void
pg_add_time(struct pg_params *p, time_ms value)
{
    int64_t us = INT64_MAX; /* infinity */

    if (value == TIME_NONE) {
        pg_add_null(p, PG_TIMESTAMPTZ);
        return;
    }
    if (value != TIME_NEVER) {
        if (value < TIME_MIN_MS || value > TIME_MAX_MS) {
            pg_params_refuse(p, "an instant is out of range");
            value = EPOCH_MS;
        }
        us = (value - EPOCH_MS) * 1000;
    }
    put_be(value_room(p, PG_TIMESTAMPTZ, 8), (uint64_t)us, 8);
}

void
pg_add_date(struct pg_params *p, date_d value)
{
    if (value == DATE_NONE) {
        pg_add_null(p, PG_DATE);
        return;
    }
    if (value < DATE_MIN_DAYS || value > DATE_MAX_DAYS) {
        pg_params_refuse(p, "a date is out of range");
        value = EPOCH_DAYS;
    }
    put_be(value_room(p, PG_DATE, 4), (uint64_t)(value - EPOCH_DAYS), 4);
}

static void
array_begin(struct pg_params *p, size_t room)
{
    assert(p->array.type == 0 && p->array.record == 0);
    memset(&p->array, 0, sizeof p->array);
    p->array.at = arena_alloc(p->arena, room);
    p->array.room = room;
    p->array.n = ARRAY_HEADER;
}

void
pg_array_begin(struct pg_params *p, enum pg_type type, size_t n)
{
    array_begin(p, ARRAY_HEADER + n * (types[type].size + 4));
    p->array.type = type;
}

/*
 * Binary form of an array (array_send in the server): dimensions, whether
 * there are nulls, element type, then size and lower bound of each dimension.
 * An empty array has no dimension.
 */
static void
array_end(struct pg_params *p, uint32_t element, uint32_t oid, bool nulls)
{
    char *head = p->array.at;
    bool empty = p->array.count == 0;

    put_be(head, empty ? 0 : 1, 4);
    put_be(head + 4, nulls ? 1 : 0, 4);
    put_be(head + 8, element, 4);
    put_be(head + 12, (uint64_t)p->array.count, 4);
    put_be(head + 16, 1, 4);
    p->array.type = 0;
    p->array.record = 0;
    param_add(p, oid, head, empty ? 12 : p->array.n);
}

void
pg_array_end(struct pg_params *p)
{
    enum pg_type type = p->array.type;

    assert(type != 0);
    array_end(p, types[type].oid, types[type].array_oid, p->array.nulls);
}

void
pg_records_begin(struct pg_params *p, uint32_t oid, size_t bytes)
{
    assert(oid != 0);
    array_begin(p, ARRAY_HEADER + bytes);
    p->array.record = oid;
}

void
pg_record_begin(struct pg_params *p)
{
    p->array.record_at = p->array.n;
    p->array.columns = 0;
    (void)array_room(p, 8); /* bytes and columns, known at its end */
    p->array.count++;
}

/* Binary form of a record (record_send in the server): how many columns, and
 * type, size and value of each. */
void
pg_record_end(struct pg_params *p)
{
    char *head = p->array.at + p->array.record_at;

    put_be(head, p->array.n - p->array.record_at - 4, 4);
    put_be(head + 4, (uint64_t)p->array.columns, 4);
}

/* The statement's text says of which type the array is. */
void
pg_records_end(struct pg_params *p)
{
    assert(p->array.record != 0);
    if (p->array.n > INT32_MAX / 2)
        pg_params_refuse(p, "%zu bytes of records are too large", p->array.n);
    array_end(p, p->array.record, 0, false);
}

/* ---- statements ---------------------------------------------------------- */

static void
expect(struct pg *pg, size_t prepared, size_t statement)
{
    pg->expected = grown(pg->expected, pg->n_expected, &pg->room_expected,
                         sizeof *pg->expected);
    pg->expected[pg->n_expected++] =
        (struct expected){ .prepared = prepared, .statement = statement };
}

static size_t
prepared_find(struct pg *pg, const char *name, const char *sql)
{
    struct prepared *p;

    for (size_t i = 0; i < pg->n_prepared; i++)
        if (strcmp(pg->prepared[i].name, name) == 0) {
            assert(strcmp(pg->prepared[i].sql, sql) == 0);
            return i;
        }
    p = must(realloc(pg->prepared, (pg->n_prepared + 1) * sizeof *p));
    pg->prepared = p;
    p[pg->n_prepared] = (struct prepared){ .name = must(strdup(name)),
                                           .sql = must(strdup(sql)),
                                           .state = NOT_SENT };
    return pg->n_prepared++;
}

void
pg_pipeline_begin(struct pg *pg)
{
    assert(!pg->piping);
    forget_answers(pg);
    pg->piping = true;
    pg->refused.code[0] = '\0';
    if (!pg->lost && !PQenterPipelineMode(pg->conn))
        pg->lost = true;
}

/* Make the server end the transaction: the client has refused a value. */
static void
send_refusal(struct pg *pg, size_t statement, const struct err *why)
{
    if (pg->refused.code[0] == '\0')
        pg->refused = *why;
    if (!PQsendQueryParams(pg->conn, "SELECT 'refused by the client'::date",
                           0, NULL, NULL, NULL, NULL, 1))
        pg->lost = true;
    else
        expect(pg, NONE, statement);
}

static bool
send_prepared(struct pg *pg, size_t statement, const char *name,
              const char *sql, const struct pg_params *p)
{
    size_t i = prepared_find(pg, name, sql);

    if (pg->prepared[i].state == NOT_SENT) {
        if (!PQsendPrepare(pg->conn, name, sql, (int)p->n, p->types))
            return false;
        pg->prepared[i].state = SENT;
        expect(pg, i, NONE);
    }
    if (!PQsendQueryPrepared(pg->conn, name, (int)p->n, p->values, p->lengths,
                             pg->binary, 1))
        return false;
    expect(pg, NONE, statement);
    return true;
}

static bool
send_unnamed(struct pg *pg, size_t statement, const char *sql,
             const struct pg_params *p)
{
    if (!PQsendQueryParams(pg->conn, sql, (int)p->n, p->types, p->values,
                           p->lengths, pg->binary, 1))
        return false;
    expect(pg, NONE, statement);
    return true;
}

size_t
pg_send(struct pg *pg, const char *name, const char *sql,
        const struct pg_params *params)
{
    static const struct pg_params none;
    const struct pg_params *p = params == NULL ? &none : params;
    size_t n = pg->n_statements;
    struct statement *st;
    bool sent;

    assert(pg->piping && p->array.type == 0 && p->array.record == 0);
    pg->statements = grown(pg->statements, n, &pg->room_statements,
                           sizeof *pg->statements);
    st = &pg->statements[n];
    pg->n_statements++;
    *st = (struct statement){ .res = NULL };
    (void)snprintf(st->label, sizeof st->label, "%s",
                   name == NULL ? "statement" : name);
    if (pg->lost)
        return n;
    if (p->refused.code[0] != '\0') {
        send_refusal(pg, n, &p->refused);
        return n;
    }
    sent = name == NULL ? send_unnamed(pg, n, sql, p)
                        : send_prepared(pg, n, name, sql, p);
    if (!sent)
        pg->lost = true;
    return n;
}

/* Take in one answer; `first` is the first failure so far. */
static enum status
take_answer(struct pg *pg, size_t at, PGresult *res, enum status first,
            struct err *err)
{
    const struct expected *e = &pg->expected[at];
    bool failed = is_failure(res);

    if (e->prepared != NONE) {
        struct prepared *p = &pg->prepared[e->prepared];

        p->state =
            PQresultStatus(res) == PGRES_COMMAND_OK ? READY : NOT_SENT;
        if (failed && first == ST_OK)
            first = fail(pg, res, p->name, err);
        PQclear(res);
        return first;
    }
    if (failed && first == ST_OK) {
        first = fail(pg, res, pg->statements[e->statement].label, err);
        if (pg->refused.code[0] != '\0' && first == ST_REJECT) {
            if (err != NULL)
                *err = pg->refused;
        }
    }
    PQclear(pg->statements[e->statement].res);
    pg->statements[e->statement].res = res;
    return first;
}

/* Wait for all answers up to the sync's. */
static enum status
take_answers(struct pg *pg, struct err *err)
{
    int64_t deadline_ms = deadline_of(pg);
    enum status first = ST_OK;
    size_t at = 0;

    for (;;) {
        PGresult *res = NULL;
        enum status rc = next_answer(pg, deadline_ms, &res,
                                     first == ST_OK ? err : NULL);

        if (rc != ST_OK)
            return first != ST_OK ? first : rc;
        if (res == NULL) {
            at++;
            if (at > pg->n_expected)
                return lose(pg, err, "an answer to nothing");
            continue;
        }
        if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
            PQclear(res);
            return first;
        }
        if (is_copy(res) || at >= pg->n_expected) {
            PQclear(res);
            return lose(pg, err, "an answer that does not fit a pipeline");
        }
        first = take_answer(pg, at, res, first, err);
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            pg->lost = true;
        if (pg->lost)
            return first;
    }
}

enum status
pg_sync(struct pg *pg, struct err *err)
{
    enum status rc;

    assert(pg->piping);
    pg->piping = false;
    if (!pg->lost && !PQpipelineSync(pg->conn))
        pg->lost = true;
    if (pg->lost)
        return lose(pg, err, "the connection is lost");
    pg->sqlstate[0] = '\0';
    rc = take_answers(pg, err);
    if (!pg->lost && !PQexitPipelineMode(pg->conn))
        pg->lost = true;
    if (rc == ST_OK && pg->lost)
        rc = lose(pg, err, PQerrorMessage(pg->conn));
    if (rc != ST_OK)
        roll_back(pg);
    return rc;
}

const struct pg_result *
pg_answer(const struct pg *pg, size_t n)
{
    assert(!pg->piping && n < pg->n_statements);
    assert(pg->statements[n].res != NULL);
    return (const struct pg_result *)pg->statements[n].res;
}

enum status
pg_query(struct pg *pg, const char *name, const char *sql,
         const struct pg_params *params, struct pg_result **out,
         struct err *err)
{
    enum status rc = usable(pg, err);

    if (out != NULL)
        *out = NULL;
    if (rc != ST_OK)
        return rc;
    pg_pipeline_begin(pg);
    (void)pg_send(pg, name, sql, params);
    rc = pg_sync(pg, err);
    if (rc == ST_OK && out != NULL) {
        *out = (struct pg_result *)pg->statements[0].res;
        pg->statements[0].res = NULL;
    }
    return rc;
}

void
pg_result_close(struct pg_result *res)
{
    PQclear((PGresult *)res);
}

/* ---- results ------------------------------------------------------------- */

static const PGresult *
result_of(const struct pg_result *res)
{
    return (const PGresult *)res;
}

size_t
pg_n_rows(const struct pg_result *res)
{
    return (size_t)PQntuples(result_of(res));
}

size_t
pg_n_affected(const struct pg_result *res)
{
    /* libpq takes no const here and changes nothing. */
    union {
        const struct pg_result *res;
        PGresult *pq;
    } u = { .res = res };

    return (size_t)strtoull(PQcmdTuples(u.pq), NULL, 10);
}

bool
pg_is_null(const struct pg_result *res, size_t row, size_t column)
{
    return PQgetisnull(result_of(res), (int)row, (int)column) != 0;
}

static struct str
value_of(const struct pg_result *res, size_t row, size_t column)
{
    const PGresult *pq = result_of(res);
    int r = (int)row;
    int c = (int)column;

    assert(r < PQntuples(pq) && c < PQnfields(pq));
    if (PQgetisnull(pq, r, c))
        return STR_NULL;
    return (struct str){ .p = PQgetvalue(pq, r, c),
                         .n = (size_t)PQgetlength(pq, r, c) };
}

static void
assert_type(const struct pg_result *res, size_t column, enum pg_type type)
{
    assert(PQftype(result_of(res), (int)column) == types[type].oid);
    (void)res;
    (void)column;
    (void)type;
}

bool
pg_bool(const struct pg_result *res, size_t row, size_t column)
{
    struct str v = value_of(res, row, column);

    assert_type(res, column, PG_BOOL);
    return v.n == 1 && v.p[0] != 0;
}

int32_t
pg_i32(const struct pg_result *res, size_t row, size_t column)
{
    struct str v = value_of(res, row, column);

    assert(v.p == NULL || v.n == 2 || v.n == 4);
    if (v.p == NULL)
        return INT32_MIN;
    if (v.n == 2)
        return (int16_t)get_be(v.p, 2);
    return (int32_t)get_be(v.p, 4);
}

int64_t
pg_i64(const struct pg_result *res, size_t row, size_t column)
{
    struct str v = value_of(res, row, column);

    if (v.p == NULL)
        return INT64_MIN;
    if (v.n != 8)
        return pg_i32(res, row, column);
    return (int64_t)get_be(v.p, 8);
}

struct id
pg_id(const struct pg_result *res, size_t row, size_t column)
{
    struct str v = value_of(res, row, column);
    struct id id = ID_NONE;

    assert_type(res, column, PG_UUID);
    if (v.n == sizeof id.b)
        memcpy(id.b, v.p, sizeof id.b);
    return id;
}

struct str
pg_text(const struct pg_result *res, size_t row, size_t column)
{
    return value_of(res, row, column);
}

time_ms
pg_time(const struct pg_result *res, size_t row, size_t column)
{
    struct str v = value_of(res, row, column);
    int64_t us;

    assert_type(res, column, PG_TIMESTAMPTZ);
    if (v.n != 8)
        return TIME_NONE;
    us = (int64_t)get_be(v.p, 8);
    if (us == INT64_MAX)
        return TIME_NEVER;
    if (us == INT64_MIN)
        return TIME_NONE; /* '-infinity', which nobody writes */
    return us / 1000 - (us % 1000 < 0 ? 1 : 0) + EPOCH_MS;
}

date_d
pg_date(const struct pg_result *res, size_t row, size_t column)
{
    struct str v = value_of(res, row, column);
    int64_t days;

    assert_type(res, column, PG_DATE);
    if (v.n != 4)
        return DATE_NONE;
    days = (int64_t)(int32_t)get_be(v.p, 4) + EPOCH_DAYS;
    if (days < DATE_MIN_DAYS || days > DATE_MAX_DAYS)
        return DATE_NONE; /* 'infinity', which nobody writes */
    return (date_d)days;
}
