#include "intake/http.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/adapters/gzip.h"
#include "common/adapters/problems.h"
#include "common/engine/log.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"
#include "intake/activate.h"
#include "intake/claim.h"
#include "intake/erase.h"
#include "intake/lobby.h"
#include "intake/openapi.h"
#include "intake/receipt.h"
#include "intake/table.h"

enum {
    SHED_READ_MAX = DOOR_RECORD_MAX, /* bytes that are read without a place */
    CONNECTIONS_MAX = 512,
    REQUEST_MEMORY = 64 << 20, /* lists of rows, one problem */
    TIME_BODY_MAX = 1024,
    STATUS_MULTI = 207,
    READY_MS = 1500,  /* who asks for readiness waits two seconds at most */
    SHEET_ROWS = 500, /* at a time */
};

/* Bytes of all requests; above: 503. */
#define UNPACKED_MAX (4 * DOOR_BATCH_MAX)

struct intake_http {
    struct intake_http_options options;
    _Atomic size_t unpacked; /* bytes of bodies that came packed */
    struct http_server *server;
    struct lobby *lobby;
    char address[128];
};

/* ---- who and what ------------------------------------------------------ */

static const struct served *
served_of(const struct intake_http *h, const struct http_request *req)
{
    struct str name = http_header(req, "Waymark-Authority");

    if (name.p == NULL)
        name = http_query(req, "authority");
    if (name.p == NULL)
        return h->options.n == 1 ? &h->options.served[0] : NULL;
    for (size_t i = 0; i < h->options.n; i++)
        if (str_eq(h->options.served[i].door.authority, name))
            return &h->options.served[i];
    return NULL;
}

static enum item_kind_of
item_of(struct str path)
{
    if (str_is(path, "/v1/notifications"))
        return ITEM_NOTIFICATION;
    if (str_is(path, "/v1/activities"))
        return ITEM_ACTIVITY;
    if (str_is(path, "/v1/screenings"))
        return ITEM_SCREENING;
    if (str_is(path, "/v1/matches"))
        return ITEM_MATCH;
    if (str_is(path, "/v1/indicators"))
        return ITEM_INDICATOR;
    return 0;
}

enum media { MEDIA_OTHER, MEDIA_JSON, MEDIA_LINES, MEDIA_CSV };

static bool
is_media(struct str type, const char *want)
{
    size_t n = strlen(want);

    if (type.n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = type.p[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != want[i])
            return false;
    }
    return type.n == n || type.p[n] == ';' || type.p[n] == ' ';
}

static enum media
media_of(struct str type)
{
    if (is_media(type, "application/json"))
        return MEDIA_JSON;
    if (is_media(type, "application/x-ndjson") ||
        is_media(type, "application/ndjson") ||
        is_media(type, "application/jsonl"))
        return MEDIA_LINES;
    if (is_media(type, "text/csv"))
        return MEDIA_CSV;
    return MEDIA_OTHER;
}

static bool
is_array(struct str body)
{
    body = json_without_mark(body);
    for (size_t i = 0; i < body.n; i++)
        if (strchr(" \t\r\n", body.p[i]) == NULL)
            return body.p[i] == '[';
    return false;
}

static void
come_again(struct http_response *resp)
{
    http_add_header(resp, "Retry-After", "%d", DOOR_RETRY_AFTER_S);
}

static void
answer_json(struct http_response *resp, int status, const char *type,
            struct json_out *out)
{
    size_t n = 0;
    char *text = json_out_take(out, &n);

    if (text == NULL) {
        http_problem(resp, 503, "memory", "Not ready", NULL);
        come_again(resp);
        return;
    }
    http_body_take(resp, status, type, text, n);
}

/* ---- who sends it ------------------------------------------------------ */

/* Who sends a request, as far as it was proved. */
struct sender {
    struct str agency_id; /* null: nobody was asked (AUTH=open) */
    const char *later;    /* code, where nobody can say if it may; or NULL */
    const char *shed;     /* code, where it found no place (lobby.h); or NULL */
};

/* False: it was answered. */
static bool
let_in(const struct intake_http *h, const struct http_request *req,
       struct sender *out, struct http_response *resp)
{
    struct err err = { .code = "" };
    enum status rc = ST_OK;

