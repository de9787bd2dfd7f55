/* Borrowed texts: null is not empty, and order is by bytes. */
#include "common/core/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static void
a_text_is_borrowed_up_to_its_nul(void **state)
{
    const char *c = "abc";

    (void)state;
    assert_ptr_equal(str_of(c).p, c);
    assert_int_equal(str_of(c).n, 3);
    assert_int_equal(str_of("").n, 0);
    assert_non_null(str_of("").p);
    assert_null(str_of(NULL).p);
    assert_int_equal(str_of(NULL).n, 0);
}

/* Two texts, and what the four questions about them answer. */
struct pair {
    const char *name;
    struct str a, b;
    int order;
    bool starts; /* a begins with b */
};

static const struct pair pairs[] = {
    { "equal texts", { "abc", 3 }, { "abc", 3 }, 0, true },
    { "a text that goes on comes later", { "abc", 3 }, { "ab", 2 }, 1, true },
    { "a text that ends comes first", { "ab", 2 }, { "abc", 3 }, -1, false },
    { "the first other byte decides", { "b", 1 }, { "abc", 3 }, 1, false },
    { "capitals come before small letters", { "B", 1 }, { "a", 1 }, -1, false },
    { "a byte of 0xc3 comes after every letter",
      { "\xc3", 1 },
      { "z", 1 },
      1,
      false },
    { "a NUL inside a text counts", { "a\0b", 3 }, { "a\0c", 3 }, -1, false },
    { "all texts begin with the empty one", { "a", 1 }, { "", 0 }, 1, true },
    { "empty texts are equal", { "", 0 }, { "", 0 }, 0, true },
    { "null comes before the empty text", { NULL, 0 }, { "", 0 }, -1, false },
    { "the empty text comes after null", { "", 0 }, { NULL, 0 }, 1, false },
    { "null comes before a text", { NULL, 0 }, { "a", 1 }, -1, false },
    { "null equals null and begins with nothing",
      { NULL, 0 },
      { NULL, 0 },
      0,
      false },
    { "bytes behind the length don't count",
      { "abX", 2 },
      { "abY", 2 },
      0,
      true },
};

static int
sign(int n)
{
    return (n > 0) - (n < 0);
}

static void
test_pair(void **state)
{
    const struct pair *row = *state;

    assert_int_equal(sign(str_cmp(row->a, row->b)), row->order);
    assert_int_equal(sign(str_cmp(row->b, row->a)), -row->order);
    assert_int_equal(str_eq(row->a, row->b), row->order == 0);
    assert_int_equal(str_eq(row->b, row->a), row->order == 0);
    assert_int_equal(str_starts(row->a, row->b), row->starts);
}

static void
a_text_is_compared_with_a_literal(void **state)
{
    (void)state;
    assert_true(str_is(STR("ab"), "ab"));
    assert_false(str_is(STR("ab"), "abc"));
    assert_false(str_is(STR("ab"), "a"));
    assert_false(str_is(STR_NULL, ""));
    assert_false(str_is(STR(""), NULL));
    assert_true(str_is(STR_NULL, NULL));
}

static void
test_words_are_known_in_either_case(void **state)
{
    (void)state;
    assert_true(str_is_fold(STR("n/A"), "N/a"));
    assert_true(str_is_fold(STR(""), ""));
    assert_false(str_is_fold(STR("na"), "nab"));
    assert_false(str_is_fold(STR("nab"), "na"));
    assert_false(str_is_fold(STR_NULL, "x"));
    assert_int_equal(str_lower('Z'), 'z');
    assert_int_equal(str_lower('['), '['); /* behind Z */
    assert_int_equal(str_lower('@'), '@'); /* before A */
    assert_false(str_is_fold(STR("@"), "`"));
}

int
main(void)
{
    struct CMUnitTest tests[3 + N_OF(pairs)] = {
        cmocka_unit_test(a_text_is_borrowed_up_to_its_nul),
        cmocka_unit_test(a_text_is_compared_with_a_literal),
        cmocka_unit_test(test_words_are_known_in_either_case),
    };

    for (size_t i = 0; i < N_OF(pairs); i++)
        tests[3 + i] =
            (struct CMUnitTest){ .name = pairs[i].name,
                                 .test_func = test_pair,
                                 .initial_state = (void *)&pairs[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
