#include "intake/claims.h"

/* Only what was accepted can be claimed; from a named owner it can be taken. */
#define TAKE                                                                   \
    "INSERT INTO claim AS c (shard, queue, item_id, owner, claimed_at) "       \
    "SELECT $1, $2, $3, $4, date_trunc('milliseconds', clock_timestamp()) "    \
    "WHERE EXISTS (SELECT FROM receipt WHERE shard = $1 AND item_id = $3) "    \
    "ON CONFLICT (shard, queue, item_id) DO UPDATE SET "                       \
    "owner = excluded.owner, claimed_at = excluded.claimed_at "                \
    "WHERE c.owner = $5 RETURNING owner, claimed_at"

#define GIVE_UP                                                                \
    "DELETE FROM claim WHERE shard = $1 AND queue = $2 AND item_id = $3 AND "  \
    "owner = $4 RETURNING owner, claimed_at"

static void
add_params(const struct writer *w, const struct append_claim *c,
           struct pg_params *p)
{
    writer_params(w, p);
    pg_add_text(p, str_of(codes_word(&codes_queue, c->queue)));
    pg_add_id(p, c->item_id);
}

static enum status
who_has_it(struct writer *w, struct append_claim *c, struct arena *arena,
           bool *found, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    add_params(w, c, &p);
    rc = pg_query(w->pg, "intake_claimed",
                  "SELECT owner, claimed_at FROM claim WHERE shard = $1 AND "
                  "queue = $2 AND item_id = $3",
                  &p, &res, err);
    *found = rc == ST_OK && pg_n_rows(res) > 0;
    if (*found) {
        c->owner = arena_str(arena, pg_text(res, 0, 0));
        c->since = pg_time(res, 0, 1);
    }
    pg_result_close(res);
    return rc;
}

/* Nothing was changed: it is its own already, another's, or not there. */
static enum status
say_why(struct writer *w, struct append_claim *c, struct arena *arena,
        struct err *err)
{
    char at[TIME_TEXT_SIZE];
    bool found;
    enum status rc = who_has_it(w, c, arena, &found, err);

    if (rc != ST_OK || (!found && c->release))
        return rc;
    if (!found)
        return err_set(err, ST_REJECT, "id", "there is no such record");
    if (!c->release && str_eq(c->owner, c->by))
        return ST_OK;
    return err_set(err, ST_REJECT, "claimed", "%.*s has it since %s",
                   STR_ARG(c->owner), time_text(c->since, at));
}

enum status
claims_take(struct writer *w, struct append_claim *c, struct arena *arena,
            struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    arena_reset(w->arena);
    c->owner = STR_NULL;
    c->since = TIME_NONE;
    rc = writer_connect(w, err);
    if (rc != ST_OK)
        return rc;
    add_params(w, c, &p);
    pg_add_text(&p, c->by);
    if (!c->release)
        pg_add_text(&p, c->from);
    rc = pg_query(w->pg, c->release ? "intake_give_up" : "intake_claim",
                  c->release ? GIVE_UP : TAKE, &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = say_why(w, c, arena, err);
    else if (rc == ST_OK && !c->release) {
        c->owner = arena_str(arena, pg_text(res, 0, 0));
        c->since = pg_time(res, 0, 1);
    }
    pg_result_close(res);
    return rc;
}

void
claims_send_done(const struct group *g)
{
    struct pg_params p;
    size_t n = 0;

    writer_params(g->writer, &p);
    pg_array_begin(&p, PG_TEXT, g->n);
    for (size_t i = 0; i < g->n; i++)
        if (g->items[i]->result == APPEND_ACCEPTED &&
            g->items[i]->item == ITEM_SCREENING) {
            pg_add_text(
                &p, g->items[i]->v.record.screening->notification_agency_id);
            n++;
        }
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, g->n);
    for (size_t i = 0; i < g->n; i++)
        if (g->items[i]->result == APPEND_ACCEPTED &&
            g->items[i]->item == ITEM_SCREENING)
            pg_add_text(
                &p, g->items[i]->v.record.screening->notification_agency_ref);
    pg_array_end(&p);
    pg_array_begin(&p, PG_UUID, g->n);
    for (size_t i = 0; i < g->n; i++)
        if (g->items[i]->result == APPEND_ACCEPTED &&
            g->items[i]->item == ITEM_MATCH) {
            pg_add_id(&p, g->items[i]->v.record.match->notification_id);
            n++;
        }
    pg_array_end(&p);
    if (n == 0)
        return;
    (void)pg_send(
        g->writer->pg, "intake_claims_done",
        "DELETE FROM claim c WHERE c.shard = $1 AND ((c.queue = 'match' AND "
        "c.item_id = ANY ($4)) OR (c.queue <> 'match' AND c.item_id IN "
        "(SELECT r.item_id FROM receipt r JOIN "
        "unnest($2::text[], $3::text[]) AS u(agency_id, agency_ref) "
        "USING (agency_id, agency_ref) WHERE r.shard = $1 AND "
        "r.item_kind = 'notification')))",
        &p);
}
