/* A spreadsheet: its reader, its headings, its cells, and the way back. The
 * first line says the kind of its rows, or nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intake/core/cell.h"
#include "intake/table.h"
#include "tests/fuzz/fuzz.h"

enum { ROWS = 7 };

/* Whoever goes back to a place reads the same row again. */
static void
look_again(struct csv *c, struct csv_place place, const struct csv_row *row)
{
    struct arena *a = fuzz_arena();
    struct csv_row again;
    struct err err;

    always(csv_seek(c, place, &err) == ST_OK);
    always(csv_next(c, a, &again, &err) == ST_OK);
    always(again.end == row->end);
    if (row->end)
        return;
    always(again.number == row->number && again.from == row->from &&
           again.to == row->to && again.n == row->n);
    always((again.code == NULL) == (row->code == NULL));
}

static void
read_rows(FILE *in)
{
    struct csv *c = NULL;
    struct csv_row row = { .end = false };
    struct err err;
    int64_t to = 0;
    size_t number = 0;

    if (csv_open(in, &c, &err) != ST_OK)
        return;
    while (!row.end) {
        struct csv_place place = csv_tell(c);

        always(csv_next(c, fuzz_arena(), &row, &err) == ST_OK);
        if (!row.end) {
            always(row.from >= to && row.to >= row.from);
            always(row.number > number);
            always(row.raw.n <= CSV_ROW_MAX && row.n <= CSV_CELLS_MAX);
            to = row.to;
            number = row.number;
        }
        look_again(c, place, &row);
    }
    csv_close(c);
}

/* A refused row can be written, to be mended. */
static void
put_back(const struct table *t, struct arena *a, const struct table_chunk *c,
         size_t i, FILE *to)
{
    static const struct problem problem = { .code = "R03",
                                            .pointer = STR("/child/dob"),
                                            .detail = STR("so, \"so\"") };
    const struct problems problems = {
        .at = (struct problem *)(uintptr_t)&problem, .n = 1
    };

    always(table_put_row(t, to, a, &c->sources[i], &problems, &c->rows[i].raw));
}

static void
take_chunks(struct table *t, struct arena *a, FILE *to)
{
    struct table_chunk chunk = { .end = false };
    struct err err;

    table_put_headings(t, to);
    while (!chunk.end) {
        always(table_next(t, a, ROWS, &chunk, &err) == ST_OK);
        always(chunk.n <= ROWS);
        for (size_t i = 0; i < chunk.n; i++) {
            if (chunk.rows[i].problem.code[0] == '\0')
                fuzz_validate(a, &chunk.rows[i].raw);
            put_back(t, a, &chunk, i, to);
        }
    }
}

static void
read_table(FILE *in, struct str first_line)
{
    struct arena *a = fuzz_arena();
    struct sheet_options options = { .item = ITEM_NOTIFICATION };
    char name[64], *back = NULL;
    size_t back_n = 0;
    struct table *t = NULL;
    struct problems problems;
    struct err err;
    FILE *to = open_memstream(&back, &back_n);

    (void)snprintf(name, sizeof name, "%.*s",
                   (int)(first_line.n < 40 ? first_line.n : 40), first_line.p);
    sheet_of_name(name, &options);
    always(to != NULL && fseek(in, 0, SEEK_SET) == 0);
    if (table_open(in, &options, &t, a, &problems, &err) == ST_OK)
        take_chunks(t, a, to);
    else
        always(problems.n > 0);
    table_close(t);
    always(fclose(to) == 0);
    free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str rest = fuzz_str(data, n);
    struct str first = fuzz_line(&rest);
    FILE *in = rest.n == 0 ? fopen("/dev/null", "r")
                           : fmemopen((void *)(uintptr_t)rest.p, rest.n, "r");

    always(in != NULL);
    read_rows(in);
    read_table(in, first);
    (void)fclose(in);
    return 0;
}
