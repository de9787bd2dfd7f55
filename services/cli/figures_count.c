#include "cli/figures_count.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct sum {
    int64_t numerator, denominator;
};

/* ---- choosing ------------------------------------------------------------ */

/* Is `word` one of those in `list`, with '+' between? NULL: all are. */
static bool
is_listed(const char *list, struct str word)
{
    const char *end;

    if (list == NULL)
        return true;
    for (;; list = end + 1) {
        end = strchr(list, ';');
        if (end == NULL)
            return str_eq(str_of(list), word);
        if (str_eq((struct str){ .p = list, .n = (size_t)(end - list) }, word))
            return true;
    }
}

static bool
begins(struct str word, const char *with)
{
    size_t n = strlen(with);

    return word.n >= n && memcmp(word.p, with, n) == 0;
}

static bool
is_side(const struct measure *m, const struct counted *c)
{
    return m->side == NULL || str_is(c->side, m->side);
}

static struct sum
sum_of(const struct measure *m, const struct counted_list *rows,
       const char *parts)
{
    struct sum s = { 0, 0 };

    for (size_t i = 0; i < rows->n; i++)
        if (is_side(m, &rows->at[i]) && is_listed(parts, rows->at[i].part)) {
            s.numerator += rows->at[i].numerator;
            s.denominator += rows->at[i].denominator;
        }
    return s;
}

/* Parts of one whole, such as age bands, each have it as denominator. */
static int64_t
one_whole(const struct measure *m, const struct counted_list *rows)
{
    int64_t most = 0;

    for (size_t i = 0; i < rows->n; i++)
        if (is_side(m, &rows->at[i]) && is_listed(m->part, rows->at[i].part)) {
            char part[256];
            struct sum s;

            if (rows->at[i].part.n >= sizeof part)
                continue;
            memcpy(part, rows->at[i].part.p, rows->at[i].part.n);
            part[rows->at[i].part.n] = '\0';
            s = sum_of(m, rows, part);
            if (s.denominator > most)
                most = s.denominator;
        }
    return most;
}

static int64_t
band_of(const struct measure *m, const struct counted_list *rows)
{
    int64_t n = 0;

    for (size_t i = 0; i < rows->n; i++)
        if (is_side(m, &rows->at[i]) && str_is(rows->at[i].age_band, m->part))
            n += rows->at[i].numerator;
    return n;
}

/* Parts or districts with what they add up to, most first. */
struct ranked {
    struct str word;
    struct sum sum;
};

static int
by_most(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->sum.numerator != y->sum.numerator)
        return x->sum.numerator < y->sum.numerator ? 1 : -1;
    return str_cmp(x->word, y->word);
}

static struct ranked *
rank(struct arena *arena, const struct counted_list *rows,
     const struct measure *m, bool by_district, struct str district, size_t *n)
{
    struct ranked *list = arena_array(arena, rows->n, sizeof *list);

    *n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct counted *c = &rows->at[i];
        struct str word = by_district ? c->district : c->part;
        size_t k = 0;

        if (!is_side(m, c) ||
            (district.p != NULL && !str_eq(district, c->district)))
            continue;
        if (!by_district && m->op == FIGURE_TOP && !begins(c->part, m->part))
            continue;
        if (by_district && m->op == FIGURE_ABOVE && !str_is(c->part, m->part))
            continue;
        while (k < *n && !str_eq(list[k].word, word))
            k++;
        if (k == *n)
            list[(*n)++] = (struct ranked){ .word = word };
        list[k].sum.numerator += c->numerator;
        list[k].sum.denominator += c->denominator;
    }
    qsort(list, *n, sizeof *list, by_most);
    return list;
}

/* ---- text ---------------------------------------------------------------- */

struct str
figure_quotient(struct arena *arena, int64_t numerator, int64_t denominator,
                int decimals)
{
    int64_t scale = 1, v;

    if (denominator == 0)
        return STR("-");
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    v = (2 * numerator * scale + denominator) / (2 * denominator);
    if (decimals == 0)
        return arena_printf(arena, "%" PRId64, v);
    return arena_printf(arena, "%" PRId64 ".%0*" PRId64, v / scale, decimals,
                        v % scale);
}

static struct str
percent(struct arena *arena, int64_t numerator, int64_t denominator,
        int decimals)
{
    return figure_quotient(arena, 100 * numerator, denominator, decimals);
}

static struct str
whole(struct arena *arena, int64_t n)
{
    return arena_printf(arena, "%" PRId64, n);
}

static struct str
joined(struct arena *arena, struct str list, struct str word)
{
    if (list.n == 0)
        return word;
    return arena_printf(arena, "%.*s, %.*s", STR_ARG(list), STR_ARG(word));
}

/* ---- figures that are more than a quotient ------------------------------- */

static struct str
top(struct arena *arena, const struct measure *m, const struct figure_input *in,
    int decimals)
{
    size_t n;
    struct ranked *list = rank(arena, &in->rows, m, false, STR_NULL, &n);
    int64_t base = in->base.n > 0 ? sum_of(m, &in->base, NULL).numerator
                                  : sum_of(m, &in->rows, NULL).numerator;

    if (n == 0)
        return STR("-");
    if (str_is(list[0].word, m->of))
        return percent(arena, list[0].sum.numerator, base, decimals);
    return arena_printf(
        arena, "%.*s: %.*s", STR_ARG(list[0].word),
        STR_ARG(percent(arena, list[0].sum.numerator, base, decimals)));
}

