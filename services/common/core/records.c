#include "common/core/records.h"

#include "common/core/indicators.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/*
 * The order of a table is the order of its .avsc. A code that only splits
 * figures is F_LENIENT: a word from a newer sender must not stop the record.
 */

#define S struct person_member
static const struct field person_member_at[] = {
    FIELD_TEXT(S, name, F_NULLABLE | F_PERSONAL),
    FIELD_DATE(S, dob, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, relationship, F_NULLABLE),
    FIELD_TRI(S, parental_responsibility, F_NULLABLE),
    FIELD_TRI(S, perpetrator, F_NULLABLE),
};
#undef S

const struct fields fields_person_member = {
    .name = "PersonMember",
    .size = sizeof(struct person_member),
    .at = person_member_at,
    .n = N_OF(person_member_at),
};

#define S struct person_detail
static const struct field person_detail_at[] = {
    FIELD_TEXT(S, name, 0),
    FIELD_TEXT(S, value, F_NULLABLE | F_PERSONAL),
};
#undef S

const struct fields fields_person_detail = {
    .name = "PersonDetail",
    .size = sizeof(struct person_detail),
    .at = person_detail_at,
    .n = N_OF(person_detail_at),
};

#define S struct decision_input
static const struct field decision_input_at[] = {
    FIELD_TEXT(S, name, 0),
    FIELD_TEXT(S, value, F_NULLABLE),
};
#undef S

const struct fields fields_decision_input = {
    .name = "DecisionInput",
    .size = sizeof(struct decision_input),
    .at = decision_input_at,
    .n = N_OF(decision_input_at),
};

#define S struct milestone
static const struct field milestone_at[] = {
    FIELD_CODE(S, activity, 0, &codes_activity),
    FIELD_TIME(S, at, 0),
};
#undef S

const struct fields fields_milestone = {
    .name = "Milestone",
    .size = sizeof(struct milestone),
    .at = milestone_at,
    .n = N_OF(milestone_at),
};

#define S struct notification_received
static const struct field notification_received_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, notification_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_CODE(S, agency_type, 0, &codes_agency_type),
    FIELD_TEXT(S, cin_source, F_NULLABLE),
    FIELD_CODE(S, kind, 0, &codes_kind),
    FIELD_TIME(S, sent_at, 0),
    FIELD_BOOL(S, info_only, 0),
    FIELD_BOOL(S, immediate_danger, 0),
    FIELD_CODE(S, consent, F_NULLABLE, &codes_consent),
    FIELD_CODE(S, entry, F_NULLABLE, &codes_entry),
    FIELD_CODE(S, harm, F_NULLABLE, &codes_harm),
    FIELD_TRI(S, impaired, F_NULLABLE),
    FIELD_TRI(S, single_agency_able, F_NULLABLE),
    FIELD_CODE(S, risk_of_csc, F_NULLABLE, &codes_risk_of_csc),
    FIELD_CODE(S, csc_threshold, F_NULLABLE, &codes_csc_threshold),
    FIELD_I32(S, level, F_NULLABLE),
    FIELD_SET(S, needs, 0, &codes_need),
    FIELD_CODE(S, rag, F_NULLABLE, &codes_rag),
    FIELD_TEXT(S, episode_ref, F_NULLABLE),
    FIELD_TIME(S, reported_at, F_NULLABLE),
    FIELD_TIME(S, graded_at, F_NULLABLE),
    FIELD_TIME(S, found_at, F_NULLABLE),
    FIELD_TIME(S, cancelled_at, F_NULLABLE),
    FIELD_TIME(S, last_seen_at, F_NULLABLE),
    FIELD_CODE(S, risk_grade, F_NULLABLE, &codes_risk_grade),
    FIELD_CODE(S, missing_category, F_NULLABLE, &codes_missing_category),
    FIELD_CODE(S, cancel_reason, F_NULLABLE, &codes_cancel_reason),
    FIELD_ID(S, case_id, F_NULLABLE),
    FIELD_TEXT(S, unit, F_NULLABLE),
    FIELD_TEXT(S, from_la, F_NULLABLE),
    FIELD_I32(S, attendance, F_NULLABLE),
    FIELD_CODE(S, discipline, F_NULLABLE | F_LENIENT, &codes_discipline),
    FIELD_DATE(S, eviction_on, F_NULLABLE),
    FIELD_TIME(S, incident_at, F_NULLABLE),
    FIELD_CODE(S, who, F_NULLABLE | F_LENIENT, &codes_who),
    FIELD_BYTES(S, content_hash, 0),
    FIELD_TEXTS(S, warnings, 0),
    FIELD_ID(S, key_id, F_NULLABLE),
    FIELD_BYTES(S, person, F_NULLABLE),
    FIELD_CODE(S, side, F_NULLABLE, &codes_side),
    FIELD_CODE(S, outcome, F_NULLABLE, &codes_outcome),
    FIELD_CODE(S, csc_status, F_NULLABLE, &codes_csc_status),
    FIELD_TEXT(S, worker, F_NULLABLE),
    FIELD_TIME(S, opened_at, F_NULLABLE),
    FIELD_RECORDS(S, milestones, &fields_milestone),
    FIELD_TEXT(S, by, F_NULLABLE),
    FIELD_TEXT(S, second_by, F_NULLABLE),
};
#undef S

