#include "cli/reconcile_intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/compare.h"
#include "cli/receipt.h"
#include "cli/reconcile_keys.h"
#include "cli/stream.h"
#include "common/adapters/avro.h"
#include "common/adapters/kafka_port.h"
#include "common/core/records.h"
#include "common/engine/memory.h"

enum { PAGE = 1000, PAGE_BYTES = 64 << 20 };

/* Where a topic of intake ought to end. */
struct tail {
    int64_t sequence;
    uint64_t chain;
};

struct check {
    const struct intake_options *options;
    struct differ *differ;
    struct arena *arena; /* one page */
    struct arena *names; /* the whole */
    struct avro_codec *avro;
    struct pg *pg; /* where receipts are rebuilt */
    struct stream *notifications;
    struct stream *receipts;
    struct stream *indicators;
    struct tail tails[TOPIC_N]; /* of the snapshot */
    struct tail seen[TOPIC_N];
    bool settled; /* all turns of the snapshot are on the topics */
    struct receipt *page;
    struct reconcile_sealed *sealed; /* of the page */
    size_t n_page, n_sealed;
};

static void
say(struct check *c, const char *what, int64_t number, const char *column)
{
    char key[32];

    snprintf(key, sizeof key, "%" PRId64, number);
    differ_add(c->differ, &(struct difference){ .what = what,
                                                .key = str_of(key),
                                                .column = str_of(column) });
}

/* ---- rebuilding -------------------------------------------------------- */

#define COLUMN(type, add, member)                                              \
    do {                                                                       \
        pg_array_begin(&p, type, c->n_page);                                   \
        for (size_t i = 0; i < c->n_page; i++)                                 \
            add(&p, c->page[i].member);                                        \
        pg_array_end(&p);                                                      \
    } while (0)

static void
add_word(struct pg_params *p, const char *word)
{
    pg_add_text(p, str_of(word));
}

static void
new_page(struct check *c)
{
    arena_reset(c->arena);
    c->page = arena_array(c->arena, PAGE, sizeof *c->page);
    c->sealed = arena_array(c->arena, PAGE, sizeof *c->sealed);
    c->n_page = c->n_sealed = 0;
}

static enum status
save_page(struct check *c, struct err *err)
{
    struct pg_params p;
    struct str sql = arena_printf(
        c->arena,
        "INSERT INTO \"%s\".receipt (shard, item_kind, agency_id, agency_ref, "
        "amendment, item_id, content_hash, recorded_at, kind, sequence, "
        "warnings, key_id) SELECT $1, * FROM unnest($2::text[], $3::text[], "
        "$4::text[], $5::integer[], $6::uuid[], $7::bytea[], "
        "$8::timestamptz[], $9::text[], $10::bigint[], $11::integer[], "
        "$12::uuid[]) ON CONFLICT DO NOTHING",
        c->options->schema);
    enum status rc;

    pg_params_init(&p, c->arena);
    pg_add_i16(&p, (int16_t)c->options->authority);
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
    rc = c->n_page > 0 ? pg_query(c->pg, NULL, sql.p, &p, NULL, err) : ST_OK;
    if (rc == ST_OK)
        rc = reconcile_keys_open(c->options->live, c->options->authority,
                                 c->options->seal, c->sealed, c->n_sealed,
                                 c->arena, c->differ, err);
    new_page(c);
    return rc;
}

/* ---- the log ----------------------------------------------------------- */

/* Numbers and chain of one more record. False: beyond the snapshot. */
static bool
count_in(struct check *c, enum topic topic, const struct stream_record *r)
{
    struct tail *seen = &c->seen[topic];
    char what[64];

    if (r->link.origin.incarnation != c->options->incarnation ||
        r->link.sequence > c->tails[topic].sequence)
        return false;
    snprintf(what, sizeof what, "topic %s", topic_name(topic));
    if (r->link.sequence != seen->sequence + 1)
        say(c, what, seen->sequence + 1, "is missing");
    else if (r->link.chain != chain_next(seen->chain, r->key, r->value))
        say(c, what, r->link.sequence, "chain");
    *seen =
        (struct tail){ .sequence = r->link.sequence, .chain = r->link.chain };
    c->differ->records++;
    return true;
}

