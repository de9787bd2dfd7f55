/* waymark reconcile: replays the log and compares every table with it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/compare.h"
#include "cli/differ.h"
#include "cli/reconcile_intake.h"
#include "cli/replay.h"
#include "cli/services.h"
#include "cli/verbs.h"
#include "common/adapters/pg_store.h"

enum { SHARDS_MAX = 512 };

struct reconcile {
    const struct cli *cli;
    const char *conninfo;
    struct kafka_conn conn;
    struct authorities authorities;
    const struct seal *seal;
    int32_t only; /* partition, -1 for all */
    size_t differences;
    size_t declared; /* what follows from an erased key */
    size_t shards; /* looked at */
};

/* A shard as the snapshot has it. */
struct snapshot_shard {
    uint16_t shard;
    struct str authority;
    uint32_t incarnation;
    int64_t turn;
    int64_t confirmed;
};

static const char *const without_shard[] = {
    "owner",          "epoch",  "beat",       "beat_at", "backend",
    "confirmed_turn", "starts", "cluster_id", NULL,
};
static const char *const without_turn[] = { "at", "epoch", NULL };

/* ---- the live side ----------------------------------------------------- */

/* A connection that sees one moment of a service's schema. */
static enum status
open_snapshot(const struct reconcile *r, const char *schema, struct pg **out,
              struct err *err)
{
    struct str sql =
        arena_printf(r->cli->arena,
                     "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
                     "SET LOCAL search_path TO \"%s\"",
                     schema);
    bool there = false;
    enum status rc = cli_pg(r->cli, out, err);

    if (rc == ST_OK)
        rc = cli_has_table(*out, schema, "shard", &there, err);
    if (rc == ST_OK && !there)
        rc = err_set(err, ST_RETRY, "schema", "there is no schema %s", schema);
    return rc == ST_OK ? pg_exec(*out, sql.p, err) : rc;
}

static enum status
read_shards(const struct reconcile *r, struct pg *live,
            struct snapshot_shard *shards, size_t *n, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, r->cli->arena);
    pg_add_i32(&p, r->only);
    rc = pg_query(live, NULL,
                  "SELECT shard, authority, incarnation, turn, confirmed_turn "
                  "FROM shard WHERE $1 = -1 OR shard = $1 ORDER BY shard",
                  &p, &res, err);
    *n = 0;
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res) && i < SHARDS_MAX; i++)
        shards[(*n)++] = (struct snapshot_shard){
            .shard = (uint16_t)pg_i32(res, i, 0),
            .authority = arena_str(r->cli->arena, pg_text(res, i, 1)),
            .incarnation = (uint32_t)pg_i32(res, i, 2),
            .turn = pg_i64(res, i, 3),
            .confirmed = pg_i64(res, i, 4),
        };
    pg_result_close(res);
    return rc;
}

/* ---- one service ------------------------------------------------------- */

static enum status
drop_schema(const struct reconcile *r, const char *schema, struct err *err)
{
    struct pg *pg = NULL;
    struct str sql = arena_printf(r->cli->arena,
                                  "SET client_min_messages TO warning;"
                                  "DROP SCHEMA IF EXISTS \"%s\" CASCADE",
                                  schema);
    enum status rc = cli_pg(r->cli, &pg, err);

    if (rc == ST_OK)
        rc = pg_exec(pg, sql.p, err);
    pg_close(pg);
    return rc;
}

static enum status
compare_all(const struct service_def *def, const struct compare_side *live,
            const struct compare_side *replayed, uint16_t shard,
            const struct witnessed *witnessed, struct differ *differ,
            struct err *err)
{
    const struct compare_table engine[] = {
        { .name = "shard", .without = without_shard, .shard = shard },
        { .name = "turn", .without = without_turn, .shard = shard },
        { .name = "in_mark", .shard = shard },
        { .name = "out_seq", .shard = shard },
        { .name = "config", .shard = shard },
    };
    enum status rc = pg_exec(replayed->pg, "BEGIN", err);

