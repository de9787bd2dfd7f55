#include "cli/stream.h"

#include <stdlib.h>
#include <string.h>

#include "common/engine/batch.h"

enum {
    TAKE_MAX = 500,
    TAKE_BYTES = 8 << 20,
    WAIT_MS = 1000,
    WAITS_MAX = 20,
    ORIGINS_MAX = 32,
    QUEUE_KB = 8192
};

/* What is known of one writer. */
struct writer {
    struct origin origin;
    int64_t last;     /* highest number without a gap below */
    uint64_t *chains; /* of 1..last, to hold repeats against */
    size_t room;
    struct stream_record *head, *tail; /* read and not forgotten, in order */
    struct stream_record *got;         /* last one asked for, or NULL */
    struct stream_record *ahead;       /* behind a gap, lowest first */
    struct stream_fork fork;
};

struct stream {
    struct stream_options options;
    struct kafka_reader *reader;
    struct writer writers[ORIGINS_MAX];
    size_t n_writers;
    int64_t at;  /* offset behind the last one read */
    int64_t end; /* of the log at open */
    size_t repeats;
    size_t forks;
    struct kafka_record records[TAKE_MAX];
};

enum status
stream_open(const struct stream_options *options, struct stream **out,
            struct err *err)
{
    struct kafka_reader_options reader = {
        .conn = options->conn,
        .queue_kb = options->queue_kb > 0 ? options->queue_kb : QUEUE_KB,
    };
    struct kafka_part part = { .topic = topic_name(options->topic),
                               .partition = options->authority,
                               .next_offset = KAFKA_BEGINNING };
    struct kafka_ends ends = { .high = 0 };
    struct stream *s = calloc(1, sizeof *s);
    enum status rc;

    if (s == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    s->options = *options;
    rc = kafka_reader_open(&reader, &s->reader, err);
    if (rc == ST_OK)
        rc =
            kafka_reader_end(s->reader, &part, WAITS_MAX * WAIT_MS, &ends, err);
    if (rc == ST_OK)
        rc = kafka_reader_assign(s->reader, &part, 1, err);
    s->end = ends.high;
    s->at = ends.low;
    if (rc != ST_OK) {
        err_where(err, "%s", topic_name(options->topic));
        stream_close(s);
        return rc;
    }
    *out = s;
    return ST_OK;
}

void
stream_record_free(struct stream_record *r)
{
    free(r);
}

static void
free_list(struct stream_record *r)
{
    while (r != NULL) {
        struct stream_record *next = r->next;

        stream_record_free(r);
        r = next;
    }
}

void
stream_close(struct stream *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n_writers; i++) {
        free(s->writers[i].chains);
        free_list(s->writers[i].head);
        free_list(s->writers[i].ahead);
    }
    kafka_reader_close(s->reader);
    free(s);
}

static struct writer *
writer_of(struct stream *s, struct origin origin)
{
    for (size_t i = 0; i < s->n_writers; i++)
        if (origin_eq(s->writers[i].origin, origin))
            return &s->writers[i];
    if (s->n_writers == ORIGINS_MAX)
        return NULL;
    s->writers[s->n_writers] = (struct writer){ .origin = origin };
    return &s->writers[s->n_writers++];
}

/* The engine's rule for whom a record counts as; see batch.h. */
static struct link
link_of(const struct stream *s, const struct kafka_record *r)
{
    struct link link = { .sequence = 0 };
    bool ours = r->wm.p != NULL && chain_read(r->wm, &link) &&
                link.origin.authority == s->options.authority;

    if (ours && (s->options.topic == TOPIC_DEAD_LETTERS ||
                 batch_is_writer(link.origin.service, s->options.topic)))
        return link;
    return (struct link){ .origin = { .service = SERVICE_NONE,
                                      .authority = s->options.authority } };
}

static struct str
keep(char **room, struct str s)
{
    struct str kept = { .p = *room, .n = s.n };

    if (s.p == NULL)
        return STR_NULL;
    if (s.n > 0)
        memcpy(*room, s.p, s.n);
    *room += s.n;
    return kept;
}