/* The next NotificationAccepted; *found false at the end. */
static enum status
next_accepted(struct check *c, struct notification_accepted *out,
              int64_t *sequence, bool *found, struct err *err)
{
    enum status rc = ST_OK;

    for (*found = false; rc == ST_OK && !*found;) {
        struct stream_record *r = NULL;
        enum record_type type;
        const void *body;

        rc = stream_next(c->receipts, &r, err);
        if (rc != ST_OK || r == NULL)
            break;
        if (count_in(c, TOPIC_RECEIPTS, r)) {
            rc = avro_decode(c->avro, r->value, c->arena, &type, &body, err);
            if (rc == ST_OK && type == REC_NOTIFICATION_ACCEPTED) {
                *out = *(const struct notification_accepted *)body;
                *sequence = r->link.sequence;
                *found = true;
            }
        }
        stream_record_free(r);
    }
    return rc;
}

static enum status
pair(struct check *c, const struct notification_received *n, int64_t sequence,
     struct err *err)
{
    struct notification_accepted a;
    int64_t at = 0;
    bool found;
    enum status rc = next_accepted(c, &a, &at, &found, err);

    if (rc != ST_OK)
        return rc;
    if (!found) {
        /* Only what the topic doesn't hold yet may be missing. */
        if (c->seen[TOPIC_RECEIPTS].sequence >=
            c->tails[TOPIC_RECEIPTS].sequence)
            say(c, "topic notifications", sequence, "has no receipt");
        return ST_OK;
    }
    if (!id_eq(a.notification_id, n->notification_id) ||
        !str_eq(a.agency_id, n->agency_id) ||
        !str_eq(a.agency_ref, n->agency_ref) || a.amendment != n->amendment ||
        a.kind != n->kind || a.agency_type != n->agency_type ||
        a.sent_at != n->sent_at || a.meta.recorded_at != n->meta.recorded_at)
        say(c, "topic receipts", at, "is not about what was accepted");
    return ST_OK;
}

static void
keep_sealed(struct check *c, const struct receipt *receipt, struct str bytes)
{
    if (!id_is_none(receipt->key_id))
        c->sealed[c->n_sealed++] = (struct reconcile_sealed){
            .name = { .key_id = receipt->key_id,
                      .record_id = receipt->item_id },
            .bytes = arena_str(c->arena, bytes),
        };
}

/* The receipt of a record that somebody sent. */
static enum status
keep(struct check *c, enum record_type type, const void *body, int64_t sequence,
     struct err *err)
{
    if (receipt_of(type, body, &c->page[c->n_page])) {
        c->page[c->n_page].sequence = sequence;
        keep_sealed(c, &c->page[c->n_page++], receipt_sealed(type, body));
    }
    return c->n_page == PAGE || c->arena->used > PAGE_BYTES ? save_page(c, err)
                                                            : ST_OK;
}

static enum status
read_one(struct check *c, const struct stream_record *r, struct err *err)
{
    enum record_type type;
    const void *body;
    enum status rc =
        avro_decode(c->avro, r->value, c->arena, &type, &body, err);

    if (rc == ST_REJECT) {
        say(c, "topic notifications", r->link.sequence, "can't be read");
        return ST_OK;
    }
    if (rc == ST_OK && type == REC_NOTIFICATION_RECEIVED)
        rc = pair(c, body, r->link.sequence, err);
    if (rc == ST_OK && type == REC_ERASURE_RECORDED)
        rc = reconcile_keys_erase(c->pg, c->options->schema,
                                  c->options->authority, body, c->arena, err);
    return rc == ST_OK ? keep(c, type, body, r->link.sequence, err) : rc;
}

