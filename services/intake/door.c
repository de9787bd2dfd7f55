#include "intake/door.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/http.h"
#include "common/engine/memory.h"
#include "intake/lobby.h"
#include "intake/raw_json.h"

enum {
    MEMORY_MAX = 256 << 20, /* of one chunk of rows */
    CHUNK_ROWS = APPEND_GROUP_MAX,
};

#define CHUNK_BYTES ((size_t)1 << 20)

/* One row on its way. */
struct row {
    struct append_item it;
    struct raw_value raw;
    struct json *doc;
    int status; /* 0 while it is on its way */
};

/* ---- looking ----------------------------------------------------------- */

static void
add_problem(struct arena *arena, struct validated *v, const char *code,
            const char *pointer, const char *detail)
{
    struct problem *p = arena_array(arena, v->problems.n + 1, sizeof *p);

    for (size_t i = 0; i < v->problems.n; i++)
        p[i] = v->problems.at[i];
    (void)snprintf(p[v->problems.n].code, sizeof p->code, "%s", code);
    p[v->problems.n].pointer = str_of(pointer);
    p[v->problems.n].detail = arena_str(arena, str_of(detail));
    v->problems = (struct problems){ .at = p, .n = v->problems.n + 1 };
}

static bool
has_problem(const struct validated *v, const char *code)
{
    for (size_t i = 0; i < v->problems.n; i++)
        if (strcmp(v->problems.at[i].code, code) == 0)
            return true;
    return false;
}

static enum status
read_text(struct str text, struct json **doc, struct err *err)
{
    *doc = NULL;
    if (text.n <= DOOR_RECORD_MAX && json_count(text) > DOOR_VALUES_MAX)
        return err_set(err, ST_REJECT, "R04", "more than %d values",
                       DOOR_VALUES_MAX);
    return json_parse(text, DOOR_RECORD_MAX, doc, err);
}

/* JSON that can't be read gives the row its status. */
static void
look_at_text(struct str text, struct arena *arena, struct row *row)
{
    struct err err = { .code = "" };
    enum status rc = read_text(text, &row->doc, &err);

    row->it.raw_n = text.n;
    if (rc == ST_OK) {
        row->raw = raw_of_json(arena, row->doc);
        return;
    }
    row->doc = NULL;
    row->status = rc == ST_RETRY                 ? 503
                  : strcmp(err.code, "R04") == 0 ? 413
                                                 : 400;
    add_problem(arena, &row->it.v, rc == ST_RETRY ? "R03" : err.code, "",
                err.text);
}

static void
look_at_sheet(const struct sheet_row *from, struct arena *arena,
              struct row *row)
{
    row->it.raw_n = from->n_bytes;
    row->raw = from->raw;
    if (from->problem.code[0] == '\0')
        return;
    row->status = strcmp(from->problem.code, "R04") == 0 ? 413 : 400;
    row->it.v.problems.at = arena_array(arena, 1, sizeof from->problem);
    row->it.v.problems.at[0] = from->problem;
    row->it.v.problems.n = 1;
}

static void
look(const struct door *door, const struct door_batch *batch, size_t i,
     struct arena *arena, struct row *row)
{
    const struct terms *terms = append_terms(door->append);
    time_ms now = append_now(door->append);
    struct validate_against against = { .arena = arena,
                                        .authority = door->authority,
                                        .agencies = terms->agencies,
                                        .staff = terms->staff,
                                        .profile = &terms->profile,
                                        .calendar = &terms->calendar,
                                        .received =
                                            now == TIME_NONE ? 0 : now };

    *row = (struct row){ .it = { .item = batch->item,
                                 .trace_parent = batch->trace_parent,
                                 .terms = terms,
                                 .looked_at = now } };
    if (batch->sheet != NULL)
        look_at_sheet(&batch->sheet[i], arena, row);
    else
        look_at_text(batch->rows[i], arena, row);
    if (row->status != 0)
        return;
    row->it.raw = &row->raw;
    validate(&against, batch->item, &row->raw, &row->it.v);
    content_hash(arena, door->hash_key, batch->item, &row->raw, row->it.hash);
    if (batch->agency.p != NULL && row->it.v.key.agency_id.p != NULL &&
        !str_eq(batch->agency, row->it.v.key.agency_id)) {
        add_problem(arena, &row->it.v, "R02", "/agency_id",
                    batch->proved ? "not the agency that sends it"
                                  : "not the agency of this folder");
        row->status = 422;
    }
    if (row->it.v.problems.n > 0 && !door->log_clock)
        row->status = 422;
    if (batch->proved && has_problem(&row->it.v, "R02"))
        row->status = 403;
}

