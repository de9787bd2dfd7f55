#include "triage/core/relay.h"

#include "triage/core/decide.h"
#include "triage/core/kept.h"
#include "triage/core/one_child.h"
#include "triage/core/said.h"

/* Whom an activity turned out to be about. */
struct subject {
    struct id child_id;
    struct id case_id;
    struct id notification_id;
    bool known;
};

static struct triage_identifier
la_number(const struct activity_reported *r)
{
    return (struct triage_identifier){ .kind = IDENTIFIER_LA,
                                       .value = r->subject_la_child_id,
                                       .la_code = STR("") };
}

static const struct triage_case *
case_of(struct rows *rows, struct id case_id)
{
    struct triage_case like = { .case_id = case_id };

    return id_is_none(case_id) ? NULL : rows_get(rows, TRIAGE_CASE, &like);
}

static void
want_first(const struct step *step, const struct activity_reported *r)
{
    struct triage_case c = { .case_id = r->subject_case_id };
    struct triage_child child = { .child_id = r->subject_child_id };
    struct triage_identifier la = la_number(r);
    struct triage_decision d = { .agency_id = r->subject_agency_id,
                                 .agency_ref = r->subject_agency_ref };

    if (!id_is_none(c.case_id))
        rows_want(step->rows, TRIAGE_CASE, &c);
    if (!id_is_none(child.child_id))
        rows_want(step->rows, TRIAGE_CHILD, &child);
    if (la.value.p != NULL)
        rows_want_group(step->rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_VALUE,
                        &la);
    if (d.agency_id.p != NULL && d.agency_ref.p != NULL)
        rows_want_group(step->rows, TRIAGE_DECISION, DECISION_BY_KEY, &d);
}

static void
want_child_row(struct rows *rows, struct id child_id)
{
    struct triage_child child = { .child_id = child_id };

    rows_want(rows, TRIAGE_CHILD, &child);
}

static void
want_second(const struct step *step, const struct activity_reported *r)
{
    const struct triage_case *c = case_of(step->rows, r->subject_case_id);
    struct triage_identifier la = la_number(r);
    const struct triage_identifier *owner;
    const struct triage_decision *d;
    size_t at = 0;

    if (c != NULL)
        want_child_row(step->rows, c->child_id);
    while (la.value.p != NULL &&
           (owner = rows_next(step->rows, TRIAGE_IDENTIFIER,
                              IDENTIFIER_BY_VALUE, &la, &at)) != NULL)
        want_child_row(step->rows, owner->child_id);
    if (r->subject_agency_id.p == NULL || r->subject_agency_ref.p == NULL)
        return;
    d = triage_top(step->rows, r->subject_agency_id, r->subject_agency_ref);
    if (d != NULL)
        want_child_row(step->rows, d->child_id);
}

void
triage_relay_want(const struct step *step, const struct activity_reported *r,
                  int round)
{
    if (round == 0)
        want_first(step, r);
    else
        want_second(step, r);
}

/* ---- resolving ---- */

static struct subject
by_case(struct rows *rows, const struct activity_reported *r)
{
    const struct triage_case *c = case_of(rows, r->subject_case_id);

    return (struct subject){
        .case_id = r->subject_case_id,
        .child_id = c == NULL ? ID_NONE : c->child_id,
        .known = c != NULL,
    };
}

static bool
is_one(struct rows *rows, struct id a, struct id b)
{
    return id_eq(triage_survivor(rows, a), triage_survivor(rows, b));
}

/* Two children with one number of this authority: nobody can tell whose. */
static struct subject
by_la_number(struct rows *rows, const struct activity_reported *r,
             struct str la_code)
{
    struct triage_identifier la = la_number(r);
    const struct triage_identifier *owner;
    struct subject s = { .known = false };
    size_t n = 0;
    size_t at = 0;

    while ((owner = rows_next(rows, TRIAGE_IDENTIFIER, IDENTIFIER_BY_VALUE, &la,
                              &at)) != NULL) {
        if (!str_eq(owner->la_code, la_code))
            continue;
        if (n == 0 || !is_one(rows, s.child_id, owner->child_id))
            n++;
        s.child_id = owner->child_id;
    }
    s.known = n == 1;
    if (!s.known)
        s.child_id = ID_NONE;
    return s;
}

static struct subject
by_notification(struct rows *rows, const struct activity_reported *r)
{
    const struct triage_decision *d =
        triage_top(rows, r->subject_agency_id, r->subject_agency_ref);

    if (d == NULL)
        return (struct subject){ .known = false };
    return (struct subject){ .child_id = d->child_id,
                             .notification_id = d->notification_id,
                             .known = true };
}

static struct subject
subject_said(const struct activity_recorded *said)
{
    return (struct subject){ .child_id = said->child_id,
                             .case_id = said->case_id,
                             .notification_id = said->notification_id,
                             .known = said->refusal.p == NULL };
}

