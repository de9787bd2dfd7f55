#include "tracker/core/tracker.h"

#include "tracker/core/acts.h"
#include "tracker/core/arbiter.h"
#include "tracker/core/carry.h"
#include "tracker/core/caseload.h"
#include "tracker/core/desk.h"
#include "tracker/core/identity.h"
#include "tracker/core/rungs.h"
#include "tracker/core/school.h"
#include "tracker/core/subject.h"
#include "tracker/core/third_need.h"

/* ---- touching ------------------------------------------------------------ */

/* The children of a record; none is ID_NONE. */
struct children {
    struct id at[2];
    bool all; /* closed cases too: a merge moves them */
};

static struct children
children_of(const struct event *ev)
{
    struct children c = { .all = false };

    if (ev->type == REC_REFERRAL_DECIDED) {
        c.at[0] = ((const struct referral_decided *)ev->body)->child_id;
    } else if (ev->type == REC_ACTIVITY_RECORDED) {
        const struct activity_recorded *a = ev->body;

        c.at[0] = a->child_id;
        c.all = acts_look_back(a->activity);
    } else if (ev->type == REC_CHILD_MERGED) {
        const struct child_merged *merged = ev->body;

        c = (struct children){ { merged->survivor_id, merged->merged_id },
                               true };
    } else if (ev->type == REC_CHILD_UNMERGED) {
        const struct child_unmerged *unmerged = ev->body;

        c = (struct children){ { unmerged->survivor_id, unmerged->merged_id },
                               true };
    }
    return c;
}

/* Round 0: what the record names. */
static void
want_named(struct rows *rows, const struct event *ev)
{
    struct children c = children_of(ev);

    for (size_t i = 0; i < 2; i++)
        if (!id_is_none(c.at[i]))
            cases_want_child(rows, c.at[i]);
    if (ev->type == REC_REFERRAL_DECIDED) {
        const struct referral_decided *d = ev->body;

        arbiter_want(rows, d);
        caseload_want(rows, d->worker);
        if (desk_is_message(d))
            desk_want(rows, d->episode_id);
        if (school_is_notice(d))
            school_want(rows, d);
    }
    if (ev->type == REC_ACTIVITY_RECORDED)
        acts_want(rows, ev->body);
}

/* What hangs on the cases and episodes of a child whose rows are loaded. */
static void
want_of_child(const struct moment *m, struct id child_id, bool all)
{
    struct rows *rows = m->step->rows;
    const struct case_row *c;
    const struct episode_row *e;
    struct episode_row like;
    size_t at = 0;

    while ((c = cases_next(m, child_id, &at)) != NULL) {
        if (life_is_open(c->state) || all || !id_is_none(c->episode_id)) {
            cases_want(rows, c->case_id);
            caseload_want(rows, c->worker);
        }
        if (all)
            cases_want(rows, c->merged_into);
    }
    fields_clear(&tracker_tables[TABLE_EPISODE].fields, &like);
    like.child_id = child_id;
    at = 0;
    while ((e = rows_next(rows, TABLE_EPISODE, BY_CHILD, &like, &at)) != NULL)
        if (e->state == EPISODE_FOUND || all)
            desk_want(rows, e->episode_id);
}

/* Most messages about a child whom somebody works with. */
static bool
touches_no_more(const struct moment *m, const struct referral_decided *d)
{
    return !desk_is_message(d) && arbiter_leaves(m, d);
}

static void
want_case_of_activity(const struct moment *m, const struct activity_recorded *a)
{
    const struct case_row *c = cases_get(m, a->case_id);

    if (c != NULL)
        want_of_child(m, c->child_id, false);
}

/* Rounds 1 and 2: what the rows that came lead to. */
static void
want_found(const struct moment *m, const struct event *ev, int round)
{
    struct children c = children_of(ev);

    if (ev->type == REC_REFERRAL_DECIDED && school_is_notice(ev->body))
        school_want_more(m->step->rows, ev->body);
    if (ev->type == REC_REFERRAL_DECIDED) {
        arbiter_want_waiting(m->step->rows, ev->body);
        identity_want(m->step->rows, ev->body);
    }
    if (ev->type == REC_REFERRAL_DECIDED && touches_no_more(m, ev->body))
        return;
    for (size_t i = 0; i < 2; i++)
        if (!id_is_none(c.at[i]))
            want_of_child(m, c.at[i], c.all);
    if (ev->type == REC_REFERRAL_DECIDED)
        arbiter_want_case(m->step->rows, ev->body);
    if (ev->type == REC_ACTIVITY_RECORDED) {
        acts_want_more(m->step->rows, ev->body);
        if (round > 1)
            want_case_of_activity(m, ev->body);
    }
}

