#include "common/adapters/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MINUTES_AN_HOUR 60

void
reader_fail_as(struct reader *r, const char *code, const char *fmt, ...)
{
    char why[256];
    va_list ap;

    if (r->st != ST_OK)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    r->st = ST_REJECT;
    r->fault = (struct profile_fault){
        .code = r->code != NULL ? r->code : code,
        .place = arena_printf(r->a, "%s", r->path.n == 0 ? "/" : r->path.text),
        .rule = r->rule,
        .why = arena_printf(r->a, "%s", why),
    };
}

/* Take over an error that another module wrote: its code, if it is ours. */
void
reader_fail_with(struct reader *r, const struct err *why)
{
    struct str code = arena_printf(r->a, "%s", why->code);

    reader_fail_as(r,
                   str_starts(code, STR("profile-")) ? code.p : "profile-value",
                   "%s", why->text);
}

enum status
reader_say_fault(const struct profile_fault *fault, struct err *err)
{
    if (fault->rule.p == NULL)
        return err_set(err, ST_REJECT, fault->code, "%.*s: %.*s",
                       STR_ARG(fault->place), STR_ARG(fault->why));
    return err_set(err, ST_REJECT, fault->code, "%.*s: rule %.*s: %.*s",
                   STR_ARG(fault->place), STR_ARG(fault->rule),
                   STR_ARG(fault->why));
}

/* ---- values at a key ---- */

static const char *
missing_code(const char *key)
{
    return strcmp(key, "source") == 0 ? "profile-source" : "profile-missing";
}

/* The member `key`; absent is an error unless `optional`. */
const struct json *
reader_member(struct reader *r, const struct json *v, const char *key,
              bool optional)
{
    const struct json *m = json_get(v, key);

    if (m == NULL && !optional)
        reader_fail_as(r, missing_code(key), "\"%s\" is missing", key);
    return m;
}

static const char *
text_code(const char *key)
{
    return strcmp(key, "source") == 0 ? "profile-source" : "profile-value";
}

static struct str
copy_text(struct reader *r, const struct json *v, const char *key,
          bool optional)
{
    const struct json *m = reader_member(r, v, key, optional);
    size_t before = json_path_key(&r->path, key);
    struct str s = STR_NULL;

    if (json_str(m, &s))
        s = arena_str(r->a, s);
    else if (m != NULL && !(optional && json_type_of(m) == JSON_T_NULL))
        reader_fail_as(r, text_code(key), "want a text");
    if (s.p != NULL && s.n == 0)
        reader_fail_as(r, text_code(key), "the text is empty");
    json_path_back(&r->path, before);
    return s;
}

struct str
reader_text(struct reader *r, const struct json *v, const char *key)
{
    return copy_text(r, v, key, false);
}

struct str
reader_text_or_null(struct reader *r, const struct json *v, const char *key)
{
    return copy_text(r, v, key, true);
}

int
reader_int_or(struct reader *r, const struct json *v, const char *key,
              struct reader_span span)
{
    const struct json *m = json_get(v, key);
    size_t before = json_path_key(&r->path, key);
    int64_t n = span.dflt;

    if (m != NULL && json_type_of(m) != JSON_T_NULL) {
        if (!json_int(m, &n))
            reader_fail(r, "want a whole number");
        else if (n < span.min || n > span.max)
            reader_fail_as(r, "profile-limit", "want %d..%d", span.min,
                           span.max);
        if (r->st != ST_OK)
            n = span.dflt;
    }
    json_path_back(&r->path, before);
    return (int)n;
}

int
reader_int(struct reader *r, const struct json *v, const char *key, int min,
           int max)
{
    if (reader_member(r, v, key, false) == NULL)
        return 0;
    return reader_int_or(
        r, v, key, (struct reader_span){ .min = min, .max = max, .dflt = min });
}

bool
reader_bool_or(struct reader *r, const struct json *v, const char *key,
               bool dflt)
{
    const struct json *m = json_get(v, key);
    bool b = dflt;

    if (m != NULL && !json_bool(m, &b))
        reader_fail(r, "\"%s\" is neither true nor false", key);
    return b;
}

