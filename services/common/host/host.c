#include "common/host/host.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/adapters/authorities.h"
#include "common/adapters/codec.h"
#include "common/adapters/configurer.h"
#include "common/adapters/kafka_port.h"
#include "common/adapters/pg_store.h"
#include "common/adapters/seal.h"
#include "common/engine/config.h"
#include "common/engine/log.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"
#include "common/engine/runner.h"
#include "common/host/crash.h"
#include "common/host/exit_code.h"
#include "common/host/health.h"
#include "common/host/lease.h"
#include "common/core/chain.h"
#include "common/core/place.h"
#include "common/host/life.h"
#include "common/host/start.h"

enum {
    BACKOFF_FIRST_MS = 20,
    BACKOFF_MAX_MS = 1000,
    LEASE_POLL_MS = 100,
    SETTLE_MS = 3000,
    FULL_WAIT_MS = 30000,
    SHARDS_MAX = 64,
};

struct host_config {
    char *kafka;
    char *pgconn;
    char *pgschema;
    char *authorities;
    char *profiles;
    char *instance;
    char *listen;
    char *crash_at;
    char *seal_key_file;
    char *intake_schema;
    bool any_address; /* listen beyond loopback: in a container */
    int64_t replication;
    int64_t lease_ms;
    int64_t beat_ms;
    int64_t wait_ms;
    int64_t batch_max;
    int64_t memory_mb;
    int64_t queue_kb;
};

#define AT(member) offsetof(struct host_config, member)

static const struct config_entry entries[] = {
    { .name = "KAFKA", .type = CONFIG_TEXT, .min = 3,
      .help = "brokers, host:port,...", .offset = AT(kafka) },
    { .name = "PGCONN", .type = CONFIG_TEXT, .dflt = "",
      .help = "PostgreSQL conninfo; empty: PGHOST, PGUSER, ...",
      .offset = AT(pgconn) },
    { .name = "SCHEMA", .type = CONFIG_TEXT, .dflt = "",
      .help = "PostgreSQL schema; empty: the service's name",
      .offset = AT(pgschema) },
    { .name = "AUTHORITIES", .type = CONFIG_TEXT, .min = 1,
      .help = "names of profiles/authorities.json, with commas",
      .offset = AT(authorities) },
    { .name = "PROFILES", .type = CONFIG_TEXT, .dflt = "profiles", .min = 1,
      .help = "folder of authorities.json", .offset = AT(profiles) },
    { .name = "INSTANCE", .type = CONFIG_TEXT, .dflt = "", .max = 60,
      .help = "holder of leases, the same after a restart; empty: host name",
      .offset = AT(instance) },
    { .name = "LISTEN", .type = CONFIG_TEXT, .dflt = "127.0.0.1:0",
      .help = "address of /livez, /readyz, /metrics; port 0: any",
      .offset = AT(listen) },
    { .name = "ANY_ADDRESS", .type = CONFIG_BOOL, .dflt = "off",
      .help = "LISTEN may be other than loopback: on or off",
      .offset = AT(any_address) },
    { .name = "REPLICATION", .type = CONFIG_INT, .dflt = "1", .min = 1,
      .max = 9, .help = "copies of a topic that is made at start",
      .offset = AT(replication) },
    { .name = "LEASE_MS", .type = CONFIG_INT, .dflt = "5000", .min = 500,
      .max = 600000, .help = "silence after which a lease is lost, ms",
      .offset = AT(lease_ms) },
    { .name = "BEAT_MS", .type = CONFIG_INT, .dflt = "1000", .min = 50,
      .max = 60000, .help = "an idle owner's sign of life, ms",
      .offset = AT(beat_ms) },
    { .name = "WAIT_MS", .type = CONFIG_INT, .dflt = "100", .min = 1,
      .max = 10000, .help = "longest wait for a first record, ms",
      .offset = AT(wait_ms) },
    { .name = "BATCH_MAX", .type = CONFIG_INT, .dflt = "800", .min = 1,
      .max = RUNNER_BATCH_MAX, .help = "records a batch",
      .offset = AT(batch_max) },
    { .name = "MEMORY_MB", .type = CONFIG_INT, .dflt = "512", .min = 64,
      .max = 65536, .help = "memory that one batch may take, MiB",
      .offset = AT(memory_mb) },
    { .name = "QUEUE_KB", .type = CONFIG_INT, .dflt = "2048", .min = 256,
      .max = 1048576, .help = "records read ahead, kB an authority",
      .offset = AT(queue_kb) },
    { .name = "SEAL_KEY_FILE", .type = CONFIG_TEXT, .dflt = "",
      .help = "file of master keys; must be given where persons are read",
      .offset = AT(seal_key_file) },
    { .name = "INTAKE_SCHEMA", .type = CONFIG_TEXT, .dflt = "intake",
      .min = 1, .max = 40, .help = "schema of intake, which has their keys",
      .offset = AT(intake_schema) },
    { .name = "CRASH_AT", .type = CONFIG_TEXT, .dflt = "", .max = 60,
      .help = "for fault tests: PLACE:N ends the process there, as kill -9",
      .offset = AT(crash_at) },
};
enum { N_ENTRIES = sizeof entries / sizeof entries[0] };

