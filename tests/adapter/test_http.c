/*
 * The HTTP server by raw sockets on loopback, where every byte is ours, and
 * by our own client.
 */
#include "common/adapters/http.h"
#include "common/adapters/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_BODY 20000
#define WAIT_MS 10000
#define THREADS 4
#define ANSWER_MAX 40000

/* What handlers share with the tests. */
struct service {
    struct http_server *server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int inside; /* handlers in /meet or /hold */
    bool open;  /* /hold may go on */
    int closed; /* streams closed */
    char feed[64];
    size_t fed;
    bool feed_ended;
};

static struct timespec
deadline(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += WAIT_MS / 1000;
    return t;
}

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Answers once THREADS handlers are inside at the same time. */
static void
meet(struct service *sv, struct http_response *resp)
{
    struct timespec until = deadline();
    bool met;

    (void)pthread_mutex_lock(&sv->lock);
    sv->inside++;
    (void)pthread_cond_broadcast(&sv->changed);
    while (sv->inside < THREADS &&
           pthread_cond_timedwait(&sv->changed, &sv->lock, &until) == 0)
        continue;
    met = sv->inside >= THREADS;
    (void)pthread_mutex_unlock(&sv->lock);
    http_body(resp, met ? 200 : 500, "text/plain", STR("met"));
}

static void
hold(struct service *sv, struct http_response *resp)
{
    struct timespec until = deadline();

    (void)pthread_mutex_lock(&sv->lock);
    sv->inside++;
    (void)pthread_cond_broadcast(&sv->changed);
    while (!sv->open &&
           pthread_cond_timedwait(&sv->changed, &sv->lock, &until) == 0)
        continue;
    (void)pthread_mutex_unlock(&sv->lock);
    http_body(resp, 200, "text/plain", STR("held"));
}

static int64_t
feed_read(void *self, char *to, size_t max)
{
    struct service *sv = self;
    int64_t n;

    (void)pthread_mutex_lock(&sv->lock);
    n = (int64_t)(sv->fed < max ? sv->fed : max);
    memcpy(to, sv->feed, (size_t)n);
    sv->fed = 0;
    if (n == 0 && sv->feed_ended)
        n = -1;
    (void)pthread_mutex_unlock(&sv->lock);
    return n;
}

static void
feed_close(void *self)
{
    struct service *sv = self;

    (void)pthread_mutex_lock(&sv->lock);
    sv->closed++;
    (void)pthread_cond_broadcast(&sv->changed);
    (void)pthread_mutex_unlock(&sv->lock);
}

/* Has nothing yet, but is woken before the server has put it to sleep. */
static int64_t
race_read(void *self, char *to, size_t max)
{
    struct service *sv = self;
    int call = sv->inside++;

    assert_true(max >= 4);
    if (call == 0) {
        http_wake(sv->server);
        return 0;
    }
    if (call > 1)
        return -1;
    memcpy(to, "woke", 4);
    return 4;
}

static void
feed(struct service *sv, const char *text, bool ended)
{
    (void)pthread_mutex_lock(&sv->lock);
    sv->fed = strlen(text);
    memcpy(sv->feed, text, sv->fed);
    sv->feed_ended = ended;
    (void)pthread_mutex_unlock(&sv->lock);
    http_wake(sv->server);
}

static void
handle(void *self, const struct http_request *req, struct http_response *resp)
{
    struct service *sv = self;

    if (str_is(req->path, "/echo")) {
        http_body(resp, 200, "text/plain", req->body);
    } else if (str_is(req->path, "/type")) {
        http_body(resp, 200, "text/plain", req->content_type);
    } else if (str_is(req->path, "/q")) {
        http_body(resp, 200, "text/plain", http_query(req, "x"));
    } else if (str_is(req->path, "/h")) {
        http_body(resp, 200, "text/plain", http_header(req, "x-test"));
    } else if (str_is(req->path, "/busy")) {
        http_problem(resp, 503, "database", "Not \"accepted\"", NULL);
        http_add_header(resp, "Retry-After", "%d", 7);
        http_add_header(resp, "X-Split", "a\r\nX-Injected: b");
    } else if (str_is(req->path, "/meet")) {
        meet(sv, resp);
    } else if (str_is(req->path, "/hold")) {
        hold(sv, resp);
    } else if (str_is(req->path, "/feed")) {
        resp->status = 200;
        resp->content_type = "text/event-stream";
        resp->stream = (struct http_stream){ .read = feed_read,
                                             .close = feed_close,
                                             .self = sv };
    } else if (str_is(req->path, "/race")) {
        resp->status = 200;
        resp->stream = (struct http_stream){ .read = race_read, .self = sv };
    } else if (!str_is(req->path, "/nothing")) {
        http_body(resp, 404, "text/plain", req->path);
    }
}

