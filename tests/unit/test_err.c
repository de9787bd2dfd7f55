/* Reasons: what is written, what is cut, and what a place in front does. */
#include "common/core/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_SIZE = sizeof((struct err *)0)->text };

static void
a_reason_has_code_and_text(void **state)
{
    struct err err = { .code = "old", .text = "older" };

    (void)state;
    assert_int_equal(err_set(&err, ST_REJECT, "R05", "%d characters", 51),
                     ST_REJECT);
    assert_string_equal(err.code, "R05");
    assert_string_equal(err.text, "51 characters");
}

static void
a_reason_may_lack_a_code(void **state)
{
    struct err err = { .code = "old" };

    (void)state;
    assert_int_equal(err_set(&err, ST_FATAL, NULL, "%s", ""), ST_FATAL);
    assert_string_equal(err.code, "");
    assert_string_equal(err.text, "");
}

static void
nobody_has_to_ask_for_the_reason(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ST_RETRY, "x", "y"), ST_RETRY);
    err_where(NULL, "z");
}

static void
a_code_is_cut_to_fifteen_characters(void **state)
{
    struct err err;

    (void)state;
    (void)err_set(&err, ST_OK, "123456789012345", "x");
    assert_string_equal(err.code, "123456789012345");
    (void)err_set(&err, ST_OK, "1234567890123456", "x");
    assert_string_equal(err.code, "123456789012345");
}

static void
a_long_text_is_cut(void **state)
{
    char text[TEXT_SIZE + 10];
    struct err err;

    (void)state;
    memset(text, 'x', sizeof text);
    text[TEXT_SIZE - 1] = '\0';
    (void)err_set(&err, ST_OK, NULL, "%s", text);
    assert_string_equal(err.text, text);
    text[TEXT_SIZE - 1] = 'x';
    text[TEXT_SIZE] = '\0';
    (void)err_set(&err, ST_OK, NULL, "%s", text);
    assert_int_equal(strlen(err.text), TEXT_SIZE - 1);
}

static void
a_place_stands_before_the_reason(void **state)
{
    struct err err;

    (void)state;
    (void)err_set(&err, ST_REJECT, "R05", "too long");
    err_where(&err, "row %d", 7);
    assert_string_equal(err.text, "row 7: too long");
    assert_string_equal(err.code, "R05");
    err_where(&err, "file");
    assert_string_equal(err.text, "file: row 7: too long");
}

/* Every length of both around the limit: nothing is written beyond it. */
static void
a_place_cuts_the_end_of_a_long_reason(void **state)
{
    char place[TEXT_SIZE + 10], text[TEXT_SIZE + 10];

    (void)state;
    for (size_t n = TEXT_SIZE - 10; n < TEXT_SIZE + 10; n++)
        for (size_t m = 0; m < TEXT_SIZE + 10; m++) {
            struct err err;
            size_t kept = m < TEXT_SIZE - 3 ? m : TEXT_SIZE - 3;
            size_t total = kept + 2 + (n < TEXT_SIZE ? n : TEXT_SIZE - 1);

            memset(place, 'p', m);
            place[m] = '\0';
            memset(text, 't', n);
            text[n] = '\0';
            (void)err_set(&err, ST_OK, "c", "%s", text);
            err_where(&err, "%s", place);
            assert_int_equal(strlen(err.text),
                             total < TEXT_SIZE ? total : TEXT_SIZE - 1);
            assert_int_equal(strspn(err.text, "p"), kept);
            assert_memory_equal(err.text + kept, ": ", 2);
            assert_int_equal(strspn(err.text + kept + 2, "t"),
                             strlen(err.text) - kept - 2);
            assert_string_equal(err.code, "c");
        }
}

static void
a_reason_may_get_another_code(void **state)
{
    struct err err;

    (void)state;
    (void)err_set(&err, ST_REJECT, "R05", "too long");
    assert_int_equal(err_recode(&err, ST_FATAL, "value"), ST_FATAL);
    assert_string_equal(err.code, "value");
    assert_string_equal(err.text, "too long");
    assert_int_equal(err_recode(&err, ST_OK, "1234567890123456"), ST_OK);
    assert_string_equal(err.code, "123456789012345");
    assert_int_equal(err_recode(NULL, ST_RETRY, "x"), ST_RETRY);
}

static void
every_status_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(status_name(ST_OK), "ok");
    assert_string_equal(status_name(ST_REJECT), "reject");
    assert_string_equal(status_name(ST_RETRY), "retry");
    assert_string_equal(status_name(ST_FATAL), "fatal");
    assert_string_equal(status_name((enum status)99), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_has_code_and_text),
        cmocka_unit_test(a_reason_may_lack_a_code),
        cmocka_unit_test(nobody_has_to_ask_for_the_reason),
        cmocka_unit_test(a_code_is_cut_to_fifteen_characters),
        cmocka_unit_test(a_long_text_is_cut),
        cmocka_unit_test(a_place_stands_before_the_reason),
        cmocka_unit_test(a_place_cuts_the_end_of_a_long_reason),
        cmocka_unit_test(a_reason_may_get_another_code),
        cmocka_unit_test(every_status_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
