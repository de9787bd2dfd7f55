#include "tests/lib/day.h"

#include "tracker/core/tracker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    enum record_type type;
    const char *members;
} shown[] = {
    { REC_CASE_CHANGED, "case_id state effect" },
    { REC_HANDOVER_CHANGED, "state direction due_at new_case_id" },
    { REC_CLOCK_CHANGED, "clock change due_at late" },
    { REC_MISSING_EPISODE_CHANGED, "state rhi_state rhi_due_at" },
    { REC_ALERT_RAISED, "rule told" },
    { REC_ALERT_ESCALATED, "rule told stage" },
    { REC_ALERT_CLEARED, "rule reason" },
    { REC_ALERT_ACKNOWLEDGED, "rule" },
    { REC_REFERRER_ANSWERED, "answer outcome refusal" },
};

int
open_day(void **s)
{
    struct day *d = calloc(1, sizeof *d);

    assert_non_null(d);
    d->m = mem_open(&(struct mem_options){ .def = &tracker_service,
                                           .settings = &d->given.settings,
                                           .authority = 2,
                                           .authority_name = "kent-2015" });
    one_profile_read(&d->given, mem_arena(d->m), "kent-2015");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        mem_show(d->m, shown[i].type, shown[i].members);
    *s = d;
    return 0;
}

int
close_day(void **s)
{
    struct day *d = *s;

    mem_close(d->m);
    free(d);
    return 0;
}

/* "2015-06-26T07:12:05" local */
time_ms
local(struct day *d, const char *text)
{
    return one_profile_local(&d->given, text);
}

struct id
some_id(const char *tag, const char *name)
{
    struct str part = str_of(name);

    return id_derive(tag, &part, 1);
}

void
fill_meta(struct day *d, struct meta *meta, time_ms at)
{
    struct id id;

    d->n++;
    memset(&id, 0, sizeof id);
    memcpy(id.b, &d->n, sizeof d->n);
    meta->id = id;
    meta->source = STR("/kent-2015/triage");
    meta->occurred_at = at;
    meta->recorded_at = at;
    meta->profile_version = d->given.profile.version_id;
}

void
decision_of(struct day *d, const struct decision *in,
            struct referral_decided *r)
{
    const char *received = in->received == NULL ? in->at : in->received;

    fields_clear(&fields_referral_decided, r);
    fill_meta(d, &r->meta, local(d, in->at));
    r->decision_id = r->meta.id;
    r->notification_id = some_id("notification", in->ref);
    r->agency_id = STR("a-school");
    r->agency_ref = str_of(in->ref);
    r->amendment = in->amendment;
    r->agency_type = in->agency_type == 0 ? AGENCY_SCHOOL : in->agency_type;
    r->kind = in->kind == 0 ? KIND_SCHOOL_REFERRAL : in->kind;
    r->child_id = some_id("child", in->child);
    r->entry = in->entry == 0 ? ENTRY_EH : in->entry;
    r->side = in->side;
    r->outcome = in->outcome;
    r->status = in->status == 0 ? DECISION_FINAL : in->status;
    r->csc_status = in->csc_status;
    r->rule_id = in->rule == NULL ? STR("KE05") : str_of(in->rule);
    r->received_at = local(d, received);
    r->unit = in->unit == NULL ? STR("swale-1") : str_of(in->unit);
    r->consent = CONSENT_GIVEN;
    r->missing_30d = in->missing_30d == 0 ? 1 : in->missing_30d;
    r->missing_90d = in->missing_90d == 0 ? 1 : in->missing_90d;
    r->risk_grade = in->risk_grade;
    r->rag = in->rag;
    r->match_status =
        in->match_status == 0 ? MATCH_MATCHED : in->match_status;
    r->needs = in->needs;
    if (in->screened_by != NULL)
        r->screened_by = str_of(in->screened_by);
    if (in->episode != NULL) {
        r->episode_id = some_id("episode", in->episode);
        r->episode_ref = str_of(in->episode);
    }
    if (in->found != NULL)
        r->found_at = local(d, in->found);
    if (in->reported != NULL)
        r->reported_at = local(d, in->reported);
    if (in->graded != NULL)
        r->graded_at = local(d, in->graded);
    if (in->cancelled != NULL) {
        r->cancelled_at = local(d, in->cancelled);
        r->cancel_reason =
            in->cancel_reason == 0 ? CANCEL_IN_ERROR : in->cancel_reason;
    }
    if (in->action != NULL) {
        struct str *action = arena_alloc(mem_arena(d->m), sizeof *action);

        *action = str_of(in->action);
        r->actions = (struct texts){ .at = action, .n = 1 };
    }
}

