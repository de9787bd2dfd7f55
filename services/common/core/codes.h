/**
 * Closed lists of words: one enum each, values from 1, and the words that
 * stand for them on topics, in tables and in JSON. 0 is null. The meaning of
 * each word is in domain.md; its order here is no one's contract, because only
 * the word travels.
 *
 * A member that holds one of these is a plain `int` (F_CODE), or bits of a
 * uint32_t (F_SET, see SET_BIT in field.h).
 */
#ifndef WAYMARK_COMMON_CORE_CODES_H
#define WAYMARK_COMMON_CORE_CODES_H

#include "common/core/field.h"

/* What an agency's notification says (domain.md section 3). */
enum kind {
    KIND_POLICE_MISSING_REPORTED = 1,
    KIND_POLICE_MISSING_RISK_CHANGED,
    KIND_POLICE_MISSING_FOUND,
    KIND_POLICE_MISSING_CANCELLED,
    KIND_POLICE_PPN,
    KIND_POLICE_ENCOMPASS,
    KIND_MASH_FEED,
    KIND_SCHOOL_REFERRAL,
    KIND_HEALTH_REFERRAL,
    KIND_HOUSING_REFERRAL,
    KIND_VOLUNTARY_REFERRAL,
    KIND_SELF_REFERRAL,
    KIND_OTHER_LA,
    KIND_CSC_STEP_DOWN,
    KIND_EH_STEP_UP,
    KIND_GO_LIVE, /* not an agency's: a child that is here already */
    KIND_LAST = KIND_GO_LIVE,
};
extern const struct codes codes_kind;

/*
 * What staff report as done (domain.md section 3). Two more than stand there:
 * how an acknowledgement enters at intake (design.md section 2), and a birth.
 */
enum activity {
    ACTIVITY_ALLOCATED = 1,
    ACTIVITY_REALLOCATED,
    ACTIVITY_VISIT,
    ACTIVITY_CHILD_SEEN,
    ACTIVITY_CONTACT_FAMILY,
    ACTIVITY_CONTACT_AGENCY,
    ACTIVITY_NOTE,
    ACTIVITY_CONSENT_CHANGED,
    ACTIVITY_ASSESSMENT_STARTED,
    ACTIVITY_ASSESSMENT_COMPLETED,
    ACTIVITY_PLAN_AGREED,
    ACTIVITY_REVIEW_HELD,
    ACTIVITY_NEED_ADDED,
    ACTIVITY_NEED_MET,
    ACTIVITY_LEVEL_CHANGED,
    ACTIVITY_TRACKER_REVIEWED,
    ACTIVITY_PANEL_CONSIDERED,
    ACTIVITY_HANDOVER_OFFERED,
    ACTIVITY_HANDOVER_ACCEPTED,
    ACTIVITY_HANDOVER_DECLINED,
    ACTIVITY_HANDOVER_WITHDRAWN,
    ACTIVITY_CAF_RECEIVED,
    ACTIVITY_INTENT_DECLINED,
    ACTIVITY_CONSULTED,
    ACTIVITY_CONSULTATION_ANSWERED,
    ACTIVITY_STRATEGY_STARTED,
    ACTIVITY_ICPC_HELD,
    ACTIVITY_CORE_GROUP_HELD,
    ACTIVITY_CP_REVIEW_HELD,
    ACTIVITY_CIN_PLAN_STARTED,
    ACTIVITY_CIN_REVIEW_HELD,
    ACTIVITY_LAC_STARTED,
    ACTIVITY_LAC_REVIEW_HELD,
    ACTIVITY_CSC_STATUS_CHANGED,
    ACTIVITY_RHI_OFFERED,
    ACTIVITY_RHI_ACCEPTED,
    ACTIVITY_RHI_DECLINED,
    ACTIVITY_RHI_HELD,
    ACTIVITY_ENCOMPASS_RELAYED,
    ACTIVITY_SAFETY_PLAN,
    ACTIVITY_SESSION_ATTENDED,
    ACTIVITY_SERVICE_CHANGED,
    ACTIVITY_PROGRAMME_CHANGED,
    ACTIVITY_AUDIT_RECORDED,
    ACTIVITY_CLOCK_PAUSED,
    ACTIVITY_CLOCK_RESUMED,
    ACTIVITY_CLOSED,
    ACTIVITY_REOPENED,
    ACTIVITY_TRANSFERRED,
    ACTIVITY_CORRECTED,
    ACTIVITY_ALERT_ACKNOWLEDGED,
    ACTIVITY_BIRTH_RECORDED, /* of a child who was unborn: T7 counts from it */
    ACTIVITY_LAST = ACTIVITY_BIRTH_RECORDED,
};
extern const struct codes codes_activity;

