#include "triage/core/tables.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define N F_NULLABLE
#define P (F_NULLABLE | F_PERSONAL)

static const char *const identifier_words[] = {
    [IDENTIFIER_NHS - 1] = "nhs_number",
    [IDENTIFIER_UPN - 1] = "upn",
    [IDENTIFIER_LA - 1] = "la_child_id",
};

const struct codes codes_triage_identifier = {
    .name = "identifier",
    .words = identifier_words,
    .n = N_OF(identifier_words),
};

#define S struct triage_child
static const struct field child_at[] = {
    FIELD_ID(S, child_id, 0),
    FIELD_TIME(S, first_seen_at, 0),
    FIELD_TEXT(S, forename, P),
    FIELD_TEXT(S, surname, P),
    FIELD_TEXTS(S, aliases, F_PERSONAL),
    FIELD_TEXT(S, forename_norm, P),
    FIELD_TEXT(S, surname_norm, P),
    FIELD_DATE(S, dob, P),
    FIELD_BOOL(S, dob_estimated, 0),
    FIELD_DATE(S, expected_dob, P),
    FIELD_TEXT(S, mother_norm, P),
    FIELD_CODE(S, sex, N, &codes_sex),
    FIELD_CODE(S, ethnicity, N, &codes_ethnicity),
    FIELD_SET(S, disability, 0, &codes_disability),
    FIELD_TRI(S, sen, N),
    FIELD_TEXT(S, la_child_id, P),
    FIELD_TEXT(S, postcode, P),
    FIELD_TEXT(S, address, P),
    FIELD_TEXT(S, address_norm, P),
    FIELD_TEXT(S, school_urn, P),
    FIELD_TEXT(S, looked_after_by, P),
    FIELD_I32(S, told_by, 0),
    FIELD_TEXT(S, nhs_number, P),
    FIELD_TEXT(S, upn, P),
    FIELD_ID(S, merged_into, N),
    FIELD_I32(S, joined, 0),
    FIELD_I32(S, tellings, 0),
};
#undef S

#define S struct triage_block
static const struct field block_at[] = {
    FIELD_I64(S, block, F_PERSONAL),
    FIELD_ID(S, child_id, 0),
};
#undef S

#define S struct triage_identifier
static const struct field identifier_at[] = {
    FIELD_CODE(S, kind, 0, &codes_triage_identifier),
    FIELD_TEXT(S, value, F_PERSONAL),
    FIELD_TEXT(S, la_code, 0),
    FIELD_ID(S, child_id, 0),
};
#undef S

#define S struct triage_told
static const struct field told_at[] = {
    FIELD_ID(S, child_id, 0),
    FIELD_I32(S, nth, 0),
    FIELD_ID(S, notification_id, 0),
    FIELD_BOOL(S, over, 0),
    FIELD_TEXT(S, forename, P),
    FIELD_TEXT(S, surname, P),
    FIELD_TEXTS(S, aliases, F_PERSONAL),
    FIELD_DATE(S, dob, P),
    FIELD_BOOL(S, dob_estimated, 0),
    FIELD_DATE(S, expected_dob, P),
    FIELD_TEXT(S, mother_norm, P),
    FIELD_CODE(S, sex, N, &codes_sex),
    FIELD_CODE(S, ethnicity, N, &codes_ethnicity),
    FIELD_SET(S, disability, 0, &codes_disability),
    FIELD_TRI(S, sen, N),
    FIELD_TEXT(S, nhs_number, P),
    FIELD_TEXT(S, upn, P),
    FIELD_TEXT(S, la_child_id, P),
    FIELD_TEXT(S, la_code, N),
    FIELD_TEXT(S, postcode, P),
    FIELD_TEXT(S, address, P),
    FIELD_TEXT(S, school_urn, P),
    FIELD_TEXT(S, looked_after_by, P),
};
#undef S

#define S struct triage_link
static const struct field link_at[] = {
    FIELD_ID(S, child_id, 0),
    FIELD_ID(S, other_id, 0),
    FIELD_TEXT(S, reason, 0),
    FIELD_ID(S, notification_id, 0),
};
#undef S

