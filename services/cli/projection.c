#include "cli/projection.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/aside.h"
#include "cli/cli.h"
#include "cli/stream.h"
#include "common/adapters/codec.h"
#include "common/adapters/configurer.h"
#include "common/adapters/pg_rows.h"
#include "common/adapters/pg_store.h"
#include "common/core/records.h"
#include "common/engine/memory.h"
#include "common/engine/shelf.h"
#include "metrics/core/metrics.h"
#include "metrics/core/tables.h"

enum {
    BATCH_MAX = 2000,
    QUEUE_KB = 65536, /* of one topic at a time: with 8 MB it is the wait */
    BATCH_MB = 512,
    TRIES = 8,
    PROGRESS_EVERY = 100000,
    WRITE_MAX = 5000, /* rows a statement */
};

struct projection {
    const struct projection_options *options;
    const struct projection_marks *to; /* of this reading */
    struct projection_marks marks;
    struct shelf *shelf; /* all rows */
    struct aside *aside; /* what the live service has not read */
    struct avro_codec *avro;
    struct avro_port *port;
    struct codec codec;
    struct configurer configurer;
    struct configurer_texts *texts;
    struct arena *arena; /* one batch's */
    struct event evs[BATCH_MAX];
    time_ms heard[BATCH_MAX]; /* of all inputs, when the event is applied */
    size_t n;
    size_t records;
};

/* ---- the schema ---------------------------------------------------------- */

static enum status
run_sql(const char *conninfo, const char *fmt, const char *schema,
        struct err *err)
{
    struct pg_options options = { .conninfo = conninfo,
                                  .application_name = "waymark" };
    struct pg *pg = NULL;
    char sql[256];
    enum status rc = pg_open(&options, &pg, err);

    (void)snprintf(sql, sizeof sql,
                   "SET client_min_messages TO warning; %s \"%s\" CASCADE", fmt,
                   schema);
    if (rc == ST_OK)
        rc = pg_exec(pg, sql, err);
    pg_close(pg);
    return rc;
}

enum status
projection_drop(const char *conninfo, const char *schema, struct err *err)
{
    return run_sql(conninfo, "DROP SCHEMA IF EXISTS", schema, err);
}

enum status
projection_make(const char *conninfo, const char *schema, struct err *err)
{
    enum status rc = projection_drop(conninfo, schema, err);

    if (rc == ST_OK)
        rc = pg_store_migrate(conninfo, schema, service_name(SERVICE_METRICS),
                              err);
    return rc;
}

/* ---- marks --------------------------------------------------------------- */

const struct projection_mark *
projection_find(const struct projection_marks *marks, enum topic topic,
                struct origin origin)
{
    for (size_t i = 0; i < marks->n; i++)
        if (marks->at[i].topic == topic &&
            origin_eq(marks->at[i].origin, origin))
            return &marks->at[i];
    return NULL;
}

static struct projection_mark *
mark_of(struct projection *p, enum topic topic, struct origin origin)
{
    struct projection_marks *marks = &p->marks;

    for (size_t i = 0; i < marks->n; i++)
        if (marks->at[i].topic == topic &&
            origin_eq(marks->at[i].origin, origin))
            return &marks->at[i];
    if (marks->n == PROJECTION_MARKS_MAX)
        return NULL;
    marks->at[marks->n] = (struct projection_mark){ .topic = topic,
                                                    .origin = origin,
                                                    .heard = TIME_NONE };
    return &marks->at[marks->n++];
}

/* Least that any input has told; nothing while one hasn't said anything. */
static time_ms
heard_of(const struct projection *p)
{
    time_ms least = TIME_NEVER;
    unsigned topics = 0;

    for (size_t i = 0; i < p->marks.n; i++) {
        const struct projection_mark *m = &p->marks.at[i];

        topics |= 1u << m->topic;
        if (m->heard == TIME_NONE)
            return TIME_NONE;
        if (m->heard < least)
            least = m->heard;
    }
    for (size_t i = 0; i < metrics_service.n_inputs; i++)
        if ((topics & (1u << metrics_service.inputs[i])) == 0)
            return TIME_NONE;
    return least;
}

/* ---- a batch ------------------------------------------------------------- */

static struct step
step_of(const struct projection *p, struct rows *rows, time_ms heard)
{
    return (struct step){
        .arena = p->arena,
        .rows = rows,
        .settings = p->configurer.settings,
        .authority = p->options->authority,
        .authority_name = str_of(p->options->authority_name),
        .now = TIME_NONE,
        .heard = heard,
    };
}

