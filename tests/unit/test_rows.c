/*
 * The working set of a batch: what a step finds, what counts as a miss, and
 * what the store has to write.
 */
#include "common/core/rows.h"
#include "tests/lib/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum table_no {
    PLOT,  /* a table with a one-field key and two indexes */
    STAKE, /* key of three types; an index that is the key's first field */
    GAUGE, /* a number as key; every other type */
    TINT,  /* a code as key */
};

struct plot {
    struct id id;
    struct id owner;
    int32_t number;
    struct str label;
};

struct stake {
    struct id plot;
    struct str kind;
    int32_t place;
    struct str note;
};

struct gauge {
    int64_t number;
    bool on;
    enum tri wet;
    time_ms at;
    date_d day;
    int colour;
    uint32_t tags;
    struct str raw;
    struct texts notes;
};

struct tint {
    int colour;
};

static const char *const colour_words[] = { "red", "green", "blue" };
static const struct codes codes_colour = { "colour", colour_words, 3 };

static const struct field plot_fields[] = {
    { .name = "id", .type = F_ID, .offset = offsetof(struct plot, id) },
    { .name = "owner",
      .type = F_ID,
      .flags = F_NULLABLE,
      .offset = offsetof(struct plot, owner) },
    { .name = "number",
      .type = F_I32,
      .offset = offsetof(struct plot, number) },
    { .name = "label",
      .type = F_TEXT,
      .flags = F_NULLABLE,
      .offset = offsetof(struct plot, label) },
};

static const struct field stake_fields[] = {
    { .name = "plot", .type = F_ID, .offset = offsetof(struct stake, plot) },
    { .name = "kind", .type = F_TEXT, .offset = offsetof(struct stake, kind) },
    { .name = "place",
      .type = F_I32,
      .offset = offsetof(struct stake, place) },
    { .name = "note",
      .type = F_TEXT,
      .flags = F_NULLABLE,
      .offset = offsetof(struct stake, note) },
};

static const struct field gauge_fields[] = {
    { .name = "number",
      .type = F_I64,
      .offset = offsetof(struct gauge, number) },
    { .name = "on", .type = F_BOOL, .offset = offsetof(struct gauge, on) },
    { .name = "wet", .type = F_TRI, .offset = offsetof(struct gauge, wet) },
    { .name = "at", .type = F_TIME, .offset = offsetof(struct gauge, at) },
    { .name = "day", .type = F_DATE, .offset = offsetof(struct gauge, day) },
    { .name = "colour",
      .type = F_CODE,
      .codes = &codes_colour,
      .offset = offsetof(struct gauge, colour) },
    { .name = "tags",
      .type = F_SET,
      .codes = &codes_colour,
      .offset = offsetof(struct gauge, tags) },
    { .name = "raw", .type = F_BYTES, .offset = offsetof(struct gauge, raw) },
    { .name = "notes",
      .type = F_TEXTS,
      .offset = offsetof(struct gauge, notes) },
};

static const struct field tint_fields[] = {
    { .name = "colour",
      .type = F_CODE,
      .codes = &codes_colour,
      .offset = offsetof(struct tint, colour) },
};

#define BY_OWNER 0
#define BY_OWNER_NUMBER 1
#define BY_PLOT 0
#define BY_ALL 0

static const struct table tables[] = {
    [PLOT] = { .fields = { .name = "plot",
                           .size = sizeof(struct plot),
                           .at = plot_fields,
                           .n = N(plot_fields) },
               .n_key = 1,
               .index = { { .name = "plot_owner", .fields = { 1 }, .n = 1 },
                          { .name = "plot_owner_number",
                            .fields = { 1, 2 },
                            .n = 2 } },
               .n_index = 2 },
    [STAKE] = { .fields = { .name = "stake",
                            .size = sizeof(struct stake),
                            .at = stake_fields,
                            .n = N(stake_fields) },
                .n_key = 3,
                .index = { { .name = "stake_plot", .fields = { 0 }, .n = 1 } },
                .n_index = 1 },
    [GAUGE] = { .fields = { .name = "gauge",
                            .size = sizeof(struct gauge),
                            .at = gauge_fields,
                            .n = N(gauge_fields) },
                .n_key = 1,
                .index = { { .name = "gauge_all",
                             .fields = { 2, 3, 4, 5 },
                             .n = 4 } },
                .n_index = 1,
                .due = 3 },
    [TINT] = { .fields = { .name = "tint",
                           .size = sizeof(struct tint),
                           .at = tint_fields,
                           .n = N(tint_fields) },
               .n_key = 1 },
};

struct bed {
    struct arena arena;
    struct rows *rows;
};

static int
set_up(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);

    assert_non_null(bed);
    heap_arena(&bed->arena);
    bed->rows = rows_open(&bed->arena, tables, N(tables));
    *state = bed;
    return 0;
}

static int
tear_down(void **state)
{
    struct bed *bed = *state;

    heap_release(&bed->arena);
    free(bed);
    return 0;
}

