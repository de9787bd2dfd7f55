/* waymark backtest: what other thresholds would have done with the past. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/backtest_report.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/calendar_json.h"
#include "common/adapters/profile_json.h"
#include "common/engine/memory.h"

enum { PAST_MEMORY_GB = 16 };

struct backtest {
    struct cli *cli;
    struct pg *pg;
    struct seal *seal;
    const struct authority *authority;
    struct str profile; /* text */
    time_ms from, to;
    struct arena *arena; /* of the past */
    struct past past;
};

/* ---- what is asked ---- */

/* The authority's own calendar says what a day is. */
static enum status
read_zone(struct backtest *b, struct calendar *out, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, b->cli->arena);
    pg_add_i32(&p, b->authority->partition);
    rc = pg_query(b->pg, NULL,
                  "SELECT text FROM triage.config WHERE shard = $1 AND "
                  "config_kind = 'calendar' ORDER BY n DESC LIMIT 1",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_REJECT, "config", "%.*s has no past",
                     STR_ARG(b->authority->name));
    if (rc == ST_OK)
        rc = calendar_json_read(b->cli->arena, pg_text(res, 0, 0), out, err);
    pg_result_close(res);
    return rc;
}

/* A date, whose first instant or, as an end, last one is meant; or an instant.
 */
static enum status
read_instant(const struct calendar *cal, const char *option, const char *word,
             bool end, time_ms *out, struct err *err)
{
    date_d day;

    if (word == NULL)
        return ST_OK;
    if (date_parse(str_of(word), &day)) {
        *out = zone_start_of_day(&cal->zone, end ? day + 1 : day);
        return ST_OK;
    }
    if (time_parse(&cal->zone, str_of(word), out, err) != ST_OK)
        return err_set(err, ST_REJECT, "config", "--%s: want a date or instant",
                       option);
    return ST_OK;
}

static enum status
read_time(struct backtest *b, struct err *err)
{
    struct calendar cal;
    enum status rc = read_zone(b, &cal, err);

    b->from = 0;
    b->to = TIME_NEVER;
    if (rc == ST_OK)
        rc = read_instant(&cal, "from", cli_text(b->cli, "from"), false,
                          &b->from, err);
    if (rc == ST_OK)
        rc =
            read_instant(&cal, "to", cli_text(b->cli, "to"), true, &b->to, err);
    return rc;
}

static enum status
read_authority(struct backtest *b, struct err *err)
{
    const char *name = cli_text(b->cli, "authority");
    struct authorities all;
    enum status rc = cli_authorities(b->cli, &all, err);

    if (rc != ST_OK)
        return rc;
    b->authority = authorities_find(&all, str_of(name));
    if (b->authority == NULL)
        return err_set(err, ST_REJECT, "config", "there is no authority %s",
                       name);
    return ST_OK;
}

/* Refused here with its rule, before the past is read. */
static enum status
read_profile(struct backtest *b, struct err *err)
{
    const char *path = cli_text(b->cli, "profile");
    struct profile profile;
    enum status rc =
        file_read(path, PROFILE_BYTES_MAX, b->cli->arena, &b->profile, err);

    if (rc == ST_OK)
        rc = profile_json_read(b->cli->arena, b->profile, &profile, err);
    if (rc != ST_OK)
        err_where(err, "%s", path);
    return rc;
}

static enum status
read_past(struct backtest *b, struct err *err)
{
    struct past_options options = { .conninfo = cli_text(b->cli, "pgconn"),
                                    .authority = b->authority };
    enum status rc = cli_kafka(b->cli, &options.conn, err);

    if (rc == ST_OK)
        rc = cli_seal(b->cli, service_name(SERVICE_TRIAGE), &b->seal, err);
    options.seal = b->seal;
    return rc == ST_OK ? past_read(&options, b->arena, &b->past, err) : rc;
}

/* ---- two runs at once ---- */

struct lane {
    struct rerun_options options;
    struct rerun *rerun;
    struct err err;
    enum status rc;
};

static void *
run_lane(void *self)
{
    struct lane *l = self;

    l->rc = rerun_run(&l->options, &l->rerun, &l->err);
    return NULL;
}

/* By the log's own profiles beside it, in a thread of its own. */
static enum status
run_lanes(struct lane *then, struct lane *now, struct err *err)
{
    pthread_t thread;
    bool beside = pthread_create(&thread, NULL, run_lane, then) == 0;

    run_lane(now);
    if (beside)
        pthread_join(thread, NULL);
    else
        run_lane(then);
    *err = then->rc != ST_OK ? then->err : now->err;
    return then->rc != ST_OK ? then->rc : now->rc;
}

/* ---- against the log ---- */

