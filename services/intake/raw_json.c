#include "intake/raw_json.h"

static struct raw_value
scalar(struct arena *arena, const struct json *v)
{
    struct raw_value raw = { .type = RAW_NULL };
    char number[JSON_NUMBER_SIZE];
    bool truth;

    if (json_str(v, &raw.text)) {
        raw.type = RAW_STRING;
    } else if (json_bool(v, &truth)) {
        raw.type = RAW_BOOL;
        raw.text = truth ? STR("true") : STR("false");
    } else if (json_number_text(v, number)) {
        raw.type = RAW_NUMBER;
        raw.text = arena_str(arena, str_of(number));
    }
    return raw;
}

static struct raw_value
object(struct arena *arena, const struct json *v)
{
    struct raw_value *at = arena_array(arena, json_size(v), sizeof *at);
    struct json_each each = json_each_of(v);
    const struct json *member;
    struct str name;
    size_t n = 0;

    while (json_each_next(&each, &name, &member)) {
        at[n] = raw_of_json(arena, member);
        at[n++].name = name;
    }
    return (struct raw_value){ .type = RAW_OBJECT, .at = at, .n = n };
}

struct raw_value
raw_of_json(struct arena *arena, const struct json *v)
{
    size_t n = json_size(v);
    struct raw_value *at;

    if (json_type_of(v) == JSON_T_OBJECT)
        return object(arena, v);
    if (json_type_of(v) != JSON_T_ARRAY)
        return scalar(arena, v);
    at = arena_array(arena, n, sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[i] = raw_of_json(arena, json_at(v, i));
    return (struct raw_value){ .type = RAW_ARRAY, .at = at, .n = n };
}
