/*
 * passthrough: the least that any service on this broker must do. Takes every
 * record of a topic, decodes it, encodes it again and gives it to another
 * topic, with the same client settings as the services, and with neither
 * database nor decision. What the services reach is held against it.
 *
 *   passthrough BROKERS FROM TO PARTITION...
 *
 * Ends when it has read to the end and all is confirmed; prints JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/adapters/avro.h"
#include "common/adapters/kafka.h"
#include "common/engine/memory.h"

enum { BATCH = 1000, TAGS = 4096, PARTS_MAX = 16 };

struct pass {
    struct kafka_part from[PARTS_MAX];
    size_t n_parts;
    const char *to;
    struct kafka_reader *reader;
    struct kafka_writer *writer;
    struct avro_codec *avro;
    struct arena *arena;
    int64_t records;
    int64_t bytes;
};

static void
must(enum status rc, const struct err *err)
{
    if (rc != ST_OK) {
        fprintf(stderr, "passthrough: %s: %s\n", err->code, err->text);
        exit(1);
    }
}

static double
seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
collect(struct pass *p, int wait_ms)
{
    uint64_t tags[TAGS];
    struct err err;
    size_t n;

    must(kafka_writer_poll(p->writer, wait_ms, tags, TAGS, &n, &err), &err);
}

static void
pass_on(struct pass *p, const struct kafka_record *r)
{
    struct kafka_send send = { .topic = p->to,
                               .partition = p->from[r->part].partition,
                               .key = r->key,
                               .wm = r->wm };
    enum record_type type;
    const void *body;
    struct err err;
    enum status rc;

    must(avro_decode(p->avro, r->value, p->arena, &type, &body, &err), &err);
    must(avro_encode(p->avro, type, body, p->arena, &send.value, &err), &err);
    while ((rc = kafka_writer_send(p->writer, &send, &err)) == ST_RETRY)
        collect(p, 10);
    must(rc, &err);
    p->records++;
    p->bytes += (int64_t)send.value.n;
}

static bool
at_end(const struct pass *p)
{
    for (size_t i = 0; i < p->n_parts; i++)
        if (!kafka_reader_at_end(p->reader, i))
            return false;
    return true;
}

static void
run(struct pass *p)
{
    static struct kafka_record records[BATCH];
    struct kafka_take take = { .max = BATCH,
                               .max_bytes = (size_t)8 << 20,
                               .timeout_ms = 100 };
    struct err err;

    while (!at_end(p)) {
        size_t n;

        must(kafka_reader_take(p->reader, &take, records, &n, &err), &err);
        arena_reset(p->arena);
        for (size_t i = 0; i < n; i++)
            pass_on(p, &records[i]);
        collect(p, 0);
    }
    while (kafka_writer_in_flight(p->writer) > 0)
        collect(p, 100);
}

int
main(int argc, char **argv)
{
    struct kafka_reader_options ro = { .conn = { .client_id = "pass" } };
    struct kafka_writer_options wo = { .conn = { .client_id = "pass" } };
    struct pass p = { .n_parts = 0 };
    struct err err;
    double start;

    if (argc < 5 || argc - 4 > PARTS_MAX) {
        fprintf(stderr, "usage: passthrough BROKERS FROM TO PARTITION...\n");
        return 2;
    }
    p.to = argv[3];
    for (int i = 4; i < argc; i++)
        p.from[p.n_parts++] = (struct kafka_part){ .topic = argv[2],
                                                   .partition = atoi(argv[i]),
                                                   .next_offset =
                                                       KAFKA_BEGINNING };
    ro.conn.brokers = wo.conn.brokers = argv[1];
    p.arena = memory_open((size_t)256 << 20);
    p.avro = avro_open(&err);
    must(p.avro == NULL ? ST_FATAL : ST_OK, &err);
    must(kafka_reader_open(&ro, &p.reader, &err), &err);
    must(kafka_writer_open(&wo, &p.writer, &err), &err);
    start = seconds(CLOCK_MONOTONIC);
    must(kafka_reader_assign(p.reader, p.from, p.n_parts, &err), &err);
    run(&p);
    start = seconds(CLOCK_MONOTONIC) - start;
    printf("{\"records\":%" PRId64 ",\"seconds\":%.3f,\"per_second\":%.0f,"
           "\"bytes_a_record\":%.0f,\"cpu_s_per_million\":%.1f}\n",
           p.records, start, (double)p.records / start,
           (double)p.bytes / (double)p.records,
           seconds(CLOCK_PROCESS_CPUTIME_ID) * 1e6 / (double)p.records);
    kafka_writer_close(p.writer);
    kafka_reader_close(p.reader);
    avro_close(p.avro);
    memory_close(p.arena);
    return 0;
}
