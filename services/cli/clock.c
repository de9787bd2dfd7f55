/* waymark clock due: when a clock is due, and which days it counted. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/calendar_json.h"
#include "common/adapters/json.h"
#include "common/adapters/profile_json.h"
#include "common/core/clock_days.h"

enum { RANGES_MAX = 64, LINE_MAX_BYTES = 128, DAYS_A_LINE = 5 };

static const char *const weekdays[] = { "",    "Mon", "Tue", "Wed",
                                        "Thu", "Fri", "Sat", "Sun" };

/* What one run of the verb knows. */
struct asking {
    struct cli *cli;
    struct profile profile;
    struct calendar cal;
    struct clock_setting setting;
    struct clock_spec spec;
    struct clock_pause pauses[RANGES_MAX];
    size_t n_pauses;
    date_d birth;
};

/* What it has worked out for one start. */
struct due_answer {
    struct clock_run run;
    time_ms due_at;
    time_ms warns[CLOCK_WARNS];
    size_t n_warns;
    struct clock_days days;
};

/* ---- reading the question ---------------------------------------------- */

/* NAME in FOLDER as FOLDER/NAME.json; a word with a dot or slash is a path. */
static const char *
path_of(const struct asking *q, const char *folder, struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '/' || name.p[i] == '.')
            return arena_copy(q->cli->arena, name.p, name.n);
    return arena_printf(q->cli->arena, "%s/%.*s.json", folder, STR_ARG(name)).p;
}

static enum status
read_files(struct asking *q, struct err *err)
{
    struct arena *a = q->cli->arena;
    struct str text;
    enum status st = file_read(path_of(q, cli_text(q->cli, "profiles"),
                                       str_of(cli_text(q->cli, "profile"))),
                               PROFILE_BYTES_MAX, a, &text, err);

    if (st == ST_OK)
        st = profile_json_read(a, text, &q->profile, err);
    if (st == ST_OK)
        st = file_read(
            path_of(q, cli_text(q->cli, "calendars"), q->profile.calendar),
            PROFILE_BYTES_MAX, a, &text, err);
    if (st == ST_OK)
        st = calendar_json_read(a, text, &q->cal, err);
    q->setting = profile_clock_setting(&q->profile, &q->cal);
    return st;
}

/* "T14" stands for T14a, the first of its kind. */
static enum status
choose_clock(struct asking *q, const char *id, struct err *err)
{
    const struct clock_spec *spec = profile_clock(&q->profile, id);
    char first[CLOCK_ID_SIZE + 1];

    (void)snprintf(first, sizeof first, "%sa", id);
    if (spec == NULL)
        spec = profile_clock(&q->profile, first);
    if (spec == NULL)
        return err_set(err, ST_REJECT, "clock",
                       "profile %.*s has no clock \"%s\"",
                       STR_ARG(q->profile.id), id);
    q->spec = *spec;
    return ST_OK;
}

static bool
is_rag_clock(const struct asking *q)
{
    return strcmp(q->spec.id, "L1") == 0 || strcmp(q->spec.id, "L6") == 0;
}

static enum status
set_colour(struct asking *q, const char *colour, struct err *err)
{
    if (colour == NULL)
        return ST_OK;
    if (!is_rag_clock(q))
        return err_set(err, ST_REJECT, "clock", "%s has no colours",
                       q->spec.id);
    if (strcmp(colour, "red") == 0)
        q->spec.length = q->profile.rag_hours.red;
    else if (strcmp(colour, "amber") == 0)
        q->spec.length = q->profile.rag_hours.amber;
    else if (strcmp(colour, "green") == 0)
        q->spec.length = q->profile.rag_hours.green;
    else
        return err_set(err, ST_REJECT, "clock",
                       "--colour \"%s\": want red, amber or green", colour);
    return ST_OK;
}

static enum status
set_convention(struct asking *q, const char *word, struct err *err)
{
    if (word == NULL)
        return ST_OK;
    if (q->spec.unit != CLOCK_WORKING_DAYS)
        return err_set(err, ST_REJECT, "clock",
                       "%s counts no working days: it has no convention",
                       q->spec.id);
    if (!clock_count_parse(str_of(word), &q->spec.count))
        return err_set(err, ST_REJECT, "clock",
                       "--convention \"%s\": want wd0 or wd1", word);
    return ST_OK;
}

