/* waymark why: whose notification it is, which rules were tried with what they
 * saw, and whether they would say the same again. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "cli/why_rules.h"
#include "common/adapters/json.h"
#include "common/adapters/profile_json.h"
#include "common/core/codes.h"

/* What people read first, by name and title; the rest of a decision follows
 * from rules and version. Empty values are left out. */
#define CHOSEN                                                                 \
    "FROM triage.decisions d JOIN triage.shard h USING (shard) "               \
    "LEFT JOIN triage.match_review r USING (shard, notification_id) "          \
    "WHERE ($1 = -1 OR d.shard = $1) AND (d.notification_id = $2 OR "          \
    "(d.agency_id = $3 AND d.agency_ref = $4)) "                               \
    "ORDER BY h.authority, d.amendment"

static const char sql[] =
    "SELECT d.shard, d.agency_id, d.agency_ref, d.rule_id, d.rule_outcome, "
    "d.hits, d.ask, "
    "d.action_rules, d.inputs, d.profile_version, "
    "json_strip_nulls(json_build_object("
    "'authority', h.authority, 'notification_id', d.notification_id, "
    "'notification', d.agency_id || '/' || d.agency_ref, "
    "'amendment', d.amendment, 'superseded', nullif(d.superseded, false), "
    "'kind', d.kind, "
    "'occurred_at', d.occurred_at, 'received_at', d.received_at, "
    "'recorded_at', d.recorded_at, "
    "'child_id', d.child_id, 'match_status', d.match_status, "
    "'match_step', d.match_step, "
    "'match_probability', round((1 / (1 + power(2.0, "
    "- d.match_weight / 1000.0)))::numeric, 6), "
    "'match_evidence', nullif(d.evidence, ''), "
    "'candidates', nullif(r.candidates, ''), 'review_opened_at', r.opened_at, "
    "'review_resolved_at', r.resolved_at, 'review_by', r.by, "
    "'review_second_by', r.second_by, 'joined_id', r.joined_id, "
    "'outcome', d.outcome, 'status', d.status, 'effect', d.effect, "
    "'decision_id', d.decision_id, 'decided_times', d.decisions, "
    "'side', d.side, 'unit', d.unit, 'locality', d.locality, "
    "'existing_case_id', d.existing_case_id, "
    "'overridden', nullif(d.overridden, false), "
    "'screened_by', d.screened_by, 'second_by', d.second_by, "
    "'actions', nullif(d.actions, ''), 'warnings', nullif(d.warnings, '')"
    "))::text " CHOSEN;

/* Triggers of the third need that no decision tells: those of the case that
 * the notification acts on, and of what it was merged into. */
static const char third_need_sql[] =
    "WITH RECURSIVE acted (case_id) AS (SELECT case_id FROM tracker.referral "
    "WHERE shard = $1 AND agency_id = $2 AND agency_ref = $3 UNION "
    "SELECT c.merged_into FROM acted a JOIN tracker.cases c ON "
    "c.shard = $1 AND c.case_id = a.case_id) "
    "SELECT t.rule_id, t.outcome, t.inputs, t.profile_version, "
    "json_strip_nulls(json_build_object('third_need', t.rule_id, "
    "'brought_by', CASE WHEN t.activity_id IS NULL THEN 'merge' "
    "ELSE 'activity' END, 'case_id', t.case_id, 'at', t.at, "
    "'activity_id', t.activity_id, 'merged_child_id', t.merged_id, "
    "'by', t.by, 'outcome', t.outcome, 'profile_version', "
    "t.profile_version))::text "
    "FROM tracker.third_need t JOIN acted USING (case_id) "
    "WHERE t.shard = $1 ORDER BY t.at, t.case_id, t.record_id";

enum { T_RULE_ID, T_OUTCOME, T_INPUTS, T_VERSION, T_ABOUT };

enum {
    SHARD,
    AGENCY_ID,
    AGENCY_REF,
    RULE_ID,
    RULE_OUTCOME,
    HITS,
    ASK,
    ACTION_RULES,
    INPUTS,
    VERSION,
    ABOUT
};

struct why {
    struct cli *cli;
    struct pg *pg;
    struct json_out out; /* with --json */
    size_t differ;       /* rulings that would come out otherwise */
};

