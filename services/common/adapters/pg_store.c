#include "common/adapters/pg_store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/pg_rows.h"
#include "common/adapters/sql.h"
#include "common/engine/log.h"
#include "common/engine/memory.h"

enum {
    MEMORY_MAX = 256 << 20,  /* for parameters of one commit */
    LOCK_TIMEOUT_MS = 2000,  /* of a taker: the former owner may hold the row */
    OUTBOX_DAYS_AHEAD = 2,
    OUTBOX_DAYS_KEPT = 14,   /* design.md section 2 */
    MAINTAIN_MS = 3600 * 1000,
};

struct pg_store {
    struct pg_store_options options;
    struct pg *pg;
    struct pg_rows *rows;
    struct arena *arena; /* parameters of the statement under way */
    int64_t epoch;
    bool started; /* this process has owned the shard before */
    bool learnt;  /* how the tables are now */
    /* What was last seen of another owner, and since when it stands still. */
    int64_t seen_epoch;
    int64_t seen_beat;
    int64_t seen_since_ms;
    int64_t maintained_ms;
};

/* ---- schema -------------------------------------------------------------- */

static enum status
set_schema(struct pg *pg, const char *schema, struct err *err)
{
    char sql[256];

    snprintf(sql, sizeof sql, "SET search_path TO \"%s\"", schema);
    return pg_exec(pg, sql, err);
}

static enum status
is_applied(struct pg *pg, struct arena *arena, const char *file, bool *out,
           struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, arena);
    pg_add_text(&p, str_of(file));
    rc = pg_query(pg, NULL, "SELECT 1 FROM migration WHERE file = $1", &p,
                  &res, err);
    if (rc == ST_OK)
        *out = pg_n_rows(res) > 0;
    pg_result_close(res);
    return rc;
}

static enum status
apply_file(struct pg *pg, struct arena *arena, const struct sql_text *file,
           struct err *err)
{
    struct str name =
        arena_printf(arena, "%s/%s", file->service, file->file);
    bool applied = false;
    struct pg_params p;
    enum status rc = is_applied(pg, arena, name.p, &applied, err);

    if (rc != ST_OK || applied)
        return rc;
    rc = pg_exec(pg, file->text, err);
    if (rc == ST_OK) {
        pg_params_init(&p, arena);
        pg_add_text(&p, name);
        rc = pg_query(pg, NULL, "INSERT INTO migration VALUES ($1)", &p, NULL,
                      err);
    }
    if (rc != ST_OK)
        err_where(err, "%s", name.p);
    return rc;
}

static enum status
apply_files(struct pg *pg, struct arena *arena, const char *service,
            struct err *err)
{
    static const char begin[] =
        "SELECT pg_advisory_xact_lock(hashtext(current_schema()));"
        "CREATE TABLE IF NOT EXISTS migration (file text PRIMARY KEY)";
    enum status rc = pg_exec(pg, "BEGIN", err);

    if (rc == ST_OK)
        rc = pg_exec(pg, begin, err);
    for (int common = 1; common >= 0; common--)
        for (size_t i = 0; rc == ST_OK && i < sql_embedded_n; i++) {
            const struct sql_text *file = &sql_embedded[i];

            if (strcmp(file->service, common ? "common" : service) == 0)
                rc = apply_file(pg, arena, file, err);
        }
    if (rc == ST_OK)
        rc = pg_exec(pg, "COMMIT", err);
    return rc;
}

