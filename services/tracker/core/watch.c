#include "tracker/core/watch.h"

#include <stdio.h>

#include "tracker/core/rungs.h"
#include "tracker/core/subject.h"

#define PAUSES_MAX 64 /* of one run; more are a sender's mistake */
#define L4_CHASES 3   /* chased every 5 working days before the 20th: D09 */

static const struct watch_end moved = { .change = CLOCK_MOVED,
                                        .reason = { "ended", 5 } };

const struct clock_row *
watch_clock(const struct moment *m, struct id subject, struct str clock)
{
    struct clock_row like;

    fields_clear(&tracker_tables[TABLE_CLOCK].fields, &like);
    like.subject_id = subject;
    like.clock = clock;
    return rows_get(m->step->rows, TABLE_CLOCK, &like);
}

static bool
runs(const struct clock_row *k)
{
    return k != NULL && (k->state == CLOCK_STARTED || k->state == CLOCK_PAUSED);
}

const struct clock_row *
watch_next_clock(const struct moment *m, struct id subject, size_t *at)
{
    return subject_next(m, TABLE_CLOCK, subject, at);
}

bool
watch_runs(const struct moment *m, struct id subject, struct str clock)
{
    return runs(watch_clock(m, subject, clock));
}

/* ---- runs ---------------------------------------------------------------- */

struct run {
    struct clock_spec spec;
    struct clock_pause pauses[PAUSES_MAX];
    struct clock_run run;
};

static bool
open_run(const struct moment *m, struct id subject, struct str clock,
         time_ms start, int rag, struct run *out)
{
    char id[CLOCK_ID_SIZE];
    const struct pause_row *p;
    size_t at = 0;

    (void)snprintf(id, sizeof id, "%.*s", STR_ARG(clock));
    if (!limits_clock(&m->limits, id, rag, &out->spec))
        return false;
    out->run = (struct clock_run){ .start = start,
                                   .pauses = out->pauses,
                                   .birth = DATE_NONE };
    while ((p = subject_next(m, TABLE_PAUSE, subject, &at)) != NULL)
        if (str_eq(p->clock, clock) && out->run.n_pauses < PAUSES_MAX)
            out->pauses[out->run.n_pauses++] = (struct clock_pause){
                .from = p->from_at,
                .to = p->to_at == TIME_NONE ? TIME_NEVER : p->to_at,
            };
    return true;
}

/* When a chase of L4 falls due: every so many working days, until it is late.
 */
static size_t
chases(const struct moment *m, const struct run *r, time_ms due_at,
       time_ms out[CLOCK_WARNS])
{
    struct clock_spec spec = r->spec;
    int every = m->limits.profile->drift.intent_chase_working_days;
    size_t n = 0;

    while (every > 0 && n < L4_CHASES) {
        spec.length = every * (int)(n + 1);
        if (clock_due(&spec, &m->limits.setting, &r->run, &out[n], NULL) !=
                ST_OK ||
            out[n] >= due_at)
            break;
        n++;
    }
    return n;
}

/* Of the warnings whose time is past when a run begins or goes on the last is
 * said at once, as long as there is time left to warn of. */
static bool
is_said(const struct moment *m, const time_ms *warnings, size_t n, size_t i,
        time_ms due_at)
{
    time_ms now = m->step->now;

    return warnings[i] >= now ||
           (due_at >= now && (i + 1 == n || warnings[i + 1] > now));
}

/* Deadlines of a run that is due at `due_at`. */
static enum status
put_deadlines(const struct moment *m, const struct watched *w, struct str clock,
              const struct run *r, time_ms due_at, struct err *err)
{
    time_ms warnings[CLOCK_WARNS];
    time_ms said[CLOCK_WARNS];
    size_t n = 0;
    enum status rc;

    if (due_at == TIME_NEVER)
        return ST_OK;
    rc = clock_warnings(&r->spec, &m->limits.setting, &r->run, due_at, warnings,
                        &n, err);
    if (rc != ST_OK)
        return rc;
    if (str_is(clock, "L4"))
        n = chases(m, r, due_at, warnings);
    for (size_t i = 0; i < CLOCK_WARNS; i++)
        said[i] = i < n && limits_drift(clock)->warn != 0 &&
                          is_said(m, warnings, n, i, due_at)
                      ? warnings[i]
                      : TIME_NONE;
    rungs_put_run(m, w, clock, said, !r->spec.planning, due_at);
    return ST_OK;
}

