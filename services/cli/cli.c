#include "cli/cli.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/services.h"
#include "common/adapters/json.h"

static const struct cli_option everywhere[] = {
    { .name = "kafka",
      .value = "HOST:PORT,...",
      .env = "WAYMARK_KAFKA",
      .help = "brokers" },
    { .name = "pgconn",
      .value = "CONNINFO",
      .env = "PGCONN",
      .dflt = "",
      .help = "PostgreSQL; empty: PGHOST, PGUSER, ..." },
    { .name = "profiles",
      .value = "FOLDER",
      .env = "WAYMARK_PROFILES",
      .dflt = "profiles",
      .help = "folder of authorities.json" },
    { .name = "help", .help = "this text" },
};
static const struct cli_option json_option = { .name = "json",
                                               .help = "print JSON" };

/* ---- options ----------------------------------------------------------- */

static void
add_option(struct cli *cli, const struct cli_option *o)
{
    const char *env = o->env == NULL ? NULL : getenv(o->env);

    assert(cli->n_options < CLI_OPTIONS_MAX);
    cli->options[cli->n_options] = o;
    cli->values[cli->n_options++] = env != NULL ? env : o->dflt;
}

static void
add_options(struct cli *cli)
{
    for (const struct cli_option *o = cli->verb->options; o->name != NULL; o++)
        add_option(cli, o);
    if (cli->verb->prints_data)
        add_option(cli, &json_option);
    for (size_t i = 0; i < sizeof everywhere / sizeof everywhere[0]; i++)
        add_option(cli, &everywhere[i]);
}

static size_t
find_option(const struct cli *cli, const char *name, size_t n)
{
    for (size_t i = 0; i < cli->n_options; i++)
        if (strlen(cli->options[i]->name) == n &&
            memcmp(cli->options[i]->name, name, n) == 0)
            return i;
    return cli->n_options;
}

/* "--name=value", "--name value" or "--name" of a switch; *used arguments. */
static bool
read_option(struct cli *cli, int argc, char **argv, int *used)
{
    const char *name = argv[0] + 2, *equals = strchr(name, '=');
    size_t n = equals == NULL ? strlen(name) : (size_t)(equals - name);
    size_t i = find_option(cli, name, n);

    *used = 1;
    if (i == cli->n_options) {
        (void)cli_usage(cli, "there is no option --%.*s", (int)n, name);
        return false;
    }
    if (cli->options[i]->value == NULL) {
        if (equals != NULL) {
            (void)cli_usage(cli, "--%s takes no value", cli->options[i]->name);
            return false;
        }
        cli->values[i] = "on";
        return true;
    }
    if (equals == NULL && argc < 2) {
        (void)cli_usage(cli, "--%s wants %s", cli->options[i]->name,
                        cli->options[i]->value);
        return false;
    }
    cli->values[i] = equals != NULL ? equals + 1 : argv[1];
    *used = equals != NULL ? 1 : 2;
    return true;
}

bool
cli_read(struct cli *cli, int argc, char **argv)
{
    bool only_words = false;

    add_options(cli);
    for (int i = 0, used; i < argc; i += used) {
        used = 1;
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
            if (!read_option(cli, argc - i, argv + i, &used))
                return false;
        } else if (cli->n_words == sizeof cli->words / sizeof cli->words[0]) {
            (void)cli_usage(cli, "too many words");
            return false;
        } else {
            cli->words[cli->n_words++] = argv[i];
        }
    }
    if (!cli_flag(cli, "help") && (cli->n_words < cli->verb->min_words ||
                                   cli->n_words > cli->verb->max_words)) {
        (void)cli_usage(cli, "want: waymark %s %s", cli->verb->name,
                        cli->verb->words);
        return false;
    }
    return true;
}

