#include "common/adapters/pubkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { COORDINATE_BYTES = 32, DER_MAX = 80 };

struct pubkey {
    EVP_PKEY *pkey;
    bool rsa;
    size_t signature_bytes;
};

static enum status
wrong(struct err *err, const char *why)
{
    ERR_clear_error();
    return err_set(err, ST_REJECT, "key", "%s", why);
}

/* ---- reading keys -------------------------------------------------------- */

/* Nobody is to be asked for a password on the terminal. */
static int
no_password(char *to, int max, int writing, void *self)
{
    (void)to;
    (void)max;
    (void)writing;
    (void)self;
    return -1;
}

static bool
is_p256(EVP_PKEY *pkey)
{
    char group[32];
    size_t n;

    return EVP_PKEY_is_a(pkey, "EC") &&
           EVP_PKEY_get_group_name(pkey, group, sizeof group, &n) == 1 &&
           (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0);
}

static const char *
flaw_of(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx;
    bool sound;

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        int bits = EVP_PKEY_get_bits(pkey);

        if (bits < PUBKEY_RSA_BITS_MIN || bits > PUBKEY_RSA_BITS_MAX)
            return "an RSA key has 2048 to 4096 bits";
    } else if (!is_p256(pkey)) {
        return "want an RSA key or a key of the curve P-256";
    }
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    sound = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return sound ? NULL : "the numbers are no public key";
}

/* Takes `pkey`, NULL included. */
static enum status
keep(EVP_PKEY *pkey, struct pubkey **out, struct err *err)
{
    const char *flaw =
        pkey == NULL ? "the numbers are no public key" : flaw_of(pkey);
    struct pubkey *key = flaw == NULL ? calloc(1, sizeof *key) : NULL;

    *out = NULL;
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return flaw != NULL ? wrong(err, flaw)
                            : err_set(err, ST_RETRY, "memory", "no memory");
    }
    key->rsa = EVP_PKEY_is_a(pkey, "RSA");
    key->signature_bytes = key->rsa ? (size_t)EVP_PKEY_get_size(pkey)
                                    : (size_t)2 * COORDINATE_BYTES;
    key->pkey = pkey;
    *out = key;
    return ST_OK;
}

enum status
pubkey_of_pem(struct str pem, struct pubkey **out, struct err *err)
{
    EVP_PKEY *pkey = NULL;
    BIO *bio;

    *out = NULL;
    if (!str_starts(pem, STR("-----BEGIN PUBLIC KEY-----")))
        return wrong(err, "want a PEM text that begins with "
                          "-----BEGIN PUBLIC KEY-----");
    bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
    if (bio != NULL)
        pkey = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    BIO_free(bio);
    if (pkey == NULL)
        return wrong(err, "the PEM text is no public key");
    return keep(pkey, out, err);
}

static EVP_PKEY *
build(const char *type, OSSL_PARAM_BLD *parts)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(parts);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

static BIGNUM *
number_of(struct str s)
{
    return BN_bin2bn((const unsigned char *)s.p, (int)s.n, NULL);
}

enum status
pubkey_of_rsa(struct str modulus, struct str exponent, struct pubkey **out,
              struct err *err)
{
    OSSL_PARAM_BLD *parts;
    BIGNUM *n, *e;
    EVP_PKEY *pkey = NULL;

