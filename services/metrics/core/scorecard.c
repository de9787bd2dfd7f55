#include "metrics/core/scorecard.h"

#include "metrics/core/suppress.h"

#include <assert.h>
#include <string.h>

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

/* Words of lines: some as they are given, others behind them by bytes. */
struct words {
    struct str *at;
    size_t n;
    size_t given;
};

/* Where it stands; else false, and *at is where it belongs. */
static bool
words_find(const struct words *w, struct str text, size_t *at)
{
    size_t from = w->given, to = w->n;

    for (*at = 0; *at < w->given; (*at)++)
        if (str_eq(w->at[*at], text))
            return true;
    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (str_cmp(w->at[middle], text) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    *at = from;
    return from < w->n && str_eq(w->at[from], text);
}

/* There is room for it. */
static void
words_add(struct words *w, struct str text)
{
    size_t at;

    if (words_find(w, text, &at))
        return;
    memmove(w->at + at + 1, w->at + at, (w->n - at) * sizeof *w->at);
    w->at[at] = text;
    w->n++;
}

static struct words
districts_of(struct arena *arena, const struct kpi_cell *cells, size_t n_cells,
             const struct scorecard_options *o)
{
    struct words w = {
        .at = arena_array(arena, o->districts.n + n_cells, sizeof *w.at),
        .n = o->districts.n,
        .given = o->districts.n,
    };

    for (size_t i = 0; i < w.n; i++)
        w.at[i] = o->districts.at[i];
    for (size_t i = 0; i < n_cells; i++)
        if (!kpi_has_parts(cells[i].kpi))
            words_add(&w, cells[i].district);
    return w;
}

/* Of what others observe there are no cells. */
static uint32_t
sides_of(int kpi)
{
    const struct kpi_def *def = kpi_def(kpi);

    return def == NULL || def->from == KPI_OBSERVED ? 0 : def->sides;
}

/* Parts of an indicator that have cells, in order of bytes. */
static struct words
parts_of(struct arena *arena, const struct kpi_cell *cells, size_t n_cells,
         int kpi)
{
    struct words w = { .at = arena_array(arena, n_cells, sizeof *w.at) };

    for (size_t i = 0; i < n_cells; i++)
        if (cells[i].kpi == kpi)
            words_add(&w, cells[i].part);
    return w;
}

/* A table on the card: an indicator, a side, what its lines are. */
struct sheet {
    int kpi, side;
    bool parts;
    struct words words; /* of the lines behind the first */
    struct suppress_block block;
};

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

/* Lines of parts are of the district that is asked for, if one is. */
static bool
is_of(const struct sheet *s, const struct kpi_cell *c,
      const struct scorecard_options *o)
{
    if (c->kpi != s->kpi || c->side != s->side)
        return false;
    return !s->parts || o->district.p == NULL ||
           str_eq(o->district, c->district);
}

static void
sheet_fill(const struct sheet *s, const struct kpi_cell *cells, size_t n_cells,
           const struct scorecard_options *o)
{
    struct scorecard_line *lines = s->block.lines;

    for (size_t i = 0; i < s->block.n; i++)
        lines[i] = (struct scorecard_line){ .kpi = s->kpi, .side = s->side };
    for (size_t i = 0; i < s->words.n; i++)
        if (s->parts)
            lines[i + 1].part = s->words.at[i];
        else
            lines[i + 1].district = s->words.at[i];
    for (size_t i = 0; s->parts && i < s->block.n; i++)
        lines[i].district = o->district;
    for (size_t i = 0; i < n_cells; i++) {
        size_t k;

        if (!is_of(s, &cells[i], o))
            continue;
        line_add(&lines[0], &cells[i]);
        if (words_find(&s->words, s->parts ? cells[i].part : cells[i].district,
                       &k))
            line_add(&lines[k + 1], &cells[i]);
    }
}

static size_t
sheets_of(struct arena *arena, const struct kpi_cell *cells, size_t n_cells,
          const struct words *districts, const struct scorecard_options *o,
          struct sheet *sheets)
{
    size_t n = 0;

    for (size_t i = 0; i < o->kpis.n; i++) {
        int kpi = codes_find(&codes_kpi, o->kpis.at[i]);

        for (int side = SIDE_EH; side <= SIDE_CSC; side++) {
            struct sheet s = { .kpi = kpi,
                               .side = side,
                               .parts = kpi_has_parts(kpi) };

            if ((sides_of(kpi) & SET_BIT(side)) == 0)
                continue;
            /* A district's parts beside the whole's would tell of others. */
            if (s.parts && o->district.p != NULL && o->suppress_below > 0)
                continue;
            s.words =
                s.parts ? parts_of(arena, cells, n_cells, kpi) : *districts;
            s.block = (struct suppress_block){
                .n = s.words.n + 1,
                .lines =
                    arena_array(arena, s.words.n + 1, sizeof *s.block.lines),
                .is_ratio = kpi_is_ratio(kpi),
                .below = o->suppress_below,
            };
            sheet_fill(&s, cells, n_cells, o);
            sheets[n++] = s;
        }
    }
    return n;
}

/* ---- suppression over the whole card --------------------------------------
 */

/* Indicators that show the same counts: what one hides the other would tell. */
static const struct {
    int kpi, side;
    int other, other_side;
    bool totals; /* only their sums are the same */
} alike[] = {
    { KPI_K12, SIDE_EH, KPI_K21, SIDE_CSC, false },
    { KPI_K11, SIDE_CSC, KPI_K21, SIDE_CSC, false },
    { KPI_K11, SIDE_EH, KPI_K20, SIDE_EH, false },
    { KPI_K30, SIDE_EH, KPI_K35, SIDE_EH, false },
    { KPI_K30, SIDE_CSC, KPI_K35, SIDE_CSC, false },
    { KPI_K06, SIDE_EH, KPI_K32, SIDE_EH, true },
    { KPI_K02, SIDE_EH, KPI_K03, SIDE_EH, true },
    { KPI_K02, SIDE_EH, KPI_K04, SIDE_EH, true },
};

static const struct sheet *
find_sheet(const struct sheet *sheets, size_t n, int kpi, int side)
{
    for (size_t i = 0; i < n; i++)
        if (sheets[i].kpi == kpi && sheets[i].side == side)
            return &sheets[i];
    return NULL;
}

static bool
hide_alike(const struct sheet *sheets, size_t n)
{
    bool changed = false;

    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        const struct sheet *a =
            find_sheet(sheets, n, alike[i].kpi, alike[i].side);
        const struct sheet *b =
            find_sheet(sheets, n, alike[i].other, alike[i].other_side);

        if (a != NULL && b != NULL)
            changed |= suppress_alike(&a->block, &b->block, alike[i].totals);
    }
    return changed;
}

