#include "common/adapters/kafka_port.h"

#include <stdlib.h>
#include <string.h>

#include "common/adapters/held.h"

enum {
    TAKE_BYTES = 8 << 20,
    TAKE_MAX = 4000,
    POLL_TAGS = 4096,
    PROMPT_MAX = 4,   /* records that may go out one by one */
    GATHER_US = 1000, /* more of them wait so long for each other */
};

/* ---- source -------------------------------------------------------------- */

struct group {
    struct kafka_reader *reader; /* NULL where nothing is read in this group */
    struct kafka_part parts[SERVICE_INPUTS_MAX];
    size_t input_of[SERVICE_INPUTS_MAX];
    size_t n;
    struct kafka_record *records;
    struct raw *raws;
};

struct kafka_source {
    struct kafka_source_options options;
    struct group group[SOURCE_GROUPS];
};

static void
close_groups(struct kafka_source *s)
{
    for (int g = 0; g < SOURCE_GROUPS; g++) {
        kafka_reader_close(s->group[g].reader);
        s->group[g].reader = NULL;
    }
}

static enum status
source_start(void *self, const int64_t *offsets, size_t n, struct err *err)
{
    struct kafka_source *s = self;
    enum status rc = ST_OK;

    close_groups(s);
    for (int g = 0; g < SOURCE_GROUPS; g++)
        s->group[g].n = 0;
    for (size_t i = 0; i < n; i++) {
        struct group *g = &s->group[(s->options.apart >> i & 1u) != 0];

        g->parts[g->n] = (struct kafka_part){
            .topic = topic_name(s->options.topics[i]),
            .partition = s->options.partition,
            .next_offset = offsets[i] < 0 ? KAFKA_BEGINNING : offsets[i],
        };
        g->input_of[g->n++] = i;
    }
    for (int i = 0; rc == ST_OK && i < SOURCE_GROUPS; i++) {
        struct group *g = &s->group[i];
        struct kafka_reader_options options = {
            .conn = s->options.conn, .queue_kb = s->options.queue_kb
        };

        if (g->n == 0)
            continue;
        rc = kafka_reader_open(&options, &g->reader, err);
        if (rc == ST_OK)
            rc = kafka_reader_assign(g->reader, g->parts, g->n, err);
    }
    return rc;
}

static enum status
source_take(void *self, int group, int wait_ms, size_t max, struct taken *out,
            struct err *err)
{
    struct kafka_source *s = self;
    struct group *g = &s->group[group];
    struct kafka_take take = { .max = max < TAKE_MAX ? max : TAKE_MAX,
                               .max_bytes = TAKE_BYTES,
                               .timeout_ms = wait_ms };
    size_t n = 0;
    enum status rc;

    *out = (struct taken){ .at = g->raws };
    if (g->reader == NULL)
        return err_set(err, ST_FATAL, "source", "nothing is read in group %d",
                       group);
    rc = kafka_reader_take(g->reader, &take, g->records, &n, err);
    if (rc == ST_REJECT)
        g->raws[0].input = g->input_of[kafka_reader_range_part(g->reader)];
    if (rc != ST_OK)
        return rc;
    for (size_t i = 0; i < n; i++)
        g->raws[i] = (struct raw){ .input = g->input_of[g->records[i].part],
                                   .offset = g->records[i].offset,
                                   .key = g->records[i].key,
                                   .value = g->records[i].value,
                                   .header = g->records[i].wm };
    out->n = n;
    for (size_t i = 0; i < n; i++)
        g->parts[g->records[i].part].next_offset = g->records[i].offset + 1;
    for (size_t i = 0; i < g->n; i++) {
        int64_t end = kafka_reader_known_end(g->reader, i);

        /* Under a steady stream no fetch finds nothing: the end that the last
         * one saw will do. */
        if (kafka_reader_at_end(g->reader, i) ||
            (end >= 0 && g->parts[i].next_offset == end))
            out->eof |= 1u << g->input_of[i];
        else if (g->parts[i].next_offset >= 0 &&
                 end > g->parts[i].next_offset)
            out->behind += end - g->parts[i].next_offset;
    }
    return ST_OK;
}

enum status
kafka_source_open(const struct kafka_source_options *options,
                  struct kafka_source **out, struct source *port,
                  struct err *err)
{
    struct kafka_source *s = calloc(1, sizeof *s);
    bool ok = s != NULL;

    for (int g = 0; ok && g < SOURCE_GROUPS; g++) {
        s->group[g].records = calloc(TAKE_MAX, sizeof *s->group[g].records);
        s->group[g].raws = calloc(TAKE_MAX, sizeof *s->group[g].raws);
        ok = s->group[g].records != NULL && s->group[g].raws != NULL;
    }
    if (!ok) {
        kafka_source_close(s);
        return err_set(err, ST_FATAL, "memory", "no memory for a source");
    }
    s->options = *options;
    *port = (struct source){ .self = s,
                             .start = source_start,
                             .take = source_take };
    *out = s;
    return ST_OK;
}

