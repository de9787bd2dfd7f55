/**
 * A profile: what differs between authorities, as plain data.
 *
 * Everything here comes from one file in profiles/ (adapters/profile_json.h
 * reads and checks it); a version that the log has activated is never changed.
 * Values that the file gives in words only a person acts on (panels, titles)
 * are left out. Lists are in the file's order unless it says otherwise. All
 * members are borrowed from the arena that the profile was read into.
 */
#ifndef WAYMARK_COMMON_CORE_PROFILE_H
#define WAYMARK_COMMON_CORE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/calendar.h"
#include "common/core/clock.h"
#include "common/core/codes.h"
#include "common/core/field.h"
#include "common/core/linkage_model.h"
#include "common/core/rule.h"
#include "common/core/str.h"

struct profile_unit {
    struct str id;
    struct str name;
};

/* An area with its units; never empty. */
struct profile_locality {
    struct str id;
    struct str name;
    struct texts aliases;
    const struct profile_unit *units;
    size_t n_units;
    struct str source;
};

/* "CT1" -> "canterbury": the longest prefix of a postcode decides. */
struct profile_postcode {
    struct str prefix; /* upper case, without the space */
    struct str locality;
};

/* Units of a locality that take an outcome, where not all of them do. */
struct profile_route {
    int outcome; /* of codes_outcome */
    struct texts units;
};

struct profile_routing {
    const struct profile_route *routes;
    size_t n_routes;
    struct str csc_team;  /* unit of what goes to social care */
    struct str duty_tray; /* unit of what has no locality (W05) */
    struct str source;
};

struct profile_ages {
    bool from_pre_birth;
    int to_years;      /* up to and with this age */
    int to_years_send; /* special needs, disability, care leaver */
    struct str source;
};

/* Section 8 of domain.md; -1 where the profile gives none. */
struct profile_drift {
    int unallocated_working_days;   /* D01 */
    int no_activity_days;           /* D02 */
    int open_weeks;                 /* D06: alert */
    int open_weeks_escalate;        /* D06: district manager */
    int short_open_days;            /* D07 */
    int handover_working_days;      /* D08 */
    int intent_chase_working_days;  /* D09: every */
    int intent_late_working_days;   /* D09 */
    int rhi_hours;                  /* D10 */
    int missing_count;              /* D11: episodes */
    int missing_days_strategy;      /* D11, C04: 30 */
    int missing_days_alert;         /* D11, A03: 90 */
    int re_referral_months;         /* D12 */
    int caseload_over;              /* D13: more than this many open cases */
    int answer_working_days;        /* D14 */
    int tracker_review_months;      /* D15 */
    int missing_untriaged_s;        /* D16 */
    int pause_days;                 /* D18 */
    int match_review_missing_hours; /* D19 */
    int match_review_hours;         /* D19 */
    int panel_days;                 /* D20 */
    int escalate_district_working_days;
    int escalate_head_working_days;
    int rhi_escalate_hours[2];   /* D10, after due: first, next */
    int untriaged_escalate_s[2]; /* D16, after receipt: first, next */
};

/* Lengths of L1 and L6 by colour; blue has no clock. */
struct profile_rag_hours {
    int red;
    int amber;
    int green;
};

/* A band of ages, both ends included; -1 at an open end or where unsaid. */
struct profile_age_band {
    struct str name;
    int from_years;
    int to_years;
};

struct profile_suppression {
    int below; /* counts from 1 to below - 1 are hidden */
    bool secondary;
    bool zero_shown;
    struct texts audiences;
};

/* A worked example: with these facts this rule decides. */
struct profile_example {
    struct facts facts;
    struct str rule;
    int outcome; /* of codes_outcome */
    struct texts hits;
    struct texts action_rules;
};

struct profile_clock {
    struct clock_spec spec;
    struct str source;
};

struct profile {
    struct str id;      /* "kent-2015" */
    struct str version; /* as the file says: "0.1-draft" */
    struct str hash;    /* 64 hex digits over the file's bytes (BLAKE2b-256) */
    struct str version_id; /* "kent-2015@0.1-draft#" and 8 digits of the hash */
    struct str name;       /* of the authority, for people */
    struct str la_code;    /* 3 digits, or null: then no census export */
    struct str calendar;   /* name of a file in calendars/ */
    struct str timezone;
    enum calendar_count count; /* how working days count */
    struct office_hours office;
    struct date_ranges closures; /* local clocks only */
    struct date_ranges school_closed;
    struct str duty_phone;
    struct profile_ages ages;

    const struct profile_locality *localities;
    size_t n_localities;
    struct profile_routing routing;
    const struct profile_postcode *postcodes; /* ascending by prefix */
    size_t n_postcodes;

    int caseload_low; /* norm a worker */
    int caseload_high;
    int average_weeks; /* -1 where not stated */

    int match_ppm;  /* parts per million: at or above is matched */
    int review_ppm; /* at or above is a review */
    const struct linkage_model *linkage; /* its limits are the two above */

    struct rules decisions;  /* first hit decides */
    struct rules actions;    /* every hit applies */
    struct texts auto_final; /* ids of decision rules that need no person */
    int rationale_min_chars;
    bool second_name_for_downgrade;

    const struct profile_clock *clocks;
    size_t n_clocks;
    struct profile_rag_hours rag_hours;
    struct profile_drift drift;

    uint32_t positive_outcomes; /* bits of enum close_outcome */
    uint32_t neutral_outcomes;
    const struct profile_age_band *age_bands;
    size_t n_age_bands;
    struct texts scorecard; /* K01.. */
    struct profile_suppression suppression;

    const struct profile_example *examples;
    size_t n_examples;
};

/* What conditions may name: the rule inputs of domain.md section 5. */
extern const struct rule_input profile_inputs[];
extern const size_t profile_n_inputs;

/** The clock of that id ("T12b"), or NULL. */
const struct clock_spec *profile_clock(const struct profile *p, const char *id);

/** What all clocks of this authority have in common. */
struct clock_setting profile_clock_setting(const struct profile *p,
                                           const struct calendar *cal);

/** The locality of that id, or NULL. */
const struct profile_locality *profile_locality(const struct profile *p,
                                                struct str id);

/**
 * The locality of a postcode ("CT1 1AA"): the longest prefix in the map that
 * ends where the outward part does or within it, so that CT1 is not taken for
 * CT11. NULL for a null or unmapped postcode (W05).
 */
const struct profile_locality *
profile_locality_of_postcode(const struct profile *p, struct str postcode);

/** May this decision rule decide without a person? */
bool profile_is_auto_final(const struct profile *p, struct str rule_id);

#endif
