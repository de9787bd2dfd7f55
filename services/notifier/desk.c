#include "notifier/desk.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/core/codes.h"
#include "common/engine/log.h"
#include "notifier/core/ladder.h"

enum {
    GROUP_MAX = 200, /* notices a round */
    TRIES_MIN = 2,   /* one that had to wait for others gets its chance */
    RETRY_CAP_MS = 1800000,
    AGAIN_MS = 3600000, /* behind the head of service it begins again */
};

/* ---- helpers --------------------------------------------------------------
 */

static struct pg_params
begin(const struct desk *d)
{
    struct pg_params p;

    pg_params_init(&p, d->arena);
    pg_add_i32(&p, d->shard);
    return p;
}

static enum status
run(struct desk *d, const char *name, const char *sql,
    const struct pg_params *p, struct err *err)
{
    return pg_query(d->pg, name, sql, p, NULL, err);
}

static struct str
text_of(struct desk *d, const struct pg_result *res, size_t row, size_t column)
{
    return pg_is_null(res, row, column)
               ? STR_NULL
               : arena_str(d->arena, pg_text(res, row, column));
}

/* Ends what was begun; a failure has rolled it back already. */
static enum status
end(struct desk *d, enum status rc, struct err *err)
{
    return rc == ST_OK ? pg_exec(d->pg, "COMMIT", err) : rc;
}

struct str
desk_channel(struct str address, struct str *bare)
{
    *bare = address;
    if (!str_starts(address, STR("mailto:")))
        return STR("hook");
    bare->p += sizeof "mailto:" - 1;
    bare->n -= sizeof "mailto:" - 1;
    return STR("mail");
}

/* ---- incidents -------------------------------------------------------------
 */

static enum status
raise_one(struct desk *d, const struct desk_incident *in, bool *raised,
          struct err *err)
{
    static const char sql[] =
        "WITH i AS (INSERT INTO incident (shard, incident_id, rule, "
        "subject_id, reference, raised_at) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT DO NOTHING RETURNING incident_id) "
        "INSERT INTO notice (shard, notice_id, rung, purpose, rule, told, "
        "subject_id, reference, made_at, send_at, urgent, alert_id) "
        "SELECT $1, incident_id, 0, 'incident', $3, $7, $4, $5, $6, $8, $9, "
        "incident_id FROM i ON CONFLICT DO NOTHING RETURNING notice_id";
    const struct settings_version *v =
        d->settings == NULL ? NULL : settings_current(d->settings);
    struct pg_params p = begin(d);
    struct pg_result *res = NULL;
    enum status rc;

    pg_add_id(&p, in->incident_id);
    pg_add_text(&p, str_of(in->rule));
    pg_add_id(&p, in->subject_id);
    pg_add_text(&p, in->reference);
    pg_add_time(&p, d->now);
    pg_add_text(&p, str_of(codes_word(&codes_alert_role, in->told)));
    pg_add_time(
        &p, ladder_send_at(v == NULL ? NULL : v->profile,
                           d->settings == NULL ? NULL : d->settings->calendar,
                           in->told, in->urgent, d->now));
    pg_add_bool(&p, in->urgent);
    rc = pg_query(d->pg, "incident_raise", sql, &p, &res, err);
    *raised = rc == ST_OK && pg_n_rows(res) > 0;
    if (*raised)
        log_error("incident", "authority=%.*s rule=%s reference=\"%.*s\"",
                  STR_ARG(d->authority), in->rule, STR_ARG(in->reference));
    pg_result_close(res);
    return rc;
}

enum status
desk_raise(struct desk *d, const struct desk_incident *incident, bool *raised,
           struct err *err)
{
    return raise_one(d, incident, raised, err);
}