void
cli_help(struct cli *cli, const struct verb *verb)
{
    printf("usage: waymark %s %s\n\n%s.\n\n", verb->name, verb->words,
           verb->help);
    for (size_t i = 0; i < cli->n_options; i++) {
        const struct cli_option *o = cli->options[i];
        char head[64];

        snprintf(head, sizeof head, "--%s%s%s", o->name,
                 o->value == NULL ? "" : " ", o->value == NULL ? "" : o->value);
        printf("  %-26s %s", head, o->help);
        if (o->env != NULL)
            printf(" (%s)", o->env);
        if (o->dflt != NULL && o->dflt[0] != '\0')
            printf(" [%s]", o->dflt);
        printf("\n");
    }
}

const char *
cli_text(const struct cli *cli, const char *option)
{
    size_t i = find_option(cli, option, strlen(option));

    assert(i < cli->n_options);
    return cli->values[i];
}

bool
cli_flag(const struct cli *cli, const char *option)
{
    size_t i = find_option(cli, option, strlen(option));

    return i < cli->n_options && cli->values[i] != NULL;
}

bool
cli_number(const struct cli *cli, const char *option, int64_t min, int64_t max,
           int64_t *out)
{
    const char *text = cli_text(cli, option);
    char *end;
    long long v;

    if (text == NULL)
        return true;
    errno = 0;
    v = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || v < min || v > max) {
        (void)cli_usage(cli, "--%s \"%s\": want %" PRId64 "..%" PRId64, option,
                        text, min, max);
        return false;
    }
    *out = v;
    return true;
}

enum cli_exit
cli_fail(const struct cli *cli, enum status st, const struct err *err)
{
    fprintf(stderr, "waymark %s: %s%s%s\n", cli->verb->name, err->code,
            err->code[0] == '\0' ? "" : ": ", err->text);
    return st == ST_REJECT ? CLI_USAGE : CLI_WORLD;
}

enum cli_exit
cli_usage(const struct cli *cli, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fprintf(stderr, "waymark %s: ", cli->verb->name);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\n");
    va_end(ap);
    return CLI_USAGE;
}

static sigset_t
end_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

