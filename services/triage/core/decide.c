#include "triage/core/decide.h"

#include "triage/core/one_child.h"
#include "triage/core/ruling.h"
#include "triage/core/said.h"

#include <string.h>

#define ADULT_YEARS 18 /* domain.md section 3: closes an episode */
#define RELAY_TO_SCHOOL "relay_to_school"

enum status
triage_frame(const struct settings *settings, struct frame *out,
             struct err *err)
{
    const struct settings_version *v = settings_current(settings);

    if (v == NULL || settings->calendar == NULL)
        return err_set(err, ST_FATAL, "profile",
                       "no profile or calendar is active yet");
    *out = (struct frame){ .version = v,
                           .profile = v->profile,
                           .zone = &settings->calendar->zone };
    return ST_OK;
}

const struct linkage_model *
triage_model(const struct settings *settings)
{
    const struct settings_version *v = settings_current(settings);

    return v == NULL || v->profile->linkage == NULL ? &linkage_default
                                                    : v->profile->linkage;
}

int
triage_age_band(const struct triage_child *child, date_d on)
{
    int years;

    if (child == NULL ||
        (child->dob == DATE_NONE && child->expected_dob == DATE_NONE))
        return AGE_UNKNOWN;
    if (child->dob == DATE_NONE || child->dob > on)
        return AGE_UNBORN;
    years = date_age_years(child->dob, on);
    if (years <= 4)
        return AGE_0_4;
    if (years <= 10)
        return AGE_5_10;
    return years <= 15 ? AGE_11_15 : AGE_16_UP;
}

struct str
triage_locality(const struct profile *p, const struct triage_child *child)
{
    const struct profile_locality *l = NULL;

    if (child != NULL)
        l = profile_locality_of_postcode(p, child->postcode);
    return l == NULL ? STR_NULL : l->id;
}

static struct texts
texts_plus(struct arena *a, struct texts t, struct str more)
{
    struct str *at = arena_array(a, t.n + 1, sizeof *at);

    if (t.n > 0)
        memcpy(at, t.at, t.n * sizeof *at);
    at[t.n] = more;
    return (struct texts){ .at = at, .n = t.n + 1 };
}

static bool
texts_hold(struct texts t, struct str s)
{
    for (size_t i = 0; i < t.n; i++)
        if (str_eq(t.at[i], s))
            return true;
    return false;
}

void
triage_warn(struct arena *a, struct triage_decision *d, struct str code)
{
    if (!texts_hold(d->warnings, code))
        d->warnings = texts_plus(a, d->warnings, code);
}

/* ---- where to ---- */

static int32_t
open_cases(struct rows *rows, struct str unit)
{
    struct triage_unit like = { .side = SIDE_EH };
    const struct triage_unit *u;
    size_t at = 0;

    while ((u = rows_next(rows, TRIAGE_UNIT, UNIT_BY_SIDE, &like, &at)) != NULL)
        if (str_eq(u->unit, unit))
            return u->open_cases;
    return 0;
}

/* Units that take an outcome, where the profile says that not all do. */
static bool
takes(const struct profile *p, int outcome, struct str unit)
{
    for (size_t i = 0; i < p->routing.n_routes; i++)
        if (p->routing.routes[i].outcome == outcome)
            return texts_hold(p->routing.routes[i].units, unit);
    return true;
}

/*
 * Fewest open cases among the locality's units, the profile's order at a tie.
 * A unit that has it already keeps it. Null where the locality has none.
 */
static struct str
fewest(struct rows *rows, const struct profile *p,
       const struct profile_locality *l, const struct triage_decision *d)
{
    struct str best = STR_NULL;
    int32_t best_n = 0;

    for (size_t i = 0; i < l->n_units; i++) {
        struct str unit = l->units[i].id;
        int32_t n = open_cases(rows, unit);

        if (!takes(p, d->outcome, unit))
            continue;
        if (str_eq(unit, d->unit))
            return unit;
        if (best.p == NULL || n < best_n) {
            best = unit;
            best_n = n;
        }
    }
    return best;
}