static enum status
set_office(struct asking *q, struct err *err)
{
    if (!cli_flag(q->cli, "office"))
        return ST_OK;
    if (q->spec.unit != CLOCK_HOURS)
        return err_set(err, ST_REJECT, "clock", "%s counts no hours",
                       q->spec.id);
    q->spec.unit = CLOCK_OFFICE_HOURS;
    return ST_OK;
}

/* "2025-12-29..2025-12-31,2026-01-02": dates and ranges of dates. */
static enum status
read_ranges(struct asking *q, const char *option, struct date_range *out,
            size_t *n, struct err *err)
{
    const char *p = cli_text(q->cli, option);

    *n = 0;
    while (p != NULL && *p != '\0') {
        size_t size = strcspn(p, ",");
        struct str first = { .p = p, .n = size };
        struct str last = first;

        if (size == 22 && p[10] == '.' && p[11] == '.') {
            first.n = 10;
            last = (struct str){ .p = p + 12, .n = 10 };
        }
        if (*n == RANGES_MAX || !date_parse(first, &out[*n].first) ||
            !date_parse(last, &out[*n].last) || out[*n].last < out[*n].first)
            return err_set(err, ST_REJECT, "clock",
                           "--%s: want DATE or DATE..DATE, at most %d of them "
                           "with commas between",
                           option, RANGES_MAX);
        (*n)++;
        p += size + (p[size] == ',');
    }
    return ST_OK;
}

static enum status
set_closed(struct asking *q, struct err *err)
{
    struct date_range *at = arena_array(q->cli->arena, RANGES_MAX, sizeof *at);
    size_t n;
    enum status st = read_ranges(q, "closed", at, &n, err);

    if (st == ST_OK && n > 0) {
        q->setting.closures = (struct date_ranges){ .items = at, .n = n };
        q->setting.school_closed = q->setting.closures;
    }
    return st;
}

/* A pause from one date to another: both at noon, the second resumes. */
static enum status
set_pauses(struct asking *q, struct err *err)
{
    struct date_range at[RANGES_MAX];
    enum status st = read_ranges(q, "pause", at, &q->n_pauses, err);

    if (st == ST_OK && q->n_pauses > 0 && !q->spec.pausable)
        return err_set(err, ST_REJECT, "clock", "%s can't be paused",
                       q->spec.id);
    for (size_t i = 0; st == ST_OK && i < q->n_pauses; i++)
        if (!zone_instant(&q->cal.zone, at[i].first, DAY_MS / 2,
                          &q->pauses[i].from) ||
            !zone_instant(&q->cal.zone, at[i].last, DAY_MS / 2,
                          &q->pauses[i].to))
            return err_set(err, ST_FATAL, "clock", "there is no noon");
    return st;
}

static enum status
set_birth(struct asking *q, struct err *err)
{
    const char *birth = cli_text(q->cli, "birth");

    q->birth = DATE_NONE;
    if (birth == NULL)
        return ST_OK;
    if (q->spec.unborn_months == 0)
        return err_set(err, ST_REJECT, "clock", "%s asks for no birth",
                       q->spec.id);
    if (!date_parse(str_of(birth), &q->birth))
        return err_set(err, ST_REJECT, "clock", "--birth: want YYYY-MM-DD");
    return ST_OK;
}

static enum status
read_question(struct asking *q, struct err *err)
{
    enum status st = read_files(q, err);

    if (st == ST_OK)
        st = choose_clock(q, q->cli->words[1], err);
    if (st == ST_OK)
        st = set_colour(q, cli_text(q->cli, "colour"), err);
    if (st == ST_OK)
        st = set_convention(q, cli_text(q->cli, "convention"), err);
    if (st == ST_OK)
        st = set_office(q, err);
    if (st == ST_OK)
        st = set_closed(q, err);
    if (st == ST_OK)
        st = set_pauses(q, err);
    if (st == ST_OK)
        st = set_birth(q, err);
    if (st == ST_OK)
        st = clock_spec_check(&q->spec, &q->setting, err);
    return st;
}

