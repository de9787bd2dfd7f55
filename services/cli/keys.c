/* waymark keys: what the keys of persons follow from, and which master key
 * wraps it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/json.h"
#include "common/adapters/person_keys.h"
#include "common/engine/memory.h"

enum { PAGE = 1000 };

struct keys {
    const struct cli *cli;
    struct pg *pg;
    struct seal *seal;
    struct arena *arena; /* of one statement */
};

/* Of one authority. */
struct counted {
    int64_t trees, rows, erased;
    int64_t old;     /* rows that another master key of the file wraps */
    int64_t unknown; /* or one that is not in it */
};

static struct pg_params
begin_params(const struct keys *k, int32_t shard)
{
    struct pg_params p;

    arena_reset(k->arena);
    pg_params_init(&p, k->arena);
    pg_add_i32(&p, shard);
    return p;
}

/* ---- show ---------------------------------------------------------------- */

/* One row stands for all that its master key wrapped. */
static enum status
count_masters(const struct keys *k, int32_t shard, struct counted *out,
              struct err *err)
{
    struct pg_params p = begin_params(k, shard);
    struct pg_result *res = NULL;
    enum status rc =
        pg_query(k->pg, NULL,
                 "SELECT DISTINCT ON (m) first, digits, wrapped, count(*) "
                 "OVER (PARTITION BY m) FROM (SELECT *, substring(wrapped "
                 "FROM 2 FOR 8) m FROM person_key WHERE shard = $1 AND "
                 "wrapped IS NOT NULL) x ORDER BY m, first",
                 &p, &res, err);

    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        struct seal_range range = { .shard = shard,
                                    .first = pg_id(res, i, 0),
                                    .digits = pg_i32(res, i, 1) };
        struct seal_key key;
        struct err why;

        if (seal_unwrap(k->seal, &range, pg_text(res, i, 2), &key, &why) !=
            ST_OK)
            out->unknown += pg_i64(res, i, 3);
        else if (!seal_is_current(k->seal, pg_text(res, i, 2)))
            out->old += pg_i64(res, i, 3);
        seal_forget(&key, sizeof key);
    }
    pg_result_close(res);
    return rc;
}

static enum status
count_all(const struct keys *k, int32_t shard, struct counted *out,
          struct err *err)
{
    struct pg_params p = begin_params(k, shard);
    struct pg_result *res = NULL;
    enum status rc =
        pg_query(k->pg, NULL,
                 "SELECT count(DISTINCT left(first::text, 4)), "
                 "count(wrapped), count(erased_at) FROM person_key "
                 "WHERE shard = $1",
                 &p, &res, err);

    *out = (struct counted){ .trees = 0 };
    if (rc == ST_OK) {
        out->trees = pg_i64(res, 0, 0);
        out->rows = pg_i64(res, 0, 1);
        out->erased = pg_i64(res, 0, 2);
    }
    pg_result_close(res);
    return rc == ST_OK ? count_masters(k, shard, out, err) : rc;
}

static void
show_json(const struct authority *a, const struct counted *n)
{
    struct json_out o;

    json_out_init(&o, NULL);
    json_out_object(&o);
    json_out_kstr(&o, "authority", a->name);
    json_out_kint(&o, "trees", n->trees);
    json_out_kint(&o, "rows", n->rows);
    json_out_kint(&o, "erased", n->erased);
    json_out_kint(&o, "old_master", n->old);
    json_out_kint(&o, "unknown_master", n->unknown);
    json_out_object_end(&o);
    printf("%.*s\n", STR_ARG(json_out_text(&o)));
    json_out_free(&o);
}

static enum status
show(const struct keys *k, const struct authority *a, bool *differs,
     struct err *err)
{
    struct counted n;
    enum status rc = count_all(k, a->partition, &n, err);

    if (rc != ST_OK)
        return rc;
    *differs = *differs || n.unknown > 0;
    if (cli_flag(k->cli, "json"))
        show_json(a, &n);
    else
        printf("keys: %.*s: %" PRId64 " trees, %" PRId64 " rows, %" PRId64
               " erased, %" PRId64 " under an old master key, %" PRId64
               " under one that is not in the file\n",
               STR_ARG(a->name), n.trees, n.rows, n.erased, n.old, n.unknown);
    return ST_OK;
}

/* ---- rewrap -------------------------------------------------------------- */

static enum status
rewrap(const struct keys *k, const struct authority *a, bool *differs,
       struct err *err)
{
    struct person_rewrap at = { .rows = 0 };
    enum status rc = ST_OK;

