/**
 * The record contract: one struct and one table of fields for every record
 * that travels on a topic. schemas/NAME.avsc says the same in Avro, member by
 * member, and tests/contract holds the two together.
 *
 * A record must be set to its null values before it is filled, because 0 is a
 * time, a date and a number:
 *
 *     struct case_changed rec;
 *     fields_clear(&fields_case_changed, &rec);
 *
 * Members are borrowed text and arrays: they live as long as the arena they
 * were made in. What may be null has F_NULLABLE in its table (records.c);
 * everything else must be there when it is written. `int` members hold a code
 * of codes.h, named by its enum where the member's name isn't it.
 */
#ifndef WAYMARK_COMMON_CORE_RECORDS_H
#define WAYMARK_COMMON_CORE_RECORDS_H

#include "common/core/codes.h"
#include "common/core/field.h"
#include "common/core/record.h"

/* Someone in the child's household. */
struct person_member {
    struct str name;
    date_d dob;
    struct str relationship;
    enum tri parental_responsibility;
    enum tri perpetrator;
};
extern const struct fields fields_person_member;

/* One more thing that was sent, as it came. */
struct person_detail {
    struct str name;
    struct str value;
};
extern const struct fields fields_person_detail;

/* A value that the rules saw. */
struct decision_input {
    struct str name;
    struct str value;
};
extern const struct fields fields_decision_input;

/* Something that was done on a case before it was taken on here (go_live). */
struct milestone {
    int activity;
    time_ms at; /* as its local day began */
};
extern const struct fields fields_milestone;

/*
 * NotificationReceived: topic notifications.
 * Intake took a notification from an agency about one child.
 */
struct notification_received {
    struct meta meta;
    struct id notification_id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    int agency_type;
    struct str cin_source;
    int kind;
    time_ms sent_at;
    bool info_only;
    bool immediate_danger;
    int consent;
    int entry;
    int harm;
    enum tri impaired;
    enum tri single_agency_able;
    int risk_of_csc;
    int csc_threshold;
    int32_t level; /* Level of need, 1 to 4 */
    uint32_t needs; /* bits of enum need */
    int rag;
    struct str episode_ref; /* The police's reference of a missing episode */
    time_ms reported_at;
    time_ms graded_at;
    time_ms found_at;
    time_ms cancelled_at;
    time_ms last_seen_at;
    int risk_grade;
    int missing_category;
    int cancel_reason;
    struct id case_id; /* Case that a step up or down is about */
    struct str unit;
    struct str from_la; /* Authority that it comes from, 3 digits */
    int32_t attendance; /* School attendance, 0 to 100 per cent */
    int discipline;
    date_d eviction_on;
    time_ms incident_at; /* Incident of an Encompass notice */
    int who;
    /* Keyed hash of the content: same key, same content */
    struct str content_hash;
    struct texts warnings; /* Codes W01..W17 */
    /* Of the key that seals person; null where it is plain */
    struct id key_id;
    struct str person; /* An encoded Person, sealed */
    /* Of kind go_live: the case that is open; null and none: there is none. */
    int side;
    int outcome;
    int csc_status;
    struct str worker;
    time_ms opened_at;
    struct items milestones; /* of struct milestone, by rising time */
    struct str by;
    struct str second_by; /* Who agreed; never the same */
};
extern const struct fields fields_notification_received;

/*
 * ActivityReported: topic notifications.
 * Staff or an agency reported something as done.
 */
