/**
 * A small blocking HTTP client: the command line talks to services with it,
 * and tests do. One thread uses a handle; its connection is kept open between
 * calls. Redirects are not followed.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_HTTP_CLIENT_H
#define WAYMARK_COMMON_ADAPTERS_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/str.h"

struct http_client;

/* Borrowed during http_client_open only. */
struct http_client_options {
    const char *base; /* "http://127.0.0.1:8080", "https://...", "unix:/path" */
    int connect_ms;   /* 0 gives 2000 */
    int timeout_ms;   /* for a whole call; 0 gives 30000 */
    size_t max_body;  /* of an answer; 0 gives 64 MiB */
    const char *ca_file;   /* PEM, NULL: the system's; the next two likewise */
    const char *cert_file; /* PEM, NULL: no client certificate */
    const char *key_file;  /* PEM */
    /* To a host that somebody else chose: https alone, no proxy, and no
     * address that isn't public, whatever its name resolves to. */
    bool guarded;
    bool loopback; /* guarded: loopback is let through, for tests */
};

struct http_client_header {
    const char *name;
    const char *value; /* without line breaks */
};

struct http_call {
    const char *method;       /* NULL: GET without, POST with content_type */
    const char *path;         /* "/v1/notifications?x=y", escaped */
    const char *content_type; /* NULL: no body is sent */
    struct str body;
    const struct http_client_header *headers;
    size_t n_headers;
};

/* Texts live until the client's next call or its close. */
struct http_answer {
    int status;
    struct str content_type; /* null without */
    struct str body;
    int retry_after_s; /* -1 without */
};

/** ST_FATAL code "http" if the options are wrong. Does not connect yet. */
MUST_CHECK enum status
http_client_open(const struct http_client_options *options,
                 struct http_client **out, struct err *err);

/**
 * Make one call. ST_OK whatever the status of the answer is. ST_RETRY code
 * "connect": nobody is there; "timeout": no answer in time; "cut": the
 * connection broke. After the last two the server may have acted. ST_REJECT
 * code "size": the answer is larger than max_body; code "address": guarded, and
 * the name leads to no public address. ST_FATAL code "http": the call itself is
 * wrong, or the certificate is.
 */
MUST_CHECK enum status
http_client_call(struct http_client *c, const struct http_call *call,
                 struct http_answer *out, struct err *err);

/**
 * Percent-encode `s` for a path segment or query value. False if `size` bytes
 * (NUL included) do not hold it.
 */
bool
http_escape(struct str s, char *out, size_t size);

/** NULL is fine. */
void
http_client_close(struct http_client *c);

#endif
