#include "common/adapters/json.h"

#include <jansson.h>

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_DEPTH_MAX 63 /* bits of has_items */
#define OUT_FIRST_BYTES 512

static const json_t *
lib(const struct json *v)
{
    return (const json_t *)(const void *)v;
}

static const struct json *
ours(const json_t *v)
{
    return (const struct json *)(const void *)v;
}

/* Where a fault stands, counted as people do: from 1. */
struct place {
    size_t line;
    size_t column; /* in bytes */
};

static enum status
refuse(struct err *err, const char *code, struct place at, const char *why)
{
    return err_set(err, ST_REJECT, code, "line %zu, column %zu: %s", at.line,
                   at.column, why);
}

/*
 * What jansson doesn't limit (depth; it stops at 2048) or doesn't tell apart
 * (control characters), found in one pass before it builds anything.
 */
static enum status
scan(struct str text, struct err *err)
{
    struct place at = { .line = 1, .column = 0 };
    bool in_string = false;
    bool escaped = false;
    int depth = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        at.column++;
        if (c == '\0')
            return refuse(err, "R17", at, "NUL byte");
        if (in_string) {
            if (c < 0x20)
                return refuse(err, "R17", at, "control character in a string");
            if (escaped)
                escaped = false;
            else if (c == '\\')
                escaped = true;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return refuse(err, "R03", at, "nested deeper than 32");
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == '\n') {
            at.line++;
            at.column = 0;
        }
    }
    return ST_OK;
}

/* ---- looking without building -------------------------------------------- */

struct skim {
    struct str text;
    size_t at;
    int depth;    /* how much deeper it may go */
    bool control; /* ended at a control character in a string */
};

static bool skim_value(struct skim *c);

static int
peek(const struct skim *c)
{
    return c->at < c->text.n ? (unsigned char)c->text.p[c->at] : -1;
}

static int
peek_behind_space(struct skim *c)
{
    while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\n' ||
           peek(c) == '\r')
        c->at++;
    return peek(c);
}

static bool
take(struct skim *c, int wanted)
{
    if (peek(c) != wanted)
        return false;
    c->at++;
    return true;
}

static bool
skim_word(struct skim *c, const char *word)
{
    for (; *word != '\0'; word++)
        if (!take(c, *word))
            return false;
    return true;
}

static bool
skim_digits(struct skim *c)
{
    size_t from = c->at;

    while (peek(c) >= '0' && peek(c) <= '9')
        c->at++;
    return c->at > from;
}

static bool
skim_number(struct skim *c)
{
    (void)take(c, '-');
    if (!take(c, '0') && !skim_digits(c))
        return false;
    if (take(c, '.') && !skim_digits(c))
        return false;
    if (!take(c, 'e') && !take(c, 'E'))
        return true;
    if (!take(c, '+'))
        (void)take(c, '-');
    return skim_digits(c);
}

static bool
skim_escape(struct skim *c)
{
    int kind = peek(c);

    if (kind <= 0 || strchr("\"\\/bfnrtu", kind) == NULL)
        return false;
    c->at++;
    for (int i = 0; kind == 'u' && i < 4; i++) {
        int digit = peek(c);

        if (digit <= 0 || strchr("0123456789abcdefABCDEF", digit) == NULL)
            return false;
        c->at++;
    }
    return true;
}

static bool
skim_string(struct skim *c)
{
    if (!take(c, '"'))
        return false;
    for (;;) {
        int byte = peek(c);

        c->control = byte >= 0 && byte < 0x20;
        if (byte < 0x20)
            return false;
        c->at++;
        if (byte == '"')
            return true;
        if (byte == '\\' && !skim_escape(c))
            return false;
    }
}

