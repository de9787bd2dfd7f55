/* Every clock of domain.md section 7, and all of tests/data/clocks.tsv. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calendar_file.h"
#include "common/core/clock.h"

#define N_VECTORS 47
#define N_COLUMNS 11

static struct calendar_file file;

struct vector {
    struct str column[N_COLUMNS];
    char name[160];
};

enum column {
    COL_ID,
    COL_CLOCK,
    COL_UNIT,
    COL_LENGTH,
    COL_COUNT,
    COL_START_LOCAL,
    COL_START_UTC,
    COL_ARGS,
    COL_DUE_LOCAL,
    COL_DUE_UTC,
    COL_NOTE,
};

static date_d
day(const char *text)
{
    return calendar_date((struct str){ .p = text, .n = 10 });
}

static time_ms
instant(const char *local)
{
    time_ms t;

    assert_int_equal(time_parse(&file.cal.zone, str_of(local), &t, NULL),
                     ST_OK);
    return t;
}

static struct clock_setting
setting_of(void)
{
    return (struct clock_setting){
        .cal = &file.cal,
        .office = { .from_min = 9 * 60,
                    .to_min = 17 * 60,
                    .weekdays = OFFICE_MONDAY_TO_FRIDAY },
    };
}

static int
number(struct str s)
{
    return atoi(s.p);
}

/* Which clocks of the vectors can be paused: `p` in the table. */
static bool
is_pausable(struct str clock)
{
    return str_is(clock, "T12") || str_is(clock, "T12b") ||
           str_is(clock, "T13") || str_is(clock, "T14");
}

static struct clock_spec
spec_of(const struct vector *v)
{
    struct clock_spec spec = {
        .length = number(v->column[COL_LENGTH]),
        .pausable = is_pausable(v->column[COL_CLOCK]),
        .local = v->column[COL_CLOCK].p[0] == 'L',
        .unborn_months = str_is(v->column[COL_CLOCK], "T7") ? 3 : 0,
        .school_start_min = 8 * 60 + 30,
    };

    memcpy(spec.id, v->column[COL_CLOCK].p, v->column[COL_CLOCK].n);
    assert_true(clock_unit_parse(v->column[COL_UNIT], &spec.unit));
    assert_int_equal(clock_count_parse(v->column[COL_COUNT], &spec.count),
                     spec.unit == CLOCK_WORKING_DAYS);
    return spec;
}

/* Room for what the column `args` says. */
struct args {
    struct date_range closed;
    struct clock_pause pause;
    struct clock_run run;
};

/* The column `args`: "-", "closed=A..B", "pause=A..B" or "birth=A". */
static void
read_args(struct str text, struct args *args, struct clock_setting *setting)
{
    const struct zone *z = &file.cal.zone;

    args->run.birth = DATE_NONE;
    if (str_starts(text, STR("closed="))) {
        args->closed = (struct date_range){ .first = day(text.p + 7),
                                            .last = day(text.p + 19) };
        setting->closures =
            (struct date_ranges){ .items = &args->closed, .n = 1 };
        setting->school_closed = setting->closures;
    } else if (str_starts(text, STR("pause="))) {
        assert_true(
            zone_instant(z, day(text.p + 6), 15 * HOUR_MS, &args->pause.from));
        assert_true(
            zone_instant(z, day(text.p + 18), 11 * HOUR_MS, &args->pause.to));
        args->run.pauses = &args->pause;
        args->run.n_pauses = 1;
    } else if (str_starts(text, STR("birth="))) {
        args->run.birth = day(text.p + 6);
    } else {
        assert_true(str_is(text, "-"));
    }
}

static void
test_vector(void **state)
{
    const struct vector *v = *state;
    struct clock_setting setting = setting_of();
    struct clock_spec spec = spec_of(v);
    struct args args = { .run.start =
                             calendar_instant(v->column[COL_START_UTC]) };
    struct err err = { .text = "" };
    char got[TIME_TEXT_SIZE];
    char want[TIME_TEXT_SIZE];
    char local[TIME_TEXT_SIZE];
    time_ms due_at;

    read_args(v->column[COL_ARGS], &args, &setting);
    assert_int_equal(clock_spec_check(&spec, &setting, &err), ST_OK);
    assert_int_equal(clock_due(&spec, &setting, &args.run, &due_at, &err),
                     ST_OK);
    time_text(calendar_instant(v->column[COL_DUE_UTC]), want);
    assert_string_equal(time_text(due_at, got), want);
    time_text_local(&file.cal.zone, due_at, local);
    assert_memory_equal(local, v->column[COL_DUE_LOCAL].p, 10);
    time_text_local(&file.cal.zone, args.run.start, local);
    assert_memory_equal(local, v->column[COL_START_LOCAL].p, 16);
}

