/* waymark republish: what a broker lost goes out again, from the outbox. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/core/chain.h"
#include "common/core/codes.h"
#include "common/core/outbox.h"
#include "common/engine/memory.h"

enum { WAIT_MS = 1000, WAITS_MAX = 60, TAGS = 1000, HEADERS_MAX = 8 };

struct republish {
    struct cli *cli;
    struct pg *pg;
    struct kafka_conn conn;
    struct kafka_writer *writer;
    struct arena *arena; /* of one block */
    const char *service;
    int32_t shard;
    uint32_t incarnation;
    enum topic topic;
    int64_t from;
    int64_t sent; /* last number sent, 0 before */
    size_t n;
};

static enum status
drain(struct republish *r, size_t below, struct err *err)
{
    uint64_t tags[TAGS];
    enum status rc = ST_OK;

    for (int i = 0; rc == ST_OK && kafka_writer_in_flight(r->writer) > below;
         i++) {
        size_t n = 0;

        rc = kafka_writer_poll(r->writer, WAIT_MS, tags, TAGS, &n, err);
        if (rc == ST_RETRY && i < WAITS_MAX)
            rc = ST_OK;
        if (rc == ST_OK && n > 0)
            i = 0;
        if (rc == ST_OK && i >= WAITS_MAX)
            rc = err_set(err, ST_RETRY, "kafka", "no broker confirms");
    }
    return rc;
}

static enum status
send_entry(struct republish *r, const struct outbox_entry *e, struct err *err)
{
    struct kafka_header headers[HEADERS_MAX];
    struct outbox_header h;
    uint8_t wm[CHAIN_HEADER_SIZE];
    struct link link = {
        .origin = { .service =
                        (uint8_t)codes_find(&codes_service, str_of(r->service)),
                    .authority = (uint16_t)r->shard,
                    .incarnation = r->incarnation },
        .sequence = e->sequence,
        .chain = e->chain,
    };
    struct kafka_send send = { .topic = topic_name(e->topic),
                               .partition = r->shard,
                               .key = e->key,
                               .value = e->value,
                               .headers = headers };
    size_t at = 0;
    enum status rc;

    while (send.n_headers < HEADERS_MAX &&
           outbox_next_header(e->headers, &at, &h))
        headers[send.n_headers++] =
            (struct kafka_header){ .name = arena_str(r->arena, h.name).p,
                                   .value = h.value };
    chain_header(&link, wm);
    send.wm = (struct str){ .p = (const char *)wm, .n = sizeof wm };
    rc = kafka_writer_send(r->writer, &send, err);
    if (rc == ST_RETRY && strcmp(err->code, "full") == 0) {
        rc = drain(r, kafka_writer_in_flight(r->writer) / 2, err);
        if (rc == ST_OK)
            rc = kafka_writer_send(r->writer, &send, err);
    }
    return rc;
}

static enum status
send_block(struct republish *r, struct str block, struct err *err)
{
    struct outbox_entry e;
    size_t at = 0;
    bool ok = true;
    enum status rc = ST_OK;

    while (rc == ST_OK && outbox_next(block, &at, &e, &ok)) {
        if (e.topic != r->topic || e.sequence < r->from)
            continue;
        if (e.sequence != (r->sent == 0 ? r->from : r->sent + 1))
            return err_set(err, ST_RETRY, "outbox",
                           "%" PRId64 " is not in the outbox any more: only "
                           "a replica of Kafka has it",
                           r->sent == 0 ? r->from : r->sent + 1);
        rc = send_entry(r, &e, err);
        r->sent = e.sequence;
        r->n++;
    }
    return rc == ST_OK && !ok
               ? err_set(err, ST_FATAL, "outbox", "a block is damaged")
               : rc;
}