static void
forget_pauses(const struct moment *m, struct id subject, struct str clock)
{
    const struct pause_row *p;
    size_t at = 0;

    while ((p = subject_next(m, TABLE_PAUSE, subject, &at)) != NULL)
        if (str_eq(p->clock, clock))
            rows_delete(m->step->rows, TABLE_PAUSE, p);
}

enum status
watch_start(const struct moment *m, const struct watched *w, struct str clock,
            time_ms start, struct err *err)
{
    struct clock_row k;
    struct run r;
    time_ms due_at;
    enum status rc;

    if (watch_runs(m, w->id, clock))
        return ST_OK;
    forget_pauses(m, w->id, clock);
    if (!open_run(m, w->id, clock, start, w->rag, &r))
        return ST_OK;
    rc = clock_due(&r.spec, &m->limits.setting, &r.run, &due_at, err);
    if (rc != ST_OK)
        return rc;
    fields_clear(&tracker_tables[TABLE_CLOCK].fields, &k);
    k.subject_id = w->id;
    k.clock = clock;
    k.subject_kind = w->kind;
    k.child_id = w->child_id;
    k.state = CLOCK_STARTED;
    k.started_at = start;
    k.due_at = due_at;
    k.rag = w->rag;
    k.profile_version = m->profile_version;
    rows_put(m->step->rows, TABLE_CLOCK, &k);
    rc = put_deadlines(m, w, clock, &r, due_at, err);
    return rc == ST_OK ? say_clock(m, &k, CLOCK_STARTED, w->unit, err) : rc;
}

/* Nobody waits for this run any more. */
static enum status
end_watch(const struct moment *m, const struct clock_row *k, struct str reason,
          struct err *err)
{
    rungs_remove(m, k->subject_id, k->clock);
    return alerts_clear(m, k->subject_id, rungs_rule(k->clock), k->due_at,
                        reason, err);
}

enum status
watch_stop(const struct moment *m, const struct watched *w, struct str clock,
           const struct watch_end *end, struct err *err)
{
    const struct clock_row *running = watch_clock(m, w->id, clock);
    struct clock_row k;
    struct run r;
    enum status rc;

    if (!runs(running))
        return ST_OK;
    k = *running;
    k.state = end->change;
    k.stopped_at = m->at;
    k.by_closing = end->by_closing;
    if (end->change == CLOCK_STOPPED)
        k.late = k.due_at != TIME_NONE &&
                         open_run(m, w->id, clock, k.started_at, k.rag, &r) &&
                         clock_is_late(&r.spec, k.due_at, m->at)
                     ? TRI_YES
                     : TRI_NO;
    rows_put(m->step->rows, TABLE_CLOCK, &k);
    rc = end_watch(m, running, end->reason, err);
    return rc == ST_OK ? say_clock(m, &k, end->change, w->unit, err) : rc;
}

enum status
watch_stop_all(const struct moment *m, const struct watched *w,
               const struct watch_end *end, struct err *err)
{
    const struct deadline_row *d;
    const struct clock_row *k;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK &&
           (k = subject_next(m, TABLE_CLOCK, w->id, &at)) != NULL)
        rc = watch_stop(m, w, k->clock, end, err);
    at = 0;
    while ((d = subject_next(m, TABLE_DEADLINE, w->id, &at)) != NULL)
        rows_delete(m->step->rows, TABLE_DEADLINE, d);
    if (rc == ST_OK)
        rc = alerts_clear(m, w->id, STR_NULL, TIME_NONE, end->reason, err);
    return rc;
}

