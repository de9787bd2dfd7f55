#include "intake/core/sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "intake/core/cell.h"

#define NAME_MAX_BYTES 80
#define ENTRIES_MAX 200 /* of a list in one cell; blank ones too */

/* ---- what a file holds ------------------------------------------------- */

static bool
begins(const char *name, const char *word)
{
    for (; *word != '\0'; name++, word++)
        if (str_lower(*name) != *word)
            return false;
    return true;
}

void
sheet_of_name(const char *name, struct sheet_options *out)
{
    static const struct {
        const char *word;
        enum item_kind_of item;
    } items[] = {
        { "activities", ITEM_ACTIVITY },
        { "screenings", ITEM_SCREENING },
        { "matches", ITEM_MATCH },
        { "indicators", ITEM_INDICATOR },
    };

    out->item = ITEM_NOTIFICATION;
    out->kind = 0;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        if (begins(name, items[i].word))
            out->item = items[i].item;
    if (out->item != ITEM_NOTIFICATION)
        return;
    for (int kind = 1; kind <= codes_kind.n; kind++)
        if (begins(name, codes_word(&codes_kind, kind)))
            out->kind = kind; /* no word begins another */
}

bool
sheet_kind(struct str word, struct sheet_options *out)
{
    out->item = ITEM_NOTIFICATION;
    out->kind = codes_find(&codes_kind, word);
    if (out->kind != 0)
        return true;
    out->item = ITEM_ACTIVITY;
    out->kind = codes_find(&codes_activity, word);
    if (out->kind != 0)
        return true;
    out->item = (enum item_kind_of)codes_find(&codes_item, word);
    return out->item != 0;
}

const struct form *
sheet_form(const struct sheet_options *options)
{
    switch (options->item) {
    case ITEM_NOTIFICATION:
        break;
    case ITEM_ACTIVITY:
        return kinds_activity(options->kind);
    case ITEM_SCREENING:
        return kinds_screening();
    case ITEM_MATCH:
        return kinds_match();
    case ITEM_INDICATOR:
        return kinds_indicator();
    }
    return options->kind == 0 ? kinds_common()
                              : kinds_notification(options->kind);
}

/* ---- headings ---------------------------------------------------------- */

static void add_problem(struct arena *arena, struct problems *problems,
                        const char *code, struct str pointer, const char *fmt,
                        ...) __attribute__((format(printf, 5, 6)));

static void
add_problem(struct arena *arena, struct problems *problems, const char *code,
            struct str pointer, const char *fmt, ...)
{
    char text[200];
    struct problem *p;
    va_list args;

    if (problems->n == FORM_PROBLEMS_MAX)
        return;
    if (problems->at == NULL)
        problems->at = arena_array(arena, FORM_PROBLEMS_MAX, sizeof *p);
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    p = &problems->at[problems->n++];
    (void)snprintf(p->code, sizeof p->code, "%s", code);
    p->pointer = pointer;
    p->detail = arena_str(arena, str_of(text));
}

/* Without headings a row of data stands there, and nobody's name is shown. */
static bool
looks_like_a_heading(struct str name)
{
    if (name.n == 0 || name.n > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (!(c >= 'a' && c <= 'z') && c != '_' && c != '.' &&
            !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return true;
}

static bool
is_error_column(struct str name)
{
    return str_is(name, SHEET_ERROR_CODE) || str_is(name, SHEET_ERROR_FIELD) ||
           str_is(name, SHEET_ERROR_DETAIL);
}

/* "household.2.name" into its parts; false if there are too many. */
static bool
split_path(struct sheet_column *c)
{
    size_t from = 0;

    c->n = 0;
    for (size_t i = 0; i <= c->name.n; i++) {
        if (i < c->name.n && c->name.p[i] != '.')
            continue;
        if (c->n == SHEET_DEPTH_MAX)
            return false;
        c->parts[c->n++] = (struct str){ .p = c->name.p + from, .n = i - from };
        from = i + 1;
    }
    return true;
}

/* 1 to `max` without leading zeros, else 0. */
static int64_t
item_number(struct str part, int64_t max)
{
    int64_t n = 0;

    if (part.n == 0 || part.n > 4 || part.p[0] == '0')
        return 0;
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] < '0' || part.p[i] > '9')
            return 0;
        n = n * 10 + (part.p[i] - '0');
    }
    return n <= max ? n : 0;
}

