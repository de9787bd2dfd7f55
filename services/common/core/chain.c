#include "common/core/chain.h"

#include <xxhash.h>

#include <string.h>

enum { HEADER_VERSION = 1 };

static void
put_be(uint8_t *out, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static uint64_t
get_be(const uint8_t *in, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v = v << 8 | in[i];
    return v;
}

uint64_t
chain_next(uint64_t before, struct str key, struct str value)
{
    uint8_t seed[24];

    /* Lengths go in, so that key and value can't trade bytes. */
    put_be(seed, before, 8);
    put_be(seed + 8, XXH3_64bits(key.n > 0 ? key.p : "", key.n), 8);
    put_be(seed + 16, XXH3_64bits(value.n > 0 ? value.p : "", value.n), 8);
    return XXH3_64bits(seed, sizeof seed);
}

void
chain_header(const struct link *link, uint8_t out[CHAIN_HEADER_SIZE])
{
    out[0] = HEADER_VERSION;
    out[1] = link->origin.service;
    put_be(out + 2, link->origin.authority, 2);
    put_be(out + 4, link->origin.incarnation, 4);
    put_be(out + 8, (uint64_t)link->sequence, 8);
    put_be(out + 16, link->chain, 8);
}

bool
chain_read(struct str header, struct link *out)
{
    const uint8_t *p = (const uint8_t *)header.p;
    uint64_t sequence;

    if (header.n != CHAIN_HEADER_SIZE || p[0] != HEADER_VERSION)
        return false;
    if (p[1] == SERVICE_NONE || p[1] >= SERVICE_N)
        return false;
    sequence = get_be(p + 8, 8);
    if (sequence < 1 || sequence > INT64_MAX)
        return false;
    *out = (struct link){
        .origin = { .service = p[1],
                    .authority = (uint16_t)get_be(p + 2, 2),
                    .incarnation = (uint32_t)get_be(p + 4, 4) },
        .sequence = (int64_t)sequence,
        .chain = get_be(p + 16, 8),
    };
    return true;
}

bool
origin_eq(struct origin a, struct origin b)
{
    return a.service == b.service && a.authority == b.authority &&
           a.incarnation == b.incarnation;
}

enum admit
chain_admit(const struct mark *mark, const struct link *link, struct str key,
            struct str value)
{
    if (link->sequence < mark->sequence)
        return ADMIT_DROP;
    if (link->sequence == mark->sequence)
        return link->chain == mark->chain ? ADMIT_DROP : ADMIT_FORK;
    if (link->sequence > mark->sequence + 1)
        return ADMIT_GAP;
    return link->chain == chain_next(mark->chain, key, value) ? ADMIT_NEXT
                                                              : ADMIT_FORK;
}
