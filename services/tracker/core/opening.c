#include "tracker/core/opening.h"

#include "tracker/core/desk.h"

bool
opening_of_episode_alone(const struct referral_decided *d)
{
    return desk_is_message(d) && d->screened_by.n == 0;
}

void
opening_begin(const struct moment *m, const struct referral_decided *d,
              int side, struct case_row *c)
{
    fields_clear(&tracker_tables[TABLE_CASE].fields, c);
    c->case_id = cases_id(m, side);
    c->child_id = d->child_id;
    c->first_child_id =
        id_is_none(d->first_child_id) ? d->child_id : d->first_child_id;
    c->side = side;
    c->notification_id = d->notification_id;
    c->agency_id = d->agency_id;
    c->agency_ref = d->agency_ref;
    c->amendment = d->amendment;
    c->agency_type = d->agency_type;
    c->cin_source = d->cin_source;
    c->entry = d->entry;
    c->received_at = d->received_at;
    c->opened_at = m->at;
    if (opening_of_episode_alone(d))
        c->episode_id = d->episode_id;
    c->changes = 0;
    c->age_band = d->age_band;
    c->sex = d->sex;
    c->ethnicity = d->ethnicity;
}

void
opening_take_facts(struct case_row *c, const struct referral_decided *d)
{
    c->needs |= d->needs;
    c->needs_by_merge &= ~d->needs;
    c->decision_id = d->decision_id;
    if (d->level != I32_NONE)
        c->level = d->level;
    if (d->consent != 0)
        c->consent = d->consent;
    if (d->csc_status > CSC_NONE)
        c->csc_status = d->csc_status;
    if (c->side == SIDE_CSC && c->csc_status <= CSC_NONE)
        c->csc_status = CSC_OPEN;
    if (c->locality.n == 0)
        c->locality = d->locality;
    if (c->unit.n == 0)
        c->unit = d->unit;
}
