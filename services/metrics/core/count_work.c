#include "metrics/core/count_work.h"

#include "metrics/core/contribution.h"
#include "metrics/core/facts_work.h"

/* ---- what staff did ------------------------------------------------------ */

static struct activity_fact
activity_get(const struct run *r, struct str agency_id, struct str agency_ref)
{
    struct activity_fact like;
    const struct activity_fact *found;

    run_like(TABLE_ACTIVITY, &like);
    like.agency_id = agency_id;
    like.agency_ref = agency_ref;
    found = rows_get(r->rows, TABLE_ACTIVITY, &like);
    return found == NULL ? like : *found;
}

/*
 * What a refusal takes away: all that the activity as it was last told counts
 * for, at the time when that was told. So it doesn't matter whether feedback
 * is read before or after what casework said of the activity.
 */
static void
tally_refusal(const struct run *r, const struct activity_fact *f, bool undo)
{
    struct tally tally = run_tally(r, f->heard_at);
    struct contributions told;
    struct contributions none = { .n = 0 };

    if (!f->refused)
        return;
    contribution_of_activity(r->arena, f, &told);
    tally_change(&tally, undo ? &none : &told, undo ? &told : &none);
}

/* The only place that changes an activity's row: its cells follow. */
static void
activity_put(const struct run *r, const struct activity_fact *now,
             time_ms heard_at)
{
    struct activity_fact old = activity_get(r, now->agency_id, now->agency_ref);
    struct tally tally = run_tally(r, heard_at);
    struct contributions before, after;

    tally_refusal(r, &old, true);
    contribution_of_activity(r->arena, &old, &before);
    contribution_of_activity(r->arena, now, &after);
    tally_change(&tally, &before, &after);
    tally_refusal(r, now, false);
    rows_put(r->rows, TABLE_ACTIVITY, now);
}

static void
correct(const struct run *r, const struct activity_recorded *rec)
{
    struct activity_fact now =
        activity_get(r, rec->corrects_agency_id, rec->corrects_agency_ref);

    now.corrected = true;
    activity_put(r, &now, run_reckoning(r).casework_at);
}

void
count_activity(const struct run *r, const struct activity_recorded *rec)
{
    time_ms heard_at = run_reckoning(r).casework_at;
    struct activity_fact now;

    if (rec->refusal.n > 0)
        return;
    if (rec->activity == ACTIVITY_CORRECTED && rec->corrects_agency_id.n > 0 &&
        rec->corrects_agency_ref.n > 0)
        correct(r, rec);
    if (!facts_counts_activity(rec->activity))
        return;
    now = activity_get(r, rec->agency_id, rec->agency_ref);
    if (!facts_fill_activity(&now, rec, heard_at))
        return;
    facts_derive_activity(&now, &r->terms);
    activity_put(r, &now, heard_at);
}

void
count_refusal(const struct run *r, const struct referrer_answered *rec)
{
    struct activity_fact now;

    if (!id_is_none(rec->notification_id) || rec->refusal.n == 0)
        return;
    now = activity_get(r, rec->agency_id, rec->agency_ref);
    now.refused = true;
    activity_put(r, &now, now.heard_at);
}

/* ---- limits -------------------------------------------------------------- */

static void
clock_put(const struct run *r, const struct clock_fact *old,
          const struct clock_fact *now)
{
    struct tally tally = run_tally(r, now->heard_at);
    struct contributions before = { .n = 0 };
    struct contributions after;

    if (old != NULL)
        contribution_of_clock(old, &before);
    contribution_of_clock(now, &after);
    tally_change(&tally, &before, &after);
    rows_put(r->rows, TABLE_CLOCK, now);
}

void
count_clock(const struct run *r, const struct clock_changed *rec)
{
    struct clock_fact now;

    if (rec->change != CLOCK_STOPPED)
        return;
    facts_fill_clock(&now, rec, run_reckoning(r).journal_at);
    facts_derive_clock(&now, &r->terms);
    clock_put(r, rows_get(r->rows, TABLE_CLOCK, &now), &now);
}

/* ---- missing episodes ---------------------------------------------------- */

static void
episode_put(const struct run *r, const struct episode_fact *old,
            const struct episode_fact *now)
{
    struct tally tally = run_tally(r, now->heard_at);
    struct contributions before = { .n = 0 };
    struct contributions after;

    if (old != NULL)
        contribution_of_episode(old, &before);
    contribution_of_episode(now, &after);
    tally_change(&tally, &before, &after);
    rows_put(r->rows, TABLE_EPISODE, now);
}

void
count_episode(const struct run *r, const struct missing_episode_changed *rec)
{
    struct episode_fact now;

    facts_fill_episode(&now, rec, run_reckoning(r).journal_at);
    facts_derive_episode(&now, &r->terms);
    episode_put(r, rows_get(r->rows, TABLE_EPISODE, &now), &now);
}

/* ---- children that are one ----------------------------------------------- */

void
count_joined(const struct run *r, const struct child_merged *rec)
{
    rows_put(r->rows, TABLE_CHILD_JOIN,
             &(struct child_join){ .merged_id = rec->merged_id,
                                   .survivor_id = rec->survivor_id,
                                   .joined_at = rec->meta.recorded_at });
}

void
count_parted(const struct run *r, const struct child_unmerged *rec)
{
    rows_delete(r->rows, TABLE_CHILD_JOIN,
                &(struct child_join){ .merged_id = rec->merged_id });
}

/* ---- facts that waited for settings -------------------------------------- */

static void
release_activities(const struct run *r, int wait)
{
    struct activity_fact like;
    const void **list;
    size_t n;

    run_like(TABLE_ACTIVITY, &like);
    like.waits_for = wait;
    list = run_group(r, TABLE_ACTIVITY, ACTIVITY_BY_WAIT, &like, &n);
    for (size_t i = 0; i < n; i++) {
        struct activity_fact now = *(const struct activity_fact *)list[i];

        facts_derive_activity(&now, &r->terms);
        activity_put(r, &now, now.heard_at);
    }
}

static void
release_clocks(const struct run *r, int wait)
{
    struct clock_fact like;
    const void **list;
    size_t n;

    run_like(TABLE_CLOCK, &like);
    like.waits_for = wait;
    list = run_group(r, TABLE_CLOCK, CLOCK_BY_WAIT, &like, &n);
    for (size_t i = 0; i < n; i++) {
        struct clock_fact now = *(const struct clock_fact *)list[i];

        facts_derive_clock(&now, &r->terms);
        clock_put(r, list[i], &now);
    }
}

static void
release_episodes(const struct run *r, int wait)
{
    struct episode_fact like;
    const void **list;
    size_t n;

    run_like(TABLE_EPISODE, &like);
    like.waits_for = wait;
    list = run_group(r, TABLE_EPISODE, EPISODE_BY_WAIT, &like, &n);
    for (size_t i = 0; i < n; i++) {
        struct episode_fact now = *(const struct episode_fact *)list[i];

        facts_derive_episode(&now, &r->terms);
        episode_put(r, list[i], &now);
    }
}

void
release_work(const struct run *r, int wait)
{
    release_activities(r, wait);
    release_clocks(r, wait);
    release_episodes(r, wait);
}
