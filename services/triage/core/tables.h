/**
 * The tables of triage: who the children are, what was decided about every
 * notification, and what triage has heard of their cases.
 *
 * sql/ holds the same in SQL, column by column; the shard's number stands
 * before every key there. Names and what else identifies stand in child,
 * child_identifier, child_told and nowhere else; child_block has hashes of
 * them. A new row is cleared with fields_clear(&triage_tables[T].fields, &row)
 * before it is filled.
 */
#ifndef WAYMARK_TRIAGE_CORE_TABLES_H
#define WAYMARK_TRIAGE_CORE_TABLES_H

#include "common/core/codes.h"
#include "common/core/field.h"
#include "common/core/id.h"
#include "common/core/rows.h"
#include "common/core/time.h"

enum triage_table {
    TRIAGE_CHILD = 0,
    TRIAGE_BLOCK,
    TRIAGE_IDENTIFIER,
    TRIAGE_TOLD,
    TRIAGE_LINK,
    TRIAGE_REVIEW,
    TRIAGE_DECISION,
    TRIAGE_STANDING,
    TRIAGE_EPISODE,
    TRIAGE_CASE,
    TRIAGE_UNIT,
    TRIAGE_TABLE_N,
};

extern const struct table triage_tables[TRIAGE_TABLE_N];

/* Indexes of TRIAGE_CHILD. */
enum {
    CHILD_BY_MOTHER = 0, /* mother_norm; unborn children only */
    CHILD_BY_SURVIVOR,   /* merged_into */
};

/* Index of TRIAGE_BLOCK: block. */
enum { BLOCK_BY_VALUE = 0 };

/* Indexes of TRIAGE_IDENTIFIER. */
enum {
    IDENTIFIER_BY_VALUE = 0, /* kind, value */
    IDENTIFIER_BY_CHILD,
};

/* Index of TRIAGE_TOLD: child_id, in the order of telling. */
enum { TOLD_BY_CHILD = 0 };

/* Indexes of TRIAGE_DECISION. */
enum {
    DECISION_BY_KEY = 0, /* agency_id, agency_ref: all amendments */
    DECISION_BY_EPISODE,
};

/* Index of TRIAGE_STANDING: referral_of. */
enum { STANDING_BY_REFERRAL = 0 };

/* Index of TRIAGE_EPISODE and TRIAGE_CASE: child_id. */
enum { BY_CHILD_ID = 0 };

/* Index of TRIAGE_UNIT: side. */
enum { UNIT_BY_SIDE = 0 };

/*
 * A person, as last told. Ids in child_identifier find it, and child_block.
 *
 * Two children who turn out to be one keep a row each, with what their own
 * notifications told: the one who was first seen stands for both, the other
 * names it in merged_into. So what is the child's is what hangs on all these
 * rows (one_child.h), and to take them apart again is to clear merged_into.
 */
struct triage_child {
    struct id child_id;
    time_ms first_seen_at; /* the survivor of a merge is the first seen */
    struct str forename;
    struct str surname;
    struct texts aliases;
    struct str forename_norm; /* see triage_norm; null where absent */
    struct str surname_norm;
    date_d dob;
    bool dob_estimated;
    date_d expected_dob;
    struct str mother_norm; /* of an unborn child */
    int sex;
    int ethnicity;
    uint32_t disability;
    enum tri sen;
    struct str la_child_id;
    struct str postcode;
    struct str address;
    struct str address_norm; /* address and postcode together */
    struct str school_urn;
    struct str looked_after_by;
    /* How many notifications have told of it and are not erased: with the last
     * of them all of it goes, but for id and first_seen_at. */
    int32_t told_by;
    struct str nhs_number; /* the first that was told: two that differ are */
    struct str upn;        /* two children; a permanent one */
    struct id merged_into; /* the child that stands for it, or null */
    int32_t joined;        /* how many children name this one in merged_into */
    int32_t tellings;      /* how many there ever were, erased ones included */
};

/*
 * Something that a child has in common with the messages about it: a hash of
 * names, birth, postcode (candidates.h).
 */
struct triage_block {
    int64_t block;
    struct id child_id;
};

/* A number that belongs to a child; a wrong one may belong to two. */
struct triage_identifier {
    int kind; /* enum triage_identifier_kind */
    struct str value;
    struct str la_code; /* of an LA child id; else empty, never null */
    struct id child_id;
};

enum triage_identifier_kind {
    IDENTIFIER_NHS = 1,
    IDENTIFIER_UPN,
    IDENTIFIER_LA,
};
extern const struct codes codes_triage_identifier;

/*
 * What one notification told of a child (told.h): the child's row is made of
 * these, and made again without one that is erased.
 */
