#include "common/adapters/profile_clocks.h"

#include <string.h>

/* T7 counts from the birth or three months after the conference (domain.md
 * section 7); the profiles leave that number out. */
#define UNBORN_MONTHS 3

static void
read_warns(struct reader *r, const struct json *v, struct clock_spec *spec)
{
    struct texts words = reader_texts_or_none(r, v, "warn");

    if (words.n > CLOCK_WARNS)
        reader_fail(r, "more than %d warnings", CLOCK_WARNS);
    for (size_t i = 0; r->st == ST_OK && i < words.n; i++) {
        if (!clock_warn_parse(words.at[i], &spec->warns[i]))
            reader_fail(r, "\"%.*s\" is no warning", STR_ARG(words.at[i]));
        spec->n_warns = i + 1;
    }
}

static enum calendar_count
read_count(struct reader *r, const struct json *v, const struct profile *p)
{
    struct str word = reader_text_or_null(r, v, "convention");
    enum calendar_count count = p->count;

    if (word.p != NULL && !str_is(word, "profile") &&
        !clock_count_parse(word, &count))
        reader_fail(r, "\"%.*s\" is no convention", STR_ARG(word));
    return count;
}

/* Colours of the MASH: the length is amber's, the colour when none is given. */
static void
read_rag(struct reader *r, const struct json *v, struct profile *p,
         struct clock_spec *spec)
{
    p->rag_hours.red = reader_int(r, v, "red", 1, 10000);
    p->rag_hours.amber = reader_int(r, v, "amber", 1, 10000);
    p->rag_hours.green = reader_int(r, v, "green", 1, 10000);
    spec->length = p->rag_hours.amber;
}

static void
read_unit(struct reader *r, const struct json *v, struct profile *p,
          struct clock_spec *spec)
{
    struct str unit = reader_text(r, v, "unit");
    const struct clock_spec *l1 = profile_clock(p, "L1");

    if (str_is(unit, "same_as_L1") && l1 != NULL) {
        spec->unit = l1->unit;
        spec->length = l1->length;
        return;
    }
    if (r->st == ST_OK && !clock_unit_parse(unit, &spec->unit))
        reader_fail(r, "\"%.*s\" is no unit", STR_ARG(unit));
    if (json_get(v, "red") != NULL)
        read_rag(r, v, p, spec);
    else
        spec->length = reader_int(r, v, "length", 0, 100000);
}

static void
read_clock_value(struct reader *r, const struct json *v, struct profile *p,
                 struct clock_spec *spec)
{
    bool unborn = strcmp(spec->id, "T7") == 0;

    read_unit(r, v, p, spec);
    spec->count = read_count(r, v, p);
    spec->pausable = reader_bool_or(r, v, "pausable", false);
    spec->local = spec->id[0] == 'L';
    spec->planning = !reader_bool_or(r, v, "breach", true);
    spec->unborn_months = reader_int_or(
        r, v, "unborn_months",
        (struct reader_span){
            .min = 0, .max = 120, .dflt = unborn ? UNBORN_MONTHS : 0 });
    if (spec->unit == CLOCK_SCHOOL_START)
        spec->school_start_min = reader_minutes(r, v, "at");
    read_warns(r, v, spec);
}

static void
read_clock(struct reader *r, const struct json *v, struct str id,
           struct profile *p, struct profile_clock *clock)
{
    struct clock_setting setting = profile_clock_setting(p, NULL);
    struct err why;

    if (id.n == 0 || id.n >= sizeof clock->spec.id) {
        reader_fail(r, "\"%.*s\" is no clock id", STR_ARG(id));
        return;
    }
    memcpy(clock->spec.id, id.p, id.n);
    clock->source = reader_text(r, v, "source");
    read_clock_value(r, reader_member(r, v, "value", false), p, &clock->spec);
    if (r->st == ST_OK &&
        clock_spec_check(&clock->spec, &setting, &why) != ST_OK)
        reader_fail_as(r, "profile-limit", "%s", why.text);
}

void
profile_clocks_read(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v =
        reader_enter(r, top, "clocks", JSON_T_OBJECT, &before);
    struct json_each each = json_each_of(v);
    struct profile_clock *clocks =
        arena_array(r->a, json_size(v), sizeof *clocks);
    const struct json *m;
    struct str id;

    p->clocks = clocks;
    while (r->st == ST_OK && json_each_next(&each, &id, &m)) {
        size_t inner = json_path_key(&r->path, id.p);

        read_clock(r, m, id, p, &clocks[p->n_clocks]);
        p->n_clocks++;
        json_path_back(&r->path, inner);
    }
    json_path_back(&r->path, before);
}

#define DRIFT_MAX 100000 /* far above any number of days, hours or seconds */

