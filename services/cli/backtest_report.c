#include "cli/backtest_report.h"

#include <string.h>

#include "common/adapters/json.h"
#include "common/core/codes.h"

#define NOBODY STR("(none)") /* a decision without a unit */

/* ---- comparing ---- */

static bool
is_within(const struct referral_decided *d, time_ms from, time_ms to)
{
    return d->meta.recorded_at >= from && d->meta.recorded_at < to;
}

static int
by_id(const struct rerun_decision *a, const struct rerun_decision *b)
{
    return memcmp(&a->rec->notification_id, &b->rec->notification_id,
                  sizeof a->rec->notification_id);
}

static struct tally *
tally_of(struct tally *at, size_t *n, struct str then, struct str now)
{
    for (size_t i = 0; i < *n; i++)
        if (str_eq(at[i].then, then) && str_eq(at[i].now, now))
            return &at[i];
    at[*n] = (struct tally){ .then = then, .now = now };
    return &at[(*n)++];
}

static struct str
ruled(struct arena *a, const struct referral_decided *d)
{
    return arena_printf(a, "%.*s %s", STR_ARG(d->rule_id),
                        codes_word(&codes_outcome, d->outcome));
}

static struct str
unit_of(const struct referral_decided *d)
{
    return d->unit.p == NULL ? NOBODY : d->unit;
}

static void
count(struct backtest_report *r, struct arena *a,
      const struct referral_decided *then, const struct referral_decided *now)
{
    bool elsewhere =
        then->outcome != now->outcome || !str_eq(unit_of(then), unit_of(now));

    r->decided++;
    r->old_version = then->meta.profile_version;
    r->new_version = now->meta.profile_version;
    tally_of(r->units, &r->n_units, unit_of(then), STR_NULL)->n_then++;
    tally_of(r->units, &r->n_units, unit_of(now), STR_NULL)->n_now++;
    if (!elsewhere && str_eq(then->rule_id, now->rule_id) &&
        then->status == now->status)
        return;
    r->changed[r->n_changed++] =
        (struct changed){ .then = then, .now = now, .elsewhere = elsewhere };
    r->n_elsewhere += elsewhere;
    tally_of(r->rules, &r->n_rules, ruled(a, then), ruled(a, now))->n_now++;
}

void
backtest_compare(const struct rerun *then, const struct rerun *now,
                 time_ms from, time_ms to, struct arena *arena,
                 struct backtest_report *out)
{
    size_t n_then, n_now, k = 0;
    const struct rerun_decision *a = rerun_decisions(then, &n_then);
    const struct rerun_decision *b = rerun_decisions(now, &n_now);

    *out = (struct backtest_report){
        .changed = arena_array(arena, n_then, sizeof *out->changed),
        .rules = arena_array(arena, n_then, sizeof *out->rules),
        .units = arena_array(arena, 2 * n_then, sizeof *out->units),
    };
    for (size_t i = 0; i < n_then; i++) {
        while (k < n_now && by_id(&b[k], &a[i]) < 0)
            k++;
        if (k < n_now && by_id(&b[k], &a[i]) == 0 &&
            is_within(a[i].rec, from, to))
            count(out, arena, a[i].rec, b[k].rec);
    }
}

/* ---- text ---- */

void
backtest_print(const struct backtest_report *r)
{
    printf("%zu decided, %zu of them otherwise, %zu elsewhere (outcome or "
           "unit)\n",
           r->decided, r->n_changed, r->n_elsewhere);
    if (r->decided > 0)
        printf("then %.*s\nnow  %.*s\n", STR_ARG(r->old_version),
               STR_ARG(r->new_version));
    if (r->n_rules > 0)
        printf("\nby rule\n%8s  %-30s %s\n", "n", "then", "now");
    for (size_t i = 0; i < r->n_rules; i++)
        printf("%8zu  %-30.*s %.*s\n", r->rules[i].n_now,
               STR_ARG(r->rules[i].then), STR_ARG(r->rules[i].now));
    if (r->n_units > 0)
        printf("\nby unit\n%8s %8s %8s  %s\n", "then", "now", "change", "unit");
    for (size_t i = 0; i < r->n_units; i++)
        printf("%8zu %8zu %+8ld  %.*s\n", r->units[i].n_then, r->units[i].n_now,
               (long)r->units[i].n_now - (long)r->units[i].n_then,
               STR_ARG(r->units[i].then));
    printf("\nrerun by its own profiles: %zu of %zu decisions as in the log\n",
           r->as_log, r->of_log);
}

/* ---- JSON ---- */

static void
side_json(struct json_out *o, const char *key, const struct referral_decided *d)
{
    json_out_key(o, key);
    json_out_object(o);
    json_out_kstr(o, "rule", d->rule_id);
    json_out_kcstr(o, "outcome", codes_word(&codes_outcome, d->outcome));
    json_out_kstr(o, "unit", d->unit);
    json_out_kcstr(o, "status", codes_word(&codes_decision_status, d->status));
    json_out_object_end(o);
}

