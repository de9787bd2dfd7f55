/* waymark alerts: what needs a person, as tracker and notifier have it. */
#include "cli/cli.h"
#include "cli/verbs.h"

#define OF_TRACKER                                                             \
    "SELECT a.alert_id, h.authority, a.rule, a.stage, a.told, a.unit, "        \
    "a.worker, a.subject_kind, a.subject_id, a.due_at, a.raised_at, "          \
    "a.acknowledged_at, a.acknowledged_by, a.cleared_at "                      \
    "FROM tracker.alert a JOIN tracker.shard h USING (shard) "                 \
    "WHERE ($1 = -1 OR a.shard = $1) AND (NOT $2 OR a.cleared_at IS NULL) "    \
    "AND ($3::text IS NULL OR a.unit = $3) "

/* What notifier found wrong by the wall clock; no unit has it. */
#define OF_NOTIFIER                                                            \
    "UNION ALL SELECT i.incident_id, h.authority, i.rule, CASE WHEN "          \
    "i.escalated_at IS NULL THEN 1 ELSE 2 END, n.told, NULL, NULL, CASE WHEN " \
    "i.rule = 'D16' THEN 'notification' ELSE 'service' END, i.subject_id, "    \
    "m.due_at, i.raised_at, i.acknowledged_at, i.acknowledged_by, "            \
    "i.cleared_at FROM notifier.incident i JOIN notifier.shard h USING "       \
    "(shard) LEFT JOIN notifier.missing m ON m.shard = i.shard AND "           \
    "m.notification_id = i.subject_id LEFT JOIN LATERAL (SELECT o.told FROM "  \
    "notifier.notice o WHERE o.shard = i.shard AND o.notice_id = "             \
    "i.incident_id ORDER BY o.rung DESC LIMIT 1) n ON true "                   \
    "WHERE ($1 = -1 OR i.shard = $1) AND (NOT $2 OR i.cleared_at IS NULL) "    \
    "AND $3::text IS NULL "

#define OLDEST_FIRST "ORDER BY raised_at, alert_id"

static enum status
show(const struct cli *cli, struct pg *pg, int32_t shard, struct err *err)
{
    struct pg_params p;
    bool notifier = false;
    enum status rc = cli_has_table(pg, "notifier", "incident", &notifier, err);

    pg_params_init(&p, cli->arena);
    pg_add_i32(&p, shard);
    pg_add_bool(&p, cli_flag(cli, "open"));
    pg_add_text(&p, str_of(cli_text(cli, "unit")));
    if (rc != ST_OK)
        return rc;
    return cli_show(cli, pg, "alerts", NULL,
                    notifier ? OF_TRACKER OF_NOTIFIER OLDEST_FIRST
                             : OF_TRACKER OLDEST_FIRST,
                    &p, NULL, err);
}

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    struct pg *pg = NULL;
    int32_t shard;
    enum status rc = cli_shard(cli, &shard, &err);

    if (rc == ST_OK)
        rc = cli_pg(cli, &pg, &err);
    if (rc == ST_OK)
        rc = show(cli, pg, shard, &err);
    pg_close(pg);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_alerts = {
    .name = "alerts",
    .words = "[--open] [--unit U]",
    .help = "alerts of the tracker, and what notifier found wrong",
    .options = {
        { .name = "open", .help = "only those that have not cleared" },
        { .name = "unit", .value = "U", .help = "only of this unit" },
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
