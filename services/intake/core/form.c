#include "intake/core/form.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/core/records.h"

#define KEPT_MAX 2000        /* bytes of a raw text that is kept */
#define TEXT_MAX_DEFAULT 200 /* code points */
#define GRADE_MAX 4
#define MEMBER_NAME_MAX 40

const struct form_field *
form_find(const struct form *form, struct str name)
{
    for (; form != NULL; form = form->also)
        for (size_t i = 0; i < form->n; i++)
            if (str_is(name, form->at[i].name))
                return &form->at[i];
    return NULL;
}

void
form_begin(struct reading *r, struct arena *arena,
           const struct calendar *calendar, time_ms received)
{
    *r = (struct reading){ .arena = arena,
                           .calendar = calendar,
                           .received = received };
    r->problems.at =
        arena_array(arena, FORM_PROBLEMS_MAX, sizeof *r->problems.at);
}

int32_t
form_chars(struct str text)
{
    int32_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    return n;
}

/* ---- what was found ---------------------------------------------------- */

static void
add_problem(struct reading *r, const char *code, struct str pointer,
            struct str detail)
{
    struct problem *p;

    if (r->problems.n == FORM_PROBLEMS_MAX)
        return;
    p = &r->problems.at[r->problems.n++];
    (void)snprintf(p->code, sizeof p->code, "%s", code);
    p->pointer = pointer;
    p->detail = detail;
}

void
form_problem(struct reading *r, const char *code, const char *member,
             const char *fmt, ...)
{
    char text[240];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    add_problem(r, code,
                arena_printf(r->arena, "%s%s%s", r->path,
                             member[0] == '\0' ? "" : "/", member),
                arena_str(r->arena, str_of(text)));
}

void
form_warn(struct reading *r, enum warning w)
{
    if (w != WARNING_NONE)
        r->warnings |= (uint32_t)1 << w;
}

bool
form_warned(const struct reading *r, enum warning w)
{
    return w != WARNING_NONE && (r->warnings & (uint32_t)1 << w) != 0;
}

struct texts
form_warnings(struct arena *arena, uint32_t warnings)
{
    struct str *at = arena_array(arena, WARNING_LAST, sizeof *at);
    size_t n = 0;

    for (int w = 1; w <= WARNING_LAST; w++)
        if ((warnings & (uint32_t)1 << w) != 0)
            at[n++] = str_of(warning_code((enum warning)w));
    return (struct texts){ .at = at, .n = n };
}

static void
keep(struct reading *r, struct str name, struct str value)
{
    if (value.n > KEPT_MAX) {
        value.n = KEPT_MAX;
        while (value.n > 0 && ((unsigned char)value.p[value.n] & 0xC0) == 0x80)
            value.n--;
    }
    if (r->n_details == r->room_details) {
        size_t room = r->room_details * 2 + 16;
        struct person_detail *at = arena_array(r->arena, room, sizeof *at);

        if (r->n_details > 0)
            memcpy(at, r->details, r->n_details * sizeof *at);
        r->details = at;
        r->room_details = room;
    }
    r->details[r->n_details++] =
        (struct person_detail){ .name = name, .value = value };
}

void
form_keep(struct reading *r, const char *name, struct str value)
{
    keep(r, str_of(name), value);
}

/* The path as senders write it in a heading: "child.sex". */
static struct str
dotted(const struct reading *r, const char *member)
{
    struct str name =
        arena_printf(r->arena, "%s%s%s", r->path_n > 0 ? r->path + 1 : "",
                     r->path_n > 0 ? "." : "", member);
    char *p = arena_copy(r->arena, name.p, name.n);

    for (size_t i = 0; i < name.n; i++)
        if (p[i] == '/')
            p[i] = '.';
    return (struct str){ .p = p, .n = name.n };
}

/* ---- one value --------------------------------------------------------- */

