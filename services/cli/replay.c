#include "cli/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/aside.h"
#include "cli/cli.h"
#include "cli/stream.h"
#include "common/adapters/codec.h"
#include "common/adapters/configurer.h"
#include "common/adapters/pg_store.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"
#include "common/engine/runner.h"

enum {
    TURN_PAGE = 200,  /* turns read from the live schema at once */
    TRIES = 4,        /* of one turn: a refused value takes two */
    MEMORY_MB = 1024, /* for one turn */
    LEASE_MS = 1000,
};

/* A turn as the live schema tells it. */
struct live_turn {
    int64_t turn;
    struct str ranges;
    int32_t n_in, n_out, fired;
};

struct replay {
    const struct replay_options *options;
    struct differ *differ;
    struct arena *arena;   /* a page of turns */
    struct arena *scratch; /* what one turn's source and sink need */
    struct live_turn *turns;
    size_t n_turns;
    const struct live_turn *current;
    bool given; /* the current turn's records were handed out */
    struct stream *in[SERVICE_INPUTS_MAX];
    struct stream *out[TOPIC_N]; /* NULL where nothing is given out */
    int64_t tails[TOPIC_N];      /* last number that the live side gave out */
    int64_t compared[TOPIC_N];   /* last number held against the log */
    bool forked[TOPIC_N];        /* said that the chains part */
    int64_t published;           /* last turn that the sink was given */
    struct aside *aside;         /* inputs that nobody reads */
    struct avro_codec *avro;
    struct avro_port *avro_port;
    struct codec codec;
};

static void
differ_text(struct replay *r, const char *what, int64_t number,
            const char *column, struct str live, struct str replayed)
{
    char key[32];

    snprintf(key, sizeof key, "%" PRId64, number);
    differ_add(r->differ, &(struct difference){ .what = what,
                                                .key = str_of(key),
                                                .column = str_of(column),
                                                .live = live,
                                                .replayed = replayed });
}

/* ---- source: the records that the turn names --------------------------- */

struct range {
    size_t input;
    struct origin origin;
    int64_t from, to;
    bool ahead; /* read for its time alone */
};

/* Read up to `end`; false unless it is there. */
static bool
word_to(struct str *left, char end, struct str *out)
{
    const char *p = memchr(left->p, end, left->n);

    if (p == NULL)
        return false;
    *out = (struct str){ .p = left->p, .n = (size_t)(p - left->p) };
    left->n -= out->n + 1;
    left->p = p + 1;
    return true;
}

static bool
number_of(struct str text, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || *out > INT64_MAX / 10 - 1)
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return text.n > 0;
}

/* "topic:service.incarnation:from-to", or "~topic:service.incarnation:n". */
static bool
read_range(const struct replay *r, struct str text, struct range *out)
{
    const struct service_def *def = r->options->def;
    struct str topic, service, incarnation, from;
    int64_t n;

    out->ahead = text.n > 0 && text.p[0] == '~';
    if (out->ahead) {
        text.p++;
        text.n--;
    }
    if (!word_to(&text, ':', &topic) || !word_to(&text, '.', &service) ||
        !word_to(&text, ':', &incarnation) || !number_of(incarnation, &n))
        return false;
    if (out->ahead)
        from = text;
    else if (!word_to(&text, '-', &from))
        return false;
    for (out->input = 0; out->input < def->n_inputs; out->input++)
        if (str_is(topic, topic_name(def->inputs[out->input])))
            break;
    out->origin = (struct origin){
        .service = (uint8_t)codes_find(&codes_service, service),
        .authority = r->options->authority,
        .incarnation = (uint32_t)n,
    };
    return out->input < def->n_inputs && number_of(from, &out->from) &&
           number_of(text, &out->to);
}

static bool
next_range(struct str *left, struct str *out)
{
    if (left->n == 0)
        return false;
    if (!word_to(left, ' ', out)) {
        *out = *left;
        left->n = 0;
    }
    return true;
}