static struct id
id_no(unsigned n)
{
    struct id id = ID_NONE;

    id.b[0] = (uint8_t)(n >> 8);
    id.b[1] = (uint8_t)n;
    id.b[15] = 1;
    return id;
}

static struct plot
plot(unsigned id, unsigned owner, int32_t number)
{
    return (struct plot){ .id = id_no(id),
                          .owner = owner == 0 ? ID_NONE : id_no(owner),
                          .number = number,
                          .label = STR("plot") };
}

static struct stake
stake(unsigned plot, const char *kind, int32_t place)
{
    return (struct stake){ .plot = id_no(plot),
                           .kind = str_of(kind),
                           .place = place };
}

static void
want_plot(struct rows *rows, unsigned id)
{
    struct plot like = plot(id, 0, 0);

    rows_want(rows, PLOT, &like);
}

static void
want_owner(struct rows *rows, unsigned owner)
{
    struct plot like = plot(0, owner, 0);

    rows_want_group(rows, PLOT, BY_OWNER, &like);
}

static size_t
take(struct rows *rows)
{
    const struct rows_want *wants;

    return rows_take_wants(rows, &wants);
}

static void
load_plot(struct rows *rows, unsigned id, unsigned owner, int32_t number)
{
    struct plot row = plot(id, owner, number);

    rows_loaded(rows, PLOT, &row);
}

static void
put_plot(struct rows *rows, unsigned id, unsigned owner, int32_t number)
{
    struct plot row = plot(id, owner, number);

    rows_put(rows, PLOT, &row);
}

static const struct plot *
get_plot(struct rows *rows, unsigned id)
{
    struct plot like = plot(id, 0, 0);

    return rows_get(rows, PLOT, &like);
}

static void
delete_plot(struct rows *rows, unsigned id)
{
    struct plot like = plot(id, 0, 0);

    rows_delete(rows, PLOT, &like);
}

static bool
missed(struct rows *rows)
{
    struct err err = { .code = "" };

    if (rows_miss(rows, &err) == ST_OK)
        return false;
    assert_string_equal(err.code, "miss");
    return true;
}

/* The ids of an owner's plots as "1 2 3", the group walked to its end. */
static const char *
owned(struct rows *rows, unsigned owner, char *out, size_t size)
{
    struct plot like = plot(0, owner, 0);
    const struct plot *row;
    size_t at = 0;
    size_t n = 0;

    out[0] = '\0';
    while ((row = rows_next(rows, PLOT, BY_OWNER, &like, &at)) != NULL)
        n += (size_t)snprintf(out + n, size - n, "%s%d", n == 0 ? "" : " ",
                              row->id.b[0] * 256 + row->id.b[1]);
    return out;
}

#define assert_owned(rows, owner, want)                                       \
    do {                                                                      \
        char ids_[200];                                                       \
        assert_string_equal(owned(rows, owner, ids_, sizeof ids_), want);     \
    } while (0)

/* Changes of the plots as "+1 -2". */
static const char *
changes(struct rows *rows, char *out, size_t size)
{
    enum rows_change change;
    const void *row;
    size_t at = 0;
    size_t n = 0;

    out[0] = '\0';
    while (rows_next_change(rows, PLOT, &at, &change, &row)) {
        const struct plot *p = row;

        n += (size_t)snprintf(out + n, size - n, "%s%c%d", n == 0 ? "" : " ",
                              change == ROWS_DELETE ? '-' : '+',
                              p->id.b[0] * 256 + p->id.b[1]);
    }
    return out;
}

#define assert_changes(rows, want)                                            \
    do {                                                                      \
        char ids_[200];                                                       \
        assert_string_equal(changes(rows, ids_, sizeof ids_), want);          \
    } while (0)

static void
a_row_that_was_wanted_and_loaded_is_found(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_plot(rows, 1);
    assert_int_equal(take(rows), 1);
    load_plot(rows, 1, 7, 42);
    assert_int_equal(get_plot(rows, 1)->number, 42);
    assert_false(missed(rows));
}

static void
a_wanted_row_that_does_not_exist_is_no_miss(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_plot(rows, 1);
    assert_int_equal(take(rows), 1);
    assert_null(get_plot(rows, 1));
    assert_false(missed(rows));
}

static void
a_row_that_nobody_wanted_is_a_miss(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct err err;

    assert_null(get_plot(rows, 1));
    assert_int_equal(rows_miss(rows, &err), ST_FATAL);
    assert_string_equal(err.code, "miss");
    assert_non_null(strstr(err.text, "plot"));
}

static void
a_miss_is_wanted_and_forgotten_when_it_is_taken(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    assert_false(rows_short(rows));
    assert_null(get_plot(rows, 1));
    assert_true(rows_short(rows));
    assert_int_equal(take(rows), 1);
    load_plot(rows, 1, 7, 42);
    assert_false(rows_short(rows));
    assert_false(missed(rows));
    assert_int_equal(get_plot(rows, 1)->number, 42);
}

