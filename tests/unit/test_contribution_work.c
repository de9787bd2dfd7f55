/*
 * What staff did, limits and missing episodes count as domain.md section 9
 * says, and a correction or a refusal takes back all of it.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metrics/core/contribution.h"
#include "metrics/core/facts_work.h"
#include "metrics_bench.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define DAY_MS ((time_ms)86400000)
#define JUNE_15 ((time_ms)1434362400000) /* 2015-06-15T10:00:00Z */

/* ---- the story on the topics --------------------------------------------- */

static void *
copy_of(struct bench *b, const void *body, size_t size)
{
    return arena_copy(&b->arena, body, size);
}

static void
say(struct bench *b, enum topic topic, int type, const void *body, size_t size)
{
    struct event ev = { .topic = topic,
                        .type = type,
                        .body = copy_of(b, body, size) };

    if (!bench_run(b, &ev, 1))
        fail_msg("%s", b->err.text);
}

static void
say_calendar(struct bench *b)
{
    struct bench_config config = { .profile = NULL };

    fields_clear(&fields_config_activated, &config.rec);
    config.rec.config_kind = CONFIG_CALENDAR;
    config.rec.version = STR("calendar");
    say(b, TOPIC_CASEWORK, REC_CONFIG_ACTIVATED, &config, sizeof config);
}

static struct bench *
open_bench(void)
{
    struct bench *b = bench_open();

    say_calendar(b);
    return b;
}

static struct activity_recorded
activity(const char *ref, int kind)
{
    struct activity_recorded rec;

    fields_clear(&fields_activity_recorded, &rec);
    rec.agency_id = STR("early-help");
    rec.agency_ref = str_of(ref);
    rec.amendment = 0;
    rec.activity = kind;
    rec.meta.occurred_at = JUNE_15;
    rec.locality = STR("swale");
    rec.age_band = AGE_5_10;
    return rec;
}

static void
say_activity(struct bench *b, const struct activity_recorded *rec)
{
    say(b, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, rec, sizeof *rec);
}

/* All cells, a line each: "K05 parenting 1/0 ". */
static const char *
cells_text(const struct bench *b, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (int kpi = KPI_K01; kpi <= KPI_K10_NET; kpi++)
        for (size_t i = 0; i < b->n_rows[TABLE_KPI_CELL]; i++) {
            const struct kpi_cell *c = b->rows[TABLE_KPI_CELL][i];

            if (c->kpi == kpi)
                n += (size_t)snprintf(
                    out + n, size - n, "%s %.*s %" PRId64 "/%" PRId64 "\n",
                    codes_word(&codes_kpi, kpi), STR_ARG(c->part), c->numerator,
                    c->denominator);
        }
    return out;
}

static void
assert_cells(const struct bench *b, const char *want)
{
    char text[1024];

    assert_string_equal(cells_text(b, text, sizeof text), want);
}

/* ---- what staff did ------------------------------------------------------ */

static void
an_allocation_counts_by_offer_risk_and_linked_kpi(void **state)
{
    struct bench *b = open_bench();
    struct activity_recorded rec = activity("A-1", ACTIVITY_ALLOCATED);

    (void)state;
    rec.core_offer = STR("parenting");
    rec.linked_kpi = STR("attendance");
    rec.risk_of_csc = CSC_RISK_HIGH;
    say_activity(b, &rec);
    assert_cells(b, "K05 parenting 1/0\nK07 high 1/0\nK08 attendance 1/0\n");
    bench_close(b);
}

static void
an_allocation_that_says_nothing_counts_nowhere(void **state)
{
    struct bench *b = open_bench();
    struct activity_recorded rec = activity("A-1", ACTIVITY_ALLOCATED);

    (void)state;
    say_activity(b, &rec);
    assert_cells(b, "");
    assert_int_equal(b->n_rows[TABLE_ACTIVITY], 1);
    bench_close(b);
}

static void
an_amendment_takes_its_forerunner_back(void **state)
{
    struct bench *b = open_bench();
    struct activity_recorded rec = activity("A-1", ACTIVITY_ASSESSMENT_STARTED);

    (void)state;
    rec.organisation = STR("school");
    say_activity(b, &rec);
    rec.amendment = 2;
    rec.organisation = STR("health");
    say_activity(b, &rec);
    rec.amendment = 1; /* late: history */
    rec.organisation = STR("council");
    say_activity(b, &rec);
    assert_cells(b, "K31 health 1/0\n");
    bench_close(b);
}

static void
say_correction(struct bench *b, const char *ref)
{
    struct activity_recorded rec = activity("C-1", ACTIVITY_CORRECTED);

    rec.corrects_agency_id = STR("early-help");
    rec.corrects_agency_ref = str_of(ref);
    say_activity(b, &rec);
}

