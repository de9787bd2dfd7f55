/*
 * waymark balance: counts the raw records against each other. It shares no
 * code with the cores, the runner or the checker: it reads the log anew,
 * parses the header itself, recomputes each chain, and leaves the counting to
 * SQL.
 */
#include <xxhash.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/avro.h"
#include "common/core/records.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"

enum {
    TAKE_MAX = 1000,
    WAIT_MS = 1000,
    WAITS_MAX = 20,
    SETTLE_TRIES = 60,
    SETTLE_PAUSE_MS = 500,
    WRITERS_MAX = 64,
    WM_SIZE = 24, /* version, service, authority, incarnation, number, chain */
};

/* What is known of one record for its chain. */
struct ring {
    int64_t number;
    uint64_t chain;
    uint64_t key_hash, value_hash;
    int64_t offset;
};

/* One writer on one topic. */
struct writer {
    int service;
    uint32_t incarnation;
    struct ring *rings;
    size_t n, room;
};

/* A row of the temporary table raw. */
struct row {
    const char *topic;
    int64_t at;
    int32_t service;
    int64_t incarnation;
    int64_t number;
    const char *type;
    struct id notification_id;
    struct id decision_id;
    struct id thing_id;
    struct str place;
};

struct balance {
    struct cli *cli;
    struct pg *pg;
    struct kafka_conn conn;
    struct avro_codec *avro;
    struct arena *arena; /* one page */
    int32_t shard;
    struct row *rows;
    size_t n_rows;
    struct writer writers[WRITERS_MAX];
    size_t n_writers;
    size_t bad_chains;
    size_t strangers;
    int64_t accepted, lost, doubled, wrong;
};

static const char *const topics[] = {
    "notifications", "receipts", "casework",   "case-journal",
    "alerts",        "feedback", "indicators", "dead-letters",
};

/* ---- the moment -------------------------------------------------------- */

/* What the schemas say at one moment; later rows are nobody's business. */
static const char moment_sql[] =
    "CREATE TEMP TABLE marks (reader text, shard int, topic text, service "
    "text, incarnation bigint, number bigint);"
    "CREATE TEMP TABLE outs (writer text, shard int, topic text, number "
    "bigint);"
    "CREATE TEMP TABLE turns (writer text, shard int, turn bigint);"
    "CREATE TEMP TABLE facts (shard int, name text, id uuid);"
    "CREATE TEMP TABLE raw (shard int, topic text, at bigint, service text, "
    "incarnation bigint, number bigint, type text, notification_id uuid, "
    "decision_id uuid, thing_id uuid, place text);";

static const char schema_sql[] =
    "INSERT INTO marks SELECT '%s', shard, topic, service, incarnation, "
    "sequence FROM %s.in_mark;"
    "INSERT INTO outs SELECT '%s', shard, topic, sequence FROM %s.out_seq;"
    "INSERT INTO turns SELECT '%s', shard, turn FROM %s.shard;";

/* A table whose rows are counted against ids in the log. */
static const struct {
    const char *name;
    const char *table;
    const char *column;
    const char *where;
} fact_tables[] = {
    { "receipt", "intake.receipt", "item_id",
      "WHERE item_kind = 'notification'" },
    { "decision", "triage.decision", "notification_id", "" },
    { "case", "tracker.cases", "case_id", "" },
    { "fact_notification", "metrics.fact_notification", "notification_id", "" },
    { "fact_case", "metrics.fact_case", "case_id", "" },
    { "fact_case", "metrics.fact_case_waiting", "case_id", "" },
    { "fact_handover", "metrics.fact_handover", "handover_id", "" },
    { "fact_alert", "metrics.fact_alert", "alert_id", "" },
};

static enum status
has_table(struct balance *b, const char *name, bool *out, struct err *err)
{
    const char *dot = strchr(name, '.');
    struct str schema =
        arena_printf(b->cli->arena, "%.*s", (int)(dot - name), name);

    return cli_has_table(b->pg, schema.p, dot + 1, out, err);
}

