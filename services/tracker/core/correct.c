#include "tracker/core/correct.h"

#include "tracker/core/carry.h"
#include "tracker/core/caseload.h"
#include "tracker/core/desk.h"

/* ---- rows ---------------------------------------------------------------- */

static void
like_deed(struct str agency_id, struct str agency_ref, struct deed_row *like)
{
    fields_clear(&tracker_tables[TABLE_DEED].fields, like);
    like->agency_id = agency_id;
    like->agency_ref = agency_ref;
}

static void
like_deed_clock(const struct deed_row *deed, struct deed_clock_row *like)
{
    fields_clear(&tracker_tables[TABLE_DEED_CLOCK].fields, like);
    like->agency_id = deed->agency_id;
    like->agency_ref = deed->agency_ref;
}

static const struct deed_row *
corrected_deed(struct rows *rows, const struct activity_recorded *a)
{
    struct deed_row like;

    like_deed(a->corrects_agency_id, a->corrects_agency_ref, &like);
    return rows_get(rows, TABLE_DEED, &like);
}

void
correct_want(struct rows *rows, const struct activity_recorded *a)
{
    struct deed_clock_row clocks;
    struct deed_row like;

    if (a->activity != ACTIVITY_CORRECTED || a->corrects_agency_id.n == 0)
        return;
    like_deed(a->corrects_agency_id, a->corrects_agency_ref, &like);
    rows_want(rows, TABLE_DEED, &like);
    like_deed_clock(&like, &clocks);
    rows_want_group(rows, TABLE_DEED_CLOCK, BY_DEED, &clocks);
}

void
correct_want_more(struct rows *rows, const struct activity_recorded *a)
{
    const struct deed_row *deed;
    const struct case_row *c;
    struct case_row like;

    if (a->activity != ACTIVITY_CORRECTED || a->corrects_agency_id.n == 0)
        return;
    deed = corrected_deed(rows, a);
    if (deed == NULL)
        return;
    if (!id_is_none(deed->episode_id))
        desk_want(rows, deed->episode_id);
    cases_want(rows, deed->case_id);
    cases_want_child(rows, deed->child_id);
    caseload_want(rows, deed->worker);
    fields_clear(&tracker_tables[TABLE_CASE].fields, &like);
    like.case_id = deed->case_id;
    c = id_is_none(deed->case_id) ? NULL : rows_get(rows, TABLE_CASE, &like);
    if (c != NULL)
        caseload_want(rows, c->worker);
}

/* ---- noting -------------------------------------------------------------- */

struct correct_before
correct_look(const struct moment *m, const struct case_row *c)
{
    struct correct_before before = { .c = *c };
    struct clock_row *all;
    const struct clock_row *k;
    size_t at = 0;

    while (watch_next_clock(m, c->case_id, &at) != NULL)
        before.n++;
    all = arena_array(m->step->arena, before.n, sizeof *all);
    before.clocks = all;
    at = 0;
    for (size_t i = 0; i < before.n; i++) {
        k = watch_next_clock(m, c->case_id, &at);
        all[i] = *k;
    }
    return before;
}

static const struct clock_row *
clock_before(const struct correct_before *before, struct str clock)
{
    for (size_t i = 0; i < before->n; i++)
        if (str_eq(before->clocks[i].clock, clock))
            return &before->clocks[i];
    return NULL;
}

/* Keep how each clock stood that the activity started, stopped or moved. */
static size_t
note_clocks(const struct moment *m, const struct deed_row *deed,
            const struct correct_before *before)
{
    const struct fields *fields = &tracker_tables[TABLE_CLOCK].fields;
    const struct clock_row *now;
    size_t changed = 0;
    size_t at = 0;

    while ((now = watch_next_clock(m, deed->case_id, &at)) != NULL) {
        const struct clock_row *was = clock_before(before, now->clock);
        struct deed_clock_row kept;

        if (was != NULL && fields_eq(fields, was, now))
            continue;
        like_deed_clock(deed, &kept);
        kept.clock = now->clock;
        kept.state = was == NULL ? CLOCK_VOID : was->state;
        kept.started_at = was == NULL ? now->started_at : was->started_at;
        kept.due_at = was == NULL ? TIME_NONE : was->due_at;
        kept.stopped_at = was == NULL ? TIME_NONE : was->stopped_at;
        kept.late = was == NULL ? TRI_UNKNOWN : was->late;
        kept.by_closing = was != NULL && was->by_closing;
        rows_put(m->step->rows, TABLE_DEED_CLOCK, &kept);
        changed++;
    }
    return changed;
}

static void
keep_case(struct deed_row *deed, const struct case_row *c)
{
    deed->case_id = c->case_id;
    deed->child_id = c->child_id;
    deed->state = c->state;
    deed->state_before = c->state_before;
    deed->unit = c->unit;
    deed->worker = c->worker;
    deed->closed_at = c->closed_at;
    deed->close_outcome = c->close_outcome;
    deed->contact_at = c->contact_at;
    deed->csc_status = c->csc_status;
    deed->needs = c->needs;
    deed->level = c->level;
    deed->consent = c->consent;
    deed->age_band = c->age_band;
}

/* Is the case as it was, but for when the child was last seen to? */
static bool
only_contact(const struct case_row *was, const struct case_row *now)
{
    return was->state == now->state && was->state_before == now->state_before &&
           str_eq(was->unit, now->unit) && str_eq(was->worker, now->worker) &&
           was->csc_status == now->csc_status && was->needs == now->needs &&
           was->level == now->level && was->consent == now->consent &&
           was->age_band == now->age_band;
}