    *out = (struct sender){ .later = NULL };
    if (h->options.guard == NULL)
        return true;
    rc = guard_ask(h->options.guard, req, &out->agency_id, &err);
    if (rc == ST_RETRY && out->agency_id.p != NULL) {
        out->later = "database";
        return true;
    }
    if (rc == ST_OK)
        return true;
    if (rc == ST_REJECT) {
        http_problem(resp, 401, err.code, "Nobody known sends this", err.text);
        http_add_header(resp, "WWW-Authenticate", "Bearer");
    } else {
        http_problem(resp, 503, "not_ready", "Not ready", NULL);
        come_again(resp);
    }
    return false;
}

static int
later_status(const char *shed)
{
    return shed != NULL && strcmp(shed, LOBBY_SHARE) == 0 ? 429 : 503;
}

/* Is it one of the authority's own? */
static bool
is_own(const struct door *door, struct str agency_id)
{
    const struct agency *a =
        agency_find(append_terms(door->append)->agencies, agency_id);

    return a != NULL &&
           (a->type == AGENCY_MASH || a->type == AGENCY_SOCIAL_CARE ||
            a->type == AGENCY_EARLY_HELP);
}

/* ---- taking ------------------------------------------------------------ */

static void
post_one(const struct door *door, const struct door_batch *one,
         struct http_response *resp)
{
    struct json_out out;
    int status;

    json_out_init(&out, NULL);
    status = door_one(door, one, &out);
    answer_json(resp, status,
                status == 202 ? "application/json" : "application/problem+json",
                &out);
    if (status == 503 || status == 429)
        come_again(resp);
}

static void
put_row(void *self, const struct door_told *told)
{
    json_out_raw(self, told->json);
}

static void
post_rows(const struct door *door, struct door_batch *batch, struct str body,
          bool lines, struct http_response *resp)
{
    struct arena *arena = memory_open(REQUEST_MEMORY);
    struct door_counts counts = { .accepted = 0 };
    struct json_out out;
    struct str *rows;
    struct err err;
    enum status rc = ST_RETRY;

    json_out_init(&out, NULL);
    if (arena == NULL) {
        http_problem(resp, 503, "memory", "Not ready", NULL);
        come_again(resp);
    } else if (door_split(arena, body, lines, &rows, &batch->n, &err) !=
               ST_OK) {
        answer_json(resp, door_unreadable(&out, &err),
                    "application/problem+json", &out);
    } else {
        batch->rows = rows;
        batch->first_row = lines ? 1 : 0;
        json_out_array(&out);
        rc = door_rows(door, batch, put_row, &out, &counts, &err);
        json_out_array_end(&out);
        if (rc == ST_OK)
            answer_json(resp,
                        counts.later > 0 && counts.later == batch->n
                            ? later_status(batch->shed)
                            : STATUS_MULTI,
                        "application/json", &out);
        else
            http_problem(resp, 503, "memory", "Not ready", NULL);
        if (rc != ST_OK || counts.later > 0)
            come_again(resp);
    }
    json_out_free(&out);
    memory_close(arena);
}

/* ---- a sheet ----------------------------------------------------------- */

/* Every line break that no quotes hold ends a row: that many or fewer. */
static size_t
lines_of(struct str body)
{
    size_t n = 1;

    for (size_t i = 0; i < body.n; i++)
        n += body.p[i] == '\n' || body.p[i] == '\r';
    return n;
}

/* ST_REJECT R04: more rows than a request may have. */
static enum status
check_rows(struct table *table, struct arena *arena, struct str body,
           struct problems *problems, struct err *err)
{
    static const struct problem too_many = {
        .code = "R04", .pointer = STR(""), .detail = STR("too many records")
    };
    bool within = true;
    enum status rc = ST_OK;

    if (lines_of(body) > DOOR_ROWS_MAX)
        rc = table_is_within(table, arena, DOOR_ROWS_MAX, &within, err);
    if (rc != ST_OK || within)
        return rc;
    problems->at = arena_array(arena, 1, sizeof too_many);
    problems->at[0] = too_many;
    problems->n = 1;
    return err_set(err, ST_REJECT, "R04", "more than %d records",
                   DOOR_ROWS_MAX);
}

static void
refuse_sheet(struct arena *arena, const struct problems *problems,
             struct http_response *resp)
{
    int status = strcmp(problems->at[0].code, "R04") == 0 ? 413 : 400;
    struct json_out out;