static int
status_of(const struct append_item *it)
{
    switch (it->result) {
    case APPEND_ACCEPTED:
    case APPEND_REPEATED:
        return 202;
    case APPEND_REFUSED:
        return 422;
    case APPEND_BROKEN:
        return 500;
    case APPEND_LATER:
    case APPEND_WAITING:
        break;
    }
    return strcmp(it->why, LOBBY_SHARE) == 0 ? 429 : 503;
}

static void
put_off(struct append_item *items, size_t n, const char *why)
{
    for (size_t i = 0; i < n; i++) {
        items[i].result = APPEND_LATER;
        (void)snprintf(items[i].why, sizeof items[i].why, "%s", why);
    }
}

/* Missing children on their own, before the others: they are never shed. */
static void
append_in_lanes(const struct door *door, const struct door_batch *batch,
                struct append_item *items, size_t n_missing, size_t n,
                struct arena *arena)
{
    if (batch->later != NULL) {
        put_off(items, n, batch->later);
        return;
    }
    append_items(door->append, items, n_missing, arena);
    if (batch->shed != NULL)
        put_off(items + n_missing, n - n_missing, batch->shed);
    else
        append_items(door->append, items + n_missing, n - n_missing, arena);
}

/* Look at rows, append those that may be, and settle every status. */
static void
take_rows(const struct door *door, const struct door_batch *batch,
          struct arena *arena, struct row *rows)
{
    struct append_item *items = arena_array(arena, batch->n, sizeof *items);
    size_t *which = arena_array(arena, batch->n, sizeof *which);
    size_t n = 0, n_missing = 0;

    for (size_t i = 0; i < batch->n; i++) {
        look(door, batch, i, arena, &rows[i]);
        if (rows[i].status == 0 && rows[i].it.v.missing_kind)
            which[n++] = i;
    }
    n_missing = n;
    for (size_t i = 0; i < batch->n; i++)
        if (rows[i].status == 0 && !rows[i].it.v.missing_kind)
            which[n++] = i;
    for (size_t i = 0; i < n; i++)
        items[i] = rows[which[i]].it;
    append_in_lanes(door, batch, items, n_missing, n, arena);
    for (size_t i = 0; i < n; i++) {
        rows[which[i]].it = items[i];
        rows[which[i]].status = status_of(&items[i]);
    }
}

/* ---- telling ----------------------------------------------------------- */

static void
put_warnings(struct json_out *out, uint32_t warnings)
{
    json_out_key(out, "warnings");
    json_out_array(out);
    for (int w = 1; w <= WARNING_LAST; w++)
        if ((warnings & (uint32_t)1 << w) != 0)
            json_out_str(out, str_of(warning_code((enum warning)w)));
    json_out_array_end(out);
}

void
door_put_receipt(struct json_out *out, const struct append_receipt *r,
                 bool repeated)
{
    char id[ID_TEXT_SIZE], at[TIME_TEXT_SIZE];

    json_out_kcstr(out, "id", id_text(r->id, id));
    json_out_kstr(out, "agency_id", r->agency_id);
    json_out_kstr(out, "agency_ref", r->agency_ref);
    json_out_kint(out, "amendment", r->amendment);
    json_out_kcstr(out, "recorded_at", time_text(r->recorded_at, at));
    put_warnings(out, r->warnings);
    json_out_kbool(out, "repeated", repeated);
}

