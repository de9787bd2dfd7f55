/*
 * Texts that break programs, as a child's names, address, school, numbers and
 * free text: the door takes each or refuses it with a code, triage decides
 * what was taken, and never for a child that is known. Triage is asked
 * directly, too: a record may have come by an older door. The texts are our
 * own; their categories are those of the lists of naughty strings.
 */
#include "triage/core/triage.h"

#include "tests/lib/heap.h"
#include "tests/lib/memory.h"
#include "tests/lib/one_profile.h"
#include "tests/unit/raw_text.h"
#include "common/core/records.h"
#include "intake/core/validate.h"
#include "triage/core/match.h"
#include "triage/core/names.h"
#include "triage/core/tables.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define LONG 10000 /* characters of a name that nobody has */
#define RECEIVED INT64_C(1435320000000) /* 2015-06-26 13:00 in Kent */

/* Of a text that may be long: as the arguments of "%.*s". */
#define SHOWN(s) (int)((s).n < 40 ? (s).n : 40), (s).p

#define TEXT(s)                                                                \
    {                                                                          \
        s, sizeof(s) - 1                                                       \
    }

static const struct str texts[] = {
    /* words that are values elsewhere */
    TEXT("undefined"),

    TEXT("null"),
    TEXT("NULL(0)"),
    TEXT("nil"),
    TEXT("None"),
    TEXT("true"),
    TEXT("false"),
    TEXT("NaN"),
    TEXT("-Infinity"),
    TEXT("hasOwnProperty"),
    TEXT("__proto__"),
    TEXT("constructor"),
    TEXT("toString()"),
    TEXT("EOF"),
    TEXT("default"),
    /* numbers that are not */
    TEXT("0"),
    TEXT("1.00"),
    TEXT("$1.00"),
    TEXT("1/2"),
    TEXT("1E2"),
    TEXT("-1"),
    TEXT("0x10"),
    TEXT("1,000.00"),
    TEXT("1'000'000"),
    TEXT("99999999999999999999999999999999"),
    TEXT("0/0"),
    TEXT("--1"),
    TEXT("1#INF"),
    TEXT("\xd9\xa1\xd9\xa2\xd9\xa3"),
    /* signs alone */
    TEXT(""),
    TEXT(" "),
    TEXT("-"),
    TEXT("--"),
    TEXT("."),
    TEXT("''"),
    TEXT("\""),
    TEXT("\\"),
    TEXT("/"),
    TEXT("`"),
    TEXT(",./;[]=-"),
    TEXT("<>?:{}|_+"),
    TEXT("!@#$%^&*()~"),
    TEXT("&amp;"),
    TEXT("%"),
    /* control characters, line ends, what no UTF-8 has */
    TEXT("a\0b"),
    TEXT("\x01\x02\x03"),
    TEXT("\x7f"),
    TEXT("tab\there"),
    TEXT("line\nfeed"),
    TEXT("return\rhere"),
    TEXT("\x1b[31mred"),
    TEXT("bell\a"),
    TEXT("\xc2\x85next"),
    TEXT("\xff\xfe"),
    TEXT("\xc0\x80"),
    TEXT("\xed\xa0\x80"),
    TEXT("\xf4\x90\x80\x80"),
    TEXT("caf\xe9"),
    TEXT("half\xe2\x82"),
    /* nothing to be seen */
    TEXT("\xef\xbb\xbf"),
    TEXT("\xe2\x80\x8b"),
    TEXT("\xe2\x80\x8d\xe2\x80\x8d"),
    TEXT("\xc2\xa0"),
    TEXT("\xe3\x80\x80"),
    TEXT("\xe2\x81\xa0"),
    TEXT("\xf3\xa0\x80\x81"),
    TEXT("\xc2\xad"),
    TEXT("\xe1\xa0\x8e"),
    /* the other way round */
    TEXT("\xe2\x80\xae"
         "drawkcab"),
    TEXT("\xd7\x90\xd7\x91\xd7\x92"),
    TEXT("\xd8\xa7\xd9\x84\xd8\xa7\xd8\xb3\xd9\x85"),
    TEXT("abc\xd7\x90\xd7\x91"
         "def"),
    TEXT("\xe2\x81\xa6x\xe2\x81\xa7"),
    /* other writings */
    TEXT("\xe7\xa4\xba\xe4\xbe\x8b"),
    TEXT("\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88"),
    TEXT("\xed\x85\x8c\xec\x8a\xa4\xed\x8a\xb8"),
    TEXT("\xd0\xa2\xd0\xb5\xd1\x81\xd1\x82"),
    TEXT("\xce\x94\xce\xbf\xce\xba\xce\xb9"),
    TEXT("\xe0\xa4\x9c\xe0\xa4\xbe\xe0\xa4\x81\xe0\xa4\x9a"),
    TEXT("\xe0\xb8\x97\xe0\xb8\x94\xe0\xb8\xaa"),
    TEXT("\xc5\x81\xc4\x99\xc5\x9b\xc5\xbc"),
    TEXT("\xc4\xb0\xc4\xb1"),
    TEXT("\xef\xac\x83\xef\xac\x81"),
    TEXT("\xe2\x85\xa7\xe2\x85\xa8"),
    TEXT("\xe2\x81\xb4\xe2\x81\xb5\xe2\x82\x80"),
    TEXT("\xf0\x9d\x95\x8b\xf0\x9d\x95\x96"),
    TEXT("\xef\xbc\xb4\xef\xbc\xa5"),
    /* pictures */
    TEXT("\xf0\x9f\x98\x8d"),
    TEXT("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa7"),
    TEXT("\xf0\x9f\x87\xac\xf0\x9f\x87\xa7"),
    TEXT("\xf0\x9f\x91\xb6\xf0\x9f\x8f\xbe"),
    TEXT("1\xef\xb8\x8f\xe2\x83\xa3"),
    /* marks upon marks */
    TEXT("Z\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87\xcc\x88"
         "a\xcd\x9c\xcd\x9d\xcd\x9e\xcd\x9f"),
    TEXT("\xcc\x81\xcc\x81\xcc\x81"),
    /* what a page would run */
    TEXT("<script>alert(1)</script>"),
    TEXT("\"><img src=x onerror=y>"),
    TEXT("javascript:void(7)"),
    TEXT("<svg/onload=z>"),
    TEXT("&#60;b&#62;"),
    TEXT("<!--"),
    TEXT("]]>"),
    TEXT("<?xml version=\"1.0\"?>"),
    TEXT("<!ENTITY x SYSTEM \"file:///q\">"),
    /* what a database would */
    TEXT("'; DROP TABLE child; --"),
    TEXT("1 OR 1=1"),
    TEXT("' UNION SELECT 2"),
    TEXT("%' ESCAPE '"),
    TEXT("\\N"),
    TEXT("$$;$$"),
    TEXT("{\"$gt\":\"\"}"),
    /* what a shell would */
    TEXT("$(touch a)"),
    TEXT("`id`"),
    TEXT("; ls -l"),
    TEXT("| cat"),
    TEXT("$HOME"),
    TEXT("%PATH%"),
    TEXT("&& echo b"),
    TEXT("--help"),
    /* what a program would */
    TEXT("%s%s%n%x"),
    TEXT("%d"),
    TEXT("%1$*2$d"),
    TEXT("{0}"),
    TEXT("{{7*6}}"),
    TEXT("${jndi:q}"),
    TEXT("<%= r %>"),
    TEXT("#{w}"),
    TEXT("eval(e)"),
    TEXT("=HYPERLINK(\"t\")"),
    TEXT("+SUM(A1)"),
    TEXT("@IMPORT"),
    /* files and places */
    TEXT("../../../etc/passwd"),
    TEXT("C:\\con"),
    TEXT("CON"),
    TEXT("PRN"),
    TEXT("AUX"),
    TEXT("NUL"),
    TEXT("LPT1"),
    TEXT("file:///y"),
    TEXT("http://[::1]/"),
    TEXT("\\\\host\\u"),
    /* names that lists of bad words refuse, and such as are only odd */
    TEXT("Scunthorpe"),
    TEXT("Penistone"),
    TEXT("Test"),
    TEXT("O"),
    TEXT("D'"),
    TEXT("van der 't"),
    TEXT("-Alpha-"),
    TEXT("No Name"),
    TEXT("N/A"),
    TEXT("Unknown Baby"),
    TEXT("Smith;Jones|Brown"),
    TEXT("X \xc3\x86 A-12"),
};

