/* Notifier decides who is to hear what, and from when on. */
#include "common/core/records.h"
#include "notifier/core/ladder.h"
#include "notifier/core/notifier.h"
#include "notifier/core/tables.h"
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

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

struct world {
    struct mem *m;
    struct one_profile given;
    char text[8192];
};

static int
open_world(void **s)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->m = mem_open(&(struct mem_options){ .def = &notifier_service,
                                           .settings = &w->given.settings,
                                           .authority = 1,
                                           .authority_name = "kent-2015" });
    one_profile_read(&w->given, mem_arena(w->m), "kent-2015");
    *s = w;
    return 0;
}

static int
close_world(void **s)
{
    struct world *w = *s;

    mem_close(w->m);
    free(w);
    return 0;
}

static time_ms
local(const struct world *w, const char *text)
{
    return one_profile_local(&w->given, text);
}

static struct id
some_id(const char *tag, const char *name)
{
    struct str part = str_of(name);

    return id_derive(tag, &part, 1);
}

/* A stage of the alert `name`. */
struct stage {
    const char *name;
    const char *rule;
    int subject_kind;
    int stage;
    int told;
    const char *at;
};

static void
raise(struct world *w, struct stage in)
{
    struct alert_raised rec;

    fields_clear(&fields_alert_raised, &rec);
    rec.meta.occurred_at = local(w, in.at);
    rec.meta.recorded_at = rec.meta.occurred_at;
    rec.alert_id = some_id("alert", in.name);
    rec.rule = str_of(in.rule);
    rec.subject_kind = in.subject_kind;
    rec.subject_id = some_id("subject", in.name);
    rec.due_at = rec.meta.occurred_at;
    rec.raise_number = 1;
    rec.stage = in.stage;
    rec.told = in.told;
    rec.unit = STR("swale-1");
    rec.worker = STR("worker-1");
    assert_int_equal(
        mem_send(w->m, TOPIC_ALERTS,
                 in.stage == 1 ? REC_ALERT_RAISED : REC_ALERT_ESCALATED, &rec,
                 NULL),
        ST_OK);
}

static void
acknowledge(struct world *w, const char *name, const char *at)
{
    struct alert_acknowledged rec;

    fields_clear(&fields_alert_acknowledged, &rec);
    rec.meta.occurred_at = rec.meta.recorded_at = local(w, at);
    rec.alert_id = some_id("alert", name);
    rec.rule = STR("D02");
    rec.by = STR("worker-1");
    assert_int_equal(
        mem_send(w->m, TOPIC_ALERTS, REC_ALERT_ACKNOWLEDGED, &rec, NULL),
        ST_OK);
}

/* What staff acknowledged, as intake and triage pass it on. */
static void
acknowledged_by(struct world *w, const char *name, const char *by,
                const char *at)
{
    struct activity_recorded rec;

    fields_clear(&fields_activity_recorded, &rec);
    rec.meta.occurred_at = rec.meta.recorded_at = local(w, at);
    rec.activity_id = some_id("seen", at);
    rec.agency_id = STR("early-help");
    rec.agency_ref = str_of(at);
    rec.amendment = 0;
    rec.activity = ACTIVITY_ALERT_ACKNOWLEDGED;
    rec.by = str_of(by);
    rec.unit = STR("");
    rec.alert_id = some_id("alert", name);
    assert_int_equal(
        mem_send(w->m, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, &rec, NULL),
        ST_OK);
}

static void
clear(struct world *w, const char *name, const char *at)
{
    struct alert_cleared rec;

    fields_clear(&fields_alert_cleared, &rec);
    rec.meta.occurred_at = rec.meta.recorded_at = local(w, at);
    rec.alert_id = some_id("alert", name);
    rec.rule = STR("D02");
    rec.reason = STR("ended");
    assert_int_equal(
        mem_send(w->m, TOPIC_ALERTS, REC_ALERT_CLEARED, &rec, NULL), ST_OK);
}