/* One authority of this process: a thread, and all that it owns. */
struct host_shard {
    struct host *host;
    const struct authority *authority;
    pthread_t thread;
    bool running;
    struct health_shard health;
    struct life_before before; /* how the lives before this one ended */
    bool careful;              /* the next record may be the last */
    /* Opened and closed by the thread. */
    struct avro_codec *avro;
    struct avro_port *avro_port;
    struct codec codec;
    struct configurer_texts *texts;
    struct configurer configurer;
    struct kafka_source *kafka_source;
    struct source source;
    struct kafka_sink *kafka_sink;
    struct sink sink;
    struct pg_store *pg_store;
    struct store store;
    struct runner *runner;
};

struct host {
    const struct service_def *def;
    const char *service;
    struct host_config config;
    /* Of the part; the table's offsets run on from config's. */
    _Alignas(8) char part_config[HOST_PART_CONFIG_MAX];
    const struct host_part *part; /* NULL: turns only */
    struct host_world world;
    const struct authority *served[SHARDS_MAX];
    struct config_entry entries[CONFIG_ENTRIES_MAX];
    size_t n_entries;
    struct arena *arena;
    struct authorities authorities;
    struct seal *seal; /* NULL where no persons are read */
    struct kafka_conn conn;
    char cluster_id[KAFKA_CLUSTER_ID_SIZE];
    struct ticker ticker;
    struct host_shard shards[SHARDS_MAX];
    size_t n_shards;
    int stop_fd; /* readable once the process shall end */
    _Atomic int stopping;
    _Atomic int stopped_shards;
    _Atomic int exit_code;
    /* CRASH_AT */
    struct crash crash;
};

/* ---- a shard's thread ------------------------------------------------------ */

static struct life
life_of(const struct host_shard *s)
{
    return (struct life){ .conninfo = s->host->config.pgconn,
                          .schema = s->host->config.pgschema,
                          .instance = s->host->config.instance,
                          .shard = s->authority->partition };
}

/* What cannot be written down is said, and stops nothing. */
static void
life_done(const struct host_shard *s, enum status rc, const struct err *err)
{
    if (rc != ST_OK)
        log_warn("life_unknown", "authority=%s code=%s why=\"%s\"",
                 s->authority->name.p, err->code, err->text);
}

/* "notifications:intake.1:57", as a dead letter would give its place. */
static void
say_doing(const struct host_shard *s, const struct raw *raw)
{
    struct life life = life_of(s);
    struct err err = { .code = "" };
    char doing[PLACE_SIZE];
    struct link link;

    if (raw->header.p == NULL || !chain_read(raw->header, &link))
        return; /* a stranger's is not read */
    place_write(&(struct place){ .topic = s->host->def->inputs[raw->input],
                                 .origin = link.origin,
                                 .sequence = link.sequence },
                doing);
    life_done(s, life_doing(&life, doing, &err), &err);
}

static void
at_place(void *self, const char *place)
{
    struct host_shard *s = self;

    if (s->careful && strcmp(place, "taken") == 0) {
        s->careful = runner_shard(s->runner)->turn == s->before.turn;
        if (s->careful && runner_next(s->runner) != NULL)
            say_doing(s, runner_next(s->runner));
    }
    crash_here(&s->host->crash, place);
}

/* Sleep that a stop ends at once. */
static void
pause_ms(const struct host *h, int ms)
{
    struct pollfd fd = { .fd = h->stop_fd, .events = POLLIN };

    (void)poll(&fd, 1, ms);
}

