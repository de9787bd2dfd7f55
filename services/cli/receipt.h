/**
 * The row of intake's table `receipt` that a record of the topics notifications
 * and indicators has: what its sender was answered.
 */
#ifndef WAYMARK_CLI_RECEIPT_H
#define WAYMARK_CLI_RECEIPT_H

#include "common/core/records.h"

struct receipt {
    const char *item_kind;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    struct id item_id;
    struct str content_hash;
    time_ms recorded_at;
    const char *kind;
    int64_t sequence; /* the record's number */
    int32_t warnings; /* bit w for Ww */
};

/**
 * Fill in all but `sequence`; texts are the record's. False for a record that
 * nobody sent in: time, configuration.
 */
bool receipt_of(enum record_type type, const void *body, struct receipt *to);

/** Of the key that seals what this record says of persons, or ID_NONE. */
struct id receipt_key_id(enum record_type type, const void *body);

#endif
