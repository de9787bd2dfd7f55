/**
 * Sending files of rows to intake: what the verbs `send` and `import` share.
 */
#ifndef WAYMARK_CLI_SEND_H
#define WAYMARK_CLI_SEND_H

#include "cli/cli.h"
#include "cli/sign.h"
#include "intake/core/sheet.h"

#define SEND_GIVEN_MAX 3

/* Options of both; a verb that sends has all of them. */
#define SEND_OPTIONS                                                           \
    SIGN_OPTIONS("sender of rows that don't name one"), SIGN_INTAKE,           \
        { .name = "authority",                                                 \
          .value = "A",                                                        \
          .help = "to which authority, where intake serves several" },         \
        { .name = "results",                                                   \
          .value = "FILE",                                                     \
          .help = "a line a row; what it says was accepted is skipped" },      \
        { .name = "rejected",                                                  \
          .value = "FILE",                                                     \
          .help = "rows that were refused, ready to be mended and sent" },     \
    {                                                                          \
        .name = "wait", .value = "SECONDS", .dflt = "60",                      \
        .help = "longest wait, in all, for intake to be ready"                 \
    }

/* A column that every row of a sheet gets, whatever the file has in it. */
struct send_given {
    const char *column;
    const char *value; /* NULL: not given, the file's own column stays */
};

/* What is sent. */
struct send_task {
    struct sheet_options kind;               /* item 0: the file's name says */
    struct send_given given[SEND_GIVEN_MAX]; /* unused: column NULL */
    const char *time;                        /* the log clock first, or NULL */
};

/**
 * Send the verb's words as files. Says on stderr how many rows were accepted.
 * CLI_DIFFERENT where one was refused.
 */
enum cli_exit send_files(struct cli *cli, const struct send_task *task);

#endif