enum status
pg_store_migrate(const char *conninfo, const char *schema,
                 const char *service, struct err *err)
{
    struct pg_options options = { .conninfo = conninfo,
                                  .application_name = "waymark-migrate" };
    struct arena *arena = memory_open(MEMORY_MAX);
    struct pg *pg = NULL;
    struct str sql;
    enum status rc;

    if (arena == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory");
    rc = pg_open(&options, &pg, err);
    if (rc == ST_OK) {
        sql = arena_printf(arena,
                           "DO $$ BEGIN IF to_regnamespace('%s') IS NULL "
                           "THEN CREATE SCHEMA IF NOT EXISTS \"%s\"; END IF; "
                           "EXCEPTION WHEN unique_violation THEN NULL; END $$",
                           schema, schema);
        rc = pg_exec(pg, sql.p, err);
    }
    if (rc == ST_OK)
        rc = set_schema(pg, schema, err);
    if (rc == ST_OK)
        rc = apply_files(pg, arena, service, err);
    pg_close(pg);
    memory_close(arena);
    return rc;
}

/* ---- connection ---------------------------------------------------------- */

static enum status
connect(struct pg_store *s, struct err *err)
{
    char name[64];
    struct pg_options options = { .conninfo = s->options.conninfo,
                                  .application_name = name,
                                  .lock_timeout_ms = LOCK_TIMEOUT_MS,
                                  .plan_by_key = true };
    enum status rc;

    if (s->pg != NULL && !pg_is_lost(s->pg))
        return ST_OK;
    pg_close(s->pg);
    s->pg = NULL;
    snprintf(name, sizeof name, "waymark-%s", s->options.service);
    rc = pg_open(&options, &s->pg, err);
    if (rc == ST_OK)
        rc = set_schema(s->pg, s->options.schema, err);
    s->learnt = false;
    return rc;
}

static enum status
learn(struct pg_store *s, struct err *err)
{
    enum status rc = ST_OK;

    if (!s->learnt)
        rc = pg_rows_learn(s->rows, s->pg, s->arena, err);
    s->learnt = rc == ST_OK;
    return rc;
}

static void
begin_params(struct pg_store *s, struct pg_params *p)
{
    pg_params_init(p, s->arena);
    pg_add_i32(p, s->options.authority);
}

/* ---- outbox days --------------------------------------------------------- */

/* A day's partition is dropped when it is old and nothing of it is open. */
static enum status
maintain(struct pg_store *s, struct err *err)
{
    static const char make[] =
        "DO $$ DECLARE d date; name text; BEGIN "
        "PERFORM pg_advisory_xact_lock(hashtext(current_schema() || 'outbox'));"
        "FOR i IN 0..%d LOOP"
        " d := (clock_timestamp() AT TIME ZONE 'UTC')::date + i;"
        " name := 'outbox_' || to_char(d, 'YYYYMMDD');"
        " IF to_regclass(name) IS NULL AND NOT EXISTS"
        "   (SELECT 1 FROM outbox_rest WHERE day = d) THEN"
        "  EXECUTE format('CREATE TABLE %%I PARTITION OF outbox FOR VALUES"
        "   FROM (%%L) TO (%%L)', name, d, d + 1);"
        "  EXECUTE format('ALTER TABLE %%I ALTER COLUMN block SET COMPRESSION"
        "   lz4', name);"
        " END IF; "
        "END LOOP; "
        "FOR name IN SELECT c.relname FROM pg_inherits i"
        "  JOIN pg_class c ON c.oid = i.inhrelid"
        "  WHERE i.inhparent = 'outbox'::regclass AND"
        "   c.relname ~ '^outbox_[0-9]{8}$' AND c.relname < 'outbox_' ||"
        "   to_char((clock_timestamp() AT TIME ZONE 'UTC')::date - %d,"
        "   'YYYYMMDD') LOOP"
        " EXECUTE format('DO $i$ BEGIN IF NOT EXISTS (SELECT 1 FROM %%I o"
        "  JOIN shard USING (shard) WHERE o.turn > shard.confirmed_turn)"
        "  THEN DROP TABLE %%I; END IF; END $i$', name, name); "
        "END LOOP; END $$";
    char sql[sizeof make + 32];

    snprintf(sql, sizeof sql, make, OUTBOX_DAYS_AHEAD, OUTBOX_DAYS_KEPT);
    s->maintained_ms = s->options.ticker->now_ms(s->options.ticker->self);
    return pg_exec(s->pg, sql, err);
}

/*
 * A backup or a long read may hold the outbox: then a later try makes the day,
 * and what is written meanwhile lies in outbox_rest. Only a lost connection
 * concerns the owner.
 */
static enum status
maintain_softly(struct pg_store *s, struct err *err)
{
    struct err why;

    if (maintain(s, &why) == ST_OK)
        return ST_OK;
    if (pg_is_lost(s->pg)) {
        *err = why;
        return ST_RETRY;
    }
    log_warn("outbox_days_wait", "shard=%u code=%s why=\"%s\"",
             (unsigned)s->options.authority, why.code, why.text);
    return ST_OK;
}

/* ---- the lease ----------------------------------------------------------- */

struct lease {
    int64_t epoch;
    int64_t beat;
    bool other; /* held by another instance */
    int backend;
    struct str cluster_id; /* in the arena */
};

static enum status
read_lease(struct pg_store *s, struct lease *out, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    begin_params(s, &p);
    pg_add_text(&p, str_of(s->options.authority_name));
    rc = pg_query(s->pg, NULL,
                  "INSERT INTO shard (shard, authority) SELECT $1, $2 "
                  "WHERE NOT EXISTS (SELECT 1 FROM turn WHERE shard = $1) "
                  "ON CONFLICT DO NOTHING",
                  &p, NULL, err);
    if (rc != ST_OK)
        return rc;
    begin_params(s, &p);
    rc = pg_query(s->pg, NULL,
                  "SELECT epoch, beat, owner, backend, cluster_id, authority "
                  "FROM shard WHERE shard = $1",
                  &p, &res, err);
    if (rc != ST_OK)
        return rc;
    if (pg_n_rows(res) == 0) {
        pg_result_close(res);
        return err_set(err, ST_FATAL, "restore",
                       "shard %u has turns and no row in shard",
                       (unsigned)s->options.authority);
    }
    *out = (struct lease){
        .epoch = pg_i64(res, 0, 0),
        .beat = pg_i64(res, 0, 1),
        .other = !pg_is_null(res, 0, 2) &&
                 !str_is(pg_text(res, 0, 2), s->options.instance),
        .backend = pg_is_null(res, 0, 3) ? 0 : pg_i32(res, 0, 3),
        .cluster_id = arena_str(s->arena, pg_text(res, 0, 4)),
    };
    if (!str_is(pg_text(res, 0, 5), s->options.authority_name))
        rc = err_set(err, ST_FATAL, "config",
                     "partition %u belongs to authority %.*s",
                     (unsigned)s->options.authority,
                     STR_ARG(pg_text(res, 0, 5)));
    pg_result_close(res);
    return rc;
}

/* An owner is alive while its counter moves within the lease. */
static enum status
wait_out(struct pg_store *s, const struct lease *lease, struct err *err)
{
    int64_t now = s->options.ticker->now_ms(s->options.ticker->self);

    if (!lease->other)
        return ST_OK;
    if (s->seen_epoch != lease->epoch || s->seen_beat != lease->beat ||
        s->seen_since_ms < 0) {
        s->seen_epoch = lease->epoch;
        s->seen_beat = lease->beat;
        s->seen_since_ms = now;
    }
    if (now - s->seen_since_ms >= s->options.lease_ms)
        return ST_OK;
    return err_set(err, ST_RETRY, "lease", "another instance owns shard %u",
                   (unsigned)s->options.authority);
}

static enum status
end_backend(struct pg_store *s, int backend, struct err *err)
{
    struct pg_params p;

    if (backend == 0 || backend == pg_backend(s->pg))
        return ST_OK;
    pg_params_init(&p, s->arena);
    pg_add_i32(&p, backend);
    return pg_query(s->pg, NULL,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid = $1 AND application_name = "
                    "current_setting('application_name')",
                    &p, NULL, err);
}

static enum status
take_row(struct pg_store *s, const struct lease *lease, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    begin_params(s, &p);
    pg_add_i64(&p, lease->epoch);
    pg_add_text(&p, str_of(s->options.instance));
    pg_add_i32(&p, s->started ? 0 : 1);
    pg_add_text(&p, s->options.cluster_id == NULL
                        ? STR_NULL
                        : str_of(s->options.cluster_id));
    rc = pg_query(s->pg, NULL,
                  "UPDATE shard SET epoch = epoch + 1, owner = $3, "
                  "backend = pg_backend_pid(), beat = beat + 1, "
                  "beat_at = clock_timestamp(), "
                  "starts = starts + $4, "
                  "cluster_id = coalesce(cluster_id, $5) "
                  "WHERE shard = $1 AND epoch = $2",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_affected(res) != 1)
        rc = err_set(err, ST_RETRY, "lease", "another instance was faster");
    pg_result_close(res);
    if (rc == ST_OK) {
        s->started = true;
        s->seen_since_ms = -1;
        s->epoch = lease->epoch + 1;
    }
    return rc;
}

/* ---- loading a shard ------------------------------------------------------ */

static enum topic
topic_at(const struct pg_result *res, size_t row, size_t column)
{
    return topic_find(pg_text(res, row, column));
}

static void
read_shard_row(const struct pg_result *res, struct shard *out)
{
    out->turn = pg_i64(res, 0, 0);
    out->confirmed_turn = pg_i64(res, 0, 1);
    out->now = pg_time(res, 0, 2);
    out->barrier = pg_time(res, 0, 3);
    out->starts = pg_i32(res, 0, 4);
    out->n_configs = (size_t)pg_i64(res, 0, 5);
}

static void
read_offsets(const struct pg_store *s, const struct pg_result *res,
             struct shard *out)
{
    for (size_t i = 0; i < s->options.n_inputs; i++)
        out->offsets[i] = OFFSET_EARLIEST;
    for (size_t r = 0; r < pg_n_rows(res); r++)
        for (size_t i = 0; i < s->options.n_inputs; i++)
            if (s->options.inputs[i] == topic_at(res, r, 0))
                out->offsets[i] = pg_i64(res, r, 1);
}

static enum status
read_marks(const struct pg_store *s, const struct pg_result *res,
           struct shard *out, struct err *err)
{
    out->n_marks = 0;
    for (size_t r = 0; r < pg_n_rows(res); r++) {
        if (out->n_marks == SHARD_MARKS_MAX)
            return err_set(err, ST_FATAL, "marks", "more than %d origins",
                           SHARD_MARKS_MAX);
        out->marks[out->n_marks++] = (struct mark){
            .topic = topic_at(res, r, 0),
            .origin = { .service =
                            (uint8_t)codes_find(&codes_service,
                                                pg_text(res, r, 1)),
                        .authority = s->options.authority,
                        .incarnation = (uint32_t)pg_i32(res, r, 2) },
            .sequence = pg_i64(res, r, 3),
            .chain = (uint64_t)pg_i64(res, r, 4),
            .heard = pg_time(res, r, 5),
        };
    }
    return ST_OK;
}

static enum status
load_shard(struct pg_store *s, struct shard *out, struct err *err)
{
    static const char *const sqls[] = {
        "SELECT turn, confirmed_turn, now, barrier, starts, (SELECT count(*) "
        "FROM config c WHERE c.shard = $1) FROM shard WHERE shard = $1",
        "SELECT topic, next_offset FROM position WHERE shard = $1",
        "SELECT topic, service, incarnation, sequence, chain, heard FROM "
        "in_mark WHERE shard = $1 ORDER BY topic, service, incarnation",
        "SELECT topic, sequence, chain FROM out_seq WHERE shard = $1",
    };
    struct pg_params p;
    const struct pg_result *tails;
    enum status rc;

    memset(out, 0, sizeof *out);
    pg_pipeline_begin(s->pg);
    for (size_t i = 0; i < sizeof sqls / sizeof sqls[0]; i++) {
        begin_params(s, &p);
        (void)pg_send(s->pg, NULL, sqls[i], &p);
    }
    rc = pg_sync(s->pg, err);
    if (rc != ST_OK)
        return rc;
    out->epoch = s->epoch;
    read_shard_row(pg_answer(s->pg, 0), out);
    read_offsets(s, pg_answer(s->pg, 1), out);
    rc = read_marks(s, pg_answer(s->pg, 2), out, err);
    tails = pg_answer(s->pg, 3);
    for (size_t r = 0; r < pg_n_rows(tails); r++) {
        enum topic t = topic_at(tails, r, 0);

        out->tails.at[t].sequence = pg_i64(tails, r, 1);
        out->tails.at[t].chain = (uint64_t)pg_i64(tails, r, 2);
    }
    return rc;
}

static enum status
own(void *self, struct shard *out, struct err *err)
{
    struct pg_store *s = self;
    struct lease lease;
    enum status rc;

    arena_reset(s->arena);
    rc = connect(s, err);
    if (rc == ST_OK)
        rc = learn(s, err);
    if (rc == ST_OK)
        rc = read_lease(s, &lease, err);
    if (rc == ST_OK && lease.cluster_id.p != NULL &&
        s->options.cluster_id != NULL &&
        !str_is(lease.cluster_id, s->options.cluster_id))
        rc = err_set(err, ST_FATAL, "restore",
                     "the shard was written to Kafka cluster %.*s, this is %s",
                     STR_ARG(lease.cluster_id), s->options.cluster_id);
    if (rc == ST_OK)
        rc = wait_out(s, &lease, err);
    if (rc == ST_OK)
        rc = end_backend(s, lease.backend, err);
    if (rc == ST_OK)
        rc = take_row(s, &lease, err);
    if (rc == ST_OK)
        rc = maintain_softly(s, err);
    if (rc == ST_OK)
        rc = load_shard(s, out, err);
    return rc;
}

/* ---- commit --------------------------------------------------------------- */

static void
send_fence(struct pg_store *s, const struct turn *turn)
{
    struct pg_params p;

    begin_params(s, &p);
    pg_add_i64(&p, s->epoch);
    pg_add_i64(&p, turn->after->turn);
    pg_add_i64(&p, turn->after->confirmed_turn);
    pg_add_time(&p, turn->after->now);
    pg_add_time(&p, turn->after->barrier);
    (void)pg_send(s->pg, "engine_turn",
                  "SELECT engine_turn($1, $2, $3, $4, $5, $6)", &p);
}

static void
send_outbox(struct pg_store *s, const struct turn *turn)
{
    struct pg_params p;

    if (turn->block.n == 0)
        return;
    begin_params(s, &p);
    pg_add_i64(&p, turn->after->turn);
    pg_add_bytes(&p, turn->block);
    (void)pg_send(s->pg, "engine_outbox",
                  "INSERT INTO outbox (shard, turn, block) "
                  "VALUES ($1, $2, $3)",
                  &p);
}

static void
send_turn(struct pg_store *s, const struct turn *turn)
{
    struct pg_params p;

    begin_params(s, &p);
    pg_add_i64(&p, turn->after->turn);
    pg_add_i64(&p, s->epoch);
    pg_add_text(&p, turn->ranges.p == NULL ? STR("") : turn->ranges);
    pg_add_i32(&p, (int32_t)turn->n_in);
    pg_add_i32(&p, (int32_t)turn->n_out);
    pg_add_i32(&p, (int32_t)turn->fired);
    (void)pg_send(s->pg, "engine_turn_row",
                  "INSERT INTO turn (shard, turn, epoch, ranges, n_in, n_out, "
                  "fired) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                  &p);
}

static void
send_positions(struct pg_store *s, const struct shard *shard)
{
    struct pg_params p;

    begin_params(s, &p);
    pg_array_begin(&p, PG_TEXT, s->options.n_inputs);
    for (size_t i = 0; i < s->options.n_inputs; i++)
        pg_add_text(&p, str_of(topic_name(s->options.inputs[i])));
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, s->options.n_inputs);
    for (size_t i = 0; i < s->options.n_inputs; i++)
        pg_add_i64(&p, shard->offsets[i]);
    pg_array_end(&p);
    (void)pg_send(s->pg, "engine_position",
                  "INSERT INTO position SELECT $1, * FROM "
                  "unnest($2::text[], $3::bigint[]) ON CONFLICT (shard, topic) "
                  "DO UPDATE SET next_offset = excluded.next_offset "
                  "WHERE position.next_offset <> excluded.next_offset",
                  &p);
}

static void
send_marks(struct pg_store *s, const struct shard *shard)
{
    struct pg_params p;

    begin_params(s, &p);
    pg_array_begin(&p, PG_TEXT, shard->n_marks);
    for (size_t i = 0; i < shard->n_marks; i++)
        pg_add_text(&p, str_of(topic_name(shard->marks[i].topic)));
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, shard->n_marks);
    for (size_t i = 0; i < shard->n_marks; i++)
        pg_add_text(&p, str_of(service_name(shard->marks[i].origin.service)));
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT4, shard->n_marks);
    for (size_t i = 0; i < shard->n_marks; i++)
        pg_add_i32(&p, (int32_t)shard->marks[i].origin.incarnation);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, shard->n_marks);
    for (size_t i = 0; i < shard->n_marks; i++)
        pg_add_i64(&p, shard->marks[i].sequence);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, shard->n_marks);
    for (size_t i = 0; i < shard->n_marks; i++)
        pg_add_i64(&p, (int64_t)shard->marks[i].chain);
    pg_array_end(&p);
    pg_array_begin(&p, PG_TIMESTAMPTZ, shard->n_marks);
    for (size_t i = 0; i < shard->n_marks; i++)
        pg_add_time(&p, shard->marks[i].heard);
    pg_array_end(&p);
    (void)pg_send(s->pg, "engine_in_mark",
                  "INSERT INTO in_mark SELECT $1, * FROM unnest($2::text[], "
                  "$3::text[], $4::integer[], $5::bigint[], $6::bigint[], "
                  "$7::timestamptz[]) ON CONFLICT (shard, topic, service, "
                  "incarnation) DO UPDATE SET sequence = excluded.sequence, "
                  "chain = excluded.chain, heard = excluded.heard "
                  "WHERE in_mark.sequence <> excluded.sequence",
                  &p);
}

