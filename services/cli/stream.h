/**
 * One partition of one topic from its beginning, handed out by number: who
 * wrote a record and which of his it is, never by offset. What comes twice is
 * taken once; memory holds only what was read ahead.
 */
#ifndef WAYMARK_CLI_STREAM_H
#define WAYMARK_CLI_STREAM_H

#include "common/adapters/kafka.h"
#include "common/core/chain.h"

/* A record with its own memory. */
struct stream_record {
    struct link link;
    int64_t offset;
    struct str key;    /* as it came: may be null */
    struct str value;  /* null: a tombstone */
    struct str header; /* "wm" */
    /* Of a dead letter; null where it lacks them. */
    struct str code, reason, place, by;
    struct stream_record *next; /* of the same origin */
};

struct stream_options {
    struct kafka_conn conn;
    enum topic topic;
    uint16_t authority; /* partition */
    /* SERVICE_NONE: all whose topic it is, and what anybody else left there as
     * the stranger's; else this service's records only. */
    enum service only;
    /* What is read ahead, in kB; 0 gives 8192. Where it is full librdkafka
     * rests for up to a second. */
    int queue_kb;
};

struct stream;

/**
 * Open and learn where the log ends now; nothing behind that is read. Texts of
 * `options` are borrowed until stream_close. Statuses as in kafka.h.
 */
MUST_CHECK enum status stream_open(const struct stream_options *options,
                                   struct stream **out, struct err *err);
void stream_close(struct stream *s);

/**
 * The record of `origin` with this number; *out is NULL where the log has it
 * not up to its end. Valid until stream_forget or stream_close.
 */
MUST_CHECK enum status stream_get(struct stream *s, struct origin origin,
                                  int64_t sequence,
                                  const struct stream_record **out,
                                  struct err *err);

/** The next of any origin, in the order of offsets; then it is the caller's.
 * NULL at the end. */
MUST_CHECK enum status stream_next(struct stream *s, struct stream_record **out,
                                   struct err *err);
void stream_record_free(struct stream_record *r);

/** Let go of this origin's records up to this number. */
void stream_forget(struct stream *s, struct origin origin, int64_t sequence);

/** Highest number of an origin up to the log's end, which is read for it. */
MUST_CHECK enum status stream_last(struct stream *s, struct origin origin,
                                   int64_t *sequence, struct err *err);

/** What was dropped because it had been seen, and of these the ones that differ
 * from what was seen. */
size_t stream_repeats(const struct stream *s);
size_t stream_forks(const struct stream *s);

/* Numbers of which the log has two records: lowest, highest, how often. */
struct stream_fork {
    int64_t first, last; /* 0: none */
    size_t n;
};

/** Those of an origin, as far as was read. */
struct stream_fork stream_fork(const struct stream *s, struct origin origin);

/* The first numbers that are missing below others that the log holds. */
struct stream_hole {
    int64_t first, last; /* 0: none */
    int64_t held;        /* highest number behind it */
};

/** Of an origin, as far as was read. */
struct stream_hole stream_hole(const struct stream *s, struct origin origin);

/** Chain of a number, read so far; false where it was not. */
bool stream_chain(const struct stream *s, struct origin origin,
                  int64_t sequence, uint64_t *chain);

#endif
