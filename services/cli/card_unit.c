/* The outcome tracker of a unit on one page (RUT 3.15), and its caseload. */
#include <stdio.h>

#include "cli/card.h"

/* Each open case, and those that closed in the last month. */
static const char cases_sql[] =
    "SELECT c.case_id, c.side, c.state, coalesce(c.close_outcome, c.outcome) "
    "AS outcome, c.worker, c.opened_at::date AS opened, "
    "(extract(day FROM coalesce(c.closed_at, now.at) - c.opened_at)::integer "
    "+ 6) / 7 AS weeks, "
    "due.clock AS next, due.due_at, drift.rules AS drift "
    "FROM tracker.cases c "
    "CROSS JOIN (SELECT max(heard) AS at FROM metrics.in_mark "
    "WHERE shard = $1) AS now "
    "LEFT JOIN LATERAL (SELECT k.clock, k.due_at FROM tracker.clock k "
    "WHERE k.shard = c.shard AND k.subject_id = c.case_id "
    "AND k.state NOT IN ('stopped', 'void') AND k.clock <> 'T16' "
    "ORDER BY k.due_at LIMIT 1) AS due ON true "
    "LEFT JOIN LATERAL (SELECT string_agg(DISTINCT a.rule, ' ') AS rules "
    "FROM tracker.alert a WHERE a.shard = c.shard AND a.case_id = c.case_id "
    "AND a.cleared_at IS NULL) AS drift ON true "
    "WHERE c.shard = $1 AND c.unit = $2 AND c.state <> 'merged' "
    "AND (c.closed_at IS NULL OR c.closed_at > now.at - interval '1 month') "
    "ORDER BY c.closed_at IS NOT NULL, due.due_at, c.opened_at, c.case_id";

static const char caseload_sql[] =
    "SELECT coalesce(c.worker, '(none)') AS worker, count(*) AS open_cases, "
    "$3::integer AS norm_from, $4::integer AS norm_to, "
    "CASE WHEN c.worker IS NULL THEN 'nobody' WHEN count(*) > $4 THEN 'over' "
    "WHEN count(*) < $3 THEN 'under' ELSE 'within' END AS against_norm "
    "FROM tracker.cases c WHERE c.shard = $1 AND c.unit = $2 "
    "AND c.state NOT IN ('closed', 'merged', 'transferred') "
    "GROUP BY c.worker ORDER BY 2 DESC, 1";

static const char *const cases_heads[] = {
    "Case",  "Side",     "State",  "Outcome", "Worker", "Opened",
    "Weeks", "Next due", "Due at", "Drift",   NULL,
};
static const char *const caseload_heads[] = {
    "Worker", "Open cases", "Norm from", "Norm to", "Against the norm", NULL,
};

static void
put(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '<' || s.p[i] == '&')
            printf("&#%d;", s.p[i]);
        else
            (void)fputc(s.p[i], stdout);
}

static enum status
put_table(const struct card *c, const char *title, const char *const heads[],
          const char *sql, const struct pg_params *p, struct err *err)
{
    struct pg_result *res = NULL;
    enum status rc = pg_query(c->pg, NULL, sql, p, &res, err);

    if (rc != ST_OK)
        return rc;
    printf("<h2>%s</h2><table><caption>%zu lines</caption><thead><tr>", title,
           pg_n_rows(res));
    for (size_t k = 0; heads[k] != NULL; k++)
        printf("<th scope=\"col\">%s</th>", heads[k]);
    (void)fputs("</tr></thead><tbody>", stdout);
    for (size_t i = 0; i < pg_n_rows(res); i++) {
        (void)fputs("<tr>", stdout);
        for (size_t k = 0; heads[k] != NULL; k++) {
            (void)fputs(k == 0 ? "<th scope=\"row\">" : "<td>", stdout);
            put(pg_text(res, i, k));
            (void)fputs(k == 0 ? "</th>" : "</td>", stdout);
        }
        (void)fputs("</tr>\n", stdout);
    }
    (void)fputs("</tbody></table>", stdout);
    pg_result_close(res);
    return ST_OK;
}

static enum status
put_page(const struct card *c, const char *unit, const struct pg_params *p,
         const struct pg_params *norm, struct err *err)
{
    enum status rc;

    (void)fputs("<!DOCTYPE html>\n<html lang=\"en-GB\"><head>"
                "<meta charset=\"utf-8\"><meta name=\"viewport\" "
                "content=\"width=device-width, initial-scale=1\"><title>"
                "Outcome tracker: ",
                stdout);
    put(str_of(unit));
    (void)fputs("</title><style>body{font:15px/1.35 system-ui,sans-serif;"
                "color:#1a1a1a;background:#fff;margin:0 auto;"
                "max-width:75rem;padding:1rem}table{border-collapse:collapse;"
                "width:100%}th,td{border-bottom:1px solid #767676;"
                "padding:.2em .4em;text-align:left}caption{text-align:left}"
                "@media print{@page{size:A4 landscape;margin:8mm}"
                "body{font-size:6.6pt;line-height:1.12;padding:0;"
                "max-width:none}h1{font-size:10pt;margin:0}"
                "h2{font-size:8pt;margin:.4em 0 0}th,td{padding:0 .3em}"
                "tr{break-inside:avoid}}</style></head><body><main><h1>"
                "Outcome tracker: ",
                stdout);
    put(str_of(unit));
    (void)fputs("</h1>", stdout);
    rc = put_table(c, "Cases", cases_heads, cases_sql, p, err);
    if (rc == ST_OK)
        rc = put_table(c, "Caseload by worker", caseload_heads, caseload_sql,
                       norm, err);
    (void)fputs("</main></body></html>\n", stdout);
    return rc;
}

enum status
card_unit(struct card *c, const char *unit, bool html, struct err *err)
{
    struct pg_params p, norm;
    bool json = cli_flag(c->cli, "json");
    enum status rc;

    pg_params_init(&p, c->cli->arena);
    pg_add_i32(&p, c->shard);
    pg_add_text(&p, str_of(unit));
    pg_params_init(&norm, c->cli->arena);
    pg_add_i32(&norm, c->shard);
    pg_add_text(&norm, str_of(unit));
    /* KEN 3.8 where no profile says. */
    pg_add_i32(&norm, c->has_profile ? c->profile.caseload_low : 13);
    pg_add_i32(&norm, c->has_profile ? c->profile.caseload_high : 14);
    if (html)
        return put_page(c, unit, &p, &norm, err);
    if (json)
        (void)fputs("{", stdout);
    rc = cli_show(c->cli, c->pg, unit, json ? "cases" : NULL, cases_sql, &p,
                  NULL, err);
    if (rc == ST_OK && json)
        (void)fputs(",", stdout);
    if (rc == ST_OK)
        rc = cli_show(c->cli, c->pg, "caseload by worker",
                      json ? "caseload" : NULL, caseload_sql, &norm, NULL, err);
    if (rc == ST_OK && json)
        (void)fputs("}\n", stdout);
    return rc;
}
