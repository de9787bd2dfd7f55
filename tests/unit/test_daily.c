/* The daily feed: what is new or has changed is sent, what is gone is purged
 * at its level, and what is the same isn't mentioned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/core/daily.h"
#include "tests/lib/heap.h"

#define N_OF(list) (sizeof(list) / sizeof(list)[0])
enum { CHILDREN_MAX = 3, EPISODES_MAX = 3, ITEMS_MAX = 3 };

/*
 * A day in text: children "a" to "z", each with its details as a digit and
 * episodes in brackets: a letter, a digit for what it holds, and the letters
 * of its assessments. "a1(x1mn)(y1) b2".
 */
static size_t
read_day(struct arena *a, const char *text, struct daily_child *out)
{
    size_t n = 0;

    for (const char *p = text; *p != '\0';) {
        struct daily_child *c = &out[n++];
        struct daily_episode *episodes =
            arena_array(a, EPISODES_MAX, sizeof *episodes);

        *c = (struct daily_child){ .id = { .b = { (uint8_t)*p } },
                                   .details = (uint64_t)p[1],
                                   .episodes = episodes };
        for (p += 2; *p == '('; p++) {
            struct daily_episode *e = &episodes[c->n_episodes++];
            struct daily_item *items = arena_array(a, ITEMS_MAX, sizeof *items);

            *e = (struct daily_episode){ .id = { .b = { (uint8_t)p[1] } },
                                         .hash = (uint64_t)p[2],
                                         .items = items };
            for (p += 3; *p != ')'; p++)
                items[e->n_items++] =
                    (struct daily_item){ .list = DAILY_ASSESSMENTS,
                                         .id = { .b = { (uint8_t)*p } } };
        }
        p += *p == ' ';
    }
    return n;
}

struct row {
    const char *name, *before, *now;
    /* "-a" purges a child; "a(x)" sends an episode, "a(x-m)" without an
     * assessment, "a(-x)" purges an episode. */
    const char *want;
};

static const struct row rows[] = {
    { "a child that is new is sent whole", "", "a1(x1)(y1)", "a(x)(y) " },
    { "of whom nothing changed nothing is said", "a1(x1m)", "a1(x1m)", "" },
    { "new details go alone", "a1(x1)", "a2(x1)", "a " },
    { "an episode that changed goes without the others", "a1(x1)(y1)",
      "a1(x1)(y2)", "a(y) " },
    { "a new episode goes with its child", "a1(x1)", "a1(x1)(y1)", "a(y) " },
    { "an episode that is gone is purged", "a1(x1)(y1)", "a1(x1)", "a(-y) " },
    { "an assessment that is gone is purged in its episode", "a1(x1mn)",
      "a1(x2n)", "a(x-m) " },
    { "a child that was erased is purged", "a1(x1) b1(y1)", "b1(y1)", "-a " },
    { "the last one, too", "a1(x1) b1(y1)", "a1(x1)", "-b " },
    { "a merge takes the episode to the survivor and purges the other",
      "a1(x1) b1(y1)", "a1(x1)(y1)", "a(y) -b " },
    { "parting them purges it there and sends the other again", "a1(x1)(y1)",
      "a1(x1) b1(y1)", "a(-y) b(y) " },
    { "a child before and one behind", "b1(x1)", "a1(y1) c1(z1)",
      "a(y) -b c(z) " },
};

static void
test_row(void **state)
{
    const struct row *r = *state;
    struct daily_child before[CHILDREN_MAX], now[CHILDREN_MAX];
    struct daily_change *changes;
    struct arena a;
    size_t n_before, n_now, n;
    char said[200];
    size_t at = 0;

    heap_arena(&a);
    n_before = read_day(&a, r->before, before);
    n_now = read_day(&a, r->now, now);
    n = daily_compare(&a, before, n_before, now, n_now, &changes);
    said[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const struct daily_change *c = &changes[i];

        at += (size_t)snprintf(
            said + at, sizeof said - at, "%s%c", c->now == SIZE_MAX ? "-" : "",
            c->now == SIZE_MAX ? c->before->id.b[0] : now[c->now].id.b[0]);
        for (size_t k = 0; k < c->n_episodes; k++) {
            const struct daily_change_episode *e = &c->episodes[k];

            at += (size_t)snprintf(said + at, sizeof said - at, "(%s%c",
                                   e->now == NULL ? "-" : "", e->id.b[0]);
            for (size_t g = 0; g < e->n_gone; g++)
                at += (size_t)snprintf(said + at, sizeof said - at, "-%c",
                                       e->gone[g].id.b[0]);
            at += (size_t)snprintf(said + at, sizeof said - at, ")");
        }
        at += (size_t)snprintf(said + at, sizeof said - at, " ");
    }
    assert_string_equal(said, r->want);
    heap_release(&a);
}

static void
contents_differ_by_their_hash(void **state)
{
    (void)state;
    assert_true(daily_hash(STR("a")) == daily_hash(STR("a")));
    assert_true(daily_hash(STR("a")) != daily_hash(STR("b")));
    assert_true(daily_hash(STR_NULL) == daily_hash(STR("")));
}

int
main(void)
{
    struct CMUnitTest tests[N_OF(rows) + 1];
    size_t n = N_OF(rows);

    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test(contents_differ_by_their_hash);
    return cmocka_run_group_tests_name("daily", tests, NULL, NULL);
}