/* "alert D02/1 worker wanted 2015-06-29T09:00:00+01:00", a line each. */
static const char *
deliveries(struct world *w)
{
    const struct delivery_row *d;
    size_t at = 0, n = 0;
    char when[TIME_TEXT_SIZE];

    w->text[0] = '\0';
    while ((d = mem_next(w->m, TABLE_DELIVERY, &at)) != NULL)
        n += (size_t)snprintf(
            w->text + n, sizeof w->text - n, "%s %.*s/%d %s %s%s %s\n",
            codes_word(&codes_purpose, d->purpose), STR_ARG(d->rule),
            d->stage == I32_NONE ? 0 : (int)d->stage,
            d->told == 0 ? d->purpose == PURPOSE_ANSWER ? d->agency_id.p
                                                        : d->school_urn.p
                         : codes_word(&codes_alert_role, d->told),
            d->urgent ? "urgent " : "",
            codes_word(&codes_delivery_state, d->state),
            time_text_local(&w->given.calendar.zone, d->send_at, when));
    return w->text;
}

/* ---- stories --------------------------------------------------------------
 */

static void
each_stage_is_told_to_its_own_role(void **s)
{
    struct world *w = *s;

    raise(w, (struct stage){ "a", "D02", CLOCK_SUBJECT_CASE, 1, ROLE_WORKER,
                             "2015-06-26T10:00:00" });
    raise(w, (struct stage){ "a", "D02", CLOCK_SUBJECT_CASE, 2,
                             ROLE_UNIT_LEADER, "2015-07-03T10:00:00" });
    raise(w, (struct stage){ "a", "D02", CLOCK_SUBJECT_CASE, 3,
                             ROLE_DISTRICT_MANAGER, "2015-07-07T23:59:59" });
    assert_string_equal(
        deliveries(w),
        "alert D02/1 worker wanted 2015-06-29T09:00:00+01:00\n"
        "alert D02/2 unit_leader wanted 2015-07-03T10:00:00+01:00\n"
        "alert D02/3 district_manager wanted 2015-07-08T09:00:00+01:00\n");
}

static void
the_same_stage_twice_is_one_delivery(void **s)
{
    struct world *w = *s;
    struct stage once = { "a",
                          "D02",
                          CLOCK_SUBJECT_CASE,
                          1,
                          ROLE_UNIT_LEADER,
                          "2015-06-26T10:00:00" };

    raise(w, once);
    raise(w, once);
    assert_int_equal(mem_count(w->m, TABLE_DELIVERY), 1);
}

static void
a_missing_child_is_told_at_night(void **s)
{
    struct world *w = *s;

    raise(w, (struct stage){ "a", "D10", CLOCK_SUBJECT_EPISODE, 1, ROLE_WORKER,
                             "2015-06-28T03:00:00" });
    raise(w, (struct stage){ "b", "D11", CLOCK_SUBJECT_EPISODE, 1, ROLE_DUTY,
                             "2015-06-28T03:00:01" });
    assert_string_equal(
        deliveries(w),
        "alert D10/1 worker urgent wanted 2015-06-28T03:00:00+01:00\n"
        "alert D11/1 duty urgent wanted 2015-06-28T03:00:01+01:00\n");
}

static void
who_acknowledges_ends_what_is_wanted_until_the_next_stage(void **s)
{
    struct world *w = *s;

    raise(w, (struct stage){ "a", "D02", CLOCK_SUBJECT_CASE, 1,
                             ROLE_UNIT_LEADER, "2015-06-26T10:00:00" });
    raise(w, (struct stage){ "b", "D02", CLOCK_SUBJECT_CASE, 1,
                             ROLE_UNIT_LEADER, "2015-06-26T10:00:00" });
    acknowledge(w, "a", "2015-06-26T10:05:00");
    assert_string_equal(
        deliveries(w),
        "alert D02/1 unit_leader seen 2015-06-26T10:00:00+01:00\n"
        "alert D02/1 unit_leader wanted 2015-06-26T10:00:00+01:00\n");
    raise(w, (struct stage){ "a", "D02", CLOCK_SUBJECT_CASE, 2,
                             ROLE_DISTRICT_MANAGER, "2015-06-30T10:00:00" });
    clear(w, "a", "2015-06-30T11:00:00");
    assert_string_equal(
        deliveries(w),
        "alert D02/1 unit_leader seen 2015-06-26T10:00:00+01:00\n"
        "alert D02/1 unit_leader wanted 2015-06-26T10:00:00+01:00\n"
        "alert D02/2 district_manager over 2015-06-30T10:00:00+01:00\n");
}

