#include "triage/core/triage.h"

#include "common/core/records.h"

#include "triage/core/erase.h"
#include "triage/core/journal.h"
#include "triage/core/receive.h"
#include "triage/core/relay.h"
#include "triage/core/resolve.h"
#include "triage/core/screen.h"
#include "triage/core/tables.h"

/* Round 0 finds rows by the record, 1 by those rows, 2 by whom these match. */
#define ROUNDS 3

static void
want(const struct step *step, const struct event *ev, int round)
{
    switch (ev->type) {
    case REC_NOTIFICATION_RECEIVED:
        triage_receive_want(step, ev->body, ev->person, round);
        return;
    case REC_SCREENING_RECORDED:
        if (round < 2)
            triage_screen_want(step, ev->body, round);
        return;
    case REC_MATCH_RESOLVED:
        triage_resolve_want(step, ev->body, round);
        return;
    case REC_ACTIVITY_REPORTED:
        if (round < 2)
            triage_relay_want(step, ev->body, round);
        return;
    case REC_ERASURE_RECORDED:
        triage_erase_want(step, ev->body, round);
        return;
    case REC_CASE_CHANGED:
        if (round == 0)
            triage_journal_want(step, ev->body);
        return;
    default:
        return;
    }
}

static bool
touch(const struct step *step, const struct event *evs, size_t n, int round)
{
    if (round >= ROUNDS)
        return false;
    for (size_t i = 0; i < n; i++)
        want(step, &evs[i], round);
    return true;
}

/* Tracker, metrics and notifier use the version that stands in their input. */
static enum status
pass_on(struct step *step, const struct config_activated *config,
        struct err *err)
{
    const struct str parts[] = { config->name };
    struct config_activated rec = *config;

    fields_clear(&fields_meta, &rec.meta);
    rec.meta.subject = config->name;
    rec.meta.occurred_at = config->meta.occurred_at;
    return out_add(step->out, TOPIC_CASEWORK, id_derive("config", parts, 1),
                   REC_CONFIG_ACTIVATED, &rec, err);
}

static enum status
apply(struct step *step, const struct event *ev, struct err *err)
{
    switch (ev->type) {
    case REC_NOTIFICATION_RECEIVED:
        return triage_receive(step, ev->body, ev->person, err);
    case REC_SCREENING_RECORDED:
        return triage_screen(step, ev->body, err);
    case REC_MATCH_RESOLVED:
        return triage_resolve(step, ev->body, err);
    case REC_ACTIVITY_REPORTED:
        return triage_relay(step, ev->body, err);
    case REC_ERASURE_RECORDED:
        return triage_erase(step, ev->body, err);
    case REC_CONFIG_ACTIVATED:
        return pass_on(step, ev->body, err);
    case REC_CASE_CHANGED:
        return triage_journal(step, ev->body, err);
    case REC_TIME_ADVANCED:
    case REC_HANDOVER_CHANGED:
    case REC_CLOCK_CHANGED:
    case REC_MISSING_EPISODE_CHANGED:
        return ST_OK;
    default:
        return err_set(err, ST_REJECT, "stranger", "triage does not take %s",
                       record_def(ev->type)->fields->name);
    }
}

const struct service_def triage_service = {
    .service = SERVICE_TRIAGE,
    .tables = triage_tables,
    .n_tables = TRIAGE_TABLE_N,
    .inputs = { TOPIC_NOTIFICATIONS, TOPIC_CASE_JOURNAL },
    .n_inputs = 2,
    .outputs = { TOPIC_CASEWORK, TOPIC_FEEDBACK },
    .n_outputs = 2,
    .barrier_inputs = 1u << 1,
    .due_table = -1,
    .touch = touch,
    .step = apply,
};
