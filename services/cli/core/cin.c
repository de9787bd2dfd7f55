#include "cli/core/cin.h"

#include <stdlib.h>
#include <string.h>

enum {
    DAYS_OF_PREGNANCY = 280, /* rule 8606 */
    ASSESSMENT_DAYS = 45,    /* working days: 8670Q */
    ENQUIRY_DAYS = 15,       /* working days: 8675Q */
    LAST_DAYS = 7,           /* UN6: referred in the year's last week */
};

/* What is being made. */
struct making {
    struct arena *arena;
    const struct cin_options *options;
    struct cin *out;
    const struct return_child *child;
    const struct return_case *c;
    bool stopped; /* this child */
};

static void
find(struct making *m, int weight, const char *item, date_d on, const char *why)
{
    struct finding finding = {
        .weight = weight,
        .child_id = m->child->child_id,
        .case_id = m->c == NULL ? ID_NONE : m->c->case_id,
        .item = item,
        .on = on,
        .why = why,
    };

    findings_add(m->arena, &m->out->findings, &finding);
    m->stopped |= weight == FINDING_STOPS;
}

bool
cin_year(struct str text, struct cin_options *out)
{
    int year, next;

    if (text.n != 7 || text.p[4] != '-')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (i != 4 && (text.p[i] < '0' || text.p[i] > '9'))
            return false;
    year = (text.p[0] - '0') * 1000 + (text.p[1] - '0') * 100 +
           (text.p[2] - '0') * 10 + (text.p[3] - '0');
    next = (text.p[5] - '0') * 10 + (text.p[6] - '0');
    return next == (year + 1) % 100 &&
           date_of((struct ymd){ year, 4, 1 }, &out->first) &&
           date_of((struct ymd){ year + 1, 3, 31 }, &out->last);
}

/* ---- the case as it stood at the year's end ----------------------------- */

/* What was done after the reference date, the file doesn't know. */
static struct return_case
case_at_end(const struct making *m, const struct return_case *c)
{
    struct return_case then = *c;

    if (then.closed == DATE_NONE || then.closed > m->options->last) {
        then.closed = DATE_NONE;
        then.close_outcome = 0;
        then.state = CASE_REVIEW; /* any open one */
    }
    then.n_deeds = 0;
    while (then.n_deeds < c->n_deeds &&
           c->deeds[then.n_deeds].on <= m->options->last)
        then.n_deeds++;
    if (then.n_deeds < c->n_deeds)
        then.csc_status = c->deeds[then.n_deeds].status_before;
    return then;
}

static bool
is_in_year(const struct making *m, const struct return_case *c)
{
    const struct cin_options *o = m->options;

    if (c->close_outcome == CLOSE_IN_ERROR || c->received == DATE_NONE ||
        c->received > o->last)
        return false;
    if (c->nfa) /* rule 8569Q */
        return c->received >= o->first;
    return c->closed == DATE_NONE || c->closed >= o->first;
}

static bool
is_within(const struct making *m, date_d d)
{
    return d >= m->options->first && d <= m->options->last;
}

/* Before the n-th working day back from the year's end: 8670Q, 8675Q. */
static bool
is_late(const struct making *m, date_d since, int n)
{
    const struct calendar *cal = m->options->calendar;
    date_d d = m->options->last;

    if (cal == NULL)
        return false;
    while (n > 0 && calendar_covers(cal, d - 1))
        n -= calendar_is_working_day(cal, NULL, --d);
    return n == 0 && since < d;
}

/* ---- parts of an episode ------------------------------------------------ */

static void
assessment_factors(struct making *m, const struct cin_episode *e,
                   struct cin_assessment *a)
{
    if (a->authorised == DATE_NONE) /* rule 8614 */
        return;
    a->n_factors = episode_factors(m->c->needs, a->factors);
    if (a->n_factors > 0)
        return;
    /* Rule 8873Q: 21 goes with a closure after the assessment alone. */
    a->n_factors = 1;
    a->factors[0] = e->reason != NULL && (strcmp(e->reason, "RC8") == 0 ||
                                          strcmp(e->reason, "RC9") == 0)
                        ? "21"
                        : "20";
    find(m, FINDING_TAKEN, "AssessmentFactors", a->authorised,
         "no need is recorded: 21 where it closed after the assessment, else "
         "20");
}

