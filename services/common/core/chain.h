/**
 * Numbers without gaps and the chain over them: how a reader knows that
 * nothing was lost, doubled or made up on the way (design.md section 2,
 * "Duplicates, gaps and forks").
 *
 * Every record carries its origin, its sequence number in (origin, topic),
 * and a chain value: a 64-bit XXH3 over the chain before it, its key and its
 * bytes. A number alone shows what is missing; the chain shows what was
 * published and never became true.
 */
#ifndef WAYMARK_COMMON_CORE_CHAIN_H
#define WAYMARK_COMMON_CORE_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/record.h"
#include "common/core/str.h"

/* Name and size of the one binary Kafka header. */
#define CHAIN_HEADER "wm"
#define CHAIN_HEADER_SIZE 24

/* Where a record stands in its origin's order on a topic. */
struct link {
    struct origin origin;
    int64_t sequence; /* from 1 */
    uint64_t chain;   /* over everything up to and including this record */
};

/** Chain value of the record with these bytes behind `before` (0 at the first). */
uint64_t chain_next(uint64_t before, struct str key, struct str value);

/** Write the header: version, service, authority, incarnation, sequence, chain; big endian. */
void chain_header(const struct link *link, uint8_t out[CHAIN_HEADER_SIZE]);
/** Read a header. False for any other length, version, service or a sequence below 1. */
bool chain_read(struct str header, struct link *out);

bool origin_eq(struct origin a, struct origin b);

/* Last record of an origin on a topic that a reader has applied. */
struct mark {
    enum topic topic;
    struct origin origin;
    int64_t sequence; /* 0: none yet */
    uint64_t chain;
    time_ms heard; /* last TimeAdvanced applied from it; TIME_NONE before */
};

enum admit {
    ADMIT_NEXT, /* apply it: the expected number, and the chain continues */
    ADMIT_DROP, /* known already */
    ADMIT_GAP,  /* a later one: the expected number is missing so far */
    ADMIT_FORK, /* number known or expected, chain differs: never became true */
};

/** Hold one record against the mark of its origin; changes nothing. */
enum admit chain_admit(const struct mark *mark, const struct link *link,
                       struct str key, struct str value);

#endif
