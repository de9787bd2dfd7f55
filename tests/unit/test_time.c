/* Dates, instants and local time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/core/time.h"

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

/* 2015: British summer time from 29 March to 25 October, 01:00 UTC each. */
static const struct zone_change changes[] = {
    { .at = 1427590800000, .offset_s = 3600 },
    { .at = 1445734800000, .offset_s = 0 },
};
static const struct zone london = { .changes = changes, .n = N(changes) };

/* Made up: on 1970-01-11 the clock jumps from 00:00 to 01:00. */
static const struct zone_change midnight_changes[] = {
    { .at = 10 * DAY_MS, .offset_s = 3600 },
};
static const struct zone skips_midnight = { .changes = midnight_changes,
                                            .n = 1 };

static date_d
day(const char *text)
{
    date_d d;

    assert_true(date_parse(str_of(text), &d));
    return d;
}

struct parse_row {
    const char *name;
    const char *text;
    const char *want; /* in UTC; NULL: refused with `code` */
    const char *code;
};

static const struct parse_row parse_rows[] = {
    { "UTC is read", "2015-06-26T07:12:05Z", "2015-06-26T07:12:05.000Z", "" },
    { "small letters are read", "2015-06-26t07:12:05z",
      "2015-06-26T07:12:05.000Z", "" },
    { "an offset east is taken off", "2015-06-26T07:12:05+01:00",
      "2015-06-26T06:12:05.000Z", "" },
    { "an offset west is added", "2015-06-26T23:12:05-05:30",
      "2015-06-27T04:42:05.000Z", "" },
    { "without offset it is local, in summer", "2015-06-26T07:12:05",
      "2015-06-26T06:12:05.000Z", "" },
    { "without offset it is local, in winter", "2015-12-26T07:12:05",
      "2015-12-26T07:12:05.000Z", "" },
    { "a fraction is cut to milliseconds", "2015-06-26T07:12:05.98799Z",
      "2015-06-26T07:12:05.987Z", "" },
    { "a short fraction is tenths", "2015-06-26T07:12:05.5Z",
      "2015-06-26T07:12:05.500Z", "" },
    { "the last second before the spring gap exists", "2015-03-29T00:59:59",
      "2015-03-29T00:59:59.000Z", "" },
    { "the first second of the gap does not", "2015-03-29T01:00:00", NULL,
      "R09" },
    { "the last second of the gap does not", "2015-03-29T01:59:59", NULL,
      "R09" },
    { "the second after the gap does", "2015-03-29T02:00:00",
      "2015-03-29T01:00:00.000Z", "" },
    { "a time in the gap with its offset exists", "2015-03-29T01:30:00Z",
      "2015-03-29T01:30:00.000Z", "" },
    { "a time that exists twice is the first", "2015-10-25T01:30:00",
      "2015-10-25T00:30:00.000Z", "" },
    { "the end of the doubled hour is the first too", "2015-10-25T01:59:59",
      "2015-10-25T00:59:59.000Z", "" },
    { "after the doubled hour there is one again", "2015-10-25T02:00:00",
      "2015-10-25T02:00:00.000Z", "" },
    { "23:59:59 is read", "2015-12-31T23:59:59Z", "2015-12-31T23:59:59.000Z",
      "" },
    { "24:00:00 is no time", "2015-12-31T24:00:00Z", NULL, "R03" },
    { "minute 60 is none", "2015-12-31T23:60:00Z", NULL, "R03" },
    { "second 60 is none", "2015-12-31T23:59:60Z", NULL, "R03" },
    { "29 February 2016 exists", "2016-02-29T00:00:00Z",
      "2016-02-29T00:00:00.000Z", "" },
    { "29 February 2015 does not", "2015-02-29T00:00:00Z", NULL, "R03" },
    { "a date alone is no instant", "2015-06-26", NULL, "R03" },
    { "a fraction needs a digit", "2015-06-26T07:12:05.Z", NULL, "R03" },
    { "an offset needs its colon", "2015-06-26T07:12:05+0100", NULL, "R03" },
    { "an offset needs its minutes", "2015-06-26T07:12:05+01:0", NULL, "R03" },
    { "an offset ends with its minutes", "2015-06-26T07:12:05+01:000", NULL,
      "R03" },
    { "an offset begins with a sign", "2015-06-26T07:12:05 01:00", NULL,
      "R03" },
    { "an offset has digits", "2015-06-26T07:12:05+0a:00", NULL, "R03" },
    { "an offset of 60 minutes is none", "2015-06-26T07:12:05+00:60", NULL,
      "R03" },
    { "an offset of 23:59 is read", "2015-06-26T07:12:05+23:59",
      "2015-06-25T07:13:05.000Z", "" },
    { "an offset of 24:00 is not", "2015-06-26T07:12:05+24:00", NULL, "R03" },
    { "what follows makes it no instant", "2015-06-26T07:12:05Z ", NULL,
      "R03" },
    { "the empty text is no instant", "", NULL, "R03" },
};

