/* Who holds a role today: units, absences, cover, shifts. */
#include "common/core/codes.h"
#include "common/core/staff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* 2026-08-03 is a Monday; days count from 1970. */
enum { MONDAY = 20668 };

static const struct zone utc = { .base_offset_s = 0 };

static const struct date_range two_days[] = { { MONDAY, MONDAY + 1 } };
static const struct date_range one_day[] = { { MONDAY + 1, MONDAY + 1 } };
#define AWAY(r)                                                                \
    {                                                                          \
        .items = (r), .n = 1                                                   \
    }

static const struct str maidstone[] = { { "maidstone-*", 11 } };
static const struct str swale[] = { { "swale-1", 7 } };
static const struct str all[] = { { "*", 1 } };
#define UNITS(u)                                                               \
    {                                                                          \
        .at = (u), .n = 1                                                      \
    }
#define TEXT(t)                                                                \
    {                                                                          \
        .p = (t), .n = sizeof(t) - 1                                           \
    }

static const struct staff_person people[] = {
    { .id = TEXT("w1"),
      .role = ROLE_WORKER,
      .units = UNITS(swale),
      .absent = AWAY(two_days),
      .cover = TEXT("w2") },
    { .id = TEXT("w2"),
      .role = ROLE_WORKER,
      .units = UNITS(swale),
      .absent = AWAY(one_day) },
    { .id = TEXT("lm"), .role = ROLE_UNIT_LEADER, .units = UNITS(maidstone) },
    { .id = TEXT("ls"), .role = ROLE_UNIT_LEADER, .units = UNITS(swale) },
    { .id = TEXT("head"), .role = ROLE_HEAD_OF_SERVICE, .units = UNITS(all) },
    { .id = TEXT("day"),
      .role = ROLE_DUTY,
      .units = UNITS(all),
      .absent = AWAY(one_day) },
    { .id = TEXT("night"), .role = ROLE_DUTY, .units = UNITS(all) },
    { .id = TEXT("c1"),
      .role = ROLE_CAF_OFFICER,
      .units = UNITS(all),
      .absent = AWAY(two_days),
      .cover = TEXT("c2") },
    { .id = TEXT("c2"),
      .role = ROLE_SCREENER,
      .units = UNITS(swale),
      .absent = AWAY(two_days),
      .cover = TEXT("c1") },
};

static const struct staff_shift shifts[] = {
    { .person = TEXT("day"),
      .weekdays = 0x1f,
      .from_min = 510,
      .to_min = 1050 },
    { .person = TEXT("night"),
      .weekdays = 0x7f,
      .from_min = 0,
      .to_min = 1440 },
};

static const struct staff list = { .people = people,
                                   .n_people = N_OF(people),
                                   .shifts = shifts,
                                   .n_shifts = N_OF(shifts) };

struct row {
    const char *name;
    int role;
    const char *unit;
    const char *worker;
    int day;          /* from the Monday */
    int min;          /* of the day */
    const char *want; /* NULL: nobody */
};

static const struct row rows[] = {
    { "the day before his absence a worker is there", ROLE_WORKER, "swale-1",
      "w1", -1, 1439, "w1" },
    { "on its first day his cover is", ROLE_WORKER, "swale-1", "w1", 0, 0,
      "w2" },
    { "on its last day, cover away too, nobody is", ROLE_WORKER, "swale-1",
      "w1", 1, 1439, NULL },
    { "the day after he is back", ROLE_WORKER, "swale-1", "w1", 2, 0, "w1" },
    { "a worker of no list is nobody", ROLE_WORKER, "swale-1", "w9", 0, 0,
      NULL },
    { "without a worker there is nobody", ROLE_WORKER, "swale-1", NULL, 0, 0,
      NULL },
    { "a leader answers for units that begin so", ROLE_UNIT_LEADER,
      "maidstone-3", NULL, 0, 0, "lm" },
    { "and for a unit by its whole name", ROLE_UNIT_LEADER, "swale-1", NULL, 0,
      0, "ls" },
    { "not for one that only begins like it", ROLE_UNIT_LEADER, "swale-12",
      NULL, 0, 0, NULL },
    { "nor for none", ROLE_UNIT_LEADER, NULL, NULL, 0, 0, NULL },
    { "who has an asterisk answers for none as well", ROLE_HEAD_OF_SERVICE,
      NULL, NULL, 0, 0, "head" },
    { "a minute before the shift the night has the phone", ROLE_DUTY, NULL,
      NULL, 0, 509, "night" },
    { "at its beginning the day has", ROLE_DUTY, NULL, NULL, 0, 510, "day" },
    { "to its last minute", ROLE_DUTY, NULL, NULL, 0, 1049, "day" },
    { "at its end the night has", ROLE_DUTY, NULL, NULL, 0, 1050, "night" },
    { "the day's absence leaves it to the night", ROLE_DUTY, NULL, NULL, 1, 600,
      "night" },
    { "at the weekend too", ROLE_DUTY, NULL, NULL, 5, 600, "night" },
    { "two who cover each other end somewhere", ROLE_CAF_OFFICER, "swale-1",
      NULL, 0, 0, NULL },
};

static void
is_found(void **s)
{
    const struct row *r = *s;
    struct staff_ask ask = { .role = r->role,
                             .unit = str_of(r->unit),
                             .worker = str_of(r->worker),
                             .zone = &utc,
                             .at = (MONDAY + r->day) * DAY_MS +
                                   r->min * MINUTE_MS };
    const struct staff_person *p = staff_find(&list, &ask);

    if (r->want == NULL)
        assert_null(p);
    else
        assert_true(p != NULL && str_is(p->id, r->want));
}

int
main(void)
{
    struct CMUnitTest tests[N_OF(rows)];

    for (size_t i = 0; i < N_OF(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = is_found,
                                        .initial_state = (void *)&rows[i] };
    return _cmocka_run_group_tests("staff", tests, N_OF(rows), NULL, NULL);
}
