/*
 * Sheets: headings become paths of the forms, rows the tree that the same
 * JSON would be. In the tables "^" stands between cells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "raw_text.h"

#include "intake/core/content.h"
#include "intake/core/sheet.h"

#define CELLS_MAX 300

struct row {
    const char *name;
    const char *file; /* says item and kind */
    const char *headings;
    const char *cells; /* NULL: no row is read */
    const char *want;  /* codes and pointers, or the tree */
};

#define KEY "agency_ref^sent_at"
#define SCHOOL "school_referral.csv"

static const struct row rows[] = {
    /* What a file holds by its name. */
    { "the name says the kind", "School_Referral-12.CSV", KEY, "1^2",
      "{'agency_ref':'1','sent_at':'2','agency_id':'a',"
      "'kind':'school_referral'}" },
    { "of kinds that begin alike the right one", "police_missing_reported.csv",
      KEY "^episode_ref^reported_at", "1^2^3^4",
      "{'agency_ref':'1','sent_at':'2','episode_ref':'3','reported_at':'4',"
      "'agency_id':'a','kind':'police_missing_reported'}" },
    { "a column says it else", "week-12.csv", KEY "^kind", "1^2^police_ppn",
      "{'agency_ref':'1','sent_at':'2','kind':'police_ppn',"
      "'agency_id':'a'}" },
    { "and over the name", SCHOOL, KEY "^kind", "1^2^police_ppn",
      "{'agency_ref':'1','sent_at':'2','kind':'police_ppn',"
      "'agency_id':'a'}" },
    { "a blank kind is the name's", SCHOOL, KEY "^kind", "1^2^ ",
      "{'agency_ref':'1','sent_at':'2','agency_id':'a',"
      "'kind':'school_referral'}" },
    { "activities have their own columns", "activities.csv",
      "agency_ref^activity^occurred_at^by^subject.notification.agency_ref",
      "1^visit^2^3^4",
      "{'agency_ref':'1','activity':'visit','occurred_at':'2','by':'3',"
      "'subject':{'notification':{'agency_ref':'4'}},'agency_id':'a'}" },
    { "so have screenings", "screenings-1.csv",
      "agency_ref^by^notification.agency_id^notification.agency_ref",
      "1^2^3^4",
      "{'agency_ref':'1','by':'2',"
      "'notification':{'agency_id':'3','agency_ref':'4'},"
      "'agency_id':'a'}" },

    /* By name, never by position. */
    { "the order of columns is no one's business", SCHOOL,
      "sent_at^child.dob^agency_ref^child.forename", "1^2^3^4",
      "{'sent_at':'1','child':{'dob':'2','forename':'4'},"
      "'agency_ref':'3','agency_id':'a','kind':'school_referral'}" },
    { "headings may have blanks and capitals", SCHOOL,
      " Agency_Ref ^SENT_AT", "1^2",
      "{'agency_ref':'1','sent_at':'2','agency_id':'a',"
      "'kind':'school_referral'}" },
    { "blank cells are absent", SCHOOL, KEY "^child.dob^concern", "1^2^^ ",
      "{'agency_ref':'1','sent_at':'2','agency_id':'a',"
      "'kind':'school_referral'}" },
    { "columns of reasons are not read", SCHOOL,
      "error_code^error_field^error_detail^" KEY, "R03^x^y^1^2",
      "{'agency_ref':'1','sent_at':'2','agency_id':'a',"
      "'kind':'school_referral'}" },
    { "delimiters behind the headings are no columns", SCHOOL, KEY "^^",
      "1^2^^^",
      "{'agency_ref':'1','sent_at':'2','agency_id':'a',"
      "'kind':'school_referral'}" },
    { "a sheet may say the agency", SCHOOL, KEY "^agency_id", "1^2^b",
      "{'agency_ref':'1','sent_at':'2','agency_id':'b',"
      "'kind':'school_referral'}" },

    /* Lists and dates. */
    { "codes stand between semicolons, bars, commas or blanks", SCHOOL,
      KEY "^needs", "1^2^a; b|c, d e",
      "{'agency_ref':'1','sent_at':'2','needs':['a','b','c','d','e'],"
      "'agency_id':'a','kind':'school_referral'}" },
    { "names between semicolons or bars only", SCHOOL,
      KEY "^child.aliases", "1^2^Test, A; Test B|;C",
      "{'agency_ref':'1','sent_at':'2','child':{'aliases':"
      "['Test, A','Test B','C']},'agency_id':'a',"
      "'kind':'school_referral'}" },
    { "people are counted from 1, gaps don't count", SCHOOL,
      KEY "^household.3.name^household.1.dob^household.1.name^"
          "household.2.name",
      "1^2^C^3^A^",
      "{'agency_ref':'1','sent_at':'2','household':[{'dob':'3','name':'A'},"
      "{'name':'C'}],'agency_id':'a','kind':'school_referral'}" },
    { "the tenth person comes after the second", SCHOOL,
      KEY "^household.10.name^household.2.name", "1^2^J^B",
      "{'agency_ref':'1','sent_at':'2','household':[{'name':'B'},"
      "{'name':'J'}],'agency_id':'a','kind':'school_referral'}" },
    { "Excel's dates are understood where a date is due", SCHOOL,
      "agency_ref^sent_at^child.dob^eviction_date",
      "26/06/2015^26/06/2015 07:12^01/03/2006^42181",
      "{'agency_ref':'26/06/2015','sent_at':'2015-06-26T07:12:00',"
      "'child':{'dob':'2006-03-01'},'eviction_date':'2015-06-26',"
      "'agency_id':'a','kind':'school_referral'}" },
    { "also in a column that another kind has", "x.csv",
      KEY "^kind^found_at", "1^2^police_missing_found^26/06/2015 07:12",
      "{'agency_ref':'1','sent_at':'2','kind':'police_missing_found',"
      "'found_at':'2015-06-26T07:12:00','agency_id':'a'}" },
    { "TRUE is true", SCHOOL, KEY "^info_only^child.sen", "1^2^TRUE^Y",
      "{'agency_ref':'1','sent_at':'2','info_only':'true',"
      "'child':{'sen':'Y'},'agency_id':'a','kind':'school_referral'}" },

    /* Rows that are none. */
    { "a row of blanks is none", SCHOOL, KEY, " ^", "blank" },
    { "the template's explanations are none", SCHOOL, KEY, "# who^when",
      "note" },
    { "an error of Excel's is no explanation", SCHOOL, KEY, "#REF!^2",
      "{'agency_ref':'#REF!','sent_at':'2','agency_id':'a',"
      "'kind':'school_referral'}" },
    { "too few cells", SCHOOL, KEY "^concern", "1^2", "C04 " },
    { "too many cells", SCHOOL, KEY, "1^2^3", "C04 " },
    { "a value below no heading", SCHOOL, "agency_ref^^sent_at", "1^2^3",
      "C04 " },
    { "nothing below no heading", SCHOOL, "agency_ref^^sent_at", "1^^3",
      "{'agency_ref':'1','sent_at':'3','agency_id':'a',"
      "'kind':'school_referral'}" },

    /* Headings that refuse the file. */
    { "an unknown column is named", SCHOOL, KEY "^colour", NULL,
      "C01 /colour" },
    { "what may be somebody's name is not", SCHOOL, KEY "^Testchild Alpha",
      NULL, "C01 " },
    { "an object is no column", SCHOOL, KEY "^child", NULL, "C01 /child" },
    { "a field has nothing below it", SCHOOL, KEY "^concern.x", NULL,
      "C01 /concern/x" },
    { "another kind's column is unknown", SCHOOL, KEY "^found_at", NULL,
      "C01 /found_at" },
    { "person 0 is none", SCHOOL, KEY "^household.0.name", NULL,
      "C01 /household/0/name" },
    { "person 40 is the last", SCHOOL, KEY "^household.40.name", NULL, "" },
    { "person 41 is none", SCHOOL, KEY "^household.41.name", NULL,
      "C01 /household/41/name" },
    { "person 07 is none", SCHOOL, KEY "^household.07.name", NULL,
      "C01 /household/07/name" },
    { "a path that never ends", SCHOOL, KEY "^a.b.c.d.e", NULL,
      "C01 /a/b/c/d/e" },
    { "a column twice", SCHOOL, KEY "^concern^Concern", NULL,
      "C02 /concern" },
    { "columns that must be there", SCHOOL, "concern", NULL,
      "C03 /agency_ref; C03 /sent_at" },
    { "without a kind in the name a column must say it", "x.csv", KEY, NULL,
      "C03 /kind" },
    { "what may be waived may be left out", "police_missing_reported.csv",
      KEY "^episode_ref^reported_at", NULL, "" },
    { "several things at once", SCHOOL, "agency_ref^colour^agency_ref", NULL,
      "C01 /colour; C02 /agency_ref; C03 /sent_at" },
    { "no headings", SCHOOL, " ^", NULL, "C06 " },
};