static void
a_correction_undoes_it_in_either_order(void **state)
{
    struct activity_recorded rec = activity("A-1", ACTIVITY_PROGRAMME_CHANGED);

    (void)state;
    rec.programme = STR("families");
    rec.programme_stage = PROGRAMME_ENGAGED;
    for (int first = 0; first < 2; first++) {
        struct bench *b = open_bench();

        if (first == 0)
            say_correction(b, "A-1");
        say_activity(b, &rec);
        if (first != 0) {
            assert_cells(b, "K18 families/engaged 1/0\n");
            say_correction(b, "A-1");
        }
        assert_cells(b, "");
        bench_close(b);
    }
}

static void
a_refusal_undoes_it_in_either_order(void **state)
{
    struct activity_recorded rec = activity("A-1", ACTIVITY_AUDIT_RECORDED);
    const struct str grades[] = { STR("1"), STR("3"), STR("2"), STR("2"),
                                  STR("2") };
    struct referrer_answered answer;

    (void)state;
    rec.grades = (struct texts){ .at = grades, .n = N(grades) };
    fields_clear(&fields_referrer_answered, &answer);
    answer.agency_id = rec.agency_id;
    answer.agency_ref = rec.agency_ref;
    answer.amendment = 0;
    answer.refusal = STR("R20");
    for (int first = 0; first < 2; first++) {
        struct bench *b = open_bench();

        if (first == 0)
            say(b, TOPIC_FEEDBACK, REC_REFERRER_ANSWERED, &answer,
                sizeof answer);
        say_activity(b, &rec);
        if (first != 0) {
            assert_int_equal(b->n_rows[TABLE_KPI_CELL], 5);
            say(b, TOPIC_FEEDBACK, REC_REFERRER_ANSWERED, &answer,
                sizeof answer);
        }
        assert_cells(b, "");
        bench_close(b);
    }
}

static void
what_triage_refused_is_not_kept(void **state)
{
    struct bench *b = open_bench();
    struct activity_recorded rec = activity("A-1", ACTIVITY_ALLOCATED);

    (void)state;
    rec.core_offer = STR("parenting");
    rec.refusal = STR("R22");
    say_activity(b, &rec);
    assert_cells(b, "");
    assert_int_equal(b->n_rows[TABLE_ACTIVITY], 0);
    bench_close(b);
}

static void
five_grades_count_each_for_its_judgement(void **state)
{
    struct bench *b = open_bench();
    struct activity_recorded rec = activity("A-1", ACTIVITY_AUDIT_RECORDED);
    const struct str grades[] = { STR("1"), STR("3"), STR("2"), STR("2"),
                                  STR("4") };

    (void)state;
    rec.grades = (struct texts){ .at = grades, .n = N(grades) };
    say_activity(b, &rec);
    assert_cells(b, "K19 assessment/1 1/0\nK19 effectiveness/3 1/0\n"
                    "K19 monitoring/2 1/0\nK19 overall/4 1/0\n"
                    "K19 recording/2 1/0\n");
    bench_close(b);
}

static void
an_activity_before_the_calendar_waits_and_counts_then(void **state)
{
    struct bench *b = bench_open();
    struct activity_recorded rec = activity("A-1", ACTIVITY_ALLOCATED);

    (void)state;
    rec.core_offer = STR("parenting");
    say_activity(b, &rec);
    assert_cells(b, "");
    say_calendar(b);
    assert_cells(b, "K05 parenting 1/0\n");
    bench_close(b);
}

/* ---- limits -------------------------------------------------------------- */

static void
say_clock(struct bench *b, const char *clock, int change, enum tri late)
{
    struct clock_changed rec;

    fields_clear(&fields_clock_changed, &rec);
    rec.subject_kind = CLOCK_SUBJECT_CASE;
    rec.subject_id = id_derive("test", &(struct str){ .p = clock, .n = 2 }, 1);
    rec.clock = str_of(clock);
    rec.change = change;
    rec.started_at = JUNE_15 - DAY_MS;
    rec.due_at = JUNE_15;
    rec.stopped_at = change == CLOCK_STOPPED ? JUNE_15 : TIME_NONE;
    rec.late = late;
    say(b, TOPIC_CASE_JOURNAL, REC_CLOCK_CHANGED, &rec, sizeof rec);
}

static void
only_limits_that_stopped_count_and_once(void **state)
{
    struct bench *b = open_bench();

    (void)state;
    say_clock(b, "T1", CLOCK_STARTED, TRI_UNKNOWN);
    say_clock(b, "T2", CLOCK_VOID, TRI_UNKNOWN);
    say_clock(b, "T16", CLOCK_STOPPED, TRI_UNKNOWN); /* planning figure */
    say_clock(b, "T1", CLOCK_STOPPED, TRI_NO);
    say_clock(b, "T12", CLOCK_STOPPED, TRI_YES);
    say_clock(b, "T12", CLOCK_STOPPED, TRI_YES); /* said again */
    assert_cells(b, "K37 T1 1/1\nK37 T12 0/1\n");
    assert_int_equal(b->n_rows[TABLE_CLOCK], 3);
    bench_close(b);
}

