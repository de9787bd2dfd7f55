#include "cli/core/sim_case.h"

/*
 * Spans are made up; they aim at the figures of the seeds (20 weeks a case, 13
 * to 14 cases a worker: KEN 3.8) and at some drift under every rule: most of
 * the work is in time, a sixth of it is not.
 */
static const struct draw_span until_allocated_wd[] = {
    { 60, 0, 1 }, { 26, 2, 2 }, { 12, 3, 5 }, { 2, 6, 12 }
};
static const struct draw_span until_contact_h[] = { { 75, 3, 44 },
                                                    { 17, 49, 96 },
                                                    { 8, 120, 300 } };
static const struct draw_span until_assessed_wd[] = { { 78, 5, 10 },
                                                      { 18, 11, 16 },
                                                      { 4, 17, 30 } };
static const struct draw_span until_assessed_csc_wd[] = { { 85, 12, 44 },
                                                          { 15, 46, 60 } };
static const struct draw_span until_planned_wd[] = { { 85, 1, 4 },
                                                     { 15, 6, 12 } };
static const struct draw_span until_review_days[] = { { 80, 33, 42 },
                                                      { 20, 44, 63 } };
static const struct draw_span until_next_review_days[] = { { 85, 75, 90 },
                                                           { 15, 94, 115 } };
static const struct draw_span until_tracker_days[] = { { 88, 24, 30 },
                                                       { 12, 33, 48 } };
static const struct draw_span until_seen_days[] = { { 70, 9, 21 },
                                                    { 27, 22, 27 },
                                                    { 3, 30, 45 } };
static const struct draw_span until_seen_sloppy_days[] = { { 60, 14, 27 },
                                                           { 40, 30, 50 } };
static const struct draw_span intensive_days[] = { { 20, 42, 90 },
                                                   { 55, 100, 180 },
                                                   { 25, 181, 300 } };
static const struct draw_span single_days[] = { { 30, 25, 60 },
                                                { 50, 61, 130 },
                                                { 20, 131, 200 } };
static const struct draw_span csc_days[] = { { 30, 50, 120 },
                                             { 50, 121, 240 },
                                             { 20, 241, 420 } };
static const struct draw_span until_said_h[] = { { 72, 0, 3 },
                                                 { 22, 16, 30 },
                                                 { 6, 48, 200 } };
static const struct draw_span until_said_sloppy_h[] = { { 50, 0, 3 },
                                                        { 25, 16, 48 },
                                                        { 25, 72, 336 } };

enum {
    PAUSED_PERCENT = 5,
    HANDED_OVER_PERCENT = 8,
    STEPPED_DOWN_PERCENT = 25,
    PROTECTION_PERCENT = 20,
    LOOKED_AFTER_PERCENT = 6,
    REOPENED_PERCENT = 2,
    TRANSFERRED_PERCENT = 1,
    FORGOTTEN_PERCENT = 3, /* reviews of the tracker that nobody makes */
    MISFIT_PERCENT = 2,    /* said after the case was closed */
};

/* A case as its worker knows it. */
struct story {
    struct sim_world *w;
    struct sim_child *child;
    const struct sim_key *key;
    bool csc, sloppy;
    bool consent; /* known to be given */
    struct sim_owner owner;
    const char *worker;
    const char *unit;
    time_ms last; /* when what moves the case was last said */
};

static const char *
text_of(struct story *s, struct str text)
{
    return arena_str(s->w->arena, text).p;
}

static void
say(struct story *s, const char *activity, time_ms occurred, time_ms sent,
    const char *extra)
{
    struct sim_world *w = s->w;

    if (sent >= w->end)
        return;
    sim_post(w, s->child, sent, SIM_ACTIVITY,
             arena_printf(
                 w->arena,
                 "{\"agency_id\":\"%s\",\"agency_ref\":\"%.*s\",\"subject\":"
                 "{\"notification\":{\"agency_id\":\"%.*s\",\"agency_ref\":"
                 "\"%.*s\"}},\"side\":\"%s\",\"activity\":\"%s\","
                 "\"occurred_at\":\"%s\",\"by\":\"%s\",\"unit\":\"%s\"%s}",
                 s->csc ? "social-care" : "early-help",
                 STR_ARG(sim_ref(w, "A")), STR_ARG(s->key->agency),
                 STR_ARG(s->key->ref), s->csc ? "csc" : "eh", activity,
                 sim_instant(w, occurred), s->worker, s->unit, extra));
}

