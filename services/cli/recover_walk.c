#include "cli/recover_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/receipt.h"
#include "common/core/chain.h"

enum { PAGE = 500, BLOCKS = 8 };

/* What may be wrong with a number. */
enum odd {
    ODD_TWICE = 0,
    ODD_TAIL,
    ODD_CHAIN,
    ODD_OUTBOX,
    ODD_RECEIPT,
    ODD_NO_RECEIPT,
    ODD_STRAY,
    ODD_N,
};

/* What is said before and behind the numbers. */
static const struct {
    const char *before, *behind;
} sentences[ODD_N] = {
    [ODD_TWICE] = { "the log has two records for ", "" },
    [ODD_TAIL] = { "", " in the log is not what the database gave out" },
    [ODD_CHAIN] = { "", " in the log does not continue the record before it" },
    [ODD_OUTBOX] = { "", " in the log is not what the outbox has" },
    [ODD_RECEIPT] = { "the receipt of ", " is not that of the log's record" },
    [ODD_NO_RECEIPT] = { "", " has no receipt" },
    [ODD_STRAY] = { "the receipt of ", " belongs to no record" },
};

struct work {
    const struct recover_walk *walk;
    struct recover_walked *out;
    struct stream_fork odd[TOPIC_N][ODD_N];
    /* A topic's receipts in the order of their numbers, a page at a time. */
    struct pg_result *page;
    size_t at;
    bool ended;
};

static void
note(struct work *w, enum topic topic, enum odd odd, int64_t number)
{
    struct stream_fork *f = &w->odd[topic][odd];

    if (f->n++ == 0)
        f->first = f->last = number;
    if (number < f->first)
        f->first = number;
    if (number > f->last)
        f->last = number;
}

/* ---- receipts ---------------------------------------------------------- */

static enum status
fetch(struct work *w, struct err *err)
{
    enum status rc;

    pg_result_close(w->page);
    w->page = NULL;
    w->at = 0;
    rc = pg_query(w->walk->pg, NULL, "FETCH FORWARD 500 FROM walked", NULL,
                  &w->page, err);
    w->ended = rc != ST_OK || pg_n_rows(w->page) == 0;
    return rc;
}

/* Where what is sent in has its number. */
static bool
has_receipts(enum topic topic)
{
    return topic == TOPIC_NOTIFICATIONS || topic == TOPIC_INDICATORS;
}

static enum status
open_receipts(struct work *w, enum topic topic, struct err *err)
{
    struct str sql =
        arena_printf(w->walk->arena,
                     "DECLARE walked NO SCROLL CURSOR FOR SELECT sequence, "
                     "item_kind, agency_id, agency_ref, amendment, item_id, "
                     "content_hash, recorded_at, kind, warnings FROM receipt "
                     "WHERE shard = %u AND item_kind %s 'indicator' "
                     "ORDER BY sequence",
                     (unsigned)w->walk->origin.authority,
                     topic == TOPIC_INDICATORS ? "=" : "<>");
    enum status rc = pg_exec(w->walk->pg, sql.p, err);

    return rc == ST_OK ? fetch(w, err) : rc;
}

static enum status
close_receipts(struct work *w, struct err *err)
{
    pg_result_close(w->page);
    w->page = NULL;
    return pg_exec(w->walk->pg, "CLOSE walked", err);
}

static enum status
next_receipt(struct work *w, struct err *err)
{
    w->at++;
    return w->at == pg_n_rows(w->page) ? fetch(w, err) : ST_OK;
}

static bool
is_receipt(const struct work *w, const struct receipt *r)
{
    const struct pg_result *p = w->page;
    size_t i = w->at;

    return str_is(pg_text(p, i, 1), r->item_kind) &&
           str_eq(pg_text(p, i, 2), r->agency_id) &&
           str_eq(pg_text(p, i, 3), r->agency_ref) &&
           pg_i32(p, i, 4) == r->amendment &&
           id_eq(pg_id(p, i, 5), r->item_id) &&
           str_eq(pg_text(p, i, 6), r->content_hash) &&
           pg_time(p, i, 7) == r->recorded_at &&
           str_is(pg_text(p, i, 8), r->kind) && pg_i32(p, i, 9) == r->warnings;
}

