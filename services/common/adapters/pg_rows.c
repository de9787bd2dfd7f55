#include "common/adapters/pg_rows.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A statement's name on the server and its text. */
struct sql {
    char *name;
    char *text;
};

struct table_sql {
    char *columns;
    struct sql load_key;
    struct sql load_group[ROWS_INDEX_MAX];
    struct sql load_due;
    struct sql insert;
    struct sql upsert;
    struct sql delete;
};

/* A table as the database has it. */
struct shape {
    uint32_t row_type; /* 0: not learnt */
    size_t row_bytes;  /* what a row took last time, a guess at first */
    size_t n;
    struct {
        uint32_t type; /* OID */
        int field;     /* OTHER: not ours */
    } column[PG_PARAMS_MAX];
};
enum { SHARD = -1, OTHER = -2 };

/* Rows written before plans are made anew. */
struct growth {
    int64_t rows;
    int64_t replan_at;
};

struct pg_rows {
    char *schema;
    const struct table *tables;
    size_t n_tables;
    struct table_sql *sql;
    struct shape *shapes;
    struct growth *growth;
};

enum { REPLAN_ROWS = 500 };

struct type_name {
    enum pg_type type;
    const char *sql; /* as format_type() has it */
};

static const struct type_name type_names[] = {
    [F_ID] = { PG_UUID, "uuid" },
    [F_TEXT] = { PG_TEXT, "text" },
    [F_BYTES] = { PG_BYTEA, "bytea" },
    [F_I32] = { PG_INT4, "integer" },
    [F_I64] = { PG_INT8, "bigint" },
    [F_BOOL] = { PG_BOOL, "boolean" },
    [F_TRI] = { PG_BOOL, "boolean" },
    [F_TIME] = { PG_TIMESTAMPTZ, "timestamp with time zone" },
    [F_DATE] = { PG_DATE, "date" },
    [F_CODE] = { PG_TEXT, "text" },
    [F_SET] = { PG_TEXT, "text" },
    [F_TEXTS] = { PG_TEXT, "text" },
};

/* An unknown fact is null, whatever the flags say. */
static bool
may_be_null(const struct field *f)
{
    return (f->flags & F_NULLABLE) != 0 || f->type == F_TRI;
}

/* ---- texts of statements ------------------------------------------------- */

/* Text that grows; SQL here is short and made once. */
struct text {
    FILE *to;
    char *at;
    size_t n;
};

/* Begins at `t`, which must stay where it is until text_end. */
static void
text_begin(struct text *t)
{
    t->to = open_memstream(&t->at, &t->n);
    if (t->to == NULL)
        abort();
}

/* The text; the caller owns it. */
static char *
text_end(struct text *t)
{
    if (fclose(t->to) != 0 || t->at == NULL)
        abort();
    return t->at;
}

/* Fields `at[0..n)` of a table, all of them where `at` is NULL. */
struct columns {
    const struct table *table;
    const uint8_t *at;
    size_t n;
};

static struct columns
columns_all(const struct table *t)
{
    return (struct columns){ .table = t, .n = t->fields.n };
}

static struct columns
columns_key(const struct table *t)
{
    return (struct columns){ .table = t, .n = t->n_key };
}

static struct columns
columns_index(const struct table *t, size_t index)
{
    return (struct columns){ .table = t,
                             .at = t->index[index].fields,
                             .n = t->index[index].n };
}

static const struct field *
column(const struct columns *c, size_t i)
{
    return &c->table->fields.at[c->at == NULL ? i : c->at[i]];
}

/* `"a", "b"` with `prefix` before each. */
static void
put_columns(FILE *to, const struct columns *c, const char *prefix)
{
    for (size_t i = 0; i < c->n; i++)
        fprintf(to, "%s%s\"%s\"", i == 0 ? "" : ", ", prefix,
                column(c, i)->name);
}

/* `unnest($2::uuid[], $3::text[]) AS w ("a", "b")` */
static void
put_unnest(FILE *to, const struct columns *c)
{
    fprintf(to, "unnest(");
    for (size_t i = 0; i < c->n; i++)
        fprintf(to, "%s$%zu::%s[]", i == 0 ? "" : ", ", i + 2,
                type_names[column(c, i)->type].sql);
    fprintf(to, ") AS w (");
    put_columns(to, c, "");
    fprintf(to, ")");
}

/*
 * ` FROM unnest(...) AS w (...) CROSS JOIN LATERAL (SELECT ...) t`: one lookup
 * for each wanted value. OFFSET 0 keeps the server from turning this into a
 * join, for which it would have to guess how many rows there are: with a table
 * that was empty when it last looked, it walks over the whole shard each time.
 */
static void
put_lookup(FILE *to, const struct pg_rows *pr, const struct columns *c,
           const char *what)
{
    fprintf(to, " FROM ");
    put_unnest(to, c);
    fprintf(to,
            " CROSS JOIN LATERAL (SELECT %s FROM \"%s\".\"%s\" t"
            " WHERE t.shard = $1",
            what, pr->schema, c->table->fields.name);
    for (size_t i = 0; i < c->n; i++)
        fprintf(to, " AND t.\"%s\" = w.\"%s\"", column(c, i)->name,
                column(c, i)->name);
    fprintf(to, " OFFSET 0) t");
}