static const char *
type_wanted(enum form_type type)
{
    switch (type) {
    case FORM_OBJECT:
        return "an object";
    case FORM_LIST:
        return "a list of objects";
    case FORM_NAMES:
        return "a list of texts";
    case FORM_GRADES:
        return "a list of numbers from 1 to 4";
    case FORM_SET:
        return "a list of codes";
    case FORM_BOOL:
        return "true or false";
    case FORM_TRI:
        return "Y, N or U";
    case FORM_INSTANT:
        return "an instant such as 2015-06-26T07:12:05Z";
    case FORM_DATE:
    case FORM_PLANNED:
        return "a date such as 2015-06-26";
    case FORM_INT:
    case FORM_TENTHS:
    case FORM_FIGURE:
        return "a number";
    case FORM_CODE:
    case FORM_WORD:
        return "one of the codes of this field";
    case FORM_ID:
        return "an id of 36 characters";
    case FORM_DIGITS:
        return "digits";
    case FORM_REF:
        return "1 to 64 of A-Z a-z 0-9 / _ . : -";
    case FORM_TEXT:
    case FORM_LINES:
    case FORM_NHS_NUMBER:
    case FORM_UPN:
    case FORM_LA_CHILD_ID:
    case FORM_POSTCODE:
        break;
    }
    return "a text";
}

static void
refuse(struct reading *r, const struct form_field *f, const char *code)
{
    form_problem(r, code, f->name, "want %s", type_wanted(f->type));
}

/*
 * A value that is bad in itself: refuses the message where the field may not
 * be without, else it is null with a warning and kept as it came.
 */
static void
bad_value(struct reading *r, const struct form_field *f, struct str raw,
          const char *code)
{
    if ((f->flags & (FORM_MUST | FORM_STRICT)) != 0 || f->refuse != NULL) {
        if (f->waived_by == WARNING_NONE || !form_warned(r, f->waived_by)) {
            refuse(r, f, f->refuse != NULL ? f->refuse : code);
            return;
        }
    }
    form_warn(r,
              f->warning == WARNING_NONE ? WARNING_OPTIONAL_CODE : f->warning);
    keep(r, dotted(r, f->name), raw);
}

static bool
is_scalar(const struct raw_value *v)
{
    return v->type == RAW_STRING || v->type == RAW_NUMBER ||
           v->type == RAW_BOOL;
}

static bool
has_break(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\t' || text.p[i] == '\n' || text.p[i] == '\r')
            return true;
    return false;
}

/* Text that no reader may ever see refuses the message, whatever the field. */
static bool
text_is_clean(struct reading *r, const struct form_field *f, struct str text,
              size_t max)
{
    switch (check_free_text(text, max)) {
    case CHECK_TEXT_NOT_UTF8:
        form_problem(r, "R17", f->name, "the text is not UTF-8");
        return false;
    case CHECK_TEXT_CONTROL:
        form_problem(r, "R17", f->name, "control characters in the text");
        return false;
    case CHECK_TEXT_TOO_LONG:
        form_problem(r, "R03", f->name, "longer than %zu characters", max);
        return false;
    case CHECK_TEXT_GOOD:
        break;
    }
    if (f->type != FORM_LINES && has_break(text)) {
        form_problem(r, "R17", f->name, "control characters in the text");
        return false;
    }
    return true;
}

static struct str
trim(struct str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = (struct str){ .p = s.p + 1, .n = s.n - 1 };
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

struct str
form_text(const struct raw_value *v)
{
    return v != NULL && is_scalar(v) ? trim(v->text) : STR_NULL;
}

static struct str
alias_of(struct reading *r, const struct form_field *f, struct str word)
{
    for (const struct form_alias *a = f->aliases; a != NULL && a->from != NULL;
         a++)
        if (str_is(word, a->from)) {
            form_warn(r, a->warning);
            return str_of(a->to);
        }
    return word;
}

/* Words for yes and no as people and spreadsheets write them: any case. */
static bool
is_word(struct str word, const char *known)
{
    size_t n = strlen(known);

    if (word.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = word.p[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != known[i])
            return false;
    }
    return true;
}

static bool
read_bool(struct str word, bool *out)
{
    static const char *const yes[] = { "true", "y", "yes", "1" };
    static const char *const no[] = { "false", "n", "no", "0" };

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (is_word(word, yes[i]) || is_word(word, no[i])) {
            *out = is_word(word, yes[i]);
            return true;
        }
    }
    return false;
}

