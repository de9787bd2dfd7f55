/*
 * Who is it: every way in which a token or a certificate can be wrong, and the
 * few in which it is right. Keys are made here, each time anew.
 *
 * What is about the table token_seen wants a server that PGHOST, PGUSER and so
 * on point to; without PGHOST that is skipped.
 */
#include "intake/token.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/adapters/pubkey.h"
#include "common/adapters/sql.h"
#include "common/engine/memory.h"
#include "intake/token_seen.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define NOW_S 1800000000
#define NOW ((time_ms)NOW_S * 1000)
#define SKEW_MS 2000
#define DOOR "https://waymark.example/kent"
#define CANARY "canary"

enum key_no { EC, RSA_KEY, LONE, STRANGER, SMALL, P384, ED25519, KEYS };

static struct bed {
    struct arena *arena;
    EVP_PKEY *key[KEYS];
    X509 *certificate;
    struct token_keys *keys;
    char schema[32];
} bed; /* set once by main */

static const struct token_rules rules = { .audience = STR(DOOR),
                                          .skew_ms = SKEW_MS };

/* ---- making keys and tokens ---------------------------------------------- */

static struct str
base64url(const void *p, size_t n)
{
    size_t room =
        sodium_base64_encoded_len(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *to = arena_alloc(bed.arena, room);

    (void)sodium_bin2base64(to, room, p, n,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return str_of(to);
}

static struct str
number_of(EVP_PKEY *key, const char *name)
{
    unsigned char bytes[600];
    BIGNUM *b = NULL;
    int n;

    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &b), 1);
    n = BN_num_bytes(b);
    assert_true(n <= (int)sizeof bytes);
    if (strcmp(name, OSSL_PKEY_PARAM_RSA_N) != 0 &&
        strcmp(name, OSSL_PKEY_PARAM_RSA_E) != 0)
        n = 32;
    assert_true(BN_bn2binpad(b, bytes, n) == n);
    BN_free(b);
    return base64url(bytes, (size_t)n);
}

static struct str
text_of(BIO *bio)
{
    char *p;
    long n = BIO_get_mem_data(bio, &p);
    struct str out = { arena_copy(bed.arena, p, (size_t)n), (size_t)n };

    BIO_free(bio);
    return out;
}

static struct str
public_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    return text_of(bio);
}

static struct str
private_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    assert_int_equal(
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    return text_of(bio);
}

/* A PEM text as a JSON string. */
static struct str
quoted(struct str pem)
{
    char *to = arena_alloc(bed.arena, 2 * pem.n + 3);
    size_t n = 0;

    to[n++] = '"';
    for (size_t i = 0; i < pem.n; i++)
        if (pem.p[i] == '\n') {
            to[n++] = '\\';
            to[n++] = 'n';
        } else {
            to[n++] = pem.p[i];
        }
    to[n++] = '"';
    return (struct str){ to, n };
}

static struct str
certificate_hex(const char *between)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    struct str out = STR("");
    unsigned n;

    assert_int_equal(X509_digest(bed.certificate, EVP_sha256(), hash, &n), 1);
    for (unsigned i = 0; i < n; i++)
        out = arena_printf(bed.arena, "%.*s%s%02X", STR_ARG(out),
                           i == 0 ? "" : between, hash[i]);
    return out;
}

static struct str
ec_jwk(enum key_no key, const char *kid)
{
    return arena_printf(
        bed.arena,
        "{\"kid\":\"%s\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
        "\"y\":\"%s\"}",
        kid, number_of(bed.key[key], OSSL_PKEY_PARAM_EC_PUB_X).p,
        number_of(bed.key[key], OSSL_PKEY_PARAM_EC_PUB_Y).p);
}

static struct str
rsa_jwk(enum key_no key, const char *kid)
{
    return arena_printf(bed.arena,
                        "{\"kid\":\"%s\",\"kty\":\"RSA\",\"alg\":\"RS256\","
                        "\"use\":\"sig\",\"n\":\"%s\",\"e\":\"%s\"}",
                        kid, number_of(bed.key[key], OSSL_PKEY_PARAM_RSA_N).p,
                        number_of(bed.key[key], OSSL_PKEY_PARAM_RSA_E).p);
}

static struct str
pem_key(enum key_no key, const char *kid)
{
    return arena_printf(bed.arena, "{\"kid\":\"%s\",\"pem\":%.*s}", kid,
                        STR_ARG(quoted(public_pem(bed.key[key]))));
}

static X509 *
self_signed(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_NAME *name;

    assert_non_null(x);
    assert_int_equal(X509_set_pubkey(x, key), 1);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
    name = X509_get_subject_name(x);
    assert_int_equal(X509_NAME_add_entry_by_txt(
                         name, "CN", MBSTRING_ASC,
                         (const unsigned char *)"test agency", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(x, name), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

enum signer {
    BY_EC,
    BY_RSA,
    BY_LONE,
    BY_STRANGER,
    BY_NOBODY,    /* nothing behind the second dot */
    BY_ZEROS,     /* r and s are 0 */
    BY_ORDER,     /* r and s are the order of the curve */
    BY_EC_AS_DER, /* as OpenSSL writes it, not as RFC 7518 */
    BY_EC_SHORT,  /* 63 bytes */
    BY_EC_LONG,   /* 65 bytes */
    BY_PEM,       /* HMAC, keyed with the public key's PEM */
    BY_MODULUS,   /* HMAC, keyed with the modulus */
    BY_PSS,       /* RSA, another padding */
    BY_SHA512,    /* RSA, another hash */
};

static const enum key_no key_of[] = {
    [BY_EC] = EC,          [BY_RSA] = RSA_KEY,       [BY_LONE] = LONE,
    [BY_ZEROS] = EC,       [BY_STRANGER] = STRANGER, [BY_EC_AS_DER] = EC,
    [BY_EC_SHORT] = EC,    [BY_EC_LONG] = EC,        [BY_PSS] = RSA_KEY,
    [BY_SHA512] = RSA_KEY,
};

static size_t
sign_der(enum signer by, struct str content, unsigned char *to, size_t room)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how;
    size_t n = room;

    assert_int_equal(
        EVP_DigestSignInit(ctx, &how,
                           by == BY_SHA512 ? EVP_sha512() : EVP_sha256(), NULL,
                           bed.key[key_of[by]]),
        1);
    if (by == BY_PSS)
        assert_int_equal(
            EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(
        EVP_DigestSign(ctx, to, &n, (const unsigned char *)content.p,
                       content.n),
        1);
    EVP_MD_CTX_free(ctx);
    return n;
}

static size_t
raw_of(const unsigned char *der, size_t n, unsigned char *to)
{
    const unsigned char *p = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);

    assert_non_null(sig);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), to, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), to + 32, 32), 32);
    ECDSA_SIG_free(sig);
    return 64;
}

