#include "cli/core/sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/core/sim_case.h"
#include "cli/core/sim_world.h"

enum {
    SLOPPY_PERCENT = 10, /* of the workers */
    MISSING_PERCENT =
        14, /* of what arrives: an episode of two messages or more */
    ENCOMPASS_PERCENT = 4,
    AGAIN_PERCENT = 22,   /* comes of a child that was helped before */
    REPEATED_PERCENT = 3, /* sent twice */
    /* Clock steps while the office is open, and at night; both end at a whole
     * hour, where one gives way to the other. */
    DAY_STEP_MIN = 15,
    NIGHT_STEP_MIN = 60,
    DAY_FROM_MIN = 8 * 60,
    DAY_TO_MIN = 18 * 60,
};

const char *
sim_door_path(enum sim_door door)
{
    switch (door) {
    case SIM_NOTIFICATION:
        return "/v1/notifications";
    case SIM_SCREENING:
        return "/v1/screenings";
    case SIM_ACTIVITY:
        return "/v1/activities";
    case SIM_TIME:
        break;
    }
    return "/v1/time";
}

/* ---- missing children ------------------------------------------------ */

struct episode {
    struct sim_child *child;
    struct str ref;
    struct sim_key first; /* of the report */
    time_ms reported, found;
};

static void
police(struct sim_world *w, const struct episode *ep, struct str ref,
       const char *kind, time_ms sent, const char *extra)
{
    sim_post(w, ep->child, sent, SIM_NOTIFICATION,
             arena_printf(
                 w->arena,
                 "{\"agency_id\":\"kent-police\",\"agency_ref\":\"%.*s\","
                 "\"kind\":\"police_missing_%s\",\"sent_at\":\"%s\","
                 "\"episode_ref\":\"%.*s\",\"harm\":\"none\"%s,\"child\":%.*s}",
                 STR_ARG(ref), kind, sim_instant(w, sent), STR_ARG(ep->ref),
                 extra, STR_ARG(sim_child_json(w, ep->child))));
}

static time_ms
report_missing(struct sim_world *w, const struct episode *ep, bool high)
{
    static const char *const grades[] = { "low", "medium", "medium" };
    const char *grade = high ? "high" : grades[draw_below(&w->draw, 3)];
    const char *extra =
        arena_printf(w->arena, ",\"reported_at\":\"%s\",\"risk_grade\":\"%s\"",
                     sim_instant(w, ep->reported), grade)
            .p;
    time_ms sent = ep->reported + draw_between(&w->draw, 10, 90) * MINUTE_MS;

    /* Some hear first that a child was found (W15). */
    if (!high && draw_percent(&w->draw, 8))
        sent = ep->found + draw_between(&w->draw, 4, 30) * HOUR_MS;
    police(w, ep, ep->first.ref, "reported", sent, extra);
    if (draw_percent(&w->draw, REPEATED_PERCENT))
        police(w, ep, ep->first.ref, "reported", sent, extra);
    if (draw_percent(&w->draw, 15) && !high) {
        time_ms graded = ep->reported + draw_between(&w->draw, 1, 5) * HOUR_MS;

        police(w, ep, sim_ref(w, "M"), "risk_changed", graded + 20 * MINUTE_MS,
               arena_printf(w->arena,
                            ",\"graded_at\":\"%s\",\"risk_grade\":\"medium\"",
                            sim_instant(w, graded))
                   .p);
    }
    return sent;
}

static void
interview(struct sim_world *w, const struct episode *ep)
{
    static const struct draw_span until_held_h[] = {
        { 66, 18, 70 }, { 24, 74, 150 }, { 6, 170, 400 }, { 4, 9999, 9999 }
    };
    static const struct draw_span until_said_h[] = { { 80, 0, 2 },
                                                     { 20, 12, 80 } };
    time_ms at = sim_office(w, ep->found + SIM_SPAN(w, until_held_h) * HOUR_MS);
    time_ms said = at + SIM_SPAN(w, until_said_h) * HOUR_MS + 30 * MINUTE_MS;
    time_ms offered = sim_office(w, ep->found + 5 * HOUR_MS);

    sim_desk_act(w, ep->child, &ep->first, "rhi_offered", offered,
                 offered + 20 * MINUTE_MS);
    sim_desk_act(w, ep->child, &ep->first,
                 draw_percent(&w->draw, 15) ? "rhi_declined" : "rhi_held", at,
                 said);
}

