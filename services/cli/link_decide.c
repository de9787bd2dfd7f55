#include "cli/link_decide.h"

#include <stdlib.h>

struct deciding {
    const struct link_people *people;
    const struct linkage_model *model;
    const struct link_rules *rules;
    struct links *out;
    size_t n_weighed;  /* links that are not chained */
    uint32_t *ends;    /* links by record: a list of places in out->at */
    size_t *from;      /* first place of each record in `ends`, and the end */
    uint32_t *cluster; /* next record of the same one, in a ring */
    uint32_t *root;
};

static enum status
add(struct links *out, const struct link *l, struct err *err)
{
    if (out->n == out->room) {
        size_t room = out->room == 0 ? 1024 : out->room * 2;
        struct link *at = realloc(out->at, room * sizeof *at);

        if (at == NULL)
            return err_set(err, ST_RETRY, "memory", "no memory for %zu links",
                           room);
        out->at = at;
        out->room = room;
    }
    out->at[out->n++] = *l;
    return ST_OK;
}

static struct linkage_evidence
evidence(const struct deciding *d, uint32_t a, uint32_t b)
{
    return linkage_compare(d->model, &d->people->at[a], &d->people->at[b]);
}

/* The levels are there already. */
static struct linkage_evidence
weighed(const struct deciding *d, const struct link_pair *p)
{
    struct linkage_evidence e = { .total = 0 };

    for (size_t f = 0; f < LINKAGE_N; f++)
        e.level[f] = (uint8_t)link_level(p, f);
    linkage_weigh(d->model, &d->people->at[p->a], &d->people->at[p->b], &e);
    return e;
}

static enum status
weigh_all(struct deciding *d, const struct link_pairs *pairs, struct err *err)
{
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < pairs->n; i++) {
        const struct link_pair *p = &pairs->at[i];
        struct linkage_evidence e = weighed(d, p);
        enum linkage_outcome outcome = linkage_decide(d->model, &e);
        struct link l = { .a = p->a,
                          .b = p->b,
                          .total = e.total,
                          .outcome = (uint8_t)outcome,
                          .guard = (uint8_t)e.guard };

        if (outcome != LINKAGE_NEW)
            rc = add(d->out, &l, err);
    }
    d->n_weighed = d->out->n;
    return rc;
}

