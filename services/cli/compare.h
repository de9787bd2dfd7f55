/**
 * Tables of two schemas, row by row and column by column, as text. The two
 * may be seen through different connections, one of them inside a snapshot.
 */
#ifndef WAYMARK_CLI_COMPARE_H
#define WAYMARK_CLI_COMPARE_H

#include "cli/differ.h"
#include "cli/witness.h"
#include "common/adapters/pg.h"
#include "common/core/rows.h"

#define COMPARE_COLUMNS_MAX 80

/* One side: a transaction is open there, so that cursors work. */
struct compare_side {
    struct pg *pg;
    const char *schema;
};

struct compare_table {
    const char *name;
    /* Of the core, to know whose values are personal; NULL: an engine's
     * table, of which nothing is. What the core doesn't know counts as
     * personal. */
    const struct fields *fields;
    /* Columns that are no part of the comparison, NULL at the end. */
    const char *const *without;
    uint16_t shard; /* only its rows */
    /* Rows that name somebody of whom something was erased are declared, not
     * different; NULL: none. */
    const struct witnessed *witnessed;
};

/**
 * Compare a table: the columns of the `replayed` side, rows matched by its
 * primary key. Counts the table and its rows in `differ`. A table that one
 * side lacks is a difference.
 */
MUST_CHECK enum status compare_tables(const struct compare_side *live,
                                      const struct compare_side *replayed,
                                      const struct compare_table *table,
                                      struct differ *differ, struct err *err);

#endif
