/* waymark scorecard: the month's indicators as text, JSON or CSV. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "common/adapters/json.h"
#include "common/adapters/profile_json.h"
#include "common/core/codes.h"
#include "metrics/core/kpi.h"
#include "metrics/core/scorecard.h"

struct card {
    struct cli *cli;
    struct pg *pg;
    int32_t shard;
    struct str authority;
    struct profile profile;
    bool has_profile;
    bool frozen;
    struct scorecard_options options;
    struct scorecard made;
};

/* ---- reading ----------------------------------------------------------- */

/* Without --authority there must be only one. */
static enum status
choose_shard(struct card *c, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc = cli_shard(c->cli, &c->shard, err);

    pg_params_init(&p, c->cli->arena);
    pg_add_i32(&p, c->shard);
    if (rc == ST_OK)
        rc = pg_query(c->pg, NULL,
                      "SELECT shard, authority FROM metrics.shard WHERE "
                      "$1 = -1 OR shard = $1",
                      &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 0)
        rc = err_set(err, ST_RETRY, "shard", "metrics has no figures yet");
    if (rc == ST_OK && pg_n_rows(res) > 1)
        rc = err_set(err, ST_REJECT, "config",
                     "several authorities: which one? --authority NAME");
    if (rc == ST_OK) {
        c->shard = pg_i32(res, 0, 0);
        c->authority = arena_str(c->cli->arena, pg_text(res, 0, 1));
    }
    pg_result_close(res);
    return rc;
}

/* The profile that the log has activated last, as metrics has heard. */
static enum status
read_profile(struct card *c, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, c->cli->arena);
    pg_add_i32(&p, c->shard);
    rc = pg_query(c->pg, NULL,
                  "SELECT text FROM metrics.config WHERE shard = $1 AND "
                  "config_kind = 'profile' ORDER BY n DESC LIMIT 1",
                  &p, &res, err);
    if (rc == ST_OK && pg_n_rows(res) == 1) {
        struct str text = arena_str(c->cli->arena, pg_text(res, 0, 0));

        rc = profile_json_read(c->cli->arena, text, &c->profile, err);
        c->has_profile = rc == ST_OK;
    }
    pg_result_close(res);
    return rc;
}

static enum status
read_cells(struct card *c, struct kpi_cell **out, size_t *n, struct err *err)
{
    struct str sql = arena_printf(
        c->cli->arena,
        "SELECT kpi, side, district, age_band, numerator, denominator FROM "
        "metrics.%s WHERE shard = $1 AND month = $2",
        c->frozen ? "frozen_cells" : "scorecard_cells");
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, c->cli->arena);
    pg_add_i32(&p, c->shard);
    pg_add_date(&p, c->options.month);
    rc = pg_query(c->pg, NULL, sql.p, &p, &res, err);
    *n = rc == ST_OK ? pg_n_rows(res) : 0;
    *out = arena_array(c->cli->arena, *n, sizeof **out);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = (struct kpi_cell){
            .month = c->options.month,
            .kpi = codes_find(&codes_kpi, pg_text(res, i, 0)),
            .side = codes_find(&codes_side, pg_text(res, i, 1)),
            .district = arena_str(c->cli->arena, pg_text(res, i, 2)),
            .age_band = codes_find(&codes_age_band, pg_text(res, i, 3)),
            .numerator = pg_i64(res, i, 4),
            .denominator = pg_i64(res, i, 5),
        };
    pg_result_close(res);
    return rc;
}

/* The profile says what is on the card, of which districts, and what is hidden.
 */
static void
set_options(struct card *c)
{
    struct arena *arena = c->cli->arena;
    struct scorecard_options *o = &c->options;

    if (!c->has_profile || c->profile.scorecard.n == 0) {
        struct str *all = arena_array(arena, (size_t)codes_kpi.n, sizeof *all);
        size_t n = 0;

        for (int k = 1; k <= codes_kpi.n; k++)
            if (k != KPI_K10_NET)
                all[n++] = str_of(codes_word(&codes_kpi, k));
        o->kpis = (struct texts){ .at = all, .n = n };
    } else {
        o->kpis = c->profile.scorecard;
    }
    if (c->has_profile) {
        struct str *ids =
            arena_array(arena, c->profile.n_localities, sizeof *ids);

        for (size_t i = 0; i < c->profile.n_localities; i++)
            ids[i] = c->profile.localities[i].id;
        o->districts =
            (struct texts){ .at = ids, .n = c->profile.n_localities };
    }
    if (cli_text(c->cli, "audience") != NULL) {
        o->suppress_below = c->has_profile && c->profile.suppression.below > 0
                                ? c->profile.suppression.below
                                : 5; /* domain.md section 9 */
        o->suppress_secondary =
            !c->has_profile || c->profile.suppression.secondary;
    }
}

/* ---- printing ---------------------------------------------------------- */

static const char *
column_name(size_t i)
{
    return i == SCORECARD_ALL ? "all" : codes_word(&codes_age_band, (int)i + 1);
}

/* "12", "175/252 69.4%", "*" where hidden. */
static struct str
shown(struct arena *arena, const struct scorecard_value *v)
{
    if (v->hidden)
        return STR("*");
    if (v->denominator == 0)
        return arena_printf(arena, "%" PRId64, v->numerator);
    if (v->percent_tenths == PERCENT_NONE)
        return arena_printf(arena, "%" PRId64 "/%" PRId64, v->numerator,
                            v->denominator);
    return arena_printf(arena,
                        "%" PRId64 "/%" PRId64 " %" PRId64 ".%" PRId64 "%%",
                        v->numerator, v->denominator, v->percent_tenths / 10,
                        v->percent_tenths % 10);
}

