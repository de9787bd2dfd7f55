#include "memory.h"

#include "common/core/calendar.h"
#include "common/core/records.h"
#include "tests/lib/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 256
#define NO_LIMIT ((size_t)1 << 40)

struct name {
    struct id id;
    const char *text;
};

struct kept {
    const void **rows; /* NULL where one was deleted */
    size_t n;
    size_t room;
};

struct text {
    char *p;
    size_t n;
    size_t room;
};

struct mem {
    struct mem_options o;
    struct settings no_settings;
    struct arena arena;
    struct kept *tables;
    struct name names[NAMES_MAX];
    size_t n_names;
    const char *show[REC_N];
    struct mem_output *outputs;
    size_t n_outputs;
    size_t n_run; /* records of the run under way */
    struct text text;
    time_ms now;
    time_ms heard[SERVICE_INPUTS_MAX];
    struct rows *rows;
};

struct mem *
mem_open(const struct mem_options *options)
{
    struct mem *m = calloc(1, sizeof *m);

    assert_non_null(m);
    m->o = *options;
    m->now = TIME_NONE;
    heap_arena(&m->arena);
    m->tables =
        arena_array(&m->arena, options->def->n_tables, sizeof *m->tables);
    for (size_t i = 0; i < SERVICE_INPUTS_MAX; i++)
        m->heard[i] = TIME_NONE;
    if (m->o.settings == NULL)
        m->o.settings = &m->no_settings;
    return m;
}

void
mem_close(struct mem *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->o.def->n_tables; i++)
        free(m->tables[i].rows);
    heap_release(&m->arena);
    free(m->outputs);
    free(m->text.p);
    free(m);
}

struct arena *
mem_arena(struct mem *m)
{
    return &m->arena;
}

void
mem_name(struct mem *m, struct id id, const char *name)
{
    assert_true(m->n_names < NAMES_MAX);
    m->names[m->n_names++] = (struct name){ .id = id, .text = name };
}

void
mem_show(struct mem *m, enum record_type type, const char *members)
{
    m->show[type] = members;
}

/* ---- text ---- */

static void say(struct mem *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct mem *m, const char *fmt, ...)
{
    struct text *t = &m->text;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (t->n + (size_t)n + 1 > t->room) {
        t->room = 2 * (t->n + (size_t)n + 1);
        t->p = realloc(t->p, t->room);
        assert_non_null(t->p);
    }
    va_start(ap, fmt);
    t->n += (size_t)vsnprintf(t->p + t->n, t->room - t->n, fmt, ap);
    va_end(ap);
}

const char *
mem_text(const struct mem *m)
{
    return m->text.n == 0 ? "" : m->text.p;
}

void
mem_clear(struct mem *m)
{
    m->text.n = 0;
}

static void
say_id(struct mem *m, struct id id)
{
    char text[ID_TEXT_SIZE];

    for (size_t i = 0; i < m->n_names; i++) {
        if (id_eq(m->names[i].id, id)) {
            say(m, "%s", m->names[i].text);
            return;
        }
    }
    if (id_is_none(id))
        say(m, "-");
    else
        say(m, "%.8s", id_text(id, text));
}

static void
say_time(struct mem *m, time_ms t)
{
    const struct calendar *cal = m->o.settings->calendar;
    char text[TIME_TEXT_SIZE];

    if (t == TIME_NONE || t == TIME_NEVER || cal == NULL)
        say(m, "%s", time_text(t, text));
    else
        say(m, "%s", time_text_local(&cal->zone, t, text));
}

static void
say_set(struct mem *m, const struct codes *codes, uint32_t set)
{
    const char *comma = "";

    if (set == 0)
        say(m, "-");
    for (int v = 1; v <= codes->n; v++) {
        if ((set & SET_BIT(v)) == 0)
            continue;
        say(m, "%s%s", comma, codes_word(codes, v));
        comma = ",";
    }
}

static void
say_texts(struct mem *m, const struct texts *t)
{
    if (t->n == 0)
        say(m, "-");
    for (size_t i = 0; i < t->n; i++)
        say(m, "%s%.*s", i == 0 ? "" : ",", STR_ARG(t->at[i]));
}

static void
say_number(struct mem *m, int64_t n, int64_t null)
{
    if (n == null)
        say(m, "-");
    else
        say(m, "%lld", (long long)n);
}

static void say_value(struct mem *m, const struct field *f, const void *p);