const struct fields fields_notification_received = {
    .name = "NotificationReceived",
    .size = sizeof(struct notification_received),
    .at = notification_received_at,
    .n = N_OF(notification_received_at),
};

#define S struct activity_reported
static const struct field activity_reported_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, activity_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_ID(S, subject_case_id, F_NULLABLE),
    FIELD_ID(S, subject_child_id, F_NULLABLE),
    FIELD_TEXT(S, subject_la_child_id, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, subject_agency_id, F_NULLABLE),
    FIELD_TEXT(S, subject_agency_ref, F_NULLABLE),
    FIELD_CODE(S, activity, 0, &codes_activity),
    FIELD_TEXT(S, by, 0),
    FIELD_TEXT(S, unit, 0),
    FIELD_TEXT(S, worker, F_NULLABLE),
    FIELD_CODE(S, side, F_NULLABLE, &codes_side),
    FIELD_TEXT(S, to_unit, F_NULLABLE),
    FIELD_CODE(S, outcome, F_NULLABLE, &codes_close_outcome),
    FIELD_SET(S, need, 0, &codes_need),
    FIELD_I32(S, level, F_NULLABLE),
    FIELD_CODE(S, csc_status, F_NULLABLE, &codes_csc_status),
    FIELD_CODE(S, consent, F_NULLABLE, &codes_consent),
    FIELD_TEXT(S, organisation, F_NULLABLE),
    FIELD_TEXT(S, service, F_NULLABLE),
    FIELD_TEXT(S, provider, F_NULLABLE),
    FIELD_TRI(S, service_on, F_NULLABLE),
    FIELD_I32(S, hours_tenths, F_NULLABLE),
    FIELD_BOOL(S, open_access, 0),
    FIELD_TEXT(S, core_offer, F_NULLABLE),
    FIELD_TEXT(S, linked_kpi, F_NULLABLE),
    FIELD_CODE(S, risk_of_csc, F_NULLABLE, &codes_risk_of_csc),
    FIELD_TEXT(S, programme, F_NULLABLE),
    FIELD_CODE(S, programme_stage, F_NULLABLE, &codes_programme_stage),
    FIELD_TEXTS(S, grades, 0),
    FIELD_TEXT(S, clock, F_NULLABLE),
    FIELD_I32(S, reason_chars, 0),
    FIELD_TEXT(S, authorised_by, F_NULLABLE),
    FIELD_TEXT(S, corrects_agency_id, F_NULLABLE),
    FIELD_TEXT(S, corrects_agency_ref, F_NULLABLE),
    FIELD_ID(S, alert_id, F_NULLABLE),
    FIELD_BYTES(S, content_hash, 0),
    FIELD_TEXTS(S, warnings, 0),
    FIELD_ID(S, key_id, F_NULLABLE),
    FIELD_BYTES(S, detail, F_NULLABLE),
};
#undef S

const struct fields fields_activity_reported = {
    .name = "ActivityReported",
    .size = sizeof(struct activity_reported),
    .at = activity_reported_at,
    .n = N_OF(activity_reported_at),
};

#define S struct screening_recorded
static const struct field screening_recorded_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, screening_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_TEXT(S, notification_agency_id, 0),
    FIELD_TEXT(S, notification_agency_ref, 0),
    FIELD_ID(S, notification_id, F_NULLABLE),
    FIELD_I32(S, level, F_NULLABLE),
    FIELD_CODE(S, csc_threshold, F_NULLABLE, &codes_csc_threshold),
    FIELD_SET(S, needs, 0, &codes_need),
    FIELD_CODE(S, consent, F_NULLABLE, &codes_consent),
    FIELD_CODE(S, entry, F_NULLABLE, &codes_entry),
    FIELD_CODE(S, harm, F_NULLABLE, &codes_harm),
    FIELD_TRI(S, impaired, F_NULLABLE),
    FIELD_TRI(S, single_agency_able, F_NULLABLE),
    FIELD_CODE(S, risk_of_csc, F_NULLABLE, &codes_risk_of_csc),
    FIELD_CODE(S, outcome, F_NULLABLE, &codes_outcome),
    FIELD_I32(S, rationale_chars, 0),
    FIELD_TEXT(S, by, 0),
    FIELD_TEXT(S, second_by, F_NULLABLE),
    FIELD_TEXT(S, primary_need, F_NULLABLE),
    FIELD_BYTES(S, content_hash, 0),
    FIELD_ID(S, key_id, F_NULLABLE),
    FIELD_BYTES(S, detail, F_NULLABLE),
};
#undef S

