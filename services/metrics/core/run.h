/**
 * One pass over a batch's records, and what all parts of the counting share:
 * rows as they stand, where time has come to, and where a change is booked.
 */
#ifndef WAYMARK_METRICS_CORE_RUN_H
#define WAYMARK_METRICS_CORE_RUN_H

#include "common/core/service.h"
#include "metrics/core/facts.h"
#include "metrics/core/tables.h"
#include "metrics/core/tally.h"

/* In earnest, or dry: only to find the cells that it changes. */
struct run {
    struct arena *arena;
    struct rows *rows;
    struct terms terms;
    bool dry;
    bool guess; /* dry, in a zone that may not be the right one */
    time_ms heard; /* least of what the inputs have told; TIME_NONE: nothing */
};

/** A run in earnest over the step's rows and settings. */
struct run run_of(const struct step *step);

/**
 * Set `like`, the struct of that table's rows (tables.h), to null values: the
 * caller then fills the columns of the key or group to look for.
 */
void run_like(enum metrics_table table, void *like);

/** How far time has come; a cleared one before anything was told. */
struct reckoning run_reckoning(const struct run *r);

/**
 * Where the changes of a fact are booked that was heard of at `heard_at`, the
 * last TimeAdvanced of its topic before it.
 */
struct tally run_tally(const struct run *r, time_ms heard_at);

/**
 * The rows that have the columns of the table's group `index` (tables.h) as
 * `like` has them, as they stand now, for changing them while we look. The
 * group was wanted before; the list is the arena's, *n long, the rows are the
 * batch's.
 */
const void **run_group(const struct run *r, enum metrics_table table, int index,
                       const void *like, size_t *n);

#endif
