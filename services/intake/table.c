#include "intake/table.h"

#include <stdlib.h>
#include <string.h>

#include "common/engine/memory.h"

#define CHUNK_BYTES ((size_t)4 << 20)
enum {
    HEADINGS_MEMORY = 4 << 20,
    ROW_BYTES = 128,  /* that a row costs even where nothing stands in it, */
    CELL_BYTES = 32,  /* and a cell */
    COUNT_ROWS = 500, /* at a time, where rows are only counted */
};

struct table {
    FILE *in;
    struct csv *csv;
    struct arena *arena; /* of the headings */
    struct sheet sheet;
    struct str headings; /* as they came, without the columns below */
    bool errors[SHEET_COLUMNS_MAX]; /* columns of reasons */
    bool any_errors;
};

static void
one_problem(struct arena *arena, struct problems *problems,
            const struct err *err)
{
    struct problem *p = arena_alloc(arena, sizeof *p);
    size_t n = strnlen(err->code, sizeof p->code - 1);

    memcpy(p->code, err->code, n);
    p->pointer = STR("");
    p->detail = arena_str(arena, str_of(err->text));
    *problems = (struct problems){ .at = p, .n = 1 };
}

static struct sheet_cells
cells_of(const struct csv_row *row)
{
    return (struct sheet_cells){ .number = row->number,
                                 .at = row->cells,
                                 .n = row->n,
                                 .code = row->code,
                                 .detail = row->detail };
}

static void
note_error_columns(struct table *t)
{
    for (size_t i = 0; i < t->sheet.n; i++) {
        struct str name = t->sheet.at[i].name;

        t->errors[i] = str_is(name, SHEET_ERROR_CODE) ||
                       str_is(name, SHEET_ERROR_FIELD) ||
                       str_is(name, SHEET_ERROR_DETAIL);
        t->any_errors |= t->errors[i];
    }
}

static enum status
read_headings(struct table *t, const struct sheet_options *options,
              struct arena *arena, struct problems *problems, struct err *err)
{
    struct csv_row row;
    struct sheet_cells cells;
    enum status rc = csv_next(t->csv, t->arena, &row, err);

    if (rc != ST_OK)
        return rc;
    cells = cells_of(&row);
    sheet_begin(&t->sheet, t->arena, options, &cells, problems);
    if (problems->n > 0) {
        /* The headings' arena ends with the table. */
        struct problem *at = arena_array(arena, problems->n, sizeof *at);

        for (size_t i = 0; i < problems->n; i++) {
            at[i] = problems->at[i];
            at[i].pointer = arena_str(arena, at[i].pointer);
            at[i].detail = arena_str(arena, at[i].detail);
        }
        problems->at = at;
        return err_set(err, ST_REJECT, at[0].code, "the headings are wrong");
    }
    note_error_columns(t);
    t->headings =
        csv_raw_without(t->csv, t->arena, row.raw, t->errors, t->sheet.n);
    return ST_OK;
}

enum status
table_open(FILE *in, const struct sheet_options *options, struct table **out,
           struct arena *arena, struct problems *problems, struct err *err)
{
    struct table *t = calloc(1, sizeof *t);
    enum status rc = ST_OK;

    *out = NULL;
    *problems = (struct problems){ .at = NULL };
    if (t == NULL || (t->arena = memory_open(HEADINGS_MEMORY)) == NULL) {
        free(t);
        return err_set(err, ST_RETRY, "memory", "no memory for a table");
    }
    t->in = in;
    rc = csv_open(in, &t->csv, err);
    if (rc == ST_REJECT)
        one_problem(arena, problems, err);
    if (rc == ST_OK)
        rc = read_headings(t, options, arena, problems, err);
    if (rc != ST_OK) {
        table_close(t);
        return rc;
    }
    *out = t;
    return ST_OK;
}

void
table_close(struct table *t)
{
    if (t == NULL)
        return;
    csv_close(t->csv);
    memory_close(t->arena);
    free(t);
}

static void
add_row(struct table *t, struct arena *arena, const struct csv_row *from,
        struct table_chunk *to)
{
    struct sheet_cells cells = cells_of(from);
    struct sheet_row *row = &to->rows[to->n];
    enum sheet_taken taken = sheet_take(&t->sheet, arena, &cells, row);

    to->notes += taken == SHEET_NOTE;
    if (taken != SHEET_ROW)
        return;
    row->n_bytes = from->raw.n;
    to->sources[to->n++] = (struct table_source){
        .raw = from->raw,
        .whole = (int64_t)from->raw.n == from->to - from->from,
        .from = from->from,
        .to = from->to,
    };
}

