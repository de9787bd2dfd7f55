#include "intake/writer.h"

#include <stdio.h>
#include <string.h>

#include "common/engine/log.h"
#include "common/engine/memory.h"
#include "common/engine/monotonic.h"

enum {
    MEMORY_MAX = 512 << 20, /* of one group */
    WAIT_MS = 10000,        /* longest wait for the database */
    LOCK_MS = 5000,         /* and for the shard's row */
    /* An instance that stands still under the lock, as a stopped process or a
     * paused machine does, must not keep the others out for longer. */
    IDLE_MS = 1000,
    ASK_PAUSE_MS = 1000, /* between two tries to ask the log */
};

void
writer_at(const struct writer *w, const char *place)
{
    if (w->options.at != NULL)
        w->options.at(w->options.at_self, place);
}

enum status
writer_open(struct writer *w, const struct append_options *options,
            struct append_stats *stats, struct err *err)
{
    w->options = *options;
    w->stats = stats;
    w->n_configs = -1;
    atomic_store(&w->terms, options->terms);
    w->arena = memory_open(MEMORY_MAX);
    if (w->arena == NULL)
        return err_set(err, ST_FATAL, "memory", "no memory for a writer");
    w->avro = avro_open(err);
    return w->avro == NULL ? ST_FATAL : ST_OK;
}

void
writer_close(struct writer *w)
{
    pg_close(w->pg);
    avro_close(w->avro);
    memory_close(w->arena);
    terms_close(atomic_load(&w->terms));
}

void
writer_serve(struct writer *w)
{
    atomic_store(&w->serving, 1);
}

const struct terms *
writer_terms(const struct writer *w)
{
    return atomic_load(&w->terms);
}

void
writer_params(const struct writer *w, struct pg_params *p)
{
    pg_params_init(p, w->arena);
    pg_add_i16(p, (int16_t)w->options.partition);
}

static enum status
connect(struct writer *w, struct err *err)
{
    struct pg_options options = { .conninfo = w->options.conninfo,
                                  .application_name = "waymark-intake-append",
                                  .wait_ms = WAIT_MS,
                                  .lock_timeout_ms = LOCK_MS,
                                  .idle_timeout_ms = IDLE_MS,
                                  .plan_by_key = true };
    struct pg_params p;
    struct str sql;
    enum status rc;

    if (w->pg != NULL && !pg_is_lost(w->pg))
        return ST_OK;
    pg_close(w->pg);
    w->pg = NULL;
    rc = pg_open(&options, &w->pg, err);
    if (rc != ST_OK)
        return rc;
    sql =
        arena_printf(w->arena, "SET search_path TO \"%s\"", w->options.schema);
    rc = pg_exec(w->pg, sql.p, err);
    writer_params(w, &p);
    pg_add_text(&p, w->options.authority);
    if (rc == ST_OK) /* a row that is gone is no new authority's */
        rc = pg_query(w->pg, NULL,
                      "INSERT INTO shard (shard, authority) SELECT $1, $2 "
                      "WHERE NOT EXISTS (SELECT 1 FROM turn WHERE shard = $1) "
                      "ON CONFLICT DO NOTHING",
                      &p, NULL, err);
    w->asked = w->agreed = false;
    if (rc != ST_OK) {
        pg_close(w->pg);
        w->pg = NULL;
    }
    return rc;
}

static enum append_away
away_of(const struct err *err)
{
    return strcmp(err->code, "restore") == 0 ? APPEND_AWAY_RESTORE
           : strcmp(err->code, "fork") == 0  ? APPEND_AWAY_FORK
                                             : APPEND_AWAY_NOT;
}

/* The log's end, once a connection; while Kafka is away callers don't queue
 * up behind the same question. */
static enum status
ask_log(struct writer *w, struct err *err)
{
    enum status rc;

    if (w->asked)
        return ST_OK;
    if (monotonic_us() < w->ask_at_us) {
        *err = w->unasked;
        return ST_RETRY;
    }
    rc = agree_ask(&w->options.agree, &w->log, err);
    w->asked = rc == ST_OK;
    if (rc != ST_OK) {
        w->ask_at_us = monotonic_us() + (int64_t)ASK_PAUSE_MS * 1000;
        w->unasked = *err;
    }
    return rc;
}

/*
 * A COMMIT whose outcome is unknown has lost its connection, so what it may
 * have given out is looked for in the log before its numbers are taken again.
 */
enum status
writer_connect(struct writer *w, struct err *err)
{
    enum status rc;

    if (!atomic_load(&w->serving))
        return err_set(err, ST_RETRY, "start", "not let in yet");
    rc = connect(w, err);
    if (rc != ST_OK || w->agreed)
        return rc;
    rc = ask_log(w, err);
    if (rc == ST_OK)
        rc = agree_check(w->pg, &w->options.agree, &w->log, err);
    w->agreed = rc == ST_OK;
    atomic_store(&w->stats->away, rc == ST_OK ? APPEND_AWAY_NOT : away_of(err));
    return rc == ST_FATAL ? ST_RETRY : rc;
}

