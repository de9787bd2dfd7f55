#include "cli/rerun.h"

#include <stdlib.h>
#include <string.h>

#include "cli/shadow.h"
#include "common/adapters/configurer.h"
#include "common/adapters/profile_json.h"
#include "common/engine/memory.h"
#include "tracker/core/tracker.h"
#include "triage/core/triage.h"

enum { PROFILE_MEMORY = 64 << 20 };

struct rerun {
    struct rerun_options o;
    struct arena *arena;
    struct configurer configurer;
    struct configurer_texts *texts;
    struct shadow *triage;
    struct shadow *tracker;
    size_t heard_casework; /* of what triage said, given to tracker */
    size_t heard_journal;  /* of what tracker said, given to triage */
    bool switched;         /* the other profile holds */
    struct config_activated other;
    struct rerun_decision *at;
    size_t n;
};

static struct event
event_of(const struct rerun *r, const struct shadow_said *said,
         enum service service)
{
    return (struct event){ .type = said->type,
                           .topic = said->topic,
                           .origin = { .service = service,
                                       .authority = r->o.authority->partition,
                                       .incarnation = 1 },
                           .body = said->body };
}

/* Tracker reads casework as it comes. */
static enum status
tracker_reads(struct rerun *r, struct err *err)
{
    enum status rc = ST_OK;
    size_t n;

    while (rc == ST_OK && r->heard_casework < (shadow_said(r->triage, &n), n)) {
        const struct shadow_said *said =
            &shadow_said(r->triage, &n)[r->heard_casework++];
        struct event ev = event_of(r, said, SERVICE_TRIAGE);

        if (said->topic == TOPIC_CASEWORK)
            rc = shadow_apply(r->tracker, &ev, err);
    }
    return rc;
}

static enum status
triage_hears(struct rerun *r, struct err *err)
{
    enum status rc = ST_OK;
    size_t n;

    while (rc == ST_OK && r->heard_journal < (shadow_said(r->tracker, &n), n)) {
        const struct shadow_said *said =
            &shadow_said(r->tracker, &n)[r->heard_journal++];
        struct event ev = event_of(r, said, SERVICE_TRACKER);

        if (said->topic == TOPIC_CASE_JOURNAL)
            rc = shadow_apply(r->triage, &ev, err);
    }
    return rc;
}

static enum status
activate(struct rerun *r, const struct config_activated *rec, struct err *err)
{
    struct config_text text = { .config_kind = rec->config_kind,
                                .name = rec->name,
                                .version = rec->version,
                                .hash = rec->hash,
                                .text = rec->text };

    return r->configurer.activate(r->configurer.self, &text, err);
}

static enum status
apply(struct rerun *r, const struct event *ev, struct err *err)
{
    enum status rc = ST_OK;

    if (ev->type == REC_CONFIG_ACTIVATED)
        rc = activate(r, ev->body, err);
    if (rc == ST_OK)
        rc = shadow_apply(r->triage, ev, err);
    if (rc == ST_OK)
        rc = tracker_reads(r, err);
    if (rc == ST_OK &&
        (!r->o.authority->log_clock || ev->type == REC_TIME_ADVANCED))
        rc = triage_hears(r, err);
    return rc;
}

/* ---- the other profile ---- */

static enum status
read_other(struct rerun *r, struct err *err)
{
    struct profile p;
    enum status rc;

    if (r->o.profile.p == NULL)
        return ST_OK;
    rc = profile_json_read(r->arena, r->o.profile, &p, err);
    if (rc != ST_OK)
        return rc;
    fields_clear(&fields_config_activated, &r->other);
    r->other.config_kind = CONFIG_PROFILE;
    r->other.name = p.id;
    r->other.version = p.version_id;
    r->other.hash = p.hash;
    r->other.text = r->o.profile;
    return ST_OK;
}

/* From the first message on or after the instant; time alone changes nothing.
 */
static enum status
switch_over(struct rerun *r, const struct event *next, struct err *err)
{
    const struct meta *meta = event_meta(next);
    struct event ev = *next;

    if (r->switched || r->o.profile.p == NULL ||
        next->type == REC_TIME_ADVANCED || meta->recorded_at < r->o.from)
        return ST_OK;
    r->switched = true;
    r->other.meta.recorded_at = meta->recorded_at;
    r->other.meta.occurred_at = meta->recorded_at;
    r->other.meta.profile_version = r->other.version;
    ev.type = REC_CONFIG_ACTIVATED;
    ev.body = &r->other;
    ev.person = NULL;
    return apply(r, &ev, err);
}

static bool
is_replaced(const struct rerun *r, const struct event *ev)
{
    const struct config_activated *rec = ev->body;

    return r->switched && ev->type == REC_CONFIG_ACTIVATED &&
           rec->config_kind == CONFIG_PROFILE;
}

/* ---- what came of it ---- */

static int
compare(const void *a, const void *b)
{
    const struct rerun_decision *x = a, *y = b;
    int by_id = memcmp(&x->rec->notification_id, &y->rec->notification_id,
                       sizeof x->rec->notification_id);

    return by_id != 0 ? by_id : (x->order > y->order) - (x->order < y->order);
}

static enum status
collect(struct rerun *r, struct err *err)
{
    size_t n, all = 0;
    const struct shadow_said *said = shadow_said(r->triage, &n);

    r->at = calloc(n + 1, sizeof *r->at);
    if (r->at == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory");
    for (size_t i = 0; i < n; i++)
        if (said[i].type == REC_REFERRAL_DECIDED)
            r->at[all++] =
                (struct rerun_decision){ .rec = said[i].body, .order = i };
    qsort(r->at, all, sizeof *r->at, compare);
    for (size_t i = 0; i < all; i++)
        if (i + 1 == all || memcmp(&r->at[i].rec->notification_id,
                                   &r->at[i + 1].rec->notification_id,
                                   sizeof r->at[i].rec->notification_id) != 0)
            r->at[r->n++] = r->at[i];
    return ST_OK;
}

const struct rerun_decision *
rerun_decisions(const struct rerun *r, size_t *n)
{
    *n = r->n;
    return r->at;
}

/* ---- all of it ---- */

static enum status
open_shadows(struct rerun *r, struct err *err)
{
    struct shadow_options options = {
        .def = &triage_service,
        .settings = r->configurer.settings,
        .authority = r->o.authority->partition,
        .authority_name = r->o.authority->name,
    };

    r->triage = shadow_open(&options);
    options.def = &tracker_service;
    r->tracker = shadow_open(&options);
    if (r->triage == NULL || r->tracker == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory");
    return ST_OK;
}

enum status
rerun_run(const struct rerun_options *options, struct rerun **out,
          struct err *err)
{
    struct rerun *r = calloc(1, sizeof *r);
    enum status rc;

    *out = r;
    if (r == NULL || (r->arena = memory_open(PROFILE_MEMORY)) == NULL ||
        (r->texts = configurer_open(&r->configurer)) == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory");
    r->o = *options;
    rc = open_shadows(r, err);
    if (rc == ST_OK)
        rc = read_other(r, err);
    for (size_t i = 0; rc == ST_OK && i < options->past->n; i++) {
        const struct event *ev = &options->past->at[i];

        rc = switch_over(r, ev, err);
        if (rc == ST_OK && !is_replaced(r, ev))
            rc = apply(r, ev, err);
    }
    return rc == ST_OK ? collect(r, err) : rc;
}

void
rerun_close(struct rerun *r)
{
    if (r == NULL)
        return;
    shadow_close(r->triage);
    shadow_close(r->tracker);
    configurer_close(r->texts);
    memory_close(r->arena);
    free(r->at);
    free(r);
}
