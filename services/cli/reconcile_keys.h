/**
 * The checker's part for intake's table person_key: which keys there must be
 * follows from the log, and each that was not erased must open with a master
 * key. What a key is follows from nothing: it was drawn.
 */
#ifndef WAYMARK_CLI_RECONCILE_KEYS_H
#define WAYMARK_CLI_RECONCILE_KEYS_H

#include "cli/differ.h"
#include "common/adapters/pg.h"
#include "common/adapters/seal.h"
#include "common/core/records.h"

/** Make the table anew in `schema`, empty. */
MUST_CHECK enum status reconcile_keys_table(struct pg *pg, const char *schema,
                                            struct err *err);

/** Put rows of these keys there; those that are there stay. */
MUST_CHECK enum status reconcile_keys_save(struct pg *pg, const char *schema,
                                           uint16_t shard, const struct id *ids,
                                           size_t n, struct arena *arena,
                                           struct err *err);

/** What the log says of an erasure. */
MUST_CHECK enum status reconcile_keys_erase(struct pg *pg, const char *schema,
                                            uint16_t shard,
                                            const struct erasure_recorded *e,
                                            struct arena *arena,
                                            struct err *err);

/**
 * The live table against that of `schema`. `live` and `pg` are inside
 * transactions, live's search_path is intake's.
 */
MUST_CHECK enum status reconcile_keys(struct pg *live, struct pg *pg,
                                      const char *schema, uint16_t shard,
                                      const struct seal *seal,
                                      struct differ *differ, struct err *err);

#endif
