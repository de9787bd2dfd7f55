#include "intake/core/validate.h"

#include <stdio.h>
#include <string.h>

#include "intake/core/figure.h"
#include "intake/core/go_live.h"
#include "intake/core/role.h"

#define SENT_LATE_MS (72 * HOUR_MS) /* W10 */

/* What is known of a message while it is looked at. */
struct work {
    const struct validate_against *against;
    struct reading reading;
    const struct agency *agency;
    struct validated *out;
};

static date_d
received_on(const struct work *w)
{
    return zone_date(&w->against->calendar->zone, w->against->received);
}

/* ---- key and agency ---------------------------------------------------- */

static void
check_agency(struct work *w, bool (*may)(const struct agency *))
{
    struct str id = w->out->key.agency_id;

    if (id.p == NULL)
        return; /* missing was said */
    w->agency = agency_find(w->against->agencies, id);
    if (w->agency == NULL)
        form_problem(&w->reading, "R01", "agency_id",
                     "not in the register of agencies");
    else if (may != NULL && !may(w->agency))
        form_problem(&w->reading, "R02", "agency_id",
                     "this agency may not send this");
}

static struct id
derive(const struct work *w, const char *tag)
{
    const struct item_key *key = &w->out->key;
    char decimal[16];
    struct str parts[4] = { w->against->authority, key->agency_id,
                            key->agency_ref };

    (void)snprintf(decimal, sizeof decimal, "%d", (int)key->amendment);
    parts[3] = str_of(decimal);
    return id_derive(tag, parts, 4);
}

static struct str
id_as_text(const struct work *w, struct id id)
{
    char text[ID_TEXT_SIZE];

    return arena_str(w->against->arena, str_of(id_text(id, text)));
}

/* ---- the child --------------------------------------------------------- */

static bool
is_blank(struct str s)
{
    return s.n == 0;
}

static void
check_birth(struct work *w, struct person *p)
{
    struct reading *r = &w->reading;
    date_d today = received_on(w);

    if (p->dob != DATE_NONE && check_dob(p->dob, today) != CHECK_BIRTH_GOOD)
        form_problem(r, "R12", "child/dob",
                     "after the day of receipt, or 120 years or more ago");
    if (p->dob != DATE_NONE && p->expected_dob != DATE_NONE) {
        form_warn(r, WARNING_TWO_BIRTH_DATES);
        p->expected_dob = DATE_NONE; /* the real date wins (CIN 8525Q) */
    }
    if (p->expected_dob != DATE_NONE) {
        switch (check_expected_dob(p->expected_dob, today)) {
        case CHECK_BIRTH_BAD:
            form_problem(r, "R13", "child/expected_dob",
                         "more than 294 days after the day of receipt");
            break;
        case CHECK_BIRTH_UNCONFIRMED:
            form_warn(r, WARNING_BIRTH_UNCONFIRMED);
            break;
        case CHECK_BIRTH_GOOD:
            break;
        }
    }
    if (p->dob == DATE_NONE && p->expected_dob == DATE_NONE) {
        if (p->age_years != I32_NONE &&
            check_dob_of_age(p->age_years, today, &p->dob))
            p->dob_estimated = true;
        else
            form_warn(r, WARNING_BIRTH_UNCONFIRMED);
    }
}

/* A date of birth that was refused is no reason to call the child unknown. */
static bool
refused_already(const struct work *w, const char *code)
{
    for (size_t i = 0; i < w->reading.problems.n; i++)
        if (strcmp(w->reading.problems.at[i].code, code) == 0)
            return true;
    return false;
}

/*
 * Was something refused at that pointer or below it? Then no rule beyond the
 * form has anything to say of it.
 */
static bool
refused_below(const struct work *w, struct str pointer)
{
    for (size_t i = 0; i < w->reading.problems.n; i++)
        if (str_starts(w->reading.problems.at[i].pointer, pointer))
            return true;
    return false;
}

