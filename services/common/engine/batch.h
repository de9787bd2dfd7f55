/**
 * The inside of a turn: which of the taken records are next, what they say,
 * and what the step makes of them. Touches the world only through the codec
 * and the configurer; everything it builds is the batch's and becomes true,
 * or not, in runner.c.
 */
#ifndef WAYMARK_COMMON_ENGINE_BATCH_H
#define WAYMARK_COMMON_ENGINE_BATCH_H

#include "common/core/service.h"
#include "common/engine/port.h"

enum item_kind {
    ITEM_EVENT,  /* to be applied */
    ITEM_POISON, /* can never be applied: to dead-letters */
    ITEM_DROP,   /* known already */
    ITEM_HELD,   /* behind a gap: left for later */
};

struct item {
    const struct raw *raw;
    enum item_kind kind;
    struct link link; /* strangers: counted by us */
    struct event ev;
    struct err why;  /* of poison */
    time_ms at;      /* event time it brings; TIME_NONE for none */
};

/* Missing numbers that are waited for at the same time; more origins than
 * that are found missing one after the other. */
#define HOLDS_MAX (2 * SERVICE_INPUTS_MAX)

/* A missing number: where reading must begin again, and what is awaited. */
struct hold {
    bool active;
    size_t input;
    struct origin origin;
    int64_t expected;
    int64_t seen; /* the first later one */
};

struct batch {
    const struct service_def *def;
    uint16_t authority;
    struct str authority_name;
    uint32_t incarnation;
    struct arena *arena;
    struct arena *scratch; /* what one call of the service takes; reset by us */
    const struct codec *codec;
    const struct configurer *configurer;
    const struct witness *witness; /* or NULL */
    bool log_clock; /* a barrier ends the batch, where there are any */

    struct item *items;
    size_t n;       /* items that this batch looks at */
    struct rows *rows;
    struct outbox box;
    struct shard next;   /* state behind what was applied */
    struct hold holds[HOLDS_MAX];

    /* What came of it. */
    size_t consumed; /* items at the front that are done with */
    size_t applied;  /* of them events and poison */
    size_t dropped;
    size_t poisoned;
    size_t fired;
    bool stopped_for_due; /* ended inside: more deadlines are due first */
    bool short_of_rows;   /* stands before an item that asked for other rows */
    /* "topic:service.incarnation:from-to" in the order of application, with
     * spaces; at the end "~topic:service.incarnation:number" where deadlines
     * before that record were too many for one turn. */
    struct str ranges;
    struct config_text *configs;
    size_t n_new_configs;

    /* Internal to batch.c. */
    const struct item *current;
    bool held[SERVICE_INPUTS_MAX];
    time_ms firing; /* due time while firing, else TIME_NONE */
    size_t range_room;
    struct {
        size_t input;
        struct origin origin;
        int64_t from, to;
    } range;
    char *range_text;
    size_t range_n;
};

/* The record that the database refused when it was alone. */
struct refused {
    bool set;
    size_t input;
    struct origin origin;
    int64_t sequence;
    struct err why;
};

/** Does this service write to the topic? Whoever else does is a stranger there. */
bool batch_is_writer(uint8_t service, enum topic topic);

/**
 * Begin a batch over `raws` on top of `shard`: admits each record against the
 * marks, decodes it, and opens the person that is sealed in it.
 *
 * The caller sets `def` to `witness` of *b and zeroes the rest; those must
 * outlive the batch. Borrowed until the batch is done with: `raws`, n of them
 * in order of their inputs, and their bytes. Borrowed for the call: `shard`
 * and `holds` (HOLDS_MAX, as the batch before left them), which are copied;
 * `refused`, or NULL: that record is poison for the reason it names. What it
 * builds is in `arena` and ends with it: nothing has to be closed, also after
 * a failure. Rows, outputs and dead letters are copied there, so what a step
 * took for one record, `scratch`, serves the next.
 *
 * ST_OK: `items` are to be stepped, `n` of them, which may be fewer than were
 * given: the batch ends before a record that can't be taken yet. The others
 * only where that record is the first: ST_FATAL "fork", "schema" or "marks",
 * ST_RETRY where the keys of persons can't be had; then all but `arena` is
 * void.
 */
MUST_CHECK enum status batch_begin(struct batch *b, const struct shard *shard,
                                   const struct raw *raws, size_t n,
                                   const struct hold *holds,
                                   const struct refused *refused,
                                   struct err *err);

/** One round of wants; true while the rows must be loaded and asked again. */
bool batch_touch(struct batch *b, int round);

/**
 * Apply the items in order, firing what is due before each. Stops early where
 * the limits say so; then `consumed` is less than `n`. With `short_of_rows` it
 * stands before an item or a deadline that asked for rows which nobody had
 * wanted: load what is wanted now, and call again.
 */
MUST_CHECK enum status batch_step(struct batch *b, struct err *err);

#endif
