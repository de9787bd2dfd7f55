/**
 * Who comes next, and when somebody may be disturbed: domain.md section 8 and
 * the office hours of the profile. Pure; the sender asks the same functions.
 */
#ifndef WAYMARK_NOTIFIER_CORE_LADDER_H
#define WAYMARK_NOTIFIER_CORE_LADDER_H

#include <stdbool.h>

#include "common/core/calendar.h"
#include "common/core/profile.h"

/**
 * Whom to tell when `role` can't be reached (enum alert_role): worker, unit
 * leader, district manager, head of service; CAF officer's leader is the unit
 * leader; screener and duty have the MASH manager, who has the head of
 * service. Behind the head of service stands duty, so it never ends.
 */
int ladder_next(int role);

/**
 * Told at once, by night and on holidays: what is about a missing child (D10,
 * D11, D16, T10, any alert of an episode), and a school's relay, which T11
 * wants there before half past eight. `rule` may be null.
 */
bool ladder_is_urgent(struct str rule, int subject_kind);

/**
 * The first instant at or after `at` within the office hours; `at` itself
 * where `profile` or `cal` is NULL or the calendar ends before.
 */
time_ms ladder_open(const struct profile *profile, const struct calendar *cal,
                    time_ms at);
/** The first opening of the office after `at`: when the next digest goes out.
 */
time_ms ladder_opening(const struct profile *profile,
                       const struct calendar *cal, time_ms at);

/**
 * When a role is told what happened at `at`: urgent at once; a worker with
 * the next digest, so that warnings come once a working day; all others as
 * soon as the office is open.
 */
time_ms ladder_send_at(const struct profile *profile,
                       const struct calendar *cal, int role, bool urgent,
                       time_ms at);

#endif