/*
 * One unmet need (domain.md section 5): c_ child, p_ parent, f_ family.
 * Travels as a set: SET_BIT(NEED_C_HEALTH).
 */
enum need {
    NEED_C_ATTENDANCE = 1,
    NEED_C_EXCLUSION,
    NEED_C_EMOTIONAL,
    NEED_C_BEHAVIOUR,
    NEED_C_OFFENDING,
    NEED_C_EXPLOITATION,
    NEED_C_MISSING,
    NEED_C_NEET,
    NEED_C_TEEN_PARENT,
    NEED_C_YOUNG_CARER,
    NEED_C_SEND,
    NEED_C_HEALTH,
    NEED_C_DEVELOPMENT,
    NEED_C_SELF_HARM,
    NEED_P_MENTAL_HEALTH,
    NEED_P_SUBSTANCE,
    NEED_P_DISABILITY,
    NEED_P_PARENTING,
    NEED_F_BREAKDOWN,
    NEED_F_DOMESTIC_ABUSE,
    NEED_F_NEGLECT,
    NEED_F_HOUSING,
    NEED_F_POVERTY,
    NEED_F_NO_RECOURSE,
};
extern const struct codes codes_need;

/*
 * What a decision leads to (domain.md section 5). The first seven have a
 * rank, see outcome_rank.
 */
enum outcome {
    OUTCOME_NFA = 1,
    OUTCOME_UNIVERSAL,
    OUTCOME_SINGLE_AGENCY,
    OUTCOME_CAF_TAF,
    OUTCOME_EH_INTENSIVE,
    OUTCOME_SOCIAL_CARE_REFERRAL,
    OUTCOME_STRATEGY_DISCUSSION,
    OUTCOME_EXISTING_CASE,
    OUTCOME_STEP_DOWN_OFFER,
    OUTCOME_STEP_UP_OFFER,
};
extern const struct codes codes_outcome;

/** 0 nfa .. 6 strategy_discussion; -1 for an outcome without rank, or none. */
int outcome_rank(int outcome);

/* Who holds a case: early help or children's social care. */
enum side {
    SIDE_EH = 1,
    SIDE_CSC,
};
extern const struct codes codes_side;

/* The door a notification came through: triage, duty or MASH. */
enum entry {
    ENTRY_EH = 1,
    ENTRY_CSC,
    ENTRY_MASH,
};
extern const struct codes codes_entry;

/* How firm a decision is (domain.md section 1). */
enum decision_status {
    DECISION_PROVISIONAL = 1,
    DECISION_FINAL,
    DECISION_REVISED,
};
extern const struct codes codes_decision_status;

/* Is the threshold of social care met (domain.md section 5). */
enum csc_threshold {
    THRESHOLD_MET = 1,
    THRESHOLD_NOT_MET,
    THRESHOLD_UNSURE,
    THRESHOLD_NOT_ASSESSED,
};
extern const struct codes codes_csc_threshold;

/* Significant harm (domain.md section 5, C02). */
enum harm {
    HARM_NONE = 1,
    HARM_POSSIBLE,
    HARM_LIKELY,
};
extern const struct codes codes_harm;

/* The police's grade of a missing child, in rising order. */
enum risk_grade {
    RISK_NONE = 1,
    RISK_LOW,
    RISK_MEDIUM,
    RISK_HIGH,
};
extern const struct codes codes_risk_grade;

/* Consent of the family (domain.md section 3). */
enum consent {
    CONSENT_GIVEN = 1,
    CONSENT_REFUSED,
    CONSENT_NOT_ASKED,
    CONSENT_NOT_NEEDED,
};
extern const struct codes codes_consent;

/*
 * What social care is to the child (domain.md section 1). CSC_NONE is a
 * known "nothing"; 0 is unknown.
 */
enum csc_status {
    CSC_NONE = 1,
    CSC_OPEN,
    CSC_CIN,
    CSC_CP,
    CSC_LAC,
};
extern const struct codes codes_csc_status;

/* Risk of needing social care (EIS Workflow). */
enum risk_of_csc {
    CSC_RISK_HIGH = 1,
    CSC_RISK_MEDIUM,
    CSC_RISK_MINIMAL,
};
extern const struct codes codes_risk_of_csc;

/* Fixed by the register of agencies; gives the CIN source (section 3). */
enum agency_type {
    AGENCY_SCHOOL = 1,
    AGENCY_EDUCATION,
    AGENCY_HEALTH,
    AGENCY_HOUSING,
    AGENCY_SOCIAL_CARE,
    AGENCY_OTHER_INTERNAL,
    AGENCY_OTHER_AUTHORITY,
    AGENCY_EARLY_HELP,
    AGENCY_POLICE,
    AGENCY_OTHER_LEGAL,
    AGENCY_VOLUNTARY,
    AGENCY_INDIVIDUAL,
    AGENCY_MASH,
    AGENCY_ANONYMOUS,
    AGENCY_UNKNOWN,
};
extern const struct codes codes_agency_type;

