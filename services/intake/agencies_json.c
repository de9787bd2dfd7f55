#include "intake/agencies_json.h"

#include "common/adapters/json.h"
#include "common/core/check.h"

enum { REGISTER_BYTES_MAX = 16 << 20, SOURCE_MAX = 4 };

static enum status
wrong(struct err *err, const struct agency *a, const char *member)
{
    return err_set(err, ST_REJECT, "config", "agency %.*s: %s is wrong",
                   STR_ARG(a->id), member);
}

static int
code_of(const struct json *v, const struct codes *codes)
{
    struct str word;

    return json_str(v, &word) ? codes_find(codes, word) : 0;
}

static enum status
read_kinds(const struct json *v, struct agency *out, struct err *err)
{
    for (size_t i = 0; i < json_size(v); i++) {
        int kind = code_of(json_at(v, i), &codes_kind);

        if (kind == 0)
            return wrong(err, out, "kinds");
        out->kinds |= SET_BIT(kind);
    }
    return ST_OK;
}

/* Doors by kind; "*" is the others'. */
static enum status
read_entries(const struct json *v, struct agency *out, struct err *err)
{
    struct json_each each = json_each_of(v);
    const struct json *door;
    struct str name;

    while (json_each_next(&each, &name, &door)) {
        int kind = str_is(name, "*") ? 0 : codes_find(&codes_kind, name);
        int entry = code_of(door, &codes_entry);

        if (entry == 0 || (kind == 0 && !str_is(name, "*")))
            return wrong(err, out, "entry");
        out->entry[kind] = (uint8_t)entry;
    }
    return ST_OK;
}

static enum status
read_agency(struct arena *arena, const struct json *v, struct agency *out,
            struct err *err)
{
    struct str text;
    enum status rc;

    *out = (struct agency){ .type = code_of(json_get(v, "type"),
                                            &codes_agency_type) };
    if (!json_str(json_get(v, "id"), &text) || text.n == 0 ||
        text.n > AGENCY_ID_MAX || !check_agency_ref(text))
        return err_set(err, ST_REJECT, "config",
                       "an agency's id: want 1 to %d characters",
                       AGENCY_ID_MAX);
    out->id = arena_str(arena, text);
    if (out->type == 0)
        return wrong(err, out, "type");
    if (json_str(json_get(v, "name"), &text))
        out->name = arena_str(arena, text);
    if (json_str(json_get(v, "cin_source"), &text)) {
        if (text.n == 0 || text.n > SOURCE_MAX)
            return wrong(err, out, "cin_source");
        out->cin_source = arena_str(arena, text);
    }
    if (json_str(json_get(v, "urn"), &text)) {
        if (!check_digits(text, 6))
            return wrong(err, out, "urn");
        out->school_urn = arena_str(arena, text);
    }
    rc = read_kinds(json_get(v, "kinds"), out, err);
    if (rc == ST_OK)
        rc = read_entries(json_get(v, "entry"), out, err);
    return rc;
}

enum status
agencies_json_read(struct arena *arena, struct str text, struct agencies *out,
                   struct err *err)
{
    struct json *doc = NULL;
    const struct json *list;
    struct agency *at = NULL;
    enum status rc = json_parse(text, REGISTER_BYTES_MAX, &doc, err);

    *out = (struct agencies){ .n = 0 };
    list = rc == ST_OK ? json_get(doc, "agencies") : NULL;
    if (rc == ST_OK && json_type_of(list) != JSON_T_ARRAY)
        rc = err_set(err, ST_REJECT, "config", "agencies: want a list");
    if (rc == ST_OK)
        at = arena_array(arena, json_size(list), sizeof *at);
    out->at = at;
    for (size_t i = 0; rc == ST_OK && i < json_size(list); i++) {
        rc = read_agency(arena, json_at(list, i), &at[i], err);
        if (rc == ST_OK && agency_find(out, at[i].id) != NULL)
            rc = err_set(err, ST_REJECT, "config", "agency %.*s is there twice",
                         STR_ARG(at[i].id));
        if (rc == ST_OK)
            out->n++;
    }
    json_free(doc);
    return rc;
}
