/**
 * What staff did, limits that stopped, missing episodes, and children that
 * turn out to be one.
 */
#ifndef WAYMARK_METRICS_CORE_COUNT_WORK_H
#define WAYMARK_METRICS_CORE_COUNT_WORK_H

#include "metrics/core/run.h"

/** ActivityRecorded: kept where a figure counts its kind; `corrected` takes
 * what it corrects out of all figures. */
void count_activity(const struct run *r, const struct activity_recorded *rec);

/** ReferrerAnswered about an activity that was refused: it counts nowhere. */
void count_refusal(const struct run *r, const struct referrer_answered *rec);

/** ClockChanged: one that stopped. */
void count_clock(const struct run *r, const struct clock_changed *rec);

/** MissingEpisodeChanged: the episode as it stands. */
void count_episode(const struct run *r,
                   const struct missing_episode_changed *rec);

/** ChildMerged and ChildUnmerged: figures of children count one or two. */
void count_joined(const struct run *r, const struct child_merged *rec);
void count_parted(const struct run *r, const struct child_unmerged *rec);

/**
 * Count the facts that waited for what has just been activated: `wait` is an
 * enum wait. They were wanted by their group of that wait (want.h).
 */
void release_work(const struct run *r, int wait);

#endif
