/* waymark send: rows of NDJSON or CSV to intake, a result a row, resumable. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/send.h"
#include "cli/sign.h"
#include "cli/verbs.h"
#include "common/adapters/csv.h"
#include "common/adapters/http_client.h"
#include "common/adapters/json.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"

enum {
    BATCH_ROWS = 500,
    BATCH_BYTES = 4 << 20, /* a request has 16 MiB at most */
    FILE_MAX = 512 << 20,
    ROW_MAX = 256 << 10, /* at the door (design.md section 2) */
    RESULT_MAX = 1 << 20,
    ANSWER_MAX = 32 << 20,
    RETRY_S = 5, /* where the answer doesn't say */
    STATUS_OK = 200,
    STATUS_ACCEPTED = 202,
    STATUS_MULTI = 207,
    STATUS_BAD = 400,
    STATUS_TOO_LARGE = 413,
    STATUS_OFTEN = 429,
    STATUS_LATER = 503,
};

/* Every request of a sheet says that it is UTF-8. */
#define MARK "\xEF\xBB\xBF"
/* Below the headings, so that no row of data can be taken for a note. */
#define NOTE_ROW "#\n"

/* A row on its way. */
struct line {
    struct str text;
    size_t row; /* of the file, from 1 */
    bool done;
    const char *code; /* of a row that is no CSV; else NULL */
    const char *detail;
};

struct file {
    const char *name;
    struct line *lines; /* those that are not blank */
    size_t n;
    bool csv;
    struct str headings; /* of CSV, as UTF-8 with commas, like its lines */
    const char *path;    /* "/v1/notifications?authority=..." */
};

struct send {
    struct cli *cli;
    struct http_client *client;
    struct signer *signer; /* NULL: requests are not signed */
    struct arena *arena;   /* one batch */
    struct str agency;     /* for rows that don't say; null: none */
    const struct send_task *task;
    FILE *results;
    FILE *rejected; /* or NULL */
    int64_t wait_s; /* longest wait for intake to be ready */
    int64_t waited_s;
    size_t accepted, refused, skipped;
};

/* ---- files ------------------------------------------------------------- */

static bool
is_blank(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr(" \t\r", s.p[i]) == NULL)
            return false;
    return true;
}

static enum status
read_lines(struct send *s, const char *name, struct file *out, struct err *err)
{
    struct str text;
    size_t n = 1, row = 0;
    enum status rc = file_read(name, FILE_MAX, s->cli->arena, &text, err);

    *out = (struct file){ .name = name };
    if (rc != ST_OK)
        return rc;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    out->lines = arena_array(s->cli->arena, n, sizeof *out->lines);
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        struct str line = { .p = text.p,
                            .n =
                                end == NULL ? text.n : (size_t)(end - text.p) };

        row++;
        text.p += line.n + (end != NULL);
        text.n -= line.n + (end != NULL);
        if (!is_blank(line))
            out->lines[out->n++] = (struct line){ .text = line, .row = row };
    }
    return ST_OK;
}

static bool
is_csv(const char *name)
{
    size_t n = strlen(name);

    return n > 4 && strcasecmp(name + n - 4, ".csv") == 0;
}

static bool
is_given(const struct send *s, struct str column)
{
    for (size_t i = 0; i < SEND_GIVEN_MAX; i++)
        if (s->task->given[i].value != NULL &&
            str_is(column, s->task->given[i].column))
            return true;
    return false;
}

/* Which cells are not sent: reasons of last time, and what is given besides. */
static size_t
find_dropped(const struct send *s, const struct csv_row *headings,
             bool dropped[CSV_CELLS_MAX])
{
    for (size_t i = 0; i < headings->n; i++)
        dropped[i] = str_is(headings->cells[i], SHEET_ERROR_CODE) ||
                     str_is(headings->cells[i], SHEET_ERROR_FIELD) ||
                     str_is(headings->cells[i], SHEET_ERROR_DETAIL) ||
                     is_given(s, headings->cells[i]);
    return headings->n;
}

/* The cells of the columns that every row gets, or their headings. */
static void
put_given(const struct send *s, bool headings, FILE *to)
{
    for (size_t i = 0; i < SEND_GIVEN_MAX; i++) {
        const struct send_given *g = &s->task->given[i];

        if (g->value == NULL)
            continue;
        (void)fputc(',', to);
        csv_put(to, ',', str_of(headings ? g->column : g->value));
    }
}

