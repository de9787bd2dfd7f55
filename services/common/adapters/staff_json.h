/**
 * Staff lists from their JSON text into plain structs. A list is refused
 * whole, and the reason names the place: unknown roles, two persons of one id,
 * cover and shifts that name nobody, addresses that are neither mailto: nor
 * https:, hooks to a host that the list does not allow.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_STAFF_JSON_H
#define WAYMARK_COMMON_ADAPTERS_STAFF_JSON_H

#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/staff.h"

/* The limit of a record, in which an activated list must travel. */
#define STAFF_BYTES_MAX ((size_t)1 << 20)

/**
 * Read FOLDER/staff/AUTHORITY.json into the arena. ST_REJECT, code "staff",
 * with file, place and reason; code "config" where the file can't be read.
 */
MUST_CHECK enum status staff_read(const char *folder, struct str authority,
                                  struct arena *arena, struct staff *out,
                                  struct err *err);
/** The same from a text. */
MUST_CHECK enum status staff_json_read(struct arena *arena, struct str text,
                                       struct staff *out, struct err *err);

/** Host of "https://HOST[:PORT]/..."; null for anything else. */
struct str staff_hook_host(struct str address);

#endif