/* Somebody could not be told: whoever answers for that hears of it. */
static enum status
raise_undelivered(struct desk *d, struct id of, const struct notice *n,
                  const char *code, struct err *err)
{
    struct str part = id_part(&of);
    struct desk_incident incident = {
        .incident_id = id_derive("undelivered", &part, 1),
        .rule = "delivery",
        .subject_id = n->notice_id,
        .reference =
            arena_printf(d->arena, "%.*s to %.*s: %s", STR_ARG(n->rule),
                         STR_ARG(n->told.p == NULL ? n->party : n->told), code),
        .told = str_is(n->purpose, "answer") ? ROLE_SCREENER : ROLE_DUTY,
        .urgent = n->urgent,
    };
    bool raised;

    /* An incident about an incident would never end; it climbs instead. */
    if (str_is(n->purpose, "incident"))
        return ST_OK;
    return raise_one(d, &incident, &raised, err);
}

/* ---- up the ladder ---------------------------------------------------------
 */

static enum status
climb(struct desk *d, const struct notice *n, struct err *err)
{
    static const char sql[] =
        "INSERT INTO notice (shard, notice_id, rung, purpose, rule, told, "
        "unit, worker, party, subject_kind, subject_id, reference, due_at, "
        "made_at, send_at, urgent, alert_id) "
        "SELECT shard, notice_id, rung + 1, purpose, rule, $4, unit, worker, "
        "party, subject_kind, subject_id, reference, due_at, made_at, $5, "
        "urgent, alert_id FROM notice "
        "WHERE shard = $1 AND notice_id = $2 AND rung = $3 "
        "ON CONFLICT DO NOTHING";
    int role = codes_find(&codes_alert_role, n->told);
    struct pg_params p = begin(d);

    if (role == 0 || str_is(n->purpose, "test"))
        return ST_OK; /* an agency, a school, a test: nobody stands behind */
    pg_add_id(&p, n->notice_id);
    pg_add_i32(&p, n->rung);
    pg_add_text(&p, str_of(codes_word(&codes_alert_role, ladder_next(role))));
    pg_add_time(&p, role == ROLE_HEAD_OF_SERVICE ? d->now + AGAIN_MS : d->now);
    log_warn("next_on_ladder", "authority=%.*s rule=%.*s after=%.*s rung=%d",
             STR_ARG(d->authority), STR_ARG(n->rule), STR_ARG(n->told),
             n->rung + 1);
    return run(d, "notice_climb", sql, &p, err);
}

/* ---- from notices to messages ----------------------------------------------
 */

/* A notice that is due. */
struct due {
    struct notice notice;
    struct str worker;
    struct str state;
    time_ms send_at;
    bool wanted;
    struct str address; /* of whom it is for; null: nobody */
    struct str person;
    struct id message_id;
};

static enum status
read_due(struct desk *d, struct due **out, size_t *n, struct err *err)
{
    static const char sql[] =
        "SELECT notice_id, rung, purpose, rule, told, unit, party, worker, "
        "urgent, state, send_at, is_wanted(n) FROM notice n "
        "WHERE shard = $1 AND state IN ('new', 'released') AND send_at <= $2 "
        "ORDER BY urgent DESC, send_at, notice_id LIMIT $3 "
        "FOR UPDATE SKIP LOCKED";
    struct pg_params p = begin(d);
    struct pg_result *res = NULL;
    enum status rc;

    pg_add_time(&p, d->now);
    pg_add_i32(&p, GROUP_MAX);
    rc = pg_query(d->pg, "notice_due", sql, &p, &res, err);
    *n = rc == ST_OK ? pg_n_rows(res) : 0;
    *out = arena_array(d->arena, *n + 1, sizeof **out);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = (struct due){
            .notice = { .notice_id = pg_id(res, i, 0),
                        .rung = pg_i32(res, i, 1),
                        .purpose = text_of(d, res, i, 2),
                        .rule = text_of(d, res, i, 3),
                        .told = text_of(d, res, i, 4),
                        .unit = text_of(d, res, i, 5),
                        .party = text_of(d, res, i, 6),
                        .urgent = pg_bool(res, i, 8) },
            .worker = text_of(d, res, i, 7),
            .state = text_of(d, res, i, 9),
            .send_at = pg_time(res, i, 10),
            .wanted = pg_bool(res, i, 11),
        };
    pg_result_close(res);
    return rc;
}

