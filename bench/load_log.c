/*
 * load_log: a made-up authority's notifications straight into the log, as
 * intake would have written them: the same bytes, numbers and chains, without
 * HTTP and without its database. For measuring what stands behind intake.
 *
 *   load_log BROKERS PROFILES CALENDAR AUTHORITY N CHILDREN REPEATS_PERCENT
 *            [IN_TURN]
 *
 * The first IN_TURN notifications name the children one after the other, the
 * rest draws one.
 * Needs an authority whose topics are empty. Prints the last numbers it wrote.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/adapters/authorities.h"
#include "common/adapters/avro.h"
#include "common/adapters/kafka.h"
#include "common/core/chain.h"
#include "common/core/records.h"
#include "common/engine/memory.h"

enum { TAGS = 4096, TIME_EVERY = 20000, KEEP = 1 << 16 };

struct load {
    struct arena *arena;
    struct avro_codec *avro;
    struct kafka_writer *writer;
    const struct authority *authority;
    struct str version;
    time_ms now;
    uint64_t seed;
    struct {
        int64_t sequence;
        uint64_t chain;
    } tail[TOPIC_N];
};

static void
fail(const struct err *err)
{
    fprintf(stderr, "load_log: %s: %s\n", err->code, err->text);
    exit(1);
}

static void
must(enum status rc, const struct err *err)
{
    if (rc != ST_OK)
        fail(err);
}

static uint64_t
draw(struct load *l, uint64_t below)
{
    l->seed = l->seed * 6364136223846793005u + 1442695040888963407u;
    return (l->seed >> 33) % below;
}

static void
meta(struct load *l, enum topic topic, struct str subject, struct meta *m)
{
    int64_t sequence = l->tail[topic].sequence + 1;
    int32_t where = (int32_t)topic;
    struct str parts[] = { l->authority->name,
                           { .p = (const char *)&where, .n = sizeof where },
                           { .p = (const char *)&sequence,
                             .n = sizeof sequence } };

    m->id = id_derive("record", parts, 3);
    m->source = arena_printf(l->arena, "/%.*s/intake",
                             STR_ARG(l->authority->name));
    m->subject = subject;
    m->occurred_at = m->recorded_at = l->now;
    m->profile_version = l->version;
    m->cause = (struct cause){ .topic = topic };
}

static void
send(struct load *l, enum topic topic, struct id key, enum record_type type,
     const void *body, int times)
{
    struct link link = { .origin = { .service = SERVICE_INTAKE,
                                     .authority = l->authority->partition,
                                     .incarnation = 1 } };
    uint8_t header[CHAIN_HEADER_SIZE];
    struct kafka_send send = { .topic = topic_name(topic),
                               .partition = l->authority->partition,
                               .key = id_part(&key),
                               .wm = { .p = (const char *)header,
                                       .n = sizeof header } };
    uint64_t tags[TAGS];
    struct err err;
    enum status rc;
    size_t n;

    must(avro_encode(l->avro, type, body, l->arena, &send.value, &err), &err);
    link.sequence = ++l->tail[topic].sequence;
    link.chain = chain_next(l->tail[topic].chain, send.key, send.value);
    l->tail[topic].chain = link.chain;
    chain_header(&link, header);
    for (int i = 0; i < times; i++) {
        while ((rc = kafka_writer_send(l->writer, &send, &err)) == ST_RETRY)
            must(kafka_writer_poll(l->writer, 10, tags, TAGS, &n, &err), &err);
        must(rc, &err);
    }
}

static void
send_time(struct load *l)
{
    static const enum topic topics[] = { TOPIC_NOTIFICATIONS, TOPIC_RECEIPTS,
                                         TOPIC_INDICATORS };

    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        struct time_advanced rec;

        fields_clear(&fields_time_advanced, &rec);
        meta(l, topics[i], l->authority->name, &rec.meta);
        rec.at = l->now;
        send(l, topics[i], ID_NONE, REC_TIME_ADVANCED, &rec, 1);
    }
}

static void
send_config(struct load *l, int kind, struct str name, const char *path)
{
    struct config_activated rec;
    struct err err;

    fields_clear(&fields_config_activated, &rec);
    meta(l, TOPIC_NOTIFICATIONS, name, &rec.meta);
    rec.config_kind = kind;
    rec.name = name;
    rec.version = l->version;
    rec.hash = STR("00");
    must(file_read(path, 1 << 20, l->arena, &rec.text, &err), &err);
    send(l, TOPIC_NOTIFICATIONS, ID_NONE, REC_CONFIG_ACTIVATED, &rec, 1);
}

/* Three made-up syllables: 8000 names, which sound as different as names do. */
static struct str
syllables(struct load *l, uint64_t v)
{
    static const char *const parts[] = { "Ba",  "Kor", "Len", "Mi",  "Zor",
                                         "Tal", "Ven", "Dri", "Su",  "Pel",
                                         "Gra", "Hin", "Jo",  "Wex", "Fa",
                                         "Nor", "Qui", "Ru",  "Sta", "Yel" };
    enum { PARTS = sizeof parts / sizeof parts[0] };

    return arena_printf(l->arena, "%s%s%s", parts[v % PARTS],
                        parts[v / PARTS % PARTS],
                        parts[v / PARTS / PARTS % PARTS]);
}

