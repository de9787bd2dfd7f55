/* The item table of domain.md section 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/core/check.h"
#include "tests/lib/heap.h"

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct check
nhs(struct str text, char *out)
{
    return check_nhs_number(text, out);
}

static struct check
upn(struct str text, char *out)
{
    return check_upn(text, out);
}

static struct check
la_child_id(struct str text, char *out)
{
    return check_la_child_id(text, out);
}

static struct check
postcode(struct str text, char *out)
{
    return check_postcode(text, out);
}

struct item_row {
    const char *name;
    struct check (*check)(struct str text, char *out);
    const char *text; /* NULL: null */
    enum check_result result;
    const char *code;
    const char *out;
};

static const struct item_row item_rows[] = {
    { "an NHS number loses its spaces", nhs, "943 476 5919", CHECK_GOOD, "",
      "9434765919" },
    { "and its hyphens", nhs, "943-476-5919", CHECK_GOOD, "", "9434765919" },
    { "a made-up NHS number is good", nhs, "9990000123", CHECK_GOOD, "",
      "9990000123" },
    { "a wrong check digit is bad", nhs, "9434765918", CHECK_BAD, "W01", "" },
    { "a check digit of ten is always bad", nhs, "9991234560", CHECK_BAD, "W01",
      "" },
    { "eleven counts as nought", nhs, "9990000050", CHECK_GOOD, "",
      "9990000050" },
    { "ten equal digits pass and are bad", nhs, "1111111111", CHECK_BAD, "W01",
      "" },
    { "ten noughts are bad", nhs, "0000000000", CHECK_BAD, "W01", "" },
    { "nine digits are bad", nhs, "943476591", CHECK_BAD, "W01", "" },
    { "eleven digits are bad", nhs, "94347659190", CHECK_BAD, "W01", "" },
    { "a letter is bad", nhs, "943476591O", CHECK_BAD, "W01", "" },
    { "no NHS number is no warning", nhs, NULL, CHECK_ABSENT, "", "" },
    { "blanks are no NHS number", nhs, " - ", CHECK_ABSENT, "", "" },

    { "a UPN of Kent is good", upn, "P886200020001", CHECK_GOOD, "",
      "P886200020001" },
    { "a UPN in small letters is good", upn, " h801200001001", CHECK_GOOD, "",
      "H801200001001" },
    { "a UPN of London is good", upn, "M201450112345", CHECK_GOOD, "",
      "M201450112345" },
    { "a wrong letter is bad", upn, "A886200020001", CHECK_BAD, "W02", "" },
    { "a local authority that isn't there is bad", upn, "P123456789123",
      CHECK_BAD, "W02", "" },
    { "a letter at the end is temporary", upn, "TEMPA", CHECK_TEMPORARY, "W03",
      "TEMPA" },
    { "the highest letter has the value 22", upn, "TEMPZ", CHECK_TEMPORARY,
      "W03", "TEMPZ" },
    { "I is no letter of a UPN", upn, "P88620002000I", CHECK_BAD, "W02", "" },
    { "twelve characters are bad", upn, "P88620002000", CHECK_BAD, "W02", "" },
    { "fourteen are bad", upn, "P8862000200011", CHECK_BAD, "W02", "" },
    { "a letter before the end is bad", upn, "P88620002A001", CHECK_BAD, "W02",
      "" },
    { "no UPN is no warning", upn, "", CHECK_ABSENT, "", "" },

    { "an LA child id is good", la_child_id, "LC0012345", CHECK_GOOD, "",
      "LC0012345" },
    { "a hyphen in it is bad", la_child_id, "LC-12", CHECK_BAD, "W04", "" },
    { "twenty characters are good", la_child_id, "abcdefghij0123456789",
      CHECK_GOOD, "", "abcdefghij0123456789" },
    { "twenty-one are bad", la_child_id, "abcdefghij01234567890", CHECK_BAD,
      "W04", "" },
    { "no LA child id is no warning", la_child_id, "", CHECK_ABSENT, "", "" },

    { "a postcode gains capitals and its space", postcode, "ct11aa", CHECK_GOOD,
      "", "CT1 1AA" },
    { "a postcode of seven is good", postcode, "SW1A1AA", CHECK_GOOD, "",
      "SW1A 1AA" },
    { "a postcode of five is good", postcode, "M1 1AA", CHECK_GOOD, "",
      "M1 1AA" },
    { "two digits outward are good", postcode, "wv10.1a-b", CHECK_GOOD, "",
      "WV10 1AB" },
    { "one letter, digit, letter are good", postcode, "W1A 0AX", CHECK_GOOD, "",
      "W1A 0AX" },
    { "a letter missing is bad", postcode, "CT1 1A", CHECK_BAD, "W05", "" },
    { "the letter O for nought is bad", postcode, "CT1 OAA", CHECK_BAD, "W05",
      "" },
    { "C is never inward", postcode, "CT1 1CC", CHECK_BAD, "W05", "" },
    { "V is never inward", postcode, "CT1 1AV", CHECK_BAD, "W05", "" },
    { "three letters first are bad", postcode, "CTA 1AA", CHECK_BAD, "W05",
      "" },
    { "no digit outward is bad", postcode, "AB 1AA", CHECK_BAD, "W05", "" },
    { "three digits behind a letter are bad", postcode, "M123 1AA", CHECK_BAD,
      "W05", "" },
    { "a digit first is bad", postcode, "1T1 1AA", CHECK_BAD, "W05", "" },
    { "eight characters are bad", postcode, "SW1A11AA", CHECK_BAD, "W05", "" },
    { "ZZ99 is no fixed abode", postcode, "zz99 3vz", CHECK_NO_ABODE, "", "" },
    { "ZZ9 is not", postcode, "ZZ9 3VZ", CHECK_BAD, "W05", "" },
    { "no postcode is no warning", postcode, " ", CHECK_ABSENT, "", "" },
};

