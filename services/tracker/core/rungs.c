#include "tracker/core/rungs.h"

#include "tracker/core/subject.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* ---- deadlines ----------------------------------------------------------- */

/* The name that alerts of a clock (or a rule without one) go by. */
struct str
rungs_rule(struct str clock)
{
    const struct drift *d = limits_drift(clock);

    return d->rule[0] == '\0' ? clock : str_of(d->rule);
}

void
rungs_remove(const struct moment *m, struct id subject, struct str rule)
{
    const struct deadline_row *d;
    size_t at = 0;

    while ((d = subject_next(m, TABLE_DEADLINE, subject, &at)) != NULL)
        if (str_eq(d->rule, rule))
            rows_delete(m->step->rows, TABLE_DEADLINE, d);
}

static struct deadline_row
deadline_of(const struct moment *m, const struct watched *w, struct str rule,
            time_ms alert_due_at)
{
    struct deadline_row d;

    fields_clear(&tracker_tables[TABLE_DEADLINE].fields, &d);
    d.subject_id = w->id;
    d.rule = rule;
    d.subject_kind = w->kind;
    d.child_id = w->child_id;
    d.alert_due_at = alert_due_at;
    d.profile_version = m->profile_version;
    return d;
}

/* In a quiet moment what is past is not said. */
static bool
is_put(const struct moment *m, time_ms at)
{
    return at != TIME_NEVER && (!m->quiet || at > m->step->now);
}

static void
put_at(const struct moment *m, struct deadline_row *d)
{
    if (d->due_at < m->step->now)
        d->due_at = m->step->now;
    rows_put(m->step->rows, TABLE_DEADLINE, d);
}

void
rungs_put(const struct moment *m, const struct watched *w, struct str rule,
          int32_t stage, time_ms at, time_ms alert_due_at)
{
    struct deadline_row d = deadline_of(m, w, rule, alert_due_at);

    if (!is_put(m, at))
        return;
    d.stage = stage;
    d.due_at = at;
    put_at(m, &d);
}

/* Make of a deadline that fired the one that follows; false where none does. */
static bool
follows(struct deadline_row *d)
{
    time_ms *later[CLOCK_WARNS] = {
        [1] = &d->warn_2_at, [2] = &d->warn_3_at, [3] = &d->warn_4_at
    };

    for (int32_t i = 1; i < CLOCK_WARNS; i++)
        if (*later[i] != TIME_NONE) {
            d->stage = STAGE_WARN + i;
            d->due_at = *later[i];
            *later[i] = TIME_NONE;
            return true;
        }
    if (!d->then_due)
        return false;
    d->stage = STAGE_DUE;
    d->due_at = d->alert_due_at + 1;
    d->then_due = false;
    return true;
}

void
rungs_put_run(const struct moment *m, const struct watched *w, struct str clock,
              const time_ms warn_at[CLOCK_WARNS], bool late, time_ms due_at)
{
    struct deadline_row d = deadline_of(m, w, clock, due_at);
    time_ms said[CLOCK_WARNS];

    for (size_t i = 0; i < CLOCK_WARNS; i++)
        said[i] = is_put(m, warn_at[i]) ? warn_at[i] : TIME_NONE;
    d.warn_2_at = said[1];
    d.warn_3_at = said[2];
    d.warn_4_at = said[3];
    d.then_due = late && is_put(m, due_at + 1);
    d.stage = STAGE_WARN;
    d.due_at = said[0];
    if (d.due_at != TIME_NONE || follows(&d))
        put_at(m, &d);
}

/* ---- rules without a clock ------------------------------------------------
 */

enum status
rungs_watch(const struct moment *m, const struct watched *w, struct str rule,
            time_ms due_at, struct err *err)
{
    rungs_remove(m, w->id, rule);
    if (due_at != TIME_NEVER)
        rungs_put(m, w, rule, STAGE_DUE, due_at + 1, due_at);
    if (m->quiet && due_at < m->step->now) /* not said; by time the next is */
        rungs_put(m, w, rule, STAGE_LONGER,
                  limits_longer(&m->limits, limits_drift(rule), due_at),
                  due_at);
    return alerts_clear(m, w->id, rungs_rule(rule), TIME_NONE, STR("ended"),
                        err);
}

time_ms
rungs_due(const struct moment *m, struct id subject, struct str rule)
{
    const struct deadline_row *d;
    const struct alert_row *a;
    size_t at = 0;

    while ((d = subject_next(m, TABLE_DEADLINE, subject, &at)) != NULL)
        if (str_eq(d->rule, rule))
            return d->alert_due_at;
    at = 0;
    while ((a = subject_next(m, TABLE_ALERT, subject, &at)) != NULL)
        if (a->cleared_at == TIME_NONE && str_eq(a->rule, rungs_rule(rule)))
            return a->due_at;
    return TIME_NONE;
}

enum status
rungs_acknowledge(const struct moment *m, struct id alert_id, struct str by,
                  struct err *err)
{
    const struct alert_row *alert;
    const struct deadline_row *d;
    struct alert_row a;
    size_t at = 0;

