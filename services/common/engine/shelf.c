#include "common/engine/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FINDERS = ROWS_INDEX_MAX + 1 }; /* the key, then the indexes */

struct kept {
    struct kept *next[FINDERS]; /* in its chains */
    void *row;                  /* with its texts, one piece */
    uint64_t hash[FINDERS];
};

struct chains {
    struct kept **at;
    size_t n; /* a power of two */
};

struct board {
    const struct table *table;
    struct chains finders[FINDERS];
    size_t n;
    bool skipped;
};

struct shelf {
    struct board *boards;
    size_t n;
};

static void *
must(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "shelf: no memory\n");
        abort();
    }
    return p;
}

/* ---- hashes of a key or an index ----------------------------------------- */

static size_t
n_at(const struct table *t, size_t finder)
{
    return finder == 0 ? t->n_key : t->index[finder - 1].n;
}

static const struct field *
field_at(const struct table *t, size_t finder, size_t i)
{
    return &t->fields.at[finder == 0 ? i : t->index[finder - 1].fields[i]];
}

static size_t
width(enum field_type type)
{
    switch (type) {
    case F_ID:
        return sizeof(struct id);
    case F_I64:
    case F_TIME:
        return 8;
    case F_BOOL:
        return sizeof(bool);
    default:
        return 4;
    }
}

/* False where a value is null: then the row is in no group. */
static bool
hash_of(const struct table *t, size_t finder, const void *row, uint64_t *hash)
{
    *hash = finder + 1;
    for (size_t i = 0; i < n_at(t, finder); i++) {
        const struct field *f = field_at(t, finder, i);
        const char *p = (const char *)row + f->offset;

        if (finder > 0 && field_is_null(f, p))
            return false;
        if (f->type == F_TEXT) {
            struct str s;

            memcpy(&s, p, sizeof s);
            *hash = XXH3_64bits_withSeed(s.n == 0 ? "" : s.p, s.n, *hash);
        } else {
            *hash = XXH3_64bits_withSeed(p, width(f->type), *hash);
        }
    }
    return true;
}

static bool
same_key(const struct table *t, const void *a, const void *b)
{
    const struct fields key = { .at = t->fields.at, .n = t->n_key };

    return fields_eq(&key, a, b);
}

/* ---- rows ---------------------------------------------------------------- */

static size_t
texts_size(const struct table *t, const void *row)
{
    size_t size = 0;

    for (size_t i = 0; i < t->fields.n; i++) {
        const char *p = (const char *)row + t->fields.at[i].offset;

        if (t->fields.at[i].type == F_TEXT || t->fields.at[i].type == F_BYTES) {
            size += ((const struct str *)(const void *)p)->n;
        } else if (t->fields.at[i].type == F_TEXTS) {
            const struct texts *list = (const void *)p;

            for (size_t k = 0; k < list->n; k++)
                size += sizeof(struct str) + list->at[k].n;
        }
    }
    return size;
}

static struct str
put_text(char **to, struct str s)
{
    struct str out = { .p = s.p == NULL ? NULL : *to, .n = s.n };

    if (s.n > 0)
        memcpy(*to, s.p, s.n);
    *to += s.n;
    return out;
}

/* Lists of texts first, where the pieces are still aligned. */
static void *
copy_row(const struct table *t, const void *row)
{
    size_t head = (t->fields.size + 15) / 16 * 16;
    char *copy = must(malloc(head + texts_size(t, row)));
    char *to = copy + head;

    memcpy(copy, row, t->fields.size);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < t->fields.n; i++) {
            const struct field *f = &t->fields.at[i];
            void *p = copy + f->offset;

            if (pass == 0 && f->type == F_TEXTS) {
                struct texts *list = p;
                struct str *at = (void *)to;

                to += list->n * sizeof *at;
                if (list->n > 0)
                    memcpy(at, list->at, list->n * sizeof *at);
                list->at = at;
            } else if (pass == 1 && f->type == F_TEXTS) {
                struct texts *list = p;
                struct str *at = (struct str *)(uintptr_t)list->at;

                for (size_t k = 0; k < list->n; k++)
                    at[k] = put_text(&to, at[k]);
            } else if (pass == 1 && (f->type == F_TEXT || f->type == F_BYTES)) {
                *(struct str *)p = put_text(&to, *(struct str *)p);
            }
        }
    return copy;
}

/* ---- chains -------------------------------------------------------------- */

static void
chain_in(struct board *b, size_t finder, struct kept *k)
{
    struct chains *c = &b->finders[finder];
    struct kept **first = &c->at[k->hash[finder] & (c->n - 1)];

    k->next[finder] = *first;
    *first = k;
}

static void
chain_out(struct board *b, size_t finder, const struct kept *k)
{
    struct chains *c = &b->finders[finder];
    struct kept **at = &c->at[k->hash[finder] & (c->n - 1)];

    while (*at != NULL && *at != k)
        at = &(*at)->next[finder];
    if (*at != NULL)
        *at = k->next[finder];
}

