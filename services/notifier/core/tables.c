#include "notifier/core/tables.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define N F_NULLABLE

static const char *const purpose_words[] = {
    [PURPOSE_ALERT - 1] = "alert",
    [PURPOSE_ANSWER - 1] = "answer",
    [PURPOSE_RELAY - 1] = "relay",
};

const struct codes codes_purpose = {
    .name = "purpose",
    .words = purpose_words,
    .n = (int)N_OF(purpose_words),
};

static const char *const delivery_state_words[] = {
    [DELIVERY_WANTED - 1] = "wanted",
    [DELIVERY_SEEN - 1] = "seen",
    [DELIVERY_OVER - 1] = "over",
};

const struct codes codes_delivery_state = {
    .name = "delivery_state",
    .words = delivery_state_words,
    .n = (int)N_OF(delivery_state_words),
};

#define S struct alert_row
static const struct field alert_at[] = {
    FIELD_ID(S, alert_id, 0),
    FIELD_TEXT(S, rule, N),
    FIELD_CODE(S, subject_kind, N, &codes_clock_subject),
    FIELD_ID(S, subject_id, N),
    FIELD_ID(S, child_id, N),
    FIELD_ID(S, case_id, N),
    FIELD_I32(S, stage, N),
    FIELD_TIME(S, raised_at, N),
    FIELD_TIME(S, acknowledged_at, N),
    FIELD_TIME(S, cleared_at, N),
};
#undef S

#define S struct delivery_row
static const struct field delivery_at[] = {
    FIELD_ID(S, delivery_id, 0),
    FIELD_CODE(S, purpose, 0, &codes_purpose),
    FIELD_ID(S, alert_id, N),
    FIELD_I32(S, stage, N),
    FIELD_CODE(S, told, N, &codes_alert_role),
    FIELD_TEXT(S, unit, N),
    FIELD_TEXT(S, worker, N),
    FIELD_TEXT(S, agency_id, N),
    FIELD_TEXT(S, agency_ref, N),
    FIELD_I32(S, amendment, N),
    FIELD_TEXT(S, school_urn, N),
    FIELD_TEXT(S, rule, N),
    FIELD_CODE(S, subject_kind, N, &codes_clock_subject),
    FIELD_ID(S, subject_id, N),
    FIELD_TIME(S, due_at, N),
    FIELD_BOOL(S, urgent, 0),
    FIELD_TIME(S, made_at, 0),
    FIELD_TIME(S, send_at, 0),
    FIELD_CODE(S, state, 0, &codes_delivery_state),
};
#undef S
/* Position in delivery_at that its index names. */
enum { AT_ALERT_ID = 2 };

#define S struct missing_row
static const struct field missing_at[] = {
    FIELD_ID(S, notification_id, 0), FIELD_TIME(S, accepted_at, N),
    FIELD_TIME(S, decided_at, N),    FIELD_TIME(S, due_at, N),
    FIELD_TIME(S, manager_at, N),
};
#undef S

#define S struct incident_seen_row
static const struct field incident_seen_at[] = {
    FIELD_ID(S, incident_id, 0),
    FIELD_TIME(S, seen_at, 0),
    FIELD_TEXT(S, seen_by, N),
};
#undef S

#define FIELDS(table, s, list)                                                 \
    {                                                                          \
        .name = (table), .size = sizeof(s), .at = (list), .n = N_OF(list)      \
    }

const struct table notifier_tables[NOTIFIER_TABLE_N] = {
    [TABLE_ALERT] = { .fields = FIELDS("alert", struct alert_row, alert_at),
                      .n_key = 1,
                      .due = -1 },
    [TABLE_DELIVERY] = { .fields = FIELDS("delivery", struct delivery_row,
                                          delivery_at),
                         .n_key = 1,
                         .index = { [DELIVERY_BY_ALERT] = { .name = "delivery_"
                                                                    "by_alert",
                                                            .fields = { AT_ALERT_ID },
                                                            .n = 1 } },
                         .n_index = 1,
                         .due = -1 },
    [TABLE_MISSING] = { .fields =
                            FIELDS("missing", struct missing_row, missing_at),
                        .n_key = 1,
                        .due = -1 },
    [TABLE_INCIDENT_SEEN] = { .fields = FIELDS("incident_seen",
                                               struct incident_seen_row,
                                               incident_seen_at),
                              .n_key = 1,
                              .due = -1 },
};
