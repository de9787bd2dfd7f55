/*
 * Log lines: whatever an error text holds, a line is one JSON object that a
 * collector can read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/adapters/json.h"
#include "common/engine/log.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { LINE_MAX_BYTES = 2048 };

/* What was logged last: its text and what it says. */
struct line {
    char text[4 * LINE_MAX_BYTES];
    size_t n;
    struct json *json;
};

/* One call of the logger with stderr caught in a file. */
#define LOGGED(line, call)                                                     \
    do {                                                                       \
        FILE *caught = tmpfile();                                              \
        int before = dup(STDERR_FILENO);                                       \
                                                                               \
        catch_begin(caught);                                                   \
        call;                                                                  \
        catch_end(caught, before);                                             \
        read_line(line, caught);                                               \
    } while (0)

static void
catch_begin(FILE *caught)
{
    assert_non_null(caught);
    fflush(stderr);
    dup2(fileno(caught), STDERR_FILENO);
}

static void
catch_end(FILE *caught, int before)
{
    (void)caught;
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
}

static void
read_line(struct line *l, FILE *caught)
{
    struct err err = { .text = "" };

    rewind(caught);
    l->n = fread(l->text, 1, sizeof l->text - 1, caught);
    l->text[l->n] = '\0';
    fclose(caught);
    assert_in_range(l->n, 2, LINE_MAX_BYTES);
    assert_int_equal(strcspn(l->text, "\n"), l->n - 1); /* one line */
    if (json_parse((struct str){ .p = l->text, .n = l->n }, sizeof l->text,
                   &l->json, &err) != ST_OK)
        fail_msg("%s: %s", err.text, l->text);
}

static void
expect(const struct line *l, const char *key, const char *value)
{
    struct str s = STR_NULL;

    assert_true(json_str(json_get(l->json, key), &s));
    if (!str_is(s, value))
        fail_msg("%s is \"%.*s\", not \"%s\"", key, STR_ARG(s), value);
}

static void
a_line_is_an_object_that_begins_with_its_event(void **state)
{
    struct line l;
    struct str at = STR_NULL;

    (void)state;
    LOGGED(&l, log_info("case_opened", "case=%s n=%d", "c1", 7));
    assert_memory_equal(l.text, "{\"event\":\"case_opened\",",
                        strlen("{\"event\":\"case_opened\","));
    expect(&l, "level", "info");
    expect(&l, "case", "c1");
    expect(&l, "n", "7");
    assert_int_equal(json_size(l.json), 5); /* nobody named a service yet */
    assert_true(json_str(json_get(l.json, "at"), &at));
    assert_int_equal(at.n, strlen("2015-06-26T06:12:05.000Z"));
    assert_int_equal(at.p[10], 'T');
    assert_int_equal(at.p[at.n - 1], 'Z');
    json_free(l.json);
}

static void
every_line_names_service_instance_and_level(void **state)
{
    struct line l;

    (void)state;
    log_open("triage", "host \"a\"");
    LOGGED(&l, log_warn("lagging", "by=3"));
    expect(&l, "level", "warn");
    expect(&l, "service", "triage");
    expect(&l, "instance", "host \"a\"");
    json_free(l.json);
    LOGGED(&l, log_error("stopped", "code=gap"));
    expect(&l, "level", "error");
    json_free(l.json);
    log_open("", "");
}

struct pairs {
    const char *name;
    const char *text; /* of the pairs */
    const char *key, *value;
    size_t members; /* beside event, level and at */
};