/* Their receipts, too, are rebuilt. */
static enum status
read_indicators(struct check *c, struct err *err)
{
    enum status rc = ST_OK;

    while (rc == ST_OK) {
        struct stream_record *r = NULL;
        enum record_type type;
        const void *body;

        rc = stream_next(c->indicators, &r, err);
        if (rc != ST_OK || r == NULL)
            break;
        if (count_in(c, TOPIC_INDICATORS, r)) {
            rc = avro_decode(c->avro, r->value, c->arena, &type, &body, err);
            if (rc == ST_REJECT) {
                say(c, "topic indicators", r->link.sequence, "can't be read");
                rc = ST_OK;
            } else if (rc == ST_OK) {
                rc = keep(c, type, body, r->link.sequence, err);
            }
        }
        stream_record_free(r);
    }
    return rc;
}

static enum status
read_log(struct check *c, struct err *err)
{
    struct notification_accepted left;
    int64_t at = 0;
    bool found = false;
    enum status rc = ST_OK;

    new_page(c);
    for (;;) {
        struct stream_record *r = NULL;

        rc = stream_next(c->notifications, &r, err);
        if (rc != ST_OK || r == NULL)
            break;
        if (count_in(c, TOPIC_NOTIFICATIONS, r))
            rc = read_one(c, r, err);
        stream_record_free(r);
        if (rc != ST_OK)
            break;
    }
    if (rc == ST_OK)
        rc = read_indicators(c, err);
    if (rc == ST_OK)
        rc = save_page(c, err);
    if (rc == ST_OK)
        rc = next_accepted(c, &left, &at, &found, err);
    if (rc == ST_OK && found &&
        c->seen[TOPIC_NOTIFICATIONS].sequence >=
            c->tails[TOPIC_NOTIFICATIONS].sequence)
        say(c, "topic receipts", at, "belongs to no notification");
    return rc;
}

/* ---- the whole --------------------------------------------------------- */

static enum status
read_tails(struct check *c, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, c->names);
    pg_add_i16(&p, (int16_t)c->options->authority);
    rc = pg_query(c->options->live, NULL,
                  "SELECT topic, sequence, chain FROM out_seq WHERE shard = $1",
                  &p, &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++)
        c->tails[topic_find(pg_text(res, i, 0))] =
            (struct tail){ .sequence = pg_i64(res, i, 1),
                           .chain = (uint64_t)pg_i64(res, i, 2) };
    pg_result_close(res);
    res = NULL;
    if (rc == ST_OK)
        rc = pg_query(c->options->live, NULL,
                      "SELECT confirmed_turn >= turn FROM shard "
                      "WHERE shard = $1",
                      &p, &res, err);
    if (rc == ST_OK)
        c->settled = pg_n_rows(res) == 1 && pg_bool(res, 0, 0);
    pg_result_close(res);
    return rc;
}

/* Does out_seq name the place where this topic ended with the snapshot? */
static bool
tail_fits(const struct check *c, enum topic t)
{
    const struct tail *live = &c->tails[t], *log = &c->seen[t];

    if (t != TOPIC_NOTIFICATIONS && t != TOPIC_RECEIPTS &&
        t != TOPIC_INDICATORS)
        return live->sequence == 0; /* not intake's */
    if (live->sequence == 0)
        return c->options->turns == 0; /* the first turn writes to each */
    if (live->sequence == log->sequence)
        return live->chain == log->chain;
    /* The log may be ahead of the snapshot, behind it only while it isn't
     * settled. */
    return live->sequence < log->sequence || !c->settled;
}

static void
compare_tails(struct check *c)
{
    size_t forks = stream_forks(c->notifications) + stream_forks(c->receipts) +
                   stream_forks(c->indicators);

    for (int t = TOPIC_NONE; t < TOPIC_N; t++)
        if (!tail_fits(c, (enum topic)t))
            say(c, "table out_seq", c->tails[t].sequence,
                t == TOPIC_NONE ? "a topic that is none"
                                : topic_name((enum topic)t));
    if (forks > 0)
        say(c, "topics", (int64_t)forks,
            "repeats differ from what they repeat");
}

