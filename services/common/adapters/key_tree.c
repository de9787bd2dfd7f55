#include "common/adapters/key_tree.h"

#include <sodium.h>

#include <assert.h>
#include <string.h>

_Static_assert(SEAL_KEY_BYTES == crypto_core_hchacha20_OUTPUTBYTES &&
                   SEAL_KEY_BYTES == crypto_core_hchacha20_KEYBYTES,
               "a node is what HChaCha20 takes and gives");

static unsigned
digit_of(struct id id, int n)
{
    return id.b[n / 2] >> (n % 2 == 0 ? 4 : 0) & 0xf;
}

static struct id
with_digit(struct id id, int n, unsigned digit)
{
    int shift = n % 2 == 0 ? 4 : 0;

    id.b[n / 2] = (uint8_t)((id.b[n / 2] & ~(0xfU << shift)) | digit << shift);
    return id;
}

/* `id` as far as its first digits, `fill` for all others. */
static struct id
cut(struct id id, int digits, unsigned fill)
{
    for (int n = digits; n < KEY_TREE_DIGITS; n++)
        id = with_digit(id, n, fill);
    return id;
}

static void
number(struct id *id, int tree)
{
    id->b[0] = (uint8_t)(tree >> 8);
    id->b[1] = (uint8_t)(tree & 0xff);
}

struct id
key_tree_id(int tree, struct id record_id)
{
    const struct str parts[] = { id_part(&record_id) };
    struct id id = id_derive("person-key", parts, 1);

    assert(tree > 0 && tree <= KEY_TREE_MAX);
    number(&id, tree);
    return id;
}

int
key_tree_number(struct id key_id)
{
    return key_id.b[0] << 8 | key_id.b[1];
}

struct seal_range
key_tree_whole(int32_t shard, int tree)
{
    struct seal_range whole = { .shard = shard,
                                .digits = KEY_TREE_NUMBER_DIGITS };

    number(&whole.first, tree);
    return whole;
}

bool
key_tree_holds(const struct seal_range *range, struct id key_id)
{
    return id_eq(cut(key_id, range->digits, 0), range->first);
}

struct id
key_tree_last(const struct seal_range *range)
{
    return cut(range->first, range->digits, 0xf);
}

/* One step down. */
static void
descend(const struct seal_key *from, unsigned digit, struct seal_key *to)
{
    const unsigned char in[crypto_core_hchacha20_INPUTBYTES] = {
        'w',
        'a',
        'y',
        'm',
        'a',
        'r',
        'k',
        ' ',
        'k',
        'e',
        'y',
        's',
        (unsigned char)digit
    };
    struct seal_key child;

    (void)crypto_core_hchacha20(child.b, in, from->b, NULL);
    *to = child;
    seal_forget(&child, sizeof child);
}

void
key_tree_derive(const struct seal_key *node, const struct seal_range *range,
                struct id key_id, struct seal_key *out)
{
    assert(key_tree_holds(range, key_id));
    *out = *node;
    for (int n = range->digits; n < KEY_TREE_DIGITS; n++)
        descend(out, digit_of(key_id, n), out);
}

/* The 15 nodes beside the path at one digit. */
static void
put_beside(const struct seal_key *at, int32_t shard, struct id key_id, int n,
           struct key_tree_part parts[15])
{
    struct id first = cut(key_id, n + 1, 0);

    for (unsigned digit = 0; digit < 16; digit++) {
        if (digit == digit_of(key_id, n))
            continue;
        parts->range =
            (struct seal_range){ .shard = shard,
                                 .first = with_digit(first, n, digit),
                                 .digits = n + 1 };
        descend(at, digit, &parts->node);
        parts++;
    }
}

size_t
key_tree_split(const struct seal_key *node, const struct seal_range *range,
               struct id key_id, struct key_tree_part parts[KEY_TREE_PARTS_MAX])
{
    struct seal_key at = *node;
    size_t n_parts = 0;

    assert(key_tree_holds(range, key_id));
    for (int n = range->digits; n < KEY_TREE_DIGITS; n++) {
        put_beside(&at, range->shard, key_id, n, &parts[n_parts]);
        n_parts += 15;
        descend(&at, digit_of(key_id, n), &at);
    }
    seal_forget(&at, sizeof at);
    return n_parts;
}
