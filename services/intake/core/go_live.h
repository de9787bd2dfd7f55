/**
 * go_live: a child whom the authority knows on the day it begins with Waymark,
 * and the case that is open (`waymark import`). It says where the case stands
 * by the days on which things were done, so nothing that it says of its state
 * can contradict them, and every limit counts from the true day.
 */
#ifndef WAYMARK_INTAKE_CORE_GO_LIVE_H
#define WAYMARK_INTAKE_CORE_GO_LIVE_H

#include "common/core/records.h"
#include "intake/core/form.h"

/* The days of a case that are asked for, in the order in which they come. */
enum go_live_day {
    GO_LIVE_OPENED,
    GO_LIVE_ALLOCATED,
    GO_LIVE_ASSESSMENT_STARTED,
    GO_LIVE_ASSESSMENT_COMPLETED,
    GO_LIVE_PLAN_AGREED,
    GO_LIVE_REVIEW_HELD,
    GO_LIVE_CONTACT,
    GO_LIVE_TRACKER_REVIEWED,
    GO_LIVE_STRATEGY_STARTED,
    GO_LIVE_ICPC_HELD,
    GO_LIVE_CORE_GROUP_HELD,
    GO_LIVE_CP_REVIEW_HELD,
    GO_LIVE_CIN_PLAN_STARTED,
    GO_LIVE_CIN_REVIEW_HELD,
    GO_LIVE_LAC_STARTED,
    GO_LIVE_LAC_FIRST_REVIEW,
    GO_LIVE_LAC_LAST_REVIEW,
    GO_LIVE_N,
};

/* What the form of any notification is read into; only go_live fills `on`. */
struct go_live {
    struct notification_received record;
    date_d on[GO_LIVE_N];
};

/** No day is known yet. */
void go_live_clear(struct go_live *g);

/**
 * Hold a row against the order in which a case goes, and fill the record's
 * opened_at and milestones. A row that says nothing of a case is a child
 * without one. Adds to `r`: R03 what is missing or before what it follows,
 * R10 a day after the day of receipt, R15 an outcome or a day of the other
 * side, R16 a day before the calendar.
 */
void go_live_check(struct reading *r, struct go_live *g);

#endif
