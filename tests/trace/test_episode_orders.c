/*
 * A missing episode whose messages overtake each other: through triage and
 * tracker every order ends in the same episode, the same cases and the same
 * clocks (domain.md section 3). Made-up child.
 *
 * The five messages are received at the same five instants in every order;
 * which of them is received when is what an order is. Compared at the end:
 * - the episode's row, all but ids;
 * - of every case its state, side, outcome, unit, status, needs and level, when
 *   it was opened and its receipt (the first of the five instants in any
 *   order), and when it was last in contact;
 * - of every clock that runs when it started and when it is due, of every
 *   deadline when it fires, and of every alert that stands its rule.
 * Not compared, because it must differ: ids (the message that came first gives
 * child and case theirs) with the message that a case names as its first; what
 * no longer runs, which says when something was heard or answered; and what
 * was said on the way: an alert is cleared, not unsaid.
 *
 * Two ways through: tracker answers each message before the next is decided, or
 * triage is far ahead of it. A school's referral about the same child comes
 * always at the same place between the five; then cases that were merged are
 * left out (whether the episode had one of its own meanwhile depends on the
 * order). Where the school's case stands before all messages and the episode
 * ends in a case of its own, the order still tells: that case opens with the
 * first message that asks for more than the school's, and the school's keeps
 * the needs that it was told before (docs/status.md).
 *
 * EPISODE_ORDERS=print in the environment prints the end states.
 */
#include "tests/lib/memory.h"
#include "tests/lib/one_profile.h"
#include "common/core/records.h"
#include "tracker/core/tables.h"
#include "tracker/core/tracker.h"
#include "triage/core/tables.h"
#include "triage/core/triage.h"
#include "tests/lib/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define N_MESSAGES 5
#define T0 ((time_ms)1435298400000) /* 2015-06-26T06:00:00Z, a Friday */
#define STATE_SIZE 4000
#define STATES_MAX (120 + 1)

/* Settings are read once: 120 orders share them. */
static struct arena the_arena;
static struct one_profile given;

/* ---- setting up ---------------------------------------------------------- */

static int
read_settings(void **state)
{
    (void)state;
    heap_arena(&the_arena);
    one_profile_read(&given, &the_arena, "kent-2015");
    return 0;
}

static int
release_settings(void **state)
{
    (void)state;
    heap_release(&the_arena);
    return 0;
}

/* ---- two services and what flows between them ---------------------------- */

struct both {
    struct mem *triage;
    struct mem *tracker;
    size_t decided;   /* outputs of triage that tracker has read */
    size_t journaled; /* outputs of tracker that triage has read */
    int64_t n;        /* records so far: makes their ids */
    time_ms now;      /* when the last message was received */
};

static struct mem *
open_service(const struct service_def *def)
{
    return mem_open(&(struct mem_options){ .def = def,
                                           .settings = &given.settings,
                                           .authority = 2,
                                           .authority_name = "kent-2015" });
}

/* What the engine adds to every record. */
static void
complete(struct both *b, struct meta *meta)
{
    meta->id = ID_NONE;
    b->n++;
    memcpy(meta->id.b, &b->n, sizeof b->n);
    if (meta->recorded_at == TIME_NONE || meta->recorded_at == 0)
        meta->recorded_at = b->now;
    if (meta->occurred_at == TIME_NONE || meta->occurred_at == 0)
        meta->occurred_at = b->now;
    if (meta->profile_version.p == NULL)
        meta->profile_version = given.profile.version_id;
}

static void
forward(struct both *b, struct mem *from, enum topic topic, size_t *done,
        struct mem *to)
{
    const struct mem_output *o;

    for (; (o = mem_output(from, *done)) != NULL; (*done)++) {
        size_t size = record_def(o->type)->fields->size;
        void *body;

        if (o->topic != topic)
            continue;
        body = arena_copy(mem_arena(to), o->body, size);
        complete(b, body);
        assert_int_equal(mem_send(to, topic, o->type, body, NULL), ST_OK);
    }
}

