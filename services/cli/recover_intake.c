#include "cli/recover_intake.h"

#include <inttypes.h>
#include <string.h>

#include "cli/receipt.h"
#include "cli/recover_walk.h"
#include "cli/stream.h"
#include "common/adapters/avro.h"
#include "common/adapters/person_keys.h"
#include "common/core/check.h"
#include "common/core/outbox.h"
#include "common/core/records.h"
#include "common/engine/memory.h"

enum { PAGE = 500, PAGE_BYTES = 8 << 20 };

/* Those that intake numbers, in the order in which a group is given out. */
static const enum topic topics[] = { TOPIC_NOTIFICATIONS, TOPIC_RECEIPTS,
                                     TOPIC_INDICATORS };
enum { TOPICS = sizeof topics / sizeof topics[0] };

struct recover {
    const struct recover_intake_options *options;
    struct retaken *done;
    struct arena *arena; /* one page */
    struct avro_codec *avro;
    struct pg *pg; /* a transaction is open */
    struct stream *streams[TOPIC_N];
    int64_t last[TOPIC_N]; /* in the log */
    struct tails tails;    /* behind what was taken in */
    int64_t turn, epoch;
    int32_t n_configs;
    uint32_t incarnation;
    time_ms now;
    struct outbox box;
    struct receipt receipts[PAGE];
    size_t n_receipts;
    struct seal *seal;
};

static struct origin
own_origin(const struct recover *r)
{
    return (struct origin){ .service = SERVICE_INTAKE,
                            .authority = r->options->authority,
                            .incarnation = r->incarnation };
}

static void
begin_params(const struct recover *r, struct pg_params *p)
{
    pg_params_init(p, r->arena);
    pg_add_i32(p, r->options->authority);
}

/* ---- a page becomes a turn
 * ------------------------------------------------------- */

static void
new_page(struct recover *r)
{
    arena_reset(r->arena);
    outbox_init(&r->box, r->arena, &r->tails);
    r->n_receipts = 0;
}

#define COLUMN(type, add, member)                                              \
    do {                                                                       \
        pg_array_begin(&p, type, r->n_receipts);                               \
        for (size_t i = 0; i < r->n_receipts; i++)                             \
            add(&p, r->receipts[i].member);                                    \
        pg_array_end(&p);                                                      \
    } while (0)

static void
add_word(struct pg_params *p, const char *word)
{
    pg_add_text(p, str_of(word));
}

static enum status
save_receipts(struct recover *r, struct err *err)
{
    struct pg_params p;

    if (r->n_receipts == 0)
        return ST_OK;
    begin_params(r, &p);
    COLUMN(PG_TEXT, add_word, item_kind);
    COLUMN(PG_TEXT, pg_add_text, agency_id);
    COLUMN(PG_TEXT, pg_add_text, agency_ref);
    COLUMN(PG_INT4, pg_add_i32, amendment);
    COLUMN(PG_UUID, pg_add_id, item_id);
    COLUMN(PG_BYTEA, pg_add_bytes, content_hash);
    COLUMN(PG_TIMESTAMPTZ, pg_add_time, recorded_at);
    COLUMN(PG_TEXT, add_word, kind);
    COLUMN(PG_INT8, pg_add_i64, sequence);
    COLUMN(PG_INT4, pg_add_i32, warnings);
    COLUMN(PG_UUID, pg_add_id, key_id);
    return pg_query(r->pg, NULL,
                    "INSERT INTO receipt (shard, item_kind, agency_id, "
                    "agency_ref, amendment, item_id, content_hash, "
                    "recorded_at, kind, sequence, warnings, key_id) "
                    "SELECT $1, * FROM "
                    "unnest($2::text[], $3::text[], $4::text[], "
                    "$5::integer[], $6::uuid[], $7::bytea[], "
                    "$8::timestamptz[], $9::text[], $10::bigint[], "
                    "$11::integer[], $12::uuid[])",
                    &p, NULL, err);
}

/* A key follows from rows that any backup has since the authority began. One
 * that doesn't is of a tree that was begun later. */
static enum status
count_lost_keys(struct recover *r, struct err *err)
{
    struct id *ids = arena_array(r->arena, r->n_receipts, sizeof *ids);
    const struct person_key *found;
    struct person_keys keys;
    enum status rc;

    for (size_t i = 0; i < r->n_receipts; i++)
        ids[i] = r->receipts[i].key_id;
    rc = person_keys_load(r->pg, "intake", r->options->authority, ids,
                          r->n_receipts, r->arena, &keys, err);
    for (size_t i = 0; rc == ST_OK && i < r->n_receipts; i++) {
        struct err why;

        r->done->keys_lost +=
            !id_is_none(ids[i]) &&
            person_keys_find(&keys, ids[i], &found, &why) != ST_OK;
    }
    return rc;
}