/* `value` is a number, or an object whose `inner` is one. */
static int
drift_number(struct reader *r, const struct json *drift, const char *key,
             const char *inner)
{
    const struct reader_span span = { .min = 1,
                                      .max = DRIFT_MAX,
                                      .dflt = UNSTATED };
    size_t before;
    const struct json *v = reader_enter_value(r, drift, key, &before);
    int n = inner == NULL
                ? reader_int_or(r, json_get(drift, key), "value", span)
                : reader_int_or(r, v, inner, span);

    if (n == UNSTATED)
        reader_fail_as(r, "profile-missing", "a number is missing");
    json_path_back(&r->path, before);
    return n;
}

static void
drift_pair(struct reader *r, const struct json *escalate, const char *key,
           int out[2])
{
    const struct json *list = json_get(escalate, key);

    for (size_t i = 0; i < 2; i++) {
        int64_t n = UNSTATED;

        if (!json_int(json_at(list, i), &n) || n < 0 || n > DRIFT_MAX)
            reader_fail(r, "\"%s\" wants two numbers", key);
        out[i] = (int)n;
    }
}

static void
read_ladder(struct reader *r, const struct json *drift, struct profile_drift *d)
{
    size_t before;
    const struct json *v =
        reader_enter_value(r, drift, "escalate_after", &before);

    d->escalate_district_working_days =
        reader_int(r, v, "district_manager_working_days", 0, DRIFT_MAX);
    d->escalate_head_working_days =
        reader_int(r, v, "head_of_service_working_days", 0, DRIFT_MAX);
    drift_pair(r, v, "D10_hours", d->rhi_escalate_hours);
    drift_pair(r, v, "D16_seconds", d->untriaged_escalate_s);
    json_path_back(&r->path, before);
}

/* The clocks that a rule watches are the rule's; a profile says them again, for
 * people. */
static void
check_watched(struct reader *r, const struct json *drift)
{
    static const struct {
        const char *key;
        const char *clocks;
    } rows[] = {
        { "D03_assessment", "T12, T2" },
        { "D04_plan", "T12b" },
        { "D05_review", "T14a, T14b, T9a, T9b" },
        { "D17_encompass", "T11" },
    };

    for (size_t i = 0; r->st == ST_OK && i < sizeof rows / sizeof rows[0];
         i++) {
        size_t before;
        const struct json *v =
            reader_enter_value(r, drift, rows[i].key, &before);
        struct str said = STR_NULL;

        if (!json_str(v, &said) || !str_is(said, rows[i].clocks))
            reader_fail_as(r, "profile-limit", "the rule watches \"%s\"",
                           rows[i].clocks);
        json_path_back(&r->path, before);
    }
}

void
profile_drift_read(struct reader *r, const struct json *top,
                   struct profile_drift *d)
{
    const struct {
        const char *key;
        const char *inner;
        int *out;
    } rows[] = {
        { "D01_unallocated_working_days", NULL, &d->unallocated_working_days },
        { "D02_no_activity_days", NULL, &d->no_activity_days },
        { "D06_open_weeks", "alert", &d->open_weeks },
        { "D06_open_weeks", "escalate", &d->open_weeks_escalate },
        { "D07_short_open_days", NULL, &d->short_open_days },
        { "D08_handover_working_days", NULL, &d->handover_working_days },
        { "D09_intent_working_days", "chase_every",
          &d->intent_chase_working_days },
        { "D09_intent_working_days", "overdue", &d->intent_late_working_days },
        { "D10_return_interview_hours", NULL, &d->rhi_hours },
        { "D11_missing_episodes", "count", &d->missing_count },
        { "D11_missing_episodes", "days_strategy", &d->missing_days_strategy },
        { "D11_missing_episodes", "days_alert", &d->missing_days_alert },
        { "D12_re_referral_months", NULL, &d->re_referral_months },
        { "D13_caseload_over", NULL, &d->caseload_over },
        { "D14_referrer_answer_working_days", NULL, &d->answer_working_days },
        { "D15_tracker_review_months", NULL, &d->tracker_review_months },
        { "D16_missing_untriaged_seconds", NULL, &d->missing_untriaged_s },
        { "D18_pause_days", NULL, &d->pause_days },
        { "D19_match_review", "missing_hours", &d->match_review_missing_hours },
        { "D19_match_review", "other_hours", &d->match_review_hours },
        { "D20_panel_days", NULL, &d->panel_days },
    };
    size_t before;
    const struct json *v =
        reader_enter(r, top, "drift", JSON_T_OBJECT, &before);

    for (size_t i = 0; r->st == ST_OK && i < sizeof rows / sizeof rows[0]; i++)
        *rows[i].out = drift_number(r, v, rows[i].key, rows[i].inner);
    check_watched(r, v);
    read_ladder(r, v, d);
    json_path_back(&r->path, before);
}
