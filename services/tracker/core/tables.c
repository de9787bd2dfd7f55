#include "tracker/core/tables.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define N F_NULLABLE

#define S struct case_row
static const struct field case_at[] = {
    FIELD_ID(S, case_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_ID(S, first_child_id, 0),
    FIELD_CODE(S, side, 0, &codes_side),
    FIELD_CODE(S, state, 0, &codes_case_state),
    FIELD_CODE(S, state_before, N, &codes_case_state),
    FIELD_CODE(S, outcome, N, &codes_outcome),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, worker, N),
    FIELD_TEXT(S, locality, N),
    FIELD_ID(S, notification_id, N),
    FIELD_TEXT(S, agency_id, N),
    FIELD_TEXT(S, agency_ref, N),
    FIELD_I32(S, amendment, N),
    FIELD_CODE(S, agency_type, N, &codes_agency_type),
    FIELD_TEXT(S, cin_source, N),
    FIELD_CODE(S, entry, N, &codes_entry),
    FIELD_ID(S, decision_id, N),
    FIELD_ID(S, handover_id, N),
    FIELD_ID(S, predecessor_id, N),
    FIELD_ID(S, merged_into, N),
    FIELD_ID(S, episode_id, N),
    FIELD_TIME(S, received_at, N),
    FIELD_TIME(S, opened_at, N),
    FIELD_TIME(S, closed_at, N),
    FIELD_CODE(S, close_outcome, N, &codes_close_outcome),
    FIELD_TIME(S, contact_at, N),
    FIELD_CODE(S, csc_status, N, &codes_csc_status),
    FIELD_SET(S, needs, 0, &codes_need),
    FIELD_SET(S, needs_by_merge, 0, &codes_need),
    FIELD_I32(S, level, N),
    FIELD_CODE(S, consent, N, &codes_consent),
    FIELD_CODE(S, rag, N, &codes_rag),
    FIELD_TRI(S, re_referral, N),
    FIELD_BOOL(S, third_need, 0),
    FIELD_BOOL(S, intent, 0),
    FIELD_CODE(S, age_band, N, &codes_age_band),
    FIELD_CODE(S, sex, N, &codes_sex),
    FIELD_CODE(S, ethnicity, N, &codes_ethnicity),
    FIELD_I32(S, changes, 0),
    FIELD_TEXT(S, profile_version, N),
};
#undef S

#define S struct referral_row
static const struct field referral_at[] = {
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_ID(S, case_id, N),
    FIELD_ID(S, decision_id, 0),
    FIELD_CODE(S, status, 0, &codes_decision_status),
    FIELD_CODE(S, effect, N, &codes_outcome),
    FIELD_ID(S, waits_as, N),
    FIELD_TIME(S, answered_at, N),
    FIELD_CODE(S, answer, N, &codes_answer),
    FIELD_TEXT(S, refusal, N),
    FIELD_ID(S, review_id, N),
};
#undef S