static struct http_options
usual(struct service *sv)
{
    return (struct http_options){ .bind = "127.0.0.1:0",
                                  .threads = THREADS,
                                  .max_body = MAX_BODY,
                                  .handle = handle,
                                  .self = sv };
}

static struct service *
service_new(void)
{
    struct service *sv = calloc(1, sizeof *sv);

    assert_non_null(sv);
    (void)pthread_mutex_init(&sv->lock, NULL);
    (void)pthread_cond_init(&sv->changed, NULL);
    return sv;
}

static struct service *
serve_with(struct service *sv, const struct http_options *options)
{
    struct err err = { .code = "" };

    if (http_serve(options, &sv->server, &err) != ST_OK)
        fail_msg("%s", err.text);
    return sv;
}

static int
setup(void **state)
{
    struct service *sv = service_new();
    struct http_options options = usual(sv);

    *state = serve_with(sv, &options);
    return 0;
}

static void
stop(struct service *sv)
{
    http_close(sv->server);
    (void)pthread_mutex_destroy(&sv->lock);
    (void)pthread_cond_destroy(&sv->changed);
    free(sv);
}

static int
teardown(void **state)
{
    stop(*state);
    return 0;
}

/* A raw client. */

static int
dial(const struct service *sv)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_port = htons((uint16_t)http_port(sv->server));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void
say(int fd, const char *text)
{
    size_t n = strlen(text);

    /* The server may have hung up: tests look at its answer. */
    (void)!send(fd, text, n, MSG_NOSIGNAL);
}

/* An answer as it came: head and body, NUL-terminated. */
struct answer {
    char text[ANSWER_MAX];
    size_t n;
    int status; /* 0: closed without an answer */
    const char *body;
};

static bool
complete(struct answer *a)
{
    const char *end = strstr(a->text, "\r\n\r\n");
    const char *length = strstr(a->text, "Content-Length: ");

    if (end == NULL)
        return false;
    a->body = end + 4;
    if (length == NULL || length > end)
        return false; /* ends with the connection */
    return strlen(a->body) >= (size_t)strtol(length + 16, NULL, 10);
}

/* Read some more; false at the end of the connection or in silence. */
static bool
hear(int fd, struct answer *a, int timeout_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    ssize_t n;

    if (poll(&p, 1, timeout_ms) != 1)
        return false;
    n = recv(fd, a->text + a->n, sizeof a->text - 1 - a->n, 0);
    if (n <= 0)
        return false;
    a->n += (size_t)n;
    a->text[a->n] = '\0';
    return true;
}

static void
hear_answer(int fd, struct answer *a)
{
    *a = (struct answer){ .body = "" };
    while (!complete(a) && hear(fd, a, WAIT_MS))
        continue;
    if (strncmp(a->text, "HTTP/1.", 7) == 0)
        a->status = (int)strtol(a->text + 9, NULL, 10);
}

/* One request, one answer, one connection. */
static void
ask(const struct service *sv, const char *request, struct answer *a)
{
    int fd = dial(sv);

    say(fd, request);
    hear_answer(fd, a);
    (void)close(fd);
}

struct guard_row {
    const char *name;
    const char *request;
    int want;
};

#define POST "POST /echo HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define CL3 "Content-Length: 3\r\n"
#define TE "Transfer-Encoding: chunked\r\n"
#define CHUNKS "3\r\nabc\r\n0\r\n\r\n"

