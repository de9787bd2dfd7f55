/*
 * JSON that nobody should send: texts made by changing good ones byte by byte,
 * and the classics. A second reading of RFC 8259 (tests/lib/rfc8259.h) says
 * what is JSON.
 */
#include "common/adapters/json.h"
#include "tests/lib/rfc8259.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define MAX_BYTES ((size_t)256 << 10) /* a record's, at the door */
#define BATCH_BYTES ((size_t)16 << 20)
#define DEPTH_MAX RFC8259_DEPTH_MAX
#define N(a) (sizeof(a) / sizeof((a)[0]))

/* ---- holding the adapter against it -------------------------------------- */

static size_t n_texts, n_wrong;

static void
hold(const char *p, size_t n)
{
    struct str text = { .p = p, .n = n };
    enum rfc8259 want = rfc8259_verdict(p, n);
    struct err err = { .code = "" };
    struct json *doc = NULL;
    enum status read, checked;
    bool ok;

    read = json_parse(text, MAX_BYTES, &doc, &err);
    json_free(doc);
    ok = read == (want == RFC8259_JSON ? ST_OK : ST_REJECT);
    if (read != ST_OK)
        ok = ok &&
             (strcmp(err.code, "R03") == 0 || strcmp(err.code, "R17") == 0);
    /* Half pairs and large numbers are grammar all the same. */
    checked = json_check(json_without_mark(text), DEPTH_MAX, &err);
    if (want == RFC8259_JSON)
        ok = ok && checked == ST_OK;
    if (want == RFC8259_NOT_JSON)
        ok = ok && checked == ST_REJECT &&
             (strcmp(err.code, "R03") == 0 || strcmp(err.code, "R17") == 0);
    n_texts++;
    if (!ok && n_wrong++ < 10)
        (void)printf("verdict %d, read %d, checked %d: %.*s\n", (int)want,
                     (int)read, (int)checked, (int)(n > 200 ? 200 : n), p);
}

/* Keys differ in length by more than one edit, so that none becomes double. */
static const char *const good[] = {
    "{\"a\":1,\"key\":[true,false,null],\"long_key\":{\"\":\"x\"}}",
    " [ 0 , -1 , 10.5 , 1e5 , -0.25E-3 , 2E+7 ] ",
    "[\"\",\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u00e9\\uD83D\\uDe00\"]",
    "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xed\x9f\xbf\"",
    "[[[[{\"a\":[{}]}],[]]],{\"b\":{\"ccc\":{}}}]",
    "[\"\\u0001\",\"\\u0010\",{\"\\u0100\":1}]",
    "-9223372036854775808",
    "[9223372036854775807,1.7976931348623157e308,5e-324]",
    "true",
    "null",
    "\xef\xbb\xbf{\"agency_id\":\"a\"}",
};

static const unsigned char bytes[] =
    "[]{},:\"\\/'0123456789-+.eEutfnabx# "
    "\t\n\r\f\v\b\001\x1f\x7f\x80\xbf\xc0\xc3"
    "\xe2\xed\xef\xf4\xf5\xfe\xff"; /* and the NUL at its end */

static void
every_changed_text_is_read_as_the_grammar_says(void **state)
{
    char text[200];

    (void)state;
    n_texts = n_wrong = 0;
    for (size_t g = 0; g < N(good); g++) {
        size_t n = strlen(good[g]);

        assert_int_equal(rfc8259_verdict(good[g], n), RFC8259_JSON);
        hold(good[g], n);
        for (size_t i = 0; i <= n; i++) {
            hold(good[g], i); /* cut off */
            memcpy(text, good[g], i);
            if (i < n) { /* a byte missing */
                memcpy(text + i, good[g] + i + 1, n - i - 1);
                hold(text, n - 1);
            }
            for (size_t b = 0; b < sizeof bytes; b++) {
                text[i] = (char)bytes[b];
                memcpy(text + i + 1, good[g] + i, n - i);
                hold(text, n + 1); /* one more */
                if (i == n)
                    continue;
                memcpy(text + i + 1, good[g] + i + 1, n - i - 1);
                hold(text, n); /* another */
            }
        }
    }
    if (n_wrong > 0)
        fail_msg("%zu of %zu texts were read otherwise", n_wrong, n_texts);
    (void)printf("json: %zu texts, all read as the grammar says\n", n_texts);
}

/* ---- the classics -------------------------------------------------------- */

struct classic {
    const char *name;
    struct str text;
    const char *code; /* "": JSON */
};

