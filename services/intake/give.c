#include "intake/give.h"

#include <string.h>

#include "intake/keys.h"

static struct str
hash_of(const struct append_item *it)
{
    return (struct str){ .p = (const char *)it->hash, .n = sizeof it->hash };
}

static void
fill_meta(const struct group *g, enum topic topic, struct meta *meta)
{
    const struct writer *w = g->writer;
    struct origin origin = { .service = SERVICE_INTAKE,
                             .authority = w->options.partition,
                             .incarnation = (uint32_t)g->incarnation };

    meta->id = record_id(origin, topic, g->box.tails.at[topic].sequence + 1);
    meta->source =
        record_source(w->arena, w->options.authority, SERVICE_INTAKE);
    meta->recorded_at = g->recorded;
    if (meta->occurred_at == TIME_NONE)
        meta->occurred_at = g->recorded;
    meta->profile_version = writer_terms(w)->version;
}

static enum status
give(struct group *g, enum topic topic, struct id key, enum record_type type,
     const void *body, struct err *err)
{
    struct str value;
    enum status rc =
        avro_encode(g->writer->avro, type, body, g->writer->arena, &value, err);

    if (rc != ST_OK)
        return rc;
    return outbox_append(&g->box, topic, id_part(&key), value, NULL, 0, err);
}

enum status
give_time(struct group *g, time_ms at, struct err *err)
{
    static const enum topic topics[] = { TOPIC_NOTIFICATIONS, TOPIC_RECEIPTS,
                                         TOPIC_INDICATORS };
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < sizeof topics / sizeof topics[0];
         i++) {
        struct time_advanced rec;

        fields_clear(&fields_time_advanced, &rec);
        rec.at = at;
        rec.meta.subject = g->writer->options.authority;
        fill_meta(g, topics[i], &rec.meta);
        rc = give(g, topics[i], ID_NONE, REC_TIME_ADVANCED, &rec, err);
    }
    return rc;
}

enum status
give_config(struct group *g, const struct give_text *said, struct err *err)
{
    const struct config_text *text = said->text;
    struct config_activated rec;

    fields_clear(&fields_config_activated, &rec);
    rec.config_kind = text->config_kind;
    rec.name = text->name;
    rec.version = text->version;
    rec.hash = text->hash;
    rec.text = text->text;
    rec.by = said->by;
    rec.second_by = said->second_by;
    rec.meta.subject = text->name;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec.meta);
    if (said->in_force.p != NULL)
        rec.meta.profile_version = said->in_force;
    g->new_configs[g->n_new_configs++] = text;
    return give(g, TOPIC_NOTIFICATIONS, ID_NONE, REC_CONFIG_ACTIVATED, &rec,
                err);
}

/* A new authority's first words: the calendar, then the profile. */
enum status
give_introduction(struct group *g, struct err *err)
{
    const struct terms *r = writer_terms(g->writer);
    const struct give_text calendar = { .text = &r->calendar_text };
    const struct give_text profile = { .text = &r->profile_text };
    enum status rc = ST_OK;

    if (g->n_configs > 0)
        return ST_OK;
    rc = give_config(g, &calendar, err);
    if (rc == ST_OK)
        rc = give_config(g, &profile, err);
    if (rc == ST_OK && !g->writer->options.log_clock)
        rc = give_time(g, g->recorded, err);
    return rc == ST_REJECT ? ST_FATAL : rc;
}

static enum status
give_notification(struct group *g, struct append_item *it, struct err *err)
{
    struct notification_received *rec = it->v.record.notification;
    struct notification_accepted accepted;
    struct str person;
    enum status rc;

    rec->content_hash = hash_of(it);
    rec->warnings = form_warnings(g->writer->arena, it->v.warnings);
    rec->meta.trace_parent = it->trace_parent;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    rc = avro_encode(g->writer->avro, REC_PERSON, it->v.person,
                     g->writer->arena, &person, err);
    if (rc == ST_OK)
        rc = keys_seal(g, it, person, &rec->person, err);
    rec->key_id = it->key_id;
    if (rc == ST_OK)
        rc = give(g, TOPIC_NOTIFICATIONS, it->v.id, REC_NOTIFICATION_RECEIVED,
                  rec, err);
    if (rc != ST_OK)
        return rc;
    fields_clear(&fields_notification_accepted, &accepted);
    accepted.meta.subject = rec->meta.subject;
    accepted.meta.occurred_at = rec->meta.occurred_at;
    accepted.meta.trace_parent = rec->meta.trace_parent;
    accepted.notification_id = rec->notification_id;
    accepted.agency_id = rec->agency_id;
    accepted.agency_ref = rec->agency_ref;
    accepted.amendment = rec->amendment;
    accepted.agency_type = rec->agency_type;
    accepted.kind = rec->kind;
    accepted.sent_at = rec->sent_at;
    fill_meta(g, TOPIC_RECEIPTS, &accepted.meta);
    return give(g, TOPIC_RECEIPTS, it->v.id, REC_NOTIFICATION_ACCEPTED,
                &accepted, err);
}