static void
test_parse(void **state)
{
    const struct parse_row *row = *state;
    struct err err = { .code = "" };
    char text[TIME_TEXT_SIZE];
    time_ms t;
    enum status st = time_parse(&london, str_of(row->text), &t, &err);

    assert_int_equal(st, row->want == NULL ? ST_REJECT : ST_OK);
    assert_string_equal(err.code, row->code);
    assert_string_equal(time_text(t, text),
                        row->want == NULL ? "-" : row->want);
}

struct months_row {
    const char *name;
    const char *from;
    int months;
    const char *want;
};

static const struct months_row months_rows[] = {
    { "a month keeps its day number", "2015-01-15", 1, "2015-02-15" },
    { "31 January and a month is the end of February", "2015-01-31", 1,
      "2015-02-28" },
    { "in a leap year that is the 29th", "2016-01-31", 1, "2016-02-29" },
    { "28 February stays the 28th in March", "2015-02-28", 1, "2015-03-28" },
    { "months cross the year", "2015-11-30", 3, "2016-02-29" },
    { "months go back", "2015-03-31", -1, "2015-02-28" },
    { "months go back over the year", "2015-01-31", -2, "2014-11-30" },
    { "no months change nothing", "2016-02-29", 0, "2016-02-29" },
};

static void
test_months(void **state)
{
    const struct months_row *row = *state;
    char text[DATE_TEXT_SIZE];

    assert_string_equal(
        date_text(date_add_months(day(row->from), row->months), text),
        row->want);
}

struct age_row {
    const char *name;
    const char *dob;
    const char *on;
    int want;
};

static const struct age_row age_rows[] = {
    { "the day before a birthday is the age before", "2005-06-26", "2015-06-25",
      9 },
    { "the birthday is the new age", "2005-06-26", "2015-06-26", 10 },
    { "a leap birthday has not come on 28 February", "2004-02-29", "2015-02-28",
      10 },
    { "it comes on 1 March", "2004-02-29", "2015-03-01", 11 },
    { "in a leap year it comes on the day", "2004-02-29", "2016-02-29", 12 },
    { "the day of birth is nought", "2015-06-26", "2015-06-26", 0 },
};

static void
test_age(void **state)
{
    const struct age_row *row = *state;

    assert_int_equal(date_age_years(day(row->dob), day(row->on)), row->want);
}

static void
test_every_date(void **state)
{
    struct ymd first = { .year = 1, .month = 1, .day = 1 };
    struct ymd last = { .year = 9999, .month = 12, .day = 31 };
    date_d from;
    date_d to;

    (void)state;
    assert_true(date_of(first, &from));
    assert_true(date_of(last, &to));
    assert_int_equal(to - from + 1, 3652059);
    for (date_d d = from; d <= to; d++) {
        date_d back;

        if (!date_of(date_ymd(d), &back) || back != d)
            fail_msg("day %d comes back as %d", d, back);
    }
    assert_int_equal(date_weekday(0), 4);
    assert_int_equal(date_weekday(-1), 3);
    assert_int_equal(date_weekday(day("2015-06-29")), 1);
    assert_int_equal(date_weekday(day("2015-06-28")), 7);
}

static void
test_no_date(void **state)
{
    static const char *const bad[] = {
        "",           "2015-6-26",  "2015-06-26 ", "2015/06/26", "26-06-2015",
        "2015-13-01", "2015-00-01", "2015-01-00",  "2015-01-32", "2015-04-31",
        "1900-02-29", "0000-01-01", "2015-02-30",  "+015-01-01",
    };
    date_d d;

    (void)state;
    for (size_t i = 0; i < N(bad); i++) {
        assert_false(date_parse(str_of(bad[i]), &d));
        assert_int_equal(d, DATE_NONE);
    }
    assert_false(date_parse(STR_NULL, &d));
    assert_true(date_parse(STR("2000-02-29"), &d));
    assert_true(date_parse(STR("0001-01-01"), &d));
}

