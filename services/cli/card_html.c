/*
 * The scorecard as a page: tables first, charts of the same numbers beside
 * them, no script; WCAG 2.2 AA; made to be printed on A4.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/card.h"
#include "cli/html.h"
#include "common/core/codes.h"

#define CHART_WIDTH 150
#define CHART_HEIGHT 34
#define CHART_EDGE 3

static const char style[] =
    "body{font:16px/1.4 system-ui,sans-serif;color:#1a1a1a;background:#fff;"
    "margin:0 auto;max-width:75rem;padding:1rem}"
    "h1{font-size:1.5rem;margin:.2em 0}h2{font-size:1.15rem;margin:1em 0 .3em}"
    "table{border-collapse:collapse;width:100%}"
    "caption{text-align:left;padding:.2em 0}"
    "th,td{border-bottom:1px solid #767676;padding:.25em .4em;"
    "text-align:right;vertical-align:top}"
    "th[scope=row],td.text,th.text{text-align:left}"
    "thead th{border-bottom:2px solid #1a1a1a}"
    ".skip{position:absolute;left:-100rem}.skip:focus{position:static}"
    "a:focus,.wide:focus{outline:3px solid #0b5394}"
    ".wide{overflow-x:auto}dt{font-weight:600}dd{margin:0 0 .4em 1em}"
    "svg{display:block}"
    "@media print{@page{size:A4 landscape;margin:9mm}"
    "body{font-size:7.2pt;line-height:1.18;padding:0;max-width:none}"
    "h1{font-size:11pt}h2{font-size:9pt;margin:.6em 0 .1em}"
    "h2,caption,dt{break-after:avoid}header p{margin:.2em 0}"
    "th,td{padding:.06em .25em}th[scope=row]{min-width:38mm}"
    ".skip{display:none}.wide{overflow:visible}"
    "tr,dd{break-inside:avoid}dl{columns:3;column-gap:5mm;margin:.3em 0}"
    "dd{margin:0 0 .15em .5em}svg{height:11pt;width:auto}}";

static void
put_c(const char *s)
{
    html_put(stdout, str_of(s));
}

/* Of the authority or district; NULL where it has no figure. */
static const struct scorecard_value *
total_of(const struct scorecard *card, const struct scorecard_line *line)
{
    const struct scorecard_line *l = card_like(card, line);

    if (l == NULL || !card_has_figure(l))
        return NULL;
    return &l->values[SCORECARD_ALL];
}

/* The same of an earlier month, of which facts weren't asked. */
static const struct scorecard_value *
earlier(const struct scorecard *card, const struct scorecard_line *line)
{
    return kpi_def(line->kpi)->from == KPI_FROM_CELLS ? total_of(card, line)
                                                      : NULL;
}

/* What a chart draws and a change compares: tenths of a per cent, or a count.
 * False where nothing is to be shown. */
static bool
level_of(const struct scorecard_value *v, bool is_ratio, int64_t *out)
{
    if (v == NULL || v->hidden || (is_ratio && v->denominator == 0))
        return false;
    *out = is_ratio ? v->percent_tenths : v->numerator;
    return true;
}

static void
put_name(const struct scorecard_line *l)
{
    printf("%s ", codes_word(&codes_kpi, l->kpi));
    put_c(kpi_title(l->kpi));
    if (kpi_sides(l->kpi) == (SET_BIT(SIDE_EH) | SET_BIT(SIDE_CSC)))
        printf(", %s", l->side == SIDE_EH ? "early help" : "social care");
}

static void
put_value(const struct card *c, const struct scorecard_value *v)
{
    if (v == NULL)
        (void)fputs("&#8211;", stdout);
    else
        html_put(stdout, card_value(c->cli->arena, v));
}

/* ---- charts -------------------------------------------------------------- */

