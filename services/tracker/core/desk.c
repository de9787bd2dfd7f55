#include "tracker/core/desk.h"

#include "tracker/core/rungs.h"
#include "tracker/core/subject.h"

#define T10 STR("T10")
#define D11 STR("D11")
#define BIRTHDAY STR("birthday") /* the deadline of the 18th */

bool
desk_is_missing(int kind)
{
    return kind >= KIND_POLICE_MISSING_REPORTED &&
           kind <= KIND_POLICE_MISSING_CANCELLED;
}

bool
desk_is_message(const struct referral_decided *d)
{
    return desk_is_missing(d->kind) && !id_is_none(d->episode_id);
}

void
desk_want(struct rows *rows, struct id episode_id)
{
    struct episode_message_row msg;
    struct episode_row e;

    fields_clear(&tracker_tables[TABLE_EPISODE].fields, &e);
    e.episode_id = episode_id;
    rows_want(rows, TABLE_EPISODE, &e);
    fields_clear(&tracker_tables[TABLE_EPISODE_MESSAGE].fields, &msg);
    msg.episode_id = episode_id;
    rows_want_group(rows, TABLE_EPISODE_MESSAGE, BY_EPISODE, &msg);
    subject_want(rows, episode_id);
}

const struct episode_row *
desk_get(const struct moment *m, struct id episode_id)
{
    struct episode_row like;

    fields_clear(&tracker_tables[TABLE_EPISODE].fields, &like);
    like.episode_id = episode_id;
    return rows_get(m->step->rows, TABLE_EPISODE, &like);
}

/* When a message says that its thing happened. */
static time_ms
message_at(const struct episode_message_row *msg)
{
    switch (msg->kind) {
    case KIND_POLICE_MISSING_REPORTED:
        return msg->reported_at;
    case KIND_POLICE_MISSING_RISK_CHANGED:
        return msg->graded_at;
    case KIND_POLICE_MISSING_FOUND:
        return msg->found_at;
    case KIND_POLICE_MISSING_CANCELLED:
        return msg->cancelled_at;
    default:
        return TIME_NONE;
    }
}

/* When a message graded the risk: the first report does it with reported_at. */
static time_ms
graded_at(const struct episode_message_row *msg)
{
    if (msg->risk_grade == 0)
        return TIME_NONE;
    if (msg->kind == KIND_POLICE_MISSING_REPORTED)
        return msg->graded_at != TIME_NONE ? msg->graded_at : msg->reported_at;
    return msg->kind == KIND_POLICE_MISSING_RISK_CHANGED ? msg->graded_at
                                                         : TIME_NONE;
}

/* `a` stands behind `b` by what it tells of, then by its reference. */
static bool
is_later(const struct episode_message_row *a,
         const struct episode_message_row *b)
{
    if (b == NULL)
        return true;
    if (message_at(a) != message_at(b))
        return message_at(a) > message_at(b);
    return str_cmp(a->agency_ref, b->agency_ref) > 0;
}

static void
earliest(time_ms at, time_ms *out)
{
    if (at != TIME_NONE && (*out == TIME_NONE || at < *out))
        *out = at;
}

static void
derive_state(const struct episode_message_row *cancelled, struct episode_row *e)
{
    bool is_cancelled =
        cancelled != NULL && cancelled->cancel_reason != CANCEL_WITHDRAWN;

    e->cancel_reason = is_cancelled ? cancelled->cancel_reason : 0;
    e->incomplete = !is_cancelled && e->found_at != TIME_NONE &&
                    e->reported_at == TIME_NONE;
    if (is_cancelled) {
        e->state = EPISODE_CANCELLED;
        e->rhi_state = RHI_VOID;
        e->risk_grade = 0;
    } else if (e->found_at == TIME_NONE) {
        e->state = EPISODE_MISSING;
        e->rhi_state = 0;
    } else {
        e->rhi_state = e->interview == 0 ? RHI_DUE : e->interview;
        e->state = e->rhi_state == RHI_HELD || e->rhi_state == RHI_DECLINED
                       ? EPISODE_DONE
                       : EPISODE_FOUND;
    }
}

void
desk_derive(const struct episode_message_row *messages, size_t n,
            struct episode_row *e)
{
    const struct episode_message_row *cancelled = NULL;
    const struct episode_message_row *report = NULL;
    const struct episode_message_row *last = NULL;
    const struct episode_message_row *aged = NULL;
    time_ms grade_at = TIME_NONE;