    for (size_t i = 0; rc == ST_OK && i < sizeof engine / sizeof engine[0]; i++)
        rc = compare_tables(live, replayed, &engine[i], differ, err);
    for (size_t i = 0; rc == ST_OK && i < def->n_tables; i++) {
        struct compare_table table = { .name = def->tables[i].fields.name,
                                       .fields = &def->tables[i].fields,
                                       .shard = shard,
                                       .witnessed = witnessed };

        rc = cli_go_on(err);
        if (rc == ST_OK)
            rc = compare_tables(live, replayed, &table, differ, err);
    }
    if (rc == ST_OK)
        rc = pg_exec(replayed->pg, "ROLLBACK", err);
    return rc;
}

static enum status
check_shard(struct reconcile *r, const struct service_def *def, struct pg *live,
            const char *schema, const struct snapshot_shard *shard,
            struct err *err)
{
    const char *service = service_name(def->service);
    const struct authority *authority =
        authorities_find(&r->authorities, shard->authority);
    struct replay_options options = {
        .def = def,
        .conn = r->conn,
        .live = live,
        .conninfo = r->conninfo,
        .seal = r->seal,
        .schema = schema,
        .authority = shard->shard,
        .authority_name = shard->authority.p,
        .incarnation = shard->incarnation,
        .log_clock = authority != NULL && authority->log_clock,
        .turns = shard->turn,
        .confirmed = shard->confirmed,
    };
    struct differ differ = { .service = service,
                             .authority = shard->authority.p,
                             .json = cli_flag(r->cli, "json") };
    struct compare_side live_side = { .pg = live, .schema = service };
    struct compare_side replayed = { .schema = schema };
    struct witnessed *witnessed = NULL;
    enum status rc;

    if (authority == NULL)
        return err_set(err, ST_REJECT, "config",
                       "authority %.*s of schema %s is not in authorities.json",
                       STR_ARG(shard->authority), service);
    rc = replay_run(&options, &differ, &witnessed, err);
    if (rc == ST_OK)
        rc = cli_pg(r->cli, &replayed.pg, err);
    if (rc == ST_OK)
        rc =
            compare_all(def, &live_side, &replayed, shard->shard, witnessed,
                        &differ, err);
    witness_close(witnessed);
    pg_close(replayed.pg);
    if (rc != ST_OK) {
        err_where(err, "%s %.*s", service, STR_ARG(shard->authority));
        return rc;
    }
    differ_sum(&differ);
    fflush(stdout);
    r->differences += differ.differences;
    r->declared += differ.declared;
    r->shards++;
    return ST_OK;
}

static enum status
check_service(struct reconcile *r, const struct service_def *def,
              struct err *err)
{
    const char *service = service_name(def->service);
    struct snapshot_shard *shards =
        arena_array(r->cli->arena, SHARDS_MAX, sizeof *shards);
    struct str schema =
        arena_printf(r->cli->arena, "check_%s_%ld", service, (long)getpid());
    struct pg *live = NULL;
    struct err dropped;
    size_t n = 0;
    enum status rc = open_snapshot(r, service, &live, err);

    if (rc == ST_OK)
        rc = read_shards(r, live, shards, &n, err);
    if (rc == ST_OK)
        rc = pg_store_migrate(r->conninfo, schema.p, service, err);
    for (size_t i = 0; rc == ST_OK && i < n; i++)
        rc = check_shard(r, def, live, schema.p, &shards[i], err);
    pg_close(live);
    if (drop_schema(r, schema.p, &dropped) != ST_OK)
        fprintf(stderr, "waymark reconcile: schema %s stays: %s\n", schema.p,
                dropped.text);
    return rc;
}

/* ---- intake ------------------------------------------------------------ */

