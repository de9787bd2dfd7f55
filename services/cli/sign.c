#include "cli/sign.h"

#include <sodium.h>

#include <stdlib.h>
#include <time.h>

#include "common/adapters/json.h"
#include "common/adapters/pubkey.h"

enum { KEY_FILE_MAX = 16384, JTI_BYTES = 16 };

struct signer {
    struct sign_options options;
    struct signkey *key;
};

enum status
signer_open(const struct cli *cli, const struct sign_options *options,
            struct signer **out, struct err *err)
{
    struct signer *s;
    struct str pem;
    enum status rc;

    *out = NULL;
    if (options->agency == NULL || options->audience == NULL)
        return err_set(err, ST_REJECT, "config",
                       "a token wants --agency ID and --audience NAME "
                       "(WAYMARK_AUDIENCE)");
    rc = file_read(options->key_file, KEY_FILE_MAX, cli->arena, &pem, err);
    if (rc != ST_OK)
        return rc;
    s = calloc(1, sizeof *s);
    if (s == NULL || sodium_init() < 0) {
        free(s);
        return err_set(err, ST_RETRY, "memory", "no memory");
    }
    s->options = *options;
    rc = signkey_of_pem(pem, &s->key, err);
    if (rc == ST_OK) {
        *out = s;
    } else {
        err_where(err, "%s", options->key_file);
        free(s);
    }
    return rc;
}

void
signer_close(struct signer *s)
{
    if (s == NULL)
        return;
    signkey_close(s->key);
    free(s);
}

static struct str
base64url(struct str bytes, struct arena *arena)
{
    size_t room = sodium_base64_encoded_len(
        bytes.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *to = arena_alloc(arena, room);

    (void)sodium_bin2base64(to, room, (const unsigned char *)bytes.p, bytes.n,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return str_of(to);
}

static struct str
header_of(const struct signer *s, struct arena *arena)
{
    struct json_out o;

    json_out_init(&o, arena);
    json_out_object(&o);
    json_out_kcstr(&o, "alg", signkey_algorithm(s->key));
    json_out_kcstr(&o, "typ", "JWT");
    if (s->options.kid != NULL)
        json_out_kcstr(&o, "kid", s->options.kid);
    json_out_object_end(&o);
    return base64url(json_out_text(&o), arena);
}

static struct str
claims_of(const struct signer *s, struct arena *arena)
{
    char jti[2 * JTI_BYTES + 1];
    uint8_t drawn[JTI_BYTES];
    struct json_out o;

    randombytes_buf(drawn, sizeof drawn);
    (void)sodium_bin2hex(jti, sizeof jti, drawn, sizeof drawn);
    json_out_init(&o, arena);
    json_out_object(&o);
    json_out_kcstr(&o, "iss", s->options.agency);
    json_out_kcstr(&o, "sub", s->options.agency);
    json_out_kcstr(&o, "aud", s->options.audience);
    json_out_kint(&o, "exp", (int64_t)time(NULL) + s->options.seconds);
    json_out_kcstr(&o, "jti", jti);
    json_out_object_end(&o);
    return base64url(json_out_text(&o), arena);
}

enum status
signer_token(const struct signer *s, struct arena *arena, struct str *out,
             struct err *err)
{
    struct str header = header_of(s, arena), claims = claims_of(s, arena);
    struct str content =
        arena_printf(arena, "%.*s.%.*s", STR_ARG(header), STR_ARG(claims));
    uint8_t bytes[SIGNATURE_BYTES_MAX];
    struct str signature = { .p = (const char *)bytes };

    signature.n = signkey_sign(s->key, content, bytes);
    if (signature.n == 0)
        return err_set(err, ST_FATAL, "key", "nothing could be signed");
    signature = base64url(signature, arena);
    *out =
        arena_printf(arena, "%.*s.%.*s", STR_ARG(content), STR_ARG(signature));
    return ST_OK;
}

enum status
sign_call(const struct cli *cli, struct http_client_header *header,
          struct http_call *call, struct err *err)
{
    struct sign_options options = { .key_file = cli_text(cli, "key"),
                                    .agency = cli_text(cli, "agency"),
                                    .audience = cli_text(cli, "audience"),
                                    .kid = cli_text(cli, "kid"),
                                    .seconds = SIGN_SECONDS };
    struct signer *signer = NULL;
    struct str token;
    enum status rc;

    if (options.key_file == NULL)
        return ST_OK;
    rc = signer_open(cli, &options, &signer, err);
    if (rc == ST_OK)
        rc = signer_token(signer, cli->arena, &token, err);
    signer_close(signer);
    if (rc != ST_OK)
        return rc;
    *header = (struct http_client_header){
        .name = "Authorization",
        .value = arena_printf(cli->arena, "Bearer %.*s", STR_ARG(token)).p,
    };
    call->headers = header;
    call->n_headers = 1;
    return ST_OK;
}