/*
 * RFC 3339; beside it a date alone (its first instant), minutes without
 * seconds, and "#1" for the second of two equal local times.
 */
static enum status
read_start(const struct asking *q, const char *word, time_ms *out,
           struct err *err)
{
    const struct zone *z = &q->cal.zone;
    struct str text = str_of(word);
    bool again = text.n > 2 && strcmp(word + text.n - 2, "#1") == 0;
    enum status st;
    date_d d;

    text.n -= again ? 2 : 0;
    if (date_parse(text, &d)) {
        *out = zone_start_of_day(z, d);
        return ST_OK;
    }
    if (text.n >= 16 && (text.n == 16 || text.p[16] != ':'))
        text = arena_printf(q->cli->arena, "%.16s:00%.*s", text.p,
                            (int)(text.n - 16), text.p + 16);
    st = time_parse(z, text, out, err);
    if (st == ST_OK && again) {
        if (zone_offset_s(z, *out) == zone_offset_s(z, *out + HOUR_MS))
            return err_set(err, ST_REJECT, "R09",
                           "that local time exists only once");
        *out += HOUR_MS;
    }
    return st;
}

static enum status
work_out(const struct asking *q, const char *word, bool with_days,
         struct due_answer *out, struct err *err)
{
    enum status st;

    *out = (struct due_answer){
        .run = { .pauses = q->pauses,
                 .n_pauses = q->n_pauses,
                 .birth = q->birth },
    };
    st = read_start(q, word, &out->run.start, err);
    if (st == ST_OK)
        st = clock_due(&q->spec, &q->setting, &out->run, &out->due_at, err);
    if (st == ST_OK)
        st = clock_warnings(&q->spec, &q->setting, &out->run, out->due_at,
                            out->warns, &out->n_warns, err);
    if (st == ST_OK && with_days)
        clock_days(q->cli->arena, &q->spec, &q->setting, &out->run, out->due_at,
                   &out->days);
    return st;
}

/* ---- telling ----------------------------------------------------------- */

static const char *
convention(const struct asking *q)
{
    if (q->spec.unit != CLOCK_WORKING_DAYS)
        return NULL;
    return q->spec.count == CALENDAR_WD0 ? "wd0" : "wd1";
}

static const char *
convention_words(const struct asking *q)
{
    switch (q->spec.unit) {
    case CLOCK_WORKING_DAYS:
        return q->spec.count == CALENDAR_WD0
                   ? "wd0: day 1 is the first working day after the start date"
                   : "wd1: day 1 is the start date, working or not";
    case CLOCK_SECONDS:
    case CLOCK_HOURS:
        return "elapsed time, day and night";
    case CLOCK_OFFICE_HOURS:
        return "elapsed time while the office is open";
    case CLOCK_MONTHS:
        return "the same day of the month, else the month's last";
    case CLOCK_SCHOOL_START:
        return "the next bell, strictly later than the start";
    default:
        return "dates, working or not";
    }
}

static bool
counts_time(const struct asking *q)
{
    return q->spec.unit == CLOCK_SECONDS || q->spec.unit == CLOCK_HOURS ||
           q->spec.unit == CLOCK_OFFICE_HOURS;
}

static void
print_instant(const struct asking *q, const char *title, time_ms t)
{
    char utc[TIME_TEXT_SIZE];
    char local[TIME_TEXT_SIZE];

    if (t == TIME_NEVER) {
        printf("%-8s never: paused without end\n", title);
        return;
    }
    printf("%-8s %s  %s %s\n", title, time_text(t, utc),
           weekdays[date_weekday(zone_date(&q->cal.zone, t))],
           time_text_local(&q->cal.zone, t, local));
}

static void
print_counted_hours(const struct due_answer *r)
{
    char date[DATE_TEXT_SIZE];

    for (size_t i = 0; i < r->days.n; i++) {
        const struct clock_day *d = &r->days.at[i];

        if (d->kind != CLOCK_DAY_COUNTS)
            continue;
        printf("  %s %s  %" PRId64 ":%02d:%02d\n", date_text(d->date, date),
               weekdays[date_weekday(d->date)], d->counted_ms / HOUR_MS,
               (int)(d->counted_ms / MINUTE_MS % 60),
               (int)(d->counted_ms / SECOND_MS % 60));
    }
}