static struct str
unit_of_locality(struct rows *rows, const struct profile *p,
                 const struct triage_decision *d)
{
    const struct profile_locality *l = profile_locality(p, d->locality);
    struct str unit = STR_NULL;

    if (l != NULL)
        unit = fewest(rows, p, l, d);
    return unit.p == NULL ? p->routing.duty_tray : unit;
}

static struct str
unit_of(struct rows *rows, const struct profile *p, const struct known *known,
        const struct triage_decision *d)
{
    switch (d->outcome) {
    case OUTCOME_NFA:
    case OUTCOME_UNIVERSAL:
        return STR_NULL;
    case OUTCOME_SOCIAL_CARE_REFERRAL:
    case OUTCOME_STRATEGY_DISCUSSION:
        return p->routing.csc_team;
    case OUTCOME_EXISTING_CASE:
        return d->side == SIDE_CSC ? known->csc_unit : known->eh_unit;
    case OUTCOME_STEP_UP_OFFER:
        return d->wanted_unit.p != NULL ? d->wanted_unit : p->routing.csc_team;
    case OUTCOME_STEP_DOWN_OFFER:
        if (d->wanted_unit.p != NULL)
            return d->wanted_unit;
        break;
    default:
        break;
    }
    return unit_of_locality(rows, p, d);
}

/* An offer is its sender's case until it is accepted. */
static int
side_of(int outcome, const struct known *known)
{
    switch (outcome) {
    case OUTCOME_SOCIAL_CARE_REFERRAL:
    case OUTCOME_STRATEGY_DISCUSSION:
    case OUTCOME_STEP_DOWN_OFFER:
        return SIDE_CSC;
    case OUTCOME_EXISTING_CASE:
        return known->csc_status != CSC_NONE ? SIDE_CSC : SIDE_EH;
    default:
        return SIDE_EH;
    }
}

static void
route(struct arena *a, struct rows *rows, const struct frame *f,
      const struct triage_child *child, const struct known *known,
      struct triage_decision *d)
{
    d->locality = triage_locality(f->profile, child);
    if (d->locality.p == NULL)
        triage_warn(a, d, STR("W05"));
    d->side = side_of(d->outcome, known);
    d->unit = unit_of(rows, f->profile, known, d);
    d->existing_case_id =
        d->side == SIDE_CSC ? known->csc_case_id : known->eh_case_id;
    if (id_is_none(d->existing_case_id))
        d->existing_case_id = known->eh_case_id;
}

/* ---- how serious ---- */

/* None given is amber; danger, or missing at high risk, is red (section 5). */
static int
rag_of(const struct triage_decision *d, const struct known *known)
{
    if (str_is(d->rule_id, "C01") ||
        (triage_is_missing_kind(d->kind) && known->risk_grade == RISK_HIGH))
        return RAG_RED;
    return d->rag == 0 ? RAG_AMBER : d->rag;
}

static void
remember(struct triage_decision *d, const struct known *known)
{
    d->need_count = triage_need_count(d, known);
    d->csc_status = known->csc_status;
    d->eh_status = known->eh_status;
    d->missing_30d = known->missing_30d;
    d->missing_90d = known->missing_90d;
    d->re_referral = known->re_referral ? TRI_YES : TRI_NO;
}

static void
run_rules(struct arena *a, const struct frame *f,
          const struct triage_decision *seen, const struct known *known,
          struct triage_decision *d)
{
    struct facts facts = triage_facts(a, seen, known);
    struct ruling ruling;

    triage_rule(a, f->profile, &facts, &ruling);
    d->rule_id = ruling.rule_id;
    d->outcome = ruling.outcome;
    d->rule_outcome = ruling.outcome;
    d->status = ruling.status;
    d->hits = ruling.hits;
    d->ask = ruling.ask;
    d->action_rules = ruling.action_rules;
    d->actions = ruling.actions;
    d->inputs = triage_facts_text(a, &facts);
}

void
triage_count_decision(struct arena *a, struct triage_decision *d)
{
    struct str parts[2] = { id_part(&d->notification_id), STR_NULL };

    d->decisions++;
    parts[1] = arena_printf(a, "%d", (int)d->decisions);
    d->decision_id = id_derive("decision", parts, 2);
    d->pending = true;
    d->effect = 0;
}

void
triage_decide(struct arena *a, struct rows *rows, const struct frame *f,
              const struct triage_child *child, const struct known *known,
              struct triage_decision *d)
{
    struct triage_decision seen = triage_seen(rows, d);

