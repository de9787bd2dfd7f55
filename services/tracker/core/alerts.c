#include "tracker/core/alerts.h"

#include <inttypes.h>
#include <stdio.h>

#include "tracker/core/subject.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct id
alert_id_of(const struct watched *w, struct str rule, time_ms due_at,
            int32_t raise_number)
{
    char due[32];
    char raised[16];
    struct str parts[] = { id_part(&w->id), rule, STR_NULL, STR_NULL };

    (void)snprintf(due, sizeof due, "%" PRId64, due_at);
    (void)snprintf(raised, sizeof raised, "%" PRId32, raise_number);
    parts[2] = str_of(due);
    parts[3] = str_of(raised);
    return id_derive("alert", parts, N_OF(parts));
}

/* The alert of that key that isn't cleared, and how often it was raised. */
const struct alert_row *
alerts_find(const struct moment *m, struct id subject, struct str rule,
            time_ms due_at, int32_t *raised)
{
    const struct alert_row *open = NULL;
    const struct alert_row *a;
    size_t at = 0;

    *raised = 0;
    while ((a = subject_next(m, TABLE_ALERT, subject, &at)) != NULL) {
        if (a->due_at != due_at || !str_eq(a->rule, rule))
            continue;
        (*raised)++;
        if (a->cleared_at == TIME_NONE)
            open = a;
    }
    return open;
}

bool
alerts_told(const struct moment *m, struct id subject, struct str rule)
{
    const struct alert_row *a;
    size_t at = 0;

    while ((a = subject_next(m, TABLE_ALERT, subject, &at)) != NULL)
        if (str_eq(a->rule, rule))
            return true;
    return false;
}

enum status
alerts_tell(const struct moment *m, const struct watched *w, struct str rule,
            time_ms due_at, int role, struct str unit, struct err *err)
{
    int32_t raised;
    const struct alert_row *open = alerts_find(m, w->id, rule, due_at, &raised);
    struct alert_row a;

    if (open != NULL) {
        a = *open;
        a.stage++;
    } else {
        fields_clear(&tracker_tables[TABLE_ALERT].fields, &a);
        a.alert_id = alert_id_of(w, rule, due_at, raised + 1);
        a.subject_id = w->id;
        a.subject_kind = w->kind;
        a.rule = rule;
        a.due_at = due_at;
        a.raise_number = raised + 1;
        a.stage = 1;
        a.case_id = w->case_id;
        a.child_id = w->child_id;
        a.raised_at = m->step->now;
    }
    a.told = role;
    a.unit = unit;
    a.worker = w->worker;
    a.acknowledged_at = TIME_NONE; /* whoever is told now hasn't seen it */
    rows_put(m->step->rows, TABLE_ALERT, &a);
    return say_alert(m, &a, err);
}

static enum status
clear_one(const struct moment *m, const struct alert_row *alert,
          struct str reason, struct err *err)
{
    struct alert_row a = *alert;

    a.cleared_at = m->step->now;
    rows_put(m->step->rows, TABLE_ALERT, &a);
    return say_cleared(m, &a, reason, err);
}

enum status
alerts_clear(const struct moment *m, struct id subject, struct str rule,
             time_ms due_at, struct str reason, struct err *err)
{
    const struct alert_row *a;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK &&
           (a = subject_next(m, TABLE_ALERT, subject, &at)) != NULL)
        if (a->cleared_at == TIME_NONE &&
            (rule.p == NULL || str_eq(a->rule, rule)) &&
            (due_at == TIME_NONE || a->due_at == due_at))
            rc = clear_one(m, a, reason, err);
    return rc;
}
