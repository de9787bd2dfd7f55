#include "cli/return_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/return_file.h"
#include "common/adapters/authorities.h"
#include "common/adapters/json.h"

enum { STATE_BYTES_MAX = 256 << 20, LINE_BYTES_MAX = 1 << 20 };

#define FORMAT "waymark dfe-daily 1"

/* ---- reading ------------------------------------------------------------ */

static enum status
broken(const char *path, size_t line, struct err *err)
{
    return err_set(err, ST_REJECT, "state", "%s, line %zu: not what was sent",
                   path, line);
}

static bool
read_id(const struct json *v, struct id *out)
{
    struct str text;

    return json_str(v, &text) && id_parse(text, out);
}

/* A hash as 16 hex digits. */
static bool
read_hash(const struct json *v, uint64_t *out)
{
    struct str text;
    char *end;

    if (!json_str(v, &text) || text.n != 16)
        return false;
    *out = strtoull(text.p, &end, 16);
    return end == text.p + text.n;
}

static bool
read_items(struct arena *arena, const struct json *v, struct daily_episode *out)
{
    struct daily_item *items = arena_array(arena, json_size(v), sizeof *items);
    int64_t list;

    for (size_t i = 0; i < json_size(v); i++) {
        const struct json *item = json_at(v, i);

        if (!json_int(json_at(item, 0), &list) || list < 0 ||
            list >= DAILY_LISTS || !read_id(json_at(item, 1), &items[i].id))
            return false;
        items[i].list = (int)list;
    }
    out->items = items;
    out->n_items = json_size(v);
    return true;
}

static bool
read_child(struct arena *arena, const struct json *v, struct daily_child *out)
{
    const struct json *list = json_get(v, "episodes");
    struct daily_episode *episodes =
        arena_array(arena, json_size(list), sizeof *episodes);
    struct str la_child_id;

    if (!read_id(json_get(v, "child"), &out->id) ||
        !json_str(json_get(v, "la_child_id"), &la_child_id) ||
        !read_hash(json_get(v, "details"), &out->details))
        return false;
    out->la_child_id = arena_str(arena, la_child_id);
    for (size_t i = 0; i < json_size(list); i++) {
        const struct json *e = json_at(list, i);

        if (!read_id(json_get(e, "id"), &episodes[i].id) ||
            !read_hash(json_get(e, "hash"), &episodes[i].hash) ||
            !read_items(arena, json_get(e, "items"), &episodes[i]))
            return false;
    }
    out->episodes = episodes;
    out->n_episodes = json_size(list);
    return true;
}

static bool
is_head(const struct json *v, struct str authority)
{
    struct str format, whose;

    return json_str(json_get(v, "format"), &format) && str_is(format, FORMAT) &&
           json_str(json_get(v, "authority"), &whose) &&
           str_eq(whose, authority);
}

/* The next line of `text`, without its end. */
static bool
next_line(struct str *text, struct str *line)
{
    const char *end;

    if (text->n == 0)
        return false;
    end = memchr(text->p, '\n', text->n);
    line->p = text->p;
    line->n = end == NULL ? text->n : (size_t)(end - text->p);
    text->p += line->n + (end != NULL);
    text->n -= line->n + (end != NULL);
    return true;
}

static size_t
count_lines(struct str text)
{
    struct str line;
    size_t n = 0;

    while (next_line(&text, &line))
        n++;
    return n;
}

static bool
take_line(struct arena *arena, struct str line, struct str authority, bool head,
          struct return_state *out)
{
    struct json *doc = NULL;
    struct err unused;
    struct daily_child *c = &out->at[out->n];
    bool good;

    if (json_parse(line, LINE_BYTES_MAX, &doc, &unused) != ST_OK)
        return false;
    good = head ? is_head(doc, authority)
                : read_child(arena, doc, c) &&
                      (out->n == 0 || id_cmp(c[-1].id, c->id) < 0);
    out->n += good && !head;
    json_free(doc);
    return good;
}

enum status
return_state_read(struct cli *cli, const char *path, struct str authority,
                  struct return_state *out, struct err *err)
{
    struct str text, line;
    size_t number = 0;

    *out = (struct return_state){ .n = 0 };
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return ST_OK;
    if (file_read(path, STATE_BYTES_MAX, cli->arena, &text, err) != ST_OK)
        return ST_REJECT;
    out->at = arena_array(cli->arena, count_lines(text), sizeof *out->at);
    while (next_line(&text, &line)) {
        number++;
        if (!take_line(cli->arena, line, authority, number == 1, out))
            return broken(path, number, err);
    }
    return number > 0 ? ST_OK : broken(path, 1, err);
}

/* ---- writing ------------------------------------------------------------ */

static void
put_id(struct json_out *o, const char *key, struct id id)
{
    char text[ID_TEXT_SIZE];

    if (key != NULL)
        json_out_key(o, key);
    json_out_str(o, str_of(id_text(id, text)));
}

static void
put_hash(struct json_out *o, const char *key, uint64_t hash)
{
    char text[17];

    (void)snprintf(text, sizeof text, "%016" PRIx64, hash);
    json_out_kcstr(o, key, text);
}

static void
put_child(struct json_out *o, const struct daily_child *c)
{
    json_out_object(o);
    put_id(o, "child", c->id);
    json_out_kstr(o, "la_child_id", c->la_child_id);
    put_hash(o, "details", c->details);
    json_out_key(o, "episodes");
    json_out_array(o);
    for (size_t i = 0; i < c->n_episodes; i++) {
        const struct daily_episode *e = &c->episodes[i];

        json_out_object(o);
        put_id(o, "id", e->id);
        put_hash(o, "hash", e->hash);
        json_out_key(o, "items");
        json_out_array(o);
        for (size_t k = 0; k < e->n_items; k++) {
            json_out_array(o);
            json_out_int(o, e->items[k].list);
            put_id(o, NULL, e->items[k].id);
            json_out_array_end(o);
        }
        json_out_array_end(o);
        json_out_object_end(o);
    }
    json_out_array_end(o);
    json_out_object_end(o);
}

static const char *
next_path(struct cli *cli, const char *path)
{
    return arena_printf(cli->arena, "%s.next", path).p;
}

enum status
return_state_write(struct cli *cli, const char *path, struct str authority,
                   int64_t turn, const struct return_state *state,
                   struct err *err)
{
    struct return_file f;
    struct json_out o;
    enum status rc =
        return_file_open(cli->arena, next_path(cli, path), &f, err);

    if (rc != ST_OK)
        return rc;
    json_out_init(&o, cli->arena);
    json_out_object(&o);
    json_out_kcstr(&o, "format", FORMAT);
    json_out_kstr(&o, "authority", authority);
    json_out_kint(&o, "turn", turn);
    json_out_object_end(&o);
    fprintf(f.to, "%.*s\n", STR_ARG(json_out_text(&o)));
    for (size_t i = 0; i < state->n; i++) {
        json_out_reset(&o);
        put_child(&o, &state->at[i]);
        fprintf(f.to, "%.*s\n", STR_ARG(json_out_text(&o)));
    }
    return return_file_close(&f, err);
}

enum status
return_state_sent(struct cli *cli, const char *path, struct err *err)
{
    if (rename(next_path(cli, path), path) == 0)
        return ST_OK;
    return err_set(err, ST_RETRY, "file", "%s: %s", next_path(cli, path),
                   strerror(errno));
}