#define S struct triage_review
static const struct field review_at[] = {
    FIELD_ID(S, notification_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_TEXTS(S, candidates, 0),
    FIELD_TEXT(S, step, 0),
    FIELD_TIME(S, opened_at, 0),
    FIELD_TIME(S, resolved_at, N),
    FIELD_TEXT(S, by, N),
    FIELD_TEXT(S, second_by, N),
    FIELD_ID(S, joined_id, N),
};
#undef S

#define S struct triage_decision
static const struct field decision_at[] = {
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_ID(S, notification_id, 0),
    FIELD_BOOL(S, superseded, 0),
    FIELD_CODE(S, agency_type, 0, &codes_agency_type),
    FIELD_TEXT(S, cin_source, N),
    FIELD_CODE(S, kind, 0, &codes_kind),
    FIELD_TIME(S, received_at, 0),
    FIELD_TIME(S, recorded_at, 0),
    FIELD_TIME(S, occurred_at, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_CODE(S, match_status, 0, &codes_match_status),
    FIELD_TEXT(S, match_step, N),
    FIELD_I32(S, match_weight, N),
    FIELD_TEXTS(S, evidence, 0),
    FIELD_CODE(S, entry, N, &codes_entry),
    FIELD_SET(S, needs, 0, &codes_need),
    FIELD_I32(S, level, N),
    FIELD_CODE(S, csc_threshold, N, &codes_csc_threshold),
    FIELD_BOOL(S, immediate_danger, 0),
    FIELD_BOOL(S, info_only, 0),
    FIELD_CODE(S, harm, N, &codes_harm),
    FIELD_TRI(S, impaired, N),
    FIELD_TRI(S, single_agency_able, N),
    FIELD_CODE(S, consent, N, &codes_consent),
    FIELD_CODE(S, risk_of_csc, N, &codes_risk_of_csc),
    FIELD_CODE(S, risk_grade, N, &codes_risk_grade),
    FIELD_CODE(S, rag, N, &codes_rag),
    FIELD_ID(S, episode_id, N),
    FIELD_TEXT(S, episode_ref, N),
    FIELD_TIME(S, reported_at, N),
    FIELD_TIME(S, graded_at, N),
    FIELD_TIME(S, found_at, N),
    FIELD_TIME(S, cancelled_at, N),
    FIELD_CODE(S, cancel_reason, N, &codes_cancel_reason),
    FIELD_CODE(S, missing_category, N, &codes_missing_category),
    FIELD_TIME(S, last_seen_at, N),
    FIELD_TIME(S, incident_at, N),
    FIELD_ID(S, offered_case_id, N),
    FIELD_TEXT(S, wanted_unit, N),
    FIELD_TEXTS(S, warnings, 0),
    FIELD_ID(S, decision_id, 0),
    FIELD_I32(S, decisions, 0),
    FIELD_CODE(S, outcome, 0, &codes_outcome),
    FIELD_CODE(S, rule_outcome, N, &codes_outcome),
    FIELD_CODE(S, status, 0, &codes_decision_status),
    FIELD_TEXT(S, rule_id, 0),
    FIELD_TEXTS(S, hits, 0),
    FIELD_TEXTS(S, action_rules, 0),
    FIELD_TEXTS(S, actions, 0),
    FIELD_TEXTS(S, inputs, 0),
    FIELD_TEXTS(S, ask, 0),
    FIELD_TEXT(S, profile_version, 0),
    FIELD_CODE(S, side, N, &codes_side),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, locality, N),
    FIELD_CODE(S, age_band, N, &codes_age_band),
    FIELD_I32(S, need_count, 0),
    FIELD_CODE(S, csc_status, N, &codes_csc_status),
    FIELD_CODE(S, eh_status, N, &codes_outcome),
    FIELD_I32(S, missing_30d, N),
    FIELD_I32(S, missing_90d, N),
    FIELD_TRI(S, re_referral, N),
    FIELD_ID(S, existing_case_id, N),
    FIELD_BOOL(S, overridden, 0),
    FIELD_TEXT(S, screened_by, N),
    FIELD_TEXT(S, second_by, N),
    FIELD_TEXT(S, primary_need, N),
    FIELD_BOOL(S, relayed, 0),
};

static const struct field standing_at[] = {
    FIELD_ID(S, notification_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, agency_ref, 0),
    FIELD_I32(S, amendment, 0),
    FIELD_TIME(S, received_at, 0),
    FIELD_BOOL(S, superseded, 0),
    FIELD_CODE(S, entry, N, &codes_entry),
    FIELD_ID(S, decision_id, 0),
    FIELD_CODE(S, outcome, 0, &codes_outcome),
    FIELD_CODE(S, status, 0, &codes_decision_status),
    FIELD_BOOL(S, pending, 0),
    FIELD_CODE(S, effect, N, &codes_outcome),
    FIELD_ID(S, referral_of, N),
};
#undef S

#define S struct triage_episode
static const struct field episode_at[] = {
    FIELD_ID(S, episode_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_TEXT(S, agency_id, 0),
    FIELD_TEXT(S, episode_ref, 0),
    FIELD_DATE(S, counted_on, N),
    FIELD_BOOL(S, cancelled, 0),
    FIELD_CODE(S, risk_grade, N, &codes_risk_grade),
};
#undef S

#define S struct triage_case
static const struct field case_at[] = {
    FIELD_ID(S, case_id, 0),
    FIELD_ID(S, child_id, 0),
    FIELD_CODE(S, side, 0, &codes_side),
    FIELD_CODE(S, state, 0, &codes_case_state),
    FIELD_CODE(S, outcome, N, &codes_outcome),
    FIELD_CODE(S, csc_status, N, &codes_csc_status),
    FIELD_SET(S, needs, 0, &codes_need),
    FIELD_TEXT(S, unit, N),
    FIELD_ID(S, opened_by, N),
    FIELD_TIME(S, opened_at, N),
};
#undef S

#define S struct triage_unit
static const struct field unit_at[] = {
    FIELD_CODE(S, side, 0, &codes_side),
    FIELD_TEXT(S, unit, 0),
    FIELD_I32(S, open_cases, 0),
};
#undef S

#define FIELDS(title, s, list)                                                 \
    {                                                                          \
        .name = (title), .size = sizeof(s), .at = (list), .n = N_OF(list)      \
    }

/*
 * Index fields are positions in the lists above; tests/unit/test_match.c and
 * test_facts.c find rows through every one of them.
 */
const struct table triage_tables[TRIAGE_TABLE_N] = {
    [TRIAGE_CHILD] = {
        .fields = FIELDS("child", struct triage_child, child_at),
        .n_key = 1,
        .index = { [CHILD_BY_MOTHER] = { .name = "child_by_mother",
                                         .fields = { 10 }, .n = 1 },
                   [CHILD_BY_SURVIVOR] = { .name = "child_by_survivor",
                                           .fields = { 24 }, .n = 1 } },
        .n_index = 2,
        .due = -1,
    },
    [TRIAGE_BLOCK] = {
        .fields = FIELDS("child_block", struct triage_block, block_at),
        .n_key = 2,
        .index = { [BLOCK_BY_VALUE] = { .name = "child_block_pkey",
                                        .fields = { 0 }, .n = 1 } },
        .n_index = 1,
        .due = -1,
    },
    [TRIAGE_IDENTIFIER] = {
        .fields = FIELDS("child_identifier", struct triage_identifier,
                         identifier_at),
        .n_key = 4,
        .index = { [IDENTIFIER_BY_VALUE] = { .name = "child_identifier_pkey",
                                             .fields = { 0, 1 }, .n = 2 },
                   [IDENTIFIER_BY_CHILD] = { .name =
                                                 "child_identifier_by_child",
                                             .fields = { 3 }, .n = 1 } },
        .n_index = 2,
        .due = -1,
    },
    [TRIAGE_TOLD] = {
        .fields = FIELDS("child_told", struct triage_told, told_at),
        .n_key = 2,
        .index = { [TOLD_BY_CHILD] = { .name = "child_told_pkey",
                                       .fields = { 0 }, .n = 1 } },
        .n_index = 1,
        .due = -1,
    },
    [TRIAGE_LINK] = {
        .fields = FIELDS("child_link", struct triage_link, link_at),
        .n_key = 2,
        .due = -1,
    },
    [TRIAGE_REVIEW] = {
        .fields = FIELDS("match_review", struct triage_review, review_at),
        .n_key = 1,
        .due = -1,
    },
    [TRIAGE_DECISION] = {
        .fields = FIELDS("decision", struct triage_decision, decision_at),
        .n_key = 3,
        .index = { [DECISION_BY_KEY] = { .name = "decision_pkey",
                                         .fields = { 0, 1 }, .n = 2 },
                   [DECISION_BY_EPISODE] = { .name = "decision_by_episode",
                                             .fields = { 29 }, .n = 1 } },
        .n_index = 2,
        .due = -1,
    },
    [TRIAGE_STANDING] = {
        .fields = FIELDS("standing", struct triage_decision, standing_at),
        .n_key = 1,
        .index = { [STANDING_BY_REFERRAL] = { .name =
                                                  "standing_by_referral",
                                              .fields = { 13 }, .n = 1 } },
        .n_index = 1,
        .due = -1,
    },
    [TRIAGE_EPISODE] = {
        .fields = FIELDS("episode", struct triage_episode, episode_at),
        .n_key = 1,
        .index = { [BY_CHILD_ID] = { .name = "episode_by_child",
                                     .fields = { 1 }, .n = 1 } },
        .n_index = 1,
        .due = -1,
    },
    [TRIAGE_CASE] = {
        .fields = FIELDS("known_case", struct triage_case, case_at),
        .n_key = 1,
        .index = { [BY_CHILD_ID] = { .name = "known_case_by_child",
                                     .fields = { 1 }, .n = 1 } },
        .n_index = 1,
        .due = -1,
    },
    [TRIAGE_UNIT] = {
        .fields = FIELDS("unit_load", struct triage_unit, unit_at),
        .n_key = 2,
        .index = { [UNIT_BY_SIDE] = { .name = "unit_load_pkey",
                                      .fields = { 0 }, .n = 1 } },
        .n_index = 1,
        .due = -1,
    },
};

bool
triage_state_is_open(int state)
{
    return state >= CASE_SCREENING && state <= CASE_HANDOVER_PENDING;
}
