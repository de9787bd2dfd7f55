#include "tracker/core/life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define N_STATES 12 /* no case, and the eleven states */

/* One letter a state, in the order of enum case_state, no case first. */
static const char letters[N_STATES + 1] = "-SIUAEPRHCMT";

static struct life_facts
good_facts(void)
{
    return (struct life_facts){
        .side = SIDE_EH,
        .outcome = OUTCOME_CAF_TAF,
        .was_outcome = OUTCOME_SINGLE_AGENCY,
        .open_elsewhere = true,
        .older_open = true,
        .has_worker = true,
        .worker_named = true,
        .unit_named = true,
        .consent = true,
        .by_named = true,
        .second_named = true,
        .reason = true,
        .long_reason = true,
        .outcome_named = true,
        .closed_days = 14,
    };
}

/*
 * Where each event leads from each state when every guard holds; '.' is R20.
 * What waits for an answer, and what is closed, was in review before.
 */
struct event_row {
    const char *name;
    enum life_event event;
    const char *next; /* a letter for each letter of `letters` */
    int side;
    bool by_other_side;
};

#define ROW(what, ev, next_, side_, other)                                     \
    {                                                                          \
        .name = (what), .event = (ev), .next = (next_), .side = (side_),       \
        .by_other_side = (other)                                               \
    }

static const struct event_row event_rows[] = {
    /*                                            -SIUAEPRHCMT */
    ROW("a provisional decision opens a screening and stays in it",
        LIFE_PROVISIONAL, "SS..........", SIDE_EH, false),
    ROW("a low final decision closes", LIFE_FINAL_LOW, "CC..........", SIDE_EH,
        false),
    ROW("a final decision for help opens, or gives an open case more",
        LIFE_FINAL_HELP, "UU.AAAAA....", SIDE_EH, false),
    ROW("an intent waits for its CAF", LIFE_FINAL_INTENT, "II..........",
        SIDE_EH, false),
    ROW("social care's referrals are unallocated first", LIFE_FINAL_CSC,
        "UU..........", SIDE_CSC, false),
    ROW("an existing case takes the facts", LIFE_FINAL_EXISTING, "-M..........",
        SIDE_EH, false),
    ROW("a CAF makes an intent a case", LIFE_CAF_RECEIVED, "..U.........",
        SIDE_EH, false),
    ROW("a declined intent closes", LIFE_INTENT_DECLINED, "..C.........",
        SIDE_EH, false),
    ROW("only what is unallocated is allocated", LIFE_ALLOCATED, "...A........",
        SIDE_EH, false),
    ROW("a worker hands on to another at any stage", LIFE_REALLOCATED,
        "....AEPRH...", SIDE_EH, false),
    ROW("assessments start when allocated or in review",
        LIFE_ASSESSMENT_STARTED, "....E..EH...", SIDE_EH, false),
    ROW("a completed assessment leads to the plan", LIFE_ASSESSMENT_COMPLETED,
        ".....P......", SIDE_EH, false),
    ROW("an agreed plan leads to reviews", LIFE_PLAN_AGREED, "....R.R.....",
        SIDE_EH, false),
    ROW("reviews follow reviews", LIFE_REVIEW_HELD, ".......RH...", SIDE_EH,
        false),
    ROW("a case is offered once help has begun", LIFE_OFFERED, "...HHHHH....",
        SIDE_EH, false),
    ROW("the other side accepts what was offered", LIFE_ACCEPTED,
        "........C...", SIDE_EH, true),
    ROW("a declined offer goes back", LIFE_DECLINED, "........R...", SIDE_EH,
        true),
    ROW("a withdrawn offer goes back", LIFE_WITHDRAWN, "........R...", SIDE_EH,
        false),
    ROW("an expired offer goes back", LIFE_EXPIRED, "........R...", SIDE_EH,
        false),
    ROW("contact is noted on any open case", LIFE_CONTACT, ".SIUAEPRH...",
        SIDE_EH, false),
    ROW("seeing the child is noted on any open case", LIFE_SEEN, ".SIUAEPRH...",
        SIDE_EH, false),
    ROW("notes are taken on any open case", LIFE_NOTE, ".SIUAEPRH...", SIDE_EH,
        false),
    ROW("the tracker reviews any open case", LIFE_TRACKER_REVIEWED,
        ".SIUAEPRH...", SIDE_EH, false),
    ROW("the panel considers any open case", LIFE_PANEL_CONSIDERED,
        ".SIUAEPRH...", SIDE_EH, false),
    ROW("the other side is consulted on any open case", LIFE_CONSULTED,
        ".SIUAEPRH...", SIDE_EH, false),
    ROW("and answers", LIFE_CONSULTATION_ANSWERED, ".SIUAEPRH...", SIDE_EH,
        false),
    ROW("clocks of any open case pause", LIFE_PAUSED, ".SIUAEPRH...", SIDE_EH,
        false),
    ROW("and go on", LIFE_RESUMED, ".SIUAEPRH...", SIDE_EH, false),
    ROW("a section 47 enquiry begins on any open social care case",
        LIFE_STRATEGY_STARTED, ".SIUAEPRH...", SIDE_CSC, false),
    ROW("a conference is held", LIFE_ICPC_HELD, ".SIUAEPRH...", SIDE_CSC,
        false),
    ROW("a core group is held", LIFE_CORE_GROUP_HELD, ".SIUAEPRH...", SIDE_CSC,
        false),
    ROW("a protection plan is reviewed", LIFE_CP_REVIEW_HELD, ".SIUAEPRH...",
        SIDE_CSC, false),
    ROW("a child in need plan starts", LIFE_CIN_PLAN_STARTED, ".SIUAEPRH...",
        SIDE_CSC, false),
    ROW("and is reviewed", LIFE_CIN_REVIEW_HELD, ".SIUAEPRH...", SIDE_CSC,
        false),
    ROW("a child becomes looked after", LIFE_LAC_STARTED, ".SIUAEPRH...",
        SIDE_CSC, false),
    ROW("and is reviewed as such", LIFE_LAC_REVIEW_HELD, ".SIUAEPRH...",
        SIDE_CSC, false),
    ROW("the status in social care changes", LIFE_CSC_STATUS_CHANGED,
        ".SIUAEPRH...", SIDE_EH, false),
    ROW("the birth of an unborn child is noted on any open case", LIFE_BIRTH,
        ".SIUAEPRH...", SIDE_EH, false),
    ROW("any open case closes unless it is offered", LIFE_CLOSED,
        ".CCCCCCC....", SIDE_EH, false),
    ROW("a closed case reopens where it was", LIFE_REOPENED, ".........R..",
        SIDE_EH, false),
    ROW("any open case can be merged", LIFE_MERGED, ".MMMMMMMM...", SIDE_EH,
        false),
    ROW("any open case can be transferred", LIFE_TRANSFERRED, ".TTTTTTTT...",
        SIDE_EH, false),
};

