/*
 * roam URL REQUESTS SEED: a client that believes nothing but /openapi.json. It
 * begins with the document's examples, spoils them at random, sends them one
 * by one, as arrays and as NDJSON, with right and wrong types, methods, ids
 * and authorities, and holds every answer against the document: its status,
 * its type, the code of a problem, the members that must be there. Ends with 1
 * where an answer is not described or is a 5xx. Prints how many of each came.
 */
#include "common/adapters/http_client.h"
#include "common/adapters/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define DOCUMENT_MAX ((size_t)8 << 20)
#define STATUS_MAX 600

struct roam {
    struct http_client *client;
    const struct json *doc;
    uint64_t random;
    size_t came[STATUS_MAX];
    size_t wrong;
};

/* splitmix64: the same walk for the same seed. */
static uint64_t
next(struct roam *r)
{
    uint64_t z = r->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t
below(struct roam *r, size_t n)
{
    return (size_t)(next(r) % n);
}

static bool
one_in(struct roam *r, size_t n)
{
    return below(r, n) == 0;
}

/* ---- spoiling ------------------------------------------------------------ */

/* Values that a field may not expect, as JSON. */
static const char *const odd[] = {
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e308",
    "9223372036854775807",
    "0.1",
    "\"\"",
    "\" \"",
    "\"U\"",
    "\"1500K\"",
    "\"2015-06-26T07:12:05Z\"",
    "\"2015-03-29T01:30:00\"",
    "\"2999-01-01T00:00:00Z\"",
    "\"2015-02-29\"",
    "\"0000-00-00\"",
    "\"a\\nb\"",
    "\"a\\u0001b\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u202e\"",
    "\"'; DROP TABLE receipt; --\"",
    "\"%00%s%n\"",
    "\"00112233-4455-8677-8899-aabbccddeeff\"",
    "\"police_missing_reported\"",
    "\"health_referral\"",
    "\"closed\"",
    "\"kent-police\"",
    "\"nobody\"",
    "[]",
    "[[]]",
    "{}",
    "[null,1,\"x\"]",
    "{\"a\":{\"b\":[{}]}}",
    "[\"c_attendance\",\"c_flying\"]",
};

static void spoil(struct roam *r, const struct json *v, struct json_out *out,
                  size_t rarity);

static void
put_long(struct roam *r, struct json_out *out)
{
    static char text[300000];
    size_t n = one_in(r, 20) ? sizeof text : 1 + below(r, 9000);

    memset(text, 'x', n);
    json_out_str(out, (struct str){ .p = text, .n = n });
}

static void
spoil_object(struct roam *r, const struct json *v, struct json_out *out,
             size_t rarity)
{
    struct json_each each = json_each_of(v);
    const struct json *member;
    struct str name;

    json_out_object(out);
    while (json_each_next(&each, &name, &member)) {
        if (one_in(r, rarity * 2))
            continue;
        if (one_in(r, rarity * 8)) /* the same key twice */
            json_out_kint(out, name.p, 1);
        json_out_key(out, one_in(r, rarity * 4) ? "stranger" : name.p);
        spoil(r, member, out, rarity);
    }
    json_out_object_end(out);
}

static void
spoil(struct roam *r, const struct json *v, struct json_out *out, size_t rarity)
{
    char number[JSON_NUMBER_SIZE];
    struct str text;
    bool truth;

    if (one_in(r, rarity)) {
        if (one_in(r, 30))
            put_long(r, out);
        else
            json_out_raw(out, str_of(odd[below(r, N(odd))]));
    } else if (json_type_of(v) == JSON_T_OBJECT) {
        spoil_object(r, v, out, rarity);
    } else if (json_type_of(v) == JSON_T_ARRAY) {
        json_out_array(out);
        for (size_t i = 0; i < json_size(v); i++)
            spoil(r, json_at(v, i), out, rarity);
        json_out_array_end(out);
    } else if (json_str(v, &text)) {
        json_out_str(out, text);
    } else if (json_bool(v, &truth)) {
        json_out_bool(out, truth);
    } else if (json_number_text(v, number)) {
        json_out_raw(out, str_of(number));
    } else {
        json_out_null(out);
    }
}

/* Now and then the text itself: a byte lost, changed or one too many. */
static void
spoil_text(struct roam *r, char *text, size_t *n)
{
    static const char bytes[] = "{}[]\",:\\ 0e-.\n\x01\x80\xff";
    size_t at = below(r, *n);
    char byte = bytes[below(r, sizeof bytes)];

    if (one_in(r, 3)) {
        memmove(text + at, text + at + 1, *n - at - 1);
        (*n)--;
    } else {
        text[at] = byte;
    }
}

/* ---- asking -------------------------------------------------------------- */

/* Member `i` of an object, counted from 0. */
static const struct json *
member_at(const struct json *object, size_t i, struct str *name)
{
    struct json_each each = json_each_of(object);
    const struct json *v = NULL;

    while (json_each_next(&each, name, &v) && i > 0)
        i--;
    return v;
}

struct question {
    struct str path; /* of the document */
    struct http_call call;
    char url[512];
    char method[16];
    char *body; /* from malloc */
    size_t n;
    struct http_client_header headers[2];
};

static void
append(struct question *q, struct str text)
{
    q->body = realloc(q->body, q->n + text.n + 1);
    if (q->body == NULL)
        abort();
    memcpy(q->body + q->n, text.p, text.n);
    q->n += text.n;
}

/* One record more, made of one of the examples. */
static void
append_record(struct roam *r, const struct json *examples, struct question *q)
{
    struct json_out out;
    struct str name;
    const struct json *value = NULL;

    json_out_init(&out, NULL);
    if (json_size(examples) > 0)
        value = json_get(
            member_at(examples, below(r, json_size(examples)), &name), "value");
    spoil(r, value, &out, one_in(r, 3) ? 1000000 : 12 + below(r, 60));
    append(q, json_out_text(&out));
    json_out_free(&out);
}

static void
fill_body(struct roam *r, const struct json *operation, struct question *q)
{
    const struct json *examples = json_get(
        json_get(json_get(json_get(operation, "requestBody"), "content"),
                 "application/json"),
        "examples");
    size_t rows = one_in(r, 4) ? below(r, 6) : 1;
    bool lines = one_in(r, 5);
    bool list = !lines && (rows != 1 || one_in(r, 8));

    append(q, list ? STR("[") : STR(""));
    for (size_t i = 0; i < rows; i++) {
        if (i > 0)
            append(q, lines ? STR("\n") : STR(","));
        append_record(r, examples, q);
    }
    append(q, list ? STR("]") : STR(""));
    if (one_in(r, 12) && q->n > 1)
        spoil_text(r, q->body, &q->n);
    q->call.content_type = lines ? "application/x-ndjson" : "application/json";
    if (one_in(r, 40))
        q->call.content_type = "text/html; charset=latin1";
    q->call.body = (struct str){ .p = q->body, .n = q->n };
}

static void
fill_path(struct roam *r, struct question *q)
{
    static const char *const ids[] = {
        "00000000-0000-8000-8000-000000000000",
        "x",
        "%2e%2e",
        "00112233-4455-8677-8899-aabbccddeefg",
        "%F0%9F%98%80",
        "%00",
    };
    static const char *const queries[] = { "",
                                           "",
                                           "",
                                           "?authority=demo-live",
                                           "?authority=",
                                           "?a=%zz&b",
                                           "?authority=nowhere" };
    const char *brace = memchr(q->path.p, '{', q->path.n);
    int n = brace == NULL ? (int)q->path.n : (int)(brace - q->path.p);

    (void)snprintf(q->url, sizeof q->url, "%.*s%s%s", n, q->path.p,
                   brace == NULL ? "" : ids[below(r, N(ids))],
                   queries[below(r, N(queries))]);
}

static void
make_question(struct roam *r, struct question *q)
{
    static const char *const methods[] = { "PUT", "DELETE", "PATCH", "GET",
                                           "POST" };
    const struct json *paths = json_get(r->doc, "paths");
    const struct json *methods_there, *operation;
    struct str method;

    /* Most of it goes to the first four: records. */
    methods_there = member_at(
        paths, one_in(r, 5) ? below(r, json_size(paths)) : below(r, 4),
        &q->path);
    operation = member_at(methods_there, 0, &method);
    fill_path(r, q);
    if (json_get(operation, "requestBody") != NULL)
        fill_body(r, operation, q);
    (void)snprintf(q->method, sizeof q->method, "%.*s", STR_ARG(method));
    for (char *c = q->method; *c != '\0'; c++)
        *c = (char)(*c - 'a' + 'A');
    if (one_in(r, 50))
        (void)snprintf(q->method, sizeof q->method, "%s",
                       methods[below(r, N(methods))]);
    q->headers[0] =
        (struct http_client_header){ .name = "Waymark-Authority",
                                     .value = one_in(r, 60) ? "nowhere"
                                                            : "demo-live" };
    q->call.method = q->method;
    q->call.path = q->url;
    q->call.headers = q->headers;
    q->call.n_headers = one_in(r, 30) ? 0 : 1;
}

/* ---- judging ------------------------------------------------------------- */

static bool
in_list(const struct json *list, struct str word)
{
    struct str s;

    for (size_t i = 0; i < json_size(list); i++)
        if (json_str(json_at(list, i), &s) && str_eq(s, word))
            return true;
    return false;
}

/* Why an answer isn't the document's, or NULL. */
static const char *
judge(const struct roam *r, const struct question *q,
      const struct http_answer *a, const struct json *body)
{
    const struct json *paths = json_get(r->doc, "paths");
    struct json_each each = json_each_of(paths);
    const struct json *methods = NULL, *media;
    struct str name, code = STR("");
    char status[8], type[64];

    while (json_each_next(&each, &name, &methods) && !str_eq(name, q->path))
        ;
    (void)snprintf(status, sizeof status, "%d", a->status);
    media = json_get(
        json_get(json_get(member_at(methods, 0, &name), "responses"), status),
        "content");
    if (a->status >= 500)
        return "a 5xx";
    if (media == NULL)
        return "a status that is not described";
    (void)snprintf(
        type, sizeof type, "%.*s",
        (int)strcspn(a->content_type.p == NULL ? "" : a->content_type.p, ";"),
        a->content_type.p == NULL ? "" : a->content_type.p);
    media = json_get(media, type);
    if (media == NULL)
        return "a type that is not described";
    if (strncmp(type, "application/", strlen("application/")) != 0)
        return NULL;
    if (body == NULL)
        return "no JSON";
    if (strcmp(type, "application/problem+json") == 0) {
        if (!json_str(json_get(body, "code"), &code) ||
            !in_list(json_get(json_get(json_get(json_get(media, "schema"),
                                                "properties"),
                                       "code"),
                              "enum"),
                     code))
            return "a code that is not described";
        return NULL;
    }
    if (a->status == 202 && json_get(body, "at") == NULL &&
        json_get(body, "id") == NULL)
        return "a receipt without an id";
    for (size_t i = 0; a->status == 207 && i < json_size(body); i++)
        if (json_get(json_at(body, i), "status") == NULL ||
            json_get(json_at(body, i), "row") == NULL)
            return "a row without a number or status";
    return NULL;
}

static void
ask(struct roam *r)
{
    struct question q = { .url = "" };
    struct http_answer a = { .status = 0 };
    struct json *body = NULL;
    struct err err = { .text = "" };
    const char *why;

    make_question(r, &q);
    if (http_client_call(r->client, &q.call, &a, &err) != ST_OK) {
        why = err.text;
    } else {
        if (json_parse(a.body, DOCUMENT_MAX, &body, &err) != ST_OK)
            body = NULL;
        why = judge(r, &q, &a, body);
        r->came[a.status % STATUS_MAX]++;
    }
    if (why != NULL && r->wrong++ < 10)
        (void)printf("%s %s: %d, %s\n  sent     %.*s\n  answered %.*s\n",
                     q.method, q.url, a.status, why,
                     (int)(q.call.body.n > 600 ? 600 : q.call.body.n),
                     q.call.body.p, (int)(a.body.n > 600 ? 600 : a.body.n),
                     a.body.p);
    json_free(body);
    free(q.body);
}

int
main(int argc, char **argv)
{
    struct roam r = { .wrong = 0 };
    struct http_client_options options = { .base = argv[1] };
    struct http_call call = { .path = "/openapi.json" };
    struct http_answer a;
    struct json *doc = NULL;
    struct err err;
    long n;

    if (argc != 4) {
        (void)fprintf(stderr, "usage: roam URL REQUESTS SEED\n");
        return 2;
    }
    n = strtol(argv[2], NULL, 10);
    r.random = strtoull(argv[3], NULL, 10);
    if (http_client_open(&options, &r.client, &err) != ST_OK ||
        http_client_call(r.client, &call, &a, &err) != ST_OK ||
        json_parse(a.body, DOCUMENT_MAX, &doc, &err) != ST_OK) {
        (void)fprintf(stderr, "roam: %s\n", err.text);
        return 3;
    }
    r.doc = doc;
    for (long i = 0; i < n; i++)
        ask(&r);
    (void)printf("roam: %ld requests, %zu wrong;", n, r.wrong);
    for (size_t s = 0; s < STATUS_MAX; s++)
        if (r.came[s] > 0)
            (void)printf(" %zu of %zu", r.came[s], s);
    (void)printf("\n");
    json_free(doc);
    http_client_close(r.client);
    return r.wrong > 0;
}