static void
send_tails(struct pg_store *s, const struct tails *tails)
{
    struct pg_params p;

    begin_params(s, &p);
    pg_array_begin(&p, PG_TEXT, TOPIC_N);
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        if (tails->at[t].sequence > 0)
            pg_add_text(&p, str_of(topic_name((enum topic)t)));
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, TOPIC_N);
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        if (tails->at[t].sequence > 0)
            pg_add_i64(&p, tails->at[t].sequence);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, TOPIC_N);
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        if (tails->at[t].sequence > 0)
            pg_add_i64(&p, (int64_t)tails->at[t].chain);
    pg_array_end(&p);
    (void)pg_send(s->pg, "engine_out_seq",
                  "INSERT INTO out_seq SELECT $1, * FROM unnest($2::text[], "
                  "$3::bigint[], $4::bigint[]) ON CONFLICT (shard, topic) "
                  "DO UPDATE SET sequence = excluded.sequence, "
                  "chain = excluded.chain "
                  "WHERE out_seq.sequence <> excluded.sequence",
                  &p);
}

static void
send_configs(struct pg_store *s, const struct turn *turn)
{
    for (size_t i = 0; i < turn->n_new_configs; i++) {
        const struct config_text *c = &turn->configs[i];
        struct pg_params p;

        begin_params(s, &p);
        pg_add_i32(&p, (int32_t)(turn->after->n_configs -
                                 turn->n_new_configs + i));
        pg_add_text(&p,
                    str_of(codes_word(&codes_config_kind, c->config_kind)));
        pg_add_text(&p, c->name);
        pg_add_text(&p, c->version);
        pg_add_text(&p, c->hash);
        pg_add_text(&p, c->text);
        (void)pg_send(s->pg, "engine_config",
                      "INSERT INTO config VALUES ($1,$2,$3,$4,$5,$6,$7)", &p);
    }
}

