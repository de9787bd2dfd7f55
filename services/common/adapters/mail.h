/**
 * E-mail by SMTP, one message a call (libcurl). A call connects, sends, and
 * ends the connection: alerts are few, and what stood still can't be broken.
 *
 * What became of it:
 *
 *   ST_OK      the server took it
 *   ST_RETRY   not now: err.code is the server's 4xx, or "timeout", "connect",
 *              "cut", "tls", "login". It may have been taken: send it again
 *              with the same Message-ID.
 *   ST_REJECT  never to this address: err.code is the server's 5xx
 *   ST_FATAL   the options are wrong, code "mail"
 */
#ifndef WAYMARK_COMMON_ADAPTERS_MAIL_H
#define WAYMARK_COMMON_ADAPTERS_MAIL_H

#include <stdbool.h>

#include "common/core/err.h"

struct mail_options {
    const char *url;  /* "smtp://HOST:PORT"; "smtps://" without STARTTLS */
    const char *user; /* "" or NULL: no login */
    const char *password;
    const char *ca_file; /* PEM; "" or NULL: the system's */
    bool plain;          /* no TLS asked for: a relay on this machine */
    int timeout_ms; /* for all of it; 0 gives 30000. A server that is silent
                     * is left after as long again. */
};

struct mail {
    const char *from; /* "waymark@example.org" */
    const char *to;
    const char *message_id; /* without the angle brackets */
    const char *date;       /* RFC 5322 */
    const char *subject;    /* printable ASCII */
    const char *body;       /* UTF-8, lines end in LF */
};

MUST_CHECK enum status mail_send(const struct mail_options *options,
                                 const struct mail *mail, struct err *err);

#endif
