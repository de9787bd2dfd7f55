#include "common/adapters/profile_json.h"

#include "common/adapters/profile_clocks.h"
#include "common/adapters/profile_examples.h"
#include "common/adapters/profile_fields.h"
#include "common/adapters/profile_linkage.h"
#include "common/adapters/profile_places.h"
#include "common/adapters/reader.h"
#include "common/adapters/rules_json.h"

#include <sodium/crypto_generichash.h>

#include <stdio.h>
#include <string.h>

#define HASH_BYTES 32
#define HASH_SHOWN 8 /* hex digits in a version's name */
#define PPM 1000000

static const char *const weekday_names[] = { "Mon", "Tue", "Wed", "Thu",
                                             "Fri", "Sat", "Sun" };

static void
read_office(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v = reader_enter_value(r, top, "office_hours", &before);
    struct texts days = reader_texts_or_none(r, v, "days");

    p->office.from_min = reader_minutes(r, v, "from");
    p->office.to_min = reader_minutes(r, v, "to");
    for (size_t i = 0; i < days.n; i++) {
        size_t k = 0;

        while (k < 7 && !str_is(days.at[i], weekday_names[k]))
            k++;
        if (k == 7)
            reader_fail(r, "\"%.*s\" is no weekday", STR_ARG(days.at[i]));
        else
            p->office.weekdays |= (uint8_t)(1u << k);
    }
    json_path_back(&r->path, before);
}

/* A date, or {"from": date, "to": date}. */
static struct date_range
read_range(struct reader *r, const struct json *v)
{
    struct str day;
    struct date_range range;

    if (json_str(v, &day)) {
        range.first = reader_date(r, day);
        range.last = range.first;
        return range;
    }
    range.first = reader_date(r, reader_text(r, v, "from"));
    range.last = reader_date(r, reader_text(r, v, "to"));
    if (r->st == ST_OK && range.last < range.first)
        reader_fail(r, "the range ends before it begins");
    return range;
}

static struct date_ranges
read_ranges(struct reader *r, const struct json *top, const char *key)
{
    size_t before;
    const struct json *v = reader_enter_value(r, top, key, &before);
    size_t n = json_size(v);
    struct date_range *at = arena_array(r->a, n, sizeof *at);

    if (v != NULL && json_type_of(v) != JSON_T_ARRAY)
        reader_fail(r, "want a list");
    for (size_t i = 0; r->st == ST_OK && i < n; i++)
        at[i] = read_range(r, json_at(v, i));
    json_path_back(&r->path, before);
    return (struct date_ranges){ .items = at, .n = r->st == ST_OK ? n : 0 };
}

static void
read_ages(struct reader *r, const struct json *top, struct profile *p)
{
    const struct reader_span span = { .min = 0, .max = 30, .dflt = UNSTATED };
    size_t before;
    const struct json *v = reader_enter_value(r, top, "ages", &before);
    int send = reader_int_or(r, v, "to_years_disability", span);

    if (send == UNSTATED)
        send = reader_int_or(r, v, "to_years_sen_or_care_leaver", span);
    p->ages.from_pre_birth = str_is(reader_text(r, v, "from"), "pre-birth");
    p->ages.to_years = reader_int(r, v, "to_years", 0, 30);
    p->ages.to_years_send = send == UNSTATED ? p->ages.to_years : send;
    p->ages.source = reader_text(r, json_get(top, "ages"), "source");
    json_path_back(&r->path, before);
}

/* A probability of 0..1 with up to six decimals, as parts per million. */
static int
read_ppm(struct reader *r, const struct json *v, const char *key)
{
    char text[JSON_NUMBER_SIZE];
    const char *p = text;
    int ppm = 0;
    int unit = PPM / 10;

    if (!json_number_text(reader_member(r, v, key, false), text)) {
        reader_fail(r, "\"%s\" is no number", key);
        return 0;
    }
    if (strcmp(text, "1") == 0 || strcmp(text, "1.0") == 0)
        return PPM;
    if (strncmp(p, "0.", 2) != 0 ||
        strspn(p + 2, "0123456789") != strlen(p + 2))
        reader_fail_as(r, "profile-limit", "\"%s\" is not between 0 and 1",
                       key);
    for (p += 2; r->st == ST_OK && *p != '\0'; p++, unit /= 10)
        ppm += (*p - '0') * unit;
    return ppm;
}

