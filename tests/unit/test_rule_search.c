/* Searching for facts against trying them all, and what a table shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "common/core/rule_search.h"
#include "tests/lib/heap.h"

static const char *const colour_words[] = { "red", "green", "blue" };
static const struct codes colours = { .name = "colour",
                                      .words = colour_words,
                                      .n = 3 };
static const struct rule_input inputs[] = {
    { .name = "on", .kind = VALUE_BOOL },
    { .name = "x", .kind = VALUE_INT, .max = 5 },
    { .name = "y", .kind = VALUE_INT, .max = 5 },
    { .name = "colour", .kind = VALUE_TEXT, .words = &colours },
};
static const struct rule_node order_vars[] = {
    { .op = RULE_VAR, .var = { "x", 1 } },
    { .op = RULE_VAR, .var = { "y", 1 } },
};
static const struct rule_node order = { .op = RULE_LE,
                                        .args = order_vars,
                                        .n_args = 2 };

/* ---- conditions made at random ---- */

static unsigned seed;

static unsigned
roll(unsigned n)
{
    seed = seed * 1103515245U + 12345U;
    return (seed >> 16) % n;
}

static struct rule_node *
nodes(struct arena *a, size_t n)
{
    return arena_array(a, n, sizeof(struct rule_node));
}

static struct rule_node
leaf(struct arena *a)
{
    static const enum rule_op ops[] = { RULE_EQ, RULE_NE, RULE_LT,
                                        RULE_LE, RULE_GT, RULE_GE };
    unsigned i = roll(4);
    struct rule_node *args = nodes(a, 2);
    enum rule_op op = ops[roll(i == 1 || i == 2 ? 6 : 2)];

    args[0] =
        (struct rule_node){ .op = RULE_VAR, .var = str_of(inputs[i].name) };
    args[1].op = RULE_CONST;
    if (inputs[i].kind == VALUE_BOOL)
        args[1].value = VALUE_OF_BOOL(roll(2) == 0);
    else if (inputs[i].kind == VALUE_INT)
        args[1].value = VALUE_OF_INT(roll(6));
    else
        args[1].value = VALUE_OF_TEXT(str_of(colour_words[roll(3)]));
    return (struct rule_node){ .op = op, .args = args, .n_args = 2 };
}

static struct rule_node
condition(struct arena *a, unsigned depth)
{
    static const enum rule_op ops[] = { RULE_AND, RULE_OR, RULE_NOT };
    enum rule_op op = ops[roll(3)];
    size_t n = op == RULE_NOT ? 1 : 2;
    struct rule_node *args;

    if (depth == 0 || roll(3) == 0)
        return leaf(a);
    args = nodes(a, n);
    for (size_t i = 0; i < n; i++)
        args[i] = condition(a, depth - 1);
    return (struct rule_node){ .op = op, .args = args, .n_args = n };
}

/* Is there a full set of facts that meets all goals? All 216 are tried. */
static bool
try_all(const struct rule_goal *goals, size_t n, bool with_law)
{
    for (int i = 0; i < 2 * 6 * 6 * 3; i++) {
        const struct fact at[] = {
            { STR("on"), VALUE_OF_BOOL(i % 2 == 0) },
            { STR("x"), VALUE_OF_INT(i / 2 % 6) },
            { STR("y"), VALUE_OF_INT(i / 12 % 6) },
            { STR("colour"), VALUE_OF_TEXT(str_of(colour_words[i / 72])) },
        };
        const struct facts facts = { .at = at, .n = 4 };
        bool all = !with_law || rule_eval(&order, &facts) == TRI_YES;

        for (size_t k = 0; k < n; k++)
            all &= rule_eval(goals[k].when, &facts) == goals[k].want;
        if (all)
            return true;
    }
    return false;
}

