/**
 * The engine's codec over Avro: records, and the person inside one.
 *
 * Persons are sealed (seal.h); the keys of a batch are fetched from intake's
 * schema over a connection of this codec's own, in one query. A record without
 * a key id holds a plain Person: what was written before persons were sealed
 * stays readable. Intake seals every one that it accepts.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_CODEC_H
#define WAYMARK_COMMON_ADAPTERS_CODEC_H

#include "common/adapters/avro.h"
#include "common/adapters/seal.h"
#include "common/engine/port.h"

struct codec_options {
    struct avro_codec *avro; /* borrowed, as all of this */
    const struct seal *seal; /* NULL: for services that meet no person */
    const char *conninfo;    /* NULL or "": PG* */
    const char *schema;      /* intake's */
    int32_t shard;
    /* A key that isn't there is no reason to wait: for a checker, which names
     * it elsewhere and goes on without the person. */
    bool go_on_without;
};

struct avro_port; /* what stands behind such a port */

/**
 * Fill `port` so that it works over Avro. The caller closes *out after the
 * last use of the port. ST_FATAL, code "memory".
 */
MUST_CHECK enum status codec_open(const struct codec_options *options,
                                  struct avro_port **out, struct codec *port,
                                  struct err *err);
/** NULL does nothing. */
void codec_close(struct avro_port *codec);

#endif
