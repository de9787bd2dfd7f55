/* waymark case: a case with what led to it and what runs on it. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"

/* One part of what is shown; $1 is the shard, the rest says of whom. */
struct section {
    const char *title;
    const char *key; /* in JSON */
    const char *sql;
};

/* What is meant: cases by id, by child, or by the notification's child. */
#define CHOSEN                                                                 \
    "WITH chosen AS (SELECT c.* FROM tracker.cases c WHERE ($1 = -1 OR "       \
    "c.shard = $1) AND (c.case_id = $2 OR c.child_id = $3 OR c.child_id IN "   \
    "(SELECT d.child_id FROM triage.decision d WHERE d.shard = c.shard AND "   \
    "d.agency_id = $4 AND d.agency_ref = $5))), children AS (SELECT DISTINCT " \
    "shard, child_id FROM chosen UNION SELECT shard, child_id FROM "           \
    "triage.decisions WHERE ($1 = -1 OR shard = $1) AND (child_id = $3 OR "    \
    "(agency_id = $4 AND agency_ref = $5))), subjects AS (SELECT shard, "      \
    "case_id AS subject_id FROM chosen UNION SELECT e.shard, e.episode_id "    \
    "FROM tracker.episode e JOIN children k ON k.shard = e.shard AND "         \
    "k.child_id = e.child_id) "

static const struct section sections[] = {
    { "cases", "cases",
      CHOSEN "SELECT case_id, child_id, side, state, outcome, unit, worker, "
             "opened_at, closed_at, close_outcome, csc_status, "
             "profile_version FROM chosen ORDER BY opened_at, case_id" },
    { "decisions", "decisions",
      CHOSEN "SELECT d.received_at, d.agency_id || '/' || d.agency_ref AS "
             "notification, d.amendment, d.kind, d.outcome, d.status, "
             "d.rule_id, d.effect, d.match_status FROM triage.decisions d JOIN "
             "children k ON k.shard = d.shard AND k.child_id = d.child_id "
             "ORDER BY d.received_at, d.notification_id" },
    { "clocks", "clocks",
      CHOSEN "SELECT c.clock, c.subject_kind, c.subject_id, c.state, "
             "c.started_at, c.due_at, c.stopped_at, c.late FROM tracker.clock "
             "c JOIN subjects s ON s.shard = c.shard AND s.subject_id = "
             "c.subject_id ORDER BY c.due_at, c.clock" },
    { "hand-overs", "handovers",
      CHOSEN "SELECT h.handover_id, h.direction, h.state, h.from_unit, "
             "h.to_unit, h.offered_at, h.due_at, h.answered_at FROM "
             "tracker.handover h JOIN chosen c ON c.shard = h.shard AND "
             "c.case_id = h.case_id ORDER BY h.offered_at" },
    { "missing episodes", "episodes",
      CHOSEN "SELECT e.episode_ref, e.state, e.risk_grade, e.reported_at, "
             "e.found_at, e.rhi_state, e.rhi_due_at FROM tracker.episode e "
             "JOIN children k ON k.shard = e.shard AND k.child_id = "
             "e.child_id ORDER BY e.reported_at" },
    { "alerts", "alerts",
      CHOSEN "SELECT a.alert_id, a.rule, a.stage, a.told, a.due_at, "
             "a.raised_at, a.acknowledged_at, a.cleared_at FROM "
             "tracker.alert a JOIN subjects s ON s.shard = a.shard AND "
             "s.subject_id = a.subject_id ORDER BY a.raised_at, a.alert_id" },
};
enum { N_SECTIONS = sizeof sections / sizeof sections[0] };

struct subject {
    int32_t shard;
    struct id case_id;
    struct id child_id;
    struct str agency_id;
    struct str agency_ref;
};

/* Which of the three ways to name it was taken. */
static bool
read_subject(const struct cli *cli, struct subject *out)
{
    const char *child = cli_text(cli, "child");
    const char *notification = cli_text(cli, "notification");
    size_t given = cli->n_words + (child != NULL) + (notification != NULL);
    const char *slash;

    if (given != 1) {
        (void)cli_usage(cli, "want one of ID, --child ID and --notification "
                             "AGENCY/REF");
        return false;
    }
    if (notification != NULL) {
        slash = strchr(notification, '/');
        if (slash == NULL) {
            (void)cli_usage(cli, "--notification: want AGENCY/REF");
            return false;
        }
        out->agency_id = (struct str){ .p = notification,
                                       .n = (size_t)(slash - notification) };
        out->agency_ref = str_of(slash + 1);
        return true;
    }
    if (id_parse(str_of(child != NULL ? child : cli->words[0]),
                 child != NULL ? &out->child_id : &out->case_id))
        return true;
    (void)cli_usage(cli, "an id has 36 characters");
    return false;
}

static enum status
show(const struct cli *cli, struct pg *pg, const struct subject *subject,
     size_t *found, struct err *err)
{
    bool json = cli_flag(cli, "json");
    enum status rc = ST_OK;

    *found = 0;
    printf("%s", json ? "{" : "");
    for (size_t i = 0; rc == ST_OK && i < N_SECTIONS; i++) {
        struct pg_params p;
        size_t n = 0;

        pg_params_init(&p, cli->arena);
        pg_add_i32(&p, subject->shard);
        pg_add_id(&p, subject->case_id);
        pg_add_id(&p, subject->child_id);
        pg_add_text(&p, subject->agency_id);
        pg_add_text(&p, subject->agency_ref);
        if (i > 0)
            printf("%s", json ? "," : "\n");
        rc = cli_show(cli, pg, sections[i].title, sections[i].key,
                      sections[i].sql, &p, &n, err);
        *found += n;
    }
    printf("%s", json ? "}\n" : "");
    return rc;
}

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    struct subject subject = { .case_id = ID_NONE, .child_id = ID_NONE };
    struct pg *pg = NULL;
    size_t found = 0;
    enum status rc;

    if (!read_subject(cli, &subject))
        return CLI_USAGE;
    rc = cli_shard(cli, &subject.shard, &err);
    if (rc == ST_OK)
        rc = cli_pg(cli, &pg, &err);
    if (rc == ST_OK)
        rc = show(cli, pg, &subject, &found, &err);
    pg_close(pg);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    return found > 0 ? CLI_DONE : CLI_DIFFERENT;
}

const struct verb verb_case = {
    .name = "case",
    .words = "ID | --child ID | --notification AGENCY/REF",
    .help = "a case: what was decided, clocks, hand-overs, alerts",
    .max_words = 1,
    .options = {
        { .name = "child", .value = "ID", .help = "all cases of a child" },
        { .name = "notification", .value = "AGENCY/REF",
          .help = "of the child that it is about" },
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