static enum status
give_activity(struct group *g, struct append_item *it, struct err *err)
{
    struct activity_reported *rec = it->v.record.activity;
    enum status rc = keys_seal(g, it, it->v.detail, &rec->detail, err);

    rec->content_hash = hash_of(it);
    rec->warnings = form_warnings(g->writer->arena, it->v.warnings);
    rec->key_id = it->key_id;
    rec->meta.trace_parent = it->trace_parent;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    if (rc == ST_OK)
        rc = give(g, TOPIC_NOTIFICATIONS, it->v.id, REC_ACTIVITY_REPORTED, rec,
                  err);
    return rc;
}

static enum status
give_screening(struct group *g, struct append_item *it, struct err *err)
{
    struct screening_recorded *rec = it->v.record.screening;
    enum status rc = keys_seal(g, it, it->v.detail, &rec->detail, err);

    rec->content_hash = hash_of(it);
    rec->key_id = it->key_id;
    rec->meta.trace_parent = it->trace_parent;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    if (rc == ST_OK)
        rc = give(g, TOPIC_NOTIFICATIONS, it->v.id, REC_SCREENING_RECORDED, rec,
                  err);
    return rc;
}

static enum status
give_indicator(struct group *g, struct append_item *it, struct err *err)
{
    struct indicator_observed *rec = it->v.record.indicator;

    rec->content_hash = hash_of(it);
    rec->warnings = form_warnings(g->writer->arena, it->v.warnings);
    rec->meta.trace_parent = it->trace_parent;
    fill_meta(g, TOPIC_INDICATORS, &rec->meta);
    return give(g, TOPIC_INDICATORS, it->v.id, REC_INDICATOR_OBSERVED, rec,
                err);
}

static enum status
give_match(struct group *g, struct append_item *it, struct err *err)
{
    struct match_resolved *rec = it->v.record.match;
    enum status rc = keys_seal(g, it, it->v.detail, &rec->detail, err);

    rec->content_hash = hash_of(it);
    rec->key_id = it->key_id;
    rec->meta.trace_parent = it->trace_parent;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    if (rc == ST_OK)
        rc = give(g, TOPIC_NOTIFICATIONS, it->v.id, REC_MATCH_RESOLVED, rec,
                  err);
    return rc;
}

enum topic
give_topic(enum item_kind_of item)
{
    return item == ITEM_INDICATOR ? TOPIC_INDICATORS : TOPIC_NOTIFICATIONS;
}

enum status
give_item(struct group *g, struct append_item *it, struct err *err)
{
    switch (it->item) {
    case ITEM_NOTIFICATION:
        return give_notification(g, it, err);
    case ITEM_ACTIVITY:
        return give_activity(g, it, err);
    case ITEM_SCREENING:
        return give_screening(g, it, err);
    case ITEM_MATCH:
        return give_match(g, it, err);
    case ITEM_INDICATOR:
        return give_indicator(g, it, err);
    }
    return err_set(err, ST_FATAL, "item", "no such kind of item");
}

enum status
give_erasure(struct group *g, struct append_erasure *e, struct id key_id,
             struct erasure_recorded *rec, struct err *err)
{
    char text[ID_TEXT_SIZE];

    fields_clear(&fields_erasure_recorded, rec);
    rec->item_id = e->item_id;
    rec->key_id = key_id;
    rec->by = e->by;
    rec->second_by = e->second_by;
    rec->meta.subject =
        arena_str(g->writer->arena, str_of(id_text(e->item_id, text)));
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    g->erased = rec;
    e->at = g->recorded;
    return give(g, TOPIC_NOTIFICATIONS, e->item_id, REC_ERASURE_RECORDED, rec,
                err);
}
