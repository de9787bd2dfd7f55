/**
 * Public keys that signatures are checked with, private ones that sign, and
 * fingerprints of certificates. The only file that knows OpenSSL.
 *
 * A key's type fixes its algorithm (RFC 7518 section 3): RSA is RS256, a point
 * of P-256 is ES256. What a message says about algorithms is never asked here,
 * and there is no other algorithm: no "none", no shared secrets.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PUBKEY_H
#define WAYMARK_COMMON_ADAPTERS_PUBKEY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/str.h"

#define PUBKEY_RSA_BITS_MIN 2048
#define PUBKEY_RSA_BITS_MAX 4096

struct pubkey; /* any number of threads may use one at once */

/*
 * Each of these checks the key itself (size, exponent, that the point lies on
 * the curve). ST_REJECT, code "key", says what is wrong with it; ST_RETRY
 * without memory. The caller owns *out.
 */

/** From a PEM text, "BEGIN PUBLIC KEY"; a private key is refused. */
MUST_CHECK enum status pubkey_of_pem(struct str pem, struct pubkey **out,
                                     struct err *err);
/** RSA from modulus and exponent, both big-endian. */
MUST_CHECK enum status pubkey_of_rsa(struct str modulus, struct str exponent,
                                     struct pubkey **out, struct err *err);
/** P-256 from the point's coordinates, big-endian, 32 bytes each. */
MUST_CHECK enum status pubkey_of_p256(struct str x, struct str y,
                                      struct pubkey **out, struct err *err);
/** NULL does nothing. */
void pubkey_close(struct pubkey *key);

/** "RS256" or "ES256". */
const char *pubkey_algorithm(const struct pubkey *key);

/**
 * Did the owner of the key sign these bytes? The signature is as in RFC 7518:
 * for RSA as long as the modulus, for P-256 r and s, 32 bytes each.
 */
bool pubkey_verify(const struct pubkey *key, struct str bytes,
                   struct str signature);

struct signkey; /* a private key; one thread at a time */

#define SIGNATURE_BYTES_MAX 512

/**
 * From an unencrypted PEM text, "BEGIN PRIVATE KEY" or the older "BEGIN EC
 * PRIVATE KEY" and "BEGIN RSA PRIVATE KEY". Statuses as above; the caller owns
 * *out.
 */
MUST_CHECK enum status signkey_of_pem(struct str pem, struct signkey **out,
                                      struct err *err);
/** NULL does nothing. */
void signkey_close(struct signkey *key);
/** "RS256" or "ES256". */
const char *signkey_algorithm(const struct signkey *key);
/**
 * Sign as RFC 7518 has it, so that pubkey_verify of the public half takes it.
 * Returns how many bytes of `out` it is; 0 where OpenSSL could not.
 */
size_t signkey_sign(const struct signkey *key, struct str bytes,
                    uint8_t out[SIGNATURE_BYTES_MAX]);

#define CERTIFICATE_PRINT_BYTES 32

/**
 * SHA-256 over the first certificate (as DER) of a PEM text, as `openssl x509
 * -fingerprint -sha256` shows it; false if there is none. Says nothing about
 * who issued it or until when it holds.
 */
bool certificate_print(struct str pem, uint8_t out[CERTIFICATE_PRINT_BYTES]);

#endif