/* A row as it is sent: UTF-8, commas, without the columns that are dropped. */
static enum status
row_of_cells(struct send *s, const struct csv_row *row, const bool *dropped,
             size_t n, bool headings, struct str *out, struct err *err)
{
    char *text = NULL;
    size_t size = 0, kept = 0;
    FILE *to = open_memstream(&text, &size);

    if (to == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory for a row");
    for (size_t i = 0; i < row->n; i++) {
        if (i < n && dropped[i])
            continue;
        if (kept++ > 0)
            (void)fputc(',', to);
        csv_put(to, ',', row->cells[i]);
    }
    if (row->n >= n) /* a row that lacks cells is refused as it stands */
        put_given(s, headings, to);
    if (fclose(to) == 0)
        *out = arena_str(s->cli->arena, (struct str){ .p = text, .n = size });
    free(text);
    return ST_OK;
}

/* All rows but blank ones and the template's explanations. */
static enum status
read_csv_rows(struct send *s, struct csv *csv, struct file *out,
              struct err *err)
{
    bool dropped[CSV_CELLS_MAX];
    size_t room = 0, n = 0, headings = 0;
    struct csv_row row;
    enum status rc;

    for (;;) {
        struct line line = { .done = false };

        arena_reset(s->arena);
        rc = csv_next(csv, s->arena, &row, err);
        if (rc != ST_OK || row.end)
            return rc;
        line.row = row.number;
        line.code = row.code;
        line.detail = row.detail;
        if (headings == 0 && row.code == NULL)
            n = find_dropped(s, &row, dropped);
        if (row.code != NULL)
            line.text = arena_str(s->cli->arena, row.raw);
        else
            rc = row_of_cells(s, &row, dropped, n, headings == 0, &line.text,
                              err);
        if (rc != ST_OK)
            return rc;
        if (headings == 0) {
            headings = row.number;
            if (row.code != NULL)
                return err_set(err, ST_REJECT, row.code, "%s: %s", out->name,
                               row.detail);
            out->headings = line.text;
            continue;
        }
        if (row.code == NULL &&
            (sheet_is_blank(row.cells, row.n) ||
             (row.number == headings + 1 && sheet_is_note(row.cells, row.n))))
            continue;
        if (out->n == room) {
            struct line *lines =
                arena_array(s->cli->arena, room * 2 + 64, sizeof *lines);

            if (room > 0)
                memcpy(lines, out->lines, room * sizeof *lines);
            out->lines = lines;
            room = room * 2 + 64;
        }
        out->lines[out->n++] = line;
    }
}

static enum status
read_csv(struct send *s, const char *name, struct file *out, struct err *err)
{
    FILE *in = fopen(name, "r");
    struct csv *csv = NULL;
    enum status rc;

    *out = (struct file){ .name = name, .csv = true };
    if (in == NULL)
        return err_set(err, ST_REJECT, "file", "%s can't be read", name);
    rc = csv_open(in, &csv, err);
    if (rc == ST_OK)
        rc = read_csv_rows(s, csv, out, err);
    else
        err_where(err, "%s", name);
    csv_close(csv);
    (void)fclose(in);
    return rc;
}

/* Where its rows go: by the task, else a CSV file's name. */
static void
choose_path(struct send *s, struct file *file)
{
    static const char *const doors[] = {
        [ITEM_NOTIFICATION] = "notifications", [ITEM_ACTIVITY] = "activities",
        [ITEM_SCREENING] = "screenings",       [ITEM_MATCH] = "matches",
        [ITEM_INDICATOR] = "indicators",
    };
    const char *authority = cli_text(s->cli, "authority");
    const char *slash = strrchr(file->name, '/');
    struct sheet_options kind = { .item = ITEM_NOTIFICATION };
    struct str query = STR("");

    if (s->task->kind.item != 0)
        kind = s->task->kind;
    else if (file->csv)
        sheet_of_name(slash == NULL ? file->name : slash + 1, &kind);
    if (authority != NULL)
        query = arena_printf(s->cli->arena, "?authority=%s", authority);
    if (file->csv && kind.kind != 0)
        query =
            arena_printf(s->cli->arena, "%.*s%ckind=%s", STR_ARG(query),
                         query.n > 0 ? '&' : '?',
                         codes_word(kind.item == ITEM_ACTIVITY ? &codes_activity
                                                               : &codes_kind,
                                    kind.kind));
    if (file->csv && s->agency.p != NULL)
        query = arena_printf(s->cli->arena, "%.*s%cagency=%.*s", STR_ARG(query),
                             query.n > 0 ? '&' : '?', STR_ARG(s->agency));
    file->path = arena_printf(s->cli->arena, "/v1/%s%.*s", doors[kind.item],
                              STR_ARG(query))
                     .p;
}

static enum status
read_file(struct send *s, const char *name, struct file *out, struct err *err)
{
    bool csv = is_csv(name);
    enum status rc;

    if (!csv && s->task->given[0].value != NULL)
        return err_set(err, ST_REJECT, "file", "%s: want a .csv file", name);
    rc = csv ? read_csv(s, name, out, err) : read_lines(s, name, out, err);
    choose_path(s, out);
    return rc;
}

static void
mark_done(struct file *files, size_t n, struct str name, int64_t row)
{
    for (size_t i = 0; i < n; i++) {
        if (!str_is(name, files[i].name))
            continue;
        for (size_t k = 0; k < files[i].n; k++)
            if ((int64_t)files[i].lines[k].row == row)
                files[i].lines[k].done = true;
    }
}

/* What the results file says was accepted before is not sent again. */
static enum status
read_results(struct send *s, const char *name, struct file *files, size_t n,
             struct err *err)
{
    struct file before;
    enum status rc = ST_OK;

    if (access(name, F_OK) != 0)
        return ST_OK;
    rc = read_lines(s, name, &before, err);
    for (size_t i = 0; rc == ST_OK && i < before.n; i++) {
        struct json *doc = NULL;
        struct err ignored;
        struct str file;
        int64_t row, status;

        /* A line that was cut short by a crash counts for nothing. */
        if (json_parse(before.lines[i].text, RESULT_MAX, &doc, &ignored) !=
            ST_OK)
            continue;
        if (json_str(json_get(doc, "file"), &file) &&
            json_int(json_get(doc, "row"), &row) &&
            json_int(json_get(doc, "status"), &status) &&
            status == STATUS_ACCEPTED)
            mark_done(files, n, file, row);
        json_free(doc);
    }
    return rc;
}

/* ---- calls ------------------------------------------------------------- */

/* Wait as intake asks for. False once all patience is used up. */
static bool
be_patient(struct send *s, int retry_after_s)
{
    int64_t left = s->wait_s - s->waited_s;
    int64_t wait_s = retry_after_s > 0 ? retry_after_s : RETRY_S;

    if (left <= 0)
        return false;
    if (wait_s > left)
        wait_s = left;
    fflush(s->results);
    monotonic_pause(wait_s * 1000);
    s->waited_s += wait_s;
    return true;
}

/* One call, signed anew each time: a token is used once. */
static enum status
call_signed(struct send *s, const struct http_call *request,
            struct http_answer *out, struct err *err)
{
    struct http_client_header header = { .name = "Authorization" };
    struct http_call call = *request;
    struct str token;
    enum status rc;

    if (s->signer == NULL)
        return http_client_call(s->client, request, out, err);
    rc = signer_token(s->signer, s->arena, &token, err);
    if (rc != ST_OK)
        return rc;
    header.value = arena_printf(s->arena, "Bearer %.*s", STR_ARG(token)).p;
    call.headers = &header;
    call.n_headers = 1;
    return http_client_call(s->client, &call, out, err);
}

static bool
is_later(int64_t status)
{
    return status == STATUS_LATER || status == STATUS_OFTEN;
}

/* Call until intake has an answer other than "later". */
static enum status
call(struct send *s, const struct http_call *request, struct http_answer *out,
     struct err *err)
{
    enum status rc;

    for (;;) {
        rc = call_signed(s, request, out, err);
        if (rc == ST_OK && !is_later(out->status))
            break;
        if (rc != ST_OK && rc != ST_RETRY)
            break;
        if (!be_patient(s, rc == ST_OK ? out->retry_after_s : 1)) {
            if (rc == ST_OK)
                rc = err_set(err, ST_RETRY, "later", "intake is not ready");
            break;
        }
    }
    return rc;
}

/* The row as it is sent: with the agency where it doesn't name one. */
static struct str
row_text(struct send *s, struct str text)
{
    struct json *doc = NULL;
    struct err ignored;
    struct json_out o;
    const char *brace;
    struct str out = text;

    if (s->agency.p == NULL)
        return text;
    if (json_parse(text, ROW_MAX, &doc, &ignored) != ST_OK)
        return text; /* intake says what is wrong with it */
    brace = memchr(text.p, '{', text.n);
    if (json_type_of(doc) == JSON_T_OBJECT && brace != NULL &&
        json_get(doc, "agency_id") == NULL) {
        json_out_init(&o, s->arena);
        json_out_str(&o, s->agency);
        out = arena_printf(
            s->arena, "{\"agency_id\":%.*s%s%.*s", STR_ARG(json_out_text(&o)),
            json_size(doc) > 0 ? "," : "",
            (int)(text.n - (size_t)(brace + 1 - text.p)), brace + 1);
    }
    json_free(doc);
    return out;
}

static void
write_result(struct send *s, const char *file, const struct line *line,
             int64_t status, const struct json *result)
{
    struct json_each each = json_each_of(result);
    const struct json *v;
    struct str key, text;
    struct json_out o;
    int64_t number;

    json_out_init(&o, NULL);
    json_out_object(&o);
    json_out_kcstr(&o, "file", file);
    json_out_kint(&o, "row", (int64_t)line->row);
    json_out_kint(&o, "status", status);
    while (json_each_next(&each, &key, &v)) {
        struct str name = arena_str(s->arena, key);
        bool yes;

        if (str_is(key, "row") || str_is(key, "status"))
            continue;
        if (json_str(v, &text))
            json_out_kstr(&o, name.p, text);
        else if (json_int(v, &number))
            json_out_kint(&o, name.p, number);
        else if (json_bool(v, &yes))
            json_out_kbool(&o, name.p, yes);
    }
    /* Lists of what is wrong: codes and pointers, never values. */
    v = json_get(result, "errors");
    if (json_size(v) > 0) {
        json_out_key(&o, "errors");
        json_out_array(&o);
        for (size_t i = 0; i < json_size(v); i++) {
            json_out_object(&o);
            if (json_str(json_get(json_at(v, i), "code"), &text))
                json_out_kstr(&o, "code", text);
            if (json_str(json_get(json_at(v, i), "pointer"), &text))
                json_out_kstr(&o, "pointer", text);
            if (json_str(json_get(json_at(v, i), "column"), &text))
                json_out_kstr(&o, "column", text);
            if (json_str(json_get(json_at(v, i), "detail"), &text))
                json_out_kstr(&o, "detail", text);
            json_out_object_end(&o);
        }
        json_out_array_end(&o);
    }
    json_out_object_end(&o);
    fprintf(s->results, "%.*s\n", STR_ARG(json_out_text(&o)));
    json_out_free(&o);
}

/* A refused row with every reason, ready to be mended. */
static void
write_rejected(struct send *s, const struct file *file, const struct line *line,
               const struct json *errors)
{
    static const char *const members[] = { "code", "column", "detail" };

    if (s->rejected == NULL)
        return;
    if (!file->csv) {
        fprintf(s->rejected, "%.*s\n", STR_ARG(line->text));
        return;
    }
    if (ftello(s->rejected) == 0)
        fprintf(s->rejected,
                MARK SHEET_ERROR_CODE "," SHEET_ERROR_FIELD
                                      "," SHEET_ERROR_DETAIL ",%.*s\r\n",
                STR_ARG(file->headings));
    for (size_t m = 0; m < 3; m++) {
        struct str all = STR(""), text;

        for (size_t i = 0; i < json_size(errors); i++)
            if (json_str(json_get(json_at(errors, i), members[m]), &text))
                all = arena_printf(s->arena, "%.*s%s%.*s", STR_ARG(all),
                                   i == 0   ? ""
                                   : m == 2 ? "; "
                                            : " ",
                                   STR_ARG(text));
        csv_put(s->rejected, ',', all);
        (void)fputc(',', s->rejected);
    }
    fprintf(s->rejected, "%.*s\r\n", STR_ARG(line->text));
}

/* A row that is no CSV is refused here. */
static void
refuse_line(struct send *s, const struct file *file, struct line *line)
{
    struct json *doc = NULL;
    struct err ignored;
    struct json_out o;

    json_out_init(&o, s->arena);
    json_out_object(&o);
    json_out_kcstr(&o, "code", "unreadable");
    json_out_key(&o, "errors");
    json_out_array(&o);
    json_out_object(&o);
    json_out_kcstr(&o, "code", line->code);
    json_out_kcstr(&o, "pointer", "");
    json_out_kcstr(&o, "column", "");
    json_out_kcstr(&o, "detail", line->detail);
    json_out_object_end(&o);
    json_out_array_end(&o);
    json_out_object_end(&o);
    line->done = true;
    s->refused++;
    if (json_parse(json_out_text(&o), RESULT_MAX, &doc, &ignored) == ST_OK) {
        write_result(s, file->name, line, STATUS_BAD, doc);
        write_rejected(s, file, line, json_get(doc, "errors"));
    }
    json_free(doc);
}

/* The headings are wrong: one line of results, and what to mend. */
static enum status
refuse_sheet(struct send *s, const struct file *file, const struct json *doc,
             int status, struct err *err)
{
    const struct line headings = { .row = 1 };
    const struct json *errors = json_get(doc, "errors");
    struct str all = STR(""), code, column, detail;

    write_result(s, file->name, &headings, status, doc);
    for (size_t i = 0; i < json_size(errors); i++) {
        const struct json *e = json_at(errors, i);

        if (json_str(json_get(e, "code"), &code) &&
            json_str(json_get(e, "column"), &column) &&
            json_str(json_get(e, "detail"), &detail))
            all =
                arena_printf(s->arena, "%.*s%s%.*s %.*s%s%.*s", STR_ARG(all),
                             i == 0 ? "" : "; ", STR_ARG(code), STR_ARG(column),
                             column.n > 0 ? ": " : "", STR_ARG(detail));
    }
    return err_set(err, ST_REJECT, "sheet", "%s: %.*s", file->name,
                   STR_ARG(all));
}

/* Take the answer apart; rows that are to come again stay undone. */
static enum status
read_answer(struct send *s, const struct file *file, struct line **batch,
            size_t n, const struct http_answer *answer, size_t *later,
            struct err *err)
{
    struct json *doc = NULL;
    enum status rc = json_parse(answer->body, ANSWER_MAX, &doc, err);

    *later = 0;
    if (rc != ST_OK)
        return err_set(err, ST_FATAL, "answer", "intake's answer is no JSON");
    if (file->csv && json_size(json_get(doc, "errors")) > 0) {
        rc = refuse_sheet(s, file, doc, answer->status, err);
        json_free(doc);
        return rc;
    }
    if (answer->status != STATUS_MULTI || json_size(doc) != n) {
        struct str detail = STR("");

        (void)json_str(json_get(doc, "title"), &detail);
        rc = err_set(err, ST_REJECT, "answer",
                     "intake answers %d %.*s to a batch", answer->status,
                     STR_ARG(detail));
    }
    for (size_t i = 0; rc == ST_OK && i < n; i++) {
        const struct json *result = json_at(doc, i);
        int64_t status = 0;

        (void)json_int(json_get(result, "status"), &status);
        if (is_later(status)) {
            ++*later;
            continue;
        }
        batch[i]->done = true;
        s->accepted += status == STATUS_ACCEPTED;
        s->refused += status != STATUS_ACCEPTED;
        write_result(s, file->name, batch[i], status, result);
        if (status != STATUS_ACCEPTED)
            write_rejected(s, file, batch[i], json_get(result, "errors"));
    }
    json_free(doc);
    return rc;
}

/* The rows as one text, a line each; of CSV below the headings. */
static struct str
batch_text(struct send *s, const struct file *file, struct line *const *batch,
           size_t n)
{
    struct str *rows = arena_array(s->arena, n, sizeof *rows);
    struct str first = STR("");
    size_t bytes = 0;
    char *text, *at;

    if (file->csv)
        first = arena_printf(s->arena, MARK "%.*s\n" NOTE_ROW,
                             STR_ARG(file->headings));
    for (size_t i = 0; i < n; i++) {
        rows[i] = file->csv ? batch[i]->text : row_text(s, batch[i]->text);
        bytes += rows[i].n + 1;
    }
    bytes += first.n;
    text = at = arena_alloc(s->arena, bytes);
    if (first.n > 0)
        memcpy(at, first.p, first.n);
    at += first.n;
    for (size_t i = 0; i < n; i++) {
        memcpy(at, rows[i].p, rows[i].n);
        at += rows[i].n;
        *at++ = '\n';
    }
    return (struct str){ .p = text, .n = bytes };
}

/* Send until every row has an answer other than "later". */
static enum status
send_batch(struct send *s, const struct file *file, struct line **batch,
           size_t n, struct err *err)
{
    enum status rc = ST_OK;

    while (rc == ST_OK && n > 0) {
        struct http_call request = {
            .path = file->path,
            .content_type = file->csv ? "text/csv" : "application/x-ndjson"
        };
        struct http_answer answer;
        size_t later = 0, kept = 0;

        arena_reset(s->arena);
        request.body = batch_text(s, file, batch, n);
        rc = call(s, &request, &answer, err);
        if (rc == ST_OK)
            rc = read_answer(s, file, batch, n, &answer, &later, err);
        if (rc != ST_OK)
            break;
        for (size_t i = 0; i < n; i++)
            if (!batch[i]->done)
                batch[kept++] = batch[i];
        n = kept;
        if (later > 0 && !be_patient(s, answer.retry_after_s))
            rc = err_set(err, ST_RETRY, "later",
                         "intake is not ready for %zu rows", later);
    }
    return rc;
}

static enum status
send_file(struct send *s, struct file *file, struct err *err)
{
    struct line *batch[BATCH_ROWS];
    bool terminal = isatty(STDERR_FILENO) != 0;
    size_t n = 0, bytes = 0;
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < file->n; i++) {
        struct line *line = &file->lines[i];

        if (line->done) {
            s->skipped++;
        } else if (line->code != NULL) {
            refuse_line(s, file, line);
        } else {
            batch[n++] = line;
            bytes += line->text.n;
        }
        if (n == BATCH_ROWS || bytes > BATCH_BYTES ||
            (i + 1 == file->n && n > 0)) {
            rc = send_batch(s, file, batch, n, err);
            n = bytes = 0;
            if (terminal)
                fprintf(stderr, "\r%s: %zu of %zu rows, %zu refused",
                        file->name, i + 1, file->n, s->refused);
        }
    }
    if (terminal)
        fprintf(stderr, "\n");
    return rc;
}