/* What moves the case is said soon, and in its order. */
static void
main_act(struct story *s, const char *activity, time_ms occurred,
         const char *extra)
{
    if (occurred <= s->last)
        occurred = s->last + draw_between(&s->w->draw, 5, 60) * MINUTE_MS;
    s->last = occurred + draw_between(&s->w->draw, 1, 90) * MINUTE_MS;
    say(s, activity, occurred, s->last, extra);
}

/* All else is said when the worker comes to it. */
static void
side_act(struct story *s, const char *activity, time_ms occurred,
         const char *extra)
{
    int hours = s->sloppy ? SIM_SPAN(s->w, until_said_sloppy_h)
                          : SIM_SPAN(s->w, until_said_h);
    time_ms sent = occurred + draw_between(&s->w->draw, 2, 55) * MINUTE_MS;

    say(s, activity, occurred,
        hours == 0 ? sent : sim_office(s->w, sent + hours * HOUR_MS), extra);
}

/* ---- what goes on beside the case's course --------------------------- */

static void
see_child(struct story *s, time_ms at)
{
    static const struct {
        const char *activity, *extra;
    } ways[] = {
        { "visit", "" },
        { "visit", "" },
        { "child_seen", "" },
        { "contact_family", "" },
        { "contact_agency", "" },
        { "session_attended",
          ",\"service\":\"youth_hub\",\"hours\":1.5,\"open_access\":false" },
    };
    size_t i = draw_below(&s->w->draw, sizeof ways / sizeof ways[0]);

    side_act(s, ways[i].activity, at, ways[i].extra);
}

static void
see_family(struct story *s, time_ms from, time_ms until)
{
    time_ms at = from;

    for (;;) {
        at = sim_days(s->w, at,
                      s->sloppy ? SIM_SPAN(s->w, until_seen_sloppy_days)
                                : SIM_SPAN(s->w, until_seen_days));
        if (at >= until || at >= s->w->end)
            return;
        see_child(s, at);
        if (draw_percent(&s->w->draw, 15))
            side_act(s, "note", at + HOUR_MS, ",\"note\":\"Made-up note.\"");
    }
}

static void
review_monthly(struct story *s, time_ms from, time_ms until)
{
    time_ms at = from;

    for (;;) {
        at = sim_days(s->w, at, SIM_SPAN(s->w, until_tracker_days));
        if (at >= until || at >= s->w->end)
            return;
        if (!draw_percent(&s->w->draw, FORGOTTEN_PERCENT))
            side_act(s, "tracker_reviewed", at, "");
    }
}

static void
first_contact(struct story *s, time_ms decided)
{
    time_ms at = decided + SIM_SPAN(s->w, until_contact_h) * HOUR_MS;

    side_act(s, draw_percent(&s->w->draw, 70) ? "contact_family" : "visit",
             sim_office(s->w, at), "");
}

static void
pause_assessment(struct story *s)
{
    time_ms from = sim_working(s->w, s->last, draw_between(&s->w->draw, 0, 2));
    int days = draw_percent(&s->w->draw, 15) ? draw_between(&s->w->draw, 30, 40)
                                             : draw_between(&s->w->draw, 4, 20);

    main_act(s, "clock_paused", from,
             ",\"clock\":\"T12\",\"reason\":\"The family is away.\"");
    main_act(s, "clock_resumed", sim_days(s->w, from, days),
             ",\"clock\":\"T12\"");
}

/* ---- the course of a case -------------------------------------------- */

static void
allocate(struct story *s, time_ms decided, time_ms until)
{
    time_ms at = sim_working(s->w, decided, SIM_SPAN(s->w, until_allocated_wd));

    s->owner = sim_owner(s->w, s->child, at, until);
    s->sloppy = sim_is_sloppy(s->w, &s->owner);
    s->worker = sim_worker_name(s->w, &s->owner);
    if (!s->csc)
        s->unit = text_of(s, s->owner.unit->id);
    main_act(s, "allocated", at,
             arena_printf(s->w->arena, ",\"worker\":\"%s\"", s->worker).p);
}

static void
hold_reviews(struct story *s, time_ms planned, time_ms until)
{
    time_ms at = sim_days(s->w, planned, SIM_SPAN(s->w, until_review_days));

    while (at < until && at < s->w->end) {
        main_act(s, "review_held", at, "");
        at = sim_days(s->w, at, SIM_SPAN(s->w, until_next_review_days));
    }
}