/* One episode; returns when its first message was sent, *found_sent the last.
 */
static struct episode
episode(struct sim_world *w, struct sim_child *child, time_ms reported,
        bool may_be_high, time_ms *decided)
{
    static const struct draw_span away_h[] = { { 60, 1, 12 },
                                               { 30, 13, 40 },
                                               { 10, 41, 120 } };
    struct episode ep = {
        .child = child,
        .ref = sim_ref(w, "EP"),
        .first = { .agency = STR("kent-police"), .ref = sim_ref(w, "M") },
        .reported = reported,
        .found = reported + SIM_SPAN(w, away_h) * HOUR_MS +
                 draw_between(&w->draw, 0, 59) * MINUTE_MS,
    };
    bool high = may_be_high && draw_percent(&w->draw, 6);
    time_ms sent = report_missing(w, &ep, high);
    time_ms found_sent = ep.found + draw_between(&w->draw, 15, 300) * MINUTE_MS;

    police(
        w, &ep, sim_ref(w, "M"), "found", found_sent,
        arena_printf(w->arena, ",\"found_at\":\"%s\"", sim_instant(w, ep.found))
            .p);
    *decided = sent > found_sent ? sent : found_sent;
    interview(w, &ep);
    return ep;
}

/* A child that goes missing, some of them again and again. */
static void
missing_story(struct sim_world *w, struct sim_child *child, time_ms at)
{
    time_ms decided, again;
    struct episode ep = episode(w, child, at, true, &decided);
    time_ms end = sim_case(w, child, &ep.first, SIM_SINGLE_AGENCY, decided);

    again = ep.found;
    while (draw_percent(&w->draw, 30)) {
        again += draw_between(&w->draw, 6, 40) * DAY_MS +
                 draw_between(&w->draw, 0, 1400) * MINUTE_MS;
        if (again >= end - 8 * DAY_MS || again >= w->end)
            break;
        ep = episode(w, child, again, false, &decided);
        again = ep.found;
    }
    child->free_at = end;
}

/* ---- referrals ------------------------------------------------------- */

struct source {
    int weight;
    const char *agency, *kind, *extra;
};

static const struct source sources[] = {
    { 16, "school-oakfield", "school_referral", "" },
    { 14, "school-millbrook", "school_referral", "" },
    { 12, "school-harbour", "school_referral", "" },
    { 5, "education-welfare", "school_referral", "" },
    { 22, "health-trust", "health_referral", "" },
    { 6, "housing-east", "housing_referral", "" },
    { 8, "family-charity", "voluntary_referral", "" },
    { 4, "public-form", "self_referral", ",\"who\":\"1A\"" },
    { 8, "kent-police", "police_ppn", ",\"ppn_risk\":\"medium\"" },
    { 3, "mash-desk", "mash_feed", ",\"rag\":\"green\"" },
    { 1, "mash-desk", "mash_feed", ",\"rag\":\"red\"" },
    { 1, "mash-desk", "mash_feed", ",\"rag\":\"amber\"" },
};

static const char *const needs[] = {
    "c_attendance", "c_emotional", "c_behaviour",      "c_exploitation",
    "c_health",     "c_send",      "p_mental_health",  "p_substance",
    "p_parenting",  "f_breakdown", "f_domestic_abuse", "f_housing",
    "f_poverty",    "c_self_harm", "c_young_carer",
};
enum { N_NEEDS = sizeof needs / sizeof needs[0] };

static const struct source *
draw_source(struct sim_world *w)
{
    int all = 0, at;
    const struct source *s = sources;

    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        all += sources[i].weight;
    for (at = draw_between(&w->draw, 1, all); at > s->weight; s++)
        at -= s->weight;
    return s;
}

