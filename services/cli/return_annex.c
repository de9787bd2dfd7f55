/* Ofsted's Annex A as a workbook and as CSV. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/core/annex.h"
#include "cli/return_file.h"
#include "cli/returns.h"
#include "common/adapters/csv.h"
#include "common/adapters/xlsx.h"

/* Each list's rows: child_id, case_id, la_child_id, sex, ethnicity, dob, day,
 * and what is its own; $1 is the shard. Of a notification the highest amendment
 * counts, a day is a local one. */
#define CHILD "c.la_child_id, c.sex, c.ethnicity, c.dob, "
#define OF_CHILD                                                               \
    " JOIN triage.child c ON c.shard = k.shard AND c.child_id = k.child_id "   \
    "AND c.told_by > 0 WHERE k.shard = $1 "

static const char contacts_sql[] =
    "SELECT k.child_id, NULL::uuid, " CHILD
    "(k.received_at AT TIME ZONE 'Europe/London')::date, k.cin_source FROM "
    "triage.decision k" OF_CHILD "AND NOT k.superseded AND k.kind <> 'go_live' "
    "ORDER BY k.child_id, k.received_at, k.notification_id";

/* An assessment ends with the next completion on its case. */
static const char help_sql[] =
    "SELECT k.child_id, k.case_id, " CHILD
    "(s.occurred_at AT TIME ZONE 'Europe/London')::date, a.organisation, "
    "((SELECT min(e.occurred_at) FROM tracker.deed e WHERE e.shard = s.shard "
    "AND e.case_id = s.case_id AND e.activity = 'assessment_completed' AND NOT "
    "e.corrected AND e.occurred_at >= s.occurred_at) AT TIME ZONE "
    "'Europe/London')::date FROM tracker.cases k JOIN tracker.deed s ON "
    "s.shard = k.shard AND s.case_id = k.case_id AND s.activity = "
    "'assessment_started' AND NOT s.corrected LEFT JOIN metrics.fact_activity "
    "a ON a.shard = s.shard AND a.agency_id = s.agency_id AND a.agency_ref = "
    "s.agency_ref" OF_CHILD "AND k.side = 'eh' "
    "ORDER BY k.child_id, s.occurred_at, k.case_id";

static const char referrals_sql[] =
    "SELECT k.child_id, k.case_id, " CHILD
    "(k.received_at AT TIME ZONE 'Europe/London')::date, CASE WHEN p.side = "
    "'eh' THEN '5D' ELSE k.cin_source END, k.unit, k.worker, k.outcome = "
    "'nfa' FROM tracker.cases k LEFT JOIN tracker.cases p ON p.shard = k.shard "
    "AND p.case_id = k.predecessor_id" OF_CHILD "AND " RETURN_IS_REFERRAL
    " ORDER BY k.child_id, k.received_at, k.case_id";

static const char *const list_sql[ANNEX_LISTS] = { contacts_sql, help_sql,
                                                   referrals_sql };

struct asked {
    const struct return_source *src;
    bool wanted[ANNEX_LISTS];
    date_d as_at;
    struct annex_list lists[ANNEX_LISTS];
    struct findings findings;
};

/* ---- reading ------------------------------------------------------------ */

static struct annex_entry
take_entry(const struct return_source *s, int number,
           const struct pg_result *res, size_t i)
{
    struct annex_entry e = {
        .child_id = pg_id(res, i, 0),
        .case_id = pg_id(res, i, 1),
        .sex = return_code(&codes_sex, res, i, 3),
        .ethnicity = return_code(&codes_ethnicity, res, i, 4),
        .dob = pg_date(res, i, 5),
        .on = pg_date(res, i, 6),
        .completed = DATE_NONE,
    };

    e.unique_id =
        return_unique_id(s->cli->arena, return_text(s, res, i, 2), e.child_id);
    if (number == 2) {
        e.organisation = return_text(s, res, i, 7);
        e.completed = pg_date(res, i, 8);
        return e;
    }
    e.source = return_text(s, res, i, 7);
    if (number == 3) {
        e.unit = return_text(s, res, i, 8);
        e.worker = return_text(s, res, i, 9);
        e.nfa = pg_bool(res, i, 10);
    }
    return e;
}

static enum status
make_list(struct asked *a, int number, struct err *err)
{
    struct arena *arena = a->src->cli->arena;
    struct pg_result *res = NULL;
    struct annex_entry *entries;
    enum status rc = return_ask(a->src, list_sql[number - 1], &res, err);
    size_t n;

    if (rc != ST_OK)
        return rc;
    n = pg_n_rows(res);
    entries = arena_array(arena, n, sizeof *entries);
    for (size_t i = 0; i < n; i++)
        entries[i] = take_entry(a->src, number, res, i);
    pg_result_close(res);
    annex_make(arena, number, a->as_at, entries, n, &a->lists[number - 1],
               &a->findings);
    return ST_OK;
}

/* ---- writing ------------------------------------------------------------ */

static void
csv_cell(FILE *to, const struct annex_cell *c)
{
    char text[ANNEX_DATE_SIZE];

    if (c->kind == ANNEX_TEXT)
        csv_put(to, ',', c->text);
    else if (c->kind == ANNEX_DATE)
        fputs(annex_date(c->date, text), to);
    else if (c->kind == ANNEX_NUMBER)
        fprintf(to, "%" PRId64, c->number);
}

