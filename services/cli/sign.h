/** Fresh tokens of an agency, as intake's door wants them (intake/token.h). */
#ifndef WAYMARK_CLI_SIGN_H
#define WAYMARK_CLI_SIGN_H

#include "cli/cli.h"
#include "common/adapters/http_client.h"

struct signer;

#define SIGN_SECONDS 60 /* how long a token is good */

/* Options of every verb that calls the door, signed where there is a key. */
#define SIGN_OPTIONS(who)                                                      \
    { .name = "agency", .value = "ID", .help = who },                          \
        { .name = "key",                                                       \
          .value = "FILE",                                                     \
          .env = "WAYMARK_SIGN_KEY",                                           \
          .help = "sign as --agency with this private key, PEM" },             \
        { .name = "kid",                                                       \
          .value = "KID",                                                      \
          .help = "its name in the register, where there are several" },       \
    {                                                                          \
        .name = "audience", .value = "NAME", .env = "WAYMARK_AUDIENCE",        \
        .help = "the door's name, as the authority gives it"                   \
    }

/* Where the door is. */
#define SIGN_INTAKE                                                            \
    {                                                                          \
        .name = "intake", .value = "URL", .env = "WAYMARK_INTAKE",             \
        .help = "intake's address, http://HOST:PORT or unix:/PATH"             \
    }

/* Texts are borrowed while it is open. */
struct sign_options {
    const char *key_file; /* PEM, the agency's private key */
    const char *agency;
    const char *audience; /* the door's name */
    const char *kid;      /* NULL: the agency has one key */
    int64_t seconds;      /* until it expires */
};

/** ST_REJECT: the file is no key, or an option is missing. Caller closes. */
MUST_CHECK enum status signer_open(const struct cli *cli,
                                   const struct sign_options *options,
                                   struct signer **out, struct err *err);
/** NULL does nothing. */
void signer_close(struct signer *s);

/** A token with a jti of its own, good from now. The text is in `arena`. */
MUST_CHECK enum status signer_token(const struct signer *s, struct arena *arena,
                                    struct str *out, struct err *err);

/**
 * Sign one call as the verb's options say (--key, --agency, --audience, --kid):
 * its only header is then *header, which the caller lends it. Without --key
 * nothing is signed. The token is in cli->arena.
 */
MUST_CHECK enum status sign_call(const struct cli *cli,
                                 struct http_client_header *header,
                                 struct http_call *call, struct err *err);

#endif
