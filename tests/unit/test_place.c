/* Where a record stands, written and read again; what is no place is none. */
#include "common/core/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const char *const places[] = {
    "notifications:intake.1:1",
    "case-journal:tracker.4294967295:9223372036854775807",
    "casework:stranger.0:12",
};

static void
a_place_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(places); i++) {
        char text[PLACE_SIZE];
        struct place place;

        assert_true(place_read(str_of(places[i]), 7, &place));
        assert_int_equal(place.origin.authority, 7);
        place_write(&place, text);
        assert_string_equal(text, places[i]);
    }
}

static void
its_parts_are_where_they_were(void **state)
{
    struct place place;

    (void)state;
    assert_true(place_read(STR("casework:triage.3:12"), 0, &place));
    assert_int_equal(place.topic, TOPIC_CASEWORK);
    assert_int_equal(place.origin.service, SERVICE_TRIAGE);
    assert_int_equal(place.origin.incarnation, 3);
    assert_int_equal(place.sequence, 12);
}

static const char *const others[] = {
    "",
    "notifications",
    "notifications:intake",
    "notifications:intake.1",
    "notifications:intake.1:",
    "notifications:intake.1:0",
    "notifications:intake.1:-1",
    "notifications:intake.1:1 ",
    "notifications:intake.1:1:1",
    "notifications:intake.:1",
    "notifications:intake.4294967296:1",
    "notifications:intake.1:9223372036854775808",
    "notifications:intake.1:18446744073709551617",
    "notifications:nobody.1:1",
    "nothing:intake.1:1",
    "notifications@1200",
};

static void
what_is_no_place_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(others); i++) {
        struct place place;

        if (place_read(str_of(others[i]), 0, &place))
            fail_msg("\"%s\" was read", others[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_read_as_it_was_written),
        cmocka_unit_test(its_parts_are_where_they_were),
        cmocka_unit_test(what_is_no_place_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