static void
check_identity(struct work *w, const struct person *p, int kind)
{
    bool named = !is_blank(p->forename) || !is_blank(p->surname);
    bool dated = p->dob != DATE_NONE || p->expected_dob != DATE_NONE;
    bool has_id = !is_blank(p->nhs_number) || !is_blank(p->upn) ||
                  !is_blank(p->la_child_id);

    if ((named && dated) || has_id || kinds_is_missing(kind) ||
        refused_already(w, "R12") || refused_already(w, "R13"))
        return;
    form_problem(&w->reading, "R11", "child",
                 "want a name with date of birth or age, or a valid id");
}

/* Early help serves some ages only; with needs or a disability, longer. */
static void
check_age(struct work *w, const struct person *p)
{
    const struct profile_ages *ages = &w->against->profile->ages;
    bool send =
        p->sen == TRI_YES || (p->disability & ~SET_BIT(DISABILITY_NONE)) != 0;
    int to = send && ages->to_years_send > ages->to_years ? ages->to_years_send
                                                          : ages->to_years;

    if (p->dob != DATE_NONE && p->dob <= received_on(w) &&
        date_age_years(p->dob, received_on(w)) > to)
        form_warn(&w->reading, WARNING_OUTSIDE_AGE);
    if (p->expected_dob != DATE_NONE && !ages->from_pre_birth)
        form_warn(&w->reading, WARNING_OUTSIDE_AGE);
}

static void
check_places(struct work *w, const struct person *p)
{
    const struct validate_against *a = w->against;

    if (!is_blank(p->postcode) &&
        profile_locality_of_postcode(a->profile, p->postcode) == NULL)
        form_warn(&w->reading, WARNING_POSTCODE);
    if (!is_blank(p->school_urn) &&
        !agency_knows_school(a->agencies, p->school_urn))
        form_warn(&w->reading, WARNING_SCHOOL_UNKNOWN);
}

static void
check_child(struct work *w, struct person *p, int kind)
{
    if (!is_blank(p->la_child_id) && is_blank(p->la_code))
        p->la_code = w->against->profile->la_code;
    if (p->ethnicity == 0)
        p->ethnicity = ETHNICITY_NOBT;
    check_birth(w, p);
    check_identity(w, p, kind);
    check_age(w, p);
    check_places(w, p);
}

/* ---- two people ------------------------------------------------------- */

static void
check_second(struct work *w, const char *member, struct str by,
             struct str second, bool must)
{
    if (refused_below(w, arena_printf(w->against->arena, "/%s", member)))
        return;
    if (is_blank(second)) {
        if (must)
            form_problem(&w->reading, "R18", member,
                         "a second person's name is missing");
    } else if (str_eq(name_key(w->against->arena, by),
                      name_key(w->against->arena, second))) {
        form_problem(&w->reading, "R18", member,
                     "the second person is the first");
    }
}

/* ---- a notification ---------------------------------------------------- */

static void
settle_times(struct work *w, struct notification_received *rec)
{
    if (rec->meta.occurred_at == TIME_NONE)
        rec->meta.occurred_at = kinds_instant(rec);
    if (rec->meta.occurred_at == TIME_NONE)
        rec->meta.occurred_at = rec->sent_at;
    if (rec->sent_at != TIME_NONE && rec->meta.occurred_at != TIME_NONE &&
        rec->sent_at - rec->meta.occurred_at > SENT_LATE_MS)
        form_warn(&w->reading, WARNING_SENT_LATE);
}

static void
settle_agency(struct work *w, struct notification_received *rec)
{
    rec->agency_type = w->agency->type;
    rec->cin_source = agency_cin_source(w->agency, rec->discipline, rec->who);
    if (rec->entry == 0)
        rec->entry = agency_entry(w->agency, rec->kind);
}

