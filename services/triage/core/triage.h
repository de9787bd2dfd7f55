/**
 * Triage as the engine runs it: notifications in, decisions out; the journal
 * of cases comes back so that it knows what is open.
 *
 * Everything about a child passes here, and triage alone knows who it is
 * (design.md section 1). Each record type has its own file; this one only
 * hands them round.
 */
#ifndef WAYMARK_TRIAGE_CORE_TRIAGE_H
#define WAYMARK_TRIAGE_CORE_TRIAGE_H

#include "common/core/service.h"

extern const struct service_def triage_service;

#endif