/* ---- time -------------------------------------------------------------- */

static enum status
send_time(struct send *s, const char *at, const char *authority,
          struct err *err)
{
    struct json_out o;
    struct http_call request = { .content_type = "application/json" };
    struct http_answer answer;
    enum status rc;

    json_out_init(&o, s->arena);
    json_out_object(&o);
    json_out_kcstr(&o, "at", at);
    json_out_object_end(&o);
    request.body = json_out_text(&o);
    request.path = arena_printf(s->arena, "/v1/time%s%s",
                                authority == NULL ? "" : "?authority=",
                                authority == NULL ? "" : authority)
                       .p;
    rc = call(s, &request, &answer, err);
    if (rc == ST_OK && answer.status != STATUS_ACCEPTED &&
        answer.status != STATUS_OK) {
        struct json *doc = NULL;
        struct str why = STR("");

        if (json_parse(answer.body, RESULT_MAX, &doc, err) == ST_OK &&
            !json_str(json_get(doc, "detail"), &why))
            (void)json_str(json_get(doc, "title"), &why);
        rc = err_set(err, ST_REJECT, "time", "%s: intake answers %d %.*s", at,
                     answer.status, STR_ARG(why));
        json_free(doc);
    }
    return rc;
}

/* ---- the verb ---------------------------------------------------------- */

