/* What is told of a due date adds up to the clock's length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calendar_file.h"
#include "common/core/clock_days.h"
#include "tests/lib/heap.h"

static struct calendar_file file;

static date_d
day(const char *text)
{
    return calendar_date(str_of(text));
}

static time_ms
instant(const char *text)
{
    return calendar_instant(str_of(text));
}

static struct date_range closed[1];
static struct clock_pause pauses[3];

static struct clock_setting
setting_of(void)
{
    closed[0] = (struct date_range){ day("2024-12-24"), day("2024-12-31") };
    /* Over the spring change, and two that overlap. */
    pauses[0] = (struct clock_pause){ instant("2024-03-28T15:00:00Z"),
                                      instant("2024-04-03T10:00:00Z") };
    pauses[1] = (struct clock_pause){ instant("2024-08-10T10:00:00Z"),
                                      instant("2024-08-20T10:00:00Z") };
    pauses[2] = (struct clock_pause){ instant("2024-08-15T10:00:00Z"),
                                      instant("2024-08-27T10:00:00Z") };
    return (struct clock_setting){
        .cal = &file.cal,
        .closures = { .items = closed, .n = 1 },
        .school_closed = { .items = closed, .n = 1 },
        .office = { .from_min = 9 * 60,
                    .to_min = 17 * 60,
                    .weekdays = OFFICE_MONDAY_TO_FRIDAY },
    };
}

static const struct clock_spec specs[] = {
    { .id = "T2", .unit = CLOCK_WORKING_DAYS, .length = 45 },
    { .id = "L2",
      .unit = CLOCK_WORKING_DAYS,
      .length = 2,
      .count = CALENDAR_WD1,
      .local = true },
    { .id = "T1",
      .unit = CLOCK_WORKING_DAYS,
      .length = 1,
      .count = CALENDAR_WD1 },
    { .id = "T12", .unit = CLOCK_WORKING_DAYS, .length = 10, .pausable = true },
    { .id = "T12",
      .unit = CLOCK_WORKING_DAYS,
      .length = 10,
      .count = CALENDAR_WD1,
      .pausable = true },
    { .id = "T18", .unit = CLOCK_DAYS, .length = 7 },
    { .id = "T14a", .unit = CLOCK_WEEKS, .length = 6, .pausable = true },
    { .id = "T10", .unit = CLOCK_HOURS, .length = 72 },
    { .id = "T13", .unit = CLOCK_HOURS, .length = 48, .pausable = true },
    { .id = "L1", .unit = CLOCK_OFFICE_HOURS, .length = 24, .local = true },
    { .id = "T13", .unit = CLOCK_OFFICE_HOURS, .length = 24, .pausable = true },
    { .id = "L7", .unit = CLOCK_SECONDS, .length = 60 },
};

/* Length in dates or milliseconds. */
static int64_t
length_of(const struct clock_spec *spec)
{
    switch (spec->unit) {
    case CLOCK_WEEKS:
        return spec->length * 7;
    case CLOCK_HOURS:
    case CLOCK_OFFICE_HOURS:
        return spec->length * HOUR_MS;
    case CLOCK_SECONDS:
        return spec->length * SECOND_MS;
    default:
        return spec->length;
    }
}

static int64_t
told(const struct clock_spec *spec, const struct clock_days *days)
{
    int64_t dates = 0;
    int64_t ms = 0;

    for (size_t i = 0; i < days->n; i++) {
        dates += days->at[i].kind == CLOCK_DAY_COUNTS;
        ms += days->at[i].counted_ms;
    }
    return spec->unit == CLOCK_HOURS || spec->unit == CLOCK_OFFICE_HOURS ||
                   spec->unit == CLOCK_SECONDS
               ? ms
               : dates;
}

