/**
 * Sealing: personal bytes that only who has their key can read, so that
 * erasing the key erases them wherever they were copied to.
 *
 * Each record has a key of its own, which seals its personal field
 * (XChaCha20-Poly1305). What a range of keys follows from (key_tree.h) is kept
 * outside the records, wrapped by a master key from a file; person_keys.h
 * keeps it. What is sealed is bound to its record and its key's id, a wrapped
 * key to its range: neither opens when it is put in another's place.
 *
 *   sealed   version 1, nonce (24 bytes), ciphertext, tag (16)
 *   wrapped  version 1, id of the master key (8), nonce (24), ciphertext of
 *            the key (32), tag (16)
 *
 * A nonce is drawn when a record is made and travels in it: nothing here draws
 * again, so a replay sees the same bytes.
 *
 * Codes of a failure, the same for wrapped keys and sealed bytes:
 *
 *   "erased"  ST_REJECT  there is no key any more: the person was erased
 *   "sealed"  ST_REJECT  the key is another's, or bytes were changed
 *   "sealed"  ST_FATAL   the master key that it asks for is not in the file
 *   "format"  ST_REJECT  too short to be anything
 *   "format"  ST_FATAL   a version that this program doesn't know
 */
#ifndef WAYMARK_COMMON_ADAPTERS_SEAL_H
#define WAYMARK_COMMON_ADAPTERS_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/id.h"
#include "common/core/str.h"

#define SEAL_MASTERS_MAX 8
#define SEAL_KEY_BYTES 32
#define SEAL_NONCE_BYTES 24
#define SEAL_WRAPPED_BYTES 81 /* of a wrapped key */
#define SEAL_EXTRA_BYTES 41   /* sealed is so much longer than plain */

struct seal; /* the master keys; any number of threads may use one at once */

/* A record's own key, or what a range of them follows from. Whoever holds one
 * forgets it with seal_forget. */
struct seal_key {
    uint8_t b[SEAL_KEY_BYTES];
};

/* Keys of an authority whose ids begin with the same hex digits. */
struct seal_range {
    int32_t shard;
    struct id first; /* the lowest of these ids: zeros behind the digits */
    int digits;      /* 32: one key alone */
};

/* What sealed bytes are bound to. */
struct seal_name {
    struct id key_id;
    struct id record_id; /* of the notification, activity, ... */
};

/**
 * Read the master keys: a line each, 32 bytes as 64 hex digits or as base64;
 * blank lines and what begins with # don't count. The first wraps, all of
 * them unwrap: to change the master key put the new one first and keep the old
 * one until nothing is wrapped by it (seal_is_current). A master key's id is a
 * hash of it.
 *
 * ST_REJECT, code "config": the file can't be read, isn't a plain file, others
 * may read it or its group write it, or a line is wrong (told by number). The
 * caller owns *out, which is locked in memory.
 */
MUST_CHECK enum status seal_open(const char *path, struct seal **out,
                                 struct err *err);
/** Wipes the keys. NULL does nothing. */
void seal_close(struct seal *seal);

/** Bytes from the kernel, for a key or a nonce. After seal_open. */
void seal_draw(void *out, size_t size);
/** Wipe what held a key. */
void seal_forget(void *secret, size_t size);

/** The key of that range, wrapped by the first master key; in the arena. */
struct str seal_wrap(const struct seal *seal, const struct seal_range *range,
                     const struct seal_key *key,
                     const uint8_t nonce[SEAL_NONCE_BYTES],
                     struct arena *arena);

/** The null text for `wrapped` is the key that was erased. Codes as above. */
MUST_CHECK enum status seal_unwrap(const struct seal *seal,
                                   const struct seal_range *range,
                                   struct str wrapped, struct seal_key *out,
                                   struct err *err);

/** Was it wrapped by the first master key? */
bool seal_is_current(const struct seal *seal, struct str wrapped);

/** Seal `plain` into the arena. One nonce serves a key once. */
struct str seal_write(const struct seal_key *key, const struct seal_name *name,
                      const uint8_t nonce[SEAL_NONCE_BYTES], struct str plain,
                      struct arena *arena);

/** The plain bytes, in the arena. Codes "sealed" and "format" as above. */
MUST_CHECK enum status seal_read(const struct seal_key *key,
                                 const struct seal_name *name,
                                 struct str sealed, struct arena *arena,
                                 struct str *out, struct err *err);

#endif