static const struct classic classics[] = {
    { "a comma at the end of a list", STR("[1,]"), "R03" },
    { "and of an object", STR("{\"a\":1,}"), "R03" },
    { "two commas", STR("[1,,2]"), "R03" },
    { "no comma", STR("[1 2]"), "R03" },
    { "a list that is not closed", STR("[1"), "R03" },
    { "one closed by the other bracket", STR("[1}"), "R03" },
    { "a key without quotes", STR("{a:1}"), "R03" },
    { "single quotes", STR("{'a':1}"), "R03" },
    { "a number as key", STR("{1:1}"), "R03" },
    { "a comment", STR("[1 /* one */]"), "R03" },
    { "a comment to the line's end", STR("[1] // one\n"), "R03" },
    { "infinity", STR("Infinity"), "R03" },
    { "minus infinity", STR("-Infinity"), "R03" },
    { "hexadecimal", STR("0x1F"), "R03" },
    { "a plus", STR("+1"), "R03" },
    { "a point first", STR(".5"), "R03" },
    { "a point last", STR("5."), "R03" },
    { "two exponents", STR("1e5e5"), "R03" },
    { "True", STR("True"), "R03" },
    { "undefined", STR("undefined"), "R03" },
    { "a line break in a string", STR("\"a\nb\""), "R17" },
    { "an escape that isn't one", STR("\"\\x41\""), "R03" },
    { "three digits of an escape", STR("\"\\u123\""), "R03" },
    { "a NUL behind the document", STR("{}\0"), "R17" },
    { "a high surrogate alone", STR("\"\\uD800\""), "R03" },
    { "a low surrogate alone", STR("\"\\uDC00\""), "R03" },
    { "surrogates the wrong way round", STR("\"\\uDC00\\uD800\""), "R03" },
    { "a slash in two bytes", STR("\"\xc0\xaf\""), "R17" },
    { "a NUL in two bytes", STR("\"\xc0\x80\""), "R17" },
    { "a slash in three bytes", STR("\"\xe0\x80\xaf\""), "R17" },
    { "beyond U+10FFFF", STR("\"\xf4\x90\x80\x80\""), "R17" },
    { "half a character at the end", STR("\"\xe2\x82\""), "R17" },
    { "UTF-16 with its mark", STR("\xff\xfe{\0}\0"), "R17" },
    { "a byte order mark", STR("\xef\xbb\xbf{}"), "" },
    { "two of them", STR("\xef\xbb\xbf\xef\xbb\xbf{}"), "R03" },
    { "half of one", STR("\xef\xbb{}"), "R17" },
    { "a mark and nothing else", STR("\xef\xbb\xbf"), "R03" },
    { "a number of 20 digits", STR("12345678901234567890"), "R03" },
    { "an exponent of 20 digits", STR("1e12345678901234567890"), "R03" },
    { "a tiny number is zero", STR("1e-400"), "" },
    { "double keys", STR("{\"a\":1,\"b\":2,\"a\":1}"), "R03" },
    { "the empty key twice", STR("{\"\":1,\"\":1}"), "R03" },
    { "a non-breaking space",
      STR("[\xc2\xa0"
          "1]"),
      "R03" },
    { "a form feed", STR("[\f1]"), "R03" },
};

static void
test_classic(void **state)
{
    const struct classic *c = *state;
    struct json *doc = NULL;
    struct err err = { .code = "" };
    enum status rc = json_parse(c->text, MAX_BYTES, &doc, &err);

    json_free(doc);
    assert_int_equal(rc, c->code[0] == '\0' ? ST_OK : ST_REJECT);
    assert_string_equal(err.code, c->code);
}

/* ---- much of it ---------------------------------------------------------- */

static double
seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static char *
put(char *to, const char *text, size_t n)
{
    memcpy(to, text, n);
    return to + n;
}

/* `n` times `unit` between two texts. */
static struct str
repeated(const char *before, const char *unit, size_t n, const char *after)
{
    size_t size = strlen(unit);
    char *p = malloc(strlen(before) + n * size + strlen(after) + 1);
    char *to;

    assert_non_null(p);
    to = put(p, before, strlen(before));
    for (size_t i = 0; i < n; i++)
        to = put(to, unit, size);
    to = put(to, after, strlen(after));
    return (struct str){ .p = p, .n = (size_t)(to - p) };
}

struct much {
    const char *name;
    const char *before;
    const char *unit;
    size_t n;
    const char *after;
    size_t max_bytes;
    const char *code;
};

