/**
 * Kafka: reading a shard's input partitions, publishing what is true, and the
 * little administration that a start needs. Behind it, in kafka_*.c, stand the
 * only files that know librdkafka.
 *
 * One thread uses a handle. Nothing here waits without a bound. What a reader
 * has seen and a writer has confirmed is kept in PostgreSQL, never in Kafka
 * (design.md section 2).
 */
#ifndef WAYMARK_COMMON_ADAPTERS_KAFKA_H
#define WAYMARK_COMMON_ADAPTERS_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/str.h"

/* Largest record with its headers: a sealed dead letter of 2 MiB and its key.
 */
#define KAFKA_RECORD_BYTES_MAX 2500000

#define KAFKA_BEGINNING                                                        \
    INT64_C(-2) /* as next_offset: the earliest there is                       \
                 */

/* One of librdkafka's own settings: security.protocol, ssl.ca.location, ... */
struct kafka_setting {
    const char *name;
    const char *value;
};

/* Where the cluster is and who is calling. Borrowed during an open only. */
struct kafka_conn {
    const char *brokers;                  /* "host:port,host:port" */
    const char *client_id;                /* in the broker's log */
    const struct kafka_setting *settings; /* what we set ourselves wins */
    size_t n_settings;
    /*
     * Gets librdkafka's own log lines; NULL drops them. Called from its
     * threads, so it must be safe there. `level` as in syslog(3).
     */
    void (*log)(void *self, int level, const char *text);
    void *log_self;
};

/* A partition, and where reading it goes on. */
struct kafka_part {
    const char *topic;
    int32_t partition;
    int64_t next_offset; /* to be read next, or KAFKA_BEGINNING */
};

/* What ensure_topics makes sure of. */
struct kafka_topics {
    const char *const *names;
    size_t n;
    int partitions;
    int replication;
    int timeout_ms;
};

/**
 * Make every topic exist with at least that many partitions, visible and with
 * leaders: retention.ms=-1, cleanup.policy=delete, no unclean election. A
 * topic that exists keeps its settings; only missing partitions are added.
 * May be called by several services at once. ST_RETRY while the cluster does
 * not answer or is too small; ST_FATAL where it refuses the request for good.
 */
MUST_CHECK enum status
kafka_ensure_topics(const struct kafka_conn *conn,
                    const struct kafka_topics *topics, struct err *err);

#define KAFKA_CLUSTER_ID_SIZE 64
/** Name that the cluster gave itself when it was formatted; ST_RETRY if it
 * doesn't answer. */
MUST_CHECK enum status
kafka_cluster_id(const struct kafka_conn *conn, int timeout_ms,
                 char out[KAFKA_CLUSTER_ID_SIZE], struct err *err);

/*
 * The reader: partitions named by us, offsets given by us.
 */

struct kafka_reader;

struct kafka_reader_options {
    struct kafka_conn conn;
    /*
     * Records fetched ahead, all partitions together, in kB; this makes up
     * most of a draining service's memory. More than a second of work: an
     * emptied queue stalls librdkafka 2.0.2 for 0.85 s. 0 gives 65536.
     */
    int queue_kb;
    const char *group; /* for lag tools only; NULL: the client id */
};

/* One record. All texts are borrowed until the reader's next take or release.
 */
struct kafka_record {
    size_t part; /* index into what was assigned */
    int64_t offset;
    struct str key;       /* null where the record has none */
    struct str value;     /* null: a tombstone, which differs from empty */
    struct str wm;        /* the last header "wm", null where there is none */
    int64_t timestamp_ms; /* the sender's or the broker's; -1 without */
    const void *message;  /* for kafka_record_header */
};

/** ST_FATAL where a setting is wrong; no broker is needed yet. Caller closes
 * `*out`. */
MUST_CHECK enum status
kafka_reader_open(const struct kafka_reader_options *options,
                  struct kafka_reader **out, struct err *err);

/**
 * Say what to read; once in a reader's life (open another to change it).
 * Copies `parts`. ST_FATAL if librdkafka does not accept them.
 */
MUST_CHECK enum status
kafka_reader_assign(struct kafka_reader *r, const struct kafka_part *parts,
                    size_t n, struct err *err);

/* How much to take. */
struct kafka_take {
    size_t max;       /* records; at least 1 */
    size_t max_bytes; /* of keys, values and wm; one record always fits */
    int timeout_ms;   /* wait for the first one; the rest must be there */
};

/**
 * Take the next records, in order of each partition. Releases those before.
 * ST_OK with *n == 0: nothing came, or a partition's end was reached.
 * ST_REJECT code "range": the offset asked for is not in the log any more or
 * not yet; kafka_reader_range_part says whose. That partition stands still.
 * ST_RETRY: no broker answers (returns within twice the timeout), or a topic
 * is closed to us; take again later. ST_FATAL: a broken record or client; code
 * "corrupt" or "kafka". Records before an error come first, the error with the
 * next call. A missing topic looks like an empty one whose end is not known:
 * librdkafka 2.0.2 looks for it every second and keeps quiet.
 */
