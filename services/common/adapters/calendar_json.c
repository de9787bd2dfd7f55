#include "common/adapters/calendar_json.h"

#include "common/adapters/reader.h"

#include <stdlib.h>

static int
compare_dates(const void *a, const void *b)
{
    const date_d *x = a;
    const date_d *y = b;

    return (*x > *y) - (*x < *y);
}

static void
read_holidays(struct reader *r, const struct json *top, struct calendar *cal)
{
    size_t before;
    const struct json *list =
        reader_enter(r, top, "holidays", JSON_T_ARRAY, &before);
    size_t n = json_size(list);
    date_d *at = arena_array(r->a, n, sizeof *at);

    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        size_t inner = json_path_index(&r->path, i);

        at[i] = reader_date(r, reader_text(r, json_at(list, i), "date"));
        if (r->st == ST_OK && (at[i] < cal->first || at[i] > cal->last))
            reader_fail(r, "the day lies outside \"covers\"");
        json_path_back(&r->path, inner);
    }
    if (n > 0)
        qsort(at, n, sizeof *at, compare_dates);
    cal->holidays = at;
    cal->n = n;
    json_path_back(&r->path, before);
}

static time_ms
instant_at(struct reader *r, const struct json *v, const char *key)
{
    const struct zone utc = { .n = 0 };
    struct str text = reader_text(r, v, key);
    time_ms t = TIME_NONE;
    struct err why;

    if (r->st == ST_OK && time_parse(&utc, text, &t, &why) != ST_OK)
        reader_fail_with(r, &why);
    return t;
}

static void
read_changes(struct reader *r, const struct json *top, struct calendar *cal)
{
    size_t before;
    const struct json *list =
        reader_enter(r, top, "clock_changes", JSON_T_ARRAY, &before);
    size_t n = json_size(list);
    struct zone_change *at = arena_array(r->a, 2 * n, sizeof *at);

    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        const struct json *v = json_at(list, i);
        size_t inner = json_path_index(&r->path, i);

        at[2 * i] = (struct zone_change){
            .at = instant_at(r, v, "spring_forward_utc"),
            .offset_s = (int32_t)(HOUR_MS / SECOND_MS),
        };
        at[2 * i + 1] = (struct zone_change){
            .at = instant_at(r, v, "autumn_back_utc"),
        };
        if (at[2 * i + 1].at <= at[2 * i].at ||
            (i > 0 && at[2 * i].at <= at[2 * i - 1].at))
            reader_fail(r, "clock changes are not in order");
        json_path_back(&r->path, inner);
    }
    cal->zone = (struct zone){ .changes = at, .n = 2 * n };
    json_path_back(&r->path, before);
}

static void
read_calendar(struct reader *r, const struct json *top, struct calendar *cal)
{
    size_t before;
    const struct json *v =
        reader_enter(r, top, "covers", JSON_T_OBJECT, &before);

    cal->first = reader_date(r, reader_text(r, v, "first"));
    cal->last = reader_date(r, reader_text(r, v, "last"));
    if (r->st == ST_OK && cal->last < cal->first)
        reader_fail(r, "the span ends before it begins");
    json_path_back(&r->path, before);
    read_holidays(r, top, cal);
    read_changes(r, top, cal);
}

enum status
calendar_json_read(struct arena *a, struct str text, struct calendar *out,
                   struct err *err)
{
    struct reader r = { .a = a, .code = "calendar" };
    struct json *document = NULL;

    json_path_root(&r.path);
    *out = (struct calendar){ .n = 0 };
    if (reader_parse(&r, text, &document, err) == ST_OK)
        read_calendar(&r, document, out);
    json_free(document);
    return r.st == ST_REJECT ? reader_say_fault(&r.fault, err) : r.st;
}
