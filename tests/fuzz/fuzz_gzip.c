/* A packed body, and the same bytes packed truly. */
#include <zlib.h>

#include <stdlib.h>
#include <string.h>

#include "common/adapters/gzip.h"
#include "tests/fuzz/fuzz.h"

enum { UNPACKED_MAX = 1 << 20, GZIP_WINDOW = 15 + 16 };

static void
unpack(struct str packed)
{
    struct err err = { .code = "" };
    char *text = NULL;
    size_t n = 0;
    enum status rc = gzip_unpack(packed, UNPACKED_MAX, &text, &n, &err);

    if (rc == ST_OK)
        always(n == gzip_size(packed) && n <= UNPACKED_MAX);
    else
        always(rc == ST_REJECT &&
               (strcmp(err.code, "R04") == 0 || strcmp(err.code, "gzip") == 0));
    free(text);
}

static void
pack_and_unpack(struct arena *a, struct str plain)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)plain.p,
                   .avail_in = (uInt)plain.n };
    size_t room, n = 0;
    struct err err = { .code = "" };
    char *to, *text = NULL;

    always(deflateInit2(&z, 1, Z_DEFLATED, GZIP_WINDOW, 8,
                        Z_DEFAULT_STRATEGY) == Z_OK);
    room = deflateBound(&z, plain.n);
    to = arena_alloc(a, room);
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)room;
    always(deflate(&z, Z_FINISH) == Z_STREAM_END);
    room = z.total_out;
    (void)deflateEnd(&z);
    always(gzip_unpack((struct str){ .p = to, .n = room }, UNPACKED_MAX, &text,
                       &n, &err) == ST_OK);
    always(str_eq((struct str){ .p = text, .n = n }, plain));
    free(text);
    /* With one byte less it is nothing. */
    always(gzip_unpack((struct str){ .p = to, .n = room - 1 }, UNPACKED_MAX,
                       &text, &n, &err) == ST_REJECT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    unpack(fuzz_str(data, n));
    pack_and_unpack(fuzz_arena(), fuzz_str(data, n));
    return 0;
}