/* It was read for its time, and killed only when its turn came. */
static struct str
why_aside(const struct replay *r, const struct range *range, int64_t sequence)
{
    struct place place = { .topic = r->options->def->inputs[range->input],
                           .origin = range->origin,
                           .sequence = sequence };

    return range->ahead ? STR_NULL : aside_why(r->aside, &place);
}

static enum status
fetch_range(struct replay *r, const struct range *range, struct raw *raws,
            size_t *n, struct err *err)
{
    for (int64_t i = range->from; i <= range->to; i++) {
        const struct stream_record *rec;
        enum status rc =
            stream_get(r->in[range->input], range->origin, i, &rec, err);

        if (rc != ST_OK)
            return rc;
        if (rec == NULL)
            return err_set(err, ST_FATAL, "gap",
                           "%s: %s.%u %" PRId64 " is not in the log",
                           topic_name(r->options->def->inputs[range->input]),
                           service_name(range->origin.service),
                           (unsigned)range->origin.incarnation, i);
        raws[(*n)++] = (struct raw){
            .input = range->input,
            .offset = rec->offset,
            .key = rec->key,
            .value = rec->value,
            .header = rec->header,
            .aside = why_aside(r, range, i),
        };
    }
    return ST_OK;
}

static enum status
bad_ranges(struct err *err)
{
    return err_set(err, ST_FATAL, "ranges", "the turn's ranges can't be read");
}

static enum status
source_take(void *self, int group, int wait_ms, size_t max, struct taken *out,
            struct err *err)
{
    struct replay *r = self;
    struct str left = r->current->ranges, text;
    struct range range;
    struct raw *raws;
    size_t n = 0;
    int64_t room = 0;
    enum status rc = ST_OK;

    (void)group;
    (void)wait_ms;
    (void)max;
    *out = (struct taken){ .n = 0 };
    if (r->given)
        return ST_OK;
    while (next_range(&left, &text)) {
        if (!read_range(r, text, &range) || range.to < range.from)
            return bad_ranges(err);
        room += range.to - range.from + 1;
    }
    if (room > RUNNER_BATCH_MAX + 1)
        return bad_ranges(err);
    arena_reset(r->scratch);
    raws = arena_array(r->scratch, (size_t)room + 1, sizeof *raws);
    left = r->current->ranges;
    while (rc == ST_OK && next_range(&left, &text)) {
        (void)read_range(r, text, &range);
        rc = fetch_range(r, &range, raws, &n, err);
    }
    r->given = true;
    *out = (struct taken){ .at = raws, .n = n };
    return rc;
}

static enum status
source_start(void *self, const int64_t *offsets, size_t n, struct err *err)
{
    struct replay *r = self;

    (void)offsets;
    (void)n;
    (void)err;
    r->given = false;
    return ST_OK;
}

static void
forget_turn(struct replay *r)
{
    struct str left = r->current->ranges, text;
    struct range range;

    while (next_range(&left, &text))
        if (text.p[0] != '~' && read_range(r, text, &range))
            stream_forget(r->in[range.input], range.origin, range.to);
}

/* ---- sink: what is given out must be what stands there ----------------- */

static struct origin
own_origin(const struct replay *r)
{
    return (struct origin){ .service = (uint8_t)r->options->def->service,
                            .authority = r->options->authority,
                            .incarnation = r->options->incarnation };
}

