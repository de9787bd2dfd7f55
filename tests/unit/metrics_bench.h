/**
 * Metrics in memory for unit tests: the service's touch and step over rows
 * that are loaded anew for every batch, as from a database, and settings that
 * come with ConfigActivated. Links the core alone.
 */
#ifndef WAYMARK_TESTS_UNIT_METRICS_BENCH_H
#define WAYMARK_TESTS_UNIT_METRICS_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar_file.h"
#include "common/core/profile.h"
#include "common/core/records.h"
#include "common/core/settings.h"
#include "metrics/core/metrics.h"
#include "metrics/core/tables.h"
#include "tests/lib/heap.h"

#define BENCH_ROWS 512
#define BENCH_VERSIONS 4

struct bench {
    struct arena arena;
    const void *rows[METRICS_TABLE_N][BENCH_ROWS];
    size_t n_rows[METRICS_TABLE_N];
    struct calendar_file calendar;
    struct settings_version versions[BENCH_VERSIONS];
    struct settings settings;
    time_ms heard[SERVICE_INPUTS_MAX];
    struct err err;
};

static struct bench *
bench_open(void)
{
    struct bench *b = calloc(1, sizeof *b);

    if (b == NULL)
        abort();
    heap_arena(&b->arena);
    calendar_file_read(&b->calendar);
    b->settings.versions = b->versions;
    for (size_t i = 0; i < SERVICE_INPUTS_MAX; i++)
        b->heard[i] = TIME_NONE;
    return b;
}

static void
bench_close(struct bench *b)
{
    heap_release(&b->arena);
    free(b);
}

/* An arena's own copy, texts and all: what a database does. */
static void *
bench_copy(struct bench *b, const struct fields *f, const void *row)
{
    char *to = arena_copy(&b->arena, row, f->size);

    for (size_t i = 0; i < f->n; i++) {
        if (f->at[i].type == F_TEXT || f->at[i].type == F_BYTES) {
            struct str *s = (struct str *)(void *)(to + f->at[i].offset);

            if (s->p != NULL)
                *s = arena_str(&b->arena, *s);
        }
        if (f->at[i].type == F_TEXTS) {
            struct texts *t = (struct texts *)(void *)(to + f->at[i].offset);
            struct str *at = arena_array(&b->arena, t->n, sizeof *at);

            for (size_t k = 0; k < t->n; k++)
                at[k] = arena_str(&b->arena, t->at[k]);
            t->at = at;
        }
    }
    return to;
}

static bool
bench_same(const struct table *t, int index, const void *a, const void *b)
{
    size_t n = index == ROWS_KEY ? t->n_key : t->index[index].n;

    for (size_t i = 0; i < n; i++) {
        size_t at = index == ROWS_KEY ? i : t->index[index].fields[i];
        struct fields one = { .at = &t->fields.at[at], .n = 1 };

        if (!fields_eq(&one, a, b))
            return false;
    }
    return true;
}

static void
bench_load(struct bench *b, struct rows *rows)
{
    const struct rows_want *wants;
    size_t n = rows_take_wants(rows, &wants);

    for (size_t w = 0; w < n; w++)
        for (size_t i = 0; i < b->n_rows[wants[w].table]; i++)
            if (bench_same(&metrics_tables[wants[w].table], wants[w].index,
                           b->rows[wants[w].table][i], wants[w].like))
                rows_loaded(rows, wants[w].table,
                            b->rows[wants[w].table][i]);
}

static void
bench_write(struct bench *b, size_t table, enum rows_change change,
            const void *row)
{
    const struct table *t = &metrics_tables[table];
    size_t n = b->n_rows[table];
    size_t i = 0;

    while (i < n && !bench_same(t, ROWS_KEY, b->rows[table][i], row))
        i++;
    if (change == ROWS_DELETE) {
        if (i < n)
            b->rows[table][i] = b->rows[table][--b->n_rows[table]];
        return;
    }
    if (i == n && b->n_rows[table]++ == BENCH_ROWS)
        abort();
    b->rows[table][i] = bench_copy(b, &t->fields, row);
}

