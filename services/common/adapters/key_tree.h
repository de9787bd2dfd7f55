/**
 * Keys of sealed records, derived instead of kept: a tree over the hex digits
 * of a key's id, each node 32 bytes from which those below it follow and
 * nothing above or beside it does (Goldreich, Goldwasser, Micali 1986). Who
 * has the root has every key, of records to come as well; so a database that
 * was restored to an earlier state opens what was sealed since.
 *
 * One key is erased by keeping the nodes beside its path in the place of the
 * node that held it: all others follow from these, and it follows from none
 * (a "puncturable pseudorandom function").
 *
 * The first four digits of a key's id number its tree, so that another can be
 * begun; the rest are a hash of the record's id.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_KEY_TREE_H
#define WAYMARK_COMMON_ADAPTERS_KEY_TREE_H

#include <stdbool.h>

#include "common/adapters/seal.h"

#define KEY_TREE_DIGITS 32
#define KEY_TREE_NUMBER_DIGITS 4
#define KEY_TREE_MAX 65535 /* trees are numbered from 1 */
/* Most that is left of a range without one of its ids. */
#define KEY_TREE_PARTS_MAX (15 * (KEY_TREE_DIGITS - KEY_TREE_NUMBER_DIGITS))

/** Id of the key that seals a record, in that tree. */
struct id key_tree_id(int tree, struct id record_id);
/** Number of the tree that an id belongs to; 0: of none. */
int key_tree_number(struct id key_id);

/** All ids of a tree. */
struct seal_range key_tree_whole(int32_t shard, int tree);
bool key_tree_holds(const struct seal_range *range, struct id key_id);
/** The last id of a range. */
struct id key_tree_last(const struct seal_range *range);

/**
 * The key of an id out of the node of a range that holds it. *out is secret:
 * seal_forget. 28 steps at most, about 3 us.
 */
void key_tree_derive(const struct seal_key *node,
                     const struct seal_range *range, struct id key_id,
                     struct seal_key *out);

struct key_tree_part {
    struct seal_range range;
    struct seal_key node;
};

/**
 * What is left of a range without one id that it holds: parts in no order that
 * together have every other id once, 15 for each digit below the range; none
 * for a range of one id. They are secret: seal_forget.
 */
size_t key_tree_split(const struct seal_key *node,
                      const struct seal_range *range, struct id key_id,
                      struct key_tree_part parts[KEY_TREE_PARTS_MAX]);

#endif
