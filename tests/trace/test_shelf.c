/* Rows between batches, in memory: what was kept is found again. */
#include "common/engine/shelf.h"
#include "tests/lib/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MANY 5000 /* more than its chains begin with, and grow to once */

/* A page of a made-up notebook, whose texts have a key of their own. */
struct page {
    int64_t number;
    struct str title;
    int32_t book; /* I32_NONE: loose */
    bool read;
    time_ms at;
    struct texts lines;
};

static const struct field page_fields[] = {
    { .name = "number",
      .type = F_I64,
      .offset = offsetof(struct page, number) },
    { .name = "title", .type = F_TEXT, .offset = offsetof(struct page, title) },
    { .name = "book",
      .type = F_I32,
      .flags = F_NULLABLE,
      .offset = offsetof(struct page, book) },
    { .name = "read", .type = F_BOOL, .offset = offsetof(struct page, read) },
    { .name = "at", .type = F_TIME, .offset = offsetof(struct page, at) },
    { .name = "lines",
      .type = F_TEXTS,
      .offset = offsetof(struct page, lines) },
};

enum { PAGES, SKIPPED, TABLES };
#define BY_BOOK 0
#define BY_READ 1

#define PAGE_TABLE                                                             \
    {                                                                          \
        .fields = { .name = "page",                                            \
                    .size = sizeof(struct page),                               \
                    .at = page_fields,                                         \
                    .n = N(page_fields) },                                     \
        .n_key = 2,                                                            \
        .index = { { .name = "page_book", .fields = { 2 }, .n = 1 },           \
                   { .name = "page_read", .fields = { 3, 4 }, .n = 2 } },      \
        .n_index = 2                                                           \
    }

static const struct table tables[TABLES] = {
    [PAGES] = PAGE_TABLE, [SKIPPED] = PAGE_TABLE
};

static struct page
page(int64_t number, const char *title, int32_t book)
{
    return (
        struct page){ .number = number, .title = str_of(title), .book = book };
}

static int
set_up(void **state)
{
    *state = shelf_open(tables, N(tables));
    return 0;
}

static int
tear_down(void **state)
{
    shelf_close(*state);
    return 0;
}

static void
keep(struct shelf *s, size_t table, const struct page *p, size_t n)
{
    struct arena a;
    struct rows *rows;

    heap_arena(&a);
    rows = rows_open(&a, tables, N(tables));
    for (size_t i = 0; i < n; i++)
        rows_want(rows, table, &p[i]);
    shelf_load(s, rows);
    for (size_t i = 0; i < n; i++)
        rows_put(rows, table, &p[i]);
    shelf_keep(s, rows);
    heap_release(&a);
}

static void
forget(struct shelf *s, const struct page *p)
{
    struct arena a;
    struct rows *rows;

    heap_arena(&a);
    rows = rows_open(&a, tables, N(tables));
    rows_want(rows, PAGES, p);
    shelf_load(s, rows);
    rows_delete(rows, PAGES, p);
    shelf_keep(s, rows);
    heap_release(&a);
}

/* The row of this key in memory of `a`, or NULL. */
static const struct page *
look(const struct shelf *s, struct arena *a, size_t table,
     const struct page *like)
{
    struct rows *rows = rows_open(a, tables, N(tables));

    rows_want(rows, table, like);
    shelf_load(s, rows);
    return rows_get(rows, table, like);
}

/* How many are of the group of `like`; their numbers' sum in *sum. */
static size_t
count_group(const struct shelf *s, int index, const struct page *like,
            int64_t *sum)
{
    struct arena a;
    struct rows *rows;
    const struct page *p;
    size_t at = 0, n = 0;

    *sum = 0;
    heap_arena(&a);
    rows = rows_open(&a, tables, N(tables));
    rows_want_group(rows, PAGES, index, like);
    shelf_load(s, rows);
    for (; (p = rows_next(rows, PAGES, index, like, &at)) != NULL; n++)
        *sum += p->number;
    heap_release(&a);
    return n;
}

static void
a_row_is_found_with_all_its_texts(void **state)
{
    struct str lines[] = { STR("first"), STR(""), STR("third line") };
    struct page p = page(1, "one", 7);
    const struct page *found;
    struct arena a;

    p.lines = (struct texts){ .at = lines, .n = N(lines) };
    p.at = 99;
    keep(*state, PAGES, &p, 1);
    lines[0] = STR("other");
    heap_arena(&a);
    found = look(*state, &a, PAGES, &p);
    assert_non_null(found);
    assert_true(str_is(found->title, "one"));
    assert_int_equal(found->at, 99);
    assert_int_equal(found->lines.n, 3);
    assert_true(str_is(found->lines.at[0], "first"));
    assert_int_equal(found->lines.at[1].n, 0);
    assert_true(str_is(found->lines.at[2], "third line"));
    heap_release(&a);
}

