#include "metrics/core/count_notifications.h"

#include "metrics/core/contribution.h"

static struct notification_fact
notification_get(const struct run *r, struct str agency_id,
                 struct str agency_ref, int32_t amendment)
{
    struct notification_fact like;
    const struct notification_fact *found;

    run_like(TABLE_NOTIFICATION, &like);
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
    struct tally tally = run_tally(r, heard_at);
    struct contributions before, after;

    contribution_of_notification(&old, &before);
    contribution_of_notification(now, &after);
    tally_change(&tally, &before, &after);
    rows_put(r->rows, TABLE_NOTIFICATION, now);
}

/* The message that counts for an episode: the earliest of those that came to
 * early help, or of all where none did. */
static bool
is_before(const struct notification_fact *a, const struct notification_fact *b)
{
    bool a_came = contribution_is_k01(a);

    if (a_came != contribution_is_k01(b))
        return a_came;
    if (a->received_at != b->received_at)
        return a->received_at < b->received_at;
    return id_cmp(a->notification_id, b->notification_id) < 0;
}

static void
settle_episode(const struct run *r, struct id episode_id, time_ms heard_at)
{
    struct notification_fact like;
    const struct notification_fact *first = NULL;
    const void **list;
    size_t n;

    if (id_is_none(episode_id))
        return;
    run_like(TABLE_NOTIFICATION, &like);
    like.episode_id = episode_id;
    list = run_group(r, TABLE_NOTIFICATION, NOTIFICATION_BY_EPISODE, &like, &n);
    for (size_t i = 0; i < n; i++) {
        const struct notification_fact *f = list[i];

        if (!f->superseded && (first == NULL || is_before(f, first)))
            first = f;
    }
    for (size_t i = 0; i < n; i++) {
        struct notification_fact now =
            *(const struct notification_fact *)list[i];
        bool was = now.repeat;

        now.repeat = first != NULL && list[i] != first;
        if (now.repeat != was)
            notification_put(r, &now, heard_at);
    }
}

/* The highest amendment that is decided is the truth (domain.md section 3). */
static void
settle_amendments(const struct run *r, const struct notification_fact *of,
                  time_ms heard_at)
{
    const void **list;
    int32_t highest = I32_NONE;
    size_t n;

    list = run_group(r, TABLE_NOTIFICATION, NOTIFICATION_BY_REF, of, &n);
    for (size_t i = 0; i < n; i++) {
        const struct notification_fact *f = list[i];

        if (!id_is_none(f->decision_id) && f->amendment > highest)
            highest = f->amendment;
    }
    for (size_t i = 0; i < n; i++) {
        struct notification_fact now =
            *(const struct notification_fact *)list[i];
        bool was = now.superseded;

        now.superseded =
            !id_is_none(now.decision_id) && now.amendment < highest;
        if (now.superseded != was)
            notification_put(r, &now, heard_at);
    }
    for (size_t i = 0; i < n; i++)
        settle_episode(r,
                       ((const struct notification_fact *)list[i])->episode_id,
                       heard_at);
}

/* Nobody asked for anything when the authority began: its cases alone count. */
static bool
is_of_go_live(int kind)
{
    return kind == KIND_GO_LIVE;
}

void
count_decision(const struct run *r, const struct referral_decided *rec)
{
    time_ms heard_at = run_reckoning(r).casework_at;
    struct notification_fact now;
    struct id left;

    if (is_of_go_live(rec->kind))
        return;
    now = notification_get(r, rec->agency_id, rec->agency_ref, rec->amendment);
    left = now.episode_id;
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
void
count_accepted(const struct run *r, const struct notification_accepted *rec)
{
    struct notification_fact now;

    if (is_of_go_live(rec->kind))
        return;
    run_like(TABLE_ACCEPTED, &now);
    facts_accept(&now, rec);
    rows_put(r->rows, TABLE_ACCEPTED, &now);
}

void
count_answer(const struct run *r, const struct referrer_answered *rec)
{
    struct notification_fact now;
    const struct notification_fact *found;

    if (id_is_none(rec->notification_id))
        return;
    run_like(TABLE_ANSWER, &now);
    now.notification_id = rec->notification_id;
    found = rows_get(r->rows, TABLE_ANSWER, &now);
    if (found != NULL)
        now = *found;
    facts_answer(&now, rec);
    rows_put(r->rows, TABLE_ANSWER, &now);
}

void
count_effect(const struct run *r, const struct case_changed *rec)
{
    struct notification_fact told;

    if (rec->effect == 0 || id_is_none(rec->notification_id))
        return;
    run_like(TABLE_EFFECT, &told);
    facts_effect(&told, rec);
    rows_put(r->rows, TABLE_EFFECT, &told);
}

void
release_notifications(const struct run *r, int wait)
{
    struct notification_fact like;
    const void **list;
    size_t n;

    run_like(TABLE_NOTIFICATION, &like);
    like.waits_for = wait;
    list = run_group(r, TABLE_NOTIFICATION, NOTIFICATION_BY_WAIT, &like, &n);
    for (size_t i = 0; i < n; i++) {
        struct notification_fact now =
            *(const struct notification_fact *)list[i];

        facts_derive_notification(&now, &r->terms);
        notification_put(r, &now, now.heard_at);
    }
}