static void
read_matching(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v = reader_enter_value(r, top, "matching", &before);

    p->match_ppm = read_ppm(r, v, "match_probability");
    p->review_ppm = read_ppm(r, v, "review_probability");
    if (p->review_ppm > p->match_ppm)
        reader_fail_as(r, "profile-limit",
                       "the review probability is above the match probability");
    json_path_back(&r->path, before);
}

/* Weights of its own, or those to begin with. */
static void
read_linkage(struct reader *r, const struct json *top, struct profile *p)
{
    struct linkage_model *m = arena_alloc(r->a, sizeof *m);
    const struct json *v = NULL;
    struct err why;
    size_t before;

    *m = linkage_default;
    m->children = true;
    if (json_get(top, "linkage") != NULL) {
        v = reader_enter_value(r, top, "linkage", &before);
        m->source = reader_text(r, json_get(top, "linkage"), "source");
        if (profile_linkage_read(v, r->a, m, &why) != ST_OK)
            reader_fail_with(r, &why);
        json_path_back(&r->path, before);
    }
    m->same_from = linkage_odds(p->match_ppm);
    m->review_from = linkage_odds(p->review_ppm);
    p->linkage = m;
}

static void
read_caseload(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    size_t inner;
    const struct json *v =
        reader_enter(r, top, "caseload", JSON_T_OBJECT, &before);
    const struct json *norm = reader_enter_value(r, v, "norm", &inner);

    p->caseload_low = reader_int(r, norm, "low", 1, 1000);
    p->caseload_high = reader_int(r, norm, "high", 1, 1000);
    json_path_back(&r->path, inner);
    p->average_weeks = reader_int_or(r, json_get(v, "average_weeks"), "value",
                                     (struct reader_span){ 1, 520, UNSTATED });
    json_path_back(&r->path, before);
}

static uint32_t
read_outcomes(struct reader *r, const struct json *top, const char *key)
{
    struct texts words = reader_texts_value(r, top, key);
    uint32_t set = 0;

    for (size_t i = 0; i < words.n; i++) {
        int code = reader_code(r, &codes_close_outcome, words.at[i]);

        if (code != 0)
            set |= SET_BIT(code);
    }
    return set;
}

/* "5-10", "16+"; a band in other words has no bounds here. */
static struct profile_age_band
read_band(struct str name)
{
    struct profile_age_band band = { .name = name,
                                     .from_years = UNSTATED,
                                     .to_years = UNSTATED };
    int from = 0;
    int to = 0;
    int used = 0;

    if (sscanf(name.p, "%2d-%2d%n", &from, &to, &used) == 2 &&
        (size_t)used == name.n) {
        band.from_years = from;
        band.to_years = to;
    } else if (sscanf(name.p, "%2d+%n", &from, &used) == 1 &&
               (size_t)used == name.n) {
        band.from_years = from;
    }
    return band;
}

static void
read_bands(struct reader *r, const struct json *top, struct profile *p)
{
    struct texts names = { .n = 0 };
    struct profile_age_band *bands;

    if (json_get(top, "age_bands") != NULL)
        names = reader_texts_value(r, top, "age_bands");
    bands = arena_array(r->a, names.n, sizeof *bands);
    for (size_t i = 0; i < names.n; i++)
        bands[i] = read_band(names.at[i]);
    p->age_bands = bands;
    p->n_age_bands = names.n;
}

static void
read_suppression(struct reader *r, const struct json *top, struct profile *p)
{
    size_t before;
    const struct json *v = reader_enter_value(r, top, "suppression", &before);

    p->suppression = (struct profile_suppression){
        .below = reader_int(r, v, "below", 1, 100),
        .secondary = reader_bool_or(r, v, "secondary", true),
        .zero_shown = reader_bool_or(r, v, "zero_shown", true),
        .audiences = reader_texts_or_none(r, v, "audiences"),
    };
    json_path_back(&r->path, before);
}

static struct str
la_code(struct reader *r, const struct json *top)
{
    size_t before;
    struct str code;

    (void)reader_enter(r, top, "la_code", JSON_T_OBJECT, &before);
    code = reader_text_or_null(r, json_get(top, "la_code"), "value");
    if (code.p != NULL && (code.n != 3 || strspn(code.p, "0123456789") != 3))
        reader_fail(r, "want three digits");
    json_path_back(&r->path, before);
    return code;
}

