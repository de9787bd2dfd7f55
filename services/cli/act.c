/* waymark act, ack: what people did, recorded at intake from a terminal. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/act_role.h"
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/json.h"
#include "common/adapters/staff_json.h"
#include "intake/core/kinds.h"

enum {
    FIELDS_MAX = 64,
    TEXT_MAX = 1 << 20,
};

/* A FIELD=VALUE of the command line. */
struct said {
    struct str name;
    struct str value;
};

/* What is to be recorded, and by whom. */
struct act {
    struct cli *cli;
    struct pg *pg;
    int32_t shard;
    int activity;
    const char *by;
    struct str now; /* RFC 3339: the tracker's with the log clock */
    struct said said[FIELDS_MAX];
    size_t n_said;
    struct id alert_id; /* of alert_acknowledged, else null */
    bool has_staff;
    struct staff staff;
};

/* One case that it is about. */
struct target {
    struct id case_id;
    struct id child_id; /* where no case is meant */
    struct act_subject subject;
};

/* ---- the command line -------------------------------------------------- */

static struct str
said_of(const struct act *a, const char *name)
{
    for (size_t i = 0; i < a->n_said; i++)
        if (str_is(a->said[i].name, name))
            return a->said[i].value;
    return STR_NULL;
}

/* Only fields that the activity's form has, so that a typing error is one. */
static bool
read_said(struct act *a, const char *word)
{
    const char *equals = strchr(word, '=');
    struct said s;

    if (equals == NULL || equals == word) {
        (void)cli_usage(a->cli, "\"%s\": want FIELD=VALUE", word);
        return false;
    }
    s.name = (struct str){ .p = word, .n = (size_t)(equals - word) };
    s.value = str_of(equals + 1);
    if (form_find(kinds_activity(a->activity), s.name) == NULL ||
        str_is(s.name, "subject")) {
        (void)cli_usage(a->cli,
                        "%s has no field \"%.*s\"; waymark template %s names "
                        "them",
                        codes_word(&codes_activity, a->activity),
                        STR_ARG(s.name),
                        codes_word(&codes_activity, a->activity));
        return false;
    }
    a->said[a->n_said++] = s;
    return true;
}

static bool
read_activity(struct act *a, const char *word)
{
    for (int i = 1; i <= ACTIVITY_LAST; i++)
        if (strcmp(codes_word(&codes_activity, i), word) == 0)
            a->activity = i;
    if (a->activity != 0)
        return true;
    (void)cli_usage(a->cli, "there is no activity \"%s\"", word);
    return false;
}

/* ---- who may ----------------------------------------------------------- */

/* An authority without a staff list leaves it to its own rules. */
static enum status
open_staff(struct act *a, struct err *err)
{
    const char *folder = cli_text(a->cli, "profiles");
    const char *authority = cli_text(a->cli, "authority");
    struct str path =
        arena_printf(a->cli->arena, "%s/staff/%s.json", folder, authority);

    if (access(path.p, F_OK) != 0)
        return ST_OK;
    a->has_staff = true;
    return staff_read(folder, str_of(authority), a->cli->arena, &a->staff, err);
}

/* True where the list lets `by` do it, or there is none. */
static bool
may(const struct act *a, const struct target *t)
{
    const struct staff_person *p;

    if (!a->has_staff)
        return true;
    p = staff_person(&a->staff, str_of(a->by));
    if (p == NULL)
        return false;
    if (a->activity == ACTIVITY_ALERT_ACKNOWLEDGED)
        return act_may_acknowledge(p, &t->subject);
    return act_may(p, a->activity, &t->subject, said_of(a, "unit"));
}

/* ---- the record -------------------------------------------------------- */

static void
put_list(struct json_out *o, struct str value)
{
    json_out_array(o);
    while (value.n > 0) {
        const char *comma = memchr(value.p, ',', value.n);
        size_t n = comma == NULL ? value.n : (size_t)(comma - value.p);

        json_out_str(o, (struct str){ .p = value.p, .n = n });
        value.p += n + (comma != NULL);
        value.n -= n + (comma != NULL);
    }
    json_out_array_end(o);
}

