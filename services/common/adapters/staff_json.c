#include "common/adapters/staff_json.h"

#include <string.h>

#include "common/adapters/authorities.h"
#include "common/adapters/json.h"
#include "common/core/codes.h"

enum {
    ID_MAX = 60,
    ADDRESS_MAX = 300,
    TEST_DEFAULT_MIN = 9 * 60,
};

/* Where in the text we are, and what is built. */
struct staff_reader {
    struct arena *arena;
    const struct staff *list;
};

static enum status
refuse(struct err *err, const char *list, size_t i, const char *why)
{
    return err_set(err, ST_REJECT, "staff", "/%s/%zu: %s", list, i, why);
}

/* A text of 1..max characters without controls, blanks or quotes. */
static bool
read_word(const struct json *v, struct arena *arena, size_t max,
          struct str *out)
{
    struct str text;

    if (!json_str(v, &text) || text.n == 0 || text.n > max)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] <= ' ' || text.p[i] == '<' ||
            text.p[i] == '>' || text.p[i] == '"' || text.p[i] == 0x7f)
            return false;
    *out = arena_str(arena, text);
    return true;
}

static bool
read_words(const struct json *v, struct arena *arena, struct texts *out)
{
    size_t n = json_size(v);
    struct str *at = arena_array(arena, n + 1, sizeof *at);

    *out = (struct texts){ .at = at, .n = n };
    if (v != NULL && json_type_of(v) != JSON_T_ARRAY)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!read_word(json_at(v, i), arena, ID_MAX * 4, &at[i]))
            return false;
    return true;
}

struct str
staff_hook_host(struct str address)
{
    static const char scheme[] = "https://";
    struct str host = { .p = address.p + sizeof scheme - 1 };

    if (!str_starts(address, STR("https://")))
        return STR_NULL;
    while (sizeof scheme - 1 + host.n < address.n &&
           strchr(":/?#", host.p[host.n]) == NULL)
        host.n++;
    if (host.n == 0 || memchr(host.p, '@', address.n - (sizeof scheme - 1)))
        return STR_NULL;
    return host;
}

static bool
listed(const struct texts *list, struct str word)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->at[i], word))
            return true;
    return false;
}

static bool
read_address(const struct staff_reader *r, const struct json *v,
             struct str *out)
{
    const char *at;

    if (!read_word(v, r->arena, ADDRESS_MAX, out))
        return false;
    if (str_starts(*out, STR("mailto:"))) {
        at = memchr(out->p, '@', out->n);
        return at != NULL && at > out->p + 7 && at + 1 < out->p + out->n;
    }
    return staff_hook_host(*out).p != NULL &&
           listed(&r->list->hook_hosts, staff_hook_host(*out));
}

static bool
read_day(const struct json *v, date_d *out)
{
    struct str text;

    return json_str(v, &text) && date_parse(text, out);
}

static bool
read_absences(struct arena *arena, const struct json *v,
              struct date_ranges *out)
{
    size_t n = json_size(v);
    struct date_range *at = arena_array(arena, n + 1, sizeof *at);

    *out = (struct date_ranges){ .items = at, .n = n };
    for (size_t i = 0; i < n; i++)
        if (!read_day(json_get(json_at(v, i), "from"), &at[i].first) ||
            !read_day(json_get(json_at(v, i), "to"), &at[i].last) ||
            at[i].last < at[i].first)
            return false;
    return true;
}

static enum status
read_person(const struct staff_reader *r, const struct json *v, size_t i,
            struct staff_person *out, struct err *err)
{
    struct str role;

    if (!read_word(json_get(v, "id"), r->arena, ID_MAX, &out->id))
        return refuse(err, "people", i, "id: want 1..60 characters");
    if (!json_str(json_get(v, "role"), &role) ||
        (out->role = codes_find(&codes_staff_role, role)) == 0)
        return refuse(err, "people", i, "role: not one that is known");
    if (!read_words(json_get(v, "units"), r->arena, &out->units))
        return refuse(err, "people", i, "units: want a list of units");
    if (!read_address(r, json_get(v, "address"), &out->address))
        return refuse(err, "people", i,
                      "address: want mailto:ADDRESS, or https: with a host "
                      "of hook_hosts");
    if (!read_absences(r->arena, json_get(v, "absent"), &out->absent))
        return refuse(err, "people", i,
                      "absent: want from and to as YYYY-MM-DD, in order");
    if (json_get(v, "cover") != NULL &&
        !read_word(json_get(v, "cover"), r->arena, ID_MAX, &out->cover))
        return refuse(err, "people", i, "cover: want a person's id");
    return ST_OK;
}

static enum status
read_people(const struct staff_reader *r, const struct json *v,
            struct staff *out, struct err *err)
{
    size_t n = json_size(v);
    struct staff_person *at = arena_array(r->arena, n + 1, sizeof *at);
    enum status rc = ST_OK;

    if (n == 0)
        return err_set(err, ST_REJECT, "staff", "/people: there is nobody");
    for (size_t i = 0; rc == ST_OK && i < n; i++) {
        rc = read_person(r, json_at(v, i), i, &at[i], err);
        if (rc == ST_OK && staff_person(out, at[i].id) != NULL)
            rc = refuse(err, "people", i, "id: is there already");
        out->people = at;
        out->n_people = i + 1;
    }
    for (size_t i = 0; rc == ST_OK && i < n; i++)
        if (at[i].cover.p != NULL && staff_person(out, at[i].cover) == NULL)
            rc = refuse(err, "people", i, "cover: names nobody");
    return rc;
}

