/* Which profile counts: the newest, or the one of a version. */
#include "common/core/settings.h"

#include "common/core/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct profile old, newer, newest;

static const struct settings_version versions[] = {
    { STR("a@1"), &old },
    { STR("b@1"), &newer },
    { STR("a@2"), &newest },
};

static const struct settings settings = { .versions = versions, .n = 3 };

static void
before_the_first_activation_there_is_nothing(void **state)
{
    struct settings none = { .versions = versions, .n = 0 };

    (void)state;
    assert_null(settings_current(&none));
    assert_null(settings_profile(&none, STR("a@1")));
}

static void
the_newest_is_current(void **state)
{
    struct settings first = { .versions = versions, .n = 1 };

    (void)state;
    assert_ptr_equal(settings_current(&first), &versions[0]);
    assert_ptr_equal(settings_current(&settings), &versions[2]);
}

static void
a_version_finds_its_profile(void **state)
{
    (void)state;
    assert_ptr_equal(settings_profile(&settings, STR("a@1")), &old);
    assert_ptr_equal(settings_profile(&settings, STR("b@1")), &newer);
    assert_ptr_equal(settings_profile(&settings, STR("a@2")), &newest);
}

static void
an_unknown_version_finds_none(void **state)
{
    (void)state;
    assert_null(settings_profile(&settings, STR("a@")));
    assert_null(settings_profile(&settings, STR("a@11")));
    assert_null(settings_profile(&settings, STR("")));
    assert_null(settings_profile(&settings, STR_NULL));
}

static void
a_version_activated_twice_counts_as_the_later_text(void **state)
{
    const struct settings_version twice[] = { { STR("a@1"), &old },
                                              { STR("a@1"), &newest } };
    struct settings s = { .versions = twice, .n = 2 };

    (void)state;
    assert_ptr_equal(settings_profile(&s, STR("a@1")), &newest);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_activation_there_is_nothing),
        cmocka_unit_test(the_newest_is_current),
        cmocka_unit_test(a_version_finds_its_profile),
        cmocka_unit_test(an_unknown_version_finds_none),
        cmocka_unit_test(a_version_activated_twice_counts_as_the_later_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
