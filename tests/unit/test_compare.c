/* How alike two texts are: values from the literature, and every limit. */
#include "triage/core/compare.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "sliced.h"
#include "triage/core/nicknames.h"

#define N(rows) (sizeof(rows) / sizeof(rows)[0])

/* W. E. Winkler, Overview of Record Linkage, 2006, table 6, and the pairs that
 * every description of the measure works out. */
static void
jaro_winkler_gives_the_published_values(void **state)
{
    static const struct {
        const char *a, *b;
        int like;
    } rows[] = {
        { "martha", "marhta", 9611 },
        { "dwayne", "duane", 8400 },
        { "dixon", "dicksonx", 8133 },
        { "shackleford", "shackelford", 9818 },
        { "dunningham", "cunnigham", 8963 },
        { "nichleson", "nichulson", 9556 },
        { "jones", "johnson", 8324 },
        { "massey", "massie", 9333 },
        { "abroms", "abrams", 9222 },
        { "hardin", "martinez", 7222 },
        { "itman", "smith", 4667 },
        { "jeraldine", "geraldine", 9259 },
        { "michelle", "michael", 9214 },
        { "julies", "julius", 9333 },
        { "tanya", "tonya", 8800 },
        { "sean", "susan", 8050 },
        { "jon", "john", 9333 },
        { "jon", "jones", 9067 },
        /* one letter stands at the edge of the window, one beyond it */
        { "abcdef", "xxaxxx", 4444 },
        { "abcdef", "xxxaxx", 0 },
        { "abc", "xyz", 0 },
        { "same", "same", 10000 },
        { "", "a", 0 },
        { "", "", 0 },
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct str a = str_of(rows[i].a), b = str_of(rows[i].b);

        if (compare_names(a, b) != rows[i].like)
            fail_msg("%s %s: %d", rows[i].a, rows[i].b, compare_names(a, b));
        assert_int_equal(compare_names(b, a), rows[i].like);
        for (const char *behind = "abehnrstx"; *behind != '\0'; behind++) {
            struct sliced room;

            a = sliced(&room, rows[i].a, behind);
            assert_int_equal(compare_names(a, b), rows[i].like);
            assert_int_equal(compare_names(b, a), rows[i].like);
        }
    }
    assert_int_equal(compare_names(STR_NULL, STR_NULL), 0);
}

static void
of_a_long_text_only_the_beginning_counts(void **state)
{
    char a[10000], b[10000];

    (void)state;
    memset(a, 'a', sizeof a);
    memset(b, 'a', sizeof b);
    b[COMPARE_MAX] = 'b';
    assert_int_equal(compare_names((struct str){ .p = a, .n = sizeof a },
                                   (struct str){ .p = b, .n = sizeof b }),
                     COMPARE_SAME);
    b[COMPARE_MAX - 1] = 'b';
    assert_true(compare_names((struct str){ .p = a, .n = sizeof a },
                              (struct str){ .p = b, .n = sizeof b }) <
                COMPARE_SAME);
    assert_int_equal(compare_typos((struct str){ .p = a, .n = sizeof a },
                                   (struct str){ .p = b, .n = sizeof b }, 1),
                     1);
}

static void
typing_errors_are_counted_up_to_the_most(void **state)
{
    static const struct {
        const char *a, *b;
        int most, typos;
    } rows[] = {
        { "smith", "smith", 2, 0 },  { "smith", "smyth", 2, 1 },
        { "smith", "smithe", 2, 1 }, { "smith", "smit", 2, 1 },
        { "smith", "msith", 2, 1 },  { "smith", "smiht", 2, 1 },
        { "smith", "xsmith", 2, 1 }, { "smith", "symht", 2, 3 },
        { "smith", "symhti", 9, 3 }, { "1234", "2143", 2, 2 },
        { "1234", "4321", 2, 3 },    { "1234", "4321", 9, 3 },
        { "abcd", "xbcyd", 2, 2 },   { "abcd", "xbd", 2, 2 },
        { "ab", "abcde", 2, 3 },     { "ab", "abcd", 2, 2 },
        { "", "ab", 2, 2 },          { "ca", "abc", 9, 3 },
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct str a = str_of(rows[i].a), b = str_of(rows[i].b);

        if (compare_typos(a, b, rows[i].most) != rows[i].typos)
            fail_msg("%s %s: %d", rows[i].a, rows[i].b,
                     compare_typos(a, b, rows[i].most));
        assert_int_equal(compare_typos(b, a, rows[i].most), rows[i].typos);
    }
}