static void
say_struct(struct mem *m, const struct fields *f, const void *row)
{
    for (size_t i = 0; i < f->n; i++) {
        say(m, "%s%s=", i == 0 ? "{" : " ", f->at[i].name);
        say_value(m, &f->at[i], (const char *)row + f->at[i].offset);
    }
    say(m, "}");
}

static void
say_items(struct mem *m, const struct fields *f, const struct items *items)
{
    if (items->n == 0)
        say(m, "-");
    for (size_t i = 0; i < items->n; i++)
        say_struct(m, f, (const char *)items->at + i * f->size);
}

static void
say_value(struct mem *m, const struct field *f, const void *p)
{
    char date[DATE_TEXT_SIZE];

    switch (f->type) {
    case F_ID:
        say_id(m, *(const struct id *)p);
        return;
    case F_TEXT:
        if (((const struct str *)p)->p == NULL)
            say(m, "-");
        else
            say(m, "%.*s", STR_ARG(*(const struct str *)p));
        return;
    case F_BYTES:
        say(m, "<%zu bytes>", ((const struct str *)p)->n);
        return;
    case F_I32:
        say_number(m, *(const int32_t *)p, I32_NONE);
        return;
    case F_I64:
        say_number(m, *(const int64_t *)p, I64_NONE);
        return;
    case F_BOOL:
        say(m, "%s", *(const bool *)p ? "yes" : "no");
        return;
    case F_TRI:
        say(m, "%s",
            *(const enum tri *)p == TRI_YES  ? "yes"
            : *(const enum tri *)p == TRI_NO ? "no"
                                             : "-");
        return;
    case F_TIME:
        say_time(m, *(const time_ms *)p);
        return;
    case F_DATE:
        say(m, "%s",
            *(const date_d *)p == DATE_NONE
                ? "-"
                : date_text(*(const date_d *)p, date));
        return;
    case F_CODE:
        say(m, "%s",
            *(const int *)p == 0 ? "-" : codes_word(f->codes, *(const int *)p));
        return;
    case F_SET:
        say_set(m, f->codes, *(const uint32_t *)p);
        return;
    case F_TEXTS:
        say_texts(m, p);
        return;
    case F_RECORD:
        say_struct(m, f->sub, p);
        return;
    case F_RECORDS:
        say_items(m, f->sub, p);
        return;
    }
}

static void
say_member(struct mem *m, const struct fields *f, const void *body,
           struct str name)
{
    char copy[64];
    const struct field *found;

    assert_true(name.n < sizeof copy);
    (void)snprintf(copy, sizeof copy, "%.*s", STR_ARG(name));
    found = fields_find(f, copy);
    if (found == NULL) /* every body begins with its meta */
        found = fields_find(&fields_meta, copy);
    if (found == NULL)
        fail_msg("%s has no member %s", f->name, copy);
    say(m, " %s=", copy);
    say_value(m, found, (const char *)body + found->offset);
}

static void
say_members(struct mem *m, enum record_type type, const void *body)
{
    const struct fields *f = record_def(type)->fields;
    const char *p = m->show[type];

    while (p != NULL && *p != '\0') {
        size_t n = strcspn(p, " ");

        if (n > 0)
            say_member(m, f, body, (struct str){ .p = p, .n = n });
        p += n + strspn(p + n, " ");
    }
}

/* ---- copies ---- */

static void copy_struct(struct arena *a, const struct fields *f, void *row);

static void
copy_value(struct arena *a, const struct field *f, void *p)
{
    struct str *s = p;
    struct texts *t = p;
    struct items *items = p;
    struct str *at;
    char *all;

    switch (f->type) {
    case F_TEXT:
    case F_BYTES:
        *s = arena_str(a, *s);
        return;
    case F_TEXTS:
        at = arena_array(a, t->n, sizeof *at);
        for (size_t i = 0; i < t->n; i++)
            at[i] = arena_str(a, t->at[i]);
        t->at = at;
        return;
    case F_RECORD:
        copy_struct(a, f->sub, p);
        return;
    case F_RECORDS:
        all = arena_array(a, items->n, f->sub->size);
        if (items->n > 0)
            memcpy(all, items->at, items->n * f->sub->size);
        for (size_t i = 0; i < items->n; i++)
            copy_struct(a, f->sub, all + i * f->sub->size);
        items->at = all;
        return;
    default:
        return;
    }
}

static void
copy_struct(struct arena *a, const struct fields *f, void *row)
{
    for (size_t i = 0; i < f->n; i++)
        copy_value(a, &f->at[i], (char *)row + f->at[i].offset);
}

