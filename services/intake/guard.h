/**
 * The guard at intake's HTTP door: which agency sends a request, proved by a
 * signed token or by the certificate that nginx has checked (token.h), each
 * token once at whichever instance (token_seen.h).
 *
 * Certificates count on a Unix socket only: nobody but nginx writes there, and
 * nginx overwrites both headers. On any other listener they are not looked at.
 * Where a request has an Authorization header, that alone decides.
 *
 * Tokens are asked after in groups, through a connection and a thread of its
 * own, before the request has any effect. Their rows are committed without
 * waiting for the disk: a database that crashes forgets the last half second
 * of them, and a token that was caught in that moment could be used again
 * until it expires.
 */
#ifndef WAYMARK_INTAKE_GUARD_H
#define WAYMARK_INTAKE_GUARD_H

#include <stdio.h>

#include "common/adapters/http.h"
#include "intake/token.h"

struct guard; /* any number of threads may ask at once */

/* Borrowed while the guard is open. */
struct guard_options {
    const struct token_keys *keys;
    struct token_rules rules;
    size_t memory; /* tokens that are remembered without asking */
    const char *conninfo;
    const char *schema;
    bool unix_socket; /* requests come through nginx's socket */
};

/** Starts the thread; does not connect yet. The caller owns *out. */
MUST_CHECK enum status guard_open(const struct guard_options *options,
                                  struct guard **out, struct err *err);
/** When nobody asks any more. NULL does nothing. */
void guard_close(struct guard *g);

/**
 * Who sends this? ST_OK: *agency_id, which lives as long as the keys.
 * ST_REJECT (401): nobody proved to be anybody; the codes are those of
 * token.h, and "token_twice" for a header of identity that is there twice. It
 * is counted, and logged by its code alone.
 * ST_RETRY: *agency_id has proved who it is, but nobody can say whether that
 * token was used before. Nothing may be accepted; whom to phone may be told.
 */
MUST_CHECK enum status guard_ask(struct guard *g,
                                 const struct http_request *req,
                                 struct str *agency_id, struct err *err);

/**
 * From now on these keys count and no others. Borrowed while the guard is
 * open, and so are those before: requests may still hold what they found.
 */
void guard_use(struct guard *g, const struct token_keys *keys);

/** What was refused, by code, as Prometheus' text. */
void guard_print(struct guard *g, FILE *to);

#endif
