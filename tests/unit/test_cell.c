/* Cells: which of Excel's dates are understood, and which are left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "raw_text.h"

#include "intake/core/cell.h"

struct row {
    const char *name;
    struct str (*read)(struct arena *arena, struct str cell);
    const char *cell;
    const char *want;
};

static const struct row rows[] = {
    { "a day comes before its month", cell_date, "05/06/2015", "2015-06-05" },
    { "one digit will do", cell_date, "5/6/2015", "2015-06-05" },
    { "a month never stands first", cell_date, "06/26/2015", "06/26/2015" },
    { "29 February is a day in a leap year", cell_date, "29/02/2016",
      "2016-02-29" },
    { "and none in another", cell_date, "29/02/2015", "29/02/2015" },
    { "a year of two digits stays", cell_date, "26/06/15", "26/06/15" },
    { "a year of five digits stays", cell_date, "26/06/20155", "26/06/20155" },
    { "midnight behind a day is Excel's", cell_date, "26/06/2015 00:00",
      "2015-06-26" },
    { "midnight with seconds too", cell_date, "26/06/2015 00:00:00",
      "2015-06-26" },
    { "another hour was meant", cell_date, "26/06/2015 07:12",
      "26/06/2015 07:12" },
    { "what the rules take stays", cell_date, "2015-06-26", "2015-06-26" },
    { "a serial number counts from 1899-12-30", cell_date, "42181",
      "2015-06-26" },
    { "the lowest serial number", cell_date, "10000", "1927-05-18" },
    { "below it nothing is a date", cell_date, "9999", "9999" },
    { "the highest serial number", cell_date, "99999", "2173-10-13" },
    { "above it nothing is a date", cell_date, "100000", "100000" },
    { "eight digits stay", cell_date, "20150626", "20150626" },
    { "a serial number with an hour is no date", cell_date, "42181.5",
      "42181.5" },
    { "something behind a day stays", cell_date, "26/06/2015x", "26/06/2015x" },
    { "a name stays", cell_date, "Testchild", "Testchild" },

    { "a day with minutes is an instant", cell_instant, "26/06/2015 07:12",
      "2015-06-26T07:12:00" },
    { "with seconds", cell_instant, "26/06/2015 7:12:05",
      "2015-06-26T07:12:05" },
    { "the other order with a blank", cell_instant, "2015-06-26 07:12:05",
      "2015-06-26T07:12:05" },
    { "the last minute of a day", cell_instant, "26/06/2015 23:59",
      "2015-06-26T23:59:00" },
    { "hour 24 stays", cell_instant, "26/06/2015 24:00", "26/06/2015 24:00" },
    { "minute 60 stays", cell_instant, "26/06/2015 07:60", "26/06/2015 07:60" },
    { "afternoon in words stays", cell_instant, "26/06/2015 07:12 PM",
      "26/06/2015 07:12 PM" },
    { "an hour alone stays", cell_instant, "26/06/2015 07", "26/06/2015 07" },
    { "a minute has two digits", cell_instant, "26/06/2015 07:1",
      "26/06/2015 07:1" },
    { "so has a second", cell_instant, "26/06/2015 07:12:5",
      "26/06/2015 07:12:5" },
    { "a day alone has no hour and stays", cell_instant, "26/06/2015",
      "26/06/2015" },
    { "a whole serial number has no hour and stays", cell_instant, "42181",
      "42181" },
    { "a serial number with a fraction", cell_instant, "42181.5",
      "2015-06-26T12:00:00" },
    { "a comma before the fraction", cell_instant, "42181,25",
      "2015-06-26T06:00:00" },
    { "as long as Excel writes it", cell_instant, "42181.3000578704",
      "2015-06-26T07:12:05" },
    { "rounded into the next day", cell_instant, "42181.999999",
      "2015-06-27T00:00:00" },
    { "a fraction without digits stays", cell_instant, "42181.", "42181." },
    { "what the rules take stays as well", cell_instant,
      "2015-06-26T07:12:05+01:00", "2015-06-26T07:12:05+01:00" },

    { "TRUE is Excel's true", cell_word, "TRUE", "true" },
    { "Yes is yes", cell_word, "Yes", "yes" },
    { "one letter is what JSON says", cell_word, "Y", "Y" },
};

#define N_ROWS (sizeof rows / sizeof rows[0])

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct arena arena;
    struct str got;

    heap_arena(&arena);
    got = row->read(&arena, str_of(row->cell));
    assert_int_equal(got.n, strlen(row->want));
    assert_memory_equal(got.p, row->want, got.n);
    heap_release(&arena);
}

static void
a_cell_loses_blanks_and_breaks_at_both_ends(void **state)
{
    (void)state;
    assert_true(str_is(cell_trim(STR(" \t a b\r\n ")), "a b"));
    assert_true(str_is(cell_trim(STR(" \n")), ""));
    assert_true(str_is(cell_trim(STR("")), ""));
}

int
main(void)
{
    struct CMUnitTest tests[N_ROWS + 1];

    for (size_t i = 0; i < N_ROWS; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    tests[N_ROWS] = (struct CMUnitTest)cmocka_unit_test(
        a_cell_loses_blanks_and_breaks_at_both_ends);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
