/* The tables of intake's forms: complete, and each field said once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "intake/core/kinds.h"

struct walk {
    size_t fields;
    size_t must;
};

static void
check_field(const struct form_field *f)
{
    assert_non_null(f->name);
    assert_true(f->name[0] >= 'a' && f->name[0] <= 'z');
    assert_in_range(f->type, FORM_TEXT, FORM_LIST);
    assert_non_null(f->help);
    if (f->type == FORM_CODE || f->type == FORM_SET)
        assert_non_null(f->codes);
    if (f->type == FORM_WORD)
        assert_non_null(f->words);
    if (f->type == FORM_OBJECT || f->type == FORM_LIST)
        assert_non_null(f->sub);
    if (f->type == FORM_LIST) {
        assert_non_null(f->item_fields);
        assert_int_equal(f->item_fields->size, f->item_size);
    }
    if (f->type == FORM_INT || f->type == FORM_TENTHS ||
        f->type == FORM_DIGITS || f->type == FORM_NAMES ||
        f->type == FORM_LIST || f->type == FORM_GRADES)
        assert_true(f->max > f->min);
    if (f->refuse != NULL)
        assert_int_equal(strlen(f->refuse), 3);
}

static void
walk(const struct form *form, struct walk *w)
{
    for (const struct form *part = form; part != NULL; part = part->also)
        for (size_t i = 0; i < part->n; i++) {
            const struct form_field *f = &part->at[i];

            check_field(f);
            w->fields++;
            w->must += (f->flags & FORM_MUST) != 0;
            /* Found under its name: nobody else has it in this object. */
            assert_ptr_equal(form_find(form, str_of(f->name)), f);
            if (f->sub != NULL)
                walk(f->sub, w);
        }
}

static void
test_notifications(void **state)
{
    (void)state;
    for (int kind = 1; kind <= codes_kind.n; kind++) {
        struct walk w = { 0 };

        assert_non_null(kinds_notification(kind));
        walk(kinds_notification(kind), &w);
        assert_true(w.must >= 4); /* agency_id, agency_ref, kind, sent_at */
    }
    assert_null(kinds_notification(0));
    assert_null(kinds_notification(codes_kind.n + 1));
}

static void
test_activities(void **state)
{
    struct walk common = { 0 };

    (void)state;
    walk(kinds_activity(0), &common);
    for (int a = 1; a <= codes_activity.n; a++) {
        struct walk w = { 0 };

        walk(kinds_activity(a), &w);
        assert_true(w.fields >= common.fields);
        assert_true(w.must >= common.must);
    }
}

static void
test_others(void **state)
{
    struct walk w = { 0 };

    (void)state;
    walk(kinds_screening(), &w);
    walk(kinds_match(), &w);
    walk(kinds_indicator(), &w);
    walk(kinds_common(), &w);
}

struct must_row {
    int kind;
    const char *must; /* its own mandatory fields, domain.md section 3 */
};

static const struct must_row must_rows[] = {
    { KIND_POLICE_MISSING_REPORTED, "episode_ref reported_at risk_grade" },
    { KIND_POLICE_MISSING_RISK_CHANGED, "episode_ref risk_grade graded_at" },
    { KIND_POLICE_MISSING_FOUND, "episode_ref found_at" },
    { KIND_POLICE_MISSING_CANCELLED, "episode_ref cancelled_at" },
    { KIND_POLICE_PPN, "" },
    { KIND_POLICE_ENCOMPASS, "incident_at" },
    { KIND_MASH_FEED, "" },
    { KIND_SCHOOL_REFERRAL, "" },
    { KIND_HEALTH_REFERRAL, "" },
    { KIND_HOUSING_REFERRAL, "" },
    { KIND_VOLUNTARY_REFERRAL, "" },
    { KIND_SELF_REFERRAL, "who" },
    { KIND_OTHER_LA, "from_la" },
    { KIND_CSC_STEP_DOWN, "case_id reason" },
    { KIND_EH_STEP_UP, "case_id reason" },
    { KIND_GO_LIVE, "by" },
};

static void
test_must(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof must_rows / sizeof must_rows[0]; r++) {
        const struct form *form = kinds_notification(must_rows[r].kind);
        char told[200] = "";

        for (size_t i = 0; i < form->n; i++)
            if ((form->at[i].flags & FORM_MUST) != 0) {
                if (told[0] != '\0')
                    strncat(told, " ", sizeof told - strlen(told) - 1);
                strncat(told, form->at[i].name,
                        sizeof told - strlen(told) - 1);
            }
        assert_string_equal(told, must_rows[r].must);
    }
}

static void
test_questions(void **state)
{
    const struct form_field *f = form_find(
        kinds_notification(KIND_POLICE_MISSING_REPORTED), STR("questions"));

    (void)state;
    assert_non_null(f);
    assert_int_equal(f->sub->n, 12);
}

static void
test_missing(void **state)
{
    (void)state;
    assert_true(kinds_is_missing(KIND_POLICE_MISSING_REPORTED));
    assert_true(kinds_is_missing(KIND_POLICE_MISSING_CANCELLED));
    assert_false(kinds_is_missing(KIND_POLICE_PPN));
    assert_false(kinds_is_missing(0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        { "every kind has a form, every field a type, limits and help",
          test_notifications, NULL, NULL, NULL },
        { "every activity has a form over the common one", test_activities,
          NULL, NULL, NULL },
        { "screenings and matches have theirs", test_others, NULL, NULL,
          NULL },
        { "a kind's own mandatory fields are those of the specification",
          test_must, NULL, NULL, NULL },
        { "the police ask twelve questions", test_questions, NULL, NULL,
          NULL },
        { "four kinds are about a missing child", test_missing, NULL, NULL,
          NULL },
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
