#include "common/adapters/person_keys.h"

#include "common/adapters/key_tree.h"

/* ---- reading ------------------------------------------------------------- */

struct person_keys
person_keys_read(const struct pg_result *res, int32_t shard,
                 struct arena *arena)
{
    size_t n = pg_n_rows(res);
    struct person_key *at = arena_array(arena, n, sizeof *at);

    for (size_t i = 0; i < n; i++)
        at[i] = (struct person_key){
            .range = { .shard = shard,
                       .first = pg_id(res, i, 0),
                       .digits = pg_i32(res, i, 1) },
            .wrapped = arena_str(arena, pg_text(res, i, 2)),
        };
    return (struct person_keys){ .at = at, .n = n };
}

/* Returns how many ids are asked for. */
static size_t
load_params(struct pg_params *p, int32_t shard, const struct id *ids, size_t n,
            struct arena *arena)
{
    size_t wanted = 0;

    pg_params_init(p, arena);
    pg_add_i32(p, shard);
    pg_array_begin(p, PG_UUID, n);
    for (size_t i = 0; i < n; i++) {
        if (id_is_none(ids[i]))
            continue;
        pg_add_id(p, ids[i]);
        wanted++;
    }
    pg_array_end(p);
    return wanted;
}

/* Ranges don't overlap: the last that begins at or before an id holds it, or
 * none does. */
static const char *
load_sql(const char *schema, struct arena *arena)
{
    return arena_printf(arena,
                        "SELECT DISTINCT ON (r.first) r.first, r.digits, "
                        "r.wrapped FROM unnest($2::uuid[]) k, LATERAL ("
                        "SELECT first, digits, wrapped "
                        "FROM \"%s\".person_key_read "
                        "WHERE shard = $1 AND first <= k "
                        "ORDER BY first DESC LIMIT 1) r ORDER BY r.first",
                        schema)
        .p;
}

size_t
person_keys_send(struct pg *pg, const char *schema, int32_t shard,
                 const struct id *ids, size_t n, struct arena *arena)
{
    struct pg_params p;

    (void)load_params(&p, shard, ids, n, arena);
    return pg_send(pg, "person_keys_load", load_sql(schema, arena), &p);
}

enum status
person_keys_load(struct pg *pg, const char *schema, int32_t shard,
                 const struct id *ids, size_t n, struct arena *arena,
                 struct person_keys *out, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc;

    *out = (struct person_keys){ .n = 0 };
    if (load_params(&p, shard, ids, n, arena) == 0)
        return ST_OK;
    rc = pg_query(pg, "person_keys_load", load_sql(schema, arena), &p, &res,
                  err);
    if (rc != ST_OK)
        return rc;
    *out = person_keys_read(res, shard, arena);
    pg_result_close(res);
    return ST_OK;
}

enum status
person_keys_find(const struct person_keys *keys, struct id key_id,
                 const struct person_key **out, struct err *err)
{
    size_t low = 0, high = keys->n; /* the last that begins before it */
    char text[ID_TEXT_SIZE];

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (id_cmp(keys->at[mid].range.first, key_id) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == 0 || !key_tree_holds(&keys->at[low - 1].range, key_id))
        return err_set(err, ST_RETRY, "no_key",
                       "no row of person_key holds %s: neither kept nor erased",
                       id_text(key_id, text));
    *out = &keys->at[low - 1];
    return ST_OK;
}

enum status
person_keys_open(const struct person_keys *keys, const struct seal *seal,
                 struct id key_id, struct seal_key *out, struct err *err)
{
    const struct person_key *found;
    struct seal_key node;
    enum status rc = person_keys_find(keys, key_id, &found, err);

    if (rc == ST_OK)
        rc = seal_unwrap(seal, &found->range, found->wrapped, &node, err);
    if (rc == ST_OK)
        key_tree_derive(&node, &found->range, key_id, out);
    seal_forget(&node, sizeof node);
    return rc;
}

/* ---- intake's own -------------------------------------------------------- */

static enum status
query_id(struct pg *pg, const char *sql, int32_t shard, struct id *out,
         struct arena *arena, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc;

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    rc = pg_query(pg, NULL, sql, &p, &res, err);
    *out = rc == ST_OK && pg_n_rows(res) > 0 ? pg_id(res, 0, 0) : ID_NONE;
    pg_result_close(res);
    return rc;
}

#define NEWEST_TREE                                                            \
    "SELECT first FROM person_key WHERE shard = $1 "                           \
    "ORDER BY first DESC LIMIT 1"

size_t
person_keys_send_tree(struct pg *pg, int32_t shard, struct arena *arena)
{
    struct pg_params p;

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    return pg_send(pg, "person_keys_tree", NEWEST_TREE, &p);
}

int
person_keys_read_tree(const struct pg_result *res)
{
    return pg_n_rows(res) > 0 ? key_tree_number(pg_id(res, 0, 0)) : 0;
}

