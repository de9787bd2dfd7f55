#include "common/core/rows.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>

#define SLOTS_MIN ((size_t)64) /* a power of two */
#define FEW ((size_t)4)
#define MISS_DUE (-2) /* beside ROWS_KEY and the indexes */

/* What a hash table finds: entries by key, groups by index fields. */
struct node {
    const void *like; /* a row whose key or index fields are set */
};

/* Its node's hash stands beside it: most of what a search passes is another's,
 * and a node lies somewhere else in memory. */
struct slot {
    uint64_t hash;
    struct node *node; /* NULL: empty */
};

/* Nodes by the values of some fields. Slots are a power of two, half empty. */
struct finder {
    const uint8_t *at; /* positions of the fields */
    size_t n_at;
    size_t like_size;
    unsigned covers; /* bit i: a known group of index i makes these known */
    struct slot *slots;
    size_t n_slots;
    size_t n;
};

/*
 * One key. While it is not touched, `row` is `base`; both are NULL where the
 * database holds none, or nobody asked.
 */
struct entry {
    struct node node;
    const void *base; /* as the database holds it */
    const void *row;  /* as it stands now */
    size_t no;        /* from 1: where a walk stands */
    bool wanted;
    bool known; /* the database was asked */
    bool fresh; /* declared new */
    bool touched;
    bool listed; /* in the table's list of touched entries */
    struct group *group[ROWS_INDEX_MAX]; /* that `row` is in */
};

/* The rows that have the same values in an index, in key order. */
struct group {
    struct node node;
    struct entry **at;
    size_t n;
    size_t room;
    size_t hint; /* where the last walk was */
    bool wanted;
    bool known;
    bool fresh;
};

struct entries {
    struct entry **at;
    size_t n;
    size_t room;
};

/* A deadline as it once stood; out of date where the row has moved on. */
struct due {
    time_ms at;
    struct entry *entry;
};

/* How far the database's deadlines are known. */
enum due_known {
    DUE_UNKNOWN = 0,
    DUE_UNTIL, /* all up to `due_until` */
    DUE_FIRST, /* all up to those of `due_last` and no further */
};

struct part {
    const struct table *table;
    struct finder key;
    struct finder index[ROWS_INDEX_MAX];
    const uint8_t *long_at; /* fields with memory of their own */
    size_t n_long;
    struct entries all;
    struct entries touched;  /* may hold some that an undo took back */
    struct entries changes;  /* of the last rows_next_change */
    const struct field *due; /* NULL where the table has no deadlines */
    struct due *dues;        /* a heap, first in (due, key) order on top */
    size_t n_dues;
    size_t room_dues;
    enum due_known due_known;
    time_ms due_until;
    size_t due_limit;
    struct due due_last;
};

/* How to take one step back. */
struct undo {
    struct part *part;
    struct entry *entry; /* NULL: `group` was declared new */
    struct group *group;
    const void *row;
    bool touched;
    bool fresh;
};

struct want {
    struct rows_want want;
    struct entry *entry; /* one of the two, or none for what is due */
    struct group *group;
};

struct rows {
    struct arena *arena;
    const struct table *tables;
    size_t n_tables;
    struct part *parts;
    struct want *wants;
    size_t n_wants;
    size_t room_wants;
    struct undo *undos;
    size_t n_undos;
    size_t room_undos;
    size_t n_misses;
    bool is_wrong;                  /* a miss that no load mends */
    const struct table *miss_table; /* of the first miss */
    const char *miss_index;
    const char *miss_why;
};

/* Room for one more item of `size` bytes; returns the array, grown if full. */
static void *
grown(struct rows *rows, void *at, size_t n, size_t *room, size_t size)
{
    void *more;

    if (n < *room)
        return at;
    *room = *room == 0 ? FEW : *room * 2;
    more = arena_array(rows->arena, *room, size);
    if (n > 0)
        memcpy(more, at, n * size);
    return more;
}

static void
entries_add(struct rows *rows, struct entries *list, struct entry *e)
{
    list->at = grown(rows, list->at, list->n, &list->room, sizeof(*list->at));
    list->at[list->n++] = e;
}

static const void *
member(const struct field *f, const void *row)
{
    return (const char *)row + f->offset;
}