static const struct much muches[] = {
    { "a hundred thousand lists that begin", "", "[", 100000, "", MAX_BYTES,
      "R03" },
    { "fifty thousand objects that begin", "", "{\"a\":", 50000, "", MAX_BYTES,
      "R03" },
    { "33 lists that end as well", "", "[", 33,
      "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", MAX_BYTES, "R03" },
    { "32 lists", "", "[", 32, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", MAX_BYTES,
      "" },
    { "ten megabytes of blanks for a record", "", " ", 10 << 20, "{}",
      MAX_BYTES, "R04" },
    { "ten megabytes of blanks where there is room", "", " ", 10 << 20, "{}",
      BATCH_BYTES, "" },
    { "and nothing behind them", "", " ", 10 << 20, "", BATCH_BYTES, "R03" },
    { "a string without an end", "\"", "x", 200000, "", MAX_BYTES, "R03" },
    { "a string of backslashes", "\"", "\\", 200001, "\"", MAX_BYTES, "R03" },
    { "a number of 200,000 digits", "", "9", 200000, "", MAX_BYTES, "R03" },
    { "a fraction of 200,000 digits", "0.", "9", 200000, "", MAX_BYTES, "" },
    { "sixty thousand zeros", "[0", ",0", 60000, "]", MAX_BYTES, "" },
    { "sixty thousand commas", "[", ",", 60000, "]", MAX_BYTES, "R03" },
    { "the same key ten thousand times", "{\"a\":0", ",\"a\":0", 10000, "}",
      MAX_BYTES, "R03" },
    { "closing brackets only", "", "]", 200000, "", MAX_BYTES, "R03" },
    { "NUL bytes would be seen first", "\"", "\001", 1000, "\"", MAX_BYTES,
      "R17" },
};

static void
test_much(void **state)
{
    const struct much *m = *state;
    struct str text = repeated(m->before, m->unit, m->n, m->after);
    struct json *doc = NULL;
    struct err err = { .code = "" };
    double from = seconds();
    enum status rc = json_parse(text, m->max_bytes, &doc, &err);

    json_free(doc);
    assert_int_equal(rc, m->code[0] == '\0' ? ST_OK : ST_REJECT);
    assert_string_equal(err.code, m->code);
    rc = json_check(text, DEPTH_MAX, &err);
    if (m->code[0] == '\0')
        assert_int_equal(rc, ST_OK);
    assert_true(seconds() - from < 2); /* bounded, also under a sanitizer */
    free((void *)(uintptr_t)text.p);
}

static void
many_keys_cost_no_more_than_few(void **state)
{
    char *text = malloc(MAX_BYTES);
    struct json *doc = NULL;
    struct err err;
    size_t n = 1;
    double from;

    (void)state;
    assert_non_null(text);
    text[0] = '{';
    for (int i = 0; n + 40 < MAX_BYTES; i++)
        n += (size_t)snprintf(text + n, MAX_BYTES - n, "%s\"%x\":0",
                              i == 0 ? "" : ",", (unsigned)i * 65599u);
    text[n++] = '}';
    from = seconds();
    assert_int_equal(json_parse((struct str){ text, n }, MAX_BYTES, &doc, &err),
                     ST_OK);
    assert_true(json_size(doc) > 15000);
    assert_true(seconds() - from < 2);
    json_free(doc);
    free(text);
}

static void
a_list_is_looked_at_as_a_whole(void **state)
{
    static const struct {
        struct str text;
        int depth;
        enum status want;
        const char *code;
    } rows[] = {
        { STR("[[{}]]"), 3, ST_OK, "" },
        { STR("[[{}]]"), 2, ST_REJECT, "R03" },
        { STR("[{\"a\":1},{\"a\":1,\"a\":2}]"), 3, ST_OK, "" },
        { STR("[{},]"), 3, ST_REJECT, "R03" },
        { STR("[{}\0]"), 3, ST_REJECT, "R17" },
        { STR("[\"a\tb\"]"), 3, ST_REJECT, "R17" },
        { STR(""), 3, ST_REJECT, "R03" },
        { { NULL, 0 }, 3, ST_REJECT, "R03" },
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct err err = { .code = "" };

        assert_int_equal(json_check(rows[i].text, rows[i].depth, &err),
                         rows[i].want);
        assert_string_equal(err.code, rows[i].code);
    }
}

static void
the_place_of_a_fault_is_told_and_no_value(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(json_check(STR("[\n 1,\n secret]"), 3, &err), ST_REJECT);
    assert_string_equal(err.text, "line 3, column 2: not JSON");
}

int
main(void)
{
    static struct CMUnitTest tests[N(classics) + N(muches) + 4];
    size_t n = 0;

    for (size_t i = 0; i < N(classics); i++)
        tests[n++] = (struct CMUnitTest){
            .name = classics[i].name,
            .test_func = test_classic,
            .initial_state = (void *)(uintptr_t)&classics[i],
        };
    for (size_t i = 0; i < N(muches); i++)
        tests[n++] = (struct CMUnitTest){
            .name = muches[i].name,
            .test_func = test_much,
            .initial_state = (void *)(uintptr_t)&muches[i],
        };
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        every_changed_text_is_read_as_the_grammar_says);
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test(many_keys_cost_no_more_than_few);
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test(a_list_is_looked_at_as_a_whole);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        the_place_of_a_fault_is_told_and_no_value);
    return cmocka_run_group_tests_name("json_hostile", tests, NULL, NULL);
}
