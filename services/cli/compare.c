#include "cli/compare.h"

#include <stdio.h>
#include <string.h>

#include "common/engine/memory.h"

#define FETCH "FETCH FORWARD 500 FROM compared"

struct column {
    struct str name;
    bool personal;
};

struct shape {
    struct column key[8]; /* of the primary key but for shard */
    size_t n_key;
    struct column at[COMPARE_COLUMNS_MAX]; /* the rest */
    size_t n;
};

/* A side's rows, in key order. */
struct rows_of {
    const struct compare_side *side;
    struct pg_result *page;
    size_t at; /* row of the page */
    bool ended;
};

struct comparison {
    const struct compare_table *table;
    struct differ *differ;
    struct arena *arena; /* for one row's words */
    struct shape shape;
    char what[64];
};

static bool
is_without(const struct compare_table *table, struct str column)
{
    for (size_t i = 0; table->without != NULL && table->without[i] != NULL; i++)
        if (str_is(column, table->without[i]))
            return true;
    return false;
}

static bool
is_personal(const struct compare_table *table, struct str column)
{
    if (table->fields == NULL)
        return false;
    for (size_t i = 0; i < table->fields->n; i++)
        if (str_is(column, table->fields->at[i].name))
            return (table->fields->at[i].flags & F_PERSONAL) != 0;
    return true;
}

static enum status
read_shape(struct comparison *c, const struct compare_side *side,
           struct err *err)
{
    static const char sql[] =
        "SELECT a.attname::text, coalesce(a.attnum = ANY(i.indkey), false) "
        "FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid "
        "LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary "
        "WHERE t.relnamespace = to_regnamespace($1) AND t.relname = $2 "
        "AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, c->arena);
    pg_add_text(&p, str_of(side->schema));
    pg_add_text(&p, str_of(c->table->name));
    rc = pg_query(side->pg, NULL, sql, &p, &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        struct str name = arena_str(c->arena, pg_text(res, i, 0));
        struct column column = { .name = name,
                                 .personal = is_personal(c->table, name) };
        bool key = pg_bool(res, i, 1);

        if (str_is(name, "shard") || is_without(c->table, name))
            continue;
        if (key && c->shape.n_key < 8)
            c->shape.key[c->shape.n_key++] = column;
        else if (!key && c->shape.n < COMPARE_COLUMNS_MAX)
            c->shape.at[c->shape.n++] = column;
        else
            rc = err_set(err, ST_FATAL, "sql", "table %s has too many columns",
                         c->table->name);
    }
    pg_result_close(res);
    return rc;
}

/* Keys first, then the rest; ordered by the keys' text, bytes as they are. */
static struct str
cursor_sql(struct comparison *c, const struct compare_side *side)
{
    struct str columns = STR_NULL, order = STR_NULL;

    for (size_t i = 0; i < c->shape.n_key + c->shape.n; i++) {
        struct str name = i < c->shape.n_key
                              ? c->shape.key[i].name
                              : c->shape.at[i - c->shape.n_key].name;

        columns =
            arena_printf(c->arena, "%.*s%s\"%.*s\"::text", STR_ARG(columns),
                         i == 0 ? "" : ", ", STR_ARG(name));
    }
    for (size_t i = 0; i < c->shape.n_key; i++)
        order = arena_printf(c->arena, "%.*s%s\"%.*s\"::text COLLATE \"C\"",
                             STR_ARG(order), i == 0 ? " ORDER BY " : ", ",
                             STR_ARG(c->shape.key[i].name));
    return arena_printf(c->arena,
                        "DECLARE compared NO SCROLL CURSOR FOR SELECT %.*s "
                        "FROM \"%s\".\"%s\" WHERE shard = %u%.*s",
                        STR_ARG(columns), side->schema, c->table->name,
                        (unsigned)c->table->shard, STR_ARG(order));
}

static enum status
fetch(struct rows_of *r, struct err *err)
{
    enum status rc;

    pg_result_close(r->page);
    r->page = NULL;
    r->at = 0;
    rc = pg_query(r->side->pg, NULL, FETCH, NULL, &r->page, err);
    r->ended = rc != ST_OK || pg_n_rows(r->page) == 0;
    return rc;
}

static enum status
advance(struct rows_of *r, struct err *err)
{
    r->at++;
    return !r->ended && r->at == pg_n_rows(r->page) ? fetch(r, err) : ST_OK;
}

static enum status
open_rows(struct comparison *c, struct rows_of *r, struct err *err)
{
    enum status rc = pg_exec(r->side->pg, cursor_sql(c, r->side).p, err);

    return rc == ST_OK ? fetch(r, err) : rc;
}

static struct str
text_of(const struct rows_of *r, size_t column)
{
    return pg_is_null(r->page, r->at, column) ? STR_NULL
                                              : pg_text(r->page, r->at, column);
}