/* Names the fields of two records that are not equal. */
static struct str
fields_that_differ(struct replay *r, struct str live, struct str replayed)
{
    enum record_type type[2];
    const void *body[2];
    struct err err;
    struct str names = STR("bytes");
    const struct record_def *def;
    bool first = true;

    if (r->codec.decode(r->codec.self, live, r->scratch, &type[0], &body[0],
                        &err) != ST_OK ||
        r->codec.decode(r->codec.self, replayed, r->scratch, &type[1], &body[1],
                        &err) != ST_OK)
        return names;
    if (type[0] != type[1])
        return STR("type");
    def = record_def(type[0]);
    for (size_t i = 0; def != NULL && i < def->fields->n; i++) {
        const struct fields one = { .name = "",
                                    .at = &def->fields->at[i],
                                    .n = 1 };

        if (fields_eq(&one, body[0], body[1]))
            continue;
        names = first ? str_of(one.at[0].name)
                      : arena_printf(r->scratch, "%.*s, %s", STR_ARG(names),
                                     one.at[0].name);
        first = false;
    }
    return names;
}

static bool
headers_agree(const struct stream_record *live, const struct outbox_entry *e)
{
    struct outbox_header h;
    size_t at = 0;
    bool agree = true;

    while (outbox_next_header(e->headers, &at, &h)) {
        struct str is = str_is(h.name, "wm-code")     ? live->code
                        : str_is(h.name, "wm-reason") ? live->reason
                        : str_is(h.name, "wm-place")  ? live->place
                        : str_is(h.name, "wm-by")     ? live->by
                                                      : h.value;

        agree = agree && is.n == h.value.n &&
                (is.n == 0 || memcmp(is.p, h.value.p, is.n) == 0);
    }
    return agree;
}