static enum status
read_shard(struct republish *r, struct err *err)
{
    struct str sql = arena_printf(r->cli->arena,
                                  "SELECT incarnation FROM \"%s\".shard WHERE "
                                  "shard = $1",
                                  r->service);
    struct pg_params p;
    struct pg_result *res = NULL;
    bool there = false;
    enum status rc = cli_has_table(r->pg, r->service, "outbox", &there, err);

    if (rc == ST_OK && !there)
        return err_set(err, ST_RETRY, "schema", "there is no schema %s",
                       r->service);
    pg_params_init(&p, r->cli->arena);
    pg_add_i32(&p, r->shard);
    if (rc == ST_OK)
        rc = pg_query(r->pg, NULL, sql.p, &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_RETRY, "shard", "%s does not know this authority",
                     r->service);
    if (rc == ST_OK)
        r->incarnation = (uint32_t)pg_i32(res, 0, 0);
    pg_result_close(res);
    return rc;
}

static enum status
send_all(struct republish *r, struct err *err)
{
    struct str sql = arena_printf(r->cli->arena,
                                  "SELECT turn, block FROM \"%s\".outbox WHERE "
                                  "shard = $1 AND turn > $2 ORDER BY turn "
                                  "LIMIT 1",
                                  r->service);
    int64_t turn = -1;
    enum status rc = ST_OK;

    while (rc == ST_OK) {
        struct pg_params p;
        struct pg_result *res = NULL;
        bool found;

        arena_reset(r->arena);
        pg_params_init(&p, r->arena);
        pg_add_i32(&p, r->shard);
        pg_add_i64(&p, turn);
        rc = pg_query(r->pg, "outbox", sql.p, &p, &res, err);
        found = rc == ST_OK && pg_n_rows(res) > 0;
        if (found) {
            turn = pg_i64(res, 0, 0);
            rc = send_block(r, pg_text(res, 0, 1), err);
        }
        pg_result_close(res);
        if (!found)
            break;
    }
    if (rc == ST_OK && r->sent == 0)
        rc = err_set(err, ST_RETRY, "outbox",
                     "%" PRId64 " and later are not in the outbox", r->from);
    return rc == ST_OK ? drain(r, 0, err) : rc;
}

static enum status
work(struct republish *r, struct err *err)
{
    struct kafka_writer_options writer = { .conn = r->conn };
    enum status rc = cli_pg(r->cli, &r->pg, err);

    if (rc == ST_OK)
        rc = read_shard(r, err);
    if (rc == ST_OK)
        rc = kafka_writer_open(&writer, &r->writer, err);
    return rc == ST_OK ? send_all(r, err) : rc;
}

static enum cli_exit
run(struct cli *cli)
{
    struct republish r = { .cli = cli, .service = cli_text(cli, "service") };
    const char *topic = cli_text(cli, "topic");
    struct err err = { .code = "" };
    enum status rc;

    if (r.service == NULL || topic == NULL || cli_text(cli, "from") == NULL ||
        cli_text(cli, "authority") == NULL)
        return cli_usage(cli, "want --service, --authority, --topic and "
                              "--from");
    if (codes_find(&codes_service, str_of(r.service)) == 0)
        return cli_usage(cli, "there is no service \"%s\"", r.service);
    r.topic = topic_find(str_of(topic));
    if (r.topic == TOPIC_NONE)
        return cli_usage(cli, "there is no topic \"%s\"", topic);
    if (!cli_number(cli, "from", 1, INT64_MAX, &r.from))
        return CLI_USAGE;
    r.arena = memory_open((size_t)256 << 20);
    if (r.arena == NULL)
        return CLI_WORLD;
    rc = cli_shard(cli, &r.shard, &err);
    if (rc == ST_OK)
        rc = cli_kafka(cli, &r.conn, &err);
    if (rc == ST_OK)
        rc = work(&r, &err);
    kafka_writer_close(r.writer);
    pg_close(r.pg);
    memory_close(r.arena);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    printf("republish: %zu records of %s sent again, %" PRId64 " to %" PRId64
           "\n",
           r.n, topic, r.from, r.sent);
    return CLI_DONE;
}

const struct verb verb_republish = {
    .name = "republish",
    .words = "--service S --authority A --topic T --from N",
    .help = "send again what a broker lost, from a number to the last",
    .options = {
        { .name = "service", .value = "S", .help = "whose records" },
        { .name = "authority", .value = "A", .help = "of which authority" },
        { .name = "topic", .value = "T", .help = "on which topic" },
        { .name = "from", .value = "N",
          .help = "number of the first record that is missing" },
    },
    .run = run,
};
