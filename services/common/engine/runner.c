#include "common/engine/runner.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/engine/batch.h"
#include "common/engine/memory.h"
#include "common/engine/standing.h"

/* Starts at one position after which batches are of one record. */
enum { STARTS_BEFORE_CARE = 3, CAREFUL_RECORDS = 2 * RUNNER_BATCH_MAX };
/* Longest take while blocks wait for the log to confirm others, ms. */
enum { HELD_WAIT_MS = 2 };

struct runner {
    struct runner_options options;
    const struct source *source;
    const struct store *store;
    const struct sink *sink;
    const struct codec *codec;
    const struct configurer *configurer;
    const struct ticker *ticker;
    struct arena *arena;
    struct arena *scratch; /* of one record */
    struct shard shard;
    struct hold holds[HOLDS_MAX];
    struct refused refused;
    size_t limit;    /* records a batch, halved where the database refuses */
    size_t careful;  /* records left to take one at a time */
    bool fresh;      /* nothing was asked of the source since it started */
    int64_t last_beat_ms;
    /* What a source gave and no turn has consumed yet, in order of inputs. */
    struct pending {
        const struct raw *at;
        size_t n;
        unsigned eof;
        struct raw *sorted; /* room for it */
        size_t room;
    } pending[SOURCE_GROUPS];
    struct runner_stats stats;
};

static void
at_place(const struct runner *r, const char *place)
{
    if (r->options.at != NULL)
        r->options.at(r->options.at_self, place);
}

static int64_t
now_ms(const struct runner *r)
{
    return r->ticker->now_ms(r->ticker->self);
}

struct runner *
runner_open(const struct runner_options *options, const struct source *source,
            const struct store *store, const struct sink *sink,
            const struct codec *codec, const struct configurer *configurer,
            const struct ticker *ticker)
{
    struct runner *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->options = *options;
    r->source = source;
    r->store = store;
    r->sink = sink;
    r->codec = codec;
    r->configurer = configurer;
    r->ticker = ticker;
    r->limit = options->batch_max;
    r->arena = memory_open(options->memory_max);
    r->scratch = memory_open(options->memory_max);
    if (r->arena == NULL || r->scratch == NULL) {
        runner_close(r);
        return NULL;
    }
    return r;
}

void
runner_close(struct runner *r)
{
    if (r == NULL)
        return;
    for (int g = 0; g < SOURCE_GROUPS; g++)
        free(r->pending[g].sorted);
    memory_close(r->scratch);
    memory_close(r->arena);
    free(r);
}

const struct runner_stats *
runner_stats(const struct runner *r)
{
    return &r->stats;
}

const struct shard *
runner_shard(const struct runner *r)
{
    return &r->shard;
}

/* ---- becoming owner ------------------------------------------------------ */

static enum status
learn_configs(struct runner *r, struct err *err)
{
    enum status rc = ST_OK;

    r->configurer->forget(r->configurer->self, 0);
    for (size_t i = 0; rc == ST_OK && i < r->shard.n_configs; i++) {
        struct config_text text;

        rc = r->store->config(r->store->self, i, r->arena, &text, err);
        if (rc == ST_OK) {
            rc = r->configurer->activate(r->configurer->self, &text, err);
            if (rc == ST_REJECT) /* it checked when the log brought it */
                rc = ST_FATAL;
        }
    }
    return rc;
}

static enum status
collect_confirmed(struct runner *r, int wait_ms, struct err *err)
{
    int64_t turn = r->shard.confirmed_turn;
    enum status rc = r->sink->confirmed(r->sink->self, wait_ms, &turn, err);

    if (rc == ST_OK && turn > r->shard.confirmed_turn)
        r->shard.confirmed_turn = turn;
    atomic_store(&r->stats.unconfirmed,
                 r->shard.turn - r->shard.confirmed_turn);
    return rc;
}

