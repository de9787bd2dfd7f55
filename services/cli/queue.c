/* waymark queue: what waits for people, the most urgent first, and who is at
 * it. */
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/json.h"
#include "common/core/codes.h"

/*
 * A provisional decision waits for a screener; where the other side is asked
 * first and has not answered, for that. A match waits by D19, whose hours are
 * the present profile's. `urgency`: 0 danger, or missing at high risk; then
 * the colours of the MASH (domain.md section 5).
 */
#define WAITING                                                                \
    "WITH proposed AS (SELECT d.*, t.case_id, ('consult_other_side' = "        \
    "ANY (string_to_array(d.actions, E'\\n')) OR d.csc_threshold = 'unsure') " \
    "AND NOT EXISTS (SELECT FROM tracker.clock c WHERE c.shard = d.shard AND " \
    "c.subject_id = t.case_id AND c.clock = 'L6' AND c.state = 'stopped') "    \
    "AS consults FROM triage.decisions d LEFT JOIN tracker.referral t "        \
    "USING (shard, agency_id, agency_ref) WHERE d.status = 'provisional' AND " \
    "NOT d.superseded), waiting AS (SELECT shard, CASE WHEN consults THEN "    \
    "'consultation' ELSE 'screening' END AS queue, notification_id, "          \
    "agency_id, agency_ref, kind, immediate_danger, harm, risk_grade, rag, "   \
    "entry, unit, outcome, rule_id, ask, received_at, (SELECT min(c.due_at) "  \
    "FROM tracker.clock c WHERE c.shard = p.shard AND c.subject_id = "         \
    "p.case_id AND c.stopped_at IS NULL AND c.clock = ANY (CASE WHEN "         \
    "consults "                                                                \
    "THEN '{L6,L1,L5,T1}' ELSE '{L1,L5,T1}' END::text[])) AS due_at FROM "     \
    "proposed p UNION ALL SELECT r.shard, 'match', r.notification_id, "        \
    "d.agency_id, d.agency_ref, d.kind, d.immediate_danger, d.harm, "          \
    "d.risk_grade, d.rag, d.entry, d.unit, r.step, '', r.candidates, "         \
    "r.opened_at, r.opened_at + make_interval(hours => (SELECT (c.text::json " \
    "#>> ARRAY['drift', 'D19_match_review', 'value', CASE WHEN d.kind LIKE "   \
    "'police\\_missing%' THEN 'missing_hours' ELSE 'other_hours' END])::int "  \
    "FROM triage.config c WHERE c.shard = r.shard AND c.config_kind = "        \
    "'profile' ORDER BY c.n DESC LIMIT 1)) FROM triage.match_review r JOIN "   \
    "triage.decisions d USING (shard, notification_id) WHERE "                 \
    "r.resolved_at IS NULL), ordered AS (SELECT w.*, CASE WHEN "               \
    "immediate_danger OR harm = 'likely' OR (kind LIKE 'police\\_missing%' "   \
    "AND risk_grade = 'high') THEN 0 ELSE coalesce(array_position("            \
    "'{red,amber,green,blue}', rag), 2) END AS urgency FROM waiting w) "

#define CHOSEN                                                                 \
    WAITING                                                                    \
    "SELECT o.queue, o.urgency, o.rag, to_char(o.due_at AT TIME ZONE 'UTC', "  \
    "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS due_at, o.due_at < "                 \
    "coalesce(h.now, now()) AS late, o.agency_id || '/' || o.agency_ref AS "   \
    "notification, o.notification_id AS id, o.kind, o.entry, o.outcome AS "    \
    "proposed, nullif(o.rule_id, '') AS rule, "                                \
    "nullif(replace(o.ask, E'\\n', ','), '') AS ask, c.owner, "                \
    "to_char(now() - c.claimed_at, 'HH24:MI:SS') AS claimed FROM ordered o "   \
    "JOIN triage.shard h USING (shard) LEFT JOIN intake.claim c ON c.shard = " \
    "o.shard AND c.queue = o.queue AND c.item_id = o.notification_id WHERE "   \
    "($1 = -1 OR o.shard = $1) AND ($2::text IS NULL OR o.queue = $2) AND "    \
    "($3::text IS NULL OR o.entry = $3) AND ($4::uuid IS NULL OR "             \
    "o.notification_id = $4) AND ($5::text IS NULL OR (o.agency_id = $5 AND "  \
    "o.agency_ref = $6)) "                                                     \
    "ORDER BY o.urgency, o.due_at NULLS LAST, o.received_at, "                 \
    "o.notification_id, o.queue"

