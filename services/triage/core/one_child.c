#include "triage/core/one_child.h"

#include "common/core/records.h"

#include "triage/core/kept.h"

static struct id
parent_of(struct rows *rows, struct id child_id)
{
    const struct triage_child *c = triage_child_of(rows, child_id);

    return c == NULL ? ID_NONE : c->merged_into;
}

struct id
triage_survivor(struct rows *rows, struct id child_id)
{
    struct id parent;

    while (!id_is_none(parent = parent_of(rows, child_id)))
        child_id = parent;
    return child_id;
}

static bool
has_joined(struct rows *rows, struct id child_id)
{
    const struct triage_child *c = triage_child_of(rows, child_id);

    return c != NULL && c->joined > 0;
}

/* Add those merged into the member at `i`; the list is walked as it grows. */
static void
add_joined(struct rows *rows, struct members *m, size_t i)
{
    struct triage_child like = { .merged_into = m->at[i] };
    const struct triage_child *c;
    size_t at = 0;

    if (!has_joined(rows, m->at[i]))
        return;
    while (m->n < ONE_CHILD_MAX &&
           (c = rows_next(rows, TRIAGE_CHILD, CHILD_BY_SURVIVOR, &like, &at)) !=
               NULL)
        m->at[m->n++] = c->child_id;
}

static struct members
subtree(struct rows *rows, struct id child_id)
{
    struct members m = { .at = { child_id }, .n = 1 };

    for (size_t i = 0; i < m.n; i++)
        add_joined(rows, &m, i);
    return m;
}

struct members
triage_members(struct rows *rows, struct id child_id)
{
    return subtree(rows, triage_survivor(rows, child_id));
}

void
triage_members_want(struct rows *rows, struct id child_id)
{
    const struct triage_child *c = triage_child_of(rows, child_id);
    struct triage_child like;

    if (c == NULL)
        return;
    like = (struct triage_child){ .child_id = c->merged_into,
                                  .merged_into = child_id };
    if (!id_is_none(c->merged_into))
        triage_want_child(rows, c->merged_into);
    if (c->joined > 0)
        rows_want_group(rows, TRIAGE_CHILD, CHILD_BY_SURVIVOR, &like);
}

/* ---- saying it ----------------------------------------------------------- */

static enum status
say_merged(struct step *step, struct id survivor, struct id merged,
           struct str by, struct err *err)
{
    struct child_merged rec;
    char text[ID_TEXT_SIZE];

    fields_clear(&fields_child_merged, &rec);
    rec.meta.subject = arena_str(step->arena, str_of(id_text(survivor, text)));
    rec.survivor_id = survivor;
    rec.merged_id = merged;
    rec.by = by;
    return out_add(step->out, TOPIC_CASEWORK, survivor, REC_CHILD_MERGED, &rec,
                   err);
}

static enum status
say_unmerged(struct step *step, struct id survivor, struct id merged,
             struct str by, struct err *err)
{
    struct child_unmerged rec;
    char text[ID_TEXT_SIZE];

    fields_clear(&fields_child_unmerged, &rec);
    rec.meta.subject = arena_str(step->arena, str_of(id_text(survivor, text)));
    rec.survivor_id = survivor;
    rec.merged_id = merged;
    rec.by = by;
    return out_add(step->out, TOPIC_CASEWORK, survivor, REC_CHILD_UNMERGED,
                   &rec, err);
}

/* ---- changing it --------------------------------------------------------- */

static bool
is_first_seen(const struct triage_child *a, const struct triage_child *b)
{
    if (a->first_seen_at != b->first_seen_at)
        return a->first_seen_at < b->first_seen_at;
    return id_cmp(a->child_id, b->child_id) < 0;
}

static void
tie(struct rows *rows, const struct triage_child *survivor,
    const struct triage_child *merged)
{
    struct triage_child s = *survivor, m = *merged;

    s.joined++;
    m.merged_into = s.child_id;
    rows_put(rows, TRIAGE_CHILD, &s);
    rows_put(rows, TRIAGE_CHILD, &m);
}

enum status
triage_join(struct step *step, struct id a, struct id b, struct str by,
            struct id *merged, struct err *err)
{
    struct members of_a = triage_members(step->rows, a);
    struct members of_b = triage_members(step->rows, b);
    const struct triage_child *x = triage_child_of(step->rows, of_a.at[0]);
    const struct triage_child *y = triage_child_of(step->rows, of_b.at[0]);
    const struct triage_child *first;

    *merged = ID_NONE;
    if (x == NULL || y == NULL)
        return err_set(err, ST_REJECT, "R22", "there is no such child");
    if (id_eq(x->child_id, y->child_id))
        return ST_OK;
    if (of_a.n + of_b.n > ONE_CHILD_MAX)
        return err_set(err, ST_REJECT, "merge",
                       "more than %d children would be one", ONE_CHILD_MAX);
    first = is_first_seen(x, y) ? x : y;
    *merged = first == x ? y->child_id : x->child_id;
    tie(step->rows, first, first == x ? y : x);
    return say_merged(step, first->child_id, *merged, by, err);
}

/* Tracker keeps a merged child's cases with the survivor: they move along. */
static enum status
take_along(struct step *step, struct id from, struct id to, struct id child_id,
           struct str by, struct err *err)
{
    enum status rc = say_unmerged(step, from, child_id, by, err);

    return rc == ST_OK ? say_merged(step, to, child_id, by, err) : rc;
}

enum status
triage_part(struct step *step, struct id merged, struct str by, struct err *err)
{
    struct members all = triage_members(step->rows, merged);
    struct members own = subtree(step->rows, merged);
    const struct triage_child *m = triage_child_of(step->rows, merged);
    const struct triage_child *s;
    struct triage_child row;
    enum status rc;

    if (m == NULL || id_is_none(m->merged_into))
        return err_set(err, ST_REJECT, "R20", "it is merged into no child");
    s = triage_child_of(step->rows, m->merged_into);
    if (s != NULL) { /* NULL: not loaded yet, the step is done again */
        row = *s;
        row.joined--;
        rows_put(step->rows, TRIAGE_CHILD, &row);
    }
    row = *m;
    row.merged_into = ID_NONE;
    rows_put(step->rows, TRIAGE_CHILD, &row);
    rc = say_unmerged(step, all.at[0], merged, by, err);
    for (size_t i = 1; rc == ST_OK && i < own.n; i++)
        rc = take_along(step, all.at[0], merged, own.at[i], by, err);
    return rc;
}
