/* Three-valued conditions and lists of rules. */
#include "common/core/rule.h"
#include "tests/lib/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>

#define BOOL_OF(x) { .op = RULE_CONST, .value = { .kind = VALUE_BOOL, .b = (x) } }
#define INT_OF(x) { .op = RULE_CONST, .value = { .kind = VALUE_INT, .i = (x) } }
#define WORD_OF(w)                                                           \
    {                                                                        \
        .op = RULE_CONST, .value = { .kind = VALUE_TEXT,                     \
                                     .text = { w, sizeof(w) - 1 } }          \
    }
#define NULL_OF { .op = RULE_CONST }
#define VAR_OF(w) { .op = RULE_VAR, .var = { w, sizeof(w) - 1 } }

/* Facts of all tests: yes, no, three, word; nothing else is known. */
static const struct fact known[] = {
    { { "yes", 3 }, { .kind = VALUE_BOOL, .b = true } },
    { { "no", 2 }, { .kind = VALUE_BOOL, .b = false } },
    { { "three", 5 }, { .kind = VALUE_INT, .i = 3 } },
    { { "word", 4 }, { .kind = VALUE_TEXT, .text = { "eh", 2 } } },
    { { "unsaid", 6 }, { .kind = VALUE_UNKNOWN } },
};
static const struct facts facts = { .at = known,
                                    .n = sizeof known / sizeof known[0] };

struct row {
    const char *name;
    enum rule_op op;
    struct rule_node args[2];
    size_t n_args;
    enum tri want;
};

#define YES VAR_OF("yes")
#define NO VAR_OF("no")
#define DARK VAR_OF("dark") /* in no list of facts */

static const struct row rows[] = {
    { "yes and yes is yes", RULE_AND, { YES, YES }, 2, TRI_YES },
    { "yes and no is no", RULE_AND, { YES, NO }, 2, TRI_NO },
    { "no and unknown is no", RULE_AND, { NO, DARK }, 2, TRI_NO },
    { "unknown and no is no", RULE_AND, { DARK, NO }, 2, TRI_NO },
    { "yes and unknown is unknown", RULE_AND, { YES, DARK }, 2, TRI_UNKNOWN },
    { "unknown and yes is unknown", RULE_AND, { DARK, YES }, 2, TRI_UNKNOWN },
    { "no or no is no", RULE_OR, { NO, NO }, 2, TRI_NO },
    { "no or yes is yes", RULE_OR, { NO, YES }, 2, TRI_YES },
    { "yes or unknown is yes", RULE_OR, { YES, DARK }, 2, TRI_YES },
    { "unknown or yes is yes", RULE_OR, { DARK, YES }, 2, TRI_YES },
    { "no or unknown is unknown", RULE_OR, { NO, DARK }, 2, TRI_UNKNOWN },
    { "not yes is no", RULE_NOT, { YES }, 1, TRI_NO },
    { "not no is yes", RULE_NOT, { NO }, 1, TRI_YES },
    { "not unknown is unknown", RULE_NOT, { DARK }, 1, TRI_UNKNOWN },
    { "a listed fact without a value is unknown", RULE_NOT,
      { VAR_OF("unsaid") }, 1, TRI_UNKNOWN },
    { "3 == 3", RULE_EQ, { VAR_OF("three"), INT_OF(3) }, 2, TRI_YES },
    { "3 == 4 is no", RULE_EQ, { VAR_OF("three"), INT_OF(4) }, 2, TRI_NO },
    { "3 != 4", RULE_NE, { VAR_OF("three"), INT_OF(4) }, 2, TRI_YES },
    { "3 != 3 is no", RULE_NE, { VAR_OF("three"), INT_OF(3) }, 2, TRI_NO },
    { "unknown == 3 is unknown", RULE_EQ, { DARK, INT_OF(3) }, 2,
      TRI_UNKNOWN },
    { "unknown != 3 is unknown", RULE_NE, { DARK, INT_OF(3) }, 2,
      TRI_UNKNOWN },
    { "null == null is unknown", RULE_EQ, { NULL_OF, NULL_OF }, 2,
      TRI_UNKNOWN },
    { "a word equals itself", RULE_EQ, { VAR_OF("word"), WORD_OF("eh") }, 2,
      TRI_YES },
    { "a word and a longer one differ", RULE_EQ,
      { VAR_OF("word"), WORD_OF("eht") }, 2, TRI_NO },
    { "a word is no number", RULE_EQ, { VAR_OF("word"), INT_OF(3) }, 2,
      TRI_NO },
    { "3 < 4", RULE_LT, { VAR_OF("three"), INT_OF(4) }, 2, TRI_YES },
    { "3 < 3 is no", RULE_LT, { VAR_OF("three"), INT_OF(3) }, 2, TRI_NO },
    { "3 <= 3", RULE_LE, { VAR_OF("three"), INT_OF(3) }, 2, TRI_YES },
    { "3 <= 2 is no", RULE_LE, { VAR_OF("three"), INT_OF(2) }, 2, TRI_NO },
    { "3 > 2", RULE_GT, { VAR_OF("three"), INT_OF(2) }, 2, TRI_YES },
    { "3 > 3 is no", RULE_GT, { VAR_OF("three"), INT_OF(3) }, 2, TRI_NO },
    { "3 >= 3", RULE_GE, { VAR_OF("three"), INT_OF(3) }, 2, TRI_YES },
    { "3 >= 4 is no", RULE_GE, { VAR_OF("three"), INT_OF(4) }, 2, TRI_NO },
    { "unknown >= 3 is unknown", RULE_GE, { DARK, INT_OF(3) }, 2,
      TRI_UNKNOWN },
};
#define N_ROWS (sizeof rows / sizeof rows[0])