static const char *
draw_needs(struct sim_world *w, int n)
{
    size_t first = draw_below(&w->draw, N_NEEDS);
    struct str list = STR("");

    for (int i = 0; i < n; i++)
        list = arena_printf(w->arena, "%.*s%s\"%s\"", STR_ARG(list),
                            i > 0 ? "," : "",
                            needs[(first + (size_t)i * 4) % N_NEEDS]);
    return list.p;
}

/* What a screener finds, by weight. */
enum finding {
    FOUND_NOTHING, /* no unmet need */
    FOUND_LEVEL_2,
    FOUND_LEVEL_3,
    FOUND_THRESHOLD,
};

static void
screen(struct sim_world *w, const struct sim_child *child,
       const struct sim_key *key, enum finding finding, time_ms at)
{
    static const char *const found[] = {
        [FOUND_NOTHING] = "\"level\":1,\"csc_threshold\":\"not_met\"",
        [FOUND_LEVEL_2] = "\"level\":2,\"csc_threshold\":\"not_met\"",
        [FOUND_LEVEL_3] = "\"level\":3,\"csc_threshold\":\"not_met\"",
        [FOUND_THRESHOLD] = "\"level\":4,\"csc_threshold\":\"met\"",
    };

    sim_post(
        w, child, at, SIM_SCREENING,
        arena_printf(w->arena,
                     "{\"agency_id\":\"early-help\",\"agency_ref\":\"%.*s\","
                     "\"notification\":{\"agency_id\":\"%.*s\",\"agency_ref\":"
                     "\"%.*s\"},%s,\"by\":\"screener-%d\"}",
                     STR_ARG(sim_ref(w, "S")), STR_ARG(key->agency),
                     STR_ARG(key->ref), found[finding],
                     draw_between(&w->draw, 1, 4)));
}

static void
refer(struct sim_world *w, const struct sim_child *child,
      const struct source *source, const struct sim_key *key, int n_needs,
      time_ms at)
{
    /* Sent late now and then (W10). */
    time_ms occurred = at - draw_between(&w->draw, 1, 100) * HOUR_MS;
    struct str body = arena_printf(
        w->arena,
        "{\"agency_id\":\"%s\",\"agency_ref\":\"%.*s\",\"kind\":\"%s\","
        "\"sent_at\":\"%s\",\"occurred_at\":\"%s\",\"consent\":\"given\"%s%s,"
        "\"needs\":[%s],\"child\":%.*s}",
        source->agency, STR_ARG(key->ref), source->kind, sim_instant(w, at),
        sim_instant(w, occurred), n_needs == 0 ? ",\"info_only\":true" : "",
        source->extra, draw_needs(w, n_needs),
        STR_ARG(sim_child_json(w, child)));

    sim_post(w, child, at, SIM_NOTIFICATION, body);
    if (draw_percent(&w->draw, REPEATED_PERCENT))
        sim_post(w, child, at + draw_between(&w->draw, 1, 50) * HOUR_MS,
                 SIM_NOTIFICATION, body);
}

/* A screener looks at it, and the case, if there is one, takes its course. */
static void
follow(struct sim_world *w, struct sim_child *child, const struct sim_key *key,
       enum finding finding, time_ms arrived)
{
    static const struct draw_span until_screened_wd[] = { { 80, 0, 0 },
                                                          { 15, 1, 1 },
                                                          { 5, 2, 4 } };
    static const enum sim_help helps[] = {
        [FOUND_LEVEL_2] = SIM_SINGLE_AGENCY,
        [FOUND_LEVEL_3] = SIM_INTENSIVE,
        [FOUND_THRESHOLD] = SIM_SOCIAL_CARE,
    };
    time_ms at = sim_working(w, arrived, SIM_SPAN(w, until_screened_wd));

    screen(w, child, key, finding, at);
    child->free_at = at;
    if (finding != FOUND_NOTHING)
        child->free_at = sim_case(w, child, key, helps[finding], at);
}