    fields_clear(&tracker_tables[TABLE_ALERT].fields, &a);
    a.alert_id = alert_id;
    alert = rows_get(m->step->rows, TABLE_ALERT, &a);
    if (alert == NULL)
        return ST_OK; /* another service raised it, and hears of this too */
    if (alert->cleared_at != TIME_NONE || alert->acknowledged_at != TIME_NONE)
        return err_set(err, ST_REJECT, "R20",
                       "the alert is cleared or acknowledged already");
    a = *alert;
    a.acknowledged_at = m->at;
    a.acknowledged_by = by;
    rows_put(m->step->rows, TABLE_ALERT, &a);
    while ((d = subject_next(m, TABLE_DEADLINE, a.subject_id, &at)) != NULL)
        if ((d->stage == STAGE_DISTRICT || d->stage == STAGE_HEAD) &&
            d->alert_due_at == a.due_at && str_eq(rungs_rule(d->rule), a.rule))
            rows_delete(m->step->rows, TABLE_DEADLINE, d);
    return say_acknowledged(m, &a, err);
}

/* The rungs that answer silence; nobody has been told up to `from`. */
static void
put_upper(const struct moment *m, const struct watched *w, struct str rule,
          time_ms due_at, time_ms from)
{
    time_ms district;
    time_ms head;

    limits_rungs(&m->limits, limits_drift(rule), from, &district, &head);
    rungs_put(m, w, rule, STAGE_DISTRICT, district, due_at);
    rungs_put(m, w, rule, STAGE_HEAD, head, due_at);
}

/* Say that it is late, and set the next rungs. */
static enum status
tell_due(const struct moment *m, const struct watched *w, struct str rule,
         time_ms due_at, time_ms from, struct err *err)
{
    const struct drift *drift = limits_drift(rule);
    const struct {
        int role;
        struct str unit;
    } told[] = {
        { drift->due, w->unit },
        { drift->also, w->also_unit.n > 0 ? w->also_unit : w->unit },
        { drift->third, w->unit },
    };
    time_ms longer = limits_longer(&m->limits, drift, due_at);
    enum status rc = ST_OK;

    for (size_t i = 0; rc == ST_OK && i < N_OF(told); i++)
        if (told[i].role != 0)
            rc = alerts_tell(m, w, rungs_rule(rule), due_at, told[i].role,
                             told[i].unit, err);
    rungs_put(m, w, rule, STAGE_LONGER, longer, due_at);
    if (longer == TIME_NEVER)
        put_upper(m, w, rule, due_at, from);
    return rc;
}

enum status
rungs_raise(const struct moment *m, const struct watched *w, struct str rule,
            time_ms due_at, struct err *err)
{
    int32_t raised;

    if (m->quiet ||
        alerts_find(m, w->id, rungs_rule(rule), due_at, &raised) != NULL)
        return ST_OK;
    return tell_due(m, w, rule, due_at, m->step->now, err);
}

bool
rungs_of_alert(const struct moment *m, const struct deadline_row *deadline,
               struct watched *out)
{
    int32_t raised;
    const struct alert_row *a =
        alerts_find(m, deadline->subject_id, rungs_rule(deadline->rule),
                    deadline->alert_due_at, &raised);

    if (a == NULL)
        return false;
    *out = (struct watched){ .kind = a->subject_kind,
                             .id = a->subject_id,
                             .child_id = a->child_id,
                             .case_id = a->case_id,
                             .unit = a->unit,
                             .worker = a->worker };
    return true;
}

/* The second L3 runs from the end of the first. */
static enum status
put_expiry(const struct moment *m, const struct watched *w,
           const struct deadline_row *d, struct err *err)
{
    time_ms due_at;
    enum status rc =
        limits_due(&m->limits, "L3", d->alert_due_at, &due_at, err);

    if (rc == ST_OK && due_at != TIME_NONE)
        rungs_put(m, w, d->rule, STAGE_EXPIRE, due_at + 1, d->alert_due_at);
    return rc;
}

enum status
rungs_fire(const struct moment *m, const struct watched *w,
           const struct deadline_row *deadline, bool *expired, struct err *err)
{
    const struct drift *drift = limits_drift(deadline->rule);
    struct str rule = rungs_rule(deadline->rule);
    struct deadline_row next = *deadline;
    int role = drift->warn;
    enum status rc = ST_OK;

    *expired = false;
    rows_delete(m->step->rows, TABLE_DEADLINE, deadline);
    if (follows(&next))
        rows_put(m->step->rows, TABLE_DEADLINE, &next);
    switch (deadline->stage) {
    case STAGE_DUE:
        rc = tell_due(m, w, deadline->rule, deadline->alert_due_at,
                      m->step->now - 1, err);
        if (rc == ST_OK && str_is(deadline->rule, "L3"))
            rc = put_expiry(m, w, deadline, err);
        return rc;
    case STAGE_EXPIRE:
        *expired = true;
        return ST_OK;
    case STAGE_LONGER:
        role = drift->longer;
        put_upper(m, w, deadline->rule, deadline->alert_due_at,
                  m->step->now - 1);
        break;
    case STAGE_DISTRICT:
        role = drift->district;
        break;
    case STAGE_HEAD:
        role = drift->head;
        break;
    default:
        break;
    }
    return alerts_tell(m, w, rule, deadline->alert_due_at, role, w->unit, err);
}
