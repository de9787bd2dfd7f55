/*
 * plant.c: puts records into a partition behind the services' backs, in the
 * name of the service that writes there: good ones, poison and forgeries.
 *
 *   plant --kafka HOST:PORT,... --authority PARTITION [--topic NAME]
 *         [--from NUMBER] WORD...
 *
 * A WORD is one of these, or WORD:N for N of them, in that order:
 *
 *   good      numbered and chained; on notifications a copy of the last
 *             NotificationReceived under a reference and id of its own
 *   time      TimeAdvanced, now
 *   garbage   numbered and chained; no Avro
 *   null      numbered and chained, without a value
 *   type      numbered and chained; a record that doesn't belong here
 *   schema    numbered and chained; of a schema that nobody knows
 *   fork      numbered as the next one, with another chain
 *   value     as good, with a reference that no database takes
 *   stranger  a good value without a header of ours
 *
 * With --from they stand behind the record with that number, as if the later
 * ones did not exist. Prints the number of the last one behind the last word.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/adapters/avro.h"
#include "common/adapters/kafka.h"
#include "common/core/chain.h"
#include "common/core/records.h"
#include "common/engine/batch.h"
#include "common/engine/memory.h"

enum { TAKE = 500, TAGS = 500, TRIES = 200, WAIT_MS = 100 };

struct plant {
    struct kafka_conn conn;
    const char *topic;
    int32_t authority;
    int64_t from; /* 0: behind the last */
    struct link tail; /* of the service that writes here */
    struct str key;   /* of the last NotificationReceived */
    struct str value;
    struct arena *kept;  /* these two */
    struct arena *arena; /* one record */
    struct avro_codec *avro;
    struct kafka_writer *writer;
};

static void
must(enum status rc, const struct err *err)
{
    if (rc == ST_OK)
        return;
    fprintf(stderr, "plant: %s: %s\n", err->code, err->text);
    exit(1);
}

/* ---- what stands there -----------------------------------------------------
 */

static void
look_at(struct plant *p, const struct kafka_record *r)
{
    enum record_type type = REC_NONE;
    const void *body;
    struct link link;
    struct err err;

    if (r->wm.p == NULL || !chain_read(r->wm, &link) ||
        !batch_is_writer(link.origin.service, topic_find(str_of(p->topic))) ||
        link.sequence <= p->tail.sequence ||
        (p->from > 0 && link.sequence > p->from))
        return;
    p->tail = link;
    arena_reset(p->arena);
    if (r->value.p == NULL ||
        avro_decode(p->avro, r->value, p->arena, &type, &body, &err) != ST_OK ||
        type != REC_NOTIFICATION_RECEIVED)
        return;
    arena_reset(p->kept);
    p->key = arena_str(p->kept, r->key);
    p->value = arena_str(p->kept, r->value);
}

static void
read_all(struct plant *p)
{
    static struct kafka_record records[TAKE];
    struct kafka_reader_options options = { .conn = p->conn };
    struct kafka_part part = { .topic = p->topic,
                               .partition = p->authority,
                               .next_offset = KAFKA_BEGINNING };
    struct kafka_take take = { .max = TAKE,
                               .max_bytes = 8 << 20,
                               .timeout_ms = WAIT_MS };
    struct kafka_reader *reader = NULL;
    struct kafka_ends ends;
    struct err err;
    int left = TRIES;

    must(kafka_reader_open(&options, &reader, &err), &err);
    must(kafka_reader_end(reader, &part, TRIES * WAIT_MS, &ends, &err), &err);
    must(kafka_reader_assign(reader, &part, 1, &err), &err);
    for (int64_t at = ends.low; at < ends.high && left > 0; left--) {
        size_t n = 0;
        enum status rc = kafka_reader_take(reader, &take, records, &n, &err);

        must(rc == ST_RETRY ? ST_OK : rc, &err);
        for (size_t i = 0; rc == ST_OK && i < n; i++)
            look_at(p, &records[i]);
        if (rc == ST_OK && n > 0) {
            at = records[n - 1].offset + 1;
            left = TRIES;
        } else if (rc == ST_OK && kafka_reader_at_end(reader, 0)) {
            break;
        }
    }
    kafka_reader_close(reader);
    if (left == 0) {
        fprintf(stderr, "plant: the end of %s can't be read\n", p->topic);
        exit(1);
    }
}

/* ---- what is put there
 * ------------------------------------------------------- */

static time_ms
now(void)
{
    return (time_ms)time(NULL) * 1000;
}

static struct str
good_value(struct plant *p, struct id *id, const char *ref)
{
    int64_t sequence = p->tail.sequence + 1;
    struct str parts[] = {
        STR("planted"), { .p = (const char *)&sequence, .n = sizeof sequence }
    };
    struct notification_received rec;
    enum record_type type;
    const void *body;
    struct str value;
    struct err err;

    if (p->value.p == NULL) {
        fputs("plant: there is no notification to take after\n", stderr);
        exit(1);
    }
    must(avro_decode(p->avro, p->value, p->arena, &type, &body, &err), &err);
    rec = *(const struct notification_received *)body;
    rec.agency_ref = arena_printf(p->arena, "%s%" PRId64, ref, sequence);
    rec.notification_id = *id = id_derive("notification", parts, 2);
    rec.meta.id = id_derive("record", parts, 2);
    rec.meta.subject = rec.agency_ref;
    rec.meta.recorded_at = rec.meta.occurred_at = rec.sent_at = now();
    must(avro_encode(p->avro, REC_NOTIFICATION_RECEIVED, &rec, p->arena, &value,
                     &err),
         &err);
    return value;
}