struct activity_reported {
    struct meta meta;
    struct id activity_id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    struct id subject_case_id; /* One of these four names whom it is about */
    struct id subject_child_id;
    struct str subject_la_child_id;
    struct str subject_agency_id; /* Notification it is about: its agency */
    struct str subject_agency_ref; /* Reference of that notification */
    int activity;
    struct str by;
    struct str unit;
    struct str worker;
    int side;
    struct str to_unit;
    int outcome; /* enum close_outcome */
    uint32_t need; /* bits of enum need */
    int32_t level;
    int csc_status;
    int consent;
    struct str organisation;
    struct str service;
    struct str provider;
    enum tri service_on; /* service_changed: begun (yes) or ended (no) */
    int32_t hours_tenths; /* Length of a session in tenths of an hour */
    bool open_access;
    struct str core_offer;
    struct str linked_kpi;
    int risk_of_csc;
    struct str programme;
    int programme_stage;
    struct texts grades; /* Five grades of an audit, 1 to 4 */
    struct str clock;
    /* Length of the reason; its text is in detail */
    int32_t reason_chars;
    struct str authorised_by;
    struct str corrects_agency_id; /* Key of the activity that it corrects */
    struct str corrects_agency_ref;
    struct id alert_id; /* Alert of alert_acknowledged */
    struct str content_hash;
    struct texts warnings;
    struct id key_id; /* Of the key that seals detail */
    struct str detail; /* Free text (reason, note), sealed */
};
extern const struct fields fields_activity_reported;

/*
 * ScreeningRecorded: topic notifications.
 * A person confirmed or changed a provisional decision.
 */
struct screening_recorded {
    struct meta meta;
    struct id screening_id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    /* Key of the notification that was screened */
    struct str notification_agency_id;
    struct str notification_agency_ref;
    struct id notification_id;
    int32_t level;
    int csc_threshold;
    uint32_t needs; /* bits of enum need */
    int consent;
    int entry;
    int harm;
    enum tri impaired;
    enum tri single_agency_able;
    int risk_of_csc;
    int outcome; /* Override; null lets the rules decide */
    /* Length of the rationale; its text is in detail */
    int32_t rationale_chars;
    struct str by;
    struct str second_by; /* Second person, for a downgrade */
    struct str primary_need; /* CIN N0..N9, entered by a person */
    struct str content_hash;
    struct id key_id; /* Of the key that seals detail */
    struct str detail; /* Rationale, sealed */
};
extern const struct fields fields_screening_recorded;

/*
 * MatchResolved: topic notifications.
 * A person said which child a notification is about.
 */
struct match_resolved {
    struct meta meta;
    struct id resolution_id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    struct id notification_id;
    struct id child_id; /* The child; null: a new one */
    int32_t reason_chars; /* Length of the reason; its text is in detail */
    struct str by;
    struct str second_by;
    struct str content_hash;
    struct id key_id; /* Of the key that seals detail */
    struct str detail; /* Reason, sealed */
};
extern const struct fields fields_match_resolved;

/*
 * ErasureRecorded: topic notifications.
 * Two people had the key of one record erased: what it said of persons is gone.
 */
struct erasure_recorded {
    struct meta meta;
    struct id item_id; /* The record: a notification, activity, ... */
    struct id key_id; /* Of the key that is gone */
    struct str by;
    struct str second_by; /* Who agreed; never the same */
};
extern const struct fields fields_erasure_recorded;

/*
 * ConfigActivated: topic notifications, casework.
 * A version of a configuration holds from here on.
 */
struct config_activated {
    struct meta meta;
    int config_kind;
    struct str name;
    struct str version;
    struct str hash; /* Hex digits over text */
    struct str text; /* The whole text, as it was checked */
    struct str by;   /* Who activated it; null: what an authority began with */
    struct str second_by; /* The second person */
};
extern const struct fields fields_config_activated;

/*
 * TimeAdvanced: topic all but dead-letters.
 * Nothing recorded later was recorded before this instant.
 */
struct time_advanced {
    struct meta meta;
    time_ms at; /* All recorded at or before it stands before this record */
};
extern const struct fields fields_time_advanced;

/*
 * NotificationAccepted: topic receipts.
 * Intake accepted a notification; no person in it.
 */
struct notification_accepted {
    struct meta meta;
    struct id notification_id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    int agency_type;
    int kind;
    time_ms sent_at;
};
extern const struct fields fields_notification_accepted;

/*
 * ReferralDecided: topic casework.
 * Triage decided about a notification.
 */