static void
print_text(const struct card *c)
{
    struct arena *arena = c->cli->arena;
    int kpi = 0, side = 0;

    printf("%.*s, %s%s\n", STR_ARG(c->authority), cli_text(c->cli, "month"),
           c->frozen ? ", as it was fixed" : "");
    for (size_t i = 0; i < c->made.n; i++) {
        const struct scorecard_line *l = &c->made.lines[i];

        if (l->kpi != kpi || l->side != side) {
            printf("\n%s %s (%s), %s\n%-24s", codes_word(&codes_kpi, l->kpi),
                   kpi_title(l->kpi), kpi_unit(l->kpi),
                   codes_word(&codes_side, l->side), "");
            for (size_t b = 0; b < SCORECARD_COLUMNS; b++)
                printf(" %14s", column_name(b));
            printf("\n");
        }
        kpi = l->kpi;
        side = l->side;
        printf("%-24.*s",
               STR_ARG(l->district.p == NULL ? STR("(all)") : l->district));
        for (size_t b = 0; b < SCORECARD_COLUMNS; b++)
            printf(" %14.*s", STR_ARG(shown(arena, &l->values[b])));
        printf("\n");
    }
}

/* A line a value; what is hidden has no numbers. */
static void
print_csv(const struct card *c)
{
    printf("authority,month,kpi,side,district,band,numerator,denominator,"
           "percent,hidden\r\n");
    for (size_t i = 0; i < c->made.n; i++)
        for (size_t b = 0; b < SCORECARD_COLUMNS; b++) {
            const struct scorecard_line *l = &c->made.lines[i];
            const struct scorecard_value *v = &l->values[b];

            printf("%.*s,%s,%s,%s,%.*s,%s,", STR_ARG(c->authority),
                   cli_text(c->cli, "month"), codes_word(&codes_kpi, l->kpi),
                   codes_word(&codes_side, l->side), STR_ARG(l->district),
                   column_name(b));
            if (!v->hidden)
                printf("%" PRId64, v->numerator);
            printf(",");
            if (!v->hidden && v->denominator != 0)
                printf("%" PRId64, v->denominator);
            printf(",");
            if (!v->hidden && v->percent_tenths != PERCENT_NONE)
                printf("%" PRId64 ".%" PRId64, v->percent_tenths / 10,
                       v->percent_tenths % 10);
            printf(",%s\r\n", v->hidden ? "yes" : "no");
        }
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
        for (size_t b = 0; b < SCORECARD_COLUMNS; b++) {
            json_out_key(&o, column_name(b));
            json_value(&o, &l->values[b]);
        }
        json_out_object_end(&o);
    }
    json_out_array_end(&o);
    json_out_object_end(&o);
    printf("%.*s\n", STR_ARG(json_out_text(&o)));
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

static enum cli_exit
run(struct cli *cli)
{
    static const char *const formats[] = { "text", "json", "csv", NULL };
    static const char *const audiences[] = { "public", "scrutiny", NULL };
    const char *format =
        cli_flag(cli, "json") ? "json" : cli_text(cli, "format");
    const char *audience = cli_text(cli, "audience");
    struct card c = { .cli = cli, .frozen = cli_flag(cli, "frozen") };
    struct kpi_cell *cells = NULL;
    struct err err = { .code = "" };
    size_t n = 0;
    enum status rc;

    if (!read_month(&c))
        return CLI_USAGE;
    if (!is_one_of(format, formats))
        return cli_usage(cli, "--format: want text, json or csv");
    if (audience != NULL && !is_one_of(audience, audiences))
        return cli_usage(cli, "--audience: want public or scrutiny");
    c.options.district = str_of(cli_text(cli, "district"));
    rc = cli_pg(cli, &c.pg, &err);
    if (rc == ST_OK)
        rc = choose_shard(&c, &err);
    if (rc == ST_OK)
        rc = read_profile(&c, &err);
    if (rc == ST_OK)
        rc = read_cells(&c, &cells, &n, &err);
    pg_close(c.pg);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    set_options(&c);
    c.made = scorecard_make(cli->arena, cells, n, &c.options);
    if (strcmp(format, "csv") == 0)
        print_csv(&c);
    else if (strcmp(format, "json") == 0)
        print_json(&c);
    else
        print_text(&c);
    return CLI_DONE;
}

const struct verb verb_scorecard = {
    .name = "scorecard",
    .words = "--month YYYY-MM [--district D] [--format text|json|csv]",
    .help = "the month's indicators by district and age band",
    .options = {
        { .name = "month", .value = "YYYY-MM", .help = "which month" },
        { .name = "district", .value = "D", .help = "only this locality" },
        { .name = "format", .value = "F", .dflt = "text",
          .help = "text, json or csv" },
        { .name = "audience", .value = "WHO",
          .help = "public or scrutiny: small counts are hidden" },
        { .name = "frozen", .help = "as the month was fixed at its end" },
        { .name = "authority", .value = "NAME",
          .help = "which authority, where there are several" },
    },
    .prints_data = true,
    .run = run,
};
