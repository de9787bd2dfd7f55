/* Intake: wires door, writers, publishers and folders together. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/adapters/authorities.h"
#include "common/engine/config.h"
#include "common/engine/log.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"
#include "common/host/crash.h"
#include "common/host/exit_code.h"
#include "common/host/lease.h"
#include "common/host/life.h"
#include "common/host/start.h"
#include "intake/agree.h"
#include "intake/drop.h"
#include "intake/http.h"
#include "intake/register.h"

enum {
    MEMORY_MAX = 128 << 20, /* the register of authorities, and texts */
    SERVED_MAX = 64,
    LET_IN_PAUSE_MS = 100,
    MALLOC_ARENAS = 4,
    MALLOC_LARGE = 1 << 20, /* from this size on it is given back */
};

struct intake_config {
    char *kafka;
    char *pgconn;
    char *schema;
    char *triage_schema;
    char *tracker_schema;
    char *authorities;
    char *profiles;
    char *calendars;
    char *instance;
    char *listen;
    char *hash_key;
    char *seal_key_file;
    char *drop_folder;
    char *drop_authority;
    char *auth;
    char *audience;
    char *crash_at;
    bool any_address;
    int64_t threads;
    int64_t replication;
    int64_t lease_ms;
    int64_t beat_ms;
    int64_t tick_ms;
    int64_t drop_poll_ms;
    int64_t token_skew_ms;
    int64_t tokens;
};

#define AT(member) offsetof(struct intake_config, member)

