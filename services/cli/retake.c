#include "cli/retake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/order.h"
#include "cli/recover_walk.h"
#include "cli/stream.h"
#include "cli/witness.h"
#include "common/adapters/codec.h"
#include "common/adapters/avro.h"
#include "common/adapters/pg.h"
#include "common/adapters/configurer.h"
#include "common/adapters/pg_store.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"
#include "common/engine/runner.h"

enum {
    MEMORY_MB = 1024,
    BEAT_MS = 500,
    LEASE_POLL_MS = 100,
    LEASE_SPARE_MS = 5000, /* beyond the lease, for a former owner to go */
    SKIP_STEP = 1000,
    ERASED_MB = 16,
};

struct retake {
    const struct retake_options *options;
    struct retaken *done;
    struct order *order; /* opened once the shard is owned */
    struct order_options order_options;
    struct shard start; /* where the database stood */
    struct order_run run;
    bool again; /* the last run is handed out once more */
    bool over;
    struct stream *out[TOPIC_N]; /* NULL where nothing is given out */
    int64_t compared[TOPIC_N];   /* last number held against the log */
    int64_t first_open; /* turn with a record that isn't in the log; 0: none */
    int64_t open_from[TOPIC_N]; /* first number of these, by topic */
    int64_t published;
    struct witnessed *witnessed; /* of whom something was erased */
    struct witness witness;
    struct avro_codec *avro;
    struct avro_port *avro_port;
    struct codec codec;
    struct pg_store *pg_store;
    struct store store; /* the one below */
    struct runner *runner;
};

static struct origin
own_origin(const struct retake *r)
{
    return (struct origin){ .service = (uint8_t)r->options->def->service,
                            .authority = r->options->authority,
                            .incarnation = r->options->incarnation };
}

/* ---- source: the runs of the rebuilt order
 * ---------------------------------------- */

static enum status
source_start(void *self, const int64_t *offsets, size_t n, struct err *err)
{
    struct retake *r = self;

    (void)offsets;
    (void)n;
    (void)err;
    r->again = true;
    return ST_OK;
}

static enum status
source_take(void *self, int group, int wait_ms, size_t max, struct taken *out,
            struct err *err)
{
    struct retake *r = self;
    enum status rc = ST_OK;

    (void)group;
    (void)wait_ms;
    (void)max;
    *out = (struct taken){ .n = 0 };
    if (!r->again)
        rc = order_next(r->order, &r->run, err);
    r->again = false;
    r->over = rc == ST_OK && r->run.n == 0;
    *out = (struct taken){ .at = r->run.at, .n = r->run.n };
    return rc;
}

/* ---- what is given out must be what stands there
 * ----------------------------------- */

