#include "common/adapters/authorities.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/json.h"

enum { AUTHORITIES_BYTES_MAX = 1 << 20, PARTITION_MAX = 9999 };

enum status
file_read(const char *path, size_t max, struct arena *arena, struct str *out,
          struct err *err)
{
    FILE *f = fopen(path, "rb");
    enum status rc = ST_OK;
    size_t n = 0, room = 64 * 1024;
    char *p;

    if (f == NULL)
        return err_set(err, ST_REJECT, "config", "%s: %s", path,
                       strerror(errno));
    p = arena_alloc(arena, room);
    for (;;) {
        size_t got = fread(p + n, 1, room - n, f);

        n += got;
        if (got == 0)
            break;
        if (n == room) {
            char *bigger = arena_alloc(arena, room * 2);

            memcpy(bigger, p, n);
            p = bigger;
            room *= 2;
        }
    }
    if (ferror(f))
        rc = err_set(err, ST_REJECT, "config", "%s can't be read", path);
    else if (n > max)
        rc = err_set(err, ST_REJECT, "config", "%s is over %zu bytes", path,
                     max);
    fclose(f);
    *out = (struct str){ .p = p, .n = n };
    return rc;
}

/* Profiles lie beside authorities.json, whatever folder the entry names. */
static struct str
base(struct str path)
{
    for (size_t i = path.n; i-- > 0;)
        if (path.p[i] == '/')
            return (struct str){ .p = path.p + i + 1, .n = path.n - i - 1 };
    return path;
}

static enum status
read_one(const struct json *v, struct str name, struct arena *arena,
         struct authority *out, struct err *err)
{
    struct str profile, clock;
    int64_t partition;

    if (!json_int(json_get(v, "partition"), &partition) || partition < 0 ||
        partition > PARTITION_MAX)
        return err_set(err, ST_REJECT, "config",
                       "authority %.*s: partition: want 0..%d", STR_ARG(name),
                       PARTITION_MAX);
    if (!json_str(json_get(v, "profile"), &profile))
        return err_set(err, ST_REJECT, "config",
                       "authority %.*s: profile: want a file name",
                       STR_ARG(name));
    if (!json_str(json_get(v, "clock"), &clock) ||
        (!str_is(clock, "wall") && !str_is(clock, "log")))
        return err_set(err, ST_REJECT, "config",
                       "authority %.*s: clock: want wall or log",
                       STR_ARG(name));
    *out = (struct authority){ .name = arena_str(arena, name),
                               .partition = (uint16_t)partition,
                               .profile = arena_str(arena, base(profile)),
                               .log_clock = str_is(clock, "log") };
    return ST_OK;
}

static enum status
read_all(const struct json *doc, struct arena *arena, struct authorities *out,
         struct err *err)
{
    size_t n = json_size(doc);
    struct authority *at = arena_array(arena, n + 1, sizeof *at);
    struct json_each each = json_each_of(doc);
    const struct json *v;
    struct str name;

    *out = (struct authorities){ .at = at };
    if (n == 0 || n > AUTHORITIES_MAX)
        return err_set(err, ST_REJECT, "config", "want 1..%d authorities",
                       AUTHORITIES_MAX);
    while (json_each_next(&each, &name, &v)) {
        struct authority *a = &at[out->n];
        enum status rc = read_one(v, name, arena, a, err);

        if (rc != ST_OK)
            return rc;
        for (size_t k = 0; k < out->n; k++)
            if (at[k].partition == a->partition)
                return err_set(err, ST_REJECT, "config",
                               "authority %.*s: partition %u is taken",
                               STR_ARG(name), (unsigned)a->partition);
        if (a->partition >= out->partitions)
            out->partitions = (uint16_t)(a->partition + 1);
        out->n++;
    }
    return ST_OK;
}

enum status
authorities_read(const char *folder, struct arena *arena,
                 struct authorities *out, struct err *err)
{
    struct str path = arena_printf(arena, "%s/authorities.json", folder);
    struct json *doc = NULL;
    struct str text;
    enum status rc;

    rc = file_read(path.p, AUTHORITIES_BYTES_MAX, arena, &text, err);
    if (rc == ST_OK)
        rc = json_parse(text, AUTHORITIES_BYTES_MAX, &doc, err);
    if (rc == ST_OK)
        rc = read_all(doc, arena, out, err);
    json_free(doc);
    if (rc != ST_OK)
        err_where(err, "%s", path.p);
    return rc;
}

const struct authority *
authorities_find(const struct authorities *a, struct str name)
{
    for (size_t i = 0; i < a->n; i++)
        if (str_eq(a->at[i].name, name))
            return &a->at[i];
    return NULL;
}
