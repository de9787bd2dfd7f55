/* Do two descriptions mean one person: levels, guards, weights, limits. */
#include "triage/core/linkage.h"
#include "tests/lib/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define N(rows) (sizeof(rows) / sizeof(rows)[0])

/* What both descriptions of a test say but for what a row changes. */
#define SAME                                                                   \
    .given = "Testchild", .surname = "Alphaville", .birth = "2015-04-07",      \
    .house = "12", .line = "High Street", .line_2 = "The Mews",                \
    .suburb = "Testham", .postcode = "ZX1 2AB", .state = "kent"

struct said {
    const char *given, *surname, *birth, *house, *line, *line_2, *suburb;
    const char *postcode, *state, *number, *nhs, *sex, *phone;
};

static struct str
text(const char *s)
{
    return s == NULL ? STR_NULL : str_of(s);
}

static struct linkage_person
person(struct arena *a, const struct said *s)
{
    const struct str raw[COLUMN_N] = {
        [COLUMN_GIVEN_NAME] = text(s->given),
        [COLUMN_SURNAME] = text(s->surname),
        [COLUMN_BIRTH] = text(s->birth),
        [COLUMN_STREET_NUMBER] = text(s->house),
        [COLUMN_ADDRESS_1] = text(s->line),
        [COLUMN_ADDRESS_2] = text(s->line_2),
        [COLUMN_SUBURB] = text(s->suburb),
        [COLUMN_POSTCODE] = text(s->postcode),
        [COLUMN_STATE] = text(s->state),
        [COLUMN_NUMBER] = text(s->number),
        [COLUMN_NHS_NUMBER] = text(s->nhs),
        [COLUMN_SEX] = text(s->sex),
        [COLUMN_PHONE] = text(s->phone),
    };

    return linkage_prepare(a, raw);
}

/* ---- levels ------------------------------------------------------------ */

struct level_row {
    struct said a, b;
    enum linkage_field field;
    enum linkage_level level;
};

#define GIVEN(x, y, l)                                                         \
    {                                                                          \
        { .given = x }, { .given = y }, LINKAGE_GIVEN, LEVEL_##l               \
    }
#define SURNAME(x, y, l)                                                       \
    {                                                                          \
        { .surname = x }, { .surname = y }, LINKAGE_SURNAME, LEVEL_##l         \
    }
#define BIRTH(x, y, l)                                                         \
    {                                                                          \
        { .birth = x }, { .birth = y }, LINKAGE_BIRTH, LEVEL_##l               \
    }
#define FIELD(f, member, x, y, l)                                              \
    {                                                                          \
        { .member = x }, { .member = y }, LINKAGE_##f, LEVEL_##l               \
    }
#define NAMES(g1, s1, g2, s2, f, l)                                            \
    {                                                                          \
        { .given = g1, .surname = s1 }, { .given = g2, .surname = s2 },        \
            LINKAGE_##f, LEVEL_##l                                             \
    }
#define LINES(a1, a2, b1, b2, f, l)                                            \
    {                                                                          \
        { .line = a1, .line_2 = a2 }, { .line = b1, .line_2 = b2 },            \
            LINKAGE_##f, LEVEL_##l                                             \
    }
#define PLACE(s1, p1, s2, p2, l)                                               \
    {                                                                          \
        { .suburb = s1, .postcode = p1 }, { .suburb = s2, .postcode = p2 },    \
            LINKAGE_PLACE, LEVEL_##l                                           \
    }