void
door_errors(struct json_out *out, struct arena *arena,
            const struct problems *problems, const struct raw_value *raw,
            bool sheet)
{
    json_out_key(out, "errors");
    json_out_array(out);
    for (size_t i = 0; i < problems->n; i++) {
        const struct problem *p = &problems->at[i];

        json_out_object(out);
        json_out_kcstr(out, "code", p->code);
        json_out_kstr(out, "pointer", p->pointer);
        if (sheet)
            json_out_kstr(out, "column",
                          sheet_column_of(arena, raw, p->pointer));
        json_out_kstr(out, "detail", p->detail);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

/* Whom the sender must phone, where a child is missing (design.md, 503). */
static void
put_phone(struct json_out *out, const struct door *door)
{
    struct str phone = append_terms(door->append)->profile.duty_phone;
    char text[160];

    (void)snprintf(text, sizeof text,
                   "not accepted: phone the duty desk on %.*s", STR_ARG(phone));
    json_out_kcstr(out, "detail", text);
    json_out_kstr(out, "duty_phone", phone);
}

const char *
door_later_code(const char *why)
{
    if (strcmp(why, "clock") == 0)
        return "clock";
    if (strcmp(why, LOBBY_BUSY) == 0 || strcmp(why, LOBBY_SHARE) == 0)
        return why;
    return strcmp(why, "restore") == 0 || strcmp(why, "fork") == 0
               ? "restore"
               : "not_ready";
}

void
door_answer_later(struct http_response *resp, const char *why)
{
    http_problem(resp, 503, door_later_code(why), "Not ready", NULL);
    http_add_header(resp, "Retry-After", "%d", DOOR_RETRY_AFTER_S);
}

static void
put_later(struct json_out *out, const struct door *door,
          const struct append_item *it)
{
    bool clock = strcmp(it->why, "clock") == 0;

    json_out_kint(out, "retry_after", DOOR_RETRY_AFTER_S);
    if (it->v.missing_kind)
        put_phone(out, door);
    else if (clock)
        json_out_kcstr(out, "detail",
                       "not accepted: no time was ever set for this "
                       "authority");
    else
        json_out_kcstr(out, "detail", "not accepted: send it again later");
}

static const char *
title_of(int status)
{
    switch (status) {
    case 400:
        return "Not readable";
    case 413:
        return "Too large";
    case 403:
    case 422:
        return "Refused";
    case 429:
        return "Too much at the same time";
    case 503:
        return "Not ready";
    default:
        return "Our own fault";
    }
}

static const char *
code_of(const struct row *row)
{
    switch (row->status) {
    case 429:
    case 503:
        return door_later_code(row->it.why);
    case 500:
        return "fault";
    case 403:
    case 422:
        return "refused";
    default:
        return "unreadable";
    }
}

static void
put_result(struct json_out *out, const struct door *door, struct arena *arena,
           const struct row *row, bool sheet)
{
    const struct append_item *it = &row->it;
    struct append_receipt receipt = { .id = it->id,
                                      .agency_id = it->v.key.agency_id,
                                      .agency_ref = it->v.key.agency_ref,
                                      .amendment = it->v.key.amendment,
                                      .recorded_at = it->recorded_at,
                                      .warnings = it->warnings };

    if (row->status == 202) {
        door_put_receipt(out, &receipt, it->result == APPEND_REPEATED);
        return;
    }
    http_problem_type(out, code_of(row));
    json_out_kcstr(out, "title", title_of(row->status));
    json_out_kcstr(out, "code", code_of(row));
    if (row->status == 503 || row->status == 429)
        put_later(out, door, it);
    else if (row->status != 500)
        door_errors(out, arena, &it->v.problems, &row->raw, sheet);
}

/* ---- doing ------------------------------------------------------------- */

static void
free_docs(struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        json_free(rows[i].doc);
}

int
door_one(const struct door *door, const struct door_batch *one,
         struct json_out *out)
{
    struct arena *arena = memory_open(MEMORY_MAX);
    struct row row = { .doc = NULL };

    assert(one->n == 1);
    json_out_object(out);
    if (arena == NULL) {
        row.status = 503;
    } else {
        take_rows(door, one, arena, &row);
    }
    if (row.status != 202)
        json_out_kint(out, "status", row.status);
    put_result(out, door, arena, &row, false);
    json_out_object_end(out);
    json_free(row.doc);
    memory_close(arena);
    return row.status;
}

/* How many rows from `from` on are done at a time. */
static size_t
chunk_of(const struct door_batch *batch, size_t from)
{
    size_t bytes = 0, n = 0;

    while (from + n < batch->n && n < CHUNK_ROWS) {
        size_t more = batch->sheet != NULL ? batch->sheet[from + n].n_bytes
                                           : batch->rows[from + n].n;

        if (n > 0 && bytes + more > CHUNK_BYTES)
            break;
        bytes += more;
        n++;
    }
    return n;
}

static void
count_row(struct door_counts *counts, int status, bool repeated)
{
    counts->accepted += status == 202;
    counts->repeated += repeated;
    counts->later += status == 503 || status == 429;
    counts->refused += status != 202 && status != 503 && status != 429;
}

static void
tell_rows(const struct door *door, const struct door_batch *chunk,
          struct arena *arena, const struct row *rows, struct json_out *out,
          void (*each)(void *self, const struct door_told *told), void *self,
          struct door_counts *counts)
{
    for (size_t i = 0; i < chunk->n; i++) {
        struct door_told told = { .row = chunk->first_row + i,
                                  .status = rows[i].status,
                                  .repeated =
                                      rows[i].it.result == APPEND_REPEATED,
                                  .problems = &rows[i].it.v.problems,
                                  .raw = &rows[i].raw };

        if (chunk->sheet != NULL)
            told.row = chunk->sheet[i].number;
        json_out_reset(out);
        json_out_object(out);
        json_out_kint(out, "row", (int64_t)told.row);
        json_out_kint(out, "status", told.status);
        put_result(out, door, arena, &rows[i], chunk->sheet != NULL);
        json_out_object_end(out);
        told.json = json_out_text(out);
        each(self, &told);
        count_row(counts, told.status, told.repeated);
    }
}

enum status
door_rows(const struct door *door, const struct door_batch *batch,
          void (*each)(void *self, const struct door_told *told), void *self,
          struct door_counts *counts, struct err *err)
{
    struct arena *arena = memory_open(MEMORY_MAX);
    struct json_out out;

    *counts = (struct door_counts){ .accepted = 0 };
    if (arena == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory for a batch");
    json_out_init(&out, NULL);
    for (size_t from = 0; from < batch->n;) {
        struct door_batch chunk = *batch;
        struct row *rows;

        arena_reset(arena);
        if (chunk.sheet != NULL)
            chunk.sheet += from;
        else
            chunk.rows += from;
        chunk.first_row += from;
        chunk.n = chunk_of(batch, from);
        rows = arena_array(arena, chunk.n, sizeof *rows);
        take_rows(door, &chunk, arena, rows);
        tell_rows(door, &chunk, arena, rows, &out, each, self, counts);
        free_docs(rows, chunk.n);
        from += chunk.n;
    }
    json_out_free(&out);
    memory_close(arena);
    return ST_OK;
}

/* ---- splitting --------------------------------------------------------- */

struct rows {
    struct arena *arena;
    struct str *at;
    size_t n;
    size_t room;
    bool too_many; /* more than DOOR_ROWS_MAX */
};

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str
trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0]))
        s = (struct str){ .p = s.p + 1, .n = s.n - 1 };
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

