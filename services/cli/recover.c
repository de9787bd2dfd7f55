/* waymark recover: after a restore, the log's records are taken back in. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/recover_intake.h"
#include "cli/retake.h"
#include "cli/verbs.h"

enum { CLUSTER_MS = 10000 };

static enum status
read_incarnation(const struct cli *cli, const char *service, int32_t shard,
                 uint32_t *out, struct err *err)
{
    struct str sql = arena_printf(cli->arena,
                                  "SELECT incarnation FROM \"%s\".shard WHERE "
                                  "shard = $1",
                                  service);
    struct pg *pg = NULL;
    struct pg_result *res = NULL;
    struct pg_params p;
    bool there = false;
    enum status rc = cli_pg(cli, &pg, err);

    if (rc == ST_OK)
        rc = cli_has_table(pg, service, "outbox", &there, err);
    if (rc == ST_OK && !there)
        rc = err_set(err, ST_RETRY, "schema",
                     "there is no schema %s: start the service once", service);
    pg_params_init(&p, cli->arena);
    pg_add_i32(&p, shard);
    if (rc == ST_OK)
        rc = pg_query(pg, NULL, sql.p, &p, &res, err);
    /* Without a row nothing was ever given out: the first incarnation. */
    *out = 1;
    if (rc == ST_OK && pg_n_rows(res) > 0)
        *out = (uint32_t)pg_i32(res, 0, 0);
    pg_result_close(res);
    pg_close(pg);
    return rc;
}

static enum status
recover_core(const struct cli *cli, const struct service_def *def,
             const struct authority *authority, int64_t lease_ms,
             struct retaken *done, struct err *err)
{
    char cluster_id[KAFKA_CLUSTER_ID_SIZE];
    struct retake_options options = {
        .def = def,
        .cluster_id = cluster_id,
        .conninfo = cli_text(cli, "pgconn"),
        .schema = service_name(def->service),
        .authority = authority->partition,
        .authority_name = authority->name.p,
        .log_clock = authority->log_clock,
        .lease_ms = lease_ms,
    };
    struct seal *seal = NULL;
    enum status rc = cli_kafka(cli, &options.conn, err);

    if (rc == ST_OK)
        rc = cli_seal(cli, options.schema, &seal, err);
    options.seal = seal;
    if (rc == ST_OK)
        rc = kafka_cluster_id(&options.conn, CLUSTER_MS, cluster_id, err);
    if (rc == ST_OK)
        rc = read_incarnation(cli, options.schema, authority->partition,
                              &options.incarnation, err);
    if (rc == ST_OK)
        rc = retake(&options, done, err);
    seal_close(seal);
    return rc;
}

static enum status
recover_one(const struct cli *cli, const char *service,
            const struct authority *authority, int64_t lease_ms,
            struct retaken *done, struct err *err)
{
    struct recover_intake_options options = {
        .cli = cli,
        .authority = authority->partition,
        .authority_name = authority->name.p,
    };
    enum status rc;

    if (strcmp(service, "intake") != 0)
        return recover_core(cli, cli_service(service), authority, lease_ms,
                            done, err);
    rc = cli_kafka(cli, &options.conn, err);
    return rc == ST_OK ? recover_intake(&options, done, err) : rc;
}

static void
say_done(const struct cli *cli, const char *service, const char *authority,
         const struct retaken *done)
{
    if (cli_flag(cli, "json"))
        printf("{\"recover\":{\"service\":\"%s\",\"authority\":\"%s\","
               "\"turns\":%" PRId64 ",\"inputs\":%" PRId64
               ",\"records\":%" PRId64 ",\"to_publish\":%" PRId64
               ",\"keys_lost\":%" PRId64 "}}\n",
               service, authority, done->turns, done->inputs, done->records,
               done->open, done->keys_lost);
    else
        printf("recover: %s %s: %" PRId64 " turns of %" PRId64
               " inputs taken in, %" PRId64 " records as the log has them, "
               "%" PRId64 " that the service publishes\n",
               service, authority, done->turns, done->inputs, done->records,
               done->open);
    if (done->keys_lost > 0)
        fprintf(stderr,
                "recover: %" PRId64
                " of them have no key: their tree was begun "
                "after this backup; nobody can read whom they are about until "
                "its rows of intake.person_key come back from a later one\n",
                done->keys_lost);
}

/* Both sides are there and don't agree: that is what the exit code says. */
static bool
is_finding(const struct err *err)
{
    static const char *const codes[] = { "differs", "fork", "gap",  "order",
                                         "lost",    "miss", "stuck" };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(err->code, codes[i]) == 0)
            return true;
    return false;
}

static enum cli_exit
run(struct cli *cli)
{
    const char *service = cli_text(cli, "service");
    const char *name = cli_text(cli, "authority");
    int64_t lease_ms = 5000;
    struct authorities all;
    const struct authority *authority;
    struct retaken done = { .turns = 0 };
    struct err err = { .code = "" };
    enum status rc;

    if (service == NULL || name == NULL)
        return cli_usage(cli, "want --service and --authority");
    if (strcmp(service, "intake") != 0 && cli_service(service) == NULL)
        return cli_usage(cli,
                         "--service \"%s\": want intake, triage, tracker, "
                         "metrics or notifier",
                         service);
    if (!cli_number(cli, "lease-ms", 0, 600000, &lease_ms))
        return CLI_USAGE;
    rc = cli_authorities(cli, &all, &err);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    authority = authorities_find(&all, str_of(name));
    if (authority == NULL)
        return cli_usage(cli, "authority \"%s\" is not in authorities.json",
                         name);
    rc = recover_one(cli, service, authority, lease_ms, &done, &err);
    if (rc != ST_OK && is_finding(&err)) {
        fprintf(stderr, "waymark recover: %s: %s\n", err.code, err.text);
        return CLI_DIFFERENT;
    }
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    say_done(cli, service, name, &done);
    return CLI_DONE;
}

const struct verb verb_recover = {
    .name = "recover",
    .words = "--service S --authority A",
    .help = "after a restore: step again what the log holds and the database "
            "doesn't",
    .options = {
        { .name = "service", .value = "S",
          .help = "intake, triage, tracker, metrics or notifier; stopped, "
                  "with exit code 13" },
        { .name = "authority", .value = "A",
          .help = "of which authority; first intake, then down the stream. "
                  "Where log and database can't be joined it stops (exit 1): "
                  "a new incarnation can't be begun yet" },
        { .name = "lease-ms", .value = "N", .env = "WAYMARK_LEASE_MS",
          .dflt = "5000", .help = "the services' lease, ms" },
        CLI_SEAL_KEY_FILE,
    },
    .prints_data = true,
    .run = run,
};
