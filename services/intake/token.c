#include "intake/token.h"

#include <sodium.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/adapters/json.h"
#include "common/adapters/pubkey.h"
#include "common/engine/memory.h"

enum {
    REGISTER_BYTES_MAX = 16 << 20,
    REGISTER_MEMORY_MAX = 64 << 20,
    KEYS_MAX = 8, /* of an agency */
    CERTIFICATES_MAX = 8,
    KID_MAX = 64,
    JTI_MAX = 128,
    NUMBER_BYTES_MAX = 1024, /* of a key's members */
    PEM_BYTES_MAX = 4096,
};

/* Seconds since 1970 whose milliseconds are far from any overflow. */
#define SECONDS_MAX ((int64_t)1000000000000)

struct named_key {
    struct str kid;
    struct pubkey *key;
};

struct holder {
    struct str agency_id;
    struct named_key *keys;
    size_t n_keys;
};

struct print {
    uint8_t b[CERTIFICATE_PRINT_BYTES];
    struct str agency_id;
};

struct token_keys {
    struct arena *arena;
    struct holder *at; /* by agency_id */
    size_t n;
    struct print *prints;
    size_t n_prints;
};

/* ---- the register -------------------------------------------------------- */

static enum status
wrong(struct err *err, struct str agency_id, const char *member, size_t i,
      const char *why)
{
    return err_set(err, ST_REJECT, "config", "agency %.*s: %s %zu: %s",
                   STR_ARG(agency_id), member, i + 1, why);
}

