#include "notifier/link.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/http_client.h"

enum { PART_MAX = 200, TEXT_MAX = 600, DIGITS_MAX = 18 };

void
link_sign(const char *key, struct str text, char out[LINK_HEX_SIZE])
{
    crypto_auth_hmacsha256_state state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key,
                                strlen(key));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.p,
                                  text.n);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2hex(out, LINK_HEX_SIZE, mac, sizeof mac);
}

/* What is signed. No part holds a line break, so none runs into the next. */
static bool
signed_text(const struct link *l, char *out, size_t size, size_t *n)
{
    char id[ID_TEXT_SIZE];
    int k;

    if (l->authority.n > PART_MAX || l->person.n > PART_MAX ||
        memchr(l->authority.p, '\n', l->authority.n) != NULL ||
        memchr(l->person.p, '\n', l->person.n) != NULL)
        return false;
    k = snprintf(out, size, "ack\n%c\n%s\n%.*s\n%.*s\n%" PRId64, l->kind,
                 id_text(l->id, id), STR_ARG(l->authority), STR_ARG(l->person),
                 l->expires_at / SECOND_MS);
    *n = k < 0 ? 0 : (size_t)k;
    return k > 0 && (size_t)k < size;
}

bool
link_make(const struct link *link, const char *base, const char *key, char *out,
          size_t size)
{
    char text[TEXT_MAX], hex[LINK_HEX_SIZE], id[ID_TEXT_SIZE];
    char authority[PART_MAX * 3 + 1], person[PART_MAX * 3 + 1];
    size_t n = 0;
    int k;

    if (!signed_text(link, text, sizeof text, &n) ||
        !http_escape(link->authority, authority, sizeof authority) ||
        !http_escape(link->person, person, sizeof person))
        return false;
    link_sign(key, (struct str){ .p = text, .n = n }, hex);
    k = snprintf(out, size, "%s/ack?k=%c&id=%s&a=%s&p=%s&e=%" PRId64 "&s=%s",
                 base, link->kind, id_text(link->id, id), authority, person,
                 link->expires_at / SECOND_MS, hex);
    return k > 0 && (size_t)k < size;
}

enum link_answer
link_check(const struct link_query *query, const char *key, time_ms now,
           struct link *out)
{
    char text[TEXT_MAX], hex[LINK_HEX_SIZE];
    size_t n = 0;
    int64_t expires_s = 0;

    *out =
        (struct link){ .authority = query->authority, .person = query->person };
    if (query->kind.n != 1 || query->authority.p == NULL ||
        query->person.p == NULL || query->expires.n == 0 ||
        query->expires.n > DIGITS_MAX || query->signature.n != 64 ||
        !id_parse(query->id, &out->id))
        return LINK_BAD;
    for (size_t i = 0; i < query->expires.n; i++) {
        if (query->expires.p[i] < '0' || query->expires.p[i] > '9')
            return LINK_BAD;
        expires_s = expires_s * 10 + (query->expires.p[i] - '0');
    }
    if (expires_s > INT64_MAX / SECOND_MS)
        return LINK_BAD;
    out->kind = query->kind.p[0];
    out->expires_at = expires_s * SECOND_MS;
    if (!signed_text(out, text, sizeof text, &n))
        return LINK_BAD;
    link_sign(key, (struct str){ .p = text, .n = n }, hex);
    if (sodium_memcmp(hex, query->signature.p, LINK_HEX_SIZE - 1) != 0)
        return LINK_BAD;
    return now > out->expires_at ? LINK_EXPIRED : LINK_GOOD;
}