    (void)differs;
    while (rc == ST_OK && !at.over) {
        arena_reset(k->arena);
        rc = cli_go_on(err);
        if (rc == ST_OK)
            rc = person_keys_rewrap(k->pg, k->seal, a->partition, PAGE, &at,
                                    k->arena, err);
    }
    if (rc == ST_OK && cli_flag(k->cli, "json"))
        printf("{\"authority\":\"%.*s\",\"rows\":%" PRId64
               ",\"rewrapped\":%" PRId64 "}\n",
               STR_ARG(a->name), at.rows, at.wrapped);
    else if (rc == ST_OK)
        printf("keys: %.*s: %" PRId64 " of %" PRId64 " rows wrapped anew\n",
               STR_ARG(a->name), at.wrapped, at.rows);
    return rc;
}

/* ---- renew --------------------------------------------------------------- */

/* Under the lock that intake's groups take: the next one seals by it. */
static enum status
begin_tree(const struct keys *k, int32_t shard, int *tree, struct err *err)
{
    struct pg_params p = begin_params(k, shard);
    struct pg_result *res = NULL;
    enum status rc = pg_exec(k->pg, "BEGIN", err);

    if (rc == ST_OK)
        rc = pg_query(k->pg, NULL,
                      "SELECT shard FROM shard WHERE shard = $1 FOR UPDATE", &p,
                      &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_RETRY, "shard",
                     "intake's database does not know it: start intake once");
    pg_result_close(res);
    if (rc == ST_OK)
        rc = person_keys_begin(k->pg, k->seal, shard, tree, k->arena, err);
    return rc == ST_OK ? pg_exec(k->pg, "COMMIT", err) : rc;
}

static enum status
renew(const struct keys *k, const struct authority *a, bool *differs,
      struct err *err)
{
    int tree = 0;
    enum status rc = begin_tree(k, a->partition, &tree, err);

    (void)differs;
    if (rc == ST_OK && cli_flag(k->cli, "json"))
        printf("{\"authority\":\"%.*s\",\"tree\":%d}\n", STR_ARG(a->name),
               tree);
    else if (rc == ST_OK)
        printf("keys: %.*s: tree %d is begun: take a backup now, one from "
               "before can't open what is sealed from here on\n",
               STR_ARG(a->name), tree);
    return rc;
}

/* ---- the verb ------------------------------------------------------------ */

static const struct action {
    const char *name;
    bool one; /* wants --authority */
    enum status (*run)(const struct keys *k, const struct authority *a,
                       bool *differs, struct err *err);
} actions[] = {
    { .name = "show", .run = show },
    { .name = "rewrap", .run = rewrap },
    { .name = "renew", .one = true, .run = renew },
};

static const struct action *
find_action(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static enum status
open_keys(struct keys *k, struct err *err)
{
    bool there = false;
    enum status rc = cli_seal(k->cli, "intake", &k->seal, err);

    if (rc == ST_OK)
        rc = cli_pg(k->cli, &k->pg, err);
    if (rc == ST_OK)
        rc = cli_has_table(k->pg, "intake", "person_key", &there, err);
    if (rc == ST_OK && !there)
        rc = err_set(err, ST_RETRY, "schema",
                     "there is no table intake.person_key: start intake once");
    if (rc == ST_OK)
        rc = pg_exec(k->pg, "SET search_path TO intake", err);
    k->arena = memory_open((size_t)16 << 20);
    return rc == ST_OK && k->arena == NULL
               ? err_set(err, ST_FATAL, "memory", "no memory")
               : rc;
}

static enum status
for_each(const struct keys *k, const struct action *action, bool *differs,
         struct err *err)
{
    struct authorities all = { .n = 0 };
    int32_t shard = -1;
    enum status rc = cli_authorities(k->cli, &all, err);

    if (rc == ST_OK)
        rc = cli_shard(k->cli, &shard, err);
    for (size_t i = 0; rc == ST_OK && i < all.n; i++)
        if (shard < 0 || all.at[i].partition == shard)
            rc = action->run(k, &all.at[i], differs, err);
    return rc;
}

static enum cli_exit
run(struct cli *cli)
{
    const struct action *action = find_action(cli->words[0]);
    struct keys k = { .cli = cli };
    struct err err = { .code = "" };
    bool differs = false;
    enum status rc;

    if (action == NULL)
        return cli_usage(cli, "want show, rewrap or renew");
    if (action->one && cli_text(cli, "authority") == NULL)
        return cli_usage(cli, "renew wants --authority");
    cli_hold_signals();
    rc = open_keys(&k, &err);
    if (rc == ST_OK)
        rc = for_each(&k, action, &differs, &err);
    memory_close(k.arena);
    pg_close(k.pg);
    seal_close(k.seal);
    cli_let_go();
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    return differs ? CLI_DIFFERENT : CLI_DONE;
}

const struct verb verb_keys = {
    .name = "keys",
    .words = "show | rewrap | renew",
    .help = "what keys of persons follow from, and under which master key",
    .min_words = 1,
    .max_words = 1,
    .options = {
        { .name = "authority", .value = "A", .help = "only this authority" },
        CLI_SEAL_KEY_FILE,
    },
    .prints_data = true,
    .run = run,
};
