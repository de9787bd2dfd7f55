/**
 * A case that was open before the authority began here (kind go_live). It goes
 * through its own past by the same table of the life cycle as any other case,
 * with the days on which things were done, so that its state and every clock
 * that still runs are what they would be. All of that is quiet: nothing is
 * said of it and no alert comes of a limit that had passed by then; what has
 * still to fall due will. In the end the case is told once, as it stands, and
 * each clock that runs.
 *
 * What was overdue on that day is known by its clocks (`waymark import` lists
 * it); nobody is called up for it one by one.
 */
#ifndef WAYMARK_TRACKER_CORE_GO_LIVE_H
#define WAYMARK_TRACKER_CORE_GO_LIVE_H

#include "tracker/core/cases.h"

/** Does the decision hand over an open case? */
bool go_live_has_case(const struct referral_decided *d);

/**
 * Open it; *out is the case as it stands, stored. A milestone that doesn't fit
 * where the case has got to is left out: the door asks for all that goes
 * before one. ST_REJECT R16 past the calendar.
 */
MUST_CHECK enum status go_live_open(const struct moment *m,
                                    const struct referral_decided *d,
                                    const struct case_row **out,
                                    struct err *err);

#endif
