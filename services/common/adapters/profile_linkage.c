#include "common/adapters/profile_linkage.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/core/check.h"

#define PPM 1000000
#define PRIOR_LEAST (-30000) /* one in 2^30 */

static enum status
limit(const char *what, struct str name, struct err *err)
{
    return err_set(err, ST_REJECT, "profile-limit", "%s \"%.*s\": out of range",
                   what, STR_ARG(name));
}

static size_t
find(const char *const *words, size_t n, struct str word)
{
    size_t i = 0;

    while (i < n && !str_is(word, words[i]))
        i++;
    return i;
}

static bool
read_weight(const struct json *v, int32_t *out)
{
    int64_t n;

    if (!json_int(v, &n) || n > 0 || n < -LINKAGE_WEIGHT_MOST)
        return false;
    *out = (int32_t)n;
    return true;
}

static enum status
read_levels(const struct json *levels, size_t field, struct linkage_model *out,
            struct err *err)
{
    struct json_each each = json_each_of(levels);
    const struct json *v;
    struct str key;

    while (json_each_next(&each, &key, &v)) {
        size_t l = find(linkage_levels, LEVEL_N, key);

        if (l == LEVEL_MISSING || l == LEVEL_N)
            return err_set(err, ST_REJECT, "profile-value",
                           "\"%.*s\" is no level", STR_ARG(key));
        if (json_size(v) != 2 ||
            !read_weight(json_at(v, 0), &out->same[field][l]) ||
            !read_weight(json_at(v, 1), &out->chance[field][l]))
            return limit("weights of level", key, err);
    }
    return ST_OK;
}

static enum status
read_weights(const struct json *weights, struct linkage_model *out,
             struct err *err)
{
    struct json_each each = json_each_of(weights);
    const struct json *v;
    struct str key;
    enum status rc = ST_OK;

    while (rc == ST_OK && json_each_next(&each, &key, &v)) {
        size_t f = find(linkage_fields, LINKAGE_N, key);

        if (f == LINKAGE_N || json_type_of(v) != JSON_T_OBJECT)
            return err_set(err, ST_REJECT, "profile-value",
                           "\"%.*s\" is no field with levels", STR_ARG(key));
        rc = read_levels(v, f, out, err);
    }
    return rc;
}

static int
by_name(const void *a, const void *b)
{
    const struct linkage_name *x = a, *y = b;

    return str_cmp(x->name, y->name);
}

static enum status
read_names(const struct json *names, struct arena *arena,
           struct linkage_names *out, struct err *err)
{
    struct json_each each = json_each_of(names);
    struct linkage_name *at;
    const struct json *v;
    struct str key;
    size_t n = 0;

    if (names == NULL)
        return ST_OK;
    if (json_type_of(names) != JSON_T_OBJECT)
        return err_set(err, ST_REJECT, "profile-value",
                       "a list of names is no object");
    at = arena_array(arena, json_size(names) + 1, sizeof *at);
    while (json_each_next(&each, &key, &v)) {
        struct str name = name_key(arena, key);
        int64_t ppm;

        if (name.n == 0 || !json_int(v, &ppm) || ppm < 1 || ppm >= PPM)
            return limit("share of name", key, err);
        at[n++] = (struct linkage_name){
            .name = name,
            .rarity = linkage_log2(PPM) - linkage_log2((uint64_t)ppm),
        };
    }
    if (n > 0)
        qsort(at, n, sizeof *at, by_name);
    *out = (struct linkage_names){ .at = at, .n = n };
    return ST_OK;
}

static enum status
read_prior(const struct json *prior, struct linkage_model *out, struct err *err)
{
    int64_t n;

    if (prior == NULL)
        return ST_OK;
    if (!json_int(prior, &n) || n > 0 || n < PRIOR_LEAST)
        return limit("weight", STR("prior"), err);
    out->prior = (int32_t)n;
    return ST_OK;
}

enum status
profile_linkage_read(const struct json *value, struct arena *arena,
                     struct linkage_model *out, struct err *err)
{
    const struct json *weights = json_get(value, "weights");
    enum status rc = ST_OK;

    if (value == NULL)
        return ST_OK;
    if (weights != NULL && json_type_of(weights) != JSON_T_OBJECT)
        return err_set(err, ST_REJECT, "profile-value",
                       "the weights are no object");
    rc = read_prior(json_get(value, "prior"), out, err);
    if (rc == ST_OK && weights != NULL)
        rc = read_weights(weights, out, err);
    if (rc == ST_OK)
        rc =
            read_names(json_get(value, "given_names"), arena, &out->given, err);
    if (rc == ST_OK)
        rc = read_names(json_get(value, "surnames"), arena, &out->surname, err);
    return rc;
}