static void
validate_notification(struct work *w, const struct raw_value *raw)
{
    struct arena *arena = w->against->arena;
    struct go_live *read = arena_alloc(arena, sizeof *read);
    struct notification_received *rec = &read->record;
    struct person *person = arena_alloc(arena, sizeof *person);
    struct reading *r = &w->reading;
    int kind = codes_find(&codes_kind, form_text(raw_get(raw, "kind")));
    const struct form *form = kinds_notification(kind);

    fields_clear(&fields_notification_received, rec);
    go_live_clear(read);
    fields_clear(&fields_person, person);
    rec->amendment = 0;
    r->base[TO_RECORD] = rec;
    r->base[TO_PERSON] = person;
    w->out->missing_kind = kinds_is_missing(kind);
    form_read(r, form != NULL ? form : kinds_common(), raw, form != NULL);
    w->out->key = (struct item_key){ .agency_id = rec->agency_id,
                                     .agency_ref = rec->agency_ref,
                                     .amendment = rec->amendment };
    check_agency(w, NULL);
    if (w->agency != NULL && rec->kind != 0 &&
        !agency_may_send(w->agency, rec->kind))
        form_problem(r, "R02", "kind", "not for this agency to send");
    if (form_warned(r, WARNING_ABSENT))
        rec->risk_grade = RISK_NONE;
    settle_times(w, rec);
    if (rec->kind != 0)
        check_child(w, person, rec->kind);
    if (rec->kind == KIND_GO_LIVE) {
        check_second(w, "second_by", rec->by, rec->second_by, true);
        if (!role_may_govern(w->against->staff, rec->by, rec->second_by))
            form_problem(r, "R23", "by", "that role may not do this");
        go_live_check(r, read);
    }
    if (r->problems.n > 0)
        return;
    settle_agency(w, rec);
    person->details = (struct items){ .at = r->details, .n = r->n_details };
    rec->notification_id = derive(w, "notification");
    rec->meta.subject = id_as_text(w, rec->notification_id);
    rec->warnings = form_warnings(arena, r->warnings);
    w->out->id = rec->notification_id;
    w->out->record.notification = rec;
    w->out->person = person;
}

/* ---- activities, screenings, matches ----------------------------------- */

static struct str
joined(struct arena *arena, struct str a, struct str b)
{
    if (is_blank(a) || is_blank(b))
        return is_blank(a) ? b : a;
    return arena_printf(arena, "%.*s\n%.*s", STR_ARG(a), STR_ARG(b));
}

/* A subject is one of four; la_child_id means the authority's own. What is
 * acknowledged may be about nobody: a worker's caseload, time that stands. */
static void
check_subject(struct work *w, const struct activity_reported *rec)
{
    int n = !id_is_none(rec->subject_case_id) +
            !id_is_none(rec->subject_child_id) +
            !is_blank(rec->subject_la_child_id) +
            !is_blank(rec->subject_agency_ref);

    if (n == 1 || refused_below(w, STR("/subject")) ||
        (n == 0 && rec->activity == ACTIVITY_ALERT_ACKNOWLEDGED))
        return;
    form_problem(&w->reading, "R03", "subject",
                 n == 0 ? "names nobody" : "want one of its four, not %d", n);
}

static void
want_reason(struct work *w, struct str reason, int32_t min)
{
    if (refused_below(w, STR("/reason")))
        return;
    if (is_blank(reason) && min == 1)
        form_problem(&w->reading, "R03", "reason", "missing");
    else if (form_chars(reason) < min)
        form_problem(&w->reading, "R19", "reason", "shorter than %d characters",
                     (int)min);
}

/* ---- roles --------------------------------------------------------------- */

/*
 * Who is named, where roles are asked: people of the authority's own agencies,
 * when a staff list is in force. NULL: nobody needs to be found, or who is
 * named is nobody of the list, which is said.
 */
static const struct staff_person *
find_person(struct work *w, const char *member, struct str id)
{
    const struct staff_person *p = NULL;

    if (w->against->staff == NULL || w->agency == NULL || is_blank(id) ||
        !agency_may_decide(w->agency))
        return NULL;
    p = staff_person(w->against->staff, id);
    if (p == NULL)
        form_problem(&w->reading, "R23", member,
                     "nobody of the staff list has that id");
    return p;
}

static void
want_right(struct work *w, const char *member, bool has)
{
    if (!has)
        form_problem(&w->reading, "R23", member, "that role may not do this");
}