static void
add_row(struct rows *rows, struct str text)
{
    if (rows->n == DOOR_ROWS_MAX) {
        rows->too_many = true;
        return;
    }
    if (rows->n == rows->room) {
        size_t room = rows->room * 2 + 64;
        struct str *at = arena_array(rows->arena, room, sizeof *at);

        if (rows->n > 0)
            memcpy(at, rows->at, rows->n * sizeof *at);
        rows->at = at;
        rows->room = room;
    }
    rows->at[rows->n++] = text;
}

static void
split_lines(struct rows *rows, struct str body)
{
    while (body.n > 0) {
        const char *end = memchr(body.p, '\n', body.n);
        size_t n = end == NULL ? body.n : (size_t)(end - body.p);
        struct str line = trim((struct str){ .p = body.p, .n = n });

        if (line.n > 0)
            add_row(rows, line);
        n += end != NULL;
        body = (struct str){ .p = body.p + n, .n = body.n - n };
    }
}

/* Finds the commas of the outer array; each part is read on its own later. */
static bool
split_array(struct rows *rows, struct str body)
{
    bool in_text = false;
    int depth = 0;
    size_t from = 1;

    body = trim(body);
    if (body.n < 2 || body.p[0] != '[' || body.p[body.n - 1] != ']')
        return false;
    if (trim((struct str){ .p = body.p + 1, .n = body.n - 2 }).n == 0)
        return true;
    for (size_t i = 1; i < body.n; i++) {
        char c = body.p[i];
        bool last = i == body.n - 1;

        if (in_text && c == '\\' && !last) {
            i++;
            continue;
        }
        if (c == '"')
            in_text = !in_text;
        if (in_text)
            continue;
        if ((c == ',' && depth == 0) || last) {
            add_row(rows,
                    trim((struct str){ .p = body.p + from, .n = i - from }));
            from = i + 1;
            continue;
        }
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (depth < 0)
            return false;
    }
    return !in_text && depth == 0;
}

enum status
door_split(struct arena *arena, struct str body, bool lines, struct str **rows,
           size_t *n, struct err *err)
{
    struct rows all = { .arena = arena };
    enum status rc = ST_OK;

    body = json_without_mark(body);
    if (lines)
        split_lines(&all, body);
    else
        rc = json_check(body, JSON_DEPTH_MAX + 1, err);
    if (rc == ST_OK && !lines && !split_array(&all, body))
        rc = err_set(err, ST_REJECT, "R03", "the list of records is no array");
    if (rc == ST_OK && all.too_many)
        rc = err_set(err, ST_REJECT, "R04", "more than %d records",
                     DOOR_ROWS_MAX);
    *rows = all.at;
    *n = all.n;
    return rc;
}

int
door_unreadable(struct json_out *out, const struct err *why)
{
    int status = strcmp(why->code, "R04") == 0 ? 413 : 400;

    json_out_object(out);
    json_out_kcstr(out, "type", "about:blank");
    json_out_kcstr(out, "title", title_of(status));
    json_out_kint(out, "status", status);
    json_out_kcstr(out, "code", "unreadable");
    json_out_key(out, "errors");
    json_out_array(out);
    json_out_object(out);
    json_out_kcstr(out, "code", why->code);
    json_out_kcstr(out, "pointer", "");
    json_out_kcstr(out, "detail", why->text);
    json_out_object_end(out);
    json_out_array_end(out);
    json_out_object_end(out);
    return status;
}
