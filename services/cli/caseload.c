/* waymark caseload: open cases by worker, and what nobody has. */
#include "cli/cli.h"
#include "cli/verbs.h"

static const char sql[] =
    "WITH mine AS (SELECT c.*, EXISTS (SELECT FROM tracker.alert a WHERE "
    "a.shard = c.shard AND a.subject_id = c.case_id AND a.cleared_at IS NULL) "
    "AS alerted FROM tracker.cases c WHERE ($1 = -1 OR c.shard = $1) AND "
    "c.state NOT IN ('closed', 'merged', 'transferred') AND ($2::text IS NULL "
    "OR c.unit = $2)) "
    "SELECT s.authority, m.worker, string_agg(DISTINCT m.unit, ' ' ORDER BY "
    "m.unit) AS units, count(*) AS open, count(*) FILTER (WHERE m.side = 'eh') "
    "AS eh, count(*) FILTER (WHERE m.side = 'csc') AS csc, count(*) FILTER "
    "(WHERE m.alerted) AS with_alerts, min(m.opened_at) AS oldest, EXISTS "
    "(SELECT FROM tracker.alert a WHERE a.shard = m.shard AND a.rule = 'D13' "
    "AND a.worker = m.worker AND a.cleared_at IS NULL) AS over_norm "
    "FROM mine m JOIN tracker.shard s ON s.shard = m.shard "
    "GROUP BY m.shard, s.authority, m.worker "
    "ORDER BY s.authority, m.worker IS NOT NULL, count(*) DESC, m.worker";

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    struct pg_params p;
    enum status rc = cli_list_begin(cli, &p, &err);

    if (rc == ST_OK)
        rc = cli_list(cli, "caseload", sql, &p, &err);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_caseload = {
    .name = "caseload",
    .words = "[--unit U]",
    .help = "open cases by worker, first those that nobody has",
    .options = {
        { .name = "unit", .value = "U", .help = "only cases of this unit" },
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