/* Tracker hears what triage decided, triage how it went. */
static void
settle(struct both *b)
{
    forward(b, b->triage, TOPIC_CASEWORK, &b->decided, b->tracker);
    forward(b, b->tracker, TOPIC_CASE_JOURNAL, &b->journaled, b->triage);
}

/* ---- messages ------------------------------------------------------------ */

struct message {
    const char *ref;
    int32_t amendment;
    int kind;
    time_ms at; /* reported, graded, found or cancelled */
    int risk_grade;
    int cancel_reason;
    int harm; /* what the message says of it, 0: nothing */
};

/* When a message of another agency arrives, if one does. */
enum between { NEVER = -1 };

static struct id
notification_id(const struct message *msg)
{
    char number[12];
    struct str parts[3] = { STR("police"), str_of(msg->ref), STR_NULL };

    (void)snprintf(number, sizeof number, "%d", (int)msg->amendment);
    parts[2] = str_of(number);
    return id_derive("notification", parts, 3);
}

static void
notification_of(const struct message *msg, time_ms received,
                struct notification_received *n)
{
    fields_clear(&fields_notification_received, n);
    n->meta.recorded_at = received;
    n->meta.occurred_at = msg->at;
    n->sent_at = msg->at;
    n->kind = msg->kind;
    n->agency_id = STR("police");
    n->agency_ref = str_of(msg->ref);
    n->amendment = msg->amendment;
    n->agency_type = AGENCY_POLICE;
    n->entry = ENTRY_CSC;
    n->notification_id = notification_id(msg);
    n->episode_ref = STR("E-1");
    n->risk_grade = msg->risk_grade;
    n->harm = msg->harm;
    switch (msg->kind) {
    case KIND_POLICE_MISSING_REPORTED:
        n->reported_at = msg->at;
        break;
    case KIND_POLICE_MISSING_RISK_CHANGED:
        n->graded_at = msg->at;
        break;
    case KIND_POLICE_MISSING_FOUND:
        n->found_at = msg->at;
        break;
    default:
        n->cancelled_at = msg->at;
        n->cancel_reason = msg->cancel_reason;
        break;
    }
}

static void
receive(struct both *b, struct notification_received *n)
{
    struct person p;

    fields_clear(&fields_person, &p);
    p.forename = STR("Testchild");
    p.surname = STR("Alpha");
    p.sex = SEX_F;
    p.postcode = STR("ME14 1AA");
    assert_true(date_parse(STR("2001-02-03"), &p.dob));
    b->now = n->meta.recorded_at;
    complete(b, &n->meta);
    assert_int_equal(mem_send(b->triage, TOPIC_NOTIFICATIONS,
                              REC_NOTIFICATION_RECEIVED, n, &p),
                     ST_OK);
}

static void
receive_message(struct both *b, const struct message *msg, time_ms received)
{
    struct notification_received n;

    notification_of(msg, received, &n);
    receive(b, &n);
}

/* A school's referral about the same child: a person has to screen it. */
static void
receive_school(struct both *b, time_ms received)
{
    struct notification_received n;

    fields_clear(&fields_notification_received, &n);
    n.meta.recorded_at = received;
    n.meta.occurred_at = received;
    n.sent_at = received;
    n.kind = KIND_SCHOOL_REFERRAL;
    n.agency_id = STR("school");
    n.agency_ref = STR("s");
    n.amendment = 0;
    n.agency_type = AGENCY_SCHOOL;
    n.entry = ENTRY_EH;
    n.needs = SET_BIT(NEED_C_ATTENDANCE);
    n.harm = HARM_NONE;
    n.notification_id = id_derive("notification", &n.agency_id, 1);
    receive(b, &n);
}

/* ---- the state that counts ----------------------------------------------- */

struct text {
    char p[STATE_SIZE];
    size_t n;
};

static void say(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct text *t, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    t->n += (size_t)vsnprintf(t->p + t->n, sizeof t->p - t->n, fmt, args);
    va_end(args);
    assert_true(t->n < sizeof t->p);
}

static void
say_instant(struct text *t, const char *name, time_ms at)
{
    char text[TIME_TEXT_SIZE];

    say(t, " %s=%s", name, at == TIME_NONE ? "-" : time_text(at, text));
}

