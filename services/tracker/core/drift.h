/**
 * Drift rules that no clock carries: open too long (D06), back after a short
 * help (D07), back within a year (D12), paused too long (D18); domain.md
 * section 8. The numbers are the profile's.
 *
 * The rows of the child's cases, and what hangs on `c`, were wanted before
 * (cases_want, cases_want_child). All give what rungs_watch and rungs_raise do.
 */
#ifndef WAYMARK_TRACKER_CORE_DRIFT_H
#define WAYMARK_TRACKER_CORE_DRIFT_H

#include "tracker/core/cases.h"

/** The case is open, anew or again: D06 counts weeks from its opening. */
MUST_CHECK enum status drift_opened(const struct moment *m,
                                    const struct case_row *c,
                                    const struct watched *w, struct err *err);

/**
 * Help has begun again at `at`: by a re-referral that opened `c`, or by a
 * step-up that `c` was offered for. D07 where a case of the child was closed
 * too soon before, and D12 for a re-referral. D07's alert hangs on `c`, whose
 * closing clears it; it names the case that was short and tells its unit.
 */
MUST_CHECK enum status drift_returned(const struct moment *m,
                                      const struct case_row *c, time_ms at,
                                      bool re_referral, struct err *err);

/**
 * D18 watches the case's clock that has stood still longest, as its clocks
 * are now.
 */
MUST_CHECK enum status drift_paused(const struct moment *m,
                                    const struct watched *w, struct err *err);

/**
 * Was `past` closed after less than `short_days`, and is `at` within `months`
 * of that (to the same day of the month)? Never of a case that no unit worked,
 * or that should not have been.
 */
bool drift_was_short(const struct zone *zone, const struct case_row *past,
                     int short_days, int months, time_ms at);

#endif