static void
searching_finds_what_trying_all_facts_finds(void **state)
{
    int found = 0;
    int missing = 0;

    (void)state;
    for (seed = 1; found + missing < 20000; seed++) {
        struct arena a;
        struct rule_node when[4];
        struct rule_goal goals[4];
        size_t n = 1 + roll(4);
        bool with_law = roll(2) == 0;
        struct rule_space space = { inputs, 4, with_law ? &order : NULL };
        bool want;

        heap_arena(&a);
        for (size_t i = 0; i < n; i++) {
            when[i] = condition(&a, 3);
            goals[i] =
                (struct rule_goal){ &when[i], roll(2) == 0 ? TRI_YES : TRI_NO };
        }
        want = try_all(goals, n, with_law);
        assert_int_equal(rule_search(&a, &space, goals, n, NULL),
                         want ? RULE_FOUND : RULE_NOT_FOUND);
        found += want;
        missing += !want;
        heap_release(&a);
    }
    print_message("search: %d cases, %d without facts\n", found + missing,
                  missing);
    assert_true(missing > 1000);
}

static void
the_facts_found_meet_the_goals(void **state)
{
    (void)state;
    for (seed = 1; seed < 40000000; seed += 20011) {
        struct arena a;
        struct rule_node when;
        struct rule_goal goal = { &when, TRI_YES };
        struct rule_space space = { inputs, 4, NULL };
        struct facts facts;

        heap_arena(&a);
        when = condition(&a, 3);
        if (rule_search(&a, &space, &goal, 1, &facts) == RULE_FOUND)
            assert_int_equal(rule_eval(&when, &facts), TRI_YES);
        heap_release(&a);
    }
}

static void
one_condition_asks_within_another_if_it_names_nothing_else(void **state)
{
    struct rule_node x = { .op = RULE_EQ, .args = order_vars, .n_args = 1 };
    struct rule_node xy = { .op = RULE_EQ, .args = order_vars, .n_args = 2 };

    (void)state;
    assert_true(rule_asks_within(&x, &xy));
    assert_false(rule_asks_within(&xy, &x));
    assert_true(rule_asks_within(&xy, &xy));
}

static void
conditions_are_told_in_words(void **state)
{
    struct arena a;
    struct rule_node limit[2] = { { .op = RULE_VAR, .var = STR("x") },
                                  { .op = RULE_CONST,
                                    .value = VALUE_OF_INT(3) } };
    struct rule_node truth[2] = { { .op = RULE_VAR, .var = STR("on") },
                                  { .op = RULE_CONST,
                                    .value = VALUE_OF_BOOL(true) } };
    struct rule_node parts[2] = {
        { .op = RULE_GE, .args = limit, .n_args = 2 },
        { .op = RULE_EQ, .args = truth, .n_args = 2 },
    };
    struct rule_node either = { .op = RULE_OR, .args = parts, .n_args = 2 };
    struct rule_node pair[2] = { either, parts[1] };
    struct rule_node both = { .op = RULE_AND, .args = pair, .n_args = 2 };
    struct rule_node not_either = { .op = RULE_NOT,
                                    .args = &either,
                                    .n_args = 1 };
    struct rule_node not_on = { .op = RULE_NOT,
                                .args = &parts[1],
                                .n_args = 1 };

    (void)state;
    heap_arena(&a);
    assert_true(str_is(rule_words(&a, &parts[0]), "x is at least 3"));
    assert_true(str_is(rule_words(&a, &parts[1]), "on"));
    assert_true(str_is(rule_words(&a, &not_on), "not on"));
    assert_true(
        str_is(rule_words(&a, &both), "(x is at least 3 or on) and on"));
    assert_true(
        str_is(rule_words(&a, &not_either), "not (x is at least 3 or on)"));
    heap_release(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searching_finds_what_trying_all_facts_finds),
        cmocka_unit_test(the_facts_found_meet_the_goals),
        cmocka_unit_test(
            one_condition_asks_within_another_if_it_names_nothing_else),
        cmocka_unit_test(conditions_are_told_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
