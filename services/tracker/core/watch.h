/**
 * Clocks, deadlines and alerts of one subject: a limit starts, is paused, is
 * met or passes, and people hear of it rung by rung (domain.md sections 7, 8).
 *
 * A deadline fires one millisecond after what it watches was due: equal is in
 * time. Whatever is stopped late or recorded late clears its alert; that the
 * alert was raised stays said.
 *
 * Ids of clocks and rules are struct str here, because rows hold them so.
 * watch_due alone takes a NUL-terminated constant, as limits_clock does.
 */
#ifndef WAYMARK_TRACKER_CORE_WATCH_H
#define WAYMARK_TRACKER_CORE_WATCH_H

#include "tracker/core/say.h"

/* Whom the clocks and alerts are about, and who would be told. Borrowed. */
struct watched {
    int kind; /* enum clock_subject */
    struct id id;
    struct id child_id;
    struct id case_id;
    struct str unit;
    struct str also_unit; /* the other leader of a hand-over, or null */
    struct str worker;
    int rag;
};

/** Want all that the functions here read of a subject. */
void
watch_want(struct rows *rows, struct id subject);
/** Say that the subject is new in this batch. */
void
watch_new(struct rows *rows, struct id subject);

/** The clock's row, running or not; NULL if it never ran. */
const struct clock_row *
watch_clock(const struct moment *m, struct id subject, struct str clock);
bool
watch_runs(const struct moment *m, struct id subject, struct str clock);

/** The subject's next clock, running or not: start with *at = 0, NULL at the
 * end. */
const struct clock_row *
watch_next_clock(const struct moment *m, struct id subject, size_t *at);

/**
 * A correction gives a clock back how it stood: running on to its old due
 * instant, paused, stopped, or void where it had never run. What hung on its
 * present run goes.
 */
MUST_CHECK enum status
watch_restore(const struct moment *m, const struct watched *w,
              const struct deed_clock_row *before, struct err *err);

/**
 * Start a clock at `start`; one that runs goes on as it is. No such clock in
 * the profile: nothing. ST_REJECT R16 past the calendar.
 */
MUST_CHECK enum status
watch_start(const struct moment *m, const struct watched *w, struct str clock,
            time_ms start, struct err *err);

/**
 * When a clock without pauses that started at `start` is due; TIME_NONE where
 * the profile has no such clock. ST_REJECT R16 past the calendar.
 */
MUST_CHECK enum status
watch_due(const struct moment *m, const char *clock, time_ms start,
          time_ms *due_at, struct err *err);

/* Why a clock ends. */
struct watch_end {
    int change;        /* CLOCK_STOPPED or CLOCK_VOID */
    bool by_closing;   /* goes on where the case reopens */
    struct str reason; /* of the alerts that it clears */
};

/** Stop a clock at m->at, with its deadlines and alerts; nothing if it doesn't
 * run. */
MUST_CHECK enum status
watch_stop(const struct moment *m, const struct watched *w, struct str clock,
           const struct watch_end *end, struct err *err);

/** Stop every clock and clear every alert of the subject. */
MUST_CHECK enum status
watch_stop_all(const struct moment *m, const struct watched *w,
               const struct watch_end *end, struct err *err);

/** What closing stopped goes on, with its old due instants. */
MUST_CHECK enum status
watch_reopen(const struct moment *m, const struct watched *w, struct err *err);

/** Pause or resume at m->at the pausable clocks; `clock` null: all of them. */
MUST_CHECK enum status
watch_pause(const struct moment *m, const struct watched *w, struct str clock,
            struct err *err);
MUST_CHECK enum status
watch_resume(const struct moment *m, const struct watched *w, struct str clock,
             struct err *err);

/** The clocks of `from` go over to `w`: each keeps the earlier due (merge). */
MUST_CHECK enum status
watch_take_over(const struct moment *m, const struct watched *w, struct id from,
                struct err *err);

/**
 * A rule that has no clock (D02) is due at `due_at` (TIME_NEVER: no longer):
 * its deadlines anew, what it alerted before cleared.
 */
MUST_CHECK enum status
watch_rule(const struct moment *m, const struct watched *w, struct str rule,
           time_ms due_at, struct err *err);

/**
 * A rule's condition has come true by what is applied now (D07, D11 to D13):
 * whoever is told first is told, the rungs above count from now. `rule` is a
 * key of limits_drift. Nothing while its alert of that due time is open.
 */
MUST_CHECK enum status
watch_raise(const struct moment *m, const struct watched *w, struct str rule,
            time_ms due_at, struct err *err);

/** Due time of what is watched, or alerted and open, by a rule that has no
 * clock; TIME_NONE where nothing is. */
time_ms
watch_rule_due(const struct moment *m, struct id subject, struct str rule);

/**
 * Since when the subject's clock that has stood still longest is paused;
 * TIME_NONE where none is.
 */
time_ms
watch_paused_since(const struct moment *m, struct id subject);

/**
 * The child was born at m->at: T7 counts from then where that makes it due
 * earlier. Nothing where it doesn't run.
 */
MUST_CHECK enum status
watch_birth(const struct moment *m, const struct watched *w, struct err *err);

/**
 * Raise an alert, or take it one stage up. `role` is an enum alert_role: who
 * is told, in `unit`.
 */
MUST_CHECK enum status
watch_tell(const struct moment *m, const struct watched *w, struct str rule,
           time_ms due_at, int role, struct str unit, struct err *err);

/** Has there ever been an alert of this rule, whatever was due? */
bool
watch_told(const struct moment *m, struct id subject, struct str rule);

/** Clear the subject's alerts of a rule; TIME_NONE: of every due time. */
MUST_CHECK enum status
watch_clear(const struct moment *m, struct id subject, struct str rule,
            time_ms due_at, struct str reason, struct err *err);

/**
 * A person has seen an alert: the ladder stops until the next stage. Nothing
 * for an alert that isn't the tracker's; ST_REJECT R20 for one that is cleared
 * or acknowledged.
 */
MUST_CHECK enum status
watch_acknowledge(const struct moment *m, struct id alert_id, struct str by,
                  struct err *err);

/**
 * Whom the open alert of a deadline's rule and due time is about, for subjects
 * that have no row of their own (a worker). False where none is open.
 */
bool
watch_of_alert(const struct moment *m, const struct deadline_row *deadline,
               struct watched *out);

/**
 * A deadline fires. Removes it; *expired is set where it was the second end
 * of L3, which the caller carries out.
 */
MUST_CHECK enum status
watch_fire(const struct moment *m, const struct watched *w,
           const struct deadline_row *deadline, bool *expired, struct err *err);

#endif
