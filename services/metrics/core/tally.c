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

/* What came after its month had ended; see struct kpi_cell. */
static void
late_add(const struct tally *t, const struct kpi_cell *change, int sign)
{
    struct kpi_cell cell = *change;

    if (t->heard_month == DATE_NONE ||
        (!t->guess && change->month >= t->heard_month))
        return;
    cell_add(t, TABLE_LATE_CHANGE, &cell, sign);
    if (change->kpi != KPI_K10_NET)
        return;
    cell.month = t->heard_month;
    cell_add(t, TABLE_LATE_CHANGE, &cell, -sign);
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
        late_add(t, &list->at[i], sign);
    }
}

void
tally_change(const struct tally *t, const struct contributions *old,
             const struct contributions *now)
{
    add_missing(t, old, now, -1);
    add_missing(t, now, old, 1);
}
