/**
 * Rows between batches, found by hash: a database for many rows, in memory,
 * for whoever plays a whole log. What a service wants is brought, what it
 * changed is kept. A process without memory ends (abort).
 */
#ifndef WAYMARK_COMMON_ENGINE_SHELF_H
#define WAYMARK_COMMON_ENGINE_SHELF_H

#include "common/core/rows.h"

struct shelf;

/** An empty one over `tables`, borrowed until shelf_close. */
struct shelf *shelf_open(const struct table *tables, size_t n_tables);
void shelf_close(struct shelf *s);

/** Leave a table out: none of its rows is kept, so none is found. */
void shelf_skip(struct shelf *s, size_t table);

/** Bring what `rows` wants now (rows_take_wants). */
void shelf_load(const struct shelf *s, struct rows *rows);
/** Keep what has changed. */
void shelf_keep(struct shelf *s, struct rows *rows);

/** How many rows a table has. */
size_t shelf_count(const struct shelf *s, size_t table);

/* Where a walk stands; begins cleared. */
struct shelf_at {
    size_t chain;
    const void *next;
};

/** The next row of a table, in no order; NULL at the end. Nothing may be kept
 * meanwhile. */
const void *shelf_next(const struct shelf *s, size_t table,
                       struct shelf_at *at);

#endif
