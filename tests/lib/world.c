#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/engine/batch.h"
#include "common/engine/memory.h"

enum { PLAYS_MAX = 400, IDLE_TURNS = 3, MEMORY = 512 << 20 };

void
world_say(struct world *w, const char *fmt, ...)
{
    size_t n = strlen(w->text);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(w->text + n, sizeof w->text - n, fmt, ap);
    va_end(ap);
}

void
world_expect(struct world *w, const char *text)
{
    assert_string_equal(w->text, text);
    w->text[0] = '\0';
}

/* ---- source ------------------------------------------------------------- */

static enum status
source_start(void *self, const int64_t *offsets, size_t n, struct err *err)
{
    struct world *w = self;

    (void)err;
    for (size_t i = 0; i < n; i++)
        w->at[i] = offsets[i] < 0 ? w->log_first[i] : offsets[i];
    return ST_OK;
}

static bool
is_of_group(const struct world *w, size_t input, int group)
{
    return !w->apart || (input > 0) == (group > 0);
}

/* Moves up to `n` records of one input into what is taken. */
static void
take_some(struct world *w, size_t input, size_t n, size_t max, struct raw *raws,
          struct taken *out)
{
    while (n-- > 0 && out->n < max && (size_t)w->at[input] < w->log_n[input]) {
        const struct world_record *r = &w->log[input][w->at[input]];

        raws[out->n++] = (struct raw){ .input = input,
                                       .offset = w->at[input]++,
                                       .key = r->key,
                                       .value = r->value,
                                       .header = r->header,
                                       .aside = r->aside };
    }
}

static enum status
source_take(void *self, int group, int wait_ms, size_t max, struct taken *out,
            struct err *err)
{
    struct world *w = self;
    struct raw *raws = w->raws[group];
    size_t before;

    (void)wait_ms;
    *out = (struct taken){ .at = raws };
    if (w->take_max > 0 && max > w->take_max)
        max = w->take_max;
    for (size_t i = 0; i < w->def->n_inputs; i++) {
        if (!is_of_group(w, i, group) || w->at[i] >= w->log_first[i])
            continue;
        raws[0].input = i;
        world_say(w, "range %zu\n", i);
        return err_set(err, ST_REJECT, "range", "gone");
    }
    do {
        before = out->n;
        for (size_t i = 0; i < w->def->n_inputs; i++)
            if (is_of_group(w, i, group))
                take_some(w, i, w->by_turns ? 1 : max, max, raws, out);
    } while (w->by_turns && out->n > before);
    for (size_t i = 0; i < w->def->n_inputs; i++) {
        if (!is_of_group(w, i, group))
            continue;
        out->behind += (int64_t)w->log_n[i] - w->at[i];
        if ((size_t)w->at[i] == w->log_n[i])
            out->eof |= 1u << i;
    }
    return ST_OK;
}

/* ---- store -------------------------------------------------------------- */

static enum status
store_own(void *self, struct shard *out, struct err *err)
{
    struct world *w = self;

    (void)err;
    w->shard.epoch++;
    w->shard.starts++;
    *out = w->shard;
    world_say(w, "own %lld\n", (long long)w->shard.turn);
    return ST_OK;
}

static enum status
store_load(void *self, struct rows *rows, struct arena *arena, struct err *err)
{
    struct world *w = self;
    const struct rows_want *wants;

    (void)err;
    if (w->load != NULL)
        w->load(w->rows_self, rows, arena);
    else
        (void)rows_take_wants(rows, &wants);
    return ST_OK;
}

static bool
has_record(struct str ranges, int64_t sequence)
{
    char text[4096];
    long long from, to;
    const char *p = text;

    snprintf(text, sizeof text, "%.*s", STR_ARG(ranges));
    while ((p = strstr(p, "notifications:intake.1:")) != NULL) {
        p += strlen("notifications:intake.1:");
        if (sscanf(p, "%lld-%lld", &from, &to) == 2 && sequence >= from &&
            sequence <= to)
            return true;
    }
    return false;
}

static bool
holds_dead_letter(struct str block)
{
    struct outbox_entry e;
    size_t at = 0;
    bool ok;

    while (outbox_next(block, &at, &e, &ok))
        if (e.topic == TOPIC_DEAD_LETTERS)
            return true;
    return false;
}

static void
keep_configs(struct world *w, const struct turn *turn)
{
    for (size_t i = 0; i < turn->n_new_configs; i++) {
        size_t at = turn->after->n_configs - turn->n_new_configs + i;
        struct config_text text = turn->configs[i];

        assert_true(at < WORLD_CONFIGS_MAX);
        text.name = arena_str(w->arena, text.name);
        text.version = arena_str(w->arena, text.version);
        text.hash = arena_str(w->arena, text.hash);
        text.text = arena_str(w->arena, text.text);
        w->configs[at] = text;
    }
}