/* As the CIN census has it. */
enum sex {
    SEX_M = 1,
    SEX_F,
    SEX_U,
};
extern const struct codes codes_sex;

/* The 20 codes of domain.md section 10. */
enum ethnicity {
    ETHNICITY_WBRI = 1,
    ETHNICITY_WIRI,
    ETHNICITY_WIRT,
    ETHNICITY_WOTH,
    ETHNICITY_WROM,
    ETHNICITY_MWBC,
    ETHNICITY_MWBA,
    ETHNICITY_MWAS,
    ETHNICITY_MOTH,
    ETHNICITY_AIND,
    ETHNICITY_APKN,
    ETHNICITY_ABAN,
    ETHNICITY_AOTH,
    ETHNICITY_BCRB,
    ETHNICITY_BAFR,
    ETHNICITY_BOTH,
    ETHNICITY_CHNE,
    ETHNICITY_OOTH,
    ETHNICITY_REFU,
    ETHNICITY_NOBT,
};
extern const struct codes codes_ethnicity;

/* The census codes; travels as a set. */
enum disability {
    DISABILITY_NONE = 1,
    DISABILITY_MOB,
    DISABILITY_HAND,
    DISABILITY_PC,
    DISABILITY_INC,
    DISABILITY_COMM,
    DISABILITY_LD,
    DISABILITY_HEAR,
    DISABILITY_VIS,
    DISABILITY_BEH,
    DISABILITY_CON,
    DISABILITY_AUT,
    DISABILITY_DDA,
};
extern const struct codes codes_disability;

/* Missing, or away: looked after, whereabouts known (MG). */
enum missing_category {
    MISSING_MISSING = 1,
    MISSING_AWAY,
};
extern const struct codes codes_missing_category;

/* Why the police take a missing report back; `withdrawn` undoes that. */
enum cancel_reason {
    CANCEL_IN_ERROR = 1,
    CANCEL_DUPLICATE,
    CANCEL_NOT_MISSING,
    CANCEL_WITHDRAWN,
};
extern const struct codes codes_cancel_reason;

/* Who is it (domain.md section 4). */
enum match_status {
    MATCH_MATCHED = 1,
    MATCH_NEW,
    MATCH_REVIEW,
};
extern const struct codes codes_match_status;

/* Where a case stands (domain.md section 6). Open up to handover_pending. */
enum case_state {
    CASE_SCREENING = 1,
    CASE_INTENT,
    CASE_UNALLOCATED,
    CASE_ALLOCATED,
    CASE_ASSESSMENT,
    CASE_PLAN,
    CASE_REVIEW,
    CASE_HANDOVER_PENDING,
    CASE_CLOSED,
    CASE_MERGED,
    CASE_TRANSFERRED,
};
extern const struct codes codes_case_state;

/*
 * How a case ended (domain.md section 6). RC1-RC9 are the census's reasons,
 * for social care only.
 */
enum close_outcome {
    CLOSE_NEEDS_MET = 1,
    CLOSE_STEPPED_DOWN_TO_UNIVERSAL,
    CLOSE_MOVED_AWAY,
    CLOSE_AGED_OUT,
    CLOSE_DIED,
    CLOSE_NEEDS_PARTLY_MET,
    CLOSE_DISENGAGED,
    CLOSE_CONSENT_WITHDRAWN,
    CLOSE_NFA_AFTER_ASSESSMENT,
    CLOSE_IN_ERROR,
    CLOSE_STEPPED_UP,
    CLOSE_STEPPED_DOWN,
    CLOSE_RC1,
    CLOSE_RC2,
    CLOSE_RC3,
    CLOSE_RC4,
    CLOSE_RC5,
    CLOSE_RC6,
    CLOSE_RC7,
    CLOSE_RC8,
    CLOSE_RC9,
};
extern const struct codes codes_close_outcome;

/* Where an offer stands (domain.md section 6, rows 14-16). */
enum handover_state {
    HANDOVER_OFFERED = 1,
    HANDOVER_ACCEPTED,
    HANDOVER_DECLINED,
    HANDOVER_WITHDRAWN,
    HANDOVER_EXPIRED,
};
extern const struct codes codes_handover_state;

/* step_up goes from eh to csc, step_down back. */
enum direction {
    DIRECTION_STEP_UP = 1,
    DIRECTION_STEP_DOWN,
};
extern const struct codes codes_direction;