static void
say_episodes(struct text *t, const struct mem *tracker)
{
    const struct episode_row *e;
    size_t at = 0;

    while ((e = mem_next(tracker, TABLE_EPISODE, &at)) != NULL) {
        say(t, "episode %s%s category=%d risk=%s cancel=%s rhi=%s",
            codes_word(&codes_episode_state, e->state),
            e->incomplete ? " incomplete" : "", e->category,
            codes_word(&codes_risk_grade, e->risk_grade),
            codes_word(&codes_cancel_reason, e->cancel_reason),
            codes_word(&codes_rhi_state, e->rhi_state));
        say_instant(t, "reported", e->reported_at);
        say_instant(t, "found", e->found_at);
        say_instant(t, "rhi_at", e->rhi_at);
        say_instant(t, "rhi_due", e->rhi_due_at);
        say(t, " unit=%.*s locality=%.*s age=%s csc=%s\n", STR_ARG(e->unit),
            STR_ARG(e->locality), codes_word(&codes_age_band, e->age_band),
            codes_word(&codes_csc_status, e->csc_status));
    }
}

static int
by_line(const void *a, const void *b)
{
    return strcmp(a, b);
}

#define LINE_SIZE 400
#define LINES_MAX 40

/* Rows lie in the order in which they came: sort what is said of them. */
static void
say_sorted(struct text *t, char lines[][LINE_SIZE], size_t n)
{
    qsort(lines, n, LINE_SIZE, by_line);
    for (size_t i = 0; i < n; i++)
        say(t, "%s\n", lines[i]);
}

static void
say_case_row(const struct case_row *c, char line[LINE_SIZE])
{
    char opened[TIME_TEXT_SIZE], received[TIME_TEXT_SIZE];
    char contact[TIME_TEXT_SIZE];

    (void)snprintf(
        line, LINE_SIZE,
        "case %s %s outcome=%s unit=%.*s locality=%.*s csc=%s needs=%x "
        "level=%d close=%s re_referral=%d opened=%s received=%s contact=%s",
        codes_word(&codes_side, c->side),
        codes_word(&codes_case_state, c->state),
        codes_word(&codes_outcome, c->outcome), STR_ARG(c->unit),
        STR_ARG(c->locality), codes_word(&codes_csc_status, c->csc_status),
        (unsigned)c->needs, (int)c->level,
        codes_word(&codes_close_outcome, c->close_outcome), c->re_referral,
        time_text(c->opened_at, opened), time_text(c->received_at, received),
        c->contact_at == TIME_NONE ? "-" : time_text(c->contact_at, contact));
}

static void
say_cases(struct text *t, const struct mem *tracker, bool merged_too)
{
    char lines[LINES_MAX][LINE_SIZE];
    const struct case_row *c;
    size_t at = 0, n = 0;

    while ((c = mem_next(tracker, TABLE_CASE, &at)) != NULL) {
        if (!merged_too && c->state == CASE_MERGED)
            continue;
        assert_true(n < LINES_MAX);
        say_case_row(c, lines[n++]);
    }
    say_sorted(t, lines, n);
}

static void
say_clocks(struct text *t, const struct mem *tracker)
{
    char lines[LINES_MAX][LINE_SIZE];
    const struct clock_row *k;
    size_t at = 0, n = 0;

    while ((k = mem_next(tracker, TABLE_CLOCK, &at)) != NULL) {
        char start[TIME_TEXT_SIZE], due[TIME_TEXT_SIZE];

        if ((k->state != CLOCK_STARTED && k->state != CLOCK_PAUSED) ||
            k->subject_kind == CLOCK_SUBJECT_NOTIFICATION)
            continue; /* a notification is none of the episode's messages */
        assert_true(n < LINES_MAX);
        (void)snprintf(lines[n++], LINE_SIZE,
                       "clock %.*s of %s start=%s due=%s", STR_ARG(k->clock),
                       codes_word(&codes_clock_subject, k->subject_kind),
                       time_text(k->started_at, start),
                       time_text(k->due_at, due));
    }
    say_sorted(t, lines, n);
}

