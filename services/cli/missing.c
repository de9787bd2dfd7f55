/* waymark missing: children who are missing, or found and not interviewed. */
#include "cli/cli.h"
#include "cli/verbs.h"

/* Whoever has the child's case owns the episode; else the unit's leader. */
static const char sql[] =
    "SELECT s.authority, e.episode_id, e.agency_id || '/' || e.episode_ref AS "
    "episode, e.child_id, e.state, e.category, e.risk_grade, e.reported_at, "
    "e.found_at, e.rhi_state, e.rhi_due_at, e.state = 'found' AND e.rhi_due_at "
    "< s.now AS late, coalesce(k.unit, e.unit) AS unit, coalesce(k.worker, "
    "'leader') AS owner FROM tracker.episode e JOIN tracker.shard s USING "
    "(shard) LEFT JOIN LATERAL (SELECT o.unit, o.worker FROM tracker.cases o "
    "WHERE o.shard = e.shard AND o.child_id = e.child_id AND o.state NOT IN "
    "('closed', 'merged', 'transferred') ORDER BY o.side DESC LIMIT 1) k ON "
    "true WHERE ($1 = -1 OR e.shard = $1) AND ($3 OR e.state IN ('missing', "
    "'found')) AND ($2::text IS NULL OR coalesce(k.unit, e.unit) = $2) "
    "ORDER BY e.state DESC, coalesce(e.rhi_due_at, e.reported_at), "
    "e.episode_id";

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    struct pg_params p;
    enum status rc = cli_list_begin(cli, &p, &err);

    pg_add_bool(&p, cli_flag(cli, "all"));
    if (rc == ST_OK)
        rc = cli_list(cli, "missing episodes", sql, &p, &err);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_missing = {
    .name = "missing",
    .words = "[--unit U] [--all]",
    .help = "children who are missing, or found and not interviewed",
    .options = {
        { .name = "unit", .value = "U", .help = "only of this unit" },
        { .name = "all", .help = "episodes that are over, too" },
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