static const void *
copy_of(struct arena *a, const struct fields *f, const void *row)
{
    void *to = arena_copy(a, row, f->size);

    copy_struct(a, f, to);
    return to;
}

/* ---- kept rows ---- */

static const struct table *
table_of(const struct mem *m, size_t table)
{
    assert_true(table < m->o.def->n_tables);
    return &m->o.def->tables[table];
}

/* Do two rows hold the same values in these fields? */
static bool
same(const struct table *t, const uint8_t *at, size_t n, const void *a,
     const void *b)
{
    for (size_t i = 0; i < n; i++) {
        const struct fields one = { .at = &t->fields.at[at[i]], .n = 1 };

        if (!fields_eq(&one, a, b))
            return false;
    }
    return true;
}

static bool
same_key(const struct table *t, const void *a, const void *b)
{
    const struct fields key = { .at = t->fields.at, .n = t->n_key };

    return fields_eq(&key, a, b);
}

static size_t
find_kept(const struct mem *m, size_t table, const void *like)
{
    const struct kept *k = &m->tables[table];
    size_t i = 0;

    while (i < k->n && (k->rows[i] == NULL ||
                        !same_key(table_of(m, table), k->rows[i], like)))
        i++;
    return i;
}

const void *
mem_row(const struct mem *m, size_t table, const void *like)
{
    size_t i = find_kept(m, table, like);

    return i == m->tables[table].n ? NULL : m->tables[table].rows[i];
}

const void *
mem_next(const struct mem *m, size_t table, size_t *at)
{
    const struct kept *k = &m->tables[table];

    (void)table_of(m, table);
    while (*at < k->n)
        if (k->rows[(*at)++] != NULL)
            return k->rows[*at - 1];
    return NULL;
}

size_t
mem_count(const struct mem *m, size_t table)
{
    size_t at = 0;
    size_t n = 0;

    while (mem_next(m, table, &at) != NULL)
        n++;
    return n;
}

static void
keep(struct mem *m, size_t table, const void *row, enum rows_change change)
{
    struct kept *k = &m->tables[table];
    size_t i = find_kept(m, table, row);

    if (change == ROWS_INSERT && i < k->n)
        fail_msg("a row of %s was said to be new",
                 table_of(m, table)->fields.name);
    if (i == k->n && k->n == k->room) {
        k->room = k->room == 0 ? 16 : 2 * k->room;
        k->rows = realloc(k->rows, k->room * sizeof *k->rows);
        assert_non_null(k->rows);
    }
    if (i == k->n)
        k->n++;
    k->rows[i] = copy_of(&m->arena, &table_of(m, table)->fields, row);
}

static void
drop(struct mem *m, size_t table, const void *like)
{
    size_t i = find_kept(m, table, like);

    if (i < m->tables[table].n)
        m->tables[table].rows[i] = NULL;
}

struct mem *
mem_copy(const struct mem *m)
{
    struct mem *copy = mem_open(&m->o);
    const void *row;

    copy->now = m->now;
    memcpy(copy->heard, m->heard, sizeof copy->heard);
    for (size_t t = 0; t < m->o.def->n_tables; t++) {
        size_t at = 0;

        while ((row = mem_next(m, t, &at)) != NULL)
            keep(copy, t, row, ROWS_UPSERT);
    }
    return copy;
}

/* ---- loading and committing ---- */

static bool
is_due(const struct table *t, const void *row, time_ms until)
{
    time_ms at;

    memcpy(&at, (const char *)row + t->fields.at[t->due].offset, sizeof at);
    return at != TIME_NONE && at != TIME_NEVER && at <= until;
}

static bool
is_wanted(const struct table *t, const struct rows_want *want, const void *row)
{
    if (want->like == NULL)
        return is_due(t, row, want->due_until);
    if (want->index == ROWS_KEY)
        return same_key(t, row, want->like);
    return same(t, t->index[want->index].fields, t->index[want->index].n, row,
                want->like);
}

static void
load_one(struct mem *m, const struct rows_want *want)
{
    const struct table *t = table_of(m, want->table);
    const void *row;
    size_t at = 0;
    size_t n = 0;

    while ((row = mem_next(m, want->table, &at)) != NULL) {
        if (!is_wanted(t, want, row))
            continue;
        rows_loaded(m->rows, want->table, row);
        n++;
    }
    if (want->like == NULL)
        rows_due_loaded(m->rows, want->table, n);
}

static void
load(struct mem *m)
{
    const struct rows_want *wants;
    size_t n = rows_take_wants(m->rows, &wants);

    for (size_t i = 0; i < n; i++)
        load_one(m, &wants[i]);
}

