#include "metrics/core/scorecard.h"

#include <assert.h>

/* Lines of one indicator and side: the whole first, then the districts. */
struct block {
    struct scorecard_line *lines;
    size_t n; /* 1 + districts */
    bool is_ratio;
    int below;
};

int64_t
scorecard_percent(int64_t numerator, int64_t denominator, int decimals)
{
    int64_t scale = 100;

    assert(numerator >= 0 && denominator >= 0);
    if (denominator == 0)
        return PERCENT_NONE;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    return (2 * numerator * scale + denominator) / (2 * denominator);
}

/* ---- which lines --------------------------------------------------------- */

static bool
texts_hold(const struct str *at, size_t n, struct str text)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(at[i], text))
            return true;
    return false;
}

/* Insert behind the first `fixed` ones, in order of bytes. */
static void
insert_sorted(struct str *at, size_t fixed, size_t *n, struct str text)
{
    size_t i = (*n)++;

    for (; i > fixed && str_cmp(at[i - 1], text) > 0; i--)
        at[i] = at[i - 1];
    at[i] = text;
}

static struct texts
districts_of(struct arena *arena, const struct kpi_cell *cells,
             size_t n_cells, const struct scorecard_options *o)
{
    struct str *at =
        arena_array(arena, o->districts.n + n_cells, sizeof *at);
    size_t n = 0;

    for (; n < o->districts.n; n++)
        at[n] = o->districts.at[n];
    for (size_t i = 0; i < n_cells; i++)
        if (cells[i].month == o->month &&
            !texts_hold(at, n, cells[i].district))
            insert_sorted(at, o->districts.n, &n, cells[i].district);
    return (struct texts){ .at = at, .n = n };
}

/* Of what others observe there are no cells. */
static uint32_t
sides_of(int kpi)
{
    const struct kpi_def *def = kpi_def(kpi);

    return def == NULL || def->from == KPI_OBSERVED ? 0 : def->sides;
}

static size_t
count_blocks(const struct scorecard_options *o)
{
    size_t n = 0;

    for (size_t i = 0; i < o->kpis.n; i++) {
        uint32_t sides = sides_of(codes_find(&codes_kpi, o->kpis.at[i]));

        for (int side = SIDE_EH; side <= SIDE_CSC; side++)
            n += (sides & SET_BIT(side)) != 0;
    }
    return n;
}

static void
value_add(struct scorecard_value *v, const struct kpi_cell *c)
{
    v->numerator += c->numerator;
    v->denominator += c->denominator;
}

static void
line_add(struct scorecard_line *line, const struct kpi_cell *c)
{
    assert(c->age_band >= 1 && c->age_band <= SCORECARD_BANDS);
    value_add(&line->values[c->age_band - 1], c);
    value_add(&line->values[SCORECARD_ALL], c);
}

static void
block_fill(const struct block *b, const struct texts *districts,
           const struct kpi_cell *cells, size_t n_cells, date_d month)
{
    for (size_t i = 0; i < districts->n; i++)
        b->lines[i + 1].district = districts->at[i];
    for (size_t i = 0; i < n_cells; i++) {
        if (cells[i].month != month || cells[i].kpi != b->lines[0].kpi ||
            cells[i].side != b->lines[0].side)
            continue;
        line_add(&b->lines[0], &cells[i]);
        for (size_t d = 1; d < b->n; d++)
            if (str_eq(b->lines[d].district, cells[i].district))
                line_add(&b->lines[d], &cells[i]);
    }
}

/* ---- suppression --------------------------------------------------------- */

static bool
is_small(const struct block *b, int64_t count)
{
    return count > 0 && count < b->below;
}

/* The count by which cells of the block are compared. */
static int64_t
size_of(const struct block *b, const struct scorecard_value *v)
{
    return b->is_ratio ? v->denominator : v->numerator;
}

static void
hide_small(const struct block *b)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t c = 0; c < SCORECARD_COLUMNS; c++) {
            struct scorecard_value *v = &b->lines[i].values[c];

            v->hidden = is_small(b, v->numerator) ||
                        is_small(b, v->denominator) ||
                        (b->is_ratio &&
                         is_small(b, v->denominator - v->numerator));
        }
}

/* Values that must add up to `sum`. */
struct addition {
    struct scorecard_value **parts;
    size_t n;
    struct scorecard_value *sum;
};

static bool
is_safe(const struct block *b, const struct addition *a)
{
    size_t hidden = 0;
    int64_t together = 0;

    for (size_t i = 0; i < a->n; i++)
        if (a->parts[i]->hidden) {
            hidden++;
            together += size_of(b, a->parts[i]);
        }
    if (a->sum->hidden)
        return hidden >= 1;
    if (hidden == 0)
        return true;
    /* n hidden counts are known where they add up to n: all are 1. */
    return hidden >= 2 && together >= b->below && together > (int64_t)hidden;
}