static void
a_wrong_declaration_is_not_mended_by_loading(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    rows_new_group(rows, PLOT, ROWS_KEY, &(struct plot){ .id = id_no(1) });
    load_plot(rows, 1, 7, 42);
    assert_null(get_plot(rows, 2));
    assert_false(rows_short(rows));
    assert_int_equal(take(rows), 1);
    assert_true(missed(rows));
}

/* What the store may insert without looking for the key. */
static void
rows_are_inserted_where_nothing_can_be(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    static const enum rows_change want[] = {
        ROWS_INSERT, /* 1: wanted and not there */
        ROWS_UPSERT, /* 2: there */
        ROWS_UPSERT, /* 3: nobody asked */
        ROWS_INSERT, /* 4: declared new */
        ROWS_UPSERT, /* 5: there, deleted and put again */
    };
    enum rows_change change;
    const void *row;
    size_t at = 0;

    want_plot(rows, 1);
    want_plot(rows, 2);
    want_plot(rows, 5);
    (void)take(rows);
    load_plot(rows, 2, 7, 1);
    load_plot(rows, 5, 7, 1);
    rows_new_group(rows, PLOT, ROWS_KEY, &(struct plot){ .id = id_no(4) });
    rows_delete(rows, PLOT, &(struct plot){ .id = id_no(5) });
    for (unsigned i = 1; i <= 5; i++)
        put_plot(rows, i, 7, 42);
    for (size_t i = 0; i < N(want); i++) {
        assert_true(rows_next_change(rows, PLOT, &at, &change, &row));
        assert_int_equal(change, want[i]);
    }
    assert_false(rows_next_change(rows, PLOT, &at, &change, &row));
}

static void
a_want_that_was_not_taken_yet_is_a_miss(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_plot(rows, 1);
    assert_null(get_plot(rows, 1));
    assert_true(missed(rows));
}

static void
asking_twice_is_one_want(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_plot(rows, 1);
    want_plot(rows, 2);
    want_plot(rows, 1);
    want_owner(rows, 7);
    want_owner(rows, 7);
    assert_int_equal(take(rows), 3);
    assert_int_equal(take(rows), 0);
    want_plot(rows, 1);
    want_owner(rows, 7);
    assert_int_equal(take(rows), 0);
    load_plot(rows, 9, 7, 1);
    want_plot(rows, 9);
    assert_int_equal(take(rows), 0);
}

static void
a_want_carries_its_table_index_and_values(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    const struct rows_want *wants;
    struct stake like = stake(3, "oak", 5);
    char kind[] = "oak";

    like.kind = str_of(kind);
    rows_want(rows, STAKE, &like);
    kind[0] = 'x';
    want_owner(rows, 7);
    assert_int_equal(rows_take_wants(rows, &wants), 2);
    assert_int_equal(wants[0].table, STAKE);
    assert_int_equal(wants[0].index, ROWS_KEY);
    assert_true(
        str_is(((const struct stake *)wants[0].like)->kind, "oak"));
    assert_int_equal(((const struct stake *)wants[0].like)->place, 5);
    assert_int_equal(wants[1].table, PLOT);
    assert_int_equal(wants[1].index, BY_OWNER);
    assert_true(id_eq(((const struct plot *)wants[1].like)->owner, id_no(7)));
}

static void
a_group_is_walked_in_key_order(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_owner(rows, 7);
    assert_int_equal(take(rows), 1);
    load_plot(rows, 300, 7, 1);
    load_plot(rows, 2, 7, 1);
    load_plot(rows, 4, 8, 1);
    put_plot(rows, 3, 7, 1);
    put_plot(rows, 400, 7, 1);
    assert_owned(rows, 7, "2 3 300 400");
    assert_false(missed(rows));
}

static void
a_group_that_nobody_wanted_is_a_miss(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    put_plot(rows, 1, 7, 1);
    assert_owned(rows, 7, "");
    assert_true(missed(rows));
}

static void
a_group_declared_new_holds_what_was_put(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(0, 7, 0);

    rows_new_group(rows, PLOT, BY_OWNER, &like);
    assert_owned(rows, 7, "");
    put_plot(rows, 1, 7, 1);
    assert_owned(rows, 7, "1");
    assert_false(missed(rows));
}

static void
a_group_wrongly_declared_new_is_reported(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(0, 7, 0);

    rows_new_group(rows, PLOT, BY_OWNER, &like);
    load_plot(rows, 1, 8, 1);
    assert_false(missed(rows));
    load_plot(rows, 2, 7, 1);
    assert_true(missed(rows));
}

static void
a_declaration_of_what_is_loaded_is_reported(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(1, 7, 0);

    load_plot(rows, 1, 7, 1);
    put_plot(rows, 1, 7, 2); /* what this batch wrote proves nothing */
    rows_new_group(rows, PLOT, BY_OWNER, &like);
    assert_false(missed(rows));
    load_plot(rows, 2, 8, 1);
    like = plot(2, 8, 0);
    rows_new_group(rows, PLOT, BY_OWNER, &like);
    assert_true(missed(rows));
}

static void
a_key_declared_new_and_loaded_before_is_reported(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(1, 7, 0);

    load_plot(rows, 1, 7, 1);
    assert_false(missed(rows));
    rows_new_group(rows, PLOT, ROWS_KEY, &like);
    assert_true(missed(rows));
}

