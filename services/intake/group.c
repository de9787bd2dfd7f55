#include "intake/group.h"

#include <inttypes.h>
#include <string.h>

#include "intake/claims.h"
#include "intake/keys.h"

void
group_clear(struct group *g)
{
    g->n_known = g->n_accepted = g->n_new_configs = 0;
    g->keys = (struct person_keys){ .n = 0 };
    g->keys_loaded = false;
    g->key_tree = 0;
    g->erased = NULL;
    g->known = NULL;
    arena_reset(g->writer->arena);
    for (size_t i = 0; i < g->n; i++) {
        g->items[i]->result = APPEND_WAITING;
        g->items[i]->key_id = ID_NONE;
    }
}

struct id
group_ref(enum item_kind_of item, struct str agency_id, struct str agency_ref)
{
    struct str parts[] = { str_of(codes_word(&codes_item, (int)item)),
                           agency_id, agency_ref };

    return id_derive("reference", parts, 3);
}

/* Receipts of every reference that the group names. */
static void
send_lookup(struct group *g)
{
    struct writer *w = g->writer;
    struct pg_params p;

    writer_params(w, &p);
    pg_array_begin(&p, PG_TEXT, g->n);
    for (size_t i = 0; i < g->n; i++)
        pg_add_text(&p,
                    str_of(codes_word(&codes_item, (int)g->items[i]->item)));
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, g->n);
    for (size_t i = 0; i < g->n; i++)
        pg_add_text(&p, g->items[i]->v.key.agency_id);
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, g->n);
    for (size_t i = 0; i < g->n; i++)
        pg_add_text(&p, g->items[i]->v.key.agency_ref);
    pg_array_end(&p);
    (void)pg_send(w->pg, "intake_lookup",
                  "SELECT r.* FROM (SELECT DISTINCT * FROM "
                  "unnest($2::text[], $3::text[], $4::text[]) "
                  "AS u(item_kind, agency_id, agency_ref)) k "
                  /* OFFSET 0: one lookup a key, not a join whose plan was
                   * made while the table was empty (as in pg_rows). */
                  "CROSS JOIN LATERAL (SELECT item_kind, agency_id, "
                  "agency_ref, amendment, item_id, content_hash, "
                  "recorded_at, warnings FROM receipt t WHERE t.shard = $1 "
                  "AND t.item_kind = k.item_kind "
                  "AND t.agency_id = k.agency_id "
                  "AND t.agency_ref = k.agency_ref OFFSET 0) r",
                  &p);
}

static void
read_known(struct group *g, const struct pg_result *res)
{
    size_t n = pg_n_rows(res);

    g->known = arena_array(g->writer->arena, n + g->n, sizeof *g->known);
    for (size_t r = 0; r < n; r++) {
        struct known *k = &g->known[g->n_known++];
        struct str hash = pg_text(res, r, 5);

        *k = (struct known){
            .id = pg_id(res, r, 4),
            .ref = group_ref(
                (enum item_kind_of)codes_find(&codes_item, pg_text(res, r, 0)),
                pg_text(res, r, 1), pg_text(res, r, 2)),
            .amendment = pg_i32(res, r, 3),
            .recorded_at = pg_time(res, r, 6),
            .warnings = (uint32_t)pg_i32(res, r, 7),
        };
        if (hash.n == CONTENT_HASH_SIZE)
            memcpy(k->hash, hash.p, CONTENT_HASH_SIZE);
    }
}

static void
read_tails(const struct pg_result *res, struct tails *tails)
{
    *tails = (struct tails){ .at = { { 0 } } };
    for (size_t r = 0; r < pg_n_rows(res); r++) {
        enum topic t = topic_find(pg_text(res, r, 0));

        if (t == TOPIC_NONE)
            continue;
        tails->at[t].sequence = pg_i64(res, r, 1);
        tails->at[t].chain = (uint64_t)pg_i64(res, r, 2);
    }
}

/* The lock comes first: what is read behind it is what the last group has
 * made true. */
