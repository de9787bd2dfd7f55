/*
 * No hidden count can be worked out: an exhaustive search over what a reader of
 * the published table must think possible, for many random tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "metrics/core/suppress.h"
#include "tests/lib/heap.h"

#define BELOW 5
#define LINES_MAX 3 /* behind the first */
#define BANDS 3     /* that are used; the others are empty */

static uint64_t
next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct made_up {
    struct scorecard_line lines[LINES_MAX + 1];
    struct suppress_block block;
    size_t n_lines, n_bands; /* inner ones */
};

static void
put(struct made_up *t, size_t line, size_t band, int64_t n)
{
    t->lines[line].values[band].numerator += n;
    t->lines[line].values[SCORECARD_ALL].numerator += n;
    if (line == 0)
        return;
    t->lines[0].values[band].numerator += n;
    t->lines[0].values[SCORECARD_ALL].numerator += n;
}

static void
random_table(struct made_up *t, uint64_t *random)
{
    *t = (struct made_up){ .n_lines = next_random(random) % (LINES_MAX + 1),
                           .n_bands = 2 + next_random(random) % 2 };
    if (t->n_lines == 3)
        t->n_bands = 2;
    for (size_t i = t->n_lines > 0 ? 1 : 0; i <= t->n_lines; i++)
        for (size_t k = 0; k < t->n_bands; k++)
            put(t, i, k, (int64_t)(next_random(random) % 8));
    t->block = (struct suppress_block){ .lines = t->lines,
                                        .n = t->n_lines + 1,
                                        .below = BELOW };
}

/* ---- the reader ------------------------------------------------------------
 */

struct reader {
    const struct made_up *t;
    struct made_up guess;
    int64_t cap;
    int64_t low[LINES_MAX + 1][SCORECARD_COLUMNS];
    int64_t high[LINES_MAX + 1][SCORECARD_COLUMNS];
    size_t found;
    /* By first line: which may be. Only these are noted, where set. */
    const bool *may_be;
    bool *seen; /* which were found, where set */
};

/* A first line of at most two bands, each below 32. */
#define FIRST_LINES (32 * 32)

static size_t
first_line_of(const struct made_up *t)
{
    return (size_t)(t->lines[0].values[0].numerator * 32 +
                    t->lines[0].values[1].numerator);
}

static bool
fits(const struct reader *r)
{
    for (size_t i = 0; i < r->t->block.n; i++)
        for (size_t k = 0; k < SCORECARD_COLUMNS; k++)
            if (!r->t->lines[i].values[k].hidden &&
                r->t->lines[i].values[k].numerator !=
                    r->guess.lines[i].values[k].numerator)
                return false;
    return true;
}

static void
note(struct reader *r)
{
    if (r->may_be != NULL && !r->may_be[first_line_of(&r->guess)])
        return;
    if (r->seen != NULL)
        r->seen[first_line_of(&r->guess)] = true;
    for (size_t i = 0; i < r->t->block.n; i++)
        for (size_t k = 0; k < SCORECARD_COLUMNS; k++) {
            int64_t v = r->guess.lines[i].values[k].numerator;

            if (r->found == 0 || v < r->low[i][k])
                r->low[i][k] = v;
            if (r->found == 0 || v > r->high[i][k])
                r->high[i][k] = v;
        }
    r->found++;
}

/* Every way to fill the inner cells from number `at` on. */
static void
imagine(struct reader *r, size_t at)
{
    size_t first = r->t->n_lines > 0 ? 1 : 0;
    size_t line = first + at / r->t->n_bands;
    size_t band = at % r->t->n_bands;
    const struct scorecard_value *v;

    if (line > r->t->n_lines) {
        if (fits(r))
            note(r);
        return;
    }
    v = &r->t->lines[line].values[band];
    for (int64_t n = v->hidden ? 0 : v->numerator;
         n <= (v->hidden ? r->cap : v->numerator); n++) {
        put(&r->guess, line, band, n);
        imagine(r, at + 1);
        put(&r->guess, line, band, -n);
    }
}

static void
assert_reader_knows_nothing(const struct reader *r, uint64_t seed)
{
    const struct made_up *t = r->t;

    assert_true(r->found > 0);
    for (size_t i = 0; i < t->block.n; i++)
        for (size_t k = 0; k < SCORECARD_COLUMNS; k++)
            if (t->lines[i].values[k].hidden && r->low[i][k] == r->high[i][k])
                fail_msg("table %llu: line %zu column %zu is known to be %lld",
                         (unsigned long long)seed, i, k,
                         (long long)r->low[i][k]);
}

static void
assert_nothing_known(const struct made_up *t, uint64_t seed)
{
    struct reader r = { .t = t, .cap = 9 };

    imagine(&r, 0);
    assert_reader_knows_nothing(&r, seed);
}

static void
assert_small_is_hidden(const struct made_up *t)
{
    for (size_t i = 0; i < t->block.n; i++)
        for (size_t k = 0; k < SCORECARD_COLUMNS; k++) {
            const struct scorecard_value *v = &t->lines[i].values[k];

            if (v->numerator > 0 && v->numerator < BELOW)
                assert_true(v->hidden);
        }
}

