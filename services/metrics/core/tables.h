/**
 * The tables of metrics: facts, the KPI cells counted from them, the same
 * cells as they stood at each month's end, and indicators that others count.
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
    TABLE_KPI_CELL,
    TABLE_FROZEN_MONTH,
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
    struct str locality;
    int age_band; /* of the last record */
    int sex;
    int ethnicity;
    int entry;
    int agency_type;
    bool intent;
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
};

/*
 * One figure of one month. Counts have denominator 0. The same struct serves
 * kpi_cell, the figures as they stand, and frozen_month: the same changes,
 * but only those that were on their topic before it had told the month's end.
 * A change to K10_net that comes later stands there in the month in which it
 * came. So a month is frozen without an act of freezing, whatever order the
 * inputs were read in, and its K10 is a running sum in both tables. A cell of
 * nothing but zeros is no row.
 */
struct kpi_cell {
    date_d month; /* its first day */
    int kpi;
    int side;
    struct str district; /* locality, or "unknown" */
    int age_band;        /* enum age_band, never null */
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
