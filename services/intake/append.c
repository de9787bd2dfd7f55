#include "intake/append.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/adapters/avro.h"
#include "common/adapters/person_keys.h"
#include "common/adapters/pg.h"
#include "common/core/outbox.h"
#include "common/engine/log.h"
#include "common/engine/memory.h"

enum {
    MEMORY_MAX = 512 << 20, /* of one group */
    WAIT_MS = 10000,        /* longest wait for the database */
    LOCK_MS = 5000,         /* and for the shard's row */
    ASK_PAUSE_MS = 1000,    /* between two tries to ask the log */
};

enum op_type { OP_ITEMS = 1, OP_TIME, OP_FIND, OP_ERASE };

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
    bool urgent;
    bool finished;
    enum status status;
    struct err err;
    pthread_cond_t ready;
};

struct append {
    struct append_options options;
    struct append_stats stats;
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
    _Atomic(struct terms *) terms;
    _Atomic int serving; /* append_serve was called */
    /* The writer's own. */
    struct pg *pg;
    struct avro_codec *avro;
    struct arena *arena;
    int64_t n_configs; /* that `terms` knows; -1: never looked */
    int64_t given;     /* highest number on notifications that was seen */
    char said[16];     /* last failure logged */
    /* Of the connection: what the log held when it was new. */
    struct standing log;
    bool asked;
    bool agreed; /* the database has given out no less than that */
    int64_t ask_at_us;
    struct err unasked;          /* why the log could not be asked */
    _Atomic int64_t answered_us; /* when the database last did what it should */
};

/* A group under way: what was read under the lock, and what is to be true. */
struct group {
    struct append *a;
    struct append_item *items[APPEND_GROUP_MAX];
    struct op *ops[APPEND_GROUP_MAX];
    size_t n;
    int64_t epoch;
    int64_t turn;
    int32_t incarnation;
    time_ms last;     /* recorded before; TIME_NONE: nothing yet */
    time_ms recorded; /* of this group */
    int64_t n_configs;
    struct outbox box;
    size_t n_accepted;
    size_t n_new_configs;
    /* Receipts that the group's references have, old and new. */
    struct known *known;
    size_t n_known;
    /* What seals the persons in what was accepted. */
    struct person_key *keys;
    size_t n_keys;
    const struct erasure_recorded *erased; /* NULL: nothing is erased */
};

struct known {
    struct id id;  /* of the item, from all of its key */
    struct id ref; /* of its reference, whatever the amendment */
    int32_t amendment;
    uint8_t hash[CONTENT_HASH_SIZE];
    time_ms recorded_at;
    uint32_t warnings;
    const struct append_item *item; /* accepted in this group; NULL: before */
    int64_t sequence;
};

static void
at_place(const struct append *a, const char *place)
{
    if (a->options.at != NULL)
        a->options.at(a->options.at_self, place);
}

static int64_t
monotonic_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

const struct terms *
append_terms(const struct append *a)
{
    return atomic_load(&a->terms);
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

    if (a->options.log_clock)
        return atomic_load(&a->stats.now);
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- what stands in the database --------------------------------------- */

static void
begin_params(const struct append *a, struct pg_params *p)
{
    pg_params_init(p, a->arena);
    pg_add_i16(p, (int16_t)a->options.partition);
}

static enum status
connect(struct append *a, struct err *err)
{
    struct pg_options options = { .conninfo = a->options.conninfo,
                                  .application_name = "waymark-intake-append",
                                  .wait_ms = WAIT_MS,
                                  .lock_timeout_ms = LOCK_MS,
                                  .plan_by_key = true };
    struct pg_params p;
    struct str sql;
    enum status rc;

    if (a->pg != NULL && !pg_is_lost(a->pg))
        return ST_OK;
    pg_close(a->pg);
    a->pg = NULL;
    rc = pg_open(&options, &a->pg, err);
    if (rc != ST_OK)
        return rc;
    sql =
        arena_printf(a->arena, "SET search_path TO \"%s\"", a->options.schema);
    rc = pg_exec(a->pg, sql.p, err);
    begin_params(a, &p);
    pg_add_text(&p, a->options.authority);
    if (rc == ST_OK) /* a row that is gone is no new authority's */
        rc = pg_query(a->pg, NULL,
                      "INSERT INTO shard (shard, authority) SELECT $1, $2 "
                      "WHERE NOT EXISTS (SELECT 1 FROM turn WHERE shard = $1) "
                      "ON CONFLICT DO NOTHING",
                      &p, NULL, err);
    a->asked = a->agreed = false;
    if (rc != ST_OK) {
        pg_close(a->pg);
        a->pg = NULL;
    }
    return rc;
}

static enum append_away
away_of(const struct err *err)
{
    return strcmp(err->code, "restore") == 0 ? APPEND_AWAY_RESTORE
           : strcmp(err->code, "fork") == 0  ? APPEND_AWAY_FORK
                                             : APPEND_AWAY_NOT;
}

/* The log's end, once a connection; while Kafka is away callers don't queue
 * up behind the same question. */
static enum status
ask_log(struct append *a, struct err *err)
{
    enum status rc;

    if (a->asked)
        return ST_OK;
    if (monotonic_us() < a->ask_at_us) {
        *err = a->unasked;
        return ST_RETRY;
    }
    rc = agree_ask(&a->options.agree, &a->log, err);
    a->asked = rc == ST_OK;
    if (rc != ST_OK) {
        a->ask_at_us = monotonic_us() + (int64_t)ASK_PAUSE_MS * 1000;
        a->unasked = *err;
    }
    return rc;
}

/*
 * A connection through which numbers may be given out. A COMMIT whose outcome
 * is unknown has lost its connection, so what it may have given out is looked
 * for in the log before its numbers are taken again.
 */
static enum status
connect_and_agree(struct append *a, struct err *err)
{
    enum status rc;

    if (!atomic_load(&a->serving))
        return err_set(err, ST_RETRY, "start", "not let in yet");
    rc = connect(a, err);
    if (rc != ST_OK || a->agreed)
        return rc;
    rc = ask_log(a, err);
    if (rc == ST_OK)
        rc = agree_check(a->pg, &a->options.agree, &a->log, err);
    a->agreed = rc == ST_OK;
    atomic_store(&a->stats.away, rc == ST_OK ? APPEND_AWAY_NOT : away_of(err));
    return rc == ST_FATAL ? ST_RETRY : rc;
}

static struct id
ref_id(enum item_kind_of item, struct str agency_id, struct str agency_ref)
{
    struct str parts[] = { str_of(codes_word(&codes_item, (int)item)),
                           agency_id, agency_ref };

    return id_derive("reference", parts, 3);
}

/* Receipts of every reference that the group names. */
static void
send_lookup(struct group *g)
{
    struct append *a = g->a;
    struct pg_params p;

    begin_params(a, &p);
    pg_array_begin(&p, PG_TEXT, g->n);
    for (size_t i = 0; i < g->n; i++)
        pg_add_text(&p,
                    str_of(codes_word(&codes_item, (int)g->items[i]->item)));
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, g->n);
    for (size_t i = 0; i < g->n; i++)
        pg_add_text(&p, g->items[i]->v.key.agency_id);
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, g->n);
    for (size_t i = 0; i < g->n; i++)
        pg_add_text(&p, g->items[i]->v.key.agency_ref);
    pg_array_end(&p);
    (void)pg_send(a->pg, "intake_lookup",
                  "SELECT r.item_kind, r.agency_id, r.agency_ref, "
                  "r.amendment, r.item_id, r.content_hash, r.recorded_at, "
                  "r.warnings FROM (SELECT DISTINCT * FROM "
                  "unnest($2::text[], $3::text[], $4::text[]) "
                  "AS u(item_kind, agency_id, agency_ref)) k "
                  "JOIN receipt r USING (item_kind, agency_id, agency_ref) "
                  "WHERE r.shard = $1",
                  &p);
}