/* The doors by their names, or a kind of notification, or an activity. */
static bool
read_kind(const char *word, struct sheet_options *out)
{
    static const struct {
        const char *word;
        enum item_kind_of item;
    } doors[] = {
        { "notifications", ITEM_NOTIFICATION }, { "activities", ITEM_ACTIVITY },
        { "screenings", ITEM_SCREENING },       { "matches", ITEM_MATCH },
        { "indicators", ITEM_INDICATOR },
    };

    *out = (struct sheet_options){ .kind = 0 };
    if (word == NULL)
        return true;
    for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++)
        if (strcmp(word, doors[i].word) == 0) {
            out->item = doors[i].item;
            return true;
        }
    return sheet_kind(str_of(word), out);
}

static enum status
open_world(struct send *s, struct err *err)
{
    struct http_client_options options = { .base = cli_text(s->cli, "intake"),
                                           .max_body = ANSWER_MAX };
    struct sign_options sign = { .key_file = cli_text(s->cli, "key"),
                                 .agency = cli_text(s->cli, "agency"),
                                 .audience = cli_text(s->cli, "audience"),
                                 .kid = cli_text(s->cli, "kid"),
                                 .seconds = SIGN_SECONDS };
    const char *results = cli_text(s->cli, "results");
    const char *rejected = cli_text(s->cli, "rejected");
    enum status rc;

    if (options.base == NULL)
        return err_set(err, ST_REJECT, "config",
                       "where is intake? WAYMARK_INTAKE or --intake URL");
    s->results = results == NULL ? stdout : fopen(results, "a");
    if (s->results == NULL)
        return err_set(err, ST_REJECT, "config", "%s can't be written",
                       results);
    /* What was refused before is sent again, and told again. */
    if (rejected != NULL && (s->rejected = fopen(rejected, "w")) == NULL)
        return err_set(err, ST_REJECT, "config", "%s can't be written",
                       rejected);
    rc = http_client_open(&options, &s->client, err);
    if (rc == ST_OK && sign.key_file != NULL)
        rc = signer_open(s->cli, &sign, &s->signer, err);
    return rc;
}