    *out = NULL;
    if (modulus.n > PUBKEY_RSA_BITS_MAX / 8 || exponent.n > 8)
        return wrong(err, "an RSA key has 2048 to 4096 bits");
    parts = OSSL_PARAM_BLD_new();
    n = number_of(modulus);
    e = number_of(exponent);
    if (parts != NULL && n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        pkey = build("RSA", parts);
    OSSL_PARAM_BLD_free(parts);
    BN_free(n);
    BN_free(e);
    return keep(pkey, out, err);
}

enum status
pubkey_of_p256(struct str x, struct str y, struct pubkey **out, struct err *err)
{
    unsigned char point[1 + 2 * COORDINATE_BYTES] = { 4 }; /* uncompressed */
    OSSL_PARAM_BLD *parts;
    EVP_PKEY *pkey = NULL;

    *out = NULL;
    if (x.n != COORDINATE_BYTES || y.n != COORDINATE_BYTES)
        return wrong(err, "a coordinate of P-256 has 32 bytes");
    memcpy(point + 1, x.p, COORDINATE_BYTES);
    memcpy(point + 1 + COORDINATE_BYTES, y.p, COORDINATE_BYTES);
    parts = OSSL_PARAM_BLD_new();
    if (parts != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME,
                                        "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(parts, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         sizeof point) == 1)
        pkey = build("EC", parts);
    OSSL_PARAM_BLD_free(parts);
    return keep(pkey, out, err);
}

void
pubkey_close(struct pubkey *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

const char *
pubkey_algorithm(const struct pubkey *key)
{
    return key->rsa ? "RS256" : "ES256";
}

/* ---- signatures ---------------------------------------------------------- */

/* r and s side by side, as OpenSSL wants them. Returns 0 where they can't be.
 */
static size_t
der_of(struct str signature, unsigned char out[DER_MAX])
{
    struct str half = { signature.p, COORDINATE_BYTES };
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = number_of(half), *s;
    int n = 0;

    half.p += COORDINATE_BYTES;
    s = number_of(half);
    if (sig != NULL && r != NULL && s != NULL &&
        ECDSA_SIG_set0(sig, r, s) == 1) {
        r = s = NULL; /* owned by sig from here */
        if (i2d_ECDSA_SIG(sig, NULL) <= DER_MAX)
            n = i2d_ECDSA_SIG(sig, &out);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return n > 0 ? (size_t)n : 0;
}

bool
pubkey_verify(const struct pubkey *key, struct str bytes, struct str signature)
{
    const unsigned char *sig = (const unsigned char *)signature.p;
    unsigned char der[DER_MAX];
    size_t n = signature.n;
    EVP_MD_CTX *ctx;
    bool good;

    if (signature.n != key->signature_bytes)
        return false;
    if (!key->rsa) {
        n = der_of(signature, der);
        sig = der;
    }
    ctx = EVP_MD_CTX_new();
    good = n > 0 && ctx != NULL &&
           EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key->pkey,
                                   NULL) == 1 &&
           EVP_DigestVerify(ctx, sig, n, (const unsigned char *)bytes.p,
                            bytes.n) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

/* ---- signing ------------------------------------------------------------- */

/* A key pair is checked as its public half is. */
struct signkey {
    struct pubkey *pair;
};

enum status
signkey_of_pem(struct str pem, struct signkey **out, struct err *err)
{
    EVP_PKEY *pkey = NULL;
    struct signkey *key;
    enum status rc;
    BIO *bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);

    *out = NULL;
    if (bio != NULL)
        pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    if (pkey == NULL)
        return wrong(err, "want a PEM text with a private key, no password");
    key = calloc(1, sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return err_set(err, ST_RETRY, "memory", "no memory");
    }
    rc = keep(pkey, &key->pair, err);
    if (rc == ST_OK)
        *out = key;
    else
        free(key);
    return rc;
}

void
signkey_close(struct signkey *key)
{
    if (key == NULL)
        return;
    pubkey_close(key->pair);
    free(key);
}

const char *
signkey_algorithm(const struct signkey *key)
{
    return pubkey_algorithm(key->pair);
}

/* OpenSSL's form of an ES256 signature as r and s side by side. */
static size_t
flat_of(const uint8_t *der, size_t n, uint8_t out[2 * COORDINATE_BYTES])
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool fits = sig != NULL &&
                BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, COORDINATE_BYTES) ==
                    COORDINATE_BYTES &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + COORDINATE_BYTES,
                             COORDINATE_BYTES) == COORDINATE_BYTES;

    ECDSA_SIG_free(sig);
    return fits ? (size_t)2 * COORDINATE_BYTES : 0;
}

size_t
signkey_sign(const struct signkey *key, struct str bytes,
             uint8_t out[SIGNATURE_BYTES_MAX])
{
    uint8_t made[SIGNATURE_BYTES_MAX];
    size_t n = sizeof made;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL &&
                EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL,
                                      key->pair->pkey, NULL) == 1 &&
                EVP_DigestSign(ctx, made, &n, (const unsigned char *)bytes.p,
                               bytes.n) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    if (!good)
        return 0;
    if (!key->pair->rsa)
        return flat_of(made, n, out);
    memcpy(out, made, n);
    return n;
}

/* ---- certificates -------------------------------------------------------- */

bool
certificate_print(struct str pem, uint8_t out[CERTIFICATE_PRINT_BYTES])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509 *x = NULL;
    BIO *bio;
    bool good;

    bio = pem.n == 0 || pem.n > INT_MAX ? NULL
                                        : BIO_new_mem_buf(pem.p, (int)pem.n);
    if (bio != NULL)
        x = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    good = x != NULL && X509_digest(x, EVP_sha256(), hash, &n) == 1 &&
           n == CERTIFICATE_PRINT_BYTES;
    if (good)
        memcpy(out, hash, CERTIFICATE_PRINT_BYTES);
    X509_free(x);
    BIO_free(bio);
    ERR_clear_error();
    return good;
}