static void
read_known(struct group *g, const struct pg_result *res)
{
    size_t n = pg_n_rows(res);

    g->known = arena_array(g->a->arena, n + g->n, sizeof *g->known);
    for (size_t r = 0; r < n; r++) {
        struct known *k = &g->known[g->n_known++];
        struct str hash = pg_text(res, r, 5);

        *k = (struct known){
            .id = pg_id(res, r, 4),
            .ref = ref_id(
                (enum item_kind_of)codes_find(&codes_item, pg_text(res, r, 0)),
                pg_text(res, r, 1), pg_text(res, r, 2)),
            .amendment = pg_i32(res, r, 3),
            .recorded_at = pg_time(res, r, 6),
            .warnings = (uint32_t)pg_i32(res, r, 7),
        };
        if (hash.n == CONTENT_HASH_SIZE)
            memcpy(k->hash, hash.p, CONTENT_HASH_SIZE);
    }
}

static void
read_tails(const struct pg_result *res, struct tails *tails)
{
    *tails = (struct tails){ .at = { { 0 } } };
    for (size_t r = 0; r < pg_n_rows(res); r++) {
        enum topic t = topic_find(pg_text(res, r, 0));

        if (t == TOPIC_NONE)
            continue;
        tails->at[t].sequence = pg_i64(res, r, 1);
        tails->at[t].chain = (uint64_t)pg_i64(res, r, 2);
    }
}

/*
 * Lock the shard, then read what the group depends on. The lock comes first:
 * what is read behind it is what the last group has made true.
 */
static enum status
begin_group(struct group *g, struct err *err)
{
    struct append *a = g->a;
    const struct pg_result *shard;
    struct tails tails;
    struct pg_params p;
    time_ms clock;
    enum status rc = connect_and_agree(a, err);

    if (rc != ST_OK)
        return rc;
    pg_pipeline_begin(a->pg);
    (void)pg_send(a->pg, "begin", "BEGIN", NULL);
    begin_params(a, &p);
    (void)pg_send(a->pg, "intake_lock",
                  "SELECT epoch, turn, incarnation, now FROM shard "
                  "WHERE shard = $1 FOR UPDATE",
                  &p);
    (void)pg_send(a->pg, "intake_clock",
                  "SELECT date_trunc('milliseconds', clock_timestamp())", NULL);
    begin_params(a, &p);
    (void)pg_send(a->pg, "intake_tails",
                  "SELECT topic, sequence, chain FROM out_seq "
                  "WHERE shard = $1",
                  &p);
    begin_params(a, &p);
    (void)pg_send(a->pg, "intake_configs",
                  "SELECT count(*) FROM config WHERE shard = $1", &p);
    send_lookup(g);
    rc = pg_sync(a->pg, err);
    if (rc != ST_OK)
        return rc;
    shard = pg_answer(a->pg, 1);
    if (pg_n_rows(shard) != 1)
        return err_set(err, ST_FATAL, "sql", "the shard has no row");
    g->epoch = pg_i64(shard, 0, 0);
    g->turn = pg_i64(shard, 0, 1);
    g->incarnation = pg_i32(shard, 0, 2);
    g->last = pg_time(shard, 0, 3);
    clock = pg_time(pg_answer(a->pg, 2), 0, 0);
    g->recorded = a->options.log_clock ? g->last
                  : g->last > clock    ? g->last
                                       : clock;
    if (g->last != TIME_NONE)
        atomic_store(&a->stats.now, g->last);
    read_tails(pg_answer(a->pg, 3), &tails);
    /* Numbers that went out before a restore are never given out again. */
    if (tails.at[TOPIC_NOTIFICATIONS].sequence < a->given) {
        atomic_store(&a->stats.away, APPEND_AWAY_RESTORE);
        return err_set(err, ST_RETRY, "restore",
                       "the database has given out %" PRId64 ", it was %" PRId64
                       " before: see `waymark recover`, then start again",
                       tails.at[TOPIC_NOTIFICATIONS].sequence, a->given);
    }
    atomic_store(&a->stats.away, APPEND_AWAY_NOT);
    a->given = tails.at[TOPIC_NOTIFICATIONS].sequence;
    g->n_configs = pg_i64(pg_answer(a->pg, 4), 0, 0);
    read_known(g, pg_answer(a->pg, 5));
    outbox_init(&g->box, a->arena, &tails);
    return ST_OK;
}