void
kafka_source_close(struct kafka_source *s)
{
    if (s == NULL)
        return;
    close_groups(s);
    for (int g = 0; g < SOURCE_GROUPS; g++) {
        free(s->group[g].records);
        free(s->group[g].raws);
    }
    free(s);
}

/* ---- sink ---------------------------------------------------------------- */

/* A turn on its way: how many of its records are not yet confirmed. */
struct flight {
    int64_t turn;
    size_t left;
};

/*
 * Blocks are handed over one after the other: what was committed while one is
 * under way waits for it, and then goes together. librdkafka 2.0.2 makes this
 * the faster way: behind five records under way in a partition it sends none,
 * and spins until they are confirmed, on a processor that the broker could use.
 * For the same reason many records go by a writer that waits for all of them
 * before it sends the first; few go by one that doesn't wait.
 */
enum pace { PROMPT, GATHERING, PACES };

struct kafka_sink {
    struct kafka_sink_options options;
    struct kafka_writer *writers[PACES]; /* NULL: not needed so far */
    struct kafka_writer *writer;         /* of what was handed over last */
    /* Ring of turns in order; tags are `first_tag` + index of the turn. */
    struct flight *ring;
    size_t room;
    size_t head; /* index of the oldest */
    size_t n;
    uint64_t first_tag; /* tag of the oldest */
    int64_t confirmed;  /* last turn behind which nothing is open */
    int64_t under_way;  /* last turn that was handed over */
    struct held held;   /* behind it */
    uint64_t tags[POLL_TAGS];
};

static void
close_writers(struct kafka_sink *s)
{
    for (int i = 0; i < PACES; i++) {
        kafka_writer_close(s->writers[i]);
        s->writers[i] = NULL;
    }
    s->writer = NULL;
}

/* From now on, with nothing under way. */
static enum status
use_writer(struct kafka_sink *s, enum pace pace, struct err *err)
{
    struct kafka_writer_options options = {
        .conn = s->options.conn, .linger_us = pace == PROMPT ? 0 : GATHER_US
    };
    enum status rc = ST_OK;

    if (s->writers[pace] == NULL)
        rc = kafka_writer_open(&options, &s->writers[pace], err);
    if (rc == ST_OK)
        s->writer = s->writers[pace];
    return rc;
}

static enum status
sink_restart(void *self, struct err *err)
{
    struct kafka_sink *s = self;

    close_writers(s);
    s->head = s->n = 0;
    s->first_tag = 1;
    s->confirmed = -1;
    s->under_way = -1;
    held_clear(&s->held);
    return use_writer(s, PROMPT, err);
}

