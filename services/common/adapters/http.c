#include "common/adapters/http.h"

#include <microhttpd.h>

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/adapters/json.h"
#include "common/engine/monotonic.h"

#define THREADS_DEFAULT 8
#define THREADS_MAX 640
#define CONNECTIONS_DEFAULT 256
#define BODY_DEFAULT ((size_t)16 * 1024 * 1024)
#define IDLE_DEFAULT_S 30
#define RECEIVE_DEFAULT_MS 60000
#define HEAD_BYTES ((size_t)64 * 1024) /* request line, headers, buffers */
#define FIRST_BODY_BYTES ((size_t)4096)
#define SMALL_BODY_BYTES ((size_t)64 * 1024)
#define STREAM_BLOCK_BYTES 4096
#define BACKLOG 511
#define GOODBYE_MS 2000 /* for answers to go out at http_close */
#define PROBLEM_TYPE "application/problem+json"

enum phase {
    PHASE_RECEIVING = 0,
    PHASE_WITH_HANDLER, /* suspended: libmicrohttpd leaves it alone */
    PHASE_ANSWERING,
};

/* One request and its answer. */
struct exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    enum phase phase;
    int refused; /* status decided before the body was complete, else 0 */
    int64_t began_ms;
    char *body;
    size_t body_n;
    size_t body_cap; /* counted in the server's in_flight */
    size_t dropped;  /* bytes received after a refusal */
    struct http_request request;
    struct http_response response;
    struct exchange *next; /* in the queue, or among the idle streams */
    bool idle;             /* a suspended stream */
};

struct http_server {
    struct http_options options;
    struct MHD_Daemon *daemon;
    int fd;
    int port;
    char *unix_path; /* removed at the end; NULL for TCP */
    pthread_t threads[THREADS_MAX];
    int n_threads;
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t work;  /* the queue got longer, or stopping */
    pthread_cond_t quiet; /* an exchange ended */
    struct exchange *first;
    struct exchange **last;
    struct exchange *idle;
    uint64_t wakes;
    size_t in_flight; /* bytes of bodies */
    size_t exchanges;
    bool stopping;
};

/* ------------------------------------------------ requests, responses */

static struct str
lookup(const struct http_request *req, enum MHD_ValueKind kind,
       const char *name)
{
    struct MHD_Connection *c =
        (struct MHD_Connection *)(uintptr_t)req->connection;
    const char *value = NULL;
    size_t n = 0;

    if (MHD_lookup_connection_value_n(c, kind, name, strlen(name), &value,
                                      &n) != MHD_YES)
        return STR_NULL;
    return value == NULL ? STR("") : (struct str){ .p = value, .n = n };
}

struct str
http_query(const struct http_request *req, const char *name)
{
    return lookup(req, MHD_GET_ARGUMENT_KIND, name);
}

struct str
http_header(const struct http_request *req, const char *name)
{
    return lookup(req, MHD_HEADER_KIND, name);
}

void
http_body_take(struct http_response *resp, int status, const char *content_type,
               char *body, size_t n)
{
    free(resp->body);
    resp->status = status;
    resp->content_type = content_type;
    resp->body = body;
    resp->body_n = body == NULL ? 0 : n;
}

void
http_body(struct http_response *resp, int status, const char *content_type,
          struct str body)
{
    char *copy = malloc(body.n + 1);

    if (copy == NULL) {
        http_body_take(resp, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL, NULL, 0);
        return;
    }
    if (body.n > 0)
        memcpy(copy, body.p, body.n);
    http_body_take(resp, status, content_type, copy, body.n);
}

