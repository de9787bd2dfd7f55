#include "common/core/clock.h"

#include <assert.h>

#define MINUTES_A_DAY 1440
#define LENGTH_MAX 100000 /* units; keeps every sum far from overflow */
/* Warnings that count dates come at 09:00 (domain.md section 7). */
#define WARN_TIME_OF_DAY_MS (9 * HOUR_MS)

static const char *const unit_names[] = {
    [CLOCK_SECONDS] = "seconds",
    [CLOCK_HOURS] = "hours",
    [CLOCK_OFFICE_HOURS] = "office_hours",
    [CLOCK_DAYS] = "days",
    [CLOCK_WEEKS] = "weeks",
    [CLOCK_MONTHS] = "months",
    [CLOCK_WORKING_DAYS] = "working_days",
    [CLOCK_SCHOOL_START] = "school_start",
};

#define N_UNITS (sizeof unit_names / sizeof unit_names[0])

/* What every step below needs to know. */
struct count {
    const struct clock_spec *spec;
    const struct clock_setting *setting;
    const struct clock_run *run;
};

static bool
counts_elapsed_time(enum clock_unit unit)
{
    return unit == CLOCK_SECONDS || unit == CLOCK_HOURS ||
           unit == CLOCK_OFFICE_HOURS;
}

static int64_t
length_ms(const struct clock_spec *spec)
{
    return spec->length * (spec->unit == CLOCK_SECONDS ? SECOND_MS : HOUR_MS);
}

static const struct zone *
zone_of(const struct count *c)
{
    return &c->setting->cal->zone;
}

/* A time of day that the clock change skips is the first instant after it. */
static time_ms
instant_of(const struct zone *z, date_d d, int64_t tod_ms)
{
    time_ms t;

    while (!zone_instant(z, d, tod_ms, &t))
        tod_ms += MINUTE_MS;
    return t;
}

static size_t
n_pauses(const struct count *c)
{
    return c->spec->pausable ? c->run->n_pauses : 0;
}

/* Paused on date `d`; `for_ever` asks for pauses without end only. */
static bool
is_paused(const struct count *c, date_d d, bool for_ever)
{
    const struct zone *z = zone_of(c);

    for (size_t i = 0; i < n_pauses(c); i++) {
        const struct clock_pause *p = &c->run->pauses[i];

        if (zone_date(z, p->from) > d)
            continue;
        if (p->to == TIME_NEVER || (!for_ever && d < zone_date(z, p->to)))
            return true;
    }
    return false;
}

static bool
is_working(const struct count *c, date_d d)
{
    bool heeds_closures = c->spec->pausable || c->spec->local;

    return calendar_is_working_day(
        c->setting->cal, heeds_closures ? &c->setting->closures : NULL, d);
}

static bool
counts_date(const struct count *c, date_d d, bool working)
{
    return !is_paused(c, d, false) && (!working || is_working(c, d));
}

/*
 * `n` counted dates on from `start`, which is not counted itself. DATE_NONE
 * where a pause without end comes first.
 */
static enum status
count_on(const struct count *c, date_d start, int n, bool working, date_d *out,
         struct err *err)
{
    date_d d = start;

    *out = DATE_NONE;
    while (n > 0) {
        enum status st = calendar_check(c->setting->cal, ++d, err);

        if (st != ST_OK)
            return st;
        if (is_paused(c, d, true))
            return ST_OK;
        if (counts_date(c, d, working))
            n--;
    }
    *out = d;
    return ST_OK;
}

/* `n` counted dates back from `end`; DATE_NONE if that passes `floor`. */
static date_d
count_back(const struct count *c, date_d end, int n, bool working, date_d floor)
{
    date_d d = end;

    while (n > 0) {
        if (--d < floor)
            return DATE_NONE;
        if (counts_date(c, d, working))
            n--;
    }
    return d;
}

static enum status
due_working_days(const struct count *c, date_d start, date_d *out,
                 struct err *err)
{
    int n = c->spec->length;

    if (c->spec->count == CALENDAR_WD1 && !is_paused(c, start, false)) {
        n--;
        if (n == 0 && is_working(c, start)) {
            *out = start;
            return ST_OK;
        }
        if (n == 0)
            n = 1;
    }
    return count_on(c, start, n, true, out, err);
}

/* The length in dates, as without pauses; each date that counts uses one. */
static enum status
due_dates(const struct count *c, date_d start, date_d *out, struct err *err)
{
    int n = c->spec->length;

    if (c->spec->unit == CLOCK_WEEKS)
        n *= 7;
    else if (c->spec->unit == CLOCK_MONTHS)
        n = date_add_months(start, n) - start;
    return count_on(c, start, n, false, out, err);
}