static const struct config_entry entries[] = {
    { .name = "KAFKA", .type = CONFIG_TEXT, .min = 3,
      .help = "brokers, host:port,...", .offset = AT(kafka) },
    { .name = "PGCONN", .type = CONFIG_TEXT, .dflt = "",
      .help = "PostgreSQL conninfo; empty: PGHOST, PGUSER, ...",
      .offset = AT(pgconn) },
    { .name = "SCHEMA", .type = CONFIG_TEXT, .dflt = "intake", .min = 1,
      .max = 40, .help = "PostgreSQL schema", .offset = AT(schema) },
    { .name = "TRIAGE_SCHEMA", .type = CONFIG_TEXT, .dflt = "triage", .min = 1,
      .max = 40, .help = "schema of triage, for its view receipt_state",
      .offset = AT(triage_schema) },
    { .name = "TRACKER_SCHEMA", .type = CONFIG_TEXT, .dflt = "tracker",
      .min = 1, .max = 40, .help = "schema of tracker, likewise",
      .offset = AT(tracker_schema) },
    { .name = "AUTHORITIES", .type = CONFIG_TEXT, .min = 1,
      .help = "names of profiles/authorities.json, with commas",
      .offset = AT(authorities) },
    { .name = "PROFILES", .type = CONFIG_TEXT, .dflt = "profiles", .min = 1,
      .help = "folder of authorities.json, agencies.json and profiles",
      .offset = AT(profiles) },
    { .name = "CALENDARS", .type = CONFIG_TEXT, .dflt = "calendars",
      .min = 1, .help = "folder of calendars", .offset = AT(calendars) },
    { .name = "INSTANCE", .type = CONFIG_TEXT, .dflt = "", .max = 60,
      .help = "holder of leases, the same after a restart; empty: host name",
      .offset = AT(instance) },
    { .name = "LISTEN", .type = CONFIG_TEXT, .dflt = "127.0.0.1:0",
      .min = 3, .help = "address, HOST:PORT or unix:PATH; port 0: any",
      .offset = AT(listen) },
    { .name = "ANY_ADDRESS", .type = CONFIG_BOOL, .dflt = "off",
      .help = "LISTEN may be other than loopback: on or off",
      .offset = AT(any_address) },
    { .name = "THREADS", .type = CONFIG_INT, .dflt = "64", .min = 1,
      .max = 512, .help = "requests at the same time",
      .offset = AT(threads) },
    { .name = "INTAKE_HASH_KEY", .type = CONFIG_TEXT, .min = CONTENT_KEY_MIN,
      .max = CONTENT_KEY_MAX,
      .help = "secret over contents, the same for ever, characters",
      .offset = AT(hash_key) },
    { .name = "SEAL_KEY_FILE", .type = CONFIG_TEXT, .min = 1,
      .help = "file of master keys, which seal what is said of persons",
      .offset = AT(seal_key_file) },
    { .name = "REPLICATION", .type = CONFIG_INT, .dflt = "1", .min = 1,
      .max = 9, .help = "copies of a topic that is made at start",
      .offset = AT(replication) },
    { .name = "LEASE_MS", .type = CONFIG_INT, .dflt = "5000", .min = 500,
      .max = 600000, .help = "silence after which a lease is lost, ms",
      .offset = AT(lease_ms) },
    { .name = "BEAT_MS", .type = CONFIG_INT, .dflt = "1000", .min = 50,
      .max = 60000, .help = "the owner's sign of life, ms",
      .offset = AT(beat_ms) },
    { .name = "CLOCK_TICK_MS", .type = CONFIG_INT, .dflt = "10000",
      .min = 100, .max = 600000,
      .help = "how often the time is told with the wall clock, ms",
      .offset = AT(tick_ms) },
    { .name = "DROP_FOLDER", .type = CONFIG_TEXT, .dflt = "",
      .help = "folder with one of files for each agency; empty: none",
      .offset = AT(drop_folder) },
    { .name = "DROP_AUTHORITY", .type = CONFIG_TEXT, .dflt = "",
      .help = "authority of its files; empty: the only one",
      .offset = AT(drop_authority) },
    { .name = "DROP_POLL_MS", .type = CONFIG_INT, .dflt = "1000", .min = 10,
      .max = 600000, .help = "how often it is looked at, ms",
      .offset = AT(drop_poll_ms) },
    { .name = "AUTH", .type = CONFIG_TEXT, .dflt = "token", .max = 8,
      .help = "token: senders prove who they are; open: any may, on loopback",
      .offset = AT(auth) },
    { .name = "AUDIENCE", .type = CONFIG_TEXT, .dflt = "", .max = 200,
      .help = "this door's name in tokens (aud); must be given with AUTH=token",
      .offset = AT(audience) },
    { .name = "TOKEN_SKEW_MS", .type = CONFIG_INT, .dflt = "2000", .min = 0,
      .max = TOKEN_SKEW_MS_MAX, .help = "by how much clocks may differ, ms",
      .offset = AT(token_skew_ms) },
    { .name = "TOKENS", .type = CONFIG_INT, .dflt = "65536", .min = 1,
      .max = 16 << 20, .help = "tokens remembered without asking, 64 B each",
      .offset = AT(tokens) },
    { .name = "CRASH_AT", .type = CONFIG_TEXT, .dflt = "", .max = 60,
      .help = "for fault tests: PLACE:N ends the process there, as kill -9",
      .offset = AT(crash_at) },
};
enum { N_ENTRIES = sizeof entries / sizeof entries[0] };

struct intake {
    struct intake_config config;
    struct arena *arena;
    struct authorities authorities;
    struct agency_register *agencies; /* the newest, which has the older ones */
    struct guard *guard;              /* NULL with AUTH=open */
    struct progress *progress;
    struct seal *seal;
    const struct authority *chosen[SERVED_MAX];
    struct terms *terms[SERVED_MAX]; /* until a writer takes them */
    struct served served[SERVED_MAX];
    size_t n;
    char cluster_id[KAFKA_CLUSTER_ID_SIZE];
    struct kafka_conn kafka;
    struct intake_http *http;
    struct drop *drop;
    struct crash crash;
};

/* ---- configuration ----------------------------------------------------- */

static enum status
choose(struct intake *in, struct err *err)
{
    struct str left = str_of(in->config.authorities);

    while (left.n > 0) {
        const char *comma = memchr(left.p, ',', left.n);
        struct str name = { .p = left.p,
                            .n = comma == NULL ? left.n
                                               : (size_t)(comma - left.p) };
        const struct authority *a =
            authorities_find(&in->authorities, name);

        if (a == NULL)
            return err_set(err, ST_REJECT, "config",
                           "AUTHORITIES: \"%.*s\" is not in authorities.json",
                           STR_ARG(name));
        if (in->n == SERVED_MAX)
            return err_set(err, ST_REJECT, "config",
                           "AUTHORITIES: at most %d in one process",
                           SERVED_MAX);
        in->chosen[in->n++] = a;
        left.p += name.n + (comma != NULL);
        left.n -= name.n + (comma != NULL);
    }
    return in->n > 0 ? ST_OK
                     : err_set(err, ST_REJECT, "config",
                               "AUTHORITIES is empty");
}