static void
find_address(struct desk *d, struct due *due)
{
    const struct notice *n = &due->notice;
    struct staff_ask ask = { .role = codes_find(&codes_alert_role, n->told),
                             .unit = n->unit,
                             .worker = due->worker,
                             .zone = d->zone,
                             .at = d->now };
    const struct staff_person *person = NULL;

    if (str_is(n->purpose, "test"))
        person = staff_person(d->staff, n->party);
    else if (ask.role != 0)
        person = staff_find(d->staff, &ask);
    if (person != NULL) {
        due->address = person->address;
        due->person = person->id;
    } else if (ask.role == 0) {
        due->address = staff_party_address(d->staff, n->party);
        due->person = n->party;
    }
}

static enum status
set_state(struct desk *d, const struct notice *n, const char *state,
          struct id message_id, struct err *err)
{
    struct pg_params p = begin(d);

    pg_add_id(&p, n->notice_id);
    pg_add_i32(&p, n->rung);
    pg_add_text(&p, str_of(state));
    pg_add_id(&p, message_id);
    return run(d, "notice_state",
               "UPDATE notice SET state = $4, message_id = $5 WHERE "
               "shard = $1 AND notice_id = $2 AND rung = $3",
               &p, err);
}

/* Alerts that can wait go to one address in one message. */
static struct id
message_of(const struct due *all, size_t i)
{
    const struct due *due = &all[i];
    char rung[16];
    struct str parts[] = { id_part(&due->notice.notice_id), STR_NULL };

    for (size_t k = 0; k < i; k++)
        if (!due->notice.urgent && str_is(due->notice.purpose, "alert") &&
            !all[k].notice.urgent && str_is(all[k].notice.purpose, "alert") &&
            !id_is_none(all[k].message_id) &&
            str_eq(all[k].address, due->address))
            return all[k].message_id;
    (void)snprintf(rung, sizeof rung, "%d", due->notice.rung);
    parts[1] = str_of(rung);
    return id_derive("message", parts, 2);
}

static enum status
make_message(struct desk *d, const struct due *due, struct err *err)
{
    static const char sql[] =
        "INSERT INTO message (shard, message_id, person, channel, address, "
        "urgent, first_at, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) "
        "ON CONFLICT DO NOTHING";
    struct pg_params p = begin(d);
    struct str bare;
    struct str channel = desk_channel(due->address, &bare);
    enum status rc;

    pg_add_id(&p, due->message_id);
    pg_add_text(&p, due->person);
    pg_add_text(&p, channel);
    pg_add_text(&p, bare);
    pg_add_bool(&p, due->notice.urgent);
    pg_add_time(&p, d->now);
    rc = run(d, "message_new", sql, &p, err);
    return rc == ST_OK
               ? set_state(d, &due->notice, "grouped", due->message_id, err)
               : rc;
}

/* An agency that is not listed asks by its receipts; a school can't. */
static enum status
tell_nobody(struct desk *d, const struct notice *n, struct err *err)
{
    enum status rc = set_state(d, n, "nobody", ID_NONE, err);

    if (rc == ST_OK)
        rc = climb(d, n, err);
    if (rc == ST_OK && !str_is(n->purpose, "answer"))
        rc = raise_undelivered(d, n->notice_id, n, "nobody is listed", err);
    return rc;
}

static enum status
group_one(struct desk *d, struct due *all, size_t i, size_t *held,
          struct err *err)
{
    struct due *due = &all[i];

    if (!due->wanted)
        return set_state(d, &due->notice, "withdrawn", ID_NONE, err);
    if (str_is(due->state, "new") &&
        d->now - due->send_at > d->limits->hold_after_ms) {
        ++*held;
        return set_state(d, &due->notice, "held", ID_NONE, err);
    }
    find_address(d, due);
    if (due->address.p == NULL)
        return tell_nobody(d, &due->notice, err);
    due->message_id = message_of(all, i);
    return make_message(d, due, err);
}

/* Held deliveries are no silence: one incident an hour says that there are. */
static enum status
raise_held(struct desk *d, size_t held, struct err *err)
{
    struct str hour =
        arena_printf(d->arena, "%d %" PRId64, d->shard, d->now / HOUR_MS);
    struct desk_incident incident = {
        .incident_id = id_derive("held", &hour, 1),
        .rule = "held",
        .reference = arena_printf(d->arena, "%zu or more", held),
        .told = ROLE_DUTY,
        .urgent = true,
    };
    bool raised;

    return held == 0 ? ST_OK : raise_one(d, &incident, &raised, err);
}

