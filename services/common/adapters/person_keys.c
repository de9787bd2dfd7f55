#include "common/adapters/person_keys.h"

#include <stdlib.h>

static int
by_id(const void *a, const void *b)
{
    const struct person_key *x = a, *y = b;

    return id_cmp(x->key_id, y->key_id);
}

static struct person_keys
read_keys(const struct pg_result *res, struct arena *arena)
{
    size_t n = pg_n_rows(res);
    struct person_key *at = arena_array(arena, n, sizeof *at);

    for (size_t i = 0; i < n; i++) {
        at[i].key_id = pg_id(res, i, 0);
        at[i].wrapped = arena_str(arena, pg_text(res, i, 1));
    }
    qsort(at, n, sizeof *at, by_id);
    return (struct person_keys){ .at = at, .n = n };
}

enum status
person_keys_load(struct pg *pg, const char *schema, int32_t shard,
                 const struct id *ids, size_t n, struct arena *arena,
                 struct person_keys *out, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    struct str sql;
    size_t wanted = 0;
    enum status rc;

    *out = (struct person_keys){ .n = 0 };
    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    pg_array_begin(&p, PG_UUID, n);
    for (size_t i = 0; i < n; i++) {
        if (id_is_none(ids[i]))
            continue;
        pg_add_id(&p, ids[i]);
        wanted++;
    }
    pg_array_end(&p);
    if (wanted == 0)
        return ST_OK;
    sql = arena_printf(arena,
                       "SELECT r.key_id, r.wrapped FROM "
                       "(SELECT DISTINCT unnest($2) AS key_id) w "
                       "CROSS JOIN LATERAL "
                       "(SELECT key_id, wrapped FROM \"%s\".person_key_read "
                       "t WHERE t.shard = $1 AND t.key_id = w.key_id "
                       "OFFSET 0) r",
                       schema);
    rc = pg_query(pg, "person_keys_load", sql.p, &p, &res, err);
    if (rc != ST_OK)
        return rc;
    *out = read_keys(res, arena);
    pg_result_close(res);
    return ST_OK;
}

enum status
person_keys_find(const struct person_keys *keys, struct id key_id,
                 struct str *wrapped, struct err *err)
{
    struct person_key want = { .key_id = key_id };
    const struct person_key *found =
        keys->n == 0 ? NULL
                     : bsearch(&want, keys->at, keys->n, sizeof want, by_id);
    char text[ID_TEXT_SIZE];

    if (found == NULL)
        return err_set(err, ST_RETRY, "no_key",
                       "person_key has no row for %s: neither kept nor erased",
                       id_text(key_id, text));
    *wrapped = found->wrapped;
    return ST_OK;
}

void
person_keys_send(struct pg *pg, int32_t shard, const struct person_key *keys,
                 size_t n, struct arena *arena)
{
    struct pg_params p;

    if (n == 0)
        return;
    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    pg_array_begin(&p, PG_UUID, n);
    for (size_t i = 0; i < n; i++)
        pg_add_id(&p, keys[i].key_id);
    pg_array_end(&p);
    pg_array_begin(&p, PG_BYTEA, n);
    for (size_t i = 0; i < n; i++)
        pg_add_bytes(&p, keys[i].wrapped);
    pg_array_end(&p);
    (void)pg_send(pg, "person_keys_send",
                  "INSERT INTO person_key (shard, key_id, wrapped) "
                  "SELECT $1, * FROM unnest($2::uuid[], $3::bytea[])",
                  &p);
}
