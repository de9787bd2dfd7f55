#include "intake/append.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/engine/monotonic.h"
#include "intake/work.h"

enum op_type {
    OP_ITEMS = 1,
    OP_TIME,
    OP_FIND,
    OP_ERASE,
    OP_ACTIVATE,
    OP_CLAIM,
    OP_REGISTER
};

/* One caller that waits. */
struct op {
    enum op_type type;
    struct op *next;
    struct append_item *items;
    size_t n;
    size_t taken; /* by groups so far */
    size_t done;
    struct arena *arena; /* the caller's, lent while it waits */
    time_ms at;
    struct id id;
    struct append_receipt *receipt;
    struct append_erasure *erasure;
    struct append_activation *activation;
    struct append_claim *claim;
    const struct agencies *agencies;
    bool urgent;
    enum status status;
    struct err err;
    sem_t over; /* posted once: from then on it is the caller's again */
};

struct append {
    struct append_stats stats;
    struct writer writer; /* its thread's; some of it is atomic */
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct op *first, *last;
    bool closing;
    /* What append_ready has the database asked; one at a time. */
    struct op ping;
    struct append_receipt pong;
    bool pinging;
    int64_t pings;         /* that have ended */
    pthread_cond_t pinged; /* by the monotonic clock */
    int worked_fd;         /* an eventfd; see append_worked_fd */
    /* The writer's own: what is over and not yet told, and the group under
     * way, and whose each of its items is. */
    struct op *over;
    struct group group;
    struct op *owners[APPEND_GROUP_MAX];
};

const struct terms *
append_terms(const struct append *a)
{
    return writer_terms(&a->writer);
}

const struct append_stats *
append_stats(const struct append *a)
{
    return &a->stats;
}

