#include "intake/guard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/engine/log.h"
#include "common/engine/memory.h"
#include "intake/token_seen.h"

enum {
    GROUP_MAX = 512, /* tokens that are asked after in one statement */
    MEMORY_MAX = 4 << 20,
    WAIT_MS = 5000, /* longest wait for the database */
    PURGE_S = 60,
};

static const char *const codes[] = {
    "token_missing",  "token_twice",  "token_large",   "token_shape",
    "token_base64",   "token_json",   "token_header",  "token_alg",
    "token_iss",      "token_agency", "token_kid",     "token_signature",
    "token_audience", "token_time",   "token_expired", "token_far",
    "token_early",    "token_jti",    "token_replay",  "cert_untrusted",
    "cert_shape",     "cert_unknown",
};
enum { N_CODES = sizeof codes / sizeof codes[0] };

/* What was refused for one reason. */
struct refusals {
    _Atomic int64_t n;
    _Atomic int64_t said_s; /* when it was logged last, monotonic */
};

/* A caller that waits for the table's answer. */
struct asking {
    const struct token_caller *caller;
    struct asking *next;
    bool finished;
    enum status status; /* ST_REJECT: it was used before */
    pthread_cond_t ready;
};

struct guard {
    struct guard_options options;
    _Atomic(const struct token_keys *) keys; /* the newest */
    struct token_memory *memory;
    struct refusals refused[N_CODES];
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t wake; /* by the monotonic clock */
    struct asking *first, **last;
    bool closing;
    /* The thread's own. */
    struct pg *pg;
    struct arena *arena;
    bool away; /* as it was logged last */
};

static int64_t
seconds_of(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec;
}

static time_ms
wall_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (time_ms)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- the table --------------------------------------------------------- */

static enum status
connect(struct guard *g, struct err *err)
{
    struct pg_options options = { .conninfo = g->options.conninfo,
                                  .application_name = "waymark-intake-guard",
                                  .wait_ms = WAIT_MS };
    struct str sql;
    enum status rc;

    if (g->pg != NULL)
        return ST_OK;
    rc = pg_open(&options, &g->pg, err);
    if (rc != ST_OK)
        return rc;
    sql = arena_printf(g->arena,
                       "SET search_path TO \"%s\"; "
                       "SET synchronous_commit TO off",
                       g->options.schema);
    return pg_exec(g->pg, sql.p, err);
}

/* A connection that has failed once is not used again. */
static void
settle(struct guard *g, enum status rc, const struct err *err)
{
    if (rc != ST_OK && !g->away)
        log_warn("guard_fails", "code=%s why=\"%s\"", err->code, err->text);
    g->away = rc != ST_OK;
    if (rc == ST_OK)
        return;
    pg_close(g->pg);
    g->pg = NULL;
}

/* Give each of the group its status. */
static void
ask_table(struct guard *g, struct asking *const *group, size_t n)
{
    const struct token_caller **callers;
    struct err err = { .code = "" };
    size_t number = 0;
    bool *fresh;
    enum status rc;

    arena_reset(g->arena);
    callers = arena_array(g->arena, n, sizeof(*callers));
    fresh = arena_array(g->arena, n, sizeof *fresh);
    for (size_t i = 0; i < n; i++)
        callers[i] = group[i]->caller;
    rc = connect(g, &err);
    if (rc == ST_OK) {
        pg_pipeline_begin(g->pg);
        number = token_seen_send(g->pg, callers, n, g->arena);
        rc = pg_sync(g->pg, &err);
    }
    if (rc == ST_OK)
        token_seen_read(pg_answer(g->pg, number), callers, n, g->arena, fresh);
    for (size_t i = 0; i < n; i++)
        group[i]->status = rc != ST_OK ? ST_RETRY
                           : fresh[i]  ? ST_OK
                                       : ST_REJECT;
    settle(g, rc, &err);
}

static void
purge(struct guard *g)
{
    struct err err = { .code = "" };
    int64_t n = 0;
    enum status rc;

    arena_reset(g->arena);
    rc = connect(g, &err);
    if (rc == ST_OK)
        rc = token_seen_purge(g->pg, &n, &err);
    settle(g, rc, &err);
}

/* ---- the thread -------------------------------------------------------- */

/* Those that wait, up to a group. Lock held. */
static size_t
take(struct guard *g, struct asking **group)
{
    size_t n = 0;

    while (g->first != NULL && n < GROUP_MAX) {
        group[n++] = g->first;
        g->first = g->first->next;
    }
    if (g->first == NULL)
        g->last = &g->first;
    return n;
}

static void *
keep(void *self)
{
    struct asking *group[GROUP_MAX];
    struct guard *g = self;
    int64_t purge_at_s = seconds_of(CLOCK_MONOTONIC) + PURGE_S;

    pthread_mutex_lock(&g->lock);
    while (!g->closing || g->first != NULL) {
        struct timespec until = { .tv_sec = (time_t)purge_at_s };
        size_t n = take(g, group);

        if (n == 0 && seconds_of(CLOCK_MONOTONIC) < purge_at_s) {
            (void)pthread_cond_timedwait(&g->wake, &g->lock, &until);
            continue;
        }
        pthread_mutex_unlock(&g->lock);
        if (n > 0)
            ask_table(g, group, n);
        if (seconds_of(CLOCK_MONOTONIC) >= purge_at_s) {
            purge(g);
            purge_at_s = seconds_of(CLOCK_MONOTONIC) + PURGE_S;
        }
        pthread_mutex_lock(&g->lock);
        for (size_t i = 0; i < n; i++) {
            group[i]->finished = true;
            pthread_cond_signal(&group[i]->ready);
        }
    }
    pthread_mutex_unlock(&g->lock);
    return NULL;
}

