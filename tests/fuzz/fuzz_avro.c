/*
 * Records as they come off a topic. Bytes that begin with 0 are a record as it
 * is. Else the first byte picks a record's type, the second its content, and
 * each three further ones change a byte of what is written of it (place, place,
 * value); an odd end cuts it off there.
 */
#include <stdlib.h>
#include <string.h>

#include "common/adapters/avro.h"
#include "common/core/records.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/any_record.h"

static struct avro_codec *
codec(void)
{
    static struct avro_codec *c;
    struct err err;

    if (c == NULL)
        c = avro_open(&err);
    always(c != NULL);
    return c;
}

static struct str
write(struct arena *a, enum record_type type, const void *body)
{
    struct str bytes;
    struct err err;

    always(avro_encode(codec(), type, body, a, &bytes, &err) == ST_OK);
    return bytes;
}

static struct str
changed(struct arena *a, const uint8_t *data, size_t n)
{
    enum record_type type =
        (enum record_type)(REC_NONE + 1 + data[0] % (REC_N - 1));
    struct str whole = write(a, type, any_record_of(a, type, data[1]));
    char *p = arena_copy(a, whole.p, whole.n);
    size_t i = 2;

    for (; i + 3 <= n; i += 3)
        p[(size_t)(data[i] << 8 | data[i + 1]) % whole.n] = (char)data[i + 2];
    if (i < n)
        whole.n = data[i] % whole.n;
    return (struct str){ .p = p, .n = whole.n };
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = fuzz_arena();
    struct str bytes = fuzz_str(data, n);
    enum record_type type, again;
    const void *body, *back;
    size_t before;
    struct err err = { .code = "" };
    enum status rc;
    char *copy;

    if (n >= 2 && data[0] != 0)
        bytes = changed(a, data, n);
    /* Exactly as long, so that reading beyond it is seen. */
    copy = malloc(bytes.n + (bytes.n == 0));
    always(copy != NULL);
    memcpy(copy, bytes.p, bytes.n);
    bytes.p = copy;
    before = a->used;
    rc = avro_decode(codec(), bytes, a, &type, &body, &err);
    free(copy);
    if (rc != ST_OK) {
        always(rc == ST_REJECT || strcmp(err.code, "schema") == 0);
        always(type == REC_NONE);
        return 0;
    }
    /* What a message claims costs no more than the message is long; what each
     * of its bytes may begin is a struct of some hundred bytes at most. */
    always(a->used - before <= 4096 + 1024 * bytes.n);
    bytes = write(a, type, body);
    always(avro_decode(codec(), bytes, a, &again, &back, &err) == ST_OK);
    always(again == type && fields_eq(record_def(type)->fields, body, back));
    return 0;
}