static const struct level_row level_rows[] = {
    GIVEN("Ann-Marie", "annmarie", EQUAL),
    GIVEN("Testchild", "Testchlid", TYPO),
    GIVEN("Abi", "Aby", TYPO), /* three letters have room for one error */
    GIVEN("Al", "Ed", DIFFERENT),
    GIVEN("William", "Bill", NEAR),
    GIVEN("Catherine", "Katherine", NEAR), /* before one typing error */
    GIVEN("Testchild", "T", NEAR),
    GIVEN("T", "T", EQUAL),
    GIVEN("Q", "T", DIFFERENT),
    GIVEN("Zor", "Zorbekian", NEAR),
    GIVEN("Zo", "Zorbekian", DIFFERENT),
    GIVEN("dixon", "dicksonx", PART), /* 8133 */
    GIVEN("tanya", "tonyas", PART),
    GIVEN("itman", "smith", DIFFERENT),
    GIVEN("Testchild", "Beta", DIFFERENT),
    GIVEN("Testchild", NULL, MISSING),
    GIVEN("Testchild", " - ", MISSING),
    GIVEN("Baby", "Testchild", MISSING),
    GIVEN("Unknown", "Unknown", MISSING),
    SURNAME("Alphaville", "Alphavile", TYPO),
    SURNAME("Smith", "Smith-Jones", NEAR),
    SURNAME("William", "Bill", DIFFERENT), /* no nicknames of surnames */
    SURNAME("Hardin", "Martinez", DIFFERENT),
    SURNAME("zorbekian", "zobrekina", TYPO), /* very like */
    SURNAME("korbalen", "zorbalem", PART),   /* two errors in eight letters */
    SURNAME("abcde", "xbcdy", DIFFERENT),    /* in five */
    SURNAME("abcdef", "xbcdyf", PART),
    SURNAME("al", "ad", DIFFERENT),
    /* Both sides of each limit of likeness, in ten-thousandths. */
    SURNAME("michelle", "michael", TYPO),      /* 9214 */
    SURNAME("nathan", "jonathan", PART),       /* 9167 */
    SURNAME("alex", "albert", PART),           /* 8000 */
    SURNAME("natasha", "nathalie", DIFFERENT), /* 7992 */
    SURNAME("brad", "bert", PART),             /* 7000, the same sound */
    SURNAME("lucille", "leslie", DIFFERENT),   /* 6964, the same sound */
    GIVEN("brad", "bert", PART),
    GIVEN("lucille", "leslie", DIFFERENT),
    NAMES("Testchild", "Alphaville", "Alphaville", "Testchild", GIVEN, SWAPPED),
    NAMES("Testchild", "Alphaville", "Alphavile", "Testchlid", SURNAME,
          SWAPPED),
    NAMES("Testchild", "Alphaville", "Alphaville", NULL, GIVEN, SWAPPED),
    NAMES("Testchild", "Alphaville", "Alphavile", NULL, GIVEN, DIFFERENT),
    NAMES("Testchild", "Alphaville", "Alphaville", "Beta", GIVEN, DIFFERENT),
    NAMES("Alpha", "Alpha", "Alpha", "Alpha", GIVEN, EQUAL),
    BIRTH("2015-04-07", "20150407", EQUAL),
    BIRTH("07/04/2015", "2015-04-07", EQUAL),
    BIRTH("2015-04-07", "2015-04-08", TYPO),
    BIRTH("2015-04-07", "2015-07-04", SWAPPED),
    BIRTH("2019-12-31", "2020-12-31", NEAR),
    BIRTH("2015-04-07", "2015-04-18", PART),
    BIRTH("2015-04-07", "2016-11-29", DIFFERENT),
    BIRTH("2015-04-07", "April", MISSING),
    BIRTH("2015-04-07", "2015-04", MISSING),
    FIELD(SEX, sex, "M", "male", EQUAL),
    FIELD(SEX, sex, "1", "F", DIFFERENT),
    FIELD(SEX, sex, "2", "female", EQUAL),
    FIELD(SEX, sex, "M", "X", MISSING),
    FIELD(NUMBER, number, "1234567", "1234567", EQUAL),
    FIELD(NUMBER, number, "1234567", "1234576", TYPO),
    FIELD(NUMBER, number, "1234567", "1234589", PART),
    FIELD(NUMBER, number, "1234567", "1234890", DIFFERENT),
    /* 999... are numbers for tests; the second has a wrong check digit. */
    FIELD(NHS_NUMBER, nhs, "999 000 0018", "9990000018", EQUAL),
    FIELD(NHS_NUMBER, nhs, "9990000018", "9990000026", DIFFERENT),
    FIELD(NHS_NUMBER, nhs, "9990000018", "9990000019", MISSING),
    FIELD(PHONE, phone, "01632 960001", "+44 1632 960001", EQUAL),
    FIELD(PHONE, phone, "01632960001", "01632960002", TYPO),
    FIELD(PHONE, phone, "01632960001", "01632960013", DIFFERENT),
    FIELD(STREET_NUMBER, house, "12", "12", EQUAL),
    FIELD(STREET_NUMBER, house, "12", "21", TYPO),
    FIELD(STREET_NUMBER, house, "12", "34", DIFFERENT),
    FIELD(STREET_NUMBER, house, "1", "2", DIFFERENT), /* no error of one */
    FIELD(ADDRESS_1, line, "High St", "high street", TYPO),
    FIELD(ADDRESS_1, line, "High", "High Street", NEAR),
    FIELD(ADDRESS_1, line, "High Street", "Low Road", DIFFERENT),
    LINES("High Street", "The Mews", "The Mews", "High Street", ADDRESS_1,
          SWAPPED),
    LINES("High Street", "The Mews", "The Mews", "High Street", ADDRESS_2,
          SWAPPED),
    LINES("High Street", "The Mews", "Low Road", "High Street", ADDRESS_1,
          DIFFERENT),
    PLACE("Testham", "2306", "Testham", "2306", EQUAL),
    PLACE("Testham", "2306", "Testhma", "2306", TYPO),
    PLACE("Testham", "2306", "Testham", "2036", TYPO),
    PLACE("Testham", "2306", NULL, "2306", NEAR),
    PLACE("Testham", "2306", "Elsewhere", "2306", NEAR),
    PLACE("Testham", "2306", "Testham", "9999", PART),
    PLACE("Testham", "2306", "Elsewhere", "2036", PART),
    PLACE("Testham", "2306", "2306", "Testham", SWAPPED),
    PLACE("Testham", "2306", "Elsewhere", "9999", DIFFERENT),
    PLACE(NULL, "ZX1 2AB", NULL, "ZX1 9CD", PART),
    PLACE(NULL, "ZX1 2AB", NULL, "ZX2 9CD", DIFFERENT),
    PLACE(NULL, NULL, "Testham", "2306", MISSING),
    FIELD(STATE, state, "nsw", "nsw", EQUAL),
    FIELD(STATE, state, "nsw", "nws", TYPO),
    FIELD(STATE, state, "nsw", "vic", DIFFERENT),
    { { SAME }, { SAME }, LINKAGE_STATE, LEVEL_MISSING }, /* place says it */
};

