/**
 * The tracker: where does each case stand, what is due, and who must be told
 * when nothing moves. Takes `casework`, alone decides the state of cases, and
 * gives `case-journal`, `alerts` and `feedback` (design.md section 3).
 */
#ifndef WAYMARK_TRACKER_CORE_TRACKER_H
#define WAYMARK_TRACKER_CORE_TRACKER_H

#include "common/core/service.h"

extern const struct service_def tracker_service;

#endif