static void
test_event(void **s)
{
    const struct event_row *row = *s;
    struct life_facts facts = good_facts();

    facts.side = row->side;
    facts.by_other_side = row->by_other_side;
    for (int state = 0; state < N_STATES; state++) {
        bool has_before =
            state == CASE_HANDOVER_PENDING || state == CASE_CLOSED;
        struct life_result result;
        struct err err = { .code = "" };
        enum status rc = life_step(state, has_before ? CASE_REVIEW : 0,
                                   row->event, &facts, &result, &err);

        if (row->next[state] == '.') {
            if (rc != ST_REJECT || strcmp(err.code, "R20") != 0)
                fail_msg("%s from %c isn't refused with R20", row->name,
                         letters[state]);
        } else if (rc != ST_OK || letters[result.next] != row->next[state]) {
            fail_msg("%s from %c: want %c, have %c (%s)", row->name,
                     letters[state], row->next[state],
                     rc == ST_OK ? letters[result.next] : '.', err.text);
        }
    }
}

static void
every_event_stands_in_the_table_of_this_test(void **s)
{
    (void)s;
    for (int ev = LIFE_PROVISIONAL; ev < LIFE_EVENT_N; ev++) {
        bool found = false;

        for (size_t i = 0; i < N_OF(event_rows); i++)
            found = found || event_rows[i].event == (enum life_event)ev;
        if (!found)
            fail_msg("%s has no row", life_event_name((enum life_event)ev));
    }
}

/* ---- guards -------------------------------------------------------------- */

enum spoil {
    NO_WORKER = 1,
    NO_CONSENT,
    NO_SECOND,
    NO_REASON,
    SHORT_REASON,
    NO_OUTCOME,
    NO_BY,
    SAME_SIDE,
    OTHER_SIDE,
    NO_UNIT,
    DAY_15,
    SIDE_TAKEN,
    NO_OLDER,
    UNDER_CP,
    UNDER_LAC,
    UNDER_CIN,
    NOT_SINGLE,
    ON_EH,
};

struct guard_row {
    const char *name;
    int state;
    enum life_event event;
    int side;
    bool by_other_side;
    enum spoil spoil;
    const char *code; /* NULL: it is let through all the same */
};