static void
check_right_to_second(struct work *w, const char *member, struct str id)
{
    const struct staff_person *p = find_person(w, member, id);

    if (p != NULL)
        want_right(w, member, role_may_second(p));
}

static void
check_right_to_record(struct work *w, const struct activity_reported *rec)
{
    const struct staff_person *p = find_person(w, "by", rec->by);

    if (p != NULL)
        want_right(w, "by", role_may_record(p, rec));
    if (rec->activity == ACTIVITY_CLOSED)
        check_right_to_second(w, "authorised_by", rec->authorised_by);
}

static void
check_right_to_screen(struct work *w, const struct screening_recorded *rec)
{
    const struct staff_person *p = find_person(w, "by", rec->by);

    if (p != NULL)
        want_right(w, "by", role_may_decide(p, w->agency));
    check_right_to_second(w, "second_by", rec->second_by);
}

static void
check_right_to_resolve(struct work *w, const struct match_resolved *rec)
{
    const struct staff_person *p = find_person(w, "by", rec->by);

    if (p != NULL)
        want_right(w, "by", role_may_resolve(p, rec));
    check_right_to_second(w, "second_by", rec->second_by);
}

/* ---- activities, screenings, matches ------------------------------------- */

static void
check_activity(struct work *w, const struct activity_reported *rec,
               const struct kinds_texts *texts)
{
    switch (rec->activity) {
    case ACTIVITY_HANDOVER_DECLINED:
        want_reason(w, texts->reason, KINDS_REASON_MIN);
        break;
    case ACTIVITY_INTENT_DECLINED:
    case ACTIVITY_CLOCK_PAUSED:
        want_reason(w, texts->reason, 1);
        break;
    case ACTIVITY_CLOSED:
        check_second(w, "authorised_by", rec->by, rec->authorised_by, true);
        break;
    case ACTIVITY_SERVICE_CHANGED:
        if (rec->service_on == TRI_UNKNOWN &&
            !refused_below(w, STR("/service_on")))
            form_problem(&w->reading, "R15", "service_on", "want on or off");
        break;
    default:
        break;
    }
}

static void
validate_activity(struct work *w, const struct raw_value *raw)
{
    struct arena *arena = w->against->arena;
    struct activity_reported *rec = arena_alloc(arena, sizeof *rec);
    struct kinds_texts texts = { .reason = STR_NULL };
    struct reading *r = &w->reading;
    int activity =
        codes_find(&codes_activity, form_text(raw_get(raw, "activity")));

    fields_clear(&fields_activity_reported, rec);
    rec->amendment = 0;
    rec->unit = STR("");
    r->base[TO_RECORD] = rec;
    r->base[TO_PERSON] = &texts;
    form_read(r, kinds_activity(activity), raw, activity != 0);
    w->out->key = (struct item_key){ .agency_id = rec->agency_id,
                                     .agency_ref = rec->agency_ref,
                                     .amendment = rec->amendment };
    check_agency(w, agency_may_act);
    check_subject(w, rec);
    check_activity(w, rec, &texts);
    check_right_to_record(w, rec);
    if (r->problems.n > 0)
        return;
    rec->reason_chars = form_chars(texts.reason);
    rec->activity_id = derive(w, "activity");
    rec->meta.subject = id_as_text(w, rec->activity_id);
    rec->warnings = form_warnings(arena, r->warnings);
    w->out->id = rec->activity_id;
    w->out->record.activity = rec;
    w->out->detail = joined(arena, texts.reason, texts.note);
}