static size_t
count_kind(const struct due_answer *r, bool counted)
{
    size_t n = 0;

    for (size_t i = 0; i < r->days.n; i++)
        n += (r->days.at[i].kind == CLOCK_DAY_COUNTS) == counted;
    return n;
}

static void
print_counted_dates(const struct due_answer *r)
{
    char date[DATE_TEXT_SIZE];
    size_t n = 0;

    for (size_t i = 0; i < r->days.n; i++) {
        const struct clock_day *d = &r->days.at[i];

        if (d->kind != CLOCK_DAY_COUNTS)
            continue;
        if (n % DAYS_A_LINE == 0)
            printf("%s%4zu ", n == 0 ? "" : "\n", n + 1);
        printf(" %s %s", date_text(d->date, date),
               weekdays[date_weekday(d->date)]);
        n++;
    }
    printf("%s", n == 0 ? "" : "\n");
}

static void
print_skipped(const struct due_answer *r)
{
    char date[DATE_TEXT_SIZE];

    for (size_t i = 0; i < r->days.n; i++) {
        const struct clock_day *d = &r->days.at[i];

        if (d->kind != CLOCK_DAY_COUNTS)
            printf("  %s %s  %s\n", date_text(d->date, date),
                   weekdays[date_weekday(d->date)], clock_day_name(d->kind));
    }
}

static void
print_answer(const struct asking *q, const struct due_answer *r)
{
    printf("%s       %d %s, profile %.*s, calendar %.*s\n", q->spec.id,
           q->spec.length, clock_unit_name(q->spec.unit),
           STR_ARG(q->profile.version_id), STR_ARG(q->profile.calendar));
    printf("counting %s\n", convention_words(q));
    print_instant(q, "start", r->run.start);
    print_instant(q, "due_at", r->due_at);
    for (size_t i = 0; i < r->n_warns; i++)
        print_instant(q, "warning", r->warns[i]);
    if (q->spec.planning)
        printf("a planning figure, never late\n");
    printf("counted  %zu dates\n", count_kind(r, true));
    if (counts_time(q))
        print_counted_hours(r);
    else
        print_counted_dates(r);
    printf("skipped  %zu dates\n", count_kind(r, false));
    print_skipped(r);
}

static void
day_json(const struct asking *q, struct json_out *o, const struct clock_day *d)
{
    char date[DATE_TEXT_SIZE];

    json_out_object(o);
    json_out_kcstr(o, "date", date_text(d->date, date));
    json_out_kcstr(o, "day", weekdays[date_weekday(d->date)]);
    if (d->kind != CLOCK_DAY_COUNTS)
        json_out_kcstr(o, "why", clock_day_name(d->kind));
    else if (counts_time(q))
        json_out_kint(o, "ms", d->counted_ms);
    json_out_object_end(o);
}

static void
days_json(const struct asking *q, struct json_out *o, const char *key,
          const struct due_answer *r, bool counted)
{
    json_out_key(o, key);
    json_out_array(o);
    for (size_t i = 0; i < r->days.n; i++)
        if ((r->days.at[i].kind == CLOCK_DAY_COUNTS) == counted)
            day_json(q, o, &r->days.at[i]);
    json_out_array_end(o);
}

static void
due_json(const struct asking *q, struct json_out *o, const struct due_answer *r)
{
    char text[TIME_TEXT_SIZE];

    json_out_kcstr(o, "start", time_text(r->run.start, text));
    json_out_key(o, "due_at");
    if (r->due_at == TIME_NEVER)
        json_out_null(o);
    else
        json_out_str(o, str_of(time_text(r->due_at, text)));
    if (r->due_at != TIME_NEVER)
        json_out_kcstr(o, "due_local",
                       time_text_local(&q->cal.zone, r->due_at, text));
    json_out_key(o, "warnings");
    json_out_array(o);
    for (size_t i = 0; i < r->n_warns; i++)
        json_out_str(o, str_of(time_text(r->warns[i], text)));
    json_out_array_end(o);
}

