#include "common/host/life.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/pg.h"
#include "common/engine/memory.h"

enum { WAIT_MS = 2000, MEMORY_MAX = 1 << 20 };

/* A connection and the parameters that all statements begin with. */
struct visit {
    struct pg *pg;
    struct arena *arena;
    struct pg_params params;
};

static void
begin_params(struct visit *v, const struct life *life)
{
    pg_params_init(&v->params, v->arena);
    pg_add_i32(&v->params, life->shard);
    pg_add_text(&v->params, str_of(life->instance));
}

static enum status
visit_open(const struct life *life, struct visit *v, struct err *err)
{
    struct pg_options options = { .conninfo = life->conninfo,
                                  .application_name = "waymark-life",
                                  .wait_ms = WAIT_MS,
                                  .lock_timeout_ms = WAIT_MS };
    enum status rc;

    *v = (struct visit){ .arena = memory_open(MEMORY_MAX) };
    if (v->arena == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory");
    rc = pg_open(&options, &v->pg, err);
    if (rc == ST_OK)
        rc = pg_exec(
            v->pg,
            arena_printf(v->arena, "SET search_path TO \"%s\"", life->schema).p,
            err);
    begin_params(v, life);
    return rc;
}

static void
visit_close(struct visit *v)
{
    pg_close(v->pg);
    memory_close(v->arena);
}

/* What fails here must not stop a shard. */
static enum status
softly(enum status rc)
{
    return rc == ST_OK ? ST_OK : ST_RETRY;
}

static enum status
read_doing(struct visit *v, struct life_before *out, struct err *err)
{
    struct pg_result *res = NULL;
    enum status rc = pg_query(v->pg, NULL,
                              "SELECT coalesce(doing, '') FROM life WHERE "
                              "shard = $1 AND instance = $2",
                              &v->params, &res, err);

    if (rc == ST_OK && pg_n_rows(res) > 0)
        snprintf(out->doing, sizeof out->doing, "%.*s",
                 STR_ARG(pg_text(res, 0, 0)));
    pg_result_close(res);
    return rc;
}

/* Beyond LIFE_CARE only a death with a record in hand counts: the others of
 * the process die with it. A stop that was looked at begins again there. The
 * last of the deaths leaves behind what it was at, for who puts that aside. */
static enum status
count_life(struct visit *v, struct life_before *out, struct err *err)
{
    struct pg_result *res = NULL;
    enum status rc;

    pg_add_i32(&v->params, LIFE_CARE);
    pg_add_i32(&v->params, LIFE_DEATHS);
    rc = pg_query(
        v->pg, NULL,
        "INSERT INTO life (shard, instance, epoch, turn) "
        "SELECT $1, $2, coalesce(max(epoch), 0), coalesce(max(turn), 0) "
        "FROM shard WHERE shard = $1 "
        "ON CONFLICT (shard, instance) DO UPDATE SET deaths = CASE "
        " WHEN life.code = 'kills' AND life.turn = excluded.turn THEN $3 "
        " WHEN life.code IS NOT NULL THEN 0 "
        " WHEN life.turn <> excluded.turn THEN 1 "
        " WHEN life.deaths >= $3 AND life.doing IS NULL THEN life.deaths "
        " ELSE life.deaths + 1 END, "
        "epoch = excluded.epoch, turn = excluded.turn, "
        "since = clock_timestamp(), code = NULL, reason = NULL, "
        "doing = CASE WHEN life.code IS NULL AND life.turn = excluded.turn "
        " AND life.deaths + 1 >= $4 THEN life.doing END "
        "RETURNING deaths, turn",
        &v->params, &res, err);
    if (rc == ST_OK) {
        out->deaths = pg_i32(res, 0, 0);
        out->turn = pg_i64(res, 0, 1);
    }
    pg_result_close(res);
    return rc;
}

enum status
life_begin(const struct life *life, struct life_before *out, struct err *err)
{
    struct visit v;
    enum status rc = visit_open(life, &v, err);

    *out = (struct life_before){ .deaths = 0 };
    if (rc == ST_OK)
        rc = read_doing(&v, out, err);
    if (rc == ST_OK)
        rc = count_life(&v, out, err);
    visit_close(&v);
    if (rc != ST_OK)
        return softly(rc);
    if (out->deaths < LIFE_DEATHS)
        return ST_OK;
    return err_set(err, ST_FATAL, "kills",
                   "the process died %d times in the turn behind %" PRId64
                   ", the last time reading %s: a record there kills it",
                   out->deaths, out->turn, out->doing);
}

enum status
life_doing(const struct life *life, const char *doing, struct err *err)
{
    struct visit v;
    enum status rc = visit_open(life, &v, err);

    pg_add_text(&v.params, str_of(doing));
    if (rc == ST_OK)
        rc = pg_query(v.pg, NULL,
                      "UPDATE life SET doing = $3 WHERE shard = $1 AND "
                      "instance = $2",
                      &v.params, NULL, err);
    visit_close(&v);
    return softly(rc);
}

enum status
life_stopped(const struct life *life, const struct err *why, struct err *err)
{
    struct visit v;
    enum status rc = visit_open(life, &v, err);

    pg_add_text(&v.params, str_of(why->code));
    pg_add_text(&v.params, str_of(why->text));
    if (rc == ST_OK)
        rc = pg_query(
            v.pg, NULL,
            "INSERT INTO life (shard, instance, epoch, turn, code, reason) "
            "SELECT $1, $2, coalesce(max(epoch), 0), coalesce(max(turn), 0), "
            "$3, $4 FROM shard WHERE shard = $1 "
            "ON CONFLICT (shard, instance) DO UPDATE SET "
            "epoch = excluded.epoch, turn = excluded.turn, code = $3, "
            "reason = $4, since = clock_timestamp()",
            &v.params, NULL, err);
    visit_close(&v);
    return softly(rc);
}

enum status
life_ended(const struct life *life, struct err *err)
{
    struct visit v;
    enum status rc = visit_open(life, &v, err);

    if (rc == ST_OK)
        rc = pg_query(v.pg, NULL,
                      "DELETE FROM life WHERE shard = $1 AND instance = $2",
                      &v.params, NULL, err);
    visit_close(&v);
    return softly(rc);
}
