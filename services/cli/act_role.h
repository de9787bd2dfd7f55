/**
 * Who may do what on a case (domain.md section 11), as far as an authority's
 * staff list says who is who. Held to at the terminal, which can look at the
 * case; what the role alone says, intake's door asks as well
 * (intake/core/role.h).
 */
#ifndef WAYMARK_CLI_ACT_ROLE_H
#define WAYMARK_CLI_ACT_ROLE_H

#include "common/core/codes.h"
#include "common/core/staff.h"

/* What of a case or an alert decides who may act. Borrowed. */
struct act_subject {
    int side;          /* enum side, 0: unknown */
    struct str unit;   /* or null */
    struct str worker; /* or null */
    struct str rule;   /* of an alert */
    bool incident;     /* notifier's own finding */
};

/**
 * May `person` record `activity` on it? A worker on his own cases, a leader on
 * those of his units, duty on social care's. Accepting and declining a
 * hand-over is for a leader of `unit`, the receiving one, or duty.
 */
bool act_may(const struct staff_person *person, int activity,
             const struct act_subject *subject, struct str unit);

/**
 * May `person` acknowledge that alert? Screener and duty D14, D16, D17, D19; an
 * incident is for whom notifier tells of it, duty and the MASH manager.
 */
bool act_may_acknowledge(const struct staff_person *person,
                         const struct act_subject *alert);

#endif