/* Unpadded base64url, one spelling only; false also above `max` bytes. */
static bool
decode(struct str text, uint8_t *to, size_t max, size_t *n)
{
    return text.n > 0 &&
           sodium_base642bin(to, max, text.p, text.n, NULL, n, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}

struct number {
    uint8_t b[NUMBER_BYTES_MAX];
    struct str s;
};

static bool
read_number(const struct json *jwk, const char *member, struct number *out)
{
    struct str text;
    size_t n;

    if (!json_str(json_get(jwk, member), &text) ||
        !decode(text, out->b, sizeof out->b, &n))
        return false;
    out->s = (struct str){ (const char *)out->b, n };
    return true;
}

static bool
member_is(const struct json *v, const char *member, const char *want)
{
    struct str text;

    return json_str(json_get(v, member), &text) && str_is(text, want);
}

static bool
holds_secret(const struct json *jwk)
{
    static const char *const members[] = { "d",  "p",  "q", "dp",
                                           "dq", "qi", "k", "oth" };

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (json_get(jwk, members[i]) != NULL)
            return true;
    return false;
}

static enum status
read_jwk(const struct json *jwk, struct pubkey **out, struct err *err)
{
    struct number a, b;

    if (member_is(jwk, "kty", "EC")) {
        if (!member_is(jwk, "crv", "P-256"))
            return err_set(err, ST_REJECT, "key", "want crv P-256");
        if (!read_number(jwk, "x", &a) || !read_number(jwk, "y", &b))
            return err_set(err, ST_REJECT, "key", "want x and y in base64url");
        return pubkey_of_p256(a.s, b.s, out, err);
    }
    if (member_is(jwk, "kty", "RSA")) {
        if (!read_number(jwk, "n", &a) || !read_number(jwk, "e", &b))
            return err_set(err, ST_REJECT, "key", "want n and e in base64url");
        return pubkey_of_rsa(a.s, b.s, out, err);
    }
    return err_set(err, ST_REJECT, "key", "want pem, or kty EC or RSA");
}

static enum status
read_key(const struct json *v, struct pubkey **out, struct err *err)
{
    struct str pem;

    if (holds_secret(v))
        return err_set(err, ST_REJECT, "key",
                       "this is a secret: only public keys belong here");
    if (json_get(v, "pem") == NULL)
        return read_jwk(v, out, err);
    if (json_get(v, "kty") != NULL || !json_str(json_get(v, "pem"), &pem) ||
        pem.n > PEM_BYTES_MAX)
        return err_set(err, ST_REJECT, "key", "want either pem or kty");
    return pubkey_of_pem(pem, out, err);
}

/* What the register says of the key must be what it is. */
static const char *
flaw_of(const struct json *v, const struct pubkey *key)
{
    if (json_get(v, "alg") != NULL &&
        !member_is(v, "alg", pubkey_algorithm(key)))
        return "alg is not that of the key";
    if (json_get(v, "use") != NULL && !member_is(v, "use", "sig"))
        return "want use sig";
    return NULL;
}

static struct pubkey *
find_key(const struct holder *h, struct str kid)
{
    for (size_t i = 0; i < h->n_keys; i++)
        if (str_eq(h->keys[i].kid, kid))
            return h->keys[i].key;
    return NULL;
}

static enum status
add_key(struct token_keys *keys, struct holder *h, const struct json *v,
        size_t i, struct err *err)
{
    struct pubkey *key = NULL;
    const char *flaw = NULL;
    struct str kid;
    enum status rc;

    if (!json_str(json_get(v, "kid"), &kid) || kid.n == 0 || kid.n > KID_MAX)
        return wrong(err, h->agency_id, "key", i,
                     "want a kid of 1 to 64 characters");
    if (find_key(h, kid) != NULL)
        return wrong(err, h->agency_id, "key", i, "the kid is there twice");
    rc = read_key(v, &key, err);
    if (rc == ST_OK)
        flaw = flaw_of(v, key);
    if (flaw != NULL)
        rc = err_set(err, ST_REJECT, "key", "%s", flaw);
    if (rc == ST_OK) {
        h->keys[h->n_keys++] =
            (struct named_key){ .kid = arena_str(keys->arena, kid),
                                .key = key };
        return ST_OK;
    }
    pubkey_close(key);
    err_where(err, "agency %.*s: key %zu", STR_ARG(h->agency_id), i + 1);
    return err_recode(err, rc, "config");
}

static enum status
read_keys(struct token_keys *keys, struct holder *h, const struct json *list,
          struct err *err)
{
    size_t n = json_size(list);
    enum status rc = ST_OK;

    if (list != NULL && (json_type_of(list) != JSON_T_ARRAY || n > KEYS_MAX))
        return wrong(err, h->agency_id, "key", 0, "want a list of up to 8");
    h->keys = arena_array(keys->arena, n, sizeof *h->keys);
    for (size_t i = 0; rc == ST_OK && i < n; i++)
        rc = add_key(keys, h, json_at(list, i), i, err);
    return rc;
}

static enum status
add_print(struct token_keys *keys, const struct holder *h, const struct json *v,
          size_t i, struct err *err)
{
    struct print *p = &keys->prints[keys->n_prints];
    struct str hex;
    size_t n = 0;

    if (!json_str(v, &hex) ||
        sodium_hex2bin(p->b, sizeof p->b, hex.p, hex.n, ":", &n, NULL) != 0 ||
        n != sizeof p->b)
        return wrong(err, h->agency_id, "certificate", i,
                     "want SHA-256 as 64 hex digits");
    for (size_t k = 0; k < keys->n_prints; k++)
        if (memcmp(keys->prints[k].b, p->b, sizeof p->b) == 0)
            return wrong(err, h->agency_id, "certificate", i,
                         "it is there twice");
    p->agency_id = h->agency_id;
    keys->n_prints++;
    return ST_OK;
}

static enum status
read_prints(struct token_keys *keys, const struct holder *h,
            const struct json *list, struct err *err)
{
    size_t n = json_size(list);
    enum status rc = ST_OK;

    if (list != NULL &&
        (json_type_of(list) != JSON_T_ARRAY || n > CERTIFICATES_MAX))
        return wrong(err, h->agency_id, "certificate", 0,
                     "want a list of up to 8");
    for (size_t i = 0; rc == ST_OK && i < n; i++)
        rc = add_print(keys, h, json_at(list, i), i, err);
    return rc;
}

static int
by_agency(const void *a, const void *b)
{
    const struct holder *x = a, *y = b;

    return str_cmp(x->agency_id, y->agency_id);
}

static enum status
read_register(struct token_keys *keys, const struct json *list, struct err *err)
{
    size_t n = json_size(list);
    enum status rc = ST_OK;

    if (json_type_of(list) != JSON_T_ARRAY)
        return err_set(err, ST_REJECT, "config", "agencies: want a list");
    keys->at = arena_array(keys->arena, n, sizeof *keys->at);
    keys->prints =
        arena_array(keys->arena, n * CERTIFICATES_MAX, sizeof *keys->prints);
    for (size_t i = 0; rc == ST_OK && i < n; i++) {
        const struct json *v = json_at(list, i);
        struct holder *h = &keys->at[keys->n];
        struct str id;

        if (!json_str(json_get(v, "id"), &id) || id.n == 0)
            return err_set(err, ST_REJECT, "config", "an agency has no id");
        h->agency_id = arena_str(keys->arena, id);
        keys->n++;
        rc = read_keys(keys, h, json_get(v, "keys"), err);
        if (rc == ST_OK)
            rc = read_prints(keys, h, json_get(v, "certificates"), err);
    }
    if (rc == ST_OK && keys->n > 0)
        qsort(keys->at, keys->n, sizeof *keys->at, by_agency);
    return rc;
}

enum status
token_keys_read(struct str text, struct token_keys **out, struct err *err)
{
    struct token_keys *keys = calloc(1, sizeof *keys);
    struct json *doc = NULL;
    enum status rc = ST_OK;

    *out = NULL;
    if (keys != NULL)
        keys->arena = memory_open(REGISTER_MEMORY_MAX);
    if (keys == NULL || keys->arena == NULL)
        rc = err_set(err, ST_RETRY, "memory", "no memory");
    if (rc == ST_OK)
        rc = json_parse(text, REGISTER_BYTES_MAX, &doc, err);
    if (rc == ST_REJECT)
        rc = err_recode(err, ST_REJECT, "config");
    if (rc == ST_OK)
        rc = read_register(keys, json_get(doc, "agencies"), err);
    json_free(doc);
    if (rc == ST_OK) {
        *out = keys;
        keys = NULL;
    }
    token_keys_close(keys);
    return rc;
}

void
token_keys_close(struct token_keys *keys)
{
    if (keys == NULL)
        return;
    for (size_t i = 0; i < keys->n; i++)
        for (size_t k = 0; k < keys->at[i].n_keys; k++)
            pubkey_close(keys->at[i].keys[k].key);
    memory_close(keys->arena);
    free(keys);
}

/* ---- a token's shape ----------------------------------------------------- */

static enum status
refuse(struct err *err, const char *code, const char *why)
{
    return err_set(err, ST_REJECT, code, "%s", why);
}

enum status
token_bearer(struct str header, struct str *token, struct err *err)
{
    static const char scheme[] = "Bearer ";
    size_t n = sizeof scheme - 1;

    if (header.n <= n || strncasecmp(header.p, scheme, n) != 0)
        return refuse(err, "token_missing",
                      "want a header Authorization: Bearer TOKEN");
    *token = (struct str){ header.p + n, header.n - n };
    return ST_OK;
}

/* A token taken apart: its JSON is the caller's to free. */
struct parts {
    struct json *header;
    struct json *claims;
    struct str content; /* what is signed: the first two, as they came */
    struct str signature;
    uint8_t signature_bytes[TOKEN_BYTES_MAX];
};

static bool
split(struct str token, struct str out[3])
{
    for (int i = 0; i < 2; i++) {
        const char *dot = token.n == 0 ? NULL : memchr(token.p, '.', token.n);

        if (dot == NULL)
            return false;
        out[i] = (struct str){ token.p, (size_t)(dot - token.p) };
        token.n -= out[i].n + 1;
        token.p = dot + 1;
    }
    out[2] = token;
    return out[0].n > 0 && out[1].n > 0 &&
           (token.n == 0 || memchr(token.p, '.', token.n) == NULL);
}

static enum status
read_object(struct str text, struct json **out, struct err *err)
{
    uint8_t bytes[TOKEN_BYTES_MAX];
    struct json *doc = NULL;
    enum status rc;
    size_t n;

    if (!decode(text, bytes, sizeof bytes, &n))
        return refuse(err, "token_base64",
                      "a part is not base64url without padding");
    rc = json_parse((struct str){ (const char *)bytes, n }, sizeof bytes, &doc,
                    err);
    if (rc == ST_OK && json_type_of(doc) != JSON_T_OBJECT)
        rc = ST_REJECT;
    if (rc == ST_OK) {
        *out = doc;
        return ST_OK;
    }
    json_free(doc);
    return rc == ST_REJECT
               ? refuse(err, "token_json", "a part is not a sound JSON object")
               : rc;
}

/* The signature may be empty here: then it verifies by no key. */
static enum status
take_apart(struct str token, struct parts *out, struct err *err)
{
    struct str part[3];
    size_t n = 0;
    enum status rc;

    out->header = out->claims = NULL;
    if (token.n > TOKEN_BYTES_MAX)
        return refuse(err, "token_large", "a token of more than 4096 bytes");
    if (!split(token, part))
        return refuse(err, "token_shape", "want three parts, dots between");
    out->content = (struct str){ token.p, part[0].n + 1 + part[1].n };
    rc = read_object(part[0], &out->header, err);
    if (rc == ST_OK)
        rc = read_object(part[1], &out->claims, err);
    if (rc == ST_OK && part[2].n > 0 &&
        !decode(part[2], out->signature_bytes, sizeof out->signature_bytes, &n))
        rc = refuse(err, "token_base64",
                    "the signature is not base64url without padding");
    out->signature = (struct str){ (const char *)out->signature_bytes, n };
    return rc;
}

/* ---- who signed it ------------------------------------------------------- */

static enum status
check_header(const struct json *header, struct err *err)
{
    struct str text;

    if (!member_is(header, "alg", "RS256") &&
        !member_is(header, "alg", "ES256"))
        return refuse(err, "token_alg", "want alg RS256 or ES256");
    if (json_get(header, "typ") != NULL &&
        (!json_str(json_get(header, "typ"), &text) || text.n != 3 ||
         strncasecmp(text.p, "JWT", 3) != 0))
        return refuse(err, "token_header", "want typ JWT or none");
    if (json_get(header, "crit") != NULL)
        return refuse(err, "token_header", "crit is not understood");
    return ST_OK;
}

static enum status
find_holder(const struct token_keys *keys, const struct json *claims,
            const struct holder **out, struct err *err)
{
    struct holder want = { .n_keys = 0 };
    struct str sub;

    if (!json_str(json_get(claims, "iss"), &want.agency_id) ||
        !json_str(json_get(claims, "sub"), &sub) ||
        !str_eq(want.agency_id, sub))
        return refuse(err, "token_iss",
                      "want iss and sub, both the agency's id");
    *out = keys->n == 0
               ? NULL
               : bsearch(&want, keys->at, keys->n, sizeof want, by_agency);
    if (*out == NULL || (*out)->n_keys == 0)
        return refuse(err, "token_agency",
                      "the register has no such agency, or no key for it");
    return ST_OK;
}

static enum status
choose_key(const struct holder *h, const struct json *header,
           const struct pubkey **out, struct err *err)
{
    struct str kid;

    *out = NULL;
    if (json_get(header, "kid") == NULL && h->n_keys == 1)
        *out = h->keys[0].key;
    else if (json_str(json_get(header, "kid"), &kid))
        *out = find_key(h, kid);
    if (*out == NULL)
        return refuse(err, "token_kid", "the agency has no key of that kid");
    if (!member_is(header, "alg", pubkey_algorithm(*out)))
        return refuse(err, "token_alg", "alg is not that of the key");
    return ST_OK;
}

/* ---- what it claims ------------------------------------------------------ */

static bool
is_for(const struct json *aud, struct str audience)
{
    bool found = false;
    struct str text;

    if (json_type_of(aud) != JSON_T_ARRAY)
        return json_str(aud, &text) && str_eq(text, audience);
    for (size_t i = 0; i < json_size(aud); i++) {
        if (!json_str(json_at(aud, i), &text))
            return false;
        found |= str_eq(text, audience);
    }
    return found;
}

/* A claim in seconds as milliseconds; TIME_NONE where it isn't given. */
static enum status
read_time(const struct json *claims, const char *name, time_ms *out,
          struct err *err)
{
    const struct json *v = json_get(claims, name);
    int64_t seconds;

    *out = TIME_NONE;
    if (v == NULL)
        return ST_OK;
    if (!json_int(v, &seconds) || seconds < 0)
        return err_set(err, ST_REJECT, "token_time",
                       "%s: want whole seconds since 1970", name);
    *out = (seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * 1000;
    return ST_OK;
}

static enum status
check_times(const struct token_rules *rules, const struct json *claims,
            time_ms now, time_ms *good_until, struct err *err)
{
    time_ms exp = TIME_NONE, nbf = TIME_NONE, iat = TIME_NONE;
    enum status rc = read_time(claims, "exp", &exp, err);

    if (rc == ST_OK)
        rc = read_time(claims, "nbf", &nbf, err);
    if (rc == ST_OK)
        rc = read_time(claims, "iat", &iat, err);
    if (rc != ST_OK)
        return rc;
    if (exp == TIME_NONE)
        return refuse(err, "token_time", "want exp");
    *good_until = exp + rules->skew_ms;
    if (now >= *good_until)
        return refuse(err, "token_expired", "exp is over");
    if (exp > now + TOKEN_LONGEST_MS + rules->skew_ms)
        return refuse(err, "token_far", "exp is more than 5 minutes ahead");
    if ((nbf != TIME_NONE && nbf > now + rules->skew_ms) ||
        (iat != TIME_NONE && iat > now + rules->skew_ms))
        return refuse(err, "token_early", "nbf or iat is in the future");
    return ST_OK;
}

static enum status
check_claims(const struct token_rules *rules, const struct json *claims,
             time_ms now, struct token_caller *out, struct err *err)
{
    struct str use[2] = { out->agency_id, STR_NULL };
    enum status rc;

    if (!is_for(json_get(claims, "aud"), rules->audience))
        return refuse(err, "token_audience", "aud is not this door");
    rc = check_times(rules, claims, now, &out->good_until, err);
    if (rc != ST_OK)
        return rc;
    if (!json_str(json_get(claims, "jti"), &use[1]) || use[1].n == 0 ||
        use[1].n > JTI_MAX)
        return refuse(err, "token_jti", "want a jti of 1 to 128 characters");
    out->use = id_derive("token", use, 2);
    return ST_OK;
}

enum status
token_check(const struct token_keys *keys, const struct token_rules *rules,
            struct str token, time_ms now, struct token_caller *out,
            struct err *err)
{
    const struct holder *holder = NULL;
    const struct pubkey *key = NULL;
    struct parts parts;
    enum status rc = take_apart(token, &parts, err);

    if (rc == ST_OK)
        rc = check_header(parts.header, err);
    if (rc == ST_OK)
        rc = find_holder(keys, parts.claims, &holder, err);
    if (rc == ST_OK)
        rc = choose_key(holder, parts.header, &key, err);
    if (rc == ST_OK && !pubkey_verify(key, parts.content, parts.signature))
        rc = refuse(err, "token_signature", "it is not signed by that key");
    if (rc == ST_OK) {
        *out = (struct token_caller){ .agency_id = holder->agency_id };
        rc = check_claims(rules, parts.claims, now, out, err);
    }
    json_free(parts.header);
    json_free(parts.claims);
    return rc;
}

/* ---- certificates -------------------------------------------------------- */

static int
digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* Percent-encoding undone in `to`, which is as long; false for a bad one. */
static bool
unescape(struct str s, char *to, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (c == '%') {
            int high = i + 2 < s.n ? digit(s.p[i + 1]) : -1;
            int low = i + 2 < s.n ? digit(s.p[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        to[(*n)++] = c;
    }
    return true;
}

enum status
token_certificate(const struct token_keys *keys, const struct token_peer *peer,
                  struct token_caller *out, struct err *err)
{
    uint8_t print[CERTIFICATE_PRINT_BYTES];
    char pem[TOKEN_CERT_BYTES_MAX];
    size_t n;

    if (!peer->unix_socket || !str_is(peer->verified, "SUCCESS"))
        return refuse(err, "cert_untrusted",
                      "a certificate counts when nginx has verified it");
    if (peer->certificate.n > sizeof pem ||
        !unescape(peer->certificate, pem, &n) ||
        !certificate_print((struct str){ pem, n }, print))
        return refuse(err, "cert_shape", "the header holds no certificate");
    for (size_t i = 0; i < keys->n_prints; i++)
        if (memcmp(keys->prints[i].b, print, sizeof print) == 0) {
            *out =
                (struct token_caller){ .agency_id = keys->prints[i].agency_id,
                                       .good_until = TIME_NEVER };
            return ST_OK;
        }
    return refuse(err, "cert_unknown", "no agency has this certificate");
}