static void
rollback(struct append *a)
{
    struct err ignored;

    if (a->pg != NULL && !pg_is_lost(a->pg) &&
        pg_exec(a->pg, "ROLLBACK", &ignored) != ST_OK) {
        pg_close(a->pg);
        a->pg = NULL;
    }
}

/* ---- versions in force ------------------------------------------------- */

static enum status
read_text(struct append *a, const char *kind, struct config_text *out,
          struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    begin_params(a, &p);
    pg_add_text(&p, str_of(kind));
    rc = pg_query(a->pg, NULL,
                  "SELECT config_kind, name, version, hash, text FROM config "
                  "WHERE shard = $1 AND config_kind = $2 "
                  "ORDER BY n DESC LIMIT 1",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) != 1)
        rc = err_set(err, ST_FATAL, "config", "no %s was ever activated", kind);
    if (rc == ST_OK)
        *out = (struct config_text){
            .config_kind = codes_find(&codes_config_kind, pg_text(res, 0, 0)),
            .name = arena_str(a->arena, pg_text(res, 0, 1)),
            .version = arena_str(a->arena, pg_text(res, 0, 2)),
            .hash = arena_str(a->arena, pg_text(res, 0, 3)),
            .text = arena_str(a->arena, pg_text(res, 0, 4)),
        };
    pg_result_close(res);
    return rc;
}

/* Another instance, or an earlier life of this one, activated something. */
static enum status
learn_terms(struct group *g, struct err *err)
{
    struct append *a = g->a;
    struct terms *now = atomic_load(&a->terms);
    struct config_text profile, calendar;
    struct terms *newer;
    enum status rc;

    if (g->n_configs == 0 || g->n_configs == a->n_configs)
        return ST_OK;
    rc = read_text(a, "profile", &profile, err);
    if (rc == ST_OK)
        rc = read_text(a, "calendar", &calendar, err);
    if (rc != ST_OK)
        return rc;
    if (!str_eq(profile.version, now->profile_text.version) ||
        !str_eq(calendar.version, now->calendar_text.version)) {
        rc = terms_of_texts(&profile, &calendar, now->agencies, &newer, err);
        if (rc != ST_OK) /* it checked when it was activated */
            return rc == ST_REJECT ? ST_FATAL : rc;
        newer->older = now;
        atomic_store(&a->terms, newer);
        log_info("profile_learnt", "authority=%.*s version=%.*s",
                 STR_ARG(a->options.authority), STR_ARG(newer->version));
    }
    a->n_configs = g->n_configs;
    return ST_OK;
}

/* ---- records ----------------------------------------------------------- */

static struct str
bytes_of(const void *p, size_t n)
{
    return (struct str){ .p = p, .n = n };
}

/* The same id as the engine gives a service's records. */
static struct id
record_id(const struct group *g, enum topic topic)
{
    uint16_t authority = g->a->options.partition;
    uint32_t incarnation = (uint32_t)g->incarnation;
    int64_t sequence = g->box.tails.at[topic].sequence + 1;
    uint8_t origin[8] = { SERVICE_INTAKE,
                          (uint8_t)topic,
                          (uint8_t)(authority >> 8),
                          (uint8_t)authority,
                          (uint8_t)(incarnation >> 24),
                          (uint8_t)(incarnation >> 16),
                          (uint8_t)(incarnation >> 8),
                          (uint8_t)incarnation };
    struct str parts[] = { bytes_of(origin, sizeof origin),
                           bytes_of(&sequence, sizeof sequence) };

    return id_derive("record", parts, 2);
}

static void
fill_meta(const struct group *g, enum topic topic, struct meta *meta)
{
    const struct append *a = g->a;

    meta->id = record_id(g, topic);
    meta->source =
        arena_printf(a->arena, "/%.*s/%s", STR_ARG(a->options.authority),
                     service_name(SERVICE_INTAKE));
    meta->recorded_at = g->recorded;
    if (meta->occurred_at == TIME_NONE)
        meta->occurred_at = g->recorded;
    meta->profile_version = append_terms(a)->version;
}

static enum status
give(struct group *g, enum topic topic, struct id key, enum record_type type,
     const void *body, struct err *err)
{
    struct str value;
    enum status rc =
        avro_encode(g->a->avro, type, body, g->a->arena, &value, err);

    if (rc != ST_OK)
        return rc;
    return outbox_append(&g->box, topic, id_part(&key), value, NULL, 0, err);
}

static enum status
give_time(struct group *g, time_ms at, struct err *err)
{
    static const enum topic topics[] = { TOPIC_NOTIFICATIONS, TOPIC_RECEIPTS,
                                         TOPIC_INDICATORS };
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < sizeof topics / sizeof topics[0];
         i++) {
        struct time_advanced rec;

        fields_clear(&fields_time_advanced, &rec);
        rec.at = at;
        rec.meta.subject = g->a->options.authority;
        fill_meta(g, topics[i], &rec.meta);
        rc = give(g, topics[i], ID_NONE, REC_TIME_ADVANCED, &rec, err);
    }
    return rc;
}

static enum status
give_config(struct group *g, const struct config_text *text, struct err *err)
{
    struct config_activated rec;

    fields_clear(&fields_config_activated, &rec);
    rec.config_kind = text->config_kind;
    rec.name = text->name;
    rec.version = text->version;
    rec.hash = text->hash;
    rec.text = text->text;
    rec.meta.subject = text->name;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec.meta);
    g->n_new_configs++;
    return give(g, TOPIC_NOTIFICATIONS, ID_NONE, REC_CONFIG_ACTIVATED, &rec,
                err);
}

/* A new authority's first words: the calendar, then the profile. */
static enum status
introduce(struct group *g, struct err *err)
{
    const struct terms *r = append_terms(g->a);
    enum status rc = ST_OK;

    if (g->n_configs > 0)
        return ST_OK;
    rc = give_config(g, &r->calendar_text, err);
    if (rc == ST_OK)
        rc = give_config(g, &r->profile_text, err);
    if (rc == ST_OK && !g->a->options.log_clock)
        rc = give_time(g, g->recorded, err);
    return rc == ST_REJECT ? ST_FATAL : rc;
}

/*
 * Seal what a record says of persons by a key of its own, which is drawn here
 * and becomes true with the group. Nothing said, nothing sealed: *key_id none.
 */