static enum status
open_codec(struct host_shard *s, struct err *err)
{
    const struct host *h = s->host;
    struct codec_options options = { .seal = h->seal,
                                     .conninfo = h->config.pgconn,
                                     .schema = h->config.intake_schema,
                                     .shard = s->authority->partition };

    options.avro = s->avro = avro_open(err);
    if (s->avro == NULL)
        return ST_FATAL;
    return codec_open(&options, &s->avro_port, &s->codec, err);
}

static enum status
open_source(struct host_shard *s, struct err *err)
{
    const struct host *h = s->host;
    struct kafka_source_options options = {
        .conn = h->conn,
        .partition = s->authority->partition,
        .n_topics = h->def->n_inputs,
        .apart = s->authority->log_clock ? h->def->barrier_inputs : 0,
        .queue_kb = (int)h->config.queue_kb,
    };

    memcpy(options.topics, h->def->inputs, sizeof options.topics);
    return kafka_source_open(&options, &s->kafka_source, &s->source, err);
}

static enum status
open_sink(struct host_shard *s, struct err *err)
{
    const struct host *h = s->host;
    struct kafka_sink_options options = {
        .conn = h->conn,
        .partition = s->authority->partition,
        .origin = { .service = (uint8_t)h->def->service,
                    .authority = s->authority->partition,
                    .incarnation = 1 },
        .full_wait_ms = FULL_WAIT_MS,
    };

    return kafka_sink_open(&options, &s->kafka_sink, &s->sink, err);
}

static enum status
open_store(struct host_shard *s, struct err *err)
{
    const struct host *h = s->host;
    struct pg_store_options options = {
        .conninfo = h->config.pgconn,
        .schema = h->config.pgschema,
        .service = h->service,
        .instance = h->config.instance,
        .authority = s->authority->partition,
        .authority_name = s->authority->name.p,
        .cluster_id = h->cluster_id,
        .lease_ms = h->config.lease_ms,
        .inputs = h->def->inputs,
        .n_inputs = h->def->n_inputs,
        .tables = h->def->tables,
        .n_tables = h->def->n_tables,
        .ticker = &h->ticker,
    };

    return pg_store_open(&options, &s->pg_store, &s->store, err);
}

