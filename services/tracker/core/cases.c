#include "tracker/core/cases.h"

#include "tracker/core/life.h"
#include "tracker/core/subject.h"

static void
like_case(struct id case_id, struct case_row *like)
{
    fields_clear(&tracker_tables[TABLE_CASE].fields, like);
    like->case_id = case_id;
}

static void
like_handover(struct id handover_id, struct id case_id,
              struct handover_row *like)
{
    fields_clear(&tracker_tables[TABLE_HANDOVER].fields, like);
    like->handover_id = handover_id;
    like->case_id = case_id;
}

void
cases_want(struct rows *rows, struct id case_id)
{
    struct case_row c;
    struct handover_row h;

    if (id_is_none(case_id))
        return;
    like_case(case_id, &c);
    rows_want(rows, TABLE_CASE, &c);
    like_handover(ID_NONE, case_id, &h);
    rows_want_group(rows, TABLE_HANDOVER, BY_CASE, &h);
    subject_want(rows, case_id);
}

void
cases_want_child(struct rows *rows, struct id child_id)
{
    struct case_row c;
    struct episode_row e;

    like_case(ID_NONE, &c);
    c.child_id = child_id;
    rows_want_group(rows, TABLE_CASE, BY_CHILD, &c);
    fields_clear(&tracker_tables[TABLE_EPISODE].fields, &e);
    e.child_id = child_id;
    rows_want_group(rows, TABLE_EPISODE, BY_CHILD, &e);
}

const struct case_row *
cases_get(const struct moment *m, struct id case_id)
{
    struct case_row like;

    if (id_is_none(case_id))
        return NULL;
    like_case(case_id, &like);
    return rows_get(m->step->rows, TABLE_CASE, &like);
}

const struct case_row *
cases_next(const struct moment *m, struct id child_id, size_t *at)
{
    struct case_row like;

    like_case(ID_NONE, &like);
    like.child_id = child_id;
    return rows_next(m->step->rows, TABLE_CASE, BY_CHILD, &like, at);
}

const struct case_row *
cases_open(const struct moment *m, struct id child_id, int side,
           struct id except)
{
    const struct case_row *c;
    size_t at = 0;

    while ((c = cases_next(m, child_id, &at)) != NULL)
        if (c->side == side && life_is_open(c->state) &&
            !id_eq(c->case_id, except))
            return c;
    return NULL;
}

const struct case_row *
cases_of_worker(const struct moment *m, struct id child_id)
{
    const struct case_row *c = cases_open(m, child_id, SIDE_EH, ID_NONE);

    return c != NULL ? c : cases_open(m, child_id, SIDE_CSC, ID_NONE);
}

const struct handover_row *
cases_offer(const struct moment *m, const struct case_row *c)
{
    struct handover_row like;

    if (id_is_none(c->handover_id))
        return NULL;
    like_handover(c->handover_id, c->case_id, &like);
    return rows_get(m->step->rows, TABLE_HANDOVER, &like);
}

struct watched
cases_watched(const struct case_row *c, const struct handover_row *h)
{
    return (struct watched){
        .kind = CLOCK_SUBJECT_CASE,
        .id = c->case_id,
        .child_id = c->child_id,
        .case_id = c->case_id,
        .unit = c->unit,
        .also_unit = h == NULL ? STR_NULL : h->to_unit,
        .worker = c->worker,
        .rag = c->rag,
    };
}

struct id
cases_id(const struct moment *m, int side)
{
    struct str parts[] = { id_part(&m->record),
                           str_of(codes_word(&codes_side, side)) };

    return id_derive("case", parts, sizeof parts / sizeof parts[0]);
}

void
cases_declare_new(const struct moment *m, struct id case_id)
{
    struct case_row c;
    struct handover_row h;

    like_case(case_id, &c);
    rows_new_group(m->step->rows, TABLE_CASE, ROWS_KEY, &c);
    like_handover(ID_NONE, case_id, &h);
    rows_new_group(m->step->rows, TABLE_HANDOVER, BY_CASE, &h);
    subject_new(m->step->rows, case_id);
}

void
cases_put(const struct moment *m, struct case_row *c)
{
    c->profile_version = m->profile_version;
    rows_put(m->step->rows, TABLE_CASE, c);
}
