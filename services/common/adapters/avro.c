#include "common/adapters/avro.h"
#include "common/core/records.h"

#include <avro.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FRAMING 5 /* byte 0 and the schema id */
/* Nesting of our schemas: meta, its list, a record of it, a union, a leaf. */
#define DEPTH_MAX 16
/* First size of a list that grows while it is read. */
#define LIST_MIN 4
/* First size of the room to write into. */
#define WRITE_MIN ((size_t)16 * 1024)
/* What avro-c allocates beside a text while it hands it over. */
#define POOL_EXTRA ((size_t)256)
#define N_SCHEMAS_MAX 256

/*
 * Room for what avro-c allocates while it reads one message. It frees a text
 * once it has been handed over, so the room is empty again at each field and
 * never needs to be larger than the longest text, which is no longer than the
 * message. What a failed read forgets to free goes with the next reset.
 */
struct pool {
    char *room;
    size_t held;
    size_t limit; /* of this message, <= held */
    size_t used;
    size_t live; /* pieces given out and not given back */
};

/* Where the allocator finds the pool of the message that a thread reads. */
static _Thread_local struct pool *reading;
static pthread_once_t allocator_once = PTHREAD_ONCE_INIT;
/* avro-c as Debian builds it keeps the text of its last error in a global. */
static pthread_mutex_t avro_errors = PTHREAD_MUTEX_INITIALIZER;

/* A closed list with the lengths of its words. */
struct word_list {
    const struct codes *codes;
    struct str *words;
    struct word_list *next;
};

/* One place of a schema, and the member of a struct that it is bound to. */
struct node {
    avro_type_t type;
    avro_schema_t schema;      /* borrowed from the root */
    const struct field *field; /* NULL: the struct doesn't have it */
    const struct fields *sub;  /* of a record, or of a list's records */
    const void *blank;         /* of `sub`: a struct whose values are null */
    const struct word_list *list;
    size_t offset; /* in the struct of the record around it */
    struct node *child;
    size_t n;
};

/* What one call works on. */
struct run {
    struct arena *arena;
    const struct node *last; /* place that was reached, for the reason */
    const char *why;         /* ours, where avro-c isn't to blame */
    /*
     * The fewest bytes that what was read so far can have taken. Where that is
     * the whole message there is nothing behind it, and the slow way of asking
     * avro-c (by a read that fails) isn't needed.
     */
    size_t least;
};

/*
 * A value as avro-c sees it: a node and a member. One for each level of
 * nesting is enough, since avro-c walks depth first and never goes back to a
 * value after it has asked for the next one beside it.
 */
struct slot {
    const struct node *node;
    void *at;
    struct run *run; /* the codec's */
    size_t room;     /* of a list that is being read */
    size_t item;     /* of a set: bit at hand; of a list: how many were read */
};

struct schema {
    int32_t id;
    enum record_type type;
    avro_schema_t avro;
    struct node root;
};

struct avro_codec {
    struct schema schemas[N_SCHEMAS_MAX];
    size_t n;
    const struct schema *current[REC_N]; /* the version to write */
    struct word_list *lists;
    avro_reader_t reader;
    avro_writer_t writer;
    char *room; /* to write into */
    size_t held;
    struct pool pool;
    struct run run;
    struct slot slots[DEPTH_MAX];
};

/* ---- memory ---- */

static bool
in_pool(const struct pool *pool, const void *p)
{
    const char *c = p;

    return c >= pool->room && c < pool->room + pool->held;
}

static void *
pool_alloc(struct pool *pool, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    void *p;

    if (size > pool->limit || rounded > pool->limit - pool->used)
        return NULL;
    p = pool->room + pool->used;
    pool->used += rounded;
    pool->live++;
    return p;
}

static void
pool_free(struct pool *pool)
{
    if (--pool->live == 0)
        pool->used = 0;
}

/* For avro-c: as realloc and free, but from the pool while a message is read.
 */
static void *
allocate(void *self, void *p, size_t old_size, size_t size)
{
    struct pool *pool = reading;
    void *q;

    (void)self;
    if (pool == NULL || (p != NULL && !in_pool(pool, p))) {
        if (size != 0)
            return realloc(p, size);
        free(p);
        return NULL;
    }
    if (size == 0) {
        if (p != NULL)
            pool_free(pool);
        return NULL;
    }
    q = pool_alloc(pool, size);
    if (q != NULL && p != NULL) {
        memcpy(q, p, old_size < size ? old_size : size);
        pool_free(pool);
    }
    return q;
}

