#include "metrics/core/metrics.h"

#include "common/core/calendar.h"
#include "metrics/core/contribution.h"
#include "metrics/core/facts.h"
#include "metrics/core/tables.h"
#include "metrics/core/tally.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* One pass over records: in earnest, or dry to find the cells it changes. */
struct run {
    struct arena *arena;
    struct rows *rows;
    struct terms terms;
    bool dry;
    time_ms heard;
};

static const struct fields *
fields_of(enum metrics_table table)
{
    return &metrics_tables[table].fields;
}

static void
like_of(enum metrics_table table, void *like)
{
    fields_clear(fields_of(table), like);
}

/* ---- time ---------------------------------------------------------------- */

static struct reckoning
reckoning_get(const struct run *r)
{
    struct reckoning like;
    const struct reckoning *found;

    like_of(TABLE_RECKONING, &like);
    like.no = RECKONING_NO;
    found = rows_get(r->rows, TABLE_RECKONING, &like);
    return found == NULL ? like : *found;
}

static void
freeze(const struct run *r, struct reckoning *now)
{
    date_d month;

    if (r->dry || r->terms.zone == NULL || r->heard == TIME_NONE)
        return;
    month = date_add_months(facts_month(r->terms.zone, r->heard), -1);
    if (now->frozen_through == DATE_NONE || month > now->frozen_through)
        now->frozen_through = month;
}

static void
apply_time(const struct run *r, const struct event *ev)
{
    const struct time_advanced *rec = ev->body;
    struct reckoning now = reckoning_get(r);

    if (ev->topic == TOPIC_CASEWORK)
        now.casework_at = rec->at;
    if (ev->topic == TOPIC_CASE_JOURNAL)
        now.journal_at = rec->at;
    freeze(r, &now);
    rows_put(r->rows, TABLE_RECKONING, &now);
}

static struct tally
tally_at(const struct run *r, time_ms heard_at)
{
    return (struct tally){
        .rows = r->rows,
        .dry = r->dry,
        .heard_month = r->terms.zone == NULL
                           ? DATE_NONE
                           : facts_month(r->terms.zone, heard_at),
    };
}

/* ---- notifications ------------------------------------------------------- */

static struct notification_fact
notification_get(const struct run *r, struct str agency_id,
                 struct str agency_ref, int32_t amendment)
{
    struct notification_fact like;
    const struct notification_fact *found;

    like_of(TABLE_NOTIFICATION, &like);
    like.agency_id = agency_id;
    like.agency_ref = agency_ref;
    like.amendment = amendment;
    found = rows_get(r->rows, TABLE_NOTIFICATION, &like);
    return found == NULL ? like : *found;
}

/* The only place that changes a notification's row: its cells follow. */
static void
notification_put(const struct run *r, const struct notification_fact *now,
                 time_ms heard_at)
{
    struct notification_fact old =
        notification_get(r, now->agency_id, now->agency_ref, now->amendment);
    struct tally tally = tally_at(r, heard_at);
    struct contributions before, after;

    contribution_of_notification(&old, &before);
    contribution_of_notification(now, &after);
    tally_change(&tally, &before, &after);
    rows_put(r->rows, TABLE_NOTIFICATION, now);
}

/* The rows of a group as they stand now, for changing them while we look. */
static const struct notification_fact **
notification_group(const struct run *r, int index,
                   const struct notification_fact *like, size_t *n)
{
    const struct notification_fact **list = NULL;
    const struct notification_fact *f;
    size_t at = 0;

    *n = 0;
    while ((f = rows_next(r->rows, TABLE_NOTIFICATION, index, like, &at)))
        ++*n;
    list = arena_array(r->arena, *n, sizeof(*list));
    at = 0;
    for (size_t i = 0; i < *n; i++)
        list[i] = rows_next(r->rows, TABLE_NOTIFICATION, index, like, &at);
    return list;
}

/* Of the messages about an episode that K01 could count, the earliest does. */
static bool
is_before(const struct notification_fact *a, const struct notification_fact *b)
{
    if (a->received_at != b->received_at)
        return a->received_at < b->received_at;
    return id_cmp(a->notification_id, b->notification_id) < 0;
}