static void
each_field_has_its_levels(void **state)
{
    struct arena arena;

    (void)state;
    heap_arena(&arena);
    for (size_t i = 0; i < N(level_rows); i++) {
        const struct level_row *r = &level_rows[i];
        struct linkage_person a = person(&arena, &r->a);
        struct linkage_person b = person(&arena, &r->b);
        struct linkage_evidence e, back;

        linkage_levels_of(&a, &b, &e);
        linkage_levels_of(&b, &a, &back);
        if (e.level[r->field] != r->level)
            fail_msg("row %zu, %s: %s, not %s", i, linkage_fields[r->field],
                     linkage_levels[e.level[r->field]],
                     linkage_levels[r->level]);
        assert_memory_equal(e.level, back.level, sizeof e.level);
    }
    heap_release(&arena);
}

/* ---- guards ------------------------------------------------------------ */

struct guard_row {
    const char *name;
    struct said a, b;
    bool established;
    enum linkage_guard children, adults;
};

#define SAID(...)                                                              \
    {                                                                          \
        SAME, __VA_ARGS__                                                      \
    }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif
static const struct guard_row guard_rows[] = {
    { "the same", { SAME }, { SAME }, true, GUARD_NONE, GUARD_NONE },
    { "twins",
      { SAME },
      SAID(.given = "Beta"),
      false,
      GUARD_SIBLING,
      GUARD_NONE },
    { "twins with numbers of their own", SAID(.number = "1111111"),
      SAID(.given = "Beta", .number = "7777777"), false, GUARD_SIBLING,
      GUARD_SIBLING },
    { "numbers one error apart", SAID(.number = "1111111"),
      SAID(.given = "Beta", .number = "1111112"), false, GUARD_SIBLING,
      GUARD_NONE },
    { "boy and girl with other names", SAID(.sex = "M"),
      SAID(.given = "Beta", .sex = "F"), false, GUARD_SIBLING, GUARD_SIBLING },
    { "boy and girl with one name", SAID(.sex = "M"), SAID(.sex = "F"), false,
      GUARD_SEX, GUARD_NONE },
    { "siblings",
      { SAME },
      SAID(.given = "Beta", .birth = "2012-11-29"),
      false,
      GUARD_SIBLING,
      GUARD_NONE },
    { "valid numbers that differ", SAID(.nhs = "9990000018"),
      SAID(.nhs = "9990000026"), false, GUARD_CONFLICT, GUARD_CONFLICT },
    { "one of them isn't valid", SAID(.nhs = "9990000018"),
      SAID(.nhs = "9990000019"), false, GUARD_NONE, GUARD_NONE },
    { "no given name",
      { SAME },
      SAID(.given = NULL),
      false,
      GUARD_UNNAMED,
      GUARD_NONE },
    { "Baby",
      { SAME },
      SAID(.given = "Baby"),
      false,
      GUARD_UNNAMED,
      GUARD_NONE },
    { "a rhyme", SAID(.given = "Jayden"), SAID(.given = "Hayden"), false,
      GUARD_ALIKE, GUARD_NONE },
    { "a rhyme with an equal number",
      SAID(.given = "Jayden", .nhs = "9990000018"),
      SAID(.given = "Hayden", .nhs = "9990000018"), false, GUARD_NONE,
      GUARD_NONE },
    { "a typing error that sounds the same",
      { SAME },
      SAID(.given = "Testchlid"),
      false,
      GUARD_NONE,
      GUARD_NONE },
    { "the same of two names that many have",
      { SAME },
      SAID(.given = "Testchlid"),
      true,
      GUARD_ALIKE,
      GUARD_NONE },
    { "nicknames, both of which many have", SAID(.given = "William"),
      SAID(.given = "Bill"), true, GUARD_NONE, GUARD_NONE },
    { "another birth",
      { SAME },
      SAID(.birth = "2012-11-29"),
      false,
      GUARD_THIN,
      GUARD_NONE },
    { "another birth and an equal number", SAID(.number = "1111111"),
      SAID(.birth = "2012-11-29", .number = "1111111"), false, GUARD_NONE,
      GUARD_NONE },
    { "birth not known, surname equal",
      { SAME },
      SAID(.birth = NULL),
      false,
      GUARD_NONE,
      GUARD_NONE },
    { "birth not known, another surname",
      { SAME },
      SAID(.birth = NULL, .surname = "Beta"),
      false,
      GUARD_THIN,
      GUARD_NONE },
    { "birth half wrong, another surname",
      { SAME },
      SAID(.birth = "2015-04-18", .surname = "Beta"),
      false,
      GUARD_THIN,
      GUARD_NONE },
    { "a digit of the birth wrong, another surname",
      { SAME },
      SAID(.birth = "2015-04-08", .surname = "Beta"),
      false,
      GUARD_THIN,
      GUARD_NONE },
    { "a digit of the birth wrong, surname equal",
      { SAME },
      SAID(.birth = "2015-04-08"),
      false,
      GUARD_NONE,
      GUARD_NONE },
    { "the same birth, another surname",
      { SAME },
      SAID(.surname = "Beta"),
      false,
      GUARD_NONE,
      GUARD_NONE },
    { "the same birth, no surname",
      { SAME },
      SAID(.surname = NULL),
      false,
      GUARD_NONE,
      GUARD_NONE },
};
#pragma GCC diagnostic pop