static enum status
beat_when_due(struct runner *r, struct err *err)
{
    enum status rc;

    if (now_ms(r) - r->last_beat_ms < r->options.beat_ms)
        return ST_OK;
    rc = r->store->beat(r->store->self, r->shard.confirmed_turn, err);
    r->last_beat_ms = now_ms(r);
    return rc;
}

static enum status
compare_with_log(struct runner *r, struct standing *standing, struct err *err)
{
    const struct service_def *def = r->options.def;
    enum status rc;

    standing_init(standing, def->outputs, def->n_outputs);
    if (r->sink->last == NULL)
        return ST_OK;
    rc = r->sink->last(r->sink->self, standing->topics, standing->n,
                       standing->log, err);
    return rc == ST_OK ? standing_check(standing, &r->shard.tails, err) : rc;
}

/* What was committed and may not have arrived goes out first, in order. */
static enum status
publish_unconfirmed(struct runner *r, struct err *err)
{
    int64_t turn = r->shard.confirmed_turn;
    struct standing standing;
    enum status rc = compare_with_log(r, &standing, err);

    if (rc == ST_OK)
        rc = r->sink->restart(r->sink->self, err);
    while (rc == ST_OK) {
        struct committed c;
        bool found;

        arena_reset(r->arena);
        rc = r->store->unconfirmed(r->store->self, turn, r->arena, &c, &found,
                                   err);
        if (rc != ST_OK || !found)
            break;
        rc = r->sink->publish(r->sink->self, &c, err);
        standing_again(&standing, c.block);
        turn = c.turn;
        if (rc == ST_OK) /* a long backlog must not look like a dead owner */
            rc = collect_confirmed(r, 0, err);
        if (rc == ST_OK)
            rc = beat_when_due(r, err);
    }
    if (rc == ST_OK && r->sink->last != NULL)
        rc = standing_whole(&standing, &r->shard.tails, err);
    if (rc == ST_OK && turn < r->shard.turn) {
        /* Turns behind the last block gave out nothing. */
        struct committed none = { .turn = r->shard.turn, .block = STR("") };

        rc = r->sink->publish(r->sink->self, &none, err);
    }
    return rc;
}

static void
drop_pending(struct runner *r)
{
    for (int g = 0; g < SOURCE_GROUPS; g++) {
        r->pending[g].n = 0;
        r->pending[g].eof = 0;
    }
}

enum status
runner_own(struct runner *r, struct err *err)
{
    enum status rc;

    atomic_store(&r->stats.owner, 0);
    atomic_store(&r->stats.caught_up, 0);
    arena_reset(r->arena);
    drop_pending(r);
    memset(r->holds, 0, sizeof r->holds);
    rc = r->store->own(r->store->self, &r->shard, err);
    r->last_beat_ms = now_ms(r);
    at_place(r, "owned");
    if (rc == ST_OK)
        rc = learn_configs(r, err);
    if (rc == ST_OK)
        rc = publish_unconfirmed(r, err);
    at_place(r, "republished");
    if (rc == ST_OK)
        rc = r->source->start(r->source->self, r->shard.offsets,
                              r->options.def->n_inputs, err);
    if (rc != ST_OK)
        return rc;
    if (r->shard.starts >= STARTS_BEFORE_CARE)
        r->careful = CAREFUL_RECORDS;
    r->fresh = true;
    atomic_store(&r->stats.epoch, r->shard.epoch);
    atomic_store(&r->stats.turn, r->shard.turn);
    atomic_store(&r->stats.owner, 1);
    return ST_OK;
}

/* ---- a turn -------------------------------------------------------------- */

/* Which group of inputs is read now: behind a barrier only those that wait for it. */
static int
group_now(const struct runner *r)
{
    return r->shard.barrier == TIME_NONE ? 0 : 1;
}

/* A turn may consume a part: what is first in it must be first in the take. */
static enum status
sort_by_input(struct pending *p, const struct taken *taken, size_t n_inputs,
              struct err *err)
{
    size_t n = 0;

