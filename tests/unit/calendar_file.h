/**
 * The real calendar for unit tests: calendars/england-and-wales.json, read by
 * looking for its keys. A core has no JSON parser and these tests link the
 * core alone.
 */
#ifndef WAYMARK_TESTS_UNIT_CALENDAR_FILE_H
#define WAYMARK_TESTS_UNIT_CALENDAR_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/calendar.h"

/* The whole file at `path` below the repository's root; the caller frees. */
static char *
read_project_file(const char *path)
{
    const char *root = getenv("WAYMARK_ROOT");
    char full[4096];
    char *text = calloc(1, 65536);
    FILE *f;

    (void)snprintf(full, sizeof full, "%s/%s", root == NULL ? "." : root, path);
    f = fopen(full, "r");
    if (f == NULL || text == NULL || fread(text, 1, 65535, f) == 0) {
        (void)fprintf(stderr, "cannot read %s; set WAYMARK_ROOT\n", full);
        exit(1);
    }
    (void)fclose(f);
    return text;
}

/* What stands in quotes behind the next `key` from `*at`; null if none. */
static struct str
next_value(const char **at, const char *key)
{
    const char *p = strstr(*at, key);

    if (p == NULL)
        return STR_NULL;
    p = strchr(p + strlen(key), '"') + 1;
    *at = strchr(p, '"');
    return (struct str){ .p = p, .n = (size_t)(*at - p) };
}

static date_d
calendar_date(struct str text)
{
    date_d d;

    if (!date_parse(text, &d))
        abort();
    return d;
}

static time_ms
calendar_instant(struct str text)
{
    const struct zone utc = { .n = 0 };
    time_ms t;

    if (time_parse(&utc, text, &t, NULL) != ST_OK)
        abort();
    return t;
}

struct calendar_file {
    date_d holidays[400];
    struct zone_change changes[100];
    struct calendar cal; /* points into the two lists */
};

static void
calendar_file_read(struct calendar_file *f)
{
    char *text = read_project_file("calendars/england-and-wales.json");
    const char *at = text;
    struct calendar *cal = &f->cal;
    struct str value;

    *f = (struct calendar_file){ .cal.n = 0 };
    cal->first = calendar_date(next_value(&at, "\"first\":"));
    cal->last = calendar_date(next_value(&at, "\"last\":"));
    for (;;) {
        value = next_value(&at, "\"date\":");
        if (value.p == NULL)
            break;
        f->holidays[cal->n++] = calendar_date(value);
    }
    for (;;) {
        value = next_value(&at, "\"spring_forward_utc\":");
        if (value.p == NULL)
            break;
        f->changes[cal->zone.n++] =
            (struct zone_change){ .at = calendar_instant(value),
                                  .offset_s = 3600 };
        f->changes[cal->zone.n++] = (struct zone_change){
            .at = calendar_instant(next_value(&at, "\"autumn_back_utc\":")),
            .offset_s = 0
        };
    }
    cal->holidays = f->holidays;
    cal->zone.changes = f->changes;
    free(text);
}

#endif
