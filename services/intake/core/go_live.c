#include "intake/core/go_live.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define NO_DAY GO_LIVE_N

/* A day, what it means to the tracker, and the day that it can't do without. */
struct stage {
    const char *member;
    int activity; /* 0: it opens the case */
    int side;     /* that alone has it; 0: both */
    enum go_live_day after;
};

static const struct stage stages[GO_LIVE_N] = {
    [GO_LIVE_OPENED] = { "opened_on", 0, 0, NO_DAY },
    [GO_LIVE_ALLOCATED] = { "allocated_on", ACTIVITY_ALLOCATED, 0,
                            GO_LIVE_OPENED },
    [GO_LIVE_ASSESSMENT_STARTED] = { "assessment_started_on",
                                     ACTIVITY_ASSESSMENT_STARTED, 0,
                                     GO_LIVE_ALLOCATED },
    [GO_LIVE_ASSESSMENT_COMPLETED] = { "assessment_completed_on",
                                       ACTIVITY_ASSESSMENT_COMPLETED, 0,
                                       GO_LIVE_ASSESSMENT_STARTED },
    [GO_LIVE_PLAN_AGREED] = { "plan_agreed_on", ACTIVITY_PLAN_AGREED, 0,
                              GO_LIVE_ASSESSMENT_COMPLETED },
    [GO_LIVE_REVIEW_HELD] = { "review_held_on", ACTIVITY_REVIEW_HELD, 0,
                              GO_LIVE_PLAN_AGREED },
    [GO_LIVE_CONTACT] = { "contact_on", ACTIVITY_VISIT, 0, GO_LIVE_OPENED },
    [GO_LIVE_TRACKER_REVIEWED] = { "tracker_reviewed_on",
                                   ACTIVITY_TRACKER_REVIEWED, 0,
                                   GO_LIVE_OPENED },
    [GO_LIVE_STRATEGY_STARTED] = { "strategy_started_on",
                                   ACTIVITY_STRATEGY_STARTED, SIDE_CSC,
                                   GO_LIVE_OPENED },
    [GO_LIVE_ICPC_HELD] = { "icpc_held_on", ACTIVITY_ICPC_HELD, SIDE_CSC,
                            GO_LIVE_OPENED },
    [GO_LIVE_CORE_GROUP_HELD] = { "core_group_held_on",
                                  ACTIVITY_CORE_GROUP_HELD, SIDE_CSC,
                                  GO_LIVE_ICPC_HELD },
    [GO_LIVE_CP_REVIEW_HELD] = { "cp_review_held_on", ACTIVITY_CP_REVIEW_HELD,
                                 SIDE_CSC, GO_LIVE_ICPC_HELD },
    [GO_LIVE_CIN_PLAN_STARTED] = { "cin_plan_started_on",
                                   ACTIVITY_CIN_PLAN_STARTED, SIDE_CSC,
                                   GO_LIVE_OPENED },
    [GO_LIVE_CIN_REVIEW_HELD] = { "cin_review_held_on",
                                  ACTIVITY_CIN_REVIEW_HELD, SIDE_CSC,
                                  GO_LIVE_CIN_PLAN_STARTED },
    [GO_LIVE_LAC_STARTED] = { "lac_started_on", ACTIVITY_LAC_STARTED, SIDE_CSC,
                              GO_LIVE_OPENED },
    [GO_LIVE_LAC_FIRST_REVIEW] = { "lac_first_review_on",
                                   ACTIVITY_LAC_REVIEW_HELD, SIDE_CSC,
                                   GO_LIVE_LAC_STARTED },
    [GO_LIVE_LAC_LAST_REVIEW] = { "lac_last_review_on",
                                  ACTIVITY_LAC_REVIEW_HELD, SIDE_CSC,
                                  GO_LIVE_LAC_FIRST_REVIEW },
};

void
go_live_clear(struct go_live *g)
{
    for (size_t i = 0; i < GO_LIVE_N; i++)
        g->on[i] = DATE_NONE;
}

static bool
tells_of_a_case(const struct go_live *g)
{
    for (size_t i = 0; i < GO_LIVE_N; i++)
        if (g->on[i] != DATE_NONE)
            return true;
    return g->record.side != 0 || g->record.outcome != 0 ||
           g->record.worker.n > 0;
}

/* What can't be read is not missing as well. */
static bool
is_refused(const struct reading *r, const char *member)
{
    for (size_t i = 0; i < r->problems.n; i++)
        if (r->problems.at[i].pointer.n > 0 &&
            str_is((struct str){ r->problems.at[i].pointer.p + 1,
                                 r->problems.at[i].pointer.n - 1 },
                   member))
            return true;
    return false;
}