static const char *const warn_words[] = { "10wd", "3wd", "2wd", "14d",
                                          "24h",  "6h",  "25%" };

struct warn_row {
    const char *name;
    struct clock_spec spec;
    const char *start;
    const char *pause_from; /* NULL: none */
    const char *pause_to;   /* NULL: not resumed */
    const char *due;        /* "never" for none */
    const char *warns[CLOCK_WARNS];
};

#define WD0(length_)                                                           \
    .unit = CLOCK_WORKING_DAYS, .length = (length_), .count = CALENDAR_WD0
#define WARN_WD(k)                                                             \
    {                                                                          \
        .unit = CLOCK_WARN_WORKING_DAYS, .amount = (k)                         \
    }
#define WARN_D(k)                                                              \
    {                                                                          \
        .unit = CLOCK_WARN_DAYS, .amount = (k)                                 \
    }
#define WARN_H(k)                                                              \
    {                                                                          \
        .unit = CLOCK_WARN_HOURS, .amount = (k)                                \
    }
#define WARN_PC(k)                                                             \
    {                                                                          \
        .unit = CLOCK_WARN_PERCENT, .amount = (k)                              \
    }

static const struct warn_row warn_rows[] = {
    { .name = "T1 warns four hours before the end of the day",
      .spec = { .id = "T1", WD0(1), .warns = { WARN_H(4) }, .n_warns = 1 },
      .start = "2015-06-26T16:50:00",
      .due = "2015-06-29T23:59:59.999+01:00",
      .warns = { "2015-06-29T19:59:59.999+01:00" } },
    { .name = "working-day warnings come at nine, over Christmas, ascending",
      .spec = { .id = "T2",
                WD0(45),
                .warns = { WARN_WD(3), WARN_WD(10) },
                .n_warns = 2 },
      .start = "2014-11-10T11:00:00",
      .due = "2015-01-15T23:59:59.999+00:00",
      .warns = { "2014-12-31T09:00:00+00:00", "2015-01-12T09:00:00+00:00" } },
    { .name = "a warning in days counts dates across the spring change",
      .spec = { .id = "T15",
                .unit = CLOCK_MONTHS,
                .length = 12,
                .warns = { WARN_D(28) },
                .n_warns = 1 },
      .start = "2014-04-05T10:00:00",
      .due = "2015-04-05T23:59:59.999+01:00",
      .warns = { "2015-03-08T09:00:00+00:00" } },
    { .name = "T10 warns 24 and 6 elapsed hours before",
      .spec = { .id = "T10",
                .unit = CLOCK_HOURS,
                .length = 72,
                .warns = { WARN_H(24), WARN_H(6) },
                .n_warns = 2 },
      .start = "2015-03-26T12:00:00",
      .due = "2015-03-29T13:00:00+01:00",
      .warns = { "2015-03-28T12:00:00+00:00", "2015-03-29T07:00:00+01:00" } },
    { .name = "L1 red warns when a quarter of its hours is left",
      .spec = { .id = "L1",
                .unit = CLOCK_HOURS,
                .length = 4,
                .local = true,
                .warns = { WARN_PC(25) },
                .n_warns = 1 },
      .start = "2015-06-26T15:30:00",
      .due = "2015-06-26T19:30:00+01:00",
      .warns = { "2015-06-26T18:30:00+01:00" } },
    { .name = "in office hours the quarter is a quarter of office hours",
      .spec = { .id = "L1",
                .unit = CLOCK_OFFICE_HOURS,
                .length = 4,
                .local = true,
                .warns = { WARN_PC(50) },
                .n_warns = 1 },
      .start = "2015-06-26T15:45:00",
      .due = "2015-06-29T11:45:00+01:00",
      .warns = { "2015-06-29T09:45:00+01:00" } },
    { .name = "office hours that end with the day are due at the close",
      .spec = { .id = "L1", .unit = CLOCK_OFFICE_HOURS, .length = 8 },
      .start = "2015-06-26T07:00:00",
      .due = "2015-06-26T17:00:00+01:00" },
    { .name = "office hours begin on the next day when it has closed",
      .spec = { .id = "L1", .unit = CLOCK_OFFICE_HOURS, .length = 8 },
      .start = "2015-06-25T17:00:00",
      .due = "2015-06-26T17:00:00+01:00" },
    { .name = "an L7 minute is sixty seconds",
      .spec = { .id = "L7", .unit = CLOCK_SECONDS, .length = 60 },
      .start = "2015-06-26T16:50:30",
      .due = "2015-06-26T16:51:30+01:00" },
    { .name = "hours stand still while paused, and so do their warnings",
      .spec = { .id = "T13",
                .unit = CLOCK_HOURS,
                .length = 48,
                .pausable = true,
                .warns = { WARN_H(12) },
                .n_warns = 1 },
      .start = "2015-06-22T10:00:00",
      .pause_from = "2015-06-23T23:00:00",
      .pause_to = "2015-06-24T11:00:00",
      .due = "2015-06-24T22:00:00+01:00",
      .warns = { "2015-06-23T22:00:00+01:00" } },
    { .name = "hours that end as a pause begins are due when it ends",
      .spec = { .id = "T13",
                .unit = CLOCK_HOURS,
                .length = 48,
                .pausable = true },
      .start = "2015-06-22T10:00:00",
      .pause_from = "2015-06-24T10:00:00",
      .pause_to = "2015-06-25T08:00:00",
      .due = "2015-06-25T08:00:00+01:00" },
    { .name = "hours that end a moment before a pause are due then",
      .spec = { .id = "T13",
                .unit = CLOCK_HOURS,
                .length = 48,
                .pausable = true },
      .start = "2015-06-22T09:59:59.999",
      .pause_from = "2015-06-24T10:00:00",
      .pause_to = "2015-06-25T08:00:00",
      .due = "2015-06-24T09:59:59.999+01:00" },
    { .name = "nothing is due and nothing warns while a pause lasts",
      .spec = { .id = "T12",
                WD0(10),
                .pausable = true,
                .warns = { WARN_WD(3) },
                .n_warns = 1 },
      .start = "2015-06-01T10:00:00",
      .pause_from = "2015-06-15T10:00:00",
      .due = "never" },
    { .name = "a pause that begins after the due date moves nothing",
      .spec = { .id = "T12", WD0(10), .pausable = true },
      .start = "2015-06-01T10:00:00",
      .pause_from = "2015-06-16T10:00:00",
      .due = "2015-06-15T23:59:59.999+01:00" },
    { .name = "a clock without p runs through a pause",
      .spec = { .id = "T2", WD0(10) },
      .start = "2015-06-01T10:00:00",
      .pause_from = "2015-06-04T10:00:00",
      .due = "2015-06-15T23:59:59.999+01:00" },
    { .name = "paused dates lengthen weeks one by one",
      .spec = { .id = "T14a",
                .unit = CLOCK_WEEKS,
                .length = 6,
                .pausable = true,
                .warns = { WARN_D(7) },
                .n_warns = 1 },
      .start = "2015-05-13T10:00:00",
      .pause_from = "2015-06-18T09:00:00",
      .pause_to = "2015-06-21T09:00:00",
      .due = "2015-06-27T23:59:59.999+01:00",
      .warns = { "2015-06-17T09:00:00+01:00" } },
    { .name = "a pause within one date counts for nothing",
      .spec = { .id = "T14a",
                .unit = CLOCK_WEEKS,
                .length = 6,
                .pausable = true },
      .start = "2015-05-13T10:00:00",
      .pause_from = "2015-06-18T00:00:00",
      .pause_to = "2015-06-18T23:59:59",
      .due = "2015-06-24T23:59:59.999+01:00" },
    { .name = "wd1 of one day on a Saturday is due on Monday",
      .spec = { .id = "L2",
                .unit = CLOCK_WORKING_DAYS,
                .length = 1,
                .count = CALENDAR_WD1 },
      .start = "2015-06-27T10:00:00",
      .due = "2015-06-29T23:59:59.999+01:00" },
    { .name = "wd1 of one day on a Friday is due that day",
      .spec = { .id = "L2",
                .unit = CLOCK_WORKING_DAYS,
                .length = 1,
                .count = CALENDAR_WD1 },
      .start = "2015-06-26T23:59:59",
      .due = "2015-06-26T23:59:59.999+01:00" },
    { .name = "an unborn child without a birth counts from three months on",
      .spec = { .id = "T7", WD0(10), .unborn_months = 3 },
      .start = "2015-01-30T10:00:00",
      .due = "2015-05-15T23:59:59.999+01:00" },
    { .name = "a warning that would come before the start is left out",
      .spec = { .id = "L3", WD0(1), .warns = { WARN_WD(2) }, .n_warns = 1 },
      .start = "2015-06-26T10:00:00",
      .due = "2015-06-29T23:59:59.999+01:00" },
    { .name = "a warning at nine of the start date at ten is left out",
      .spec = { .id = "L3", WD0(1), .warns = { WARN_WD(1) }, .n_warns = 1 },
      .start = "2015-06-25T10:00:00",
      .due = "2015-06-26T23:59:59.999+01:00" },
    { .name = "just before the school bell the school is told by it",
      .spec = { .id = "T11",
                .unit = CLOCK_SCHOOL_START,
                .school_start_min = 510 },
      .start = "2018-02-12T08:29:59.999",
      .due = "2018-02-12T08:30:00+00:00" },
};