static void
guards_stand_over_the_sum(void **state)
{
    struct arena arena;

    (void)state;
    heap_arena(&arena);
    for (size_t i = 0; i < N(guard_rows); i++) {
        const struct guard_row *r = &guard_rows[i];
        struct linkage_person a = person(&arena, &r->a);
        struct linkage_person b = person(&arena, &r->b);
        struct linkage_evidence e;

        a.given_is_established = b.given_is_established = r->established;
        linkage_levels_of(&a, &b, &e);
        if (linkage_guard_of(&a, &b, &e, true) != r->children ||
            linkage_guard_of(&b, &a, &e, true) != r->children)
            fail_msg("%s: %s", r->name,
                     linkage_guards[linkage_guard_of(&a, &b, &e, true)]);
        if (linkage_guard_of(&a, &b, &e, false) != r->adults)
            fail_msg("%s, adults: %s", r->name,
                     linkage_guards[linkage_guard_of(&a, &b, &e, false)]);
    }
    heap_release(&arena);
}

static void
one_established_name_is_not_two(void **state)
{
    struct arena arena;
    struct linkage_person a, b;
    struct linkage_evidence e;

    (void)state;
    heap_arena(&arena);
    a = person(&arena, &(struct said){ .given = "Testchild", .surname = "X" });
    b = person(&arena, &(struct said){ .given = "Testchlid", .surname = "X" });
    linkage_levels_of(&a, &b, &e);
    e.level[LINKAGE_BIRTH] = LEVEL_EQUAL;
    a.given_is_established = true;
    assert_int_equal(linkage_guard_of(&a, &b, &e, true), GUARD_NONE);
    assert_int_equal(linkage_guard_of(&b, &a, &e, true), GUARD_NONE);
    heap_release(&arena);
}