/* "a\nb" as a list; empty for null. */
static struct texts
lines_of(struct arena *a, struct str text)
{
    size_t n = text.n > 0;
    struct str *at;
    size_t from = 0, k = 0;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    at = arena_array(a, n, sizeof *at);
    for (size_t i = 0; i <= text.n && k < n; i++) {
        if (i < text.n && text.p[i] != '\n')
            continue;
        at[k++] = arena_str(a, (struct str){ text.p + from, i - from });
        from = i + 1;
    }
    return (struct texts){ .at = at, .n = n };
}

/* The text that was in force, as this service has kept it. */
static enum status
read_profile(struct why *w, int32_t shard, struct str version,
             struct profile *out, struct err *err)
{
    struct arena *a = w->cli->arena;
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, a);
    pg_add_i32(&p, shard);
    pg_add_text(&p, version);
    rc = pg_query(w->pg, NULL,
                  "SELECT text FROM triage.config WHERE shard = $1 AND "
                  "config_kind = 'profile' AND version = $2 "
                  "ORDER BY n DESC LIMIT 1",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_REJECT, "config", "no text of %.*s is kept",
                     STR_ARG(version));
    if (rc == ST_OK)
        rc = profile_json_read(a, arena_str(a, pg_text(res, 0, 0)), out, err);
    pg_result_close(res);
    return rc;
}

static struct why_decision
stored(struct arena *a, const struct pg_result *res, size_t row)
{
    return (struct why_decision){
        .rule_id = arena_str(a, pg_text(res, row, RULE_ID)),
        .rule_outcome =
            codes_find(&codes_outcome, pg_text(res, row, RULE_OUTCOME)),
        .hits = lines_of(a, pg_text(res, row, HITS)),
        .ask = lines_of(a, pg_text(res, row, ASK)),
        .action_rules = lines_of(a, pg_text(res, row, ACTION_RULES)),
        .inputs = lines_of(a, pg_text(res, row, INPUTS)),
    };
}

static void
print_words(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\n')
            fputs(", ", stdout);
        else
            putchar(text.p[i]);
}

/* A line a member; lists on one line. */
static void
print_about(struct str about)
{
    struct json *doc = NULL;
    struct err ignored;
    struct json_each each;
    const struct json *v;
    struct str key, text;

    if (json_parse(about, about.n + 1, &doc, &ignored) != ST_OK)
        return;
    each = json_each_of(doc);
    while (json_each_next(&each, &key, &v)) {
        char number[JSON_NUMBER_SIZE];
        bool flag;

        printf("%-19.*s ", STR_ARG(key));
        if (json_str(v, &text))
            print_words(text);
        else if (json_bool(v, &flag))
            fputs(flag ? "yes" : "no", stdout);
        else if (json_number_text(v, number))
            fputs(number, stdout);
        putchar('\n');
    }
    json_free(doc);
}

static enum status
show_third_need(struct why *w, int32_t shard, const struct pg_result *res,
                size_t row, struct err *err)
{
    struct arena *a = w->cli->arena;
    struct str about = arena_str(a, pg_text(res, row, T_ABOUT));
    struct str version = arena_str(a, pg_text(res, row, T_VERSION));
    struct why_third_need t = {
        .rule_id = arena_str(a, pg_text(res, row, T_RULE_ID)),
        .outcome = codes_find(&codes_outcome, pg_text(res, row, T_OUTCOME)),
        .inputs = lines_of(a, pg_text(res, row, T_INPUTS)),
    };
    bool replay = cli_flag(w->cli, "replay");
    bool json = cli_flag(w->cli, "json");
    struct profile profile;
    struct str said = STR("same");
    struct str difference = STR_NULL;
    enum status rc = read_profile(w, shard, version, &profile, err);

    if (rc != ST_OK)
        return rc;
    if (replay)
        difference = why_third_need_replay(a, &profile, &t);
    w->differ += difference.n > 0;
    if (difference.n > 0)
        said = difference;
    if (json) {
        json_out_object(&w->out);
        json_out_key(&w->out, "about");
        json_out_raw(&w->out, about);
        why_third_need_json(&w->out, a, &profile, &t);
        if (replay)
            json_out_kstr(&w->out, "replay", said);
        json_out_object_end(&w->out);
        return ST_OK;
    }
    printf("\n");
    print_about(about);
    why_third_need_print(a, &profile, &t);
    if (replay)
        printf("\nreplay: %.*s\n", STR_ARG(said));
    return ST_OK;
}

