/*
 * waymark simulate: a made-up authority through the real services, or into a
 * file. The log clock of the authority must stand before the first day.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/core/sim.h"
#include "cli/verbs.h"
#include "common/adapters/calendar_json.h"
#include "common/adapters/http_client.h"
#include "common/adapters/json.h"
#include "common/adapters/profile_json.h"
#include "common/engine/monotonic.h"

enum {
    ANSWER_MAX = 32 << 20,
    BATCH_ROWS = 500,
    AGAIN_MS = 200,
    STATUS_OK = 200,
    STATUS_ACCEPTED = 202,
    STATUS_MULTI = 207,
    STATUS_OFTEN = 429,
    STATUS_LATER = 503,
};

struct simulate {
    struct cli *cli;
    struct profile profile;
    struct calendar cal;
    struct sim_plan plan;
    struct http_client *client;
    const char *authority;
    int64_t wait_ms; /* longest wait, in all, for intake to be ready */
    size_t accepted, refused;
};

/* ---- options ----------------------------------------------------------- */

static enum status
read_profile(struct simulate *s, struct err *err)
{
    struct cli *cli = s->cli;
    const char *name = cli_text(cli, "profile");
    struct str text, path;
    enum status st;

    path = strchr(name, '/') != NULL
               ? str_of(name)
               : arena_printf(cli->arena, "%s/%s.json",
                              cli_text(cli, "profiles"), name);
    st = file_read(path.p, PROFILE_BYTES_MAX, cli->arena, &text, err);
    if (st == ST_OK)
        st = profile_json_read(cli->arena, text, &s->profile, err);
    if (st == ST_OK && s->profile.n_postcodes == 0)
        st = err_set(err, ST_REJECT, "profile", "it maps no postcodes");
    if (st != ST_OK)
        return st;
    path = arena_printf(cli->arena, "%s/%.*s.json", cli_text(cli, "calendars"),
                        STR_ARG(s->profile.calendar));
    st = file_read(path.p, PROFILE_BYTES_MAX, cli->arena, &text, err);
    if (st == ST_OK)
        st = calendar_json_read(cli->arena, text, &s->cal, err);
    return st;
}

static bool
read_numbers(struct simulate *s, struct sim_options *o, struct err *err)
{
    int64_t days = 28, seed = 1, month = 749, staff = 5, wait_s = 60;
    struct cli *cli = s->cli;

    if (!cli_number(cli, "days", 1, 400, &days) ||
        !cli_number(cli, "seed", 0, INT64_MAX, &seed) ||
        !cli_number(cli, "notifications", 1, 100000, &month) ||
        !cli_number(cli, "staff", 1, 100, &staff) ||
        !cli_number(cli, "wait", 0, 86400, &wait_s))
        return false;
    o->days = (int)days;
    o->seed = (uint64_t)seed;
    o->notifications_a_month = (int)month;
    o->staff_per_unit = (int)staff;
    s->wait_ms = wait_s * SECOND_MS;
    if (!date_parse(str_of(cli_text(cli, "from")), &o->first)) {
        (void)cli_usage(cli, "--from: want YYYY-MM-DD");
        return false;
    }
    if (calendar_check(&s->cal, o->first - 400, err) != ST_OK ||
        calendar_check(&s->cal, o->first + o->days + 700, err) != ST_OK) {
        (void)cli_usage(cli, "--from: the calendar doesn't hold a year before "
                             "and two after it");
        return false;
    }
    return true;
}

/* ---- a file -------------------------------------------------------------- */

/* A step a line, as tests read it: at, to, body. */
static enum status
write_plan(const struct simulate *s, const char *name, struct err *err)
{
    bool to_stdout = strcmp(name, "-") == 0;
    FILE *to = to_stdout ? stdout : fopen(name, "w");
    bool failed;
    char at[TIME_TEXT_SIZE];

    if (to == NULL)
        return err_set(err, ST_REJECT, "config", "%s can't be written", name);
    for (size_t i = 0; i < s->plan.n; i++) {
        const struct sim_step *step = &s->plan.steps[i];

        fprintf(to, "{\"at\":\"%s\"", time_text(step->at, at));
        if (step->door != SIM_TIME)
            fprintf(to, ",\"to\":\"%s\",\"body\":%.*s",
                    sim_door_path(step->door), STR_ARG(step->body));
        fprintf(to, "}\n");
    }
    failed = fflush(to) != 0 || ferror(to) != 0;
    if (!to_stdout)
        failed |= fclose(to) != 0;
    if (failed)
        return err_set(err, ST_RETRY, "config", "%s can't be written", name);
    return ST_OK;
}

