/* waymark return: the statutory returns as files. */
#include "cli/returns.h"

#include <stdio.h>
#include <string.h>

#include "cli/return_file.h"
#include "cli/verbs.h"
#include "common/adapters/csv.h"

static const struct {
    const char *name;
    enum status (*make)(const struct return_source *src, enum return_end *end,
                        struct err *err);
} returns[] = {
    { "annex-a", return_annex },
    { "cin", return_cin },
    { "dfe-daily", return_daily },
};
enum { N_RETURNS = sizeof returns / sizeof returns[0] };

/* ---- the report --------------------------------------------------------- */

static void
print_finding(FILE *to, const struct finding *f)
{
    char child[ID_TEXT_SIZE];
    char of[ID_TEXT_SIZE];
    char on[DATE_TEXT_SIZE];

    fprintf(to, "%s,%s,%s,%s,%s,", id_text(f->child_id, child),
            id_is_none(f->case_id) ? "" : id_text(f->case_id, of), f->item,
            f->on == DATE_NONE ? "" : date_text(f->on, on),
            codes_word(&codes_finding_weight, f->weight));
    csv_put(to, ',', str_of(f->why));
    fputs("\r\n", to);
}

static void
print_sum(const struct findings *list)
{
    size_t n[FINDING_STOPS + 1] = { 0 };

    for (size_t i = 0; i < list->n; i++)
        n[list->at[i].weight]++;
    fprintf(stderr, "return: could not be filled: %zu", list->n);
    for (int w = 1; w <= FINDING_STOPS; w++)
        if (n[w] > 0)
            fprintf(stderr, ", %s %zu", codes_word(&codes_finding_weight, w),
                    n[w]);
    fputs("\n", stderr);
}

enum status
return_report(const struct return_source *src, const struct findings *list,
              struct err *err)
{
    const char *path = cli_text(src->cli, "report");
    struct return_file file = { .to = stderr };
    enum status rc = ST_OK;

    if (path != NULL)
        rc = return_file_open(src->cli->arena, path, &file, err);
    if (rc != ST_OK)
        return rc;
    if (path != NULL || list->n > 0)
        fputs("child_id,case_id,item,day,what,why\r\n", file.to);
    for (size_t i = 0; i < list->n; i++)
        print_finding(file.to, &list->at[i]);
    if (path != NULL)
        rc = return_file_close(&file, err);
    print_sum(list);
    return rc;
}

/* ---- the verb ----------------------------------------------------------- */

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    struct return_source src = { .cli = cli };
    enum return_end end = RETURN_STOPPED;
    enum status rc;
    size_t i = 0;

    while (i < N_RETURNS && strcmp(returns[i].name, cli->words[0]) != 0)
        i++;
    if (i == N_RETURNS)
        return cli_usage(cli, "there is no return \"%s\"", cli->words[0]);
    rc = return_open(cli, &src, &err);
    if (rc == ST_OK)
        rc = returns[i].make(&src, &end, &err);
    pg_close(src.pg);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    if (end == RETURN_WRITTEN)
        return CLI_DONE;
    fprintf(stderr, "return: not written: it would not validate\n");
    return CLI_DIFFERENT;
}

const struct verb verb_return = {
    .name = "return",
    .words = "annex-a --lists 1,2,3 | cin --year 2025-26 | dfe-daily --state "
             "FILE",
    .help = "the statutory returns as files",
    .min_words = 1,
    .max_words = 1,
    .options = {
        { .name = "year", .value = "YYYY-YY", .help = "cin: census year" },
        { .name = "lists", .value = "N,...", .dflt = "1,2,3",
          .help = "annex-a: which lists" },
        { .name = "date", .value = "YYYY-MM-DD",
          .help = "annex-a: last day of its six months; the log's day "
                  "otherwise" },
        { .name = "csv", .value = "FOLDER",
          .help = "annex-a: list-1.csv, ... into this folder" },
        { .name = "out", .value = "FILE",
          .help = "where to: a file, of dfe-daily a folder" },
        { .name = "state", .value = "FILE",
          .help = "dfe-daily: what was sent; FILE.next is what will be" },
        { .name = "sent",
          .help = "dfe-daily: the last batches were sent, FILE.next is FILE" },
        { .name = "report", .value = "FILE",
          .help = "what can't be filled, as CSV; stderr otherwise" },
        { .name = "check", .help = "only the report, no file" },
        { .name = "without-stopped",
          .help = "leave out children that can't be in a file that "
                  "validates" },
        { .name = "authority", .value = "NAME",
          .help = "which authority, where there are several" },
    },
    .run = run,
};
