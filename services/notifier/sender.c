#include "notifier/sender.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/adapters/configurer.h"
#include "common/adapters/staff_json.h"
#include "common/engine/log.h"
#include "common/engine/memory.h"
#include "notifier/watch.h"

enum {
    ROUND_MEMORY = 64 << 20,
    STAFF_MEMORY = 16 << 20,
    SENDS_A_ROUND = 100,
    SETTINGS_MS = 5000,
    CRY_AGAIN_MS = 3600000,
    WAIT_MS = 10000, /* for the database, a call */
};

/* What one thread keeps of one authority. */
struct place {
    struct configurer_texts *texts;
    struct configurer configurer;
    struct arena *staff_arena; /* NULL: the file's list holds */
    struct staff staff;        /* as the log has activated it */
    size_t n_texts;
    int64_t settings_at; /* monotonic, when last looked for */
    struct watch watch;
    int64_t watched_at;
};

struct hand {
    struct sender *sender;
    bool urgent_only; /* the second thread */
    pthread_t thread;
    bool running;
    struct pg *pg;
    struct arena *arena;
    struct place *places;
    int64_t lost_at;  /* monotonic, when the database went; 0: it is there */
    int64_t cried_at; /* 0: not yet */
    char said[16];    /* what was logged of it */
};

enum counted { COUNT_OK, COUNT_RETRY, COUNT_FAILED, COUNT_CRIES, COUNT_N };

struct sender {
    struct sender_options o;
    struct hand hands[2];
    int stop_fd;
    _Atomic int stopping;
    _Atomic int64_t counts[COUNT_N];
    _Atomic int64_t round_at; /* wall clock of the last full round */
    _Atomic int64_t waiting, held, failed, nobody, incidents;
};