enum status
table_next(struct table *t, struct arena *arena, size_t max,
           struct table_chunk *out, struct err *err)
{
    size_t bytes = 0;
    enum status rc = ST_OK;

    *out = (struct table_chunk){
        .rows = arena_array(arena, max, sizeof *out->rows),
        .sources = arena_array(arena, max, sizeof *out->sources),
    };
    while (rc == ST_OK && !out->end && out->n < max && bytes < CHUNK_BYTES) {
        struct csv_row row;

        rc = csv_next(t->csv, arena, &row, err);
        if (rc == ST_OK && row.end)
            out->end = true;
        else if (rc == ST_OK)
            add_row(t, arena, &row, out);
        bytes += ROW_BYTES + row.raw.n + row.n * CELL_BYTES;
    }
    return rc;
}

enum status
table_is_within(struct table *t, struct arena *arena, size_t max, bool *is,
                struct err *err)
{
    struct csv_place place = csv_tell(t->csv);
    struct table_chunk chunk = { .end = false };
    size_t n = 0;
    enum status rc = ST_OK;

    while (rc == ST_OK && !chunk.end && n <= max) {
        arena_reset(arena);
        rc = table_next(t, arena, COUNT_ROWS, &chunk, err);
        n += chunk.n;
    }
    *is = n <= max;
    return rc == ST_OK ? csv_seek(t->csv, place, err) : rc;
}

struct csv_place
table_tell(const struct table *t)
{
    return csv_tell(t->csv);
}

enum status
table_seek(struct table *t, struct csv_place place, struct err *err)
{
    return csv_seek(t->csv, place, err);
}

/* ---- what was refused -------------------------------------------------- */

static void
put_reasons(const struct table *t, FILE *to, struct str code, struct str field,
            struct str detail)
{
    char delimiter = csv_delimiter(t->csv);

    csv_put(to, delimiter, code);
    (void)fputc(delimiter, to);
    csv_put(to, delimiter, field);
    (void)fputc(delimiter, to);
    csv_put(to, delimiter, detail);
    (void)fputc(delimiter, to);
}

void
table_put_headings(const struct table *t, FILE *to)
{
    if (csv_mark(t->csv) > 0)
        (void)fputs("\xEF\xBB\xBF", to);
    put_reasons(t, to, STR(SHEET_ERROR_CODE), STR(SHEET_ERROR_FIELD),
                STR(SHEET_ERROR_DETAIL));
    (void)fwrite(t->headings.p, 1, t->headings.n, to);
    (void)fputs("\r\n", to);
}

/* Bytes of the file, by themselves: where it is read next stays. */
static bool
copy_bytes(const struct table *t, FILE *to, int64_t from, int64_t n)
{
    off_t before = ftello(t->in);
    bool ok = before >= 0 && fseeko(t->in, (off_t)from, SEEK_SET) == 0;
    int ch = 0;

    for (; ok && n > 0; n--) {
        ch = getc(t->in);
        ok = ch != EOF && putc(ch, to) != EOF;
    }
    return fseeko(t->in, before, SEEK_SET) == 0 && ok;
}

/* Reasons one after the other, cut where there are too many. */
struct text {
    char p[4096];
    size_t n;
};

static void
add_text(struct text *t, const char *between, struct str s)
{
    size_t room = sizeof t->p - t->n;
    int n = snprintf(t->p + t->n, room, "%s%.*s", t->n > 0 ? between : "",
                     STR_ARG(s));

    if (n > 0 && (size_t)n < room)
        t->n += (size_t)n;
}

static struct str
text_of(const struct text *t)
{
    return (struct str){ .p = t->p, .n = t->n };
}

bool
table_put_row(const struct table *t, FILE *to, struct arena *arena,
              const struct table_source *source,
              const struct problems *problems, const struct raw_value *raw)
{
    struct text code = { .n = 0 }, field = { .n = 0 }, detail = { .n = 0 };
    struct str text = source->raw;
    bool ok = true;

    for (size_t i = 0; i < problems->n; i++) {
        const struct problem *p = &problems->at[i];

        add_text(&code, " ", str_of(p->code));
        add_text(&field, " ", sheet_column_of(arena, raw, p->pointer));
        add_text(&detail, "; ", p->detail);
    }
    put_reasons(t, to, text_of(&code), text_of(&field), text_of(&detail));
    if (t->any_errors)
        text = csv_raw_without(t->csv, arena, text, t->errors, t->sheet.n);
    if (source->whole)
        (void)fwrite(text.p, 1, text.n, to);
    else
        ok = copy_bytes(t, to, source->from, source->to - source->from);
    (void)fputs("\r\n", to);
    return ok;
}
