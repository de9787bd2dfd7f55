/**
 * Deadlines, and who is told when one fires: rung by rung up the ladder of
 * domain.md section 8. What is watched is a clock's run (watch.h) or a rule
 * that has no clock; ids of both are struct str, because rows hold them so.
 *
 * A deadline fires one millisecond after what it watches was due: equal is in
 * time.
 */
#ifndef WAYMARK_TRACKER_CORE_RUNGS_H
#define WAYMARK_TRACKER_CORE_RUNGS_H

#include "tracker/core/alerts.h"

/** The name that alerts of a clock, or of a rule without one, go by. */
struct str rungs_rule(struct str clock);

/**
 * Set the deadline of a stage (enum deadline_stage): it fires at `at`, never
 * where that is TIME_NEVER, and now where that is past: nobody hears of a
 * thing before it is known. In a quiet moment never where it is past. `alert_due_at` is the due instant in the alert's
 * key.
 */
void rungs_put(const struct moment *m, const struct watched *w, struct str rule,
               int32_t stage, time_ms at, time_ms alert_due_at);

/**
 * Set the deadlines of a clock's run that is due at `due_at`: its first
 * warning, and with that what follows when it fires. `warn_at` are the warnings
 * that are to be said, ascending and before `due_at`, each at its place
 * (TIME_NONE: not said); `late` where it is late after `due_at`. What is past,
 * and a quiet moment: as with rungs_put; no more than one warning may be past.
 */
void rungs_put_run(const struct moment *m, const struct watched *w,
                   struct str clock, const time_ms warn_at[CLOCK_WARNS],
                   bool late, time_ms due_at);

/** Remove the subject's deadlines of a rule, whatever was due. */
void rungs_remove(const struct moment *m, struct id subject, struct str rule);

/**
 * A rule that has no clock (D02) is due at `due_at` (TIME_NEVER: no longer):
 * its deadlines anew, what it alerted before cleared.
 */
MUST_CHECK enum status rungs_watch(const struct moment *m,
                                   const struct watched *w, struct str rule,
                                   time_ms due_at, struct err *err);

/**
 * A rule's condition has come true by what is applied now (D07, D11 to D13):
 * whoever is told first is told, the rungs above count from now. `rule` is a
 * key of limits_drift. Nothing while its alert of that due time is open.
 */
MUST_CHECK enum status rungs_raise(const struct moment *m,
                                   const struct watched *w, struct str rule,
                                   time_ms due_at, struct err *err);

/** Due time of what is watched, or alerted and open, by a rule that has no
 * clock; TIME_NONE where nothing is. */
time_ms rungs_due(const struct moment *m, struct id subject, struct str rule);

/**
 * A person has seen an alert: the ladder stops until the next stage. Nothing
 * for an alert that isn't the tracker's; ST_REJECT R20 for one that is cleared
 * or acknowledged.
 */
MUST_CHECK enum status rungs_acknowledge(const struct moment *m,
                                         struct id alert_id, struct str by,
                                         struct err *err);

/**
 * Whom the open alert of a deadline's rule and due time is about, for subjects
 * that have no row of their own (a worker). False where none is open.
 */
bool rungs_of_alert(const struct moment *m, const struct deadline_row *deadline,
                    struct watched *out);

/**
 * A deadline fires. Removes it and puts what follows; *expired is set where it
 * was the second end of L3, which the caller carries out.
 */
MUST_CHECK enum status rungs_fire(const struct moment *m,
                                  const struct watched *w,
                                  const struct deadline_row *deadline,
                                  bool *expired, struct err *err);

#endif