static int
i64_cmp(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* A number's value, whatever its width. */
static int64_t
number_of(const struct field *f, const void *row)
{
    const void *p = member(f, row);

    switch (f->type) {
    case F_I32:
    case F_DATE:
        return *(const int32_t *)p;
    case F_I64:
    case F_TIME:
        return *(const int64_t *)p;
    case F_BOOL:
        return *(const bool *)p;
    case F_TRI:
        return (int64_t)(*(const enum tri *)p);
    case F_CODE:
        return *(const int *)p;
    default:
        assert(false && "field type that can't be part of a key");
        return 0;
    }
}

/* By word, as the database has it: the order of its rows is ours. */
static int
code_cmp(const struct codes *codes, int a, int b)
{
    return a == b ? 0 : strcmp(codes_word(codes, a), codes_word(codes, b));
}

static int
value_cmp(const struct field *f, const void *a, const void *b)
{
    switch (f->type) {
    case F_ID:
        return memcmp(member(f, a), member(f, b), sizeof(struct id));
    case F_TEXT:
    case F_BYTES:
        return str_cmp(*(const struct str *)member(f, a),
                       *(const struct str *)member(f, b));
    case F_CODE:
        return code_cmp(f->codes, *(const int *)member(f, a),
                        *(const int *)member(f, b));
    default:
        return i64_cmp(number_of(f, a), number_of(f, b));
    }
}

static uint64_t
value_hash(const struct field *f, const void *row, uint64_t seed)
{
    struct str text;
    int64_t number;

    switch (f->type) {
    case F_ID:
        return XXH3_64bits_withSeed(member(f, row), sizeof(struct id), seed);
    case F_TEXT:
    case F_BYTES:
        text = *(const struct str *)member(f, row);
        return XXH3_64bits_withSeed(text.n == 0 ? "" : text.p, text.n, seed);
    default:
        number = number_of(f, row);
        return XXH3_64bits_withSeed(&number, sizeof number, seed);
    }
}

static uint64_t
finder_hash(const struct part *p, const struct finder *f, const void *like)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < f->n_at; i++)
        hash = value_hash(&p->table->fields.at[f->at[i]], like, hash);
    return hash;
}

static int
finder_cmp(const struct part *p, const struct finder *f, const void *a,
           const void *b)
{
    int order = 0;

    for (size_t i = 0; i < f->n_at && order == 0; i++)
        order = value_cmp(&p->table->fields.at[f->at[i]], a, b);
    return order;
}

static bool
finder_has_null(const struct part *p, const struct finder *f, const void *like)
{
    for (size_t i = 0; i < f->n_at; i++)
        if (field_is_null(&p->table->fields.at[f->at[i]],
                          member(&p->table->fields.at[f->at[i]], like)))
            return true;
    return false;
}

/* The slot that holds the node, or the empty one where it belongs. */
static struct slot *
finder_slot(const struct part *p, const struct finder *f, uint64_t hash,
            const void *like)
{
    size_t i = (size_t)hash & (f->n_slots - 1);

    while (f->slots[i].node != NULL &&
           (f->slots[i].hash != hash ||
            finder_cmp(p, f, f->slots[i].node->like, like) != 0))
        i = (i + 1) & (f->n_slots - 1);
    return &f->slots[i];
}

static struct node *
finder_find(const struct part *p, const struct finder *f, const void *like)
{
    if (f->n == 0)
        return NULL;
    return finder_slot(p, f, finder_hash(p, f, like), like)->node;
}

static void
finder_grow(struct rows *rows, struct finder *f)
{
    struct slot *old = f->slots;
    size_t n_old = f->n_slots;

    f->n_slots = n_old == 0 ? SLOTS_MIN : n_old * 2;
    f->slots = arena_array(rows->arena, f->n_slots, sizeof(*f->slots));
    for (size_t i = 0; i < n_old; i++) {
        size_t to;

        if (old[i].node == NULL)
            continue;
        to = (size_t)old[i].hash & (f->n_slots - 1);
        while (f->slots[to].node != NULL)
            to = (to + 1) & (f->n_slots - 1);
        f->slots[to] = old[i];
    }
}

/* The slot for these values, with room so that it may be filled. */
static struct slot *
finder_place(struct rows *rows, const struct part *p, struct finder *f,
             const void *like, uint64_t *hash)
{
    if ((f->n + 1) * 2 > f->n_slots)
        finder_grow(rows, f);
    *hash = finder_hash(p, f, like);
    return finder_slot(p, f, *hash, like);
}

static void
finder_fill(struct finder *f, struct slot *slot, struct node *node,
            uint64_t hash)
{
    *slot = (struct slot){ .hash = hash, .node = node };
    f->n++;
}