static void
bench_save(struct bench *b, struct rows *rows)
{
    for (size_t table = 0; table < METRICS_TABLE_N; table++) {
        enum rows_change change;
        const void *row;
        size_t at = 0;

        while (rows_next_change(rows, table, &at, &change, &row))
            bench_write(b, table, change, row);
    }
}

static size_t
bench_input(enum topic topic)
{
    size_t i = 0;

    while (metrics_service.inputs[i] != topic)
        i++;
    return i;
}

static struct step
bench_step(struct bench *b, struct rows *rows)
{
    time_ms heard = TIME_NEVER;

    for (size_t i = 0; i < metrics_service.n_inputs; i++)
        if (b->heard[i] < heard)
            heard = b->heard[i];
    return (struct step){ .arena = &b->arena,
                          .rows = rows,
                          .settings = &b->settings,
                          .authority = 1,
                          .authority_name = STR("made-up"),
                          .now = TIME_NONE,
                          .heard = heard };
}

/*
 * The test's ConfigActivated: a profile whose version is `version`, given as
 * `profile` in the record's hash (borrowed pointer), or the calendar.
 */
struct bench_config {
    struct config_activated rec;
    const struct profile *profile; /* NULL: the calendar */
};

static void
bench_activate(struct bench *b, const struct bench_config *c)
{
    if (c->profile == NULL) {
        b->settings.calendar = &b->calendar.cal;
        return;
    }
    b->versions[b->settings.n++] = (struct settings_version){
        .version = c->rec.version, .profile = c->profile
    };
}

/* One batch. False, with b->err set, where the service would have stopped. */
static bool
bench_run(struct bench *b, const struct event *evs, size_t n)
{
    struct rows *rows =
        rows_open(&b->arena, metrics_tables, METRICS_TABLE_N);
    struct step step = bench_step(b, rows);

    for (int round = 0; metrics_service.touch(&step, evs, n, round); round++)
        bench_load(b, rows);
    for (size_t i = 0; i < n; i++) {
        if (evs[i].type == REC_TIME_ADVANCED)
            b->heard[bench_input(evs[i].topic)] =
                ((const struct time_advanced *)evs[i].body)->at;
        if (evs[i].type == REC_CONFIG_ACTIVATED)
            bench_activate(b, evs[i].body);
        step = bench_step(b, rows);
        if (metrics_service.step(&step, &evs[i], &b->err) != ST_OK ||
            rows_miss(rows, &b->err) != ST_OK)
            return false;
    }
    bench_save(b, rows);
    return true;
}

/*
 * Sum of numerators (or denominators) over districts, bands and parts; K10_net
 * up to and with the month. As it stands, or as the month was frozen.
 */
static inline int64_t
bench_table_sum(const struct bench *b, enum metrics_table table, int kpi,
                int side, date_d month, bool denominators)
{
    int64_t sum = 0;

    for (size_t i = 0; i < b->n_rows[table]; i++) {
        const struct kpi_cell *c = b->rows[table][i];
        bool counts = kpi == KPI_K10_NET ? c->month <= month
                                         : c->month == month;

        if (c->kpi == kpi && c->side == side && counts)
            sum += denominators ? c->denominator : c->numerator;
    }
    return sum;
}

static inline int64_t
bench_sum(const struct bench *b, bool frozen, int kpi, int side, date_d month,
          bool denominators)
{
    int64_t sum =
        bench_table_sum(b, TABLE_KPI_CELL, kpi, side, month, denominators);

    if (frozen)
        sum -= bench_table_sum(b, TABLE_LATE_CHANGE, kpi, side, month,
                               denominators);
    return sum;
}

/* K10: the running sum of K10_net up to and with the month. */
static inline int64_t
bench_open_cases(const struct bench *b, bool frozen, int side, date_d month)
{
    return bench_sum(b, frozen, KPI_K10_NET, side, month, false);
}

#endif
