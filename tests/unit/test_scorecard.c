/*
 * The scorecard: sums, half-up rounding, and suppression that no sum undoes.
 * The June 2015 figures are those of KEN 6.2 and 6.3.
 */
#include "metrics/core/scorecard.h"
#include "tests/lib/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define JUNE ((date_d)16587) /* 2015-06-01 */
#define MAY (JUNE - 31)

static int
arena_setup(void **state)
{
    struct arena *a = malloc(sizeof *a);

    if (a == NULL)
        return -1;
    heap_arena(a);
    *state = a;
    return 0;
}

static int
arena_teardown(void **state)
{
    heap_release(*state);
    free(*state);
    return 0;
}

/* ---- rounding ------------------------------------------------------------ */

static void
test_percent(void **state)
{
    static const struct {
        int64_t numerator, denominator;
        int decimals;
        int64_t want;
    } rows[] = {
        { 490, 665, 1, 737 },  /* KEN 6.3: 73.7 */
        { 175, 252, 1, 694 },  /* 69.4, of 254 less 2 neutral */
        { 175, 254, 1, 689 },  /* and not of all 254 */
        { 139, 749, 1, 186 },  /* KEN 6.2 */
        { 262, 749, 1, 350 },  /* printed as 35 */
        { 285, 749, 1, 381 },
        { 61, 749, 1, 81 },
        { 1, 2000, 1, 1 },     /* 0.05 goes up */
        { 1, 2001, 1, 0 },     /* 0.04998 doesn't */
        { 1, 8, 0, 13 },       /* 12.5 goes up */
        { 1, 8, 1, 125 },
        { 2, 3, 2, 6667 },
        { 1, 3, 3, 33333 },
        { 0, 7, 1, 0 },
        { 7, 7, 1, 1000 },
        { 0, 0, 1, PERCENT_NONE },
        { 3, 0, 1, PERCENT_NONE },
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++)
        assert_int_equal(scorecard_percent(rows[i].numerator,
                                           rows[i].denominator,
                                           rows[i].decimals),
                         rows[i].want);
}

/* ---- the table ----------------------------------------------------------- */

static struct kpi_cell
cell(int kpi, int side, const char *district, int age_band, int64_t numerator)
{
    return (struct kpi_cell){ .month = JUNE,
                              .kpi = kpi,
                              .side = side,
                              .district = str_of(district),
                              .age_band = age_band,
                              .numerator = numerator };
}

/* "K01 eh swale 5 * 0 0 0 0 12": a line's values; * is hidden. */
static const char *
line_text(const struct scorecard_line *line, char *out, size_t size)
{
    size_t n = (size_t)snprintf(
        out, size, "%s %s %.*s", codes_word(&codes_kpi, line->kpi),
        codes_word(&codes_side, line->side),
        line->district.p == NULL ? 3 : (int)line->district.n,
        line->district.p == NULL ? "all" : line->district.p);

    for (size_t c = 0; c < SCORECARD_COLUMNS; c++) {
        const struct scorecard_value *v = &line->values[c];

        if (v->hidden)
            n += (size_t)snprintf(out + n, size - n, " *");
        else
            n += (size_t)snprintf(out + n, size - n, " %d",
                                  (int)v->numerator);
    }
    return out;
}

static const char *
card_text(const struct scorecard *card, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < card->n; i++) {
        (void)line_text(&card->lines[i], out + n, size - n);
        n += strlen(out + n);
        n += (size_t)snprintf(out + n, size - n, "\n");
    }
    return out;
}

static void
test_june(void **state)
{
    const struct kpi_cell cells[] = {
        cell(KPI_K01, SIDE_EH, "swale", AGE_0_4, 139),
        cell(KPI_K01, SIDE_EH, "swale", AGE_5_10, 262),
        cell(KPI_K01, SIDE_EH, "dover", AGE_11_15, 285),
        cell(KPI_K01, SIDE_EH, "dover", AGE_16_UP, 61),
        cell(KPI_K01, SIDE_EH, "dover", AGE_UNKNOWN, 2),
    };
    const struct str kpis[] = { STR("K01") };
    struct scorecard card =
        scorecard_make(*state, cells, N(cells),
                       &(struct scorecard_options){
                           .month = JUNE, .kpis = { .at = kpis, .n = 1 } });
    const struct scorecard_value *v = card.lines[0].values;
    int64_t sum = 0;

    assert_int_equal(v[SCORECARD_ALL].numerator, 749);
    assert_int_equal(v[AGE_0_4 - 1].percent_tenths, 186);
    assert_int_equal(v[AGE_5_10 - 1].percent_tenths, 350);
    assert_int_equal(v[AGE_11_15 - 1].percent_tenths, 381);
    assert_int_equal(v[AGE_16_UP - 1].percent_tenths, 81);
    assert_int_equal(v[SCORECARD_ALL].percent_tenths, PERCENT_NONE);
    for (int band = AGE_0_4; band <= AGE_16_UP; band++)
        sum += v[band - 1].percent_tenths;
    assert_int_equal(sum, 998); /* the four printed bands: 99.8 */
}

