/*
 * The third need of a single-agency case (rule RU03 of Rutland), through triage
 * and tracker: two messages and two acts of the worker bring a need each, and
 * in all 24 orders the case becomes a CAF once, with the one that is third. One
 * need twice counts once. So it is where a need was told of what was taken for
 * another child, and the two are merged. Made-up children.
 */
#include "tests/lib/memory.h"
#include "tests/lib/one_profile.h"
#include "common/core/records.h"
#include "tracker/core/tables.h"
#include "tracker/core/third_need.h"
#include "tracker/core/tracker.h"
#include "triage/core/ruling.h"
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
    struct id case_id; /* the single-agency case; none before it is begun */
    size_t decided;    /* outputs of triage that tracker has read */
    size_t journaled;  /* outputs of tracker that triage has read */
    int64_t n;         /* records so far: makes their ids, and the time */
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

/* With the time after it: rows that an earlier merge adds to those of the
 * message come late, as they may in a batch. */
static void
tell(struct story *s, enum record_type type, const void *body,
     const struct person *person)
{
    struct time_advanced time;
    struct event evs[2] = {
        { .type = type,
          .topic = TOPIC_NOTIFICATIONS,
          .body = body,
          .person = person },
        { .type = REC_TIME_ADVANCED,
          .topic = TOPIC_NOTIFICATIONS,
          .body = &time },
    };

    fields_clear(&fields_time_advanced, &time);
    complete(s, &time.meta);
    time.at = time.meta.recorded_at;
    assert_int_equal(mem_run(s->triage, evs, 2), ST_OK);
    settle(s);
}

static struct id
notification_id(const char *ref)
{
    struct str parts[] = { STR("school"), str_of(ref) };

    return id_derive("notification", parts, 2);
}

/* Whoever is told of under "doubtful" has the number of the first and nothing
 * else of it, so a person must say who it is. */
static struct person
person_of(const char *ref)
{
    bool doubtful = strcmp(ref, "doubtful") == 0;
    struct person p;

    fields_clear(&fields_person, &p);
    p.forename = doubtful ? STR("Otherchild") : STR("Testchild");
    p.surname = doubtful ? STR("Quebec") : STR("Golf");
    p.sex = doubtful ? SEX_M : SEX_F;
    p.disability = SET_BIT(DISABILITY_NONE);
    p.postcode = STR("LE15 6AA");
    p.nhs_number = STR("9990000123");
    assert_true(
        date_parse(doubtful ? STR("2009-12-24") : STR("2006-06-06"), &p.dob));
    return p;
}

static void
receive(struct story *s, const char *ref, uint32_t needs)
{
    struct notification_received n;
    struct person p = person_of(ref);

    fields_clear(&fields_notification_received, &n);
    complete(s, &n.meta);
    n.sent_at = now(s);
    n.kind = KIND_SCHOOL_REFERRAL;
    n.agency_id = STR("school");
    n.agency_ref = str_of(ref);
    n.amendment = 0;
    n.agency_type = AGENCY_SCHOOL;
    n.entry = ENTRY_EH;
    n.needs = needs;
    n.harm = HARM_NONE;
    n.single_agency_able = TRI_YES;
    n.notification_id = notification_id(ref);
    tell(s, REC_NOTIFICATION_RECEIVED, &n, &p);
}

/* Confirm what the rules propose, or (with an outcome) decide otherwise. */
static void
screen(struct story *s, const char *ref, int outcome)
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
    r.outcome = outcome;
    r.rationale_chars = outcome == 0 ? 0 : 40;
    r.second_by = outcome == 0 ? STR_NULL : STR("manager-1");
    tell(s, REC_SCREENING_RECORDED, &r, NULL);
}

