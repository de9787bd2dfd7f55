#include "metrics/core/count_cases.h"

#include "metrics/core/contribution.h"

static void
case_put(const struct run *r, const struct case_fact *old,
         const struct case_fact *now)
{
    struct tally tally = run_tally(r, now->heard_at);
    struct contributions before = { .n = 0 };
    struct contributions after;

    if (old != NULL)
        contribution_of_case(old, &before);
    contribution_of_case(now, &after);
    tally_change(&tally, &before, &after);
    rows_put(r->rows, TABLE_CASE, now);
}

static const struct case_fact *
case_get(const struct run *r, struct id case_id)
{
    struct case_fact like;

    run_like(TABLE_CASE, &like);
    like.case_id = case_id;
    return rows_get(r->rows, TABLE_CASE, &like);
}

/* The next version of this case that waits behind version *at; NULL: none. */
static const struct case_fact *
case_next_waiting(const struct run *r, struct id case_id, size_t *at)
{
    struct case_fact like;

    run_like(TABLE_CASE_WAITING, &like);
    like.case_id = case_id;
    return rows_next(r->rows, TABLE_CASE_WAITING, CASE_WAITING_BY_CASE, &like,
                     at);
}

static const struct case_fact *
case_last_waiting(const struct run *r, struct id case_id)
{
    const struct case_fact *last = NULL;
    const struct case_fact *f;
    size_t at = 0;

    while ((f = case_next_waiting(r, case_id, &at)) != NULL)
        last = f;
    return last;
}

/* Behind a version that waits, every later one does. */
void
count_case(const struct run *r, const struct case_changed *rec)
{
    const struct case_fact *old = case_get(r, rec->case_id);
    const struct case_fact *last = case_last_waiting(r, rec->case_id);
    struct case_fact now;

    facts_fill_case(&now, last != NULL ? last : old, rec,
                    run_reckoning(r).journal_at);
    facts_derive_case(&now, &r->terms);
    if (last == NULL && now.waits_for == 0) {
        case_put(r, old, &now);
        return;
    }
    now.version = last == NULL ? 1 : last->version + 1;
    rows_put(r->rows, TABLE_CASE_WAITING, &now);
}

static void
handover_put(const struct run *r, const struct handover_fact *old,
             const struct handover_fact *now)
{
    struct tally tally = run_tally(r, now->heard_at);
    struct contributions before = { .n = 0 };
    struct contributions after;

    if (old != NULL)
        contribution_of_handover(old, &before);
    contribution_of_handover(now, &after);
    tally_change(&tally, &before, &after);
    rows_put(r->rows, TABLE_HANDOVER, now);
}

void
count_handover(const struct run *r, const struct handover_changed *rec)
{
    struct handover_fact like, now;

    run_like(TABLE_HANDOVER, &like);
    like.handover_id = rec->handover_id;
    facts_fill_handover(&now, rec, run_reckoning(r).journal_at);
    facts_derive_handover(&now, &r->terms);
    handover_put(r, rows_get(r->rows, TABLE_HANDOVER, &like), &now);
}

/* Count the versions of a case in order, as far as it goes. */
static void
release_case(const struct run *r, struct id case_id)
{
    const struct case_fact *f;
    size_t at = 0;

    while ((f = case_next_waiting(r, case_id, &at)) != NULL) {
        struct case_fact now = *f;

        facts_derive_case(&now, &r->terms);
        if (now.waits_for != 0) {
            rows_put(r->rows, TABLE_CASE_WAITING, &now);
            return;
        }
        case_put(r, case_get(r, case_id), &now);
        rows_delete(r->rows, TABLE_CASE_WAITING, &now);
    }
}

void
release_cases(const struct run *r, int wait)
{
    struct case_fact like;
    const void **list;
    size_t n;

    run_like(TABLE_CASE_WAITING, &like);
    like.waits_for = wait;
    list = run_group(r, TABLE_CASE_WAITING, CASE_WAITING_BY_WAIT, &like, &n);
    for (size_t i = 0; i < n; i++)
        release_case(r, ((const struct case_fact *)list[i])->case_id);
}

void
release_handovers(const struct run *r, int wait)
{
    struct handover_fact like;
    const void **list;
    size_t n;

    run_like(TABLE_HANDOVER, &like);
    like.waits_for = wait;
    list = run_group(r, TABLE_HANDOVER, HANDOVER_BY_WAIT, &like, &n);
    for (size_t i = 0; i < n; i++) {
        struct handover_fact now = *(const struct handover_fact *)list[i];

        facts_derive_handover(&now, &r->terms);
        handover_put(r, list[i], &now);
    }
}