void
http_add_header(struct http_response *resp, const char *name, const char *fmt,
                ...)
{
    struct http_out_header *h;
    va_list ap;

    assert(resp->n_headers < HTTP_HEADERS_MAX);
    if (resp->n_headers == HTTP_HEADERS_MAX)
        return;
    h = &resp->headers[resp->n_headers++];
    (void)snprintf(h->name, sizeof h->name, "%s", name);
    va_start(ap, fmt);
    if (vsnprintf(h->value, sizeof h->value, fmt, ap) < 0)
        h->value[0] = '\0';
    va_end(ap);
    for (char *c = h->value; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

void
http_problem_type(struct json_out *out, const char *code)
{
    char type[80];

    (void)snprintf(type, sizeof type, HTTP_PROBLEMS "#%s", code);
    json_out_kcstr(out, "type", type);
}

void
http_problem(struct http_response *resp, int status, const char *code,
             const char *title, const char *detail)
{
    struct json_out o;
    char *text;
    size_t n;

    json_out_init(&o, NULL);
    json_out_object(&o);
    http_problem_type(&o, code);
    json_out_kcstr(&o, "title", title);
    json_out_kint(&o, "status", status);
    json_out_kcstr(&o, "code", code);
    if (detail != NULL)
        json_out_kcstr(&o, "detail", detail);
    json_out_object_end(&o);
    text = json_out_take(&o, &n);
    http_body_take(resp, status, PROBLEM_TYPE, text, n);
}

/* What the server itself refuses. */
static void
refuse(struct http_response *resp, int status)
{
    switch (status) {
    case MHD_HTTP_CONTENT_TOO_LARGE:
        http_problem(resp, status, "R04", "The body is too large", NULL);
        break;
    case MHD_HTTP_SERVICE_UNAVAILABLE:
        http_problem(resp, status, "busy", "Too much at the same time",
                     "Nothing was taken from this request; send it again");
        http_add_header(resp, "Retry-After", "1");
        break;
    case MHD_HTTP_BAD_REQUEST:
        http_problem(resp, status, "request", "The request is ambiguous",
                     "Send one Host, and one Content-Length or chunks");
        break;
    default:
        http_problem(resp, status, "internal", "No answer was made", NULL);
        break;
    }
}

/* -------------------------------------------------------------- guard */

/* What the headers of a request amount to. */
struct framing {
    int hosts;
    int lengths;
    int encodings;
    bool bad; /* a name or value that another server may read otherwise */
    uint64_t length;
};

static bool
name_is(struct str name, const char *want)
{
    return name.n == strlen(want) && strncasecmp(name.p, want, name.n) == 0;
}

/* libmicrohttpd joins a line that goes on (RFC 9112 section 5.2) to the name
 * where the value is empty: "Transfer-Encoding:", " chunked". */
static bool
goes_on(struct str name, const char *want)
{
    size_t n = strlen(want);

    return name.n > n && strncasecmp(name.p, want, n) == 0;
}

/* RFC 9110 section 5.6.2: what a header's name may consist of. */
static bool
is_token(struct str s)
{
    static const char others[] = "!#$%&'*+-.^_`|~0123456789";

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    return s.n > 0;
}

/* RFC 9110 section 5.5: no controls but the tab; a return among them could end
 * the line for somebody else. */
static bool
is_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* A name or address, and a port: nothing that splits an address elsewhere. */
static bool
is_host(struct str s)
{
    static const char others[] = "-._:[]0123456789";

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    return s.n > 0;
}

/* Digits only, at most 18: no sign, no space, no list. */
static bool
parse_length(struct str s, uint64_t *out)
{
    *out = 0;
    if (s.n == 0 || s.n > 18)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(s.p[i] - '0');
    }
    return true;
}

static enum MHD_Result
look_at_header(void *self, enum MHD_ValueKind kind, const char *name,
               size_t name_n, const char *value, size_t value_n)
{
    struct framing *f = self;
    struct str n = { .p = name, .n = name_n };
    struct str v = { .p = value, .n = value == NULL ? 0 : value_n };

    (void)kind;
    if (!is_token(n) || goes_on(n, "content-length") ||
        goes_on(n, "transfer-encoding") || !is_value(v)) {
        f->bad = true;
    } else if (name_is(n, "host")) {
        f->hosts++;
        if (!is_host(v))
            f->bad = true;
    } else if (name_is(n, "content-length")) {
        f->lengths++;
        if (!parse_length(v, &f->length))
            f->bad = true;
    } else if (name_is(n, "transfer-encoding")) {
        f->encodings++;
        if (!name_is(v, "chunked"))
            f->bad = true;
    }
    return MHD_YES;
}

struct header_count {
    const char *name;
    size_t n;
};

static enum MHD_Result
count_header(void *self, enum MHD_ValueKind kind, const char *name,
             size_t name_n, const char *value, size_t value_n)
{
    struct header_count *count = self;

    (void)kind;
    (void)value;
    (void)value_n;
    if (name_is((struct str){ .p = name, .n = name_n }, count->name))
        count->n++;
    return MHD_YES;
}

size_t
http_count_headers(const struct http_request *req, const char *name)
{
    struct MHD_Connection *c =
        (struct MHD_Connection *)(uintptr_t)req->connection;
    struct header_count count = { .name = name };

    (void)MHD_get_connection_values_n(c, MHD_HEADER_KIND, count_header, &count);
    return count.n;
}

/* 0 if the request may go on, else the status that refuses it. */
static int
guard(struct MHD_Connection *c, const struct http_options *options,
      const char *version)
{
    struct framing f = { .hosts = 0 };

    (void)MHD_get_connection_values_n(c, MHD_HEADER_KIND, look_at_header, &f);
    if (f.bad || f.hosts != 1 || f.lengths > 1 || f.encodings > 1 ||
        (f.lengths > 0 && f.encodings > 0))
        return MHD_HTTP_BAD_REQUEST;
    /* HTTP/1.0 knows no chunks (RFC 9112 section 6.1). */
    if (f.encodings > 0 && strcmp(version, MHD_HTTP_VERSION_1_1) != 0)
        return MHD_HTTP_BAD_REQUEST;
    if (f.length > options->max_body)
        return MHD_HTTP_CONTENT_TOO_LARGE;
    return 0;
}

/*
 * Percent-decoding in place for paths and query values. A NUL would cut the
 * text for everyone who reads it as a C string, so "%00" stays as it is, like
 * every other escape that is none.
 */
static int
hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static size_t
unescape(void *self, struct MHD_Connection *c, char *text)
{
    char *to = text;

    (void)self;
    (void)c;
    for (const char *from = text; *from != '\0'; from++) {
        int high = *from == '%' ? hex(from[1]) : -1;
        int low = high >= 0 ? hex(from[2]) : -1;

        if (low >= 0 && high + low > 0) {
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* ---------------------------------------------------------- exchanges */

static struct exchange *
exchange_new(struct http_server *s, struct MHD_Connection *c, const char *url,
             const char *method)
{
    struct exchange *ex = calloc(1, sizeof *ex);

    if (ex == NULL)
        return NULL;
    ex->server = s;
    ex->connection = c;
    ex->began_ms = monotonic_ms();
    ex->request = (struct http_request){
        .method = str_of(method),
        .path = str_of(url),
        .body = STR(""),
        .connection = c,
    };
    ex->request.content_type = http_header(&ex->request, "Content-Type");
    (void)pthread_mutex_lock(&s->lock);
    s->exchanges++;
    (void)pthread_mutex_unlock(&s->lock);
    return ex;
}

static void
drop_body(struct exchange *ex)
{
    struct http_server *s = ex->server;

    free(ex->body);
    (void)pthread_mutex_lock(&s->lock);
    s->in_flight -= ex->body_cap;
    (void)pthread_mutex_unlock(&s->lock);
    ex->body = NULL;
    ex->body_cap = 0;
    ex->body_n = 0;
}

/* libmicrohttpd is through with a request, or its client is gone. */
static void
exchange_over(void *self, struct MHD_Connection *c, void **place,
              enum MHD_RequestTerminationCode why)
{
    struct http_server *s = self;
    struct exchange *ex = *place;

    (void)c;
    (void)why;
    if (ex == NULL)
        return;
    *place = NULL;
    drop_body(ex);
    free(ex->response.body);
    if (ex->response.stream.close != NULL)
        ex->response.stream.close(ex->response.stream.self);
    free(ex);
    (void)pthread_mutex_lock(&s->lock);
    s->exchanges--;
    (void)pthread_cond_broadcast(&s->quiet);
    (void)pthread_mutex_unlock(&s->lock);
}

/* Room for `n` more bytes; 0, or the status that refuses the request. */
static int
grow_body(struct exchange *ex, size_t n)
{
    struct http_server *s = ex->server;
    size_t cap = ex->body_cap == 0 ? FIRST_BODY_BYTES : ex->body_cap;
    size_t room; /* the last quarter is for small ones */
    bool fits;
    char *p;

    if (n > s->options.max_body - ex->body_n)
        return MHD_HTTP_CONTENT_TOO_LARGE;
    if (ex->body_n + n <= ex->body_cap)
        return 0;
    while (cap < ex->body_n + n)
        cap *= 2;
    room = cap <= SMALL_BODY_BYTES
               ? s->options.max_in_flight
               : s->options.max_in_flight - s->options.max_in_flight / 4;
    (void)pthread_mutex_lock(&s->lock);
    fits = s->in_flight <= room && cap - ex->body_cap <= room - s->in_flight;
    if (fits)
        s->in_flight += cap - ex->body_cap;
    (void)pthread_mutex_unlock(&s->lock);
    if (!fits)
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    ex->body_cap = cap;
    p = realloc(ex->body, cap);
    if (p == NULL)
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    ex->body = p;
    return 0;
}

/* A piece of the body. MHD_NO closes the connection. */
static enum MHD_Result
receive(struct exchange *ex, const char *piece, size_t n)
{
    const struct http_options *options = &ex->server->options;

    if (monotonic_ms() - ex->began_ms > options->receive_ms)
        return MHD_NO;
    if (ex->refused == 0) {
        ex->refused = grow_body(ex, n);
        if (ex->refused != 0)
            drop_body(ex);
    }
    if (ex->refused == 0) {
        memcpy(ex->body + ex->body_n, piece, n);
        ex->body_n += n;
        return MHD_YES;
    }
    /* An answer can only follow the body; read it out, within reason. */
    ex->dropped += n;
    return ex->dropped > 4 * options->max_body ? MHD_NO : MHD_YES;
}

/* ------------------------------------------------------------ answers */

static bool
has_header(const struct http_response *resp, const char *name)
{
    for (size_t i = 0; i < resp->n_headers; i++)
        if (strcasecmp(resp->headers[i].name, name) == 0)
            return true;
    return false;
}

static void
add(struct MHD_Response *r, const char *name, const char *value)
{
    (void)MHD_add_response_header(r, name, value);
}

/*
 * Next piece of a stream. Where there is none the connection sleeps until
 * http_wake; a wake that came meanwhile must not be missed, hence the count.
 */
static ssize_t
stream_read(void *self, uint64_t at, char *to, size_t max)
{
    struct exchange *ex = self;
    struct http_server *s = ex->server;
    const struct http_stream *stream = &ex->response.stream;

    (void)at;
    for (;;) {
        uint64_t wakes;
        bool stopping;
        int64_t n;

        (void)pthread_mutex_lock(&s->lock);
        wakes = s->wakes;
        stopping = s->stopping;
        (void)pthread_mutex_unlock(&s->lock);
        if (stopping)
            return MHD_CONTENT_READER_END_OF_STREAM;
        n = stream->read(stream->self, to, max);
        if (n != 0)
            return n > 0 ? (ssize_t)n : MHD_CONTENT_READER_END_OF_STREAM;
        (void)pthread_mutex_lock(&s->lock);
        if (wakes == s->wakes) {
            ex->idle = true;
            ex->next = s->idle;
            s->idle = ex;
            MHD_suspend_connection(ex->connection);
            (void)pthread_mutex_unlock(&s->lock);
            return 0;
        }
        (void)pthread_mutex_unlock(&s->lock);
    }
}

void
http_wake(struct http_server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->wakes++;
    while (s->idle != NULL) {
        struct exchange *ex = s->idle;

        s->idle = ex->next;
        ex->next = NULL;
        ex->idle = false;
        MHD_resume_connection(ex->connection);
    }
    (void)pthread_mutex_unlock(&s->lock);
}

static struct MHD_Response *
make_response(struct exchange *ex)
{
    struct http_response *resp = &ex->response;
    struct MHD_Response *r;

    if (resp->stream.read != NULL)
        return MHD_create_response_from_callback(
            MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, stream_read, ex, NULL);
    r = MHD_create_response_from_buffer(resp->body_n, resp->body,
                                        MHD_RESPMEM_MUST_FREE);
    if (r != NULL)
        resp->body = NULL; /* the response's from here */
    return r;
}

static enum MHD_Result
answer(struct exchange *ex, bool close_after)
{
    struct http_response *resp = &ex->response;
    struct MHD_Response *r = make_response(ex);
    enum MHD_Result rc;

    if (r == NULL)
        return MHD_NO;
    if (resp->content_type != NULL)
        add(r, MHD_HTTP_HEADER_CONTENT_TYPE, resp->content_type);
    for (size_t i = 0; i < resp->n_headers; i++)
        add(r, resp->headers[i].name, resp->headers[i].value);
    /* Answers may name children: nobody between keeps them, unless allowed. */
    if (!has_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL))
        add(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    add(r, "X-Content-Type-Options", "nosniff");
    if (close_after)
        add(r, MHD_HTTP_HEADER_CONNECTION, "close");
    ex->phase = PHASE_ANSWERING;
    rc = MHD_queue_response(ex->connection, (unsigned)resp->status, r);
    MHD_destroy_response(r);
    return rc;
}

/* Give the complete request to the pool. False when the server stops. */
static bool
hand_over(struct exchange *ex)
{
    struct http_server *s = ex->server;
    bool taken;

    if (ex->body_n > 0)
        ex->request.body = (struct str){ .p = ex->body, .n = ex->body_n };
    (void)pthread_mutex_lock(&s->lock);
    taken = !s->stopping;
    if (taken) {
        ex->phase = PHASE_WITH_HANDLER;
        MHD_suspend_connection(ex->connection);
        ex->next = NULL;
        *s->last = ex;
        s->last = &ex->next;
        (void)pthread_cond_signal(&s->work);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return taken;
}

/*
 * Called by libmicrohttpd: once after the headers, once for each piece of the
 * body, once when it is complete, and once more after a resume.
 */
static enum MHD_Result
on_request(void *self, struct MHD_Connection *c, const char *url,
           const char *method, const char *version, const char *piece,
           size_t *piece_n, void **place)
{
    struct http_server *s = self;
    struct exchange *ex = *place;

    if (ex == NULL) {
        ex = exchange_new(s, c, url, method);
        *place = ex;
        if (ex == NULL)
            return MHD_NO;
        ex->refused = guard(c, &s->options, version);
        if (ex->refused == 0)
            return MHD_YES;
        /* Nobody can tell where its body ends: close after the answer. */
        refuse(&ex->response, ex->refused);
        return answer(ex, true);
    }
    if (*piece_n > 0) {
        size_t n = *piece_n;

        *piece_n = 0;
        return receive(ex, piece, n);
    }
    if (ex->phase == PHASE_RECEIVING && ex->refused == 0) {
        if (hand_over(ex))
            return MHD_YES;
        ex->refused = MHD_HTTP_SERVICE_UNAVAILABLE;
    }
    if (ex->refused != 0)
        refuse(&ex->response, ex->refused);
    return answer(ex, ex->refused != 0);
}

/* --------------------------------------------------------------- pool */

static struct exchange *
next_exchange(struct http_server *s)
{
    struct exchange *ex;

    (void)pthread_mutex_lock(&s->lock);
    while (s->first == NULL && !s->stopping)
        (void)pthread_cond_wait(&s->work, &s->lock);
    ex = s->first;
    if (ex != NULL) {
        s->first = ex->next;
        if (s->first == NULL)
            s->last = &s->first;
        ex->next = NULL;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return ex;
}

static void *
run_handlers(void *self)
{
    struct http_server *s = self;
    struct exchange *ex;

    while ((ex = next_exchange(s)) != NULL) {
        s->options.handle(s->options.self, &ex->request, &ex->response);
        if (ex->response.status == 0)
            refuse(&ex->response, MHD_HTTP_INTERNAL_SERVER_ERROR);
        drop_body(ex);
        ex->phase = PHASE_ANSWERING;
        MHD_resume_connection(ex->connection);
    }
    return NULL;
}

/* ---------------------------------------------------------- listening */

static enum status
bind_error(struct err *err, const char *address, const char *why)
{
    return err_set(err, ST_FATAL, "bind", "cannot listen on %s: %s", address,
                   why);
}

/* True if a living server answers on that Unix socket. */
static bool
unix_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)address,
                                    sizeof *address) == 0;

    if (fd >= 0)
        (void)close(fd);
    return alive;
}

static enum status
bind_unix(struct http_server *s, const char *path, struct err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stat st;

    if (strlen(path) >= sizeof address.sun_path)
        return bind_error(err, path, "the path is too long");
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        if (unix_alive(&address))
            return bind_error(err, path, "another server has it");
        (void)unlink(path);
    }
    s->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (s->fd < 0 ||
        bind(s->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return bind_error(err, path, strerror(errno));
    s->unix_path = strdup(path);
    if (s->unix_path == NULL || chmod(path, 0660) != 0)
        return bind_error(err, path, strerror(errno));
    return ST_OK;
}

static bool
is_loopback(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, a, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (a->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, a, sizeof in6);
        return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
    }
    return false;
}

/* "host:port" or "[host]:port", numbers only. Caller frees with freeaddrinfo.
 */
static enum status
resolve(const char *bind_to, struct addrinfo **out, struct err *err)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICHOST |
                                                AI_NUMERICSERV | AI_PASSIVE };
    const char *colon = strrchr(bind_to, ':');
    char host[64];
    size_t n;

    if (colon == NULL)
        return bind_error(err, bind_to, "want HOST:PORT or unix:/PATH");
    n = (size_t)(colon - bind_to);
    if (n >= 2 && bind_to[0] == '[' && colon[-1] == ']') {
        bind_to++;
        n -= 2;
    }
    if (n == 0 || n >= sizeof host)
        return bind_error(err, bind_to, "want HOST:PORT or unix:/PATH");
    memcpy(host, bind_to, n);
    host[n] = '\0';
    if (getaddrinfo(host, colon + 1, &hints, out) != 0)
        return bind_error(err, bind_to, "not an address and a port");
    return ST_OK;
}

static void
learn_port(struct http_server *s)
{
    struct sockaddr_storage a = { .ss_family = AF_UNSPEC };
    socklen_t n = sizeof a;
    char port[8];

    if (getsockname(s->fd, (struct sockaddr *)&a, &n) == 0 &&
        getnameinfo((struct sockaddr *)&a, n, NULL, 0, port, sizeof port,
                    NI_NUMERICSERV) == 0)
        s->port = (int)strtol(port, NULL, 10);
}

static enum status
bind_tcp(struct http_server *s, struct err *err)
{
    const char *where = s->options.bind;
    struct addrinfo *a = NULL;
    const int on = 1;
    enum status rc = resolve(where, &a, err);

    if (a == NULL)
        return rc;
    if (!s->options.any_address && !is_loopback(a->ai_addr)) {
        rc = bind_error(err, where, "only loopback is allowed");
    } else {
        s->fd = socket(a->ai_family, SOCK_STREAM, 0);
        if (s->fd >= 0)
            (void)setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (s->fd < 0 || bind(s->fd, a->ai_addr, a->ai_addrlen) != 0)
            rc = bind_error(err, where, strerror(errno));
        else
            learn_port(s);
    }
    freeaddrinfo(a);
    return rc;
}

static enum status
listen_on(struct http_server *s, struct err *err)
{
    const char *where = s->options.bind;
    enum status rc;

    if (where == NULL)
        return bind_error(err, "nothing", "no address is given");
    if (strncmp(where, "unix:", 5) == 0)
        rc = bind_unix(s, where + 5, err);
    else
        rc = bind_tcp(s, err);
    if (rc != ST_OK)
        return rc;
    (void)fcntl(s->fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(s->fd, F_SETFL, O_NONBLOCK);
    if (listen(s->fd, BACKLOG) != 0)
        return bind_error(err, where, strerror(errno));
    return ST_OK;
}

/* ------------------------------------------------------ start and end */

static void
use_defaults(struct http_options *o)
{
    if (o->threads <= 0)
        o->threads = THREADS_DEFAULT;
    if (o->threads > THREADS_MAX)
        o->threads = THREADS_MAX;
    if (o->max_connections <= 0)
        o->max_connections = CONNECTIONS_DEFAULT;
    if (o->max_body == 0)
        o->max_body = BODY_DEFAULT;
    if (o->max_in_flight == 0)
        o->max_in_flight = 4 * o->max_body;
    if (o->idle_s <= 0)
        o->idle_s = IDLE_DEFAULT_S;
    if (o->receive_ms <= 0)
        o->receive_ms = RECEIVE_DEFAULT_MS;
}

static enum status
start_daemon(struct http_server *s, struct err *err)
{
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, s, MHD_OPTION_LISTEN_SOCKET, s->fd,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_over, s,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->options.max_connections,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->options.idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (s->daemon == NULL)
        return err_set(err, ST_FATAL, "http", "the server did not start");
    return ST_OK;
}

/* Threads inherit the mask: signals are the main thread's business. */
static enum status
start_threads(struct http_server *s, struct err *err)
{
    enum status rc = ST_OK;
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (rc == ST_OK && s->n_threads < s->options.threads) {
        if (pthread_create(&s->threads[s->n_threads], NULL, run_handlers, s) !=
            0)
            rc = err_set(err, ST_FATAL, "http", "only %d of %d threads",
                         s->n_threads, s->options.threads);
        else
            s->n_threads++;
    }
    if (rc == ST_OK)
        rc = start_daemon(s, err);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

enum status
http_serve(const struct http_options *options, struct http_server **out,
           struct err *err)
{
    struct http_server *s = calloc(1, sizeof *s);
    pthread_condattr_t attr;
    enum status rc;

    *out = NULL;
    if (s == NULL)
        return err_set(err, ST_FATAL, "http", "no memory for a server");
    s->options = *options;
    use_defaults(&s->options);
    s->fd = -1;
    s->last = &s->first;
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->work, &attr);
    (void)pthread_cond_init(&s->quiet, &attr);
    (void)pthread_condattr_destroy(&attr);
    rc = listen_on(s, err);
    if (rc == ST_OK)
        rc = start_threads(s, err);
    s->options.bind = NULL; /* borrowed until here */
    if (rc == ST_OK)
        *out = s;
    else
        http_close(s);
    return rc;
}

int
http_port(const struct http_server *s)
{
    return s->port;
}

/* Wait until all answers are out, a little while at most. */
static void
await_quiet(struct http_server *s)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += GOODBYE_MS / 1000;
    (void)pthread_mutex_lock(&s->lock);
    while (s->exchanges > 0 &&
           pthread_cond_timedwait(&s->quiet, &s->lock, &until) == 0)
        continue;
    (void)pthread_mutex_unlock(&s->lock);
}

void
http_close(struct http_server *s)
{
    if (s == NULL)
        return;
    if (s->daemon != NULL)
        (void)MHD_quiesce_daemon(s->daemon); /* the socket is ours again */
    if (s->fd >= 0)
        (void)close(s->fd);
    if (s->unix_path != NULL)
        (void)unlink(s->unix_path);
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    (void)pthread_cond_broadcast(&s->work);
    (void)pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->n_threads; i++)
        (void)pthread_join(s->threads[i], NULL);
    if (s->daemon != NULL) {
        http_wake(s);
        await_quiet(s);
        MHD_stop_daemon(s->daemon);
    }
    (void)pthread_cond_destroy(&s->work);
    (void)pthread_cond_destroy(&s->quiet);
    (void)pthread_mutex_destroy(&s->lock);
    free(s->unix_path);
    free(s);
}