static void
another_key_is_another_row(void **state)
{
    const struct page kept = page(1, "one", 7);
    const struct page others[] = { page(2, "one", 7), page(1, "two", 7),
                                   page(1, "", 7) };
    struct arena a;

    heap_arena(&a);
    assert_null(look(*state, &a, PAGES, &kept)); /* an empty shelf */
    keep(*state, PAGES, &kept, 1);
    for (size_t i = 0; i < N(others); i++)
        assert_null(look(*state, &a, PAGES, &others[i]));
    heap_release(&a);
}

static void
what_is_kept_anew_takes_the_place_and_the_group_of_the_old(void **state)
{
    struct page p = page(1, "one", 7);
    struct page of_seven = page(0, "", 7), of_eight = page(0, "", 8);
    int64_t sum;

    keep(*state, PAGES, &p, 1);
    p.book = 8;
    keep(*state, PAGES, &p, 1);
    assert_int_equal(shelf_count(*state, PAGES), 1);
    assert_int_equal(count_group(*state, BY_BOOK, &of_seven, &sum), 0);
    assert_int_equal(count_group(*state, BY_BOOK, &of_eight, &sum), 1);
}

static void
what_is_deleted_is_in_no_group(void **state)
{
    const struct page two[] = { page(1, "one", 7), page(2, "two", 7) };
    int64_t sum;

    keep(*state, PAGES, two, N(two));
    forget(*state, &two[0]);
    forget(*state, &two[0]); /* it is gone already */
    assert_int_equal(shelf_count(*state, PAGES), 1);
    assert_int_equal(count_group(*state, BY_BOOK, &two[0], &sum), 1);
    assert_int_equal(sum, 2);
}

static void
what_is_null_is_in_no_group(void **state)
{
    const struct page loose = page(1, "one", I32_NONE);
    int64_t sum;

    keep(*state, PAGES, &loose, 1);
    assert_int_equal(count_group(*state, BY_BOOK, &loose, &sum), 0);
    assert_int_equal(count_group(*state, BY_READ, &loose, &sum), 1);
}

static void
a_skipped_table_keeps_nothing(void **state)
{
    const struct page p = page(1, "one", 7);
    struct arena a;

    shelf_skip(*state, SKIPPED);
    keep(*state, SKIPPED, &p, 1);
    keep(*state, PAGES, &p, 1);
    heap_arena(&a);
    assert_null(look(*state, &a, SKIPPED, &p));
    assert_non_null(look(*state, &a, PAGES, &p));
    assert_int_equal(shelf_count(*state, SKIPPED), 0);
    heap_release(&a);
}

static void
many_rows_are_each_found_and_walked_once(void **state)
{
    struct page *p = calloc(MANY, sizeof *p);
    struct page even = page(0, "", 0);
    struct shelf_at at = { .chain = 0 };
    const struct page *found;
    int64_t sum = 0;
    struct arena a;
    size_t n = 0;

    assert_non_null(p);
    for (int i = 0; i < MANY; i++)
        p[i] = page(i, "many", i % 2);
    keep(*state, PAGES, p, MANY);
    assert_int_equal(shelf_count(*state, PAGES), MANY);
    heap_arena(&a);
    for (int i = 0; i < MANY; i++) {
        found = look(*state, &a, PAGES, &p[i]);
        assert_non_null(found);
        assert_int_equal(found->number, i);
        arena_reset(&a);
    }
    heap_release(&a);
    assert_int_equal(count_group(*state, BY_BOOK, &even, &sum), MANY / 2);
    assert_int_equal(sum, (int64_t)(MANY / 2) * (MANY / 2 - 1));
    for (sum = 0; (found = shelf_next(*state, PAGES, &at)) != NULL; n++)
        sum += found->number;
    assert_int_equal(n, MANY);
    assert_int_equal(sum, (int64_t)MANY * (MANY - 1) / 2);
    free(p);
}

#define SHELF(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SHELF(a_row_is_found_with_all_its_texts),
        SHELF(another_key_is_another_row),
        SHELF(what_is_kept_anew_takes_the_place_and_the_group_of_the_old),
        SHELF(what_is_deleted_is_in_no_group),
        SHELF(what_is_null_is_in_no_group),
        SHELF(a_skipped_table_keeps_nothing),
        SHELF(many_rows_are_each_found_and_walked_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