    e->reported_at = TIME_NONE;
    e->found_at = TIME_NONE;
    e->risk_grade = 0;
    e->adult_on = DATE_NONE;
    for (size_t i = 0; i < n; i++) {
        const struct episode_message_row *msg = &messages[i];
        time_ms at = graded_at(msg);

        if (is_later(msg, last))
            last = msg;
        if (msg->adult_on != DATE_NONE && is_later(msg, aged))
            aged = msg;
        if (msg->kind == KIND_POLICE_MISSING_REPORTED) {
            earliest(msg->reported_at, &e->reported_at);
            if (is_later(msg, report))
                report = msg;
        }
        if (msg->kind == KIND_POLICE_MISSING_FOUND)
            earliest(msg->found_at, &e->found_at);
        if (msg->kind == KIND_POLICE_MISSING_CANCELLED &&
            is_later(msg, cancelled))
            cancelled = msg;
        if (at == TIME_NONE)
            continue;
        if (at > grade_at ||
            (at == grade_at && msg->risk_grade > e->risk_grade))
            e->risk_grade = msg->risk_grade;
        if (at > grade_at)
            grade_at = at;
    }
    if (aged != NULL)
        e->adult_on = aged->adult_on;
    e->category = report == NULL ? 0 : report->category;
    if (last != NULL) {
        e->child_id = last->child_id;
        e->locality = last->locality;
        e->age_band = last->age_band;
        e->csc_status = last->csc_status;
    }
    derive_state(cancelled, e);
}

struct watched
desk_watched(const struct episode_row *e, const struct case_row *c)
{
    return (struct watched){
        .kind = CLOCK_SUBJECT_EPISODE,
        .id = e->episode_id,
        .child_id = e->child_id,
        .case_id = c == NULL ? ID_NONE : c->case_id,
        .unit = c == NULL ? e->unit : c->unit,
        .worker = c == NULL ? STR_NULL : c->worker,
    };
}

/* ---- what changed -------------------------------------------------------- */

static bool
is_over(int state)
{
    return state == EPISODE_CANCELLED || state == EPISODE_DONE ||
           state == EPISODE_CLOSED;
}

static enum status
end_alerts(const struct moment *m, const struct episode_row *e,
           const struct watched *w, struct err *err)
{
    enum status rc;

    if (!is_over(e->state))
        return ST_OK;
    rc = rungs_watch(m, w, STR(LIMITS_D11_STRATEGY), TIME_NEVER, err);
    return rc == ST_OK
               ? rungs_watch(m, w, STR(LIMITS_D11_ALERT), TIME_NEVER, err)
               : rc;
}

/* Make the interview's clock what the episode says it is. */
static enum status
settle_clock(const struct moment *m, const struct episode_row *e,
             const struct watched *w, struct err *err)
{
    static const struct watch_end gone = { .change = CLOCK_VOID,
                                           .reason = { "ended", 5 } };
    static const struct watch_end met = { .change = CLOCK_STOPPED,
                                          .reason = { "ended", 5 } };
    const struct clock_row *k = watch_clock(m, e->episode_id, T10);
    enum status rc = ST_OK;

    if (e->state == EPISODE_DONE)
        return watch_stop(m, w, T10, &met, err);
    if (e->state != EPISODE_FOUND)
        return watch_stop(m, w, T10, &gone, err);
    if (k != NULL && k->started_at != e->found_at)
        rc = watch_stop(m, w, T10, &gone, err);
    return rc == ST_OK ? watch_start(m, w, T10, e->found_at, err) : rc;
}

/* Three in 30 days tells duty, leader and district; three in 90 the leader. */
static enum status
settle_count(const struct moment *m, const struct referral_decided *d,
             const struct episode_row *e, const struct watched *w,
             struct err *err)
{
    int count = m->limits.profile->drift.missing_count;
    time_ms due_at = e->reported_at != TIME_NONE ? e->reported_at : e->found_at;

    if (is_over(e->state) || count < 1 || due_at == TIME_NONE ||
        alerts_told(m, e->episode_id, D11))
        return ST_OK;
    if (d->missing_30d >= count)
        return rungs_raise(m, w, STR(LIMITS_D11_STRATEGY), due_at, err);
    if (d->missing_90d >= count)
        return rungs_raise(m, w, STR(LIMITS_D11_ALERT), due_at, err);
    return ST_OK;
}

/* The 18th birthday closes what is open, whatever its messages say. */
static void
come_of_age(const struct moment *m, struct episode_row *e)
{
    const struct zone *zone = &m->limits.setting.cal->zone;

    if (e->adult_on == DATE_NONE || is_over(e->state) ||
        zone_date(zone, m->step->now) < e->adult_on)
        return;
    e->state = EPISODE_CLOSED;
    e->rhi_state = e->rhi_state == 0 ? 0 : RHI_VOID;
}