static void
test_ratio(void **state)
{
    struct kpi_cell cells[] = {
        cell(KPI_K20, SIDE_EH, "swale", AGE_0_4, 490),
        cell(KPI_K20, SIDE_EH, "dover", AGE_5_10, 0),
    };
    const struct str kpis[] = { STR("K20") };
    struct scorecard card;

    cells[0].denominator = 660;
    cells[1].denominator = 5;
    card = scorecard_make(*state, cells, N(cells),
                          &(struct scorecard_options){
                              .month = JUNE, .kpis = { .at = kpis, .n = 1 } });
    assert_int_equal(card.lines[0].values[SCORECARD_ALL].denominator, 665);
    assert_int_equal(card.lines[0].values[SCORECARD_ALL].percent_tenths, 737);
    assert_int_equal(card.lines[0].values[AGE_5_10 - 1].percent_tenths, 0);
    assert_int_equal(card.lines[0].values[AGE_11_15 - 1].percent_tenths,
                     PERCENT_NONE);
}

static void
test_lines(void **state)
{
    struct kpi_cell cells[] = {
        cell(KPI_K11, SIDE_EH, "unknown", AGE_0_4, 7),
        cell(KPI_K11, SIDE_CSC, "dover", AGE_0_4, 8),
        cell(KPI_K11, SIDE_EH, "brighton", AGE_UNBORN, 9),
        cell(KPI_K11, SIDE_EH, "dover", AGE_0_4, 100), /* another month */
        cell(KPI_K12, SIDE_EH, "dover", AGE_0_4, 100), /* not asked for */
    };
    const struct str kpis[] = { STR("K36"), STR("K11") };
    const struct str districts[] = { STR("swale"), STR("dover") };
    struct scorecard card;
    char text[1024];

    cells[3].month = MAY;
    card = scorecard_make(*state, cells, N(cells),
                          &(struct scorecard_options){
                              .month = JUNE,
                              .kpis = { .at = kpis, .n = 2 },
                              .districts = { .at = districts, .n = 2 } });
    assert_string_equal(card_text(&card, text, sizeof text),
                        "K11 eh all 7 0 0 0 0 9 16\n"
                        "K11 eh swale 0 0 0 0 0 0 0\n"
                        "K11 eh dover 0 0 0 0 0 0 0\n"
                        "K11 eh brighton 0 0 0 0 0 9 9\n"
                        "K11 eh unknown 7 0 0 0 0 0 7\n"
                        "K11 csc all 8 0 0 0 0 0 8\n"
                        "K11 csc swale 0 0 0 0 0 0 0\n"
                        "K11 csc dover 8 0 0 0 0 0 8\n"
                        "K11 csc brighton 0 0 0 0 0 0 0\n"
                        "K11 csc unknown 0 0 0 0 0 0 0\n");
}

/* ---- suppression --------------------------------------------------------- */

struct suppress_row {
    const char *name;
    int64_t counts[2][4]; /* two districts, four bands */
    bool no_secondary;
    const char *want; /* whole, one, two */
    int below;        /* 0: 5 */
};

