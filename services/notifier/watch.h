/**
 * What notifier itself finds wrong, by the wall clock, for authorities that
 * live by it: a missing child accepted and not decided (D16), time that
 * stands still in the log, records that wait unread, new dead letters; and the
 * daily test of each channel.
 *
 * D16 is raised only after casework was read to an end that was asked for
 * after the due time, so that a decision which waits unread in the log is
 * never called missing. Where the end can't be had, or isn't reached, time
 * stands still or lags, and that is told.
 */
#ifndef WAYMARK_NOTIFIER_WATCH_H
#define WAYMARK_NOTIFIER_WATCH_H

#include "common/adapters/kafka.h"
#include "notifier/desk.h"

/* Of one authority, between rounds. */
struct watch {
    const struct kafka_conn *kafka;
    struct kafka_reader *reader; /* to ask for ends; NULL: not open yet */
    time_ms sampled_at; /* when casework's end was asked for; TIME_NONE */
    int64_t casework_end;
    int64_t still_ms;
    int32_t partition;
};

/** One round. ST_RETRY where database or broker don't answer. */
MUST_CHECK enum status watch_round(struct watch *w, struct desk *d,
                                   struct err *err);

#endif
