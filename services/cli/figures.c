/* waymark figures: what four reports published, beside what is counted. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/figures_count.h"
#include "cli/verbs.h"
#include "common/adapters/json.h"
#include "metrics/core/kpi.h"

enum { FIGURES_BYTES_MAX = 1 << 20, CACHE_MAX = 256, MONTHS_MAX = 24 };

/* What was asked of metrics once. */
struct asked {
    const struct measure *m; /* its indicator and days */
    const char *kpi;
    struct counted_list rows;
};

struct figures {
    struct cli *cli;
    struct pg *pg;
    struct json *document;
    int32_t shard;
    struct str seed; /* whose figures are counted now; its shard is `shard` */
    bool has_shard;
    struct asked asked[CACHE_MAX];
    size_t n_asked;
    struct json_out out;
    size_t n, same, different, read;
};

enum verdict { SAME = 1, DIFFERENT, TO_READ };

/* ---- what metrics says --------------------------------------------------- */

static enum status
ask_rows(struct figures *f, const char *kpi, date_d from, date_d to,
         struct counted_list *out, struct err *err)
{
    struct arena *arena = f->cli->arena;
    struct pg_params p;
    struct pg_result *res = NULL;
    struct counted *at;
    enum status rc;

    pg_params_init(&p, arena);
    pg_add_i32(&p, f->shard);
    pg_add_text(&p, str_of(kpi));
    pg_add_date(&p, from);
    pg_add_date(&p, to);
    rc = pg_query(f->pg, NULL,
                  "SELECT part, side, district, age_band, "
                  "sum(numerator)::bigint, sum(denominator)::bigint FROM "
                  "metrics.kpi_members($1, $2, $3, $4) GROUP BY 1, 2, 3, 4 "
                  "ORDER BY 1, 2, 3, 4",
                  &p, &res, err);
    if (rc != ST_OK)
        return rc;
    out->n = pg_n_rows(res);
    at = arena_array(arena, out->n, sizeof *at);
    for (size_t i = 0; i < out->n; i++)
        at[i] = (struct counted){
            .part = arena_str(arena, pg_text(res, i, 0)),
            .side = arena_str(arena, pg_text(res, i, 1)),
            .district = arena_str(arena, pg_text(res, i, 2)),
            .age_band = arena_str(arena, pg_text(res, i, 3)),
            .numerator = pg_i64(res, i, 4),
            .denominator = pg_i64(res, i, 5),
        };
    out->at = at;
    pg_result_close(res);
    return ST_OK;
}

static enum status
ask(struct figures *f, const struct measure *m, const char *kpi,
    struct counted_list *out, struct err *err)
{
    date_d from = 0, to = 0;
    enum status rc;

    for (size_t i = 0; i < f->n_asked; i++) {
        const struct asked *a = &f->asked[i];

        if (strcmp(a->kpi, kpi) == 0 && strcmp(a->m->from, m->from) == 0 &&
            strcmp(a->m->to, m->to) == 0) {
            *out = a->rows;
            return ST_OK;
        }
    }
    if (!date_parse(str_of(m->from), &from) || !date_parse(str_of(m->to), &to))
        return err_set(err, ST_FATAL, "measure", "%s: days", m->figure);
    rc = ask_rows(f, kpi, from, to, out, err);
    if (rc == ST_OK && f->n_asked < CACHE_MAX)
        f->asked[f->n_asked++] =
            (struct asked){ .m = m, .kpi = kpi, .rows = *out };
    return rc;
}

/* The same for each month of the measure's days, at its last day. */
static enum status
ask_months(struct figures *f, const struct measure *m, struct figure_input *in,
           struct err *err)
{
    struct counted_list *months =
        arena_array(f->cli->arena, MONTHS_MAX, sizeof *months);
    date_d from = 0, to = 0;
    enum status rc = ST_OK;