static void
set_allocator(void)
{
    avro_set_allocator(allocate, NULL);
}

/* An empty pool for a message of `n` bytes. */
static bool
pool_begin(struct pool *pool, size_t n)
{
    size_t limit = n + POOL_EXTRA;

    if (limit > pool->held) {
        char *room = realloc(pool->room, limit);

        if (room == NULL)
            return false;
        pool->room = room;
        pool->held = limit;
    }
    pool->limit = limit;
    pool->used = 0;
    pool->live = 0;
    return true;
}

/* ---- a struct as a value of avro-c ---- */

/* Bytes of a number as Avro writes it: 7 bits each, the sign lowest. */
static size_t
number_size(int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

    return (size_t)(70 - __builtin_clzll(zigzag | 1)) / 7;
}

static int
fail(const struct slot *s, const char *why)
{
    s->run->why = why;
    return EINVAL;
}

static const struct slot *
slot_of(const void *self)
{
    return self;
}

static int
reset(const avro_value_iface_t *iface, void *self)
{
    (void)iface;
    (void)self;
    return 0;
}

static avro_type_t
get_type(const avro_value_iface_t *iface, const void *self)
{
    (void)iface;
    return slot_of(self)->node->type;
}

static avro_schema_t
get_schema(const avro_value_iface_t *iface, const void *self)
{
    (void)iface;
    return slot_of(self)->node->schema;
}

/* Ours to read, of any type; avro-c asks by the schema's type. */
static int
get_boolean(const avro_value_iface_t *iface, const void *self, int *out)
{
    const struct slot *s = slot_of(self);

    (void)iface;
    if (s->node->field->type == F_BOOL)
        *out = *(const bool *)s->at;
    else if (*(const enum tri *)s->at == TRI_UNKNOWN)
        return fail(s, "is null");
    else
        *out = *(const enum tri *)s->at == TRI_YES;
    return 0;
}

static int
set_boolean(const avro_value_iface_t *iface, void *self, int value)
{
    const struct slot *s = self;

    (void)iface;
    if (value != 0 && value != 1)
        return fail(s, "is neither true nor false");
    if (s->node->field->type == F_BOOL)
        *(bool *)s->at = value == 1;
    else
        *(enum tri *)s->at = value == 1 ? TRI_YES : TRI_NO;
    s->run->least += 1;
    return 0;
}

static int
get_bytes(const avro_value_iface_t *iface, const void *self, const void **out,
          size_t *size)
{
    const struct slot *s = slot_of(self);
    const struct str *text = s->at;

    (void)iface;
    if (text->p == NULL)
        return fail(s, "is null");
    *out = text->p;
    *size = text->n;
    return 0;
}

/* The word of a code, or of the set's bit at hand. */
static int
get_word(const struct slot *s, struct str *out)
{
    const struct word_list *list = s->node->list;
    size_t value = s->item + 1;

    if (s->node->field->type == F_CODE) {
        int code = *(const int *)s->at;

        if (code == 0)
            return fail(s, "is null");
        if (code < 1 || code > list->codes->n)
            return fail(s, "is no word of its list");
        value = (size_t)code;
    }
    *out = list->words[value - 1];
    return 0;
}

/* avro-c counts a NUL that it neither needs nor looks at. */
static int
get_string(const avro_value_iface_t *iface, const void *self, const char **out,
           size_t *size)
{
    const struct slot *s = slot_of(self);
    struct str text = STR_NULL;
    int rc = 0;

    (void)iface;
    if (s->node->list != NULL)
        rc = get_word(s, &text);
    else
        text = *(const struct str *)s->at;
    if (rc == 0 && text.p == NULL)
        rc = fail(s, "is null");
    *out = text.p;
    *size = text.n + 1;
    return rc;
}