static void
commit(struct mem *m)
{
    for (size_t t = 0; t < m->o.def->n_tables; t++) {
        enum rows_change change;
        const void *row;
        size_t at = 0;

        while (rows_next_change(m->rows, t, &at, &change, &row)) {
            if (change == ROWS_DELETE)
                drop(m, t, row);
            else
                keep(m, t, row, change);
        }
    }
}

/* ---- giving out ---- */

static enum status
give_out(void *self, enum topic topic, struct id key, enum record_type type,
         void *body, struct err *err)
{
    struct mem *m = self;
    const struct fields *f = record_def(type)->fields;
    bool writes = false;

    for (size_t i = 0; i < m->o.def->n_outputs; i++)
        writes |= m->o.def->outputs[i] == topic;
    if (!writes)
        return err_set(err, ST_FATAL, "topic", "%s is not written here",
                       topic_name(topic));
    if (m->n_outputs % 64 == 0) {
        m->outputs =
            realloc(m->outputs, (m->n_outputs + 64) * sizeof *m->outputs);
        assert_non_null(m->outputs);
    }
    m->outputs[m->n_outputs++] = (struct mem_output){
        .topic = topic,
        .key = key,
        .type = type,
        .body = copy_of(&m->arena, f, body),
    };
    say(m, "out %s %s", topic_name(topic), f->name);
    say_members(m, type, body);
    say(m, "\n");
    return ST_OK;
}

static enum status
give_reject(void *self, const struct err *why, struct err *err)
{
    (void)err;
    say(self, "reject %s: %s\n", why->code, why->text);
    return ST_OK;
}

const struct mem_output *
mem_output(const struct mem *m, size_t i)
{
    return i < m->n_outputs ? &m->outputs[i] : NULL;
}

size_t
mem_n_outputs(const struct mem *m)
{
    return m->n_outputs;
}

const void *
mem_last(const struct mem *m, enum record_type type)
{
    for (size_t i = m->n_outputs; i-- > 0;)
        if (m->outputs[i].type == type)
            return m->outputs[i].body;
    return NULL;
}

/* ---- a batch ---- */

static time_ms
event_time(const struct event *ev)
{
    const struct time_advanced *tick = ev->body;

    return ev->type == REC_TIME_ADVANCED ? tick->at
                                         : event_meta(ev)->recorded_at;
}

static time_ms
heard_of(const struct mem *m)
{
    time_ms heard = TIME_NEVER;

    for (size_t i = 0; i < m->o.def->n_inputs; i++)
        if (m->heard[i] < heard)
            heard = m->heard[i];
    return heard;
}

static struct step
make_step(struct mem *m, struct out *out)
{
    return (struct step){
        .arena = &m->arena,
        .rows = m->rows,
        .out = out,
        .settings = m->o.settings,
        .authority = m->o.authority,
        .authority_name = str_of(m->o.authority_name),
        .now = m->now,
        .heard = heard_of(m),
    };
}

static void
touch(struct mem *m, const struct event *evs, size_t n)
{
    struct step step = make_step(m, NULL);
    bool again = true;

    for (size_t i = 0; i < n; i++)
        if (event_time(&evs[i]) > step.now)
            step.now = event_time(&evs[i]);
    if (m->o.def->due_table >= 0 && step.now != TIME_NONE) {
        rows_want_due(m->rows, (size_t)m->o.def->due_table, step.now, NO_LIMIT);
        load(m);
    }
    for (int round = 0; again && round < SERVICE_TOUCH_ROUNDS; round++) {
        again = m->o.def->touch(&step, evs, n, round);
        load(m);
    }
}

/* How the run stood before a record or a deadline. */
struct before {
    size_t rows;
    size_t n_outputs;
    size_t n_text;
};

static struct before
before(struct mem *m)
{
    return (struct before){ .rows = rows_mark(m->rows),
                            .n_outputs = m->n_outputs,
                            .n_text = m->text.n };
}

static void
undo(struct mem *m, const struct before *was)
{
    rows_undo(m->rows, was->rows);
    m->n_outputs = was->n_outputs;
    m->text.n = was->n_text;
}

/*
 * True where the step asked for rows beyond what it had wanted: undone, and
 * loaded for another try. A record that is alone foresees all that it needs.
 */
static bool
was_short(struct mem *m, const struct before *was)
{
    struct err err;

    if (!rows_short(m->rows))
        return false;
    if (m->n_run == 1 && rows_miss(m->rows, &err) != ST_OK)
        fail_msg("%s", err.text);
    undo(m, was);
    load(m);
    return true;
}