    if (taken->n > p->room) {
        struct raw *sorted = realloc(p->sorted, taken->n * sizeof *sorted);

        if (sorted == NULL)
            return err_set(err, ST_RETRY, "memory", "no memory for a take");
        p->sorted = sorted;
        p->room = taken->n;
    }
    for (size_t input = 0; input < n_inputs; input++)
        for (size_t i = 0; i < taken->n; i++)
            if (taken->at[i].input == input)
                p->sorted[n++] = taken->at[i];
    assert(n == taken->n);
    p->at = p->sorted;
    p->n = n;
    return ST_OK;
}

/* How long a take may wait for a first record, ms. */
static int
wait_ms(const struct runner *r)
{
    bool held = r->sink->holds != NULL && r->sink->holds(r->sink->self);

    if (r->fresh) /* where nothing waits, this take says so at once: ready */
        return 0;
    return held && r->options.wait_ms > HELD_WAIT_MS ? HELD_WAIT_MS
                                                     : r->options.wait_ms;
}

const struct raw *
runner_next(const struct runner *r)
{
    const struct pending *p = &r->pending[group_now(r)];

    return p->n > 0 ? p->at : NULL;
}

static enum status
take(struct runner *r, int group, struct err *err)
{
    struct taken taken = { .n = 0 };
    enum status rc;

    if (r->pending[group].n > 0)
        return ST_OK;
    rc = r->source->take(r->source->self, group, wait_ms(r),
                         r->options.batch_max, &taken, err);
    r->fresh = false;
    if (rc == ST_REJECT) {
        /* The log no longer holds the position: all of it again, by number. */
        r->shard.offsets[taken.at[0].input] = OFFSET_EARLIEST;
        drop_pending(r);
        return r->source->start(r->source->self, r->shard.offsets,
                                r->options.def->n_inputs, err);
    }
    if (rc != ST_OK)
        return rc;
    r->pending[group].eof = taken.eof;
    rc = sort_by_input(&r->pending[group], &taken, r->options.def->n_inputs,
                       err);
    if (rc != ST_OK)
        return rc;
    atomic_store(&r->stats.behind, taken.behind + (int64_t)taken.n);
    if (taken.eof != 0)
        atomic_store(&r->stats.caught_up, 1);
    return ST_OK;
}

/* A number that is missing at the end of the log was lost by the broker. */
static enum status
check_holds(struct runner *r, int group, struct err *err)
{
    if (r->pending[group].n > 0)
        return ST_OK;
    for (size_t i = 0; i < HOLDS_MAX; i++) {
        const struct hold *h = &r->holds[i];

        if (h->active && (r->pending[group].eof & 1u << h->input) != 0)
            return err_set(err, ST_FATAL, "gap",
                           "%s: %s.%u lost from %" PRId64 " to %" PRId64
                           ", republish there",
                           topic_name(r->options.def->inputs[h->input]),
                           service_name(h->origin.service),
                           (unsigned)h->origin.incarnation, h->expected,
                           h->seen - 1);
    }
    return ST_OK;
}

static size_t
batch_size(const struct runner *r, int group)
{
    size_t n = r->options.whole ? r->pending[group].n
               : r->careful > 0 ? 1
                                : r->limit;

    return r->pending[group].n < n ? r->pending[group].n : n;
}

/* Load what the batch touches, as far as each round leads. */
static enum status
load(struct runner *r, struct batch *b, struct err *err)
{
    enum status rc = ST_OK;

    for (int round = 0; rc == ST_OK && batch_touch(b, round); round++)
        rc = r->store->load(r->store->self, b->rows, r->arena, err);
    return rc;
}

/*
 * The database refused a value that `tried` records, among the first `n` items,
 * looked for or wrote: halve until the record is found.
 */