static bool
same_bytes(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void
compare_entry(struct replay *r, const struct stream_record *live,
              const struct outbox_entry *e)
{
    char what[64];

    snprintf(what, sizeof what, "topic %s", topic_name(e->topic));
    if (!same_bytes(live->key, e->key))
        differ_text(r, what, e->sequence, "key", STR_NULL, STR_NULL);
    if (!same_bytes(live->value, e->value) ||
        (live->value.p == NULL) != (e->value.p == NULL)) {
        struct str names = fields_that_differ(r, live->value, e->value);

        differ_text(r, what, e->sequence,
                    arena_printf(r->scratch, "value (%.*s)", STR_ARG(names)).p,
                    STR_NULL, STR_NULL);
    }
    if (!headers_agree(live, e))
        differ_text(r, what, e->sequence, "headers", STR_NULL, STR_NULL);
    if (live->link.chain != e->chain && !r->forked[e->topic]) {
        r->forked[e->topic] = true;
        differ_text(r, what, e->sequence, "chain, from here on", STR_NULL,
                    STR_NULL);
    }
}

static enum status
hold_against_log(struct replay *r, int64_t turn, const struct outbox_entry *e,
                 struct err *err)
{
    const struct stream_record *live = NULL;
    enum status rc;

    if (e->sequence <= r->compared[e->topic])
        return ST_OK; /* given again after a retry */
    rc = r->out[e->topic] == NULL ? ST_OK
                                  : stream_get(r->out[e->topic], own_origin(r),
                                               e->sequence, &live, err);
    if (rc != ST_OK)
        return rc;
    r->compared[e->topic] = e->sequence;
    if (live != NULL) {
        compare_entry(r, live, e);
        r->differ->records++;
        stream_forget(r->out[e->topic], own_origin(r), e->sequence);
    } else if (turn <= r->options->confirmed) {
        char what[64];

        snprintf(what, sizeof what, "topic %s", topic_name(e->topic));
        differ_text(r, what, e->sequence, "confirmed and not in the log",
                    STR_NULL, STR_NULL);
    }
    return ST_OK;
}

static enum status
sink_publish(void *self, const struct committed *c, struct err *err)
{
    struct replay *r = self;
    struct outbox_entry e;
    size_t at = 0;
    bool ok = true;
    enum status rc = ST_OK;

    while (rc == ST_OK && outbox_next(c->block, &at, &e, &ok))
        rc = hold_against_log(r, c->turn, &e, err);
    if (rc == ST_OK && !ok)
        rc = err_set(err, ST_FATAL, "outbox", "a replayed block is damaged");
    r->published = c->turn;
    return rc;
}

static enum status
sink_restart(void *self, struct err *err)
{
    (void)self;
    (void)err;
    return ST_OK;
}

static enum status
sink_confirmed(void *self, int wait_ms, int64_t *turn, struct err *err)
{
    struct replay *r = self;

    (void)wait_ms;
    (void)err;
    *turn = r->published;
    return ST_OK;
}

/* ---- turns ------------------------------------------------------------- */

static enum status
read_page(struct replay *r, int64_t after, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc;

    arena_reset(r->arena);
    pg_params_init(&p, r->arena);
    pg_add_i16(&p, (int16_t)r->options->authority);
    pg_add_i64(&p, after);
    pg_add_i64(&p, r->options->turns);
    pg_add_i32(&p, TURN_PAGE);
    rc = pg_query(r->options->live, NULL,
                  "SELECT turn, ranges, n_in, n_out, fired FROM turn WHERE "
                  "shard = $1 AND turn > $2 AND turn <= $3 ORDER BY turn "
                  "LIMIT $4",
                  &p, &res, err);
    if (rc != ST_OK)
        return rc;
    r->n_turns = pg_n_rows(res);
    r->turns = arena_array(r->arena, r->n_turns, sizeof *r->turns);
    for (size_t i = 0; i < r->n_turns; i++)
        r->turns[i] = (struct live_turn){
            .turn = pg_i64(res, i, 0),
            .ranges = arena_str(r->arena, pg_text(res, i, 1)),
            .n_in = pg_i32(res, i, 2),
            .n_out = pg_i32(res, i, 3),
            .fired = pg_i32(res, i, 4),
        };
    pg_result_close(res);
    return ST_OK;
}

/* One turn, up to being committed. *done is false where it can't be repeated.
 */
static enum status
run_turn(struct replay *r, struct runner *runner, bool *owned, bool *done,
         struct err *err)
{
    enum status rc = ST_RETRY;

    r->given = false;
    for (int i = 0; i < TRIES && runner_shard(runner)->turn < r->current->turn;
         i++) {
        rc = ST_OK;
        if (!*owned)
            rc = runner_own(runner, err);
        *owned = rc == ST_OK;
        if (rc == ST_OK)
            rc = runner_turn(runner, err);
        if (rc != ST_OK)
            *owned = false;
        if (rc == ST_FATAL ||
            (rc == ST_OK && runner_shard(runner)->turn < r->current->turn))
            break;
    }
    *done = runner_shard(runner)->turn == r->current->turn;
    if (*done)
        return ST_OK;
    if (rc == ST_RETRY && strcmp(err->code, "value") != 0)
        return rc;
    differ_text(r, "turn", r->current->turn,
                rc == ST_OK ? "can't be repeated: nothing came of it"
                            : "can't be repeated",
                STR_NULL, STR_NULL);
    if (rc != ST_OK)
        fprintf(stderr, "%s %s: turn %" PRId64 ": %s\n", r->differ->service,
                r->differ->authority, r->current->turn, err->text);
    return ST_OK;
}

static enum status
run_turns(struct replay *r, struct runner *runner, struct err *err)
{
    int64_t last = 0;
    bool owned, done = true;
    enum status rc = runner_own(runner, err); /* though there be no turn */

    owned = rc == ST_OK;
    while (rc == ST_OK && done && last < r->options->turns) {
        rc = read_page(r, last, err);
        if (rc == ST_OK && r->n_turns == 0) {
            differ_text(r, "turn", last + 1, "is not there", STR_NULL,
                        STR_NULL);
            break;
        }
        for (size_t i = 0; rc == ST_OK && done && i < r->n_turns; i++) {
            r->current = &r->turns[i];
            if (r->current->turn != last + 1)
                differ_text(r, "turn", last + 1, "is not there", STR_NULL,
                            STR_NULL);
            rc = cli_go_on(err);
            if (rc == ST_OK)
                rc = run_turn(r, runner, &owned, &done, err);
            if (rc == ST_OK && done) {
                forget_turn(r);
                r->differ->turns++;
            }
            last = r->current->turn;
        }
    }
    return rc;
}

/* ---- the whole --------------------------------------------------------- */

static enum status
open_streams(struct replay *r, struct err *err)
{
    const struct service_def *def = r->options->def;
    struct stream_options o = { .conn = r->options->conn,
                                .authority = r->options->authority };
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < def->n_inputs; i++) {
        o.topic = def->inputs[i];
        rc = stream_open(&o, &r->in[i], err);
    }
    o.only = def->service;
    for (size_t i = 0; rc == ST_OK && i <= def->n_outputs; i++) {
        o.topic = i < def->n_outputs ? def->outputs[i] : TOPIC_DEAD_LETTERS;
        rc = stream_open(&o, &r->out[o.topic], err);
    }
    return rc;
}

