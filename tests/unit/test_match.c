/* Who is it: numbers, guards, name with birth (domain.md section 4). */
#include "triage/core/candidates.h"
#include "triage/core/match.h"
#include "triage/core/names.h"
#include "tests/lib/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>

/* ---- names ---- */

static void
a_name_is_compared_without_case_accents_and_marks(void **state)
{
    static const struct {
        const char *name;
        const char *norm; /* NULL: nothing is left */
    } rows[] = {
        { "Testchild", "testchild" },
        { "O'Example", "oexample" },
        { "Ann-Example", "annexample" },
        { " De  Test ", "detest" },
        { "Zo\xc3\xab", "zoe" },
        { "\xc3\x89lan", "elan" },
        { "Stra\xc3\x9f", "strass" },
        { "-", NULL },
        { "", NULL },
    };
    struct arena a;

    (void)state;
    heap_arena(&a);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str norm = triage_norm(&a, str_of(rows[i].name));

        if (rows[i].norm == NULL)
            assert_null(norm.p);
        else if (!str_is(norm, rows[i].norm))
            fail_msg("%s: %.*s", rows[i].name, STR_ARG(norm));
    }
    assert_null(triage_norm(&a, STR_NULL).p);
    heap_release(&a);
}

static void
one_typing_error_is_similar_and_two_are_not(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool similar;
    } rows[] = {
        { "alpha", "alpha", true },  { "alpha", "alpho", true },
        { "alpha", "alphaa", true }, { "alpha", "lpha", true },
        { "alpha", "aplha", true },  { "alpha", "alhpa", true },
        { "alpha", "olpho", false }, { "alpha", "bravo", false },
        { "ann", "anne", false }, /* too short for an error */
        { "ann", "ann", true },      { "abcd", "abdc", true },
        { "abc", "acb", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (triage_is_typo(str_of(rows[i].a), str_of(rows[i].b)) !=
            rows[i].similar)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
    assert_false(triage_is_typo(STR_NULL, STR_NULL));
}

/* ---- matches ---- */

/* A child or a message, by what tells it apart; NULL where nothing is known. */
struct told {
    const char *forename;
    const char *surname;
    const char *dob;
    int sex;
    const char *nhs;
    const char *upn;
    const char *la;
    const char *address;
    const char *alias;
};

struct row {
    const char *name;
    struct told children[2]; /* that are known; unused: no surname */
    struct told message;
    int status;
    const char *step;
    int child;        /* 1 or 2 of `children` for MATCH_MATCHED */
    const char *link; /* of a new child */
};

#define ALPHA "Testchild", "Alpha", "2008-05-01", SEX_F

static const struct row rows[] = {
    { .name = "nobody known: new",
      .message = { ALPHA },
      .status = MATCH_NEW,
      .step = "5" },
    { .name = "step 1: NHS number and birth",
      .children = { { ALPHA, .nhs = "9990000123" } },
      .message = { "Other", "Name", "2008-05-01", SEX_F, .nhs = "9990000123" },
      .status = MATCH_MATCHED,
      .step = "1",
      .child = 1 },
    { .name = "step 1: NHS number and similar names",
      .children = { { ALPHA, .nhs = "9990000123" } },
      .message = { "Testchlid", "Alpha", "2009-05-01", SEX_F,
                   .nhs = "9990000123" },
      .status = MATCH_MATCHED,
      .step = "1",
      .child = 1 },
    { .name = "step 1: NHS number and an alias",
      .children = { { ALPHA, .nhs = "9990000123", .alias = "Exampla" } },
      .message = { "Exampla", "Alpha", "2009-05-01", SEX_F,
                   .nhs = "9990000123" },
      .status = MATCH_MATCHED,
      .step = "1",
      .child = 1 },
    { .name = "step 2: UPN and birth",
      .children = { { ALPHA, .upn = "P886200020001" } },
      .message = { "Other", "Name", "2008-05-01", SEX_F,
                   .upn = "P886200020001" },
      .status = MATCH_MATCHED,
      .step = "2",
      .child = 1 },
    { .name = "a UPN without the birth proves nothing",
      .children = { { ALPHA, .upn = "P886200020001" } },
      .message = { "Testchild", "Alpha", "2008-05-02", SEX_F,
                   .upn = "P886200020001" },
      .status = MATCH_REVIEW,
      .step = "4" },
    { .name = "a temporary UPN says nothing",
      .children = { { ALPHA, .upn = "P88620002000A" } },
      .message = { "Other", "Name", "2008-05-01", SEX_F,
                   .upn = "P88620002000A" },
      .status = MATCH_NEW,
      .step = "5" },
    { .name = "step 3: child id of the authority and surname",
      .children = { { ALPHA, .la = "LC1" } },
      .message = { "Other", "Alpha", "2001-01-01", SEX_F, .la = "LC1" },
      .status = MATCH_MATCHED,
      .step = "3",
      .child = 1 },
    { .name = "step 4: a number whose name and birth both differ",
      .children = { { ALPHA, .nhs = "9990000123" } },
      .message = { "Other", "Name", "2001-01-01", SEX_F, .nhs = "9990000123" },
      .status = MATCH_REVIEW,
      .step = "4" },
    { .name = "step 4: two numbers of two children",
      .children = { { ALPHA, .nhs = "9990000123" },
                    { "Second", "Bravo", "2007-01-01", SEX_F,
                      .upn = "P886200020001" } },
      .message = { ALPHA, .nhs = "9990000123", .upn = "P886200020001" },
      .status = MATCH_REVIEW,
      .step = "4" },
    { .name = "step 5: name and birth exactly",
      .children = { { ALPHA } },
      .message = { "TESTCHILD", "al-pha", "2008-05-01", SEX_U },
      .status = MATCH_MATCHED,
      .step = "5",
      .child = 1 },
    { .name = "step 5: two children of one name and birth",
      .children = { { ALPHA }, { ALPHA } },
      .message = { ALPHA },
      .status = MATCH_REVIEW,
      .step = "5" },
    { .name = "step 5: another birth leaves a doubt between the limits",
      .children = { { ALPHA } },
      .message = { "Testchild", "Alpha", "2008-06-02", SEX_F },
      .status = MATCH_REVIEW,
      .step = "5" },
    { .name = "step 5: day and month swapped, everything else agrees",
      .children = { { "Testchild", "Alpha", "2008-05-11", SEX_F,
                      .address = "1 Example Road" } },
      .message = { "Testchild", "Alpha", "2008-11-05", SEX_F,
                   .address = "1 Example Road" },
      .status = MATCH_MATCHED,
      .step = "5",
      .child = 1 },
    { .name = "step 5: forename and surname swapped",
      .children = { { ALPHA } },
      .message = { "Alpha", "Testchild", "2008-05-01", SEX_F },
      .status = MATCH_MATCHED,
      .step = "5",
      .child = 1 },
    { .name = "step 5: a typing error in the surname",
      .children = { { ALPHA } },
      .message = { "Testchild", "Alhpa", "2008-05-01", SEX_F },
      .status = MATCH_MATCHED,
      .step = "5",
      .child = 1 },
    { .name = "step 5: another surname at the same postcode and birth",
      .children = { { ALPHA } },
      .message = { "Testchild", "Zulu", "2008-05-01", SEX_F },
      .status = MATCH_REVIEW,
      .step = "5" },
    { .name = "step 5: another surname at the same address and birth",
      .children = { { ALPHA, .address = "1 Example Road" } },
      .message = { "Testchild", "Zulu", "2008-05-01", SEX_F,
                   .address = "1 Example Road" },
      .status = MATCH_MATCHED,
      .step = "5",
      .child = 1 },
    { .name = "step 5: a nickname",
      .children = { { "Thomas", "Alpha", "2008-05-01", SEX_M } },
      .message = { "Tommy", "Alpha", "2008-05-01", SEX_M },
      .status = MATCH_MATCHED,
      .step = "5",
      .child = 1 },
    { .name = "names that twins may have need a person",
      .children = { { "Jayden", "Alpha", "2008-05-01", SEX_M } },
      .message = { "Hayden", "Alpha", "2008-05-01", SEX_M },
      .status = MATCH_REVIEW,
      .step = "5" },
    { .name = "two valid NHS numbers are two children",
      .children = { { ALPHA, .nhs = "9990000123" } },
      .message = { ALPHA, .nhs = "9434765919" },
      .status = MATCH_REVIEW,
      .step = "5" },
    { .name = "two valid UPNs are two children, whatever the NHS number says",
      .children = { { ALPHA, .nhs = "9990000123", .upn = "P886200020001" } },
      .message = { ALPHA, .nhs = "9990000123", .upn = "M201450112345" },
      .status = MATCH_REVIEW,
      .step = "4" },
    { .name = "a temporary UPN contradicts nothing",
      .children = { { ALPHA, .upn = "P886200020001" } },
      .message = { ALPHA, .upn = "P88620002000A" },
      .status = MATCH_MATCHED,
      .step = "5",
      .child = 1 },
    { .name = "nothing in common: new",
      .children = { { ALPHA } },
      .message = { "Younger", "Bravo", "2011-11-23", SEX_M },
      .status = MATCH_NEW,
      .step = "5" },
    { .name = "step 6: a sibling is new and linked",
      .children = { { ALPHA, .address = "1 Example Road" } },
      .message = { "Younger", "Alpha", "2011-11-23", SEX_F,
                   .address = "1 Example Road" },
      .status = MATCH_NEW,
      .step = "6",
      .link = "sibling" },
    { .name = "step 6: another address is no sibling that we know of",
      .children = { { ALPHA, .address = "1 Example Road" } },
      .message = { "Younger", "Alpha", "2011-11-23", SEX_F,
                   .address = "2 Example Road" },
      .status = MATCH_NEW,
      .step = "5" },
    { .name = "step 7: a twin is new and linked",
      .children = { { ALPHA } },
      .message = { "Different", "Alpha", "2008-05-01", SEX_M },
      .status = MATCH_NEW,
      .step = "7",
      .link = "twin" },
    { .name = "step 7: a baby without a name needs a person",
      .children = { { ALPHA } },
      .message = { "Baby", "Alpha", "2008-05-01", SEX_F },
      .status = MATCH_REVIEW,
      .step = "7" },
    { .name = "step 7: the same name with another sex needs a person",
      .children = { { ALPHA } },
      .message = { "Testchild", "Alpha", "2008-05-01", SEX_M },
      .status = MATCH_REVIEW,
      .step = "7" },
    { .name = "a number typed for the twin needs a person",
      .children = { { ALPHA, .nhs = "9990000123" } },
      .message = { "Different", "Alpha", "2008-05-01", SEX_F,
                   .nhs = "9990000123" },
      .status = MATCH_REVIEW,
      .step = "6" },
};
#define N_ROWS (sizeof rows / sizeof rows[0])

static date_d
date(const char *text)
{
    date_d d = DATE_NONE;

    if (text != NULL)
        assert_true(date_parse(str_of(text), &d));
    return d;
}

static struct person
person_of(const struct told *who)
{
    struct person p;

    fields_clear(&fields_person, &p);
    p.forename = str_of(who->forename);
    p.surname = str_of(who->surname);
    p.dob = date(who->dob);
    p.sex = who->sex;
    p.nhs_number = str_of(who->nhs);
    p.upn = str_of(who->upn);
    p.la_child_id = str_of(who->la);
    p.la_code = STR("886");
    p.address = str_of(who->address);
    p.postcode = STR("CT1 1AA");
    return p;
}

static struct id
child_id(int no)
{
    return (struct id){ .b = { (uint8_t)no } };
}

static void
put_number(struct rows *r, int kind, const char *value, struct str la_code,
           int no)
{
    struct triage_identifier id = { .kind = kind,
                                    .value = str_of(value),
                                    .la_code = la_code,
                                    .child_id = child_id(no) };

    if (value != NULL)
        rows_put(r, TRIAGE_IDENTIFIER, &id);
}

static void
put_child(struct rows *r, struct arena *a, const struct told *who, int no)
{
    struct person p = person_of(who);
    struct triage_child c;
    struct description is;
    struct str alias = str_of(who->alias);

    fields_clear(&triage_tables[TRIAGE_CHILD].fields, &c);
    c.child_id = child_id(no);
    c.forename_norm = triage_forename_norm(a, p.forename);
    c.surname_norm = triage_norm(a, p.surname);
    c.dob = p.dob;
    c.sex = p.sex;
    c.postcode = p.postcode;
    c.address_norm = triage_address_norm(a, &p);
    c.school_urn = p.school_urn;
    c.nhs_number = p.nhs_number;
    c.upn = p.upn;
    c.joined = 0;
    if (who->alias != NULL)
        c.aliases = (struct texts){ .at = &alias, .n = 1 };
    rows_put(r, TRIAGE_CHILD, &c);
    is = triage_description(a, &c);
    triage_blocks_keep(r, c.child_id, NULL, &is);
    put_number(r, IDENTIFIER_NHS, who->nhs, STR(""), no);
    put_number(r, IDENTIFIER_UPN, who->upn, STR(""), no);
    put_number(r, IDENTIFIER_LA, who->la, STR("886"), no);
}

/* As a profile gives it: children, one in a million before anything is told. */
static struct linkage_model model;

/* Ask as touch does; what was put stands in for the database. */
static struct match
match(struct rows *r, struct arena *a, const struct person *p)
{
    const struct rows_want *wants;

    for (int round = 0; round < 2; round++) {
        triage_match_want(r, a, p, round);
        (void)rows_take_wants(r, &wants);
    }
    return triage_match(r, a, &model, p);
}

static void
a_child_is_found_or_not(void **state)
{
    const struct row *row = *state;
    struct person p = person_of(&row->message);
    struct arena a;
    struct rows *r;
    struct match m;
    struct err err = { .code = "" };

    heap_arena(&a);
    r = rows_open(&a, triage_tables, TRIAGE_TABLE_N);
    for (int i = 0; i < 2; i++)
        if (row->children[i].surname != NULL)
            put_child(r, &a, &row->children[i], i + 1);
    m = match(r, &a, &p);
    assert_int_equal(rows_miss(r, &err), ST_OK);
    assert_int_equal(m.status, row->status);
    assert_true(str_is(m.step, row->step));
    if (row->child != 0)
        assert_true(id_eq(m.child_id, child_id(row->child)));
    else
        assert_true(id_is_none(m.child_id));
    assert_int_equal(m.candidates.n > 0, row->status == MATCH_REVIEW);
    if (row->link == NULL)
        assert_true(id_is_none(m.linked_id));
    else
        assert_true(str_is(m.link, row->link));
    heap_release(&a);
}

static void
an_id_of_another_authority_is_another_id(void **state)
{
    const struct told known = { ALPHA, .la = "LC1" };
    struct told message = { "Other", "Alpha", "2001-01-01", SEX_F,
                            .la = "LC1" };
    struct person p = person_of(&message);
    struct arena a;
    struct rows *r;

    (void)state;
    heap_arena(&a);
    r = rows_open(&a, triage_tables, TRIAGE_TABLE_N);
    put_child(r, &a, &known, 1);
    p.la_code = STR("857");
    assert_int_equal(match(r, &a, &p).status, MATCH_NEW);
    heap_release(&a);
}

/* ---- unborn ---- */

static struct person
unborn(const char *expected, const char *mother)
{
    static const struct person_member family[] = {
        { .name = { "Mother Example", 14 },
          .dob = DATE_NONE,
          .relationship = { "Mother", 6 } },
        { .name = { "Mother Different", 16 },
          .dob = DATE_NONE,
          .relationship = { "Mother", 6 } },
    };
    struct person p;

    fields_clear(&fields_person, &p);
    p.expected_dob = date(expected);
    p.household = (struct items){
        .at = str_is(family[0].name, mother) ? &family[0] : &family[1],
        .n = 1,
    };
    return p;
}

static void
an_unborn_child_of_one_mother_is_never_matched_alone(void **state)
{
    static const struct {
        const char *expected;
        const char *mother;
        int status;
    } cases[] = {
        { "2015-06-29", "Mother Example", MATCH_REVIEW }, /* 28 days later */
        { "2015-06-30", "Mother Example", MATCH_NEW },
        { "2015-05-04", "Mother Example", MATCH_REVIEW }, /* 28 before */
        { "2015-05-03", "Mother Example", MATCH_NEW },
        { "2015-06-01", "Mother Different", MATCH_NEW },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct person known = unborn("2015-06-01", "Mother Example");
        struct person p = unborn(cases[i].expected, cases[i].mother);
        struct triage_child c;
        struct arena a;
        struct rows *r;

        heap_arena(&a);
        r = rows_open(&a, triage_tables, TRIAGE_TABLE_N);
        fields_clear(&triage_tables[TRIAGE_CHILD].fields, &c);
        c.child_id = child_id(1);
        c.expected_dob = known.expected_dob;
        c.mother_norm = triage_mother_norm(&a, &known);
        rows_put(r, TRIAGE_CHILD, &c);
        assert_int_equal(match(r, &a, &p).status, cases[i].status);
        heap_release(&a);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_compared_without_case_accents_and_marks),
        cmocka_unit_test(one_typing_error_is_similar_and_two_are_not),
        cmocka_unit_test(an_id_of_another_authority_is_another_id),
        cmocka_unit_test(an_unborn_child_of_one_mother_is_never_matched_alone),
    };
    struct CMUnitTest matches[N_ROWS];
    int failed;

    model = linkage_default;
    model.children = true;
    failed = cmocka_run_group_tests_name("names", tests, NULL, NULL);
    for (size_t i = 0; i < N_ROWS; i++)
        matches[i] = (struct CMUnitTest){
            .name = rows[i].name,
            .test_func = a_child_is_found_or_not,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    failed += cmocka_run_group_tests_name("matches", matches, NULL, NULL);
    return failed;
}