const struct fields fields_screening_recorded = {
    .name = "ScreeningRecorded",
    .size = sizeof(struct screening_recorded),
    .at = screening_recorded_at,
    .n = N_OF(screening_recorded_at),
};

#define S struct match_resolved
static const struct field match_resolved_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, resolution_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_ID(S, notification_id, 0),
    FIELD_ID(S, child_id, F_NULLABLE),
    FIELD_I32(S, reason_chars, 0),
    FIELD_TEXT(S, by, 0),
    FIELD_TEXT(S, second_by, F_NULLABLE),
    FIELD_BYTES(S, content_hash, 0),
    FIELD_ID(S, key_id, F_NULLABLE),
    FIELD_BYTES(S, detail, F_NULLABLE),
};
#undef S

const struct fields fields_match_resolved = {
    .name = "MatchResolved",
    .size = sizeof(struct match_resolved),
    .at = match_resolved_at,
    .n = N_OF(match_resolved_at),
};

#define S struct erasure_recorded
static const struct field erasure_recorded_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, item_id, 0),
    FIELD_ID(S, key_id, 0),
    FIELD_TEXT(S, by, 0),
    FIELD_TEXT(S, second_by, 0),
};
#undef S

const struct fields fields_erasure_recorded = {
    .name = "ErasureRecorded",
    .size = sizeof(struct erasure_recorded),
    .at = erasure_recorded_at,
    .n = N_OF(erasure_recorded_at),
};

#define S struct config_activated
static const struct field config_activated_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_CODE(S, config_kind, 0, &codes_config_kind),
    FIELD_TEXT(S, name, 0),
    FIELD_TEXT(S, version, 0),
    FIELD_TEXT(S, hash, 0),
    FIELD_TEXT(S, text, 0),
    FIELD_TEXT(S, by, F_NULLABLE),
    FIELD_TEXT(S, second_by, F_NULLABLE),
};
#undef S

const struct fields fields_config_activated = {
    .name = "ConfigActivated",
    .size = sizeof(struct config_activated),
    .at = config_activated_at,
    .n = N_OF(config_activated_at),
};

#define S struct time_advanced
static const struct field time_advanced_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_TIME(S, at, 0),
};
#undef S

const struct fields fields_time_advanced = {
    .name = "TimeAdvanced",
    .size = sizeof(struct time_advanced),
    .at = time_advanced_at,
    .n = N_OF(time_advanced_at),
};

#define S struct notification_accepted
static const struct field notification_accepted_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, notification_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_CODE(S, agency_type, 0, &codes_agency_type),
    FIELD_CODE(S, kind, 0, &codes_kind),
    FIELD_TIME(S, sent_at, 0),
};
#undef S

const struct fields fields_notification_accepted = {
    .name = "NotificationAccepted",
    .size = sizeof(struct notification_accepted),
    .at = notification_accepted_at,
    .n = N_OF(notification_accepted_at),
};

