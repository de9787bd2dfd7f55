/**
 * Findings that people hear of (domain.md section 8): one alert for each
 * subject, rule and due instant, told stage by stage and cleared when its
 * condition ends. What was said stays said, so a cleared one stays in its
 * table, and the same finding again is raised with the next number.
 */
#ifndef WAYMARK_TRACKER_CORE_ALERTS_H
#define WAYMARK_TRACKER_CORE_ALERTS_H

#include "tracker/core/say.h"

/* Whom clocks and alerts are about, and who would be told. Borrowed. */
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

/**
 * The alert of that key that isn't cleared, or NULL; *raised says how often
 * there was one.
 */
const struct alert_row *alerts_find(const struct moment *m, struct id subject,
                                    struct str rule, time_ms due_at,
                                    int32_t *raised);

/**
 * Raise an alert, or take it one stage up. `role` is an enum alert_role: who
 * is told, in `unit`.
 */
MUST_CHECK enum status alerts_tell(const struct moment *m,
                                   const struct watched *w, struct str rule,
                                   time_ms due_at, int role, struct str unit,
                                   struct err *err);

/** Has there ever been an alert of this rule, whatever was due? */
bool alerts_told(const struct moment *m, struct id subject, struct str rule);

/**
 * Clear the subject's alerts of a rule, saying why (say_cleared); a null rule:
 * of all rules; TIME_NONE: of every due time.
 */
MUST_CHECK enum status alerts_clear(const struct moment *m, struct id subject,
                                    struct str rule, time_ms due_at,
                                    struct str reason, struct err *err);

#endif