void
writer_rollback(struct writer *w)
{
    struct err ignored;

    if (w->pg != NULL && !pg_is_lost(w->pg) &&
        pg_exec(w->pg, "ROLLBACK", &ignored) != ST_OK) {
        pg_close(w->pg);
        w->pg = NULL;
    }
}

/* The newest of a kind; nothing where none was ever activated. */
static enum status
read_text(struct writer *w, const char *kind, struct config_text *out,
          struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    writer_params(w, &p);
    pg_add_text(&p, str_of(kind));
    rc = pg_query(w->pg, NULL,
                  "SELECT config_kind, name, version, hash, text FROM config "
                  "WHERE shard = $1 AND config_kind = $2 "
                  "ORDER BY n DESC LIMIT 1",
                  &p, &res, err);
    *out = (struct config_text){ .config_kind = 0 };
    if (rc == ST_OK && pg_n_rows(res) > 0)
        *out = (struct config_text){
            .config_kind = codes_find(&codes_config_kind, pg_text(res, 0, 0)),
            .name = arena_str(w->arena, pg_text(res, 0, 1)),
            .version = arena_str(w->arena, pg_text(res, 0, 2)),
            .hash = arena_str(w->arena, pg_text(res, 0, 3)),
            .text = arena_str(w->arena, pg_text(res, 0, 4)),
        };
    pg_result_close(res);
    return rc;
}

struct newest {
    struct config_text profile;
    struct config_text calendar;
    struct config_text staff; /* no text: none */
};

static enum status
read_newest(struct writer *w, struct newest *out, struct err *err)
{
    enum status rc = read_text(w, "profile", &out->profile, err);

    if (rc == ST_OK)
        rc = read_text(w, "calendar", &out->calendar, err);
    if (rc == ST_OK)
        rc = read_text(w, "staff", &out->staff, err);
    if (rc == ST_OK &&
        (out->profile.text.p == NULL || out->calendar.text.p == NULL))
        rc = err_set(err, ST_FATAL, "config",
                     "no profile or no calendar was ever activated");
    return rc;
}

static bool
is_known(const struct terms *now, const struct newest *newest)
{
    return str_eq(newest->profile.version, now->profile_text.version) &&
           str_eq(newest->calendar.version, now->calendar_text.version) &&
           str_eq(newest->staff.version, now->staff_text.version);
}

/* Takes `newer`. */
static void
put_terms(struct writer *w, struct terms *newer)
{
    newer->older = atomic_load(&w->terms);
    atomic_store(&w->terms, newer);
}

enum status
writer_learn(struct writer *w, int64_t n_configs, struct err *err)
{
    struct terms *now = atomic_load(&w->terms);
    struct newest newest;
    struct terms_texts texts = { .profile = &newest.profile,
                                 .calendar = &newest.calendar,
                                 .staff = &newest.staff };
    struct terms *newer;
    enum status rc;

    if (n_configs == 0 || n_configs == w->n_configs)
        return ST_OK;
    rc = read_newest(w, &newest, err);
    if (rc != ST_OK)
        return rc;
    if (!is_known(now, &newest)) {
        rc = terms_of_texts(&texts, now->agencies, &newer, err);
        if (rc != ST_OK) /* it checked when it was activated */
            return rc == ST_REJECT ? ST_FATAL : rc;
        put_terms(w, newer);
        log_info("profile_learnt", "authority=%.*s version=%.*s",
                 STR_ARG(w->options.authority), STR_ARG(newer->version));
    }
    w->n_configs = n_configs;
    return ST_OK;
}

enum status
writer_register(struct writer *w, const struct agencies *agencies,
                struct err *err)
{
    struct terms *newer;
    enum status rc =
        terms_with_agencies(atomic_load(&w->terms), agencies, &newer, err);

    if (rc == ST_OK)
        put_terms(w, newer);
    return rc;
}

void
writer_adopt(struct writer *w, int64_t n_configs, struct terms *newer)
{
    w->n_configs = n_configs;
    if (newer != NULL)
        put_terms(w, newer);
}

void
writer_failed(struct writer *w, const struct err *err)
{
    atomic_store(&w->stats->ready, 0);
    if (strcmp(w->said, err->code) == 0 || !atomic_load(&w->serving))
        return; /* said, or told by who has not let it in yet */
    (void)snprintf(w->said, sizeof w->said, "%s", err->code);
    log_warn("append_fails", "authority=%.*s code=%s why=\"%s\"",
             STR_ARG(w->options.authority), err->code, err->text);
}

void
writer_worked(struct writer *w)
{
    atomic_store(&w->worked_us, monotonic_us());
    atomic_store(&w->stats->ready, 1);
    w->said[0] = '\0';
}

int64_t
writer_worked_us(const struct writer *w)
{
    return atomic_load(&w->worked_us);
}
