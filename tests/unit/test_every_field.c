/*
 * Every kind, activity, screening and match: what is good, each field that is
 * missing, each bad value of each type. The cases are made from the table of
 * kinds (kinds.c); what each must be answered with follows here from the
 * table's types and flags and from domain.md section 3 alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calendar_file.h"
#include "raw_text.h"

#include "intake/core/example.h"
#include "intake/core/validate.h"

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

/* 2015-06-26 12:00:00 UTC. */
#define RECEIVED INT64_C(1435320000000)
#define PATH_SIZE 128

static struct calendar_file the_calendar;

/* One agency of each type, with nothing of its own in the register. */
static struct agency the_agencies[AGENCY_UNKNOWN];
static const struct agencies the_register = { .at = the_agencies,
                                              .n = N(the_agencies) };

static const struct profile_locality the_localities[] = {
    { .id = { "canterbury", 10 } },
};
static const struct profile_postcode the_postcodes[] = {
    { .prefix = { "CT1", 3 }, .locality = { "canterbury", 10 } },
};
static const struct profile the_profile = {
    .la_code = { "886", 3 },
    .ages = { .from_pre_birth = true, .to_years = 19, .to_years_send = 25 },
    .localities = the_localities,
    .n_localities = 1,
    .postcodes = the_postcodes,
    .n_postcodes = 1,
    .rationale_min_chars = 20,
};

/* ---- who may send what (domain.md section 3, CIN source by type) --------- */

#define MISSING                                                                \
    SET_BIT(KIND_POLICE_MISSING_REPORTED) |                                    \
        SET_BIT(KIND_POLICE_MISSING_RISK_CHANGED) |                            \
        SET_BIT(KIND_POLICE_MISSING_FOUND) |                                   \
        SET_BIT(KIND_POLICE_MISSING_CANCELLED)

/* Kinds that a type sends where the register says nothing else. */
static const uint32_t may_send[AGENCY_UNKNOWN + 1] = {
    [AGENCY_SCHOOL] = SET_BIT(KIND_SCHOOL_REFERRAL),
    [AGENCY_EDUCATION] = SET_BIT(KIND_SCHOOL_REFERRAL),
    [AGENCY_HEALTH] = SET_BIT(KIND_HEALTH_REFERRAL),
    [AGENCY_HOUSING] = SET_BIT(KIND_HOUSING_REFERRAL),
    [AGENCY_SOCIAL_CARE] = SET_BIT(KIND_CSC_STEP_DOWN) | SET_BIT(KIND_GO_LIVE),
    [AGENCY_OTHER_INTERNAL] = SET_BIT(KIND_SCHOOL_REFERRAL) |
                              SET_BIT(KIND_HOUSING_REFERRAL) |
                              SET_BIT(KIND_VOLUNTARY_REFERRAL),
    [AGENCY_OTHER_AUTHORITY] = SET_BIT(KIND_OTHER_LA),
    [AGENCY_EARLY_HELP] = SET_BIT(KIND_EH_STEP_UP) | SET_BIT(KIND_GO_LIVE),
    [AGENCY_POLICE] =
        MISSING | SET_BIT(KIND_POLICE_PPN) | SET_BIT(KIND_POLICE_ENCOMPASS),
    [AGENCY_OTHER_LEGAL] = SET_BIT(KIND_VOLUNTARY_REFERRAL),
    [AGENCY_VOLUNTARY] = SET_BIT(KIND_VOLUNTARY_REFERRAL),
    [AGENCY_INDIVIDUAL] = SET_BIT(KIND_SELF_REFERRAL),
    [AGENCY_MASH] = SET_BIT(KIND_MASH_FEED),
    [AGENCY_ANONYMOUS] = SET_BIT(KIND_SELF_REFERRAL),
    [AGENCY_UNKNOWN] = SET_BIT(KIND_SELF_REFERRAL),
};

/* Section 11: who does activities, and who decides. */
#define NOBODYS                                                                \
    (SET_BIT(AGENCY_INDIVIDUAL) | SET_BIT(AGENCY_ANONYMOUS) |                  \
     SET_BIT(AGENCY_UNKNOWN))
#define DECIDERS                                                               \
    (SET_BIT(AGENCY_SOCIAL_CARE) | SET_BIT(AGENCY_EARLY_HELP) |                \
     SET_BIT(AGENCY_MASH) | SET_BIT(AGENCY_OTHER_INTERNAL))

