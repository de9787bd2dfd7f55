/*
 * What the tracker gives out says what its rows say, under their own names:
 * for rows with any content, and every record that is made of a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/any_record.h"
#include "tests/lib/heap.h"
#include "tests/lib/same_fields.h"
#include "tracker/core/say.h"

enum { SEEDS = 40, AT = 1000 };

union any_row {
    struct case_row c;
    struct handover_row handover;
    struct clock_row clock;
    struct episode_row episode;
    struct alert_row alert;
};

/* Whoever hears what is given out compares it with the row. */
struct heard {
    const struct row *row;
    const union any_row *from;
    size_t n;
};

struct row {
    const char *name;
    enum tracker_table table;
    enum topic topic;
    enum record_type type;
    enum status (*say)(const struct moment *m, const union any_row *from,
                       struct err *err);
    const char *otherwise; /* what the record has from elsewhere */
    int stage;             /* of an alert; 0: any */
};

static const struct case_said said = { .state_before = CASE_ALLOCATED };
static const struct case_row other_case = { .age_band = AGE_0_4 };

static enum status
of_case(const struct moment *m, const union any_row *from, struct err *err)
{
    return say_case(m, &from->c, &said, err);
}

static enum status
of_handover(const struct moment *m, const union any_row *from, struct err *err)
{
    return say_handover(m, &from->handover, &other_case, err);
}

static enum status
of_clock(const struct moment *m, const union any_row *from, struct err *err)
{
    return say_clock(m, &from->clock, CLOCK_STARTED, STR_NULL, err);
}

static enum status
of_episode(const struct moment *m, const union any_row *from, struct err *err)
{
    return say_episode(m, &from->episode, STR_NULL, err);
}

static enum status
of_alert(const struct moment *m, const union any_row *from, struct err *err)
{
    return say_alert(m, &from->alert, err);
}

static enum status
of_acknowledged(const struct moment *m, const union any_row *from,
                struct err *err)
{
    return say_acknowledged(m, &from->alert, err);
}

static enum status
of_cleared(const struct moment *m, const union any_row *from, struct err *err)
{
    return say_cleared(m, &from->alert, STR("ended"), err);
}

static const struct row rows[] = {
    { "CaseChanged says what the case says", TABLE_CASE, TOPIC_CASE_JOURNAL,
      REC_CASE_CHANGED, of_case, " state_before decision_id ", 0 },
    { "HandoverChanged says what the hand-over says", TABLE_HANDOVER,
      TOPIC_CASE_JOURNAL, REC_HANDOVER_CHANGED, of_handover, "", 0 },
    { "ClockChanged says what the clock says", TABLE_CLOCK, TOPIC_CASE_JOURNAL,
      REC_CLOCK_CHANGED, of_clock, " change ", 0 },
    { "MissingEpisodeChanged says what the episode says", TABLE_EPISODE,
      TOPIC_CASE_JOURNAL, REC_MISSING_EPISODE_CHANGED, of_episode, "", 0 },
    { "AlertRaised says what the alert says", TABLE_ALERT, TOPIC_ALERTS,
      REC_ALERT_RAISED, of_alert, "", 1 },
    { "AlertEscalated says what the alert says", TABLE_ALERT, TOPIC_ALERTS,
      REC_ALERT_ESCALATED, of_alert, "", 2 },
    { "AlertAcknowledged says what the alert says", TABLE_ALERT, TOPIC_ALERTS,
      REC_ALERT_ACKNOWLEDGED, of_acknowledged, "", 0 },
    { "AlertCleared says what the alert says", TABLE_ALERT, TOPIC_ALERTS,
      REC_ALERT_CLEARED, of_cleared, "", 0 },
};

static enum status
hear(void *self, enum topic topic, struct id key, enum record_type type,
     void *body, struct err *err)
{
    struct heard *h = self;
    const struct meta *meta = body;

    (void)err;
    assert_int_equal(topic, h->row->topic);
    assert_int_equal(type, h->row->type);
    assert_int_equal(meta->occurred_at, AT);
    assert_true(str_is(meta->profile_version, "v1"));
    same_fields(&tracker_tables[h->row->table].fields, h->from,
                record_def(type)->fields, body, h->row->otherwise);
    (void)key;
    h->n++;
    return ST_OK;
}

static void
test_row(void **state)
{
    const struct row *row = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct arena arena;
        union any_row from;
        struct heard heard = { .row = row, .from = &from };
        struct out out = { .add = hear, .self = &heard };
        struct step step = { .arena = &arena, .out = &out };
        struct moment m = { .step = &step,
                            .at = AT,
                            .profile_version = STR("v1") };
        struct err err;

        heap_arena(&arena);
        any_fields(&arena, &tracker_tables[row->table].fields, seed, &from);
        if (row->stage != 0)
            from.alert.stage = row->stage;
        assert_int_equal(row->say(&m, &from, &err), ST_OK);
        assert_int_equal(heard.n, 1);
        m.quiet = true;
        assert_int_equal(row->say(&m, &from, &err), ST_OK);
        assert_int_equal(heard.n, 1);
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