#define GUARD(what, state_, ev, side_, other, spoil_, code_)                   \
    {                                                                          \
        .name = (what), .state = (state_), .event = (ev), .side = (side_),     \
        .by_other_side = (other), .spoil = (spoil_), .code = (code_)           \
    }

static const struct guard_row guard_rows[] = {
    GUARD("nobody is allocated without a name", CASE_UNALLOCATED,
          LIFE_ALLOCATED, SIDE_EH, false, NO_WORKER, "R20"),
    GUARD("early help doesn't assess without consent", CASE_ALLOCATED,
          LIFE_ASSESSMENT_STARTED, SIDE_EH, false, NO_CONSENT, "R20"),
    GUARD("social care does", CASE_ALLOCATED, LIFE_ASSESSMENT_STARTED, SIDE_CSC,
          false, NO_CONSENT, NULL),
    GUARD("an assessment is authorised by someone", CASE_ASSESSMENT,
          LIFE_ASSESSMENT_COMPLETED, SIDE_EH, false, NO_SECOND, "R20"),
    GUARD("an intent is declined with a reason", CASE_INTENT,
          LIFE_INTENT_DECLINED, SIDE_EH, false, NO_REASON, "R20"),
    GUARD("an offer is declined with a long reason", CASE_HANDOVER_PENDING,
          LIFE_DECLINED, SIDE_EH, true, SHORT_REASON, "R20"),
    GUARD("the sender can't accept its own offer", CASE_HANDOVER_PENDING,
          LIFE_ACCEPTED, SIDE_EH, true, SAME_SIDE, "R20"),
    GUARD("the accepting side names its unit", CASE_HANDOVER_PENDING,
          LIFE_ACCEPTED, SIDE_EH, true, NO_UNIT, "R20"),
    GUARD("only the sender withdraws", CASE_HANDOVER_PENDING, LIFE_WITHDRAWN,
          SIDE_EH, false, OTHER_SIDE, "R20"),
    GUARD("no step-down under a protection plan", CASE_REVIEW, LIFE_OFFERED,
          SIDE_CSC, false, UNDER_CP, "R21"),
    GUARD("no step-down of a looked-after child", CASE_REVIEW, LIFE_OFFERED,
          SIDE_CSC, false, UNDER_LAC, "R21"),
    GUARD("a child in need may step down", CASE_REVIEW, LIFE_OFFERED, SIDE_CSC,
          false, UNDER_CIN, NULL),
    GUARD("a protection plan doesn't stop a step-up", CASE_REVIEW, LIFE_OFFERED,
          SIDE_EH, false, UNDER_CP, NULL),
    GUARD("closing names its outcome", CASE_REVIEW, LIFE_CLOSED, SIDE_EH, false,
          NO_OUTCOME, "R20"),
    GUARD("closing names the worker", CASE_REVIEW, LIFE_CLOSED, SIDE_EH, false,
          NO_BY, "R20"),
    GUARD("closing names the leader", CASE_REVIEW, LIFE_CLOSED, SIDE_EH, false,
          NO_SECOND, "R20"),
    GUARD("the fifteenth day is too late to reopen", CASE_CLOSED, LIFE_REOPENED,
          SIDE_EH, false, DAY_15, "R20"),
    GUARD("reopening takes a leader", CASE_CLOSED, LIFE_REOPENED, SIDE_EH,
          false, NO_SECOND, "R20"),
    GUARD("nothing reopens beside an open case", CASE_CLOSED, LIFE_REOPENED,
          SIDE_EH, false, SIDE_TAKEN, "R20"),
    GUARD("a case isn't merged into nothing", CASE_REVIEW, LIFE_MERGED, SIDE_EH,
          false, NO_OLDER, "R20"),
    GUARD("a plan without assessment is for single agencies", CASE_ALLOCATED,
          LIFE_PLAN_AGREED, SIDE_EH, false, NOT_SINGLE, "R20"),
    GUARD("early help holds no conference", CASE_REVIEW, LIFE_ICPC_HELD,
          SIDE_CSC, false, ON_EH, "R20"),
};