static struct str
seal_text(struct group *g, const struct append_item *it, struct str plain,
          struct id *key_id)
{
    const struct seal *seal = g->a->options.seal;
    const struct str parts[] = { id_part(&it->v.id) };
    struct seal_name name = { .key_id = id_derive("person-key", parts, 1),
                              .record_id = it->v.id };
    struct seal_draw draw;
    struct str sealed;

    *key_id = ID_NONE;
    if (plain.p == NULL)
        return plain;
    seal_draw(&draw);
    g->keys[g->n_keys++] = (struct person_key){
        .key_id = name.key_id,
        .wrapped = seal_wrap(seal, name.key_id, &draw.key, draw.wrap_nonce,
                             g->a->arena),
    };
    sealed = seal_write(&draw.key, &name, draw.nonce, plain, g->a->arena);
    seal_forget(&draw, sizeof draw);
    *key_id = name.key_id;
    return sealed;
}

static enum status
give_notification(struct group *g, struct append_item *it, struct err *err)
{
    struct notification_received *rec = it->v.record.notification;
    struct notification_accepted accepted;
    struct str person;
    enum status rc;

    rec->content_hash = bytes_of(it->hash, sizeof it->hash);
    rec->warnings = form_warnings(g->a->arena, it->v.warnings);
    rec->meta.trace_parent = it->trace_parent;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    rc = avro_encode(g->a->avro, REC_PERSON, it->v.person, g->a->arena,
                     &person, err);
    if (rc == ST_OK) {
        rec->person = seal_text(g, it, person, &rec->key_id);
        rc = give(g, TOPIC_NOTIFICATIONS, it->v.id, REC_NOTIFICATION_RECEIVED,
                  rec, err);
    }
    if (rc != ST_OK)
        return rc;
    fields_clear(&fields_notification_accepted, &accepted);
    accepted.meta.subject = rec->meta.subject;
    accepted.meta.occurred_at = rec->meta.occurred_at;
    accepted.meta.trace_parent = rec->meta.trace_parent;
    accepted.notification_id = rec->notification_id;
    accepted.agency_id = rec->agency_id;
    accepted.agency_ref = rec->agency_ref;
    accepted.amendment = rec->amendment;
    accepted.agency_type = rec->agency_type;
    accepted.kind = rec->kind;
    accepted.sent_at = rec->sent_at;
    fill_meta(g, TOPIC_RECEIPTS, &accepted.meta);
    return give(g, TOPIC_RECEIPTS, it->v.id, REC_NOTIFICATION_ACCEPTED,
                &accepted, err);
}

static enum status
give_activity(struct group *g, struct append_item *it, struct err *err)
{
    struct activity_reported *rec = it->v.record.activity;

    rec->content_hash = bytes_of(it->hash, sizeof it->hash);
    rec->warnings = form_warnings(g->a->arena, it->v.warnings);
    rec->detail = seal_text(g, it, it->v.detail, &rec->key_id);
    rec->meta.trace_parent = it->trace_parent;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    return give(g, TOPIC_NOTIFICATIONS, it->v.id, REC_ACTIVITY_REPORTED, rec,
                err);
}

static enum status
give_screening(struct group *g, struct append_item *it, struct err *err)
{
    struct screening_recorded *rec = it->v.record.screening;

    rec->content_hash = bytes_of(it->hash, sizeof it->hash);
    rec->detail = seal_text(g, it, it->v.detail, &rec->key_id);
    rec->meta.trace_parent = it->trace_parent;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    return give(g, TOPIC_NOTIFICATIONS, it->v.id, REC_SCREENING_RECORDED, rec,
                err);
}

static enum status
give_match(struct group *g, struct append_item *it, struct err *err)
{
    struct match_resolved *rec = it->v.record.match;

    rec->content_hash = bytes_of(it->hash, sizeof it->hash);
    rec->detail = seal_text(g, it, it->v.detail, &rec->key_id);
    rec->meta.trace_parent = it->trace_parent;
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    return give(g, TOPIC_NOTIFICATIONS, it->v.id, REC_MATCH_RESOLVED, rec, err);
}

static enum status
give_item(struct group *g, struct append_item *it, struct err *err)
{
    switch (it->item) {
    case ITEM_NOTIFICATION:
        return give_notification(g, it, err);
    case ITEM_ACTIVITY:
        return give_activity(g, it, err);
    case ITEM_SCREENING:
        return give_screening(g, it, err);
    case ITEM_MATCH:
        return give_match(g, it, err);
    }
    return err_set(err, ST_FATAL, "item", "no such kind of item");
}

/* ---- one item ---------------------------------------------------------- */

/* What the caller held it against may have changed before the lock. */
static void
look_again(struct group *g, struct append_item *it, struct arena *arena)
{
    const struct terms *r = append_terms(g->a);
    const struct zone *zone = &r->calendar.zone;
    bool refused = it->v.problems.n > 0;
    struct validate_against against;

    if (it->terms == r && it->looked_at != TIME_NONE &&
        zone_date(zone, it->looked_at) == zone_date(zone, g->recorded) &&
        (!refused || it->looked_at == g->recorded))
        return;
    against = (struct validate_against){ .arena = arena,
                                         .authority = g->a->options.authority,
                                         .agencies = r->agencies,
                                         .profile = &r->profile,
                                         .calendar = &r->calendar,
                                         .received = g->recorded };
    validate(&against, it->item, it->raw, &it->v);
}

static void
refuse(struct append_item *it, struct arena *arena, const char *code,
       const char *pointer, const char *detail)
{
    struct problem *p = arena_alloc(arena, sizeof *p);

    (void)snprintf(p->code, sizeof p->code, "%s", code);
    p->pointer = str_of(pointer);
    p->detail = str_of(detail);
    it->v.problems = (struct problems){ .at = p, .n = 1 };
    it->result = APPEND_REFUSED;
}

