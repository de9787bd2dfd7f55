#include "common/core/staff.h"

#include "common/core/codes.h"

/* Cover of cover of cover: beyond that nobody knows who is meant. */
enum { COVER_MAX = 4 };

const struct staff_person *
staff_person(const struct staff *s, struct str id)
{
    for (size_t i = 0; i < s->n_people; i++)
        if (str_eq(s->people[i].id, id))
            return &s->people[i];
    return NULL;
}

struct str
staff_party_address(const struct staff *s, struct str id)
{
    for (size_t i = 0; i < s->n_parties; i++)
        if (str_eq(s->parties[i].id, id))
            return s->parties[i].address;
    return STR_NULL;
}

bool
staff_has_unit(const struct staff_person *p, struct str unit)
{
    for (size_t i = 0; i < p->units.n; i++) {
        struct str u = p->units.at[i];
        bool open = u.n > 0 && u.p[u.n - 1] == '*';

        if (open)
            u.n--;
        if (open ? u.n == 0 || str_starts(unit, u) : str_eq(unit, u))
            return true;
    }
    return false;
}

/* Who is there: the person, or cover. NULL where all are away. */
static const struct staff_person *
present(const struct staff *s, const struct staff_person *p, date_d today)
{
    for (int i = 0; p != NULL && i <= COVER_MAX; i++) {
        if (!date_ranges_hold(&p->absent, today))
            return p;
        p = p->cover.p == NULL ? NULL : staff_person(s, p->cover);
    }
    return NULL;
}

static const struct staff_person *
on_duty(const struct staff *s, const struct staff_ask *ask, date_d today)
{
    int min = (int)(zone_time_of_day_ms(ask->zone, ask->at) / MINUTE_MS);
    unsigned bit = 1u << (date_weekday(today) - 1);

    for (size_t i = 0; i < s->n_shifts; i++) {
        const struct staff_shift *shift = &s->shifts[i];
        const struct staff_person *p;

        if ((shift->weekdays & bit) == 0 || min < shift->from_min ||
            min >= shift->to_min)
            continue;
        p = present(s, staff_person(s, shift->person), today);
        if (p != NULL)
            return p;
    }
    return NULL;
}

const struct staff_person *
staff_find(const struct staff *s, const struct staff_ask *ask)
{
    date_d today = zone_date(ask->zone, ask->at);
    const struct staff_person *p = NULL;

    if (ask->role == ROLE_WORKER)
        return ask->worker.p == NULL
                   ? NULL
                   : present(s, staff_person(s, ask->worker), today);
    if (ask->role == ROLE_DUTY)
        p = on_duty(s, ask, today);
    for (size_t i = 0; p == NULL && i < s->n_people; i++)
        if (s->people[i].role == ask->role &&
            (ask->role == ROLE_DUTY || staff_has_unit(&s->people[i], ask->unit)))
            p = present(s, &s->people[i], today);
    return p;
}