#define S struct referral_decided
static const struct field referral_decided_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, decision_id, 0),
    FIELD_ID(S, notification_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_CODE(S, agency_type, 0, &codes_agency_type),
    FIELD_TEXT(S, cin_source, F_NULLABLE),
    FIELD_CODE(S, kind, 0, &codes_kind),
    FIELD_ID(S, child_id, 0),
    FIELD_CODE(S, match_status, 0, &codes_match_status),
    FIELD_TEXT(S, match_step, F_NULLABLE),
    FIELD_CODE(S, entry, F_NULLABLE, &codes_entry),
    FIELD_CODE(S, side, F_NULLABLE, &codes_side),
    FIELD_CODE(S, outcome, 0, &codes_outcome),
    FIELD_CODE(S, status, 0, &codes_decision_status),
    FIELD_TEXT(S, rule_id, 0),
    FIELD_TEXTS(S, hits, 0),
    FIELD_TEXTS(S, action_rules, 0),
    FIELD_TEXTS(S, actions, 0),
    FIELD_RECORDS(S, inputs, &fields_decision_input),
    FIELD_TEXTS(S, ask, 0),
    FIELD_TIME(S, received_at, 0),
    FIELD_I32(S, level, F_NULLABLE),
    FIELD_CODE(S, csc_threshold, F_NULLABLE, &codes_csc_threshold),
    FIELD_SET(S, needs, 0, &codes_need),
    FIELD_I32(S, need_count, 0),
    FIELD_CODE(S, csc_status, F_NULLABLE, &codes_csc_status),
    FIELD_CODE(S, eh_status, F_NULLABLE, &codes_outcome),
    FIELD_CODE(S, risk_grade, F_NULLABLE, &codes_risk_grade),
    FIELD_I32(S, missing_30d, F_NULLABLE),
    FIELD_I32(S, missing_90d, F_NULLABLE),
    FIELD_TRI(S, re_referral, F_NULLABLE),
    FIELD_CODE(S, consent, F_NULLABLE, &codes_consent),
    FIELD_BOOL(S, immediate_danger, 0),
    FIELD_CODE(S, risk_of_csc, F_NULLABLE, &codes_risk_of_csc),
    FIELD_CODE(S, rag, F_NULLABLE, &codes_rag),
    FIELD_TEXT(S, unit, F_NULLABLE),
    FIELD_TEXT(S, locality, F_NULLABLE),
    FIELD_CODE(S, age_band, F_NULLABLE | F_LENIENT, &codes_age_band),
    FIELD_CODE(S, sex, F_NULLABLE | F_LENIENT, &codes_sex),
    FIELD_CODE(S, ethnicity, F_NULLABLE | F_LENIENT, &codes_ethnicity),
    FIELD_TRI(S, sen, F_NULLABLE),
    FIELD_ID(S, episode_id, F_NULLABLE),
    FIELD_TEXT(S, episode_ref, F_NULLABLE),
    FIELD_TIME(S, reported_at, F_NULLABLE),
    FIELD_TIME(S, graded_at, F_NULLABLE),
    FIELD_TIME(S, found_at, F_NULLABLE),
    FIELD_TIME(S, cancelled_at, F_NULLABLE),
    FIELD_CODE(S, cancel_reason, F_NULLABLE, &codes_cancel_reason),
    FIELD_CODE(S, missing_category, F_NULLABLE, &codes_missing_category),
    FIELD_TIME(S, last_seen_at, F_NULLABLE),
    FIELD_TIME(S, incident_at, F_NULLABLE),
    FIELD_ID(S, existing_case_id, F_NULLABLE),
    FIELD_ID(S, offered_case_id, F_NULLABLE),
    FIELD_BOOL(S, overridden, 0),
    FIELD_BOOL(S, relayed, 0),
    FIELD_DATE(S, adult_on, F_NULLABLE),
    FIELD_TEXT(S, screened_by, F_NULLABLE),
    FIELD_TEXT(S, second_by, F_NULLABLE),
    FIELD_TEXTS(S, warnings, 0),
    FIELD_ID(S, first_child_id, F_NULLABLE),
    FIELD_TEXT(S, worker, F_NULLABLE),
    FIELD_TIME(S, opened_at, F_NULLABLE),
    FIELD_RECORDS(S, milestones, &fields_milestone),
};
#undef S

const struct fields fields_referral_decided = {
    .name = "ReferralDecided",
    .size = sizeof(struct referral_decided),
    .at = referral_decided_at,
    .n = N_OF(referral_decided_at),
};

#define S struct activity_recorded
static const struct field activity_recorded_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, activity_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_ID(S, child_id, F_NULLABLE),
    FIELD_ID(S, case_id, F_NULLABLE),
    FIELD_ID(S, notification_id, F_NULLABLE),
    FIELD_TEXT(S, refusal, F_NULLABLE),
    FIELD_CODE(S, activity, 0, &codes_activity),
    FIELD_TEXT(S, by, 0),
    FIELD_TEXT(S, unit, 0),
    FIELD_TEXT(S, worker, F_NULLABLE),
    FIELD_CODE(S, side, F_NULLABLE, &codes_side),
    FIELD_TEXT(S, to_unit, F_NULLABLE),
    FIELD_CODE(S, outcome, F_NULLABLE, &codes_close_outcome),
    FIELD_SET(S, need, 0, &codes_need),
    FIELD_I32(S, level, F_NULLABLE),
    FIELD_CODE(S, csc_status, F_NULLABLE, &codes_csc_status),
    FIELD_CODE(S, consent, F_NULLABLE, &codes_consent),
    FIELD_TEXT(S, organisation, F_NULLABLE),
    FIELD_TEXT(S, service, F_NULLABLE),
    FIELD_TEXT(S, provider, F_NULLABLE),
    FIELD_TRI(S, service_on, F_NULLABLE),
    FIELD_I32(S, hours_tenths, F_NULLABLE),
    FIELD_BOOL(S, open_access, 0),
    FIELD_TEXT(S, core_offer, F_NULLABLE),
    FIELD_TEXT(S, linked_kpi, F_NULLABLE),
    FIELD_CODE(S, risk_of_csc, F_NULLABLE, &codes_risk_of_csc),
    FIELD_TEXT(S, programme, F_NULLABLE),
    FIELD_CODE(S, programme_stage, F_NULLABLE, &codes_programme_stage),
    FIELD_TEXTS(S, grades, 0),
    FIELD_TEXT(S, clock, F_NULLABLE),
    FIELD_I32(S, reason_chars, 0),
    FIELD_TEXT(S, authorised_by, F_NULLABLE),
    FIELD_TEXT(S, corrects_agency_id, F_NULLABLE),
    FIELD_TEXT(S, corrects_agency_ref, F_NULLABLE),
    FIELD_ID(S, alert_id, F_NULLABLE),
    FIELD_TEXTS(S, warnings, 0),
    FIELD_TEXT(S, locality, F_NULLABLE),
    FIELD_CODE(S, age_band, F_NULLABLE | F_LENIENT, &codes_age_band),
    FIELD_CODE(S, sex, F_NULLABLE | F_LENIENT, &codes_sex),
    FIELD_CODE(S, ethnicity, F_NULLABLE | F_LENIENT, &codes_ethnicity),
};
#undef S