static void
the_tables_are_those_that_were_given(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    size_t n = 99;

    assert_ptr_equal(rows_tables(rows, &n), tables);
    assert_int_equal(n, N(tables));
}

static void
a_key_declared_new_is_no_miss(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(1, 0, 0);

    rows_new_group(rows, PLOT, ROWS_KEY, &like);
    assert_null(get_plot(rows, 1));
    assert_false(missed(rows));
    put_plot(rows, 1, 7, 1);
    delete_plot(rows, 1);
    assert_changes(rows, "");
    load_plot(rows, 1, 7, 1);
    assert_true(missed(rows));
}

static void
a_row_that_moves_leaves_its_group(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_owner(rows, 7);
    want_owner(rows, 8);
    assert_int_equal(take(rows), 2);
    load_plot(rows, 1, 7, 1);
    load_plot(rows, 2, 7, 1);
    put_plot(rows, 1, 8, 1);
    assert_owned(rows, 7, "2");
    assert_owned(rows, 8, "1");
    put_plot(rows, 1, 0, 1);
    assert_owned(rows, 8, "");
    put_plot(rows, 1, 7, 2);
    assert_owned(rows, 7, "1 2");
}

static void
a_deleted_row_is_in_no_group_and_not_found(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_owner(rows, 7);
    assert_int_equal(take(rows), 1);
    load_plot(rows, 1, 7, 1);
    load_plot(rows, 2, 7, 1);
    delete_plot(rows, 1);
    assert_null(get_plot(rows, 1));
    assert_owned(rows, 7, "2");
    put_plot(rows, 1, 7, 9);
    assert_int_equal(get_plot(rows, 1)->number, 9);
    assert_owned(rows, 7, "1 2");
    assert_false(missed(rows));
}

static void
a_walk_that_deletes_what_it_sees_sees_all(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(0, 7, 0);
    const struct plot *row;
    size_t at = 0;
    unsigned seen = 0;

    want_owner(rows, 7);
    assert_int_equal(take(rows), 1);
    for (unsigned i = 1; i <= 5; i++)
        load_plot(rows, i * 10, 7, 1);
    while ((row = rows_next(rows, PLOT, BY_OWNER, &like, &at)) != NULL) {
        seen++;
        assert_int_equal(row->id.b[1], seen * 10);
        rows_delete(rows, PLOT, row);
        put_plot(rows, seen, 7, 1); /* before the place of the walk */
    }
    assert_int_equal(seen, 5);
    assert_owned(rows, 7, "1 2 3 4 5");
}

static void
two_walks_over_one_group_do_not_disturb_each_other(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(0, 7, 0);
    size_t outer = 0;
    unsigned pairs = 0;

    rows_new_group(rows, PLOT, BY_OWNER, &like);
    for (unsigned i = 1; i <= 4; i++)
        put_plot(rows, i, 7, 1);
    while (rows_next(rows, PLOT, BY_OWNER, &like, &outer) != NULL) {
        size_t inner = 0;

        assert_true(pairs < 16);
        while (rows_next(rows, PLOT, BY_OWNER, &like, &inner) != NULL)
            pairs++;
    }
    assert_int_equal(pairs, 16);
}

static void
a_row_loaded_with_a_group_answers_by_key(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_owner(rows, 7);
    assert_int_equal(take(rows), 1);
    load_plot(rows, 1, 7, 5);
    assert_int_equal(get_plot(rows, 1)->number, 5);
    assert_false(missed(rows));
    assert_null(get_plot(rows, 2));
    assert_true(missed(rows));
}

static void
a_group_of_key_fields_answers_every_key_in_it(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct stake in = stake(3, "oak", 5);
    struct stake out = stake(4, "oak", 5);

    rows_want_group(rows, STAKE, BY_PLOT, &in);
    assert_int_equal(take(rows), 1);
    assert_null(rows_get(rows, STAKE, &in));
    rows_delete(rows, STAKE, &in);
    assert_false(missed(rows));
    assert_null(rows_get(rows, STAKE, &out));
    assert_true(missed(rows));
}

static void
a_known_group_answers_for_the_narrower_ones_in_it(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(0, 7, 42);
    size_t at = 0;

    want_owner(rows, 7);
    assert_int_equal(take(rows), 1);
    load_plot(rows, 1, 7, 41);
    assert_null(rows_next(rows, PLOT, BY_OWNER_NUMBER, &like, &at));
    load_plot(rows, 2, 7, 42);
    assert_non_null(rows_next(rows, PLOT, BY_OWNER_NUMBER, &like, &at));
    assert_null(rows_next(rows, PLOT, BY_OWNER_NUMBER, &like, &at));
    assert_false(missed(rows));
    like = plot(0, 8, 42);
    at = 0;
    assert_null(rows_next(rows, PLOT, BY_OWNER_NUMBER, &like, &at));
    assert_true(missed(rows));
}