    if (!date_parse(str_of(m->from), &from) || !date_parse(str_of(m->to), &to))
        return err_set(err, ST_FATAL, "measure", "%s: days", m->figure);
    for (date_d month = from;
         rc == ST_OK && month <= to && in->n_months < MONTHS_MAX;
         month = date_add_months(month, 1))
        rc = ask_rows(f, m->kpi, month, date_add_months(month, 1) - 1,
                      &months[in->n_months++], err);
    in->months = months;
    return rc;
}

/* How long each case was open that closed in these days, by district. */
static enum status
ask_days(struct figures *f, const struct measure *m, struct figure_input *in,
         struct err *err)
{
    struct arena *arena = f->cli->arena;
    struct pg_params p;
    struct pg_result *res = NULL;
    struct days_open *days;
    enum status rc;

    pg_params_init(&p, arena);
    pg_add_i32(&p, f->shard);
    pg_add_text(&p, str_of(m->from));
    pg_add_text(&p, str_of(m->to));
    rc = pg_query(f->pg, NULL,
                  "SELECT district, numerator FROM metrics.kpi_members($1, "
                  "'K29', $2::text::date, $3::text::date) WHERE part = "
                  "'days open' ORDER BY 1, 2",
                  &p, &res, err);
    if (rc != ST_OK)
        return rc;
    in->n_days = pg_n_rows(res);
    days = arena_array(arena, in->n_days, sizeof *days);
    for (size_t i = 0; i < in->n_days; i++)
        days[i] = (struct days_open){
            .district = arena_str(arena, pg_text(res, i, 0)),
            .days = pg_i64(res, i, 1),
        };
    in->days = days;
    pg_result_close(res);
    return ST_OK;
}

/* What somebody else counted, as it was printed; a gap by its word. */
static enum status
observe(struct figures *f, const struct measure *m, struct str *out,
        struct err *err)
{
    const char *kind = strchr(m->part, ':');
    size_t n = kind == NULL ? strlen(m->part) : (size_t)(kind - m->part);
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, f->cli->arena);
    pg_add_i32(&p, f->shard);
    pg_add_text(&p,
                arena_str(f->cli->arena, (struct str){ .p = m->part, .n = n }));
    pg_add_text(&p, str_of(kind == NULL ? "level" : kind + 1));
    pg_add_text(&p, str_of(m->side));
    pg_add_text(&p, str_of(m->of));
    pg_add_text(&p, str_of(m->from));
    pg_add_text(&p, str_of(m->to));
    rc = pg_query(f->pg, NULL,
                  "SELECT CASE WHEN gap IS NULL THEN value ELSE 'gap: ' || "
                  "gap END || CASE status WHEN 'provisional' THEN "
                  "' (provisional)' ELSE '' END FROM metrics.observed WHERE "
                  "shard = $1 AND indicator = $2 AND "
                  "coalesce(measure, 'level') = $3 AND area = $4 AND "
                  "breakdown IS NOT DISTINCT FROM $5 AND "
                  "period_from = $6::text::date AND period_to = $7::text::date",
                  &p, &res, err);
    if (rc != ST_OK)
        return rc;
    *out = pg_n_rows(res) == 1 ? arena_str(f->cli->arena, pg_text(res, 0, 0))
                               : STR("nothing was sent");
    pg_result_close(res);
    return ST_OK;
}

static enum status
count(struct figures *f, const struct measure *m, int decimals, struct str *out,
      struct err *err)
{
    struct figure_input in = { .n_months = 0 };
    enum status rc = ST_OK;

    if (m->op == FIGURE_OBSERVED)
        return observe(f, m, out, err);
    if (m->op != FIGURE_STATED)
        rc = ask(f, m, m->kpi, &in.rows, err);
    if (rc == ST_OK && m->op == FIGURE_TOP && strcmp(m->kpi, "K06") == 0)
        rc = ask(f, m, "K01", &in.base, err);
    if (rc == ST_OK && m->op == FIGURE_LEVELS)
        rc = ask_months(f, m, &in, err);
    if (rc == ST_OK && (m->op == FIGURE_TABLE || m->op == FIGURE_ABOVE))
        rc = ask_days(f, m, &in, err);
    if (rc == ST_OK)
        *out = figure_count(f->cli->arena, m, &in, decimals);
    return rc;
}