static enum status
save_out_seq(struct recover *r, struct err *err)
{
    enum status rc = ST_OK;

    for (int t = TOPIC_NONE + 1; rc == ST_OK && t < TOPIC_N; t++) {
        struct pg_params p;

        if (r->tails.at[t].sequence == 0)
            continue;
        begin_params(r, &p);
        pg_add_text(&p, str_of(topic_name((enum topic)t)));
        pg_add_i64(&p, r->tails.at[t].sequence);
        pg_add_i64(&p, (int64_t)r->tails.at[t].chain);
        rc = pg_query(r->pg, NULL,
                      "INSERT INTO out_seq VALUES ($1, $2, $3, $4) ON "
                      "CONFLICT (shard, topic) DO UPDATE SET "
                      "sequence = excluded.sequence, chain = excluded.chain",
                      &p, NULL, err);
    }
    return rc;
}

static enum status
save_turn(struct recover *r, struct err *err)
{
    struct pg_params p;
    enum status rc;

    begin_params(r, &p);
    pg_add_i64(&p, r->turn);
    pg_add_i64(&p, r->epoch);
    pg_add_i32(&p, (int32_t)r->n_receipts);
    pg_add_i32(&p, (int32_t)r->box.entries);
    rc = pg_query(r->pg, NULL,
                  "INSERT INTO turn (shard, turn, epoch, ranges, n_in, n_out, "
                  "fired) VALUES ($1, $2, $3, '', $4, $5, 0)",
                  &p, NULL, err);
    begin_params(r, &p);
    pg_add_i64(&p, r->turn);
    pg_add_bytes(&p, outbox_bytes(&r->box));
    if (rc == ST_OK)
        rc = pg_query(r->pg, NULL,
                      "INSERT INTO outbox (shard, turn, block) "
                      "VALUES ($1, $2, $3)",
                      &p, NULL, err);
    return rc;
}

static enum status
end_page(struct recover *r, struct err *err)
{
    enum status rc;

    if (r->box.entries == 0)
        return ST_OK;
    r->turn++;
    r->tails = r->box.tails;
    rc = save_receipts(r, err);
    if (rc == ST_OK)
        rc = count_lost_keys(r, err);
    if (rc == ST_OK)
        rc = save_turn(r, err);
    r->done->turns++;
    r->done->inputs += (int64_t)r->n_receipts;
    new_page(r);
    return rc;
}

static enum status
end_full_page(struct recover *r, struct err *err)
{
    return r->n_receipts == PAGE || outbox_bytes(&r->box).n > PAGE_BYTES ||
                   r->box.entries >= PAGE * TOPICS
               ? end_page(r, err)
               : ST_OK;
}

/* ---- what a record says
 * ------------------------------------------------------------ */

static enum status
save_config(struct recover *r, const struct config_activated *c,
            struct err *err)
{
    struct pg_params p;

    begin_params(r, &p);
    pg_add_i32(&p, r->n_configs++);
    pg_add_text(&p, str_of(codes_word(&codes_config_kind, c->config_kind)));
    pg_add_text(&p, c->name);
    pg_add_text(&p, c->version);
    pg_add_text(&p, c->hash);
    pg_add_text(&p, c->text);
    return pg_query(r->pg, NULL,
                    "INSERT INTO config VALUES ($1,$2,$3,$4,$5,$6,$7)", &p,
                    NULL, err);
}

/* A backup from before has the key again: it goes once more. */
static enum status
save_erasure(struct recover *r, const struct erasure_recorded *e,
             struct err *err)
{
    struct person_erasure erasure = { .key_id = e->key_id,
                                      .at = e->meta.recorded_at,
                                      .by = e->by,
                                      .second_by = e->second_by };

    return person_keys_erase(r->pg, r->seal, r->options->authority, &erasure,
                             r->arena, err);
}

/* ---- records that a crash kept from the log ----------------------------- */

/* The same id as intake gives. */
static struct id
next_id(const struct recover *r, enum topic topic)
{
    struct origin origin = { .service = SERVICE_INTAKE,
                             .authority = r->options->authority,
                             .incarnation = r->incarnation };

    return record_id(origin, topic, r->box.tails.at[topic].sequence + 1);
}

static enum status
make(struct recover *r, enum topic topic, struct id key, enum record_type type,
     const void *body, struct err *err)
{
    struct str value;
    enum status rc = avro_encode(r->avro, type, body, r->arena, &value, err);

    if (rc == ST_OK)
        rc = outbox_append(&r->box, topic, id_part(&key), value, NULL, 0, err);
    r->done->open += rc == ST_OK;
    return rc;
}

