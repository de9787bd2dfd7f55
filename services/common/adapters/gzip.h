/**
 * Bodies that came packed (RFC 1952). The only file that knows zlib.
 *
 * A packed text says at its end how long it is. That is believed as a limit
 * only: what is too long is refused before anything is unpacked, and what
 * turns out longer than it says is refused at that byte. So a bomb costs no
 * memory.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_GZIP_H
#define WAYMARK_COMMON_ADAPTERS_GZIP_H

#include "common/core/err.h"
#include "common/core/str.h"

/** How many bytes `packed` says that it holds; 0 where it is too short. */
size_t gzip_size(struct str packed);

/**
 * Unpack one member into *out, which the caller frees; its n is gzip_size.
 * ST_REJECT: "R04" where it says or holds more than `max` bytes, "gzip" where
 * it is broken, holds another length than it says, or has bytes behind it.
 * ST_RETRY without memory.
 */
MUST_CHECK enum status gzip_unpack(struct str packed, size_t max, char **out,
                                   size_t *n, struct err *err);

#endif