void
correct_note(const struct moment *m, const struct activity_recorded *a,
             const struct correct_before *before)
{
    const struct case_row *stored = cases_get(m, before->c.case_id);
    struct case_row c = *stored;
    struct deed_row deed;
    size_t clocks;

    like_deed(a->agency_id, a->agency_ref, &deed);
    deed.activity_id = a->activity_id;
    deed.activity = a->activity;
    deed.occurred_at = m->at;
    keep_case(&deed, &before->c);
    clocks = note_clocks(m, &deed, before);
    if (clocks > 0 || !only_contact(&before->c, &c)) {
        c.changes++;
        deed.number = c.changes;
        rows_put(m->step->rows, TABLE_CASE, &c);
    }
    rows_put(m->step->rows, TABLE_DEED, &deed);
}

void
correct_note_interview(const struct moment *m,
                       const struct activity_recorded *a,
                       const struct episode_row *before)
{
    struct deed_row deed;

    like_deed(a->agency_id, a->agency_ref, &deed);
    deed.activity_id = a->activity_id;
    deed.activity = a->activity;
    deed.occurred_at = m->at;
    deed.episode_id = before->episode_id;
    deed.child_id = before->child_id;
    deed.interview = before->interview;
    deed.interview_at = before->rhi_at;
    rows_put(m->step->rows, TABLE_DEED, &deed);
}

/* ---- taking back --------------------------------------------------------- */

static bool
is_of_handover(int activity)
{
    return activity == ACTIVITY_HANDOVER_OFFERED ||
           activity == ACTIVITY_HANDOVER_ACCEPTED ||
           activity == ACTIVITY_HANDOVER_DECLINED ||
           activity == ACTIVITY_HANDOVER_WITHDRAWN;
}

static enum status
check(const struct moment *m, const struct deed_row *deed,
      const struct case_row *c, struct err *err)
{
    if (deed->corrected)
        return err_set(err, ST_REJECT, "R20", "it is corrected already");
    if (is_of_handover(deed->activity) ||
        deed->activity == ACTIVITY_TRANSFERRED)
        return err_set(err, ST_REJECT, "R20",
                       "a hand-over is declined or withdrawn, not corrected");
    if (deed->number > 0 && deed->number != c->changes)
        return err_set(err, ST_REJECT, "R20",
                       "what came later rests on it: that first");
    if (!life_is_open(c->state) && life_is_open(deed->state) &&
        cases_open(m, c->child_id, c->side, c->case_id) != NULL)
        return err_set(err, ST_REJECT, "R20",
                       "another case is open on that side by now");
    return ST_OK;
}

static struct case_row
case_before(const struct case_row *now, const struct deed_row *deed)
{
    struct case_row c = *now;

    if (c.contact_at == deed->occurred_at)
        c.contact_at = deed->contact_at;
    if (deed->number < 1)
        return c;
    c.state = deed->state;
    c.state_before = deed->state_before;
    c.unit = deed->unit;
    c.worker = deed->worker;
    c.closed_at = deed->closed_at;
    c.close_outcome = deed->close_outcome;
    c.csc_status = deed->csc_status;
    c.needs = deed->needs;
    c.needs_by_merge &= c.needs;
    c.level = deed->level;
    c.consent = deed->consent;
    c.age_band = deed->age_band;
    return c;
}

static enum status
restore_clocks(const struct moment *m, const struct watched *w,
               const struct deed_row *deed, struct err *err)
{
    const struct deed_clock_row *kept;
    struct deed_clock_row like;
    enum status rc = ST_OK;
    size_t at = 0;

    like_deed_clock(deed, &like);
    while (rc == ST_OK && (kept = rows_next(m->step->rows, TABLE_DEED_CLOCK,
                                            BY_DEED, &like, &at)) != NULL)
        rc = watch_restore(m, w, kept, err);
    return rc;
}

static enum status
correct_case(const struct moment *m, const struct deed_row *deed,
             struct id activity_id, struct err *err)
{
    const struct case_row *now = cases_get(m, deed->case_id);
    struct case_said said = { .activity_id = activity_id };
    struct deed_row done = *deed;
    struct case_row c;
    enum status rc;

    if (now == NULL)
        return err_set(err, ST_REJECT, "R22", "no such case");
    rc = check(m, deed, now, err);
    if (rc != ST_OK)
        return rc;
    said.state_before = now->state;
    c = case_before(now, deed);
    done.corrected = true;
    rows_put(m->step->rows, TABLE_DEED, &done);
    rc = say_case(m, &c, &said, err);
    if (rc == ST_OK && deed->number > 0) {
        struct watched w = cases_watched(&c, cases_offer(m, &c));

        c.changes--;
        rc = restore_clocks(m, &w, deed, err);
    }
    return rc == ST_OK ? carry_restored(m, now, &c, err) : rc;
}

enum status
correct_apply(const struct moment *m, const struct activity_recorded *a,
              struct err *err)
{
    const struct deed_row *deed = NULL;
    struct deed_row done;
    enum status rc;

    if (a->corrects_agency_id.n > 0)
        deed = corrected_deed(m->step->rows, a);
    if (deed == NULL)
        return err_set(err, ST_REJECT, "R22",
                       "no activity of that key was applied");
    if (id_is_none(deed->episode_id))
        return correct_case(m, deed, a->activity_id, err);
    if (deed->corrected)
        return err_set(err, ST_REJECT, "R20", "it is corrected already");
    done = *deed;
    done.corrected = true;
    rc = desk_take_back(m, deed, cases_of_worker(m, deed->child_id), err);
    if (rc == ST_OK) /* a refusal changes nothing */
        rows_put(m->step->rows, TABLE_DEED, &done);
    return rc;
}
