/**
 * JSON in and out. Reading wraps jansson, which nobody else includes; writing
 * is our own, straight into one buffer.
 *
 * A document is untrusted until its reader has checked it: duplicate keys, a
 * NUL, bytes that are not UTF-8, too many bytes and too deep nesting are
 * refused before anyone sees a value. A reason names line and column, never a
 * key or a value, since both may be personal.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_JSON_H
#define WAYMARK_COMMON_ADAPTERS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/str.h"

/* Arrays and objects inside each other; 32 is allowed, 33 is not. */
#define JSON_DEPTH_MAX 32

struct json; /* one value; lives as long as its document */

enum json_type {
    JSON_T_NONE = 0, /* the value is absent: a NULL pointer */
    JSON_T_NULL,
    JSON_T_BOOL,
    JSON_T_INT,
    JSON_T_REAL,
    JSON_T_STRING,
    JSON_T_ARRAY,
    JSON_T_OBJECT,
};

/**
 * Read one document of at most `max_bytes`; any JSON value may stand on top. A
 * byte order mark before it is passed over (RFC 8259, section 8.1).
 * `text` is borrowed for the call only. The caller owns `*out` and gives it to
 * json_free. ST_REJECT with code R04 above `max_bytes`, R17 for a NUL (also as
 * an escape), a raw control character in a string or broken UTF-8, R03 for
 * everything else that is wrong (domain.md section 3). ST_RETRY without memory.
 */
MUST_CHECK enum status
json_parse(struct str text, size_t max_bytes, struct json **out,
           struct err *err);

/** `text` without the byte order mark that some write before it. */
struct str
json_without_mark(struct str text);

/**
 * Is `text` one document (RFC 8259) with at most `depth_max` arrays and
 * objects inside each other? Builds nothing, so that a long list can be looked
 * at as a whole before its rows are read one by one; whether it is UTF-8 and
 * whether keys differ is left to their reading. ST_REJECT with code R03, R17
 * for control characters and NUL.
 */
MUST_CHECK enum status
json_check(struct str text, int depth_max, struct err *err);

/**
 * How many values `text` holds at most, lists and objects among them; a key is
 * none. Builds nothing: what is made of a value is some hundred bytes, however
 * short it is written.
 */
size_t
json_count(struct str text);

/** Free a document; values and texts taken from it are void. NULL is fine. */
void
json_free(struct json *document);

/*
 * Looking at values. All of them accept NULL, the absent value, so that
 * chains need one check at their end. Texts and values are borrowed from the
 * document.
 */

enum json_type
json_type_of(const struct json *v);
/** "object", "string", ...; "nothing" for JSON_T_NONE. For reasons. */
const char *
json_type_name(enum json_type t);

/** Member of an object, NULL if `v` is no object or lacks it. */
const struct json *
json_get(const struct json *v, const char *key);
/** Members of an object or items of an array; 0 for all else. */
size_t
json_size(const struct json *v);
/** Item `i` of an array, NULL if there is none. */
const struct json *
json_at(const struct json *v, size_t i);

/* Walks the members of an object in the order of the text. */
struct json_each {
    const struct json *object;
    void *at; /* the adapter's; NULL before the first */
    bool ended;
};

/** A walk over `v`; over nothing if it is no object. */
struct json_each
json_each_of(const struct json *v);
/** The next member; false after the last, then both outputs are untouched. */
bool
json_each_next(struct json_each *each, struct str *key,
               const struct json **value);

/** True and the value if `v` is a string. */
bool
json_str(const struct json *v, struct str *out);
/** True and the value if `v` is a whole number without fraction or exponent. */
bool
json_int(const struct json *v, int64_t *out);
/** True and the value if `v` is true or false. */
bool
json_bool(const struct json *v, bool *out);

#define JSON_NUMBER_SIZE 32
/**
 * The number as decimal text, for readers who avoid floats: whole numbers as
 * they are, others as the shortest text that stands for the same double (so
 * "1.50" comes as "1.5"; up to 15 digits nothing is lost). False if `v` is no
 * number.
 */
bool
json_number_text(const struct json *v, char out[JSON_NUMBER_SIZE]);

/* A JSON pointer (RFC 6901) that grows and shrinks while one descends. */
struct json_path {
    char text[256]; /* NUL-terminated; cut at the end if it would be longer */
    size_t n;
};

/** The whole document: "". */
void
json_path_root(struct json_path *path);
/**
 * Descend to a member or an item; returns where the path ended before, to be
 * given to json_path_back. A key that no schema names may be personal: pass
 * the parent's path on instead.
 */
size_t
json_path_key(struct json_path *path, const char *key);
size_t
json_path_index(struct json_path *path, size_t i);
void
json_path_back(struct json_path *path, size_t before);

/*
 * Writing. The writer puts commas and escapes; the caller closes what it opens
 * (asserted). Bytes that are no UTF-8 come out as U+FFFD, so that the text is
 * always valid JSON. Compact, no line breaks: a log line is one line.
 */
struct json_out {
    char *p; /* the text so far, not terminated */
    size_t n;
    size_t cap;
    struct arena *arena; /* NULL: from malloc */
    bool failed;         /* no memory: json_out_text gives the null text */
    bool after_key;
    int depth;
    uint64_t has_items; /* bit per depth: a comma is due */
};

/** An empty text. With `arena` the room is the arena's, else json_out_free is
 * due. */
void
json_out_init(struct json_out *o, struct arena *arena);
/** Give malloc's room back; an arena's stays. Fine after json_out_take. */
void
json_out_free(struct json_out *o);
/** Begin again in the same room. */
void
json_out_reset(struct json_out *o);

void
json_out_object(struct json_out *o);
void
json_out_object_end(struct json_out *o);
void
json_out_array(struct json_out *o);
void
json_out_array_end(struct json_out *o);
/** The key of the member that comes next. */
void
json_out_key(struct json_out *o, const char *key);
/** The null text comes out as null. */
void
json_out_str(struct json_out *o, struct str s);
void
json_out_int(struct json_out *o, int64_t v);
void
json_out_bool(struct json_out *o, bool v);
void
json_out_null(struct json_out *o);
/** A decimal number as text, "-12.50": digits stay as they are. Asserts its
 * shape. */
void
json_out_number(struct json_out *o, const char *decimal);
/** A complete JSON text from json_out_text or a checked document. */
void
json_out_raw(struct json_out *o, struct str json);

/* Key and value in one call. */
void
json_out_kstr(struct json_out *o, const char *key, struct str s);
void
json_out_kcstr(struct json_out *o, const char *key, const char *s);
void
json_out_kint(struct json_out *o, const char *key, int64_t v);
void
json_out_kbool(struct json_out *o, const char *key, bool v);

/** The text, NUL-terminated beyond its length; void after the next call. */
struct str
json_out_text(struct json_out *o);
/**
 * The same, given away: the caller frees it (malloc's writers only). NULL
 * without memory. The writer is empty afterwards.
 */
char *
json_out_take(struct json_out *o, size_t *n);

#endif