/* ---- what was published -------------------------------------------------- */

/* The value that `path` leads to, NULL for none. */
static const struct json *
follow(const struct json *v, const char *path)
{
    while (v != NULL && *path != '\0') {
        size_t n = strcspn(path, ">");
        char key[128];

        if (n >= sizeof key)
            return NULL;
        memcpy(key, path, n);
        key[n] = '\0';
        v = json_type_of(v) == JSON_T_ARRAY
                ? json_at(v, (size_t)strtoul(key, NULL, 10))
                : json_get(v, key);
        path += n + (path[n] == '>');
    }
    return v;
}

static int
by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct str
join_sorted(struct arena *arena, struct str *at, size_t n)
{
    struct str out = STR("");

    qsort(at, n, sizeof *at, by_text);
    for (size_t i = 0; i < n; i++)
        out = arena_printf(arena, "%.*s%s%.*s", STR_ARG(out),
                           i == 0 ? "" : ", ", STR_ARG(at[i]));
    return out;
}

/* A place's name as its id: "Children's Village" is childrens-village. One
 * name of WOL 3.4 is another's (domain.md section 2). */
static struct str
place_id(struct arena *arena, struct str name)
{
    char *id = arena_alloc(arena, name.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c == ' ')
            c = '-';
        if ((c >= 'a' && c <= 'z') || c == '-')
            id[n++] = c;
    }
    if (str_is((struct str){ .p = id, .n = n }, "rocketpool"))
        return STR("bilston");
    return (struct str){ .p = id, .n = n };
}

static struct str
published_text(struct arena *arena, const struct json *v, bool places)
{
    char number[JSON_NUMBER_SIZE];
    struct str text = STR("-");

    if (json_number_text(v, number)) {
        if (strchr(number, 'e') != NULL) /* 70.0 may come as 7e+01 */
            return arena_printf(arena, "%.0f", strtod(number, NULL));
        return arena_printf(arena, "%s", number);
    }
    if (json_str(v, &text))
        return places ? place_id(arena, text) : text;
    if (json_type_of(v) == JSON_T_ARRAY) {
        size_t n = json_size(v);
        struct str *at = arena_array(arena, n, sizeof *at);

        for (size_t i = 0; i < n; i++)
            at[i] = published_text(arena, json_at(v, i), places);
        return join_sorted(arena, at, n);
    }
    return text;
}

static int
decimals_of(struct str number)
{
    const char *point = memchr(number.p, '.', number.n);

    return point == NULL ? 0 : (int)(number.p + number.n - point - 1);
}

/* A list of words in any order. */
static struct str
sorted_list(struct arena *arena, struct str list)
{
    struct str *at = arena_array(arena, list.n + 1, sizeof *at);
    size_t n = 0;

    while (list.n > 0) {
        const char *end = memchr(list.p, ',', list.n);
        size_t len = end == NULL ? list.n : (size_t)(end - list.p);

        at[n++] = (struct str){ .p = list.p, .n = len };
        len += len < list.n ? 2 : 0;
        list.p += len;
        list.n -= len;
    }
    return join_sorted(arena, at, n);
}

/* "13.5" within "13, 14". */
static bool
is_within(const struct json *v, struct str counted)
{
    char low[JSON_NUMBER_SIZE], high[JSON_NUMBER_SIZE];

    return json_size(v) == 2 && json_number_text(json_at(v, 0), low) &&
           json_number_text(json_at(v, 1), high) &&
           strtod(counted.p, NULL) >= strtod(low, NULL) &&
           strtod(counted.p, NULL) <= strtod(high, NULL);
}

static enum verdict
judge(struct arena *arena, const struct measure *m, const struct json *v,
      struct str published, struct str counted)
{
    bool is_list = json_type_of(v) == JSON_T_ARRAY;
    char number[JSON_NUMBER_SIZE];

