#include "common/core/calendar.h"

#include <assert.h>

#define SATURDAY 6

bool
date_ranges_hold(const struct date_ranges *ranges, date_d d)
{
    if (ranges == NULL)
        return false;
    for (size_t i = 0; i < ranges->n; i++) {
        if (ranges->items[i].first <= d && d <= ranges->items[i].last)
            return true;
    }
    return false;
}

bool
calendar_covers(const struct calendar *cal, date_d d)
{
    return cal->first <= d && d <= cal->last;
}

enum status
calendar_check(const struct calendar *cal, date_d d, struct err *err)
{
    char date[DATE_TEXT_SIZE];
    char first[DATE_TEXT_SIZE];
    char last[DATE_TEXT_SIZE];

    if (calendar_covers(cal, d))
        return ST_OK;
    return err_set(err, ST_REJECT, "R16",
                   "%s lies outside the calendar, which covers %s to %s",
                   date_text(d, date), date_text(cal->first, first),
                   date_text(cal->last, last));
}

bool
calendar_is_holiday(const struct calendar *cal, date_d d)
{
    size_t low = 0;
    size_t high = cal->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (cal->holidays[mid] < d)
            low = mid + 1;
        else
            high = mid;
    }
    return low < cal->n && cal->holidays[low] == d;
}

bool
calendar_is_working_day(const struct calendar *cal,
                        const struct date_ranges *closures, date_d d)
{
    assert(calendar_covers(cal, d));
    return date_weekday(d) < SATURDAY && !calendar_is_holiday(cal, d) &&
           !date_ranges_hold(closures, d);
}

enum status
calendar_add_working_days(const struct calendar *cal,
                          const struct date_ranges *closures, date_d start,
                          int n, enum calendar_count count, date_d *out,
                          struct err *err)
{
    enum status st = calendar_check(cal, start, err);
    date_d d = start;

    assert(n >= 1);
    *out = DATE_NONE;
    if (st != ST_OK)
        return st;
    if (count == CALENDAR_WD1) {
        if (n == 1 && calendar_is_working_day(cal, closures, start))
            n = 0;
        else if (n > 1)
            n--;
    }
    while (n > 0) {
        d++;
        st = calendar_check(cal, d, err);
        if (st != ST_OK)
            return st;
        if (calendar_is_working_day(cal, closures, d))
            n--;
    }
    *out = d;
    return ST_OK;
}

int64_t
calendar_days_left(const struct calendar *cal, date_d today)
{
    return (int64_t)cal->last - today;
}
