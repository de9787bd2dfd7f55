#include "intake/publish.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/adapters/kafka_port.h"
#include "common/adapters/pg_store.h"
#include "common/engine/log.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"
#include "common/host/life.h"

enum {
    MEMORY_MAX = 128 << 20,
    POLL_MS = 100,  /* longest wait for a block whose NOTIFY was lost */
    CONFIRM_MS = 5, /* wait for Kafka while something is under way */
    BACKOFF_FIRST_MS = 20,
    BACKOFF_MAX_MS = 1000,
    FULL_WAIT_MS = 1000,
    WINDOW_TURNS = 64,       /* under way at most, */
    WINDOW_BYTES = 64 << 20, /* and their bytes */
    SETTLE_MS = 5000,
    NOTE_MS = 1000, /* confirmed turns are noted this often */
};

struct publish {
    struct publish_options options;
    struct publish_stats stats;
    pthread_t thread;
    bool running;
    _Atomic int closing;
    struct ticker ticker;
    struct arena *arena;
    struct kafka_sink *kafka_sink;
    struct sink sink;
    struct pg_store *pg_store;
    struct store store;
    struct pg *listener; /* hears the writers' NOTIFY */
    int64_t sent;        /* last turn handed over */
    int64_t confirmed;
    int64_t noted;       /* confirmed turn that the shard's row knows */
    size_t window_bytes; /* handed over since all was last confirmed */
    bool notified;       /* somebody committed since the last look found none */
    int64_t looked_at_ms; /* when that was */
    int64_t beat_at_ms;
    int64_t tick_at_ms;
    bool ticked;
    bool kafka_failed; /* the last failure was not the database's */
    bool unsure;       /* the last comparison with the log did not end well */
    char said[16];
    char stopped[16];
};

static void
at_place(const struct publish *p, const char *place)
{
    if (p->options.at != NULL)
        p->options.at(p->options.at_self, place);
}

const struct publish_stats *
publish_stats(const struct publish *p)
{
    return &p->stats;
}

const char *
publish_stopped(const struct publish *p)
{
    return atomic_load(&p->stats.stopped) ? p->stopped : "";
}

/* ---- the lease --------------------------------------------------------- */

static enum status
listen(struct publish *p, struct err *err)
{
    struct pg_options options = { .conninfo = p->options.conninfo,
                                  .application_name = "waymark-intake-listen" };
    char sql[160];
    enum status rc;

    if (p->listener != NULL && !pg_is_lost(p->listener))
        return ST_OK;
    pg_close(p->listener);
    p->listener = NULL;
    rc = pg_open(&options, &p->listener, err);
    (void)snprintf(sql, sizeof sql, "LISTEN \"%s_%u\"", p->options.schema,
                   (unsigned)p->options.partition);
    if (rc == ST_OK)
        rc = pg_exec(p->listener, sql, err);
    return rc;
}

/* For `waymark status`: why it stands still, or with NULL that it no longer
 * does. */
static void
tell_life(const struct publish *p, const struct err *why)
{
    struct life life = { .conninfo = p->options.conninfo,
                         .schema = p->options.schema,
                         .instance = p->options.instance,
                         .shard = p->options.partition };
    struct err err = { .code = "" };
    enum status rc =
        why == NULL ? life_ended(&life, &err) : life_stopped(&life, why, &err);

    if (rc != ST_OK)
        log_warn("life_unknown", "authority=%s code=%s why=\"%s\"",
                 p->options.authority, err.code, err.text);
}

/* A restore is waited out: it ends when the log was taken back in. */
static enum status
wait_for_recover(struct publish *p, enum status rc, const struct err *err)
{
    bool ahead = rc == ST_FATAL && strcmp(err->code, "restore") == 0;

    if (!ahead && rc != ST_OK)
        return rc;
    if (atomic_exchange(&p->stats.ahead, ahead) != ahead)
        tell_life(p, ahead ? err : NULL);
    return ahead ? ST_RETRY : rc;
}

