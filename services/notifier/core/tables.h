/**
 * What notifier keeps by the log alone: alerts as they stand, what is to be
 * told to whom, and missing children without a decision. sql/001_tables.sql
 * says the same column by column. What happened when it was sent stands in
 * other tables, which the log knows nothing of (sql/002_sending.sql).
 */
#ifndef WAYMARK_NOTIFIER_CORE_TABLES_H
#define WAYMARK_NOTIFIER_CORE_TABLES_H

#include "common/core/codes.h"
#include "common/core/rows.h"

enum notifier_table {
    TABLE_ALERT = 0,
    TABLE_DELIVERY,
    TABLE_MISSING,
    TABLE_INCIDENT_SEEN,
    NOTIFIER_TABLE_N,
};

extern const struct table notifier_tables[NOTIFIER_TABLE_N];

/* Index of TABLE_DELIVERY. */
enum { DELIVERY_BY_ALERT = 0 };

/* Why somebody is told. */
enum purpose {
    PURPOSE_ALERT = 1, /* an alert of the tracker's, one stage of it */
    PURPOSE_ANSWER,    /* what the sender of a notification is answered */
    PURPOSE_RELAY,     /* a school is to hear of an incident */
};
extern const struct codes codes_purpose;

enum delivery_state {
    DELIVERY_WANTED = 1,
    DELIVERY_SEEN, /* somebody acknowledged the alert */
    DELIVERY_OVER, /* the alert was cleared */
};
extern const struct codes codes_delivery_state;

struct alert_row {
    struct id alert_id;
    struct str rule;
    int subject_kind; /* enum clock_subject */
    struct id subject_id;
    struct id child_id; /* for who acknowledges by a link */
    struct id case_id;
    int32_t stage; /* the highest rung told */
    time_ms raised_at;
    time_ms acknowledged_at;
    time_ms cleared_at;
};

/* One thing to be told to one role, or to one agency or school. */
struct delivery_row {
    struct id delivery_id;
    int purpose; /* enum purpose */
    struct id alert_id;
    int32_t stage;
    int told; /* enum alert_role; 0 where an agency or a school is told */
    struct str unit;
    struct str worker;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    struct str school_urn;
    struct str rule; /* of the alert; of an answer its code */
    int subject_kind;
    struct id subject_id;
    time_ms due_at;
    bool urgent;     /* at once, whatever the hour (ladder.h) */
    time_ms made_at; /* when what it tells was recorded */
    time_ms send_at; /* not before: quiet hours, or the next digest */
    int state;       /* enum delivery_state */
};

/* A missing child's notification: from receipts and casework, in any order. */
struct missing_row {
    struct id notification_id;
    time_ms accepted_at;
    time_ms decided_at; /* the first decision */
    time_ms due_at;     /* D16: told to duty after it */
    time_ms manager_at; /* and to the next rung */
};

/* Somebody has seen what isn't an alert of the tracker's: an incident, which
 * the sender keeps. */
struct incident_seen_row {
    struct id incident_id;
    time_ms seen_at; /* the first acknowledgement */
    struct str seen_by;
};

#endif
