/* What triage forgets with a key that was erased, and what it keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "triage/core/candidates.h"
#include "triage/core/erase.h"
#include "triage/core/kept.h"
#include "triage/core/match.h"
#include "triage/core/told.h"
#include "tests/lib/heap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { CHILD = 1, OTHER = 2, NOTE = 10, LATER = 11, UNKNOWN = 99 };
enum { SEEN_AT = 1000 };

struct desk {
    struct arena a;
    struct rows *rows;
    struct out out;
    struct step step;
    struct id said[4]; /* children of ChildErased, in order */
    size_t n_said;
};

static struct id
id_of(int no)
{
    return (struct id){ .b = { (uint8_t)no } };
}

static enum status
hear(void *self, enum topic topic, struct id key, enum record_type type,
     void *body, struct err *err)
{
    struct desk *k = self;
    const struct child_erased *rec = body;

    (void)err;
    assert_int_equal(topic, TOPIC_CASEWORK);
    assert_int_equal(type, REC_CHILD_ERASED);
    assert_true(id_eq(key, rec->child_id));
    assert_true(rec->meta.subject.n == ID_TEXT_SIZE - 1);
    assert_in_range(k->n_said, 0, N(k->said) - 1);
    k->said[k->n_said++] = rec->child_id;
    return ST_OK;
}

/* All that the erasure says that it may touch, as if it had been loaded. */
static void
want(struct desk *k, const struct erasure_recorded *e)
{
    const struct rows_want *wants;

    for (int round = 0; round < 3; round++) {
        triage_erase_want(&k->step, e, round);
        (void)rows_take_wants(k->rows, &wants);
    }
}

/* What two notifications tell; NOTE is first, and LATER replaces where it is
 * last told that counts. */
static struct person
told_first(void)
{
    struct person p;

    fields_clear(&fields_person, &p);
    p.forename = STR("Testchild");
    p.surname = STR("Alpha");
    p.dob = 15000;
    p.sex = SEX_F;
    p.postcode = STR("ZZ1 1ZZ");
    p.address = STR("1 Alpha Lane");
    p.nhs_number = STR("9434765919");
    p.upn = STR("A123456789012");
    return p;
}

static struct person
told_later(void)
{
    struct person p;

    fields_clear(&fields_person, &p);
    p.forename = STR("Tess");
    p.surname = STR("Alpha");
    p.dob = 15000;
    p.disability = SET_BIT(DISABILITY_HEAR);
    p.postcode = STR("ZZ2 2ZZ");
    p.school_urn = STR("123456");
    p.nhs_number = STR("9434765919");
    p.la_code = STR("886");
    p.la_child_id = STR("LA-1");
    return p;
}

static void
put_number(struct desk *k, struct id child_id, int kind, struct str value,
           struct str la_code)
{
    struct triage_identifier number = {
        .kind = kind, .value = value, .la_code = la_code, .child_id = child_id
    };

    if (value.p != NULL)
        rows_put(k->rows, TRIAGE_IDENTIFIER, &number);
}

/* One more notification tells of the child. */
static void
tell(struct desk *k, int no, int note, const struct person *p, bool over)
{
    struct triage_child like = { .child_id = id_of(no) };
    const struct triage_child *had = rows_get(k->rows, TRIAGE_CHILD, &like);
    const struct telling telling = { .child_id = id_of(no),
                                     .notification_id = id_of(note),
                                     .person = p,
                                     .over = over };
    struct triage_child c;
    struct triage_told told;

    if (had != NULL) {
        c = *had;
    } else {
        fields_clear(&triage_tables[TRIAGE_CHILD].fields, &c);
        c.child_id = id_of(no);
        c.first_seen_at = SEEN_AT;
        c.told_by = 0;
        c.joined = 0;
        c.tellings = 0;
    }
    told = triage_told_row(&k->a, &c, &telling);
    triage_told_add(&k->a, &c, &told);
    rows_put(k->rows, TRIAGE_TOLD, &told);
    rows_put(k->rows, TRIAGE_CHILD, &c);
    put_number(k, c.child_id, IDENTIFIER_NHS, p->nhs_number, STR(""));
    put_number(k, c.child_id, IDENTIFIER_UPN, p->upn, STR(""));
    put_number(k, c.child_id, IDENTIFIER_LA, p->la_child_id, p->la_code);
}