static int64_t
clock_ms(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static const struct zone utc = { .base_offset_s = 0 };

static struct desk
desk_of(struct hand *h, size_t i)
{
    const struct sender *s = h->sender;
    const struct settings *settings = h->places[i].configurer.settings;

    return (struct desk){
        .pg = h->pg,
        .arena = h->arena,
        .shard = s->o.world->authorities[i]->partition,
        .authority = s->o.world->authorities[i]->name,
        .staff = h->places[i].staff_arena != NULL ? &h->places[i].staff
                                                  : &s->o.staff[i],
        .settings = settings,
        .zone = settings == NULL || settings->calendar == NULL
                    ? &utc
                    : &settings->calendar->zone,
        .limits = &s->o.limits,
        .now = clock_ms(CLOCK_REALTIME),
    };
}

/* ---- telling
 * ----------------------------------------------------------------- */

static enum status
send_mail(const struct sender *s, struct arena *arena, const struct message *m,
          const struct letter_text *text, time_ms now, struct err *err)
{
    char id[ID_TEXT_SIZE], date[64];
    time_t at = (time_t)(now / 1000);
    const char *domain = strchr(s->o.mail_from, '@');
    struct mail mail = { .from = s->o.mail_from,
                         .to = m->address.p,
                         .date = date,
                         .subject = text->subject.p,
                         .body = text->body.p };
    struct tm tm;

    gmtime_r(&at, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
    mail.message_id = arena_printf(arena, "%s%s", id_text(m->message_id, id),
                                   domain == NULL ? "@waymark" : domain)
                          .p;
    return mail_send(&s->o.mail, &mail, err);
}

static enum status
deliver(const struct sender *s, const struct desk *d, const struct message *m,
        struct err *err)
{
    struct letter_options options = {
        .link_base = s->o.link_base,
        .ack_key = s->o.ack_key,
        .authority = d->authority,
        .person = m->person,
        .message_id = m->message_id,
        .expires_at = d->now + s->o.link_hours * HOUR_MS,
    };
    enum status rc;

    if (str_is(m->channel, "hook")) {
        struct hook hook = { .address = m->address,
                             .hosts = &d->staff->hook_hosts,
                             .message_id = m->message_id,
                             .at = clock_ms(CLOCK_REALTIME),
                             .body = letter_json(d->arena, &options, m->notices,
                                                 m->n) };

        rc = hook_send(&s->o.hook, &hook, err);
    } else {
        struct letter_text text =
            letter_mail(d->arena, &options, m->notices, m->n);

        rc = send_mail(s, d->arena, m, &text, d->now, err);
    }
    /* Our own fault or a wrong setting: no reason to give up on people. */
    return rc == ST_FATAL ? err_recode(err, ST_RETRY, err->code) : rc;
}

static void
count(struct sender *s, const struct desk *d, const struct message *m,
      enum status outcome, const struct err *why)
{
    char id[ID_TEXT_SIZE];
    enum counted kind = outcome == ST_OK      ? COUNT_OK
                        : outcome == ST_RETRY ? COUNT_RETRY
                                              : COUNT_FAILED;

    atomic_fetch_add(&s->counts[kind], 1);
    if (outcome == ST_OK)
        log_info("told", "authority=%.*s message=%s channel=%.*s try=%d",
                 STR_ARG(d->authority), id_text(m->message_id, id),
                 STR_ARG(m->channel), m->tries);
    else
        log_warn("not_told",
                 "authority=%.*s message=%s channel=%.*s try=%d code=%s "
                 "why=\"%s\"",
                 STR_ARG(d->authority), id_text(m->message_id, id),
                 STR_ARG(m->channel), m->tries, why->code, why->text);
}

static enum status
send_one(struct hand *h, struct desk *d, bool *found, struct err *err)
{
    struct sender *s = h->sender;
    struct err why = { .code = "" };
    struct message m = { .n = 0 };
    enum status rc = desk_claim(d, h->urgent_only, &m, found, err);
    enum status outcome;

    if (rc != ST_OK || !*found || m.n == 0)
        return rc;
    s->o.world->at(s->o.world->at_self, "claimed");
    outcome = deliver(s, d, &m, &why);
    s->o.world->at(s->o.world->at_self,
                   outcome == ST_OK ? "told" : "not_told");
    count(s, d, &m, outcome, &why);
    d->now = clock_ms(CLOCK_REALTIME);
    return desk_note(d, &m, outcome, &why, err);
}

static enum status
send_all(struct hand *h, struct desk *d, struct err *err)
{
    bool found = true;
    enum status rc = ST_OK;

    for (int i = 0; rc == ST_OK && found && i < SENDS_A_ROUND &&
                    !atomic_load(&h->sender->stopping);
         i++) {
        d->now = clock_ms(CLOCK_REALTIME);
        rc = send_one(h, d, &found, err);
    }
    return rc;
}

/* ---- settings that the log has activated
 * --------------------------------------- */

/* A list that can't be read leaves the one before in force: it was checked at
 * the door, by another version of this program. */
static enum status
take_staff(struct place *place, struct str text, struct err *err)
{
    struct arena *arena = memory_open(STAFF_MEMORY);
    struct err why = { .code = "" };
    struct staff staff;

    if (arena == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory for a staff list");
    if (staff_json_read(arena, text, &staff, &why) != ST_OK) {
        log_warn("staff_refused", "code=%s why=\"%s\"", why.code, why.text);
        memory_close(arena);
        return ST_OK;
    }
    memory_close(place->staff_arena);
    place->staff_arena = arena;
    place->staff = staff;
    return ST_OK;
}

static enum status
refresh(struct hand *h, size_t i, struct err *err)
{
    struct place *place = &h->places[i];
    int64_t now = clock_ms(CLOCK_MONOTONIC);
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    if (place->settings_at != 0 && now - place->settings_at < SETTINGS_MS)
        return ST_OK;
    pg_params_init(&p, h->arena);
    pg_add_i32(&p, h->sender->o.world->authorities[i]->partition);
    pg_add_i64(&p, (int64_t)place->n_texts);
    rc = pg_query(h->pg, "configs",
                  "SELECT config_kind, name, version, hash, text FROM config "
                  "WHERE shard = $1 ORDER BY n OFFSET $2",
                  &p, &res, err);
    for (size_t k = 0; rc == ST_OK && k < pg_n_rows(res); k++) {
        struct config_text text = {
            .config_kind = codes_find(&codes_config_kind, pg_text(res, k, 0)),
            .name = pg_text(res, k, 1),
            .version = pg_text(res, k, 2),
            .hash = pg_text(res, k, 3),
            .text = pg_text(res, k, 4),
        };

        rc = text.config_kind == CONFIG_STAFF
                 ? take_staff(place, text.text, err)
                 : place->configurer.activate(place->configurer.self, &text,
                                              err);
        place->n_texts += rc == ST_OK;
    }
    pg_result_close(res);
    if (rc == ST_OK)
        place->settings_at = now;
    return rc;
}

/* ---- what waits, for /metrics
 * --------------------------------------------------- */

static enum status
look(struct hand *h, struct err *err)
{
    struct sender *s = h->sender;
    struct pg_result *res = NULL;
    enum status rc =
        pg_query(h->pg, "look",
                 "SELECT (SELECT count(*) FROM message WHERE state = 'ready'), "
                 "(SELECT count(*) FROM notice WHERE state = 'held'), "
                 "(SELECT count(*) FROM message WHERE state = 'failed'), "
                 "(SELECT count(*) FROM notice WHERE state = 'nobody'), "
                 "(SELECT count(*) FROM incident WHERE cleared_at IS NULL AND "
                 "acknowledged_at IS NULL)",
                 NULL, &res, err);

    if (rc == ST_OK) {
        atomic_store(&s->waiting, pg_i64(res, 0, 0));
        atomic_store(&s->held, pg_i64(res, 0, 1));
        atomic_store(&s->failed, pg_i64(res, 0, 2));
        atomic_store(&s->nobody, pg_i64(res, 0, 3));
        atomic_store(&s->incidents, pg_i64(res, 0, 4));
    }
    pg_result_close(res);
    return rc;
}

/* ---- rounds
 * ----------------------------------------------------------------------- */

static enum status
watch_place(struct hand *h, size_t i, struct desk *d, struct err *err)
{
    struct sender *s = h->sender;
    struct place *place = &h->places[i];
    struct err why = { .code = "" };
    int64_t now = clock_ms(CLOCK_MONOTONIC);
    enum status rc;

    if (place->watched_at != 0 && now - place->watched_at < s->o.watch_ms)
        return ST_OK;
    place->watched_at = now;
    if (place->watch.reader == NULL) {
        struct kafka_reader_options options = { .conn = s->o.world->kafka,
                                                .queue_kb = 256 };

        if (kafka_reader_open(&options, &place->watch.reader, &why) != ST_OK)
            place->watch.reader = NULL;
    }
    rc = watch_round(&place->watch, d, err);
    if (rc == ST_OK)
        rc = look(h, err);
    /* A broker that is away is no reason to send nothing: `still` tells. */
    if (rc == ST_RETRY && !pg_is_lost(h->pg)) {
        log_warn("watch_waits", "authority=%.*s code=%s why=\"%s\"",
                 STR_ARG(d->authority), err->code, err->text);
        rc = ST_OK;
    }
    return rc;
}

static enum status
serve_place(struct hand *h, size_t i, struct err *err)
{
    struct desk d;
    size_t grouped = 0;
    enum status rc = refresh(h, i, err);

    d = desk_of(h, i);
    if (rc == ST_OK && !h->urgent_only)
        rc = watch_place(h, i, &d, err);
    if (rc == ST_OK && !h->urgent_only)
        rc = desk_group(&d, &grouped, err);
    return rc == ST_OK ? send_all(h, &d, err) : rc;
}

static enum status
connect(struct hand *h, struct err *err)
{
    struct pg_options options = { .conninfo = h->sender->o.world->pgconn,
                                  .application_name = "waymark-notifier-send",
                                  .wait_ms = WAIT_MS,
                                  .lock_timeout_ms = WAIT_MS };
    enum status rc;

    if (h->pg != NULL && !pg_is_lost(h->pg))
        return ST_OK;
    pg_close(h->pg);
    h->pg = NULL;
    rc = pg_open(&options, &h->pg, err);
    if (rc == ST_OK)
        rc = pg_exec(h->pg,
                     arena_printf(h->arena, "SET search_path TO \"%s\"",
                                  h->sender->o.world->schema)
                         .p,
                     err);
    return rc;
}

static enum status
do_round(struct hand *h, struct err *err)
{
    const struct host_world *world = h->sender->o.world;
    enum status rc = connect(h, err);

    for (size_t i = 0; rc == ST_OK && i < world->n; i++)
        if (!world->authorities[i]->log_clock)
            rc = serve_place(h, i, err);
    arena_reset(h->arena);
    return rc;
}

/* ---- without a database
 * ------------------------------------------------------------ */

/* Straight to whoever has the duty phone: nothing can be stored. */
static void
cry_place(struct hand *h, size_t i)
{
    struct sender *s = h->sender;
    struct desk d = desk_of(h, i);
    struct staff_ask ask = { .role = ROLE_DUTY, .zone = d.zone, .at = d.now };
    const struct staff_person *who = staff_find(d.staff, &ask);
    struct str hour =
        arena_printf(h->arena, "%d %" PRId64, d.shard, d.now / HOUR_MS);
    struct notice notice = { .notice_id = id_derive("cry", &hour, 1),
                             .purpose = STR("cry"),
                             .rule = STR("still"),
                             .told = STR("duty"),
                             .reference = STR("notifier's database is away"),
                             .due_at = TIME_NONE,
                             .made_at = d.now,
                             .urgent = true };
    struct message m = { .message_id = notice.notice_id,
                         .urgent = true,
                         .tries = 1,
                         .notices = &notice,
                         .n = 1 };
    struct err why = { .code = "" };

    if (who == NULL)
        return;
    m.person = who->id;
    m.channel = desk_channel(who->address, &m.address);
    count(s, &d, &m, deliver(s, &d, &m, &why), &why);
    atomic_fetch_add(&s->counts[COUNT_CRIES], 1);
}

static void
cry(struct hand *h, int64_t now)
{
    const struct host_world *world = h->sender->o.world;

    if (h->urgent_only || now - h->lost_at < h->sender->o.still_ms ||
        (h->cried_at != 0 && now - h->cried_at < CRY_AGAIN_MS))
        return;
    h->cried_at = now;
    for (size_t i = 0; i < world->n; i++)
        if (!world->authorities[i]->log_clock)
            cry_place(h, i);
    arena_reset(h->arena);
}

/* What keeps failing is said once, until it changes or ends. */
static void
note_round(struct hand *h, enum status rc, const struct err *err)
{
    int64_t now = clock_ms(CLOCK_MONOTONIC);

    if (rc == ST_OK) {
        h->lost_at = 0;
        h->said[0] = '\0';
        if (!h->urgent_only)
            atomic_store(&h->sender->round_at, clock_ms(CLOCK_REALTIME));
        return;
    }
    if (strcmp(h->said, err->code) != 0)
        log_warn("sender_waits", "code=%s why=\"%s\"", err->code, err->text);
    snprintf(h->said, sizeof h->said, "%s", err->code);
    if (h->lost_at == 0)
        h->lost_at = now;
    cry(h, now);
}

static void
pause_ms(const struct sender *s, int ms)
{
    struct pollfd fd = { .fd = s->stop_fd, .events = POLLIN };

    (void)poll(&fd, 1, ms);
}

static void *
work(void *self)
{
    struct hand *h = self;

    while (!atomic_load(&h->sender->stopping)) {
        struct err err = { .code = "" };

        note_round(h, do_round(h, &err), &err);
        pause_ms(h->sender, (int)h->sender->o.poll_ms);
    }
    return NULL;
}

/* ---- open and close
 * ------------------------------------------------------------------ */

static enum status
open_hand(struct sender *s, struct hand *h, struct err *err)
{
    size_t n = s->o.world->n;

    h->sender = s;
    h->arena = memory_open(ROUND_MEMORY);
    h->places = calloc(n, sizeof *h->places);
    if (h->arena == NULL || h->places == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory for the sender");
    for (size_t i = 0; i < n; i++) {
        struct place *place = &h->places[i];

        place->texts = configurer_open(&place->configurer);
        if (place->texts == NULL)
            return err_set(err, ST_FATAL, "memory", "no memory");
        place->watch = (struct watch){
            .sampled_at = TIME_NONE,
            .kafka = &s->o.world->kafka,
            .still_ms = s->o.still_ms,
            .partition = s->o.world->authorities[i]->partition,
        };
    }
    if (pthread_create(&h->thread, NULL, work, h) != 0)
        return err_set(err, ST_FATAL, "memory", "no thread for the sender");
    h->running = true;
    return ST_OK;
}

static void
close_hand(struct hand *h)
{
    if (h->running)
        pthread_join(h->thread, NULL);
    for (size_t i = 0; h->places != NULL && i < h->sender->o.world->n; i++) {
        configurer_close(h->places[i].texts);
        memory_close(h->places[i].staff_arena);
        kafka_reader_close(h->places[i].watch.reader);
    }
    free(h->places);
    pg_close(h->pg);
    memory_close(h->arena);
}

enum status
sender_open(const struct sender_options *options, struct sender **out,
            struct err *err)
{
    struct sender *s = calloc(1, sizeof *s);
    enum status rc;

    *out = NULL;
    if (s == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory for the sender");
    s->o = *options;
    s->stop_fd = eventfd(0, EFD_CLOEXEC);
    s->hands[0].sender = s->hands[1].sender = s;
    s->hands[1].urgent_only = true;
    rc = open_hand(s, &s->hands[0], err);
    if (rc == ST_OK)
        rc = open_hand(s, &s->hands[1], err);
    if (rc != ST_OK) {
        sender_close(s);
        return rc;
    }
    *out = s;
    return ST_OK;
}

void
sender_close(struct sender *s)
{
    uint64_t one = 1;
    ssize_t ignored;

    if (s == NULL)
        return;
    atomic_store(&s->stopping, 1);
    ignored = write(s->stop_fd, &one, sizeof one);
    (void)ignored;
    close_hand(&s->hands[0]);
    close_hand(&s->hands[1]);
    close(s->stop_fd);
    free(s);
}

void
sender_metrics(struct sender *s, FILE *to)
{
    static const char *const outcomes[] = { "ok", "retry", "failed", "cry" };
    const struct {
        const char *name;
        const char *help;
        int64_t value;
    } gauges[] = {
        { "waymark_notifier_waiting", "Messages to be sent or sent again.",
          atomic_load(&s->waiting) },
        { "waymark_notifier_held", "Notices that wait for a person.",
          atomic_load(&s->held) },
        { "waymark_notifier_failed", "Messages given up; the next was told.",
          atomic_load(&s->failed) },
        { "waymark_notifier_nobody", "Notices for whom nobody is listed.",
          atomic_load(&s->nobody) },
        { "waymark_notifier_incidents", "Incidents neither seen nor over.",
          atomic_load(&s->incidents) },
    };

    fprintf(to, "# HELP waymark_notifier_attempts_total Attempts by outcome.\n"
                "# TYPE waymark_notifier_attempts_total counter\n");
    for (size_t i = 0; i < COUNT_N; i++)
        fprintf(to,
                "waymark_notifier_attempts_total{outcome=\"%s\"} %" PRId64 "\n",
                outcomes[i], atomic_load(&s->counts[i]));
    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++)
        fprintf(to, "# HELP %s %s\n# TYPE %s gauge\n%s %" PRId64 "\n",
                gauges[i].name, gauges[i].help, gauges[i].name, gauges[i].name,
                gauges[i].value);
    fprintf(to, "# HELP waymark_notifier_round_age_seconds Since the sender "
                "last went through all that is due.\n"
                "# TYPE waymark_notifier_round_age_seconds gauge\n");
    if (atomic_load(&s->round_at) != 0)
        fprintf(to, "waymark_notifier_round_age_seconds %.1f\n",
                (double)(clock_ms(CLOCK_REALTIME) - atomic_load(&s->round_at)) /
                    1000);
}
