/**
 * One call to intake's door, in the name of an agency of the authority's own:
 * what people do by a verb enters there like everything else.
 */
#ifndef WAYMARK_CLI_ASK_H
#define WAYMARK_CLI_ASK_H

#include "cli/cli.h"

#define ASK_ACCEPTED 202
#define ASK_CONFLICT 409

/* Options of every verb that asks; they must be among the verb's. */
#define ASK_OPTIONS                                                            \
    { .name = "authority",                                                     \
      .value = "A",                                                            \
      .help = "whose, where intake has several" },                             \
        { .name = "agency",                                                    \
          .value = "ID",                                                       \
          .help = "the authority's own that asks" },                           \
        { .name = "key",                                                       \
          .value = "FILE",                                                     \
          .env = "WAYMARK_SIGN_KEY",                                           \
          .help = "sign as --agency with this private key, PEM" },             \
        { .name = "kid",                                                       \
          .value = "KID",                                                      \
          .help = "its name in the register, where there are several" },       \
        { .name = "audience",                                                  \
          .value = "NAME",                                                     \
          .env = "WAYMARK_AUDIENCE",                                           \
          .help = "the door's name, as the authority gives it" },              \
    {                                                                          \
        .name = "intake", .value = "URL", .env = "WAYMARK_INTAKE",             \
        .help = "intake's address"                                             \
    }

struct ask_answer {
    int status;      /* of HTTP */
    struct str body; /* in the verb's arena */
};

/**
 * POST a JSON text to a path ("/v1/erasures"). ST_OK whatever intake answers.
 * ST_RETRY where nobody does; ST_REJECT, code "config", where the options are
 * wrong.
 */
MUST_CHECK enum status ask_intake(const struct cli *cli, const char *path,
                                  struct str body, struct ask_answer *out,
                                  struct err *err);

/** Say on stderr what intake refused; the exit code for it. */
enum cli_exit ask_refused(const struct cli *cli,
                          const struct ask_answer *answer);

#endif