/* Why an assessment can't be in the file; NULL where it can. */
static const char *
assessment_bars(const struct making *m, const struct cin_episode *e,
                const struct span *s)
{
    const struct cin_assessment *last =
        e->n_assessments == 0 ? NULL : &e->assessments[e->n_assessments - 1];

    if (s->from < e->referred)
        return "it began before the referral (1103)";
    if (s->to != DATE_NONE && s->to < s->from)
        return "it ended before it began (8608)";
    if (s->to == DATE_NONE && e->closed != DATE_NONE)
        return "the case closed before it was completed (8867)";
    if (s->to == DATE_NONE && !is_within(m, s->from))
        return "it began before the census year and isn't completed (8736)";
    if (e->closed != DATE_NONE && s->to > e->closed)
        return "it ended after the case (8565)";
    if (last != NULL && s->from <= last->authorised)
        return "another one ended that day or later (8863Q)";
    return NULL;
}

static void
assessments(struct making *m, const struct episode *from, struct cin_episode *e)
{
    e->assessments =
        arena_array(m->arena, from->n_assessments, sizeof *e->assessments);
    for (size_t i = 0; i < from->n_assessments; i++) {
        const struct span *s = &from->assessments[i];
        const char *why = assessment_bars(m, e, s);
        struct cin_assessment *a = &e->assessments[e->n_assessments];

        if (s->to != DATE_NONE && s->to < m->options->first)
            continue; /* the last census had it (8696) */
        if (why != NULL) {
            find(m, FINDING_LEFT_OUT, "Assessments", s->from, why);
            continue;
        }
        *a = (struct cin_assessment){ .started = s->from, .authorised = s->to };
        assessment_factors(m, e, a);
        if (s->to == DATE_NONE && is_late(m, s->from, ASSESSMENT_DAYS))
            find(m, FINDING_ASK, "Assessments", s->from,
                 "open for more than 45 working days (8670Q)");
        e->n_assessments++;
    }
}

static void
plans(struct making *m, const struct episode *from, struct cin_episode *e)
{
    e->plans = arena_array(m->arena, from->n_cin_plans, sizeof *e->plans);
    for (size_t i = 0; i < from->n_cin_plans; i++) {
        const struct span *s = &from->cin_plans[i];
        const struct span *last =
            e->n_plans == 0 ? NULL : &e->plans[e->n_plans - 1];

        if (s->to != DATE_NONE && s->to < m->options->first)
            continue; /* 4013 */
        if (s->from < e->referred)
            find(m, FINDING_LEFT_OUT, "CINPlanDates", s->from,
                 "it began before the referral (4015)");
        else if (s->to == s->from)
            find(m, FINDING_LEFT_OUT, "CINPlanDates", s->from,
                 "it ended on the day it began (4012Q)");
        else if (last != NULL && s->from <= last->to)
            find(m, FINDING_LEFT_OUT, "CINPlanDates", s->from,
                 "another one ended that day or later (4014)");
        else
            e->plans[e->n_plans++] = *s;
    }
}

static const char *
enquiry_bars(const struct making *m, const struct cin_episode *e,
             const struct enquiry *q)
{
    const struct cin_enquiry *last =
        e->n_enquiries == 0 ? NULL : &e->enquiries[e->n_enquiries - 1];

    if (q->span.from < e->referred)
        return "it began before the referral (2889)";
    if (q->conference != DATE_NONE && q->conference < q->span.from)
        return "the conference was before it began (8615)";
    if (e->closed != DATE_NONE && q->conference > e->closed)
        return "the conference was after the case (8565)";
    if (q->conference == DATE_NONE && !q->not_required &&
        !is_within(m, q->span.from))
        return "it began before the census year and has no conference (8740)";
    if (last != NULL && q->span.from <= last->conference)
        return "another one ended that day or later (8890)";
    return NULL;
}

static void
check_conference(struct making *m, date_d on)
{
    if (on != DATE_NONE && date_weekday(on) >= 6)
        find(m, FINDING_STOPS, "DateOfInitialCPC", on,
             "a conference can't be at a weekend (8875)");
}

