#include "cli/order.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/stream.h"
#include "common/adapters/avro.h"
#include "common/core/place.h"
#include "common/engine/memory.h"

enum { RUN_MAX = 2000, SKIP_STEP = 1000 };

/* How far each input is, by the service that wrote it. */
struct extent {
    int64_t at[SERVICE_INPUTS_MAX][SERVICE_N];
};

/* An input: what was read and is not applied yet, in the order of offsets. */
struct feed {
    struct stream *stream;
    struct stream_record *head, **end;
};

/* One of our own topics: its next record, and how far the inputs were then. */
struct story {
    enum topic topic;
    struct stream *stream;
    int64_t next; /* number; 0 at the log's end */
    struct extent reached;
    size_t cause; /* input that it came from */
};

/* A dead letter of ours. */
struct letter {
    size_t input;
    uint8_t service;
    int64_t sequence;
    bool refused; /* by the database */
    bool aside;   /* by people, unread */
    struct str reason;
};

struct order {
    const struct order_options *options;
    struct arena *arena;   /* texts of letters */
    struct arena *scratch; /* one decoded record */
    struct avro_codec *avro;
    struct feed feeds[SERVICE_INPUTS_MAX];
    struct story stories[SERVICE_OUTPUTS_MAX];
    size_t n_stories;
    struct letter *letters;
    size_t n_letters, room_letters;
    size_t first_letter; /* not reached yet */
    struct extent now;   /* what was handed out, with what came before */
    struct extent goal;
    size_t goal_cause;
    bool going;                  /* the goal is not reached yet */
    struct stream_record *given; /* of the last run */
    struct raw raws[RUN_MAX];
};

static struct origin
own_origin(const struct order *o)
{
    return (struct origin){ .service = (uint8_t)o->options->def->service,
                            .authority = o->options->authority,
                            .incarnation = o->options->incarnation };
}

static size_t
input_of(const struct order *o, enum topic topic)
{
    size_t i = 0;

    while (i < o->options->def->n_inputs && o->options->def->inputs[i] != topic)
        i++;
    return i;
}

static enum status
unfit(struct err *err, enum topic topic, int64_t sequence, const char *why)
{
    return err_set(err, ST_FATAL, "order", "%s: our %" PRId64 " %s",
                   topic_name(topic), sequence, why);
}

/* ---- what our records tell
 * ------------------------------------------------------ */

static enum status
set_reached(const struct order *o, struct story *s, const struct cause *c,
            struct err *err)
{
    size_t input = input_of(o, (enum topic)c->topic);

    if (input == o->options->def->n_inputs || c->service <= SERVICE_NONE ||
        c->service >= SERVICE_N)
        return unfit(err, s->topic, s->next, "names what is no input");
    if (c->sequence > s->reached.at[input][c->service])
        s->reached.at[input][c->service] = c->sequence;
    return ST_OK;
}

/* The next record of a topic of ours; next is 0 behind the last. */
static enum status
read_story(struct order *o, struct story *s, int64_t number, struct err *err)
{
    const struct stream_record *r = NULL;
    enum record_type type;
    const void *body = NULL;
    const struct meta *meta;
    enum status rc;

    stream_forget(s->stream, own_origin(o), number - 1);
    s->next = number;
    rc = stream_get(s->stream, own_origin(o), number, &r, err);
    if (rc == ST_OK && r == NULL) {
        s->next = 0;
        return ST_OK;
    }
    arena_reset(o->scratch);
    if (rc == ST_OK)
        rc = avro_decode(o->avro, r->value, o->scratch, &type, &body, err);
    if (rc != ST_OK) {
        err_where(err, "%s %" PRId64, topic_name(s->topic), number);
        return rc == ST_REJECT ? ST_FATAL : rc;
    }
    meta = body;
    memset(&s->reached, 0, sizeof s->reached);
    for (size_t i = 0; rc == ST_OK && i < meta->seen.n; i++)
        rc = set_reached(o, s, (const struct cause *)meta->seen.at + i, err);
    if (rc == ST_OK)
        rc = set_reached(o, s, &meta->cause, err);
    if (rc == ST_OK)
        s->cause = input_of(o, (enum topic)meta->cause.topic);
    return rc;
}

static bool
read_place(const struct order *o, struct str text, struct letter *out)
{
    struct place place;

    if (text.p == NULL || !place_read(text, o->options->authority, &place))
        return false;
    out->input = input_of(o, place.topic);
    out->service = place.origin.service;
    out->sequence = place.sequence;
    return out->input < o->options->def->n_inputs;
}

