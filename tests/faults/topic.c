/*
 * topic.c: what the fault tests do to topics behind the services' backs, and
 * how they look at them: count what stands there, put in what is nobody's,
 * repeat, forge and lose records.
 *
 *   topic VERB --kafka HOST:PORT,... --authority PARTITION [--topic NAME] ...
 *
 *   scan             a line for each topic and origin: topic service
 *                    incarnation records distinct last forks strangers
 *   put --count N    records without a header of ours: poison
 *   copy --count N   records that stand there, byte for byte, once more
 *   fork --from P    the last record of partition P, numbered as the next one
 *                    here: it was never committed here
 *   ends             first offset and the one behind the last
 *   cut --count N    lose all but the last N records
 *   drop             lose the topic, all partitions of it
 *   make --count N   make it again as a service does, with N partitions and
 *                    --replication R
 */
#include "common/adapters/kafka.h"
#include "common/core/chain.h"
#include "common/core/codes.h"

#include <librdkafka/rdkafka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TAKE = 500,
    TIMEOUT_MS = 10000,
    ORIGINS_MAX = 16,
    QUIET_MS = 20000, /* without a record or an end: the broker is not there */
};

struct options {
    const char *verb;
    const char *topic; /* NULL: all */
    struct kafka_conn conn;
    long authority;
    long from;
    long count;
    long size;
    long replication;
    uint64_t seed;
};

/* What one origin has on one topic. */
struct seen {
    struct origin origin;
    int64_t records, distinct, last, forks;
    uint64_t *chains; /* by sequence; 0 where none was seen */
    size_t room;
};

struct found {
    struct seen at[ORIGINS_MAX];
    size_t n;
    int64_t strangers, records;
};

static void
die(const char *what, const char *why)
{
    fprintf(stderr, "topic: %s: %s\n", what, why);
    exit(3);
}

static int64_t
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static uint64_t
draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* ---- reading a partition to its end -----------------------------------------
 */

static void
read_all(const struct options *o, const char *topic, long partition,
         void (*each)(void *self, const struct kafka_record *record),
         void *self)
{
    static struct kafka_record records[TAKE];
    struct kafka_reader_options options = { .conn = o->conn };
    struct kafka_part part = { .topic = topic,
                               .partition = (int32_t)partition,
                               .next_offset = KAFKA_BEGINNING };
    struct kafka_take take = { .max = TAKE,
                               .max_bytes = 8 << 20,
                               .timeout_ms = 200 };
    struct kafka_reader *r = NULL;
    struct err err = { .code = "" };
    int64_t until = now_ms() + QUIET_MS;
    size_t n;

    if (kafka_reader_open(&options, &r, &err) != ST_OK ||
        kafka_reader_assign(r, &part, 1, &err) != ST_OK)
        die(topic, err.text);
    do {
        enum status rc = kafka_reader_take(r, &take, records, &n, &err);

        if (rc != ST_OK && rc != ST_RETRY)
            die(topic, err.text);
        if (rc != ST_OK)
            n = 0;
        for (size_t i = 0; i < n; i++)
            each(self, &records[i]);
        if (n > 0)
            until = now_ms() + QUIET_MS;
        else if (now_ms() > until)
            die(topic, "its end does not come");
    } while (!kafka_reader_at_end(r, 0));
    kafka_reader_close(r);
}

static struct seen *
seen_of(struct found *f, struct origin origin)
{
    for (size_t i = 0; i < f->n; i++)
        if (origin_eq(f->at[i].origin, origin))
            return &f->at[i];
    if (f->n == ORIGINS_MAX)
        die("scan", "too many origins");
    f->at[f->n].origin = origin;
    return &f->at[f->n++];
}

static uint64_t *
chain_at(struct seen *s, int64_t sequence)
{
    size_t room = s->room == 0 ? 4096 : s->room;

    if (sequence > 50 * 1000 * 1000)
        die("scan", "a sequence number beyond all measure");
    while (room <= (size_t)sequence)
        room *= 2;
    if (room > s->room) {
        s->chains = realloc(s->chains, room * sizeof *s->chains);
        if (s->chains == NULL)
            die("scan", "no memory");
        memset(s->chains + s->room, 0, (room - s->room) * sizeof *s->chains);
        s->room = room;
    }
    return &s->chains[sequence];
}