static size_t
hmac(struct str key, struct str content, unsigned char *to)
{
    unsigned n = 0;

    assert_non_null(HMAC(EVP_sha256(), key.p, (int)key.n,
                         (const unsigned char *)content.p, content.n, to, &n));
    return n;
}

static size_t
sign_unsoundly(enum signer by, struct str content, unsigned char *to)
{
    static const unsigned char order[32] = {
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
        0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51
    };

    switch (by) {
    case BY_ZEROS:
        memset(to, 0, 64);
        return 64;
    case BY_ORDER:
        memcpy(to, order, 32);
        memcpy(to + 32, order, 32);
        return 64;
    case BY_PEM:
        return hmac(public_pem(bed.key[RSA_KEY]), content, to);
    case BY_MODULUS:
        return hmac(number_of(bed.key[RSA_KEY], OSSL_PKEY_PARAM_RSA_N), content,
                    to);
    default:
        return 0;
    }
}

static size_t
sign(enum signer by, struct str content, unsigned char *to, size_t room)
{
    unsigned char der[1024];
    size_t n;

    switch (by) {
    case BY_EC:
    case BY_STRANGER:
    case BY_EC_SHORT:
    case BY_EC_LONG:
        n = raw_of(der, sign_der(by, content, der, sizeof der), to);
        to[n] = 0;
        return by == BY_EC_SHORT ? n - 1 : by == BY_EC_LONG ? n + 1 : n;
    case BY_RSA:
    case BY_LONE:
    case BY_EC_AS_DER:
    case BY_PSS:
    case BY_SHA512:
        return sign_der(by, content, to, room);
    default:
        return sign_unsoundly(by, content, to);
    }
}

static struct str
token_of(struct str header, struct str claims, enum signer by)
{
    struct str content =
        arena_printf(bed.arena, "%s.%s", base64url(header.p, header.n).p,
                     base64url(claims.p, claims.n).p);
    unsigned char sig[1024];
    size_t n = sign(by, content, sig, sizeof sig);

    return arena_printf(bed.arena, "%s.%s", content.p, base64url(sig, n).p);
}

/* ---- tokens -------------------------------------------------------------- */

#define HEAD_EC "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"a\"}"
#define HEAD_RSA "{\"alg\":\"RS256\",\"kid\":\"b\"}"
#define WHO "\"iss\":\"school-oakfield\",\"sub\":\"school-oakfield\""
#define AUD ",\"aud\":\"" DOOR "\""
#define EXP ",\"exp\":1800000060"
#define JTI ",\"jti\":\"1\""
#define CLAIMS "{" WHO AUD EXP JTI "}"
#define JTI_128                                                                \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"         \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct token_row {
    const char *name;
    struct str header;
    struct str claims;
    enum signer by;
    const char *code; /* "": it is taken */
};

#define ROW(n, h, c, b, code)                                                  \
    {                                                                          \
        n, STR(h), STR(c), b, code                                             \
    }
/* A sound header, these claims. */
#define SAYS(n, c, code)                                                       \
    {                                                                          \
        n, STR(HEAD_EC), STR("{" c "}"), BY_EC, code                           \
    }
#define EXP_IS(n, e, code) SAYS(n, WHO AUD JTI e, code)