static void
a_condition_has_its_truth(void **state)
{
    const struct row *row = *state;
    struct rule_node node = { .op = row->op,
                              .args = row->args,
                              .n_args = row->n_args };

    assert_int_equal(rule_eval(&node, &facts), row->want);
}

static void
in_finds_a_word_of_its_list_and_nothing_else(void **state)
{
    const struct value words[] = {
        { .kind = VALUE_TEXT, .text = STR("csc") },
        { .kind = VALUE_TEXT, .text = STR("eh") },
    };
    struct rule_node args[] = {
        VAR_OF("word"),
        { .op = RULE_CONST,
          .value = { .kind = VALUE_LIST, .list = words, .n_list = 2 } },
    };
    struct rule_node node = { .op = RULE_IN, .args = args, .n_args = 2 };

    (void)state;
    assert_int_equal(rule_eval(&node, &facts), TRI_YES);
    args[1].value.n_list = 1;
    assert_int_equal(rule_eval(&node, &facts), TRI_NO);
    args[0].var = STR("dark");
    assert_int_equal(rule_eval(&node, &facts), TRI_UNKNOWN);
}

static void
a_bare_constant_is_its_own_truth(void **state)
{
    const struct rule_node yes = BOOL_OF(true);
    const struct rule_node null = NULL_OF;

    (void)state;
    assert_int_equal(rule_eval(&yes, &facts), TRI_YES);
    assert_int_equal(rule_eval(&null, &facts), TRI_UNKNOWN);
}

/* ---- lists ---- */

static const struct rule_node dark_is_3[] = { VAR_OF("dark"), INT_OF(3) };
static const struct rule_node three_is_3[] = { VAR_OF("three"), INT_OF(3) };
static const struct rule_node three_is_4[] = { VAR_OF("three"), INT_OF(4) };
static const struct rule_node dim_and_dark[] = { VAR_OF("dim"),
                                                 VAR_OF("dark") };
static const struct str do_this[] = { { "this", 4 } };
static const struct str do_both[] = { { "that", 4 }, { "this", 4 } };

#define WHEN(o, a) { .op = (o), .args = (a), .n_args = 2 }

static const struct rule list[] = {
    { .id = { "R1", 2 }, .when = WHEN(RULE_EQ, three_is_4) },
    { .id = { "R2", 2 }, .when = WHEN(RULE_EQ, dark_is_3) },
    { .id = { "R3", 2 }, .when = WHEN(RULE_AND, dim_and_dark) },
    { .id = { "R4", 2 },
      .when = WHEN(RULE_EQ, three_is_3),
      .actions = { do_this, 1 } },
    { .id = { "R5", 2 }, .when = WHEN(RULE_EQ, dark_is_3) },
    { .id = { "R6", 2 }, .when = BOOL_OF(true), .actions = { do_both, 2 } },
};
static const struct rules rules = { .at = list,
                                    .n = sizeof list / sizeof list[0] };

static void
assert_ids(struct texts got, const char *const want[], size_t n)
{
    assert_int_equal(got.n, n);
    for (size_t i = 0; i < n; i++)
        assert_true(str_is(got.at[i], want[i]));
}

