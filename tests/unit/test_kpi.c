/* The indicators' titles, units and sides (domain.md section 9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/core/codes.h"
#include "metrics/core/kpi.h"

#define EH SET_BIT(SIDE_EH)
#define CSC SET_BIT(SIDE_CSC)

static const struct {
    int kpi;
    const char *word;
    const char *unit;
    uint32_t sides;
    bool is_ratio;
} rows[] = {
    { KPI_K01, "K01", "notifications", EH, false },
    { KPI_K02, "K02", "children", EH, false },
    { KPI_K06, "K06", "issues", EH, false },
    { KPI_K10, "K10", "cases", EH | CSC, false },
    { KPI_K11, "K11", "cases", EH | CSC, false },
    { KPI_K12, "K12", "cases", EH, false },
    { KPI_K13, "K13", "cases", CSC, false },
    { KPI_K14, "K14", "referrals", CSC, true },
    { KPI_K17, "K17", "cases", EH, true },
    { KPI_K20, "K20", "cases", EH, true },
    { KPI_K21, "K21", "cases", CSC, true },
    { KPI_K31, "K31", "assessments", EH, false },
    { KPI_K35, "K35", "cases", EH | CSC, true },
    { KPI_K37, "K37", "clocks", EH | CSC, true },
    { KPI_K40, "K40", "referrals", EH | CSC, true },
    { KPI_K10_NET, "K10_net", "cases", EH | CSC, false },
};

static void
each_indicator_has_its_word_unit_and_sides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(codes_word(&codes_kpi, rows[i].kpi), rows[i].word);
        assert_string_equal(kpi_unit(rows[i].kpi), rows[i].unit);
        assert_int_equal(kpi_sides(rows[i].kpi), rows[i].sides);
        assert_int_equal(kpi_is_ratio(rows[i].kpi), rows[i].is_ratio);
        assert_true(kpi_title(rows[i].kpi)[0] != '\0');
    }
}

/* Nothing is printed without saying what it counts, when, and what is hidden.
 */
static void
every_line_of_the_catalogue_is_whole(void **state)
{
    (void)state;
    assert_int_equal(codes_kpi.n, KPI_K10_NET);
    for (int kpi = KPI_K01; kpi <= KPI_K10_NET; kpi++) {
        const struct kpi_def *def = kpi_def(kpi);

        assert_non_null(def);
        assert_true(def->title[0] != '\0' && def->unit[0] != '\0');
        assert_true(def->numerator[0] != '\0' && def->period[0] != '\0');
        assert_non_null(def->splits);
        assert_true(def->suppression[0] != '\0');
        assert_non_null(def->comparator);
        assert_true(def->sides != 0 && (def->sides & ~(EH | CSC)) == 0);
        assert_in_range(def->from, KPI_FROM_CELLS, KPI_OBSERVED);
        assert_in_range(def->direction, KPI_NEUTRAL, KPI_LESS_IS_BETTER);
    }
}

static void
what_is_no_indicator_has_nothing(void **state)
{
    static const int none[] = { -1, 0, KPI_K10_NET + 1 };

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_string_equal(kpi_title(none[i]), "");
        assert_string_equal(kpi_unit(none[i]), "");
        assert_int_equal(kpi_sides(none[i]), 0);
        assert_false(kpi_is_ratio(none[i]));
        assert_false(kpi_has_parts(none[i]));
        assert_null(kpi_def(none[i]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_indicator_has_its_word_unit_and_sides),
        cmocka_unit_test(every_line_of_the_catalogue_is_whole),
        cmocka_unit_test(what_is_no_indicator_has_nothing),
    };

    return cmocka_run_group_tests_name("kpi", tests, NULL, NULL);
}