enum status
group_begin(struct group *g, struct err *err)
{
    struct writer *w = g->writer;
    const struct pg_result *shard;
    struct tails tails;
    struct pg_params p;
    time_ms clock;
    enum status rc = writer_connect(w, err);

    if (rc != ST_OK)
        return rc;
    pg_pipeline_begin(w->pg);
    (void)pg_send(w->pg, "begin", "BEGIN", NULL);
    writer_params(w, &p);
    (void)pg_send(w->pg, "intake_lock",
                  "SELECT epoch, turn, incarnation, now FROM shard "
                  "WHERE shard = $1 FOR UPDATE",
                  &p);
    (void)pg_send(w->pg, "intake_clock",
                  "SELECT date_trunc('milliseconds', clock_timestamp())", NULL);
    writer_params(w, &p);
    (void)pg_send(w->pg, "intake_tails",
                  "SELECT topic, sequence, chain FROM out_seq "
                  "WHERE shard = $1",
                  &p);
    writer_params(w, &p);
    (void)pg_send(w->pg, "intake_configs",
                  "SELECT count(*) FROM config WHERE shard = $1", &p);
    send_lookup(g);
    keys_send(g);
    rc = pg_sync(w->pg, err);
    if (rc != ST_OK)
        return rc;
    shard = pg_answer(w->pg, 1);
    if (pg_n_rows(shard) != 1)
        return err_set(err, ST_FATAL, "sql", "the shard has no row");
    g->epoch = pg_i64(shard, 0, 0);
    g->turn = pg_i64(shard, 0, 1);
    g->incarnation = pg_i32(shard, 0, 2);
    g->last = pg_time(shard, 0, 3);
    clock = pg_time(pg_answer(w->pg, 2), 0, 0);
    g->recorded = w->options.log_clock ? g->last
                  : g->last > clock    ? g->last
                                       : clock;
    if (g->last != TIME_NONE)
        atomic_store(&w->stats->now, g->last);
    read_tails(pg_answer(w->pg, 3), &tails);
    /* Numbers that went out before a restore are never given out again. */
    if (tails.at[TOPIC_NOTIFICATIONS].sequence < w->given) {
        atomic_store(&w->stats->away, APPEND_AWAY_RESTORE);
        return err_set(err, ST_RETRY, "restore",
                       "the database has given out %" PRId64 ", it was %" PRId64
                       " before: see `waymark recover`, then start again",
                       tails.at[TOPIC_NOTIFICATIONS].sequence, w->given);
    }
    atomic_store(&w->stats->away, APPEND_AWAY_NOT);
    w->given = tails.at[TOPIC_NOTIFICATIONS].sequence;
    g->n_configs = pg_i64(pg_answer(w->pg, 4), 0, 0);
    read_known(g, pg_answer(w->pg, 5));
    keys_answer(g);
    outbox_init(&g->box, w->arena, &tails);
    return ST_OK;
}

static struct str
kind_word(const struct append_item *it)
{
    if (it->item == ITEM_NOTIFICATION)
        return str_of(codes_word(&codes_kind, it->v.record.notification->kind));
    if (it->item == ITEM_ACTIVITY)
        return str_of(
            codes_word(&codes_activity, it->v.record.activity->activity));
    return STR("");
}

#define EACH_NEW(g, k)                                                         \
    for (const struct known *k = (g)->known; k < (g)->known + (g)->n_known;    \
         k++)                                                                  \
        if (k->item != NULL)

static void
send_receipts(const struct group *g)
{
    struct writer *w = g->writer;
    size_t n = g->n_accepted;
    struct pg_params p;

    if (n == 0)
        return;
    writer_params(w, &p);
    pg_array_begin(&p, PG_TEXT, n);
    EACH_NEW(g, k)
    pg_add_text(&p, str_of(codes_word(&codes_item, (int)k->item->item)));
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, n);
    EACH_NEW(g, k)
    pg_add_text(&p, k->item->v.key.agency_id);
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, n);
    EACH_NEW(g, k)
    pg_add_text(&p, k->item->v.key.agency_ref);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT4, n);
    EACH_NEW(g, k)
    pg_add_i32(&p, k->amendment);
    pg_array_end(&p);
    pg_array_begin(&p, PG_UUID, n);
    EACH_NEW(g, k)
    pg_add_id(&p, k->id);
    pg_array_end(&p);
    pg_array_begin(&p, PG_BYTEA, n);
    EACH_NEW(g, k)
    pg_add_bytes(
        &p, (struct str){ .p = (const char *)k->hash, .n = sizeof k->hash });
    pg_array_end(&p);
    pg_add_time(&p, g->recorded);
    pg_array_begin(&p, PG_TEXT, n);
    EACH_NEW(g, k)
    pg_add_text(&p, kind_word(k->item));
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, n);
    EACH_NEW(g, k)
    pg_add_i64(&p, k->sequence);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT4, n);
    EACH_NEW(g, k)
    pg_add_i32(&p, (int32_t)k->warnings);
    pg_array_end(&p);
    pg_array_begin(&p, PG_UUID, n);
    EACH_NEW(g, k)
    pg_add_id(&p, k->item->key_id);
    pg_array_end(&p);
    (void)pg_send(w->pg, "intake_receipts",
                  "INSERT INTO receipt (shard, item_kind, agency_id, "
                  "agency_ref, amendment, item_id, content_hash, "
                  "recorded_at, kind, sequence, warnings, key_id) "
                  "SELECT $1, u.a, u.b, u.c, u.d, u.e, u.f, $8, u.g, u.h, "
                  "u.i, u.j FROM unnest($2::text[], $3::text[], $4::text[], "
                  "$5::integer[], $6::uuid[], $7::bytea[], $9::text[], "
                  "$10::bigint[], $11::integer[], $12::uuid[]) "
                  "AS u(a, b, c, d, e, f, g, h, i, j) "
                  "ORDER BY u.a, u.b, u.c, u.d",
                  &p);
}

