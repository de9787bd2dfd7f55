/**
 * Working sets (common/core/rows.h) in PostgreSQL: any service's tables, from
 * their description alone.
 *
 * A table of the core is a table of the service's schema with the same name
 * and columns, and before them `shard integer`, the authority's partition
 * number. Types are those of core/field.h; in addition
 *
 *   F_SET    the words in the order of their values, one space between
 *   F_TEXTS  the texts, one newline between; one more at the end where the
 *            last text is empty, so that no text and one empty text differ.
 *            A text with a newline in it is refused.
 *   F_CODE   the word
 *
 * It is an ordinary table, not a partitioned one.
 * The primary key is (shard, key fields in order). Each index of the core and
 * each due field needs an index in SQL that begins with shard and those
 * fields; pg_rows_check says what is missing.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PG_ROWS_H
#define WAYMARK_COMMON_ADAPTERS_PG_ROWS_H

#include "common/adapters/pg.h"
#include "common/core/rows.h"

struct pg_rows; /* the SQL of one service's tables; needs no connection */

/**
 * Write the statements for `tables` (borrowed until pg_rows_close) in
 * `schema`. The caller owns the result.
 */
struct pg_rows *pg_rows_open(const char *schema, const struct table *tables,
                             size_t n_tables);
void pg_rows_close(struct pg_rows *pr);

/**
 * Learn from the catalog in which order the tables have their columns; before
 * the first pg_rows_save, and again where SQLSTATE 42804 says that a table has
 * changed. Statuses as in pg.h; ST_FATAL, code "schema", where a table or a
 * column is missing.
 */
MUST_CHECK enum status pg_rows_learn(struct pg_rows *pr, struct pg *pg,
                                     struct arena *arena, struct err *err);

/**
 * Bring what the working set wants now (rows_take_wants, once), in one round
 * trip. `rows` must be over the same tables. Open the connection with
 * plan_by_key, or the server may come to scan whole tables. Statuses as in
 * pg.h; ST_FATAL, code "schema": a row holds a word that this version doesn't
 * know. After a failure the working set is void.
 */
MUST_CHECK enum status pg_rows_load(struct pg_rows *pr, struct pg *pg,
                                    int32_t shard, struct rows *rows,
                                    struct arena *arena, struct err *err);

/**
 * Send what has changed in the working set into the pipeline that is open, in
 * the order of tables: deletions, then upserts, then rows that are known to be
 * new, each in key order. A failure shows in pg_sync: ST_REJECT, code "value",
 * also for a null where the field isn't nullable, and for a new row whose key
 * is there (SQLSTATE 23505 of the statement TABLE:insert).
 *
 * A connection keeps its plans. One that was made while a table was empty
 * takes any index for as good as another, and walks over the whole shard for
 * each key once there are rows: so the plans are made anew each time the rows
 * written to a table have doubled.
 */
void pg_rows_save(struct pg_rows *pr, struct pg *pg, int32_t shard,
                  struct rows *rows, struct arena *arena);

/**
 * Send rows of one table whose keys the database has not, into the pipeline
 * that is open; learnt before (pg_rows_learn). A failure shows in pg_sync, as
 * with pg_rows_save.
 */
void pg_rows_insert(struct pg_rows *pr, struct pg *pg, int32_t shard,
                    size_t table, const void *const *at, size_t n,
                    struct arena *arena);

/** A table's columns with `t.` before each, for statements of one's own. */
const char *pg_rows_columns(const struct pg_rows *pr, size_t table);

/**
 * Read row `i` of a result whose first columns are pg_rows_columns' into
 * `row` (a struct of the table's). Texts are borrowed from the result, lists
 * of them lie in `arena`. ST_FATAL, code "schema", as with pg_rows_load.
 */
MUST_CHECK enum status pg_rows_read(const struct pg_rows *pr, size_t table,
                                    const struct pg_result *res, size_t i,
                                    struct arena *arena, void *row,
                                    struct err *err);

/** CREATE TABLE and CREATE INDEX statements as they should be. */
struct str pg_rows_ddl(const struct pg_rows *pr, size_t table,
                       struct arena *arena);

/**
 * Compare the database's tables with the description: columns, types, nulls,
 * keys, indexes. Columns that only the database has are fine where an INSERT
 * may leave them out. ST_FATAL, code "schema", where they differ: then
 * *differences (may be NULL) has one line for each, in the arena.
 */
MUST_CHECK enum status pg_rows_check(const struct pg_rows *pr, struct pg *pg,
                                     struct arena *arena,
                                     struct str *differences, struct err *err);

#endif