/* ---- weights ----------------------------------------------------------- */

static void
logarithms_are_whole_numbers(void **state)
{
    static const struct {
        uint64_t v;
        int32_t log;
    } rows[] = {
        { 1, 0 },
        { 2, 1000 },
        { 3, 1584 },
        { 4, 2000 },
        { 10, 3321 },
        { 1000, 9965 },
        { 1u << 20, 20000 },
        { UINT64_C(1) << 63, 63000 },
        { UINT64_MAX, 63999 },
        { 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++)
        assert_in_range(linkage_log2(rows[i].v) - rows[i].log + 1, 0, 1);
    assert_int_equal(linkage_rarity(1, 1024), 10000);
    assert_int_equal(linkage_rarity(1024, 1024), 0);
    assert_int_equal(linkage_rarity(2048, 1024), 0);
    assert_int_equal(linkage_rarity(0, 0), 0);
    assert_int_equal(linkage_rarity(0, 1024), 0);
    assert_int_equal(linkage_rarity(1, 0), 0);
}

static void
a_level_weighs_m_over_u_and_missing_nothing(void **state)
{
    struct linkage_model m = { .prior = -5000 };
    struct arena arena;
    struct linkage_person a, b;
    struct linkage_evidence e;

    (void)state;
    heap_arena(&arena);
    a = person(&arena, &(struct said){ .given = "Testchild", .sex = "M" });
    b = person(&arena, &(struct said){ .given = "Testchild", .sex = "F" });
    m.same[LINKAGE_GIVEN][LEVEL_EQUAL] = -300;
    m.chance[LINKAGE_GIVEN][LEVEL_EQUAL] = -7000;
    m.same[LINKAGE_SEX][LEVEL_DIFFERENT] = -6000;
    m.chance[LINKAGE_SEX][LEVEL_DIFFERENT] = -1000;
    e = linkage_compare(&m, &a, &b);
    assert_int_equal(e.weight[LINKAGE_GIVEN], 6700);
    assert_int_equal(e.weight[LINKAGE_SEX], -5000);
    assert_int_equal(e.weight[LINKAGE_SURNAME], 0);
    assert_int_equal(e.total, -5000 + 6700 - 5000);
    a.rarity[COLUMN_GIVEN_NAME] = b.rarity[COLUMN_GIVEN_NAME] = 12000;
    e = linkage_compare(&m, &a, &b);
    assert_int_equal(e.weight[LINKAGE_GIVEN], 11700);
    heap_release(&arena);
}

static void
rarity_counts_for_equal_values_only(void **state)
{
    struct linkage_model m = { .prior = 0 };
    struct arena arena;
    struct linkage_person a, b;
    struct linkage_evidence e;

    (void)state;
    heap_arena(&arena);
    a = person(&arena, &(struct said){ .given = "Testchild" });
    b = person(&arena, &(struct said){ .given = "Testchlid" });
    a.rarity[COLUMN_GIVEN_NAME] = b.rarity[COLUMN_GIVEN_NAME] = 12000;
    e = linkage_compare(&m, &a, &b);
    assert_int_equal(e.level[LINKAGE_GIVEN], LEVEL_TYPO);
    assert_int_equal(e.total, 0);
    heap_release(&arena);
}

static void
swapped_fields_are_one_observation(void **state)
{
    struct linkage_model m = { .prior = 0 };
    struct arena arena;
    struct linkage_person a, b;
    struct linkage_evidence e;

    (void)state;
    heap_arena(&arena);
    a = person(&arena,
               &(struct said){ .given = "Testchild", .surname = "Alphaville" });
    b = person(&arena,
               &(struct said){ .given = "Alphaville", .surname = "Testchild" });
    m.chance[LINKAGE_GIVEN][LEVEL_SWAPPED] = -17000;
    m.chance[LINKAGE_SURNAME][LEVEL_SWAPPED] = -17000;
    e = linkage_compare(&m, &a, &b);
    assert_int_equal(e.weight[LINKAGE_GIVEN], 17000);
    assert_int_equal(e.weight[LINKAGE_SURNAME], 0);
    assert_int_equal(e.total, 17000);
    heap_release(&arena);
}

/* ---- deciding ---------------------------------------------------------- */

static struct linkage_evidence
found(int32_t total, enum linkage_guard guard)
{
    return (struct linkage_evidence){ .total = total, .guard = guard };
}

static void
three_outcomes_by_two_limits(void **state)
{
    const struct linkage_model adults = { .same_from = LINKAGE_SAME_FROM,
                                          .review_from = LINKAGE_REVIEW_FROM };
    struct linkage_model children = adults;
    static const struct {
        int32_t total;
        enum linkage_guard guard;
        enum linkage_outcome adults, children;
    } rows[] = {
        { -1, GUARD_NONE, LINKAGE_NEW, LINKAGE_NEW },
        { 0, GUARD_NONE, LINKAGE_REVIEW, LINKAGE_REVIEW },
        { 6629, GUARD_NONE, LINKAGE_REVIEW, LINKAGE_REVIEW },
        { 6630, GUARD_NONE, LINKAGE_SAME, LINKAGE_SAME },
        { 90000, GUARD_CONFLICT, LINKAGE_REVIEW, LINKAGE_REVIEW },
        { 90000, GUARD_SEX, LINKAGE_REVIEW, LINKAGE_REVIEW },
        { 90000, GUARD_UNNAMED, LINKAGE_REVIEW, LINKAGE_REVIEW },
        { 90000, GUARD_ALIKE, LINKAGE_REVIEW, LINKAGE_REVIEW },
        { 90000, GUARD_THIN, LINKAGE_REVIEW, LINKAGE_REVIEW },
        { 90000, GUARD_SIBLING, LINKAGE_REVIEW, LINKAGE_NEW },
        { -1, GUARD_CONFLICT, LINKAGE_NEW, LINKAGE_NEW },
    };

    (void)state;
    children.children = true;
    for (size_t i = 0; i < N(rows); i++) {
        struct linkage_evidence e = found(rows[i].total, rows[i].guard);

        assert_int_equal(linkage_decide(&adults, &e), rows[i].adults);
        assert_int_equal(linkage_decide(&children, &e), rows[i].children);
    }
}

static void
a_siblings_number_is_for_a_person_to_see(void **state)
{
    struct linkage_model m = { .same_from = LINKAGE_SAME_FROM,
                               .children = true };
    struct linkage_evidence e = found(90000, GUARD_SIBLING);

    (void)state;
    e.level[LINKAGE_NHS_NUMBER] = LEVEL_EQUAL;
    assert_int_equal(linkage_decide(&m, &e), LINKAGE_REVIEW);
    e.level[LINKAGE_NHS_NUMBER] = LEVEL_MISSING;
    e.level[LINKAGE_NUMBER] = LEVEL_EQUAL;
    assert_int_equal(linkage_decide(&m, &e), LINKAGE_REVIEW);
    e.level[LINKAGE_NUMBER] = LEVEL_TYPO;
    assert_int_equal(linkage_decide(&m, &e), LINKAGE_NEW);
}

static void
a_model_for_children_guards_them(void **state)
{
    struct linkage_model m = linkage_default;
    struct arena arena;
    struct linkage_person a, b;

    (void)state;
    heap_arena(&arena);
    a = person(&arena, &(struct said){ SAME });
    b = person(&arena, &(struct said){ .given = "Beta",
                                       .surname = "Alphaville",
                                       .birth = "2015-04-07" });
    assert_int_equal(linkage_compare(&m, &a, &b).guard, GUARD_NONE);
    m.children = true;
    assert_int_equal(linkage_compare(&m, &a, &b).guard, GUARD_SIBLING);
    heap_release(&arena);
}

static void
near_equal_candidates_are_for_a_person(void **state)
{
    const struct linkage_model m = { .same_from = LINKAGE_SAME_FROM };
    struct linkage_evidence e[] = { found(8000, GUARD_NONE),
                                    found(8000 + LINKAGE_LEAD, GUARD_NONE),
                                    found(-9000, GUARD_NONE) };
    size_t which;

    (void)state;
    assert_int_equal(linkage_choose(&m, e, 3, &which), LINKAGE_SAME);
    assert_int_equal(which, 1);
    e[1].total--;
    assert_int_equal(linkage_choose(&m, e, 3, &which), LINKAGE_REVIEW);
    assert_int_equal(which, 1);
    assert_int_equal(linkage_choose(&m, e, 1, &which), LINKAGE_SAME);
    assert_int_equal(which, 0);
    assert_int_equal(linkage_choose(&m, e + 2, 1, &which), LINKAGE_NEW);
    assert_int_equal(linkage_choose(&m, e, 0, &which), LINKAGE_NEW);
    assert_int_equal(which, 0);
}

static void
the_weights_to_begin_with_are_shares(void **state)
{
    const struct linkage_model *m = &linkage_default;

    (void)state;
    for (size_t f = 0; f < LINKAGE_N; f++) {
        assert_int_equal(m->same[f][LEVEL_MISSING], 0);
        for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++) {
            assert_true(m->same[f][l] <= 0);
            assert_true(m->chance[f][l] <= 0);
            assert_int_equal(m->same[f][l] == 0, m->chance[f][l] == 0);
        }
        assert_true(m->same[f][LEVEL_EQUAL] > m->chance[f][LEVEL_EQUAL]);
        assert_true(m->same[f][LEVEL_DIFFERENT] <
                    m->chance[f][LEVEL_DIFFERENT]);
    }
    assert_non_null(m->source.p);
}

