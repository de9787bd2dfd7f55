/* waymark scorecard: the month's indicators as text, JSON, CSV or a page. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/card.h"
#include "cli/projection.h"
#include "cli/verbs.h"
#include "common/adapters/csv.h"
#include "common/adapters/json.h"
#include "common/core/codes.h"

/* ---- printing ---------------------------------------------------------- */

static const char *
column_name(size_t i)
{
    return i == SCORECARD_ALL ? "all" : codes_word(&codes_age_band, (int)i + 1);
}

/* Beside a total that was another one when its month was frozen. */
static void
print_fixed(const struct card *c, const struct scorecard_line *l)
{
    const struct scorecard_line *then = card_like(&c->fixed, l);
    const struct scorecard_value *a = &l->values[SCORECARD_ALL];
    const struct scorecard_value *b;

    if (then == NULL || kpi_def(l->kpi)->from != KPI_FROM_CELLS)
        return;
    b = &then->values[SCORECARD_ALL];
    if (a->numerator != b->numerator || a->denominator != b->denominator)
        printf(", restated: it was frozen as %.*s",
               STR_ARG(card_value(c->cli->arena, b)));
}

static void
print_text(const struct card *c)
{
    struct arena *arena = c->cli->arena;

    printf("%.*s, %s%s\n", STR_ARG(c->authority), cli_text(c->cli, "month"),
           c->frozen ? ", as it was fixed" : "");
    for (size_t i = 0; i < c->made.n; i++) {
        const struct scorecard_line *l = &c->made.lines[i];

        if (card_is_head(&c->made, i)) {
            printf("\n%s %s (%s), %s, %s", codes_word(&codes_kpi, l->kpi),
                   kpi_title(l->kpi), kpi_unit(l->kpi),
                   codes_word(&codes_side, l->side),
                   card_status_word(card_status(c, l)));
            print_fixed(c, l);
            printf("\n%-24s", "");
            for (size_t b = 0; b < SCORECARD_COLUMNS; b++)
                printf(" %14s", column_name(b));
            printf("\n");
        }
        printf("%-24.*s", STR_ARG(l->part.p != NULL       ? l->part
                                  : l->district.p == NULL ? STR("(all)")
                                                          : l->district));
        for (size_t b = 0; b < SCORECARD_COLUMNS; b++)
            printf(" %14.*s",
                   STR_ARG(card_has_figure(l) ? card_value(arena, &l->values[b])
                                              : STR("-")));
        printf("\n");
    }
    card_observed_text(c);
}

/* A line a value; what is hidden has no numbers. */
static void
print_csv(const struct card *c)
{
    printf("authority,month,kpi,side,district,part,band,numerator,"
           "denominator,percent,hidden,status,value,period_from,period_to,"
           "definition\r\n");
    for (size_t i = 0; i < c->made.n; i++)
        for (size_t b = 0; b < SCORECARD_COLUMNS; b++) {
            const struct scorecard_line *l = &c->made.lines[i];
            const struct scorecard_value *v = &l->values[b];

            printf("%.*s,%s,%s,%s,%.*s,", STR_ARG(c->authority),
                   cli_text(c->cli, "month"), codes_word(&codes_kpi, l->kpi),
                   codes_word(&codes_side, l->side), STR_ARG(l->district));
            csv_put(stdout, ',', l->part);
            printf(",%s,", column_name(b));
            if (!v->hidden)
                printf("%" PRId64, v->numerator);
            printf(",");
            if (!v->hidden && v->denominator != 0)
                printf("%" PRId64, v->denominator);
            printf(",");
            if (!v->hidden && v->percent_tenths != PERCENT_NONE)
                printf("%" PRId64 ".%" PRId64, v->percent_tenths / 10,
                       v->percent_tenths % 10);
            printf(",%s,%s,,,,\r\n", v->hidden ? "yes" : "no",
                   card_status_word(card_status(c, l)));
        }
    card_observed_csv(c);
}

static void
json_value(struct json_out *o, const struct scorecard_value *v)
{
    json_out_object(o);
    if (!v->hidden) {
        json_out_kint(o, "numerator", v->numerator);
        if (v->denominator != 0)
            json_out_kint(o, "denominator", v->denominator);
    }
    if (!v->hidden && v->percent_tenths != PERCENT_NONE)
        json_out_kint(o, "percent_tenths", v->percent_tenths);
    json_out_kbool(o, "hidden", v->hidden);
    json_out_object_end(o);
}