static enum status
work(struct send *s, struct err *err)
{
    struct cli *cli = s->cli;
    struct file *files =
        arena_array(cli->arena, cli->n_words + 1, sizeof *files);
    const char *results;
    enum status rc = open_world(s, err);

    results = cli_text(cli, "results");
    for (size_t i = 0; rc == ST_OK && i < cli->n_words; i++)
        rc = read_file(s, cli->words[i], &files[i], err);
    if (rc == ST_OK && results != NULL)
        rc = read_results(s, results, files, cli->n_words, err);
    if (rc == ST_OK && s->task->time != NULL)
        rc = send_time(s, s->task->time, cli_text(cli, "authority"), err);
    for (size_t i = 0; rc == ST_OK && i < cli->n_words; i++)
        rc = send_file(s, &files[i], err);
    if (s->results != NULL && fflush(s->results) != 0 && rc == ST_OK)
        rc = err_set(err, ST_RETRY, "results", "results can't be written");
    if (s->rejected != NULL && fflush(s->rejected) != 0 && rc == ST_OK)
        rc = err_set(err, ST_RETRY, "rejected", "rejected can't be written");
    return rc;
}

enum cli_exit
send_files(struct cli *cli, const struct send_task *task)
{
    struct send s = { .cli = cli,
                      .task = task,
                      .wait_s = 60,
                      .agency = str_of(cli_text(cli, "agency")) };
    struct err err = { .code = "" };
    enum status rc;

    if (!cli_number(cli, "wait", 0, 86400, &s.wait_s))
        return CLI_USAGE;
    s.arena = memory_open((size_t)256 << 20);
    if (s.arena == NULL)
        return CLI_WORLD;
    rc = work(&s, &err);
    http_client_close(s.client);
    signer_close(s.signer);
    if (s.results != NULL && s.results != stdout)
        fclose(s.results);
    if (s.rejected != NULL)
        fclose(s.rejected);
    memory_close(s.arena);
    if (cli->n_words > 0)
        fprintf(stderr, "%s: %zu accepted, %zu refused, %zu known before\n",
                cli->verb->name, s.accepted, s.refused, s.skipped);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    return s.refused == 0 ? CLI_DONE : CLI_DIFFERENT;
}

static enum cli_exit
run(struct cli *cli)
{
    struct send_task task = { .time = cli_text(cli, "time") };

    if (!read_kind(cli_text(cli, "kind"), &task.kind))
        return cli_usage(cli, "--kind: want notifications, activities, "
                              "screenings, matches, or a kind");
    if (cli->n_words == 0 && task.time == NULL)
        return cli_usage(cli, "want a FILE, or --time");
    return send_files(cli, &task);
}

const struct verb verb_send = {
    .name = "send",
    .words = "FILE... [--results FILE] | --time INSTANT",
    .help = "NDJSON or CSV to intake, a result a row, resumable",
    .max_words = 64,
    .options = {
        SEND_OPTIONS,
        { .name = "kind", .value = "KIND",
          .help = "what the rows are; not given: notifications, of a CSV file "
                  "what its name says" },
        { .name = "time", .value = "INSTANT",
          .help = "first move the log clock to here" },
    },
    .run = run,
};