const struct fields fields_activity_recorded = {
    .name = "ActivityRecorded",
    .size = sizeof(struct activity_recorded),
    .at = activity_recorded_at,
    .n = N_OF(activity_recorded_at),
};

#define S struct child_merged
static const struct field child_merged_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, survivor_id, 0),
    FIELD_ID(S, merged_id, 0),
    FIELD_TEXT(S, by, F_NULLABLE),
};
#undef S

const struct fields fields_child_merged = {
    .name = "ChildMerged",
    .size = sizeof(struct child_merged),
    .at = child_merged_at,
    .n = N_OF(child_merged_at),
};

#define S struct child_unmerged
static const struct field child_unmerged_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, survivor_id, 0),
    FIELD_ID(S, merged_id, 0),
    FIELD_TEXT(S, by, F_NULLABLE),
};
#undef S

const struct fields fields_child_unmerged = {
    .name = "ChildUnmerged",
    .size = sizeof(struct child_unmerged),
    .at = child_unmerged_at,
    .n = N_OF(child_unmerged_at),
};

#define S struct child_erased
static const struct field child_erased_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, child_id, 0),
};
#undef S

const struct fields fields_child_erased = {
    .name = "ChildErased",
    .size = sizeof(struct child_erased),
    .at = child_erased_at,
    .n = N_OF(child_erased_at),
};

#define S struct case_changed
static const struct field case_changed_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, case_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_CODE(S, side, 0, &codes_side),
    FIELD_CODE(S, state, 0, &codes_case_state),
    FIELD_CODE(S, state_before, F_NULLABLE, &codes_case_state),
    FIELD_CODE(S, return_to, F_NULLABLE, &codes_case_state),
    FIELD_CODE(S, outcome, F_NULLABLE, &codes_outcome),
    FIELD_TEXT(S, unit, F_NULLABLE),
    FIELD_TEXT(S, worker, F_NULLABLE),
    FIELD_TIME(S, opened_at, F_NULLABLE),
    FIELD_TIME(S, closed_at, F_NULLABLE),
    FIELD_CODE(S, close_outcome, F_NULLABLE, &codes_close_outcome),
    FIELD_ID(S, decision_id, F_NULLABLE),
    FIELD_ID(S, notification_id, F_NULLABLE),
    FIELD_CODE(S, effect, F_NULLABLE, &codes_outcome),
    FIELD_ID(S, activity_id, F_NULLABLE),
    FIELD_ID(S, merged_into, F_NULLABLE),
    FIELD_CODE(S, entry, F_NULLABLE, &codes_entry),
    FIELD_CODE(S, csc_status, F_NULLABLE, &codes_csc_status),
    FIELD_SET(S, needs, 0, &codes_need),
    FIELD_CODE(S, agency_type, F_NULLABLE, &codes_agency_type),
    FIELD_TEXT(S, cin_source, F_NULLABLE),
    FIELD_TRI(S, re_referral, F_NULLABLE),
    FIELD_BOOL(S, third_need, 0),
    FIELD_ID(S, predecessor_id, F_NULLABLE),
    FIELD_BOOL(S, intent, 0),
    FIELD_TEXT(S, locality, F_NULLABLE),
    FIELD_CODE(S, age_band, F_NULLABLE | F_LENIENT, &codes_age_band),
    FIELD_CODE(S, sex, F_NULLABLE | F_LENIENT, &codes_sex),
    FIELD_CODE(S, ethnicity, F_NULLABLE | F_LENIENT, &codes_ethnicity),
};
#undef S

