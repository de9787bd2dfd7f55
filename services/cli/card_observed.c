/*
 * What others counted (K36) on the scorecard: of each series the last period
 * that began by the month's end. Units, gaps and definitions are the sender's;
 * nothing is added up and nothing compared.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/card.h"
#include "cli/html.h"
#include "common/adapters/csv.h"
#include "common/adapters/json.h"
#include "common/core/codes.h"
#include "common/core/indicators.h"

/* ---- reading ------------------------------------------------------------- */

static bool
is_on_card(const struct card *c)
{
    for (size_t i = 0; i < c->options.kpis.n; i++)
        if (codes_find(&codes_kpi, c->options.kpis.at[i]) == KPI_K36)
            return true;
    return false;
}

static void
take(const struct card *c, const struct pg_result *res, size_t row,
     struct card_observed *out)
{
    struct arena *arena = c->cli->arena;

    *out = (struct card_observed){
        .indicator = arena_str(arena, pg_text(res, row, 0)),
        .area = arena_str(arena, pg_text(res, row, 1)),
        .breakdown = arena_str(arena, pg_text(res, row, 2)),
        .measure = arena_str(arena, pg_text(res, row, 3)),
        .definition = arena_str(arena, pg_text(res, row, 4)),
        .agency_id = arena_str(arena, pg_text(res, row, 5)),
        .period_from = pg_date(res, row, 6),
        .period_to = pg_date(res, row, 7),
        .value = arena_str(arena, pg_text(res, row, 8)),
        .gap = codes_find(&codes_gap, pg_text(res, row, 9)),
        .unit = codes_find(&codes_indicator_unit, pg_text(res, row, 10)),
        .status = arena_str(arena, pg_text(res, row, 11)),
        .typed_total = pg_bool(res, row, 12),
        .is_small = pg_bool(res, row, 13),
    };
}

static bool
is_count(const struct card_observed *o)
{
    return o->gap == 0 && o->unit == UNIT_COUNT;
}

/* What one sender says of one indicator and period. */
static bool
is_one_sheet(const struct card_observed *a, const struct card_observed *b)
{
    return str_eq(a->indicator, b->indicator) &&
           a->period_from == b->period_from && a->period_to == b->period_to;
}

/*
 * A small count takes the other counts of its sheet with it: totals that
 * somebody typed stand among them, and nobody says of what.
 */
static void
hide(struct card *c)
{
    for (size_t i = 0; i < c->n_observed; i++)
        for (size_t k = 0; k < c->n_observed && is_count(&c->observed[i]); k++)
            if (c->observed[k].is_small &&
                is_one_sheet(&c->observed[i], &c->observed[k]))
                c->observed[i].hidden = true;
}

enum status
card_observed_read(struct card *c, struct err *err)
{
    struct arena *arena = c->cli->arena;
    struct str sql = arena_printf(
        arena,
        "SELECT DISTINCT ON (indicator, area, breakdown, typed_total, "
        "coalesce(measure, 'level'), definition, agency_id) indicator, area, "
        "coalesce(breakdown, ''), coalesce(measure, 'level'), "
        "coalesce(definition, ''), agency_id, period_from, period_to, "
        "coalesce(value, ''), gap, unit, coalesce(status, ''), "
        "typed_total, coalesce(gap IS NULL AND unit = 'count' AND amount <> 0 "
        "AND "
        "abs(amount) < $4::bigint * 10 ^ coalesce(decimals, 0), false) "
        "FROM %s.observed WHERE shard = $1 AND period_from < $2 AND "
        "($3::text IS NULL OR area = $3) "
        "ORDER BY indicator, area, breakdown, typed_total, coalesce(measure, "
        "'level'), definition, agency_id, period_from DESC, period_to DESC, "
        "agency_ref",
        c->schema);
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    if (c->frozen || !is_on_card(c))
        return ST_OK;
    pg_params_init(&p, arena);
    pg_add_i32(&p, c->shard);
    pg_add_date(&p, date_add_months(c->options.month, 1));
    pg_add_text(&p, c->options.district);
    pg_add_i64(&p, c->options.suppress_below);
    rc = pg_query(c->pg, NULL, sql.p, &p, &res, err);
    if (rc == ST_OK) {
        c->n_observed = pg_n_rows(res);
        c->observed = arena_array(arena, c->n_observed, sizeof *c->observed);
        for (size_t i = 0; i < c->n_observed; i++)
            take(c, res, i, &c->observed[i]);
        hide(c);
    }
    pg_result_close(res);
    return rc;
}

/* ---- printing ------------------------------------------------------------ */

/* "444", "5.70%", "*", or why there is none. */
static struct str
shown(const struct card *c, const struct card_observed *o)
{
    static const char *const gaps[] = {
        [GAP_NOT_AVAILABLE] = "not available",
        [GAP_AWAITING] = "awaiting data",
        [GAP_UNKNOWN] = "unknown",
    };

    if (o->hidden)
        return STR("*");
    if (o->gap != 0)
        return str_of(gaps[o->gap]);
    if (o->unit == UNIT_PERCENT && o->value.n > 0 &&
        o->value.p[o->value.n - 1] != '%')
        return arena_printf(c->cli->arena, "%.*s%%", STR_ARG(o->value));
    return o->value;
}

/* "NEET provision, change"; "total as typed" */
static struct str
split_of(const struct card *c, const struct card_observed *o)
{
    struct str of = o->typed_total ? STR("total as typed") : o->breakdown;
    bool level = str_is(o->measure, "level");

    if (level || of.n == 0)
        return level ? of : o->measure;
    return arena_printf(c->cli->arena, "%.*s, %.*s", STR_ARG(of),
                        STR_ARG(o->measure));
}