/* The one that was begun as single-agency; before, the only one. */
static const struct case_row *
the_case(const struct story *s)
{
    const struct case_row *c;
    size_t at = 0;

    do {
        c = mem_next(s->tracker, TABLE_CASE, &at);
        assert_non_null(c);
    } while (!id_is_none(s->case_id) && !id_eq(c->case_id, s->case_id));
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
    tell(s, REC_ACTIVITY_REPORTED, &a, NULL);
}

/* A single-agency case in a worker's hands, with one need. */
static void
begin_single_agency(struct story *s)
{
    begin(s);
    receive(s, "first", SET_BIT(NEED_C_ATTENDANCE));
    screen(s, "first", 0);
    act(s, ACTIVITY_ALLOCATED, 0);
    assert_int_equal(the_case(s)->outcome, OUTCOME_SINGLE_AGENCY);
    assert_int_equal(the_case(s)->state, CASE_ALLOCATED);
    s->case_id = the_case(s)->case_id;
}

/* A person says whose the doubtful message is: the first's, or (apart) its
 * own child's. */
static void
resolve(struct story *s, bool apart)
{
    struct match_resolved r;

    fields_clear(&fields_match_resolved, &r);
    complete(s, &r.meta);
    r.notification_id = notification_id("doubtful");
    r.by = STR("screener-1");
    r.second_by = apart ? STR("manager-1") : STR_NULL;
    r.child_id = apart ? ID_NONE : the_case(s)->first_child_id;
    tell(s, REC_MATCH_RESOLVED, &r, NULL);
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

        if (o->type != REC_CASE_CHANGED || !id_eq(c->case_id, s->case_id))
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

/* The doubtful message comes first, then `order`: 0 the merge, 1 a message
 * and 2 an act of the worker that bring a need each. */
static void
play_with_a_merge(struct story *s, const int order[3])
{
    begin_single_agency(s);
    receive(s, "doubtful", SET_BIT(NEED_C_HEALTH));
    for (int i = 0; i < 3; i++) {
        if (order[i] == 0)
            resolve(s, false);
        else
            happen(s, order[i] == 1 ? 0 : 2);
        /* One need to begin with: each event brings one more. */
        assert_int_equal(triggered(s), i >= 1);
        assert_int_equal(the_case(s)->outcome,
                         i >= 1 ? OUTCOME_CAF_TAF : OUTCOME_SINGLE_AGENCY);
    }
    assert_int_equal(__builtin_popcount(the_case(s)->needs), 4);
}

static void
in_every_order_a_merge_that_brings_the_third_need_triggers(void **state)
{
    static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                      { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct story s;

        play_with_a_merge(&s, orders[i]);
        end(&s);
    }
}

static void
taken_apart_and_merged_again_it_stays_one_trigger(void **state)
{
    static const int order[3] = { 1, 0, 2 };
    struct story s;

    (void)state;
    play_with_a_merge(&s, order);
    resolve(&s, true);
    assert_int_equal(the_case(&s)->outcome, OUTCOME_CAF_TAF);
    resolve(&s, false);
    assert_int_equal(triggered(&s), 1);
    end(&s);
}

/* Three needs, and a person who found one agency enough for them. */
static void
begin_overridden(struct story *s)
{
    begin(s);
    receive(s, "first",
            SET_BIT(NEED_C_ATTENDANCE) | SET_BIT(NEED_C_HEALTH) |
                SET_BIT(NEED_F_HOUSING));
    screen(s, "first", OUTCOME_SINGLE_AGENCY);
    act(s, ACTIVITY_ALLOCATED, 0);
    s->case_id = the_case(s)->case_id;
    assert_int_equal(the_case(s)->outcome, OUTCOME_SINGLE_AGENCY);
}

static void
a_merge_that_brings_no_other_need_leaves_what_a_person_said(void **state)
{
    struct story s;

    (void)state;
    begin_overridden(&s);
    receive(&s, "doubtful", SET_BIT(NEED_C_HEALTH));
    resolve(&s, false);
    assert_int_equal(triggered(&s), 0);
    assert_int_equal(the_case(&s)->outcome, OUTCOME_SINGLE_AGENCY);
    end(&s);
    begin_overridden(&s);
    receive(&s, "doubtful", SET_BIT(NEED_F_POVERTY));
    resolve(&s, false);
    assert_int_equal(triggered(&s), 1);
    end(&s);
}

/* ---- what is kept of a trigger ---- */

/* The only one that tracker has made; NULL: none. */
static const struct third_need_row *
kept(const struct story *s)
{
    size_t at = 0;
    const struct third_need_row *row =
        mem_next(s->tracker, TABLE_THIRD_NEED, &at);

    if (row != NULL)
        assert_null(mem_next(s->tracker, TABLE_THIRD_NEED, &at));
    return row;
}

/* Rule, values and version are there, and give the same again. */
static void
check_kept(const struct story *s, const struct third_need_row *row)
{
    const struct profile *p = &s->given.profile;
    const struct rule *rule;
    struct facts facts;

    assert_non_null(row);
    assert_true(id_eq(row->case_id, s->case_id));
    assert_false(id_is_none(row->record_id));
    assert_true(str_is(row->rule_id, "RU03"));
    assert_int_equal(row->outcome, OUTCOME_CAF_TAF);
    assert_true(str_eq(row->profile_version, p->version_id));
    assert_int_equal(row->inputs.n, 3);
    assert_true(str_is(row->inputs.at[0], "eh_status=single_agency"));
    assert_true(str_is(row->inputs.at[1], "need_count=3"));
    assert_true(str_is(row->inputs.at[2], "csc_status=none"));
    assert_true(triage_facts_read(s->arena, row->inputs, &facts));
    rule = third_need_rule(p, &facts);
    assert_non_null(rule);
    assert_true(str_eq(rule->id, row->rule_id));
    assert_int_equal(rule->outcome, row->outcome);
}

static void
of_a_merge_that_triggers_rule_values_and_version_are_kept(void **state)
{
    static const int order[3] = { 1, 0, 2 };
    const struct third_need_row *row;
    struct story s;

    (void)state;
    play_with_a_merge(&s, order);
    row = kept(&s);
    check_kept(&s, row);
    assert_true(id_is_none(row->activity_id));
    assert_false(id_is_none(row->merged_id));
    assert_true(str_is(row->by, "screener-1"));
    resolve(&s, true);
    resolve(&s, false);
    check_kept(&s, kept(&s));
    end(&s);
}

static void
of_a_worker_who_triggers_rule_values_and_version_are_kept(void **state)
{
    const struct third_need_row *row;
    struct story s;

    (void)state;
    begin_single_agency(&s);
    happen(&s, 2);
    assert_null(kept(&s));
    happen(&s, 3);
    row = kept(&s);
    check_kept(&s, row);
    assert_false(id_is_none(row->activity_id));
    assert_true(id_is_none(row->merged_id));
    assert_true(str_is(row->by, "leader-1"));
    end(&s);
}

static void
of_a_message_that_triggers_the_decision_tells_it_alone(void **state)
{
    struct story s;

    (void)state;
    begin_single_agency(&s);
    happen(&s, 0);
    happen(&s, 1);
    assert_int_equal(triggered(&s), 1);
    assert_null(kept(&s));
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
        cmocka_unit_test(
            in_every_order_a_merge_that_brings_the_third_need_triggers),
        cmocka_unit_test(taken_apart_and_merged_again_it_stays_one_trigger),
        cmocka_unit_test(
            a_merge_that_brings_no_other_need_leaves_what_a_person_said),
        cmocka_unit_test(
            of_a_merge_that_triggers_rule_values_and_version_are_kept),
        cmocka_unit_test(
            of_a_worker_who_triggers_rule_values_and_version_are_kept),
        cmocka_unit_test(
            of_a_message_that_triggers_the_decision_tells_it_alone),
    };

    return cmocka_run_group_tests_name("third need", tests, NULL, NULL);
}
