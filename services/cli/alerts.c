/* waymark alerts: what needs a person, as the tracker has it. */
#include "cli/cli.h"
#include "cli/verbs.h"

static const char sql[] =
    "SELECT a.alert_id, h.authority, a.rule, a.stage, a.told, a.unit, "
    "a.worker, a.subject_kind, a.subject_id, a.due_at, a.raised_at, "
    "a.acknowledged_at, a.acknowledged_by, a.cleared_at "
    "FROM tracker.alert a JOIN tracker.shard h USING (shard) "
    "WHERE ($1 = -1 OR a.shard = $1) AND (NOT $2 OR a.cleared_at IS NULL) "
    "AND ($3::text IS NULL OR a.unit = $3) "
    "ORDER BY a.raised_at, a.alert_id";

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    const char *unit = cli_text(cli, "unit");
    struct pg *pg = NULL;
    struct pg_params p;
    int32_t shard;
    enum status rc = cli_shard(cli, &shard, &err);

    if (rc == ST_OK)
        rc = cli_pg(cli, &pg, &err);
    pg_params_init(&p, cli->arena);
    pg_add_i32(&p, shard);
    pg_add_bool(&p, cli_flag(cli, "open"));
    pg_add_text(&p, str_of(unit));
    if (rc == ST_OK)
        rc = cli_show(cli, pg, "alerts", NULL, sql, &p, NULL, &err);
    pg_close(pg);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_alerts = {
    .name = "alerts",
    .words = "[--open] [--unit U]",
    .help = "alerts of the tracker",
    .options = {
        { .name = "open", .help = "only those that have not cleared" },
        { .name = "unit", .value = "U", .help = "only of this unit" },
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
