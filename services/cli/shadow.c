#include "cli/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/records.h"
#include "common/engine/memory.h"

/* Without a number of its own: the first of a history never given up. */
#define INCARNATION 1
#define MEMORY_MAX ((size_t)16 << 30)
/* Asks again for what it had not foreseen; a step that never ends is a bug. */
#define TRIES_MAX 64
#define DUE_MAX ((size_t)1 << 40)

struct shadow {
    struct shadow_options o;
    struct arena *arena;
    struct rows *rows;
    struct shadow_said *said;
    size_t n, room;
    int64_t sequence[TOPIC_N];
    time_ms now;
    time_ms firing; /* TIME_NONE: a record is applied */
    time_ms heard[SERVICE_INPUTS_MAX];
    const struct event *ev;
    struct out out;
};

/* ---- giving out ---- */

static void
fill_meta(struct shadow *s, enum topic topic, struct meta *meta)
{
    const struct meta *in = event_meta(s->ev);
    const struct settings_version *v = settings_current(s->o.settings);
    struct origin origin = { .service = s->o.def->service,
                             .authority = s->o.authority,
                             .incarnation = INCARNATION };

    meta->id = record_id(origin, topic, ++s->sequence[topic]);
    if (meta->recorded_at == TIME_NONE || meta->recorded_at == 0)
        meta->recorded_at =
            s->firing != TIME_NONE ? s->firing : in->recorded_at;
    if (meta->occurred_at == TIME_NONE || meta->occurred_at == 0)
        meta->occurred_at = meta->recorded_at;
    if (meta->profile_version.p == NULL)
        meta->profile_version = v != NULL ? v->version : in->profile_version;
}

static enum status
give_out(void *self, enum topic topic, struct id key, enum record_type type,
         void *body, struct err *err)
{
    struct shadow *s = self;
    void *copy;

    (void)key;
    if (s->n == s->room) {
        size_t room = s->room == 0 ? 1024 : s->room * 2;
        struct shadow_said *more = realloc(s->said, room * sizeof *more);

        if (more == NULL)
            return err_set(err, ST_FATAL, "memory", "no memory");
        s->said = more;
        s->room = room;
    }
    fill_meta(s, topic, body);
    /* What it points to lives in the arena or is the input's: both stay. */
    copy = arena_copy(s->arena, body, record_def(type)->fields->size);
    s->said[s->n++] =
        (struct shadow_said){ .topic = topic, .type = type, .body = copy };
    return ST_OK;
}

static enum status
give_reject(void *self, const struct err *why, struct err *err)
{
    (void)self;
    (void)why;
    (void)err;
    return ST_OK;
}

/* ---- open and close ---- */

struct shadow *
shadow_open(const struct shadow_options *options)
{
    struct shadow *s = calloc(1, sizeof *s);

    if (s == NULL || (s->arena = memory_open(MEMORY_MAX)) == NULL) {
        free(s);
        return NULL;
    }
    s->o = *options;
    s->now = s->firing = TIME_NONE;
    for (size_t i = 0; i < SERVICE_INPUTS_MAX; i++)
        s->heard[i] = TIME_NONE;
    s->rows = rows_open(s->arena, options->def->tables, options->def->n_tables);
    s->out = (struct out){ .add = give_out, .reject = give_reject, .self = s };
    return s;
}

void
shadow_close(struct shadow *s)
{
    if (s == NULL)
        return;
    memory_close(s->arena);
    free(s->said);
    free(s);
}

const struct shadow_said *
shadow_said(const struct shadow *s, size_t *n)
{
    *n = s->n;
    return s->said;
}

/* ---- steps ---- */

static struct step
make_step(struct shadow *s)
{
    time_ms heard = TIME_NEVER;

    for (size_t i = 0; i < s->o.def->n_inputs; i++)
        if (s->heard[i] < heard)
            heard = s->heard[i];
    return (struct step){ .arena = s->arena,
                          .rows = s->rows,
                          .out = &s->out,
                          .settings = s->o.settings,
                          .authority = s->o.authority,
                          .authority_name = s->o.authority_name,
                          .now = s->now,
                          .heard = heard };
}