/* What was given out holds all that the log has; nothing goes out before. */
static enum status
compare_with_log(struct publish *p, const struct tails *tails, struct err *err)
{
    struct standing log;
    struct err ignored;
    enum status rc = agree_ask(&p->options.agree, &log, err);

    if (rc == ST_OK)
        rc = standing_check(&log, tails, err);
    p->unsure = rc != ST_OK;
    if (rc != ST_OK) /* whoever is first when it is over need not wait */
        (void)(pg_store_release(p->pg_store, &ignored) == ST_OK);
    return wait_for_recover(p, rc, err);
}

static enum status
own(struct publish *p, struct err *err)
{
    struct shard *shard;
    enum status rc = ST_OK;

    arena_reset(p->arena);
    shard = arena_alloc(p->arena, sizeof *shard);
    if (p->unsure) /* asked without a new epoch each time */
        rc = wait_for_recover(p, agree_with_log(&p->options.agree, err), err);
    if (rc != ST_OK)
        return rc;
    rc = p->store.own(p->store.self, shard, err);
    if (rc == ST_OK)
        rc = listen(p, err);
    if (rc == ST_OK) /* what is under way has landed or never will */
        rc = p->sink.restart(p->sink.self, err);
    if (rc == ST_OK)
        rc = compare_with_log(p, &shard->tails, err);
    if (rc != ST_OK)
        return rc;
    p->sent = p->confirmed = p->noted = shard->confirmed_turn;
    p->window_bytes = 0;
    p->notified = true;
    p->beat_at_ms = monotonic_ms();
    p->ticked = false;
    atomic_store(&p->stats.epoch, shard->epoch);
    atomic_store(&p->stats.confirmed_turn, p->confirmed);
    atomic_store(&p->stats.owner, 1);
    log_info(
        "shard_owned",
        "authority=%s epoch=%" PRId64 " turn=%" PRId64 " confirmed=%" PRId64,
        p->options.authority, shard->epoch, shard->turn, shard->confirmed_turn);
    return ST_OK;
}

/* ---- publishing -------------------------------------------------------- */

static bool
window_is_full(const struct publish *p)
{
    return p->sent - p->confirmed >= WINDOW_TURNS ||
           p->window_bytes >= WINDOW_BYTES;
}

/*
 * Is it worth asking for another turn? This process knows its own; other
 * instances' are heard of by NOTIFY, else every POLL_MS.
 */
static bool
may_have_more(const struct publish *p)
{
    const struct append_stats *own = append_stats(p->options.append);

    return atomic_load(&own->turn) > p->sent || p->notified ||
           monotonic_ms() - p->looked_at_ms >= POLL_MS;
}

/* Hand over the next blocks, in order. *more: there may be others. */
static enum status
publish_some(struct publish *p, bool *more, struct err *err)
{
    enum status rc = ST_OK;

    *more = false;
    while (rc == ST_OK && !window_is_full(p)) {
        struct committed c;
        bool found = false;

        if (!may_have_more(p))
            return ST_OK;
        arena_reset(p->arena);
        p->kafka_failed = false;
        rc = p->store.unconfirmed(p->store.self, p->sent, p->arena, &c, &found,
                                  err);
        if (rc == ST_OK && !found) {
            p->notified = false;
            p->looked_at_ms = monotonic_ms();
        }
        if (rc != ST_OK || !found)
            return rc;
        rc = p->sink.publish(p->sink.self, &c, err);
        p->kafka_failed = rc == ST_RETRY;
        if (rc == ST_OK) {
            p->sent = c.turn;
            p->window_bytes += c.block.n;
            atomic_fetch_add(&p->stats.published, 1);
            at_place(p, "published");
        }
    }
    *more = rc == ST_OK;
    return rc;
}

static enum status
collect(struct publish *p, int wait_ms, struct err *err)
{
    enum status rc =
        p->sink.confirmed(p->sink.self, wait_ms, &p->confirmed, err);

    p->kafka_failed = rc == ST_RETRY;
    if (p->confirmed >= p->sent)
        p->window_bytes = 0;
    atomic_store(&p->stats.confirmed_turn, p->confirmed);
    return rc;
}

