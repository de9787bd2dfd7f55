#include "common/core/time.h"

#include <string.h>

#define UNIX_EPOCH_DAYS 719468 /* days from 0000-03-01 to 1970-01-01 */
#define DAYS_400_YEARS 146097
#define YEAR_MIN 1
#define YEAR_MAX 9999
/* Beyond any year that has a text; keeps the sums of 64 bits in range. */
#define TIME_BOUND ((time_ms)3000000 * DAY_MS)

static bool
is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
month_days(int year, int month)
{
    static const int days[12] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int64_t
floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;

    return a % b < 0 ? q - 1 : q;
}

/* Years are counted from 1 March, so that the leap day is the last. */
static date_d
days_of(struct ymd ymd)
{
    int64_t year = ymd.month <= 2 ? ymd.year - 1 : ymd.year;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month = (ymd.month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + ymd.day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (date_d)(era * DAYS_400_YEARS + day_of_era - UNIX_EPOCH_DAYS);
}

bool
date_of(struct ymd ymd, date_d *out)
{
    *out = DATE_NONE;
    if (ymd.year < YEAR_MIN || ymd.year > YEAR_MAX || ymd.month < 1 ||
        ymd.month > 12 || ymd.day < 1 ||
        ymd.day > month_days(ymd.year, ymd.month))
        return false;
    *out = days_of(ymd);
    return true;
}

struct ymd
date_ymd(date_d d)
{
    int64_t days = (int64_t)d + UNIX_EPOCH_DAYS;
    int64_t era = floor_div(days, DAYS_400_YEARS);
    int64_t day_of_era = days - era * DAYS_400_YEARS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                           day_of_era / 146096) /
                          365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct ymd ymd = {
        .year = (int)(year_of_era + era * 400),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
    };

    if (ymd.month <= 2)
        ymd.year++;
    return ymd;
}

int
date_weekday(date_d d)
{
    int64_t since_monday = (int64_t)d + 3; /* 1970-01-01 is a Thursday */

    return (int)(since_monday - floor_div(since_monday, 7) * 7) + 1;
}

date_d
date_add_months(date_d d, int months)
{
    struct ymd ymd = date_ymd(d);
    int64_t total = (int64_t)ymd.year * 12 + ymd.month - 1 + months;
    int last;

    ymd.year = (int)floor_div(total, 12);
    ymd.month = (int)(total - (int64_t)ymd.year * 12) + 1;
    last = month_days(ymd.year, ymd.month);
    if (ymd.day > last)
        ymd.day = last;
    return days_of(ymd);
}

/* Exactly `n` digits at `p`. */
static bool
read_digits(const char *p, size_t n, int *out)
{
    int value = 0;

    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        value = value * 10 + (p[i] - '0');
    }
    *out = value;
    return true;
}

bool
date_parse(struct str text, date_d *out)
{
    struct ymd ymd;

    *out = DATE_NONE;
    if (text.p == NULL || text.n != DATE_TEXT_SIZE - 1)
        return false;
    if (!read_digits(text.p, 4, &ymd.year) || text.p[4] != '-' ||
        !read_digits(text.p + 5, 2, &ymd.month) || text.p[7] != '-' ||
        !read_digits(text.p + 8, 2, &ymd.day))
        return false;
    return date_of(ymd, out);
}

