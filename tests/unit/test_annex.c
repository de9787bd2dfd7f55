/* Annex A: headers, code lists, the window, ages, earlier referrals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/core/annex.h"
#include "tests/lib/heap.h"

#define N_OF(list) (sizeof(list) / sizeof(list)[0])

static date_d
day(const char *text)
{
    date_d d = DATE_NONE;

    if (text != NULL)
        assert_true(date_parse(str_of(text), &d));
    return d;
}

static void
say_cell(char *out, size_t size, const struct annex_cell *c)
{
    char date[ANNEX_DATE_SIZE];
    size_t n = strlen(out);

    if (c->kind == ANNEX_TEXT)
        (void)snprintf(out + n, size - n, "%.*s|", STR_ARG(c->text));
    else if (c->kind == ANNEX_DATE)
        (void)snprintf(out + n, size - n, "%s|", annex_date(c->date, date));
    else if (c->kind == ANNEX_NUMBER)
        (void)snprintf(out + n, size - n, "%lld|", (long long)c->number);
    else
        (void)snprintf(out + n, size - n, "|");
}

/* ---- one row each
 * ------------------------------------------------------------- */

struct row {
    const char *name;
    int list;
    struct annex_entry entry; /* dates as texts below */
    const char *dob, *on, *completed;
    const char *want; /* cells, "" where it isn't on the list */
    size_t told;
};

#define GIRL                                                                   \
    .unique_id = { "LC1", 3 }, .sex = SEX_F, .ethnicity = ETHNICITY_WBRI

static const struct row rows[] = {
    { "a contact of the day itself",
      1,
      { GIRL, .source = { "6", 1 } },
      "2010-07-01",
      "2015-07-01",
      NULL,
      "LC1|b) Female|a) WBRI|01/07/2010|5|01/07/2015|q) 6: Police|",
      0 },
    { "the day before a birthday",
      1,
      { GIRL, .source = { "5D", 2 } },
      "2010-07-02",
      "2015-07-01",
      NULL,
      "LC1|b) Female|a) WBRI|02/07/2010|4|01/07/2015|p1) 5D: LA services|",
      0 },
    { "a contact of the first day",
      1,
      { GIRL, .source = { "2A", 2 } },
      "2010-07-01",
      "2015-01-01",
      NULL,
      "LC1|b) Female|a) WBRI|01/07/2010|5|01/01/2015|e) 2A: Schools|",
      0 },
    { "one of the day before is not on the list",
      1,
      { GIRL, .source = { "2A", 2 } },
      "2010-07-01",
      "2014-12-31",
      NULL,
      "",
      0 },
    { "nor one of the day after",
      1,
      { GIRL, .source = { "2A", 2 } },
      "2010-07-01",
      "2015-07-02",
      NULL,
      "",
      0 },
    { "what nobody knows has a code, too",
      1,
      { .unique_id = { "LC1", 3 } },
      NULL,
      "2015-07-01",
      NULL,
      "LC1|c) Not stated/recorded|t) NOBT|||01/07/2015|u) 10: Unknown|",
      3 },
    { "a sex that is neither told is no finding",
      1,
      { .unique_id = { "LC1", 3 },
        .sex = SEX_U,
        .ethnicity = ETHNICITY_NOBT,
        .source = { "10", 2 } },
      "2015-06-30",
      "2015-07-01",
      NULL,
      "LC1|c) Not stated/recorded|t) NOBT|30/06/2015|0|01/07/2015|"
      "u) 10: Unknown|",
      1 },

    { "an assessment that still runs",
      2,
      { GIRL, .organisation = { "Example Trust", 13 } },
      "2010-07-01",
      "2015-02-01",
      NULL,
      "LC1|b) Female|a) WBRI|01/07/2010|5|01/02/2015||Example Trust|",
      0 },
    { "one that began before and ended in the window",
      2,
      { GIRL, .organisation = { "Example Trust", 13 } },
      "2010-07-01",
      "2014-12-01",
      "2015-01-01",
      "LC1|b) Female|a) WBRI|01/07/2010|5|01/12/2014|01/01/2015|"
      "Example Trust|",
      0 },
    { "one that ended before it",
      2,
      { GIRL },
      "2010-07-01",
      "2014-12-01",
      "2014-12-31",
      "",
      0 },
    { "an end after the day is not known yet",
      2,
      { GIRL, .organisation = { "Example Trust", 13 } },
      "2010-07-01",
      "2015-06-01",
      "2015-07-02",
      "LC1|b) Female|a) WBRI|01/07/2010|5|01/06/2015||Example Trust|",
      0 },
    { "an organisation that nobody named",
      2,
      { GIRL },
      "2010-07-01",
      "2015-06-01",
      NULL,
      "LC1|b) Female|a) WBRI|01/07/2010|5|01/06/2015||Not recorded|",
      1 },

    { "a referral",
      3,
      { GIRL, .source = { "3A", 2 }, .unit = { "csc-1", 5 },
        .worker = { "worker-2", 8 } },
      "2010-07-01",
      "2015-07-01",
      NULL,
      "LC1|b) Female|a) WBRI|01/07/2010|5|01/07/2015|g) 3A: Health services|"
      "b) No|0|csc-1|worker-2|",
      0 },
    { "one without further action has nobody",
      3,
      { GIRL, .source = { "9", 1 }, .unit = { "duty", 4 }, .nfa = true },
      "2010-07-01",
      "2015-07-01",
      NULL,
      "LC1|b) Female|a) WBRI|01/07/2010|5|01/07/2015|t) 9: Anonymous|"
      "a) Yes|0|Not allocated|Not allocated|",
      0 },
    { "a case that waits for a worker",
      3,
      { GIRL, .source = { "8", 1 }, .unit = { "csc-1", 5 } },
      "2010-07-01",
      "2015-07-01",
      NULL,
      "LC1|b) Female|a) WBRI|01/07/2010|5|01/07/2015|s) 8: Other|b) No|0|"
      "csc-1|Not allocated|",
      1 },
};

