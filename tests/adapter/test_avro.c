#include "common/adapters/avro.h"
#include "common/core/records.h"
#include "tests/lib/any_record.h"
#include "tests/lib/heap.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 20
#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

struct world {
    struct avro_codec *codec;
    struct arena arena;
    struct err err;
};

static int
setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    if (w == NULL)
        return -1;
    heap_arena(&w->arena);
    w->codec = avro_open(&w->err);
    if (w->codec == NULL)
        print_error("%s\n", w->err.text);
    *state = w;
    return w->codec == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    struct world *w = *state;

    avro_close(w->codec);
    heap_release(&w->arena);
    free(w);
    return 0;
}

static void *
any_record(struct world *w, enum record_type type, uint64_t seed)
{
    return any_record_of(&w->arena, type, seed);
}

static struct str
encode(struct world *w, enum record_type type, const void *body)
{
    struct str bytes;
    enum status rc =
        avro_encode(w->codec, type, body, &w->arena, &bytes, &w->err);

    if (rc != ST_OK)
        print_error("%s: %s\n", w->err.code, w->err.text);
    assert_int_equal(rc, ST_OK);
    return bytes;
}

/* A copy of exactly `n` bytes, so that reading beyond them is seen. */
static enum status
decode_copy(struct world *w, struct str bytes, enum record_type *type,
            const void **body)
{
    char *copy = malloc(bytes.n + (bytes.n == 0));
    enum status rc;

    assert_non_null(copy);
    memcpy(copy, bytes.p, bytes.n);
    w->err = (struct err){ .code = "" };
    rc = avro_decode(w->codec, (struct str){ .p = copy, .n = bytes.n },
                     &w->arena, type, body, &w->err);
    free(copy);
    return rc;
}

static void
assert_rejected(struct world *w, struct str bytes, const char *code)
{
    enum record_type type;
    const void *body;

    assert_int_equal(decode_copy(w, bytes, &type, &body), ST_REJECT);
    assert_string_equal(w->err.code, code);
    assert_int_equal(type, REC_NONE);
    assert_null(body);
}

/* ---- tests ---- */

static void
every_record_comes_back_as_it_was_written(void **state)
{
    struct world *w = *state;

    for (int t = REC_NONE + 1; t < REC_N; t++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            void *body = any_record(w, (enum record_type)t, seed);
            struct str bytes = encode(w, (enum record_type)t, body);
            enum record_type type;
            const void *back;

            assert_int_equal(decode_copy(w, bytes, &type, &back), ST_OK);
            assert_int_equal(type, t);
            assert_true(fields_eq(record_def(type)->fields, body, back));
            assert_true(str_eq(bytes, encode(w, type, back)));
        }
        arena_reset(&w->arena);
    }
}

static void
framing_is_a_zero_byte_and_the_schema_id(void **state)
{
    struct world *w = *state;
    struct str bytes =
        encode(w, REC_CHILD_ERASED, any_record(w, REC_CHILD_ERASED, 1));
    int32_t id = record_def(REC_CHILD_ERASED)->schema_id;

    assert_int_equal(bytes.p[0], 0);
    assert_int_equal((uint8_t)bytes.p[1], id >> 24);
    assert_int_equal((uint8_t)bytes.p[2], id >> 16 & 0xff);
    assert_int_equal((uint8_t)bytes.p[3], id >> 8 & 0xff);
    assert_int_equal((uint8_t)bytes.p[4], id & 0xff);
}

static void
whatever_is_cut_short_is_rejected(void **state)
{
    struct world *w = *state;

    for (int t = REC_NONE + 1; t < REC_N; t++) {
        struct str whole = encode(w, (enum record_type)t,
                                  any_record(w, (enum record_type)t, 7));

        for (size_t n = 0; n < whole.n; n++)
            assert_rejected(w, (struct str){ .p = whole.p, .n = n }, "decode");
        arena_reset(&w->arena);
    }
}

static void
whatever_is_followed_by_more_is_rejected(void **state)
{
    struct world *w = *state;

    for (int t = REC_NONE + 1; t < REC_N; t++) {
        struct str whole = encode(w, (enum record_type)t,
                                  any_record(w, (enum record_type)t, 8));

        /* The arena ends a copy with a NUL beyond its length. */
        whole.n++;
        assert_rejected(w, whole, "decode");
    }
}

