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
    { KPI_K10, "K10", "cases", EH | CSC, false },
    { KPI_K10_NET, "K10_net", "cases", EH | CSC, false },
    { KPI_K11, "K11", "cases", EH | CSC, false },
    { KPI_K12, "K12", "cases", EH, false },
    { KPI_K13, "K13", "cases", CSC, false },
    { KPI_K20, "K20", "cases", EH, true },
    { KPI_K21, "K21", "cases", CSC, true },
};

static void
each_indicator_has_its_word_unit_and_sides(void **state)
{
    (void)state;
    assert_int_equal(codes_kpi.n, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(codes_word(&codes_kpi, rows[i].kpi), rows[i].word);
        assert_string_equal(kpi_unit(rows[i].kpi), rows[i].unit);
        assert_int_equal(kpi_sides(rows[i].kpi), rows[i].sides);
        assert_int_equal(kpi_is_ratio(rows[i].kpi), rows[i].is_ratio);
        assert_true(kpi_title(rows[i].kpi)[0] != '\0');
    }
}

static void
what_is_no_indicator_has_nothing(void **state)
{
    static const int none[] = { -1, 0, KPI_K21 + 1 };

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_string_equal(kpi_title(none[i]), "");
        assert_string_equal(kpi_unit(none[i]), "");
        assert_int_equal(kpi_sides(none[i]), 0);
        assert_false(kpi_is_ratio(none[i]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_indicator_has_its_word_unit_and_sides),
        cmocka_unit_test(what_is_no_indicator_has_nothing),
    };

    return cmocka_run_group_tests_name("kpi", tests, NULL, NULL);
}