static enum status
open_check(struct check *c, struct err *err)
{
    const struct intake_options *o = c->options;
    struct stream_options stream = { .conn = o->conn,
                                     .topic = TOPIC_NOTIFICATIONS,
                                     .authority = o->authority,
                                     .only = SERVICE_INTAKE };
    struct str sql;
    enum status rc;

    c->arena = memory_open((size_t)512 << 20);
    c->names = memory_open((size_t)64 << 20);
    if (c->arena == NULL || c->names == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    sql = arena_printf(c->names,
                       "SET client_min_messages TO warning;"
                       "CREATE SCHEMA IF NOT EXISTS \"%s\";"
                       "CREATE TABLE IF NOT EXISTS \"%s\".receipt "
                       "(LIKE intake.receipt INCLUDING INDEXES)",
                       o->schema, o->schema);
    c->avro = avro_open(err);
    if (c->avro == NULL)
        return ST_FATAL;
    rc = read_tails(c, err);
    if (rc == ST_OK)
        rc = stream_open(&stream, &c->notifications, err);
    stream.topic = TOPIC_RECEIPTS;
    if (rc == ST_OK)
        rc = stream_open(&stream, &c->receipts, err);
    stream.topic = TOPIC_INDICATORS;
    if (rc == ST_OK)
        rc = stream_open(&stream, &c->indicators, err);
    if (rc == ST_OK)
        rc = cli_pg(o->cli, &c->pg, err);
    if (rc == ST_OK)
        rc = pg_exec(c->pg, sql.p, err);
    return rc == ST_OK ? reconcile_keys_table(c->pg, o->schema, err) : rc;
}

/* Receipts and erasures of turns that are not on the topic yet can't be
 * rebuilt. */
static enum status
forget_unpublished(struct check *c, enum topic topic, struct err *err)
{
    struct pg_params p;
    struct str sql =
        arena_printf(c->names,
                     "INSERT INTO \"%s\".receipt SELECT * FROM intake.receipt "
                     "WHERE shard = $1 AND sequence > $2 AND sequence <= $3 "
                     "AND (item_kind = 'indicator') = $4 "
                     "ON CONFLICT DO NOTHING",
                     c->options->schema);
    enum status rc;

    if (c->seen[topic].sequence >= c->tails[topic].sequence)
        return ST_OK;
    pg_params_init(&p, c->names);
    pg_add_i16(&p, (int16_t)c->options->authority);
    pg_add_i64(&p, c->seen[topic].sequence);
    pg_add_i64(&p, c->tails[topic].sequence);
    pg_add_bool(&p, topic == TOPIC_INDICATORS);
    rc = pg_query(c->pg, NULL, sql.p, &p, NULL, err);
    return rc == ST_OK && topic == TOPIC_NOTIFICATIONS
               ? reconcile_keys_forget(c->pg, c->options->schema,
                                       c->options->authority, c->names, err)
               : rc;
}

enum status
reconcile_intake(const struct intake_options *options, struct differ *differ,
                 struct err *err)
{
    struct check c = { .options = options, .differ = differ };
    struct compare_table table = { .name = "receipt",
                                   .shard = options->authority };
    struct compare_side live = { .pg = options->live, .schema = "intake" };
    struct compare_side rebuilt = { .schema = options->schema };
    enum status rc = open_check(&c, err);

    if (rc == ST_OK)
        rc = read_log(&c, err);
    if (rc == ST_OK) {
        compare_tails(&c);
        rc = forget_unpublished(&c, TOPIC_NOTIFICATIONS, err);
    }
    if (rc == ST_OK)
        rc = forget_unpublished(&c, TOPIC_INDICATORS, err);
    rebuilt.pg = c.pg;
    if (rc == ST_OK)
        rc = pg_exec(c.pg, "BEGIN", err);
    if (rc == ST_OK)
        rc = compare_tables(&live, &rebuilt, &table, differ, err);
    if (rc == ST_OK)
        rc = reconcile_keys(options->live, c.pg, options->schema,
                            options->authority, options->turns > 0,
                            options->seal, differ, err);
    if (rc == ST_OK)
        rc = pg_exec(c.pg, "ROLLBACK", err);
    differ->turns = (size_t)options->turns;
    pg_close(c.pg);
    stream_close(c.indicators);
    stream_close(c.receipts);
    stream_close(c.notifications);
    avro_close(c.avro);
    memory_close(c.arena);
    memory_close(c.names);
    return rc;
}