static struct stream_record *
copy_record(const struct kafka_record *r, struct link link)
{
    struct str code = kafka_record_header(r, "wm-code");
    struct str reason = kafka_record_header(r, "wm-reason");
    struct str place = kafka_record_header(r, "wm-place");
    struct str by = kafka_record_header(r, "wm-by");
    struct stream_record *copy =
        malloc(sizeof *copy + r->key.n + r->value.n + r->wm.n + code.n +
               reason.n + place.n + by.n + 1);
    char *room;

    if (copy == NULL)
        return NULL;
    room = (char *)(copy + 1);
    copy->link = link;
    copy->offset = r->offset;
    copy->next = NULL;
    copy->key = keep(&room, r->key);
    copy->value = keep(&room, r->value);
    copy->header = keep(&room, r->wm);
    copy->code = keep(&room, code);
    copy->reason = keep(&room, reason);
    copy->place = keep(&room, place);
    copy->by = keep(&room, by);
    return copy;
}

static bool
remember_chain(struct writer *w, uint64_t chain)
{
    if ((size_t)w->last == w->room) {
        size_t room = w->room == 0 ? 1024 : w->room * 2;
        uint64_t *chains = realloc(w->chains, room * sizeof *chains);

        if (chains == NULL)
            return false;
        w->chains = chains;
        w->room = room;
    }
    w->chains[w->last++] = chain;
    return true;
}

/* The expected number: to the end of the queue, and what waited for it. */
static bool
accept(struct writer *w, struct stream_record *r)
{
    while (r != NULL) {
        if (!remember_chain(w, r->link.chain))
            return false;
        r->next = NULL;
        if (w->head == NULL)
            w->head = r;
        else
            w->tail->next = r;
        w->tail = r;
        r = NULL;
        if (w->ahead != NULL && w->ahead->link.sequence == w->last + 1) {
            r = w->ahead;
            w->ahead = r->next;
        }
    }
    return true;
}

/* A number that was seen. */
static void
note_repeat(struct stream *s, struct writer *w, const struct link *link,
            uint64_t chain)
{
    s->repeats++;
    if (chain == link->chain)
        return;
    s->forks++;
    w->fork.n++;
    if (w->fork.first == 0 || link->sequence < w->fork.first)
        w->fork.first = link->sequence;
    if (link->sequence > w->fork.last)
        w->fork.last = link->sequence;
}

/* Behind a gap: in order, once. */
static void
put_ahead(struct stream *s, struct writer *w, struct stream_record *r)
{
    struct stream_record **at = &w->ahead;

    while (*at != NULL && (*at)->link.sequence < r->link.sequence)
        at = &(*at)->next;
    if (*at != NULL && (*at)->link.sequence == r->link.sequence) {
        note_repeat(s, w, &r->link, (*at)->link.chain);
        stream_record_free(r);
        return;
    }
    r->next = *at;
    *at = r;
}

