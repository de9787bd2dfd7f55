/* waymark send: rows of NDJSON to intake, a result a row, resumable. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/http_client.h"
#include "common/adapters/json.h"
#include "common/engine/memory.h"

enum {
    BATCH_ROWS = 100,
    FILE_MAX = 512 << 20,
    ROW_MAX = 256 << 10, /* at the door (design.md section 2) */
    RESULT_MAX = 1 << 20,
    ANSWER_MAX = 32 << 20,
    RETRY_S = 5, /* where the answer doesn't say */
    STATUS_OK = 200,
    STATUS_ACCEPTED = 202,
    STATUS_MULTI = 207,
    STATUS_LATER = 503,
};

/* A row on its way. */
struct line {
    struct str text;
    size_t row; /* of the file, from 1 */
    bool done;
};

struct file {
    const char *name;
    struct line *lines; /* those that are not blank */
    size_t n;
};

struct send {
    struct cli *cli;
    struct http_client *client;
    struct arena *arena; /* one batch */
    struct str path;     /* "/v1/notifications?authority=..." */
    struct str agency;   /* for rows that don't say; null: none */
    FILE *results;
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
    struct timespec pause = { .tv_sec = wait_s < left ? wait_s : left };

    if (left <= 0)
        return false;
    fflush(s->results);
    nanosleep(&pause, NULL);
    s->waited_s += pause.tv_sec;
    return true;
}

/* Call until intake has an answer other than "later". */
static enum status
call(struct send *s, const struct http_call *request, struct http_answer *out,
     struct err *err)
{
    enum status rc;

    for (;;) {
        rc = http_client_call(s->client, request, out, err);
        if (rc == ST_OK && out->status != STATUS_LATER)
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
        if (status == STATUS_LATER) {
            ++*later;
            continue;
        }
        batch[i]->done = true;
        s->accepted += status == STATUS_ACCEPTED;
        s->refused += status != STATUS_ACCEPTED;
        write_result(s, file->name, batch[i], status, result);
    }
    json_free(doc);
    return rc;
}

/* The rows as one text, a line each. */
static struct str
batch_text(struct send *s, struct line *const *batch, size_t n)
{
    struct str *rows = arena_array(s->arena, n, sizeof *rows);
    size_t bytes = 0;
    char *text, *at;

    for (size_t i = 0; i < n; i++) {
        rows[i] = row_text(s, batch[i]->text);
        bytes += rows[i].n + 1;
    }
    text = at = arena_alloc(s->arena, bytes);
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
        struct http_call request = { .path = s->path.p,
                                     .content_type = "application/x-ndjson" };
        struct http_answer answer;
        size_t later = 0, kept = 0;

        arena_reset(s->arena);
        request.body = batch_text(s, batch, n);
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
    size_t n = 0;
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < file->n; i++) {
        if (file->lines[i].done)
            s->skipped++;
        else
            batch[n++] = &file->lines[i];
        if (n == BATCH_ROWS || (i + 1 == file->n && n > 0)) {
            rc = send_batch(s, file, batch, n, err);
            n = 0;
            if (terminal)
                fprintf(stderr, "\r%s: %zu of %zu", file->name, i + 1, file->n);
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

static bool
is_kind(const char *kind)
{
    static const char *const kinds[] = { "notifications", "activities",
                                         "screenings", "matches" };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static enum status
open_world(struct send *s, struct err *err)
{
    struct http_client_options options = { .base = cli_text(s->cli, "intake"),
                                           .max_body = ANSWER_MAX };
    const char *results = cli_text(s->cli, "results");

    if (options.base == NULL)
        return err_set(err, ST_REJECT, "config",
                       "where is intake? WAYMARK_INTAKE or --intake URL");
    s->results = results == NULL ? stdout : fopen(results, "a");
    if (s->results == NULL)
        return err_set(err, ST_REJECT, "config", "%s can't be written",
                       results);
    return http_client_open(&options, &s->client, err);
}

static enum status
work(struct send *s, struct err *err)
{
    struct cli *cli = s->cli;
    struct file *files =
        arena_array(cli->arena, cli->n_words + 1, sizeof *files);
    const char *at = cli_text(cli, "time"), *results;
    enum status rc = open_world(s, err);

    results = cli_text(cli, "results");
    for (size_t i = 0; rc == ST_OK && i < cli->n_words; i++)
        rc = read_lines(s, cli->words[i], &files[i], err);
    if (rc == ST_OK && results != NULL)
        rc = read_results(s, results, files, cli->n_words, err);
    if (rc == ST_OK && at != NULL)
        rc = send_time(s, at, cli_text(cli, "authority"), err);
    for (size_t i = 0; rc == ST_OK && i < cli->n_words; i++)
        rc = send_file(s, &files[i], err);
    if (s->results != NULL && fflush(s->results) != 0 && rc == ST_OK)
        rc = err_set(err, ST_RETRY, "results", "results can't be written");
    return rc;
}

static enum cli_exit
run(struct cli *cli)
{
    struct send s = { .cli = cli,
                      .wait_s = 60,
                      .agency = str_of(cli_text(cli, "agency")) };
    const char *authority = cli_text(cli, "authority");
    const char *kind = cli_text(cli, "kind");
    struct err err = { .code = "" };
    enum status rc;

    if (!is_kind(kind))
        return cli_usage(cli, "--kind: want notifications, activities, "
                              "screenings or matches");
    if (cli->n_words == 0 && cli_text(cli, "time") == NULL)
        return cli_usage(cli, "want a FILE, or --time");
    if (!cli_number(cli, "wait", 0, 86400, &s.wait_s))
        return CLI_USAGE;
    s.arena = memory_open((size_t)256 << 20);
    if (s.arena == NULL)
        return CLI_WORLD;
    s.path = arena_printf(cli->arena, "/v1/%s%s%s", kind,
                          authority == NULL ? "" : "?authority=",
                          authority == NULL ? "" : authority);
    rc = work(&s, &err);
    http_client_close(s.client);
    if (s.results != NULL && s.results != stdout)
        fclose(s.results);
    memory_close(s.arena);
    if (cli->n_words > 0)
        fprintf(stderr, "send: %zu accepted, %zu refused, %zu known before\n",
                s.accepted, s.refused, s.skipped);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    return s.refused == 0 ? CLI_DONE : CLI_DIFFERENT;
}

const struct verb verb_send = {
    .name = "send",
    .words = "FILE... [--results FILE] | --time INSTANT",
    .help = "NDJSON to intake, a result a row, resumable",
    .max_words = 64,
    .options = {
        { .name = "agency", .value = "ID",
          .help = "sender of rows that don't name one" },
        { .name = "authority", .value = "A",
          .help = "to which authority, where intake serves several" },
        { .name = "results", .value = "FILE",
          .help = "a line a row; what it says was accepted is skipped" },
        { .name = "kind", .value = "KIND", .dflt = "notifications",
          .help = "notifications, activities, screenings or matches" },
        { .name = "time", .value = "INSTANT",
          .help = "first move the log clock to here" },
        { .name = "wait", .value = "SECONDS", .dflt = "60",
          .help = "longest wait, in all, for intake to be ready" },
        { .name = "intake", .value = "URL", .env = "WAYMARK_INTAKE",
          .help = "http://HOST:PORT or unix:/PATH" },
    },
    .run = run,
};