/* Without the schema: a refusal names the statement in its dead letter, and a
 * replay, in another schema, must say the same. */
static struct sql
sql_named(const struct table *t, const char *what, struct text *text)
{
    struct text name;
    struct sql sql;

    text_begin(&name);
    fprintf(name.to, "%s:%s", t->fields.name, what);
    sql = (struct sql){ .name = text_end(&name), .text = text_end(text) };
    assert(strlen(sql.name) < 64); /* the server looks no further */
    return sql;
}

static struct sql
load_sql(const struct pg_rows *pr, const struct table *t, struct columns by,
         const char *what)
{
    struct text s;
    struct columns all = columns_all(t);

    text_begin(&s);
    fprintf(s.to, "SELECT ");
    put_columns(s.to, &all, "t.");
    put_lookup(s.to, pr, &by, "t.*");
    return sql_named(t, what, &s);
}

/* The order is that of rows_first_due: (due, key), texts by bytes. */
static struct sql
due_sql(const struct pg_rows *pr, const struct table *t)
{
    struct text s;
    struct columns all = columns_all(t);
    const char *due = t->fields.at[t->due].name;

    text_begin(&s);
    fprintf(s.to, "SELECT ");
    put_columns(s.to, &all, "t.");
    fprintf(s.to,
            " FROM \"%s\".\"%s\" t WHERE t.shard = $1 AND t.\"%s\" <= $2"
            " AND t.\"%s\" < 'infinity' ORDER BY t.\"%s\"",
            pr->schema, t->fields.name, due, due, due);
    for (size_t i = 0; i < t->n_key; i++) {
        const struct field *f = &t->fields.at[i];

        fprintf(s.to, ", t.\"%s\"%s", f->name,
                type_names[f->type].type == PG_TEXT ? " COLLATE \"C\"" : "");
    }
    fprintf(s.to, " LIMIT $3");
    return sql_named(t, "due", &s);
}

static void
put_insert(FILE *to, const struct pg_rows *pr, const struct table *t)
{
    struct columns all = columns_all(t);

    fprintf(to, "INSERT INTO \"%s\".\"%s\" (shard, ", pr->schema,
            t->fields.name);
    put_columns(to, &all, "");
    fprintf(to, ") SELECT w.shard, ");
    put_columns(to, &all, "w.");
    fprintf(to, " FROM unnest($1::\"%s\".\"%s\"[]) w", pr->schema,
            t->fields.name);
}

/* Of rows that are known to be new; a third of an upsert's work less. */
static struct sql
insert_sql(const struct pg_rows *pr, const struct table *t)
{
    struct text s;

    text_begin(&s);
    put_insert(s.to, pr, t);
    return sql_named(t, "insert", &s);
}

static struct sql
upsert_sql(const struct pg_rows *pr, const struct table *t)
{
    struct text s;
    struct columns key = columns_key(t);

    text_begin(&s);
    put_insert(s.to, pr, t);
    fprintf(s.to, " ON CONFLICT (shard, ");
    put_columns(s.to, &key, "");
    fprintf(s.to, ") DO %s",
            t->n_key == t->fields.n ? "NOTHING" : "UPDATE SET ");
    for (size_t i = t->n_key; i < t->fields.n; i++)
        fprintf(s.to, "%s\"%s\" = EXCLUDED.\"%s\"", i == t->n_key ? "" : ", ",
                t->fields.at[i].name, t->fields.at[i].name);
    return sql_named(t, "upsert", &s);
}

static struct sql
delete_sql(const struct pg_rows *pr, const struct table *t)
{
    struct text s;
    struct columns key = columns_key(t);

    text_begin(&s);
    /* By place, found by lookups; places are unique in an ordinary table. */
    fprintf(s.to,
            "DELETE FROM \"%s\".\"%s\" WHERE ctid = ANY (ARRAY(SELECT t.at",
            pr->schema, t->fields.name);
    put_lookup(s.to, pr, &key, "t.ctid AS at");
    fprintf(s.to, "))");
    return sql_named(t, "delete", &s);
}

static void
table_open(const struct pg_rows *pr, const struct table *t,
           struct table_sql *sql)
{
    struct text s;
    struct columns all = columns_all(t);

    text_begin(&s);
    assert(t->fields.n + 1 <= PG_PARAMS_MAX);
    for (size_t i = 0; i < t->fields.n; i++)
        assert(type_names[t->fields.at[i].type].sql != NULL);
    put_columns(s.to, &all, "t.");
    sql->columns = text_end(&s);
    sql->load_key = load_sql(pr, t, columns_key(t), "key");
    for (size_t i = 0; i < t->n_index; i++) {
        char what[32];

        (void)snprintf(what, sizeof what, "group%zu", i);
        sql->load_group[i] = load_sql(pr, t, columns_index(t, i), what);
    }
    if (t->due > 0)
        sql->load_due = due_sql(pr, t);
    sql->insert = insert_sql(pr, t);
    sql->upsert = upsert_sql(pr, t);
    sql->delete = delete_sql(pr, t);
}