static void
a_cleared_alert_is_told_to_nobody(void **s)
{
    struct world *w = *s;

    clear(w, "a", "2015-06-26T09:00:00");
    raise(w, (struct stage){ "a", "D02", CLOCK_SUBJECT_CASE, 1, ROLE_WORKER,
                             "2015-06-26T10:00:00" });
    assert_string_equal(deliveries(w), "");
}

static void
agencies_and_schools_are_told_at_once(void **s)
{
    struct world *w = *s;
    struct referrer_answered answer;
    struct school_relay relay;

    fields_clear(&fields_referrer_answered, &answer);
    answer.meta.id = some_id("record", "a");
    answer.meta.occurred_at = local(w, "2015-06-27T22:00:00");
    answer.agency_id = STR("kent-police");
    answer.agency_ref = STR("R-1");
    answer.amendment = 0;
    answer.notification_id = some_id("notification", "a");
    answer.answer = 1;
    assert_int_equal(
        mem_send(w->m, TOPIC_FEEDBACK, REC_REFERRER_ANSWERED, &answer, NULL),
        ST_OK);
    fields_clear(&fields_school_relay, &relay);
    relay.meta.occurred_at = local(w, "2015-06-27T23:00:00");
    relay.notification_id = some_id("notification", "b");
    relay.school_urn = STR("900001");
    assert_int_equal(
        mem_send(w->m, TOPIC_FEEDBACK, REC_SCHOOL_RELAY, &relay, NULL), ST_OK);
    assert_non_null(strstr(deliveries(w),
                           "/0 kent-police wanted 2015-06-27T22:00:00+01:00\n"
                           "relay A01/0 900001 urgent wanted "
                           "2015-06-27T23:00:00+01:00\n"));
}

/* ---- missing children ------------------------------------------------------
 */

static void
accept_kind(struct world *w, const char *ref, int kind, const char *at)
{
    struct notification_accepted rec;

    fields_clear(&fields_notification_accepted, &rec);
    rec.meta.recorded_at = rec.meta.occurred_at = local(w, at);
    rec.notification_id = some_id("notification", ref);
    rec.kind = kind;
    assert_int_equal(
        mem_send(w->m, TOPIC_RECEIPTS, REC_NOTIFICATION_ACCEPTED, &rec, NULL),
        ST_OK);
}

static void
decide_kind(struct world *w, const char *ref, int kind, const char *at)
{
    struct referral_decided rec;

    fields_clear(&fields_referral_decided, &rec);
    rec.meta.recorded_at = rec.meta.occurred_at = local(w, at);
    rec.notification_id = some_id("notification", ref);
    rec.kind = kind;
    assert_int_equal(
        mem_send(w->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &rec, NULL),
        ST_OK);
}

static const struct missing_row *
missing(struct world *w, const char *ref)
{
    struct missing_row like;

    fields_clear(&notifier_tables[TABLE_MISSING].fields, &like);
    like.notification_id = some_id("notification", ref);
    return mem_row(w->m, TABLE_MISSING, &like);
}

static void
a_missing_child_is_due_after_a_minute_and_its_manager_after_five(void **s)
{
    struct world *w = *s;
    const struct missing_row *m;

    accept_kind(w, "a", KIND_POLICE_MISSING_REPORTED, "2015-06-26T07:12:05");
    m = missing(w, "a");
    assert_non_null(m);
    assert_int_equal(m->due_at, local(w, "2015-06-26T07:13:05"));
    assert_int_equal(m->manager_at, local(w, "2015-06-26T07:17:05"));
    assert_int_equal(m->decided_at, TIME_NONE);
}

