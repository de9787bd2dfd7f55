/*
 * CSV as spreadsheets write it: encodings, delimiters, quotes, limits; and
 * that reading can go on from any row. Rows are shown as "number:cell|cell",
 * bad ones as "number!code".
 */
#include "common/adapters/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/engine/memory.h"

enum { MEMORY_MAX = 64 << 20 };

struct row {
    const char *name;
    struct str bytes;
    const char *want;
};

#define E_UTF8 "\xC3\xA9"
#define E_1252 "\xE9"

static const struct row rows[] = {
    /* Delimiters. */
    { "commas", STR("a,b\n1,2\n"), "1:a|b 2:1|2" },
    { "semicolons", STR("a;b\n1,5;2\n"), "1:a|b 2:1,5|2" },
    { "tabs", STR("a\tb\n1;5\t2,5\n"), "1:a|b 2:1;5|2,5" },
    { "the one that is there most", STR("a;b;\"c,d,e\"\n1;2;3\n"),
      "1:a|b|c,d,e 2:1|2|3" },
    { "one column has none", STR("a\n1\n"), "1:a 2:1" },
    /* Lines. */
    { "Windows' line breaks", STR("a,b\r\n1,2\r\n"), "1:a|b 2:1|2" },
    { "old Mac's line breaks", STR("a,b\r1,2\r"), "1:a|b 2:1|2" },
    { "the last line needs none", STR("a,b\n1,2"), "1:a|b 2:1|2" },
    { "blank lines are counted", STR("a\n\n\r\n1\n"), "1:a 4:1" },
    { "blank lines before the headings", STR("\n\na;b\n1;2\n"),
      "3:a|b 4:1|2" },
    { "a line of blanks has no cells", STR("a\n  \n1\n"), "1:a 2: 3:1" },
    { "no byte, no row", STR(""), "" },
    { "only line breaks, no row", STR("\r\n\n"), "" },
    /* Quotes. */
    { "a line break in quotes", STR("a,b\n\"1\n2\",3\n4,5\n"),
      "1:a|b 2:1\n2|3 3:4|5" },
    { "Windows' line break in quotes", STR("a,b\r\n\"1\r\n\r\n2\",3\r\n"),
      "1:a|b 2:1\r\n\r\n2|3" },
    { "doubled quotes", STR("a\n\"say \"\"hello\"\"\"\n"),
      "1:a 2:say \"hello\"" },
    { "a delimiter in quotes", STR("a,b\n\"1,2\",\n"), "1:a|b 2:1,2|" },
    { "blanks around quotes", STR("a,b\n \"1\" , \"2\"\n"), "1:a|b 2:1|2" },
    { "an inch is not a quote", STR("a,b\n5\" pipe,1\n2,3\n"),
      "1:a|b 2!C05 3:2|3" },
    { "something behind a quote", STR("a,b\n\"x\"y,1\n2,3\n"),
      "1:a|b 2!C05 3:2|3" },
    { "a quote that is never closed ends the file",
      STR("a,b\n\"x,1\n2,3\n4,5\n"), "1:a|b 2!C05" },
    { "closed in a later row by mistake it is one bad row",
      STR("a,b\n\"x,1\n2,\"y\n4,5\n"), "1:a|b 2!C05 3:4|5" },
    { "a quote at the very end", STR("a,b\n1,\""), "1:a|b 2!C05" },
    /* Encodings. */
    { "UTF-8", STR("a\nn" E_UTF8 "e\n"), "1:a 2:n" E_UTF8 "e" },
    { "a byte order mark is no text", STR("\xEF\xBB\xBF" "a\n1\n"),
      "1:a 2:1" },
    { "Windows-1252", STR("a\nn" E_1252 "e\n"), "1:a 2:n" E_UTF8 "e" },
    { "its euro and quotes", STR("a\n\x80\x91\n"),
      "1:a 2:\xE2\x82\xAC\xE2\x80\x98" },
    { "a byte that Windows-1252 lacks", STR("a\n\x81\n" E_1252 "\n"),
      "1:a 2!R17 3:" E_UTF8 },
    { "mostly UTF-8 is UTF-8, and the broken row is bad",
      STR("a\n" E_UTF8 "\n" E_UTF8 "\nx" E_1252 "\ny\n"),
      "1:a 2:" E_UTF8 " 3:" E_UTF8 " 4!R17 5:y" },
    { "as many broken as whole are Windows-1252",
      STR("a\n" E_UTF8 "\nx" E_1252 "\n"),
      "1:a 2:\xC3\x83\xC2\xA9 3:x" E_UTF8 },
    { "with a mark it is UTF-8, whatever comes",
      STR("\xEF\xBB\xBF" "a\nx" E_1252 "\ny\n"), "1:a 2!R17 3:y" },
    { "an overlong form is no UTF-8", STR("a\n\xC0\xAF\n"),
      "1:a 2:\xC3\x80\xC2\xAF" },
    { "nor one of three bytes", STR("a\n\xE0\x9F\xBF\n"),
      "1:a 2:\xC3\xA0\xC5\xB8\xC2\xBF" },
    { "text that ends within a character", STR("\xEF\xBB\xBF" "a\nx\xC3"),
      "1:a 2!R17" },
    { "UTF-16", STR("\xFF\xFE" "a\0\n\0"), "refused R17" },
    { "UTF-16, the other way", STR("\xFE\xFF\0a\0\n"), "refused R17" },
    { "a NUL byte", STR("a,b\n1,\0\n3,4\n"), "1:a|b 2!R17 3:3|4" },
};