static void
say_watch(struct text *t, const struct mem *tracker)
{
    char lines[LINES_MAX][LINE_SIZE];
    const struct deadline_row *d;
    const struct alert_row *a;
    size_t at = 0, n = 0;

    while ((d = mem_next(tracker, TABLE_DEADLINE, &at)) != NULL) {
        char due[TIME_TEXT_SIZE];

        if (d->subject_kind == CLOCK_SUBJECT_NOTIFICATION)
            continue;
        assert_true(n < LINES_MAX);
        (void)snprintf(
            lines[n++], LINE_SIZE,
            "deadline %.*s %d at=%s then %lld %lld %lld %d", STR_ARG(d->rule),
            (int)d->stage, time_text(d->due_at, due), (long long)d->warn_2_at,
            (long long)d->warn_3_at, (long long)d->warn_4_at, d->then_due);
    }
    at = 0;
    while ((a = mem_next(tracker, TABLE_ALERT, &at)) != NULL) {
        if (a->cleared_at != TIME_NONE)
            continue;
        assert_true(n < LINES_MAX);
        (void)snprintf(lines[n++], LINE_SIZE, "alert %.*s", STR_ARG(a->rule));
    }
    say_sorted(t, lines, n);
}

/* How the messages of a set come through. */
struct way {
    bool at_once; /* triage decides all before tracker hears of the first */
    int school;   /* the school's comes before this message, or NEVER */
};

static void
end_state(const struct message *messages, const size_t *order,
          const struct way *way, struct text *t)
{
    struct both b = { .triage = open_service(&triage_service),
                      .tracker = open_service(&tracker_service) };

    for (int i = 0; i < N_MESSAGES; i++) {
        time_ms received = T0 + (time_ms)(6 + i) * HOUR_MS;

        if (i == way->school)
            receive_school(&b, received - HOUR_MS / 2);
        if (!way->at_once)
            settle(&b);
        receive_message(&b, &messages[order[i]], received);
        if (!way->at_once)
            settle(&b);
    }
    settle(&b);
    t->n = 0;
    say_episodes(t, b.tracker);
    say_cases(t, b.tracker, way->school == NEVER);
    say_clocks(t, b.tracker);
    say_watch(t, b.tracker);
    mem_close(b.triage);
    mem_close(b.tracker);
}

/* ---- all orders ---------------------------------------------------------- */