static enum status
sort_in(struct stream *s, const struct kafka_record *in, struct err *err)
{
    struct link link = link_of(s, in);
    struct stream_record *r;
    struct writer *w;

    if (s->options.only != SERVICE_NONE &&
        link.origin.service != s->options.only)
        return ST_OK;
    w = writer_of(s, link.origin);
    if (w == NULL)
        return err_set(err, ST_FATAL, "marks", "more than %d origins",
                       ORIGINS_MAX);
    if (link.origin.service == SERVICE_NONE)
        link.sequence = w->last + 1;
    if (link.sequence <= w->last) {
        note_repeat(s, w, &link, w->chains[link.sequence - 1]);
        return ST_OK;
    }
    r = copy_record(in, link);
    if (r == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory for a record");
    if (link.sequence > w->last + 1)
        put_ahead(s, w, r);
    else if (!accept(w, r))
        return err_set(err, ST_FATAL, "memory", "no memory for a chain");
    return ST_OK;
}

/* Read on. *more is false at the log's end. */
static enum status
read_on(struct stream *s, bool *more, struct err *err)
{
    struct kafka_take take = { .max = TAKE_MAX,
                               .max_bytes = TAKE_BYTES,
                               .timeout_ms = WAIT_MS };
    size_t n = 0;
    enum status rc = ST_OK;

    *more = s->at < s->end;
    for (int i = 0; rc == ST_OK && *more && n == 0; i++) {
        rc = kafka_reader_take(s->reader, &take, s->records, &n, err);
        if (rc == ST_RETRY && i < WAITS_MAX)
            rc = ST_OK;
        if (rc == ST_OK && n == 0 && kafka_reader_at_end(s->reader, 0)) {
            s->at = s->end;
            *more = false;
        } else if (rc == ST_OK && n == 0 && i >= WAITS_MAX) {
            return err_set(err, ST_RETRY, "kafka", "%s stands still",
                           topic_name(s->options.topic));
        }
    }
    for (size_t i = 0; rc == ST_OK && i < n; i++) {
        if (s->records[i].offset >= s->end)
            break; /* came after we looked */
        rc = sort_in(s, &s->records[i], err);
        s->at = s->records[i].offset + 1;
    }
    if (rc == ST_OK && n > 0 && s->records[n - 1].offset >= s->end)
        s->at = s->end;
    return rc;
}

static struct stream_record *
find(const struct writer *w, int64_t sequence)
{
    struct stream_record *r = w->head;

    if (w->got != NULL && w->got->link.sequence <= sequence)
        r = w->got;
    while (r != NULL && r->link.sequence != sequence)
        r = r->next;
    return r;
}

enum status
stream_get(struct stream *s, struct origin origin, int64_t sequence,
           const struct stream_record **out, struct err *err)
{
    bool more = true;
    enum status rc = ST_OK;

    *out = NULL;
    while (rc == ST_OK) {
        struct writer *w = writer_of(s, origin);

        if (w != NULL && w->last >= sequence)
            *out = w->got = find(w, sequence);
        if (*out != NULL || !more || w == NULL)
            break;
        rc = read_on(s, &more, err);
    }
    return rc;
}

enum status
stream_next(struct stream *s, struct stream_record **out, struct err *err)
{
    bool more = true;
    enum status rc = ST_OK;

    for (*out = NULL; rc == ST_OK && *out == NULL && more;) {
        struct writer *first = NULL;

        for (size_t i = 0; i < s->n_writers; i++)
            if (s->writers[i].head != NULL &&
                (first == NULL ||
                 s->writers[i].head->offset < first->head->offset))
                first = &s->writers[i];
        if (first == NULL) {
            rc = read_on(s, &more, err);
            continue;
        }
        *out = first->head;
        first->head = first->head->next;
        (*out)->next = NULL;
    }
    return rc;
}

void
stream_forget(struct stream *s, struct origin origin, int64_t sequence)
{
    struct writer *w = writer_of(s, origin);

    while (w != NULL && w->head != NULL && w->head->link.sequence <= sequence) {
        struct stream_record *r = w->head;

        w->head = r->next;
        if (w->got == r)
            w->got = NULL;
        stream_record_free(r);
    }
}

enum status
stream_last(struct stream *s, struct origin origin, int64_t *sequence,
            struct err *err)
{
    bool more = true;
    enum status rc = ST_OK;
    struct writer *w = NULL;

    while (rc == ST_OK && more) {
        rc = read_on(s, &more, err);
        w = writer_of(s, origin);
        if (w != NULL)
            stream_forget(s, origin, w->last);
    }
    if (rc == ST_OK)
        *sequence = w == NULL ? 0 : w->last;
    return rc;
}

size_t
stream_repeats(const struct stream *s)
{
    return s->repeats;
}

size_t
stream_forks(const struct stream *s)
{
    return s->forks;
}

static const struct writer *
known_writer(const struct stream *s, struct origin origin)
{
    for (size_t i = 0; i < s->n_writers; i++)
        if (origin_eq(s->writers[i].origin, origin))
            return &s->writers[i];
    return NULL;
}

struct stream_fork
stream_fork(const struct stream *s, struct origin origin)
{
    const struct writer *w = known_writer(s, origin);

    return w == NULL ? (struct stream_fork){ .n = 0 } : w->fork;
}

struct stream_hole
stream_hole(const struct stream *s, struct origin origin)
{
    const struct writer *w = known_writer(s, origin);
    const struct stream_record *r = w == NULL ? NULL : w->ahead;
    struct stream_hole hole = { .first = 0 };

    if (r != NULL)
        hole = (struct stream_hole){ .first = w->last + 1,
                                     .last = r->link.sequence - 1 };
    for (; r != NULL; r = r->next)
        hole.held = r->link.sequence;
    return hole;
}

bool
stream_chain(const struct stream *s, struct origin origin, int64_t sequence,
             uint64_t *chain)
{
    const struct writer *w = known_writer(s, origin);

    if (w == NULL || sequence < 1 || sequence > w->last)
        return false;
    *chain = w->chains[sequence - 1];
    return true;
}