struct pg_rows *
pg_rows_open(const char *schema, const struct table *tables, size_t n_tables)
{
    struct pg_rows *pr = calloc(1, sizeof *pr);

    if (pr == NULL)
        abort();
    pr->schema = strdup(schema);
    pr->tables = tables;
    pr->n_tables = n_tables;
    pr->sql = calloc(n_tables + 1, sizeof *pr->sql);
    pr->shapes = calloc(n_tables + 1, sizeof *pr->shapes);
    pr->growth = calloc(n_tables + 1, sizeof *pr->growth);
    if (pr->schema == NULL || pr->sql == NULL || pr->shapes == NULL ||
        pr->growth == NULL)
        abort();
    for (size_t i = 0; i < n_tables; i++)
        table_open(pr, &tables[i], &pr->sql[i]);
    return pr;
}

static void
sql_free(struct sql *sql)
{
    free(sql->name);
    free(sql->text);
}

void
pg_rows_close(struct pg_rows *pr)
{
    if (pr == NULL)
        return;
    for (size_t i = 0; i < pr->n_tables; i++) {
        struct table_sql *sql = &pr->sql[i];

        free(sql->columns);
        sql_free(&sql->load_key);
        for (size_t k = 0; k < ROWS_INDEX_MAX; k++)
            sql_free(&sql->load_group[k]);
        sql_free(&sql->load_due);
        sql_free(&sql->insert);
        sql_free(&sql->upsert);
        sql_free(&sql->delete);
    }
    free(pr->growth);
    free(pr->shapes);
    free(pr->sql);
    free(pr->schema);
    free(pr);
}

const char *
pg_rows_columns(const struct pg_rows *pr, size_t table)
{
    assert(table < pr->n_tables);
    return pr->sql[table].columns;
}

/* ---- structs to parameters ----------------------------------------------- */

static void
add_tri(struct pg_params *p, enum tri value)
{
    if (value == TRI_UNKNOWN)
        pg_add_null(p, PG_BOOL);
    else
        pg_add_bool(p, value == TRI_YES);
}

static void
add_code(struct pg_params *p, const struct field *f, int value)
{
    if (value == 0) {
        pg_add_null(p, PG_TEXT);
        return;
    }
    if (value < 0 || value > f->codes->n)
        pg_params_refuse(p, "%s: code %d is none of %s", f->name, value,
                         f->codes->name);
    pg_add_text(p, str_of(codes_word(f->codes, value)));
}

static void
add_set(struct pg_params *p, const struct field *f, uint32_t bits)
{
    char text[32 * 65];
    size_t n = 0;

    text[0] = '\0';
    for (int v = 1; v <= f->codes->n && v <= 32; v++) {
        int more;

        if ((bits & SET_BIT(v)) == 0)
            continue;
        more = snprintf(text + n, sizeof text - n, "%s%s", n == 0 ? "" : " ",
                        codes_word(f->codes, v));
        assert(more > 0 && (size_t)more < sizeof text - n);
        n += (size_t)more;
        bits &= ~SET_BIT(v);
    }
    if (bits != 0)
        pg_params_refuse(p, "%s: a bit is none of %s", f->name, f->codes->name);
    pg_add_text(p, (struct str){ .p = text, .n = n });
}

static void
add_texts(struct pg_params *p, const struct field *f, const struct texts *texts)
{
    size_t n = 0;
    size_t used = 0;
    char *line;

    for (size_t i = 0; i < texts->n; i++) {
        const struct str *s = &texts->at[i];

        if (s->p == NULL || memchr(s->p, '\n', s->n) != NULL)
            pg_params_refuse(p, "%s: a text is null or has two lines", f->name);
        n += s->n + 1;
    }
    line = arena_alloc(p->arena, n + 1);
    for (size_t i = 0; i < texts->n; i++) {
        if (i > 0)
            line[used++] = '\n';
        if (texts->at[i].n > 0)
            memcpy(line + used, texts->at[i].p, texts->at[i].n);
        used += texts->at[i].n;
    }
    if (texts->n > 0 && texts->at[texts->n - 1].n == 0)
        line[used++] = '\n';
    pg_add_text(p, (struct str){ .p = line, .n = used });
}

static void
add_value(struct pg_params *p, const struct field *f, const void *row)
{
    const void *at = (const char *)row + f->offset;

    switch (f->type) {
    case F_ID:
        pg_add_id(p, *(const struct id *)at);
        break;
    case F_TEXT:
        pg_add_text(p, *(const struct str *)at);
        break;
    case F_BYTES:
        pg_add_bytes(p, *(const struct str *)at);
        break;
    case F_I32:
        pg_add_i32(p, *(const int32_t *)at);
        break;
    case F_I64:
        pg_add_i64(p, *(const int64_t *)at);
        break;
    case F_BOOL:
        pg_add_bool(p, *(const bool *)at);
        break;
    case F_TRI:
        add_tri(p, *(const enum tri *)at);
        break;
    case F_TIME:
        pg_add_time(p, *(const time_ms *)at);
        break;
    case F_DATE:
        pg_add_date(p, *(const date_d *)at);
        break;
    case F_CODE:
        add_code(p, f, *(const int *)at);
        break;
    case F_SET:
        add_set(p, f, *(const uint32_t *)at);
        break;
    case F_TEXTS:
        add_texts(p, f, at);
        break;
    case F_RECORD:
    case F_RECORDS:
        assert(false && "records have no place in a table");
    }
}