/* Made by repeating a text up to LONG characters. */
static const char *const repeated[] = {
    "a",
    " ",
    "-",
    "ab",
    "\xc3\xa9",
    "\xcc\x81",
    "\xf0\x9f\x98\x8d",
    "\xe2\x80\x8b",
    "\xff",
    "%s",
    "'",
    "<b>",
};

static const char *const fields[] = {
    "forename", "surname",     "address",   "school_urn",      "nhs_number",
    "upn",      "la_child_id", "postcode",  "looked_after_by", "ethnicity",
    "sex",      "dob",         "age_years", "la_code",
};

struct world {
    struct mem *m;
    struct arena room;
    struct arena *a;
    struct one_profile given;
    struct agencies agencies;
    struct str *all; /* texts and what is repeated */
    size_t n_all;
    size_t n;         /* of messages so far */
    struct str tried; /* the text of this message */
    size_t taken, refused;
};

static const struct agency school[] = {
    { .id = { "school", 6 },
      .type = AGENCY_SCHOOL,
      .entry = { [0] = ENTRY_EH } },
};

static struct str
repeat(struct arena *a, const char *part)
{
    size_t n = strlen(part);
    size_t size = (n <= 4 && (part[0] & 0x80) != 0 ? n : 1) * LONG;
    char *text = arena_alloc(a, size);

    for (size_t i = 0; i < size; i++)
        text[i] = part[i % n];
    return (struct str){ .p = text, .n = size };
}