static enum status
store_commit(void *self, const struct turn *turn, struct committed *out,
             struct err *err)
{
    struct world *w = self;
    struct committed *c = &w->blocks[w->n_blocks];

    assert_true(w->n_blocks < WORLD_BLOCKS_MAX);
    w->ms += w->slow_ms * (int64_t)turn->n_in;
    if (w->lease_ms > 0 && w->slow_ms * (int64_t)turn->n_in > w->lease_ms) {
        world_say(w, "commit of %zu fails\n", turn->n_in);
        return err_set(err, ST_RETRY, "database", "the server process ended");
    }
    if (w->fail_commit != NULL) {
        const char *code = w->fail_commit;

        w->fail_commit = NULL;
        world_say(w, "commit fails\n");
        return err_set(err, ST_RETRY, code, "told to");
    }
    if (w->refuse_all ||
        (w->refuse_sequence != 0 && !holds_dead_letter(turn->block) &&
         has_record(turn->ranges, w->refuse_sequence))) {
        world_say(w, "refuse %.*s\n", STR_ARG(turn->ranges));
        return err_set(err, ST_REJECT, "value", "told to");
    }
    w->shard = *turn->after;
    keep_configs(w, turn);
    if (w->keep != NULL)
        w->keep(w->rows_self, turn->rows);
    *c = (struct committed){ .turn = turn->after->turn,
                             .block = arena_str(w->arena, turn->block) };
    w->n_blocks++;
    *out = *c;
    world_say(w, "commit %lld %.*s\n", (long long)c->turn,
              STR_ARG(turn->ranges));
    return ST_OK;
}

static enum status
store_beat(void *self, int64_t confirmed, struct err *err)
{
    struct world *w = self;

    (void)err;
    w->shard.confirmed_turn = confirmed;
    w->beats++;
    return ST_OK;
}

static enum status
store_unconfirmed(void *self, int64_t after, struct arena *arena,
                  struct committed *out, bool *found, struct err *err)
{
    struct world *w = self;

    (void)arena;
    (void)err;
    *found = false;
    for (size_t i = 0; i < w->n_blocks && !*found; i++)
        if (w->blocks[i].turn > after) {
            *out = w->blocks[i];
            *found = true;
        }
    return ST_OK;
}

static enum status
store_config(void *self, size_t i, struct arena *arena, struct config_text *out,
             struct err *err)
{
    struct world *w = self;

    (void)arena;
    if (i >= w->shard.n_configs)
        return err_set(err, ST_FATAL, "config", "none");
    *out = w->configs[i];
    return ST_OK;
}

/* ---- sink --------------------------------------------------------------- */

static enum status
sink_restart(void *self, struct err *err)
{
    (void)self;
    (void)err;
    return ST_OK;
}

static enum status
sink_publish(void *self, const struct committed *c, struct err *err)
{
    struct world *w = self;
    struct outbox_entry e;
    size_t at = 0, n = 0;
    bool ok;

    if (w->fail_publish) {
        w->fail_publish = false;
        world_say(w, "publish fails\n");
        return err_set(err, ST_RETRY, "kafka", "told to");
    }
    world_say(w, "publish %lld", (long long)c->turn);
    while (outbox_next(c->block, &at, &e, &ok)) {
        struct outbox_header h = { .value = STR("") };
        size_t from = 0;

        (void)outbox_next_header(e.headers, &from, &h);
        w->in_log.at[e.topic].sequence = e.sequence;
        w->in_log.at[e.topic].chain = e.chain;
        n++;
        if (w->brief)
            continue;
        world_say(w, " %s-%lld%s%.*s", topic_name(e.topic),
                  (long long)e.sequence, h.value.n > 0 ? "=" : "",
                  STR_ARG(h.value));
    }
    if (w->brief)
        world_say(w, ": %zu records", n);
    world_say(w, "\n");
    assert_true(ok);
    w->published = c->turn;
    return ST_OK;
}

static enum status
sink_last(void *self, const enum topic *topics, size_t n, struct link *out,
          struct err *err)
{
    struct world *w = self;

    (void)err;
    for (size_t i = 0; i < n; i++)
        out[i] = (struct link){ .sequence = w->in_log.at[topics[i]].sequence,
                                .chain = w->in_log.at[topics[i]].chain };
    return ST_OK;
}

static enum status
sink_confirmed(void *self, int wait_ms, int64_t *turn, struct err *err)
{
    struct world *w = self;

    (void)wait_ms;
    (void)err;
    if (!w->hold_confirmations)
        *turn = w->published;
    return ST_OK;
}