static void
enquiries(struct making *m, const struct episode *from, struct cin_episode *e)
{
    e->enquiries =
        arena_array(m->arena, from->n_enquiries, sizeof *e->enquiries);
    for (size_t i = 0; i < from->n_enquiries; i++) {
        const struct enquiry *q = &from->enquiries[i];
        const char *why = enquiry_bars(m, e, q);

        if (q->span.to != DATE_NONE && q->span.to < m->options->first)
            continue; /* 8715 */
        if (why != NULL) {
            find(m, FINDING_LEFT_OUT, "Section47", q->span.from, why);
            continue;
        }
        check_conference(m, q->conference);
        if (q->span.to == DATE_NONE && is_late(m, q->span.from, ENQUIRY_DAYS))
            find(m, FINDING_ASK, "Section47", q->span.from,
                 "open for more than 15 working days (8675Q)");
        e->enquiries[e->n_enquiries++] =
            (struct cin_enquiry){ .started = q->span.from,
                                  .conference = q->conference,
                                  .not_required = q->not_required };
    }
    if (e->n_enquiries > 0 && e->n_assessments == 0)
        find(m, FINDING_ASK, "Section47", e->enquiries[0].started,
             "no assessment is on the episode (2991Q)");
}

static void
protection_plans(struct making *m, const struct episode *from)
{
    for (size_t i = 0; i < from->n_cp_plans; i++)
        if (from->cp_plans[i].to == DATE_NONE ||
            from->cp_plans[i].to >= m->options->first)
            find(m, FINDING_LEFT_OUT, "ChildProtectionPlans",
                 from->cp_plans[i].from,
                 "no activity has the category of abuse (8905)");
}

/* ---- an episode --------------------------------------------------------- */

static void
primary_need(struct making *m, struct cin_episode *e)
{
    if (e->nfa)
        return;
    e->primary_need = m->c->primary_need;
    if (e->primary_need.p != NULL)
        return;
    e->primary_need = STR("N0");
    find(m, FINDING_TAKEN, "PrimaryNeedCode", DATE_NONE,
         "nobody has entered it: N0, not stated");
}

static void
closure(struct making *m, const struct episode *from, struct cin_episode *e)
{
    if (e->nfa)
        return;
    e->closed = m->c->closed;
    e->reason = episode_closure_reason(from);
    if (e->closed != DATE_NONE && e->closed < e->referred)
        find(m, FINDING_STOPS, "CINclosureDate", e->closed,
             "it is before the referral (8630)");
}

/* What the last census had of it can't be the reason in this one. */
static void
check_reason(struct making *m, struct cin_episode *e)
{
    if (e->reason == NULL || e->n_assessments > 0 ||
        (strcmp(e->reason, "RC8") != 0 && strcmp(e->reason, "RC9") != 0))
        return;
    find(m, FINDING_TAKEN, "ReasonForClosure", e->closed,
         "no assessment of the episode is in this census: RC7 (8825Q)");
    e->reason = "RC7";
}

static void
conference(struct making *m, const struct episode *from, struct cin_episode *e)
{
    date_d on = from->conference;

    if (on == DATE_NONE || !is_within(m, on))
        return;
    for (size_t i = 0; i < from->n_enquiries; i++)
        if (from->enquiries[i].conference == on) /* rule 2884 */
            return;
    if (on < e->referred || (e->closed != DATE_NONE && on > e->closed)) {
        find(m, FINDING_LEFT_OUT, "DateOfInitialCPC", on,
             "it lies outside the episode (1104, 8565)");
        return;
    }
    e->conference = on;
    check_conference(m, on);
}

/* Two episodes of a child never overlap; an earlier one comes first. */
static void
check_order(struct making *m, const struct cin_child *child,
            const struct cin_episode *e)
{
    for (size_t i = 0; i < child->n_episodes; i++) {
        const struct cin_episode *before = &child->episodes[i];

        if (!before->nfa &&
            (before->closed == DATE_NONE || e->referred < before->closed))
            find(m, FINDING_STOPS, "CINreferralDate", e->referred,
                 "another episode was open that day (8815, 8816, 8820)");
    }
}