static struct str
text_copy(struct arena *arena, struct str text, const struct str *before)
{
    if (before != NULL && before->p == text.p && before->n == text.n)
        return text;
    return arena_str(arena, text);
}

static struct texts
texts_copy(struct arena *arena, struct texts texts, const struct texts *before)
{
    struct str *at;

    if (before != NULL && before->at == texts.at && before->n == texts.n)
        return texts;
    at = arena_array(arena, texts.n, sizeof(*at));
    for (size_t i = 0; i < texts.n; i++)
        at[i] = arena_str(arena, texts.at[i]);
    return (struct texts){ .at = at, .n = texts.n };
}

/* Copy one field into `to`; what `before` holds already is shared with it. */
static void
long_copy(struct rows *rows, const struct field *f, void *to, const void *row,
          const void *before)
{
    void *out = (char *)to + f->offset;
    const void *in = member(f, row);
    const void *had = before == NULL ? NULL : member(f, before);

    if (f->type == F_TEXTS)
        *(struct texts *)out =
            texts_copy(rows->arena, *(const struct texts *)in, had);
    else
        *(struct str *)out =
            text_copy(rows->arena, *(const struct str *)in, had);
}

static const void *
row_copy(struct rows *rows, const struct part *p, const void *row,
         const void *before)
{
    const struct fields *f = &p->table->fields;
    void *to = arena_alloc(rows->arena, f->size);

    memcpy(to, row, f->size);
    for (size_t i = 0; i < p->n_long; i++)
        long_copy(rows, &f->at[p->long_at[i]], to, row, before);
    return to;
}

static size_t
value_size(enum field_type type)
{
    switch (type) {
    case F_ID:
        return sizeof(struct id);
    case F_TEXT:
    case F_BYTES:
        return sizeof(struct str);
    case F_I32:
    case F_DATE:
        return sizeof(int32_t);
    case F_I64:
    case F_TIME:
        return sizeof(int64_t);
    case F_BOOL:
        return sizeof(bool);
    case F_TRI:
        return sizeof(enum tri);
    case F_CODE:
        return sizeof(int);
    default:
        assert(false && "field type that can't be part of a key");
        return 0;
    }
}

/* Bytes of a row up to and with the finder's last field. */
static size_t
like_size(const struct part *p, const struct finder *f)
{
    size_t size = 0;

    for (size_t i = 0; i < f->n_at; i++) {
        const struct field *field = &p->table->fields.at[f->at[i]];
        size_t end = field->offset + value_size(field->type);

        size = end > size ? end : size;
    }
    return size;
}

/* A row of which only the finder's fields are there: there are many, and a
 * whole row is ten times as large. */
static const void *
like_copy(struct rows *rows, const struct part *p, const struct finder *f,
          const void *like)
{
    const struct fields *fields = &p->table->fields;
    void *to = arena_alloc(rows->arena, f->like_size);

    for (size_t i = 0; i < f->n_at; i++) {
        const struct field *field = &fields->at[f->at[i]];

        if (field->type == F_TEXT || field->type == F_BYTES)
            long_copy(rows, field, to, like, NULL);
        else
            memcpy((char *)to + field->offset, member(field, like),
                   value_size(field->type));
    }
    return to;
}

static struct entry *
entry_find(const struct part *p, const void *like)
{
    return (struct entry *)finder_find(p, &p->key, like);
}

/* `copied` is `like` where the caller has it in the arena already. */
static struct entry *
entry_of(struct rows *rows, struct part *p, const void *like,
         const void *copied)
{
    uint64_t hash;
    struct slot *slot = finder_place(rows, p, &p->key, like, &hash);
    struct entry *e = (struct entry *)slot->node;

    if (e != NULL)
        return e;
    e = arena_alloc(rows->arena, sizeof *e);
    e->node.like =
        copied != NULL ? copied : like_copy(rows, p, &p->key, like);
    finder_fill(&p->key, slot, &e->node, hash);
    entries_add(rows, &p->all, e);
    e->no = p->all.n;
    return e;
}

static struct group *
group_find(const struct part *p, int index, const void *like)
{
    return (struct group *)finder_find(p, &p->index[index], like);
}

static struct group *
group_of(struct rows *rows, struct part *p, size_t index, const void *like,
         const void *copied)
{
    struct finder *f = &p->index[index];
    uint64_t hash;
    struct slot *slot = finder_place(rows, p, f, like, &hash);
    struct group *g = (struct group *)slot->node;

    if (g != NULL)
        return g;
    g = arena_alloc(rows->arena, sizeof *g);
    g->node.like = copied != NULL ? copied : like_copy(rows, p, f, like);
    finder_fill(f, slot, &g->node, hash);
    return g;
}

