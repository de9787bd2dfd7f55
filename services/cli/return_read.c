#include "cli/return_read.h"

#include <string.h>

#include "common/adapters/calendar_json.h"
#include "common/adapters/profile_json.h"

#define REFERRALS                                                              \
    "(SELECT k.* FROM tracker.cases k JOIN triage.child c ON c.shard = "       \
    "k.shard AND c.child_id = k.child_id WHERE k.shard = $1 AND c.told_by > "  \
    "0 AND " RETURN_IS_REFERRAL ") k "

static const char children_sql[] =
    "SELECT c.child_id, c.la_child_id, c.upn, c.forename, c.surname, "
    "c.postcode, c.dob, c.expected_dob, c.dob_estimated, c.sex, c.ethnicity, "
    "c.disability FROM triage.child c WHERE c.shard = $1 AND c.told_by > 0 "
    "AND c.child_id IN (SELECT child_id FROM " REFERRALS ") "
    "ORDER BY c.child_id";

/*
 * The need that a person entered for the case's own notification; a case that
 * early help handed over takes the child's last.
 */
static const char cases_sql[] =
    "WITH entered AS (SELECT * FROM triage.decision WHERE shard = $1 AND "
    "primary_need IS NOT NULL), own AS (SELECT DISTINCT ON (agency_id, "
    "agency_ref) agency_id, agency_ref, primary_need FROM entered ORDER BY "
    "agency_id, agency_ref, amendment DESC), last AS (SELECT DISTINCT ON "
    "(child_id) child_id, primary_need FROM entered ORDER BY child_id, "
    "received_at DESC, amendment DESC) "
    "SELECT k.child_id, k.case_id, (k.received_at AT TIME ZONE "
    "'Europe/London')::date, CASE WHEN k.state IN ('closed', 'transferred') "
    "THEN (k.closed_at AT TIME ZONE 'Europe/London')::date END, k.state, "
    "k.close_outcome, k.csc_status, CASE WHEN p.side = 'eh' THEN '5D' ELSE "
    "k.cin_source END, coalesce(own.primary_need, CASE WHEN k.predecessor_id "
    "IS NOT NULL THEN last.primary_need END), k.needs, k.outcome = 'nfa' "
    "FROM " REFERRALS
    "LEFT JOIN tracker.cases p ON p.shard = k.shard AND p.case_id = "
    "k.predecessor_id LEFT JOIN own ON own.agency_id = k.agency_id AND "
    "own.agency_ref = k.agency_ref LEFT JOIN last ON last.child_id = "
    "k.child_id ORDER BY k.child_id, k.received_at, k.opened_at, k.case_id";

static const char deeds_sql[] =
    "SELECT d.case_id, d.activity, (d.occurred_at AT TIME ZONE "
    "'Europe/London')::date, d.csc_status, d.activity_id FROM " REFERRALS
    "JOIN tracker.deed d ON d.shard = k.shard AND d.case_id = k.case_id WHERE "
    "NOT d.corrected AND d.activity IN ('assessment_started', "
    "'assessment_completed', 'plan_agreed', 'review_held', "
    "'strategy_started', 'icpc_held', 'core_group_held', 'cp_review_held', "
    "'cin_plan_started', 'cin_review_held', 'lac_started', "
    "'lac_review_held', 'csc_status_changed', 'closed', 'reopened') "
    "ORDER BY k.child_id, k.received_at, k.opened_at, k.case_id, "
    "d.occurred_at, d.number, d.activity_id";

/* ---- opening ------------------------------------------------------------ */

static enum status
choose_authority(struct return_source *s, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc = cli_shard(s->cli, &s->shard, err);

    pg_params_init(&p, s->cli->arena);
    pg_add_i32(&p, s->shard);
    if (rc == ST_OK)
        rc = pg_query(s->pg, NULL,
                      "SELECT shard, authority FROM tracker.shard WHERE "
                      "$1 = -1 OR shard = $1",
                      &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_RETRY, "shard", "tracker has no cases yet");
    if (rc == ST_OK && pg_n_rows(res) > 1)
        rc = err_set(err, ST_REJECT, "config",
                     "several authorities: which one? --authority NAME");
    if (rc == ST_OK) {
        s->shard = pg_i32(res, 0, 0);
        s->authority = arena_str(s->cli->arena, pg_text(res, 0, 1));
    }
    pg_result_close(res);
    return rc;
}

/* The text that the log has activated last; null where there is none. */
static enum status
read_config(const struct return_source *s, const char *kind, struct str *out,
            struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, s->cli->arena);
    pg_add_i32(&p, s->shard);
    pg_add_text(&p, str_of(kind));
    rc = pg_query(s->pg, NULL,
                  "SELECT text FROM tracker.config WHERE shard = $1 AND "
                  "config_kind = $2 ORDER BY n DESC LIMIT 1",
                  &p, &res, err);
    *out = rc == ST_OK && pg_n_rows(res) == 1
               ? arena_str(s->cli->arena, pg_text(res, 0, 0))
               : STR_NULL;
    pg_result_close(res);
    return rc;
}

static enum status
read_configs(struct return_source *s, struct err *err)
{
    struct profile profile;
    struct str text;
    enum status rc = read_config(s, "profile", &text, err);

    if (rc == ST_OK && text.p != NULL)
        rc = profile_json_read(s->cli->arena, text, &profile, err);
    if (rc == ST_OK && text.p != NULL)
        s->la_code = profile.la_code;
    if (rc == ST_OK)
        rc = read_config(s, "calendar", &text, err);
    if (rc == ST_OK && text.p != NULL)
        rc = calendar_json_read(s->cli->arena, text, &s->calendar, err);
    s->has_calendar = rc == ST_OK && text.p != NULL;
    return rc;
}