/* Let the birthday of an open episode be a deadline. */
static enum status
settle_birthday(const struct moment *m, const struct episode_row *e,
                const struct watched *w, struct err *err)
{
    const struct zone *zone = &m->limits.setting.cal->zone;
    bool open = !is_over(e->state) && e->adult_on != DATE_NONE;
    time_ms last = open ? zone_start_of_day(zone, e->adult_on) - 1 : TIME_NEVER;

    if (open && rungs_due(m, e->episode_id, BIRTHDAY) == last)
        return ST_OK;
    return rungs_watch(m, w, BIRTHDAY, last, err);
}

/* Store the episode, settle its clock and say it, if it is another than before.
 */
static enum status
settle(const struct moment *m, const struct episode_row *before,
       struct episode_row *e, const struct case_row *c, struct err *err)
{
    struct watched w = desk_watched(e, c);
    enum status rc = ST_OK;

    come_of_age(m, e);
    e->rhi_due_at = TIME_NONE;
    if (e->found_at != TIME_NONE && e->state != EPISODE_CANCELLED)
        rc = limits_due(&m->limits, "T10", e->found_at, &e->rhi_due_at, err);
    if (rc == ST_OK)
        rc = settle_clock(m, e, &w, err);
    if (rc == ST_OK)
        rc = end_alerts(m, e, &w, err);
    if (rc == ST_OK)
        rc = settle_birthday(m, e, &w, err);
    if (rc != ST_OK ||
        (before != NULL &&
         fields_eq(&tracker_tables[TABLE_EPISODE].fields, before, e)))
        return rc;
    rows_put(m->step->rows, TABLE_EPISODE, e);
    return say_episode(m, e, w.worker, err);
}

static struct episode_message_row
message_of(const struct referral_decided *d)
{
    struct episode_message_row msg;

    fields_clear(&tracker_tables[TABLE_EPISODE_MESSAGE].fields, &msg);
    msg.episode_id = d->episode_id;
    msg.agency_ref = d->agency_ref;
    msg.notification_id = d->notification_id;
    msg.amendment = d->amendment;
    msg.kind = d->kind;
    msg.child_id = d->child_id;
    msg.first_child_id =
        id_is_none(d->first_child_id) ? d->child_id : d->first_child_id;
    msg.reported_at = d->reported_at;
    msg.graded_at = d->graded_at;
    msg.found_at = d->found_at;
    msg.cancelled_at = d->cancelled_at;
    msg.risk_grade = d->risk_grade;
    msg.category = d->missing_category;
    msg.cancel_reason = d->cancel_reason;
    msg.locality = d->locality;
    msg.age_band = d->age_band;
    msg.csc_status = d->csc_status;
    msg.adult_on = d->adult_on;
    return msg;
}

/* All messages of an episode, in the batch's memory. */
static struct episode_message_row *
messages_of(const struct moment *m, struct id episode_id, size_t *n)
{
    struct episode_message_row like;
    struct episode_message_row *all;
    const struct episode_message_row *msg;
    size_t at = 0;

    fields_clear(&tracker_tables[TABLE_EPISODE_MESSAGE].fields, &like);
    like.episode_id = episode_id;
    for (*n = 0; rows_next(m->step->rows, TABLE_EPISODE_MESSAGE, BY_EPISODE,
                           &like, &at) != NULL;)
        (*n)++;
    all = arena_array(m->step->arena, *n, sizeof *all);
    at = 0;
    for (size_t i = 0; i < *n; i++) {
        msg = rows_next(m->step->rows, TABLE_EPISODE_MESSAGE, BY_EPISODE, &like,
                        &at);
        all[i] = *msg;
    }
    return all;
}

enum status
desk_message(const struct moment *m, const struct referral_decided *d,
             const struct case_row *c, struct err *err)
{
    struct episode_message_row msg = message_of(d);
    const struct episode_message_row *known =
        rows_get(m->step->rows, TABLE_EPISODE_MESSAGE, &msg);
    const struct episode_row *before = desk_get(m, d->episode_id);
    const struct episode_message_row *all;
    struct episode_row e;
    struct watched w;
    size_t n;
    enum status rc;

    if (known != NULL && known->amendment > msg.amendment)
        return ST_OK; /* history: a higher amendment came before it */
    rows_put(m->step->rows, TABLE_EPISODE_MESSAGE, &msg);
    fields_clear(&tracker_tables[TABLE_EPISODE].fields, &e);
    if (before != NULL)
        e = *before;
    e.episode_id = d->episode_id;
    e.agency_id = d->agency_id;
    e.episode_ref = d->episode_ref;
    if (before == NULL)
        e.received_at = d->received_at;
    all = messages_of(m, d->episode_id, &n);
    desk_derive(all, n, &e);
    if (d->unit.n > 0)
        e.unit = d->unit;
    rc = settle(m, before, &e, c, err);
    w = desk_watched(&e, c);
    return rc == ST_OK ? settle_count(m, d, &e, &w, err) : rc;
}