enum status
watch_reopen(const struct moment *m, const struct watched *w, struct err *err)
{
    const struct clock_row *stopped;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK &&
           (stopped = subject_next(m, TABLE_CLOCK, w->id, &at)) != NULL) {
        struct clock_row k = *stopped;
        struct run r;

        if (!k.by_closing || runs(stopped) ||
            !open_run(m, w->id, k.clock, k.started_at, k.rag, &r))
            continue;
        k.state = k.due_at == TIME_NONE ? CLOCK_PAUSED : CLOCK_STARTED;
        k.stopped_at = TIME_NONE;
        k.late = TRI_UNKNOWN;
        k.by_closing = false;
        rows_put(m->step->rows, TABLE_CLOCK, &k);
        if (k.due_at != TIME_NONE)
            rc = put_deadlines(m, w, k.clock, &r, k.due_at, err);
        if (rc == ST_OK)
            rc = say_clock(m, &k, CLOCK_STARTED, w->unit, err);
    }
    return rc;
}

/* The due time follows from start and pauses anew; what hung on the old one
 * goes. */
static enum status
move_due(const struct moment *m, const struct watched *w,
         const struct clock_row *running, const struct run *r, int change,
         struct err *err)
{
    struct clock_row k = *running;
    time_ms due_at;
    enum status rc =
        clock_due(&r->spec, &m->limits.setting, &r->run, &due_at, err);

    if (rc != ST_OK)
        return rc;
    k.state = change == CLOCK_PAUSED ? CLOCK_PAUSED : CLOCK_STARTED;
    k.due_at = due_at == TIME_NEVER ? TIME_NONE : due_at;
    if (k.due_at != running->due_at) {
        rc = end_watch(m, running, moved.reason, err);
        if (rc == ST_OK)
            rc = put_deadlines(m, w, k.clock, r, due_at, err);
    }
    rows_put(m->step->rows, TABLE_CLOCK, &k);
    return rc == ST_OK ? say_clock(m, &k, change, w->unit, err) : rc;
}

static bool
is_meant(const struct clock_row *k, struct str clock, int state)
{
    return k->state == state && (clock.n == 0 || str_eq(k->clock, clock));
}

enum status
watch_pause(const struct moment *m, const struct watched *w, struct str clock,
            struct err *err)
{
    const struct clock_row *k;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK &&
           (k = subject_next(m, TABLE_CLOCK, w->id, &at)) != NULL) {
        struct pause_row p;
        struct run r;

        if (!is_meant(k, clock, CLOCK_STARTED) ||
            !open_run(m, w->id, k->clock, k->started_at, k->rag, &r) ||
            !r.spec.pausable)
            continue;
        fields_clear(&tracker_tables[TABLE_PAUSE].fields, &p);
        p.subject_id = w->id;
        p.clock = k->clock;
        p.from_at = m->at;
        rows_put(m->step->rows, TABLE_PAUSE, &p);
        (void)open_run(m, w->id, k->clock, k->started_at, k->rag, &r);
        rc = move_due(m, w, k, &r, CLOCK_PAUSED, err);
    }
    return rc;
}

static void
end_pauses(const struct moment *m, struct id subject, struct str clock)
{
    const struct pause_row *open;
    size_t at = 0;

    while ((open = subject_next(m, TABLE_PAUSE, subject, &at)) != NULL) {
        struct pause_row p = *open;

        if (p.to_at != TIME_NONE || !str_eq(p.clock, clock))
            continue;
        p.to_at = m->at > p.from_at ? m->at : p.from_at;
        rows_put(m->step->rows, TABLE_PAUSE, &p);
    }
}

enum status
watch_resume(const struct moment *m, const struct watched *w, struct str clock,
             struct err *err)
{
    const struct clock_row *k;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK &&
           (k = subject_next(m, TABLE_CLOCK, w->id, &at)) != NULL) {
        struct run r;

        if (!is_meant(k, clock, CLOCK_PAUSED))
            continue;
        end_pauses(m, w->id, k->clock);
        if (open_run(m, w->id, k->clock, k->started_at, k->rag, &r))
            rc = move_due(m, w, k, &r, CLOCK_RESUMED, err);
    }
    return rc;
}

/* The pause that a correction takes back, or opens again. */
static void
restore_pause(const struct moment *m, struct id subject, struct str clock,
              bool paused)
{
    const struct pause_row *last = NULL;
    const struct pause_row *p;
    struct pause_row again;
    size_t at = 0;

    while ((p = subject_next(m, TABLE_PAUSE, subject, &at)) != NULL)
        if (str_eq(p->clock, clock) &&
            (last == NULL || p->from_at > last->from_at))
            last = p;
    if (last == NULL)
        return;
    again = *last;
    again.to_at = TIME_NONE;
    if (paused)
        rows_put(m->step->rows, TABLE_PAUSE, &again);
    else if (last->to_at == TIME_NONE)
        rows_delete(m->step->rows, TABLE_PAUSE, last);
}

