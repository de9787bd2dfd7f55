/**
 * Records as bytes: Confluent framing (byte 0, schema id as 4 bytes, highest
 * first, Avro body) around what schemas/ says of each record.
 *
 * avro-c reads and writes our structs directly: the tables of fields of
 * records.h are offered to it as values of its own, so there is no copy in
 * between. A schema of an earlier version is read by the names of its fields:
 * what it lacks is null, what is no longer known is skipped. Writing always
 * takes the version that record_def names.
 *
 * Nothing that a message claims costs more memory than the message is long:
 * avro-c's allocations come from room that is bounded by the message and taken
 * back after it, whether the message could be read or not.
 *
 * A codec belongs to one thread at a time. Opening the first one sets avro-c's
 * allocator for the process. Reading and writing wait for each other across
 * threads, since avro-c keeps the text of its last error in a global.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_AVRO_H
#define WAYMARK_COMMON_ADAPTERS_AVRO_H

#include "common/adapters/schemas.h"
#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/record.h"

/* The longest record, framing included (design.md section 2). */
#define AVRO_RECORD_MAX ((size_t)1024 * 1024)

struct avro_codec;

/**
 * A codec for all schemas that the program carries. NULL, with code "schema",
 * where a schema and its struct disagree or memory is short: the program
 * can't run. The caller closes it.
 */
struct avro_codec *
avro_open(struct err *err);
/** The same for other schemas than the embedded ones: for tests of versions. */
struct avro_codec *
avro_open_with(const struct schema_text *texts, size_t n, struct err *err);
void
avro_close(struct avro_codec *codec);

/**
 * Write `body`, the struct of `type`, into the arena: all of it, framing
 * included. Person blocks (REC_PERSON) are framed like any record, so that
 * they too can have versions. ST_FATAL, code "null", where a value that must
 * be there is null or is no word of its list; ST_REJECT, code "size", beyond
 * AVRO_RECORD_MAX. On failure *out is null.
 */
MUST_CHECK enum status
avro_encode(struct avro_codec *codec, enum record_type type, const void *body,
            struct arena *arena, struct str *out, struct err *err);

/** What `bytes` say they are, without reading on; REC_NONE: nothing of ours. */
enum record_type avro_type_of(const struct avro_codec *codec, struct str bytes);

/**
 * Read one record into the arena; `bytes` are not needed afterwards. ST_REJECT,
 * code "decode": never readable (framing, truncated or trailing bytes, a word
 * that is none of its list, null where there must be a value). ST_FATAL, code
 * "schema": the schema id isn't ours, so the sender is newer than this
 * program, which must stop. On failure *type is REC_NONE.
 */
MUST_CHECK enum status
avro_decode(struct avro_codec *codec, struct str bytes, struct arena *arena,
            enum record_type *type, const void **body, struct err *err);

#endif