struct referral_decided {
    struct meta meta;
    struct id decision_id;
    struct id notification_id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    int agency_type;
    struct str cin_source;
    int kind;
    struct id child_id;
    int match_status;
    struct str match_step; /* Step of domain.md section 4 that decided it */
    int entry;
    int side;
    int outcome;
    int status; /* enum decision_status */
    struct str rule_id;
    struct texts hits; /* Ids of all rules that hit */
    struct texts action_rules; /* Ids of all action rules that hit */
    struct texts actions; /* What they ask for, such as open_intent */
    /* of struct decision_input; the values that the rules saw */
    struct items inputs;
    struct texts ask; /* Unknown facts that keep it provisional */
    time_ms received_at; /* Receipt of the first amendment; T1 runs from it */
    int32_t level;
    int csc_threshold;
    uint32_t needs; /* bits of enum need */
    int32_t need_count; /* Needs of the open case and this message together */
    int csc_status;
    /* enum outcome; outcome of the open early help case; null: none */
    int eh_status;
    int risk_grade;
    int32_t missing_30d; /* Missing episodes of the last 30 days */
    int32_t missing_90d; /* The same of 90 days */
    enum tri re_referral;
    int consent;
    bool immediate_danger;
    int risk_of_csc;
    int rag;
    struct str unit;
    struct str locality;
    int age_band;
    int sex;
    int ethnicity;
    enum tri sen;
    struct id episode_id;
    struct str episode_ref;
    time_ms reported_at;
    time_ms graded_at;
    time_ms found_at;
    time_ms cancelled_at;
    int cancel_reason;
    int missing_category;
    time_ms last_seen_at;
    time_ms incident_at; /* Incident of an Encompass notice; T11 runs from it */
    /* Open case that it belongs to, as triage knows */
    struct id existing_case_id;
    struct id offered_case_id; /* Case that a step up or down offers */
    bool overridden;
    bool relayed;    /* A SchoolRelay went out: T11 is met */
    date_d adult_on; /* 18th birthday of a missing child, where known to a day */
    struct str screened_by;
    struct str second_by;
    struct texts warnings;
    struct id first_child_id; /* The child itself, where it is merged into child_id */
    struct str worker;        /* These three of kind go_live */
    time_ms opened_at;        /* of a case that is open already, or null */
    struct items milestones;  /* of struct milestone, by rising time */
};
extern const struct fields fields_referral_decided;

/*
 * ActivityRecorded: topic casework.
 * An activity, once triage knows whom it is about.
 */
struct activity_recorded {
    struct meta meta;
    struct id activity_id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    struct id child_id;
    struct id case_id;
    struct id notification_id;
    struct str refusal; /* R20..R23 where triage refuses it; tracker answers */
    int activity;
    struct str by;
    struct str unit;
    struct str worker;
    int side;
    struct str to_unit;
    int outcome; /* enum close_outcome */
    uint32_t need; /* bits of enum need */
    int32_t level;
    int csc_status;
    int consent;
    struct str organisation;
    struct str service;
    struct str provider;
    enum tri service_on; /* service_changed: begun (yes) or ended (no) */
    int32_t hours_tenths; /* Length of a session in tenths of an hour */
    bool open_access;
    struct str core_offer;
    struct str linked_kpi;
    int risk_of_csc;
    struct str programme;
    int programme_stage;
    struct texts grades; /* Five grades of an audit, 1 to 4 */
    struct str clock;
    /* Length of the reason; its text stays in ActivityReported */
    int32_t reason_chars;
    struct str authorised_by;
    struct str corrects_agency_id; /* Key of the activity that it corrects */
    struct str corrects_agency_ref;
    struct id alert_id; /* Alert of alert_acknowledged */
    struct texts warnings;
    struct str locality;
    int age_band;
    int sex;
    int ethnicity;
};
extern const struct fields fields_activity_recorded;

/*
 * ChildMerged: topic casework.
 * Two children are one person.
 */
struct child_merged {
    struct meta meta;
    struct id survivor_id; /* The one first seen */
    struct id merged_id;
    struct str by; /* Who said so; null: the rules */
};
extern const struct fields fields_child_merged;

/*
 * ChildUnmerged: topic casework.
 * A merge is undone: both are as if never joined.
 */
struct child_unmerged {
    struct meta meta;
    struct id survivor_id;
    struct id merged_id;
    struct str by;
};
extern const struct fields fields_child_unmerged;

/*
 * ChildErased: topic casework.
 * The key to a child's names is gone.
 */