/* What the engine's own tables refuse is no fault of a record. */
static bool
is_of_engine(const struct err *err)
{
    static const char *const tables[] = { "\"turn\"",     "\"outbox",
                                          "\"out_seq\"",  "\"in_mark\"",
                                          "\"position\"", "\"config\"",
                                          "\"shard\"" };

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char name[32];

        snprintf(name, sizeof name, "table %s", tables[i]);
        if (strstr(err->text, name) != NULL)
            return true;
    }
    return false;
}

/* A row was said to be new and stands there: a declaration of ours is wrong,
 * and no fault of the record. */
static bool
is_false_claim(const struct pg_store *s, const struct err *err)
{
    return strcmp(pg_sqlstate(s->pg), "23505") == 0 &&
           strstr(err->text, ":insert: ") != NULL;
}

static enum status
commit(void *self, const struct turn *turn, struct committed *out,
       struct err *err)
{
    struct pg_store *s = self;
    enum status rc;

    if (s->pg == NULL || pg_is_lost(s->pg))
        return err_set(err, ST_RETRY, "database", "no connection");
    arena_reset(s->arena);
    pg_pipeline_begin(s->pg);
    (void)pg_send(s->pg, "begin", "BEGIN", NULL);
    send_fence(s, turn);
    pg_rows_save(s->rows, s->pg, s->options.authority, turn->rows, s->arena);
    send_outbox(s, turn);
    send_configs(s, turn);
    send_positions(s, turn->after);
    send_marks(s, turn->after);
    send_tails(s, &turn->after->tails);
    send_turn(s, turn);
    (void)pg_send(s->pg, "commit", "COMMIT", NULL);
    rc = pg_sync(s->pg, err);
    if (rc == ST_OK)
        *out = (struct committed){ .turn = turn->after->turn,
                                   .block = turn->block };
    if (rc == ST_REJECT && (is_of_engine(err) || is_false_claim(s, err)))
        rc = err_recode(err, ST_FATAL, "engine");
    if (rc == ST_FATAL && strcmp(pg_sqlstate(s->pg), "42804") == 0) {
        s->learnt = false;
        rc = err_set(err, ST_RETRY, "database", "a table has other columns");
    }
    return rc;
}