/* A record is a fork if its chain is not what its bytes give, or not the same
 * as the first time. */
static void
count(void *self, const struct kafka_record *record)
{
    struct found *f = self;
    struct link link;
    struct seen *s;
    uint64_t *chain, before;

    f->records++;
    if (record->wm.p == NULL || !chain_read(record->wm, &link)) {
        f->strangers++;
        return;
    }
    s = seen_of(f, link.origin);
    chain = chain_at(s, link.sequence);
    s->records++;
    if (*chain == 0) {
        s->distinct++;
        before = link.sequence == 1 ? 0 : s->chains[link.sequence - 1];
        if ((link.sequence == 1 || before != 0) &&
            chain_next(before, record->key, record->value) != link.chain)
            s->forks++;
        *chain = link.chain;
    } else if (*chain != link.chain) {
        s->forks++;
    }
    if (link.sequence > s->last)
        s->last = link.sequence;
}

static void
scan_topic(const struct options *o, const char *topic, struct found *f)
{
    read_all(o, topic, o->authority, count, f);
    for (size_t i = 0; i < f->n; i++) {
        const struct seen *s = &f->at[i];

        if (s->origin.authority != o->authority)
            continue;
        printf("%s %s %" PRIu32 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
               " %" PRId64 "\n",
               topic, service_name(s->origin.service), s->origin.incarnation,
               s->records, s->distinct, s->last, s->forks, f->strangers);
    }
    for (size_t i = 0; i < f->n; i++)
        free(f->at[i].chains);
}

static void
scan(const struct options *o)
{
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++) {
        struct found f = { .n = 0 };

        if (o->topic == NULL || strcmp(o->topic, topic_name(t)) == 0)
            scan_topic(o, topic_name((enum topic)t), &f);
    }
}

/* ---- writing
 * ----------------------------------------------------------------- */

static struct kafka_writer *
open_writer(const struct options *o)
{
    struct kafka_writer_options options = { .conn = o->conn };
    struct kafka_writer *w = NULL;
    struct err err = { .code = "" };

    if (kafka_writer_open(&options, &w, &err) != ST_OK)
        die("writer", err.text);
    return w;
}

static void
drain(struct kafka_writer *w, size_t left)
{
    int64_t until = now_ms() + 60000;
    struct err err = { .code = "" };
    uint64_t tags[TAKE];
    size_t n;

    while (kafka_writer_in_flight(w) > left) {
        if (kafka_writer_poll(w, 100, tags, TAKE, &n, &err) == ST_FATAL)
            die("writer", err.text);
        if (now_ms() > until)
            die("writer", "nothing is confirmed");
    }
}

static void
send_one(struct kafka_writer *w, const struct kafka_send *send)
{
    struct err err = { .code = "" };

    if (kafka_writer_in_flight(w) > 5000)
        drain(w, 1000);
    if (kafka_writer_send(w, send, &err) != ST_OK)
        die(send->topic, err.text);
}

/* Bytes that no sender of ours has made: noise; an Avro frame of no known
 * schema's body; a number of ours that isn't there; nothing at all. */
static void
put(const struct options *o)
{
    struct kafka_writer *w = open_writer(o);
    uint64_t state = o->seed;
    size_t room = o->size > 0 ? (size_t)o->size : 512;
    char *bytes = malloc(room);

    if (bytes == NULL)
        die("put", "no memory");
    for (long i = 0; i < o->count; i++) {
        size_t n = o->size > 0 ? room : draw(&state) % room;
        uint8_t wm[CHAIN_HEADER_SIZE];
        struct kafka_send send = { .topic = o->topic,
                                   .partition = (int32_t)o->authority,
                                   .key = STR("poison"),
                                   .value = { .p = bytes, .n = n } };

        for (size_t k = 0; k < n; k++)
            bytes[k] = (char)draw(&state);
        if (n > 0 && draw(&state) % 3 == 0)
            bytes[0] = '\0';
        if (draw(&state) % 4 == 0) {
            for (size_t k = 0; k < sizeof wm; k++)
                wm[k] = (uint8_t)draw(&state);
            wm[0] = 9; /* no version of the header */
            send.wm = (struct str){ .p = (const char *)wm, .n = sizeof wm };
        }
        if (draw(&state) % 50 == 0)
            send.value = STR_NULL;
        send_one(w, &send);
    }
    drain(w, 0);
    kafka_writer_close(w);
    free(bytes);
}

