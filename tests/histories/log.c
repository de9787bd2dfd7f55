/*
 * Made-up histories into the log of one authority, as intake, triage and
 * tracker would have written them: the same bytes, numbers and chains. For
 * measuring what reads a whole log (rebuild.sh).
 *
 *     log BROKERS PROFILES CALENDAR AUTHORITY RECORDS
 *
 * The authority's topics are empty before. Time is told once, at the end.
 * Prints how many records it wrote.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/authorities.h"
#include "common/adapters/avro.h"
#include "common/adapters/kafka.h"
#include "common/core/chain.h"
#include "common/core/records.h"
#include "common/engine/memory.h"
#include "tests/histories/history.h"

enum { TAGS = 4096, FILE_MAX = 1 << 20 };

struct writer {
    struct arena *arena; /* of one history */
    struct avro_codec *avro;
    struct kafka_writer *kafka;
    const struct authority *authority;
    struct {
        int64_t sequence;
        uint64_t chain;
    } tail[TOPIC_N];
    size_t records;
    time_ms last; /* the latest that anything was recorded */
};

static void
must(enum status rc, const struct err *err)
{
    if (rc == ST_OK)
        return;
    fprintf(stderr, "log: %s: %s\n", err->code, err->text);
    exit(1);
}

static enum service
writer_of(enum topic topic)
{
    switch (topic) {
    case TOPIC_CASEWORK:
        return SERVICE_TRIAGE;
    case TOPIC_RECEIPTS:
    case TOPIC_INDICATORS:
        return SERVICE_INTAKE;
    default:
        return SERVICE_TRACKER;
    }
}

/* What history.h left out because metrics doesn't look at it. */
static void
fill_rest(struct writer *w, const struct fields *f, void *record)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct field *field = &f->at[i];
        void *at = (char *)record + field->offset;

        if (field->type == F_RECORD)
            fill_rest(w, field->sub, at);
        else if ((field->flags & F_NULLABLE) != 0 || !field_is_null(field, at))
            continue;
        else if (field->type == F_ID)
            *(struct id *)at = id_derive("record", NULL, 0);
        else if (field->type == F_TEXT)
            *(struct str *)at = STR("made-up");
        else if (field->type == F_CODE)
            *(int *)at = 1;
        else if (field->type == F_I32 || field->type == F_DATE)
            *(int32_t *)at = 0;
        else
            *(int64_t *)at = 0;
    }
}

static void
send(struct writer *w, enum topic topic, enum record_type type, void *body)
{
    struct link link = { .origin = { .service = writer_of(topic),
                                     .authority = w->authority->partition,
                                     .incarnation = 1 } };
    uint8_t header[CHAIN_HEADER_SIZE];
    struct kafka_send send = { .topic = topic_name(topic),
                               .partition = w->authority->partition,
                               .wm = { .p = (const char *)header,
                                       .n = sizeof header } };
    uint64_t tags[TAGS];
    struct err err;
    enum status rc;
    size_t n;

    fill_rest(w, record_def(type)->fields, body);
    must(avro_encode(w->avro, type, body, w->arena, &send.value, &err), &err);
    link.sequence = ++w->tail[topic].sequence;
    link.chain = chain_next(w->tail[topic].chain, send.key, send.value);
    w->tail[topic].chain = link.chain;
    chain_header(&link, header);
    while ((rc = kafka_writer_send(w->kafka, &send, &err)) == ST_RETRY)
        must(kafka_writer_poll(w->kafka, 10, tags, TAGS, &n, &err), &err);
    must(rc, &err);
    w->records++;
}

static void
send_config(struct writer *w, int kind, const char *path)
{
    struct config_activated rec;
    struct err err;

    fields_clear(&fields_config_activated, &rec);
    rec.config_kind = kind;
    must(file_read(path, FILE_MAX, w->arena, &rec.text, &err), &err);
    send(w, TOPIC_CASEWORK, REC_CONFIG_ACTIVATED, &rec);
}

static void
send_time(struct writer *w, enum topic topic)
{
    struct time_advanced rec;

    fields_clear(&fields_time_advanced, &rec);
    rec.meta.recorded_at = w->last;
    rec.at = w->last;
    send(w, topic, REC_TIME_ADVANCED, &rec);
}

static void
send_history(struct writer *w, uint64_t seed)
{
    static struct history h;

    history_make(&h, w->arena, seed, STR_NULL);
    for (size_t t = 0; t < TOPIC_N; t++)
        for (size_t i = 0; i < h.topics[t].n; i++) {
            const struct event *ev = &h.topics[t].events[i];

            if (event_meta(ev)->recorded_at > w->last)
                w->last = event_meta(ev)->recorded_at;
            if (ev->type != REC_TIME_ADVANCED &&
                ev->type != REC_CONFIG_ACTIVATED)
                send(w, ev->topic, ev->type, (void *)(uintptr_t)ev->body);
        }
    arena_reset(w->arena);
}

static void
drain(struct writer *w)
{
    uint64_t tags[TAGS];
    struct err err;
    size_t n;

    while (kafka_writer_in_flight(w->kafka) > 0)
        must(kafka_writer_poll(w->kafka, 100, tags, TAGS, &n, &err), &err);
}

int
main(int argc, char **argv)
{
    static const enum topic topics[] = { TOPIC_CASEWORK,     TOPIC_RECEIPTS,
                                         TOPIC_CASE_JOURNAL, TOPIC_ALERTS,
                                         TOPIC_FEEDBACK,     TOPIC_INDICATORS };
    struct kafka_writer_options options = { .conn = { .client_id = "log" } };
    struct writer w = { .records = 0 };
    struct authorities all;
    struct err err = { .code = "" };
    struct arena *keep = memory_open((size_t)64 << 20);
    char path[512];
    size_t records;

    if (argc != 6) {
        fprintf(stderr,
                "usage: log BROKERS PROFILES CALENDAR AUTHORITY RECORDS\n");
        return 2;
    }
    w.arena = memory_open((size_t)256 << 20);
    must(authorities_read(argv[2], keep, &all, &err), &err);
    w.authority = authorities_find(&all, str_of(argv[4]));
    w.avro = avro_open(&err);
    if (w.authority == NULL || w.avro == NULL)
        must(ST_FATAL, &err);
    options.conn.brokers = argv[1];
    must(kafka_writer_open(&options, &w.kafka, &err), &err);
    (void)snprintf(path, sizeof path, "%s/%s.json", argv[2], argv[4]);
    send_config(&w, CONFIG_CALENDAR, argv[3]);
    send_config(&w, CONFIG_PROFILE, path);
    records = strtoul(argv[5], NULL, 10);
    for (uint64_t seed = 1; w.records < records; seed++)
        send_history(&w, seed);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        send_time(&w, topics[i]);
    drain(&w);
    kafka_writer_close(w.kafka);
    printf("%zu\n", w.records);
    return 0;
}
