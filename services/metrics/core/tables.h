/**
 * The tables of metrics: facts, the KPI cells counted from them, what of these
 * came after a month's end, and indicators that others count.
 * sql/ holds the same in SQL, column by column; the shard's number stands
 * before every key there.
 *
 * A fact is one row a thing, and each input fills its own columns of it, so
 * that it doesn't matter in which order the inputs are read. A row that is
 * new is cleared with fields_clear(&metrics_tables[T].fields) before it is
 * filled. Texts are borrowed; rows_put copies.
 */
#ifndef WAYMARK_METRICS_CORE_TABLES_H
#define WAYMARK_METRICS_CORE_TABLES_H

#include "common/core/codes.h"
#include "common/core/id.h"
#include "common/core/indicators.h"
#include "common/core/rows.h"
#include "common/core/time.h"
#include "metrics/core/kpi.h"

enum metrics_table {
    TABLE_NOTIFICATION = 0,
    TABLE_ACCEPTED,
    TABLE_EFFECT,
    TABLE_ANSWER,
    TABLE_CASE,
    TABLE_CASE_WAITING,
    TABLE_HANDOVER,
    TABLE_ALERT,
    TABLE_INDICATOR,
    TABLE_ACTIVITY,
    TABLE_CLOCK,
    TABLE_EPISODE,
    TABLE_CHILD_JOIN,
    TABLE_KPI_CELL,
    TABLE_LATE_CHANGE,
    TABLE_RECKONING,
    METRICS_TABLE_N,
};

/* Indexes: what is loaded together. */
enum {
    NOTIFICATION_BY_REF = 0, /* amendments of one notification */
    NOTIFICATION_BY_EPISODE, /* messages about one missing episode */
    NOTIFICATION_BY_WAIT,
    CASE_WAITING_BY_CASE = 0, /* its versions, in order */
    CASE_WAITING_BY_WAIT,
    HANDOVER_BY_WAIT = 0,
    ACTIVITY_BY_WAIT = 0,
    CLOCK_BY_WAIT = 0,
    EPISODE_BY_WAIT = 0,
};

extern const struct table metrics_tables[METRICS_TABLE_N];

/*
 * What a fact must know before it can be counted, where case-journal was read
 * ahead of the casework record that activates it. Null: it is counted.
 */
enum wait {
    WAIT_CALENDAR = 1, /* where local months begin */
    WAIT_PROFILE,      /* which outcomes are positive, which neutral */
};
extern const struct codes codes_fact_wait;

/* How a closing counts in K20; by the profile that its record names. */
enum close_class {
    CLOSE_CLASS_POSITIVE = 1,
    CLOSE_CLASS_NEUTRAL, /* in neither part of K20 */
    CLOSE_CLASS_OTHER,
};
extern const struct codes codes_close_class;

/* District of what has no locality (W05), so that bands and sums stay whole. */
#define DISTRICT_UNKNOWN STR("unknown")

/*
 * One version of a notification. Each topic has a narrow table of its own with
 * its columns of this struct, so that what one of them says is one insertion
 * and needs nothing that the others said: fact_accepted, fact_decided (the
 * only one that counts), fact_effect and fact_answer. The view
 * fact_notification has them together.
 */
struct notification_fact {
    struct id notification_id;
    /* Of receipts and of casework; the same in both. */
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    int agency_type;
    int kind;
    /* receipts */
    time_ms sent_at;
    time_ms accepted_at;
    /* casework: the last decision */
    struct id decision_id;
    struct id child_id;
    int entry;
    int side;
    int outcome;
    int status; /* enum decision_status */
    struct str rule_id;
    struct texts action_rules;
    time_ms received_at; /* of the first amendment: the month it counts in */
    time_ms decided_at;
    struct str cin_source;
    struct str unit;
    struct str locality;
    int age_band;
    int sex;
    int ethnicity;
    enum tri sen;
    enum tri re_referral;
    uint32_t needs; /* bits of enum need */
    struct id episode_id;
    time_ms heard_at; /* last TimeAdvanced of casework before that decision */
    /* case-journal: what took effect, and on which case */
    struct id effect_decision_id;
    int effect; /* enum outcome */
    struct id case_id;
    /* feedback: the first answer */
    time_ms answered_at;
    int answer;
    /* Derived from the decision and the facts that belong together. */
    date_d month;    /* first of the local month of received_at */
    bool superseded; /* a higher amendment is decided */
    bool repeat;     /* another message of its episode is the one counted */
    int waits_for;   /* enum wait */
};

/*
 * A case as case-journal had it last when it was counted: fact_case. What
 * can't be counted yet stands in fact_case_waiting, one row a version, so
 * that each is counted in its turn and at its time.
 */
