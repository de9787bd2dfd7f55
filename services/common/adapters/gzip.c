#include "common/adapters/gzip.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

enum {
    MEMBER_MIN = 18, /* header and trailer without content */
    WINDOW_GZIP = 16 + MAX_WBITS,
};

size_t
gzip_size(struct str packed)
{
    const unsigned char *p;

    if (packed.n < MEMBER_MIN)
        return 0;
    p = (const unsigned char *)packed.p + packed.n - 4;
    return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
           (size_t)p[3] << 24;
}

/* One member that fills `room` exactly. */
static enum status
unpack(struct str packed, unsigned char *room, size_t n, struct err *err)
{
    z_stream z = { .next_in = (z_const Bytef *)packed.p,
                   .avail_in = (uInt)packed.n,
                   .next_out = room,
                   .avail_out = (uInt)n };
    int rc = inflateInit2(&z, WINDOW_GZIP);

    if (rc != Z_OK)
        return err_set(err, ST_RETRY, "memory", "no memory to unpack");
    rc = inflate(&z, Z_FINISH);
    (void)inflateEnd(&z);
    if (rc == Z_MEM_ERROR)
        return err_set(err, ST_RETRY, "memory", "no memory to unpack");
    if (rc == Z_STREAM_END && z.avail_in == 0 && z.avail_out == 0)
        return ST_OK;
    return err_set(err, ST_REJECT, "gzip",
                   "not one gzip member of the length that it says");
}

enum status
gzip_unpack(struct str packed, size_t max, char **out, size_t *n,
            struct err *err)
{
    size_t size = gzip_size(packed);
    unsigned char *room;
    enum status rc;

    *out = NULL;
    *n = 0;
    if (packed.n < MEMBER_MIN || packed.n > INT_MAX ||
        (unsigned char)packed.p[0] != 0x1F ||
        (unsigned char)packed.p[1] != 0x8B)
        return err_set(err, ST_REJECT, "gzip", "not gzip");
    if (size > max || size > INT_MAX)
        return err_set(err, ST_REJECT, "R04",
                       "more than %zu bytes when unpacked", max);
    room = malloc(size + 1); /* zlib wants some even for nothing */
    if (room == NULL)
        return err_set(err, ST_RETRY, "memory", "no memory to unpack");
    rc = unpack(packed, room, size, err);
    if (rc != ST_OK) {
        free(room);
        return rc;
    }
    *out = (char *)room;
    *n = size;
    return ST_OK;
}
