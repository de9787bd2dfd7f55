#include "common/core/clock_days.h"

#include <assert.h>

#define SATURDAY 6

struct telling {
    const struct clock_spec *spec;
    const struct clock_setting *setting;
    const struct clock_run *run;
    date_d first;
    time_ms due_at;
};

static const struct zone *
zone_of(const struct telling *t)
{
    return &t->setting->cal->zone;
}

/* Why a working-day clock or the office passes over a date. */
static enum clock_day_kind
closed_kind(const struct telling *t, date_d d, bool is_weekend)
{
    const struct date_ranges *closed = t->spec->unit == CLOCK_SCHOOL_START
                                           ? &t->setting->school_closed
                                           : &t->setting->closures;
    bool heeds = t->spec->pausable || t->spec->local ||
                 t->spec->unit == CLOCK_SCHOOL_START;

    if (is_weekend)
        return CLOCK_DAY_WEEKEND;
    if (calendar_is_holiday(t->setting->cal, d))
        return CLOCK_DAY_HOLIDAY;
    if (heeds && date_ranges_hold(closed, d))
        return CLOCK_DAY_CLOSED;
    return CLOCK_DAY_COUNTS;
}

static bool
is_weekend(date_d d)
{
    return date_weekday(d) >= SATURDAY;
}

/* ---- dates ---- */

/* By wd1 the start date is day 1; of a clock of one day only if it works. */
static bool
counts_start(const struct telling *t)
{
    struct clock_spec every_date = *t->spec;

    if (t->spec->unit != CLOCK_WORKING_DAYS || t->spec->count != CALENDAR_WD1)
        return false;
    if (t->spec->length == 1)
        return clock_counts(t->spec, t->setting, t->run, t->first);
    every_date.unit = CLOCK_DAYS;
    return clock_counts(&every_date, t->setting, t->run, t->first);
}

static enum clock_day_kind
kind_of_date(const struct telling *t, date_d d)
{
    enum clock_day_kind kind = CLOCK_DAY_COUNTS;

    if (d == t->first)
        return counts_start(t) ? CLOCK_DAY_COUNTS : CLOCK_DAY_START;
    if (clock_counts(t->spec, t->setting, t->run, d))
        return CLOCK_DAY_COUNTS;
    if (t->spec->unit == CLOCK_WORKING_DAYS)
        kind = closed_kind(t, d, is_weekend(d));
    return kind == CLOCK_DAY_COUNTS ? CLOCK_DAY_PAUSED : kind;
}

static enum clock_day_kind
kind_of_school_day(const struct telling *t, date_d d)
{
    enum clock_day_kind kind = closed_kind(t, d, is_weekend(d));

    /* A school day that isn't the one: its bell had rung at the start. */
    if (kind == CLOCK_DAY_COUNTS && d != zone_date(zone_of(t), t->due_at))
        return CLOCK_DAY_OUTSIDE;
    return kind;
}

/* ---- hours ---- */

/* Milliseconds of from..to that lie in no pause; pauses may overlap. */
static int64_t
running_ms(const struct telling *t, time_ms from, time_ms to)
{
    int64_t ms = 0;

    while (from < to) {
        time_ms stop = to;
        bool paused = false;

        for (size_t i = 0; t->spec->pausable && i < t->run->n_pauses; i++) {
            const struct clock_pause *p = &t->run->pauses[i];

            if (p->from <= from && p->to > from) {
                paused = true;
                stop = p->to < to ? p->to : to;
                break;
            }
            if (p->from > from && p->to > p->from && p->from < stop)
                stop = p->from;
        }
        if (!paused)
            ms += stop - from;
        from = stop;
    }
    return ms;
}

static time_ms
local_instant(const struct zone *z, date_d d, int64_t tod_ms)
{
    time_ms t;

    if (tod_ms >= DAY_MS)
        return zone_start_of_day(z, d + 1);
    while (!zone_instant(z, d, tod_ms, &t))
        tod_ms += MINUTE_MS;
    return t;
}

static struct clock_day
day_of_hours(const struct telling *t, date_d d)
{
    const struct office_hours *office = &t->setting->office;
    const struct zone *z = zone_of(t);
    struct clock_day day = { .date = d, .kind = CLOCK_DAY_COUNTS };
    time_ms from = zone_start_of_day(z, d);
    time_ms to = zone_start_of_day(z, d + 1);

    if (t->spec->unit == CLOCK_OFFICE_HOURS) {
        unsigned weekday = 1U << (date_weekday(d) - 1);

        day.kind = closed_kind(t, d, (office->weekdays & weekday) == 0);
        if (day.kind != CLOCK_DAY_COUNTS)
            return day;
        from = local_instant(z, d, office->from_min * MINUTE_MS);
        to = local_instant(z, d, office->to_min * MINUTE_MS);
    }
    from = from < t->run->start ? t->run->start : from;
    to = to > t->due_at ? t->due_at : to;
    day.counted_ms = running_ms(t, from, to);
    if (day.counted_ms == 0)
        day.kind = from < to ? CLOCK_DAY_PAUSED : CLOCK_DAY_OUTSIDE;
    return day;
}

/* ---- all ---- */

static struct clock_day
tell_day(const struct telling *t, date_d d)
{
    switch (t->spec->unit) {
    case CLOCK_SECONDS:
    case CLOCK_HOURS:
    case CLOCK_OFFICE_HOURS:
        return day_of_hours(t, d);
    case CLOCK_SCHOOL_START:
        return (struct clock_day){ .date = d,
                                   .kind = kind_of_school_day(t, d) };
    default:
        return (struct clock_day){ .date = d, .kind = kind_of_date(t, d) };
    }
}

void
clock_days(struct arena *a, const struct clock_spec *spec,
           const struct clock_setting *setting, const struct clock_run *run,
           time_ms due_at, struct clock_days *out)
{
    struct telling t = {
        .spec = spec, .setting = setting, .run = run, .due_at = due_at
    };
    struct clock_day *at;
    date_d last;

    *out = (struct clock_days){ .n = 0 };
    if (due_at == TIME_NEVER || due_at == TIME_NONE)
        return;
    t.first = clock_start_date(spec, setting, run);
    last = zone_date(&setting->cal->zone, due_at);
    at = arena_array(a, (size_t)(last - t.first) + 1, sizeof *at);
    for (date_d d = t.first; d <= last; d++)
        at[out->n++] = tell_day(&t, d);
    out->at = at;
}

const char *
clock_day_name(enum clock_day_kind kind)
{
    static const char *const names[] = {
        [CLOCK_DAY_COUNTS] = "counts",   [CLOCK_DAY_START] = "start",
        [CLOCK_DAY_WEEKEND] = "weekend", [CLOCK_DAY_HOLIDAY] = "bank holiday",
        [CLOCK_DAY_CLOSED] = "closed",   [CLOCK_DAY_PAUSED] = "paused",
        [CLOCK_DAY_OUTSIDE] = "-",
    };

    assert((size_t)kind < sizeof names / sizeof names[0]);
    return names[kind];
}