/* ---- through the door ------------------------------------------------------
 */

static bool
is_later(int status)
{
    return status == STATUS_LATER || status == STATUS_OFTEN;
}

/* One call, repeated while intake isn't ready: all calls may be repeated. */
static enum status
call(struct simulate *s, const struct http_call *request,
     struct http_answer *out, struct err *err)
{
    enum status st;

    for (;;) {
        st = http_client_call(s->client, request, out, err);
        if (st != ST_RETRY && (st != ST_OK || !is_later(out->status)))
            return st;
        if (s->wait_ms <= 0)
            return st == ST_RETRY
                       ? st
                       : err_set(err, ST_RETRY, "later", "intake is not ready");
        monotonic_pause(AGAIN_MS);
        s->wait_ms -= AGAIN_MS;
    }
}

static enum status
move_time(struct simulate *s, time_ms at, struct arena *a, struct err *err)
{
    char text[TIME_TEXT_SIZE];
    struct http_call request = {
        .path = arena_printf(a, "/v1/time?authority=%s", s->authority).p,
        .content_type = "application/json",
        .body = arena_printf(a, "{\"at\":\"%s\"}", time_text(at, text)),
    };
    struct http_answer answer;
    enum status st = call(s, &request, &answer, err);

    if (st == ST_OK && answer.status / 100 != 2)
        st = err_set(err, ST_REJECT, "time",
                     "intake does not move to %s: status %d", text,
                     answer.status);
    return st;
}

/* How many rows of a batch were taken; the others are bad on purpose or not. */
static enum status
count_answers(struct simulate *s, const struct http_answer *answer,
              size_t n_rows, struct err *err)
{
    struct json *doc = NULL;
    int64_t status;
    enum status st;

    if (answer->status != STATUS_MULTI)
        return err_set(
            err, ST_REJECT, "door", "intake answers %d: %.*s", answer->status,
            (int)(answer->body.n < 300 ? answer->body.n : 300), answer->body.p);
    st = json_parse(answer->body, ANSWER_MAX, &doc, err);
    if (st == ST_OK && json_size(doc) != n_rows)
        st = err_set(err, ST_FATAL, "door", "%zu answers for %zu rows",
                     json_size(doc), n_rows);
    for (size_t i = 0; st == ST_OK && i < n_rows; i++) {
        if (!json_int(json_get(json_at(doc, i), "status"), &status))
            status = 0;
        if (is_later((int)status))
            st = err_set(err, ST_RETRY, "later", "intake is not ready");
        if (status == STATUS_ACCEPTED || status == STATUS_OK)
            s->accepted++;
        else
            s->refused++;
    }
    json_free(doc);
    return st;
}

static enum status
send_rows(struct simulate *s, const struct sim_step *steps, size_t n,
          struct arena *a, struct err *err)
{
    struct http_call request = {
        .path = arena_printf(a, "%s?authority=%s", sim_door_path(steps->door),
                             s->authority)
                    .p,
        .content_type = "application/x-ndjson",
    };
    struct http_answer answer;
    size_t bytes = 0;
    char *text;
    enum status st;

    for (size_t i = 0; i < n; i++)
        bytes += steps[i].body.n + 1;
    text = arena_alloc(a, bytes);
    request.body = (struct str){ .p = text, .n = bytes };
    for (size_t i = 0; i < n; i++) {
        memcpy(text, steps[i].body.p, steps[i].body.n);
        text += steps[i].body.n;
        *text++ = '\n';
    }
    st = call(s, &request, &answer, err);
    if (st == ST_OK)
        st = count_answers(s, &answer, n, err);
    return st;
}

