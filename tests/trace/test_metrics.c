/* Metrics counts the sample day of domain.md section 12 and freezes June. */
#include "common/core/records.h"
#include "metrics/core/metrics.h"
#include "metrics/core/scorecard.h"
#include "metrics/core/tables.h"
#include "tests/lib/memory.h"
#include "tests/lib/one_profile.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a day of kent-2015 -------------------------------------------------- */

struct day {
    struct mem *m;
    struct one_profile given;
    char text[4096]; /* cells that changed, as told so far */
    size_t n_text;
    char before[4096]; /* cells as they stood, a line each */
};

static int
open_day(void **s)
{
    struct day *d = calloc(1, sizeof *d);

    assert_non_null(d);
    d->m = mem_open(&(struct mem_options){ .def = &metrics_service,
                                           .settings = &d->given.settings,
                                           .authority = 2,
                                           .authority_name = "kent-2015" });
    one_profile_read(&d->given, mem_arena(d->m), "kent-2015");
    *s = d;
    return 0;
}

static int
close_day(void **s)
{
    struct day *d = *s;

    mem_close(d->m);
    free(d);
    return 0;
}

/* "2015-06-26T07:12:05" local */
static time_ms
local(struct day *d, const char *text)
{
    return one_profile_local(&d->given, text);
}

static struct id
some_id(const char *tag, const char *name)
{
    struct str part = str_of(name);

    return id_derive(tag, &part, 1);
}

/* A line a cell, in no order that matters: "K01 2015-06 eh swale 5-10 1/0". */
static size_t
cell_line(const struct kpi_cell *c, char *out, size_t size)
{
    char day[DATE_TEXT_SIZE];

    return (size_t)snprintf(out, size,
                            "%s %.7s %s %.*s %s %" PRId64 "/%" PRId64 "\n",
                            codes_word(&codes_kpi, c->kpi),
                            date_text(c->month, day),
                            codes_word(&codes_side, c->side),
                            STR_ARG(c->district),
                            codes_word(&codes_age_band, c->age_band),
                            c->numerator, c->denominator);
}

/* Note the cells that are not as they were when this was last called. */
static void
tell_cells(struct day *d)
{
    char now[4096];
    const struct kpi_cell *c;
    size_t at = 0;
    size_t n = 0;

    now[0] = '\0';
    while ((c = mem_next(d->m, TABLE_KPI_CELL, &at)) != NULL) {
        size_t from = n;

        n += cell_line(c, now + n, sizeof now - n);
        if (strstr(d->before, now + from) == NULL)
            d->n_text += cell_line(c, d->text + d->n_text,
                                   sizeof d->text - d->n_text);
    }
    memcpy(d->before, now, sizeof now);
}

static void
say(struct day *d, const char *line)
{
    d->n_text += (size_t)snprintf(d->text + d->n_text,
                                  sizeof d->text - d->n_text, "%s\n", line);
}

static void
assert_told(struct day *d, const char *want)
{
    assert_string_equal(d->text, want);
    d->n_text = 0;
    d->text[0] = '\0';
}

/* ---- what the topics say ------------------------------------------------- */

struct decision {
    const char *ref;
    int kind;
    const char *received;
    int entry;
    const char *rule;
    int outcome;
    int status;
    int age_band;
    const char *locality;
    const char *action;
    const char *episode;
};