/* ---- the rest -------------------------------------------------------------- */

static enum status
load(void *self, struct rows *rows, struct arena *arena, struct err *err)
{
    struct pg_store *s = self;

    if (s->pg == NULL || pg_is_lost(s->pg))
        return err_set(err, ST_RETRY, "database", "no connection");
    return pg_rows_load(s->rows, s->pg, s->options.authority, rows, arena,
                        err);
}

static enum status
beat(void *self, int64_t confirmed_turn, struct err *err)
{
    struct pg_store *s = self;
    struct pg_params p;
    enum status rc;

    if (s->pg == NULL || pg_is_lost(s->pg))
        return err_set(err, ST_RETRY, "database", "no connection");
    arena_reset(s->arena);
    begin_params(s, &p);
    pg_add_i64(&p, s->epoch);
    pg_add_i64(&p, confirmed_turn);
    rc = pg_query(s->pg, "engine_beat", "SELECT engine_beat($1, $2, $3)", &p,
                  NULL, err);
    if (rc == ST_OK &&
        s->options.ticker->now_ms(s->options.ticker->self) -
                s->maintained_ms > MAINTAIN_MS)
        rc = maintain_softly(s, err);
    return rc;
}

static enum status
unconfirmed(void *self, int64_t after, struct arena *arena,
            struct committed *out, bool *found, struct err *err)
{
    struct pg_store *s = self;
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    if (s->pg == NULL || pg_is_lost(s->pg))
        return err_set(err, ST_RETRY, "database", "no connection");
    arena_reset(s->arena);
    begin_params(s, &p);
    pg_add_i64(&p, after);
    rc = pg_query(s->pg, "engine_unconfirmed",
                  "SELECT turn, block FROM outbox WHERE shard = $1 AND "
                  "turn > $2 ORDER BY turn LIMIT 1",
                  &p, &res, err);
    if (rc != ST_OK)
        return rc;
    *found = pg_n_rows(res) > 0;
    if (*found)
        *out = (struct committed){ .turn = pg_i64(res, 0, 0),
                                   .block = arena_str(arena,
                                                      pg_text(res, 0, 1)) };
    pg_result_close(res);
    return ST_OK;
}

