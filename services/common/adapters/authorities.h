/**
 * The registry of authorities: profiles/authorities.json, the same for every
 * service. It says which partition is whose; partitions are named, never
 * hashed.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_AUTHORITIES_H
#define WAYMARK_COMMON_ADAPTERS_AUTHORITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/err.h"

#define AUTHORITIES_MAX 512

struct authority {
    struct str name;    /* "kent-2015" */
    uint16_t partition; /* of its own, in every topic */
    struct str profile; /* file of its first profile, below the same folder */
    bool log_clock;     /* time comes from outside only */
};

struct authorities {
    const struct authority *at;
    size_t n;
    uint16_t partitions; /* highest partition and one */
};

/** Read FOLDER/authorities.json into the arena. ST_REJECT, code "config", with the reason. */
MUST_CHECK enum status authorities_read(const char *folder,
                                        struct arena *arena,
                                        struct authorities *out,
                                        struct err *err);

/** The authority of that name, or NULL. */
const struct authority *authorities_find(const struct authorities *a,
                                         struct str name);

/** Read a whole file into the arena. ST_REJECT, code "config", where it can't be or is above `max`. */
MUST_CHECK enum status file_read(const char *path, size_t max,
                                 struct arena *arena, struct str *out,
                                 struct err *err);

#endif