enum status
person_keys_tree(struct pg *pg, int32_t shard, int *out, struct arena *arena,
                 struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc;

    *out = 0;
    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    rc = pg_query(pg, "person_keys_tree", NEWEST_TREE, &p, &res, err);
    if (rc == ST_OK)
        *out = person_keys_read_tree(res);
    pg_result_close(res);
    return rc;
}

/* A part, wrapped; its secret is of no more use. */
static struct person_key
wrap(const struct seal *seal, struct key_tree_part *part, struct arena *arena)
{
    uint8_t nonce[SEAL_NONCE_BYTES];
    struct person_key key = { .range = part->range };

    seal_draw(nonce, sizeof nonce);
    key.wrapped = seal_wrap(seal, &part->range, &part->node, nonce, arena);
    seal_forget(&part->node, sizeof part->node);
    return key;
}

static enum status
insert(struct pg *pg, int32_t shard, const struct person_key *keys, size_t n,
       struct arena *arena, struct err *err)
{
    struct pg_params p;

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    pg_array_begin(&p, PG_UUID, n);
    for (size_t i = 0; i < n; i++)
        pg_add_id(&p, keys[i].range.first);
    pg_array_end(&p);
    pg_array_begin(&p, PG_INT4, n);
    for (size_t i = 0; i < n; i++)
        pg_add_i32(&p, keys[i].range.digits);
    pg_array_end(&p);
    pg_array_begin(&p, PG_BYTEA, n);
    for (size_t i = 0; i < n; i++)
        pg_add_bytes(&p, keys[i].wrapped);
    pg_array_end(&p);
    return pg_query(pg, NULL,
                    "INSERT INTO person_key (shard, first, digits, wrapped) "
                    "SELECT $1, * FROM unnest($2::uuid[], $3::integer[], "
                    "$4::bytea[])",
                    &p, NULL, err);
}

enum status
person_keys_begin(struct pg *pg, const struct seal *seal, int32_t shard,
                  int *out, struct arena *arena, struct err *err)
{
    struct key_tree_part root;
    struct person_key key;
    struct id used;
    int rows = 0, tree;
    enum status rc = person_keys_tree(pg, shard, &rows, arena, err);

    *out = 0;
    if (rc == ST_OK)
        rc = query_id(pg,
                      "SELECT key_id FROM receipt WHERE shard = $1 AND "
                      "key_id IS NOT NULL ORDER BY key_id DESC LIMIT 1",
                      shard, &used, arena, err);
    if (rc != ST_OK)
        return rc;
    tree = key_tree_number(used) > rows ? key_tree_number(used) : rows;
    if (tree == KEY_TREE_MAX)
        return err_set(err, ST_FATAL, "trees", "there have been %d key trees",
                       KEY_TREE_MAX);
    root.range = key_tree_whole(shard, tree + 1);
    seal_draw(&root.node, sizeof root.node);
    key = wrap(seal, &root, arena);
    rc = insert(pg, shard, &key, 1, arena, err);
    if (rc == ST_OK)
        *out = tree + 1;
    return rc;
}

/* The row that holds it goes. */
static enum status delete (struct pg *pg, const struct seal_range *range,
                           struct arena *arena, struct err *err) {
    struct pg_params p;

    pg_params_init(&p, arena);
    pg_add_i32(&p, range->shard);
    pg_add_id(&p, range->first);
    return pg_query(pg, NULL,
                    "DELETE FROM person_key WHERE shard = $1 AND first = $2",
                    &p, NULL, err);
}

static enum status
insert_erased(struct pg *pg, int32_t shard, const struct person_erasure *e,
              struct arena *arena, struct err *err)
{
    struct pg_params p;

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    pg_add_id(&p, e->key_id);
    pg_add_time(&p, e->at);
    pg_add_text(&p, e->by);
    pg_add_text(&p, e->second_by);
    return pg_query(pg, NULL,
                    "INSERT INTO person_key (shard, first, digits, erased_at, "
                    "erased_by, erased_second) "
                    "VALUES ($1, $2, 32, $3, $4, $5)",
                    &p, NULL, err);
}

/* What is left of the range without the key, wrapped, in the arena. */
static enum status
split(const struct seal *seal, const struct person_key *held, struct id key_id,
      struct arena *arena, const struct person_key **out, size_t *n,
      struct err *err)
{
    struct key_tree_part parts[KEY_TREE_PARTS_MAX];
    struct person_key *keys =
        arena_array(arena, KEY_TREE_PARTS_MAX, sizeof *keys);
    struct seal_key node;
    enum status rc = seal_unwrap(seal, &held->range, held->wrapped, &node, err);

    *n = 0;
    if (rc == ST_OK)
        *n = key_tree_split(&node, &held->range, key_id, parts);
    seal_forget(&node, sizeof node);
    for (size_t i = 0; i < *n; i++)
        keys[i] = wrap(seal, &parts[i], arena);
    *out = keys;
    return rc;
}