    json_out_init(&out, NULL);
    json_out_object(&out);
    http_problem_type(&out, "unreadable");
    json_out_kcstr(&out, "title", "Not readable");
    json_out_kint(&out, "status", status);
    json_out_kcstr(&out, "code", "unreadable");
    door_errors(&out, arena, problems, NULL, true);
    json_out_object_end(&out);
    answer_json(resp, status, "application/problem+json", &out);
    json_out_free(&out);
}

/* Every row through the door, chunk by chunk. */
static enum status
take_sheet(const struct door *door, struct door_batch *batch,
           struct table *table, struct arena *arena, struct json_out *out,
           struct door_counts *all, struct err *err)
{
    struct table_chunk chunk = { .end = false };
    enum status rc = ST_OK;

    while (rc == ST_OK && !chunk.end) {
        struct door_counts counts = { .later = 0 };

        arena_reset(arena);
        rc = table_next(table, arena, SHEET_ROWS, &chunk, err);
        batch->sheet = chunk.rows;
        batch->n = chunk.n;
        if (rc == ST_OK)
            rc = door_rows(door, batch, put_row, out, &counts, err);
        all->later += counts.later;
        all->accepted += counts.accepted;
        all->refused += counts.refused;
    }
    return rc;
}

static void
answer_sheet(const struct door *door, struct door_batch *batch,
             struct table *table, struct arena *arena,
             struct http_response *resp)
{
    struct json_out out;
    struct err err;
    struct door_counts all = { .later = 0 };
    bool none;
    enum status rc;

    json_out_init(&out, NULL);
    json_out_array(&out);
    rc = take_sheet(door, batch, table, arena, &out, &all, &err);
    json_out_array_end(&out);
    none = all.later > 0 && all.accepted + all.refused == 0;
    if (rc == ST_OK)
        answer_json(resp, none ? later_status(batch->shed) : STATUS_MULTI,
                    "application/json", &out);
    else
        http_problem(resp, 503, "memory", "Not ready", NULL);
    if (rc != ST_OK || all.later > 0)
        come_again(resp);
    json_out_free(&out);
}

/* ?kind= and ?agency= are for rows that don't say. */
static bool
sheet_options_of(const struct http_request *req, enum item_kind_of item,
                 struct sheet_options *out)
{
    struct str kind = http_query(req, "kind");

    *out = (struct sheet_options){ .item = item };
    if (kind.p != NULL && (!sheet_kind(kind, out) || out->item != item))
        return false;
    out->agency = http_query(req, "agency");
    return true;
}

static void
post_sheet(const struct door *door, struct door_batch *batch,
           const struct http_request *req, struct http_response *resp)
{
    struct arena *arena = memory_open(REQUEST_MEMORY);
    FILE *in = req->body.n == 0
                   ? fopen("/dev/null", "r")
                   : fmemopen((void *)(uintptr_t)req->body.p, req->body.n, "r");
    struct table *table = NULL;
    struct sheet_options options;
    struct problems problems;
    struct err err = { .code = "" };
    enum status rc = ST_RETRY;

    if (!sheet_options_of(req, batch->item, &options)) {
        http_problem(resp, 400, "kind", "Which kind?",
                     "the kind that was named is not sent here");
    } else {
        if (arena != NULL && in != NULL)
            rc = table_open(in, &options, &table, arena, &problems, &err);
        if (rc == ST_OK)
            rc = check_rows(table, arena, req->body, &problems, &err);
        if (rc == ST_OK) {
            answer_sheet(door, batch, table, arena, resp);
        } else if (rc == ST_REJECT) {
            refuse_sheet(arena, &problems, resp);
        } else {
            http_problem(resp, 503, "memory", "Not ready", NULL);
            come_again(resp);
        }
    }
    table_close(table);
    if (in != NULL)
        (void)fclose(in);
    memory_close(arena);
}

/* ---- anything ---------------------------------------------------------- */

static void
post_items(const struct door *door, enum item_kind_of item,
           const struct sender *sender, const struct http_request *req,
           struct http_response *resp)
{
    enum media media = media_of(req->content_type);
    struct door_batch batch = {
        .item = item,
        .rows = &req->body,
        .n = 1,
        .agency = sender->agency_id,
        .proved = sender->agency_id.p != NULL,
        .later = sender->later,
        .shed = sender->shed,
        .trace_parent = http_header(req, "traceparent"),
    };