void
decide(struct day *d, const struct decision *in)
{
    struct referral_decided r;

    decision_of(d, in, &r);
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_REFERRAL_DECIDED, &r, NULL), ST_OK);
}

static struct str
str_or_null(const char *text)
{
    return text == NULL ? STR_NULL : str_of(text);
}

void
deed_of(struct day *d, const struct deed *in, struct activity_recorded *a)
{
    const char *at = in->recorded == NULL ? in->at : in->recorded;

    fields_clear(&fields_activity_recorded, a);
    fill_meta(d, &a->meta, local(d, at));
    a->meta.occurred_at = local(d, in->at);
    a->activity_id = a->meta.id;
    a->agency_id = STR("kent");
    a->agency_ref = STR("act-1");
    a->amendment = 0;
    a->child_id = in->child == NULL ? ID_NONE : some_id("child", in->child);
    a->case_id = in->case_id;
    a->notification_id = in->about == NULL
                             ? ID_NONE
                             : some_id("notification", in->about);
    a->alert_id = in->alert_id;
    a->activity = in->activity;
    a->by = STR("worker-1");
    a->unit = in->unit == NULL ? STR("swale-1") : str_of(in->unit);
    a->worker = str_or_null(in->worker);
    a->to_unit = str_or_null(in->to_unit);
    a->authorised_by = str_or_null(in->authorised_by);
    a->clock = str_or_null(in->clock);
    a->side = in->side;
    a->outcome = in->outcome;
    a->csc_status = in->csc_status;
    if (in->reason_chars > 0)
        a->reason_chars = in->reason_chars;
}

void
act(struct day *d, const struct deed *in)
{
    struct activity_recorded a;

    deed_of(d, in, &a);
    assert_int_equal(
        mem_send(d->m, TOPIC_CASEWORK, REC_ACTIVITY_RECORDED, &a, NULL), ST_OK);
}

void
tick(struct day *d, const char *at)
{
    assert_int_equal(mem_time(d->m, local(d, at)), ST_OK);
}

/* Only the lines that hold `word`, so that a story needn't tell everything. */
const char *
lines_with(struct day *d, const char *word)
{
    const char *text = mem_text(d->m);
    char *out = arena_alloc(mem_arena(d->m), strlen(text) + 1);
    size_t n = 0;

    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        size_t len = (size_t)(end - text) + 1;
        const char *hit = strstr(text, word);

        if (hit != NULL && hit < end) {
            memcpy(out + n, text, len);
            n += len;
        }
        text = end + 1;
    }
    out[n] = '\0';
    return out;
}

const struct case_changed *
last_case(struct day *d)
{
    return mem_last(d->m, REC_CASE_CHANGED);
}

/* A case of early help, unallocated since Friday 26 June 2015, 11:05. */
struct id
a_case(struct day *d, const char *child, int outcome)
{
    decide(d, &(struct decision){ .at = "2015-06-26T11:05:00",
                                  .child = child,
                                  .ref = child,
                                  .outcome = outcome });
    mem_name(d->m, last_case(d)->case_id, child);
    return last_case(d)->case_id;
}

void
allocate(struct day *d, const char *child, const char *at)
{
    act(d, &(struct deed){ .at = at,
                           .activity = ACTIVITY_ALLOCATED,
                           .child = child,
                           .worker = "worker-1" });
}

int
state_of(struct day *d, struct id case_id)
{
    struct case_row like = { .case_id = case_id };
    const struct case_row *c = mem_row(d->m, TABLE_CASE, &like);

    return c == NULL ? 0 : c->state;
}