static void
put_decision(struct desk *k, int note, int child, const char *rule_id)
{
    struct triage_decision d;

    fields_clear(&triage_tables[TRIAGE_DECISION].fields, &d);
    d.notification_id = id_of(note);
    d.agency_id = STR("agency");
    d.agency_ref = STR("ref");
    d.amendment = note; /* a key of its own */
    d.child_id = id_of(child);
    d.rule_id = str_of(rule_id);
    d.outcome = OUTCOME_SINGLE_AGENCY;
    triage_keep(k->rows, &d);
}

static struct erasure_recorded
erasure(int note)
{
    struct erasure_recorded e;

    fields_clear(&fields_erasure_recorded, &e);
    e.item_id = id_of(note);
    e.by = STR("Officer Alpha");
    e.second_by = STR("Officer Bravo");
    return e;
}

static int
begin(void **state)
{
    struct desk *k = calloc(1, sizeof *k);

    assert_non_null(k);
    heap_arena(&k->a);
    k->rows = rows_open(&k->a, triage_tables, TRIAGE_TABLE_N);
    k->out = (struct out){ .add = hear, .self = k };
    k->step = (struct step){ .arena = &k->a, .rows = k->rows, .out = &k->out };
    *state = k;
    return 0;
}

static int
end(void **state)
{
    struct desk *k = *state;
    struct err err = { .code = "" };

    assert_int_equal(rows_miss(k->rows, &err), ST_OK);
    heap_release(&k->a);
    free(k);
    return 0;
}