static void
show_progress(const struct simulate *s, size_t i, bool last)
{
    char at[TIME_TEXT_SIZE];

    if (isatty(STDERR_FILENO) != 0 && (last || i % 512 == 0))
        fprintf(stderr, "\r%.10s: %zu accepted, %zu refused%s",
                time_text(s->plan.steps[i].at, at), s->accepted, s->refused,
                last ? "\n" : "");
}

static enum status
send_plan(struct simulate *s, struct err *err)
{
    struct http_client_options options = { .base = cli_text(s->cli, "intake"),
                                           .max_body = ANSWER_MAX };
    const struct sim_step *steps = s->plan.steps;
    struct arena *a = s->cli->arena;
    enum status st = http_client_open(&options, &s->client, err);

    for (size_t i = 0, n; st == ST_OK && i < s->plan.n; i += n) {
        n = 1;
        if (steps[i].door == SIM_TIME) {
            st = move_time(s, steps[i].at, a, err);
        } else {
            while (i + n < s->plan.n && n < BATCH_ROWS &&
                   steps[i + n].door == steps[i].door &&
                   steps[i + n].at == steps[i].at)
                n++;
            st = send_rows(s, steps + i, n, a, err);
        }
        show_progress(s, i, i + n == s->plan.n);
    }
    http_client_close(s->client);
    return st;
}

/* ---- the verb
 * ---------------------------------------------------------------- */

static void
report(const struct simulate *s, bool sent)
{
    printf("simulate: %zu notifications, %zu screenings, %zu activities, %zu "
           "clock steps",
           s->plan.notifications, s->plan.screenings, s->plan.activities,
           s->plan.times);
    if (sent)
        printf("; %zu accepted, %zu refused", s->accepted, s->refused);
    printf("\n");
}

static enum cli_exit
run(struct cli *cli)
{
    struct simulate s = { .cli = cli };
    struct sim_options o = { .profile = &s.profile, .cal = &s.cal };
    const char *out = cli_text(cli, "out");
    bool send = cli_text(cli, "intake") != NULL && out == NULL;
    struct err err = { .code = "" };
    enum status st = read_profile(&s, &err);

    if (out == NULL && !send)
        return cli_usage(cli, "where to? --intake URL, or --out FILE");
    if (st != ST_OK)
        return cli_fail(cli, st, &err);
    if (!read_numbers(&s, &o, &err))
        return CLI_USAGE;
    s.authority = cli_text(cli, "authority");
    if (s.authority == NULL)
        s.authority = arena_str(cli->arena, s.profile.id).p;
    sim_make(cli->arena, &o, &s.plan);
    st = send ? send_plan(&s, &err) : write_plan(&s, out, &err);
    if (st != ST_OK)
        return cli_fail(cli, st, &err);
    if (out == NULL || strcmp(out, "-") != 0)
        report(&s, send);
    return CLI_DONE;
}

const struct verb verb_simulate = {
    .name = "simulate",
    .words = "[--days N] [--seed S]",
    .help = "a made-up authority through the real services with the log clock",
    .options = {
        { .name = "profile", .value = "P", .env = "WAYMARK_PROFILE",
          .dflt = "kent-2015",
          .help = "name in the folder, or a file" },
        { .name = "calendars", .value = "FOLDER", .env = "WAYMARK_CALENDARS",
          .dflt = "calendars", .help = "folder of calendars" },
        { .name = "from", .value = "DATE", .dflt = "2015-04-01",
          .help = "first day" },
        { .name = "days", .value = "N", .dflt = "28", .help = "how many, 1..400" },
        { .name = "seed", .value = "S", .dflt = "1",
          .help = "same seed, same authority" },
        { .name = "notifications", .value = "N", .dflt = "749",
          .help = "that arrive in a month" },
        { .name = "staff", .value = "N", .dflt = "5",
          .help = "workers of a unit" },
        { .name = "authority", .value = "NAME",
          .help = "to whom; else the profile's own" },
        { .name = "out", .value = "FILE",
          .help = "write the steps there and send nothing; - is stdout" },
        { .name = "wait", .value = "SECONDS", .dflt = "60",
          .help = "longest wait, in all, for intake to be ready" },
        { .name = "intake", .value = "URL", .env = "WAYMARK_INTAKE",
          .help = "http://HOST:PORT or unix:/PATH" },
    },
    .run = run,
};