static const struct guard_row guard_rows[] = {
    { "a length and its body are taken", POST HOST CL3 "\r\nabc", 200 },
    { "chunks are taken", POST HOST TE "\r\n" CHUNKS, 200 },
    { "two unequal lengths are refused",
      POST HOST CL3 "Content-Length: 5\r\n\r\nabc", 400 },
    { "two equal lengths are refused", POST HOST CL3 CL3 "\r\nabc", 400 },
    { "two lengths in other letters are refused",
      POST HOST CL3 "content-length: 3\r\n\r\nabc", 400 },
    { "a list of lengths is refused",
      POST HOST "Content-Length: 3, 3\r\n\r\nabc", 400 },
    { "a length with a sign is refused",
      POST HOST "Content-Length: +3\r\n\r\nabc", 400 },
    { "a length in hex is refused", POST HOST "Content-Length: 0x3\r\n\r\nabc",
      400 },
    { "an empty length is refused", POST HOST "Content-Length: \r\n\r\nabc",
      400 },
    { "a negative length is refused", POST HOST "Content-Length: -1\r\n\r\nabc",
      400 },
    { "length and chunks are refused", POST HOST CL3 TE "\r\n" CHUNKS, 400 },
    { "chunks and length are refused", POST HOST TE CL3 "\r\n" CHUNKS, 400 },
    { "two encodings are refused", POST HOST TE TE "\r\n" CHUNKS, 400 },
    { "a list of encodings is refused",
      POST HOST "Transfer-Encoding: gzip, chunked\r\n\r\n" CHUNKS, 400 },
    { "a coding in the next line",
      POST HOST "Transfer-Encoding:\r\n chunked\r\nContent-Length: 2\r\n\r\n{}",
      400 },
    { "an unknown encoding is refused",
      POST HOST "Transfer-Encoding: xchunked\r\n\r\n" CHUNKS, 400 },
    { "chunks in HTTP/1.0 are refused",
      "POST /echo HTTP/1.0\r\n" HOST TE "\r\n" CHUNKS, 400 },
    { "no host is refused", POST CL3 "\r\nabc", 400 },
    { "no host in HTTP/1.0 is refused", "GET /echo HTTP/1.0\r\n\r\n", 400 },
    { "two hosts are refused", POST HOST "Host: b\r\n" CL3 "\r\nabc", 400 },
    { "the same host twice is refused", POST HOST HOST CL3 "\r\nabc", 400 },
    { "an empty host is refused", POST "Host:\r\n" CL3 "\r\nabc", 400 },
    { "a host with a path is refused", POST "Host: a/b\r\n" CL3 "\r\nabc",
      400 },
    { "a host with somebody before it is refused",
      POST "Host: b@a\r\n" CL3 "\r\nabc", 400 },
    { "a host in brackets with a port is taken",
      POST "Host: [::1]:80\r\n" CL3 "\r\nabc", 200 },
    { "a host of all that names have is taken",
      POST "Host: A-z_0.9:1\r\n" CL3 "\r\nabc", 200 },
    { "a return inside a value is refused",
      POST HOST CL3 "X: b\rc: d\r\n\r\nabc", 400 },
    { "the lowest control character in a value is refused",
      POST HOST CL3 "X: b\001\r\n\r\nabc", 400 },
    { "the highest, too", POST HOST CL3 "X: b\037c\r\n\r\nabc", 400 },
    { "and DEL", POST HOST CL3 "X: b\177\r\n\r\nabc", 400 },
    { "a tab and a byte above DEL are taken",
      POST HOST CL3 "X: b\tc\200\377\r\n\r\nabc", 200 },
    { "a space before the colon is refused",
      POST HOST "Content-Length : 3\r\n\r\nabc", 400 },
    { "the largest length is taken as far as the guard goes",
      POST HOST "Content-Length: 20001\r\n\r\n", 413 },
    { "a length beyond 64 bits is refused",
      POST HOST "Content-Length: 18446744073709551619\r\n\r\nabc", 413 },
    { "a chunk size that is no number is refused",
      POST HOST TE "\r\nzz\r\nabc\r\n0\r\n\r\n", 400 },
};

#define N_GUARD (sizeof guard_rows / sizeof guard_rows[0])

static struct service *shared; /* serves the rows of the tables */

static void
test_guard_row(void **state)
{
    const struct guard_row *row = *state;
    struct answer a;

    ask(shared, row->request, &a);
    assert_int_equal(a.status, row->want);
    if (row->want == 200)
        assert_string_equal(a.body, "abc");
    else
        assert_non_null(strstr(a.text, "Connection: close"));
}

static int
shared_setup(void **state)
{
    (void)state;
    shared = service_new();
    shared = serve_with(shared, &(struct http_options){
                                    .bind = "127.0.0.1:0",
                                    .max_body = MAX_BODY,
                                    .handle = handle,
                                    .self = shared,
                                });
    return 0;
}

static int
shared_teardown(void **state)
{
    (void)state;
    stop(shared);
    return 0;
}

static void
test_refused_rest_is_no_request(void **state)
{
    struct answer a;
    int fd = dial(*state);

    /* What follows the refused head must never be read as a request. */
    say(fd, POST HOST CL3 TE "\r\n0\r\n\r\n"
                             "GET /type HTTP/1.1\r\nHost: a\r\n\r\n");
    hear_answer(fd, &a);
    assert_int_equal(a.status, 400);
    assert_null(strstr(a.body, "HTTP/1.1"));
    a.n = 0;
    assert_false(hear(fd, &a, WAIT_MS));
    (void)close(fd);
}

static void
post_bytes(int fd, size_t n, bool chunked)
{
    char head[200];
    char *body = malloc(n + 1);

    assert_non_null(body);
    memset(body, 'x', n);
    body[n] = '\0';
    (void)snprintf(head, sizeof head,
                   chunked ? POST HOST TE "\r\n%zx\r\n"
                           : POST HOST "Content-Length: %zu\r\n\r\n",
                   n);
    say(fd, head);
    say(fd, body);
    if (chunked)
        say(fd, "\r\n0\r\n\r\n");
    free(body);
}