static void
add_episode(struct making *m, struct cin_child *child,
            const struct return_case *c)
{
    struct cin_episode *e = &child->episodes[child->n_episodes];
    struct return_case then = case_at_end(m, c);
    struct episode from;

    if (!is_in_year(m, &then))
        return;
    m->c = &then;
    episode_make(m->arena, m->c, &from);
    *e = (struct cin_episode){ .referred = c->received,
                               .closed = DATE_NONE,
                               .conference = DATE_NONE,
                               .nfa = c->nfa,
                               .source = c->source };
    if (e->source.p == NULL) {
        e->source = STR("10");
        find(m, FINDING_TAKEN, "ReferralSource", DATE_NONE,
             "the agency has none: 10, unknown");
    }
    check_order(m, child, e);
    primary_need(m, e);
    closure(m, &from, e);
    if (!e->nfa) { /* rule 8831: no activity on a referral without any */
        conference(m, &from, e);
        assessments(m, &from, e);
        plans(m, &from, e);
        enquiries(m, &from, e);
        protection_plans(m, &from);
        check_reason(m, e);
    }
    if (e->reason != NULL && strcmp(e->reason, "RC2") == 0) {
        child->died = e->closed;
        find(m, FINDING_TAKEN, "PersonDeathDate", e->closed,
             "the day of closing: the day of death isn't recorded");
    }
    m->c = NULL;
    child->n_episodes++;
}

/* ---- a child ------------------------------------------------------------ */

static void
birth(struct making *m, struct cin_child *child)
{
    const struct return_child *c = child->of;
    bool unborn = c->dob == DATE_NONE || c->dob > m->options->last;

    child->dob = unborn ? DATE_NONE : c->dob;
    child->expected_dob = !unborn                        ? DATE_NONE
                          : c->expected_dob != DATE_NONE ? c->expected_dob
                                                         : c->dob;
    if (child->dob == DATE_NONE && child->expected_dob == DATE_NONE)
        find(m, FINDING_STOPS, "PersonBirthDate", DATE_NONE,
             "neither a date of birth nor an expected one (8525Q)");
    else if (!unborn && c->dob_estimated)
        find(m, FINDING_TAKEN, "PersonBirthDate", c->dob,
             "estimated from an age in years");
    else if (unborn &&
             (child->expected_dob <= m->options->last - 30 ||
              child->expected_dob >= date_add_months(m->options->last, 9)))
        find(m, FINDING_ASK, "ExpectedPersonBirthDate", child->expected_dob,
             "outside March to December of the year's end (8530Q)");
    if (child->dob != DATE_NONE &&
        child->dob < date_add_months(m->options->last, -25 * 12))
        find(m, FINDING_ASK, "PersonBirthDate", child->dob,
             "older than 25 years (8775Q)");
}

static void
characteristics(struct making *m, struct cin_child *child)
{
    const struct return_child *c = child->of;
    bool unborn = child->dob == DATE_NONE;

    child->sex = unborn || c->sex == 0 ? SEX_U : c->sex;
    if (!unborn && child->sex == SEX_U)
        find(m, FINDING_TAKEN, "Sex", DATE_NONE, "not known: U");
    child->ethnicity = c->ethnicity == 0 ? ETHNICITY_NOBT : c->ethnicity;
    if (unborn)
        return;
    child->disability = c->disability;
    if ((c->disability & ~SET_BIT(DISABILITY_NONE)) != 0) /* rule 8790 */
        child->disability &= ~SET_BIT(DISABILITY_NONE);
    if (child->disability != 0)
        return;
    child->disability = SET_BIT(DISABILITY_NONE);
    find(m, FINDING_TAKEN, "Disability", DATE_NONE,
         "nobody has named one: NONE (8540)");
}

static bool
is_all_nfa(const struct cin_child *child)
{
    for (size_t i = 0; i < child->n_episodes; i++)
        if (!child->episodes[i].nfa)
            return false;
    return true;
}

/* Six years old on 31 August after the reference date: of school age (8770Q).
 */
static bool
is_of_school_age(const struct making *m, const struct cin_child *child)
{
    struct ymd end = date_ymd(m->options->last);
    date_d august = DATE_NONE;

    (void)date_of((struct ymd){ end.year, 8, 31 }, &august);
    return child->dob != DATE_NONE &&
           child->dob <= date_add_months(august, -6 * 12);
}

static void
pupil_number(struct making *m, struct cin_child *child)
{
    const struct cin_episode *last = &child->episodes[child->n_episodes - 1];

    child->upn = child->of->upn;
    if (child->upn.p != NULL)
        return;
    if (is_all_nfa(child)) /* rule 8772 */
        child->upn_unknown = "UN7";
    else if (!is_of_school_age(m, child))
        child->upn_unknown = "UN1";
    else if (last->referred > m->options->last - LAST_DAYS)
        child->upn_unknown = "UN6";
    else
        child->upn_unknown = "UN5";
    if (strcmp(child->upn_unknown, "UN5") == 0)
        find(m, FINDING_TAKEN, "UPN", DATE_NONE,
             "a child of school age without one: UN5 (8770Q)");
}

