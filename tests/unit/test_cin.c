/* The children in need census: which dates and codes are in the file, and what
 * is told instead. Rules are the DfE's, by number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/core/cin.h"
#include "tests/lib/heap.h"

#define N_OF(list) (sizeof(list) / sizeof(list)[0])
enum { DEEDS_MAX = 8, CASES_MAX = 3, STORY = 400 };

static date_d
day(const char *text)
{
    date_d d = DATE_NONE;

    if (text != NULL)
        assert_true(date_parse(str_of(text), &d));
    return d;
}

/* ---- a child in rows ---------------------------------------------------- */

struct deed {
    int activity;
    const char *on;
    int before; /* csc_status; 0 is open */
};

struct told {
    const char *received;
    const char *closed;
    int outcome;
    const char *need; /* NULL is N4; "" is none */
    int status;       /* csc_status as it stands; 0 is open */
    uint32_t needs;
    bool nfa;
    struct deed deeds[DEEDS_MAX];
};

/* A girl of nine with one case, unless the row says otherwise. */
struct row {
    const char *name;
    const char *dob; /* NULL is 2016-05-05; "" is none */
    const char *expected;
    const char *upn;     /* NULL is a good one; "" is none */
    int sex;             /* 0 is F; -1 is none */
    uint32_t disability; /* 0 is NONE */
    bool said_nothing;   /* no disability, no ethnicity, no id */
    struct told cases[CASES_MAX];
    const char *want; /* the file, shortened, and what is told */
};

#define A_START ACTIVITY_ASSESSMENT_STARTED
#define A_END ACTIVITY_ASSESSMENT_COMPLETED
#define S47 ACTIVITY_STRATEGY_STARTED
#define ICPC ACTIVITY_ICPC_HELD
#define PLAN ACTIVITY_PLAN_AGREED
#define STATUS ACTIVITY_CSC_STATUS_CHANGED

static void
fill_case(struct arena *a, const struct told *t, size_t number,
          struct return_case *out)
{
    struct return_deed *deeds = arena_array(a, DEEDS_MAX, sizeof *deeds);
    size_t n = 0;

    for (; n < DEEDS_MAX && t->deeds[n].activity != 0; n++)
        deeds[n] = (struct return_deed){
            .activity = t->deeds[n].activity,
            .on = day(t->deeds[n].on),
            .status_before =
                t->deeds[n].before == 0 ? CSC_OPEN : t->deeds[n].before,
        };
    *out = (struct return_case){
        .case_id = { .b = { 9, (uint8_t)number } },
        .received = day(t->received),
        .closed = day(t->closed),
        .state = t->closed == NULL ? CASE_REVIEW : CASE_CLOSED,
        .close_outcome = t->outcome,
        .csc_status = t->status == 0 ? CSC_OPEN : t->status,
        .source = STR("2A"),
        .primary_need = t->need == NULL   ? STR("N4")
                        : t->need[0] == 0 ? STR_NULL
                                          : str_of(t->need),
        .needs = t->needs == 0 ? SET_BIT(NEED_F_NEGLECT) : t->needs,
        .nfa = t->nfa,
        .deeds = deeds,
        .n_deeds = n,
    };
}

static struct return_child
fill_child(struct arena *a, const struct row *r)
{
    struct return_case *cases = arena_array(a, CASES_MAX, sizeof *cases);
    struct return_child c = {
        .child_id = { .b = { 7 } },
        .la_child_id = STR("LC1"),
        .upn = STR("M886000000001"),
        .dob = day(r->dob == NULL   ? "2016-05-05"
                   : r->dob[0] == 0 ? NULL
                                    : r->dob),
        .expected_dob = day(r->expected),
        .sex = r->sex == 0  ? SEX_F
               : r->sex < 0 ? 0
                            : r->sex,
        .ethnicity = ETHNICITY_WBRI,
        .disability =
            r->disability == 0 ? SET_BIT(DISABILITY_NONE) : r->disability,
        .cases = cases,
    };

    if (r->upn != NULL)
        c.upn = r->upn[0] == 0 ? STR_NULL : str_of(r->upn);
    if (r->said_nothing) {
        c.disability = 0;
        c.ethnicity = 0;
        c.la_child_id = STR_NULL;
    }
    while (c.n_cases < CASES_MAX && r->cases[c.n_cases].received != NULL) {
        fill_case(a, &r->cases[c.n_cases], c.n_cases, &cases[c.n_cases]);
        c.n_cases++;
    }
    return c;
}