time_ms
append_now(const struct append *a)
{
    struct timespec ts;

    if (a->writer.options.log_clock)
        return atomic_load(&a->stats.now);
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
append_worked_fd(const struct append *a)
{
    return a->worked_fd;
}

void
append_heard(const struct append *a)
{
    uint64_t times;
    ssize_t n = read(a->worked_fd, &times, sizeof times);

    (void)n; /* nothing to hear is fine */
}

/* ---- the queue --------------------------------------------------------- */

/* Take what waits: items up to a group, or one other op. Lock held. */
static struct op *
take(struct append *a)
{
    struct group *g = &a->group;
    size_t bytes = 0;

    g->n = 0;
    if (a->first->type != OP_ITEMS)
        return a->first;
    for (struct op *op = a->first; op != NULL && op->type == OP_ITEMS;
         op = op->next)
        for (; op->taken < op->n; op->taken++) {
            struct append_item *it = &op->items[op->taken];

            if (g->n == APPEND_GROUP_MAX ||
                (g->n > 0 && bytes + it->raw_n > APPEND_GROUP_BYTES))
                return NULL;
            bytes += it->raw_n;
            a->owners[g->n] = op;
            g->arenas[g->n] = op->arena;
            g->items[g->n++] = it;
        }
    return NULL;
}

/* Lock held; tell_callers follows. */
static void
finish(struct append *a, struct op *op)
{
    if (a->first == op)
        a->first = op->next;
    if (a->first == NULL)
        a->last = NULL;
    if (op == &a->ping) {
        a->pinging = false;
        a->pings++;
        pthread_cond_broadcast(&a->pinged);
    } else {
        op->next = a->over;
        a->over = op;
    }
}

/* Without the lock: who is woken in its possession waits for it at once. */
static void
tell_callers(struct append *a)
{
    while (a->over != NULL) {
        struct op *op = a->over;

        a->over = op->next;
        (void)sem_post(&op->over);
    }
}

/* Ops end in the order in which they came, so the first is always the next. */
static void
settle_group(struct append *a)
{
    for (size_t i = 0; i < a->group.n; i++)
        a->owners[i]->done++;
    while (a->first != NULL && a->first->type == OP_ITEMS &&
           a->first->done == a->first->n)
        finish(a, a->first);
}

static void
give_up(struct append *a)
{
    while (a->first != NULL) {
        struct op *op = a->first;

        for (size_t i = op->done; i < op->n; i++)
            op->items[i].result = APPEND_LATER;
        op->status = err_set(&op->err, ST_RETRY, "closing", "shutting down");
        finish(a, op);
    }
}

static void
run(struct append *a, struct op *op)
{
    struct writer *w = &a->writer;

    switch (op->type) {
    case OP_TIME:
        op->status = work_time(w, op->at, &op->at, &op->err);
        break;
    case OP_FIND:
        op->status = work_find(w, op->id, op->arena, op->receipt, &op->err);
        break;
    case OP_ERASE:
        op->status = work_erase(w, op->erasure, op->arena, &op->err);
        break;
    case OP_ACTIVATE:
        op->status = work_activate(w, op->activation, op->arena, &op->err);
        break;
    case OP_CLAIM:
        op->status = work_claim(w, op->claim, op->arena, &op->err);
        break;
    case OP_REGISTER:
        op->status = writer_register(w, op->agencies, &op->err);
        break;
    case OP_ITEMS:
        break;
    }
}

static void
tell_worked(const struct append *a)
{
    uint64_t one = 1;
    ssize_t n = write(a->worked_fd, &one, sizeof one);

    (void)n; /* a full counter can be read already */
}

static void *
writer_main(void *self)
{
    struct append *a = self;

    pthread_mutex_lock(&a->lock);
    while (!a->closing) {
        struct op *other;

        if (a->first == NULL) {
            pthread_cond_wait(&a->wake, &a->lock);
            continue;
        }
        other = take(a);
        pthread_mutex_unlock(&a->lock);
        if (other == NULL)
            work_items(&a->group);
        else
            run(a, other);
        tell_worked(a);
        pthread_mutex_lock(&a->lock);
        if (other == NULL)
            settle_group(a);
        else
            finish(a, other);
        pthread_mutex_unlock(&a->lock);
        tell_callers(a);
        pthread_mutex_lock(&a->lock);
    }
    give_up(a);
    pthread_mutex_unlock(&a->lock);
    tell_callers(a);
    return NULL;
}

/* Only messages about missing children. */
static bool
is_urgent(const struct op *op)
{
    bool urgent = op->type == OP_ITEMS && op->n > 0;

    for (size_t i = 0; urgent && i < op->n; i++)
        urgent = op->items[i].v.missing_kind;
    return urgent;
}

/* Must it stay before one that comes now and is urgent? So does what is in
 * hand, and what came earlier and is urgent too. */
static bool
stays_before(const struct append *a, const struct op *op)
{
    if (op->type != OP_ITEMS)
        return op == a->first;
    return op->taken == op->n || op->urgent;
}

/* Behind all that waits; what is urgent before what can be later. Lock held. */
static void
enqueue(struct append *a, struct op *op)
{
    struct op **at = &a->first;

    op->urgent = is_urgent(op);
    if (op->urgent)
        while (*at != NULL && stays_before(a, *at))
            at = &(*at)->next;
    else if (a->last != NULL)
        at = &a->last->next;
    op->next = *at;
    *at = op;
    if (op->next == NULL)
        a->last = op;
    pthread_cond_signal(&a->wake);
}

static void
refuse_at_end(struct op *op)
{
    for (size_t i = 0; i < op->n; i++)
        op->items[i].result = APPEND_LATER;
    op->status = err_set(&op->err, ST_RETRY, "closing", "shutting down");
}

static void
wait_for(struct append *a, struct op *op)
{
    bool closing;

    (void)sem_init(&op->over, 0, 0);
    pthread_mutex_lock(&a->lock);
    closing = a->closing;
    if (!closing)
        enqueue(a, op);
    pthread_mutex_unlock(&a->lock);
    if (closing)
        refuse_at_end(op);
    else
        while (sem_wait(&op->over) != 0)
            ;
    (void)sem_destroy(&op->over);
}

void
append_serve(struct append *a)
{
    writer_serve(&a->writer);
}

void
append_items(struct append *a, struct append_item *items, size_t n,
             struct arena *arena)
{
    struct op op = { .type = OP_ITEMS, .items = items, .n = n, .arena = arena };

    if (n > 0)
        wait_for(a, &op);
}

enum status
append_time(struct append *a, time_ms at, time_ms *out, struct err *err)
{
    struct op op = { .type = OP_TIME, .at = at };

    wait_for(a, &op);
    *out = op.at;
    *err = op.err;
    return op.status;
}

enum status
append_find(struct append *a, struct id id, struct arena *arena,
            struct append_receipt *out, struct err *err)
{
    struct op op = {
        .type = OP_FIND, .id = id, .arena = arena, .receipt = out
    };

    wait_for(a, &op);
    *err = op.err;
    return op.status;
}

enum status
append_erase(struct append *a, struct append_erasure *e, struct arena *arena,
             struct err *err)
{
    struct op op = { .type = OP_ERASE, .arena = arena, .erasure = e };

    wait_for(a, &op);
    *err = op.err;
    return op.status;
}

enum status
append_activate(struct append *a, struct append_activation *act,
                struct arena *arena, struct err *err)
{
    struct op op = { .type = OP_ACTIVATE, .arena = arena, .activation = act };

    wait_for(a, &op);
    *err = op.err;
    return op.status;
}

enum status
append_claim(struct append *a, struct append_claim *c, struct arena *arena,
             struct err *err)
{
    struct op op = { .type = OP_CLAIM, .arena = arena, .claim = c };

    wait_for(a, &op);
    *err = op.err;
    return op.status;
}

enum status
append_register(struct append *a, const struct agencies *agencies,
                struct err *err)
{
    struct op op = { .type = OP_REGISTER, .agencies = agencies };

    wait_for(a, &op);
    *err = op.err;
    return op.status;
}

/*
 * The question may outlive the caller's patience: it is the writer's own, and
 * who asks meanwhile waits for the same answer.
 */
bool
append_ready(struct append *a, int64_t until_us)
{
    struct timespec until = { .tv_sec = until_us / 1000000,
                              .tv_nsec = (long)(until_us % 1000000) * 1000 };
    int64_t since_us = monotonic_us(), before;
    bool answered;

    pthread_mutex_lock(&a->lock);
    before = a->pings;
    if (!a->pinging && !a->closing) {
        a->ping =
            (struct op){ .type = OP_FIND, .id = ID_NONE, .receipt = &a->pong };
        a->pinging = true;
        enqueue(a, &a->ping);
    }
    while (a->pings == before && !a->closing &&
           pthread_cond_timedwait(&a->pinged, &a->lock, &until) == 0)
        ;
    answered = a->pings != before && a->ping.status == ST_OK;
    /* Where it stands behind others, their success says as much. */
    if (a->pings == before && atomic_load(&a->stats.ready))
        answered = writer_worked_us(&a->writer) >= since_us;
    pthread_mutex_unlock(&a->lock);
    return answered;
}

static void
init_locks(struct append *a)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->wake, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&a->pinged, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

enum status
append_open(const struct append_options *options, struct append **out,
            struct err *err)
{
    struct append *a = calloc(1, sizeof *a);
    enum status rc;

    *out = NULL;
    if (a == NULL) {
        terms_close(options->terms);
        return err_set(err, ST_FATAL, "memory", "no memory for a writer");
    }
    atomic_store(&a->stats.now, TIME_NONE);
    init_locks(a);
    a->worked_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    a->group.writer = &a->writer;
    rc = writer_open(&a->writer, options, &a->stats, err);
    if (rc == ST_OK && a->worked_fd < 0)
        rc = err_set(err, ST_FATAL, "memory", "no eventfd for a writer");
    if (rc == ST_OK && pthread_create(&a->thread, NULL, writer_main, a) != 0)
        rc = err_set(err, ST_FATAL, "memory", "no thread for a writer");
    if (rc != ST_OK) {
        append_close(a);
        return rc;
    }
    a->running = true;
    *out = a;
    return ST_OK;
}

void
append_close(struct append *a)
{
    if (a == NULL)
        return;
    if (a->running) {
        pthread_mutex_lock(&a->lock);
        a->closing = true;
        pthread_cond_signal(&a->wake);
        pthread_mutex_unlock(&a->lock);
        pthread_join(a->thread, NULL);
    }
    writer_close(&a->writer);
    if (a->worked_fd >= 0)
        (void)close(a->worked_fd);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->wake);
    pthread_cond_destroy(&a->pinged);
    free(a);
}
