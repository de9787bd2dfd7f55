/**
 * What travels on topics: types, topics, and what every record begins with.
 *
 * The structs and their fields stand in records.h; this page is what the
 * engine needs to know of them, which is little: it carries any record.
 */
#ifndef WAYMARK_COMMON_CORE_RECORD_H
#define WAYMARK_COMMON_CORE_RECORD_H

#include "common/core/arena.h"
#include "common/core/field.h"
#include "common/core/id.h"
#include "common/core/time.h"

enum topic {
    TOPIC_NONE = 0,
    TOPIC_NOTIFICATIONS,
    TOPIC_RECEIPTS,
    TOPIC_CASEWORK,
    TOPIC_CASE_JOURNAL,
    TOPIC_ALERTS,
    TOPIC_FEEDBACK,
    TOPIC_INDICATORS,
    TOPIC_DEAD_LETTERS,
    TOPIC_N, /* how many, the null one included */
};

/** "notifications", ...; TOPIC_NONE is "". */
const char *topic_name(enum topic t);
enum topic topic_find(struct str name);

enum record_type {
    REC_NONE = 0,
    REC_NOTIFICATION_RECEIVED,
    REC_ACTIVITY_REPORTED,
    REC_SCREENING_RECORDED,
    REC_MATCH_RESOLVED,
    REC_ERASURE_RECORDED,
    REC_CONFIG_ACTIVATED,
    REC_TIME_ADVANCED,
    REC_NOTIFICATION_ACCEPTED,
    REC_REFERRAL_DECIDED,
    REC_ACTIVITY_RECORDED,
    REC_CHILD_MERGED,
    REC_CHILD_UNMERGED,
    REC_CHILD_ERASED,
    REC_CASE_CHANGED,
    REC_HANDOVER_CHANGED,
    REC_CLOCK_CHANGED,
    REC_MISSING_EPISODE_CHANGED,
    REC_ALERT_RAISED,
    REC_ALERT_ESCALATED,
    REC_ALERT_ACKNOWLEDGED,
    REC_ALERT_CLEARED,
    REC_REFERRER_ANSWERED,
    REC_SCHOOL_RELAY,
    REC_INDICATOR_OBSERVED,
    REC_PERSON, /* not a record of a topic: the block inside NotificationReceived */
    REC_N,
};

/* Which service wrote a record: with the authority and the incarnation it is an origin. */
enum service {
    SERVICE_NONE = 0,
    SERVICE_INTAKE,
    SERVICE_TRIAGE,
    SERVICE_TRACKER,
    SERVICE_METRICS,
    SERVICE_NOTIFIER,
    SERVICE_N,
};

/** "intake", ...; SERVICE_NONE is "stranger". */
const char *service_name(enum service s);

/* A writer of records: its numbers run without gaps for each topic. */
struct origin {
    uint8_t service;      /* enum service; SERVICE_NONE: a stranger, counted by the reader */
    uint16_t authority;   /* partition number of the authority */
    uint32_t incarnation; /* from 1; rises when history was given up */
};

/**
 * Id of the record that this origin gives this number on the topic: derived
 * (id.h), so that a turn taken again gives the same.
 */
struct id record_id(struct origin origin, enum topic topic, int64_t sequence);
/** "/kent-2015/triage": who says it (CloudEvents' source). In the arena. */
struct str record_source(struct arena *arena, struct str authority_name,
                         enum service service);

/* A position that outlives offsets: what a record was caused by. */
struct cause {
    int topic;        /* enum topic */
    int service;      /* enum service of the origin */
    int64_t sequence; /* from 1 */
};

extern const struct codes codes_topic;
extern const struct codes codes_service;
extern const struct fields fields_cause;

#define META_SEEN_MAX 8

/* Every record begins with this (design.md section 1; CloudEvents' attributes). */
struct meta {
    struct id id;            /* of this record, derived: unique in all topics */
    struct str source;       /* "/kent-2015/triage" */
    struct str subject;      /* the id it is about, as text */
    time_ms occurred_at;     /* when it happened; stops clocks */
    time_ms recorded_at;     /* when intake accepted what caused it */
    struct str trace_parent; /* W3C traceparent, or null */
    struct cause cause;      /* input that it came from; service NONE at intake */
    struct items seen;       /* of struct cause: last sequence applied from every input */
    struct str profile_version; /* that decided, "kent-2015@0.1-draft#<hash>" */
};

extern const struct fields fields_meta;

/* One entry a record type. The struct begins with struct meta (REC_PERSON apart). */
struct record_def {
    enum record_type type;
    const struct fields *fields; /* name is the Avro record's name */
    int32_t schema_id;           /* of schemas/ids.lock */
};

/** Definition of a type, NULL for none. */
const struct record_def *record_def(enum record_type type);
/** Type whose Avro record has this name, REC_NONE if there is none. */
enum record_type record_find(struct str name);

struct person; /* records.h */

/* One decoded record on its way to a step. */
struct event {
    enum record_type type;
    enum topic topic;
    struct origin origin;
    int64_t sequence;
    const void *body; /* the type's struct; begins with struct meta */
    const struct person *person; /* opened by the engine where the record holds one, else NULL */
    bool erased; /* it held a person whose key is gone */
};

/** The meta that `body` begins with. */
const struct meta *event_meta(const struct event *ev);

#endif