static void
a_row_with_a_null_index_field_is_in_no_group(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_owner(rows, 0);
    assert_int_equal(take(rows), 0);
    put_plot(rows, 1, 0, 1);
    assert_owned(rows, 0, "");
    assert_false(missed(rows));
}

static void
texts_are_copied(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    char a[] = "first";
    char b[] = "second";
    struct str at[] = { { a, 5 }, { b, 6 } };
    struct gauge g;
    const struct gauge *got;

    fields_clear(&tables[GAUGE].fields, &g);
    g.number = 1;
    g.raw = (struct str){ a, 5 };
    g.notes = (struct texts){ .at = at, .n = 2 };
    rows_put(rows, GAUGE, &g);
    a[0] = b[0] = '?';
    at[1] = STR_NULL;
    got = rows_get(rows, GAUGE, &g);
    assert_true(str_is(got->raw, "first"));
    assert_int_equal(got->notes.n, 2);
    assert_true(str_is(got->notes.at[0], "first"));
    assert_true(str_is(got->notes.at[1], "second"));
}

static void
an_older_copy_of_a_row_stays_as_it_was(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    const struct plot *old;

    put_plot(rows, 1, 7, 1);
    old = get_plot(rows, 1);
    put_plot(rows, 1, 7, 2);
    delete_plot(rows, 1);
    assert_int_equal(old->number, 1);
    assert_true(str_is(old->label, "plot"));
}

static void
load_gauge(struct rows *rows, int64_t number, time_ms at)
{
    struct gauge g;

    fields_clear(&tables[GAUGE].fields, &g);
    g.number = number;
    g.at = at;
    rows_loaded(rows, GAUGE, &g);
}

static void
put_gauge(struct rows *rows, int64_t number, time_ms at)
{
    struct gauge g;

    fields_clear(&tables[GAUGE].fields, &g);
    g.number = number;
    g.at = at;
    rows_put(rows, GAUGE, &g);
}

static void
delete_gauge(struct rows *rows, int64_t number)
{
    struct gauge g = { .number = number };

    rows_delete(rows, GAUGE, &g);
}

static void
want_due(struct rows *rows, time_ms until, size_t limit)
{
    rows_want_due(rows, GAUGE, until, limit);
    assert_int_equal(take(rows), 1);
}

/* What fires up to `until`, each row deleted as it fires: "2 1 more". */
static const char *
fired(struct rows *rows, time_ms until, char *out, size_t size)
{
    const struct gauge *row;
    size_t n = 0;
    bool more;

    out[0] = '\0';
    while ((row = rows_first_due(rows, GAUGE, until, &more)) != NULL &&
           !more) {
        n += (size_t)snprintf(out + n, size - n, "%d ", (int)row->number);
        rows_delete(rows, GAUGE, row);
    }
    if (more)
        (void)snprintf(out + n, size - n, "more");
    return out;
}

#define assert_fired(rows, until, want)                                       \
    do {                                                                      \
        char ids_[200];                                                       \
        assert_string_equal(fired(rows, until, ids_, sizeof ids_), want);     \
    } while (0)

static void
deadlines_come_in_order_of_time_then_key(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_due(rows, 100, 10);
    load_gauge(rows, 1, 50);
    load_gauge(rows, 5, 20);
    load_gauge(rows, 4, 20);
    rows_due_loaded(rows, GAUGE, 3);
    put_gauge(rows, 3, 20);
    put_gauge(rows, 6, 10);
    put_gauge(rows, 7, 100);
    put_gauge(rows, 8, 101);
    put_gauge(rows, 9, TIME_NONE);
    put_gauge(rows, 10, TIME_NEVER);
    assert_fired(rows, 100, "6 3 4 5 1 7 ");
    assert_false(missed(rows));
}

static void
a_deadline_that_moved_or_went_away_does_not_fire(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_due(rows, TIME_NEVER, 10);
    for (int64_t i = 1; i <= 5; i++)
        load_gauge(rows, i, 10 * i);
    rows_due_loaded(rows, GAUGE, 5);
    delete_gauge(rows, 1);
    put_gauge(rows, 2, 45);
    put_gauge(rows, 3, TIME_NONE);
    put_gauge(rows, 4, 200);
    put_gauge(rows, 4, 40);
    put_gauge(rows, 6, TIME_NEVER);
    assert_fired(rows, TIME_NEVER, "4 2 5 ");
}

static void
an_undo_takes_deadlines_back(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    size_t mark;
    bool more;

    want_due(rows, 100, 10);
    load_gauge(rows, 1, 10);
    load_gauge(rows, 2, 20);
    rows_due_loaded(rows, GAUGE, 2);
    mark = rows_mark(rows);
    put_gauge(rows, 3, 5);
    delete_gauge(rows, 1);
    put_gauge(rows, 2, 90);
    assert_non_null(rows_first_due(rows, GAUGE, 100, &more));
    delete_gauge(rows, 3);
    assert_fired(rows, 80, "");
    rows_undo(rows, mark);
    assert_fired(rows, 100, "1 2 ");
}

