#include "cli/past.h"

#include <stdlib.h>
#include <string.h>

#include "cli/aside.h"
#include "cli/stream.h"
#include "common/adapters/codec.h"
#include "common/core/records.h"

enum { SLICE = 1000 }; /* persons whose keys are fetched at once */

struct reading {
    struct arena *arena;
    struct codec codec;
    struct event *at;
    size_t n, room;
    size_t opened; /* events whose persons were looked at */
    struct aside *aside;
};

static enum status
add(struct reading *r, const struct stream_record *rec, struct err *err)
{
    struct event ev = { .topic = TOPIC_NOTIFICATIONS,
                        .origin = rec->link.origin,
                        .sequence = rec->link.sequence };
    struct place place = { .topic = ev.topic,
                           .origin = ev.origin,
                           .sequence = ev.sequence };
    struct str value;
    enum status rc;

    if (aside_why(r->aside, &place).p != NULL)
        return ST_OK;
    value = arena_str(r->arena, rec->value);
    rc = r->codec.decode(r->codec.self, value, r->arena, &ev.type, &ev.body,
                         err);
    if (rc == ST_REJECT) /* a dead letter to all */
        return ST_OK;
    if (rc == ST_OK && r->n == r->room) {
        size_t room = r->room == 0 ? 4096 : r->room * 2;
        struct event *more = realloc(r->at, room * sizeof *more);

        if (more == NULL)
            return err_set(err, ST_RETRY, "memory", "no memory for the log");
        r->at = more;
        r->room = room;
    }
    if (rc == ST_OK)
        r->at[r->n++] = ev;
    return rc;
}

static enum status
open_person(struct reading *r, struct event *ev, struct err *err)
{
    struct err why = { .code = "" };
    enum status rc = r->codec.open_person(r->codec.self, ev->type, ev->body,
                                          r->arena, &ev->person, &why);

    ev->erased = rc == ST_REJECT && strcmp(why.code, "erased") == 0;
    if (rc != ST_OK && rc != ST_REJECT)
        *err = why;
    return rc == ST_REJECT ? ST_OK : rc;
}

/* The persons of what was read since the last time. */
static enum status
open_persons(struct reading *r, struct err *err)
{
    size_t from = r->opened, n = 0;
    struct id *ids = arena_array(r->arena, r->n - from, sizeof *ids);
    enum status rc;

    for (size_t i = from; i < r->n; i++)
        if (r->at[i].type == REC_NOTIFICATION_RECEIVED) {
            const struct notification_received *rec = r->at[i].body;

            ids[n++] = rec->key_id;
        }
    rc = r->codec.fetch_keys(r->codec.self, ids, n, r->arena, err);
    for (; rc == ST_OK && r->opened < r->n; r->opened++)
        rc = open_person(r, &r->at[r->opened], err);
    return rc;
}

static enum status
read_all(struct reading *r, struct stream *s, struct err *err)
{
    struct stream_record *rec = NULL;
    enum status rc;

    while ((rc = stream_next(s, &rec, err)) == ST_OK && rec != NULL) {
        if (rec->link.origin.service == SERVICE_INTAKE && rec->value.p != NULL)
            rc = add(r, rec, err);
        stream_record_free(rec);
        if (rc == ST_OK && r->n - r->opened >= SLICE)
            rc = open_persons(r, err);
        if (rc != ST_OK)
            return rc;
    }
    return rc == ST_OK ? open_persons(r, err) : rc;
}

enum status
past_read(const struct past_options *options, struct arena *arena,
          struct past *out, struct err *err)
{
    struct reading r = { .arena = arena };
    struct codec_options codec = { .seal = options->seal,
                                   .conninfo = options->conninfo,
                                   .schema = service_name(SERVICE_INTAKE),
                                   .shard = options->authority->partition,
                                   .go_on_without = true };
    struct stream_options stream = { .conn = options->conn,
                                     .topic = TOPIC_NOTIFICATIONS,
                                     .authority = options->authority->partition,
                                     .only = SERVICE_INTAKE };
    struct avro_port *port = NULL;
    struct stream *s = NULL;
    enum status rc = ST_FATAL;

    codec.avro = avro_open(err);
    if (codec.avro != NULL)
        rc = codec_open(&codec, &port, &r.codec, err);
    if (rc == ST_OK)
        rc = aside_open(&options->conn, options->authority->partition,
                        SERVICE_TRIAGE, INT64_MAX, &r.aside, err);
    if (rc == ST_OK)
        rc = stream_open(&stream, &s, err);
    if (rc == ST_OK)
        rc = read_all(&r, s, err);
    if (rc == ST_OK) {
        struct event *at = arena_array(arena, r.n, sizeof *at);

        for (size_t i = 0; i < r.n; i++)
            at[i] = r.at[i];
        *out = (struct past){ .at = at, .n = r.n };
    }
    free(r.at);
    aside_close(r.aside);
    stream_close(s);
    codec_close(port);
    avro_close(codec.avro);
    return rc;
}