static void
want(struct reading *r, bool there, const char *member)
{
    if (!there && !is_refused(r, member))
        form_problem(r, "R03", member, "missing: an open case has it");
}

/* Rank 2 to 4 is early help's, 5 and 6 social care's (domain.md section 5). */
static bool
is_outcome_of(int outcome, int side)
{
    int rank = outcome_rank(outcome);

    return side == SIDE_CSC ? rank >= 5 : rank >= 2 && rank <= 4;
}

/* One agency's help needs no assessment before its plan (section 6, row 12). */
static enum go_live_day
follows(const struct go_live *g, enum go_live_day day)
{
    if (day == GO_LIVE_PLAN_AGREED &&
        g->record.outcome == OUTCOME_SINGLE_AGENCY &&
        g->on[GO_LIVE_ASSESSMENT_STARTED] == DATE_NONE)
        return GO_LIVE_ALLOCATED;
    return stages[day].after;
}

static void
check_day(struct reading *r, const struct go_live *g, enum go_live_day day)
{
    const struct stage *s = &stages[day];
    enum go_live_day after = follows(g, day);
    date_d on = g->on[day];

    if (on == DATE_NONE)
        return;
    if (s->side != 0 && s->side != g->record.side)
        form_problem(r, "R15", s->member, "only social care has this day");
    if (on > zone_date(&r->calendar->zone, r->received))
        form_problem(r, "R10", s->member, "after the day of receipt");
    else if (!calendar_covers(r->calendar, on))
        form_problem(r, "R16", s->member, "before the calendar begins");
    if (after == NO_DAY)
        return;
    if (g->on[after] == DATE_NONE && is_refused(r, stages[after].member))
        return;
    if (g->on[after] == DATE_NONE)
        form_problem(r, "R03", stages[after].member, "missing: %s follows it",
                     s->member);
    else if (on < g->on[after])
        form_problem(r, "R03", s->member, "before %s", stages[after].member);
}

static void
check_case(struct reading *r, const struct go_live *g)
{
    const struct notification_received *rec = &g->record;
    bool consents =
        rec->consent == CONSENT_GIVEN || rec->consent == CONSENT_NOT_NEEDED;

    want(r, rec->side != 0, "side");
    want(r, rec->outcome != 0, "outcome");
    want(r, rec->unit.n > 0, "unit");
    want(r, g->on[GO_LIVE_OPENED] != DATE_NONE, "opened_on");
    if (rec->worker.n > 0)
        want(r, g->on[GO_LIVE_ALLOCATED] != DATE_NONE, "allocated_on");
    if (g->on[GO_LIVE_ALLOCATED] != DATE_NONE)
        want(r, rec->worker.n > 0, "worker");
    if (g->on[GO_LIVE_ASSESSMENT_STARTED] != DATE_NONE && rec->side == SIDE_EH)
        want(r, consents, "consent");
    if (rec->side != 0 && rec->outcome != 0 &&
        !is_outcome_of(rec->outcome, rec->side))
        form_problem(r, "R15", "outcome", "no case of that side has it");
    for (size_t i = 0; i < GO_LIVE_N; i++)
        check_day(r, g, i);
}

/* By rising time, those of one day in the order of the enum. */
static void
put_milestones(struct reading *r, struct go_live *g)
{
    struct milestone *at = arena_array(r->arena, GO_LIVE_N, sizeof *at);
    size_t n = 0;

    for (size_t i = GO_LIVE_OPENED + 1; i < GO_LIVE_N; i++) {
        struct milestone m = { .activity = stages[i].activity };
        size_t to = n;

        if (g->on[i] == DATE_NONE)
            continue;
        m.at = zone_start_of_day(&r->calendar->zone, g->on[i]);
        for (; to > 0 && at[to - 1].at > m.at; to--)
            at[to] = at[to - 1];
        at[to] = m;
        n++;
    }
    g->record.milestones = (struct items){ .at = at, .n = n };
    g->record.opened_at =
        zone_start_of_day(&r->calendar->zone, g->on[GO_LIVE_OPENED]);
}

void
go_live_check(struct reading *r, struct go_live *g)
{
    size_t problems = r->problems.n;

    if (!tells_of_a_case(g))
        return;
    check_case(r, g);
    if (r->problems.n == problems)
        put_milestones(r, g);
}
