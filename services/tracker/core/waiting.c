#include "tracker/core/waiting.h"

#include "tracker/core/desk.h"
#include "tracker/core/school.h"
#include "tracker/core/subject.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct watch_end decided = { .change = CLOCK_STOPPED,
                                          .reason = { "ended", 5 } };
static const struct watch_end moved_on = { .change = CLOCK_VOID,
                                           .reason = { "ended", 5 } };

bool
waiting_is(const struct referral_row *known)
{
    return known != NULL && !id_is_none(known->waits_as);
}

struct id
waiting_as(const struct referral_decided *d, const struct referral_row *known)
{
    if (desk_is_message(d))
        return d->episode_id;
    return waiting_is(known) ? known->waits_as : d->notification_id;
}

void
waiting_want(struct rows *rows, const struct referral_decided *d,
             const struct referral_row *known)
{
    if (known != NULL)
        subject_want(rows, waiting_as(d, known));
}

/* The set of an episode's messages has waited since the first of them. */
static time_ms
waits_since(const struct moment *m, const struct referral_decided *d)
{
    const struct episode_row *e =
        desk_is_message(d) ? desk_get(m, d->episode_id) : NULL;

    return e != NULL && e->received_at != TIME_NONE ? e->received_at
                                                    : d->received_at;
}

enum status
waiting_settle(const struct moment *m, const struct referral_decided *d,
               const struct referral_row *known, const struct case_row *beside,
               bool waits, struct err *err)
{
    bool provisional = d->status == DECISION_PROVISIONAL;
    bool mash = d->entry == ENTRY_MASH;
    bool of_episode = desk_is_message(d);
    const struct {
        struct str clock;
        bool runs;
    } clocks[] = { { STR("T1"), waits },
                   { STR("L5"), waits && !mash },
                   { STR("L1"), waits && mash } };
    const struct watched w = { .kind = of_episode ? CLOCK_SUBJECT_EPISODE
                                                  : CLOCK_SUBJECT_NOTIFICATION,
                               .id = waiting_as(d, known),
                               .child_id = d->child_id,
                               .case_id = beside->case_id,
                               .unit = beside->unit,
                               .worker = beside->worker,
                               .rag = d->rag };
    enum status rc = ST_OK;

    if (!waits && !of_episode && !waiting_is(known))
        return ST_OK;
    if (waits && known == NULL && !of_episode && !school_is_notice(d))
        subject_new(m->step->rows, w.id);
    for (size_t i = 0; rc == ST_OK && i < N_OF(clocks); i++)
        rc = clocks[i].runs
                 ? watch_start(m, &w, clocks[i].clock, waits_since(m, d), err)
                 : watch_stop(m, &w, clocks[i].clock,
                              provisional ? &moved_on : &decided, err);
    return rc;
}