/* The lease's sign of life, with what is confirmed. */
static enum status
beat_when_due(struct publish *p, struct err *err)
{
    int64_t now = monotonic_ms();
    int64_t after = p->confirmed > p->noted && p->options.beat_ms > NOTE_MS
                        ? NOTE_MS
                        : p->options.beat_ms;
    enum status rc;

    p->kafka_failed = false;
    if (now - p->beat_at_ms < after)
        return ST_OK;
    rc = p->store.beat(p->store.self, p->confirmed, err);
    if (rc == ST_OK) {
        p->noted = p->confirmed;
        p->beat_at_ms = now;
    }
    return rc;
}

/* The holder of the lease is the clock. A tick that fails comes again. */
static void
tick_when_due(struct publish *p)
{
    int64_t now = monotonic_ms();
    struct err err;
    time_ms at;

    if (p->options.log_clock ||
        (p->ticked && now - p->tick_at_ms < p->options.tick_ms))
        return;
    p->tick_at_ms = now;
    p->ticked = append_time(p->options.append, TIME_NONE, &at, &err) == ST_OK;
}

static enum status
round_trip(struct publish *p, struct err *err)
{
    bool more = false, got = false;
    enum status rc;

    tick_when_due(p);
    append_heard(p->options.append);
    rc = publish_some(p, &more, err);
    if (rc == ST_OK)
        rc = collect(p, p->confirmed < p->sent ? CONFIRM_MS : 0, err);
    if (rc == ST_OK)
        rc = beat_when_due(p, err);
    if (rc == ST_OK && !more && p->confirmed >= p->sent)
        rc = pg_await(p->listener, append_worked_fd(p->options.append), POLL_MS,
                      &got, err);
    p->notified |= got;
    return rc;
}

/* ---- the thread -------------------------------------------------------- */

static enum status
open_ports(struct publish *p, struct err *err)
{
    const struct publish_options *o = &p->options;
    struct kafka_sink_options sink = {
        .conn = o->kafka,
        .partition = o->partition,
        .origin = { .service = SERVICE_INTAKE,
                    .authority = o->partition,
                    .incarnation = 1 },
        .full_wait_ms = FULL_WAIT_MS,
    };
    struct pg_store_options store = {
        .conninfo = o->conninfo,
        .schema = o->schema,
        .service = service_name(SERVICE_INTAKE),
        .instance = o->instance,
        .authority = o->partition,
        .authority_name = o->authority,
        .cluster_id = o->cluster_id,
        .lease_ms = o->lease_ms,
        .ticker = &p->ticker,
    };
    enum status rc = kafka_sink_open(&sink, &p->kafka_sink, &p->sink, err);

    if (rc == ST_OK)
        rc = pg_store_open(&store, &p->pg_store, &p->store, err);
    return rc;
}

static void
say_retry(struct publish *p, const struct err *err)
{
    bool standby = strcmp(err->code, "lease") == 0;

    atomic_fetch_add(&p->stats.retries, !standby);
    if (strcmp(p->said, err->code) == 0)
        return;
    (void)snprintf(p->said, sizeof p->said, "%s", err->code);
    if (standby)
        log_info("shard_standby", "authority=%s why=\"%s\"",
                 p->options.authority, err->text);
    else
        log_warn("shard_waits", "authority=%s code=%s why=\"%s\"",
                 p->options.authority, err->code, err->text);
}

/*
 * Kafka is away: the lease stays, a new producer begins behind what is
 * confirmed.
 */
static enum status
begin_again(struct publish *p, struct err *err)
{
    enum status rc = p->sink.restart(p->sink.self, err);

    p->kafka_failed = false;
    p->sent = p->confirmed;
    p->window_bytes = 0;
    if (rc == ST_OK)
        rc = beat_when_due(p, err);
    return rc;
}