static const struct token_row token_rows[] = {
    ROW("a token of P-256 is taken", HEAD_EC, CLAIMS, BY_EC, ""),
    ROW("a token of RSA is taken", HEAD_RSA, CLAIMS, BY_RSA, ""),
    ROW("an agency with one key needs no kid", "{\"alg\":\"RS256\"}",
        "{\"iss\":\"health-trust\",\"sub\":\"health-trust\"" AUD EXP JTI "}",
        BY_LONE, ""),
    ROW("what else a header says does not count",
        "{\"alg\":\"ES256\",\"kid\":\"a\",\"x5t\":\"" CANARY "\","
        "\"jku\":\"https://" CANARY ".example/\"}",
        CLAIMS, BY_EC, ""),
    SAYS("what else a token claims does not count",
         WHO AUD EXP JTI ",\"name\":\"" CANARY "\",\"scope\":[{}]", ""),

    /* What it is signed with. */
    ROW("alg none is refused", "{\"alg\":\"none\",\"kid\":\"a\"}", CLAIMS,
        BY_NOBODY, "token_alg"),
    ROW("alg nOnE with a signature is refused",
        "{\"alg\":\"nOnE\",\"kid\":\"a\"}", CLAIMS, BY_EC, "token_alg"),
    ROW("no alg is refused", "{\"kid\":\"a\"}", CLAIMS, BY_EC, "token_alg"),
    ROW("alg that is no text is refused", "{\"alg\":256,\"kid\":\"a\"}", CLAIMS,
        BY_EC, "token_alg"),
    ROW("alg in lower case is refused", "{\"alg\":\"es256\",\"kid\":\"a\"}",
        CLAIMS, BY_EC, "token_alg"),
    ROW("HS256 keyed with the public key is refused",
        "{\"alg\":\"HS256\",\"kid\":\"b\"}", CLAIMS, BY_PEM, "token_alg"),
    ROW("HS256 keyed with the modulus is refused",
        "{\"alg\":\"HS256\",\"kid\":\"b\"}", CLAIMS, BY_MODULUS, "token_alg"),
    ROW("RS256 over an HMAC keyed with the public key is refused", HEAD_RSA,
        CLAIMS, BY_PEM, "token_signature"),
    ROW("RS512 is refused", "{\"alg\":\"RS512\",\"kid\":\"b\"}", CLAIMS,
        BY_SHA512, "token_alg"),
    ROW("RS256 over another hash is refused", HEAD_RSA, CLAIMS, BY_SHA512,
        "token_signature"),
    ROW("RS256 with the padding of PS256 is refused", HEAD_RSA, CLAIMS, BY_PSS,
        "token_signature"),
    ROW("RS256 with the key of P-256 is refused",
        "{\"alg\":\"RS256\",\"kid\":\"a\"}", CLAIMS, BY_EC, "token_alg"),
    ROW("ES256 with the key of RSA is refused",
        "{\"alg\":\"ES256\",\"kid\":\"b\"}", CLAIMS, BY_RSA, "token_alg"),
    ROW("no signature is refused", HEAD_EC, CLAIMS, BY_NOBODY,
        "token_signature"),
    ROW("a signature of zeros is refused", HEAD_EC, CLAIMS, BY_ZEROS,
        "token_signature"),
    ROW("a signature of the curve's order is refused", HEAD_EC, CLAIMS,
        BY_ORDER, "token_signature"),
    ROW("a signature in DER is refused", HEAD_EC, CLAIMS, BY_EC_AS_DER,
        "token_signature"),
    ROW("a signature of 63 bytes is refused", HEAD_EC, CLAIMS, BY_EC_SHORT,
        "token_signature"),
    ROW("a signature of 65 bytes is refused", HEAD_EC, CLAIMS, BY_EC_LONG,
        "token_signature"),
    ROW("a stranger's signature is refused", HEAD_EC, CLAIMS, BY_STRANGER,
        "token_signature"),
    ROW("another agency's signature is refused", HEAD_RSA, CLAIMS, BY_LONE,
        "token_signature"),
    ROW("a key that the token brings along does not count",
        "{\"alg\":\"ES256\",\"kid\":\"a\",\"jwk\":{\"kty\":\"EC\"}}", CLAIMS,
        BY_STRANGER, "token_signature"),

    /* Which key. */
    ROW("an unknown kid is refused",
        "{\"alg\":\"ES256\",\"kid\":\"" CANARY "\"}", CLAIMS, BY_EC,
        "token_kid"),
    ROW("a kid that is a path is refused",
        "{\"alg\":\"ES256\",\"kid\":\"../../etc/passwd\"}", CLAIMS, BY_EC,
        "token_kid"),
    ROW("a kid that is no text is refused", "{\"alg\":\"ES256\",\"kid\":1}",
        CLAIMS, BY_EC, "token_kid"),
    ROW("a kid that is null is refused also where there is one key",
        "{\"alg\":\"RS256\",\"kid\":null}",
        "{\"iss\":\"health-trust\",\"sub\":\"health-trust\"" AUD EXP JTI "}",
        BY_LONE, "token_kid"),
    ROW("several keys need a kid", "{\"alg\":\"ES256\"}", CLAIMS, BY_EC,
        "token_kid"),
    ROW("another agency's kid is refused",
        "{\"alg\":\"RS256\",\"kid\":\"lone\"}", CLAIMS, BY_LONE, "token_kid"),

    /* The header besides. */
    ROW("typ in lower case is fine",
        "{\"alg\":\"ES256\",\"typ\":\"jwt\",\"kid\":\"a\"}", CLAIMS, BY_EC, ""),
    ROW("another typ is refused",
        "{\"alg\":\"ES256\",\"typ\":\"JWE\",\"kid\":\"a\"}", CLAIMS, BY_EC,
        "token_header"),
    ROW("crit is refused",
        "{\"alg\":\"ES256\",\"kid\":\"a\",\"crit\":[\"b64\"],\"b64\":false}",
        CLAIMS, BY_EC, "token_header"),

    /* The JSON. */
    ROW("a header that is a list is refused", "[]", CLAIMS, BY_EC,
        "token_json"),
    ROW("claims that are a text are refused", HEAD_EC, "\"" CANARY "\"", BY_EC,
        "token_json"),
    ROW("alg twice is refused",
        "{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"a\"}", CLAIMS, BY_EC,
        "token_json"),
    ROW("alg twice, once escaped, is refused",
        "{\"\\u0061lg\":\"none\",\"alg\":\"ES256\",\"kid\":\"a\"}", CLAIMS,
        BY_EC, "token_json"),
    SAYS("iss twice is refused", "\"iss\":\"health-trust\"," WHO AUD EXP JTI,
         "token_json"),
    SAYS("exp twice is refused", WHO AUD EXP ",\"exp\":1800000061" JTI,
         "token_json"),
    ROW("something behind the claims is refused", HEAD_EC, CLAIMS "{}", BY_EC,
        "token_json"),
    ROW("blanks behind the claims are fine", HEAD_EC, CLAIMS " \n", BY_EC, ""),
    ROW("claims that break off are refused", HEAD_EC, "{" WHO, BY_EC,
        "token_json"),
    ROW("a NUL in the claims is refused", HEAD_EC, "{" WHO AUD EXP JTI "\0}",
        BY_EC, "token_json"),
    SAYS("an escaped NUL behind the agency is refused",
         "\"iss\":\"school-oakfield\\u0000x\",\"sub\":\"school-oakfield\"" AUD
             EXP JTI,
         "token_json"),
    SAYS("bytes that are not UTF-8 are refused",
         WHO AUD EXP JTI ",\"x\":\"\xff\"", "token_json"),

    /* Who says it. */
    SAYS("no iss is refused", "\"sub\":\"school-oakfield\"" AUD EXP JTI,
         "token_iss"),
    SAYS("no sub is refused", "\"iss\":\"school-oakfield\"" AUD EXP JTI,
         "token_iss"),
    SAYS("another sub is refused",
         "\"iss\":\"school-oakfield\",\"sub\":\"health-trust\"" AUD EXP JTI,
         "token_iss"),
    SAYS(
        "iss that is a list is refused",
        "\"iss\":[\"school-oakfield\"],\"sub\":\"school-oakfield\"" AUD EXP JTI,
        "token_iss"),
    SAYS("an unknown agency is refused",
         "\"iss\":\"" CANARY "\",\"sub\":\"" CANARY "\"" AUD EXP JTI,
         "token_agency"),
    SAYS("an agency in capitals is another",
         "\"iss\":\"School-Oakfield\",\"sub\":\"School-Oakfield\"" AUD EXP JTI,
         "token_agency"),
    SAYS("an agency without a key is refused",
         "\"iss\":\"family-charity\",\"sub\":\"family-charity\"" AUD EXP JTI,
         "token_agency"),
    SAYS("an empty agency is refused", "\"iss\":\"\",\"sub\":\"\"" AUD EXP JTI,
         "token_agency"),

    /* For which door. */
    SAYS("no aud is refused", WHO EXP JTI, "token_audience"),
    SAYS("another aud is refused",
         WHO EXP JTI ",\"aud\":\"https://" CANARY ".example/\"",
         "token_audience"),
    SAYS("the beginning of aud is refused",
         WHO EXP JTI ",\"aud\":\"https://waymark.example\"", "token_audience"),
    SAYS("a longer aud is refused", WHO EXP JTI ",\"aud\":\"" DOOR "/x\"",
         "token_audience"),
    SAYS("a list of aud with this door is taken",
         WHO EXP JTI ",\"aud\":[\"other\",\"" DOOR "\"]", ""),
    SAYS("a list of aud without it is refused",
         WHO EXP JTI ",\"aud\":[\"other\"]", "token_audience"),
    SAYS("an empty list of aud is refused", WHO EXP JTI ",\"aud\":[]",
         "token_audience"),
    SAYS("a list of aud with a number is refused",
         WHO EXP JTI ",\"aud\":[\"" DOOR "\",1]", "token_audience"),
    SAYS("aud that is an object is refused",
         WHO EXP JTI ",\"aud\":{\"" DOOR "\":1}", "token_audience"),

    /* Until when: 2 seconds of skew. */
    EXP_IS("no exp is refused", "", "token_time"),
    EXP_IS("exp null is refused", ",\"exp\":null", "token_time"),
    EXP_IS("a negative exp is refused", ",\"exp\":-1", "token_time"),
    EXP_IS("exp as a text is refused", ",\"exp\":\"1800000060\"", "token_time"),
    EXP_IS("exp with a fraction is refused", ",\"exp\":1800000060.5",
           "token_time"),
    EXP_IS("exp with a fraction of 0 is refused", ",\"exp\":1800000060.0",
           "token_time"),
    EXP_IS("exp with an exponent is refused", ",\"exp\":1.80000006e9",
           "token_time"),
    EXP_IS("exp true is refused", ",\"exp\":true", "token_time"),
    EXP_IS("exp 0 is over", ",\"exp\":0", "token_expired"),
    EXP_IS("exp 2 seconds ago is over", ",\"exp\":1799999998", "token_expired"),
    EXP_IS("exp 1 second ago is within the skew", ",\"exp\":1799999999", ""),
    EXP_IS("exp 302 seconds ahead is taken", ",\"exp\":1800000302", ""),
    EXP_IS("exp 303 seconds ahead is too far", ",\"exp\":1800000303",
           "token_far"),
    EXP_IS("exp in milliseconds is too far", ",\"exp\":1800000060000",
           "token_far"),
    EXP_IS("the largest exp is too far", ",\"exp\":9223372036854775807",
           "token_far"),
    EXP_IS("an exp beyond 64 bits is refused", ",\"exp\":9223372036854775808",
           "token_json"),
    EXP_IS("nbf 2 seconds ahead is within the skew", EXP ",\"nbf\":1800000002",
           ""),
    EXP_IS("nbf 3 seconds ahead is too early", EXP ",\"nbf\":1800000003",
           "token_early"),
    EXP_IS("nbf as a text is refused", EXP ",\"nbf\":\"1\"", "token_time"),
    EXP_IS("iat 2 seconds ahead is within the skew", EXP ",\"iat\":1800000002",
           ""),
    EXP_IS("iat 3 seconds ahead is too early", EXP ",\"iat\":1800000003",
           "token_early"),
    EXP_IS("a negative iat is refused", EXP ",\"iat\":-5", "token_time"),

    /* Once. */
    SAYS("no jti is refused", WHO AUD EXP, "token_jti"),
    SAYS("an empty jti is refused", WHO AUD EXP ",\"jti\":\"\"", "token_jti"),
    SAYS("jti that is a number is refused", WHO AUD EXP ",\"jti\":1",
         "token_jti"),
    SAYS("a jti of 128 characters is taken",
         WHO AUD EXP ",\"jti\":\"" JTI_128 "\"", ""),
    SAYS("a jti of 129 characters is refused",
         WHO AUD EXP ",\"jti\":\"" JTI_128 "x\"", "token_jti"),
};