static enum status
add_letter(struct order *o, const struct stream_record *r, struct err *err)
{
    struct letter letter;

    if (!read_place(o, r->place, &letter))
        return unfit(err, TOPIC_DEAD_LETTERS, r->link.sequence,
                     "has no place that can be read");
    if (o->n_letters == o->room_letters) {
        size_t room = o->room_letters == 0 ? 64 : o->room_letters * 2;
        struct letter *at = realloc(o->letters, room * sizeof *at);

        if (at == NULL)
            return err_set(err, ST_FATAL, "memory", "no memory");
        o->letters = at;
        o->room_letters = room;
    }
    letter.refused = r->code.p != NULL && str_is(r->code, "value");
    letter.aside = r->code.p != NULL && str_is(r->code, "kills");
    letter.reason = arena_str(o->arena, r->reason);
    o->letters[o->n_letters++] = letter;
    return ST_OK;
}

/* Forget what the database has given out itself, a part at a time. */
static enum status
skip(struct stream *s, struct origin origin, int64_t upto, struct err *err)
{
    const struct stream_record *r;
    enum status rc = ST_OK;

    for (int64_t i = SKIP_STEP; rc == ST_OK && i <= upto; i += SKIP_STEP) {
        rc = stream_get(s, origin, i, &r, err);
        stream_forget(s, origin, i);
    }
    return rc;
}

static enum status
read_letters(struct order *o, struct err *err)
{
    struct stream_options stream = { .conn = o->options->conn,
                                     .topic = TOPIC_DEAD_LETTERS,
                                     .authority = o->options->authority,
                                     .only = o->options->def->service };
    int64_t n = o->options->shard->tails.at[TOPIC_DEAD_LETTERS].sequence;
    struct stream *s = NULL;
    enum status rc = stream_open(&stream, &s, err);

    if (rc == ST_OK)
        rc = skip(s, own_origin(o), n, err);
    while (rc == ST_OK) {
        const struct stream_record *r = NULL;

        rc = stream_get(s, own_origin(o), ++n, &r, err);
        if (rc != ST_OK || r == NULL)
            break;
        rc = add_letter(o, r, err);
        stream_forget(s, own_origin(o), n);
    }
    stream_close(s);
    return rc;
}

/* ---- the inputs
 * ------------------------------------------------------------------- */

static enum status
lost(const struct order *o, size_t input, int service, int64_t sequence,
     struct err *err)
{
    return err_set(err, ST_FATAL, "gap",
                   "%s: %s %" PRId64 " was applied and is not in the log",
                   topic_name(o->options->def->inputs[input]),
                   service_name((enum service)service), sequence);
}

/* One more record behind those that wait. *more is false at the log's end. */
static enum status
read_feed(struct feed *f, bool *more, struct err *err)
{
    struct stream_record *r = NULL;
    enum status rc = stream_next(f->stream, &r, err);

    *more = r != NULL;
    if (r != NULL) {
        r->next = NULL;
        *f->end = r;
        f->end = &r->next;
    }
    return rc;
}

static void
unlink_record(struct feed *f, struct stream_record **at)
{
    struct stream_record *r = *at;

    *at = r->next;
    if (f->end == &r->next)
        f->end = at;
    r->next = NULL;
}

/*
 * Next record of the input that fits below `goal`; NULL at the log's end.
 * What was applied before is dropped; what is beyond the goal waits, its
 * writer ran ahead of another one.
 */
static enum status
find_next(struct order *o, size_t input, const struct extent *goal,
          struct stream_record ***out, struct err *err)
{
    struct feed *f = &o->feeds[input];
    struct stream_record **at = &f->head;
    bool more = true;
    enum status rc = ST_OK;

    for (*out = NULL; rc == ST_OK;) {
        uint8_t service;

        if (*at == NULL) {
            rc = read_feed(f, &more, err);
            if (!more)
                break;
            continue;
        }
        service = (*at)->link.origin.service;
        if ((*at)->link.sequence <= o->now.at[input][service]) {
            struct stream_record *r = *at;

            unlink_record(f, at);
            stream_record_free(r);
        } else if (service == SERVICE_NONE ||
                   (*at)->link.sequence <= goal->at[input][service]) {
            *out = at;
            break;
        } else {
            at = &(*at)->next;
        }
    }
    return rc;
}

static const struct letter *
letter_about(const struct order *o, size_t input, const struct link *link)
{
    for (size_t i = o->first_letter; i < o->n_letters; i++)
        if (o->letters[i].input == input &&
            o->letters[i].service == link->origin.service &&
            o->letters[i].sequence == link->sequence)
            return &o->letters[i];
    return NULL;
}

static bool
is_reached(const struct order *o, size_t input, const struct extent *goal)
{
    for (int s = SERVICE_NONE + 1; s < SERVICE_N; s++)
        if (o->now.at[input][s] < goal->at[input][s])
            return false;
    return true;
}

static void
give(struct order *o, size_t input, struct stream_record **at,
     struct order_run *run)
{
    struct feed *f = &o->feeds[input];
    struct stream_record *r = *at;

