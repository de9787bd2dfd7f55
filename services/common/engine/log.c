#include "common/engine/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LINE_SIZE = 2048 };

/* Written once at start, read by all threads afterwards. */
static char log_service[32];
static char log_instance[64];

void
log_open(const char *service, const char *instance)
{
    snprintf(log_service, sizeof log_service, "%s", service);
    snprintf(log_instance, sizeof log_instance, "%s", instance);
}

struct line {
    char text[LINE_SIZE];
    size_t n;
};

static void
put(struct line *l, char c)
{
    if (l->n + 4 < sizeof l->text) /* room for the end of the line */
        l->text[l->n++] = c;
}

static void
put_text(struct line *l, const char *s)
{
    while (*s != '\0')
        put(l, *s++);
}

static void
put_escaped(struct line *l, char c)
{
    unsigned char u = (unsigned char)c;

    if (c == '"' || c == '\\')
        put(l, '\\');
    put(l, u < 0x20 ? ' ' : c);
}

static void
put_string(struct line *l, const char *s)
{
    put(l, '"');
    for (; *s != '\0'; s++)
        put_escaped(l, *s);
    put(l, '"');
}

static void
put_field(struct line *l, const char *name, const char *value)
{
    if (*value == '\0')
        return;
    put_text(l, ",\"");
    put_text(l, name);
    put_text(l, "\":");
    put_string(l, value);
}

/* name=value pairs become members; a value may stand in double quotes. */
static void
put_pairs(struct line *l, const char *s)
{
    while (*s != '\0') {
        bool quoted;

        while (*s == ' ')
            s++;
        if (*s == '\0')
            break;
        put_text(l, ",\"");
        while (*s != '\0' && *s != '=')
            put_escaped(l, *s++);
        put_text(l, "\":\"");
        if (*s == '=')
            s++;
        quoted = *s == '"';
        if (quoted)
            s++;
        /* A quoted value is the last one: its text may hold quotes itself. */
        for (; *s != '\0' && (quoted || *s != ' '); s++)
            if (!quoted || *s != '"' || s[1] != '\0')
                put_escaped(l, *s);
        put(l, '"');
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
    put_text(&l, "{\"event\":");
    put_string(&l, event);
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