static void
the_first_hit_decides_and_all_hits_are_kept(void **state)
{
    struct arena a;
    struct rule_result r;

    (void)state;
    heap_arena(&a);
    rule_decide(&a, &rules, &facts, &r);
    assert_ptr_equal(r.first, &list[3]);
    assert_ids(r.hits, (const char *const[]){ "R4", "R6" }, 2);
    assert_ids(r.actions, (const char *const[]){ "this" }, 1);
    heap_release(&a);
}

static void
only_undecided_rules_above_the_first_hit_ask(void **state)
{
    struct arena a;
    struct rule_result r;

    (void)state;
    heap_arena(&a);
    rule_decide(&a, &rules, &facts, &r);
    assert_ids(r.undecided, (const char *const[]){ "R2", "R3" }, 2);
    assert_ids(r.ask, (const char *const[]){ "dark", "dim" }, 2);
    heap_release(&a);
}

static void
a_list_where_all_apply_joins_the_actions_of_every_hit(void **state)
{
    struct arena a;
    struct rule_result r;

    (void)state;
    heap_arena(&a);
    rule_apply_all(&a, &rules, &facts, &r);
    assert_ids(r.hits, (const char *const[]){ "R4", "R6" }, 2);
    assert_ids(r.actions, (const char *const[]){ "this", "that" }, 2);
    assert_ids(r.undecided, (const char *const[]){ "R2", "R3", "R5" }, 3);
    heap_release(&a);
}

static void
a_branch_that_is_decided_asks_for_nothing(void **state)
{
    /* (no and dim) or dark: only dark would change it. */
    const struct rule_node inner[] = { NO, VAR_OF("dim") };
    const struct rule_node outer[] = { WHEN(RULE_AND, inner), DARK };
    const struct rule one = { .id = STR("R1"), .when = WHEN(RULE_OR, outer) };
    const struct rules single = { .at = &one, .n = 1 };
    struct arena a;
    struct rule_result r;

    (void)state;
    heap_arena(&a);
    rule_decide(&a, &single, &facts, &r);
    assert_null(r.first);
    assert_ids(r.ask, (const char *const[]){ "dark" }, 1);
    heap_release(&a);
}

/* ---- checks ---- */

static const char *const door_words[] = { "eh", "csc" };
static const struct codes doors = { .name = "door",
                                    .words = door_words,
                                    .n = 2 };
static const struct rule_input inputs[] = {
    { .name = "yes", .kind = VALUE_BOOL },
    { .name = "three", .kind = VALUE_INT },
    { .name = "word", .kind = VALUE_TEXT, .words = &doors },
};

/* A list of constants as the right side of "in". */
#define LIST_OF(...)                                                          \
    { .op = RULE_CONST,                                                       \
      .value = { .kind = VALUE_LIST,                                          \
                 .list = (const struct value[]){ __VA_ARGS__ },               \
                 .n_list = sizeof((const struct value[]){ __VA_ARGS__ }) /    \
                           sizeof(struct value) } }
#define WORD(w) { .kind = VALUE_TEXT, .text = { .p = "" w, .n = sizeof w - 1 } }

struct check {
    const char *name;
    enum rule_op op;
    struct rule_node args[2];
    size_t n_args;
    bool sound;
};

static const struct check checks[] = {
    { "a number may be compared with a number", RULE_GE,
      { VAR_OF("three"), INT_OF(1) }, 2, true },
    { "a number may not be compared with a word", RULE_EQ,
      { VAR_OF("three"), WORD_OF("eh") }, 2, false },
    { "words have no order", RULE_LT, { VAR_OF("word"), WORD_OF("eh") }, 2,
      false },
    { "a word of the list may be compared", RULE_EQ,
      { WORD_OF("csc"), VAR_OF("word") }, 2, true },
    { "a word that is not in the list may not", RULE_EQ,
      { WORD_OF("mash"), VAR_OF("word") }, 2, false },
    { "null may not be compared", RULE_EQ, { VAR_OF("three"), NULL_OF }, 2,
      false },
    { "an unknown name is refused", RULE_EQ, { DARK, INT_OF(1) }, 2, false },
    { "a truth may stand alone", RULE_NOT, { YES }, 1, true },
    { "a number is no condition", RULE_NOT, { VAR_OF("three") }, 1, false },
    { "not takes one operand", RULE_NOT, { YES, YES }, 2, false },
    { "and takes at least one operand", RULE_AND, { YES }, 0, false },
    { "a comparison takes two operands", RULE_EQ, { YES }, 1, false },
    { "a word may be in a list of its words", RULE_IN,
      { VAR_OF("word"), LIST_OF(WORD("csc"), WORD("eh")) }, 2, true },
    { "a list holds no word that its input never has", RULE_IN,
      { VAR_OF("word"), LIST_OF(WORD("eh"), WORD("mash")) }, 2, false },
    { "a list holds no number for a word", RULE_IN,
      { VAR_OF("word"), LIST_OF(WORD("eh"), { .kind = VALUE_INT, .i = 1 }) },
      2, false },
    { "a number may be in a list of numbers", RULE_IN,
      { VAR_OF("three"), LIST_OF({ .kind = VALUE_INT, .i = 3 }) }, 2, true },
    { "a word constant may be in any list of words", RULE_IN,
      { WORD_OF("x"), LIST_OF(WORD("mash")) }, 2, true },
    { "in wants a list", RULE_IN, { VAR_OF("word"), WORD_OF("eh") }, 2,
      false },
};
#define N_CHECKS (sizeof checks / sizeof checks[0])

