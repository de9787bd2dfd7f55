#include "cli/act_role.h"

static bool
leads(const struct staff_person *p, struct str unit)
{
    bool leader = p->role == ROLE_UNIT_LEADER ||
                  p->role == ROLE_DISTRICT_MANAGER ||
                  p->role == ROLE_HEAD_OF_SERVICE;

    return leader && unit.n > 0 && staff_has_unit(p, unit);
}

static bool
owns(const struct staff_person *p, const struct act_subject *subject)
{
    return p->role == ROLE_WORKER && subject->worker.n > 0 &&
           str_eq(p->id, subject->worker);
}

bool
act_may(const struct staff_person *p, int activity,
        const struct act_subject *subject, struct str unit)
{
    if (activity == ACTIVITY_HANDOVER_ACCEPTED ||
        activity == ACTIVITY_HANDOVER_DECLINED)
        return leads(p, unit) || p->role == ROLE_DUTY;
    return owns(p, subject) || leads(p, subject->unit) ||
           (p->role == ROLE_DUTY && subject->side == SIDE_CSC) ||
           (p->role == ROLE_CAF_OFFICER &&
            (activity == ACTIVITY_CAF_RECEIVED ||
             activity == ACTIVITY_INTENT_DECLINED));
}

bool
act_may_acknowledge(const struct staff_person *p,
                    const struct act_subject *alert)
{
    bool door = p->role == ROLE_SCREENER || p->role == ROLE_DUTY;

    if (owns(p, alert) || leads(p, alert->unit))
        return true;
    if (alert->incident &&
        (p->role == ROLE_DUTY || p->role == ROLE_MASH_MANAGER))
        return true;
    return door && (str_is(alert->rule, "D14") || str_is(alert->rule, "D16") ||
                    str_is(alert->rule, "D17") || str_is(alert->rule, "D19"));
}
