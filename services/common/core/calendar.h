/**
 * Working days: bank holidays, closure days and the span that is known.
 *
 * A calendar is plain data that the shell fills from calendars/. What lies
 * outside its span is refused with R16, never taken for a working day
 * (domain.md section 7).
 */
#ifndef WAYMARK_COMMON_CORE_CALENDAR_H
#define WAYMARK_COMMON_CORE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/time.h"

/* Dates from `first` to `last`, both included. */
struct date_range {
    date_d first;
    date_d last;
};

/* Ranges in any order; they may overlap. `items` is borrowed. */
struct date_ranges {
    const struct date_range *items;
    size_t n;
};

struct calendar {
    const date_d *holidays; /* borrowed, ascending */
    size_t n;
    date_d first; /* the span, both included */
    date_d last;
    struct zone zone; /* knows every clock change of the span */
};

/* Which date is number one (domain.md section 7). */
enum calendar_count {
    CALENDAR_WD0, /* the first working day after the start date */
    CALENDAR_WD1, /* the start date itself, working or not */
};

bool
date_ranges_hold(const struct date_ranges *ranges, date_d d);

bool
calendar_covers(const struct calendar *cal, date_d d);

/** ST_REJECT with code R16 if `d` lies outside the span. */
MUST_CHECK enum status
calendar_check(const struct calendar *cal, date_d d, struct err *err);

/** True for a bank holiday of the list, on whichever weekday. */
bool
calendar_is_holiday(const struct calendar *cal, date_d d);

/**
 * Monday to Friday, no bank holiday and in none of `closures` (NULL for
 * none). Only for a date that the calendar covers.
 */
bool
calendar_is_working_day(const struct calendar *cal,
                        const struct date_ranges *closures, date_d d);

/**
 * The `n`-th working day (n >= 1) from `start`, counted as `count` says; with
 * WD1 and n = 1 that is `start` or, where it doesn't work, the next one.
 * `closures` may be NULL. ST_REJECT with code R16 if start or result lie
 * outside the span.
 */
MUST_CHECK enum status
calendar_add_working_days(const struct calendar *cal,
                          const struct date_ranges *closures, date_d start,
                          int n, enum calendar_count count, date_d *out,
                          struct err *err);

/** Days after `today` that the calendar still covers; negative past its end. */
int64_t
calendar_days_left(const struct calendar *cal, date_d today);

#endif