/* corrects=AGENCY/REF */
static void
put_key(struct json_out *o, struct str value)
{
    const char *slash = memchr(value.p, '/', value.n);
    size_t n = slash == NULL ? value.n : (size_t)(slash - value.p);

    json_out_object(o);
    json_out_kstr(o, "agency_id", (struct str){ .p = value.p, .n = n });
    if (slash != NULL)
        json_out_kstr(o, "agency_ref",
                      (struct str){ .p = slash + 1, .n = value.n - n - 1 });
    json_out_object_end(o);
}

static void
put_said(struct json_out *o, const struct act *a, const struct said *s)
{
    const struct form_field *f =
        form_find(kinds_activity(a->activity), s->name);
    char name[64];

    (void)snprintf(name, sizeof name, "%.*s", STR_ARG(s->name));
    json_out_key(o, name);
    if (f->type == FORM_SET || f->type == FORM_GRADES)
        put_list(o, s->value);
    else if (f->type == FORM_OBJECT)
        put_key(o, s->value);
    else if (f->type == FORM_BOOL &&
             (str_is(s->value, "true") || str_is(s->value, "false")))
        json_out_bool(o, str_is(s->value, "true"));
    else
        json_out_str(o, s->value);
}

/* The same deed on the same case at the same time has the same reference. */
static struct str
reference_of(const struct act *a, const struct target *t, struct str at)
{
    struct str parts[FIELDS_MAX + 6] = {
        str_of(codes_word(&codes_activity, a->activity)),
        id_part(&t->case_id),
        id_part(&t->child_id),
        id_part(&a->alert_id),
        str_of(a->by),
        at,
    };
    char text[ID_TEXT_SIZE];
    struct id id;

    for (size_t i = 0; i < a->n_said; i++)
        parts[6 + i] = a->said[i].value;
    id = id_derive("terminal", parts, 6 + a->n_said);
    return arena_printf(a->cli->arena, "act-%s", id_text(id, text));
}

/* What is acknowledged may be about no child: a worker's caseload, a topic. */
static void
put_subject(struct json_out *o, const struct target *t)
{
    char text[ID_TEXT_SIZE];

    if (id_is_none(t->case_id) && id_is_none(t->child_id))
        return;
    json_out_key(o, "subject");
    json_out_object(o);
    if (!id_is_none(t->case_id))
        json_out_kcstr(o, "case_id", id_text(t->case_id, text));
    else
        json_out_kcstr(o, "child_id", id_text(t->child_id, text));
    json_out_object_end(o);
}

static struct str
record_of(const struct act *a, const struct target *t)
{
    struct str at = said_of(a, "occurred_at");
    struct str ref = said_of(a, "agency_ref");
    char text[ID_TEXT_SIZE];
    struct json_out o;

    if (at.p == NULL)
        at = a->now;
    if (ref.p == NULL)
        ref = reference_of(a, t, at);
    json_out_init(&o, a->cli->arena);
    json_out_object(&o);
    json_out_kcstr(&o, "agency_id", cli_text(a->cli, "agency"));
    json_out_kstr(&o, "agency_ref", ref);
    json_out_kcstr(&o, "activity", codes_word(&codes_activity, a->activity));
    json_out_kstr(&o, "occurred_at", at);
    json_out_kcstr(&o, "by", a->by);
    for (size_t i = 0; i < a->n_said; i++)
        if (!str_is(a->said[i].name, "occurred_at") &&
            !str_is(a->said[i].name, "agency_ref"))
            put_said(&o, a, &a->said[i]);
    if (!id_is_none(a->alert_id))
        json_out_kcstr(&o, "alert_id", id_text(a->alert_id, text));
    put_subject(&o, t);
    json_out_object_end(&o);
    return json_out_text(&o);
}

/* ---- whom it is about -------------------------------------------------- */

#define CASE_COLUMNS "case_id, child_id, side, unit, worker"
#define IS_OPEN "state NOT IN ('closed', 'merged', 'transferred')"

