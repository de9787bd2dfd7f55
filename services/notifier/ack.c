#include "notifier/ack.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/adapters/http.h"
#include "common/adapters/http_client.h"
#include "common/adapters/json.h"
#include "common/adapters/pg.h"
#include "common/adapters/token_sign.h"
#include "common/engine/log.h"
#include "common/engine/memory.h"
#include "notifier/link.h"

enum {
    KEY_FILE_MAX = 16384,
    CALL_MEMORY = 1 << 20,
    OPEN_MEMORY = 1 << 20,
    CALL_MS = 5000,
    TOKEN_S = 60,
};

struct ack {
    struct ack_options o;
    struct http_server *server;
    struct signkey *key; /* NULL: no token; under lock */
    pthread_mutex_t lock;
};

static time_ms
wall_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (time_ms)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* "Bearer ..."; null where there is no key or nothing could be signed. */
static struct str
bearer(struct ack *a, struct arena *arena)
{
    struct token_terms terms = { .agency = a->o.agency,
                                 .audience = a->o.audience,
                                 .seconds = TOKEN_S };
    struct str token;

    if (a->key == NULL)
        return STR_NULL;
    pthread_mutex_lock(&a->lock);
    token = token_sign(a->key, &terms, arena);
    pthread_mutex_unlock(&a->lock);
    if (token.p == NULL)
        return STR_NULL;
    return arena_printf(arena, "Bearer %.*s", STR_ARG(token));
}

static int
shard_of(const struct ack *a, struct str authority)
{
    for (size_t i = 0; i < a->o.world->n; i++)
        if (str_eq(a->o.world->authorities[i]->name, authority))
            return a->o.world->authorities[i]->partition;
    return -1;
}

/* ---- acknowledging
 * ------------------------------------------------------------ */

/* Whom an alert is about, as intake wants it. */
struct subject {
    const char *name; /* "case_id" or "child_id" */
    struct id id;
};

static enum status
open_pg(const struct ack *a, struct arena *arena, struct pg **out,
        struct err *err)
{
    struct pg_options options = { .conninfo = a->o.world->pgconn,
                                  .application_name = "waymark-notifier-ack",
                                  .wait_ms = CALL_MS };
    enum status rc = pg_open(&options, out, err);

    if (rc == ST_OK)
        rc = pg_exec(
            *out,
            arena_printf(arena, "SET search_path TO \"%s\"", a->o.world->schema)
                .p,
            err);
    return rc;
}

/* ST_REJECT where intake would know nobody whom it is about. */
static enum status
find_subject(const struct ack *a, const struct link *link, int shard,
             struct arena *arena, struct subject *out, struct err *err)
{
    struct pg *pg = NULL;
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc = open_pg(a, arena, &pg, err);

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    pg_add_id(&p, link->id);
    if (rc == ST_OK)
        rc = pg_query(pg, NULL,
                      "SELECT case_id, child_id FROM alert WHERE shard = $1 "
                      "AND alert_id = $2",
                      &p, &res, err);
    *out = (struct subject){ .name = "case_id" };
    if (rc == ST_OK && pg_n_rows(res) > 0) {
        out->id = pg_id(res, 0, 0);
        if (id_is_none(out->id))
            *out =
                (struct subject){ .name = "child_id", .id = pg_id(res, 0, 1) };
    }
    pg_result_close(res);
    pg_close(pg);
    return rc;
}

/* The same link gives the same reference: a second click is a repeat. */
static struct str
activity(const struct ack *a, const struct link *link,
         const struct subject *about, struct arena *arena)
{
    char subject[ID_TEXT_SIZE];
    char id[ID_TEXT_SIZE], at[TIME_TEXT_SIZE], ref[ID_TEXT_SIZE];
    struct str parts[] = { id_part(&link->id), link->person };
    struct json_out o;

    (void)id_text(link->id, id);
    (void)id_text(id_derive("acknowledged", parts, 2), ref);
    json_out_init(&o, arena);
    json_out_object(&o);
    json_out_kcstr(&o, "agency_id", a->o.agency);
    json_out_kcstr(&o, "agency_ref", ref);
    json_out_kcstr(&o, "activity", "alert_acknowledged");
    json_out_kcstr(&o, "alert_id", id);
    json_out_kcstr(&o, "occurred_at", time_text(wall_ms(), at));
    json_out_kstr(&o, "by", link->person);
    if (!id_is_none(about->id)) {
        json_out_key(&o, "subject");
        json_out_object(&o);
        json_out_kcstr(&o, about->name, id_text(about->id, subject));
        json_out_object_end(&o);
    }
    json_out_object_end(&o);
    return json_out_text(&o);
}

static enum status
tell_intake(struct ack *a, const struct link *link, struct arena *arena,
            int *status, struct err *err)
{
    struct http_client_options options = { .base = a->o.intake,
                                           .timeout_ms = CALL_MS };
    struct subject about;
    struct str token = bearer(a, arena);
    struct http_client_header headers[] = {
        { .name = "Waymark-Authority",
          .value = arena_str(arena, link->authority).p },
        { .name = "Authorization", .value = token.p },
    };
    struct http_call call = { .path = "/v1/activities",
                              .content_type = "application/json",
                              .headers = headers,
                              .n_headers = token.p == NULL ? 1 : 2 };
    struct http_client *client = NULL;
    struct http_answer answer = { .status = 0 };
    enum status rc =
        find_subject(a, link, shard_of(a, link->authority), arena, &about, err);

    if (rc == ST_OK)
        rc = http_client_open(&options, &client, err);
    if (rc == ST_OK)
        call.body = activity(a, link, &about, arena);
    if (rc == ST_OK)
        rc = http_client_call(client, &call, &answer, err);
    *status = answer.status;
    if (rc == ST_OK && answer.status != 200 && answer.status != 202)
        rc = err_set(err, ST_RETRY, "intake", "intake says %d", answer.status);
    http_client_close(client);
    return rc;
}

