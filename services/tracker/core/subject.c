#include "tracker/core/subject.h"

static const size_t by_subject[] = { TABLE_CLOCK, TABLE_PAUSE, TABLE_DEADLINE,
                                     TABLE_ALERT };

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* A row of which only the subject is set, whichever of those tables it is. */
union like {
    struct clock_row clock;
    struct pause_row pause;
    struct deadline_row deadline;
    struct alert_row alert;
};

static void
like_subject(size_t table, struct id subject, union like *like)
{
    fields_clear(&tracker_tables[table].fields, like);
    if (table == TABLE_ALERT)
        like->alert.subject_id = subject;
    else
        like->clock.subject_id = subject; /* first in the other three */
}

void
subject_want(struct rows *rows, struct id subject)
{
    union like like;

    for (size_t i = 0; i < N_OF(by_subject); i++) {
        like_subject(by_subject[i], subject, &like);
        rows_want_group(rows, by_subject[i], BY_SUBJECT, &like);
    }
}

void
subject_new(struct rows *rows, struct id subject)
{
    union like like;

    for (size_t i = 0; i < N_OF(by_subject); i++) {
        like_subject(by_subject[i], subject, &like);
        rows_new_group(rows, by_subject[i], BY_SUBJECT, &like);
    }
}

/* Walk over the subject's rows of a table. */
const void *
subject_next(const struct moment *m, size_t table, struct id subject,
             size_t *at)
{
    union like like;

    like_subject(table, subject, &like);
    return rows_next(m->step->rows, table, BY_SUBJECT, &like, at);
}