static enum status
take_moment(struct balance *b, struct err *err)
{
    static const char *const schemas[] = { "intake", "triage", "tracker",
                                           "metrics", "notifier" };
    struct arena *arena = b->cli->arena;
    enum status rc =
        pg_exec(b->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ", err);

    if (rc == ST_OK)
        rc = pg_exec(b->pg, moment_sql, err);
    for (size_t i = 0; rc == ST_OK && i < sizeof schemas / sizeof schemas[0];
         i++) {
        const char *s = schemas[i];
        bool there = false;

        rc = cli_has_table(b->pg, s, "shard", &there, err);
        if (rc == ST_OK && there)
            rc = pg_exec(b->pg,
                         arena_printf(arena, schema_sql, s, s, s, s, s, s).p,
                         err);
    }
    for (size_t i = 0;
         rc == ST_OK && i < sizeof fact_tables / sizeof fact_tables[0]; i++) {
        bool there = false;

        rc = has_table(b, fact_tables[i].table, &there, err);
        if (rc == ST_OK && there)
            rc =
                pg_exec(b->pg,
                        arena_printf(arena,
                                     "INSERT INTO facts SELECT shard, '%s', "
                                     "%s FROM %s %s",
                                     fact_tables[i].name, fact_tables[i].column,
                                     fact_tables[i].table, fact_tables[i].where)
                            .p,
                        err);
    }
    return rc == ST_OK ? pg_exec(b->pg, "COMMIT", err) : rc;
}

/* All that was true at the moment must be on the topics before they are read.
 */
static enum status
wait_confirmed(struct balance *b, struct err *err)
{
    static const char *const schemas[] = { "intake", "triage", "tracker",
                                           "metrics", "notifier" };
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < sizeof schemas / sizeof schemas[0];
         i++) {
        const char *s = schemas[i];
        bool there = false;
        int64_t open = 1;

        rc = cli_has_table(b->pg, s, "shard", &there, err);
        for (int k = 0; rc == ST_OK && there && open > 0; k++) {
            struct pg_result *res = NULL;

            rc = pg_query(b->pg, NULL,
                          arena_printf(b->cli->arena,
                                       "SELECT count(*) FROM %s.shard h JOIN "
                                       "turns t ON t.writer = '%s' AND t.shard "
                                       "= h.shard WHERE h.confirmed_turn < "
                                       "t.turn AND h.shard IN (SELECT shard "
                                       "FROM %s.outbox)",
                                       s, s, s)
                              .p,
                          NULL, &res, err);
            open = rc == ST_OK ? pg_i64(res, 0, 0) : 0;
            pg_result_close(res);
            if (open > 0 && k == SETTLE_TRIES)
                return err_set(err, ST_RETRY, "unconfirmed",
                               "%s has turns that no broker has confirmed", s);
            if (open > 0)
                monotonic_pause(SETTLE_PAUSE_MS);
        }
    }
    return rc;
}

/* ---- the log ----------------------------------------------------------- */

