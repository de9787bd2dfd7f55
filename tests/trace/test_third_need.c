/*
 * The third need of a single-agency case (rule RU03 of Rutland), through triage
 * and tracker: two messages and two acts of the worker bring a need each, and
 * in all 24 orders the case becomes a CAF once, with the one that is third. One
 * need twice counts once. Made-up child.
 */
#include "tests/lib/memory.h"
#include "tests/lib/one_profile.h"
#include "common/core/records.h"
#include "tracker/core/tables.h"
#include "tracker/core/tracker.h"
#include "triage/core/tables.h"
#include "triage/core/triage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/engine/memory.h"

#define T0 ((time_ms)1435298400000) /* 2015-06-26T06:00:00Z, a Friday */
#define EVENTS 4

struct story {
    struct arena *arena;
    struct one_profile given;
    struct mem *triage;
    struct mem *tracker;
    size_t decided;   /* outputs of triage that tracker has read */
    size_t journaled; /* outputs of tracker that triage has read */
    int64_t n;        /* records so far: makes their ids, and the time */
};

/* ---- two services and what flows between them ---- */

static struct mem *
open_service(const struct story *s, const struct service_def *def)
{
    return mem_open(&(struct mem_options){ .def = def,
                                           .settings = &s->given.settings,
                                           .authority = 2,
                                           .authority_name = "rutland-2014" });
}

static void
begin(struct story *s)
{
    *s = (struct story){ .arena = memory_open((size_t)256 << 20) };
    one_profile_read(&s->given, s->arena, "rutland-2014");
    s->triage = open_service(s, &triage_service);
    s->tracker = open_service(s, &tracker_service);
}

static void
end(struct story *s)
{
    mem_close(s->triage);
    mem_close(s->tracker);
    memory_close(s->arena);
}

static time_ms
now(const struct story *s)
{
    return T0 + s->n * HOUR_MS;
}

/* What the engine adds to every record. */
static void
complete(struct story *s, struct meta *meta)
{
    s->n++;
    meta->id = ID_NONE;
    memcpy(meta->id.b, &s->n, sizeof s->n);
    if (meta->recorded_at == TIME_NONE || meta->recorded_at == 0)
        meta->recorded_at = now(s);
    if (meta->occurred_at == TIME_NONE || meta->occurred_at == 0)
        meta->occurred_at = meta->recorded_at;
    meta->profile_version = s->given.profile.version_id;
}

static void
forward(struct story *s, struct mem *from, enum topic topic, size_t *done,
        struct mem *to)
{
    const struct mem_output *o;

    for (; (o = mem_output(from, *done)) != NULL; (*done)++) {
        void *body;

        if (o->topic != topic)
            continue;
        body = arena_copy(mem_arena(to), o->body,
                          record_def(o->type)->fields->size);
        complete(s, body);
        assert_int_equal(mem_send(to, topic, o->type, body, NULL), ST_OK);
    }
}

static void
settle(struct story *s)
{
    forward(s, s->triage, TOPIC_CASEWORK, &s->decided, s->tracker);
    forward(s, s->tracker, TOPIC_CASE_JOURNAL, &s->journaled, s->triage);
}

/* ---- what happens ---- */

static void
receive(struct story *s, const char *ref, uint32_t needs)
{
    struct notification_received n;
    struct person p;
    struct str parts[] = { STR("school"), str_of(ref) };

    fields_clear(&fields_notification_received, &n);
    complete(s, &n.meta);
    n.sent_at = now(s);
    n.kind = KIND_SCHOOL_REFERRAL;
    n.agency_id = parts[0];
    n.agency_ref = parts[1];
    n.amendment = 0;
    n.agency_type = AGENCY_SCHOOL;
    n.entry = ENTRY_EH;
    n.needs = needs;
    n.harm = HARM_NONE;
    n.single_agency_able = TRI_YES;
    n.notification_id = id_derive("notification", parts, 2);
    fields_clear(&fields_person, &p);
    p.forename = STR("Testchild");
    p.surname = STR("Golf");
    p.sex = SEX_F;
    p.disability = SET_BIT(DISABILITY_NONE);
    p.postcode = STR("LE15 6AA");
    assert_true(date_parse(STR("2006-06-06"), &p.dob));
    assert_int_equal(mem_send(s->triage, TOPIC_NOTIFICATIONS,
                              REC_NOTIFICATION_RECEIVED, &n, &p),
                     ST_OK);
    settle(s);
}

static void
screen(struct story *s, const char *ref)
{
    struct screening_recorded r;

    fields_clear(&fields_screening_recorded, &r);
    complete(s, &r.meta);
    r.agency_id = STR("early-help");
    r.agency_ref = STR("S-1");
    r.notification_agency_id = STR("school");
    r.notification_agency_ref = str_of(ref);
    r.csc_threshold = THRESHOLD_NOT_MET;
    r.by = STR("screener-1");
    assert_int_equal(mem_send(s->triage, TOPIC_NOTIFICATIONS,
                              REC_SCREENING_RECORDED, &r, NULL),
                     ST_OK);
    settle(s);
}

static const struct case_row *
the_case(const struct story *s)
{
    const struct case_row *c;
    size_t at = 0;

    c = mem_next(s->tracker, TABLE_CASE, &at);
    assert_non_null(c);
    assert_null(mem_next(s->tracker, TABLE_CASE, &at));
    return c;
}

