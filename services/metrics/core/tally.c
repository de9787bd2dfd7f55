#include "metrics/core/tally.h"

static void
cell_add(const struct tally *t, enum metrics_table table,
         const struct kpi_cell *like, int sign)
{
    struct kpi_cell cell = *like;
    const struct kpi_cell *old;

    if (t->dry) {
        rows_want(t->rows, table, like);
        return;
    }
    old = rows_get(t->rows, table, like);
    cell.numerator = sign * like->numerator;
    cell.denominator = sign * like->denominator;
    if (old != NULL) {
        cell.numerator += old->numerator;
        cell.denominator += old->denominator;
    }
    if (cell.numerator == 0 && cell.denominator == 0)
        rows_delete(t->rows, table, &cell);
    else
        rows_put(t->rows, table, &cell);
}

static void
frozen_add(const struct tally *t, const struct kpi_cell *change, int sign)
{
    bool late =
        t->heard_month != DATE_NONE && change->month < t->heard_month;
    struct kpi_cell cell = *change;

    /* A dry run may have the months wrong by one, so it asks for both. */
    if (!late || t->dry)
        cell_add(t, TABLE_FROZEN_MONTH, &cell, sign);
    if (late && change->kpi == KPI_K10_NET) {
        cell.month = t->heard_month;
        cell_add(t, TABLE_FROZEN_MONTH, &cell, sign);
    }
}

static bool
holds(const struct contributions *list, const struct kpi_cell *c)
{
    for (size_t i = 0; i < list->n; i++)
        if (fields_eq(&metrics_tables[TABLE_KPI_CELL].fields, &list->at[i], c))
            return true;
    return false;
}

/* What stands in both lists cancels out; no list holds an item twice. */
static void
add_missing(const struct tally *t, const struct contributions *list,
            const struct contributions *other, int sign)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!t->dry && holds(other, &list->at[i]))
            continue;
        cell_add(t, TABLE_KPI_CELL, &list->at[i], sign);
        frozen_add(t, &list->at[i], sign);
    }
}

void
tally_change(const struct tally *t, const struct contributions *old,
             const struct contributions *now)
{
    add_missing(t, old, now, -1);
    add_missing(t, now, old, 1);
}