static void
print_answer_json(const struct asking *q, const struct due_answer *r)
{
    struct json_out o;
    struct str text;

    json_out_init(&o, q->cli->arena);
    json_out_object(&o);
    json_out_kcstr(&o, "clock", q->spec.id);
    json_out_kint(&o, "length", q->spec.length);
    json_out_kcstr(&o, "unit", clock_unit_name(q->spec.unit));
    json_out_kstr(&o, "convention", str_of(convention(q)));
    json_out_kcstr(&o, "counting", convention_words(q));
    json_out_kstr(&o, "profile", q->profile.version_id);
    json_out_kbool(&o, "planning", q->spec.planning);
    due_json(q, &o, r);
    days_json(q, &o, "counted", r, true);
    days_json(q, &o, "skipped", r, false);
    json_out_object_end(&o);
    text = json_out_text(&o);
    printf("%.*s\n", STR_ARG(text));
}

/* ---- many starts ------------------------------------------------------- */

/* "START DUE_AT WARNING..." or "START CODE": one line a start. */
static void
print_short(const char *word, enum status st, const struct due_answer *r,
            const struct err *err)
{
    char text[TIME_TEXT_SIZE];

    printf("%s %s", word, st == ST_OK ? time_text(r->due_at, text) : err->code);
    for (size_t i = 0; st == ST_OK && i < r->n_warns; i++)
        printf(" %s", time_text(r->warns[i], text));
    printf("\n");
}

static enum cli_exit
answer_lines(const struct asking *q)
{
    enum cli_exit code = CLI_DONE;
    char line[LINE_MAX_BYTES];

    while (fgets(line, sizeof line, stdin) != NULL) {
        struct err err = { .code = "" };
        struct due_answer r;
        enum status st;

        line[strcspn(line, "\r\n")] = '\0';
        st = work_out(q, line, false, &r, &err);
        print_short(line, st, &r, &err);
        if (st != ST_OK)
            code = CLI_DIFFERENT;
    }
    return code;
}

/* ---- the verb ---------------------------------------------------------- */

static enum cli_exit
answer_one(const struct asking *q)
{
    struct err err = { .code = "" };
    struct due_answer r;
    enum status st = work_out(q, cli_text(q->cli, "start"), true, &r, &err);

    if (st != ST_OK)
        return cli_fail(q->cli, st, &err);
    if (cli_flag(q->cli, "json"))
        print_answer_json(q, &r);
    else
        print_answer(q, &r);
    return CLI_DONE;
}

static enum cli_exit
run(struct cli *cli)
{
    struct asking q = { .cli = cli };
    struct err err = { .code = "" };
    enum status st;

    if (strcmp(cli->words[0], "due") != 0)
        return cli_usage(cli, "\"%s\": want due", cli->words[0]);
    if (cli_text(cli, "start") == NULL)
        return cli_usage(cli, "from when? --start INSTANT");
    st = read_question(&q, &err);
    if (st != ST_OK)
        return cli_fail(cli, st, &err);
    return strcmp(cli_text(cli, "start"), "-") == 0 ? answer_lines(&q)
                                                    : answer_one(&q);
}

const struct verb verb_clock = {
    .name = "clock",
    .words = "due CLOCK --start INSTANT",
    .help = "when a clock is due, and which days it counted",
    .min_words = 2,
    .max_words = 2,
    .options = {
        { .name = "start", .value = "INSTANT",
          .help = "RFC 3339, or local time; - reads one a line" },
        { .name = "profile", .value = "P", .env = "WAYMARK_PROFILE",
          .dflt = "kent-2015",
          .help = "name in the folder, or a file" },
        { .name = "calendars", .value = "FOLDER", .env = "WAYMARK_CALENDARS",
          .dflt = "calendars", .help = "folder of calendars" },
        { .name = "convention", .value = "wd0|wd1",
          .help = "count working days so; else as the profile says" },
        { .name = "colour", .value = "C",
          .help = "of L1 and L6: red, amber (without), green" },
        { .name = "office", .help = "hours while the office is open" },
        { .name = "closed", .value = "DATES",
          .help = "closed then: A..B,C; authority and schools" },
        { .name = "pause", .value = "DATES",
          .help = "paused from A, resumed on B: A..B,..." },
        { .name = "birth", .value = "DATE", .help = "of T7, once born" },
    },
    .prints_data = true,
    .run = run,
};
