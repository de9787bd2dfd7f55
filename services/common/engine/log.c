#include "common/engine/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    LINE_SIZE = 2048,
    END_SIZE = 3, /* of a line: quote, brace, line feed */
};

/* Written once at start, read by all threads afterwards. */
static char log_service[32];
static char log_instance[64];

void
log_open(const char *service, const char *instance)
{
    snprintf(log_service, sizeof log_service, "%s", service);
    snprintf(log_instance, sizeof log_instance, "%s", instance);
}

/* A line under construction. Once it is full nothing more goes in but its end. */
struct line {
    char text[LINE_SIZE];
    size_t n;
    bool full;
};

static void
put(struct line *l, const char *p, size_t n)
{
    if (l->n + n + END_SIZE > sizeof l->text)
        l->full = true;
    if (l->full)
        return;
    memcpy(l->text + l->n, p, n);
    l->n += n;
}

static void
put_text(struct line *l, const char *s)
{
    put(l, s, strlen(s));
}

/* Bytes of the character that `s` begins with; 0 if it is no UTF-8 (RFC 3629,
 * section 4). A NUL ends a character that was cut. */
static size_t
char_size(const char *s)
{
    static const struct {
        unsigned char low, high;           /* first byte */
        unsigned char next_low, next_high; /* second byte */
        size_t n;
    } rows[] = {
        { 0x00, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
        { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    const unsigned char *u = (const unsigned char *)s;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = 1;

        if (u[0] < rows[i].low || u[0] > rows[i].high)
            continue;
        if (rows[i].n == 1)
            return 1;
        if (u[1] < rows[i].next_low || u[1] > rows[i].next_high)
            return 0;
        while (++n < rows[i].n)
            if (u[n] < 0x80 || u[n] > 0xbf)
                return 0;
        return n;
    }
    return 0;
}

/* One character inside a string, whole or not at all; returns its bytes. */
static size_t
put_char(struct line *l, const char *s)
{
    size_t n = char_size(s);

    if (n == 0) {
        put(l, "?", 1);
        return 1;
    }
    if (*s == '"')
        put(l, "\\\"", 2);
    else if (*s == '\\')
        put(l, "\\\\", 2);
    else if ((unsigned char)*s < 0x20)
        put(l, " ", 1);
    else
        put(l, s, n);
    return n;
}

/* Begin a member: false, and nothing is there, if the line is full. */
static bool
open_member(struct line *l, const char *name, size_t n)
{
    size_t start = l->n;

    put_text(l, start > 1 ? ",\"" : "\""); /* behind the brace: the first */
    for (const char *end = name + n; name < end;)
        name += put_char(l, name);
    put(l, "\":\"", 3);
    if (l->full)
        l->n = start;
    return !l->full;
}

/* There is always room for this quote: END_SIZE. */
static void
close_member(struct line *l)
{
    l->text[l->n++] = '"';
}

static void
put_field(struct line *l, const char *name, const char *value)
{
    if (*value == '\0' || !open_member(l, name, strlen(name)))
        return;
    while (*value != '\0')
        value += put_char(l, value);
    close_member(l);
}

/* name=value pairs become members; a value may stand in double quotes. */
static void
put_pairs(struct line *l, const char *s)
{
    for (s += strspn(s, " "); *s != '\0'; s += strspn(s, " ")) {
        size_t n = strcspn(s, "=");
        bool quoted;

        if (!open_member(l, s, n))
            return;
        s += n;
        if (*s == '=')
            s++;
        quoted = *s == '"';
        if (quoted)
            s++;
        /* A quoted value is the last one: its text may hold quotes itself. */
        while (*s != '\0' && (quoted || *s != ' ')) {
            if (quoted && *s == '"' && s[1] == '\0')
                s++;
            else
                s += put_char(l, s);
        }
        close_member(l);
    }
}

static void
put_now(struct line *l)
{
    struct timespec ts;
    struct tm tm;
    char text[40];
    size_t n;

    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%03ldZ", ts.tv_nsec / 1000000);
    put_field(l, "at", text);
}

__attribute__((format(printf, 3, 0))) static void
write_line(const char *level, const char *event, const char *fmt, va_list ap)
{
    struct line l = { .n = 0 };
    char pairs[LINE_SIZE];

    vsnprintf(pairs, sizeof pairs, fmt, ap);
    put_text(&l, "{");
    put_field(&l, "event", event);
    put_field(&l, "level", level);
    put_now(&l);
    put_field(&l, "service", log_service);
    put_field(&l, "instance", log_instance);
    put_pairs(&l, pairs);
    l.text[l.n++] = '}';
    l.text[l.n++] = '\n';
    fwrite(l.text, 1, l.n, stderr); /* one call: lines of threads stay whole */
}

void
log_info(const char *event, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    write_line("info", event, fmt, ap);
    va_end(ap);
}

void
log_warn(const char *event, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    write_line("warn", event, fmt, ap);
    va_end(ap);
}

void
log_error(const char *event, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    write_line("error", event, fmt, ap);
    va_end(ap);
}