static enum status
check(struct str token, struct token_caller *out, struct err *err)
{
    /* No byte behind the token, so that a sanitizer sees who reads it. */
    char *exact = malloc(token.n + (token.n == 0));
    enum status rc;

    assert_non_null(exact);
    memcpy(exact, token.p, token.n);
    *err = (struct err){ .code = "" };
    rc = token_check(bed.keys, &rules, (struct str){ exact, token.n }, NOW, out,
                     err);
    free(exact);
    if (strstr(err->text, CANARY) != NULL)
        fail_msg("the sender's own words: %s", err->text);
    return rc;
}

static void
is_refused(struct str token, const char *code)
{
    struct token_caller caller;
    struct err err;

    assert_int_equal(check(token, &caller, &err), ST_REJECT);
    assert_string_equal(err.code, code);
}

static void
test_token_row(void **state)
{
    const struct token_row *row = *state;
    struct str token = token_of(row->header, row->claims, row->by);
    struct token_caller caller;
    struct err err;

    if (*row->code != '\0') {
        is_refused(token, row->code);
        return;
    }
    if (check(token, &caller, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    assert_true(str_is(caller.agency_id, row->by == BY_LONE
                                             ? "health-trust"
                                             : "school-oakfield"));
    assert_false(id_is_none(caller.use));
    assert_in_range(caller.good_until, NOW + 1, NOW + 304000);
}

static struct str
good(void)
{
    return token_of(STR(HEAD_EC), STR(CLAIMS), BY_EC);
}

static void
a_token_holds_until_its_last_millisecond(void **state)
{
    struct str token = good(); /* exp is 60 s ahead, the skew 2 s */
    struct token_caller caller;
    struct err err;

    (void)state;
    assert_int_equal(
        token_check(bed.keys, &rules, token, NOW + 61999, &caller, &err),
        ST_OK);
    assert_int_equal(caller.good_until, NOW + 62000);
    assert_int_equal(
        token_check(bed.keys, &rules, token, NOW + 62000, &caller, &err),
        ST_REJECT);
    assert_string_equal(err.code, "token_expired");
    assert_int_equal(
        token_check(bed.keys, &rules, token, NOW - 242000, &caller, &err),
        ST_OK);
    assert_int_equal(
        token_check(bed.keys, &rules, token, NOW - 242001, &caller, &err),
        ST_REJECT);
    assert_string_equal(err.code, "token_far");
}

struct shape_row {
    const char *name;
    const char *fmt; /* of header, claims and signature in base64url */
    const char *code;
};

static const struct shape_row shape_rows[] = {
    { "nothing is no token", "%.0s%.0s%.0s", "token_shape" },
    { "one part is no token", "%s%.0s%.0s", "token_shape" },
    { "two parts are no token", "%s.%s%.0s", "token_shape" },
    { "four parts are no token", "%s.%s.%s.", "token_shape" },
    { "five parts, as of an encrypted token, are none", "%s.%s.%s.e.e",
      "token_shape" },
    { "two dots are no token", "..%.0s%.0s%.0s", "token_shape" },
    { "without a header it is no token", "%.0s.%s.%s", "token_shape" },
    { "without claims it is no token", "%s.%.0s.%s", "token_shape" },
    { "padding of the header is refused", "%s=.%s.%s", "token_base64" },
    { "padding of the claims is refused", "%s.%s==.%s", "token_base64" },
    { "padding of the signature is refused", "%s.%s.%s==", "token_base64" },
    { "a blank before it is refused", " %s.%s.%s", "token_base64" },
    { "a blank behind it is refused", "%s.%s.%s ", "token_base64" },
    { "a line end behind it is refused", "%s.%s.%s\n", "token_base64" },
    { "a letter of the other base64 is refused", "%s.%s.%s+", "token_base64" },
    { "four characters more are another signature", "%s.%s.%sAAAA",
      "token_signature" },
    { "a byte of a second token is refused", "%s.%s.%s,%1$s", "token_base64" },
    { "a header that breaks off is refused", "%.4s.%s.%s", "token_json" },
};

static void
parts_of(struct str token, char *part[3])
{
    char *p = arena_copy(bed.arena, token.p, token.n);

    for (int i = 0; i < 3; i++) {
        part[i] = p;
        p += strcspn(p, ".");
        *p++ = '\0';
    }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void
test_shape_row(void **state)
{
    const struct shape_row *row = *state;
    char *part[3], text[2000];
    int n;

    parts_of(good(), part);
    n = snprintf(text, sizeof text, row->fmt, part[0], part[1], part[2]);
    assert_in_range(n, 0, sizeof text - 1);
    is_refused((struct str){ text, (size_t)n }, row->code);
}
#pragma GCC diagnostic pop

static void
a_signature_has_one_spelling(void **state)
{
    struct str token = good(); /* 64 bytes: 4 bits of the last letter unused */
    char *text = arena_copy(bed.arena, token.p, token.n);

    (void)state;
    assert_non_null(strchr("AQgw", text[token.n - 1]));
    text[token.n - 1]++;
    is_refused((struct str){ text, token.n }, "token_base64");
}

static void
no_changed_letter_is_taken(void **state)
{
    static const char letters[] = "A_9.\0 ";
    struct str token = good();
    char *text = arena_copy(bed.arena, token.p, token.n);
    struct token_caller caller;
    struct err err;

    (void)state;
    for (size_t i = 0; i < token.n; i++) {
        for (size_t k = 0; k < sizeof letters - 1; k++) {
            text[i] = letters[k];
            if (letters[k] != token.p[i])
                assert_int_equal(
                    check((struct str){ text, token.n }, &caller, &err),
                    ST_REJECT);
        }
        text[i] = token.p[i];
    }
    for (size_t n = 0; n < token.n; n++)
        assert_int_equal(check((struct str){ text, n }, &caller, &err),
                         ST_REJECT);
    assert_int_equal(check((struct str){ text, token.n }, &caller, &err),
                     ST_OK);
}

/* A good token of just that many bytes. */
static struct str
token_of_size(size_t want)
{
    char x[TOKEN_BYTES_MAX];

    memset(x, 'x', sizeof x);
    for (int in_header = 0; in_header < 3; in_header++)
        for (int n = 2500; n < 3000; n++) {
            struct str header = arena_printf(
                bed.arena, "{\"alg\":\"ES256\",\"kid\":\"a\",\"x\":\"%.*s\"}",
                in_header, x);
            struct str claims = arena_printf(
                bed.arena, "{" WHO AUD EXP JTI ",\"x\":\"%.*s\"}", n, x);
            struct str token = token_of(header, claims, BY_EC);

            if (token.n == want)
                return token;
        }
    fail_msg("no token has %zu bytes", want);
    return STR_NULL;
}

static void
a_token_of_4096_bytes_is_read_and_a_longer_one_is_not(void **state)
{
    struct token_caller caller;
    struct str huge;
    struct err err;

    (void)state;
    assert_int_equal(check(token_of_size(4096), &caller, &err), ST_OK);
    is_refused(token_of_size(4097), "token_large");
    huge = (struct str){ arena_alloc(bed.arena, 10 << 20), 10 << 20 };
    is_refused(huge, "token_large");
}

static void
deep_claims_are_refused(void **state)
{
    char deep[2000];

    (void)state;
    memset(deep, '[', sizeof deep);
    is_refused(token_of(STR(HEAD_EC), (struct str){ deep, sizeof deep }, BY_EC),
               "token_json");
}

static void
one_jti_of_two_agencies_is_two(void **state)
{
    struct token_caller a, b, c;
    struct err err;

    (void)state;
    assert_int_equal(check(good(), &a, &err), ST_OK);
    assert_int_equal(
        check(token_of(STR(HEAD_RSA), STR(CLAIMS), BY_RSA), &b, &err), ST_OK);
    assert_true(id_eq(a.use, b.use)); /* another key, the same jti */
    assert_int_equal(
        check(token_of(STR("{\"alg\":\"RS256\"}"),
                       STR("{\"iss\":\"health-trust\","
                           "\"sub\":\"health-trust\"" AUD EXP JTI "}"),
                       BY_LONE),
              &c, &err),
        ST_OK);
    assert_false(id_eq(a.use, c.use));
}

struct bearer_row {
    const char *name;
    struct str header;
    const char *token; /* NULL: refused */
};

static const struct bearer_row bearer_rows[] = {
    { "the token stands behind Bearer", STR("Bearer x.y.z"), "x.y.z" },
    { "the scheme's case does not count", STR("bEARER x"), "x" },
    { "no header has no token", { NULL, 0 }, NULL },
    { "an empty header has none", STR(""), NULL },
    { "Bearer alone has none", STR("Bearer"), NULL },
    { "Bearer and a blank have none", STR("Bearer "), NULL },
    { "another scheme has none", STR("Basic eDp5"), NULL },
    { "a longer word has none", STR("Bearers x.y.z"), NULL },
};

static void
test_bearer_row(void **state)
{
    const struct bearer_row *row = *state;
    struct err err = { .code = "" };
    struct str token;
    enum status rc = token_bearer(row->header, &token, &err);

    if (row->token != NULL) {
        assert_int_equal(rc, ST_OK);
        assert_true(str_is(token, row->token));
    } else {
        assert_int_equal(rc, ST_REJECT);
        assert_string_equal(err.code, "token_missing");
    }
}

/* ---- the register -------------------------------------------------------- */

static enum status
read_register(struct str keys, struct str certificates, struct err *err)
{
    struct str text = arena_printf(
        bed.arena,
        "{\"agencies\":[{\"id\":\"x\",\"keys\":%.*s,\"certificates\":%.*s}]}",
        STR_ARG(keys), STR_ARG(certificates));
    struct token_keys *read = NULL;
    enum status rc = token_keys_read(text, &read, err);

    token_keys_close(read);
    return rc;
}

static void
register_refuses(struct str keys, struct str certificates, const char *why)
{
    struct err err = { .code = "" };

    assert_int_equal(read_register(keys, certificates, &err), ST_REJECT);
    assert_string_equal(err.code, "config");
    if (strstr(err.text, why) == NULL)
        fail_msg("\"%s\" says nothing of \"%s\"", err.text, why);
}

static void
a_register_of_weak_or_secret_keys_is_refused(void **state)
{
    struct str secret = private_pem(bed.key[EC]);
    struct str none = STR("[]");
    const struct {
        struct str key;
        const char *why;
    } rows[] = {
        { arena_printf(bed.arena, "{\"kid\":\"a\",\"pem\":%.*s}",
                       STR_ARG(quoted(secret))),
          "BEGIN PUBLIC KEY" },
        { STR("{\"kid\":\"a\",\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"AA\"}"),
          "secret" },
        { STR("{\"kid\":\"a\",\"kty\":\"oct\",\"k\":\"AAAA\"}"), "secret" },
        { STR("{\"kid\":\"a\",\"kty\":\"OKP\"}"), "EC or RSA" },
        { STR("{\"kid\":\"a\"}"), "want pem" },
        { pem_key(SMALL, "a"), "2048 to 4096 bits" },
        { rsa_jwk(SMALL, "a"), "2048 to 4096 bits" },
        { pem_key(P384, "a"), "P-256" },
        { pem_key(ED25519, "a"), "P-256" },
        { STR("{\"kid\":\"a\",\"kty\":\"EC\",\"crv\":\"P-384\"}"),
          "crv P-256" },
        { STR("{\"kid\":\"a\",\"kty\":\"EC\",\"crv\":\"P-256\","
              "\"x\":\"AAAA\",\"y\":\"AAAA\"}"),
          "32 bytes" },
        { arena_printf(
              bed.arena,
              "{\"kid\":\"a\",\"kty\":\"EC\",\"crv\":\"P-256\","
              "\"x\":\"%s\",\"y\":\"%s\"}", /* not on the curve */
              number_of(bed.key[EC], OSSL_PKEY_PARAM_EC_PUB_X).p,
              number_of(bed.key[STRANGER], OSSL_PKEY_PARAM_EC_PUB_Y).p),
          "no public key" },
        { arena_printf(bed.arena,
                       "{\"kid\":\"a\",\"kty\":\"RSA\",\"n\":\"%s\","
                       "\"e\":\"AQ\"}", /* exponent 1: signs nothing */
                       number_of(bed.key[RSA_KEY], OSSL_PKEY_PARAM_RSA_N).p),
          "no public key" },
        { arena_printf(bed.arena, "{\"kty\":\"EC\"}"), "kid" },
        { STR("{\"kid\":\"\",\"kty\":\"EC\"}"), "kid" },
        { arena_printf(bed.arena, "%.*s,%.*s", STR_ARG(ec_jwk(EC, "a")),
                       STR_ARG(rsa_jwk(RSA_KEY, "a"))),
          "key 2: the kid is there twice" },
        { arena_printf(bed.arena,
                       "{\"kid\":\"a\",\"alg\":\"RS256\",\"pem\":"
                       "%.*s}",
                       STR_ARG(quoted(public_pem(bed.key[EC])))),
          "alg" },
        { arena_printf(bed.arena,
                       "{\"kid\":\"a\",\"use\":\"enc\",\"pem\":"
                       "%.*s}",
                       STR_ARG(quoted(public_pem(bed.key[EC])))),
          "use" },
        { STR("{\"kid\":\"a\",\"pem\":\"-----BEGIN PUBLIC KEY-----\\nAA\"}"),
          "no public key" },
        { STR("1,2,3,4,5,6,7,8,9"), "up to 8" },
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++)
        register_refuses(
            arena_printf(bed.arena, "[%.*s]", STR_ARG(rows[i].key)), none,
            rows[i].why);
    register_refuses(STR("{}"), none, "list");
    register_refuses(none, STR("[\"00ff\"]"), "64 hex digits");
    register_refuses(none, STR("[7]"), "64 hex digits");
    register_refuses(none, STR("{}"), "list");
    register_refuses(
        none,
        arena_printf(bed.arena, "[\"%s\",\"%s\"]", certificate_hex("").p,
                     certificate_hex(":").p),
        "certificate 2: it is there twice");
}

static void
a_register_without_keys_is_fine_and_lets_nobody_in(void **state)
{
    struct token_keys *keys = NULL;
    struct token_caller caller;
    struct err err;

    (void)state;
    assert_int_equal(token_keys_read(STR("{\"agencies\":[]}"), &keys, &err),
                     ST_OK);
    assert_int_equal(token_check(keys, &rules, good(), NOW, &caller, &err),
                     ST_REJECT);
    assert_string_equal(err.code, "token_agency");
    token_keys_close(keys);
    assert_int_equal(token_keys_read(STR("{}"), &keys, &err), ST_REJECT);
    assert_int_equal(token_keys_read(STR("nonsense"), &keys, &err), ST_REJECT);
    assert_string_equal(err.code, "config");
    token_keys_close(NULL);
}

/* ---- certificates -------------------------------------------------------- */

/* As nginx writes $ssl_client_escaped_cert. */
static struct str
escaped(X509 *x)
{
    BIO *bio = BIO_new(BIO_s_mem());
    struct str pem, out = STR("");

    assert_int_equal(PEM_write_bio_X509(bio, x), 1);
    pem = text_of(bio);
    for (size_t i = 0; i < pem.n; i++)
        out = arena_printf(
            bed.arena,
            strchr("+/= \n", pem.p[i]) != NULL ? "%.*s%%%02X" : "%.*s%c",
            STR_ARG(out), pem.p[i]);
    return out;
}

static void
comes(const struct token_peer *peer, const char *code)
{
    struct err err = { .code = "" };
    struct token_caller caller;
    enum status rc = token_certificate(bed.keys, peer, &caller, &err);

    assert_string_equal(err.code, code);
    assert_int_equal(rc, *code == '\0' ? ST_OK : ST_REJECT);
    if (rc != ST_OK)
        return;
    assert_true(str_is(caller.agency_id, "family-charity"));
    assert_true(id_is_none(caller.use));
    assert_int_equal(caller.good_until, TIME_NEVER);
}

static void
a_certificate_counts_when_nginx_has_verified_it(void **state)
{
    X509 *other = self_signed(bed.key[STRANGER]);
    struct token_peer peer = { .unix_socket = true,
                               .verified = STR("SUCCESS"),
                               .certificate = escaped(bed.certificate) };
    struct token_peer p = peer;

    (void)state;
    comes(&peer, "");
    p.unix_socket = false;
    comes(&p, "cert_untrusted");
    p = peer;
    p.verified = STR("FAILED:certificate has expired");
    comes(&p, "cert_untrusted");
    p.verified = STR("NONE");
    comes(&p, "cert_untrusted");
    p.verified = STR("success");
    comes(&p, "cert_untrusted");
    p.verified = STR_NULL;
    comes(&p, "cert_untrusted");
    p = peer;
    p.certificate = escaped(other);
    comes(&p, "cert_unknown");
    X509_free(other);
}

static void
a_header_that_is_no_certificate_is_refused(void **state)
{
    struct token_peer p = { .unix_socket = true, .verified = STR("SUCCESS") };
    struct str whole = escaped(bed.certificate);
    const struct str rows[] = {
        STR_NULL,
        STR(""),
        STR(CANARY),
        STR("%"),
        STR("%4"),
        STR("%zz"),
        certificate_hex(""),
        { whole.p, whole.n - 40 },
        STR("-----BEGIN%20CERTIFICATE-----%0AAAAA%0A"
            "-----END%20CERTIFICATE-----%0A"),
        /* Asks for a password, which nobody types here. */
        STR("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
            "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\nAAAA\n"
            "-----END CERTIFICATE-----\n"),
        { arena_alloc(bed.arena, TOKEN_CERT_BYTES_MAX + 1),
          TOKEN_CERT_BYTES_MAX + 1 },
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        p.certificate = rows[i];
        comes(&p, "cert_shape");
    }
}

/* ---- once ---------------------------------------------------------------- */

static struct token_caller
use_no(unsigned n)
{
    struct str part = arena_printf(bed.arena, "%u", n);

    return (struct token_caller){ .use = id_derive("test", &part, 1),
                                  .good_until = NOW + 60000 };
}

static enum status
use(struct token_memory *m, unsigned n, struct err *err)
{
    struct token_caller caller = use_no(n);

    return token_memory_use(m, &caller, err);
}

static void
a_token_is_used_once(void **state)
{
    struct token_memory *m;
    struct err err;

    (void)state;
    assert_int_equal(token_memory_open(100, &m, &err), ST_OK);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(use(m, i, &err), ST_OK);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(use(m, i, &err), ST_REJECT);
        assert_string_equal(err.code, "token_replay");
    }
    token_memory_close(m);
    token_memory_close(NULL);
}

static void
the_last_n_are_remembered_and_what_was_long_ago_is_not(void **state)
{
    struct token_memory *m;
    struct err err;

    (void)state;
    assert_int_equal(token_memory_open(64, &m, &err), ST_OK);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(use(m, i, &err), ST_OK);
        assert_int_equal(use(m, i >= 63 ? i - 63 : 0, &err), ST_REJECT);
    }
    assert_int_equal(use(m, 999 - 128, &err), ST_OK); /* forgotten by now */
    token_memory_close(m);
}

static void
room_for_one_is_room_enough_to_run(void **state)
{
    struct token_memory *m;
    struct err err;

    (void)state;
    assert_int_equal(token_memory_open(1, &m, &err), ST_OK);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(use(m, i, &err), ST_OK);
        assert_int_equal(use(m, i, &err), ST_REJECT);
    }
    token_memory_close(m);
}

