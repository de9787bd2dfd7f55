/**
 * Reading a JSON document of settings into plain structs.
 *
 * The first error stays and later ones are ignored, so that who reads a
 * document can read on with empty values and look once, at its end. An error
 * names its place as a JSON pointer, and the rule around it where there is
 * one. What is read is copied into the reader's arena; documents are borrowed.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_READER_H
#define WAYMARK_COMMON_ADAPTERS_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/adapters/json.h"
#include "common/core/arena.h"
#include "common/core/codes.h"
#include "common/core/err.h"
#include "common/core/profile_check.h"
#include "common/core/status.h"
#include "common/core/str.h"
#include "common/core/time.h"

/* 1 MiB: the limit of a record, in which such a document must travel. */
#define READER_BYTES_MAX ((size_t)1 << 20)

/* A number that a document may leave out, and did. */
#define UNSTATED (-1)

/* Begin with .a and json_path_root(&path); .st is ST_OK until an error. */
struct reader {
    struct arena *a;
    struct json_path path;
    const char *code; /* of its errors: NULL for the fault's own, "calendar" */
    struct str rule;  /* id of the rule that is being read, or null */
    enum status st;
    struct profile_fault fault; /* the first; its code is NULL without one */
};

/** Note an error at the present place, unless there is one already. */
void reader_fail_as(struct reader *r, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define reader_fail(r, ...) reader_fail_as(r, "profile-value", __VA_ARGS__)

/** Take over an error that another module wrote: its code, if it is ours. */
void reader_fail_with(struct reader *r, const struct err *why);

/** ST_REJECT with the fault's code and "/pointer: rule ID: reason". */
enum status reader_say_fault(const struct profile_fault *fault,
                             struct err *err);

/**
 * Parse `text` into `*document`, for json_free. A text that is no JSON is
 * noted as "profile-text". ST_REJECT then; ST_RETRY without memory, and only
 * then `err` is written.
 */
enum status reader_parse(struct reader *r, struct str text,
                         struct json **document, struct err *err);

/** The member `key`; absent is an error unless `optional`. */
const struct json *reader_member(struct reader *r, const struct json *v,
                                 const char *key, bool optional);

/** The text at `key`, not empty; null with an error otherwise. */
struct str reader_text(struct reader *r, const struct json *v, const char *key);

/** The same; absent and null are null without an error. */
struct str reader_text_or_null(struct reader *r, const struct json *v,
                               const char *key);

/* A whole number in min..max; `dflt` where it is absent or null. */
struct reader_span {
    int min;
    int max;
    int dflt;
};

int reader_int_or(struct reader *r, const struct json *v, const char *key,
                  struct reader_span span);

/** A whole number in min..max that must be there. */
int reader_int(struct reader *r, const struct json *v, const char *key, int min,
               int max);

bool reader_bool_or(struct reader *r, const struct json *v, const char *key,
                    bool dflt);

/**
 * Enter `key`, which must hold a `type`; NULL with an error otherwise. The
 * caller goes back with json_path_back(&r->path, *before) in both cases.
 */
const struct json *reader_enter(struct reader *r, const struct json *v,
                                const char *key, enum json_type type,
                                size_t *before);

/**
 * Enter a setting {"value": ..., "source": ...} and give its value: one
 * without its source is refused. Go back as with reader_enter.
 */
const struct json *reader_enter_value(struct reader *r, const struct json *v,
                                      const char *key, size_t *before);

/** The setting's value as a text, as a list of texts. */
struct str reader_text_value(struct reader *r, const struct json *v,
                             const char *key);
struct texts reader_texts_value(struct reader *r, const struct json *v,
                                const char *key);

/** A list of texts, empty where it is absent. */
struct texts reader_texts_or_none(struct reader *r, const struct json *v,
                                  const char *key);

/** The code of a word; 0 with an error where it is none. */
int reader_code(struct reader *r, const struct codes *codes, struct str word);

/** "2015-06-26"; DATE_NONE with an error where it is none. */
date_d reader_date(struct reader *r, struct str text);

/** "HH:MM" as minutes after midnight, 24:00 at most. */
int reader_minutes(struct reader *r, const struct json *v, const char *key);

#endif
