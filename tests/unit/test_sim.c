/* A made-up authority's plan: same seed, same bytes, and in an order that the
 * log clock can keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calendar_file.h"

#include "cli/core/draw.h"
#include "cli/core/sim.h"
#include "tests/lib/heap.h"

enum { DAYS = 60, MONTH = 749 };

static const struct profile_unit units[] = {
    { { "north-1", 7 }, { "North 1", 7 } },
    { { "north-2", 7 }, { "North 2", 7 } },
};
static const struct profile_locality localities[] = {
    { .id = { "north", 5 }, .units = units, .n_units = 2 },
};
static const struct profile_postcode postcodes[] = {
    { .prefix = { "CT1", 3 }, .locality = { "north", 5 } },
};
static const struct profile profile = {
    .localities = localities,
    .n_localities = 1,
    .postcodes = postcodes,
    .n_postcodes = 1,
    .routing = { .csc_team = { "duty-team", 9 } },
};

struct world {
    struct calendar_file file;
    struct arena arena;
    struct sim_options options;
};

static int
open_world(void **s)
{
    struct world *w = calloc(1, sizeof *w);

    calendar_file_read(&w->file);
    heap_arena(&w->arena);
    w->options = (struct sim_options){ .profile = &profile,
                                       .cal = &w->file.cal,
                                       .days = DAYS,
                                       .notifications_a_month = MONTH,
                                       .staff_per_unit = 5,
                                       .seed = 7 };
    assert_true(date_parse(STR("2015-04-01"), &w->options.first));
    *s = w;
    return 0;
}

static int
close_world(void **s)
{
    struct world *w = *s;

    heap_release(&w->arena);
    free(w);
    return 0;
}

static bool
is_same(const struct sim_plan *a, const struct sim_plan *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->steps[i].at != b->steps[i].at ||
            a->steps[i].door != b->steps[i].door ||
            !str_eq(a->steps[i].body, b->steps[i].body))
            return false;
    return true;
}

static void
the_same_seed_makes_the_same_plan_and_another_does_not(void **s)
{
    struct world *w = *s;
    struct sim_plan a, b;

    sim_make(&w->arena, &w->options, &a);
    sim_make(&w->arena, &w->options, &b);
    assert_true(is_same(&a, &b));
    w->options.seed++;
    sim_make(&w->arena, &w->options, &b);
    assert_false(is_same(&a, &b));
}

static void
time_goes_up_and_every_letter_follows_its_instants_clock_step(void **s)
{
    struct world *w = *s;
    struct sim_plan plan;
    time_ms clock = TIME_NONE;
    enum sim_door door = SIM_TIME;

    sim_make(&w->arena, &w->options, &plan);
    for (size_t i = 0; i < plan.n; i++) {
        const struct sim_step *step = &plan.steps[i];

        if (step->door == SIM_TIME) {
            assert_true(step->at > clock);
            clock = step->at;
        } else {
            assert_true(step->at == clock);
            assert_true(step->door >= door);
            assert_true(step->body.n > 0);
        }
        door = step->door;
    }
    assert_true(clock <= zone_start_of_day(&w->options.cal->zone,
                                           w->options.first + DAYS));
}

static void
the_plan_counts_its_own_letters(void **s)
{
    struct world *w = *s;
    struct sim_plan plan;
    size_t n[SIM_ACTIVITY + 1] = { 0 };

    sim_make(&w->arena, &w->options, &plan);
    for (size_t i = 0; i < plan.n; i++)
        n[plan.steps[i].door]++;
    assert_int_equal(plan.times, n[SIM_TIME]);
    assert_int_equal(plan.notifications, n[SIM_NOTIFICATION]);
    assert_int_equal(plan.screenings, n[SIM_SCREENING]);
    assert_int_equal(plan.activities, n[SIM_ACTIVITY]);
    for (int door = SIM_TIME; door <= SIM_ACTIVITY; door++)
        assert_true(n[door] > 0);
}

/* The instant that a body gives under this name; TIME_NONE without. */
static time_ms
instant_of(struct str body, const char *member)
{
    char name[40];
    struct err err;
    const char *at;
    time_ms t;

    snprintf(name, sizeof name, "\"%s\":\"", member);
    at = strstr(body.p, name);
    if (at == NULL)
        return TIME_NONE;
    at += strlen(name);
    assert_int_equal(
        time_parse(NULL, (struct str){ .p = at, .n = strcspn(at, "\"") }, &t,
                   &err),
        ST_OK);
    return t;
}