static void
make_person(struct load *l, uint64_t child, struct str *out)
{
    static const char *const districts[] = { "CT1 1", "ME14 1", "TN23 1",
                                             "DA1 1", "CT9 1" };
    struct person p;
    struct err err;

    fields_clear(&fields_person, &p);
    p.forename = syllables(l, child % 997 * 7 + 3);
    p.surname = syllables(l, child * 7);
    p.dob = 14500 + (date_d)(child * 7919 % 6000); /* 2009 to 2026 */
    p.sex = 1 + (int)(child % 2);
    p.ethnicity = 1;
    p.postcode = arena_printf(l->arena, "%s%c%c", districts[child % 5],
                              "ABDEFGHJLN"[child / 5 % 10],
                              "ABDEFGHJLN"[child / 50 % 10]);
    p.concern = STR("A made-up concern for measuring, some words long, as a "
                    "school would write it in its form.");
    must(avro_encode(l->avro, REC_PERSON, &p, l->arena, out, &err), &err);
}

static void
send_notification(struct load *l, int64_t i, uint64_t child, int repeats)
{
    struct notification_received rec;
    struct notification_accepted ok;
    struct str parts[4];
    int times = (int)draw(l, 100) < repeats ? 2 : 1;

    fields_clear(&fields_notification_received, &rec);
    rec.agency_id = STR("school-oakfield");
    rec.agency_ref = arena_printf(l->arena, "B-%" PRId64, i);
    parts[0] = l->authority->name;
    parts[1] = rec.agency_id;
    parts[2] = rec.agency_ref;
    parts[3] = STR("0");
    rec.notification_id = id_derive("notification", parts, 4);
    meta(l, TOPIC_NOTIFICATIONS, rec.agency_ref, &rec.meta);
    rec.amendment = 0;
    rec.agency_type = AGENCY_SCHOOL;
    rec.cin_source = STR("2A");
    rec.kind = KIND_SCHOOL_REFERRAL;
    rec.sent_at = l->now;
    rec.entry = ENTRY_EH;
    rec.needs = SET_BIT(1 + draw(l, 20)) | SET_BIT(1 + draw(l, 20));
    rec.content_hash = STR("0123456789abcdef");
    make_person(l, child, &rec.person);
    send(l, TOPIC_NOTIFICATIONS, rec.notification_id,
         REC_NOTIFICATION_RECEIVED, &rec, times);

    fields_clear(&fields_notification_accepted, &ok);
    meta(l, TOPIC_RECEIPTS, rec.agency_ref, &ok.meta);
    ok.notification_id = rec.notification_id;
    ok.agency_id = rec.agency_id;
    ok.agency_ref = rec.agency_ref;
    ok.amendment = 0;
    ok.agency_type = rec.agency_type;
    ok.kind = rec.kind;
    ok.sent_at = rec.sent_at;
    send(l, TOPIC_RECEIPTS, rec.notification_id, REC_NOTIFICATION_ACCEPTED,
         &ok, times);
}

static void
drain(struct load *l)
{
    uint64_t tags[TAGS];
    struct err err;
    size_t n;

    while (kafka_writer_in_flight(l->writer) > 0)
        must(kafka_writer_poll(l->writer, 100, tags, TAGS, &n, &err), &err);
}

int
main(int argc, char **argv)
{
    struct load l = { .seed = 42 };
    struct kafka_writer_options options = { .conn = { .client_id = "load" } };
    struct authorities all;
    struct err err;
    char path[512];
    int64_t n;
    int64_t in_turn;
    uint64_t children;

    if (argc != 8 && argc != 9) {
        fprintf(stderr, "usage: load_log BROKERS PROFILES CALENDAR AUTHORITY "
                        "N CHILDREN REPEATS_PERCENT [IN_TURN]\n");
        return 2;
    }
    l.arena = memory_open((size_t)1 << 30);
    must(authorities_read(argv[2], l.arena, &all, &err), &err);
    l.authority = authorities_find(&all, str_of(argv[4]));
    l.avro = avro_open(&err);
    if (l.avro == NULL || l.authority == NULL)
        fail(&err);
    options.conn.brokers = argv[1];
    must(kafka_writer_open(&options, &l.writer, &err), &err);
    l.now = (time_ms)time(NULL) * 1000;
    l.version = arena_printf(l.arena, "%.*s#bench", STR_ARG(l.authority->name));
    snprintf(path, sizeof path, "%s/%.*s", argv[2],
             STR_ARG(l.authority->profile));
    send_config(&l, CONFIG_CALENDAR, STR("england-and-wales"), argv[3]);
    send_config(&l, CONFIG_PROFILE, l.authority->name, path);
    send_time(&l);
    n = atoll(argv[5]);
    children = (uint64_t)atoll(argv[6]);
    in_turn = argc == 9 ? atoll(argv[8]) : 0;
    drain(&l);
    {
        /* Names stay; what one notification takes is given back. */
        struct arena *names = l.arena;

        l.arena = memory_open((size_t)256 << 20);
        for (int64_t i = 1; i <= n; i++) {
            if (i % 64 == 0)
                arena_reset(l.arena);
            if (i % 1000 == 0)
                l.now++;
            send_notification(
                &l, i,
                i <= in_turn ? (uint64_t)i % children : draw(&l, children),
                atoi(argv[7]));
            if (i % TIME_EVERY == 0)
                send_time(&l);
        }
        send_time(&l);
        drain(&l);
        memory_close(l.arena);
        l.arena = names;
    }
    printf("{\"authority\":\"%s\",\"n\":%" PRId64
           ",\"notifications\":%" PRId64 ",\"receipts\":%" PRId64 "}\n",
           argv[4], n, l.tail[TOPIC_NOTIFICATIONS].sequence,
           l.tail[TOPIC_RECEIPTS].sequence);
    kafka_writer_close(l.writer);
    avro_close(l.avro);
    memory_close(l.arena);
    return 0;
}
