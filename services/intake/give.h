/**
 * The records that intake writes, numbered and encoded into a group's box.
 *
 * What is said of persons is sealed (keys.h), each record by a key of its own.
 *
 * All return ST_REJECT "size" for a record over its topic's limit and
 * ST_FATAL for what only a bug can cause; then the box may hold a part of it:
 * outbox_undo, or give the group up.
 */
#ifndef WAYMARK_INTAKE_GIVE_H
#define WAYMARK_INTAKE_GIVE_H

#include "intake/group.h"

/** On which topic an item's own record stands, and has its number. */
enum topic give_topic(enum item_kind_of item);

/** The records of an item without problems; fills what the door left open. */
MUST_CHECK enum status give_item(struct group *g, struct append_item *it,
                                 struct err *err);

/** TimeAdvanced on each of intake's topics. */
MUST_CHECK enum status give_time(struct group *g, time_ms at, struct err *err);

/* A text that goes into the log, and who says so; null in the beginning. */
struct give_text {
    const struct config_text *text; /* the group borrows it */
    struct str by;
    struct str second_by;
    struct str in_force; /* profile version from here on; null: unchanged */
};

/** ConfigActivated. */
MUST_CHECK enum status
give_config(struct group *g, const struct give_text *said, struct err *err);

/** A new authority's first words: its calendar, its profile, its time. Once. */
MUST_CHECK enum status give_introduction(struct group *g, struct err *err);

/**
 * ErasureRecorded into *rec, which the group borrows until it is committed.
 * Sets e->at.
 */
MUST_CHECK enum status give_erasure(struct group *g, struct append_erasure *e,
                                    struct id key_id,
                                    struct erasure_recorded *rec,
                                    struct err *err);

#endif
