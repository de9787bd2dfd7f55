#include "common/adapters/http_client.h"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_DEFAULT_MS 2000
#define TIMEOUT_DEFAULT_MS 30000
#define BODY_DEFAULT ((size_t)64 * 1024 * 1024)
#define LINE_MAX_BYTES 2048 /* a URL or a header line */

struct http_client {
    CURL *curl;
    char *base; /* what stands before the path */
    size_t max_body;
    char *body;
    size_t n;
    size_t cap;
    bool too_large;
    bool loopback;
    bool refused; /* an address of the guarded client */
    char why[CURL_ERROR_SIZE];
};

/* libcurl hands over a piece of the answer; fewer taken than given stops it. */
static size_t
on_body(char *piece, size_t size, size_t count, void *self)
{
    struct http_client *c = self;
    size_t n = size * count;
    size_t cap = c->cap == 0 ? 4096 : c->cap;
    char *p;

    if (n > c->max_body - c->n) {
        c->too_large = true;
        return 0;
    }
    while (cap < c->n + n + 1)
        cap *= 2;
    if (cap != c->cap) {
        p = realloc(c->body, cap);
        if (p == NULL)
            return 0;
        c->body = p;
        c->cap = cap;
    }
    memcpy(c->body + c->n, piece, n);
    c->n += n;
    return n;
}

/* Networks that nobody reaches from outside (RFC 6890), as prefixes. */
struct network {
    uint32_t at;
    int bits;
};

static bool
is_public_v4(uint32_t a, bool loopback)
{
    static const struct network closed[] = {
        { 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 },
        { 0x7f000000, 8 },  { 0xa9fe0000, 16 }, { 0xac100000, 12 },
        { 0xc0000000, 24 }, { 0xc0000200, 24 }, { 0xc0586300, 24 },
        { 0xc0a80000, 16 }, { 0xc6120000, 15 }, { 0xc6336400, 24 },
        { 0xcb007100, 24 }, { 0xe0000000, 3 },
    };

    if (a >> 24 == 127)
        return loopback;
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        if ((a ^ closed[i].at) >> (32 - closed[i].bits) == 0)
            return false;
    return true;
}

/* 2000::/3 is what is given out; tunnels within it lead anywhere. */
static bool
is_public_v6(const uint8_t a[16], bool loopback)
{
    static const uint8_t one[16] = { [15] = 1 };

    if (memcmp(a, one, sizeof one) == 0)
        return loopback;
    if ((a[0] & 0xe0) != 0x20)
        return false;
    if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
        return false;
    /* 2001::/23, Teredo and tests; 2001:db8::/32, examples */
    return !(a[0] == 0x20 && a[1] == 0x01 &&
             (a[2] < 2 || (a[2] == 0x0d && a[3] == 0xb8)));
}

/* libcurl asks for a socket to the address that the name led to. */
static curl_socket_t
on_socket(void *self, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct http_client *c = self;
    bool fine = false;

    if (purpose == CURLSOCKTYPE_IPCXN && to->family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, &to->addr, sizeof in);
        fine = is_public_v4(ntohl(in.sin_addr.s_addr), c->loopback);
    } else if (purpose == CURLSOCKTYPE_IPCXN && to->family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, &to->addr, sizeof in6);
        fine = is_public_v6(in6.sin6_addr.s6_addr, c->loopback);
    }
    if (fine)
        return socket(to->family, to->socktype, to->protocol);
    c->refused = true;
    return CURL_SOCKET_BAD;
}

static CURLcode
set_guard(struct http_client *c, const struct http_client_options *o)
{
    CURL *h = c->curl;
    CURLcode e = curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https");

    c->loopback = o->loopback;
    if (e == CURLE_OK)
        e = curl_easy_setopt(h, CURLOPT_PROXY, "");
    if (e == CURLE_OK)
        e = curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    if (e == CURLE_OK)
        e = curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, c);
    return e;
}

/* Options that hold for all calls. */
static CURLcode
set_up(struct http_client *c, const struct http_client_options *o)
{
    CURL *h = c->curl;
    long connect_ms = o->connect_ms > 0 ? o->connect_ms : CONNECT_DEFAULT_MS;
    long timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_DEFAULT_MS;
    CURLcode e = CURLE_OK;

    (void)curl_easy_setopt(h, CURLOPT_ERRORBUFFER, c->why);
    (void)curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    (void)curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, timeout_ms);
    (void)curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
    e = curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    if (e == CURLE_OK)
        e = curl_easy_setopt(h, CURLOPT_NOPROXY, "127.0.0.1,::1,localhost");
    if (e == CURLE_OK && strncmp(o->base, "unix:", 5) == 0)
        e = curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, o->base + 5);
    if (e == CURLE_OK && o->ca_file != NULL)
        e = curl_easy_setopt(h, CURLOPT_CAINFO, o->ca_file);
    if (e == CURLE_OK && o->cert_file != NULL)
        e = curl_easy_setopt(h, CURLOPT_SSLCERT, o->cert_file);
    if (e == CURLE_OK && o->key_file != NULL)
        e = curl_easy_setopt(h, CURLOPT_SSLKEY, o->key_file);
    if (e == CURLE_OK && o->guarded)
        e = set_guard(c, o);
    return e;
}

static bool
starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum status
http_client_open(const struct http_client_options *options,
                 struct http_client **out, struct err *err)
{
    struct http_client *c;
    const char *base = options->base;
    CURLcode e = CURLE_FAILED_INIT;