static void
test_row(void **state)
{
    const struct row *r = *state;
    struct annex_entry e = r->entry;
    struct annex_list list;
    struct findings findings = { .n = 0 };
    struct arena a;
    char said[400] = "";

    heap_arena(&a);
    e.dob = day(r->dob);
    e.on = day(r->on);
    e.completed = day(r->completed);
    annex_make(&a, r->list, day("2015-07-01"), &e, 1, &list, &findings);
    for (size_t i = 0; i < list.n_rows * list.n_columns; i++)
        say_cell(said, sizeof said, &list.cells[i]);
    assert_string_equal(said, r->want);
    assert_int_equal(findings.n, r->told);
    heap_release(&a);
}

/* ---- beside the table
 * ----------------------------------------------------------- */

/* domain.md section 10, in its words. */
static void
headers_are_those_of_the_guide(void **state)
{
    static const char *const want[ANNEX_LISTS] = {
        "Child Unique ID,Gender,Ethnicity,Date of Birth,Age of Child (Years),"
        "Date of Contact,Contact Source,",
        "Child Unique ID,Gender,Ethnicity,Date of Birth,Age of Child (Years),"
        "Assessment start date,Assessment completion date,Organisation "
        "completing assessment,",
        "Child Unique ID,Gender,Ethnicity,Date of Birth,Age of Child (Years),"
        "Date of referral,Referral Source,Referral NFA?,Number of Referrals "
        "in Last 12 Months,Allocated Team,Allocated Worker,",
    };
    struct findings findings = { .n = 0 };
    struct annex_list list;
    struct arena a;

    (void)state;
    heap_arena(&a);
    for (int i = 0; i < ANNEX_LISTS; i++) {
        char said[400] = "";

        annex_make(&a, i + 1, day("2015-07-01"), NULL, 0, &list, &findings);
        for (size_t c = 0; c < list.n_columns; c++)
            (void)snprintf(said + strlen(said), sizeof said - strlen(said),
                           "%s,", list.headers[c]);
        assert_string_equal(said, want[i]);
    }
    heap_release(&a);
}

static void
every_ethnicity_has_its_letter(void **state)
{
    static const char *const want[] = {
        "a) WBRI", "b) WIRI", "c) WIRT", "d) WOTH", "e) WROM",
        "f) MWBC", "g) MWBA", "h) MWAS", "i) MOTH", "j) AIND",
        "k) APKN", "l) ABAN", "m) AOTH", "n) BCRB", "o) BAFR",
        "p) BOTH", "q) CHNE", "r) OOTH", "s) REFU", "t) NOBT",
    };
    struct findings findings = { .n = 0 };
    struct annex_list list;
    struct arena a;

    (void)state;
    assert_int_equal(codes_ethnicity.n, N_OF(want));
    heap_arena(&a);
    for (size_t i = 0; i < N_OF(want); i++) {
        struct annex_entry e = { .sex = SEX_M,
                                 .ethnicity = (int)i + 1,
                                 .dob = day("2010-01-01"),
                                 .on = day("2015-07-01") };

        annex_make(&a, 1, day("2015-07-01"), &e, 1, &list, &findings);
        assert_true(str_is(list.cells[1].text, "a) Male"));
        assert_true(str_is(list.cells[2].text, want[i]));
    }
    heap_release(&a);
}

/* Counted back from each referral, on the same day a year ago the last time. */
static void
earlier_referrals_are_the_childs_own_of_twelve_months(void **state)
{
    static const struct {
        uint8_t child;
        const char *on;
        int64_t want; /* -1: before the window */
    } told[] = {
        { 1, "2014-05-31", -1 }, { 1, "2014-06-01", -1 },
        { 1, "2015-06-01", 1 },  { 1, "2015-06-02", 1 },
        { 2, "2015-06-03", 0 },  { 2, "2015-06-03", 1 },
    };
    struct annex_entry entries[N_OF(told)];
    struct findings findings = { .n = 0 };
    struct annex_list list;
    struct arena a;
    size_t row = 0;

    (void)state;
    heap_arena(&a);
    for (size_t i = 0; i < N_OF(told); i++)
        entries[i] = (struct annex_entry){
            GIRL,
            .child_id = { .b = { told[i].child } },
            .dob = day("2010-01-01"),
            .on = day(told[i].on),
            .source = STR("6"),
        };
    annex_make(&a, 3, day("2015-07-01"), entries, N_OF(told), &list, &findings);
    for (size_t i = 0; i < N_OF(told); i++)
        if (told[i].want >= 0)
            assert_int_equal(list.cells[row++ * list.n_columns + 8].number,
                             told[i].want);
    assert_int_equal(list.n_rows, row);
    heap_release(&a);
}

int
main(void)
{
    struct CMUnitTest tests[N_OF(rows) + 3];
    size_t n = N_OF(rows);

    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test(headers_are_those_of_the_guide);
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test(every_ethnicity_has_its_letter);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        earlier_referrals_are_the_childs_own_of_twelve_months);
    return cmocka_run_group_tests_name("annex", tests, NULL, NULL);
}
