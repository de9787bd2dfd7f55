#include "common/adapters/profile_places.h"

#include <stdlib.h>
#include <string.h>

static bool
has_unit(const struct profile_locality *l, struct str id)
{
    for (size_t i = 0; i < l->n_units; i++)
        if (str_eq(l->units[i].id, id))
            return true;
    return false;
}

static void
read_units(struct reader *r, const struct json *v, struct profile_locality *l)
{
    size_t before;
    const struct json *list =
        reader_enter(r, v, "units", JSON_T_ARRAY, &before);
    size_t n = json_size(list);
    struct profile_unit *units = arena_array(r->a, n, sizeof *units);

    if (n == 0)
        reader_fail(r, "a locality has at least one unit");
    l->units = units;
    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        units[i].id = reader_text(r, json_at(list, i), "id");
        units[i].name = reader_text(r, json_at(list, i), "name");
        if (has_unit(l, units[i].id))
            reader_fail_as(r, "profile-twin", "unit \"%.*s\" is there twice",
                           STR_ARG(units[i].id));
        l->n_units = i + 1;
    }
    json_path_back(&r->path, before);
}

static void
refuse_twin_places(struct reader *r, const struct profile_locality *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(l[i].id, l[n].id))
            reader_fail_as(r, "profile-twin",
                           "locality \"%.*s\" is there twice",
                           STR_ARG(l[n].id));
        for (size_t k = 0; k < l[n].n_units; k++)
            if (has_unit(&l[i], l[n].units[k].id))
                reader_fail_as(r, "profile-twin",
                               "unit \"%.*s\" is there twice",
                               STR_ARG(l[n].units[k].id));
    }
}

static void
read_localities(struct reader *r, const struct json *organisation,
                struct profile *p)
{
    size_t before;
    const struct json *list =
        reader_enter(r, organisation, "localities", JSON_T_ARRAY, &before);
    size_t n = json_size(list);
    struct profile_locality *l = arena_array(r->a, n, sizeof *l);

    if (n == 0)
        reader_fail(r, "there is no locality");
    for (size_t i = 0; r->st == ST_OK && i < n; i++) {
        const struct json *v = json_at(list, i);
        size_t inner = json_path_index(&r->path, i);

        l[i].id = reader_text(r, v, "id");
        l[i].name = reader_text(r, v, "name");
        l[i].source = reader_text(r, v, "source");
        l[i].aliases = reader_texts_or_none(r, v, "aliases");
        read_units(r, v, &l[i]);
        refuse_twin_places(r, l, i);
        json_path_back(&r->path, inner);
    }
    p->localities = l;
    p->n_localities = r->st == ST_OK ? n : 0;
    json_path_back(&r->path, before);
}

static bool
is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Does `id` stand in `text` as a word of its own? */
static bool
names_unit(struct str text, struct str id)
{
    for (size_t i = 0; i + id.n <= text.n; i++) {
        bool begins = i == 0 || !is_word_char(text.p[i - 1]);
        bool ends = i + id.n == text.n || !is_word_char(text.p[i + id.n]);

        if (begins && ends && memcmp(text.p + i, id.p, id.n) == 0)
            return true;
    }
    return false;
}

/*
 * Routes are sentences ("team-1 or team-2 by service"): the units they name
 * take the outcome, and where they name none, every unit of the locality does.
 */
static struct texts
units_named(struct reader *r, const struct profile *p, struct str sentence)
{
    size_t max = 0;
    struct str *at;
    size_t n = 0;

    for (size_t i = 0; i < p->n_localities; i++)
        max += p->localities[i].n_units;
    at = arena_array(r->a, max, sizeof *at);
    for (size_t i = 0; i < p->n_localities; i++)
        for (size_t k = 0; k < p->localities[i].n_units; k++)
            if (names_unit(sentence, p->localities[i].units[k].id))
                at[n++] = p->localities[i].units[k].id;
    return (struct texts){ .at = at, .n = n };
}

static void
read_routes(struct reader *r, const struct json *routing, struct profile *p)
{
    struct profile_route *routes =
        arena_array(r->a, (size_t)codes_outcome.n, sizeof *routes);
    size_t n = 0;

    for (int outcome = 1; outcome <= codes_outcome.n; outcome++) {
        struct str sentence = reader_text_or_null(
            r, routing, codes_word(&codes_outcome, outcome));
        struct texts units;

        if (sentence.p == NULL)
            continue;
        units = units_named(r, p, sentence);
        if (units.n > 0)
            routes[n++] =
                (struct profile_route){ .outcome = outcome, .units = units };
    }
    p->routing.routes = routes;
    p->routing.n_routes = n;
}

/* Lower case with hyphens: "Central Duty Team" is "central-duty-team". */
static struct str
slug(struct reader *r, struct str name)
{
    char *p = arena_copy(r->a, name.p == NULL ? "" : name.p, name.n);
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            p[n++] = c;
        else if (n > 0 && p[n - 1] != '-')
            p[n++] = '-';
    }
    while (n > 0 && p[n - 1] == '-')
        n--;
    return (struct str){ .p = p, .n = n };
}
static void
read_routing(struct reader *r, const struct json *organisation,
             struct profile *p)
{
    size_t before;
    const struct json *v =
        reader_enter_value(r, organisation, "routing", &before);
    struct str team = reader_text_or_null(r, v, "social_care_referral");
    struct str tray = reader_text_or_null(r, v, "fallback");

    read_routes(r, v, p);
    p->routing.csc_team = slug(r, team.p == NULL ? STR("Duty team") : team);
    p->routing.duty_tray = slug(r, tray.p == NULL ? STR("Duty tray") : tray);
    p->routing.source =
        reader_text(r, json_get(organisation, "routing"), "source");
    json_path_back(&r->path, before);
}

static int
compare_postcodes(const void *a, const void *b)
{
    const struct profile_postcode *x = a;
    const struct profile_postcode *y = b;

    return str_cmp(x->prefix, y->prefix);
}

static void
read_postcodes(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v = reader_enter_value(r, top, "postcode_map", &before);
    struct json_each each = json_each_of(v);
    struct profile_postcode *at = arena_array(r->a, json_size(v), sizeof *at);
    const struct json *m;
    struct str prefix;
    struct str locality;

    while (r->st == ST_OK && json_each_next(&each, &prefix, &m)) {
        if (!json_str(m, &locality) || profile_locality(p, locality) == NULL)
            reader_fail_as(r, "profile-ref", "%.*s leads to no locality",
                           STR_ARG(prefix));
        else
            at[p->n_postcodes++] = (struct profile_postcode){
                .prefix = arena_str(r->a, prefix),
                .locality = arena_str(r->a, locality),
            };
    }
    if (p->n_postcodes > 0)
        qsort(at, p->n_postcodes, sizeof *at, compare_postcodes);
    p->postcodes = at;
    json_path_back(&r->path, before);
}

void
profile_places_read(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v =
        reader_enter(r, top, "organisation", JSON_T_OBJECT, &before);

    read_localities(r, v, p);
    read_routing(r, v, p);
    json_path_back(&r->path, before);
    read_postcodes(r, top, p);
}