static bool
read_tri(struct str word, enum tri *out)
{
    bool truth;

    if (is_word(word, "u") || is_word(word, "unknown")) {
        *out = TRI_UNKNOWN;
        return true;
    }
    if (!read_bool(word, &truth))
        return false;
    *out = truth ? TRI_YES : TRI_NO;
    return true;
}

/* "1500K", "95 %": begins as a number and goes on as something else (R14). */
static bool
has_suffix(struct str text)
{
    size_t i = text.n > 0 && text.p[0] == '-' ? 1 : 0;
    bool other = false;

    if (i == text.n || text.p[i] < '0' || text.p[i] > '9')
        return false;
    for (; i < text.n; i++)
        other |= (text.p[i] < '0' || text.p[i] > '9') && text.p[i] != '.';
    return other;
}

/* Digits with an optional minus, at most 9 of them. */
static bool
read_int(struct str text, int64_t *out)
{
    bool minus = text.n > 0 && text.p[0] == '-';
    size_t i = minus ? 1 : 0;
    int64_t n = 0;

    if (i == text.n || text.n - i > 9)
        return false;
    for (; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        n = n * 10 + (text.p[i] - '0');
    }
    *out = minus ? -n : n;
    return true;
}

static bool
all_digits(struct str text)
{
    return text.n > 0 && check_digits(text, text.n);
}

/* "1.5" as 15 tenths. */
static bool
read_tenths(struct str text, int64_t *out)
{
    struct str whole = text;
    int64_t tenth = 0;

    if (text.n > 2 && text.p[text.n - 2] == '.') {
        char last = text.p[text.n - 1];

        if (last < '0' || last > '9')
            return false;
        tenth = last - '0';
        whole.n -= 2;
    }
    if (!all_digits(whole) || !read_int(whole, out))
        return false;
    *out = *out * 10 + tenth;
    return true;
}

static void
read_number(struct reading *r, const struct form_field *f, struct str text,
            int32_t *out)
{
    int64_t n;
    bool ok =
        f->type == FORM_TENTHS ? read_tenths(text, &n) : read_int(text, &n);

    if (ok && n >= f->min && n <= f->max)
        *out = (int32_t)n;
    else if (!ok && has_suffix(text))
        form_problem(r, "R14", f->name, "a number with something behind it");
    else
        bad_value(r, f, text, "R03");
}

static void
read_instant(struct reading *r, const struct form_field *f, struct str text,
             time_ms *out)
{
    struct err why;
    time_ms t;

    if (time_parse(&r->calendar->zone, text, &t, &why) != ST_OK) {
        if (strcmp(why.code, "R09") == 0 &&
            (f->flags & (FORM_MUST | FORM_STRICT)) != 0)
            form_problem(r, "R09", f->name,
                         "clocks were put forward: this local time "
                         "doesn't exist");
        else
            bad_value(r, f, text, "R03");
        return;
    }
    if ((f->flags & (FORM_MUST | FORM_STRICT)) == 0 &&
        (t > r->received + FORM_FUTURE_MS ||
         !calendar_covers(r->calendar, zone_date(&r->calendar->zone, t)))) {
        bad_value(r, f, text, "R10");
        return;
    }
    if (t > r->received + FORM_FUTURE_MS)
        form_problem(r, "R10", f->name, "more than 10 minutes in the future");
    else if (!calendar_covers(r->calendar, zone_date(&r->calendar->zone, t)))
        form_problem(r, "R16", f->name, "outside the calendar");
    else
        *out = t;
}

static void
read_date(struct reading *r, const struct form_field *f, struct str text,
          date_d *out)
{
    date_d d, today;

    if (!date_parse(text, &d)) {
        bad_value(r, f, text, "R03");
        return;
    }
    *out = d;
    if (f->type != FORM_PLANNED)
        return;
    today = zone_date(&r->calendar->zone, r->received);
    if (d < today || d > date_add_months(today, FORM_PLANNED_YEARS * 12))
        form_warn(r, WARNING_PLANNED_DATE);
}

static void
read_code(struct reading *r, const struct form_field *f, struct str word,
          int *out)
{
    int code = codes_find(f->codes, alias_of(r, f, word));

    if (code == 0)
        bad_value(r, f, word, "R15");
    else
        *out = code;
}