static void
test_days_of_change(void **state)
{
    const date_d spring = day("2015-03-29");
    const date_d autumn = day("2015-10-25");

    (void)state;
    assert_int_equal(
        zone_end_of_day(&london, spring) - zone_start_of_day(&london, spring),
        23 * HOUR_MS - 1);
    assert_int_equal(
        zone_end_of_day(&london, autumn) - zone_start_of_day(&london, autumn),
        25 * HOUR_MS - 1);
    assert_int_equal(zone_date(&london, zone_start_of_day(&london, autumn)),
                     autumn);
    assert_int_equal(zone_date(&london, zone_start_of_day(&london, autumn) - 1),
                     autumn - 1);
    assert_int_equal(
        zone_time_of_day_ms(&london, zone_end_of_day(&london, autumn)),
        DAY_MS - 1);
}

static void
test_local_date(void **state)
{
    time_ms t;

    (void)state;
    assert_int_equal(time_parse(&london, STR("2015-06-28T23:30:00Z"), &t, NULL),
                     ST_OK);
    assert_int_equal(zone_date(&london, t), day("2015-06-29"));
    assert_int_equal(zone_time_of_day_ms(&london, t), 30 * MINUTE_MS);
    assert_int_equal(zone_offset_s(&london, changes[0].at - 1), 0);
    assert_int_equal(zone_offset_s(&london, changes[0].at), 3600);
}

static void
test_skipped_midnight(void **state)
{
    time_ms t;

    (void)state;
    assert_false(zone_instant(&skips_midnight, 10, 0, &t));
    assert_int_equal(zone_start_of_day(&skips_midnight, 10), 10 * DAY_MS);
    assert_int_equal(zone_end_of_day(&skips_midnight, 9), 10 * DAY_MS - 1);
    assert_true(zone_instant(&skips_midnight, 10, HOUR_MS, &t));
    assert_int_equal(t, 10 * DAY_MS);
}

static void
test_texts(void **state)
{
    char text[TIME_TEXT_SIZE];

    (void)state;
    assert_string_equal(time_text(TIME_NONE, text), "-");
    assert_string_equal(time_text(TIME_NEVER, text), "never");
    assert_string_equal(time_text(-1, text), "1969-12-31T23:59:59.999Z");
    assert_string_equal(time_text_local(&london, changes[0].at - 1, text),
                        "2015-03-29T00:59:59.999+00:00");
    assert_string_equal(time_text_local(&london, changes[0].at, text),
                        "2015-03-29T02:00:00+01:00");
    assert_string_equal(time_text_local(&london, TIME_NEVER, text), "never");
    assert_string_equal(date_text(DATE_NONE, text), "-");
    assert_string_equal(
        time_text_local(&(struct zone){ .base_offset_s = -12600 }, 0, text),
        "1969-12-31T20:30:00-03:30");
}

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
    static struct CMUnitTest
        tests[N(parse_rows) + N(months_rows) + N(age_rows) + 6];
    size_t n = 0;

    for (size_t i = 0; i < N(parse_rows); i++)
        tests[n++] = row_test(parse_rows[i].name, test_parse, &parse_rows[i]);
    for (size_t i = 0; i < N(months_rows); i++)
        tests[n++] =
            row_test(months_rows[i].name, test_months, &months_rows[i]);
    for (size_t i = 0; i < N(age_rows); i++)
        tests[n++] = row_test(age_rows[i].name, test_age, &age_rows[i]);
    tests[n++] = row_test("every date of 9999 years comes back from its parts",
                          test_every_date, NULL);
    tests[n++] = row_test("what is no date gives none", test_no_date, NULL);
    tests[n++] = row_test("a day of clock change has 23 or 25 hours",
                          test_days_of_change, NULL);
    tests[n++] = row_test("the local date counts, not that of UTC",
                          test_local_date, NULL);
    tests[n++] = row_test("a day without midnight begins with the change",
                          test_skipped_midnight, NULL);
    tests[n++] = row_test("instants are written in UTC and local time",
                          test_texts, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
