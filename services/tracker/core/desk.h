/**
 * The missing-child desk: an episode is all messages of one agency with one
 * reference, per message the highest amendment; its state is a function of
 * that set and never of the order (domain.md section 3). It belongs to the
 * child: it and its interview's clock outlive any case.
 */
#ifndef WAYMARK_TRACKER_CORE_DESK_H
#define WAYMARK_TRACKER_CORE_DESK_H

#include "tracker/core/watch.h"

/** True for the four kinds that the police send about a missing child. */
bool
desk_is_missing(int kind);
/** True for a decision about one message of a missing episode. */
bool
desk_is_message(const struct referral_decided *d);

/** Want the episode, its messages, clock, deadlines and alerts. */
void
desk_want(struct rows *rows, struct id episode_id);
/** The episode, wanted before; NULL if there is none. */
const struct episode_row *
desk_get(const struct moment *m, struct id episode_id);

/**
 * Fill the members of `e` that follow from its messages (all but episode_id,
 * agency_id, episode_ref, unit, interview, rhi_at and rhi_due_at), in whichever
 * order they stand. The unit is the newest decision's: triage decides each
 * message by all that it has of the episode.
 */
void
desk_derive(const struct episode_message_row *messages, size_t n,
            struct episode_row *e);

/** Who has the child's case now: unit, worker; null members where nobody. */
struct watched
desk_watched(const struct episode_row *e, const struct case_row *c);

/**
 * Take in what a decision says of an episode. `c` is the child's open case or
 * NULL: its worker is told.
 */
MUST_CHECK enum status
desk_message(const struct moment *m, const struct referral_decided *d,
             const struct case_row *c, struct err *err);

/**
 * rhi_offered, accepted, declined or held: for the child's episode that was
 * found first and still waits. ST_REJECT R20 where none waits.
 */
MUST_CHECK enum status
desk_interview(const struct moment *m, const struct activity_recorded *a,
               struct id child_id, const struct case_row *c, struct err *err);

/**
 * What was last reported of an episode's interview is taken back: `deed` keeps
 * how it stood before. ST_REJECT R20 where something came after it.
 */
MUST_CHECK enum status
desk_take_back(const struct moment *m, const struct deed_row *deed,
               const struct case_row *c, struct err *err);
/**
 * The episode that an interview activity is about: that of the notification it
 * names, else the one that waits longest. NULL where it, or none, waits.
 */
const struct episode_row *
desk_waiting(const struct moment *m, const struct activity_recorded *a,
             struct id child_id);

/** Is it the deadline of the 18th birthday? */
bool
desk_is_birthday(const struct deadline_row *deadline);
/** The birthday has come: closes an open episode, its clock and alerts. */
MUST_CHECK enum status
desk_birthday(const struct moment *m, const struct episode_row *e,
              const struct case_row *c, struct err *err);

/** The episodes of `from` that `whose` was first (none: all) are `to`'s now. */
MUST_CHECK enum status
desk_move(const struct moment *m, struct id from, struct id to, struct id whose,
          struct err *err);

#endif
