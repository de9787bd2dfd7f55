#include "metrics/core/tables.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define N F_NULLABLE

static const char *const wait_words[] = {
    [WAIT_CALENDAR - 1] = "calendar",
    [WAIT_PROFILE - 1] = "profile",
};

const struct codes codes_fact_wait = {
    .name = "wait",
    .words = wait_words,
    .n = (int)N_OF(wait_words),
};

static const char *const close_class_words[] = {
    [CLOSE_CLASS_POSITIVE - 1] = "positive",
    [CLOSE_CLASS_NEUTRAL - 1] = "neutral",
    [CLOSE_CLASS_OTHER - 1] = "other",
};

const struct codes codes_close_class = {
    .name = "close_class",
    .words = close_class_words,
    .n = (int)N_OF(close_class_words),
};

#define S struct notification_fact
static const struct field decided_at[] = {
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_ID(S, notification_id, 0),
    FIELD_CODE(S, agency_type, N, &codes_agency_type),
    FIELD_CODE(S, kind, N, &codes_kind),
    FIELD_ID(S, decision_id, N),
    FIELD_ID(S, child_id, N),
    FIELD_CODE(S, entry, N, &codes_entry),
    FIELD_CODE(S, side, N, &codes_side),
    FIELD_CODE(S, outcome, N, &codes_outcome),
    FIELD_CODE(S, status, N, &codes_decision_status),
    FIELD_TEXT(S, rule_id, N),
    FIELD_TEXTS(S, action_rules, 0),
    FIELD_TIME(S, received_at, N),
    FIELD_TIME(S, decided_at, N),
    FIELD_TEXT(S, cin_source, N),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, locality, N),
    FIELD_CODE(S, age_band, N, &codes_age_band),
    FIELD_CODE(S, sex, N, &codes_sex),
    FIELD_CODE(S, ethnicity, N, &codes_ethnicity),
    FIELD_TRI(S, sen, N),
    FIELD_TRI(S, re_referral, N),
    FIELD_SET(S, needs, 0, &codes_need),
    FIELD_ID(S, episode_id, N),
    FIELD_TIME(S, heard_at, N),
    FIELD_DATE(S, month, N),
    FIELD_BOOL(S, superseded, 0),
    FIELD_BOOL(S, repeat, 0),
    FIELD_CODE(S, waits_for, N, &codes_fact_wait),
};
/* Positions in decided_at that its indexes name. */
enum { AT_AGENCY_ID = 0, AT_AGENCY_REF = 1, AT_EPISODE_ID = 25, AT_WAIT = 30 };
_Static_assert(N_OF(decided_at) == AT_WAIT + 1, "index positions");

static const struct field accepted_at[] = {
    FIELD_ID(S, notification_id, 0),
    FIELD_TEXT(S, agency_id, N),
    FIELD_TEXT(S, agency_ref, N),
    FIELD_I32(S, amendment, N),
    FIELD_CODE(S, agency_type, N, &codes_agency_type),
    FIELD_CODE(S, kind, N, &codes_kind),
    FIELD_TIME(S, sent_at, N),
    FIELD_TIME(S, accepted_at, N),
};

static const struct field effect_at[] = {
    FIELD_ID(S, notification_id, 0),
    FIELD_ID(S, effect_decision_id, N),
    FIELD_CODE(S, effect, N, &codes_outcome),
    FIELD_ID(S, case_id, N),
};

static const struct field answer_at[] = {
    FIELD_ID(S, notification_id, 0),
    FIELD_TIME(S, answered_at, N),
    FIELD_CODE(S, answer, N, &codes_answer),
};
#undef S