/* One column of many rows. */
static void
add_column(struct pg_params *p, const struct table *t, const struct field *f,
           const void *const *at, size_t n)
{
    pg_array_begin(p, type_names[f->type].type, n);
    for (size_t i = 0; i < n; i++)
        add_value(p, f, at[i]);
    if (p->array.nulls && !may_be_null(f))
        pg_params_refuse(p, "%s.%s is null and must not be", t->fields.name,
                         f->name);
    pg_array_end(p);
}

/* A statement over many rows: $1 is the shard, then an array a column. */
static size_t
send_rows(struct pg *pg, const struct sql *sql, int32_t shard,
          struct columns columns, const void *const *at, size_t n,
          struct arena *arena)
{
    struct pg_params p;

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    for (size_t i = 0; i < columns.n; i++)
        add_column(&p, columns.table, column(&columns, i), at, n);
    return pg_send(pg, sql->name, sql->text, &p);
}

/* ---- results to structs -------------------------------------------------- */

static enum status
read_code(const struct table *t, const struct field *f, struct str word,
          int *out, struct err *err)
{
    *out = word.p == NULL ? 0 : codes_find(f->codes, word);
    if (*out == 0 && word.p != NULL && (f->flags & F_LENIENT) == 0)
        return err_set(err, ST_FATAL, "schema",
                       "%s.%s holds a word that is none of %s", t->fields.name,
                       f->name, f->codes->name);
    return ST_OK;
}

static enum status
read_set(const struct table *t, const struct field *f, struct str text,
         uint32_t *out, struct err *err)
{
    *out = 0;
    while (text.n > 0) {
        const char *end = memchr(text.p, ' ', text.n);
        size_t n = end == NULL ? text.n : (size_t)(end - text.p);
        int value;
        enum status rc =
            read_code(t, f, (struct str){ .p = text.p, .n = n }, &value, err);

        if (rc != ST_OK)
            return rc;
        if (value > 0)
            *out |= SET_BIT(value);
        n += end == NULL ? 0 : 1;
        text.p += n;
        text.n -= n;
    }
    return ST_OK;
}

static struct texts
read_texts(struct str text, struct arena *arena)
{
    struct str *at;
    size_t n = 1;

    if (text.n == 0)
        return (struct texts){ .at = NULL, .n = 0 };
    if (text.p[text.n - 1] == '\n')
        text.n--;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    at = arena_array(arena, n, sizeof *at);
    for (size_t i = 0; i < n; i++) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t len = end == NULL ? text.n : (size_t)(end - text.p);

        at[i] = (struct str){ .p = text.p, .n = len };
        if (end != NULL) {
            text.p += len + 1;
            text.n -= len + 1;
        }
    }
    return (struct texts){ .at = at, .n = n };
}

static enum tri
read_tri(const struct pg_result *res, size_t row, size_t c)
{
    if (pg_is_null(res, row, c))
        return TRI_UNKNOWN;
    return pg_bool(res, row, c) ? TRI_YES : TRI_NO;
}

static enum status
read_value(const struct table *t, const struct field *f,
           const struct pg_result *res, size_t row, size_t c,
           struct arena *arena, void *at, struct err *err)
{
    switch (f->type) {
    case F_ID:
        *(struct id *)at = pg_id(res, row, c);
        return ST_OK;
    case F_TEXT:
    case F_BYTES:
        *(struct str *)at = pg_text(res, row, c);
        return ST_OK;
    case F_I32:
        *(int32_t *)at = pg_i32(res, row, c);
        return ST_OK;
    case F_I64:
        *(int64_t *)at = pg_i64(res, row, c);
        return ST_OK;
    case F_BOOL:
        *(bool *)at = pg_bool(res, row, c);
        return ST_OK;
    case F_TRI:
        *(enum tri *)at = read_tri(res, row, c);
        return ST_OK;
    case F_TIME:
        *(time_ms *)at = pg_time(res, row, c);
        return ST_OK;
    case F_DATE:
        *(date_d *)at = pg_date(res, row, c);
        return ST_OK;
    case F_CODE:
        return read_code(t, f, pg_text(res, row, c), at, err);
    case F_SET:
        return read_set(t, f, pg_text(res, row, c), at, err);
    case F_TEXTS:
        *(struct texts *)at = read_texts(pg_text(res, row, c), arena);
        return ST_OK;
    case F_RECORD:
    case F_RECORDS:
        break;
    }
    assert(false && "records have no place in a table");
    return ST_FATAL;
}

enum status
pg_rows_read(const struct pg_rows *pr, size_t table,
             const struct pg_result *res, size_t i, struct arena *arena,
             void *row, struct err *err)
{
    const struct table *t = &pr->tables[table];
    enum status rc = ST_OK;

    assert(table < pr->n_tables);
    for (size_t c = 0; c < t->fields.n && rc == ST_OK; c++) {
        const struct field *f = &t->fields.at[c];

        rc = read_value(t, f, res, i, c, arena, (char *)row + f->offset, err);
    }
    return rc;
}

