/**
 * Where the keys of sealed records are kept: intake's table person_key, which
 * triage reads through the view person_key_read. Its rows are ranges of keys
 * (key_tree.h), wrapped here and everywhere outside seal.h; what this module
 * holds is no secret, what person_keys_open gives is one.
 *
 * A key that was erased has a row. A key that no row holds is not erased but
 * lost: its tree was begun after the backup that this database came from. The
 * two must never be taken for each other, so the second is ST_RETRY, code
 * "no_key", and not an answer.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PERSON_KEYS_H
#define WAYMARK_COMMON_ADAPTERS_PERSON_KEYS_H

#include "common/adapters/pg.h"
#include "common/adapters/seal.h"

struct person_key {
    struct seal_range range;
    struct str wrapped; /* null: erased */
};

/* The ranges that hold the keys of one batch, by their first id. */
struct person_keys {
    const struct person_key *at;
    size_t n;
};

/**
 * Fetch what holds the keys of `ids` (any order, repeats are fine, ID_NONE
 * doesn't count) in one query; all of *out is in the arena. `schema` is
 * intake's, the same for every call of a connection. Statuses as in pg.h.
 */
MUST_CHECK enum status person_keys_load(struct pg *pg, const char *schema,
                                        int32_t shard, const struct id *ids,
                                        size_t n, struct arena *arena,
                                        struct person_keys *out,
                                        struct err *err);

/**
 * The same as a statement of the pipeline that is open, and what became of it;
 * `ids` has one besides ID_NONE. Returns the statement's number.
 */
size_t person_keys_send(struct pg *pg, const char *schema, int32_t shard,
                        const struct id *ids, size_t n, struct arena *arena);
struct person_keys person_keys_read(const struct pg_result *res, int32_t shard,
                                    struct arena *arena);

/** What holds that id, erased or not. ST_RETRY, code "no_key": nothing. */
MUST_CHECK enum status person_keys_find(const struct person_keys *keys,
                                        struct id key_id,
                                        const struct person_key **out,
                                        struct err *err);

/**
 * The key itself; the caller forgets it. ST_RETRY, code "no_key", as above;
 * else the codes of seal_unwrap, "erased" among them.
 */
MUST_CHECK enum status person_keys_open(const struct person_keys *keys,
                                        const struct seal *seal,
                                        struct id key_id, struct seal_key *out,
                                        struct err *err);

/* ---- intake's own: inside a transaction that has locked the shard's row,
 * search_path is intake's ------------------------------------------------- */

/** The tree by which new records are sealed: the last begun; 0: none yet. */
MUST_CHECK enum status person_keys_tree(struct pg *pg, int32_t shard, int *out,
                                        struct arena *arena, struct err *err);

/** The same as a statement of the pipeline that is open, and its answer. */
size_t person_keys_send_tree(struct pg *pg, int32_t shard, struct arena *arena);
int person_keys_read_tree(const struct pg_result *res);

/**
 * Begin another tree, with a number behind all that rows or receipts know.
 * ST_FATAL, code "trees": there have been 65,535.
 */
MUST_CHECK enum status person_keys_begin(struct pg *pg, const struct seal *seal,
                                         int32_t shard, int *out,
                                         struct arena *arena, struct err *err);

/* Two people who erased a key, and when. */
struct person_erasure {
    struct id key_id;
    time_ms at;
    struct str by;
    struct str second_by;
};

/**
 * Erase one key: the row that holds it makes way for what all others follow
 * from, and one that says by whom it was erased. Nothing happens to one that
 * was erased before; one that is lost is erased from then on. The old row is
 * gone from the files after VACUUM, from the write-ahead log after
 * checkpoints. Statuses as in pg.h, and the codes of seal_unwrap.
 */
MUST_CHECK enum status person_keys_erase(struct pg *pg, const struct seal *seal,
                                         int32_t shard,
                                         const struct person_erasure *e,
                                         struct arena *arena, struct err *err);

/* ---- another master key: outside a transaction, search_path is intake's,
 * while intake works ------------------------------------------------------ */

/* How far person_keys_rewrap has come; begin with all of it 0. */
struct person_rewrap {
    struct id last; /* row that was looked at */
    bool over;
    int64_t rows;
    int64_t wrapped; /* anew */
};

/**
 * Look at up to `max` further rows and wrap by the first master key what
 * another wrapped; they become true together. Whatever ends it, another go
 * from the start finds done what is done. Statuses as in pg.h, and the codes
 * of seal_unwrap.
 */
MUST_CHECK enum status person_keys_rewrap(struct pg *pg,
                                          const struct seal *seal,
                                          int32_t shard, size_t max,
                                          struct person_rewrap *at,
                                          struct arena *arena, struct err *err);

#endif
