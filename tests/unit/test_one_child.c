/* Children who are one, and are not again (domain.md section 4). */
#include "triage/core/one_child.h"

#include "common/core/records.h"
#include "tests/lib/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { CHILDREN = 7, SAID_MAX = 256, HISTORIES = 10000, MERGES_MAX = 6 };

/* What was given out, as tracker hears it. */
struct said {
    bool merged; /* else unmerged */
    struct id survivor, other;
};

struct desk {
    struct arena a;
    struct rows *rows;
    struct out out;
    struct step step;
    struct said said[SAID_MAX];
    size_t n;
};

static struct id
child_no(int no)
{
    return (struct id){ .b = { (uint8_t)(no + 1) } };
}

static enum status
hear(void *self, enum topic topic, struct id key, enum record_type type,
     void *body, struct err *err)
{
    struct desk *k = self;
    const struct child_merged *m = body;
    const struct child_unmerged *u = body;

    (void)key, (void)err;
    assert_int_equal(topic, TOPIC_CASEWORK);
    assert_true(k->n < SAID_MAX);
    if (type == REC_CHILD_MERGED)
        k->said[k->n++] = (struct said){ true, m->survivor_id, m->merged_id };
    else
        k->said[k->n++] = (struct said){ false, u->survivor_id, u->merged_id };
    return ST_OK;
}

static void
begin(struct desk *k)
{
    const struct rows_want *wants;

    *k = (struct desk){ .n = 0 };
    heap_arena(&k->a);
    k->rows = rows_open(&k->a, triage_tables, TRIAGE_TABLE_N);
    for (int i = 0; i < CHILDREN; i++) {
        struct triage_child like = { .merged_into = child_no(i) };
        struct triage_child c;

        rows_want_group(k->rows, TRIAGE_CHILD, CHILD_BY_SURVIVOR, &like);
        fields_clear(&triage_tables[TRIAGE_CHILD].fields, &c);
        c.child_id = child_no(i);
        c.first_seen_at = 1000 * ((i * 3) % CHILDREN); /* not in id order */
        c.told_by = 1;
        c.joined = 0;
        c.surname = STR("Testchild");
        rows_put(k->rows, TRIAGE_CHILD, &c);
    }
    (void)rows_take_wants(k->rows, &wants);
    k->out = (struct out){ .add = hear, .self = k };
    k->step = (struct step){ .arena = &k->a, .rows = k->rows, .out = &k->out };
}

static void
end(struct desk *k)
{
    struct err err = { .code = "" };

    assert_int_equal(rows_miss(k->rows, &err), ST_OK);
    heap_release(&k->a);
}

static const struct triage_child *
row_of(const struct desk *k, int no)
{
    struct triage_child like = { .child_id = child_no(no) };

    return rows_get(k->rows, TRIAGE_CHILD, &like);
}

static struct id
join(struct desk *k, int a, int b)
{
    struct err err = { .code = "" };
    struct id merged;

    assert_int_equal(triage_join(&k->step, child_no(a), child_no(b),
                                 STR("screener-1"), &merged, &err),
                     ST_OK);
    return merged;
}

static enum status
part(struct desk *k, struct id merged)
{
    struct err err = { .code = "" };

    return triage_part(&k->step, merged, STR("leader-1"), &err);
}

/* first_seen_at: 0 0, 1 3000, 2 6000, 3 2000, 4 5000, 5 1000, 6 4000 */
static void
the_one_first_seen_stands_for_both(void **state)
{
    struct desk k;

    (void)state;
    begin(&k);
    assert_true(id_eq(join(&k, 1, 3), child_no(1)));
    assert_true(id_eq(triage_survivor(k.rows, child_no(1)), child_no(3)));
    assert_true(id_eq(triage_survivor(k.rows, child_no(3)), child_no(3)));
    assert_true(k.said[0].merged);
    assert_true(id_eq(k.said[0].survivor, child_no(3)));
    assert_true(id_eq(k.said[0].other, child_no(1)));
    assert_int_equal(triage_members(k.rows, child_no(1)).n, 2);
    assert_true(id_eq(triage_members(k.rows, child_no(1)).at[0], child_no(3)));
    end(&k);
}

static void
who_are_one_already_are_not_joined_again(void **state)
{
    struct desk k;

    (void)state;
    begin(&k);
    (void)join(&k, 1, 3);
    (void)join(&k, 3, 0);
    assert_true(id_is_none(join(&k, 1, 0)));
    assert_int_equal(k.n, 2);
    end(&k);
}