/* The next order in the alphabet of orders; false behind the last. */
static bool
next_order(size_t *order, size_t n)
{
    size_t i = n - 1, j = n - 1, swap;

    while (i > 0 && order[i - 1] >= order[i])
        i--;
    if (i == 0)
        return false;
    while (order[j] <= order[i - 1])
        j--;
    swap = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swap;
    for (j = n - 1; i < j; i++, j--) {
        swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    return true;
}

struct set_row {
    const char *name;
    struct way way;
    const char *holds; /* what stands in its end state */
    const char *has;   /* and this */
    struct message messages[N_MESSAGES];
};

#define REPORTED(r, a, at_, grade)                                             \
    {                                                                          \
        .ref = (r), .amendment = (a), .kind = KIND_POLICE_MISSING_REPORTED,    \
        .at = T0 + (at_), .risk_grade = (grade), .harm = HARM_NONE             \
    }
/* Every message but the report says nothing of harm. */
#define GRADED(r, a, at_, grade)                                               \
    {                                                                          \
        .ref = (r), .amendment = (a),                                          \
        .kind = KIND_POLICE_MISSING_RISK_CHANGED, .at = T0 + (at_),            \
        .risk_grade = (grade)                                                  \
    }
#define FOUND(r, a, at_)                                                       \
    {                                                                          \
        .ref = (r), .amendment = (a), .kind = KIND_POLICE_MISSING_FOUND,       \
        .at = T0 + (at_)                                                       \
    }
#define CANCELLED(r, a, at_, why)                                              \
    {                                                                          \
        .ref = (r), .amendment = (a), .kind = KIND_POLICE_MISSING_CANCELLED,   \
        .at = T0 + (at_), .cancel_reason = (why)                               \
    }

#define MEDIUM_TO_LOW                                                          \
    {                                                                          \
        REPORTED("a", 0, 0, RISK_MEDIUM),                                      \
            GRADED("b", 0, HOUR_MS, RISK_MEDIUM),                              \
            GRADED("b", 1, HOUR_MS, RISK_LOW), FOUND("c", 0, 2 * HOUR_MS),     \
            FOUND("c", 1, 3 * HOUR_MS)                                         \
    }
#define HIGH_TO_LOW                                                            \
    {                                                                          \
        REPORTED("a", 0, 0, RISK_MEDIUM), GRADED("b", 0, HOUR_MS, RISK_HIGH),  \
            GRADED("b", 1, HOUR_MS, RISK_LOW), FOUND("c", 0, 2 * HOUR_MS),     \
            FOUND("c", 1, 3 * HOUR_MS)                                         \
    }
#define LOW_TO_HIGH                                                            \
    {                                                                          \
        REPORTED("a", 0, 0, RISK_MEDIUM), GRADED("b", 0, HOUR_MS, RISK_LOW),   \
            GRADED("b", 1, HOUR_MS, RISK_MEDIUM),                              \
            GRADED("c", 0, 2 * HOUR_MS, RISK_HIGH), FOUND("d", 0, 3 * HOUR_MS) \
    }
#define IN_ERROR                                                               \
    {                                                                          \
        REPORTED("a", 0, 0, RISK_MEDIUM), GRADED("b", 0, HOUR_MS, RISK_HIGH),  \
            GRADED("b", 1, HOUR_MS, RISK_MEDIUM), FOUND("c", 0, 2 * HOUR_MS),  \
            CANCELLED("d", 0, 3 * HOUR_MS, CANCEL_IN_ERROR)                    \
    }
#define WITHDRAWN                                                              \
    {                                                                          \
        REPORTED("a", 0, 0, RISK_MEDIUM),                                      \
            GRADED("b", 0, HOUR_MS, RISK_MEDIUM),                              \
            CANCELLED("c", 0, 2 * HOUR_MS, CANCEL_NOT_MISSING),                \
            CANCELLED("c", 1, 3 * HOUR_MS, CANCEL_WITHDRAWN),                  \
            FOUND("d", 0, 4 * HOUR_MS)                                         \
    }
/* The report's amendment says nothing of harm any more. */
#define TAKEN_BACK                                                             \
    {                                                                          \
        REPORTED("a", 0, 0, RISK_MEDIUM),                                      \
            { .ref = "a",                                                      \
              .amendment = 1,                                                  \
              .kind = KIND_POLICE_MISSING_REPORTED,                            \
              .at = T0,                                                        \
              .risk_grade = RISK_MEDIUM },                                     \
            GRADED("b", 0, HOUR_MS, RISK_HIGH),                                \
            GRADED("b", 1, HOUR_MS, RISK_LOW), FOUND("c", 0, 2 * HOUR_MS)      \
    }

#define ONE_BY_ONE                                                             \
    {                                                                          \
        .school = NEVER                                                        \
    }
#define AT_ONCE                                                                \
    {                                                                          \
        .at_once = true, .school = NEVER                                       \
    }
#define SCHOOL(n)                                                              \
    {                                                                          \
        .school = (n)                                                          \
    }
#define HELP "case eh unallocated outcome=single_agency unit=maidstone-1 "
#define REFERRED "case csc unallocated outcome=social_care_referral "

static const struct set_row set_rows[] = {
    { .name = "reported, graded, regraded, found, found amended",
      .way = ONE_BY_ONE,
      .holds = "episode found category=0 risk=low cancel= rhi=due",
      .has = HELP,
      .messages = MEDIUM_TO_LOW },
    { .name = "reported, raised to high, lowered, found, found amended",
      .way = ONE_BY_ONE,
      .holds =
          "found=2015-06-26T09:00:00.000Z rhi_at=- rhi_due=2015-06-29T09:00",
      .has = HELP,
      .messages = HIGH_TO_LOW },
    { .name = "reported, lowered, regraded, raised to high, found",
      .way = ONE_BY_ONE,
      .holds = "episode found category=0 risk=high cancel= rhi=due",
      .has = REFERRED,
      .messages = LOW_TO_HIGH },
    { .name = "reported, graded high, regraded, found, cancelled",
      .way = ONE_BY_ONE,
      .holds = "episode cancelled category=0 risk= cancel=in_error rhi=void",
      .has = HELP,
      .messages = IN_ERROR },
    { .name = "reported, graded, cancelled, cancellation withdrawn, found",
      .way = ONE_BY_ONE,
      .holds = "episode found category=0 risk=medium cancel= rhi=due",
      .has = HELP,
      .messages = WITHDRAWN },
    { .name = "reported, report amended to leave harm open, graded, found",
      .way = ONE_BY_ONE,
      .holds = "episode found category=0 risk=low cancel= rhi=due",
      .has = "case eh screening outcome=single_agency unit=maidstone-1 ",
      .messages = TAKEN_BACK },
    { .name = "raised to high and lowered, triage far ahead of tracker",
      .way = AT_ONCE,
      .holds = "episode found category=0 risk=low cancel= rhi=due",
      .has = HELP,
      .messages = HIGH_TO_LOW },
    { .name = "cancelled, triage far ahead of tracker",
      .way = AT_ONCE,
      .holds = "episode cancelled category=0 risk= cancel=in_error rhi=void",
      .has = HELP,
      .messages = IN_ERROR },
    { .name = "raised to high and lowered, a school's referral before all",
      .way = SCHOOL(0),
      .holds = "episode found category=0 risk=low cancel= rhi=due",
      .has = "case eh screening ",
      .messages = HIGH_TO_LOW },
    { .name = "raised to high and lowered, a school's referral after two",
      .way = SCHOOL(2),
      .holds = "episode found category=0 risk=low cancel= rhi=due",
      .has = "case eh ",
      .messages = HIGH_TO_LOW },
    { .name = "report amended to leave harm open, a school's referral before",
      .way = SCHOOL(0),
      .holds = "episode found category=0 risk=low cancel= rhi=due",
      .has = "case eh screening ",
      .messages = TAKEN_BACK },
    { .name = "raised to high, a school's referral after two",
      .way = SCHOOL(2),
      .holds = "episode found category=0 risk=high cancel= rhi=due",
      .has = REFERRED,
      .messages = LOW_TO_HIGH },
};

/* An end state, how many orders lead to it and one of them. */
struct ending {
    struct text text;
    size_t n;
    size_t order[N_MESSAGES];
};

static void
print_endings(const struct set_row *row, const struct ending *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)printf("%s: %zu orders such as %zu%zu%zu%zu%zu\n%s\n", row->name,
                     at[i].n, at[i].order[0], at[i].order[1], at[i].order[2],
                     at[i].order[3], at[i].order[4], at[i].text.p);
}

