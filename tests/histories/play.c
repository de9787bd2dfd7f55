/*
 * Made-up histories through metrics' own step, with rows in memory, each four
 * times: as it was told with every topic late by another while, topic after
 * topic as a rebuild reads it, topic after topic from the other end, and so
 * that nothing else is known before the settings are. In the last, what came
 * late (late_change) is left out: of limits, episodes and hand-overs that wait
 * for a calendar the last version alone is kept (docs/status.md).
 *
 *     play PROFILE CALENDAR SEED COUNT RECORDS ROWS
 *
 * Writes to RECORDS what stood on the topics and to ROWS the tables at the end,
 * as lines of JSON: {"h", "topic", "n", "type", "body"} and {"h", "table",
 * "row"}, h counting from 1. Prints "COUNT histories, N records, M rows, D
 * differ": D of them ended with other tables, to the byte, when read in another
 * order. Ends with 1 where one did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/calendar_json.h"
#include "common/adapters/profile_json.h"
#include "common/core/calendar.h"
#include "common/core/records.h"
#include "common/core/service.h"
#include "common/core/settings.h"
#include "common/engine/memory.h"
#include "common/engine/shelf.h"
#include "metrics/core/metrics.h"
#include "metrics/core/tables.h"
#include "tests/histories/history.h"
#include "tests/lib/any_record.h"
#include "tests/lib/fields_json.h"

enum { BATCH_MAX = 2000, TRIES = 8, DELAY_MAX = 80, LIVE_BATCH_MAX = 40 };

enum order {
    ORDER_TOLD,
    ORDER_TOPICS,
    ORDER_BACK,
    ORDER_SETTINGS_LAST, /* as ORDER_BACK, which has them first */
    ORDER_N,
};

struct play {
    struct arena *keep;  /* settings */
    struct arena *whole; /* of one history */
    struct arena *batch;
    struct profile profile;
    struct calendar calendar;
    struct settings_version version;
    struct settings settings; /* nothing before ConfigActivated */
    struct history history;
    struct shelf *shelf;
    time_ms told[TOPIC_N]; /* last TimeAdvanced */
    struct event events[BATCH_MAX];
    time_ms heard[BATCH_MAX];
    size_t n;
    size_t batch_max;
};

static void
fail(const char *what, const char *why)
{
    fprintf(stderr, "histories: %s: %s\n", what, why);
    exit(2);
}

static struct str
file_text(struct arena *a, const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = arena_alloc(a, 1 << 20);
    size_t n;

    if (in == NULL)
        fail(path, "can't be read");
    n = fread(text, 1, 1 << 20, in);
    (void)fclose(in);
    return (struct str){ .p = text, .n = n };
}

static FILE *
open_out(const char *path)
{
    FILE *out = fopen(path, "w");

    if (out == NULL)
        fail(path, "can't be written");
    return out;
}

/* ---- a batch ------------------------------------------------------------- */

static struct step
step_of(struct play *p, struct rows *rows, time_ms heard)
{
    return (struct step){ .arena = p->batch,
                          .rows = rows,
                          .settings = &p->settings,
                          .authority = 1,
                          .authority_name = STR("histories"),
                          .now = TIME_NONE,
                          .heard = heard };
}

static void
step_all(struct play *p, struct rows *rows)
{
    struct err err = { .code = "" };

    for (size_t i = 0; i < p->n; i++) {
        struct step step = step_of(p, rows, p->heard[i]);

        if (metrics_service.step(&step, &p->events[i], &err) != ST_OK)
            fail(err.code, err.text);
    }
}

static void
play_batch(struct play *p)
{
    struct rows *rows = rows_open(p->batch, metrics_tables, METRICS_TABLE_N);
    struct step step = step_of(p, rows, TIME_NONE);
    size_t mark = rows_mark(rows);
    struct err err = { .code = "" };
    int tries = 0;

    for (int round = 0; metrics_service.touch(&step, p->events, p->n, round);
         round++)
        shelf_load(p->shelf, rows);
    step_all(p, rows);
    while (rows_short(rows) && tries++ < TRIES) {
        rows_undo(rows, mark);
        shelf_load(p->shelf, rows);
        step_all(p, rows);
    }
    if (rows_miss(rows, &err) != ST_OK)
        fail(err.code, err.text);
    shelf_keep(p->shelf, rows);
    arena_reset(p->batch);
    p->n = 0;
}

/* Least that any topic has told. */
static time_ms
heard_of(const struct play *p)
{
    time_ms least = TIME_NEVER;

    for (size_t i = 0; i < metrics_service.n_inputs; i++)
        if (p->told[metrics_service.inputs[i]] < least)
            least = p->told[metrics_service.inputs[i]];
    return least;
}

