#include "tracker/core/school.h"

#include "tracker/core/subject.h"

#define T11 STR("T11")

static const struct watch_end met = { .change = CLOCK_STOPPED,
                                      .reason = { "ended", 5 } };
static const struct watch_end gone = { .change = CLOCK_VOID,
                                       .reason = { "corrected", 9 } };

bool
school_is_notice(const struct referral_decided *d)
{
    return d->kind == KIND_POLICE_ENCOMPASS && d->incident_at != TIME_NONE;
}

bool
school_is_clock(struct str clock)
{
    return str_eq(clock, T11);
}

static void
like_notice(const struct referral_decided *d, struct encompass_row *like)
{
    fields_clear(&tracker_tables[TABLE_ENCOMPASS].fields, like);
    like->agency_id = d->agency_id;
    like->agency_ref = d->agency_ref;
}

void
school_want(struct rows *rows, const struct referral_decided *d)
{
    struct encompass_row like;

    like_notice(d, &like);
    rows_want(rows, TABLE_ENCOMPASS, &like);
}

void
school_want_more(struct rows *rows, const struct referral_decided *d)
{
    const struct encompass_row *known;
    struct encompass_row like;

    like_notice(d, &like);
    known = rows_get(rows, TABLE_ENCOMPASS, &like);
    subject_want(rows, known == NULL ? d->notification_id : known->subject_id);
}

void
school_want_child(struct rows *rows, struct id child_id)
{
    struct encompass_row like;

    fields_clear(&tracker_tables[TABLE_ENCOMPASS].fields, &like);
    like.child_id = child_id;
    rows_want_group(rows, TABLE_ENCOMPASS, BY_CHILD, &like);
}

static const struct encompass_row *
next_notice(struct rows *rows, struct id child_id, size_t *at)
{
    struct encompass_row like;

    fields_clear(&tracker_tables[TABLE_ENCOMPASS].fields, &like);
    like.child_id = child_id;
    return rows_next(rows, TABLE_ENCOMPASS, BY_CHILD, &like, at);
}

void
school_want_child_more(struct rows *rows, struct id child_id)
{
    const struct encompass_row *n;
    size_t at = 0;

    while ((n = next_notice(rows, child_id, &at)) != NULL)
        subject_want(rows, n->subject_id);
}

static struct watched
watched_of(const struct encompass_row *n)
{
    return (struct watched){ .kind = CLOCK_SUBJECT_NOTIFICATION,
                             .id = n->subject_id,
                             .child_id = n->child_id,
                             .unit = n->unit };
}

enum status
school_message(const struct moment *m, const struct referral_decided *d,
               struct str unit, struct err *err)
{
    const struct encompass_row *known;
    struct encompass_row n;
    struct watched w;
    enum status rc = ST_OK;

    like_notice(d, &n);
    known = rows_get(m->step->rows, TABLE_ENCOMPASS, &n);
    if (known != NULL && known->amendment > d->amendment)
        return ST_OK;
    n.child_id = d->child_id;
    n.amendment = d->amendment;
    n.notification_id = d->notification_id;
    n.subject_id = known == NULL ? d->notification_id : known->subject_id;
    n.incident_at = d->incident_at;
    n.unit = unit;
    w = watched_of(&n);
    if (known == NULL)
        rc = watch_start(m, &w, T11, n.incident_at, err);
    else if (known->incident_at != n.incident_at && watch_runs(m, w.id, T11)) {
        rc = watch_stop(m, &w, T11, &gone, err);
        if (rc == ST_OK)
            rc = watch_start(m, &w, T11, n.incident_at, err);
    }
    rows_put(m->step->rows, TABLE_ENCOMPASS, &n);
    if (rc == ST_OK && d->relayed)
        rc = watch_stop(m, &w, T11, &met, err);
    return rc;
}

enum status
school_told(const struct moment *m, const struct activity_recorded *a,
            struct id child_id, bool *told, struct err *err)
{
    const struct encompass_row *n;
    enum status rc = ST_OK;
    size_t at = 0;

    *told = false;
    while (rc == ST_OK &&
           (n = next_notice(m->step->rows, child_id, &at)) != NULL) {
        struct watched w = watched_of(n);

        if ((!id_is_none(a->notification_id) &&
             !id_eq(a->notification_id, n->notification_id)) ||
            !watch_runs(m, w.id, T11))
            continue;
        *told = true;
        rc = watch_stop(m, &w, T11, &met, err);
    }
    return rc;
}