static enum status
write_csv(const struct asked *a, const struct annex_list *l, struct err *err)
{
    struct arena *arena = a->src->cli->arena;
    struct str path = arena_printf(arena, "%s/list-%d.csv",
                                   cli_text(a->src->cli, "csv"), l->number);
    struct return_file f;
    enum status rc = return_file_open(arena, path.p, &f, err);

    if (rc != ST_OK)
        return rc;
    for (size_t c = 0; c < l->n_columns; c++)
        fprintf(f.to, "%s%s", c == 0 ? "" : ",", l->headers[c]);
    fputs("\r\n", f.to);
    for (size_t r = 0; r < l->n_rows; r++) {
        for (size_t c = 0; c < l->n_columns; c++) {
            if (c > 0)
                fputc(',', f.to);
            csv_cell(f.to, &l->cells[r * l->n_columns + c]);
        }
        fputs("\r\n", f.to);
    }
    return return_file_close(&f, err);
}

static void
fill_sheet(struct xlsx *x, const struct annex_list *l)
{
    for (size_t c = 0; c < l->n_columns; c++)
        xlsx_text(x, 0, c, str_of(l->headers[c]));
    for (size_t i = 0; i < l->n_rows * l->n_columns; i++) {
        const struct annex_cell *cell = &l->cells[i];
        size_t row = 1 + i / l->n_columns;
        size_t column = i % l->n_columns;

        if (cell->kind == ANNEX_TEXT)
            xlsx_text(x, row, column, cell->text);
        else if (cell->kind == ANNEX_DATE)
            xlsx_date(x, row, column, cell->date);
        else if (cell->kind == ANNEX_NUMBER)
            xlsx_number(x, row, column, cell->number);
    }
}

static enum status
write_workbook(const struct asked *a, struct err *err)
{
    const char *path = cli_text(a->src->cli, "out");
    struct return_file f;
    struct xlsx *x;
    enum status rc = return_file_open(a->src->cli->arena, path, &f, err);

    if (rc != ST_OK)
        return rc;
    x = xlsx_open(f.temporary);
    if (x == NULL)
        rc = err_set(err, ST_RETRY, "file", "%s: no memory", path);
    for (int i = 0; rc == ST_OK && i < ANNEX_LISTS; i++)
        if (a->wanted[i]) {
            xlsx_sheet(x, arena_printf(a->src->cli->arena, "List %d", i + 1).p);
            fill_sheet(x, &a->lists[i]);
        }
    if (rc == ST_OK)
        rc = xlsx_close(x, err);
    if (rc == ST_OK)
        return return_file_close(&f, err);
    return_file_drop(&f);
    return rc;
}

static enum status
write_files(const struct asked *a, struct err *err)
{
    enum status rc = ST_OK;

    for (int i = 0; rc == ST_OK && i < ANNEX_LISTS; i++)
        if (a->wanted[i] && cli_text(a->src->cli, "csv") != NULL)
            rc = write_csv(a, &a->lists[i], err);
    if (rc == ST_OK && cli_text(a->src->cli, "out") != NULL)
        rc = write_workbook(a, err);
    return rc;
}

/* ---- options ------------------------------------------------------------ */

/* "1,3": digits with commas between. */
static bool
read_lists(const char *text, bool wanted[ANNEX_LISTS])
{
    for (const char *p = text;; p += 2) {
        if (*p < '1' || *p > '0' + ANNEX_LISTS || wanted[*p - '1'])
            return false;
        wanted[*p - '1'] = true;
        if (p[1] == '\0')
            return true;
        if (p[1] != ',')
            return false;
    }
}

static enum status
read_date(struct asked *a, struct err *err)
{
    const char *date = cli_text(a->src->cli, "date");
    struct pg_result *res = NULL;
    enum status rc;

    if (date != NULL)
        return date_parse(str_of(date), &a->as_at)
                   ? ST_OK
                   : err_set(err, ST_REJECT, "config",
                             "--date \"%s\": want 2015-07-01", date);
    rc = return_ask(a->src,
                    "SELECT (now AT TIME ZONE 'Europe/London')::date FROM "
                    "tracker.shard WHERE shard = $1",
                    &res, err);
    if (rc == ST_OK)
        a->as_at = pg_n_rows(res) == 1 ? pg_date(res, 0, 0) : DATE_NONE;
    pg_result_close(res);
    if (rc == ST_OK && a->as_at == DATE_NONE)
        rc = err_set(err, ST_RETRY, "shard", "tracker has heard of no time");
    return rc;
}

static enum status
read_options(struct asked *a, struct err *err)
{
    struct cli *cli = a->src->cli;

    if (!read_lists(cli_text(cli, "lists"), a->wanted))
        return err_set(err, ST_REJECT, "config",
                       "--lists \"%s\": want some of 1,2,3, each once",
                       cli_text(cli, "lists"));
    if (cli_text(cli, "out") == NULL && cli_text(cli, "csv") == NULL &&
        !cli_flag(cli, "check"))
        return err_set(err, ST_REJECT, "config",
                       "want --out FILE.xlsx, --csv FOLDER or --check");
    return read_date(a, err);
}

enum status
return_annex(const struct return_source *src, enum return_end *end,
             struct err *err)
{
    struct asked a = { .src = src };
    enum status rc = read_options(&a, err);

    for (int i = 0; rc == ST_OK && i < ANNEX_LISTS; i++)
        if (a.wanted[i])
            rc = make_list(&a, i + 1, err);
    if (rc == ST_OK)
        rc = return_report(src, &a.findings, err);
    if (rc == ST_OK && !cli_flag(src->cli, "check"))
        rc = write_files(&a, err);
    *end = RETURN_WRITTEN;
    return rc;
}