static void
grow(struct board *b, size_t finder)
{
    struct chains *c = &b->finders[finder];
    struct chains old = *c;

    c->n = old.n == 0 ? 1024 : old.n * 4;
    c->at = must(calloc(c->n, sizeof *c->at));
    for (size_t i = 0; i < old.n; i++)
        for (struct kept *k = old.at[i], *next; k != NULL; k = next) {
            next = k->next[finder];
            chain_in(b, finder, k);
        }
    free(old.at);
}

static struct kept *
find(const struct board *b, const void *like)
{
    const struct chains *c = &b->finders[0];
    struct kept *k;
    uint64_t hash;

    if (c->n == 0)
        return NULL;
    (void)hash_of(b->table, 0, like, &hash);
    k = c->at[hash & (c->n - 1)];
    while (k != NULL &&
           (k->hash[0] != hash || !same_key(b->table, k->row, like)))
        k = k->next[0];
    return k;
}

static void
chain_all(struct board *b, struct kept *k, bool in)
{
    for (size_t i = 0; i <= b->table->n_index; i++) {
        if (in && !hash_of(b->table, i, k->row, &k->hash[i]))
            k->hash[i] = 0;
        if (k->hash[i] == 0)
            continue;
        if (in)
            chain_in(b, i, k);
        else
            chain_out(b, i, k);
    }
}

static void
put(struct board *b, const void *row)
{
    struct kept *k = find(b, row);

    if (k != NULL) {
        chain_all(b, k, false);
        free(k->row);
    } else {
        k = must(calloc(1, sizeof *k));
        b->n++;
        for (size_t i = 0; i <= b->table->n_index; i++)
            if (b->n > b->finders[i].n)
                grow(b, i);
    }
    k->row = copy_row(b->table, row);
    chain_all(b, k, true);
}

static void
drop(struct board *b, const void *like)
{
    struct kept *k = find(b, like);

    if (k == NULL)
        return;
    chain_all(b, k, false);
    free(k->row);
    free(k);
    b->n--;
}

/* ---- the store ----------------------------------------------------------- */

struct shelf *
shelf_open(const struct table *tables, size_t n_tables)
{
    struct shelf *s = must(calloc(1, sizeof *s));

    s->boards = must(calloc(n_tables, sizeof *s->boards));
    s->n = n_tables;
    for (size_t i = 0; i < n_tables; i++)
        s->boards[i].table = &tables[i];
    return s;
}

void
shelf_close(struct shelf *s)
{
    for (size_t i = 0; s != NULL && i < s->n; i++) {
        struct board *b = &s->boards[i];

        for (size_t at = 0; at < b->finders[0].n; at++)
            for (struct kept *k = b->finders[0].at[at], *next; k != NULL;
                 k = next) {
                next = k->next[0];
                free(k->row);
                free(k);
            }
        for (size_t f = 0; f < FINDERS; f++)
            free(b->finders[f].at);
    }
    if (s != NULL)
        free(s->boards);
    free(s);
}

void
shelf_skip(struct shelf *s, size_t table)
{
    s->boards[table].skipped = true;
}

static void
load_one(const struct board *b, struct rows *rows, const struct rows_want *w)
{
    size_t finder = w->index == ROWS_KEY ? 0 : (size_t)w->index + 1;
    const struct chains *c = &b->finders[finder];
    uint64_t hash;

    if (c->n == 0 || w->like == NULL ||
        !hash_of(b->table, finder, w->like, &hash))
        return;
    for (const struct kept *k = c->at[hash & (c->n - 1)]; k != NULL;
         k = k->next[finder])
        if (k->hash[finder] == hash)
            rows_loaded(rows, w->table, k->row);
}

void
shelf_load(const struct shelf *s, struct rows *rows)
{
    const struct rows_want *wants;
    size_t n = rows_take_wants(rows, &wants);

    for (size_t i = 0; i < n; i++)
        load_one(&s->boards[wants[i].table], rows, &wants[i]);
}

void
shelf_keep(struct shelf *s, struct rows *rows)
{
    for (size_t t = 0; t < s->n; t++) {
        enum rows_change change;
        const void *row;
        size_t at = 0;

        while (!s->boards[t].skipped &&
               rows_next_change(rows, t, &at, &change, &row)) {
            if (change == ROWS_DELETE)
                drop(&s->boards[t], row);
            else
                put(&s->boards[t], row);
        }
    }
}

size_t
shelf_count(const struct shelf *s, size_t table)
{
    return s->boards[table].n;
}

const void *
shelf_next(const struct shelf *s, size_t table, struct shelf_at *at)
{
    const struct chains *c = &s->boards[table].finders[0];
    const struct kept *k = at->next;

    while (k == NULL && at->chain < c->n)
        k = c->at[at->chain++];
    at->next = k == NULL ? NULL : k->next[0];
    return k == NULL ? NULL : k->row;
}