/* The receipts up to `number`: one if its record was sent in, else none. */
static enum status
hold_receipts(struct work *w, enum topic topic, int64_t number,
              const struct receipt *r, struct err *err)
{
    bool found = false;
    enum status rc = ST_OK;

    while (rc == ST_OK && !w->ended && pg_i64(w->page, w->at, 0) <= number) {
        int64_t at = pg_i64(w->page, w->at, 0);

        if (at < number || r == NULL || found)
            note(w, topic, ODD_STRAY, at);
        else if (!is_receipt(w, r))
            note(w, topic, ODD_RECEIPT, at);
        found = found || at == number;
        rc = next_receipt(w, err);
    }
    if (rc == ST_OK && r != NULL && !found)
        note(w, topic, ODD_NO_RECEIPT, number);
    return rc;
}

static enum status
hold_record(struct work *w, enum topic topic, const struct stream_record *rec,
            struct err *err)
{
    struct receipt receipt;
    enum record_type type;
    const void *body;
    bool sent;
    enum status rc = avro_decode(w->walk->avro, rec->value, w->walk->arena,
                                 &type, &body, err);

    if (rc != ST_OK)
        return rc == ST_REJECT ? ST_FATAL : rc;
    sent = receipt_of(type, body, &receipt);
    return hold_receipts(w, topic, rec->link.sequence, sent ? &receipt : NULL,
                         err);
}

/* ---- one topic --------------------------------------------------------- */

/* Where the log ends, and what it has twice, behind what we have as well. */
static enum status
read_whole(struct work *w, const struct stream_options *o, struct err *err)
{
    struct stream *s = NULL;
    enum status rc = stream_open(o, &s, err);

    if (rc == ST_OK)
        rc = stream_last(s, w->walk->origin, &w->out->last[o->topic], err);
    if (rc == ST_OK)
        w->odd[o->topic][ODD_TWICE] = stream_fork(s, w->walk->origin);
    stream_close(s);
    return rc;
}

static enum status
walk_topic(struct work *w, enum topic topic, struct err *err)
{
    const struct recover_walk *k = w->walk;
    struct stream_options o = { .conn = k->conn,
                                .topic = topic,
                                .authority = k->origin.authority,
                                .only = (enum service)k->origin.service };
    int64_t given = k->tails->at[topic].sequence;
    uint64_t chain = 0;
    struct stream **s = &w->out->streams[topic];
    enum status rc = read_whole(w, &o, err);

    if (rc == ST_OK)
        rc = stream_open(&o, s, err);
    if (rc == ST_OK && has_receipts(topic))
        rc = open_receipts(w, topic, err);
    for (int64_t i = 1; rc == ST_OK && i <= given && i <= w->out->last[topic];
         i++) {
        const struct stream_record *rec = NULL;

        if (i % PAGE == 1)
            arena_reset(k->arena);
        rc = stream_get(*s, k->origin, i, &rec, err);
        if (rc == ST_OK && rec == NULL)
            rc = err_set(err, ST_FATAL, "gap", "%" PRId64 " is not there", i);
        if (rc == ST_OK &&
            chain_next(chain, rec->key, rec->value) != rec->link.chain)
            note(w, topic, ODD_CHAIN, i);
        if (rc == ST_OK && has_receipts(topic))
            rc = hold_record(w, topic, rec, err);
        if (rc == ST_OK)
            chain = rec->link.chain;
        if (rc == ST_OK && i == given && chain != k->tails->at[topic].chain)
            note(w, topic, ODD_TAIL, i);
        stream_forget(*s, k->origin, i);
    }
    if (rc == ST_OK && has_receipts(topic))
        rc = close_receipts(w, err);
    if (rc != ST_OK)
        err_where(err, "%s", topic_name(topic));
    return rc;
}

/* ---- the outbox -------------------------------------------------------- */

static bool
hold_block(struct work *w, struct str block)
{
    struct outbox_entry e;
    size_t at = 0;
    bool ok;

    while (outbox_next(block, &at, &e, &ok)) {
        uint64_t chain;

        if (w->out->streams[e.topic] != NULL &&
            stream_chain(w->out->streams[e.topic], w->walk->origin, e.sequence,
                         &chain) &&
            chain != e.chain)
            note(w, e.topic, ODD_OUTBOX, e.sequence);
    }
    return ok;
}