static void
a_batch_ends_where_deadlines_may_be_hidden(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_due(rows, 100, 2);
    load_gauge(rows, -1, 70); /* by another want: behind the first two */
    load_gauge(rows, 2, 20);
    load_gauge(rows, 1, 20);
    rows_due_loaded(rows, GAUGE, 2);
    assert_fired(rows, 19, "");
    put_gauge(rows, 0, 20);
    put_gauge(rows, 3, 20); /* behind the last that is known */
    assert_fired(rows, 100, "0 1 2 more");
}

static void
with_all_loaded_fired_there_may_be_more_in_the_database(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_due(rows, 100, 2);
    load_gauge(rows, 1, 10);
    load_gauge(rows, 2, 20);
    rows_due_loaded(rows, GAUGE, 2);
    assert_fired(rows, 19, "1 ");
    assert_fired(rows, 20, "2 more");
}

static void
what_is_due_later_than_was_asked_for_may_be_hidden(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_due(rows, 100, 2);
    rows_due_loaded(rows, GAUGE, 0);
    assert_fired(rows, 100, "");
    assert_fired(rows, 101, "more");
    put_gauge(rows, 1, 100);
    put_gauge(rows, 2, 101);
    assert_fired(rows, 101, "1 more");
}

static void
deadlines_that_nobody_wanted_are_a_miss(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    bool more;

    put_gauge(rows, 1, 10);
    assert_null(rows_first_due(rows, GAUGE, 100, &more));
    assert_true(missed(rows));
}

static void
a_second_due_want_replaces_the_first(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    const struct rows_want *wants;

    rows_want_due(rows, GAUGE, 10, 5);
    want_plot(rows, 1);
    rows_want_due(rows, GAUGE, 20, 6);
    assert_int_equal(rows_take_wants(rows, &wants), 2);
    assert_int_equal(wants[0].table, GAUGE);
    assert_int_equal(wants[0].due_until, 20);
    assert_int_equal(wants[0].limit, 6);
    assert_int_equal(wants[1].due_until, TIME_NONE);
}

static void
many_deadlines_fire_in_order(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    const struct gauge *row;
    time_ms last = 0;
    unsigned n = 0;
    bool more;

    want_due(rows, 5000, 1);
    rows_due_loaded(rows, GAUGE, 0);
    for (int64_t i = 1; i < 2003; i++)
        put_gauge(rows, i, (i * 1009) % 2003);
    while ((row = rows_first_due(rows, GAUGE, 5000, &more)) != NULL) {
        assert_true(row->at > last);
        last = row->at;
        rows_delete(rows, GAUGE, row);
        n++;
    }
    assert_int_equal(n, 2002);
}

static void
null_and_empty_texts_are_different_keys(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct stake none = stake(1, NULL, 1);
    struct stake empty = stake(1, "", 1);

    rows_put(rows, STAKE, &none);
    assert_null(rows_get(rows, STAKE, &empty));
    assert_true(missed(rows));
    assert_non_null(rows_get(rows, STAKE, &none));
}

static void
changes_come_in_key_order(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_plot(rows, 2);
    assert_int_equal(take(rows), 1);
    load_plot(rows, 2, 7, 1);
    put_plot(rows, 300, 7, 1);
    delete_plot(rows, 2);
    put_plot(rows, 1, 7, 1);
    put_plot(rows, 40, 7, 1);
    put_plot(rows, 1, 7, 2);
    assert_changes(rows, "+1 -2 +40 +300");
}

struct key_row {
    const char *name;
    struct stake before;
    struct stake after;
};

static const struct key_row key_rows[] = {
    { "ids are ordered by bytes",
      { .plot = { .b = { 0x7f } }, .kind = { "z", 1 }, .place = 9 },
      { .plot = { .b = { 0x80 } }, .kind = { "a", 1 }, .place = 1 } },
    { "texts are ordered by bytes",
      { .kind = { "z", 1 }, .place = 9 },
      { .kind = { "\xc3\xa4", 2 }, .place = 1 } },
    { "a text comes before a longer one that it begins",
      { .kind = { "a", 1 }, .place = 9 },
      { .kind = { "ab", 2 }, .place = 1 } },
    { "numbers are ordered with their sign",
      { .kind = { "a", 1 }, .place = -1 },
      { .kind = { "a", 1 }, .place = 0 } },
};

static void
keys_are_ordered_by_value(void **state)
{
    struct bed *bed = *state;
    enum rows_change change;
    const void *row;

    for (size_t i = 0; i < N(key_rows); i++)
        for (int swap = 0; swap < 2; swap++) {
            const struct key_row *k = &key_rows[i];
            struct rows *rows = rows_open(&bed->arena, tables, N(tables));
            size_t at = 0;

            rows_put(rows, STAKE, swap ? &k->after : &k->before);
            rows_put(rows, STAKE, swap ? &k->before : &k->after);
            assert_true(rows_next_change(rows, STAKE, &at, &change, &row));
            if (!fields_eq(&tables[STAKE].fields, row, &k->before))
                fail_msg("%s", k->name);
            assert_true(rows_next_change(rows, STAKE, &at, &change, &row));
            assert_false(rows_next_change(rows, STAKE, &at, &change, &row));
        }
}

