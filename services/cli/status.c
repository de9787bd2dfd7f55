/* waymark status: every service by what its schema says. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"

static const char *const schemas[] = { "intake", "triage", "tracker", "metrics",
                                       "notifier" };
enum { N_SCHEMAS = sizeof schemas / sizeof schemas[0] };

/* A stop that nobody has taken over or ended since. */
#define STOPS                                                                  \
    "FROM %s.life l LEFT JOIN %s.shard s USING (shard) WHERE "                 \
    "l.code IS NOT NULL AND l.epoch = coalesce(s.epoch, 0) AND "               \
    "($1 = -1 OR l.shard = $1)"

static const char stop_sql[] =
    "SELECT '%s' AS service, coalesce(s.authority, l.shard::text) AS "
    "authority, l.code AS stopped, l.instance, l.since, l.reason " STOPS;

static const char service_sql[] =
    "SELECT '%s' AS service, s.authority, coalesce(s.owner, '-') AS owner, "
    "coalesce(%.*s, '-') AS stopped, "
    "s.epoch, s.turn, s.turn - s.confirmed_turn AS unconfirmed, "
    "(SELECT coalesce(sum(o.sequence), 0)::bigint FROM %s.out_seq o WHERE "
    "o.shard = s.shard AND o.topic = 'dead-letters') AS dead_letters, "
    "s.now AS event_time FROM %s.shard s WHERE $1 = -1 OR s.shard = $1";

/* Nobody shows a sign of life, and nobody said why; an owner beats at least
 * once a second unless BEAT_MS says otherwise. */
static const char silent_sql[] =
    "SELECT '%s' AS service, s.authority, coalesce(s.owner, '-') AS owner, "
    "extract(epoch FROM clock_timestamp() - s.beat_at)::bigint AS silent_s "
    "FROM %s.shard s WHERE ($1 = -1 OR s.shard = $1) AND "
    "s.beat_at < clock_timestamp() - interval '15 s' AND %.*s IS NULL";

/* One reader's marks against what one writer has given out. */
static const char mark_sql[] =
    "SELECT '%s' AS reader, h.authority, m.topic, m.service AS writer, "
    "m.sequence AS read, o.sequence AS written, "
    "o.sequence - m.sequence AS behind, m.heard "
    "FROM %s.in_mark m JOIN %s.shard h USING (shard) "
    "JOIN %s.out_seq o ON o.shard = m.shard AND o.topic = m.topic "
    "WHERE m.service = '%s' AND ($1 = -1 OR m.shard = $1)";

/* Add a part to a UNION. */
static struct str
add_part(struct arena *arena, struct str sql, struct str part)
{
    return arena_printf(arena, "%.*s%s%.*s", STR_ARG(sql),
                        sql.n == 0 ? "" : " UNION ALL ", STR_ARG(part));
}

static enum status
find_schemas(struct pg *pg, bool there[N_SCHEMAS], bool lives[N_SCHEMAS],
             struct err *err)
{
    enum status rc = ST_OK;
    size_t n = 0;

    for (size_t i = 0; rc == ST_OK && i < N_SCHEMAS; i++) {
        rc = cli_has_table(pg, schemas[i], "shard", &there[i], err);
        if (rc == ST_OK)
            rc = cli_has_table(pg, schemas[i], "life", &lives[i], err);
        n += rc == ST_OK && there[i];
    }
    if (rc == ST_OK && n == 0)
        rc = err_set(err, ST_RETRY, "schema", "no service has a schema yet");
    return rc;
}

/* What is shown, each a UNION over the schemas; null for nothing. */
struct parts {
    struct str services;
    struct str stops;
    struct str silent;
    struct str marks;
};

static void
add_service(struct arena *arena, const char *s, bool lives, struct parts *parts)
{
    struct str stopped = STR("NULL::text");

    if (lives) { /* a schema of an older version has no such table */
        parts->stops = add_part(arena, parts->stops,
                                arena_printf(arena, stop_sql, s, s, s));
        stopped = arena_printf(arena,
                               "(SELECT min(l.code) FROM %s.life l WHERE "
                               "l.shard = s.shard AND l.epoch = s.epoch)",
                               s);
    }
    parts->services =
        add_part(arena, parts->services,
                 arena_printf(arena, service_sql, s, STR_ARG(stopped), s, s));
    parts->silent =
        add_part(arena, parts->silent,
                 arena_printf(arena, silent_sql, s, s, STR_ARG(stopped)));
}

static void
write_sql(struct arena *arena, const bool there[N_SCHEMAS],
          const bool lives[N_SCHEMAS], struct parts *parts)
{
    for (size_t r = 0; r < N_SCHEMAS; r++) {
        const char *s = schemas[r];

        if (!there[r])
            continue;
        add_service(arena, s, lives[r], parts);
        for (size_t w = 0; w < N_SCHEMAS; w++)
            if (there[w])
                parts->marks = add_part(arena, parts->marks,
                                        arena_printf(arena, mark_sql, s, s, s,
                                                     schemas[w], schemas[w]));
    }
}

static enum status
show(const struct cli *cli, struct pg *pg, int32_t shard, size_t *wrong,
     struct err *err)
{
    struct parts parts = { .services = STR_NULL };
    bool there[N_SCHEMAS], lives[N_SCHEMAS], json = cli_flag(cli, "json");
    size_t stops = 0, silent = 0;
    struct pg_params p;
    enum status rc = find_schemas(pg, there, lives, err);

    if (rc != ST_OK)
        return rc;
    write_sql(cli->arena, there, lives, &parts);
    pg_params_init(&p, cli->arena);
    pg_add_i32(&p, shard);
    printf("%s", json ? "{" : "");
    rc = cli_show(cli, pg, NULL, "services", parts.services.p, &p, NULL, err);
    printf("%s", json ? "," : "\n");
    if (rc == ST_OK && parts.stops.p != NULL) {
        rc = cli_show(cli, pg, "stopped", "stopped", parts.stops.p, &p, &stops,
                      err);
        printf("%s", json ? "," : "\n");
    }
    if (rc == ST_OK) {
        rc = cli_show(cli, pg, "silent", "silent", parts.silent.p, &p, &silent,
                      err);
        printf("%s", json ? "," : "\n");
    }
    *wrong = stops + silent;
    if (rc == ST_OK)
        rc = cli_show(cli, pg, NULL, "marks", parts.marks.p, &p, NULL, err);
    printf("%s", json ? "}\n" : "");
    for (size_t i = 0; !json && i < N_SCHEMAS; i++)
        if (!there[i])
            printf("%s: has no schema yet\n", schemas[i]);
    return rc;
}

static enum cli_exit
run(struct cli *cli)
{
    struct err err = { .code = "" };
    struct pg *pg = NULL;
    size_t wrong = 0;
    int32_t shard;
    enum status rc = cli_shard(cli, &shard, &err);

    if (rc == ST_OK)
        rc = cli_pg(cli, &pg, &err);
    if (rc == ST_OK)
        rc = show(cli, pg, shard, &wrong, &err);
    pg_close(pg);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    return wrong > 0 ? CLI_DIFFERENT : CLI_DONE;
}

const struct verb verb_status = {
    .name = "status",
    .words = "[--authority NAME]",
    .help = "every service: owner, what stopped or is silent, lag, dead letters",
    .options = {
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