#define N_ROWS (sizeof rows / sizeof rows[0])

static FILE *
file_of(struct str bytes)
{
    FILE *f = tmpfile();

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    return f;
}

static void
show(FILE *to, const struct csv_row *row, bool first)
{
    fprintf(to, "%s%zu%s", first ? "" : " ", row->number,
            row->code == NULL ? ":" : "!");
    if (row->code != NULL)
        fprintf(to, "%s", row->code);
    for (size_t i = 0; i < row->n; i++)
        fprintf(to, "%s%.*s", i > 0 ? "|" : "", STR_ARG(row->cells[i]));
}

/* The caller frees it. With `again` the reader is a new one for every row. */
static char *
shown(FILE *in, bool again)
{
    struct arena *arena = memory_open(MEMORY_MAX);
    struct csv *csv = NULL;
    struct csv_row row;
    struct err err;
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    bool first = true;
    enum status rc = csv_open(in, &csv, &err);

    if (rc == ST_REJECT)
        fprintf(to, "refused %s", err.code);
    while (rc == ST_OK) {
        assert_int_equal(csv_next(csv, arena, &row, &err), ST_OK);
        if (row.end)
            break;
        show(to, &row, first);
        first = false;
        if (again) {
            struct csv_place place = csv_tell(csv);

            csv_close(csv);
            assert_int_equal(csv_open(in, &csv, &err), ST_OK);
            assert_int_equal(csv_seek(csv, place, &err), ST_OK);
        }
    }
    csv_close(csv);
    memory_close(arena);
    assert_int_equal(fclose(to), 0);
    return text;
}

static void
test_row(void **state)
{
    const struct row *row = *state;

    for (int again = 0; again < 2; again++) {
        FILE *in = file_of(row->bytes);
        char *text = shown(in, again == 1);

        assert_string_equal(text, row->want);
        free(text);
        assert_int_equal(fclose(in), 0);
    }
}

/* ---- limits ------------------------------------------------------------ */

struct limit {
    const char *name;
    size_t bytes; /* of the second row */
    char filler;
    const char *before, *behind;
    const char *want;
};

static const struct limit limits[] = {
    { "a row of 64 KiB is read", CSV_ROW_MAX, 'x', "", "", "a 2 3" },
    { "one byte more is bad", CSV_ROW_MAX + 1, 'x', "", "", "a !R04 3" },
    { "much more is bad, and the next row is read", 3 * CSV_ROW_MAX, 'x', "",
      "", "a !R04 3" },
    { "64 KiB in quotes are read", CSV_ROW_MAX, 'x', "\"", "\"", "a 2 3" },
    { "more in quotes ends the file", CSV_ROW_MAX + 1, 'x', "\"", "\"",
      "a !C05" },
    { "line breaks in quotes count", CSV_ROW_MAX + 1, '\n', "\"", "\"",
      "a !C05" },
    { "256 cells are read", CSV_CELLS_MAX - 1, ',', "", "", "a 2 3" },
    { "257 are bad", CSV_CELLS_MAX, ',', "", "", "a !R04 3" },
};