/* W11 and W12, and the receipt of the same key if there is one. */
static const struct known *
hold_against_known(struct group *g, struct append_item *it, struct id ref)
{
    int32_t amendment = it->v.key.amendment;
    bool before = amendment == 0, later = false;

    for (size_t i = 0; i < g->n_known; i++) {
        const struct known *k = &g->known[i];

        if (!id_eq(k->ref, ref))
            continue;
        if (id_eq(k->id, it->v.id))
            return k;
        before |= k->amendment == amendment - 1;
        later |= k->amendment > amendment;
    }
    if (!before)
        it->v.warnings |= (uint32_t)1 << WARNING_AMENDMENT_GAP;
    if (later)
        it->v.warnings |= (uint32_t)1 << WARNING_SUPERSEDED;
    return NULL;
}

static void
repeat(struct append_item *it, const struct known *k, struct arena *arena)
{
    if (memcmp(k->hash, it->hash, sizeof k->hash) != 0) {
        refuse(it, arena, "R08", "/agency_ref",
               "this key was used with other content");
        return;
    }
    it->result = APPEND_REPEATED;
    it->id = k->id;
    it->recorded_at = k->recorded_at;
    it->warnings = k->warnings | (uint32_t)1 << WARNING_REPEAT;
}

static void
decide(struct group *g, struct append_item *it, struct arena *arena)
{
    struct outbox_mark mark = outbox_mark(&g->box);
    size_t n_keys = g->n_keys;
    const struct known *k;
    struct err err = { .code = "" };
    struct id ref;
    enum status rc;

    look_again(g, it, arena);
    if (it->v.problems.n > 0) {
        it->result = APPEND_REFUSED;
        return;
    }
    ref = ref_id(it->item, it->v.key.agency_id, it->v.key.agency_ref);
    k = hold_against_known(g, it, ref);
    if (k != NULL) {
        repeat(it, k, arena);
        return;
    }
    rc = give_item(g, it, &err);
    if (rc != ST_OK) {
        outbox_undo(&g->box, mark);
        g->n_keys = n_keys;
        if (rc == ST_REJECT) {
            refuse(it, arena, "R04", "", "too large once it is read");
        } else {
            it->result = APPEND_BROKEN;
            log_error("item_broken", "authority=%.*s code=%s why=\"%s\"",
                      STR_ARG(g->a->options.authority), err.code, err.text);
        }
        return;
    }
    it->result = APPEND_ACCEPTED;
    it->id = it->v.id;
    it->recorded_at = g->recorded;
    it->warnings = it->v.warnings;
    g->n_accepted++;
    g->known[g->n_known] = (struct known){
        .id = it->id,
        .ref = ref,
        .amendment = it->v.key.amendment,
        .recorded_at = g->recorded,
        .warnings = it->warnings,
        .item = it,
        .sequence = g->box.tails.at[TOPIC_NOTIFICATIONS].sequence,
    };
    memcpy(g->known[g->n_known++].hash, it->hash, sizeof it->hash);
}

/* ---- making it true ---------------------------------------------------- */

static struct str
kind_word(const struct append_item *it)
{
    if (it->item == ITEM_NOTIFICATION)
        return str_of(codes_word(&codes_kind, it->v.record.notification->kind));
    if (it->item == ITEM_ACTIVITY)
        return str_of(
            codes_word(&codes_activity, it->v.record.activity->activity));
    return STR("");
}

#define EACH_NEW(g, k)                                                         \
    for (const struct known *k = (g)->known; k < (g)->known + (g)->n_known;    \
         k++)                                                                  \
        if (k->item != NULL)

static void
send_receipts(const struct group *g)
{
    struct append *a = g->a;
    size_t n = g->n_accepted;
    struct pg_params p;

    if (n == 0)
        return;
    begin_params(a, &p);
    pg_array_begin(&p, PG_TEXT, n);
    EACH_NEW(g, k)
    pg_add_text(&p, str_of(codes_word(&codes_item, (int)k->item->item)));
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, n);
    EACH_NEW(g, k)
    pg_add_text(&p, k->item->v.key.agency_id);
    pg_array_end(&p);
    pg_array_begin(&p, PG_TEXT, n);
    EACH_NEW(g, k)
    pg_add_text(&p, k->item->v.key.agency_ref);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT4, n);
    EACH_NEW(g, k)
    pg_add_i32(&p, k->amendment);
    pg_array_end(&p);
    pg_array_begin(&p, PG_UUID, n);
    EACH_NEW(g, k)
    pg_add_id(&p, k->id);
    pg_array_end(&p);
    pg_array_begin(&p, PG_BYTEA, n);
    EACH_NEW(g, k)
    pg_add_bytes(&p, bytes_of(k->hash, sizeof k->hash));
    pg_array_end(&p);
    pg_add_time(&p, g->recorded);
    pg_array_begin(&p, PG_TEXT, n);
    EACH_NEW(g, k)
    pg_add_text(&p, kind_word(k->item));
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, n);
    EACH_NEW(g, k)
    pg_add_i64(&p, k->sequence);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT4, n);
    EACH_NEW(g, k)
    pg_add_i32(&p, (int32_t)k->warnings);
    pg_array_end(&p);
    (void)pg_send(a->pg, "intake_receipts",
                  "INSERT INTO receipt (shard, item_kind, agency_id, "
                  "agency_ref, amendment, item_id, content_hash, "
                  "recorded_at, kind, sequence, warnings) "
                  "SELECT $1, u.a, u.b, u.c, u.d, u.e, u.f, $8, u.g, u.h, u.i "
                  "FROM unnest($2::text[], $3::text[], $4::text[], "
                  "$5::integer[], $6::uuid[], $7::bytea[], $9::text[], "
                  "$10::bigint[], $11::integer[]) "
                  "AS u(a, b, c, d, e, f, g, h, i) "
                  "ORDER BY u.a, u.b, u.c, u.d",
                  &p);
}

static void
send_erasure(const struct group *g)
{
    const struct erasure_recorded *e = g->erased;
    struct pg_params p;

    if (e == NULL)
        return;
    begin_params(g->a, &p);
    pg_array_begin(&p, PG_UUID, 1);
    pg_add_id(&p, e->key_id);
    pg_array_end(&p);
    pg_add_text(&p, e->by);
    pg_add_text(&p, e->second_by);
    pg_add_time(&p, g->recorded);
    (void)pg_send(g->a->pg, "intake_erase",
                  "SELECT person_key_erase($1, $2, $3, $4, $5)", &p);
}

