/**
 * What a step gives out: records that become true together with its rows.
 *
 * The engine numbers, chains and encodes them in the order in which they are
 * added (design.md section 2); a step only says what happened and to whom.
 */
#ifndef WAYMARK_COMMON_CORE_OUT_H
#define WAYMARK_COMMON_CORE_OUT_H

#include "common/core/err.h"
#include "common/core/record.h"

struct out {
    /* Set by whoever runs the step: the engine, or a trace test. */
    enum status (*add)(void *self, enum topic topic, struct id key,
                       enum record_type type, void *body, struct err *err);
    enum status (*reject)(void *self, const struct err *why, struct err *err);
    void *self;
};

/**
 * Give out one record. `body` is the type's struct, beginning with struct
 * meta, of which the caller sets `subject`, `occurred_at` and (where it knows
 * better than the record that it works on) `recorded_at` and
 * `profile_version`; id, source, cause, seen and what was left null of the
 * rest are filled in here. `body` is read until the call returns. ST_REJECT,
 * code "size", where the record is over 1 MiB; ST_FATAL where it lacks a
 * mandatory value.
 */
MUST_CHECK enum status out_add(struct out *out, enum topic topic,
                               struct id key, enum record_type type,
                               void *body, struct err *err);

/**
 * Put the record that is being worked on into dead-letters as well, with the
 * reason, while the step's other effects stand: for what was understood and
 * refused (R20 to R23). What can't be applied at all is returned as ST_REJECT
 * by the step instead: then nothing of it stays but the dead letter.
 */
MUST_CHECK enum status out_reject(struct out *out, const struct err *why,
                                  struct err *err);

#endif