static void
spoil(struct life_facts *f, enum spoil what)
{
    switch (what) {
    case NO_WORKER:
        f->worker_named = false;
        break;
    case NO_CONSENT:
        f->consent = false;
        break;
    case NO_SECOND:
        f->second_named = false;
        break;
    case NO_REASON:
        f->reason = false;
        break;
    case SHORT_REASON:
        f->long_reason = false;
        break;
    case NO_OUTCOME:
        f->outcome_named = false;
        break;
    case NO_BY:
        f->by_named = false;
        break;
    case SAME_SIDE:
        f->by_other_side = false;
        break;
    case OTHER_SIDE:
        f->by_other_side = true;
        break;
    case NO_UNIT:
        f->unit_named = false;
        break;
    case DAY_15:
        f->closed_days = 15;
        break;
    case SIDE_TAKEN:
        f->side_taken = true;
        break;
    case NO_OLDER:
        f->older_open = false;
        break;
    case UNDER_CP:
        f->csc_status = CSC_CP;
        break;
    case UNDER_LAC:
        f->csc_status = CSC_LAC;
        break;
    case UNDER_CIN:
        f->csc_status = CSC_CIN;
        break;
    case NOT_SINGLE:
        f->was_outcome = OUTCOME_CAF_TAF;
        break;
    case ON_EH:
        f->side = SIDE_EH;
        break;
    }
}

static void
test_guard(void **s)
{
    const struct guard_row *row = *s;
    struct life_facts facts = good_facts();
    struct life_result result;
    struct err err = { .code = "" };
    enum status rc;

    facts.side = row->side;
    facts.by_other_side = row->by_other_side;
    if (row->code != NULL)
        assert_int_equal(life_step(row->state, CASE_REVIEW, row->event, &facts,
                                   &result, &err),
                         ST_OK);
    spoil(&facts, row->spoil);
    rc = life_step(row->state, CASE_REVIEW, row->event, &facts, &result, &err);
    assert_int_equal(rc, row->code == NULL ? ST_OK : ST_REJECT);
    if (row->code != NULL)
        assert_string_equal(err.code, row->code);
}

/* ---- clocks -------------------------------------------------------------- */

struct clock_row {
    const char *name;
    int state;
    enum life_event event;
    int side;
    int outcome;
    uint32_t stop;
    uint32_t start;
};

#define DOOR (CK(CK_T1) | CK(CK_L5) | CK(CK_L1))
#define CLOCKS(what, state_, ev, side_, outcome_, stop_, start_)               \
    {                                                                          \
        .name = (what), .state = (state_), .event = (ev), .side = (side_),     \
        .outcome = (outcome_), .stop = (stop_), .start = (start_)              \
    }

static const struct clock_row clock_rows[] = {
    CLOCKS("screening runs T1, T17 and L5", LIFE_NONE, LIFE_PROVISIONAL,
           SIDE_EH, OUTCOME_CAF_TAF, 0, CK(CK_T1) | CK(CK_T17) | CK(CK_L5)),
    CLOCKS("single agency help runs L2 and T13", CASE_SCREENING,
           LIFE_FINAL_HELP, SIDE_EH, OUTCOME_SINGLE_AGENCY, DOOR,
           CK(CK_L2) | CK(CK_T13)),
    CLOCKS("a team around the family is assessed and planned for",
           CASE_SCREENING, LIFE_FINAL_HELP, SIDE_EH, OUTCOME_CAF_TAF, DOOR,
           CK(CK_L2) | CK(CK_T13) | CK(CK_T12) | CK(CK_T12B)),
    CLOCKS("an intent runs L4", CASE_SCREENING, LIFE_FINAL_INTENT, SIDE_EH,
           OUTCOME_CAF_TAF, DOOR, CK(CK_L4)),
    CLOCKS("social care runs L2 and T2", CASE_SCREENING, LIFE_FINAL_CSC,
           SIDE_CSC, OUTCOME_SOCIAL_CARE_REFERRAL, DOOR, CK(CK_L2) | CK(CK_T2)),
    CLOCKS("a plan of early help starts T14a, T15 and T16", CASE_PLAN,
           LIFE_PLAN_AGREED, SIDE_EH, OUTCOME_CAF_TAF, CK(CK_T12B),
           CK(CK_T14A) | CK(CK_T15) | CK(CK_T16)),
    CLOCKS("a child in need plan starts T9a", CASE_PLAN, LIFE_PLAN_AGREED,
           SIDE_CSC, OUTCOME_SOCIAL_CARE_REFERRAL, CK(CK_T12B),
           CK(CK_T9A) | CK(CK_T15) | CK(CK_T16)),
    CLOCKS("a review restarts as T14b", CASE_REVIEW, LIFE_REVIEW_HELD, SIDE_EH,
           OUTCOME_CAF_TAF, CK(CK_T14A) | CK(CK_T14B), CK(CK_T14B)),
    CLOCKS("a step-up offer runs L3 and T1", CASE_REVIEW, LIFE_OFFERED, SIDE_EH,
           OUTCOME_CAF_TAF, 0, CK(CK_L3) | CK(CK_T1)),
    CLOCKS("a step-down offer runs L3 and T18", CASE_REVIEW, LIFE_OFFERED,
           SIDE_CSC, OUTCOME_SOCIAL_CARE_REFERRAL, 0, CK(CK_L3) | CK(CK_T18)),
    CLOCKS("more than single agency help is assessed", CASE_ALLOCATED,
           LIFE_FINAL_HELP, SIDE_EH, OUTCOME_EH_INTENSIVE, 0,
           CK(CK_T12) | CK(CK_T12B)),
};