static enum status
make_accepted(struct recover *r, const struct notification_received *n,
              struct err *err)
{
    struct notification_accepted a;

    fields_clear(&fields_notification_accepted, &a);
    a.meta = n->meta;
    a.meta.id = next_id(r, TOPIC_RECEIPTS);
    a.notification_id = n->notification_id;
    a.agency_id = n->agency_id;
    a.agency_ref = n->agency_ref;
    a.amendment = n->amendment;
    a.agency_type = n->agency_type;
    a.kind = n->kind;
    a.sent_at = n->sent_at;
    return make(r, TOPIC_RECEIPTS, n->notification_id,
                REC_NOTIFICATION_ACCEPTED, &a, err);
}

static enum status
make_time(struct recover *r, enum topic topic, const struct time_advanced *t,
          struct err *err)
{
    struct time_advanced copy = *t;

    copy.meta.id = next_id(r, topic);
    return make(r, topic, ID_NONE, REC_TIME_ADVANCED, &copy, err);
}

/* ---- taking in ----------------------------------------------------------- */

/* One record of the log, as it stands there. */
static enum status
append(struct recover *r, enum topic topic, const struct stream_record *rec,
       struct err *err)
{
    enum status rc =
        outbox_append(&r->box, topic, rec->key, rec->value, NULL, 0, err);

    if (rc != ST_OK)
        return rc == ST_REJECT ? ST_FATAL : rc;
    if (r->box.tails.at[topic].chain != rec->link.chain)
        return err_set(err, ST_FATAL, "fork",
                       "%s: %" PRId64 " does not continue what the database "
                       "gave out",
                       topic_name(topic), rec->link.sequence);
    r->done->records++;
    return ST_OK;
}

/* The next of a topic where the log has it; *found tells. */
static enum status
append_next(struct recover *r, enum topic topic, enum record_type want,
            bool *found, struct err *err)
{
    int64_t number = r->box.tails.at[topic].sequence + 1;
    const struct stream_record *rec = NULL;
    enum record_type type;
    const void *body;
    enum status rc = ST_OK;

    *found = number <= r->last[topic];
    if (!*found)
        return ST_OK;
    rc = stream_get(r->streams[topic], own_origin(r), number, &rec, err);
    if (rc == ST_OK && rec == NULL)
        return err_set(err, ST_FATAL, "gap", "%s: %" PRId64 " is not there",
                       topic_name(topic), number);
    if (rc == ST_OK)
        rc = avro_decode(r->avro, rec->value, r->arena, &type, &body, err);
    if (rc == ST_OK && type != want)
        return err_set(err, ST_FATAL, "differs",
                       "%s: %" PRId64 " does not go with the notifications",
                       topic_name(topic), number);
    if (rc == ST_OK)
        rc = append(r, topic, rec, err);
    stream_forget(r->streams[topic], own_origin(r), number);
    return rc;
}

/* What intake gave out along with it, from the log or made again. */
static enum status
append_others(struct recover *r, enum record_type type, const void *body,
              struct err *err)
{
    bool found = true;
    enum status rc = ST_OK;

    if (type == REC_NOTIFICATION_RECEIVED) {
        rc = append_next(r, TOPIC_RECEIPTS, REC_NOTIFICATION_ACCEPTED, &found,
                         err);
        return rc == ST_OK && !found ? make_accepted(r, body, err) : rc;
    }
    for (size_t i = 1; rc == ST_OK && type == REC_TIME_ADVANCED && i < TOPICS;
         i++) {
        rc = append_next(r, topics[i], REC_TIME_ADVANCED, &found, err);
        if (rc == ST_OK && !found)
            rc = make_time(r, topics[i], body, err);
    }
    return rc;
}

static enum status
take_in(struct recover *r, const struct stream_record *rec, struct err *err)
{
    struct receipt *receipt = &r->receipts[r->n_receipts];
    enum record_type type;
    const void *body;
    const struct meta *meta;
    enum status rc =
        avro_decode(r->avro, rec->value, r->arena, &type, &body, err);

    if (rc != ST_OK)
        return rc == ST_REJECT ? ST_FATAL : rc;
    meta = body;
    if (r->now == TIME_NONE || meta->recorded_at > r->now)
        r->now = meta->recorded_at;
    rc = append(r, TOPIC_NOTIFICATIONS, rec, err);
    if (rc == ST_OK && receipt_of(type, body, receipt)) {
        receipt->content_hash = arena_str(r->arena, receipt->content_hash);
        receipt->sequence = rec->link.sequence;
        r->n_receipts++;
    }
    if (rc == ST_OK && type == REC_CONFIG_ACTIVATED)
        rc = save_config(r, body, err);
    if (rc == ST_OK && type == REC_ERASURE_RECORDED)
        rc = save_erasure(r, body, err);
    return rc == ST_OK ? append_others(r, type, body, err) : rc;
}