static void
read_word(struct reading *r, const struct form_field *f, struct str word,
          struct str *out)
{
    struct str known = alias_of(r, f, word);

    for (const char *const *w = f->words; *w != NULL; w++)
        if (str_is(known, *w)) {
            *out = str_of(*w);
            return;
        }
    bad_value(r, f, word, "R15");
}

static void
read_set_word(struct reading *r, const struct form_field *f, struct str word,
              uint32_t *out)
{
    int code = codes_find(f->codes, alias_of(r, f, word));

    if (code == 0)
        bad_value(r, f, word, "R15");
    else
        *out |= SET_BIT(code);
}

/* A set is a list of codes, or one text with blanks, commas or semicolons. */
static void
read_set(struct reading *r, const struct form_field *f,
         const struct raw_value *v, uint32_t *out)
{
    size_t at = 0;

    if (v->type == RAW_ARRAY) {
        for (size_t i = 0; i < v->n; i++) {
            if (!is_scalar(&v->at[i]))
                refuse(r, f, "R03");
            else if (text_is_clean(r, f, v->at[i].text, SIZE_MAX))
                read_set_word(r, f, v->at[i].text, out);
        }
        return;
    }
    if (!text_is_clean(r, f, v->text, SIZE_MAX))
        return;
    while (at < v->text.n) {
        size_t from = at;

        while (at < v->text.n && strchr(" ,;", v->text.p[at]) == NULL)
            at++;
        if (at > from)
            read_set_word(r, f,
                          (struct str){ .p = v->text.p + from, .n = at - from },
                          out);
        at++;
    }
}

/* Checks of check.h that tidy a value into a small buffer. */
static void
read_checked(struct reading *r, const struct form_field *f, struct str text,
             struct str *out)
{
    char tidy[32];
    struct check c;

    switch (f->type) {
    case FORM_NHS_NUMBER:
        c = check_nhs_number(text, tidy);
        break;
    case FORM_UPN:
        c = check_upn(text, tidy);
        break;
    case FORM_LA_CHILD_ID:
        c = check_la_child_id(text, tidy);
        break;
    default:
        assert(f->type == FORM_POSTCODE);
        c = check_postcode(text, tidy);
        break;
    }
    form_warn(r, c.warning);
    if (c.result == CHECK_GOOD || c.result == CHECK_TEMPORARY)
        *out = arena_str(r->arena, str_of(tidy));
    else if (c.result == CHECK_BAD) {
        if ((f->flags & (FORM_MUST | FORM_STRICT)) != 0)
            refuse(r, f, f->refuse != NULL ? f->refuse : "R03");
        else
            keep(r, dotted(r, f->name), text);
    }
}

static void
read_text(struct reading *r, const struct form_field *f, struct str text,
          struct str *out)
{
    bool ok = true;

    if (f->type == FORM_REF)
        ok = check_agency_ref(text);
    else if (f->type == FORM_DIGITS)
        ok = check_digits(text, (size_t)f->max);
    if (!ok)
        bad_value(r, f, text, "R03");
    else if (f->min > 0 && form_chars(text) < f->min)
        form_problem(r, f->refuse != NULL ? f->refuse : "R03", f->name,
                     "shorter than %" PRId64 " characters", f->min);
    else
        *out = arena_str(r->arena, text);
}

static void
read_scalar(struct reading *r, const struct form_field *f, struct str text,
            void *out)
{
    switch (f->type) {
    case FORM_TEXT:
    case FORM_LINES:
    case FORM_REF:
    case FORM_DIGITS:
    case FORM_FIGURE:
        read_text(r, f, text, out);
        break;
    case FORM_BOOL:
        if (!read_bool(text, out))
            refuse(r, f, "R03"); /* false is no safe guess */
        break;
    case FORM_TRI: {
        enum tri *tri = out;

        if (!read_tri(alias_of(r, f, text), tri))
            bad_value(r, f, text, "R15");
        break;
    }
    case FORM_INSTANT:
        read_instant(r, f, text, out);
        break;
    case FORM_DATE:
    case FORM_PLANNED:
        read_date(r, f, text, out);
        break;
    case FORM_INT:
    case FORM_TENTHS:
        read_number(r, f, text, out);
        break;
    case FORM_CODE:
        read_code(r, f, text, out);
        break;
    case FORM_WORD:
        read_word(r, f, text, out);
        break;
    case FORM_ID:
        if (!id_parse(text, out))
            bad_value(r, f, text, "R03");
        break;
    case FORM_NHS_NUMBER:
    case FORM_UPN:
    case FORM_LA_CHILD_ID:
    case FORM_POSTCODE:
        read_checked(r, f, text, out);
        break;
    case FORM_SET:
    case FORM_NAMES:
    case FORM_GRADES:
    case FORM_OBJECT:
    case FORM_LIST:
        assert(!"not a scalar");
    }
}