static void
print_json(const struct card *c)
{
    struct json_out o;

    json_out_init(&o, c->cli->arena);
    json_out_object(&o);
    json_out_kstr(&o, "authority", c->authority);
    json_out_kcstr(&o, "month", cli_text(c->cli, "month"));
    json_out_kbool(&o, "frozen", c->frozen);
    json_out_key(&o, "lines");
    json_out_array(&o);
    for (size_t i = 0; i < c->made.n; i++) {
        const struct scorecard_line *l = &c->made.lines[i];

        json_out_object(&o);
        json_out_kcstr(&o, "kpi", codes_word(&codes_kpi, l->kpi));
        json_out_kcstr(&o, "title", kpi_title(l->kpi));
        json_out_kcstr(&o, "side", codes_word(&codes_side, l->side));
        json_out_kstr(&o, "district", l->district);
        json_out_kstr(&o, "part", l->part);
        json_out_kcstr(&o, "unit", kpi_unit(l->kpi));
        json_out_kcstr(&o, "status", card_status_word(card_status(c, l)));
        for (size_t b = 0; b < SCORECARD_COLUMNS; b++) {
            json_out_key(&o, column_name(b));
            json_value(&o, &l->values[b]);
        }
        json_out_object_end(&o);
    }
    json_out_array_end(&o);
    card_observed_json(c, &o);
    json_out_object_end(&o);
    printf("%.*s\n", STR_ARG(json_out_text(&o)));
}

/* ---- behind a figure ----------------------------------------------------- */

/* --cell K06/c_health: the ids behind it, one a line. */
static enum status
show_cell(struct card *c, const char *cell, struct err *err)
{
    struct arena *arena = c->cli->arena;
    const char *slash = strchr(cell, '/');
    size_t n = slash == NULL ? strlen(cell) : (size_t)(slash - cell);
    struct str kpi = { .p = cell, .n = n };
    struct pg_params p;
    struct str sql;

    if (codes_find(&codes_kpi, kpi) == 0)
        return err_set(err, ST_REJECT, "config",
                       "--cell \"%s\": want K01 to K40, or K06/part", cell);
    sql = arena_printf(
        arena,
        "SELECT part, side, district, age_band, id, numerator, denominator "
        "FROM %s.kpi_members($1, $2, $3, $4) "
        "WHERE ($5::text IS NULL OR part = $5) AND "
        "($6::text IS NULL OR district = $6) ORDER BY 1, 2, 3, 4, 5",
        c->schema);
    pg_params_init(&p, arena);
    pg_add_i32(&p, c->shard);
    pg_add_text(&p, arena_str(arena, kpi));
    pg_add_date(&p, c->options.month);
    pg_add_date(&p, date_add_months(c->options.month, 1) - 1);
    pg_add_text(&p, slash == NULL ? STR_NULL : str_of(slash + 1));
    pg_add_text(&p, c->options.district);
    return cli_show(c->cli, c->pg, cell, NULL, sql.p, &p, NULL, err);
}

/* ---- the verb ---------------------------------------------------------- */

static bool
read_month(struct card *c)
{
    const char *month = cli_text(c->cli, "month");
    struct str first;

    if (month == NULL) {
        (void)cli_usage(c->cli, "want --month YYYY-MM");
        return false;
    }
    first = arena_printf(c->cli->arena, "%s-01", month);
    if (date_parse(first, &c->options.month))
        return true;
    (void)cli_usage(c->cli, "--month \"%s\": want YYYY-MM", month);
    return false;
}

static bool
is_one_of(const char *value, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(value, *words) == 0)
            return true;
    return false;
}

static void
print_card(const struct card *c, const char *format)
{
    if (strcmp(format, "csv") == 0)
        print_csv(c);
    else if (strcmp(format, "json") == 0)
        print_json(c);
    else if (strcmp(format, "html") == 0)
        card_html(c);
    else
        print_text(c);
}

static enum status
answer(struct card *c, const char *format, struct err *err)
{
    const char *cell = cli_text(c->cli, "cell");
    const char *unit = cli_text(c->cli, "unit");
    enum status rc = card_begin(c, err);

    if (rc != ST_OK)
        return rc;
    if (cell != NULL)
        return show_cell(c, cell, err);
    if (unit != NULL)
        return card_unit(c, unit, strcmp(format, "html") == 0, err);
    rc = card_read(c, err);
    if (rc == ST_OK)
        rc = card_observed_read(c, err);
    if (rc == ST_OK)
        print_card(c, format);
    return rc;
}