    unlink_record(f, at);
    r->next = o->given;
    o->given = r;
    o->now.at[input][r->link.origin.service] = r->link.sequence;
    /* Reading goes on at the first that was left, if any was. */
    o->raws[run->n++] = (struct raw){
        .input = input,
        .offset = f->head != NULL && f->head->offset < r->offset
                      ? f->head->offset - 1
                      : r->offset,
        .key = r->key,
        .value = r->value,
        .header = r->header,
    };
}

/*
 * Take from one input up to the goal or, where `stop` is given, up to that
 * letter's record. A record of a dead letter is a run of its own: it may have
 * been refused, and a stranger can't be given twice.
 */
static enum status
take(struct order *o, size_t input, const struct extent *goal,
     const struct letter *stop, struct order_run *run, struct err *err)
{
    enum status rc = ST_OK;

    while (run->n < RUN_MAX) {
        struct stream_record **at = NULL;
        const struct letter *letter;

        if (stop != NULL ? o->now.at[input][stop->service] >= stop->sequence
                         : is_reached(o, input, goal))
            break;
        rc = find_next(o, input, goal, &at, err);
        if (rc != ST_OK)
            return rc;
        if (at == NULL && stop != NULL)
            return lost(o, input, stop->service, stop->sequence, err);
        for (int s = SERVICE_NONE + 1; at == NULL && s < SERVICE_N; s++)
            if (o->now.at[input][s] < goal->at[input][s])
                return lost(o, input, s, o->now.at[input][s] + 1, err);
        letter = letter_about(o, input, &(*at)->link);
        if (letter != NULL || (*at)->link.origin.service == SERVICE_NONE) {
            if (run->n > 0)
                break;
            give(o, input, at, run);
            run->alone = true;
            if (letter != NULL && letter->refused)
                run->refused = letter->reason;
            if (letter != NULL && letter->aside)
                o->raws[0].aside = letter->reason;
            break;
        }
        give(o, input, at, run);
    }
    return ST_OK;
}

/* ---- goals
 * -------------------------------------------------------------------------- */

static int64_t
sum_of(const struct extent *e)
{
    int64_t sum = 0;

    for (size_t i = 0; i < SERVICE_INPUTS_MAX; i++)
        for (size_t s = 0; s < SERVICE_N; s++)
            sum += e->at[i][s];
    return sum;
}

/* The story that goes on first: every input adds one to what was seen. */
static struct story *
first_story(struct order *o)
{
    struct story *first = NULL;

    for (size_t i = 0; i < o->n_stories; i++)
        if (o->stories[i].next > 0 &&
            (first == NULL ||
             sum_of(&o->stories[i].reached) < sum_of(&first->reached)))
            first = &o->stories[i];
    return first;
}

static bool
leads_on(const struct order *o)
{
    for (size_t i = 0; i < o->options->def->n_inputs; i++)
        if (!is_reached(o, i, &o->goal))
            return true;
    return false;
}

/* The next goal that isn't reached. *going is false where no story goes on. */
static enum status
choose_goal(struct order *o, struct err *err)
{
    struct story *s;
    enum status rc = ST_OK;

    o->going = false;
    while (rc == ST_OK && !o->going && (s = first_story(o)) != NULL) {
        o->goal = s->reached;
        o->goal_cause = s->cause;
        o->going = leads_on(o);
        rc = read_story(o, s, s->next + 1, err);
    }
    return rc;
}

static bool
is_within(const struct order *o, const struct letter *l)
{
    return l->service != SERVICE_NONE &&
           l->sequence <= o->goal.at[l->input][l->service];
}

/* Letters that are dealt with, whoever led there. */
static const struct letter *
open_letter(struct order *o)
{
    while (o->first_letter < o->n_letters) {
        const struct letter *l = &o->letters[o->first_letter];

        if (o->now.at[l->input][l->service] < l->sequence)
            return l;
        o->first_letter++;
    }
    return NULL;
}

/* On towards the goal: letters in their order, the cause's input last. */
static enum status
towards_goal(struct order *o, struct order_run *run, struct err *err)
{
    const struct letter *l = open_letter(o);
    enum status rc = ST_OK;

    if (l != NULL && is_within(o, l))
        return take(o, l->input, &o->goal, l, run, err);
    for (size_t i = 0;
         rc == ST_OK && run->n == 0 && i < o->options->def->n_inputs; i++)
        if (i != o->goal_cause)
            rc = take(o, i, &o->goal, NULL, run, err);
    if (rc == ST_OK && run->n == 0)
        rc = take(o, o->goal_cause, &o->goal, NULL, run, err);
    return rc;
}