static void
codes_are_ordered_by_word(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    static const int want[] = { 3, 2, 1 }; /* blue, green, red */
    enum rows_change change;
    const void *row;
    size_t at = 0;

    for (int i = 1; i <= 3; i++)
        rows_put(rows, TINT, &(struct tint){ .colour = i });
    for (int i = 0; i < 3; i++) {
        assert_true(rows_next_change(rows, TINT, &at, &change, &row));
        assert_int_equal(((const struct tint *)row)->colour, want[i]);
    }
}

static void
many_changes_are_sorted_and_each_comes_once(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    enum rows_change change;
    const void *row;
    struct id last = ID_NONE;
    size_t at = 0;

    for (unsigned i = 1; i <= 5000; i++)
        put_plot(rows, (i * 2503) % 5003, i % 7 + 1, (int32_t)i);
    for (unsigned i = 1; i <= 5000; i++)
        assert_int_equal(get_plot(rows, (i * 2503) % 5003)->number, i);
    while (rows_next_change(rows, PLOT, &at, &change, &row)) {
        assert_true(id_cmp(last, ((const struct plot *)row)->id) < 0);
        last = ((const struct plot *)row)->id;
    }
    assert_int_equal(at, 5000);
}

static void
a_row_put_as_it_was_loaded_is_no_change(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_plot(rows, 1);
    assert_int_equal(take(rows), 1);
    load_plot(rows, 1, 7, 1);
    assert_changes(rows, "");
    put_plot(rows, 1, 7, 2);
    assert_changes(rows, "+1");
    put_plot(rows, 1, 7, 1);
    assert_changes(rows, "");
}

static void
a_new_row_that_is_gone_again_is_no_change(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    want_plot(rows, 1);
    assert_int_equal(take(rows), 1);
    put_plot(rows, 1, 7, 1);
    delete_plot(rows, 1);
    assert_changes(rows, "");
}

static void
an_unknown_key_is_deleted_blindly(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    delete_plot(rows, 1);
    assert_changes(rows, "-1");
    assert_null(get_plot(rows, 1));
    assert_false(missed(rows));
}

static void
a_row_loaded_after_it_was_put_or_deleted_changes_nothing(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;

    put_plot(rows, 1, 8, 2);
    delete_plot(rows, 2);
    want_owner(rows, 7);
    want_owner(rows, 8);
    assert_int_equal(take(rows), 2);
    load_plot(rows, 1, 7, 1);
    load_plot(rows, 2, 7, 1);
    assert_int_equal(get_plot(rows, 1)->number, 2);
    assert_null(get_plot(rows, 2));
    assert_owned(rows, 7, "");
    assert_owned(rows, 8, "1");
    assert_changes(rows, "+1 -2");
}

static void
undo_takes_back_what_came_after_the_mark(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    size_t outer;
    size_t inner;

    want_owner(rows, 7);
    want_owner(rows, 8);
    assert_int_equal(take(rows), 2);
    load_plot(rows, 1, 7, 1);
    load_plot(rows, 2, 7, 1);
    put_plot(rows, 3, 7, 3);
    outer = rows_mark(rows);
    put_plot(rows, 1, 8, 2);
    delete_plot(rows, 3);
    inner = rows_mark(rows);
    delete_plot(rows, 2);
    put_plot(rows, 4, 8, 1);
    put_plot(rows, 1, 7, 9);
    assert_owned(rows, 7, "1");
    assert_owned(rows, 8, "4");
    rows_undo(rows, inner);
    assert_owned(rows, 7, "2");
    assert_owned(rows, 8, "1");
    assert_int_equal(get_plot(rows, 1)->number, 2);
    rows_undo(rows, outer);
    assert_owned(rows, 7, "1 2 3");
    assert_owned(rows, 8, "");
    assert_int_equal(get_plot(rows, 1)->number, 1);
    assert_changes(rows, "+3");
    rows_undo(rows, 0);
    assert_changes(rows, "");
    assert_owned(rows, 7, "1 2");
    assert_false(missed(rows));
}

static void
after_an_undo_an_unknown_key_is_a_miss_again(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    size_t mark = rows_mark(rows);

    put_plot(rows, 1, 7, 1);
    assert_non_null(get_plot(rows, 1));
    rows_undo(rows, mark);
    assert_changes(rows, "");
    assert_false(missed(rows));
    assert_null(get_plot(rows, 1));
    assert_true(missed(rows));
}

static void
after_an_undo_a_declared_group_is_a_miss_again(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(1, 7, 0);
    size_t mark = rows_mark(rows);

    rows_new_group(rows, PLOT, BY_OWNER, &like);
    rows_undo(rows, mark);
    assert_owned(rows, 7, "");
    assert_true(missed(rows));
}

static void
after_an_undo_a_declared_key_is_a_miss_again(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct plot like = plot(1, 7, 0);
    size_t mark = rows_mark(rows);

    rows_new_group(rows, PLOT, ROWS_KEY, &like);
    rows_undo(rows, mark);
    assert_null(get_plot(rows, 1));
    assert_true(missed(rows));
}

