/**
 * How much each kind of sender is told of what became of its notification:
 * domain.md section 11, "Feedback". One place for whoever answers (tracker)
 * and whoever is asked (intake).
 */
#ifndef WAYMARK_COMMON_CORE_FEEDBACK_H
#define WAYMARK_COMMON_CORE_FEEDBACK_H

#include "common/core/codes.h"

struct feedback_about {
    int agency_type;    /* enum agency_type of the sender; 0: not known */
    struct str rule_id; /* that decided: C01, C02 are withheld from some */
    int outcome;        /* enum outcome */
    struct str refusal; /* R20..R23, or null */
};

/** What may be told: enum answer. */
int feedback_for(const struct feedback_about *about);

/** Does this kind of sender never hear more than that it was received? */
bool feedback_is_receipt_only(int agency_type);

#endif
