/*
 * What stands in for a record whose person was erased (cli/witness.h). The log
 * and the list of differences are this file's own: it needs no broker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/differ.h"
#include "cli/stream.h"
#include "cli/witness.h"
#include "common/core/outbox.h"
#include "common/core/records.h"
#include "tests/lib/heap.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { LOG_MAX = 32 };

/* ---- a log -----------------------------------------------------------------
 */

/* One topic; stream.h's name, so that witness.c takes it for the real one. */
struct stream {
    struct stream_record at[LOG_MAX];
    size_t n;
};

enum status
stream_get(struct stream *s, struct origin origin, int64_t sequence,
           const struct stream_record **out, struct err *err)
{
    (void)origin;
    (void)err;
    *out = NULL;
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].link.sequence == sequence)
            *out = &s->at[i];
    return ST_OK;
}

static char declared[400];

void
differ_declare(struct differ *d, const struct difference *is)
{
    size_t n = strlen(declared);

    d->declared++;
    (void)snprintf(declared + n, sizeof declared - n, "%s %.*s %.*s; ",
                   is->what, STR_ARG(is->key), STR_ARG(is->column));
}

/* ---- records: "CHILD CAUSE" with the child's letter, in review: "?" before it
 */

static struct id
id_of(char letter)
{
    struct str part = { .p = &letter, .n = 1 };

    return id_derive("test", &part, 1);
}

static enum status
decode(void *self, struct str bytes, struct arena *arena,
       enum record_type *type, const void **body, struct err *err)
{
    struct referral_decided *rec = arena_alloc(arena, sizeof *rec);
    bool review = bytes.n > 0 && bytes.p[0] == '?';

    (void)self;
    (void)err;
    fields_clear(&fields_referral_decided, rec);
    rec->child_id = id_of(bytes.p[review]);
    rec->match_status = review ? MATCH_REVIEW : MATCH_NEW;
    rec->meta.cause = (struct cause){ .topic = TOPIC_NOTIFICATIONS,
                                      .service = SERVICE_INTAKE,
                                      .sequence = atoi(bytes.p + review + 1) };
    *type = REC_REFERRAL_DECIDED;
    *body = rec;
    return ST_OK;
}

/* ---- a service that is replayed
 * ------------------------------------------------ */

struct bench {
    struct arena arena;
    struct stream casework, letters;
    struct stream *out[TOPIC_N];
    struct codec codec;
    struct differ differ;
    int64_t given[TOPIC_N]; /* by the live side */
    struct outbox box;
    struct witness port;
    struct witnessed *witnessed;
};

static int
setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct tails tails = { .at = { { 0 } } };
    struct witness_options options;

    heap_arena(&b->arena);
    b->out[TOPIC_CASEWORK] = &b->casework;
    b->out[TOPIC_DEAD_LETTERS] = &b->letters;
    b->codec = (struct codec){ .decode = decode };
    outbox_init(&b->box, &b->arena, &tails);
    options = (struct witness_options){ .out = b->out,
                                        .own = { .service = SERVICE_TRIAGE },
                                        .codec = &b->codec,
                                        .differ = &b->differ,
                                        .given = b->given };
    b->witnessed = witness_open(&options, &b->port);
    assert_non_null(b->witnessed);
    declared[0] = '\0';
    *state = b;
    return 0;
}

static int
teardown(void **state)
{
    struct bench *b = *state;

    witness_close(b->witnessed);
    heap_release(&b->arena);
    free(b);
    return 0;
}

static void
log_has(struct stream *s, const char *value, const char *place)
{
    struct stream_record *rec = &s->at[s->n++];

    *rec = (struct stream_record){
        .link = { .sequence = (int64_t)s->n },
        .value = str_of(value),
        .place = place == NULL ? STR_NULL : str_of(place),
        .code = place == NULL ? STR_NULL : STR("R20"),
    };
}

/* Step the notification of that number and letter: it gives out these values
 * (of casework, with commas between), then the witness is asked. */
