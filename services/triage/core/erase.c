#include "triage/core/erase.h"

#include "triage/core/candidates.h"
#include "triage/core/kept.h"
#include "triage/core/told.h"

/* The notification's child as it is without it. */
static struct triage_child
without(const struct step *step, const struct triage_child *was,
        const struct erasure_recorded *e)
{
    return triage_told_without(step->rows, step->arena, was, e->item_id);
}

static void
want_child(const struct step *step, const struct triage_decision *d)
{
    struct triage_child child = { .child_id = d->child_id };
    struct triage_identifier number = { .child_id = d->child_id };

    rows_want(step->rows, TRIAGE_DECISION, d);
    rows_want(step->rows, TRIAGE_CHILD, &child);
    rows_want_group(step->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_CHILD,
                    &number);
    triage_told_want(step->rows, d->child_id);
}

/* The blocks in which the child will be found by what is left of it. */
static void
want_blocks(const struct step *step, const struct triage_decision *d,
            const struct erasure_recorded *e)
{
    const struct triage_child *was = triage_child_of(step->rows, d->child_id);
    struct triage_child left;
    struct description now;

    if (was == NULL)
        return;
    left = without(step, was, e);
    now = triage_description(step->arena, &left);
    triage_blocks_want_of(step->rows, &now);
}

void
triage_erase_want(const struct step *step, const struct erasure_recorded *e,
                  int round)
{
    struct triage_decision like = { .notification_id = e->item_id };
    const struct triage_decision *d;

    if (round == 0) {
        rows_want(step->rows, TRIAGE_STANDING, &like);
        return;
    }
    d = triage_standing(step->rows, e->item_id);
    if (d == NULL)
        return;
    if (round == 1)
        want_child(step, d);
    else
        want_blocks(step, d, e);
}

/* Numbers that nobody else told are no longer the child's. */
static void
drop_numbers(struct rows *rows, struct id child_id,
             const struct erasure_recorded *e)
{
    struct triage_identifier like = { .child_id = child_id };
    const struct triage_identifier *number;
    size_t at = 0;

    while ((number = rows_next(rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_CHILD,
                               &like, &at)) != NULL)
        if (!triage_told_number(rows, number, e->item_id))
            rows_delete(rows, TRIAGE_IDENTIFIER, number);
}

static void
take_back(const struct step *step, const struct triage_child *was,
          const struct triage_told *told, const struct erasure_recorded *e)
{
    const struct triage_child left = without(step, was, e);
    const struct description then = triage_description(step->arena, was);
    const struct description now = triage_description(step->arena, &left);

    rows_put(step->rows, TRIAGE_CHILD, &left);
    triage_blocks_keep(step->rows, was->child_id, &then, &now);
    drop_numbers(step->rows, was->child_id, e);
    rows_delete(step->rows, TRIAGE_TOLD, told);
}

static enum status
say(struct step *step, struct id child_id, struct err *err)
{
    struct child_erased rec;
    char text[ID_TEXT_SIZE];

    fields_clear(&fields_child_erased, &rec);
    rec.child_id = child_id;
    rec.meta.subject = arena_str(step->arena, str_of(id_text(child_id, text)));
    return out_add(step->out, TOPIC_CASEWORK, child_id, REC_CHILD_ERASED, &rec,
                   err);
}

enum status
triage_erase(struct step *step, const struct erasure_recorded *e,
             struct err *err)
{
    const struct triage_decision *d = triage_standing(step->rows, e->item_id);
    const struct triage_child *was;
    const struct triage_told *told;
    bool last;

    if (d != NULL)
        d = rows_get(step->rows, TRIAGE_DECISION, d);
    if (d == NULL || triage_is_history(d))
        return ST_OK;
    was = triage_child_of(step->rows, d->child_id);
    told = triage_told_by(step->rows, d->child_id, e->item_id);
    if (was == NULL || told == NULL)
        return ST_OK;
    last = was->told_by == 1;
    take_back(step, was, told, e);
    return last ? say(step, was->child_id, err) : ST_OK;
}