static void
erase(struct desk *k, int note)
{
    struct erasure_recorded e = erasure(note);
    struct err err = { .code = "" };

    want(k, &e);
    if (triage_erase(&k->step, &e, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
}

static struct triage_child
child(struct desk *k, int no)
{
    return *triage_child_of(k->rows, id_of(no));
}

static size_t
rows_of(struct desk *k, size_t table, int index, const void *like)
{
    const struct rows_want *wants;
    size_t at = 0, n = 0;

    rows_want_group(k->rows, table, index, like);
    (void)rows_take_wants(k->rows, &wants);
    while (rows_next(k->rows, table, index, like, &at) != NULL)
        n++;
    return n;
}

static size_t
numbers(struct desk *k, int no)
{
    struct triage_identifier like = { .child_id = id_of(no) };

    return rows_of(k, TRIAGE_IDENTIFIER, IDENTIFIER_BY_CHILD, &like);
}

static size_t
tellings(struct desk *k, int no)
{
    struct triage_told like = { .child_id = id_of(no) };

    return rows_of(k, TRIAGE_TOLD, TOLD_BY_CHILD, &like);
}

/* The first and, where `both`, the later one told of CHILD. */
static void
tell_of_child(struct desk *k, bool both)
{
    struct person p = told_first();

    tell(k, CHILD, NOTE, &p, true);
    put_decision(k, NOTE, CHILD, "R1");
    p = told_later();
    if (both) {
        tell(k, CHILD, LATER, &p, false);
        put_decision(k, LATER, CHILD, "R1");
    }
}

/* ---- what is left, field by field ---- */

#define TEXT_OF(m) .text = offsetof(struct triage_child, m)

struct left_row {
    const char *name;
    size_t text;       /* of struct triage_child */
    const char *both;  /* NULL: nothing */
    const char *first; /* with the later one erased */
    const char *later; /* with the first one erased */
};

static const struct left_row left_rows[] = {
    { "the name that one told goes with it, and is the other's",
      TEXT_OF(forename), "Testchild", "Testchild", "Tess" },
    { "what both told stays", TEXT_OF(surname), "Alpha", "Alpha", "Alpha" },
    { "what was told anew is again what was told before", TEXT_OF(postcode),
      "ZZ2 2ZZ", "ZZ1 1ZZ", "ZZ2 2ZZ" },
    { "what the first alone told goes with it", TEXT_OF(address),
      "1 Alpha Lane", "1 Alpha Lane", NULL },
    { "what is made of it goes, too", TEXT_OF(address_norm),
      "zz11zz 1alphalane", "zz11zz 1alphalane", NULL },
    { "what the later alone told goes with it", TEXT_OF(school_urn), "123456",
      NULL, "123456" },
    { "a number that both told stays", TEXT_OF(nhs_number), "9434765919",
      "9434765919", "9434765919" },
    { "a number that one told goes with it", TEXT_OF(upn), "A123456789012",
      "A123456789012", NULL },
    { "and so does an id of an authority", TEXT_OF(la_child_id), "LA-1", NULL,
      "LA-1" },
};

static void
assert_text(const struct triage_child *c, size_t offset, const char *want)
{
    const struct str *is = (const void *)((const char *)c + offset);

    if (want == NULL)
        assert_null(is->p);
    else if (!str_is(*is, want))
        fail_msg("\"%.*s\", not \"%s\"", STR_ARG(*is), want);
}

static void
test_left_row(void **state)
{
    const struct left_row *row = *state;
    const struct {
        int note;
        const char *want;
    } turns[] = { { UNKNOWN, row->both },
                  { LATER, row->first },
                  { NOTE, row->later } };

    for (size_t i = 0; i < N(turns); i++) {
        struct triage_child c;
        void *made = NULL;

        (void)begin(&made);
        tell_of_child(made, true);
        erase(made, turns[i].note);
        c = child(made, CHILD);
        assert_text(&c, row->text, turns[i].want);
        assert_int_equal(((struct desk *)made)->n_said, 0);
        (void)end(&made);
    }
}

/* ---- the rest ---- */

static void
the_only_one_who_told_takes_all_of_the_child_along(void **state)
{
    struct desk *k = *state;
    struct triage_child c;

    tell_of_child(k, false);
    erase(k, NOTE);
    c = child(k, CHILD);
    for (size_t i = 0; i < N(left_rows); i++)
        assert_text(&c, left_rows[i].text, NULL);
    assert_int_equal(c.told_by, 0);
    assert_int_equal(c.dob, DATE_NONE);
    assert_int_equal(c.sex, 0);
    assert_int_equal(c.aliases.n, 0);
    assert_int_equal(c.first_seen_at, SEEN_AT);
    assert_int_equal(numbers(k, CHILD), 0);
    assert_int_equal(tellings(k, CHILD), 0);
    assert_int_equal(k->n_said, 1);
    assert_true(id_eq(k->said[0], id_of(CHILD)));
}

static void
codes_are_those_of_who_still_tells(void **state)
{
    struct desk *k = *state;

    tell_of_child(k, true);
    erase(k, NOTE);
    assert_int_equal(child(k, CHILD).sex, 0);
    assert_int_equal(child(k, CHILD).disability, SET_BIT(DISABILITY_HEAR));
    assert_int_equal(child(k, CHILD).told_by, 1);
    assert_int_equal(child(k, CHILD).aliases.n, 0); /* now its name */
}

static void
a_number_stays_while_another_tells_it(void **state)
{
    struct desk *k = *state;

    tell_of_child(k, true);
    assert_int_equal(numbers(k, CHILD), 3);
    erase(k, LATER);
    assert_int_equal(numbers(k, CHILD), 2); /* the LA's id was the later's */
}

static void
no_telling_gets_the_number_of_an_erased_one(void **state)
{
    struct person p = told_later();
    struct desk *k = *state;

    tell_of_child(k, true);
    erase(k, LATER);
    p.postcode = STR("ZZ3 3ZZ");
    tell(k, CHILD, OTHER, &p, false);
    assert_int_equal(child(k, CHILD).tellings, 3);
    assert_int_equal(tellings(k, CHILD), 2);
    assert_true(str_is(child(k, CHILD).postcode, "ZZ3 3ZZ"));
}

/* Blocks of the child: what triage finds it by. */
static size_t
found_by(struct desk *k, const struct person *p)
{
    struct description d = triage_described(&k->a, p);
    const struct rows_want *wants;

    triage_blocks_want(k->rows, &d);
    (void)rows_take_wants(k->rows, &wants);
    return triage_blocks_find(k->rows, &k->a, &d).n;
}

static void
a_child_is_found_by_what_is_left_of_it(void **state)
{
    struct person first = told_first(), later = told_later();
    struct description is;
    struct triage_child c;
    const struct rows_want *wants;
    struct desk *k = *state;

    tell_of_child(k, true);
    c = child(k, CHILD);
    is = triage_description(&k->a, &c);
    triage_blocks_want_of(k->rows, &is);
    (void)rows_take_wants(k->rows, &wants);
    triage_blocks_keep(k->rows, id_of(CHILD), NULL, &is);
    first.surname = later.surname = STR_NULL; /* by the forename and birth */
    first.postcode = later.postcode = STR_NULL;
    first.address = STR_NULL;
    assert_int_equal(found_by(k, &first), 1);
    assert_int_equal(found_by(k, &later), 0);
    erase(k, NOTE);
    assert_int_equal(found_by(k, &first), 0);
    assert_int_equal(found_by(k, &later), 1);
}

static void
what_told_nothing_of_the_child_takes_nothing(void **state)
{
    struct desk *k = *state;

    tell_of_child(k, false);
    put_decision(k, OTHER, CHILD, TRIAGE_SUPERSEDED);
    erase(k, OTHER);   /* history only */
    erase(k, UNKNOWN); /* never decided */
    assert_true(str_is(child(k, CHILD).surname, "Alpha"));
    assert_int_equal(child(k, CHILD).told_by, 1);
    assert_int_equal(k->n_said, 0);
}

static void
another_child_keeps_all_it_has(void **state)
{
    struct person p = told_first();
    struct desk *k = *state;

    tell(k, OTHER, LATER, &p, true);
    tell_of_child(k, false);
    erase(k, NOTE);
    assert_true(str_is(child(k, OTHER).surname, "Alpha"));
    assert_int_equal(numbers(k, OTHER), 2);
    assert_int_equal(tellings(k, OTHER), 1);
}

static void
the_decision_stays_as_it_was(void **state)
{
    struct triage_decision like = { .notification_id = id_of(NOTE),
                                    .agency_id = STR("agency"),
                                    .agency_ref = STR("ref"),
                                    .amendment = NOTE };
    const struct triage_decision *d;
    struct desk *k = *state;

    tell_of_child(k, false);
    erase(k, NOTE);
    d = rows_get(k->rows, TRIAGE_DECISION, &like);
    assert_non_null(d);
    assert_int_equal(d->outcome, OUTCOME_SINGLE_AGENCY);
    assert_true(id_eq(d->child_id, id_of(CHILD)));
}

static void
the_last_of_two_erasures_empties_the_child_and_says_so_once(void **state)
{
    struct desk *k = *state;

    tell_of_child(k, true);
    erase(k, LATER);
    assert_int_equal(k->n_said, 0);
    erase(k, LATER); /* again: it is gone already */
    assert_int_equal(child(k, CHILD).told_by, 1);
    assert_int_equal(k->n_said, 0);
    erase(k, NOTE);
    assert_int_equal(k->n_said, 1);
    erase(k, NOTE);
    assert_int_equal(k->n_said, 1);
    assert_null(child(k, CHILD).surname.p);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
    static const struct CMUnitTest others[] = {
        T(the_only_one_who_told_takes_all_of_the_child_along),
        T(codes_are_those_of_who_still_tells),
        T(a_number_stays_while_another_tells_it),
        T(no_telling_gets_the_number_of_an_erased_one),
        T(a_child_is_found_by_what_is_left_of_it),
        T(what_told_nothing_of_the_child_takes_nothing),
        T(another_child_keeps_all_it_has),
        T(the_decision_stays_as_it_was),
        T(the_last_of_two_erasures_empties_the_child_and_says_so_once),
    };
    struct CMUnitTest tests[N(others) + N(left_rows)];

    memcpy(tests, others, sizeof others);
    for (size_t i = 0; i < N(left_rows); i++)
        tests[N(others) + i] =
            (struct CMUnitTest){ .name = left_rows[i].name,
                                 .test_func = test_left_row,
                                 .initial_state = (void *)&left_rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