/* Free, or its own: what "next" may take, in that order. */
#define FREE                                                                   \
    "SELECT f.queue, f.id FROM (" CHOSEN                                       \
    ") f WHERE $7 OR f.owner IS NULL OR f.owner = $8"

/* Which items are meant; nothing of it: all. */
struct choice {
    int32_t shard; /* -1: all */
    struct str queue;
    struct str entry;
    struct id id;
    struct str agency;
    struct str ref;
};

static bool
read_word(struct choice *out, const char *word)
{
    const char *slash = strchr(word, '/');

    if (slash == NULL)
        return id_parse(str_of(word), &out->id);
    out->agency = (struct str){ .p = word, .n = (size_t)(slash - word) };
    out->ref = str_of(slash + 1);
    return true;
}

static struct str
option(const struct cli *cli, const char *name)
{
    const char *value = cli_text(cli, name);

    return value == NULL ? STR_NULL : str_of(value);
}

static enum status
read_choice(const struct cli *cli, struct choice *out, struct err *err)
{
    *out = (struct choice){ .queue = option(cli, "queue"),
                            .entry = option(cli, "entry"),
                            .id = ID_NONE };
    if (out->queue.p != NULL && codes_find(&codes_queue, out->queue) == 0)
        return err_set(err, ST_REJECT, "config",
                       "--queue: want screening, consultation or match");
    if (out->entry.p != NULL && codes_find(&codes_entry, out->entry) == 0)
        return err_set(err, ST_REJECT, "config",
                       "--entry: want eh, csc or mash");
    return cli_shard(cli, &out->shard, err);
}

static void
add_choice(const struct choice *c, struct arena *arena, struct pg_params *p)
{
    pg_params_init(p, arena);
    pg_add_i32(p, c->shard);
    pg_add_text(p, c->queue);
    pg_add_text(p, c->entry);
    pg_add_id(p, c->id);
    pg_add_text(p, c->agency);
    pg_add_text(p, c->ref);
}

static enum cli_exit
list(struct cli *cli, const struct choice *c, struct pg *pg)
{
    struct pg_params p;
    struct err err = { .code = "" };
    size_t n = 0;
    enum status rc;

    add_choice(c, cli->arena, &p);
    rc = cli_show(cli, pg, NULL, NULL, CHOSEN, &p, &n, &err);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    if (!cli_flag(cli, "json"))
        printf("%zu waiting\n", n);
    return CLI_DONE;
}

/* ---- claiming ---- */

static struct str
body_of(const struct cli *cli, struct str queue, struct id id, bool release)
{
    char text[ID_TEXT_SIZE];
    struct json_out out;

    json_out_init(&out, cli->arena);
    json_out_object(&out);
    json_out_kstr(&out, "queue", queue);
    json_out_kcstr(&out, "id", id_text(id, text));
    json_out_kcstr(&out, "act", release ? "release" : "claim");
    json_out_kcstr(&out, "by", cli_text(cli, "by"));
    if (cli_text(cli, "from") != NULL)
        json_out_kcstr(&out, "from", cli_text(cli, "from"));
    json_out_object_end(&out);
    return json_out_text(&out);
}

static void
show(const struct cli *cli, struct str queue, struct id id, bool release,
     struct str answer)
{
    char text[ID_TEXT_SIZE];

