#include "cli/aside.h"

#include <stdlib.h>

#include "cli/stream.h"

/* One dead letter, with the record's place. */
struct put_aside {
    struct place place;
    struct stream_record *letter;
};

struct aside {
    struct put_aside *at;
    size_t n, room;
};

static enum status
keep(struct aside *a, const struct place *place, struct stream_record *letter,
     struct err *err)
{
    if (a->n == a->room) {
        size_t room = a->room == 0 ? 8 : 2 * a->room;
        struct put_aside *at = realloc(a->at, room * sizeof *at);

        if (at == NULL)
            return err_set(err, ST_FATAL, "memory", "no memory");
        a->at = at;
        a->room = room;
    }
    a->at[a->n++] = (struct put_aside){ .place = *place, .letter = letter };
    return ST_OK;
}

static enum status
read_letters(struct aside *a, struct stream *s, uint16_t authority,
             int64_t upto, struct err *err)
{
    int64_t n = 0;
    enum status rc = ST_OK;

    while (rc == ST_OK && n < upto) {
        struct stream_record *r = NULL;
        struct place place;

        rc = stream_next(s, &r, err);
        if (rc != ST_OK || r == NULL)
            return rc;
        n = r->link.sequence;
        if (r->code.p == NULL || !str_is(r->code, "kills") ||
            r->place.p == NULL || !place_read(r->place, authority, &place)) {
            stream_record_free(r);
            continue;
        }
        rc = keep(a, &place, r, err);
        if (rc != ST_OK)
            stream_record_free(r);
    }
    return rc;
}

enum status
aside_open(const struct kafka_conn *conn, uint16_t authority, enum service by,
           int64_t upto, struct aside **out, struct err *err)
{
    struct stream_options options = { .conn = *conn,
                                      .topic = TOPIC_DEAD_LETTERS,
                                      .authority = authority,
                                      .only = by };
    struct stream *s = NULL;
    enum status rc = ST_OK;

    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    if (upto > 0) {
        rc = stream_open(&options, &s, err);
        if (rc == ST_OK)
            rc = read_letters(*out, s, authority, upto, err);
        stream_close(s);
    }
    if (rc != ST_OK) {
        aside_close(*out);
        *out = NULL;
    }
    return rc;
}

void
aside_close(struct aside *a)
{
    for (size_t i = 0; a != NULL && i < a->n; i++)
        stream_record_free(a->at[i].letter);
    if (a != NULL)
        free(a->at);
    free(a);
}

struct str
aside_why(const struct aside *a, const struct place *place)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->at[i].place.topic == place->topic &&
            a->at[i].place.sequence == place->sequence &&
            origin_eq(a->at[i].place.origin, place->origin))
            return a->at[i].letter->reason;
    return STR_NULL;
}