static void
put_points(const struct card *c, const struct scorecard_line *l,
           int64_t highest)
{
    bool is_ratio = kpi_is_ratio(l->kpi);
    bool drawing = false;

    for (size_t i = 0; i < CARD_MONTHS; i++) {
        int64_t n;
        double x = CHART_EDGE + (double)i * (CHART_WIDTH - 2 * CHART_EDGE) /
                                    (CARD_MONTHS - 1);

        if (!level_of(earlier(&c->months[i], l), is_ratio, &n)) {
            drawing = false; /* a gap stays a gap */
            continue;
        }
        printf("%s%.1f %.1f", drawing ? "L" : "M", x,
               CHART_HEIGHT - CHART_EDGE -
                   (double)n * (CHART_HEIGHT - 2 * CHART_EDGE) /
                       (double)(highest > 0 ? highest : 1));
        if (!drawing)
            (void)fputs("h.01", stdout); /* a month alone is a dot */
        drawing = true;
    }
}

static void
put_chart(const struct card *c, const struct scorecard_line *l, size_t n)
{
    bool is_ratio = kpi_is_ratio(l->kpi);
    int64_t low = 0, high = 0;
    bool any = false;
    char month[DATE_TEXT_SIZE];

    for (size_t i = 0; i < CARD_MONTHS; i++) {
        int64_t v;

        if (!level_of(earlier(&c->months[i], l), is_ratio, &v))
            continue;
        low = !any || v < low ? v : low;
        high = !any || v > high ? v : high;
        any = true;
    }
    if (!any) {
        (void)fputs("&#8211;", stdout);
        return;
    }
    printf("<svg role=\"img\" aria-labelledby=\"t%zu d%zu\" width=\"%d\" "
           "height=\"%d\" viewBox=\"0 0 %d %d\"><title id=\"t%zu\">",
           n, n, CHART_WIDTH, CHART_HEIGHT, CHART_WIDTH, CHART_HEIGHT, n);
    put_name(l);
    printf(", thirteen months</title><desc id=\"d%zu\">From %s on, lowest ", n,
           card_month(date_add_months(c->options.month, -CARD_NOW), month));
    if (is_ratio)
        printf("%" PRId64 ".%" PRId64 " %%, highest %" PRId64 ".%" PRId64
               " %%. The numbers stand in the table of months.",
               low / 10, low % 10, high / 10, high % 10);
    else
        printf("%" PRId64 ", highest %" PRId64
               ". The numbers stand in the table of months.",
               low, high);
    (void)fputs("</desc><path fill=\"none\" stroke=\"#0b5394\" "
                "stroke-width=\"2.5\" stroke-linecap=\"round\" d=\"",
                stdout);
    put_points(c, l, high);
    (void)fputs("\"/></svg>", stdout);
}

/* ---- tables -------------------------------------------------------------- */

/* Signed difference to a year ago, in points for shares. */
static void
put_change(const struct card *c, const struct scorecard_line *l)
{
    bool is_ratio = kpi_is_ratio(l->kpi);
    int64_t now, then, d;

    if (!level_of(total_of(&c->made, l), is_ratio, &now) ||
        !level_of(earlier(&c->months[0], l), is_ratio, &then)) {
        (void)fputs("&#8211;", stdout);
        return;
    }
    d = now - then;
    printf("%s", d < 0 ? "&#8722;" : d > 0 ? "+" : "");
    d = d < 0 ? -d : d;
    if (is_ratio)
        printf("%" PRId64 ".%" PRId64 " points", d / 10, d % 10);
    else
        printf("%" PRId64, d);
}

/* The frozen value where it is another one now. */
static void
put_fixed(const struct card *c, const struct scorecard_line *l)
{
    const struct scorecard_value *then = earlier(&c->fixed, l);
    const struct scorecard_value *now = &l->values[SCORECARD_ALL];

    if (then == NULL || (then->numerator == now->numerator &&
                         then->denominator == now->denominator))
        (void)fputs("&#8211;", stdout);
    else
        put_value(c, then);
}