static enum status
step(struct bench *b, int64_t number, char letter, bool erased,
     const char *values, struct err *err)
{
    struct outbox_mark mark = outbox_mark(&b->box);
    struct notification_received body;
    struct event ev = { .type = REC_NOTIFICATION_RECEIVED,
                        .topic = TOPIC_NOTIFICATIONS,
                        .origin = { .service = SERVICE_INTAKE,
                                    .incarnation = 1 },
                        .sequence = number,
                        .body = &body,
                        .erased = erased };

    fields_clear(&fields_notification_received, &body);
    body.notification_id = id_of(letter);
    while (*values != '\0') {
        size_t n = strcspn(values, ",");

        assert_int_equal(
            outbox_append(&b->box, TOPIC_CASEWORK, STR_NULL,
                          (struct str){ .p = values, .n = n }, NULL, 0, err),
            ST_OK);
        values += n + (values[n] == ',');
    }
    return b->port.stand_in(b->port.self, &ev, mark, &b->box, err);
}

static void
step_well(struct bench *b, int64_t number, char letter, bool erased,
          const char *values)
{
    struct err err = { .code = "" };

    if (step(b, number, letter, erased, values, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
}

/* All that was given out: "casework 1 A7; ". */
static void
assert_given(struct bench *b, const char *want)
{
    struct outbox_entry e;
    char text[400] = "";
    size_t at = 0, n = 0;
    bool ok = true;

    while (outbox_next(outbox_bytes(&b->box), &at, &e, &ok))
        n += (size_t)snprintf(text + n, sizeof text - n, "%s %d %.*s; ",
                              topic_name(e.topic), (int)e.sequence,
                              STR_ARG(e.value));
    assert_true(ok);
    assert_string_equal(text, want);
}

/* ---- the tests
 * ------------------------------------------------------------------- */

static void
nothing_stands_in_before_somebody_was_erased(void **state)
{
    struct bench *b = *state;

    log_has(&b->casework, "A7", NULL);
    step_well(b, 7, 'n', false, "B7");
    assert_given(b, "casework 1 B7; ");
    assert_string_equal(declared, "");
}

static void
what_an_erased_record_gave_out_is_taken_from_the_log(void **state)
{
    struct bench *b = *state;

    log_has(&b->casework, "A7", NULL);
    log_has(&b->casework, "A7", NULL);
    log_has(&b->casework, "C8", NULL); /* another's */
    step_well(b, 7, 'n', true, "B7");
    assert_given(b, "casework 1 A7; casework 2 A7; ");
    assert_string_equal(declared,
                        "topic notifications 7 its person was erased; ");
    assert_int_equal(b->differ.declared, 1);
}

static void
its_dead_letter_too_with_what_is_said_of_it(void **state)
{
    struct bench *b = *state;
    struct outbox_header h;
    struct outbox_entry e;
    size_t at = 0, in = 0;
    bool ok = true;

    log_has(&b->letters, "letter", "notifications:intake.1:7");
    step_well(b, 7, 'n', true, "B7");
    assert_given(b, "dead-letters 1 letter; ");
    assert_true(outbox_next(outbox_bytes(&b->box), &at, &e, &ok));
    assert_true(outbox_next_header(e.headers, &in, &h));
    assert_true(str_is(h.name, "wm-code") && str_is(h.value, "R20"));
}

static void
what_is_not_in_the_log_yet_stays_as_stepped(void **state)
{
    struct bench *b = *state;

    b->given[TOPIC_CASEWORK] = 1;
    step_well(b, 7, 'n', true, "B7");
    assert_given(b, "casework 1 B7; ");
    assert_string_equal(declared, "");
}

static void
the_last_that_was_given_out_is_taken_from_the_log_too(void **state)
{
    struct bench *b = *state;

    b->given[TOPIC_CASEWORK] = 1;
    log_has(&b->casework, "A7", NULL);
    step_well(b, 7, 'n', true, "B7");
    assert_given(b, "casework 1 A7; ");
}

static void
what_gave_nothing_out_gives_nothing(void **state)
{
    struct bench *b = *state;

    step_well(b, 7, 'n', true, "B7");
    assert_given(b, "");
}

static void
what_follows_for_the_same_child_is_declared(void **state)
{
    struct bench *b = *state;

    log_has(&b->casework, "A7", NULL);
    log_has(&b->casework, "A8", NULL);
    step_well(b, 7, 'n', true, "B7");
    declared[0] = '\0';
    step_well(b, 8, 'm', false, "B8");
    assert_given(b, "casework 1 A7; casework 2 A8; ");
    assert_string_equal(declared, "topic notifications 8 is about a child of "
                                  "whom something was erased; ");
}

static void
so_is_where_a_person_had_to_look_who_it_is(void **state)
{
    struct bench *b = *state;

    log_has(&b->casework, "A7", NULL);
    log_has(&b->casework, "?D8", NULL);
    step_well(b, 7, 'n', true, "B7");
    step_well(b, 8, 'm', false, "E8");
    assert_given(b, "casework 1 A7; casework 2 ?D8; ");
    assert_int_equal(b->differ.declared, 2);
}

static void
what_comes_out_the_same_is_not(void **state)
{
    struct bench *b = *state;

    log_has(&b->casework, "A7", NULL);
    log_has(&b->casework, "A8", NULL);
    step_well(b, 7, 'n', true, "B7");
    step_well(b, 8, 'm', false, "A8");
    assert_given(b, "casework 1 A7; casework 2 A8; ");
    assert_int_equal(b->differ.declared, 1);
}

static void
another_childs_difference_is_left_to_be_found(void **state)
{
    struct bench *b = *state;

    log_has(&b->casework, "A7", NULL);
    log_has(&b->casework, "D8", NULL);
    step_well(b, 7, 'n', true, "B7");
    step_well(b, 8, 'm', false, "E8");
    assert_given(b, "casework 1 A7; casework 2 E8; ");
    assert_int_equal(b->differ.declared, 1);
}

static void
a_record_gives_out_sixteen_at_most(void **state)
{
    struct bench *b = *state;
    struct err err = { .code = "" };

    for (int i = 0; i < 17; i++)
        log_has(&b->casework, "A7", NULL);
    assert_int_equal(step(b, 7, 'n', true, "B7", &err), ST_FATAL);
    assert_string_equal(err.code, "witness");
    b->casework.n = 16;
    step_well(b, 7, 'n', true, "");
}

static void
names_are_ids_and_lines_of_them(void **state)
{
    struct bench *b = *state;
    char child[ID_TEXT_SIZE], notification[ID_TEXT_SIZE], other[ID_TEXT_SIZE];
    char lines[3 * ID_TEXT_SIZE];

    log_has(&b->casework, "A7", NULL);
    id_text(id_of('A'), child);
    id_text(id_of('n'), notification);
    id_text(id_of('Z'), other);
    assert_false(witness_names(b->witnessed, str_of(child)));
    step_well(b, 7, 'n', true, "B7");
    assert_true(witness_names(b->witnessed, str_of(child)));
    assert_true(witness_names(b->witnessed, str_of(notification)));
    assert_false(witness_names(b->witnessed, str_of(other)));
    (void)snprintf(lines, sizeof lines, "%s\n%s", other, child);
    assert_true(witness_names(b->witnessed, str_of(lines)));
    (void)snprintf(lines, sizeof lines, "%s %s", other, child);
    assert_false(witness_names(b->witnessed, str_of(lines)));
    assert_false(witness_names(b->witnessed, STR("")));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(nothing_stands_in_before_somebody_was_erased),
        WITH(what_an_erased_record_gave_out_is_taken_from_the_log),
        WITH(its_dead_letter_too_with_what_is_said_of_it),
        WITH(what_is_not_in_the_log_yet_stays_as_stepped),
        WITH(the_last_that_was_given_out_is_taken_from_the_log_too),
        WITH(what_gave_nothing_out_gives_nothing),
        WITH(what_follows_for_the_same_child_is_declared),
        WITH(so_is_where_a_person_had_to_look_who_it_is),
        WITH(what_comes_out_the_same_is_not),
        WITH(another_childs_difference_is_left_to_be_found),
        WITH(a_record_gives_out_sixteen_at_most),
        WITH(names_are_ids_and_lines_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
