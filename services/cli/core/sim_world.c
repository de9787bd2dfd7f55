#include "cli/core/sim_world.h"

#include <string.h>

enum {
    OPENS_MIN = 9 * 60,
    OPEN_MIN = 8 * 60, /* how long the office is open, minutes */
    NHS_PERCENT = 90,
    LEAST_BUSY_PERCENT = 85,
    NAME_LETTERS = 9,
};

static bool
works(const struct sim_world *w, date_d d)
{
    return calendar_covers(w->options->cal, d) &&
           calendar_is_working_day(w->options->cal,
                                   &w->options->profile->closures, d);
}

static time_ms
minute_of(struct sim_world *w, date_d d, int minute)
{
    time_ms t = TIME_NEVER;

    (void)zone_instant(&w->options->cal->zone, d, minute * MINUTE_MS, &t);
    return t;
}

time_ms
sim_office(struct sim_world *w, time_ms t)
{
    const struct zone *zone = &w->options->cal->zone;
    date_d d;
    int64_t minute;

    if (t >= w->end)
        return t;
    d = zone_date(zone, t);
    minute = zone_time_of_day_ms(zone, t) / MINUTE_MS;
    if (works(w, d) && minute >= OPENS_MIN && minute < OPENS_MIN + OPEN_MIN)
        return t;
    if (minute >= OPENS_MIN)
        d++;
    while (!works(w, d) && calendar_covers(w->options->cal, d))
        d++;
    return minute_of(w, d, OPENS_MIN + draw_between(&w->draw, 0, 90));
}

time_ms
sim_working(struct sim_world *w, time_ms t, int working_days)
{
    date_d d;

    if (t >= w->end)
        return t;
    d = zone_date(&w->options->cal->zone, t);
    for (int left = working_days;
         left > 0 && calendar_covers(w->options->cal, d);)
        left -= works(w, ++d);
    if (working_days == 0)
        return sim_office(w, t + draw_between(&w->draw, 20, 300) * MINUTE_MS);
    return minute_of(w, d, OPENS_MIN + draw_between(&w->draw, 0, OPEN_MIN - 1));
}

time_ms
sim_days(struct sim_world *w, time_ms t, int days)
{
    return sim_office(
        w, t + days * DAY_MS + draw_between(&w->draw, -120, 120) * MINUTE_MS);
}

const char *
sim_instant(struct sim_world *w, time_ms t)
{
    char text[TIME_TEXT_SIZE];

    return arena_str(w->arena, str_of(time_text(t, text))).p;
}

struct str
sim_ref(struct sim_world *w, const char *prefix)
{
    return arena_printf(w->arena, "%s-%06u", prefix, w->refs++);
}

/* ---- children -------------------------------------------------------- */

struct sim_child *
sim_new_child(struct sim_world *w, time_ms at, int age_first, int age_last)
{
    const struct profile *p = w->options->profile;
    const struct profile_postcode *code =
        &p->postcodes[draw_below(&w->draw, (uint32_t)p->n_postcodes)];
    date_d today = zone_date(&w->options->cal->zone, at);
    struct sim_child *c;

    if (w->n_children == w->children_room) {
        size_t room = w->children_room * 2 + 1024;
        struct sim_child *more = arena_array(w->arena, room, sizeof *more);

        if (w->n_children > 0)
            memcpy(more, w->children, w->n_children * sizeof *more);
        w->children = more;
        w->children_room = room;
    }
    c = &w->children[w->n_children];
    *c = (struct sim_child){
        .number = (unsigned)w->n_children++,
        .has_nhs = draw_percent(&w->draw, NHS_PERCENT),
        .dob =
            date_add_months(today - draw_between(&w->draw, 1, 364),
                            -12 * draw_between(&w->draw, age_first, age_last)),
        .sex = draw_percent(&w->draw, 50) ? 'M' : 'F',
        .locality = profile_locality(p, code->locality),
        .prefix = code->prefix,
    };
    return c;
}

/* Made up from the number, so that no two are alike. No part is common to all
 * of them: linkage would ask a person about every two of one day. */
static const char *
name(struct sim_world *w, uint64_t number)
{
    static const char letters[] = "bcdfghjklmnprstvwxyz";
    /* A step that has no factor in common with 20^9 mixes the letters. */
    uint64_t left = number * UINT64_C(316429123457) % UINT64_C(512000000000);
    char text[NAME_LETTERS + 1];

    for (int i = 0; i < NAME_LETTERS; i++, left /= 20)
        text[i] = letters[left % 20];
    text[0] = (char)(text[0] - 'a' + 'A');
    text[NAME_LETTERS] = '\0';
    return arena_printf(w->arena, "%s", text).p;
}