static void
touch(struct projection *p, struct rows *rows)
{
    struct step step = step_of(p, rows, TIME_NONE);

    for (int round = 0; metrics_service.touch(&step, p->evs, p->n, round);
         round++)
        shelf_load(p->shelf, rows);
}

static enum status
apply_all(struct projection *p, struct rows *rows, struct err *err)
{
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < p->n; i++) {
        struct step step = step_of(p, rows, p->heard[i]);

        rc = metrics_service.step(&step, &p->evs[i], err);
    }
    return rc;
}

static enum status
flush(struct projection *p, struct err *err)
{
    struct rows *rows = rows_open(p->arena, metrics_tables, METRICS_TABLE_N);
    size_t mark = rows_mark(rows);
    enum status rc = ST_OK;

    if (p->n > 0)
        touch(p, rows);
    for (int i = 0; rc == ST_OK && i < TRIES; i++) {
        rc = apply_all(p, rows, err);
        if (rc != ST_OK || !rows_short(rows))
            break;
        rows_undo(rows, mark);
        shelf_load(p->shelf, rows);
    }
    if (rc == ST_OK)
        rc = rows_miss(rows, err);
    if (rc == ST_OK)
        shelf_keep(p->shelf, rows);
    p->n = 0;
    arena_reset(p->arena);
    return rc == ST_OK ? cli_go_on(err) : rc;
}

/* ---- a topic ------------------------------------------------------------- */

static enum status
activate(struct projection *p, const struct config_activated *rec,
         struct err *err)
{
    struct config_text text = { .config_kind = rec->config_kind,
                                .name = rec->name,
                                .version = rec->version,
                                .hash = rec->hash,
                                .text = rec->text };

    return p->configurer.activate(p->configurer.self, &text, err);
}

static bool
is_later(const struct projection *p, const struct event *ev)
{
    if (ev->type == REC_TIME_ADVANCED)
        return ((const struct time_advanced *)ev->body)->at > p->options->until;
    return event_meta(ev)->recorded_at > p->options->until;
}

static enum status
take(struct projection *p, enum topic topic, struct projection_mark *m,
     const struct stream_record *r, struct err *err)
{
    struct event ev = { .topic = topic,
                        .origin = r->link.origin,
                        .sequence = r->link.sequence };
    struct place place = { .topic = topic,
                           .origin = r->link.origin,
                           .sequence = r->link.sequence };
    struct str bytes;
    enum status rc;

    m->sequence = r->link.sequence;
    if (aside_why(p->aside, &place).p != NULL)
        return ST_OK;
    bytes = arena_str(p->arena, r->value);
    rc = p->codec.decode(p->codec.self, bytes, p->arena, &ev.type, &ev.body,
                         err);
    if (rc == ST_REJECT) /* poison: the live service has put it aside */
        return ST_OK;
    if (rc != ST_OK || is_later(p, &ev))
        return rc;
    if (ev.type == REC_TIME_ADVANCED)
        m->heard = ((const struct time_advanced *)ev.body)->at;
    if (ev.type == REC_CONFIG_ACTIVATED)
        rc = activate(p, ev.body, err);
    p->heard[p->n] = heard_of(p);
    p->evs[p->n++] = ev;
    if (++p->records % PROGRESS_EVERY == 0 && p->options->progress)
        fprintf(stderr, "%s %s: %zu records\n", p->options->authority_name,
                topic_name(topic), p->records);
    return rc;
}

/* Is it one that was read before, or lies behind what is asked for? */
static bool
is_outside(const struct projection *p, enum topic topic,
           const struct projection_mark *m, const struct stream_record *r)
{
    if (r->link.sequence <= m->sequence)
        return true;
    if (p->to == NULL)
        return false;
    for (size_t i = 0; i < p->to->n; i++) {
        const struct projection_mark *limit = &p->to->at[i];

        if (limit->topic == topic && origin_eq(limit->origin, r->link.origin))
            return r->link.sequence > limit->sequence;
    }
    return true;
}