static void
decide(struct day *d, struct decision in)
{
    struct referral_decided rec;
    struct str action = str_of(in.action);

    fields_clear(&fields_referral_decided, &rec);
    rec.meta.recorded_at = local(d, in.received);
    rec.meta.occurred_at = rec.meta.recorded_at;
    rec.meta.profile_version = d->given.profile.version_id;
    rec.notification_id = some_id("notification", in.ref);
    rec.decision_id = some_id("decision", in.rule);
    rec.agency_id = STR("made-up-agency");
    rec.agency_ref = str_of(in.ref);
    rec.amendment = 0;
    rec.kind = in.kind;
    rec.child_id = some_id("child", in.ref);
    rec.entry = in.entry;
    rec.rule_id = str_of(in.rule);
    rec.outcome = in.outcome;
    rec.status = in.status;
    rec.received_at = rec.meta.recorded_at;
    rec.age_band = in.age_band;
    rec.locality = str_of(in.locality);
    rec.action_rules =
        (struct texts){ .at = &action, .n = in.action == NULL ? 0 : 1 };
    rec.episode_id =
        in.episode == NULL ? ID_NONE : some_id("episode", in.episode);
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &rec, NULL),
        ST_OK);
    say(d, in.ref);
    tell_cells(d);
}

struct change {
    const char *name;
    int side;
    int before;
    int state;
    const char *opened;
    const char *closed;
    int close_outcome;
};

static void
change_case(struct day *d, struct change in)
{
    struct case_changed rec;

    fields_clear(&fields_case_changed, &rec);
    rec.case_id = some_id("case", in.name);
    rec.child_id = some_id("child", in.name);
    rec.side = in.side;
    rec.state_before = in.before;
    rec.state = in.state;
    rec.outcome = OUTCOME_EH_INTENSIVE;
    rec.opened_at = local(d, in.opened);
    rec.closed_at = in.closed == NULL ? TIME_NONE : local(d, in.closed);
    rec.close_outcome = in.close_outcome;
    rec.locality = STR("maidstone");
    rec.age_band = AGE_5_10;
    rec.meta.recorded_at =
        in.closed == NULL ? rec.opened_at : rec.closed_at;
    rec.meta.occurred_at = rec.meta.recorded_at;
    rec.meta.profile_version = d->given.profile.version_id;
    assert_int_equal(
        mem_send(d->m, TOPIC_CASE_JOURNAL, REC_CASE_CHANGED, &rec, NULL),
        ST_OK);
    say(d, in.name);
    tell_cells(d);
}

static void
accept_step_down(struct day *d, const char *when)
{
    struct handover_changed rec;

    fields_clear(&fields_handover_changed, &rec);
    rec.handover_id = some_id("handover", "boy of 7");
    rec.case_id = some_id("case", "boy of 7");
    rec.child_id = some_id("child", "boy of 7");
    rec.direction = DIRECTION_STEP_DOWN;
    rec.state = HANDOVER_ACCEPTED;
    rec.offered_at = local(d, "2015-06-26T13:45:00");
    rec.answered_at = local(d, when);
    rec.expiries = 0;
    rec.locality = STR("maidstone");
    rec.age_band = AGE_5_10;
    rec.meta.recorded_at = rec.answered_at;
    rec.meta.occurred_at = rec.answered_at;
    assert_int_equal(
        mem_send(d->m, TOPIC_CASE_JOURNAL, REC_HANDOVER_CHANGED, &rec, NULL),
        ST_OK);
    say(d, "step-down accepted");
    tell_cells(d);
}

static void
pass_time(struct day *d, const char *when)
{
    for (size_t i = 0; i < metrics_service.n_inputs; i++)
        assert_int_equal(
            mem_time_on(d->m, metrics_service.inputs[i], local(d, when)),
            ST_OK);
}

static date_d
frozen_through(struct day *d)
{
    struct reckoning like = { .no = RECKONING_NO };
    const struct reckoning *r = mem_row(d->m, TABLE_RECKONING, &like);

    assert_non_null(r);
    return r->frozen_through;
}

static date_d
june(void)
{
    date_d d;

    assert_true(date_parse(STR("2015-06-01"), &d));
    return d;
}

/* ---- the story ----------------------------------------------------------- */