enum status
watch_restore(const struct moment *m, const struct watched *w,
              const struct deed_clock_row *before, struct err *err)
{
    const struct clock_row *now = watch_clock(m, w->id, before->clock);
    struct clock_row k;
    struct run r;
    int change = CLOCK_VOID;
    enum status rc;

    if (now == NULL)
        return ST_OK;
    k = *now;
    rc = end_watch(m, now, STR("corrected"), err);
    k.state = before->state;
    k.started_at = before->started_at;
    k.due_at = before->due_at;
    k.stopped_at = before->stopped_at;
    k.late = before->late;
    k.by_closing = before->by_closing;
    rows_put(m->step->rows, TABLE_CLOCK, &k);
    if (runs(&k)) {
        change = k.state;
        restore_pause(m, w->id, k.clock, k.state == CLOCK_PAUSED);
    }
    if (rc == ST_OK && runs(&k) && k.due_at != TIME_NONE &&
        open_run(m, w->id, k.clock, k.started_at, k.rag, &r))
        rc = put_deadlines(m, w, k.clock, &r, k.due_at, err);
    return rc == ST_OK ? say_clock(m, &k, change, w->unit, err) : rc;
}

/* One clock of a merged case goes over, if it is due before the survivor's. */
static enum status
take_over_one(const struct moment *m, const struct watched *w,
              const struct clock_row *theirs, struct err *err)
{
    const struct clock_row *ours = watch_clock(m, w->id, theirs->clock);
    struct clock_row k = *theirs;
    struct run r;
    enum status rc = ST_OK;

    if (!runs(theirs) || theirs->due_at == TIME_NONE ||
        (runs(ours) && ours->due_at != TIME_NONE &&
         ours->due_at <= theirs->due_at))
        return ST_OK;
    if (!open_run(m, w->id, k.clock, k.started_at, k.rag, &r))
        return ST_OK;
    if (runs(ours))
        rc = end_watch(m, ours, moved.reason, err);
    k.subject_id = w->id;
    k.child_id = w->child_id;
    rows_put(m->step->rows, TABLE_CLOCK, &k);
    if (rc == ST_OK)
        rc = put_deadlines(m, w, k.clock, &r, k.due_at, err);
    if (rc == ST_OK)
        rc = say_clock(m, &k, runs(ours) ? CLOCK_MOVED : CLOCK_STARTED, w->unit,
                       err);
    return rc;
}

enum status
watch_take_over(const struct moment *m, const struct watched *w, struct id from,
                struct err *err)
{
    const struct clock_row *k;
    enum status rc = ST_OK;
    size_t at = 0;

    while (rc == ST_OK && (k = subject_next(m, TABLE_CLOCK, from, &at)) != NULL)
        rc = take_over_one(m, w, k, err);
    return rc;
}

time_ms
watch_paused_since(const struct moment *m, struct id subject)
{
    const struct pause_row *p;
    time_ms since = TIME_NONE;
    size_t at = 0;

    while ((p = subject_next(m, TABLE_PAUSE, subject, &at)) != NULL) {
        const struct clock_row *k = watch_clock(m, subject, p->clock);

        if (p->to_at == TIME_NONE && k != NULL && k->state == CLOCK_PAUSED &&
            (since == TIME_NONE || p->from_at < since))
            since = p->from_at;
    }
    return since;
}

enum status
watch_birth(const struct moment *m, const struct watched *w, struct err *err)
{
    const struct clock_row *k = watch_clock(m, w->id, STR("T7"));
    struct run r;

    if (!runs(k) || !open_run(m, w->id, k->clock, k->started_at, k->rag, &r))
        return ST_OK;
    r.run.birth = zone_date(&m->limits.setting.cal->zone, m->at);
    return move_due(m, w, k, &r, CLOCK_MOVED, err);
}
