/*
 * What opens sealed persons. The first byte says what the rest is: 'k' a file
 * of master keys, 'w' a wrapped key, else sealed bytes. Both of the latter are
 * genuine ones with the rest laid over them byte by byte (exclusive or), so
 * that a change of one bit is one byte of input; beyond their length they grow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/adapters/seal.h"
#include "tests/fuzz/fuzz.h"

static struct {
    struct seal *seal;
    struct seal_name name;
    struct seal_range range;
    struct seal_key key;
    uint8_t nonce[SEAL_NONCE_BYTES];
    char path[32];
} w; /* made by LLVMFuzzerInitialize */

static const char plain[] = "what is said of Testchild Alpha";
static const char master[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static void
write_file(const void *p, size_t n)
{
    FILE *to = fopen(w.path, "w");

    always(to != NULL && fwrite(p, 1, n, to) == n && fclose(to) == 0);
}

static void
remove_file(void)
{
    (void)unlink(w.path);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct err err;
    int fd;

    (void)argc;
    (void)argv;
    (void)snprintf(w.path, sizeof w.path, "/tmp/waymark-fuzz-XXXXXX");
    fd = mkstemp(w.path);
    always(fd >= 0 && close(fd) == 0 && atexit(remove_file) == 0);
    write_file(master, strlen(master));
    always(seal_open(w.path, &w.seal, &err) == ST_OK);
    w.name = (struct seal_name){ .key_id = { .b = { 1 } },
                                 .record_id = { .b = { 2 } } };
    w.range =
        (struct seal_range){ .shard = 1, .first = w.name.key_id, .digits = 2 };
    seal_draw(&w.key, sizeof w.key);
    seal_draw(w.nonce, sizeof w.nonce);
    return 0;
}

/* `genuine` changed by the input; *same: nothing was. */
static struct str
laid_over(struct arena *a, struct str genuine, struct str over, bool *same)
{
    size_t n = over.n > genuine.n ? over.n : genuine.n;
    char *p = arena_alloc(a, n);

    memcpy(p, genuine.p, genuine.n);
    *same = over.n <= genuine.n;
    for (size_t i = 0; i < over.n; i++) {
        p[i] = (char)(p[i] ^ over.p[i]);
        *same = *same && over.p[i] == 0;
    }
    return (struct str){ .p = p, .n = n };
}

static void
open_wrapped(struct arena *a, struct str over)
{
    struct str genuine = seal_wrap(w.seal, &w.range, &w.key, w.nonce, a);
    struct seal_key key;
    struct err err = { .code = "" };
    bool same;
    struct str bytes = laid_over(a, genuine, over, &same);
    enum status rc = seal_unwrap(w.seal, &w.range, bytes, &key, &err);

    always((rc == ST_OK) == same);
    if (rc == ST_OK)
        always(memcmp(&key, &w.key, sizeof key) == 0);
    always(seal_unwrap(w.seal, &w.range, over, &key, &err) != ST_OK);
    (void)seal_is_current(w.seal, over);
}

static void
open_sealed(struct arena *a, struct str over)
{
    struct str genuine = seal_write(&w.key, &w.name, w.nonce, str_of(plain), a);
    struct str out;
    struct err err = { .code = "" };
    bool same;
    struct str bytes = laid_over(a, genuine, over, &same);
    enum status rc = seal_read(&w.key, &w.name, bytes, a, &out, &err);

    always((rc == ST_OK) == same);
    always(rc != ST_OK || str_eq(out, str_of(plain)));
    always(seal_read(&w.key, &w.name, over, a, &out, &err) != ST_OK);
}

static void
read_keys(struct str text)
{
    struct seal *seal = NULL;
    struct err err = { .code = "" };

    write_file(text.p, text.n);
    if (seal_open(w.path, &seal, &err) != ST_OK)
        always(strcmp(err.code, "config") == 0);
    seal_close(seal);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = fuzz_arena();
    struct str rest = fuzz_str(data + (n > 0), n - (n > 0));

    if (n > 0 && data[0] == 'k')
        read_keys(rest);
    else if (n > 0 && data[0] == 'w')
        open_wrapped(a, rest);
    else
        open_sealed(a, rest);
    return 0;
}