/* What a comparison says of one value of its input, which stands on that side.
 */
static bool
says(enum rule_op op, int64_t input, int64_t limit, bool on_left)
{
    int64_t a = on_left ? input : limit;
    int64_t b = on_left ? limit : input;

    return op == RULE_EQ   ? a == b
           : op == RULE_NE ? a != b
           : op == RULE_LT ? a < b
           : op == RULE_LE ? a <= b
           : op == RULE_GT ? a > b
                           : a >= b;
}

/* A limit is good that some of the input's numbers meet and others don't. */
static void
a_limit_must_divide_the_range_of_its_input(void **state)
{
    enum { MIN = 2, MAX = 5 };
    static const struct rule_input input = {
        .name = "n", .kind = VALUE_INT, .min = MIN, .max = MAX
    };

    (void)state;
    for (enum rule_op op = RULE_EQ; op <= RULE_GE; op++)
        for (int64_t limit = MIN - 2; limit <= MAX + 2; limit++)
            for (int on_left = 0; on_left < 2; on_left++) {
                struct rule_node args[] = { VAR_OF("n"), VAR_OF("n") };
                struct rule_node node = { .op = op, .args = args, .n_args = 2 };
                bool meets = false, fails = false;
                struct err err = { .code = "" };
                enum status st;

                args[on_left] = (struct rule_node)INT_OF(limit);
                for (int64_t n = MIN; n <= MAX; n++)
                    *(says(op, n, limit, on_left) ? &meets : &fails) = true;
                st = rule_check(&node, &input, 1, &err);
                assert_int_equal(st, meets && fails ? ST_OK : ST_REJECT);
                assert_string_equal(err.code,
                                    st == ST_OK ? "" : "profile-limit");
            }
}

static void
a_condition_is_checked(void **state)
{
    const struct check *row = *state;
    struct rule_node node = { .op = row->op,
                              .args = row->args,
                              .n_args = row->n_args };
    struct err err = { .code = "" };

    assert_int_equal(rule_check(&node, inputs, 3, &err),
                     row->sound ? ST_OK : ST_REJECT);
    if (!row->sound)
        assert_string_equal(err.code, "profile-rule");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_finds_a_word_of_its_list_and_nothing_else),
        cmocka_unit_test(a_bare_constant_is_its_own_truth),
        cmocka_unit_test(the_first_hit_decides_and_all_hits_are_kept),
        cmocka_unit_test(only_undecided_rules_above_the_first_hit_ask),
        cmocka_unit_test(a_list_where_all_apply_joins_the_actions_of_every_hit),
        cmocka_unit_test(a_branch_that_is_decided_asks_for_nothing),
        cmocka_unit_test(a_limit_must_divide_the_range_of_its_input),
    };
    struct CMUnitTest truths[N_ROWS];
    struct CMUnitTest sound[N_CHECKS];
    int failed = cmocka_run_group_tests_name("rules", tests, NULL, NULL);

    for (size_t i = 0; i < N_ROWS; i++)
        truths[i] = (struct CMUnitTest){
            .name = rows[i].name,
            .test_func = a_condition_has_its_truth,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    failed += cmocka_run_group_tests_name("truths", truths, NULL, NULL);
    for (size_t i = 0; i < N_CHECKS; i++)
        sound[i] = (struct CMUnitTest){
            .name = checks[i].name,
            .test_func = a_condition_is_checked,
            .initial_state = (void *)(uintptr_t)&checks[i],
        };
    failed += cmocka_run_group_tests_name("checks", sound, NULL, NULL);
    return failed;
}