static enum status
grow(struct kafka_sink *s, struct err *err)
{
    size_t room = s->room == 0 ? 1024 : s->room * 2;
    struct flight *ring = calloc(room, sizeof *ring);

    if (ring == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory for turns in flight");
    for (size_t i = 0; i < s->n; i++)
        ring[i] = s->ring[(s->head + i) % s->room];
    free(s->ring);
    s->ring = ring;
    s->room = room;
    s->head = 0;
    return ST_OK;
}

static void
land(struct kafka_sink *s, uint64_t tag)
{
    s->ring[(s->head + (size_t)(tag - s->first_tag)) % s->room].left--;
    while (s->n > 0 && s->ring[s->head].left == 0) {
        s->confirmed = s->ring[s->head].turn;
        s->head = (s->head + 1) % s->room;
        s->n--;
        s->first_tag++;
    }
}

static enum status
collect(struct kafka_sink *s, int wait_ms, struct err *err)
{
    size_t n = 0;
    enum status rc;

    do {
        rc = kafka_writer_poll(s->writer, wait_ms, s->tags, POLL_TAGS, &n,
                               err);
        for (size_t i = 0; rc == ST_OK && i < n; i++)
            land(s, s->tags[i]);
        wait_ms = 0;
    } while (rc == ST_OK && n == POLL_TAGS);
    return rc == ST_FATAL ? ST_RETRY : rc; /* a new producer is the answer */
}

static enum status
send(struct kafka_sink *s, const struct outbox_entry *e, uint64_t tag,
     struct err *err)
{
    enum { HEADERS_MAX = 8 };
    struct kafka_header headers[HEADERS_MAX];
    char names[HEADERS_MAX][32];
    struct outbox_header h;
    size_t n = 0, at = 0;
    uint8_t wm[CHAIN_HEADER_SIZE];
    struct link link = { .origin = s->options.origin,
                         .sequence = e->sequence,
                         .chain = e->chain };
    struct kafka_send send;
    enum status rc;
    int waited = 0;

    while (n < HEADERS_MAX && outbox_next_header(e->headers, &at, &h)) {
        size_t len = h.name.n < sizeof names[n] - 1 ? h.name.n
                                                    : sizeof names[n] - 1;

        memcpy(names[n], h.name.p, len);
        names[n][len] = '\0';
        headers[n] = (struct kafka_header){ .name = names[n],
                                            .value = h.value };
        n++;
    }
    chain_header(&link, wm);
    send = (struct kafka_send){ .topic = topic_name(e->topic),
                                .partition = s->options.partition,
                                .key = e->key,
                                .value = e->value,
                                .wm = { .p = (const char *)wm,
                                        .n = sizeof wm },
                                .headers = headers,
                                .n_headers = n,
                                .tag = tag };
    while ((rc = kafka_writer_send(s->writer, &send, err)) == ST_RETRY &&
           strcmp(err->code, "full") == 0) {
        if (waited >= s->options.full_wait_ms)
            return rc;
        rc = collect(s, 10, err);
        if (rc != ST_OK)
            return rc;
        waited += 10;
    }
    return rc;
}

/* Give the records of one block to the writer. */
static enum status
send_block(struct kafka_sink *s, const struct committed *c, struct err *err)
{
    struct outbox_entry e;
    struct flight *flight;
    size_t at = 0;
    bool ok = true;
    uint64_t tag;
    enum status rc = ST_OK;

    if (s->n == s->room)
        rc = grow(s, err);
    if (rc != ST_OK)
        return rc;
    flight = &s->ring[(s->head + s->n) % s->room];
    *flight = (struct flight){ .turn = c->turn, .left = 1 };
    tag = s->first_tag + s->n;
    s->n++;
    while (rc == ST_OK && outbox_next(c->block, &at, &e, &ok)) {
        s->ring[(s->head + (size_t)(tag - s->first_tag)) % s->room].left++;
        rc = send(s, &e, tag, err);
    }
    if (rc == ST_OK && !ok)
        rc = err_set(err, ST_FATAL, "outbox", "block of turn %lld is damaged",
                     (long long)c->turn);
    if (rc == ST_OK)
        land(s, tag); /* the one that stood for "not all handed over" */
    else if (rc == ST_FATAL && strcmp(err->code, "producer") == 0)
        rc = ST_RETRY;
    return rc;
}

static bool
is_under_way(const struct kafka_sink *s)
{
    return s->under_way > s->confirmed;
}

/* What was held together is many; a block is if it holds many. */
static enum pace
pace_of(const struct kafka_sink *s, const struct committed *last)
{
    struct outbox_entry e;
    size_t at = 0, n = 0;
    bool ok;

    while (last != NULL && n <= PROMPT_MAX &&
           outbox_next(last->block, &at, &e, &ok))
        n++;
    return s->held.n > 0 || n > PROMPT_MAX ? GATHERING : PROMPT;
}

/* What was held, and then `last` if there is one. */
static enum status
hand_over(struct kafka_sink *s, const struct committed *last, struct err *err)
{
    size_t at = 0;
    enum status rc = ST_OK;

    if (!is_under_way(s))
        rc = use_writer(s, pace_of(s, last), err);
    for (size_t i = 0; rc == ST_OK && i < s->held.n; i++) {
        struct committed c = held_block(&s->held, i, &at);

        s->under_way = c.turn;
        rc = send_block(s, &c, err);
    }
    held_clear(&s->held);
    if (rc == ST_OK && last != NULL) {
        s->under_way = last->turn;
        rc = send_block(s, last, err);
    }
    return rc;
}

static enum status
sink_publish(void *self, const struct committed *c, struct err *err)
{
    struct kafka_sink *s = self;

    /* More than can be held goes on at once, by the writer that is at it. */
    if (is_under_way(s) && held_add(&s->held, c))
        return ST_OK;
    return hand_over(s, c, err);
}

/* ---- what stands in the log ------------------------------------------------ */

enum { LAST_MS = 10000, LAST_STEP_MS = 100, LAST_WINDOW = 64 };

struct last {
    struct kafka_sink *sink;
    struct kafka_part parts[TOPIC_N];
    int64_t low[TOPIC_N];
    int64_t high[TOPIC_N];
    struct link *out;
    size_t n;
};

static int
last_wait_ms(const struct last *last)
{
    int ms = last->sink->options.last_wait_ms;

    return ms > 0 ? ms : LAST_MS;
}

static void
note_last(struct last *last, const struct kafka_record *record)
{
    struct link link;

    if (record->wm.p != NULL && chain_read(record->wm, &link) &&
        origin_eq(link.origin, last->sink->options.origin) &&
        link.sequence > last->out[record->part].sequence)
        last->out[record->part] = link;
}

/* Read every part from its next_offset to the end that was seen. */
static enum status
read_tails(struct last *last, struct err *err)
{
    struct kafka_reader_options options = { .conn = last->sink->options.conn,
                                            .queue_kb = 4096 };
    struct kafka_take take = { .max = TAKE_MAX,
                               .max_bytes = TAKE_BYTES,
                               .timeout_ms = LAST_STEP_MS };
    struct kafka_record *records = calloc(TAKE_MAX, sizeof *records);
    struct kafka_reader *reader = NULL;
    int64_t at[TOPIC_N];
    size_t open = 0;
    int waited = 0;
    enum status rc = ST_OK;

    if (records == NULL)
        rc = err_set(err, ST_RETRY, "memory", "no memory");
    if (rc == ST_OK)
        rc = kafka_reader_open(&options, &reader, err);
    if (rc == ST_OK)
        rc = kafka_reader_assign(reader, last->parts, last->n, err);
    for (size_t i = 0; i < last->n; i++) {
        at[i] = last->parts[i].next_offset;
        open += at[i] < last->high[i];
    }
    while (rc == ST_OK && open > 0) {
        size_t n = 0;

        rc = kafka_reader_take(reader, &take, records, &n, err);
        for (size_t i = 0; rc == ST_OK && i < n; i++) {
            note_last(last, &records[i]);
            at[records[i].part] = records[i].offset + 1;
        }
        open = 0;
        for (size_t i = 0; i < last->n; i++)
            open += at[i] < last->high[i] && !kafka_reader_at_end(reader, i);
        waited = n == 0 ? waited + LAST_STEP_MS : 0;
        if (rc == ST_OK && open > 0 && waited > last_wait_ms(last))
            rc = err_set(err, ST_RETRY, "kafka", "the log's end can't be read");
    }
    kafka_reader_close(reader);
    free(records);
    return rc;
}

static enum status
find_ends(struct last *last, struct err *err)
{
    struct kafka_reader_options options = { .conn = last->sink->options.conn };
    struct kafka_reader *reader = NULL;
    enum status rc = kafka_reader_open(&options, &reader, err);

    for (size_t i = 0; rc == ST_OK && i < last->n; i++) {
        struct kafka_ends ends;

        rc = kafka_reader_end(reader, &last->parts[i], last_wait_ms(last),
                              &ends, err);
        if (rc == ST_OK) {
            last->low[i] = ends.low;
            last->high[i] = ends.high;
        }
    }
    kafka_reader_close(reader);
    return rc;
}

static enum status
sink_last(void *self, const enum topic *topics, size_t n, struct link *out,
          struct err *err)
{
    struct last last = { .sink = self, .out = out, .n = n };
    int64_t window = LAST_WINDOW;
    enum status rc;
    bool again;

    memset(out, 0, n * sizeof *out);
    for (size_t i = 0; i < n; i++)
        last.parts[i] = (struct kafka_part){
            .topic = topic_name(topics[i]),
            .partition = last.sink->options.partition,
        };
    rc = find_ends(&last, err);
    do {
        again = false;
        for (size_t i = 0; i < n; i++) {
            int64_t from = last.high[i] - window;

            if (out[i].sequence > 0)
                from = last.high[i]; /* found already */
            last.parts[i].next_offset = from > last.low[i] ? from
                                                           : last.low[i];
        }
        if (rc == ST_OK)
            rc = read_tails(&last, err);
        for (size_t i = 0; i < n; i++)
            if (out[i].sequence == 0 &&
                last.parts[i].next_offset > last.low[i])
                again = true; /* others' records stand behind ours */
        window *= 64;
    } while (rc == ST_OK && again);
    return rc;
}

static enum status
sink_confirmed(void *self, int wait_ms, int64_t *turn, struct err *err)
{
    struct kafka_sink *s = self;
    enum status rc = collect(s, s->n > 0 ? wait_ms : 0, err);

    if (rc == ST_OK && s->held.n > 0 && !is_under_way(s))
        rc = hand_over(s, NULL, err);
    if (rc == ST_OK && s->confirmed > *turn)
        *turn = s->confirmed;
    return rc;
}

static bool
sink_holds(void *self)
{
    const struct kafka_sink *s = self;

    return s->held.n > 0;
}

enum status
kafka_sink_open(const struct kafka_sink_options *options,
                struct kafka_sink **out, struct sink *port, struct err *err)
{
    struct kafka_sink *s = calloc(1, sizeof *s);

    if (s == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory for a sink");
    s->options = *options;
    *port = (struct sink){ .self = s,
                           .restart = sink_restart,
                           .publish = sink_publish,
                           .last = sink_last,
                           .confirmed = sink_confirmed,
                           .holds = sink_holds };
    *out = s;
    return ST_OK;
}

void
kafka_sink_close(struct kafka_sink *s)
{
    if (s == NULL)
        return;
    close_writers(s);
    held_free(&s->held);
    free(s->ring);
    free(s);
}