enum status
desk_group(struct desk *d, size_t *n, struct err *err)
{
    struct due *all = NULL;
    size_t held = 0;
    enum status rc = pg_exec(d->pg, "BEGIN", err);

    *n = 0;
    if (rc != ST_OK)
        return rc;
    rc = read_due(d, &all, n, err);
    for (size_t i = 0; rc == ST_OK && i < *n; i++)
        rc = group_one(d, all, i, &held, err);
    if (rc == ST_OK)
        rc = raise_held(d, held, err);
    return end(d, rc, err);
}

/* ---- attempts --------------------------------------------------------------
 */

static enum status
take(struct desk *d, bool urgent_only, struct message *out, bool *found,
     struct err *err)
{
    static const char sql[] =
        "WITH m AS (UPDATE message SET tries = tries + 1, next_at = $3 "
        " WHERE shard = $1 AND message_id = (SELECT message_id FROM message "
        "  WHERE shard = $1 AND state = 'ready' AND next_at <= $2 AND "
        "  (urgent OR NOT $4) ORDER BY urgent DESC, next_at LIMIT 1 "
        "  FOR UPDATE SKIP LOCKED) RETURNING *), "
        "a AS (INSERT INTO attempt (shard, message_id, try, begun_at) "
        " SELECT shard, message_id, tries, $2 FROM m) "
        "SELECT message_id, person, channel, address, urgent, tries, first_at "
        "FROM m";
    struct pg_params p = begin(d);
    struct pg_result *res = NULL;
    enum status rc;

    pg_add_time(&p, d->now);
    pg_add_time(&p, d->now + d->limits->lease_ms);
    pg_add_bool(&p, urgent_only);
    rc = pg_query(d->pg, "message_take", sql, &p, &res, err);
    *found = rc == ST_OK && pg_n_rows(res) > 0;
    if (*found)
        *out = (struct message){ .message_id = pg_id(res, 0, 0),
                                 .person = text_of(d, res, 0, 1),
                                 .channel = text_of(d, res, 0, 2),
                                 .address = text_of(d, res, 0, 3),
                                 .urgent = pg_bool(res, 0, 4),
                                 .tries = pg_i32(res, 0, 5),
                                 .first_at = pg_time(res, 0, 6) };
    pg_result_close(res);
    return rc;
}

static enum status
read_notices(struct desk *d, struct message *m, struct err *err)
{
    static const char sql[] =
        "SELECT notice_id, rung, purpose, rule, told, unit, party, "
        "subject_kind, subject_id, reference, alert_id, due_at, made_at, "
        "urgent FROM notice n WHERE shard = $1 AND message_id = $2 "
        "AND is_wanted(n) ORDER BY made_at, notice_id";
    struct pg_params p = begin(d);
    struct pg_result *res = NULL;
    struct notice *list;
    enum status rc;

    pg_add_id(&p, m->message_id);
    rc = pg_query(d->pg, "notice_of", sql, &p, &res, err);
    m->n = rc == ST_OK ? pg_n_rows(res) : 0;
    list = arena_array(d->arena, m->n + 1, sizeof *list);
    for (size_t i = 0; i < m->n; i++)
        list[i] = (struct notice){ .notice_id = pg_id(res, i, 0),
                                   .rung = pg_i32(res, i, 1),
                                   .purpose = text_of(d, res, i, 2),
                                   .rule = text_of(d, res, i, 3),
                                   .told = text_of(d, res, i, 4),
                                   .unit = text_of(d, res, i, 5),
                                   .party = text_of(d, res, i, 6),
                                   .subject_kind = text_of(d, res, i, 7),
                                   .subject_id = pg_id(res, i, 8),
                                   .reference = text_of(d, res, i, 9),
                                   .alert_id = pg_id(res, i, 10),
                                   .due_at = pg_time(res, i, 11),
                                   .made_at = pg_time(res, i, 12),
                                   .urgent = pg_bool(res, i, 13) };
    m->notices = list;
    pg_result_close(res);
    return rc;
}