static void
test_warnings(void **state)
{
    const struct warn_row *row = *state;
    struct clock_setting setting = setting_of();
    struct clock_pause pause = { .from = TIME_NEVER, .to = TIME_NEVER };
    struct clock_run run = { .start = instant(row->start), .birth = DATE_NONE };
    struct err err;
    char text[TIME_TEXT_SIZE];
    time_ms warns[CLOCK_WARNS];
    time_ms due_at;
    size_t n;

    if (row->pause_from != NULL) {
        pause.from = instant(row->pause_from);
        if (row->pause_to != NULL)
            pause.to = instant(row->pause_to);
        run.pauses = &pause;
        run.n_pauses = 1;
    }
    assert_int_equal(clock_spec_check(&row->spec, &setting, &err), ST_OK);
    assert_int_equal(clock_due(&row->spec, &setting, &run, &due_at, &err),
                     ST_OK);
    assert_string_equal(time_text_local(&file.cal.zone, due_at, text),
                        row->due);
    assert_int_equal(
        clock_warnings(&row->spec, &setting, &run, due_at, warns, &n, &err),
        ST_OK);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(row->warns[i]);
        assert_string_equal(time_text_local(&file.cal.zone, warns[i], text),
                            row->warns[i]);
    }
    assert_true(n == CLOCK_WARNS || row->warns[n] == NULL);
}