#define N_ROWS (sizeof rows / sizeof rows[0])

static size_t
cells_of(const char *text, struct str cells[CELLS_MAX])
{
    size_t n = 0;

    for (;;) {
        const char *end = strchr(text, '^');

        if (n == CELLS_MAX)
            abort();
        cells[n++] = end == NULL
                         ? str_of(text)
                         : (struct str){ .p = text,
                                         .n = (size_t)(end - text) };
        if (end == NULL)
            return n;
        text = end + 1;
    }
}

static struct str
print(struct arena *a, const struct raw_value *v)
{
    struct str out = STR("");

    if (v->type == RAW_STRING)
        return arena_printf(a, "'%.*s'", STR_ARG(v->text));
    for (size_t i = 0; i < v->n; i++) {
        struct str value = print(a, &v->at[i]);

        if (v->type == RAW_OBJECT)
            value = arena_printf(a, "'%.*s':%.*s", STR_ARG(v->at[i].name),
                                 STR_ARG(value));
        out = arena_printf(a, "%.*s%s%.*s", STR_ARG(out), i > 0 ? "," : "",
                           STR_ARG(value));
    }
    return arena_printf(a, v->type == RAW_ARRAY ? "[%.*s]" : "{%.*s}",
                        STR_ARG(out));
}