static struct str
time_value(struct plant *p, enum record_type type)
{
    int64_t sequence = p->tail.sequence + 1;
    struct str parts[] = { STR("planted time"),
                           { .p = (const char *)&sequence,
                             .n = sizeof sequence } };
    struct notification_accepted accepted;
    struct time_advanced rec;
    struct str value;
    struct err err;

    fields_clear(&fields_time_advanced, &rec);
    rec.meta.id = id_derive("record", parts, 2);
    rec.meta.source = STR("/plant");
    rec.meta.subject = STR("plant");
    rec.meta.cause.topic = TOPIC_NOTIFICATIONS;
    rec.meta.profile_version = STR("none");
    rec.meta.recorded_at = rec.meta.occurred_at = rec.at = now();
    fields_clear(&fields_notification_accepted, &accepted);
    accepted.meta = rec.meta;
    accepted.notification_id = rec.meta.id;
    accepted.agency_id = STR("school-oakfield");
    accepted.agency_ref = STR("P-0");
    accepted.amendment = 0;
    accepted.agency_type = AGENCY_SCHOOL;
    accepted.kind = KIND_SCHOOL_REFERRAL;
    accepted.sent_at = rec.at;
    must(avro_encode(p->avro, type,
                     type == REC_TIME_ADVANCED ? (const void *)&rec
                                               : (const void *)&accepted,
                     p->arena, &value, &err),
         &err);
    return value;
}

static void
drain(struct plant *p)
{
    uint64_t tags[TAGS];
    struct err err;

    for (int left = TRIES; kafka_writer_in_flight(p->writer) > 0; left--) {
        size_t n = 0;
        enum status rc =
            kafka_writer_poll(p->writer, WAIT_MS, tags, TAGS, &n, &err);

        must(rc == ST_RETRY && left > 0 ? ST_OK : rc, &err);
    }
}

static void
send(struct plant *p, struct id id, struct str value, bool forged,
     bool stranger)
{
    struct link link = p->tail;
    uint8_t wm[CHAIN_HEADER_SIZE];
    struct kafka_send send = { .topic = p->topic,
                               .partition = p->authority,
                               .key = id_part(&id),
                               .value = value };
    struct err err;

    link.sequence++;
    link.chain = chain_next(p->tail.chain, send.key, send.value);
    if (forged)
        link.chain ^= 1;
    chain_header(&link, wm);
    if (!stranger)
        send.wm = (struct str){ .p = (const char *)wm, .n = sizeof wm };
    must(kafka_writer_send(p->writer, &send, &err), &err);
    if (!stranger)
        p->tail = link;
    if (kafka_writer_in_flight(p->writer) >= TAGS)
        drain(p);
}

static void
put(struct plant *p, struct str word)
{
    static const char unknown[] = { 0, 0, 1, (char)0x86, (char)0x9f, 2, 2 };
    struct id id = ID_NONE;
    struct str value = STR("this is no Avro");

    arena_reset(p->arena);
    if (str_is(word, "good") || str_is(word, "fork") ||
        str_is(word, "stranger"))
        value = good_value(p, &id, "P-");
    else if (str_is(word, "value")) /* 0xff is in no UTF-8 text */
        value = good_value(p, &id, "P\xff-");
    else if (str_is(word, "time"))
        value = time_value(p, REC_TIME_ADVANCED);
    else if (str_is(word, "type"))
        value = time_value(p, REC_NOTIFICATION_ACCEPTED);
    else if (str_is(word, "null"))
        value = STR_NULL;
    else if (str_is(word, "schema"))
        value = (struct str){ .p = unknown, .n = sizeof unknown };
    else if (!str_is(word, "garbage"))
        must(ST_REJECT,
             &(struct err){ .code = "usage", .text = "no such word" });
    send(p, id, value, str_is(word, "fork"), str_is(word, "stranger"));
}

int
main(int argc, char **argv)
{
    struct plant p = { .topic = "notifications", .authority = -1 };
    struct kafka_writer_options options = { .conn = { .client_id = "plant" } };
    struct err err;
    int i = 1;

    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--kafka") == 0)
            options.conn.brokers = argv[i + 1];
        else if (strcmp(argv[i], "--topic") == 0)
            p.topic = argv[i + 1];
        else if (strcmp(argv[i], "--authority") == 0)
            p.authority = (int32_t)atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--from") == 0)
            p.from = atol(argv[i + 1]);
    }
    if (options.conn.brokers == NULL || p.authority < 0 || i == argc) {
        fputs("usage: plant --kafka BROKERS --authority PARTITION "
              "[--topic NAME] [--from NUMBER] WORD[:N]...\n",
              stderr);
        return 2;
    }
    p.conn = options.conn;
    p.kept = memory_open((size_t)16 << 20);
    p.arena = memory_open((size_t)64 << 20);
    p.avro = avro_open(&err);
    must(p.kept != NULL && p.arena != NULL && p.avro != NULL ? ST_OK : ST_FATAL,
         &err);
    must(kafka_writer_open(&options, &p.writer, &err), &err);
    p.tail.origin = (struct origin){ .service = SERVICE_INTAKE,
                                     .authority = (uint16_t)p.authority,
                                     .incarnation = 1 };
    read_all(&p);
    for (; i < argc; i++) {
        const char *colon = strchr(argv[i], ':');
        struct str word = str_of(argv[i]);
        long n = colon == NULL ? 1 : atol(colon + 1);

        if (colon != NULL)
            word.n = (size_t)(colon - argv[i]);
        while (n-- > 0)
            put(&p, word);
    }
    drain(&p);
    printf("%" PRId64 "\n", p.tail.sequence);
    kafka_writer_close(p.writer);
    avro_close(p.avro);
    memory_close(p.arena);
    memory_close(p.kept);
    return 0;
}
