#include "cli/sign.h"

#include <sodium.h>

#include <stdlib.h>

#include "common/adapters/token_sign.h"

enum { KEY_FILE_MAX = 16384 };

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

enum status
signer_token(const struct signer *s, struct arena *arena, struct str *out,
             struct err *err)
{
    struct token_terms terms = { .agency = s->options.agency,
                                 .audience = s->options.audience,
                                 .kid = s->options.kid,
                                 .seconds = s->options.seconds };

    *out = token_sign(s->key, &terms, arena);
    if (out->p == NULL)
        return err_set(err, ST_FATAL, "key", "nothing could be signed");
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