/* Names that differ in marks alone ("1.00", "$1.00") are one: the first. */
static void
add(struct world *w, struct str text)
{
    struct str norm = triage_norm(w->a, text);

    for (size_t i = 0; norm.p != NULL && i < w->n_all; i++)
        if (str_eq(triage_norm(w->a, w->all[i]), norm))
            return;
    w->all[w->n_all++] = text;
}

static int
begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->m = mem_open(&(struct mem_options){ .def = &triage_service,
                                           .settings = &w->given.settings,
                                           .authority = 1,
                                           .authority_name = "kent-2015" });
    heap_arena(&w->room);
    w->a = &w->room;
    one_profile_read(&w->given, w->a, "kent-2015");
    w->agencies = (struct agencies){ .at = school, .n = 1 };
    w->all = arena_array(w->a, N_OF(texts) + N_OF(repeated), sizeof *w->all);
    for (size_t i = 0; i < N_OF(texts); i++)
        add(w, texts[i]);
    for (size_t i = 0; i < N_OF(repeated); i++)
        add(w, repeat(w->a, repeated[i]));
    *state = w;
    return 0;
}

static int
end(void **state)
{
    struct world *w = *state;

    mem_close(w->m);
    heap_release(&w->room);
    free(w);
    return 0;
}

/* ---- through the door ---------------------------------------------------- */

static bool
has_code(const struct problem *p)
{
    return p->code[0] == 'R' && p->code[1] >= '0' && p->code[1] <= '1' &&
           p->code[2] >= '0' && p->code[2] <= '9';
}

/* One that was decided: for a child of its own, never for one that is known. */
static void
is_of_nobody_known(struct world *w, size_t before, const char *what)
{
    const struct referral_decided *d = mem_last(w->m, REC_REFERRAL_DECIDED);
    size_t now = mem_count(w->m, TRIAGE_CHILD);

    if (now != before + 1)
        fail_msg("%s \"%.*s\": %zu children after %zu: %s", what,
                 SHOWN(w->tried), now, before, mem_text(w->m));
    assert_non_null(d);
    if (d->match_status == MATCH_MATCHED)
        fail_msg("%s: taken for another child", what);
    mem_clear(w->m);
}

/* Letters that no other message has: who is taken for another by its name is so
 * by the field that is tried. */
static const char *
made_up(struct world *w, const char *what)
{
    struct str number = arena_printf(w->a, "%zu", w->n);
    struct id id = id_derive(what, &number, 1);
    char *name = arena_alloc(w->a, 11);

    for (size_t i = 0; i < 10; i++)
        name[i] = (char)('a' + id.b[i] % 26);
    name[10] = '\0';
    return name;
}

/* A school's message with one field of the child changed. */
static struct raw_value
message(struct world *w, const char *field, struct str text)
{
    struct raw_value base, patch, *member, *child;
    struct str ref = arena_printf(
        w->a,
        "{'agency_id':'school','agency_ref':'N-%zu','kind':'school_referral',"
        "'sent_at':'2015-06-26T10:20:00Z','harm':'none',"
        "'needs':['c_attendance'],'child':{'forename':'%s',"
        "'surname':'%s','dob':'2006-03-01'}}",
        w->n, made_up(w, "forename"), made_up(w, "surname"));
    char *copy = arena_copy(w->a, ref.p, ref.n + 1);

    copy[ref.n] = '\0';
    w->n++;
    base = raw_text(w->a, copy);
    member = arena_alloc(w->a, sizeof *member);
    *member = (struct raw_value){ .type = RAW_STRING,
                                  .name = str_of(field),
                                  .text = text };
    child = arena_alloc(w->a, sizeof *child);
    *child = (struct raw_value){
        .type = RAW_OBJECT, .name = STR("child"), .at = member, .n = 1
    };
    patch = (struct raw_value){ .type = RAW_OBJECT, .at = child, .n = 1 };
    return raw_text_merge(w->a, &base, &patch);
}

