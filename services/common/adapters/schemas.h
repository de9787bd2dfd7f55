/**
 * The Avro schemas as bytes of the program, so that nothing else is needed to
 * start. schemas/embed.sh writes the table from schemas/ids.lock when the
 * program is built; every version that was ever written is in it.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_SCHEMAS_H
#define WAYMARK_COMMON_ADAPTERS_SCHEMAS_H

#include <stddef.h>
#include <stdint.h>

struct schema_text {
    int32_t id;       /* as in the framing of a message */
    const char *name; /* of the record, without the namespace */
    int version;      /* from 1 */
    const char *json; /* of the .avsc, not NUL-terminated */
    size_t n;
};

/* In rising order of id. */
extern const struct schema_text schemas_embedded[];
extern const size_t schemas_embedded_n;

#endif
