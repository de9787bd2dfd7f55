#include "triage/core/journal.h"

#include "triage/core/kept.h"
#include "triage/core/tables.h"

void
triage_journal_want(const struct step *step, const struct case_changed *c)
{
    struct triage_case row = { .case_id = c->case_id };
    struct triage_unit eh = { .side = SIDE_EH };
    struct triage_unit csc = { .side = SIDE_CSC };
    struct triage_decision d = { .notification_id = c->notification_id };

    rows_want(step->rows, TRIAGE_CASE, &row);
    rows_want_group(step->rows, TRIAGE_UNIT, UNIT_BY_SIDE, &eh);
    rows_want_group(step->rows, TRIAGE_UNIT, UNIT_BY_SIDE, &csc);
    if (!id_is_none(c->notification_id))
        rows_want(step->rows, TRIAGE_STANDING, &d);
}

/* The unit that a case is work for: none while it is screened or once closed.
 */
static struct str
working_unit(const struct triage_case *c)
{
    if (c == NULL || !triage_state_is_open(c->state) ||
        c->state == CASE_SCREENING)
        return STR_NULL;
    return c->unit;
}

static void
count(struct rows *rows, int side, struct str unit, int by)
{
    struct triage_unit u = { .side = side, .unit = unit, .open_cases = 0 };
    const struct triage_unit *had;

    if (unit.p == NULL)
        return;
    had = rows_get(rows, TRIAGE_UNIT, &u);
    if (had != NULL)
        u.open_cases = had->open_cases;
    u.open_cases += by;
    rows_put(rows, TRIAGE_UNIT, &u);
}

static void
answer(struct rows *rows, const struct case_changed *c)
{
    const struct triage_decision *had;
    struct triage_decision d;

    if (id_is_none(c->notification_id) || id_is_none(c->decision_id))
        return;
    had = triage_standing(rows, c->notification_id);
    if (had == NULL || !id_eq(had->decision_id, c->decision_id))
        return;
    d = *had;
    d.pending = false;
    d.effect = c->effect;
    triage_keep_standing(rows, &d);
}

enum status
triage_journal(struct step *step, const struct case_changed *c, struct err *err)
{
    struct triage_case row = { .case_id = c->case_id };
    const struct triage_case *had = rows_get(step->rows, TRIAGE_CASE, &row);
    struct str before = working_unit(had);
    int side_before = had != NULL ? had->side : c->side;
    struct str after;

    (void)err;
    row = (struct triage_case){
        .case_id = c->case_id,
        .child_id = c->child_id,
        .side = c->side,
        .state = c->state,
        .outcome = c->outcome,
        .csc_status = c->csc_status,
        .needs = c->needs,
        .unit = c->unit,
        .opened_by = had != NULL ? had->opened_by : c->notification_id,
        .opened_at = c->opened_at,
    };
    after = working_unit(&row);
    if (!str_eq(before, after) || side_before != row.side) {
        count(step->rows, side_before, before, -1);
        count(step->rows, row.side, after, 1);
    }
    rows_put(step->rows, TRIAGE_CASE, &row);
    answer(step->rows, c);
    return ST_OK;
}
