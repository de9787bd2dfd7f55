/* Figures as others print them (domain.md section 9, K36). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "intake/core/figure.h"
#include "sliced.h"

struct row {
    const char *name;
    const char *text;
    enum indicator_unit unit;
    int measure;
    enum figure_is is;
    int gap;
    int64_t amount;
    int32_t decimals;
};

#define VALUE(n, d) FIGURE_VALUE, 0, (n), (d)
#define GAP(g) FIGURE_GAP, (g), I64_NONE, I32_NONE
#define NO(is) (is), 0, 0, 0
#define LEVEL MEASURE_LEVEL

static const struct row rows[] = {
    { "a count is itself", "3122", UNIT_COUNT, LEVEL, VALUE(3122, 0) },
    { "0 is a count", "0", UNIT_COUNT, LEVEL, VALUE(0, 0) },
    { "5,326 is one number", "5,326", UNIT_COUNT, LEVEL, VALUE(5326, 0) },
    { "so is 1,005,326", "1,005,326", UNIT_COUNT, LEVEL, VALUE(1005326, 0) },
    { "53,26 is none", "53,26", UNIT_COUNT, LEVEL, NO(FIGURE_OTHER) },
    { "nor is 5326,000", "5326,000", UNIT_COUNT, LEVEL, NO(FIGURE_OTHER) },
    { "nor ,326", ",326", UNIT_COUNT, LEVEL, NO(FIGURE_OTHER) },
    { "nor 5,326,", "5,326,", UNIT_COUNT, LEVEL, NO(FIGURE_OTHER) },
    { "5.70 % keeps its digits", "5.70%", UNIT_PERCENT, LEVEL, VALUE(570, 2) },
    { "a blank may stand before it", "5.70 %", UNIT_PERCENT, LEVEL,
      VALUE(570, 2) },
    { "a count has no %", "30%", UNIT_COUNT, LEVEL, NO(FIGURE_SUFFIX) },
    { "1500K is not guessed at", "1500K", UNIT_COUNT, LEVEL,
      NO(FIGURE_SUFFIX) },
    { "nor is 1500 K", "1500 K", UNIT_COUNT, LEVEL, NO(FIGURE_SUFFIX) },
    { "a note's star is no number", "276*", UNIT_COUNT, LEVEL,
      NO(FIGURE_SUFFIX) },
    { "a range is no number", "75-80", UNIT_PERCENT, LEVEL, NO(FIGURE_SUFFIX) },
    { "half a child is none", "1.5", UNIT_COUNT, LEVEL, NO(FIGURE_RANGE) },
    { "half a post is one", "1.5", UNIT_FRACTIONAL, LEVEL, VALUE(15, 1) },
    { "a rate has decimals", "246.3", UNIT_PER_100000, LEVEL, VALUE(2463, 1) },
    { "four decimals are read", "0.1234", UNIT_PERCENT, LEVEL, VALUE(1234, 4) },
    { "five are not", "0.12345", UNIT_PERCENT, LEVEL, NO(FIGURE_OTHER) },
    { "a point wants digits behind it", "5.", UNIT_PERCENT, LEVEL,
      NO(FIGURE_OTHER) },
    { "and before it", ".5", UNIT_PERCENT, LEVEL, NO(FIGURE_OTHER) },
    { "100.00 % is the most", "100.00%", UNIT_PERCENT, LEVEL, VALUE(10000, 2) },
    { "100.01 % is too much", "100.01%", UNIT_PERCENT, LEVEL,
      NO(FIGURE_RANGE) },
    { "a change may be more", "100.01%", UNIT_PERCENT, MEASURE_CHANGE,
      VALUE(10001, 2) },
    { "a target may not", "101", UNIT_PERCENT, MEASURE_TARGET,
      NO(FIGURE_RANGE) },
    { "a change may fall", "-156", UNIT_COUNT, MEASURE_CHANGE, VALUE(-156, 0) },
    { "or rise", "+136", UNIT_COUNT, MEASURE_CHANGE, VALUE(136, 0) },
    { "a level has no sign", "-156", UNIT_COUNT, LEVEL, NO(FIGURE_RANGE) },
    { "fifteen digits are read", "999999999999999", UNIT_COUNT, LEVEL,
      VALUE(INT64_C(999999999999999), 0) },
    { "sixteen are not", "1000000000000000", UNIT_COUNT, LEVEL,
      NO(FIGURE_OTHER) },
    { "digits behind the point are counted as well", "99999999999999.9",
      UNIT_PER_100000, LEVEL, VALUE(INT64_C(999999999999999), 1) },
    { "so sixteen are not read", "999999999999999.9", UNIT_PER_100000, LEVEL,
      NO(FIGURE_OTHER) },
    { "a blank is no percent sign", "5 ", UNIT_PERCENT, LEVEL,
      NO(FIGURE_SUFFIX) },
    { "na is a gap", "na", UNIT_COUNT, LEVEL, GAP(GAP_NOT_AVAILABLE) },
    { "so is N/A", "N/A", UNIT_PERCENT, LEVEL, GAP(GAP_NOT_AVAILABLE) },
    { "Awaiting data is another", "Awaiting data", UNIT_PER_100000, LEVEL,
      GAP(GAP_AWAITING) },
    { "unknown is no 0", "unknown", UNIT_COUNT, LEVEL, GAP(GAP_UNKNOWN) },
    { "a dash says nothing", "-", UNIT_COUNT, LEVEL, NO(FIGURE_OTHER) },
    { "nor does a word", "many", UNIT_COUNT, LEVEL, NO(FIGURE_OTHER) },
};

static void
test_row(void **state)
{
    static const char *const behind[] = { "", "0", "%", " %", ",000", ".5" };
    const struct row *row = *state;

    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
        struct sliced room;
        struct figure f;

        assert_int_equal(figure_read(sliced(&room, row->text, behind[i]),
                                     row->unit, row->measure, &f),
                         row->is);
        if (row->is != FIGURE_VALUE && row->is != FIGURE_GAP)
            continue;
        assert_int_equal(f.gap, row->gap);
        assert_int_equal(f.amount, row->amount);
        assert_int_equal(f.decimals, row->decimals);
    }
}

static void
a_typed_total_is_known_by_its_name(void **state)
{
    (void)state;
    assert_true(figure_is_total(STR("TOTAL")));
    assert_true(figure_is_total(STR("Totals")));
    assert_true(figure_is_total(STR("all")));
    assert_false(figure_is_total(STR("Total care")));
    assert_false(figure_is_total(STR_NULL));
}

static void
each_indicator_is_found_by_its_word(void **state)
{
    (void)state;
    assert_int_equal(indicator_count(), 27);
    for (size_t i = 0; i < indicator_count(); i++) {
        const struct indicator *it = indicator_at(i);

        assert_ptr_equal(indicator_find(str_of(it->word)), it);
        assert_string_equal(indicator_words[i], it->word);
        assert_true(strlen(it->what) > 0);
    }
    assert_null(indicator_words[indicator_count()]);
    assert_null(indicator_find(STR("nee")));
    assert_null(indicator_find(STR_NULL));
}

int
main(void)
{
    enum { N = sizeof rows / sizeof rows[0] };
    struct CMUnitTest tests[N + 2] = {
        [N] = cmocka_unit_test(a_typed_total_is_known_by_its_name),
        [N + 1] = cmocka_unit_test(each_indicator_is_found_by_its_word),
    };

    for (size_t i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
