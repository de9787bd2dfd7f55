#include "notifier/watch.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/core/codes.h"
#include "common/core/record.h"
#include "notifier/dead_letters.h"

enum { ASK_MS = 2000 };

/* ---- helpers ---------------------------------------------------------------
 */

static struct pg_params
begin(const struct desk *d)
{
    struct pg_params p;

    pg_params_init(&p, d->arena);
    pg_add_i32(&p, d->shard);
    return p;
}

static struct id
derived(const char *tag, struct str what)
{
    return id_derive(tag, &what, 1);
}

static enum status
end_of(struct watch *w, enum topic topic, int64_t *out, struct err *err)
{
    struct kafka_part part = { .topic = topic_name(topic),
                               .partition = w->partition };
    struct kafka_ends ends = { .high = -1 };
    enum status rc;

    if (w->reader == NULL)
        return err_set(err, ST_RETRY, "kafka", "no broker was reached yet");
    rc = kafka_reader_end(w->reader, &part, ASK_MS, &ends, err);
    *out = ends.high;
    return rc;
}

/* ---- D16
 * --------------------------------------------------------------------- */

/* Where the next record of casework would be read, as committed. */
static enum status
casework_position(struct desk *d, int64_t *out, struct err *err)
{
    struct pg_params p = begin(d);
    struct pg_result *res = NULL;
    enum status rc = pg_query(d->pg, "casework_position",
                              "SELECT next_offset FROM position WHERE "
                              "shard = $1 AND topic = 'casework'",
                              &p, &res, err);

    *out = rc == ST_OK && pg_n_rows(res) > 0 ? pg_i64(res, 0, 0) : 0;
    pg_result_close(res);
    return rc;
}

/* Missing children that were due before `until` and have no decision. */
static enum status
raise_missing(struct desk *d, time_ms until, struct err *err)
{
    struct pg_params p = begin(d);
    struct pg_result *res = NULL;
    enum status rc;
    bool raised;

    pg_add_time(&p, until);
    rc = pg_query(d->pg, "missing_due",
                  "SELECT notification_id FROM missing m WHERE shard = $1 AND "
                  "decided_at IS NULL AND due_at < $2 AND NOT EXISTS ("
                  "SELECT 1 FROM incident i WHERE i.shard = m.shard AND "
                  "i.rule = 'D16' AND i.subject_id = m.notification_id)",
                  &p, &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        struct id id = pg_id(res, i, 0);
        struct desk_incident incident = {
            .incident_id = derived("D16", id_part(&id)),
            .rule = "D16",
            .subject_id = id,
            .told = ROLE_DUTY,
            .urgent = true,
        };

        rc = desk_raise(d, &incident, &raised, err);
    }
    pg_result_close(res);
    return rc;
}

/* The MASH manager hears of it beside whom the ladder has reached. */
static enum status
escalate_missing(struct desk *d, struct err *err)
{
    static const char sql[] =
        "WITH i AS (UPDATE incident i SET escalated_at = $2 FROM missing m "
        " WHERE i.shard = $1 AND i.rule = 'D16' AND i.cleared_at IS NULL AND "
        " i.acknowledged_at IS NULL AND i.escalated_at IS NULL AND "
        " m.shard = i.shard AND m.notification_id = i.subject_id AND "
        " m.decided_at IS NULL AND m.manager_at < $2 "
        " RETURNING i.incident_id, i.subject_id) "
        "INSERT INTO notice (shard, notice_id, rung, purpose, rule, told, "
        "subject_id, made_at, send_at, urgent, alert_id) "
        /* A number of its own beside the rungs from 0 on. */
        "SELECT $1, incident_id, 1000, 'incident', 'D16', 'mash_manager', "
        "subject_id, $2, $2, true, incident_id FROM i ON CONFLICT DO NOTHING";
    struct pg_params p = begin(d);

    pg_add_time(&p, d->now);
    return pg_query(d->pg, "missing_escalate", sql, &p, NULL, err);
}

static enum status
clear_missing(struct desk *d, struct err *err)
{
    struct pg_params p = begin(d);

    pg_add_time(&p, d->now);
    return pg_query(d->pg, "missing_clear",
                    "UPDATE incident i SET cleared_at = $2 FROM missing m "
                    "WHERE i.shard = $1 AND i.rule = 'D16' AND "
                    "i.cleared_at IS NULL AND m.shard = i.shard AND "
                    "m.notification_id = i.subject_id AND "
                    "m.decided_at IS NOT NULL",
                    &p, NULL, err);
}

/* An end is asked for, then waited for; what was due before it was asked for
 * and is undecided when it is reached has no decision in the log. */
static enum status
watch_missing(struct watch *w, struct desk *d, struct err *err)
{
    int64_t position = 0;
    time_ms until;
    enum status rc = ST_OK;

    if (w->sampled_at == TIME_NONE) {
        until = d->now;
        rc = end_of(w, TOPIC_CASEWORK, &w->casework_end, err);
        if (rc == ST_OK)
            w->sampled_at = until;
    }
    if (rc == ST_OK)
        rc = casework_position(d, &position, err);
    if (rc == ST_OK && position >= w->casework_end) {
        until = w->sampled_at;
        w->sampled_at = TIME_NONE;
        rc = raise_missing(d, until, err);
    }
    if (rc == ST_OK)
        rc = escalate_missing(d, err);
    return rc == ST_OK ? clear_missing(d, err) : rc;
}

/* ---- time
 * -------------------------------------------------------------------- */