/* The field that the parts lead to, if it is one that holds a value. */
static const struct form_field *
follow(const struct form *form, struct sheet_column *c)
{
    const struct form_field *f = NULL;

    for (size_t i = 0; i < c->n; i++) {
        if (form == NULL)
            return NULL;
        f = form_find(form, c->parts[i]);
        if (f == NULL)
            return NULL;
        if (f->type == FORM_LIST) {
            if (++i == c->n)
                return NULL;
            c->item = item_number(c->parts[i], f->max);
            if (c->item == 0)
                return NULL;
        }
        form = f->type == FORM_OBJECT || f->type == FORM_LIST ? f->sub : NULL;
    }
    return form == NULL ? f : NULL;
}

/* Where rows say their kind, a column may belong to any of them. */
static const struct form_field *
find_field(const struct sheet *s, struct sheet_column *c)
{
    struct sheet_options any = s->options;
    const struct form_field *f = follow(sheet_form(&any), c);
    bool activity = any.item == ITEM_ACTIVITY;
    int last = activity ? ACTIVITY_LAST : KIND_LAST;

    if (any.kind != 0 || (!activity && any.item != ITEM_NOTIFICATION))
        return f;
    for (any.kind = 1; f == NULL && any.kind <= last; any.kind++)
        f = follow(sheet_form(&any), c);
    return f;
}

static struct str
as_pointer(struct arena *arena, struct str name)
{
    struct str out = arena_printf(arena, "/%.*s", STR_ARG(name));
    char *p = arena_copy(arena, out.p, out.n);

    for (size_t i = 0; i < out.n; i++)
        if (p[i] == '.')
            p[i] = '/';
    return (struct str){ .p = p, .n = out.n };
}

static const struct sheet_column *
find_column(const struct sheet *s, struct str name)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->at[i].name, name))
            return &s->at[i];
    return NULL;
}

/* Lower case, since Excel likes to begin sentences. */
static struct str
heading_of(struct arena *arena, struct str cell)
{
    struct str name = cell_trim(cell);
    char *p = arena_copy(arena, name.p, name.n);

    for (size_t i = 0; i < name.n; i++)
        p[i] = str_lower(p[i]);
    return (struct str){ .p = p, .n = name.n };
}

static void
add_column(struct sheet *s, struct arena *arena, struct str cell,
           struct problems *problems)
{
    struct sheet_column *c = &s->at[s->n];
    int at = (int)s->n + 1;

    *c = (struct sheet_column){ .name = heading_of(arena, cell) };
    if (c->name.n == 0) { /* cells below it may only be blank */
        s->n++;
        return;
    }
    if (is_error_column(c->name)) {
        if (find_column(s, c->name) != NULL)
            add_problem(arena, problems, "C02", as_pointer(arena, c->name),
                        "column %d stands twice", at);
        s->n++;
        return;
    }
    if (!split_path(c) || (c->field = find_field(s, c)) == NULL) {
        bool shown = looks_like_a_heading(c->name);

        add_problem(arena, problems, "C01",
                    shown ? as_pointer(arena, c->name) : STR(""),
                    "column %d is not known here", at);
    } else if (find_column(s, c->name) != NULL) {
        add_problem(arena, problems, "C02", as_pointer(arena, c->name),
                    "column %d stands twice", at);
    }
    s->n++;
}

/* Columns of the same object, and items of the same list, find each other. */
static void
group_columns(struct sheet *s)
{
    for (size_t i = 0; i < s->n; i++) {
        size_t to = i;

        for (; to > 0 && s->at[s->order[to - 1]].item > s->at[i].item; to--)
            s->order[to] = s->order[to - 1];
        s->order[to] = i;
    }
    for (size_t o = 0; o < s->n; o++) {
        struct sheet_column *c = &s->at[s->order[o]];

        for (size_t d = 0; d < c->n; d++) {
            c->group[d] = s->order[o];
            for (size_t k = 0; k < o; k++) {
                const struct sheet_column *before = &s->at[s->order[k]];

                if (before->n > d && str_eq(before->parts[d], c->parts[d]) &&
                    (d == 0 || before->group[d - 1] == c->group[d - 1])) {
                    c->group[d] = before->group[d];
                    break;
                }
            }
        }
    }
}