static void
hostile_texts_are_compared_like_others(void **state)
{
    static char line[10000];
    struct arena arena;
    struct linkage_person a, b;
    struct linkage_evidence e;
    struct str raw[COLUMN_N];

    (void)state;
    heap_arena(&arena);
    memset(line, 'x', sizeof line);
    for (size_t c = 0; c < COLUMN_N; c++)
        raw[c] = (struct str){ .p = line, .n = sizeof line };
    a = linkage_prepare(&arena, raw);
    for (size_t c = 0; c < COLUMN_N; c++)
        raw[c] = STR("\xff\xfe\0\xc3");
    b = linkage_prepare(&arena, raw);
    e = linkage_compare(&linkage_default, &a, &b);
    assert_true(e.total < 0);
    e = linkage_compare(&linkage_default, &b, &b);
    assert_int_equal(e.level[LINKAGE_BIRTH], LEVEL_MISSING);
    for (size_t c = 0; c < COLUMN_N; c++)
        raw[c] = STR_NULL;
    b = linkage_prepare(&arena, raw);
    e = linkage_compare(&linkage_default, &b, &b);
    assert_int_equal(e.total, linkage_default.prior);
    heap_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_has_its_levels),
        cmocka_unit_test(guards_stand_over_the_sum),
        cmocka_unit_test(one_established_name_is_not_two),
        cmocka_unit_test(logarithms_are_whole_numbers),
        cmocka_unit_test(a_level_weighs_m_over_u_and_missing_nothing),
        cmocka_unit_test(rarity_counts_for_equal_values_only),
        cmocka_unit_test(swapped_fields_are_one_observation),
        cmocka_unit_test(three_outcomes_by_two_limits),
        cmocka_unit_test(a_siblings_number_is_for_a_person_to_see),
        cmocka_unit_test(a_model_for_children_guards_them),
        cmocka_unit_test(near_equal_candidates_are_for_a_person),
        cmocka_unit_test(the_weights_to_begin_with_are_shares),
        cmocka_unit_test(hostile_texts_are_compared_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
