/*
 * latency: how long from an agency's 202 until tracker's word about it stands
 * on case-journal, and its alert on alerts. Sends N made-up notifications to
 * intake at a steady RATE, from SENDERS connections of which each waits for its
 * answers, and reads both topics meanwhile.
 *
 *   latency BROKERS INTAKE_URL AUTHORITY PARTITION N RATE SENDERS [missing]
 *
 * A school's referrals, which raise no alert as they come; or reports of
 * missing children, each of a child of its own, the same children in every
 * call: at the third call each raises D11.
 *
 * Prints a line a notification: its id, the wall clock of its 202, of its
 * CaseChanged and of the first AlertRaised about its child, in microseconds;
 * a record that did not come within five seconds of the end is 0. When the
 * fact's row was committed, the database knows: the caller asks it
 * (track_commit_timestamp).
 */
#include <inttypes.h>
#include <pthread.h>
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

/* Something that has an id, and when it came. */
struct seen {
    struct id id;
    int64_t at_us;
    struct id child_id; /* of a notification that the journal named */
};

struct list {
    struct seen *at;
    size_t n;
};

struct watch {
    struct kafka_reader *reader;
    struct avro_codec *avro;
    struct arena *arena;
    struct list journal; /* of notifications; room for `expected`, both */
    struct list alerts;  /* of children */
    size_t expected;
};

/* A thread that sends its share. */
struct sender {
    pthread_t thread;
    const char *url;
    const char *authority;
    size_t number;
    size_t n;
    int64_t start_us;
    int64_t gap_us;
    struct list accepted;
    bool missing; /* what is sent: reports of missing children */
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

/* ---- journal and alerts
 * --------------------------------------------------------- */

static void
hear(struct watch *w, const struct case_changed *c, int64_t at_us)
{
    if (!id_is_none(c->notification_id) && w->journal.n < w->expected)
        w->journal.at[w->journal.n++] = (struct seen){
            .id = c->notification_id, .at_us = at_us, .child_id = c->child_id
        };
}

static void
hear_alert(struct watch *w, const struct alert_raised *a, int64_t at_us)
{
    if (str_is(a->rule, "D11") && w->alerts.n < w->expected)
        w->alerts.at[w->alerts.n++] =
            (struct seen){ .id = a->child_id, .at_us = at_us };
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
        else if (type == REC_ALERT_RAISED)
            hear_alert(w, body, at_us);
    }
}

static void
watch_open(struct watch *w, const char *brokers, int partition, size_t n)
{
    struct kafka_reader_options options = {
        .conn = { .brokers = brokers, .client_id = "latency" }
    };
    struct kafka_part parts[] = {
        { .topic = topic_name(TOPIC_CASE_JOURNAL), .partition = partition },
        { .topic = topic_name(TOPIC_ALERTS), .partition = partition }
    };
    struct kafka_ends ends;
    struct err err;

    *w = (struct watch){ .expected = n };
    w->journal.at = calloc(n, sizeof *w->journal.at);
    w->alerts.at = calloc(n, sizeof *w->alerts.at);
    w->arena = memory_open((size_t)64 << 20);
    w->avro = avro_open(&err);
    must(w->avro == NULL || w->journal.at == NULL || w->alerts.at == NULL
             ? ST_FATAL
             : ST_OK,
         &err);
    must(kafka_reader_open(&options, &w->reader, &err), &err);
    for (size_t i = 0; i < 2; i++) {
        must(kafka_reader_end(w->reader, &parts[i], 10000, &ends, &err), &err);
        parts[i].next_offset = ends.high;
    }
    must(kafka_reader_assign(w->reader, parts, 2, &err), &err);
    read_on(w, 500);
}

static void
watch_close(struct watch *w)
{
    kafka_reader_close(w->reader);
    avro_close(w->avro);
    memory_close(w->arena);
    free(w->journal.at);
    free(w->alerts.at);
}

/* ---- sending ------------------------------------------------------------- */

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

static struct str
referral(const struct sender *s, size_t no, time_t now, char *out, size_t size)
{
    char sent_at[32];
    struct tm tm;

    strftime(sent_at, sizeof sent_at, "%Y-%m-%dT%H:%M:%SZ",
             gmtime_r(&now, &tm));
    return (struct str){ .p = out,
                         .n = (size_t)snprintf(
                             out, size,
                             "{\"agency_id\":\"school-oakfield\","
                             "\"agency_ref\":\"LAT-%lld-%zu-%zu\","
                             "\"kind\":\"school_referral\",\"sent_at\":"
                             "\"%s\",\"child\":{"
                             "\"forename\":\"Testchild\",\"surname\":"
                             "\"Number%zu\",\"dob\":\"2012-03-01\"}}",
                             (long long)now, s->number, no, sent_at, no) };
}