/* ---- lists and objects ------------------------------------------------- */

static void
read_names(struct reading *r, const struct form_field *f,
           const struct raw_value *v, struct texts *out)
{
    struct str *at;
    size_t n = 0;

    if (v->n > (size_t)f->max) {
        form_problem(r, "R03", f->name, "more than %" PRId64 " entries",
                     f->max);
        return;
    }
    at = arena_array(r->arena, v->n, sizeof *at);
    for (size_t i = 0; i < v->n; i++) {
        if (v->at[i].type != RAW_STRING)
            refuse(r, f, "R03");
        else if (!raw_is_blank(&v->at[i]) &&
                 text_is_clean(r, f, v->at[i].text, CHECK_NAME_MAX))
            at[n++] = arena_str(r->arena, trim(v->at[i].text));
    }
    *out = (struct texts){ .at = at, .n = n };
}

static void
read_grades(struct reading *r, const struct form_field *f,
            const struct raw_value *v, struct texts *out)
{
    struct str *at = arena_array(r->arena, v->n, sizeof *at);

    if (v->n != (size_t)f->max) {
        form_problem(r, "R03", f->name, "want %" PRId64 " grades", f->max);
        return;
    }
    for (size_t i = 0; i < v->n; i++) {
        int64_t grade;

        if (!is_scalar(&v->at[i]) || !read_int(v->at[i].text, &grade) ||
            grade < 1 || grade > GRADE_MAX) {
            refuse(r, f, "R03");
            return;
        }
        at[i] = arena_str(r->arena, v->at[i].text);
    }
    *out = (struct texts){ .at = at, .n = v->n };
}

static size_t
descend(struct reading *r, const char *member)
{
    size_t before = r->path_n;
    int n = snprintf(r->path + before, sizeof r->path - before, "/%s", member);

    assert(n > 0 && before + (size_t)n < sizeof r->path); /* our own names */
    r->path_n = before + (size_t)n;
    return before;
}

static void
ascend(struct reading *r, size_t before)
{
    r->path_n = before;
    r->path[before] = '\0';
}

static void
read_list(struct reading *r, const struct form_field *f,
          const struct raw_value *v, struct items *out)
{
    size_t list = descend(r, f->name);
    void *outer = r->base[TO_ITEM];
    char *at = arena_array(r->arena, v->n, f->item_size);

    for (size_t i = 0; i < v->n && i < (size_t)f->max; i++) {
        char index[24];
        size_t before;

        (void)snprintf(index, sizeof index, "%zu", i);
        before = descend(r, index);
        r->base[TO_ITEM] = at + i * f->item_size;
        fields_clear(f->item_fields, r->base[TO_ITEM]);
        form_read(r, f->sub, &v->at[i], true);
        ascend(r, before);
    }
    r->base[TO_ITEM] = outer;
    ascend(r, list);
    if (v->n > (size_t)f->max) {
        form_problem(r, "R03", f->name, "more than %" PRId64 " entries",
                     f->max);
        return;
    }
    *out = (struct items){ .at = at, .n = v->n };
}

/* A value for the details: checked like any, kept as text. */
static void
read_detail(struct reading *r, const struct form_field *f, struct str text)
{
    union {
        struct str text;
        int code;
        int32_t number;
        uint32_t set;
        enum tri tri;
        time_ms instant;
        date_d date;
        bool truth;
        struct id id;
    } none;
    size_t problems = r->problems.n;
    size_t kept = r->n_details;

    memset(&none, 0, sizeof none);
    read_scalar(r, f, text, &none);
    if (r->problems.n == problems && r->n_details == kept)
        keep(r, dotted(r, f->name), arena_str(r->arena, text));
}