static uint64_t
big_endian(const unsigned char *p, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static struct writer *
writer_of(struct balance *b, int service, uint32_t incarnation)
{
    for (size_t i = 0; i < b->n_writers; i++)
        if (b->writers[i].service == service &&
            b->writers[i].incarnation == incarnation)
            return &b->writers[i];
    if (b->n_writers == WRITERS_MAX)
        return NULL;
    b->writers[b->n_writers] =
        (struct writer){ .service = service, .incarnation = incarnation };
    return &b->writers[b->n_writers++];
}

static enum status
add_ring(struct balance *b, const struct row *row, uint64_t chain,
         const struct kafka_record *r, struct err *err)
{
    struct writer *w = writer_of(b, row->service, (uint32_t)row->incarnation);

    if (w != NULL && w->n == w->room) {
        size_t room = w->room == 0 ? 4096 : w->room * 2;
        struct ring *rings = realloc(w->rings, room * sizeof *rings);

        if (rings == NULL)
            return err_set(err, ST_FATAL, "memory", "no memory for chains");
        w->rings = rings;
        w->room = room;
    }
    if (w == NULL)
        return err_set(err, ST_FATAL, "memory", "too many writers");
    w->rings[w->n++] = (struct ring){
        .number = row->number,
        .chain = chain,
        .key_hash = XXH3_64bits(r->key.n > 0 ? r->key.p : "", r->key.n),
        .value_hash = XXH3_64bits(r->value.n > 0 ? r->value.p : "", r->value.n),
        .offset = r->offset,
    };
    return ST_OK;
}

static int
by_number(const void *a, const void *b)
{
    const struct ring *x = a, *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Each chain value from the one before; a repeat must repeat its own. */
static void
check_chains(struct balance *b, const char *topic)
{
    for (size_t i = 0; i < b->n_writers; i++) {
        struct writer *w = &b->writers[i];
        uint64_t before = 0, bad = b->bad_chains;
        int64_t number = 0;

        qsort(w->rings, w->n, sizeof *w->rings, by_number);
        for (size_t k = 0; k < w->n; k++) {
            const struct ring *r = &w->rings[k];
            unsigned char seed[24];

            if (r->number == number) {
                b->bad_chains += r->chain != before;
                continue;
            }
            for (size_t n = 0; n < 8; n++) {
                seed[n] = (unsigned char)(before >> (56 - 8 * n));
                seed[8 + n] = (unsigned char)(r->key_hash >> (56 - 8 * n));
                seed[16 + n] = (unsigned char)(r->value_hash >> (56 - 8 * n));
            }
            if (r->number == number + 1)
                b->bad_chains += r->chain != XXH3_64bits(seed, sizeof seed);
            number = r->number;
            before = r->chain;
        }
        if (b->bad_chains != bad)
            fprintf(stderr,
                    "balance: %s: %s: %" PRIu64 " chain values are not "
                    "what they should be\n",
                    topic, service_name((enum service)w->service),
                    b->bad_chains - bad);
        free(w->rings);
    }
    b->n_writers = 0;
}

/* The ids of a record that are counted. */
static void
take_ids(enum record_type type, const void *body, struct row *row)
{
    const struct notification_received *received = body;
    const struct notification_accepted *accepted = body;
    const struct referral_decided *decided = body;
    const struct case_changed *changed = body;
    const struct handover_changed *handover = body;
    const struct referrer_answered *answered = body;
    const struct alert_raised *raised = body;
    const struct alert_escalated *escalated = body;
    const struct alert_acknowledged *acknowledged = body;
    const struct alert_cleared *cleared = body;

    row->type = record_def(type)->fields->name;
    switch (type) {
    case REC_NOTIFICATION_RECEIVED:
        row->notification_id = received->notification_id;
        break;
    case REC_NOTIFICATION_ACCEPTED:
        row->notification_id = accepted->notification_id;
        break;
    case REC_REFERRAL_DECIDED:
        row->notification_id = decided->notification_id;
        row->decision_id = decided->decision_id;
        break;
    case REC_CASE_CHANGED:
        row->notification_id = changed->notification_id;
        row->decision_id = changed->decision_id;
        row->thing_id = changed->case_id;
        break;
    case REC_HANDOVER_CHANGED:
        row->thing_id = handover->handover_id;
        break;
    case REC_REFERRER_ANSWERED:
        row->notification_id = answered->notification_id;
        break;
    case REC_ALERT_RAISED:
        row->thing_id = raised->alert_id;
        break;
    case REC_ALERT_ESCALATED:
        row->thing_id = escalated->alert_id;
        break;
    case REC_ALERT_ACKNOWLEDGED:
        row->thing_id = acknowledged->alert_id;
        break;
    case REC_ALERT_CLEARED:
        row->thing_id = cleared->alert_id;
        break;
    default:
        break;
    }
}

#define COLUMN(kind, add, member)                                              \
    do {                                                                       \
        pg_array_begin(&p, kind, b->n_rows);                                   \
        for (size_t i = 0; i < b->n_rows; i++)                                 \
            add(&p, b->rows[i].member);                                        \
        pg_array_end(&p);                                                      \
    } while (0)

static void
add_word(struct pg_params *p, const char *word)
{
    pg_add_text(p, str_of(word));
}

static void
add_service(struct pg_params *p, int32_t service)
{
    pg_add_text(p, str_of(service_name((enum service)service)));
}

static enum status
save_rows(struct balance *b, struct err *err)
{
    struct pg_params p;
    enum status rc = ST_OK;

    pg_params_init(&p, b->arena);
    pg_add_i32(&p, b->shard);
    COLUMN(PG_TEXT, add_word, topic);
    COLUMN(PG_INT8, pg_add_i64, at);
    COLUMN(PG_TEXT, add_service, service);
    COLUMN(PG_INT8, pg_add_i64, incarnation);
    COLUMN(PG_INT8, pg_add_i64, number);
    COLUMN(PG_TEXT, add_word, type);
    COLUMN(PG_UUID, pg_add_id, notification_id);
    COLUMN(PG_UUID, pg_add_id, decision_id);
    COLUMN(PG_UUID, pg_add_id, thing_id);
    COLUMN(PG_TEXT, pg_add_text, place);
    if (b->n_rows > 0)
        rc = pg_query(b->pg, "raw",
                      "INSERT INTO raw SELECT $1, * FROM unnest($2::text[], "
                      "$3::bigint[], $4::text[], $5::bigint[], $6::bigint[], "
                      "$7::text[], $8::uuid[], $9::uuid[], $10::uuid[], "
                      "$11::text[])",
                      &p, NULL, err);
    arena_reset(b->arena);
    b->rows = arena_array(b->arena, TAKE_MAX, sizeof *b->rows);
    b->n_rows = 0;
    return rc;
}

static enum status
read_one(struct balance *b, const char *topic, const struct kafka_record *r,
         struct err *err)
{
    const unsigned char *wm = (const unsigned char *)r->wm.p;
    struct row *row = &b->rows[b->n_rows];
    enum record_type type;
    const void *body;
    enum status rc;

    if (r->wm.n != WM_SIZE || wm[0] != 1 ||
        big_endian(wm + 2, 2) != (uint64_t)b->shard) {
        b->strangers++;
        return ST_OK;
    }
    *row = (struct row){ .topic = topic,
                         .at = r->offset,
                         .service = wm[1],
                         .incarnation = (int64_t)big_endian(wm + 4, 4),
                         .number = (int64_t)big_endian(wm + 8, 8),
                         .place = arena_str(
                             b->arena, kafka_record_header(r, "wm-place")) };
    b->n_rows++;
    rc = add_ring(b, row, big_endian(wm + 16, 8), r, err);
    if (rc != ST_OK || strcmp(topic, "dead-letters") == 0)
        return rc;
    rc = avro_decode(b->avro, r->value, b->arena, &type, &body, err);
    if (rc == ST_OK)
        take_ids(type, body, row);
    return rc == ST_REJECT ? ST_OK : rc;
}

static enum status
read_topic(struct balance *b, const char *topic, struct err *err)
{
    struct kafka_reader_options options = { .conn = b->conn,
                                            .queue_kb = 16384 };
    struct kafka_part part = { .topic = topic,
                               .partition = b->shard,
                               .next_offset = KAFKA_BEGINNING };
    struct kafka_take take = { .max = TAKE_MAX,
                               .max_bytes = 8 << 20,
                               .timeout_ms = WAIT_MS };
    struct kafka_record *records =
        arena_array(b->cli->arena, TAKE_MAX, sizeof *records);
    struct kafka_ends ends = { .high = 0 };
    struct kafka_reader *reader = NULL;
    int64_t at;
    int idle = 0;
    enum status rc = kafka_reader_open(&options, &reader, err);

    if (rc == ST_OK)
        rc = kafka_reader_end(reader, &part, WAITS_MAX * WAIT_MS, &ends, err);
    if (rc == ST_OK)
        rc = kafka_reader_assign(reader, &part, 1, err);
    at = ends.low;
    while (rc == ST_OK && at < ends.high) {
        size_t n = 0;

        rc = kafka_reader_take(reader, &take, records, &n, err);
        idle = n == 0 ? idle + 1 : 0;
        if (rc == ST_RETRY && idle <= WAITS_MAX)
            rc = ST_OK;
        if (rc == ST_OK && idle > WAITS_MAX)
            rc = err_set(err, ST_RETRY, "kafka", "%s stands still", topic);
        for (size_t i = 0; rc == ST_OK && i < n && at < ends.high; i++) {
            if (records[i].offset < ends.high)
                rc = read_one(b, topic, &records[i], err);
            at = records[i].offset + 1;
        }
        if (rc == ST_OK)
            rc = save_rows(b, err);
    }
    kafka_reader_close(reader);
    check_chains(b, topic);
    if (rc != ST_OK)
        err_where(err, "%s", topic);
    return rc;
}

/* ---- counting ---------------------------------------------------------- */

/* One line: a number, what it says, and what it counts as. */
struct count {
    const char *name;
    const char *sql; /* gives one number; rec is raw without repeats */
    enum {
        COUNT_TELL,
        COUNT_ACCEPTED,
        COUNT_LOST,
        COUNT_DOUBLED,
        COUNT_WRONG
    } as;
};

#define ACCEPTED                                                               \
    "(SELECT * FROM rec WHERE topic = 'notifications' AND type = "             \
    "'NotificationReceived') n"
#define DECIDED                                                                \
    "EXISTS (SELECT 1 FROM rec d WHERE d.shard = n.shard AND d.type = "        \
    "'ReferralDecided' AND d.notification_id = n.notification_id)"
#define BURIED                                                                 \
    "EXISTS (SELECT 1 FROM rec d WHERE d.shard = n.shard AND d.topic = "       \
    "'dead-letters' AND d.service = 'triage' AND d.place = 'notifications:'"   \
    " || n.service || '.' || n.incarnation || ':' || n.number)"
#define READ_BY(reader, rec)                                                   \
    "EXISTS (SELECT 1 FROM marks m WHERE m.reader = '" reader "' AND "         \
    "m.shard = " rec ".shard AND m.topic = " rec ".topic AND m.service "       \
    "= " rec ".service AND m.incarnation = " rec ".incarnation AND "           \
    "m.number >= " rec ".number)"
#define DECISIONS                                                              \
    "(SELECT * FROM rec WHERE topic = 'casework' AND type = "                  \
    "'ReferralDecided') d"
#define ANSWERS                                                                \
    "(SELECT count(*) FROM rec c WHERE c.shard = d.shard AND c.type = "        \
    "'CaseChanged' AND c.decision_id = d.decision_id)"
#define BURIED_BY_TRACKER                                                      \
    "EXISTS (SELECT 1 FROM rec x WHERE x.shard = d.shard AND x.topic = "       \
    "'dead-letters' AND x.service = 'tracker' AND x.place = 'casework:' "      \
    "|| d.service || '.' || d.incarnation || ':' || d.number)"
/* Ids of records that a reader had applied, against the rows it keeps. */
#define FACTS(name, ids)                                                       \
    "SELECT count(*) FROM (SELECT id FROM facts WHERE name = '" name "' AND "  \
    "shard = $1) f FULL JOIN (SELECT DISTINCT id FROM (" ids ") i WHERE id "   \
    "IS NOT NULL) l USING (id) WHERE f.id IS NULL OR l.id IS NULL"
#define GIVEN_OUT(r)                                                           \
    "EXISTS (SELECT 1 FROM outs o WHERE o.writer = " r ".service AND "         \
    "o.shard = " r ".shard AND o.topic = " r ".topic AND o.number >= " r       \
    ".number)"

static const struct count counts[] = {
    { "accepted", "SELECT count(DISTINCT notification_id) FROM " ACCEPTED,
      COUNT_ACCEPTED },
    { "decided",
      "SELECT count(DISTINCT notification_id) FROM " ACCEPTED " WHERE " DECIDED,
      COUNT_TELL },
    { "dead-lettered",
      "SELECT count(DISTINCT notification_id) FROM " ACCEPTED
      " WHERE NOT " DECIDED " AND " BURIED,
      COUNT_TELL },
    { "waiting",
      "SELECT count(DISTINCT notification_id) FROM " ACCEPTED
      " WHERE NOT " DECIDED " AND NOT " BURIED
      " AND NOT " READ_BY("triage", "n"),
      COUNT_TELL },
    { "lost: read by triage, and nothing came of it",
      "SELECT count(DISTINCT notification_id) FROM " ACCEPTED
      " WHERE NOT " DECIDED " AND NOT " BURIED " AND " READ_BY("triage", "n"),
      COUNT_LOST },
    { "lost: a receipt without a record",
      "SELECT count(*) FROM facts f WHERE f.name = 'receipt' AND f.shard = $1 "
      "AND NOT EXISTS (SELECT 1 FROM rec n WHERE n.type = "
      "'NotificationReceived' AND n.notification_id = f.id)",
      COUNT_LOST },
    { "lost: accepted and not told to the topic receipts",
      "SELECT count(*) FROM " ACCEPTED " WHERE " GIVEN_OUT(
          "n") " AND NOT EXISTS (SELECT 1 FROM rec r WHERE r.type = "
               "'NotificationAccepted' AND r.notification_id = "
               "n.notification_id)",
      COUNT_LOST },
    { "doubled: notifications accepted more than once",
      "SELECT count(*) - count(DISTINCT notification_id) FROM " ACCEPTED,
      COUNT_DOUBLED },
    { "doubled: receipts told more than once",
      "SELECT count(*) - count(DISTINCT notification_id) FROM rec WHERE type "
      "= 'NotificationAccepted'",
      COUNT_DOUBLED },
    { "doubled: decisions given out more than once",
      "SELECT count(*) - count(DISTINCT decision_id) FROM " DECISIONS,
      COUNT_DOUBLED },
    { "decided and never accepted",
      "SELECT count(*) FROM " DECISIONS " WHERE NOT EXISTS (SELECT 1 FROM rec "
      "n WHERE n.type = 'NotificationReceived' AND n.notification_id = "
      "d.notification_id)",
      COUNT_WRONG },
    { "decisions", "SELECT count(*) FROM " DECISIONS, COUNT_TELL },
    { "answered by tracker",
      "SELECT count(*) FROM " DECISIONS " WHERE " ANSWERS " = 1", COUNT_TELL },
    { "answer waits",
      "SELECT count(*) FROM " DECISIONS " WHERE " ANSWERS
      " = 0 AND NOT " READ_BY("tracker", "d"),
      COUNT_TELL },
    { "lost: read by tracker and not answered",
      "SELECT count(*) FROM " DECISIONS " WHERE " ANSWERS
      " = 0 AND " READ_BY("tracker", "d") " AND NOT " BURIED_BY_TRACKER,
      COUNT_LOST },
    { "doubled: decisions answered more than once",
      "SELECT count(*) FROM " DECISIONS " WHERE " ANSWERS " > 1",
      COUNT_DOUBLED },
    { "topics of a writer with a gap",
      "SELECT count(*) FROM (SELECT 1 FROM rec GROUP BY topic, service, "
      "incarnation HAVING min(number) <> 1 OR max(number) <> count(*)) g",
      COUNT_WRONG },
    { "numbers given out and not in the log",
      "SELECT count(*) FROM outs o WHERE o.shard = $1 AND o.number > 0 AND "
      "NOT EXISTS (SELECT 1 FROM rec r WHERE r.service = o.writer AND r.topic "
      "= o.topic AND r.number = o.number)",
      COUNT_WRONG },
    { "rows of triage.decision that don't fit the log",
      FACTS("decision", "SELECT notification_id AS id FROM rec r WHERE r.type "
                        "= 'ReferralDecided' AND " GIVEN_OUT("r")),
      COUNT_WRONG },
    { "rows of tracker.cases that don't fit the log",
      FACTS("case", "SELECT thing_id AS id FROM rec r WHERE r.type = "
                    "'CaseChanged' AND " GIVEN_OUT("r")),
      COUNT_WRONG },
    { "rows of metrics.fact_notification that don't fit the log",
      FACTS("fact_notification",
            "SELECT notification_id AS id FROM rec r WHERE r.type IN "
            "('NotificationAccepted', 'ReferralDecided', 'CaseChanged', "
            "'ReferrerAnswered') AND " READ_BY("metrics", "r")),
      COUNT_WRONG },
    { "rows of metrics.fact_case that don't fit the log",
      FACTS("fact_case", "SELECT thing_id AS id FROM rec r WHERE r.type = "
                         "'CaseChanged' AND " READ_BY("metrics", "r")),
      COUNT_WRONG },
    { "rows of metrics.fact_handover that don't fit the log",
      FACTS("fact_handover", "SELECT thing_id AS id FROM rec r WHERE r.type = "
                             "'HandoverChanged' AND " READ_BY("metrics", "r")),
      COUNT_WRONG },
    { "rows of metrics.fact_alert that don't fit the log",
      FACTS("fact_alert", "SELECT thing_id AS id FROM rec r WHERE r.topic = "
                          "'alerts' AND " READ_BY("metrics", "r")),
      COUNT_WRONG },
};
enum { N_COUNTS = sizeof counts / sizeof counts[0] };

static void
tell(struct balance *b, const char *authority, const struct count *c, int64_t n)
{
    if (cli_flag(b->cli, "json"))
        printf("{\"authority\":\"%s\",\"count\":\"%s\",\"n\":%" PRId64 "}\n",
               authority, c->name, n);
    else
        printf("%s: %s: %" PRId64 "\n", authority, c->name, n);
    switch (c->as) {
    case COUNT_ACCEPTED:
        b->accepted += n;
        break;
    case COUNT_LOST:
        b->lost += n;
        break;
    case COUNT_DOUBLED:
        b->doubled += n;
        break;
    case COUNT_WRONG:
        b->wrong += n;
        break;
    case COUNT_TELL:
        break;
    }
}

static enum status
count_all(struct balance *b, const char *authority, struct err *err)
{
    static const char prepare[] =
        "DROP TABLE IF EXISTS rec;"
        "CREATE TEMP TABLE rec AS SELECT DISTINCT ON (topic, service, "
        "incarnation, number) * FROM raw ORDER BY topic, service, "
        "incarnation, number, at;"
        "CREATE INDEX ON rec (notification_id); CREATE INDEX ON rec "
        "(decision_id); CREATE INDEX ON rec (place) WHERE place IS NOT NULL;"
        "CREATE INDEX ON rec (topic, service, number); ANALYZE rec; "
        "ANALYZE facts; TRUNCATE raw";
    struct count chains = { .name = "chain values that are wrong",
                            .as = COUNT_WRONG };
    struct count strangers = { .name = "records of strangers",
                               .as = COUNT_TELL };
    enum status rc = pg_exec(b->pg, prepare, err);

    for (size_t i = 0; rc == ST_OK && i < N_COUNTS; i++) {
        /* All of it is one authority's, but every count has its number. */
        struct str sql =
            arena_printf(b->cli->arena, "SELECT (%s) FROM (SELECT $1::int) one",
                         counts[i].sql);
        struct pg_params p;
        struct pg_result *res = NULL;

        pg_params_init(&p, b->cli->arena);
        pg_add_i32(&p, b->shard);
        rc = pg_query(b->pg, NULL, sql.p, &p, &res, err);
        if (rc == ST_OK)
            tell(b, authority, &counts[i], pg_i64(res, 0, 0));
        else
            err_where(err, "%s", counts[i].name);
        pg_result_close(res);
    }
    if (rc == ST_OK) {
        tell(b, authority, &chains, (int64_t)b->bad_chains);
        tell(b, authority, &strangers, (int64_t)b->strangers);
    }
    b->bad_chains = b->strangers = 0;
    return rc;
}

/* ---- the verb ---------------------------------------------------------- */

/* Authorities that somebody has a shard of. */
static enum status
has_shard(struct balance *b, int32_t shard, bool *out, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, b->cli->arena);
    pg_add_i32(&p, shard);
    rc = pg_query(b->pg, NULL, "SELECT count(*) FROM turns WHERE shard = $1",
                  &p, &res, err);
    if (rc == ST_OK)
        *out = pg_i64(res, 0, 0) > 0;
    pg_result_close(res);
    return rc;
}

static enum status
work(struct balance *b, struct err *err)
{
    struct authorities all = { .n = 0 };
    int32_t only = -1;
    enum status rc = cli_kafka(b->cli, &b->conn, err);

    if (rc == ST_OK)
        rc = cli_authorities(b->cli, &all, err);
    if (rc == ST_OK)
        rc = cli_shard(b->cli, &only, err);
    if (rc == ST_OK)
        rc = cli_pg(b->cli, &b->pg, err);
    if (rc == ST_OK)
        rc = take_moment(b, err);
    if (rc == ST_OK)
        rc = wait_confirmed(b, err);
    for (size_t i = 0; rc == ST_OK && i < all.n; i++) {
        bool there = false;

        b->shard = all.at[i].partition;
        if (only >= 0 && only != b->shard)
            continue;
        rc = has_shard(b, b->shard, &there, err);
        if (!there)
            continue;
        b->rows = arena_array(b->arena, TAKE_MAX, sizeof *b->rows);
        for (size_t t = 0; rc == ST_OK && t < sizeof topics / sizeof topics[0];
             t++)
            rc = read_topic(b, topics[t], err);
        if (rc == ST_OK)
            rc = count_all(b, all.at[i].name.p, err);
    }
    return rc;
}

static enum cli_exit
run(struct cli *cli)
{
    struct balance b = { .cli = cli };
    struct err err = { .code = "" };
    enum status rc = ST_FATAL;

    b.arena = memory_open((size_t)512 << 20);
    b.avro = avro_open(&err);
    if (b.arena != NULL && b.avro != NULL)
        rc = work(&b, &err);
    pg_close(b.pg);
    avro_close(b.avro);
    memory_close(b.arena);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    if (cli_flag(cli, "json"))
        printf("{\"balance\":{\"accepted\":%" PRId64 ",\"lost\":%" PRId64
               ",\"doubled\":%" PRId64 ",\"wrong\":%" PRId64 "}}\n",
               b.accepted, b.lost, b.doubled, b.wrong);
    else
        printf("balance: %" PRId64 " accepted, %" PRId64 " lost, %" PRId64
               " doubled%s\n",
               b.accepted, b.lost, b.doubled,
               b.wrong > 0 ? ", and more that is wrong above" : "");
    return b.lost + b.doubled + b.wrong == 0 ? CLI_DONE : CLI_DIFFERENT;
}

const struct verb verb_balance = {
    .name = "balance",
    .words = "[--authority NAME]",
    .help = "count the raw records: nothing lost, nothing doubled",
    .options = {
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