static void
test_body_limit(void **state)
{
    static const struct {
        size_t n;
        bool chunked;
        int want;
    } rows[] = {
        { MAX_BODY, false, 200 },    { MAX_BODY + 1, false, 413 },
        { MAX_BODY, true, 200 },     { MAX_BODY + 1, true, 413 },
        { 3 * MAX_BODY, true, 413 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a;
        int fd = dial(*state);

        post_bytes(fd, rows[i].n, rows[i].chunked);
        hear_answer(fd, &a);
        assert_int_equal(a.status, rows[i].want);
        if (rows[i].want == 200)
            assert_int_equal(strlen(a.body), rows[i].n);
        else
            assert_non_null(strstr(a.body, "\"code\":\"R04\""));
        if (rows[i].want != 200)
            assert_non_null(strstr(a.text, "Connection: close"));
        (void)close(fd);
    }
}

static void
test_flood_is_cut(void **state)
{
    struct answer a;
    int fd = dial(*state);

    /* Five times the limit after the refusal: no more politeness. */
    post_bytes(fd, 8 * MAX_BODY, true);
    hear_answer(fd, &a);
    assert_int_equal(a.status, 0);
    (void)close(fd);
}

static void
test_bytes_in_flight(void **state)
{
    struct service *sv = service_new();
    struct http_options options = usual(sv);
    struct answer a;
    int first;
    int64_t until = now_ms() + WAIT_MS;

    (void)state;
    options.max_in_flight = 32768; /* room is taken in powers of two */
    /* libmicrohttpd misses an end that comes together with the last bytes. */
    options.idle_s = 3;
    (void)serve_with(sv, &options);
    first = dial(sv);
    say(first, POST HOST "Content-Length: 17000\r\n\r\n");
    for (int i = 0; i < 16; i++) {
        char piece[1001];

        memset(piece, 'y', 1000);
        piece[1000] = '\0';
        say(first, piece);
    }
    say(first, "yyyyyyyyyy"); /* 16010 bytes: 16384 are held at the least */
    do {
        /* Two of these do not fit beside the first. */
        int second = dial(sv);

        post_bytes(second, 17000, false);
        hear_answer(second, &a);
        (void)close(second);
        assert_true(now_ms() < until);
    } while (a.status == 200);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.text, "Retry-After: 1"));
    (void)close(first);
    do {
        int third = dial(sv);

        post_bytes(third, 17000, false);
        hear_answer(third, &a);
        (void)close(third);
        assert_true(now_ms() < until);
    } while (a.status == 503);
    assert_int_equal(a.status, 200);
    stop(sv);
}

static void
test_silent_client(void **state)
{
    struct service *sv = service_new();
    struct http_options options = usual(sv);
    struct answer a;
    int64_t began = now_ms();
    int fd;

    (void)state;
    options.idle_s = 1;
    (void)serve_with(sv, &options);
    fd = dial(sv);
    say(fd, POST HOST "Content-Length: 10\r\n\r\nab");
    hear_answer(fd, &a);
    assert_int_equal(a.status, 0);
    assert_true(now_ms() - began < 4000);
    (void)close(fd);
    stop(sv);
}

/* Half of a connection that is closed: what is whole is answered, what is not
 * ends with the silence behind it. */
static void
test_half_closed_client(void **state)
{
    static const struct {
        const char *text;
        int want; /* 0: closed */
    } rows[] = {
        { POST HOST CL3 "\r\nabc", 200 },
        { POST HOST TE "\r\n" CHUNKS, 200 },
        { POST HOST CL3 "\r\nab", 0 },
        { POST HOST TE "\r\n3\r\nab", 0 },
        { POST "Ho", 0 },
        { "", 0 },
    };
    struct service *sv = service_new();
    struct http_options options = usual(sv);

    (void)state;
    options.idle_s = 1;
    (void)serve_with(sv, &options);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a;
        struct pollfd p = { .fd = dial(sv), .events = POLLIN };
        int fd = p.fd;

        say(fd, rows[i].text);
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        hear_answer(fd, &a);
        assert_int_equal(a.status, rows[i].want);
        assert_int_equal(poll(&p, 1, WAIT_MS), 1); /* and then it is closed */
        assert_false(hear(fd, &a, 0));
        (void)close(fd);
    }
    stop(sv);
}

static void
test_dripping_client(void **state)
{
    struct service *sv = service_new();
    struct http_options options = usual(sv);
    struct answer a = { .body = "" };
    int64_t began = now_ms();
    int fd;

    (void)state;
    options.receive_ms = 300;
    (void)serve_with(sv, &options);
    fd = dial(sv);
    say(fd, POST HOST "Content-Length: 10000\r\n\r\n");
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        say(fd, "x");
        if (poll(&p, 1, 20) == 1)
            break;
        assert_true(now_ms() - began < WAIT_MS);
    }
    assert_false(hear(fd, &a, 0));
    assert_true(now_ms() - began >= 300);
    (void)close(fd);
    stop(sv);
}