static void
nobody_is_taken_out_of_nobody(void **state)
{
    struct desk k;

    (void)state;
    begin(&k);
    assert_int_equal(part(&k, child_no(2)), ST_REJECT);
    assert_int_equal(k.n, 0);
    end(&k);
}

/* 2 is merged into 4, 4 into 0: with 4 goes 2, and tracker hears of both. */
static void
who_was_merged_into_it_goes_along(void **state)
{
    static const struct {
        bool merged;
        int survivor, other;
    } wants[] = {
        { true, 4, 2 },  { true, 0, 4 }, { false, 0, 4 },
        { false, 0, 2 }, { true, 4, 2 },
    };
    struct desk k;

    (void)state;
    begin(&k);
    (void)join(&k, 2, 4);
    (void)join(&k, 4, 0);
    assert_int_equal(part(&k, child_no(4)), ST_OK);
    assert_true(id_eq(triage_survivor(k.rows, child_no(2)), child_no(4)));
    assert_int_equal(k.n, sizeof wants / sizeof wants[0]);
    for (size_t i = 0; i < k.n; i++) {
        assert_int_equal(k.said[i].merged, wants[i].merged);
        assert_true(id_eq(k.said[i].survivor, child_no(wants[i].survivor)));
        assert_true(id_eq(k.said[i].other, child_no(wants[i].other)));
    }
    end(&k);
}

/* ---- any history --------------------------------------------------------- */

static uint64_t
draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (*seed >> 33) % below;
}

/* Something is told of a child, whoever it is one with. */
static void
tell(struct desk *k, int no, uint64_t what)
{
    struct triage_child c = *row_of(k, no);

    c.told_by++;
    c.postcode = arena_printf(&k->a, "CT%d 1AA", (int)(what % 20));
    rows_put(k->rows, TRIAGE_CHILD, &c);
}

/* Whose a child's cases are, by what was given out: as tracker keeps them. */
static void
listen(const struct desk *k, struct id whose[CHILDREN])
{
    for (int i = 0; i < CHILDREN; i++)
        whose[i] = child_no(i);
    for (size_t s = 0; s < k->n; s++)
        for (int i = 0; i < CHILDREN; i++) {
            const struct said *said = &k->said[s];

            if (said->merged && id_eq(whose[i], said->other))
                whose[i] = said->survivor;
            else if (!said->merged && id_eq(whose[i], said->survivor) &&
                     id_eq(child_no(i), said->other))
                whose[i] = said->other;
        }
}

static void
assert_heard_alike(const struct desk *k)
{
    struct id whose[CHILDREN];

    listen(k, whose);
    for (int i = 0; i < CHILDREN; i++)
        assert_true(id_eq(whose[i], triage_survivor(k->rows, child_no(i))));
}

static void
one_history(uint64_t seed)
{
    struct desk k, plain; /* the same told, nobody ever merged */
    struct id merged[MERGES_MAX];
    size_t n = 0;

    begin(&k);
    begin(&plain);
    for (int step = 0; step < 24; step++) {
        int a = (int)draw(&seed, CHILDREN), b = (int)draw(&seed, CHILDREN);
        uint64_t what = draw(&seed, 1000);

        if (what % 3 == 0 && n < MERGES_MAX) {
            merged[n] = join(&k, a, b);
            n += !id_is_none(merged[n]);
        } else if (what % 7 == 0 && n > 0) {
            size_t i = draw(&seed, n);

            assert_int_equal(part(&k, merged[i]), ST_OK);
            merged[i] = merged[--n];
        } else {
            tell(&k, a, what);
            tell(&plain, a, what);
        }
        assert_heard_alike(&k);
    }
    while (n > 0) {
        size_t i = draw(&seed, n);

        assert_int_equal(part(&k, merged[i]), ST_OK);
        merged[i] = merged[--n];
    }
    assert_heard_alike(&k);
    for (int i = 0; i < CHILDREN; i++)
        assert_true(fields_eq(&triage_tables[TRIAGE_CHILD].fields,
                              row_of(&k, i), row_of(&plain, i)));
    end(&k);
    end(&plain);
}

static void
whatever_was_merged_is_apart_again_as_if_never_joined(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++)
        one_history(seed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_first_seen_stands_for_both),
        cmocka_unit_test(who_are_one_already_are_not_joined_again),
        cmocka_unit_test(nobody_is_taken_out_of_nobody),
        cmocka_unit_test(who_was_merged_into_it_goes_along),
        cmocka_unit_test(whatever_was_merged_is_apart_again_as_if_never_joined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