struct triage_told {
    struct id child_id;
    int32_t nth; /* from 1, in the order of telling */
    struct id notification_id;
    bool over; /* its names and birth replaced those told before */
    struct str forename;
    struct str surname;
    struct texts aliases;
    date_d dob;
    bool dob_estimated;
    date_d expected_dob;
    struct str mother_norm; /* only where it told no birth */
    int sex;
    int ethnicity;
    uint32_t disability;
    enum tri sen;
    struct str nhs_number;
    struct str upn;
    struct str la_child_id;
    struct str la_code;
    struct str postcode;
    struct str address;
    struct str school_urn;
    struct str looked_after_by;
};

/* Two children who belong together and are not the same: both ways. */
struct triage_link {
    struct id child_id;
    struct id other_id;
    struct str reason; /* "sibling", "twin" */
    struct id notification_id;
};

/* A match that a person has to look at (D19). */
struct triage_review {
    struct id notification_id;
    struct id child_id;      /* provisional: who it is until resolved */
    struct texts candidates; /* ids of the children it might be */
    struct str step;         /* of domain.md section 4 */
    time_ms opened_at;
    time_ms resolved_at;
    struct str by;
    struct str second_by; /* of an unmerge */
    struct id joined_id;  /* the child whose merge this resolution was */
};

/*
 * One notification and what was decided about it, last. What the rules saw is
 * kept so that a screening can run them again and `why` can print them.
 *
 * Two tables have it. TRIAGE_DECISION is the whole of it but for the last
 * three, wide and as a rule written once. TRIAGE_STANDING is narrow: the little
 * that later decisions about the child look at, and what tracker's answer
 * changes. triage_keep writes both.
 */
struct triage_decision {
    struct id notification_id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    bool superseded; /* a higher amendment is the truth (W12) */
    int agency_type;
    struct str cin_source;
    int kind;
    time_ms received_at; /* receipt of the first amendment */
    time_ms recorded_at; /* receipt of this one */
    time_ms occurred_at;

    struct id child_id; /* its own, though that may be merged since */
    int match_status;
    struct str match_step;
    int32_t match_weight;  /* log2 odds, millibits: of the child, or of the
                              likeliest other one; null where there was none */
    struct texts evidence; /* "field=level weight" of it, see match.h */

    /* What the message says, the screener's word over it. */
    int entry;
    uint32_t needs;
    int32_t level;
    int csc_threshold;
    bool immediate_danger;
    bool info_only;
    int harm;
    enum tri impaired;
    enum tri single_agency_able;
    int consent;
    int risk_of_csc;
    int risk_grade;
    int rag;
    struct id episode_id;
    struct str episode_ref;
    time_ms reported_at;
    time_ms graded_at;
    time_ms found_at;
    time_ms cancelled_at;
    int cancel_reason;
    int missing_category;
    time_ms last_seen_at;
    time_ms incident_at;
    struct id offered_case_id;
    struct str wanted_unit; /* that the message asks for, or null */
    struct texts warnings;

    /* What the rules made of it. */
    struct id decision_id;
    int32_t decisions; /* how often it was decided */
    int outcome;
    int rule_outcome; /* the rule's own, where a person decided otherwise */
    int status;
    struct str rule_id;
    struct texts hits;
    struct texts action_rules;
    struct texts actions;
    struct texts inputs; /* "name=value", all rule inputs as seen */
    struct texts ask;
    struct str profile_version;
    int side;
    struct str unit;
    struct str locality;
    int age_band;
    int32_t need_count;
    int csc_status;
    int eh_status;
    int32_t missing_30d;
    int32_t missing_90d;
    enum tri re_referral;
    struct id existing_case_id;
    bool overridden;
    struct str screened_by;
    struct str second_by;
    struct str primary_need; /* CIN N0..N9, as a screener entered it */
    bool relayed;            /* the school was told (A01) */
    /* TRIAGE_STANDING only. */
    bool pending; /* tracker has not answered decision_id yet */
    int effect;   /* enum outcome that took effect, as tracker says */
    /* The child where it made a referral, else null: what does not count as
     * one is not looked at again, however much there is of it. */
    struct id referral_of;
};

/* A missing episode as far as counting needs it; from the set of its messages.
 */
struct triage_episode {
    struct id episode_id;
    struct id child_id;
    struct str agency_id;
    struct str episode_ref;
    date_d counted_on; /* local date of reported_at, else found_at */
    bool cancelled;
    int risk_grade; /* the latest */
};

/* A case as tracker last said; open or not. */
struct triage_case {
    struct id case_id;
    struct id child_id;
    int side;
    int state;
    int outcome;
    int csc_status;
    uint32_t needs;
    struct str unit;
    struct id opened_by; /* notification that it was opened for, or null */
    time_ms opened_at;
};

/* How many cases a unit has open: for routing. */
struct triage_unit {
    int side;
    struct str unit;
    int32_t open_cases;
};

/** Is a case in this state open (domain.md section 6)? */
bool triage_state_is_open(int state);

#endif