static void
no_hidden_count_of_a_random_table_can_be_worked_out(void **state)
{
    uint64_t random = 20150626;

    (void)state;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct arena arena;
        struct made_up t;

        heap_arena(&arena);
        random_table(&t, &random);
        suppress_small(&t.block);
        (void)suppress_telling(&t.block, &arena);
        assert_small_is_hidden(&t);
        assert_nothing_known(&t, seed);
        heap_release(&arena);
    }
}

/* ---- two tables with one first line -----------------------------------------
 */

/* Like `t`, split into other lines. */
static void
split_anew(const struct made_up *t, struct made_up *out, uint64_t *random)
{
    *out = (struct made_up){ .n_lines = 2, .n_bands = t->n_bands };
    for (size_t k = 0; k < t->n_bands; k++) {
        int64_t all = t->lines[0].values[k].numerator;
        int64_t part = (int64_t)(next_random(random) % (uint64_t)(all + 1));

        put(out, 1, k, part);
        put(out, 2, k, all - part);
    }
    out->block =
        (struct suppress_block){ .lines = out->lines, .n = 3, .below = BELOW };
}

static void
publish_both(const struct made_up *a, const struct made_up *b,
             struct arena *arena)
{
    bool changed = true;

    suppress_small(&a->block);
    suppress_small(&b->block);
    while (changed) {
        changed = suppress_telling(&a->block, arena);
        changed |= suppress_telling(&b->block, arena);
        changed |= suppress_alike(&a->block, &b->block, true);
    }
}

/* Who reads both knows only first lines that both allow. */
static void
assert_nothing_known_of_both(const struct made_up *a, const struct made_up *b,
                             uint64_t seed)
{
    bool by_a[FIRST_LINES] = { false }, by_b[FIRST_LINES] = { false };
    struct reader readers[] = {
        { .t = a, .cap = 9, .seen = by_a },
        { .t = b, .cap = 14, .seen = by_b },
        { .t = a, .cap = 9, .may_be = by_b },
        { .t = b, .cap = 14, .may_be = by_a },
    };

    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        imagine(&readers[i], 0);
        assert_reader_knows_nothing(&readers[i], seed);
    }
}

static void
nor_from_two_tables_of_the_same_sums(void **state)
{
    uint64_t random = 20140131;

    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct arena arena;
        struct made_up a, b;

        heap_arena(&arena);
        do
            random_table(&a, &random);
        while (a.n_lines != 2 || a.n_bands != 2);
        split_anew(&a, &b, &random);
        publish_both(&a, &b, &arena);
        assert_nothing_known_of_both(&a, &b, seed);
        heap_release(&arena);
    }
}

/* ---- shares: two counts a cell, one never above the other -------------------
 */

#define RATIO_BELOW 3
#define RATIO_CAP 6 /* of what a reader thinks possible; tables hold less */
#define RATIO_BANDS 2

static void
put_ratio(struct made_up *t, size_t line, size_t band, int64_t n, int64_t of)
{
    put(t, line, band, n);
    t->lines[line].values[band].denominator += of;
    t->lines[line].values[SCORECARD_ALL].denominator += of;
    if (line == 0)
        return;
    t->lines[0].values[band].denominator += of;
    t->lines[0].values[SCORECARD_ALL].denominator += of;
}

static void
random_ratios(struct made_up *t, uint64_t *random)
{
    *t = (struct made_up){ .n_lines = 2 * (next_random(random) % 2),
                           .n_bands = RATIO_BANDS };
    for (size_t i = t->n_lines > 0 ? 1 : 0; i <= t->n_lines; i++)
        for (size_t k = 0; k < t->n_bands; k++) {
            int64_t of = (int64_t)(next_random(random) % RATIO_CAP);

            put_ratio(t, i, k,
                      (int64_t)(next_random(random) % (uint64_t)(of + 1)), of);
        }
    t->block = (struct suppress_block){ .lines = t->lines,
                                        .n = t->n_lines + 1,
                                        .is_ratio = true,
                                        .below = RATIO_BELOW };
}

/* What cells may hold, as bits: of numerators, and of denominators. */
struct thinkable {
    const struct made_up *t;
    struct made_up guess;
    uint64_t numerators[LINES_MAX + 1][SCORECARD_COLUMNS];
    uint64_t denominators[LINES_MAX + 1][SCORECARD_COLUMNS];
};

static bool
ratios_fit(const struct thinkable *r)
{
    for (size_t i = 0; i < r->t->block.n; i++)
        for (size_t k = 0; k < SCORECARD_COLUMNS; k++) {
            const struct scorecard_value *v = &r->t->lines[i].values[k];
            const struct scorecard_value *g = &r->guess.lines[i].values[k];

            if (!v->hidden && (v->numerator != g->numerator ||
                               v->denominator != g->denominator))
                return false;
        }
    return true;
}

