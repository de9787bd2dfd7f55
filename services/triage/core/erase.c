#include "triage/core/erase.h"

#include "triage/core/candidates.h"
#include "triage/core/kept.h"

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
    if (d != NULL) {
        struct triage_child child = { .child_id = d->child_id };
        struct triage_identifier id = { .child_id = d->child_id };

        rows_want(step->rows, TRIAGE_DECISION, d);
        rows_want(step->rows, TRIAGE_CHILD, &child);
        rows_want_group(step->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_CHILD,
                        &id);
    }
}

static void
empty_child(struct arena *a, struct rows *rows, const struct triage_child *was)
{
    const struct description told = triage_description(a, was);
    const struct description nothing = { .dob = DATE_NONE };
    struct triage_identifier id = { .child_id = was->child_id };
    const struct triage_identifier *number;
    struct triage_child child;
    size_t at = 0;

    fields_clear(&triage_tables[TRIAGE_CHILD].fields, &child);
    child.child_id = was->child_id;
    child.first_seen_at = was->first_seen_at;
    child.told_by = 0;
    child.merged_into = was->merged_into;
    child.joined = was->joined;
    rows_put(rows, TRIAGE_CHILD, &child);
    triage_blocks_keep(rows, was->child_id, &told, &nothing);
    while ((number = rows_next(rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_CHILD,
                               &id, &at)) != NULL)
        rows_delete(rows, TRIAGE_IDENTIFIER, number);
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
    struct triage_child child;

    if (d != NULL)
        d = rows_get(step->rows, TRIAGE_DECISION, d);
    if (d == NULL || triage_is_history(d))
        return ST_OK;
    was = triage_child_of(step->rows, d->child_id);
    if (was == NULL || was->told_by == 0)
        return ST_OK;
    if (was->told_by == 1) {
        empty_child(step->arena, step->rows, was);
        return say(step, d->child_id, err);
    }
    child = *was;
    child.told_by--;
    rows_put(step->rows, TRIAGE_CHILD, &child);
    return ST_OK;
}
