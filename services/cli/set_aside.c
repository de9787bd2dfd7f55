#include "cli/set_aside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/stream.h"
#include "common/adapters/avro.h"
#include "common/adapters/configurer.h"
#include "common/adapters/kafka_port.h"
#include "common/adapters/pg.h"
#include "common/adapters/pg_store.h"
#include "common/core/arena.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"
#include "common/engine/runner.h"
#include "common/host/life.h"

enum {
    MEMORY_MB = 256,
    BEAT_MS = 500,
    FULL_WAIT_MS = 30000,
    SETTLE_MS = 10000,
    LEASE_POLL_MS = 100,
    LEASE_SPARE_MS = 5000, /* beyond the lease, for a former owner to go */
};

struct work {
    const struct set_aside_options *options;
    struct set_aside *done;
    struct arena *arena;
    struct place place;
    int64_t turn; /* behind which it kills */
    int deaths;
    struct stream *stream;
    const struct stream_record *record;
    struct str why;
    bool given;
    struct raw raw;
    struct kafka_sink *kafka_sink;
    struct pg_store *pg_store;
    struct runner *runner;
};

/* ---- which record -------------------------------------------------------- */

static enum status
read_life(struct work *w, struct err *err)
{
    const char *service = service_name(w->options->def->service);
    struct pg_options options = { .conninfo = w->options->conninfo,
                                  .application_name = "put-aside" };
    struct pg *pg = NULL;
    struct pg_result *res = NULL;
    struct pg_params p;
    struct str sql = arena_printf(
        w->arena,
        "SELECT coalesce(doing, ''), deaths, turn FROM \"%s\".life "
        "WHERE shard = $1 AND code = 'kills' AND deaths >= $2 "
        "ORDER BY turn DESC, since DESC LIMIT 1",
        service);
    enum status rc = pg_open(&options, &pg, err);

    pg_params_init(&p, w->arena);
    pg_add_i32(&p, w->options->authority);
    pg_add_i32(&p, LIFE_DEATHS);
    if (rc == ST_OK)
        rc = pg_query(pg, NULL, sql.p, &p, &res, err);
    if (rc == ST_OK &&
        (pg_n_rows(res) == 0 ||
         !place_read(pg_text(res, 0, 0), w->options->authority, &w->place)))
        rc = err_set(err, ST_REJECT, "alive",
                     "%s has not stopped for a record that kills it", service);
    if (rc == ST_OK) {
        w->deaths = pg_i32(res, 0, 1);
        w->turn = pg_i64(res, 0, 2);
    }
    pg_result_close(res);
    pg_close(pg);
    return rc;
}

static bool
find_input(const struct work *w, size_t *out)
{
    const struct service_def *def = w->options->def;

    for (*out = 0; *out < def->n_inputs; ++*out)
        if (def->inputs[*out] == w->place.topic)
            return true;
    return false;
}

/* Only the framing is read: what stands behind it kills. */
static enum status
check_kind(const struct work *w, struct err *err)
{
    struct avro_codec *avro = avro_open(err);
    enum record_type type;

    if (avro == NULL)
        return ST_FATAL;
    type = avro_type_of(avro, w->record->value);
    avro_close(avro);
    if (type == REC_TIME_ADVANCED || type == REC_CONFIG_ACTIVATED)
        return err_set(err, ST_REJECT, "kind",
                       "%s is a %s: nothing behind it is right without it",
                       w->done->place, record_def(type)->fields->name);
    return ST_OK;
}

static enum status
find_record(struct work *w, struct err *err)
{
    struct stream_options options = { .conn = w->options->conn,
                                      .topic = w->place.topic,
                                      .authority = w->options->authority };
    enum status rc;

    place_write(&w->place, w->done->place);
    if (!find_input(w, &w->raw.input))
        return err_set(err, ST_FATAL, "place", "%s is no input of %s",
                       w->done->place, service_name(w->options->def->service));
    rc = stream_open(&options, &w->stream, err);
    if (rc == ST_OK)
        rc = stream_get(w->stream, w->place.origin, w->place.sequence,
                        &w->record, err);
    if (rc == ST_OK && w->record == NULL)
        rc = err_set(err, ST_FATAL, "gap", "%s is not in the log",
                     w->done->place);
    return rc == ST_OK ? check_kind(w, err) : rc;
}

/* ---- source: that record, once ------------------------------------------- */

static enum status
source_start(void *self, const int64_t *offsets, size_t n, struct err *err)
{
    struct work *w = self;

    (void)n;
    (void)err;
    w->given = false;
    /* Where the service reads on stays as it was: what it has is dropped by
     * number, and nothing before this record can be passed over. */
    w->raw.offset = offsets[w->raw.input] - 1;
    return ST_OK;
}

static enum status
source_take(void *self, int group, int wait_ms, size_t max, struct taken *out,
            struct err *err)
{
    struct work *w = self;