    if (batch.trace_parent.n > 64)
        batch.trace_parent = STR_NULL;
    if (media == MEDIA_OTHER)
        http_problem(resp, 415, "media_type", "Not a type that is read",
                     "want application/json, application/x-ndjson or "
                     "text/csv");
    else if (media == MEDIA_CSV)
        post_sheet(door, &batch, req, resp);
    else if (media == MEDIA_LINES || is_array(req->body))
        post_rows(door, &batch, req->body, media == MEDIA_LINES, resp);
    else
        post_one(door, &batch, resp);
}

static void
refuse_packed(struct http_response *resp, enum status rc, const struct err *err)
{
    if (rc == ST_RETRY) {
        http_problem(resp, 503, "memory", "Not ready", NULL);
        come_again(resp);
    } else if (strcmp(err->code, "R04") == 0) {
        http_problem(resp, 413, err->code, "Too large", err->text);
    } else {
        http_problem(resp, 400, "gzip", "Not readable", err->text);
    }
}

/* A body that came packed, within what all of them may hold. */
static void
post_packed(struct intake_http *h, const struct door *door,
            enum item_kind_of item, const struct sender *sender,
            const struct http_request *req, struct http_response *resp)
{
    struct http_request plain = *req;
    size_t size = gzip_size(req->body);
    struct err err = { .code = "" };
    char *text = NULL;
    enum status rc = ST_RETRY;

    if (size > DOOR_BATCH_MAX)
        size = 0; /* is refused without being unpacked */
    if (atomic_fetch_add(&h->unpacked, size) + size <= UNPACKED_MAX)
        rc = gzip_unpack(req->body, DOOR_BATCH_MAX, &text, &plain.body.n, &err);
    if (rc == ST_OK) {
        plain.body.p = text;
        post_items(door, item, sender, &plain, resp);
    } else {
        refuse_packed(resp, rc, &err);
    }
    free(text);
    atomic_fetch_sub(&h->unpacked, size);
}

static void
post_body(struct intake_http *h, const struct door *door,
          enum item_kind_of item, const struct sender *sender,
          const struct http_request *req, struct http_response *resp)
{
    struct str coding = http_header(req, "Content-Encoding");
    size_t size = coding.n == 0 ? req->body.n : gzip_size(req->body);

    if (sender->shed != NULL && size > SHED_READ_MAX) {
        http_problem(resp, later_status(sender->shed), sender->shed,
                     "Too much at the same time",
                     "not read: send messages about missing children alone");
        come_again(resp);
    } else if (coding.n == 0 || str_is(coding, "identity")) {
        post_items(door, item, sender, req, resp);
    } else if (str_is(coding, "gzip") || str_is(coding, "x-gzip")) {
        post_packed(h, door, item, sender, req, resp);
    } else {
        http_problem(resp, 415, "content_encoding", "Not a coding that is read",
                     "want gzip or none");
        http_add_header(resp, "Accept-Encoding", "gzip");
    }
}

static void
post_admitted(struct intake_http *h, const struct door *door,
              enum item_kind_of item, struct sender *sender,
              const struct http_request *req, struct http_response *resp)
{
    sender->shed = lobby_enter(h->lobby, sender->agency_id);
    post_body(h, door, item, sender, req, resp);
    if (sender->shed == NULL)
        lobby_leave(h->lobby, sender->agency_id);
}

/* ---- time -------------------------------------------------------------- */

static enum status
read_at(const struct door *door, struct str body, time_ms *at, struct err *err)
{
    const struct calendar *calendar = &append_terms(door->append)->calendar;
    struct json *doc = NULL;
    struct str text;
    enum status rc = json_parse(body, TIME_BODY_MAX, &doc, err);

    if (rc == ST_OK && !json_str(json_get(doc, "at"), &text))
        rc = err_set(err, ST_REJECT, "R03", "want an instant as at");
    if (rc == ST_OK)
        rc = time_parse(&calendar->zone, text, at, err);
    if (rc == ST_OK)
        rc = calendar_check(calendar, zone_date(&calendar->zone, *at), err);
    json_free(doc);
    return rc;
}