static struct scorecard_value *
next_smallest(const struct block *b, const struct addition *a)
{
    struct scorecard_value *best = NULL;

    for (size_t i = 0; i < a->n; i++) {
        struct scorecard_value *v = a->parts[i];

        if (!v->hidden && size_of(b, v) > 0 &&
            (best == NULL || size_of(b, v) < size_of(b, best)))
            best = v;
    }
    if (best == NULL && !a->sum->hidden)
        best = a->sum;
    return best;
}

/* True if anything more had to be hidden. */
static bool
protect(const struct block *b, const struct addition *a)
{
    bool changed = false;

    while (!is_safe(b, a)) {
        struct scorecard_value *v = next_smallest(b, a);

        if (v == NULL)
            break;
        v->hidden = true;
        changed = true;
    }
    return changed;
}

static bool
protect_line(const struct block *b, struct scorecard_line *line)
{
    struct scorecard_value *parts[SCORECARD_BANDS];

    for (size_t c = 0; c < SCORECARD_BANDS; c++)
        parts[c] = &line->values[c];
    return protect(b, &(struct addition){
                          .parts = parts,
                          .n = SCORECARD_BANDS,
                          .sum = &line->values[SCORECARD_ALL] });
}

static bool
protect_column(const struct block *b, size_t column,
               struct scorecard_value **parts)
{
    for (size_t i = 1; i < b->n; i++)
        parts[i - 1] = &b->lines[i].values[column];
    return protect(b, &(struct addition){
                          .parts = parts,
                          .n = b->n - 1,
                          .sum = &b->lines[0].values[column] });
}

/* Each round hides at least one more, so this ends. */
static void
hide_what_tells(const struct block *b, struct arena *arena)
{
    struct scorecard_value **parts = arena_array(arena, b->n, sizeof(*parts));
    bool changed;

    do {
        changed = false;
        for (size_t i = 0; i < b->n; i++)
            changed |= protect_line(b, &b->lines[i]);
        for (size_t c = 0; b->n > 1 && c < SCORECARD_COLUMNS; c++)
            changed |= protect_column(b, c, parts);
    } while (changed);
}

/* ---- the table ----------------------------------------------------------- */

static void
line_finish(const struct block *b, struct scorecard_line *line)
{
    const struct scorecard_value all = line->values[SCORECARD_ALL];

    for (size_t c = 0; c < SCORECARD_COLUMNS; c++) {
        struct scorecard_value *v = &line->values[c];

        v->percent_tenths = PERCENT_NONE;
        if (b->is_ratio)
            v->percent_tenths =
                scorecard_percent(v->numerator, v->denominator, 1);
        else if (c != SCORECARD_ALL && !all.hidden)
            v->percent_tenths =
                scorecard_percent(v->numerator, all.numerator, 1);
        if (!v->hidden)
            continue;
        v->numerator = I64_NONE;
        v->denominator = I64_NONE;
        v->percent_tenths = PERCENT_NONE;
    }
}

static void
block_make(struct block *b, struct arena *arena,
           const struct texts *districts, const struct kpi_cell *cells,
           size_t n_cells, const struct scorecard_options *o)
{
    block_fill(b, districts, cells, n_cells, o->month);
    if (o->suppress_below > 0)
        hide_small(b);
    if (o->suppress_below > 0 && o->suppress_secondary)
        hide_what_tells(b, arena);
    for (size_t i = 0; i < b->n; i++)
        line_finish(b, &b->lines[i]);
}

static void
pick_district(struct scorecard *card, struct str district)
{
    size_t n = 0;

    for (size_t i = 0; i < card->n; i++)
        if (str_eq(card->lines[i].district, district))
            card->lines[n++] = card->lines[i];
    card->n = n;
}

struct scorecard
scorecard_make(struct arena *arena, const struct kpi_cell *cells,
               size_t n_cells, const struct scorecard_options *options)
{
    struct texts districts = districts_of(arena, cells, n_cells, options);
    size_t height = districts.n + 1;
    struct scorecard card = {
        .lines = arena_array(arena, count_blocks(options) * height,
                             sizeof(*card.lines)),
    };

    for (size_t i = 0; i < options->kpis.n; i++) {
        int kpi = codes_find(&codes_kpi, options->kpis.at[i]);

        for (int side = SIDE_EH; side <= SIDE_CSC; side++) {
            struct block b = { .lines = &card.lines[card.n],
                               .n = height,
                               .is_ratio = kpi_is_ratio(kpi),
                               .below = options->suppress_below };

            if ((sides_of(kpi) & SET_BIT(side)) == 0)
                continue;
            for (size_t d = 0; d < height; d++)
                b.lines[d] = (struct scorecard_line){ .kpi = kpi,
                                                      .side = side };
            block_make(&b, arena, &districts, cells, n_cells, options);
            card.n += height;
        }
    }
    if (options->district.p != NULL)
        pick_district(&card, options->district);
    return card;
}