static void
send_outbox(const struct group *g)
{
    struct writer *w = g->writer;
    struct pg_params p;

    writer_params(w, &p);
    pg_add_i64(&p, g->turn + 1);
    pg_add_bytes(&p, outbox_bytes(&g->box));
    (void)pg_send(w->pg, "intake_outbox",
                  "INSERT INTO outbox (shard, turn, block) "
                  "VALUES ($1, $2, $3)",
                  &p);
    writer_params(w, &p);
    pg_array_begin(&p, PG_TEXT, TOPIC_N);
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        if (g->box.tails.at[t].sequence > 0)
            pg_add_text(&p, str_of(topic_name((enum topic)t)));
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, TOPIC_N);
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        if (g->box.tails.at[t].sequence > 0)
            pg_add_i64(&p, g->box.tails.at[t].sequence);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, TOPIC_N);
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        if (g->box.tails.at[t].sequence > 0)
            pg_add_i64(&p, (int64_t)g->box.tails.at[t].chain);
    pg_array_end(&p);
    (void)pg_send(w->pg, "intake_out_seq",
                  "INSERT INTO out_seq SELECT $1, * FROM unnest($2::text[], "
                  "$3::bigint[], $4::bigint[]) ON CONFLICT (shard, topic) "
                  "DO UPDATE SET sequence = excluded.sequence, "
                  "chain = excluded.chain "
                  "WHERE out_seq.sequence <> excluded.sequence",
                  &p);
}

static void
send_configs(const struct group *g)
{
    struct writer *w = g->writer;

    for (size_t i = 0; i < g->n_new_configs; i++) {
        const struct config_text *c = g->new_configs[i];
        struct pg_params p;

        writer_params(w, &p);
        pg_add_i32(&p, (int32_t)(g->n_configs + (int64_t)i));
        pg_add_text(&p, str_of(codes_word(&codes_config_kind, c->config_kind)));
        pg_add_text(&p, c->name);
        pg_add_text(&p, c->version);
        pg_add_text(&p, c->hash);
        pg_add_text(&p, c->text);
        (void)pg_send(w->pg, "intake_config",
                      "INSERT INTO config VALUES ($1,$2,$3,$4,$5,$6,$7)", &p);
    }
}

static void
send_turn(const struct group *g)
{
    struct writer *w = g->writer;
    struct pg_params p;

    writer_params(w, &p);
    pg_add_i64(&p, g->turn + 1);
    pg_add_i64(&p, g->epoch);
    pg_add_i32(&p, (int32_t)g->n_accepted);
    pg_add_i32(&p, (int32_t)g->box.entries);
    (void)pg_send(w->pg, "intake_turn",
                  "INSERT INTO turn (shard, turn, epoch, ranges, n_in, "
                  "n_out, fired) VALUES ($1, $2, $3, '', $4, $5, 0)",
                  &p);
    writer_params(w, &p);
    pg_add_i64(&p, g->turn + 1);
    pg_add_time(&p, g->recorded);
    (void)pg_send(w->pg, "intake_shard",
                  "UPDATE shard SET turn = $2, now = $3 WHERE shard = $1", &p);
    writer_params(w, &p);
    (void)pg_send(w->pg, "intake_notify",
                  "SELECT pg_notify(current_schema() || '_' || "
                  "$1::smallint::text, '')",
                  &p);
}

enum status
group_commit(struct group *g, struct err *err)
{
    struct writer *w = g->writer;
    enum status rc;

    writer_at(w, "decided");
    if (g->box.entries == 0) {
        writer_rollback(w);
        return ST_OK;
    }
    rc = g->erased == NULL ? ST_OK : keys_erase(g, err);
    if (rc != ST_OK)
        return rc;
    pg_pipeline_begin(w->pg);
    send_receipts(g);
    claims_send_done(g);
    send_configs(g);
    send_outbox(g);
    send_turn(g);
    (void)pg_send(w->pg, "commit", "COMMIT", NULL);
    rc = pg_sync(w->pg, err);
    if (rc == ST_REJECT && strncmp(pg_sqlstate(w->pg), "23", 2) == 0)
        rc = err_recode(err, ST_FATAL, "engine");
    if (rc != ST_OK)
        return rc;
    writer_at(w, "committed");
    if (g->n_accepted > 0) /* no tick of the clock */
        writer_at(w, "accepted");
    w->given = g->box.tails.at[TOPIC_NOTIFICATIONS].sequence;
    if (g->n_new_configs > 0) {
        writer_adopt(w, g->n_configs + (int64_t)g->n_new_configs, g->newer);
        g->newer = NULL; /* the writer's from here */
    }
    atomic_store(&w->stats->now, g->recorded);
    atomic_store(&w->stats->turn, g->turn + 1);
    atomic_fetch_add(&w->stats->groups, 1);
    if (g->erased != NULL)
        atomic_fetch_add(&w->stats->erased, 1);
    return ST_OK;
}