static void
send_raw(struct world *w, const struct raw_value *raw, const char *what)
{
    const struct validate_against against = { .arena = w->a,
                                              .authority = STR("kent-2015"),
                                              .agencies = &w->agencies,
                                              .profile = &w->given.profile,
                                              .calendar = &w->given.calendar,
                                              .received = RECEIVED };
    size_t before = mem_count(w->m, TRIAGE_CHILD);
    struct notification_received *n;
    struct validated v;

    validate(&against, ITEM_NOTIFICATION, raw, &v);
    for (size_t i = 0; i < v.problems.n; i++)
        if (!has_code(&v.problems.at[i]))
            fail_msg("%s: refused as \"%s\"", what, v.problems.at[i].code);
    if (v.problems.n > 0) {
        w->refused++;
        return;
    }
    w->taken++;
    n = v.record.notification;
    n->meta.recorded_at = RECEIVED;
    assert_int_equal(mem_send(w->m, TOPIC_NOTIFICATIONS,
                              REC_NOTIFICATION_RECEIVED, n, v.person),
                     ST_OK);
    is_of_nobody_known(w, before, what);
}

static void
each_text_is_decided_or_refused_with_a_code(void **state)
{
    struct world *w = *state;

    for (size_t f = 0; f < N_OF(fields); f++)
        for (size_t i = 0; i < w->n_all; i++) {
            struct raw_value raw = message(w, fields[f], w->all[i]);
            w->tried = w->all[i];

            send_raw(w, &raw, fields[f]);
        }
    assert_int_equal(w->taken + w->refused, N_OF(fields) * w->n_all);
    assert_true(w->taken > 0 && w->refused > 0);
    print_message("%zu taken, %zu refused\n", w->taken, w->refused);
}

static void
a_name_of_ten_thousand_characters_is_refused(void **state)
{
    struct world *w = *state;
    struct raw_value raw = message(w, "forename", repeat(w->a, "a"));
    size_t refused = w->refused;

    send_raw(w, &raw, "forename");
    assert_int_equal(w->refused, refused + 1);
}

/* ---- past the door ------------------------------------------------------- */

static void
tell(struct world *w, struct person *p, const char *what)
{
    struct notification_received n;
    size_t before = mem_count(w->m, TRIAGE_CHILD);
    struct str ref = arena_printf(w->a, "P-%zu", w->n++);

    fields_clear(&fields_notification_received, &n);
    n.meta.recorded_at = RECEIVED;
    n.meta.occurred_at = RECEIVED;
    n.sent_at = RECEIVED;
    n.kind = KIND_SCHOOL_REFERRAL;
    n.agency_id = STR("school");
    n.agency_ref = ref;
    n.amendment = 0;
    n.agency_type = AGENCY_SCHOOL;
    n.notification_id = id_derive("notification", &ref, 1);
    assert_int_equal(
        mem_send(w->m, TOPIC_NOTIFICATIONS, REC_NOTIFICATION_RECEIVED, &n, p),
        ST_OK);
    is_of_nobody_known(w, before, what);
}

/* All born on one day, each with another of the names. */
static void
whatever_comes_past_the_door_is_merged_with_nobody(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < w->n_all; i++) {
        struct person p;
        w->tried = w->all[i];

        fields_clear(&fields_person, &p);
        assert_true(date_parse(STR("2008-05-01"), &p.dob));
        p.forename = w->all[i];
        p.surname = str_of(made_up(w, "surname"));
        tell(w, &p, "forename");
        p.forename = str_of(made_up(w, "forename"));
        p.surname = w->all[i];
        tell(w, &p, "surname");
        p.forename = w->all[i];
        assert_true(date_parse(STR("2010-07-03"), &p.dob));
        tell(w, &p, "both names");
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            each_text_is_decided_or_refused_with_a_code, begin, end),
        cmocka_unit_test_setup_teardown(
            a_name_of_ten_thousand_characters_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(
            whatever_comes_past_the_door_is_merged_with_nobody, begin, end),
    };

    return cmocka_run_group_tests_name("naughty", tests, NULL, NULL);
}