static struct str
print_problems(struct arena *a, const struct problem *at, size_t n)
{
    struct str out = STR("");

    for (size_t i = 0; i < n; i++)
        out = arena_printf(a, "%.*s%s%s %.*s", STR_ARG(out),
                           i > 0 ? "; " : "", at[i].code,
                           STR_ARG(at[i].pointer));
    return out;
}

static struct str
outcome(struct arena *a, const struct row *row, struct sheet *sheet,
        struct sheet_row *taken)
{
    struct str headings[CELLS_MAX], cells[CELLS_MAX];
    struct sheet_cells in = { .number = 1, .at = headings };
    struct sheet_options options = { .agency = STR("a") };
    struct problems problems;

    sheet_of_name(row->file, &options);
    in.n = cells_of(row->headings, headings);
    sheet_begin(sheet, a, &options, &in, &problems);
    if (problems.n > 0 || row->cells == NULL)
        return print_problems(a, problems.at, problems.n);
    in.number = 2;
    in.at = cells;
    in.n = cells_of(row->cells, cells);
    switch (sheet_take(sheet, a, &in, taken)) {
    case SHEET_BLANK:
        return STR("blank");
    case SHEET_NOTE:
        return STR("note");
    case SHEET_ROW:
        break;
    }
    return taken->problem.code[0] == '\0'
               ? print(a, &taken->raw)
               : print_problems(a, &taken->problem, 1);
}

static void
assert_same(struct str got, const char *want)
{
    if (!str_is(got, want))
        fail_msg("want %s\nfound %.*s", want, STR_ARG(got));
}

static void
test_row(void **state)
{
    struct sheet sheet;
    struct sheet_row taken;
    struct arena a;

    heap_arena(&a);
    assert_same(outcome(&a, *state, &sheet, &taken),
                ((const struct row *)*state)->want);
    heap_release(&a);
}

static void
n_columns(size_t n, char *text, size_t room)
{
    size_t at = (size_t)snprintf(text, room, KEY);

    for (size_t i = 3; i <= n; i++)
        at += (size_t)snprintf(text + at, room - at, "^household.%zu.%s",
                               (i - 3) / 5 + 1,
                               (const char *[]){ "name", "dob", "relationship",
                                                 "parental_responsibility",
                                                 "perpetrator" }[(i - 3) % 5]);
}

static void
as_many_columns_as_there_may_be(void **state)
{
    static char text[16384];
    struct row row = { .file = SCHOOL, .headings = text };
    struct sheet sheet;
    struct sheet_row taken;
    struct arena a;

    (void)state;
    heap_arena(&a);
    n_columns(SHEET_COLUMNS_MAX, text, sizeof text);
    assert_same(outcome(&a, &row, &sheet, &taken), "");
    n_columns(SHEET_COLUMNS_MAX + 1, text, sizeof text);
    assert_same(outcome(&a, &row, &sheet, &taken), "R04 ");
    heap_release(&a);
}

static void
a_row_has_the_hash_of_the_same_json(void **state)
{
    static const struct row row = {
        .file = SCHOOL,
        .headings = "sent_at^agency_ref^needs^level^child.dob^concern^"
                    "household.2.name",
        .cells = "2015-06-26T10:20:00Z^S-1^c_attendance;d^3^01/03/2006^^B",
    };
    uint8_t left[CONTENT_HASH_SIZE], right[CONTENT_HASH_SIZE];
    struct raw_value json;
    struct sheet sheet;
    struct sheet_row taken;
    struct arena a;

    (void)state;
    heap_arena(&a);
    (void)outcome(&a, &row, &sheet, &taken);
    json = raw_text(&a, "{'agency_id':'a','agency_ref':'S-1',"
                        "'kind':'school_referral',"
                        "'sent_at':'2015-06-26T10:20:00Z',"
                        "'needs':['c_attendance','d'],'level':3,"
                        "'child':{'dob':'2006-03-01'},"
                        "'household':[{'name':'B'}]}");
    content_hash(&a, STR("0123456789abcdef"), ITEM_NOTIFICATION, &taken.raw,
                 left);
    content_hash(&a, STR("0123456789abcdef"), ITEM_NOTIFICATION, &json, right);
    assert_memory_equal(left, right, sizeof left);
    heap_release(&a);
}