static struct target
target_at(const struct act *a, const struct pg_result *res, size_t row)
{
    struct target t = { .subject = { .side = 0 } };

    t.case_id = pg_id(res, row, 0);
    t.child_id = pg_id(res, row, 1);
    t.subject.side = codes_find(&codes_side, pg_text(res, row, 2));
    t.subject.unit = arena_str(a->cli->arena, pg_text(res, row, 3));
    t.subject.worker = arena_str(a->cli->arena, pg_text(res, row, 4));
    return t;
}

static enum status
find_case(const struct act *a, const char *word, struct target *out,
          struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    struct id id;
    enum status rc;

    if (!id_parse(str_of(word), &id))
        return err_set(err, ST_REJECT, "usage",
                       "a case's id has 36 characters");
    pg_params_init(&p, a->cli->arena);
    pg_add_i32(&p, a->shard);
    pg_add_id(&p, id);
    rc = pg_query(a->pg, NULL,
                  "SELECT " CASE_COLUMNS " FROM tracker.cases WHERE shard = $1 "
                  "AND case_id = $2",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_REJECT, "R22", "there is no such case");
    if (rc == ST_OK)
        *out = target_at(a, res, 0);
    pg_result_close(res);
    return rc;
}

/* Notifier's own findings, where notifier has ever been. */
static enum status
find_incident(const struct act *a, struct target *out, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    bool there;
    enum status rc = cli_has_table(a->pg, "notifier", "incident", &there, err);

    if (rc == ST_OK && !there)
        return err_set(err, ST_REJECT, "R22", "there is no such alert");
    pg_params_init(&p, a->cli->arena);
    pg_add_i32(&p, a->shard);
    pg_add_id(&p, a->alert_id);
    if (rc == ST_OK)
        rc = pg_query(a->pg, NULL,
                      "SELECT rule FROM notifier.incident WHERE shard = $1 AND "
                      "incident_id = $2",
                      &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_REJECT, "R22", "there is no such alert");
    if (rc == ST_OK) {
        out->subject.rule = arena_str(a->cli->arena, pg_text(res, 0, 0));
        out->subject.incident = true;
    }
    pg_result_close(res);
    return rc;
}

/* The alert's case, or the child whom it is about, if any. */
static enum status
find_alert(const struct act *a, struct target *out, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    bool found;
    enum status rc;

    pg_params_init(&p, a->cli->arena);
    pg_add_i32(&p, a->shard);
    pg_add_id(&p, a->alert_id);
    rc = pg_query(a->pg, NULL,
                  "SELECT a.case_id, a.child_id, "
                  "c.side, a.unit, a.worker, a.rule FROM tracker.alert a LEFT "
                  "JOIN tracker.cases c ON c.shard = a.shard AND c.case_id = "
                  "a.case_id WHERE a.shard = $1 AND a.alert_id = $2",
                  &p, &res, err);
    found = rc == ST_OK && pg_n_rows(res) > 0;
    if (found) {
        *out = target_at(a, res, 0);
        out->subject.rule = arena_str(a->cli->arena, pg_text(res, 0, 5));
    }
    pg_result_close(res);
    return rc == ST_OK && !found ? find_incident(a, out, err) : rc;
}

/* ---- the world --------------------------------------------------------- */

/* With the log clock nothing may be said of what its clock hasn't reached. */
static enum status
read_now(struct act *a, bool log_clock, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    enum status rc;

    pg_params_init(&p, a->cli->arena);
    pg_add_i32(&p, a->shard);
    pg_add_bool(&p, log_clock);
    rc = pg_query(a->pg, NULL,
                  "SELECT to_char(CASE WHEN $2 THEN now ELSE "
                  "clock_timestamp() END AT TIME ZONE 'UTC', "
                  "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') FROM tracker.shard "
                  "WHERE shard = $1",
                  &p, &res, err);
    if (rc == ST_OK && (pg_n_rows(res) == 0 || pg_text(res, 0, 0).n == 0))
        rc = err_set(err, ST_RETRY, "shard",
                     "tracker has not begun on this authority");
    if (rc == ST_OK)
        a->now = arena_str(a->cli->arena, pg_text(res, 0, 0));
    pg_result_close(res);
    return rc;
}