MUST_CHECK enum status
kafka_reader_take(struct kafka_reader *r, const struct kafka_take *take,
                  struct kafka_record *out, size_t *n, struct err *err);

/** Let the records of the last take go. */
void
kafka_reader_release(struct kafka_reader *r);

/** Part that the last "range" was about. */
size_t
kafka_reader_range_part(const struct kafka_reader *r);

/** True when everything up to the end of that part, as last seen, was taken;
 * kafka_reader_assign looks for the first time. */
bool
kafka_reader_at_end(const struct kafka_reader *r, size_t part);

/** Offset behind the last record of the part that is known of, -1 if unknown;
 * never waits. */
int64_t
kafka_reader_known_end(const struct kafka_reader *r, size_t part);

/** Another header of a record, null where there is none. Borrowed like the
 * record. */
struct str
kafka_record_header(const struct kafka_record *record, const char *name);

/* First offset in the log and the one behind the last. */
struct kafka_ends {
    int64_t low;
    int64_t high;
};

/**
 * Ask the broker where a partition begins and ends (next_offset is not looked
 * at; it need not be assigned). ST_RETRY if no answer comes in time.
 */
MUST_CHECK enum status
kafka_reader_end(struct kafka_reader *r, const struct kafka_part *part,
                 int timeout_ms, struct kafka_ends *out, struct err *err);

/**
 * Write next_offset of the parts as the group's, so that lag tools see where
 * we are. Nobody reads it back; nothing waits and a failure has no effect.
 */
void
kafka_reader_note(struct kafka_reader *r, const struct kafka_part *parts,
                  size_t n);

/**
 * Descriptor for poll(2): readable when a take would find something. Take or
 * close; never read from it.
 */
int
kafka_reader_fd(const struct kafka_reader *r);

/** Releases records too. Does not wait for brokers. NULL is fine. */
void
kafka_reader_close(struct kafka_reader *r);

/*
 * The writer: idempotent, every in-sync replica confirms, no time limit, no
 * gap is ever skipped.
 */

struct kafka_writer;

struct kafka_writer_options {
    struct kafka_conn conn;
    int queue_records; /* waiting or under way at most; 0 gives 100000 */
    int queue_kb;      /* the same in kB; 0 gives 65536 */
    int linger_us;     /* a record waits so long for others to go with it */
};

struct kafka_header {
    const char *name;
    struct str value;
};

/* What to send. All is copied. */
struct kafka_send {
    const char *topic;
    int32_t partition;
    struct str key;                     /* null: none */
    struct str value;                   /* null: a tombstone */
    struct str wm;                      /* null: no such header */
    const struct kafka_header *headers; /* further ones; may be NULL */
    size_t n_headers;
    uint64_t tag; /* comes back when it is confirmed */
};

/** ST_FATAL where a setting is wrong. Asks for its producer id in the
 * background. */
MUST_CHECK enum status
kafka_writer_open(const struct kafka_writer_options *options,
                  struct kafka_writer **out, struct err *err);

/**
 * Learn where a topic's leaders are before the first record is due. ST_RETRY
 * if no broker answers in time; sending works without it, only later.
 */
MUST_CHECK enum status
kafka_writer_warm(struct kafka_writer *w, const char *topic, int timeout_ms,
                  struct err *err);

/**
 * Queue one record. ST_RETRY code "full": poll, then send it again; code
 * "topic": the cluster has no such partition. ST_FATAL code "size": above
 * KAFKA_RECORD_BYTES_MAX; code "producer" as with kafka_writer_poll.
 */
MUST_CHECK enum status
kafka_writer_send(struct kafka_writer *w, const struct kafka_send *send,
                  struct err *err);

/**
 * Wait up to `timeout_ms` for confirmations and take up to `max` tags, in the
 * order of sending within each partition. ST_OK with *n == 0: none came.
 * ST_RETRY: all brokers are gone while records are under way; they stay
 * queued and go out once one is back. ST_FATAL code "producer": this producer
 * is done for; close it, open another, send again from the first unconfirmed.
 */
MUST_CHECK enum status
kafka_writer_poll(struct kafka_writer *w, int timeout_ms, uint64_t *tags,
                  size_t max, size_t *n, struct err *err);

/** Records sent and not yet reported as confirmed. */
size_t
kafka_writer_in_flight(const struct kafka_writer *w);

/** Descriptor for poll(2): readable when a kafka_writer_poll would find
 * something. */
int
kafka_writer_fd(const struct kafka_writer *w);

/** Drops what is still queued, unconfirmed. Does not wait. NULL is fine. */
void
kafka_writer_close(struct kafka_writer *w);

#endif