static enum status
due_by_date(const struct count *c, date_d start, time_ms *due_at,
            struct err *err)
{
    enum status st;
    date_d due;

    if (c->spec->unit == CLOCK_WORKING_DAYS)
        st = due_working_days(c, start, &due, err);
    else
        st = due_dates(c, start, &due, err);
    if (st != ST_OK)
        return st;
    *due_at = due == DATE_NONE ? TIME_NEVER : zone_end_of_day(zone_of(c), due);
    return ST_OK;
}

/* The pause that holds at `t` or begins next; NULL if none does. */
static const struct clock_pause *
pause_from(const struct count *c, time_ms t)
{
    const struct clock_pause *next = NULL;

    for (size_t i = 0; i < n_pauses(c); i++) {
        const struct clock_pause *p = &c->run->pauses[i];

        if (p->to > t && p->to > p->from &&
            (next == NULL || p->from < next->from))
            next = p;
    }
    return next;
}

/*
 * Let the clock run from `from` to `to` as far as it isn't paused. True if
 * that used up `left_ms`: then `due_at` says when.
 */
static bool
run_between(const struct count *c, time_ms from, time_ms to, int64_t *left_ms,
            time_ms *due_at)
{
    while (from < to) {
        const struct clock_pause *p = pause_from(c, from);
        time_ms stop = to;

        if (p != NULL && p->from < to)
            stop = p->from > from ? p->from : from;
        if (*left_ms < stop - from || (*left_ms == stop - from && stop == to)) {
            *due_at = from + *left_ms;
            return true;
        }
        *left_ms -= stop - from;
        if (stop == to)
            return false;
        if (p->to == TIME_NEVER) {
            *due_at = TIME_NEVER;
            return true;
        }
        from = p->to;
    }
    return false;
}

static bool
is_office_day(const struct count *c, date_d d)
{
    unsigned weekday = 1U << (date_weekday(d) - 1);
    const struct calendar *cal = c->setting->cal;

    if ((c->setting->office.weekdays & weekday) == 0)
        return false;
    /* Saturdays may be office days: only holidays and closures are asked. */
    return !calendar_is_holiday(cal, d) &&
           !((c->spec->pausable || c->spec->local) &&
             date_ranges_hold(&c->setting->closures, d));
}

static enum status
run_in_office(const struct count *c, int64_t left_ms, time_ms *due_at,
              struct err *err)
{
    const struct office_hours *office = &c->setting->office;
    const struct zone *z = zone_of(c);

    for (date_d d = zone_date(z, c->run->start);; d++) {
        enum status st = calendar_check(c->setting->cal, d, err);
        time_ms from;

        if (st != ST_OK)
            return st;
        if (!is_office_day(c, d))
            continue;
        from = instant_of(z, d, office->from_min * MINUTE_MS);
        if (from < c->run->start)
            from = c->run->start;
        if (run_between(c, from,
                        office->to_min == MINUTES_A_DAY
                            ? zone_start_of_day(z, d + 1)
                            : instant_of(z, d, office->to_min * MINUTE_MS),
                        &left_ms, due_at))
            return ST_OK;
    }
}

/* When `left_ms` of the clock's own time have passed since the start. */
static enum status
due_by_time(const struct count *c, int64_t left_ms, time_ms *due_at,
            struct err *err)
{
    if (c->spec->unit == CLOCK_OFFICE_HOURS)
        return run_in_office(c, left_ms, due_at, err);
    (void)run_between(c, c->run->start, TIME_NEVER, &left_ms, due_at);
    if (*due_at == TIME_NEVER)
        return ST_OK;
    return calendar_check(c->setting->cal, zone_date(zone_of(c), *due_at), err);
}

static enum status
due_at_school(const struct count *c, date_d start, time_ms *due_at,
              struct err *err)
{
    int64_t bell_ms = c->spec->school_start_min * MINUTE_MS;

    for (date_d d = start;; d++) {
        enum status st = calendar_check(c->setting->cal, d, err);

        if (st != ST_OK)
            return st;
        if (!calendar_is_working_day(c->setting->cal,
                                     &c->setting->school_closed, d))
            continue;
        *due_at = instant_of(zone_of(c), d, bell_ms);
        if (*due_at > c->run->start)
            return ST_OK;
    }
}

