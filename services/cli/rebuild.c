/* waymark rebuild metrics: a new projection beside the live one, in memory,
 * then a swap. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/projection.h"
#include "cli/verbs.h"
#include "common/core/chain.h"
#include "common/engine/monotonic.h"
#include "metrics/core/tables.h"

enum { SHARDS_MAX = 512 };

struct rebuild {
    const struct cli *cli;
    struct pg *pg;
    struct projection_options options;
    struct projection *next;
};

static uint8_t
service_of(struct str name)
{
    for (int s = 0; s < SERVICE_N; s++)
        if (str_is(name, service_name((enum service)s)))
            return (uint8_t)s;
    return SERVICE_NONE;
}

/* Where the live service stands, while its shard's row is locked. */
static enum status
read_live_marks(const struct rebuild *r, struct projection_marks *out,
                struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, r->cli->arena);
    pg_add_i16(&p, (int16_t)r->options.authority);
    rc = pg_query(r->pg, NULL,
                  "SELECT topic, service, incarnation, sequence "
                  "FROM metrics.in_mark WHERE shard = $1",
                  &p, &res, err);
    out->n = 0;
    for (size_t i = 0;
         rc == ST_OK && i < pg_n_rows(res) && out->n < PROJECTION_MARKS_MAX;
         i++)
        out->at[out->n++] = (struct projection_mark){
            .topic = topic_find(pg_text(res, i, 0)),
            .origin = { .service = service_of(pg_text(res, i, 1)),
                        .authority = r->options.authority,
                        .incarnation = (uint32_t)pg_i32(res, i, 2) },
            .sequence = pg_i64(res, i, 3),
        };
    pg_result_close(res);
    return rc;
}

/* False where the new tables already know more than the live ones. */
static bool
is_behind(const struct projection_marks *next,
          const struct projection_marks *live)
{
    for (size_t i = 0; i < live->n; i++) {
        const struct projection_mark *m =
            projection_find(next, live->at[i].topic, live->at[i].origin);

        if (m != NULL && m->sequence > live->at[i].sequence)
            return false;
    }
    return true;
}

/* All rows of the shard, in one transaction that readers see at once. The
 * epoch rises, so that what the service had loaded before can't be written. */
static enum status
swap_tables(const struct rebuild *r, struct err *err)
{
    struct arena *arena = r->cli->arena;
    enum status rc = ST_OK;
    struct str sql;

    for (size_t i = 0; rc == ST_OK && i < METRICS_TABLE_N; i++) {
        sql = arena_printf(arena, "DELETE FROM metrics.%s WHERE shard = %d",
                           metrics_tables[i].fields.name, r->options.authority);
        rc = pg_exec(r->pg, sql.p, err);
    }
    if (rc == ST_OK)
        rc = projection_write(r->next, r->pg, service_name(SERVICE_METRICS),
                              err);
    sql = arena_printf(arena,
                       "UPDATE metrics.shard SET epoch = epoch + 1 WHERE "
                       "shard = %d",
                       r->options.authority);
    return rc == ST_OK ? pg_exec(r->pg, sql.p, err) : rc;
}

/* Hold the live shard where it is, read up to there, swap. *done is false
 * where the live service has yet to read what the new tables know. */
static enum status
swap(struct rebuild *r, bool *done, struct err *err)
{
    struct projection_marks live;
    struct str lock = arena_printf(
        r->cli->arena,
        "BEGIN; SELECT 1 FROM metrics.shard WHERE shard = %d FOR UPDATE",
        r->options.authority);
    enum status rc = pg_exec(r->pg, lock.p, err);

    *done = false;
    if (rc == ST_OK)
        rc = read_live_marks(r, &live, err);
    if (rc == ST_OK && !is_behind(projection_marks(r->next), &live))
        return pg_exec(r->pg, "ROLLBACK", err);
    if (rc == ST_OK)
        rc = projection_read(r->next, &live, err);
    if (rc == ST_OK)
        rc = swap_tables(r, err);
    if (rc == ST_OK)
        rc = pg_exec(r->pg, "COMMIT", err);
    *done = rc == ST_OK;
    return rc;
}

static enum status
rebuild_shard(struct rebuild *r, struct err *err)
{
    int64_t begun_ms = monotonic_ms();
    int64_t read_ms = begun_ms;
    bool done = false;
    enum status rc = projection_open(&r->options, &r->next, err);

    if (rc == ST_OK)
        rc = projection_read(r->next, NULL, err);
    read_ms = monotonic_ms();
    while (rc == ST_OK && !done) {
        rc = swap(r, &done, err);
        if (rc == ST_OK && !done) {
            rc = cli_go_on(err);
            (void)usleep(200000); /* until it has read on */
        }
    }
    if (rc == ST_OK) {
        printf("metrics %s: rebuilt from %zu records\n",
               r->options.authority_name, projection_records(r->next));
        if (r->options.progress)
            fprintf(stderr, "read in %.1f s, swapped in %.1f s\n",
                    (double)(read_ms - begun_ms) / 1000,
                    (double)(monotonic_ms() - read_ms) / 1000);
    }
    projection_close(r->next);
    r->next = NULL;
    return rc;
}

static enum status
rebuild_all(struct rebuild *r, int32_t only, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, r->cli->arena);
    pg_add_i32(&p, only);
    rc = pg_query(r->pg, NULL,
                  "SELECT shard, authority FROM metrics.shard WHERE $1 = -1 "
                  "OR shard = $1 ORDER BY 1",
                  &p, &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        r->options.authority = (uint16_t)pg_i32(res, i, 0);
        r->options.authority_name =
            arena_str(r->cli->arena, pg_text(res, i, 1)).p;
        rc = rebuild_shard(r, err);
    }
    pg_result_close(res);
    return rc;
}

static enum cli_exit
run(struct cli *cli)
{
    struct rebuild r = { .cli = cli,
                         .options = { .conninfo = cli_text(cli, "pgconn"),
                                      .until = TIME_NEVER,
                                      .progress = !cli_flag(cli, "quiet") } };
    struct err err = { .code = "" };
    int32_t only = -1;
    enum status rc;

    if (strcmp(cli->words[0], "metrics") != 0)
        return cli_usage(cli, "\"%s\": only metrics can be rebuilt",
                         cli->words[0]);
    cli_hold_signals(); /* it is swapped whole or not at all */
    rc = cli_kafka(cli, &r.options.conn, &err);
    if (rc == ST_OK)
        rc = cli_shard(cli, &only, &err);
    if (rc == ST_OK)
        rc = cli_pg(cli, &r.pg, &err);
    if (rc == ST_OK)
        rc = rebuild_all(&r, only, &err);
    pg_close(r.pg);
    cli_let_go();
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_rebuild = {
    .name = "rebuild",
    .words = "metrics [--authority NAME]",
    .help = "metrics anew from the log, beside the live tables, then a swap",
    .min_words = 1,
    .max_words = 1,
    .options = {
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
        { .name = "quiet", .help = "no progress on stderr" },
    },
    .run = run,
};