/* ---- the census in a line
 * ----------------------------------------------------- */

struct story {
    char text[STORY];
    size_t n;
};

static void
say(struct story *s, const char *word)
{
    int n = snprintf(s->text + s->n, sizeof s->text - s->n, "%s%s",
                     s->n == 0 ? "" : " ", word);

    assert_true(n > 0 && (size_t)n < sizeof s->text - s->n);
    s->n += (size_t)n;
}

/* "from..to" with months and days of 2025, other years in full. */
static void
say_span(struct story *s, const char *what, date_d from, date_d to)
{
    char a[DATE_TEXT_SIZE], b[DATE_TEXT_SIZE], word[64];

    (void)snprintf(word, sizeof word, "%s:%s..%s", what, date_text(from, a),
                   to == DATE_NONE ? "" : date_text(to, b));
    say(s, word);
}

static void
say_episode(struct story *s, const struct cin_episode *e)
{
    char word[64];

    say_span(s, e->nfa ? "nfa" : "cin", e->referred, e->closed);
    if (e->reason != NULL)
        say(s, e->reason);
    if (e->primary_need.p != NULL) {
        (void)snprintf(word, sizeof word, "%.*s", STR_ARG(e->primary_need));
        say(s, word);
    }
    if (e->conference != DATE_NONE)
        say_span(s, "icpc", e->conference, DATE_NONE);
    for (size_t i = 0; i < e->n_assessments; i++) {
        const struct cin_assessment *a = &e->assessments[i];

        say_span(s, "ass", a->started, a->authorised);
        for (size_t k = 0; k < a->n_factors; k++)
            say(s, a->factors[k]);
    }
    for (size_t i = 0; i < e->n_plans; i++)
        say_span(s, "plan", e->plans[i].from, e->plans[i].to);
    for (size_t i = 0; i < e->n_enquiries; i++)
        say_span(s, e->enquiries[i].not_required ? "s47-" : "s47",
                 e->enquiries[i].started, e->enquiries[i].conference);
}

static void
say_child(struct story *s, const struct cin_child *c)
{
    if (c->upn_unknown != NULL)
        say(s, c->upn_unknown);
    if (c->dob == DATE_NONE)
        say_span(s, "unborn", c->expected_dob, DATE_NONE);
    if (c->sex != SEX_F)
        say(s, codes_word(&codes_sex, c->sex));
    if (c->died != DATE_NONE)
        say_span(s, "died", c->died, DATE_NONE);
    for (int v = DISABILITY_MOB; v <= codes_disability.n; v++)
        if ((c->disability & SET_BIT(v)) != 0)
            say(s, codes_word(&codes_disability, v));
    for (size_t i = 0; i < c->n_episodes; i++)
        say_episode(s, &c->episodes[i]);
}

static void
say_findings(struct story *s, const struct findings *list)
{
    static const char marks[] = " =-?!";
    char word[64];

    for (size_t i = 0; i < list->n; i++) {
        (void)snprintf(word, sizeof word, "%c%s", marks[list->at[i].weight],
                       list->at[i].item);
        say(s, word);
    }
}

static void
test_row(void **state)
{
    const struct row *r = *state;
    struct arena a;
    struct return_child child;
    struct cin_options o = { .calendar = NULL };
    struct cin made;
    struct story s = { .n = 0 };

    heap_arena(&a);
    assert_true(cin_year(STR("2025-26"), &o));
    child = fill_child(&a, r);
    cin_make(&a, &o, &child, 1, &made);
    for (size_t i = 0; i < made.n_children; i++)
        say_child(&s, &made.children[i]);
    say_findings(&s, &made.findings);
    assert_string_equal(s.text, r->want);
    heap_release(&a);
}

