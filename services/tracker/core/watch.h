/**
 * The clocks of one subject: a limit starts, is paused, is moved, is met or
 * ends (domain.md section 7). What it is to warn of and when it is late hangs
 * on it as deadlines (rungs.h). Whatever is stopped late or recorded late
 * clears its alert; that the alert was raised stays said.
 *
 * Ids of clocks are struct str here, because rows hold them so. What the
 * functions read of a subject is wanted with subject_want (subject.h). `w` is
 * the subject, with whoever is told; an end or a change happens at m->at.
 *
 * All that return a status give what say_clock and alerts_clear do; those that
 * work out a due instant anew (start, pause, resume, birth, take_over) also
 * ST_REJECT, code R16, past the calendar.
 */
#ifndef WAYMARK_TRACKER_CORE_WATCH_H
#define WAYMARK_TRACKER_CORE_WATCH_H

#include "tracker/core/alerts.h"

/** The clock's row, running or not; NULL if it never ran. */
const struct clock_row *watch_clock(const struct moment *m, struct id subject,
                                    struct str clock);
/** Started, and neither stopped nor void; a paused one runs, too. */
bool watch_runs(const struct moment *m, struct id subject, struct str clock);

/** The subject's next clock, running or not: start with *at = 0, NULL at the
 * end. */
const struct clock_row *watch_next_clock(const struct moment *m,
                                         struct id subject, size_t *at);

/**
 * A correction gives a clock back how it stood: running on to its old due
 * instant, paused, stopped, or void where it had never run. What hung on its
 * present run goes.
 */
MUST_CHECK enum status watch_restore(const struct moment *m,
                                     const struct watched *w,
                                     const struct deed_clock_row *before,
                                     struct err *err);

/**
 * Start a clock at `start`; one that runs goes on as it is. No such clock in
 * the profile: nothing. ST_REJECT R16 past the calendar.
 */
MUST_CHECK enum status watch_start(const struct moment *m,
                                   const struct watched *w, struct str clock,
                                   time_ms start, struct err *err);

/* Why a clock ends. */
struct watch_end {
    int change;        /* CLOCK_STOPPED or CLOCK_VOID */
    bool by_closing;   /* goes on where the case reopens */
    struct str reason; /* of the alerts that it clears */
};

/** Stop a clock at m->at, with its deadlines and alerts; nothing if it doesn't
 * run. */
MUST_CHECK enum status watch_stop(const struct moment *m,
                                  const struct watched *w, struct str clock,
                                  const struct watch_end *end, struct err *err);

/** Stop every clock and clear every alert of the subject. */
MUST_CHECK enum status watch_stop_all(const struct moment *m,
                                      const struct watched *w,
                                      const struct watch_end *end,
                                      struct err *err);

/** What closing stopped goes on, with its old due instants. */
MUST_CHECK enum status watch_reopen(const struct moment *m,
                                    const struct watched *w, struct err *err);

/**
 * Pause the subject's running clocks that the profile lets pause; one clock by
 * its id, all of them for a null text. One that is paused stays so.
 */
MUST_CHECK enum status watch_pause(const struct moment *m,
                                   const struct watched *w, struct str clock,
                                   struct err *err);
/** Resume those that are paused, `clock` as above; each is due later by it. */
MUST_CHECK enum status watch_resume(const struct moment *m,
                                    const struct watched *w, struct str clock,
                                    struct err *err);

/** The clocks of `from` go over to `w`: each keeps the earlier due (merge). */
MUST_CHECK enum status watch_take_over(const struct moment *m,
                                       const struct watched *w, struct id from,
                                       struct err *err);

/**
 * Since when the subject's clock that has stood still longest is paused;
 * TIME_NONE where none is.
 */
time_ms watch_paused_since(const struct moment *m, struct id subject);

/**
 * The child was born at m->at: T7 counts from then where that makes it due
 * earlier. Nothing where it doesn't run.
 */
MUST_CHECK enum status watch_birth(const struct moment *m,
                                   const struct watched *w, struct err *err);

#endif