static void
send_outbox(const struct group *g)
{
    struct append *a = g->a;
    struct pg_params p;

    begin_params(a, &p);
    pg_add_i64(&p, g->turn + 1);
    pg_add_bytes(&p, outbox_bytes(&g->box));
    (void)pg_send(a->pg, "intake_outbox",
                  "INSERT INTO outbox (shard, turn, block) "
                  "VALUES ($1, $2, $3)",
                  &p);
    begin_params(a, &p);
    pg_array_begin(&p, PG_TEXT, TOPIC_N);
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        if (g->box.tails.at[t].sequence > 0)
            pg_add_text(&p, str_of(topic_name((enum topic)t)));
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, TOPIC_N);
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        if (g->box.tails.at[t].sequence > 0)
            pg_add_i64(&p, g->box.tails.at[t].sequence);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT8, TOPIC_N);
    for (int t = TOPIC_NONE + 1; t < TOPIC_N; t++)
        if (g->box.tails.at[t].sequence > 0)
            pg_add_i64(&p, (int64_t)g->box.tails.at[t].chain);
    pg_array_end(&p);
    (void)pg_send(a->pg, "intake_out_seq",
                  "INSERT INTO out_seq SELECT $1, * FROM unnest($2::text[], "
                  "$3::bigint[], $4::bigint[]) ON CONFLICT (shard, topic) "
                  "DO UPDATE SET sequence = excluded.sequence, "
                  "chain = excluded.chain "
                  "WHERE out_seq.sequence <> excluded.sequence",
                  &p);
}

static void
send_configs(const struct group *g)
{
    struct append *a = g->a;
    const struct terms *r = append_terms(a);
    const struct config_text *texts[] = { &r->calendar_text, &r->profile_text };

    if (g->n_new_configs == 0)
        return;
    for (int32_t i = 0; i < 2; i++) {
        const struct config_text *c = texts[i];
        struct pg_params p;

        begin_params(a, &p);
        pg_add_i32(&p, i);
        pg_add_text(&p, str_of(codes_word(&codes_config_kind, c->config_kind)));
        pg_add_text(&p, c->name);
        pg_add_text(&p, c->version);
        pg_add_text(&p, c->hash);
        pg_add_text(&p, c->text);
        (void)pg_send(a->pg, "intake_config",
                      "INSERT INTO config VALUES ($1,$2,$3,$4,$5,$6,$7)", &p);
    }
}

static void
send_turn(const struct group *g)
{
    struct append *a = g->a;
    struct pg_params p;

    begin_params(a, &p);
    pg_add_i64(&p, g->turn + 1);
    pg_add_i64(&p, g->epoch);
    pg_add_i32(&p, (int32_t)g->n_accepted);
    pg_add_i32(&p, (int32_t)g->box.entries);
    (void)pg_send(a->pg, "intake_turn",
                  "INSERT INTO turn (shard, turn, epoch, ranges, n_in, "
                  "n_out, fired) VALUES ($1, $2, $3, '', $4, $5, 0)",
                  &p);
    begin_params(a, &p);
    pg_add_i64(&p, g->turn + 1);
    pg_add_time(&p, g->recorded);
    (void)pg_send(a->pg, "intake_shard",
                  "UPDATE shard SET turn = $2, now = $3 WHERE shard = $1", &p);
    begin_params(a, &p);
    (void)pg_send(a->pg, "intake_notify",
                  "SELECT pg_notify(current_schema() || '_' || "
                  "$1::smallint::text, '')",
                  &p);
}

static enum status
commit_group(struct group *g, struct err *err)
{
    struct append *a = g->a;
    enum status rc;

    at_place(a, "decided");
    if (g->box.entries == 0) {
        rollback(a);
        return ST_OK;
    }
    pg_pipeline_begin(a->pg);
    send_receipts(g);
    person_keys_send(a->pg, a->options.partition, g->keys, g->n_keys,
                     a->arena);
    send_erasure(g);
    send_configs(g);
    send_outbox(g);
    send_turn(g);
    (void)pg_send(a->pg, "commit", "COMMIT", NULL);
    rc = pg_sync(a->pg, err);
    if (rc == ST_REJECT && strncmp(pg_sqlstate(a->pg), "23", 2) == 0)
        rc = err_recode(err, ST_FATAL, "engine");
    if (rc != ST_OK)
        return rc;
    at_place(a, "committed");
    if (g->n_accepted > 0) /* no tick of the clock */
        at_place(a, "accepted");
    a->given = g->box.tails.at[TOPIC_NOTIFICATIONS].sequence;
    if (g->n_new_configs > 0)
        a->n_configs = (int64_t)g->n_new_configs;
    atomic_store(&a->stats.now, g->recorded);
    atomic_store(&a->stats.turn, g->turn + 1);
    atomic_fetch_add(&a->stats.groups, 1);
    return ST_OK;
}

/* ---- groups ------------------------------------------------------------ */

static void
say_failure(struct append *a, const struct err *err)
{
    atomic_store(&a->stats.ready, 0);
    if (strcmp(a->said, err->code) == 0 || !atomic_load(&a->serving))
        return; /* said, or told by who has not let it in yet */
    (void)snprintf(a->said, sizeof a->said, "%s", err->code);
    log_warn("append_fails", "authority=%.*s code=%s why=\"%s\"",
             STR_ARG(a->options.authority), err->code, err->text);
}

static void
say_success(struct append *a)
{
    atomic_store(&a->answered_us, monotonic_us());
    atomic_store(&a->stats.ready, 1);
    a->said[0] = '\0';
}

static void
all_later(struct group *g, const char *why)
{
    for (size_t i = 0; i < g->n; i++) {
        struct append_item *it = g->items[i];

        it->result = APPEND_LATER;
        (void)snprintf(it->why, sizeof it->why, "%s", why);
    }
}

static void
clear_group(struct group *g)
{
    g->n_known = g->n_accepted = g->n_new_configs = g->n_keys = 0;
    g->erased = NULL;
    g->known = NULL;
    arena_reset(g->a->arena);
    g->keys = arena_array(g->a->arena, g->n, sizeof *g->keys);
    for (size_t i = 0; i < g->n; i++)
        g->items[i]->result = APPEND_WAITING;
}