static enum status
read_terms(struct intake *in, struct err *err)
{
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < in->n; i++) {
        struct terms_files files = { .profiles = in->config.profiles,
                                     .profile = in->chosen[i]->profile.p,
                                     .calendars = in->config.calendars,
                                     .agencies = &in->agencies->agencies };

        rc = terms_of_files(&files, &in->terms[i], err);
    }
    return rc;
}

static bool
is_open(const struct intake *in)
{
    return strcmp(in->config.auth, "open") == 0;
}

/* Whoever reaches an open door is believed, so only this machine may. */
static enum status
check_auth(const struct intake *in, struct err *err)
{
    const struct intake_config *c = &in->config;

    if (!is_open(in) && strcmp(c->auth, "token") != 0)
        return err_set(err, ST_REJECT, "config",
                       "AUTH=\"%s\": want token or open", c->auth);
    if (is_open(in) && (c->any_address || strncmp(c->listen, "unix:", 5) == 0))
        return err_set(err, ST_REJECT, "config",
                       "AUTH=open: want LISTEN on loopback, ANY_ADDRESS=off");
    if (!is_open(in) && c->audience[0] == '\0')
        return err_set(err, ST_REJECT, "config",
                       "AUDIENCE is empty: want this door's name, as the "
                       "agencies' tokens have it (aud)");
    return ST_OK;
}

static enum status
read_seal_keys(struct intake *in, struct err *err)
{
    enum status rc = seal_open(in->config.seal_key_file, &in->seal, err);

    if (rc != ST_OK)
        err_where(err, "SEAL_KEY_FILE");
    return rc;
}

static enum status
configure(struct intake *in, struct err *err)
{
    char name[64] = "";
    enum status rc = ST_OK;

    gethostname(name, sizeof name - 1);
    if (in->config.instance[0] == '\0') {
        free(in->config.instance);
        in->config.instance = strdup(name);
        if (in->config.instance == NULL)
            return err_set(err, ST_FATAL, "memory", "no memory");
    }
    rc = lease_check(in->config.lease_ms, in->config.beat_ms, 0, err);
    if (rc == ST_OK)
        rc = crash_read(&in->crash, in->config.crash_at, err);
    if (rc == ST_OK)
        rc = check_auth(in, err);
    if (rc == ST_OK)
        rc = authorities_read(in->config.profiles, in->arena,
                              &in->authorities, err);
    if (rc == ST_OK)
        rc = choose(in, err);
    if (rc == ST_OK)
        rc = register_read(in->config.profiles, &in->agencies, err);
    if (rc == ST_OK)
        rc = read_terms(in, err);
    if (rc == ST_OK)
        rc = read_seal_keys(in, err);
    in->kafka = (struct kafka_conn){
        .brokers = in->config.kafka,
        .client_id = service_name(SERVICE_INTAKE),
    };
    return rc;
}

/* ---- parts ------------------------------------------------------------- */

static void
at_place(void *self, const char *place)
{
    struct intake *in = self;

    crash_here(&in->crash, place);
}

static struct agree_options
agree_options(const struct intake *in, size_t i)
{
    return (struct agree_options){ .kafka = in->kafka,
                                   .conninfo = in->config.pgconn,
                                   .schema = in->config.schema,
                                   .partition = in->chosen[i]->partition };
}

static bool
stop_asked(void)
{
    sigset_t pending;

    (void)sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 ||
           sigismember(&pending, SIGINT) == 1;
}