/* Metrics as it was at `until` into the tables of c->schema. */
static enum status
project(struct card *c, time_ms until, struct err *err)
{
    struct projection_options o = {
        .conninfo = cli_text(c->cli, "pgconn"),
        .authority = (uint16_t)c->shard,
        .authority_name =
            arena_printf(c->cli->arena, "%.*s", STR_ARG(c->authority)).p,
        .until = until,
    };
    struct projection *p = NULL;
    enum status rc = cli_kafka(c->cli, &o.conn, err);

    if (rc == ST_OK)
        rc = projection_open(&o, &p, err);
    if (rc == ST_OK)
        rc = projection_read(p, NULL, err);
    if (rc == ST_OK)
        rc = projection_write(p, c->pg, c->schema, err);
    projection_close(p);
    return rc;
}

/* As it was then, in a schema that goes again. */
static enum status
answer_as_at(struct card *c, const char *format, time_ms until, struct err *err)
{
    const char *conninfo = cli_text(c->cli, "pgconn");
    const char *live = c->schema;
    struct err dropped;
    enum status rc = card_begin(c, err);

    cli_hold_signals(); /* no schema is left behind */
    c->schema = arena_printf(c->cli->arena, "metrics_at_%ld", (long)getpid()).p;
    if (rc == ST_OK)
        rc = projection_make(conninfo, c->schema, err);
    if (rc == ST_OK)
        rc = project(c, until, err);
    if (rc == ST_OK)
        rc = answer(c, format, err);
    if (projection_drop(conninfo, c->schema, &dropped) != ST_OK)
        fprintf(stderr, "waymark scorecard: schema %s stays: %s\n", c->schema,
                dropped.text);
    c->schema = live;
    cli_let_go();
    return rc;
}

/* RFC 3339 with its offset. */
static bool
read_instant(const char *text, time_ms *out)
{
    static const struct zone utc = { .n = 0 };

    return time_parse(&utc, str_of(text), out, NULL) == ST_OK;
}

static enum cli_exit
run(struct cli *cli)
{
    static const char *const formats[] = { "text", "json", "csv", "html",
                                           NULL };
    static const char *const audiences[] = { "public", "scrutiny", NULL };
    const char *format =
        cli_flag(cli, "json") ? "json" : cli_text(cli, "format");
    const char *audience = cli_text(cli, "audience");
    struct card c = { .cli = cli,
                      .schema = "metrics",
                      .frozen = cli_flag(cli, "frozen") };
    const char *as_at = cli_text(cli, "as-at");
    struct err err = { .code = "" };
    time_ms until = TIME_NEVER;
    enum status rc;

    if (as_at != NULL && !read_instant(as_at, &until))
        return cli_usage(cli, "--as-at \"%s\": want 2015-07-01T09:00:00Z",
                         as_at);
    if (as_at != NULL && cli_text(cli, "unit") != NULL)
        return cli_usage(cli, "--unit is as it stands, not --as-at");
    if (cli_text(cli, "unit") == NULL && !read_month(&c))
        return CLI_USAGE;
    if (!is_one_of(format, formats))
        return cli_usage(cli, "--format: want text, json, csv or html");
    if (audience != NULL && !is_one_of(audience, audiences))
        return cli_usage(cli, "--audience: want public or scrutiny");
    if (audience != NULL &&
        (cli_text(cli, "cell") != NULL || cli_text(cli, "unit") != NULL))
        return cli_usage(cli, "--cell and --unit are for those who may see "
                              "every case, not for --audience");
    c.options.district = str_of(cli_text(cli, "district"));
    rc = cli_pg(cli, &c.pg, &err);
    if (rc == ST_OK)
        rc = as_at == NULL ? answer(&c, format, &err)
                           : answer_as_at(&c, format, until, &err);
    pg_close(c.pg);
    return rc == ST_OK ? CLI_DONE : cli_fail(cli, rc, &err);
}

const struct verb verb_scorecard = {
    .name = "scorecard",
    .words = "--month YYYY-MM [--district D] [--format F] | --unit U",
    .help = "the month's indicators by district, part and age band",
    .options = {
        { .name = "month", .value = "YYYY-MM", .help = "which month" },
        { .name = "district", .value = "D", .help = "only this locality" },
        { .name = "format", .value = "F", .dflt = "text",
          .help = "text, json, csv or html (a page to print)" },
        { .name = "cell", .value = "K[/PART]",
          .help = "the ids behind a figure of the month" },
        { .name = "unit", .value = "U",
          .help = "the outcome tracker of a unit, caseload by worker" },
        { .name = "lines", .help = "html: districts and parts as well" },
        { .name = "audience", .value = "WHO",
          .help = "public or scrutiny: small counts are hidden" },
        { .name = "as-at", .value = "TIME",
          .help = "what was known then, counted anew from the log" },
        { .name = "frozen", .help = "as the month was fixed at its end" },
        { .name = "authority", .value = "NAME",
          .help = "which authority, where there are several" },
    },
    .prints_data = true,
    .run = run,
};