struct child_erased {
    struct meta meta;
    struct id child_id;
};
extern const struct fields fields_child_erased;

/*
 * CaseChanged: topic case-journal.
 * A case as it stands now; the answer to every ReferralDecided.
 */
struct case_changed {
    struct meta meta;
    struct id case_id;
    struct id child_id;
    int side;
    int state; /* enum case_state */
    int state_before; /* enum case_state; null: it is new */
    int return_to; /* enum case_state; where it stands when a hand-over fails */
    int outcome;
    struct str unit;
    struct str worker;
    time_ms opened_at;
    time_ms closed_at;
    int close_outcome;
    struct id decision_id; /* ReferralDecided that this answers, or null */
    struct id notification_id;
    int effect; /* enum outcome; outcome that took effect; null: answers none */
    struct id activity_id;
    struct id merged_into;
    int entry;
    int csc_status;
    uint32_t needs; /* bits of enum need */
    int agency_type;
    struct str cin_source;
    enum tri re_referral;
    bool third_need; /* RU03 has hit: once a case */
    struct id predecessor_id; /* Case that was handed over to become this one */
    bool intent; /* Opened as an intent (RUT 3.16 c) */
    struct str locality;
    int age_band;
    int sex;
    int ethnicity;
};
extern const struct fields fields_case_changed;

/*
 * HandoverChanged: topic case-journal.
 * An offer between the two sides as it stands now.
 */
struct handover_changed {
    struct meta meta;
    struct id handover_id;
    struct id case_id;
    struct id child_id;
    int direction;
    int state; /* enum handover_state */
    struct str from_unit;
    struct str to_unit;
    time_ms offered_at;
    time_ms answered_at;
    time_ms due_at; /* End of L3 */
    int32_t expiries; /* How often L3 has passed; the second ends it */
    struct id new_case_id; /* Case on the other side, once accepted */
    struct str by;
    struct str locality;
    int age_band;
};
extern const struct fields fields_handover_changed;

/*
 * ClockChanged: topic case-journal.
 * A running limit changed.
 */
struct clock_changed {
    struct meta meta;
    int subject_kind; /* enum clock_subject */
    struct id subject_id;
    struct id child_id;
    struct str clock; /* Id of domain.md section 7, such as T12b */
    int change; /* enum clock_change */
    time_ms started_at;
    time_ms due_at; /* Late is after it */
    time_ms stopped_at;
    enum tri late; /* When stopped: after due_at */
    struct str unit;
};
extern const struct fields fields_clock_changed;

/*
 * MissingEpisodeChanged: topic case-journal.
 * A missing episode as it stands now.
 */
struct missing_episode_changed {
    struct meta meta;
    struct id episode_id;
    struct id child_id;
    struct str agency_id;
    struct str episode_ref;
    int state; /* enum episode_state */
    bool incomplete; /* Found, but never heard that it was missing (W15) */
    int category; /* enum missing_category */
    int risk_grade;
    time_ms reported_at;
    time_ms found_at;
    int cancel_reason;
    int rhi_state;
    time_ms rhi_at;
    time_ms rhi_due_at; /* T10: 72 hours from found_at */
    struct str unit;
    struct str worker;
    struct str locality;
    int age_band;
    int csc_status;
};
extern const struct fields fields_missing_episode_changed;

/*
 * AlertRaised: topic alerts.
 * Something needs a person.
 */
struct alert_raised {
    struct meta meta;
    struct id alert_id;
    struct str rule; /* D01..D20, or a clock's id */
    int subject_kind; /* enum clock_subject */
    struct id subject_id;
    struct id child_id;
    struct id case_id;
    time_ms due_at; /* The due time that is part of its key */
    int32_t raise_number; /* From 1; rises when a cleared one returns */
    int32_t stage; /* Rung of the ladder, from 1 */
    int told; /* enum alert_role */
    struct str unit;
    struct str worker;
};
extern const struct fields fields_alert_raised;

/*
 * AlertEscalated: topic alerts.
 * An alert goes one rung up.
 */