static void
think(struct thinkable *r, size_t at)
{
    size_t line = (r->t->n_lines > 0) + at / RATIO_BANDS;
    size_t band = at % RATIO_BANDS;
    const struct scorecard_value *v;

    if (line > r->t->n_lines) {
        for (size_t i = 0; ratios_fit(r) && i < r->t->block.n; i++)
            for (size_t k = 0; k < SCORECARD_COLUMNS; k++) {
                const struct scorecard_value *g = &r->guess.lines[i].values[k];

                r->numerators[i][k] |= UINT64_C(1) << g->numerator;
                r->denominators[i][k] |= UINT64_C(1) << g->denominator;
            }
        return;
    }
    v = &r->t->lines[line].values[band];
    for (int64_t of = v->hidden ? 0 : v->denominator;
         of <= (v->hidden ? RATIO_CAP : v->denominator); of++)
        for (int64_t n = v->hidden ? 0 : v->numerator;
             n <= (v->hidden ? of : v->numerator); n++) {
            put_ratio(&r->guess, line, band, n, of);
            think(r, at + 1);
            put_ratio(&r->guess, line, band, -n, -of);
        }
}

static bool
is_small_ratio(const struct scorecard_value *v)
{
    int64_t rest = v->denominator - v->numerator;

    return (v->numerator > 0 && v->numerator < RATIO_BELOW) ||
           (v->denominator > 0 && v->denominator < RATIO_BELOW) ||
           (rest > 0 && rest < RATIO_BELOW);
}

static bool
is_one_bit(uint64_t bits)
{
    return (bits & (bits - 1)) == 0;
}

static void
nor_either_count_of_a_hidden_share(void **state)
{
    uint64_t random = 20160331;

    (void)state;
    for (unsigned seed = 0; seed < 150; seed++) {
        struct arena arena;
        struct made_up t;
        struct thinkable r = { .t = &t };

        heap_arena(&arena);
        random_ratios(&t, &random);
        suppress_small(&t.block);
        (void)suppress_telling(&t.block, &arena);
        think(&r, 0);
        assert_true(r.numerators[0][0] != 0);
        for (size_t i = 0; i < t.block.n; i++)
            for (size_t k = 0; k < SCORECARD_COLUMNS; k++) {
                const struct scorecard_value *v = &t.lines[i].values[k];

                if (is_small_ratio(v))
                    assert_true(v->hidden);
                if (v->hidden && (is_one_bit(r.numerators[i][k]) ||
                                  is_one_bit(r.denominators[i][k])))
                    fail_msg(
                        "table %u: line %zu column %zu is known, %lld/%lld",
                        seed, i, k, (long long)v->numerator,
                        (long long)v->denominator);
            }
        heap_release(&arena);
    }
}

/* Two squares of hidden cells joined by one: that one is known from all sums
 * together, though no single line or column tells it. */
static void
what_no_single_sum_tells_is_found(void **state)
{
    static const int64_t counts[5][4] = { { 9, 9, 0, 0 },
                                          { 9, 9, 0, 0 },
                                          { 0, 9, 9, 0 },
                                          { 0, 0, 9, 9 },
                                          { 0, 0, 9, 9 } };
    struct scorecard_line lines[6] = { { .kpi = 0 } };
    struct suppress_block b = { .lines = lines, .n = 6, .below = BELOW };
    struct arena arena;

    (void)state;
    heap_arena(&arena);
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 4; k++) {
            lines[i + 1].values[k].numerator = counts[i][k];
            lines[i + 1].values[k].hidden = counts[i][k] > 0;
            lines[0].values[k].numerator += counts[i][k];
            lines[i + 1].values[SCORECARD_ALL].numerator += counts[i][k];
            lines[0].values[SCORECARD_ALL].numerator += counts[i][k];
        }
    assert_true(suppress_is_known(&b, 3, 1, &arena));
    assert_true(suppress_is_known(&b, 3, 2, &arena));
    assert_false(suppress_is_known(&b, 1, 0, &arena));
    assert_false(suppress_is_known(&b, 5, 3, &arena));
    assert_true(suppress_telling(&b, &arena));
    assert_false(suppress_is_known(&b, 3, 1, &arena));
    heap_release(&arena);
}

static void
what_one_block_hides_its_like_hides_too(void **state)
{
    struct scorecard_line one[2] = { { .kpi = 0 } }, two[2] = { { .kpi = 0 } };
    struct suppress_block a = { .lines = one, .n = 2 };
    struct suppress_block b = { .lines = two, .n = 2 };

    (void)state;
    one[1].values[2].hidden = true;
    two[0].values[SCORECARD_ALL].hidden = true;
    assert_true(suppress_alike(&a, &b, true));
    assert_true(one[0].values[SCORECARD_ALL].hidden);
    assert_false(two[1].values[2].hidden);
    assert_true(suppress_alike(&a, &b, false));
    assert_true(two[1].values[2].hidden);
    assert_false(suppress_alike(&a, &b, false));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_hidden_count_of_a_random_table_can_be_worked_out),
        cmocka_unit_test(nor_from_two_tables_of_the_same_sums),
        cmocka_unit_test(nor_either_count_of_a_hidden_share),
        cmocka_unit_test(what_no_single_sum_tells_is_found),
        cmocka_unit_test(what_one_block_hides_its_like_hides_too),
    };

    return cmocka_run_group_tests_name("suppress", tests, NULL, NULL);
}