enum status
person_keys_erase(struct pg *pg, const struct seal *seal, int32_t shard,
                  const struct person_erasure *e, struct arena *arena,
                  struct err *err)
{
    const struct person_key *held = NULL, *left = NULL;
    struct person_keys keys;
    struct pg_result *res = NULL;
    struct pg_params p;
    size_t n = 0;
    enum status rc;

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    pg_add_id(&p, e->key_id);
    rc = pg_query(pg, NULL,
                  "SELECT first, digits, wrapped FROM person_key WHERE "
                  "shard = $1 AND first <= $2 ORDER BY first DESC LIMIT 1",
                  &p, &res, err);
    if (rc != ST_OK)
        return rc;
    keys = person_keys_read(res, shard, arena);
    pg_result_close(res);
    if (person_keys_find(&keys, e->key_id, &held, err) != ST_OK)
        return insert_erased(pg, shard, e, arena, err); /* it was lost */
    if (held->wrapped.p == NULL)
        return ST_OK;
    rc = split(seal, held, e->key_id, arena, &left, &n, err);
    if (rc == ST_OK)
        rc = delete (pg, &held->range, arena, err);
    if (rc == ST_OK && n > 0)
        rc = insert(pg, shard, left, n, arena, err);
    return rc == ST_OK ? insert_erased(pg, shard, e, arena, err) : rc;
}

/* ---- another master key -------------------------------------------------- */

static enum status
look_at_rows(struct pg *pg, int32_t shard, size_t max, struct id after,
             struct person_keys *out, struct arena *arena, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc;

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    pg_add_id(&p, after);
    pg_add_i64(&p, (int64_t)max);
    rc = pg_query(pg, NULL,
                  "SELECT first, digits, wrapped FROM person_key "
                  "WHERE shard = $1 AND ($2::uuid IS NULL OR first > $2) "
                  "ORDER BY first LIMIT $3",
                  &p, &res, err);
    if (rc == ST_OK)
        *out = person_keys_read(res, shard, arena);
    pg_result_close(res);
    return rc;
}

/* The rows that another master key wrapped, as they are to be. */
static enum status
wrap_anew(const struct seal *seal, const struct person_keys *keys,
          struct person_key *anew, size_t *n, struct arena *arena,
          struct err *err)
{
    enum status rc = ST_OK;

    *n = 0;
    for (size_t i = 0; rc == ST_OK && i < keys->n; i++) {
        const struct person_key *k = &keys->at[i];
        struct key_tree_part part = { .range = k->range };

        if (k->wrapped.p == NULL || seal_is_current(seal, k->wrapped))
            continue;
        rc = seal_unwrap(seal, &k->range, k->wrapped, &part.node, err);
        if (rc == ST_OK)
            anew[(*n)++] = wrap(seal, &part, arena);
        seal_forget(&part, sizeof part);
    }
    return rc;
}

/* A row that was erased or wrapped by somebody else meanwhile is another. */
static enum status
update(struct pg *pg, int32_t shard, const struct person_keys *was,
       const struct person_key *anew, size_t n, int64_t *done,
       struct arena *arena, struct err *err)
{
    const struct person_key *old = NULL;
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc = ST_OK;

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    pg_array_begin(&p, PG_UUID, n);
    for (size_t i = 0; i < n; i++)
        pg_add_id(&p, anew[i].range.first);
    pg_array_end(&p);
    pg_array_begin(&p, PG_BYTEA, n);
    for (size_t i = 0; rc == ST_OK && i < n; i++) {
        rc = person_keys_find(was, anew[i].range.first, &old, err);
        if (rc == ST_OK)
            pg_add_bytes(&p, old->wrapped);
    }
    pg_array_end(&p);
    pg_array_begin(&p, PG_BYTEA, n);
    for (size_t i = 0; i < n; i++)
        pg_add_bytes(&p, anew[i].wrapped);
    pg_array_end(&p);
    if (rc == ST_OK)
        rc = pg_query(pg, NULL,
                      "UPDATE person_key k SET wrapped = u.anew FROM "
                      "unnest($2::uuid[], $3::bytea[], $4::bytea[]) "
                      "AS u(first, was, anew) WHERE k.shard = $1 "
                      "AND k.first = u.first AND k.wrapped = u.was",
                      &p, &res, err);
    if (rc == ST_OK)
        *done += (int64_t)pg_n_affected(res);
    pg_result_close(res);
    return rc;
}

enum status
person_keys_rewrap(struct pg *pg, const struct seal *seal, int32_t shard,
                   size_t max, struct person_rewrap *at, struct arena *arena,
                   struct err *err)
{
    struct person_keys keys = { .n = 0 };
    struct person_key *anew = arena_array(arena, max, sizeof *anew);
    size_t n = 0;
    enum status rc = look_at_rows(pg, shard, max, at->last, &keys, arena, err);

    if (rc == ST_OK)
        rc = wrap_anew(seal, &keys, anew, &n, arena, err);
    if (rc == ST_OK && n > 0)
        rc = update(pg, shard, &keys, anew, n, &at->wrapped, arena, err);
    if (rc != ST_OK)
        return rc;
    at->rows += (int64_t)keys.n;
    at->over = keys.n < max;
    if (keys.n > 0)
        at->last = keys.at[keys.n - 1].range.first;
    return ST_OK;
}