static int
interview_of(int activity)
{
    switch (activity) {
    case ACTIVITY_RHI_OFFERED:
        return RHI_OFFERED;
    case ACTIVITY_RHI_ACCEPTED:
        return RHI_ACCEPTED;
    case ACTIVITY_RHI_DECLINED:
        return RHI_DECLINED;
    default:
        return RHI_HELD;
    }
}

static const struct episode_row *
next_episode(const struct moment *m, struct id child_id, size_t *at)
{
    struct episode_row like;

    fields_clear(&tracker_tables[TABLE_EPISODE].fields, &like);
    like.child_id = child_id;
    return rows_next(m->step->rows, TABLE_EPISODE, BY_CHILD, &like, at);
}

/* Is the activity about a notification, and that one of this episode's? */
static bool
is_named(const struct moment *m, const struct activity_recorded *a,
         const struct episode_row *e)
{
    const struct episode_message_row *msg;
    struct episode_message_row like;
    size_t at = 0;

    fields_clear(&tracker_tables[TABLE_EPISODE_MESSAGE].fields, &like);
    like.episode_id = e->episode_id;
    while (!id_is_none(a->notification_id) &&
           (msg = rows_next(m->step->rows, TABLE_EPISODE_MESSAGE, BY_EPISODE,
                            &like, &at)) != NULL)
        if (id_eq(msg->notification_id, a->notification_id))
            return true;
    return false;
}

const struct episode_row *
desk_waiting(const struct moment *m, const struct activity_recorded *a,
             struct id child_id)
{
    const struct episode_row *waiting = NULL;
    const struct episode_row *e;
    size_t at = 0;

    while ((e = next_episode(m, child_id, &at)) != NULL) {
        if (is_named(m, a, e))
            return e->state == EPISODE_FOUND ? e : NULL;
        if (e->state == EPISODE_FOUND &&
            (waiting == NULL || e->found_at < waiting->found_at))
            waiting = e;
    }
    return waiting;
}

enum status
desk_interview(const struct moment *m, const struct activity_recorded *a,
               struct id child_id, const struct case_row *c, struct err *err)
{
    const struct episode_row *waiting = desk_waiting(m, a, child_id);
    struct episode_row e;

    if (waiting == NULL)
        return err_set(err, ST_REJECT, "R20",
                       "no return home interview is due for this child");
    e = *waiting;
    e.interview = interview_of(a->activity);
    e.rhi_state = e.interview;
    e.rhi_at = m->at;
    if (e.interview == RHI_HELD || e.interview == RHI_DECLINED)
        e.state = EPISODE_DONE;
    return settle(m, waiting, &e, c, err);
}

enum status
desk_take_back(const struct moment *m, const struct deed_row *deed,
               const struct case_row *c, struct err *err)
{
    const struct episode_row *now = desk_get(m, deed->episode_id);
    struct episode_row e;

    if (now == NULL ||
        (now->state != EPISODE_FOUND && now->state != EPISODE_DONE) ||
        now->rhi_at != deed->occurred_at)
        return err_set(err, ST_REJECT, "R20",
                       "what came later rests on it: that first");
    e = *now;
    e.interview = deed->interview;
    e.rhi_at = deed->interview_at;
    e.rhi_state = e.interview == 0 ? RHI_DUE : e.interview;
    e.state = EPISODE_FOUND; /* before it, the interview was still due */
    return settle(m, now, &e, c, err);
}

bool
desk_is_birthday(const struct deadline_row *deadline)
{
    return str_eq(deadline->rule, BIRTHDAY);
}

enum status
desk_birthday(const struct moment *m, const struct episode_row *e,
              const struct case_row *c, struct err *err)
{
    struct episode_row adult = *e;

    return settle(m, e, &adult, c, err);
}

enum status
desk_move(const struct moment *m, struct id from, struct id to, struct id whose,
          struct err *err)
{
    const struct episode_row *known;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK && (known = next_episode(m, from, &at)) != NULL) {
        struct episode_row e = *known;
        struct episode_message_row *all;
        size_t n;

        all = messages_of(m, e.episode_id, &n);
        if (!id_is_none(whose) &&
            (n == 0 || !id_eq(all[0].first_child_id, whose)))
            continue;
        for (size_t i = 0; i < n; i++) {
            all[i].child_id = to;
            rows_put(m->step->rows, TABLE_EPISODE_MESSAGE, &all[i]);
        }
        e.child_id = to;
        rows_put(m->step->rows, TABLE_EPISODE, &e);
        rc = say_episode(m, &e, STR_NULL, err);
    }
    return rc;
}
