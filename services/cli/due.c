/* waymark due: what falls due soon or is late, clock by clock. */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/verbs.h"

/*
 * Clocks, and the rules that have none (D02, D06, D18): those that still wait
 * and those that are late. "Now" is the tracker's: with the log clock, the last
 * TimeAdvanced.
 */
static const char sql[] =
    "WITH waits AS (SELECT shard, subject_kind, subject_id, child_id, clock AS "
    "rule, due_at, clock <> 'T16' AS binds FROM tracker.clock WHERE state = "
    "'started' AND due_at IS NOT NULL UNION ALL SELECT shard, subject_kind, "
    "subject_id, child_id, rule, alert_due_at, true FROM tracker.deadline "
    "WHERE stage = 5 AND rule IN ('D02', 'D06', 'D18') UNION ALL SELECT shard, "
    "subject_kind, subject_id, child_id, rule, due_at, true FROM tracker.alert "
    "WHERE cleared_at IS NULL AND rule IN ('D02', 'D06', 'D18')), "
    "placed AS (SELECT h.authority, w.rule, w.due_at, w.binds AND w.due_at < "
    "h.now AS late, w.subject_kind, w.subject_id, coalesce(c.unit, k.unit, "
    "e.unit) AS unit, coalesce(c.worker, k.worker) AS worker FROM waits w JOIN "
    "tracker.shard h USING (shard) LEFT JOIN tracker.cases c ON c.shard = "
    "w.shard AND c.case_id = w.subject_id LEFT JOIN tracker.episode e ON "
    "e.shard = w.shard AND e.episode_id = w.subject_id LEFT JOIN LATERAL "
    "(SELECT o.unit, o.worker FROM tracker.cases o WHERE c.case_id IS NULL AND "
    "o.shard = w.shard AND o.child_id = w.child_id AND o.state NOT IN "
    "('closed', 'merged', 'transferred') ORDER BY o.side DESC LIMIT 1) k ON "
    "true WHERE ($1 = -1 OR w.shard = $1) AND w.due_at <= h.now + "
    "make_interval(secs => $3)) "
    "SELECT * FROM placed WHERE ($2::text IS NULL OR unit = $2) AND "
    "($4::text IS NULL OR worker = $4) ORDER BY due_at, rule, subject_id";

/* "7d", "12h" or "2w" in seconds. */
static bool
read_within(const struct cli *cli, int64_t *out_s)
{
    const char *text = cli_text(cli, "within");
    char *unit;
    long n = strtol(text, &unit, 10);
    int64_t length_s = 0;

    if (*unit == 'h')
        length_s = 60 * 60;
    else if (*unit == 'd')
        length_s = 24 * 60 * 60;
    else if (*unit == 'w')
        length_s = 7 * 24 * 60 * 60;
    if (unit == text || length_s == 0 || unit[1] != '\0' || n < 0 ||
        n > 10000) {
        (void)cli_usage(cli, "--within \"%s\": want such as 12h, 7d or 2w",
                        text);
        return false;
    }
    *out_s = n * length_s;
    return true;
}

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    struct pg_params p;
    int64_t within_s;
    enum status rc;

    if (!read_within(cli, &within_s))
        return CLI_USAGE;
    rc = cli_list_begin(cli, &p, &err);
    pg_add_i64(&p, within_s);
    pg_add_text(&p, str_of(cli_text(cli, "worker")));
    if (rc == ST_OK)
        rc = cli_list(cli, "due", sql, &p, &err);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_due = {
    .name = "due",
    .words = "[--unit U] [--worker W] [--within 7d]",
    .help = "what is late and what falls due, the earliest first",
    .options = {
        { .name = "unit", .value = "U", .help = "only of this unit" },
        { .name = "worker", .value = "W", .help = "only of this worker" },
        { .name = "within", .value = "TIME", .dflt = "7d",
          .help = "how far ahead: hours, days or weeks (12h, 7d, 2w)" },
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