/* All of the group in one transaction. After ST_OK every item has a result. */
static enum status
try_group(struct group *g, struct err *err)
{
    int64_t start = monotonic_us();
    enum status rc;

    clear_group(g);
    rc = begin_group(g, err);
    if (rc == ST_OK)
        rc = learn_terms(g, err);
    if (rc == ST_OK && g->recorded == TIME_NONE) {
        rollback(g->a);
        all_later(g, "clock");
        return ST_OK;
    }
    if (rc == ST_OK)
        rc = introduce(g, err);
    for (size_t i = 0; rc == ST_OK && i < g->n; i++)
        decide(g, g->items[i], g->ops[i]->arena);
    if (rc == ST_OK)
        rc = commit_group(g, err);
    else
        rollback(g->a);
    if (rc == ST_OK)
        atomic_store(&g->a->stats.commit_us, monotonic_us() - start);
    return rc;
}

/*
 * The database refuses a value: each item alone, so that one falls only. Keys
 * and constraints are never a sender's fault: what he sent was looked up under
 * the lock (commit_group).
 */
static void
one_by_one(struct group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        struct group *one = calloc(1, sizeof *one);
        struct err err = { .code = "" };
        enum status rc = ST_RETRY;

        if (one != NULL) {
            one->a = g->a;
            one->n = 1;
            one->items[0] = g->items[i];
            one->ops[0] = g->ops[i];
            rc = try_group(one, &err);
            if (rc != ST_OK && rc != ST_REJECT)
                say_failure(g->a, &err);
        }
        if (rc == ST_REJECT) {
            refuse(g->items[i], g->ops[i]->arena, "R03", "",
                   "holds a value that can't be stored");
        } else if (rc != ST_OK) {
            g->items[i]->result = APPEND_LATER;
            (void)snprintf(g->items[i]->why, sizeof g->items[i]->why,
                           "database");
        }
        free(one);
    }
}

static void
count(struct append *a, const struct group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        switch (g->items[i]->result) {
        case APPEND_ACCEPTED:
            atomic_fetch_add(&a->stats.accepted, 1);
            break;
        case APPEND_REPEATED:
            atomic_fetch_add(&a->stats.repeated, 1);
            break;
        case APPEND_REFUSED:
            atomic_fetch_add(&a->stats.refused, 1);
            break;
        case APPEND_LATER:
        case APPEND_BROKEN:
        case APPEND_WAITING:
            atomic_fetch_add(&a->stats.later, 1);
            break;
        }
    }
}

static void
run_group(struct group *g)
{
    struct err err = { .code = "" };
    enum status rc = try_group(g, &err);

    if (rc == ST_REJECT) {
        one_by_one(g);
    } else if (rc != ST_OK) {
        say_failure(g->a, &err);
        all_later(g, err.code);
    }
    if (rc == ST_OK || rc == ST_REJECT)
        say_success(g->a);
    count(g->a, g);
}

static void
run_time(struct append *a, struct op *op)
{
    struct group *g = calloc(1, sizeof *g);
    enum status rc;

    if (g == NULL) {
        op->status = err_set(&op->err, ST_RETRY, "memory", "no memory");
        return;
    }
    g->a = a;
    clear_group(g);
    rc = begin_group(g, &op->err);
    if (rc == ST_OK)
        rc = learn_terms(g, &op->err);
    if (rc == ST_OK && a->options.log_clock) {
        if (g->last != TIME_NONE && op->at < g->last)
            rc =
                err_set(&op->err, ST_REJECT, "time", "lower than the last one");
        g->recorded = op->at;
    }
    if (rc == ST_OK)
        rc = introduce(g, &op->err);
    if (rc == ST_OK && (g->n_configs > 0 || a->options.log_clock))
        rc = give_time(g, g->recorded, &op->err);
    if (rc == ST_OK)
        rc = commit_group(g, &op->err);
    else
        rollback(a);
    if (rc == ST_OK || rc == ST_REJECT)
        say_success(a);
    else
        say_failure(a, &op->err);
    op->at = g->recorded;
    op->status = rc == ST_FATAL ? ST_RETRY : rc;
    free(g);
}

static void
run_find(struct append *a, struct op *op)
{
    struct append_receipt *out = op->receipt;
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    arena_reset(a->arena);
    rc = connect_and_agree(a, &op->err);
    begin_params(a, &p);
    pg_add_id(&p, op->id);
    if (rc == ST_OK)
        rc = pg_query(a->pg, "intake_find",
                      "SELECT item_kind, item_id, agency_id, agency_ref, "
                      "amendment, kind, recorded_at, warnings FROM receipt "
                      "WHERE shard = $1 AND item_id = $2",
                      &p, &res, &op->err);
    *out = (struct append_receipt){ .found = false };
    if (rc == ST_OK && pg_n_rows(res) > 0)
        *out = (struct append_receipt){
            .found = true,
            .item =
                (enum item_kind_of)codes_find(&codes_item, pg_text(res, 0, 0)),
            .id = pg_id(res, 0, 1),
            .agency_id = arena_str(op->arena, pg_text(res, 0, 2)),
            .agency_ref = arena_str(op->arena, pg_text(res, 0, 3)),
            .amendment = pg_i32(res, 0, 4),
            .kind = arena_str(op->arena, pg_text(res, 0, 5)),
            .recorded_at = pg_time(res, 0, 6),
            .warnings = (uint32_t)pg_i32(res, 0, 7),
        };
    pg_result_close(res);
    if (rc == ST_OK)
        say_success(a);
    else
        say_failure(a, &op->err);
    op->status = rc == ST_FATAL ? ST_RETRY : rc;
}

/* ---- erasing ----------------------------------------------------------- */

/* *done: somebody did it before; then `e` says who and when. */
static enum status
find_key(struct group *g, struct op *op, struct id *key_id, bool *done,
         struct err *err)
{
    struct append_erasure *e = op->erasure;
    const struct str parts[] = { id_part(&e->item_id) };
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc;