static void
test_slow_clients_hold_no_handler(void **state)
{
    struct service *sv = service_new();
    struct http_options options = usual(sv);
    struct answer a;
    int slow[20];

    (void)state;
    options.threads = 1;
    options.max_in_flight = 100 * MAX_BODY;
    (void)serve_with(sv, &options);
    for (size_t i = 0; i < 20; i++) {
        slow[i] = dial(sv);
        say(slow[i], POST HOST CL3 "\r\na");
    }
    ask(sv, POST HOST CL3 "\r\nabc", &a);
    assert_int_equal(a.status, 200);
    for (size_t i = 0; i < 20; i++) {
        say(slow[i], "bc");
        hear_answer(slow[i], &a);
        assert_string_equal(a.body, "abc");
        (void)close(slow[i]);
    }
    stop(sv);
}

static void
test_handlers_run_together(void **state)
{
    struct answer a;
    int fds[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        fds[i] = dial(*state);
        say(fds[i], "GET /meet HTTP/1.1\r\n" HOST "\r\n");
    }
    for (size_t i = 0; i < THREADS; i++) {
        hear_answer(fds[i], &a);
        assert_int_equal(a.status, 200);
        (void)close(fds[i]);
    }
}

static void
test_more_requests_than_handlers(void **state)
{
    struct answer a;
    int fds[3 * THREADS];

    for (size_t i = 0; i < 3 * THREADS; i++) {
        fds[i] = dial(*state);
        say(fds[i], "GET /meet HTTP/1.1\r\n" HOST "\r\n");
    }
    for (size_t i = 0; i < 3 * THREADS; i++) {
        hear_answer(fds[i], &a);
        assert_int_equal(a.status, 200);
        (void)close(fds[i]);
    }
}

static void
test_keep_alive(void **state)
{
    struct answer a;
    int fd = dial(*state);

    for (int i = 0; i < 3; i++) {
        say(fd, POST HOST CL3 "\r\nabc");
        hear_answer(fd, &a);
        assert_int_equal(a.status, 200);
        assert_string_equal(a.body, "abc");
    }
    (void)close(fd);
}

static void
test_pipelined(void **state)
{
    struct answer a = { .body = "" };
    int fd = dial(*state);

    say(fd, POST HOST CL3 "\r\nabc"
                          "GET /q?x=second HTTP/1.1\r\n" HOST
                          "Connection: close\r\n\r\n");
    while (hear(fd, &a, WAIT_MS))
        continue;
    assert_non_null(strstr(a.text, "\r\n\r\nabcHTTP/1.1 200"));
    assert_non_null(strstr(a.text, "\r\n\r\nsecond"));
    (void)close(fd);
}

struct path_row {
    const char *name;
    const char *target;
    const char *want;
};

static const struct path_row path_rows[] = {
    { "a query value is decoded", "/q?x=a%20b%C3%A9", "a b\xc3\xa9" },
    { "a plus in a query is a space", "/q?x=a+b", "a b" },
    { "the first of two values counts", "/q?x=1&x=2", "1" },
    { "a value may be empty", "/q?x=", "" },
    { "a name without value is empty", "/q?x", "" },
    { "a path is decoded", "/%71?x=1", "1" },
    { "an encoded NUL in a value stays encoded", "/q?x=a%00b", "a%00b" },
    { "an encoded NUL in a path cuts nothing", "/q%00?x=1", "/q%00" },
    { "a broken escape stays as it is", "/q?x=%zz%4", "%zz%4" },
};

#define N_PATHS (sizeof path_rows / sizeof path_rows[0])

static void
test_path_row(void **state)
{
    const struct path_row *row = *state;
    char request[200];
    struct answer a;

    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST "\r\n",
                   row->target);
    ask(shared, request, &a);
    assert_string_equal(a.body, row->want);
}

static void
test_defaults_of_an_answer(void **state)
{
    struct answer a;

    ask(*state, "GET /nothing HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 500);
    assert_non_null(strstr(a.body, "\"code\":\"internal\""));
    ask(*state, "GET /busy HTTP/1.1\r\n" HOST "\r\n", &a);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.text, "Content-Type: application/problem+json"));
    assert_non_null(strstr(a.text, "Cache-Control: no-store"));
    assert_non_null(strstr(a.text, "Retry-After: 7\r\n"));
    assert_non_null(strstr(a.text, "X-Split: a??X-Injected: b\r\n"));
    assert_string_equal(a.body, "{\"type\":\"/problems#database\","
                                "\"title\":\"Not \\\"accepted\\\"\","
                                "\"status\":503,\"code\":\"database\"}");
}

