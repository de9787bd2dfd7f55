/**
 * Is it the same content? A keyed BLAKE2b hash over what was sent, whatever
 * the order of its members or the form that it came in: a row of CSV and the
 * same JSON are equal, null and blank are as good as absent. Without the key
 * nobody can try out values against it.
 */
#ifndef WAYMARK_INTAKE_CORE_CONTENT_H
#define WAYMARK_INTAKE_CORE_CONTENT_H

#include <stdint.h>

#include "common/core/arena.h"
#include "intake/core/kinds.h"

#define CONTENT_HASH_SIZE 32
#define CONTENT_KEY_MIN 16
#define CONTENT_KEY_MAX 64

/** Hash of a message. `key` has CONTENT_KEY_MIN to CONTENT_KEY_MAX bytes. */
void content_hash(struct arena *arena, struct str key,
                  enum item_kind_of item, const struct raw_value *raw,
                  uint8_t out[CONTENT_HASH_SIZE]);

#define CONTENT_DIGEST_SIZE 65

/** BLAKE2b-256 of a text as 64 hex digits: what a configuration is known by. */
char *content_digest(struct str text, char out[CONTENT_DIGEST_SIZE]);

#endif