/* Numbers of ours beyond what the database has ever given out. */
static enum status
look_beyond(struct replay *r, struct err *err)
{
    enum status rc = ST_OK;

    for (int t = TOPIC_NONE + 1; rc == ST_OK && t < TOPIC_N; t++) {
        char what[64];
        int64_t last = 0, given = 0;
        struct pg_params p;
        struct pg_result *res = NULL;
        struct pg_options options = { .conninfo = r->options->conninfo,
                                      .application_name = "waymark" };
        struct pg *now = NULL; /* outside the snapshot */
        struct str sql;

        if (r->out[t] == NULL)
            continue;
        snprintf(what, sizeof what, "topic %s", topic_name((enum topic)t));
        rc = stream_last(r->out[t], own_origin(r), &last, err);
        if (rc == ST_OK && stream_forks(r->out[t]) > 0)
            differ_text(r, what, (int64_t)stream_forks(r->out[t]),
                        "repeats differ from what they repeat", STR_NULL,
                        STR_NULL);
        if (rc != ST_OK || last <= r->compared[t])
            continue;
        rc = pg_open(&options, &now, err);
        pg_params_init(&p, r->scratch);
        pg_add_i16(&p, (int16_t)r->options->authority);
        pg_add_text(&p, str_of(topic_name((enum topic)t)));
        sql = arena_printf(r->scratch,
                           "SELECT sequence FROM %s.out_seq WHERE shard = $1 "
                           "AND topic = $2",
                           service_name(r->options->def->service));
        if (rc == ST_OK)
            rc = pg_query(now, NULL, sql.p, &p, &res, err);
        if (rc == ST_OK && pg_n_rows(res) > 0)
            given = pg_i64(res, 0, 0);
        pg_result_close(res);
        pg_close(now);
        if (rc == ST_OK && last > given)
            differ_text(r, what, last, "in the log and never became true",
                        STR_NULL, STR_NULL);
    }
    return rc;
}

/* How far the live side has given out, as the snapshot has it. */
static enum status
read_tails(struct replay *r, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, r->scratch);
    pg_add_i16(&p, (int16_t)r->options->authority);
    rc = pg_query(r->options->live, NULL,
                  "SELECT topic, sequence FROM out_seq WHERE shard = $1", &p,
                  &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++)
        r->tails[topic_find(pg_text(res, i, 0))] = pg_i64(res, i, 1);
    pg_result_close(res);
    return rc;
}

static void
close_all(struct replay *r)
{
    for (size_t i = 0; i < SERVICE_INPUTS_MAX; i++)
        stream_close(r->in[i]);
    for (size_t i = 0; i < TOPIC_N; i++)
        stream_close(r->out[i]);
    aside_close(r->aside);
    codec_close(r->avro_port);
    avro_close(r->avro);
    memory_close(r->arena);
    memory_close(r->scratch);
}