static void
read_identity(struct reader *r, const struct json *top, struct profile *p)
{
    p->id = reader_text(r, top, "profile");
    p->version = reader_text(r, top, "version");
    p->name = reader_text(r, top, "name");
    p->version_id = arena_printf(r->a, "%.*s@%.*s#%.*s", STR_ARG(p->id),
                                 STR_ARG(p->version), HASH_SHOWN, p->hash.p);
    p->la_code = la_code(r, top);
    p->calendar = reader_text_value(r, top, "calendar");
    p->timezone = reader_text_value(r, top, "timezone");
    p->duty_phone = reader_text_value(r, top, "duty_phone");
    if (r->st == ST_OK &&
        !clock_count_parse(reader_text_value(r, top, "working_day_convention"),
                           &p->count))
        reader_fail(r, "working_day_convention is neither wd0 nor wd1");
}

static struct str
hash_of(struct arena *a, struct str text)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char h[HASH_BYTES];
    char *hex = arena_alloc(a, 2 * HASH_BYTES + 1);

    (void)crypto_generichash(h, sizeof h, (const unsigned char *)text.p, text.n,
                             NULL, 0);
    for (size_t i = 0; i < sizeof h; i++) {
        hex[2 * i] = digits[h[i] >> 4];
        hex[2 * i + 1] = digits[h[i] & 0x0f];
    }
    return (struct str){ .p = hex, .n = 2 * HASH_BYTES };
}

static void
read_profile(struct reader *r, const struct json *top, struct profile *p)
{
    if (json_type_of(top) != JSON_T_OBJECT) {
        reader_fail(r, "a profile is an object");
        return;
    }
    read_identity(r, top, p);
    read_office(r, top, p);
    p->closures = read_ranges(r, top, "closure_days");
    p->school_closed = read_ranges(r, top, "school_closed");
    read_ages(r, top, p);
    profile_places_read(r, top, p);
    read_caseload(r, top, p);
    read_matching(r, top, p);
    read_linkage(r, top, p);
    rules_json_read(r, top, p);
    profile_clocks_read(r, top, p);
    profile_drift_read(r, top, &p->drift);
    p->positive_outcomes = read_outcomes(r, top, "positive_outcomes");
    p->neutral_outcomes = read_outcomes(r, top, "neutral_outcomes");
    read_bands(r, top, p);
    p->scorecard = reader_texts_value(r, top, "scorecard");
    read_suppression(r, top, p);
    profile_examples_read(r, top, p);
}

/* Unknown members are told beside whatever else stops the reading. */
static void
gather(struct reader *r, const struct json *document, struct profile *p,
       struct profile_faults *faults)
{
    struct profile_faults fields = { .n = 0 };
    struct profile_faults sound = { .n = 0 };
    struct profile_fault *at;
    size_t n;

    profile_fields_check(r->a, document, &fields);
    read_profile(r, document, p);
    if (r->st == ST_OK)
        profile_check(r->a, p, &sound);
    n = fields.n + (r->st == ST_OK ? sound.n : 1);
    at = arena_array(r->a, n, sizeof *at);
    for (size_t i = 0; i < fields.n; i++)
        at[i] = fields.at[i];
    for (size_t i = 0; i < sound.n; i++)
        at[fields.n + i] = sound.at[i];
    if (r->st != ST_OK)
        at[fields.n] = r->fault;
    *faults = (struct profile_faults){ .at = at, .n = n };
}

enum status
profile_json_check(struct arena *a, struct str text, struct profile *out,
                   struct profile_faults *faults, struct err *err)
{
    struct reader r = { .a = a };
    struct json *document = NULL;
    struct profile_fault *only;
    enum status st;

    json_path_root(&r.path);
    *out = (struct profile){ .hash = hash_of(a, text) };
    *faults = (struct profile_faults){ .n = 0 };
    st = reader_parse(&r, text, &document, err);
    if (st == ST_REJECT) {
        only = arena_array(a, 1, sizeof *only);
        *only = r.fault;
        *faults = (struct profile_faults){ .at = only, .n = 1 };
        return ST_OK;
    }
    if (st != ST_OK)
        return st;
    gather(&r, document, out, faults);
    json_free(document);
    return ST_OK;
}

enum status
profile_json_read(struct arena *a, struct str text, struct profile *out,
                  struct err *err)
{
    struct profile_faults faults;
    enum status st = profile_json_check(a, text, out, &faults, err);

    if (st != ST_OK || faults.n == 0)
        return st;
    return reader_say_fault(&faults.at[0], err);
}
