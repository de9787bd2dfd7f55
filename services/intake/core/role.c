#include "intake/core/role.h"

#include "common/core/codes.h"

#define ROLE_BIT(role) (1u << (role))

/* Domain.md's "district"; the head of service stands above them. */
#define MANAGERS                                                               \
    (ROLE_BIT(ROLE_DISTRICT_MANAGER) | ROLE_BIT(ROLE_HEAD_OF_SERVICE))
#define LEADERS (ROLE_BIT(ROLE_UNIT_LEADER) | MANAGERS)
#define SCREENERS (ROLE_BIT(ROLE_SCREENER) | ROLE_BIT(ROLE_MASH_MANAGER))
#define DUTY ROLE_BIT(ROLE_DUTY)
#define CASE_WORK (ROLE_BIT(ROLE_WORKER) | LEADERS | DUTY)

static bool
is_one_of(const struct staff_person *p, unsigned roles)
{
    return (ROLE_BIT(p->role) & roles) != 0;
}

static unsigned
recorders(int activity)
{
    switch (activity) {
    case ACTIVITY_HANDOVER_ACCEPTED:
    case ACTIVITY_HANDOVER_DECLINED:
        return LEADERS | DUTY;
    case ACTIVITY_CONSULTED:
    case ACTIVITY_CONSULTATION_ANSWERED:
        return SCREENERS | DUTY;
    case ACTIVITY_ALERT_ACKNOWLEDGED:
    case ACTIVITY_ENCOMPASS_RELAYED:
        return CASE_WORK | SCREENERS;
    case ACTIVITY_CAF_RECEIVED:
    case ACTIVITY_INTENT_DECLINED:
        return CASE_WORK | ROLE_BIT(ROLE_CAF_OFFICER);
    default:
        return CASE_WORK;
    }
}

/* Duty answers hand-overs and alerts of both sides. */
static bool
is_duty_of_other_side(const struct staff_person *p,
                      const struct activity_reported *rec)
{
    return p->role == ROLE_DUTY && rec->side == SIDE_EH &&
           rec->activity != ACTIVITY_HANDOVER_ACCEPTED &&
           rec->activity != ACTIVITY_HANDOVER_DECLINED &&
           rec->activity != ACTIVITY_ALERT_ACKNOWLEDGED;
}

bool
role_may_record(const struct staff_person *p,
                const struct activity_reported *rec)
{
    if (!is_one_of(p, recorders(rec->activity)) ||
        is_duty_of_other_side(p, rec))
        return false;
    return !is_one_of(p, LEADERS) || rec->unit.n == 0 ||
           staff_has_unit(p, rec->unit);
}

bool
role_may_decide(const struct staff_person *p, const struct agency *agency)
{
    if (is_one_of(p, SCREENERS))
        return agency->type != AGENCY_SOCIAL_CARE;
    if (is_one_of(p, DUTY))
        return agency->type != AGENCY_EARLY_HELP;
    return is_one_of(p, MANAGERS);
}

bool
role_may_resolve(const struct staff_person *p, const struct match_resolved *rec)
{
    bool unmerge = id_is_none(rec->child_id) && rec->second_by.n > 0;

    return is_one_of(
        p, unmerge ? MANAGERS | ROLE_BIT(ROLE_DPO) : SCREENERS | DUTY);
}

bool
role_may_second(const struct staff_person *p)
{
    return is_one_of(p, LEADERS);
}

static bool
names_officer(const struct staff *staff)
{
    for (size_t i = 0; i < staff->n_people; i++)
        if (staff->people[i].role == ROLE_DPO)
            return true;
    return false;
}

bool
role_may_govern(const struct staff *staff, struct str by, struct str second_by)
{
    const struct staff_person *first, *second;

    if (staff == NULL || !names_officer(staff))
        return true;
    first = staff_person(staff, by);
    second = staff_person(staff, second_by);
    return first != NULL && second != NULL &&
           is_one_of(first, ROLE_BIT(ROLE_DPO)) &&
           is_one_of(second, LEADERS | ROLE_BIT(ROLE_DPO));
}
