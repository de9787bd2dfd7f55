/**
 * Where the keys of sealed records are kept: intake's table person_key, which
 * triage reads through the view person_key_read. Keys are wrapped here and
 * everywhere outside seal.h; what this module holds is no secret.
 *
 * A row whose key was erased stays. A key without a row is not erased but
 * lost, or not there yet (a database that was restored): the two must never be
 * taken for each other, so the second is ST_RETRY and not an answer.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_PERSON_KEYS_H
#define WAYMARK_COMMON_ADAPTERS_PERSON_KEYS_H

#include "common/adapters/pg.h"

struct person_key {
    struct id key_id;
    struct str wrapped; /* null: erased */
};

/* Keys of one batch, by id. */
struct person_keys {
    const struct person_key *at;
    size_t n;
};

/**
 * Fetch the keys of `ids` (any order, repeats are fine, ID_NONE doesn't count)
 * in one query; all of *out is in the arena. `schema` is intake's, the same
 * for every call of a connection. Statuses as in pg.h.
 */
MUST_CHECK enum status person_keys_load(struct pg *pg, const char *schema,
                                        int32_t shard, const struct id *ids,
                                        size_t n, struct arena *arena,
                                        struct person_keys *out,
                                        struct err *err);

/**
 * The wrapped key of that id; the null text where it was erased, for
 * seal_unwrap to say so. ST_RETRY, code "no_key": there is no such row.
 */
MUST_CHECK enum status person_keys_find(const struct person_keys *keys,
                                        struct id key_id, struct str *wrapped,
                                        struct err *err);

/**
 * Send new keys into the open pipeline, in the transaction that accepts their
 * records; search_path is intake's. A key_id that is there already fails the
 * transaction (SQLSTATE 23).
 */
void person_keys_send(struct pg *pg, int32_t shard,
                      const struct person_key *keys, size_t n,
                      struct arena *arena);

#endif