static void
ok(enum status rc, const struct err *err)
{
    if (rc != ST_OK)
        fail_msg("%s %s: %s", status_name(rc), err->code, err->text);
}

static struct pg *
connect_here(void)
{
    struct pg_options o = { .application_name = "test_token",
                            .wait_ms = 20000 };
    struct pg *pg;
    struct err err;

    ok(pg_open(&o, &pg, &err), &err);
    ok(pg_exec(pg,
               arena_printf(bed.arena,
                            "CREATE SCHEMA IF NOT EXISTS %s; "
                            "SET search_path TO %s",
                            bed.schema, bed.schema)
                   .p,
               &err),
       &err);
    return pg;
}

static struct pg *
new_table(void)
{
    struct pg *pg;
    struct err err;

    if (getenv("PGHOST") == NULL)
        skip();
    pg = connect_here();
    for (size_t i = 0; i < sql_embedded_n; i++)
        if (strcmp(sql_embedded[i].service, "intake") == 0 &&
            strstr(sql_embedded[i].file, "token_seen") != NULL)
            ok(pg_exec(pg, sql_embedded[i].text, &err), &err);
    return pg;
}

static void
drop_table(struct pg *pg)
{
    struct err err;

    ok(pg_exec(pg,
               arena_printf(bed.arena, "DROP SCHEMA %s CASCADE", bed.schema).p,
               &err),
       &err);
    pg_close(pg);
}