static void
post_time(const struct door *door, const struct sender *sender,
          const struct http_request *req, struct http_response *resp)
{
    char text[TIME_TEXT_SIZE];
    struct json_out out;
    struct err err;
    time_ms at;
    enum status rc;

    if (sender->agency_id.p != NULL && !is_own(door, sender->agency_id)) {
        http_problem(resp, 403, "R23", "Not for this agency",
                     "time is moved by the authority's own");
        return;
    }
    if (!door->log_clock) {
        http_problem(resp, 409, "clock", "The clock is the wall's",
                     "time is set from outside with the log clock only");
        return;
    }
    rc = read_at(door, req->body, &at, &err);
    if (rc != ST_OK) {
        http_problem(resp, 422, err.code, "Refused", err.text);
        return;
    }
    rc = append_time(door->append, at, &at, &err);
    if (rc == ST_REJECT) {
        http_problem(resp, 409, err.code, "Time does not go back", err.text);
    } else if (rc != ST_OK) {
        door_answer_later(resp, err.code);
    } else {
        json_out_init(&out, NULL);
        json_out_object(&out);
        json_out_kcstr(&out, "at", time_text(at, text));
        json_out_object_end(&out);
        answer_json(resp, 202, "application/json", &out);
    }
}

/* ---- what there is ------------------------------------------------------- */

static void
get_openapi(const struct intake_http *h, struct http_response *resp)
{
    const struct door *door = &h->options.served[0].door;
    struct arena *arena = memory_open(REQUEST_MEMORY);
    struct json_out out;

    if (arena == NULL) {
        http_problem(resp, 503, "memory", "Not ready", NULL);
        come_again(resp);
        return;
    }
    json_out_init(&out, NULL);
    openapi_write(&out, arena, append_terms(door->append)->agencies);
    answer_json(resp, 200, "application/json", &out);
    memory_close(arena);
}

/* ---- health ------------------------------------------------------------ */

/* A counter of an authority as a Prometheus family. */
struct family {
    const char *name;
    const char *type;
    const char *help;
    double (*value)(const struct served *s);
};

#define APPENDED(name)                                                         \
    static double get_##name(const struct served *s)                           \
    {                                                                          \
        return (double)atomic_load(&append_stats(s->door.append)->name);       \
    }
APPENDED(accepted)
APPENDED(repeated)
APPENDED(refused)
APPENDED(later)
APPENDED(groups)
APPENDED(erased)
APPENDED(old_master)
APPENDED(turn)

static double
get_commit_s(const struct served *s)
{
    return (double)atomic_load(&append_stats(s->door.append)->commit_us) * 1e-6;
}

/* As long as nothing is published all of it is 0. */
static const struct publish_stats *
published(const struct served *s)
{
    static const struct publish_stats none;
    const struct publish *p = atomic_load(&s->publish);

    return p == NULL ? &none : publish_stats(p);
}

static double
get_unconfirmed(const struct served *s)
{
    int64_t turn = atomic_load(&append_stats(s->door.append)->turn);
    int64_t confirmed = atomic_load(&published(s)->confirmed_turn);

    return turn > confirmed ? (double)(turn - confirmed) : 0;
}

static double
get_owner(const struct served *s)
{
    return atomic_load(&published(s)->owner);
}

static double
get_epoch(const struct served *s)
{
    return (double)atomic_load(&published(s)->epoch);
}

static double
get_retries(const struct served *s)
{
    return (double)atomic_load(&published(s)->retries);
}

/* Why an authority stands still until somebody acts, or "". */
static const char *
stopped_code(const struct served *s)
{
    const struct publish *p = atomic_load(&s->publish);
    int away = atomic_load(&append_stats(s->door.append)->away);

    if (p != NULL && publish_stopped(p)[0] != '\0')
        return publish_stopped(p);
    if (away == APPEND_AWAY_RESTORE || atomic_load(&published(s)->ahead))
        return "restore";
    return away == APPEND_AWAY_FORK ? "fork" : "";
}