/* Its door answers from here: 503 until let_in. */
static enum status
open_door(struct intake *in, size_t i, struct err *err)
{
    const struct authority *a = in->chosen[i];
    struct served *s = &in->served[i];
    bool crash = in->crash.place[0] != '\0';
    struct append_options append = {
        .conninfo = in->config.pgconn,
        .schema = in->config.schema,
        .authority = a->name,
        .partition = a->partition,
        .log_clock = a->log_clock,
        .terms = in->terms[i],
        .seal = in->seal,
        .agree = agree_options(in, i),
        .at = crash ? at_place : NULL,
        .at_self = in,
    };

    in->terms[i] = NULL; /* owned by the writer from here */
    s->door = (struct door){ .authority = a->name,
                             .partition = a->partition,
                             .log_clock = a->log_clock,
                             .hash_key = str_of(in->config.hash_key) };
    return append_open(&append, &s->door.append, err);
}

static enum status
publish_authority(struct intake *in, size_t i, struct err *err)
{
    const struct authority *a = in->chosen[i];
    bool crash = in->crash.place[0] != '\0';
    struct publish_options options = {
        .conninfo = in->config.pgconn,
        .schema = in->config.schema,
        .instance = in->config.instance,
        .authority = a->name.p,
        .partition = a->partition,
        .kafka = in->kafka,
        .cluster_id = in->cluster_id,
        .lease_ms = in->config.lease_ms,
        .beat_ms = in->config.beat_ms,
        .log_clock = a->log_clock,
        .tick_ms = in->config.tick_ms,
        .append = in->served[i].door.append,
        .agree = agree_options(in, i),
        .at = crash ? at_place : NULL,
        .at_self = in,
    };
    struct publish *p = NULL;
    enum status rc = publish_open(&options, &p, err);

    atomic_store(&in->served[i].publish, p);
    return rc;
}

static enum status
watch_folder(struct intake *in, struct err *err)
{
    struct drop_options options = { .folder = in->config.drop_folder,
                                    .poll_ms = in->config.drop_poll_ms };
    const char *name = in->config.drop_authority;

    if (in->config.drop_folder[0] == '\0')
        return ST_OK;
    for (size_t i = 0; i < in->n; i++)
        if (name[0] == '\0' ? in->n == 1
                            : str_is(in->chosen[i]->name, name))
            options.door = &in->served[i].door;
    if (options.door == NULL)
        return err_set(err, ST_REJECT, "config",
                       "DROP_AUTHORITY: want one of AUTHORITIES");
    return drop_open(&options, &in->drop, err);
}

/* How log and database of each authority stand. */
enum standing_of { UNKNOWN = 0, AGREED, REFUSED };

static void
refuse_authority(const struct intake *in, size_t i, const struct err *why)
{
    struct life life = { .conninfo = in->config.pgconn,
                         .schema = in->config.schema,
                         .instance = in->config.instance,
                         .shard = in->chosen[i]->partition };
    struct err err = { .code = "" };

    log_error("shard_refused", "authority=%s code=%s why=\"%s\"",
              in->chosen[i]->name.p, why->code, why->text);
    if (life_stopped(&life, why, &err) != ST_OK)
        log_warn("life_unknown", "authority=%s code=%s why=\"%s\"",
                 in->chosen[i]->name.p, err.code, err.text);
}

/* Ask for those that nothing is known of. Any may be let in: a door that must
 * not accept finds that by itself, and when `waymark recover` has ended it. */
static enum status
let_in(struct intake *in, enum standing_of *all, struct err *err)
{
    for (size_t i = 0; i < in->n; i++) {
        struct agree_options options = agree_options(in, i);
        struct err why = { .code = "" };
        enum status rc = ST_RETRY;

        if (all[i] == UNKNOWN)
            rc = agree_with_log(&options, &why);
        if (rc == ST_RETRY)
            continue;
        all[i] = rc == ST_OK ? AGREED : REFUSED;
        append_serve(in->served[i].door.append);
        if (rc == ST_OK)
            rc = publish_authority(in, i, err);
        else if (exit_code_of(why.code) == EXIT_RESTORE ||
                 exit_code_of(why.code) == EXIT_FORK) {
            refuse_authority(in, i, &why);
            *err = why;
            rc = ST_OK;
        } else {
            *err = why;
        }
        if (rc != ST_OK)
            return rc;
    }
    return ST_OK;
}