/* How an attempt ends: state of the message, and when it is next due. */
struct ending {
    const char *state;
    time_ms next_at;
    const char *outcome;
    const char *detail;
};

static enum status
write_ending(struct desk *d, const struct message *m, const struct ending *e,
             struct err *err)
{
    static const char sql[] =
        "WITH a AS (UPDATE attempt SET ended_at = $4, outcome = $5, "
        " detail = $6 WHERE shard = $1 AND message_id = $2 AND try = $3) "
        "UPDATE message SET state = $7, outcome = $5, next_at = $8, "
        "ended_at = CASE WHEN $7 = 'ready' THEN NULL ELSE $4 END "
        "WHERE shard = $1 AND message_id = $2 AND state = 'ready'";
    struct pg_params p = begin(d);

    pg_add_id(&p, m->message_id);
    pg_add_i32(&p, m->tries);
    pg_add_time(&p, d->now);
    pg_add_text(&p, str_of(e->outcome));
    pg_add_text(&p, str_of(e->detail));
    pg_add_text(&p, str_of(e->state));
    pg_add_time(&p, e->next_at);
    return run(d, "message_end", sql, &p, err);
}

enum status
desk_claim(struct desk *d, bool urgent_only, struct message *out, bool *found,
           struct err *err)
{
    struct ending over = { .state = "withdrawn",
                           .next_at = d->now,
                           .outcome = "withdrawn",
                           .detail = "nobody needs to hear it any more" };
    enum status rc = take(d, urgent_only, out, found, err);

    if (rc == ST_OK && *found)
        rc = read_notices(d, out, err);
    if (rc == ST_OK && *found && out->n == 0)
        rc = write_ending(d, out, &over, err);
    return rc;
}

static time_ms
retry_at(const struct desk *d, const struct message *m)
{
    int64_t wait_ms = d->limits->retry_first_ms;

    for (int i = 1; i < m->tries && wait_ms < RETRY_CAP_MS; i++)
        wait_ms *= 2;
    return d->now + (wait_ms < RETRY_CAP_MS ? wait_ms : RETRY_CAP_MS);
}

enum status
desk_note(struct desk *d, const struct message *m, enum status outcome,
          const struct err *why, struct err *err)
{
    int64_t patience_ms =
        m->urgent ? d->limits->urgent_give_up_ms : d->limits->give_up_ms;
    struct ending e = { .state = "sent", .next_at = d->now, .outcome = "ok" };
    bool failed;
    enum status rc = pg_exec(d->pg, "BEGIN", err);

    if (rc != ST_OK)
        return rc;
    if (outcome != ST_OK) {
        e = (struct ending){ .state = "ready",
                             .next_at = retry_at(d, m),
                             .outcome = why->code,
                             .detail = why->text };
        if (outcome != ST_RETRY ||
            (d->now - m->first_at >= patience_ms && m->tries >= TRIES_MIN))
            e.state = "failed";
    }
    failed = outcome != ST_OK && e.state[0] == 'f';
    rc = write_ending(d, m, &e, err);
    for (size_t i = 0; rc == ST_OK && failed && i < m->n; i++)
        rc = climb(d, &m->notices[i], err);
    if (rc == ST_OK && failed && m->n > 0)
        rc =
            raise_undelivered(d, m->message_id, &m->notices[0], why->code, err);
    return end(d, rc, err);
}

/* ---- tests ------------------------------------------------------------------
 */

enum status
desk_test(struct desk *d, struct id notice_id, struct str person,
          struct err *err)
{
    static const char sql[] =
        "INSERT INTO notice (shard, notice_id, rung, purpose, rule, party, "
        "made_at, send_at, urgent) VALUES ($1, $2, 0, 'test', 'test', $3, $4, "
        "$4, false) ON CONFLICT DO NOTHING";
    struct pg_params p = begin(d);

    pg_add_id(&p, notice_id);
    pg_add_text(&p, person);
    pg_add_time(&p, d->now);
    return run(d, "notice_test", sql, &p, err);
}