static void
test_clocks(void **s)
{
    const struct clock_row *row = *s;
    struct life_facts facts = good_facts();
    struct life_result result;
    struct err err;

    facts.side = row->side;
    facts.outcome = row->outcome;
    assert_int_equal(
        life_step(row->state, 0, row->event, &facts, &result, &err), ST_OK);
    assert_int_equal(result.stop, row->stop);
    assert_int_equal(result.start, row->start);
}

static void
mash_screens_under_its_own_clock(void **s)
{
    struct life_facts facts = good_facts();
    struct life_result result;
    struct err err;

    (void)s;
    facts.mash = true;
    assert_int_equal(
        life_step(LIFE_NONE, 0, LIFE_PROVISIONAL, &facts, &result, &err),
        ST_OK);
    assert_int_equal(result.start, CK(CK_T1) | CK(CK_T17) | CK(CK_L1));
}

static void
an_existing_case_that_has_gone_is_screened(void **s)
{
    struct life_facts facts = good_facts();
    struct life_result result;
    struct err err;

    (void)s;
    facts.open_elsewhere = false;
    assert_int_equal(
        life_step(LIFE_NONE, 0, LIFE_FINAL_EXISTING, &facts, &result, &err),
        ST_OK);
    assert_int_equal(result.next, CASE_SCREENING);
    assert_int_equal(result.row, 6);
}

static void
work_goes_on_while_an_offer_waits(void **s)
{
    struct life_facts facts = good_facts();
    struct life_result result;
    struct err err;

    (void)s;
    assert_int_equal(life_step(CASE_HANDOVER_PENDING, CASE_UNALLOCATED,
                               LIFE_ALLOCATED, &facts, &result, &err),
                     ST_OK);
    assert_int_equal(result.row, 17);
    assert_int_equal(result.next, CASE_HANDOVER_PENDING);
    assert_int_equal(result.return_to, CASE_ALLOCATED);
    assert_int_equal(result.stop, CK(CK_L2));
    assert_int_equal(life_step(CASE_HANDOVER_PENDING, CASE_PLAN, LIFE_NOTE,
                               &facts, &result, &err),
                     ST_OK);
    assert_int_equal(result.return_to, CASE_PLAN);
}

static void
what_was_never_open_does_not_reopen(void **s)
{
    struct life_facts facts = good_facts();
    struct life_result result;
    struct err err;

    (void)s;
    assert_int_equal(
        life_step(CASE_CLOSED, LIFE_NONE, LIFE_REOPENED, &facts, &result, &err),
        ST_REJECT);
    assert_string_equal(err.code, "R20");
}

#define MORE 5

int
main(void)
{
    static struct CMUnitTest
        tests[N_OF(event_rows) + N_OF(guard_rows) + N_OF(clock_rows) + MORE];
    size_t n = 0;

    for (size_t i = 0; i < N_OF(event_rows); i++)
        tests[n++] = (struct CMUnitTest){
            .name = event_rows[i].name,
            .test_func = test_event,
            .initial_state = (void *)(uintptr_t)&event_rows[i],
        };
    for (size_t i = 0; i < N_OF(guard_rows); i++)
        tests[n++] = (struct CMUnitTest){
            .name = guard_rows[i].name,
            .test_func = test_guard,
            .initial_state = (void *)(uintptr_t)&guard_rows[i],
        };
    for (size_t i = 0; i < N_OF(clock_rows); i++)
        tests[n++] = (struct CMUnitTest){
            .name = clock_rows[i].name,
            .test_func = test_clocks,
            .initial_state = (void *)(uintptr_t)&clock_rows[i],
        };
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        every_event_stands_in_the_table_of_this_test);
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test(mash_screens_under_its_own_clock);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        an_existing_case_that_has_gone_is_screened);
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test(work_goes_on_while_an_offer_waits);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(
        what_was_never_open_does_not_reopen);
    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