const struct fields fields_case_changed = {
    .name = "CaseChanged",
    .size = sizeof(struct case_changed),
    .at = case_changed_at,
    .n = N_OF(case_changed_at),
};

#define S struct handover_changed
static const struct field handover_changed_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, handover_id, 0),
    FIELD_ID(S, case_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_CODE(S, direction, 0, &codes_direction),
    FIELD_CODE(S, state, 0, &codes_handover_state),
    FIELD_TEXT(S, from_unit, F_NULLABLE),
    FIELD_TEXT(S, to_unit, F_NULLABLE),
    FIELD_TIME(S, offered_at, 0),
    FIELD_TIME(S, answered_at, F_NULLABLE),
    FIELD_TIME(S, due_at, F_NULLABLE),
    FIELD_I32(S, expiries, 0),
    FIELD_ID(S, new_case_id, F_NULLABLE),
    FIELD_TEXT(S, by, F_NULLABLE),
    FIELD_TEXT(S, locality, F_NULLABLE),
    FIELD_CODE(S, age_band, F_NULLABLE | F_LENIENT, &codes_age_band),
};
#undef S

const struct fields fields_handover_changed = {
    .name = "HandoverChanged",
    .size = sizeof(struct handover_changed),
    .at = handover_changed_at,
    .n = N_OF(handover_changed_at),
};

#define S struct clock_changed
static const struct field clock_changed_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_CODE(S, subject_kind, 0, &codes_clock_subject),
    FIELD_ID(S, subject_id, 0),
    FIELD_ID(S, child_id, F_NULLABLE),
    FIELD_TEXT(S, clock, 0),
    FIELD_CODE(S, change, 0, &codes_clock_change),
    FIELD_TIME(S, started_at, F_NULLABLE),
    FIELD_TIME(S, due_at, F_NULLABLE),
    FIELD_TIME(S, stopped_at, F_NULLABLE),
    FIELD_TRI(S, late, F_NULLABLE),
    FIELD_TEXT(S, unit, F_NULLABLE),
};
#undef S

const struct fields fields_clock_changed = {
    .name = "ClockChanged",
    .size = sizeof(struct clock_changed),
    .at = clock_changed_at,
    .n = N_OF(clock_changed_at),
};

#define S struct missing_episode_changed
static const struct field missing_episode_changed_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, episode_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, episode_ref, 0),
    FIELD_CODE(S, state, 0, &codes_episode_state),
    FIELD_BOOL(S, incomplete, 0),
    FIELD_CODE(S, category, F_NULLABLE, &codes_missing_category),
    FIELD_CODE(S, risk_grade, F_NULLABLE, &codes_risk_grade),
    FIELD_TIME(S, reported_at, F_NULLABLE),
    FIELD_TIME(S, found_at, F_NULLABLE),
    FIELD_CODE(S, cancel_reason, F_NULLABLE, &codes_cancel_reason),
    FIELD_CODE(S, rhi_state, F_NULLABLE, &codes_rhi_state),
    FIELD_TIME(S, rhi_at, F_NULLABLE),
    FIELD_TIME(S, rhi_due_at, F_NULLABLE),
    FIELD_TEXT(S, unit, F_NULLABLE),
    FIELD_TEXT(S, worker, F_NULLABLE),
    FIELD_TEXT(S, locality, F_NULLABLE),
    FIELD_CODE(S, age_band, F_NULLABLE | F_LENIENT, &codes_age_band),
    FIELD_CODE(S, csc_status, F_NULLABLE, &codes_csc_status),
};
#undef S

const struct fields fields_missing_episode_changed = {
    .name = "MissingEpisodeChanged",
    .size = sizeof(struct missing_episode_changed),
    .at = missing_episode_changed_at,
    .n = N_OF(missing_episode_changed_at),
};

#define S struct alert_raised
static const struct field alert_raised_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, alert_id, 0),
    FIELD_TEXT(S, rule, 0),
    FIELD_CODE(S, subject_kind, 0, &codes_clock_subject),
    FIELD_ID(S, subject_id, 0),
    FIELD_ID(S, child_id, F_NULLABLE),
    FIELD_ID(S, case_id, F_NULLABLE),
    FIELD_TIME(S, due_at, F_NULLABLE),
    FIELD_I32(S, raise_number, 0),
    FIELD_I32(S, stage, 0),
    FIELD_CODE(S, told, 0, &codes_alert_role),
    FIELD_TEXT(S, unit, F_NULLABLE),
    FIELD_TEXT(S, worker, F_NULLABLE),
};
#undef S