static enum status
run(struct publish *p, struct err *err)
{
    int64_t backoff_ms = BACKOFF_FIRST_MS;
    bool owned = false;

    while (!atomic_load(&p->closing)) {
        enum status rc = owned ? round_trip(p, err) : own(p, err);

        if (rc == ST_OK) {
            if (owned) {
                backoff_ms = BACKOFF_FIRST_MS;
                p->said[0] = '\0';
            }
            owned = true;
            continue;
        }
        if (rc == ST_RETRY)
            say_retry(p, err);
        owned = owned && rc == ST_RETRY && p->kafka_failed &&
                begin_again(p, err) == ST_OK;
        atomic_store(&p->stats.owner, owned);
        if (rc != ST_RETRY)
            return rc;
        monotonic_pause(strcmp(err->code, "lease") == 0 ? POLL_MS : backoff_ms);
        backoff_ms =
            backoff_ms * 2 < BACKOFF_MAX_MS ? backoff_ms * 2 : BACKOFF_MAX_MS;
    }
    return owned ? ST_OK : ST_RETRY;
}

/* What is committed goes out before the lease is given back. */
static void
settle(struct publish *p)
{
    int64_t until = monotonic_ms() + SETTLE_MS;
    struct err err;
    bool more = true;
    enum status rc = ST_OK;

    p->notified = true; /* look, whoever committed */
    while (rc == ST_OK && (more || p->confirmed < p->sent) &&
           monotonic_ms() < until) {
        rc = publish_some(p, &more, &err);
        if (rc == ST_OK)
            rc = collect(p, 10, &err);
    }
    if (rc == ST_OK)
        rc = p->store.beat(p->store.self, p->confirmed, &err);
    if (rc == ST_OK)
        rc = pg_store_release(p->pg_store, &err);
    if (rc != ST_OK)
        log_warn("settle_failed", "authority=%s code=%s why=\"%s\"",
                 p->options.authority, err.code, err.text);
}

/* Is there nothing that this instance may do about it now? */
static bool
is_not_ours(const struct err *err)
{
    return strcmp(err->code, "lease") == 0 || strcmp(err->code, "restore") == 0;
}

/*
 * Asked to stop in an outage: what is committed shall not lie until the next
 * start, if the world comes back soon.
 */
static enum status
own_at_last(struct publish *p, struct err *err)
{
    int64_t until = monotonic_ms() + SETTLE_MS;
    enum status rc = own(p, err);

    while (rc == ST_RETRY && !is_not_ours(err) && monotonic_ms() < until) {
        monotonic_pause(POLL_MS);
        rc = own(p, err);
    }
    if (rc == ST_RETRY && !is_not_ours(err))
        log_warn("settle_failed", "authority=%s code=%s why=\"%s\"",
                 p->options.authority, err->code, err->text);
    return rc;
}

static void *
publisher(void *self)
{
    struct publish *p = self;
    struct err err = { .code = "" };
    enum status rc = open_ports(p, &err);

    if (rc == ST_OK)
        rc = run(p, &err);
    if (rc == ST_RETRY)
        rc = own_at_last(p, &err);
    if (rc == ST_OK) {
        settle(p);
    } else if (rc != ST_RETRY) {
        (void)snprintf(p->stopped, sizeof p->stopped, "%s", err.code);
        log_error("shard_stopped", "authority=%s code=%s why=\"%s\"",
                  p->options.authority, err.code, err.text);
        atomic_store(&p->stats.stopped, 1);
        tell_life(p, &err);
    }
    atomic_store(&p->stats.owner, 0);
    pg_close(p->listener);
    pg_store_close(p->pg_store);
    kafka_sink_close(p->kafka_sink);
    return NULL;
}

enum status
publish_open(const struct publish_options *options, struct publish **out,
             struct err *err)
{
    struct publish *p = calloc(1, sizeof *p);

    *out = NULL;
    if (p == NULL || (p->arena = memory_open(MEMORY_MAX)) == NULL) {
        free(p);
        return err_set(err, ST_FATAL, "memory", "no memory to publish");
    }
    p->options = *options;
    p->ticker = monotonic_ticker();
    if (pthread_create(&p->thread, NULL, publisher, p) != 0) {
        publish_close(p);
        return err_set(err, ST_FATAL, "memory", "no thread to publish");
    }
    p->running = true;
    *out = p;
    return ST_OK;
}

void
publish_close(struct publish *p)
{
    if (p == NULL)
        return;
    atomic_store(&p->closing, 1);
    if (p->running)
        pthread_join(p->thread, NULL);
    memory_close(p->arena);
    free(p);
}
