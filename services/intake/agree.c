#include "intake/agree.h"

#include "common/adapters/kafka_port.h"
#include "common/adapters/pg.h"
#include "common/engine/memory.h"
#include "common/engine/standing.h"

enum { MEMORY_MAX = 1 << 20 };

static const enum topic outputs[] = { TOPIC_NOTIFICATIONS, TOPIC_RECEIPTS,
                                      TOPIC_INDICATORS };

static enum status
read_log(const struct agree_options *o, struct standing *s, struct err *err)
{
    struct kafka_sink_options options = {
        .conn = o->kafka,
        .partition = o->partition,
        .origin = { .service = SERVICE_INTAKE,
                    .authority = o->partition,
                    .incarnation = 1 },
    };
    struct kafka_sink *kafka_sink = NULL;
    struct sink sink;
    enum status rc = kafka_sink_open(&options, &kafka_sink, &sink, err);

    if (rc == ST_OK)
        rc = sink.last(sink.self, s->topics, s->n, s->log, err);
    kafka_sink_close(kafka_sink);
    return rc;
}

static enum status
read_tails(const struct agree_options *o, struct arena *arena,
           struct tails *tails, struct err *err)
{
    struct pg_options options = { .conninfo = o->conninfo,
                                  .application_name = "waymark-intake-agree" };
    struct str sql = arena_printf(arena,
                                  "SELECT topic, sequence, chain FROM "
                                  "\"%s\".out_seq WHERE shard = $1",
                                  o->schema);
    struct pg *pg = NULL;
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc = pg_open(&options, &pg, err);

    pg_params_init(&p, arena);
    pg_add_i32(&p, o->partition);
    if (rc == ST_OK)
        rc = pg_query(pg, NULL, sql.p, &p, &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        enum topic t = topic_find(pg_text(res, i, 0));

        tails->at[t].sequence = pg_i64(res, i, 1);
        tails->at[t].chain = (uint64_t)pg_i64(res, i, 2);
    }
    pg_result_close(res);
    pg_close(pg);
    return rc;
}

enum status
agree_with_log(const struct agree_options *options, struct err *err)
{
    struct arena *arena = memory_open(MEMORY_MAX);
    struct tails tails = { .at = { { 0 } } };
    struct standing standing;
    enum status rc;

    if (arena == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory");
    standing_init(&standing, outputs, sizeof outputs / sizeof outputs[0]);
    /* The log first: what another instance commits meanwhile can only bring
     * the database further. */
    rc = read_log(options, &standing, err);
    if (rc == ST_OK)
        rc = read_tails(options, arena, &tails, err);
    if (rc == ST_OK)
        rc = standing_check(&standing, &tails, err);
    memory_close(arena);
    return rc;
}
