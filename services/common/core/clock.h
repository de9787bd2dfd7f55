/**
 * Clocks: when something is due, when to warn, and when it is late.
 *
 * Which clocks there are, how long they run and when they warn is data of a
 * profile; here are the rules of counting (domain.md section 7). Hours are
 * elapsed time, everything longer counts local dates. Nothing here keeps a
 * running clock: `due` is a function of start, pauses and setting.
 */
#ifndef WAYMARK_COMMON_CORE_CLOCK_H
#define WAYMARK_COMMON_CORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/calendar.h"
#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/str.h"
#include "common/core/time.h"

enum clock_unit {
    CLOCK_SECONDS,
    CLOCK_HOURS,        /* elapsed */
    CLOCK_OFFICE_HOURS, /* elapsed while the office is open */
    CLOCK_DAYS,
    CLOCK_WEEKS,
    CLOCK_MONTHS,
    CLOCK_WORKING_DAYS,
    CLOCK_SCHOOL_START, /* the next bell, strictly later than the start */
};

enum clock_warn_unit {
    CLOCK_WARN_WORKING_DAYS, /* at 09:00 local, so many before the due date */
    CLOCK_WARN_DAYS,         /* the same with dates */
    CLOCK_WARN_HOURS,        /* of what the clock counts, before it is due */
    CLOCK_WARN_PERCENT,      /* of the length, before it is due */
};

struct clock_warn {
    enum clock_warn_unit unit;
    int amount; /* > 0; a percentage is below 100 */
};

#define CLOCK_ID_SIZE 8
#define CLOCK_WARNS 4

struct clock_spec {
    char id[CLOCK_ID_SIZE]; /* "T1", "T12b", "L1"; NUL-terminated */
    enum clock_unit unit;
    int length;                /* in units, > 0; 0 for CLOCK_SCHOOL_START */
    enum calendar_count count; /* CLOCK_WORKING_DAYS only */
    bool pausable;             /* `p` in the table of domain.md section 7 */
    bool local;                /* an L clock: not set by statute */
    bool planning;             /* a planning figure, never late (T16) */
    int unborn_months;    /* T7: starts at the birth or so many months after its
                             start, whichever is first; else 0 */
    int school_start_min; /* CLOCK_SCHOOL_START: minutes after local midnight */
    struct clock_warn warns[CLOCK_WARNS];
    size_t n_warns;
};

struct office_hours {
    int from_min;     /* minutes after local midnight */
    int to_min;       /* > from_min, <= 1440; the office is shut from then on */
    uint8_t weekdays; /* bit 0 Monday .. bit 6 Sunday; never a bank holiday */
};

#define OFFICE_MONDAY_TO_FRIDAY ((uint8_t)0x1f)

/* What an authority has in common for all its clocks. All borrowed. */
struct clock_setting {
    const struct calendar *cal;
    struct date_ranges closures;      /* the authority's closure days */
    struct date_ranges school_closed; /* school holidays */
    struct office_hours office;
};

/* Standing still from `from` until `to`; TIME_NEVER while not resumed. */
struct clock_pause {
    time_ms from;
    time_ms to;
};

/* One run of a clock. Pauses in any order; they may overlap. */
struct clock_run {
    time_ms start;
    const struct clock_pause *pauses; /* borrowed; unread if not pausable */
    size_t n_pauses;
    date_d birth; /* T7: local date, DATE_NONE while unborn */
};

/**
 * Does the specification make sense? ST_REJECT with a sentence if not: a
 * length or warning out of range, a warning that its unit has no meaning for,
 * office hours that never open.
 */
MUST_CHECK enum status
clock_spec_check(const struct clock_spec *spec,
                 const struct clock_setting *setting, struct err *err);

/**
 * When the run is due; of use only with a checked specification. Clocks that
 * count dates end with the local date, at 23:59:59.999. A date counts unless
 * pause <= date < resume; a working-day clock also passes over weekends, bank
 * holidays and, if it is pausable or local, closure days. TIME_NEVER while a
 * pause without end keeps it from being due. ST_REJECT with code R16 if start
 * or due date lie outside the calendar.
 */
MUST_CHECK enum status
clock_due(const struct clock_spec *spec, const struct clock_setting *setting,
          const struct clock_run *run, time_ms *due_at, struct err *err);

/**
 * Local date from which a clock that counts dates counts: the start's, for T7
 * the birth or so many months later.
 */
date_d
clock_start_date(const struct clock_spec *spec,
                 const struct clock_setting *setting,
                 const struct clock_run *run);

/**
 * The instants at which to warn of `due_at` (from clock_due), ascending, into
 * `out`; `*n` says how many. One that would not lie after the start is left
 * out; TIME_NEVER has none. Same errors as clock_due.
 */
MUST_CHECK enum status
clock_warnings(const struct clock_spec *spec,
               const struct clock_setting *setting, const struct clock_run *run,
               time_ms due_at, time_ms out[CLOCK_WARNS], size_t *n,
               struct err *err);

/** Late is after `due_at`; equal is in time. A planning figure never is. */
bool
clock_is_late(const struct clock_spec *spec, time_ms due_at, time_ms at);

/**
 * Whether a clock that counts dates counts `d`, which the calendar covers:
 * for showing how a due date came about.
 */
bool
clock_counts(const struct clock_spec *spec, const struct clock_setting *setting,
             const struct clock_run *run, date_d d);

/**
 * Read the words of a profile: "working_days", "hours", "office_hours",
 * "days", "weeks", "months", "school_start", "seconds".
 */
bool
clock_unit_parse(struct str text, enum clock_unit *out);
const char *
clock_unit_name(enum clock_unit unit);
/** "wd0" or "wd1". */
bool
clock_count_parse(struct str text, enum calendar_count *out);
/** "10wd", "14d", "4h" or "25%". */
bool
clock_warn_parse(struct str text, struct clock_warn *out);

#endif