static void
take(struct play *p, const struct event *ev)
{
    if (ev->type == REC_CONFIG_ACTIVATED)
        p->settings = (struct settings){ .versions = &p->version,
                                         .n = 1,
                                         .calendar = &p->calendar };
    if (ev->type == REC_TIME_ADVANCED)
        p->told[ev->topic] = ((const struct time_advanced *)ev->body)->at;
    p->heard[p->n] = heard_of(p);
    p->events[p->n++] = *ev;
    if (p->n == p->batch_max)
        play_batch(p);
}

/* ---- orders -------------------------------------------------------------- */

static void
play_topic(struct play *p, enum topic topic, size_t from)
{
    for (size_t i = from; i < p->history.topics[topic].n; i++)
        take(p, &p->history.topics[topic].events[i]);
}

/* The first record of casework: ConfigActivated. */
static void
take_settings(struct play *p)
{
    take(p, &p->history.topics[TOPIC_CASEWORK].events[0]);
}

/* The topic whose next record comes first; TOPIC_NONE at the end. */
static enum topic
next_topic(const struct play *p, const size_t at[], const size_t delay[])
{
    enum topic next = TOPIC_NONE;
    size_t first = SIZE_MAX;

    for (enum topic t = TOPIC_NONE + 1; t < TOPIC_N; t++) {
        const struct history_topic *list = &p->history.topics[t];

        if (at[t] < list->n && list->told[at[t]] + delay[t] < first) {
            first = list->told[at[t]] + delay[t];
            next = t;
        }
    }
    return next;
}

static void
play_told(struct play *p, uint64_t seed)
{
    size_t at[TOPIC_N] = { 0 };
    size_t delay[TOPIC_N];
    enum topic t;

    take_settings(p);
    at[TOPIC_CASEWORK]++;
    for (size_t i = 0; i < TOPIC_N; i++)
        delay[i] = any_below(&seed, DELAY_MAX);
    while ((t = next_topic(p, at, delay)) != TOPIC_NONE) {
        take(p, &p->history.topics[t].events[at[t]++]);
        if (p->n == 0)
            p->batch_max = 1 + any_below(&seed, LIVE_BATCH_MAX);
    }
}

static void
play_back(struct play *p, bool settings_last)
{
    if (!settings_last)
        take_settings(p);
    for (size_t i = metrics_service.n_inputs; i-- > 0;) {
        enum topic t = metrics_service.inputs[i];

        play_topic(p, t, t == TOPIC_CASEWORK && !settings_last);
    }
}

static void
play_history(struct play *p, enum order order, uint64_t seed)
{

    p->settings = (struct settings){ .n = 0 };
    for (size_t i = 0; i < TOPIC_N; i++)
        p->told[i] = TIME_NONE;
    p->n = 0;
    p->batch_max = order == ORDER_TOLD ? 1 : BATCH_MAX;
    if (order == ORDER_TOLD)
        play_told(p, seed + 1);
    for (size_t i = 0; order == ORDER_TOPICS && i < metrics_service.n_inputs;
         i++)
        play_topic(p, metrics_service.inputs[i], 0);
    if (order == ORDER_BACK || order == ORDER_SETTINGS_LAST)
        play_back(p, order == ORDER_SETTINGS_LAST);
    if (p->n > 0)
        play_batch(p);
}

/* ---- what comes of it ---------------------------------------------------- */

/* The rows at the end, a line each, in the order of their bytes. */
struct ending {
    char *text;
    char **lines;
    size_t n;
};

static void
write_rows(const struct shelf *shelf, FILE *out)
{
    for (size_t t = 0; t < METRICS_TABLE_N; t++) {
        const struct fields *f = &metrics_tables[t].fields;
        struct shelf_at at = { 0 };
        const void *row;

        while ((row = shelf_next(shelf, t, &at)) != NULL) {
            fprintf(out, "\"table\":\"%s\",\"row\":", f->name);
            fields_json(out, f, row);
            putc('\n', out);
        }
    }
}

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct ending
ending_of(const struct shelf *shelf)
{
    struct ending e = { .text = NULL };
    size_t size = 0;
    FILE *out = open_memstream(&e.text, &size);

    if (out == NULL)
        fail("memory", "there is none");
    write_rows(shelf, out);
    (void)fclose(out);
    e.lines = calloc(size + 1, sizeof *e.lines);
    if (e.lines == NULL)
        fail("memory", "there is none");
    for (char *p = e.text; *p != '\0'; p += strlen(p) + 1) {
        p[strcspn(p, "\n")] = '\0';
        e.lines[e.n++] = p;
    }
    qsort(e.lines, e.n, sizeof *e.lines, by_bytes);
    return e;
}

