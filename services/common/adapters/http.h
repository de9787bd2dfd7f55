/**
 * An HTTP server for loopback or a Unix socket, behind nginx. The only file
 * that knows libmicrohttpd.
 *
 * One thread moves bytes, a pool runs handlers: a slow client costs no
 * handler, and a handler may block (intake groups requests into one commit).
 * Everything has a limit: body, bytes in flight, connections, time. Requests
 * that two servers could read differently are refused before the handler sees
 * them (design.md section 5; RFC 9112 section 6.3): two or unusual
 * Content-Length, Content-Length with Transfer-Encoding, not exactly one Host.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_HTTP_H
#define WAYMARK_COMMON_ADAPTERS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/adapters/json.h"
#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/str.h"

struct http_server;

/* All texts live as long as the handler runs. */
struct http_request {
    struct str method; /* "GET"; HEAD comes as HEAD, its body is dropped */
    struct str path;   /* percent-decoded, without query; NUL stays "%00" */
    struct str content_type; /* as sent, null without */
    struct str body;         /* empty without */
    const void *connection;  /* for the two below */
};

/** First value of a query parameter, decoded; "" for "?name"; null without. */
struct str
http_query(const struct http_request *req, const char *name);
/** First header of that name (any case), null without. */
struct str
http_header(const struct http_request *req, const char *name);
/** How many headers of that name (any case) there are. */
size_t
http_count_headers(const struct http_request *req, const char *name);

/*
 * A body that comes over time (server-sent events, long downloads). `read` is
 * called by the server's own thread and must not block.
 */
struct http_stream {
    /*
     * Copy up to `max` bytes to `to` and return how many; 0: nothing now,
     * ask again after http_wake; -1: that was all.
     */
    int64_t (*read)(void *self, char *to, size_t max);
    void (*close)(void *self); /* once, at the end or when the client left */
    void *self;
};

#define HTTP_HEADERS_MAX 8

struct http_out_header {
    char name[40];
    char value[216];
};

/* Filled by the handler; starts as all zero. A status left 0 becomes 500. */
struct http_response {
    int status;
    const char *content_type; /* lives for ever; NULL without a body */
    char *body;               /* from malloc; the server takes and frees it */
    size_t body_n;
    struct http_stream stream; /* instead of a body where `read` is set */
    struct http_out_header headers[HTTP_HEADERS_MAX];
    size_t n_headers;
};

/** Answer with a copy of `body`. */
void
http_body(struct http_response *resp, int status, const char *content_type,
          struct str body);
/** Answer with `body` from malloc, which it takes. */
void
http_body_take(struct http_response *resp, int status, const char *content_type,
               char *body, size_t n);
/** One more header; line breaks and controls in the value become '?'. */
void
http_add_header(struct http_response *resp, const char *name, const char *fmt,
                ...) __attribute__((format(printf, 3, 4)));
/* Where docs/problems.md is, as intake serves it: an anchor for each code. */
#define HTTP_PROBLEMS "/problems"

/** The member `type` of a problem with that code (RFC 9457), at its line. */
void http_problem_type(struct json_out *out, const char *code);

/**
 * Answer with application/problem+json (RFC 9457): type, title, status, and as
 * members of our own the stable `code`; `detail` may be NULL. Neither may hold
 * personal data.
 */
void
http_problem(struct http_response *resp, int status, const char *code,
             const char *title, const char *detail);

struct http_options {
    /*
     * "127.0.0.1:8080", "[::1]:0" (port 0: a free one), or "unix:/path" (made
     * with mode 0660; what is left of a dead server is replaced).
     */
    const char *bind;
    bool any_address;     /* else only loopback is accepted */
    int threads;          /* handlers at the same time; 0 gives 8 */
    int max_connections;  /* 0 gives 256; further ones wait unaccepted */
    size_t max_body;      /* bytes; above: 413. 0 gives 16 MiB */
    /* Bytes of all bodies; above: 503. 0: 4 * max_body. The last quarter is for
     * bodies up to 64 KiB. */
    size_t max_in_flight;
    int idle_s;           /* a silent connection is closed; 0 gives 30 */
    int receive_ms;       /* for a whole body however it drips; 0: 60000 */
    /* Runs in any of the threads, many at a time; may block. */
    void (*handle)(void *self, const struct http_request *req,
                   struct http_response *resp);
    void *self;
};

/**
 * Listen and serve until http_close. Copies the options. ST_FATAL code "bind"
 * where the address is wrong, taken or not loopback; code "http" for threads
 * and memory. All signals are blocked in the server's threads.
 */
MUST_CHECK enum status
http_serve(const struct http_options *options, struct http_server **out,
           struct err *err);

/** Port that is listened on; 0 for a Unix socket. */
int
http_port(const struct http_server *s);

/** Ask every stream that had nothing to say again. From any thread. */
void
http_wake(struct http_server *s);

/**
 * Stop listening, let running and waiting handlers end and their answers go
 * out (at most 2 s more), end streams, free. Never from a handler. NULL is
 * fine.
 */
void
http_close(struct http_server *s);

#endif