static enum status
read_topic(struct projection *p, enum topic topic, struct err *err)
{
    struct stream_options o = { .conn = p->options->conn,
                                .topic = topic,
                                .authority = p->options->authority,
                                .queue_kb = QUEUE_KB };
    struct stream *s = NULL;
    struct stream_record *r = NULL;
    enum status rc = stream_open(&o, &s, err);

    while (rc == ST_OK) {
        struct projection_mark *m;

        rc = stream_next(s, &r, err);
        if (rc != ST_OK || r == NULL)
            break;
        m = mark_of(p, topic, r->link.origin);
        if (m == NULL)
            rc = err_set(err, ST_FATAL, "marks", "too many senders");
        else if (r->link.sequence > 0 && r->value.p != NULL &&
                 !is_outside(p, topic, m, r))
            rc = take(p, topic, m, r, err);
        stream_record_free(r);
        if (rc == ST_OK && p->n == BATCH_MAX)
            rc = flush(p, err);
    }
    if (rc == ST_OK)
        rc = flush(p, err);
    stream_close(s);
    return rc;
}

/* ---- writing ------------------------------------------------------------- */

/* One table, in statements of WRITE_MAX rows. */
static enum status
write_table(struct projection *p, struct pg *pg, struct pg_rows *to,
            size_t table, struct err *err)
{
    const void *rows[WRITE_MAX];
    struct shelf_at at = { 0 };
    enum status rc = ST_OK;
    size_t n;

    do {
        for (n = 0; n < WRITE_MAX; n++)
            if ((rows[n] = shelf_next(p->shelf, table, &at)) == NULL)
                break;
        if (n == 0)
            break;
        pg_pipeline_begin(pg);
        pg_rows_insert(to, pg, p->options->authority, table, rows, n, p->arena);
        rc = pg_sync(pg, err);
        arena_reset(p->arena);
        if (rc == ST_OK)
            rc = cli_go_on(err);
    } while (rc == ST_OK && n == WRITE_MAX);
    return rc;
}

enum status
projection_write(struct projection *p, struct pg *pg, const char *schema,
                 struct err *err)
{
    struct pg_rows *to = pg_rows_open(schema, metrics_tables, METRICS_TABLE_N);
    enum status rc = pg_rows_learn(to, pg, p->arena, err);

    for (size_t i = 0; rc == ST_OK && i < METRICS_TABLE_N; i++)
        rc = write_table(p, pg, to, i, err);
    pg_rows_close(to);
    return rc;
}

/* ---- the whole ----------------------------------------------------------- */

enum status
projection_open(const struct projection_options *options,
                struct projection **out, struct err *err)
{
    struct projection *p = calloc(1, sizeof *p);
    struct codec_options codec = { .conninfo = options->conninfo,
                                   .schema = service_name(SERVICE_INTAKE),
                                   .shard = options->authority,
                                   .go_on_without = true };
    enum status rc = ST_OK;

    *out = NULL;
    if (p == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory");
    p->options = options;
    p->arena = memory_open((size_t)BATCH_MB << 20);
    p->texts = configurer_open(&p->configurer);
    p->shelf = shelf_open(metrics_tables, METRICS_TABLE_N);
    if (p->arena == NULL || p->texts == NULL)
        rc = err_set(err, ST_FATAL, "memory", "no memory");
    if (rc == ST_OK)
        codec.avro = p->avro = avro_open(err);
    if (rc == ST_OK && p->avro == NULL)
        rc = ST_FATAL;
    if (rc == ST_OK)
        rc = codec_open(&codec, &p->port, &p->codec, err);
    if (rc == ST_OK)
        rc = aside_open(&options->conn, options->authority, SERVICE_METRICS,
                        INT64_MAX, &p->aside, err);
    if (rc == ST_OK)
        *out = p;
    else
        projection_close(p);
    return rc;
}

void
projection_close(struct projection *p)
{
    if (p == NULL)
        return;
    aside_close(p->aside);
    codec_close(p->port);
    avro_close(p->avro);
    shelf_close(p->shelf);
    configurer_close(p->texts);
    memory_close(p->arena);
    free(p);
}

enum status
projection_read(struct projection *p, const struct projection_marks *to,
                struct err *err)
{
    enum status rc = ST_OK;

    p->to = to;
    for (size_t i = 0; rc == ST_OK && i < metrics_service.n_inputs; i++)
        rc = read_topic(p, metrics_service.inputs[i], err);
    return rc;
}

const struct projection_marks *
projection_marks(const struct projection *p)
{
    return &p->marks;
}

size_t
projection_records(const struct projection *p)
{
    return p->records;
}
