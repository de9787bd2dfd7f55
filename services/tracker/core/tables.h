/**
 * The tables of the tracker: cases, hand-overs, clocks, deadlines, alerts and
 * missing episodes (domain.md sections 3, 6, 7, 8). sql/ holds the same in
 * SQL, column by column; the shard's number stands before every key there.
 *
 * A row that is new is cleared with fields_clear(&tracker_tables[T].fields)
 * before it is filled. Texts are borrowed; rows_put copies.
 */
#ifndef WAYMARK_TRACKER_CORE_TABLES_H
#define WAYMARK_TRACKER_CORE_TABLES_H

#include "common/core/codes.h"
#include "common/core/id.h"
#include "common/core/rows.h"
#include "common/core/time.h"

enum tracker_table {
    TABLE_CASE = 0,
    TABLE_REFERRAL,
    TABLE_HANDOVER,
    TABLE_CLOCK,
    TABLE_PAUSE,
    TABLE_DEADLINE,
    TABLE_ALERT,
    TABLE_EPISODE,
    TABLE_EPISODE_MESSAGE,
    TABLE_WORKER,
    TABLE_ENCOMPASS,
    TABLE_DEED,
    TABLE_DEED_CLOCK,
    TABLE_THIRD_NEED,
    TABLE_N,
};

/* Index 0 of each table that has one: what is loaded together. */
enum {
    BY_CHILD = 0,   /* TABLE_CASE, TABLE_EPISODE, TABLE_ENCOMPASS */
    BY_SUBJECT = 0, /* TABLE_CLOCK, TABLE_PAUSE, TABLE_DEADLINE, TABLE_ALERT */
    BY_CASE = 0,    /* TABLE_HANDOVER */
    BY_EPISODE = 0, /* TABLE_EPISODE_MESSAGE */
    BY_DEED = 0,    /* TABLE_DEED_CLOCK */
};

extern const struct table tracker_tables[TABLE_N];

/* One child, one side, one period of help. Kept after it has closed. */
struct case_row {
    struct id case_id;
    struct id child_id;
    struct id first_child_id; /* whose it was before children were merged */
    int side;
    int state;        /* enum case_state */
    int state_before; /* where a pending offer returns to; what a closed case
                         was */
    int outcome;      /* enum outcome */
    struct str unit;
    struct str worker; /* null: nobody yet */
    struct str locality;
    struct id notification_id; /* that opened it, and whom to answer: */
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    int agency_type;
    struct str cin_source;
    int entry;
    struct id decision_id;    /* the last that was applied to it */
    struct id handover_id;    /* the offer that waits, or null */
    struct id predecessor_id; /* case handed over to become this one */
    struct id merged_into;
    /* The missing episode whose messages alone made it what it is: they may
     * still rule on it anew. Null once staff or another notification had a
     * say, and for every other case. */
    struct id episode_id;
    time_ms received_at; /* T1 and T2 run from it */
    time_ms opened_at;
    time_ms closed_at;
    int close_outcome;
    time_ms contact_at; /* D02 counts from it */
    int csc_status;
    uint32_t needs; /* bits of enum need */
    /* Those of them that nobody named for this case: they are of cases that
     * were merged into it, and go when the children are told apart. */
    uint32_t needs_by_merge;
    int32_t level;
    int consent;
    int rag;
    enum tri re_referral;
    bool third_need; /* RU03 has hit: once a case */
    bool intent;
    int age_band;
    int sex;
    int ethnicity;
    /* How often activities and decisions moved it: what is not the last of
     * them can't be taken back (correct.h). */
    int32_t changes;
    struct str profile_version; /* of the record that changed it last */
};

/* What became of a notification (all its amendments). */
struct referral_row {
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment; /* highest seen; a lower one later is history */
    struct id case_id; /* that it acts on, or null */
    struct id decision_id;
    int status; /* enum decision_status */
    int effect; /* enum outcome; null where it was refused */
    /* Subject of the clocks that it has of its own, because it waits for its
     * decision beside a case that was open before; null where it doesn't. */
    struct id waits_as;
    /* What its sender was last told of it, as ReferrerAnswered says. */
    time_ms answered_at;
    int answer; /* enum answer */
    struct str refusal;
    /* Notification whose match a person has yet to look at (D19), or null. */
    struct id review_id;
};

struct handover_row {
    struct id handover_id;
    struct id case_id; /* the sender's */
    struct id child_id;
    int direction;
    int state; /* enum handover_state */
    struct str from_unit;
    struct str to_unit;
    time_ms offered_at;
    time_ms answered_at;
    time_ms due_at; /* end of the L3 that runs */
    int32_t expiries;
    struct id new_case_id;
    struct str by;
};

/* One run of a limit; a restart replaces it. */
struct clock_row {
    struct id subject_id; /* a case or an episode */
    struct str clock;     /* "T12b" */
    int subject_kind;     /* enum clock_subject */
    struct id child_id;
    int state; /* enum clock_change: started, paused, stopped, void */
    time_ms started_at;
    time_ms due_at; /* null while a pause keeps it from being due */
    time_ms stopped_at;
    enum tri late;
    bool by_closing; /* stopped by closing: goes on where it reopens */
    int rag;         /* that set its length, L1 and L6 */
    struct str profile_version;
};