static void
ending_free(struct ending *e)
{
    free(e->lines);
    free(e->text);
}

/* Take the rows of late_change out. */
static void
forget_late(struct ending *e)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n; i++)
        if (strstr(e->lines[i], "\"table\":\"late_change\"") == NULL)
            e->lines[n++] = e->lines[i];
    e->n = n;
}

/* True where they are the same; else the first difference is named. */
static bool
is_same(const struct ending *a, const struct ending *b, size_t h)
{
    size_t i = 0;

    while (i < a->n && i < b->n && strcmp(a->lines[i], b->lines[i]) == 0)
        i++;
    if (i == a->n && i == b->n)
        return true;
    fprintf(stderr, "history %zu: %s\n      became: %s\n", h,
            i < a->n ? a->lines[i] : "nothing",
            i < b->n ? b->lines[i] : "nothing");
    return false;
}

static size_t
write_records(const struct history *h, size_t number, FILE *out)
{
    for (size_t t = 0; t < TOPIC_N; t++)
        for (size_t i = 0; i < h->topics[t].n; i++) {
            const struct event *ev = &h->topics[t].events[i];
            const struct fields *f = record_def(ev->type)->fields;

            fprintf(out,
                    "{\"h\":%zu,\"topic\":\"%s\",\"n\":%zu,\"type\":\"%s\","
                    "\"body\":",
                    number, topic_name(ev->topic), i, f->name);
            fields_json(out, f, ev->body);
            fputs("}\n", out);
        }
    return h->n;
}

struct totals {
    size_t records, rows, differ;
};

static void
play_one(struct play *p, uint64_t seed, size_t number, FILE *records,
         FILE *rows, struct totals *totals)
{
    struct ending endings[ORDER_N];
    bool same = true;

    history_make(&p->history, p->whole, seed, p->version.version);
    for (int o = 0; o < ORDER_N; o++) {
        p->shelf = shelf_open(metrics_tables, METRICS_TABLE_N);
        play_history(p, (enum order)o, seed);
        endings[o] = ending_of(p->shelf);
        shelf_close(p->shelf);
    }
    totals->records += write_records(&p->history, number, records);
    for (size_t i = 0; i < endings[0].n; i++)
        fprintf(rows, "{\"h\":%zu,%s}\n", number, endings[0].lines[i]);
    totals->rows += endings[0].n;
    for (int o = 1; o < ORDER_N; o++) {
        if (o == ORDER_SETTINGS_LAST) {
            forget_late(&endings[0]);
            forget_late(&endings[o]);
        }
        same = same && is_same(&endings[0], &endings[o], number);
    }
    totals->differ += !same;
    for (int o = 0; o < ORDER_N; o++)
        ending_free(&endings[o]);
    arena_reset(p->whole);
}

static void
read_settings(struct play *p, const char *profile, const char *calendar)
{
    struct err err = { .code = "" };

    if (profile_json_read(p->keep, file_text(p->keep, profile), &p->profile,
                          &err) != ST_OK ||
        calendar_json_read(p->keep, file_text(p->keep, calendar), &p->calendar,
                           &err) != ST_OK)
        fail(err.code, err.text);
    p->version = (struct settings_version){ .version = p->profile.version_id,
                                            .profile = &p->profile };
}

int
main(int argc, char **argv)
{
    static struct play p;
    struct totals totals = { .records = 0 };
    FILE *records, *rows;
    size_t count;

    if (argc != 7)
        fail("usage", "play PROFILE CALENDAR SEED COUNT RECORDS ROWS");
    p.keep = memory_open((size_t)64 << 20);
    p.whole = memory_open((size_t)64 << 20);
    p.batch = memory_open((size_t)512 << 20);
    read_settings(&p, argv[1], argv[2]);
    count = strtoul(argv[4], NULL, 10);
    records = open_out(argv[5]);
    rows = open_out(argv[6]);
    for (size_t i = 0; i < count; i++)
        play_one(&p, strtoull(argv[3], NULL, 10) * 1000003 + i, i + 1, records,
                 rows, &totals);
    if (fclose(records) != 0 || fclose(rows) != 0)
        fail("files", "can't be written");
    printf("%zu histories, %zu records, %zu rows, %zu differ\n", count,
           totals.records, totals.rows, totals.differ);
    return totals.differ > 0;
}