static enum status
walk_outbox(struct work *w, struct err *err)
{
    const struct recover_walk *k = w->walk;
    int64_t turn = 0;
    size_t n = BLOCKS;
    enum status rc = ST_OK;

    while (rc == ST_OK && n == BLOCKS) {
        struct pg_result *res = NULL;
        struct pg_params p;

        arena_reset(k->arena);
        pg_params_init(&p, k->arena);
        pg_add_i32(&p, k->origin.authority);
        pg_add_i64(&p, turn);
        pg_add_i32(&p, BLOCKS);
        rc = pg_query(k->pg, NULL,
                      "SELECT turn, block FROM outbox WHERE shard = $1 AND "
                      "turn > $2 ORDER BY turn LIMIT $3",
                      &p, &res, err);
        n = rc == ST_OK ? pg_n_rows(res) : 0;
        for (size_t i = 0; rc == ST_OK && i < n; i++) {
            turn = pg_i64(res, i, 0);
            if (!hold_block(w, pg_text(res, i, 1)))
                rc = err_set(err, ST_FATAL, "outbox",
                             "the block of turn %" PRId64 " is damaged", turn);
        }
        pg_result_close(res);
    }
    return rc;
}

enum status
recover_hole(const struct stream *s, enum topic topic, struct origin origin,
             int64_t given, struct err *err)
{
    struct stream_hole hole = stream_hole(s, origin);
    const char *service = service_name((enum service)origin.service);

    if (hole.first == 0 || hole.held <= given)
        return ST_OK;
    if (hole.first <= given)
        return err_set(err, ST_FATAL, "gap",
                       "%s: our %" PRId64 " to %" PRId64 " are lost, the log "
                       "goes on to %" PRId64 ", the database to %" PRId64
                       ": `waymark republish --service %s --topic %s --from "
                       "%" PRId64 "`, then recover again",
                       topic_name(topic), hole.first,
                       hole.last < given ? hole.last : given, hole.held, given,
                       service, topic_name(topic), hole.first);
    return err_set(err, ST_FATAL, "gap",
                   "%s: our %" PRId64 " to %" PRId64 " are neither in the log, "
                   "which goes on to %" PRId64 ", nor in the database, which "
                   "gave out up to %" PRId64
                   ": restore a backup that has given "
                   "out %" PRId64 " and republish from %" PRId64
                   "; without one they can't be joined",
                   topic_name(topic), hole.first, hole.last, hole.held, given,
                   hole.last, hole.first);
}

/* ---- the whole --------------------------------------------------------- */

static void
numbers(const struct stream_fork *f, char *out, size_t room)
{
    if (f->n == 1)
        (void)snprintf(out, room, "%" PRId64, f->first);
    else
        (void)snprintf(out, room,
                       "%" PRId64 " and up to %" PRId64 ", %zu of them",
                       f->first, f->last, f->n);
}

/* Everything that was found, in one text. */
static enum status
say(const struct work *w, struct err *err)
{
    char text[sizeof err->text] = "";
    size_t at = 0;

    for (size_t t = 0; t < w->walk->n_topics; t++) {
        enum topic topic = w->walk->topics[t];

        for (int o = 0; o < ODD_N; o++) {
            char which[80];

            if (w->odd[topic][o].n == 0)
                continue;
            numbers(&w->odd[topic][o], which, sizeof which);
            (void)snprintf(text + at, sizeof text - at, "%s%s: %s%s%s",
                           at == 0 ? "" : "; ", topic_name(topic),
                           sentences[o].before, which, sentences[o].behind);
            at = strlen(text);
        }
    }
    return at == 0 ? ST_OK : err_set(err, ST_FATAL, "fork", "%s", text);
}

enum status
recover_walk(const struct recover_walk *walk, struct recover_walked *out,
             struct err *err)
{
    struct work w = { .walk = walk, .out = out };
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < walk->n_topics; i++)
        rc = walk_topic(&w, walk->topics[i], err);
    if (rc == ST_OK)
        rc = walk_outbox(&w, err);
    pg_result_close(w.page);
    return rc == ST_OK ? say(&w, err) : rc;
}
