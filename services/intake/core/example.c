#include "intake/core/example.h"

#include <string.h>

/* What all values of one example have in common. */
struct work {
    struct arena *arena;
    const struct example_options *options;
    struct str ref;
};

static struct raw_value
text_value(struct str text)
{
    return (struct raw_value){ .type = RAW_STRING, .text = text };
}

static struct raw_value
array_of_one(struct arena *arena, struct raw_value item)
{
    struct raw_value *at = arena_alloc(arena, sizeof *at);

    *at = item;
    return (struct raw_value){ .type = RAW_ARRAY, .at = at, .n = 1 };
}

static struct raw_value
grades(struct arena *arena, size_t n)
{
    struct raw_value *at = arena_array(arena, n, sizeof *at);

    for (size_t i = 0; i < n; i++)
        at[i] = (struct raw_value){ .type = RAW_NUMBER, .text = STR("2") };
    return (struct raw_value){ .type = RAW_ARRAY, .at = at, .n = n };
}

/* A good value of each type, where the field names none of its own. */
static const char *
text_of_type(const struct form_field *f)
{
    switch (f->type) {
    case FORM_REF:
        return "2015/0001";
    case FORM_BOOL:
        return "false";
    case FORM_TRI:
        return f->aliases == NULL ? "N" : f->aliases[0].from;
    case FORM_INSTANT:
        return "2015-06-26T07:12:05Z";
    case FORM_DATE:
    case FORM_PLANNED:
        return "2015-06-26";
    case FORM_INT:
        return "1";
    case FORM_TENTHS:
        return "1.5";
    case FORM_CODE:
    case FORM_SET:
        return f->codes->words[0];
    case FORM_WORD:
        return f->words[0];
    case FORM_ID:
        return "00112233-4455-8677-8899-aabbccddeeff";
    case FORM_NHS_NUMBER:
        return "943 476 5919";
    case FORM_UPN:
        return "P886200020001";
    case FORM_LA_CHILD_ID:
        return "LC0012345";
    case FORM_POSTCODE:
        return "CT1 1AA";
    default:
        return "Testchild Beta";
    }
}

static struct str
text_of(const struct work *w, const struct form_field *f, bool outermost)
{
    const char *own = f->example;

    if (str_is(str_of(f->name), "agency_id"))
        return w->options->agency_id;
    if (outermost && str_is(str_of(f->name), "agency_ref"))
        return w->ref;
    if (outermost && f->codes == &codes_kind)
        return str_of(codes_word(&codes_kind, w->options->code));
    if (outermost && f->codes == &codes_activity)
        return str_of(codes_word(&codes_activity, w->options->code));
    return str_of(own != NULL ? own : text_of_type(f));
}

static struct raw_value object_of(const struct work *w, const struct form *form,
                                  bool outermost);

static struct raw_value
value_of(const struct work *w, const struct form_field *f, bool outermost)
{
    struct raw_value v;

    if (f->type == FORM_OBJECT)
        return object_of(w, f->sub, false);
    if (f->type == FORM_LIST)
        return array_of_one(w->arena, object_of(w, f->sub, false));
    if (f->type == FORM_GRADES)
        return grades(w->arena, (size_t)f->max);
    v = text_value(text_of(w, f, outermost));
    if (f->type == FORM_SET || f->type == FORM_NAMES)
        return array_of_one(w->arena, v);
    if (f->type == FORM_BOOL)
        v.type = RAW_BOOL;
    if (f->type == FORM_INT || f->type == FORM_TENTHS)
        v.type = RAW_NUMBER;
    return v;
}

static bool
stands_in(const struct work *w, const struct form_field *f)
{
    if (f->example != NULL && f->example[0] == '\0')
        return false;
    return !w->options->least || (f->flags & (FORM_MUST | FORM_WANTED)) != 0;
}

static struct raw_value
object_of(const struct work *w, const struct form *form, bool outermost)
{
    struct raw_value *at;
    size_t room = 0, n = 0;

    for (const struct form *f = form; f != NULL; f = f->also)
        room += f->n;
    at = arena_array(w->arena, room, sizeof *at);
    /* What all kinds have first, as people write it. */
    if (form->also != NULL) {
        struct raw_value common = object_of(w, form->also, outermost);

        memcpy(at, common.at, common.n * sizeof *at);
        n = common.n;
    }
    for (size_t i = 0; i < form->n; i++)
        if (stands_in(w, &form->at[i])) {
            at[n] = value_of(w, &form->at[i], outermost);
            at[n++].name = str_of(form->at[i].name);
        }
    return (struct raw_value){ .type = RAW_OBJECT, .at = at, .n = n };
}

static const struct form *
form_of(const struct example_options *o)
{
    switch (o->item) {
    case ITEM_NOTIFICATION:
        return kinds_notification(o->code);
    case ITEM_ACTIVITY:
        return kinds_activity(o->code);
    case ITEM_SCREENING:
        return kinds_screening();
    case ITEM_MATCH:
        return kinds_match();
    case ITEM_INDICATOR:
        break;
    }
    return kinds_indicator();
}

struct raw_value
example_of(struct arena *arena, const struct example_options *options)
{
    const struct codes *codes =
        options->item == ITEM_ACTIVITY ? &codes_activity : &codes_kind;
    const char *what = options->code == 0
                           ? codes_word(&codes_item, (int)options->item)
                           : codes_word(codes, options->code);
    struct work w = { .arena = arena, .options = options };

    w.ref = arena_printf(arena, "example/%s%s", what,
                         options->least ? "/least" : "");
    return object_of(&w, form_of(options), true);
}