static bool
may(enum item_kind_of item, int code, int type)
{
    switch (item) {
    case ITEM_NOTIFICATION:
        return (may_send[type] & SET_BIT(code)) != 0;
    case ITEM_ACTIVITY:
    case ITEM_INDICATOR:
        return (NOBODYS & SET_BIT(type)) == 0;
    default:
        return (DECIDERS & SET_BIT(type)) != 0;
    }
}

static struct str
sender_of(enum item_kind_of item, int code)
{
    int type = AGENCY_SCHOOL;

    while (!may(item, code, type))
        type++;
    return the_agencies[type - 1].id;
}

/* ---- one case ------------------------------------------------------------ */

/* What the cases of one kind have in common. */
struct subject {
    struct arena arena;
    enum item_kind_of item;
    int code;
    const char *name;
    struct raw_value full;
};

static size_t n_cases, n_wrong;

static void
tell(const struct validated *v, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < v->problems.n && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s %.*s; ",
                              v->problems.at[i].code,
                              STR_ARG(v->problems.at[i].pointer));
    for (int w = 1; w <= WARNING_LAST && n < size; w++)
        if ((v->warnings & (uint32_t)1 << w) != 0)
            n += (size_t)snprintf(out + n, size - n, "%s ",
                                  warning_code((enum warning)w));
}

static bool
is_expected(const struct validated *v, const char *code, const char *path)
{
    /* Where the child can't be read at all, R11 stands behind it. */
    size_t n = v->problems.n == 2 && strcmp(path, "/child") == 0 &&
                       strcmp(v->problems.at[1].code, "R11") == 0
                   ? 2
                   : 1;

    if (code[0] == '\0')
        return v->problems.n == 0 && v->record.any != NULL;
    if (code[0] == 'W')
        return v->problems.n == 0 && v->record.any != NULL &&
               (v->warnings & (uint32_t)1 << atoi(code + 1)) != 0;
    return v->problems.n == n && v->record.any == NULL &&
           strcmp(v->problems.at[0].code, code) == 0 &&
           str_is(v->problems.at[0].pointer, path);
}

/* One message; `code` R..: refused with it alone, at `path`; W..: accepted
 * with it; "": accepted. */
static void
expect(struct subject *s, const struct raw_value *raw, const char *what,
       const char *code, const char *path)
{
    const struct validate_against against = { .arena = &s->arena,
                                              .authority = STR("kent-2015"),
                                              .agencies = &the_register,
                                              .profile = &the_profile,
                                              .calendar = &the_calendar.cal,
                                              .received = RECEIVED };
    struct validated v;
    char told[600];

    validate(&against, s->item, raw, &v);
    n_cases++;
    if (is_expected(&v, code, path))
        return;
    tell(&v, told, sizeof told);
    if (n_wrong++ < 20)
        (void)printf("%s: %s at %s: want \"%s\", found \"%s\"\n", s->name, what,
                     path, code, told);
}

/* ---- messages with one member changed ------------------------------------ */

/* `base` with the value at "/a/0/b" replaced; NULL takes the member away. */
static struct raw_value
with(struct arena *a, const struct raw_value *base, const char *path,
     const struct raw_value *value)
{
    struct raw_value *at = arena_array(a, base->n + 1, sizeof *at);
    const char *name = path + 1;
    size_t len = strcspn(name, "/");
    size_t n = 0;
    bool known = false;

    for (size_t i = 0; i < base->n; i++) {
        bool here = base->type == RAW_ARRAY
                        ? (size_t)atoi(name) == i
                        : base->at[i].name.n == len &&
                              memcmp(base->at[i].name.p, name, len) == 0;

        known |= here;
        if (here && name[len] == '\0' && value == NULL)
            continue;
        at[n] = base->at[i];
        if (here)
            at[n] = name[len] == '\0'
                        ? *value
                        : with(a, &base->at[i], name + len, value);
        at[n++].name = base->at[i].name;
    }
    if (!known && value != NULL) {
        at[n] = *value;
        at[n++].name = arena_str(a, (struct str){ .p = name, .n = len });
    }
    return (struct raw_value){ .type = base->type, .at = at, .n = n };
}

static void
expect_at(struct subject *s, const char *path, struct raw_value value,
          const char *what, const char *code)
{
    struct raw_value raw = with(&s->arena, &s->full, path, &value);

    expect(s, &raw, what, code, path);
}

