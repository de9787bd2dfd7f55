/*
 * What a fact has of a record, it has under the record's own name: whatever
 * the record says, the fact says after it. So a new field that somebody
 * forgets to copy is found here, and nobody writes the list a second time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/core/records.h"
#include "metrics/core/facts_work.h"
#include "metrics/core/metrics.h"
#include "metrics/core/tables.h"
#include "tests/lib/any_record.h"
#include "tests/lib/heap.h"
#include "tests/lib/memory.h"
#include "tests/lib/same_fields.h"

enum { SEEDS = 40 };

static const time_ms heard_at = 1435320000000;

union any_fact {
    struct notification_fact notification;
    struct case_fact one_case;
    struct handover_fact handover;
    struct indicator_fact indicator;
    struct activity_fact activity;
    struct clock_fact clock;
    struct episode_fact episode;
    struct alert_fact alert;
};

static void
accept(union any_fact *f, const void *rec)
{
    facts_accept(&f->notification, rec);
}

static void
decide(union any_fact *f, const void *rec)
{
    facts_decide(&f->notification, rec, heard_at);
}

static void
fill_case(union any_fact *f, const void *rec)
{
    facts_fill_case(&f->one_case, NULL, rec, heard_at);
}

static void
fill_handover(union any_fact *f, const void *rec)
{
    facts_fill_handover(&f->handover, rec, heard_at);
}

static void
fill_indicator(union any_fact *f, const void *rec)
{
    assert_true(facts_fill_indicator(&f->indicator, rec));
}

static void
fill_activity(union any_fact *f, const void *rec)
{
    assert_true(facts_fill_activity(&f->activity, rec, heard_at));
}

static void
fill_clock(union any_fact *f, const void *rec)
{
    facts_fill_clock(&f->clock, rec, heard_at);
}

static void
fill_episode(union any_fact *f, const void *rec)
{
    facts_fill_episode(&f->episode, rec, heard_at);
}

/* The alert's fact has no function of its own: through the service. */
static void
raise_alert(union any_fact *f, const void *rec)
{
    struct mem *m = mem_open(&(struct mem_options){
        .def = &metrics_service, .authority = 1, .authority_name = "test" });
    const struct alert_raised *raised = rec;
    struct alert_fact like;

    assert_int_equal(mem_send(m, TOPIC_ALERTS, REC_ALERT_RAISED, rec, NULL),
                     ST_OK);
    fields_clear(&metrics_tables[TABLE_ALERT].fields, &like);
    like.alert_id = raised->alert_id;
    f->alert = *(const struct alert_fact *)mem_row(m, TABLE_ALERT, &like);
    f->alert.rule = raised->rule; /* both texts lie in `m` */
    f->alert.unit = raised->unit;
    mem_close(m);
}

struct row {
    const char *name;
    enum record_type type;
    enum metrics_table table;
    void (*fill)(union any_fact *f, const void *rec);
    const char *otherwise; /* fields that say something else, in blanks */
};

static const struct row rows[] = {
    { "a notification's fact says what its receipt says",
      REC_NOTIFICATION_ACCEPTED, TABLE_ACCEPTED, accept, "" },
    { "a notification's fact says what was decided", REC_REFERRAL_DECIDED,
      TABLE_NOTIFICATION, decide, "" },
    /* opened_at and the close belong to the state that the case had before */
    { "a case's fact says what the case says", REC_CASE_CHANGED, TABLE_CASE,
      fill_case, " opened_at closed_at close_outcome " },
    { "a hand-over's fact says what the hand-over says", REC_HANDOVER_CHANGED,
      TABLE_HANDOVER, fill_handover, " answered_at " },
    { "an indicator's fact says what was observed", REC_INDICATOR_OBSERVED,
      TABLE_INDICATOR, fill_indicator, "" },
    { "an activity's fact says what was done", REC_ACTIVITY_RECORDED,
      TABLE_ACTIVITY, fill_activity, "" },
    /* a start that is unknown is the epoch: it is part of the key */
    { "a limit's fact says what the clock says", REC_CLOCK_CHANGED, TABLE_CLOCK,
      fill_clock, " started_at " },
    { "a missing episode's fact says what the episode says",
      REC_MISSING_EPISODE_CHANGED, TABLE_EPISODE, fill_episode, "" },
    { "an alert's fact says what was raised", REC_ALERT_RAISED, TABLE_ALERT,
      raise_alert, " stage " },
};

static void
test_row(void **state)
{
    const struct row *row = *state;
    const struct fields *fact = &metrics_tables[row->table].fields;
    const struct field *heard = fields_find(fact, "heard_at");

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct arena arena;
        union any_fact f;
        void *rec;

        heap_arena(&arena);
        rec = any_record_of(&arena, row->type, seed);
        fields_clear(fact, &f);
        row->fill(&f, rec);
        same_fields(fact, &f, record_def(row->type)->fields, rec,
                    row->otherwise);
        if (heard != NULL) {
            time_ms at;

            memcpy(&at, (const char *)&f + heard->offset, sizeof at);
            assert_int_equal(at, heard_at);
        }
        heap_release(&arena);
    }
}

int
main(void)
{
    enum { N = sizeof rows / sizeof rows[0] };
    struct CMUnitTest tests[N];

    for (size_t i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