static void
test_head_has_no_body(void **state)
{
    struct answer a = { .body = "" };
    int fd = dial(*state);

    say(fd, "HEAD /q?x=abc HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    while (hear(fd, &a, WAIT_MS))
        continue;
    assert_non_null(strstr(a.text, "Content-Length: 3"));
    assert_null(strstr(a.text, "abc"));
    (void)close(fd);
}

static void
await_text(int fd, struct answer *a, const char *text)
{
    while (strstr(a->text, text) == NULL)
        assert_true(hear(fd, a, WAIT_MS));
}

static void
await_closed(struct service *sv)
{
    struct timespec until = deadline();

    (void)pthread_mutex_lock(&sv->lock);
    while (sv->closed == 0 &&
           pthread_cond_timedwait(&sv->changed, &sv->lock, &until) == 0)
        continue;
    assert_int_equal(sv->closed, 1);
    (void)pthread_mutex_unlock(&sv->lock);
}

static void
test_stream(void **state)
{
    struct service *sv = *state;
    struct answer a = { .body = "" };
    int fd = dial(sv);

    say(fd, "GET /feed HTTP/1.1\r\n" HOST "\r\n");
    await_text(fd, &a, "text/event-stream");
    feed(sv, "data: one\n\n", false);
    await_text(fd, &a, "data: one\n\n");
    http_wake(sv->server); /* nothing new: sleeps again */
    feed(sv, "data: two\n\n", false);
    await_text(fd, &a, "data: two\n\n");
    feed(sv, "data: end\n\n", true);
    await_text(fd, &a, "data: end\n\n");
    await_text(fd, &a, "\r\n0\r\n\r\n");
    await_closed(sv);
    (void)close(fd);
}

static void
test_wake_is_not_missed(void **state)
{
    struct answer a = { .body = "" };
    int fd = dial(*state);

    say(fd, "GET /race HTTP/1.1\r\n" HOST "\r\n");
    await_text(fd, &a, "woke");
    await_text(fd, &a, "\r\n0\r\n\r\n");
    (void)close(fd);
}

static void
test_stream_whose_client_left(void **state)
{
    struct service *sv = *state;
    struct answer a = { .body = "" };
    int fd = dial(sv);

    say(fd, "GET /feed HTTP/1.1\r\n" HOST "\r\n");
    await_text(fd, &a, "text/event-stream");
    (void)close(fd);
    for (int i = 0; i < 3; i++)
        feed(sv, "data: x\n\n", false);
    feed(sv, "", true);
    await_closed(sv);
}

static void
test_stop_ends_streams(void **state)
{
    struct service *sv = service_new();
    struct http_options options = usual(sv);
    struct answer a = { .body = "" };
    int64_t began;
    int fd;

    (void)state;
    (void)serve_with(sv, &options);
    fd = dial(sv);
    say(fd, "GET /feed HTTP/1.1\r\n" HOST "\r\n");
    await_text(fd, &a, "text/event-stream");
    began = now_ms();
    http_close(sv->server);
    sv->server = NULL;
    assert_true(now_ms() - began < 1000);
    assert_int_equal(sv->closed, 1);
    (void)close(fd);
    stop(sv);
}

static void *
close_server(void *self)
{
    struct service *sv = self;

    http_close(sv->server);
    return NULL;
}

static void
test_stop_lets_handlers_end(void **state)
{
    struct service *sv = service_new();
    struct http_options options = usual(sv);
    struct timespec until = deadline();
    struct answer a;
    pthread_t closer;
    int fd;

    (void)state;
    (void)serve_with(sv, &options);
    fd = dial(sv);
    say(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    (void)pthread_mutex_lock(&sv->lock);
    while (sv->inside == 0 &&
           pthread_cond_timedwait(&sv->changed, &sv->lock, &until) == 0)
        continue;
    (void)pthread_mutex_unlock(&sv->lock);
    assert_int_equal(pthread_create(&closer, NULL, close_server, sv), 0);
    (void)pthread_mutex_lock(&sv->lock);
    sv->open = true;
    (void)pthread_cond_broadcast(&sv->changed);
    (void)pthread_mutex_unlock(&sv->lock);
    hear_answer(fd, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, "held");
    (void)pthread_join(closer, NULL);
    sv->server = NULL;
    (void)close(fd);
    stop(sv);
}

struct bind_row {
    const char *name;
    const char *bind;
};

static const struct bind_row bind_rows[] = {
    { "every address is refused unless allowed", "0.0.0.0:0" },
    { "every IPv6 address is refused unless allowed", "[::]:0" },
    { "another address is refused unless allowed", "192.0.2.1:0" },
    { "a name is no address", "localhost:0" },
    { "an address needs a port", "127.0.0.1" },
    { "a port is a number", "127.0.0.1:http" },
    { "a path must exist", "unix:/nonexistent/folder/socket" },
    { "no address is no address", NULL },
};

#define N_BINDS (sizeof bind_rows / sizeof bind_rows[0])

static void
test_bind_row(void **state)
{
    const struct bind_row *row = *state;
    struct http_server *server = NULL;
    struct http_options options = { .bind = row->bind, .handle = handle };
    struct err err = { .code = "" };

    assert_int_equal(http_serve(&options, &server, &err), ST_FATAL);
    assert_string_equal(err.code, "bind");
    assert_null(server);
}

static void
test_port_is_taken(void **state)
{
    struct service *sv = *state;
    struct http_server *server = NULL;
    struct http_options options = { .handle = handle };
    struct err err = { .code = "" };
    char where[40];

    (void)snprintf(where, sizeof where, "127.0.0.1:%d", http_port(sv->server));
    options.bind = where;
    assert_int_equal(http_serve(&options, &server, &err), ST_FATAL);
    assert_string_equal(err.code, "bind");
}

/* Our own client. */

static struct http_client *
open_client(const char *base, int timeout_ms, size_t max_body)
{
    struct http_client_options options = { .base = base,
                                           .timeout_ms = timeout_ms,
                                           .max_body = max_body };
    struct http_client *c = NULL;
    struct err err;

    assert_int_equal(http_client_open(&options, &c, &err), ST_OK);
    return c;
}

static struct http_client *
client_of(const struct service *sv, int timeout_ms, size_t max_body)
{
    char base[60];

    (void)snprintf(base, sizeof base, "http://127.0.0.1:%d/",
                   http_port(sv->server));
    return open_client(base, timeout_ms, max_body);
}

static void
test_client_calls(void **state)
{
    const struct http_client_header headers[] = { { "X-Test", "seen" } };
    struct http_client *c = client_of(*state, WAIT_MS, 0);
    struct http_answer a;
    struct err err;

    assert_int_equal(
        http_client_call(c,
                         &(struct http_call){ .path = "/echo",
                                              .content_type = "text/plain",
                                              .body = STR("a\0b") },
                         &a, &err),
        ST_OK);
    assert_int_equal(a.status, 200);
    assert_true(str_eq(a.body, STR("a\0b")));
    assert_true(str_is(a.content_type, "text/plain"));
    assert_int_equal(a.retry_after_s, -1);
    assert_int_equal(
        http_client_call(c,
                         &(struct http_call){
                             .path = "/h", .headers = headers, .n_headers = 1 },
                         &a, &err),
        ST_OK);
    assert_true(str_is(a.body, "seen"));
    assert_int_equal(
        http_client_call(c, &(struct http_call){ .path = "/busy" }, &a, &err),
        ST_OK);
    assert_int_equal(a.status, 503);
    assert_int_equal(a.retry_after_s, 7);
    assert_int_equal(
        http_client_call(
            c, &(struct http_call){ .method = "DELETE", .path = "/q?x=y" }, &a,
            &err),
        ST_OK);
    assert_true(str_is(a.body, "y"));
    assert_int_equal(
        http_client_call(
            c, &(struct http_call){ .method = "HEAD", .path = "/q?x=y" }, &a,
            &err),
        ST_OK);
    assert_int_equal(a.body.n, 0);
    assert_int_equal(
        http_client_call(c, &(struct http_call){ .path = "/q?x=z" }, &a, &err),
        ST_OK);
    assert_true(str_is(a.body, "z"));
    http_client_close(c);
}

static void
test_client_waits_so_long(void **state)
{
    struct service *sv = *state;
    struct http_client *c = client_of(sv, 200, 0);
    struct http_answer a;
    struct err err = { .code = "" };
    int64_t began = now_ms();

    assert_int_equal(
        http_client_call(c, &(struct http_call){ .path = "/hold" }, &a, &err),
        ST_RETRY);
    assert_string_equal(err.code, "timeout");
    assert_true(now_ms() - began < 2000);
    (void)pthread_mutex_lock(&sv->lock);
    sv->open = true;
    (void)pthread_cond_broadcast(&sv->changed);
    (void)pthread_mutex_unlock(&sv->lock);
    http_client_close(c);
}

static void
test_client_limits_the_answer(void **state)
{
    struct http_client *c = client_of(*state, WAIT_MS, 3);
    struct http_answer a;
    struct err err = { .code = "" };

    assert_int_equal(
        http_client_call(c, &(struct http_call){ .path = "/q?x=abc" }, &a,
                         &err),
        ST_OK);
    assert_int_equal(
        http_client_call(c, &(struct http_call){ .path = "/q?x=abcd" }, &a,
                         &err),
        ST_REJECT);
    assert_string_equal(err.code, "size");
    http_client_close(c);
}

static void
test_client_without_server(void **state)
{
    struct http_client *c = open_client("http://127.0.0.1:1", 500, 0);
    const struct http_client_header split[] = { { "X", "a\r\nY: b" } };
    struct http_client_options options = { .base = "ftp://127.0.0.1" };
    struct http_client *none = NULL;
    struct http_answer a;
    struct err err = { .code = "" };

    (void)state;
    assert_int_equal(
        http_client_call(c, &(struct http_call){ .path = "/" }, &a, &err),
        ST_RETRY);
    assert_int_equal(
        http_client_call(c,
                         &(struct http_call){
                             .path = "/", .headers = split, .n_headers = 1 },
                         &a, &err),
        ST_FATAL);
    assert_int_equal(http_client_open(&options, &none, &err), ST_FATAL);
    assert_null(none);
    http_client_close(c);
}

static void
test_unix_socket(void **state)
{
    struct service *sv = service_new();
    struct http_options options = usual(sv);
    struct http_server *second = NULL;
    char folder[] = "/tmp/waymark-test-XXXXXX";
    char where[60];
    struct http_client *c;
    struct http_answer a;
    struct err err = { .code = "" };

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(where, sizeof where, "unix:%s/s", folder);
    options.bind = where;
    for (int round = 0; round < 2; round++) {
        (void)serve_with(sv, &options);
        assert_int_equal(http_port(sv->server), 0);
        c = open_client(where, WAIT_MS, 0);
        assert_int_equal(
            http_client_call(c, &(struct http_call){ .path = "/q?x=u" }, &a,
                             &err),
            ST_OK);
        assert_true(str_is(a.body, "u"));
        http_client_close(c);
        assert_int_equal(http_serve(&options, &second, &err), ST_FATAL);
        assert_string_equal(err.code, "bind");
        http_close(sv->server);
        assert_int_not_equal(access(where + 5, F_OK), 0);
    }
    sv->server = NULL;
    assert_int_equal(rmdir(folder), 0);
    stop(sv);
}

static void
test_escape(void **state)
{
    char out[8];

    (void)state;
    assert_true(http_escape(STR("a /"), out, sizeof out));
    assert_string_equal(out, "a%20%2F");
    assert_false(http_escape(STR("a /x"), out, sizeof out));
    assert_true(http_escape(STR(""), out, 1));
    assert_false(http_escape(STR(""), out, 0));
}

#define SERVED(name, f)                                                        \
    {                                                                          \
        name, f, setup, teardown, NULL                                         \
    }
#define ALONE(name, f)                                                         \
    {                                                                          \
        name, f, NULL, NULL, NULL                                              \
    }

#define ROW(row, f)                                                            \
    (struct CMUnitTest)                                                        \
    {                                                                          \
        .name = (row).name, .test_func = (f),                                  \
        .initial_state = (void *)(uintptr_t) & (row),                          \
    }

int
main(void)
{
    static const struct CMUnitTest others[] = {
        SERVED("nothing behind a refused head is read as a request",
               test_refused_rest_is_no_request),
        SERVED("a body is taken up to the limit", test_body_limit),
        SERVED("a flood behind a refusal is cut off", test_flood_is_cut),
        ALONE("bodies together are limited too", test_bytes_in_flight),
        ALONE("a silent client is closed", test_silent_client),
        ALONE("a client that ends its side is answered or closed",
              test_half_closed_client),
        ALONE("a dripping client is closed", test_dripping_client),
        ALONE("slow clients hold no handler",
              test_slow_clients_hold_no_handler),
        SERVED("handlers run at the same time", test_handlers_run_together),
        SERVED("more requests than handlers wait their turn",
               test_more_requests_than_handlers),
        SERVED("a connection serves many requests", test_keep_alive),
        SERVED("pipelined requests are answered in order", test_pipelined),
        SERVED("an answer has safe defaults", test_defaults_of_an_answer),
        SERVED("HEAD has no body", test_head_has_no_body),
        SERVED("a stream comes piece by piece and ends", test_stream),
        SERVED("a wake just before the sleep is not missed",
               test_wake_is_not_missed),
        SERVED("a stream whose client left is closed",
               test_stream_whose_client_left),
        ALONE("a stop ends streams", test_stop_ends_streams),
        ALONE("a stop lets handlers end", test_stop_lets_handlers_end),
        SERVED("a taken port is refused", test_port_is_taken),
        SERVED("the client calls and reads answers", test_client_calls),
        SERVED("the client waits no longer than told",
               test_client_waits_so_long),
        SERVED("the client limits the answer", test_client_limits_the_answer),
        ALONE("the client says retry when nobody answers",
              test_client_without_server),
        ALONE("a Unix socket serves like a port", test_unix_socket),
        ALONE("escapes fit or fail", test_escape),
    };
    struct CMUnitTest
        tests[N_GUARD + N_PATHS + N_BINDS + sizeof others / sizeof others[0]];
    size_t n = 0;

    for (size_t i = 0; i < N_GUARD; i++)
        tests[n++] = ROW(guard_rows[i], test_guard_row);
    for (size_t i = 0; i < N_PATHS; i++)
        tests[n++] = ROW(path_rows[i], test_path_row);
    for (size_t i = 0; i < N_BINDS; i++)
        tests[n++] = ROW(bind_rows[i], test_bind_row);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        tests[n++] = others[i];
    return cmocka_run_group_tests_name("http", tests, shared_setup,
                                       shared_teardown);
}