/* Which of these are fresh, as a text: "+-+". */
static const char *
used(struct pg *pg, const unsigned *numbers, size_t n)
{
    const struct token_caller **callers =
        arena_array(bed.arena, n, sizeof *callers);
    bool *fresh = arena_array(bed.arena, n, sizeof *fresh);
    char *out = arena_alloc(bed.arena, n + 1);
    struct err err;
    size_t number;

    for (size_t i = 0; i < n; i++) {
        struct token_caller *c = arena_alloc(bed.arena, sizeof *c);

        *c = use_no(numbers[i]);
        callers[i] = c;
    }
    pg_pipeline_begin(pg);
    number = token_seen_send(pg, callers, n, bed.arena);
    ok(pg_sync(pg, &err), &err);
    token_seen_read(pg_answer(pg, number), callers, n, bed.arena, fresh);
    for (size_t i = 0; i < n; i++)
        out[i] = fresh[i] ? '+' : '-';
    return out;
}

#define USED(pg, ...)                                                          \
    used(pg, (const unsigned[]){ __VA_ARGS__ },                                \
         N(((const unsigned[]){ __VA_ARGS__ })))

static void
two_instances_take_a_token_once(void **state)
{
    struct pg *one = new_table(), *two = connect_here();

    (void)state;
    assert_string_equal(USED(one, 1, 2, 3), "+++");
    assert_string_equal(USED(two, 3, 4), "-+");
    assert_string_equal(USED(one, 4, 5, 5, 1), "-+--");
    pg_close(two);
    drop_table(one);
}