/* Rows 1 to 8: what is decided on Friday. */
static void
friday(struct day *d)
{
    decide(d, (struct decision){
        .ref = "1 girl of 14 missing", .kind = KIND_POLICE_MISSING_REPORTED,
        .received = "2015-06-26T07:12:05", .entry = ENTRY_CSC, .rule = "KE03",
        .outcome = OUTCOME_SINGLE_AGENCY, .status = DECISION_FINAL,
        .age_band = AGE_11_15, .locality = "maidstone", .episode = "A" });
    decide(d, (struct decision){
        .ref = "3 boy of 15 missing, cin",
        .kind = KIND_POLICE_MISSING_REPORTED,
        .received = "2015-06-26T09:05:00", .entry = ENTRY_CSC, .rule = "C05",
        .outcome = OUTCOME_EXISTING_CASE, .status = DECISION_FINAL,
        .age_band = AGE_11_15, .locality = "maidstone", .episode = "B" });
    decide(d, (struct decision){
        .ref = "4 school: boy of 9", .kind = KIND_SCHOOL_REFERRAL,
        .received = "2015-06-26T10:20:00", .entry = ENTRY_EH, .rule = "KE07",
        .outcome = OUTCOME_EH_INTENSIVE, .status = DECISION_PROVISIONAL,
        .age_band = AGE_5_10, .locality = "swale" });
    decide(d, (struct decision){
        .ref = "4 school: boy of 9", .kind = KIND_SCHOOL_REFERRAL,
        .received = "2015-06-26T10:20:00", .entry = ENTRY_EH, .rule = "KE05",
        .outcome = OUTCOME_EH_INTENSIVE, .status = DECISION_FINAL,
        .age_band = AGE_5_10, .locality = "swale" });
    decide(d, (struct decision){
        .ref = "5 health: baby", .kind = KIND_HEALTH_REFERRAL,
        .received = "2015-06-26T11:30:00", .entry = ENTRY_EH, .rule = "KE01",
        .outcome = OUTCOME_SOCIAL_CARE_REFERRAL, .status = DECISION_FINAL,
        .age_band = AGE_0_4, .locality = "dover" });
    decide(d, (struct decision){
        .ref = "6 housing: girl of 12", .kind = KIND_HOUSING_REFERRAL,
        .received = "2015-06-26T13:00:00", .entry = ENTRY_CSC, .rule = "KE06",
        .outcome = OUTCOME_SINGLE_AGENCY, .status = DECISION_FINAL,
        .age_band = AGE_11_15, .locality = "thanet", .action = "A10" });
    decide(d, (struct decision){
        .ref = "7 step-down offered", .kind = KIND_CSC_STEP_DOWN,
        .received = "2015-06-26T13:45:00", .entry = ENTRY_EH, .rule = "C06",
        .outcome = OUTCOME_STEP_DOWN_OFFER, .status = DECISION_FINAL,
        .age_band = AGE_5_10, .locality = "maidstone" });
    decide(d, (struct decision){
        .ref = "8 found", .kind = KIND_POLICE_MISSING_FOUND,
        .received = "2015-06-26T15:40:00", .entry = ENTRY_CSC, .rule = "KE03",
        .outcome = OUTCOME_EXISTING_CASE, .status = DECISION_FINAL,
        .age_band = AGE_11_15, .locality = "maidstone", .episode = "A" });
}

static void
open_before(struct day *d)
{
    pass_time(d, "2015-06-01T00:00:00");
    change_case(d, (struct change){ .name = "boy of 7", .side = SIDE_CSC,
                                    .state = CASE_REVIEW,
                                    .opened = "2015-05-05T09:00:00" });
}

static void
monday(struct day *d)
{
    accept_step_down(d, "2015-06-29T10:15:00");
    change_case(d, (struct change){
        .name = "boy of 7", .side = SIDE_CSC,
        .before = CASE_HANDOVER_PENDING, .state = CASE_CLOSED,
        .opened = "2015-05-05T09:00:00", .closed = "2015-06-29T10:15:00",
        .close_outcome = CLOSE_STEPPED_DOWN });
    change_case(d, (struct change){ .name = "boy of 7, early help",
                                    .side = SIDE_EH,
                                    .state = CASE_UNALLOCATED,
                                    .opened = "2015-06-29T10:15:00" });
}