static void
nobody_tells_what_has_not_happened(void **s)
{
    static const char *const members[] = { "sent_at",     "occurred_at",
                                           "reported_at", "graded_at",
                                           "found_at",    "incident_at" };
    struct world *w = *s;
    struct sim_plan plan;

    sim_make(&w->arena, &w->options, &plan);
    for (size_t m = 0; m < sizeof members / sizeof members[0]; m++) {
        size_t seen = 0;

        for (size_t i = 0; i < plan.n; i++) {
            const struct sim_step *step = &plan.steps[i];
            time_ms t = step->door == SIM_TIME
                            ? TIME_NONE
                            : instant_of(step->body, members[m]);

            if (t == TIME_NONE)
                continue;
            seen++;
            if (t > step->at)
                fail_msg("%s after it was sent: %.*s", members[m],
                         STR_ARG(step->body));
        }
        assert_true(seen > 0);
    }
}

/* The reference by which a body names its notification; null without. */
static struct str
reference(struct str body)
{
    static const char word[] = "\"notification\":";
    const char *at = strstr(body.p, word);
    const char *ref;

    at = strstr(at == NULL ? body.p : at, "\"agency_ref\":\"");
    if (at == NULL)
        return STR_NULL;
    ref = at + strlen("\"agency_ref\":\"");
    return (struct str){ .p = ref, .n = (size_t)(strchr(ref, '"') - ref) };
}

static void
no_two_letters_of_one_instant_are_about_one_notification(void **s)
{
    struct world *w = *s;
    struct sim_plan plan;

    sim_make(&w->arena, &w->options, &plan);
    for (size_t i = 0; i < plan.n; i++)
        for (size_t k = i + 1;
             k < plan.n && plan.steps[k].at == plan.steps[i].at; k++)
            if (plan.steps[i].door != SIM_TIME)
                assert_false(str_eq(reference(plan.steps[i].body),
                                    reference(plan.steps[k].body)));
}

static void
as_many_notifications_come_as_were_asked_for(void **s)
{
    struct world *w = *s;
    struct sim_plan plan;
    double wanted = MONTH * DAYS / 30.4;

    sim_make(&w->arena, &w->options, &plan);
    assert_true((double)plan.notifications > wanted * 0.9);
    assert_true((double)plan.notifications < wanted * 1.1);
}

static void
drawing_keeps_to_its_span_and_reaches_both_ends(void **s)
{
    static const struct draw_span spans[] = { { 1, 3, 4 }, { 1, 9, 9 } };
    struct draw d = draw_of(1);
    unsigned seen = 0;

    (void)s;
    for (int i = 0; i < 1000; i++)
        seen |= 1u << draw_span(&d, spans, 2);
    assert_int_equal(seen, 1u << 3 | 1u << 4 | 1u << 9);
}

#define PLAN(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN(the_same_seed_makes_the_same_plan_and_another_does_not),
        PLAN(time_goes_up_and_every_letter_follows_its_instants_clock_step),
        PLAN(the_plan_counts_its_own_letters),
        PLAN(nobody_tells_what_has_not_happened),
        PLAN(no_two_letters_of_one_instant_are_about_one_notification),
        PLAN(as_many_notifications_come_as_were_asked_for),
        cmocka_unit_test(drawing_keeps_to_its_span_and_reaches_both_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