/* T7 starts at the birth, at the latest some months after its own start. */
static date_d
start_date(const struct count *c)
{
    date_d start = zone_date(zone_of(c), c->run->start);
    date_d latest;

    if (c->spec->unborn_months == 0)
        return start;
    latest = date_add_months(start, c->spec->unborn_months);
    return c->run->birth != DATE_NONE && c->run->birth < latest ? c->run->birth
                                                                : latest;
}

date_d
clock_start_date(const struct clock_spec *spec,
                 const struct clock_setting *setting,
                 const struct clock_run *run)
{
    const struct count c = { .spec = spec, .setting = setting, .run = run };

    return start_date(&c);
}

enum status
clock_due(const struct clock_spec *spec, const struct clock_setting *setting,
          const struct clock_run *run, time_ms *due_at, struct err *err)
{
    const struct count c = { .spec = spec, .setting = setting, .run = run };
    date_d start = start_date(&c);
    enum status st = calendar_check(setting->cal, start, err);

    *due_at = TIME_NONE;
    if (st != ST_OK)
        goto out;
    if (spec->unit == CLOCK_SCHOOL_START)
        st = due_at_school(&c, start, due_at, err);
    else if (counts_elapsed_time(spec->unit))
        st = due_by_time(&c, length_ms(spec), due_at, err);
    else
        st = due_by_date(&c, start, due_at, err);
out:
    if (st != ST_OK)
        err_where(err, "clock %s", spec->id);
    return st;
}

/* So much of the clock's own time before it is due. */
static enum status
warn_by_time(const struct count *c, const struct clock_warn *w, time_ms due_at,
             time_ms *out, struct err *err)
{
    int64_t before_ms = w->amount * HOUR_MS;

    if (w->unit == CLOCK_WARN_PERCENT)
        before_ms = length_ms(c->spec) * w->amount / 100;
    if (!counts_elapsed_time(c->spec->unit)) {
        *out = due_at - before_ms;
        return ST_OK;
    }
    if (before_ms >= length_ms(c->spec)) {
        *out = TIME_NONE;
        return ST_OK;
    }
    return due_by_time(c, length_ms(c->spec) - before_ms, out, err);
}

static void
warn_by_date(const struct count *c, const struct clock_warn *w, time_ms due_at,
             time_ms *out)
{
    const struct zone *z = zone_of(c);
    date_d d = count_back(c, zone_date(z, due_at), w->amount,
                          w->unit == CLOCK_WARN_WORKING_DAYS,
                          zone_date(z, c->run->start));

    *out = d == DATE_NONE ? TIME_NONE : instant_of(z, d, WARN_TIME_OF_DAY_MS);
}

static void
insert_ascending(time_ms *list, size_t *n, time_ms t)
{
    size_t i = (*n)++;

    for (; i > 0 && list[i - 1] > t; i--)
        list[i] = list[i - 1];
    list[i] = t;
}

enum status
clock_warnings(const struct clock_spec *spec,
               const struct clock_setting *setting, const struct clock_run *run,
               time_ms due_at, time_ms out[CLOCK_WARNS], size_t *n,
               struct err *err)
{
    const struct count c = { .spec = spec, .setting = setting, .run = run };

    *n = 0;
    if (due_at == TIME_NEVER)
        return ST_OK;
    for (size_t i = 0; i < spec->n_warns; i++) {
        const struct clock_warn *w = &spec->warns[i];
        enum status st = ST_OK;
        time_ms at = TIME_NONE;

        if (w->unit == CLOCK_WARN_HOURS || w->unit == CLOCK_WARN_PERCENT)
            st = warn_by_time(&c, w, due_at, &at, err);
        else
            warn_by_date(&c, w, due_at, &at);
        if (st != ST_OK) {
            err_where(err, "clock %s", spec->id);
            return st;
        }
        if (at > run->start)
            insert_ascending(out, n, at);
    }
    return ST_OK;
}

bool
clock_is_late(const struct clock_spec *spec, time_ms due_at, time_ms at)
{
    return !spec->planning && at > due_at;
}

bool
clock_counts(const struct clock_spec *spec, const struct clock_setting *setting,
             const struct clock_run *run, date_d d)
{
    const struct count c = { .spec = spec, .setting = setting, .run = run };

    return counts_date(&c, d, spec->unit == CLOCK_WORKING_DAYS);
}