static enum status
open_runner(struct host_shard *s, struct err *err)
{
    const struct host *h = s->host;
    struct runner_options options = {
        .def = h->def,
        .authority = s->authority->partition,
        .authority_name = s->authority->name,
        .incarnation = 1,
        .log_clock = s->authority->log_clock,
        .wait_ms = (int)h->config.wait_ms,
        .beat_ms = (int)h->config.beat_ms,
        .batch_max = (size_t)h->config.batch_max,
        .memory_max = (size_t)h->config.memory_mb << 20,
        .at = s->careful || h->crash.place[0] != '\0' ? at_place : NULL,
        .at_self = s,
    };

    s->runner = runner_open(&options, &s->source, &s->store, &s->sink,
                            &s->codec, &s->configurer, &h->ticker);
    if (s->runner == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    return ST_OK;
}

/* What was opened before something fails close_shard closes. */
static enum status
open_shard(struct host_shard *s, struct err *err)
{
    enum status rc = open_codec(s, err);

    if (rc != ST_OK)
        return rc;
    s->texts = configurer_open(&s->configurer);
    if (s->texts == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    rc = open_source(s, err);
    if (rc == ST_OK)
        rc = open_sink(s, err);
    if (rc == ST_OK)
        rc = open_store(s, err);
    if (rc == ST_OK)
        rc = open_runner(s, err);
    if (rc == ST_OK)
        health_watch(&s->health, runner_stats(s->runner));
    return rc;
}

static void
close_shard(struct host_shard *s)
{
    health_watch(&s->health, NULL);
    runner_close(s->runner);
    pg_store_close(s->pg_store);
    kafka_sink_close(s->kafka_sink);
    kafka_source_close(s->kafka_source);
    configurer_close(s->texts);
    codec_close(s->avro_port);
    avro_close(s->avro);
}

static enum status
own(struct host_shard *s, struct err *err)
{
    enum status rc = runner_own(s->runner, err);

    if (rc == ST_OK)
        log_info("shard_owned", "authority=%s epoch=%" PRId64 " turn=%" PRId64,
                 s->authority->name.p, runner_shard(s->runner)->epoch,
                 runner_shard(s->runner)->turn);
    return rc;
}

/* What keeps failing is said once, until it changes or ends. */
static void
say_retry(struct host_shard *s, const struct err *err, char *last,
          size_t room)
{
    bool standby = strcmp(err->code, "lease") == 0;

    health_waits(&s->health, standby ? "" : err->code);
    if (strcmp(last, err->code) == 0)
        return;
    snprintf(last, room, "%s", err->code);
    if (standby)
        log_info("shard_standby", "authority=%s why=\"%s\"",
                 s->authority->name.p, err->text);
    else
        log_warn("shard_waits", "authority=%s code=%s why=\"%s\"",
                 s->authority->name.p, err->code, err->text);
}

static enum status
run_shard(struct host_shard *s, struct err *err)
{
    struct host *h = s->host;
    int backoff_ms = BACKOFF_FIRST_MS;
    char last[16] = "";
    enum status rc = ST_RETRY;
    bool owned = false;

    while (!atomic_load(&h->stopping)) {
        *err = (struct err){ .code = "" };
        rc = owned ? runner_turn(s->runner, err) : own(s, err);
        if (rc == ST_OK) {
            if (owned) { /* a turn went well: what failed is over */
                backoff_ms = BACKOFF_FIRST_MS;
                last[0] = '\0';
            } else {
                health_waits(&s->health, "");
            }
            owned = true;
            continue;
        }
        owned = false;
        if (rc != ST_RETRY)
            return rc;
        say_retry(s, err, last, sizeof last);
        if (strcmp(err->code, "lease") == 0) {
            pause_ms(h, LEASE_POLL_MS);
        } else {
            pause_ms(h, backoff_ms);
            backoff_ms = backoff_ms * 2 < BACKOFF_MAX_MS ? backoff_ms * 2
                                                         : BACKOFF_MAX_MS;
        }
    }
    if (owned)
        rc = runner_settle(s->runner, SETTLE_MS, err);
    if (owned && rc == ST_OK)
        rc = pg_store_release(s->pg_store, err);
    if (owned && rc != ST_OK) /* the lease runs out, the outbox waits: nothing is lost */
        log_warn("shard_unsettled", "authority=%s code=%s",
                 s->authority->name.p, err->code);
    return ST_OK;
}

/* ST_FATAL, code "kills", where the lives before this one say so. */
static enum status
begin_life(struct host_shard *s, struct err *err)
{
    struct life life = life_of(s);
    enum status rc = life_begin(&life, &s->before, err);

    if (rc == ST_RETRY)
        life_done(s, rc, err);
    s->careful = rc == ST_OK && s->before.deaths >= LIFE_CARE;
    if (s->careful)
        log_warn("shard_careful", "authority=%s deaths=%d turn=%" PRId64,
                 s->authority->name.p, s->before.deaths, s->before.turn);
    return rc == ST_FATAL ? rc : ST_OK;
}

/* Why it stops, for who looks at the log, at /metrics, and in the database. */
static void
say_stopped(struct host_shard *s, const struct err *why)
{
    struct life life = life_of(s);
    struct err err = { .code = "" };
    int expected = EXIT_DONE, code = exit_code_of(why->code);

    log_error("shard_stopped", "authority=%s code=%s exit=%d why=\"%s\"",
              s->authority->name.p, why->code, code, why->text);
    health_stopped(&s->health, why->code);
    life_done(s, life_stopped(&life, why, &err), &err);
    atomic_compare_exchange_strong(&s->host->exit_code, &expected, code);
}

static void *
shard_thread(void *self)
{
    struct host_shard *s = self;
    struct host *h = s->host;
    struct life life = life_of(s);
    struct err err = { .code = "" };
    enum status rc = begin_life(s, &err);

    if (rc == ST_OK)
        rc = open_shard(s, &err);
    if (rc == ST_OK)
        rc = run_shard(s, &err);
    if (rc != ST_OK)
        say_stopped(s, &err);
    else
        life_done(s, life_ended(&life, &err), &err);
    close_shard(s);
    if ((size_t)atomic_fetch_add(&h->stopped_shards, 1) + 1 == h->n_shards)
        kill(getpid(), SIGTERM); /* nothing is left to do */
    return NULL;
}

/* ---- the process ------------------------------------------------------------ */

static enum status
default_text(char **text, const char *value, struct err *err)
{
    if (**text != '\0')
        return ST_OK;
    free(*text);
    *text = strdup(value);
    return *text != NULL ? ST_OK
                         : err_set(err, ST_FATAL, "memory", "no memory");
}

static enum status
choose_shards(struct host *h, struct err *err)
{
    struct str left = str_of(h->config.authorities);

    while (left.n > 0) {
        const char *comma = memchr(left.p, ',', left.n);
        struct str name = { .p = left.p,
                            .n = comma == NULL ? left.n
                                               : (size_t)(comma - left.p) };
        const struct authority *a = authorities_find(&h->authorities, name);

        if (a == NULL)
            return err_set(err, ST_REJECT, "config",
                           "AUTHORITIES: \"%.*s\" is not in authorities.json",
                           STR_ARG(name));
        if (h->n_shards == SHARDS_MAX)
            return err_set(err, ST_REJECT, "config",
                           "AUTHORITIES: at most %d in one process",
                           SHARDS_MAX);
        h->shards[h->n_shards++] = (struct host_shard){ .host = h,
                                                        .authority = a };
        left.p += name.n + (comma != NULL);
        left.n -= name.n + (comma != NULL);
    }
    return h->n_shards > 0 ? ST_OK
                           : err_set(err, ST_REJECT, "config",
                                     "AUTHORITIES is empty");
}

/* Persons come with the notifications; no service reads them unsealed. */
static enum status
read_seal_keys(struct host *h, struct err *err)
{
    bool wanted = false;
    enum status rc;

    for (size_t i = 0; i < h->def->n_inputs; i++)
        wanted = wanted || h->def->inputs[i] == TOPIC_NOTIFICATIONS;
    if (!wanted)
        return ST_OK;
    if (h->config.seal_key_file[0] == '\0')
        return err_set(err, ST_REJECT, "config", "SEAL_KEY_FILE must be given");
    rc = seal_open(h->config.seal_key_file, &h->seal, err);
    if (rc != ST_OK)
        err_where(err, "SEAL_KEY_FILE");
    return rc;
}

static enum status
configure(struct host *h, struct err *err)
{
    char name[64] = "";
    enum status rc;

    gethostname(name, sizeof name - 1);
    rc = default_text(&h->config.instance, name, err);
    if (rc == ST_OK)
        rc = default_text(&h->config.pgschema, h->service, err);
    if (rc == ST_OK)
        rc = lease_check(h->config.lease_ms, h->config.beat_ms,
                         h->config.wait_ms, err);
    if (rc == ST_OK)
        rc = crash_read(&h->crash, h->config.crash_at, err);
    if (rc == ST_OK)
        rc = authorities_read(h->config.profiles, h->arena, &h->authorities,
                              err);
    if (rc == ST_OK)
        rc = choose_shards(h, err);
    if (rc == ST_OK)
        rc = read_seal_keys(h, err);
    h->conn = (struct kafka_conn){ .brokers = h->config.kafka,
                                   .client_id = h->service };
    return rc;
}

static void
at_part(void *self, const char *place)
{
    struct host *h = self;

    crash_here(&h->crash, place);
}

static enum status
check_part(struct host *h, struct err *err)
{
    for (size_t i = 0; i < h->n_shards; i++)
        h->served[i] = h->shards[i].authority;
    h->world = (struct host_world){
        .pgconn = h->config.pgconn,
        .schema = h->config.pgschema,
        .instance = h->config.instance,
        .profiles = h->config.profiles,
        .any_address = h->config.any_address,
        .kafka = h->conn,
        .authorities = h->served,
        .n = h->n_shards,
        .at = at_part,
        .at_self = h,
    };
    return h->part->check(h->part->self, h->part_config, &h->world, err);
}

/* The host's settings, then the part's. */
static void
gather_entries(struct host *h)
{
    size_t gap = offsetof(struct host, part_config) -
                 offsetof(struct host, config);

    memcpy(h->entries, entries, sizeof entries);
    h->n_entries = N_ENTRIES;
    for (size_t i = 0; h->part != NULL && i < h->part->n_entries &&
                       h->n_entries < CONFIG_ENTRIES_MAX;
         i++) {
        h->entries[h->n_entries] = h->part->entries[i];
        h->entries[h->n_entries++].offset += gap;
    }
}

/* Threads inherit the mask: only main takes SIGTERM and SIGINT. */
static void
block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static enum status
start_shards(struct host *h, struct err *err)
{
    for (size_t i = 0; i < h->n_shards; i++) {
        struct host_shard *s = &h->shards[i];

        health_init(&s->health, s->authority->name.p);
        if (pthread_create(&s->thread, NULL, shard_thread, s) != 0)
            return err_set(err, ST_FATAL, "memory", "no thread: %s",
                           strerror(errno));
        s->running = true;
    }
    return ST_OK;
}

static void
stop_shards(struct host *h)
{
    uint64_t one = 1;
    ssize_t ignored;

    atomic_store(&h->stopping, 1);
    ignored = write(h->stop_fd, &one, sizeof one);
    (void)ignored;
    for (size_t i = 0; i < h->n_shards; i++)
        if (h->shards[i].running)
            pthread_join(h->shards[i].thread, NULL);
}

static int
serve(struct host *h, const sigset_t *set, struct err *err)
{
    struct health_shard *shards[SHARDS_MAX];
    struct health *health = NULL;
    enum status rc;
    int sig;

    for (size_t i = 0; i < h->n_shards; i++)
        shards[i] = &h->shards[i].health;
    rc = start_shards(h, err);
    if (rc == ST_OK)
        rc = health_serve(h->service, h->config.listen, shards, h->n_shards,
                          h->config.any_address, &health, err);
    if (rc == ST_OK && h->part != NULL) {
        health_add(health, h->part->metrics, h->part->self);
        rc = h->part->start(h->part->self, err);
    }
    if (rc == ST_OK) {
        log_info("service_up", "listen=%s shards=%zu", health_address(health),
                 h->n_shards);
        sigwait(set, &sig);
    } else {
        log_error("service_failed", "code=%s why=\"%s\"", err->code,
                  err->text);
        atomic_store(&h->exit_code, EXIT_CONFIG);
    }
    stop_shards(h);
    health_close(health);
    if (h->part != NULL)
        h->part->stop(h->part->self);
    log_info("service_down", "exit=%d", atomic_load(&h->exit_code));
    return atomic_load(&h->exit_code);
}

static int
run(struct host *h)
{
    struct err err = { .code = "" };
    struct start_options start = {
        .service = h->service,
        .conninfo = h->config.pgconn,
        .schema = h->config.pgschema,
        .conn = h->conn,
        .partitions = h->authorities.partitions,
        .replication = (int)h->config.replication,
    };
    sigset_t set;

    block_signals(&set);
    h->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (start_world(&start, h->cluster_id, &err) != ST_OK) {
        log_error("start_failed", "code=%s why=\"%s\"", err.code, err.text);
        return EXIT_WORLD;
    }
    return serve(h, &set, &err);
}

int
host_main_with(const struct service_def *def, const struct host_part *part,
               int argc, char **argv)
{
    struct host *h = calloc(1, sizeof *h);
    struct config_args args = { .program = argv[0],
                                .argc = argc,
                                .argv = argv };
    struct err err = { .code = "" };
    enum config_action action;
    enum status rc;
    int code = EXIT_CONFIG;

    if (h == NULL || (h->arena = memory_open((size_t)64 << 20)) == NULL)
        return EXIT_WORLD;
    h->def = def;
    h->part = part;
    h->service = service_name(def->service);
    h->ticker = monotonic_ticker();
    gather_entries(h);
    args.entries = h->entries;
    args.n = h->n_entries;
    rc = config_read(&args, &h->config, &action, &err);
    if (rc == ST_OK && action == CONFIG_HELP) {
        config_help(&args, stdout);
        code = EXIT_DONE;
    } else if (rc == ST_OK) {
        rc = configure(h, &err);
        if (rc == ST_OK && part != NULL)
            rc = check_part(h, &err);
    }
    if (rc != ST_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], err.text);
    } else if (action == CONFIG_CHECK) {
        config_print(&args, &h->config, stdout);
        code = EXIT_DONE;
    } else if (action == CONFIG_RUN) {
        log_open(h->service, h->config.instance);
        code = run(h);
    }
    config_free(h->entries, h->n_entries, &h->config);
    seal_close(h->seal);
    memory_close(h->arena);
    free(h);
    return code;
}

int
host_main(const struct service_def *def, int argc, char **argv)
{
    return host_main_with(def, NULL, argc, argv);
}