static void
a_changed_byte_is_read_or_rejected_but_harms_nothing(void **state)
{
    struct world *w = *state;
    uint64_t seed = 4711;

    for (int t = REC_NONE + 1; t < REC_N; t++) {
        struct str whole = encode(w, (enum record_type)t,
                                  any_record(w, (enum record_type)t, 9));

        for (size_t i = 5; i < whole.n; i++) {
            char *copy = arena_copy(&w->arena, whole.p, whole.n);
            struct str bytes = { .p = copy, .n = whole.n };
            enum record_type type;
            const void *body;
            enum status rc;

            copy[i] = (char)any_below(&seed, 256);
            rc = decode_copy(w, bytes, &type, &body);
            assert_true(rc == ST_OK || rc == ST_REJECT);
            if (rc == ST_OK) /* what was read can be written */
                (void)encode(w, type, body);
        }
        arena_reset(&w->arena);
    }
}

/* Bytes of TimeAdvanced, up to where `source` begins: framing, meta.id. */
static size_t
begin_time_advanced(char out[64])
{
    int32_t id = record_def(REC_TIME_ADVANCED)->schema_id;

    memset(out, 0, 64);
    out[3] = (char)(id >> 8 & 0xff);
    out[4] = (char)(id & 0xff);
    memset(out + 5, 1, 16);
    return 5 + 16;
}

static const struct {
    const char *name;
    const char *length; /* a zigzag varint */
    size_t n;
} lengths[] = {
    { "one byte more than there is", "\x02", 1 },
    { "2 GiB", "\xfe\xff\xff\xff\x0f", 5 },
    { "8 EiB", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 },
    { "less than nothing", "\x01", 1 },
    { "the least there is", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 },
    { "a number without end", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
      11 },
};

static void
a_giant_length_costs_nothing(void **state)
{
    struct world *w = *state;
    char bytes[64];

    for (size_t i = 0; i < N_OF(lengths); i++) {
        size_t n = begin_time_advanced(bytes);
        size_t used = w->arena.used;

        memcpy(bytes + n, lengths[i].length, lengths[i].n);
        assert_rejected(w, (struct str){ .p = bytes, .n = n + lengths[i].n },
                        "decode");
        assert_true(w->arena.used - used < 1024);
    }
}

