/* Working days over the real calendar: domain.md section 7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calendar_file.h"
#include "common/core/calendar.h"

static struct calendar_file file;

static date_d
day(const char *text)
{
    return calendar_date(str_of(text));
}

struct day_row {
    const char *name;
    const char *date;
    bool works;
};

static const struct day_row day_rows[] = {
    { "a plain Friday works", "2015-06-26", true },
    { "a Saturday does not", "2015-06-27", false },
    { "a Sunday does not", "2015-06-28", false },
    { "the Monday after works", "2015-06-29", true },
    { "Maundy Thursday works", "2015-04-02", true },
    { "Good Friday does not", "2015-04-03", false },
    { "Easter Monday does not", "2015-04-06", false },
    { "the Tuesday after Easter works", "2015-04-07", true },
    { "the State Funeral day does not", "2022-09-19", false },
    { "the substitute for Boxing Day does not", "2026-12-28", false },
    { "the first day of the calendar is a Saturday", "2011-01-01", false },
    { "the last day of the calendar works", "2027-12-31", true },
    { "a closure day does not", "2015-08-05", false },
    { "the day after the closure works", "2015-08-06", true },
};

static void
test_working_day(void **state)
{
    const struct day_row *row = *state;
    const struct date_range shut = { .first = day("2015-08-04"),
                                     .last = day("2015-08-05") };
    const struct date_ranges closures = { .items = &shut, .n = 1 };

    assert_int_equal(
        calendar_is_working_day(&file.cal, &closures, day(row->date)),
        row->works);
}

struct add_row {
    const char *name;
    const char *start;
    int n;
    enum calendar_count count;
    const char *want; /* NULL: R16 */
};

static const struct add_row add_rows[] = {
    { "wd0: one day from a Friday is Monday", "2015-06-26", 1, CALENDAR_WD0,
      "2015-06-29" },
    { "wd1: one day from a Friday is that Friday", "2015-06-26", 1,
      CALENDAR_WD1, "2015-06-26" },
    { "wd1: one day from a Saturday is Monday", "2015-06-27", 1, CALENDAR_WD1,
      "2015-06-29" },
    { "wd1: two days from a Saturday are Monday too", "2015-06-27", 2,
      CALENDAR_WD1, "2015-06-29" },
    { "wd0: two days from a Saturday are Tuesday", "2015-06-27", 2,
      CALENDAR_WD0, "2015-06-30" },
    { "a closure day is passed over", "2015-08-03", 1, CALENDAR_WD0,
      "2015-08-06" },
    { "the last day of the calendar can be reached", "2027-12-30", 1,
      CALENDAR_WD0, "2027-12-31" },
    { "the day after it cannot", "2027-12-30", 2, CALENDAR_WD0, NULL },
    { "a start before the calendar is refused", "2010-12-31", 1, CALENDAR_WD0,
      NULL },
    { "a start on its first day is not", "2011-01-01", 1, CALENDAR_WD0,
      "2011-01-04" },
};

static void
test_add(void **state)
{
    const struct add_row *row = *state;
    const struct date_range shut = { .first = day("2015-08-04"),
                                     .last = day("2015-08-05") };
    const struct date_ranges closures = { .items = &shut, .n = 1 };
    struct err err;
    char text[DATE_TEXT_SIZE];
    date_d got;
    enum status st = calendar_add_working_days(
        &file.cal, &closures, day(row->start), row->n, row->count, &got, &err);

    if (row->want == NULL) {
        assert_int_equal(st, ST_REJECT);
        assert_string_equal(err.code, "R16");
        return;
    }
    assert_int_equal(st, ST_OK);
    assert_string_equal(date_text(got, text), row->want);
}

static void
test_days_left(void **state)
{
    (void)state;
    assert_int_equal(calendar_days_left(&file.cal, day("2027-12-31")), 0);
    assert_int_equal(calendar_days_left(&file.cal, day("2026-11-26")), 400);
    assert_int_equal(calendar_days_left(&file.cal, day("2028-01-02")), -2);
}

static void
test_eight_holidays(void **state)
{
    size_t n = 0;

    (void)state;
    for (date_d d = day("2024-01-01"); d <= day("2024-12-31"); d++)
        n += calendar_is_holiday(&file.cal, d);
    assert_int_equal(n, 8);
    assert_int_equal(file.cal.zone.n, 2 * 17);
}

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

int
main(void)
{
    static struct CMUnitTest tests[N(day_rows) + N(add_rows) + 2];
    size_t n = 0;

    calendar_file_read(&file);
    for (size_t i = 0; i < N(day_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = day_rows[i].name,
                                 .test_func = test_working_day,
                                 .initial_state = (void *)&day_rows[i] };
    for (size_t i = 0; i < N(add_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = add_rows[i].name,
                                 .test_func = test_add,
                                 .initial_state = (void *)&add_rows[i] };
    tests[n++] = (struct CMUnitTest){
        .name = "days left count to the last day of the calendar",
        .test_func = test_days_left
    };
    tests[n++] = (struct CMUnitTest){
        .name = "the file has eight holidays in 2024 and 17 years of changes",
        .test_func = test_eight_holidays
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