#define S struct handover_row
static const struct field handover_at[] = {
    FIELD_ID(S, handover_id, 0),
    FIELD_ID(S, case_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_CODE(S, direction, 0, &codes_direction),
    FIELD_CODE(S, state, 0, &codes_handover_state),
    FIELD_TEXT(S, from_unit, N),
    FIELD_TEXT(S, to_unit, N),
    FIELD_TIME(S, offered_at, 0),
    FIELD_TIME(S, answered_at, N),
    FIELD_TIME(S, due_at, N),
    FIELD_I32(S, expiries, 0),
    FIELD_ID(S, new_case_id, N),
    FIELD_TEXT(S, by, N),
};
#undef S

#define S struct clock_row
static const struct field clock_at[] = {
    FIELD_ID(S, subject_id, 0),
    FIELD_TEXT(S, clock, 0),
    FIELD_CODE(S, subject_kind, 0, &codes_clock_subject),
    FIELD_ID(S, child_id, N),
    FIELD_CODE(S, state, 0, &codes_clock_change),
    FIELD_TIME(S, started_at, 0),
    FIELD_TIME(S, due_at, N),
    FIELD_TIME(S, stopped_at, N),
    FIELD_TRI(S, late, N),
    FIELD_BOOL(S, by_closing, 0),
    FIELD_CODE(S, rag, N, &codes_rag),
    FIELD_TEXT(S, profile_version, N),
};
#undef S

#define S struct pause_row
static const struct field pause_at[] = {
    FIELD_ID(S, subject_id, 0),
    FIELD_TEXT(S, clock, 0),
    FIELD_TIME(S, from_at, 0),
    FIELD_TIME(S, to_at, N),
};
#undef S

#define S struct deadline_row
static const struct field deadline_at[] = {
    FIELD_ID(S, subject_id, 0),
    FIELD_TEXT(S, rule, 0),
    FIELD_I32(S, stage, 0),
    FIELD_TIME(S, alert_due_at, 0),
    FIELD_TIME(S, due_at, 0),
    FIELD_TIME(S, warn_2_at, N),
    FIELD_TIME(S, warn_3_at, N),
    FIELD_TIME(S, warn_4_at, N),
    FIELD_BOOL(S, then_due, 0),
    FIELD_CODE(S, subject_kind, 0, &codes_clock_subject),
    FIELD_ID(S, child_id, N),
    FIELD_TEXT(S, profile_version, N),
};
#undef S

#define S struct alert_row
static const struct field alert_at[] = {
    FIELD_ID(S, alert_id, 0),
    FIELD_ID(S, subject_id, 0),
    FIELD_CODE(S, subject_kind, 0, &codes_clock_subject),
    FIELD_TEXT(S, rule, 0),
    FIELD_TIME(S, due_at, 0),
    FIELD_I32(S, raise_number, 0),
    FIELD_I32(S, stage, 0),
    FIELD_CODE(S, told, 0, &codes_alert_role),
    FIELD_ID(S, case_id, N),
    FIELD_ID(S, child_id, N),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, worker, N),
    FIELD_TIME(S, raised_at, 0),
    FIELD_TIME(S, acknowledged_at, N),
    FIELD_TEXT(S, acknowledged_by, N),
    FIELD_TIME(S, cleared_at, N),
};
#undef S

#define S struct episode_row
static const struct field episode_at[] = {
    FIELD_ID(S, episode_id, 0),
    FIELD_ID(S, child_id, N),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, episode_ref, N),
    FIELD_TIME(S, received_at, N),
    FIELD_CODE(S, state, 0, &codes_episode_state),
    FIELD_BOOL(S, incomplete, 0),
    FIELD_CODE(S, category, N, &codes_missing_category),
    FIELD_CODE(S, risk_grade, N, &codes_risk_grade),
    FIELD_TIME(S, reported_at, N),
    FIELD_TIME(S, found_at, N),
    FIELD_CODE(S, cancel_reason, N, &codes_cancel_reason),
    FIELD_CODE(S, interview, N, &codes_rhi_state),
    FIELD_CODE(S, rhi_state, N, &codes_rhi_state),
    FIELD_TIME(S, rhi_at, N),
    FIELD_TIME(S, rhi_due_at, N),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, locality, N),
    FIELD_CODE(S, age_band, N, &codes_age_band),
    FIELD_CODE(S, csc_status, N, &codes_csc_status),
    FIELD_DATE(S, adult_on, N),
};
#undef S