static enum status
raise_still(struct watch *w, struct desk *d, struct str topic,
            struct str service, time_ms heard, struct err *err)
{
    struct err ignored;
    int64_t end = -1, position = 0;
    struct str what = arena_printf(d->arena, "%d %.*s %.*s %" PRId64, d->shard,
                                   STR_ARG(topic), STR_ARG(service), heard);
    struct desk_incident incident = {
        .incident_id = derived("still", what),
        .rule = "still",
        .reference = arena_printf(d->arena, "%.*s of %.*s", STR_ARG(topic),
                                  STR_ARG(service)),
        .told = ROLE_DUTY,
        .urgent = true,
    };
    struct pg_params p = begin(d);
    struct pg_result *res = NULL;
    enum status rc;
    bool raised;

    /* Is it that nobody tells the time, or that we don't read it? */
    pg_add_text(&p, topic);
    rc = pg_query(d->pg, "position_of",
                  "SELECT next_offset FROM position WHERE shard = $1 AND "
                  "topic = $2",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) > 0)
        position = pg_i64(res, 0, 0);
    pg_result_close(res);
    if (rc == ST_OK && end_of(w, topic_find(topic), &end, &ignored) == ST_OK &&
        end > position)
        incident.rule = "lag";
    return rc == ST_OK ? desk_raise(d, &incident, &raised, err) : rc;
}

static enum status
clear_moving(struct watch *w, struct desk *d, struct err *err)
{
    struct pg_params p = begin(d);

    pg_add_time(&p, d->now);
    pg_add_time(&p, d->now - w->still_ms);
    return pg_query(d->pg, "still_clear",
                    "UPDATE incident i SET cleared_at = $2 FROM in_mark m "
                    "WHERE i.shard = $1 AND i.rule IN ('still', 'lag') AND "
                    "i.cleared_at IS NULL AND m.shard = i.shard AND "
                    "i.reference = m.topic || ' of ' || m.service AND "
                    "m.heard >= $3",
                    &p, NULL, err);
}

static enum status
watch_time(struct watch *w, struct desk *d, struct err *err)
{
    struct pg_params p = begin(d);
    struct pg_result *res = NULL;
    enum status rc;

    pg_add_time(&p, d->now - w->still_ms);
    rc = pg_query(d->pg, "still",
                  "SELECT topic, service, max(heard) FROM in_mark "
                  "WHERE shard = $1 AND heard IS NOT NULL "
                  "GROUP BY 1, 2 HAVING max(heard) < $2",
                  &p, &res, err);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++)
        rc = raise_still(w, d, arena_str(d->arena, pg_text(res, i, 0)),
                         arena_str(d->arena, pg_text(res, i, 1)),
                         pg_time(res, i, 2), err);
    pg_result_close(res);
    return rc == ST_OK ? clear_moving(w, d, err) : rc;
}

/* ---- dead letters
 * -------------------------------------------------------------- */

/* Those that were there when it first looked are no news. */
static enum status
watch_dead_letters(struct watch *w, struct desk *d, struct err *err)
{
    struct pg_params p = begin(d);
    struct pg_result *res = NULL;
    int64_t end = 0, before = -1;
    enum status rc = end_of(w, TOPIC_DEAD_LETTERS, &end, err);
    bool raised;

    if (rc != ST_OK)
        return rc;
    pg_add_i64(&p, end);
    rc = pg_query(d->pg, "dead_letters",
                  "WITH b AS (SELECT number FROM seen WHERE shard = $1 AND "
                  "what = 'dead-letters') "
                  "INSERT INTO seen AS s VALUES ($1, 'dead-letters', $2) ON "
                  "CONFLICT (shard, what) DO UPDATE SET number = $2 "
                  "RETURNING coalesce((SELECT number FROM b), -1)",
                  &p, &res, err);
    if (rc == ST_OK)
        before = pg_i64(res, 0, 0);
    pg_result_close(res);
    if (rc == ST_OK && before >= 0 && end > before) {
        struct str what = arena_printf(d->arena, "%d %" PRId64, d->shard, end);
        const struct dead_letters new = { .conn = w->kafka,
                                          .partition = w->partition,
                                          .from = before,
                                          .to = end };
        struct desk_incident incident = {
            .incident_id = derived("dead-letters", what),
            .rule = "dead-letters",
            .reference = dead_letters_told(&new, d->arena),
            .told = ROLE_MASH_MANAGER,
        };

        rc = desk_raise(d, &incident, &raised, err);
    }
    return rc;
}

/* ---- the daily test
 * -------------------------------------------------------------- */

static enum status
watch_channels(struct desk *d, struct err *err)
{
    date_d today = zone_date(d->zone, d->now);
    int64_t min = zone_time_of_day_ms(d->zone, d->now) / MINUTE_MS;
    enum status rc = ST_OK;

    for (size_t i = 0;
         rc == ST_OK && min >= d->staff->test_min && i < d->staff->test_to.n;
         i++) {
        char day[DATE_TEXT_SIZE];
        struct str what = arena_printf(d->arena, "%d %s %.*s", d->shard,
                                       date_text(today, day),
                                       STR_ARG(d->staff->test_to.at[i]));

        rc = desk_test(d, derived("test", what), d->staff->test_to.at[i], err);
    }
    return rc;
}

enum status
watch_round(struct watch *w, struct desk *d, struct err *err)
{
    struct err broker = { .code = "" };
    enum status rc = watch_time(w, d, err);
    enum status asked = ST_OK;

    if (rc == ST_OK)
        rc = watch_channels(d, err);
    if (rc == ST_OK && !pg_is_lost(d->pg))
        asked = watch_missing(w, d, &broker);
    if (rc == ST_OK && asked == ST_OK)
        asked = watch_dead_letters(w, d, &broker);
    if (rc == ST_OK && asked != ST_OK) {
        *err = broker;
        rc = asked;
    }
    return rc;
}