    run_rules(a, f, &seen, known, d);
    remember(d, known);
    d->need_count = triage_need_count(&seen, known);
    d->rag = rag_of(d, known);
    d->age_band = triage_age_band(child, zone_date(f->zone, d->recorded_at));
    d->profile_version = f->version->version;
    d->overridden = false;
    route(a, rows, f, child, known, d);
    triage_count_decision(a, d);
}

void
triage_override(struct arena *a, struct rows *rows, const struct frame *f,
                const struct triage_child *child, const struct known *known,
                int outcome, struct triage_decision *d)
{
    d->outcome = outcome;
    d->overridden = true;
    route(a, rows, f, child, known, d);
}

/* ---- saying it ---- */

/* "name=value" lines as records; "-" is null. */
static struct items
inputs_of(struct arena *a, struct texts lines)
{
    struct decision_input *at = arena_array(a, lines.n, sizeof *at);

    for (size_t i = 0; i < lines.n; i++) {
        const char *eq = memchr(lines.at[i].p, '=', lines.at[i].n);
        size_t n = eq == NULL ? lines.at[i].n : (size_t)(eq - lines.at[i].p);

        at[i].name = (struct str){ .p = lines.at[i].p, .n = n };
        at[i].value = eq == NULL ? STR_NULL
                                 : (struct str){ .p = eq + 1,
                                                 .n = lines.at[i].n - n - 1 };
        if (str_is(at[i].value, "-"))
            at[i].value = STR_NULL;
    }
    return (struct items){ .at = at, .n = lines.n };
}

static void
say_message(const struct triage_decision *d, struct referral_decided *rec)
{
    rec->notification_id = d->notification_id;
    rec->agency_id = d->agency_id;
    rec->agency_ref = d->agency_ref;
    rec->amendment = d->amendment;
    rec->agency_type = d->agency_type;
    rec->cin_source = d->cin_source;
    rec->kind = d->kind;
    rec->received_at = d->received_at;
    rec->entry = d->entry;
    rec->level = d->level;
    rec->csc_threshold = d->csc_threshold;
    rec->needs = d->needs;
    rec->consent = d->consent;
    rec->immediate_danger = d->immediate_danger;
    rec->risk_of_csc = d->risk_of_csc;
    rec->risk_grade = d->risk_grade;
    rec->rag = d->rag;
    rec->episode_id = d->episode_id;
    rec->episode_ref = d->episode_ref;
    rec->reported_at = d->reported_at;
    rec->graded_at = d->graded_at;
    rec->found_at = d->found_at;
    rec->cancelled_at = d->cancelled_at;
    rec->cancel_reason = d->cancel_reason;
    rec->missing_category = d->missing_category;
    rec->last_seen_at = d->last_seen_at;
    rec->incident_at = d->incident_at;
    rec->offered_case_id = d->offered_case_id;
    rec->warnings = d->warnings;
}

static void
say_decision(struct arena *a, const struct triage_decision *d,
             struct referral_decided *rec)
{
    rec->decision_id = d->decision_id;
    rec->match_status = d->match_status;
    rec->match_step = d->match_step;
    rec->side = d->side;
    rec->outcome = d->outcome;
    rec->status = d->status;
    rec->rule_id = d->rule_id;
    rec->hits = d->hits;
    rec->action_rules = d->action_rules;
    rec->actions = d->actions;
    rec->inputs = inputs_of(a, d->inputs);
    rec->ask = d->ask;
    rec->need_count = d->need_count;
    rec->csc_status = d->csc_status;
    rec->eh_status = d->eh_status;
    rec->missing_30d = d->missing_30d;
    rec->missing_90d = d->missing_90d;
    rec->re_referral = d->re_referral;
    rec->unit = d->unit;
    rec->locality = d->locality;
    rec->age_band = d->age_band;
    rec->existing_case_id = d->existing_case_id;
    rec->overridden = d->overridden;
    rec->screened_by = d->screened_by;
    rec->second_by = d->second_by;
}