/* ---- what must be there ------------------------------------------------ */

/* Where a walk over a form's columns stands. */
struct walk {
    char path[NAME_MAX_BYTES + 1];
    int items;
    void (*each)(void *self, const char *name, const struct form_field *field,
                 bool must);
    void *self;
};

static void walk_form(struct walk *w, const struct form *form, bool must);

static void
walk_field(struct walk *w, const struct form_field *f, bool must)
{
    size_t before = strlen(w->path);
    size_t room = sizeof w->path - before;

    must = must && (f->flags & FORM_MUST) != 0 && f->waived_by == WARNING_NONE;
    (void)snprintf(w->path + before, room, "%s%s", before > 0 ? "." : "",
                   f->name);
    if (f->type == FORM_OBJECT) {
        walk_form(w, f->sub, must);
    } else if (f->type == FORM_LIST) {
        size_t list = strlen(w->path);

        for (int i = 1; i <= w->items; i++) {
            (void)snprintf(w->path + list, sizeof w->path - list, ".%d", i);
            walk_form(w, f->sub, false);
        }
    } else {
        w->each(w->self, w->path, f, must);
    }
    w->path[before] = '\0';
}

/* The fields that all kinds have come first. */
static void
walk_form(struct walk *w, const struct form *form, bool must)
{
    if (form->also != NULL)
        walk_form(w, form->also, must);
    for (size_t i = 0; i < form->n; i++)
        walk_field(w, &form->at[i], must);
}

void
sheet_columns(const struct form *form, int items,
              void (*each)(void *self, const char *name,
                           const struct form_field *field, bool must),
              void *self)
{
    struct walk w = { .path = "", .items = items, .each = each, .self = self };

    walk_form(&w, form, true);
}

struct demand {
    const struct sheet *sheet;
    struct arena *arena;
    struct problems *problems;
};

static const char *
kind_column(const struct sheet_options *options)
{
    return options->item == ITEM_ACTIVITY ? "activity" : "kind";
}

static void
demand_column(void *self, const char *name, const struct form_field *field,
              bool must)
{
    struct demand *d = self;
    const struct sheet_options *options = &d->sheet->options;

    (void)field;
    if (!must || find_column(d->sheet, str_of(name)) != NULL)
        return;
    if (strcmp(name, "agency_id") == 0 && options->agency.p != NULL)
        return;
    if (strcmp(name, kind_column(options)) == 0 && options->kind != 0)
        return;
    add_problem(d->arena, d->problems, "C03",
                as_pointer(d->arena, str_of(name)), "the column is missing");
}

bool
sheet_is_blank(const struct str *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cell_trim(cells[i]).n > 0)
            return false;
    return true;
}

void
sheet_begin(struct sheet *s, struct arena *arena,
            const struct sheet_options *options,
            const struct sheet_cells *headings, struct problems *problems)
{
    struct demand demand = { .sheet = s, .arena = arena, .problems = problems };
    size_t n = headings->n;

    *s = (struct sheet){ .options = *options, .headings = headings->number };
    *problems = (struct problems){ .at = NULL };
    while (n > 0 && cell_trim(headings->at[n - 1]).n == 0)
        n--; /* spreadsheets leave delimiters behind */
    if (headings->code != NULL)
        add_problem(arena, problems, headings->code, STR(""), "%s",
                    headings->detail);
    else if (n == 0)
        add_problem(arena, problems, "C06", STR(""),
                    "no line with the names of the columns");
    else if (n > SHEET_COLUMNS_MAX)
        add_problem(arena, problems, "R04", STR(""), "more than %d columns",
                    SHEET_COLUMNS_MAX);
    if (problems->n > 0)
        return;
    for (size_t i = 0; i < n; i++)
        add_column(s, arena, headings->at[i], problems);
    sheet_columns(sheet_form(options), 0, demand_column, &demand);
    group_columns(s);
}

