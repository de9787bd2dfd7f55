/* What triage forgets with a key that was erased, and what it keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "triage/core/erase.h"
#include "triage/core/kept.h"
#include "tests/lib/heap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { CHILD = 1, OTHER = 2, NOTE = 10, UNKNOWN = 99 };
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

    for (int round = 0; round < 2; round++) {
        triage_erase_want(&k->step, e, round);
        (void)rows_take_wants(k->rows, &wants);
    }
}

static void
put_child(struct desk *k, int no, int32_t told_by)
{
    struct triage_child c;
    struct triage_identifier number = { .child_id = id_of(no) };

    fields_clear(&triage_tables[TRIAGE_CHILD].fields, &c);
    c.child_id = id_of(no);
    c.first_seen_at = SEEN_AT;
    c.forename = STR("Testchild");
    c.surname = STR("Alpha");
    c.dob = 15000;
    c.postcode = STR("ZZ1 1ZZ");
    c.told_by = told_by;
    rows_put(k->rows, TRIAGE_CHILD, &c);
    for (int i = 0; i < 2; i++) {
        number.kind = i == 0 ? IDENTIFIER_NHS : IDENTIFIER_UPN;
        number.value = i == 0 ? STR("9434765919") : STR("A123456789012");
        number.la_code = STR("");
        rows_put(k->rows, TRIAGE_IDENTIFIER, &number);
    }
}

static void
put_decision(struct desk *k, int note, int child, const char *rule_id)
{
    struct triage_decision d;

    fields_clear(&triage_tables[TRIAGE_DECISION].fields, &d);
    d.notification_id = id_of(note);
    d.agency_id = STR("agency");
    d.agency_ref = STR("ref");
    d.amendment = 0;
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
numbers(struct desk *k, int no)
{
    struct triage_identifier like = { .child_id = id_of(no) };
    size_t at = 0, n = 0;

    while (rows_next(k->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_CHILD, &like,
                     &at) != NULL)
        n++;
    return n;
}

struct told_row {
    const char *name;
    int32_t told_by;
    const char *rule_id;
    int note;
    int32_t left; /* told_by afterwards */
    bool emptied;
};

static const struct told_row told_rows[] = {
    { "the only one who told takes all of the child along", 1, "R1", NOTE, 0,
      true },
    { "one of two who told leaves the child its name", 2, "R1", NOTE, 1,
      false },
    { "one of three leaves two", 3, "R1", NOTE, 2, false },
    { "a child that was emptied before is not emptied again", 0, "R1", NOTE, 0,
      false },
    { "what is history only told nothing and takes nothing", 1, "W12", NOTE, 1,
      false },
    { "what triage never decided takes nothing", 1, "R1", UNKNOWN, 1, false },
};

static void
test_told_row(void **state)
{
    const struct told_row *row = *state;
    struct triage_child is;
    struct desk *k;
    void *made = NULL;

    (void)begin(&made);
    k = made;
    put_child(k, CHILD, row->told_by);
    put_decision(k, NOTE, CHILD, row->rule_id);
    erase(k, row->note);
    is = child(k, CHILD);
    assert_int_equal(is.told_by, row->left);
    assert_int_equal(is.first_seen_at, SEEN_AT);
    assert_int_equal(is.forename.p == NULL, row->emptied);
    assert_int_equal(is.surname.p == NULL, row->emptied);
    assert_int_equal(is.dob == DATE_NONE, row->emptied);
    assert_int_equal(is.postcode.p == NULL, row->emptied);
    assert_int_equal(k->n_said, row->emptied);
    if (row->emptied)
        assert_true(id_eq(k->said[0], id_of(CHILD)));
    if (row->note == NOTE) { /* else nothing of the child was asked for */
        struct triage_identifier like = { .child_id = id_of(CHILD) };
        const struct rows_want *wants;

        rows_want_group(k->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_CHILD, &like);
        (void)rows_take_wants(k->rows, &wants);
        assert_int_equal(numbers(k, CHILD), row->emptied ? 0 : 2);
    }
    (void)end(&made);
}

static void
another_child_keeps_all_it_has(void **state)
{
    struct triage_identifier like = { .child_id = id_of(OTHER) };
    const struct rows_want *wants;
    struct desk *k = *state;

    put_child(k, CHILD, 1);
    put_child(k, OTHER, 1);
    put_decision(k, NOTE, CHILD, "R1");
    erase(k, NOTE);
    rows_want_group(k->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_CHILD, &like);
    (void)rows_take_wants(k->rows, &wants);
    assert_true(str_is(child(k, OTHER).surname, "Alpha"));
    assert_int_equal(numbers(k, OTHER), 2);
}

static void
the_decision_stays_as_it_was(void **state)
{
    struct triage_decision like = { .notification_id = id_of(NOTE),
                                    .agency_id = STR("agency"),
                                    .agency_ref = STR("ref") };
    const struct triage_decision *d;
    struct desk *k = *state;

    put_child(k, CHILD, 1);
    put_decision(k, NOTE, CHILD, "R1");
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

    put_child(k, CHILD, 2);
    put_decision(k, NOTE, CHILD, "R1");
    erase(k, NOTE);
    assert_int_equal(k->n_said, 0);
    erase(k, NOTE); /* stands for the other who told */
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
        T(another_child_keeps_all_it_has),
        T(the_decision_stays_as_it_was),
        T(the_last_of_two_erasures_empties_the_child_and_says_so_once),
    };
    struct CMUnitTest tests[N(others) + N(told_rows)];

    memcpy(tests, others, sizeof others);
    for (size_t i = 0; i < N(told_rows); i++)
        tests[N(others) + i] =
            (struct CMUnitTest){ .name = told_rows[i].name,
                                 .test_func = test_told_row,
                                 .initial_state = (void *)&told_rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
