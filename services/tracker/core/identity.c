#include "tracker/core/identity.h"

#include "tracker/core/arbiter.h"
#include "tracker/core/desk.h"
#include "tracker/core/rungs.h"
#include "tracker/core/subject.h"

#define D19 STR("D19")

void
identity_want(struct rows *rows, const struct referral_decided *d)
{
    const struct referral_row *known = arbiter_referral(rows, d);

    if (known != NULL && !id_is_none(known->review_id))
        subject_want(rows, known->review_id);
    else if (d->match_status == MATCH_REVIEW)
        subject_want(rows, d->notification_id);
}

static struct watched
watched_of(const struct moment *m, const struct referral_decided *d,
           struct id review_id)
{
    return (struct watched){ .kind = CLOCK_SUBJECT_NOTIFICATION,
                             .id = review_id,
                             .child_id = d->child_id,
                             .unit = m->limits.profile->routing.duty_tray };
}

/* Hours of the rule, or none where the profile has none. */
static time_ms
due_at(const struct moment *m, const struct referral_decided *d)
{
    const struct profile_drift *drift = &m->limits.profile->drift;
    int hours = desk_is_missing(d->kind) ? drift->match_review_missing_hours
                                         : drift->match_review_hours;

    return hours < 1 ? TIME_NEVER : m->at + hours * HOUR_MS;
}

enum status
identity_message(const struct moment *m, const struct referral_decided *d,
                 struct err *err)
{
    const struct referral_row *known = arbiter_referral(m->step->rows, d);
    bool in_review = d->match_status == MATCH_REVIEW;
    struct referral_row row;
    struct watched w;
    time_ms due;

    if (known == NULL || in_review == !id_is_none(known->review_id))
        return ST_OK;
    row = *known;
    row.review_id = in_review ? d->notification_id : ID_NONE;
    rows_put(m->step->rows, TABLE_REFERRAL, &row);
    w = watched_of(m, d, in_review ? row.review_id : known->review_id);
    due = in_review ? due_at(m, d) : TIME_NEVER;
    return rungs_watch(m, &w, D19, due, err);
}