static const struct family families[] = {
    { "waymark_intake_accepted_total", "counter", "Items accepted.",
      get_accepted },
    { "waymark_intake_repeated_total", "counter",
      "Items that had been accepted before.", get_repeated },
    { "waymark_intake_refused_total", "counter",
      "Items refused where the receipts are known.", get_refused },
    { "waymark_intake_later_total", "counter",
      "Items that were told to come again.", get_later },
    { "waymark_intake_groups_total", "counter", "Groups committed.",
      get_groups },
    { "waymark_intake_erased_total", "counter", "Keys of persons erased.",
      get_erased },
    { "waymark_intake_old_master", "gauge",
      "1 where keys of new records are wrapped by an old master key.",
      get_old_master },
    { "waymark_turn", "gauge", "Last turn committed here.", get_turn },
    { "waymark_commit_seconds", "gauge", "Last group, lock to commit.",
      get_commit_s },
    { "waymark_outbox_unconfirmed_turns", "gauge",
      "Turns committed and not yet confirmed by Kafka.", get_unconfirmed },
    { "waymark_shard_owned", "gauge", "1 while this instance publishes.",
      get_owner },
    { "waymark_epoch", "gauge", "Epoch of this owner.", get_epoch },
    { "waymark_retries_total", "counter",
      "Failures of publishing that were tried again.", get_retries },
};

/* As the other services say it: a line only where it stopped. */
static void
print_stopped(const struct intake_http *h, FILE *to)
{
    fprintf(to, "# HELP waymark_shard_stopped 1 where the shard stopped, by "
                "code.\n# TYPE waymark_shard_stopped gauge\n");
    for (size_t i = 0; i < h->options.n; i++) {
        const struct served *s = &h->options.served[i];
        const char *code = stopped_code(s);

        if (code[0] != '\0')
            fprintf(to,
                    "waymark_shard_stopped{service=\"intake\","
                    "authority=\"%.*s\",code=\"%s\"} 1\n",
                    STR_ARG(s->door.authority), code);
    }
}

static void
get_metrics(const struct intake_http *h, struct http_response *resp)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    if (to == NULL) {
        resp->status = 503;
        return;
    }
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        const struct family *fam = &families[f];

        fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", fam->name, fam->help,
                fam->name, fam->type);
        for (size_t i = 0; i < h->options.n; i++) {
            const struct served *s = &h->options.served[i];

            fprintf(to, "%s{service=\"intake\",authority=\"%.*s\"} %.9g\n",
                    fam->name, STR_ARG(s->door.authority), fam->value(s));
        }
    }
    print_stopped(h, to);
    lobby_print(h->lobby, to);
    if (h->options.guard != NULL)
        guard_print(h->options.guard, to);
    if (fclose(to) != 0) {
        free(text);
        resp->status = 503;
        return;
    }
    http_body_take(resp, 200, "text/plain; version=0.0.4", text, n);
}

/* Ready: a message that comes now can be accepted. Who asks hears within two
 * seconds, whatever the database does. */
static bool
is_ready(const struct intake_http *h)
{
    int64_t until_us = monotonic_us() + READY_MS * 1000;

    for (size_t i = 0; i < h->options.n; i++) {
        const struct served *s = &h->options.served[i];

        /* Asking first: that is how a writer learns that a stop is over. */
        if (atomic_load(&s->publish) == NULL ||
            !append_ready(s->door.append, until_us) ||
            stopped_code(s)[0] != '\0')
            return false;
    }
    return true;
}

/* ---- routes ------------------------------------------------------------ */

static bool
is_get(const struct http_request *req)
{
    return str_is(req->method, "GET") || str_is(req->method, "HEAD");
}

static void
wrong_method(struct http_response *resp, const char *allow)
{
    http_problem(resp, 405, "method", "Not for this method", NULL);
    http_add_header(resp, "Allow", "%s", allow);
}

static bool
route_health(const struct intake_http *h, const struct http_request *req,
             struct http_response *resp)
{
    bool live = str_is(req->path, "/livez");
    bool ready = str_is(req->path, "/readyz");
    bool metrics = str_is(req->path, "/metrics");

    if (!live && !ready && !metrics)
        return false;
    if (!is_get(req))
        wrong_method(resp, "GET");
    else if (metrics)
        get_metrics(h, resp);
    else if (live || is_ready(h))
        http_body(resp, 200, "text/plain",
                  live ? STR("alive\n") : STR("ready\n"));
    else
        http_body(resp, 503, "text/plain", STR("not ready\n"));
    return true;
}

/* What each code means: where the `type` of a problem leads. */
static bool
route_problems(const struct http_request *req, struct http_response *resp)
{
    if (!str_is(req->path, HTTP_PROBLEMS))
        return false;
    if (is_get(req))
        http_body(resp, 200, "text/plain",
                  (struct str){ .p = problems_page, .n = problems_page_n });
    else
        wrong_method(resp, "GET");
    return true;
}