static void
validate_screening(struct work *w, const struct raw_value *raw)
{
    struct arena *arena = w->against->arena;
    struct screening_recorded *rec = arena_alloc(arena, sizeof *rec);
    struct kinds_texts texts = { .reason = STR_NULL };
    struct reading *r = &w->reading;

    fields_clear(&fields_screening_recorded, rec);
    rec->amendment = 0;
    r->base[TO_RECORD] = rec;
    r->base[TO_PERSON] = &texts;
    form_read(r, kinds_screening(), raw, true);
    w->out->key = (struct item_key){ .agency_id = rec->agency_id,
                                     .agency_ref = rec->agency_ref,
                                     .amendment = rec->amendment };
    check_agency(w, agency_may_decide);
    if (rec->outcome != 0 && !refused_below(w, STR("/rationale")) &&
        form_chars(texts.reason) < w->against->profile->rationale_min_chars)
        form_problem(r, "R19", "rationale",
                     "an override wants one of %d characters or more",
                     w->against->profile->rationale_min_chars);
    check_second(w, "second_by", rec->by, rec->second_by, false);
    check_right_to_screen(w, rec);
    if (r->problems.n > 0)
        return;
    if (rec->meta.occurred_at == TIME_NONE)
        rec->meta.occurred_at = w->against->received;
    rec->rationale_chars = form_chars(texts.reason);
    rec->screening_id = derive(w, "screening");
    rec->meta.subject = id_as_text(w, rec->screening_id);
    w->out->id = rec->screening_id;
    w->out->record.screening = rec;
    w->out->detail = texts.reason;
}

static void
validate_match(struct work *w, const struct raw_value *raw)
{
    struct arena *arena = w->against->arena;
    struct match_resolved *rec = arena_alloc(arena, sizeof *rec);
    struct kinds_texts texts = { .reason = STR_NULL };
    struct reading *r = &w->reading;

    fields_clear(&fields_match_resolved, rec);
    rec->amendment = 0;
    r->base[TO_RECORD] = rec;
    r->base[TO_PERSON] = &texts;
    form_read(r, kinds_match(), raw, true);
    w->out->key = (struct item_key){ .agency_id = rec->agency_id,
                                     .agency_ref = rec->agency_ref,
                                     .amendment = rec->amendment };
    check_agency(w, agency_may_decide);
    if (!is_blank(texts.child) && !str_is(texts.child, "new") &&
        !id_parse(texts.child, &rec->child_id))
        form_problem(r, "R15", "child", "want the id of a child, or new");
    check_second(w, "second_by", rec->by, rec->second_by, false);
    check_right_to_resolve(w, rec);
    if (r->problems.n > 0)
        return;
    if (rec->meta.occurred_at == TIME_NONE)
        rec->meta.occurred_at = w->against->received;
    rec->reason_chars = form_chars(texts.reason);
    rec->resolution_id = derive(w, "resolution");
    rec->meta.subject = id_as_text(w, rec->resolution_id);
    w->out->id = rec->resolution_id;
    w->out->record.match = rec;
    w->out->detail = texts.reason;
}

/* ---- indicators ---------------------------------------------------------- */

/* "national", or a locality by id or name: what is kept is the id. */
static void
check_area(struct work *w, struct indicator_observed *rec)
{
    static const char *const wide[] = { "authority", "national", "region",
                                        "neighbours" };
    const struct profile *p = w->against->profile;

    if (is_blank(rec->area))
        return; /* missing was said */
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (str_is(rec->area, wide[i]))
            return;
    for (size_t i = 0; i < p->n_localities; i++)
        if (str_eq(rec->area, p->localities[i].id) ||
            str_eq(rec->area, p->localities[i].name)) {
            rec->area = p->localities[i].id;
            return;
        }
    form_problem(&w->reading, "R15", "area",
                 "want authority, national, region, neighbours or a locality");
}

/* What is still to come can be awaited, or aimed at, but not counted. */
static void
check_period(struct work *w, const struct indicator_observed *rec)
{
    bool over = rec->period_to <= received_on(w);
    bool begun = rec->period_from <= received_on(w);

    if (rec->period_from == DATE_NONE || rec->period_to == DATE_NONE)
        return;
    if (rec->period_to < rec->period_from)
        form_problem(&w->reading, "R03", "period_to",
                     "before the period begins");
    else if (rec->measure != MEASURE_TARGET && !begun)
        form_problem(&w->reading, "R10", "period_from",
                     "a period that has not begun");
    else if (rec->measure != MEASURE_TARGET && !over &&
             str_is(rec->status, "final"))
        form_problem(&w->reading, "R10", "period_to",
                     "a period that is not over has no final figure");
}