static void
test_late(void **state)
{
    const struct clock_spec plain = { .id = "T1" };
    const struct clock_spec planning = { .id = "T16", .planning = true };

    (void)state;
    assert_false(clock_is_late(&plain, 1000, 1000));
    assert_true(clock_is_late(&plain, 1000, 1001));
    assert_false(clock_is_late(&planning, 1000, 1001));
    assert_false(clock_is_late(&plain, TIME_NEVER, 1001));
}

struct end_row {
    const char *name;
    enum clock_unit unit;
    int length;
    const char *start;
    bool refused;
};

static const struct end_row end_rows[] = {
    { "a due date on the calendar's last day is fine", CLOCK_DAYS, 30,
      "2027-12-01T10:00:00", false },
    { "one after it is R16", CLOCK_DAYS, 31, "2027-12-01T10:00:00", true },
    { "hours may end with the calendar's last day", CLOCK_HOURS, 13,
      "2027-12-31T10:00:00", false },
    { "hours past it are R16", CLOCK_HOURS, 14, "2027-12-31T10:00:00", true },
    { "working days past it are R16", CLOCK_WORKING_DAYS, 1,
      "2027-12-31T10:00:00", true },
    { "office hours past it are R16", CLOCK_OFFICE_HOURS, 8,
      "2027-12-31T10:00:00", true },
    { "a bell after it is R16", CLOCK_SCHOOL_START, 0, "2027-12-31T10:00:00",
      true },
    { "a start before it is R16", CLOCK_HOURS, 1, "2010-12-31T23:59:59", true },
    { "a start with it is not", CLOCK_HOURS, 1, "2011-01-01T00:00:00", false },
};