static void
a_decision_ends_the_wait_whichever_is_read_first(void **s)
{
    struct world *w = *s;

    accept_kind(w, "a", KIND_POLICE_MISSING_REPORTED, "2015-06-26T07:12:05");
    decide_kind(w, "a", KIND_POLICE_MISSING_REPORTED, "2015-06-26T07:12:06");
    decide_kind(w, "b", KIND_POLICE_MISSING_REPORTED, "2015-06-26T07:12:06");
    accept_kind(w, "b", KIND_POLICE_MISSING_REPORTED, "2015-06-26T07:12:05");
    for (int i = 0; i < 2; i++) {
        const struct missing_row *m = missing(w, i == 0 ? "a" : "b");

        assert_int_equal(m->decided_at, local(w, "2015-06-26T07:12:06"));
        assert_int_equal(m->due_at, local(w, "2015-06-26T07:13:05"));
    }
    decide_kind(w, "a", KIND_POLICE_MISSING_REPORTED, "2015-06-26T09:00:00");
    assert_int_equal(missing(w, "a")->decided_at,
                     local(w, "2015-06-26T07:12:06"));
}

static void
only_a_child_that_is_away_is_waited_for(void **s)
{
    struct world *w = *s;

    accept_kind(w, "a", KIND_POLICE_MISSING_RISK_CHANGED,
                "2015-06-26T07:12:05");
    accept_kind(w, "b", KIND_POLICE_MISSING_FOUND, "2015-06-26T07:12:05");
    accept_kind(w, "c", KIND_POLICE_MISSING_CANCELLED, "2015-06-26T07:12:05");
    accept_kind(w, "d", KIND_SCHOOL_REFERRAL, "2015-06-26T07:12:05");
    decide_kind(w, "e", KIND_SCHOOL_REFERRAL, "2015-06-26T07:12:05");
    assert_int_equal(mem_count(w->m, TABLE_MISSING), 1);
    assert_non_null(missing(w, "a"));
}

/* ---- quiet hours
 * ------------------------------------------------------------- */

struct hour {
    const char *name;
    int role;
    bool urgent;
    const char *at;
    const char *want;
};

static const struct hour hours[] = {
    { "a leader hears at the opening", ROLE_UNIT_LEADER, false,
      "2015-06-26T09:00:00", "2015-06-26T09:00:00" },
    { "a leader does not hear a millisecond before it", ROLE_UNIT_LEADER, false,
      "2015-06-26T08:59:59.999", "2015-06-26T09:00:00" },
    { "a leader hears up to the close", ROLE_UNIT_LEADER, false,
      "2015-06-26T16:59:59.999", "2015-06-26T16:59:59.999" },
    { "at the close it waits over the weekend", ROLE_UNIT_LEADER, false,
      "2015-06-26T17:00:00", "2015-06-29T09:00:00" },
    { "a bank holiday is quiet", ROLE_DISTRICT_MANAGER, false,
      "2015-08-31T11:00:00", "2015-09-01T09:00:00" },
    { "a worker has the next digest, not at once", ROLE_WORKER, false,
      "2015-06-25T11:00:00", "2015-06-26T09:00:00" },
    { "before the opening the digest is today's", ROLE_WORKER, false,
      "2015-06-25T08:59:59.999", "2015-06-25T09:00:00" },
    { "at the opening it is tomorrow's", ROLE_WORKER, false,
      "2015-06-25T09:00:00", "2015-06-26T09:00:00" },
    { "what is urgent never waits", ROLE_WORKER, true, "2015-12-25T03:00:00",
      "2015-12-25T03:00:00" },
    { "the opening follows the clocks", ROLE_UNIT_LEADER, false,
      "2015-03-28T12:00:00", "2015-03-30T09:00:00" },
    { "past the calendar nothing waits", ROLE_UNIT_LEADER, false,
      "2199-01-01T03:00:00Z", "2199-01-01T03:00:00Z" },
};

static void
is_told_in_time(void **s)
{
    const struct hour *h = *s;
    void *state = NULL;
    struct world *w;
    char got[TIME_TEXT_SIZE], want[TIME_TEXT_SIZE];

    open_world(&state);
    w = state;
    time_text(ladder_send_at(&w->given.profile, &w->given.calendar, h->role,
                             h->urgent, local(w, h->at)),
              got);
    time_text(local(w, h->want), want);
    assert_string_equal(got, want);
    close_world(&state);
}