static struct raw_value
of_text(const char *text)
{
    return (struct raw_value){ .type = RAW_STRING, .text = str_of(text) };
}

static struct raw_value
of_number(const char *text)
{
    return (struct raw_value){ .type = RAW_NUMBER, .text = str_of(text) };
}

static struct raw_value
letters(struct arena *a, size_t n)
{
    char *p = arena_alloc(a, n + 1);

    memset(p, 'x', n);
    return (struct raw_value){ .type = RAW_STRING, .text = { .p = p, .n = n } };
}

static struct raw_value
many(struct arena *a, size_t n, struct raw_value item)
{
    struct raw_value *at = arena_array(a, n, sizeof *at);

    for (size_t i = 0; i < n; i++)
        at[i] = item;
    return (struct raw_value){ .type = RAW_ARRAY, .at = at, .n = n };
}

/* ---- what a bad value must be answered with ------------------------------ */

static bool
is_strict(const struct form_field *f)
{
    return (f->flags & (FORM_MUST | FORM_STRICT)) != 0;
}

/* A value that is bad in itself. `code` is that of mandatory fields. */
static const char *
refused_or_dropped(const struct form_field *f, const char *code)
{
    if (f->refuse != NULL)
        return f->refuse;
    if (is_strict(f))
        return code;
    return f->warning == WARNING_NONE ? "W09" : warning_code(f->warning);
}

static const char *
of_item(const struct form_field *f, const char *warning)
{
    return is_strict(f) ? "R03" : warning;
}

/* R09, R10, R16 refuse only where the instant must be right. */
static const char *
of_instant(const struct form_field *f, const char *code)
{
    return is_strict(f) ? code : "W09";
}

/* ---- each type's bad values ---------------------------------------------- */

static void
free_text(struct subject *s, const struct form_field *f, const char *path)
{
    size_t max = f->max > 0 ? (size_t)f->max : 200;
    bool closed = str_is(str_of(f->name), "agency_id") ||
                  str_is(str_of(f->name), "child") ||
                  str_is(str_of(f->name), "area");

    if (!closed)
        expect_at(s, path, letters(&s->arena, max), "the longest text", "");
    expect_at(s, path, letters(&s->arena, max + 1), "a longer text", "R03");
    if (f->min > 1) {
        expect_at(s, path, letters(&s->arena, (size_t)f->min),
                  "the shortest text", "");
        expect_at(s, path, letters(&s->arena, (size_t)f->min - 1),
                  "a shorter text", f->refuse == NULL ? "R03" : f->refuse);
    }
    if (f->type == FORM_TEXT)
        expect_at(s, path, of_text("a\nb"), "a line break", "R17");
    else
        expect_at(s, path, of_text("twenty characters\nof text"),
                  "a line break", "");
}

static void
reference(struct subject *s, const struct form_field *f, const char *path)
{
    const char *code = refused_or_dropped(f, "R03");

    expect_at(s, path, letters(&s->arena, 64), "64 characters", "");
    expect_at(s, path, letters(&s->arena, 65), "65 characters", code);
    expect_at(s, path, letters(&s->arena, 5000), "5000 characters", code);
    expect_at(s, path, of_text("a b"), "a blank inside", code);
    expect_at(s, path, of_text("caf\xc3\xa9"), "an accent", code);
    expect_at(s, path, of_number("7"), "a number", "R03");
}

static void
flag(struct subject *s, const struct form_field *f, const char *path)
{
    (void)f;
    expect_at(s, path, of_text("TRUE"), "a spreadsheet's word", "");
    expect_at(s, path, of_text("maybe"), "another word", "R03");
    expect_at(s, path, of_number("2"), "a number", "R03");
}

static void
three_valued(struct subject *s, const struct form_field *f, const char *path)
{
    bool known = f->aliases != NULL; /* service_on: never unknown */
    const char *bad = refused_or_dropped(f, "R15");

    expect_at(s, path, of_text("Yes"), "yes in words", "");
    expect_at(s, path, of_text("U"), "unknown", known ? "R15" : "");
    expect_at(s, path, of_text("Z"), "another letter", bad);
    expect_at(s, path, of_number("3"), "a number", bad);
}