/*
 * Temporary UPNs with the right letter in front, by hand: digits 88620002000
 * give 8*2 + 8*3 + 6*4 + 2*5 + 2*9 = 92, and 92 mod 23 = 0. A adds 0: A.
 * Z adds 22 * 13 = 286, and 286 mod 23 = 10: L.
 */
static const char *
real_upn(const char *text)
{
    if (text != NULL && strcmp(text, "TEMPA") == 0)
        return "A88620002000A";
    if (text != NULL && strcmp(text, "TEMPZ") == 0)
        return "L88620002000Z";
    return text;
}

static void
test_item(void **state)
{
    const struct item_row *row = *state;
    char out[64] = "untouched";
    struct check got = row->check(str_of(real_upn(row->text)), out);

    assert_int_equal(got.result, row->result);
    assert_string_equal(warning_code(got.warning), row->code);
    assert_string_equal(out, real_upn(row->out));
}

struct text_row {
    const char *name;
    const char *text;
    enum check_text want;
};

static const struct text_row text_rows[] = {
    { "plain letters are a name", "Testchild", CHECK_TEXT_GOOD },
    { "two, three and four bytes are", "\xc3\xa9\xe1\xba\xbf\xf0\x9f\x99\x82",
      CHECK_TEXT_GOOD },
    { "the highest code point is", "\xf4\x8f\xbf\xbf", CHECK_TEXT_GOOD },
    { "one past it is not UTF-8", "\xf4\x90\x80\x80", CHECK_TEXT_NOT_UTF8 },
    { "the last before the surrogates is a name", "\xed\x9f\xbf",
      CHECK_TEXT_GOOD },
    { "a surrogate is not UTF-8", "\xed\xa0\x80", CHECK_TEXT_NOT_UTF8 },
    { "two bytes for an ASCII letter are not", "\xc1\x81",
      CHECK_TEXT_NOT_UTF8 },
    { "three bytes where two do are not", "\xe0\x9f\xbf", CHECK_TEXT_NOT_UTF8 },
    { "a letter cut short is not", "a\xc3", CHECK_TEXT_NOT_UTF8 },
    { "a byte that only follows is not", "\xa9", CHECK_TEXT_NOT_UTF8 },
    { "Latin-1 is not", "Ren\xe9", CHECK_TEXT_NOT_UTF8 },
    { "a line end is a control", "a\nb", CHECK_TEXT_CONTROL },
    { "DEL is a control", "a\x7f", CHECK_TEXT_CONTROL },
    { "the last of C1 is a control", "\xc2\x9f", CHECK_TEXT_CONTROL },
    { "the space after it is none", "\xc2\xa0", CHECK_TEXT_GOOD },
};

static void
test_text(void **state)
{
    const struct text_row *row = *state;

    assert_int_equal(check_name(str_of(row->text)), row->want);
}

static void
test_lengths(void **state)
{
    char wide[2 * 101];

    (void)state;
    for (size_t i = 0; i < 101; i++)
        memcpy(wide + 2 * i, "\xc3\xa9", 2);
    assert_int_equal(check_name((struct str){ wide, 200 }), CHECK_TEXT_GOOD);
    assert_int_equal(check_name((struct str){ wide, 202 }),
                     CHECK_TEXT_TOO_LONG);
    assert_int_equal(check_name((struct str){ "a\0b", 3 }), CHECK_TEXT_CONTROL);
    assert_int_equal(check_free_text(STR("a\n\tb\r"), 5), CHECK_TEXT_GOOD);
    assert_int_equal(check_free_text(STR("a\n\tb\r"), 4), CHECK_TEXT_TOO_LONG);
    assert_int_equal(check_free_text(STR("a\v"), 4), CHECK_TEXT_CONTROL);
    assert_int_equal(check_name(STR_NULL), CHECK_TEXT_GOOD);
}

struct key_row {
    const char *name;
    const char *text;
    const char *want;
};