enum status
return_open(struct cli *cli, struct return_source *out, struct err *err)
{
    enum status rc;

    *out = (struct return_source){ .cli = cli };
    rc = cli_pg(cli, &out->pg, err);
    if (rc == ST_OK)
        rc = pg_exec(out->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                     err);
    if (rc == ST_OK)
        rc = choose_authority(out, err);
    if (rc == ST_OK)
        rc = read_configs(out, err);
    return rc;
}

/* ---- reading ------------------------------------------------------------ */

uint32_t
return_set(const struct codes *codes, struct str words)
{
    uint32_t set = 0;

    for (size_t i = 0, from = 0; i <= words.n; i++) {
        int value;

        if (i < words.n && words.p[i] != ' ')
            continue;
        value = codes_find(codes, (struct str){ words.p + from, i - from });
        if (value > 0)
            set |= SET_BIT(value);
        from = i + 1;
    }
    return set;
}

struct str
return_text(const struct return_source *s, const struct pg_result *res,
            size_t row, size_t column)
{
    return pg_is_null(res, row, column)
               ? STR_NULL
               : arena_str(s->cli->arena, pg_text(res, row, column));
}

int
return_code(const struct codes *codes, const struct pg_result *res, size_t row,
            size_t column)
{
    return codes_find(codes, pg_text(res, row, column));
}

enum status
return_ask(const struct return_source *s, const char *sql,
           struct pg_result **res, struct err *err)
{
    struct pg_params p;

    pg_params_init(&p, s->cli->arena);
    pg_add_i32(&p, s->shard);
    return pg_query(s->pg, NULL, sql, &p, res, err);
}

static enum status
read_children(const struct return_source *s, struct return_children *out,
              struct err *err)
{
    struct pg_result *res = NULL;
    enum status rc = return_ask(s, children_sql, &res, err);

    if (rc != ST_OK)
        return rc;
    out->n = pg_n_rows(res);
    out->at = arena_array(s->cli->arena, out->n, sizeof *out->at);
    for (size_t i = 0; i < out->n; i++)
        out->at[i] = (struct return_child){
            .child_id = pg_id(res, i, 0),
            .la_child_id = return_text(s, res, i, 1),
            .upn = return_text(s, res, i, 2),
            .forename = return_text(s, res, i, 3),
            .surname = return_text(s, res, i, 4),
            .postcode = return_text(s, res, i, 5),
            .dob = pg_date(res, i, 6),
            .expected_dob = pg_date(res, i, 7),
            .dob_estimated = pg_bool(res, i, 8),
            .sex = return_code(&codes_sex, res, i, 9),
            .ethnicity = return_code(&codes_ethnicity, res, i, 10),
            .disability = return_set(&codes_disability, pg_text(res, i, 11)),
        };
    pg_result_close(res);
    return ST_OK;
}

/* Rows of deeds stand in the order of the cases: `at` moves past its own. */
static void
take_deeds(const struct return_source *s, const struct pg_result *res,
           size_t *at, struct return_case *c)
{
    size_t from = *at;
    struct return_deed *deeds;

    while (*at < pg_n_rows(res) && id_eq(pg_id(res, *at, 0), c->case_id))
        (*at)++;
    c->n_deeds = *at - from;
    deeds = arena_array(s->cli->arena, c->n_deeds, sizeof *deeds);
    for (size_t i = 0; i < c->n_deeds; i++)
        deeds[i] = (struct return_deed){
            .activity = return_code(&codes_activity, res, from + i, 1),
            .on = pg_date(res, from + i, 2),
            .status_before = return_code(&codes_csc_status, res, from + i, 3),
            .id = pg_id(res, from + i, 4),
        };
    c->deeds = deeds;
}

static struct return_case
take_case(const struct return_source *s, const struct pg_result *res, size_t i)
{
    return (struct return_case){
        .case_id = pg_id(res, i, 1),
        .received = pg_date(res, i, 2),
        .closed = pg_date(res, i, 3),
        .state = return_code(&codes_case_state, res, i, 4),
        .close_outcome = return_code(&codes_close_outcome, res, i, 5),
        .csc_status = return_code(&codes_csc_status, res, i, 6),
        .source = return_text(s, res, i, 7),
        .primary_need = return_text(s, res, i, 8),
        .needs = return_set(&codes_need, pg_text(res, i, 9)),
        .nfa = pg_bool(res, i, 10),
    };
}

/* Cases stand in the order of the children, deeds in that of the cases. */
static void
join(const struct return_source *s, const struct pg_result *cases,
     const struct pg_result *deeds, struct return_children *out)
{
    size_t n = pg_n_rows(cases);
    struct return_case *all = arena_array(s->cli->arena, n, sizeof *all);
    size_t deed = 0;
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        all[i] = take_case(s, cases, i);
        take_deeds(s, deeds, &deed, &all[i]);
    }
    for (size_t i = 0; i < out->n; i++) {
        struct return_child *c = &out->at[i];

        c->cases = &all[at];
        while (at < n && id_eq(pg_id(cases, at, 0), c->child_id))
            at++;
        c->n_cases = (size_t)(&all[at] - c->cases);
    }
}

enum status
return_read(const struct return_source *src, struct return_children *out,
            struct err *err)
{
    struct pg_result *cases = NULL;
    struct pg_result *deeds = NULL;
    enum status rc = read_children(src, out, err);

    if (rc == ST_OK)
        rc = return_ask(src, cases_sql, &cases, err);
    if (rc == ST_OK)
        rc = return_ask(src, deeds_sql, &deeds, err);
    if (rc == ST_OK)
        join(src, cases, deeds, out);
    pg_result_close(deeds);
    pg_result_close(cases);
    return rc;
}
