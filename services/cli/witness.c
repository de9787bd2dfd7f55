#include "cli/witness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/engine/memory.h"

enum { LOGGED_MAX = 16 }; /* given out by one record */

struct witnessed {
    struct witness_options options;
    struct arena *arena; /* one record's */
    struct id *ids;      /* children and notifications, no order */
    size_t n, room;
};

/* What one record gave out, as the log has it. */
struct logged {
    const struct stream_record *at[LOGGED_MAX];
    enum topic topic[LOGGED_MAX];
    size_t n;
    bool all; /* the log goes on behind it, or is whole */
};

/* ---- whom it is about -------------------------------------------------- */

static bool
knows(const struct witnessed *w, struct id id)
{
    for (size_t i = 0; i < w->n; i++)
        if (id_eq(w->ids[i], id))
            return true;
    return false;
}

static enum status
learn(struct witnessed *w, struct id id, struct err *err)
{
    if (id_is_none(id) || knows(w, id))
        return ST_OK;
    if (w->n == w->room) {
        size_t room = w->room * 2 + 64;
        struct id *ids = realloc(w->ids, room * sizeof *ids);

        if (ids == NULL)
            return err_set(err, ST_FATAL, "memory", "no memory");
        w->ids = ids;
        w->room = room;
    }
    w->ids[w->n++] = id;
    return ST_OK;
}

bool
witness_names(const struct witnessed *w, struct str value)
{
    const struct str weighed = STR("candidate="); /* triage/core/match.h */

    if (value.n >= weighed.n && memcmp(value.p, weighed.p, weighed.n) == 0) {
        value.p += weighed.n;
        value.n -= weighed.n;
    }
    while (w->n > 0 && value.n >= ID_TEXT_SIZE - 1) {
        struct str word = { .p = value.p, .n = ID_TEXT_SIZE - 1 };
        struct id id;

        if (id_parse(word, &id) && knows(w, id))
            return true;
        if (value.n < ID_TEXT_SIZE || value.p[ID_TEXT_SIZE - 1] != '\n')
            return false;
        value.p += ID_TEXT_SIZE;
        value.n -= ID_TEXT_SIZE;
    }
    return false;
}

/* The child that triage makes of a notification where it finds none. */
static struct id
own_child(struct id notification_id)
{
    const struct str parts[] = { id_part(&notification_id), STR("0") };

    return id_derive("child", parts, 2);
}

static struct id
child_of(enum record_type type, const void *body)
{
    switch (type) {
    case REC_REFERRAL_DECIDED:
        return ((const struct referral_decided *)body)->child_id;
    case REC_ACTIVITY_RECORDED:
        return ((const struct activity_recorded *)body)->child_id;
    case REC_CHILD_ERASED:
        return ((const struct child_erased *)body)->child_id;
    default:
        return ID_NONE;
    }
}

/* Who it is hung on what others said: a person had to look (domain.md section
 * 4), or it was told apart from a sibling or twin (steps 6 and 7). */
static bool
hangs_on_others(const struct referral_decided *d)
{
    return d->match_status == MATCH_REVIEW || str_is(d->match_step, "6") ||
           str_is(d->match_step, "7");
}

/* Child of a record's bytes; *unsure: hangs_on_others. */
static struct id
child_in(struct witnessed *w, struct str value, bool *unsure)
{
    enum record_type type;
    const void *body;
    struct err err;

    if (value.p == NULL ||
        w->options.codec->decode(w->options.codec->self, value, w->arena, &type,
                                 &body, &err) != ST_OK)
        return ID_NONE;
    *unsure = type == REC_REFERRAL_DECIDED && hangs_on_others(body);
    return child_of(type, body);
}

/* ---- what the log says ------------------------------------------------- */

static bool
is_caused_by(struct witnessed *w, enum topic topic,
             const struct stream_record *rec, const struct event *ev)
{
    const struct cause *cause;
    enum record_type type;
    const void *body;
    struct err err;

    if (topic == TOPIC_DEAD_LETTERS)
        return str_eq(rec->place,
                      arena_printf(w->arena, "%s:%s.%u:%" PRId64,
                                   topic_name(ev->topic),
                                   service_name(ev->origin.service),
                                   (unsigned)ev->origin.incarnation,
                                   ev->sequence));
    if (w->options.codec->decode(w->options.codec->self, rec->value, w->arena,
                                 &type, &body, &err) != ST_OK)
        return false;
    cause = &((const struct meta *)body)->cause;
    return cause->topic == (int)ev->topic &&
           cause->service == ev->origin.service &&
           cause->sequence == ev->sequence;
}