static void
check_value(struct work *w, const struct indicator *indicator,
            struct indicator_observed *rec)
{
    struct figure figure;

    if (is_blank(rec->value) || indicator == NULL)
        return;
    switch (figure_read(rec->value, indicator->unit, rec->measure, &figure)) {
    case FIGURE_SUFFIX:
        form_problem(&w->reading, "R14", "value",
                     "a number with something behind it");
        break;
    case FIGURE_OTHER:
        form_problem(&w->reading, "R03", "value",
                     "want a number, or na, awaiting data, unknown");
        break;
    case FIGURE_RANGE:
        form_problem(&w->reading, "R03", "value",
                     "this indicator can't have that value");
        break;
    case FIGURE_GAP:
        rec->value = STR_NULL;
        break;
    case FIGURE_VALUE:
        break;
    }
    rec->gap = figure.gap;
    rec->amount = figure.amount;
    rec->decimals = figure.decimals;
}

/* An indicator's word under another name: the cells stand one too far. */
static void
check_shifted(struct work *w, const struct raw_value *raw)
{
    for (size_t i = 0; i < raw->n && raw->type == RAW_OBJECT; i++)
        if (!str_is(raw->at[i].name, "indicator") &&
            indicator_find(form_text(&raw->at[i])) != NULL &&
            form_find(kinds_indicator(), raw->at[i].name) != NULL)
            form_problem(&w->reading, "R03", "",
                         "shifted columns? an indicator stands under %.*s",
                         STR_ARG(raw->at[i].name));
}

static void
settle_total(struct indicator_observed *rec)
{
    if (!figure_is_total(rec->breakdown))
        return;
    rec->typed_total = true;
    rec->breakdown = STR_NULL;
}

static void
validate_indicator(struct work *w, const struct raw_value *raw)
{
    struct arena *arena = w->against->arena;
    struct indicator_observed *rec = arena_alloc(arena, sizeof *rec);
    const struct indicator *indicator;
    struct reading *r = &w->reading;

    fields_clear(&fields_indicator_observed, rec);
    rec->amendment = 0;
    rec->measure = MEASURE_LEVEL;
    r->base[TO_RECORD] = rec;
    form_read(r, kinds_indicator(), raw, true);
    w->out->key = (struct item_key){ .agency_id = rec->agency_id,
                                     .agency_ref = rec->agency_ref,
                                     .amendment = rec->amendment };
    indicator = indicator_find(rec->indicator);
    check_agency(w, agency_may_act);
    check_area(w, rec);
    check_period(w, rec);
    check_value(w, indicator, rec);
    if (indicator == NULL)
        check_shifted(w, raw);
    if (r->problems.n > 0)
        return;
    settle_total(rec);
    rec->unit = str_of(codes_word(&codes_indicator_unit, (int)indicator->unit));
    rec->indicator_id = derive(w, "indicator");
    rec->meta.subject = id_as_text(w, rec->indicator_id);
    rec->warnings = form_warnings(arena, r->warnings);
    w->out->id = rec->indicator_id;
    w->out->record.indicator = rec;
}

/* ---- any ----------------------------------------------------------------- */

void
validate(const struct validate_against *against, enum item_kind_of item,
         const struct raw_value *raw, struct validated *out)
{
    struct work w = { .against = against, .out = out };

    *out = (struct validated){ .item = item, .detail = STR_NULL };
    form_begin(&w.reading, against->arena, against->calendar,
               against->received);
    switch (item) {
    case ITEM_NOTIFICATION:
        validate_notification(&w, raw);
        break;
    case ITEM_ACTIVITY:
        validate_activity(&w, raw);
        break;
    case ITEM_SCREENING:
        validate_screening(&w, raw);
        break;
    case ITEM_MATCH:
        validate_match(&w, raw);
        break;
    case ITEM_INDICATOR:
        validate_indicator(&w, raw);
        break;
    }
    out->problems = w.reading.problems;
    out->warnings = w.reading.warnings;
}