/* = taken, - left out, ? will be asked, ! stops */
static const struct row rows[] = {
    { "a case that stays open has no closure", .cases = { { "2025-05-01" } },
      .want = "cin:2025-05-01.. N4" },
    { "a case received on the last day is in the year",
      .cases = { { "2026-03-31" } }, .want = "cin:2026-03-31.. N4" },
    { "a case received the day after is not", .cases = { { "2026-04-01" } },
      .want = "" },
    { "a case closed on the first day is in the year",
      .cases = { { "2024-05-01", "2025-04-01", CLOSE_RC7 } },
      .want = "cin:2024-05-01..2025-04-01 RC7 N4" },
    { "a case closed the day before is not",
      .cases = { { "2024-05-01", "2025-03-31", CLOSE_RC7 } }, .want = "" },
    { "a closure after the year's end is not known yet",
      .cases = { { "2025-05-01", "2026-04-01", CLOSE_RC7 } },
      .want = "cin:2025-05-01.. N4" },
    { "what was opened in error never was",
      .cases = { { "2025-05-01", "2025-05-02", CLOSE_IN_ERROR } }, .want = "" },
    { "a referral without further action has no need and no closure",
      .cases = { { "2025-05-01", "2025-05-01", .nfa = true,
                   .deeds = { { A_START, "2025-05-01" } } } },
      .want = "nfa:2025-05-01.." },
    { "one of the year before is no longer told (8569Q)",
      .cases = { { "2025-03-31", "2025-03-31", .nfa = true } }, .want = "" },
    { "a need that nobody entered is N0",
      .cases = { { "2025-05-01", .need = "" } },
      .want = "cin:2025-05-01.. N0 =PrimaryNeedCode" },

    { "an assessment has its factors once it is authorised",
      .cases = { { "2025-05-01",
                   .needs =
                       SET_BIT(NEED_P_MENTAL_HEALTH) | SET_BIT(NEED_F_NEGLECT),
                   .deeds = { { A_START, "2025-05-02" },
                              { A_END, "2025-06-02" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02..2025-06-02 4B 16A" },
    { "an open one has none (8614)",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02.." },
    { "one that ended before the year was in the last census (8696)",
      .cases = { { "2025-01-05", .deeds = { { A_START, "2025-01-06" },
                                            { A_END, "2025-03-31" } } } },
      .want = "cin:2025-01-05.. N4" },
    { "one that ended on the year's first day is in this one",
      .cases = { { "2025-01-05", .deeds = { { A_START, "2025-01-06" },
                                            { A_END, "2025-04-01" } } } },
      .want = "cin:2025-01-05.. N4 ass:2025-01-06..2025-04-01 16A" },
    { "an old one without an end is left out (8736)",
      .cases = { { "2025-01-05", .deeds = { { A_START, "2025-03-31" } } } },
      .want = "cin:2025-01-05.. N4 -Assessments" },
    { "one that the closure overtook is left out (8867)",
      .cases = { { "2025-05-01", "2025-06-01", CLOSE_RC7,
                   .deeds = { { A_START, "2025-05-02" } } } },
      .want = "cin:2025-05-01..2025-06-01 RC7 N4 -Assessments" },
    { "one before the referral is left out (1103)",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-04-30" } } } },
      .want = "cin:2025-05-01.. N4 -Assessments" },
    { "a second one on the day the first ended is left out (8863Q)",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { A_END, "2025-06-02" },
                                            { A_START, "2025-06-02" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02..2025-06-02 16A "
              "-Assessments" },
    { "a second one the day after is in the file",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { A_END, "2025-06-02" },
                                            { A_START, "2025-06-03" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02..2025-06-02 16A "
              "ass:2025-06-03.." },
    { "an assessment that ended after the year is open in it",
      .cases = { { "2026-03-01", .deeds = { { A_START, "2026-03-02" },
                                            { A_END, "2026-04-01" } } } },
      .want = "cin:2026-03-01.. N4 ass:2026-03-02.." },

    { "RC8 stands after an assessment alone",
      .cases = { { "2025-05-01", "2025-06-03", CLOSE_NFA_AFTER_ASSESSMENT,
                   .deeds = { { A_START, "2025-05-02" },
                              { A_END, "2025-06-02" } } } },
      .want = "cin:2025-05-01..2025-06-03 RC8 N4 "
              "ass:2025-05-02..2025-06-02 16A" },
    { "RC8 after a plan is RC7 (2990)",
      .cases = { { "2025-05-01", "2025-07-03", CLOSE_RC8,
                   .deeds = { { A_START, "2025-05-02" },
                              { A_END, "2025-06-02" },
                              { PLAN, "2025-06-05" } } } },
      .want = "cin:2025-05-01..2025-07-03 RC7 N4 "
              "ass:2025-05-02..2025-06-02 16A plan:2025-06-05..2025-07-03" },
    { "RC9 without an assessment is RC7 (8825Q)",
      .cases = { { "2025-05-01", "2025-06-03", CLOSE_STEPPED_DOWN } },
      .want = "cin:2025-05-01..2025-06-03 RC7 N4" },
    { "RC8 whose assessment the last census had is RC7, and told",
      .cases = { { "2025-02-01", "2025-04-03", CLOSE_RC8,
                   .deeds = { { A_START, "2025-02-02" },
                              { A_END, "2025-03-02" } } } },
      .want = "cin:2025-02-01..2025-04-03 RC7 N4 =ReasonForClosure" },
    { "a child who died has the day of closing",
      .cases = { { "2025-05-01", "2025-06-03", CLOSE_DIED } },
      .want = "died:2025-06-03.. cin:2025-05-01..2025-06-03 RC2 N4 "
              "=PersonDeathDate" },
    { "who moved away was transferred",
      .cases = { { "2025-05-01", "2025-06-03", CLOSE_MOVED_AWAY } },
      .want = "cin:2025-05-01..2025-06-03 RC5 N4" },

    { "a conference ends its enquiry",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { S47, "2025-05-06" },
                                            { ICPC, "2025-05-20" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02.. "
              "s47:2025-05-06..2025-05-20" },
    { "a conference on a Saturday stops the file (8875)",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { S47, "2025-05-06" },
                                            { ICPC, "2025-05-24" } } } },
      .want = "!DateOfInitialCPC" },
    { "an enquiry without an assessment will be asked about (2991Q)",
      .cases = { { "2025-05-01", .deeds = { { S47, "2025-05-06" } } } },
      .want = "cin:2025-05-01.. N4 s47:2025-05-06.. ?Section47" },
    { "a plan shows that no conference was needed",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { S47, "2025-05-06" },
                                            { PLAN, "2025-05-20" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02.. plan:2025-05-20.. "
              "s47-:2025-05-06.." },
    { "so does the end of the assessment by which it was made",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { S47, "2025-05-06" },
                                            { A_END, "2025-05-20" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02..2025-05-20 16A "
              "s47-:2025-05-06.." },
    { "until a conference is held all the same",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { S47, "2025-05-06" },
                                            { A_END, "2025-05-20" },
                                            { ICPC, "2025-05-21" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02..2025-05-20 16A "
              "s47:2025-05-06..2025-05-21" },
    { "a second strategy discussion belongs to the first (8839)",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { S47, "2025-05-06" },
                                            { S47, "2025-05-08" },
                                            { ICPC, "2025-05-20" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02.. "
              "s47:2025-05-06..2025-05-20" },
    { "an enquiry on the day that the last one ended is left out (8890)",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { S47, "2025-05-06" },
                                            { ICPC, "2025-05-20" },
                                            { S47, "2025-05-20" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02.. "
              "s47:2025-05-06..2025-05-20 -Section47" },
    { "the next enquiry has a conference of its own",
      .cases = { { "2025-05-01", .deeds = { { A_START, "2025-05-02" },
                                            { S47, "2025-05-06" },
                                            { ICPC, "2025-05-20" },
                                            { S47, "2025-06-02" },
                                            { ICPC, "2025-06-10" } } } },
      .want = "cin:2025-05-01.. N4 ass:2025-05-02.. "
              "s47:2025-05-06..2025-05-20 s47:2025-06-02..2025-06-10" },
    { "a conference without an enquiry stands on the episode",
      .cases = { { "2025-05-01", .deeds = { { ICPC, "2025-05-20" } } } },
      .want = "cin:2025-05-01.. N4 icpc:2025-05-20.." },
    { "an old open enquiry is left out (8740)",
      .cases = { { "2025-01-05", .deeds = { { S47, "2025-03-31" } } } },
      .want = "cin:2025-01-05.. N4 -Section47" },

    { "a plan ends with a protection plan, which has no category",
      .cases = { { "2025-05-01", .status = CSC_CP,
                   .deeds = { { PLAN, "2025-05-20" },
                              { STATUS, "2025-07-01" } } } },
      .want = "cin:2025-05-01.. N4 plan:2025-05-20..2025-07-01 "
              "-ChildProtectionPlans" },
    { "a plan of one day is left out (4012Q)",
      .cases = { { "2025-05-01", .status = CSC_LAC,
                   .deeds = { { PLAN, "2025-05-20" },
                              { STATUS, "2025-05-20" } } } },
      .want = "cin:2025-05-01.. N4 -CINPlanDates" },
    { "a plan that ended before the year was in the last census (4013)",
      .cases = { { "2025-01-05", .status = CSC_LAC,
                   .deeds = { { PLAN, "2025-02-20" },
                              { STATUS, "2025-03-31" } } } },
      .want = "cin:2025-01-05.. N4" },

    { "a re-referral on the day of closure is two episodes (8820)",
      .cases = { { "2025-05-01", "2025-06-01", CLOSE_RC7 }, { "2025-06-01" } },
      .want = "cin:2025-05-01..2025-06-01 RC7 N4 cin:2025-06-01.. N4" },
    { "one the day before stops the file",
      .cases = { { "2025-05-01", "2025-06-01", CLOSE_RC7 }, { "2025-05-31" } },
      .want = "!CINreferralDate" },
    { "two open episodes stop the file (8815)",
      .cases = { { "2025-05-01" }, { "2025-06-01" } },
      .want = "!CINreferralDate" },

    { "a child under school age has no number yet", .dob = "2020-09-01",
      .upn = "", .cases = { { "2025-05-01" } },
      .want = "UN1 cin:2025-05-01.. N4" },
    { "who is six on 31 August should have one (8770Q)", .dob = "2020-08-31",
      .upn = "", .cases = { { "2025-05-01" } },
      .want = "UN5 cin:2025-05-01.. N4 =UPN" },
    { "who was referred in the last week may still lack one", .upn = "",
      .cases = { { "2026-03-25" } }, .want = "UN6 cin:2026-03-25.. N4" },
    { "the day before that week it is UN5", .upn = "",
      .cases = { { "2026-03-24" } }, .want = "UN5 cin:2026-03-24.. N4 =UPN" },
    { "UN7 is for who has no other referrals (8772)", .upn = "",
      .cases = { { "2025-05-01", "2025-05-01", .nfa = true } },
      .want = "UN7 nfa:2025-05-01.." },
    { "with one that went on it isn't", .upn = "",
      .cases = { { "2025-05-01", "2025-05-01", .nfa = true },
                 { "2025-06-01" } },
      .want = "UN5 nfa:2025-05-01.. cin:2025-06-01.. N4 =UPN" },
    { "an unborn child's sex is U and its disability isn't asked (8750)",
      .dob = "", .upn = "", .expected = "2026-06-01", .said_nothing = true,
      .cases = { { "2026-01-05" } },
      .want = "UN1 unborn:2026-06-01.. U cin:2026-01-05.. N4 =LAchildID" },
    { "who was born after the year's end was unborn in it", .dob = "2026-04-01",
      .upn = "", .cases = { { "2026-01-05" } },
      .want = "UN1 unborn:2026-04-01.. U cin:2026-01-05.. N4" },
    { "a birth long expected will be asked about (8530Q)", .dob = "", .upn = "",
      .expected = "2026-03-01", .cases = { { "2026-01-05" } },
      .want = "UN1 unborn:2026-03-01.. U cin:2026-01-05.. N4 "
              "?ExpectedPersonBirthDate" },
    { "a referral 280 days before the birth is in the file",
      .dob = "2025-12-01", .upn = "", .cases = { { "2025-02-24" } },
      .want = "UN1 cin:2025-02-24.. N4" },
    { "one 281 days before stops it (8606)", .dob = "2025-12-01", .upn = "",
      .cases = { { "2025-02-23" } }, .want = "!CINreferralDate" },
    { "no birth at all stops it (8525Q)", .dob = "", .upn = "",
      .cases = { { "2025-05-01" } }, .want = "!PersonBirthDate" },
    { "NONE does not stand beside others (8790)",
      .disability = SET_BIT(DISABILITY_NONE) | SET_BIT(DISABILITY_MOB),
      .cases = { { "2025-05-01" } }, .want = "MOB cin:2025-05-01.. N4" },
    { "what nobody said is told", .sex = -1, .said_nothing = true,
      .cases = { { "2025-05-01" } },
      .want = "U cin:2025-05-01.. N4 =Sex =Disability =LAchildID" },
};

/* ---- beside the table
 * --------------------------------------------------------- */

static void
a_year_is_two_that_follow(void **state)
{
    static const char *const bad[] = { "2025-27", "2025-2026", "2025/26",
                                       "202x-26", "",          "2025-25" };
    struct cin_options o = { .calendar = NULL };

    (void)state;
    assert_true(cin_year(STR("2025-26"), &o));
    assert_int_equal(o.first, day("2025-04-01"));
    assert_int_equal(o.last, day("2026-03-31"));
    assert_true(cin_year(STR("1999-00"), &o));
    for (size_t i = 0; i < N_OF(bad); i++)
        assert_false(cin_year(str_of(bad[i]), &o));
}

/* Two children of one number, one of them without a birth. */
static void
what_two_children_share_is_no_ones(void **state)
{
    static const struct row girl = { "", .cases = { { "2025-05-01" } } };
    struct arena a;
    struct return_child two[2];
    struct cin_options o = { .calendar = NULL };
    struct cin made;

    (void)state;
    heap_arena(&a);
    assert_true(cin_year(STR("2025-26"), &o));
    o.without_stopped = false;
    two[0] = fill_child(&a, &girl);
    two[1] = fill_child(&a, &girl);
    two[1].child_id.b[0] = 8;
    cin_make(&a, &o, two, 2, &made);
    assert_int_equal(made.n_stops, 2); /* one id: 8510 */
    assert_int_equal(made.n_children, 0);
    two[1].la_child_id = STR("LC2");
    cin_make(&a, &o, two, 2, &made);
    assert_int_equal(made.n_stops, 0);
    assert_int_equal(made.n_children, 2);
    assert_true(str_is(made.children[0].upn, "M886000000001"));
    assert_string_equal(made.children[1].upn_unknown, "UN5"); /* 1520 */
    heap_release(&a);
}

/* Without holidays, nine and three weeks before 31 March 2026. */
static void
what_is_open_too_long_will_be_asked_about(void **state)
{
    static const struct {
        struct deed deed;
        size_t asked;
    } told[] = {
        { { A_START, "2026-01-27" }, 0 },
        { { A_START, "2026-01-26" }, 1 },
        { { S47, "2026-03-10" }, 1 }, /* no assessment */
        { { S47, "2026-03-09" }, 2 },
    };
    const struct calendar cal = { .first = day("2025-01-01"),
                                  .last = day("2026-12-31") };
    struct arena a;
    struct cin_options o = { .calendar = &cal };
    struct cin made;

    (void)state;
    heap_arena(&a);
    assert_true(cin_year(STR("2025-26"), &o));
    for (size_t i = 0; i < N_OF(told); i++) {
        struct row r = { "", .cases = { { "2026-01-05" } } };
        struct return_child child;

        r.cases[0].deeds[0] = told[i].deed;
        child = fill_child(&a, &r);
        cin_make(&a, &o, &child, 1, &made);
        assert_int_equal(made.findings.n, told[i].asked);
    }
    heap_release(&a);
}

static void
who_stops_the_file_can_be_left_out_of_it(void **state)
{
    static const struct row girl = { "", .cases = { { "2025-05-01" } } };
    struct arena a;
    struct return_child two[2];
    struct cin_options o = { .calendar = NULL };
    struct cin made;

    (void)state;
    heap_arena(&a);
    assert_true(cin_year(STR("2025-26"), &o));
    two[0] = fill_child(&a, &girl);
    two[1] = fill_child(&a, &girl);
    two[1].la_child_id = STR("LC2");
    two[1].upn = STR("T886000000002");
    two[0].dob = DATE_NONE;
    o.without_stopped = false;
    cin_make(&a, &o, two, 2, &made);
    assert_int_equal(made.n_children, 0);
    o.without_stopped = true;
    cin_make(&a, &o, two, 2, &made);
    assert_int_equal(made.n_stops, 1);
    assert_int_equal(made.n_children, 1);
    assert_true(str_is(made.children[0].la_child_id, "LC2"));
    heap_release(&a);
}

int
main(void)
{
    struct CMUnitTest tests[N_OF(rows) + 4];
    size_t n = N_OF(rows);

    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_year_is_two_that_follow);
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test(what_two_children_share_is_no_ones);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        what_is_open_too_long_will_be_asked_about);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        who_stops_the_file_can_be_left_out_of_it);
    return cmocka_run_group_tests_name("cin", tests, NULL, NULL);
}
