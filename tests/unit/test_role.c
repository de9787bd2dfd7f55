/* Who of the staff may do what: each role against each sort of act. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/core/codes.h"
#include "common/core/field.h"
#include "intake/core/role.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct str swale[] = { { "swale-*", 7 } };

/* Whom a row names, by letter: Worker, unit Leader, District manager, Head of
 * service, Screener, Mash manager, dutY, Caf officer, Analyst, dPo. */
static const char letters[] = "WLDHSMYCAP";
static const int roles[] = {
    ROLE_WORKER,
    ROLE_UNIT_LEADER,
    ROLE_DISTRICT_MANAGER,
    ROLE_HEAD_OF_SERVICE,
    ROLE_SCREENER,
    ROLE_MASH_MANAGER,
    ROLE_DUTY,
    ROLE_CAF_OFFICER,
    ROLE_ANALYST,
    ROLE_DPO,
};

static struct staff_person
person(int role)
{
    return (struct staff_person){ .id = { "p", 1 },
                                  .role = role,
                                  .units = { .at = swale, .n = 1 } };
}

static void
add_letter(char *text, char letter)
{
    size_t n = strlen(text);

    text[n] = letter;
    text[n + 1] = '\0';
}

static void
assert_letters(const char *what, const char *found, const char *want)
{
    if (strcmp(found, want) != 0)
        fail_msg("%s: may \"%s\", want \"%s\"", what, found, want);
}

struct record_row {
    const char *name;
    int activity;
    int side;
    const char *unit;
    const char *may; /* letters, in their order */
};

static const struct record_row record_rows[] = {
    { "a visit", ACTIVITY_VISIT, 0, "", "WLDHY" },
    { "of early help's side", ACTIVITY_VISIT, SIDE_EH, "", "WLDH" },
    { "of social care's", ACTIVITY_VISIT, SIDE_CSC, "", "WLDHY" },
    { "in a leader's unit", ACTIVITY_ALLOCATED, SIDE_CSC, "swale-1", "WLDHY" },
    { "in another unit", ACTIVITY_ALLOCATED, SIDE_CSC, "dover-1", "WY" },
    { "a hand-over accepted", ACTIVITY_HANDOVER_ACCEPTED, SIDE_EH, "swale-1",
      "LDHY" },
    { "accepted elsewhere", ACTIVITY_HANDOVER_ACCEPTED, SIDE_EH, "dover-1",
      "Y" },
    { "declined", ACTIVITY_HANDOVER_DECLINED, 0, "", "LDHY" },
    { "offered", ACTIVITY_HANDOVER_OFFERED, 0, "", "WLDHY" },
    { "a consultation", ACTIVITY_CONSULTED, 0, "", "SMY" },
    { "its answer", ACTIVITY_CONSULTATION_ANSWERED, SIDE_CSC, "", "SMY" },
    { "an alert acknowledged", ACTIVITY_ALERT_ACKNOWLEDGED, SIDE_EH, "",
      "WLDHSMY" },
    { "a school was told", ACTIVITY_ENCOMPASS_RELAYED, 0, "", "WLDHSMY" },
    { "a CAF received", ACTIVITY_CAF_RECEIVED, SIDE_EH, "", "WLDHC" },
    { "an intent declined", ACTIVITY_INTENT_DECLINED, 0, "", "WLDHYC" },
    { "closed", ACTIVITY_CLOSED, 0, "", "WLDHY" },
};

static void
test_record(void **state)
{
    const struct record_row *row = *state;
    char found[sizeof letters] = "";
    struct activity_reported rec;

    fields_clear(&fields_activity_reported, &rec);
    rec.activity = row->activity;
    rec.side = row->side;
    rec.unit = str_of(row->unit);
    for (size_t i = 0; i < N_OF(roles); i++) {
        struct staff_person p = person(roles[i]);

        if (role_may_record(&p, &rec))
            add_letter(found, letters[i]);
    }
    assert_letters(row->name, found, row->may);
}

/* All that aren't named here are case work. */
static const struct {
    int activity;
    const char *may;       /* no unit named */
    const char *elsewhere; /* a unit that is none of theirs */
} others[] = {
    { ACTIVITY_HANDOVER_ACCEPTED, "LDHY", "Y" },
    { ACTIVITY_HANDOVER_DECLINED, "LDHY", "Y" },
    { ACTIVITY_CAF_RECEIVED, "WLDHYC", "WYC" },
    { ACTIVITY_INTENT_DECLINED, "WLDHYC", "WYC" },
    { ACTIVITY_CONSULTED, "SMY", "SMY" },
    { ACTIVITY_CONSULTATION_ANSWERED, "SMY", "SMY" },
    { ACTIVITY_ENCOMPASS_RELAYED, "WLDHSMY", "WSMY" },
    { ACTIVITY_ALERT_ACKNOWLEDGED, "WLDHSMY", "WSMY" },
};