static void
settle_episode(const struct run *r, struct id episode_id, time_ms heard_at)
{
    struct notification_fact like;
    const struct notification_fact **list;
    const struct notification_fact *first = NULL;
    size_t n;

    if (id_is_none(episode_id))
        return;
    like_of(TABLE_NOTIFICATION, &like);
    like.episode_id = episode_id;
    list = notification_group(r, NOTIFICATION_BY_EPISODE, &like, &n);
    for (size_t i = 0; i < n; i++)
        if (!list[i]->superseded && contribution_is_k01(list[i]) &&
            (first == NULL || is_before(list[i], first)))
            first = list[i];
    for (size_t i = 0; i < n; i++) {
        struct notification_fact now = *list[i];

        now.repeat = first != NULL && list[i] != first;
        if (now.repeat != list[i]->repeat)
            notification_put(r, &now, heard_at);
    }
}

/* The highest amendment that is decided is the truth (domain.md section 3). */
static void
settle_amendments(const struct run *r, const struct notification_fact *of,
                  time_ms heard_at)
{
    const struct notification_fact **list;
    int32_t highest = I32_NONE;
    size_t n;

    list = notification_group(r, NOTIFICATION_BY_REF, of, &n);
    for (size_t i = 0; i < n; i++)
        if (!id_is_none(list[i]->decision_id) && list[i]->amendment > highest)
            highest = list[i]->amendment;
    for (size_t i = 0; i < n; i++) {
        struct notification_fact now = *list[i];

        now.superseded =
            !id_is_none(now.decision_id) && now.amendment < highest;
        if (now.superseded != list[i]->superseded)
            notification_put(r, &now, heard_at);
    }
    for (size_t i = 0; i < n; i++)
        settle_episode(r, list[i]->episode_id, heard_at);
}

static void
apply_decision(const struct run *r, const struct referral_decided *rec)
{
    time_ms heard_at = reckoning_get(r).casework_at;
    struct notification_fact now = notification_get(
        r, rec->agency_id, rec->agency_ref, rec->amendment);
    struct id left = now.episode_id;

    facts_decide(&now, rec, heard_at);
    if (id_is_none(now.episode_id))
        now.repeat = false;
    facts_derive_notification(&now, &r->terms);
    notification_put(r, &now, heard_at);
    settle_amendments(r, &now, heard_at);
    if (!id_eq(left, now.episode_id))
        settle_episode(r, left, heard_at);
}

/* What is said once needs no look at what was there. */
static void
apply_accepted(const struct run *r, const struct notification_accepted *rec)
{
    struct notification_fact now;

    like_of(TABLE_ACCEPTED, &now);
    facts_accept(&now, rec);
    rows_put(r->rows, TABLE_ACCEPTED, &now);
}

static void
apply_answer(const struct run *r, const struct referrer_answered *rec)
{
    struct notification_fact now;
    const struct notification_fact *found;

    if (id_is_none(rec->notification_id))
        return;
    like_of(TABLE_ANSWER, &now);
    now.notification_id = rec->notification_id;
    found = rows_get(r->rows, TABLE_ANSWER, &now);
    if (found != NULL)
        now = *found;
    facts_answer(&now, rec);
    rows_put(r->rows, TABLE_ANSWER, &now);
}

/* ---- cases and hand-overs ------------------------------------------------ */

static void
case_put(const struct run *r, const struct case_fact *old,
         const struct case_fact *now)
{
    struct tally tally = tally_at(r, now->heard_at);
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

    like_of(TABLE_CASE, &like);
    like.case_id = case_id;
    return rows_get(r->rows, TABLE_CASE, &like);
}

