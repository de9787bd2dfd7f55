#include "metrics/core/run.h"

#include "common/core/calendar.h"

struct run
run_of(const struct step *step)
{
    const struct settings *s = step->settings;

    return (struct run){
        .arena = step->arena,
        .rows = step->rows,
        .terms = { .zone = s == NULL || s->calendar == NULL
                               ? NULL
                               : &s->calendar->zone,
                   .settings = s },
        .heard = step->heard,
    };
}

void
run_like(enum metrics_table table, void *like)
{
    fields_clear(&metrics_tables[table].fields, like);
}

struct reckoning
run_reckoning(const struct run *r)
{
    struct reckoning like;
    const struct reckoning *found;

    run_like(TABLE_RECKONING, &like);
    like.no = RECKONING_NO;
    found = rows_get(r->rows, TABLE_RECKONING, &like);
    return found == NULL ? like : *found;
}

struct tally
run_tally(const struct run *r, time_ms heard_at)
{
    return (struct tally){
        .rows = r->rows,
        .dry = r->dry,
        .guess = r->guess,
        .heard_month = r->terms.zone == NULL
                           ? DATE_NONE
                           : facts_month(r->terms.zone, heard_at),
    };
}

const void **
run_group(const struct run *r, enum metrics_table table, int index,
          const void *like, size_t *n)
{
    const void **list;
    size_t at = 0;

    *n = 0;
    while (rows_next(r->rows, table, index, like, &at) != NULL)
        ++*n;
    list = arena_array(r->arena, *n, sizeof(*list));
    at = 0;
    for (size_t i = 0; i < *n; i++)
        list[i] = rows_next(r->rows, table, index, like, &at);
    return list;
}