#define S struct case_fact
#define CASE_FIELDS                                                            \
    FIELD_ID(S, child_id, 0), FIELD_CODE(S, side, 0, &codes_side),             \
        FIELD_CODE(S, state, 0, &codes_case_state),                            \
        FIELD_CODE(S, outcome, N, &codes_outcome),                             \
        FIELD_TIME(S, opened_at, N), FIELD_TIME(S, closed_at, N),              \
        FIELD_CODE(S, close_outcome, N, &codes_close_outcome),                 \
        FIELD_TEXT(S, unit, N), FIELD_TEXT(S, worker, N),                      \
        FIELD_CODE(S, csc_status, N, &codes_csc_status),                       \
        FIELD_TEXT(S, locality, N),                                            \
        FIELD_CODE(S, age_band, N, &codes_age_band),                           \
        FIELD_CODE(S, sex, N, &codes_sex),                                     \
        FIELD_CODE(S, ethnicity, N, &codes_ethnicity),                         \
        FIELD_CODE(S, entry, N, &codes_entry),                                 \
        FIELD_CODE(S, agency_type, N, &codes_agency_type),                     \
        FIELD_BOOL(S, intent, 0), FIELD_BOOL(S, converted, 0),                 \
        FIELD_TRI(S, re_referral, N), FIELD_ID(S, predecessor_id, N),          \
        FIELD_ID(S, merged_into, N), FIELD_TEXT(S, profile_version, N),        \
        FIELD_TIME(S, heard_at, N),                                            \
        FIELD_CODE(S, opened_band, N, &codes_age_band),                        \
        FIELD_CODE(S, closed_band, N, &codes_age_band),                        \
        FIELD_BOOL(S, screened_out, 0), FIELD_DATE(S, opened_month, N),        \
        FIELD_DATE(S, closed_month, N),                                        \
        FIELD_CODE(S, close_class, N, &codes_close_class)
static const struct field case_at[] = {
    FIELD_ID(S, case_id, 0),
    CASE_FIELDS,
};
static const struct field case_waiting_at[] = {
    FIELD_ID(S, case_id, 0),
    FIELD_I32(S, version, 0),
    CASE_FIELDS,
    FIELD_CODE(S, waits_for, N, &codes_fact_wait),
};
#undef CASE_FIELDS
#undef S

#define S struct handover_fact
static const struct field handover_at[] = {
    FIELD_ID(S, handover_id, 0),
    FIELD_ID(S, case_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_ID(S, new_case_id, N),
    FIELD_CODE(S, direction, 0, &codes_direction),
    FIELD_CODE(S, state, 0, &codes_handover_state),
    FIELD_TEXT(S, from_unit, N),
    FIELD_TEXT(S, to_unit, N),
    FIELD_TIME(S, offered_at, N),
    FIELD_TIME(S, answered_at, N),
    FIELD_TEXT(S, locality, N),
    FIELD_CODE(S, age_band, N, &codes_age_band),
    FIELD_TIME(S, heard_at, N),
    FIELD_DATE(S, month, N),
    FIELD_CODE(S, waits_for, N, &codes_fact_wait),
};
#undef S

#define S struct alert_fact
static const struct field alert_at[] = {
    FIELD_ID(S, alert_id, 0),
    FIELD_TEXT(S, rule, N),
    FIELD_CODE(S, subject_kind, N, &codes_clock_subject),
    FIELD_ID(S, subject_id, N),
    FIELD_ID(S, child_id, N),
    FIELD_ID(S, case_id, N),
    FIELD_TIME(S, due_at, N),
    FIELD_I32(S, raise_number, N),
    FIELD_I32(S, stage, N),
    FIELD_TEXT(S, unit, N),
    FIELD_TIME(S, raised_at, N),
    FIELD_TIME(S, escalated_at, N),
    FIELD_TIME(S, acknowledged_at, N),
    FIELD_TIME(S, cleared_at, N),
};
#undef S

#define S struct indicator_fact
static const struct field observed_at[] = {
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_ID(S, indicator_id, 0),
    FIELD_TEXT(S, indicator, 0),
    FIELD_DATE(S, period_from, N),
    FIELD_DATE(S, period_to, N),
    FIELD_TEXT(S, value, N),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, definition, N),
    FIELD_TEXT(S, status, N),
    FIELD_TEXT(S, area, N),
    FIELD_TEXT(S, breakdown, N),
    FIELD_CODE(S, measure, N, &codes_measure),
    FIELD_CODE(S, gap, N, &codes_gap),
    FIELD_I64(S, amount, N),
    FIELD_I32(S, decimals, N),
    FIELD_BOOL(S, typed_total, 0),
};
#undef S