static void
assess(struct story *s, time_ms decided)
{
    time_ms at = sim_working(s->w, s->last, draw_between(&s->w->draw, 0, 3));

    if (!s->csc && !s->consent)
        main_act(s, "consent_changed", at, ",\"consent\":\"given\"");
    main_act(s, "assessment_started", at, "");
    if (!s->csc && draw_percent(&s->w->draw, PAUSED_PERCENT))
        pause_assessment(s);
    at = sim_working(s->w, decided,
                     s->csc ? SIM_SPAN(s->w, until_assessed_csc_wd)
                            : SIM_SPAN(s->w, until_assessed_wd));
    main_act(s, "assessment_completed", at, ",\"authorised_by\":\"leader-1\"");
}

static void
plan(struct story *s, time_ms at, time_ms until)
{
    main_act(s, "plan_agreed", at, "");
    if (s->csc)
        main_act(s, "csc_status_changed", s->last, ",\"csc_status\":\"cin\"");
    hold_reviews(s, s->last, until);
}

/* A section 47 enquiry, and the protection plan that it comes to. */
static void
protect(struct story *s, time_ms from, time_ms until)
{
    time_ms at = sim_working(s->w, from, draw_between(&s->w->draw, 1, 8));
    time_ms icpc = sim_working(s->w, at, draw_between(&s->w->draw, 9, 18));

    side_act(s, "strategy_started", at, "");
    side_act(s, "icpc_held", icpc, ",\"csc_status\":\"cp\"");
    side_act(s, "core_group_held",
             sim_working(s->w, icpc, draw_between(&s->w->draw, 5, 12)), "");
    at = sim_days(s->w, icpc, draw_between(&s->w->draw, 70, 100));
    while (at < until && at < s->w->end) {
        side_act(s, "cp_review_held", at, "");
        at = sim_days(s->w, at, draw_between(&s->w->draw, 160, 195));
    }
}

static void
look_after(struct story *s, time_ms from, time_ms until)
{
    time_ms at = sim_working(s->w, from, draw_between(&s->w->draw, 3, 15));
    int first_wd = draw_between(&s->w->draw, 14, 23);

    side_act(s, "lac_started", at, ",\"csc_status\":\"lac\"");
    at = sim_working(s->w, at, first_wd);
    while (at < until && at < s->w->end) {
        side_act(s, "lac_review_held", at, "");
        at = sim_days(s->w, at, draw_between(&s->w->draw, 80, 100));
    }
}

/* ---- ends
 * ----------------------------------------------------------------------------
 */

static void
close_case(struct story *s, time_ms at)
{
    static const char *const ways[] = {
        "needs_met",        "needs_met",  "stepped_down_to_universal",
        "needs_partly_met", "disengaged", "moved_away"
    };
    struct sim_world *w = s->w;
    const char *way = ways[draw_below(&w->draw, sizeof ways / sizeof ways[0])];

    if (draw_percent(&w->draw, TRANSFERRED_PERCENT)) {
        main_act(s, "transferred", at, ",\"authorised_by\":\"leader-1\"");
        return;
    }
    main_act(
        s, "closed", at,
        arena_printf(w->arena,
                     ",\"outcome\":\"%s\",\"authorised_by\":\"leader-1\"", way)
            .p);
    if (draw_percent(&w->draw, MISFIT_PERCENT))
        say(s, "visit", s->last, sim_days(w, s->last, 2), "");
    if (draw_percent(&w->draw, REOPENED_PERCENT)) {
        main_act(s, "reopened",
                 sim_days(w, s->last, draw_between(&w->draw, 2, 12)),
                 ",\"authorised_by\":\"leader-1\"");
        main_act(s, "closed",
                 sim_days(w, s->last, draw_between(&w->draw, 10, 40)),
                 ",\"outcome\":\"needs_met\",\"authorised_by\":\"leader-1\"");
    }
}

enum offer_answer {
    ACCEPTED,
    DECLINED,
    WITHDRAWN,
    IN_SILENCE,
};