const struct fields fields_alert_raised = {
    .name = "AlertRaised",
    .size = sizeof(struct alert_raised),
    .at = alert_raised_at,
    .n = N_OF(alert_raised_at),
};

#define S struct alert_escalated
static const struct field alert_escalated_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, alert_id, 0),
    FIELD_TEXT(S, rule, 0),
    FIELD_CODE(S, subject_kind, 0, &codes_clock_subject),
    FIELD_ID(S, subject_id, 0),
    FIELD_ID(S, child_id, F_NULLABLE),
    FIELD_ID(S, case_id, F_NULLABLE),
    FIELD_TIME(S, due_at, F_NULLABLE),
    FIELD_I32(S, raise_number, 0),
    FIELD_I32(S, stage, 0),
    FIELD_CODE(S, told, 0, &codes_alert_role),
    FIELD_TEXT(S, unit, F_NULLABLE),
    FIELD_TEXT(S, worker, F_NULLABLE),
};
#undef S

const struct fields fields_alert_escalated = {
    .name = "AlertEscalated",
    .size = sizeof(struct alert_escalated),
    .at = alert_escalated_at,
    .n = N_OF(alert_escalated_at),
};

#define S struct alert_acknowledged
static const struct field alert_acknowledged_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, alert_id, 0),
    FIELD_TEXT(S, rule, 0),
    FIELD_TEXT(S, by, 0),
};
#undef S

const struct fields fields_alert_acknowledged = {
    .name = "AlertAcknowledged",
    .size = sizeof(struct alert_acknowledged),
    .at = alert_acknowledged_at,
    .n = N_OF(alert_acknowledged_at),
};

#define S struct alert_cleared
static const struct field alert_cleared_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, alert_id, 0),
    FIELD_TEXT(S, rule, 0),
    FIELD_CODE(S, subject_kind, 0, &codes_clock_subject),
    FIELD_ID(S, subject_id, 0),
    FIELD_ID(S, case_id, F_NULLABLE),
    FIELD_ID(S, child_id, F_NULLABLE),
    FIELD_TEXT(S, reason, 0),
};
#undef S

const struct fields fields_alert_cleared = {
    .name = "AlertCleared",
    .size = sizeof(struct alert_cleared),
    .at = alert_cleared_at,
    .n = N_OF(alert_cleared_at),
};

#define S struct referrer_answered
static const struct field referrer_answered_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, notification_id, F_NULLABLE),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_CODE(S, answer, 0, &codes_answer),
    FIELD_CODE(S, outcome, F_NULLABLE, &codes_outcome),
    FIELD_TEXT(S, refusal, F_NULLABLE),
    FIELD_TEXT(S, unit, F_NULLABLE),
    FIELD_TEXT(S, phone, F_NULLABLE),
    FIELD_ID(S, child_id, F_NULLABLE),
    FIELD_ID(S, case_id, F_NULLABLE),
};
#undef S

const struct fields fields_referrer_answered = {
    .name = "ReferrerAnswered",
    .size = sizeof(struct referrer_answered),
    .at = referrer_answered_at,
    .n = N_OF(referrer_answered_at),
};

#define S struct school_relay
static const struct field school_relay_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, notification_id, 0),
    FIELD_TEXT(S, school_urn, 0),
    FIELD_TIME(S, incident_at, 0),
};
#undef S

const struct fields fields_school_relay = {
    .name = "SchoolRelay",
    .size = sizeof(struct school_relay),
    .at = school_relay_at,
    .n = N_OF(school_relay_at),
};

