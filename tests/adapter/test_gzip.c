/* Packed bodies: what is unpacked, and that no bomb goes off. */
#include "common/adapters/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

enum { MAX = 1000, ROOM = 4096 };

struct row {
    const char *name;
    size_t n;        /* bytes that are packed, all alike */
    size_t claims;   /* what the end says, where `lies` */
    bool lies;
    size_t cut;      /* bytes taken away at the end */
    const char *more; /* put behind it */
    enum status want;
    const char *code;
};

static const struct row rows[] = {
    { "a body is unpacked", 600, 0, false, 0, "", ST_OK, "" },
    { "an empty one too", 0, 0, false, 0, "", ST_OK, "" },
    { "one of the largest size too", MAX, 0, false, 0, "", ST_OK, "" },
    { "a byte more is refused", MAX + 1, 0, false, 0, "", ST_REJECT, "R04" },
    { "a bomb that says its size is refused", 1 << 20, 0, false, 0, "",
      ST_REJECT, "R04" },
    { "a bomb that lies about it is refused too", 1 << 20, 500, true, 0, "",
      ST_REJECT, "gzip" },
    { "one that says more than it holds is broken", 500, 600, true, 0, "",
      ST_REJECT, "gzip" },
    { "one that breaks off is broken", 600, 0, false, 9, "", ST_REJECT,
      "R04" },
    { "something behind it is refused", 600, 0, false, 0,
      "\x58\2\0\0", ST_REJECT, "gzip" }, /* which reads as 600 bytes */
};

#define N_ROWS (sizeof rows / sizeof rows[0])

/* The packed bytes of a row, at most ROOM and 4 more. */
static size_t
pack(const struct row *row, unsigned char *out)
{
    z_stream z = { .next_out = out, .avail_out = ROOM };
    unsigned char *text = malloc(row->n + 1);
    size_t n;

    memset(text, 'x', row->n + 1);
    z.next_in = text;
    z.avail_in = (uInt)row->n;
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    n = z.total_out;
    (void)deflateEnd(&z);
    free(text);
    for (int i = 0; row->lies && i < 4; i++)
        out[n - 4 + (size_t)i] = (unsigned char)(row->claims >> 8 * i);
    n -= row->cut;
    if (row->more[0] != '\0') {
        memcpy(out + n, row->more, 4);
        n += 4;
    }
    return n;
}

static void
test_row(void **state)
{
    const struct row *row = *state;
    unsigned char packed[ROOM + 8];
    struct str in = { .p = (const char *)packed, .n = pack(row, packed) };
    struct err err = { .code = "" };
    char *text = NULL;
    size_t n = 0;

    assert_int_equal(gzip_unpack(in, MAX, &text, &n, &err), row->want);
    if (row->want == ST_OK) {
        assert_int_equal(n, row->n);
        assert_int_equal(gzip_size(in), row->n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(text[i], 'x');
    } else {
        assert_null(text);
        if (row->cut == 0)
            assert_string_equal(err.code, row->code);
    }
    free(text);
}

static void
what_is_not_packed_is_refused(void **state)
{
    static const char *const texts[] = { "", "{}",
                                         "{\"a\":\"not packed at all\"}" };
    struct err err;
    char *text;
    size_t n;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(gzip_unpack(str_of(texts[i]), MAX, &text, &n, &err), ST_REJECT);
        assert_string_equal(err.code, "gzip");
    }
}

int
main(void)
{
    struct CMUnitTest tests[N_ROWS + 1];

    for (size_t i = 0; i < N_ROWS; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = test_row,
                                        .initial_state = (void *)&rows[i] };
    tests[N_ROWS] =
        (struct CMUnitTest)cmocka_unit_test(what_is_not_packed_is_refused);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
