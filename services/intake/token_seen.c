#include "intake/token_seen.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_MAX = 16 << 20 };

/* ---- in memory ----------------------------------------------------------- */

/* A table of hashes that is never more than half full: an empty slot ends
 * every search. */
struct generation {
    struct id *slots;
    size_t used;
};

/*
 * Two of them: the younger takes what is new; once it holds n the older is
 * emptied and becomes the younger. So nothing is ever taken out singly.
 */
struct token_memory {
    pthread_mutex_t lock;
    size_t n; /* of one generation */
    size_t mask;
    struct generation at[2];
    int younger;
};

enum status
token_memory_open(size_t n, struct token_memory **out, struct err *err)
{
    struct token_memory *m = calloc(1, sizeof *m);
    size_t slots = 2;

    *out = NULL;
    while (slots / 2 < n && slots / 2 < TOKENS_MAX)
        slots *= 2;
    if (m != NULL)
        for (int g = 0; g < 2; g++)
            m->at[g].slots = calloc(slots, sizeof(struct id));
    if (m == NULL || m->at[0].slots == NULL || m->at[1].slots == NULL ||
        pthread_mutex_init(&m->lock, NULL) != 0) {
        if (m != NULL) {
            free(m->at[0].slots);
            free(m->at[1].slots);
        }
        free(m);
        return err_set(err, ST_RETRY, "memory", "no memory for tokens");
    }
    m->n = slots / 2;
    m->mask = slots - 1;
    *out = m;
    return ST_OK;
}

void
token_memory_close(struct token_memory *m)
{
    if (m == NULL)
        return;
    free(m->at[0].slots);
    free(m->at[1].slots);
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

/* Where it is, or the empty slot where it would be. The id is a hash. */
static struct id *
slot_of(const struct token_memory *m, int generation, struct id use)
{
    struct id *slots = m->at[generation].slots;
    uint64_t at;

    memcpy(&at, use.b + 8, sizeof at);
    while (!id_is_none(slots[at & m->mask]) && !id_eq(slots[at & m->mask], use))
        at++;
    return &slots[at & m->mask];
}

static void
make_room(struct token_memory *m)
{
    if (m->at[m->younger].used < m->n)
        return;
    m->younger = 1 - m->younger;
    m->at[m->younger].used = 0;
    memset(m->at[m->younger].slots, 0, (m->mask + 1) * sizeof(struct id));
}

enum status
token_memory_use(struct token_memory *m, const struct token_caller *caller,
                 struct err *err)
{
    bool seen;

    (void)pthread_mutex_lock(&m->lock);
    seen = !id_is_none(*slot_of(m, 0, caller->use)) ||
           !id_is_none(*slot_of(m, 1, caller->use));
    if (!seen) {
        make_room(m);
        *slot_of(m, m->younger, caller->use) = caller->use;
        m->at[m->younger].used++;
    }
    (void)pthread_mutex_unlock(&m->lock);
    return seen ? err_set(err, ST_REJECT, "token_replay",
                          "this token was used before")
                : ST_OK;
}

/* ---- in the database ----------------------------------------------------- */

size_t
token_seen_send(struct pg *pg, const struct token_caller *const *callers,
                size_t n, struct arena *arena)
{
    struct pg_params p;

    pg_params_init(&p, arena);
    pg_array_begin(&p, PG_UUID, n);
    for (size_t i = 0; i < n; i++)
        pg_add_id(&p, callers[i]->use);
    pg_array_end(&p);
    pg_array_begin(&p, PG_TIMESTAMPTZ, n);
    for (size_t i = 0; i < n; i++)
        pg_add_time(&p, callers[i]->good_until);
    pg_array_end(&p);
    return pg_send(pg, "token_seen",
                   "INSERT INTO token_seen (jti_hash, expires_at) "
                   "SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) "
                   "AS u(hash, at) ORDER BY u.hash "
                   "ON CONFLICT DO NOTHING RETURNING jti_hash",
                   &p);
}

static int
by_id(const void *a, const void *b)
{
    const struct id *x = a, *y = b;

    return id_cmp(*x, *y);
}

void
token_seen_read(const struct pg_result *res,
                const struct token_caller *const *callers, size_t n,
                struct arena *arena, bool *fresh)
{
    size_t n_new = pg_n_rows(res);
    struct id *ids = arena_array(arena, n_new, sizeof *ids);
    bool *given = arena_array(arena, n_new, sizeof *given);

    for (size_t i = 0; i < n_new; i++)
        ids[i] = pg_id(res, i, 0);
    qsort(ids, n_new, sizeof *ids, by_id);
    for (size_t i = 0; i < n; i++) {
        const struct id *found =
            bsearch(&callers[i]->use, ids, n_new, sizeof *ids, by_id);

        fresh[i] = found != NULL && !given[found - ids];
        if (fresh[i])
            given[found - ids] = true;
    }
}

enum status
token_seen_purge(struct pg *pg, int64_t *n, struct err *err)
{
    struct pg_result *res = NULL;
    enum status rc;

    *n = 0;
    rc = pg_query(pg, "token_seen_purge",
                  "DELETE FROM token_seen WHERE jti_hash IN "
                  "(SELECT jti_hash FROM token_seen WHERE expires_at < "
                  "clock_timestamp() - interval '1 minute' "
                  "ORDER BY expires_at LIMIT 10000 FOR UPDATE SKIP LOCKED)",
                  NULL, &res, err);
    if (rc == ST_OK)
        *n = (int64_t)pg_n_affected(res);
    pg_result_close(res);
    return rc;
}