/* What the turns' records are read with; close_all takes back what it had. */
static enum status
open_log(struct replay *r, struct err *err)
{
    struct codec_options codec = { .seal = r->options->seal,
                                   .conninfo = r->options->conninfo,
                                   .schema = service_name(SERVICE_INTAKE),
                                   .shard = r->options->authority,
                                   .go_on_without = true };
    enum status rc;

    r->arena = memory_open((size_t)256 << 20);
    r->scratch = memory_open((size_t)MEMORY_MB << 20);
    if (r->arena == NULL || r->scratch == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    codec.avro = r->avro = avro_open(err);
    if (r->avro == NULL)
        return ST_FATAL;
    rc = codec_open(&codec, &r->avro_port, &r->codec, err);
    return rc == ST_OK ? open_streams(r, err) : rc;
}

/* The empty schema that the turns are written to. */
static enum status
open_store(const struct replay_options *options, const struct ticker *ticker,
           struct pg_store **out, struct store *port, struct err *err)
{
    const struct service_def *def = options->def;
    struct pg_store_options store_options = {
        .conninfo = options->conninfo,
        .schema = options->schema,
        .service = service_name(def->service),
        .instance = "reconcile",
        .authority = options->authority,
        .authority_name = options->authority_name,
        .lease_ms = LEASE_MS,
        .inputs = def->inputs,
        .n_inputs = def->n_inputs,
        .tables = def->tables,
        .n_tables = def->n_tables,
        .ticker = ticker,
    };

    return pg_store_open(&store_options, out, port, err);
}

enum status
replay_run(const struct replay_options *options, struct differ *differ,
           struct witnessed **witnessed, struct err *err)
{
    struct ticker ticker = monotonic_ticker();
    struct replay r = { .options = options, .differ = differ };
    struct source source = { .self = &r,
                             .start = source_start,
                             .take = source_take };
    struct sink sink = { .self = &r,
                         .restart = sink_restart,
                         .publish = sink_publish,
                         .confirmed = sink_confirmed };
    struct witness_options witness_options = {
        .out = r.out,
        .own = own_origin(&r),
        .codec = &r.codec,
        .differ = differ,
        .given = r.tails,
    };
    struct witness witness;
    struct runner_options runner_options = {
        .def = options->def,
        .authority = options->authority,
        .authority_name = str_of(options->authority_name),
        .incarnation = options->incarnation,
        .log_clock = options->log_clock,
        .wait_ms = 1,
        .beat_ms = 10000,
        .batch_max = RUNNER_BATCH_MAX,
        .memory_max = (size_t)MEMORY_MB << 20,
        .whole = true,
        .witness = &witness,
    };
    struct pg_store *pg_store = NULL;
    struct store store;
    struct configurer configurer;
    struct configurer_texts *texts = configurer_open(&configurer);
    struct runner *runner = NULL;
    enum status rc;

    *witnessed = witness_open(&witness_options, &witness);
    rc = *witnessed == NULL || texts == NULL
             ? err_set(err, ST_FATAL, "memory", "no memory")
             : open_log(&r, err);
    if (rc == ST_OK)
        rc = read_tails(&r, err);
    if (rc == ST_OK)
        rc = aside_open(&options->conn, options->authority,
                        options->def->service, r.tails[TOPIC_DEAD_LETTERS],
                        &r.aside, err);
    if (rc == ST_OK)
        rc = open_store(options, &ticker, &pg_store, &store, err);
    if (rc == ST_OK) {
        runner = runner_open(&runner_options, &source, &store, &sink, &r.codec,
                             &configurer, &ticker);
        if (runner == NULL)
            rc = err_set(err, ST_FATAL, "memory", "no memory");
    }
    if (rc == ST_OK)
        rc = run_turns(&r, runner, err);
    if (rc == ST_OK)
        rc = look_beyond(&r, err);
    runner_close(runner);
    pg_store_close(pg_store);
    configurer_close(texts);
    close_all(&r);
    if (rc != ST_OK) {
        witness_close(*witnessed);
        *witnessed = NULL;
    }
    return rc;
}