    if (m->op == FIGURE_OBSERVED && str_is(published, "-"))
        return counted.n > 4 && memcmp(counted.p, "gap:", 4) == 0 ? SAME
                                                                  : DIFFERENT;
    if (m->op == FIGURE_OBSERVED) /* 5.70 was read as 5.7 */
        return strtod(published.p, NULL) == strtod(counted.p, NULL) ? SAME
                                                                    : DIFFERENT;
    if (m->op == FIGURE_STATED || m->op == FIGURE_TABLE ||
        m->op == FIGURE_TOP_NEEDS || str_is(published, "-") ||
        (!is_list && !json_number_text(v, number)))
        return TO_READ;
    if (m->op == FIGURE_EACH && is_list)
        return is_within(v, counted) ? SAME : DIFFERENT;
    if (is_list)
        counted = sorted_list(arena, counted);
    return str_eq(published, counted) ? SAME : DIFFERENT;
}

/* ---- printing ------------------------------------------------------------ */

static const char *
verdict_word(enum verdict v)
{
    return v == SAME ? "same" : v == DIFFERENT ? "DIFFERENT" : "to read";
}

struct line {
    const struct measure *m;
    struct str published, counted;
    enum verdict verdict;
};

static void
print_line(struct figures *f, const struct line *l)
{
    struct json_out *o = &f->out;

    if (!cli_flag(f->cli, "json")) {
        printf("  %-9s %-44s published %s%.*s, counted %.*s  (%s, %s to %s)\n",
               verdict_word(l->verdict), l->m->path, "", STR_ARG(l->published),
               STR_ARG(l->counted), l->m->kpi, l->m->from, l->m->to);
        return;
    }
    json_out_object(o);
    json_out_kcstr(o, "figure", l->m->figure);
    json_out_kcstr(o, "of", l->m->path);
    json_out_kstr(o, "published", l->published);
    json_out_kstr(o, "counted", l->counted);
    json_out_kcstr(o, "verdict", verdict_word(l->verdict));
    json_out_kcstr(o, "kpi", l->m->kpi);
    json_out_kcstr(o, "from", l->m->from);
    json_out_kcstr(o, "to", l->m->to);
    json_out_object_end(o);
}

static void
print_heading(const struct figures *f, const struct json *figure, struct str id)
{
    struct str what = STR(""), where = STR(""), kind = STR("");

    if (cli_flag(f->cli, "json"))
        return;
    (void)json_str(json_get(figure, "what"), &what);
    (void)json_str(json_get(figure, "where"), &where);
    (void)json_str(json_get(figure, "kind"), &kind);
    printf("%.*s %.*s (%.*s): %.*s\n", STR_ARG(id), STR_ARG(f->seed),
           STR_ARG(where), STR_ARG(what));
    for (size_t i = 0; i < figure_notes_n; i++) {
        const struct figure_note *n = &figure_notes[i];

        if (!str_is(id, n->figure))
            continue;
        if (n->contradiction > 0)
            printf("  contradiction %d: %s\n", n->contradiction, n->text);
        else
            printf("  note: %s\n", n->text);
    }
}

/* ---- figure by figure ---------------------------------------------------- */

static enum status
take_shard(struct figures *f, struct str seed, struct err *err)
{
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    if (str_eq(seed, f->seed))
        return ST_OK;
    pg_params_init(&p, f->cli->arena);
    pg_add_text(&p, seed);
    rc = pg_query(f->pg, NULL,
                  "SELECT shard FROM metrics.shard WHERE authority = $1", &p,
                  &res, err);
    f->has_shard = rc == ST_OK && pg_n_rows(res) == 1;
    if (f->has_shard)
        f->shard = pg_i32(res, 0, 0);
    f->seed = seed;
    f->n_asked = 0;
    pg_result_close(res);
    return rc;
}

