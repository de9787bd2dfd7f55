/**
 * What social care did for a child, as the returns tell it (domain.md section
 * 10): an episode is one case of side csc, from receipt to closure, with its
 * assessments, plans and section 47 enquiries, each with the days on which it
 * began and ended. A return takes what it needs from it.
 *
 * Days are local dates; DATE_NONE is none. What is handed in is borrowed, what
 * is made lives in the arena.
 */
#ifndef WAYMARK_CLI_CORE_EPISODES_H
#define WAYMARK_CLI_CORE_EPISODES_H

#include "common/core/arena.h"
#include "common/core/codes.h"
#include "common/core/id.h"
#include "common/core/time.h"

/* An activity that moved a case, in the order in which it was applied. */
struct return_deed {
    int activity; /* enum activity */
    date_d on;
    int status_before; /* enum csc_status of the case */
    struct id id;
};

struct return_case {
    struct id case_id;
    date_d received;
    date_d closed;           /* closed or transferred; DATE_NONE: open */
    int state;               /* enum case_state */
    int close_outcome;       /* enum close_outcome */
    int csc_status;          /* enum csc_status, as it stands */
    struct str source;       /* code of the CIN census, or null */
    struct str primary_need; /* N0..N9, or null: nobody has entered it */
    uint32_t needs;          /* bits of enum need */
    bool nfa;                /* a referral without further action */
    const struct return_deed *deeds;
    size_t n_deeds;
};

/* A child with its cases of social care by day of receipt. */
struct return_child {
    struct id child_id;
    struct str la_child_id;
    struct str upn;
    struct str forename, surname, postcode;
    date_d dob;
    date_d expected_dob;
    bool dob_estimated;  /* from an age in years */
    int sex;             /* enum sex, 0: not known */
    int ethnicity;       /* enum ethnicity, 0: not known */
    uint32_t disability; /* bits of enum disability, 0: nobody said */
    const struct return_case *cases;
    size_t n_cases;
};

/**
 * The authority's own id of a child; where it gave none 20 digits of ours
 * (rule 1570), the same in all returns and for ever.
 */
struct str return_unique_id(struct arena *arena, struct str la_child_id,
                            struct id child_id);

/* From one day to another; `to` is DATE_NONE while it runs. */
struct span {
    date_d from;
    date_d to;
    struct id id; /* of the activity that began it */
};

/* A section 47 enquiry. `to`: the day on which it ended, either way. */
struct enquiry {
    struct span span;
    date_d conference; /* the initial child protection conference */
    bool not_required; /* it ended without one */
};

struct episode {
    const struct return_case *of;
    struct span *assessments; /* `to` is the day of authorisation */
    size_t n_assessments;
    struct span *cin_plans; /* never beside a protection plan */
    size_t n_cin_plans;
    struct span *cp_plans;
    size_t n_cp_plans;
    struct enquiry *enquiries;
    size_t n_enquiries;
    date_d conference; /* one that belongs to no enquiry */
};

/**
 * The episode of a case, from all its activities.
 *
 * An assessment runs from assessment_started to assessment_completed; one that
 * stands open when the case closes stays without its end. A section 47 enquiry
 * runs from strategy_started to icpc_held or, without one, to the end of the
 * assessment by which it was made, the plan or the closure that shows that none
 * was needed; a second strategy discussion meanwhile belongs to it, and a
 * conference later still does. A CIN plan ends when the child gets a protection
 * plan or is looked after, or the case closes; a protection plan runs while
 * csc_status is cp.
 */
void episode_make(struct arena *arena, const struct return_case *c,
                  struct episode *out);

/**
 * The census's reason for a closure, "RC1".."RC9"; NULL for an open case. RC8
 * and RC9 say that nothing came after an assessment: where there was no
 * assessment, or more than that, it is RC7.
 */
const char *episode_closure_reason(const struct episode *e);

/** Most codes that a list of factors can have. */
#define FACTORS_MAX 10
/**
 * Factors of an assessment (codes of the CIN census) from the needs that were
 * found: `out` gets their codes in the census's order, without doubles;
 * returns how many. A table in the .c says which need is which factor: a need
 * without a factor of its own is "20" (other).
 */
size_t episode_factors(uint32_t needs, const char *out[FACTORS_MAX]);

#endif