static void
instant(struct subject *s, const struct form_field *f, const char *path)
{
    expect_at(s, path, of_text("2015-06-26T12:10:00Z"),
              "10 minutes in the future", "");
    expect_at(s, path, of_text("2015-06-26T12:10:00.001Z"),
              "a millisecond more", of_instant(f, "R10"));
    expect_at(s, path, of_text("2010-12-31T23:59:59Z"), "before the calendar",
              of_instant(f, "R16"));
    expect_at(s, path, of_text("2015-03-29T01:30:00"),
              "a local time that doesn't exist", of_instant(f, "R09"));
    expect_at(s, path, of_text("2014-10-26T01:30:00"), "one that exists twice",
              "");
    expect_at(s, path, of_text("26/06/2015 07:12"), "another notation",
              refused_or_dropped(f, "R03"));
    expect_at(s, path, of_text("2015-02-29T00:00:00Z"), "no such day",
              refused_or_dropped(f, "R03"));
    expect_at(s, path, of_number("1435302725"), "a number", "R03");
}

static void
date(struct subject *s, const struct form_field *f, const char *path)
{
    const char *bad = refused_or_dropped(f, "R03");

    expect_at(s, path, of_text("2015-02-29"), "no such day", bad);
    expect_at(s, path, of_text("26/06/2015"), "another notation", bad);
    expect_at(s, path, of_text("2015-06"), "a month", bad);
    expect_at(s, path, of_number("42181"), "a number", "R03");
    if (f->type == FORM_PLANNED) {
        expect_at(s, path, of_text("2015-06-26"), "today", "");
        expect_at(s, path, of_text("2015-06-25"), "yesterday", "W16");
    }
    if (f->refuse != NULL && strcmp(f->refuse, "R12") == 0)
        expect_at(s, path, of_text("2015-06-27"), "tomorrow", "R12");
}

static void
number(struct subject *s, const struct form_field *f, const char *path)
{
    const char *bad = refused_or_dropped(f, "R03");
    bool tenths = f->type == FORM_TENTHS;
    char text[32];

    (void)snprintf(text, sizeof text, "%d",
                   (int)(tenths ? f->max / 10 : f->max));
    expect_at(s, path, of_number(text), "the largest", "");
    (void)snprintf(text, sizeof text, tenths ? "%d.1" : "%d",
                   (int)(tenths ? f->max / 10 : f->max + 1));
    expect_at(s, path, of_number(text), "one more", bad);
    (void)snprintf(text, sizeof text, "%d", (int)f->min);
    expect_at(s, path, of_text(text), "the smallest, as text", "");
    (void)snprintf(text, sizeof text, "%d", (int)f->min - 1);
    expect_at(s, path, of_number(text), "one less", bad);
    expect_at(s, path, of_number("12345678901234"), "a huge one", bad);
    expect_at(s, path, of_text("few"), "a word", bad);
    expect_at(s, path, of_text("1.55"), "a fraction", bad);
    expect_at(s, path, of_text("1500K"), "a suffix", "R14");
    expect_at(s, path, of_text("2 %"), "a unit", "R14");
}

static void
one_code(struct subject *s, const struct form_field *f, const char *path)
{
    const char *bad = refused_or_dropped(f, "R15");

    if (f->type == FORM_SET) {
        expect_at(s, path, of_text(f->codes->words[0]), "one as text", "");
        expect_at(s, path, many(&s->arena, 1, of_text("no_such_code")),
                  "an unknown code", bad);
        expect_at(s, path, of_number("1"), "a number", "R03");
        return;
    }
    expect_at(s, path, of_text("no_such_code"), "an unknown code", bad);
    expect_at(s, path, letters(&s->arena, 500), "a long text", bad);
    expect_at(s, path, of_number("77"), "a number", bad);
}

/* Every code that the field knows is good, but for what says which form. */
static void
all_codes(struct subject *s, const struct form_field *f, const char *path)
{
    bool decides = f->codes == &codes_kind || f->codes == &codes_activity;

    for (int i = 0; f->codes != NULL && !decides && i < f->codes->n; i++)
        expect_at(s, path, of_text(f->codes->words[i]), f->codes->words[i], "");
    for (const char *const *w = f->words; w != NULL && *w != NULL; w++)
        expect_at(s, path, of_text(*w), *w, "");
}

static void
digits(struct subject *s, const struct form_field *f, const char *path)
{
    const char *bad = refused_or_dropped(f, "R03");
    char text[32] = "1234567890";

    text[f->max - 1] = '\0';
    expect_at(s, path, of_text(text), "a digit less", bad);
    expect_at(s, path, of_text("12345678"), "more digits", bad);
    expect_at(s, path, of_text("88O"), "a letter", bad);
}