    *out = NULL;
    if (base == NULL || (!starts(base, "http://") &&
                         !starts(base, "https://") && !starts(base, "unix:/")))
        return err_set(err, ST_FATAL, "http",
                       "want http://HOST:PORT, https://HOST or unix:/PATH");
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return err_set(err, ST_FATAL, "http", "no memory for a client");
    c->max_body = options->max_body > 0 ? options->max_body : BODY_DEFAULT;
    c->base = strdup(starts(base, "unix:") ? "http://localhost" : base);
    c->curl = curl_easy_init();
    if (c->base != NULL && c->curl != NULL)
        e = set_up(c, options);
    if (e != CURLE_OK) {
        http_client_close(c);
        return err_set(err, ST_FATAL, "http", "client: %s",
                       curl_easy_strerror(e));
    }
    if (c->base[strlen(c->base) - 1] == '/')
        c->base[strlen(c->base) - 1] = '\0';
    *out = c;
    return ST_OK;
}

/* Append a header line; false if it is too long, has a line break or memory
 * lacks. */
static bool
add_line(struct curl_slist **list, const char *name, const char *value)
{
    char line[LINE_MAX_BYTES];
    struct curl_slist *longer;
    int n = snprintf(line, sizeof line, "%s: %s", name, value);

    if (n < 0 || (size_t)n >= sizeof line || strpbrk(line, "\r\n") != NULL)
        return false;
    longer = curl_slist_append(*list, line);
    if (longer != NULL)
        *list = longer;
    return longer != NULL;
}

static bool
make_lines(const struct http_call *call, struct curl_slist **list)
{
    /* No waiting for "100 Continue": our bodies are small. */
    bool ok = add_line(list, "Expect", "");

    if (ok && call->content_type != NULL)
        ok = add_line(list, "Content-Type", call->content_type);
    for (size_t i = 0; ok && i < call->n_headers; i++)
        ok = add_line(list, call->headers[i].name, call->headers[i].value);
    return ok;
}

static void
set_call(struct http_client *c, const struct http_call *call, const char *url,
         const struct curl_slist *lines)
{
    CURL *h = c->curl;

    (void)curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, NULL);
    if (call->content_type != NULL) {
        (void)curl_easy_setopt(h, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(h, CURLOPT_POSTFIELDS,
                               call->body.p == NULL ? "" : call->body.p);
        (void)curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)call->body.n);
    } else {
        (void)curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
    }
    if (call->method != NULL && strcmp(call->method, "HEAD") == 0)
        (void)curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
    else if (call->method != NULL)
        (void)curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, call->method);
    (void)curl_easy_setopt(h, CURLOPT_URL, url);
    (void)curl_easy_setopt(h, CURLOPT_HTTPHEADER, lines);
}

static enum status
call_status(const struct http_client *c, CURLcode e, struct err *err)
{
    const char *why = c->why[0] != '\0' ? c->why : curl_easy_strerror(e);

    if (c->too_large)
        return err_set(err, ST_REJECT, "size",
                       "the answer is larger than %zu bytes", c->max_body);
    if (e != CURLE_OK && c->refused)
        return err_set(err, ST_REJECT, "address",
                       "the name leads to no public address");
    switch (e) {
    case CURLE_OK:
        return ST_OK;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return err_set(err, ST_FATAL, "http", "%s: %s", c->base, why);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return err_set(err, ST_RETRY, "connect", "%s: %s", c->base, why);
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(err, ST_RETRY, "timeout", "%s: %s", c->base, why);
    default:
        return err_set(err, ST_RETRY, "cut", "%s: %s", c->base, why);
    }
}

static void
read_answer(struct http_client *c, struct http_answer *out)
{
    const char *type = NULL;
    curl_off_t wait_s = 0;
    long status = 0;

    (void)curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(c->curl, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_getinfo(c->curl, CURLINFO_RETRY_AFTER, &wait_s);
    if (c->body != NULL)
        c->body[c->n] = '\0';
    *out = (struct http_answer){
        .status = (int)status,
        .content_type = str_of(type),
        .body = { .p = c->body == NULL ? "" : c->body, .n = c->n },
        .retry_after_s = wait_s > 0 ? (int)wait_s : -1,
    };
}

enum status
http_client_call(struct http_client *c, const struct http_call *call,
                 struct http_answer *out, struct err *err)
{
    char url[LINE_MAX_BYTES];
    struct curl_slist *lines = NULL;
    enum status rc = ST_OK;
    int n;

    c->n = 0;
    c->too_large = false;
    c->refused = false;
    c->why[0] = '\0';
    n = snprintf(url, sizeof url, "%s%s", c->base, call->path);
    if (n < 0 || (size_t)n >= sizeof url || !make_lines(call, &lines))
        rc = err_set(err, ST_FATAL, "http",
                     "the path or a header is too long or has a line break");
    if (rc == ST_OK) {
        set_call(c, call, url, lines);
        rc = call_status(c, curl_easy_perform(c->curl), err);
        (void)curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, NULL);
    }
    if (rc == ST_OK)
        read_answer(c, out);
    curl_slist_free_all(lines);
    return rc;
}

bool
http_escape(struct str s, char *out, size_t size)
{
    /* RFC 3986 section 2.3: what needs no escape anywhere. */
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        bool as_is = ch != '\0' && strchr(plain, ch) != NULL;

        if (n + (as_is ? 1 : 3) >= size)
            return false;
        if (as_is) {
            out[n++] = (char)ch;
        } else {
            out[n++] = '%';
            out[n++] = digits[ch >> 4];
            out[n++] = digits[ch & 15];
        }
    }
    if (n >= size)
        return false;
    out[n] = '\0';
    return true;
}

void
http_client_close(struct http_client *c)
{
    if (c == NULL)
        return;
    if (c->curl != NULL)
        curl_easy_cleanup(c->curl);
    free(c->base);
    free(c->body);
    free(c);
}
