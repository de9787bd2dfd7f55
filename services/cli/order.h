/**
 * The order in which a service applied its inputs, rebuilt from what it gave
 * out (design.md section 2, "A turn is the unit of truth"): every record of
 * ours in the log names the input that caused it and the last number applied
 * from every input, every dead letter names its place.
 *
 * Where several inputs went on between two outputs, those other than the
 * cause's come first: none of them gave anything out, so no reader can tell.
 * Each service is taken to have one incarnation on a topic, as `seen` has.
 */
#ifndef WAYMARK_CLI_ORDER_H
#define WAYMARK_CLI_ORDER_H

#include "common/adapters/kafka.h"
#include "common/core/service.h"
#include "common/engine/port.h"

struct order_options {
    const struct service_def *def;
    struct kafka_conn conn;
    uint16_t authority;
    uint32_t incarnation;      /* ours */
    bool log_clock;            /* no run goes beyond a barrier */
    const struct shard *shard; /* where the database stands */
};

/* Records of one input, in the order in which they are applied. */
struct order_run {
    const struct raw *at;
    size_t n; /* 0: the log tells of no more */
    /* The one record of the run that the database refused then: why, in the
     * words of the dead letter. Null for any other run. */
    struct str refused;
    bool alone; /* one record that is told of by a dead letter, or a stranger's
                 */
};

struct order;

/** Open the topics and find the places. Borrows `options` until order_close. */
MUST_CHECK enum status order_open(const struct order_options *options,
                                  struct order **out, struct err *err);
void order_close(struct order *o);

/**
 * The next run; valid until the next call. ST_FATAL, code "gap": an input
 * that was applied is not in the log any more; code "order": what our records
 * say of their causes does not fit together.
 */
MUST_CHECK enum status order_next(struct order *o, struct order_run *out,
                                  struct err *err);

#endif