static int
surest_first(const void *a, const void *b)
{
    const struct link *x = a, *y = b;

    if (x->total != y->total)
        return x->total > y->total ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

static void
sort(struct links *out)
{
    if (out->n > 0)
        qsort(out->at, out->n, sizeof *out->at, surest_first);
}

/* ---- two who are not one ----------------------------------------------- */

static void
list_ends(struct deciding *d)
{
    size_t n = d->people->n, sum = 0;

    for (size_t i = 0; i < d->n_weighed; i++) {
        d->from[d->out->at[i].a]++;
        d->from[d->out->at[i].b]++;
    }
    for (size_t i = 0; i <= n; i++) {
        sum += d->from[i];
        d->from[i] = sum;
    }
    for (size_t i = d->n_weighed; i-- > 0;) {
        d->ends[--d->from[d->out->at[i].a]] = (uint32_t)i;
        d->ends[--d->from[d->out->at[i].b]] = (uint32_t)i;
    }
}

static uint32_t
other_end(const struct link *l, uint32_t end)
{
    return l->a == end ? l->b : l->a;
}

/* Do we know that they are two? That little is known tells nothing. */
static bool
are_guarded(const struct deciding *d, const struct linkage_evidence *e)
{
    return d->rules->one_to_one ||
           (e->guard != GUARD_NONE && e->guard != GUARD_UNNAMED &&
            e->guard != GUARD_THIN);
}

/* More against than for, whatever the prior. */
static bool
speaks_against(const struct deciding *d, const struct linkage_evidence *e)
{
    return e->total < d->model->prior;
}

static bool
are_two(const struct deciding *d, uint32_t a, uint32_t b)
{
    struct linkage_evidence e = evidence(d, a, b);

    return are_guarded(d, &e) || speaks_against(d, &e);
}

/* Does another one contend for `end`, who is not the link's other end? */
static bool
is_contended(const struct deciding *d, const struct link *l, uint32_t end)
{
    for (size_t i = d->from[end]; i < d->from[end + 1]; i++) {
        const struct link *c = &d->out->at[d->ends[i]];
        uint32_t mine = other_end(l, end), other = other_end(c, end);

        if (mine != other && l->total - c->total < LINKAGE_LEAD &&
            are_two(d, mine, other))
            return true;
    }
    return false;
}

/* All are looked at before one is changed: the order plays no part. */
static void
review_contended(struct deciding *d, uint8_t *contended)
{
    for (size_t i = 0; i < d->n_weighed; i++) {
        const struct link *l = &d->out->at[i];

        contended[i] = l->outcome == LINKAGE_SAME &&
                       (is_contended(d, l, l->a) || is_contended(d, l, l->b));
    }
    for (size_t i = 0; i < d->n_weighed; i++)
        if (contended[i])
            d->out->at[i].outcome = LINKAGE_REVIEW;
}

/* ---- chains ------------------------------------------------------------ */

/* Would the two clusters hold people of whom we know that they are two? */
static bool
is_clash(const struct deciding *d, uint32_t a, uint32_t b)
{
    uint32_t x = a, y = b;

    do {
        do {
            struct linkage_evidence e = evidence(d, x, y);

            if (are_guarded(d, &e))
                return true;
            y = d->cluster[y];
        } while (y != b);
        x = d->cluster[x];
    } while (x != a);
    return false;
}

static bool
is_weighed(const struct deciding *d, uint32_t a, uint32_t b)
{
    for (size_t i = d->from[a]; i < d->from[a + 1]; i++) {
        const struct link *l = &d->out->at[d->ends[i]];

        if (other_end(l, a) == b && l->outcome == LINKAGE_SAME)
            return true;
    }
    return false;
}

/* All pairs across, but those whose own evidence speaks against it. */
static enum status
chain_pairs(struct deciding *d, const struct link *l, struct err *err)
{
    struct link chained = *l;
    uint32_t x = l->a, y = l->b;
    enum status rc = ST_OK;

    chained.chained = true;
    do {
        do {
            struct linkage_evidence e = evidence(d, x, y);

            chained.a = x < y ? x : y;
            chained.b = x < y ? y : x;
            if (!is_weighed(d, x, y) && !speaks_against(d, &e))
                rc = add(d->out, &chained, err);
            y = d->cluster[y];
        } while (y != l->b && rc == ST_OK);
        x = d->cluster[x];
    } while (x != l->a && rc == ST_OK);
    return rc;
}

static void
join(struct deciding *d, uint32_t a, uint32_t b)
{
    uint32_t next = d->cluster[a], y = b;

    do {
        d->root[y] = d->root[a];
        y = d->cluster[y];
    } while (y != b);
    d->cluster[a] = d->cluster[b];
    d->cluster[b] = next;
}

static enum status
chain_all(struct deciding *d, struct err *err)
{
    enum status rc = ST_OK;

    for (uint32_t i = 0; i < d->people->n; i++)
        d->cluster[i] = d->root[i] = i;
    for (size_t i = 0; rc == ST_OK && i < d->n_weighed; i++) {
        struct link l = d->out->at[i];

        if (l.outcome != LINKAGE_SAME || d->root[l.a] == d->root[l.b])
            continue;
        if (is_clash(d, l.a, l.b)) {
            d->out->at[i].outcome = LINKAGE_REVIEW;
            continue;
        }
        rc = chain_pairs(d, &l, err);
        if (rc == ST_OK)
            join(d, l.a, l.b);
    }
    return rc;
}

enum status
link_decide(const struct link_people *people, const struct link_pairs *pairs,
            const struct linkage_model *model, const struct link_rules *rules,
            struct links *out, struct err *err)
{
    struct deciding d = {
        .people = people, .model = model, .rules = rules, .out = out
    };
    uint8_t *contended = NULL;
    enum status rc = weigh_all(&d, pairs, err);

    sort(out);
    d.ends = calloc(2 * out->n + 1, sizeof *d.ends);
    d.from = calloc(people->n + 2, sizeof *d.from);
    d.cluster = calloc(people->n + 1, sizeof *d.cluster);
    d.root = calloc(people->n + 1, sizeof *d.root);
    contended = calloc(out->n + 1, 1);
    if (rc == ST_OK && (d.ends == NULL || d.from == NULL || d.cluster == NULL ||
                        d.root == NULL || contended == NULL))
        rc = err_set(err, ST_RETRY, "memory", "no memory to decide");
    if (rc == ST_OK) {
        list_ends(&d);
        review_contended(&d, contended);
    }
    if (rc == ST_OK && rules->chains)
        rc = chain_all(&d, err);
    if (rc == ST_OK)
        sort(out);
    free(d.ends);
    free(d.from);
    free(d.cluster);
    free(d.root);
    free(contended);
    return rc;
}

void
links_free(struct links *links)
{
    free(links->at);
    *links = (struct links){ .at = NULL };
}
