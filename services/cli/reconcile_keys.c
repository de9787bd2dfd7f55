#include "cli/reconcile_keys.h"

#include <stdio.h>
#include <string.h>

#include "cli/compare.h"
#include "common/adapters/key_tree.h"
#include "common/adapters/person_keys.h"
#include "common/engine/memory.h"

#define FETCH "FETCH FORWARD 1000 FROM keys"

enum status
reconcile_keys_table(struct pg *pg, const char *schema, struct err *err)
{
    struct arena *arena = memory_open((size_t)1 << 20);
    struct str sql;
    enum status rc;

    if (arena == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    sql = arena_printf(arena,
                       "CREATE TABLE IF NOT EXISTS \"%s\".person_key_erased "
                       "(shard smallint, key_id uuid, erased_at timestamptz, "
                       "erased_by text, erased_second text, "
                       "PRIMARY KEY (shard, key_id))",
                       schema);
    rc = pg_exec(pg, sql.p, err);
    memory_close(arena);
    return rc;
}

enum status
reconcile_keys_erase(struct pg *pg, const char *schema, uint16_t shard,
                     const struct erasure_recorded *e, struct arena *arena,
                     struct err *err)
{
    struct str sql =
        arena_printf(arena,
                     "INSERT INTO \"%s\".person_key_erased "
                     "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                     schema);
    struct pg_params p;

    pg_params_init(&p, arena);
    pg_add_i16(&p, (int16_t)shard);
    pg_add_id(&p, e->key_id);
    pg_add_time(&p, e->meta.recorded_at);
    pg_add_text(&p, e->by);
    pg_add_text(&p, e->second_by);
    return pg_query(pg, NULL, sql.p, &p, NULL, err);
}

enum status
reconcile_keys_forget(struct pg *pg, const char *schema, uint16_t shard,
                      struct arena *arena, struct err *err)
{
    struct str sql =
        arena_printf(arena,
                     "INSERT INTO \"%s\".person_key_erased SELECT * FROM "
                     "intake.person_key_erased WHERE shard = $1 "
                     "ON CONFLICT DO NOTHING",
                     schema);
    struct pg_params p;

    pg_params_init(&p, arena);
    pg_add_i16(&p, (int16_t)shard);
    return pg_query(pg, NULL, sql.p, &p, NULL, err);
}

/* ---- what they sealed ---------------------------------------------------- */

static void
say(struct differ *differ, struct id key_id, const char *column)
{
    char text[ID_TEXT_SIZE];

    differ_add(differ,
               &(struct difference){ .what = "table person_key",
                                     .key = str_of(id_text(key_id, text)),
                                     .column = str_of(column) });
}

static void
open_sealed(const struct person_keys *keys, const struct seal *seal,
            const struct reconcile_sealed *s, struct arena *arena,
            struct differ *differ)
{
    struct seal_key key;
    struct str plain;
    struct err err;
    enum status rc = person_keys_open(keys, seal, s->name.key_id, &key, &err);

    if (rc == ST_OK &&
        seal_read(&key, &s->name, s->bytes, arena, &plain, &err) != ST_OK)
        say(differ, s->name.key_id, "does not open what it sealed");
    else if (rc == ST_RETRY)
        say(differ, s->name.key_id, "is missing");
    else if (rc != ST_OK && strcmp(err.code, "erased") != 0)
        say(differ, s->name.key_id, "can't be opened");
    seal_forget(&key, sizeof key);
}

enum status
reconcile_keys_open(struct pg *live, uint16_t shard, const struct seal *seal,
                    const struct reconcile_sealed *sealed, size_t n,
                    struct arena *arena, struct differ *differ, struct err *err)
{
    struct id *ids = arena_array(arena, n, sizeof *ids);
    struct person_keys keys;
    enum status rc;

    for (size_t i = 0; i < n; i++)
        ids[i] = sealed[i].name.key_id;
    rc = person_keys_load(live, "intake", shard, ids, n, arena, &keys, err);
    for (size_t i = 0; rc == ST_OK && i < n; i++)
        open_sealed(&keys, seal, &sealed[i], arena, differ);
    return rc;
}

/* ---- the ranges ---------------------------------------------------------- */

/* Where the next range has to begin. */
struct walk {
    struct differ *differ;
    const struct seal *seal;
    int tree; /* 0: none yet */
    struct id next;
    bool over; /* the tree's last range was seen */
};

static struct id
behind(struct id id)
{
    for (int i = (int)sizeof id.b - 1; i >= 0 && ++id.b[i] == 0;)
        i--;
    return id;
}

static void
end_tree(struct walk *w)
{
    if (w->tree != 0 && !w->over)
        say(w->differ, w->next, "keys from here on are missing");
}

static void
look_at(struct walk *w, const struct seal_range *range, struct str wrapped)
{
    int tree = key_tree_number(range->first);
    struct seal_range whole = key_tree_whole(range->shard, tree);
    struct seal_key key;
    struct err err;

    if (tree != w->tree) {
        end_tree(w);
        w->tree = tree;
        w->next = whole.first;
        w->over = false;
    }
    if (w->over || id_cmp(range->first, w->next) < 0)
        say(w->differ, range->first, "has keys that another row has");
    else if (id_cmp(range->first, w->next) > 0)
        say(w->differ, w->next, "keys from here on are missing");
    if (wrapped.p != NULL &&
        seal_unwrap(w->seal, range, wrapped, &key, &err) != ST_OK)
        say(w->differ, range->first, "can't be opened");
    seal_forget(&key, sizeof key);
    w->next = behind(key_tree_last(range));
    w->over = id_eq(key_tree_last(range), key_tree_last(&whole));
}

static enum status
walk_ranges(struct pg *live, uint16_t shard, struct walk *w, struct err *err)
{
    bool more = true;
    char sql[160];
    enum status rc;

    (void)snprintf(sql, sizeof sql,
                   "DECLARE keys NO SCROLL CURSOR FOR SELECT first, digits, "
                   "wrapped FROM person_key WHERE shard = %u ORDER BY first",
                   (unsigned)shard);
    rc = pg_exec(live, sql, err);
    while (rc == ST_OK && more) {
        struct pg_result *page = NULL;

        rc = pg_query(live, NULL, FETCH, NULL, &page, err);
        more = rc == ST_OK && pg_n_rows(page) > 0;
        for (size_t i = 0; more && i < pg_n_rows(page); i++) {
            struct seal_range range = { .shard = shard,
                                        .first = pg_id(page, i, 0),
                                        .digits = pg_i32(page, i, 1) };

            look_at(w, &range, pg_text(page, i, 2));
        }
        pg_result_close(page);
    }
    end_tree(w);
    return rc == ST_OK ? pg_exec(live, "CLOSE keys", err) : rc;
}

enum status
reconcile_keys(struct pg *live, struct pg *pg, const char *schema,
               uint16_t shard, bool begun, const struct seal *seal,
               struct differ *differ, struct err *err)
{
    struct compare_table table = { .name = "person_key_erased",
                                   .shard = shard };
    struct compare_side live_side = { .pg = live, .schema = "intake" };
    struct compare_side rebuilt = { .pg = pg, .schema = schema };
    struct walk walk = { .differ = differ, .seal = seal };
    enum status rc = compare_tables(&live_side, &rebuilt, &table, differ, err);

    if (rc == ST_OK)
        rc = walk_ranges(live, shard, &walk, err);
    if (rc == ST_OK && begun && walk.tree == 0)
        say(differ, key_tree_whole(shard, 1).first, "no tree was begun");
    return rc;
}