#define S struct episode_message_row
static const struct field episode_message_at[] = {
    FIELD_ID(S, episode_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_ID(S, notification_id, N),
    FIELD_I32(S, amendment, 0),
    FIELD_CODE(S, kind, 0, &codes_kind),
    FIELD_ID(S, child_id, N),
    FIELD_ID(S, first_child_id, N),
    FIELD_TIME(S, reported_at, N),
    FIELD_TIME(S, graded_at, N),
    FIELD_TIME(S, found_at, N),
    FIELD_TIME(S, cancelled_at, N),
    FIELD_CODE(S, risk_grade, N, &codes_risk_grade),
    FIELD_CODE(S, category, N, &codes_missing_category),
    FIELD_CODE(S, cancel_reason, N, &codes_cancel_reason),
    FIELD_TEXT(S, locality, N),
    FIELD_CODE(S, age_band, N, &codes_age_band),
    FIELD_CODE(S, csc_status, N, &codes_csc_status),
    FIELD_DATE(S, adult_on, N),
};
#undef S

#define S struct worker_row
static const struct field worker_at[] = {
    FIELD_TEXT(S, worker, 0),
    FIELD_I32(S, open_cases, 0),
};
#undef S

#define S struct encompass_row
static const struct field encompass_at[] = {
    FIELD_TEXT(S, agency_id, 0),     FIELD_TEXT(S, agency_ref, 0),
    FIELD_ID(S, child_id, 0),        FIELD_I32(S, amendment, 0),
    FIELD_ID(S, notification_id, 0), FIELD_ID(S, subject_id, 0),
    FIELD_TIME(S, incident_at, 0),   FIELD_TEXT(S, unit, N),
};
#undef S

#define S struct deed_row
static const struct field deed_at[] = {
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_ID(S, activity_id, 0),
    FIELD_CODE(S, activity, 0, &codes_activity),
    FIELD_ID(S, case_id, N),
    FIELD_ID(S, child_id, N),
    FIELD_ID(S, episode_id, N),
    FIELD_TIME(S, occurred_at, 0),
    FIELD_I32(S, number, N),
    FIELD_BOOL(S, corrected, 0),
    FIELD_CODE(S, state, N, &codes_case_state),
    FIELD_CODE(S, state_before, N, &codes_case_state),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, worker, N),
    FIELD_TIME(S, closed_at, N),
    FIELD_CODE(S, close_outcome, N, &codes_close_outcome),
    FIELD_TIME(S, contact_at, N),
    FIELD_CODE(S, csc_status, N, &codes_csc_status),
    FIELD_SET(S, needs, 0, &codes_need),
    FIELD_I32(S, level, N),
    FIELD_CODE(S, consent, N, &codes_consent),
    FIELD_CODE(S, age_band, N, &codes_age_band),
    FIELD_CODE(S, interview, N, &codes_rhi_state),
    FIELD_TIME(S, interview_at, N),
};
#undef S

#define S struct deed_clock_row
static const struct field deed_clock_at[] = {
    FIELD_TEXT(S, agency_id, 0),  FIELD_TEXT(S, agency_ref, 0),
    FIELD_TEXT(S, clock, 0),      FIELD_CODE(S, state, 0, &codes_clock_change),
    FIELD_TIME(S, started_at, 0), FIELD_TIME(S, due_at, N),
    FIELD_TIME(S, stopped_at, N), FIELD_TRI(S, late, N),
    FIELD_BOOL(S, by_closing, 0),
};
#undef S

#define S struct third_need_row
static const struct field third_need_at[] = {
    FIELD_ID(S, case_id, 0),     FIELD_ID(S, record_id, 0),
    FIELD_ID(S, activity_id, N), FIELD_ID(S, merged_id, N),
    FIELD_TEXT(S, by, N),        FIELD_TIME(S, at, 0),
    FIELD_TEXT(S, rule_id, 0),   FIELD_CODE(S, outcome, 0, &codes_outcome),
    FIELD_TEXTS(S, inputs, 0),   FIELD_TEXT(S, profile_version, 0),
};
#undef S

#define FIELDS(sql, c, at_)                                                    \
    {                                                                          \
        .name = (sql), .size = sizeof(c), .at = (at_), .n = N_OF(at_)          \
    }