/* The lowest `n` digits of `value`, zeros in front; returns the end. */
static char *
put_digits(char *p, int n, int64_t value)
{
    for (int i = n - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + n;
}

char *
date_text(date_d d, char out[DATE_TEXT_SIZE])
{
    struct ymd ymd = date_ymd(d);
    char *p = out;

    if (ymd.year < YEAR_MIN || ymd.year > YEAR_MAX) {
        memcpy(out, "-", 2);
        return out;
    }
    p = put_digits(p, 4, ymd.year);
    *p++ = '-';
    p = put_digits(p, 2, ymd.month);
    *p++ = '-';
    p = put_digits(p, 2, ymd.day);
    *p = '\0';
    return out;
}

int
date_age_years(date_d dob, date_d on)
{
    struct ymd b = date_ymd(dob);
    struct ymd o = date_ymd(on);
    bool before_birthday =
        o.month < b.month || (o.month == b.month && o.day < b.day);

    return o.year - b.year - (before_birthday ? 1 : 0);
}

static time_ms
bounded(time_ms t)
{
    if (t < -TIME_BOUND)
        return -TIME_BOUND;
    return t > TIME_BOUND ? TIME_BOUND : t;
}

/* How many changes have happened at `t`. */
static size_t
changes_until(const struct zone *z, time_ms t)
{
    size_t low = 0;
    size_t high = z->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (z->changes[mid].at <= t)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

int32_t
zone_offset_s(const struct zone *z, time_ms t)
{
    size_t n = changes_until(z, t);

    return n == 0 ? z->base_offset_s : z->changes[n - 1].offset_s;
}

/* Local milliseconds since 1970-01-01T00:00:00 local. */
static int64_t
local_ms(const struct zone *z, time_ms t)
{
    return bounded(t) + zone_offset_s(z, t) * SECOND_MS;
}

date_d
zone_date(const struct zone *z, time_ms t)
{
    return (date_d)floor_div(local_ms(z, t), DAY_MS);
}

int64_t
zone_time_of_day_ms(const struct zone *z, time_ms t)
{
    int64_t local = local_ms(z, t);

    return local - floor_div(local, DAY_MS) * DAY_MS;
}

/*
 * Only the offsets that hold a day before and a day after can apply: clock
 * changes are more than two days apart. The former gives the first pass.
 */
bool
zone_instant(const struct zone *z, date_d d, int64_t tod_ms, time_ms *out)
{
    int64_t local = (int64_t)d * DAY_MS + tod_ms;
    int32_t before_s = zone_offset_s(z, local - DAY_MS);
    int32_t after_s = zone_offset_s(z, local + DAY_MS);
    time_ms first = local - before_s * SECOND_MS;
    time_ms second = local - after_s * SECOND_MS;

    *out = TIME_NONE;
    if (zone_offset_s(z, first) == before_s)
        *out = first;
    else if (zone_offset_s(z, second) == after_s)
        *out = second;
    return *out != TIME_NONE;
}

time_ms
zone_start_of_day(const struct zone *z, date_d d)
{
    int64_t local = (int64_t)d * DAY_MS;
    time_ms t;

    if (zone_instant(z, d, 0, &t))
        return t;
    /* Midnight is skipped: the day begins with the change itself. */
    t = local - zone_offset_s(z, local - DAY_MS) * SECOND_MS;
    return z->changes[changes_until(z, t) - 1].at;
}

time_ms
zone_end_of_day(const struct zone *z, date_d d)
{
    return zone_start_of_day(z, d + 1) - 1;
}

/* The pieces of an RFC 3339 text. */
struct stamp {
    date_d date;
    int64_t tod_ms;
    bool has_offset;
    int offset_min;
};

/* ".123456" at `*pos`, where there is one, cut to milliseconds. */
static bool
read_fraction(struct str text, size_t *pos, struct stamp *stamp)
{
    int64_t unit = 100;
    size_t i = *pos;

    if (i >= text.n || text.p[i] != '.')
        return true;
    for (i++; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
        stamp->tod_ms += unit * (text.p[i] - '0');
        unit /= 10;
    }
    if (i == *pos + 1)
        return false;
    *pos = i;
    return true;
}

/* What is left from `pos`: nothing, "Z" or "+hh:mm". */
static bool
read_offset(struct str text, size_t pos, struct stamp *stamp)
{
    const char *p = text.p + pos;
    size_t n = text.n - pos;
    int hour;
    int minute;

    stamp->has_offset = n > 0;
    stamp->offset_min = 0;
    if (n == 0 || (n == 1 && (*p == 'Z' || *p == 'z')))
        return true;
    if (n != 6 || (*p != '+' && *p != '-') || p[3] != ':')
        return false;
    if (!read_digits(p + 1, 2, &hour) || !read_digits(p + 4, 2, &minute) ||
        hour > 23 || minute > 59)
        return false;
    stamp->offset_min = (hour * 60 + minute) * (*p == '-' ? -1 : 1);
    return true;
}

static bool
read_stamp(struct str text, struct stamp *stamp)
{
    const char *p = text.p;
    size_t pos = sizeof "YYYY-MM-DDThh:mm:ss" - 1;
    int hour;
    int minute;
    int second;

    if (p == NULL || text.n < pos ||
        !date_parse((struct str){ .p = p, .n = 10 }, &stamp->date))
        return false;
    if ((p[10] != 'T' && p[10] != 't') || p[13] != ':' || p[16] != ':')
        return false;
    if (!read_digits(p + 11, 2, &hour) || !read_digits(p + 14, 2, &minute) ||
        !read_digits(p + 17, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    stamp->tod_ms = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
    return read_fraction(text, &pos, stamp) && read_offset(text, pos, stamp);
}

enum status
time_parse(const struct zone *z, struct str text, time_ms *out, struct err *err)
{
    struct stamp stamp;

    *out = TIME_NONE;
    if (!read_stamp(text, &stamp))
        return err_set(err, ST_REJECT, "R03",
                       "text of %zu characters is no RFC 3339 instant", text.n);
    if (stamp.has_offset) {
        *out =
            stamp.date * DAY_MS + stamp.tod_ms - stamp.offset_min * MINUTE_MS;
        return ST_OK;
    }
    if (!zone_instant(z, stamp.date, stamp.tod_ms, out))
        return err_set(err, ST_REJECT, "R09",
                       "local time does not exist: the clocks go forward");
    return ST_OK;
}

/* "YYYY-MM-DDThh:mm:ss", and ".mmm" if asked; returns the end. */
static char *
put_local(char *p, int64_t local, bool with_ms)
{
    date_d d = (date_d)floor_div(local, DAY_MS);
    int64_t tod_ms = local - d * DAY_MS;
    char date[DATE_TEXT_SIZE];

    memcpy(p, date_text(d, date), DATE_TEXT_SIZE - 1);
    p += DATE_TEXT_SIZE - 1;
    *p++ = 'T';
    p = put_digits(p, 2, tod_ms / HOUR_MS);
    *p++ = ':';
    p = put_digits(p, 2, tod_ms / MINUTE_MS % 60);
    *p++ = ':';
    p = put_digits(p, 2, tod_ms / SECOND_MS % 60);
    if (with_ms) {
        *p++ = '.';
        p = put_digits(p, 3, tod_ms % SECOND_MS);
    }
    return p;
}

/* "-" before the year 1, "never" after 9999; false if there is a date. */
static bool
put_without_date(char *out, int64_t local)
{
    int year = date_ymd((date_d)floor_div(local, DAY_MS)).year;

    if (year < YEAR_MIN)
        memcpy(out, "-", sizeof "-");
    else if (year > YEAR_MAX)
        memcpy(out, "never", sizeof "never");
    else
        return false;
    return true;
}

char *
time_text(time_ms t, char out[TIME_TEXT_SIZE])
{
    char *p;

    t = bounded(t);
    if (put_without_date(out, t))
        return out;
    p = put_local(out, t, true);
    *p++ = 'Z';
    *p = '\0';
    return out;
}

char *
time_text_local(const struct zone *z, time_ms t, char out[TIME_TEXT_SIZE])
{
    int64_t local = local_ms(z, t);
    int32_t offset_min = zone_offset_s(z, t) / 60;
    char *p;

    if (put_without_date(out, local))
        return out;
    p = put_local(out, local, local % SECOND_MS != 0);
    *p++ = offset_min < 0 ? '-' : '+';
    if (offset_min < 0)
        offset_min = -offset_min;
    p = put_digits(p, 2, offset_min / 60);
    *p++ = ':';
    p = put_digits(p, 2, offset_min % 60);
    *p = '\0';
    return out;
}