/* Is a school to hear of it now, for the first time? */
static bool
relays(const struct triage_child *child, const struct triage_decision *d)
{
    return !d->relayed && !d->superseded && child != NULL &&
           child->school_urn.p != NULL &&
           texts_hold(d->actions, STR(RELAY_TO_SCHOOL));
}

/* Attained as the day begins; who was born on 29 February waits for 1 March. */
static date_d
eighteenth_birthday(date_d dob)
{
    date_d on = date_add_months(dob, ADULT_YEARS * 12);

    return date_age_years(dob, on) < ADULT_YEARS ? on + 1 : on;
}

static void
say_child(const struct triage_child *child, const struct triage_decision *d,
          struct referral_decided *rec)
{
    if (child == NULL)
        return;
    rec->sex = child->sex;
    rec->ethnicity = child->ethnicity;
    rec->sen = child->sen;
    if (!id_is_none(d->episode_id) && child->dob != DATE_NONE &&
        !child->dob_estimated)
        rec->adult_on = eighteenth_birthday(child->dob);
}

static enum status
say_relay(struct step *step, const struct triage_child *child,
          struct triage_decision *d, time_ms occurred_at, struct err *err)
{
    const struct school_relay *said =
        triage_said_relay(step, d->notification_id);
    bool due = triage_said(step, d->notification_id) != NULL ? said != NULL
                                                             : relays(child, d);
    struct school_relay rec;

    if (!due)
        return ST_OK;
    d->relayed = true;
    fields_clear(&fields_school_relay, &rec);
    rec.school_urn = said != NULL ? said->school_urn : child->school_urn;
    rec.meta.subject = rec.school_urn;
    rec.meta.occurred_at = occurred_at;
    rec.meta.profile_version = d->profile_version;
    rec.notification_id = d->notification_id;
    rec.incident_at =
        d->incident_at == TIME_NONE ? d->occurred_at : d->incident_at;
    return out_add(step->out, TOPIC_FEEDBACK, d->notification_id,
                   REC_SCHOOL_RELAY, &rec, err);
}

/* What was decided then; the meta is made anew. */
static void
fill_said(const struct referral_decided *said, struct referral_decided *rec)
{
    struct meta meta = rec->meta;

    *rec = *said;
    rec->meta = meta;
}

/* All of it but what a go_live row alone has. */
static void
fill(struct step *step, const struct triage_child *child,
     const struct triage_decision *d, time_ms occurred_at,
     struct referral_decided *rec)
{
    char subject[ID_TEXT_SIZE];

    fields_clear(&fields_referral_decided, rec);
    rec->meta.subject =
        arena_str(step->arena, str_of(id_text(d->notification_id, subject)));
    rec->meta.occurred_at = occurred_at;
    rec->meta.profile_version = d->profile_version;
    say_message(d, rec);
    say_decision(step->arena, d, rec);
    say_child(child, d, rec);
    rec->child_id = triage_survivor(step->rows, d->child_id);
    if (!id_eq(rec->child_id, d->child_id))
        rec->first_child_id = d->child_id;
    rec->relayed = d->relayed || relays(child, d);
}

enum status
triage_say(struct step *step, const struct triage_child *child,
           struct triage_decision *d, time_ms occurred_at, struct err *err)
{
    const struct referral_decided *said = triage_said(step, d->notification_id);
    struct referral_decided rec;
    enum status st;

    fill(step, child, d, occurred_at, &rec);
    if (said != NULL)
        fill_said(said, &rec);
    st = out_add(step->out, TOPIC_CASEWORK, rec.child_id, REC_REFERRAL_DECIDED,
                 &rec, err);
    if (st == ST_OK)
        st = say_relay(step, child, d, occurred_at, err);
    return st;
}

enum status
triage_say_go_live(struct step *step, const struct triage_child *child,
                   struct triage_decision *d,
                   const struct notification_received *n, struct err *err)
{
    const struct referral_decided *said = triage_said(step, d->notification_id);
    struct referral_decided rec;

    fill(step, child, d, d->occurred_at, &rec);
    rec.worker = n->worker;
    rec.opened_at = n->opened_at;
    rec.milestones = n->milestones;
    if (said != NULL)
        fill_said(said, &rec);
    return out_add(step->out, TOPIC_CASEWORK, rec.child_id,
                   REC_REFERRAL_DECIDED, &rec, err);
}