/* Enter `key`, which must hold a `type`; NULL with an error otherwise. */
const struct json *
reader_enter(struct reader *r, const struct json *v, const char *key,
             enum json_type type, size_t *before)
{
    const struct json *m = reader_member(r, v, key, false);

    *before = json_path_key(&r->path, key);
    if (m != NULL && json_type_of(m) != type) {
        reader_fail(r, "want %s, found %s", json_type_name(type),
                    json_type_name(json_type_of(m)));
        return NULL;
    }
    return m;
}

/* Most settings are {"value": ..., "source": ...}: a value without its source
 * is refused. */
const struct json *
reader_enter_value(struct reader *r, const struct json *v, const char *key,
                   size_t *before)
{
    const struct json *m = reader_enter(r, v, key, JSON_T_OBJECT, before);

    if (m != NULL)
        (void)reader_text(r, m, "source");
    return m == NULL ? NULL : reader_member(r, m, "value", false);
}

struct str
reader_text_value(struct reader *r, const struct json *v, const char *key)
{
    size_t before;
    struct str s;

    (void)reader_enter_value(r, v, key, &before);
    s = reader_text(r, json_get(v, key), "value");
    json_path_back(&r->path, before);
    return s;
}

static struct texts
texts_of(struct reader *r, const struct json *list)
{
    size_t n = json_size(list);
    struct str *at = arena_array(r->a, n, sizeof *at);

    if (list != NULL && json_type_of(list) != JSON_T_ARRAY)
        reader_fail(r, "want a list");
    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        if (!json_str(json_at(list, i), &at[i]))
            reader_fail(r, "item %zu is no text", i);
        else
            at[i] = arena_str(r->a, at[i]);
    }
    return (struct texts){ .at = at, .n = r->st == ST_OK ? n : 0 };
}

struct texts
reader_texts_value(struct reader *r, const struct json *v, const char *key)
{
    size_t before;
    struct texts t = texts_of(r, reader_enter_value(r, v, key, &before));

    json_path_back(&r->path, before);
    return t;
}

struct texts
reader_texts_or_none(struct reader *r, const struct json *v, const char *key)
{
    size_t before = json_path_key(&r->path, key);
    struct texts t = texts_of(r, json_get(v, key));

    json_path_back(&r->path, before);
    return t;
}

int
reader_code(struct reader *r, const struct codes *codes, struct str word)
{
    int code = codes_find(codes, word);

    if (code == 0 && r->st == ST_OK)
        reader_fail(r, "\"%.*s\" is no %s", STR_ARG(word), codes->name);
    return code;
}

date_d
reader_date(struct reader *r, struct str text)
{
    date_d d = DATE_NONE;

    if (r->st == ST_OK && !date_parse(text, &d))
        reader_fail(r, "\"%.*s\" is no date", STR_ARG(text));
    return d;
}

/* "HH:MM" as minutes after midnight. */
int
reader_minutes(struct reader *r, const struct json *v, const char *key)
{
    struct str s = reader_text(r, v, key);
    char copy[6] = "";
    int hour = 0;
    int minute = 0;

    if (r->st != ST_OK)
        return 0;
    if (s.n == sizeof copy - 1)
        memcpy(copy, s.p, s.n);
    if (copy[2] != ':' || strspn(copy, "0123456789:") != sizeof copy - 1) {
        reader_fail(r, "\"%s\" is no time HH:MM", key);
        return 0;
    }
    hour = (copy[0] - '0') * 10 + copy[1] - '0';
    minute = (copy[3] - '0') * 10 + copy[4] - '0';
    if (hour > 24 || minute >= MINUTES_AN_HOUR)
        reader_fail(r, "\"%s\" is no time of day", key);
    return hour * MINUTES_AN_HOUR + minute;
}

enum status
reader_parse(struct reader *r, struct str text, struct json **document,
             struct err *err)
{
    struct err why = { .code = "" };

    r->st = json_parse(text, READER_BYTES_MAX, document, &why);
    if (r->st == ST_REJECT) {
        r->st = ST_OK;
        reader_fail_as(r, "profile-text", "%s", why.text);
    } else if (r->st != ST_OK && err != NULL) {
        *err = why;
    }
    return r->st;
}