/* Whom a deadline is about, and who has the child now. */
static void
want_due(const struct moment *m, const struct deadline_row *d, int round)
{
    const struct episode_row *e;

    if (d->subject_kind == CLOCK_SUBJECT_CASE) {
        cases_want(m->step->rows, d->subject_id);
        return;
    }
    if (d->subject_kind != CLOCK_SUBJECT_EPISODE) {
        subject_want(m->step->rows, d->subject_id);
        if (d->subject_kind == CLOCK_SUBJECT_NOTIFICATION)
            cases_want_child(m->step->rows, d->child_id);
        return;
    }
    desk_want(m->step->rows, d->subject_id);
    e = round > 1 ? desk_get(m, d->subject_id) : NULL;
    if (e != NULL)
        cases_want_child(m->step->rows, e->child_id);
}

static bool
tracker_touch(const struct step *step, const struct event *evs, size_t n,
              int round)
{
    struct step copy = *step;
    struct moment m = { .step = &copy };
    const struct deadline_row *d;
    size_t at = 0;

    if (round > 2)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (round == 0)
            want_named(step->rows, &evs[i]);
        else
            want_found(&m, &evs[i], round);
    }
    if (round == 0)
        return true;
    while ((d = rows_next_due(step->rows, TABLE_DEADLINE, step->now, &at)) !=
           NULL)
        want_due(&m, d, round);
    return true;
}

/* ---- stepping ------------------------------------------------------------ */

static enum status
decided(struct step *step, const struct referral_decided *d, struct err *err)
{
    struct moment m;
    enum status rc = moment_of(&m, step, d->meta.recorded_at, d->meta.id,
                               d->meta.profile_version, err);

    if (rc == ST_OK)
        rc = arbiter_decided(&m, d, err);
    if (rc == ST_OK && desk_is_message(d))
        rc = desk_message(&m, d, cases_of_worker(&m, d->child_id), err);
    if (rc == ST_OK && school_is_notice(d))
        rc = school_message(&m, d, d->unit, err);
    if (rc == ST_OK)
        rc = identity_message(&m, d, err);
    return rc;
}

static enum status
recorded(struct step *step, const struct activity_recorded *a, struct err *err)
{
    struct moment m;
    enum status rc = moment_of(&m, step, a->meta.occurred_at, a->meta.id,
                               a->meta.profile_version, err);

    return rc == ST_OK ? acts_recorded(&m, a, err) : rc;
}

static enum status
merged(struct step *step, const struct child_merged *c, struct err *err)
{
    struct moment m;
    struct id gained = ID_NONE;
    enum status rc = moment_of(&m, step, c->meta.recorded_at, c->meta.id,
                               c->meta.profile_version, err);

    if (rc == ST_OK)
        rc = carry_merge(&m, c, &gained, err);
    return rc == ST_OK ? third_need_merged(&m, c, gained, err) : rc;
}

static enum status
unmerged(struct step *step, const struct child_unmerged *c, struct err *err)
{
    struct moment m;
    enum status rc = moment_of(&m, step, c->meta.recorded_at, c->meta.id,
                               c->meta.profile_version, err);

    return rc == ST_OK ? carry_unmerge(&m, c, err) : rc;
}

static enum status
tracker_step(struct step *step, const struct event *ev, struct err *err)
{
    switch (ev->type) {
    case REC_REFERRAL_DECIDED:
        return decided(step, ev->body, err);
    case REC_ACTIVITY_RECORDED:
        return recorded(step, ev->body, err);
    case REC_CHILD_MERGED:
        return merged(step, ev->body, err);
    case REC_CHILD_UNMERGED:
        return unmerged(step, ev->body, err);
    default:
        return ST_OK; /* time, settings and erasure change nothing here */
    }
}