static void
test_set(void **s)
{
    static struct ending endings[STATES_MAX];
    const struct set_row *row = *s;
    size_t order[N_MESSAGES] = { 0, 1, 2, 3, 4 };
    size_t n = 0, n_endings = 0;

    do {
        struct ending *new = &endings[n_endings];
        size_t i = 0;

        end_state(row->messages, order, &row->way, &new->text);
        while (i < n_endings && strcmp(endings[i].text.p, new->text.p) != 0)
            i++;
        if (i == n_endings) {
            new->n = 0;
            memcpy(new->order, order, sizeof order);
            n_endings++;
        }
        endings[i].n++;
        n++;
    } while (next_order(order, N_MESSAGES));
    assert_int_equal(n, 120);
    if (n_endings > 1 || getenv("EPISODE_ORDERS") != NULL)
        print_endings(row, endings, n_endings);
    assert_int_equal(n_endings, 1);
    assert_non_null(strstr(endings[0].text.p, row->holds));
    assert_non_null(strstr(endings[0].text.p, row->has));
}

int
main(void)
{
    static struct CMUnitTest tests[N_OF(set_rows)];
    size_t n = 0;

    for (size_t i = 0; i < N_OF(set_rows); i++)
        tests[n++] = (struct CMUnitTest){
            .name = set_rows[i].name,
            .test_func = test_set,
            .initial_state = (void *)(uintptr_t)&set_rows[i],
        };
    return cmocka_run_group_tests_name("episode_orders", tests, read_settings,
                                       release_settings);
}
