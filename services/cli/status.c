/* waymark status: every service by what its schema says. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"

static const char *const schemas[] = { "intake", "triage", "tracker", "metrics",
                                       "notifier" };
enum { N_SCHEMAS = sizeof schemas / sizeof schemas[0] };

static const char service_sql[] =
    "SELECT '%s' AS service, s.authority, coalesce(s.owner, '-') AS owner, "
    "s.epoch, s.turn, s.turn - s.confirmed_turn AS unconfirmed, "
    "(SELECT coalesce(sum(o.sequence), 0)::bigint FROM %s.out_seq o WHERE "
    "o.shard = s.shard AND o.topic = 'dead-letters') AS dead_letters, "
    "s.now AS event_time FROM %s.shard s WHERE $1 = -1 OR s.shard = $1";

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
find_schemas(struct pg *pg, bool there[N_SCHEMAS], size_t *n, struct err *err)
{
    enum status rc = ST_OK;

    *n = 0;
    for (size_t i = 0; rc == ST_OK && i < N_SCHEMAS; i++) {
        rc = cli_has_table(pg, schemas[i], "shard", &there[i], err);
        *n += rc == ST_OK && there[i];
    }
    if (rc == ST_OK && *n == 0)
        rc = err_set(err, ST_RETRY, "schema", "no service has a schema yet");
    return rc;
}

static void
write_sql(struct arena *arena, const bool there[N_SCHEMAS],
          struct str *services, struct str *marks)
{
    for (size_t r = 0; r < N_SCHEMAS; r++) {
        const char *s = schemas[r];

        if (!there[r])
            continue;
        *services = add_part(arena, *services,
                             arena_printf(arena, service_sql, s, s, s));
        for (size_t w = 0; w < N_SCHEMAS; w++)
            if (there[w])
                *marks = add_part(arena, *marks,
                                  arena_printf(arena, mark_sql, s, s, s,
                                               schemas[w], schemas[w]));
    }
}

static enum status
show(const struct cli *cli, struct pg *pg, int32_t shard, struct err *err)
{
    struct str services = STR_NULL, marks = STR_NULL;
    bool there[N_SCHEMAS], json = cli_flag(cli, "json");
    struct pg_params p;
    size_t n;
    enum status rc = find_schemas(pg, there, &n, err);

    if (rc != ST_OK)
        return rc;
    write_sql(cli->arena, there, &services, &marks);
    pg_params_init(&p, cli->arena);
    pg_add_i32(&p, shard);
    printf("%s", json ? "{" : "");
    rc = cli_show(cli, pg, NULL, "services", services.p, &p, NULL, err);
    printf("%s", json ? "," : "\n");
    if (rc == ST_OK)
        rc = cli_show(cli, pg, NULL, "marks", marks.p, &p, NULL, err);
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
    int32_t shard;
    enum status rc = cli_shard(cli, &shard, &err);

    if (rc == ST_OK)
        rc = cli_pg(cli, &pg, &err);
    if (rc == ST_OK)
        rc = show(cli, pg, shard, &err);
    pg_close(pg);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_status = {
    .name = "status",
    .words = "[--authority NAME]",
    .help = "every service: owner, turn, unconfirmed, lag, dead letters",
    .options = {
        { .name = "authority", .value = "NAME",
          .help = "only this authority" },
    },
    .prints_data = true,
    .run = run,
};
