#include "intake/agree.h"

#include "common/adapters/kafka_port.h"
#include "common/engine/memory.h"

enum { MEMORY_MAX = 1 << 20 };

void
agree_init(struct standing *s)
{
    static const enum topic outputs[] = { TOPIC_NOTIFICATIONS, TOPIC_RECEIPTS,
                                          TOPIC_INDICATORS };

    standing_init(s, outputs, sizeof outputs / sizeof outputs[0]);
    s->n--; /* intake writes no dead letters, and theirs is a long topic */
}

enum status
agree_ask(const struct agree_options *options, struct standing *out,
          struct err *err)
{
    struct kafka_sink_options sink_options = {
        .conn = options->kafka,
        .partition = options->partition,
        .origin = { .service = SERVICE_INTAKE,
                    .authority = options->partition,
                    .incarnation = 1 },
        .last_wait_ms = AGREE_WAIT_MS,
    };
    struct kafka_sink *kafka_sink = NULL;
    struct sink sink;
    enum status rc = kafka_sink_open(&sink_options, &kafka_sink, &sink, err);

    agree_init(out);
    if (rc == ST_OK)
        rc = sink.last(sink.self, out->topics, out->n, out->log, err);
    kafka_sink_close(kafka_sink);
    return rc;
}

enum status
agree_check(struct pg *pg, const struct agree_options *options,
            const struct standing *log, struct err *err)
{
    struct arena *arena = memory_open(MEMORY_MAX);
    struct tails tails = { .at = { { 0 } } };
    struct pg_result *res = NULL;
    struct pg_params p;
    struct str sql;
    enum status rc;

    if (arena == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory");
    sql = arena_printf(arena,
                       "SELECT topic, sequence, chain FROM \"%s\".out_seq "
                       "WHERE shard = $1",
                       options->schema);
    pg_params_init(&p, arena);
    pg_add_i32(&p, options->partition);
    rc = pg_query(pg, NULL, sql.p, &p, &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        enum topic t = topic_find(pg_text(res, i, 0));

        tails.at[t].sequence = pg_i64(res, i, 1);
        tails.at[t].chain = (uint64_t)pg_i64(res, i, 2);
    }
    pg_result_close(res);
    if (rc == ST_OK)
        rc = standing_check(log, &tails, err);
    memory_close(arena);
    return rc;
}

enum status
agree_with_log(const struct agree_options *options, struct err *err)
{
    struct pg_options pg_options = { .conninfo = options->conninfo,
                                     .application_name =
                                         "waymark-intake-agree" };
    struct standing log;
    struct pg *pg = NULL;
    enum status rc = agree_ask(options, &log, err);

    if (rc == ST_OK)
        rc = pg_open(&pg_options, &pg, err);
    if (rc == ST_OK)
        rc = agree_check(pg, options, &log, err);
    pg_close(pg);
    return rc;
}