static bool
route_openapi(const struct intake_http *h, const struct http_request *req,
              struct http_response *resp)
{
    if (!str_is(req->path, "/openapi.json"))
        return false;
    if (is_get(req))
        get_openapi(h, resp);
    else
        wrong_method(resp, "GET");
    return true;
}

static bool
may_govern(const struct door *door, const struct sender *sender)
{
    return sender->agency_id.p == NULL || is_own(door, sender->agency_id);
}

/* What only the authority's own agencies may do. */
struct act {
    const char *path;
    void (*post)(const struct door *door, const struct http_request *req,
                 struct http_response *resp);
};

static const struct act *
act_of(struct str path)
{
    static const struct act acts[] = { { "/v1/erasures", erase_post },
                                       { "/v1/configs", activate_post },
                                       { "/v1/claims", claim_post } };

    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (str_is(path, acts[i].path))
            return &acts[i];
    return NULL;
}

static void
handle(void *self, const struct http_request *req, struct http_response *resp)
{
    static const struct str receipts = { "/v1/notifications/", 18 };
    struct intake_http *h = self;
    enum item_kind_of item = item_of(req->path);
    bool time = str_is(req->path, "/v1/time");
    const struct act *act = act_of(req->path);
    bool receipt = str_starts(req->path, receipts);
    const struct served *s;
    struct sender sender;

    if (route_health(h, req, resp) || route_openapi(h, req, resp) ||
        route_problems(req, resp))
        return;
    if (item == 0 && !time && act == NULL && !receipt) {
        http_problem(resp, 404, "path", "Not here", NULL);
        return;
    }
    if (receipt ? !is_get(req) : !str_is(req->method, "POST")) {
        wrong_method(resp, receipt ? "GET" : "POST");
        return;
    }
    if (!let_in(h, req, &sender, resp))
        return;
    s = served_of(h, req);
    if (s == NULL)
        http_problem(resp, 400, "authority", "Which authority?",
                     "want a known one in the header Waymark-Authority");
    else if (sender.later != NULL && item == 0) {
        http_problem(resp, 503, "not_ready", "Not ready", NULL);
        come_again(resp);
    } else if (time)
        post_time(&s->door, &sender, req, resp);
    else if (act != NULL && !may_govern(&s->door, &sender))
        http_problem(resp, 403, "R23", "Not for this agency",
                     "only the authority's own do this");
    else if (act != NULL)
        act->post(&s->door, req, resp);
    else if (receipt)
        receipt_get(&s->door, h->options.progress, sender.agency_id,
                    (struct str){ .p = req->path.p + receipts.n,
                                  .n = req->path.n - receipts.n },
                    resp);
    else
        post_admitted(h, &s->door, item, &sender, req, resp);
}

enum status
intake_http_open(const struct intake_http_options *options,
                 struct intake_http **out, struct err *err)
{
    struct intake_http *h = calloc(1, sizeof *h);
    /* Handlers for who finds no place, and for missing children. */
    int reserve = options->threads / 4 > 2 ? options->threads / 4 : 2;
    struct http_options http = { .bind = options->listen,
                                 .any_address = options->any_address,
                                 .threads = options->threads + reserve,
                                 .max_connections = CONNECTIONS_MAX,
                                 .max_body = DOOR_BATCH_MAX,
                                 .handle = handle,
                                 .self = h };
    const char *colon = strrchr(options->listen, ':');
    enum status rc;

    if (h == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    h->options = *options;
    rc = lobby_open((size_t)options->threads, &h->lobby, err);
    if (rc == ST_OK)
        rc = http_serve(&http, &h->server, err);
    if (rc != ST_OK) {
        lobby_close(h->lobby);
        free(h);
        return rc;
    }
    if (http_port(h->server) > 0 && colon != NULL)
        (void)snprintf(h->address, sizeof h->address, "%.*s:%d",
                       (int)(colon - options->listen), options->listen,
                       http_port(h->server));
    else
        (void)snprintf(h->address, sizeof h->address, "%s", options->listen);
    *out = h;
    return ST_OK;
}

const char *
intake_http_address(const struct intake_http *h)
{
    return h->address;
}

void
intake_http_close(struct intake_http *h)
{
    if (h == NULL)
        return;
    http_close(h->server);
    lobby_close(h->lobby);
    free(h);
}