static void
test_friday(void **s)
{
    struct day *d = *s;

    friday(d);
    assert_told(d, "1 girl of 14 missing\n"
                   "K01 2015-06 eh maidstone 11-15 1/0\n"
                   "K14 2015-06 csc maidstone 11-15 0/1\n"
                   "3 boy of 15 missing, cin\n"
                   "K14 2015-06 csc maidstone 11-15 0/2\n"
                   "4 school: boy of 9\n"
                   "K01 2015-06 eh swale 5-10 1/0\n"
                   "4 school: boy of 9\n"
                   "5 health: baby\n"
                   "K01 2015-06 eh dover 0-4 1/0\n"
                   "6 housing: girl of 12\n"
                   "K01 2015-06 eh thanet 11-15 1/0\n"
                   "K14 2015-06 csc thanet 11-15 0/1\n"
                   "7 step-down offered\n"
                   "8 found\n");
}

static void
test_monday(void **s)
{
    struct day *d = *s;

    open_before(d);
    monday(d);
    assert_told(d, "boy of 7\n"
                   "K10_net 2015-05 csc maidstone 5-10 1/0\n"
                   "K35 2015-05 csc maidstone 5-10 0/1\n"
                   "step-down accepted\n"
                   "K12 2015-06 eh maidstone 5-10 1/0\n"
                   "K21 2015-06 csc maidstone 5-10 1/0\n"
                   "boy of 7\n"
                   "K21 2015-06 csc maidstone 5-10 1/1\n"
                   "K10_net 2015-06 csc maidstone 5-10 -1/0\n"
                   "K11 2015-06 csc maidstone 5-10 1/0\n"
                   "boy of 7, early help\n"
                   "K10_net 2015-06 eh maidstone 5-10 1/0\n"
                   "K35 2015-06 eh maidstone 5-10 0/1\n");
}

/* Cells as their months were frozen. */
static struct kpi_cell *
frozen_cells(struct day *d, size_t *n)
{
    size_t max = mem_count(d->m, TABLE_KPI_CELL) +
                 mem_count(d->m, TABLE_LATE_CHANGE);
    struct kpi_cell *cells = arena_array(mem_arena(d->m), max, sizeof *cells);
    const struct kpi_cell *c;
    size_t at = 0;

    *n = 0;
    while ((c = mem_next(d->m, TABLE_KPI_CELL, &at)) != NULL)
        cells[(*n)++] = *c;
    at = 0;
    while ((c = mem_next(d->m, TABLE_LATE_CHANGE, &at)) != NULL) {
        cells[*n] = *c;
        cells[*n].numerator = -c->numerator;
        cells[(*n)++].denominator = -c->denominator;
    }
    return cells;
}

/* The whole authority's line of an indicator for June. */
static struct scorecard_line
june_line(struct day *d, const char *kpi, bool public)
{
    size_t n;
    struct kpi_cell *cells = frozen_cells(d, &n);
    struct str asked = str_of(kpi);

    return scorecard_make(
               mem_arena(d->m), cells, n,
               &(struct scorecard_options){
                   .month = june(),
                   .kpis = { .at = &asked, .n = 1 },
                   .suppress_below =
                       public ? d->given.profile.suppression.below : 0,
                   .suppress_secondary =
                       d->given.profile.suppression.secondary })
        .lines[0];
}

static void
test_month_end(void **s)
{
    struct day *d = *s;
    struct scorecard_line k01, k12;

    open_before(d);
    friday(d);
    monday(d);
    pass_time(d, "2015-06-30T23:59:59.999");
    assert_true(frozen_through(d) < june());
    pass_time(d, "2015-07-01T00:00:00");
    assert_int_equal(frozen_through(d), june());
    k01 = june_line(d, "K01", false);
    assert_int_equal(k01.values[SCORECARD_ALL].numerator, 4);
    assert_int_equal(k01.values[AGE_0_4 - 1].numerator, 1);
    assert_int_equal(k01.values[AGE_5_10 - 1].numerator, 1);
    assert_int_equal(k01.values[AGE_11_15 - 1].numerator, 2);
    k12 = june_line(d, "K12", false);
    assert_int_equal(k12.values[SCORECARD_ALL].numerator, 1);
    assert_true(june_line(d, "K01", true).values[SCORECARD_ALL].hidden);
    assert_true(june_line(d, "K01", true).values[AGE_11_15 - 1].hidden);
    assert_true(june_line(d, "K12", true).values[SCORECARD_ALL].hidden);
}