static void
every_rung_leads_to_the_head_of_service(void **s)
{
    (void)s;
    for (int role = ROLE_WORKER; role <= ROLE_CAF_OFFICER; role++) {
        int at = role;

        for (int i = 0; i < 4 && at != ROLE_HEAD_OF_SERVICE; i++)
            at = ladder_next(at);
        assert_int_equal(at, ROLE_HEAD_OF_SERVICE);
    }
    assert_int_equal(ladder_next(ROLE_WORKER), ROLE_UNIT_LEADER);
    assert_int_equal(ladder_next(ROLE_DUTY), ROLE_MASH_MANAGER);
    assert_int_equal(ladder_next(ROLE_HEAD_OF_SERVICE), ROLE_DUTY);
}

static void
urgent_is_what_is_about_a_missing_child(void **s)
{
    (void)s;
    assert_true(ladder_is_urgent(STR("D16"), 0));
    assert_true(ladder_is_urgent(STR("T10"), CLOCK_SUBJECT_CASE));
    assert_true(ladder_is_urgent(STR("L7"), CLOCK_SUBJECT_EPISODE));
    assert_false(ladder_is_urgent(STR("D1"), CLOCK_SUBJECT_CASE));
    assert_false(ladder_is_urgent(STR("D02"), CLOCK_SUBJECT_CHILD));
    assert_false(ladder_is_urgent(STR_NULL, CLOCK_SUBJECT_NOTIFICATION));
}

static void
an_incident_is_seen_by_who_acknowledged_it_first(void **s)
{
    struct world *w = *s;
    const struct incident_seen_row *seen;
    size_t at = 0;

    raise(w, (struct stage){ "A", "D02", CLOCK_SUBJECT_CASE, 1, ROLE_WORKER,
                             "2015-06-26T10:00:00" });
    acknowledged_by(w, "A", "worker-1", "2015-06-26T11:00:00");
    assert_null(mem_next(w->m, TABLE_INCIDENT_SEEN, &at));
    acknowledged_by(w, "still", "duty-1", "2015-06-26T11:05:00");
    acknowledged_by(w, "still", "duty-2", "2015-06-26T11:06:00");
    at = 0;
    seen = mem_next(w->m, TABLE_INCIDENT_SEEN, &at);
    assert_non_null(seen);
    assert_true(id_eq(seen->incident_id, some_id("alert", "still")));
    assert_true(str_is(seen->seen_by, "duty-1"));
    assert_int_equal(seen->seen_at, local(w, "2015-06-26T11:05:00"));
    assert_null(mem_next(w->m, TABLE_INCIDENT_SEEN, &at));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int
main(void)
{
    struct CMUnitTest tests[16 + N_OF(hours)] = {
        STORY(each_stage_is_told_to_its_own_role),
        STORY(the_same_stage_twice_is_one_delivery),
        STORY(a_missing_child_is_told_at_night),
        STORY(who_acknowledges_ends_what_is_wanted_until_the_next_stage),
        STORY(a_cleared_alert_is_told_to_nobody),
        STORY(agencies_and_schools_are_told_at_once),
        STORY(a_missing_child_is_due_after_a_minute_and_its_manager_after_five),
        STORY(a_decision_ends_the_wait_whichever_is_read_first),
        STORY(only_a_child_that_is_away_is_waited_for),
        STORY(an_incident_is_seen_by_who_acknowledged_it_first),
        cmocka_unit_test(every_rung_leads_to_the_head_of_service),
        cmocka_unit_test(urgent_is_what_is_about_a_missing_child),
    };
    size_t n = 11;

    for (size_t i = 0; i < N_OF(hours); i++)
        tests[n++] = (struct CMUnitTest){ .name = hours[i].name,
                                          .test_func = is_told_in_time,
                                          .initial_state = (void *)&hours[i] };
    return _cmocka_run_group_tests("notifier", tests, n, NULL, NULL);
}