static enum status
check_warn(const struct clock_spec *spec, const struct clock_warn *w,
           struct err *err)
{
    if (w->amount < 1 || w->amount > LENGTH_MAX)
        return err_set(err, ST_REJECT, NULL,
                       "clock %s: a warning of %d: want 1..%d", spec->id,
                       w->amount, LENGTH_MAX);
    if (w->unit == CLOCK_WARN_PERCENT && w->amount > 99)
        return err_set(err, ST_REJECT, NULL,
                       "clock %s: a warning of %d %%: want 1..99", spec->id,
                       w->amount);
    if (w->unit == CLOCK_WARN_PERCENT && !counts_elapsed_time(spec->unit))
        return err_set(err, ST_REJECT, NULL,
                       "clock %s: a percentage needs a clock of hours or "
                       "seconds",
                       spec->id);
    return ST_OK;
}

static enum status
check_office(const struct clock_spec *spec, const struct office_hours *office,
             struct err *err)
{
    if (spec->unit != CLOCK_OFFICE_HOURS)
        return ST_OK;
    if (office->from_min >= 0 && office->from_min < office->to_min &&
        office->to_min <= MINUTES_A_DAY && (office->weekdays & 0x7f) != 0)
        return ST_OK;
    return err_set(err, ST_REJECT, NULL,
                   "clock %s: the office never opens: minutes %d to %d",
                   spec->id, office->from_min, office->to_min);
}

enum status
clock_spec_check(const struct clock_spec *spec,
                 const struct clock_setting *setting, struct err *err)
{
    int least = spec->unit == CLOCK_SCHOOL_START ? 0 : 1;
    int most = spec->unit == CLOCK_SCHOOL_START ? 0 : LENGTH_MAX;

    if ((size_t)spec->unit >= N_UNITS)
        return err_set(err, ST_REJECT, NULL, "clock %s: unknown unit",
                       spec->id);
    if (spec->length < least || spec->length > most)
        return err_set(err, ST_REJECT, NULL,
                       "clock %s: length %d %s: want %d..%d", spec->id,
                       spec->length, unit_names[spec->unit], least, most);
    if (spec->unborn_months < 0 || spec->unborn_months > LENGTH_MAX)
        return err_set(err, ST_REJECT, NULL,
                       "clock %s: %d months before birth: want 0..%d", spec->id,
                       spec->unborn_months, LENGTH_MAX);
    if (spec->school_start_min < 0 || spec->school_start_min >= MINUTES_A_DAY)
        return err_set(err, ST_REJECT, NULL,
                       "clock %s: school start at minute %d: want 0..%d",
                       spec->id, spec->school_start_min, MINUTES_A_DAY - 1);
    if (spec->n_warns > CLOCK_WARNS)
        return err_set(err, ST_REJECT, NULL,
                       "clock %s: %zu warnings: want at most %d", spec->id,
                       spec->n_warns, CLOCK_WARNS);
    for (size_t i = 0; i < spec->n_warns; i++) {
        enum status st = check_warn(spec, &spec->warns[i], err);

        if (st != ST_OK)
            return st;
    }
    return check_office(spec, &setting->office, err);
}

bool
clock_unit_parse(struct str text, enum clock_unit *out)
{
    for (size_t i = 0; i < N_UNITS; i++) {
        if (str_is(text, unit_names[i])) {
            *out = (enum clock_unit)i;
            return true;
        }
    }
    return false;
}

const char *
clock_unit_name(enum clock_unit unit)
{
    assert((size_t)unit < N_UNITS);
    return unit_names[unit];
}

bool
clock_count_parse(struct str text, enum calendar_count *out)
{
    if (str_is(text, "wd0"))
        *out = CALENDAR_WD0;
    else if (str_is(text, "wd1"))
        *out = CALENDAR_WD1;
    else
        return false;
    return true;
}

bool
clock_warn_parse(struct str text, struct clock_warn *out)
{
    static const struct {
        const char *suffix;
        enum clock_warn_unit unit;
    } units[] = {
        { "wd", CLOCK_WARN_WORKING_DAYS },
        { "d", CLOCK_WARN_DAYS },
        { "h", CLOCK_WARN_HOURS },
        { "%", CLOCK_WARN_PERCENT },
    };
    struct str rest = text;
    int amount = 0;

    while (rest.n > 0 && *rest.p >= '0' && *rest.p <= '9') {
        amount = amount * 10 + (*rest.p - '0');
        if (amount > LENGTH_MAX)
            return false;
        rest.p++;
        rest.n--;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (amount > 0 && str_is(rest, units[i].suffix)) {
            *out =
                (struct clock_warn){ .unit = units[i].unit, .amount = amount };
            return true;
        }
    }
    return false;
}