void
cli_hold_signals(void)
{
    sigset_t set = end_signals();

    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void
cli_let_go(void)
{
    sigset_t set = end_signals();

    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

enum status
cli_go_on(struct err *err)
{
    sigset_t set;

    sigpending(&set);
    return sigismember(&set, SIGINT) == 1 || sigismember(&set, SIGTERM) == 1
               ? err_set(err, ST_RETRY, "stopped", "stopped by a signal")
               : ST_OK;
}

/* ---- the world --------------------------------------------------------- */

/* True if the option or one of libpq's own variables names the server. */
static bool
says_where_pg_is(const struct cli *cli)
{
    static const char *const variables[] = { "PGHOST", "PGHOSTADDR", "PGPORT",
                                             "PGSERVICE" };

    if (cli_text(cli, "pgconn")[0] != '\0')
        return true;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (getenv(variables[i]) != NULL)
            return true;
    return false;
}

enum status
cli_pg(const struct cli *cli, struct pg **out, struct err *err)
{
    struct pg_options options = { .conninfo = cli_text(cli, "pgconn"),
                                  .application_name = "waymark",
                                  .wait_ms = 10 * 60 * 1000 };
    enum status rc = pg_open(&options, out, err);

    if (rc == ST_OK)
        return pg_exec(*out, "SET timezone TO 'UTC'", err);
    if (rc == ST_RETRY && !says_where_pg_is(cli))
        return err_set(
            err, ST_REJECT, "config",
            "where is PostgreSQL? PGCONN, --pgconn CONNINFO or "
            "PGHOST, PGPORT, PGUSER, PGDATABASE say it; none is set");
    return rc;
}

enum status
cli_kafka(const struct cli *cli, struct kafka_conn *out, struct err *err)
{
    const char *brokers = cli_text(cli, "kafka");

    if (brokers == NULL || brokers[0] == '\0')
        return err_set(err, ST_REJECT, "config",
                       "where is Kafka? WAYMARK_KAFKA or --kafka HOST:PORT");
    *out = (struct kafka_conn){ .brokers = brokers, .client_id = "waymark" };
    return ST_OK;
}

enum status
cli_seal(const struct cli *cli, const char *service, struct seal **out,
         struct err *err)
{
    const char *path = cli_text(cli, "seal-key-file");

    *out = NULL;
    if (strcmp(service, "triage") != 0 && strcmp(service, "intake") != 0)
        return ST_OK;
    if (path == NULL || path[0] == '\0')
        return err_set(err, ST_REJECT, "config",
                       "persons are sealed: WAYMARK_SEAL_KEY_FILE or "
                       "--seal-key-file FILE");
    return seal_open(path, out, err);
}

enum status
cli_authorities(const struct cli *cli, struct authorities *out, struct err *err)
{
    return authorities_read(cli_text(cli, "profiles"), cli->arena, out, err);
}

enum status
cli_shard(const struct cli *cli, int32_t *out, struct err *err)
{
    const char *name = cli_text(cli, "authority");
    struct authorities all;
    const struct authority *a;
    enum status rc;

    *out = -1;
    if (name == NULL)
        return ST_OK;
    rc = cli_authorities(cli, &all, err);
    if (rc != ST_OK)
        return rc;
    a = authorities_find(&all, str_of(name));
    if (a == NULL)
        return err_set(err, ST_REJECT, "config",
                       "authority \"%s\" is not in authorities.json", name);
    *out = a->partition;
    return ST_OK;
}

enum status
cli_has_table(struct pg *pg, const char *schema, const char *table, bool *out,
              struct err *err)
{
    char sql[300];
    struct pg_result *res = NULL;
    enum status rc;

    snprintf(sql, sizeof sql, "SELECT to_regclass('%s.%s') IS NOT NULL", schema,
             table);
    rc = pg_query(pg, NULL, sql, NULL, &res, err);
    if (rc == ST_OK)
        *out = pg_bool(res, 0, 0);
    pg_result_close(res);
    return rc;
}

const struct service_def *
cli_service(const char *name)
{
    for (size_t i = 0; i < cli_services_n; i++)
        if (strcmp(service_name(cli_services[i]->service), name) == 0)
            return cli_services[i];
    return NULL;
}

/* ---- showing ----------------------------------------------------------- */

enum { COLUMNS_MAX = 40 };

/* Code points, near enough to columns of a terminal. */
static int
width_of(struct str s)
{
    int n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

/* A member as one word of a table. */
static struct str
cell_text(struct arena *arena, const struct json *v)
{
    char number[JSON_NUMBER_SIZE];
    struct str text = STR("-");
    bool yes;

    if (json_str(v, &text))
        return text.n > 0 ? text : STR("\"\"");
    if (json_number_text(v, number))
        return arena_printf(arena, "%s", number);
    if (json_bool(v, &yes))
        return yes ? STR("yes") : STR("no");
    return STR("-");
}

struct cells {
    size_t n_columns;
    struct str names[COLUMNS_MAX];
    int widths[COLUMNS_MAX];
    struct str *at; /* rows by columns */
    size_t n_rows;
};

static enum status
read_row(struct arena *arena, struct str text, struct cells *cells, size_t row,
         struct err *err)
{
    struct json *doc = NULL;
    struct json_each each;
    const struct json *v;
    struct str key;
    size_t c = 0;
    enum status rc = json_parse(text, text.n, &doc, err);

    if (rc != ST_OK)
        return rc;
    each = json_each_of(doc);
    while (c < cells->n_columns && json_each_next(&each, &key, &v)) {
        struct str cell = arena_str(arena, cell_text(arena, v));

        if (width_of(cell) > cells->widths[c])
            cells->widths[c] = width_of(cell);
        cells->at[row * cells->n_columns + c++] = cell;
    }
    json_free(doc);
    return ST_OK;
}

static enum status
read_names(struct arena *arena, struct str text, struct cells *cells,
           struct err *err)
{
    struct json *doc = NULL;
    struct json_each each;
    const struct json *v;
    struct str key;
    enum status rc = json_parse(text, text.n, &doc, err);

    if (rc != ST_OK)
        return rc;
    each = json_each_of(doc);
    while (cells->n_columns < COLUMNS_MAX && json_each_next(&each, &key, &v)) {
        cells->widths[cells->n_columns] = width_of(key);
        cells->names[cells->n_columns++] = arena_str(arena, key);
    }
    json_free(doc);
    return ST_OK;
}

static void
print_line(const struct cells *cells, const struct str *line)
{
    for (size_t c = 0; c < cells->n_columns; c++) {
        bool last = c + 1 == cells->n_columns;

        printf("%s%.*s", c == 0 ? "" : "  ", STR_ARG(line[c]));
        printf("%*s", last ? 0 : cells->widths[c] - width_of(line[c]), "");
    }
    printf("\n");
}

static enum status
show_table(const struct cli *cli, const char *title,
           const struct pg_result *res, struct err *err)
{
    struct cells cells = { .n_rows = pg_n_rows(res) };
    enum status rc = ST_OK;

    if (title != NULL)
        printf("%s%s\n", title, cells.n_rows == 0 ? ": none" : "");
    if (cells.n_rows == 0)
        return ST_OK;
    rc = read_names(cli->arena, pg_text(res, 0, 0), &cells, err);
    cells.at = arena_array(cli->arena, cells.n_rows * cells.n_columns,
                           sizeof *cells.at);
    for (size_t i = 0; rc == ST_OK && i < cells.n_rows; i++)
        rc = read_row(cli->arena, pg_text(res, i, 0), &cells, i, err);
    if (rc != ST_OK)
        return rc;
    print_line(&cells, cells.names);
    for (size_t i = 0; i < cells.n_rows; i++)
        print_line(&cells, cells.at + i * cells.n_columns);
    return ST_OK;
}

static void
show_json(const char *json_key, const struct pg_result *res)
{
    if (json_key != NULL)
        printf("\"%s\":", json_key);
    printf("[");
    for (size_t i = 0; i < pg_n_rows(res); i++)
        printf("%s\n%.*s", i == 0 ? "" : ",", STR_ARG(pg_text(res, i, 0)));
    printf("]\n");
}

enum status
cli_show(const struct cli *cli, struct pg *pg, const char *title,
         const char *json_key, const char *sql, const struct pg_params *params,
         size_t *n, struct err *err)
{
    struct str wrapped = arena_printf(
        cli->arena, "SELECT row_to_json(q)::text FROM (%s) q", sql);
    struct pg_result *res = NULL;
    enum status rc = pg_query(pg, NULL, wrapped.p, params, &res, err);

    if (rc == ST_OK && cli_flag(cli, "json"))
        show_json(json_key, res);
    else if (rc == ST_OK)
        rc = show_table(cli, title, res, err);
    if (rc == ST_OK && n != NULL)
        *n = pg_n_rows(res);
    pg_result_close(res);
    return rc;
}

enum status
cli_list_begin(const struct cli *cli, struct pg_params *p, struct err *err)
{
    int32_t shard;
    enum status rc = cli_shard(cli, &shard, err);

    pg_params_init(p, cli->arena);
    pg_add_i32(p, shard);
    pg_add_text(p, str_of(cli_text(cli, "unit")));
    return rc;
}

enum status
cli_list(const struct cli *cli, const char *title, const char *sql,
         const struct pg_params *p, struct err *err)
{
    struct pg *pg = NULL;
    enum status rc = cli_pg(cli, &pg, err);

    if (rc == ST_OK)
        rc = cli_show(cli, pg, title, NULL, sql, p, NULL, err);
    pg_close(pg);
    return rc;
}