    *key_id = id_derive("person-key", parts, 1);
    begin_params(g->a, &p);
    pg_add_id(&p, e->item_id);
    pg_add_id(&p, *key_id);
    rc = pg_query(g->a->pg, "intake_find_key",
                  "SELECT k.key_id, k.erased_at, k.erased_by, "
                  "k.erased_second FROM receipt r LEFT JOIN person_key k ON "
                  "k.shard = r.shard AND k.key_id = $3 "
                  "WHERE r.shard = $1 AND r.item_id = $2",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_REJECT, "id", "there is no such record");
    else if (rc == ST_OK && pg_is_null(res, 0, 0))
        rc = err_set(err, ST_REJECT, "no_key", "nothing in it is sealed");
    *done = rc == ST_OK && !pg_is_null(res, 0, 1);
    if (*done) {
        e->at = pg_time(res, 0, 1);
        e->by = arena_str(op->arena, pg_text(res, 0, 2));
        e->second_by = arena_str(op->arena, pg_text(res, 0, 3));
    }
    pg_result_close(res);
    return rc;
}

static enum status
give_erasure(struct group *g, struct append_erasure *e, struct id key_id,
             struct erasure_recorded *rec, struct err *err)
{
    char text[ID_TEXT_SIZE];

    fields_clear(&fields_erasure_recorded, rec);
    rec->item_id = e->item_id;
    rec->key_id = key_id;
    rec->by = e->by;
    rec->second_by = e->second_by;
    rec->meta.subject =
        arena_str(g->a->arena, str_of(id_text(e->item_id, text)));
    fill_meta(g, TOPIC_NOTIFICATIONS, &rec->meta);
    g->erased = rec;
    e->at = g->recorded;
    return give(g, TOPIC_NOTIFICATIONS, e->item_id, REC_ERASURE_RECORDED, rec,
                err);
}

static enum status
erase_in(struct group *g, struct op *op, struct err *err)
{
    struct erasure_recorded rec;
    struct id key_id;
    bool done = false;
    enum status rc = begin_group(g, err);

    if (rc == ST_OK)
        rc = learn_terms(g, err);
    if (rc == ST_OK)
        rc = find_key(g, op, &key_id, &done, err);
    if (rc == ST_OK && !done)
        rc = give_erasure(g, op->erasure, key_id, &rec, err);
    if (rc == ST_OK && !done)
        return commit_group(g, err);
    rollback(g->a);
    return rc;
}

static void
run_erase(struct append *a, struct op *op)
{
    struct group *g = calloc(1, sizeof *g);
    enum status rc;

    if (g == NULL) {
        op->status = err_set(&op->err, ST_RETRY, "memory", "no memory");
        return;
    }
    g->a = a;
    clear_group(g);
    rc = erase_in(g, op, &op->err);
    if (rc == ST_OK || rc == ST_REJECT)
        say_success(a);
    else
        say_failure(a, &op->err);
    op->status = rc == ST_FATAL ? ST_RETRY : rc;
    free(g);
}

/* ---- the queue --------------------------------------------------------- */

/* Take what waits: items up to a group, or one other op. Lock held. */
static struct op *
take(struct append *a, struct group *g)
{
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
            g->ops[g->n] = op;
            g->items[g->n++] = it;
        }
    return NULL;
}

static void
finish(struct append *a, struct op *op)
{
    if (a->first == op)
        a->first = op->next;
    if (a->first == NULL)
        a->last = NULL;
    op->finished = true;
    if (op == &a->ping) {
        a->pinging = false;
        a->pings++;
        pthread_cond_broadcast(&a->pinged);
    } else {
        pthread_cond_signal(&op->ready);
    }
}

/* Ops end in the order in which they came, so the first is always the next. */
static void
settle_group(struct append *a, const struct group *g)
{
    for (size_t i = 0; i < g->n; i++)
        g->ops[i]->done++;
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

static void *
writer(void *self)
{
    struct append *a = self;
    struct group *g = calloc(1, sizeof *g);

    pthread_mutex_lock(&a->lock);
    while (g != NULL && !a->closing) {
        struct op *other;

        if (a->first == NULL) {
            pthread_cond_wait(&a->wake, &a->lock);
            continue;
        }
        g->a = a;
        other = take(a, g);
        pthread_mutex_unlock(&a->lock);
        if (other == NULL)
            run_group(g);
        else if (other->type == OP_TIME)
            run_time(a, other);
        else if (other->type == OP_ERASE)
            run_erase(a, other);
        else
            run_find(a, other);
        pthread_mutex_lock(&a->lock);
        if (other == NULL)
            settle_group(a, g);
        else
            finish(a, other);
    }
    a->closing = true;
    give_up(a);
    pthread_mutex_unlock(&a->lock);
    free(g);
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
wait_for(struct append *a, struct op *op)
{
    pthread_cond_init(&op->ready, NULL);
    pthread_mutex_lock(&a->lock);
    if (a->closing) {
        for (size_t i = 0; i < op->n; i++)
            op->items[i].result = APPEND_LATER;
        op->status = err_set(&op->err, ST_RETRY, "closing", "shutting down");
        op->finished = true;
    } else {
        enqueue(a, op);
    }
    while (!op->finished)
        pthread_cond_wait(&op->ready, &a->lock);
    pthread_mutex_unlock(&a->lock);
    pthread_cond_destroy(&op->ready);
}

void
append_serve(struct append *a)
{
    atomic_store(&a->serving, 1);
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
        answered = atomic_load(&a->answered_us) >= since_us;
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

    *out = NULL;
    if (a == NULL || (a->arena = memory_open(MEMORY_MAX)) == NULL) {
        free(a);
        terms_close(options->terms);
        return err_set(err, ST_FATAL, "memory", "no memory for a writer");
    }
    a->options = *options;
    a->n_configs = -1;
    atomic_store(&a->terms, options->terms);
    atomic_store(&a->stats.now, TIME_NONE);
    init_locks(a);
    a->avro = avro_open(err);
    if (a->avro == NULL) {
        append_close(a);
        return ST_FATAL;
    }
    if (pthread_create(&a->thread, NULL, writer, a) != 0) {
        append_close(a);
        return err_set(err, ST_FATAL, "memory", "no thread for a writer");
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
    pg_close(a->pg);
    avro_close(a->avro);
    memory_close(a->arena);
    terms_close(atomic_load(&a->terms));
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->wake);
    pthread_cond_destroy(&a->pinged);
    free(a);
}