/*
 * What happened to a running limit. `void`: it never counted; `moved`: its
 * due time is another one.
 */
enum clock_change {
    CLOCK_STARTED = 1,
    CLOCK_STOPPED,
    CLOCK_VOID,
    CLOCK_MOVED,
    CLOCK_PAUSED,
    CLOCK_RESUMED,
};
extern const struct codes codes_clock_change;

/*
 * What a clock or an alert is about; `service` for alerts about Waymark
 * itself (lag, dead letters).
 */
enum clock_subject {
    CLOCK_SUBJECT_CASE = 1,
    CLOCK_SUBJECT_CHILD,
    CLOCK_SUBJECT_EPISODE,
    CLOCK_SUBJECT_NOTIFICATION,
    CLOCK_SUBJECT_WORKER,
    CLOCK_SUBJECT_HANDOVER,
    CLOCK_SUBJECT_SERVICE,
};
extern const struct codes codes_clock_subject;

/*
 * State of a missing episode (domain.md section 3). `done`: interview held
 * or declined; `closed`: by the 18th birthday.
 */
enum episode_state {
    EPISODE_MISSING = 1,
    EPISODE_FOUND,
    EPISODE_DONE,
    EPISODE_CANCELLED,
    EPISODE_CLOSED,
};
extern const struct codes codes_episode_state;

/* Return home interview; null while none is due. */
enum rhi_state {
    RHI_DUE = 1,
    RHI_OFFERED,
    RHI_ACCEPTED,
    RHI_DECLINED,
    RHI_HELD,
    RHI_VOID,
};
extern const struct codes codes_rhi_state;

/* Whom an alert tells; the local title stands in the profile. */
enum alert_role {
    ROLE_WORKER = 1,
    ROLE_UNIT_LEADER,
    ROLE_DISTRICT_MANAGER,
    ROLE_HEAD_OF_SERVICE,
    ROLE_SCREENER,
    ROLE_MASH_MANAGER,
    ROLE_DUTY,
    ROLE_CAF_OFFICER,
};
extern const struct codes codes_alert_role;

/* On a staff list only: nobody whom an alert reaches. */
enum staff_role { ROLE_ANALYST = ROLE_CAF_OFFICER + 1, ROLE_DPO };
/* Those of enum alert_role, then these. */
extern const struct codes codes_staff_role;

/* Kent's bands; unknown and unborn stand apart (domain.md section 9). */
enum age_band {
    AGE_0_4 = 1,
    AGE_5_10,
    AGE_11_15,
    AGE_16_UP,
    AGE_UNKNOWN,
    AGE_UNBORN,
};
extern const struct codes codes_age_band;

/* The MASH's colour: how soon. */
enum rag {
    RAG_RED = 1,
    RAG_AMBER,
    RAG_GREEN,
    RAG_BLUE,
};
extern const struct codes codes_rag;

/* Where work waits for people (domain.md sections 4, 5). */
enum queue {
    QUEUE_SCREENING = 1, /* a provisional decision */
    QUEUE_CONSULTATION,  /* one for which the other side is asked first */
    QUEUE_MATCH,         /* a match that a person has to look at */
};
extern const struct codes codes_queue;

/* Which configuration a ConfigActivated puts into force. */
enum config_kind {
    CONFIG_PROFILE = 1,
    CONFIG_STAFF,
    CONFIG_CALENDAR,
    CONFIG_AGENCIES,
};
extern const struct codes codes_config_kind;

/* Health discipline, the CIN source of a health referral. */
enum discipline {
    DISCIPLINE_3A = 1,
    DISCIPLINE_3B,
    DISCIPLINE_3C,
    DISCIPLINE_3D,
    DISCIPLINE_3E,
    DISCIPLINE_3F,
};
extern const struct codes codes_discipline;

/* Who refers: 1A family, 1B acquaintance, 1C the child, 1D other. */
enum who {
    WHO_FAMILY = 1,
    WHO_ACQUAINTANCE,
    WHO_SELF,
    WHO_OTHER,
};
extern const struct codes codes_who;

/* How far a family is in a programme (K18). */
enum programme_stage {
    PROGRAMME_IDENTIFIED = 1,
    PROGRAMME_ENGAGED,
    PROGRAMME_CLAIMED,
};
extern const struct codes codes_programme_stage;

/* How much a referrer is told (domain.md section 11). */
enum answer {
    ANSWER_OUTCOME = 1,
    ANSWER_BEING_HELPED,
    ANSWER_NO_FURTHER_ACTION,
    ANSWER_NEXT_STEPS,
    ANSWER_RECEIVED,
    ANSWER_WITHHELD,
    ANSWER_REFUSED,
};
extern const struct codes codes_answer;

#endif
