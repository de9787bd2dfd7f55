#include "common/host/health.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/adapters/http.h"

struct health {
    const char *service;
    struct health_shard *const *shards;
    size_t n;
    struct http_server *server;
    char address[128];
    void *more_self; /* set before `more` */
    void (*_Atomic more)(void *self, FILE *to);
};

void
health_init(struct health_shard *s, const char *authority)
{
    pthread_mutex_init(&s->lock, NULL);
    s->authority = authority;
    s->stats = NULL;
    snprintf(s->waits, sizeof s->waits, "start");
    s->stopped[0] = '\0';
}

void
health_watch(struct health_shard *s, const struct runner_stats *stats)
{
    pthread_mutex_lock(&s->lock);
    s->stats = stats;
    pthread_mutex_unlock(&s->lock);
}

void
health_waits(struct health_shard *s, const char *code)
{
    pthread_mutex_lock(&s->lock);
    snprintf(s->waits, sizeof s->waits, "%s", code);
    pthread_mutex_unlock(&s->lock);
}

void
health_stopped(struct health_shard *s, const char *code)
{
    pthread_mutex_lock(&s->lock);
    snprintf(s->stopped, sizeof s->stopped, "%s", code);
    pthread_mutex_unlock(&s->lock);
}

/* One counter of runner_stats as a Prometheus family. */
struct family {
    const char *name;
    const char *type;
    const char *help;
    size_t offset;
    double scale; /* from what is stored to the unit in the name */
    bool lag;     /* told while lag_is_known */
};

#define STAT(member) offsetof(struct runner_stats, member)

static const struct family families[] = {
    { "waymark_turn", "gauge", "Last committed turn.", STAT(turn), 1 },
    { "waymark_epoch", "gauge", "Epoch of this owner.", STAT(epoch), 1 },
    { "waymark_records_applied_total", "counter",
      "Records applied, dead letters included.", STAT(applied), 1 },
    { "waymark_repeats_dropped_total", "counter",
      "Records that were known already.", STAT(dropped), 1 },
    { "waymark_dead_letters_total", "counter", "Records to dead-letters.",
      STAT(dead_letters), 1 },
    { "waymark_records_given_out_total", "counter", "Records given out.",
      STAT(given_out), 1 },
    { "waymark_deadlines_fired_total", "counter", "Deadlines that fired.",
      STAT(fired), 1 },
    { "waymark_outbox_unconfirmed_turns", "gauge",
      "Turns committed and not yet confirmed by Kafka.", STAT(unconfirmed), 1 },
    { "waymark_lag_records", "gauge",
      "Records that wait; left out while that is not known.", STAT(behind), 1,
      .lag = true },
    { "waymark_commit_seconds", "gauge", "Duration of the last commit.",
      STAT(commit_us), 1e-6 },
    { "waymark_load_seconds", "gauge", "Duration of the last load.",
      STAT(load_us), 1e-6 },
    { "waymark_step_seconds", "gauge", "Duration of the last step.",
      STAT(step_us), 1e-6 },
    { "waymark_late_loads_total", "counter",
      "Loads for rows that nobody had wanted beforehand.", STAT(late_loads),
      1 },
    { "waymark_retries_total", "counter",
      "Turns that were dropped to be tried again.", STAT(retries), 1 },
};

static int64_t
stat_of(const struct runner_stats *stats, size_t offset)
{
    const _Atomic int64_t *p =
        (const void *)((const char *)stats + offset);

    return atomic_load(p);
}

/* The owner reads, and has heard where its inputs end. Lock held. */
static bool
lag_is_known(const struct health_shard *s)
{
    return s->stopped[0] == '\0' && s->waits[0] == '\0' && s->stats != NULL &&
           atomic_load(&s->stats->owner) &&
           (atomic_load(&s->stats->caught_up) ||
            atomic_load(&s->stats->behind) > 0);
}

static void
print_family(const struct health *h, const struct family *f, FILE *to)
{
    fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name,
            f->type);
    for (size_t i = 0; i < h->n; i++) {
        struct health_shard *s = h->shards[i];

        pthread_mutex_lock(&s->lock);
        if (s->stats != NULL && (!f->lag || lag_is_known(s)))
            fprintf(to, "%s{service=\"%s\",authority=\"%s\"} %.9g\n", f->name,
                    h->service, s->authority,
                    (double)stat_of(s->stats, f->offset) * f->scale);
        pthread_mutex_unlock(&s->lock);
    }
}

/* How long the oldest known record has waited, by the wall clock. */
static double
oldest_s(const struct runner_stats *stats)
{
    struct timespec ts;
    int64_t at = atomic_load(&stats->event_time);

    if (atomic_load(&stats->behind) == 0 || at <= 0)
        return 0;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (double)ts.tv_sec - (double)at / 1000;
}

/* What is told of a shard beside its counters. */
static void
print_owned(const struct health *h, const struct health_shard *s, FILE *to)
{
    fprintf(to, "waymark_shard_owned{service=\"%s\",authority=\"%s\"} %d\n",
            h->service, s->authority,
            s->stats != NULL ? atomic_load(&s->stats->owner) : 0);
}

