/**
 * Who is it: an agency proves its id by a signed token (JWT, RFC 7519) or by
 * the certificate that nginx has checked. Its keys stand in the register of
 * agencies:
 *
 *   "keys": [
 *     {"kid": "2026-a", "kty": "EC", "crv": "P-256", "x": "...", "y": "..."},
 *     {"kid": "2026-b", "kty": "RSA", "n": "...", "e": "AQAB"},
 *     {"kid": "2026-c", "pem": "-----BEGIN PUBLIC KEY-----\n..."}],
 *   "certificates": ["SHA-256 of the certificate, in hex, colons or none"]
 *
 * A key is named by its agency and kid. It is the register's key that says
 * with which algorithm a signature is checked; what a token brings along
 * besides (jwk, jku, x5c) is not looked at. A token says
 *
 *   header   alg RS256 or ES256; kid (may be missing where the agency has one
 *            key); typ JWT or none; no crit
 *   claims   iss and sub, both the agency's id; aud, this door (one text, or a
 *            list with it); exp, whole seconds since 1970, at most 5 min from
 *            now; jti, 1 to 128 characters, never used before; nbf and iat,
 *            where given, not ahead
 *
 * All failures are ST_REJECT (401) with one of these codes. A text never holds
 * anything that the sender wrote.
 *
 *   token_missing    no "Authorization: Bearer" with something behind it
 *   token_large      more than TOKEN_BYTES_MAX
 *   token_shape      not three parts with dots between
 *   token_base64     a part is not base64url, unpadded and canonical
 *   token_json       a part is no JSON object, or names a member twice
 *   token_header     typ is another, or crit asks for something
 *   token_alg        neither RS256 nor ES256, or not that of the key
 *   token_iss        iss is missing, or sub is not the same
 *   token_agency     the register has no such agency, or no key for it
 *   token_kid        the agency has no key of that name, or several and no kid
 *   token_signature  it is not signed by that key
 *   token_audience   aud is missing or names another door
 *   token_time       exp is missing, or one of exp, nbf, iat is not a whole
 *                    number of seconds, 0 or more
 *   token_expired    exp is over
 *   token_far        exp is too far ahead
 *   token_early      nbf or iat is in the future
 *   token_jti        jti is missing, empty or too long
 *   token_replay     it was used before (token_seen.h)
 *   cert_untrusted   a certificate from elsewhere than nginx's socket, or one
 *                    that nginx could not verify
 *   cert_shape       the header holds no certificate
 *   cert_unknown     the certificate is in no agency's list
 */
#ifndef WAYMARK_INTAKE_TOKEN_H
#define WAYMARK_INTAKE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/err.h"
#include "common/core/id.h"
#include "common/core/status.h"
#include "common/core/str.h"
#include "common/core/time.h"

#define TOKEN_BYTES_MAX 4096
#define TOKEN_CERT_BYTES_MAX 16384 /* of nginx's header */
#define TOKEN_LONGEST_MS 300000    /* exp is at most so far ahead */
#define TOKEN_SKEW_MS_MAX 60000

struct token_keys; /* the register's; any number of threads may use them */

/**
 * Read keys and certificates of all agencies from the register's text.
 * ST_REJECT, code "config", names agency and member: a key that is private,
 * weak or no key, a kid or a certificate that is there twice. The caller owns
 * *out.
 */
MUST_CHECK enum status token_keys_read(struct str text, struct token_keys **out,
                                       struct err *err);
/** NULL does nothing. */
void token_keys_close(struct token_keys *keys);

struct token_rules {
    struct str audience; /* the only one that is this door */
    int64_t skew_ms;     /* by how much clocks may differ */
};

/* An agency that has proved to be who it says. */
struct token_caller {
    struct str agency_id; /* lives as long as the keys */
    struct id use;        /* of this token, for token_seen; none: certificate */
    time_ms good_until;   /* from when on the token is refused anyway */
};

/** The token of an Authorization header (null text: there was none). */
MUST_CHECK enum status token_bearer(struct str header, struct str *token,
                                    struct err *err);

/**
 * Check a token at `now`, of the wall clock also where an authority's is the
 * log's. That it was not used before is still to be asked: token_seen.h.
 */
MUST_CHECK enum status token_check(const struct token_keys *keys,
                                   const struct token_rules *rules,
                                   struct str token, time_ms now,
                                   struct token_caller *out, struct err *err);

/* What nginx says about its client; texts are null without the header. */
struct token_peer {
    bool unix_socket;       /* the request came through nginx's socket */
    struct str verified;    /* $ssl_client_verify: "SUCCESS" */
    struct str certificate; /* $ssl_client_escaped_cert: PEM, percent-encoded */
};

/** The agency of a client certificate. */
MUST_CHECK enum status token_certificate(const struct token_keys *keys,
                                         const struct token_peer *peer,
                                         struct token_caller *out,
                                         struct err *err);

#endif