static void
referral_story(struct sim_world *w, struct sim_child *child, time_ms arrives)
{
    static const struct draw_span findings[] = {
        { 20, FOUND_NOTHING, FOUND_NOTHING },
        { 30, FOUND_LEVEL_2, FOUND_LEVEL_2 },
        { 36, FOUND_LEVEL_3, FOUND_LEVEL_3 },
        { 14, FOUND_THRESHOLD, FOUND_THRESHOLD },
    };
    const struct source *source = draw_source(w);
    enum finding finding = (enum finding)SIM_SPAN(w, findings);
    struct sim_key key = { .agency = str_of(source->agency),
                           .ref = sim_ref(w, "N") };
    time_ms at = sim_office(w, arrives);

    refer(w, child, source, &key,
          finding == FOUND_NOTHING ? 0 : draw_between(&w->draw, 1, 4), at);
    follow(w, child, &key, finding, at);
}

/* ---- domestic abuse -------------------------------------------------- */

/* A notice to the school; where the school isn't known, staff ring one up. */
static void
encompass_story(struct sim_world *w, struct sim_child *child, time_ms at)
{
    static const struct draw_span until_told_h[] = { { 70, 1, 5 },
                                                     { 30, 20, 90 } };
    struct sim_key key = { .agency = STR("kent-police"),
                           .ref = sim_ref(w, "E") };
    time_ms incident = at - draw_between(&w->draw, 30, 900) * MINUTE_MS, told;
    bool school = draw_percent(&w->draw, 70);
    struct str json = sim_child_json(w, child);

    if (school)
        json = arena_printf(w->arena, "%.*s,\"school_urn\":\"900001\"}",
                            (int)json.n - 1, json.p);
    sim_post(
        w, child, at, SIM_NOTIFICATION,
        arena_printf(w->arena,
                     "{\"agency_id\":\"kent-police\",\"agency_ref\":\"%.*s\","
                     "\"kind\":\"police_encompass\",\"sent_at\":\"%s\","
                     "\"incident_at\":\"%s\",\"harm\":\"possible\",\"consent\":"
                     "\"given\",\"child\":%.*s}",
                     STR_ARG(key.ref), sim_instant(w, at),
                     sim_instant(w, incident), STR_ARG(json)));
    told = sim_office(w, at + SIM_SPAN(w, until_told_h) * HOUR_MS);
    if (!school)
        sim_desk_act(w, child, &key, "encompass_relayed", told,
                     told + 20 * MINUTE_MS);
    follow(w, child, &key, FOUND_LEVEL_2, sim_office(w, at));
}

/* ---- who comes when -------------------------------------------------- */

/* A child that was helped before and is at rest since; NULL for none. */
static struct sim_child *
known_child(struct sim_world *w, time_ms at)
{
    for (int tries = 0; w->n_children > 0 && tries < 20; tries++) {
        struct sim_child *c =
            &w->children[draw_below(&w->draw, (uint32_t)w->n_children)];

        if (c->free_at + 20 * DAY_MS < at)
            return c;
    }
    return NULL;
}

static void
arrival(struct sim_world *w, time_ms at)
{
    bool missing = draw_percent(&w->draw, MISSING_PERCENT);
    struct sim_child *c = NULL;

    if (draw_percent(&w->draw, AGAIN_PERCENT))
        c = known_child(w, at);
    if (c == NULL)
        c = missing ? sim_new_child(w, at, 10, 15)
                    : sim_new_child(w, at, 0, 15);
    if (missing && date_add_months(c->dob, 12 * 10) <
                       zone_date(&w->options->cal->zone, at))
        missing_story(w, c, at);
    else if (draw_percent(&w->draw, ENCOMPASS_PERCENT))
        encompass_story(w, c, at);
    else
        referral_story(w, c, at);
}

/* Working days have five times the arrivals of the others. */
static void
arrive_all(struct sim_world *w)
{
    const struct sim_options *o = w->options;
    /* A missing child is told of in about two messages. */
    int wanted = (int)((int64_t)o->notifications_a_month * o->days * 10 / 304 *
                       100 / (100 + MISSING_PERCENT * 2));

    for (int i = 0; i < wanted; i++) {
        /* In order of time, so that workers' loads are known. */
        time_ms span = w->end - w->start;
        time_ms at = w->start + span / wanted * i +
                     draw_between(&w->draw, 0, 600) * MINUTE_MS;

        if (at < w->end)
            arrival(w, at);
    }
}