static void
test_end(void **state)
{
    const struct end_row *row = *state;
    const struct clock_spec spec = { .id = "T0",
                                     .unit = row->unit,
                                     .length = row->length,
                                     .school_start_min = 510 };
    struct clock_setting setting = setting_of();
    struct clock_run run = { .start = instant(row->start), .birth = DATE_NONE };
    struct err err = { .code = "" };
    time_ms due_at;
    enum status st = clock_due(&spec, &setting, &run, &due_at, &err);

    /* 10:00 and 14 hours are the first instant of the next year. */
    assert_int_equal(st, row->refused ? ST_REJECT : ST_OK);
    assert_string_equal(err.code, row->refused ? "R16" : "");
}

struct spec_row {
    const char *name;
    struct clock_spec spec;
    bool good;
};

static const struct spec_row spec_rows[] = {
    { "a length of one is the least",
      { .unit = CLOCK_DAYS, .length = 1 },
      true },
    { "a length of nought is refused",
      { .unit = CLOCK_DAYS, .length = 0 },
      false },
    { "the school bell has no length",
      { .unit = CLOCK_SCHOOL_START, .length = 1 },
      false },
    { "99 % is a warning of hours",
      { .unit = CLOCK_HOURS,
        .length = 4,
        .warns = { WARN_PC(99) },
        .n_warns = 1 },
      true },
    { "100 % is none",
      { .unit = CLOCK_HOURS,
        .length = 4,
        .warns = { WARN_PC(100) },
        .n_warns = 1 },
      false },
    { "dates have no percentage",
      { .unit = CLOCK_DAYS,
        .length = 4,
        .warns = { WARN_PC(25) },
        .n_warns = 1 },
      false },
    { "a fifth warning is too many",
      { .unit = CLOCK_DAYS, .length = 4, .n_warns = CLOCK_WARNS + 1 },
      false },
    { "four warnings are not",
      { .unit = CLOCK_DAYS,
        .length = 4,
        .warns = { WARN_D(4), WARN_D(3), WARN_D(2), WARN_D(1) },
        .n_warns = CLOCK_WARNS },
      true },
    { "a length of 100000 is the most",
      { .unit = CLOCK_DAYS, .length = 100000 },
      true },
    { "a length of 100001 is refused",
      { .unit = CLOCK_DAYS, .length = 100001 },
      false },
    { "a unit that nobody knows is refused",
      { .unit = (enum clock_unit)99, .length = 1 },
      false },
    { "a warning of nothing is refused",
      { .unit = CLOCK_DAYS,
        .length = 4,
        .warns = { WARN_D(1), WARN_D(0) },
        .n_warns = 2 },
      false },
    { "a warning of 100000 is the most",
      { .unit = CLOCK_DAYS,
        .length = 4,
        .warns = { WARN_D(100000) },
        .n_warns = 1 },
      true },
    { "a warning of 100001 is refused",
      { .unit = CLOCK_DAYS,
        .length = 4,
        .warns = { WARN_D(100001) },
        .n_warns = 1 },
      false },
    { "months before birth are not below nought",
      { .unit = CLOCK_DAYS, .length = 1, .unborn_months = -1 },
      false },
    { "months before birth end somewhere",
      { .unit = CLOCK_DAYS, .length = 1, .unborn_months = 100001 },
      false },
    { "the last minute of a day may be the bell",
      { .unit = CLOCK_SCHOOL_START, .school_start_min = 1439 },
      true },
    { "the first minute of the next may not",
      { .unit = CLOCK_SCHOOL_START, .school_start_min = 1440 },
      false },
    { "midnight may be the bell",
      { .unit = CLOCK_SCHOOL_START, .school_start_min = 0 },
      true },
    { "the minute before may not",
      { .unit = CLOCK_SCHOOL_START, .school_start_min = -1 },
      false },
};

static void
test_spec(void **state)
{
    const struct spec_row *row = *state;
    struct clock_setting setting = setting_of();

    assert_int_equal(clock_spec_check(&row->spec, &setting, NULL),
                     row->good ? ST_OK : ST_REJECT);
}