static void
a_pointer_leads_back_to_its_column(void **state)
{
    static const struct row row = {
        .file = SCHOOL,
        .headings = KEY "^household.3.dob^household.7.dob",
        .cells = "1^2^3^4",
    };
    struct sheet sheet;
    struct sheet_row taken;
    struct arena a;

    (void)state;
    heap_arena(&a);
    (void)outcome(&a, &row, &sheet, &taken);
    assert_same(sheet_column_of(&a, &taken.raw, STR("/child/dob")),
                "child.dob");
    assert_same(sheet_column_of(&a, &taken.raw, STR("/household/0/dob")),
                "household.3.dob");
    assert_same(sheet_column_of(&a, &taken.raw, STR("/household/1/name")),
                "household.7.name");
    assert_same(sheet_column_of(&a, &taken.raw, STR("/household/2/name")),
                "household.2.name");
    assert_same(sheet_column_of(&a, NULL, STR("/sent_at")), "sent_at");
    assert_same(sheet_column_of(&a, NULL, STR("")), "");
    heap_release(&a);
}

/* What is done with a cell of this type. */
static int
treatment(enum form_type type)
{
    switch (type) {
    case FORM_SET:
    case FORM_NAMES:
    case FORM_GRADES:
        return (int)type;
    case FORM_DATE:
    case FORM_PLANNED:
        return FORM_DATE;
    case FORM_INSTANT:
        return FORM_INSTANT;
    case FORM_BOOL:
    case FORM_TRI:
        return FORM_BOOL;
    default:
        return FORM_TEXT;
    }
}

struct seen {
    char names[400][80];
    int treatments[400];
    size_t n;
};

static void
see(void *self, const char *name, const struct form_field *field, bool must)
{
    struct seen *seen = self;
    size_t i = 0;

    (void)must;
    while (i < seen->n && strcmp(seen->names[i], name) != 0)
        i++;
    if (i == seen->n) {
        assert_true(seen->n < 400);
        (void)snprintf(seen->names[i], sizeof seen->names[i], "%s", name);
        seen->treatments[seen->n++] = treatment(field->type);
    }
    if (seen->treatments[i] != treatment(field->type))
        fail_msg("%s is read in two ways", name);
}

static void
a_column_is_read_the_same_way_in_every_kind(void **state)
{
    static struct seen notifications, activities;
    struct sheet_options options = { .item = ITEM_NOTIFICATION };

    (void)state;
    for (options.kind = 1; options.kind <= KIND_LAST; options.kind++)
        sheet_columns(sheet_form(&options), 1, see, &notifications);
    options.item = ITEM_ACTIVITY;
    for (options.kind = 1; options.kind <= ACTIVITY_LAST; options.kind++)
        sheet_columns(sheet_form(&options), 1, see, &activities);
    assert_true(notifications.n > 70 && activities.n > 30);
}

static void
a_word_names_a_kind_an_activity_or_an_item(void **state)
{
    struct sheet_options o;

    (void)state;
    assert_true(sheet_kind(STR("police_ppn"), &o));
    assert_true(o.item == ITEM_NOTIFICATION && o.kind == KIND_POLICE_PPN);
    assert_true(sheet_kind(STR("visit"), &o));
    assert_true(o.item == ITEM_ACTIVITY && o.kind == ACTIVITY_VISIT);
    assert_true(sheet_kind(STR("screening"), &o));
    assert_true(o.item == ITEM_SCREENING && o.kind == 0);
    assert_false(sheet_kind(STR("nothing"), &o));
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(as_many_columns_as_there_may_be),
        cmocka_unit_test(a_row_has_the_hash_of_the_same_json),
        cmocka_unit_test(a_pointer_leads_back_to_its_column),
        cmocka_unit_test(a_column_is_read_the_same_way_in_every_kind),
        cmocka_unit_test(a_word_names_a_kind_an_activity_or_an_item),
    };
    enum { N_OTHERS = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[N_ROWS + N_OTHERS];

    for (size_t i = 0; i < N_ROWS; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    memcpy(tests + N_ROWS, others, sizeof others);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