/* ---- letters into steps ---------------------------------------------- */

static int
by_time(const void *pa, const void *pb)
{
    const struct sim_letter *a = pa, *b = pb;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static int
by_step(const void *pa, const void *pb)
{
    const struct sim_letter *a = pa, *b = pb;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->door != b->door)
        return a->door < b->door ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* The first step of the clock at or after `t`. */
static time_ms
clock_step(const struct sim_world *w, time_ms t)
{
    const struct zone *zone = &w->options->cal->zone;
    int64_t minute = zone_time_of_day_ms(zone, t) / MINUTE_MS;
    date_d d = zone_date(zone, t);
    bool day = minute >= DAY_FROM_MIN && minute < DAY_TO_MIN &&
               calendar_is_working_day(w->options->cal, NULL, d);
    time_ms step = (day ? DAY_STEP_MIN : NIGHT_STEP_MIN) * MINUTE_MS;

    return (t + step - 1) / step * step;
}

/* One instant for each of a child's letters, in their order. */
static void
settle(struct sim_world *w)
{
    time_ms *last = arena_array(w->arena, w->n_children + 1, sizeof *last);
    size_t kept = 0;

    qsort(w->letters, w->n_letters, sizeof *w->letters, by_time);
    for (size_t i = 0; i < w->n_letters; i++) {
        struct sim_letter l = w->letters[i];
        time_ms at = clock_step(w, l.at);

        if (at <= last[l.child])
            at = clock_step(w, last[l.child] + 1);
        last[l.child] = at;
        l.at = at;
        l.order = (unsigned)i;
        if (at < w->end)
            w->letters[kept++] = l;
    }
    w->n_letters = kept;
    qsort(w->letters, w->n_letters, sizeof *w->letters, by_step);
}

static size_t
count_clock_steps(const struct sim_world *w)
{
    size_t n = 0;

    for (time_ms t = clock_step(w, w->start); t <= w->end;
         t = clock_step(w, t + 1))
        n++;
    return n;
}

/* Letters and the steps of the clock between them. */
static void
write_steps(struct sim_world *w, struct sim_plan *out)
{
    struct sim_step *steps = arena_array(
        w->arena, w->n_letters + count_clock_steps(w) + 1, sizeof *steps);
    size_t i = 0;

    for (time_ms t = clock_step(w, w->start); t <= w->end;
         t = clock_step(w, t + 1)) {
        steps[out->n++] = (struct sim_step){ .at = t, .door = SIM_TIME };
        out->times++;
        for (; i < w->n_letters && w->letters[i].at == t; i++) {
            const struct sim_letter *l = &w->letters[i];

            steps[out->n++] =
                (struct sim_step){ .at = t, .door = l->door, .body = l->body };
            out->notifications += l->door == SIM_NOTIFICATION;
            out->screenings += l->door == SIM_SCREENING;
            out->activities += l->door == SIM_ACTIVITY;
        }
    }
    assert(i == w->n_letters);
    out->steps = steps;
}

static void
hire(struct sim_world *w)
{
    const struct profile *p = w->options->profile;
    size_t n;

    for (size_t i = 0; i < p->n_localities; i++)
        w->n_units += p->localities[i].n_units;
    n = w->n_units * (size_t)w->options->staff_per_unit;
    w->workers = arena_array(w->arena, n, sizeof *w->workers);
    for (size_t i = 0; i < n; i++)
        w->workers[i].sloppy = draw_percent(&w->draw, SLOPPY_PERCENT);
}

void
sim_make(struct arena *a, const struct sim_options *options,
         struct sim_plan *out)
{
    const struct zone *zone = &options->cal->zone;
    struct sim_world w = {
        .arena = a,
        .options = options,
        .draw = draw_of(options->seed),
        .start = zone_start_of_day(zone, options->first) + 6 * HOUR_MS,
        .end = zone_start_of_day(zone, options->first + options->days),
    };

    *out = (struct sim_plan){ .n = 0 };
    hire(&w);
    arrive_all(&w);
    settle(&w);
    write_steps(&w, out);
}