/* Copies of records, kept until they are sent. */
struct kept {
    struct kafka_writer *w;
    const struct options *o;
    uint64_t state;
    long left;
    int64_t records; /* there are */
    struct origin origin;
    uint8_t wm[CHAIN_HEADER_SIZE];
    char *key, *value;
    size_t key_n, value_n;
};

static void
copy_one(void *self, const struct kafka_record *record)
{
    struct kept *k = self;
    struct kafka_send send = { .topic = k->o->topic,
                               .partition = (int32_t)k->o->authority,
                               .key = record->key,
                               .value = record->value,
                               .wm = record->wm };

    if (record->wm.p != NULL &&
        (int64_t)(draw(&k->state) % (uint64_t)k->records) < k->left) {
        send_one(k->w, &send);
        k->left--;
    }
    if (k->records > 1)
        k->records--;
}

static void
copy(const struct options *o)
{
    struct found f = { .n = 0 };
    struct kept k = { .o = o, .state = o->seed, .left = o->count };

    read_all(o, o->topic, o->authority, count, &f);
    k.w = open_writer(o);
    k.records = f.records;
    /* The copies are read again behind what they copy; none is left then. */
    read_all(o, o->topic, o->authority, copy_one, &k);
    drain(k.w, 0);
    kafka_writer_close(k.w);
}

static void
keep_last(void *self, const struct kafka_record *record)
{
    struct kept *k = self;
    struct link link;

    if (record->wm.p == NULL || !chain_read(record->wm, &link))
        return;
    k->origin = link.origin;
    k->key = realloc(k->key, record->key.n + 1);
    k->value = realloc(k->value, record->value.n + 1);
    if (k->key == NULL || k->value == NULL)
        die("fork", "no memory");
    memcpy(k->key, record->key.p, record->key.n);
    memcpy(k->value, record->value.p, record->value.n);
    k->key_n = record->key.n;
    k->value_n = record->value.n;
}

static void
fork_topic(const struct options *o)
{
    struct kept k = { .o = o };
    struct found f = { .n = 0 };
    struct link link = { .chain = UINT64_C(0x5eed) };

    read_all(o, o->topic, o->from, keep_last, &k);
    read_all(o, o->topic, o->authority, count, &f);
    if (k.value == NULL)
        die("fork", "there is nothing to copy");
    link.origin = k.origin;
    link.origin.authority = (uint16_t)o->authority;
    link.sequence = seen_of(&f, link.origin)->last + 1;
    chain_header(&link, k.wm);
    k.w = open_writer(o);
    send_one(k.w, &(struct kafka_send){
                      .topic = o->topic,
                      .partition = (int32_t)o->authority,
                      .key = { .p = k.key, .n = k.key_n },
                      .value = { .p = k.value, .n = k.value_n },
                      .wm = { .p = (const char *)k.wm, .n = sizeof k.wm } });
    drain(k.w, 0);
    kafka_writer_close(k.w);
    printf("%" PRId64 "\n", link.sequence);
    free(k.key);
    free(k.value);
}

/* ---- losing
 * ------------------------------------------------------------------ */

static rd_kafka_t *
open_admin(const struct options *o)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[256];
    rd_kafka_t *rk;

    if (rd_kafka_conf_set(conf, "bootstrap.servers", o->conn.brokers, why,
                          sizeof why) != RD_KAFKA_CONF_OK)
        die("admin", why);
    rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (rk == NULL)
        die("admin", why);
    return rk;
}