static struct str
nhs_number(struct sim_world *w, unsigned number)
{
    for (unsigned serial = number * 2;; serial++) {
        struct str digits = arena_printf(w->arena, "999%06u", serial);
        int sum = 0, check;

        for (size_t i = 0; i < digits.n; i++)
            sum += (digits.p[i] - '0') * (10 - (int)i);
        check = 11 - sum % 11;
        if (check != 10)
            return arena_printf(w->arena, "%.*s%d", STR_ARG(digits),
                                check % 11);
    }
}

/* The end of a postcode, from the number: who is alike in birth and name must
 * not live in one street as well, or linkage takes two for one. */
static const char *
inward(struct sim_world *w, unsigned number)
{
    static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ";

    return arena_printf(w->arena, "%u%c%c", 1 + number % 9,
                        letters[number / 9 % 20], letters[number / 180 % 20])
        .p;
}

struct str
sim_child_json(struct sim_world *w, const struct sim_child *c)
{
    struct str nhs = STR("");
    char dob[DATE_TEXT_SIZE];

    if (c->has_nhs)
        nhs = arena_printf(w->arena, ",\"nhs_number\":\"%.*s\"",
                           STR_ARG(nhs_number(w, c->number)));
    return arena_printf(
        w->arena,
        "{\"forename\":\"%s\",\"surname\":\"%s\",\"dob\":\"%s\",\"sex\":"
        "\"%c\",\"postcode\":\"%.*s %s\"%.*s}",
        name(w, 2 * (uint64_t)c->number), name(w, 2 * (uint64_t)c->number + 1),
        date_text(c->dob, dob), c->sex, STR_ARG(c->prefix),
        inward(w, c->number), STR_ARG(nhs));
}

/* ---- workers ---------------------------------------------------------------
 */

static size_t
cases_of(const struct sim_worker *k, time_ms at)
{
    size_t n = 0;

    for (size_t i = 0; i < k->n; i++)
        n += k->until[i] > at;
    return n;
}

static void
give_case(struct sim_world *w, struct sim_worker *k, time_ms until)
{
    if (k->n == k->room) {
        size_t room = k->room * 2 + 32;
        time_ms *more = arena_array(w->arena, room, sizeof *more);

        if (k->n > 0)
            memcpy(more, k->until, k->n * sizeof *more);
        k->until = more;
        k->room = room;
    }
    k->until[k->n++] = until;
}

/* Units are numbered through all localities, in the profile's order. */
static size_t
first_unit(const struct sim_world *w, const struct profile_locality *l)
{
    const struct profile *p = w->options->profile;
    size_t n = 0;

    for (const struct profile_locality *at = p->localities; at != l; at++)
        n += at->n_units;
    return n;
}

struct sim_owner
sim_owner(struct sim_world *w, const struct sim_child *c, time_ms at,
          time_ms until)
{
    size_t staff = (size_t)w->options->staff_per_unit;
    size_t first = first_unit(w, c->locality) * staff;
    size_t n = c->locality->n_units * staff;
    size_t best = first + draw_below(&w->draw, (uint32_t)n);

    if (draw_percent(&w->draw, LEAST_BUSY_PERCENT))
        for (size_t i = first; i < first + n; i++)
            if (cases_of(&w->workers[i], at) < cases_of(&w->workers[best], at))
                best = i;
    give_case(w, &w->workers[best], until);
    return (struct sim_owner){
        .unit = &c->locality->units[(best - first) / staff],
        .worker = best,
    };
}

const char *
sim_worker_name(struct sim_world *w, const struct sim_owner *o)
{
    return arena_printf(w->arena, "%.*s-w%zu", STR_ARG(o->unit->id),
                        o->worker % (size_t)w->options->staff_per_unit + 1)
        .p;
}

bool
sim_is_sloppy(const struct sim_world *w, const struct sim_owner *o)
{
    return w->workers[o->worker].sloppy;
}

/* ---- the letter box ---------------------------------------------------------
 */

void
sim_post(struct sim_world *w, const struct sim_child *c, time_ms at,
         enum sim_door door, struct str body)
{
    if (at < w->start || at >= w->end)
        return;
    if (w->n_letters == w->letters_room) {
        size_t room = w->letters_room * 2 + 4096;
        struct sim_letter *more = arena_array(w->arena, room, sizeof *more);

        if (w->n_letters > 0)
            memcpy(more, w->letters, w->n_letters * sizeof *more);
        w->letters = more;
        w->letters_room = room;
    }
    w->letters[w->n_letters] = (struct sim_letter){
        .at = at,
        .child = c->number,
        .order = (unsigned)w->n_letters,
        .door = door,
        .body = body,
    };
    w->n_letters++;
}
