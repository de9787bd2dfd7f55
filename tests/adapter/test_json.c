/* JSON: what is refused and why, what is read, and that what we write can be
 * read. */
#include "common/adapters/json.h"
#include "tests/lib/heap.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_BYTES 1000

struct parse_row {
    const char *name;
    struct str text;
    enum status want;
    const char *code;
};

#define DEEP_32                                                                \
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["                                         \
    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"

static const struct parse_row parse_rows[] = {
    { "an object is read", STR("{\"a\":1}"), ST_OK, "" },
    { "a lone number is a document", STR(" 12 "), ST_OK, "" },
    { "a lone string is a document", STR("\"x\""), ST_OK, "" },
    { "nesting of 32 is allowed", STR(DEEP_32), ST_OK, "" },
    { "nesting of 33 is refused", STR("[" DEEP_32 "]"), ST_REJECT, "R03" },
    { "brackets in a string are not nesting",
      STR("\"[[\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""), ST_OK, "" },
    { "the same key twice is refused", STR("{\"a\":1,\"a\":1}"), ST_REJECT,
      "R03" },
    { "the same key twice, once escaped, is refused",
      STR("{\"a\":1,\"\\u0061\":1}"), ST_REJECT, "R03" },
    { "the same key in two objects is fine", STR("[{\"a\":1},{\"a\":1}]"),
      ST_OK, "" },
    { "a NUL byte is refused", STR("{\"a\":\"x\0y\"}"), ST_REJECT, "R17" },
    { "a NUL byte between values is refused", STR("[1,\0 2]"), ST_REJECT,
      "R17" },
    { "an escaped NUL is refused", STR("{\"a\":\"x\\u0000y\"}"), ST_REJECT,
      "R17" },
    { "an escaped NUL in a key is refused", STR("{\"a\\u0000\":1}"), ST_REJECT,
      "R17" },
    { "a raw tab in a string is refused", STR("\"a\tb\""), ST_REJECT, "R17" },
    { "an escaped tab in a string is fine", STR("\"a\\tb\""), ST_OK, "" },
    { "Latin-1 is refused", STR("\"caf\xe9\""), ST_REJECT, "R17" },
    { "an overlong form is refused", STR("\"\xc0\xaf\""), ST_REJECT, "R17" },
    { "a surrogate in UTF-8 is refused", STR("\"\xed\xa0\x80\""), ST_REJECT,
      "R17" },
    { "two-byte UTF-8 is read", STR("\"caf\xc3\xa9\""), ST_OK, "" },
    { "a lone escaped surrogate is refused", STR("\"\\ud800\""), ST_REJECT,
      "R03" },
    { "an escaped pair of surrogates is read", STR("\"\\ud83d\\ude00\""), ST_OK,
      "" },
    { "the largest 64-bit number is read", STR("9223372036854775807"), ST_OK,
      "" },
    { "one more is refused", STR("9223372036854775808"), ST_REJECT, "R03" },
    { "a double that overflows is refused", STR("1e400"), ST_REJECT, "R03" },
    { "NaN is no JSON", STR("NaN"), ST_REJECT, "R03" },
    { "a leading zero is refused", STR("007"), ST_REJECT, "R03" },
    { "a trailing comma is refused", STR("[1,]"), ST_REJECT, "R03" },
    { "a comment is refused", STR("/* x */ 1"), ST_REJECT, "R03" },
    { "a second document is refused", STR("{} {}"), ST_REJECT, "R03" },
    { "a document that breaks off is refused", STR("{\"a\":"), ST_REJECT,
      "R03" },
    { "no text at all is refused", STR(""), ST_REJECT, "R03" },
    { "the null text is refused", { NULL, 0 }, ST_REJECT, "R03" },
};

#define N_PARSE (sizeof parse_rows / sizeof parse_rows[0])

static void
test_parse_row(void **state)
{
    const struct parse_row *row = *state;
    struct json *doc = NULL;
    struct err err = { .code = "" };

    assert_int_equal(json_parse(row->text, MAX_BYTES, &doc, &err), row->want);
    if (row->want == ST_OK) {
        assert_non_null(doc);
    } else {
        assert_null(doc);
        assert_string_equal(err.code, row->code);
    }
    json_free(doc);
}

static void
test_size_limit(void **state)
{
    char text[MAX_BYTES + 1];
    struct json *doc = NULL;
    struct err err;

    (void)state;
    memset(text, ' ', sizeof text);
    text[0] = '1';
    assert_int_equal(
        json_parse((struct str){ text, MAX_BYTES }, MAX_BYTES, &doc, &err),
        ST_OK);
    json_free(doc);
    assert_int_equal(
        json_parse((struct str){ text, MAX_BYTES + 1 }, MAX_BYTES, &doc, &err),
        ST_REJECT);
    assert_string_equal(err.code, "R04");
}

static void
test_reason_has_no_values(void **state)
{
    static const char *const texts[] = {
        "{\n \"secretkey\":\"secretvalue\" x}",
        "{\"secretkey\":1,\"secretkey\":\"secretvalue\"}",
        "[\"secretvalue]",
        "secretvalue",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct json *doc = NULL;
        struct err err = { .code = "" };

        assert_int_equal(json_parse(str_of(texts[i]), MAX_BYTES, &doc, &err),
                         ST_REJECT);
        assert_null(strstr(err.text, "secret"));
        assert_non_null(strstr(err.text, "line "));
    }
}

static void
test_reason_names_the_line(void **state)
{
    struct json *doc = NULL;
    struct err err = { .code = "" };

    (void)state;
    assert_int_equal(json_parse(STR("{\n\n\"a\":\"\x01\"}"), 99, &doc, &err),
                     ST_REJECT);
    assert_string_equal(err.text,
                        "line 3, column 6: control character in a string");
}

static struct json *
parsed(const char *text)
{
    struct json *doc = NULL;
    struct err err;

    assert_int_equal(json_parse(str_of(text), 100000, &doc, &err), ST_OK);
    return doc;
}

static void
test_values_are_read(void **state)
{
    struct json *doc = parsed("{\"s\":\"x\",\"i\":-5,\"r\":1.50,\"t\":true,"
                              "\"n\":null,\"a\":[10,20],\"e\":\"\"}");
    char number[JSON_NUMBER_SIZE];
    struct str s = STR_NULL;
    int64_t i = 0;
    bool b = false;

    (void)state;
    assert_int_equal(json_size(doc), 7);
    assert_true(json_str(json_get(doc, "s"), &s));
    assert_true(str_is(s, "x"));
    assert_true(json_str(json_get(doc, "e"), &s));
    assert_non_null(s.p);
    assert_int_equal(s.n, 0);
    assert_true(json_int(json_get(doc, "i"), &i));
    assert_int_equal(i, -5);
    assert_false(json_int(json_get(doc, "r"), &i));
    assert_true(json_number_text(json_get(doc, "r"), number));
    assert_string_equal(number, "1.5");
    assert_true(json_number_text(json_get(doc, "i"), number));
    assert_string_equal(number, "-5");
    assert_false(json_number_text(json_get(doc, "s"), number));
    assert_true(json_bool(json_get(doc, "t"), &b));
    assert_true(b);
    assert_int_equal(json_type_of(json_get(doc, "n")), JSON_T_NULL);
    assert_int_equal(json_type_of(json_get(doc, "x")), JSON_T_NONE);
    assert_true(json_int(json_at(json_get(doc, "a"), 1), &i));
    assert_int_equal(i, 20);
    assert_null(json_at(json_get(doc, "a"), 2));
    assert_null(json_get(json_get(doc, "a"), "s"));
    assert_null(json_get(NULL, "s"));
    assert_false(json_str(NULL, &s));
    json_free(doc);
}

static void
test_number_text_keeps_fifteen_digits(void **state)
{
    static const char *const numbers[] = { "0.1", "51.2787654321012", "1e+30",
                                           "-0.005", "123456789.123456" };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct json *doc = parsed(numbers[i]);
        char text[JSON_NUMBER_SIZE];

        assert_true(json_number_text(doc, text));
        assert_string_equal(text, numbers[i]);
        json_free(doc);
    }
}

static void
test_members_come_in_order(void **state)
{
    struct json *doc = parsed("{\"z\":1,\"a\":2,\"m\":3}");
    struct json_each each = json_each_of(doc);
    const struct json *value = NULL;
    struct str key = STR_NULL;
    char seen[8] = "";
    size_t n = 0;

    (void)state;
    while (json_each_next(&each, &key, &value))
        seen[n++] = key.p[0];
    assert_string_equal(seen, "zam");
    assert_false(json_each_next(&each, &key, &value));
    each = json_each_of(json_get(doc, "z"));
    assert_false(json_each_next(&each, &key, &value));
    json_free(doc);
}

static void
test_pointer_is_escaped(void **state)
{
    struct json_path path;
    size_t before;

    (void)state;
    json_path_root(&path);
    assert_string_equal(path.text, "");
    (void)json_path_key(&path, "a/b~c");
    before = json_path_index(&path, 12);
    assert_string_equal(path.text, "/a~1b~0c/12");
    json_path_back(&path, before);
    assert_string_equal(path.text, "/a~1b~0c");
}

static void
test_long_pointer_is_cut(void **state)
{
    struct json_path path;

    (void)state;
    json_path_root(&path);
    for (int i = 0; i < 100; i++)
        (void)json_path_key(&path, "abcdef");
    assert_int_equal(path.n, sizeof path.text - 1);
    assert_int_equal(strlen(path.text), path.n);
}

static void
test_text_is_written(void **state)
{
    struct json_out o;

    (void)state;
    json_out_init(&o, NULL);
    json_out_object(&o);
    json_out_kcstr(&o, "a", "x");
    json_out_key(&o, "b");
    json_out_array(&o);
    json_out_int(&o, INT64_MIN);
    json_out_array(&o);
    json_out_array_end(&o);
    json_out_null(&o);
    json_out_number(&o, "-0.50");
    json_out_raw(&o, STR("{\"r\":[]}"));
    json_out_array_end(&o);
    json_out_kbool(&o, "c", false);
    json_out_kstr(&o, "d", STR_NULL);
    json_out_kint(&o, "e", 7);
    json_out_object_end(&o);
    assert_string_equal(
        json_out_text(&o).p,
        "{\"a\":\"x\",\"b\":[-9223372036854775808,[],null,-0.50,{\"r\":[]}],"
        "\"c\":false,\"d\":null,\"e\":7}");
    json_out_free(&o);
}

struct escape_row {
    const char *name;
    struct str in;
    const char *want;
};

static const struct escape_row escape_rows[] = {
    { "quote and backslash are escaped", STR("a\"b\\c"), "\"a\\\"b\\\\c\"" },
    { "line breaks are escaped", STR("a\nb\r\tc"), "\"a\\nb\\r\\tc\"" },
    { "other controls are escaped", STR("\x01\x1f\x7f"),
      "\"\\u0001\\u001f\\u007f\"" },
    { "a NUL is escaped", STR("a\0b"), "\"a\\u0000b\"" },
    { "UTF-8 passes", STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
      "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
    { "a broken byte is replaced", STR("a\xe9z"), "\"a\xef\xbf\xbdz\"" },
    { "a cut sequence is replaced", STR("a\xe2\x82"),
      "\"a\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "an overlong form is replaced", STR("\xe0\x80\x80"),
      "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "a surrogate is replaced", STR("\xed\xa0\x80"),
      "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "above U+10FFFF is replaced", STR("\xf4\x90\x80\x80"),
      "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "U+10FFFF passes", STR("\xf4\x8f\xbf\xbf"), "\"\xf4\x8f\xbf\xbf\"" },
    { "the empty text is two quotes", STR(""), "\"\"" },
};

#define N_ESCAPE (sizeof escape_rows / sizeof escape_rows[0])

static void
test_escape_row(void **state)
{
    const struct escape_row *row = *state;
    struct json_out o;
    struct json *doc = NULL;
    struct err err;

    json_out_init(&o, NULL);
    json_out_str(&o, row->in);
    assert_string_equal(json_out_text(&o).p, row->want);
    if (memchr(row->in.p, '\0', row->in.n) == NULL) {
        assert_int_equal(json_parse(json_out_text(&o), 1000, &doc, &err),
                         ST_OK);
        json_free(doc);
    }
    json_out_free(&o);
}

static void
test_long_text_grows_in_an_arena(void **state)
{
    struct arena arena;
    struct json_out o;
    struct json *doc = NULL;
    struct err err;

    (void)state;
    heap_arena(&arena);
    json_out_init(&o, &arena);
    json_out_array(&o);
    for (int i = 0; i < 5000; i++)
        json_out_int(&o, i);
    json_out_array_end(&o);
    assert_int_equal(json_parse(json_out_text(&o), 100000, &doc, &err), ST_OK);
    assert_int_equal(json_size(doc), 5000);
    json_free(doc);
    heap_release(&arena);
}

static void
test_text_can_be_given_away(void **state)
{
    struct json_out o;
    size_t n = 0;
    char *p;

    (void)state;
    json_out_init(&o, NULL);
    json_out_bool(&o, true);
    p = json_out_take(&o, &n);
    assert_string_equal(p, "true");
    assert_int_equal(n, 4);
    free(p);
    json_out_int(&o, 1);
    assert_string_equal(json_out_text(&o).p, "1");
    json_out_reset(&o);
    json_out_int(&o, 2);
    assert_string_equal(json_out_text(&o).p, "2");
    json_out_free(&o);
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        { "a document above the size is refused", test_size_limit, NULL, NULL,
          NULL },
        { "a reason names a place and no value", test_reason_has_no_values,
          NULL, NULL, NULL },
        { "a reason names line and column", test_reason_names_the_line, NULL,
          NULL, NULL },
        { "values come as their types", test_values_are_read, NULL, NULL,
          NULL },
        { "fifteen digits of a number are kept",
          test_number_text_keeps_fifteen_digits, NULL, NULL, NULL },
        { "members come in the order of the text", test_members_come_in_order,
          NULL, NULL, NULL },
        { "a pointer escapes slash and tilde", test_pointer_is_escaped, NULL,
          NULL, NULL },
        { "a pointer too long is cut, not overrun", test_long_pointer_is_cut,
          NULL, NULL, NULL },
        { "all kinds of values are written", test_text_is_written, NULL, NULL,
          NULL },
        { "a long text grows in an arena", test_long_text_grows_in_an_arena,
          NULL, NULL, NULL },
        { "a text can be given away and the writer used again",
          test_text_can_be_given_away, NULL, NULL, NULL },
    };
    struct CMUnitTest
        tests[N_PARSE + N_ESCAPE + sizeof others / sizeof others[0]];
    size_t n = 0;

    for (size_t i = 0; i < N_PARSE; i++)
        tests[n++] = (struct CMUnitTest){
            .name = parse_rows[i].name,
            .test_func = test_parse_row,
            .initial_state = (void *)(uintptr_t)&parse_rows[i],
        };
    for (size_t i = 0; i < N_ESCAPE; i++)
        tests[n++] = (struct CMUnitTest){
            .name = escape_rows[i].name,
            .test_func = test_escape_row,
            .initial_state = (void *)(uintptr_t)&escape_rows[i],
        };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        tests[n++] = others[i];
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
