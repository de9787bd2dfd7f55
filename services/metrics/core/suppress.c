#include "metrics/core/suppress.h"

static bool
is_small(const struct suppress_block *b, int64_t count)
{
    return count > 0 && count < b->below;
}

/* The count by which cells of the block are compared. */
static int64_t
size_of(const struct suppress_block *b, const struct scorecard_value *v)
{
    return b->is_ratio ? v->denominator : v->numerator;
}

void
suppress_small(const struct suppress_block *b)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t c = 0; c < SCORECARD_COLUMNS; c++) {
            struct scorecard_value *v = &b->lines[i].values[c];

            v->hidden =
                is_small(b, v->numerator) || is_small(b, v->denominator) ||
                (b->is_ratio && is_small(b, v->denominator - v->numerator));
        }
}

/* Values that must add up to `sum`. */
struct addition {
    struct scorecard_value **parts;
    size_t n;
    struct scorecard_value *sum;
};

static bool
is_safe(const struct suppress_block *b, const struct addition *a)
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
next_smallest(const struct suppress_block *b, const struct addition *a)
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
protect(const struct suppress_block *b, const struct addition *a)
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
protect_line(const struct suppress_block *b, struct scorecard_line *line)
{
    struct scorecard_value *parts[SCORECARD_BANDS];

    for (size_t c = 0; c < SCORECARD_BANDS; c++)
        parts[c] = &line->values[c];
    return protect(b,
                   &(struct addition){ .parts = parts,
                                       .n = SCORECARD_BANDS,
                                       .sum = &line->values[SCORECARD_ALL] });
}

static bool
protect_column(const struct suppress_block *b, size_t column,
               struct scorecard_value **parts)
{
    for (size_t i = 1; i < b->n; i++)
        parts[i - 1] = &b->lines[i].values[column];
    return protect(b, &(struct addition){ .parts = parts,
                                          .n = b->n - 1,
                                          .sum = &b->lines[0].values[column] });
}

/* ---- what all sums together tell ------------------------------------------
 */

/*
 * The table as a circulation: a value is a flow between the node of its line
 * and that of its column, sums flow back, and what flows into a node flows
 * out of it. A hidden flow is not known if it can be made one larger or one
 * smaller by pushing along a cycle of hidden flows, none below zero.
 */
struct circulation {
    const struct suppress_block *b;
    bool denominators;
    size_t line, column; /* the flow in question, which isn't used */
    bool *seen;
};

static size_t
node_of_line(const struct suppress_block *b, size_t line)
{
    (void)b;
    return line;
}

/* With one line only, all columns end in one node. */
static size_t
node_of_column(const struct suppress_block *b, size_t column)
{
    return b->n == 1 ? 1 : b->n + column;
}

static void
flow_ends(const struct suppress_block *b, size_t line, size_t column,
          size_t *from, size_t *to)
{
    bool is_sum = (line == 0) != (column == SCORECARD_ALL);

    *from = is_sum ? node_of_column(b, column) : node_of_line(b, line);
    *to = is_sum ? node_of_line(b, line) : node_of_column(b, column);
}

static int64_t
flow_of(const struct circulation *c, size_t line, size_t column)
{
    const struct scorecard_value *v = &c->b->lines[line].values[column];

    return c->denominators ? v->denominator : v->numerator;
}

/* Is there a way from node `at` to `to`? */
static bool
reaches(const struct circulation *c, size_t at, size_t to)
{
    if (at == to)
        return true;
    if (c->seen[at])
        return false;
    c->seen[at] = true;
    for (size_t i = 0; i < c->b->n; i++)
        for (size_t k = 0; k < SCORECARD_COLUMNS; k++) {
            size_t u, v;

            if (!c->b->lines[i].values[k].hidden ||
                (i == c->line && k == c->column))
                continue;
            flow_ends(c->b, i, k, &u, &v);
            if (u == at && reaches(c, v, to))
                return true;
            if (v == at && flow_of(c, i, k) > 0 && reaches(c, u, to))
                return true;
        }
    return false;
}

static bool
is_fixed(const struct suppress_block *b, size_t line, size_t column,
         bool denominators, struct arena *arena)
{
    size_t n = b->n + SCORECARD_COLUMNS + 1;
    struct circulation c = {
        .b = b, .denominators = denominators, .line = line, .column = column
    };
    size_t u, v;

    flow_ends(b, line, column, &u, &v);
    c.seen = arena_array(arena, n, sizeof *c.seen);
    if (reaches(&c, v, u))
        return false;
    if (flow_of(&c, line, column) == 0)
        return true;
    c.seen = arena_array(arena, n, sizeof *c.seen);
    return !reaches(&c, u, v);
}

bool
suppress_is_known(const struct suppress_block *b, size_t line, size_t column,
                  struct arena *arena)
{
    if (!b->lines[line].values[column].hidden)
        return true;
    return is_fixed(b, line, column, false, arena) ||
           (b->is_ratio && is_fixed(b, line, column, true, arena));
}

/* The smallest that is shown and isn't zero, in the line or column first. */
static struct scorecard_value *
next_victim(const struct suppress_block *b, size_t line, size_t column)
{
    struct scorecard_value *best[2] = { NULL, NULL };

    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < SCORECARD_COLUMNS; k++) {
            struct scorecard_value *v = &b->lines[i].values[k];
            int far = i != line && k != column;

            if (!v->hidden && size_of(b, v) > 0 &&
                (best[far] == NULL || size_of(b, v) < size_of(b, best[far])))
                best[far] = v;
        }
    return best[0] != NULL ? best[0] : best[1];
}

static bool
hide_known(const struct suppress_block *b, struct arena *arena)
{
    bool changed = false;

    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < SCORECARD_COLUMNS; k++)
            while (b->lines[i].values[k].hidden &&
                   suppress_is_known(b, i, k, arena)) {
                struct scorecard_value *v = next_victim(b, i, k);

                if (v == NULL)
                    break;
                v->hidden = true;
                changed = true;
            }
    return changed;
}

/* Each round hides at least one more, so this ends. */
bool
suppress_telling(const struct suppress_block *b, struct arena *arena)
{
    struct scorecard_value **parts = arena_array(arena, b->n, sizeof(*parts));
    bool any = false;
    bool changed;

    do {
        changed = false;
        for (size_t i = 0; i < b->n; i++)
            changed |= protect_line(b, &b->lines[i]);
        for (size_t c = 0; b->n > 1 && c < SCORECARD_COLUMNS; c++)
            changed |= protect_column(b, c, parts);
        changed |= hide_known(b, arena);
        any |= changed;
    } while (changed);
    return any;
}

bool
suppress_alike(const struct suppress_block *a, const struct suppress_block *b,
               bool totals)
{
    size_t n = totals ? 1 : a->n < b->n ? a->n : b->n;
    bool changed = false;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < SCORECARD_COLUMNS; k++) {
            bool *x = &a->lines[i].values[k].hidden;
            bool *y = &b->lines[i].values[k].hidden;

            changed |= *x != *y;
            *x = *y = *x || *y;
        }
    return changed;
}