static enum status
measure_one(struct figures *f, const struct json *figure,
            const struct measure *m, struct err *err)
{
    struct arena *arena = f->cli->arena;
    const struct json *top = json_get(figure, "value");
    const struct json *v;
    struct line l = { .m = m, .counted = STR("") };
    bool places = m->op == FIGURE_ABOVE || m->op == FIGURE_TOP_PLACES;
    int decimals;
    enum status rc;

    v = follow(top == NULL ? json_get(figure, "rows") : top, m->path);
    l.published = published_text(arena, v, places);
    decimals = json_type_of(v) == JSON_T_ARRAY && m->op == FIGURE_EACH
                   ? 1
                   : decimals_of(l.published);
    if (places || decimals > 3)
        decimals = 0;
    rc = count(f, m, decimals, &l.counted, err);
    if (rc != ST_OK)
        return rc;
    l.verdict = judge(arena, m, v, l.published, l.counted);
    f->n++;
    f->same += l.verdict == SAME;
    f->different += l.verdict == DIFFERENT;
    f->read += l.verdict == TO_READ;
    print_line(f, &l);
    return ST_OK;
}

static enum status
each_figure(struct figures *f, const struct json *figure, struct err *err)
{
    const char *only = cli_text(f->cli, "authority");
    struct str id = STR(""), seed = STR("");
    enum status rc;

    (void)json_str(json_get(figure, "id"), &id);
    (void)json_str(json_get(figure, "seed"), &seed);
    if (only != NULL && !str_is(seed, only))
        return ST_OK;
    rc = take_shard(f, arena_str(f->cli->arena, seed), err);
    if (rc != ST_OK || !f->has_shard)
        return rc;
    print_heading(f, figure, id);
    for (size_t i = 0; rc == ST_OK && i < measures_n; i++)
        if (str_is(id, measures[i].figure))
            rc = measure_one(f, figure, &measures[i], err);
    return rc;
}

static enum status
all_figures(struct figures *f, struct err *err)
{
    const struct json *list = json_get(f->document, "figures");
    enum status rc = ST_OK;

    if (json_size(list) == 0)
        return err_set(err, ST_REJECT, "config",
                       "the file of published figures has none");
    json_out_init(&f->out, f->cli->arena);
    json_out_array(&f->out);
    for (size_t i = 0; rc == ST_OK && i < json_size(list); i++)
        rc = each_figure(f, json_at(list, i), err);
    json_out_array_end(&f->out);
    if (rc != ST_OK)
        return rc;
    if (cli_flag(f->cli, "json"))
        printf("%.*s\n", STR_ARG(json_out_text(&f->out)));
    else
        printf("figures: %zu values, %zu same, %zu different, %zu to read\n",
               f->n, f->same, f->different, f->read);
    return ST_OK;
}

static enum cli_exit
run(struct cli *cli)
{
    struct figures f = { .cli = cli };
    struct err err = { .code = "" };
    struct str text;
    enum status rc = file_read(cli_text(cli, "published"), FIGURES_BYTES_MAX,
                               cli->arena, &text, &err);

    if (rc == ST_OK)
        rc = json_parse(text, FIGURES_BYTES_MAX, &f.document, &err);
    if (rc == ST_OK)
        rc = cli_pg(cli, &f.pg, &err);
    if (rc == ST_OK) /* compiling takes longer than the queries */
        rc = pg_exec(f.pg, "SET jit = off", &err);
    if (rc == ST_OK)
        rc = all_figures(&f, &err);
    pg_close(f.pg);
    json_free(f.document);
    if (rc != ST_OK)
        return cli_fail(cli, rc, &err);
    return f.different > 0 ? CLI_DIFFERENT : CLI_DONE;
}

const struct verb verb_figures = {
    .name = "figures",
    .words = "[--authority NAME] [--published FILE]",
    .help = "figures that reports published, beside what is counted",
    .options = {
        { .name = "authority", .value = "NAME",
          .help = "only this report's" },
        { .name = "published", .value = "FILE",
          .env = "WAYMARK_FIGURES", .dflt = "demo/figures/figures.json",
          .help = "what was published" },
    },
    .prints_data = true,
    .run = run,
};
