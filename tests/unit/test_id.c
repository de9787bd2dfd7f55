/* Derived ids, and the borrowed texts and reasons that they are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/core/err.h"
#include "common/core/id.h"

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

struct differ_row {
    const char *name;
    const char *tag_a;
    struct str a[3];
    size_t n_a;
    const char *tag_b;
    struct str b[3];
    size_t n_b;
};

#define TEXT(s)                                                                \
    {                                                                          \
        .p = (s), .n = sizeof(s) - 1                                           \
    }

static const struct differ_row differ_rows[] = {
    { "another tag is another id",
      "case",
      { TEXT("a") },
      1,
      "child",
      { TEXT("a") },
      1 },
    { "parts do not run together",
      "case",
      { TEXT("ab"), TEXT("c") },
      2,
      "case",
      { TEXT("a"), TEXT("bc") },
      2 },
    { "order matters",
      "case",
      { TEXT("a"), TEXT("b") },
      2,
      "case",
      { TEXT("b"), TEXT("a") },
      2 },
    { "an empty part is a part",
      "case",
      { TEXT("a") },
      1,
      "case",
      { TEXT("a"), TEXT("") },
      2 },
    { "a null part is not an empty one",
      "case",
      { { NULL, 0 } },
      1,
      "case",
      { TEXT("") },
      1 },
    { "the tag does not run into the parts",
      "casea",
      { TEXT("b") },
      1,
      "case",
      { TEXT("ab") },
      1 },
};

static void
test_differ(void **state)
{
    const struct differ_row *row = *state;
    struct id a = id_derive(row->tag_a, row->a, row->n_a);
    struct id b = id_derive(row->tag_b, row->b, row->n_b);

    assert_false(id_eq(a, b));
    assert_true(id_eq(a, id_derive(row->tag_a, row->a, row->n_a)));
    assert_int_not_equal(id_cmp(a, b), 0);
    assert_true((id_cmp(a, b) < 0) == (id_cmp(b, a) > 0));
}

/* Fixed for ever: ids in the log depend on it. */
static void
test_known_id(void **state)
{
    const struct str parts[] = { STR("police"), STR("REF-1"), STR("0") };
    char text[ID_TEXT_SIZE];

    (void)state;
    assert_string_equal(id_text(id_derive("notification", parts, 3), text),
                        "aa69e0bb-a2d6-86be-8772-3656afc34972");
}

static void
test_bits(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        char c = (char)i;
        struct str part = { .p = &c, .n = 1 };
        struct id id = id_derive("bits", &part, 1);

        assert_int_equal(id.b[6] >> 4, 8);
        assert_int_equal(id.b[8] >> 6, 2);
    }
}

static void
test_text_and_back(void **state)
{
    const struct id id = { .b = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x86,
                                  0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
                                  0xee, 0xff } };
    char text[ID_TEXT_SIZE];
    struct id back;

    (void)state;
    assert_string_equal(id_text(id, text),
                        "00112233-4455-8677-8899-aabbccddeeff");
    assert_true(id_parse(str_of(text), &back));
    assert_true(id_eq(back, id));
    assert_true(id_parse(STR("00112233-4455-8677-8899-AABBCCDDEEFF"), &back));
    assert_true(id_eq(back, id));
    assert_true(str_eq(id_part(&id), (struct str){ (const char *)id.b, 16 }));
}

static void
test_no_id(void **state)
{
    static const char *const bad[] = {
        "",
        "00112233-4455-8677-8899-aabbccddeef",
        "00112233-4455-8677-8899-aabbccddeeff0",
        "00112233-4455-8677-8899-aabbccddeefg",
        "001122334-455-8677-8899-aabbccddeeff",
        "00112233445586778899aabbccddeeff",
        "{0112233-4455-8677-8899-aabbccddeef}",
    };

    (void)state;
    for (size_t i = 0; i < N(bad); i++) {
        struct id id = { .b = { 1 } };

        assert_false(id_parse(str_of(bad[i]), &id));
        assert_true(id_is_none(id));
    }
    assert_false(id_is_none((struct id){ .b = { [15] = 1 } }));
}

static void
test_str(void **state)
{
    (void)state;
    assert_false(str_eq(STR_NULL, STR("")));
    assert_true(str_eq(STR_NULL, str_of(NULL)));
    assert_true(str_is(STR("abc"), "abc"));
    assert_false(str_is(STR("abc"), "abcd"));
    assert_false(str_is(STR_NULL, ""));
    assert_true(str_cmp(STR_NULL, STR("")) < 0);
    assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
    assert_true(str_cmp(STR("b"), STR("abc")) > 0);
    assert_true(str_cmp(STR("\x7f"), STR("\xc3")) < 0);
    assert_int_equal(str_cmp(STR("abc"), STR("abc")), 0);
    assert_int_equal(str_cmp(STR_NULL, STR_NULL), 0);
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_false(str_starts(STR("ab"), STR("abc")));
}

static void
test_err(void **state)
{
    struct err err;
    char wide[600];

    (void)state;
    assert_int_equal(err_set(&err, ST_REJECT, "R05", "%d characters", 65),
                     ST_REJECT);
    assert_string_equal(err.code, "R05");
    err_where(&err, "row %d", 3);
    assert_string_equal(err.text, "row 3: 65 characters");
    assert_string_equal(err.code, "R05");
    assert_int_equal(err_set(&err, ST_FATAL, NULL, "x"), ST_FATAL);
    assert_string_equal(err.code, "");
    assert_int_equal(err_set(NULL, ST_RETRY, "R05", "x"), ST_RETRY);
    err_where(NULL, "nowhere");
    memset(wide, 'w', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    assert_int_equal(err_set(&err, ST_REJECT, wide, "%s", wide), ST_REJECT);
    assert_int_equal(strlen(err.code), sizeof err.code - 1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    err_where(&err, "%s", wide);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_string_equal(status_name(ST_RETRY), "retry");
    assert_string_equal(status_name(ST_OK), "ok");
}

int
main(void)
{
    static struct CMUnitTest tests[N(differ_rows) + 6];
    size_t n = 0;

    for (size_t i = 0; i < N(differ_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = differ_rows[i].name,
                                 .test_func = test_differ,
                                 .initial_state = (void *)&differ_rows[i] };
    tests[n++] =
        (struct CMUnitTest){ .name = "an id of the log stays what it was",
                             .test_func = test_known_id };
    tests[n++] = (struct CMUnitTest){ .name = "every id is a UUID of version 8",
                                      .test_func = test_bits };
    tests[n++] = (struct CMUnitTest){
        .name = "an id comes back from its text, in either case",
        .test_func = test_text_and_back
    };
    tests[n++] = (struct CMUnitTest){ .name = "what is no id gives none",
                                      .test_func = test_no_id };
    tests[n++] =
        (struct CMUnitTest){ .name =
                                 "null, empty and ordered texts are told apart",
                             .test_func = test_str };
    tests[n++] = (struct CMUnitTest){
        .name = "a reason keeps its code, gains a place and fits its room",
        .test_func = test_err
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