static struct subject
find_subject(struct step *step, const struct frame *f,
             const struct activity_reported *r)
{
    if (!id_is_none(r->subject_case_id))
        return by_case(step->rows, r);
    if (!id_is_none(r->subject_child_id))
        return (struct subject){
            .child_id = r->subject_child_id,
            .known = triage_child_of(step->rows, r->subject_child_id) != NULL,
        };
    if (r->subject_la_child_id.p != NULL)
        return by_la_number(step->rows, r, f->profile->la_code);
    if (r->subject_agency_id.p != NULL && r->subject_agency_ref.p != NULL)
        return by_notification(step->rows, r);
    return (struct subject){
        .known = r->activity == ACTIVITY_ALERT_ACKNOWLEDGED,
    };
}

/* ---- saying it ---- */

static void
fill(const struct activity_reported *r, struct activity_recorded *rec)
{
    rec->activity_id = r->activity_id;
    rec->agency_id = r->agency_id;
    rec->agency_ref = r->agency_ref;
    rec->amendment = r->amendment;
    rec->activity = r->activity;
    rec->by = r->by;
    rec->unit = r->unit;
    rec->worker = r->worker;
    rec->side = r->side;
    rec->to_unit = r->to_unit;
    rec->outcome = r->outcome;
    rec->need = r->need;
    rec->level = r->level;
    rec->csc_status = r->csc_status;
    rec->consent = r->consent;
    rec->organisation = r->organisation;
    rec->service = r->service;
    rec->provider = r->provider;
    rec->service_on = r->service_on;
    rec->hours_tenths = r->hours_tenths;
    rec->open_access = r->open_access;
    rec->core_offer = r->core_offer;
    rec->linked_kpi = r->linked_kpi;
    rec->risk_of_csc = r->risk_of_csc;
    rec->programme = r->programme;
    rec->programme_stage = r->programme_stage;
    rec->grades = r->grades;
    rec->clock = r->clock;
    rec->reason_chars = r->reason_chars;
    rec->authorised_by = r->authorised_by;
    rec->corrects_agency_id = r->corrects_agency_id;
    rec->corrects_agency_ref = r->corrects_agency_ref;
    rec->alert_id = r->alert_id;
    rec->warnings = r->warnings;
}

static void
fill_child(const struct frame *f, const struct triage_child *child, time_ms at,
           struct activity_recorded *rec)
{
    if (child == NULL)
        return;
    rec->locality = triage_locality(f->profile, child);
    rec->age_band = triage_age_band(child, zone_date(f->zone, at));
    rec->sex = child->sex;
    rec->ethnicity = child->ethnicity;
}

static void
fill_child_said(const struct activity_recorded *said,
                struct activity_recorded *rec)
{
    rec->locality = said->locality;
    rec->age_band = said->age_band;
    rec->sex = said->sex;
    rec->ethnicity = said->ethnicity;
}

static enum status
refuse(struct step *step, const struct activity_recorded *rec, struct err *err)
{
    struct err why;

    if (rec->refusal.p == NULL)
        return ST_OK;
    (void)err_set(&why, ST_REJECT, "R22", "%s: case or child unknown",
                  codes_word(&codes_activity, rec->activity));
    return out_reject(step->out, &why, err);
}

enum status
triage_relay(struct step *step, const struct activity_reported *r,
             struct err *err)
{
    const struct activity_recorded *said =
        triage_said_activity(step, r->activity_id);
    struct activity_recorded rec;
    struct subject s;
    struct frame f;
    char subject[ID_TEXT_SIZE];
    struct id key;
    struct id own; /* whose row tells of it */
    enum status st = triage_frame(step->settings, &f, err);

    if (st != ST_OK)
        return st;
    s = said != NULL ? subject_said(said) : find_subject(step, &f, r);
    own = s.child_id;
    if (!id_is_none(own))
        s.child_id = triage_survivor(step->rows, own);
    key = id_is_none(s.child_id) ? r->activity_id : s.child_id;
    fields_clear(&fields_activity_recorded, &rec);
    rec.meta.subject = str_of(id_text(key, subject));
    rec.meta.occurred_at = r->meta.occurred_at;
    rec.meta.profile_version = f.version->version;
    rec.child_id = s.child_id;
    rec.case_id = s.case_id;
    rec.notification_id = s.notification_id;
    rec.refusal = s.known ? STR_NULL : STR("R22");
    fill(r, &rec);
    if (said != NULL)
        fill_child_said(said, &rec);
    else if (!id_is_none(own))
        fill_child(&f, triage_child_of(step->rows, own), r->meta.occurred_at,
                   &rec);
    st = out_add(step->out, TOPIC_CASEWORK, key, REC_ACTIVITY_RECORDED, &rec,
                 err);
    return st == ST_OK ? refuse(step, &rec, err) : st;
}