static void
names(struct subject *s, const struct form_field *f, const char *path)
{
    struct raw_value one = of_text("Testchild Beta");

    expect_at(s, path, many(&s->arena, (size_t)f->max, one),
              "as many as may be", "");
    expect_at(s, path, many(&s->arena, (size_t)f->max + 1, one), "one more",
              "R03");
    expect_at(s, path, many(&s->arena, 1, letters(&s->arena, 101)),
              "a name too long", "R03");
    expect_at(s, path, many(&s->arena, 1, of_number("1")), "a number", "R03");
}

static void
grade_list(struct subject *s, const struct form_field *f, const char *path)
{
    size_t n = (size_t)f->max;

    expect_at(s, path, many(&s->arena, n, of_number("4")), "all 4", "");
    expect_at(s, path, many(&s->arena, n, of_number("5")), "all 5", "R03");
    expect_at(s, path, many(&s->arena, n, of_number("0")), "all 0", "R03");
    expect_at(s, path, many(&s->arena, n - 1, of_number("1")), "one too few",
              "R03");
    expect_at(s, path, many(&s->arena, n + 1, of_number("1")), "one too many",
              "R03");
}

/* The good and bad numbers of the item table, domain.md section 3. */
static const struct item_case {
    enum form_type type;
    const char *text;
    const char *code;
} item_cases[] = {
    { FORM_NHS_NUMBER, "9990000123", "" },
    { FORM_NHS_NUMBER, "9991234560", "W01" },
    { FORM_NHS_NUMBER, "1111111111", "W01" },
    { FORM_UPN, "H801200001001", "" },
    { FORM_UPN, "M201450112345", "" },
    { FORM_UPN, "A886200020001", "W02" },
    { FORM_UPN, "P123456789123", "W02" },
    { FORM_LA_CHILD_ID, "A", "" },
    { FORM_LA_CHILD_ID, "LC-12", "W04" },
    { FORM_LA_CHILD_ID, "x12345678901234567890", "W04" },
    { FORM_POSTCODE, "ct11aa", "" },
    { FORM_POSTCODE, "SW1A1AA", "W05" }, /* in no locality */
    { FORM_POSTCODE, "ZZ99 3VZ", "" },
    { FORM_POSTCODE, "CT1 1A", "W05" },
    { FORM_POSTCODE, "CT1 OAA", "W05" },
    { FORM_POSTCODE, "CT1 1CC", "W05" },
};

static void
item(struct subject *s, const struct form_field *f, const char *path)
{
    for (size_t i = 0; i < N(item_cases); i++) {
        const struct item_case *c = &item_cases[i];

        if (c->type == f->type)
            expect_at(s, path, of_text(c->text), c->text,
                      c->code[0] == '\0' ? "" : of_item(f, c->code));
    }
}

static void
of_type(struct subject *s, const struct form_field *f, const char *path)
{
    switch (f->type) {
    case FORM_TEXT:
    case FORM_LINES:
        free_text(s, f, path);
        break;
    case FORM_REF:
        reference(s, f, path);
        break;
    case FORM_BOOL:
        flag(s, f, path);
        break;
    case FORM_TRI:
        three_valued(s, f, path);
        break;
    case FORM_INSTANT:
        instant(s, f, path);
        break;
    case FORM_DATE:
    case FORM_PLANNED:
        date(s, f, path);
        break;
    case FORM_INT:
    case FORM_TENTHS:
        number(s, f, path);
        break;
    case FORM_CODE:
    case FORM_SET:
    case FORM_WORD:
        if (f->type != FORM_WORD)
            one_code(s, f, path);
        else
            expect_at(s, path, of_text("no_such_word"), "another word",
                      refused_or_dropped(f, "R15"));
        all_codes(s, f, path);
        break;
    case FORM_FIGURE:
        expect_at(s, path, of_text("na"), "a gap", "");
        expect_at(s, path, of_text("1500K"), "a suffix", "R14");
        expect_at(s, path, of_text("many"), "a word", "R03");
        break;
    case FORM_ID:
        expect_at(s, path, of_text("77"), "no id",
                  refused_or_dropped(f, "R03"));
        break;
    case FORM_DIGITS:
        digits(s, f, path);
        break;
    case FORM_NAMES:
        names(s, f, path);
        break;
    case FORM_GRADES:
        grade_list(s, f, path);
        break;
    case FORM_NHS_NUMBER:
    case FORM_UPN:
    case FORM_LA_CHILD_ID:
    case FORM_POSTCODE:
        item(s, f, path);
        break;
    case FORM_OBJECT:
    case FORM_LIST:
        break;
    }
}