static bool
same_bytes(struct str a, struct str b)
{
    return a.n == b.n && (a.p == NULL) == (b.p == NULL) &&
           (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool
same_headers(const struct stream_record *live, const struct outbox_entry *e)
{
    struct outbox_header h;
    size_t at = 0;
    bool same = true;

    while (outbox_next_header(e->headers, &at, &h)) {
        struct str is = str_is(h.name, "wm-code")     ? live->code
                        : str_is(h.name, "wm-reason") ? live->reason
                        : str_is(h.name, "wm-place")  ? live->place
                        : str_is(h.name, "wm-by")     ? live->by
                                                      : h.value;

        same = same && is.n == h.value.n &&
               (is.n == 0 || memcmp(is.p, h.value.p, is.n) == 0);
    }
    return same;
}

/* Forget the records up to this number, a part at a time. */
static enum status
seek(struct retake *r, enum topic topic, int64_t upto, struct err *err)
{
    const struct stream_record *rec;
    enum status rc = ST_OK;

    for (int64_t i = SKIP_STEP; rc == ST_OK && i <= upto; i += SKIP_STEP) {
        rc = stream_get(r->out[topic], own_origin(r), i, &rec, err);
        stream_forget(r->out[topic], own_origin(r), i);
    }
    return rc;
}

/* *open: the log doesn't have it yet. */
static enum status
hold_entry(struct retake *r, const struct outbox_entry *e, bool *open,
           struct err *err)
{
    const struct stream_record *live = NULL;
    enum status rc = ST_OK;

    if (r->out[e->topic] != NULL && r->compared[e->topic] == 0)
        rc = seek(r, e->topic, e->sequence - 1, err);
    if (rc == ST_OK && r->out[e->topic] != NULL)
        rc = stream_get(r->out[e->topic], own_origin(r), e->sequence, &live,
                        err);
    if (rc != ST_OK)
        return rc;
    *open = live == NULL;
    if (live == NULL ||
        (same_bytes(live->key, e->key) && same_bytes(live->value, e->value) &&
         same_headers(live, e) && live->link.chain == e->chain))
        return ST_OK;
    return err_set(err, ST_FATAL, "differs",
                   "%s: our %" PRId64 " in the log (%zu bytes) isn't what its "
                   "causes give (%zu bytes)",
                   topic_name(e->topic), e->sequence, live->value.n,
                   e->value.n);
}

static enum status
hold_block(struct retake *r, int64_t turn, struct str block, struct err *err)
{
    struct outbox_entry e;
    size_t at = 0;
    bool ok = true;
    enum status rc = ST_OK;

    while (rc == ST_OK && outbox_next(block, &at, &e, &ok)) {
        bool open = false;

        if (e.sequence <= r->compared[e.topic])
            continue;
        rc = hold_entry(r, &e, &open, err);
        if (rc != ST_OK || !open)
            continue;
        if (r->first_open == 0)
            r->first_open = turn;
        if (r->open_from[e.topic] == 0)
            r->open_from[e.topic] = e.sequence;
    }
    if (rc == ST_OK && !ok)
        rc = err_set(err, ST_FATAL, "outbox", "a block is damaged");
    return rc;
}

/* The block became true: its records need not be kept any longer. */
static void
count_block(struct retake *r, struct str block, bool mine)
{
    struct outbox_entry e;
    size_t at = 0;
    bool ok;

    while (outbox_next(block, &at, &e, &ok)) {
        const struct stream_record *live = NULL;
        struct err err;

        if (e.sequence <= r->compared[e.topic])
            continue;
        r->compared[e.topic] = e.sequence;
        if (r->out[e.topic] != NULL &&
            stream_get(r->out[e.topic], own_origin(r), e.sequence, &live,
                       &err) == ST_OK)
            stream_forget(r->out[e.topic], own_origin(r), e.sequence);
        if (mine && live != NULL)
            r->done->records++;
        else if (mine)
            r->done->open++;
    }
}

/* ---- store: the live one, with the comparison before the commit
 * ---------------------- */

static enum status
store_own(void *self, struct shard *out, struct err *err)
{
    struct retake *r = self;

    return r->store.own(r->store.self, out, err);
}

static enum status
store_load(void *self, struct rows *rows, struct arena *arena, struct err *err)
{
    struct retake *r = self;

    return r->store.load(r->store.self, rows, arena, err);
}

static enum status
store_commit(void *self, const struct turn *turn, struct committed *out,
             struct err *err)
{
    struct retake *r = self;
    enum status rc = hold_block(r, turn->after->turn, turn->block, err);

    /* What the log says the database refused then it is to refuse again, in
     * the same words. */
    if (rc == ST_FATAL && strcmp(err->code, "differs") == 0 &&
        r->run.refused.p != NULL) {
        struct str why = r->run.refused;

        r->run.refused = STR_NULL;
        return err_set(err, ST_REJECT, "value", "%.*s", STR_ARG(why));
    }
    if (rc == ST_OK)
        rc = r->store.commit(r->store.self, turn, out, err);
    if (rc == ST_OK) {
        r->done->turns++;
        r->done->inputs += (int64_t)turn->n_in;
    }
    return rc;
}

static enum status
store_beat(void *self, int64_t confirmed_turn, struct err *err)
{
    struct retake *r = self;

    return r->store.beat(r->store.self, confirmed_turn, err);
}

static enum status
store_unconfirmed(void *self, int64_t after, struct arena *arena,
                  struct committed *out, bool *found, struct err *err)
{
    struct retake *r = self;

    return r->store.unconfirmed(r->store.self, after, arena, out, found, err);
}

static enum status
store_config(void *self, size_t i, struct arena *arena, struct config_text *out,
             struct err *err)
{
    struct retake *r = self;

    return r->store.config(r->store.self, i, arena, out, err);
}

/* ---- sink: nothing is sent, it is there
 * -------------------------------------------------- */

static enum status
sink_restart(void *self, struct err *err)
{
    (void)self;
    (void)err;
    return ST_OK;
}

/* What was committed before the restore has not been compared yet. */
static enum status
sink_publish(void *self, const struct committed *c, struct err *err)
{
    struct retake *r = self;
    bool mine = r->order != NULL && c->turn > r->start.turn;
    enum status rc = mine ? ST_OK : hold_block(r, c->turn, c->block, err);

    if (rc == ST_OK)
        count_block(r, c->block, mine);
    r->published = c->turn;
    return rc;
}

static enum status
sink_confirmed(void *self, int wait_ms, int64_t *turn, struct err *err)
{
    struct retake *r = self;

    (void)wait_ms;
    (void)err;
    *turn = r->first_open > 0 ? r->first_open - 1 : r->published;
    return ST_OK;
}

/* ---- the whole
 * ------------------------------------------------------------------------------
 */

/* A service that has just stopped leaves its lease to run out. */
static enum status
own(struct retake *r, struct err *err)
{
    int64_t until = monotonic_ms() + r->options->lease_ms + LEASE_SPARE_MS;
    enum status rc;

    while ((rc = runner_own(r->runner, err)) == ST_RETRY &&
           strcmp(err->code, "lease") == 0 && monotonic_ms() < until)
        monotonic_pause(LEASE_POLL_MS);
    return rc;
}

static enum status
open_outputs(struct retake *r, struct err *err)
{
    const struct service_def *def = r->options->def;
    struct stream_options o = { .conn = r->options->conn,
                                .authority = r->options->authority,
                                .only = def->service };
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i <= def->n_outputs; i++) {
        o.topic = i < def->n_outputs ? def->outputs[i] : TOPIC_DEAD_LETTERS;
        rc = stream_open(&o, &r->out[o.topic], err);
    }
    return rc;
}

/* The log up to where the database stands: its last record must be ours. */
static enum status
agree_so_far(struct retake *r, struct err *err)
{
    enum status rc = ST_OK;

    for (int t = TOPIC_NONE + 1; rc == ST_OK && t < TOPIC_N; t++) {
        const struct stream_record *rec = NULL;
        int64_t given = r->start.tails.at[t].sequence;

        if (r->out[t] == NULL || given == 0 || given <= r->compared[t])
            continue;
        rc = seek(r, (enum topic)t, given - 1, err);
        if (rc == ST_OK)
            rc = stream_get(r->out[t], own_origin(r), given, &rec, err);
        if (rc == ST_OK && rec != NULL &&
            rec->link.chain != r->start.tails.at[t].chain)
            rc = err_set(err, ST_FATAL, "fork",
                         "%s: our %" PRId64 " in the log is not what the "
                         "database gave out",
                         topic_name((enum topic)t), given);
    }
    return rc;
}

/* What was confirmed once stands in the log, or it lost it. */
static enum status
agree_behind(const struct retake *r, enum topic topic, int64_t last,
             int64_t given, struct err *err)
{
    int64_t from = r->open_from[topic] > 0 ? r->open_from[topic] : given + 1;
    struct stream_hole hole = stream_hole(r->out[topic], own_origin(r));
    int64_t upto = hole.first > 0 && hole.last < from ? hole.last : from - 1;

    if (last + 1 >= from)
        return ST_OK;
    return err_set(err, ST_FATAL, "gap",
                   "%s: our %" PRId64 " to %" PRId64 " were confirmed and are "
                   "not in the log: `waymark republish --service %s --topic "
                   "%s --from %" PRId64 "`",
                   topic_name(topic), last + 1, upto,
                   service_name(r->options->def->service), topic_name(topic),
                   last + 1);
}

/* Nothing of ours may be left in the log, or be lost from it. */
static enum status
agree_now(struct retake *r, struct err *err)
{
    const struct shard *shard = runner_shard(r->runner);
    enum status rc = ST_OK;

    for (int t = TOPIC_NONE + 1; rc == ST_OK && t < TOPIC_N; t++) {
        int64_t last = 0, given = shard->tails.at[t].sequence;

        if (r->out[t] == NULL)
            continue;
        rc = stream_last(r->out[t], own_origin(r), &last, err);
        if (rc == ST_OK)
            rc = recover_hole(r->out[t], (enum topic)t, own_origin(r), given,
                              err);
        if (rc == ST_OK)
            rc = agree_behind(r, (enum topic)t, last, given, err);
        if (rc == ST_OK && last > given)
            rc = err_set(err, ST_FATAL, "differs",
                         "%s: the log holds our %" PRId64
                         ", their causes give %" PRId64,
                         topic_name((enum topic)t), last, given);
    }
    return rc;
}

static enum status
step_on(struct retake *r, struct err *err)
{
    enum status rc = ST_OK;

    while (rc == ST_OK && !r->over) {
        rc = runner_turn(r->runner, err);
        if (rc == ST_RETRY && strcmp(err->code, "value") == 0)
            rc = own(r, err);
    }
    return rc;
}

static enum status
work(struct retake *r, struct err *err)
{
    enum status rc = own(r, err);

    if (rc != ST_OK)
        return rc;
    r->start = *runner_shard(r->runner);
    r->again = false;
    r->order_options = (struct order_options){
        .def = r->options->def,
        .conn = r->options->conn,
        .authority = r->options->authority,
        .incarnation = r->options->incarnation,
        .log_clock = r->options->log_clock,
        .shard = &r->start,
    };
    rc = agree_so_far(r, err);
    if (rc == ST_OK)
        rc = order_open(&r->order_options, &r->order, err);
    if (rc == ST_OK)
        rc = step_on(r, err);
    if (rc == ST_OK)
        rc = agree_now(r, err);
    if (rc == ST_OK)
        rc = runner_settle(r->runner, 0, err);
    return rc;
}

static void
close_all(struct retake *r)
{
    struct err dropped;

    if (r->pg_store != NULL)
        (void)!pg_store_release(r->pg_store, &dropped);
    runner_close(r->runner);
    witness_close(r->witnessed);
    pg_store_close(r->pg_store);
    order_close(r->order);
    for (size_t i = 0; i < TOPIC_N; i++)
        stream_close(r->out[i]);
    codec_close(r->avro_port);
    avro_close(r->avro);
}

/* A recovery that was ended has taken some of them in already. Where intake was
 * never there nobody was erased. */
static enum status
learn_erased(struct retake *r, struct err *err)
{
    struct pg_options options = { .conninfo = r->options->conninfo,
                                  .application_name = "recover" };
    struct arena *arena = memory_open((size_t)ERASED_MB << 20);
    struct pg *pg = NULL;
    struct pg_result *res = NULL;
    struct pg_params p;
    struct str sql;
    bool there = false;
    enum status rc;

    if (arena == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    sql =
        arena_printf(arena,
                     "SELECT k.first, d.child_id FROM \"%s\".person_key_read k "
                     "LEFT JOIN \"%s\".standing d ON d.shard = k.shard AND "
                     "d.notification_id = k.first "
                     "WHERE k.shard = $1 AND k.wrapped IS NULL",
                     service_name(SERVICE_INTAKE), r->options->schema);
    pg_params_init(&p, arena);
    pg_add_i16(&p, (int16_t)r->options->authority);
    rc = pg_open(&options, &pg, err);
    if (rc == ST_OK)
        rc = cli_has_table(pg, service_name(SERVICE_INTAKE), "person_key_read",
                           &there, err);
    if (rc == ST_OK && there)
        rc = pg_query(pg, NULL, sql.p, &p, &res, err);
    for (size_t i = 0; res != NULL && rc == ST_OK && i < pg_n_rows(res); i++)
        rc = witness_learn(r->witnessed, pg_id(res, i, 0), pg_id(res, i, 1),
                           err);
    pg_result_close(res);
    pg_close(pg);
    memory_close(arena);
    return rc;
}

static enum status
open_witness(struct retake *r, struct err *err)
{
    struct witness_options options = { .out = r->out,
                                       .own = own_origin(r),
                                       .codec = &r->codec };

    r->witnessed = witness_open(&options, &r->witness);
    if (r->witnessed == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    return r->options->def->service == SERVICE_TRIAGE ? learn_erased(r, err)
                                                      : ST_OK;
}

static enum status
open_runner(struct retake *r, const struct store *store,
            const struct source *source, const struct sink *sink,
            const struct configurer *configurer, const struct ticker *ticker,
            struct err *err)
{
    const struct retake_options *o = r->options;
    struct pg_store_options store_options = {
        .conninfo = o->conninfo,
        .schema = o->schema,
        .service = service_name(o->def->service),
        .instance = "recover",
        .authority = o->authority,
        .authority_name = o->authority_name,
        .cluster_id = o->cluster_id,
        .lease_ms = o->lease_ms,
        .inputs = o->def->inputs,
        .n_inputs = o->def->n_inputs,
        .tables = o->def->tables,
        .n_tables = o->def->n_tables,
        .ticker = ticker,
    };
    struct runner_options runner_options = {
        .def = o->def,
        .authority = o->authority,
        .authority_name = str_of(o->authority_name),
        .incarnation = o->incarnation,
        .log_clock = o->log_clock,
        .wait_ms = 1,
        .beat_ms = BEAT_MS,
        .batch_max = RUNNER_BATCH_MAX,
        .memory_max = (size_t)MEMORY_MB << 20,
        .witness = &r->witness,
    };
    enum status rc =
        pg_store_open(&store_options, &r->pg_store, &r->store, err);

    if (rc != ST_OK)
        return rc;
    r->runner = runner_open(&runner_options, source, store, sink, &r->codec,
                            configurer, ticker);
    return r->runner != NULL ? ST_OK
                             : err_set(err, ST_FATAL, "memory", "no memory");
}

enum status
retake(const struct retake_options *options, struct retaken *out,
       struct err *err)
{
    struct retake *r = calloc(1, sizeof *r);
    struct ticker ticker = monotonic_ticker();
    struct source source = { .self = r,
                             .start = source_start,
                             .take = source_take };
    struct store store = { .self = r,
                           .own = store_own,
                           .load = store_load,
                           .commit = store_commit,
                           .beat = store_beat,
                           .unconfirmed = store_unconfirmed,
                           .config = store_config };
    struct sink sink = { .self = r,
                         .restart = sink_restart,
                         .publish = sink_publish,
                         .confirmed = sink_confirmed };
    struct configurer configurer;
    struct configurer_texts *texts = configurer_open(&configurer);
    struct codec_options codec = { .seal = options->seal,
                                   .conninfo = options->conninfo,
                                   .schema = service_name(SERVICE_INTAKE),
                                   .shard = options->authority };
    enum status rc = ST_OK;

    *out = (struct retaken){ .turns = 0 };
    if (r == NULL || texts == NULL) {
        configurer_close(texts);
        free(r);
        return err_set(err, ST_FATAL, "memory", "no memory");
    }
    r->options = options;
    r->done = out;
    codec.avro = r->avro = avro_open(err);
    rc = r->avro == NULL ? ST_FATAL
                         : codec_open(&codec, &r->avro_port, &r->codec, err);
    if (rc == ST_OK)
        rc = open_outputs(r, err);
    if (rc == ST_OK)
        rc = open_witness(r, err);
    if (rc == ST_OK)
        rc = open_runner(r, &store, &source, &sink, &configurer, &ticker, err);
    if (rc == ST_OK)
        rc = work(r, err);
    close_all(r);
    configurer_close(texts);
    free(r);
    return rc;
}
