/**
 * What all verbs of `waymark` share: options, exit codes, the way to the
 * world, and how results are shown.
 *
 * A verb is a struct verb in a file of its own; main.c has the table. A value
 * comes from the option's default, the environment, or the command line, the
 * later over the earlier.
 */
#ifndef WAYMARK_CLI_CLI_H
#define WAYMARK_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/adapters/authorities.h"
#include "common/adapters/kafka.h"
#include "common/adapters/pg.h"
#include "common/adapters/seal.h"
#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/service.h"

/* Exit codes; the manual page says the same. */
enum cli_exit {
    CLI_DONE = 0,
    CLI_DIFFERENT = 1, /* a check found differences; a row was refused */
    CLI_USAGE = 2,
    CLI_WORLD =
        3, /* Kafka, PostgreSQL or intake isn't ready, or not as it should be */
};

struct cli_option {
    const char *name;  /* without the hyphens; NULL ends a list */
    const char *value; /* what the help calls its value; NULL: a switch */
    const char *env;   /* variable that stands for it, or NULL */
    const char *dflt;  /* or NULL */
    const char *help;
};

struct cli;

struct verb {
    const char *name;
    const char *words; /* what follows the verb, for the help; "" for nothing */
    const char *help;  /* one line */
    size_t min_words, max_words;
    struct cli_option options[16]; /* beside those of all verbs */
    bool prints_data;              /* takes --json */
    enum cli_exit (*run)(struct cli *cli);
};

#define CLI_OPTIONS_MAX 24

struct cli {
    const struct verb *verb;
    struct arena *arena; /* lives as long as the verb */
    const char *words[64];
    size_t n_words;
    /* Internal to cli.c. */
    const struct cli_option *options[CLI_OPTIONS_MAX];
    const char *values[CLI_OPTIONS_MAX];
    size_t n_options;
};

/** Read the arguments behind the verb. False: said what is wrong on stderr. */
bool cli_read(struct cli *cli, int argc, char **argv);
/** The verb's help on stdout. */
void cli_help(struct cli *cli, const struct verb *verb);

/** Value of an option, NULL where there is none. The option must be the verb's.
 */
const char *cli_text(const struct cli *cli, const char *option);
/** True if a switch was given. */
bool cli_flag(const struct cli *cli, const char *option);
/**
 * Value as a number of `min` to `max`; false: said what is wrong. Without a
 * value *out stays.
 */
bool cli_number(const struct cli *cli, const char *option, int64_t min,
                int64_t max, int64_t *out);

/** Say code and text on stderr; returns the exit code that the status has. */
enum cli_exit cli_fail(const struct cli *cli, enum status st,
                       const struct err *err);
/** Say what is wrong with the command line; returns CLI_USAGE. */
enum cli_exit cli_usage(const struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * Hold back SIGINT and SIGTERM, so that a verb can take its traces away first;
 * they end the process when cli_let_go is called.
 */
void cli_hold_signals(void);
void cli_let_go(void);
/** ST_RETRY, code "stopped", when such a signal waits. */
MUST_CHECK enum status cli_go_on(struct err *err);

/* ---- the world --------------------------------------------------------- */

/**
 * Connect to PostgreSQL; times are shown in UTC. Caller closes. ST_REJECT, code
 * "config": nobody says where it is, and libpq's own default isn't it either.
 */
MUST_CHECK enum status cli_pg(const struct cli *cli, struct pg **out,
                              struct err *err);
/** How to reach Kafka; ST_REJECT, code "config", where nobody says. */
MUST_CHECK enum status cli_kafka(const struct cli *cli, struct kafka_conn *out,
                                 struct err *err);
/**
 * The master keys, where `service` seals or opens persons; else *out is NULL.
 * The option seal-key-file must be the verb's. ST_REJECT, code "config": they
 * can't be read. Caller closes.
 */
MUST_CHECK enum status cli_seal(const struct cli *cli, const char *service,
                                struct seal **out, struct err *err);
MUST_CHECK enum status cli_authorities(const struct cli *cli,
                                       struct authorities *out,
                                       struct err *err);
/** True if there is such a table or view. */
MUST_CHECK enum status cli_has_table(struct pg *pg, const char *schema,
                                     const char *table, bool *out,
                                     struct err *err);
/**
 * Partition of --authority; -1 where the option isn't given: all of them.
 * ST_REJECT where authorities.json doesn't have it.
 */
MUST_CHECK enum status cli_shard(const struct cli *cli, int32_t *out,
                                 struct err *err);

/** A service of services.h by name, NULL for none. */
const struct service_def *cli_service(const char *name);

/* An option of the verbs that replay triage. */
#define CLI_SEAL_KEY_FILE                                                      \
    {                                                                          \
        .name = "seal-key-file", .value = "FILE",                              \
        .env = "WAYMARK_SEAL_KEY_FILE",                                        \
        .help = "master keys, as the services have them"                       \
    }

/* ---- showing ----------------------------------------------------------- */

/**
 * Run a query and show its rows: a table with its columns' names as headings,
 * or with --json one array of objects. `title` stands above the table and,
 * where `json_key` isn't NULL, `"json_key":` before the array (the caller
 * writes braces and commas). *n (may be NULL) is the number of rows.
 */
MUST_CHECK enum status cli_show(const struct cli *cli, struct pg *pg,
                                const char *title, const char *json_key,
                                const char *sql, const struct pg_params *params,
                                size_t *n, struct err *err);

/**
 * The parameters of a list: $1 is the partition of --authority (-1: all), $2
 * the text of --unit (NULL: all); both must be the verb's. The caller adds the
 * others and gives them to cli_list. Statuses as cli_shard.
 */
MUST_CHECK enum status cli_list_begin(const struct cli *cli,
                                      struct pg_params *p, struct err *err);
/** Connect and show one query's rows, as cli_show does. */
MUST_CHECK enum status cli_list(const struct cli *cli, const char *title,
                                const char *sql, const struct pg_params *p,
                                struct err *err);

#endif