static const char *
title_of(const struct card_observed *o)
{
    const struct indicator *known = indicator_find(o->indicator);

    return known == NULL ? "" : known->what;
}

void
card_observed_text(const struct card *c)
{
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];

    if (c->n_observed == 0)
        return;
    printf("\nK36 observed elsewhere: the last period that began by the "
           "month's end\n");
    for (size_t i = 0; i < c->n_observed; i++) {
        const struct card_observed *o = &c->observed[i];

        printf("%-28.*s %-14.*s %s to %s %14.*s  %.*s%s%.*s (%.*s, %.*s)\n",
               STR_ARG(o->indicator), STR_ARG(o->area),
               date_text(o->period_from, from), date_text(o->period_to, to),
               STR_ARG(shown(c, o)), STR_ARG(o->status),
               split_of(c, o).n > 0 ? ", " : "", STR_ARG(split_of(c, o)),
               STR_ARG(o->agency_id), STR_ARG(o->definition));
    }
}

void
card_observed_csv(const struct card *c)
{
    char text[DATE_TEXT_SIZE];

    for (size_t i = 0; i < c->n_observed; i++) {
        const struct card_observed *o = &c->observed[i];
        struct str split = split_of(c, o);

        printf("%.*s,%s,K36,,", STR_ARG(c->authority),
               cli_text(c->cli, "month"));
        csv_put(stdout, ',', o->area);
        printf(",");
        csv_put(stdout, ',',
                split.n == 0
                    ? o->indicator
                    : arena_printf(c->cli->arena, "%.*s/%.*s",
                                   STR_ARG(o->indicator), STR_ARG(split)));
        printf(",all,,,,%s,%.*s,", o->hidden ? "yes" : "no",
               STR_ARG(o->status));
        csv_put(stdout, ',', o->hidden ? STR("") : shown(c, o));
        printf(",%s", date_text(o->period_from, text));
        printf(",%s,", date_text(o->period_to, text));
        csv_put(stdout, ',', o->definition);
        printf("\r\n");
    }
}

void
card_observed_json(const struct card *c, struct json_out *out)
{
    char text[DATE_TEXT_SIZE];

    json_out_key(out, "observed");
    json_out_array(out);
    for (size_t i = 0; i < c->n_observed; i++) {
        const struct card_observed *o = &c->observed[i];

        json_out_object(out);
        json_out_kstr(out, "indicator", o->indicator);
        json_out_kcstr(out, "title", title_of(o));
        json_out_kstr(out, "area", o->area);
        json_out_kstr(out, "breakdown", o->breakdown);
        json_out_kbool(out, "typed_total", o->typed_total);
        json_out_kstr(out, "measure", o->measure);
        json_out_kstr(out, "definition", o->definition);
        json_out_kstr(out, "agency_id", o->agency_id);
        json_out_kcstr(out, "period_from", date_text(o->period_from, text));
        json_out_kcstr(out, "period_to", date_text(o->period_to, text));
        json_out_kcstr(out, "unit", codes_word(&codes_indicator_unit, o->unit));
        if (o->gap != 0)
            json_out_kcstr(out, "gap", codes_word(&codes_gap, o->gap));
        else if (!o->hidden)
            json_out_kstr(out, "value", o->value);
        json_out_kbool(out, "hidden", o->hidden);
        json_out_kstr(out, "status", o->status);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void
put_cell(const char *open, struct str text)
{
    (void)fputs(open, stdout);
    html_put(stdout, text);
}

void
card_observed_html(const struct card *c)
{
    char text[DATE_TEXT_SIZE];

    if (c->n_observed == 0)
        return;
    (void)fputs("<h2 id=\"observed\">Observed elsewhere</h2><div class="
                "\"wide\" tabindex=\"0\" role=\"region\" aria-labelledby="
                "\"observed\"><table><caption>K36: what others counted, by "
                "their own definitions; of each series the last period that "
                "began by the month's end.</caption><thead><tr>"
                "<th scope=\"col\" class=\"text\">Indicator</th>"
                "<th scope=\"col\" class=\"text\">Of</th>"
                "<th scope=\"col\" class=\"text\">Area</th>"
                "<th scope=\"col\" class=\"text\">Period</th>"
                "<th scope=\"col\">Value</th>"
                "<th scope=\"col\" class=\"text\">Status</th>"
                "<th scope=\"col\" class=\"text\">Definition</th>"
                "<th scope=\"col\" class=\"text\">Told by</th>"
                "</tr></thead><tbody>",
                stdout);
    for (size_t i = 0; i < c->n_observed; i++) {
        const struct card_observed *o = &c->observed[i];

        put_cell("<tr><th scope=\"row\">", str_of(title_of(o)));
        put_cell("</th><td class=\"text\">", split_of(c, o));
        put_cell("</td><td class=\"text\">", o->area);
        printf("</td><td class=\"text\">%s to ",
               date_text(o->period_from, text));
        put_cell(date_text(o->period_to, text), STR(""));
        put_cell("</td><td>", shown(c, o));
        put_cell("</td><td class=\"text\">", o->status);
        put_cell("</td><td class=\"text\">", o->definition);
        put_cell("</td><td class=\"text\">", o->agency_id);
        (void)fputs("</td></tr>\n", stdout);
    }
    (void)fputs("</tbody></table></div>", stdout);
}