static void
act(struct story *s, int activity, uint32_t need)
{
    struct activity_reported a;
    char number[ID_TEXT_SIZE];

    fields_clear(&fields_activity_reported, &a);
    complete(s, &a.meta);
    a.agency_id = STR("early-help");
    a.agency_ref = arena_str(s->arena, str_of(id_text(a.meta.id, number)));
    a.activity_id = a.meta.id;
    a.activity = activity;
    a.subject_case_id = the_case(s)->case_id;
    a.side = SIDE_EH;
    a.by = STR("leader-1");
    a.unit = the_case(s)->unit;
    a.need = need;
    if (activity == ACTIVITY_ALLOCATED)
        a.worker = STR("worker-1");
    assert_int_equal(mem_send(s->triage, TOPIC_NOTIFICATIONS,
                              REC_ACTIVITY_REPORTED, &a, NULL),
                     ST_OK);
    settle(s);
}

/* A single-agency case in a worker's hands, with one need. */
static void
begin_single_agency(struct story *s)
{
    begin(s);
    receive(s, "first", SET_BIT(NEED_C_ATTENDANCE));
    screen(s, "first");
    act(s, ACTIVITY_ALLOCATED, 0);
    assert_int_equal(the_case(s)->outcome, OUTCOME_SINGLE_AGENCY);
    assert_int_equal(the_case(s)->state, CASE_ALLOCATED);
}

static void
happen(struct story *s, int event)
{
    switch (event) {
    case 0:
        receive(s, "second", SET_BIT(NEED_F_HOUSING));
        return;
    case 1:
        receive(s, "third", SET_BIT(NEED_C_HEALTH));
        return;
    case 2:
        act(s, ACTIVITY_NEED_ADDED, SET_BIT(NEED_F_POVERTY));
        return;
    default:
        act(s, ACTIVITY_NEED_ADDED, SET_BIT(NEED_P_PARENTING));
        return;
    }
}

/* How often the journal says that the case turned from one to the other. */
static int
triggered(const struct story *s)
{
    const struct mem_output *o;
    int before = 0, n = 0;

    for (size_t i = 0; (o = mem_output(s->tracker, i)) != NULL; i++) {
        const struct case_changed *c = o->body;

        if (o->type != REC_CASE_CHANGED)
            continue;
        n += before == OUTCOME_SINGLE_AGENCY && c->outcome == OUTCOME_CAF_TAF;
        before = c->outcome;
    }
    return n;
}

/* ---- the stories ---- */

/* The k-th order of 0..EVENTS-1. */
static void
order_of(int k, int order[EVENTS])
{
    int left[EVENTS];

    for (int i = 0; i < EVENTS; i++)
        left[i] = i;
    for (int i = EVENTS; i > 0; i--) {
        int at = k % i;

        k /= i;
        order[EVENTS - i] = left[at];
        for (int j = at; j + 1 < i; j++)
            left[j] = left[j + 1];
    }
}

static void
in_every_order_the_third_need_triggers_once_and_with_it(void **state)
{
    (void)state;
    for (int k = 0; k < 24; k++) {
        struct story s;
        int order[EVENTS];

        order_of(k, order);
        begin_single_agency(&s);
        happen(&s, order[0]); /* the second need */
        assert_int_equal(triggered(&s), 0);
        happen(&s, order[1]); /* the third */
        assert_int_equal(triggered(&s), 1);
        assert_int_equal(the_case(&s)->outcome, OUTCOME_CAF_TAF);
        assert_true(the_case(&s)->third_need);
        happen(&s, order[2]);
        happen(&s, order[3]);
        assert_int_equal(triggered(&s), 1);
        assert_int_equal(the_case(&s)->outcome, OUTCOME_CAF_TAF);
        end(&s);
    }
}

static void
one_need_twice_counts_once(void **state)
{
    struct story s;

    (void)state;
    begin_single_agency(&s);
    act(&s, ACTIVITY_NEED_ADDED, SET_BIT(NEED_F_HOUSING));
    act(&s, ACTIVITY_NEED_ADDED, SET_BIT(NEED_F_HOUSING));
    receive(&s, "second", SET_BIT(NEED_F_HOUSING));
    assert_int_equal(triggered(&s), 0);
    assert_int_equal(the_case(&s)->outcome, OUTCOME_SINGLE_AGENCY);
    end(&s);
}

static void
a_need_that_was_met_counts_no_more(void **state)
{
    struct story s;

    (void)state;
    begin_single_agency(&s);
    act(&s, ACTIVITY_NEED_ADDED, SET_BIT(NEED_F_HOUSING));
    act(&s, ACTIVITY_NEED_MET, SET_BIT(NEED_F_HOUSING));
    act(&s, ACTIVITY_NEED_ADDED, SET_BIT(NEED_F_POVERTY));
    assert_int_equal(triggered(&s), 0);
    act(&s, ACTIVITY_NEED_ADDED, SET_BIT(NEED_P_PARENTING));
    assert_int_equal(triggered(&s), 1);
    end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            in_every_order_the_third_need_triggers_once_and_with_it),
        cmocka_unit_test(one_need_twice_counts_once),
        cmocka_unit_test(a_need_that_was_met_counts_no_more),
    };

    return cmocka_run_group_tests_name("third need", tests, NULL, NULL);
}