static void
identifiers(struct making *m, struct cin_child *child)
{
    child->la_child_id =
        return_unique_id(m->arena, child->of->la_child_id, child->of->child_id);
    if (child->of->la_child_id.p == NULL)
        find(m, FINDING_TAKEN, "LAchildID", DATE_NONE,
             "the authority gave none: made of child_id");
    pupil_number(m, child);
}

static void
check_referrals(struct making *m, const struct cin_child *child)
{
    date_d born = child->dob != DATE_NONE ? child->dob : child->expected_dob;

    for (size_t i = 0; i < child->n_episodes; i++)
        if (born != DATE_NONE &&
            child->episodes[i].referred < born - DAYS_OF_PREGNANCY)
            find(m, FINDING_STOPS, "CINreferralDate",
                 child->episodes[i].referred,
                 "more than 40 weeks before the birth (8606)");
}

static bool
make_child(struct making *m, const struct return_child *c,
           struct cin_child *child)
{
    *child = (struct cin_child){ .of = c, .died = DATE_NONE };
    m->child = c;
    m->c = NULL;
    m->stopped = false;
    child->episodes =
        arena_array(m->arena, c->n_cases, sizeof *child->episodes);
    for (size_t i = 0; i < c->n_cases; i++)
        add_episode(m, child, &c->cases[i]);
    if (child->n_episodes == 0)
        return false;
    birth(m, child);
    characteristics(m, child);
    identifiers(m, child);
    check_referrals(m, child);
    return true;
}

/* ---- all children ------------------------------------------------------- */

/* What two children can't both have in one file. */
struct shared {
    struct str value;
    size_t child;
};

static int
by_value(const void *a, const void *b)
{
    const struct shared *x = a;
    const struct shared *y = b;
    int order = str_cmp(x->value, y->value);

    return order != 0 ? order : (x->child > y->child) - (x->child < y->child);
}

static bool
has_episode(const struct making *m, const struct return_child *c)
{
    for (size_t i = 0; i < c->n_cases; i++)
        if (is_in_year(m, &c->cases[i]))
            return true;
    return false;
}

/* Marks children whose value an earlier child of the census has; `both`: that
 * one, too. */
static bool *
doubles(const struct making *m, const struct return_child *children, size_t n,
        struct str (*value)(const struct return_child *), bool both)
{
    struct shared *list = arena_array(m->arena, n, sizeof *list);
    bool *marks = arena_array(m->arena, n, sizeof *marks);
    size_t k = 0;

    for (size_t i = 0; i < n; i++)
        if (value(&children[i]).p != NULL && has_episode(m, &children[i]))
            list[k++] =
                (struct shared){ .value = value(&children[i]), .child = i };
    qsort(list, k, sizeof *list, by_value);
    for (size_t i = 1; i < k; i++)
        if (str_eq(list[i].value, list[i - 1].value)) {
            marks[list[i].child] = true;
            marks[list[i - 1].child] |= both;
        }
    return marks;
}

static struct str
upn_of(const struct return_child *c)
{
    return c->upn;
}

static struct str
la_child_id_of(const struct return_child *c)
{
    return c->la_child_id;
}

void
cin_make(struct arena *arena, const struct cin_options *options,
         const struct return_child *children, size_t n, struct cin *out)
{
    struct making m = { .arena = arena, .options = options, .out = out };
    const bool *same_upn = doubles(&m, children, n, upn_of, false);
    const bool *same_id = doubles(&m, children, n, la_child_id_of, true);

    *out = (struct cin){ .n_children = 0 };
    out->children = arena_array(arena, n, sizeof *out->children);
    for (size_t i = 0; i < n; i++) {
        struct cin_child *child = &out->children[out->n_children];
        struct return_child *own = arena_alloc(arena, sizeof *own);

        *own = children[i];
        if (same_upn[i]) /* rule 1520; why UN5 is there */
            own->upn = STR_NULL;
        if (!make_child(&m, own, child))
            continue;
        if (same_id[i])
            find(&m, FINDING_STOPS, "LAchildID", DATE_NONE,
                 "another child has the same (8510)");
        out->n_stops += m.stopped;
        out->n_children += !m.stopped;
    }
    if (out->n_stops > 0 && !options->without_stopped)
        out->n_children = 0;
}