/* The examples of the US National Archives. */
static void
soundex_gives_the_published_keys(void **state)
{
    static const struct {
        const char *name, *key;
    } rows[] = {
        { "washington", "w252" },
        { "lee", "l000" },
        { "gutierrez", "g362" },
        { "pfister", "p236" },
        { "jackson", "j250" },
        { "tymczak", "t522" },
        { "vandeusen", "v532" },
        { "ashcraft", "a261" },
        { "robert", "r163" },
        { "rupert", "r163" },
        { "honeyman", "h555" },
        { "", "" },
        { "4u", "" },
        { "b2b", "b000" },
    };
    char key[COMPARE_SOUND_SIZE];

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        compare_sound(str_of(rows[i].name), key);
        assert_string_equal(key, rows[i].key);
    }
}

static bool
is_nickname(const char *a, const char *b)
{
    struct forms x = compare_forms(str_of(a)), y = compare_forms(str_of(b));

    return compare_is_nickname(&x, &y);
}

static void
forms_of_a_name_are_known(void **state)
{
    (void)state;
    assert_true(is_nickname("william", "bill"));
    assert_true(is_nickname("bob", "rob"));
    assert_true(is_nickname("muhammad", "mohammed"));
    assert_true(is_nickname("nat", "nathan"));
    assert_true(is_nickname("nat", "natalie"));
    assert_false(is_nickname("nathan", "natalie"));
    assert_false(is_nickname("bill", "bob"));
    assert_false(is_nickname("wil", "william"));
    assert_false(is_nickname("", ""));
}

static void
the_table_of_forms_is_in_the_form_of_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_nicknames; i++) {
        size_t n = strlen(nicknames[i]);

        assert_int_equal(strspn(nicknames[i], "abcdefghijklmnopqrstuvwxyz "),
                         n);
        assert_null(strstr(nicknames[i], "  "));
        assert_true(nicknames[i][n - 1] != ' ');
        assert_non_null(strchr(nicknames[i], ' '));
        if (i > 0)
            assert_true(strcmp(nicknames[i - 1], nicknames[i]) < 0);
    }
}

static void
no_name_has_more_forms_than_are_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_nicknames; i++)
        for (const char *p = nicknames[i]; *p != '\0';) {
            size_t n = strcspn(p, " ");
            struct forms f = compare_forms((struct str){ .p = p, .n = n });

            assert_in_range(f.n, 1, COMPARE_FORMS_MAX - 1);
            p += n + (p[n] == ' ');
        }
}

static void
dates_of_birth_have_their_own_errors(void **state)
{
    static const struct {
        const char *a, *b;
        enum compare_birth is;
    } rows[] = {
        { "20150407", "20150407", BIRTH_EQUAL },
        { "20150407", "20150408", BIRTH_TYPO },
        { "20150407", "20160407", BIRTH_TYPO },
        { "20150412", "20150421", BIRTH_TYPO },
        { "20150407", "20510407", BIRTH_TYPO },
        { "20150407", "02150407", BIRTH_TYPO },
        { "20150407", "20150704", BIRTH_SWAPPED },
        { "20151231", "20153112", BIRTH_SWAPPED },
        { "20191231", "20201231", BIRTH_YEAR },
        { "19991231", "20001231", BIRTH_YEAR },
        { "19991231", "20011231", BIRTH_PART },
        { "20150407", "20150518", BIRTH_DIFFERENT },
        { "20150407", "20150508", BIRTH_PART },
        { "20150407", "20150418", BIRTH_PART },
        { "20150407", "19630407", BIRTH_PART },
        { "20150407", "19630507", BIRTH_DIFFERENT },
        { "20150407", "2015040", BIRTH_DIFFERENT },
        { "2015040", "2015040", BIRTH_DIFFERENT },
        { "", "", BIRTH_DIFFERENT },
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct str a = str_of(rows[i].a), b = str_of(rows[i].b);

        if (compare_births(a, b) != rows[i].is)
            fail_msg("%s %s: %d", rows[i].a, rows[i].b, compare_births(a, b));
        assert_int_equal(compare_births(b, a), rows[i].is);
    }
}

static void
a_date_ends_after_eight_digits(void **state)
{
    struct str a = { .p = "20150407a", .n = 8 };
    struct str b = { .p = "20150407b", .n = 8 };

    (void)state;
    assert_int_equal(compare_births(a, b), BIRTH_EQUAL);
    b.p = "20150408b";
    assert_int_equal(compare_births(a, b), BIRTH_TYPO);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jaro_winkler_gives_the_published_values),
        cmocka_unit_test(of_a_long_text_only_the_beginning_counts),
        cmocka_unit_test(typing_errors_are_counted_up_to_the_most),
        cmocka_unit_test(soundex_gives_the_published_keys),
        cmocka_unit_test(forms_of_a_name_are_known),
        cmocka_unit_test(the_table_of_forms_is_in_the_form_of_keys),
        cmocka_unit_test(no_name_has_more_forms_than_are_kept),
        cmocka_unit_test(dates_of_birth_have_their_own_errors),
        cmocka_unit_test(a_date_ends_after_eight_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