static void
a_miss_outlives_an_undo(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    size_t mark = rows_mark(rows);

    assert_null(get_plot(rows, 1));
    rows_undo(rows, mark);
    assert_true(missed(rows));
}

static void
what_was_loaded_after_a_mark_stays_after_the_undo(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    size_t mark = rows_mark(rows);

    put_plot(rows, 1, 8, 2);
    want_owner(rows, 7);
    assert_int_equal(take(rows), 1);
    load_plot(rows, 1, 7, 1);
    load_plot(rows, 2, 7, 1);
    rows_undo(rows, mark);
    assert_int_equal(get_plot(rows, 1)->number, 1);
    assert_owned(rows, 7, "1 2");
    assert_changes(rows, "");
}

static void
an_index_can_be_over_numbers_times_and_codes(void **state)
{
    struct rows *rows = ((struct bed *)*state)->rows;
    struct gauge g;
    struct gauge other;
    size_t at = 0;

    fields_clear(&tables[GAUGE].fields, &g);
    g = (struct gauge){ .number = 1, .wet = TRI_NO, .at = 5, .day = -3,
                        .colour = 2 };
    rows_want_group(rows, GAUGE, BY_ALL, &g);
    assert_int_equal(take(rows), 1);
    rows_loaded(rows, GAUGE, &g);
    other = g;
    other.number = 2;
    other.day = -4;
    rows_put(rows, GAUGE, &other);
    assert_non_null(rows_next(rows, GAUGE, BY_ALL, &g, &at));
    assert_null(rows_next(rows, GAUGE, BY_ALL, &g, &at));
    assert_false(missed(rows));
    other.wet = TRI_UNKNOWN; /* null: in no group */
    assert_null(rows_next(rows, GAUGE, BY_ALL, &other, &at));
    assert_false(missed(rows));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_row_that_was_wanted_and_loaded_is_found),
        T(a_wanted_row_that_does_not_exist_is_no_miss),
        T(a_row_that_nobody_wanted_is_a_miss),
        T(a_miss_is_wanted_and_forgotten_when_it_is_taken),
        T(a_wrong_declaration_is_not_mended_by_loading),
        T(rows_are_inserted_where_nothing_can_be),
        T(a_want_that_was_not_taken_yet_is_a_miss),
        T(asking_twice_is_one_want),
        T(a_want_carries_its_table_index_and_values),
        T(a_group_is_walked_in_key_order),
        T(a_group_that_nobody_wanted_is_a_miss),
        T(a_group_declared_new_holds_what_was_put),
        T(a_group_wrongly_declared_new_is_reported),
        T(a_declaration_of_what_is_loaded_is_reported),
        T(a_key_declared_new_and_loaded_before_is_reported),
        T(the_tables_are_those_that_were_given),
        T(a_key_declared_new_is_no_miss),
        T(a_row_that_moves_leaves_its_group),
        T(a_deleted_row_is_in_no_group_and_not_found),
        T(a_walk_that_deletes_what_it_sees_sees_all),
        T(two_walks_over_one_group_do_not_disturb_each_other),
        T(a_row_loaded_with_a_group_answers_by_key),
        T(a_group_of_key_fields_answers_every_key_in_it),
        T(a_known_group_answers_for_the_narrower_ones_in_it),
        T(a_row_with_a_null_index_field_is_in_no_group),
        T(texts_are_copied),
        T(an_older_copy_of_a_row_stays_as_it_was),
        T(deadlines_come_in_order_of_time_then_key),
        T(a_deadline_that_moved_or_went_away_does_not_fire),
        T(an_undo_takes_deadlines_back),
        T(a_batch_ends_where_deadlines_may_be_hidden),
        T(with_all_loaded_fired_there_may_be_more_in_the_database),
        T(what_is_due_later_than_was_asked_for_may_be_hidden),
        T(deadlines_that_nobody_wanted_are_a_miss),
        T(a_second_due_want_replaces_the_first),
        T(many_deadlines_fire_in_order),
        T(null_and_empty_texts_are_different_keys),
        T(changes_come_in_key_order),
        T(keys_are_ordered_by_value),
        T(codes_are_ordered_by_word),
        T(many_changes_are_sorted_and_each_comes_once),
        T(a_row_put_as_it_was_loaded_is_no_change),
        T(a_new_row_that_is_gone_again_is_no_change),
        T(an_unknown_key_is_deleted_blindly),
        T(a_row_loaded_after_it_was_put_or_deleted_changes_nothing),
        T(undo_takes_back_what_came_after_the_mark),
        T(after_an_undo_an_unknown_key_is_a_miss_again),
        T(after_an_undo_a_declared_group_is_a_miss_again),
        T(after_an_undo_a_declared_key_is_a_miss_again),
        T(a_miss_outlives_an_undo),
        T(what_was_loaded_after_a_mark_stays_after_the_undo),
        T(an_index_can_be_over_numbers_times_and_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