/* ---- loading ------------------------------------------------------------- */

/* One statement of a load. */
struct load {
    size_t table;
    bool due;
    size_t statement;
};

/* The wants of `table` by `index` among `n`; returns how many. */
static size_t
pick_wants(const struct rows_want *wants, size_t n, size_t table, int index,
           const void **likes)
{
    size_t picked = 0;

    for (size_t i = 0; i < n; i++)
        if (wants[i].table == table && wants[i].index == index &&
            wants[i].due_until == TIME_NONE)
            likes[picked++] = wants[i].like;
    return picked;
}

static size_t
send_due(const struct pg_rows *pr, struct pg *pg, int32_t shard,
         const struct rows_want *want, struct arena *arena)
{
    const struct sql *sql = &pr->sql[want->table].load_due;
    struct pg_params p;

    pg_params_init(&p, arena);
    pg_add_i32(&p, shard);
    pg_add_time(&p, want->due_until);
    pg_add_i64(&p, (int64_t)want->limit);
    return pg_send(pg, sql->name, sql->text, &p);
}

/* Send all loads of a table; `loads` has room for them. Returns how many. */
static size_t
send_loads(const struct pg_rows *pr, struct pg *pg, int32_t shard, size_t table,
           const struct rows_want *wants, size_t n, struct load *loads,
           struct arena *arena)
{
    const struct table *t = &pr->tables[table];
    const struct table_sql *sql = &pr->sql[table];
    const void **likes = arena_array(arena, n, sizeof *likes);
    size_t n_loads = 0;

    for (int index = ROWS_KEY; index < (int)t->n_index; index++) {
        size_t picked = pick_wants(wants, n, table, index, likes);
        bool key = index == ROWS_KEY;

        if (picked == 0)
            continue;
        loads[n_loads++] = (struct load){
            .table = table,
            .statement = send_rows(
                pg, key ? &sql->load_key : &sql->load_group[index], shard,
                key ? columns_key(t) : columns_index(t, (size_t)index), likes,
                picked, arena),
        };
    }
    for (size_t i = 0; i < n; i++)
        if (wants[i].table == table && wants[i].due_until != TIME_NONE)
            loads[n_loads++] = (struct load){
                .table = table,
                .due = true,
                .statement = send_due(pr, pg, shard, &wants[i], arena),
            };
    return n_loads;
}

static enum status
take_load(const struct pg_rows *pr, const struct pg *pg,
          const struct load *load, struct rows *rows, struct arena *arena,
          struct err *err)
{
    const struct pg_result *res = pg_answer(pg, load->statement);
    size_t n = pg_n_rows(res);
    void *row = arena_alloc(arena, pr->tables[load->table].fields.size);
    enum status rc = ST_OK;

    for (size_t i = 0; i < n && rc == ST_OK; i++) {
        rc = pg_rows_read(pr, load->table, res, i, arena, row, err);
        if (rc == ST_OK)
            rows_loaded(rows, load->table, row);
    }
    if (rc == ST_OK && load->due)
        rows_due_loaded(rows, load->table, n);
    return rc;
}

enum status
pg_rows_load(struct pg_rows *pr, struct pg *pg, int32_t shard,
             struct rows *rows, struct arena *arena, struct err *err)
{
    const struct rows_want *wants;
    size_t n = rows_take_wants(rows, &wants);
    size_t room = pr->n_tables * (ROWS_INDEX_MAX + 2);
    struct load *loads = arena_array(arena, room, sizeof *loads);
    size_t n_loads = 0;
    enum status rc;

    if (n == 0)
        return ST_OK;
    pg_pipeline_begin(pg);
    for (size_t i = 0; i < pr->n_tables; i++)
        n_loads +=
            send_loads(pr, pg, shard, i, wants, n, loads + n_loads, arena);
    rc = pg_sync(pg, err);
    for (size_t i = 0; i < n_loads && rc == ST_OK; i++)
        rc = take_load(pr, pg, &loads[i], rows, arena, err);
    return rc;
}

/* ---- the tables' columns ------------------------------------------------- */

/* $1: the schema. */
#define SHAPES_SQL                                                             \
    "SELECT c.relname::text, c.reltype::bigint, a.attname::text,"              \
    " a.atttypid::bigint FROM pg_class c"                                      \
    " JOIN pg_namespace n ON n.oid = c.relnamespace"                           \
    " JOIN pg_attribute a ON a.attrelid = c.oid"                               \
    " WHERE n.nspname = $1::text AND c.relkind = 'r'"                          \
    " AND a.attnum > 0 AND NOT a.attisdropped"                                 \
    " ORDER BY c.oid, a.attnum"

static int
field_of(const struct table *t, struct str name)
{
    if (str_is(name, "shard"))
        return SHARD;
    for (size_t i = 0; i < t->fields.n; i++)
        if (str_is(name, t->fields.at[i].name))
            return (int)i;
    return OTHER;
}

static enum status
learn_table(const struct table *t, const struct pg_result *res,
            struct shape *shape, struct err *err)
{
    size_t ours = 0;