static int
set_word(const struct slot *s, const char *word, size_t n)
{
    const struct word_list *list = s->node->list;
    const struct field *f = s->node->field;
    int value = 0;

    for (int i = 0; value == 0 && i < list->codes->n; i++) {
        if (list->words[i].n == n && memcmp(list->words[i].p, word, n) == 0)
            value = i + 1;
    }
    if (value == 0 && (f->flags & F_LENIENT) == 0)
        return fail(s, "is no word of its list");
    if (f->type == F_CODE)
        *(int *)s->at = value;
    else if (value != 0)
        *(uint32_t *)s->at |= SET_BIT(value);
    return 0;
}

static int
give_bytes(const avro_value_iface_t *iface, void *self,
           avro_wrapped_buffer_t *buf)
{
    const struct slot *s = self;
    struct str *text = s->at;

    (void)iface;
    *text = (struct str){
        .p = arena_copy(s->run->arena, buf->buf, buf->size),
        .n = buf->size,
    };
    s->run->least += number_size((int64_t)text->n) + text->n;
    avro_wrapped_buffer_free(buf);
    return 0;
}

static int
give_string(const avro_value_iface_t *iface, void *self,
            avro_wrapped_buffer_t *buf)
{
    const struct slot *s = self;
    size_t n = buf->size - 1;
    int rc = 0;

    (void)iface;
    if (s->node->list != NULL) {
        rc = set_word(s, buf->buf, n);
    } else {
        *(struct str *)s->at = (struct str){
            .p = arena_copy(s->run->arena, buf->buf, n),
            .n = n,
        };
    }
    s->run->least += number_size((int64_t)n) + n;
    avro_wrapped_buffer_free(buf);
    return rc;
}

static int
get_fixed(const avro_value_iface_t *iface, const void *self, const void **out,
          size_t *size)
{
    const struct slot *s = slot_of(self);
    const struct id *id = s->at;

    (void)iface;
    if (id_is_none(*id))
        return fail(s, "is null");
    *out = id->b;
    *size = sizeof id->b;
    return 0;
}

static int
give_fixed(const avro_value_iface_t *iface, void *self,
           avro_wrapped_buffer_t *buf)
{
    const struct slot *s = self;
    struct id *id = s->at;
    int rc = 0;

    (void)iface;
    memcpy(id->b, buf->buf, sizeof id->b); /* the size was checked when bound */
    if (id_is_none(*id))
        rc = fail(s, "is null");
    s->run->least += sizeof id->b;
    avro_wrapped_buffer_free(buf);
    return rc;
}

static int
get_int(const avro_value_iface_t *iface, const void *self, int32_t *out)
{
    const struct slot *s = slot_of(self);

    (void)iface;
    if (field_is_null(s->node->field, s->at))
        return fail(s, "is null");
    *out = *(const int32_t *)s->at; /* date_d too */
    return 0;
}

static int
set_int(const avro_value_iface_t *iface, void *self, int32_t value)
{
    const struct slot *s = self;

    (void)iface;
    *(int32_t *)s->at = value;
    s->run->least += number_size(value);
    return field_is_null(s->node->field, s->at) ? fail(s, "is null") : 0;
}

static int
get_long(const avro_value_iface_t *iface, const void *self, int64_t *out)
{
    const struct slot *s = slot_of(self);

    (void)iface;
    if (field_is_null(s->node->field, s->at))
        return fail(s, "is null");
    *out = *(const int64_t *)s->at; /* time_ms too */
    return 0;
}

static int
set_long(const avro_value_iface_t *iface, void *self, int64_t value)
{
    const struct slot *s = self;

    (void)iface;
    *(int64_t *)s->at = value;
    s->run->least += number_size(value);
    return field_is_null(s->node->field, s->at) ? fail(s, "is null") : 0;
}

static int
get_null(const avro_value_iface_t *iface, const void *self)
{
    (void)iface;
    (void)self;
    return 0;
}

static int
set_null(const avro_value_iface_t *iface, void *self)
{
    (void)iface;
    (void)self;
    return 0; /* it is null from the blank */
}

/* The next level: `node` over the member at `at`. */
static int
enter(const avro_value_iface_t *iface, struct slot *s, const struct node *node,
      void *at, avro_value_t *out)
{
    struct slot *next = s + 1;

    next->node = node;
    next->at = at;
    next->item = 0;
    s->run->last = node;
    /* avro-c takes a value's interface as one it could change. */
    out->iface = (avro_value_iface_t *)(uintptr_t)iface;
    out->self = next;
    return 0;
}