/* ---- rows -------------------------------------------------------------- */

static bool
is_between(char c, const char *between)
{
    return strchr(between, c) != NULL && c != '\0';
}

/*
 * The entries of a cell as an array; blank ones don't count. With too many it
 * stays a text, which no list is.
 */
static struct raw_value
list_of(struct arena *arena, struct str cell, const char *between)
{
    struct raw_value *at;
    size_t from = 0, n = 1;

    for (size_t i = 0; i < cell.n; i++)
        n += is_between(cell.p[i], between);
    if (n > ENTRIES_MAX)
        return (struct raw_value){ .type = RAW_STRING, .text = cell };
    at = arena_array(arena, n, sizeof *at);
    n = 0;
    for (size_t i = 0; i <= cell.n; i++) {
        struct str entry;

        if (i < cell.n && !is_between(cell.p[i], between))
            continue;
        entry = cell_trim((struct str){ .p = cell.p + from, .n = i - from });
        if (entry.n > 0)
            at[n++] = (struct raw_value){ .type = RAW_STRING, .text = entry };
        from = i + 1;
    }
    return (struct raw_value){ .type = RAW_ARRAY, .at = at, .n = n };
}

static struct raw_value
value_of(struct arena *arena, const struct form_field *f, struct str cell)
{
    switch (f->type) {
    case FORM_SET:
    case FORM_GRADES:
        return list_of(arena, cell, ";|, \t\r\n");
    case FORM_NAMES:
        return list_of(arena, cell, ";|\r\n");
    case FORM_DATE:
    case FORM_PLANNED:
        cell = cell_date(arena, cell);
        break;
    case FORM_INSTANT:
        cell = cell_instant(arena, cell);
        break;
    case FORM_BOOL:
    case FORM_TRI:
        cell = cell_word(arena, cell);
        break;
    default:
        break;
    }
    return (struct raw_value){ .type = RAW_STRING, .text = cell };
}

/* What is needed while one row is built. */
struct build {
    const struct sheet *sheet;
    struct arena *arena;
    const struct str *cells;
};

/* Is it one of this group, whose parts before `depth` are the same? */
static bool
is_member(const struct sheet_column *c, size_t depth, size_t group)
{
    return c->field != NULL && c->n > depth &&
           (depth == 0 || c->group[depth - 1] == group);
}

/* The columns of a group at this depth; an item of a list has its number as
 * its name. */
static struct raw_value
build(const struct build *b, size_t depth, size_t group)
{
    const struct sheet *s = b->sheet;
    struct raw_value out = { .type = RAW_OBJECT };
    struct raw_value *at;
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += is_member(&s->at[i], depth, group);
    out.at = at = arena_array(b->arena, n, sizeof *at);
    for (size_t o = 0; o < s->n; o++) {
        const struct sheet_column *c = &s->at[s->order[o]];
        struct str cell;

        if (!is_member(c, depth, group))
            continue;
        if (c->item > 0 && depth == c->n - 2)
            out.type = RAW_ARRAY;
        cell = cell_trim(b->cells[s->order[o]]);
        if (c->n == depth + 1 && cell.n > 0)
            at[out.n] = value_of(b->arena, c->field, cell);
        else if (c->n > depth + 1 && c->group[depth] == s->order[o])
            at[out.n] = build(b, depth + 1, s->order[o]);
        else
            continue; /* blank, or its object is there already */
        at[out.n].name = c->parts[depth];
        if (at[out.n].type == RAW_STRING || at[out.n].n > 0)
            out.n++;
    }
    return out;
}

static void
add_default(struct raw_value *at, size_t *n, const char *name, struct str text)
{
    struct raw_value all = { .type = RAW_OBJECT, .at = at, .n = *n };

    if (text.n == 0 || raw_get(&all, name) != NULL)
        return;
    at[(*n)++] = (struct raw_value){ .type = RAW_STRING,
                                     .name = str_of(name),
                                     .text = text };
}