/* ---- the rest ----------------------------------------------------------- */

static enum status
config_activate(void *self, const struct config_text *text, struct err *err)
{
    (void)self;
    (void)text;
    (void)err;
    return ST_OK;
}

static void
config_forget(void *self, size_t n)
{
    (void)self;
    (void)n;
}

static int64_t
tick(void *self)
{
    return ((struct world *)self)->ms++;
}

static void
find_writers(struct world *w)
{
    for (size_t i = 0; i < w->def->n_inputs; i++) {
        size_t n = 0;

        for (uint8_t s = SERVICE_NONE + 1; s < SERVICE_N; s++)
            if (batch_is_writer(s, w->def->inputs[i]))
                w->writers[i][n++].origin = (struct origin){ .service = s,
                                                             .authority = 1,
                                                             .incarnation = 1 };
    }
}

struct world *
world_open(const struct service_def *def, size_t batch_max)
{
    static const struct settings no_settings;
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    assert_true(def->n_inputs <= WORLD_INPUTS);
    w->def = def;
    w->arena = memory_open(MEMORY);
    w->shard = (struct shard){ .now = TIME_NONE, .barrier = TIME_NONE };
    w->options = (struct runner_options){
        .def = def,
        .authority = 1,
        .authority_name = STR("test"),
        .incarnation = 1,
        .wait_ms = 1,
        .beat_ms = 1000000,
        .batch_max = batch_max,
        .memory_max = MEMORY,
    };
    w->source = (struct source){ w, source_start, source_take };
    w->store = (struct store){ .self = w,
                               .own = store_own,
                               .load = store_load,
                               .commit = store_commit,
                               .beat = store_beat,
                               .unconfirmed = store_unconfirmed,
                               .config = store_config };
    w->sink = (struct sink){ .self = w,
                             .restart = sink_restart,
                             .publish = sink_publish,
                             .last = sink_last,
                             .confirmed = sink_confirmed };
    w->configurer = (struct configurer){ .self = w,
                                         .activate = config_activate,
                                         .forget = config_forget,
                                         .settings = &no_settings };
    w->ticker = (struct ticker){ .self = w, .now_ms = tick };
    find_writers(w);
    return w;
}

void
world_rows(struct world *w, void *self,
           void (*load)(void *self, struct rows *rows, struct arena *arena),
           void (*keep)(void *self, struct rows *rows))
{
    w->rows_self = self;
    w->load = load;
    w->keep = keep;
}

void
world_die(struct world *w)
{
    runner_close(w->runner);
    w->runner = NULL;
}

void
world_close(struct world *w)
{
    if (w == NULL)
        return;
    world_die(w);
    memory_close(w->arena);
    free(w);
}

enum status
world_play(struct world *w, struct err *err)
{
    enum status rc = ST_RETRY;
    int idle = 0;

    if (w->runner == NULL)
        w->runner = runner_open(&w->options, &w->source, &w->store, &w->sink,
                                &w->codec, &w->configurer, &w->ticker);
    assert_non_null(w->runner);
    for (int i = 0; i < PLAYS_MAX && idle < IDLE_TURNS; i++) {
        int64_t turn = w->shard.turn;

        rc = rc == ST_OK ? runner_turn(w->runner, err)
                         : runner_own(w->runner, err);
        if (rc != ST_OK && rc != ST_RETRY)
            return rc;
        idle = rc == ST_OK && w->shard.turn == turn ? idle + 1 : 0;
    }
    return rc;
}

struct world_record
world_make_by(struct world *w, size_t input, enum service service,
              struct str value)
{
    uint8_t header[CHAIN_HEADER_SIZE];
    struct world_record r = { .key = STR("k"), .value = value };

    for (size_t i = 0; i < WORLD_WRITERS; i++) {
        struct link link = { .origin = w->writers[input][i].origin };

        if (link.origin.service != service)
            continue;
        link.sequence = ++w->writers[input][i].sequence;
        link.chain = chain_next(w->writers[input][i].chain, r.key, value);
        w->writers[input][i].chain = link.chain;
        chain_header(&link, header);
        r.header =
            (struct str){ .p = arena_copy(w->arena, header, sizeof header),
                          .n = sizeof header };
        return r;
    }
    fail_msg("%s does not write input %zu", service_name(service), input);
    return r;
}

struct world_record
world_make(struct world *w, size_t input, struct str value)
{
    return world_make_by(w, input, w->writers[input][0].origin.service, value);
}

void
world_put(struct world *w, size_t input, struct world_record record)
{
    assert_true(w->log_n[input] < WORLD_LOG_MAX);
    w->log[input][w->log_n[input]++] = record;
}