static struct kafka_ends
ends_of(const struct options *o)
{
    struct kafka_ends ends = { .low = -1 };
    rd_kafka_t *rk = open_admin(o);
    rd_kafka_resp_err_t e = rd_kafka_query_watermark_offsets(
        rk, o->topic, (int32_t)o->authority, &ends.low, &ends.high, TIMEOUT_MS);

    rd_kafka_destroy(rk);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR)
        die(o->topic, rd_kafka_err2str(e));
    return ends;
}

static void
await(rd_kafka_queue_t *q, const char *what)
{
    rd_kafka_event_t *ev = rd_kafka_queue_poll(q, TIMEOUT_MS);

    if (ev == NULL)
        die(what, "no answer");
    if (rd_kafka_event_error(ev) != RD_KAFKA_RESP_ERR_NO_ERROR)
        die(what, rd_kafka_event_error_string(ev));
    rd_kafka_event_destroy(ev);
}

static void
cut(const struct options *o)
{
    struct kafka_ends ends = ends_of(o);
    int64_t before = ends.high - o->count;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_t *rk = open_admin(o);
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    rd_kafka_DeleteRecords_t *del;

    rd_kafka_topic_partition_list_add(list, o->topic, (int32_t)o->authority)
        ->offset = before < ends.low ? ends.low : before;
    del = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(rk, &del, 1, NULL, q);
    await(q, o->topic);
    rd_kafka_DeleteRecords_destroy(del);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(q);
    rd_kafka_destroy(rk);
}

static void
drop(const struct options *o)
{
    rd_kafka_t *rk = open_admin(o);
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    rd_kafka_DeleteTopic_t *del = rd_kafka_DeleteTopic_new(o->topic);

    rd_kafka_DeleteTopics(rk, &del, 1, NULL, q);
    await(q, o->topic);
    rd_kafka_DeleteTopic_destroy(del);
    rd_kafka_queue_destroy(q);
    rd_kafka_destroy(rk);
}

static void
make(const struct options *o)
{
    const char *const name = o->topic;
    struct kafka_topics topics = { .names = &name,
                                   .n = 1,
                                   .partitions = (int)o->count,
                                   .replication = (int)o->replication,
                                   .timeout_ms = TIMEOUT_MS };
    struct err err = { .code = "" };

    if (kafka_ensure_topics(&o->conn, &topics, &err) != ST_OK)
        die(o->topic, err.text);
}

static void
ends(const struct options *o)
{
    struct kafka_ends e = ends_of(o);

    printf("%" PRId64 " %" PRId64 "\n", e.low, e.high);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const struct options *o);
        bool needs_topic;
    } verbs[] = {
        { "scan", scan, false }, { "put", put, true },
        { "copy", copy, true },  { "fork", fork_topic, true },
        { "ends", ends, true },  { "cut", cut, true },
        { "drop", drop, true },  { "make", make, true },
    };
    struct options o = { .verb = argc > 1 ? argv[1] : "",
                         .authority = -1,
                         .count = 1,
                         .replication = 1,
                         .seed = 1 };

    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--kafka") == 0)
            o.conn.brokers = argv[i + 1];
        else if (strcmp(argv[i], "--topic") == 0)
            o.topic = argv[i + 1];
        else if (strcmp(argv[i], "--authority") == 0)
            o.authority = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--from") == 0)
            o.from = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--count") == 0)
            o.count = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--size") == 0)
            o.size = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--replication") == 0)
            o.replication = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--seed") == 0)
            o.seed = strtoull(argv[i + 1], NULL, 10);
        else
            o.authority = -1;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(o.verb, verbs[i].name) == 0 && o.conn.brokers != NULL &&
            o.authority >= 0 && (o.topic != NULL || !verbs[i].needs_topic)) {
            verbs[i].run(&o);
            return 0;
        }
    fputs("usage: topic scan|put|copy|fork|ends|cut|drop|make --kafka BROKERS "
          "--authority PARTITION [--topic NAME] [--count N] [--size BYTES] "
          "[--from PARTITION] [--seed N] [--replication N]\n",
          stderr);
    return 2;
}
