/**
 * The engine's source and sink over Kafka: one authority's partitions.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_KAFKA_PORT_H
#define WAYMARK_COMMON_ADAPTERS_KAFKA_PORT_H

#include "common/adapters/kafka.h"
#include "common/core/service.h"
#include "common/engine/port.h"

struct kafka_source;

struct kafka_source_options {
    struct kafka_conn conn; /* its texts are borrowed until close */
    int32_t partition;      /* the authority's */
    enum topic topics[SERVICE_INPUTS_MAX];
    size_t n_topics;
    unsigned apart; /* bit i: topic i is read in group 1, the rest in 0 */
    int queue_kb;
};

/** Opens no connection yet: source.start does. */
MUST_CHECK enum status
kafka_source_open(const struct kafka_source_options *options,
                  struct kafka_source **out, struct source *port,
                  struct err *err);
void kafka_source_close(struct kafka_source *s);

struct kafka_sink;

struct kafka_sink_options {
    struct kafka_conn conn; /* its texts are borrowed until close */
    int32_t partition;
    struct origin origin; /* that the records are numbered under */
    int full_wait_ms; /* longest wait for room in the producer's queue */
    int last_wait_ms; /* longest silence while the log's end is asked for;
                         0: 10 s */
};

/** Opens no connection yet: sink.restart does. */
MUST_CHECK enum status kafka_sink_open(const struct kafka_sink_options *options,
                                       struct kafka_sink **out,
                                       struct sink *port, struct err *err);
void kafka_sink_close(struct kafka_sink *s);

#endif