static enum status
fire_due(struct mem *m, struct out *out, time_ms until, struct err *err)
{
    size_t table;
    const struct field *due;
    const void *row;
    bool more_due = false;

    if (m->o.def->due_table < 0)
        return ST_OK;
    table = (size_t)m->o.def->due_table;
    due = &table_of(m, table)->fields.at[table_of(m, table)->due];
    while ((row = rows_first_due(m->rows, table, until, &more_due)) != NULL) {
        struct step step;
        struct before was = before(m);
        enum status st;
        time_ms at;

        memcpy(&at, (const char *)row + due->offset, sizeof at);
        if (at > m->now)
            m->now = at;
        say(m, "due %s ", table_of(m, table)->fields.name);
        say_time(m, at);
        say(m, "\n");
        step = make_step(m, out);
        st = m->o.def->fire(&step, row, err);
        if (was_short(m, &was))
            continue;
        if (st == ST_OK)
            st = rows_miss(m->rows, err);
        if (st != ST_OK)
            return ST_FATAL;
        if (rows_first_due(m->rows, table, until, &more_due) == row)
            return err_set(err, ST_FATAL, "stuck",
                           "a deadline fired and did not move");
    }
    return ST_OK;
}

static void
hear(struct mem *m, const struct event *ev, time_ms at)
{
    if (at != TIME_NONE && at > m->now)
        m->now = at;
    for (size_t i = 0; i < m->o.def->n_inputs; i++)
        if (ev->type == REC_TIME_ADVANCED && m->o.def->inputs[i] == ev->topic)
            m->heard[i] = at;
}

static enum status
apply(struct mem *m, struct out *out, const struct event *ev, struct err *err)
{
    time_ms at = event_time(ev);
    struct before was;
    struct step step;
    enum status st = at > m->now ? fire_due(m, out, at, err) : ST_OK;

    if (st != ST_OK)
        return st;
    hear(m, ev, at);
    if (ev->type != REC_TIME_ADVANCED)
        say(m, "in  %s\n", record_def(ev->type)->fields->name);
    was = before(m);
    do {
        step = make_step(m, out);
        st = m->o.def->step(&step, ev, err);
    } while (was_short(m, &was));
    if (st == ST_OK)
        st = rows_miss(m->rows, err);
    if (st != ST_REJECT)
        return st;
    undo(m, &was);
    say(m, "reject %s: %s\n", err->code, err->text);
    return ST_OK;
}

enum status
mem_run(struct mem *m, const struct event *evs, size_t n)
{
    struct out out = { .add = give_out, .reject = give_reject, .self = m };
    struct err err = { .code = "" };
    size_t n_outputs = m->n_outputs;
    enum status st = ST_OK;

    m->n_run = n;
    m->rows = rows_open(&m->arena, m->o.def->tables, m->o.def->n_tables);
    touch(m, evs, n);
    st = rows_miss(m->rows, &err);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = apply(m, &out, &evs[i], &err);
    if (st == ST_OK) {
        commit(m);
        return ST_OK;
    }
    m->n_outputs = n_outputs;
    say(m, "%s %s: %s\n", status_name(st), err.code, err.text);
    return st;
}

static uint8_t
writer_of(enum topic topic)
{
    switch (topic) {
    case TOPIC_NOTIFICATIONS:
    case TOPIC_RECEIPTS:
    case TOPIC_INDICATORS:
        return SERVICE_INTAKE;
    case TOPIC_CASEWORK:
        return SERVICE_TRIAGE;
    default:
        return SERVICE_TRACKER;
    }
}

enum status
mem_send(struct mem *m, enum topic topic, enum record_type type,
         const void *body, const struct person *person)
{
    const struct event ev = {
        .type = type,
        .topic = topic,
        .origin = { .service = writer_of(topic),
                    .authority = m->o.authority,
                    .incarnation = 1 },
        .body = body,
        .person = person,
    };

    return mem_run(m, &ev, 1);
}

enum status
mem_time_on(struct mem *m, enum topic topic, time_ms at)
{
    struct time_advanced tick;

    fields_clear(&fields_time_advanced, &tick);
    tick.at = at;
    tick.meta.recorded_at = at;
    tick.meta.occurred_at = at;
    return mem_send(m, topic, REC_TIME_ADVANCED, &tick, NULL);
}

enum status
mem_time(struct mem *m, time_ms at)
{
    return mem_time_on(m, m->o.def->inputs[0], at);
}
