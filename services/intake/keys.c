#include "intake/keys.h"

#include "common/adapters/key_tree.h"
#include "common/engine/log.h"

static enum status
begin_tree(struct group *g, struct err *err)
{
    struct writer *w = g->writer;
    enum status rc =
        person_keys_begin(w->pg, w->options.seal, w->options.partition,
                          &g->key_tree, w->arena, err);

    if (rc == ST_OK)
        log_info("key_tree_begun", "authority=%.*s tree=%d",
                 STR_ARG(w->options.authority), g->key_tree);
    return rc;
}

/* That each row opens is known before anything is sealed by it. */
static enum status
look_into(struct group *g, struct err *err)
{
    const struct seal *seal = g->writer->options.seal;
    enum status rc = ST_OK;
    int old = 0;

    for (size_t i = 0; rc == ST_OK && i < g->keys.n; i++) {
        const struct person_key *k = &g->keys.at[i];
        struct seal_key node;

        if (k->wrapped.p == NULL)
            continue;
        rc = seal_unwrap(seal, &k->range, k->wrapped, &node, err);
        seal_forget(&node, sizeof node);
        old |= !seal_is_current(seal, k->wrapped);
    }
    if (rc == ST_OK && g->keys.n > 0)
        atomic_store(&g->writer->stats->old_master, old);
    return rc == ST_REJECT ? err_recode(err, ST_FATAL, "sealed") : rc;
}

static struct id *
ids_of(const struct group *g, int tree)
{
    struct id *ids = arena_array(g->writer->arena, g->n, sizeof *ids);

    for (size_t i = 0; i < g->n; i++)
        ids[i] = key_tree_id(tree, g->items[i]->v.id);
    return ids;
}

void
keys_send(struct group *g)
{
    const struct writer *w = g->writer;

    g->keys_asked =
        person_keys_send_tree(w->pg, w->options.partition, w->arena);
    if (w->key_tree != 0 && g->n > 0)
        (void)person_keys_send(w->pg, w->options.schema, w->options.partition,
                               ids_of(g, w->key_tree), g->n, w->arena);
}

void
keys_answer(struct group *g)
{
    struct writer *w = g->writer;

    g->key_tree = person_keys_read_tree(pg_answer(w->pg, g->keys_asked));
    g->keys_loaded = g->key_tree != 0 && g->key_tree == w->key_tree && g->n > 0;
    if (g->keys_loaded)
        g->keys = person_keys_read(pg_answer(w->pg, g->keys_asked + 1),
                                   w->options.partition, w->arena);
}

/* That each id has its row, kept or erased. */
static enum status
find_all(const struct group *g, const struct id *ids, struct err *err)
{
    const struct person_key *found;
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < g->n; i++)
        rc = person_keys_find(&g->keys, ids[i], &found, err);
    return rc;
}

enum status
keys_load(struct group *g, struct err *err)
{
    struct writer *w = g->writer;
    enum status rc = ST_OK;
    struct id *ids;

    if (g->key_tree == 0)
        rc = begin_tree(g, err);
    if (rc != ST_OK)
        return rc;
    ids = ids_of(g, g->key_tree);
    if (!g->keys_loaded)
        rc = person_keys_load(w->pg, w->options.schema, w->options.partition,
                              ids, g->n, w->arena, &g->keys, err);
    w->key_tree = g->key_tree;
    if (rc == ST_OK)
        rc = find_all(g, ids, err);
    return rc == ST_OK ? look_into(g, err) : rc;
}

enum status
keys_seal(struct group *g, struct append_item *it, struct str plain,
          struct str *out, struct err *err)
{
    const struct writer *w = g->writer;
    struct seal_name name = { .key_id = key_tree_id(g->key_tree, it->v.id),
                              .record_id = it->v.id };
    uint8_t nonce[SEAL_NONCE_BYTES];
    struct seal_key key;
    enum status rc;

    it->key_id = ID_NONE;
    *out = plain;
    if (plain.p == NULL)
        return ST_OK;
    rc = person_keys_open(&g->keys, w->options.seal, name.key_id, &key, err);
    if (rc != ST_OK)
        return err_recode(err, ST_FATAL, "keys");
    seal_draw(nonce, sizeof nonce);
    *out = seal_write(&key, &name, nonce, plain, w->arena);
    seal_forget(&key, sizeof key);
    it->key_id = name.key_id;
    return ST_OK;
}

enum status
keys_erase(struct group *g, struct err *err)
{
    const struct writer *w = g->writer;
    struct person_erasure e = { .key_id = g->erased->key_id,
                                .at = g->recorded,
                                .by = g->erased->by,
                                .second_by = g->erased->second_by };

    return person_keys_erase(w->pg, w->options.seal, w->options.partition, &e,
                             w->arena, err);
}
