#include "cli/link_train.h"

#include <math.h>
#include <stdlib.h>

enum {
    DRAWN_MAX = 400000,
    DRAWN_EACH = 100, /* of a record, in small files */
    ROUNDS_MAX = 40,
    PRIOR_PAIRS = 20, /* what the weights to begin with count for */
};

#define SETTLED 1e-4          /* part of `expected` */
#define CHANCE_LEAST 0.000001 /* no level is rarer than can be counted */

typedef double table[LINKAGE_N][LEVEL_N]; /* shares, levels of a field */

struct training {
    const struct link_people *people;
    const struct link_pairs *pairs;
    uint64_t *drawn; /* levels of pairs drawn at random */
    size_t n_drawn;
    table same, chance, begin;
    /* log2 of them */
    table same_log, chance_log;
    double odds; /* log2 */
    double expected, all;
};

/* ---- shares ------------------------------------------------------------ */

static int
level_in(uint64_t levels, size_t field)
{
    return (int)(levels >> 4 * field & 15);
}

static void
share(double *row)
{
    double sum = 0;

    for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++)
        sum += row[l];
    for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++)
        row[l] = sum > 0 ? row[l] / sum : 0;
}

static void
set_logs(struct training *t)
{
    for (size_t f = 0; f < LINKAGE_N; f++)
        for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++) {
            t->same_log[f][l] = log2(fmax(t->same[f][l], CHANCE_LEAST));
            t->chance_log[f][l] = log2(fmax(t->chance[f][l], CHANCE_LEAST));
        }
    t->odds = log2(t->expected / (t->all - t->expected));
}

static void
begin(struct training *t)
{
    size_t n = t->people->n, first = t->people->n_first;
    double a = (double)first, b = (double)(n - first);

    for (size_t f = 0; f < LINKAGE_N; f++) {
        for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++) {
            bool is = linkage_default.same[f][l] != 0;

            t->begin[f][l] = is ? exp2(linkage_default.same[f][l] / 1000.0) : 0;
            t->same[f][l] = t->begin[f][l];
            t->chance[f][l] =
                is ? exp2(linkage_default.chance[f][l] / 1000.0) : 0;
        }
        share(t->begin[f]);
        share(t->same[f]);
        share(t->chance[f]);
    }
    t->all = b > 0 ? a * b : a * (a - 1) / 2;
    t->expected = b > 0 ? fmin(a, b) / 2 : a / 10;
}

/* ---- drawing ----------------------------------------------------------- */

/* splitmix64: the same draws everywhere. */
static uint64_t
draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void
draw_pairs(struct training *t)
{
    size_t n = t->people->n, first = t->people->n_first;
    uint64_t state = 1;

    for (size_t i = 0; i < t->n_drawn; i++) {
        size_t a = draw(&state) % first;
        size_t b = first < n ? first + draw(&state) % (n - first)
                             : (a + 1 + draw(&state) % (n - 1)) % n;

        t->drawn[i] = link_pair_of(t->people, (uint32_t)a, (uint32_t)b).levels;
    }
}

/* ---- a round ----------------------------------------------------------- */

static bool
is_told(size_t field, int level)
{
    return level == LEVEL_SWAPPED &&
           (field == LINKAGE_SURNAME || field == LINKAGE_ADDRESS_2);
}

/* Probability; fields of `rare_in` have their rarity in `rare` (millibits). */
static double
probability(const struct training *t, uint64_t levels, unsigned rare_in,
            int32_t rare)
{
    double w = t->odds + rare / 1000.0;

    for (size_t f = 0; f < LINKAGE_N; f++) {
        int level = level_in(levels, f);

        if (level == LEVEL_MISSING || is_told(f, level))
            continue;
        w += t->same_log[f][level];
        if ((rare_in >> f & 1) == 0)
            w -= t->chance_log[f][level];
    }
    return 1 / (1 + exp2(-w));
}

static void
add(table to, uint64_t levels, double p)
{
    for (size_t f = 0; f < LINKAGE_N; f++)
        to[f][level_in(levels, f)] += p;
}

/* How often two different people show a level. */
static void
learn_chance(struct training *t)
{
    table count = { { 0 } };

    for (size_t i = 0; i < t->n_drawn; i++)
        add(count, t->drawn[i], 1 - probability(t, t->drawn[i], 0, 0));
    for (size_t f = 0; f < LINKAGE_N; f++) {
        share(count[f]);
        for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++)
            t->chance[f][l] = fmax(count[f][l], CHANCE_LEAST);
    }
}

/* How often the same person does; returns how many pairs are the same. */
static double
learn_same(struct training *t)
{
    table count = { { 0 } };
    double expected = 0;

    for (size_t i = 0; i < t->pairs->n; i++) {
        const struct link_pair *pair = &t->pairs->at[i];
        double p;

        if (pair->guard != GUARD_NONE)
            continue;
        p = probability(t, pair->levels, pair->rare_in, pair->rare);
        expected += p;
        add(count, pair->levels, p);
    }
    for (size_t f = 0; f < LINKAGE_N; f++) {
        for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++)
            t->same[f][l] = count[f][l] + PRIOR_PAIRS * t->begin[f][l];
        share(t->same[f]);
    }
    return fmax(expected, 1);
}

static int
millibits(double log)
{
    return (int)lround(log * 1000);
}

static void
store(const struct training *t, struct linkage_model *model)
{
    for (size_t f = 0; f < LINKAGE_N; f++)
        for (size_t l = LEVEL_MISSING + 1; l < LEVEL_N; l++) {
            model->same[f][l] = millibits(t->same_log[f][l]);
            model->chance[f][l] = millibits(t->chance_log[f][l]);
        }
    model->prior = millibits(t->odds);
}

enum status
link_train(const struct link_people *people, const struct link_pairs *pairs,
           struct linkage_model *model, struct link_training *out,
           struct err *err)
{
    struct training t = { .people = people, .pairs = pairs };
    double before = 0;

    if (people->n < 2 || people->n_first == 0)
        return err_set(err, ST_REJECT, "empty", "too few records");
    t.n_drawn =
        people->n < DRAWN_MAX / DRAWN_EACH ? people->n * DRAWN_EACH : DRAWN_MAX;
    t.drawn = calloc(t.n_drawn, sizeof *t.drawn);
    if (t.drawn == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory to train");
    begin(&t);
    draw_pairs(&t);
    *out = (struct link_training){ .all = t.all };
    do {
        before = t.expected;
        set_logs(&t);
        learn_chance(&t);
        set_logs(&t);
        t.expected = fmin(learn_same(&t), t.all / 2);
    } while (++out->rounds < ROUNDS_MAX &&
             fabs(t.expected - before) > SETTLED * before);
    set_logs(&t);
    store(&t, model);
    out->expected = t.expected;
    free(t.drawn);
    return ST_OK;
}