/* The next version of this case that waits behind version *at; NULL: none. */
static const struct case_fact *
case_next_waiting(const struct run *r, struct id case_id, size_t *at)
{
    struct case_fact like;

    like_of(TABLE_CASE_WAITING, &like);
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
static void
apply_state(const struct run *r, const struct case_changed *rec)
{
    const struct case_fact *old = case_get(r, rec->case_id);
    const struct case_fact *last = case_last_waiting(r, rec->case_id);
    struct case_fact now;

    facts_fill_case(&now, last != NULL ? last : old, rec,
                    reckoning_get(r).journal_at);
    facts_derive_case(&now, &r->terms);
    if (last == NULL && now.waits_for == 0) {
        case_put(r, old, &now);
        return;
    }
    now.version = last == NULL ? 1 : last->version + 1;
    rows_put(r->rows, TABLE_CASE_WAITING, &now);
}

static void
apply_case(const struct run *r, const struct case_changed *rec)
{
    apply_state(r, rec);
    if (rec->effect != 0 && !id_is_none(rec->notification_id)) {
        struct notification_fact told;

        like_of(TABLE_EFFECT, &told);
        facts_effect(&told, rec);
        rows_put(r->rows, TABLE_EFFECT, &told);
    }
}

static void
handover_put(const struct run *r, const struct handover_fact *old,
             const struct handover_fact *now)
{
    struct tally tally = tally_at(r, now->heard_at);
    struct contributions before = { .n = 0 };
    struct contributions after;

    if (old != NULL)
        contribution_of_handover(old, &before);
    contribution_of_handover(now, &after);
    tally_change(&tally, &before, &after);
    rows_put(r->rows, TABLE_HANDOVER, now);
}

static void
apply_handover(const struct run *r, const struct handover_changed *rec)
{
    struct handover_fact like, now;

    like_of(TABLE_HANDOVER, &like);
    like.handover_id = rec->handover_id;
    facts_fill_handover(&now, rec, reckoning_get(r).journal_at);
    facts_derive_handover(&now, &r->terms);
    handover_put(r, rows_get(r->rows, TABLE_HANDOVER, &like), &now);
}

/* ---- facts that waited for settings -------------------------------------- */

static const void **
waiting(const struct run *r, enum metrics_table table, int index,
        const void *like, size_t *n)
{
    const void **list;
    size_t at = 0;

    *n = 0;
    while (rows_next(r->rows, table, index, like, &at) != NULL)
        ++*n;
    list = arena_array(r->arena, *n, sizeof(*list));
    at = 0;
    for (size_t i = 0; i < *n; i++)
        list[i] = rows_next(r->rows, table, index, like, &at);
    return list;
}

static void
release_notifications(const struct run *r, int wait)
{
    struct notification_fact like;
    const void **list;
    size_t n;

    like_of(TABLE_NOTIFICATION, &like);
    like.waits_for = wait;
    list = waiting(r, TABLE_NOTIFICATION, NOTIFICATION_BY_WAIT, &like, &n);
    for (size_t i = 0; i < n; i++) {
        struct notification_fact now =
            *(const struct notification_fact *)list[i];

        facts_derive_notification(&now, &r->terms);
        notification_put(r, &now, now.heard_at);
    }
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

static void
release_cases(const struct run *r, int wait)
{
    struct case_fact like;
    const void **list;
    size_t n;

    like_of(TABLE_CASE_WAITING, &like);
    like.waits_for = wait;
    list = waiting(r, TABLE_CASE_WAITING, CASE_WAITING_BY_WAIT, &like, &n);
    for (size_t i = 0; i < n; i++)
        release_case(r, ((const struct case_fact *)list[i])->case_id);
}

static void
release_handovers(const struct run *r, int wait)
{
    struct handover_fact like;
    const void **list;
    size_t n;

    like_of(TABLE_HANDOVER, &like);
    like.waits_for = wait;
    list = waiting(r, TABLE_HANDOVER, HANDOVER_BY_WAIT, &like, &n);
    for (size_t i = 0; i < n; i++) {
        struct handover_fact now = *(const struct handover_fact *)list[i];

        facts_derive_handover(&now, &r->terms);
        handover_put(r, list[i], &now);
    }
}

static void
release(const struct run *r)
{
    for (int wait = WAIT_CALENDAR; wait <= WAIT_PROFILE; wait++) {
        release_notifications(r, wait);
        release_cases(r, wait);
        release_handovers(r, wait);
    }
}

/* ---- alerts and what others counted -------------------------------------- */

static struct alert_fact
alert_get(const struct run *r, struct id alert_id)
{
    struct alert_fact like;
    const struct alert_fact *found;

    like_of(TABLE_ALERT, &like);
    like.alert_id = alert_id;
    found = rows_get(r->rows, TABLE_ALERT, &like);
    return found == NULL ? like : *found;
}

static void
apply_raised(const struct run *r, const struct alert_raised *rec)
{
    struct alert_fact now = alert_get(r, rec->alert_id);

    now.rule = rec->rule;
    now.subject_kind = rec->subject_kind;
    now.subject_id = rec->subject_id;
    now.child_id = rec->child_id;
    now.case_id = rec->case_id;
    now.due_at = rec->due_at;
    now.raise_number = rec->raise_number;
    now.unit = rec->unit;
    now.raised_at = rec->meta.occurred_at;
    if (rec->stage > now.stage)
        now.stage = rec->stage;
    rows_put(r->rows, TABLE_ALERT, &now);
}

static void
apply_escalated(const struct run *r, const struct alert_escalated *rec)
{
    struct alert_fact now = alert_get(r, rec->alert_id);

    if (rec->stage > now.stage) {
        now.stage = rec->stage;
        now.escalated_at = rec->meta.occurred_at;
    }
    rows_put(r->rows, TABLE_ALERT, &now);
}

static void
apply_acknowledged(const struct run *r, const struct alert_acknowledged *rec)
{
    struct alert_fact now = alert_get(r, rec->alert_id);

    if (now.acknowledged_at == TIME_NONE ||
        rec->meta.occurred_at < now.acknowledged_at)
        now.acknowledged_at = rec->meta.occurred_at;
    rows_put(r->rows, TABLE_ALERT, &now);
}

static void
apply_cleared(const struct run *r, const struct alert_cleared *rec)
{
    struct alert_fact now = alert_get(r, rec->alert_id);

    now.cleared_at = rec->meta.occurred_at;
    rows_put(r->rows, TABLE_ALERT, &now);
}

static void
apply_indicator(const struct run *r, const struct indicator_observed *rec)
{
    struct indicator_fact like, now;
    const struct indicator_fact *found;

    like_of(TABLE_INDICATOR, &like);
    like.agency_id = rec->agency_id;
    like.agency_ref = rec->agency_ref;
    found = rows_get(r->rows, TABLE_INDICATOR, &like);
    now = found == NULL ? like : *found;
    if (facts_fill_indicator(&now, rec))
        rows_put(r->rows, TABLE_INDICATOR, &now);
}

/* ---- the step ------------------------------------------------------------ */

/* Types that aren't here count in no figure of ours. */
static void
apply(const struct run *r, const struct event *ev)
{
    switch (ev->type) {
    case REC_TIME_ADVANCED:
        apply_time(r, ev);
        break;
    case REC_CONFIG_ACTIVATED:
        release(r);
        break;
    case REC_NOTIFICATION_ACCEPTED:
        apply_accepted(r, ev->body);
        break;
    case REC_REFERRAL_DECIDED:
        apply_decision(r, ev->body);
        break;
    case REC_CASE_CHANGED:
        apply_case(r, ev->body);
        break;
    case REC_HANDOVER_CHANGED:
        apply_handover(r, ev->body);
        break;
    case REC_REFERRER_ANSWERED:
        apply_answer(r, ev->body);
        break;
    case REC_ALERT_RAISED:
        apply_raised(r, ev->body);
        break;
    case REC_ALERT_ESCALATED:
        apply_escalated(r, ev->body);
        break;
    case REC_ALERT_ACKNOWLEDGED:
        apply_acknowledged(r, ev->body);
        break;
    case REC_ALERT_CLEARED:
        apply_cleared(r, ev->body);
        break;
    case REC_INDICATOR_OBSERVED:
        apply_indicator(r, ev->body);
        break;
    default:
        break;
    }
}

static struct run
run_of(const struct step *step)
{
    const struct settings *s = step->settings;

    return (struct run){
        .arena = step->arena,
        .rows = step->rows,
        .terms = { .zone = s == NULL || s->calendar == NULL
                               ? NULL
                               : &s->calendar->zone,
                   .settings = s },
        .heard = step->heard,
    };
}

static enum status
metrics_step(struct step *step, const struct event *ev, struct err *err)
{
    struct run r = run_of(step);

    (void)err;
    apply(&r, ev);
    return ST_OK;
}

/* ---- what a batch touches ------------------------------------------------ */

static void
want_answer(struct rows *rows, const struct referrer_answered *rec)
{
    struct notification_fact like;

    if (id_is_none(rec->notification_id))
        return;
    like_of(TABLE_ANSWER, &like);
    like.notification_id = rec->notification_id;
    rows_want(rows, TABLE_ANSWER, &like);
}

static void
want_episode(struct rows *rows, struct id episode_id)
{
    struct notification_fact like;

    like_of(TABLE_NOTIFICATION, &like);
    like.episode_id = episode_id;
    rows_want_group(rows, TABLE_NOTIFICATION, NOTIFICATION_BY_EPISODE, &like);
}

static void
want_decided(struct rows *rows, const struct referral_decided *rec)
{
    struct notification_fact like;

    want_episode(rows, rec->episode_id);
    like_of(TABLE_NOTIFICATION, &like);
    like.agency_id = rec->agency_id;
    like.agency_ref = rec->agency_ref;
    rows_want_group(rows, TABLE_NOTIFICATION, NOTIFICATION_BY_REF, &like);
}

static void
want_state(struct rows *rows, struct id case_id)
{
    struct case_fact like;

    like_of(TABLE_CASE_WAITING, &like);
    like.case_id = case_id;
    rows_want(rows, TABLE_CASE, &like);
    rows_want_group(rows, TABLE_CASE_WAITING, CASE_WAITING_BY_CASE, &like);
}

static void
want_handover(struct rows *rows, const struct handover_changed *rec)
{
    struct handover_fact like;

    like_of(TABLE_HANDOVER, &like);
    like.handover_id = rec->handover_id;
    rows_want(rows, TABLE_HANDOVER, &like);
}

static void
want_alert(struct rows *rows, struct id alert_id)
{
    struct alert_fact like;

    like_of(TABLE_ALERT, &like);
    like.alert_id = alert_id;
    rows_want(rows, TABLE_ALERT, &like);
}

static void
want_indicator(struct rows *rows, const struct indicator_observed *rec)
{
    struct indicator_fact like;

    like_of(TABLE_INDICATOR, &like);
    like.agency_id = rec->agency_id;
    like.agency_ref = rec->agency_ref;
    rows_want(rows, TABLE_INDICATOR, &like);
}

static void
want_waiting(struct rows *rows)
{
    struct notification_fact notification;
    struct case_fact one_case;
    struct handover_fact handover;

    like_of(TABLE_NOTIFICATION, &notification);
    like_of(TABLE_CASE_WAITING, &one_case);
    like_of(TABLE_HANDOVER, &handover);
    for (int wait = WAIT_CALENDAR; wait <= WAIT_PROFILE; wait++) {
        notification.waits_for = wait;
        one_case.waits_for = wait;
        handover.waits_for = wait;
        rows_want_group(rows, TABLE_NOTIFICATION, NOTIFICATION_BY_WAIT,
                        &notification);
        rows_want_group(rows, TABLE_CASE_WAITING, CASE_WAITING_BY_WAIT,
                        &one_case);
        rows_want_group(rows, TABLE_HANDOVER, HANDOVER_BY_WAIT, &handover);
    }
}

static void
want_event(struct rows *rows, const struct event *ev)
{
    switch (ev->type) {
    case REC_CONFIG_ACTIVATED:
        want_waiting(rows);
        break;
    case REC_REFERRAL_DECIDED:
        want_decided(rows, ev->body);
        break;
    case REC_CASE_CHANGED:
        want_state(rows, ((const struct case_changed *)ev->body)->case_id);
        break;
    case REC_HANDOVER_CHANGED:
        want_handover(rows, ev->body);
        break;
    case REC_REFERRER_ANSWERED:
        want_answer(rows, ev->body);
        break;
    case REC_ALERT_RAISED:
        want_alert(rows, ((const struct alert_raised *)ev->body)->alert_id);
        break;
    case REC_ALERT_ESCALATED:
        want_alert(rows, ((const struct alert_escalated *)ev->body)->alert_id);
        break;
    case REC_ALERT_ACKNOWLEDGED:
        want_alert(rows,
                   ((const struct alert_acknowledged *)ev->body)->alert_id);
        break;
    case REC_ALERT_CLEARED:
        want_alert(rows, ((const struct alert_cleared *)ev->body)->alert_id);
        break;
    case REC_INDICATOR_OBSERVED:
        want_indicator(rows, ev->body);
        break;
    default:
        break;
    }
}

/* All versions of the cases that wait. */
static void
want_versions(struct rows *rows)
{
    struct case_fact like;

    like_of(TABLE_CASE_WAITING, &like);
    for (int wait = WAIT_CALENDAR; wait <= WAIT_PROFILE; wait++) {
        const struct case_fact *f;
        size_t at = 0;

        like.waits_for = wait;
        while ((f = rows_next(rows, TABLE_CASE_WAITING, CASE_WAITING_BY_WAIT,
                              &like, &at)))
            want_state(rows, f->case_id);
    }
}

/* Episodes of the amendments of what was decided. */
static void
want_episodes(struct rows *rows, const struct referral_decided *rec)
{
    const struct notification_fact *f;
    struct notification_fact like;
    size_t at = 0;

    like_of(TABLE_NOTIFICATION, &like);
    like.agency_id = rec->agency_id;
    like.agency_ref = rec->agency_ref;
    while ((f = rows_next(rows, TABLE_NOTIFICATION, NOTIFICATION_BY_REF, &like,
                          &at)))
        want_episode(rows, f->episode_id);
}

static void
want_related(struct rows *rows, const struct event *ev)
{
    if (ev->type == REC_REFERRAL_DECIDED)
        want_episodes(rows, ev->body);
    if (ev->type == REC_CONFIG_ACTIVATED)
        want_versions(rows);
}

static void
want_cells(const struct step *step, const struct zone *zone,
           const struct event *evs, size_t n)
{
    struct run r = run_of(step);
    size_t mark = rows_mark(step->rows);

    r.dry = true;
    r.terms.any_profile = true;
    r.terms.zone = zone;
    for (size_t i = 0; i < n; i++)
        apply(&r, &evs[i]);
    rows_undo(step->rows, mark);
}

/*
 * A batch that activates a calendar may bring other months than those known
 * now. No zone is further from UTC than a day, so each month is one of three.
 */
static void
want_all_cells(const struct step *step, const struct event *evs, size_t n)
{
    static const struct zone guesses[] = { { .base_offset_s = -86400 },
                                           { .base_offset_s = 0 },
                                           { .base_offset_s = 86400 } };
    const struct zone *known = run_of(step).terms.zone;
    bool activates = false;

    for (size_t i = 0; i < n; i++)
        activates |= evs[i].type == REC_CONFIG_ACTIVATED;
    if (known != NULL)
        want_cells(step, known, evs, n);
    for (size_t i = 0; activates && i < N_OF(guesses); i++)
        want_cells(step, &guesses[i], evs, n);
}

enum { TOUCH_FACTS, TOUCH_RELATED, TOUCH_CELLS };

static bool
metrics_touch(const struct step *step, const struct event *evs, size_t n,
              int round)
{
    struct reckoning like;

    switch (round) {
    case TOUCH_FACTS:
        like_of(TABLE_RECKONING, &like);
        like.no = RECKONING_NO;
        rows_want(step->rows, TABLE_RECKONING, &like);
        for (size_t i = 0; i < n; i++)
            want_event(step->rows, &evs[i]);
        return true;
    case TOUCH_RELATED:
        for (size_t i = 0; i < n; i++)
            want_related(step->rows, &evs[i]);
        return true;
    case TOUCH_CELLS:
        want_all_cells(step, evs, n);
        return true;
    default:
        return false;
    }
}

const struct service_def metrics_service = {
    .service = SERVICE_METRICS,
    .tables = metrics_tables,
    .n_tables = METRICS_TABLE_N,
    .inputs = { TOPIC_CASEWORK, TOPIC_RECEIPTS, TOPIC_CASE_JOURNAL,
                TOPIC_ALERTS, TOPIC_FEEDBACK, TOPIC_INDICATORS },
    .n_inputs = 6,
    .due_table = -1,
    .touch = metrics_touch,
    .step = metrics_step,
};