    (void)group;
    (void)wait_ms;
    (void)max;
    (void)err;
    w->raw.key = w->record->key;
    w->raw.value = w->record->value;
    w->raw.header = w->record->header;
    w->raw.aside = w->why;
    *out = (struct taken){ .at = &w->raw, .n = w->given ? 0 : 1 };
    w->given = true;
    return ST_OK;
}

/* ---- the turn ------------------------------------------------------------ */

/* A service that has just died leaves its lease to run out. */
static enum status
own(struct work *w, struct err *err)
{
    int64_t until = monotonic_ms() + w->options->lease_ms + LEASE_SPARE_MS;
    enum status rc;

    while ((rc = runner_own(w->runner, err)) == ST_RETRY &&
           strcmp(err->code, "lease") == 0 && monotonic_ms() < until)
        monotonic_pause(LEASE_POLL_MS);
    return rc;
}

static enum status
one_turn(struct work *w, struct err *err)
{
    const struct shard *shard;
    enum status rc = own(w, err);

    if (rc != ST_OK)
        return rc;
    shard = runner_shard(w->runner);
    if (shard->turn != w->turn)
        return err_set(
            err, ST_REJECT, "alive",
            "%s has gone on since: turn %" PRId64 ", it died behind %" PRId64,
            service_name(w->options->def->service), shard->turn, w->turn);
    rc = runner_turn(w->runner, err);
    if (rc != ST_OK)
        return rc;
    if (atomic_load(&runner_stats(w->runner)->dead_letters) != 1)
        return err_set(err, ST_REJECT, "alive",
                       "%s is not what comes next: start the service, and see "
                       "whether it dies",
                       w->done->place);
    w->done->letter = shard->tails.at[TOPIC_DEAD_LETTERS].sequence;
    rc = runner_settle(w->runner, SETTLE_MS, err);
    w->done->confirmed = rc == ST_OK && shard->confirmed_turn == shard->turn;
    return ST_OK; /* it is committed */
}

static enum status
open_ports(struct work *w, const struct ticker *ticker, struct store *store,
           struct sink *sink, struct err *err)
{
    const struct set_aside_options *o = w->options;
    struct kafka_sink_options sink_options = {
        .conn = o->conn,
        .partition = o->authority,
        .origin = { .service = (uint8_t)o->def->service,
                    .authority = o->authority,
                    .incarnation = 1 },
        .full_wait_ms = FULL_WAIT_MS,
    };
    struct pg_store_options store_options = {
        .conninfo = o->conninfo,
        .schema = service_name(o->def->service),
        .service = service_name(o->def->service),
        .instance = "put-aside",
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
    enum status rc = kafka_sink_open(&sink_options, &w->kafka_sink, sink, err);

    return rc == ST_OK ? pg_store_open(&store_options, &w->pg_store, store, err)
                       : rc;
}

static enum status
take_turn(struct work *w, struct err *err)
{
    const struct set_aside_options *o = w->options;
    struct ticker ticker = monotonic_ticker();
    struct source source = { .self = w,
                             .start = source_start,
                             .take = source_take };
    struct store store;
    struct sink sink;
    struct codec unread = { .self = NULL }; /* nothing may read it */
    struct configurer configurer;
    struct configurer_texts *texts = configurer_open(&configurer);
    struct runner_options runner_options = {
        .def = o->def,
        .authority = o->authority,
        .authority_name = str_of(o->authority_name),
        .incarnation = 1,
        .log_clock = o->log_clock,
        .wait_ms = 1,
        .beat_ms = BEAT_MS,
        .batch_max = 1,
        .memory_max = (size_t)MEMORY_MB << 20,
    };
    struct err dropped;
    enum status rc = texts == NULL
                         ? err_set(err, ST_FATAL, "memory", "no memory")
                         : open_ports(w, &ticker, &store, &sink, err);

    if (rc == ST_OK) {
        w->runner = runner_open(&runner_options, &source, &store, &sink,
                                &unread, &configurer, &ticker);
        rc = w->runner != NULL ? one_turn(w, err)
                               : err_set(err, ST_FATAL, "memory", "no memory");
    }
    if (w->pg_store != NULL)
        (void)!pg_store_release(w->pg_store, &dropped);
    runner_close(w->runner);
    pg_store_close(w->pg_store);
    kafka_sink_close(w->kafka_sink);
    configurer_close(texts);
    return rc;
}

enum status
set_aside(const struct set_aside_options *options, struct set_aside *out,
          struct err *err)
{
    struct work w = { .options = options, .done = out };
    enum status rc;

    *out = (struct set_aside){ .letter = 0 };
    w.arena = memory_open((size_t)MEMORY_MB << 20);
    if (w.arena == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    rc = read_life(&w, err);
    if (rc == ST_OK)
        rc = find_record(&w, err);
    w.why = arena_printf(w.arena,
                         "%d processes died of it; %s and %s put it "
                         "aside",
                         w.deaths, options->by, options->second);
    if (rc == ST_OK)
        rc = take_turn(&w, err);
    stream_close(w.stream);
    memory_close(w.arena);
    return rc;
}