static enum status
after_refusal(struct runner *r, const struct batch *b, size_t tried, size_t n,
              struct err *err)
{
    if (tried == 0)
        return err_set(err, ST_FATAL, "value",
                       "the database refuses what a deadline wrote");
    if (tried == 1) {
        const struct item *it = NULL;

        for (size_t i = 0; i < n; i++)
            if (b->items[i].kind == ITEM_EVENT)
                it = &b->items[i];
        if (it == NULL)
            return err_set(err, ST_FATAL, "value",
                           "the database refuses a dead letter, or what a "
                           "deadline wrote before it");
        r->refused = (struct refused){ .set = true,
                                       .input = it->raw->input,
                                       .origin = it->link.origin,
                                       .sequence = it->link.sequence,
                                       .why = *err };
    } else if (r->options.whole) {
        return ST_FATAL; /* the turn that this one repeats was accepted */
    }
    r->limit = tried / 2 > 0 ? tried / 2 : 1;
    err_where(err, "batch of %zu", tried);
    return ST_RETRY;
}

static enum status
after_refused_load(struct runner *r, const struct batch *b, struct err *err)
{
    size_t tried = 0;

    for (size_t i = 0; i < b->n; i++)
        tried += b->items[i].kind == ITEM_EVENT;
    return after_refusal(r, b, tried, b->n, err);
}

/* Where the step asks for rows that nobody had wanted, they come late. */
static enum status
step(struct runner *r, struct batch *b, struct err *err)
{
    enum status rc = batch_step(b, err);

    while (rc == ST_OK && b->short_of_rows) {
        rc = r->store->load(r->store->self, b->rows, r->arena, err);
        if (rc == ST_REJECT)
            return after_refused_load(r, b, err);
        if (rc == ST_OK)
            rc = batch_step(b, err);
        atomic_fetch_add(&r->stats.late_loads, 1);
    }
    return rc;
}

static void
count(struct runner *r, const struct batch *b)
{
    atomic_fetch_add(&r->stats.applied, (int64_t)b->applied);
    atomic_fetch_add(&r->stats.dropped, (int64_t)b->dropped);
    atomic_fetch_add(&r->stats.dead_letters, (int64_t)b->poisoned);
    atomic_fetch_add(&r->stats.given_out, (int64_t)b->box.entries);
    atomic_fetch_add(&r->stats.fired, (int64_t)b->fired);
    atomic_store(&r->stats.turn, r->shard.turn);
    atomic_store(&r->stats.event_time, r->shard.now);
}

static void
consume(struct runner *r, int group, const struct batch *b)
{
    r->pending[group].at += b->consumed;
    r->pending[group].n -= r->options.whole ? r->pending[group].n
                                            : b->consumed;
    memcpy(r->holds, b->holds, sizeof r->holds);
    r->careful -= b->applied < r->careful ? b->applied : r->careful;
    if (b->applied > 0)
        r->refused.set = false;
    /* What was refused is to be alone in its turn, or a replay, which learns
     * of the refusal from the database again, could not tell which it was. */
    if (r->limit < r->options.batch_max && !r->refused.set)
        r->limit *= 2;
    if (r->limit > r->options.batch_max)
        r->limit = r->options.batch_max;
}

/*
 * Another instance takes the lease of an owner whose turn lasts longer than
 * that, and would find the same turn as long: the next one is shorter.
 */
static void
note_lost_turn(struct runner *r, int group, int64_t began_ms)
{
    size_t n = batch_size(r, group);

    if (!r->options.whole && now_ms(r) - began_ms > r->options.beat_ms && n > 1)
        r->limit = n / 2;
}

