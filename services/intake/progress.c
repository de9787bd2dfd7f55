#include "intake/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/engine/log.h"
#include "common/engine/monotonic.h"

enum { SQL_MAX = 1024, SCHEMA_MAX = 64 };

struct progress {
    struct progress_options options;
    char sql[SQL_MAX];
    pthread_mutex_t lock;
    pthread_cond_t free; /* by the monotonic clock */
    bool busy;           /* somebody asks; what follows is theirs */
    struct pg *pg;
    int64_t away_until_us;
    bool said;
};

static void
write_sql(struct progress *p)
{
    (void)snprintf(
        p->sql, sizeof p->sql,
        "SELECT s.agency_id IS NOT NULL, coalesce(t.decided, false), "
        "t.answered_at, t.answer, t.refusal, t.outcome, t.unit, "
        "coalesce(s.seen, false) OR coalesce(t.seen, false) "
        "FROM (VALUES ($1::integer, $2::text, $3::text, $4::integer)) "
        "AS k(shard, agency_id, agency_ref, amendment) "
        "LEFT JOIN \"%s\".receipt_state s "
        "USING (shard, agency_id, agency_ref, amendment) "
        "LEFT JOIN \"%s\".receipt_state t "
        "USING (shard, agency_id, agency_ref)",
        p->options.triage_schema, p->options.tracker_schema);
}

enum status
progress_open(const struct progress_options *options, struct progress **out,
              struct err *err)
{
    struct progress *p = calloc(1, sizeof *p);
    pthread_condattr_t monotonic;

    *out = p;
    if (p == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    p->options = *options;
    write_sql(p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->free, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return ST_OK;
}

void
progress_close(struct progress *p)
{
    if (p == NULL)
        return;
    pg_close(p->pg);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->free);
    free(p);
}

/* False: it was not free in time, or nobody is asked for now. */
static bool
take(struct progress *p, int64_t until_us)
{
    struct timespec until = { .tv_sec = until_us / 1000000,
                              .tv_nsec = (long)(until_us % 1000000) * 1000 };
    bool taken;

    pthread_mutex_lock(&p->lock);
    while (p->busy && pthread_cond_timedwait(&p->free, &p->lock, &until) == 0)
        ;
    taken = !p->busy && monotonic_us() >= p->away_until_us;
    if (taken)
        p->busy = true;
    pthread_mutex_unlock(&p->lock);
    return taken;
}

static void
give_back(struct progress *p)
{
    pthread_mutex_lock(&p->lock);
    p->busy = false;
    pthread_cond_signal(&p->free);
    pthread_mutex_unlock(&p->lock);
}

static enum status
connect(struct progress *p, struct err *err)
{
    struct pg_options options = { .conninfo = p->options.conninfo,
                                  .application_name = "waymark-intake-progress",
                                  .wait_ms = PROGRESS_WAIT_MS,
                                  .statement_timeout_ms = PROGRESS_WAIT_MS,
                                  .plan_by_key = true };

    if (p->pg != NULL && !pg_is_lost(p->pg))
        return ST_OK;
    pg_close(p->pg);
    p->pg = NULL;
    return pg_open(&options, &p->pg, err);
}

static enum status
query(struct progress *p, uint16_t partition, const struct append_receipt *r,
      struct arena *arena, struct progress_state *out, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params params;
    enum status rc = connect(p, err);

    pg_params_init(&params, arena);
    pg_add_i32(&params, partition);
    pg_add_text(&params, r->agency_id);
    pg_add_text(&params, r->agency_ref);
    pg_add_i32(&params, r->amendment);
    if (rc == ST_OK)
        rc = pg_query(p->pg, "receipt_state", p->sql, &params, &res, err);
    if (rc == ST_OK && pg_n_rows(res) > 0)
        *out = (struct progress_state){
            .known = true,
            .looked_at = pg_bool(res, 0, 0),
            .decided = pg_bool(res, 0, 1),
            .decided_at = pg_time(res, 0, 2),
            .answer = codes_find(&codes_answer, pg_text(res, 0, 3)),
            .refusal = arena_str(arena, pg_text(res, 0, 4)),
            .outcome = codes_find(&codes_outcome, pg_text(res, 0, 5)),
            .unit = arena_str(arena, pg_text(res, 0, 6)),
            .seen = pg_bool(res, 0, 7),
        };
    pg_result_close(res);
    return rc;
}

/* The next who asks don't wait for what just failed. */
static void
pause_after(struct progress *p, enum status rc, const struct err *err)
{
    if (rc == ST_OK) {
        p->said = false;
        return;
    }
    p->away_until_us = monotonic_us() + (int64_t)PROGRESS_PAUSE_MS * 1000;
    if (!p->said)
        log_warn("progress_unknown", "code=%s why=\"%s\"", err->code,
                 err->text);
    p->said = true;
}

void
progress_ask(struct progress *p, uint16_t partition,
             const struct append_receipt *receipt, struct arena *arena,
             struct progress_state *out)
{
    struct err err = { .code = "" };
    enum status rc;

    *out = (struct progress_state){ .known = false, .decided_at = TIME_NONE };
    if (!take(p, monotonic_us() + (int64_t)PROGRESS_WAIT_MS * 1000))
        return;
    rc = query(p, partition, receipt, arena, out, &err);
    pause_after(p, rc, &err);
    give_back(p);
}
