/*
 * Sealing: what is sealed comes back to who has the key and to nobody else,
 * and every other case says which one it is.
 */
#include "common/adapters/seal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/engine/memory.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEX_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define BASE64_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define HEX_B "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0"
#define BASE64_B "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA"
#define PLAIN "Testchild Alpha, of nowhere"

static char path[64]; /* of the file of master keys; set once by main */

/* All that is random about one record. */
struct draw {
    struct seal_key key;
    uint8_t wrap_nonce[SEAL_NONCE_BYTES];
    uint8_t nonce[SEAL_NONCE_BYTES];
};

struct bed {
    struct arena *arena;
    struct seal *seal;
    struct seal_name name;
    struct seal_range range; /* of this one key */
    struct draw draw;
    struct str wrapped;
    struct str sealed;
};

static void
keep(const char *text, mode_t mode)
{
    FILE *f;

    (void)unlink(path);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static struct seal *
open_with(const char *text)
{
    struct seal *seal;
    struct err err = { .code = "" };

    keep(text, 0400);
    if (seal_open(path, &seal, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    return seal;
}

static struct id
id_no(uint8_t n)
{
    struct id id = ID_NONE;

    id.b[0] = n;
    return id;
}

static int
set_up(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);

    assert_non_null(bed);
    bed->arena = memory_open((size_t)64 << 20);
    bed->seal = open_with(HEX_A "\n");
    bed->name = (struct seal_name){ .key_id = id_no(1), .record_id = id_no(2) };
    bed->range = (struct seal_range){ .shard = 7,
                                      .first = bed->name.key_id,
                                      .digits = 32 };
    seal_draw(&bed->draw, sizeof bed->draw);
    bed->wrapped = seal_wrap(bed->seal, &bed->range, &bed->draw.key,
                             bed->draw.wrap_nonce, bed->arena);
    bed->sealed = seal_write(&bed->draw.key, &bed->name, bed->draw.nonce,
                             STR(PLAIN), bed->arena);
    *state = bed;
    return 0;
}

static int
tear_down(void **state)
{
    struct bed *bed = *state;

    seal_close(bed->seal);
    memory_close(bed->arena);
    free(bed);
    (void)unlink(path);
    return 0;
}

/* The two steps of whoever reads. */
static enum status
read_by(const struct bed *bed, const struct seal *seal, struct str wrapped,
        struct str sealed, struct str *plain, struct err *err)
{
    struct seal_key key;
    enum status rc = seal_unwrap(seal, &bed->range, wrapped, &key, err);

    if (rc == ST_OK)
        rc = seal_read(&key, &bed->name, sealed, bed->arena, plain, err);
    return rc;
}

static void
reads(const struct bed *bed, const struct seal *seal, enum status want,
      const char *code)
{
    struct err err = { .code = "" };
    struct str plain = STR_NULL;

    assert_int_equal(
        read_by(bed, seal, bed->wrapped, bed->sealed, &plain, &err), want);
    assert_string_equal(err.code, code);
    if (want == ST_OK)
        assert_true(str_is(plain, PLAIN));
    assert_null(strstr(err.text, "Testchild"));
}

/* ---- the file ------------------------------------------------------------ */

struct file_row {
    const char *name;
    const char *text;
    mode_t mode;
    const char *why; /* NULL: it is taken */
};

static const struct file_row file_rows[] = {
    { "64 hex digits are a key", HEX_A, 0400, NULL },
    { "base64 is a key", BASE64_A "\n", 0400, NULL },
    { "base64 for addresses, unpadded, is a key", BASE64_B "\n", 0400, NULL },
    { "blanks, comments and line ends of Windows don't count",
      "# keys\r\n\r\n  " HEX_A " \t\r\n", 0400, NULL },
    { "the owner may write it", HEX_A, 0600, NULL },
    { "its group may read it", HEX_A, 0440, NULL },
    { "others may not read it", HEX_A, 0404, "others may read" },
    { "others may not write it", HEX_A, 0402, "others may read" },
    { "its group may not write it", HEX_A, 0620, "its group write" },
    { "63 digits are no key", &HEX_A[1], 0400, "line 1" },
    { "65 digits are no key", HEX_A "0", 0400, "line 1" },
    { "a letter that is no digit is no key",
      "g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0400,
      "line 1" },
    { "31 bytes are no key",
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", 0400, "line 1" },
    { "33 bytes are no key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",
      0400, "line 1" },
    { "zeros are no key",
      "0000000000000000000000000000000000000000000000000000000000000000", 0400,
      "zeros" },
    { "a file without a key is refused", "# soon\n", 0400, "no master key" },
    { "an empty file is refused", "", 0400, "no master key" },
    { "one key twice, in two spellings, is refused", HEX_A "\n" BASE64_A, 0400,
      "line 2: the same key" },
    { "the wrong line is named", HEX_A "\n\nsecretword\n", 0400, "line 3" },
};

static void
test_file_row(void **state)
{
    const struct file_row *row = *state;
    struct err err = { .code = "", .text = "" };
    struct seal *seal = NULL;
    enum status rc;

    keep(row->text, row->mode);
    rc = seal_open(path, &seal, &err);
    if (row->why == NULL) {
        if (rc != ST_OK)
            fail_msg("%s: %s", err.code, err.text);
    } else {
        assert_int_equal(rc, ST_REJECT);
        assert_string_equal(err.code, "config");
        if (strstr(err.text, row->why) == NULL)
            fail_msg("\"%s\" says nothing of \"%s\"", err.text, row->why);
        assert_null(seal);
        assert_null(strstr(err.text, "0102"));
        assert_null(strstr(err.text, "secretword"));
    }
    seal_close(seal);
    (void)unlink(path);
}

static void
eight_master_keys_are_taken_and_nine_are_not(void **state)
{
    char text[SEAL_MASTERS_MAX * 66 + 66], *to = text;
    struct seal *seal = NULL;
    struct err err;

    (void)state;
    for (int i = 1; i <= SEAL_MASTERS_MAX; i++)
        to += snprintf(to, 66, "%064x\n", i);
    seal_close(open_with(text));
    (void)snprintf(to, 66, "%064x\n", 99);
    keep(text, 0400);
    assert_int_equal(seal_open(path, &seal, &err), ST_REJECT);
    assert_non_null(strstr(err.text, "line 9: too many"));
}

static void
a_file_that_is_none_is_refused(void **state)
{
    struct seal *seal = NULL;
    struct err err = { .code = "" };
    char text[5000];

    (void)state;
    (void)unlink(path);
    assert_int_equal(seal_open(path, &seal, &err), ST_REJECT);
    assert_string_equal(err.code, "config");
    assert_int_equal(seal_open("/", &seal, &err), ST_REJECT);
    assert_non_null(strstr(err.text, "plain file"));
    memset(text, '\n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    keep(text, 0400);
    assert_int_equal(seal_open(path, &seal, &err), ST_REJECT);
    assert_non_null(strstr(err.text, "too long"));
    seal_close(NULL);
}

/* ---- there and back ------------------------------------------------------ */

static void
what_was_sealed_comes_back(void **state)
{
    struct bed *bed = *state;

    reads(bed, bed->seal, ST_OK, "");
    assert_int_equal(bed->wrapped.n, SEAL_WRAPPED_BYTES);
    assert_int_equal(bed->sealed.n, sizeof PLAIN - 1 + SEAL_EXTRA_BYTES);
}

static void
neither_name_nor_key_can_be_seen_in_it(void **state)
{
    struct bed *bed = *state;

    for (size_t i = 0; i + 4 <= bed->sealed.n; i++)
        assert_memory_not_equal(bed->sealed.p + i, "Test", 4);
    for (size_t i = 0; i + 4 <= bed->wrapped.n; i++)
        assert_memory_not_equal(bed->wrapped.p + i, bed->draw.key.b, 4);
}

static void
nothing_at_all_can_be_sealed(void **state)
{
    struct bed *bed = *state;
    struct err err;
    struct str plain;

    bed->sealed = seal_write(&bed->draw.key, &bed->name, bed->draw.nonce,
                             STR(""), bed->arena);
    assert_int_equal(seal_read(&bed->draw.key, &bed->name, bed->sealed,
                               bed->arena, &plain, &err),
                     ST_OK);
    assert_int_equal(plain.n, 0);
    assert_non_null(plain.p);
}

static void
the_same_draw_gives_the_same_bytes(void **state)
{
    struct bed *bed = *state;
    struct str again = seal_write(&bed->draw.key, &bed->name, bed->draw.nonce,
                                  STR(PLAIN), bed->arena);

    assert_true(str_eq(again, bed->sealed));
    again = seal_wrap(bed->seal, &bed->range, &bed->draw.key,
                      bed->draw.wrap_nonce, bed->arena);
    assert_true(str_eq(again, bed->wrapped));
}

/* Bytes as they were when the format was frozen: log and table hold them. */
static void
the_format_is_what_the_log_holds(void **state)
{
    static const uint8_t want_sealed[] = {
        0x01, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33,
        0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33,
        0x33, 0x33, 0x33, 0xdb, 0xc6, 0x14, 0x7e, 0x0a, 0x3a, 0x94, 0x4a,
        0x19, 0x71, 0xef, 0x55, 0x6c, 0x1b, 0x19, 0x1c, 0x74, 0x42, 0xaa
    };
    static const uint8_t want_wrapped[] = {
        0x01, 0x2b, 0xf3, 0x59, 0x24, 0x40, 0x05, 0xca, 0x9d, 0x22, 0x22, 0x22,
        0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
        0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x36, 0x20, 0x64,
        0x68, 0xcd, 0xc8, 0x23, 0x9c, 0xb8, 0x78, 0x1b, 0x61, 0x52, 0x60, 0x01,
        0x3f, 0xdf, 0xb6, 0xfa, 0xc9, 0x30, 0x5f, 0xcf, 0x7f, 0xfc, 0xf0, 0x11,
        0x23, 0x18, 0x0f, 0x7e, 0xba, 0x6f, 0x76, 0x51, 0x65, 0x64, 0xf8, 0x07,
        0xaa, 0xbc, 0xe9, 0x55, 0x2f, 0x63, 0x7a, 0xc3, 0x52
    };
    struct bed *bed = *state;
    struct draw d;

    memset(&d.key, 0x11, sizeof d.key);
    memset(d.wrap_nonce, 0x22, sizeof d.wrap_nonce);
    memset(d.nonce, 0x33, sizeof d.nonce);
    bed->sealed =
        seal_write(&d.key, &bed->name, d.nonce, STR("abc"), bed->arena);
    bed->wrapped =
        seal_wrap(bed->seal, &bed->range, &d.key, d.wrap_nonce, bed->arena);
    assert_int_equal(bed->sealed.n, sizeof want_sealed);
    assert_memory_equal(bed->sealed.p, want_sealed, sizeof want_sealed);
    assert_int_equal(bed->wrapped.n, sizeof want_wrapped);
    assert_memory_equal(bed->wrapped.p, want_wrapped, sizeof want_wrapped);
}

static void
two_draws_have_nothing_in_common(void **state)
{
    struct bed *bed = *state;
    struct draw other;

    seal_draw(&other, sizeof other);
    assert_memory_not_equal(&other.key, &bed->draw.key, sizeof other.key);
    assert_memory_not_equal(other.nonce, bed->draw.nonce, sizeof other.nonce);
    assert_memory_not_equal(other.wrap_nonce, bed->draw.wrap_nonce,
                            sizeof other.wrap_nonce);
    assert_memory_not_equal(other.nonce, other.wrap_nonce,
                            sizeof other.wrap_nonce);
    seal_forget(&other, sizeof other);
    for (size_t i = 0; i < sizeof other; i++)
        assert_int_equal(((const uint8_t *)&other)[i], 0);
}

/* ---- what does not open -------------------------------------------------- */

static struct str
altered(const struct bed *bed, struct str s, size_t at)
{
    char *copy = arena_copy(bed->arena, s.p, s.n);

    copy[at] ^= 1;
    return (struct str){ copy, s.n };
}

static void
any_changed_byte_of_the_sealed_field_is_noticed(void **state)
{
    struct bed *bed = *state;
    struct str whole = bed->sealed;

    for (size_t i = 0; i < whole.n; i++) {
        bed->sealed = altered(bed, whole, i);
        if (i == 0)
            reads(bed, bed->seal, ST_FATAL, "format");
        else
            reads(bed, bed->seal, ST_REJECT, "sealed");
    }
}

static void
any_changed_byte_of_the_wrapped_key_is_noticed(void **state)
{
    struct bed *bed = *state;
    struct str whole = bed->wrapped;

    for (size_t i = 0; i < whole.n; i++) {
        bed->wrapped = altered(bed, whole, i);
        if (i == 0)
            reads(bed, bed->seal, ST_FATAL, "format");
        else if (i < 9)
            reads(bed, bed->seal, ST_FATAL, "sealed");
        else
            reads(bed, bed->seal, ST_REJECT, "sealed");
    }
}

static void
any_missing_end_is_noticed(void **state)
{
    struct bed *bed = *state;
    struct str sealed = bed->sealed, wrapped = bed->wrapped;

    for (bed->sealed.n = 0; bed->sealed.n < sealed.n; bed->sealed.n++)
        reads(bed, bed->seal, ST_REJECT,
              bed->sealed.n < SEAL_EXTRA_BYTES ? "format" : "sealed");
    for (bed->wrapped.n = 0; bed->wrapped.n < wrapped.n; bed->wrapped.n++)
        reads(bed, bed->seal, ST_REJECT, "format");
    bed->wrapped = (struct str){ arena_alloc(bed->arena, 200), 0 };
    memcpy((char *)(uintptr_t)bed->wrapped.p, wrapped.p, wrapped.n);
    bed->wrapped.n = wrapped.n + 1;
    reads(bed, bed->seal, ST_REJECT, "format");
}

static void
in_another_records_place_it_does_not_open(void **state)
{
    struct bed *bed = *state;

    bed->name.record_id = id_no(3);
    reads(bed, bed->seal, ST_REJECT, "sealed");
}

static void
under_another_keys_id_it_does_not_open(void **state)
{
    struct bed *bed = *state;
    struct err err;
    struct str plain;

    bed->name.key_id = id_no(3);
    reads(bed, bed->seal, ST_REJECT, "sealed");
    assert_int_equal(seal_read(&bed->draw.key, &bed->name, bed->sealed,
                               bed->arena, &plain, &err),
                     ST_REJECT);
    assert_string_equal(err.code, "sealed");
}

struct elsewhere_row {
    const char *name;
    struct seal_range range;
};

static const struct elsewhere_row elsewhere_rows[] = {
    { "in another range's place a key does not open",
      { .shard = 7, .first = { { 3 } }, .digits = 32 } },
    { "in a wider range's place a key does not open",
      { .shard = 7, .first = { { 1 } }, .digits = 31 } },
    { "in another authority's place a key does not open",
      { .shard = 8, .first = { { 1 } }, .digits = 32 } },
    { "an authority's number counts in all its bits",
      { .shard = 7 + (1 << 24), .first = { { 1 } }, .digits = 32 } },
};

static void
test_elsewhere_row(void **state)
{
    const struct elsewhere_row *row = *state;
    struct bed *bed;
    void *made = NULL;

    (void)set_up(&made);
    bed = made;
    bed->range = row->range;
    reads(bed, bed->seal, ST_REJECT, "sealed");
    (void)tear_down(&made);
}

static void
with_another_records_key_it_does_not_open(void **state)
{
    struct bed *bed = *state;
    struct draw other;

    seal_draw(&other, sizeof other);
    bed->wrapped = seal_wrap(bed->seal, &bed->range, &other.key,
                             other.wrap_nonce, bed->arena);
    reads(bed, bed->seal, ST_REJECT, "sealed");
}

static void
an_erased_key_says_so(void **state)
{
    struct bed *bed = *state;

    bed->wrapped = STR_NULL;
    reads(bed, bed->seal, ST_REJECT, "erased");
}

/* Only the sealed field's own version decides, not what follows it. */
static void
a_version_to_come_stops_instead_of_being_refused(void **state)
{
    struct bed *bed = *state;
    struct str sealed = bed->sealed;

    bed->sealed = STR("\x02");
    reads(bed, bed->seal, ST_FATAL, "format");
    bed->sealed = sealed;
    bed->wrapped = STR("\x02");
    reads(bed, bed->seal, ST_FATAL, "format");
}

/* ---- another master key -------------------------------------------------- */

static void
without_its_master_key_it_stops(void **state)
{
    struct bed *bed = *state;
    struct seal *other = open_with(HEX_B);

    reads(bed, other, ST_FATAL, "sealed");
    seal_close(other);
}

static void
an_old_master_key_still_opens_and_a_new_one_wraps(void **state)
{
    struct bed *bed = *state;
    struct seal *both = open_with(HEX_B "\n" HEX_A);
    struct seal *later;
    struct draw fresh;
    struct seal_key key;
    struct err err;

    reads(bed, both, ST_OK, "");
    assert_true(seal_is_current(bed->seal, bed->wrapped));
    assert_false(seal_is_current(both, bed->wrapped));
    assert_false(seal_is_current(both, STR_NULL));

    assert_int_equal(seal_unwrap(both, &bed->range, bed->wrapped, &key, &err),
                     ST_OK);
    seal_draw(&fresh, sizeof fresh);
    bed->wrapped =
        seal_wrap(both, &bed->range, &key, fresh.wrap_nonce, bed->arena);
    assert_true(seal_is_current(both, bed->wrapped));
    later = open_with(BASE64_B); /* the old one is gone from the file */
    reads(bed, later, ST_OK, "");
    seal_close(later);
    seal_close(both);
}

/* ---- how long it takes --------------------------------------------------- */

#define BATCH 1000
#define TRIES 30

static double
now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void
a_thousand_take_less_than_5_us_each(void **state)
{
    struct bed *bed = *state;
    static char person[300]; /* a Person of a 600-byte notification */
    struct str wrapped[BATCH], sealed[BATCH];
    double write_us = 1e9, read_us = 1e9;

    for (int t = 0; t < TRIES; t++) {
        double begun = now_us(), made, done;

        for (int i = 0; i < BATCH; i++) {
            seal_draw(&bed->draw, sizeof bed->draw);
            wrapped[i] = seal_wrap(bed->seal, &bed->range, &bed->draw.key,
                                   bed->draw.wrap_nonce, bed->arena);
            sealed[i] =
                seal_write(&bed->draw.key, &bed->name, bed->draw.nonce,
                           (struct str){ person, sizeof person }, bed->arena);
        }
        made = now_us();
        for (int i = 0; i < BATCH; i++) {
            struct err err;
            struct str plain;

            assert_int_equal(
                read_by(bed, bed->seal, wrapped[i], sealed[i], &plain, &err),
                ST_OK);
        }
        done = now_us();
        if (made - begun < write_us)
            write_us = made - begun;
        if (done - made < read_us)
            read_us = done - made;
        arena_reset(bed->arena);
    }
    print_message("drawn and sealed in %.2f us each, unsealed in %.2f us\n",
                  write_us / BATCH, read_us / BATCH);
#if !defined(__SANITIZE_ADDRESS__) && defined(__OPTIMIZE__)
    assert_true(read_us / BATCH < 5);
#endif
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest others[] = {
        T(eight_master_keys_are_taken_and_nine_are_not),
        T(a_file_that_is_none_is_refused),
        T(what_was_sealed_comes_back),
        T(neither_name_nor_key_can_be_seen_in_it),
        T(nothing_at_all_can_be_sealed),
        T(the_same_draw_gives_the_same_bytes),
        T(the_format_is_what_the_log_holds),
        T(two_draws_have_nothing_in_common),
        T(any_changed_byte_of_the_sealed_field_is_noticed),
        T(any_changed_byte_of_the_wrapped_key_is_noticed),
        T(any_missing_end_is_noticed),
        T(in_another_records_place_it_does_not_open),
        T(under_another_keys_id_it_does_not_open),
        T(with_another_records_key_it_does_not_open),
        T(an_erased_key_says_so),
        T(a_version_to_come_stops_instead_of_being_refused),
        T(without_its_master_key_it_stops),
        T(an_old_master_key_still_opens_and_a_new_one_wraps),
        T(a_thousand_take_less_than_5_us_each),
    };
    struct CMUnitTest tests[N(others) + N(file_rows) + N(elsewhere_rows)];
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(path, sizeof path, "%s/test_seal_%ld",
                   tmp == NULL || strlen(tmp) > 40 ? "/tmp" : tmp,
                   (long)getpid());
    memcpy(tests, others, sizeof others);
    for (size_t i = 0; i < N(file_rows); i++)
        tests[N(others) + i] =
            (struct CMUnitTest){ .name = file_rows[i].name,
                                 .test_func = test_file_row,
                                 .initial_state = (void *)&file_rows[i] };
    for (size_t i = 0; i < N(elsewhere_rows); i++)
        tests[N(others) + N(file_rows) + i] =
            (struct CMUnitTest){ .name = elsewhere_rows[i].name,
                                 .test_func = test_elsewhere_row,
                                 .initial_state = (void *)&elsewhere_rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
