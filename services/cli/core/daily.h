/**
 * What the DfE's daily feed (domain.md section 10) has to hear today: the
 * difference between what was sent of each child and what is known of it now.
 * Contents are compared by their hash; what is no longer there (a person was
 * erased, two were parted, an activity was taken back) is told at its own level
 * with `purge`.
 */
#ifndef WAYMARK_CLI_CORE_DAILY_H
#define WAYMARK_CLI_CORE_DAILY_H

#include "common/core/arena.h"
#include "common/core/id.h"

#define DAILY_BATCH_MAX 100 /* children a call */

/* Lists of an episode whose items have ids of their own. */
enum daily_list {
    DAILY_ASSESSMENTS = 0,
    DAILY_CIN_PLANS,
    DAILY_ENQUIRIES,
    DAILY_CP_PLANS,
    DAILY_LISTS,
};

struct daily_item {
    int list; /* enum daily_list */
    struct id id;
};

/* An episode as it was sent, or would be: what it holds as a hash. */
struct daily_episode {
    struct id id;
    uint64_t hash;
    const struct daily_item *items;
    size_t n_items;
};

struct daily_child {
    struct id id;           /* mis_child_id */
    struct str la_child_id; /* borrowed */
    uint64_t details;       /* hash; la_child_id is part of it */
    const struct daily_episode *episodes;
    size_t n_episodes;
};

/* What is to be sent of an episode. */
struct daily_change_episode {
    const struct daily_episode *now; /* NULL: purge it */
    struct id id;
    struct daily_item *gone; /* items to purge in it */
    size_t n_gone;
};

/* What is to be sent of a child. */
struct daily_change {
    size_t now; /* index among today's children; SIZE_MAX: purge it */
    const struct daily_child *before; /* NULL: it is new */
    struct daily_change_episode *episodes;
    size_t n_episodes;
};

/** Hash of a content. */
uint64_t daily_hash(struct str content);

/**
 * What changed, by child_id; children of whom nothing changed aren't in it.
 * Both lists stand by child_id, without doubles. Returns how many; *out is in
 * the arena and borrows from both.
 */
size_t daily_compare(struct arena *arena, const struct daily_child *before,
                     size_t n_before, const struct daily_child *now,
                     size_t n_now, struct daily_change **out);

#endif