static void
assert_may(int activity, const char *unit, const char *want)
{
    char found[sizeof letters] = "";
    struct activity_reported rec;

    fields_clear(&fields_activity_reported, &rec);
    rec.activity = activity;
    rec.unit = str_of(unit);
    for (size_t i = 0; i < N_OF(roles); i++) {
        struct staff_person p = person(roles[i]);

        if (role_may_record(&p, &rec))
            add_letter(found, letters[i]);
    }
    assert_letters(codes_word(&codes_activity, activity), found, want);
}

static void
every_activity_has_its_roles_and_leaders_their_units(void **state)
{
    (void)state;
    for (int a = 1; a <= (int)codes_activity.n; a++) {
        const char *may = "WLDHY", *elsewhere = "WY";

        for (size_t i = 0; i < N_OF(others); i++)
            if (others[i].activity == a) {
                may = others[i].may;
                elsewhere = others[i].elsewhere;
            }
        assert_may(a, "", may);
        assert_may(a, "swale-1", may);
        assert_may(a, "dover-1", elsewhere);
    }
}

static void
screenings_are_decided_on_ones_own_side(void **state)
{
    static const struct {
        int type;
        const char *may;
    } rows[] = { { AGENCY_EARLY_HELP, "DHSM" },
                 { AGENCY_SOCIAL_CARE, "DHY" },
                 { AGENCY_MASH, "DHSMY" },
                 { AGENCY_OTHER_INTERNAL, "DHSMY" } };

    (void)state;
    for (size_t r = 0; r < N_OF(rows); r++) {
        struct agency agency = { .type = rows[r].type };
        char found[sizeof letters] = "";

        for (size_t i = 0; i < N_OF(roles); i++) {
            struct staff_person p = person(roles[i]);

            if (role_may_decide(&p, &agency))
                add_letter(found, letters[i]);
        }
        assert_letters(codes_word(&codes_agency_type, rows[r].type), found,
                       rows[r].may);
    }
}

static void
matches_are_resolved_at_the_door_and_taken_apart_above(void **state)
{
    static const struct {
        const char *name;
        bool is_new;
        const char *second;
        const char *may;
    } rows[] = { { "the same child", false, "", "SMY" },
                 { "a new one", true, "", "SMY" },
                 { "joined by two", false, "b", "SMY" },
                 { "an unmerge", true, "b", "DHP" } };

    (void)state;
    for (size_t r = 0; r < N_OF(rows); r++) {
        struct match_resolved rec;
        char found[sizeof letters] = "";

        fields_clear(&fields_match_resolved, &rec);
        rec.second_by = str_of(rows[r].second);
        if (!rows[r].is_new)
            rec.child_id = id_derive("child", &rec.second_by, 1);
        for (size_t i = 0; i < N_OF(roles); i++) {
            struct staff_person p = person(roles[i]);

            if (role_may_resolve(&p, &rec))
                add_letter(found, letters[i]);
        }
        assert_letters(rows[r].name, found, rows[r].may);
    }
}

static void
leaders_and_managers_are_a_second_name(void **state)
{
    char found[sizeof letters] = "";

    (void)state;
    for (size_t i = 0; i < N_OF(roles); i++) {
        struct staff_person p = person(roles[i]);

        if (role_may_second(&p))
            add_letter(found, letters[i]);
    }
    assert_letters("second", found, "LDH");
}

static void
a_list_with_an_officer_governs_who_governs(void **state)
{
    static const struct staff_person people[] = {
        { .id = { "w", 1 }, .role = ROLE_WORKER },
        { .id = { "l", 1 }, .role = ROLE_UNIT_LEADER },
        { .id = { "p", 1 }, .role = ROLE_DPO },
        { .id = { "q", 1 }, .role = ROLE_DPO },
    };
    static const struct staff without = { .people = people, .n_people = 2 };
    static const struct staff with = { .people = people, .n_people = 4 };
    static const struct {
        const struct staff *staff;
        const char *by, *second;
        bool may;
    } rows[] = {
        { NULL, "x", "y", true },     { &without, "x", "y", true },
        { &without, "w", "l", true }, { &with, "p", "l", true },
        { &with, "p", "q", true },    { &with, "l", "p", false },
        { &with, "p", "w", false },   { &with, "p", "x", false },
        { &with, "x", "p", false },
    };

    (void)state;
    for (size_t r = 0; r < N_OF(rows); r++)
        if (role_may_govern(rows[r].staff, str_of(rows[r].by),
                            str_of(rows[r].second)) != rows[r].may)
            fail_msg("row %zu: %s and %s", r, rows[r].by, rows[r].second);
}

int
main(void)
{
    struct CMUnitTest tests[N_OF(record_rows) + 5] = {
        cmocka_unit_test(every_activity_has_its_roles_and_leaders_their_units),
        cmocka_unit_test(screenings_are_decided_on_ones_own_side),
        cmocka_unit_test(
            matches_are_resolved_at_the_door_and_taken_apart_above),
        cmocka_unit_test(leaders_and_managers_are_a_second_name),
        cmocka_unit_test(a_list_with_an_officer_governs_who_governs),
    };

    for (size_t i = 0; i < N_OF(record_rows); i++)
        tests[5 + i] =
            (struct CMUnitTest){ .name = record_rows[i].name,
                                 .test_func = test_record,
                                 .initial_state =
                                     (void *)(uintptr_t)&record_rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