/* Indicators up to the next time on their topic, each with its receipt. */
static enum status
take_indicators(struct recover *r, struct err *err)
{
    const enum topic topic = TOPIC_INDICATORS;
    enum status rc = ST_OK;

    while (rc == ST_OK && r->box.tails.at[topic].sequence < r->last[topic]) {
        int64_t number = r->box.tails.at[topic].sequence + 1;
        struct receipt *receipt = &r->receipts[r->n_receipts];
        const struct stream_record *rec = NULL;
        enum record_type type = REC_NONE;
        const void *body = NULL;

        rc = stream_get(r->streams[topic], own_origin(r), number, &rec, err);
        if (rc == ST_OK && rec == NULL)
            return err_set(err, ST_FATAL, "gap",
                           "indicators: %" PRId64 " is not there", number);
        if (rc == ST_OK)
            rc = avro_decode(r->avro, rec->value, r->arena, &type, &body, err);
        if (rc != ST_OK || !receipt_of(type, body, receipt))
            return rc == ST_REJECT ? ST_FATAL : rc;
        if (r->now == TIME_NONE || receipt->recorded_at > r->now)
            r->now = receipt->recorded_at;
        receipt->content_hash = arena_str(r->arena, receipt->content_hash);
        receipt->sequence = number;
        r->n_receipts++;
        rc = append(r, topic, rec, err);
        stream_forget(r->streams[topic], own_origin(r), number);
        if (rc == ST_OK)
            rc = end_full_page(r, err);
    }
    return rc;
}

/* Behind the notifications: indicators, and the time, which is no loss where
 * it is missing. What a receipt was for would be one. */
static enum status
take_rest(struct recover *r, struct err *err)
{
    bool found = true;
    enum status rc = ST_OK;

    for (size_t i = 1; rc == ST_OK && i < TOPICS; i++) {
        for (found = true; rc == ST_OK && found;) {
            if (topics[i] == TOPIC_INDICATORS)
                rc = take_indicators(r, err);
            if (rc == ST_OK)
                rc = append_next(r, topics[i], REC_TIME_ADVANCED, &found, err);
        }
        if (rc == ST_FATAL && strcmp(err->code, "differs") == 0)
            rc = err_set(err, ST_FATAL, "lost",
                         "%s holds up to %" PRId64 ", from %" PRId64
                         " on what notifications doesn't hold: nobody has "
                         "the text of it any more",
                         topic_name(topics[i]), r->last[topics[i]],
                         r->box.tails.at[topics[i]].sequence + 1);
    }
    return rc;
}

static enum status
take_all(struct recover *r, struct err *err)
{
    int64_t number = r->tails.at[TOPIC_NOTIFICATIONS].sequence;
    enum status rc = ST_OK;

    new_page(r);
    while (rc == ST_OK && number < r->last[TOPIC_NOTIFICATIONS]) {
        const struct stream_record *rec = NULL;

        rc = take_indicators(r, err); /* so that the time is next there */
        if (rc == ST_OK)
            rc = stream_get(r->streams[TOPIC_NOTIFICATIONS], own_origin(r),
                            ++number, &rec, err);
        if (rc == ST_OK && rec == NULL)
            rc = err_set(err, ST_FATAL, "gap",
                         "notifications: %" PRId64 " is not there", number);
        if (rc == ST_OK)
            rc = take_in(r, rec, err);
        if (rc != ST_OK)
            err_where(err, "notifications %" PRId64, number);
        /* What the page holds on to was copied by the outbox and the arena. */
        stream_forget(r->streams[TOPIC_NOTIFICATIONS], own_origin(r), number);
        if (rc == ST_OK)
            rc = end_full_page(r, err);
    }
    if (rc == ST_OK)
        rc = take_rest(r, err);
    if (rc == ST_OK)
        rc = end_page(r, err);
    return rc;
}

/* ---- where both stand
 * ----------------------------------------------------------------------- */