/* Kent's number says which child it is, so that none waits for a review. */
static struct str
report(const struct sender *s, size_t no, time_t now, char *out, size_t size)
{
    size_t child = s->number * s->n + no;
    char at[32];
    struct tm tm;

    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    return (struct str){
        .p = out,
        .n = (size_t)snprintf(
            out, size,
            "{\"agency_id\":\"kent-police\",\"agency_ref\":"
            "\"MIS-%lld-%zu\",\"kind\":\"police_missing_reported\","
            "\"sent_at\":\"%s\",\"episode_ref\":\"EP-%lld-%zu\","
            "\"reported_at\":\"%s\",\"risk_grade\":\"medium\","
            "\"harm\":\"none\",\"child\":{\"forename\":\"Testchild\","
            "\"surname\":\"Missing%zu\",\"dob\":\"%zu-%02zu-%02zu\","
            "\"la_code\":\"886\",\"la_child_id\":\"LAT%zu\"}}",
            (long long)now, child, at, (long long)now, child, at, child,
            2010 + child / 336 % 10, 1 + child / 28 % 12, 1 + child % 28, child)
    };
}

static void
send_one(struct sender *s, struct http_client *http, size_t no)
{
    struct http_client_header headers[] = { { "Waymark-Authority",
                                              s->authority } };
    char text[600];
    time_t now = time(NULL);
    struct http_call call = { .path = "/v1/notifications",
                              .content_type = "application/json",
                              .headers = headers,
                              .n_headers = 1,
                              .body = (s->missing ? report : referral)(
                                  s, no, now, text, sizeof text) };
    struct http_answer answer;
    struct err err;

    must(http_client_call(http, &call, &answer, &err), &err);
    s->accepted.at[s->accepted.n].at_us = now_us();
    if (answer.status != 202) {
        fprintf(stderr, "latency: %d: %.*s\n", answer.status,
                STR_ARG(answer.body));
        exit(1);
    }
    s->accepted.at[s->accepted.n++].id = id_in(answer.body);
}

static void
wait_until(int64_t at_us)
{
    struct timespec t = { .tv_sec = at_us / 1000000,
                          .tv_nsec = at_us % 1000000 * 1000 };

    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL) != 0)
        continue;
}

static void *
send_share(void *self)
{
    struct sender *s = self;
    struct http_client_options options = { .base = s->url,
                                           .max_body = 1 << 20 };
    struct http_client *http = NULL;
    struct err err;

    must(http_client_open(&options, &http, &err), &err);
    for (size_t i = 0; i < s->n; i++) {
        wait_until(s->start_us + (int64_t)i * s->gap_us);
        send_one(s, http, i);
    }
    http_client_close(http);
    return NULL;
}

/* ---- both together ------------------------------------------------------- */

static int
by_id(const void *a, const void *b)
{
    return memcmp(&((const struct seen *)a)->id, &((const struct seen *)b)->id,
                  sizeof(struct id));
}

static const struct seen *
find(const struct list *in, struct id id)
{
    const struct seen key = { .id = id };

    return bsearch(&key, in->at, in->n, sizeof *in->at, by_id);
}

static void
print(const struct list *accepted, const struct watch *w)
{
    for (size_t i = 0; i < accepted->n; i++) {
        const struct seen *a = &accepted->at[i];
        const struct seen *j = find(&w->journal, a->id);
        const struct seen *alert =
            j == NULL ? NULL : find(&w->alerts, j->child_id);
        char id[ID_TEXT_SIZE];

        printf("%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
               id_text(a->id, id), a->at_us, j == NULL ? 0 : j->at_us,
               alert == NULL ? 0 : alert->at_us);
    }
}

int
main(int argc, char **argv)
{
    struct sender *senders;
    size_t n, n_senders;
    int64_t begin_us, end_us;
    struct watch w;

    if (argc != 8 && (argc != 9 || strcmp(argv[8], "missing") != 0)) {
        fprintf(stderr, "usage: latency BROKERS INTAKE_URL AUTHORITY "
                        "PARTITION N RATE SENDERS [missing]\n");
        return 2;
    }
    n_senders = (size_t)atol(argv[7]);
    n = (size_t)atol(argv[5]) / n_senders * n_senders;
    watch_open(&w, argv[1], atoi(argv[4]), n);
    senders = calloc(n_senders, sizeof *senders);
    begin_us = now_us() + 100000;
    for (size_t i = 0; senders != NULL && i < n_senders; i++) {
        struct sender *s = &senders[i];

        *s = (struct sender){ .url = argv[2],
                              .authority = argv[3],
                              .number = i,
                              .n = n / n_senders,
                              .missing = argc == 9,
                              .gap_us = 1000000 * (int64_t)n_senders /
                                        atol(argv[6]) };
        s->start_us = begin_us + s->gap_us * (int64_t)i / (int64_t)n_senders;
        s->accepted.at = calloc(s->n, sizeof *s->accepted.at);
        if (s->accepted.at == NULL ||
            pthread_create(&s->thread, NULL, send_share, s) != 0)
            return 1;
    }
    end_us = begin_us + (int64_t)n * 1000000 / atol(argv[6]) + AFTER_MS * 1000;
    while (w.journal.n < n && now_us() < end_us)
        read_on(&w, 20);
    read_on(&w, 200); /* the last one's alert comes behind its case */
    qsort(w.journal.at, w.journal.n, sizeof *w.journal.at, by_id);
    qsort(w.alerts.at, w.alerts.n, sizeof *w.alerts.at, by_id);
    for (size_t i = 0; senders != NULL && i < n_senders; i++) {
        (void)pthread_join(senders[i].thread, NULL);
        print(&senders[i].accepted, &w);
        free(senders[i].accepted.at);
    }
    free(senders);
    watch_close(&w);
    return 0;
}