    *shape = (struct shape){ .row_type = 0 };
    for (size_t i = 0; i < pg_n_rows(res); i++) {
        int field;

        if (!str_is(pg_text(res, i, 0), t->fields.name))
            continue;
        if (shape->n == PG_PARAMS_MAX)
            return err_set(err, ST_FATAL, "schema",
                           "%s has more than %d columns", t->fields.name,
                           PG_PARAMS_MAX);
        field = field_of(t, pg_text(res, i, 2));
        shape->row_type = (uint32_t)pg_i64(res, i, 1);
        shape->column[shape->n].type = (uint32_t)pg_i64(res, i, 3);
        shape->column[shape->n++].field = field;
        ours += field != OTHER;
    }
    shape->row_bytes = shape->n * 16;
    if (ours == t->fields.n + 1)
        return ST_OK;
    return err_set(err, ST_FATAL, "schema",
                   "table %s or a column of it is missing", t->fields.name);
}

enum status
pg_rows_learn(struct pg_rows *pr, struct pg *pg, struct arena *arena,
              struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, arena);
    pg_add_text(&p, str_of(pr->schema));
    rc = pg_query(pg, NULL, SHAPES_SQL, &p, &res, err);
    for (size_t i = 0; i < pr->n_tables && rc == ST_OK; i++)
        rc = learn_table(&pr->tables[i], res, &pr->shapes[i], err);
    pg_result_close(res);
    return rc;
}

/* ---- saving -------------------------------------------------------------- */

static void
add_record(struct pg_params *p, const struct table *t,
           const struct shape *shape, int32_t shard, const void *row)
{
    pg_record_begin(p);
    for (size_t i = 0; i < shape->n; i++) {
        int field = shape->column[i].field;
        const struct field *f;

        if (field == SHARD) {
            pg_add_i32(p, shard);
        } else if (field == OTHER) {
            pg_record_null(p, shape->column[i].type);
        } else {
            f = &t->fields.at[field];
            p->array.nulls = false;
            add_value(p, f, row);
            if (p->array.nulls && !may_be_null(f))
                pg_params_refuse(p, "%s.%s is null and must not be",
                                 t->fields.name, f->name);
        }
    }
    pg_record_end(p);
}

static void
send_records(const struct pg_rows *pr, struct pg *pg, const struct sql *sql,
             int32_t shard, size_t table, const void *const *at, size_t n,
             struct arena *arena)
{
    const struct table *t = &pr->tables[table];
    struct shape *shape = &pr->shapes[table];
    struct pg_params p;

    assert(shape->row_type != 0);
    pg_params_init(&p, arena);
    pg_records_begin(&p, shape->row_type, (n + n / 8) * shape->row_bytes);
    for (size_t i = 0; i < n; i++)
        add_record(&p, t, shape, shard, at[i]);
    shape->row_bytes = p.array.n / n + 1;
    pg_records_end(&p);
    (void)pg_send(pg, sql->name, sql->text, &p);
}

void
pg_rows_insert(struct pg_rows *pr, struct pg *pg, int32_t shard, size_t table,
               const void *const *at, size_t n, struct arena *arena)
{
    send_records(pr, pg, &pr->sql[table].insert, shard, table, at, n, arena);
}

static bool
has_grown(struct growth *g, size_t n)
{
    g->rows += (int64_t)n;
    if (g->rows < (g->replan_at == 0 ? REPLAN_ROWS : g->replan_at))
        return false;
    g->replan_at = 2 * g->rows;
    return true;
}

/* Changes of one table by what is to be done, in key order each. */
struct changes {
    const void **at[ROWS_DELETE + 1];
    size_t n[ROWS_DELETE + 1];
};

static size_t
sort_changes(struct rows *rows, size_t table, struct changes *c,
             struct arena *arena)
{
    enum rows_change change;
    const void *row;
    size_t n = 0;

    *c = (struct changes){ .n = { 0 } };
    while (rows_next_change(rows, table, &n, &change, &row))
        continue;
    if (n == 0)
        return 0;
    for (int i = 0; i <= ROWS_DELETE; i++)
        c->at[i] = arena_array(arena, n, sizeof *c->at[i]);
    for (size_t i = 0; rows_next_change(rows, table, &i, &change, &row);)
        c->at[change][c->n[change]++] = row;
    return n;
}

/* Returns how many rows the table may have got. */
static size_t
save_table(const struct pg_rows *pr, struct pg *pg, int32_t shard, size_t table,
           struct rows *rows, struct arena *arena)
{
    const struct table *t = &pr->tables[table];
    const struct table_sql *sql = &pr->sql[table];
    struct changes c;

    if (sort_changes(rows, table, &c, arena) == 0)
        return 0;
    if (c.n[ROWS_DELETE] > 0)
        (void)send_rows(pg, &sql->delete, shard, columns_key(t),
                        c.at[ROWS_DELETE], c.n[ROWS_DELETE], arena);
    if (c.n[ROWS_UPSERT] > 0)
        send_records(pr, pg, &sql->upsert, shard, table, c.at[ROWS_UPSERT],
                     c.n[ROWS_UPSERT], arena);
    if (c.n[ROWS_INSERT] > 0)
        send_records(pr, pg, &sql->insert, shard, table, c.at[ROWS_INSERT],
                     c.n[ROWS_INSERT], arena);
    return c.n[ROWS_UPSERT] + c.n[ROWS_INSERT];
}