static enum status
open_world(struct act *a, struct err *err)
{
    const char *name = cli_text(a->cli, "authority");
    const struct authority *authority;
    struct authorities all;
    enum status rc;

    a->by = cli_text(a->cli, "by");
    if (a->by == NULL || name == NULL || cli_text(a->cli, "agency") == NULL)
        return err_set(err, ST_REJECT, "usage",
                       "want --by ID, --authority A and --agency ID");
    rc = cli_authorities(a->cli, &all, err);
    if (rc != ST_OK)
        return rc;
    authority = authorities_find(&all, str_of(name));
    if (authority == NULL)
        return err_set(err, ST_REJECT, "config",
                       "authority \"%s\" is not in authorities.json", name);
    a->shard = authority->partition;
    rc = cli_pg(a->cli, &a->pg, err);
    if (rc == ST_OK)
        rc = read_now(a, authority->log_clock, err);
    return rc == ST_OK ? open_staff(a, err) : rc;
}

static enum cli_exit
refuse(const struct act *a)
{
    fprintf(stderr, "waymark %s: R23: the staff list doesn't let %s do that\n",
            a->cli->verb->name, a->by);
    return CLI_DIFFERENT;
}

/* One record, and what intake says to it. */
static enum cli_exit
tell(const struct act *a, const struct target *t)
{
    struct err err = { .code = "" };
    struct ask_answer answer;
    enum status rc;

    if (!may(a, t))
        return refuse(a);
    rc = ask_intake(a->cli, "/v1/activities", record_of(a, t), &answer, &err);
    if (rc != ST_OK)
        return cli_fail(a->cli, rc, &err);
    if (answer.status != ASK_ACCEPTED)
        return ask_refused(a->cli, &answer);
    printf("%.*s\n", STR_ARG(answer.body));
    return CLI_DONE;
}

/* ---- many cases -------------------------------------------------------- */

/* Rows for all open cases of a worker; what he may not do is said and left. */
static enum status
write_rows(const struct act *a, const char *worker, const char *path,
           size_t *refused, struct err *err)
{
    struct pg_result *res = NULL;
    struct pg_params p;
    FILE *to = NULL;
    enum status rc;

    pg_params_init(&p, a->cli->arena);
    pg_add_i32(&p, a->shard);
    pg_add_text(&p, str_of(worker));
    rc = pg_query(a->pg, NULL,
                  "SELECT " CASE_COLUMNS " FROM tracker.cases WHERE shard = $1 "
                  "AND worker = $2 AND " IS_OPEN " ORDER BY opened_at, case_id",
                  &p, &res, err);
    if (rc == ST_OK && (to = fopen(path, "wx")) == NULL)
        rc = err_set(err, ST_REJECT, "config", "%s can't be written", path);
    for (size_t i = 0; rc == ST_OK && i < pg_n_rows(res); i++) {
        struct target t = target_at(a, res, i);
        char text[ID_TEXT_SIZE];

        if (may(a, &t)) {
            (void)fprintf(to, "%.*s\n", STR_ARG(record_of(a, &t)));
            continue;
        }
        fprintf(stderr,
                "waymark act: %s: R23: the staff list doesn't let %s "
                "do that\n",
                id_text(t.case_id, text), a->by);
        ++*refused;
    }
    if (to != NULL && fclose(to) != 0 && rc == ST_OK)
        rc = err_set(err, ST_RETRY, "file", "%s can't be written", path);
    pg_result_close(res);
    return rc;
}

static char *
word(const struct cli *cli, const char *text)
{
    return arena_copy(cli->arena, text, strlen(text) + 1);
}

/* The verb send takes the rows: a result a row, and resumable. */
static enum cli_exit
send_rows(const struct act *a, const char *path)
{
    static const char *const passed[] = { "agency", "authority", "key",
                                          "kid",    "audience",  "intake" };
    struct cli send = { .verb = &verb_send, .arena = a->cli->arena };
    char *argv[5 + 2 * (sizeof passed / sizeof passed[0])];
    int argc = 0;

    argv[argc++] = word(a->cli, path);
    argv[argc++] = word(a->cli, "--kind");
    argv[argc++] = word(a->cli, "activities");
    argv[argc++] = word(a->cli, "--results");
    argv[argc++] =
        word(a->cli, arena_printf(a->cli->arena, "%s.results", path).p);
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        const char *value = cli_text(a->cli, passed[i]);

        if (value == NULL)
            continue;
        argv[argc++] =
            word(a->cli, arena_printf(a->cli->arena, "--%s", passed[i]).p);
        argv[argc++] = word(a->cli, value);
    }
    return cli_read(&send, argc, argv) ? send.verb->run(&send) : CLI_USAGE;
}

