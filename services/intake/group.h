/**
 * A group: what becomes true in one transaction of intake, and the numbers it
 * takes on the topics.
 *
 * group_begin locks the shard's row and reads behind the lock; decide.h and
 * give.h add to `box`; group_commit makes all of it true. A group that is not
 * committed is given up by writer_rollback and has done nothing.
 */
#ifndef WAYMARK_INTAKE_GROUP_H
#define WAYMARK_INTAKE_GROUP_H

#include "common/adapters/person_keys.h"
#include "common/core/outbox.h"
#include "common/core/records.h"
#include "intake/writer.h"

#define GROUP_CONFIGS_MAX 4 /* an authority's first two and one more */

/* A receipt that one of the group's references has. */
struct known {
    struct id id;  /* of the item, from all of its key */
    struct id ref; /* of its reference, whatever the amendment: group_ref */
    int32_t amendment;
    uint8_t hash[CONTENT_HASH_SIZE];
    time_ms recorded_at;
    uint32_t warnings;              /* bits by enum warning */
    const struct append_item *item; /* accepted in this group; NULL: before */
    int64_t sequence; /* on its topic (give.h), where accepted here */
};

struct group {
    /* Set by whoever makes the group. */
    struct writer *writer;                       /* borrowed */
    struct append_item *items[APPEND_GROUP_MAX]; /* of the callers who wait */
    struct arena *arenas[APPEND_GROUP_MAX];      /* of each item's caller */
    size_t n;

    /* What stood behind the lock. */
    int64_t epoch;
    int64_t turn; /* the last one */
    int32_t incarnation;
    time_ms last; /* recorded before; TIME_NONE: nothing yet */
    int64_t n_configs;

    /* What is to become true; in the writer's arena. */
    time_ms recorded; /* of all its records; TIME_NONE: no time yet */
    struct outbox box;
    size_t n_accepted;
    const struct config_text *new_configs[GROUP_CONFIGS_MAX]; /* borrowed */
    size_t n_new_configs;
    struct terms *newer; /* of these, the writer's once true; or NULL */
    struct known *known; /* old and new, room for all of `items` */
    size_t n_known;
    int key_tree;            /* of the keys of new records: keys.h */
    struct person_keys keys; /* what these follow from */
    size_t keys_asked;       /* internal to keys.c: its first answer */
    bool keys_loaded;        /* `keys` are of `key_tree` */
    const struct erasure_recorded *erased; /* NULL: nothing is erased */
};

/** Nothing read, nothing to be true; the writer's arena is empty. */
void group_clear(struct group *g);

/**
 * Connect where needed, begin the transaction, lock the shard and read what
 * the group depends on. `recorded` is the database's clock, never lower than
 * the last; with the log clock the last itself. ST_RETRY, code "restore": the
 * database has given out less than it had before. Other statuses as in pg.h;
 * after all but ST_OK: writer_rollback.
 */
MUST_CHECK enum status group_begin(struct group *g, struct err *err);

/** The reference's own id, whatever the amendment. */
struct id group_ref(enum item_kind_of item, struct str agency_id,
                    struct str agency_ref);

/**
 * Make the group true; one without entries in its box is rolled back. ST_RETRY:
 * the outcome may be unknown. ST_REJECT: the database refuses a value. ST_FATAL
 * "engine": a key or a constraint that our own bug must have broken.
 */
MUST_CHECK enum status group_commit(struct group *g, struct err *err);

#endif