/* "1, 2, 2, 3": each grade as often as it was given. */
static struct str
grades(struct arena *arena, const struct measure *m,
       const struct counted_list *rows)
{
    struct str out = STR("");

    for (char grade = '1'; grade <= '4'; grade++)
        for (size_t i = 0; i < rows->n; i++) {
            const struct counted *c = &rows->at[i];

            if (!begins(c->part, m->part) || c->part.p[c->part.n - 1] != grade)
                continue;
            for (int64_t k = 0; k < c->numerator; k++)
                out = joined(
                    arena, out,
                    (struct str){ .p = c->part.p + c->part.n - 1, .n = 1 });
        }
    return out;
}

/* Of the days of a district, sorted; all of them where it is null. */
static int64_t
median(const struct figure_input *in, struct str district)
{
    size_t first = 0, n = 0;

    for (size_t i = 0; i < in->n_days; i++)
        if (str_eq(in->days[i].district, district)) {
            if (n++ == 0)
                first = i;
        }
    if (n == 0)
        return -1;
    return (in->days[first + (n - 1) / 2].days + in->days[first + n / 2].days) /
           2;
}

static struct str
above(struct arena *arena, const struct measure *m,
      const struct figure_input *in)
{
    struct sum all = sum_of(m, &in->rows, m->part);
    struct str out = STR("");
    size_t n;
    struct ranked *list = rank(arena, &in->rows, m, true, STR_NULL, &n);

    for (size_t i = 0; i < n; i++)
        if (list[i].sum.numerator * all.denominator >
            all.numerator * list[i].sum.denominator)
            out = joined(arena, out, list[i].word);
    return out;
}

static struct str
top_places(struct arena *arena, const struct measure *m,
           const struct counted_list *rows)
{
    size_t n;
    struct ranked *list = rank(arena, rows, m, true, STR_NULL, &n);
    struct str out = STR("");

    for (size_t i = 0; i < n && i < 2; i++)
        out = joined(arena, out, list[i].word);
    return out;
}

static struct str
top_needs(struct arena *arena, const struct measure *m,
          const struct counted_list *rows)
{
    size_t n;
    struct ranked *places = rank(arena, rows, m, true, STR_NULL, &n);
    struct str out = STR("");

    for (size_t i = 0; i < n; i++) {
        size_t n_needs;
        struct ranked *needs =
            rank(arena, rows, m, false, places[i].word, &n_needs);
        struct str line = STR("");

        for (size_t k = 0; k < n_needs && k < 3; k++)
            line = joined(arena, line, needs[k].word);
        out = arena_printf(arena, "%.*s%s%.*s: %.*s", STR_ARG(out),
                           out.n == 0 ? "" : "; ", STR_ARG(places[i].word),
                           STR_ARG(line));
    }
    return out;
}

static struct str
levels(struct arena *arena, const struct measure *m,
       const struct figure_input *in)
{
    int64_t low = 0, high = 0;

    for (size_t i = 0; i < in->n_months; i++) {
        int64_t n = sum_of(m, &in->months[i], m->part).numerator;

        if (i == 0 || n < low)
            low = n;
        if (i == 0 || n > high)
            high = n;
    }
    return arena_printf(arena, "%" PRId64 ", %" PRId64, low, high);
}

static struct str
table(struct arena *arena, const struct measure *m,
      const struct figure_input *in)
{
    size_t n;
    struct ranked *list = rank(arena, &in->rows, m, true, STR_NULL, &n);
    struct sum all = sum_of(m, &in->rows, NULL);
    struct str out = STR("");

    for (size_t i = 0; i < n; i++) {
        const struct sum *s = &list[i].sum;
        bool high =
            s->numerator * all.denominator > all.numerator * s->denominator;

        out = arena_printf(
            arena,
            "%.*s%s%.*s %" PRId64 "/%" PRId64 " %.*s%%%s, %" PRId64
            " days open",
            STR_ARG(out), out.n == 0 ? "" : "; ", STR_ARG(list[i].word),
            s->numerator, s->denominator,
            STR_ARG(percent(arena, s->numerator, s->denominator, 1)),
            high ? " (above average)" : "", median(in, list[i].word));
    }
    return out;
}

struct str
figure_count(struct arena *arena, const struct measure *m,
             const struct figure_input *in, int decimals)
{
    struct sum s = sum_of(m, &in->rows, m->part);
    struct sum all = sum_of(m, &in->rows, NULL);

    switch (m->op) {
    case FIGURE_SUM:
        return whole(arena, s.numerator);
    case FIGURE_OF:
        return whole(arena, s.denominator);
    case FIGURE_PERCENT:
        return percent(arena, s.numerator, one_whole(m, &in->rows), decimals);
    case FIGURE_SHARE:
        return percent(arena, s.numerator, all.numerator, decimals);
    case FIGURE_TOP:
        return top(arena, m, in, decimals);
    case FIGURE_EACH:
        return figure_quotient(arena, s.numerator,
                               sum_of(m, &in->rows, m->of).numerator, decimals);
    case FIGURE_WEEKS:
        return figure_quotient(arena, s.numerator, 7 * s.denominator, decimals);
    case FIGURE_BAND:
        return whole(arena, band_of(m, &in->rows));
    case FIGURE_BAND_SHARE:
        return percent(arena, band_of(m, &in->rows), all.numerator, decimals);
    case FIGURE_GRADES:
        return grades(arena, m, &in->rows);
    case FIGURE_ABOVE:
        return above(arena, m, in);
    case FIGURE_TOP_PLACES:
        return top_places(arena, m, &in->rows);
    case FIGURE_TOP_NEEDS:
        return top_needs(arena, m, &in->rows);
    case FIGURE_LEVELS:
        return levels(arena, m, in);
    case FIGURE_TABLE:
        return table(arena, m, in);
    case FIGURE_OBSERVED:
    case FIGURE_STATED:
        break;
    }
    return STR("");
}