static const struct suppress_row suppress_rows[] = {
    { "5 is shown", { { 5, 6 }, { 7, 8 } }, false,
      .want = "K01 eh all 12 14 0 0 0 0 26\n"
              "K01 eh one 5 6 0 0 0 0 11\n"
              "K01 eh two 7 8 0 0 0 0 15\n" },
    { "4 is hidden, and what would tell it along line and column",
      { { 4, 6, 30 }, { 7, 8, 30 } }, false,
      .want = "K01 eh all 11 14 60 0 0 0 85\n"
              "K01 eh one * * 30 0 0 0 40\n"
              "K01 eh two * * 30 0 0 0 45\n" },
    { "1 is hidden", { { 1, 20, 30 }, { 17, 28, 30 } }, false,
      .want = "K01 eh all 18 48 60 0 0 0 126\n"
              "K01 eh one * * 30 0 0 0 51\n"
              "K01 eh two * * 30 0 0 0 75\n" },
    { "0 is shown", { { 0, 20 }, { 0, 28 } }, false,
      .want = "K01 eh all 0 48 0 0 0 0 48\n"
              "K01 eh one 0 20 0 0 0 0 20\n"
              "K01 eh two 0 28 0 0 0 0 28\n" },
    { "without the secondary rule only small counts go",
      { { 4, 6, 30 }, { 7, 8, 30 } }, true,
      .want = "K01 eh all 11 14 60 0 0 0 85\n"
              "K01 eh one * 6 30 0 0 0 40\n"
              "K01 eh two 7 8 30 0 0 0 45\n" },
    { "a small count alone in its line takes the sum with it",
      { { 3 }, { 20, 30 } }, false,
      .want = "K01 eh all 23 30 0 0 0 0 53\n"
              "K01 eh one * 0 0 0 0 0 *\n"
              "K01 eh two * 30 0 0 0 0 *\n" },
    { "two ones whose sum is shown would be known, so a third goes",
      { { 1, 1, 20, 40 }, { 10, 10, 30, 40 } }, false,
      .want = "K01 eh all 11 11 50 80 0 0 152\n"
              "K01 eh one * * * 40 0 0 62\n"
              "K01 eh two * * * 40 0 0 90\n",
      .below = 2 },
    { "1 and 2 whose sum is shown are known to be small, so a third goes",
      { { 1, 2, 20, 40 }, { 10, 10, 30, 40 } }, false,
      .want = "K01 eh all 11 12 50 80 0 0 153\n"
              "K01 eh one * * * 40 0 0 63\n"
              "K01 eh two * * * 40 0 0 90\n" },
    { "1 and 4 whose sum is shown could be others, so no third goes",
      { { 1, 4, 20, 40 }, { 10, 10, 30, 40 } }, false,
      .want = "K01 eh all 11 14 50 80 0 0 155\n"
              "K01 eh one * * 20 40 0 0 65\n"
              "K01 eh two * * 30 40 0 0 90\n" },
};

static struct scorecard
suppress(struct arena *arena, const struct suppress_row *row,
         struct str district)
{
    static const char *const names[] = { "one", "two" };
    static const struct str kpis[] = { STR("K01") };
    static const struct str districts[] = { STR("one"), STR("two") };
    struct kpi_cell *cells = arena_array(arena, 8, sizeof *cells);

    for (size_t i = 0; i < 8; i++)
        cells[i] = cell(KPI_K01, SIDE_EH, names[i / 4], (int)(i % 4) + 1,
                        row->counts[i / 4][i % 4]);
    return scorecard_make(
        arena, cells, 8,
        &(struct scorecard_options){
            .month = JUNE,
            .kpis = { .at = kpis, .n = 1 },
            .districts = { .at = districts, .n = 2 },
            .district = district,
            .suppress_below = row->below == 0 ? 5 : row->below,
            .suppress_secondary = !row->no_secondary });
}

static void
test_suppress(void **state)
{
    const struct suppress_row *row = *state;
    struct arena arena;
    struct scorecard card;
    char text[1024];

    heap_arena(&arena);
    card = suppress(&arena, row, STR_NULL);
    assert_string_equal(card_text(&card, text, sizeof text), row->want);
    heap_release(&arena);
}

static void
test_hidden_is_gone(void **state)
{
    struct scorecard card = suppress(*state, &suppress_rows[1], STR_NULL);
    const struct scorecard_value *v = &card.lines[1].values[0];

    assert_true(v->hidden);
    assert_true(v->numerator == I64_NONE);
    assert_true(v->denominator == I64_NONE);
    assert_int_equal(v->percent_tenths, PERCENT_NONE);
}

static void
test_hidden_sum_takes_shares(void **state)
{
    struct scorecard card = suppress(*state, &suppress_rows[5], STR_NULL);

    assert_true(card.lines[1].values[SCORECARD_ALL].hidden);
    for (size_t c = 0; c < SCORECARD_BANDS; c++)
        assert_int_equal(card.lines[1].values[c].percent_tenths,
                         PERCENT_NONE);
}

static void
test_one_district(void **state)
{
    struct scorecard card = suppress(*state, &suppress_rows[1], STR("two"));
    char text[1024];

    /* 7 and 8 go here too: with the whole they would tell district one. */
    assert_string_equal(card_text(&card, text, sizeof text),
                        "K01 eh two * * 30 0 0 0 45\n");
}

