/**
 * The working set of a batch: the rows that its records touch, as plain
 * structs, loaded before the step and written after it.
 *
 * A table is a `struct fields` whose first `n_key` fields are its primary key
 * (the shard's number stands before them in the database and nowhere here).
 * Rows can also be found by an index: a run of fields whose equal values make
 * a group, such as all cases of one child.
 *
 * The life of a batch: the service says what it wants (rows_want,
 * rows_want_group), the store brings it (rows_loaded), the step reads and
 * writes, the store takes what is dirty. What a step asks for without having
 * wanted it is a miss, which must not be taken for "no such row": it is wanted
 * from there on, rows_short says so, and the step is undone and done again
 * when the store has brought it. So a service wants beforehand what it will
 * probably touch, and pays a round trip for the rest.
 *
 * A key is known when it was wanted and taken, loaded (by key or with a
 * group), put in this batch, declared new, or lies in a group that is known:
 * then rows_get answers, NULL for "no such row". A group is known when it was
 * wanted and taken, declared new, or lies in a known group of an index with
 * fewer of the same fields. As in SQL, a row with a null in one of an index's
 * fields is in no group of that index.
 *
 * All memory is the arena's. Row pointers stay valid until the batch ends.
 */
#ifndef WAYMARK_COMMON_CORE_ROWS_H
#define WAYMARK_COMMON_CORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/field.h"

#define ROWS_INDEX_MAX 4
#define ROWS_INDEX_FIELDS 4

struct rows_index {
    const char *name; /* of the index in SQL, and for messages */
    uint8_t fields[ROWS_INDEX_FIELDS]; /* positions in the table's fields */
    uint8_t n;
};

struct table {
    struct fields fields; /* name is the table's; the key comes first */
    size_t n_key;
    struct rows_index index[ROWS_INDEX_MAX];
    size_t n_index;
    /* Position of the F_TIME field that says when a row is due; 0 or -1 where
     * the table has no deadlines (a key never begins with one). TIME_NEVER and
     * null rows are never due. */
    int due;
};

/* Index number that stands for the primary key. */
#define ROWS_KEY (-1)

struct rows; /* the working set */

/* One thing to load: all rows of `table` with these values. */
struct rows_want {
    size_t table;
    int index;        /* ROWS_KEY or 0..n_index-1 */
    const void *like; /* the key or index fields of a row struct, no others */
    time_ms due_until; /* TIME_NONE, or rows_want_due's; then `like` is NULL */
    size_t limit;      /* of a due want */
};

/**
 * An empty working set over `tables`; both are borrowed until the batch ends.
 * Fields of sets, lists and records can't be part of a key or an index.
 */
struct rows *rows_open(struct arena *arena, const struct table *tables,
                       size_t n_tables);

/** Ask for the row with the key of `like` (copied). Asking twice is one want. */
void rows_want(struct rows *rows, size_t table, const void *like);
/** Ask for all rows whose index fields equal those of `like` (copied). */
void rows_want_group(struct rows *rows, size_t table, int index,
                     const void *like);

/**
 * Ask for the rows of `table` that are due at or before `until`, the first
 * `limit` in (due, key) order. One such want a table and batch; a second one
 * replaces the first until it is taken (struct rows_want with `due_until` set).
 */
void rows_want_due(struct rows *rows, size_t table, time_ms until,
                   size_t limit);

/**
 * Store's side, after rows_loaded of its rows: how many the due want brought.
 * As many as its limit mean that there may be more behind the last one.
 */
void rows_due_loaded(struct rows *rows, size_t table, size_t n);

/**
 * The first row in (due, key) order that is due at or before `until`, rows put
 * in this batch included, deleted ones not. NULL if none is. *more is set
 * where the database may hold due rows that lie before it (or, with NULL, at
 * or before `until`) and were not loaded: then the batch must end here.
 * Without a due want that was loaded it is a miss.
 */
const void *rows_first_due(struct rows *rows, size_t table, time_ms until,
                           bool *more);

/**
 * Walk over the rows that are loaded and due at or before `until`, in no
 * particular order: for a touch that must want what they lead to. Start with
 * *at = 0 and call until NULL.
 */
const void *rows_next_due(struct rows *rows, size_t table, time_ms until,
                          size_t *at);

/**
 * Say that this group held no row before this batch (the cases of a child
 * made just now), so that walking over it is no miss. With ROWS_KEY: that no
 * row had this key. Undone by rows_undo. A declaration that a loaded row
 * proves wrong is reported by rows_miss.
 */
void rows_new_group(struct rows *rows, size_t table, int index,
                    const void *like);

/**
 * The wants that came since the last call, for the store to load; they count
 * as loaded from here. Returns how many; *out is in the arena.
 */
size_t rows_take_wants(struct rows *rows, const struct rows_want **out);

/**
 * Store's side: one row that the database holds (copied; clean). A row that is
 * already there, or was put or deleted in this batch, stays as it is.
 */
void rows_loaded(struct rows *rows, size_t table, const void *row);

/**
 * The row with the key of `like`, or NULL if there is none. The pointer may be
 * read only; change a copy and rows_put it.
 */
const void *rows_get(struct rows *rows, size_t table, const void *like);

/**
 * Walk over a group in key order: start with *at = 0 and call until NULL.
 * Rows put during the walk may or may not be seen; every row that stays in
 * the group is seen once, whatever is deleted meanwhile. Keys are ordered by
 * value: ids, texts and the words of codes by bytes (as PostgreSQL does with
 * COLLATE "C"), numbers and times as numbers.
 */
const void *rows_next(struct rows *rows, size_t table, int index,
                      const void *like, size_t *at);

/** Insert or replace the row with the key of `row` (copied, texts included). */
void rows_put(struct rows *rows, size_t table, const void *row);
/**
 * Delete the row with the key of `like`; nothing if there is none. Like
 * rows_put it needs no want: an unknown key is deleted blindly.
 */
void rows_delete(struct rows *rows, size_t table, const void *like);

/**
 * Was something asked for, since wants were last taken, that was not known? It
 * is wanted now; whoever asked got no row and has to ask again. What is
 * declared new meanwhile counts for nothing, since it rests on that. False
 * where a wrong declaration came before: no load mends that.
 */
bool rows_short(const struct rows *rows);

/**
 * ST_FATAL with code "miss" and the first table's name, if anything was asked
 * for that was not known, or declared new and is not. rows_undo takes neither
 * back; rows_take_wants forgets the former.
 */
MUST_CHECK enum status rows_miss(const struct rows *rows, struct err *err);

enum rows_change {
    ROWS_INSERT, /* the database holds no row with this key */
    ROWS_UPSERT, /* it holds one, or nobody asked */
    ROWS_DELETE,
};

/**
 * Store's side: walk over changed rows of a table, in key order (the same
 * order in every instance, so that two transactions never deadlock). Start
 * with *at = 0; false at the end. A row that was put as it was loaded, and one
 * that was new and is gone again, is no change. Of a ROWS_DELETE's *row only
 * the key is there.
 */
bool rows_next_change(struct rows *rows, size_t table, size_t *at,
                      enum rows_change *change, const void **row);

/** Tables of the working set, as given to rows_open. */
const struct table *rows_tables(const struct rows *rows, size_t *n);

/**
 * A mark to which the working set can be taken back: what was put or deleted
 * or declared new after it is undone; what was wanted and loaded stays. Marks
 * nest; a record that turns out to be poison leaves no trace.
 */
size_t rows_mark(struct rows *rows);
void rows_undo(struct rows *rows, size_t mark);

#endif
