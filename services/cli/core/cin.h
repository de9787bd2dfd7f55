/**
 * The children in need census (domain.md section 10): children and episodes as
 * the file has them, and what could not be filled. Dates and codes follow the
 * rules of the DfE's census guide; the number of the rule stands where one is
 * applied. Nothing is written here: cli/return_cin.h makes the XML.
 */
#ifndef WAYMARK_CLI_CORE_CIN_H
#define WAYMARK_CLI_CORE_CIN_H

#include "cli/core/episodes.h"
#include "cli/core/finding.h"
#include "common/core/calendar.h"

struct cin_assessment {
    date_d started;
    date_d authorised;
    const char *factors[FACTORS_MAX];
    size_t n_factors;
};

struct cin_enquiry {
    date_d started;
    date_d conference;
    bool not_required;
};

struct cin_episode {
    date_d referred;
    struct str source;
    struct str primary_need; /* null on a referral without further action */
    date_d closed;
    const char *reason; /* with `closed` */
    date_d conference;
    bool nfa;
    struct cin_assessment *assessments;
    size_t n_assessments;
    struct span *plans;
    size_t n_plans;
    struct cin_enquiry *enquiries;
    size_t n_enquiries;
};

struct cin_child {
    const struct return_child *of;
    struct str la_child_id;
    struct str upn; /* null: then upn_unknown */
    const char *upn_unknown;
    date_d dob; /* or expected */
    date_d expected_dob;
    date_d died;
    int sex;
    int ethnicity;
    uint32_t disability; /* 0: an unborn child's, or not asked for */
    struct cin_episode *episodes;
    size_t n_episodes;
};

struct cin {
    struct cin_child *children;
    size_t n_children;
    struct findings findings;
    size_t n_stops; /* children, not findings */
};

struct cin_options {
    date_d first;                    /* 1 April */
    date_d last;                     /* 31 March, the reference date */
    const struct calendar *calendar; /* for what is late; NULL: not told */
    bool without_stopped; /* leave out children that can't be in the file */
};

/** Days of a census year: "2025-26" is 2025-04-01 to 2026-03-31. False for
 * any other text. */
bool cin_year(struct str text, struct cin_options *out);

/**
 * The census of these children, each with its cases of social care by day of
 * receipt. Children without an episode in the year aren't in it. While
 * n_stops > 0 and `without_stopped` is false, there are no children in `out`:
 * the file would not validate. Findings stand in the order of the children.
 */
void cin_make(struct arena *arena, const struct cin_options *options,
              const struct return_child *children, size_t n, struct cin *out);

#endif