static size_t
count_bits(uint32_t set)
{
    size_t n = 0;

    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

static int
get_size(const avro_value_iface_t *iface, const void *self, size_t *size)
{
    const struct slot *s = slot_of(self);

    (void)iface;
    if (s->node->type == AVRO_RECORD)
        *size = s->node->n;
    else if (s->node->field->type == F_SET)
        *size = count_bits(*(const uint32_t *)s->at);
    else if (s->node->field->type == F_TEXTS)
        *size = ((const struct texts *)s->at)->n;
    else
        *size = ((const struct items *)s->at)->n;
    return 0;
}

/* The words of a set are written in the order of the list. */
static int
enter_set(const avro_value_iface_t *iface, struct slot *s, size_t index,
          avro_value_t *child)
{
    uint32_t set = *(const uint32_t *)s->at;
    size_t bit = 0;

    for (; index > 0; index--)
        set &= set - 1;
    while ((set >> bit & 1) == 0)
        bit++;
    (void)enter(iface, s, s->node->child, s->at, child);
    (s + 1)->item = bit;
    if ((int)bit >= s->node->child->list->codes->n)
        return fail(s, "has a bit beyond its list");
    return 0;
}

static int
get_by_index(const avro_value_iface_t *iface, const void *self, size_t index,
             avro_value_t *child, const char **name)
{
    struct slot *s = (struct slot *)(uintptr_t)self; /* one of codec's slots */
    const struct node *node = s->node;

    if (name != NULL)
        *name = NULL;
    if (node->type == AVRO_RECORD) {
        const struct node *of = &node->child[index];

        if (of->field == NULL) {
            child->iface = NULL; /* avro-c skips it */
            return 0;
        }
        if (of->type == AVRO_ARRAY)
            s->run->least += 1; /* the number 0 behind the last item */
        return enter(iface, s, of, (char *)s->at + of->offset, child);
    }
    if (node->field->type == F_SET)
        return enter_set(iface, s, index, child);
    if (node->field->type == F_TEXTS) {
        const struct texts *texts = s->at;

        return enter(iface, s, node->child,
                     (void *)(uintptr_t)&texts->at[index], child);
    } else {
        const struct items *items = s->at;
        const char *at = items->at;

        return enter(iface, s, node->child,
                     (void *)(uintptr_t)(at + index * node->sub->size), child);
    }
}

static int
get_discriminant(const avro_value_iface_t *iface, const void *self, int *out)
{
    const struct slot *s = slot_of(self);

    (void)iface;
    *out = field_is_null(s->node->field, s->at) ? 0 : 1;
    return 0;
}

static int
get_branch(const avro_value_iface_t *iface, const void *self,
           avro_value_t *branch)
{
    struct slot *s = (struct slot *)(uintptr_t)self;
    int which = 0;

    (void)get_discriminant(iface, self, &which);
    return enter(iface, s, &s->node->child[which], s->at, branch);
}

static int
set_branch(const avro_value_iface_t *iface, void *self, int which,
           avro_value_t *branch)
{
    struct slot *s = self;

    if (which < 0 || which > 1)
        return fail(s, "is neither null nor a value");
    s->run->least += 1;
    return enter(iface, s, &s->node->child[which], s->at, branch);
}

/* Room for one more of `size` bytes behind the `n` at `at`. */
static void *
grow(struct slot *s, const void *at, size_t n, size_t size)
{
    void *bigger;

    if (n > 0 && n < s->room)
        return (void *)(uintptr_t)at;
    s->room = n == 0 ? LIST_MIN : 2 * n;
    bigger = arena_array(s->run->arena, s->room, size);
    if (n > 0)
        memcpy(bigger, at, n * size);
    return bigger;
}

static int
append(const avro_value_iface_t *iface, void *self, avro_value_t *child,
       size_t *index)
{
    struct slot *s = self;
    const struct node *node = s->node;

    if (index != NULL)
        *index = s->item;
    /* One block with as many items takes the fewest bytes. */
    s->run->least -= s->item == 0 ? 0 : number_size((int64_t)s->item);
    s->run->least += number_size((int64_t)++s->item);
    if (node->field->type == F_SET)
        return enter(iface, s, node->child, s->at, child);
    if (node->field->type == F_TEXTS) {
        struct texts *texts = s->at;
        struct str *at = grow(s, texts->at, texts->n, sizeof *at);

        texts->at = at;
        return enter(iface, s, node->child, &at[texts->n++], child);
    } else {
        struct items *items = s->at;
        size_t size = node->sub->size;
        char *at = grow(s, items->at, items->n, size);
        char *item = at + size * items->n++;

        items->at = at;
        memcpy(item, node->child->blank, size);
        return enter(iface, s, node->child, item, child);
    }
}

static const avro_value_iface_t struct_iface = {
    .reset = reset,
    .get_type = get_type,
    .get_schema = get_schema,
    .get_boolean = get_boolean,
    .get_bytes = get_bytes,
    .get_int = get_int,
    .get_long = get_long,
    .get_null = get_null,
    .get_string = get_string,
    .get_fixed = get_fixed,
    .set_boolean = set_boolean,
    .give_bytes = give_bytes,
    .set_int = set_int,
    .set_long = set_long,
    .set_null = set_null,
    .give_string_len = give_string,
    .give_fixed = give_fixed,
    .get_size = get_size,
    .get_by_index = get_by_index,
    .get_discriminant = get_discriminant,
    .get_current_branch = get_branch,
    .append = append,
    .set_branch = set_branch,
};

/* The struct at `body` as a value, for one call. */
static avro_value_t
value_of(struct avro_codec *codec, struct arena *arena, const struct node *root,
         void *body)
{
    codec->run = (struct run){ .arena = arena };
    codec->slots[0].node = root;
    codec->slots[0].at = body;
    return (avro_value_t){
        .iface = (avro_value_iface_t *)(uintptr_t)&struct_iface,
        .self = &codec->slots[0],
    };
}

/* ---- binding schemas to structs ---- */

static enum status
mismatch(struct err *err, const struct field *f, const char *why)
{
    return err_set(err, ST_FATAL, "schema", "field %s %s",
                   f == NULL ? "(none)" : f->name, why);
}

static enum status
no_memory(struct err *err)
{
    return err_set(err, ST_FATAL, "schema", "no memory for the schemas");
}

static avro_schema_t
resolve(avro_schema_t schema)
{
    return is_avro_link(schema) ? avro_schema_link_target(schema) : schema;
}

/* The Avro type that a field has, or its values where it is a list. */
static avro_type_t
wire_type(enum field_type type)
{
    switch (type) {
    case F_ID:
        return AVRO_FIXED;
    case F_TEXT:
    case F_CODE:
        return AVRO_STRING;
    case F_BYTES:
        return AVRO_BYTES;
    case F_I32:
    case F_DATE:
        return AVRO_INT32;
    case F_I64:
    case F_TIME:
        return AVRO_INT64;
    case F_BOOL:
    case F_TRI:
        return AVRO_BOOLEAN;
    case F_SET:
    case F_TEXTS:
    case F_RECORDS:
        return AVRO_ARRAY;
    case F_RECORD:
        return AVRO_RECORD;
    }
    return AVRO_NULL;
}

static enum status
find_list(struct avro_codec *codec, const struct codes *codes,
          const struct word_list **out, struct err *err)
{
    struct word_list *list = codec->lists;

    while (list != NULL && list->codes != codes)
        list = list->next;
    if (list == NULL) {
        list = calloc(1, sizeof *list);
        if (list == NULL)
            return no_memory(err);
        list->codes = codes;
        list->next = codec->lists;
        codec->lists = list;
        list->words = calloc((size_t)codes->n, sizeof *list->words);
        if (list->words == NULL)
            return no_memory(err);
        for (int i = 0; i < codes->n; i++)
            list->words[i] = str_of(codes->words[i]);
    }
    *out = list;
    return ST_OK;
}

static enum status
bind_record(struct avro_codec *codec, struct node *node,
            const struct fields *fields, struct err *err);

static enum status
new_children(struct node *node, size_t n, struct err *err)
{
    node->child = calloc(n, sizeof *node->child);
    if (node->child == NULL)
        return no_memory(err);
    node->n = n;
    return ST_OK;
}

static enum status
bind_list(struct avro_codec *codec, struct node *node, struct err *err)
{
    const struct field *f = node->field;
    struct node *item;
    enum status rc = new_children(node, 1, err);

    if (rc != ST_OK)
        return rc;
    item = node->child;
    item->schema = resolve(avro_schema_array_items(node->schema));
    item->type = avro_typeof(item->schema);
    item->field = f;
    if (f->type == F_RECORDS) {
        node->sub = f->sub;
        return bind_record(codec, item, f->sub, err);
    }
    if (item->type != AVRO_STRING)
        return mismatch(err, f, "is no list of strings");
    return f->type == F_SET ? find_list(codec, f->codes, &item->list, err)
                            : ST_OK;
}

/* A place that isn't a union. */
static enum status
bind_value(struct avro_codec *codec, struct node *node, struct err *err)
{
    const struct field *f = node->field;

    node->type = avro_typeof(node->schema);
    if (node->type != wire_type(f->type))
        return mismatch(err, f, "has another type in its schema");
    if (node->type == AVRO_FIXED &&
        avro_schema_fixed_size(node->schema) != (int64_t)sizeof(struct id))
        return mismatch(err, f, "is fixed, but not 16 bytes");
    if (node->type == AVRO_RECORD)
        return bind_record(codec, node, f->sub, err);
    if (node->type == AVRO_ARRAY)
        return bind_list(codec, node, err);
    return f->type == F_CODE ? find_list(codec, f->codes, &node->list, err)
                             : ST_OK;
}

static enum status
bind_field(struct avro_codec *codec, struct node *node, struct err *err)
{
    enum status rc;

    if (avro_typeof(node->schema) != AVRO_UNION)
        return bind_value(codec, node, err);
    if (avro_schema_union_size(node->schema) != 2 ||
        !is_avro_null(avro_schema_union_branch(node->schema, 0)))
        return mismatch(err, node->field, "is no union of null and a value");
    rc = new_children(node, 2, err);
    if (rc != ST_OK)
        return rc;
    node->type = AVRO_UNION;
    node->child[0].type = AVRO_NULL;
    node->child[0].schema = avro_schema_union_branch(node->schema, 0);
    node->child[0].field = node->field;
    node->child[1].field = node->field;
    node->child[1].schema = resolve(avro_schema_union_branch(node->schema, 1));
    return bind_value(codec, &node->child[1], err);
}

static enum status
make_blank(struct node *node, const struct fields *fields, struct err *err)
{
    void *blank = calloc(1, fields->size);

    if (blank == NULL)
        return no_memory(err);
    fields_clear(fields, blank);
    node->blank = blank;
    return ST_OK;
}

static enum status
bind_record(struct avro_codec *codec, struct node *node,
            const struct fields *fields, struct err *err)
{
    enum status rc;

    node->type = avro_typeof(node->schema);
    if (node->type != AVRO_RECORD)
        return mismatch(err, node->field, "is no record in its schema");
    node->sub = fields;
    rc = make_blank(node, fields, err);
    if (rc == ST_OK)
        rc = new_children(node, avro_schema_record_size(node->schema), err);
    for (size_t i = 0; rc == ST_OK && i < node->n; i++) {
        struct node *child = &node->child[i];
        const char *name = avro_schema_record_field_name(node->schema, (int)i);

        child->field = fields_find(fields, name);
        child->schema = resolve(
            avro_schema_record_field_get_by_index(node->schema, (int)i));
        if (child->field == NULL)
            continue; /* of a version that had it */
        child->offset = child->field->offset;
        rc = bind_field(codec, child, err);
    }
    return rc;
}

static void
free_node(struct node *node)
{
    for (size_t i = 0; i < node->n; i++)
        free_node(&node->child[i]);
    free(node->child);
    free((void *)(uintptr_t)node->blank);
}

static enum status
open_schema(struct avro_codec *codec, const struct schema_text *text,
            struct err *err)
{
    struct schema *schema = &codec->schemas[codec->n];
    const struct record_def *def;
    enum status rc;

    schema->id = text->id;
    schema->type = record_find(str_of(text->name));
    def = record_def(schema->type);
    if (def == NULL ||
        avro_schema_from_json_length(text->json, text->n, &schema->avro) != 0)
        return err_set(err, ST_FATAL, "schema", "schema %d of %s is %s",
                       (int)text->id, text->name,
                       def == NULL ? "of no known record" : "no Avro");
    codec->n++;
    schema->root.schema = schema->avro;
    rc = bind_record(codec, &schema->root, def->fields, err);
    if (rc != ST_OK)
        err_where(err, "schema %d of %s", (int)text->id, text->name);
    else if (text->id == def->schema_id)
        codec->current[schema->type] = schema;
    return rc;
}

static enum status
open_schemas(struct avro_codec *codec, const struct schema_text *texts,
             size_t n, struct err *err)
{
    enum status rc = ST_OK;

    if (n > N_SCHEMAS_MAX)
        return err_set(err, ST_FATAL, "schema",
                       "there are %zu schemas, room for %d", n, N_SCHEMAS_MAX);
    for (size_t i = 0; rc == ST_OK && i < n; i++)
        rc = open_schema(codec, &texts[i], err);
    for (int t = REC_NONE + 1; rc == ST_OK && t < REC_N; t++) {
        if (codec->current[t] == NULL)
            rc = err_set(err, ST_FATAL, "schema", "there is no schema of %s",
                         record_def((enum record_type)t)->fields->name);
    }
    return rc;
}

struct avro_codec *
avro_open(struct err *err)
{
    return avro_open_with(schemas_embedded, schemas_embedded_n, err);
}

struct avro_codec *
avro_open_with(const struct schema_text *texts, size_t n, struct err *err)
{
    struct avro_codec *codec;
    enum status rc;

    (void)pthread_once(&allocator_once, set_allocator);
    codec = calloc(1, sizeof *codec);
    if (codec == NULL) {
        (void)no_memory(err);
        return NULL;
    }
    codec->reader = avro_reader_memory("", 0);
    codec->writer = avro_writer_memory("", 0);
    codec->room = malloc(WRITE_MIN);
    codec->held = WRITE_MIN;
    for (size_t i = 0; i < DEPTH_MAX; i++)
        codec->slots[i].run = &codec->run;
    if (codec->reader == NULL || codec->writer == NULL || codec->room == NULL)
        rc = no_memory(err);
    else
        rc = open_schemas(codec, texts, n, err);
    if (rc == ST_OK)
        return codec;
    avro_close(codec);
    return NULL;
}

void
avro_close(struct avro_codec *codec)
{
    if (codec == NULL)
        return;
    for (size_t i = 0; i < codec->n; i++) {
        free_node(&codec->schemas[i].root);
        avro_schema_decref(codec->schemas[i].avro);
    }
    while (codec->lists != NULL) {
        struct word_list *next = codec->lists->next;

        free(codec->lists->words);
        free(codec->lists);
        codec->lists = next;
    }
    if (codec->reader != NULL)
        avro_reader_free(codec->reader);
    if (codec->writer != NULL)
        avro_writer_free(codec->writer);
    free(codec->room);
    free(codec->pool.room);
    free(codec);
}

/* ---- writing ---- */

static const char *
place(const struct run *run)
{
    if (run->last == NULL || run->last->field == NULL)
        return "(start)";
    return run->last->field->name;
}

static bool
more_room(struct avro_codec *codec)
{
    size_t size = codec->held * 4;
    char *room;

    if (size > AVRO_RECORD_MAX)
        size = AVRO_RECORD_MAX;
    if (size <= codec->held)
        return false;
    room = realloc(codec->room, size);
    if (room == NULL)
        return false;
    codec->room = room;
    codec->held = size;
    return true;
}

static void
write_framing(char *at, int32_t id)
{
    uint32_t u = (uint32_t)id;

    at[0] = 0;
    for (int i = 0; i < 4; i++)
        at[1 + i] = (char)(u >> (24 - 8 * i) & 0xff);
}

enum status
avro_encode(struct avro_codec *codec, enum record_type type, const void *body,
            struct arena *arena, struct str *out, struct err *err)
{
    const struct record_def *def = record_def(type);
    const struct run *run = &codec->run;
    const struct schema *schema;
    int rc;

    *out = STR_NULL;
    if (def == NULL)
        return err_set(err, ST_FATAL, "schema", "there is no record type %d",
                       (int)type);
    schema = codec->current[type];
    do {
        avro_value_t value =
            value_of(codec, arena, &schema->root, (void *)(uintptr_t)body);

        avro_writer_memory_set_dest(codec->writer, codec->room + FRAMING,
                                    (int64_t)(codec->held - FRAMING));
        (void)pthread_mutex_lock(&avro_errors);
        rc = avro_value_write(codec->writer, &value);
        (void)pthread_mutex_unlock(&avro_errors);
    } while (rc != 0 && run->why == NULL && more_room(codec));
    if (rc != 0 && run->why != NULL)
        return err_set(err, ST_FATAL, "null", "%s: field %s %s",
                       def->fields->name, place(run), run->why);
    if (rc != 0)
        return err_set(err, ST_REJECT, "size", "%s is longer than %zu bytes",
                       def->fields->name, AVRO_RECORD_MAX);
    write_framing(codec->room, schema->id);
    out->n = FRAMING + (size_t)avro_writer_tell(codec->writer);
    out->p = arena_copy(arena, codec->room, out->n);
    return ST_OK;
}

/* ---- reading ---- */

static const struct schema *
find_schema(const struct avro_codec *codec, int32_t id)
{
    for (size_t i = 0; i < codec->n; i++) {
        if (codec->schemas[i].id == id)
            return &codec->schemas[i];
    }
    return NULL;
}

static int32_t
read_framing(struct str bytes)
{
    uint32_t id = 0;

    for (size_t i = 1; i < FRAMING; i++)
        id = id << 8 | (uint8_t)bytes.p[i];
    return (int32_t)id;
}

static enum status
read_body(struct avro_codec *codec, const struct schema *schema,
          struct str bytes, struct arena *arena, void *body, struct err *err)
{
    struct run *run = &codec->run;
    avro_value_t value = value_of(codec, arena, &schema->root, body);
    char beyond;
    int rc;

    if (!pool_begin(&codec->pool, bytes.n))
        return err_set(err, ST_RETRY, "memory", "no memory for %zu bytes",
                       bytes.n);
    (void)pthread_mutex_lock(&avro_errors);
    reading = &codec->pool;
    avro_reader_memory_set_source(codec->reader, bytes.p, (int64_t)bytes.n);
    rc = avro_value_read(codec->reader, &value);
    if (rc == 0 && run->least != bytes.n &&
        avro_read(codec->reader, &beyond, 1) == 0) {
        rc = EINVAL;
        run->why = "is followed by more bytes";
    }
    reading = NULL;
    (void)pthread_mutex_unlock(&avro_errors);
    if (rc == 0)
        return ST_OK;
    return err_set(err, ST_REJECT, "decode", "%s: field %s %s",
                   schema->root.sub->name, place(run),
                   run->why != NULL ? run->why : "can't be read");
}

enum status
avro_decode(struct avro_codec *codec, struct str bytes, struct arena *arena,
            enum record_type *type, const void **body, struct err *err)
{
    const struct schema *schema;
    void *copy;
    enum status rc;

    *type = REC_NONE;
    *body = NULL;
    if (bytes.n < FRAMING || bytes.p[0] != 0)
        return err_set(err, ST_REJECT, "decode",
                       "there is no framing around the record");
    schema = find_schema(codec, read_framing(bytes));
    if (schema == NULL)
        return err_set(err, ST_FATAL, "schema",
                       "schema id %d is not in ids.lock: its sender is newer",
                       (int)read_framing(bytes));
    copy = arena_alloc(arena, schema->root.sub->size);
    memcpy(copy, schema->root.blank, schema->root.sub->size);
    bytes.p += FRAMING;
    bytes.n -= FRAMING;
    rc = read_body(codec, schema, bytes, arena, copy, err);
    if (rc != ST_OK)
        return rc;
    *type = schema->type;
    *body = copy;
    return ST_OK;
}

enum record_type
avro_type_of(const struct avro_codec *codec, struct str bytes)
{
    const struct schema *schema = NULL;

    if (bytes.n >= FRAMING && bytes.p[0] == 0)
        schema = find_schema(codec, read_framing(bytes));
    return schema != NULL ? schema->type : REC_NONE;
}