static void
hide(struct arena *arena, const struct sheet *sheets, size_t n, bool secondary)
{
    bool changed = secondary;

    for (size_t i = 0; i < n; i++)
        suppress_small(&sheets[i].block);
    while (changed) {
        changed = false;
        for (size_t i = 0; i < n; i++)
            changed |= suppress_telling(&sheets[i].block, arena);
        changed |= hide_alike(sheets, n);
    }
}

/* ---- the table ----------------------------------------------------------- */

/* Of a count the share that a band has of its line, or a part of its column. */
static int64_t
share_of(const struct sheet *s, size_t line, size_t column)
{
    const struct scorecard_value *v = &s->block.lines[line].values[column];
    const struct scorecard_value *all =
        s->parts ? &s->block.lines[0].values[column]
                 : &s->block.lines[line].values[SCORECARD_ALL];

    if (all == v || all->hidden)
        return PERCENT_NONE;
    return scorecard_percent(v->numerator, all->numerator, 1);
}

static void
sheet_finish(const struct sheet *s)
{
    struct scorecard_line *lines = s->block.lines;

    for (size_t i = s->block.n; i-- > 0;)
        for (size_t c = 0; c < SCORECARD_COLUMNS; c++) {
            struct scorecard_value *v = &lines[i].values[c];

            v->percent_tenths =
                s->block.is_ratio
                    ? scorecard_percent(v->numerator, v->denominator, 1)
                    : share_of(s, i, c);
        }
    for (size_t i = 0; i < s->block.n; i++)
        for (size_t c = 0; c < SCORECARD_COLUMNS; c++)
            if (lines[i].values[c].hidden) {
                lines[i].values[c].numerator = I64_NONE;
                lines[i].values[c].denominator = I64_NONE;
                lines[i].values[c].percent_tenths = PERCENT_NONE;
            }
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

static const struct kpi_cell *
cells_of(struct arena *arena, const struct kpi_cell *all, size_t n_all,
         date_d month, size_t *n)
{
    struct kpi_cell *cells;

    *n = 0;
    for (size_t i = 0; i < n_all; i++)
        *n += all[i].month == month;
    cells = arena_array(arena, *n, sizeof *cells);
    *n = 0;
    for (size_t i = 0; i < n_all; i++)
        if (all[i].month == month)
            cells[(*n)++] = all[i];
    return cells;
}

struct scorecard
scorecard_make(struct arena *arena, const struct kpi_cell *all, size_t n_all,
               const struct scorecard_options *options)
{
    size_t n_cells;
    const struct kpi_cell *cells =
        cells_of(arena, all, n_all, options->month, &n_cells);
    struct words districts = districts_of(arena, cells, n_cells, options);
    struct sheet *sheets =
        arena_array(arena, 2 * options->kpis.n + 1, sizeof *sheets);
    size_t n = sheets_of(arena, cells, n_cells, &districts, options, sheets);
    struct scorecard card = { .n = 0 };
    size_t at = 0;

    if (options->suppress_below > 0)
        hide(arena, sheets, n, options->suppress_secondary);
    for (size_t i = 0; i < n; i++) {
        sheet_finish(&sheets[i]);
        card.n += sheets[i].block.n;
    }
    card.lines = arena_array(arena, card.n, sizeof *card.lines);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sheets[i].block.n; k++)
            card.lines[at++] = sheets[i].block.lines[k];
    if (options->district.p != NULL)
        pick_district(&card, options->district);
    return card;
}
