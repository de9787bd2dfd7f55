#include "notifier/core/ladder.h"

#include "common/core/codes.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* No office is shut for longer: the longest run of holidays is a week. */
enum { DAYS_MAX = 31 };

int
ladder_next(int role)
{
    switch (role) {
    case ROLE_WORKER:
    case ROLE_CAF_OFFICER:
        return ROLE_UNIT_LEADER;
    case ROLE_UNIT_LEADER:
        return ROLE_DISTRICT_MANAGER;
    case ROLE_SCREENER:
    case ROLE_DUTY:
        return ROLE_MASH_MANAGER;
    case ROLE_DISTRICT_MANAGER:
    case ROLE_MASH_MANAGER:
        return ROLE_HEAD_OF_SERVICE;
    default:
        return ROLE_DUTY;
    }
}

bool
ladder_is_urgent(struct str rule, int subject_kind)
{
    static const char *const rules[] = { "D10", "D11", "D16", "T10" };

    for (size_t i = 0; i < N_OF(rules); i++)
        if (str_is(rule, rules[i]))
            return true;
    return subject_kind == CLOCK_SUBJECT_EPISODE;
}

static bool
works(const struct profile *p, const struct calendar *cal, date_d day)
{
    unsigned bit = 1u << (date_weekday(day) - 1);

    return (p->office.weekdays & bit) != 0 && !calendar_is_holiday(cal, day) &&
           !date_ranges_hold(&p->closures, day);
}

/* Opening of the first working day from `day` on; TIME_NEVER past the end. */
static time_ms
opening_from(const struct profile *p, const struct calendar *cal, date_d day)
{
    time_ms at;

    for (int i = 0; i < DAYS_MAX && calendar_covers(cal, day); i++, day++)
        if (works(p, cal, day) &&
            zone_instant(&cal->zone, day, p->office.from_min * MINUTE_MS, &at))
            return at;
    return TIME_NEVER;
}

time_ms
ladder_opening(const struct profile *profile, const struct calendar *cal,
               time_ms at)
{
    date_d today;
    time_ms opens;

    if (profile == NULL || cal == NULL)
        return at;
    today = zone_date(&cal->zone, at);
    opens = opening_from(profile, cal, today);
    if (opens <= at)
        opens = opening_from(profile, cal, today + 1);
    return opens == TIME_NEVER ? at : opens;
}

time_ms
ladder_open(const struct profile *profile, const struct calendar *cal,
            time_ms at)
{
    int64_t of_day_ms;
    date_d today;

    if (profile == NULL || cal == NULL)
        return at;
    today = zone_date(&cal->zone, at);
    of_day_ms = zone_time_of_day_ms(&cal->zone, at);
    if (calendar_covers(cal, today) && works(profile, cal, today) &&
        of_day_ms >= profile->office.from_min * MINUTE_MS &&
        of_day_ms < profile->office.to_min * MINUTE_MS)
        return at;
    return ladder_opening(profile, cal, at);
}

time_ms
ladder_send_at(const struct profile *profile, const struct calendar *cal,
               int role, bool urgent, time_ms at)
{
    if (urgent)
        return at;
    if (role == ROLE_WORKER)
        return ladder_opening(profile, cal, at);
    return ladder_open(profile, cal, at);
}
