#include "triage/core/resolve.h"

#include "triage/core/decide.h"
#include "triage/core/kept.h"
#include "triage/core/one_child.h"
#include "triage/core/receive.h"

/* What a resolution comes to. */
enum turn {
    TURN_STAYS, /* with the child that it has */
    TURN_JOINS,
    TURN_PARTS,
};

static const struct triage_review *
review_of(struct rows *rows, struct id notification_id)
{
    struct triage_review like = { .notification_id = notification_id };

    return rows_get(rows, TRIAGE_REVIEW, &like);
}

static void
want_found(const struct step *step, const struct match_resolved *m,
           void (*want)(struct rows *rows, struct id child_id))
{
    const struct triage_decision *d =
        triage_standing(step->rows, m->notification_id);
    const struct triage_review *review =
        review_of(step->rows, m->notification_id);

    if (d == NULL)
        return;
    rows_want_group(step->rows, TRIAGE_DECISION, DECISION_BY_KEY, d);
    want(step->rows, d->child_id);
    if (!id_is_none(m->child_id))
        want(step->rows, m->child_id);
    if (review != NULL && !id_is_none(review->joined_id))
        want(step->rows, review->joined_id);
}

void
triage_resolve_want(const struct step *step, const struct match_resolved *m,
                    int round)
{
    struct triage_decision like = { .notification_id = m->notification_id };
    struct triage_review review = { .notification_id = m->notification_id };
    struct triage_child child = { .child_id = m->child_id };

    if (round > 0) {
        want_found(step, m,
                   round == 1 ? triage_want_child : triage_members_want);
        return;
    }
    rows_want(step->rows, TRIAGE_STANDING, &like);
    rows_want(step->rows, TRIAGE_REVIEW, &review);
    if (!id_is_none(m->child_id))
        rows_want(step->rows, TRIAGE_CHILD, &child);
}

/* ---- what is asked for --------------------------------------------------- */

static enum status
turn_to_own(const struct match_resolved *m, const struct triage_review *review,
            enum turn *turn, struct err *err)
{
    *turn = id_is_none(review->joined_id) ? TURN_STAYS : TURN_PARTS;
    if (*turn == TURN_STAYS && review->resolved_at != TIME_NONE)
        return err_set(err, ST_REJECT, "R20", "no match review waits for it");
    if (*turn == TURN_PARTS &&
        (m->second_by.p == NULL || str_eq(m->second_by, m->by)))
        return err_set(err, ST_REJECT, "R18",
                       "an unmerge needs a second person");
    return ST_OK;
}

static enum status
turn_to_other(struct step *step, const struct match_resolved *m,
              const struct triage_decision *d,
              const struct triage_review *review, enum turn *turn,
              struct err *err)
{
    bool same;

    if (triage_child_of(step->rows, m->child_id) == NULL)
        return err_set(err, ST_REJECT, "R22", "there is no such child");
    same = id_eq(triage_survivor(step->rows, m->child_id),
                 triage_survivor(step->rows, d->child_id));
    if (review->resolved_at != TIME_NONE &&
        (same || !id_is_none(review->joined_id)))
        return err_set(err, ST_REJECT, "R20",
                       "it was resolved already; take it apart first");
    *turn = same ? TURN_STAYS : TURN_JOINS;
    return ST_OK;
}

static enum status
find_turn(struct step *step, const struct match_resolved *m, enum turn *turn,
          struct err *err)
{
    const struct triage_decision *d =
        triage_standing(step->rows, m->notification_id);
    const struct triage_review *review =
        review_of(step->rows, m->notification_id);

    if (d == NULL)
        return err_set(err, ST_REJECT, "R22",
                       "there is no such notification to resolve");
    if (review == NULL)
        return err_set(err, ST_REJECT, "R20", "no match review waits for it");
    if (id_is_none(m->child_id))
        return turn_to_own(m, review, turn, err);
    return turn_to_other(step, m, d, review, turn, err);
}

/* ---- doing it ------------------------------------------------------------ */

/* Was the child made by one of these messages? Then it is a new one. */
static bool
is_made_by_key(struct rows *rows, const struct triage_decision *of)
{
    const struct triage_decision *d;
    size_t at = 0;

    while ((d = rows_next(rows, TRIAGE_DECISION, DECISION_BY_KEY, of, &at)) !=
           NULL)
        if (id_eq(triage_new_child_id(d->notification_id), of->child_id))
            return true;
    return false;
}

/* All amendments have one child, so one resolution is for all. */
static enum status
say_again(struct step *step, const struct match_resolved *m, int match_status,
          struct err *err)
{
    const struct triage_decision *of =
        triage_standing(step->rows, m->notification_id);
    const struct triage_decision *known;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK &&
           (known = rows_next(step->rows, TRIAGE_DECISION, DECISION_BY_KEY, of,
                              &at)) != NULL) {
        const struct triage_decision *standing =
            triage_standing(step->rows, known->notification_id);
        struct triage_decision d = *known;

        d.match_status = match_status;
        if (standing != NULL) {
            d.pending = standing->pending;
            d.effect = standing->effect;
        }
        if (!d.superseded) {
            triage_count_decision(step->arena, &d);
            rc = triage_say(step, triage_child_of(step->rows, d.child_id), &d,
                            m->meta.occurred_at, err);
        }
        triage_keep(step->rows, &d);
    }
    return rc;
}

static enum status
join(struct step *step, const struct match_resolved *m,
     struct triage_review *review, struct err *err)
{
    const struct triage_decision *d =
        triage_standing(step->rows, m->notification_id);
    enum status rc = say_again(step, m, MATCH_MATCHED, err);

    if (rc == ST_OK)
        rc = triage_join(step, d->child_id, m->child_id, m->by,
                         &review->joined_id, err);
    return rc;
}

static enum status
part(struct step *step, const struct match_resolved *m,
     struct triage_review *review, struct err *err)
{
    enum status rc = triage_part(step, review->joined_id, m->by, err);

    review->joined_id = ID_NONE;
    review->second_by = m->second_by;
    return rc == ST_OK ? say_again(step, m, MATCH_NEW, err) : rc;
}

static enum status
stay(struct step *step, const struct match_resolved *m, struct err *err)
{
    const struct triage_decision *d =
        triage_standing(step->rows, m->notification_id);

    return say_again(step, m,
                     is_made_by_key(step->rows, d) ? MATCH_NEW : MATCH_MATCHED,
                     err);
}

enum status
triage_resolve(struct step *step, const struct match_resolved *m,
               struct err *err)
{
    struct triage_review review;
    enum turn turn = TURN_STAYS;
    enum status rc = find_turn(step, m, &turn, err);

    if (rc != ST_OK)
        return rc;
    review = *review_of(step->rows, m->notification_id);
    review.resolved_at = m->meta.recorded_at;
    review.by = m->by;
    if (turn == TURN_JOINS)
        rc = join(step, m, &review, err);
    else if (turn == TURN_PARTS)
        rc = part(step, m, &review, err);
    else
        rc = stay(step, m, err);
    rows_put(step->rows, TRIAGE_REVIEW, &review);
    return rc;
}
