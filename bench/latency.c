/*
 * latency: how long from an agency's 202 until tracker's word about it stands
 * on case-journal. Sends made-up notifications to intake at a steady rate,
 * one connection, and reads the journal in between.
 *
 *   latency BROKERS INTAKE_URL AUTHORITY PARTITION N RATE
 *
 * Prints a line a notification: its id, the wall clock of its 202 and of its
 * CaseChanged, both in microseconds; a journal record that did not come
 * within five seconds of the end is 0. When the fact's row was committed, the
 * database knows: the caller asks it (track_commit_timestamp).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/adapters/avro.h"
#include "common/adapters/http_client.h"
#include "common/adapters/kafka.h"
#include "common/core/records.h"
#include "common/engine/memory.h"

enum { BATCH = 256, AFTER_MS = 5000 };

struct sent {
    struct id id;
    int64_t accepted_us;
    int64_t journal_us;
};

struct watch {
    struct kafka_reader *reader;
    struct avro_codec *avro;
    struct arena *arena;
    struct sent *sent;
    size_t n;
    size_t heard;
};

static void
must(enum status rc, const struct err *err)
{
    if (rc != ST_OK) {
        fprintf(stderr, "latency: %s: %s\n", err->code, err->text);
        exit(1);
    }
}

static int64_t
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
hear(struct watch *w, const struct case_changed *c, int64_t at_us)
{
    for (size_t i = w->n; i-- > 0;)
        if (id_eq(w->sent[i].id, c->notification_id)) {
            if (w->sent[i].journal_us == 0)
                w->heard++;
            if (w->sent[i].journal_us == 0)
                w->sent[i].journal_us = at_us;
            return;
        }
}

static void
read_on(struct watch *w, int wait_ms)
{
    static struct kafka_record records[BATCH];
    struct kafka_take take = { .max = BATCH,
                               .max_bytes = (size_t)1 << 20,
                               .timeout_ms = wait_ms };
    struct err err;
    int64_t at_us;
    size_t n;

    must(kafka_reader_take(w->reader, &take, records, &n, &err), &err);
    at_us = now_us();
    arena_reset(w->arena);
    for (size_t i = 0; i < n; i++) {
        enum record_type type;
        const void *body;

        must(avro_decode(w->avro, records[i].value, w->arena, &type, &body,
                         &err),
             &err);
        if (type == REC_CASE_CHANGED)
            hear(w, body, at_us);
    }
}

static struct id
id_in(struct str body)
{
    static const char key[] = "\"id\":\"";
    struct id id = ID_NONE;

    for (size_t i = 0; i + sizeof key - 1 + 36 <= body.n; i++)
        if (memcmp(body.p + i, key, sizeof key - 1) == 0 &&
            id_parse((struct str){ .p = body.p + i + sizeof key - 1, .n = 36 },
                     &id))
            return id;
    return ID_NONE;
}

static void
send(struct watch *w, struct http_client *http, const char *authority,
     size_t no)
{
    struct http_client_header headers[] = { { "Waymark-Authority",
                                              authority } };
    char text[600], sent_at[32];
    time_t now = time(NULL);
    struct tm tm;
    struct http_call call = { .path = "/v1/notifications",
                              .content_type = "application/json",
                              .headers = headers,
                              .n_headers = 1 };
    struct http_answer answer;
    struct err err;

    strftime(sent_at, sizeof sent_at, "%Y-%m-%dT%H:%M:%SZ",
             gmtime_r(&now, &tm));
    call.body.n = (size_t)snprintf(
        text, sizeof text,
        "{\"agency_id\":\"school-oakfield\",\"agency_ref\":\"LAT-%lld-%zu\","
        "\"kind\":\"school_referral\",\"sent_at\":\"%s\",\"child\":{"
        "\"forename\":\"Testchild\",\"surname\":\"Number%zu\","
        "\"dob\":\"2012-03-01\"}}",
        (long long)now, no, sent_at, no);
    call.body.p = text;
    must(http_client_call(http, &call, &answer, &err), &err);
    w->sent[w->n].accepted_us = now_us();
    if (answer.status != 202) {
        fprintf(stderr, "latency: %d: %.*s\n", answer.status,
                STR_ARG(answer.body));
        exit(1);
    }
    w->sent[w->n++].id = id_in(answer.body);
}

int
main(int argc, char **argv)
{
    struct kafka_reader_options ro = { .conn = { .client_id = "latency" } };
    struct http_client_options ho = { .max_body = 1 << 20 };
    struct kafka_part part = { .topic = topic_name(TOPIC_CASE_JOURNAL) };
    struct http_client *http = NULL;
    struct watch w = { .n = 0 };
    struct kafka_ends ends;
    struct err err;
    int64_t start_us, end_us;
    size_t n;
    int64_t gap_us;

    if (argc != 7) {
        fprintf(stderr, "usage: latency BROKERS INTAKE_URL AUTHORITY "
                        "PARTITION N RATE\n");
        return 2;
    }
    ro.conn.brokers = argv[1];
    ho.base = argv[2];
    part.partition = atoi(argv[4]);
    n = (size_t)atol(argv[5]);
    gap_us = 1000000 / atol(argv[6]);
    w.sent = calloc(n, sizeof *w.sent);
    w.arena = memory_open((size_t)64 << 20);
    w.avro = avro_open(&err);
    must(w.avro == NULL || w.sent == NULL ? ST_FATAL : ST_OK, &err);
    must(http_client_open(&ho, &http, &err), &err);
    must(kafka_reader_open(&ro, &w.reader, &err), &err);
    must(kafka_reader_end(w.reader, &part, 10000, &ends, &err), &err);
    part.next_offset = ends.high;
    must(kafka_reader_assign(w.reader, &part, 1, &err), &err);
    read_on(&w, 500);
    start_us = now_us();
    for (size_t i = 0; i < n; i++) {
        int64_t due_us = start_us + (int64_t)i * gap_us;

        for (int64_t left; (left = due_us - now_us()) > 0;)
            read_on(&w, left > 2000 ? 1 + (int)(left / 2000) : 1);
        send(&w, http, argv[3], i);
    }
    end_us = now_us() + AFTER_MS * 1000;
    while (w.heard < n && now_us() < end_us)
        read_on(&w, 20);
    for (size_t i = 0; i < n; i++) {
        char id[ID_TEXT_SIZE];

        printf("%s\t%" PRId64 "\t%" PRId64 "\n", id_text(w.sent[i].id, id),
               w.sent[i].accepted_us, w.sent[i].journal_us);
    }
    kafka_reader_close(w.reader);
    http_client_close(http);
    avro_close(w.avro);
    memory_close(w.arena);
    free(w.sent);
    return 0;
}
