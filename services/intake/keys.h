/**
 * The keys that seal what a group's records say of persons: they follow from
 * a few rows (key_tree.h), which are read behind the shard's lock, or begun
 * there with an authority's first group. No key is kept for a record, so none
 * can be lost after it.
 */
#ifndef WAYMARK_INTAKE_KEYS_H
#define WAYMARK_INTAKE_KEYS_H

#include "intake/group.h"

/**
 * Ask within group_begin's pipeline, to save two ways to the database: for the
 * newest tree, and, as it is mostly the tree of the last group, for what the
 * keys of the group's items follow from there. keys_answer takes the answers.
 */
void keys_send(struct group *g);
void keys_answer(struct group *g);

/**
 * Behind group_begin: what the keys of all the group's items follow from,
 * asked for again where another tree was begun meanwhile.
 * ST_RETRY "no_key": rows are missing. ST_FATAL "sealed": a master key that
 * wrapped them is not in the file; then nothing is sealed at all. Other
 * statuses as in pg.h.
 */
MUST_CHECK enum status keys_load(struct group *g, struct err *err);

/**
 * Seal what an item says of persons, bound to its id; *out is in the writer's
 * arena, it->key_id names the key. Nothing said (null), nothing sealed: null
 * and ID_NONE. ST_FATAL "keys": only a bug can cause it.
 */
MUST_CHECK enum status keys_seal(struct group *g, struct append_item *it,
                                 struct str plain, struct str *out,
                                 struct err *err);

/**
 * Erase the key of g->erased within the group's transaction. Statuses as of
 * person_keys_erase.
 */
MUST_CHECK enum status keys_erase(struct group *g, struct err *err);

#endif
