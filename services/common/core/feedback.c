#include "common/core/feedback.h"

static bool
sees_everything(int agency_type)
{
    return agency_type == AGENCY_POLICE || agency_type == AGENCY_HEALTH ||
           agency_type == AGENCY_SOCIAL_CARE;
}

bool
feedback_is_receipt_only(int agency_type)
{
    return agency_type == AGENCY_ANONYMOUS || agency_type == AGENCY_UNKNOWN ||
           agency_type == 0;
}

int
feedback_for(const struct feedback_about *about)
{
    if (about->refusal.n > 0)
        return ANSWER_REFUSED;
    if ((str_is(about->rule_id, "C01") || str_is(about->rule_id, "C02")) &&
        !sees_everything(about->agency_type))
        return ANSWER_WITHHELD;
    if (feedback_is_receipt_only(about->agency_type))
        return ANSWER_RECEIVED;
    switch (about->agency_type) {
    case AGENCY_HOUSING:
    case AGENCY_VOLUNTARY:
    case AGENCY_OTHER_LEGAL:
        return about->outcome == OUTCOME_NFA ||
                       about->outcome == OUTCOME_UNIVERSAL
                   ? ANSWER_NO_FURTHER_ACTION
                   : ANSWER_BEING_HELPED;
    case AGENCY_INDIVIDUAL:
        return ANSWER_NEXT_STEPS;
    default:
        return ANSWER_OUTCOME;
    }
}