struct alert_escalated {
    struct meta meta;
    struct id alert_id;
    struct str rule; /* D01..D20, or a clock's id */
    int subject_kind; /* enum clock_subject */
    struct id subject_id;
    struct id child_id;
    struct id case_id;
    time_ms due_at; /* The due time that is part of its key */
    int32_t raise_number; /* From 1; rises when a cleared one returns */
    int32_t stage; /* Rung of the ladder, from 1 */
    int told; /* enum alert_role */
    struct str unit;
    struct str worker;
};
extern const struct fields fields_alert_escalated;

/*
 * AlertAcknowledged: topic alerts.
 * A person has seen an alert.
 */
struct alert_acknowledged {
    struct meta meta;
    struct id alert_id;
    struct str rule;
    struct str by;
};
extern const struct fields fields_alert_acknowledged;

/*
 * AlertCleared: topic alerts.
 * The reason for an alert has gone.
 */
struct alert_cleared {
    struct meta meta;
    struct id alert_id;
    struct str rule; /* D01..D20, or a clock's id */
    int subject_kind; /* enum clock_subject */
    struct id subject_id;
    struct id case_id;
    struct id child_id;
    struct str reason; /* A code: ended, closed, merged, corrected */
};
extern const struct fields fields_alert_cleared;

/*
 * ReferrerAnswered: topic feedback.
 * What the sender of a notification is told.
 */
struct referrer_answered {
    struct meta meta;
    struct id notification_id; /* Null where an activity is answered */
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    int answer;
    int outcome;
    struct str refusal;
    struct str unit;
    struct str phone;
    struct id child_id;
    struct id case_id;
};
extern const struct fields fields_referrer_answered;

/*
 * SchoolRelay: topic feedback.
 * A school is to hear of a domestic abuse incident.
 */
struct school_relay {
    struct meta meta;
    struct id notification_id;
    struct str school_urn;
    time_ms incident_at;
};
extern const struct fields fields_school_relay;

/*
 * IndicatorObserved: topic indicators.
 * A figure that an agency counted itself.
 */
struct indicator_observed {
    struct meta meta;
    struct id indicator_id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    struct str indicator; /* Word of indicators.h, such as neet */
    date_d period_from;
    date_d period_to;
    struct str value; /* As printed; null is a gap, never 0 */
    struct str unit;  /* word of codes_indicator_unit */
    struct str definition; /* Version of how it is counted */
    struct str status;     /* provisional or final */
    struct str content_hash;
    /* authority, national, region, neighbours, or a locality's name */
    struct str area;
    struct str breakdown; /* A row of the sender's table; null: all of the area */
    int measure;          /* enum measure: a level, a change or a target */
    int gap;              /* enum gap: why there is no value */
    int64_t amount;   /* The value without its point: 5.70 % is 570 */
    int32_t decimals; /* Digits behind the point: of 5.70 % 2 */
    bool typed_total; /* A sum that the sender typed; never to be added up */
    struct texts warnings;
};
extern const struct fields fields_indicator_observed;

/*
 * Person: inside NotificationReceived.
 * Names and what else identifies. Plain Avro on the topic today; a later
 * version seals it.
 */
struct person {
    struct str forename;
    struct str surname;
    struct texts aliases;
    date_d dob;
    date_d expected_dob;
    bool dob_estimated; /* dob was counted back from an age */
    int32_t age_years;
    int sex;
    int ethnicity;
    uint32_t disability; /* bits of enum disability */
    enum tri sen;
    enum tri csc_known;
    struct str nhs_number; /* 10 digits */
    struct str upn; /* 13 characters */
    struct str la_child_id; /* With la_code it names the child */
    struct str la_code; /* 3 digits */
    struct str postcode;
    struct str address;
    struct str school_urn;
    struct str looked_after_by;
    struct items household; /* of struct person_member */
    /* What the agency is worried about, up to 8000 characters */
    struct str concern;
    struct str reporter_name;
    struct str reporter_role;
    struct str reporter_phone;
    bool reporter_anonymous; /* Hide the reporter from the family */
    struct str last_seen_where;
    /*
     * of struct person_detail; what else was sent: the kind's own
     * questions, bad optional fields
     */
    struct items details;
};
extern const struct fields fields_person;

#endif