/* ---- what holds for all types -------------------------------------------- */

static bool
holds_text(const struct form_field *f)
{
    switch (f->type) {
    case FORM_NAMES:
    case FORM_GRADES:
    case FORM_OBJECT:
    case FORM_LIST:
    case FORM_SET:
        return false;
    default:
        return true;
    }
}

static void
wrong_shape(struct subject *s, const struct form_field *f, const char *path)
{
    struct raw_value object = { .type = RAW_OBJECT, .at = NULL, .n = 0 };
    struct raw_value list = many(&s->arena, 2, of_text("x"));
    bool is_list = f->type == FORM_LIST || f->type == FORM_NAMES ||
                   f->type == FORM_GRADES || f->type == FORM_SET;

    if (f->type != FORM_OBJECT)
        expect_at(s, path, object, "an object", "R03");
    if (!is_list)
        expect_at(s, path, list, "a list", "R03");
    if (is_list || f->type == FORM_OBJECT)
        expect_at(s, path,
                  (struct raw_value){ .type = RAW_BOOL, .text = STR("true") },
                  "a flag", "R03");
    if (!holds_text(f))
        return;
    expect_at(s, path, of_text("a\001b"), "a control character", "R17");
    expect_at(s, path, of_text("a\x7f"), "a delete character", "R17");
    expect_at(s, path, of_text("a\xff"), "no UTF-8", "R17");
    expect_at(s, path, of_text("\xc0\xaf"), "an overlong form", "R17");
    expect_at(s, path, of_text("\xed\xa0\x80"), "a lone surrogate", "R17");
}

/* What a rule beyond the table wants of a field that the form lets be. */
struct wanted {
    enum item_kind_of item;
    int code; /* 0: all */
    const char *path;
    const char *refusal;
    const char *at;
};

static const struct wanted wanted[] = {
    { ITEM_NOTIFICATION, 0, "/child", "R11", "/child" },
    { ITEM_ACTIVITY, ACTIVITY_ALERT_ACKNOWLEDGED, "/subject/case_id", "",
      "/subject" }, /* an alert may be about nobody */
    { ITEM_NOTIFICATION, KIND_GO_LIVE, "/second_by", "R18", "/second_by" },
    { ITEM_ACTIVITY, 0, "/subject/case_id", "R03", "/subject" },
    { ITEM_ACTIVITY, ACTIVITY_CLOSED, "/authorised_by", "R18",
      "/authorised_by" },
    { ITEM_ACTIVITY, ACTIVITY_HANDOVER_DECLINED, "/reason", "R19", "/reason" },
    { ITEM_ACTIVITY, ACTIVITY_INTENT_DECLINED, "/reason", "R03", "/reason" },
    { ITEM_ACTIVITY, ACTIVITY_CLOCK_PAUSED, "/reason", "R03", "/reason" },
    { ITEM_SCREENING, 0, "/rationale", "R19", "/rationale" },
};

static const struct wanted *
wanted_at(const struct subject *s, const char *path)
{
    bool missing = s->item == ITEM_NOTIFICATION &&
                   s->code <= KIND_POLICE_MISSING_CANCELLED;

    for (size_t i = 0; i < N(wanted); i++)
        if (wanted[i].item == s->item &&
            (wanted[i].code == 0 || wanted[i].code == s->code) &&
            strcmp(wanted[i].path, path) == 0 && !missing)
            return &wanted[i];
    return NULL;
}

static void
left_out(struct subject *s, const struct form_field *f, const char *path)
{
    const struct wanted *rule = wanted_at(s, path);
    const char *code = (f->flags & FORM_MUST) != 0 ? "R03" : "";
    struct raw_value none = { .type = RAW_NULL };
    struct raw_value raw;
    const char *at = path;

    if (rule != NULL) {
        code = rule->refusal;
        at = rule->at;
    }
    raw = with(&s->arena, &s->full, path, NULL);
    expect(s, &raw, "missing", code, at);
    raw = with(&s->arena, &s->full, path, &none);
    expect(s, &raw, "null", code, at);
    if (!holds_text(f))
        return;
    none = of_text(" \t ");
    raw = with(&s->arena, &s->full, path, &none);
    expect(s, &raw, "blank", code, at);
}