static enum status
note_incident(const struct ack *a, const struct link *link, struct arena *arena,
              struct err *err)
{
    struct pg *pg = NULL;
    struct pg_params p;
    enum status rc = open_pg(a, arena, &pg, err);

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard_of(a, link->authority));
    pg_add_id(&p, link->id);
    pg_add_time(&p, wall_ms());
    pg_add_text(&p, link->person);
    if (rc == ST_OK)
        rc = pg_query(pg, NULL,
                      "UPDATE incident SET acknowledged_at = $3, "
                      "acknowledged_by = $4 WHERE shard = $1 AND "
                      "incident_id = $2 AND acknowledged_at IS NULL",
                      &p, NULL, err);
    pg_close(pg);
    return rc;
}

static void
acknowledge(struct ack *a, const struct link *link,
            struct http_response *response)
{
    struct arena *arena = memory_open(CALL_MEMORY);
    struct err err = { .code = "" };
    char id[ID_TEXT_SIZE];
    int status = 0;
    enum status rc;

    if (arena == NULL) {
        http_problem(response, 503, "memory", "Come again", NULL);
        return;
    }
    rc = link->kind == 'a' ? tell_intake(a, link, arena, &status, &err)
                           : note_incident(a, link, arena, &err);
    if (rc == ST_OK)
        http_body(response, 200, "text/plain; charset=utf-8",
                  STR("Thank you: noted as seen.\n"));
    else
        http_problem(response, 503, "later",
                     "Not noted: try again, or say so by telephone", NULL);
    if (rc == ST_OK)
        log_info("acknowledged", "id=%s kind=%c", id_text(link->id, id),
                 link->kind);
    else
        log_warn("not_acknowledged", "id=%s kind=%c code=%s why=\"%s\"",
                 id_text(link->id, id), link->kind, err.code, err.text);
    memory_close(arena);
}

/* ---- the door
 * -------------------------------------------------------------------- */

static void
handle(void *self, const struct http_request *req,
       struct http_response *response)
{
    static const char page[] =
        "<!doctype html><meta charset=utf-8><title>Waymark</title>"
        "<form method=post><p>Have you seen this alert?"
        "<p><button>I have seen it</button></form>\n";
    struct ack *a = self;
    struct link_query query = { .kind = http_query(req, "k"),
                                .id = http_query(req, "id"),
                                .authority = http_query(req, "a"),
                                .person = http_query(req, "p"),
                                .expires = http_query(req, "e"),
                                .signature = http_query(req, "s") };
    enum link_answer answer;
    struct link link;

    http_add_header(response, "Referrer-Policy", "no-referrer");
    http_add_header(response, "Cache-Control", "no-store");
    if (!str_is(req->path, "/ack")) {
        http_problem(response, 404, "path", "Not here", NULL);
        return;
    }
    answer = link_check(&query, a->o.key, wall_ms(), &link);
    if (answer != LINK_GOOD || shard_of(a, link.authority) < 0)
        http_problem(response, answer == LINK_EXPIRED ? 410 : 403,
                     answer == LINK_EXPIRED ? "expired" : "link",
                     answer == LINK_EXPIRED ? "This link has ended"
                                            : "This link is not ours",
                     NULL);
    else if (str_is(req->method, "POST"))
        acknowledge(a, &link, response);
    else if (str_is(req->method, "GET") || str_is(req->method, "HEAD"))
        http_body(response, 200, "text/html; charset=utf-8",
                  (struct str){ .p = page, .n = sizeof page - 1 });
    else
        http_problem(response, 405, "method", "GET or POST", NULL);
}

static enum status
read_key(struct ack *a, struct err *err)
{
    struct arena *arena;
    struct str pem;
    enum status rc;

    if (a->o.sign_key[0] == '\0')
        return ST_OK;
    arena = memory_open(OPEN_MEMORY);
    if (arena == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory for a key");
    rc = file_read(a->o.sign_key, KEY_FILE_MAX, arena, &pem, err);
    if (rc == ST_OK)
        rc = signkey_of_pem(pem, &a->key, err);
    if (rc != ST_OK)
        err_where(err, "%s", a->o.sign_key);
    memory_close(arena);
    return rc;
}

enum status
ack_open(const struct ack_options *options, struct ack **out, struct err *err)
{
    struct ack *a = calloc(1, sizeof *a);
    struct http_options http = { .bind = options->listen,
                                 .any_address = options->any_address,
                                 .threads = 4,
                                 .max_connections = 64,
                                 .max_body = 4096,
                                 .handle = handle,
                                 .self = a };
    enum status rc;

    *out = NULL;
    if (a == NULL || sodium_init() < 0) {
        free(a);
        return err_set(err, ST_FATAL, "memory", "no memory for the door");
    }
    a->o = *options;
    pthread_mutex_init(&a->lock, NULL);
    rc = read_key(a, err);
    if (rc == ST_OK)
        rc = http_serve(&http, &a->server, err);
    if (rc != ST_OK) {
        ack_close(a);
        return rc;
    }
    log_info("ack_up", "port=%d", http_port(a->server));
    *out = a;
    return ST_OK;
}

void
ack_close(struct ack *a)
{
    if (a == NULL)
        return;
    http_close(a->server);
    signkey_close(a->key);
    pthread_mutex_destroy(&a->lock);
    free(a);
}