/* Everything that ever was is in the working set: what is not is nowhere. */
static void
load_nothing(struct shadow *s)
{
    const struct rows_want *wants;
    size_t n = rows_take_wants(s->rows, &wants);

    for (size_t i = 0; i < n; i++)
        if (wants[i].like == NULL)
            rows_due_loaded(s->rows, wants[i].table, 0);
}

/* A step of `row` where it is due, else of the record; again and again until
 * it has named all the rows that it looks at. */
static enum status
take_step(struct shadow *s, const void *row, struct err *err)
{
    size_t said = s->n;
    size_t mark = rows_mark(s->rows);
    int64_t sequence[TOPIC_N];
    enum status rc = ST_OK;

    memcpy(sequence, s->sequence, sizeof sequence);
    for (int i = 0; i < TRIES_MAX; i++) {
        struct step step = make_step(s);

        rc = row != NULL ? s->o.def->fire(&step, row, err)
                         : s->o.def->step(&step, s->ev, err);
        if (!rows_short(s->rows) && rc == ST_OK)
            return rows_miss(s->rows, err);
        rows_undo(s->rows, mark);
        s->n = said;
        memcpy(s->sequence, sequence, sizeof sequence);
        if (!rows_short(s->rows))
            return rc;
        load_nothing(s);
    }
    return err_set(err, ST_FATAL, "stuck", "a step never knew all its rows");
}

static enum status
fire_due(struct shadow *s, time_ms until, struct err *err)
{
    size_t table = (size_t)s->o.def->due_table;
    const struct table *t;
    const void *row;
    bool more;

    if (s->o.def->due_table < 0)
        return ST_OK;
    t = &s->o.def->tables[table];
    rows_want_due(s->rows, table, until, DUE_MAX);
    load_nothing(s);
    while ((row = rows_first_due(s->rows, table, until, &more)) != NULL) {
        time_ms at;
        enum status rc;

        memcpy(&at, (const char *)row + t->fields.at[t->due].offset, sizeof at);
        if (at > s->now)
            s->now = at;
        s->firing = at;
        rc = take_step(s, row, err);
        s->firing = TIME_NONE;
        if (rc != ST_OK)
            return rc == ST_REJECT ? ST_FATAL : rc;
        if (rows_first_due(s->rows, table, until, &more) == row)
            return err_set(err, ST_FATAL, "stuck",
                           "a deadline fired and did not move");
    }
    return ST_OK;
}

static enum status
pass_time_on(struct shadow *s, time_ms at, struct err *err)
{
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < s->o.def->n_outputs; i++) {
        struct time_advanced rec;

        fields_clear(&fields_time_advanced, &rec);
        rec.at = at;
        rec.meta.recorded_at = at;
        rec.meta.occurred_at = at;
        rec.meta.subject = s->o.authority_name;
        rc = give_out(s, s->o.def->outputs[i], ID_NONE, REC_TIME_ADVANCED, &rec,
                      err);
    }
    return rc;
}

static time_ms
time_of(const struct event *ev)
{
    const struct time_advanced *tick = ev->body;

    return ev->type == REC_TIME_ADVANCED ? tick->at
                                         : event_meta(ev)->recorded_at;
}

enum status
shadow_apply(struct shadow *s, const struct event *ev, struct err *err)
{
    bool tick = ev->type == REC_TIME_ADVANCED;
    time_ms at = time_of(ev);
    enum status rc = ST_OK;

    s->ev = ev;
    if (at != TIME_NONE && at > s->now)
        rc = fire_due(s, at, err);
    if (at != TIME_NONE && at > s->now)
        s->now = at;
    for (size_t i = 0; tick && i < s->o.def->n_inputs; i++)
        if (s->o.def->inputs[i] == ev->topic)
            s->heard[i] = at;
    if (rc == ST_OK)
        rc = take_step(s, NULL, err);
    if (rc == ST_OK && tick && ev->topic == s->o.def->inputs[0])
        rc = pass_time_on(s, at, err);
    return rc == ST_REJECT ? ST_OK : rc;
}