static void *
target(const struct reading *r, const struct form_field *f)
{
    assert(r->base[f->to] != NULL);
    return (char *)r->base[f->to] + f->offset;
}

/* Code points of a text; what is no free text is held to its own type. */
static size_t
longest(const struct form_field *f)
{
    if (f->type != FORM_TEXT && f->type != FORM_LINES && f->type != FORM_FIGURE)
        return SIZE_MAX;
    return f->max > 0 ? (size_t)f->max : TEXT_MAX_DEFAULT;
}

static bool
takes(const struct form_field *f, const struct raw_value *v)
{
    switch (f->type) {
    case FORM_OBJECT:
        return v->type == RAW_OBJECT;
    case FORM_LIST:
    case FORM_NAMES:
    case FORM_GRADES:
        return v->type == RAW_ARRAY;
    case FORM_SET:
        return v->type == RAW_ARRAY || v->type == RAW_STRING;
    case FORM_TEXT:
    case FORM_LINES:
    case FORM_REF:
    case FORM_INSTANT:
    case FORM_DATE:
    case FORM_PLANNED:
    case FORM_ID:
        return v->type == RAW_STRING;
    case FORM_FIGURE:
        return v->type == RAW_STRING || v->type == RAW_NUMBER;
    default:
        return is_scalar(v);
    }
}

static void
read_field(struct reading *r, const struct form_field *f,
           const struct raw_value *v)
{
    struct str text;
    size_t before;

    if (raw_is_blank(v) || (v->type == RAW_ARRAY && v->n == 0)) {
        if ((f->flags & FORM_MUST) != 0 && !form_warned(r, f->waived_by))
            form_problem(r, "R03", f->name, "missing");
        return;
    }
    if (!takes(f, v)) {
        form_problem(r, "R03", f->name, "want %s", type_wanted(f->type));
        return;
    }
    switch (f->type) {
    case FORM_OBJECT:
        before = descend(r, f->name);
        form_read(r, f->sub, v, true);
        ascend(r, before);
        return;
    case FORM_LIST:
        read_list(r, f, v, target(r, f));
        return;
    case FORM_NAMES:
        read_names(r, f, v, target(r, f));
        return;
    case FORM_GRADES:
        read_grades(r, f, v, target(r, f));
        return;
    case FORM_SET:
        read_set(r, f, v, target(r, f));
        return;
    default:
        break;
    }
    text = trim(v->text);
    if (!text_is_clean(r, f, text, longest(f)))
        return;
    if (f->to == TO_DETAIL)
        read_detail(r, f, text);
    else
        read_scalar(r, f, text, target(r, f));
}

/* Could it be a name that somebody typed wrongly, and not a person's? */
static bool
looks_like_a_field(struct str name)
{
    if (name.n == 0 || name.n > MEMBER_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && name.p[i] != '_' &&
            !(i > 0 && name.p[i] >= '0' && name.p[i] <= '9'))
            return false;
    return true;
}

static void
find_strangers(struct reading *r, const struct form *form,
               const struct raw_value *object)
{
    for (size_t i = 0; i < object->n; i++) {
        struct str name = object->at[i].name;
        char member[MEMBER_NAME_MAX + 1];

        if (form_find(form, name) != NULL)
            continue;
        if (!looks_like_a_field(name)) {
            form_problem(r, "R03", "", "member %zu is not known here", i + 1);
            continue;
        }
        memcpy(member, name.p, name.n);
        member[name.n] = '\0';
        form_problem(r, "R03", member, "not known here");
    }
}

void
form_read(struct reading *r, const struct form *form,
          const struct raw_value *object, bool exact)
{
    if (object->type != RAW_OBJECT) {
        form_problem(r, "R03", "", "want an object");
        return;
    }
    for (const struct form *f = form; f != NULL; f = f->also)
        for (size_t i = 0; i < f->n; i++)
            read_field(r, &f->at[i], raw_get(object, f->at[i].name));
    if (exact)
        find_strangers(r, form, object);
}