/* Fields of an open case hang on each other: test_validate.c has them. */
static bool
hangs_on_others(const struct subject *s, const struct form *part,
                const struct form_field *f)
{
    return s->item == ITEM_NOTIFICATION && s->code == KIND_GO_LIVE &&
           part == kinds_notification(KIND_GO_LIVE) &&
           (f->flags & FORM_STRICT) != 0;
}

static void
every_field(struct subject *s, const struct form *form, const char *under)
{
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/no_such_field", under);
    expect_at(s, path, of_text("x"), "an unknown field", "R03");
    for (const struct form *part = form; part != NULL; part = part->also)
        for (size_t i = 0; i < part->n; i++) {
            const struct form_field *f = &part->at[i];

            (void)snprintf(path, sizeof path, "%s/%s", under, f->name);
            if (f->example != NULL && f->example[0] == '\0')
                continue; /* instead of what the example has: see below */
            if (hangs_on_others(s, part, f))
                continue;
            left_out(s, f, path);
            wrong_shape(s, f, path);
            of_type(s, f, path);
            if (f->type == FORM_LIST) {
                expect_at(s, path,
                          many(&s->arena, (size_t)f->max + 1,
                               raw_text(&s->arena, "{'name':'x'}")),
                          "one too many", "R03");
                strncat(path, "/0", sizeof path - strlen(path) - 1);
            }
            if (f->sub != NULL)
                every_field(s, f->sub, path);
        }
}

/* ---- a kind -------------------------------------------------------------- */

static struct raw_value
example(struct subject *s, bool least)
{
    return example_of(&s->arena, &(struct example_options){
                                     .item = s->item,
                                     .code = s->code,
                                     .agency_id = sender_of(s->item, s->code),
                                     .least = least,
                                 });
}

static void
every_agency(struct subject *s)
{
    const char *at = s->item == ITEM_NOTIFICATION ? "/kind" : "/agency_id";

    for (int type = 1; type <= AGENCY_UNKNOWN; type++) {
        struct raw_value id = { .type = RAW_STRING,
                                .text = the_agencies[type - 1].id };
        struct raw_value raw = with(&s->arena, &s->full, "/agency_id", &id);

        expect(s, &raw, the_agencies[type - 1].id.p,
               may(s->item, s->code, type) ? "" : "R02", at);
    }
    expect_at(s, "/agency_id", of_text("nobody"), "an unknown agency", "R01");
}

/* A code that blanks surround is that code, with all that it wants. */
static void
blanks_around(struct subject *s, const char *member, const struct codes *codes)
{
    char text[80];
    char path[PATH_SIZE];
    struct raw_value v, raw;

    (void)snprintf(text, sizeof text, " %s\t", codes_word(codes, s->code));
    (void)snprintf(path, sizeof path, "/%s", member);
    v = of_text(text);
    expect_at(s, path, v, "blanks around", "");
    raw = with(&s->arena, &s->full, path, &v);
    v = of_text("x");
    raw = with(&s->arena, &raw, "/no_such_field", &v);
    expect(s, &raw, "and an unknown field", "R03", "/no_such_field");
}

static void
everything(enum item_kind_of item, int code, const char *name,
           const struct form *form)
{
    struct subject s = { .item = item, .code = code, .name = name };
    struct raw_value least;

    heap_arena(&s.arena);
    s.full = example(&s, false);
    least = example(&s, true);
    expect(&s, &s.full, "all fields", "", "");
    expect(&s, &least, "the fewest fields", "", "");
    every_agency(&s);
    if (code != 0)
        blanks_around(&s, item == ITEM_ACTIVITY ? "activity" : "kind",
                      item == ITEM_ACTIVITY ? &codes_activity : &codes_kind);
    every_field(&s, form, "");
    heap_release(&s.arena);
}

static void
every_kind_answers_each_case_with_its_code(void **state)
{
    (void)state;
    n_cases = n_wrong = 0;
    for (int kind = 1; kind <= codes_kind.n; kind++)
        everything(ITEM_NOTIFICATION, kind, codes_word(&codes_kind, kind),
                   kinds_notification(kind));
    for (int a = 1; a <= codes_activity.n; a++)
        everything(ITEM_ACTIVITY, a, codes_word(&codes_activity, a),
                   kinds_activity(a));
    everything(ITEM_SCREENING, 0, "screening", kinds_screening());
    everything(ITEM_MATCH, 0, "match", kinds_match());
    everything(ITEM_INDICATOR, 0, "indicator", kinds_indicator());
    if (n_wrong > 0)
        fail_msg("kinds: %zu of %zu cases with another code", n_wrong, n_cases);
    (void)printf("kinds: %zu cases, all with the expected code\n", n_cases);
}