/* Which of two rows comes first; an ended side comes last. */
static int
cmp_keys(const struct comparison *c, const struct rows_of *a,
         const struct rows_of *b)
{
    if (a->ended || b->ended)
        return (int)a->ended - (int)b->ended;
    for (size_t i = 0; i < c->shape.n_key; i++) {
        int cmp = str_cmp(text_of(a, i), text_of(b, i));

        if (cmp != 0)
            return cmp;
    }
    return 0;
}

static struct str
key_text(struct comparison *c, const struct rows_of *r)
{
    struct str text = STR_NULL;

    for (size_t i = 0; i < c->shape.n_key; i++)
        text = arena_printf(c->arena, "%.*s%s%.*s", STR_ARG(text),
                            i == 0 ? "" : "/",
                            STR_ARG(c->shape.key[i].personal ? STR("(personal)")
                                                             : text_of(r, i)));
    return c->shape.n_key == 0 ? STR("the row") : text;
}

static bool
is_declared(const struct comparison *c, const struct rows_of *r)
{
    for (size_t i = 0; c->table->witnessed != NULL &&
                       i < c->shape.n_key + c->shape.n;
         i++)
        if (witness_names(c->table->witnessed, text_of(r, i)))
            return true;
    return false;
}

static void
say(struct comparison *c, const struct rows_of *r, struct str column,
    struct str live, struct str replayed)
{
    if (is_declared(c, r)) {
        differ_declare(c->differ,
                       &(struct difference){ .what = c->what,
                                             .key = key_text(c, r),
                                             .column = column });
        arena_reset(c->arena);
        return;
    }
    differ_add(c->differ, &(struct difference){ .what = c->what,
                                                .key = key_text(c, r),
                                                .column = column,
                                                .live = live,
                                                .replayed = replayed });
    arena_reset(c->arena);
}

static void
compare_rows(struct comparison *c, const struct rows_of *live,
             const struct rows_of *replayed)
{
    for (size_t i = 0; i < c->shape.n; i++) {
        struct str a = text_of(live, c->shape.n_key + i);
        struct str b = text_of(replayed, c->shape.n_key + i);

        if (str_eq(a, b))
            continue;
        if (c->shape.at[i].personal)
            say(c, live,
                arena_printf(c->arena, "%.*s differs",
                             STR_ARG(c->shape.at[i].name)),
                STR_NULL, STR_NULL);
        else
            say(c, live, c->shape.at[i].name, a.p == NULL ? STR("null") : a,
                b.p == NULL ? STR("null") : b);
    }
}

static enum status
merge(struct comparison *c, struct rows_of *live, struct rows_of *replayed,
      struct err *err)
{
    enum status rc = ST_OK;

    while (rc == ST_OK && !(live->ended && replayed->ended)) {
        int cmp = cmp_keys(c, live, replayed);

        if (cmp < 0)
            say(c, live, STR("row"), STR("there"), STR("not there"));
        else if (cmp > 0)
            say(c, replayed, STR("row"), STR("not there"), STR("there"));
        else
            compare_rows(c, live, replayed);
        c->differ->rows += cmp <= 0;
        if (cmp <= 0)
            rc = advance(live, err);
        if (rc == ST_OK && cmp >= 0)
            rc = advance(replayed, err);
    }
    return rc;
}

enum status
compare_tables(const struct compare_side *live,
               const struct compare_side *replayed,
               const struct compare_table *table, struct differ *differ,
               struct err *err)
{
    struct arena *words = memory_open((size_t)64 << 20);
    struct comparison c = { .table = table, .differ = differ, .arena = words };
    struct rows_of a = { .side = live }, b = { .side = replayed };
    struct arena *names = memory_open((size_t)64 << 20);
    enum status rc;

    if (words == NULL || names == NULL) {
        memory_close(words);
        memory_close(names);
        return err_set(err, ST_FATAL, "memory", "no memory");
    }
    snprintf(c.what, sizeof c.what, "table %s", table->name);
    differ->tables++;
    c.arena = names; /* the shape outlives the rows */
    rc = read_shape(&c, replayed, err);
    if (rc == ST_OK)
        rc = open_rows(&c, &a, err);
    if (rc == ST_OK)
        rc = open_rows(&c, &b, err);
    c.arena = words;
    if (rc == ST_OK)
        rc = merge(&c, &a, &b, err);
    pg_result_close(a.page);
    pg_result_close(b.page);
    if (rc == ST_OK)
        rc = pg_exec(live->pg, "CLOSE compared", err);
    if (rc == ST_OK)
        rc = pg_exec(replayed->pg, "CLOSE compared", err);
    if (rc != ST_OK)
        err_where(err, "table %s", table->name);
    memory_close(words);
    memory_close(names);
    return rc;
}