#define INDEX(sql, position)                                                   \
    {                                                                          \
        {                                                                      \
            .name = (sql), .fields = { (position) }, .n = 1                    \
        }                                                                      \
    }

/* Position of a field whose group is loaded together; SQL has its index. */
enum {
    AT_FIRST = 0,
    AT_SECOND = 1,
    AT_THIRD = 2,
    DEADLINE_DUE_AT = 4,
};

/* CASE is a word of SQL, so that table's name is the plural. */
const struct table tracker_tables[TABLE_N] = {
    [TABLE_CASE] = { .fields = FIELDS("cases", struct case_row, case_at),
                     .n_key = 1,
                     .index = INDEX("cases_by_child", AT_SECOND),
                     .n_index = 1,
                     .due = -1 },
    [TABLE_REFERRAL] = { .fields = FIELDS("referral", struct referral_row,
                                          referral_at),
                         .n_key = 2,
                         .due = -1 },
    [TABLE_HANDOVER] = { .fields = FIELDS("handover", struct handover_row,
                                          handover_at),
                         .n_key = 1,
                         .index = INDEX("handover_by_case", AT_SECOND),
                         .n_index = 1,
                         .due = -1 },
    [TABLE_CLOCK] = { .fields = FIELDS("clock", struct clock_row, clock_at),
                      .n_key = 2,
                      .index = INDEX("clock_by_subject", AT_FIRST),
                      .n_index = 1,
                      .due = -1 },
    [TABLE_PAUSE] = { .fields = FIELDS("pause", struct pause_row, pause_at),
                      .n_key = 3,
                      .index = INDEX("pause_by_subject", AT_FIRST),
                      .n_index = 1,
                      .due = -1 },
    [TABLE_DEADLINE] = { .fields = FIELDS("deadline", struct deadline_row,
                                          deadline_at),
                         .n_key = 4,
                         .index = INDEX("deadline_by_subject", AT_FIRST),
                         .n_index = 1,
                         .due = DEADLINE_DUE_AT },
    [TABLE_ALERT] = { .fields = FIELDS("alert", struct alert_row, alert_at),
                      .n_key = 1,
                      .index = INDEX("alert_by_subject", AT_SECOND),
                      .n_index = 1,
                      .due = -1 },
    [TABLE_EPISODE] = { .fields =
                            FIELDS("episode", struct episode_row, episode_at),
                        .n_key = 1,
                        .index = INDEX("episode_by_child", AT_SECOND),
                        .n_index = 1,
                        .due = -1 },
    [TABLE_EPISODE_MESSAGE] = { .fields = FIELDS("episode_message",
                                                 struct episode_message_row,
                                                 episode_message_at),
                                .n_key = 2,
                                .index = INDEX("episode_message_by_episode",
                                               AT_FIRST),
                                .n_index = 1,
                                .due = -1 },
    [TABLE_WORKER] = { .fields = FIELDS("worker", struct worker_row, worker_at),
                       .n_key = 1,
                       .due = -1 },
    [TABLE_ENCOMPASS] = { .fields = FIELDS("encompass", struct encompass_row,
                                           encompass_at),
                          .n_key = 2,
                          .index = INDEX("encompass_by_child", AT_THIRD),
                          .n_index = 1,
                          .due = -1 },
    [TABLE_DEED] = { .fields = FIELDS("deed", struct deed_row, deed_at),
                     .n_key = 2,
                     .due = -1 },
    [TABLE_DEED_CLOCK] = { .fields = FIELDS("deed_clock", struct deed_clock_row,
                                            deed_clock_at),
                           .n_key = 3,
                           .index = { { .name = "deed_clock_by_deed",
                                        .fields = { AT_FIRST, AT_SECOND },
                                        .n = 2 } },
                           .n_index = 1,
                           .due = -1 },
    [TABLE_THIRD_NEED] = { .fields = FIELDS("third_need", struct third_need_row,
                                            third_need_at),
                           .n_key = 2,
                           .due = -1 },
};