static void
put_indicators(const struct card *c)
{
    (void)fputs("<h2 id=\"indicators\">Indicators</h2><div class=\"wide\" "
                "tabindex=\"0\" role=\"region\" aria-labelledby="
                "\"indicators\"><table><caption>Each with the month before, "
                "the same month a year ago, and what it is compared with. An "
                "asterisk: hidden, because small. A dash: not asked, or parts "
                "without a sum (they stand with --lines).</caption><thead><tr>"
                "<th scope=\"col\" class=\"text\">Indicator</th>"
                "<th scope=\"col\">This month</th>"
                "<th scope=\"col\">Month before</th>"
                "<th scope=\"col\">A year ago</th>"
                "<th scope=\"col\">Change in a year</th>"
                "<th scope=\"col\">As it was frozen</th>"
                "<th scope=\"col\" class=\"text\">Status</th>"
                "<th scope=\"col\" class=\"text\">Comparator</th>"
                "<th scope=\"col\" class=\"text\">Thirteen months</th>"
                "</tr></thead><tbody>",
                stdout);
    for (size_t i = 0; i < c->made.n; i++) {
        const struct scorecard_line *l = &c->made.lines[i];

        if (!card_is_head(&c->made, i))
            continue;
        (void)fputs("<tr><th scope=\"row\">", stdout);
        put_name(l);
        (void)fputs("</th><td>", stdout);
        put_value(c, total_of(&c->made, l));
        (void)fputs("</td><td>", stdout);
        put_value(c, earlier(&c->months[CARD_NOW - 1], l));
        (void)fputs("</td><td>", stdout);
        put_value(c, earlier(&c->months[0], l));
        (void)fputs("</td><td>", stdout);
        put_change(c, l);
        (void)fputs("</td><td>", stdout);
        put_fixed(c, l);
        printf("</td><td class=\"text\">%s</td><td class=\"text\">",
               card_status_word(card_status(c, l)));
        put_c(kpi_def(l->kpi)->comparator);
        (void)fputs("</td><td class=\"text\">", stdout);
        put_chart(c, l, i);
        (void)fputs("</td></tr>\n", stdout);
    }
    (void)fputs("</tbody></table></div>", stdout);
}

static void
put_months(const struct card *c)
{
    char month[DATE_TEXT_SIZE];

    (void)fputs("<h2 id=\"months\">Month by month</h2><div class=\"wide\" "
                "tabindex=\"0\" role=\"region\" aria-labelledby=\"months\">"
                "<table><caption>A dash: nothing was counted in that month, "
                "or the indicator is asked for one month at a time."
                "</caption><thead><tr><th scope=\"col\" class=\"text\">"
                "Indicator</th>",
                stdout);
    for (int i = 0; i < CARD_MONTHS; i++)
        printf(
            "<th scope=\"col\">%s</th>",
            card_month(date_add_months(c->options.month, i - CARD_NOW), month));
    (void)fputs("</tr></thead><tbody>", stdout);
    for (size_t i = 0; i < c->made.n; i++) {
        if (!card_is_head(&c->made, i) ||
            kpi_def(c->made.lines[i].kpi)->from != KPI_FROM_CELLS)
            continue;
        (void)fputs("<tr><th scope=\"row\">", stdout);
        put_name(&c->made.lines[i]);
        (void)fputs("</th>", stdout);
        for (size_t k = 0; k < CARD_MONTHS; k++) {
            (void)fputs("<td>", stdout);
            put_value(c, total_of(&c->months[k], &c->made.lines[i]));
            (void)fputs("</td>", stdout);
        }
        (void)fputs("</tr>\n", stdout);
    }
    (void)fputs("</tbody></table></div>", stdout);
}

