#include "tracker/core/caseload.h"

#include "tracker/core/rungs.h"
#include "tracker/core/subject.h"

#define D13 STR("D13")

static struct id
subject_of(struct str worker)
{
    return id_derive("worker", &worker, 1);
}

static void
like_worker(struct str worker, struct worker_row *like)
{
    fields_clear(&tracker_tables[TABLE_WORKER].fields, like);
    like->worker = worker;
}

void
caseload_want(struct rows *rows, struct str worker)
{
    struct worker_row like;

    if (worker.n == 0)
        return;
    like_worker(worker, &like);
    rows_want(rows, TABLE_WORKER, &like);
    subject_want(rows, subject_of(worker));
}

static time_ms
month_of(const struct moment *m)
{
    const struct zone *zone = &m->limits.setting.cal->zone;
    date_d d = zone_date(zone, m->step->now);

    return zone_start_of_day(zone, d - date_ymd(d).day + 1);
}

static enum status
count(const struct moment *m, const struct case_row *c, struct str worker,
      int32_t change, struct err *err)
{
    int over = m->limits.profile->drift.caseload_over;
    struct watched w = { .kind = CLOCK_SUBJECT_WORKER,
                         .unit = c->unit,
                         .worker = worker };
    const struct worker_row *known;
    struct worker_row row;

    if (worker.n == 0)
        return ST_OK;
    like_worker(worker, &row);
    known = rows_get(m->step->rows, TABLE_WORKER, &row);
    row.open_cases = (known == NULL ? 0 : known->open_cases) + change;
    rows_put(m->step->rows, TABLE_WORKER, &row);
    w.id = subject_of(worker);
    if (over < 0)
        return ST_OK;
    if (row.open_cases <= over)
        return rungs_watch(m, &w, D13, TIME_NEVER, err);
    return change < 0 ? ST_OK : rungs_raise(m, &w, D13, month_of(m), err);
}

enum status
caseload_moved(const struct moment *m, const struct case_row *c,
               struct str before, struct str now, struct err *err)
{
    enum status rc;

    if (str_eq(before, now))
        return ST_OK;
    rc = count(m, c, before, -1, err);
    return rc == ST_OK ? count(m, c, now, 1, err) : rc;
}
