/* waymark why: which rule decided, and what it saw. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"

#define CHOSEN                                                                 \
    "SELECT h.authority, d.notification_id, d.agency_id, d.agency_ref, "       \
    "d.amendment, d.superseded, d.kind, d.received_at, d.child_id, "           \
    "d.match_status, d.match_step, d.outcome, d.rule_outcome, d.status, "      \
    "d.rule_id, d.hits, d.action_rules, d.actions, d.inputs, d.ask, "          \
    "d.profile_version, d.side, d.unit, d.locality, d.overridden, "            \
    "d.screened_by, d.second_by, d.existing_case_id, d.effect, "               \
    "d.decision_id, d.decisions, d.warnings "                                  \
    "FROM triage.decisions d JOIN triage.shard h USING (shard) "               \
    "WHERE ($1 = -1 OR d.shard = $1) AND (d.notification_id = $2 OR "          \
    "(d.agency_id = $3 AND d.agency_ref = $4)) "                               \
    "ORDER BY h.authority, d.amendment"

/* For people: a line a field, lists on one line. */
static const char as_lines[] =
    "SELECT j.key AS what, replace(j.value, E'\\n', ', ') AS is FROM (" CHOSEN
    ") d, json_each_text(row_to_json(d)) j WHERE j.value <> ''";

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    struct str agency = STR_NULL, ref = STR_NULL;
    struct id id = ID_NONE;
    const char *word = cli->words[0], *slash = strchr(word, '/');
    struct pg *pg = NULL;
    struct pg_params p;
    int32_t shard;
    size_t n = 0;
    enum status rc;

    if (slash != NULL) {
        agency = (struct str){ .p = word, .n = (size_t)(slash - word) };
        ref = str_of(slash + 1);
    } else if (!id_parse(str_of(word), &id)) {
        return cli_usage(cli, "want an id or AGENCY/REF");
    }
    rc = cli_shard(cli, &shard, &err);
    if (rc == ST_OK)
        rc = cli_pg(cli, &pg, &err);
    pg_params_init(&p, cli->arena);
    pg_add_i32(&p, shard);
    pg_add_id(&p, id);
    pg_add_text(&p, agency);
    pg_add_text(&p, ref);
    if (rc == ST_OK)
        rc = cli_show(cli, pg, NULL, NULL,
                      cli_flag(cli, "json") ? CHOSEN : as_lines, &p, &n, &err);
    pg_close(pg);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    if (n == 0)
        fprintf(stderr, "waymark why: nothing was decided about it\n");
    return n > 0 ? CLI_DONE : CLI_DIFFERENT;
}

const struct verb verb_why = {
    .name = "why",
    .words = "ID | AGENCY/REF",
    .help = "what was decided about a notification, by which rule and why",
    .min_words = 1,
    .max_words = 1,
    .options = {
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
