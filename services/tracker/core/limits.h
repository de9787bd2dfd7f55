/**
 * What the tracker asks of a profile: how long a clock runs, which drift rule
 * a clock alerts under, and whom its stages tell (domain.md sections 7, 8).
 */
#ifndef WAYMARK_TRACKER_CORE_LIMITS_H
#define WAYMARK_TRACKER_CORE_LIMITS_H

#include "common/core/calendar.h"
#include "common/core/clock.h"
#include "common/core/profile.h"
#include "common/core/settings.h"

struct limits {
    const struct profile *profile;
    struct clock_setting setting;
};

/**
 * The limits of a profile version, of the newest where the version is null or
 * not among those activated. ST_FATAL, code "profile", before the log has
 * activated a profile and a calendar.
 */
MUST_CHECK enum status
limits_of(const struct settings *settings, struct str version,
          struct limits *out, struct err *err);

/**
 * The specification of a clock, whose id is NUL-terminated as in a profile
 * (watch.h has it as a struct str); L1 and L6 take their hours from the MASH's
 * colour `rag` (0 is amber). False where the profile has no such clock, or
 * the colour has none (blue).
 */
bool
limits_clock(const struct limits *limits, const char *clock, int rag,
             struct clock_spec *out);

/**
 * When a clock without pauses that started at `start` is due; TIME_NONE where
 * the profile has no such clock. ST_REJECT R16 past the calendar.
 */
MUST_CHECK enum status
limits_due(const struct limits *limits, const char *clock, time_ms start,
           time_ms *due_at, struct err *err);

/* The two ways in which D11 tells: three episodes in 30 days, in 90. */
#define LIMITS_D11_STRATEGY "D11"
#define LIMITS_D11_ALERT "D11b"

/* One way to alert. A role that is 0 isn't told. */
struct drift {
    const char *clock; /* that it watches, or its own rule id where none is */
    const char *rule;  /* that the alert carries */
    int warn;          /* enum alert_role */
    int due;
    int also;     /* told at the same moment as `due` */
    int third;    /* and this one */
    /* Told when it has been so for longer, a condition of its own (D02, D06):
     * acknowledging the alert doesn't stop it. */
    int longer;
    int district; /* the next rung up, where nobody acknowledged */
    int head;
};

/** How a clock, or a rule without a clock, alerts; never NULL. */
const struct drift *
limits_drift(struct str clock);

/**
 * When `longer` is told of what was due at `due_at`; TIME_NEVER for a rule
 * that has no such rung.
 */
time_ms
limits_longer(const struct limits *limits, const struct drift *drift,
              time_ms due_at);

/**
 * When the rungs above fire, in *district and *head; TIME_NEVER where there is
 * none. They count from `from`: the last instant at which nobody had been told.
 */
void
limits_rungs(const struct limits *limits, const struct drift *drift,
             time_ms from, time_ms *district, time_ms *head);

/** End of the local day `days` after that of `from`. */
time_ms
limits_days_after(const struct limits *limits, time_ms from, int days);

#endif