struct case_fact {
    struct id case_id;
    int32_t version; /* fact_case_waiting only: from 1 */
    struct id child_id;
    int side;
    int state;
    int outcome;
    time_ms opened_at;
    time_ms closed_at; /* null while open; transferred cases end here too */
    int close_outcome;
    struct str unit;
    struct str worker;
    int csc_status;
    struct str locality;
    int age_band; /* of the last record */
    int sex;
    int ethnicity;
    int entry;
    int agency_type;
    bool intent;
    bool converted; /* an intent for which the CAF came (K17) */
    enum tri re_referral;
    struct id predecessor_id;
    struct id merged_into;
    struct str profile_version; /* of the last record */
    time_ms heard_at; /* last TimeAdvanced of case-journal before it */
    /* Derived. */
    int opened_band; /* age band when it opened, and when it closed */
    int closed_band;
    bool screened_out; /* closed with rank 0-1 straight from screening */
    date_d opened_month;
    date_d closed_month;
    int close_class;
    int waits_for; /* fact_case_waiting only */
};

struct handover_fact {
    struct id handover_id;
    struct id case_id;
    struct id child_id;
    struct id new_case_id;
    int direction;
    int state; /* enum handover_state */
    struct str from_unit;
    struct str to_unit;
    time_ms offered_at;
    time_ms answered_at;
    struct str locality;
    int age_band;
    time_ms heard_at;
    date_d month; /* of answered_at, once accepted */
    int waits_for;
};

struct alert_fact {
    struct id alert_id;
    struct str rule;
    int subject_kind;
    struct id subject_id;
    struct id child_id;
    struct id case_id;
    time_ms due_at;
    int32_t raise_number;
    int32_t stage; /* the highest rung reached */
    struct str unit;
    time_ms raised_at;
    time_ms escalated_at;    /* to that rung */
    time_ms acknowledged_at; /* first */
    time_ms cleared_at;
};

/* A figure that somebody else counted (K36); highest amendment only. */
struct indicator_fact {
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    struct id indicator_id;
    struct str indicator;
    date_d period_from;
    date_d period_to;
    struct str value; /* as printed; null is a gap */
    struct str unit;
    struct str definition;
    struct str status;
    struct str area;
    struct str breakdown;
    int measure;
    int gap;        /* enum gap: why there is no value */
    int64_t amount; /* the value without its point */
    int32_t decimals;
    bool typed_total; /* never added up */
};

/*
 * What staff did, of the kinds that are counted: the highest amendment. An
 * activity that was corrected or refused is kept and counts nowhere; either
 * may be heard of first.
 */
struct activity_fact {
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    struct id activity_id;
    int activity; /* 0: only heard that it is corrected or refused */
    struct id child_id;
    struct id case_id;
    struct id notification_id;
    time_ms occurred_at;
    int side;
    struct str unit;
    struct str worker;
    struct str locality;
    int age_band;
    int sex;
    struct str organisation;
    struct str service;
    struct str provider;
    enum tri service_on;
    int32_t hours_tenths;
    bool open_access;
    struct str core_offer;
    struct str linked_kpi;
    int risk_of_csc;
    struct str programme;
    int programme_stage;
    struct texts grades;
    int csc_status;
    bool corrected;
    bool refused;
    time_ms heard_at; /* last TimeAdvanced of casework before it */
    date_d month;     /* of occurred_at */
    int waits_for;    /* enum wait */
};

/* A limit that stopped; where it starts anew it is another one. */
struct clock_fact {
    struct id subject_id;
    struct str clock;
    time_ms started_at;
    int subject_kind;
    struct id child_id;
    time_ms due_at;
    time_ms stopped_at;
    enum tri late; /* unknown: a planning figure, counts nowhere */
    struct str unit;
    time_ms heard_at;
    date_d month; /* of stopped_at */
    int waits_for;
};

/* A missing episode as case-journal has it last. */
struct episode_fact {
    struct id episode_id;
    struct id child_id;
    int state;
    time_ms reported_at;
    time_ms found_at;
    int rhi_state;
    time_ms rhi_at;
    time_ms rhi_due_at;
    struct str unit;
    struct str locality;
    int age_band;
    time_ms heard_at;
    date_d month; /* of found_at */
    int waits_for;
};

/* Two children that are one person; gone again when they are parted. */
struct child_join {
    struct id merged_id;
    struct id survivor_id;
    time_ms joined_at;
};

/*
 * One figure of one month. Counts have denominator 0. The same struct serves
 * kpi_cell, the figures as they stand, and late_change: what of them changed
 * after their topic had told the month's end. A month as it was frozen is the
 * one less the other (view frozen_cells), so it needs no act of freezing,
 * whatever order the inputs were read in, and a month that nothing touches
 * late costs nothing. A late change to K10_net stands there twice, in its
 * month and taken back in the one in which it came, so that K10 is a running
 * sum in both. A cell of nothing but zeros is no row.
 */
struct kpi_cell {
    date_d month; /* its first day */
    int kpi;
    int side;
    struct str district; /* locality, or "unknown" */
    int age_band;        /* enum age_band, never null */
    struct str part;     /* of indicators that have parts, else "" */
    int64_t numerator;
    int64_t denominator;
};

/* How far time has come; the one row has no = 1. */
struct reckoning {
    int32_t no;
    time_ms casework_at; /* last TimeAdvanced of each topic that is counted */
    time_ms journal_at;
    date_d frozen_through; /* last month whose end all inputs have told */
};
#define RECKONING_NO 1

#endif