static enum status
check_intake(struct reconcile *r, struct err *err)
{
    struct snapshot_shard *shards =
        arena_array(r->cli->arena, SHARDS_MAX, sizeof *shards);
    struct str schema =
        arena_printf(r->cli->arena, "check_intake_%ld", (long)getpid());
    struct pg *live = NULL;
    struct err dropped;
    size_t n = 0;
    enum status rc = open_snapshot(r, "intake", &live, err);

    if (rc == ST_OK)
        rc = read_shards(r, live, shards, &n, err);
    for (size_t i = 0; rc == ST_OK && i < n; i++) {
        struct differ differ = { .service = "intake",
                                 .authority = shards[i].authority.p,
                                 .json = cli_flag(r->cli, "json") };
        struct intake_options options = { .cli = r->cli,
                                          .conn = r->conn,
                                          .live = live,
                                          .seal = r->seal,
                                          .schema = schema.p,
                                          .authority = shards[i].shard,
                                          .incarnation = shards[i].incarnation,
                                          .turns = shards[i].turn };

        rc = reconcile_intake(&options, &differ, err);
        if (rc != ST_OK) {
            err_where(err, "intake %.*s", STR_ARG(shards[i].authority));
            break;
        }
        differ_sum(&differ);
        fflush(stdout);
        r->differences += differ.differences;
        r->shards++;
    }
    pg_close(live);
    if (drop_schema(r, schema.p, &dropped) != ST_OK)
        fprintf(stderr, "waymark reconcile: schema %s stays: %s\n", schema.p,
                dropped.text);
    return rc;
}

/* ---- the verb ---------------------------------------------------------- */

/* What is replayed can be replayed again: no need to wait for the disk. */
static void
hurry(struct arena *arena)
{
    const char *before = getenv("PGOPTIONS");

    setenv("PGOPTIONS",
           arena_printf(arena, "%s -c synchronous_commit=off",
                        before == NULL ? "" : before)
               .p,
           1);
}

static enum status
check(struct reconcile *r, const char *service, struct err *err)
{
    enum status rc = ST_OK;

    if (service == NULL || strcmp(service, "intake") == 0)
        rc = check_intake(r, err);
    for (size_t i = 0; rc == ST_OK && i < cli_services_n; i++)
        if (service == NULL ||
            strcmp(service, service_name(cli_services[i]->service)) == 0) {
            rc = check_service(r, cli_services[i], err);
            /* An authority can do without notifier. */
            if (service == NULL && rc == ST_RETRY &&
                cli_services[i]->service == SERVICE_NOTIFIER &&
                strcmp(err->code, "schema") == 0)
                rc = ST_OK;
        }
    return rc;
}

static enum cli_exit
run(struct cli *cli)
{
    struct reconcile r = { .cli = cli, .conninfo = cli_text(cli, "pgconn") };
    const char *service = cli_text(cli, "service");
    struct seal *seal = NULL;
    struct err err = { .code = "" };
    enum status rc;

    if (service != NULL && strcmp(service, "intake") != 0 &&
        cli_service(service) == NULL)
        return cli_usage(cli,
                         "--service \"%s\": want intake, triage, tracker, "
                         "metrics or notifier",
                         service);
    hurry(cli->arena);
    cli_hold_signals(); /* no schema is left behind */
    rc = cli_kafka(cli, &r.conn, &err);
    if (rc == ST_OK)
        rc = cli_authorities(cli, &r.authorities, &err);
    if (rc == ST_OK)
        rc = cli_shard(cli, &r.only, &err);
    if (rc == ST_OK)
        rc = cli_seal(cli, service == NULL ? "intake" : service, &seal, &err);
    r.seal = seal;
    if (rc == ST_OK)
        rc = check(&r, service, &err);
    seal_close(seal);
    fflush(stdout);
    cli_let_go();
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    if (r.shards == 0)
        return cli_fail(cli, ST_RETRY,
                        &(struct err){ .text = "no shard was found" });
    if (cli_flag(cli, "json"))
        printf("{\"reconcile\":{\"differences\":%zu,\"declared\":%zu}}\n",
               r.differences, r.declared);
    else if (r.declared > 0)
        printf("reconcile: %zu differences, %zu declared\n", r.differences,
               r.declared);
    else
        printf("reconcile: %zu differences\n", r.differences);
    return r.differences == 0 ? CLI_DONE : CLI_DIFFERENT;
}

const struct verb verb_reconcile = {
    .name = "reconcile",
    .words = "[--authority NAME] [--service NAME]",
    .help = "replay the log and compare every table with it",
    .options = {
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
        { .name = "service", .value = "NAME",
          .help = "only intake, triage, tracker, metrics or notifier" },
        CLI_SEAL_KEY_FILE,
    },
    .prints_data = true,
    .run = run,
};