/* ---- fields that stand instead of others --------------------------------- */

static void
fields_that_examples_leave_out_are_read_too(void **state)
{
    static const struct {
        enum item_kind_of item;
        int code;
        const char *patch; /* over the example */
        const char *code_wanted;
        const char *at;
    } rows[] = {
        { ITEM_NOTIFICATION, KIND_SCHOOL_REFERRAL,
          "{'child':{'dob':null,'age_years':9}}", "", "" },
        { ITEM_NOTIFICATION, KIND_SCHOOL_REFERRAL,
          "{'child':{'age_years':'9y'}}", "R14", "/child/age_years" },
        { ITEM_NOTIFICATION, KIND_SCHOOL_REFERRAL,
          "{'child':{'age_years':120}}", "W09", "" },
        { ITEM_NOTIFICATION, KIND_HEALTH_REFERRAL,
          "{'child':{'dob':null,'expected_dob':'2016-04-15'}}", "", "" },
        { ITEM_NOTIFICATION, KIND_HEALTH_REFERRAL,
          "{'child':{'dob':null,'expected_dob':'2016-04-16'}}", "R13",
          "/child/expected_dob" },
        { ITEM_ACTIVITY, ACTIVITY_VISIT,
          "{'subject':{'case_id':null,'la_child_id':'LC0012345'}}", "", "" },
        { ITEM_ACTIVITY, ACTIVITY_VISIT,
          "{'subject':{'case_id':null,'la_child_id':'LC-1'}}", "R03",
          "/subject/la_child_id" },
        { ITEM_ACTIVITY, ACTIVITY_VISIT,
          "{'subject':{'case_id':null,'child_id':"
          "'00112233-4455-8677-8899-aabbccddeeff'}}",
          "", "" },
        { ITEM_ACTIVITY, ACTIVITY_VISIT,
          "{'subject':{'case_id':null,'child_id':'77'}}", "R03",
          "/subject/child_id" },
        { ITEM_ACTIVITY, ACTIVITY_VISIT,
          "{'subject':{'case_id':null,'notification':{'agency_id':'school',"
          "'agency_ref':'S-1','amendment':3}}}",
          "", "" },
        { ITEM_ACTIVITY, ACTIVITY_VISIT,
          "{'subject':{'case_id':null,'notification':{'agency_id':'school',"
          "'agency_ref':'S-1','amendment':10000}}}",
          "R06", "/subject/notification/amendment" },
        { ITEM_ACTIVITY, ACTIVITY_VISIT,
          "{'subject':{'case_id':null,'notification':{'agency_id':"
          "'school'}}}",
          "R03", "/subject/notification/agency_ref" },
        { ITEM_ACTIVITY, ACTIVITY_CLOSED,
          "{'authorised_by':'Worker 1',"
          "'by':'worker-1'}",
          "R18", "/authorised_by" },
    };

    (void)state;
    n_cases = n_wrong = 0;
    for (size_t i = 0; i < N(rows); i++) {
        struct subject s = { .item = rows[i].item, .code = rows[i].code };
        struct raw_value patch;

        s.name = rows[i].patch;
        heap_arena(&s.arena);
        s.full = example(&s, true);
        patch = raw_text(&s.arena, rows[i].patch);
        s.full = raw_text_merge(&s.arena, &s.full, &patch);
        expect(&s, &s.full, "a row", rows[i].code_wanted, rows[i].at);
        heap_release(&s.arena);
    }
    assert_int_equal(n_cases, N(rows));
    assert_int_equal(n_wrong, 0);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_answers_each_case_with_its_code),
        cmocka_unit_test(fields_that_examples_leave_out_are_read_too),
    };

    calendar_file_read(&the_calendar);
    for (int type = 1; type <= AGENCY_UNKNOWN; type++)
        the_agencies[type - 1] =
            (struct agency){ .id = str_of(codes_word(&codes_agency_type, type)),
                             .type = type };
    return cmocka_run_group_tests_name("every_field", tests, NULL, NULL);
}