    if (cli_flag(cli, "json"))
        printf("%.*s\n", STR_ARG(answer));
    else
        printf("%s %.*s: %s %s\n", id_text(id, text), STR_ARG(queue),
               release ? "given up by" : "claimed by", cli_text(cli, "by"));
}

/* With `any` an item that another took meanwhile is passed over. */
static enum cli_exit
try_all(const struct cli *cli, const struct pg_result *res, bool release,
        bool any)
{
    struct ask_answer answer = { .status = 0 };
    struct err err = { .code = "" };

    for (size_t i = 0; i < pg_n_rows(res); i++) {
        struct str queue = pg_text(res, i, 0);
        struct id id = pg_id(res, i, 1);
        enum status rc = ask_intake(
            cli, "/v1/claims", body_of(cli, queue, id, release), &answer, &err);

        if (rc != ST_OK)
            return cli_fail(cli, rc, &err);
        if (answer.status == ASK_ACCEPTED) {
            show(cli, queue, id, release, answer.body);
            return CLI_DONE;
        }
        if (!any || answer.status != ASK_CONFLICT)
            return ask_refused(cli, &answer);
    }
    fprintf(stderr, "waymark queue: nothing %s\n",
            any ? "free waits there" : "of that waits");
    return CLI_DIFFERENT;
}

static enum cli_exit
act(struct cli *cli, struct choice *c, struct pg *pg, bool release)
{
    bool any = !release && strcmp(cli->words[1], "next") == 0;
    struct pg_params p;
    struct pg_result *res = NULL;
    struct err err = { .code = "" };
    enum cli_exit code;
    enum status rc;

    if (!any && !read_word(c, cli->words[1]))
        return cli_usage(cli, "\"%s\": want an id, AGENCY/REF or next",
                         cli->words[1]);
    add_choice(c, cli->arena, &p);
    pg_add_bool(&p, !any);
    pg_add_text(&p, option(cli, "by"));
    rc = pg_query(pg, NULL, FREE, &p, &res, &err);
    code =
        rc == ST_OK ? try_all(cli, res, release, any) : cli_fail(cli, rc, &err);
    pg_result_close(res);
    return code;
}

static enum cli_exit
run(struct cli *cli)
{
    bool lists = strcmp(cli->words[0], "list") == 0;
    bool release = strcmp(cli->words[0], "release") == 0;
    struct err err = { .code = "" };
    struct pg *pg = NULL;
    struct choice choice;
    enum cli_exit code;
    enum status rc;

    if (!lists && !release && strcmp(cli->words[0], "claim") != 0)
        return cli_usage(cli, "\"%s\": want list, claim or release",
                         cli->words[0]);
    if (cli->n_words != (lists ? 1 : 2))
        return cli_usage(cli, lists ? "list takes no words"
                                    : "which one? an id, AGENCY/REF or next");
    if (!lists && cli_text(cli, "by") == NULL)
        return cli_usage(cli, "want --by NAME");
    rc = read_choice(cli, &choice, &err);
    if (rc == ST_OK)
        rc = cli_pg(cli, &pg, &err);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    code = lists ? list(cli, &choice, pg) : act(cli, &choice, pg, release);
    pg_close(pg);
    return code;
}

const struct verb verb_queue = {
    .name = "queue",
    .words = "list | claim ID|AGENCY/REF|next | release ID|AGENCY/REF",
    .help = "what waits for people, the most urgent first, and who is at it",
    .min_words = 1,
    .max_words = 2,
    .options = {
        { .name = "queue", .value = "Q",
          .help = "only screening, consultation or match" },
        { .name = "entry", .value = "E",
          .help = "only what came by this door: eh, csc or mash" },
        { .name = "by", .value = "NAME", .help = "who claims or gives up" },
        { .name = "from", .value = "NAME",
          .help = "claim it from this owner, who isn't there" },
        ASK_OPTIONS,
    },
    .prints_data = true,
    .run = run,
};
