/*
 * Who is it. The first line says what the rest is:
 *   bearer   an Authorization header
 *   signed   a token's header and, in the next line, its claims, as JSON: both
 *            are encoded and truly signed by an agency's key
 *   cert     what nginx says of a client certificate
 *   keys     a register of agencies
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include <stdio.h>
#include <string.h>

#include "common/adapters/pubkey.h"
#include "common/engine/memory.h"
#include "intake/agencies_json.h"
#include "intake/token.h"
#include "tests/fuzz/fuzz.h"

static const struct token_rules rules = { .audience = STR("door"),
                                          .skew_ms = 2000 };

struct keys {
    struct token_keys *public;
    struct signkey *private;
};

static struct str
text_of(BIO *bio, struct arena *a)
{
    char *p;
    long n = BIO_get_mem_data(bio, &p);
    char *copy = arena_copy(a, p, (size_t)n);

    BIO_free(bio);
    return (struct str){ .p = copy, .n = (size_t)n };
}

/* A line break is two characters inside a JSON text. */
static struct str
escaped(struct arena *a, struct str pem)
{
    char *to = arena_alloc(a, 2 * pem.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < pem.n; i++) {
        if (pem.p[i] == '\n')
            to[n++] = '\\';
        to[n++] = pem.p[i] == '\n' ? 'n' : pem.p[i];
    }
    return (struct str){ .p = to, .n = n };
}

/* A new key; the register has one agency, whose it is. */
static void
make_keys(struct keys *k)
{
    struct arena *a = memory_open(1 << 20);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *public = BIO_new(BIO_s_mem()), *private = BIO_new(BIO_s_mem());
    struct str pem, text;
    struct err err = { .code = "" };

    always(PEM_write_bio_PUBKEY(public, key) == 1);
    always(PEM_write_bio_PrivateKey(private, key, NULL, NULL, 0, NULL, NULL) ==
           1);
    pem = escaped(a, text_of(public, a));
    text = arena_printf(a,
                        "{\"agencies\":[{\"id\":\"health-trust\",\"keys\":"
                        "[{\"kid\":\"k\",\"pem\":\"%.*s\"}]}]}",
                        STR_ARG(pem));
    always(token_keys_read(text, &k->public, &err) == ST_OK);
    always(signkey_of_pem(text_of(private, a), &k->private, &err) == ST_OK);
    EVP_PKEY_free(key);
    memory_close(a);
}

static const struct keys *
keys(void)
{
    static struct keys k;

    if (k.public == NULL) {
        always(sodium_init() >= 0);
        make_keys(&k);
    }
    return &k;
}

static void
hold(enum status rc, const struct err *err, const struct token_caller *caller)
{
    always(rc == ST_OK || rc == ST_REJECT);
    if (rc == ST_OK)
        always(str_is(caller->agency_id, "health-trust") &&
               !id_is_none(caller->use) &&
               caller->good_until > FUZZ_NOW - rules.skew_ms);
    else
        always(strncmp(err->code, "token_", 6) == 0 ||
               strncmp(err->code, "cert_", 5) == 0);
}

static void
check_token(struct str token)
{
    struct token_caller caller = { .good_until = 0 };
    struct err err = { .code = "" };

    hold(token_check(keys()->public, &rules, token, FUZZ_NOW, &caller, &err),
         &err, &caller);
}

static void
check_bearer(struct str header)
{
    struct err err = { .code = "" };
    struct str token;

    if (token_bearer(header, &token, &err) == ST_OK)
        check_token(token);
    check_token(header);
}

static struct str
base64url(struct arena *a, struct str s)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    size_t room = sodium_base64_encoded_len(s.n, variant);
    char *to = arena_alloc(a, room);

    return str_of(
        sodium_bin2base64(to, room, (const uint8_t *)s.p, s.n, variant));
}

static void
check_signed(struct arena *a, struct str rest)
{
    struct str header = base64url(a, fuzz_line(&rest));
    struct str claims = base64url(a, rest);
    struct str content =
        arena_printf(a, "%.*s.%.*s", STR_ARG(header), STR_ARG(claims));
    uint8_t bytes[SIGNATURE_BYTES_MAX];
    size_t n = signkey_sign(keys()->private, content, bytes);
    struct str signature = base64url(a, (struct str){ (const char *)bytes, n });

    check_token(
        arena_printf(a, "%.*s.%.*s", STR_ARG(content), STR_ARG(signature)));
}

static void
check_certificate(struct str text)
{
    const struct token_peer peer = { .unix_socket = true,
                                     .verified = STR("SUCCESS"),
                                     .certificate = text };
    struct token_caller caller;
    struct err err = { .code = "" };

    /* The register knows none. */
    always(token_certificate(keys()->public, &peer, &caller, &err) ==
           ST_REJECT);
}

static void
check_register(struct arena *a, struct str text)
{
    struct token_keys *read = NULL;
    struct agencies agencies;
    struct err err = { .code = "" };

    if (token_keys_read(text, &read, &err) != ST_OK)
        always(strcmp(err.code, "config") == 0);
    token_keys_close(read);
    if (agencies_json_read(a, text, &agencies, &err) == ST_OK)
        for (size_t i = 0; i < agencies.n; i++)
            always(agency_find(&agencies, agencies.at[i].id) ==
                   &agencies.at[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str rest = fuzz_str(data, n);
    struct str what = fuzz_line(&rest);
    struct arena *a = fuzz_arena();

    if (str_is(what, "signed"))
        check_signed(a, rest);
    else if (str_is(what, "cert"))
        check_certificate(rest);
    else if (str_is(what, "keys"))
        check_register(a, rest);
    else
        check_bearer(str_is(what, "bearer") ? rest : fuzz_str(data, n));
    return 0;
}