static size_t
count(const enum standing_of *all, size_t n, enum standing_of what)
{
    size_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += all[i] == what;
    return sum;
}

/*
 * Each authority for itself, waiting for the world as long as nobody stops the
 * process (ST_RETRY where none was let in till then). ST_FATAL, code "restore"
 * or "fork", where it is so with all.
 */
static enum status
let_all_in(struct intake *in, struct err *err)
{
    enum standing_of all[SERVED_MAX] = { UNKNOWN };
    enum status rc = let_in(in, all, err);

    while (rc == ST_OK && count(all, in->n, UNKNOWN) > 0 && !stop_asked()) {
        monotonic_pause(LET_IN_PAUSE_MS);
        rc = let_in(in, all, err);
    }
    if (rc == ST_OK && count(all, in->n, REFUSED) == in->n)
        return ST_FATAL; /* as let_in has said */
    if (rc == ST_OK && count(all, in->n, UNKNOWN) == in->n)
        return err_set(err, ST_RETRY, "stop", "the log was never heard");
    for (size_t i = 0; rc == ST_OK && i < in->n; i++)
        if (all[i] == REFUSED) /* publishes when it was recovered */
            rc = publish_authority(in, i, err);
    return rc;
}

static enum status
open_guard(struct intake *in, struct err *err)
{
    struct guard_options options = {
        .keys = in->agencies->keys,
        .rules = { .audience = str_of(in->config.audience),
                   .skew_ms = in->config.token_skew_ms },
        .memory = (size_t)in->config.tokens,
        .conninfo = in->config.pgconn,
        .schema = in->config.schema,
        .unix_socket = strncmp(in->config.listen, "unix:", 5) == 0,
    };

    if (!is_open(in))
        return guard_open(&options, &in->guard, err);
    log_warn("door_open", "why=\"AUTH=open: nobody proves who it is\"");
    return ST_OK;
}

static enum status
open_progress(struct intake *in, struct err *err)
{
    struct progress_options options = {
        .conninfo = in->config.pgconn,
        .triage_schema = in->config.triage_schema,
        .tracker_schema = in->config.tracker_schema,
    };

    return progress_open(&options, &in->progress, err);
}

static enum status
open_doors(struct intake *in, struct err *err)
{
    struct intake_http_options http = {
        .listen = in->config.listen,
        .any_address = in->config.any_address,
        .threads = (int)in->config.threads,
        .served = in->served,
        .n = in->n,
    };
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < in->n; i++)
        rc = open_door(in, i, err);
    if (rc == ST_OK)
        rc = watch_folder(in, err);
    if (rc == ST_OK)
        rc = open_guard(in, err);
    if (rc == ST_OK)
        rc = open_progress(in, err);
    http.guard = in->guard;
    http.progress = in->progress;
    if (rc == ST_OK)
        rc = intake_http_open(&http, &in->http, err);
    return rc;
}

/* Doors first, so that nothing new comes; then what is true goes out. */
static int
stop(struct intake *in)
{
    int code = EXIT_DONE;

    drop_close(in->drop);
    intake_http_close(in->http);
    guard_close(in->guard);
    progress_close(in->progress);
    for (size_t i = 0; i < in->n; i++) {
        struct served *s = &in->served[i];
        struct publish *p = atomic_load(&s->publish);

        if (p != NULL && publish_stopped(p)[0] != '\0')
            code = exit_code_of(publish_stopped(p));
        publish_close(p);
        append_close(s->door.append);
        terms_close(in->terms[i]);
    }
    return code;
}

/*
 * Bodies come and go through many threads, some of 16 MiB. glibc would keep a
 * heap for each thread, and large pieces in them once one was freed.
 */
static void
keep_memory_low(void)
{
#ifdef M_ARENA_MAX
    (void)mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    (void)mallopt(M_MMAP_THRESHOLD, MALLOC_LARGE);
#endif
}