/* A clock standing still. */
struct pause_row {
    struct id subject_id;
    struct str clock;
    time_ms from_at;
    time_ms to_at; /* null while it lasts */
};

/* What a deadline does when it fires. */
enum deadline_stage {
    STAGE_WARN = 1, /* 1 to 4: the clock's warnings */
    STAGE_DUE = 5,  /* one millisecond after due_at: late */
    STAGE_LONGER,   /* the same for some time, seen or not: D02, D06 */
    STAGE_DISTRICT, /* the ladder's upper rungs: nobody acknowledged it */
    STAGE_HEAD,
    STAGE_EXPIRE, /* L3 passes for the second time */
};

/* The next thing that happens by itself. A clock has one row at a time: what
 * follows a warning stands beside it and is put when that has fired. */
struct deadline_row {
    struct id subject_id;
    struct str rule; /* id of a clock, or of a drift rule that has none */
    int32_t stage;   /* enum deadline_stage */
    time_ms alert_due_at; /* due instant in the alert's key */
    time_ms due_at;       /* when it fires */
    time_ms warn_2_at;    /* the run's later warnings; null: no more */
    time_ms warn_3_at;
    time_ms warn_4_at;
    bool then_due; /* after the last warning STAGE_DUE follows */
    int subject_kind;
    struct id child_id;
    struct str profile_version;
};

struct alert_row {
    struct id alert_id;
    struct id subject_id;
    int subject_kind;
    struct str rule; /* D01 to D20, or a clock's id */
    time_ms due_at;
    int32_t raise_number; /* from 1 */
    int32_t stage;        /* from 1 */
    int told;             /* enum alert_role, of this stage */
    struct id case_id;
    struct id child_id;
    struct str unit;
    struct str worker;
    time_ms raised_at;
    time_ms acknowledged_at;
    struct str acknowledged_by;
    time_ms cleared_at;
};

/* As a whole a function of its messages, but for the interview. */
struct episode_row {
    struct id episode_id;
    struct id child_id;
    struct str agency_id;
    struct str episode_ref;
    time_ms received_at; /* the first of its messages */
    int state;           /* enum episode_state */
    bool incomplete;
    int category;
    int risk_grade;
    time_ms reported_at;
    time_ms found_at;
    int cancel_reason;
    int interview; /* enum rhi_state: what staff reported, null: nothing yet */
    int rhi_state; /* follows from it and from the messages */
    time_ms rhi_at;
    time_ms rhi_due_at;
    struct str unit;
    struct str locality;
    int age_band;
    int csc_status;
    date_d adult_on; /* 18th birthday, which closes it; null where unknown */
};

/* The highest amendment of one message. */
struct episode_message_row {
    struct id episode_id;
    struct str agency_ref;
    struct id notification_id; /* of the highest amendment */
    int32_t amendment;
    int kind;
    struct id child_id;
    struct id first_child_id; /* whose it was before children were merged */
    time_ms reported_at;
    time_ms graded_at;
    time_ms found_at;
    time_ms cancelled_at;
    int risk_grade;
    int category;
    int cancel_reason;
    struct str locality;
    int age_band;
    int csc_status;
    date_d adult_on;
};

/* A worker's open cases, both sides together. */
struct worker_row {
    struct str worker;
    int32_t open_cases;
};

/* A notice of domestic abuse whose child's school is to hear of it (T11). */
struct encompass_row {
    struct str agency_id;
    struct str agency_ref;
    struct id child_id;
    int32_t amendment;         /* highest seen */
    struct id notification_id; /* of that amendment */
    struct id subject_id;      /* T11's: the first that was seen */
    time_ms incident_at;
    struct str unit;
};

/* An activity that was applied, and how its case or episode stood before. */
struct deed_row {
    struct str agency_id;
    struct str agency_ref;
    struct id activity_id;
    int activity;
    struct id case_id;
    struct id child_id;
    struct id episode_id; /* of an interview, else null */
    time_ms occurred_at;
    int32_t number; /* of the case's changes; null where it moved nothing */
    bool corrected;
    int state;
    int state_before;
    struct str unit;
    struct str worker;
    time_ms closed_at;
    int close_outcome;
    time_ms contact_at;
    int csc_status;
    uint32_t needs;
    int32_t level;
    int consent;
    int age_band;
    int interview;
    time_ms interview_at;
};

/* A clock that an activity started, stopped or moved, as it was before. */
struct deed_clock_row {
    struct str agency_id;
    struct str agency_ref;
    struct str clock;
    int state; /* enum clock_change; void: it had never run */
    time_ms started_at;
    time_ms due_at;
    time_ms stopped_at;
    enum tri late;
    bool by_closing;
};

/* A third need that tracker triggered: which rule held, and by what it saw. */
struct third_need_row {
    struct id case_id;
    struct id record_id;   /* ActivityRecorded or ChildMerged */
    struct id activity_id; /* that added the need; null: a merge brought it */
    struct id merged_id;   /* the child that the merge ended, or null */
    struct str by;         /* who said so; null: the matching rules */
    time_ms at;
    struct str rule_id;
    int outcome;         /* enum outcome: the rule's */
    struct texts inputs; /* "name=value", those that a case knows */
    struct str profile_version;
};

#endif