void
pg_rows_save(struct pg_rows *pr, struct pg *pg, int32_t shard,
             struct rows *rows, struct arena *arena)
{
    bool replan = false;

    for (size_t i = 0; i < pr->n_tables; i++)
        if (has_grown(&pr->growth[i],
                      save_table(pr, pg, shard, i, rows, arena)))
            replan = true;
    if (replan)
        (void)pg_send(pg, "replan", "DISCARD PLANS", NULL);
}

/* ---- tables as they should be -------------------------------------------- */

struct str
pg_rows_ddl(const struct pg_rows *pr, size_t table, struct arena *arena)
{
    const struct table *t = &pr->tables[table];
    struct columns key = columns_key(t);
    struct text s;
    struct str out;
    char *text;

    text_begin(&s);
    fprintf(s.to, "CREATE TABLE \"%s\".\"%s\" (\n", pr->schema, t->fields.name);
    fprintf(s.to, "    shard integer NOT NULL,\n");
    for (size_t i = 0; i < t->fields.n; i++) {
        const struct field *f = &t->fields.at[i];

        fprintf(s.to, "    \"%s\" %s%s,\n", f->name, type_names[f->type].sql,
                may_be_null(f) ? "" : " NOT NULL");
    }
    fprintf(s.to, "    PRIMARY KEY (shard, ");
    put_columns(s.to, &key, "");
    fprintf(s.to, ")\n);\n");
    for (size_t i = 0; i < t->n_index; i++) {
        struct columns by = columns_index(t, i);

        fprintf(s.to, "CREATE INDEX \"%s\" ON \"%s\".\"%s\" (shard, ",
                t->index[i].name, pr->schema, t->fields.name);
        put_columns(s.to, &by, "");
        fprintf(s.to, ");\n");
    }
    if (t->due > 0)
        fprintf(s.to,
                "CREATE INDEX \"%s_due\" ON \"%s\".\"%s\" (shard, \"%s\");\n",
                t->fields.name, pr->schema, t->fields.name,
                t->fields.at[t->due].name);
    text = text_end(&s);
    out = arena_str(arena, str_of(text));
    free(text);
    return out;
}

/* ---- tables as they are -------------------------------------------------- */

/* $1: the schema. */
#define COLUMNS_SQL                                                            \
    "SELECT c.relname::text, a.attname::text,"                                 \
    " format_type(a.atttypid, a.atttypmod), a.attnotnull,"                     \
    " a.atthasdef OR a.attidentity <> '',"                                     \
    " coalesce(array_position(string_to_array(i.indkey::text, ' '),"           \
    " a.attnum::text), 0)"                                                     \
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"           \
    " JOIN pg_attribute a ON a.attrelid = c.oid"                               \
    " LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"           \
    " WHERE n.nspname = $1::text AND c.relkind = 'r'"                          \
    " AND a.attnum > 0 AND NOT a.attisdropped"                                 \
    " ORDER BY c.relname, a.attnum"

/* Each index's columns, in order, as "a b c"; without partial ones. */
#define INDEXES_SQL                                                            \
    "SELECT c.relname::text, (SELECT string_agg(a.attname, ' ' ORDER BY k.n)"  \
    " FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n)"             \
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum)"      \
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"           \
    " JOIN pg_index i ON i.indrelid = c.oid"                                   \
    " WHERE n.nspname = $1::text AND i.indpred IS NULL AND i.indisvalid"

enum columns_column { C_TABLE, C_NAME, C_TYPE, C_NOT_NULL, C_DEFAULT, C_KEY };

struct check {
    const struct table *table;
    const struct pg_result *columns;
    const struct pg_result *indexes;
    FILE *to;
    size_t n; /* differences */
};

static void __attribute__((format(printf, 2, 3)))
differ(struct check *c, const char *fmt, ...)
{
    va_list ap;

    fprintf(c->to, "%s%s: ", c->n++ == 0 ? "" : "\n", c->table->fields.name);
    va_start(ap, fmt);
    vfprintf(c->to, fmt, ap);
    va_end(ap);
}

/* The column's row in the answer; false if there is none. */
static bool
find_column(const struct check *c, const char *name, size_t *row)
{
    for (size_t i = 0; i < pg_n_rows(c->columns); i++)
        if (str_is(pg_text(c->columns, i, C_TABLE), c->table->fields.name) &&
            str_is(pg_text(c->columns, i, C_NAME), name)) {
            *row = i;
            return true;
        }
    return false;
}

static void
check_column(struct check *c, const char *name, const char *type, bool not_null,
             int key)
{
    size_t row;

    if (!find_column(c, name, &row)) {
        differ(c, "column %s is missing", name);
        return;
    }
    if (!str_is(pg_text(c->columns, row, C_TYPE), type))
        differ(c, "column %s is %.*s, not %s", name,
               STR_ARG(pg_text(c->columns, row, C_TYPE)), type);
    if (pg_bool(c->columns, row, C_NOT_NULL) != not_null)
        differ(c, "column %s %s null", name,
               not_null ? "may be" : "must be able to be");
    if (pg_i32(c->columns, row, C_KEY) != key)
        differ(c, "column %s has place %d in the key, not %d", name,
               (int)pg_i32(c->columns, row, C_KEY), key);
}

