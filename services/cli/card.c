#include "cli/card.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/profile_json.h"
#include "common/core/codes.h"

/* ---- which authority ----------------------------------------------------- */

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
read_frozen(struct card *c, struct err *err)
{
    struct str sql = arena_printf(c->cli->arena,
                                  "SELECT frozen_through FROM %s.reckoning "
                                  "WHERE shard = $1",
                                  c->schema);
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, c->cli->arena);
    pg_add_i32(&p, c->shard);
    rc = pg_query(c->pg, NULL, sql.p, &p, &res, err);
    c->frozen_through =
        rc == ST_OK && pg_n_rows(res) == 1 ? pg_date(res, 0, 0) : DATE_NONE;
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
        struct str *all = arena_array(arena, KPI_LAST, sizeof *all);

        for (int k = 1; k <= KPI_LAST; k++)
            all[k - 1] = str_of(codes_word(&codes_kpi, k));
        o->kpis = (struct texts){ .at = all, .n = KPI_LAST };
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

enum status
card_begin(struct card *c, struct err *err)
{
    enum status rc = choose_shard(c, err);

    if (rc == ST_OK)
        rc = read_profile(c, err);
    if (rc == ST_OK)
        rc = read_frozen(c, err);
    if (rc == ST_OK)
        set_options(c);
    return rc;
}

/* ---- cells --------------------------------------------------------------- */

struct cells {
    struct kpi_cell *at;
    size_t n;
};

static void
take_cells(const struct card *c, const struct pg_result *res, struct cells *out)
{
    struct arena *arena = c->cli->arena;
    size_t n = pg_n_rows(res);
    struct kpi_cell *at = arena_array(arena, out->n + n, sizeof *at);

    if (out->n > 0)
        memcpy(at, out->at, out->n * sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[out->n + i] = (struct kpi_cell){
            .month = pg_date(res, i, 0),
            .kpi = codes_find(&codes_kpi, pg_text(res, i, 7)),
            .side = codes_find(&codes_side, pg_text(res, i, 1)),
            .district = arena_str(arena, pg_text(res, i, 2)),
            .age_band = codes_find(&codes_age_band, pg_text(res, i, 3)),
            .part = arena_str(arena, pg_text(res, i, 4)),
            .numerator = pg_i64(res, i, 5),
            .denominator = pg_i64(res, i, 6),
        };
    out->at = at;
    out->n += n;
}

static enum status
read_cells(const struct card *c, bool frozen, date_d from, struct cells *out,
           struct err *err)
{
    struct str sql = arena_printf(
        c->cli->arena,
        "SELECT month, side, district, age_band, part, numerator, denominator, "
        "kpi FROM %s.%s WHERE shard = $1 AND month BETWEEN $2 AND $3",
        c->schema, frozen ? "frozen_cells" : "scorecard_cells");
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, c->cli->arena);
    pg_add_i32(&p, c->shard);
    pg_add_date(&p, from);
    pg_add_date(&p, c->options.month);
    rc = pg_query(c->pg, NULL, sql.p, &p, &res, err);
    if (rc == ST_OK)
        take_cells(c, res, out);
    pg_result_close(res);
    return rc;
}

/* Where indicators that no sum of months gives (kpi.h) are counted, as
 * kpi_members has them (metrics/sql/003_members.sql). */
static const struct {
    const char *function;
    uint64_t kpis; /* bits of enum kpi */
} counted_by[] = {
#define KPI_BIT(k) (UINT64_C(1) << (k))
    { "members_of_children", KPI_BIT(KPI_K02) | KPI_BIT(KPI_K03) |
                                 KPI_BIT(KPI_K04) | KPI_BIT(KPI_K09) |
                                 KPI_BIT(KPI_K15) | KPI_BIT(KPI_K26) |
                                 KPI_BIT(KPI_K33) },
    { "members_of_services", KPI_BIT(KPI_K16) | KPI_BIT(KPI_K23) |
                                 KPI_BIT(KPI_K24) | KPI_BIT(KPI_K25) |
                                 KPI_BIT(KPI_K34) },
    { "members_of_caseload", KPI_BIT(KPI_K22) | KPI_BIT(KPI_K27) |
                                 KPI_BIT(KPI_K28) | KPI_BIT(KPI_K29) |
                                 KPI_BIT(KPI_K39) },
#undef KPI_BIT
};
#define N_COUNTED_BY (sizeof counted_by / sizeof counted_by[0])

/* Those of the card that one of them counts, as a parameter; how many. */
static size_t
add_kpis(struct pg_params *p, const struct texts *kpis, uint64_t counted)
{
    size_t n = 0;

    pg_array_begin(p, PG_TEXT, kpis->n);
    for (size_t i = 0; i < kpis->n; i++) {
        int kpi = codes_find(&codes_kpi, kpis->at[i]);

        if (kpi <= 0 || (counted >> kpi & 1) == 0)
            continue;
        pg_add_text(p, kpis->at[i]);
        n++;
    }
    pg_array_end(p);
    return n;
}

