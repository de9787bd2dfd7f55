#include "intake/work.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/engine/monotonic.h"
#include "intake/claims.h"
#include "intake/core/role.h"
#include "intake/decide.h"
#include "intake/give.h"
#include "intake/keys.h"
#include "intake/versions.h"

static void
all_later(struct group *g, const char *why)
{
    for (size_t i = 0; i < g->n; i++) {
        struct append_item *it = g->items[i];

        it->result = APPEND_LATER;
        (void)snprintf(it->why, sizeof it->why, "%s", why);
    }
}

static enum status
try_group(struct group *g, struct err *err)
{
    int64_t start = monotonic_us();
    enum status rc;

    group_clear(g);
    rc = group_begin(g, err);
    if (rc == ST_OK)
        rc = writer_learn(g->writer, g->n_configs, err);
    if (rc == ST_OK && g->recorded == TIME_NONE) {
        writer_rollback(g->writer);
        all_later(g, "clock");
        return ST_OK;
    }
    if (rc == ST_OK)
        rc = give_introduction(g, err);
    if (rc == ST_OK)
        rc = keys_load(g, err);
    for (size_t i = 0; rc == ST_OK && i < g->n; i++)
        decide_item(g, g->items[i], g->arenas[i]);
    if (rc == ST_OK)
        rc = group_commit(g, err);
    else
        writer_rollback(g->writer);
    if (rc == ST_OK)
        atomic_store(&g->writer->stats->commit_us, monotonic_us() - start);
    return rc;
}

/*
 * The database refuses a value: each item alone, so that one falls only. Keys
 * and constraints are never a sender's fault: what he sent was looked up under
 * the lock (group_commit).
 */
static void
one_by_one(struct group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        struct group *one = calloc(1, sizeof *one);
        struct err err = { .code = "" };
        enum status rc = ST_RETRY;

        if (one != NULL) {
            one->writer = g->writer;
            one->n = 1;
            one->items[0] = g->items[i];
            one->arenas[0] = g->arenas[i];
            rc = try_group(one, &err);
            if (rc != ST_OK && rc != ST_REJECT)
                writer_failed(g->writer, &err);
        }
        if (rc == ST_REJECT) {
            decide_refuse(g->items[i], g->arenas[i], "R03", "",
                          "holds a value that can't be stored");
        } else if (rc != ST_OK) {
            g->items[i]->result = APPEND_LATER;
            (void)snprintf(g->items[i]->why, sizeof g->items[i]->why,
                           "database");
        }
        free(one);
    }
}

static void
count(struct writer *w, const struct group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        switch (g->items[i]->result) {
        case APPEND_ACCEPTED:
            atomic_fetch_add(&w->stats->accepted, 1);
            break;
        case APPEND_REPEATED:
            atomic_fetch_add(&w->stats->repeated, 1);
            break;
        case APPEND_REFUSED:
            atomic_fetch_add(&w->stats->refused, 1);
            break;
        case APPEND_LATER:
        case APPEND_BROKEN:
        case APPEND_WAITING:
            atomic_fetch_add(&w->stats->later, 1);
            break;
        }
    }
}

void
work_items(struct group *g)
{
    struct err err = { .code = "" };
    enum status rc = try_group(g, &err);

    if (rc == ST_REJECT) {
        one_by_one(g);
    } else if (rc != ST_OK) {
        writer_failed(g->writer, &err);
        all_later(g, err.code);
    }
    if (rc == ST_OK || rc == ST_REJECT)
        writer_worked(g->writer);
    count(g->writer, g);
}

/* A group without items; NULL, with *err set, while there is no memory. */
static struct group *
empty_group(struct writer *w, struct err *err)
{
    struct group *g = calloc(1, sizeof *g);

    if (g == NULL) {
        (void)err_set(err, ST_RETRY, "memory", "no memory");
        return NULL;
    }
    g->writer = w;
    group_clear(g);
    return g;
}

/* What a caller of append.h is told. */
static enum status
ended(struct writer *w, enum status rc, const struct err *err)
{
    if (rc == ST_OK || rc == ST_REJECT)
        writer_worked(w);
    else
        writer_failed(w, err);
    return rc == ST_FATAL ? ST_RETRY : rc;
}

enum status
work_time(struct writer *w, time_ms at, time_ms *out, struct err *err)
{
    struct group *g = empty_group(w, err);
    enum status rc;

    if (g == NULL)
        return ST_RETRY;
    rc = group_begin(g, err);
    if (rc == ST_OK)
        rc = writer_learn(g->writer, g->n_configs, err);
    if (rc == ST_OK && w->options.log_clock) {
        if (g->last != TIME_NONE && at < g->last)
            rc = err_set(err, ST_REJECT, "time", "lower than the last one");
        g->recorded = at;
    }
    if (rc == ST_OK)
        rc = give_introduction(g, err);
    if (rc == ST_OK)
        rc = keys_load(g, err);
    if (rc == ST_OK && (g->n_configs > 0 || w->options.log_clock))
        rc = give_time(g, g->recorded, err);
    if (rc == ST_OK)
        rc = group_commit(g, err);
    else
        writer_rollback(w);
    *out = g->recorded;
    free(g);
    return ended(w, rc, err);
}