static void
changed_json(struct json_out *o, const struct backtest_report *r)
{
    json_out_key(o, "notifications");
    json_out_array(o);
    for (size_t i = 0; i < r->n_changed; i++) {
        const struct changed *c = &r->changed[i];
        char id[ID_TEXT_SIZE];

        json_out_object(o);
        json_out_kcstr(o, "id", id_text(c->then->notification_id, id));
        json_out_kstr(o, "agency_id", c->then->agency_id);
        json_out_kstr(o, "agency_ref", c->then->agency_ref);
        json_out_kint(o, "amendment", c->then->amendment);
        json_out_kbool(o, "elsewhere", c->elsewhere);
        side_json(o, "then", c->then);
        side_json(o, "now", c->now);
        json_out_object_end(o);
    }
    json_out_array_end(o);
}

static void
tallies_json(struct json_out *o, const char *key, const struct tally *at,
             size_t n, bool units)
{
    json_out_key(o, key);
    json_out_array(o);
    for (size_t i = 0; i < n; i++) {
        json_out_object(o);
        json_out_kstr(o, units ? "unit" : "then", at[i].then);
        if (units)
            json_out_kint(o, "then", (int64_t)at[i].n_then);
        else
            json_out_kstr(o, "now", at[i].now);
        json_out_kint(o, units ? "now" : "n", (int64_t)at[i].n_now);
        json_out_object_end(o);
    }
    json_out_array_end(o);
}

void
backtest_json(const struct backtest_report *r, struct arena *arena)
{
    struct json_out o;
    struct str text;

    json_out_init(&o, arena);
    json_out_object(&o);
    json_out_kstr(&o, "then", r->old_version);
    json_out_kstr(&o, "now", r->new_version);
    json_out_kint(&o, "decided", (int64_t)r->decided);
    json_out_kint(&o, "otherwise", (int64_t)r->n_changed);
    json_out_kint(&o, "elsewhere", (int64_t)r->n_elsewhere);
    json_out_kint(&o, "in_log", (int64_t)r->of_log);
    json_out_kint(&o, "as_in_log", (int64_t)r->as_log);
    tallies_json(&o, "by_rule", r->rules, r->n_rules, false);
    tallies_json(&o, "by_unit", r->units, r->n_units, true);
    changed_json(&o, r);
    json_out_object_end(&o);
    text = json_out_text(&o);
    printf("%.*s\n", STR_ARG(text));
}

/* ---- files ---- */

void
backtest_list(const struct backtest_report *r, FILE *to)
{
    fprintf(to, "id,agency_id,agency_ref,amendment,then_rule,then_outcome,"
                "then_unit,now_rule,now_outcome,now_unit,elsewhere\n");
    for (size_t i = 0; i < r->n_changed; i++) {
        const struct referral_decided *then = r->changed[i].then;
        const struct referral_decided *now = r->changed[i].now;
        char id[ID_TEXT_SIZE];

        /* None of these can hold a comma or a quote (domain.md section 3). */
        fprintf(to, "%s,%.*s,%.*s,%d,%.*s,%s,%.*s,%.*s,%s,%.*s,%s\n",
                id_text(then->notification_id, id), STR_ARG(then->agency_id),
                STR_ARG(then->agency_ref), (int)then->amendment,
                STR_ARG(then->rule_id),
                codes_word(&codes_outcome, then->outcome), STR_ARG(then->unit),
                STR_ARG(now->rule_id), codes_word(&codes_outcome, now->outcome),
                STR_ARG(now->unit), r->changed[i].elsewhere ? "yes" : "no");
    }
}

enum { BAR = 12, GAP = 10, LEFT = 180, WIDTH = 420, TOP = 40 };

static void
bar(FILE *to, size_t row, int second, size_t n, size_t most)
{
    int y = TOP + (int)row * (2 * BAR + GAP) + second * BAR;
    int width = most == 0 ? 0 : (int)(n * WIDTH / most);

    fprintf(to,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
            "fill=\"%s\"/><text x=\"%d\" y=\"%d\">%zu</text>\n",
            LEFT, y, width, BAR - 1, second ? "#b5541c" : "#4a6fa5",
            LEFT + width + 4, y + BAR - 2, n);
}

void
backtest_svg(const struct backtest_report *r, FILE *to)
{
    size_t most = 0;

    for (size_t i = 0; i < r->n_units; i++) {
        const struct tally *t = &r->units[i];

        most = t->n_then > most ? t->n_then : most;
        most = t->n_now > most ? t->n_now : most;
    }
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
            "height=\"%d\" font-family=\"sans-serif\" font-size=\"10\" "
            "role=\"img\">\n<title>Decisions by unit, then and now</title>\n"
            "<text x=\"%d\" y=\"18\" fill=\"#4a6fa5\">then %.*s</text>\n"
            "<text x=\"%d\" y=\"32\" fill=\"#b5541c\">now %.*s</text>\n",
            LEFT + WIDTH + 60, TOP + (int)r->n_units * (2 * BAR + GAP) + GAP,
            LEFT, STR_ARG(r->old_version), LEFT, STR_ARG(r->new_version));
    for (size_t i = 0; i < r->n_units; i++) {
        fprintf(to, "<text x=\"4\" y=\"%d\">%.*s</text>\n",
                TOP + (int)i * (2 * BAR + GAP) + BAR + 3,
                STR_ARG(r->units[i].then));
        bar(to, i, 0, r->units[i].n_then, most);
        bar(to, i, 1, r->units[i].n_now, most);
    }
    fprintf(to, "</svg>\n");
}
