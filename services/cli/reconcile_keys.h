/**
 * The checker's part for intake's table person_key. Which keys were erased
 * follows from the log; all others must be there, open what they sealed, and
 * follow from rows that a master key opens. What those rows hold follows from
 * nothing: it was drawn.
 */
#ifndef WAYMARK_CLI_RECONCILE_KEYS_H
#define WAYMARK_CLI_RECONCILE_KEYS_H

#include "cli/differ.h"
#include "common/adapters/pg.h"
#include "common/adapters/seal.h"
#include "common/core/records.h"

/** Make the table of erased keys in `schema`, empty. */
MUST_CHECK enum status reconcile_keys_table(struct pg *pg, const char *schema,
                                            struct err *err);

/** What the log says of an erasure. */
MUST_CHECK enum status reconcile_keys_erase(struct pg *pg, const char *schema,
                                            uint16_t shard,
                                            const struct erasure_recorded *e,
                                            struct arena *arena,
                                            struct err *err);

/** What the database erased and the log doesn't hold yet counts as said. */
MUST_CHECK enum status reconcile_keys_forget(struct pg *pg, const char *schema,
                                             uint16_t shard,
                                             struct arena *arena,
                                             struct err *err);

/* A sealed part of a record on the topic notifications. */
struct reconcile_sealed {
    struct seal_name name;
    struct str bytes;
};

/**
 * Does each open with its key, but for those that were erased? `live` is
 * inside its snapshot.
 */
MUST_CHECK enum status
reconcile_keys_open(struct pg *live, uint16_t shard, const struct seal *seal,
                    const struct reconcile_sealed *sealed, size_t n,
                    struct arena *arena, struct differ *differ,
                    struct err *err);

/**
 * The erased keys of the live table against those of `schema`, and that its
 * ranges leave no key out and have none twice. An authority that has `begun`
 * has some. `live` and `pg` are inside
 * transactions, live's search_path is intake's.
 */
MUST_CHECK enum status reconcile_keys(struct pg *live, struct pg *pg,
                                      const char *schema, uint16_t shard,
                                      bool begun, const struct seal *seal,
                                      struct differ *differ, struct err *err);

#endif