static void
a_token_whose_transaction_failed_was_not_used(void **state)
{
    struct pg *pg = new_table();
    struct err err;

    (void)state;
    ok(pg_exec(pg, "BEGIN", &err), &err);
    assert_string_equal(USED(pg, 1), "+");
    ok(pg_exec(pg, "ROLLBACK", &err), &err);
    assert_string_equal(USED(pg, 1), "+");
    drop_table(pg);
}

static void
old_tokens_are_dropped_a_minute_late(void **state)
{
    struct pg *pg = new_table();
    struct err err;
    int64_t n;

    (void)state;
    assert_string_equal(USED(pg, 1, 2), "++");
    ok(pg_exec(pg,
               "UPDATE token_seen SET expires_at = "
               "clock_timestamp() - interval '59 seconds'",
               &err),
       &err);
    ok(token_seen_purge(pg, &n, &err), &err);
    assert_int_equal(n, 0);
    ok(pg_exec(pg,
               "UPDATE token_seen SET expires_at = "
               "clock_timestamp() - interval '61 seconds'",
               &err),
       &err);
    ok(token_seen_purge(pg, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_string_equal(USED(pg, 1), "+");
    drop_table(pg);
}

/* ---- how long it takes --------------------------------------------------- */

static double
check_us(struct str token)
{
    struct token_caller caller;
    struct timespec a, b;
    struct err err;
    double best = 1e9;

    for (int t = 0; t < 5; t++) {
        double us;

        clock_gettime(CLOCK_MONOTONIC, &a);
        for (int i = 0; i < 100; i++)
            assert_int_equal(
                token_check(bed.keys, &rules, token, NOW, &caller, &err),
                ST_OK);
        clock_gettime(CLOCK_MONOTONIC, &b);
        us = ((double)(b.tv_sec - a.tv_sec) * 1e6 +
              (double)(b.tv_nsec - a.tv_nsec) / 1e3) /
             100;
        if (us < best)
            best = us;
    }
    return best;
}

static void
a_token_is_checked_in_less_than_a_millisecond(void **state)
{
    double ec = check_us(good());
    double rsa = check_us(token_of(STR(HEAD_RSA), STR(CLAIMS), BY_RSA));

    (void)state;
    print_message("ES256 in %.0f us, RS256 in %.0f us\n", ec, rsa);
    assert_true(ec < 1000 && rsa < 1000);
}

/* ---- all of them --------------------------------------------------------- */

static int
set_up_all(void **state)
{
    struct str text;
    struct err err;

    (void)state;
    assert_true(sodium_init() >= 0);
    bed.arena = memory_open((size_t)512 << 20);
    assert_non_null(bed.arena);
    (void)snprintf(bed.schema, sizeof bed.schema, "test_token_%ld",
                   (long)getpid());
    bed.key[EC] = EVP_EC_gen("P-256");
    bed.key[STRANGER] = EVP_EC_gen("P-256");
    bed.key[RSA_KEY] = EVP_RSA_gen(2048);
    bed.key[LONE] = EVP_RSA_gen(2048);
    bed.key[SMALL] = EVP_RSA_gen(1024);
    bed.key[P384] = EVP_EC_gen("P-384");
    bed.key[ED25519] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    for (int i = 0; i < KEYS; i++)
        assert_non_null(bed.key[i]);
    bed.certificate = self_signed(bed.key[EC]);
    text = arena_printf(
        bed.arena,
        "{\"agencies\":[{\"id\":\"school-oakfield\",\"keys\":[%.*s,%.*s]},"
        "{\"id\":\"health-trust\",\"keys\":[%.*s]},"
        "{\"id\":\"family-charity\",\"certificates\":[\"%s\"]}]}",
        STR_ARG(ec_jwk(EC, "a")), STR_ARG(rsa_jwk(RSA_KEY, "b")),
        STR_ARG(pem_key(LONE, "lone")), certificate_hex(":").p);
    ok(token_keys_read(text, &bed.keys, &err), &err);
    return 0;
}

static int
tear_down_all(void **state)
{
    (void)state;
    token_keys_close(bed.keys);
    X509_free(bed.certificate);
    for (int i = 0; i < KEYS; i++)
        EVP_PKEY_free(bed.key[i]);
    memory_close(bed.arena);
    return 0;
}

/* ---- signing ------------------------------------------------------------- */

static void
what_a_private_key_signs_its_public_half_takes(void **state)
{
    static const enum key_no keys[] = { EC, RSA_KEY };
    struct str bytes = STR("what is signed");
    uint8_t made[SIGNATURE_BYTES_MAX];
    struct err err = { .code = "" };

    (void)state;
    for (size_t i = 0; i < N(keys); i++) {
        struct signkey *sign = NULL;
        struct pubkey *key = NULL;
        struct str signature = { .p = (const char *)made };

        ok(signkey_of_pem(private_pem(bed.key[keys[i]]), &sign, &err), &err);
        ok(pubkey_of_pem(public_pem(bed.key[keys[i]]), &key, &err), &err);
        assert_string_equal(signkey_algorithm(sign), pubkey_algorithm(key));
        for (int times = 0; times < 50; times++) {
            signature.n = signkey_sign(sign, bytes, made);
            assert_true(pubkey_verify(key, bytes, signature));
            assert_false(pubkey_verify(key, STR("another"), signature));
        }
        signkey_close(sign);
        pubkey_close(key);
    }
}

static void
only_a_strong_private_key_signs(void **state)
{
    const struct str bad[] = { public_pem(bed.key[EC]), STR(""), STR("x"),
                               private_pem(bed.key[SMALL]),
                               private_pem(bed.key[P384]),
                               private_pem(bed.key[ED25519]) };

    (void)state;
    for (size_t i = 0; i < N(bad); i++) {
        struct err err = { .code = "" };
        struct signkey *sign = NULL;

        assert_int_equal(signkey_of_pem(bad[i], &sign, &err), ST_REJECT);
        assert_string_equal(err.code, "key");
        assert_null(sign);
    }
}

#define ROWS(rows, f)                                                          \
    for (size_t i = 0; i < N(rows); i++)                                       \
        tests[n++] = (struct CMUnitTest)                                       \
        {                                                                      \
            .name = (rows)[i].name, .test_func = (f),                          \
            .initial_state = (void *)&(rows)[i]                                \
        }

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_token_holds_until_its_last_millisecond),
        cmocka_unit_test(a_signature_has_one_spelling),
        cmocka_unit_test(no_changed_letter_is_taken),
        cmocka_unit_test(a_token_of_4096_bytes_is_read_and_a_longer_one_is_not),
        cmocka_unit_test(deep_claims_are_refused),
        cmocka_unit_test(one_jti_of_two_agencies_is_two),
        cmocka_unit_test(a_register_of_weak_or_secret_keys_is_refused),
        cmocka_unit_test(a_register_without_keys_is_fine_and_lets_nobody_in),
        cmocka_unit_test(a_certificate_counts_when_nginx_has_verified_it),
        cmocka_unit_test(a_header_that_is_no_certificate_is_refused),
        cmocka_unit_test(what_a_private_key_signs_its_public_half_takes),
        cmocka_unit_test(only_a_strong_private_key_signs),
        cmocka_unit_test(a_token_is_used_once),
        cmocka_unit_test(
            the_last_n_are_remembered_and_what_was_long_ago_is_not),
        cmocka_unit_test(room_for_one_is_room_enough_to_run),
        cmocka_unit_test(two_instances_take_a_token_once),
        cmocka_unit_test(a_token_whose_transaction_failed_was_not_used),
        cmocka_unit_test(old_tokens_are_dropped_a_minute_late),
        cmocka_unit_test(a_token_is_checked_in_less_than_a_millisecond),
    };
    struct CMUnitTest
        tests[N(others) + N(token_rows) + N(shape_rows) + N(bearer_rows)];
    size_t n = N(others);

    memcpy(tests, others, sizeof others);
    ROWS(token_rows, test_token_row);
    ROWS(shape_rows, test_shape_row);
    ROWS(bearer_rows, test_bearer_row);
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