/* The other side answers an offer, late or never. */
static enum offer_answer
offer(struct story *s, time_ms at)
{
    static const struct draw_span answers[] = { { 80, ACCEPTED, ACCEPTED },
                                                { 9, DECLINED, DECLINED },
                                                { 5, WITHDRAWN, WITHDRAWN },
                                                { 6, IN_SILENCE, IN_SILENCE } };
    static const struct draw_span until_answer_wd[] = { { 82, 1, 4 },
                                                        { 18, 6, 9 } };
    struct sim_world *w = s->w;
    enum offer_answer answer = (enum offer_answer)SIM_SPAN(w, answers);
    const char *own = s->unit;
    bool csc = s->csc;
    time_ms when;

    main_act(s, "handover_offered", at, "");
    if (s->csc && draw_percent(&w->draw, 85))
        side_act(s, "panel_considered",
                 sim_days(w, s->last, draw_between(&w->draw, 1, 6)), "");
    when = sim_working(w, s->last, SIM_SPAN(w, until_answer_wd));
    if (answer == IN_SILENCE) {
        s->last = sim_working(w, s->last, 14);
        return answer;
    }
    /* Who answers speaks for its own side. */
    if (answer != WITHDRAWN) {
        s->unit = s->csc ? text_of(s, s->owner.unit->id)
                         : text_of(s, w->options->profile->routing.csc_team);
        s->csc = !s->csc;
    }
    main_act(s,
             answer == ACCEPTED   ? "handover_accepted"
             : answer == DECLINED ? "handover_declined"
                                  : "handover_withdrawn",
             when, ",\"reason\":\"As both leaders have talked it over.\"");
    s->unit = own;
    s->csc = csc;
    return answer;
}

static time_ms end_of_help(struct story *s, enum sim_help help,
                           time_ms decided);

/* The new case on the other side, without a worker. */
static time_ms
go_on(struct story *s)
{
    time_ms now = s->last;
    struct story next = *s;
    enum sim_help help = s->csc ? SIM_INTENSIVE : SIM_SOCIAL_CARE;

    next.csc = !s->csc;
    next.consent = false;
    next.unit = text_of(s, s->w->options->profile->routing.csc_team);
    return end_of_help(&next, help, now);
}

/* From the decision to the end; s->csc is set. */
static time_ms
end_of_help(struct story *s, enum sim_help help, time_ms decided)
{
    struct sim_world *w = s->w;
    int days = help == SIM_SINGLE_AGENCY ? SIM_SPAN(w, single_days)
               : help == SIM_INTENSIVE   ? SIM_SPAN(w, intensive_days)
                                         : SIM_SPAN(w, csc_days);
    time_ms until = sim_days(w, decided, days), at;
    bool cp = false, lac = false;
    int over = s->csc ? STEPPED_DOWN_PERCENT : HANDED_OVER_PERCENT;

    s->last = decided;
    allocate(s, decided, until);
    if (!s->csc)
        first_contact(s, decided);
    see_family(s, s->last, until);
    review_monthly(s, decided, until);
    at = sim_working(w, s->last, SIM_SPAN(w, until_planned_wd) + 4);
    if (help != SIM_SINGLE_AGENCY) {
        assess(s, decided);
        if (s->csc) {
            cp = draw_percent(&w->draw, PROTECTION_PERCENT);
            if (cp)
                protect(s, decided, until);
            lac = !cp && draw_percent(&w->draw, LOOKED_AFTER_PERCENT);
            if (lac)
                look_after(s, decided, until);
        }
        at = sim_working(w, s->last, SIM_SPAN(w, until_planned_wd));
    }
    plan(s, at, until);
    if (cp)
        main_act(s, "csc_status_changed", until, ",\"csc_status\":\"cin\"");
    if (until < s->last)
        until = sim_days(w, s->last, 3);
    if (until < w->end && !lac && draw_percent(&w->draw, over) &&
        offer(s, until) == ACCEPTED)
        return go_on(s);
    close_case(s, sim_days(w, s->last > until ? s->last : until, 1));
    return s->last;
}

time_ms
sim_case(struct sim_world *w, struct sim_child *child,
         const struct sim_key *key, enum sim_help help, time_ms decided)
{
    struct story s = {
        .w = w,
        .child = child,
        .key = key,
        .csc = help == SIM_SOCIAL_CARE,
        .consent = true,
        .worker = "leader-1",
    };

    s.unit = text_of(&s, w->options->profile->routing.csc_team);
    return end_of_help(&s, help, decided);
}

void
sim_desk_act(struct sim_world *w, const struct sim_child *child,
             const struct sim_key *key, const char *activity, time_ms occurred,
             time_ms sent)
{
    const char *unit = arena_str(w->arena, child->locality->units[0].id).p;

    sim_post(w, child, sent, SIM_ACTIVITY,
             arena_printf(
                 w->arena,
                 "{\"agency_id\":\"early-help\",\"agency_ref\":\"%.*s\","
                 "\"subject\":{\"notification\":{\"agency_id\":\"%.*s\","
                 "\"agency_ref\":\"%.*s\"}},\"activity\":\"%s\","
                 "\"occurred_at\":\"%s\",\"by\":\"desk-1\",\"unit\":\"%s\"}",
                 STR_ARG(sim_ref(w, "A")), STR_ARG(key->agency),
                 STR_ARG(key->ref), activity, sim_instant(w, occurred), unit));
}