/* Why the cells don't fit the columns, or "". */
static struct str
ragged(const struct sheet *s, struct arena *arena, const struct str *cells,
       size_t n)
{
    if (n != s->n)
        return arena_printf(arena, "%zu cells for %zu columns", n, s->n);
    for (size_t i = 0; i < n; i++)
        if (s->at[i].name.n == 0 && cell_trim(cells[i]).n > 0)
            return arena_printf(arena, "cell %zu has a column without a name",
                                i + 1);
    return STR("");
}

static void
read_cells(const struct sheet *s, struct arena *arena, const struct str *cells,
           struct raw_value *out)
{
    const struct build b = { .sheet = s, .arena = arena, .cells = cells };
    const struct codes *codes =
        s->options.item == ITEM_ACTIVITY ? &codes_activity : &codes_kind;
    struct raw_value row = build(&b, 0, 0);
    struct raw_value *at = arena_array(arena, row.n + 2, sizeof *at);

    memcpy(at, row.at, row.n * sizeof *at);
    add_default(at, &row.n, "agency_id", s->options.agency);
    if (s->options.kind != 0)
        add_default(at, &row.n, kind_column(&s->options),
                    str_of(codes_word(codes, s->options.kind)));
    row.at = at;
    *out = row;
}

bool
sheet_is_note(const struct str *cells, size_t n)
{
    struct str first = n == 0 ? STR("") : cell_trim(cells[0]);

    return str_is(first, "#") || str_starts(first, STR("# "));
}

enum sheet_taken
sheet_take(const struct sheet *s, struct arena *arena,
           const struct sheet_cells *row, struct sheet_row *out)
{
    const char *code = row->code;
    struct str detail = str_of(row->detail);
    size_t n = row->n;

    *out = (struct sheet_row){ .number = row->number };
    if (code == NULL) {
        if (sheet_is_blank(row->at, n))
            return SHEET_BLANK;
        if (row->number == s->headings + 1 && sheet_is_note(row->at, n))
            return SHEET_NOTE;
        while (n > s->n && cell_trim(row->at[n - 1]).n == 0)
            n--;
        detail = ragged(s, arena, row->at, n);
        if (detail.n > 0)
            code = "C04";
    }
    if (code == NULL) {
        read_cells(s, arena, row->at, &out->raw);
        return SHEET_ROW;
    }
    (void)snprintf(out->problem.code, sizeof out->problem.code, "%s", code);
    out->problem.pointer = STR("");
    out->problem.detail = detail;
    return SHEET_ROW;
}

/* ---- back to columns --------------------------------------------------- */

/* Item `index` of an array: its number in the sheet. */
static struct str
item_name(const struct raw_value *array, struct str index)
{
    size_t i = 0;

    for (size_t k = 0; k < index.n; k++) {
        if (index.p[k] < '0' || index.p[k] > '9' || i > array->n)
            return index;
        i = i * 10 + (size_t)(index.p[k] - '0');
    }
    return i < array->n && array->at[i].name.n > 0 ? array->at[i].name : index;
}

static const struct raw_value *
member(const struct raw_value *v, struct str name)
{
    for (size_t i = 0; v != NULL && i < v->n; i++)
        if (str_eq(v->at[i].name, name))
            return &v->at[i];
    return NULL;
}

struct str
sheet_column_of(struct arena *arena, const struct raw_value *raw,
                struct str pointer)
{
    struct str out = STR("");
    size_t from = 1;

    for (size_t i = 1; i <= pointer.n; i++) {
        struct str part;

        if (i < pointer.n && pointer.p[i] != '/')
            continue;
        part = (struct str){ .p = pointer.p + from, .n = i - from };
        if (raw != NULL && raw->type == RAW_ARRAY)
            part = item_name(raw, part);
        raw = member(raw, part);
        out = arena_printf(arena, "%.*s%s%.*s", STR_ARG(out),
                           out.n > 0 ? "." : "", STR_ARG(part));
        from = i + 1;
    }
    return out;
}