#define N_LIMITS (sizeof limits / sizeof limits[0])

static void
test_limit(void **state)
{
    const struct limit *limit = *state;
    FILE *in = tmpfile();
    struct arena *arena = memory_open(MEMORY_MAX);
    struct csv *csv = NULL;
    struct csv_row row = { .end = false };
    char got[64] = "";
    struct err err;

    fprintf(in, "a\n%s", limit->before);
    for (size_t i = strlen(limit->before) + strlen(limit->behind);
         i < limit->bytes; i++)
        (void)putc(limit->filler, in);
    fprintf(in, "%s\n3\n", limit->behind);
    assert_int_equal(csv_open(in, &csv, &err), ST_OK);
    for (;;) {
        size_t n = strlen(got);

        assert_int_equal(csv_next(csv, arena, &row, &err), ST_OK);
        if (row.end)
            break;
        if (row.code != NULL)
            (void)snprintf(got + n, sizeof got - n, " !%s", row.code);
        else
            (void)snprintf(got + n, sizeof got - n, "%s%s",
                           row.number == 1 ? "" : " ",
                           row.number == 1   ? "a"
                           : row.number == 2 ? "2"
                                             : "3");
        if (row.number == 2 && row.code == NULL)
            assert_int_equal(row.raw.n, limit->bytes);
    }
    assert_string_equal(got, limit->want);
    csv_close(csv);
    memory_close(arena);
    assert_int_equal(fclose(in), 0);
}

static void
a_file_that_is_too_long_is_refused(void **state)
{
    FILE *in = tmpfile();
    struct csv *csv = NULL;
    struct err err;

    (void)state;
    /* A hole costs no room. */
    assert_int_equal(fseeko(in, (off_t)CSV_FILE_MAX, SEEK_SET), 0);
    assert_int_equal(putc('x', in), 'x');
    assert_int_equal(csv_open(in, &csv, &err), ST_REJECT);
    assert_string_equal(err.code, "R04");
    assert_null(csv);
    assert_int_equal(fclose(in), 0);
}

/* ---- writing ----------------------------------------------------------- */

static void
cells_are_taken_out_of_a_row_as_it_came(void **state)
{
    static const bool without[] = { true, false, true };
    struct arena *arena = memory_open(MEMORY_MAX);
    FILE *in = file_of(STR("e;a;f;b\n"));
    struct csv *csv = NULL;
    struct str got;
    struct err err;

    (void)state;
    assert_int_equal(csv_open(in, &csv, &err), ST_OK);
    got = csv_raw_without(csv, arena, STR("\"1;\n2\"; \"a\"\";\" ;3;b;c"),
                          without, 3);
    assert_true(str_is(got, " \"a\"\";\" ;b;c"));
    got = csv_raw_without(csv, arena, STR(";;;"), without, 3);
    assert_true(str_is(got, ";"));
    csv_close(csv);
    memory_close(arena);
    assert_int_equal(fclose(in), 0);
}

static void
a_cell_is_quoted_where_it_must_be(void **state)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    (void)state;
    csv_put(to, ';', STR("plain"));
    (void)putc(';', to);
    csv_put(to, ';', STR("a;b"));
    (void)putc(';', to);
    csv_put(to, ';', STR("say \"no\""));
    (void)putc(';', to);
    csv_put(to, ';', STR("two\nlines"));
    assert_int_equal(fclose(to), 0);
    assert_string_equal(text,
                        "plain;\"a;b\";\"say \"\"no\"\"\";\"two\nlines\"");
    free(text);
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_file_that_is_too_long_is_refused),
        cmocka_unit_test(cells_are_taken_out_of_a_row_as_it_came),
        cmocka_unit_test(a_cell_is_quoted_where_it_must_be),
    };
    enum { N_OTHERS = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[N_ROWS + N_LIMITS + N_OTHERS];

    for (size_t i = 0; i < N_ROWS; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    for (size_t i = 0; i < N_LIMITS; i++)
        tests[N_ROWS + i] =
            (struct CMUnitTest){ .name = limits[i].name,
                                 .test_func = test_limit,
                                 .initial_state = (void *)&limits[i] };
    memcpy(tests + N_ROWS + N_LIMITS, others, sizeof others);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