static enum status
read_logged(struct witnessed *w, const struct event *ev,
            const struct tails *from, struct logged *out, struct err *err)
{
    enum status rc = ST_OK;

    *out = (struct logged){ .all = true };
    for (int t = TOPIC_NONE + 1; rc == ST_OK && t < TOPIC_N; t++) {
        int64_t number = from->at[t].sequence;
        const struct stream_record *rec = NULL;

        while (rc == ST_OK && w->options.out[t] != NULL) {
            rc = stream_get(w->options.out[t], w->options.own, ++number, &rec,
                            err);
            if (rc != ST_OK || rec == NULL ||
                !is_caused_by(w, (enum topic)t, rec, ev))
                break;
            if (out->n == LOGGED_MAX)
                return err_set(err, ST_FATAL, "witness",
                               "a record gave out more than %d", LOGGED_MAX);
            out->topic[out->n] = (enum topic)t;
            out->at[out->n++] = rec;
        }
        if (w->options.differ != NULL && w->options.out[t] != NULL &&
            rec == NULL && number <= w->options.given[t])
            out->all = false;
    }
    return rc;
}

/* ---- is it the same ---------------------------------------------------- */

static bool
same_bytes(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool
next_given(const struct outbox *box, size_t *at, struct outbox_entry *out)
{
    bool ok = true;

    return outbox_next(outbox_bytes(box), at, out, &ok) && ok;
}

static bool
is_same(const struct outbox *box, struct outbox_mark from,
        const struct logged *logged)
{
    struct outbox_entry e;
    size_t at = from.n, n = 0;

    while (next_given(box, &at, &e)) {
        bool found = false;

        for (size_t i = 0; i < logged->n; i++)
            found = found || (logged->topic[i] == e.topic &&
                              logged->at[i]->link.sequence == e.sequence &&
                              same_bytes(logged->at[i]->key, e.key) &&
                              same_bytes(logged->at[i]->value, e.value));
        if (!found)
            return false;
        n++;
    }
    return n == logged->n;
}

/* Does it concern somebody of whom something was erased? */
static bool
concerns(struct witnessed *w, const struct outbox *box, struct outbox_mark from,
         const struct logged *logged)
{
    struct outbox_entry e;
    size_t at = from.n;
    bool unsure = false, any = false;

    for (size_t i = 0; i < logged->n; i++)
        any = knows(w, child_in(w, logged->at[i]->value, &unsure)) || any ||
              unsure;
    while (next_given(box, &at, &e))
        any = knows(w, child_in(w, e.value, &unsure)) || any;
    return any;
}

/* ---- standing in ------------------------------------------------------- */

static enum status
put_logged(struct outbox *box, enum topic topic,
           const struct stream_record *rec, struct err *err)
{
    struct outbox_header headers[] = {
        { .name = STR("wm-code"), .value = rec->code },
        { .name = STR("wm-reason"), .value = rec->reason },
        { .name = STR("wm-place"), .value = rec->place },
        { .name = STR("wm-by"), .value = rec->by },
    };
    bool letter = topic == TOPIC_DEAD_LETTERS;

    return outbox_append(box, topic, rec->key, rec->value,
                         letter ? headers : NULL,
                         letter ? sizeof headers / sizeof headers[0] : 0, err);
}

static void
declare(struct witnessed *w, const struct event *ev)
{
    char key[32], what[64];

    (void)snprintf(key, sizeof key, "%" PRId64, ev->sequence);
    (void)snprintf(what, sizeof what, "topic %s", topic_name(ev->topic));
    differ_declare(w->options.differ,
                   &(struct difference){
                       .what = what,
                       .key = str_of(key),
                       .column = ev->erased
                                     ? STR("its person was erased")
                                     : STR("is about a child of whom "
                                           "something was erased") });
}

/* From here on these are the children and notifications that it touches. */
static enum status
learn_all(struct witnessed *w, const struct event *ev,
          const struct logged *logged, struct err *err)
{
    enum status rc = ST_OK;
    bool unsure;

    for (size_t i = 0; rc == ST_OK && i < logged->n; i++)
        rc = learn(w, child_in(w, logged->at[i]->value, &unsure), err);
    if (rc == ST_OK && ev->type == REC_NOTIFICATION_RECEIVED) {
        const struct notification_received *n = ev->body;

        rc = learn(w, n->notification_id, err);
        if (rc == ST_OK)
            rc = learn(w, own_child(n->notification_id), err);
    }
    return rc;
}

static enum status
stand_in(void *self, const struct event *ev, struct outbox_mark from,
         struct outbox *box, struct err *err)
{
    struct witnessed *w = self;
    struct logged logged;
    enum status rc;

    if (!ev->erased && w->n == 0)
        return ST_OK;
    arena_reset(w->arena);
    rc = read_logged(w, ev, &from.tails, &logged, err);
    if (rc != ST_OK || !logged.all)
        return rc;
    if (!ev->erased && (is_same(box, from, &logged) ||
                        !concerns(w, box, from, &logged)))
        return ST_OK;
    rc = learn_all(w, ev, &logged, err);
    declare(w, ev);
    outbox_undo(box, from);
    for (size_t i = 0; rc == ST_OK && i < logged.n; i++)
        rc = put_logged(box, logged.topic[i], logged.at[i], err);
    return rc;
}

/* ---- recalling --------------------------------------------------------- */

static enum status
recall_logged(struct witnessed *w, const struct logged *logged,
              struct arena *arena, const struct recalled **out, struct err *err)
{
    struct recalled *said = arena_alloc(arena, sizeof *said);
    struct recalled_record *at = arena_array(arena, LOGGED_MAX, sizeof *at);
    enum status rc = ST_OK;

    *said = (struct recalled){ .at = at };
    for (size_t i = 0; rc == ST_OK && i < logged->n; i++) {
        struct recalled_record *rec = &at[said->n];

        if (logged->topic[i] == TOPIC_DEAD_LETTERS)
            continue;
        rc = w->options.codec->decode(w->options.codec->self,
                                      logged->at[i]->value, arena, &rec->type,
                                      &rec->body, err);
        said->n++;
    }
    if (rc == ST_OK && said->n > 0)
        *out = said;
    return rc;
}

static enum status
recall(void *self, const struct event *ev, struct outbox_mark from,
       const struct outbox *box, struct arena *arena, const struct recalled **out,
       struct err *err)
{
    struct witnessed *w = self;
    struct logged logged;
    enum status rc;

    *out = NULL;
    if (!ev->erased && w->n == 0)
        return ST_OK;
    arena_reset(w->arena);
    rc = read_logged(w, ev, &from.tails, &logged, err);
    if (rc != ST_OK)
        return rc;
    if (!ev->erased &&
        (is_same(box, from, &logged) || !concerns(w, box, from, &logged)))
        return ST_OK;
    rc = learn_all(w, ev, &logged, err);
    return rc == ST_OK ? recall_logged(w, &logged, arena, out, err) : rc;
}

enum status
witness_learn(struct witnessed *w, struct id notification_id,
              struct id child_id, struct err *err)
{
    enum status rc = learn(w, notification_id, err);

    if (rc == ST_OK)
        rc = learn(w, own_child(notification_id), err);
    return rc == ST_OK ? learn(w, child_id, err) : rc;
}

struct witnessed *
witness_open(const struct witness_options *options, struct witness *port)
{
    struct witnessed *w = calloc(1, sizeof *w);

    if (w == NULL || (w->arena = memory_open((size_t)64 << 20)) == NULL) {
        free(w);
        return NULL;
    }
    w->options = *options;
    *port = (struct witness){ .self = w };
    if (options->differ != NULL)
        port->stand_in = stand_in;
    else
        port->recall = recall;
    return w;
}

void
witness_close(struct witnessed *w)
{
    if (w == NULL)
        return;
    memory_close(w->arena);
    free(w->ids);
    free(w);
}