static void
test_restated(void **s)
{
    struct day *d = *s;
    struct kpi_cell like = { .month = june(),
                             .kpi = KPI_K01,
                             .side = SIDE_EH,
                             .district = STR("swale"),
                             .age_band = AGE_5_10,
                             .part = STR("") };
    const struct kpi_cell *now, *late;

    friday(d);
    pass_time(d, "2015-07-01T00:00:00");
    decide(d, (struct decision){
        .ref = "late", .kind = KIND_SCHOOL_REFERRAL,
        .received = "2015-06-30T17:00:00", .entry = ENTRY_EH, .rule = "KE05",
        .outcome = OUTCOME_EH_INTENSIVE, .status = DECISION_FINAL,
        .age_band = AGE_5_10, .locality = "swale" });
    now = mem_row(d->m, TABLE_KPI_CELL, &like);
    late = mem_row(d->m, TABLE_LATE_CHANGE, &like);
    assert_int_equal(now->numerator, 2);
    assert_int_equal(late->numerator, 1);
}

static void
test_k20_by_profile(void **s)
{
    struct day *d = *s;
    static const struct {
        const char *name;
        int outcome;
    } closings[] = {
        { "helped", CLOSE_NEEDS_MET },
        { "moved", CLOSE_MOVED_AWAY },
        { "left", CLOSE_DISENGAGED },
        { "never", CLOSE_IN_ERROR },
    };

    for (size_t i = 0; i < sizeof closings / sizeof *closings; i++)
        change_case(d, (struct change){ .name = closings[i].name,
                                        .side = SIDE_EH,
                                        .before = CASE_REVIEW,
                                        .state = CASE_CLOSED,
                                        .opened = "2015-06-01T09:00:00",
                                        .closed = "2015-06-20T09:00:00",
                                        .close_outcome =
                                            closings[i].outcome });
    assert_told(d, "helped\n"
                   "K11 2015-06 eh maidstone 5-10 1/0\n"
                   "K20 2015-06 eh maidstone 5-10 1/1\n"
                   "K35 2015-06 eh maidstone 5-10 0/1\n"
                   "moved\n"
                   "K11 2015-06 eh maidstone 5-10 2/0\n"
                   "K35 2015-06 eh maidstone 5-10 0/2\n"
                   "left\n"
                   "K11 2015-06 eh maidstone 5-10 3/0\n"
                   "K20 2015-06 eh maidstone 5-10 1/2\n"
                   "K35 2015-06 eh maidstone 5-10 0/3\n"
                   "never\n");
}

static void
test_nothing_given_out(void **s)
{
    struct day *d = *s;

    friday(d);
    monday(d);
    assert_int_equal(mem_n_outputs(d->m), 0);
    assert_null(strstr(mem_text(d->m), "reject"));
    assert_null(strstr(mem_text(d->m), "fatal"));
}

#define IN_DAY(text, test)                                         \
    { .name = (text), .test_func = (test), .setup_func = open_day, \
      .teardown_func = close_day }

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DAY("Friday counts four notifications and no more", test_friday),
        IN_DAY("Monday's step-down counts on both sides", test_monday),
        IN_DAY("June is frozen at midnight in London and hidden for public",
               test_month_end),
        IN_DAY("what comes after the month's end restates, never unsays",
               test_restated),
        IN_DAY("K20 takes its outcomes from the profile",
               test_k20_by_profile),
        IN_DAY("metrics gives nothing out", test_nothing_given_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
