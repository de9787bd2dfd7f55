/**
 * Ids are derived, not drawn: the same input gives the same ids (design.md
 * section 1). A UUID of version 8 (RFC 9562) from BLAKE2b over a tag and
 * length-prefixed parts, so that no two kinds of thing share ids and no two
 * lists of parts collide by running together.
 */
#ifndef WAYMARK_COMMON_CORE_ID_H
#define WAYMARK_COMMON_CORE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/str.h"

struct id {
    uint8_t b[16];
};

#define ID_NONE ((struct id){ .b = { 0 } })
#define ID_TEXT_SIZE 37 /* 36 characters and NUL */

/** Derive an id. `tag` names the kind ("notification", "child", "case", ...). */
struct id id_derive(const char *tag, const struct str *parts, size_t n_parts);

bool id_is_none(struct id id);
bool id_eq(struct id a, struct id b);
int id_cmp(struct id a, struct id b);

/** Lower-case text with hyphens into `out`; returns `out`. */
char *id_text(struct id id, char out[ID_TEXT_SIZE]);

/** Read 8-4-4-4-12 hex digits, either case. False (and ID_NONE) if it is not one. */
bool id_parse(struct str text, struct id *out);

/* The parts of an id can be numbers and ids too: their bytes, borrowed. */
struct str id_part(const struct id *id);

#endif