static enum cli_exit
act_on_cases_of(const struct act *a, const char *worker)
{
    const char *path = cli_text(a->cli, "rows");
    struct err err = { .code = "" };
    size_t refused = 0;
    enum status rc = ST_OK;
    enum cli_exit code;

    if (path == NULL)
        return cli_usage(a->cli, "--cases-of wants --rows FILE");
    if (access(path, F_OK) != 0) /* else an earlier run is gone on with */
        rc = write_rows(a, worker, path, &refused, &err);
    if (rc != ST_OK)
        return cli_fail(a->cli, rc, &err);
    code = send_rows(a, path);
    return code == CLI_DONE && refused > 0 ? CLI_DIFFERENT : code;
}

/* ---- the verbs --------------------------------------------------------- */

static enum cli_exit
work(struct act *a)
{
    const char *worker = cli_text(a->cli, "cases-of");
    struct err err = { .code = "" };
    struct target t = { .subject = { .side = 0 } };
    size_t first = worker == NULL ? 2 : 1;
    enum status rc;

    if (!read_activity(a, a->cli->words[0]))
        return CLI_USAGE;
    if (a->cli->n_words < first)
        return cli_usage(a->cli, "want a CASE, or --cases-of WORKER");
    for (size_t i = first; i < a->cli->n_words; i++)
        if (!read_said(a, a->cli->words[i]))
            return CLI_USAGE;
    rc = open_world(a, &err);
    if (rc == ST_OK && worker != NULL)
        return act_on_cases_of(a, worker);
    if (rc == ST_OK)
        rc = find_case(a, a->cli->words[1], &t, &err);
    return rc == ST_OK ? tell(a, &t) : cli_fail(a->cli, rc, &err);
}

static enum cli_exit
run_act(struct cli *cli)
{
    struct act a = { .cli = cli };
    enum cli_exit code = work(&a);

    pg_close(a.pg);
    return code;
}

static enum cli_exit
run_ack(struct cli *cli)
{
    struct act a = { .cli = cli, .activity = ACTIVITY_ALERT_ACKNOWLEDGED };
    struct err err = { .code = "" };
    struct target t = { .subject = { .side = 0 } };
    enum status rc;

    if (!id_parse(str_of(cli->words[0]), &a.alert_id))
        return cli_usage(cli, "an alert's id has 36 characters");
    rc = open_world(&a, &err);
    if (rc == ST_OK)
        rc = find_alert(&a, &t, &err);
    if (rc == ST_OK) {
        enum cli_exit code = tell(&a, &t);

        pg_close(a.pg);
        return code;
    }
    pg_close(a.pg);
    return cli_fail(cli, rc, &err);
}

const struct verb verb_act = {
    .name = "act",
    .words = "ACTIVITY CASE [FIELD=VALUE...] --by ID | ACTIVITY --cases-of W "
             "--rows FILE [FIELD=VALUE...] --by ID",
    .help = "record what was done on a case, or on all cases of a worker",
    .min_words = 1,
    .max_words = 64,
    .options = {
        { .name = "by", .value = "ID", .help = "who did it" },
        { .name = "cases-of", .value = "W",
          .help = "one activity for each open case of this worker" },
        { .name = "rows", .value = "FILE",
          .help = "where these stand; a second run goes on with them" },
        ASK_OPTIONS,
    },
    .prints_data = true,
    .run = run_act,
};

const struct verb verb_ack = {
    .name = "ack",
    .words = "ALERT --by ID",
    .help = "say that an alert was seen: the ladder stops",
    .min_words = 1,
    .max_words = 1,
    .options = {
        { .name = "by", .value = "ID", .help = "who has seen it" },
        ASK_OPTIONS,
    },
    .prints_data = true,
    .run = run_ack,
};