static void
check_extra(struct check *c, size_t row)
{
    struct str name = pg_text(c->columns, row, C_NAME);

    if (!str_is(pg_text(c->columns, row, C_TABLE), c->table->fields.name) ||
        str_is(name, "shard"))
        return;
    for (size_t i = 0; i < c->table->fields.n; i++)
        if (str_is(name, c->table->fields.at[i].name))
            return;
    if (pg_i32(c->columns, row, C_KEY) != 0)
        differ(c, "column %.*s must not be in the key", STR_ARG(name));
    else if (pg_bool(c->columns, row, C_NOT_NULL) &&
             !pg_bool(c->columns, row, C_DEFAULT))
        differ(c, "column %.*s is unknown and has no default", STR_ARG(name));
}

/* Take the first word off `text`. */
static struct str
first_word(struct str *text)
{
    const char *end = text->n == 0 ? NULL : memchr(text->p, ' ', text->n);
    struct str word = *text;

    if (end != NULL)
        word.n = (size_t)(end - text->p);
    text->p += word.n + (end != NULL);
    text->n -= word.n + (end != NULL);
    return word;
}

/* True if the index's first columns are shard and `by`, these in any order. */
static bool
index_serves(struct str index, const struct columns *by)
{
    unsigned seen = 0;

    if (!str_is(first_word(&index), "shard"))
        return false;
    for (size_t n = 0; n < by->n; n++) {
        struct str word = first_word(&index);

        for (size_t i = 0; i < by->n; i++)
            if (str_is(word, column(by, i)->name))
                seen |= 1U << i;
    }
    return seen == (1U << by->n) - 1;
}

static void
check_index(struct check *c, const char *name, struct columns by)
{
    for (size_t i = 0; i < pg_n_rows(c->indexes); i++)
        if (str_is(pg_text(c->indexes, i, 0), c->table->fields.name) &&
            index_serves(pg_text(c->indexes, i, 1), &by))
            return;
    differ(c, "no index serves %s: shard, ", name);
    for (size_t i = 0; i < by.n; i++)
        fprintf(c->to, "%s%s", i == 0 ? "" : ", ", column(&by, i)->name);
}

static void
check_table(struct check *c)
{
    const struct table *t = c->table;
    bool found = false;

    for (size_t i = 0; i < pg_n_rows(c->columns); i++)
        if (str_is(pg_text(c->columns, i, C_TABLE), t->fields.name))
            found = true;
    if (!found) {
        differ(c, "the table is missing");
        return;
    }
    check_column(c, "shard", "integer", true, 1);
    for (size_t i = 0; i < t->fields.n; i++) {
        const struct field *f = &t->fields.at[i];

        check_column(c, f->name, type_names[f->type].sql, !may_be_null(f),
                     i < t->n_key ? (int)i + 2 : 0);
    }
    for (size_t i = 0; i < pg_n_rows(c->columns); i++)
        check_extra(c, i);
    for (size_t i = 0; i < t->n_index; i++)
        check_index(c, t->index[i].name, columns_index(t, i));
    if (t->due > 0) {
        uint8_t due = (uint8_t)t->due;

        check_index(c, "what is due",
                    (struct columns){ .table = t, .at = &due, .n = 1 });
    }
}

/* Compare all tables with the catalog's two answers. */
static enum status
compare(const struct pg_rows *pr, const struct pg_result *columns,
        const struct pg_result *indexes, struct arena *arena,
        struct str *differences, struct err *err)
{
    struct text s;
    struct check c = { .columns = columns, .indexes = indexes };
    enum status rc = ST_OK;
    char *text;

    text_begin(&s);
    c.to = s.to;
    for (size_t i = 0; i < pr->n_tables; i++) {
        c.table = &pr->tables[i];
        check_table(&c);
    }
    text = text_end(&s);
    if (differences != NULL)
        *differences = arena_str(arena, str_of(text));
    if (c.n > 0)
        rc = err_set(err, ST_FATAL, "schema",
                     "schema %s differs in %zu places, first %.*s", pr->schema,
                     c.n, (int)strcspn(text, "\n"), text);
    free(text);
    return rc;
}

enum status
pg_rows_check(const struct pg_rows *pr, struct pg *pg, struct arena *arena,
              struct str *differences, struct err *err)
{
    struct pg_params p;
    size_t columns;
    size_t indexes;
    enum status rc;

    pg_params_init(&p, arena);
    pg_add_text(&p, str_of(pr->schema));
    pg_pipeline_begin(pg);
    columns = pg_send(pg, NULL, COLUMNS_SQL, &p);
    indexes = pg_send(pg, NULL, INDEXES_SQL, &p);
    rc = pg_sync(pg, err);
    if (rc == ST_OK)
        rc = compare(pr, pg_answer(pg, columns), pg_answer(pg, indexes), arena,
                     differences, err);
    return rc;
}