enum status
work_find(struct writer *w, struct id id, struct arena *arena,
          struct append_receipt *out, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    arena_reset(w->arena);
    rc = writer_connect(w, err);
    writer_params(w, &p);
    pg_add_id(&p, id);
    if (rc == ST_OK)
        rc = pg_query(w->pg, "intake_find",
                      "SELECT item_kind, item_id, agency_id, agency_ref, "
                      "amendment, kind, recorded_at, warnings FROM receipt "
                      "WHERE shard = $1 AND item_id = $2",
                      &p, &res, err);
    *out = (struct append_receipt){ .found = false };
    if (rc == ST_OK && pg_n_rows(res) > 0)
        *out = (struct append_receipt){
            .found = true,
            .item =
                (enum item_kind_of)codes_find(&codes_item, pg_text(res, 0, 0)),
            .id = pg_id(res, 0, 1),
            .agency_id = arena_str(arena, pg_text(res, 0, 2)),
            .agency_ref = arena_str(arena, pg_text(res, 0, 3)),
            .amendment = pg_i32(res, 0, 4),
            .kind = arena_str(arena, pg_text(res, 0, 5)),
            .recorded_at = pg_time(res, 0, 6),
            .warnings = (uint32_t)pg_i32(res, 0, 7),
        };
    pg_result_close(res);
    return ended(w, rc, err);
}

/* *done: somebody did it before; then `e` says who and when. */
static enum status
find_key(struct group *g, struct append_erasure *e, struct arena *arena,
         struct id *key_id, bool *done, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc;

    *key_id = ID_NONE;
    writer_params(g->writer, &p);
    pg_add_id(&p, e->item_id);
    rc = pg_query(g->writer->pg, "intake_find_key",
                  "SELECT r.key_id, e.erased_at, e.erased_by, "
                  "e.erased_second FROM receipt r LEFT JOIN "
                  "person_key_erased e USING (shard, key_id) "
                  "WHERE r.shard = $1 AND r.item_id = $2",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_REJECT, "id", "there is no such record");
    else if (rc == ST_OK && pg_is_null(res, 0, 0))
        rc = err_set(err, ST_REJECT, "no_key", "nothing in it is sealed");
    if (rc == ST_OK)
        *key_id = pg_id(res, 0, 0);
    *done = rc == ST_OK && !pg_is_null(res, 0, 1);
    if (*done) {
        e->at = pg_time(res, 0, 1);
        e->by = arena_str(arena, pg_text(res, 0, 2));
        e->second_by = arena_str(arena, pg_text(res, 0, 3));
    }
    pg_result_close(res);
    return rc;
}

static enum status
erase_in(struct group *g, struct append_erasure *e, struct arena *arena,
         struct err *err)
{
    struct erasure_recorded rec;
    struct id key_id;
    bool done = false;
    enum status rc = group_begin(g, err);

    if (rc == ST_OK)
        rc = writer_learn(g->writer, g->n_configs, err);
    if (rc == ST_OK &&
        !role_may_govern(writer_terms(g->writer)->staff, e->by, e->second_by))
        rc = err_set(err, ST_REJECT, "R23",
                     "the roles of these two may not erase");
    if (rc == ST_OK)
        rc = find_key(g, e, arena, &key_id, &done, err);
    if (rc == ST_OK && !done)
        rc = give_erasure(g, e, key_id, &rec, err);
    if (rc == ST_OK && !done)
        return group_commit(g, err);
    writer_rollback(g->writer);
    return rc;
}

enum status
work_erase(struct writer *w, struct append_erasure *e, struct arena *arena,
           struct err *err)
{
    struct group *g = empty_group(w, err);
    enum status rc;

    if (g == NULL)
        return ST_RETRY;
    rc = erase_in(g, e, arena, err);
    free(g);
    return ended(w, rc, err);
}

enum status
work_activate(struct writer *w, struct append_activation *act,
              struct arena *arena, struct err *err)
{
    struct group *g = empty_group(w, err);
    enum status rc;

    if (g == NULL)
        return ST_RETRY;
    rc = versions_activate(g, act, arena, err);
    free(g);
    return ended(w, rc, err);
}

enum status
work_claim(struct writer *w, struct append_claim *c, struct arena *arena,
           struct err *err)
{
    return ended(w, claims_take(w, c, arena, err), err);
}
