/**
 * Plain structs described by tables of fields.
 *
 * One description serves everything that must walk over a struct: the Avro
 * adapter (records on topics), the PostgreSQL adapter (rows), JSON output and
 * the checker. The C type that a field has in its struct follows from its
 * type:
 *
 *   type      C member        null value   Avro                     PostgreSQL
 *   F_ID      struct id       ID_NONE      fixed Uuid (16)          uuid
 *   F_TEXT    struct str      STR_NULL     string                   text
 *   F_BYTES   struct str      STR_NULL     bytes                    bytea
 *   F_I32     int32_t         INT32_MIN    int                      integer
 *   F_I64     int64_t         INT64_MIN    long                     bigint
 *   F_BOOL    bool            -            boolean                  boolean
 *   F_TRI     enum tri        TRI_UNKNOWN  boolean                  boolean
 *   F_TIME    time_ms         TIME_NONE    long timestamp-millis    timestamptz
 *   F_DATE    date_d          DATE_NONE    int date                 date
 *   F_CODE    int (from 1)    0            string, one of `codes`   text
 *   F_SET     uint32_t bits   (0 = empty)  array of string          text, words
 *   F_TEXTS   struct texts    (n = 0)      array of string          text, lines
 *   F_RECORD  embedded struct -            record `sub`             -
 *   F_RECORDS struct items    (n = 0)      array of record `sub`    -
 *
 * A field with F_NULLABLE is a union [null, T] in Avro and may be NULL in a
 * row; without it the null value is an error when written. F_SET, F_TEXTS and
 * F_RECORDS are never null. F_CODE is a string in Avro, not an enum, so that a
 * new code stays FULL_TRANSITIVE; a code that the reader doesn't know is a
 * decode error (poison) unless the field is F_LENIENT, then it reads as null.
 */
#ifndef WAYMARK_COMMON_CORE_FIELD_H
#define WAYMARK_COMMON_CORE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/id.h"
#include "common/core/str.h"
#include "common/core/time.h"

enum field_type {
    F_ID = 1,
    F_TEXT,
    F_BYTES,
    F_I32,
    F_I64,
    F_BOOL,
    F_TRI,
    F_TIME,
    F_DATE,
    F_CODE,
    F_SET,
    F_TEXTS,
    F_RECORD,
    F_RECORDS,
};

#define I32_NONE INT32_MIN
#define I64_NONE INT64_MIN

/* Three-valued truth: a fact that is unknown is never false. */
enum tri {
    TRI_UNKNOWN = 0,
    TRI_NO = 1,
    TRI_YES = 2,
};

struct texts {
    const struct str *at;
    size_t n;
};

struct items {
    const void *at; /* n structs of the sub record's size */
    size_t n;
};

/* A closed list of words. Value i (from 1) is words[i - 1]; 0 is null. */
struct codes {
    const char *name;
    const char *const *words;
    int n;
};

/** Value of a word, 0 if it is none of them. */
int codes_find(const struct codes *codes, struct str word);
/** Word of a value 1..n; "" for 0. */
const char *codes_word(const struct codes *codes, int value);
/** Bit of value v (from 1) in an F_SET. */
#define SET_BIT(v) ((uint32_t)1 << ((v)-1))

enum field_flag {
    F_NULLABLE = 1,
    F_LENIENT = 2,
    F_PERSONAL = 4, /* a name or what identifies: never logged or echoed */
};

struct fields;

struct field {
    const char *name; /* snake_case; the same in Avro, SQL and JSON */
    enum field_type type;
    unsigned flags;
    size_t offset;
    const struct codes *codes; /* F_CODE and F_SET */
    const struct fields *sub;  /* F_RECORD and F_RECORDS */
};

struct fields {
    const char *name; /* of the record or table */
    size_t size;      /* of the struct */
    const struct field *at;
    size_t n;
};

/*
 * One line of a table of fields: `s` is the struct, `m` its member and the
 * field's name. A member of another C type than the field's doesn't compile.
 */
#define FIELD_OF(s, m, t, c, f)                                                \
    .name = #m, .type = (t), .flags = (f),                                     \
    .offset = offsetof(s, m) + _Generic(((s *)0)->m, c : 0)

#define FIELD_ID(s, m, f)                                                      \
    {                                                                          \
        FIELD_OF(s, m, F_ID, struct id, f)                                     \
    }
#define FIELD_TEXT(s, m, f)                                                    \
    {                                                                          \
        FIELD_OF(s, m, F_TEXT, struct str, f)                                  \
    }
#define FIELD_BYTES(s, m, f)                                                   \
    {                                                                          \
        FIELD_OF(s, m, F_BYTES, struct str, f)                                 \
    }
#define FIELD_I32(s, m, f)                                                     \
    {                                                                          \
        FIELD_OF(s, m, F_I32, int32_t, f)                                      \
    }
#define FIELD_I64(s, m, f)                                                     \
    {                                                                          \
        FIELD_OF(s, m, F_I64, int64_t, f)                                      \
    }
#define FIELD_BOOL(s, m, f)                                                    \
    {                                                                          \
        FIELD_OF(s, m, F_BOOL, bool, f)                                        \
    }
#define FIELD_TRI(s, m, f)                                                     \
    {                                                                          \
        FIELD_OF(s, m, F_TRI, enum tri, f)                                     \
    }
#define FIELD_TIME(s, m, f)                                                    \
    {                                                                          \
        FIELD_OF(s, m, F_TIME, time_ms, f)                                     \
    }
#define FIELD_DATE(s, m, f)                                                    \
    {                                                                          \
        FIELD_OF(s, m, F_DATE, date_d, f)                                      \
    }
#define FIELD_TEXTS(s, m, f)                                                   \
    {                                                                          \
        FIELD_OF(s, m, F_TEXTS, struct texts, f)                               \
    }
#define FIELD_CODE(s, m, f, list)                                              \
    {                                                                          \
        FIELD_OF(s, m, F_CODE, int, f), .codes = (list)                        \
    }
#define FIELD_SET(s, m, f, list)                                               \
    {                                                                          \
        FIELD_OF(s, m, F_SET, uint32_t, f), .codes = (list)                    \
    }
#define FIELD_RECORD(s, m, c, table)                                           \
    {                                                                          \
        FIELD_OF(s, m, F_RECORD, c, 0), .sub = (table)                         \
    }
#define FIELD_RECORDS(s, m, table)                                             \
    {                                                                          \
        FIELD_OF(s, m, F_RECORDS, struct items, 0), .sub = (table)             \
    }

/** The field of that name, or NULL. */
const struct field *fields_find(const struct fields *f, const char *name);

/** Set every member to its null value (F_BOOL: false; sub records likewise). */
void fields_clear(const struct fields *f, void *out);

/** Is the value at `at`, a member of that field's type, its null value? Sets,
 * lists, truth without a third value and sub records never are. */
bool field_is_null(const struct field *f, const void *at);

/** True where the two structs hold the same values (texts by content). */
bool fields_eq(const struct fields *f, const void *a, const void *b);

#endif
