#include "tracker/core/limits.h"

#include <string.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define D02_NEXT_DAYS 7 /* domain.md section 8: the leader a week later */
#define DAYS_A_WEEK 7

/* domain.md section 8; the last line is the ladder for every other clock. */
static const struct drift drifts[] = {
    { .clock = "L2",
      .rule = "D01",
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "D02",
      .rule = "D02",
      .due = ROLE_WORKER,
      .longer = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T2",
      .rule = "D03",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T12",
      .rule = "D03",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T12b",
      .rule = "D04",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T14a",
      .rule = "D05",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T14b",
      .rule = "D05",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T9a",
      .rule = "D05",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T9b",
      .rule = "D05",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "L3",
      .rule = "D08",
      .warn = ROLE_UNIT_LEADER,
      .due = ROLE_UNIT_LEADER,
      .also = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "L4",
      .rule = "D09",
      .warn = ROLE_CAF_OFFICER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T10",
      .rule = "D10",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T1",
      .rule = "D14",
      .warn = ROLE_SCREENER,
      .due = ROLE_MASH_MANAGER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T17",
      .rule = "D15",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T18",
      .rule = "D20",
      .warn = ROLE_WORKER,
      .due = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "T11",
      .rule = "D17",
      .due = ROLE_DUTY,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "D06",
      .rule = "D06",
      .due = ROLE_UNIT_LEADER,
      .longer = ROLE_DISTRICT_MANAGER },
    { .clock = "D07",
      .rule = "D07",
      .due = ROLE_UNIT_LEADER,
      .also = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = LIMITS_D11_STRATEGY,
      .rule = "D11",
      .due = ROLE_DUTY,
      .also = ROLE_UNIT_LEADER,
      .third = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = LIMITS_D11_ALERT,
      .rule = "D11",
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "D12",
      .rule = "D12",
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "D13",
      .rule = "D13",
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "D18",
      .rule = "D18",
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "D19",
      .rule = "D19",
      .due = ROLE_SCREENER,
      .district = ROLE_MASH_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
    { .clock = "",
      .rule = "",
      .warn = ROLE_WORKER,
      .due = ROLE_UNIT_LEADER,
      .district = ROLE_DISTRICT_MANAGER,
      .head = ROLE_HEAD_OF_SERVICE },
};

enum status
limits_of(const struct settings *settings, struct str version,
          struct limits *out, struct err *err)
{
    const struct profile *p = settings_profile(settings, version);

    if (p == NULL && settings_current(settings) != NULL)
        p = settings_current(settings)->profile;
    if (p == NULL || settings->calendar == NULL)
        return err_set(err, ST_FATAL, "profile",
                       "no profile and calendar have been activated");
    out->profile = p;
    out->setting = profile_clock_setting(p, settings->calendar);
    return ST_OK;
}

static int
rag_hours(const struct profile_rag_hours *hours, int rag)
{
    switch (rag) {
    case RAG_RED:
        return hours->red;
    case RAG_GREEN:
        return hours->green;
    case RAG_BLUE:
        return 0;
    default:
        return hours->amber;
    }
}

bool
limits_clock(const struct limits *limits, const char *clock, int rag,
             struct clock_spec *out)
{
    const struct clock_spec *spec = profile_clock(limits->profile, clock);

    if (spec == NULL)
        return false;
    *out = *spec;
    if (strcmp(clock, "L1") == 0 || strcmp(clock, "L6") == 0)
        out->length = rag_hours(&limits->profile->rag_hours, rag);
    return out->length > 0 || out->unit == CLOCK_SCHOOL_START;
}

enum status
limits_due(const struct limits *limits, const char *clock, time_ms start,
           time_ms *due_at, struct err *err)
{
    struct clock_run run = { .start = start, .birth = DATE_NONE };
    struct clock_spec spec;

    *due_at = TIME_NONE;
    if (!limits_clock(limits, clock, 0, &spec))
        return ST_OK;
    return clock_due(&spec, &limits->setting, &run, due_at, err);
}

const struct drift *
limits_drift(struct str clock)
{
    for (size_t i = 0; i < N_OF(drifts) - 1; i++)
        if (str_is(clock, drifts[i].clock))
            return &drifts[i];
    return &drifts[N_OF(drifts) - 1];
}

time_ms
limits_days_after(const struct limits *limits, time_ms from, int days)
{
    const struct zone *zone = &limits->setting.cal->zone;

    return zone_end_of_day(zone, zone_date(zone, from) + days);
}

/* Past the end of the calendar there is no rung: --check warns long before. */
static time_ms
working_days_after(const struct limits *limits, time_ms from, int days)
{
    const struct calendar *cal = limits->setting.cal;
    date_d d;

    if (days < 1 || calendar_add_working_days(cal, &limits->setting.closures,
                                              zone_date(&cal->zone, from), days,
                                              CALENDAR_WD0, &d, NULL) != ST_OK)
        return TIME_NEVER;
    return zone_end_of_day(&cal->zone, d) + 1;
}

static time_ms
hours_after(time_ms from, int hours)
{
    return hours < 0 ? TIME_NEVER : from + 1 + hours * HOUR_MS;
}

time_ms
limits_longer(const struct limits *limits, const struct drift *drift,
              time_ms due_at)
{
    const struct profile_drift *d = &limits->profile->drift;
    int days = D02_NEXT_DAYS;

    if (drift->longer == 0)
        return TIME_NEVER;
    if (strcmp(drift->rule, "D06") == 0)
        days = (d->open_weeks_escalate - d->open_weeks) * DAYS_A_WEEK;
    return limits_days_after(limits, due_at, days) + 1;
}

void
limits_rungs(const struct limits *limits, const struct drift *drift,
             time_ms from, time_ms *district, time_ms *head)
{
    const struct profile_drift *d = &limits->profile->drift;

    if (strcmp(drift->rule, "D10") == 0) {
        *district = hours_after(from, d->rhi_escalate_hours[0]);
        *head = hours_after(from, d->rhi_escalate_hours[1]);
    } else {
        *district =
            working_days_after(limits, from, d->escalate_district_working_days);
        *head = working_days_after(limits, from, d->escalate_head_working_days);
    }
    if (drift->district == 0)
        *district = TIME_NEVER;
    if (drift->head == 0)
        *head = TIME_NEVER;
}