/* Lines by district or part of one indicator, behind its head. */
static void
put_lines(const struct card *c)
{
    (void)fputs("<h2 id=\"lines\">By district or part</h2><div class=\"wide\" "
                "tabindex=\"0\" role=\"region\" aria-labelledby=\"lines\">"
                "<table><caption>Lines with nothing counted are left out."
                "</caption><thead><tr><th scope=\"col\" class=\"text\">"
                "Indicator</th><th scope=\"col\" class=\"text\">District or "
                "part</th>",
                stdout);
    for (int band = 1; band <= SCORECARD_BANDS; band++)
        printf("<th scope=\"col\">%s</th>", codes_word(&codes_age_band, band));
    (void)fputs("<th scope=\"col\">all</th></tr></thead><tbody>", stdout);
    for (size_t i = 0; i < c->made.n; i++) {
        const struct scorecard_line *l = &c->made.lines[i];
        const struct scorecard_value *all = &l->values[SCORECARD_ALL];

        if (card_is_head(&c->made, i) ||
            (!all->hidden && all->numerator == 0 && all->denominator == 0))
            continue;
        printf("<tr><th scope=\"row\">%s</th><td class=\"text\">",
               codes_word(&codes_kpi, l->kpi));
        html_put(stdout, l->part.p != NULL ? l->part : l->district);
        (void)fputs("</td>", stdout);
        for (size_t b = 0; b < SCORECARD_COLUMNS; b++) {
            (void)fputs("<td>", stdout);
            put_value(c, &l->values[b]);
            (void)fputs("</td>", stdout);
        }
        (void)fputs("</tr>\n", stdout);
    }
    (void)fputs("</tbody></table></div>", stdout);
}

static void
put_definitions(const struct card *c)
{
    (void)fputs("<h2>What they count</h2><dl>", stdout);
    for (size_t i = 0; i < c->made.n; i++) {
        const struct scorecard_line *l = &c->made.lines[i];
        const struct kpi_def *def = kpi_def(l->kpi);

        if (!card_is_head(&c->made, i) ||
            (i > 0 && l[-1].kpi == l->kpi && l->side != l[-1].side))
            continue;
        printf("<dt>%s (%s)</dt><dd>", codes_word(&codes_kpi, l->kpi),
               def->unit);
        put_c(def->numerator);
        if (def->denominator != NULL) {
            (void)fputs("; of: ", stdout);
            put_c(def->denominator);
        }
        (void)fputs(". By: ", stdout);
        put_c(def->period);
        (void)fputs(".</dd>", stdout);
    }
    (void)fputs("</dl>", stdout);
}

void
card_html(const struct card *c)
{
    char month[DATE_TEXT_SIZE];

    (void)card_month(c->options.month, month);
    (void)fputs("<!DOCTYPE html>\n<html lang=\"en-GB\"><head>"
                "<meta charset=\"utf-8\"><meta name=\"viewport\" "
                "content=\"width=device-width, initial-scale=1\"><title>",
                stdout);
    printf("Scorecard %s: ", month);
    html_put(stdout, c->authority);
    printf("</title><style>%s</style></head><body><a class=\"skip\" "
           "href=\"#indicators\">To the indicators</a><header><h1>Scorecard ",
           style);
    html_put(stdout, c->authority);
    if (c->options.district.p != NULL) {
        (void)fputs(", ", stdout);
        html_put(stdout, c->options.district);
    }
    printf(
        ", %s</h1><p>%s%s</p></header><main>", month,
        c->frozen_through != DATE_NONE && c->frozen_through >= c->options.month
            ? "This month is final; what came later stands beside it as it "
              "was frozen."
            : "This month is provisional: it has not ended on all inputs.",
        c->frozen ? " Printed as it was fixed." : "");
    put_indicators(c);
    put_months(c);
    card_observed_html(c);
    if (cli_flag(c->cli, "lines"))
        put_lines(c);
    put_definitions(c);
    (void)fputs("</main></body></html>\n", stdout);
}