/*
 * Their figures of this month, a query a function: what several of them are
 * counted from is then gathered once, not once each as by kpi_members.
 */
static enum status
ask_facts(const struct card *c, const char *function, uint64_t counted,
          struct cells *out, struct err *err)
{
    struct str sql = arena_printf(
        c->cli->arena,
        "SELECT $2, side, district, age_band, part, sum(numerator)::bigint, "
        "sum(denominator)::bigint, kpi FROM %s.%s($1, $2, $3) "
        "WHERE kpi = ANY ($4) GROUP BY kpi, side, district, age_band, part",
        c->schema, function);
    struct pg_params p;
    struct pg_result *res = NULL;
    enum status rc;

    pg_params_init(&p, c->cli->arena);
    pg_add_i32(&p, c->shard);
    pg_add_date(&p, c->options.month);
    pg_add_date(&p, date_add_months(c->options.month, 1) - 1);
    if (add_kpis(&p, &c->options.kpis, counted) == 0)
        return ST_OK;
    rc = pg_query(c->pg, NULL, sql.p, &p, &res, err);
    if (rc == ST_OK)
        take_cells(c, res, out);
    pg_result_close(res);
    return rc;
}

enum status
card_read(struct card *c, struct err *err)
{
    struct scorecard_options o = c->options;
    date_d first = date_add_months(o.month, -CARD_NOW);
    struct cells cells = { .n = 0 }, fixed = { .n = 0 };
    /* Compiling takes longer than any of these queries, and sorting on disk
     * longer than in memory. */
    enum status rc =
        pg_exec(c->pg, "SET jit = off; SET work_mem = '64MB'", err);

    if (rc == ST_OK)
        rc = read_cells(c, c->frozen, first, &cells, err);
    if (rc == ST_OK && !c->frozen && c->frozen_through != DATE_NONE &&
        c->frozen_through >= o.month)
        rc = read_cells(c, true, o.month, &fixed, err);
    for (size_t i = 0; rc == ST_OK && !c->frozen && i < N_COUNTED_BY; i++)
        rc = ask_facts(c, counted_by[i].function, counted_by[i].kpis, &cells,
                       err);
    for (size_t i = 0; rc == ST_OK && i < CARD_MONTHS; i++) {
        o.month = date_add_months(first, (int)i);
        c->months[i] = scorecard_make(c->cli->arena, cells.at, cells.n, &o);
    }
    c->made = c->months[CARD_NOW];
    if (rc == ST_OK && fixed.n > 0)
        c->fixed = scorecard_make(c->cli->arena, fixed.at, fixed.n, &o);
    return rc;
}

/* ---- lines --------------------------------------------------------------- */

const struct scorecard_line *
card_like(const struct scorecard *card, const struct scorecard_line *line)
{
    for (size_t i = 0; i < card->n; i++) {
        const struct scorecard_line *l = &card->lines[i];

        if (l->kpi == line->kpi && l->side == line->side &&
            str_eq(l->district, line->district) && str_eq(l->part, line->part))
            return l;
    }
    return NULL;
}

bool
card_is_head(const struct scorecard *card, size_t line)
{
    const struct scorecard_line *l = &card->lines[line];

    return line == 0 || l->kpi != l[-1].kpi || l->side != l[-1].side;
}

bool
card_has_figure(const struct scorecard_line *line)
{
    return line->part.p != NULL || !kpi_def(line->kpi)->overlap;
}

static bool
is_empty(const struct scorecard_line *line)
{
    return line == NULL || (!line->values[SCORECARD_ALL].hidden &&
                            line->values[SCORECARD_ALL].numerator == 0 &&
                            line->values[SCORECARD_ALL].denominator == 0);
}

enum card_status
card_status(const struct card *c, const struct scorecard_line *line)
{
    bool heard = false;

    for (size_t i = 0; i < CARD_MONTHS; i++)
        heard |= !is_empty(card_like(&c->months[i], line));
    if (!heard)
        return CARD_AWAITING;
    return c->frozen_through != DATE_NONE &&
                   c->frozen_through >= c->options.month
               ? CARD_FINAL
               : CARD_PROVISIONAL;
}

const char *
card_status_word(enum card_status status)
{
    return status == CARD_FINAL         ? "final"
           : status == CARD_PROVISIONAL ? "provisional"
                                        : "awaiting data";
}

struct str
card_value(struct arena *arena, const struct scorecard_value *v)
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

const char *
card_month(date_d month, char out[DATE_TEXT_SIZE])
{
    (void)date_text(month, out);
    out[7] = '\0';
    return out;
}