static void
test_office_never_opens(void **state)
{
    const struct clock_spec spec = { .unit = CLOCK_OFFICE_HOURS, .length = 1 };
    struct clock_setting setting = setting_of();

    (void)state;
    setting.office.to_min = setting.office.from_min;
    assert_int_equal(clock_spec_check(&spec, &setting, NULL), ST_REJECT);
    setting.office.to_min++;
    assert_int_equal(clock_spec_check(&spec, &setting, NULL), ST_OK);
    setting.office.weekdays = 0;
    assert_int_equal(clock_spec_check(&spec, &setting, NULL), ST_REJECT);
}

static void
test_office_within_a_day(void **state)
{
    const struct clock_spec spec = { .unit = CLOCK_OFFICE_HOURS, .length = 1 };
    const struct clock_spec days = { .unit = CLOCK_DAYS, .length = 1 };
    struct clock_setting setting = setting_of();

    (void)state;
    setting.office.from_min = 0;
    setting.office.to_min = 24 * 60;
    assert_int_equal(clock_spec_check(&spec, &setting, NULL), ST_OK);
    setting.office.to_min++;
    assert_int_equal(clock_spec_check(&spec, &setting, NULL), ST_REJECT);
    assert_int_equal(clock_spec_check(&days, &setting, NULL), ST_OK);
    setting.office.to_min--;
    setting.office.from_min--;
    assert_int_equal(clock_spec_check(&spec, &setting, NULL), ST_REJECT);
}

/* Only T7 asks for the birth: ten working days from the start, or from it. */
static void
test_birth(void **state)
{
    static const struct {
        int unborn_months;
        const char *birth;
        const char *due;
    } rows[] = {
        { 0, "2015-05-01", "2015-06-15T23:59:59.999" },
        { 1, "2015-05-01", "2015-05-18T23:59:59.999" },
        { 1, "2015-06-30", "2015-07-14T23:59:59.999" },
        { 1, "2015-07-01", "2015-07-15T23:59:59.999" },
        { 1, "2015-07-02", "2015-07-15T23:59:59.999" },
    };
    struct clock_spec spec = { .id = "T7", WD0(10) };
    struct clock_setting setting = setting_of();
    struct clock_run run = { .start = instant("2015-06-01T10:00:00") };
    char text[TIME_TEXT_SIZE];
    time_ms due_at;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        spec.unborn_months = rows[i].unborn_months;
        run.birth = day(rows[i].birth);
        assert_int_equal(clock_due(&spec, &setting, &run, &due_at, NULL),
                         ST_OK);
        (void)time_text_local(&file.cal.zone, due_at, text);
        text[23] = '\0';
        assert_string_equal(text, rows[i].due);
    }
}

/* Three pauses that overlap, in no order: shut from ten to six the next day. */
static void
test_overlapping_pauses(void **state)
{
    struct clock_pause pauses[] = {
        { instant("2015-06-22T16:00:00"), instant("2015-06-23T06:00:00") },
        { instant("2015-06-22T10:00:00"), instant("2015-06-22T15:00:00") },
        { instant("2015-06-22T11:00:00"), instant("2015-06-22T16:00:00") },
    };
    const struct clock_spec spec = { .id = "T13",
                                     .unit = CLOCK_HOURS,
                                     .length = 5,
                                     .pausable = true };
    struct clock_setting setting = setting_of();
    struct clock_run run = { .start = instant("2015-06-22T08:00:00"),
                             .pauses = pauses,
                             .n_pauses = 3,
                             .birth = DATE_NONE };
    time_ms due_at;

    (void)state;
    assert_int_equal(clock_due(&spec, &setting, &run, &due_at, NULL), ST_OK);
    assert_true(due_at == instant("2015-06-23T09:00:00"));
    pauses[0].to = TIME_NEVER;
    assert_int_equal(clock_due(&spec, &setting, &run, &due_at, NULL), ST_OK);
    assert_true(due_at == TIME_NEVER);
}

