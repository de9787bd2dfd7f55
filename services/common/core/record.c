#include "common/core/record.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const char *const topic_words[TOPIC_N - 1] = {
    [TOPIC_NOTIFICATIONS - 1] = "notifications",
    [TOPIC_RECEIPTS - 1] = "receipts",
    [TOPIC_CASEWORK - 1] = "casework",
    [TOPIC_CASE_JOURNAL - 1] = "case-journal",
    [TOPIC_ALERTS - 1] = "alerts",
    [TOPIC_FEEDBACK - 1] = "feedback",
    [TOPIC_INDICATORS - 1] = "indicators",
    [TOPIC_DEAD_LETTERS - 1] = "dead-letters",
};

const struct codes codes_topic = {
    .name = "topic",
    .words = topic_words,
    .n = TOPIC_N - 1,
};

static const char *const service_words[SERVICE_N - 1] = {
    [SERVICE_INTAKE - 1] = "intake",
    [SERVICE_TRIAGE - 1] = "triage",
    [SERVICE_TRACKER - 1] = "tracker",
    [SERVICE_METRICS - 1] = "metrics",
    [SERVICE_NOTIFIER - 1] = "notifier",
};

const struct codes codes_service = {
    .name = "service",
    .words = service_words,
    .n = SERVICE_N - 1,
};

const char *
topic_name(enum topic t)
{
    return codes_word(&codes_topic, (int)t);
}

enum topic
topic_find(struct str name)
{
    return (enum topic)codes_find(&codes_topic, name);
}

const char *
service_name(enum service s)
{
    if (s <= SERVICE_NONE || s >= SERVICE_N)
        return "stranger";
    return service_words[s - 1];
}

struct id
record_id(struct origin origin, enum topic topic, int64_t sequence)
{
    uint8_t bytes[8] = { origin.service,
                         (uint8_t)topic,
                         (uint8_t)(origin.authority >> 8),
                         (uint8_t)origin.authority,
                         (uint8_t)(origin.incarnation >> 24),
                         (uint8_t)(origin.incarnation >> 16),
                         (uint8_t)(origin.incarnation >> 8),
                         (uint8_t)origin.incarnation };
    struct str parts[] = { { .p = (const char *)bytes, .n = sizeof bytes },
                           { .p = (const char *)&sequence,
                             .n = sizeof sequence } };

    return id_derive("record", parts, 2);
}

struct str
record_source(struct arena *arena, struct str authority_name,
              enum service service)
{
    return arena_printf(arena, "/%.*s/%s", STR_ARG(authority_name),
                        service_name(service));
}

static const struct field cause_at[] = {
    FIELD_CODE(struct cause, topic, F_NULLABLE, &codes_topic),
    FIELD_CODE(struct cause, service, F_NULLABLE, &codes_service),
    FIELD_I64(struct cause, sequence, F_NULLABLE),
};

const struct fields fields_cause = {
    .name = "Cause",
    .size = sizeof(struct cause),
    .at = cause_at,
    .n = N_OF(cause_at),
};

static const struct field meta_at[] = {
    FIELD_ID(struct meta, id, 0),
    FIELD_TEXT(struct meta, source, 0),
    FIELD_TEXT(struct meta, subject, F_NULLABLE),
    FIELD_TIME(struct meta, occurred_at, 0),
    FIELD_TIME(struct meta, recorded_at, 0),
    FIELD_TEXT(struct meta, trace_parent, F_NULLABLE),
    FIELD_RECORD(struct meta, cause, struct cause, &fields_cause),
    FIELD_RECORDS(struct meta, seen, &fields_cause),
    FIELD_TEXT(struct meta, profile_version, F_NULLABLE),
};

const struct fields fields_meta = {
    .name = "Meta",
    .size = sizeof(struct meta),
    .at = meta_at,
    .n = N_OF(meta_at),
};

const struct meta *
event_meta(const struct event *ev)
{
    return ev->body;
}