static void
what_is_told_adds_up_for_every_day_of_a_year(void **state)
{
    struct clock_setting setting = setting_of();

    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        const struct clock_spec *spec = &specs[i];

        for (time_ms start = instant("2024-01-01T00:30:00Z");
             start < instant("2025-01-01T00:00:00Z");
             start += DAY_MS + HOUR_MS) {
            struct clock_run run = { .start = start,
                                     .pauses = pauses,
                                     .n_pauses = 3,
                                     .birth = DATE_NONE };
            struct clock_days days;
            struct arena a;
            time_ms due_at;

            heap_arena(&a);
            assert_int_equal(clock_due(spec, &setting, &run, &due_at, NULL),
                             ST_OK);
            clock_days(&a, spec, &setting, &run, due_at, &days);
            assert_int_equal(told(spec, &days), length_of(spec));
            assert_int_equal(days.at[0].date, zone_date(&file.cal.zone, start));
            assert_int_equal(days.at[days.n - 1].date,
                             zone_date(&file.cal.zone, due_at));
            heap_release(&a);
        }
    }
}

static void
each_date_passed_over_has_its_reason(void **state)
{
    static const struct {
        const char *date;
        enum clock_day_kind kind;
    } rows[] = {
        { "2024-03-27", CLOCK_DAY_START },
        { "2024-03-28", CLOCK_DAY_PAUSED },
        { "2024-03-29", CLOCK_DAY_HOLIDAY },
        { "2024-03-30", CLOCK_DAY_WEEKEND },
        { "2024-04-02", CLOCK_DAY_PAUSED },
        { "2024-04-03", CLOCK_DAY_COUNTS },
    };
    struct clock_setting setting = setting_of();
    struct clock_run run = { .start = instant("2024-03-27T12:00:00Z"),
                             .pauses = pauses,
                             .n_pauses = 3,
                             .birth = DATE_NONE };
    struct clock_days days;
    struct arena a;
    time_ms due_at;

    (void)state;
    heap_arena(&a);
    assert_int_equal(clock_due(&specs[3], &setting, &run, &due_at, NULL),
                     ST_OK);
    clock_days(&a, &specs[3], &setting, &run, due_at, &days);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(
            clock_day_name(days.at[day(rows[i].date) - days.at[0].date].kind),
            clock_day_name(rows[i].kind));
    heap_release(&a);
}

static void
a_school_that_is_shut_is_told_so(void **state)
{
    struct clock_spec bell = { .id = "T11",
                               .unit = CLOCK_SCHOOL_START,
                               .school_start_min = 510 };
    struct clock_setting setting = setting_of();
    struct clock_run run = { .start = instant("2024-12-23T09:00:00Z"),
                             .birth = DATE_NONE };
    struct clock_days days;
    struct arena a;
    time_ms due_at;

    (void)state;
    heap_arena(&a);
    assert_int_equal(clock_due(&bell, &setting, &run, &due_at, NULL), ST_OK);
    assert_int_equal(due_at, instant("2025-01-02T08:30:00Z"));
    clock_days(&a, &bell, &setting, &run, due_at, &days);
    assert_int_equal(days.n, 11);
    assert_int_equal(days.at[0].kind, CLOCK_DAY_OUTSIDE);
    assert_int_equal(days.at[1].kind, CLOCK_DAY_CLOSED);
    assert_int_equal(days.at[9].kind, CLOCK_DAY_HOLIDAY);
    assert_int_equal(days.at[10].kind, CLOCK_DAY_COUNTS);
    heap_release(&a);
}

static void
nothing_is_told_of_what_is_never_due(void **state)
{
    struct clock_setting setting = setting_of();
    struct clock_run run = { .birth = DATE_NONE };
    struct clock_days days = { .n = 9 };
    struct arena a;

    (void)state;
    heap_arena(&a);
    clock_days(&a, &specs[3], &setting, &run, TIME_NEVER, &days);
    assert_int_equal(days.n, 0);
    heap_release(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_adds_up_for_every_day_of_a_year),
        cmocka_unit_test(each_date_passed_over_has_its_reason),
        cmocka_unit_test(a_school_that_is_shut_is_told_so),
        cmocka_unit_test(nothing_is_told_of_what_is_never_due),
    };

    calendar_file_read(&file);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