/* Position of the first member whose key is not before (or is after) `e`'s. */
static size_t
group_place(const struct part *p, const struct group *g, const struct entry *e,
            bool after)
{
    size_t low = 0;
    size_t high = g->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = finder_cmp(p, &p->key, g->at[mid]->node.like, e->node.like);

        if (order < 0 || (after && order == 0))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void
group_insert(struct rows *rows, const struct part *p, struct group *g,
             struct entry *e)
{
    size_t to = g->n;

    g->at = grown(rows, g->at, g->n, &g->room, sizeof(*g->at));
    if (g->n > 0 &&
        finder_cmp(p, &p->key, g->at[g->n - 1]->node.like, e->node.like) > 0)
        to = group_place(p, g, e, false);
    memmove(&g->at[to + 1], &g->at[to], (g->n - to) * sizeof(*g->at));
    g->at[to] = e;
    g->n++;
}

static void
group_remove(const struct part *p, struct group *g, const struct entry *e)
{
    size_t from = group_place(p, g, e, false);

    assert(from < g->n && g->at[from] == e);
    g->n--;
    memmove(&g->at[from], &g->at[from + 1], (g->n - from) * sizeof(*g->at));
}

/* The group that `row` belongs to, NULL for none. */
static struct group *
group_for(struct rows *rows, struct part *p, size_t index, const void *row,
          struct group *old)
{
    const struct finder *f = &p->index[index];

    if (row == NULL || finder_has_null(p, f, row))
        return NULL;
    if (old != NULL && finder_cmp(p, f, old->node.like, row) == 0)
        return old;
    return group_of(rows, p, index, row, row);
}

static time_ms
due_of(const struct part *p, const void *row)
{
    time_ms at = row == NULL ? TIME_NONE : number_of(p->due, row);

    return at == TIME_NEVER ? TIME_NONE : at;
}

static int
due_cmp(const struct part *p, const struct due *a, const struct due *b)
{
    int order = i64_cmp(a->at, b->at);

    return order != 0 ? order
                      : finder_cmp(p, &p->key, a->entry->node.like,
                                   b->entry->node.like);
}

static void
due_push(struct rows *rows, struct part *p, struct due due)
{
    size_t i = p->n_dues;

    p->dues = grown(rows, p->dues, p->n_dues, &p->room_dues, sizeof(*p->dues));
    p->n_dues++;
    while (i > 0 && due_cmp(p, &due, &p->dues[(i - 1) / 2]) < 0) {
        p->dues[i] = p->dues[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    p->dues[i] = due;
}

static void
due_pop(struct part *p)
{
    struct due last = p->dues[--p->n_dues];
    size_t i = 0;

    for (size_t child = 1; child < p->n_dues; child = 2 * i + 1) {
        if (child + 1 < p->n_dues &&
            due_cmp(p, &p->dues[child + 1], &p->dues[child]) < 0)
            child++;
        if (due_cmp(p, &last, &p->dues[child]) <= 0)
            break;
        p->dues[i] = p->dues[child];
        i = child;
    }
    p->dues[i] = last;
}

/* Make `row` what the key holds now; groups and deadlines follow. */
static void
entry_set(struct rows *rows, struct part *p, struct entry *e, const void *row)
{
    for (size_t i = 0; i < p->table->n_index; i++) {
        struct group *old = e->group[i];
        struct group *to = group_for(rows, p, i, row, old);

        if (old == to)
            continue;
        if (old != NULL)
            group_remove(p, old, e);
        if (to != NULL)
            group_insert(rows, p, to, e);
        e->group[i] = to;
    }
    if (p->due != NULL && due_of(p, row) != TIME_NONE &&
        due_of(p, row) != due_of(p, e->row))
        due_push(rows, p, (struct due){ .at = due_of(p, row), .entry = e });
    e->row = row;
}

static struct undo *
undo_add(struct rows *rows)
{
    rows->undos = grown(rows, rows->undos, rows->n_undos, &rows->room_undos,
                        sizeof(*rows->undos));
    return &rows->undos[rows->n_undos++];
}

/* Note how the entry stands before this batch's next change to it. */
static void
entry_note(struct rows *rows, struct part *p, struct entry *e)
{
    *undo_add(rows) = (struct undo){ .part = p,
                                     .entry = e,
                                     .row = e->row,
                                     .touched = e->touched,
                                     .fresh = e->fresh };
}

static void
entry_change(struct rows *rows, struct part *p, struct entry *e,
             const void *row)
{
    entry_note(rows, p, e);
    e->touched = true;
    if (!e->listed)
        entries_add(rows, &p->touched, e);
    e->listed = true;
    entry_set(rows, p, e, row);
}

static void
miss_note(struct rows *rows, const struct part *p, int index, const char *why)
{
    if (rows->n_misses++ > 0)
        return;
    rows->miss_table = p->table;
    if (index == ROWS_KEY)
        rows->miss_index = "key";
    else if (index == MISS_DUE)
        rows->miss_index = "deadline";
    else
        rows->miss_index = p->table->index[index].name;
    rows->miss_why = why;
}

/* What no load would mend. */
static void
wrong_add(struct rows *rows, const struct part *p, int index, const char *why)
{
    rows->is_wrong = true;
    miss_note(rows, p, index, why);
}

/* What nobody has wanted is wanted from here. */
static void
miss_add(struct rows *rows, const struct part *p, int index, const void *like,
         const char *why)
{
    miss_note(rows, p, index, why);
    rows_want_group(rows, (size_t)(p - rows->parts), index, like);
}

/* True where a known group holds all rows that have these values. */
static bool
is_covered(const struct part *p, const struct finder *f, const void *like)
{
    for (size_t i = 0; i < p->table->n_index; i++) {
        const struct group *g;

        if ((f->covers & (1U << i)) == 0)
            continue;
        g = group_find(p, (int)i, like);
        if (g != NULL && (g->known || g->fresh))
            return true;
    }
    return false;
}

static bool
is_subset(const struct finder *some, const struct finder *of)
{
    for (size_t i = 0; i < some->n_at; i++)
        if (memchr(of->at, some->at[i], of->n_at) == NULL)
            return false;
    return true;
}

static unsigned
covers_of(const struct part *p, const struct finder *f)
{
    unsigned covers = 0;

    for (size_t i = 0; i < p->table->n_index; i++)
        if (is_subset(&p->index[i], f))
            covers |= 1U << i;
    return covers;
}

static void
part_open(struct rows *rows, struct part *p, const struct table *t)
{
    uint8_t *key = arena_alloc(rows->arena, t->n_key);
    uint8_t *long_at = arena_alloc(rows->arena, t->fields.n);

    assert(t->n_key >= 1 && t->n_key <= t->fields.n && t->fields.n < 256);
    assert(t->n_index <= ROWS_INDEX_MAX);
    p->table = t;
    for (size_t i = 0; i < t->n_key; i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < t->fields.n; i++) {
        enum field_type type = t->fields.at[i].type;

        assert(type != F_RECORD && type != F_RECORDS);
        if (type == F_TEXT || type == F_BYTES || type == F_TEXTS)
            long_at[p->n_long++] = (uint8_t)i;
    }
    p->long_at = long_at;
    if (t->due > 0) {
        p->due = &t->fields.at[t->due];
        assert(p->due->type == F_TIME);
    }
    p->key = (struct finder){ .at = key, .n_at = t->n_key };
    for (size_t i = 0; i < t->n_index; i++)
        p->index[i] =
            (struct finder){ .at = t->index[i].fields, .n_at = t->index[i].n };
    p->key.covers = covers_of(p, &p->key);
    p->key.like_size = like_size(p, &p->key);
    for (size_t i = 0; i < t->n_index; i++) {
        p->index[i].covers = covers_of(p, &p->index[i]);
        p->index[i].like_size = like_size(p, &p->index[i]);
    }
}

struct rows *
rows_open(struct arena *arena, const struct table *tables, size_t n_tables)
{
    struct rows *rows = arena_alloc(arena, sizeof *rows);

    rows->arena = arena;
    rows->tables = tables;
    rows->n_tables = n_tables;
    rows->parts = arena_array(arena, n_tables, sizeof(*rows->parts));
    for (size_t i = 0; i < n_tables; i++)
        part_open(rows, &rows->parts[i], &tables[i]);
    return rows;
}

static struct part *
part_of(struct rows *rows, size_t table)
{
    assert(table < rows->n_tables);
    return &rows->parts[table];
}

static struct want *
want_add(struct rows *rows)
{
    rows->wants = grown(rows, rows->wants, rows->n_wants, &rows->room_wants,
                        sizeof(*rows->wants));
    return &rows->wants[rows->n_wants++];
}

void
rows_want(struct rows *rows, size_t table, const void *like)
{
    struct part *p = part_of(rows, table);
    struct entry *e = entry_of(rows, p, like, NULL);

    if (e->wanted || e->known)
        return;
    e->wanted = true;
    *want_add(rows) = (struct want){
        .want = { .table = table,
                  .index = ROWS_KEY,
                  .like = e->node.like,
                  .due_until = TIME_NONE },
        .entry = e,
    };
}

void
rows_want_group(struct rows *rows, size_t table, int index, const void *like)
{
    struct part *p = part_of(rows, table);
    struct group *g;

    if (index == ROWS_KEY) {
        rows_want(rows, table, like);
        return;
    }
    assert(index >= 0 && (size_t)index < p->table->n_index);
    if (finder_has_null(p, &p->index[index], like))
        return;
    g = group_of(rows, p, (size_t)index, like, NULL);
    if (g->wanted)
        return;
    g->wanted = true;
    *want_add(rows) = (struct want){
        .want = { .table = table,
                  .index = index,
                  .like = g->node.like,
                  .due_until = TIME_NONE },
        .group = g,
    };
}

void
rows_want_due(struct rows *rows, size_t table, time_ms until, size_t limit)
{
    struct part *p = part_of(rows, table);
    struct want *w = NULL;

    assert(p->due != NULL && limit > 0);
    assert(until != TIME_NONE);
    for (size_t i = 0; i < rows->n_wants; i++)
        if (rows->wants[i].want.table == table &&
            rows->wants[i].want.due_until != TIME_NONE)
            w = &rows->wants[i];
    if (w == NULL)
        w = want_add(rows);
    *w = (struct want){ .want = { .table = table,
                                  .index = ROWS_KEY,
                                  .due_until = until,
                                  .limit = limit } };
    p->due_until = until;
    p->due_limit = limit;
}

void
rows_new_group(struct rows *rows, size_t table, int index, const void *like)
{
    struct part *p = part_of(rows, table);
    struct entry *e;
    struct group *g;

    if (index == ROWS_KEY) {
        e = entry_of(rows, p, like, NULL);
        entry_note(rows, p, e);
        e->fresh = true;
        if (e->base != NULL && !rows_short(rows))
            wrong_add(rows, p, index, "was declared new and is not");
        return;
    }
    assert(index >= 0 && (size_t)index < p->table->n_index);
    if (finder_has_null(p, &p->index[index], like))
        return;
    g = group_of(rows, p, (size_t)index, like, NULL);
    *undo_add(rows) = (struct undo){ .part = p, .group = g, .fresh = g->fresh };
    g->fresh = true;
    for (size_t i = 0; i < g->n; i++)
        if (g->at[i]->base != NULL && g->at[i]->row == g->at[i]->base &&
            !rows_short(rows))
            wrong_add(rows, p, index, "was declared new and is not");
}

size_t
rows_take_wants(struct rows *rows, const struct rows_want **out)
{
    size_t n = rows->n_wants;
    struct rows_want *wants = arena_array(rows->arena, n, sizeof *wants);

    for (size_t i = 0; i < n; i++) {
        wants[i] = rows->wants[i].want;
        if (rows->wants[i].entry != NULL)
            rows->wants[i].entry->known = true;
        else if (rows->wants[i].group != NULL)
            rows->wants[i].group->known = true;
    }
    rows->n_wants = 0;
    if (!rows->is_wrong)
        rows->n_misses = 0;
    *out = wants;
    return n;
}

void
rows_loaded(struct rows *rows, size_t table, const void *row)
{
    struct part *p = part_of(rows, table);
    struct entry *e = entry_find(p, row);
    const void *copy;

    if (e != NULL && e->base != NULL)
        return;
    copy = row_copy(rows, p, row, NULL);
    if (e == NULL)
        e = entry_of(rows, p, copy, copy);
    e->base = copy;
    e->known = true;
    if (e->fresh)
        wrong_add(rows, p, ROWS_KEY, "was declared new and is not");
    if (!e->touched)
        entry_set(rows, p, e, e->base);
    for (size_t i = 0; i < p->table->n_index; i++)
        if (e->group[i] != NULL && e->group[i]->fresh && e->row == e->base)
            wrong_add(rows, p, (int)i, "was declared new and is not");
}

/* How entries are to be sorted. */
enum order {
    BY_KEY,
    BY_DUE, /* of `base`, then key */
};

static int
entry_cmp(const struct part *p, enum order by, const struct entry *a,
          const struct entry *b)
{
    int order = 0;

    if (by == BY_DUE)
        order = i64_cmp(due_of(p, a->base), due_of(p, b->base));
    if (order == 0)
        order = finder_cmp(p, &p->key, a->node.like, b->node.like);
    return order;
}

/* Merge two neighbouring runs, [low, mid) and [mid, high), into `to`. */
static void
merge(const struct part *p, enum order by, struct entry **from,
      struct entry **to, size_t low, size_t mid, size_t high)
{
    size_t a = low;
    size_t b = mid;

    for (size_t i = low; i < high; i++) {
        bool left =
            b >= high || (a < mid && entry_cmp(p, by, from[a], from[b]) <= 0);

        to[i] = left ? from[a++] : from[b++];
    }
}

/* libc's qsort passes no context and may allocate. */
static void
entries_sort(struct rows *rows, const struct part *p, enum order by,
             struct entries *list)
{
    struct entry **from = list->at;
    struct entry **to = arena_array(rows->arena, list->n, sizeof(*to));

    for (size_t width = 1; width < list->n; width *= 2) {
        struct entry **swap = from;

        for (size_t low = 0; low < list->n; low += 2 * width) {
            size_t mid = low + width < list->n ? low + width : list->n;
            size_t high = low + 2 * width < list->n ? low + 2 * width : list->n;

            merge(p, by, from, to, low, mid, high);
        }
        from = to;
        to = swap;
    }
    list->at = from;
    list->room = list->n; /* the array may be the second one */
}

void
rows_due_loaded(struct rows *rows, size_t table, size_t n)
{
    struct part *p = part_of(rows, table);
    struct entries known = { .n = 0 };

    assert(p->due != NULL && p->due_limit > 0);
    p->due_known = DUE_UNTIL;
    if (n < p->due_limit)
        return;
    /*
     * What the database holds first is loaded, so it is also what comes first
     * of all that is loaded, by whatever want.
     */
    for (size_t i = 0; i < p->all.n; i++)
        if (due_of(p, p->all.at[i]->base) != TIME_NONE)
            entries_add(rows, &known, p->all.at[i]);
    assert(n <= known.n);
    entries_sort(rows, p, BY_DUE, &known);
    p->due_known = DUE_FIRST;
    p->due_last.entry = known.at[n - 1];
    p->due_last.at = due_of(p, known.at[n - 1]->base);
}

/* True where the database may hold deadlines before `due` that nobody saw. */
static bool
due_hidden(const struct part *p, const struct due *due)
{
    if (p->due_known == DUE_FIRST)
        return due_cmp(p, due, &p->due_last) > 0;
    return due->at > p->due_until;
}

const void *
rows_first_due(struct rows *rows, size_t table, time_ms until, bool *more)
{
    struct part *p = part_of(rows, table);

    assert(p->due != NULL);
    *more = false;
    if (p->due_known == DUE_UNKNOWN) {
        wrong_add(rows, p, MISS_DUE, "was asked for and never wanted");
        return NULL;
    }
    while (p->n_dues > 0 && due_of(p, p->dues[0].entry->row) != p->dues[0].at)
        due_pop(p);
    if (p->n_dues == 0 || p->dues[0].at > until) {
        *more = p->due_known == DUE_FIRST ? p->due_last.at <= until
                                          : until > p->due_until;
        return NULL;
    }
    *more = due_hidden(p, &p->dues[0]);
    return p->dues[0].entry->row;
}

const void *
rows_next_due(struct rows *rows, size_t table, time_ms until, size_t *at)
{
    struct part *p = part_of(rows, table);

    assert(p->due != NULL);
    while (*at < p->all.n) {
        const struct entry *e = p->all.at[(*at)++];
        time_ms due_at = due_of(p, e->row);

        if (due_at != TIME_NONE && due_at <= until)
            return e->row;
    }
    return NULL;
}

const void *
rows_get(struct rows *rows, size_t table, const void *like)
{
    struct part *p = part_of(rows, table);
    const struct entry *e = entry_find(p, like);

    if (e != NULL && (e->known || e->touched || e->fresh))
        return e->row;
    if (!is_covered(p, &p->key, like))
        miss_add(rows, p, ROWS_KEY, like, "was asked for and never wanted");
    return NULL;
}

const void *
rows_next(struct rows *rows, size_t table, int index, const void *like,
          size_t *at)
{
    struct part *p = part_of(rows, table);
    struct group *g;
    size_t next = 0;

    assert(index >= 0 && (size_t)index < p->table->n_index);
    if (finder_has_null(p, &p->index[index], like))
        return NULL;
    g = group_find(p, index, like);
    if ((g == NULL || (!g->known && !g->fresh)) &&
        !is_covered(p, &p->index[index], like)) {
        miss_add(rows, p, index, like, "was walked over and never wanted");
        return NULL;
    }
    if (g == NULL)
        return NULL;
    if (*at > 0) {
        const struct entry *last = p->all.at[*at - 1];

        if (g->hint < g->n && g->at[g->hint] == last)
            next = g->hint + 1;
        else
            next = group_place(p, g, last, true);
    }
    if (next >= g->n)
        return NULL;
    g->hint = next;
    *at = g->at[next]->no;
    return g->at[next]->row;
}

void
rows_put(struct rows *rows, size_t table, const void *row)
{
    struct part *p = part_of(rows, table);
    struct entry *e = entry_find(p, row);
    const void *copy = row_copy(rows, p, row, e == NULL ? NULL : e->row);

    if (e == NULL)
        e = entry_of(rows, p, copy, copy);
    entry_change(rows, p, e, copy);
}

void
rows_delete(struct rows *rows, size_t table, const void *like)
{
    struct part *p = part_of(rows, table);
    struct entry *e = entry_find(p, like);

    if (e == NULL && is_covered(p, &p->key, like))
        return;
    if (e == NULL)
        e = entry_of(rows, p, like, NULL);
    if (e->row == NULL && (e->known || e->touched || e->fresh))
        return;
    entry_change(rows, p, e, NULL);
}

bool
rows_short(const struct rows *rows)
{
    return rows->n_misses > 0 && !rows->is_wrong;
}

enum status
rows_miss(const struct rows *rows, struct err *err)
{
    if (rows->n_misses == 0)
        return ST_OK;
    return err_set(err, ST_FATAL, "miss",
                   "table %s: %s %s (%zu misses in this batch)",
                   rows->miss_table->fields.name, rows->miss_index,
                   rows->miss_why, rows->n_misses);
}

/* True where the database was asked, or need not be, and holds no such row. */
static bool
is_known_absent(const struct part *p, const struct entry *e)
{
    return e->base == NULL &&
           (e->known || e->fresh || is_covered(p, &p->key, e->node.like));
}

static enum rows_change
change_of(const struct part *p, const struct entry *e)
{
    if (e->row == NULL)
        return ROWS_DELETE;
    return is_known_absent(p, e) ? ROWS_INSERT : ROWS_UPSERT;
}

/* Has the store to write something of this entry? */
static bool
entry_differs(const struct part *p, const struct entry *e)
{
    if (!e->touched)
        return false;
    if (e->base == NULL)
        return e->row != NULL || (!e->known && !e->fresh);
    return e->row == NULL || !fields_eq(&p->table->fields, e->row, e->base);
}

static void
changes_find(struct rows *rows, struct part *p)
{
    p->changes = (struct entries){ .n = 0 };
    for (size_t i = 0; i < p->touched.n; i++)
        if (entry_differs(p, p->touched.at[i]))
            entries_add(rows, &p->changes, p->touched.at[i]);
    entries_sort(rows, p, BY_KEY, &p->changes);
}

bool
rows_next_change(struct rows *rows, size_t table, size_t *at,
                 enum rows_change *change, const void **row)
{
    struct part *p = part_of(rows, table);
    const struct entry *e;

    if (*at == 0)
        changes_find(rows, p);
    if (*at >= p->changes.n)
        return false;
    e = p->changes.at[(*at)++];
    *change = change_of(p, e);
    *row = e->row == NULL ? e->node.like : e->row;
    return true;
}

const struct table *
rows_tables(const struct rows *rows, size_t *n)
{
    *n = rows->n_tables;
    return rows->tables;
}

size_t
rows_mark(struct rows *rows)
{
    return rows->n_undos;
}

void
rows_undo(struct rows *rows, size_t mark)
{
    assert(mark <= rows->n_undos);
    while (rows->n_undos > mark) {
        const struct undo *u = &rows->undos[--rows->n_undos];
        struct entry *e = u->entry;

        if (e == NULL) {
            u->group->fresh = u->fresh;
            continue;
        }
        e->fresh = u->fresh;
        e->touched = u->touched;
        /* What was loaded after the mark stands where nothing was put. */
        entry_set(rows, u->part, e, u->touched ? u->row : e->base);
    }
}