static enum status
use_once(struct guard *g, const struct token_caller *caller, struct err *err)
{
    struct asking asking = { .caller = caller };
    enum status rc = token_memory_use(g->memory, caller, err);

    if (rc != ST_OK)
        return rc;
    pthread_cond_init(&asking.ready, NULL);
    pthread_mutex_lock(&g->lock);
    *g->last = &asking;
    g->last = &asking.next;
    pthread_cond_signal(&g->wake);
    while (!asking.finished)
        pthread_cond_wait(&asking.ready, &g->lock);
    pthread_mutex_unlock(&g->lock);
    pthread_cond_destroy(&asking.ready);
    if (asking.status == ST_REJECT)
        return err_set(err, ST_REJECT, "token_replay",
                       "this token was used before");
    return asking.status == ST_OK
               ? ST_OK
               : err_set(err, ST_RETRY, "database",
                         "nobody can say whether the token was used before");
}

/* ---- asking ------------------------------------------------------------ */

static bool
is_doubled(const struct guard *g, const struct http_request *req)
{
    return http_count_headers(req, "Authorization") > 1 ||
           (g->options.unix_socket &&
            (http_count_headers(req, "X-Client-Cert") > 1 ||
             http_count_headers(req, "X-Client-Verify") > 1));
}

static enum status
prove(struct guard *g, const struct http_request *req,
      struct token_caller *caller, struct err *err)
{
    const struct token_keys *keys = atomic_load(&g->keys);
    struct str header = http_header(req, "Authorization");
    struct token_peer peer = {
        .unix_socket = g->options.unix_socket,
        .verified = http_header(req, "X-Client-Verify"),
        .certificate = http_header(req, "X-Client-Cert"),
    };
    struct str token;
    enum status rc;

    if (is_doubled(g, req))
        return err_set(err, ST_REJECT, "token_twice",
                       "a header of identity is there twice");
    /* nginx sends both always, empty for a client without a certificate. */
    if (header.p == NULL && peer.unix_socket && peer.certificate.n > 0)
        return token_certificate(keys, &peer, caller, err);
    rc = token_bearer(header, &token, err);
    if (rc == ST_OK)
        rc = token_check(keys, &g->options.rules, token, wall_now(), caller,
                         err);
    return rc;
}

/* Counted each time, logged once a second at most. */
static void
note_refusal(struct guard *g, const char *code)
{
    int64_t now_s = seconds_of(CLOCK_MONOTONIC), said_s;

    for (size_t i = 0; i < N_CODES; i++) {
        struct refusals *r = &g->refused[i];

        if (strcmp(codes[i], code) != 0)
            continue;
        atomic_fetch_add(&r->n, 1);
        said_s = atomic_load(&r->said_s);
        if (said_s != now_s &&
            atomic_compare_exchange_strong(&r->said_s, &said_s, now_s))
            log_warn("sender_refused", "code=%s so_far=%lld", code,
                     (long long)atomic_load(&r->n));
    }
}

enum status
guard_ask(struct guard *g, const struct http_request *req,
          struct str *agency_id, struct err *err)
{
    struct token_caller caller = { .use = ID_NONE };
    enum status rc = prove(g, req, &caller, err);

    if (rc == ST_OK && !id_is_none(caller.use))
        rc = use_once(g, &caller, err);
    *agency_id = caller.agency_id;
    if (rc == ST_REJECT)
        note_refusal(g, err->code);
    return rc;
}

void
guard_use(struct guard *g, const struct token_keys *keys)
{
    atomic_store(&g->keys, keys);
}

void
guard_print(struct guard *g, FILE *to)
{
    fprintf(to, "# HELP waymark_intake_unproved_total Requests whose sender "
                "did not prove who it is, by code.\n"
                "# TYPE waymark_intake_unproved_total counter\n");
    for (size_t i = 0; i < N_CODES; i++)
        fprintf(to,
                "waymark_intake_unproved_total{service=\"intake\","
                "code=\"%s\"} %lld\n",
                codes[i], (long long)atomic_load(&g->refused[i].n));
}

/* ---- opening ----------------------------------------------------------- */

enum status
guard_open(const struct guard_options *options, struct guard **out,
           struct err *err)
{
    struct guard *g = calloc(1, sizeof *g);
    pthread_condattr_t monotonic;
    enum status rc = ST_OK;

    *out = NULL;
    if (g == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory for the guard");
    g->options = *options;
    atomic_store(&g->keys, options->keys);
    g->last = &g->first;
    pthread_mutex_init(&g->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&g->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    g->arena = memory_open(MEMORY_MAX);
    if (g->arena == NULL)
        rc = err_set(err, ST_FATAL, "memory", "no memory for the guard");
    if (rc == ST_OK)
        rc = token_memory_open(options->memory, &g->memory, err);
    if (rc == ST_OK && pthread_create(&g->thread, NULL, keep, g) != 0)
        rc = err_set(err, ST_FATAL, "memory", "no thread for the guard");
    g->running = rc == ST_OK;
    if (rc == ST_OK)
        *out = g;
    else
        guard_close(g);
    return rc;
}

void
guard_close(struct guard *g)
{
    if (g == NULL)
        return;
    if (g->running) {
        pthread_mutex_lock(&g->lock);
        g->closing = true;
        pthread_cond_signal(&g->wake);
        pthread_mutex_unlock(&g->lock);
        pthread_join(g->thread, NULL);
    }
    pg_close(g->pg);
    token_memory_close(g->memory);
    memory_close(g->arena);
    pthread_mutex_destroy(&g->lock);
    pthread_cond_destroy(&g->wake);
    free(g);
}
