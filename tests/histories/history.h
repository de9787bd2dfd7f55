/**
 * A made-up history of an authority, as the topics that metrics reads tell it:
 * some months of decisions, cases, hand-overs, activities, limits and missing
 * episodes of a few children, with what comes late, is amended out of order,
 * corrected, refused, reopened, merged and parted again. The same seed gives
 * the same history everywhere.
 *
 * What triage and tracker would never say is left out; what they may say in
 * any order comes in any order.
 */
#ifndef WAYMARK_TESTS_HISTORIES_HISTORY_H
#define WAYMARK_TESTS_HISTORIES_HISTORY_H

#include "common/core/arena.h"
#include "common/core/record.h"

enum { HISTORY_RECORDS_MAX = 1024 };

/* What stands on one topic, in its order. */
struct history_topic {
    struct event events[HISTORY_RECORDS_MAX];
    /* Of each: how many records of all topics were told before it. */
    size_t told[HISTORY_RECORDS_MAX];
    size_t n;
};

struct history {
    struct history_topic topics[TOPIC_N];
    size_t n; /* records of all topics */
};

/**
 * Fill `out`; bodies are in `a`. `profile_version` is what closings name;
 * borrowed as long as the history lives. The first record of casework is a
 * ConfigActivated without a text.
 */
void history_make(struct history *out, struct arena *a, uint64_t seed,
                  struct str profile_version);

#endif