static void
test_office_closures(void **state)
{
    struct clock_spec spec = {
        .id = "L1", .unit = CLOCK_OFFICE_HOURS, .length = 1, .local = true
    };
    const struct date_range shut = { .first = day("2015-06-26"),
                                     .last = day("2015-06-26") };
    struct clock_setting setting = setting_of();
    struct clock_run run = { .start = instant("2015-06-25T17:00:00"),
                             .birth = DATE_NONE };
    time_ms due_at;

    (void)state;
    setting.closures = (struct date_ranges){ .items = &shut, .n = 1 };
    assert_int_equal(clock_due(&spec, &setting, &run, &due_at, NULL), ST_OK);
    assert_true(due_at == instant("2015-06-29T10:00:00"));
    spec.local = false;
    assert_int_equal(clock_due(&spec, &setting, &run, &due_at, NULL), ST_OK);
    assert_true(due_at == instant("2015-06-26T10:00:00"));
}

static void
test_warn_words(void **state)
{
    static const char *const bad[] = { "",   "h",   "0h",      "4",
                                       "4x", "-4h", "100001d", "4 h" };
    struct clock_warn w;

    (void)state;
    for (size_t i = 0; i < sizeof warn_words / sizeof warn_words[0]; i++)
        assert_true(clock_warn_parse(str_of(warn_words[i]), &w));
    assert_int_equal(w.unit, CLOCK_WARN_PERCENT);
    assert_int_equal(w.amount, 25);
    assert_true(clock_warn_parse(STR("10wd"), &w));
    assert_int_equal(w.unit, CLOCK_WARN_WORKING_DAYS);
    assert_int_equal(w.amount, 10);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(clock_warn_parse(str_of(bad[i]), &w));
}

/* Split the file into rows; the text stays allocated for the program's life. */
static size_t
read_vectors(struct vector *v, size_t max)
{
    char *line = read_project_file("tests/data/clocks.tsv");
    size_t n = 0;

    line = strchr(line, '\n') + 1;
    while (*line != '\0' && n < max) {
        char *end = line + strcspn(line, "\n");
        char *p = line;

        line = *end == '\0' ? end : end + 1;
        *end = '\0';
        for (size_t c = 0; c < N_COLUMNS; c++) {
            size_t width = strcspn(p, "\t");

            v[n].column[c] = (struct str){ .p = p, .n = width };
            p += p[width] == '\t' ? width + 1 : width;
        }
        (void)snprintf(v[n].name, sizeof v[n].name, "%.*s %.*s: %.*s",
                       STR_ARG(v[n].column[COL_ID]),
                       STR_ARG(v[n].column[COL_CLOCK]),
                       STR_ARG(v[n].column[COL_NOTE]));
        n++;
    }
    return n;
}

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct CMUnitTest
row_test(const char *name, CMUnitTestFunction f, const void *row)
{
    return (struct CMUnitTest){ .name = name,
                                .test_func = f,
                                .initial_state = (void *)row };
}

int
main(void)
{
    static struct vector vectors[N_VECTORS + 1];
    static struct CMUnitTest
        tests[N_VECTORS + N(warn_rows) + N(end_rows) + N(spec_rows) + 7];
    size_t n = 0;

    calendar_file_read(&file);
    if (read_vectors(vectors, N_VECTORS + 1) != N_VECTORS) {
        (void)fprintf(stderr, "clocks.tsv: want %d vectors\n", N_VECTORS);
        return 1;
    }
    for (size_t i = 0; i < N_VECTORS; i++)
        tests[n++] = row_test(vectors[i].name, test_vector, &vectors[i]);
    for (size_t i = 0; i < N(warn_rows); i++)
        tests[n++] = row_test(warn_rows[i].name, test_warnings, &warn_rows[i]);
    for (size_t i = 0; i < N(end_rows); i++)
        tests[n++] = row_test(end_rows[i].name, test_end, &end_rows[i]);
    for (size_t i = 0; i < N(spec_rows); i++)
        tests[n++] = row_test(spec_rows[i].name, test_spec, &spec_rows[i]);
    tests[n++] = row_test("late is after due, and never for a planning figure",
                          test_late, NULL);
    tests[n++] = row_test("an office that never opens is refused",
                          test_office_never_opens, NULL);
    tests[n++] = row_test("an office opens within one day",
                          test_office_within_a_day, NULL);
    tests[n++] = row_test("a birth starts T7 alone, within its months",
                          test_birth, NULL);
    tests[n++] = row_test("overlapping pauses count once",
                          test_overlapping_pauses, NULL);
    tests[n++] = row_test("a closed office lets no local clock run",
                          test_office_closures, NULL);
    tests[n++] = row_test("warnings are read as a profile writes them",
                          test_warn_words, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