/* "08:30"; "24:00" is the day's end. */
static bool
read_minute(const struct json *v, int *out)
{
    struct str t;

    if (!json_str(v, &t) || t.n != 5 || t.p[2] != ':')
        return false;
    for (size_t i = 0; i < 5; i++)
        if (i != 2 && (t.p[i] < '0' || t.p[i] > '9'))
            return false;
    *out = ((t.p[0] - '0') * 10 + t.p[1] - '0') * 60 + (t.p[3] - '0') * 10 +
           t.p[4] - '0';
    return t.p[3] < '6' && *out <= 24 * 60;
}

static bool
read_weekdays(const struct json *v, uint8_t *out)
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu",
                                        "Fri", "Sat", "Sun" };

    for (size_t i = 0; i < json_size(v); i++) {
        struct str day = STR_NULL;
        size_t d = 0;

        while (d < 7 &&
               (!json_str(json_at(v, i), &day) || !str_is(day, days[d])))
            d++;
        if (d == 7)
            return false;
        *out |= (uint8_t)(1u << d);
    }
    return *out != 0;
}

static enum status
read_shifts(const struct staff_reader *r, const struct json *v,
            struct staff *out, struct err *err)
{
    size_t n = json_size(v);
    struct staff_shift *at = arena_array(r->arena, n + 1, sizeof *at);

    for (size_t i = 0; i < n; i++) {
        const struct json *shift = json_at(v, i);

        if (!read_word(json_get(shift, "person"), r->arena, ID_MAX,
                       &at[i].person) ||
            staff_person(out, at[i].person) == NULL)
            return refuse(err, "duty", i, "person: names nobody");
        if (!read_weekdays(json_get(shift, "days"), &at[i].weekdays))
            return refuse(err, "duty", i, "days: want a list of Mon..Sun");
        if (!read_minute(json_get(shift, "from"), &at[i].from_min) ||
            !read_minute(json_get(shift, "to"), &at[i].to_min) ||
            at[i].to_min <= at[i].from_min)
            return refuse(err, "duty", i, "from, to: want HH:MM, in order");
    }
    out->shifts = at;
    out->n_shifts = n;
    return ST_OK;
}

static enum status
read_parties(const struct staff_reader *r, const struct json *v,
             struct staff *out, struct err *err)
{
    size_t n = json_size(v);
    struct staff_party *at = arena_array(r->arena, n + 1, sizeof *at);

    for (size_t i = 0; i < n; i++)
        if (!read_word(json_get(json_at(v, i), "id"), r->arena, ID_MAX,
                       &at[i].id) ||
            !read_address(r, json_get(json_at(v, i), "address"),
                          &at[i].address))
            return refuse(err, "parties", i, "want id and address");
    out->parties = at;
    out->n_parties = n;
    return ST_OK;
}

static enum status
read_test(const struct staff_reader *r, const struct json *v, struct staff *out,
          struct err *err)
{
    out->test_min = TEST_DEFAULT_MIN;
    if (!read_words(json_get(v, "to"), r->arena, &out->test_to))
        return err_set(err, ST_REJECT, "staff", "/test/to: want persons");
    for (size_t i = 0; i < out->test_to.n; i++)
        if (staff_person(out, out->test_to.at[i]) == NULL)
            return refuse(err, "test/to", i, "names nobody");
    if (json_get(v, "at") != NULL &&
        !read_minute(json_get(v, "at"), &out->test_min))
        return err_set(err, ST_REJECT, "staff", "/test/at: want HH:MM");
    return ST_OK;
}

static enum status
read_all(struct arena *arena, const struct json *doc, struct staff *out,
         struct err *err)
{
    struct staff_reader r = { .arena = arena, .list = out };
    enum status rc = ST_OK;

    *out = (struct staff){ .n_people = 0 };
    if (!read_words(json_get(doc, "hook_hosts"), arena, &out->hook_hosts))
        return err_set(err, ST_REJECT, "staff", "/hook_hosts: want hosts");
    rc = read_people(&r, json_get(doc, "people"), out, err);
    if (rc == ST_OK)
        rc = read_shifts(&r, json_get(doc, "duty"), out, err);
    if (rc == ST_OK)
        rc = read_parties(&r, json_get(doc, "parties"), out, err);
    if (rc == ST_OK)
        rc = read_test(&r, json_get(doc, "test"), out, err);
    return rc;
}

enum status
staff_json_read(struct arena *arena, struct str text, struct staff *out,
                struct err *err)
{
    struct json *doc = NULL;
    enum status rc = json_parse(text, STAFF_BYTES_MAX, &doc, err);

    if (rc == ST_OK)
        rc = read_all(arena, doc, out, err);
    json_free(doc);
    return rc;
}

enum status
staff_read(const char *folder, struct str authority, struct arena *arena,
           struct staff *out, struct err *err)
{
    struct str path =
        arena_printf(arena, "%s/staff/%.*s.json", folder, STR_ARG(authority));
    struct str text;
    enum status rc = file_read(path.p, STAFF_BYTES_MAX, arena, &text, err);

    if (rc == ST_OK)
        rc = staff_json_read(arena, text, out, err);
    if (rc != ST_OK)
        err_where(err, "%s", path.p);
    return rc;
}