/* May what comes next be a part of the same run? */
static bool
goes_on(struct order *o, size_t input)
{
    const struct letter *l = open_letter(o);

    if (!o->going || o->options->log_clock || (l != NULL && is_within(o, l)))
        return false;
    for (size_t i = 0; i < o->options->def->n_inputs; i++)
        if (i != input && !is_reached(o, i, &o->goal))
            return false;
    return true;
}

/* Behind the last story only dead letters tell how far it went. */
static enum status
towards_letter(struct order *o, struct order_run *run, struct err *err)
{
    const struct letter *l = open_letter(o);
    struct extent all = { .at = { { 0 } } };

    if (l == NULL)
        return ST_OK;
    for (size_t s = 0; s < SERVICE_N; s++)
        all.at[l->input][s] = INT64_MAX;
    return take(o, l->input, &all, l, run, err);
}

enum status
order_next(struct order *o, struct order_run *out, struct err *err)
{
    size_t before = 0;
    enum status rc = ST_OK;

    *out = (struct order_run){ .at = o->raws };
    while (o->given != NULL) {
        struct stream_record *r = o->given;

        o->given = r->next;
        stream_record_free(r);
    }
    o->going = o->going && leads_on(o);
    if (!o->going)
        rc = choose_goal(o, err);
    if (rc == ST_OK && !o->going)
        return towards_letter(o, out, err);
    if (rc == ST_OK)
        rc = towards_goal(o, out, err);
    /* Where the next goals lie on the same input, they are one run. */
    while (rc == ST_OK && !out->alone && out->n > before && out->n < RUN_MAX &&
           !leads_on(o)) {
        before = out->n;
        rc = choose_goal(o, err);
        if (rc == ST_OK && goes_on(o, o->raws[0].input))
            rc = take(o, o->raws[0].input, &o->goal, NULL, out, err);
    }
    return rc;
}

/* ---- opening
 * ------------------------------------------------------------------------ */

static enum status
open_feeds(struct order *o, struct err *err)
{
    const struct service_def *def = o->options->def;
    struct stream_options stream = { .conn = o->options->conn,
                                     .authority = o->options->authority };
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < def->n_inputs; i++) {
        o->feeds[i].end = &o->feeds[i].head;
        stream.topic = def->inputs[i];
        rc = stream_open(&stream, &o->feeds[i].stream, err);
    }
    for (size_t i = 0; i < o->options->shard->n_marks; i++) {
        const struct mark *m = &o->options->shard->marks[i];
        size_t input = input_of(o, m->topic);

        if (input < def->n_inputs && m->origin.service < SERVICE_N)
            o->now.at[input][m->origin.service] = m->sequence;
    }
    return rc;
}

static enum status
open_stories(struct order *o, struct err *err)
{
    const struct service_def *def = o->options->def;
    struct stream_options stream = { .conn = o->options->conn,
                                     .authority = o->options->authority,
                                     .only = def->service };
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < def->n_outputs; i++) {
        struct story *s = &o->stories[o->n_stories++];
        int64_t given = o->options->shard->tails.at[def->outputs[i]].sequence;

        s->topic = stream.topic = def->outputs[i];
        rc = stream_open(&stream, &s->stream, err);
        if (rc == ST_OK)
            rc = skip(s->stream, own_origin(o), given, err);
        if (rc == ST_OK)
            rc = read_story(o, s, given + 1, err);
    }
    return rc;
}

enum status
order_open(const struct order_options *options, struct order **out,
           struct err *err)
{
    struct order *o = calloc(1, sizeof *o);
    enum status rc = ST_OK;

    if (o == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    o->options = options;
    o->arena = memory_open((size_t)256 << 20);
    o->scratch = memory_open((size_t)64 << 20);
    if (o->arena == NULL || o->scratch == NULL)
        rc = err_set(err, ST_FATAL, "memory", "no memory");
    if (rc == ST_OK && (o->avro = avro_open(err)) == NULL)
        rc = ST_FATAL;
    if (rc == ST_OK)
        rc = open_feeds(o, err);
    if (rc == ST_OK)
        rc = open_stories(o, err);
    if (rc == ST_OK)
        rc = read_letters(o, err);
    if (rc != ST_OK) {
        order_close(o);
        return rc;
    }
    *out = o;
    return ST_OK;
}

static void
free_records(struct stream_record *r)
{
    while (r != NULL) {
        struct stream_record *next = r->next;

        stream_record_free(r);
        r = next;
    }
}

void
order_close(struct order *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < SERVICE_INPUTS_MAX; i++) {
        free_records(o->feeds[i].head);
        stream_close(o->feeds[i].stream);
    }
    for (size_t i = 0; i < o->n_stories; i++)
        stream_close(o->stories[i].stream);
    free_records(o->given);
    free(o->letters);
    avro_close(o->avro);
    memory_close(o->scratch);
    memory_close(o->arena);
    free(o);
}