/* ---- missing episodes ---------------------------------------------------- */

struct episode_row {
    const char *name;
    int state;
    int rhi;
    int64_t held_ms; /* after the limit */
    const char *want;
};

static const struct episode_row episode_rows[] = {
    { "a child still missing is in no figure", EPISODE_MISSING, 0, 0, "" },
    { "a child found is in the denominator", EPISODE_FOUND, RHI_DUE, 0,
      "K38  0/1\n" },
    { "an interview at 72 hours to the millisecond is in time", EPISODE_DONE,
      RHI_HELD, 0, "K38  1/1\n" },
    { "a millisecond later it is late", EPISODE_DONE, RHI_HELD, 1,
      "K38  0/1\n" },
    { "an interview that was declined was not held", EPISODE_DONE, RHI_DECLINED,
      0, "K38  0/1\n" },
    { "what was cancelled counts nowhere", EPISODE_CANCELLED, RHI_VOID, 0, "" },
};

static void
test_episode(void **state)
{
    const struct episode_row *row = *state;
    struct bench *b = open_bench();
    struct missing_episode_changed rec;

    fields_clear(&fields_missing_episode_changed, &rec);
    rec.episode_id = id_derive("test", &(struct str){ .p = "e", .n = 1 }, 1);
    rec.state = EPISODE_FOUND;
    rec.found_at = JUNE_15;
    rec.rhi_state = RHI_DUE;
    rec.rhi_due_at = JUNE_15 + 3 * DAY_MS;
    say(b, TOPIC_CASE_JOURNAL, REC_MISSING_EPISODE_CHANGED, &rec, sizeof rec);
    rec.state = row->state;
    if (row->state == EPISODE_MISSING)
        rec.found_at = TIME_NONE;
    rec.rhi_state = row->rhi;
    rec.rhi_at = rec.rhi_due_at + row->held_ms;
    say(b, TOPIC_CASE_JOURNAL, REC_MISSING_EPISODE_CHANGED, &rec, sizeof rec);
    assert_cells(b, row->want);
    bench_close(b);
}

/* ---- children that are one ----------------------------------------------- */

static void
a_merge_is_kept_until_it_is_undone(void **state)
{
    struct bench *b = open_bench();
    struct child_merged merged;
    struct child_unmerged parted;

    (void)state;
    fields_clear(&fields_child_merged, &merged);
    merged.survivor_id =
        id_derive("test", &(struct str){ .p = "a", .n = 1 }, 1);
    merged.merged_id = id_derive("test", &(struct str){ .p = "b", .n = 1 }, 1);
    merged.meta.recorded_at = JUNE_15;
    fields_clear(&fields_child_unmerged, &parted);
    parted.survivor_id = merged.survivor_id;
    parted.merged_id = merged.merged_id;
    say(b, TOPIC_CASEWORK, REC_CHILD_MERGED, &merged, sizeof merged);
    assert_int_equal(b->n_rows[TABLE_CHILD_JOIN], 1);
    say(b, TOPIC_CASEWORK, REC_CHILD_UNMERGED, &parted, sizeof parted);
    assert_int_equal(b->n_rows[TABLE_CHILD_JOIN], 0);
    bench_close(b);
}

static const struct CMUnitTest others[] = {
    cmocka_unit_test(an_allocation_counts_by_offer_risk_and_linked_kpi),
    cmocka_unit_test(an_allocation_that_says_nothing_counts_nowhere),
    cmocka_unit_test(an_amendment_takes_its_forerunner_back),
    cmocka_unit_test(a_correction_undoes_it_in_either_order),
    cmocka_unit_test(a_refusal_undoes_it_in_either_order),
    cmocka_unit_test(what_triage_refused_is_not_kept),
    cmocka_unit_test(five_grades_count_each_for_its_judgement),
    cmocka_unit_test(an_activity_before_the_calendar_waits_and_counts_then),
    cmocka_unit_test(only_limits_that_stopped_count_and_once),
    cmocka_unit_test(a_merge_is_kept_until_it_is_undone),
};

int
main(void)
{
    struct CMUnitTest tests[N(others) + N(episode_rows)];
    size_t n = 0;

    for (size_t i = 0; i < N(episode_rows); i++)
        tests[n++] = (struct CMUnitTest){
            .name = episode_rows[i].name,
            .test_func = test_episode,
            .initial_state = (void *)&episode_rows[i],
        };
    for (size_t i = 0; i < N(others); i++)
        tests[n++] = others[i];
    return cmocka_run_group_tests_name("contribution_work", tests, NULL, NULL);
}
