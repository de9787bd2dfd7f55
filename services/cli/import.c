/* waymark import: the children and open cases that an authority has on the day
 * it begins, and what of them was overdue then. */
#include "cli/cli.h"
#include "cli/send.h"
#include "cli/verbs.h"

/*
 * Limits that had passed when the case was taken on and that nobody has met
 * since: its clocks, and by the profile's days the rules that have none.
 */
static const char overdue[] =
    "WITH taken AS (SELECT c.*, d.recorded_at AS taken_at, d.agency_ref AS "
    "row, (SELECT f.text::json -> 'drift' FROM triage.config f WHERE f.shard = "
    "c.shard AND f.config_kind = 'profile' ORDER BY f.n DESC LIMIT 1) AS drift "
    "FROM tracker.cases c JOIN triage.decisions d USING (shard, "
    "notification_id) WHERE d.kind = 'go_live' AND c.state NOT IN ('closed', "
    "'merged', 'transferred') AND ($1 = -1 OR c.shard = $1) AND ($2::text IS "
    "NULL OR c.unit = $2)), "
    "ruled AS (SELECT t.*, 'D02' AS rule, (t.contact_at AT TIME ZONE "
    "'Europe/London')::date + (t.drift #>> "
    "'{D02_no_activity_days,value}')::int "
    "AS due_on FROM taken t UNION ALL SELECT t.*, 'D06', (t.opened_at AT TIME "
    "ZONE 'Europe/London')::date + 7 * (t.drift #>> "
    "'{D06_open_weeks,value,alert}')::int FROM taken t), "
    "late AS (SELECT t.case_id, t.row, t.unit, t.worker, k.clock AS rule, "
    "(k.due_at AT TIME ZONE 'Europe/London')::date AS due_on, t.taken_at FROM "
    "taken t JOIN tracker.clock k ON k.shard = t.shard AND k.subject_id = "
    "t.case_id WHERE k.state = 'started' AND k.clock <> 'T16' AND k.due_at < "
    "t.taken_at UNION ALL SELECT case_id, row, unit, worker, rule, due_on, "
    "taken_at FROM ruled r WHERE due_on < (taken_at AT TIME ZONE "
    "'Europe/London')::date) "
    "SELECT row, case_id, unit, worker, rule, to_char(due_on, 'YYYY-MM-DD') AS "
    "due_on, (taken_at AT TIME ZONE 'Europe/London')::date - due_on AS "
    "days_late FROM late ORDER BY unit, worker NULLS FIRST, due_on, row, rule";

static enum cli_exit
list_overdue(struct cli *cli)
{
    struct err err = { .code = "" };
    struct pg_params p;
    enum status rc = cli_list_begin(cli, &p, &err);

    if (rc == ST_OK)
        rc = cli_list(cli, "overdue", overdue, &p, &err);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

static enum cli_exit
run(struct cli *cli)
{
    const struct send_task task = {
        .kind = { .item = ITEM_NOTIFICATION, .kind = KIND_GO_LIVE },
        .given = { { "by", cli_text(cli, "by") },
                   { "second_by", cli_text(cli, "second") } },
    };

    if (cli_flag(cli, "overdue") && cli->n_words == 0)
        return list_overdue(cli);
    if (cli->n_words == 0 || cli_flag(cli, "overdue"))
        return cli_usage(cli, "want a FILE, or --overdue alone");
    if (task.given[0].value == NULL || task.given[1].value == NULL)
        return cli_usage(cli, "want --by NAME and --second NAME: two people");
    return send_files(cli, &task);
}

const struct verb verb_import = {
    .name = "import",
    .words = "FILE... --by NAME --second NAME | --overdue [--unit U]",
    .help = "children and open cases of an authority that begins",
    .max_words = 64,
    .options = {
        SEND_OPTIONS,
        { .name = "by", .value = "NAME", .help = "who takes them over" },
        { .name = "second", .value = "NAME", .help = "the second person" },
        { .name = "overdue",
          .help = "list what was overdue when it was taken over, and still is" },
        { .name = "unit", .value = "U", .help = "only of this unit" },
    },
    .prints_data = true,
    .run = run,
};
