#include "intake/core/content.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static void
add(crypto_generichash_state *h, const void *p, size_t n)
{
    (void)crypto_generichash_update(h, p, n);
}

static void
add_mark(crypto_generichash_state *h, char mark, size_t n)
{
    uint8_t head[9] = { (uint8_t)mark };

    for (int i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
    add(h, head, sizeof head);
}

static void
add_text(crypto_generichash_state *h, char mark, struct str s)
{
    add_mark(h, mark, s.n);
    if (s.n > 0)
        add(h, s.p, s.n);
}

static bool
counts(const struct raw_value *v)
{
    return !raw_is_blank(v);
}

static void add_value(crypto_generichash_state *h, struct arena *arena,
                      const struct raw_value *v);

/* Members by name, whatever order they came in. */
static void
add_object(crypto_generichash_state *h, struct arena *arena,
           const struct raw_value *v)
{
    const struct raw_value **at = arena_array(arena, v->n, sizeof *at);
    size_t n = 0;

    for (size_t i = 0; i < v->n; i++) {
        size_t to = n;

        if (!counts(&v->at[i]))
            continue;
        for (; to > 0 && str_cmp(at[to - 1]->name, v->at[i].name) > 0; to--)
            at[to] = at[to - 1];
        at[to] = &v->at[i];
        n++;
    }
    add_mark(h, '{', n);
    for (size_t i = 0; i < n; i++) {
        add_text(h, 'k', at[i]->name);
        add_value(h, arena, at[i]);
    }
}

static void
add_value(crypto_generichash_state *h, struct arena *arena,
          const struct raw_value *v)
{
    switch (v->type) {
    case RAW_OBJECT:
        add_object(h, arena, v);
        break;
    case RAW_ARRAY:
        add_mark(h, '[', v->n);
        for (size_t i = 0; i < v->n; i++)
            add_value(h, arena, &v->at[i]);
        break;
    case RAW_NULL:
        add_mark(h, '0', 0);
        break;
    case RAW_BOOL:
    case RAW_NUMBER:
    case RAW_STRING:
        add_text(h, 's', v->text);
        break;
    }
}

void
content_hash(struct arena *arena, struct str key, enum item_kind_of item,
             const struct raw_value *raw, uint8_t out[CONTENT_HASH_SIZE])
{
    crypto_generichash_state h;
    int rc = crypto_generichash_init(&h, (const unsigned char *)key.p, key.n,
                                     CONTENT_HASH_SIZE);

    assert(rc == 0); /* the length of the key is checked at start */
    (void)rc;
    add_text(&h, 'i', str_of(codes_word(&codes_item, (int)item)));
    add_value(&h, arena, raw);
    (void)crypto_generichash_final(&h, out, CONTENT_HASH_SIZE);
}

char *
content_digest(struct str text, char out[CONTENT_DIGEST_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t hash[32];

    (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)text.p,
                             text.n, NULL, 0);
    for (size_t i = 0; i < sizeof hash; i++) {
        out[2 * i] = hex[hash[i] >> 4];
        out[2 * i + 1] = hex[hash[i] & 15];
    }
    out[CONTENT_DIGEST_SIZE - 1] = '\0';
    return out;
}