#define S struct indicator_observed
static const struct field indicator_observed_at[] = {
    FIELD_RECORD(S, meta, struct meta, &fields_meta),
    FIELD_ID(S, indicator_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_TEXT(S, indicator, 0),
    FIELD_DATE(S, period_from, F_NULLABLE),
    FIELD_DATE(S, period_to, F_NULLABLE),
    FIELD_TEXT(S, value, F_NULLABLE),
    FIELD_TEXT(S, unit, F_NULLABLE),
    FIELD_TEXT(S, definition, F_NULLABLE),
    FIELD_TEXT(S, status, F_NULLABLE),
    FIELD_BYTES(S, content_hash, 0),
    FIELD_TEXT(S, area, F_NULLABLE),
    FIELD_TEXT(S, breakdown, F_NULLABLE),
    FIELD_CODE(S, measure, F_NULLABLE, &codes_measure),
    FIELD_CODE(S, gap, F_NULLABLE, &codes_gap),
    FIELD_I64(S, amount, F_NULLABLE),
    FIELD_I32(S, decimals, F_NULLABLE),
    FIELD_BOOL(S, typed_total, 0),
    FIELD_TEXTS(S, warnings, 0),
};
#undef S

const struct fields fields_indicator_observed = {
    .name = "IndicatorObserved",
    .size = sizeof(struct indicator_observed),
    .at = indicator_observed_at,
    .n = N_OF(indicator_observed_at),
};

#define S struct person
static const struct field person_at[] = {
    FIELD_TEXT(S, forename, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, surname, F_NULLABLE | F_PERSONAL),
    FIELD_TEXTS(S, aliases, F_PERSONAL),
    FIELD_DATE(S, dob, F_NULLABLE | F_PERSONAL),
    FIELD_DATE(S, expected_dob, F_NULLABLE | F_PERSONAL),
    FIELD_BOOL(S, dob_estimated, 0),
    FIELD_I32(S, age_years, F_NULLABLE),
    FIELD_CODE(S, sex, F_NULLABLE | F_LENIENT, &codes_sex),
    FIELD_CODE(S, ethnicity, F_NULLABLE | F_LENIENT, &codes_ethnicity),
    FIELD_SET(S, disability, 0, &codes_disability),
    FIELD_TRI(S, sen, F_NULLABLE),
    FIELD_TRI(S, csc_known, F_NULLABLE),
    FIELD_TEXT(S, nhs_number, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, upn, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, la_child_id, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, la_code, F_NULLABLE),
    FIELD_TEXT(S, postcode, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, address, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, school_urn, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, looked_after_by, F_NULLABLE),
    FIELD_RECORDS(S, household, &fields_person_member),
    FIELD_TEXT(S, concern, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, reporter_name, F_NULLABLE | F_PERSONAL),
    FIELD_TEXT(S, reporter_role, F_NULLABLE),
    FIELD_TEXT(S, reporter_phone, F_NULLABLE | F_PERSONAL),
    FIELD_BOOL(S, reporter_anonymous, 0),
    FIELD_TEXT(S, last_seen_where, F_NULLABLE | F_PERSONAL),
    FIELD_RECORDS(S, details, &fields_person_detail),
};
#undef S

const struct fields fields_person = {
    .name = "Person",
    .size = sizeof(struct person),
    .at = person_at,
    .n = N_OF(person_at),
};

/* Ids as in schemas/ids.lock: the version that this code writes. */
#define DEF(t, f, id) \
    [REC_##t] = { .type = REC_##t, .fields = &fields_##f, .schema_id = (id) }

static const struct record_def defs[REC_N] = {
    DEF(NOTIFICATION_RECEIVED, notification_received, 1027),
    DEF(ACTIVITY_REPORTED, activity_reported, 1002),
    DEF(SCREENING_RECORDED, screening_recorded, 1003),
    DEF(MATCH_RESOLVED, match_resolved, 1004),
    DEF(ERASURE_RECORDED, erasure_recorded, 1025),
    DEF(CONFIG_ACTIVATED, config_activated, 1005),
    DEF(TIME_ADVANCED, time_advanced, 1006),
    DEF(NOTIFICATION_ACCEPTED, notification_accepted, 1007),
    DEF(REFERRAL_DECIDED, referral_decided, 1028),
    DEF(ACTIVITY_RECORDED, activity_recorded, 1009),
    DEF(CHILD_MERGED, child_merged, 1010),
    DEF(CHILD_UNMERGED, child_unmerged, 1011),
    DEF(CHILD_ERASED, child_erased, 1012),
    DEF(CASE_CHANGED, case_changed, 1013),
    DEF(HANDOVER_CHANGED, handover_changed, 1014),
    DEF(CLOCK_CHANGED, clock_changed, 1015),
    DEF(MISSING_EPISODE_CHANGED, missing_episode_changed, 1016),
    DEF(ALERT_RAISED, alert_raised, 1017),
    DEF(ALERT_ESCALATED, alert_escalated, 1018),
    DEF(ALERT_ACKNOWLEDGED, alert_acknowledged, 1019),
    DEF(ALERT_CLEARED, alert_cleared, 1020),
    DEF(REFERRER_ANSWERED, referrer_answered, 1021),
    DEF(SCHOOL_RELAY, school_relay, 1022),
    DEF(INDICATOR_OBSERVED, indicator_observed, 1023),
    DEF(PERSON, person, 1024),
};

const struct record_def *
record_def(enum record_type type)
{
    if (type <= REC_NONE || type >= REC_N)
        return NULL;
    return &defs[type];
}

enum record_type
record_find(struct str name)
{
    for (size_t i = REC_NONE + 1; i < REC_N; i++) {
        if (str_is(name, defs[i].fields->name))
            return defs[i].type;
    }
    return REC_NONE;
}