/* What tracker made of its case beside the decision. */
static enum status
show_third_needs(struct why *w, const struct pg_result *decided, size_t row,
                 struct err *err)
{
    int32_t shard = pg_i32(decided, row, SHARD);
    bool json = cli_flag(w->cli, "json");
    struct pg_result *res = NULL;
    struct pg_params p;
    bool there = false;
    enum status rc = cli_has_table(w->pg, service_name(SERVICE_TRACKER),
                                   "third_need", &there, err);

    if (rc != ST_OK || !there)
        return rc;
    pg_params_init(&p, w->cli->arena);
    pg_add_i32(&p, shard);
    pg_add_text(&p, pg_text(decided, row, AGENCY_ID));
    pg_add_text(&p, pg_text(decided, row, AGENCY_REF));
    rc = pg_query(w->pg, NULL, third_need_sql, &p, &res, err);
    if (rc == ST_OK && json) {
        json_out_key(&w->out, "third_needs");
        json_out_array(&w->out);
    }
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++)
        rc = show_third_need(w, shard, res, i, err);
    if (rc == ST_OK && json)
        json_out_array_end(&w->out);
    pg_result_close(res);
    return rc;
}

static enum status
show_one(struct why *w, const struct pg_result *res, size_t row,
         struct err *err)
{
    struct arena *a = w->cli->arena;
    struct why_decision d = stored(a, res, row);
    struct str version = arena_str(a, pg_text(res, row, VERSION));
    bool replay = cli_flag(w->cli, "replay");
    bool json = cli_flag(w->cli, "json");
    struct profile profile;
    struct str difference = STR_NULL;
    enum status rc =
        read_profile(w, pg_i32(res, row, SHARD), version, &profile, err);

    if (rc != ST_OK)
        return rc;
    if (replay)
        difference = why_replay(a, &profile, &d);
    w->differ += difference.n > 0;
    if (json) {
        json_out_object(&w->out);
        json_out_key(&w->out, "about");
        json_out_raw(&w->out, pg_text(res, row, ABOUT));
        why_rules_json(&w->out, a, &profile, &d);
        if (replay)
            json_out_kstr(&w->out, "replay",
                          difference.n == 0 ? STR("same") : difference);
        rc = show_third_needs(w, res, row, err);
        json_out_object_end(&w->out);
        return rc;
    }
    if (row > 0)
        printf("\n");
    print_about(pg_text(res, row, ABOUT));
    why_rules_print(a, &profile, &d);
    if (replay)
        printf("\nreplay: %.*s\n",
               STR_ARG(difference.n == 0 ? STR("same") : difference));
    return show_third_needs(w, res, row, err);
}

static enum status
show_all(struct why *w, const struct pg_params *p, size_t *n, struct err *err)
{
    struct pg_result *res = NULL;
    enum status rc = pg_query(w->pg, NULL, sql, p, &res, err);

    json_out_init(&w->out, w->cli->arena);
    json_out_array(&w->out);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++)
        rc = show_one(w, res, i, err);
    json_out_array_end(&w->out);
    *n = rc == ST_OK ? pg_n_rows(res) : 0;
    pg_result_close(res);
    if (rc == ST_OK && cli_flag(w->cli, "json")) {
        struct str text = json_out_text(&w->out);

        printf("%.*s\n", STR_ARG(text));
    }
    return rc;
}

static enum cli_exit
run(struct cli *cli)
{
    struct why w = { .cli = cli };
    struct err err = { .code = "" };
    struct str agency = STR_NULL, ref = STR_NULL;
    struct id id = ID_NONE;
    const char *word = cli->words[0], *slash = strchr(word, '/');
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
        rc = cli_pg(cli, &w.pg, &err);
    pg_params_init(&p, cli->arena);
    pg_add_i32(&p, shard);
    pg_add_id(&p, id);
    pg_add_text(&p, agency);
    pg_add_text(&p, ref);
    if (rc == ST_OK)
        rc = show_all(&w, &p, &n, &err);
    pg_close(w.pg);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    if (n == 0)
        fprintf(stderr, "waymark why: nothing was decided about it\n");
    return n > 0 && w.differ == 0 ? CLI_DONE : CLI_DIFFERENT;
}

const struct verb verb_why = {
    .name = "why",
    .words = "ID | AGENCY/REF",
    .help = "whose a notification is, which rules were tried and what they saw",
    .min_words = 1,
    .max_words = 1,
    .options = {
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
        { .name = "replay",
          .help = "decide again by the stored version and inputs" },
    },
    .prints_data = true,
    .run = run,
};