static void
a_giant_list_costs_nothing(void **state)
{
    struct world *w = *state;
    char bytes[64];
    size_t used = w->arena.used;
    size_t n = begin_time_advanced(bytes);

    n += 1; /* source: "" */
    n += 1; /* subject: null */
    n += 2; /* two times */
    n += 1; /* trace_parent: null */
    n += 3; /* cause: nulls */
    memcpy(bytes + n, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
    assert_rejected(w, (struct str){ .p = bytes, .n = n + 10 }, "decode");
    assert_true(w->arena.used - used < 1024);
}

/* One record with one byte, counted from its end, changed. */
static struct str
patched(struct world *w, enum record_type type, const void *body, size_t back,
        int value)
{
    struct str bytes = encode(w, type, body);
    char *copy = arena_copy(&w->arena, bytes.p, bytes.n);

    copy[bytes.n - back] = (char)value;
    return (struct str){ .p = copy, .n = bytes.n };
}

static void
null_where_a_value_must_be_is_rejected(void **state)
{
    struct world *w = *state;
    struct time_advanced *t = any_record(w, REC_TIME_ADVANCED, 1);
    struct child_erased *c = any_record(w, REC_CHILD_ERASED, 1);
    struct str bytes;

    t->at = TIME_NONE + 1; /* 10 bytes; the lowest turns it into TIME_NONE */
    bytes = patched(w, REC_TIME_ADVANCED, t, 10, 0xff);
    assert_rejected(w, bytes, "decode");
    assert_non_null(strstr(w->err.text, "at is null"));

    c->child_id = (struct id){ .b = { [15] = 1 } };
    bytes = patched(w, REC_CHILD_ERASED, c, 1, 0);
    assert_rejected(w, bytes, "decode");
    assert_non_null(strstr(w->err.text, "child_id is null"));
}

static void
a_boolean_or_branch_that_is_none_is_rejected(void **state)
{
    struct world *w = *state;
    struct person *p = any_record(w, REC_PERSON, 1);
    struct str bytes;
    enum record_type type;
    const void *body;

    p->last_seen_where = STR_NULL;
    p->details = (struct items){ .n = 0 };
    bytes = patched(w, REC_PERSON, p, 3, 1); /* reporter_anonymous */
    assert_int_equal(decode_copy(w, bytes, &type, &body), ST_OK);
    assert_true(((const struct person *)body)->reporter_anonymous);
    assert_rejected(w, patched(w, REC_PERSON, p, 3, 2), "decode");
    /* last_seen_where: 0 null, 2 a text; branches -1 and 2 don't exist. */
    assert_rejected(w, patched(w, REC_PERSON, p, 2, 1), "decode");
    assert_rejected(w, patched(w, REC_PERSON, p, 2, 4), "decode");
}

/* ---- two threads ---- */

#define THREAD_ROUNDS 500

static void *
read_and_write(void *self)
{
    struct world *w = self;

    for (uint64_t seed = 0; seed < THREAD_ROUNDS; seed++) {
        void *sent = any_record(w, REC_REFERRAL_DECIDED, seed);
        struct str bytes;
        enum record_type type;
        const void *body;

        if (avro_encode(w->codec, REC_REFERRAL_DECIDED, sent, &w->arena, &bytes,
                        &w->err) != ST_OK ||
            avro_decode(w->codec, bytes, &w->arena, &type, &body, &w->err) !=
                ST_OK ||
            !fields_eq(&fields_referral_decided, sent, body))
            return NULL;
        bytes.n /= 2;
        if (avro_decode(w->codec, bytes, &w->arena, &type, &body, &w->err) !=
            ST_REJECT)
            return NULL;
        arena_reset(&w->arena);
    }
    return w;
}

static void
threads_with_a_codec_each_do_not_meet(void **state)
{
    void *world[2] = { NULL };
    pthread_t thread[2];

    (void)state;
    for (size_t i = 0; i < N_OF(thread); i++) {
        assert_int_equal(setup(&world[i]), 0);
        assert_int_equal(
            pthread_create(&thread[i], NULL, read_and_write, world[i]), 0);
    }
    for (size_t i = 0; i < N_OF(thread); i++) {
        void *done = NULL;

        assert_int_equal(pthread_join(thread[i], &done), 0);
        assert_ptr_equal(done, world[i]);
        (void)teardown(&world[i]);
    }
}

static void
a_reader_goes_on_after_what_it_rejected(void **state)
{
    struct world *w = *state;
    void *body = any_record(w, REC_REFERRAL_DECIDED, 3);
    struct str bytes = encode(w, REC_REFERRAL_DECIDED, body);
    enum record_type type;
    const void *back;

    assert_rejected(w, (struct str){ .p = bytes.p, .n = bytes.n / 2 },
                    "decode");
    assert_int_equal(decode_copy(w, bytes, &type, &back), ST_OK);
    assert_true(fields_eq(&fields_referral_decided, body, back));
}

static void
an_unknown_schema_stops_the_reader(void **state)
{
    struct world *w = *state;
    struct str bytes =
        encode(w, REC_TIME_ADVANCED, any_record(w, REC_TIME_ADVANCED, 2));
    char *copy = arena_copy(&w->arena, bytes.p, bytes.n);
    enum record_type type;
    const void *body;

    memset(copy + 1, 0x7f, 4);
    bytes.p = copy;
    assert_int_equal(decode_copy(w, bytes, &type, &body), ST_FATAL);
    assert_string_equal(w->err.code, "schema");
    assert_int_equal(type, REC_NONE);
}

static void
wrong_framing_is_rejected(void **state)
{
    struct world *w = *state;
    struct str bytes =
        encode(w, REC_TIME_ADVANCED, any_record(w, REC_TIME_ADVANCED, 2));
    char *copy = arena_copy(&w->arena, bytes.p, bytes.n);

    copy[0] = 1;
    bytes.p = copy;
    assert_rejected(w, bytes, "decode");
    assert_rejected(w, STR(""), "decode");
    assert_rejected(w, STR("{\"at\": 0}"), "decode");
}

static void
a_missing_value_is_not_written(void **state)
{
    struct world *w = *state;

    for (int t = REC_NONE + 1; t < REC_N; t++) {
        const struct fields *fields = record_def((enum record_type)t)->fields;

        for (size_t i = 0; i < fields->n; i++) {
            const struct field *f = &fields->at[i];
            char *body = any_record(w, (enum record_type)t, 5);
            char *blank = arena_alloc(&w->arena, fields->size);
            struct str bytes;

            if ((f->flags & F_NULLABLE) != 0 || f->type == F_BOOL ||
                f->type == F_SET || f->type == F_TEXTS || f->type == F_RECORDS)
                continue;
            fields_clear(fields, blank);
            /* Fields of the same type have the same null value. */
            switch (f->type) {
            case F_RECORD:
                memcpy(body + f->offset, blank + f->offset, f->sub->size);
                break;
            case F_ID:
            case F_TEXT:
            case F_BYTES:
                memcpy(body + f->offset, blank + f->offset, 16);
                break;
            case F_I64:
            case F_TIME:
                memcpy(body + f->offset, blank + f->offset, 8);
                break;
            default:
                memcpy(body + f->offset, blank + f->offset, 4);
                break;
            }
            assert_int_equal(avro_encode(w->codec, (enum record_type)t, body,
                                         &w->arena, &bytes, &w->err),
                             ST_FATAL);
            assert_string_equal(w->err.code, "null");
            assert_null(bytes.p);
            if (f->type != F_RECORD)
                assert_non_null(strstr(w->err.text, f->name));
        }
        arena_reset(&w->arena);
    }
}

static void
a_value_that_is_no_word_is_not_written(void **state)
{
    struct world *w = *state;
    struct case_changed *c = any_record(w, REC_CASE_CHANGED, 1);
    struct str bytes;

    c->side = codes_side.n + 1;
    assert_int_equal(
        avro_encode(w->codec, REC_CASE_CHANGED, c, &w->arena, &bytes, &w->err),
        ST_FATAL);
    c->side = SIDE_CSC;
    c->needs = SET_BIT(25);
    assert_int_equal(
        avro_encode(w->codec, REC_CASE_CHANGED, c, &w->arena, &bytes, &w->err),
        ST_FATAL);
    c->needs = SET_BIT(24) | SET_BIT(1);
    assert_int_equal(
        avro_encode(w->codec, REC_CASE_CHANGED, c, &w->arena, &bytes, &w->err),
        ST_OK);
}

/* Change the only `from` in the bytes into `to` of the same length. */
static struct str
replaced(struct world *w, struct str bytes, const char *from, const char *to)
{
    size_t n = strlen(from);
    char *copy = arena_copy(&w->arena, bytes.p, bytes.n);
    size_t found = 0;

    for (size_t i = 0; i + n <= bytes.n; i++) {
        if (memcmp(copy + i, from, n) == 0) {
            memcpy(copy + i, to, n);
            found++;
        }
    }
    assert_int_equal(found, 1);
    return (struct str){ .p = copy, .n = bytes.n };
}

static void
an_unknown_word_is_rejected_unless_it_only_splits_figures(void **state)
{
    struct world *w = *state;
    struct handover_changed *h = any_record(w, REC_HANDOVER_CHANGED, 1);
    const struct handover_changed *back;
    enum record_type type;
    const void *body;
    struct str bytes;

    h->state = HANDOVER_WITHDRAWN;
    h->age_band = AGE_UNBORN;
    bytes = encode(w, REC_HANDOVER_CHANGED, h);
    assert_rejected(w, replaced(w, bytes, "withdrawn", "withdrawm"), "decode");
    assert_non_null(strstr(w->err.text, "state"));
    assert_int_equal(
        decode_copy(w, replaced(w, bytes, "unborn", "unborm"), &type, &body),
        ST_OK);
    back = body;
    assert_int_equal(back->age_band, 0);
    assert_int_equal(back->state, HANDOVER_WITHDRAWN);
}

static void
a_record_over_the_limit_is_rejected(void **state)
{
    struct world *w = *state;
    struct config_activated *c = any_record(w, REC_CONFIG_ACTIVATED, 1);
    struct str bytes;
    enum record_type type;
    const void *body;

    c->text = STR("");
    bytes = encode(w, REC_CONFIG_ACTIVATED, c);
    /* A length of this size takes 3 bytes more than that of the empty one. */
    c->text.n = AVRO_RECORD_MAX - bytes.n - 2;
    c->text.p = arena_alloc(&w->arena, c->text.n + 1);
    bytes = encode(w, REC_CONFIG_ACTIVATED, c);
    assert_int_equal(bytes.n, AVRO_RECORD_MAX);
    assert_int_equal(decode_copy(w, bytes, &type, &body), ST_OK);
    assert_true(fields_eq(&fields_config_activated, c, body));
    c->text.n++;
    assert_int_equal(avro_encode(w->codec, REC_CONFIG_ACTIVATED, c, &w->arena,
                                 &bytes, &w->err),
                     ST_REJECT);
    assert_string_equal(w->err.code, "size");
}

/* ChildErased of another version: no meta.seen, and something we don't know. */
static const char older[] =
    "{\"type\":\"record\",\"name\":\"ChildErased\",\"namespace\":\"uk."
    "waymark\","
    "\"fields\":[{\"name\":\"gone\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"gone_list\",\"type\":{\"type\":\"array\",\"items\":\"bytes\"}}"
    ","
    "{\"name\":\"child_id\",\"type\":"
    "{\"type\":\"fixed\",\"name\":\"Uuid\",\"size\":16}}]}";

static void
an_older_version_is_read_by_the_names_of_its_fields(void **state)
{
    struct world *w = *state;
    struct schema_text texts[64];
    size_t n = schemas_embedded_n;
    struct avro_codec *codec;
    const struct child_erased *rec;
    enum record_type type;
    const void *body;
    /* id 77; gone = "ab"; one block of one empty; child_id = 0x11... */
    static const char bytes[] = "\0\0\0\0\x4d"
                                "\x02\x04"
                                "ab"
                                "\x02\0\0"
                                "\x11\x11\x11\x11\x11\x11\x11\x11"
                                "\x11\x11\x11\x11\x11\x11\x11\x11";

    assert_true(n < N_OF(texts));
    memcpy(texts, schemas_embedded, n * sizeof *texts);
    texts[n++] = (struct schema_text){ .id = 77,
                                       .name = "ChildErased",
                                       .version = 0,
                                       .json = older,
                                       .n = sizeof older - 1 };
    codec = avro_open_with(texts, n, &w->err);
    assert_non_null(codec);
    assert_int_equal(
        avro_decode(codec, (struct str){ .p = bytes, .n = sizeof bytes - 1 },
                    &w->arena, &type, &body, &w->err),
        ST_OK);
    rec = body;
    assert_int_equal(type, REC_CHILD_ERASED);
    assert_int_equal(rec->child_id.b[15], 0x11);
    assert_null(rec->meta.source.p);
    assert_true(rec->meta.recorded_at == TIME_NONE);
    avro_close(codec);
}

static void
a_schema_that_differs_from_its_struct_stops_the_start(void **state)
{
    struct world *w = *state;
    static const char wrong[] =
        "{\"type\":\"record\",\"name\":\"ChildErased\","
        "\"fields\":[{\"name\":\"child_id\",\"type\":\"string\"}]}";
    struct schema_text text = {
        .id = 1, .name = "ChildErased", .json = wrong, .n = sizeof wrong - 1
    };

    assert_null(avro_open_with(&text, 1, &w->err));
    assert_string_equal(w->err.code, "schema");
    assert_non_null(strstr(w->err.text, "child_id"));
    text.n--;
    assert_null(avro_open_with(&text, 1, &w->err));
    text.n = sizeof wrong - 1;
    text.name = "Stranger";
    assert_null(avro_open_with(&text, 1, &w->err));
    assert_null(avro_open_with(schemas_embedded, 1, &w->err));
    assert_non_null(strstr(w->err.text, "there is no schema of"));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_comes_back_as_it_was_written),
        cmocka_unit_test(framing_is_a_zero_byte_and_the_schema_id),
        cmocka_unit_test(whatever_is_cut_short_is_rejected),
        cmocka_unit_test(whatever_is_followed_by_more_is_rejected),
        cmocka_unit_test(a_changed_byte_is_read_or_rejected_but_harms_nothing),
        cmocka_unit_test(a_giant_length_costs_nothing),
        cmocka_unit_test(a_giant_list_costs_nothing),
        cmocka_unit_test(null_where_a_value_must_be_is_rejected),
        cmocka_unit_test(a_boolean_or_branch_that_is_none_is_rejected),
        cmocka_unit_test(threads_with_a_codec_each_do_not_meet),
        cmocka_unit_test(a_reader_goes_on_after_what_it_rejected),
        cmocka_unit_test(an_unknown_schema_stops_the_reader),
        cmocka_unit_test(wrong_framing_is_rejected),
        cmocka_unit_test(a_missing_value_is_not_written),
        cmocka_unit_test(a_value_that_is_no_word_is_not_written),
        cmocka_unit_test(
            an_unknown_word_is_rejected_unless_it_only_splits_figures),
        cmocka_unit_test(a_record_over_the_limit_is_rejected),
        cmocka_unit_test(an_older_version_is_read_by_the_names_of_its_fields),
        cmocka_unit_test(a_schema_that_differs_from_its_struct_stops_the_start),
    };

    return cmocka_run_group_tests_name("avro", tests, setup, teardown);
}
