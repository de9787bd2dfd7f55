/**
 * Instants, dates and the local time of an authority.
 *
 * An instant is UTC milliseconds since 1970; a date counts days since
 * 1970-01-01. Rules speak of local time (domain.md section 7): a `zone` holds
 * the clock changes, read from calendars/ by the shell. Nothing here reads a
 * clock.
 */
#ifndef WAYMARK_COMMON_CORE_TIME_H
#define WAYMARK_COMMON_CORE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/str.h"

typedef int64_t time_ms; /* UTC milliseconds since 1970-01-01T00:00:00Z */
typedef int32_t date_d;  /* days since 1970-01-01 in the proleptic Gregorian calendar */

#define TIME_NONE INT64_MIN  /* no instant */
#define TIME_NEVER INT64_MAX /* later than every instant */
#define DATE_NONE INT32_MIN

#define SECOND_MS ((time_ms)1000)
#define MINUTE_MS ((time_ms)60000)
#define HOUR_MS ((time_ms)3600000)
#define DAY_MS ((time_ms)86400000)

struct ymd {
    int year;  /* 1..9999 */
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

/* From `at` on, local time is UTC plus `offset_s`. */
struct zone_change {
    time_ms at;
    int32_t offset_s;
};

/* Changes in ascending order; before the first, `base_offset_s` holds. */
struct zone {
    const struct zone_change *changes;
    size_t n;
    int32_t base_offset_s;
};

/** Date of a civil day. False if the day doesn't exist (30 February). */
bool date_of(struct ymd ymd, date_d *out);
struct ymd date_ymd(date_d d);
/** 1 Monday .. 7 Sunday. */
int date_weekday(date_d d);
/** Same day number `months` later (may be negative), else the month's last day. */
date_d date_add_months(date_d d, int months);
/** "YYYY-MM-DD" exactly. False otherwise, and for days that don't exist. */
bool date_parse(struct str text, date_d *out);
#define DATE_TEXT_SIZE 11
char *date_text(date_d d, char out[DATE_TEXT_SIZE]);
/** Whole years from `dob` to `on`; 29 February birthdays fall on 1 March. */
int date_age_years(date_d dob, date_d on);

/** UTC offset in seconds that holds at `t`. */
int32_t zone_offset_s(const struct zone *z, time_ms t);
/** Local date of an instant. */
date_d zone_date(const struct zone *z, time_ms t);
/** Milliseconds since local midnight, 0..86399999. */
int64_t zone_time_of_day_ms(const struct zone *z, time_ms t);
/**
 * Instant of a local date and time of day (`tod_ms` 0..86399999). A time that
 * exists twice is the first; one that does not exist gives false.
 */
bool zone_instant(const struct zone *z, date_d d, int64_t tod_ms, time_ms *out);
/** 23:59:59.999 local on `d`: how day clocks end. */
time_ms zone_end_of_day(const struct zone *z, date_d d);
/** First instant of local date `d`. */
time_ms zone_start_of_day(const struct zone *z, date_d d);

/**
 * Read RFC 3339 ("2015-06-26T07:12:05Z", "...+01:00", fraction allowed and cut
 * to ms); without an offset it is local time of `z` (domain.md section 3).
 * ST_REJECT with code R09 where that local time doesn't exist, R03 where the
 * text is no instant.
 */
MUST_CHECK enum status time_parse(const struct zone *z, struct str text,
                                  time_ms *out, struct err *err);
#define TIME_TEXT_SIZE 32
/** "2015-06-26T06:12:05.000Z"; TIME_NONE is "-", TIME_NEVER "never". */
char *time_text(time_ms t, char out[TIME_TEXT_SIZE]);
/** Local time with offset, "2015-06-26T07:12:05+01:00" (ms only if not zero). */
char *time_text_local(const struct zone *z, time_ms t, char out[TIME_TEXT_SIZE]);

#endif