/* Threads inherit the mask: only main takes these. */
static void
block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The schema, the topics, and log and database of every authority. */
static enum status
wait_for_world(struct intake *in, int *code, struct err *err)
{
    struct start_options world = {
        .service = service_name(SERVICE_INTAKE),
        .conninfo = in->config.pgconn,
        .schema = in->config.schema,
        .conn = in->kafka,
        .partitions = in->authorities.partitions,
        .replication = (int)in->config.replication,
    };
    enum status rc;

    rc = start_world(&world, in->cluster_id, err);
    *code = EXIT_WORLD;
    if (rc == ST_OK) {
        rc = let_all_in(in, err);
        *code = rc == ST_RETRY ? EXIT_WORLD : exit_code_of(err->code);
    }
    return rc;
}

/* A register that does not check stays out, and all goes on with the last. */
static void
read_register_again(struct intake *in)
{
    struct err err = { .code = "" };
    enum status rc = register_read(in->config.profiles, &in->agencies, &err);

    /* A key that was taken out first: a writer may wait for its database. */
    if (rc == ST_OK && in->guard != NULL)
        guard_use(in->guard, in->agencies->keys);
    for (size_t i = 0; rc == ST_OK && i < in->n; i++)
        rc = append_register(in->served[i].door.append, &in->agencies->agencies,
                             &err);
    if (rc != ST_OK) {
        log_warn("agencies_refused", "code=%s why=\"%s\"", err.code, err.text);
        return;
    }
    log_info("agencies_read", "agencies=%zu", in->agencies->agencies.n);
}

/* Until SIGTERM or SIGINT. */
static void
serve(struct intake *in, const sigset_t *set)
{
    int sig = 0;

    while (sigwait(set, &sig) == 0 && sig == SIGHUP)
        read_register_again(in);
}

/* The port first: who can't be answered yet hears when to come again, and
 * whom to phone. */
static int
run(struct intake *in)
{
    struct err err = { .code = "" };
    sigset_t set;
    enum status rc;
    int code = EXIT_CONFIG, stopped;

    block_signals(&set);
    rc = open_doors(in, &err);
    if (rc == ST_OK) {
        log_info("service_up", "listen=%s shards=%zu",
                 intake_http_address(in->http), in->n);
        rc = wait_for_world(in, &code, &err);
    }
    if (rc == ST_OK) {
        code = EXIT_DONE;
        serve(in, &set);
    } else {
        log_error(code == EXIT_WORLD ? "start_failed" : "service_failed",
                  "code=%s why=\"%s\"", err.code, err.text);
    }
    stopped = stop(in);
    if (code == EXIT_DONE)
        code = stopped;
    log_info("service_down", "exit=%d", code);
    return code;
}

int
main(int argc, char **argv)
{
    struct intake *in = calloc(1, sizeof *in);
    struct config_args args = { .program = argv[0],
                                .entries = entries,
                                .n = N_ENTRIES,
                                .argc = argc,
                                .argv = argv };
    struct err err = { .code = "" };
    enum config_action action;
    enum status rc;
    int code = EXIT_CONFIG;

    keep_memory_low();
    if (in == NULL || (in->arena = memory_open(MEMORY_MAX)) == NULL) {
        free(in);
        return EXIT_WORLD;
    }
    rc = config_read(&args, &in->config, &action, &err);
    if (rc == ST_OK && action == CONFIG_HELP) {
        config_help(&args, stdout);
        code = EXIT_DONE;
    } else if (rc == ST_OK) {
        rc = configure(in, &err);
    }
    if (rc != ST_OK) {
        (void)fprintf(stderr, "%s: %s\n", argv[0], err.text);
    } else if (action == CONFIG_CHECK) {
        config_print(&args, &in->config, stdout);
        code = EXIT_DONE;
    } else if (action == CONFIG_RUN) {
        log_open(service_name(SERVICE_INTAKE), in->config.instance);
        code = run(in);
    }
    if (action != CONFIG_RUN || rc != ST_OK)
        for (size_t i = 0; i < in->n; i++)
            terms_close(in->terms[i]);
    register_close(in->agencies);
    config_free(entries, N_ENTRIES, &in->config);
    seal_close(in->seal);
    memory_close(in->arena);
    free(in);
    return code;
}