/* Members or items up to `end`, the opening bracket taken. */
static bool
skim_many(struct skim *c, int end)
{
    if (peek_behind_space(c) == end)
        return take(c, end);
    do {
        if (end == '}') {
            (void)peek_behind_space(c);
            if (!skim_string(c) || peek_behind_space(c) != ':')
                return false;
            c->at++;
        }
        if (!skim_value(c))
            return false;
        (void)peek_behind_space(c);
    } while (take(c, ','));
    return take(c, end);
}

static bool
skim_value(struct skim *c)
{
    int first = peek_behind_space(c);
    bool ok;

    switch (first) {
    case '{':
    case '[':
        if (c->depth == 0)
            return false;
        c->depth--;
        c->at++;
        ok = skim_many(c, first == '{' ? '}' : ']');
        c->depth++;
        return ok;
    case '"':
        return skim_string(c);
    case 't':
        return skim_word(c, "true");
    case 'f':
        return skim_word(c, "false");
    case 'n':
        return skim_word(c, "null");
    default:
        return skim_number(c);
    }
}

static struct place
place_of(struct str text, size_t at)
{
    struct place place = { .line = 1, .column = 1 };

    for (size_t i = 0; i < at; i++) {
        place.column++;
        if (text.p[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

enum status
json_check(struct str text, int depth_max, struct err *err)
{
    struct skim c = { .text = text, .depth = depth_max };

    if (skim_value(&c) && peek_behind_space(&c) == -1)
        return ST_OK;
    if (peek(&c) == '\0')
        return refuse(err, "R17", place_of(text, c.at), "NUL byte");
    if (c.control)
        return refuse(err, "R17", place_of(text, c.at), "control character");
    return refuse(err, "R03", place_of(text, c.at), "not JSON");
}

size_t
json_count(struct str text)
{
    bool in_string = false;
    size_t n = 1;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string)
            n += c == ',' || c == '[' || c == '{';
    }
    return n;
}

struct str
json_without_mark(struct str text)
{
    static const struct str mark = { "\xef\xbb\xbf", 3 };

    if (!str_starts(text, mark))
        return text;
    return (struct str){ .p = text.p + mark.n, .n = text.n - mark.n };
}

/* ---- reading ------------------------------------------------------------- */

/* jansson's own text quotes the input, so the reason is written here. */
static enum status
refuse_as(const json_error_t *e, struct err *err)
{
    struct place at = { .line = e->line < 1 ? 1 : (size_t)e->line,
                        .column = e->column < 0 ? 0 : (size_t)e->column };

    switch (json_error_code(e)) {
    case json_error_invalid_utf8:
        return refuse(err, "R17", at, "not UTF-8");
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return refuse(err, "R17", at, "NUL in a string");
    case json_error_duplicate_key:
        return refuse(err, "R03", at, "a key stands twice in an object");
    case json_error_numeric_overflow:
        return refuse(err, "R03", at, "number out of range");
    case json_error_premature_end_of_input:
        return refuse(err, "R03", at, "the document ends too early");
    case json_error_end_of_input_expected:
        return refuse(err, "R03", at, "text after the document's end");
    case json_error_out_of_memory:
        return err_set(err, ST_RETRY, "memory", "no memory for a document");
    default:
        return refuse(err, "R03", at, "not JSON");
    }
}

enum status
json_parse(struct str text, size_t max_bytes, struct json **out,
           struct err *err)
{
    json_error_t e;
    json_t *v;
    enum status rc;

    *out = NULL;
    if (text.n > max_bytes)
        return err_set(err, ST_REJECT, "R04",
                       "document has %zu bytes, at most %zu allowed", text.n,
                       max_bytes);
    text = json_without_mark(text);
    rc = scan(text, err);
    if (rc != ST_OK)
        return rc;
    v = json_loadb(text.p == NULL ? "" : text.p, text.n,
                   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (v == NULL)
        return refuse_as(&e, err);
    *out = (struct json *)(void *)v;
    return ST_OK;
}

void
json_free(struct json *document)
{
    json_decref((json_t *)(void *)document);
}

enum json_type
json_type_of(const struct json *v)
{
    if (v == NULL)
        return JSON_T_NONE;
    switch (json_typeof(lib(v))) {
    case JSON_OBJECT:
        return JSON_T_OBJECT;
    case JSON_ARRAY:
        return JSON_T_ARRAY;
    case JSON_STRING:
        return JSON_T_STRING;
    case JSON_INTEGER:
        return JSON_T_INT;
    case JSON_REAL:
        return JSON_T_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_T_BOOL;
    case JSON_NULL:
        return JSON_T_NULL;
    }
    return JSON_T_NONE;
}

const char *
json_type_name(enum json_type t)
{
    static const char *const names[] = {
        [JSON_T_NONE] = "nothing", [JSON_T_NULL] = "null",
        [JSON_T_BOOL] = "boolean", [JSON_T_INT] = "whole number",
        [JSON_T_REAL] = "number",  [JSON_T_STRING] = "string",
        [JSON_T_ARRAY] = "array",  [JSON_T_OBJECT] = "object",
    };

    return names[t];
}

const struct json *
json_get(const struct json *v, const char *key)
{
    return v == NULL ? NULL : ours(json_object_get(lib(v), key));
}

size_t
json_size(const struct json *v)
{
    switch (json_type_of(v)) {
    case JSON_T_ARRAY:
        return json_array_size(lib(v));
    case JSON_T_OBJECT:
        return json_object_size(lib(v));
    default:
        return 0;
    }
}

const struct json *
json_at(const struct json *v, size_t i)
{
    return v == NULL ? NULL : ours(json_array_get(lib(v), i));
}

struct json_each
json_each_of(const struct json *v)
{
    return (struct json_each){ .object = v,
                               .ended = json_type_of(v) != JSON_T_OBJECT };
}

bool
json_each_next(struct json_each *each, struct str *key,
               const struct json **value)
{
    /* jansson's walk takes a non-const object but changes nothing in it. */
    json_t *object = (json_t *)(uintptr_t)lib(each->object);

    if (each->ended)
        return false;
    each->at = each->at == NULL ? json_object_iter(object)
                                : json_object_iter_next(object, each->at);
    if (each->at == NULL) {
        each->ended = true;
        return false;
    }
    *key = str_of(json_object_iter_key(each->at));
    *value = ours(json_object_iter_value(each->at));
    return true;
}

bool
json_str(const struct json *v, struct str *out)
{
    if (json_type_of(v) != JSON_T_STRING)
        return false;
    *out = (struct str){ .p = json_string_value(lib(v)),
                         .n = json_string_length(lib(v)) };
    return true;
}

bool
json_int(const struct json *v, int64_t *out)
{
    if (json_type_of(v) != JSON_T_INT)
        return false;
    *out = (int64_t)json_integer_value(lib(v));
    return true;
}

bool
json_bool(const struct json *v, bool *out)
{
    if (json_type_of(v) != JSON_T_BOOL)
        return false;
    *out = json_is_true(lib(v));
    return true;
}

bool
json_number_text(const struct json *v, char out[JSON_NUMBER_SIZE])
{
    double d;

    if (json_type_of(v) == JSON_T_INT) {
        (void)snprintf(out, JSON_NUMBER_SIZE, "%" PRId64,
                       (int64_t)json_integer_value(lib(v)));
        return true;
    }
    if (json_type_of(v) != JSON_T_REAL)
        return false;
    d = json_real_value(lib(v));
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(out, JSON_NUMBER_SIZE, "%.*g", digits, d);
        if (strtod(out, NULL) == d)
            break;
    }
    return true;
}

void
json_path_root(struct json_path *path)
{
    path->text[0] = '\0';
    path->n = 0;
}

static void
path_put(struct json_path *path, char c)
{
    if (path->n + 1 < sizeof path->text) {
        path->text[path->n++] = c;
        path->text[path->n] = '\0';
    }
}

size_t
json_path_key(struct json_path *path, const char *key)
{
    size_t before = path->n;

    path_put(path, '/');
    for (; *key != '\0'; key++) {
        if (*key == '~' || *key == '/') {
            path_put(path, '~');
            path_put(path, *key == '~' ? '0' : '1');
        } else {
            path_put(path, *key);
        }
    }
    return before;
}

size_t
json_path_index(struct json_path *path, size_t i)
{
    char digits[24];

    (void)snprintf(digits, sizeof digits, "%zu", i);
    return json_path_key(path, digits);
}

void
json_path_back(struct json_path *path, size_t before)
{
    assert(before <= path->n);
    path->n = before;
    path->text[before] = '\0';
}

void
json_out_init(struct json_out *o, struct arena *arena)
{
    *o = (struct json_out){ .arena = arena };
}

void
json_out_free(struct json_out *o)
{
    if (o->arena == NULL)
        free(o->p);
    json_out_init(o, o->arena);
}

void
json_out_reset(struct json_out *o)
{
    o->n = 0;
    o->failed = false;
    o->after_key = false;
    o->depth = 0;
    o->has_items = 0;
}

/* Room for `more` bytes and the NUL behind them; false without memory. */
static bool
reserve(struct json_out *o, size_t more)
{
    size_t cap = o->cap == 0 ? OUT_FIRST_BYTES : o->cap;
    char *p;

    if (o->failed)
        return false;
    if (more >= SIZE_MAX / 2 - o->n) {
        o->failed = true;
        return false;
    }
    if (o->n + more + 1 <= o->cap)
        return true;
    while (cap < o->n + more + 1)
        cap *= 2;
    if (o->arena != NULL) {
        p = arena_alloc(o->arena, cap);
        if (o->n > 0)
            memcpy(p, o->p, o->n);
    } else {
        p = realloc(o->p, cap);
    }
    if (p == NULL) {
        o->failed = true;
        return false;
    }
    o->p = p;
    o->cap = cap;
    return true;
}

static void
put(struct json_out *o, const char *p, size_t n)
{
    if (n > 0 && reserve(o, n)) {
        memcpy(o->p + o->n, p, n);
        o->n += n;
    }
}

/* What stands between the value before and the one that comes now. */
static void
begin_value(struct json_out *o)
{
    uint64_t bit = (uint64_t)1 << o->depth;

    if (o->after_key)
        o->after_key = false;
    else if ((o->has_items & bit) != 0)
        put(o, ",", 1);
    o->has_items |= bit;
}

static void
open_level(struct json_out *o, const char *bracket)
{
    begin_value(o);
    assert(o->depth < OUT_DEPTH_MAX);
    o->depth++;
    o->has_items &= ~((uint64_t)1 << o->depth);
    put(o, bracket, 1);
}

static void
close_level(struct json_out *o, const char *bracket)
{
    assert(o->depth > 0 && !o->after_key);
    o->depth--;
    put(o, bracket, 1);
}

void
json_out_object(struct json_out *o)
{
    open_level(o, "{");
}

void
json_out_object_end(struct json_out *o)
{
    close_level(o, "}");
}

void
json_out_array(struct json_out *o)
{
    open_level(o, "[");
}

void
json_out_array_end(struct json_out *o)
{
    close_level(o, "]");
}

/*
 * Bytes of the UTF-8 sequence at `p`, 0 if it is none: no overlong form, no
 * surrogate, nothing above U+10FFFF (RFC 3629 section 4).
 */
static size_t
utf8_length(const unsigned char *p, size_t n)
{
    size_t want;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        want = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        want = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        want = 4;
    else
        return 0;
    if (n < want)
        return 0;
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < want; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return want;
}

static void
put_control(struct json_out *o, unsigned char c)
{
    char text[8];

    (void)snprintf(text, sizeof text, "\\u%04x", (unsigned)c);
    put(o, text, 6);
}

/* The escape of a character that may not stand in a string, else NULL. */
static const char *
short_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

static void
put_quoted(struct json_out *o, struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t plain = 0; /* bytes before i that are not written yet */

    put(o, "\"", 1);
    for (size_t i = 0; i < s.n;) {
        size_t n = utf8_length(p + i, s.n - i);
        const char *escape = short_escape(p[i]);

        if (n > 0 && escape == NULL && p[i] >= 0x20 && p[i] != 0x7f) {
            i += n;
            plain += n;
            continue;
        }
        put(o, s.p + i - plain, plain);
        plain = 0;
        if (n == 0)
            put(o, "\xef\xbf\xbd", 3);
        else if (escape != NULL)
            put(o, escape, 2);
        else
            put_control(o, p[i]);
        i++;
    }
    if (plain > 0)
        put(o, s.p + s.n - plain, plain);
    put(o, "\"", 1);
}

void
json_out_key(struct json_out *o, const char *key)
{
    assert(o->depth > 0 && !o->after_key);
    begin_value(o);
    put_quoted(o, str_of(key));
    put(o, ":", 1);
    o->after_key = true;
}

void
json_out_str(struct json_out *o, struct str s)
{
    if (s.p == NULL) {
        json_out_null(o);
        return;
    }
    begin_value(o);
    put_quoted(o, s);
}

void
json_out_int(struct json_out *o, int64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRId64, v);

    begin_value(o);
    put(o, text, (size_t)n);
}

void
json_out_bool(struct json_out *o, bool v)
{
    begin_value(o);
    put(o, v ? "true" : "false", v ? 4 : 5);
}

void
json_out_null(struct json_out *o)
{
    begin_value(o);
    put(o, "null", 4);
}

/* RFC 8259 section 6, without exponent: -?(0|[1-9][0-9]*)(\.[0-9]+)? */
static bool
is_decimal(const char *c)
{
    size_t digits;

    if (*c == '-')
        c++;
    digits = strspn(c, "0123456789");
    if (digits == 0 || (digits > 1 && *c == '0'))
        return false;
    c += digits;
    if (*c == '.') {
        c++;
        digits = strspn(c, "0123456789");
        if (digits == 0)
            return false;
        c += digits;
    }
    return *c == '\0';
}

void
json_out_number(struct json_out *o, const char *decimal)
{
    assert(is_decimal(decimal));
    begin_value(o);
    /* A wrong one would break the whole text where asserts are off. */
    if (is_decimal(decimal))
        put(o, decimal, strlen(decimal));
    else
        put(o, "null", 4);
}

void
json_out_raw(struct json_out *o, struct str json)
{
    begin_value(o);
    put(o, json.p, json.n);
}

void
json_out_kstr(struct json_out *o, const char *key, struct str s)
{
    json_out_key(o, key);
    json_out_str(o, s);
}

void
json_out_kcstr(struct json_out *o, const char *key, const char *s)
{
    json_out_kstr(o, key, str_of(s));
}

void
json_out_kint(struct json_out *o, const char *key, int64_t v)
{
    json_out_key(o, key);
    json_out_int(o, v);
}

void
json_out_kbool(struct json_out *o, const char *key, bool v)
{
    json_out_key(o, key);
    json_out_bool(o, v);
}

struct str
json_out_text(struct json_out *o)
{
    assert(o->depth == 0 && !o->after_key);
    if (!reserve(o, 0))
        return STR_NULL;
    o->p[o->n] = '\0';
    return (struct str){ .p = o->p, .n = o->n };
}

char *
json_out_take(struct json_out *o, size_t *n)
{
    struct str text = json_out_text(o);
    char *p = o->p;

    assert(o->arena == NULL);
    *n = text.n;
    if (text.p == NULL) {
        json_out_free(o);
        return NULL;
    }
    o->p = NULL; /* the caller's from here */
    json_out_init(o, NULL);
    return p;
}