/* Make it true, then say it. Never the other way round. */
static enum status
commit_and_publish(struct runner *r, struct batch *b, struct err *err)
{
    struct committed committed;
    struct turn turn;
    enum status rc;

    b->next.turn = r->shard.turn + 1;
    b->next.confirmed_turn = r->shard.confirmed_turn;
    b->next.starts = 0;
    turn = (struct turn){ .after = &b->next,
                          .rows = b->rows,
                          .block = outbox_bytes(&b->box),
                          .ranges = b->ranges,
                          .n_in = b->applied,
                          .n_out = b->box.entries,
                          .fired = b->fired,
                          .configs = b->configs,
                          .n_new_configs = b->n_new_configs };
    at_place(r, "stepped");
    rc = r->store->commit(r->store->self, &turn, &committed, err);
    if (rc == ST_REJECT)
        return after_refusal(r, b, b->applied, b->consumed, err);
    if (rc != ST_OK)
        return rc;
    at_place(r, "committed");
    r->shard = b->next;
    r->last_beat_ms = now_ms(r);
    rc = r->sink->publish(r->sink->self, &committed, err);
    at_place(r, "published");
    return rc;
}

static enum status
run_batch(struct runner *r, int group, struct err *err)
{
    struct batch b = {
        .def = r->options.def,
        .authority = r->options.authority,
        .authority_name = r->options.authority_name,
        .incarnation = r->options.incarnation,
        .arena = r->arena,
        .scratch = r->scratch,
        .codec = r->codec,
        .configurer = r->configurer,
        .witness = r->options.witness,
        .log_clock = r->options.log_clock,
    };
    int64_t start = now_ms(r), loaded, stepped;
    enum status rc;

    rc = batch_begin(&b, &r->shard, r->pending[group].at,
                     batch_size(r, group), r->holds, &r->refused, err);
    if (rc == ST_OK)
        rc = load(r, &b, err);
    if (rc == ST_REJECT)
        rc = after_refused_load(r, &b, err);
    loaded = now_ms(r);
    at_place(r, "loaded");
    if (rc == ST_OK)
        rc = beat_when_due(r, err);
    if (rc == ST_OK)
        rc = step(r, &b, err);
    if (rc == ST_OK)
        rc = beat_when_due(r, err);
    stepped = now_ms(r);
    if (rc != ST_OK)
        return rc;
    if (b.applied > 0 || b.fired > 0) {
        rc = commit_and_publish(r, &b, err);
        if (rc != ST_OK)
            return rc;
    } else {
        memcpy(r->shard.offsets, b.next.offsets, sizeof r->shard.offsets);
    }
    atomic_store(&r->stats.load_us, (loaded - start) * 1000);
    atomic_store(&r->stats.step_us, (stepped - loaded) * 1000);
    atomic_store(&r->stats.commit_us, (now_ms(r) - stepped) * 1000);
    count(r, &b);
    consume(r, group, &b);
    return ST_OK;
}

enum status
runner_turn(struct runner *r, struct err *err)
{
    int group = group_now(r);
    int64_t began_ms;
    enum status rc;

    arena_reset(r->arena);
    rc = take(r, group, err);
    at_place(r, "taken");
    began_ms = now_ms(r);
    if (rc == ST_OK && r->pending[group].n > 0) {
        rc = run_batch(r, group, err);
        if (rc == ST_RETRY)
            note_lost_turn(r, group, began_ms);
    }
    if (rc == ST_OK)
        rc = check_holds(r, group, err);
    if (rc == ST_OK)
        rc = collect_confirmed(r, 0, err);
    at_place(r, "confirmed");
    if (rc == ST_OK)
        rc = beat_when_due(r, err);
    if (rc != ST_OK) {
        /* Settings that a rolled back batch activated are learnt again. */
        atomic_fetch_add(&r->stats.retries, 1);
        atomic_store(&r->stats.owner, 0);
    }
    return rc;
}

enum status
runner_settle(struct runner *r, int wait_ms, struct err *err)
{
    int64_t until = now_ms(r) + wait_ms;
    enum status rc = ST_OK;

    while (rc == ST_OK && r->shard.confirmed_turn < r->shard.turn &&
           now_ms(r) < until)
        rc = collect_confirmed(r, 10, err);
    if (rc == ST_OK)
        rc = r->store->beat(r->store->self, r->shard.confirmed_turn, err);
    return rc;
}