#define S struct activity_fact
static const struct field activity_at[] = {
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, N),
    FIELD_ID(S, activity_id, N),
    FIELD_CODE(S, activity, N, &codes_activity),
    FIELD_ID(S, child_id, N),
    FIELD_ID(S, case_id, N),
    FIELD_ID(S, notification_id, N),
    FIELD_TIME(S, occurred_at, N),
    FIELD_CODE(S, side, N, &codes_side),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, worker, N),
    FIELD_TEXT(S, locality, N),
    FIELD_CODE(S, age_band, N, &codes_age_band),
    FIELD_CODE(S, sex, N, &codes_sex),
    FIELD_TEXT(S, organisation, N),
    FIELD_TEXT(S, service, N),
    FIELD_TEXT(S, provider, N),
    FIELD_TRI(S, service_on, N),
    FIELD_I32(S, hours_tenths, N),
    FIELD_BOOL(S, open_access, 0),
    FIELD_TEXT(S, core_offer, N),
    FIELD_TEXT(S, linked_kpi, N),
    FIELD_CODE(S, risk_of_csc, N, &codes_risk_of_csc),
    FIELD_TEXT(S, programme, N),
    FIELD_CODE(S, programme_stage, N, &codes_programme_stage),
    FIELD_TEXTS(S, grades, 0),
    FIELD_CODE(S, csc_status, N, &codes_csc_status),
    FIELD_BOOL(S, corrected, 0),
    FIELD_BOOL(S, refused, 0),
    FIELD_TIME(S, heard_at, N),
    FIELD_DATE(S, month, N),
    FIELD_CODE(S, waits_for, N, &codes_fact_wait),
};
#undef S

#define S struct clock_fact
static const struct field clock_at[] = {
    FIELD_ID(S, subject_id, 0),
    FIELD_TEXT(S, clock, 0),
    FIELD_TIME(S, started_at, 0),
    FIELD_CODE(S, subject_kind, N, &codes_clock_subject),
    FIELD_ID(S, child_id, N),
    FIELD_TIME(S, due_at, N),
    FIELD_TIME(S, stopped_at, N),
    FIELD_TRI(S, late, N),
    FIELD_TEXT(S, unit, N),
    FIELD_TIME(S, heard_at, N),
    FIELD_DATE(S, month, N),
    FIELD_CODE(S, waits_for, N, &codes_fact_wait),
};
#undef S

#define S struct episode_fact
static const struct field episode_at[] = {
    FIELD_ID(S, episode_id, 0),
    FIELD_ID(S, child_id, N),
    FIELD_CODE(S, state, N, &codes_episode_state),
    FIELD_TIME(S, reported_at, N),
    FIELD_TIME(S, found_at, N),
    FIELD_CODE(S, rhi_state, N, &codes_rhi_state),
    FIELD_TIME(S, rhi_at, N),
    FIELD_TIME(S, rhi_due_at, N),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, locality, N),
    FIELD_CODE(S, age_band, N, &codes_age_band),
    FIELD_TIME(S, heard_at, N),
    FIELD_DATE(S, month, N),
    FIELD_CODE(S, waits_for, N, &codes_fact_wait),
};
#undef S

#define S struct child_join
static const struct field join_at[] = {
    FIELD_ID(S, merged_id, 0),
    FIELD_ID(S, survivor_id, 0),
    FIELD_TIME(S, joined_at, N),
};
#undef S

#define S struct kpi_cell
static const struct field cell_at[] = {
    FIELD_DATE(S, month, 0),
    FIELD_CODE(S, kpi, 0, &codes_kpi),
    FIELD_CODE(S, side, 0, &codes_side),
    FIELD_TEXT(S, district, 0),
    FIELD_CODE(S, age_band, 0, &codes_age_band),
    FIELD_TEXT(S, part, 0),
    FIELD_I64(S, numerator, 0),
    FIELD_I64(S, denominator, 0),
};
#undef S

#define S struct reckoning
static const struct field reckoning_at[] = {
    FIELD_I32(S, no, 0),
    FIELD_TIME(S, casework_at, N),
    FIELD_TIME(S, journal_at, N),
    FIELD_DATE(S, frozen_through, N),
};
#undef S

#define FIELDS(table, s, list)                                                 \
    {                                                                          \
        .name = (table), .size = sizeof(s), .at = (list), .n = N_OF(list)      \
    }

