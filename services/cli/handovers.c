/* waymark handovers: offers between the two sides, and the panel's list. */
#include "cli/cli.h"
#include "cli/verbs.h"

/* T18 runs until the panel has considered a step-down. */
static const char sql[] =
    "SELECT s.authority, h.handover_id, h.case_id, h.direction, h.state, "
    "h.from_unit, h.to_unit, c.worker, h.offered_at, h.due_at, h.expiries, "
    "h.state = 'offered' AND h.due_at < s.now AS late, t.due_at AS "
    "panel_due_at, t.state = 'stopped' AS panel_considered "
    "FROM tracker.handover h JOIN tracker.shard s USING (shard) JOIN "
    "tracker.cases c ON c.shard = h.shard AND c.case_id = h.case_id LEFT JOIN "
    "tracker.clock t ON t.shard = h.shard AND t.subject_id = h.case_id AND "
    "t.clock = 'T18' AND t.started_at = h.offered_at "
    "WHERE ($1 = -1 OR h.shard = $1) AND ($3 OR h.state = 'offered') AND "
    "($2::text IS NULL OR h.from_unit = $2 OR h.to_unit = $2) AND (NOT $4 OR "
    "t.state = 'started') ORDER BY coalesce(t.due_at, h.due_at), "
    "h.handover_id";

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    bool panel = cli_flag(cli, "panel");
    struct pg_params p;
    enum status rc = cli_list_begin(cli, &p, &err);

    pg_add_bool(&p, cli_flag(cli, "all"));
    pg_add_bool(&p, panel);
    if (rc == ST_OK)
        rc = cli_list(cli, panel ? "for the panel" : "hand-overs", sql, &p,
                      &err);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_handovers = {
    .name = "handovers",
    .words = "[--unit U] [--panel] [--all]",
    .help = "offers that wait for an answer, and the panel's list",
    .options = {
        { .name = "unit", .value = "U", .help = "from or to this unit" },
        { .name = "panel",
          .help = "only step-downs that the panel has not considered" },
        { .name = "all", .help = "answered ones, too" },
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