static bool
is_same(const struct rerun_decision *d, const struct pg_result *res, size_t row)
{
    return str_eq(d->rec->rule_id, pg_text(res, row, 1)) &&
           str_is(pg_text(res, row, 2),
                  codes_word(&codes_outcome, d->rec->outcome)) &&
           str_eq(d->rec->unit, pg_text(res, row, 3));
}

/* How far the rerun is to be trusted: does it repeat what was decided? */
static enum status
hold_against_log(struct backtest *b, const struct rerun *then,
                 struct backtest_report *report, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    size_t n, k = 0;
    const struct rerun_decision *at = rerun_decisions(then, &n);
    enum status rc;

    pg_params_init(&p, b->cli->arena);
    pg_add_i32(&p, b->authority->partition);
    rc = pg_query(b->pg, NULL,
                  "SELECT notification_id, rule_id, outcome, unit FROM "
                  "triage.decision WHERE shard = $1 ORDER BY notification_id",
                  &p, &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        struct id id = pg_id(res, i, 0);

        while (k < n && memcmp(&at[k].rec->notification_id, &id, sizeof id) < 0)
            k++;
        report->of_log++;
        if (k < n && id_eq(at[k].rec->notification_id, id))
            report->as_log += is_same(&at[k], res, i);
    }
    pg_result_close(res);
    return rc;
}

/* ---- telling ---- */

static enum status
write_file(const struct backtest_report *r, const char *path,
           void (*write)(const struct backtest_report *r, FILE *to),
           struct err *err)
{
    FILE *to;

    if (path == NULL)
        return ST_OK;
    to = fopen(path, "w");
    if (to == NULL)
        return err_set(err, ST_REJECT, "config", "%s can't be written", path);
    write(r, to);
    if (fclose(to) != 0)
        return err_set(err, ST_REJECT, "config", "%s can't be written", path);
    return ST_OK;
}

static enum status
tell(struct backtest *b, const struct backtest_report *r, struct err *err)
{
    enum status rc =
        write_file(r, cli_text(b->cli, "list"), backtest_list, err);

    if (rc == ST_OK)
        rc = write_file(r, cli_text(b->cli, "svg"), backtest_svg, err);
    if (cli_flag(b->cli, "json"))
        backtest_json(r, b->cli->arena);
    else
        backtest_print(r);
    return rc;
}

static enum status
compare(struct backtest *b, struct err *err)
{
    struct lane then = { .options = { .past = &b->past,
                                      .authority = b->authority } };
    struct lane now = then;
    struct backtest_report report;
    enum status rc;

    now.options.profile = b->profile;
    now.options.from = b->from;
    rc = run_lanes(&then, &now, err);
    if (rc == ST_OK) {
        backtest_compare(then.rerun, now.rerun, b->from, b->to, b->cli->arena,
                         &report);
        rc = hold_against_log(b, then.rerun, &report, err);
    }
    if (rc == ST_OK)
        rc = tell(b, &report, err);
    rerun_close(then.rerun);
    rerun_close(now.rerun);
    return rc;
}

static enum cli_exit
run(struct cli *cli)
{
    struct backtest b = { .cli = cli };
    struct err err = { .code = "" };
    enum status rc;

    if (cli_text(cli, "profile") == NULL || cli_text(cli, "authority") == NULL)
        return cli_usage(cli, "want --profile FILE and --authority A");
    b.arena = memory_open((size_t)PAST_MEMORY_GB << 30);
    rc = b.arena == NULL ? err_set(&err, ST_RETRY, "memory", "no memory")
                         : read_authority(&b, &err);
    if (rc == ST_OK)
        rc = read_profile(&b, &err);
    if (rc == ST_OK)
        rc = cli_pg(cli, &b.pg, &err);
    if (rc == ST_OK)
        rc = read_time(&b, &err);
    if (rc == ST_OK)
        rc = read_past(&b, &err);
    if (rc == ST_OK)
        rc = compare(&b, &err);
    seal_close(b.seal);
    pg_close(b.pg);
    memory_close(b.arena);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_backtest = {
    .name = "backtest",
    .words = "--profile FILE --authority A [--from D] [--to D]",
    .help = "what other thresholds would have done with the past",
    .min_words = 0,
    .max_words = 0,
    .options = {
        { .name = "profile", .value = "FILE", .help = "the other thresholds" },
        { .name = "authority", .value = "A", .help = "whose past" },
        { .name = "from", .value = "D",
          .help = "in force from here: a date or an instant" },
        { .name = "to", .value = "D", .help = "the last day that is counted" },
        { .name = "list", .value = "FILE",
          .help = "a CSV line for each that is decided otherwise" },
        { .name = "svg", .value = "FILE", .help = "a chart by unit" },
        CLI_SEAL_KEY_FILE,
    },
    .prints_data = true,
    .run = run,
};