const struct table metrics_tables[METRICS_TABLE_N] = {
    [TABLE_NOTIFICATION] = {
        .fields = FIELDS("fact_decided", struct notification_fact,
                         decided_at),
        .n_key = 3,
        .index = {
            [NOTIFICATION_BY_REF] = {
                .name = "fact_decided_pkey",
                .fields = { AT_AGENCY_ID, AT_AGENCY_REF }, .n = 2 },
            [NOTIFICATION_BY_EPISODE] = {
                .name = "fact_decided_by_episode",
                .fields = { AT_EPISODE_ID }, .n = 1 },
            [NOTIFICATION_BY_WAIT] = {
                .name = "fact_decided_by_wait",
                .fields = { AT_WAIT }, .n = 1 },
        },
        .n_index = 3,
        .due = -1,
    },
    [TABLE_ACCEPTED] = {
        .fields = FIELDS("fact_accepted", struct notification_fact,
                         accepted_at),
        .n_key = 1,
        .due = -1,
    },
    [TABLE_EFFECT] = {
        .fields = FIELDS("fact_effect", struct notification_fact, effect_at),
        .n_key = 1,
        .due = -1,
    },
    [TABLE_ANSWER] = {
        .fields = FIELDS("fact_answer", struct notification_fact, answer_at),
        .n_key = 1,
        .due = -1,
    },
    [TABLE_CASE] = {
        .fields = FIELDS("fact_case", struct case_fact, case_at),
        .n_key = 1,
        .due = -1,
    },
    [TABLE_CASE_WAITING] = {
        .fields = FIELDS("fact_case_waiting", struct case_fact,
                         case_waiting_at),
        .n_key = 2,
        .index = {
            [CASE_WAITING_BY_CASE] = {
                .name = "fact_case_waiting_by_case",
                .fields = { 0 }, .n = 1 },
            [CASE_WAITING_BY_WAIT] = {
                .name = "fact_case_waiting_by_wait",
                .fields = { N_OF(case_waiting_at) - 1 }, .n = 1 },
        },
        .n_index = 2,
        .due = -1,
    },
    [TABLE_HANDOVER] = {
        .fields = FIELDS("fact_handover", struct handover_fact, handover_at),
        .n_key = 1,
        .index = {
            [HANDOVER_BY_WAIT] = { .name = "fact_handover_by_wait",
                                   .fields = { N_OF(handover_at) - 1 },
                                   .n = 1 },
        },
        .n_index = 1,
        .due = -1,
    },
    [TABLE_ALERT] = {
        .fields = FIELDS("fact_alert", struct alert_fact, alert_at),
        .n_key = 1,
        .due = -1,
    },
    [TABLE_INDICATOR] = {
        .fields = FIELDS("observed_indicator", struct indicator_fact,
                         observed_at),
        .n_key = 2,
        .due = -1,
    },
    [TABLE_ACTIVITY] = {
        .fields = FIELDS("fact_activity", struct activity_fact, activity_at),
        .n_key = 2,
        .index = {
            [ACTIVITY_BY_WAIT] = { .name = "fact_activity_by_wait",
                       .fields = { N_OF(activity_at) - 1 },
                       .n = 1 },
        },
        .n_index = 1,
        .due = -1,
    },
    [TABLE_CLOCK] = {
        .fields = FIELDS("fact_clock", struct clock_fact, clock_at),
        .n_key = 3,
        .index = {
            [CLOCK_BY_WAIT] = { .name = "fact_clock_by_wait",
                       .fields = { N_OF(clock_at) - 1 },
                       .n = 1 },
        },
        .n_index = 1,
        .due = -1,
    },
    [TABLE_EPISODE] = {
        .fields = FIELDS("fact_episode", struct episode_fact, episode_at),
        .n_key = 1,
        .index = {
            [EPISODE_BY_WAIT] = { .name = "fact_episode_by_wait",
                       .fields = { N_OF(episode_at) - 1 },
                       .n = 1 },
        },
        .n_index = 1,
        .due = -1,
    },
    [TABLE_CHILD_JOIN] = {
        .fields = FIELDS("child_join", struct child_join, join_at),
        .n_key = 1,
        .due = -1,
    },
    [TABLE_KPI_CELL] = {
        .fields = FIELDS("kpi_cell", struct kpi_cell, cell_at),
        .n_key = 6,
        .due = -1,
    },
    [TABLE_LATE_CHANGE] = {
        .fields = FIELDS("late_change", struct kpi_cell, cell_at),
        .n_key = 6,
        .due = -1,
    },
    [TABLE_RECKONING] = {
        .fields = FIELDS("reckoning", struct reckoning, reckoning_at),
        .n_key = 1,
        .due = -1,
    },
};