static void
print_stopped(const struct health *h, const struct health_shard *s, FILE *to)
{
    if (s->stopped[0] != '\0')
        fprintf(to,
                "waymark_shard_stopped{service=\"%s\",authority=\"%s\","
                "code=\"%s\"} 1\n",
                h->service, s->authority, s->stopped);
}

static void
print_waits(const struct health *h, const struct health_shard *s, FILE *to)
{
    if (s->stopped[0] == '\0' && s->waits[0] != '\0')
        fprintf(to,
                "waymark_shard_waits{service=\"%s\",authority=\"%s\","
                "code=\"%s\"} 1\n",
                h->service, s->authority, s->waits);
}

static void
print_lag_known(const struct health *h, const struct health_shard *s, FILE *to)
{
    fprintf(to, "waymark_lag_known{service=\"%s\",authority=\"%s\"} %d\n",
            h->service, s->authority, lag_is_known(s));
}

static void
print_oldest(const struct health *h, const struct health_shard *s, FILE *to)
{
    if (lag_is_known(s))
        fprintf(to,
                "waymark_oldest_unprocessed_seconds{service=\"%s\","
                "authority=\"%s\"} %.3f\n",
                h->service, s->authority, oldest_s(s->stats));
}

static void
print_states(const struct health *h, FILE *to)
{
    static const struct {
        const char *name;
        const char *help;
        void (*print)(const struct health *h, const struct health_shard *s,
                      FILE *to);
    } rows[] = {
        { "waymark_shard_owned", "1 while this instance owns the shard.",
          print_owned },
        { "waymark_shard_stopped", "1 where the shard stopped, by code.",
          print_stopped },
        { "waymark_shard_waits", "1 while the shard tries again, by code.",
          print_waits },
        { "waymark_lag_known",
          "1 where the owner hears its log: else lag and age are left out.",
          print_lag_known },
        { "waymark_oldest_unprocessed_seconds",
          "Age of the oldest record that waits; left out while not known.",
          print_oldest },
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        fprintf(to, "# HELP %s %s\n# TYPE %s gauge\n", rows[r].name,
                rows[r].help, rows[r].name);
        for (size_t i = 0; i < h->n; i++) {
            pthread_mutex_lock(&h->shards[i]->lock);
            rows[r].print(h, h->shards[i], to);
            pthread_mutex_unlock(&h->shards[i]->lock);
        }
    }
}

static void
answer_metrics(const struct health *h, struct http_response *response)
{
    void (*more)(void *self, FILE *to);
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    if (to == NULL) {
        response->status = 503;
        return;
    }
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        print_family(h, &families[i], to);
    print_states(h, to);
    more = atomic_load(&h->more);
    if (more != NULL)
        more(h->more_self, to);
    fclose(to);
    http_body_take(response, 200, "text/plain; version=0.0.4", text, n);
}

/* Ready: every shard runs and waits for no server, and its owner has been at
 * the end of its log. */
static bool
is_ready(const struct health *h)
{
    bool ready = true;

    for (size_t i = 0; i < h->n; i++) {
        struct health_shard *s = h->shards[i];

        pthread_mutex_lock(&s->lock);
        if (s->stopped[0] != '\0' || s->waits[0] != '\0' || s->stats == NULL ||
            (atomic_load(&s->stats->owner) &&
             !atomic_load(&s->stats->caught_up)))
            ready = false;
        pthread_mutex_unlock(&s->lock);
    }
    return ready;
}

static void
handle(void *self, const struct http_request *request,
       struct http_response *response)
{
    const struct health *h = self;
    bool ready;

    if (str_is(request->path, "/metrics")) {
        answer_metrics(h, response);
    } else if (str_is(request->path, "/livez")) {
        http_body(response, 200, "text/plain", STR("alive\n"));
    } else if (str_is(request->path, "/readyz")) {
        ready = is_ready(h);
        http_body(response, ready ? 200 : 503, "text/plain",
                  ready ? STR("ready\n") : STR("not ready\n"));
    } else {
        http_problem(response, 404, "path", "Not here", NULL);
    }
}

enum status
health_serve(const char *service, const char *listen,
             struct health_shard *const *shards, size_t n, bool any_address,
             struct health **out, struct err *err)
{
    struct health *h = calloc(1, sizeof *h);
    struct http_options options = { .bind = listen,
                                    .any_address = any_address,
                                    .threads = 2,
                                    .max_connections = 32,
                                    .max_body = 4096,
                                    .handle = handle,
                                    .self = h };
    const char *colon = strrchr(listen, ':');
    enum status rc;

    if (h == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    h->service = service;
    h->shards = shards;
    h->n = n;
    rc = http_serve(&options, &h->server, err);
    if (rc != ST_OK) {
        free(h);
        return rc;
    }
    if (http_port(h->server) > 0 && colon != NULL)
        snprintf(h->address, sizeof h->address, "%.*s:%d",
                 (int)(colon - listen), listen, http_port(h->server));
    else
        snprintf(h->address, sizeof h->address, "%s", listen);
    *out = h;
    return ST_OK;
}

const char *
health_address(const struct health *h)
{
    return h->address;
}

void
health_add(struct health *h, void (*print)(void *self, FILE *to), void *self)
{
    h->more_self = self;
    atomic_store(&h->more, print);
}

void
health_close(struct health *h)
{
    if (h == NULL)
        return;
    http_close(h->server);
    free(h);
}
