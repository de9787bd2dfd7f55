#include "common/core/id.h"

#include <sodium/crypto_generichash.h>

#include <string.h>

/* Of a null part, where a length would stand: null differs from empty. */
#define NULL_LENGTH UINT64_MAX

static void
add_number(crypto_generichash_state *h, uint64_t n)
{
    unsigned char b[8];

    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (unsigned char)(n >> (8 * i) & 0xff);
    (void)crypto_generichash_update(h, b, sizeof b);
}

static void
add_part(crypto_generichash_state *h, struct str part)
{
    if (part.p == NULL) {
        add_number(h, NULL_LENGTH);
        return;
    }
    add_number(h, part.n);
    (void)crypto_generichash_update(h, (const unsigned char *)part.p, part.n);
}

/*
 * BLAKE2b-128 without key over tag, number of parts and parts; each text
 * behind its length, numbers as 8 bytes, lowest first.
 */
struct id
id_derive(const char *tag, const struct str *parts, size_t n_parts)
{
    crypto_generichash_state h;
    struct id id;

    (void)crypto_generichash_init(&h, NULL, 0, sizeof id.b);
    add_part(&h, str_of(tag));
    add_number(&h, n_parts);
    for (size_t i = 0; i < n_parts; i++)
        add_part(&h, parts[i]);
    (void)crypto_generichash_final(&h, id.b, sizeof id.b);
    id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x80); /* RFC 9562, 5.8: version 8 */
    id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80); /* 4.1: variant 10 */
    return id;
}

bool
id_is_none(struct id id)
{
    return id_eq(id, ID_NONE);
}

bool
id_eq(struct id a, struct id b)
{
    return id_cmp(a, b) == 0;
}

int
id_cmp(struct id a, struct id b)
{
    return memcmp(a.b, b.b, sizeof a.b);
}

static bool
hyphen_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

char *
id_text(struct id id, char out[ID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *p = out;

    for (size_t i = 0; i < sizeof id.b; i++) {
        if (hyphen_before(i))
            *p++ = '-';
        *p++ = digits[id.b[i] >> 4];
        *p++ = digits[id.b[i] & 0x0f];
    }
    *p = '\0';
    return out;
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool
id_parse(struct str text, struct id *out)
{
    struct id id = ID_NONE;
    const char *p = text.p;

    *out = ID_NONE;
    if (text.p == NULL || text.n != ID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < sizeof id.b; i++) {
        int high;
        int low;

        if (hyphen_before(i) && *p++ != '-')
            return false;
        high = hex_value(*p++);
        low = hex_value(*p++);
        if (high < 0 || low < 0)
            return false;
        id.b[i] = (uint8_t)(high << 4 | low);
    }
    *out = id;
    return true;
}

struct str
id_part(const struct id *id)
{
    return (struct str){ .p = (const char *)id->b, .n = sizeof id->b };
}
