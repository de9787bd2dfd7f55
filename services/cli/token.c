/* waymark token: a fresh token of an agency, for curl. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/sign.h"
#include "cli/verbs.h"

static enum cli_exit
run(struct cli *cli)
{
    struct sign_options options = { .key_file = cli_text(cli, "key"),
                                    .agency = cli_text(cli, "agency"),
                                    .audience = cli_text(cli, "audience"),
                                    .kid = cli_text(cli, "kid"),
                                    .seconds = SIGN_SECONDS };
    struct signer *signer = NULL;
    struct err err = { .code = "" };
    struct str token;
    enum status rc;

    if (options.key_file == NULL)
        return cli_usage(cli, "whose key? --key FILE or WAYMARK_SIGN_KEY");
    if (!cli_number(cli, "seconds", 1, 86400, &options.seconds))
        return CLI_USAGE;
    rc = signer_open(cli, &options, &signer, &err);
    if (rc == ST_OK)
        rc = signer_token(signer, cli->arena, &token, &err);
    if (rc == ST_OK)
        printf("%.*s\n", STR_ARG(token));
    signer_close(signer);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_token = {
    .name = "token",
    .words = "--agency ID --key FILE",
    .help = "a fresh token that proves who sends, for one request",
    .options = {
        SIGN_OPTIONS("whose key it is"),
        { .name = "seconds", .value = "N", .dflt = "60",
          .help = "until it expires; the door takes 300 at most" },
    },
    .run = run,
};
