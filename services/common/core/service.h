/**
 * A service as the engine sees it: tables, topics and pure functions.
 *
 * The engine takes a batch, asks `touch` what it touches, loads that, and
 * calls `step` record by record in the order of the log. Whatever a service
 * decides is a function of the rows, the record and the settings that the log
 * has activated; the same functions run in the live service, in a trace test
 * and in the checker.
 */
#ifndef WAYMARK_COMMON_CORE_SERVICE_H
#define WAYMARK_COMMON_CORE_SERVICE_H

#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/out.h"
#include "common/core/record.h"
#include "common/core/rows.h"

#define SERVICE_INPUTS_MAX 8
#define SERVICE_OUTPUTS_MAX 8
/* How often `touch` may ask again for what earlier rows led to. */
#define SERVICE_TOUCH_ROUNDS 4

struct settings; /* profiles by version, calendar: common/core/settings.h */

/*
 * What the log says that a record gave out, where a recovery can't decide it
 * again, since somebody whom it is about was erased. Other services' records
 * are never among them.
 */
struct recalled {
    const struct recalled_record {
        enum record_type type;
        const void *body; /* the type's struct */
    } *at;
    size_t n;
};

/* What a step works with; made by the engine for each record. */
struct step {
    struct arena *arena;             /* this call's: void when it returns */
    struct rows *rows;               /* the batch's working set */
    struct out *out;                 /* outputs, in order */
    const struct settings *settings; /* what the log has activated so far */
    uint16_t authority;              /* partition number, the shard */
    struct str authority_name;       /* "kent-2015" */
    time_ms now;       /* event time: highest recorded_at or TimeAdvanced applied, this record's included */
    time_ms heard;     /* lowest TimeAdvanced over all inputs: everything recorded up to here has been read; TIME_NONE before the first */
    const struct recalled *said; /* NULL but in a recovery, and there as a rule */
};

struct service_def {
    enum service service;
    const struct table *tables;
    size_t n_tables;
    /* Topics read. inputs[0] is the clock: its TimeAdvanced is passed on. */
    enum topic inputs[SERVICE_INPUTS_MAX];
    size_t n_inputs;
    /* Topics written; TimeAdvanced goes to each. dead-letters isn't named. */
    enum topic outputs[SERVICE_OUTPUTS_MAX];
    size_t n_outputs;
    /* Inputs that under the log clock are read only at a barrier, up to the
     * echo of the TimeAdvanced that stands there (bit i for inputs[i]). */
    unsigned barrier_inputs;
    /* Table whose due rows `fire` handles, or -1. */
    int due_table;

    /**
     * Say which rows the records may touch (rows_want...). Called with
     * round 0, 1, ... until it returns false; between two calls what was
     * wanted is loaded, so a later round can follow ids found in rows.
     */
    bool (*touch)(const struct step *step, const struct event *evs, size_t n,
                  int round);

    /**
     * Apply one record. ST_OK: its effects stand. ST_REJECT: its effects are
     * undone and it goes to dead-letters with `err`. ST_FATAL: the batch is
     * rolled back and the service exits.
     */
    enum status (*step)(struct step *step, const struct event *ev,
                        struct err *err);

    /**
     * A row of `due_table` is due at its due time (step->now is that time). It must delete
     * the row or move its due time, or the service ends with "stuck".
     */
    enum status (*fire)(struct step *step, const void *due_row,
                        struct err *err);
};

#endif
