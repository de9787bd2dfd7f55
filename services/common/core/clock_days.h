/**
 * How a due time came about, date by date: for people who ask why.
 *
 * clock.h decides; here is only told which dates and hours it counted and why
 * it passed over the others. The dates counted add up to the clock's length
 * (tests/unit/test_clock_days.c).
 */
#ifndef WAYMARK_COMMON_CORE_CLOCK_DAYS_H
#define WAYMARK_COMMON_CORE_CLOCK_DAYS_H

#include <stddef.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/clock.h"

enum clock_day_kind {
    CLOCK_DAY_COUNTS,
    CLOCK_DAY_START,   /* day 0: counting begins on the next */
    CLOCK_DAY_WEEKEND, /* or a day on which the office never opens */
    CLOCK_DAY_HOLIDAY,
    CLOCK_DAY_CLOSED, /* the authority; for T11 the school */
    CLOCK_DAY_PAUSED,
    CLOCK_DAY_OUTSIDE, /* the hours of this date lie before or after */
};

struct clock_day {
    date_d date;
    enum clock_day_kind kind;
    int64_t counted_ms; /* of clocks that count time; else 0 */
};

struct clock_days {
    const struct clock_day *at; /* from the start's date to the due date */
    size_t n;
};

/**
 * The dates between start and `due_at` (from clock_due with the same
 * arguments; no dates for TIME_NEVER), in `a`.
 */
void clock_days(struct arena *a, const struct clock_spec *spec,
                const struct clock_setting *setting,
                const struct clock_run *run, time_ms due_at,
                struct clock_days *out);

/** "counts", "start", "weekend", "bank holiday", "closed", "paused", "-". */
const char *clock_day_name(enum clock_day_kind kind);

#endif
