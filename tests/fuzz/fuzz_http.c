/*
 * Bytes on a connection: the server with its guard, and a handler that holds
 * every request that reaches it against what the guard promises.
 */
#include <stdatomic.h>
#include <string.h>

#include "common/adapters/http.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/socket.h"

static _Atomic size_t n_handled, n_bytes;

/* Digits only; what the sender's Content-Length says. */
static size_t
number_of(struct str s)
{
    size_t n = 0;

    always(s.n > 0 && s.n <= 18);
    for (size_t i = 0; i < s.n; i++) {
        always(s.p[i] >= '0' && s.p[i] <= '9');
        n = n * 10 + (size_t)(s.p[i] - '0');
    }
    return n;
}

static void
handle(void *self, const struct http_request *req, struct http_response *resp)
{
    size_t lengths = http_count_headers(req, "content-length");
    size_t codings = http_count_headers(req, "transfer-encoding");

    (void)self;
    always(http_count_headers(req, "host") == 1);
    always(lengths + codings <= 1);
    always(memchr(req->path.p, '\0', req->path.n) == NULL);
    if (lengths == 1)
        always(number_of(http_header(req, "Content-Length")) == req->body.n);
    else if (codings == 0)
        always(req->body.n == 0);
    (void)http_query(req, "kind");
    atomic_fetch_add(&n_handled, 1);
    atomic_fetch_add(&n_bytes, req->body.n);
    http_body(resp, 200, "text/plain", req->body);
    http_add_header(resp, "X-Path", "%.*s", STR_ARG(req->path));
}

/* How often bytes that any request line has are there. */
static size_t
lines_of(struct str text)
{
    size_t n = 0;

    for (size_t i = 0; i + 5 <= text.n; i++)
        n += memcmp(text.p + i, "HTTP/", 5) == 0;
    return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct socket_door door;
    struct str text = fuzz_str(data, n);

    if (door.path[0] == '\0') {
        struct http_options options = { .bind = socket_bind(&door),
                                        .threads = 1,
                                        .max_body = 1 << 16,
                                        .handle = handle };
        struct http_server *server;
        struct err err;

        always(http_serve(&options, &server, &err) == ST_OK);
    }
    atomic_store(&n_handled, 0);
    atomic_store(&n_bytes, 0);
    if (!socket_exchange(&door, text)) {
        /* What it still may bring comes before the answer to this. */
        (void)socket_exchange(&door, STR("GET / HTTP/1.1\r\nHost: x\r\n"
                                         "Connection: close\r\n\r\n"));
        return 0;
    }
    always(atomic_load(&n_handled) <= lines_of(text));
    always(atomic_load(&n_bytes) <= n);
    return 0;
}
