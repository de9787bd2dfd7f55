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
    struct id key_id; /* seals its personal part; ID_NONE: it has none */
};

/**
 * Fill in all but `sequence`; texts are the record's. False for a record that
 * nobody sent in: time, configuration.
 */
bool receipt_of(enum record_type type, const void *body, struct receipt *to);

/** What this record says of persons, sealed unless its receipt's key_id is
 * none; null: nothing. */
struct str receipt_sealed(enum record_type type, const void *body);

#endif