/* ---- firing -------------------------------------------------------------- */

static enum status fire_case(const struct moment *m,
                             const struct deadline_row *d, struct err *err);

/* An offer ends after everybody who was to hear of it by then: the time that
 * the upper rungs wait for is over at the same instant. */
static enum status
fire_beside(const struct moment *m, const struct case_row *c, struct err *err)
{
    const struct deadline_row *d;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK &&
           (d = subject_next(m, TABLE_DEADLINE, c->case_id, &at)) != NULL)
        if (d->due_at <= m->at) {
            rc = fire_case(m, d, err);
            at = 0; /* what follows it may have come before the next */
        }
    return rc;
}

static enum status
fire_case(const struct moment *m, const struct deadline_row *d, struct err *err)
{
    const struct case_row *c = cases_get(m, d->subject_id);
    bool first_l3 = d->stage == STAGE_DUE && str_is(d->rule, "L3");
    bool expired;
    struct watched w;
    enum status rc;

    if (c == NULL)
        return err_set(err, ST_FATAL, "deadline", "a deadline has no case");
    w = cases_watched(c, cases_offer(m, c));
    rc = rungs_fire(m, &w, d, &expired, err);
    if (rc == ST_OK && first_l3)
        rc = carry_offer_late(m, c, err);
    if (rc == ST_OK && expired)
        rc = fire_beside(m, c, err);
    if (rc == ST_OK && expired)
        rc = carry_offer_expired(m, c, err);
    return rc;
}

static enum status
fire_episode(const struct moment *m, const struct deadline_row *d,
             struct err *err)
{
    const struct episode_row *e = desk_get(m, d->subject_id);
    bool expired;
    struct watched w;

    if (e == NULL)
        return err_set(err, ST_FATAL, "deadline", "a deadline has no episode");
    if (desk_is_birthday(d))
        return desk_birthday(m, e, cases_of_worker(m, e->child_id), err);
    w = desk_watched(e, cases_of_worker(m, e->child_id));
    return rungs_fire(m, &w, d, &expired, err);
}

/* Who has the child hears that a notification beside the case waits; a school
 * is told by duty, whoever has the child. */
static void
name_holder(const struct moment *m, const struct deadline_row *d,
            struct watched *w)
{
    const struct case_row *c = cases_of_worker(m, d->child_id);

    if (d->subject_kind != CLOCK_SUBJECT_NOTIFICATION || c == NULL ||
        school_is_clock(d->rule))
        return;
    w->case_id = c->case_id;
    w->unit = c->unit;
    w->worker = c->worker;
}

/* A worker and a notification have no row here that is found by a clock: a
 * rung above says what its alert does, the first whom the child leads to. */
static enum status
fire_other(const struct moment *m, const struct deadline_row *d,
           struct err *err)
{
    struct watched w = { .kind = d->subject_kind,
                         .id = d->subject_id,
                         .child_id = d->child_id,
                         .unit = m->limits.profile->routing.duty_tray };
    bool expired;

    if (!rungs_of_alert(m, d, &w))
        name_holder(m, d, &w);
    return rungs_fire(m, &w, d, &expired, err);
}

static enum status
tracker_fire(struct step *step, const void *due_row, struct err *err)
{
    const struct deadline_row *d = due_row;
    struct moment m;
    enum status rc =
        moment_of(&m, step, step->now, ID_NONE, d->profile_version, err);

    if (rc != ST_OK)
        return rc;
    switch (d->subject_kind) {
    case CLOCK_SUBJECT_CASE:
        return fire_case(&m, d, err);
    case CLOCK_SUBJECT_EPISODE:
        return fire_episode(&m, d, err);
    default:
        return fire_other(&m, d, err);
    }
}

const struct service_def tracker_service = {
    .service = SERVICE_TRACKER,
    .tables = tracker_tables,
    .n_tables = TABLE_N,
    .inputs = { TOPIC_CASEWORK },
    .n_inputs = 1,
    .outputs = { TOPIC_CASE_JOURNAL, TOPIC_ALERTS, TOPIC_FEEDBACK },
    .n_outputs = 3,
    .due_table = TABLE_DEADLINE,
    .touch = tracker_touch,
    .step = tracker_step,
    .fire = tracker_fire,
};