static const struct pairs pairs_rows[] = {
    { "a pair is a member", "a=b", "a", "b", 1 },
    { "spaces around pairs count for nothing", "  a=b   c=d  ", "c", "d", 2 },
    { "a value may be empty", "a= b=c", "a", "", 2 },
    { "a last value may be empty", "a=", "a", "", 1 },
    { "a word without a value is an empty member", "a", "a", "", 1 },
    { "a value may hold the equals sign", "a=b=c", "a", "b=c", 1 },
    { "a quoted value holds spaces", "why=\"b c=d\"", "why", "b c=d", 1 },
    { "a quoted value may be empty", "a=1 why=\"\"", "why", "", 2 },
    { "a quoted value may end in a quote", "why=\"said \"no\"\"", "why",
      "said \"no\"", 1 },
    { "a quoted value without its end is taken as it is", "why=\"b c", "why",
      "b c", 1 },
    { "a quote inside a value stays", "a=b\"c", "a", "b\"c", 1 },
    { "a backslash stays", "why=\"a\\b\\\"", "why", "a\\b\\", 1 },
    { "a line feed becomes a space", "why=\"a\nb\"", "why", "a b", 1 },
    { "every control character becomes a space", "why=\"\1\t\r\x1f!\"", "why",
      "    !", 1 },
    { "a letter of two bytes stays", "a=\xc3\xa9", "a", "\xc3\xa9", 1 },
    { "a sign of three bytes stays", "a=\xe2\x82\xac.", "a", "\xe2\x82\xac.",
      1 },
    { "a sign of four bytes stays", "a=\xf0\x9f\x98\x80.", "a",
      "\xf0\x9f\x98\x80.", 1 },
    { "the last sign that there is stays", "a=\xf4\x8f\xbf\xbf", "a",
      "\xf4\x8f\xbf\xbf", 1 },
    { "a sign beyond the last becomes question marks", "a=\xf4\x90\x80\x80",
      "a", "????", 1 },
    { "a byte of another alphabet becomes a question mark", "a=caf\xe9.", "a",
      "caf?.", 1 },
    { "a letter that was cut becomes a question mark", "a=caf\xc3", "a", "caf?",
      1 },
    { "a sign that was cut becomes question marks", "a=\xe2\x82", "a", "??",
      1 },
    { "a sign that was cut behind its third byte likewise", "a=\xf0\x9f\x98.",
      "a", "???.", 1 },
    { "a letter written too long becomes question marks", "a=\xc0\xaf.", "a",
      "??.", 1 },
    { "a sign written too long likewise", "a=\xe0\x9f\xbf.", "a", "???.", 1 },
    { "half of a pair becomes question marks", "a=\xed\xa0\x80", "a", "???",
      1 },
    { "what comes before half pairs stays", "a=\xed\x9f\xbf", "a",
      "\xed\x9f\xbf", 1 },
};

static void
test_pairs(void **state)
{
    const struct pairs *row = *state;
    struct line l;

    LOGGED(&l, log_info("e", "%s", row->text));
    expect(&l, row->key, row->value);
    assert_int_equal(json_size(l.json), 3 + row->members);
    json_free(l.json);
}

static void
no_pairs_are_a_line_too(void **state)
{
    struct line l;

    (void)state;
    LOGGED(&l, log_info("e", "%s", ""));
    assert_int_equal(json_size(l.json), 3);
    json_free(l.json);
}

static const char *const long_rows[] = {
    "x", "\"", "\\", "\xc3\xa9", "\xf0\x9f\x98\x80", "\n", " ", "a=1 ", "b",
};

/* Every length around the limit, so that each character is cut once. */
static void
a_long_line_is_cut_and_still_one_object(void **state)
{
    const char *unit = *state;
    char text[3000];

    for (size_t len = 1800; len < 2200; len++) {
        struct line l;
        size_t n = (size_t)snprintf(text, sizeof text, "first=1 why=\"");

        while (n + strlen(unit) < len)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", unit);
        LOGGED(&l, log_info("e", "%s\"", text));
        expect(&l, "first", "1");
        if (len > 2100) /* as much as goes in whole */
            assert_true(l.n + strlen(unit) > LINE_MAX_BYTES);
        json_free(l.json);
    }
}

static void
a_member_that_no_longer_fits_is_left_out(void **state)
{
    char value[2001];

    (void)state;
    for (size_t n = 1900; n < sizeof value; n++) {
        struct line l;

        memset(value, 'v', n);
        value[n] = '\0';
        LOGGED(&l, log_info("e", "a=%s name_of_the_next=b last=c", value));
        assert_true(json_size(l.json) >= 4);
        if (json_get(l.json, "name_of_the_next") == NULL)
            assert_null(json_get(l.json, "last"));
        json_free(l.json);
    }
}

int
main(void)
{
    struct CMUnitTest tests[4 + N_OF(pairs_rows) + N_OF(long_rows)] = {
        cmocka_unit_test(a_line_is_an_object_that_begins_with_its_event),
        cmocka_unit_test(every_line_names_service_instance_and_level),
        cmocka_unit_test(no_pairs_are_a_line_too),
        cmocka_unit_test(a_member_that_no_longer_fits_is_left_out),
    };
    size_t n = 4;

    for (size_t i = 0; i < N_OF(pairs_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = pairs_rows[i].name,
                                 .test_func = test_pairs,
                                 .initial_state = (void *)&pairs_rows[i] };
    for (size_t i = 0; i < N_OF(long_rows); i++)
        tests[n++] = (struct CMUnitTest){
            .name = "a long line is cut and still one object",
            .test_func = a_long_line_is_cut_and_still_one_object,
            .initial_state = (void *)long_rows[i]
        };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