static const struct key_row key_rows[] = {
    { "capitals become small", "TESTCHILD Alpha", "testchildalpha" },
    { "hyphen, apostrophe and full stop go", "O'Test-St. One", "oteststone" },
    { "typographic ones go too", "O\xe2\x80\x99Test\xe2\x80\x93One",
      "otestone" },
    { "an accent goes",
      "Ren\xc3\xa9"
      "E",
      "renee" },
    { "decomposed is as composed",
      "Rene\xcc\x81"
      "E",
      "renee" },
    { "an accented ligature is as decomposed", "\xc7\xbd", "ae" },
    { "and the other way round", "\xc3\xa6\xcc\x81", "ae" },
    { "ligatures are spelt out", "\xc3\x86\xc3\x9f\xc3\x9e\xc5\x93",
      "aessthoe" },
    { "Polish, Turkish, Romanian letters are plain",
      "\xc5\x81\xc4\xb0\xc4\xb1\xc8\x9a", "liit" },
    { "Welsh and Vietnamese letters are plain",
      "\xe1\xba\x81\xe1\xba\xbf\xc6\xaf", "weu" },
    { "the last of the table is plain", "\xe1\xbb\xb9", "y" },
    { "a sign between letters stays", "a\xc3\x97\x62", "a\xc3\x97\x62" },
    { "other scripts stay as they are", "\xd0\x90\xd0\xb0",
      "\xd0\x90\xd0\xb0" },
    { "bytes that are not UTF-8 stay",
      "A\xe9"
      "B",
      "a\xe9"
      "b" },
    { "stops and backticks are gone, digits stay", "O`Neil 2. Jr.",
      "oneil2jr" },
    { "nothing left is empty", " -'", "" },
};

static void
test_key(void **state)
{
    const struct key_row *row = *state;
    struct arena a;
    struct str key;

    heap_arena(&a);
    key = name_key(&a, str_of(row->text));
    assert_string_equal(key.p, row->want);
    assert_int_equal(key.n, strlen(row->want));
    assert_null(name_key(&a, STR_NULL).p);
    heap_release(&a);
}

static void
test_agency_ref(void **state)
{
    char wide[65];

    (void)state;
    memset(wide, 'x', sizeof wide);
    assert_true(check_agency_ref((struct str){ wide, 64 }));
    assert_false(check_agency_ref((struct str){ wide, 65 }));
    assert_true(check_agency_ref(STR("aZ09/_.:-")));
    assert_true(check_agency_ref(STR("1")));
    assert_false(check_agency_ref(STR("")));
    assert_false(check_agency_ref(STR_NULL));
    assert_false(check_agency_ref(STR("a b")));
    assert_false(check_agency_ref(STR("a\0")));
    assert_false(check_agency_ref(STR("\xc3\xa9")));
    assert_true(check_digits(STR("886"), 3));
    assert_false(check_digits(STR("88"), 3));
    assert_false(check_digits(STR("88A"), 3));
}

static date_d
day(int year, int month, int number)
{
    date_d d;

    assert_true(date_of(
        (struct ymd){ .year = year, .month = month, .day = number }, &d));
    return d;
}

static void
test_births(void **state)
{
    const date_d got = day(2015, 6, 26);
    date_d dob;

    (void)state;
    assert_int_equal(check_dob(got, got), CHECK_BIRTH_GOOD);
    assert_int_equal(check_dob(got + 1, got), CHECK_BIRTH_BAD);
    assert_int_equal(check_dob(day(1895, 6, 27), got), CHECK_BIRTH_GOOD);
    assert_int_equal(check_dob(day(1895, 6, 26), got), CHECK_BIRTH_BAD);
    assert_int_equal(check_expected_dob(got + 294, got), CHECK_BIRTH_GOOD);
    assert_int_equal(check_expected_dob(got + 295, got), CHECK_BIRTH_BAD);
    assert_int_equal(check_expected_dob(got - 14, got), CHECK_BIRTH_GOOD);
    assert_int_equal(check_expected_dob(got - 15, got),
                     CHECK_BIRTH_UNCONFIRMED);
    assert_true(check_dob_of_age(9, got, &dob));
    assert_int_equal(dob, day(2005, 12, 1));
    assert_true(check_dob_of_age(0, got, &dob));
    assert_int_equal(dob, day(2014, 12, 1));
    assert_true(check_dob_of_age(119, got, &dob));
    assert_false(check_dob_of_age(120, got, &dob));
    assert_false(check_dob_of_age(-1, got, &dob));
}

static struct CMUnitTest
row_test(const char *name, CMUnitTestFunction f, const void *row)
{
    return (struct CMUnitTest){ .name = name,
                                .test_func = f,
                                .initial_state = (void *)row };
}

int
main(void)
{
    static struct CMUnitTest
        tests[N(item_rows) + N(text_rows) + N(key_rows) + 3];
    size_t n = 0;

    for (size_t i = 0; i < N(item_rows); i++)
        tests[n++] = row_test(item_rows[i].name, test_item, &item_rows[i]);
    for (size_t i = 0; i < N(text_rows); i++)
        tests[n++] = row_test(text_rows[i].name, test_text, &text_rows[i]);
    for (size_t i = 0; i < N(key_rows); i++)
        tests[n++] = row_test(key_rows[i].name, test_key, &key_rows[i]);
    tests[n++] = row_test("lengths count code points", test_lengths, NULL);
    tests[n++] = row_test("references and numbers keep to their characters",
                          test_agency_ref, NULL);
    tests[n++] = row_test("births keep to their days", test_births, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
