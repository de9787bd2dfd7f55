/**
 * One call to intake's door, in the name of an agency of the authority's own:
 * what people do by a verb enters there like everything else.
 */
#ifndef WAYMARK_CLI_ASK_H
#define WAYMARK_CLI_ASK_H

#include "cli/cli.h"
#include "cli/sign.h"

#define ASK_ACCEPTED 202
#define ASK_CONFLICT 409

/* Options of every verb that asks; they must be among the verb's. */
#define ASK_OPTIONS                                                            \
    SIGN_OPTIONS("the authority's own that asks"), SIGN_INTAKE,                \
    {                                                                          \
        .name = "authority", .value = "A",                                     \
        .help = "whose, where intake has several"                              \
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
