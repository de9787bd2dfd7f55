#include "cli/reconcile_keys.h"

#include "cli/compare.h"
#include "common/engine/memory.h"

#define FETCH "FETCH FORWARD 1000 FROM keys"

/* Drawn, so that no log tells it; what can be said of it is_open says. */
static const char *const without[] = { "wrapped", NULL };

enum status
reconcile_keys_table(struct pg *pg, const char *schema, struct err *err)
{
    struct arena *arena = memory_open((size_t)1 << 20);
    struct str sql;
    enum status rc;

    if (arena == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    sql = arena_printf(arena,
                       "CREATE TABLE IF NOT EXISTS \"%s\".person_key "
                       "(LIKE intake.person_key INCLUDING INDEXES)",
                       schema);
    rc = pg_exec(pg, sql.p, err);
    memory_close(arena);
    return rc;
}

enum status
reconcile_keys_save(struct pg *pg, const char *schema, uint16_t shard,
                    const struct id *ids, size_t n, struct arena *arena,
                    struct err *err)
{
    struct str sql =
        arena_printf(arena,
                     "INSERT INTO \"%s\".person_key (shard, key_id) "
                     "SELECT $1, * FROM unnest($2::uuid[]) "
                     "ON CONFLICT DO NOTHING",
                     schema);
    struct pg_params p;

    if (n == 0)
        return ST_OK;
    pg_params_init(&p, arena);
    pg_add_i16(&p, (int16_t)shard);
    pg_array_begin(&p, PG_UUID, n);
    for (size_t i = 0; i < n; i++)
        pg_add_id(&p, ids[i]);
    pg_array_end(&p);
    return pg_query(pg, NULL, sql.p, &p, NULL, err);
}

enum status
reconcile_keys_erase(struct pg *pg, const char *schema, uint16_t shard,
                     const struct erasure_recorded *e, struct arena *arena,
                     struct err *err)
{
    struct str sql =
        arena_printf(arena,
                     "INSERT INTO \"%s\".person_key (shard, key_id, erased_at, "
                     "erased_by, erased_second) VALUES ($1, $2, $3, $4, $5) "
                     "ON CONFLICT (shard, key_id) DO UPDATE SET "
                     "erased_at = excluded.erased_at, "
                     "erased_by = excluded.erased_by, "
                     "erased_second = excluded.erased_second",
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

static void
look_into(const struct pg_result *page, const struct seal *seal,
          struct differ *differ)
{
    for (size_t i = 0; i < pg_n_rows(page); i++) {
        struct id id = pg_id(page, i, 0);
        struct seal_key key;
        struct err err;
        char text[ID_TEXT_SIZE];

        if (seal_unwrap(seal, id, pg_text(page, i, 1), &key, &err) != ST_OK)
            differ_add(differ,
                       &(struct difference){ .what = "table person_key",
                                             .key = str_of(id_text(id, text)),
                                             .column = STR("can't be opened") });
        seal_forget(&key, sizeof key);
    }
}

static enum status
open_all(struct pg *live, uint16_t shard, const struct seal *seal,
         struct differ *differ, struct err *err)
{
    struct arena *arena = memory_open((size_t)1 << 20);
    bool more = true;
    enum status rc;

    if (arena == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory");
    rc = pg_exec(live,
                 arena_printf(arena,
                              "DECLARE keys NO SCROLL CURSOR FOR SELECT "
                              "key_id, wrapped FROM person_key WHERE "
                              "shard = %u AND wrapped IS NOT NULL "
                              "ORDER BY key_id",
                              (unsigned)shard)
                     .p,
                 err);
    while (rc == ST_OK && more) {
        struct pg_result *page = NULL;

        rc = pg_query(live, NULL, FETCH, NULL, &page, err);
        more = rc == ST_OK && pg_n_rows(page) > 0;
        if (more)
            look_into(page, seal, differ);
        pg_result_close(page);
    }
    if (rc == ST_OK)
        rc = pg_exec(live, "CLOSE keys", err);
    memory_close(arena);
    return rc;
}

enum status
reconcile_keys(struct pg *live, struct pg *pg, const char *schema,
               uint16_t shard, const struct seal *seal, struct differ *differ,
               struct err *err)
{
    struct compare_table table = { .name = "person_key",
                                   .without = without,
                                   .shard = shard };
    struct compare_side live_side = { .pg = live, .schema = "intake" };
    struct compare_side rebuilt = { .pg = pg, .schema = schema };
    enum status rc = compare_tables(&live_side, &rebuilt, &table, differ, err);

    return rc == ST_OK ? open_all(live, shard, seal, differ, err) : rc;
}