static void
test_ratio_is_hidden_by_each_part(void **state)
{
    static const struct {
        int64_t numerator, denominator;
        bool hidden;
    } rows[] = {
        { 5, 10, false }, { 4, 10, true },  { 0, 4, true }, { 0, 5, false },
        { 6, 10, true }, /* the other 4 */
        { 10, 10, false }, { 0, 0, false },
    };
    const struct str kpis[] = { STR("K20") };

    for (size_t i = 0; i < N(rows); i++) {
        struct kpi_cell one =
            cell(KPI_K20, SIDE_EH, "one", AGE_0_4, rows[i].numerator);
        struct scorecard card;

        one.denominator = rows[i].denominator;
        card = scorecard_make(
            *state, &one, 1,
            &(struct scorecard_options){ .month = JUNE,
                                         .kpis = { .at = kpis, .n = 1 },
                                         .suppress_below = 5,
                                         .suppress_secondary = true });
        assert_int_equal(card.lines[0].values[0].hidden, rows[i].hidden);
        assert_int_equal(card.lines[0].values[SCORECARD_ALL].hidden,
                         rows[i].hidden);
    }
}

/*
 * What a reader can do: take any equation with one unknown and solve it, and
 * again. No count that is small may come out.
 */
static bool
solve(int64_t known[3][5])
{
    bool found = false;

    for (int line = 0; line < 2; line++)
        for (int i = 0; i < (line == 0 ? 3 : 5); i++) {
            int64_t rest = 0, *unknown = NULL;
            int n = 0, width = line == 0 ? 5 : 3;

            for (int k = 0; k < width; k++) {
                int64_t *v = line == 0 ? &known[i][k] : &known[k][i];
                int sum = line == 0 ? 4 : 0;

                if (*v < 0) {
                    n++;
                    unknown = v;
                } else {
                    rest += k == sum ? *v : -*v;
                }
            }
            if (n != 1)
                continue;
            *unknown = rest < 0 ? -rest : rest;
            found = true;
        }
    return found;
}

static void
test_nothing_can_be_solved(void **state)
{
    uint64_t seed = 20150626;

    for (int round = 0; round < 2000; round++) {
        struct suppress_row row = { .name = "" };
        struct scorecard card;
        int64_t known[3][5];

        for (int i = 0; i < 8; i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            row.counts[i / 4][i % 4] = (int64_t)((seed >> 33) % 12);
        }
        card = suppress(*state, &row, STR_NULL);
        for (int i = 0; i < 3; i++)
            for (int c = 0; c < 5; c++) {
                const struct scorecard_value *v =
                    &card.lines[i].values[c == 4 ? SCORECARD_ALL : c];

                known[i][c] = v->hidden ? -1 : v->numerator;
            }
        while (solve(known))
            ;
        for (int i = 0; i < 2; i++)
            for (int c = 0; c < 4; c++) {
                int64_t count = row.counts[i][c];

                if (count > 0 && count < 5 && known[i + 1][c] >= 0)
                    fail_msg("round %d: district %d, band %d is told", round,
                             i, c);
            }
        arena_reset(*state);
    }
}

/* cmocka's state is not const; the tests only read it. */
static void *
row_of(const void *row)
{
    union {
        const void *in;
        void *out;
    } u = { .in = row };

    return u.out;
}

#define IN_ARENA(text, test)                                           \
    { .name = (text), .test_func = (test), .setup_func = arena_setup,  \
      .teardown_func = arena_teardown }

static const struct CMUnitTest others[] = {
    IN_ARENA("percentages are rounded half-up", test_percent),
    IN_ARENA("June's bands are shares of 749 and sum to 99.8", test_june),
    IN_ARENA("a ratio divides sums and not shares", test_ratio),
    IN_ARENA("every district asked for has a line, others follow", test_lines),
    IN_ARENA("a hidden value is not in the result", test_hidden_is_gone),
    IN_ARENA("a hidden sum takes the shares with it",
             test_hidden_sum_takes_shares),
    IN_ARENA("one district's card hides what the whole would tell",
             test_one_district),
    IN_ARENA("a ratio is hidden for either part and for the rest",
             test_ratio_is_hidden_by_each_part),
    IN_ARENA("no small count can be worked out from any table",
             test_nothing_can_be_solved),
};

int
main(void)
{
    struct CMUnitTest tests[N(suppress_rows) + N(others)];
    size_t n = 0;

    for (size_t i = 0; i < N(suppress_rows); i++)
        tests[n++] = (struct CMUnitTest){ .name = suppress_rows[i].name,
                                          .test_func = test_suppress,
                                          .initial_state =
                                              row_of(&suppress_rows[i]) };
    for (size_t i = 0; i < N(others); i++)
        tests[n++] = others[i];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