static enum status
config(void *self, size_t i, struct arena *arena, struct config_text *out,
       struct err *err)
{
    struct pg_store *s = self;
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    arena_reset(s->arena);
    begin_params(s, &p);
    pg_add_i32(&p, (int32_t)i);
    rc = pg_query(s->pg, NULL,
                  "SELECT config_kind, name, version, hash, text FROM config "
                  "WHERE shard = $1 AND n = $2",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) != 1)
        rc = err_set(err, ST_FATAL, "config", "text %zu is not there", i);
    if (rc == ST_OK)
        *out = (struct config_text){
            .config_kind = codes_find(&codes_config_kind, pg_text(res, 0, 0)),
            .name = arena_str(arena, pg_text(res, 0, 1)),
            .version = arena_str(arena, pg_text(res, 0, 2)),
            .hash = arena_str(arena, pg_text(res, 0, 3)),
            .text = arena_str(arena, pg_text(res, 0, 4)),
        };
    pg_result_close(res);
    return rc;
}

enum status
pg_store_open(const struct pg_store_options *options, struct pg_store **out,
              struct store *port, struct err *err)
{
    struct pg_store *s = calloc(1, sizeof *s);

    if (s != NULL) {
        s->arena = memory_open(MEMORY_MAX);
        s->rows = pg_rows_open(options->schema, options->tables, options->n_tables);
    }
    if (s == NULL || s->arena == NULL || s->rows == NULL) {
        pg_store_close(s);
        return err_set(err, ST_FATAL, "memory", "no memory for a store");
    }
    s->options = *options;
    s->seen_since_ms = -1;
    *port = (struct store){ .self = s,
                            .own = own,
                            .load = load,
                            .commit = commit,
                            .beat = beat,
                            .unconfirmed = unconfirmed,
                            .config = config };
    *out = s;
    return ST_OK;
}

void
pg_store_close(struct pg_store *s)
{
    if (s == NULL)
        return;
    pg_close(s->pg);
    pg_rows_close(s->rows);
    memory_close(s->arena);
    free(s);
}

enum status
pg_store_release(struct pg_store *s, struct err *err)
{
    struct pg_params p;

    if (s->pg == NULL || pg_is_lost(s->pg))
        return ST_OK;
    arena_reset(s->arena);
    begin_params(s, &p);
    pg_add_i64(&p, s->epoch);
    return pg_query(s->pg, NULL,
                    "UPDATE shard SET owner = NULL, backend = NULL, "
                    "starts = 0 WHERE shard = $1 AND epoch = $2",
                    &p, NULL, err);
}

struct pg *
pg_store_pg(struct pg_store *s)
{
    return s->pg;
}