static enum status
lock_shard(struct recover *r, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc =
        pg_exec(r->pg, "BEGIN; SET LOCAL search_path TO intake", err);

    begin_params(r, &p);
    if (rc == ST_OK)
        rc = pg_query(r->pg, NULL,
                      "SELECT turn, epoch, incarnation, now, (SELECT count(*) "
                      "FROM config c WHERE c.shard = shard.shard) FROM shard "
                      "WHERE shard = $1 FOR UPDATE",
                      &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_RETRY, "shard",
                     "intake's database does not know %s: start intake once",
                     r->options->authority_name);
    if (rc == ST_OK) {
        r->turn = pg_i64(res, 0, 0);
        r->epoch = pg_i64(res, 0, 1);
        r->incarnation = (uint32_t)pg_i32(res, 0, 2);
        r->now = pg_time(res, 0, 3);
        r->n_configs = (int32_t)pg_i64(res, 0, 4);
    }
    pg_result_close(res);
    res = NULL;
    begin_params(r, &p);
    if (rc == ST_OK)
        rc = pg_query(r->pg, NULL,
                      "SELECT topic, sequence, chain FROM out_seq WHERE "
                      "shard = $1",
                      &p, &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        enum topic t = topic_find(pg_text(res, i, 0));

        r->tails.at[t].sequence = pg_i64(res, i, 1);
        r->tails.at[t].chain = (uint64_t)pg_i64(res, i, 2);
    }
    pg_result_close(res);
    return rc;
}

/* How far the log is, and that both are one history as far as both go. */
static enum status
look_at_log(struct recover *r, bool *in_log, struct err *err)
{
    struct recover_walk walk = { .conn = r->options->conn,
                                 .pg = r->pg,
                                 .avro = r->avro,
                                 .arena = r->arena,
                                 .origin = own_origin(r),
                                 .topics = topics,
                                 .n_topics = TOPICS,
                                 .tails = &r->tails };
    struct recover_walked walked = { .last = { 0 } };
    enum status rc = recover_walk(&walk, &walked, err);

    *in_log = true;
    for (size_t i = 0; i < TOPICS; i++) {
        enum topic t = topics[i];

        r->streams[t] = walked.streams[t]; /* ours from here */
        r->last[t] = walked.last[t];
        *in_log = *in_log && r->last[t] >= r->tails.at[t].sequence;
        if (rc == ST_OK)
            rc = recover_hole(r->streams[t], t, own_origin(r),
                              r->tails.at[t].sequence, err);
    }
    return rc;
}

/* What is in the log need not be published again, unless something before it
 * is not. */
static enum status
end_all(struct recover *r, bool in_log, struct err *err)
{
    struct pg_params p;
    enum status rc = save_out_seq(r, err);

    begin_params(r, &p);
    pg_add_i64(&p, r->turn);
    pg_add_time(&p, r->now);
    pg_add_bool(&p, in_log && r->done->open == 0);
    if (rc == ST_OK)
        rc = pg_query(r->pg, NULL,
                      "UPDATE shard SET turn = $2, now = $3, confirmed_turn = "
                      "CASE WHEN $4 THEN $2 ELSE confirmed_turn END "
                      "WHERE shard = $1",
                      &p, NULL, err);
    return rc == ST_OK ? pg_exec(r->pg, "COMMIT", err) : rc;
}

static enum status
work(struct recover *r, struct err *err)
{
    bool in_log = true;
    enum status rc = cli_pg(r->options->cli, &r->pg, err);

    if (rc == ST_OK)
        rc = lock_shard(r, err);
    if (rc == ST_OK)
        rc = look_at_log(r, &in_log, err);
    if (rc == ST_OK)
        rc = take_all(r, err);
    return rc == ST_OK ? end_all(r, in_log, err) : rc;
}

enum status
recover_intake(const struct recover_intake_options *options,
               struct retaken *out, struct err *err)
{
    struct arena *arena = memory_open((size_t)512 << 20);
    struct recover *r = NULL;
    struct arena *own = memory_open((size_t)16 << 20);
    enum status rc = ST_OK;

    *out = (struct retaken){ .turns = 0 };
    if (arena == NULL || own == NULL) {
        rc = err_set(err, ST_FATAL, "memory", "no memory");
    } else {
        r = arena_alloc(own, sizeof *r);
        r->options = options;
        r->done = out;
        r->arena = arena;
        r->avro = avro_open(err);
        rc = r->avro == NULL ? ST_FATAL
                             : cli_seal(options->cli, "intake", &r->seal, err);
        if (rc == ST_OK)
            rc = work(r, err);
        pg_close(r->pg); /* what was not committed is undone */
        for (size_t i = 0; i < TOPIC_N; i++)
            stream_close(r->streams[i]);
        avro_close(r->avro);
        seal_close(r->seal);
    }
    memory_close(own);
    memory_close(arena);
    return rc;
}
